package groups

import (
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"

	"handover/internal/emulator/api"
)

// lack registers what AWS has and this package does not.
func lack(s *api.Service) {
	api.Lack[autoscaling.AttachLoadBalancerTargetGroupsInput](s)
	api.Lack[autoscaling.AttachLoadBalancersInput](s)
	api.Lack[autoscaling.AttachTrafficSourcesInput](s)
	api.Lack[autoscaling.BatchDeleteScheduledActionInput](s)
	api.Lack[autoscaling.BatchPutScheduledUpdateGroupActionInput](s)
	api.Lack[autoscaling.CreateLaunchConfigurationInput](s)
	api.Lack[autoscaling.DeleteLaunchConfigurationInput](s)
	api.Lack[autoscaling.DeleteNotificationConfigurationInput](s)
	api.Lack[autoscaling.DeletePolicyInput](s)
	api.Lack[autoscaling.DeleteScheduledActionInput](s)
	api.Lack[autoscaling.DescribeAccountLimitsInput](s)
	api.Lack[autoscaling.DescribeAccountSettingsInput](s)
	api.Lack[autoscaling.DescribeAdjustmentTypesInput](s)
	api.Lack[autoscaling.DescribeAutoScalingNotificationTypesInput](s)
	api.Lack[autoscaling.DescribeLaunchConfigurationsInput](s)
	api.Lack[autoscaling.DescribeLoadBalancerTargetGroupsInput](s)
	api.Lack[autoscaling.DescribeLoadBalancersInput](s)
	api.Lack[autoscaling.DescribeMetricCollectionTypesInput](s)
	api.Lack[autoscaling.DescribeNotificationConfigurationsInput](s)
	api.Lack[autoscaling.DescribePoliciesInput](s)
	api.Lack[autoscaling.DescribeScalingProcessTypesInput](s)
	api.Lack[autoscaling.DescribeScheduledActionsInput](s)
	api.Lack[autoscaling.DescribeTerminationPolicyTypesInput](s)
	api.Lack[autoscaling.DescribeTrafficSourcesInput](s)
	api.Lack[autoscaling.DetachLoadBalancerTargetGroupsInput](s)
	api.Lack[autoscaling.DetachLoadBalancersInput](s)
	api.Lack[autoscaling.DetachTrafficSourcesInput](s)
	api.Lack[autoscaling.DisableMetricsCollectionInput](s)
	api.Lack[autoscaling.EnableMetricsCollectionInput](s)
	api.Lack[autoscaling.ExecutePolicyInput](s)
	api.Lack[autoscaling.GetPredictiveScalingForecastInput](s)
	api.Lack[autoscaling.LaunchInstancesInput](s)
	api.Lack[autoscaling.PutAccountSettingInput](s)
	api.Lack[autoscaling.PutNotificationConfigurationInput](s)
	api.Lack[autoscaling.PutScalingPolicyInput](s)
	api.Lack[autoscaling.PutScheduledUpdateGroupActionInput](s)
	api.Lack[autoscaling.RollbackInstanceRefreshInput](s)
}
