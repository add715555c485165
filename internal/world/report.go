package world

import (
	"fmt"
	"slices"
	"time"

	"handover/internal/cluster"
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
	if err := w.fitting(r); err != nil {
		return fmt.Errorf("report %s: %w", r.Kind, err)
	}
	w.take(&r, nil)
	return nil
}

// fitting tells what a report is about that is not there.
func (w *World) fitting(r Report) error {
	switch r.Kind {
	case AlarmRaised, AlarmCleared, CallsThrottled:
	case TargetHealthy, TargetUnhealthy, Drained:
		group, ok := w.state.Balancer.Group(r.Group)
		if !ok {
			return fmt.Errorf("there is no target group %q", r.Group)
		}
		if _, ok := group.Target(r.ID, r.Port); !ok {
			return fmt.Errorf("there is no target %s:%d in %s", r.ID, r.Port, group.Name)
		}
	case InstanceLost, AgentDisconnected, AgentConnected:
		if _, ok := w.hostByID(r.Instance); !ok {
			return fmt.Errorf("there is no container instance %q", r.Instance)
		}
	case CapacityGone, CapacityBack:
		if r.ID != Fargate && r.ID != FargateSpot {
			return fmt.Errorf("%q is no capacity provider of Fargate: %s or %s", r.ID, Fargate, FargateSpot)
		}
		if r.Zone != "" && !slices.Contains(w.zones(), r.Zone) {
			return fmt.Errorf("there is no zone %q", r.Zone)
		}
	case Measured:
		t, ok := w.state.Scaling.Target(r.Service)
		if !ok {
			return fmt.Errorf("%s is no scalable target", r.Service)
		}
		if _, ok := t.Policy(r.ID); !ok {
			return fmt.Errorf("%s has no policy %q", r.Service, r.ID)
		}
	default:
		t, ok := w.task(r.Task)
		if !ok {
			return fmt.Errorf("there is no task %q", r.Task)
		}
		if r.Kind == SpotInterrupted && t.Provider != FargateSpot {
			return fmt.Errorf("task %s is not on %s", r.Task, FargateSpot)
		}
	}
	return nil
}

// take lets a report have its effect; its task may be at hand already. One that comes too late, because its object has moved on, has none.
func (w *World) take(r *Report, of *service.Task) {
	switch r.Kind {
	case TargetHealthy, TargetUnhealthy:
		w.checked(r, of)
	case Drained:
		w.drained(r, of)
	case InstanceLost, AgentDisconnected, AgentConnected:
		w.instanceChanged(*r)
	case AlarmRaised, AlarmCleared:
		state := cluster.AlarmOK
		if r.Kind == AlarmRaised {
			state = cluster.AlarmRaised
		}
		_, _ = w.setAlarmState(cluster.SetAlarmState{Alarm: r.ID, State: state}) // a report without a name is of no alarm
	case CapacityGone, CapacityBack:
		w.capacityChanged(*r)
	case CallsThrottled:
		w.state.Throttled = w.state.Now.Add(r.For)
	case Measured:
		w.measured(*r)
	default:
		t, ok := w.known(of, r.Task)
		switch {
		case !ok:
		case w.heard(t):
			w.takeOfTask(t, r)
		default:
			w.state.Unheard = append(w.state.Unheard, *r)
		}
	}
}

func (w *World) takeOfTask(t *service.Task, r *Report) {
	switch r.Kind {
	case Attached:
		if t.Last == cluster.Provisioning {
			t.Move(cluster.Pending)
			t.ConnectedAt = w.state.Now
			w.tellTask(t)
		}
	case Pulling:
		if t.Last == cluster.Pending && !w.heldBack(t) {
			t.Move(cluster.Activating)
			t.PullStartedAt = w.state.Now
			w.tellTask(t)
		}
	case Pulled:
		w.pulled(t, r.Digest)
	case Started:
		w.started(t)
	case Exited:
		w.exited(t, r)
	case Detached:
		w.detached(t)
	case SpotInterrupted:
		w.interrupt(t)
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
		if t.Containers[i].Digest = digest; digest == "" || i > 0 {
			t.Containers[i].Digest = w.digest(t.Containers[i].Image)
		}
	}
	for _, d := range w.state.Services[t.Service].Sets() {
		if d.ID == t.StartedBy {
			d.Resolved = true // tags stand for these digests now, for all tasks of the deployment
		}
	}
}

func (w *World) started(t *service.Task) {
	if t.Last != cluster.Activating {
		return
	}
	t.Move(cluster.Running)
	t.StartedAt, w.state.Services[t.Service].ChangedAt = w.state.Now, w.state.Now
	for i := range t.Containers {
		t.Containers[i].Last = cluster.Running
	}
	w.tellTask(t)
	s := w.state.Services[t.Service]
	t.Ready = w.state.Now.Add(w.ready(s, t))
	if len(s.Behind(t)) == 0 && !t.Checked {
		t.CountsFrom = w.state.Now.Add(cluster.HealthyAfter)
	}
	if !w.state.Manual {
		w.answerRunning(t)
	}
}

