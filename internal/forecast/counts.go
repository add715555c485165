package forecast

import (
	"cmp"
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
		serves := !l.Healthy.IsZero() && !l.Healthy.After(to) && (l.Stopping.IsZero() || l.Healthy.Before(l.Stopping))
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
		changes = add(changes, l.Created, change{tasks: 1}, from, to)
		changes = add(changes, l.Stopped, change{tasks: -1}, from, to)
		if serves {
			changes = add(changes, l.Healthy, change{healthy: 1}, from, to)
			changes = add(changes, l.Stopping, change{healthy: -1}, from, to)
		}
	}
	if !firstNew.IsZero() && lastOld.After(firstNew) {
		c.together = lastOld.Sub(firstNew)
	}
	s.changes = changes
	c.peak, c.low = extremes(changes)
	return c
}

// change is what a moment adds to the counts.
type change struct {
	at             time.Duration // since the beginning; 0: then, or before
	tasks, healthy int
}

// add adds a change to a list, unless it never happened or only after the end.
func add(changes []change, at time.Time, c change, from, to time.Time) []change {
	if at.IsZero() || at.After(to) {
		return changes
	}
	c.at = max(0, at.Sub(from))
	return append(changes, c)
}

// extremes gives the highest count of tasks and the lowest count of healthy ones. What falls into one moment is one change; so is all that was before.
func extremes(changes []change) (peak, low int) {
	slices.SortFunc(changes, func(a, b change) int { return cmp.Compare(a.at, b.at) })
	tasks, healthy, begun := 0, 0, false
	settle := func() {
		if !begun {
			peak, low, begun = tasks, healthy, true
		}
		peak, low = max(peak, tasks), min(low, healthy)
	}
	for i, c := range changes {
		if c.at > 0 && (i == 0 || changes[i-1].at < c.at) {
			settle()
		}
		tasks, healthy = tasks+c.tasks, healthy+c.healthy
	}
	settle()
	return peak, low
}
