package forecast

import (
	"context"
	"time"

	"handover/internal/cluster"
	"handover/internal/operation"
	"handover/internal/timeline"
	"handover/internal/world"
)

// Timeline records the run that took as long as half of all runs do, under the operation's name and with the bounds that hold for its duration.
func (b Base) Timeline(begin func() operation.Operation, f Forecast, name string, bounds cluster.Bounds) timeline.Timeline {
	r, w := f.typical(), b.world.Clone()
	w.Reseed(r.seed)
	recording := Record(w, timeline.Run{Kind: timeline.Predicted, Operation: name, Service: b.Service, Begin: b.At, Floor: bounds.Floor(b.desired), Ceiling: bounds.Ceiling(b.desired)})
	recording.until = b.At.Add(r.took)
	if b.desired > detailed {
		recording.step = max(time.Second, r.took/frames)
	}
	_, err := operation.Driver{Provider: recording}.Run(context.Background(), begin()) // that it does not end within the horizon is what the forecast has said
	return recording.Timeline(err == nil)
}

const (
	detailed = 100 // tasks of a service of which each event is recorded; of larger ones it would take minutes, and nobody could see it
	frames   = 600 // how often a run of a larger one is looked at at most. Only what ECS gives no time for depends on it: when a target became healthy.
)

// typical is the run in the middle of those that ended as most did.
func (f Forecast) typical() run {
	best := f.runs[0]
	for _, r := range f.runs {
		if r.end == f.End && (best.end != f.End || distance(r.took, f.middle) < distance(best.took, f.middle)) {
			best = r
		}
	}
	return best
}

func distance(a, b time.Duration) time.Duration { return max(a-b, b-a) }

// Recording is a world of which a timeline is made while an operation runs in it: it is looked at after each of its events, so that every change has its own time and
// not that of the operation's next look. As a provider it keeps what Provider promises, but what it shows is valid until the next Observe only.
type Recording struct {
	rehearsal
	of       cluster.ServiceKey
	carried  func(*world.World) (view cluster.ServiceView, there bool) // what is recorded instead of a service; nil: the service is
	recorder *timeline.Recorder
	step     time.Duration // at least so long between two looks; 0: one after each event
	seen     time.Time
	heard    string // the id of the newest event that is recorded
}

// Record begins to record a service of a world. The world is the Recording's from then on.
func Record(w *world.World, run timeline.Run) *Recording {
	r := &Recording{rehearsal: rehearsal{world: w}, of: run.Service, recorder: timeline.NewRecorder(run)}
	r.see()
	return r
}

// Timeline is what was recorded; over says that the run has come to its end.
func (r *Recording) Timeline(over bool) timeline.Timeline { return r.recorder.Timeline(over) }

// Sleep lets the world go on from event to event.
func (r *Recording) Sleep(ctx context.Context, d time.Duration) error {
	until := r.Now().Add(d)
	for next, due := r.world.Next(); due && !next.After(until); next, due = r.world.Next() {
		if err := r.rehearsal.Sleep(ctx, next.Sub(r.Now())); err != nil {
			return err
		}
		if r.Now().Sub(r.seen) >= r.step {
			r.see()
		}
	}
	err := r.rehearsal.Sleep(ctx, until.Sub(r.Now()))
	r.see()
	return err
}

// see records the world. Of events a peek shows only that there is a new one, and not what it says, so that all are read then, and none at other times.
func (r *Recording) see() {
	r.seen = r.Now()
	if r.carried != nil {
		if view, there := r.carried(r.world); there {
			r.recorder.See(r.Now(), view)
		}
		return
	}
	view, there := r.world.Peek(Scope(r.of).Of()).Service(r.of)
	if !there {
		return
	}
	events := view.Service.Events
	view.Service.Events = nil
	if len(events) > 0 && events[0].ID != r.heard {
		r.heard = events[0].ID
		view, _ = r.world.Look(Scope(r.of).Of()).Service(r.of)
	}
	r.recorder.See(r.Now(), view)
}
