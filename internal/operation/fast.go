package operation

import (
	"fmt"
	"slices"
	"time"

	"handover/internal/cluster"
	"handover/internal/rate"
)

// Fast restarts a service at once: it stops every task that there is, and waits until the service is whole with new ones. The floor is 0, and connections are cut:
// a target shows draining for a while whose task is gone already.
//
// It succeeds when no task is left that was there at the watermark, and as many new ones are healthy as are desired. It is decided by what is: a task that is
// gone already counts as done, one whose stop was refused or lost is stopped again.
type Fast struct {
	Service cluster.ServiceKey `json:"service"`
	Options FastOptions        `json:"options"`

	Watermark time.Time `json:"watermark,omitzero"` // AWS's time when the service was judged: what was created by then is old
	Sent      bool      `json:"sent,omitempty"`     // it was asked for that a task is stopped
	Stopped   bool      `json:"stopped,omitempty"`  // a task was stopped, or may have been: an answer was other than a refusal
	seen
}

// FastOptions are what a user may ask of a fast restart.
type FastOptions struct {
	Leave           float64 `json:"leave"`            // the part of AWS's rate that is left to the account's other callers, from 0 to below 1
	Reason          string  `json:"reason,omitempty"` // what stopped tasks say of why
	AllowInProgress bool    `json:"allowInProgress,omitempty"`
	KeepWaiting     bool    `json:"keepWaiting,omitempty"` // do not end early where no new task will get healthy
}

// NewFast makes the fast restart of a service.
func NewFast(service cluster.ServiceKey, options FastOptions) *Fast {
	return &Fast{Service: service, Options: options}
}

const fastLook = 5 * time.Second

// Step is the story of a fast restart: stop all that is old, until nothing of it is left and the service is whole.
func (f *Fast) Step(in Input) Decision {
	if in.Snapshot.Scope.Empty() {
		return Decision{Look: f.everything()}
	}
	if gap, ok := unread(in.Snapshot, f.Service); ok && f.Sent {
		return Decision{Look: f.everything(), Wait: fastLook, Waiting: &cluster.Condition{Object: f.Service.String(), Condition: "to be readable: " + gap.Err.Message}}
	}
	if f.Watermark.IsZero() {
		if d := f.begin(in); d != nil {
			return *d
		}
	}
	view, ok := in.Snapshot.Service(f.Service)
	if !ok || view.Service.Status != cluster.ServiceActive {
		return f.fail(cluster.Cause{Code: "service-deleted", Certain: true, Text: fmt.Sprintf("%s was deleted while it was restarted", f.Service)})
	}
	f.Stopped = f.Stopped || !allRejected(in.Outcomes)
	if denied := deniedStop(in.Outcomes); denied != nil && f.Stopped {
		return rejectedStop(f.Service, denied)
	} else if denied != nil {
		f.Sent = false
		return rejected("StopTask", f.Service, *denied)
	}
	if !readTasks(in.Snapshot, f.Service) {
		return f.wait(in, view)
	}
	c := f.measure(in, view, f.old)
	if stops := stopAll(view, f.old, f.Options.Reason); len(stops) > 0 {
		f.Sent = true
		limit := rate.For("ecs", "StopTask")[0].Leaving(f.Options.Leave)
		return Decision{Actions: stops, Pace: &limit, Look: f.everything(), Waiting: &cluster.Condition{Object: plural(len(stops), "old task"), Condition: "to be stopped", Done: f.Old - len(stops), Of: f.Old, Bound: f.Bound}}
	}
	if cause := doomed(in, view, f.old, f.Watermark); cause != nil && !f.Options.KeepWaiting {
		return f.fail(*cause)
	}
	if c.old == 0 && c.healthy >= view.Service.Desired {
		return succeed("restarted "+f.Service.String(), f.Tally)
	}
	return f.later(in, view, c)
}

// later is the next look: at the service alone until that has as many tasks as it wants, and then at everything; where all of them are healthy, not before the first old task can be gone.
func (f *Fast) later(in Input, view cluster.ServiceView, c counts) Decision {
	d := Decision{Look: glance(f.Service), Wait: fastLook, Waiting: f.Last}
	if atFull(view.Service) {
		d.Look = f.everything()
	}
	if c.healthy >= view.Service.Desired {
		d.Wait = max(fastLook, drains(in.Now, view, f.old))
	}
	return d
}

// atFull tells whether a service has as many running tasks as it wants, and none that comes up.
func atFull(s cluster.Service) bool { return s.Running >= s.Desired && s.Pending == 0 }

// Target says that a fast restart holds nothing: it can be begun again at any time.
func (f *Fast) Target() Target { return Target{Service: f.Service, Kind: KindFast} }

