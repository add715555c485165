package watching

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
	"handover/internal/emulator/wire"
)

// mostAlarms is how many a page has at most, and how many names a request. Source: CloudWatch API Reference, DescribeAlarms.
const mostAlarms = 100

func (h *handlers) putMetricAlarm(ctx context.Context, in *cloudwatch.PutMetricAlarmInput) (*cloudwatch.PutMetricAlarmOutput, error) {
	if err := checkAlarm(in); err != nil {
		return nil, err
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*cloudwatch.PutMetricAlarmOutput, error) {
		_, there := v.World.MetricAlarm(*in.AlarmName)
		if err := h.put(v, in); err != nil {
			return nil, err
		}
		if len(in.Tags) > 0 && !there { // Source: API Reference, PutMetricAlarm.Tags: of an alarm that is there they are ignored
			_, err := v.Act(cluster.TagResource{ARN: arnOf(v, *in.AlarmName), Tags: tags(in.Tags)})
			return &cloudwatch.PutMetricAlarmOutput{}, err
		}
		return &cloudwatch.PutMetricAlarmOutput{}, nil
	})
}

// checkAlarm has the checks of the API Reference, PutMetricAlarm; the words are ours but for those of AWS's common check.
func checkAlarm(in *cloudwatch.PutMetricAlarmInput) error {
	seconds := api.Value(in.Period)
	switch {
	case api.Value(in.AlarmName) == "":
		return null("alarmName")
	case in.MetricName != nil && len(in.Metrics) > 0:
		return &wire.Error{Code: "InvalidParameterCombinationException", Message: "The parameters MetricName and Metrics cannot be both specified"}
	case in.Statistic != "" && in.ExtendedStatistic != nil:
		return &wire.Error{Code: "InvalidParameterCombinationException", Message: "The parameters Statistic and ExtendedStatistic cannot be both specified"}
	case in.Period != nil && seconds != 10 && seconds != 20 && seconds != 30 && (seconds < 60 || seconds%60 != 0):
		return invalid("The period must be 10, 20, 30, or a multiple of 60")
	case in.EvaluationPeriods != nil && *in.EvaluationPeriods < 1:
		return invalid("1 validation error detected: Value '%d' at 'evaluationPeriods' failed to satisfy constraint: Member must have value greater than or equal to 1", *in.EvaluationPeriods)
	case in.DatapointsToAlarm != nil && (*in.DatapointsToAlarm < 1 || *in.DatapointsToAlarm > max(1, api.Value(in.EvaluationPeriods))):
		return invalid("DatapointsToAlarm must be between 1 and EvaluationPeriods")
	case !slices.Contains([]string{"", "breaching", "notBreaching", "ignore", "missing"}, api.Value(in.TreatMissingData)):
		return &wire.Error{Code: "InvalidParameterValueException", Message: "The value '" + *in.TreatMissingData + "' for parameter TreatMissingData is not supported."}
	}
	return nil
}

// put makes or changes an alarm in the world.
func (h *handlers) put(v api.View, in *cloudwatch.PutMetricAlarmInput) error {
	given := *in
	given.Tags = nil
	members, err := h.codec.Encode(&given)
	if err != nil {
		return err
	}
	_, err = v.Act(cluster.PutMetricAlarm{Alarm: *in.AlarmName, Rule: rule(in), Mute: in.ActionsEnabled != nil && !*in.ActionsEnabled,
		OnRaised: in.AlarmActions, OnOK: in.OKActions, OnUnknown: in.InsufficientDataActions, Members: members})
	return err
}

// rule is what the world decides an alarm's state by; nil for alarms of other kinds than one metric, one statistic and a fixed threshold, whose state is only set by hand.
func rule(in *cloudwatch.PutMetricAlarmInput) *cluster.AlarmRule {
	known := slices.Contains([]types.ComparisonOperator{types.ComparisonOperatorGreaterThanOrEqualToThreshold, types.ComparisonOperatorGreaterThanThreshold,
		types.ComparisonOperatorLessThanThreshold, types.ComparisonOperatorLessThanOrEqualToThreshold}, in.ComparisonOperator)
	seconds := api.Value(in.Period)
	if !known || in.MetricName == nil || in.Statistic == "" || in.Threshold == nil || seconds < 60 || in.EvaluationPeriods == nil {
		return nil
	}
	r := &cluster.AlarmRule{Metric: metric(in.Namespace, in.MetricName, in.Dimensions), Statistic: cluster.Statistic(in.Statistic), Period: time.Duration(seconds) * time.Second,
		Periods: int(*in.EvaluationPeriods), Datapoints: int(*in.EvaluationPeriods), Threshold: *in.Threshold, Comparison: string(in.ComparisonOperator), Missing: api.Value(in.TreatMissingData)}
	if in.DatapointsToAlarm != nil {
		r.Datapoints = int(*in.DatapointsToAlarm)
	}
	return r
}

