package scaling

import (
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"

	"handover/internal/emulator/api"
)

// lack registers what AWS has and this package does not.
func lack(s *api.Service) {
	api.Lack[applicationautoscaling.GetPredictiveScalingForecastInput](s)
}
