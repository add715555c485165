package operation

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"handover/internal/cluster"
	"handover/internal/record"
)

// Recycle replaces tasks of a service by new ones of the same revision, batch by batch, without a deployment. Its two methods are exact in recycle_graceful.go and
// recycle_stop.go.
//
// It succeeds when every task that was there at the watermark and is selected has gone, and as many are healthy as are desired. It decides from what is and from
// what it holds (Input.Held), which the record has, too; so another process can go on with it from the record alone. By its own actions no more than a batch of
// healthy tasks is missing at a time with stop, and none with graceful, and there are no more tasks than Ceiling says.
type Recycle struct {
	Service cluster.ServiceKey `json:"service"`
	Options RecycleOptions     `json:"options"`

	Watermark time.Time `json:"watermark,omitzero"` // AWS's time at the claim: what was created by then is old
	Changed   bool      `json:"changed,omitempty"`  // something was done, or may have been
	Resting   time.Time `json:"resting,omitzero"`   // no batch begins before this
	Batches   int       `json:"batches,omitempty"`  // that were begun
	Going     bool      `json:"going,omitempty"`    // a batch is under way
	Protected time.Time `json:"protected,omitzero"` // when tasks were protected last
	Moved     time.Time `json:"moved,omitzero"`     // when the desired count was raised, or what we hold of it written down, last
	Lowered   time.Time `json:"lowered,omitzero"`   // when it was lowered last, for ECS to take the batch out
	To        int       `json:"to,omitempty"`       // to what it was lowered then
	Doubts    int       `json:"doubts,omitempty"`   // looks in a row that did not show our protection
	seen
}

// Method is the way in which a recycle takes a task out of service.
type Method string

// The methods.
const (
	AnyMethod Method = ""         // graceful where it can work, else stop
	Graceful  Method = "graceful" // ECS scales in, and so drains the task before it gets its stop signal
	Stop      Method = "stop"     // StopTask
)

// RecycleOptions are what a user may ask of a recycle.
type RecycleOptions struct {
	Method        Method        `json:"method,omitempty"`
	Batch         int           `json:"batch,omitempty"`   // tasks at a time; 0: as For chooses
	Percent       int           `json:"percent,omitempty"` // the same in percent of the desired count, rounded down, one at the least; 0: not given
	Surge         int           `json:"surge,omitempty"`   // with stop: so many tasks more meanwhile
	Wait          time.Duration `json:"wait,omitempty"`    // between two batches
	Canary        bool          `json:"canary,omitempty"`  // the first batch is one task
	DrainFirst    bool          `json:"drainFirst,omitempty"`
	AllowUnstable bool          `json:"allowUnstable,omitempty"`
	KeepWaiting   bool          `json:"keepWaiting,omitempty"` // do not end early where no new task will get healthy
	Reason        string        `json:"reason,omitempty"`      // what stopped tasks say of why
	Select        Selection     `json:"select"`
}

// NewRecycle makes the recycle of a service.
func NewRecycle(service cluster.ServiceKey, options RecycleOptions) *Recycle {
	return &Recycle{Service: service, Options: options}
}

const recycleLook = 5 * time.Second

// Step is the story of a recycle: look, judge, and then batch by batch until no selected task is left.
func (r *Recycle) Step(in Input) Decision {
	if in.Snapshot.Scope.Empty() {
		return Decision{Look: r.everything()}
	}
	if r.Watermark.IsZero() {
		if d := r.begin(in); d != nil {
			return *d
		}
	}
	view, waiting := r.view(in)
	if waiting != nil {
		return *waiting
	}
	if denied := deniedStop(in.Outcomes); denied != nil {
		return r.fail(cluster.Cause{Code: "aws-refused", Certain: true, Text: "AWS refused what a recycle takes: " + denied.Message, Evidence: []string{denied.Error()}}, r.permissions(view))
	}
	r.Last = r.awaited(view, r.measure(in, view, func(t *cluster.Task) bool { return r.selected(in, view, t) }))
	if cause := doomed(in, view, r.old, r.Watermark); cause != nil && !r.Options.KeepWaiting {
		return r.fail(*cause)
	}
	if r.Options.Method == Graceful {
		return r.graceful(in, view)
	}
	return r.stop(in, view)
}

