package watching

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
	"handover/internal/emulator/wire"
)

// mostQueries is how many queries a request has at most. Source: CloudWatch API Reference, GetMetricData.
const mostQueries = 500

// getMetricData answers several queries at once. Of expressions there is only the id of another query: metric math and Metrics Insights are refused. All comes on one page.
// Source: CloudWatch API Reference, GetMetricData; the words of the errors are those of public reports.
func (h *handlers) getMetricData(ctx context.Context, in *cloudwatch.GetMetricDataInput) (*cloudwatch.GetMetricDataOutput, error) {
	if err := checkQueries(in); err != nil {
		return nil, err
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*cloudwatch.GetMetricDataOutput, error) {
		out := &cloudwatch.GetMetricDataOutput{MetricDataResults: []types.MetricDataResult{}, Messages: []types.MessageData{}}
		for _, q := range in.MetricDataQueries {
			if q.ReturnData != nil && !*q.ReturnData {
				continue
			}
			out.MetricDataResults = append(out.MetricDataResults, answered(v, in, q))
		}
		return out, nil
	})
}

// answered gives the values of a query, newest first unless it is asked for otherwise.
func answered(v api.View, in *cloudwatch.GetMetricDataInput, q types.MetricDataQuery) types.MetricDataResult {
	out := types.MetricDataResult{Id: q.Id, Label: q.Label, StatusCode: types.StatusCodeComplete, Timestamps: []time.Time{}, Values: []float64{}}
	stat := source(in, q).MetricStat
	of, period := metric(stat.Metric.Namespace, stat.Metric.MetricName, stat.Metric.Dimensions), time.Duration(*stat.Period)*time.Second
	if out.Label == nil {
		out.Label = stat.Metric.MetricName
	}
	for from := in.StartTime.Truncate(period); from.Before(*in.EndTime); from = from.Add(period) {
		if value, ok := v.World.MetricStatistic(of, cluster.Statistic(*stat.Stat), from, from.Add(period)); ok {
			out.Timestamps, out.Values = append(out.Timestamps, from), append(out.Values, value)
		}
	}
	if in.ScanBy != types.ScanByTimestampAscending {
		slices.Reverse(out.Timestamps)
		slices.Reverse(out.Values)
	}
	return out
}

// source is the query of a metric that a query stands for: itself, or the one whose id is its expression.
func source(in *cloudwatch.GetMetricDataInput, q types.MetricDataQuery) types.MetricDataQuery {
	for _, other := range in.MetricDataQueries {
		if q.Expression != nil && *other.Id == *q.Expression {
			return other
		}
	}
	return q
}

var queryID = regexp.MustCompile(`^[a-z][A-Za-z0-9_]*$`)

func checkQueries(in *cloudwatch.GetMetricDataInput) error {
	switch {
	case in.StartTime == nil || in.EndTime == nil:
		return invalid("The parameters StartTime and EndTime are required.")
	case len(in.MetricDataQueries) == 0 || len(in.MetricDataQueries) > mostQueries:
		return invalid("The collection MetricDataQueries must have from 1 to %d members.", mostQueries)
	case in.StartTime.Truncate(time.Second).Equal(in.EndTime.Truncate(time.Second)):
		return invalid("The parameter StartTime must not equal parameter EndTime.")
	case in.EndTime.Before(*in.StartTime):
		return invalid("The parameter EndTime must be greater than StartTime.")
	}
	ids := map[string]bool{}
	for i, q := range in.MetricDataQueries {
		at := fmt.Sprintf("MetricDataQueries.member.%d", i+1)
		if err := checkQuery(in, at, q); err != nil {
			return err
		}
		if ids[*q.Id] {
			return invalid("The values for parameter id in %s.Id are not unique.", at)
		}
		ids[*q.Id] = true
	}
	return nil
}

// checkQuery refuses what CloudWatch refuses of one query, and expressions.
func checkQuery(in *cloudwatch.GetMetricDataInput, at string, q types.MetricDataQuery) error {
	switch {
	case !queryID.MatchString(api.Value(q.Id)):
		return invalid("The value %s for parameter %s.Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$.", api.Value(q.Id), at)
	case q.MetricStat != nil && q.Expression != nil:
		return invalid("The parameters %s.Expression and %s.MetricStat are mutually exclusive and you have specified both.", at, at)
	case q.Expression != nil && source(in, q).MetricStat == nil:
		return invalid("The emulator offers no expression but the id of another query. See docs/emulator.md for what it offers.")
	case q.Expression != nil:
		return nil
	case q.MetricStat == nil:
		return invalid("The parameter %s.MetricStat is required.\n", at)
	}
	stat := q.MetricStat
	switch {
	case stat.Metric == nil || api.Value(stat.Metric.MetricName) == "" || api.Value(stat.Metric.Namespace) == "":
		return invalid("The parameter %s.MetricStat.Metric is required.\n", at)
	case !slices.Contains(types.Statistic("").Values(), types.Statistic(api.Value(stat.Stat))):
		return &wire.Error{Code: "InvalidParameterValueException", Message: fmt.Sprintf("The value %s for parameter %s.MetricStat.Stat is not supported.", api.Value(stat.Stat), at)}
	}
	return checkPeriod(stat.Period, at+".MetricStat.Period")
}

// checkPeriod refuses what is no period. Source: CloudWatch API Reference, MetricStat.Period.
func checkPeriod(given *int32, parameter string) error {
	if seconds := api.Value(given); seconds < 1 || seconds%60 != 0 && !slices.Contains([]int32{1, 5, 10, 20, 30}, seconds) {
		return &wire.Error{Code: "InvalidParameterValueException", Message: "The parameter " + parameter + " must be a value of 1, 5, 10, 20, 30 or any multiple of 60."}
	}
	return nil
}
