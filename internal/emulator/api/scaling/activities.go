package scaling

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"

	"handover/internal/emulator/api"
)

// describeScalingActivities knows of none: a world does not keep what its scheduled actions and its policies did.
func (h *handlers) describeScalingActivities(_ context.Context, in *applicationautoscaling.DescribeScalingActivitiesInput) (*applicationautoscaling.DescribeScalingActivitiesOutput, error) {
	f := filter{in.ServiceNamespace, optional(in.ResourceId), in.ScalableDimension, in.NextToken, in.MaxResults}
	if err := f.check(); err != nil {
		return nil, err
	}
	cut, next, err := paged([]types.ScalingActivity{}, func(a types.ScalingActivity) string { return api.Value(a.ActivityId) }, f)
	return &applicationautoscaling.DescribeScalingActivitiesOutput{ScalingActivities: cut, NextToken: next}, err
}
