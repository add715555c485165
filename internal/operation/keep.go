package operation

import (
	"fmt"
	"slices"
	"time"

	"handover/internal/cluster"
)

// Body is an operation that Keep can wrap.
type Body interface {
	Operation
	// Progress tells, at any time, how far the operation has come.
	Progress(now time.Time) Progress
}

// Progress is how far an operation has come.
type Progress struct {
	Changed bool   // ECS was changed, or may have been
	GoesOn  string // what goes on in ECS if we end now, for people; empty if nothing does
	Attach  string // the command that attaches to it again
	Figures cluster.Figures
}

// Keep wraps an operation that changes something for the duration. It owns interrupt, timeout and putting back, so that the Step of each operation
// reads as the story of that operation alone.
//
// It guarantees that no verdict is given while a Temporary setting of the body may still stand, but for two cases that the verdict then names: the user
// asked to Leave, or the setting could not be put back within putBackPatience. What someone else has changed meanwhile is left alone. A former
// setting that would strand a rollout is not put back before that rollout is over: putting 100/100 back for 100/200 in its middle would block it for ever.
type Keep[T Body] struct {
	Body    T                `json:"body"`
	Timeout time.Duration    `json:"timeout"` // 0: none
	Started time.Time        `json:"started,omitzero"`
	Held    []Holding        `json:"held,omitempty"`  // changed and not known to be put back, one a service
	Final   *cluster.Verdict `json:"final,omitempty"` // the verdict, held until nothing is Held
	Ended   time.Time        `json:"ended,omitzero"`  // when Final was reached
}

// Holding is a Temporary setting that Keep has to put back.
type Holding struct {
	Temporary
	Fresh    bool `json:"fresh,omitempty"`    // whether the change was carried out has not been heard yet
	Sent     bool `json:"sent,omitempty"`     // the former setting was sent, and what came of it has not been heard yet
	Returned bool `json:"returned,omitempty"` // AWS accepted the former setting
}

const (
	putBackPatience = 10 * time.Minute
	putBackLook     = 5 * time.Second
)

// Step runs the body until it ends, or until its time or the user's patience does, and then puts back what is Held.
func (k *Keep[T]) Step(in Input) Decision {
	if k.Started.IsZero() {
		k.Started = in.Now
	}
	if k.Final != nil {
		return k.putBack(in)
	}
	k.hear(in.Outcomes)
	late := k.Timeout > 0 && !in.Now.Before(k.Started.Add(k.Timeout))
	if (late || in.Interrupt != NoInterrupt) && len(in.Outcomes) == 0 {
		return k.cut(in)
	}
	d := k.Body.Step(in) // also when late, where there are outcomes: the body must hear of what it did
	if d.Verdict != nil {
		return k.conclude(in, *d.Verdict)
	}
	if late || in.Interrupt != NoInterrupt {
		return k.cut(in)
	}
	k.hold(d.Temporary)
	if k.Timeout > 0 {
		d.Wait = min(d.Wait, k.Started.Add(k.Timeout).Sub(in.Now))
	}
	return d
}

// hold notes what the actions of this step change. What was held of a service before stands: only its former setting is the true one.
func (k *Keep[T]) hold(changes []Temporary) {
	for _, t := range changes {
		if !slices.ContainsFunc(k.Held, func(h Holding) bool { return h.Service == t.Service }) {
			k.Held = append(k.Held, Holding{Temporary: t, Fresh: true})
		}
	}
}

// hear lets go of a change that was refused or never sent. After a lost answer it may have been carried out, and stays held.
func (k *Keep[T]) hear(outcomes []cluster.Outcome) {
	made := slices.ContainsFunc(outcomes, func(o cluster.Outcome) bool { return o.Result != cluster.Rejected })
	k.Held = slices.DeleteFunc(k.Held, func(h Holding) bool { return h.Fresh && !made })
	for i := range k.Held {
		k.Held[i].Fresh = false
	}
}

// Progress is that of the body.
func (k *Keep[T]) Progress(now time.Time) Progress { return k.Body.Progress(now) }

// cut ends the body from outside; what it decided in this step is not done.
func (k *Keep[T]) cut(in Input) Decision {
	if in.Interrupt != NoInterrupt {
		return k.conclude(in, k.interrupted(in.Now))
	}
	return k.conclude(in, k.timedOut(in.Now))
}

func (k *Keep[T]) conclude(in Input, verdict cluster.Verdict) Decision {
	verdict.Figures.Took = in.Now.Sub(k.Started)
	k.Final, k.Ended = &verdict, in.Now
	if len(k.Held) == 0 {
		return Decision{Verdict: k.Final}
	}
	if in.Interrupt == Leave {
		return k.leave()
	}
	return Decision{Look: k.held(), Waiting: k.waiting()}
}

func (k *Keep[T]) interrupted(now time.Time) cluster.Verdict {
	p := k.Body.Progress(now)
	cause := cluster.Cause{Code: "interrupted", Certain: true, Text: "interrupted before anything was changed"}
	var hints []string
	if p.Changed {
		cause.Text = "watching stopped; " + p.GoesOn + " goes on"
		hints = append(hints, "to attach again: "+p.Attach)
	}
	return cluster.Verdict{End: cluster.Interrupted, Summary: cause.Text, Cause: &cause, Hints: hints, Figures: p.Figures}
}