func (h *handlers) describeAlarms(ctx context.Context, in *cloudwatch.DescribeAlarmsInput) (*cloudwatch.DescribeAlarmsOutput, error) {
	size := int(api.Value(in.MaxRecords))
	switch {
	case len(in.AlarmNames) > 0 && in.AlarmNamePrefix != nil:
		return nil, &wire.Error{Code: "InvalidParameterCombinationException", Message: "AlarmNamePrefix and AlarmNames cannot be both specified"}
	case len(in.AlarmNames) > mostAlarms:
		return nil, invalid("1 validation error detected: Value at 'alarmNames' failed to satisfy constraint: Member must have length less than or equal to %d", mostAlarms)
	case in.MaxRecords == nil:
		size = mostAlarms / 2 // Source: API Reference, DescribeAlarms: 50 where it is not given
	case size < 1 || size > mostAlarms:
		return nil, invalid("1 validation error detected: Value '%d' at 'maxRecords' failed to satisfy constraint: Member must have value between 1 and %d", size, mostAlarms)
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*cloudwatch.DescribeAlarmsOutput, error) {
		out := &cloudwatch.DescribeAlarmsOutput{MetricAlarms: []types.MetricAlarm{}, CompositeAlarms: []types.CompositeAlarm{}}
		if len(in.AlarmTypes) > 0 && !slices.Contains(in.AlarmTypes, types.AlarmTypeMetricAlarm) {
			return out, nil
		}
		wanted := slices.DeleteFunc(v.World.Alarms(), func(a cluster.Alarm) bool {
			named := len(in.AlarmNames) == 0 || slices.Contains(in.AlarmNames, a.Name)
			return !named || !strings.HasPrefix(a.Name, api.Value(in.AlarmNamePrefix)) || in.StateValue != "" && string(in.StateValue) != string(a.State)
		})
		cut, next, err := api.Page(wanted, func(a cluster.Alarm) string { return a.Name }, api.Value(in.NextToken), size)
		if err != nil {
			return nil, &wire.Error{Code: "InvalidNextToken", Message: "The next token specified is invalid."}
		}
		out.NextToken = api.Some(next)
		for _, a := range cut {
			shown, err := h.alarm(v, a)
			if err != nil {
				return nil, err
			}
			if in.ActionPrefix == nil || slices.ContainsFunc(shown.AlarmActions, func(arn string) bool { return strings.HasPrefix(arn, *in.ActionPrefix) }) {
				out.MetricAlarms = append(out.MetricAlarms, shown)
			}
		}
		return out, nil
	})
}

func arnOf(v api.View, alarm string) string { return v.ARN("cloudwatch", "alarm:"+alarm) }

// alarm renders an alarm: as it was put, or, of one of target tracking, by its rule; one that is only named by a service has a state alone.
func (h *handlers) alarm(v api.View, a cluster.Alarm) (types.MetricAlarm, error) {
	var out types.MetricAlarm
	put, there := v.World.MetricAlarm(a.Name)
	if there && len(put.Members) > 0 {
		if err := h.codec.Decode(put.Members, &out); err != nil {
			return out, err
		}
	}
	if there {
		out.StateUpdatedTimestamp, out.StateTransitionedTimestamp, out.AlarmConfigurationUpdatedTimestamp = &put.At, &put.At, &put.PutAt
		out.AlarmActions, out.OKActions, out.InsufficientDataActions = orEmpty(put.OnRaised), orEmpty(put.OnOK), orEmpty(put.OnUnknown)
	}
	if r := put.Rule; r != nil && len(put.Members) == 0 {
		period, periods, datapoints := int32(r.Period/time.Second), int32(r.Periods), int32(r.Datapoints)
		out.Namespace, out.MetricName, out.Dimensions, out.Statistic = &r.Metric.Namespace, &r.Metric.Name, dimensions(r.Metric), types.Statistic(r.Statistic)
		out.Period, out.EvaluationPeriods, out.DatapointsToAlarm, out.Threshold = &period, &periods, &datapoints, &r.Threshold
		out.ComparisonOperator = types.ComparisonOperator(r.Comparison)
	}
	if out.Dimensions == nil {
		out.Dimensions = []types.Dimension{}
	}
	enabled, arn := !put.Mute, arnOf(v, a.Name)
	out.AlarmName, out.AlarmArn, out.ActionsEnabled = &a.Name, &arn, &enabled
	out.StateValue, out.StateReason = types.StateValue(a.State), api.Some(a.Reason)
	return out, nil
}

