package operation

import (
	"fmt"
	"time"

	"handover/internal/cluster"
	"handover/internal/record"
)

// This file is the graceful method. A batch goes so:
//
//  1. raise the desired count by the batch, and wait until so many tasks are healthy;
//  2. protect from scale-in, for minutes, every task that is meant to run but the batch, and leave alone what others protected;
//  3. lower the desired count: ECS has no choice but the batch, deregisters and drains it, and only then sends the stop signal;
//  4. when the batch is on its way out, take away exactly the protection that is ours.
//
// The next batch may begin while the last one drains, within Ceiling. What is done next follows from what is held: the raise, the protection, both, or neither.

const (
	protectFor  = 13 * time.Minute // a number that others hardly take, because ours are told by when they end
	protectLeft = 3 * time.Minute  // what must be left of a protection when the desired count is lowered
)

func (r *Recycle) graceful(in Input, view cluster.ServiceView) Decision {
	candidates := r.candidates(in, view)
	switch held := in.Held; {
	case held.Desired != nil:
		if d := r.unraised(in, view); d != nil {
			return *d
		}
		return r.takeOut(in, view, candidates)
	case held.Protection != nil:
		return r.release(in, view, candidates)
	case len(candidates) == 0:
		return r.finish(in, view)
	}
	return r.beginBatch(in, view, r.batch(view, candidates, 0))
}

// beginBatch raises the desired count, once the service is whole, has had its rest, and has room below the ceiling.
func (r *Recycle) beginBatch(in Input, view cluster.ServiceView, batch []cluster.Task) Decision {
	if d := r.departing(view); d != nil && in.Now.Before(r.Lowered.Add(protectFor)) {
		return *d
	}
	if r.Going {
		r.Going, r.Resting = false, in.Now.Add(r.Options.Wait)
	}
	if sound, desired := healthyBut(in, view, batch), view.Service.Desired; sound < desired-len(batch) {
		return r.waitForHealth(view, "its other tasks", sound, desired-len(batch))
	}
	if d := r.pause(in, view, len(batch)); d != nil {
		return *d
	}
	return r.raise(in, view, len(batch))
}

// takeOut has ECS take the batch out of service, once its replacements are healthy and all others are protected.
func (r *Recycle) takeOut(in Input, view cluster.ServiceView, candidates []cluster.Task) Decision {
	by := view.Service.Desired - in.Held.Desired.Lowered(view.Service.Desired)
	victims := r.victims(in, candidates, by)
	if freed := r.free(in, candidates, by-len(victims)); len(freed) > 0 {
		return Decision{Actions: freed, Look: r.everything(), Waiting: r.Last}
	}
	if len(victims) < by { // some have ended by themselves, or someone has protected them: so many tasks more than wanted are new ones
		victims = append(victims, r.surplus(in, view, by-len(victims))...)
	}
	lowered := view.Service.Desired - by
	if sound := healthyBut(in, view, victims); sound < lowered {
		return r.waitForHealth(view, "the replacements", sound, lowered)
	}
	if d := r.lapse(in, view); d != nil {
		return *d
	}
	until := protectUntil(in)
	if actions := r.protect(in, view, victims, until); len(actions) > 0 {
		held := in.Held
		held.Protection = &until
		r.Changed, r.Protected = true, in.Now
		return Decision{Actions: actions, Held: &held, Look: r.everything(), Waiting: r.Last}
	}
	d := r.lower(in, view)
	if len(d.Actions) > 0 && !r.Going {
		r.Going = true
		r.Batches++
	}
	return d
}

// departing waits until no more tasks are meant to run than are desired; nil when it is so.
func (r *Recycle) departing(view cluster.ServiceView) *Decision {
	meant := 0
	for _, t := range view.Tasks {
		if t.MeantToRun() {
			meant++
		}
	}
	if meant <= view.Service.Desired {
		return nil
	}
	d := r.wait("ECS", fmt.Sprintf("to take %s out", plural(meant-view.Service.Desired, "task")), r.Tally.Replaced, r.Old)
	return &d
}

