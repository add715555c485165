package groups

import (
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"

	"handover/internal/emulator/api"
)

// lack registers what AWS has and this package does not.
func lack(s *api.Service) {
	api.Lack[autoscaling.AttachTrafficSourcesInput](s)
	api.Lack[autoscaling.DeleteNotificationConfigurationInput](s)
	api.Lack[autoscaling.DescribeAccountSettingsInput](s)
	api.Lack[autoscaling.DescribeMetricCollectionTypesInput](s)
	api.Lack[autoscaling.DescribeNotificationConfigurationsInput](s)
	api.Lack[autoscaling.DescribeTrafficSourcesInput](s)
	api.Lack[autoscaling.DetachTrafficSourcesInput](s)
	api.Lack[autoscaling.DisableMetricsCollectionInput](s)
	api.Lack[autoscaling.EnableMetricsCollectionInput](s)
	api.Lack[autoscaling.GetPredictiveScalingForecastInput](s)
	api.Lack[autoscaling.LaunchInstancesInput](s)
	api.Lack[autoscaling.PutAccountSettingInput](s)
	api.Lack[autoscaling.PutNotificationConfigurationInput](s)
	api.Lack[autoscaling.RollbackInstanceRefreshInput](s)
}