// Target says that a recycle is recorded on its service, with what it takes to go on with it.
func (r *Recycle) Target() Target {
	return Target{Service: r.Service, Kind: KindRecycle, Options: r.Options.Text(), Claims: true}
}

// Progress tells how far the recycle has come. Nothing of it goes on when it ends.
func (r *Recycle) Progress(time.Time) Progress {
	return Progress{Changed: r.Changed, Figures: r.Tally}
}

// permissions says what a recycle must be allowed to do.
func (r *Recycle) permissions(view cluster.ServiceView) string {
	all := []string{"ecs:UpdateService", "ecs:UpdateTaskProtection"}
	if r.Options.Method == Stop {
		all[1] = "ecs:StopTask"
	}
	if r.Options.DrainFirst {
		all = append(all, "elasticloadbalancing:DeregisterTargets")
	}
	if view.Scaling != nil {
		all = append(all, "application-autoscaling:RegisterScalableTarget")
	}
	return "it takes the permissions " + strings.Join(all, ", ")
}

// Floor is how many healthy tasks there are at the least, by our own actions: with graceful as many as are desired; with stop that, less a batch, plus the surge, but
// never more than are desired, because that is all that there are before the surge and after it.
// 3 tasks by batches of 1 with a surge of 1 keep 3.
func (o RecycleOptions) Floor(desired int) int {
	if o.Method == Graceful {
		return desired
	}
	return max(0, min(desired, desired-o.batch(desired)+o.Surge))
}

// Ceiling is how many tasks there are at the most, by our own actions: two batches more than desired, of which one drains while the next is replaced; with stop the
// surge more besides.
func (o RecycleOptions) Ceiling(desired int) int {
	if o.Method == Graceful {
		return desired + 2*o.batch(desired)
	}
	return desired + o.Surge + 2*o.batch(desired)
}

func (o RecycleOptions) batch(desired int) int {
	if o.Percent > 0 {
		return max(1, desired*o.Percent/100)
	}
	return max(1, o.Batch)
}

// view finds the service, all of whose parts must be there: a recycle never acts on half a picture.
func (r *Recycle) view(in Input) (view cluster.ServiceView, waiting *Decision) {
	for _, part := range []cluster.Part{cluster.PartService, cluster.PartTasks, cluster.PartTargets, cluster.PartProtection, cluster.PartScaling} {
		if gap, ok := in.Snapshot.Gap(r.Service, part); ok {
			return view, &Decision{Look: r.everything(), Wait: recycleLook, Waiting: &cluster.Condition{Object: r.Service.String(), Condition: "to be readable: " + gap.Err.Message}}
		}
	}
	view, ok := in.Snapshot.Service(r.Service)
	if !ok || view.Service.Status != cluster.ServiceActive {
		d := r.fail(cluster.Cause{Code: "service-deleted", Certain: true, Text: fmt.Sprintf("%s was deleted while it was recycled", r.Service)})
		return view, &d
	}
	if !readTasks(in.Snapshot, r.Service) {
		if comingUp(view.Service) && !r.stale(in, view) {
			return view, &Decision{Look: glance(r.Service), Wait: recycleLook, Waiting: r.Last}
		}
		return view, &Decision{Look: r.everything()}
	}
	if rollingOut(view.Service) {
		d := r.fail(cluster.Cause{Code: "deployment-in-progress", Certain: true, Text: fmt.Sprintf("someone else has begun a deployment of %s, which replaces its tasks", r.Service)}, "to follow it: handover watch "+r.Service.String())
		d.Verdict.End = cluster.Superseded
		return view, &d
	}
	return view, nil
}

