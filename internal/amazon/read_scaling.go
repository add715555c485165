package amazon

import (
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
