package operation

import (
	"fmt"

	"handover/internal/cluster"
)

// judge refuses what a recycle could not finish, or should not begin unasked, and chooses the method.
func (r *Recycle) judge(in Input, view cluster.ServiceView) *Decision {
	for _, check := range []func() *Decision{
		func() *Decision { return r.checkRead(in) },
		func() *Decision { return r.choose(view.Service) },
		func() *Decision { return r.checkSurge(view.Service) },
		func() *Decision { return checkProgress(view.Service, false) },
		func() *Decision { return r.checkWhole(in, view) },
	} {
		if refusal := check(); refusal != nil {
			return refusal
		}
	}
	return nil
}

// checkRead refuses to act on half a picture. Protection is not needed to stop tasks, and auto scaling only for a surge.
func (r *Recycle) checkRead(in Input) *Decision {
	for _, part := range []cluster.Part{cluster.PartTasks, cluster.PartTargets, cluster.PartProtection, cluster.PartScaling} {
		if gap, ok := in.Snapshot.Gap(r.Service, part); ok {
			d := unreadable(r.Service, gap)
			return &d
		}
	}
	return nil
}

// choose takes what suits the service where nothing is asked for, and refuses graceful where it cannot work.
func (r *Recycle) choose(s cluster.Service) *Decision {
	hinders := hindersGraceful(s)
	r.Options = r.Options.For(s)
	if r.Options.Method != Graceful || hinders == "" {
		return nil
	}
	d := refuse("not-graceful", fmt.Sprintf("%s cannot be recycled gracefully: %s", r.Service, hinders), stopsAlone)
	return &d
}

// stopsAlone is the way that is left where there can be no task more than there are.
const stopsAlone = "to stop its tasks one by one, each before its replacement starts: --method stop --surge 0"

// For is what is asked for, with what was left open chosen for a service: graceful where it can work, and then by a fifth of the tasks at a time, as far as two such
// batches, of which one drains while the next is replaced, are no more than its own deployments may add; by stops one task at a time.
// 20 tasks go by 4 with a maximum of 200 %, and by 3 with 130 %; 3 tasks go one by one.
func (o RecycleOptions) For(s cluster.Service) RecycleOptions {
	if o.Method == AnyMethod {
		o.Method = suited(s)
	}
	switch {
	case o.Batch > 0 || o.Percent > 0:
	case o.Method == Graceful:
		o.Batch = max(1, min(s.Desired/5, (s.Bounds.Ceiling(s.Desired)-s.Desired)/2))
	default:
		o.Batch = 1
	}
	return o
}

// suited is the method that a service is recycled with where none is asked for: graceful where it can work.
func suited(s cluster.Service) Method {
	if hindersGraceful(s) == "" {
		return Graceful
	}
	return Stop
}

// hindersGraceful says why ECS cannot be the one that scales in, one task for another; empty where it can.
func hindersGraceful(s cluster.Service) string {
	switch {
	case s.Scheduling == cluster.Daemon:
		return "a DAEMON service has one task on each instance, and no desired count to raise"
	case s.Controller == cluster.ControllerExternal:
		return "the tasks of an EXTERNAL service belong to task sets, which are scaled by their controller"
	}
	return ""
}

// checkSurge refuses a surge where there can be none.
func (r *Recycle) checkSurge(s cluster.Service) *Decision {
	hinders := hindersGraceful(s)
	if r.Options.Method != Stop || r.Options.Surge == 0 || hinders == "" {
		return nil
	}
	d := refuse("no-surge", fmt.Sprintf("%s cannot have more tasks for a while: %s", r.Service, hinders), stopsAlone)
	return &d
}

// checkWhole refuses a service that is not steady, unless it is the unhealthy tasks that are asked for.
func (r *Recycle) checkWhole(in Input, view cluster.ServiceView) *Decision {
	s := view.Service
	_, healthy := view.Count(in.Now)
	if r.Options.AllowUnstable || r.Options.Select.Unhealthy || !in.Held.None() || s.Running == s.Desired && s.Pending == 0 && healthy >= s.Desired {
		return nil
	}
	d := refuse("service-unstable", fmt.Sprintf("%s is not stable: %d desired, %d running, %d pending, %d healthy", s.Key, s.Desired, s.Running, s.Pending, healthy),
		"to see why: handover status "+s.Key.String(), "to recycle it all the same: --allow-unstable", "to replace what is unhealthy alone: --unhealthy")
	return &d
}
