package operation

import (
	"fmt"
	"slices"
	"time"

	"handover/internal/cluster"
)

// Drain makes container instances of one cluster DRAINING and follows every task on them until it is STOPPED. ECS moves the tasks of services, each within its
// bounds; Drain starts none of them, and stops only tasks of no service, where that is asked for.
//
// It succeeds when nothing runs on the instances any more, or nothing but what was to be skipped; the instances stay DRAINING then. After any other end but
// a Detach, those that it made DRAINING are made ACTIVE again, unless the options say otherwise. A maximumPercent that was raised for the duration is put back
// after every end. Run again it attaches: an instance that is DRAINING already is followed, and left as it was found.
type Drain struct {
	Exodus  *Exodus                  `json:"exodus"`
	Widen   *Group[*Keep[*Widening]] `json:"widen,omitempty"` // services whose maximumPercent is raised meanwhile
	Timeout time.Duration            `json:"timeout"`         // 0: none
	Started time.Time                `json:"started,omitzero"`
	Counted *Headcount               `json:"counted,omitempty"` // where the tasks of the services are counted
	Theirs  int                      `json:"theirs,omitempty"`  // how many of the last actions were the exodus's; those of the widenings follow
	Final   *cluster.Verdict         `json:"final,omitempty"`   // the verdict, held until all is put back
	Return  *Reactivation            `json:"return,omitempty"`
}

// DrainOptions are what a user may ask of a drain.
type DrainOptions struct {
	Skip         []string           `json:"skip,omitempty"`         // names of services whose tasks are not waited for
	TemporaryMax []TemporaryMaximum `json:"temporaryMax,omitempty"` // put back at the end
	Standalone   Standalone         `json:"standalone,omitempty"`
	StopAfter    time.Duration      `json:"stopAfter,omitempty"`    // StopStandalone: how long tasks of no service are given to end by themselves
	StayDraining bool               `json:"stayDraining,omitempty"` // also after a failure
	Force        bool               `json:"force,omitempty"`        // also where a service blocks for ever
	Count        bool               `json:"count,omitempty"`        // read the services whole from time to time, for the peak and the lowest count of their tasks
}

// TemporaryMaximum is a maximumPercent of a service for the duration of a drain.
type TemporaryMaximum struct {
	Service string `json:"service"`
	Percent int    `json:"percent"`
}

// Standalone says what becomes of tasks that belong to no service. ECS leaves them alone: behaviour §7.1.
type Standalone string

// What may become of them.
const (
	WaitStandalone Standalone = ""     // they are waited for
	StopStandalone Standalone = "stop" // they are stopped once their time is up
)

// Recorder says as whom, and under which id, what is changed for the duration is recorded on services. Without an ID nothing is.
type Recorder struct {
	ID    string // record.NewID
	Owner string // for people
	Local bool   // it is kept on the machine on which the drain runs, and not on the services
}

// NewDrain makes the drain of instances, which are named by their own id, ARN, or EC2 instance id. A timeout of 0 is none.
func NewDrain(inCluster string, instances []string, options DrainOptions, timeout time.Duration, by Recorder) *Drain {
	d := &Drain{Exodus: &Exodus{Cluster: inCluster, Names: instances, Options: options}, Timeout: timeout}
	if options.Count {
		d.Counted = &Headcount{}
	}
	if len(options.TemporaryMax) == 0 {
		return d
	}
	d.Widen = &Group[*Keep[*Widening]]{}
	for _, t := range options.TemporaryMax {
		key := cluster.ServiceKey{Cluster: inCluster, Service: t.Service}
		widening := &Keep[*Widening]{Body: &Widening{Service: key, Percent: t.Percent}, ID: by.ID, Owner: by.Owner, Local: by.Local}
		d.Widen.Members = append(d.Widen.Members, &Member[*Keep[*Widening]]{Service: key, Operation: widening})
	}
	slices.SortFunc(d.Widen.Members, func(a, b *Member[*Keep[*Widening]]) int { return a.Service.Compare(b.Service) })
	return d
}

// Step judges the drain, widens bounds, follows the instances until they are empty, and puts back what was for the duration alone.
func (d *Drain) Step(in Input) Decision {
	if d.Started.IsZero() {
		d.Started = in.Now
	}
	if d.Final != nil {
		return d.close(in)
	}
	mine := min(d.Theirs, len(in.Outcomes))
	theirs, rest := in, in
	theirs.Outcomes, rest.Outcomes = in.Outcomes[:mine], in.Outcomes[mine:]
	d.Theirs = 0
	switch {
	case in.Interrupt != NoInterrupt:
		return d.conclude(rest, d.interrupted(in))
	case d.Timeout > 0 && !in.Now.Before(d.Started.Add(d.Timeout)):
		return d.conclude(rest, d.timedOut())
	case !d.Exodus.Watermark.IsZero() && !d.wide():
		return d.widen(rest)
	}
	return d.leave(theirs, rest)
}

