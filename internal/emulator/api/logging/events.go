package logging

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	logs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
)

// Limits of one PutLogEvents. Source: API Reference, PutLogEvents.
const (
	mostEvents  = 10_000
	mostBytes   = 1 << 20
	overhead    = 26
	oldest      = 14 * 24 * time.Hour
	newest      = 2 * time.Hour
	longestSpan = 24 * time.Hour
)

func (h *handlers) putLogEvents(ctx context.Context, in *logs.PutLogEventsInput) (*logs.PutLogEventsOutput, error) {
	if err := checkEvents(in.LogEvents); err != nil {
		return nil, err
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*logs.PutLogEventsOutput, error) {
		found, err := group(v, in.LogGroupName, nil)
		if err != nil {
			return nil, err
		}
		taken, rejected := sifted(in.LogEvents, found, v.Now)
		action := cluster.PutLogEvents{Group: found.Name, Stream: api.Value(in.LogStreamName), Events: taken}
		if _, err := v.Act(action); err != nil {
			return nil, err
		}
		return &logs.PutLogEventsOutput{NextSequenceToken: api.Some(nextSequence), RejectedLogEventsInfo: rejected}, nil
	})
}

// checkEvents refuses a batch as a whole. The words are those of public reports.
func checkEvents(events []types.InputLogEvent) error {
	if n := len(events); n < 1 || n > mostEvents {
		return constraint("logEvents", fmt.Sprint(n), fmt.Sprintf("have length between 1 and %d", mostEvents))
	}
	bytes := 0
	for i, e := range events {
		bytes += len(api.Value(e.Message)) + overhead
		switch {
		case e.Timestamp == nil || *e.Timestamp < 0:
			return constraint("logEvents."+strconv.Itoa(i+1)+".member.timestamp", fmt.Sprint(api.Value(e.Timestamp)), "have value greater than or equal to 0")
		case api.Value(e.Message) == "":
			return constraint("logEvents."+strconv.Itoa(i+1)+".member.message", "", "have length greater than or equal to 1")
		case i > 0 && *e.Timestamp < *events[i-1].Timestamp:
			return invalid("Log events in a single PutLogEvents request must be in chronological order.")
		}
	}
	if bytes > mostBytes {
		return invalid("Upload too large: %d bytes exceeds limit of %d", bytes, mostBytes)
	}
	if first, last := *events[0].Timestamp, *events[len(events)-1].Timestamp; time.Duration(last-first)*time.Millisecond > longestSpan {
		return invalid("The batch of log events in a single PutLogEvents request cannot span more than 24 hours.")
	}
	return nil
}

// sifted gives the events that are taken, and says which are too old or too new. Source: API Reference, PutLogEvents and RejectedLogEventsInfo.
func sifted(events []types.InputLogEvent, g cluster.LogGroup, now time.Time) (taken []cluster.LogEvent, rejected *types.RejectedLogEventsInfo) {
	note := func() *types.RejectedLogEventsInfo {
		if rejected == nil {
			rejected = &types.RejectedLogEventsInfo{}
		}
		return rejected
	}
	for i, e := range events {
		at, index, after := time.UnixMilli(*e.Timestamp).UTC(), int32(i), int32(i+1)
		switch {
		case now.Sub(at) > oldest:
			note().TooOldLogEventEndIndex = &after
		case g.Retention > 0 && now.Sub(at) > time.Duration(g.Retention)*24*time.Hour:
			note().ExpiredLogEventEndIndex = &after
		case at.Sub(now) > newest:
			if note().TooNewLogEventStartIndex == nil {
				rejected.TooNewLogEventStartIndex = &index
			}
		default:
			taken = append(taken, cluster.LogEvent{At: at, Message: *e.Message})
		}
	}
	return taken, rejected
}

// between tells whether an event lies between two times: the first included, the second not. Source: API Reference, GetLogEvents, FilterLogEvents.
func between(e cluster.LogEvent, from, to *int64) bool {
	at := e.At.UnixMilli()
	return (from == nil || at >= *from) && (to == nil || at < *to)
}

