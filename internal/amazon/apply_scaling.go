package amazon

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"

	"handover/internal/cluster"
)

func (p *Provider) registerScalableTarget(ctx context.Context, a cluster.RegisterScalableTarget) ([]string, error) {
	in := applicationautoscaling.RegisterScalableTargetInput{ServiceNamespace: types.ServiceNamespaceEcs, ScalableDimension: types.ScalableDimensionECSServiceDesiredCount,
		ResourceId: aws.String(resourceID(a.Service))}
	if a.Min != nil {
		in.MinCapacity = aws.Int32(int32(*a.Min))
	}
	if a.Max != nil {
		in.MaxCapacity = aws.Int32(int32(*a.Max))
	}
	if s := a.Suspended; s != nil {
		in.SuspendedState = &types.SuspendedState{DynamicScalingInSuspended: aws.Bool(s.In), DynamicScalingOutSuspended: aws.Bool(s.Out), ScheduledScalingSuspended: aws.Bool(s.Scheduled)}
	}
	answer, err := p.account.scaling.RegisterScalableTarget(ctx, &in, p.scalingOnce)
	if err != nil {
		return nil, err
	}
	if answer.ScalableTargetARN == nil {
		return nil, nil
	}
	return []string{*answer.ScalableTargetARN}, nil
}
