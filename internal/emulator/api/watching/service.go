// Package watching is the API of Amazon CloudWatch as far as the states of alarms are read and set. Nothing in a world measures: an alarm has the state that it was
// given, and what is declared of it is not kept.
package watching

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/smithy-go"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
	"handover/internal/emulator/wire"
)

// handlers are CloudWatch's operations on the worlds of a server.
type handlers struct{ worlds api.Worlds }

// New makes the service, in the three protocols that CloudWatch has: older SDKs and the AWS CLI call it in Query, boto3 in JSON, the SDKs for Go and JavaScript in CBOR.
func New(worlds api.Worlds) *api.Service {
	s := api.NewService("Amazon CloudWatch", wire.Description{
		Name: "monitoring", Version: "2010-08-01", Protocol: wire.AWSQuery, Also: []wire.Protocol{wire.AWSJSON10, wire.RPCv2CBOR},
		Target: "GraniteServiceVersion20100801", Shapes: "com.amazonaws.cloudwatch", Namespace: "http://monitoring.amazonaws.com/doc/2010-08-01/",
		ServerFault: wire.ServerFault[smithy.ErrorFault], InternalCode: "InternalServiceFault",
		Status: map[string]int{"ResourceNotFound": http.StatusNotFound, "ResourceNotFoundException": http.StatusNotFound, "DashboardNotFoundError": http.StatusNotFound},
		QueryCodes: map[string]string{
			"InvalidParameterValueException": "InvalidParameterValue", "InvalidParameterCombinationException": "InvalidParameterCombination",
			"MissingRequiredParameterException": "MissingParameter", "InvalidFormatFault": "InvalidFormat", "LimitExceededFault": "LimitExceeded",
			"InternalServiceFault": "InternalServiceError", "ThrottlingException": "Throttling", "DashboardNotFoundError": "ResourceNotFound",
			"DashboardInvalidInputError": "InvalidParameterInput",
		},
	})
	s.Union((*types.EvaluationCriteria)(nil), &types.EvaluationCriteriaMemberPromQLCriteria{})
	s.Union((*types.EvaluationWindow)(nil), &types.EvaluationWindowMemberSlidingWindow{}, &types.EvaluationWindowMemberWallClockWindow{})
	s.Wrong = func(w api.WrongEnum) error { return invalid("%s", w.Constraint(api.LowerCamel(w.Member))) }
	h := &handlers{worlds: worlds}
	api.Offer(s, h.describeAlarms)
	api.Offer(s, h.setAlarmState)
	api.Offer(s, h.putMetricAlarm)
	api.Offer(s, h.getMetricStatistics)
	lack(s)
	return s
}

func invalid(format string, args ...any) error {
	return &wire.Error{Code: "ValidationError", Message: fmt.Sprintf(format, args...)}
}

// mostAlarms is how many a page has at most, and how many names a request. Source: CloudWatch API Reference, DescribeAlarms.
const mostAlarms = 100

func (h *handlers) describeAlarms(ctx context.Context, in *cloudwatch.DescribeAlarmsInput) (*cloudwatch.DescribeAlarmsOutput, error) {
	switch {
	case len(in.AlarmNames) > 0 && in.AlarmNamePrefix != nil:
		return nil, &wire.Error{Code: "InvalidParameterCombinationException", Message: "AlarmNamePrefix and AlarmNames cannot be both specified"}
	case len(in.AlarmNames) > mostAlarms:
		return nil, invalid("1 validation error detected: Value at 'alarmNames' failed to satisfy constraint: Member must have length less than or equal to %d", mostAlarms)
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*cloudwatch.DescribeAlarmsOutput, error) {
		out := &cloudwatch.DescribeAlarmsOutput{MetricAlarms: []types.MetricAlarm{}, CompositeAlarms: []types.CompositeAlarm{}}
		if len(in.AlarmTypes) > 0 && !slices.Contains(in.AlarmTypes, types.AlarmTypeMetricAlarm) {
			return out, nil
		}
		for _, a := range v.World.Alarms() {
			named := len(in.AlarmNames) == 0 || slices.Contains(in.AlarmNames, a.Name)
			if named && strings.HasPrefix(a.Name, api.Value(in.AlarmNamePrefix)) && (in.StateValue == "" || string(in.StateValue) == string(a.State)) {
				out.MetricAlarms = append(out.MetricAlarms, alarmOf(v, a))
			}
		}
		return out, nil
	})
}

func alarmOf(v api.View, a cluster.Alarm) types.MetricAlarm {
	arn := v.ARN("cloudwatch", "alarm:"+a.Name)
	return types.MetricAlarm{AlarmName: &a.Name, AlarmArn: &arn, StateValue: types.StateValue(a.State), StateReason: api.Some(a.Reason), ActionsEnabled: api.Some(true)}
}

func (h *handlers) setAlarmState(ctx context.Context, in *cloudwatch.SetAlarmStateInput) (*cloudwatch.SetAlarmStateOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*cloudwatch.SetAlarmStateOutput, error) {
		name := api.Value(in.AlarmName)
		if !slices.ContainsFunc(v.World.Alarms(), func(a cluster.Alarm) bool { return a.Name == name }) {
			return nil, &wire.Error{Code: "ResourceNotFound"}
		}
		_, err := v.Act(cluster.SetAlarmState{Alarm: name, State: cluster.AlarmState(in.StateValue), Reason: api.Value(in.StateReason)})
		return &cloudwatch.SetAlarmStateOutput{}, err
	})
}

// putMetricAlarm makes an alarm. A new one has no data yet; one that is there keeps its state. Source: CloudWatch API Reference, PutMetricAlarm.
func (h *handlers) putMetricAlarm(ctx context.Context, in *cloudwatch.PutMetricAlarmInput) (*cloudwatch.PutMetricAlarmOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*cloudwatch.PutMetricAlarmOutput, error) {
		name := api.Value(in.AlarmName)
		if slices.ContainsFunc(v.World.Alarms(), func(a cluster.Alarm) bool { return a.Name == name }) {
			return &cloudwatch.PutMetricAlarmOutput{}, nil
		}
		_, err := v.Act(cluster.SetAlarmState{Alarm: name, State: cluster.AlarmUnknown, Reason: "Unchecked: Initial alarm creation"})
		return &cloudwatch.PutMetricAlarmOutput{}, err
	})
}
