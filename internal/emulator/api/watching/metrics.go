package watching

import (
	"context"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
	"handover/internal/emulator/wire"
)

// metric names a metric by its three parts.
func metric(namespace, name *string, given []types.Dimension) cluster.Metric {
	m := cluster.Metric{Namespace: api.Value(namespace), Name: api.Value(name)}
	for _, d := range given {
		m.Dimensions = append(m.Dimensions, cluster.Dimension{Name: api.Value(d.Name), Value: api.Value(d.Value)})
	}
	slices.SortFunc(m.Dimensions, func(a, b cluster.Dimension) int { return strings.Compare(a.Name, b.Name) })
	return m
}

func dimensions(m cluster.Metric) []types.Dimension {
	all := make([]types.Dimension, 0, len(m.Dimensions))
	for _, d := range m.Dimensions {
		all = append(all, types.Dimension{Name: &d.Name, Value: &d.Value})
	}
	return all
}

// putMetricData takes values, also of AWS's own namespaces: nothing in a world measures, so this is how it is said what a service's load is. Those of more than two weeks
// ago, or two hours ahead, are refused. Source: CloudWatch API Reference, PutMetricData.
func (h *handlers) putMetricData(ctx context.Context, in *cloudwatch.PutMetricDataInput) (*cloudwatch.PutMetricDataOutput, error) {
	switch {
	case api.Value(in.Namespace) == "":
		return nil, &wire.Error{Code: "MissingRequiredParameterException", Message: "The parameter Namespace is required."}
	case len(in.MetricData) == 0:
		return nil, &wire.Error{Code: "MissingRequiredParameterException", Message: "The parameter MetricData is required."}
	case len(in.MetricData) > 1000:
		return nil, invalid("1 validation error detected: Value at 'metricData' failed to satisfy constraint: Member must have length less than or equal to 1000")
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*cloudwatch.PutMetricDataOutput, error) {
		var all []cluster.PutMetricData
		for i, d := range in.MetricData {
			data, err := datum(v.Now, i+1, in.Namespace, d)
			if err != nil {
				return nil, err
			}
			all = append(all, data)
		}
		for _, data := range all {
			if _, err := v.Act(data); err != nil {
				return nil, err
			}
		}
		return &cloudwatch.PutMetricDataOutput{}, nil
	})
}

// datum reads the nth of the values of a request. It has a value, or several with how often each was, or their statistics.
func datum(now time.Time, n int, namespace *string, d types.MetricDatum) (cluster.PutMetricData, error) {
	data := cluster.PutMetricData{Metric: metric(namespace, d.MetricName, d.Dimensions), At: now}
	if d.Timestamp != nil {
		data.At = *d.Timestamp
	}
	ways := 0
	for _, given := range []bool{d.Value != nil, len(d.Values) > 0, d.StatisticValues != nil} {
		if given {
			ways++
		}
	}
	switch {
	case data.Metric.Name == "":
		return data, &wire.Error{Code: "MissingRequiredParameterException", Message: "The parameter MetricData.member." + strconv.Itoa(n) + ".MetricName is required."}
	case len(d.Dimensions) > 30:
		return data, &wire.Error{Code: "InvalidParameterValueException", Message: "The collection MetricData.member." + strconv.Itoa(n) + ".Dimensions must not have a size greater than 30."}
	case ways == 0:
		return data, &wire.Error{Code: "MissingRequiredParameterException", Message: "At least one of the parameters must be specified: MetricData.member." + strconv.Itoa(n) + ".Value, Values, StatisticValues."}
	case ways > 1:
		return data, exclusive(n, d)
	case !finite(d):
		return data, &wire.Error{Code: "InvalidParameterValueException", Message: "The value NaN for parameter MetricData.member." + strconv.Itoa(n) + ".Value is invalid."}
	case len(d.Counts) > 0 && len(d.Counts) != len(d.Values):
		return data, &wire.Error{Code: "InvalidParameterValueException", Message: "The parameters MetricData.member." + strconv.Itoa(n) + ".Values and MetricData.member." + strconv.Itoa(n) + ".Counts must be of the same size."}
	case data.At.Before(now.Add(-14*24*time.Hour)) || data.At.After(now.Add(2*time.Hour)):
		return data, &wire.Error{Code: "InvalidParameterValueException", Message: "The parameter MetricData.member." + strconv.Itoa(n) + ".Timestamp must specify a time within the past two weeks and not more than two hours in the future."}
	}
	data.Values = values(d)
	return data, nil
}

// exclusive is the error for a datum that tells its values in two ways. Source: public reports of both pairs.
func exclusive(n int, d types.MetricDatum) error {
	code, first, second := "InvalidParameterValueException", "Value", "Values"
	if d.StatisticValues != nil {
		code, second = "InvalidParameterCombinationException", "StatisticValues"
	}
	if d.Value == nil {
		first = "Values"
	}
	at := "MetricData.member." + strconv.Itoa(n) + "."
	return &wire.Error{Code: code, Message: "The parameters " + at + first + " and " + at + second + " are mutually exclusive and you have specified both."}
}

// finite tells whether a datum has only values that CloudWatch takes, which are neither NaN nor infinite. Source: CloudWatch API Reference, MetricDatum.Value.
func finite(d types.MetricDatum) bool {
	all := slices.Clone(d.Values)
	if d.Value != nil {
		all = append(all, *d.Value)
	}
	return !slices.ContainsFunc(all, func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) })
}

