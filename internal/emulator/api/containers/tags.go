package containers

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
	"handover/internal/emulator/wire"
	"handover/internal/world"
)

func (h *handlers) listTagsForResource(ctx context.Context, in *ecs.ListTagsForResourceInput) (*ecs.ListTagsForResourceOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*ecs.ListTagsForResourceOutput, error) {
		err := taggable(v, api.Value(in.ResourceArn))
		if missing := (*wire.Error)(nil); errors.As(err, &missing) && missing.Code == noResource {
			return nil, invalid("%s", missing.Message) // the one operation on tags whose model lacks the other code
		}
		if err != nil {
			return nil, err
		}
		return &ecs.ListTagsForResourceOutput{Tags: tagsOf(v, *in.ResourceArn)}, nil
	})
}

func (h *handlers) tagResource(ctx context.Context, in *ecs.TagResourceInput) (*ecs.TagResourceOutput, error) {
	if len(in.Tags) == 0 {
		return nil, invalid("Tags cannot be empty.")
	}
	set, err := tagsFrom(in.Tags)
	if err != nil {
		return nil, err
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*ecs.TagResourceOutput, error) {
		if err := taggable(v, api.Value(in.ResourceArn)); err != nil {
			return nil, err
		}
		return &ecs.TagResourceOutput{}, tag(v, *in.ResourceArn, set)
	})
}

func (h *handlers) untagResource(ctx context.Context, in *ecs.UntagResourceInput) (*ecs.UntagResourceOutput, error) {
	if len(in.TagKeys) == 0 {
		return nil, invalid("TagKeys cannot be empty.")
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*ecs.UntagResourceOutput, error) {
		if err := taggable(v, api.Value(in.ResourceArn)); err != nil {
			return nil, err
		}
		_, err := v.Act(cluster.UntagResource{ARN: *in.ResourceArn, Keys: in.TagKeys})
		return &ecs.UntagResourceOutput{}, err
	})
}

const noResource = "ResourceNotFoundException"

// taggable refuses what is no ARN of a resource that is there.
func taggable(v api.View, text string) error {
	arn, err := cluster.ParseARN(text)
	if err != nil || arn.Service != "ecs" {
		return invalid("Invalid arn syntax.")
	}
	if err := sameOwner(v, arn); err != nil {
		return err
	}
	kind, rest, _ := strings.Cut(arn.Resource, "/")
	inCluster, name, long := strings.Cut(rest, "/")
	found := false
	switch kind {
	case "cluster":
		var c world.Cluster
		if c, found = v.World.Cluster(rest); c.Status == cluster.ServiceInactive {
			return invalid("The specified cluster is inactive. Specify an active cluster and try again.") // words of public reports
		}
	case "service":
		if !long {
			// Source: API Reference, TagResource: services have tags under the long ARN format only.
			return invalid("Long arn format must be used for tagging operations")
		}
		_, found = v.World.Service(cluster.ServiceKey{Cluster: inCluster, Service: name})
	case "task-set":
		key, _, _ := strings.Cut(name, "/")
		found = slices.ContainsFunc(v.World.TaskSets(cluster.ServiceKey{Cluster: inCluster, Service: key}), func(set cluster.TaskSet) bool { return set.ARN == text })
	case "task":
		_, found = v.World.Task(inCluster, name)
	case "container-instance":
		_, found = v.World.Instance(inCluster, name)
	case "capacity-provider":
		_, found = v.World.DeclaredAt(text)
	case "task-definition":
		_, found = v.World.Definition(text)
	}
	if !found {
		return &wire.Error{Code: noResource, Message: "The specified resource wasn't found."}
	}
	return nil
}

// tagForm are the characters of keys and values. Source: API Reference, Tag.
var tagForm = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$`)

// tag sets tags that have been checked.
func tag(v api.View, arn string, set []cluster.Tag) error {
	if len(set) == 0 {
		return nil
	}
	_, err := v.Act(cluster.TagResource{ARN: arn, Tags: set})
	return err
}

// tagsFrom makes the checks that AWS makes on each tag. It is called before anything is changed. Source: API Reference, Tag.
func tagsFrom(given []types.Tag) ([]cluster.Tag, error) {
	if len(given) > 50 {
		return nil, most("tags", 50)
	}
	var set []cluster.Tag
	for _, t := range given {
		key, text := api.Value(t.Key), api.Value(t.Value)
		switch {
		case slices.ContainsFunc(set, func(other cluster.Tag) bool { return other.Key == key }):
			return nil, invalid("Multiple tags contain the same key.") // words of public reports
		case key == "" || len([]rune(key)) > 128:
			return nil, invalid("Tag keys must be between 1 and 128 characters.")
		case strings.HasPrefix(strings.ToLower(key), "aws:"):
			return nil, invalid("Tag keys cannot start with aws:.")
		case len([]rune(text)) > 256:
			return nil, invalid("Tag values must be at most 256 characters.")
		case !tagForm.MatchString(key) || !tagForm.MatchString(text):
			return nil, invalid("Tags can contain letters, numbers, spaces, and the characters + - = . _ : / @ only.")
		}
		set = append(set, cluster.Tag{Key: key, Value: text})
	}
	return set, nil
}

// tagsOf gives the tags of a resource as AWS sends them.
func tagsOf(v api.View, arn string) []types.Tag { return renderTags(v.World.Tags(arn)) }

func renderTags(tags []cluster.Tag) []types.Tag {
	out := make([]types.Tag, 0, len(tags))
	for _, t := range tags {
		out = append(out, types.Tag{Key: &t.Key, Value: &t.Value})
	}
	return out
}