// leave is a step of the exodus and, once it has begun, of the widenings, which renew their records. The exodus's actions go first.
func (d *Drain) leave(theirs, rest Input) Decision {
	decision := d.Exodus.Step(theirs)
	if d.Counted != nil && !d.Exodus.Watermark.IsZero() {
		services := d.Exodus.services()
		d.Counted.take(rest, services)
		decision.Look = decision.Look.Union(d.Counted.look(rest.Now.Add(decision.Wait), services))
	}
	if decision.Verdict != nil {
		last := d.conclude(rest, *decision.Verdict)
		last.Notes = slices.Concat(decision.Notes, last.Notes)
		return last
	}
	d.Theirs = len(decision.Actions)
	if d.Widen != nil && d.wide() {
		kept := d.Widen.Step(rest)
		decision.Actions, decision.Look, decision.Wait = slices.Concat(decision.Actions, kept.Actions), decision.Look.Union(kept.Look), min(decision.Wait, kept.Wait)
		decision.Notes = slices.Concat(decision.Notes, kept.Notes)
	}
	return d.inTime(rest, decision)
}

// widen raises the bounds before an instance is made DRAINING. Where one cannot be raised, nothing else is done.
func (d *Drain) widen(in Input) Decision {
	decision := d.Widen.Step(in)
	for _, m := range d.Widen.Members {
		if m.Verdict != nil {
			d.end(in, *m.Verdict)
			return d.closed(decision)
		}
	}
	if d.wide() {
		decision.Look, decision.Wait = decision.Look.Union(d.Exodus.tasks()), 0
	}
	return d.inTime(in, decision)
}

// wide tells whether all bounds are raised.
func (d *Drain) wide() bool {
	return d.Widen == nil || !slices.ContainsFunc(d.Widen.Members, func(m *Member[*Keep[*Widening]]) bool { return !m.Operation.Body.Wide })
}

// inTime lets no wait go beyond the timeout.
func (d *Drain) inTime(in Input, decision Decision) Decision {
	if d.Timeout > 0 {
		decision.Wait = min(decision.Wait, d.Started.Add(d.Timeout).Sub(in.Now))
	}
	return decision
}

// conclude ends the drain, after all that was for the duration alone is put back. The outcomes are those of the widenings.
func (d *Drain) conclude(in Input, verdict cluster.Verdict) Decision {
	d.end(in, verdict)
	return d.close(in)
}

// end notes the verdict, and what is to be put back before it is given. An action whose outcome is not known yet may have taken effect.
func (d *Drain) end(in Input, verdict cluster.Verdict) {
	verdict.Figures.Took = in.Now.Sub(d.Started)
	if d.Counted != nil {
		verdict.Figures = d.Counted.figures(verdict.Figures)
	}
	d.Final = &verdict
	detached := verdict.End == cluster.Interrupted && in.Interrupt != Undo
	if ours := d.Exodus.ours(); verdict.End != cluster.Succeeded && !d.Exodus.Options.StayDraining && !detached && len(ours) > 0 {
		d.Return = &Reactivation{Cluster: d.Exodus.Cluster, Instances: ours, Began: in.Now}
	}
	if d.Widen != nil {
		for _, m := range d.Widen.Members {
			m.Operation.Body.Over, m.Due = true, time.Time{}
		}
	}
}

// close puts back the bounds, and then the instances.
func (d *Drain) close(in Input) Decision {
	if d.Widen != nil {
		if in.Interrupt != Leave { // they are ending already
			in.Interrupt = NoInterrupt
		}
		return d.closed(d.Widen.Step(in))
	}
	if d.Return == nil {
		return Decision{Verdict: d.Final}
	}
	decision, over := d.Return.step(in)
	if over {
		verdict := *d.Final
		verdict.Summary += "; " + d.Return.result()
		verdict.Hints = append(slices.Clone(verdict.Hints), d.Return.hints()...)
		decision.Verdict = &verdict
	}
	return decision
}

// closed takes in a step of the widenings, which may be their last.
func (d *Drain) closed(decision Decision) Decision {
	if decision.Verdict == nil {
		return decision
	}
	for _, m := range d.Widen.Members {
		for _, hint := range m.Verdict.Hints {
			if !slices.Contains(d.Final.Hints, hint) { // it is there where a widening was the end of it all
				d.Final.Hints = append(d.Final.Hints, hint)
			}
		}
	}
	d.Widen, decision.Verdict = nil, d.Final
	if d.Return != nil {
		decision.Verdict, decision.Look = nil, d.Return.look()
	}
	return decision
}

func (d *Drain) interrupted(in Input) cluster.Verdict {
	p := d.Exodus.Progress(in.Now)
	text, hints := "interrupted before anything was changed", []string(nil)
	switch {
	case p.Changed && in.Interrupt == Undo:
		text = "undone"
	case p.Changed:
		text, hints = "watching stopped; "+p.GoesOn+" goes on", []string{"to attach again: " + p.Attach}
	}
	return cluster.Verdict{End: cluster.Interrupted, Summary: text, Hints: hints, Figures: p.Figures, Cause: &cluster.Cause{Code: "interrupted", Certain: true, Text: text}}
}

func (d *Drain) timedOut() cluster.Verdict {
	text := fmt.Sprintf("not finished within %s: %s", d.Timeout, d.Exodus.remaining())
	return cluster.Verdict{End: cluster.TimedOut, Summary: text, Figures: d.Exodus.Tally, Cause: &cluster.Cause{Code: "timed-out", Certain: true, Text: text}}
}

// Progress tells how far the drain has come.
func (d *Drain) Progress(now time.Time) Progress { return d.Exodus.Progress(now) }
