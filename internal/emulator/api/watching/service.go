// Package watching is the API of Amazon CloudWatch as far as alarms, the metrics that they watch, and scaling policies go. Nothing in a world measures: a metric has the
// values that were put, and an alarm without values the state that it was given.
package watching

import (
	"fmt"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/smithy-go"

	"handover/internal/emulator/api"
	"handover/internal/emulator/wire"
)

// handlers are CloudWatch's operations on the worlds of a server.
type handlers struct {
	worlds api.Worlds
	codec  *wire.Service // for alarms, which are shown as they were put
}

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
	h := &handlers{worlds: worlds, codec: s.Service}
	api.Offer(s, h.putMetricAlarm)
	api.Offer(s, h.describeAlarms)
	api.Offer(s, h.describeAlarmsForMetric)
	api.Offer(s, h.deleteAlarms)
	api.Offer(s, h.setAlarmState)
	api.Offer(s, h.enableAlarmActions)
	api.Offer(s, h.disableAlarmActions)
	api.Offer(s, h.putMetricData)
	api.Offer(s, h.getMetricStatistics)
	api.Offer(s, h.getMetricData)
	api.Offer(s, h.listMetrics)
	api.Offer(s, h.tagResource)
	api.Offer(s, h.untagResource)
	api.Offer(s, h.listTagsForResource)
	lack(s)
	return s
}

func invalid(format string, args ...any) error {
	return &wire.Error{Code: "ValidationError", Message: fmt.Sprintf(format, args...)}
}

// null is the error for a member that is required. The words are those of AWS's common check.
func null(member string) error {
	return invalid("1 validation error detected: Value null at '%s' failed to satisfy constraint: Member must not be null", member)
}

// noAlarm is the error for an alarm that is not there.
func noAlarm() error { return &wire.Error{Code: "ResourceNotFound"} }