// position is the form of GetLogEvents' tokens: a direction and the index of an event.
func position(token string) (forward bool, at int, ok bool) {
	direction, text, found := strings.Cut(token, "/")
	n, err := strconv.Atoi(text)
	return direction == "f", n, found && err == nil && n >= 0 && (direction == "f" || direction == "b")
}

func (h *handlers) getLogEvents(ctx context.Context, in *logs.GetLogEventsInput) (*logs.GetLogEventsOutput, error) {
	size, err := sized(in.Limit, mostEvents, mostEvents)
	if err != nil {
		return nil, err
	}
	forward, at := true, 0
	if in.NextToken != nil {
		var ok bool
		if forward, at, ok = position(*in.NextToken); !ok {
			return nil, invalid("The specified nextToken is invalid.")
		}
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*logs.GetLogEventsOutput, error) {
		found, err := group(v, in.LogGroupName, in.LogGroupIdentifier)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(v.World.LogStreams(found.Name), func(s cluster.LogStream) bool { return s.Name == api.Value(in.LogStreamName) }) {
			return nil, notFound("stream")
		}
		var all []cluster.LogEvent
		for _, e := range v.World.LogEvents(found.Name, func(stream string) bool { return stream == *in.LogStreamName }) {
			if between(e, in.StartTime, in.EndTime) {
				all = append(all, e)
			}
		}
		begin, end := window(len(all), size, at, forward, in.NextToken != nil, api.Value(in.StartFromHead))
		out := &logs.GetLogEventsOutput{
			Events: []types.OutputLogEvent{}, NextForwardToken: api.Some("f/" + fmt.Sprintf("%056d", end)), NextBackwardToken: api.Some("b/" + fmt.Sprintf("%056d", begin)),
		}
		for _, e := range all[begin:end] {
			out.Events = append(out.Events, types.OutputLogEvent{Timestamp: millis(e.At), Message: &e.Message, IngestionTime: millis(e.IngestedAt)})
		}
		return out, nil
	})
}

// window is which of n events a page has: on from a token or back from it; without one the last of them, or the first where that is asked for.
func window(n, size, at int, forward, hasToken, fromHead bool) (begin, end int) {
	at = min(at, n)
	switch {
	case hasToken && forward:
		return at, min(n, at+size)
	case hasToken:
		return max(0, at-size), at
	case fromHead:
		return 0, min(n, size)
	}
	return max(0, n-size), n
}

func (h *handlers) filterLogEvents(ctx context.Context, in *logs.FilterLogEventsInput) (*logs.FilterLogEventsOutput, error) {
	size, err := sized(in.Limit, mostEvents, mostEvents)
	if err != nil {
		return nil, err
	}
	if in.LogStreamNamePrefix != nil && len(in.LogStreamNames) > 0 {
		return nil, invalid("LogStream names and LogStream name prefix are mutually exclusive parameters.")
	}
	matches, err := pattern(api.Value(in.FilterPattern))
	if err != nil {
		return nil, err
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*logs.FilterLogEventsOutput, error) {
		found, err := group(v, in.LogGroupName, in.LogGroupIdentifier)
		if err != nil {
			return nil, err
		}
		var all []cluster.LogEvent
		for _, e := range v.World.LogEvents(found.Name, func(stream string) bool { return wanted(in, stream) }) {
			if between(e, in.StartTime, in.EndTime) && matches(e.Message) {
				all = append(all, e)
			}
		}
		cut, next, err := paged(all, func(e cluster.LogEvent) string { return e.ID }, in.NextToken, size)
		out := &logs.FilterLogEventsOutput{Events: []types.FilteredLogEvent{}, SearchedLogStreams: []types.SearchedLogStream{}, NextToken: next}
		for _, e := range cut {
			out.Events = append(out.Events, types.FilteredLogEvent{
				EventId: &e.ID, LogStreamName: &e.Stream, Message: &e.Message, Timestamp: millis(e.At), IngestionTime: millis(e.IngestedAt),
			})
		}
		return out, err
	})
}

func wanted(in *logs.FilterLogEventsInput, stream string) bool {
	return (len(in.LogStreamNames) == 0 || slices.Contains(in.LogStreamNames, stream)) && strings.HasPrefix(stream, api.Value(in.LogStreamNamePrefix))
}