// begin judges the service; nil lets the recycle go on.
func (r *Recycle) begin(in Input) *Decision {
	view, refusal := admit(in.Snapshot, r.Service)
	if refusal != nil {
		return refusal
	}
	if refusal := r.judge(in, view); refusal != nil {
		return refusal
	}
	watermark := in.Since
	if watermark.IsZero() {
		watermark = in.Snapshot.At
	}
	r.Options.Select = r.Options.Select.limited(view, watermark, in.Now)
	r.Watermark = watermark
	r.mark(in, view, func(t *cluster.Task) bool { return t.MeantToRun() && r.selected(in, view, t) })
	if r.Old == 0 && in.Held.None() && r.leaving(in, view) == 0 { // what a process that died has stopped is to be gone before all is said to be done
		d := succeed(r.Options.Select.none(view), r.Tally)
		return &d
	}
	if left := r.protectedByOthers(in, view); left == r.Old && r.Old > 0 && in.Held.None() {
		d := refuse("protected", fmt.Sprintf("all %s to recycle are protected from scale-in", plural(left, "task")), "wait until their protection ends, or have their application end it")
		return &d
	}
	return nil
}

// old tells whether a task was there at the watermark.
func (r *Recycle) old(t *cluster.Task) bool { return createdBy(t, r.Watermark) }

func (r *Recycle) selected(in Input, view cluster.ServiceView, t *cluster.Task) bool {
	return r.Options.Select.takes(view, t, r.Watermark, in.Now)
}

// candidates are the tasks that are to be replaced and may be, in turn. Those that someone else protects are left alone.
func (r *Recycle) candidates(in Input, view cluster.ServiceView) []cluster.Task {
	var found []cluster.Task
	for _, t := range view.Tasks {
		if t.MeantToRun() && r.selected(in, view, &t) && !othersProtect(in, t) {
			found = append(found, t)
		}
	}
	return inTurn(view, found, in.Now)
}

func (r *Recycle) protectedByOthers(in Input, view cluster.ServiceView) int {
	n := 0
	for _, t := range view.Tasks {
		if t.MeantToRun() && r.selected(in, view, &t) && othersProtect(in, t) {
			n++
		}
	}
	return n
}

// othersProtect tells whether a task has a protection that is not ours.
func othersProtect(in Input, t cluster.Task) bool {
	return in.Now.Before(t.ProtectedUntil) && (in.Held.Protection == nil || !in.Held.Protection.Ours(t.ProtectedUntil))
}

// batch is the next one: no more than is asked for, and one task where it is the canary.
func (r *Recycle) batch(view cluster.ServiceView, candidates []cluster.Task, surge int) []cluster.Task {
	n := r.Options.batch(view.Service.Desired - surge)
	if r.Options.Canary && r.Tally.Replaced == 0 {
		n = 1
	}
	return candidates[:min(n, len(candidates))]
}

// healthyBut counts the healthy tasks other than some.
func healthyBut(in Input, view cluster.ServiceView, victims []cluster.Task) int {
	n := 0
	for _, t := range view.Tasks {
		if view.Healthy(&t, in.Now) && !slices.ContainsFunc(victims, func(v cluster.Task) bool { return v.ID == t.ID }) {
			n++
		}
	}
	return n
}

// finish ends a recycle without candidates: what it still holds goes back, its tasks go, and what others protect is named.
func (r *Recycle) finish(in Input, view cluster.ServiceView) Decision {
	_, healthy := view.Count(in.Now)
	switch {
	case healthy < view.Service.Desired:
		return r.waitForHealth(view, "tasks", healthy, view.Service.Desired)
	case r.leaving(in, view) > 0:
		return r.waitForDrains(in, view, "old tasks", "to be gone")
	}
	if left := r.protectedByOthers(in, view); left > 0 {
		return r.fail(cluster.Cause{Code: "protected", Certain: true, Text: fmt.Sprintf("%s of %s protected from scale-in by someone else; left alone", plural(left, "task"), r.Service)},
			"run it again when their protection has ended")
	}
	return succeed("recycled "+r.Service.String(), r.Tally)
}

// leaving counts the tasks to be replaced that are on their way out.
func (r *Recycle) leaving(in Input, view cluster.ServiceView) int {
	n := 0
	for _, t := range view.Tasks {
		if !t.Gone() && !t.MeantToRun() && r.selected(in, view, &t) {
			n++
		}
	}
	return n
}

