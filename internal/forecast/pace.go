package forecast

import (
	"slices"
	"time"

	"handover/internal/cluster"
	"handover/internal/forecast/measure"
	"handover/internal/operation"
	"handover/internal/world"
)

// paceSeeds are enough for the 5th and the 95th of 100.
const paceSeeds = 60

// Pace finds out when a rollout may be expected to move on, and to end, so that an operation looks rarely until then. It is nil where the operation does not
// succeed. begin makes the operation without a pace.
func (b Base) Pace(begin func() operation.Operation) *operation.Pace {
	seeds := b.affordable(paceSeeds)
	marks := parallel(b.stages, seeds, func(s *stage, i int) mark { return b.marks(s, begin(), uint64(i+1)) })
	marks = slices.DeleteFunc(marks, func(m mark) bool { return !m.known })
	if 2*len(marks) < seeds {
		return nil
	}
	window := func(figure func(mark) time.Duration) operation.Window {
		all := make([]time.Duration, len(marks))
		for i, m := range marks {
			all[i] = figure(m)
		}
		slices.Sort(all)
		return operation.Window{Early: all[len(all)/20], Late: all[len(all)-1-len(all)/20]}
	}
	return &operation.Pace{Moved: window(func(m mark) time.Duration { return m.moved }), Ended: window(func(m mark) time.Duration { return m.ended })}
}

// mark is when a run moved on, and how long after ECS's last word before that it ended.
type mark struct {
	known        bool
	moved, ended time.Duration
}

func (b Base) marks(on *stage, op operation.Operation, seed uint64) mark {
	p, end, err := b.rehearse(on, op, seed)
	if err != nil || end.End != cluster.Succeeded {
		return mark{}
	}
	s, _ := p.world.Service(b.Service)
	return marksOf(s, p.world.Lives(nil, b.Service), b.At)
}

// marksOf finds the marks of a rollout that has completed.
func marksOf(s cluster.Service, lives []world.Life, from time.Time) mark {
	at := slices.IndexFunc(s.Events, func(e cluster.Event) bool { kind, _ := measure.Kind(e.Message); return kind == "completed" })
	if at < 0 || at+1 == len(s.Events) || s.Events[at].At.Before(from) {
		return mark{}
	}
	m := mark{known: true, ended: s.Events[at].At.Sub(s.Events[at+1].At)}
	for _, l := range lives {
		if !l.Created.After(from) && l.Stopping.Sub(from) > m.moved {
			m.moved = l.Stopping.Sub(from)
		}
	}
	return m
}
