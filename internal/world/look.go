package world

import (
	"slices"
	"time"

	"handover/internal/cluster"
	"handover/internal/world/draw"
	"handover/internal/world/profile"
	"handover/internal/world/service"
)

// This file is where the models meet: what the scheduler decides about a service becomes orders to the data plane and changes of target groups.

// look has the scheduler look at a service once, and carries out what it decides.
func (w *World) look(place int) {
	s := w.state.Services[place]
	s.Looks++
	w.sleep(s)
	if w.throttled(s) {
		return
	}
	if s.Controller == cluster.ControllerExternal {
		w.lookAtTaskSets(s)
		return
	}
	if s.Status != cluster.ServiceActive && len(s.Deployments) == 0 {
		return
	}
	if d := s.Primary(); !d.Seen {
		d.Seen = true
		if len(s.Deployments) > 1 {
			s.ChangedAt = w.state.Now
		}
	}
	w.advanceHistory(s)
	p, daemons := w.decide(s)
	p = w.settle(s, p)
	w.carryOut(s, p, daemons)
	s.Vacate(w.state.Profile.Variants)
	s.Clear()
	w.retire(s)
	if s.Status == cluster.ServiceInactive {
		return
	}
	w.rebalance(s)
	if s.Idle(w.state.Now, w.state.Profile.Variants, &w.scratch) && !s.Uneven {
		return // until something happens
	}
	next := w.untilLook(s)
	if w.state.Profile.Jitter {
		next += w.draw(w.state.Profile.Pace, s.Primary().ID, "pace")
	}
	if held := s.Primary().NextStart.Sub(w.state.Now); held > 0 {
		next = min(next, held) // the start that is held back comes when it may
	}
	w.wake(place, next)
}

// decide plans a service's next steps. A DAEMON service on container instances also says on which of them tasks start. Where tasks are placed on instances one by one,
// how many find room is seen only when they are placed.
func (w *World) decide(s *service.Service) (p service.Plan, daemons []string) {
	switch {
	case !w.onInstances(s):
		return s.Plan(w.state.Now, w.room(s.Key.Cluster), w.state.Profile.Variants, &w.scratch), nil
	case s.Scheduling == cluster.Daemon:
		return w.planDaemon(s)
	}
	return s.Plan(w.state.Now, -1, w.state.Profile.Variants, &w.scratch), nil
}

// settle holds a rollout's completion back until nothing has changed for a while, where there is no load balancer to say that its tasks are healthy: no task has
// reached RUNNING, none was sent away, and no deployment took the place of another. That it is counted from there is the reading that fits all there is: the last stop is 79, 80.9 and
// 88.9 s before "deployment completed" whatever its application does, a deployment of no tasks takes 87 s, a creation of none, in which nothing changes, 17 s, and a creation ends
// 109.7 s after its last start, which was RUNNING 30 s after that. Source: behaviour part 2, B2 and B3 (cases AA1, AA2, AK1, AK2, AM1).
func (w *World) settle(s *service.Service, p service.Plan) service.Plan {
	if p.Completed && w.baking(s) {
		p.Completed, p.Steady = false, false
	}
	if p.Completed && !p.Early && len(s.Attachments) == 0 && w.state.Now.Before(s.ChangedAt.Add(w.draw(w.state.Profile.Bake, s.Primary().ID, "bake"))) {
		p.Completed, p.Steady = false, false
	}
	return p
}