func (k *Keep[T]) timedOut(now time.Time) cluster.Verdict {
	p := k.Body.Progress(now)
	cause := cluster.Cause{Code: "timed-out", Certain: true, Text: fmt.Sprintf("not finished within %s", k.Timeout)}
	var hints []string
	if p.Changed {
		cause.Text += "; " + p.GoesOn + " goes on"
		hints = append(hints, "to attach again: "+p.Attach)
	}
	return cluster.Verdict{End: cluster.TimedOut, Summary: cause.Text, Cause: &cause, Hints: hints, Figures: p.Figures}
}

// putBack looks at what is, and puts back what is still ours, until nothing is Held or patience ends.
func (k *Keep[T]) putBack(in Input) Decision {
	if in.Interrupt == Leave || in.Now.Sub(k.Ended) > putBackPatience {
		return k.leave()
	}
	var d Decision
	var still []Holding
	for _, h := range k.Held {
		h.Returned, h.Sent = h.Returned || h.Sent && len(in.Outcomes) > 0 && allDone(in.Outcomes), false
		next := h.next(in.Snapshot)
		if next.note != "" {
			d.Notes = append(d.Notes, Note{Level: Info, Text: next.note})
		}
		if next.action != nil && allDone(in.Outcomes) {
			d.Actions = append(d.Actions, next.action)
			h.Sent = true
		}
		if next.held {
			still = append(still, h)
		}
	}
	k.Held = still
	if len(k.Held) == 0 {
		d.Verdict = k.Final
		return d
	}
	d.Look, d.Waiting = k.held(), k.waiting()
	if len(d.Actions) == 0 {
		d.Wait = putBackLook
	}
	return d
}

// step is what one Temporary setting needs next.
type step struct {
	held   bool
	action cluster.Action
	note   string
}

// That the service shows the former setting is believed only after AWS has accepted it: a read may be as old as our own change, and sending it once more does no harm.
func (t Holding) next(s cluster.Snapshot) step {
	if _, gap := s.Gap(t.Service, cluster.PartService); gap {
		return step{held: true}
	}
	view, exists := s.Service(t.Service)
	switch {
	case !exists || view.Service.Status != cluster.ServiceActive:
		return step{note: t.Service.String() + " is gone; there is nothing to put back"}
	case view.Service.Bounds == t.Former && t.Returned:
		return step{note: fmt.Sprintf("%s: %s put back", t.Service, boundsText(t.Former))}
	case view.Service.Bounds != t.Ours && view.Service.Bounds != t.Former:
		return step{note: fmt.Sprintf("%s: someone else set %s meanwhile; left alone", t.Service, boundsText(view.Service.Bounds))}
	case rollingOut(view.Service) && !t.Former.LeaveMove(view.Service.Desired):
		return step{held: true}
	}
	former := t.Former
	return step{held: true, action: cluster.UpdateService{Service: t.Service, Bounds: &former}}
}

// allDone tells whether all that was sent last was done. After a refusal or a lost answer the next attempt waits for a look of its own.
func allDone(outcomes []cluster.Outcome) bool {
	for _, o := range outcomes {
		if o.Result != cluster.Done {
			return false
		}
	}
	return true
}

func rollingOut(s cluster.Service) bool {
	primary, ok := s.Primary()
	return ok && (primary.Rollout == cluster.RolloutInProgress || len(s.Deployments) > 1)
}

// leave ends with what could not be put back named, and how to do it by hand.
func (k *Keep[T]) leave() Decision {
	verdict := *k.Final
	for _, t := range k.Held {
		verdict.Hints = append(verdict.Hints, fmt.Sprintf("%s still has %s; to put %s back: aws ecs update-service --cluster %s --service %s "+
			"--deployment-configuration minimumHealthyPercent=%d,maximumPercent=%d", t.Service, boundsText(t.Ours), boundsText(t.Former),
			t.Service.Cluster, t.Service.Service, t.Former.MinimumHealthyPercent, t.Former.MaximumPercent))
	}
	if verdict.End == cluster.Succeeded {
		verdict.End = cluster.Unclear
		verdict.Cause = &cluster.Cause{Code: "not-put-back", Certain: true, Text: verdict.Summary + ", but not all that was changed for it could be put back"}
		verdict.Summary = verdict.Cause.Text
	}
	return Decision{Verdict: &verdict}
}

func (k *Keep[T]) held() cluster.Scope {
	var scope cluster.Scope
	for _, t := range k.Held {
		scope = scope.Union(cluster.ServiceScope{Service: t.Service}.Of())
	}
	return scope
}

func (k *Keep[T]) waiting() *cluster.Condition {
	return &cluster.Condition{Object: k.Held[0].Service.String(), Condition: boundsText(k.Held[0].Former) + " to be put back", Of: len(k.Held), Bound: putBackPatience}
}

func boundsText(b cluster.Bounds) string {
	return fmt.Sprintf("%d/%d", b.MinimumHealthyPercent, b.MaximumPercent)
}
