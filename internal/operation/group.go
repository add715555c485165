package operation

import (
	"fmt"
	"slices"
	"time"

	"handover/internal/cluster"
)

// Group runs many operations as one: their scopes are united, so that one call reads ten services, and their outcomes are routed back. T is a pointer type, so
// that the group can be written and read as JSON.
//
// Each member is stepped when its own wait is over, in the order of Members, and no earlier because of another one: a claim that is read again after three seconds
// is. What is read is what those members asked for that are due; members that are due within groupTogether of each other are looked at in one go, so that a member
// may be stepped so much later than it would be by itself. An interrupt goes to all of them.
//
// At most Parallel members are under way at once. Once StopAfter of them have failed, no other is begun; those under way go on to their ends.
type Group[T Operation] struct {
	Members   []*Member[T] `json:"members"`
	Parallel  int          `json:"parallel,omitempty"`  // 0: all
	StopAfter int          `json:"stopAfter,omitempty"` // 0: whatever fails, all are begun
	Told      Interrupt    `json:"told,omitempty"`      // the interrupt that all of them know of

	parts []Part
}

// Member is one operation of a Group.
type Member[T Operation] struct {
	Service   cluster.ServiceKey `json:"service"`
	Operation T                  `json:"operation"`
	Begun     bool               `json:"begun,omitempty"`
	Due       time.Time          `json:"due,omitzero"`
	Sent      int                `json:"sent,omitempty"`  // actions whose outcomes are expected
	Heard     []cluster.Outcome  `json:"heard,omitempty"` // outcomes that it is told of when it is due
	Look      cluster.Scope      `json:"look,omitzero"`
	Verdict   *cluster.Verdict   `json:"verdict,omitempty"`
}

// Part is what one member decided in a step of its group.
type Part struct {
	Service  cluster.ServiceKey
	Input    Input // that the member was given
	Decision Decision
}

// groupTogether is how far apart two members may be due to be looked at in one go. It is what a group may be later than its members would be by themselves.
const groupTogether = 2 * time.Second

// Step steps each member that is due, and begins others where there is room for them.
func (g *Group[T]) Step(in Input) Decision {
	g.parts = nil
	g.hear(in.Outcomes)
	for _, m := range g.Members {
		if in.Interrupt != g.Told { // it is news to all of them, and once: an interrupt lasts, and each waits as long as it wants to after it
			m.Due = in.Now
		}
		if m.Begun && m.Verdict == nil && m.turn(in) {
			g.step(m, in)
		}
	}
	g.Told = in.Interrupt
	g.begin(in)
	var all Decision
	for _, p := range g.parts {
		all = all.join(p.Service, p.Decision)
	}
	all.Look, all.Wait = g.next(in.Now)
	all.Waiting = g.waiting(all.Waiting)
	if verdict, finished := g.verdict(); finished {
		all.Verdict = &verdict
	}
	return all
}

// Parts are what the members decided in the last step, in their order: those that were stepped, and those that ended without having begun.
func (g *Group[T]) Parts() []Part { return g.parts }

// hear keeps the outcomes of the last actions for the members that sent them. Those that were not sent, because one before them was not Done, have none.
func (g *Group[T]) hear(outcomes []cluster.Outcome) {
	for _, m := range g.Members {
		mine := min(m.Sent, len(outcomes))
		m.Heard, outcomes, m.Sent = append(m.Heard, outcomes[:mine]...), outcomes[mine:], 0
	}
}

// turn tells whether a member is to be stepped now. One that is due, and was not looked at, is looked at next.
func (m *Member[T]) turn(in Input) bool {
	if in.Interrupt == Leave {
		return true
	}
	return !in.Now.Before(m.Due) && in.Snapshot.Scope.Covers(m.Look)
}

func (g *Group[T]) step(m *Member[T], in Input) {
	mine := Input{Now: in.Now, Snapshot: in.Snapshot.Only(m.Look), Outcomes: m.Heard, Interrupt: in.Interrupt}
	d := m.Operation.Step(mine)
	m.Begun, m.Heard = true, nil
	m.Verdict, m.Look, m.Sent, m.Due = d.Verdict, d.Look, len(d.Actions), in.Now.Add(d.Wait)
	g.parts = append(g.parts, Part{Service: m.Service, Input: mine, Decision: d})
}