func (w *World) carryOut(s *service.Service, p service.Plan, daemons []string) {
	if len(p.Signal) > 0 {
		w.say(s, service.Event{Kind: service.SaidStopped, Count: len(p.Signal), Tasks: service.IDs(p.Signal)})
		for _, t := range p.Signal {
			w.signal(t)
		}
	}
	w.sayDraining(s, p.Told)
	w.deregister(s, p.Deregister)
	for _, t := range p.Told {
		t.Loss = service.Told
	}
	for _, t := range p.Noticed {
		t.Loss = service.Noticed
	}
	w.register(s, p.Register)
	w.cancel(s, p.Cancel)
	w.stop(s, p.Stop)
	for _, r := range p.Renew {
		w.renew(s, r)
	}
	started, later := w.startDaemons(s, daemons), 0
	if len(daemons) == 0 && p.Start > 0 {
		started, later = w.launchTasks(s, s.Primary(), p.Start)
	}
	p.Unplaced += p.Start - later - len(started)
	p.Start = len(started)
	w.attempted(s, s.Primary(), p.Unplaced, p.Start)
	w.start(s, started, min(p.Replaced, p.Start))
	w.stopSick(s, p.Sick)
	s.Owed += p.Owed
	w.explain(s, p)
	primary := s.Primary()
	w.breaker(s)
	if p.Completed && s.Primary() == primary {
		w.complete(s)
	}
	if p.Steady {
		w.settled(s)
	}
}

// register adds the targets of tasks that have come up.
func (w *World) register(s *service.Service, tasks []*service.Task) {
	for _, a := range s.ByAttachment(tasks) {
		group, ok := w.state.Balancer.Group(a.TargetGroup)
		if !ok { // Source: containers-roadmap issue 1884
			w.say(s, service.Event{Kind: service.SaidUnregistered, Deployment: a.Tasks[0].StartedBy})
			continue
		}
		for _, t := range a.Tasks {
			t.Registered = w.state.Now
			port := t.HostPort(a.Container, a.Port)
			if group.Register(t.Address, port, t.Zone) {
				w.order(t, Order{Kind: Register, Group: group.ARN, ID: t.Address, Port: port})
			}
		}
		w.say(s, service.Event{Kind: service.SaidRegistered, Count: len(a.Tasks), Group: group.ARN, TaskSet: taskSetOf(s, tasks)})
	}
}

// deregister begins to drain the targets of tasks that are on their way out.
func (w *World) deregister(s *service.Service, tasks []*service.Task) {
	if len(tasks) == 0 {
		return
	}
	for _, t := range tasks {
		t.Deregistered = w.state.Now
	}
	for _, a := range s.ByAttachment(tasks) {
		group, ok := w.state.Balancer.Group(a.TargetGroup)
		if !ok {
			continue
		}
		for _, t := range a.Tasks {
			port := t.HostPort(a.Container, a.Port)
			if group.Deregister(t.Address, port) {
				t.Draining++
				w.order(t, Order{Kind: Deregister, Group: group.ARN, ID: t.Address, Port: port, Drain: group.DrainDelay})
			}
		}
		w.say(s, service.Event{Kind: service.SaidDeregistered, Count: len(a.Tasks), Group: group.ARN, TaskSet: taskSetOf(s, tasks)})
	}
	w.sayDraining(s, tasks)
	for _, t := range tasks {
		if t.Draining == 0 { // nothing of it was left in any group
			w.drainOver(t)
		}
	}
}

// sayDraining reports the drain of each deployment's tasks, the newest deployment first; of a lost task at the look after the one that noticed it.
// Source: behaviour §1.5; the event names the task set of the tasks that drain; case AG2.
func (w *World) sayDraining(s *service.Service, tasks []*service.Task) {
	for _, d := range s.Sets() {
		count := 0
		for _, t := range tasks {
			if t.StartedBy == d.ID && t.Loss != service.Lost && !t.Registered.IsZero() && !t.Deregistered.IsZero() {
				count++
			}
		}
		if count > 0 {
			late := w.drawNth(w.state.Profile.Draining, s.Luck(), "draining", s.Said)
			s.Say(service.Event{Kind: service.SaidDraining, At: w.state.Now.Add(late), Count: count, Deployment: d.ID})
		}
	}
}

