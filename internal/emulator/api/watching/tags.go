package watching

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
	"handover/internal/emulator/wire"
)

func tags(given []types.Tag) []cluster.Tag {
	all := make([]cluster.Tag, 0, len(given))
	for _, t := range given {
		all = append(all, cluster.Tag{Key: api.Value(t.Key), Value: api.Value(t.Value)})
	}
	return all
}

// taggable refuses the ARN of anything but an alarm that is there.
func taggable(v api.View, arn *string) error {
	name, ok := strings.CutPrefix(api.Value(arn), arnOf(v, ""))
	if !ok || !slices.ContainsFunc(v.World.Alarms(), func(a cluster.Alarm) bool { return a.Name == name }) {
		return &wire.Error{Code: "ResourceNotFoundException", Message: "Unknown"}
	}
	return nil
}

func (h *handlers) tagResource(ctx context.Context, in *cloudwatch.TagResourceInput) (*cloudwatch.TagResourceOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*cloudwatch.TagResourceOutput, error) {
		if err := taggable(v, in.ResourceARN); err != nil {
			return nil, err
		}
		_, err := v.Act(cluster.TagResource{ARN: *in.ResourceARN, Tags: tags(in.Tags)})
		return &cloudwatch.TagResourceOutput{}, err
	})
}

func (h *handlers) untagResource(ctx context.Context, in *cloudwatch.UntagResourceInput) (*cloudwatch.UntagResourceOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*cloudwatch.UntagResourceOutput, error) {
		if err := taggable(v, in.ResourceARN); err != nil {
			return nil, err
		}
		_, err := v.Act(cluster.UntagResource{ARN: *in.ResourceARN, Keys: in.TagKeys})
		return &cloudwatch.UntagResourceOutput{}, err
	})
}

func (h *handlers) listTagsForResource(ctx context.Context, in *cloudwatch.ListTagsForResourceInput) (*cloudwatch.ListTagsForResourceOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*cloudwatch.ListTagsForResourceOutput, error) {
		if err := taggable(v, in.ResourceARN); err != nil {
			return nil, err
		}
		out := &cloudwatch.ListTagsForResourceOutput{Tags: []types.Tag{}}
		for _, t := range v.World.Tags(*in.ResourceARN) {
			out.Tags = append(out.Tags, types.Tag{Key: &t.Key, Value: &t.Value})
		}
		return out, nil
	})
}