// exited ends a task's containers: after the stop signal, or by themselves.
func (w *World) exited(t *service.Task, r *Report) {
	if t.Last == cluster.Deprovisioning || t.Gone() {
		return
	}
	t.ExecutionStoppedAt = w.state.Now
	t.Move(cluster.Deprovisioning)
	t.Signalled = true
	for i := range t.Containers {
		code := r.Code
		t.Containers[i].Last, t.Containers[i].ExitCode = cluster.Stopped, &code
	}
	if t.MeantToRun() {
		t.Desired, t.StoppingAt, t.Served, t.CountsFrom = cluster.Stopped, w.state.Now, t.CountsFrom, time.Time{}
		w.release(t)
		t.Left = int32(w.state.Services[t.Service].Looks)
		w.state.Services[t.Service].Leaving++
		t.StopCode, t.StoppedReason = "EssentialContainerExited", "Essential container in task exited"
		w.failedStart(t, r.Reason)
		w.lose(t)
	}
	w.tellTask(t)
	w.order(t, Order{Kind: Detach})
}

// lose lets a task be missed that ended without the scheduler: one that ran once it is STOPPED, one that never did soon.
func (w *World) lose(t *service.Task) {
	s := w.state.Services[t.Service]
	if t.StartedAt.IsZero() || s.Controller != cluster.ControllerECS { // of task sets nothing is known
		w.disturbed(t)
		return
	}
	t.Loss = service.Lost
	for _, a := range s.Behind(t) {
		if group, ok := w.state.Balancer.Group(a.TargetGroup); ok { // connections are refused; unhealthy 8.5 s after the exit with 2 checks every 10 s (case AG2)
			t.AilsFrom = w.state.Now.Add(group.CheckInterval*time.Duration(max(0, group.UnhealthyThreshold-1)) - group.CheckInterval/4)
		}
	}
	if s.Status == cluster.ServiceActive {
		s.Unsettled = true
		w.wake(t.Service, w.untilLook(s))
	}
}

// failedStart counts a task that ended before it was healthy, in a rollout, against its deployment, and holds the next start back: 30–41 s after the first
// two failures, minutes after the third, and twice as long each time from then on, up to 27 min. A crash after RUNNING is not held back.
// Sources: developer guide, service-throttle-logic; behaviour §2; part 2, C8 and D1.
func (w *World) failedStart(t *service.Task, reason string) {
	s := w.state.Services[t.Service]
	neverRan := t.StartedAt.IsZero()
	if neverRan {
		t.StopCode, t.StoppedReason = "TaskFailedToStart", reason
	}
	for _, d := range s.Sets() {
		if d.ID != t.StartedBy {
			continue
		}
		if neverRan || d.Rollout == cluster.RolloutInProgress {
			d.Uncounted++
		}
		if w.state.Profile.Variants.FailuresCountAt == profile.AtStopped {
			d.Count()
		}
		if neverRan {
			if w.state.Now.After(d.NextStart) { // tasks that were started together are one start
				d.Pauses++
			}
			d.NextStart = w.state.Now.Add(w.backOff(t, d.Pauses))
			w.say(s, service.Event{Kind: service.SaidUnplaced, Reason: reason})
		}
	}
}

func (w *World) backOff(t *service.Task, failures int) time.Duration {
	const longest = 27 * time.Minute
	if failures < 3 {
		return w.drawFor(w.state.Profile.Retry, t.Luck(), "retry")
	}
	pause := w.drawFor(w.state.Profile.Throttle, t.Luck(), "throttle")
	if !w.state.Profile.Variants.ThrottleDoubles {
		return pause
	}
	for range failures - 3 {
		pause = min(longest, 2*pause)
	}
	return pause
}

func (w *World) detached(t *service.Task) {
	if t.Last != cluster.Deprovisioning {
		return
	}
	t.Move(cluster.Stopped)
	t.StoppedAt = w.state.Now
	w.tellTask(t)
	w.unseat(t)
	s := w.state.Services[t.Service]
	w.planForget(s, t)
	s.Leaving--
	counted := t.Sick && w.state.Profile.Variants.SickCountsAt == profile.AtStopped && w.countSick(s, t)
	if s.Status == cluster.ServiceInactive || s.Leaving > 0 && t.Loss == service.NotLost && !counted {
		return // the next look sees it; only the last of them is seen at once
	}
	w.wake(t.Service, w.drawFor(w.state.Profile.Completed, t.Luck(), "completed"))
}