// stop begins to stop tasks that ran. Since 2023 at the latest the stop is reported at once and the targets are deregistered at the next look; until 2020
// the targets drained at once, and the stop was reported when that was over. Source: behaviour §1.5.
func (w *World) stop(s *service.Service, tasks []*service.Task) {
	if len(tasks) == 0 {
		return
	}
	w.leaveByPlan(s, tasks)
	if w.state.Profile.Variants.StopEvent == atDrained && len(s.Attachments) > 0 {
		w.deregister(s, tasks)
		return
	}
	w.say(s, service.Event{Kind: service.SaidStopped, Count: len(tasks), Tasks: service.IDs(tasks)})
}

// cancel stops tasks that never ran.
func (w *World) cancel(s *service.Service, tasks []*service.Task) {
	if len(tasks) == 0 {
		return
	}
	w.leaveByPlan(s, tasks)
	w.say(s, service.Event{Kind: service.SaidCancelled, Count: len(tasks)})
}

// leaveByPlan sends tasks on their way out that are not needed any more: their deployments want as many less.
func (w *World) leaveByPlan(s *service.Service, tasks []*service.Task) {
	reason := "Scaling activity initiated by (deployment " + s.Primary().ID + ")"
	for _, t := range tasks {
		w.leave(s, t, "ServiceSchedulerInitiated", reason)
		for _, d := range s.Deployments {
			if d.ID == t.StartedBy {
				d.Wanted--
			}
		}
	}
	s.Unsettled, s.ChangedAt = true, w.state.Now
}

// leave sends a task on its way out: to drain its connections where it has targets, else straight to its stop signal.
func (w *World) leave(s *service.Service, t *service.Task, code, reason string) {
	t.Desired, t.StoppingAt, t.StopCode, t.StoppedReason = cluster.Stopped, w.state.Now, code, reason
	t.Served, t.CountsFrom, t.Left = t.CountsFrom, time.Time{}, int32(s.Looks)
	w.release(t)
	s.Leaving++
	if !t.Registered.IsZero() && len(s.Behind(t)) > 0 {
		t.Move(cluster.Deactivating)
		w.tellTask(t)
		return
	}
	if s.Connect && w.state.Profile.Variants.ConnectDrains && !t.StartedAt.IsZero() {
		w.withdraw(s, t)
		return
	}
	w.signal(t)
}

// withdraw takes a task out of Service Connect before its stop signal, where no target group drains it. Source: behaviour §1.6 and §3.8 (case I).
func (w *World) withdraw(s *service.Service, t *service.Task) {
	t.Move(cluster.Deactivating)
	w.tellTask(t)
	after := w.drawNth(w.state.Profile.Withdraw, s.Luck(), "withdraw", int(t.Left))
	w.plan(due{At: w.state.Now.Add(after), Kind: dueSignal, Task: t.ID, task: t})
}

func (w *World) signal(t *service.Task) {
	t.Move(cluster.Stopping)
	t.Signalled = true
	w.tellTask(t)
	w.order(t, Order{Kind: Signal, Kill: w.stopTimeout(t)})
}

// stopTimeout is the time between stop signal and kill: the longest of the task's containers, 30 s where none is set.
// Source: API Reference, ContainerDefinition.stopTimeout.
func (w *World) stopTimeout(t *service.Task) time.Duration {
	const unset = 30 * time.Second
	longest := time.Duration(0)
	if d, ok := w.revision(t.Definition); ok {
		for _, c := range d.Containers {
			longest = max(longest, c.StopTimeout)
		}
	}
	if longest == 0 {
		return unset
	}
	return longest
}

