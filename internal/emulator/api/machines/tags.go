package machines

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
)

// CreateTagsInput is the request of CreateTags.
type CreateTagsInput struct {
	ResourceId []string
	Tag        []Tag
}

// DeleteTagsInput is the request of DeleteTags.
type DeleteTagsInput struct {
	ResourceId []string
	Tag        []TagKey
}

// TagKey names a tag that is to go, of a value where one is given.
type TagKey struct {
	Key   string
	Value *string
}

func (h *handlers) createTags(ctx context.Context, in *CreateTagsInput) (*Deletion, error) {
	var set []cluster.Tag
	for _, t := range in.Tag {
		set = append(set, cluster.Tag(t))
	}
	if len(in.ResourceId) == 0 {
		return nil, missing("resourceIdSet")
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*Deletion, error) {
		for _, id := range in.ResourceId {
			if err := taggable(v, id, set); err != nil {
				return nil, err
			}
		}
		for _, id := range in.ResourceId {
			if err := tag(v, id, set); err != nil {
				return nil, err
			}
		}
		return &Deletion{true}, nil
	})
}

// idForm is that of EC2's ids: vpc-0123456789abcdef0, and the eight digits that they once had.
var idForm = regexp.MustCompile(`^[a-z][a-z-]*-[0-9a-f]{8,17}$`)

// mostTags of a resource. Source: EC2 user guide, Using_Tags.
const mostTags = 50

// taggable refuses tags for what has no id of EC2 or is an instance that is not there, tags that are AWS's, and too many. Source of the sentences: EC2 API Reference, common errors.
func taggable(v api.View, id string, set []cluster.Tag) error {
	if strings.HasPrefix(id, "i-") {
		if err := known(v, []string{id}); err != nil {
			return err
		}
	}
	if !idForm.MatchString(id) {
		return failed("InvalidID", "The ID '%s' is not valid", id)
	}
	n := len(v.World.Tags(id))
	for _, t := range set {
		if strings.HasPrefix(t.Key, "aws:") {
			return failed("InvalidParameterValue", "Tag keys starting with 'aws:' are reserved for internal use")
		}
		if !slices.ContainsFunc(v.World.Tags(id), func(has cluster.Tag) bool { return has.Key == t.Key }) {
			n++
		}
	}
	if n > mostTags {
		return failed("TagLimitExceeded", "The maximum number of Tags for a resource has been reached.")
	}
	return nil
}

func (h *handlers) deleteTags(ctx context.Context, in *DeleteTagsInput) (*Deletion, error) {
	if len(in.ResourceId) == 0 {
		return nil, missing("resourceIdSet")
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*Deletion, error) {
		for _, id := range in.ResourceId {
			var keys []string
			for _, t := range v.World.Tags(id) {
				if len(in.Tag) == 0 || slices.ContainsFunc(in.Tag, func(k TagKey) bool { return k.Key == t.Key && (k.Value == nil || *k.Value == t.Value) }) {
					keys = append(keys, t.Key)
				}
			}
			if len(keys) == 0 {
				continue
			}
			if _, err := v.Act(cluster.UntagResource{ARN: id, Keys: keys}); err != nil {
				return nil, err
			}
		}
		return &Deletion{true}, nil
	})
}

// DescribeTagsInput is the request of DescribeTags.
type DescribeTagsInput struct {
	Filter     []Filter
	MaxResults *int32
	NextToken  *string
}

// DescribeTagsOutput has tags.
type DescribeTagsOutput struct {
	Tags      []ResourceTag `wire:"tagSet"`
	NextToken *string       `wire:"nextToken"`
}

// ResourceTag is a tag with what it is of.
type ResourceTag struct {
	ResourceId   string `wire:"resourceId"`
	ResourceType string `wire:"resourceType"`
	Key          string `wire:"key"`
	Value        string `wire:"value"`
}

// describeTags gives the tags of everything that has an id of EC2.
func (h *handlers) describeTags(ctx context.Context, in *DescribeTagsInput) (*DescribeTagsOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*DescribeTagsOutput, error) {
		var all []ResourceTag
		list := func(id, kind string, tags []cluster.Tag) {
			for _, t := range tags {
				all = append(all, ResourceTag{id, kind, t.Key, t.Value})
			}
		}
		add := func(id, kind string) { list(id, kind, v.World.Tags(id)) }
		for _, m := range v.World.Machines() {
			list(m.ID, "instance", tagsOf(v, m))
			add(rootVolume(m), "volume")
		}
		for _, kind := range []string{api.NetworkKind, api.SubnetKind, api.SecurityGroupKind, "internet-gateway", "route-table"} {
			for _, o := range v.World.Declared(kind) {
				add(o.ARN[strings.LastIndexByte(o.ARN, '/')+1:], kind)
			}
		}
		for _, t := range v.World.LaunchTemplates() {
			add(t.ID, "launch-template")
		}
		found := []ResourceTag{}
		for _, t := range all {
			ok, err := meets(in.Filter, nil, func(name string) ([]string, bool) {
				value, ok := map[string]string{"resource-id": t.ResourceId, "resource-type": t.ResourceType, "key": t.Key, "value": t.Value}[name]
				return []string{value}, ok
			})
			if err != nil {
				return nil, err
			}
			if ok {
				found = append(found, t)
			}
		}
		cut, next, err := page(found, func(t ResourceTag) string { return t.ResourceId + " " + t.Key }, in.NextToken, in.MaxResults)
		return &DescribeTagsOutput{cut, next}, err
	})
}
