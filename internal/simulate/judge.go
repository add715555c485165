package simulate

import (
	"slices"
	"strings"

	"handover/internal/cluster"
	"handover/internal/operation"
	"handover/internal/record"
)

// This file has the safety properties of DESIGN.md, each held against the truth at the moment in which an operation acts, or when it has ended. An action that
// follows a stale read is not judged by counts, nor by what others did in those seconds: the operation could not know better. What it could know is held all the same:
// what is new is not stopped, what is changed is recorded, the minimum of a scalable target is never set.

// kept is what Keep tells of itself.
type kept interface {
	operation.Operation
	Holds() record.Held
	Conclusion() *cluster.Verdict
	Acting() bool
}

// judge holds an action, before it is carried out.
func (f *faulty) judge(a cluster.Action) {
	v, ok := f.view()
	if f.outdated {
		f.excuse(a)
	}
	if !ok || !f.work.claims {
		return
	}
	switch a := a.(type) {
	case cluster.StopTask:
		f.judgeStop(v, a.Task)
	case cluster.DeregisterTarget:
		for _, t := range v.Tasks {
			if t.Address == a.ID && t.MeantToRun() {
				f.judgeStop(v, t.ID)
			}
		}
	case cluster.ProtectTask:
		if f.guards(v, a.Task) && !f.outdated {
			f.fail("protection of task %s, which is someone else's, was changed", a.Task)
		}
		f.judgeRecord(v, a.Protect)
	case cluster.UpdateService:
		f.judgeDesired(v, a)
		f.judgeRecord(v, a.Bounds != nil && a.Force || a.Desired != nil && *a.Desired > v.Service.Desired)
	case cluster.StopServiceDeployment:
		f.judgeRollback(a)
	case cluster.RegisterScalableTarget:
		if a.Min != nil {
			f.fail("the minimum of the scalable target was set")
		}
		f.judgeRecord(v, a.Suspended != nil && a.Suspended.In)
	}
}

// excuse notes what an action may have overwritten that others did after a read that was some seconds old. What we had done ourselves by then is for us to know.
func (f *faulty) excuse(a cluster.Action) {
	if u, ok := a.(cluster.UpdateService); ok {
		f.truth.desiredUnknown = f.truth.desiredUnknown || u.Desired != nil
		f.truth.boundsUnknown = f.truth.boundsUnknown || u.Bounds != nil
	}
	if _, ok := a.(cluster.RegisterScalableTarget); ok {
		f.truth.scalingUnknown = true
	}
	if t, ok := a.(cluster.TagResource); ok { // a raise that is noted and then not made looks like what others did before that look
		if found, err := record.Read(t.Tags); err == nil && found.Record != nil && found.Record.Held.Desired != nil {
			f.truth.ambiguous = max(f.truth.ambiguous, found.Record.Held.Desired.By)
		}
	}
}

// surge is by how much the desired count stands raised by us.
func (f *faulty) surge(v cluster.ServiceView) int {
	if d := f.held().Desired; d != nil {
		return v.Service.Desired - d.Lowered(v.Service.Desired)
	}
	return 0
}

// standing is the same for a restore, too, which has nothing but the record to go by.
func (f *faulty) standing(v cluster.ServiceView) int {
	if f.op != nil {
		return f.surge(v)
	}
	found, err := record.Read(v.Service.Tags)
	if err != nil || found.Record == nil || found.Record.Held.Desired == nil {
		return 0
	}
	return v.Service.Desired - found.Record.Held.Desired.Lowered(v.Service.Desired)
}

// guards tells whether someone else protects a task now.
func (f *faulty) guards(v cluster.ServiceView, id string) bool {
	until, theirs := f.truth.guarded[id]
	return theirs && f.world.Now().Before(until) && slices.ContainsFunc(v.Tasks, func(t cluster.Task) bool { return t.ID == id && t.ProtectedUntil.Equal(until) })
}

// judgeStop: healthy tasks never go below the floor by our own stop; nothing new is stopped, and nothing that others protect.
func (f *faulty) judgeStop(v cluster.ServiceView, id string) {
	if !f.work.recycle {
		return
	}
	_, healthy := v.Count(f.world.Now())
	for _, t := range v.Tasks {
		if t.ID != id || !t.MeantToRun() {
			continue
		}
		if t.CreatedAt.After(f.begun) {
			f.fail("task %s was stopped, which is new", t.Short())
		}
		if f.guards(v, id) && !f.outdated {
			f.fail("task %s was stopped, which someone else protects", t.Short())
		}
		if f.stale {
			continue
		}
		if floor := f.work.floor(v.Service.Desired - f.surge(v)); v.Healthy(&t, f.world.Now()) && healthy-1 < floor {
			f.fail("a stop leaves %d healthy tasks, below the floor of %d", healthy-1, floor)
		}
	}
}

// judgeRollback: who does not roll back by itself stops no deployment but its own.
func (f *faulty) judgeRollback(a cluster.StopServiceDeployment) {
	if f.work.name == "rollback" || f.outdated {
		return
	}
	v, _ := f.world.Peek(cluster.ServiceScope{Service: api(), History: true}.Of()).Service(api())
	for _, d := range v.History {
		if d.ARN == a.ARN && !slices.Contains(f.deployments, d.Deployment) {
			f.fail("deployment %s was stopped, which is not ours", d.Deployment)
		}
	}
}

