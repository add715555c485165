package amazon

import (
	"cmp"
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	"golang.org/x/sync/errgroup"

	"handover/internal/cluster"
)

// targetsPerCall is the most resource ids that DescribeScalableTargets takes. Source: API Reference, DescribeScalableTargets.ResourceIds.
const targetsPerCall = 50

// startScaling reads the scalable targets of all services that the scope asks it of, fifty a call.
func (r *reading) startScaling(ctx context.Context, calls *errgroup.Group, views []*view) {
	var wanted []*view
	for _, v := range views {
		if v.scope.Scaling {
			wanted = append(wanted, v)
		}
	}
	for batch := range slices.Chunk(wanted, targetsPerCall) {
		calls.Go(func() error {
			r.scalableTargets(ctx, batch)
			return nil
		})
	}
}

// startPolicies reads the scaling policies and the scheduled actions of a service.
func (r *reading) startPolicies(ctx context.Context, calls *errgroup.Group, v *view) {
	calls.Go(func() error {
		v.policies = r.policies(ctx, v.Service.Key)
		return nil
	})
	calls.Go(func() error {
		v.schedules = r.schedules(ctx, v.Service.Key)
		return nil
	})
}

func (r *reading) policies(ctx context.Context, key cluster.ServiceKey) (names []string) {
	in := applicationautoscaling.DescribeScalingPoliciesInput{ServiceNamespace: types.ServiceNamespaceEcs, ScalableDimension: types.ScalableDimensionECSServiceDesiredCount, ResourceId: aws.String(resourceID(key))}
	pages := applicationautoscaling.NewDescribeScalingPoliciesPaginator(r.p.account.scaling, &in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			r.gap(key, cluster.PartPolicies, &failure{"application-autoscaling:DescribeScalingPolicies", err})
			return nil
		}
		for _, p := range page.ScalingPolicies {
			names = append(names, aws.ToString(p.PolicyName))
		}
	}
	slices.Sort(names)
	return names
}

func (r *reading) schedules(ctx context.Context, key cluster.ServiceKey) (actions []cluster.ScheduledAction) {
	in := applicationautoscaling.DescribeScheduledActionsInput{ServiceNamespace: types.ServiceNamespaceEcs, ScalableDimension: types.ScalableDimensionECSServiceDesiredCount, ResourceId: aws.String(resourceID(key))}
	pages := applicationautoscaling.NewDescribeScheduledActionsPaginator(r.p.account.scaling, &in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			r.gap(key, cluster.PartSchedules, &failure{"application-autoscaling:DescribeScheduledActions", err})
			return nil
		}
		for _, a := range page.ScheduledActions {
			actions = append(actions, scheduledActionOf(a))
		}
	}
	slices.SortFunc(actions, func(a, b cluster.ScheduledAction) int { return cmp.Compare(a.Name, b.Name) })
	return actions
}

func scheduledActionOf(a types.ScheduledAction) cluster.ScheduledAction {
	action := cluster.ScheduledAction{Name: aws.ToString(a.ScheduledActionName), Schedule: aws.ToString(a.Schedule), Zone: aws.ToString(a.Timezone),
		Start: utc(a.StartTime), End: utc(a.EndTime), CreatedAt: utc(a.CreationTime)}
	if bounds := a.ScalableTargetAction; bounds != nil {
		action.Min, action.Max = intOf(bounds.MinCapacity), intOf(bounds.MaxCapacity)
	}
	return action
}

func intOf(n *int32) *int {
	if n == nil {
		return nil
	}
	value := int(*n)
	return &value
}

func (r *reading) scalableTargets(ctx context.Context, batch []*view) {
	in := applicationautoscaling.DescribeScalableTargetsInput{ServiceNamespace: types.ServiceNamespaceEcs, ScalableDimension: types.ScalableDimensionECSServiceDesiredCount}
	for _, v := range batch {
		in.ResourceIds = append(in.ResourceIds, resourceID(v.Service.Key))
	}
	pages := applicationautoscaling.NewDescribeScalableTargetsPaginator(r.p.account.scaling, &in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			for _, v := range batch {
				r.gap(v.Service.Key, cluster.PartScaling, &failure{"application-autoscaling:DescribeScalableTargets", err})
				v.Scaling = nil
			}
			return
		}
		for _, t := range page.ScalableTargets {
			for _, v := range batch {
				if aws.ToString(t.ResourceId) == resourceID(v.Service.Key) {
					v.Scaling = scalableTargetOf(t)
				}
			}
		}
	}
}

func resourceID(key cluster.ServiceKey) string { return "service/" + key.String() }

func scalableTargetOf(t types.ScalableTarget) *cluster.ScalableTarget {
	target := &cluster.ScalableTarget{ARN: aws.ToString(t.ScalableTargetARN), Min: int(aws.ToInt32(t.MinCapacity)), Max: int(aws.ToInt32(t.MaxCapacity))}
	if s := t.SuspendedState; s != nil {
		target.Suspended = cluster.Suspension{In: aws.ToBool(s.DynamicScalingInSuspended), Out: aws.ToBool(s.DynamicScalingOutSuspended),
			Scheduled: aws.ToBool(s.ScheduledScalingSuspended)}
	}
	return target
}