// awaited is what stands between now and the end: tasks that drain, then those that are to be healthy, whichever they are, then those whose turn comes.
func (r *Recycle) awaited(view cluster.ServiceView, c counts) *cluster.Condition {
	switch {
	case c.leaving > 0:
		return &cluster.Condition{Object: plural(c.leaving, "old task"), Condition: "to drain and stop", Done: r.Tally.Replaced, Of: r.Old, Bound: r.Bound}
	case c.serving < view.Service.Desired:
		return &cluster.Condition{Object: "tasks", Condition: "to be healthy", Done: c.serving, Of: view.Service.Desired}
	case c.old == 0:
		return &cluster.Condition{Object: r.Service.String(), Condition: "to be left as it was"}
	}
	return &cluster.Condition{Object: plural(c.old, "old task"), Condition: "to be replaced", Done: r.Tally.Replaced, Of: r.Old}
}

func (r *Recycle) wait(object, condition string, done, of int) Decision {
	r.Last = &cluster.Condition{Object: object, Condition: condition, Done: done, Of: of}
	return Decision{Look: r.everything(), Wait: recycleLook, Waiting: r.Last}
}

// waitForHealth waits until tasks are healthy. While not so many run as are wanted, the service itself shows when that changes, and nothing else is read.
func (r *Recycle) waitForHealth(view cluster.ServiceView, object string, done, of int) Decision {
	d := r.wait(object, "to be healthy", done, of)
	if comingUp(view.Service) {
		d.Look = glance(r.Service)
	}
	return d
}

// comingUp tells whether a service has fewer running tasks than it wants.
func comingUp(s cluster.Service) bool { return s.Running < s.Desired }

// waitForDrains waits until tasks that are on their way out are gone, and looks again when the first of them can be.
func (r *Recycle) waitForDrains(in Input, view cluster.ServiceView, object, condition string) Decision {
	d := r.wait(object, condition, r.Tally.Replaced, r.Old)
	d.Wait = max(recycleLook, drains(in.Now, view, func(t *cluster.Task) bool { return !t.MeantToRun() }))
	return d
}

// pause holds the next batch back until its rest is over and there is room for it below the ceiling; nil when it may begin.
func (r *Recycle) pause(in Input, view cluster.ServiceView, batch int) *Decision {
	surge := 0
	if in.Held.Desired != nil {
		surge = in.Held.Desired.By
	}
	tasks, _ := view.Count(in.Now)
	switch {
	case in.Now.Before(r.Resting):
		d := r.wait("the pause between two batches", "to be over", r.Tally.Replaced, r.Old)
		d.Wait = r.Resting.Sub(in.Now)
		return &d
	case tasks+batch > r.Options.Ceiling(view.Service.Desired-surge):
		d := r.waitForDrains(in, view, "tasks", "to be gone, for room below the ceiling")
		return &d
	}
	return nil
}

