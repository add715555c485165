package groups

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
)

// resourceType is the only one that has tags. Source: API Reference, Tag.ResourceType.
const resourceType = "auto-scaling-group"

// tagsFrom reads the tags of one group.
func tagsFrom(group string, given []types.Tag) ([]cluster.GroupTag, error) {
	var all []cluster.GroupTag
	for _, t := range given {
		switch {
		case api.Value(t.Key) == "" || len(*t.Key) > 128:
			return nil, invalid("A tag key must have 1 to 128 characters.")
		case len(api.Value(t.Value)) > 256:
			return nil, invalid("A tag value can have at most 256 characters.")
		case strings.HasPrefix(*t.Key, "aws:"):
			return nil, invalid("The tag prefix 'aws:' is reserved")
		case t.ResourceId != nil && *t.ResourceId != group:
			return nil, invalid("The resource id of a tag must be the name of the group.")
		}
		all = append(all, cluster.GroupTag{Tag: cluster.Tag{Key: *t.Key, Value: api.Value(t.Value)}, Propagate: api.Value(t.PropagateAtLaunch)})
	}
	return all, nil
}

func tagOf(g cluster.Group, t cluster.GroupTag) types.TagDescription {
	return types.TagDescription{Key: &t.Key, Value: &t.Value, PropagateAtLaunch: &t.Propagate, ResourceId: &g.Name, ResourceType: api.Some(resourceType)}
}

// each calls f for each group that tags name, with those of its tags.
func each(tags []types.Tag, f func(group string, its []types.Tag) error) error {
	var names []string
	for _, t := range tags {
		if api.Value(t.ResourceId) == "" {
			return null("tags.1.member.resourceId")
		}
		if !slices.Contains(names, *t.ResourceId) {
			names = append(names, *t.ResourceId)
		}
	}
	for _, name := range names {
		its := slices.DeleteFunc(slices.Clone(tags), func(t types.Tag) bool { return *t.ResourceId != name })
		if err := f(name, its); err != nil {
			return err
		}
	}
	return nil
}

func (h *handlers) createOrUpdateTags(ctx context.Context, in *autoscaling.CreateOrUpdateTagsInput) (*autoscaling.CreateOrUpdateTagsOutput, error) {
	return &autoscaling.CreateOrUpdateTagsOutput{}, h.worlds.Use(ctx, func(v api.View) error {
		return each(in.Tags, func(group string, its []types.Tag) error {
			tags, err := tagsFrom(group, its)
			if err != nil {
				return err
			}
			_, err = v.Act(cluster.TagGroup{Name: group, Tags: tags})
			return err
		})
	})
}

func (h *handlers) deleteTags(ctx context.Context, in *autoscaling.DeleteTagsInput) (*autoscaling.DeleteTagsOutput, error) {
	return &autoscaling.DeleteTagsOutput{}, h.worlds.Use(ctx, func(v api.View) error {
		return each(in.Tags, func(group string, its []types.Tag) error {
			var keys []string
			for _, t := range its {
				keys = append(keys, api.Value(t.Key))
			}
			_, err := v.Act(cluster.UntagGroup{Name: group, Keys: keys})
			return err
		})
	})
}

func (h *handlers) describeTags(ctx context.Context, in *autoscaling.DescribeTagsInput) (*autoscaling.DescribeTagsOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*autoscaling.DescribeTagsOutput, error) {
		all := []types.TagDescription{}
		for _, g := range v.World.Groups() {
			for _, t := range g.Tags {
				if meets(g, t, in.Filters) {
					all = append(all, tagOf(g, t))
				}
			}
		}
		cut, next, err := page(all, func(t types.TagDescription) string { return *t.ResourceId + " " + *t.Key }, in.NextToken, in.MaxRecords)
		return &autoscaling.DescribeTagsOutput{Tags: cut, NextToken: next}, err
	})
}

// meets tells whether a tag meets every filter. Source: API Reference, DescribeTags.
func meets(g cluster.Group, t cluster.GroupTag, filters []types.Filter) bool {
	for _, f := range filters {
		value := map[string]string{"auto-scaling-group": g.Name, "key": t.Key, "value": t.Value, "propagate-at-launch": fmt.Sprint(t.Propagate)}[api.Value(f.Name)]
		if !slices.Contains(f.Values, value) {
			return false
		}
	}
	return true
}