// Progress tells how far the fast restart has come.
func (f *Fast) Progress(time.Time) Progress {
	return Progress{Changed: f.Sent, GoesOn: "the start of new tasks of " + f.Service.String(), Attach: "handover watch " + f.Service.String(), Figures: f.Tally}
}

// begin judges the service; nil lets it go on.
func (f *Fast) begin(in Input) *Decision {
	view, refusal := admit(in.Snapshot, f.Service)
	switch {
	case refusal != nil:
		return refusal
	case !readTasks(in.Snapshot, f.Service):
		return unreadableTasks(in.Snapshot, f.Service)
	}
	if refusal := checkProgress(view.Service, f.Options.AllowInProgress); refusal != nil {
		return refusal
	}
	if view.Service.Desired == 0 && len(stopAll(view, anyTask, "")) == 0 {
		d := succeed(fmt.Sprintf("%s has no tasks to restart", f.Service), cluster.Figures{})
		return &d
	}
	f.Watermark = in.Snapshot.At
	f.mark(in, view, f.old)
	return nil
}

// wait looks at the service alone, until it shows that something has changed.
func (f *Fast) wait(in Input, view cluster.ServiceView) Decision {
	if f.stale(in, view) || atFull(view.Service) {
		return Decision{Look: f.everything(), Waiting: f.Last}
	}
	return Decision{Look: glance(f.Service), Wait: fastLook, Waiting: f.Last}
}

func (f *Fast) old(t *cluster.Task) bool { return createdBy(t, f.Watermark) }

func (f *Fast) fail(cause cluster.Cause) Decision {
	d := end(cluster.Failed, cause, "to see what is there: handover status "+f.Service.String())
	d.Verdict.Figures = f.Tally
	return d
}

func (f *Fast) everything() cluster.Scope {
	return cluster.ServiceScope{Service: f.Service, Tasks: cluster.AllTasks, Targets: true, Definitions: true}.Of()
}

// createdBy tells whether a task was there at a time. One that has no time of creation yet was not.
func createdBy(t *cluster.Task, watermark time.Time) bool {
	return !t.CreatedAt.IsZero() && !t.CreatedAt.After(watermark)
}

func anyTask(*cluster.Task) bool { return true }

// stopAll stops every task that is meant to run and is one of those.
func stopAll(view cluster.ServiceView, which func(*cluster.Task) bool, reason string) []cluster.Action {
	var stops []cluster.Action
	for _, t := range view.Tasks {
		if t.MeantToRun() && which(&t) {
			stops = append(stops, cluster.StopTask{Cluster: view.Service.Key.Cluster, Task: t.ID, Reason: reason})
		}
	}
	return stops
}

// deniedStop finds a refusal that will be the same the next time. A task that is gone is none, and neither is a throttled call.
func deniedStop(outcomes []cluster.Outcome) *cluster.APIError {
	for _, o := range outcomes {
		if o.Result == cluster.Rejected && o.Err != nil && (o.Err.Class == cluster.ClassDenied || o.Err.Class == cluster.ClassInvalid || o.Err.Class == cluster.ClassUnsupported) {
			return o.Err
		}
	}
	return nil
}

// rejectedStop ends an operation whose stops AWS refuses. Others of the same step may have been accepted, so it is not called refused.
func rejectedStop(service cluster.ServiceKey, err *cluster.APIError) Decision {
	d := rejected("StopTask", service, *err)
	d.Verdict.End = cluster.Failed
	return d
}

func unread(s cluster.Snapshot, key cluster.ServiceKey) (gap cluster.Gap, ok bool) {
	for _, part := range []cluster.Part{cluster.PartService, cluster.PartTasks} {
		if gap, ok = s.Gap(key, part); ok {
			return gap, true
		}
	}
	return cluster.Gap{}, false
}

// unreadableTasks refuses, because the tasks could not be read.
func unreadableTasks(s cluster.Snapshot, key cluster.ServiceKey) *Decision {
	gap, _ := s.Gap(key, cluster.PartTasks)
	d := unreadable(key, gap)
	return &d
}

// checkProgress refuses while a deployment is under way.
func checkProgress(s cluster.Service, allowed bool) *Decision {
	primary, _ := s.Primary()
	if allowed || !slices.ContainsFunc(s.Deployments, func(d cluster.Deployment) bool { return d.Rollout == cluster.RolloutInProgress }) && len(s.Deployments) <= 1 {
		return nil
	}
	state, hint := "is in progress", "to follow it: handover watch "+s.Key.String()
	if primary.Rollout == cluster.RolloutFailed {
		state, hint = "has failed, and nothing has taken its place", "to see why: handover diagnose "+s.Key.String()
	}
	d := refuse("deployment-in-progress", fmt.Sprintf("deployment %s of %s %s", primary.ID, s.Key, state), hint, "to act all the same: --allow-in-progress")
	return &d
}
