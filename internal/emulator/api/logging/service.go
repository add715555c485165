// Package logging is the API of Amazon CloudWatch Logs as far as lines are written and read: log groups, log streams, events, retention, tags. Nothing in a world
// writes lines of its own.
package logging

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/smithy-go"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
	"handover/internal/emulator/wire"
)

// handlers are CloudWatch Logs' operations on the worlds of a server.
type handlers struct {
	worlds api.Worlds
	codec  *wire.Service // for what is kept as it is shown
}

// New makes the service.
func New(worlds api.Worlds) *api.Service {
	s := api.NewService("Amazon CloudWatch Logs", wire.Description{
		Name: "logs", Version: "2014-03-28", Protocol: wire.AWSJSON11, LowerCamel: true, Target: "Logs_20140328",
		Names:       map[string]string{"DescribeDestinationsInput.DestinationNamePrefix": "DestinationNamePrefix"},
		ServerFault: wire.ServerFault[smithy.ErrorFault], InternalCode: "ServiceUnavailableException",
	})
	s.Union((*types.ResourceConfig)(nil), &types.ResourceConfigMemberOpenSearchResourceConfig{})
	s.Union((*types.IntegrationDetails)(nil), &types.IntegrationDetailsMemberOpenSearchIntegrationDetails{})
	s.Wrong = func(w api.WrongEnum) error { return invalid("%s", w.Constraint(api.LowerCamel(w.Member))) }
	h := &handlers{worlds: worlds, codec: s.Service}
	api.Offer(s, h.createLogGroup)
	api.Offer(s, h.deleteLogGroup)
	api.Offer(s, h.describeLogGroups)
	api.Offer(s, h.putLogGroupDeletionProtection)
	api.Offer(s, h.putRetentionPolicy)
	api.Offer(s, h.deleteRetentionPolicy)
	api.Offer(s, h.createLogStream)
	api.Offer(s, h.deleteLogStream)
	api.Offer(s, h.describeLogStreams)
	api.Offer(s, h.putLogEvents)
	api.Offer(s, h.getLogEvents)
	api.Offer(s, h.filterLogEvents)
	api.Offer(s, h.tagResource)
	api.Offer(s, h.untagResource)
	api.Offer(s, h.listTagsForResource)
	api.Offer(s, h.tagLogGroup)
	api.Offer(s, h.untagLogGroup)
	api.Offer(s, h.listTagsLogGroup)
	filters(s, h)
	lack(s)
	return s
}

// filters offers what is kept beside the lines.
func filters(s *api.Service, h *handlers) {
	api.Offer(s, h.putMetricFilter)
	api.Offer(s, h.describeMetricFilters)
	api.Offer(s, h.deleteMetricFilter)
	api.Offer(s, h.putSubscriptionFilter)
	api.Offer(s, h.describeSubscriptionFilters)
	api.Offer(s, h.deleteSubscriptionFilter)
	api.Offer(s, h.putResourcePolicy)
	api.Offer(s, h.describeResourcePolicies)
	api.Offer(s, h.deleteResourcePolicy)
}

// invalid is CloudWatch Logs' error for a parameter.
func invalid(format string, args ...any) error {
	return &wire.Error{Code: "InvalidParameterException", Message: fmt.Sprintf(format, args...)}
}

// constraint is the sentence of AWS's common check for a value that does not fit.
func constraint(member, value, must string) error {
	return invalid("1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: Member must %s", value, member, must)
}

// notFound is CloudWatch Logs' error for a group or a stream that is not there.
func notFound(what string) error {
	return &wire.Error{Code: "ResourceNotFoundException", Message: "The specified log " + what + " does not exist."}
}

var (
	identifierForm = regexp.MustCompile(`^[\w#+=/:,.@-]+$`)

	groupForm  = regexp.MustCompile(`^[.\-_/#A-Za-z0-9]{1,512}$`)
	streamForm = regexp.MustCompile(`^[^:*]{1,512}$`)
)

// checkGroup refuses what is no name of a log group. Source: API Reference, CreateLogGroup.logGroupName.
func checkGroup(name string) error {
	switch {
	case len(name) > 512:
		return tooLong()
	case !groupForm.MatchString(name):
		return constraint("logGroupName", name, `satisfy regular expression pattern: [\.\-_/#A-Za-z0-9]+`)
	}
	return nil
}

// tooLong has the sentence of runs against AWS that LocalStack's tests record.
func tooLong() error {
	return invalid("Invalid LogGroup or LogStream, both must have length less than or equal to 512.")
}

func checkStream(name string) error {
	switch {
	case len(name) > 512:
		return tooLong()
	case !streamForm.MatchString(name):
		return constraint("logStreamName", name, "satisfy regular expression pattern: [^:*]*")
	}
	return nil
}

// group finds the log group of a request that gives its name or its ARN.
func group(v api.View, name, identifier *string) (cluster.LogGroup, error) {
	switch {
	case name != nil && identifier != nil:
		return cluster.LogGroup{}, &wire.Error{Code: "ValidationException", Message: "LogGroup name and LogGroup ARN are mutually exclusive parameters."}
	case name == nil && identifier == nil:
		return cluster.LogGroup{}, &wire.Error{Code: "ValidationException", Message: "Either logGroupName or logGroupIdentifier must be specified."}
	}
	text := api.Value(name)
	if identifier != nil {
		if !identifierForm.MatchString(*identifier) { // such as the ARN that DescribeLogGroups gives as arn, which ends in :*
			return cluster.LogGroup{}, invalid("%s", `1 validation error detected: Value at 'logGroupIdentifier' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w#+=/:,.@-]*`)
		}
		text = strings.TrimPrefix(*identifier, v.ARN("logs", "log-group:"))
	}
	if err := checkGroup(text); err != nil {
		return cluster.LogGroup{}, err
	}
	found, ok := v.World.LogGroup(text)
	if !ok {
		return cluster.LogGroup{}, notFound("group")
	}
	return found, nil
}

// sized reads the size of a page.
func sized(given *int32, usual, most int32) (int, error) {
	switch {
	case given == nil:
		return int(usual), nil
	case *given < 1:
		return 0, constraint("limit", fmt.Sprint(*given), "have value greater than or equal to 1")
	case *given > most:
		return 0, constraint("limit", fmt.Sprint(*given), fmt.Sprintf("have value less than or equal to %d", most))
	}
	return int(*given), nil
}

// paged cuts a page out of items in the order of their keys.
func paged[T any](all []T, key func(T) string, token *string, size int) (page []T, next *string, err error) {
	cut, after, err := api.Page(all, key, api.Value(token), size)
	if err != nil {
		return nil, nil, invalid("The specified nextToken is invalid.")
	}
	return cut, api.Some(after), nil
}
