package operation

import (
	"fmt"
	"slices"
	"time"

	"handover/internal/cluster"
	"handover/internal/record"
)

// Repeatable is a Body of which a look at the service tells whether it was done already.
type Repeatable interface {
	Body
	// DoneSince tells whether ECS shows that all is done, by whomever, that was asked for at a time.
	DoneSince(view cluster.ServiceView, at time.Time) bool
	// Continue has the body go on with what another process began then, whose record it has.
	Continue(view cluster.ServiceView, since time.Time)
}

// Once does what an event asks for once, however often the event is delivered: AWS delivers at least once, and tries again what failed.
//
// The id of an operation tells, beside who is at it, which event it is of. So a second delivery finds the first on the service: while that is alive it is followed, and
// nothing is done; once its lease is over, this one goes on in its place. A delivery that comes when all is over finds that what it asks for was done after it
// was sent, and does nothing either. What another event has begun is left alone: it is refused, and says who is at it and since when.
type Once[T Repeatable] struct {
	Keep *Keep[T]  `json:"keep"`
	Sent time.Time `json:"sent,omitzero"` // when the event was sent, AWS's time; zero: not known

	Begun    bool          `json:"begun,omitempty"`    // Keep has been stepped
	Followed *record.Claim `json:"followed,omitempty"` // of the same event, as it was seen last
	Since    time.Time     `json:"since,omitzero"`     // when the followed one was claimed
	Absent   int           `json:"absent,omitempty"`   // looks in a row that did not show it
}

const (
	onceLook = 20 * time.Second // as fine as it takes to be back at work soon after a lease of ten minutes is over
	// sentWithin is how much later than the time that an event shows it may have been sent: events show whole seconds. A claim takes three, so that what the event itself
	// brought about is later than that.
	sentWithin = time.Second
)

// Step is the story of an event: see whether it is being done, or was; if not, do it.
func (o *Once[T]) Step(in Input) Decision {
	if o.Begun {
		return o.keep(in)
	}
	if in.Interrupt != NoInterrupt {
		return o.begin(in)
	}
	if in.Snapshot.Scope.Empty() {
		return Decision{Look: o.scope()}
	}
	view, shown := in.Snapshot.Service(o.key())
	found, err := record.Read(view.Service.Tags)
	if !shown || err != nil { // Keep knows best what to say of that
		return o.begin(in)
	}
	switch claim, held := found.Foremost(in.Now); {
	case held && o.twin(claim.ID):
		return o.follow(claim, found)
	case found.Record != nil && o.twin(found.Record.ID):
		return o.takeOver(in, view, *found.Record)
	case o.Followed != nil:
		return o.left(in, view)
	case !o.Sent.IsZero() && readTasks(in.Snapshot, o.key()) && o.Keep.Body.DoneSince(view, o.Sent.Add(sentWithin)):
		return succeed(fmt.Sprintf("what was asked of %s at %s has been done since", o.key(), o.Sent.UTC().Format(time.RFC3339)), cluster.Figures{})
	}
	return o.begin(in)
}

// Progress is that of the operation.
func (o *Once[T]) Progress(now time.Time) Progress { return o.Keep.Progress(now) }

func (o *Once[T]) key() cluster.ServiceKey { return o.Keep.Body.Target().Service }

func (o *Once[T]) scope() cluster.Scope {
	return cluster.ServiceScope{Service: o.key(), Tasks: cluster.AllTasks}.Of()
}

// twin tells whether an id is that of another process that works on the same event.
func (o *Once[T]) twin(id string) bool { return id != o.Keep.ID && record.SameEvent(id, o.Keep.ID) }

// begin has Keep take its first step.
func (o *Once[T]) begin(in Input) Decision {
	o.Begun = true
	return o.keep(Input{Now: in.Now, Interrupt: in.Interrupt})
}

// keep is one step of the operation. Two deliveries that claim at the same time see each other; the one that gives way follows the other, once its own claim is gone.
func (o *Once[T]) keep(in Input) Decision {
	if view, shown := in.Snapshot.Service(o.key()); shown && !o.Keep.Admitted {
		o.meet(view, in.Now)
	}
	d := o.Keep.Step(in)
	if d.Verdict == nil || o.Followed == nil || d.Verdict.Cause == nil || d.Verdict.Cause.Code != "operation-in-progress" {
		return d
	}
	k := o.Keep
	o.Begun, o.Keep = false, &Keep[T]{Body: k.Body, ID: k.ID, Owner: k.Owner, Local: k.Local, Timeout: k.Timeout, StopOn: k.StopOn, Always: k.Always}
	d.Verdict, d.Look, d.Wait = nil, o.scope(), onceLook
	return d
}

