package forecast

import (
	"context"
	"time"

	"handover/internal/cluster"
	"handover/internal/operation"
	"handover/internal/timeline"
)

// Timeline records the run that took as long as half of all runs do, under the operation's name and with the bounds that hold for its duration.
func (b Base) Timeline(begin func() operation.Operation, f Forecast, name string, bounds cluster.Bounds) timeline.Timeline {
	view, _ := b.world.Peek(Scope(b.Service).Of()).Service(b.Service)
	s := view.Service
	recorder := timeline.NewRecorder(timeline.Run{Kind: timeline.Predicted, Operation: name, Service: b.Service, Begin: b.At,
		Floor: bounds.Floor(s.Desired), Ceiling: bounds.Ceiling(s.Desired)})
	r := f.typical()
	p := &recorded{rehearsal: rehearsal{world: b.world.Clone(), until: b.At.Add(r.took)}, of: b.Service, recorder: recorder, step: max(time.Second, r.took/frames)}
	p.world.Reseed(r.seed)
	p.see()
	_, err := operation.Driver{Provider: p}.Run(context.Background(), begin()) // that it does not end within the horizon is what the forecast has said
	return recorder.Timeline(err == nil)
}

// frames is how often a run is looked at for its timeline at most. Only what ECS gives no time for depends on it: when a target became healthy.
const frames = 600

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

// recorded is a rehearsal of which a timeline is made.
type recorded struct {
	rehearsal
	of       cluster.ServiceKey
	recorder *timeline.Recorder
	step     time.Duration
}

func (p *recorded) Sleep(ctx context.Context, d time.Duration) error {
	for d > 0 {
		slice := min(d, p.step)
		if err := p.rehearsal.Sleep(ctx, slice); err != nil {
			return err
		}
		p.see()
		d -= slice
	}
	return nil
}

func (p *recorded) see() {
	if view, ok := p.world.Look(Scope(p.of).Of()).Service(p.of); ok {
		p.recorder.See(p.world.Now(), view)
	}
}
