// Package routing is the API of Amazon EventBridge as far as rules of the default event bus have patterns: rules, their targets, and events. Other buses, schedules,
// archives, pipes and connections are not there; a rule with a schedule is kept and nothing follows it.
package routing

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/smithy-go"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
	"handover/internal/emulator/wire"
)

// handlers are EventBridge's operations on the worlds of a server.
type handlers struct{ worlds api.Worlds }

// New makes the service.
func New(worlds api.Worlds) *api.Service {
	s := api.NewService("Amazon EventBridge", wire.Description{
		Name: "events", Version: "2015-10-07", Protocol: wire.AWSJSON11, Target: "AWSEvents", ServerFault: wire.ServerFault[smithy.ErrorFault], InternalCode: "InternalException",
	})
	h := &handlers{worlds: worlds}
	s.Wrong = func(w api.WrongEnum) error { return invalid("%s", w.Constraint(api.LowerCamel(w.Member))) }
	api.Offer(s, h.putRule)
	api.Offer(s, h.deleteRule)
	api.Offer(s, h.describeRule)
	api.Offer(s, h.enableRule)
	api.Offer(s, h.disableRule)
	api.Offer(s, h.listRules)
	api.Offer(s, h.listRuleNamesByTarget)
	api.Offer(s, h.putTargets)
	api.Offer(s, h.removeTargets)
	api.Offer(s, h.listTargetsByRule)
	api.Offer(s, h.putEvents)
	api.Offer(s, h.testEventPattern)
	api.Offer(s, h.describeEventBus)
	api.Offer(s, h.listEventBuses)
	api.Offer(s, h.tagResource)
	api.Offer(s, h.untagResource)
	api.Offer(s, h.listTagsForResource)
	lack(s)
	return s
}

// invalid is EventBridge's error for a parameter.
func invalid(format string, args ...any) error {
	return &wire.Error{Code: "ValidationException", Message: fmt.Sprintf(format, args...)}
}

// notFound is EventBridge's error for what is not there.
func notFound(format string, args ...any) error {
	return &wire.Error{Code: "ResourceNotFoundException", Message: fmt.Sprintf(format, args...)}
}

// checkBus refuses another bus than the default one.
func checkBus(v api.View, name *string) error {
	if bus := api.Value(name); bus != "" && bus != "default" && bus != v.ARN("events", "event-bus/default") {
		return notFound("Event bus %s does not exist.", bus)
	}
	return nil
}

func find(v api.View, bus, name *string) (cluster.Rule, error) {
	if err := checkBus(v, bus); err != nil {
		return cluster.Rule{}, err
	}
	r, ok := v.World.Rule(api.Value(name))
	if !ok {
		return r, notFound("Rule %s does not exist on EventBus default.", api.Value(name))
	}
	return r, nil
}

// paged cuts a page of up to 100 out of items in the order of their keys. Source: API Reference, ListRules.
func paged[T any](all []T, key func(T) string, token *string, most *int32) (page []T, next *string, err error) {
	size := 100
	if most != nil && *most > 0 {
		size = min(size, int(*most))
	}
	cut, after, err := api.Page(all, key, api.Value(token), size)
	if err != nil {
		return nil, nil, invalid("1 validation error detected: Value '%s' at 'nextToken' is not one that was given out", api.Value(token))
	}
	return slices.Clone(cut), api.Some(after), nil
}

// owned tells whether a source is one that only AWS's services may name.
func owned(source string) bool { return strings.HasPrefix(source, "aws.") }
