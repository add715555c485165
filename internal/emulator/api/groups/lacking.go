package groups

import (
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"

	"handover/internal/emulator/api"
)

// lack registers what AWS has and this package does not.
func lack(s *api.Service) {
	api.Lack[autoscaling.DescribeAccountSettingsInput](s)
	api.Lack[autoscaling.GetPredictiveScalingForecastInput](s)
	api.Lack[autoscaling.LaunchInstancesInput](s)
	api.Lack[autoscaling.PutAccountSettingInput](s)
	api.Lack[autoscaling.RollbackInstanceRefreshInput](s)
}
