package world

import (
	"fmt"
	"time"

	"handover/internal/cluster"
	"handover/internal/world/draw"
	"handover/internal/world/profile"
	"handover/internal/world/service"
)

const (
	atDrained = profile.AtDrained
	// shown is how long ECS shows a stopped task. Source: developer guide, stopped-task-errors: at least an hour.
	shown = time.Hour
	// promptDrain is how long a drain may take before ECS begins to look at it more rarely: about 10 s late after 30 s, 45–51 s after 300 s.
	// Source: behaviour §1.4, cases A3, W, G; that it begins at 60 s is a model choice.
	promptDrain = time.Minute
)

// Report tells what happened in the data plane. An error says that the report fits nothing that is there; the world has then only been advanced.
func (w *World) Report(now time.Time, r Report) error {
	w.AdvanceTo(now)
	if r.Kind == TargetHealthy || r.Kind == TargetUnhealthy || r.Kind == Drained {
		group, ok := w.state.Balancer.Group(r.Group)
		if !ok {
			return fmt.Errorf("report %s: there is no target group %q", r.Kind, r.Group)
		}
		if _, ok := group.Target(r.ID, r.Port); !ok {
			return fmt.Errorf("report %s: there is no target %s:%d in %s", r.Kind, r.ID, r.Port, group.Name)
		}
	} else if _, ok := w.task(r.Task); !ok {
		return fmt.Errorf("report %s: there is no task %q", r.Kind, r.Task)
	}
	w.take(r)
	return nil
}

// take lets a report have its effect. One that comes too late, because its object has moved on, has none.
func (w *World) take(r Report) {
	switch r.Kind {
	case TargetHealthy, TargetUnhealthy:
		w.checked(r)
	case Drained:
		w.drained(r)
	default:
		if t, ok := w.task(r.Task); ok {
			w.takeOfTask(t, r)
		}
	}
}

func (w *World) takeOfTask(t *service.Task, r Report) {
	switch r.Kind {
	case Attached:
		if t.Last == cluster.Provisioning {
			t.Last, t.ConnectedAt = cluster.Pending, w.state.Now
		}
	case Pulling:
		if t.Last == cluster.Pending {
			t.Last, t.PullStartedAt = cluster.Activating, w.state.Now
		}
	case Pulled:
		w.pulled(t, r.Digest)
	case Started:
		w.started(t)
	case Exited:
		w.exited(t, r)
	case Detached:
		w.detached(t)
	case HealthPassed, HealthFailed:
		w.containerChecked(t, r.Kind == HealthPassed)
	default: // of a target
	}
}

func (w *World) pulled(t *service.Task, digest string) {
	if t.Last != cluster.Activating {
		return
	}
	t.PullStoppedAt = w.state.Now
	for i := range t.Containers {
		t.Containers[i].Digest = digest
	}
	for _, d := range w.state.Services[t.Service].Deployments {
		if d.ID == t.StartedBy {
			d.Resolved = true // tags stand for these digests now, for all tasks of the deployment
		}
	}
}

func (w *World) started(t *service.Task) {
	if t.Last != cluster.Activating {
		return
	}
	t.Last, t.StartedAt = cluster.Running, w.state.Now
	for i := range t.Containers {
		t.Containers[i].Last = cluster.Running
	}
	s := w.state.Services[t.Service]
	t.Ready = w.state.Now.Add(w.ready(s, t))
	if len(s.Attachments) == 0 {
		t.CountsFrom = w.state.Now.Add(cluster.HealthyAfter)
	}
}

// exited ends a task's containers: after the stop signal, or by themselves.
func (w *World) exited(t *service.Task, r Report) {
	if t.Last == cluster.Deprovisioning || t.Gone() {
		return
	}
	t.ExecutionStoppedAt = w.state.Now
	t.Last, t.Signalled = cluster.Deprovisioning, true
	for i := range t.Containers {
		code := r.Code
		t.Containers[i].Last, t.Containers[i].ExitCode = cluster.Stopped, &code
	}
	if t.MeantToRun() {
		t.Desired, t.StoppingAt, t.CountsFrom = cluster.Stopped, w.state.Now, time.Time{}
		t.Left = w.state.Services[t.Service].Looks
		t.StopCode, t.StoppedReason = "EssentialContainerExited", "Essential container in task exited"
		w.disturbed(t)
	}
	w.order(Order{Kind: Detach, Task: t.ID})
}

