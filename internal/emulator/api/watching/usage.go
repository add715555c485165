package watching

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"handover/internal/emulator/api"
)

// getMetricStatistics answers for the one metric that a world knows: how many vCPUs the tasks on Fargate have. It has one point, as of now, where now is in the time that is asked
// for; what was before is not kept. Source: developer guide, service-quotas-cloudwatch; CloudWatch API Reference, GetMetricStatistics.
func (h *handlers) getMetricStatistics(ctx context.Context, in *cloudwatch.GetMetricStatisticsInput) (*cloudwatch.GetMetricStatisticsOutput, error) {
	period := time.Duration(api.Value(in.Period)) * time.Second
	switch {
	case in.StartTime == nil || in.EndTime == nil || !in.StartTime.Before(*in.EndTime):
		return nil, invalid("The parameter StartTime must be less than the parameter EndTime.")
	case period < time.Minute && period != time.Second && period != 5*time.Second && period != 10*time.Second && period != 20*time.Second && period != 30*time.Second || period%time.Minute != 0 && period > time.Minute:
		return nil, invalid("The parameter Period must be a value of 1, 5, 10, 20, 30 or any multiple of 60.")
	case len(in.Statistics)+len(in.ExtendedStatistics) == 0:
		return nil, invalid("At least one of the parameters Statistics and ExtendedStatistics must be specified.")
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*cloudwatch.GetMetricStatisticsOutput, error) {
		out := &cloudwatch.GetMetricStatisticsOutput{Label: in.MetricName, Datapoints: []types.Datapoint{}}
		now := v.World.Now()
		if !ofVCPUs(in) || now.Before(*in.StartTime) || now.After(in.EndTime.Add(period)) {
			return out, nil
		}
		at, taken, one := now.Truncate(period), v.World.FargateQuota().Taken, 1.0
		point := types.Datapoint{Timestamp: &at, Unit: types.StandardUnitNone}
		for _, s := range in.Statistics {
			switch s {
			case types.StatisticMaximum:
				point.Maximum = &taken
			case types.StatisticMinimum:
				point.Minimum = &taken
			case types.StatisticAverage:
				point.Average = &taken
			case types.StatisticSum:
				point.Sum = &taken
			case types.StatisticSampleCount:
				point.SampleCount = &one
			}
		}
		out.Datapoints = append(out.Datapoints, point)
		return out, nil
	})
}

// ofVCPUs tells whether a request is about the vCPUs of tasks on Fargate.
func ofVCPUs(in *cloudwatch.GetMetricStatisticsInput) bool {
	wanted := map[string]string{"Class": "Standard/OnDemand", "Resource": "vCPU", "Service": "Fargate", "Type": "Resource"}
	return api.Value(in.Namespace) == "AWS/Usage" && api.Value(in.MetricName) == "ResourceCount" && len(in.Dimensions) == len(wanted) &&
		!slices.ContainsFunc(in.Dimensions, func(d types.Dimension) bool { return wanted[api.Value(d.Name)] != api.Value(d.Value) })
}
