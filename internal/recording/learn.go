package recording

import (
	"strconv"
	"time"

	"handover/internal/forecast/measure"
	"handover/internal/world/profile"
)

// Learned is what other deployments of a service tell of its tasks.
type Learned struct {
	From    int // how many other cases it is of
	Samples measure.Samples
}

// Learn measures a service's tasks in cases other than the one that is to be predicted: leave one out.
func Learn(c Case, all []Case) Learned {
	out := Learned{}
	p, known := profile.Named(c.Replay["profile"])
	if !known {
		return out
	}
	for _, other := range all {
		if other.Name == c.Name || other.Header["service"] == "" || other.Header["service"] != c.Header["service"] {
			continue
		}
		out.From++
		settings := measure.Settings{Balanced: true, CheckInterval: interval(other.Replay["health"])}
		events := eventsOf(other.Rows)
		if drain, err := strconv.Atoi(other.Replay["drain"]); err == nil {
			settings.Drain = time.Duration(drain) * time.Second
		}
		out.Samples = out.Samples.Join(measure.OfEvents(events, settings, p))
	}
	return out
}

// eventsOf gives the rows of a recording as events of a service, from an arbitrary time on.
func eventsOf(rows []Row) []measure.Event {
	events := make([]measure.Event, len(rows))
	for i, r := range rows {
		events[i] = measure.Event{At: time.Time{}.Add(r.At), Kind: r.Kind}
	}
	return events
}