func (w *World) detached(t *service.Task) {
	if t.Last != cluster.Deprovisioning {
		return
	}
	t.Last, t.StoppedAt = cluster.Stopped, w.state.Now
	w.plan(due{At: w.state.Now.Add(shown), Kind: dueForget, Service: t.Service, Task: t.ID})
	s := w.state.Services[t.Service]
	if s.Status == cluster.ServiceInactive {
		return
	}
	w.wake(t.Service, w.draw(w.state.Profile.Completed, t.ID, "completed"))
}

func (w *World) containerChecked(t *service.Task, passed bool) {
	if t.Last != cluster.Running || !t.MeantToRun() {
		return
	}
	t.Health = cluster.Unhealthy
	if passed {
		t.Health = cluster.Healthy
	}
	for i := range t.Containers {
		t.Containers[i].Health = t.Health
	}
	w.judge(t)
}

// checked takes the load balancer's word about a target.
func (w *World) checked(r Report) {
	group, ok := w.state.Balancer.Group(r.Group)
	if !ok || !group.Check(r.ID, r.Port, r.Kind == TargetHealthy) {
		return
	}
	if t, ok := w.task(r.Task); ok {
		w.judge(t)
		return
	}
	for _, s := range w.state.Services { // a report from outside need not name the task
		for _, t := range s.Tasks {
			if t.Address == r.ID && !t.Gone() {
				w.judge(t)
			}
		}
	}
}

// judge decides from when on the scheduler counts a task as healthy, after something about its health has changed.
// Source: API Reference, DeploymentConfiguration.minimumHealthyPercent.
func (w *World) judge(t *service.Task) {
	s := w.state.Services[t.Service]
	if !w.healthy(s, t) {
		t.CountsFrom = time.Time{}
		w.disturbed(t)
		return
	}
	if t.CountsFrom.IsZero() {
		t.CountsFrom = w.state.Now.Add(w.draw(w.state.Profile.Seen, t.StartedBy, "seen"))
	}
}

func (w *World) healthy(s *service.Service, t *service.Task) bool {
	if t.Health == cluster.Unhealthy {
		return false
	}
	for _, a := range s.Attachments {
		group, ok := w.state.Balancer.Group(a.TargetGroup)
		if !ok {
			return false
		}
		target, ok := group.Target(t.Address, t.HostPort(a.Container, a.Port))
		if !ok || target.State != cluster.TargetHealthy {
			return false
		}
	}
	return true
}

// disturbed has the scheduler look at a service to which something happened that it did not decide.
func (w *World) disturbed(t *service.Task) {
	s := w.state.Services[t.Service]
	if s.Status != cluster.ServiceActive {
		return
	}
	s.Unsettled = true
	w.wake(t.Service, w.draw(w.state.Profile.Notice, t.ID, "notice"))
}

// drained removes a target; the task's drain is over with its last one.
func (w *World) drained(r Report) {
	group, ok := w.state.Balancer.Group(r.Group)
	if !ok || !group.Drained(r.ID, r.Port) {
		return
	}
	t, ok := w.task(r.Task)
	if !ok || t.Draining == 0 {
		return
	}
	t.Draining--
	if t.Draining == 0 {
		w.drainOver(t)
	}
}

// drainOver lets the stop signal follow: at the scheduler's next look as until 2020, or else once ECS notices, which takes it longer after a longer drain.
func (w *World) drainOver(t *service.Task) {
	t.Drained = true
	if t.Last != cluster.Deactivating || w.state.Profile.Variants.StopEvent == atDrained {
		return
	}
	notice := w.draw(w.state.Profile.Drained, w.state.Services[t.Service].Name(), draw.Nth("drained", t.Left))
	slow := max(0, w.state.Now.Sub(t.Deregistered)-promptDrain) * time.Duration(w.state.Profile.DrainSlow) / 100
	w.plan(due{At: w.state.Now.Add(notice + slow), Kind: dueSignal, Task: t.ID})
}

// forget removes a stopped task that ECS no longer shows.
func (w *World) forget(place int, id string) {
	s := w.state.Services[place]
	for i, t := range s.Tasks {
		if t.ID == id {
			s.Tasks = append(s.Tasks[:i:i], s.Tasks[i+1:]...)
			delete(w.tasks, id)
			return
		}
	}
}