// meet notes a claim of the same event, as long as we have not begun to act.
func (o *Once[T]) meet(view cluster.ServiceView, now time.Time) {
	found, err := record.Read(view.Service.Tags)
	if claim, held := found.Foremost(now); err == nil && held && o.twin(claim.ID) {
		o.Followed = &claim
	}
}

// follow waits for the process that works on the same event.
func (o *Once[T]) follow(claim record.Claim, found record.Found) Decision {
	d := Decision{Look: o.scope(), Wait: onceLook, Waiting: &cluster.Condition{Object: o.key().String(), Condition: "to be done by " + claim.Owner + ", whom the same event began"}}
	if o.Followed == nil {
		d.Notes = []Note{{Level: Info, Text: fmt.Sprintf("the same event has begun this already: %s is at it; it is followed", claim.Owner)}}
	}
	o.Followed, o.Absent = &claim, 0
	if found.Record != nil && found.Record.ID == claim.ID {
		o.Since = found.Record.Since
	}
	return d
}

// takeOver goes on in the place of a process that is no more.
func (o *Once[T]) takeOver(in Input, view cluster.ServiceView, r record.Record) Decision {
	o.Keep.Adopt(r)
	o.Keep.Body.Continue(view, r.Since)
	d := o.begin(in)
	d.Notes = append([]Note{{Level: Warning, Text: fmt.Sprintf("the same event had begun this at %s, and nobody is at it any more; going on with it", r.Since.UTC().Format(time.RFC3339))}}, d.Notes...)
	return d
}

// left ends once the followed process has. What came of it, it has said itself; here what the service shows is said.
func (o *Once[T]) left(in Input, view cluster.ServiceView) Decision {
	if o.Absent++; o.Absent < doubtLooks {
		return Decision{Look: o.scope(), Wait: doubtLook, Waiting: &cluster.Condition{Object: o.key().String(), Condition: "to show that " + o.Followed.Owner + " has ended"}}
	}
	text := fmt.Sprintf("%s, whom the same event began, has ended its work on %s", o.Followed.Owner, o.key())
	if !o.Since.IsZero() && readTasks(in.Snapshot, o.key()) && o.Keep.Body.DoneSince(view, o.Since) {
		return succeed(text, cluster.Figures{})
	}
	return end(cluster.Unclear, cluster.Cause{Code: "ended-elsewhere", Certain: true, Text: text + "; not all of it is done"}, "see what it has said of it")
}

// DoneSince tells whether the service's deployment began after a time, is COMPLETED, and no task of another is left.
func (r *Restart) DoneSince(view cluster.ServiceView, at time.Time) bool {
	primary, ok := view.Service.Primary()
	return ok && primary.CreatedAt.After(at) && primary.Rollout == cluster.RolloutCompleted &&
		!slices.ContainsFunc(view.Tasks, func(t cluster.Task) bool { return !t.Gone() && t.StartedBy != primary.ID })
}

// Continue attaches to the deployment that has begun since; where none has, it is yet to be begun.
func (r *Restart) Continue(view cluster.ServiceView, since time.Time) {
	if primary, ok := view.Service.Primary(); ok && !primary.CreatedAt.Before(since) {
		r.Options.Attach, r.Deployment = primary.ID, primary.ID
	}
}

// DoneSince tells whether the service has as many tasks as it should, and each was started after a time.
func (r *Recycle) DoneSince(view cluster.ServiceView, at time.Time) bool {
	running := 0
	for _, t := range view.Tasks {
		switch {
		case t.Gone():
		case !t.CreatedAt.After(at):
			return false
		case t.MeantToRun():
			running++
		}
	}
	return view.Service.Desired > 0 && running >= view.Service.Desired
}

// Continue needs nothing: what is old follows from the time of the claim.
func (r *Recycle) Continue(cluster.ServiceView, time.Time) {}