func orEmpty(list []string) []string { return append([]string{}, list...) }

func (h *handlers) describeAlarmsForMetric(ctx context.Context, in *cloudwatch.DescribeAlarmsForMetricInput) (*cloudwatch.DescribeAlarmsForMetricOutput, error) {
	if in.MetricName == nil {
		return nil, null("metricName")
	}
	wanted := metric(in.Namespace, in.MetricName, in.Dimensions)
	return api.Ask(ctx, h.worlds, func(v api.View) (*cloudwatch.DescribeAlarmsForMetricOutput, error) {
		out := &cloudwatch.DescribeAlarmsForMetricOutput{MetricAlarms: []types.MetricAlarm{}}
		for _, a := range v.World.Alarms() {
			shown, err := h.alarm(v, a)
			if err != nil {
				return nil, err
			}
			if shown.MetricName != nil && metric(shown.Namespace, shown.MetricName, shown.Dimensions).Compare(wanted) == 0 &&
				(in.Statistic == "" || in.Statistic == shown.Statistic) && (in.Period == nil || *in.Period == api.Value(shown.Period)) {
				out.MetricAlarms = append(out.MetricAlarms, shown)
			}
		}
		return out, nil
	})
}

// deleteAlarms deletes all alarms of a request or, where one of them is not there, none. Source: API Reference, DeleteAlarms.
func (h *handlers) deleteAlarms(ctx context.Context, in *cloudwatch.DeleteAlarmsInput) (*cloudwatch.DeleteAlarmsOutput, error) {
	if len(in.AlarmNames) > mostAlarms {
		return nil, invalid("1 validation error detected: Value at 'alarmNames' failed to satisfy constraint: Member must have length less than or equal to %d", mostAlarms)
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*cloudwatch.DeleteAlarmsOutput, error) {
		names := slices.Compact(slices.Sorted(slices.Values(in.AlarmNames)))
		known := v.World.Alarms()
		for _, name := range names {
			if !slices.ContainsFunc(known, func(a cluster.Alarm) bool { return a.Name == name }) {
				return nil, noAlarm()
			}
		}
		for _, name := range names {
			if _, err := v.Act(cluster.DeleteAlarm{Alarm: name}); err != nil {
				return nil, err
			}
			if _, err := v.Act(cluster.Retract{ARN: arnOf(v, name)}); err != nil { // its tags
				return nil, err
			}
		}
		return &cloudwatch.DeleteAlarmsOutput{}, nil
	})
}

func (h *handlers) setAlarmState(ctx context.Context, in *cloudwatch.SetAlarmStateInput) (*cloudwatch.SetAlarmStateOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*cloudwatch.SetAlarmStateOutput, error) {
		name := api.Value(in.AlarmName)
		if !slices.ContainsFunc(v.World.Alarms(), func(a cluster.Alarm) bool { return a.Name == name }) {
			return nil, noAlarm()
		}
		_, err := v.Act(cluster.SetAlarmState{Alarm: name, State: cluster.AlarmState(in.StateValue), Reason: api.Value(in.StateReason)})
		return &cloudwatch.SetAlarmStateOutput{}, err
	})
}

func (h *handlers) enableAlarmActions(ctx context.Context, in *cloudwatch.EnableAlarmActionsInput) (*cloudwatch.EnableAlarmActionsOutput, error) {
	return &cloudwatch.EnableAlarmActionsOutput{}, h.enable(ctx, in.AlarmNames, true)
}

func (h *handlers) disableAlarmActions(ctx context.Context, in *cloudwatch.DisableAlarmActionsInput) (*cloudwatch.DisableAlarmActionsOutput, error) {
	return &cloudwatch.DisableAlarmActionsOutput{}, h.enable(ctx, in.AlarmNames, false)
}

// enable passes over alarms that are not there.
func (h *handlers) enable(ctx context.Context, names []string, enabled bool) error {
	return h.worlds.Use(ctx, func(v api.View) error {
		for _, name := range names {
			a, there := v.World.MetricAlarm(name)
			if !there || a.Mute != enabled {
				continue
			}
			changed := a.PutMetricAlarm
			changed.Mute = !enabled
			if _, err := v.Act(changed); err != nil {
				return err
			}
		}
		return nil
	})
}