// raise raises the desired count. Where auto scaling would undo that, or is in the way, it is told first: scaling in is suspended, and the maximum raised if the
// count would be above it; never the minimum. Any registration pulls the desired count into its bounds (behaviour §8), so a count outside of them is left to people.
func (r *Recycle) raise(in Input, view cluster.ServiceView, by int) Decision {
	desired := view.Service.Desired
	if shows := r.Lowered.Add(doubtLooks * doubtLook); in.Held.Desired == nil && desired != r.To && in.Now.Before(shows) { // a raise of a count that is some seconds old would keep our last one
		return Decision{Look: r.everything(), Wait: recycleLook, Waiting: &cluster.Condition{Object: "the lowered desired count", Condition: "to show", Bound: shows.Sub(in.Now)}}
	}
	held := in.Held
	if target := view.Scaling; target != nil {
		if desired < target.Min || desired > target.Max {
			return r.fail(cluster.Cause{Code: "outside-scaling", Certain: true, Text: fmt.Sprintf("the desired count of %s, %d, is outside of the bounds of its auto scaling, %d to %d; changing these would change it",
				r.Service, desired, target.Min, target.Max)}, "set the one or the others first, or: --method stop --surge 0")
		}
		action := cluster.RegisterScalableTarget{Service: r.Service}
		if !target.Suspended.In {
			suspended := target.Suspended
			suspended.In, held.ScalingIn = true, true
			action.Suspended = &suspended
		}
		if most := desired + by; most > target.Max {
			held.Max = in.Held.Max.Raised(target.Max, most)
			action.Max = &held.Max.Ours
		}
		if action.Suspended != nil || action.Max != nil {
			r.Changed = true
			return Decision{Actions: []cluster.Action{action}, Held: &held, Look: r.everything()}
		}
	}
	raised := desired + by
	if held.Desired == nil { // or else a part of our raise is missing, and what was there before stays what it was
		held.Desired = &record.Desired{Base: desired, By: by}
	}
	r.Changed, r.Moved = true, in.Now
	return Decision{Actions: []cluster.Action{cluster.UpdateService{Service: r.Service, Desired: &raised}}, Held: &held, Look: r.everything()}
}

// lower takes back by how much we raised the desired count. Where others have raised it, too, what it is to be is written down first: an answer that is lost
// must not have us lower it twice.
func (r *Recycle) lower(in Input, view cluster.ServiceView) Decision {
	held := in.Held
	lowered := held.Desired.Lowered(view.Service.Desired)
	if lowered != held.Desired.Base {
		held.Desired, r.Moved = &record.Desired{Base: lowered, By: view.Service.Desired - lowered}, in.Now
		return Decision{Held: &held, Look: r.everything(), Waiting: r.Last, Notes: []Note{othersDesired(r.Service, view.Service.Desired, lowered)}}
	}
	held.Desired = nil
	r.Lowered, r.To = in.Now, lowered
	return Decision{Actions: []cluster.Action{cluster.UpdateService{Service: r.Service, Desired: &lowered}}, Held: &held, Look: r.everything()}
}

// othersDesired says that the desired count is not what we made it, and what becomes of it.
func othersDesired(service cluster.ServiceKey, now, lowered int) Note {
	return Note{Level: Info, Text: fmt.Sprintf("others have set the desired count of %s to %d meanwhile: only our raise by %d is taken back, which leaves %d", service, now, now-lowered, lowered)}
}

// unraised forgets our part of the desired count where nothing of it stands: the raise was lost, or someone has set the count. A look that shows so is believed once
// it cannot be older than the raise any more, and then at once: a scale-out by others that came after it must not be taken for ours. It is nil where our part stands.
func (r *Recycle) unraised(in Input, view cluster.ServiceView) *Decision {
	if in.Held.Desired == nil || view.Service.Desired > in.Held.Desired.Base {
		return nil
	}
	if shows := r.Moved.Add(doubtLooks * doubtLook); in.Now.Before(shows) {
		return &Decision{Look: r.everything(), Wait: recycleLook, Waiting: &cluster.Condition{Object: "the raised desired count", Condition: "to show", Bound: shows.Sub(in.Now)}}
	}
	held := in.Held
	held.Desired = nil
	return &Decision{Held: &held, Look: r.everything(), Waiting: r.Last}
}

func (r *Recycle) fail(cause cluster.Cause, hints ...string) Decision {
	d := end(cluster.Failed, cause, append(hints, "to see what is there: handover status "+r.Service.String())...)
	d.Verdict.Figures = r.Tally
	if !r.Changed {
		d.Verdict.End = cluster.Refused
	}
	return d
}

func (r *Recycle) everything() cluster.Scope {
	return cluster.ServiceScope{Service: r.Service, Tasks: cluster.AllTasks, Targets: true, Definitions: true, Protection: true, Scaling: true}.Of()
}

// rollingOut tells whether a deployment of a service is under way.
func rollingOut(s cluster.Service) bool {
	primary, ok := s.Primary()
	return ok && (primary.Rollout == cluster.RolloutInProgress || len(s.Deployments) > 1)
}
