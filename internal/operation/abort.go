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
	By      string             `json:"by"` // who asks
	Asked   string             `json:"asked,omitempty"`
	Restore *Restore           `json:"restore,omitempty"`
	Rollout *Update            `json:"rollout,omitempty"`
}

const abortLook = 5 * time.Second

// Step is the story of an abort: find out what is under way, and end it in the way that it takes.
func (a *Abort) Step(in Input) Decision {
	switch {
	case a.Restore != nil:
		return a.Restore.Step(in)
	case a.Rollout != nil:
		return a.Rollout.Step(in)
	case in.Snapshot.Scope.Empty():
		return Decision{Look: a.glance()}
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
	case held && in.Interrupt == NoInterrupt:
		return Decision{Look: a.glance(), Wait: abortLook, Waiting: &cluster.Condition{Object: "the operation of " + claim.Owner, Condition: "to put everything back", Bound: claim.Lease.Sub(in.Now)}}
	case in.Interrupt != NoInterrupt:
		return end(cluster.Interrupted, cluster.Cause{Code: "interrupted", Certain: true, Text: "watching stopped; what was asked to stop still may"})
	case found.Record != nil || len(found.Claims) > 0:
		a.Restore = &Restore{Service: a.Service}
		return a.Restore.Step(in)
	case a.Asked != "":
		return succeed(fmt.Sprintf("%s has stopped and put everything back", a.Asked), cluster.Figures{})
	}
	return a.rollOut(view)
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
	return Decision{Actions: []cluster.Action{cluster.TagResource{ARN: view.Service.ARN, Tags: []cluster.Tag{claim.Tag()}}}, Look: a.glance(), Wait: abortLook}
}

func (a *Abort) rollOut(view cluster.ServiceView) Decision {
	primary, _ := view.Service.Primary()
	if primary.Rollout != cluster.RolloutInProgress {
		return refuse("nothing-to-abort", fmt.Sprintf("nothing is under way on %s", a.Service), "to go back to what was deployed before: handover rollback "+a.Service.String())
	}
	a.Rollout = NewUpdate(a.Service, UpdateOptions{Back: true, Only: primary.ID, InFlight: true})
	return a.Rollout.Step(Input{})
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

func (a *Abort) glance() cluster.Scope { return cluster.ServiceScope{Service: a.Service}.Of() }
