package operation

import (
	"fmt"
	"time"

	"handover/internal/cluster"
)

// Group runs many operations as one: their scopes are united, so that one call reads ten services, and their outcomes are routed back. Each member
// is stepped when its own wait is over, in the order of the services' keys. T is a pointer type, so that the group can be written and read as JSON.
type Group[T Operation] struct {
	Members []*Member[T] `json:"members"`
}

// Member is one operation of a Group.
type Member[T Operation] struct {
	Service   cluster.ServiceKey `json:"service"`
	Operation T                  `json:"operation"`
	Due       time.Time          `json:"due,omitzero"`
	Sent      int                `json:"sent,omitempty"` // actions whose outcomes are expected
	Look      cluster.Scope      `json:"look,omitzero"`
	Verdict   *cluster.Verdict   `json:"verdict,omitempty"`
}

// Step steps each member that is due or that has outcomes to hear of.
func (g *Group[T]) Step(in Input) Decision {
	var all Decision
	outcomes := in.Outcomes
	for _, m := range g.Members {
		if m.Verdict != nil {
			continue
		}
		mine := min(m.Sent, len(outcomes))
		heard := outcomes[:mine]
		outcomes = outcomes[mine:]
		if m.Sent == 0 && in.Now.Before(m.Due) && in.Interrupt == NoInterrupt {
			all.Look = all.Look.Union(m.Look)
			continue
		}
		d := m.step(Input{Now: in.Now, Snapshot: in.Snapshot.Only(m.Look), Outcomes: heard, Interrupt: in.Interrupt})
		all = all.join(m.Service, d)
	}
	all.Wait = g.nextDue(in.Now)
	if verdict, finished := g.verdict(); finished {
		all.Verdict = &verdict
	}
	return all
}

func (m *Member[T]) step(in Input) Decision {
	d := m.Operation.Step(in)
	m.Verdict, m.Look, m.Sent, m.Due = d.Verdict, d.Look, len(d.Actions), in.Now.Add(d.Wait)
	return d
}

// join adds a member's decision to the group's. What is waited for is shown of the first member that waits.
func (d Decision) join(service cluster.ServiceKey, member Decision) Decision {
	d.Actions = append(d.Actions, member.Actions...)
	d.Look = d.Look.Union(member.Look)
	if member.Pace != nil && (d.Pace == nil || member.Pace.Refill < d.Pace.Refill) {
		d.Pace = member.Pace
	}
	if d.Waiting == nil {
		d.Waiting = member.Waiting
	}
	for _, n := range member.Notes {
		d.Notes = append(d.Notes, Note{Level: n.Level, Text: service.String() + ": " + n.Text})
	}
	return d
}

func (g *Group[T]) nextDue(now time.Time) time.Duration {
	var next time.Time
	for _, m := range g.Members {
		if m.Verdict == nil && (next.IsZero() || m.Due.Before(next)) {
			next = m.Due
		}
	}
	return max(0, next.Sub(now))
}

// verdict is the worst of the members' verdicts, once all have one.
func (g *Group[T]) verdict() (verdict cluster.Verdict, finished bool) {
	verdict.End = cluster.Succeeded
	succeeded := 0
	for _, m := range g.Members {
		if m.Verdict == nil {
			return cluster.Verdict{}, false
		}
		if m.Verdict.End == cluster.Succeeded {
			succeeded++
		}
		if severity(m.Verdict.End) > severity(verdict.End) {
			verdict.End, verdict.Cause = m.Verdict.End, m.Verdict.Cause
		}
		verdict.Figures = addFigures(verdict.Figures, m.Verdict.Figures)
	}
	verdict.Summary = fmt.Sprintf("%d of %d services done", succeeded, len(g.Members))
	return verdict, true
}

// addFigures sums what adds up over services and takes the longest time; a lowest or highest count of several services at once is their sum.
func addFigures(a, b cluster.Figures) cluster.Figures {
	return cluster.Figures{
		Took:          max(a.Took, b.Took),
		Replaced:      a.Replaced + b.Replaced,
		Failed:        a.Failed + b.Failed,
		PeakTasks:     a.PeakTasks + b.PeakTasks,
		LowestHealthy: a.LowestHealthy + b.LowestHealthy,
	}
}

// severity orders ends from harmless to grave: what needs a person's eye most decides the exit code of the group.
func severity(e cluster.End) int {
	order := []cluster.End{cluster.Succeeded, cluster.Refused, cluster.Interrupted, cluster.Superseded, cluster.TimedOut, cluster.Failed, cluster.Unclear}
	for i, known := range order {
		if known == e {
			return i
		}
	}
	return len(order)
}
