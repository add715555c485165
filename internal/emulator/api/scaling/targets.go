package scaling

import (
	"context"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
	"handover/internal/emulator/wire"
	"handover/internal/world"
)

func (h *handlers) registerScalableTarget(ctx context.Context, in *applicationautoscaling.RegisterScalableTargetInput) (*applicationautoscaling.RegisterScalableTargetOutput, error) {
	key, err := addressed(in.ServiceNamespace, in.ResourceId, in.ScalableDimension)
	if err != nil {
		return nil, err
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*applicationautoscaling.RegisterScalableTargetOutput, error) {
		former, there := v.World.ScalableTarget(key)
		if there && len(in.Tags) > 0 { // Source: API Reference, RegisterScalableTarget.Tags
			return nil, invalid("Tags cannot be specified when updating a scalable target. Use TagResource instead.")
		}
		if err := checkTags(nil, in.Tags); err != nil {
			return nil, err
		}
		action := cluster.RegisterScalableTarget{Service: key, Min: count(in.MinCapacity), Max: count(in.MaxCapacity)}
		if in.SuspendedState != nil {
			suspended := suspension(former.Suspended, *in.SuspendedState)
			action.Suspended = &suspended
		}
		ids, err := v.Act(action)
		if err != nil {
			return nil, err
		}
		return &applicationautoscaling.RegisterScalableTargetOutput{ScalableTargetARN: &ids[0]}, tag(v, ids[0], in.Tags)
	})
}

// suspension changes the members that are given.
func suspension(s cluster.Suspension, given types.SuspendedState) cluster.Suspension {
	for _, m := range []struct {
		member *bool
		given  *bool
	}{{&s.In, given.DynamicScalingInSuspended}, {&s.Out, given.DynamicScalingOutSuspended}, {&s.Scheduled, given.ScheduledScalingSuspended}} {
		if m.given != nil {
			*m.member = *m.given
		}
	}
	return s
}

func count(given *int32) *int {
	if given == nil {
		return nil
	}
	n := int(*given)
	return &n
}

func number(given *int) *int32 {
	if given == nil {
		return nil
	}
	n := int32(*given)
	return &n
}

func (h *handlers) deregisterScalableTarget(ctx context.Context, in *applicationautoscaling.DeregisterScalableTargetInput) (*applicationautoscaling.DeregisterScalableTargetOutput, error) {
	key, err := addressed(in.ServiceNamespace, in.ResourceId, in.ScalableDimension)
	if err != nil {
		return nil, err
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*applicationautoscaling.DeregisterScalableTargetOutput, error) {
		_, err := v.Act(cluster.DeregisterScalableTarget{Service: key})
		return &applicationautoscaling.DeregisterScalableTargetOutput{}, err
	})
}

func (h *handlers) describeScalableTargets(ctx context.Context, in *applicationautoscaling.DescribeScalableTargetsInput) (*applicationautoscaling.DescribeScalableTargetsOutput, error) {
	f := filter{in.ServiceNamespace, in.ResourceIds, in.ScalableDimension, in.NextToken, in.MaxResults}
	if err := f.check(); err != nil {
		return nil, err
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*applicationautoscaling.DescribeScalableTargetsOutput, error) {
		all := slices.DeleteFunc(v.World.ScalableTargets(), func(t world.ScalableTarget) bool { return !f.has(t.Service) })
		cut, next, err := paged(all, func(t world.ScalableTarget) string { return t.Service.String() }, f)
		out := &applicationautoscaling.DescribeScalableTargetsOutput{ScalableTargets: []types.ScalableTarget{}, NextToken: next}
		for _, t := range cut {
			out.ScalableTargets = append(out.ScalableTargets, target(v, t))
		}
		return out, err
	})
}

func target(v api.View, t world.ScalableTarget) types.ScalableTarget {
	// Source: Application Auto Scaling user guide, service-linked roles: an ECS service has this one, whatever role a request names.
	role := v.Global("iam", "role/aws-service-role/ecs.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_ECSService")
	resource := resourceOf(t.Service)
	return types.ScalableTarget{
		ServiceNamespace: types.ServiceNamespaceEcs, ResourceId: &resource, ScalableDimension: dimension, ScalableTargetARN: &t.ARN,
		MinCapacity: number(&t.Min), MaxCapacity: number(&t.Max), CreationTime: &t.CreatedAt, RoleARN: &role,
		SuspendedState: &types.SuspendedState{
			DynamicScalingInSuspended: &t.Suspended.In, DynamicScalingOutSuspended: &t.Suspended.Out, ScheduledScalingSuspended: &t.Suspended.Scheduled,
		},
	}
}

func (h *handlers) listTagsForResource(ctx context.Context, in *applicationautoscaling.ListTagsForResourceInput) (*applicationautoscaling.ListTagsForResourceOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*applicationautoscaling.ListTagsForResourceOutput, error) {
		if err := taggable(v, in.ResourceARN); err != nil {
			return nil, err
		}
		out := &applicationautoscaling.ListTagsForResourceOutput{Tags: map[string]string{}}
		for _, t := range v.World.Tags(*in.ResourceARN) {
			out.Tags[t.Key] = t.Value
		}
		return out, nil
	})
}

func (h *handlers) tagResource(ctx context.Context, in *applicationautoscaling.TagResourceInput) (*applicationautoscaling.TagResourceOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*applicationautoscaling.TagResourceOutput, error) {
		if err := taggable(v, in.ResourceARN); err != nil {
			return nil, err
		}
		return &applicationautoscaling.TagResourceOutput{}, tag(v, *in.ResourceARN, in.Tags)
	})
}

func (h *handlers) untagResource(ctx context.Context, in *applicationautoscaling.UntagResourceInput) (*applicationautoscaling.UntagResourceOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*applicationautoscaling.UntagResourceOutput, error) {
		if err := taggable(v, in.ResourceARN); err != nil {
			return nil, err
		}
		_, err := v.Act(cluster.UntagResource{ARN: *in.ResourceARN, Keys: in.TagKeys})
		return &applicationautoscaling.UntagResourceOutput{}, err
	})
}

// taggable refuses the ARN of anything but a scalable target that is there. Its words are ours.
func taggable(v api.View, arn *string) error {
	if arn == nil {
		return null("resourceARN")
	}
	if !slices.ContainsFunc(v.World.ScalableTargets(), func(t world.ScalableTarget) bool { return t.ARN == *arn }) {
		return &wire.Error{Code: "ResourceNotFoundException", Message: "No scalable target found for the resource ARN: " + *arn}
	}
	return nil
}

// checkTags refuses tags that would leave a resource with more than 50. Source: API Reference, TagResource; the words are ours.
func checkTags(before []cluster.Tag, given map[string]string) error {
	all := len(given)
	for _, t := range before {
		if _, again := given[t.Key]; !again {
			all++
		}
	}
	if all > 50 {
		return &wire.Error{Code: "TooManyTagsException", Message: "The limit of 50 tags on a resource has been reached"}
	}
	return nil
}

// tag sets tags.
func tag(v api.View, arn string, given map[string]string) error {
	if len(given) == 0 {
		return nil
	}
	if err := checkTags(v.World.Tags(arn), given); err != nil {
		return err
	}
	var set []cluster.Tag
	for _, key := range slices.Sorted(maps.Keys(given)) {
		set = append(set, cluster.Tag{Key: key, Value: given[key]})
	}
	_, err := v.Act(cluster.TagResource{ARN: arn, Tags: set})
	return err
}