// begin takes the first step of those for which there is room, and ends those that are not to be begun any more.
func (g *Group[T]) begin(in Input) {
	underway, failed := 0, 0
	for _, m := range g.Members {
		if m.Begun && m.Verdict == nil {
			underway++
		}
		if m.Verdict != nil && m.Verdict.End.Failure() {
			failed++
		}
	}
	for _, m := range g.Members {
		if m.Begun || m.Verdict != nil {
			continue
		}
		switch {
		case in.Interrupt != NoInterrupt:
			g.spare(m, cluster.Interrupted, "interrupted", "interrupted before anything was changed")
		case g.StopAfter > 0 && failed >= g.StopAfter:
			g.spare(m, cluster.Refused, "not-begun", fmt.Sprintf("not begun, because %s before it failed", plural(failed, "service")))
		case g.Parallel == 0 || underway < g.Parallel:
			underway++
			g.step(m, Input{Now: in.Now})
		}
	}
}

// spare ends a member that has not begun.
func (g *Group[T]) spare(m *Member[T], how cluster.End, code, text string) {
	d := end(how, cluster.Cause{Code: code, Certain: true, Text: text})
	m.Verdict = d.Verdict
	g.parts = append(g.parts, Part{Service: m.Service, Decision: d})
}

// join adds a member's decision to the group's.
func (d Decision) join(service cluster.ServiceKey, member Decision) Decision {
	d.Actions = append(d.Actions, member.Actions...)
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

// next is what to look at next, and when. Where one is due in 9 s, one in 10 s and one in 30 s, the first two are looked at in 10 s.
func (g *Group[T]) next(now time.Time) (look cluster.Scope, wait time.Duration) {
	live := slices.DeleteFunc(slices.Clone(g.Members), func(m *Member[T]) bool { return !m.Begun || m.Verdict != nil })
	if len(live) == 0 {
		return cluster.Scope{}, 0
	}
	first := slices.MinFunc(live, func(a, b *Member[T]) int { return a.Due.Compare(b.Due) }).Due
	at := first
	for _, m := range live {
		if first.After(now) && m.Due.After(at) && !m.Due.After(first.Add(groupTogether)) {
			at = m.Due
		}
	}
	for _, m := range live {
		if !m.Due.After(at) || !m.Due.After(now) {
			look = look.Union(m.Look)
		}
	}
	return look, max(0, at.Sub(now))
}

// waiting is what is waited for: that members end, or what its only member waits for.
func (g *Group[T]) waiting(only *cluster.Condition) *cluster.Condition {
	underway, over := 0, 0
	for _, m := range g.Members {
		switch {
		case m.Verdict != nil:
			over++
		case m.Begun:
			underway++
		}
	}
	if len(g.Members) == 1 {
		return only
	}
	return &cluster.Condition{Object: plural(underway, "service"), Condition: "to be done", Done: over, Of: len(g.Members)}
}

// verdict is the worst of the members' verdicts, once all have one.
func (g *Group[T]) verdict() (verdict cluster.Verdict, finished bool) {
	verdict.End = cluster.Succeeded
	for _, m := range g.Members {
		if m.Verdict == nil {
			return cluster.Verdict{}, false
		}
		if severity(m.Verdict.End) > severity(verdict.End) {
			verdict.End, verdict.Cause = m.Verdict.End, m.Verdict.Cause
		}
		verdict.Figures = addFigures(verdict.Figures, m.Verdict.Figures)
	}
	verdict.Summary = g.summary()
	return verdict, true
}

// summary counts the members by how they ended: 5 of 8 services done, 1 refused, 2 failed.
func (g *Group[T]) summary() string {
	counts := map[cluster.End]int{}
	for _, m := range g.Members {
		counts[m.Verdict.End]++
	}
	text := fmt.Sprintf("%d of %d services done", counts[cluster.Succeeded], len(g.Members))
	for _, end := range severities()[1:] {
		if n := counts[end]; n > 0 {
			text += fmt.Sprintf(", %d %s", n, end)
		}
	}
	return text
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

// severities are the ends from harmless to grave: what needs a person's eye most decides the exit code of the group.
func severities() []cluster.End {
	return []cluster.End{cluster.Succeeded, cluster.Refused, cluster.Interrupted, cluster.Superseded, cluster.TimedOut, cluster.Failed, cluster.Unclear}
}

func severity(e cluster.End) int { return slices.Index(severities(), e) }
