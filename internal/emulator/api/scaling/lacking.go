package scaling

import (
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"

	"handover/internal/emulator/api"
)

// lack registers what AWS has and this package does not.
func lack(s *api.Service) {
	api.Lack[applicationautoscaling.DeleteScalingPolicyInput](s)
	api.Lack[applicationautoscaling.DeleteScheduledActionInput](s)
	api.Lack[applicationautoscaling.DeregisterScalableTargetInput](s)
	api.Lack[applicationautoscaling.DescribeScalingActivitiesInput](s)
	api.Lack[applicationautoscaling.DescribeScalingPoliciesInput](s)
	api.Lack[applicationautoscaling.DescribeScheduledActionsInput](s)
	api.Lack[applicationautoscaling.GetPredictiveScalingForecastInput](s)
	api.Lack[applicationautoscaling.ListTagsForResourceInput](s)
	api.Lack[applicationautoscaling.PutScalingPolicyInput](s)
	api.Lack[applicationautoscaling.PutScheduledActionInput](s)
	api.Lack[applicationautoscaling.RegisterScalableTargetInput](s)
	api.Lack[applicationautoscaling.TagResourceInput](s)
	api.Lack[applicationautoscaling.UntagResourceInput](s)
}
