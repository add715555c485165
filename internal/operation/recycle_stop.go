package operation

import (
	"handover/internal/cluster"
)

// This file is the stop method: StopTask on a batch, once the service is whole, then wait until it is whole again. With a surge, so many tasks more run all the
// while. With DrainFirst, a victim's targets are deregistered first, and it is stopped when they are gone; where ECS replaces such a task by itself, that counts, too.

func (r *Recycle) stop(in Input, view cluster.ServiceView) Decision {
	if d := r.unraised(in, view); d != nil {
		return *d
	}
	candidates := r.candidates(in, view)
	surge, missing := 0, 0
	if held := in.Held.Desired; held != nil {
		surge = held.By
		missing = surge - (view.Service.Desired - held.Lowered(view.Service.Desired))
	}
	switch {
	case len(candidates) == 0 && surge > 0:
		return r.endSurge(in, view)
	case len(candidates) == 0:
		return r.finish(in, view)
	case surge == 0 && r.Options.Surge > 0:
		return r.raise(in, view, r.Options.Surge)
	case missing > 0 && in.Now.Before(r.Moved.Add(doubtLooks*doubtLook)):
		return r.wait("the raised desired count", "to show", surge-missing, surge)
	case missing > 0: // someone has taken a part of it back, or it was lost and someone has raised the count by less
		return r.raise(in, view, missing)
	}
	return r.stopBatch(in, view, r.batch(view, candidates, surge))
}

// stopBatch stops a batch, once all others are healthy and the pause is over.
func (r *Recycle) stopBatch(in Input, view cluster.ServiceView, batch []cluster.Task) Decision {
	sound, desired := healthyBut(in, view, batch), view.Service.Desired
	if sound < desired-len(batch) || r.Going && !r.whole(in, view) {
		return r.waitForHealth(view, "tasks", sound, desired)
	}
	if r.Going {
		r.Going, r.Resting = false, in.Now.Add(r.Options.Wait)
	}
	if d := r.pause(in, view, len(batch)); d != nil {
		return *d
	}
	r.Changed = true
	if r.Options.DrainFirst {
		if d := r.drain(view, batch); d != nil {
			return *d
		}
	}
	r.Going = true
	r.Batches++
	var stops []cluster.Action
	for _, t := range batch {
		stops = append(stops, cluster.StopTask{Cluster: r.Service.Cluster, Task: t.ID, Reason: r.Options.Reason})
	}
	return Decision{Actions: stops, Look: r.everything(), Wait: recycleLook, Waiting: r.Last}
}

// whole tells whether as many tasks are healthy as are desired, all of them meant to run.
func (r *Recycle) whole(in Input, view cluster.ServiceView) bool {
	_, healthy := view.Count(in.Now)
	return healthy >= view.Service.Desired
}

// drain deregisters the targets of a batch and waits until they are gone; nil when they are.
func (r *Recycle) drain(view cluster.ServiceView, batch []cluster.Task) *Decision {
	var actions []cluster.Action
	draining := 0
	for _, t := range batch {
		for _, a := range view.Service.Attachments {
			target, ok := view.Target(t, a)
			switch {
			case !ok || target.State == cluster.TargetUnused:
			case target.State == cluster.TargetDraining:
				draining++
			default:
				actions = append(actions, cluster.DeregisterTarget{Group: target.Group, ID: target.ID, Port: target.Port})
			}
		}
	}
	if len(actions) > 0 {
		return &Decision{Actions: actions, Look: r.everything(), Waiting: r.Last}
	}
	if draining > 0 {
		d := r.wait("the targets of "+plural(len(batch), "task"), "to drain", r.Tally.Replaced, r.Old)
		return &d
	}
	return nil
}

// endSurge lowers the desired count again, once all are healthy.
func (r *Recycle) endSurge(in Input, view cluster.ServiceView) Decision {
	if _, healthy := view.Count(in.Now); healthy < view.Service.Desired {
		return r.waitForHealth(view, "tasks", healthy, view.Service.Desired)
	}
	return r.lower(in, view)
}