func values(d types.MetricDatum) cluster.Values {
	if s := d.StatisticValues; s != nil {
		return cluster.Values{Count: api.Value(s.SampleCount), Sum: api.Value(s.Sum), Min: api.Value(s.Minimum), Max: api.Value(s.Maximum)}
	}
	if d.Value != nil {
		return cluster.Values{Count: 1, Sum: *d.Value, Min: *d.Value, Max: *d.Value}
	}
	all := cluster.Values{Min: slices.Min(d.Values), Max: slices.Max(d.Values)}
	for i, value := range d.Values {
		count := 1.0
		if len(d.Counts) > 0 {
			count = d.Counts[i]
		}
		all.Count += count
		all.Sum += count * value
	}
	return all
}

// getMetricStatistics gives the periods of a time in which there are values, newest first or not: CloudWatch promises no order. Extended statistics are not made.
func (h *handlers) getMetricStatistics(ctx context.Context, in *cloudwatch.GetMetricStatisticsInput) (*cloudwatch.GetMetricStatisticsOutput, error) {
	switch {
	case in.StartTime == nil || in.EndTime == nil || in.Period == nil || in.MetricName == nil || in.Namespace == nil:
		return nil, &wire.Error{Code: "MissingRequiredParameterException", Message: "The parameters Namespace, MetricName, StartTime, EndTime and Period are required."}
	case len(in.Statistics) == 0 && len(in.ExtendedStatistics) == 0:
		return nil, &wire.Error{Code: "InvalidParameterCombinationException", Message: "Must specify either Statistics or ExtendedStatistics"}
	case !in.StartTime.Before(*in.EndTime):
		return nil, &wire.Error{Code: "InvalidParameterValueException", Message: "The parameter StartTime must be less than the parameter EndTime."}
	}
	if err := checkPeriod(in.Period, "Period"); err != nil {
		return nil, err
	}
	if in.EndTime.Sub(*in.StartTime)/(time.Duration(*in.Period)*time.Second) > 1440 {
		return nil, &wire.Error{Code: "InvalidParameterCombinationException", Message: "You have requested more datapoints than the limit of 1,440. You may reduce the datapoints requested by increasing Period, or decreasing the time range."}
	}
	of, period := metric(in.Namespace, in.MetricName, in.Dimensions), time.Duration(*in.Period)*time.Second
	return api.Ask(ctx, h.worlds, func(v api.View) (*cloudwatch.GetMetricStatisticsOutput, error) {
		out := &cloudwatch.GetMetricStatisticsOutput{Label: in.MetricName, Datapoints: []types.Datapoint{}}
		if ofVCPUs(in) {
			out.Datapoints = vCPUs(v, in, period)
			return out, nil
		}
		for from := in.StartTime.Truncate(period); from.Before(*in.EndTime); from = from.Add(period) {
			point := types.Datapoint{Timestamp: &from, Unit: in.Unit}
			if point.Unit == "" {
				point.Unit = types.StandardUnitNone
			}
			any := false
			for _, statistic := range in.Statistics {
				value, ok := v.World.MetricStatistic(of, cluster.Statistic(statistic), from, from.Add(period))
				if ok {
					any = true
					setStatistic(&point, statistic, value)
				}
			}
			if any {
				out.Datapoints = append(out.Datapoints, point)
			}
		}
		return out, nil
	})
}

func setStatistic(point *types.Datapoint, statistic types.Statistic, value float64) {
	switch statistic {
	case types.StatisticAverage:
		point.Average = &value
	case types.StatisticSum:
		point.Sum = &value
	case types.StatisticMinimum:
		point.Minimum = &value
	case types.StatisticMaximum:
		point.Maximum = &value
	case types.StatisticSampleCount:
		point.SampleCount = &value
	}
}

// listMetrics gives the metrics that have values. Source: CloudWatch API Reference, ListMetrics: 500 a page.
func (h *handlers) listMetrics(ctx context.Context, in *cloudwatch.ListMetricsInput) (*cloudwatch.ListMetricsOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*cloudwatch.ListMetricsOutput, error) {
		wanted := slices.DeleteFunc(v.World.Metrics(), func(m cluster.Metric) bool {
			return in.Namespace != nil && m.Namespace != *in.Namespace || in.MetricName != nil && m.Name != *in.MetricName || !has(m, in.Dimensions)
		})
		wanted = api.InOrder(wanted, key)
		cut, next, err := api.Page(wanted, key, api.Value(in.NextToken), 500)
		if err != nil {
			return nil, &wire.Error{Code: "InvalidParameterValueException", Message: "Request parameter NextToken is invalid"}
		}
		out := &cloudwatch.ListMetricsOutput{Metrics: []types.Metric{}, NextToken: api.Some(next)}
		for _, m := range cut {
			out.Metrics = append(out.Metrics, types.Metric{Namespace: &m.Namespace, MetricName: &m.Name, Dimensions: dimensions(m)})
		}
		return out, nil
	})
}

// has tells whether a metric has dimensions that are asked for, with the values that are.
func has(m cluster.Metric, wanted []types.DimensionFilter) bool {
	for _, w := range wanted {
		if !slices.ContainsFunc(m.Dimensions, func(d cluster.Dimension) bool {
			return d.Name == api.Value(w.Name) && (w.Value == nil || d.Value == *w.Value)
		}) {
			return false
		}
	}
	return true
}

// key is a text that no other metric has.
func key(m cluster.Metric) string {
	parts := []string{m.Namespace, m.Name}
	for _, d := range m.Dimensions {
		parts = append(parts, d.Name, d.Value)
	}
	return strings.Join(parts, "\n")
}