// stopSick stops unhealthy tasks, and says of the first one what ails it: 2 that were stopped at one look had one such event (case AG10).
// Source: behaviour §1.3 (the order of the events: cases R, H).
func (w *World) stopSick(s *service.Service, tasks []*service.Task) {
	if len(tasks) == 0 {
		return
	}
	if t := tasks[0]; t.Ailment == ailingContainer {
		w.say(s, service.Event{Kind: service.SaidAilingTask, Tasks: []string{t.ID}})
	} else {
		w.say(s, service.Event{Kind: service.SaidAilingTarget, Tasks: []string{t.ID}, Port: w.port(s, t), Group: t.Ailment, Reason: "Health checks failed"})
	}
	for _, t := range tasks {
		reason := "Task failed container health checks"
		if t.Ailment != ailingContainer {
			reason = "Task failed ELB health checks in (target-group " + t.Ailment + ")"
		}
		t.Sick = true
		s.GiveUp(t, w.state.Now)
		if w.state.Profile.Variants.SickCountsAt == profile.AtDecision {
			w.countSick(s, t)
		}
		w.leave(s, t, "ServiceSchedulerInitiated", reason)
	}
	s.Unsettled, s.ChangedAt = true, w.state.Now
	late := w.drawNth(w.state.Profile.Sick, s.Luck(), "sick", s.Said)
	s.Say(service.Event{Kind: service.SaidStopped, At: s.Events[len(s.Events)-1].At.Add(late), Count: len(tasks), Tasks: service.IDs(tasks)})
}

func (w *World) port(s *service.Service, t *service.Task) int {
	for _, a := range s.Behind(t) {
		if a.TargetGroup == t.Ailment {
			return t.HostPort(a.Container, a.Port)
		}
	}
	return 0
}

// breaker fails the rollout in progress, soon after too many failures have been counted. A start that failed is counted at the next one: the breaker acted 2.9 s
// after the fourth start and 300 s after the third failure (case C); 3 failures read as failedTasks 2 before that start (case D); see case AJ2. A task that
// failed health checks is counted when it is STOPPED: 64 s and at most 45 s after the stop (cases H and AI1).
// Source: developer guide, deployment-circuit-breaker.
func (w *World) breaker(s *service.Service) {
	d := s.Primary()
	switch {
	case w.alarmed(s, d):
		w.fail(s, service.AlarmRaised, s.Alarms.Rollback)
	case d.Failed+d.Uncounted+d.Pauses == 0 && d.Tripped.IsZero(): // nothing was counted
	case !s.Breaker.Cumulative && w.anyHealthy(s, d):
		d.Failed, d.Uncounted, d.Pauses, d.Tripped = 0, 0, 0, time.Time{} // resetOnHealthyTask, which is on unless set otherwise
	case !s.Trips():
	case d.Tripped.IsZero():
		trip := w.draw(w.state.Profile.Trip, d.ID, "trip")
		d.Tripped = w.state.Now.Add(trip)
		w.wake(s.Place, trip)
	case !d.Tripped.IsZero() && !w.state.Now.Before(d.Tripped):
		w.fail(s, service.FailedStarts, s.Breaker.Rollback)
	}
}

func (w *World) anyHealthy(s *service.Service, d *service.Deployment) bool {
	for _, t := range s.Current() {
		if t.StartedBy == d.ID && t.Counts(w.state.Now) {
			return true
		}
	}
	return false
}

// fail ends the rollout in progress: no task of it starts any more, and with rollback the latest completed deployment is primary again, under its own id.
func (w *World) fail(s *service.Service, why string, rollback bool) {
	d := s.Primary()
	d.Rollout, d.UpdatedAt, d.Failure = cluster.RolloutFailed, w.state.Now, why
	w.say(s, service.Event{Kind: service.SaidFailed, Deployment: d.ID, Reason: why})
	said := "ECS deployment circuit breaker: task failed to start."
	if why == service.AlarmRaised {
		said = "ECS deployment " + d.ID + " failed: an alarm was detected."
	}
	w.tellDeployment(s, "ERROR", "SERVICE_DEPLOYMENT_FAILED", d.ID, said)
	cause := "the circuit breaker threshold was exceeded."
	if why == service.AlarmRaised {
		cause = "an alarm was detected."
	}
	former, ok := s.Candidate()
	if !rollback || !ok {
		w.endHistory(s, d, cluster.DeploymentStopped, "Service deployment stopped because "+cause)
		return
	}
	w.endHistory(s, d, cluster.DeploymentRollbackInProgress, "Service deployment rolled back because "+cause)
	w.rollBack(s, former)
}

