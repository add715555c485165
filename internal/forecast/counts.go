package forecast

import (
	"slices"
	"time"
)

// counts are the figures of one run, counted over its tasks' lives and not only at the operation's looks.
type counts struct {
	batches, replaced, peak, low int
	together                     time.Duration // from the first new task that serves to the last old one that does
}

// count counts what happened in the lives on a stage from one moment to another.
func (s *stage) count(from, to time.Time) counts {
	c := counts{}
	changes := s.changes[:0]
	var lastStart, firstNew, lastOld time.Time
	for _, l := range s.lives {
		if !l.Stopped.IsZero() && !l.Stopped.After(from) {
			continue
		}
		fresh := l.Created.After(from)
		serves := !l.Healthy.IsZero() && l.Healthy.Before(to) && (l.Stopping.IsZero() || l.Healthy.Before(l.Stopping))
		if fresh && !l.Created.Equal(lastStart) {
			lastStart = l.Created
			c.batches++
		}
		if !fresh && !l.Stopped.IsZero() {
			c.replaced++
		}
		if fresh && serves && (firstNew.IsZero() || l.Healthy.Before(firstNew)) {
			firstNew = l.Healthy
		}
		if !fresh && serves && l.Stopping.After(lastOld) {
			lastOld = l.Stopping
		}
		changes = append(changes, change{at: l.Created, tasks: 1}, change{at: l.Stopped, tasks: -1})
		if serves {
			changes = append(changes, change{at: l.Healthy, healthy: 1}, change{at: l.Stopping, healthy: -1})
		}
	}
	if !firstNew.IsZero() && lastOld.After(firstNew) {
		c.together = lastOld.Sub(firstNew)
	}
	s.changes = changes
	c.peak, c.low = extremes(changes, from, to)
	return c
}

// change is what a moment adds to the counts.
type change struct {
	at             time.Time
	tasks, healthy int
}

// extremes gives the highest count of tasks and the lowest count of healthy ones in a span of time. What happened before is its beginning.
func extremes(changes []change, from, to time.Time) (peak, low int) {
	tasks, healthy := 0, 0
	later := changes[:0]
	for _, c := range changes {
		switch {
		case c.at.IsZero() || c.at.After(to):
		case !c.at.After(from):
			tasks, healthy = tasks+c.tasks, healthy+c.healthy
		default:
			later = append(later, c)
		}
	}
	slices.SortFunc(later, func(a, b change) int { return a.at.Compare(b.at) })
	peak, low = tasks, healthy
	for i, c := range later {
		tasks, healthy = tasks+c.tasks, healthy+c.healthy
		if i+1 < len(later) && later[i+1].at.Equal(c.at) {
			continue // what falls into one moment is one change
		}
		peak, low = max(peak, tasks), min(low, healthy)
	}
	return peak, low
}