// lapse takes away a protection that runs out, before another one is set: what is held has one end, by which ours are told, and tasks with another end would stay
// protected. It is nil where there is nothing to take away.
func (r *Recycle) lapse(in Input, view cluster.ServiceView) *Decision {
	if in.Held.Protection == nil || in.Held.Protection.Until.Sub(in.Now) >= protectLeft {
		return nil
	}
	if actions := unprotect(view, *in.Held.Protection); len(actions) > 0 {
		return &Decision{Actions: actions, Look: r.everything(), Waiting: r.Last}
	}
	if in.Now.Before(r.Protected.Add(doubtLooks * doubtLook)) { // a read may be older than our protection
		d := r.wait("our protection", "to be gone", 0, 1)
		return &d
	}
	held := in.Held
	held.Protection = nil
	return &Decision{Held: &held, Look: r.everything(), Waiting: r.Last}
}

// protectUntil is the end of our protection: the one that is held, which lapse has seen to last, so that one time tells which protections are ours.
func protectUntil(in Input) record.Protection {
	if in.Held.Protection != nil {
		return *in.Held.Protection
	}
	return record.Protection{Until: in.Now.Add(protectFor).Truncate(time.Second)}
}

// free takes our own protection from as many candidates as are lacking: it may be left from the batch before.
func (r *Recycle) free(in Input, candidates []cluster.Task, n int) []cluster.Action {
	var actions []cluster.Action
	for _, t := range candidates {
		if len(actions) < n && in.Now.Before(t.ProtectedUntil) {
			actions = append(actions, cluster.ProtectTask{Cluster: r.Service.Cluster, Task: t.ID})
		}
	}
	return actions
}

// victims are those that go: the first candidates that we have not protected.
func (r *Recycle) victims(in Input, candidates []cluster.Task, n int) []cluster.Task {
	var found []cluster.Task
	for _, t := range candidates {
		if len(found) < n && !in.Now.Before(t.ProtectedUntil) {
			found = append(found, t)
		}
	}
	return found
}

// surplus are the youngest tasks that nobody protects, which go where there are not enough old ones.
func (r *Recycle) surplus(in Input, view cluster.ServiceView, n int) []cluster.Task {
	var found []cluster.Task
	for i := len(view.Tasks) - 1; i >= 0 && len(found) < n; i-- {
		t := view.Tasks[i]
		if t.MeantToRun() && !r.old(&t) && !in.Now.Before(t.ProtectedUntil) {
			found = append(found, t)
		}
	}
	return found
}

// protect protects every task that is meant to run but the victims, where its protection does not last long enough.
func (r *Recycle) protect(in Input, view cluster.ServiceView, victims []cluster.Task, until record.Protection) []cluster.Action {
	spared := map[string]bool{}
	for _, v := range victims {
		spared[v.ID] = true
	}
	var actions []cluster.Action
	for _, t := range view.Tasks {
		if !t.MeantToRun() || spared[t.ID] || othersProtect(in, t) {
			continue
		}
		if t.ProtectedUntil.Sub(in.Now) < protectLeft {
			actions = append(actions, cluster.ProtectTask{Cluster: r.Service.Cluster, Task: t.ID, Protect: true, For: until.For(in.Now)})
		}
	}
	return actions
}

// release takes our protection away, once the batch is on its way out: no unprotected task is left that is more than desired. The next batch need not wait until
// that is certain; the end does.
func (r *Recycle) release(in Input, view cluster.ServiceView, candidates []cluster.Task) Decision {
	if d := r.departing(view); d != nil && in.Now.Before(in.Held.Protection.Until) {
		return *d
	}
	if actions := unprotect(view, *in.Held.Protection); len(actions) > 0 {
		r.Doubts = 0
		return Decision{Actions: actions, Look: r.everything(), Waiting: r.Last}
	}
	if len(candidates) > 0 {
		return r.beginBatch(in, view, r.batch(view, candidates, 0))
	}
	if r.Doubts++; r.Doubts < astrayMost || in.Now.Before(r.Protected.Add(doubtLooks*doubtLook)) { // a read may be older than our protection
		return r.wait("our protection", "to be gone", min(r.Doubts, astrayMost), astrayMost)
	}
	r.Doubts = 0
	held := in.Held
	held.Protection = nil
	return Decision{Held: &held, Look: r.everything()}
}
