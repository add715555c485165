package diagnosis

import (
	"slices"
	"strings"
	"time"

	"handover/internal/cluster"
)

// doomedBy is how many new tasks must have ended for one reason, without one that got healthy, before an operation gives up: three, as the circuit breaker counts at the least.
const doomedBy = 3

// Doomed tells why no new task of a service will get healthy: several ended for the same reason, one for a reason that another try does not change, or there has been no room
// for a new one for a while. It judges the tasks that are not old, and what ECS said, after a time; it is nil where nothing is doomed. While a single new task is
// healthy, nothing is.
func Doomed(now time.Time, view *cluster.ServiceView, old func(*cluster.Task) bool, since time.Time) *Cause {
	var failed []finding
	for i := range view.Tasks {
		t := &view.Tasks[i]
		if old(t) || !t.CreatedAt.After(since) {
			continue
		}
		if healthy(view, t, now) {
			return nil
		}
		if f, is := why(view, *t); is {
			failed = join(failed, finding{code: f.code, certainty: f.certainty, text: f.text, tasks: 1, last: f.at(), lived: []time.Duration{f.lived()},
				evidence: []Evidence{{Kind: "stopped task", At: when(f.at()), Text: "task " + t.ID + ": " + f.words, Source: t.ID}}})
		}
	}
	total := 0
	for _, f := range failed {
		total += f.tasks
	}
	for _, f := range weigh(failed) {
		if f.tasks >= doomedBy || facts(f.code).lasting && f.certainty == Certain {
			f.of = total
			c := f.cause(view.Service.Key)
			return &c
		}
	}
	return roomless(now, view, since)
}

// roomless tells whether the newest that the service said is that it cannot place a task, and has been for a while.
func roomless(now time.Time, view *cluster.ServiceView, since time.Time) *Cause {
	for _, e := range view.Service.Events {
		if !e.At.After(since) {
			return nil
		}
		text, is := unplaced(e.Message)
		if !is {
			return nil
		}
		m := meaningOfUnplaced(text, view)
		if facts(m.code).aspect != aspectCapacity {
			return nil // a start that failed is judged by its task
		}
		if now.Sub(e.At) >= patience {
			c := finding{code: m.code, certainty: m.certainty, evidence: []Evidence{{Kind: "service event", At: when(e.At), Text: short(e.Message)}}}.cause(view.Service.Key)
			return &c
		}
	}
	return nil
}

// Verdict is a cause as the verdict of an operation has it.
func (c Cause) Verdict() cluster.Cause {
	v := cluster.Cause{Code: string(c.Code), Text: c.Text, Certain: c.Certainty == Certain}
	for _, e := range c.Evidence {
		v.Evidence = append(v.Evidence, e.line())
	}
	return v
}

// line is the evidence as one line of text.
func (e Evidence) line() string {
	if slices.Contains([]string{"stopped task", "tasks", "more"}, e.Kind) || strings.HasPrefix(e.Text, e.Kind) {
		return e.Text
	}
	return e.Kind + ": " + e.Text
}
