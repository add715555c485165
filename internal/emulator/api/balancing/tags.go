package balancing

import (
	"context"
	"strings"

	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
	"handover/internal/emulator/wire"
)

func (h *handlers) describeTags(ctx context.Context, in *elbv2.DescribeTagsInput) (*elbv2.DescribeTagsOutput, error) {
	if err := checkARNs(in.ResourceArns); err != nil {
		return nil, err
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*elbv2.DescribeTagsOutput, error) {
		out := &elbv2.DescribeTagsOutput{TagDescriptions: []types.TagDescription{}}
		for _, arn := range in.ResourceArns {
			if err := resource(v, arn); err != nil {
				return nil, err
			}
			tags := []types.Tag{}
			for _, t := range v.World.Tags(arn) {
				tags = append(tags, types.Tag{Key: &t.Key, Value: &t.Value})
			}
			out.TagDescriptions = append(out.TagDescriptions, types.TagDescription{ResourceArn: &arn, Tags: tags})
		}
		return out, nil
	})
}

func (h *handlers) addTags(ctx context.Context, in *elbv2.AddTagsInput) (*elbv2.AddTagsOutput, error) {
	if err := checkARNs(in.ResourceArns); err != nil {
		return nil, err
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*elbv2.AddTagsOutput, error) {
		for _, arn := range in.ResourceArns {
			if err := resource(v, arn); err != nil {
				return nil, err
			}
			if _, err := tagsFrom(v.World.Tags(arn), in.Tags); err != nil {
				return nil, err
			}
		}
		for _, arn := range in.ResourceArns {
			if err := tag(v, arn, in.Tags); err != nil {
				return nil, err
			}
		}
		return &elbv2.AddTagsOutput{}, nil
	})
}

func (h *handlers) removeTags(ctx context.Context, in *elbv2.RemoveTagsInput) (*elbv2.RemoveTagsOutput, error) {
	if err := checkARNs(in.ResourceArns); err != nil {
		return nil, err
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*elbv2.RemoveTagsOutput, error) {
		for _, arn := range in.ResourceArns {
			if err := resource(v, arn); err != nil {
				return nil, err
			}
			if _, err := v.Act(cluster.UntagResource{ARN: arn, Keys: in.TagKeys}); err != nil {
				return nil, err
			}
		}
		return &elbv2.RemoveTagsOutput{}, nil
	})
}

// resource tells whether there is something of ours at an ARN.
func resource(v api.View, arn string) error {
	parsed, _ := cluster.ParseARN(arn)
	for _, k := range []kind{balancerKind, listenerKind, ruleKind} {
		if strings.HasPrefix(parsed.Resource, k.prefix) {
			_, err := k.find(v, &arn)
			return err
		}
	}
	_, err := group(v, &arn)
	return err
}

// checkARNs: a request names 1 to 20 resources. Source: API Reference, DescribeTags.
func checkARNs(arns []string) error {
	if len(arns) == 0 || len(arns) > 20 {
		return invalid("Between 1 and 20 resource ARNs must be specified")
	}
	return nil
}

// tag sets tags, which must leave a resource with 50 at most. Source: API Reference, AddTags.
func tag(v api.View, arn string, given []types.Tag) error {
	set, err := tagsFrom(v.World.Tags(arn), given)
	if err != nil || len(set) == 0 {
		return err
	}
	_, err = v.Act(cluster.TagResource{ARN: arn, Tags: set})
	return err
}

// tagsFrom checks tags that are to be added to others.
func tagsFrom(before []cluster.Tag, given []types.Tag) ([]cluster.Tag, error) {
	keys := map[string]bool{}
	for _, t := range before {
		keys[t.Key] = true
	}
	var set []cluster.Tag
	for _, t := range given {
		key, text := api.Value(t.Key), api.Value(t.Value)
		if key == "" || len([]rune(key)) > 128 || len([]rune(text)) > 256 {
			return nil, invalid("Tag keys must be between 1 and 128 characters, and tag values at most 256")
		}
		keys[key] = true
		set = append(set, cluster.Tag{Key: key, Value: text})
	}
	if len(keys) > 50 {
		return nil, &wire.Error{Code: "TooManyTags", Message: "The limit of 50 tags on a resource has been reached"}
	}
	return set, nil
}