// judgeDesired: a raise keeps the ceiling. A lowering, whichever tasks ECS takes that are not protected, keeps the floor, unless it is what undoes a failure.
func (f *faulty) judgeDesired(v cluster.ServiceView, a cluster.UpdateService) {
	if a.Desired == nil || !f.work.recycle {
		return
	}
	if *a.Desired < v.Service.Desired && *a.Desired < f.truth.desired-f.truth.ambiguous && !f.truth.desiredUnknown {
		f.fail("the desired count is lowered to %d, where %d are wanted without us", *a.Desired, f.truth.desired)
	}
	if f.stale {
		return
	}
	now := f.world.Now()
	tasks, healthy := v.Count(now)
	by := *a.Desired - v.Service.Desired
	if most := f.work.ceiling(v.Service.Desired); by > 0 && tasks+by > most && !strings.HasSuffix(f.work.name, "stop") {
		f.fail("a raise by %d makes up to %d tasks, above the ceiling of %d", by, tasks+by, most)
	}
	open := 0
	for _, t := range v.Tasks {
		if v.Healthy(&t, now) && !now.Before(t.ProtectedUntil) {
			open++
		}
	}
	if left := healthy - min(open, max(0, -by)); by < 0 && !f.concluded && left < min(*a.Desired, f.work.floor(*a.Desired)) && left < healthy {
		f.fail("a lowering by %d may leave %d healthy tasks, below the floor of %d", -by, left, min(*a.Desired, f.work.floor(*a.Desired)))
	}
}

// judgeRecord: what is changed for the duration is written on the service before, unless someone has removed it since.
func (f *faulty) judgeRecord(v cluster.ServiceView, changes bool) {
	if !changes || f.untagged {
		return
	}
	found, err := record.Read(v.Service.Tags)
	if err != nil || found.Record == nil || found.Record.Held.None() {
		f.fail("a change for the duration is not recorded: %+v, %v", found.Record, err)
	}
}

// settled holds, when an operation and what follows it has ended, that everything is as it would be without us.
func (f *faulty) settled(verdict cluster.Verdict) {
	v, ok := f.view()
	if !ok || v.Service.Status != cluster.ServiceActive || f.truth.deleted {
		return
	}
	if named(verdict) {
		f.named = true
		return
	}
	now := f.world.Now()
	for _, t := range v.Tasks {
		if until, theirs := f.truth.guarded[t.ID]; t.MeantToRun() && now.Before(t.ProtectedUntil) && (!theirs || !until.Equal(t.ProtectedUntil)) {
			f.fail("task %s is left protected until %s", t.Short(), t.ProtectedUntil.UTC().Format("15:04:05"))
		}
	}
	if keys := ours(v.Service.Tags); len(keys) > 0 {
		f.fail("the tags %v are left", keys)
	}
	if v.Service.Bounds != f.truth.bounds && !f.truth.boundsUnknown {
		f.fail("the bounds are left at %+v and should be %+v", v.Service.Bounds, f.truth.bounds)
	}
	wanted := f.truth.desired
	if s := v.Scaling; s != nil && !f.truth.scalingUnknown {
		wanted = max(s.Min, min(s.Max, wanted))
		if s.Max != f.truth.most {
			f.fail("the maximum of the scalable target is left at %d and should be %d", s.Max, f.truth.most)
		}
		if s.Suspended != f.truth.suspended {
			f.fail("the suspension is left as %+v and should be %+v", s.Suspended, f.truth.suspended)
		}
	}
	if (v.Service.Desired > wanted || v.Service.Desired < wanted-f.truth.ambiguous) && !f.truth.desiredUnknown && !f.truth.scalingUnknown {
		f.fail("the desired count is left at %d and should be %d", v.Service.Desired, wanted)
	}
}

// named tells whether a verdict says that something could not be put back, and how to do it by hand.
func named(v cluster.Verdict) bool {
	for _, hint := range v.Hints {
		if strings.HasPrefix(hint, "to put it all back:") || strings.Contains(hint, " still has ") {
			return true
		}
	}
	return false
}

// ended holds what a verdict says.
func (f *faulty) ended(verdict cluster.Verdict) {
	if verdict.End == cluster.Refused && len(f.truth.changed) > 0 {
		f.fail("refused (%s) after %v", verdict.Summary, f.truth.changed)
	}
	v, ok := f.view()
	if verdict.End != cluster.Succeeded || f.stale || !ok {
		return
	}
	if id := verdict.Figures.Deployment; id != "" {
		f.succeededWith(v, id)
		return
	}
	if !f.work.whole || len(f.truth.changed) == 0 {
		return
	}
	for _, t := range v.Tasks {
		if !t.CreatedAt.After(f.begun) && !t.Gone() {
			f.fail("success, and old task %s is %s", t.Short(), t.Last)
		}
	}
}

// succeededWith: success means that our deployment completed, and that no task of another is left.
func (f *faulty) succeededWith(v cluster.ServiceView, id string) {
	mine := false
	for _, d := range f.deployments {
		mine = mine || d == id
	}
	if !mine {
		f.fail("success with deployment %s, which is not ours", id)
	}
	d, there := v.Service.Deployment(id)
	if !there || d.Status != cluster.DeploymentPrimary || d.Rollout != cluster.RolloutCompleted {
		f.fail("success with %+v", d)
	}
	for _, t := range v.Tasks {
		if t.StartedBy != id && !t.Gone() {
			f.fail("success, and task %s of another deployment is %s", t.Short(), t.Last)
		}
	}
}
