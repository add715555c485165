package routing

import (
	"context"
	"encoding/json"

	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
	"handover/internal/pattern"
)

// The limits of a request. Source: API Reference, PutEvents.
const (
	mostEntries = 10
	mostBytes   = 1 << 20
)

// putEvents puts events on the bus, each of which may be refused by itself. Source: API Reference, PutEvents; the words are those of public reports.
func (h *handlers) putEvents(ctx context.Context, in *eventbridge.PutEventsInput) (*eventbridge.PutEventsOutput, error) {
	size := 0
	for _, e := range in.Entries {
		size += len(api.Value(e.Detail)) + len(api.Value(e.DetailType)) + len(api.Value(e.Source))
	}
	switch {
	case len(in.Entries) == 0 || len(in.Entries) > mostEntries:
		return nil, invalid("1 validation error detected: Value at 'entries' failed to satisfy constraint: Member must have length less than or equal to %d and greater than or equal to 1", mostEntries)
	case size > mostBytes:
		return nil, invalid("Total size of the entries in the request is over the limit.")
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*eventbridge.PutEventsOutput, error) {
		out := &eventbridge.PutEventsOutput{Entries: []types.PutEventsResultEntry{}}
		for _, e := range in.Entries {
			if code, why := refused(v, e); code != "" {
				out.FailedEntryCount++
				out.Entries = append(out.Entries, types.PutEventsResultEntry{ErrorCode: &code, ErrorMessage: &why})
				continue
			}
			put := cluster.BusEvent{Source: *e.Source, DetailType: *e.DetailType, Resources: e.Resources, Detail: json.RawMessage(*e.Detail), At: api.Value(e.Time)}
			ids, err := v.Act(cluster.PutEvent{Event: put})
			if err != nil {
				return nil, err
			}
			out.Entries = append(out.Entries, types.PutEventsResultEntry{EventId: &ids[0]})
		}
		return out, nil
	})
}

// refused says why an event is not taken; an empty code says that it is.
func refused(v api.View, e types.PutEventsRequestEntry) (code, why string) {
	var object map[string]any
	switch {
	case checkBus(v, e.EventBusName) != nil:
		return "ResourceNotFoundException", "Event bus " + api.Value(e.EventBusName) + " does not exist."
	case api.Value(e.Source) == "":
		return "InvalidArgument", "Parameter Source is not valid. Reason: Source is a required argument."
	case owned(*e.Source):
		return "NotAuthorizedForSourceException", "Not authorized for the source."
	case api.Value(e.DetailType) == "":
		return "InvalidArgument", "Parameter DetailType is not valid. Reason: DetailType is a required argument."
	case e.Detail == nil:
		return "InvalidArgument", "Parameter Detail is not valid. Reason: Detail is a required argument."
	case json.Unmarshal([]byte(*e.Detail), &object) != nil:
		return "MalformedDetail", "Detail is malformed."
	}
	return "", ""
}

func (h *handlers) testEventPattern(_ context.Context, in *eventbridge.TestEventPatternInput) (*eventbridge.TestEventPatternOutput, error) {
	if err := checkPattern(api.Value(in.EventPattern)); err != nil {
		return nil, err
	}
	var event map[string]any
	if json.Unmarshal([]byte(api.Value(in.Event)), &event) != nil {
		return nil, invalid("Parameter Event is not valid.")
	}
	wanted, err := pattern.Parse(*in.EventPattern)
	return &eventbridge.TestEventPatternOutput{Result: err == nil && pattern.Matches(wanted, event)}, nil
}

func (h *handlers) describeEventBus(ctx context.Context, in *eventbridge.DescribeEventBusInput) (*eventbridge.DescribeEventBusOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*eventbridge.DescribeEventBusOutput, error) {
		return &eventbridge.DescribeEventBusOutput{Name: api.Some("default"), Arn: api.Some(v.ARN("events", "event-bus/default"))}, checkBus(v, in.Name)
	})
}

func (h *handlers) listEventBuses(ctx context.Context, _ *eventbridge.ListEventBusesInput) (*eventbridge.ListEventBusesOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*eventbridge.ListEventBusesOutput, error) {
		return &eventbridge.ListEventBusesOutput{EventBuses: []types.EventBus{{Name: api.Some("default"), Arn: api.Some(v.ARN("events", "event-bus/default"))}}}, nil
	})
}
