package scaling

import (
	"context"
	"fmt"
	"math"

	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
)

// describeScalingActivities gives what policies, scheduled actions and new bounds did to services, newest first. Activities that were held back are not remembered.
func (h *handlers) describeScalingActivities(ctx context.Context, in *applicationautoscaling.DescribeScalingActivitiesInput) (*applicationautoscaling.DescribeScalingActivitiesOutput, error) {
	f := filter{in.ServiceNamespace, optional(in.ResourceId), in.ScalableDimension, in.NextToken, in.MaxResults}
	if err := f.check(); err != nil {
		return nil, err
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*applicationautoscaling.DescribeScalingActivitiesOutput, error) {
		all := []types.ScalingActivity{}
		for _, t := range v.World.ScalableTargets() {
			if !f.has(t.Service) {
				continue
			}
			for _, a := range t.Activities {
				all = append(all, activity(t.Service, a))
			}
		}
		newestFirst := func(a types.ScalingActivity) string {
			return fmt.Sprintf("%019d %s", math.MaxInt64-a.StartTime.UnixNano(), *a.ActivityId)
		}
		cut, next, err := paged(all, newestFirst, f)
		return &applicationautoscaling.DescribeScalingActivitiesOutput{ScalingActivities: cut, NextToken: next}, err
	})
}

func activity(of cluster.ServiceKey, a cluster.ScalingActivity) types.ScalingActivity {
	resource := resourceOf(of)
	out := types.ScalingActivity{
		ActivityId: &a.ID, ServiceNamespace: types.ServiceNamespaceEcs, ResourceId: &resource, ScalableDimension: dimension, Description: &a.Description, Cause: &a.Cause,
		StatusCode: types.ScalingActivityStatusCode(a.Status), StatusMessage: &a.Message, StartTime: &a.StartedAt,
	}
	if !a.EndedAt.IsZero() {
		out.EndTime = &a.EndedAt
	}
	return out
}