// rollBack makes an earlier deployment primary again, under its own id: no new revision, and no new service deployment.
// Source: developer guide, deployment-circuit-breaker; case C.
func (w *World) rollBack(s *service.Service, former *service.Deployment) {
	if r := s.Latest(); r != nil {
		r.RolledBack = former.ID
	}
	w.say(s, service.Event{Kind: service.SaidRollback, Deployment: former.ID})
	w.tellDeployment(s, "INFO", "SERVICE_DEPLOYMENT_IN_PROGRESS", former.ID, "ECS deployment circuit breaker: rolling back to deploymentId "+former.ID+".")
	rest := slices.DeleteFunc(slices.Clone(s.Deployments), func(d *service.Deployment) bool { return d == former })
	for _, d := range rest {
		d.Wanted = 0 // nothing of a failed rollout comes again
	}
	s.Deployments = append([]*service.Deployment{former}, rest...)
	s.Unpin(former)
	former.Vacant = false
	former.Failure, former.Ignored = "", w.raised(s.Alarms.Names) // what is rolled back to is not failed by the alarm that led there
	former.Rollout, former.UpdatedAt, s.Definition = cluster.RolloutInProgress, w.state.Now, former.Definition
	w.wake(s.Place, w.draw(w.state.Profile.Trip, former.ID, draw.Nth("rollback", s.Looks)))
}

// renew starts tasks of an earlier deployment.
func (w *World) renew(s *service.Service, r service.Renewal) {
	started, later := w.launchTasks(s, r.Deployment, r.Count)
	w.attempted(s, r.Deployment, r.Count-later-len(started), len(started))
	if len(started) == 0 {
		return
	}
	r.Deployment.Count()
	for _, t := range started {
		w.order(t, Order{Kind: StartTask})
	}
	s.Unsettled = true
	w.say(s, service.Event{Kind: service.SaidStarted, Count: len(started), Tasks: service.IDs(started)})
}

// start starts new tasks of the primary deployment, some of them in the place of unhealthy ones.
func (w *World) start(s *service.Service, started []*service.Task, replaced int) {
	count := len(started)
	if count == 0 {
		return
	}
	s.Primary().Count()
	ids := service.IDs(started)
	for _, t := range started {
		w.order(t, Order{Kind: StartTask})
	}
	s.Unsettled, s.Owed = true, max(0, s.Owed-replaced)
	at := w.state.Now
	if n := len(s.Events); n > 0 && !s.Events[n-1].At.Before(at) { // this look has said something already
		at = at.Add(w.drawNth(w.state.Profile.Starting, s.Luck(), "starting", s.Said))
	}
	if fresh := count - replaced; fresh > 0 {
		s.Say(service.Event{Kind: service.SaidStarted, At: at, Count: fresh, Tasks: ids[:fresh]})
	}
	if replaced > 0 {
		s.Say(service.Event{Kind: service.SaidReplaced, At: at, Count: replaced, Tasks: ids[count-replaced:]})
	}
}

// explain says why nothing moves.
func (w *World) explain(s *service.Service, p service.Plan) {
	impaired := s.Primary().Pauses > 3 // cases C and D: not after the third failure
	switch {
	case p.Blocked:
		w.sayStuck(s, service.Event{Kind: service.SaidBlocked})
	case p.Protected > 0:
		w.sayStuck(s, service.Event{Kind: service.SaidProtected, Count: p.Protected, Deployment: s.Deployments[len(s.Deployments)-1].ID})
	case impaired:
		w.sayStuck(s, service.Event{Kind: service.SaidImpaired})
	case p.Unplaced > 0:
		w.sayStuck(s, w.unplaced(s))
	case s.Groupless != "" && s.Primary().Rollout != cluster.RolloutInProgress: // a rollout says of its own tasks that they cannot be registered
		w.sayUngrouped(s)
	case s.Primary().Vain == 0: // else it is only not tried at this look
		s.StuckAt, s.StuckBy = time.Time{}, ""
	}
}

