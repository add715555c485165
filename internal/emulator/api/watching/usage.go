package watching

import (
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"handover/internal/emulator/api"
)

// vCPUs are how many the tasks on Fargate have: the one metric that a world knows by itself. It has one point, as of now, where now is in the time that is asked for; what was
// before is not kept. Source: developer guide, service-quotas-cloudwatch; CloudWatch API Reference, GetMetricStatistics.
func vCPUs(v api.View, in *cloudwatch.GetMetricStatisticsInput, period time.Duration) []types.Datapoint {
	now := v.World.Now()
	if now.Before(*in.StartTime) || now.After(in.EndTime.Add(period)) {
		return []types.Datapoint{}
	}
	at, taken := now.Truncate(period), v.World.FargateQuota().Taken
	point := types.Datapoint{Timestamp: &at, Unit: types.StandardUnitNone}
	for _, s := range in.Statistics {
		value := taken
		if s == types.StatisticSampleCount {
			value = 1
		}
		setStatistic(&point, s, value)
	}
	return []types.Datapoint{point}
}

// ofVCPUs tells whether a request is about the vCPUs of tasks on Fargate.
func ofVCPUs(in *cloudwatch.GetMetricStatisticsInput) bool {
	wanted := map[string]string{"Class": "Standard/OnDemand", "Resource": "vCPU", "Service": "Fargate", "Type": "Resource"}
	return api.Value(in.Namespace) == "AWS/Usage" && api.Value(in.MetricName) == "ResourceCount" && len(in.Dimensions) == len(wanted) &&
		!slices.ContainsFunc(in.Dimensions, func(d types.Dimension) bool { return wanted[api.Value(d.Name)] != api.Value(d.Value) })
}