// countSick counts a task that was stopped as unhealthy against the rollout that it belongs to. Source: developer guide, deployment-circuit-breaker, stage 2.
func (w *World) countSick(s *service.Service, t *service.Task) bool {
	for _, d := range s.Deployments {
		if d.ID == t.StartedBy && d.Rollout == cluster.RolloutInProgress {
			d.Failed++
			return true
		}
	}
	return false
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
func (w *World) checked(r *Report, of *service.Task) {
	group, ok := w.state.Balancer.Group(r.Group)
	if !ok || !group.Check(r.ID, r.Port, r.Kind == TargetHealthy) {
		return
	}
	if t, ok := w.known(of, r.Task); ok {
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
	w.machineChecked(r.ID)
}

// judge decides from when on the scheduler counts a task as healthy, after something about its health has changed.
// Source: API Reference, DeploymentConfiguration.minimumHealthyPercent.
func (w *World) judge(t *service.Task) {
	s := w.state.Services[t.Service]
	ailment, healthy := w.examine(s, t)
	t.Stir()
	if t.Ailment = ailment; ailment == "" {
		t.AilsFrom = time.Time{}
	}
	if healthy {
		if t.CountsFrom.IsZero() {
			t.Lag = w.drawFor(w.state.Profile.Seen, w.kind(t.StartedBy), "seen")
			t.CountsFrom = w.state.Now.Add(t.Lag)
		}
		return
	}
	t.CountsFrom = time.Time{}
	if t.Ailment != "" && t.AilsFrom.IsZero() {
		t.AilsFrom = s.NoticedWithOthers(w.state.Now.Add(w.drawNth(w.state.Profile.Ailing, t.Luck(), "ailing", s.Looks)), w.state.Now)
		if grace := t.StartedAt.Add(s.GracePeriod); t.AilsFrom.Before(grace) { // Source: API Reference, CreateService.healthCheckGracePeriodSeconds
			t.AilsFrom = grace
		}
	}
	if s.Status == cluster.ServiceActive && !t.AilsFrom.IsZero() {
		s.Unsettled = true
		w.wakeIdle(t.Service, t.AilsFrom.Sub(w.state.Now))
	}
}

// wakeIdle has a service looked at that is not looked at any more; one that is will be seen at its looks.
func (w *World) wakeIdle(place int, after time.Duration) {
	if w.state.Services[place].LookAt.IsZero() {
		w.wake(place, max(0, after))
	}
}

const ailingContainer = "container"

// examine finds out what makes a task unhealthy: its container health checks, or the ARN of a target group; empty where nothing does. And it tells whether the task is
// healthy: one of which nothing is known yet is neither.
func (w *World) examine(s *service.Service, t *service.Task) (ailment string, healthy bool) {
	if t.Health == cluster.Unhealthy {
		return ailingContainer, false
	}
	healthy = !t.Checked || t.Health == cluster.Healthy
	for _, a := range s.Behind(t) {
		state := cluster.TargetUnused
		if group, ok := w.state.Balancer.Group(a.TargetGroup); ok {
			if target, ok := group.Target(t.Address, t.HostPort(a.Container, a.Port)); ok {
				state = target.State
			}
		}
		healthy = healthy && state == cluster.TargetHealthy
		if ailment == "" && state == cluster.TargetUnhealthy {
			ailment = a.TargetGroup
		}
	}
	return ailment, healthy
}

// disturbed has the scheduler look at a service to which something happened that it did not decide.
func (w *World) disturbed(t *service.Task) {
	s := w.state.Services[t.Service]
	if s.Status != cluster.ServiceActive {
		return
	}
	s.Unsettled = true
	w.wake(t.Service, w.drawFor(w.state.Profile.Notice, t.Luck(), "notice"))
}

// drained removes a target; the task's drain is over with its last one.
func (w *World) drained(r *Report, of *service.Task) {
	group, ok := w.state.Balancer.Group(r.Group)
	if !ok || !group.Drained(r.ID, r.Port) {
		return
	}
	w.machineDrained(r.ID)
	t, ok := w.known(of, r.Task)
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
	notice := w.drawNth(w.state.Profile.Drained, w.state.Services[t.Service].Luck(), "drained", int(t.Left))
	slow := max(0, w.state.Now.Sub(t.Deregistered)-promptDrain) * time.Duration(w.state.Profile.DrainSlow) / 100
	w.plan(due{At: w.state.Now.Add(notice + slow), Kind: dueSignal, Task: t.ID, task: t})
}

// planForget plans when ECS does not show a stopped task any more. One plan is enough for all of a service: the first of them to be forgotten plans the next, so that the 5,000 that
// a rollout leaves behind do not lie in the queue for an hour.
func (w *World) planForget(s *service.Service, t *service.Task) {
	at := t.StoppedAt.Add(shown)
	if s.ForgetAt.IsZero() || at.Before(s.ForgetAt) {
		s.ForgetAt = at
		w.plan(due{At: at, Kind: dueForget, Service: s.Place})
	}
}

// forget removes the stopped tasks of a service whose hour is over, in one sweep, and plans the next.
func (w *World) forget(place int, at time.Time) {
	s := w.state.Services[place]
	var next *service.Task
	s.Forget(func(t *service.Task) bool {
		over := t.Gone() && !w.state.Now.Before(t.StoppedAt.Add(shown))
		switch {
		case over && w.indexed:
			delete(w.tasks, t.ID)
		case t.Gone() && !over && (next == nil || t.StoppedAt.Before(next.StoppedAt)):
			next = t
		}
		return over
	})
	if at.Before(s.ForgetAt) { // the next is planned already
		return
	}
	if s.ForgetAt = (time.Time{}); next != nil {
		w.planForget(s, next)
	}
}