// sayStuck says what keeps a service from going on, at once and every 6 h for as long as it lasts; another cause is said at once, too. Source: developer guide, service-event-messages:
// duplicates are omitted until the cause is resolved or six hours pass.
func (w *World) sayStuck(s *service.Service, e service.Event) {
	known := s.StuckBy == "" || s.StuckBy == e.Kind
	if known && !s.StuckAt.IsZero() && w.state.Now.Before(s.StuckAt.Add(repeatAfter)) {
		return
	}
	if e.Kind == service.SaidNoRoom { // which instance is the closest takes long to find out
		e.Reason = w.misfit(s)
	}
	s.StuckAt, s.StuckBy = w.state.Now, e.Kind
	w.say(s, e)
}

// repeatAfter is how long an idle or a stuck service waits before it says the same again.
const repeatAfter = service.RepeatAfter

// complete ends the primary deployment's rollout; the deployments before it are gone with their last task, which one that completes early need not wait for.
func (w *World) complete(s *service.Service) {
	d := s.Primary()
	d.Rollout, d.Failed, d.UpdatedAt, d.Completed = cluster.RolloutCompleted, 0, w.state.Now, w.state.Now
	for _, former := range s.Deployments[1:] {
		former.Wanted = 0
	}
	s.Clear()
	w.closeHistory(s)
	s.Unsettled = true
	w.tellDeployment(s, "INFO", "SERVICE_DEPLOYMENT_COMPLETED", d.ID, "ECS deployment "+d.ID+" completed.")
	if w.state.Profile.Variants.CompletedEvent {
		w.say(s, service.Event{Kind: service.SaidCompleted, Deployment: d.ID})
	}
}

func (w *World) settled(s *service.Service) {
	s.Unsettled = false
	w.fulfilled(s.Key)
	if !w.say(s, service.Event{Kind: service.SaidSteady}) {
		return // the heartbeat of the event that it repeats is planned
	}
	s.SteadyAt = w.state.Now
	late := w.drawNth(w.state.Profile.Heartbeat, s.Luck(), "heartbeat", s.Said)
	w.plan(due{At: w.state.Now.Add(repeatAfter + late), Kind: dueHeartbeat, Service: s.Place})
}

// heartbeat repeats that an idle service is steady, if it has been since the heartbeat was planned.
func (w *World) heartbeat(place int, at time.Time) {
	s := w.state.Services[place]
	if s.Unsettled || s.Status != cluster.ServiceActive || at.Sub(s.SteadyAt) < repeatAfter {
		return
	}
	w.settled(s)
}

// retire ends a service that was deleted, once all its tasks are stopping or stopped. Source: API Reference, DeleteService.
func (w *World) retire(s *service.Service) {
	if s.Status != cluster.ServiceDraining {
		return
	}
	for _, t := range s.Tasks {
		if t.Last != cluster.Stopping && t.Last != cluster.Deprovisioning && !t.Gone() {
			return
		}
	}
	s.Status, s.Deployments, s.TaskSets = cluster.ServiceInactive, nil, nil
}

func (w *World) say(s *service.Service, e service.Event) bool {
	e.At = w.state.Now
	said := s.Say(e)
	if said {
		w.tellAction(s, e)
	}
	return said
}

// order hands an order to the profile, or leaves it to the caller of a Manual world. It is about a task, but for the drain of a target that belongs to none.
func (w *World) order(t *service.Task, o Order) {
	o.At = w.state.Now
	if t != nil {
		o.Task = t.ID
	}
	if !w.state.Manual {
		w.answer(t, o)
		return
	}
	w.state.Orders = append(w.state.Orders, o)
}
