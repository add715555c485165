package operation

import (
	"fmt"
	"time"

	"handover/internal/cluster"
	"handover/internal/record"
)

// Abort has what is under way on a service stop and put everything back. An operation that somebody is at is asked to, by its claim, and does it itself; one that
// nobody is at any more is restored; and where there is neither, a rollout that is in flight is rolled back by ECS.
type Abort struct {
	Service cluster.ServiceKey `json:"service"`
	By      string             `json:"by"`                // who asks
	Timeout time.Duration      `json:"timeout,omitempty"` // 0: none
	Started time.Time          `json:"started,omitzero"`
	Asked   string             `json:"asked,omitempty"`
	Restore *Restore           `json:"restore,omitempty"`
	Rollout *Keep[*Update]     `json:"rollout,omitempty"`
}

const abortLook = 5 * time.Second

// Step is the story of an abort: find out what is under way, and end it in the way that it takes.
func (a *Abort) Step(in Input) Decision {
	if a.Started.IsZero() {
		a.Started = in.Now
	}
	switch {
	case a.Restore != nil:
		return a.Restore.Step(in)
	case a.Rollout != nil:
		return a.Rollout.Step(in)
	case in.Snapshot.Scope.Empty():
		return Decision{Look: glance(a.Service)}
	}
	view, refused := admit(in.Snapshot, a.Service)
	if refused != nil {
		return *refused
	}
	found, err := record.Read(view.Service.Tags)
	if err != nil {
		return Decision{Verdict: unreadableRecord(a.Service, err)}
	}
	claim, held := found.Foremost(in.Now)
	switch {
	case held && claim.AbortedBy == "" && in.Interrupt == NoInterrupt:
		return a.ask(in, view, claim)
	case in.Interrupt != NoInterrupt:
		return end(cluster.Interrupted, cluster.Cause{Code: "interrupted", Certain: true, Text: "watching stopped; what was asked to stop still may"})
	case held && a.Timeout > 0 && !in.Now.Before(a.Started.Add(a.Timeout)):
		return end(cluster.TimedOut, cluster.Cause{Code: "timed-out", Certain: true, Text: fmt.Sprintf("the operation of %s was asked to stop, and had not put everything back within %s", claim.Owner, a.Timeout)},
			"to see what is there: handover status "+a.Service.String(), "to put it back without it, once its lease is over: handover restore "+a.Service.String())
	case held:
		return Decision{Look: glance(a.Service), Wait: abortLook, Waiting: &cluster.Condition{Object: "the operation of " + claim.Owner, Condition: "to put everything back", Bound: claim.Lease.Sub(in.Now)}}
	case found.Record != nil || len(found.Claims) > 0:
		a.Restore = &Restore{Service: a.Service}
		return a.Restore.Step(in)
	case a.Asked != "":
		return succeed(fmt.Sprintf("%s has stopped and put everything back", a.Asked), cluster.Figures{})
	}
	return a.rollOut(in, view)
}

// ask writes into the claim of an operation that it is to stop. Its lease stays its own.
func (a *Abort) ask(in Input, view cluster.ServiceView, claim record.Claim) Decision {
	for _, o := range in.Outcomes {
		if o.Result == cluster.Rejected && o.Err.Class != cluster.ClassThrottled {
			return rejected("TagResource", a.Service, *o.Err)
		}
	}
	a.Asked = "the operation of " + claim.Owner
	claim.AbortedBy = a.By
	return Decision{Actions: []cluster.Action{cluster.TagResource{ARN: view.Service.ARN, Tags: []cluster.Tag{claim.Tag()}}}, Look: glance(a.Service), Wait: abortLook}
}

func (a *Abort) rollOut(in Input, view cluster.ServiceView) Decision {
	primary, _ := view.Service.Primary()
	if primary.Rollout != cluster.RolloutInProgress {
		return refuse("nothing-to-abort", fmt.Sprintf("nothing is under way on %s", a.Service), "to go back to what was deployed before: handover rollback "+a.Service.String())
	}
	a.Rollout = &Keep[*Update]{Body: NewUpdate(a.Service, UpdateOptions{Back: true, Only: primary.ID, InFlight: true}), Timeout: a.Timeout, Started: a.Started}
	return a.Rollout.Step(Input{Now: in.Now})
}

// Progress tells how far the abort has come.
func (a *Abort) Progress(now time.Time) Progress {
	if a.Rollout != nil {
		return a.Rollout.Progress(now)
	}
	return Progress{Changed: a.Asked != ""}
}

// Progress tells how far the restore has come.
func (r *Restore) Progress(time.Time) Progress { return Progress{Changed: r.Back != nil} }

// glance reads a service alone: one call.
func glance(key cluster.ServiceKey) cluster.Scope { return cluster.ServiceScope{Service: key}.Of() }
