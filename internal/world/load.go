package world

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"handover/internal/cluster"
	"handover/internal/world/balancer"
	"handover/internal/world/draw"
	"handover/internal/world/profile"
	"handover/internal/world/scaling"
	"handover/internal/world/service"
)

// Load makes a world that goes on from a snapshot, in whatever state its services were, mid-drain included. What a snapshot does not show is assumed, at
// the medians of the profile, and listed. A service that was read without its tasks, or in part, is refused: "not read" is not "none". The tasks of a service with own
// durations take these, those of all others the profile's.
func Load(c Config, snapshot cluster.Snapshot, own map[cluster.ServiceKey]profile.Durations) (w *World, assumed []string, err error) {
	c.Start = snapshot.At
	w = New(c)
	w.state.Salt = draw.Bits(1, "read", snapshot.At.UTC().Format(time.RFC3339Nano)) | 1
	for _, gap := range snapshot.Gaps {
		if gap.Part != cluster.PartImages {
			return nil, nil, fmt.Errorf("loading %s: its %s could not be read (%s)", gap.Service, gap.Part, gap.Permission)
		}
	}
	for i, view := range snapshot.Services {
		if scope := snapshot.Scope.Services; i >= len(scope) || scope[i].Tasks != cluster.AllTasks || !scope[i].Targets || !scope[i].Definitions {
			return nil, nil, fmt.Errorf("loading %s: its tasks, targets and definitions were not all asked for", view.Service.Key)
		}
		var durations *profile.Durations
		if known, ok := own[view.Service.Key]; ok {
			durations = &known
		}
		assumed = append(assumed, w.loadService(view, durations)...)
	}
	for _, a := range snapshot.Alarms {
		_, _ = w.setAlarmState(cluster.SetAlarmState{Alarm: a.Name, State: a.State, Reason: a.Reason}) // it has a name
	}
	for _, wanted := range snapshot.Scope.Instances {
		views, _ := snapshot.InstancesOf(wanted.Cluster)
		assumed = append(assumed, w.loadInstances(wanted, views)...)
	}
	return w, assumed, nil
}

func (w *World) loadService(view cluster.ServiceView, own *profile.Durations) (assumed []string) {
	if _, ok := w.cluster(view.Service.Key.Cluster); !ok {
		_, _ = w.createCluster(cluster.CreateCluster{Cluster: view.Service.Key.Cluster}) // its name is that of a cluster that exists
	}
	w.loadDefinitions(view)
	w.loadTargets(view)
	s := w.loadedService(view)
	s.Durations, s.History = own, loadedHistory(view)
	w.add(s)
	w.setTags(view.Service.ARN, view.Service.Tags)
	if t := view.Scaling; t != nil { // with its bounds alone: what its policies and schedules will do is not foreseen
		w.state.Scaling.Add(&scaling.Target{Service: view.Service.Key, Min: t.Min, Max: t.Max, Suspended: t.Suspended, CreatedAt: view.Service.CreatedAt})
	}
	for _, a := range s.Attachments {
		if _, there := w.state.Balancer.Group(a.TargetGroup); !there {
			s.Groupless = a.TargetGroup
		}
	}
	for _, t := range view.Tasks {
		s.Tasks = append(s.Tasks, &service.Task{Task: w.withAddress(s, t), Service: s.Place})
	}
	w.indexed = false
	for _, t := range s.Tasks {
		if !t.MeantToRun() && !t.Gone() {
			s.Leaving++
		}
		assumed = append(assumed, w.loadTask(s, t)...)
	}
	w.loadChange(s)
	if s.Status == cluster.ServiceInactive || s.Idle(w.state.Now, w.state.Profile.Variants, &w.scratch) {
		w.plan(due{At: s.SteadyAt.Add(repeatAfter + w.state.Profile.Heartbeat.Median), Kind: dueHeartbeat, Service: s.Place})
		return assumed
	}
	next := w.nextLook(view)
	w.wake(s.Place, next.Sub(w.state.Now))
	return append(assumed, fmt.Sprintf("%s: the scheduler looks next at %s, in step with its last event", view.Service.Key, next.Format(time.TimeOnly)))
}

// withAddress gives a task that is PROVISIONING the address that it has not got yet: AWS does not show it before the network interface is there, and two tasks without one would share a target.
func (w *World) withAddress(s *service.Service, t cluster.Task) cluster.Task {
	d, known := w.revision(t.Definition)
	own := t.Instance == "" || known && d.Network == "awsvpc"
	if t.Address == "" && t.Last == cluster.Provisioning && own {
		s.Started++
		t.Address = string(w.appendAddress(nil, s.Place, s.Started))
	}
	return t
}

func (w *World) loadDefinitions(view cluster.ServiceView) {
	for _, d := range view.Definitions {
		if _, known := w.revision(d.ARN); !known {
			w.state.Definitions, w.exact = append(w.state.Definitions, &definition{TaskDefinition: d, Active: true}), nil
		}
	}
	slices.SortStableFunc(w.state.Definitions, func(a, b *definition) int {
		if a.Family != b.Family {
			return strings.Compare(a.Family, b.Family)
		}
		return a.Revision - b.Revision
	})
}

func (w *World) loadTargets(view cluster.ServiceView) {
	for _, g := range view.TargetGroups {
		if _, known := w.state.Balancer.Group(g.ARN); known {
			continue
		}
		group := &balancer.Group{TargetGroup: g}
		for _, t := range view.Targets {
			if t.Group == g.ARN {
				group.Targets = append(group.Targets, &balancer.Target{ID: t.ID, Port: t.Port, Zone: t.Zone, State: t.State})
			}
		}
		w.state.Balancer.Add(group)
	}
}

// loadedHistory is what ECS remembers of a service's changes, as far as it was read: with it a rollout that is under way can be rolled back.
func loadedHistory(view cluster.ServiceView) []*service.Record {
	var all []*service.Record
	for _, d := range slices.Backward(view.History) {
		r := &service.Record{ID: cluster.TaskID(d.ARN), Deployment: d.Deployment, Behind: view.Service.Attachments, Status: d.Status, Reason: d.Reason,
			CreatedAt: d.CreatedAt, StartedAt: d.StartedAt, FinishedAt: d.FinishedAt, UpdatedAt: d.UpdatedAt}
		if revision, known := view.Revision(d.Target); known {
			r.Definition = revision.Definition
		}
		for _, source := range d.Sources {
			r.Sources = append(r.Sources, cluster.DeploymentOf(source))
		}
		if d.RolledBack != "" {
			r.RolledBack = cluster.DeploymentOf(d.RolledBack)
		}
		all = append(all, r)
	}
	return all
}

func (w *World) loadedService(view cluster.ServiceView) *service.Service {
	v := view.Service
	s := &service.Service{
		Place: len(w.state.Services), Key: v.Key, Status: v.Status, Scheduling: v.Scheduling, Controller: v.Controller, Launch: v.Launch, Definition: v.Definition,
		Desired: v.Desired, Bounds: v.Bounds, Breaker: v.Breaker, Alarms: v.Alarms, Early: v.Early, Connect: v.Connect, Rebalancing: v.Rebalancing, GracePeriod: v.GracePeriod, Attachments: v.Attachments,
		Provider: v.Provider, Strategy: v.Strategy, Constraints: v.Constraints, CreatedAt: v.CreatedAt,
		Deployed: len(v.Deployments), Started: max(len(view.Tasks), addressed(view.Tasks)), Unsettled: true,
	}
	for _, d := range v.Deployments {
		loaded := &service.Deployment{ID: d.ID, Definition: d.Definition, Rollout: d.Rollout, Failed: d.Failed, CreatedAt: d.CreatedAt, UpdatedAt: d.UpdatedAt,
			Seen: d.Desired > 0 || v.Desired == 0, Resolved: v.Desired <= 1 || !w.state.Profile.Variants.VersionConsistency || w.pinned(d.Definition) || resolvedBy(view.Tasks, d.ID)}
		if d.Status != cluster.DeploymentPrimary && d.Rollout != cluster.RolloutFailed {
			loaded.Wanted = d.Desired
		}
		if d.Rollout == cluster.RolloutCompleted {
			loaded.Completed = d.UpdatedAt
		}
		s.Deployments = append(s.Deployments, loaded)
	}
	for _, e := range slices.Backward(v.Events) {
		s.Say(service.Event{Kind: service.SaidBefore, At: e.At, ID: e.ID, Reason: e.Message})
		if strings.HasSuffix(e.Message, "has reached a steady state.") {
			s.SteadyAt = e.At
		}
		if strings.Contains(e.Message, " was unable to ") || strings.Contains(e.Message, " is unable to ") {
			s.StuckAt = e.At
		}
	}
	primary, _ := v.Primary()
	if n := len(v.Events); n > 0 && v.Events[0].At.Equal(s.SteadyAt) && primary.Rollout != cluster.RolloutInProgress {
		s.Unsettled = false
	}
	return s
}

// resolvedBy tells whether a task of a deployment has pulled its image, so that its digest is known.
func resolvedBy(tasks []cluster.Task, deployment string) bool {
	return slices.ContainsFunc(tasks, func(t cluster.Task) bool { return t.StartedBy == deployment && !t.PullStoppedAt.IsZero() })
}

// nextLook is when the scheduler looks next: its looks are about 10 s apart, and its last event was at one. A deployment that it has not seen yet is looked at
// as long after its creation as any new one.
func (w *World) nextLook(view cluster.ServiceView) time.Time {
	p := &w.state.Profile
	if primary, ok := view.Service.Primary(); ok && primary.Desired == 0 && view.Service.Desired > 0 {
		if first := primary.CreatedAt.Add(p.Deploy.Median); first.After(w.state.Now) {
			return first
		}
	}
	next := w.state.Now
	if len(view.Service.Events) > 0 {
		next = lastLook(view.Service.Events)
	}
	for !next.After(w.state.Now) {
		next = next.Add(p.Look.Median)
	}
	return next
}

// lastLook is when the last of the events newest first was decided: those of one look are up to a second apart.
func lastLook(events []cluster.Event) time.Time {
	const oneLook = 1100 * time.Millisecond
	at := events[0].At
	for _, e := range events[1:] {
		if at.Sub(e.At) > oneLook {
			break
		}
		at = e.At
	}
	return at.Truncate(100 * time.Millisecond)
}

// loadChange works out when a rollout last changed: when a task reached RUNNING or was sent away, and no earlier than the first look at it.
func (w *World) loadChange(s *service.Service) {
	if len(s.Deployments) == 0 || s.Primary().Rollout != cluster.RolloutInProgress {
		return
	}
	s.ChangedAt = s.Primary().CreatedAt.Add(w.state.Profile.Deploy.Median)
	for _, t := range s.Tasks {
		for _, change := range []time.Time{t.StartedAt, t.StoppingAt} {
			if change.After(s.ChangedAt) {
				s.ChangedAt = change
			}
		}
	}
}

// loadTask works out what is under way with a task, and plans how it goes on.
func (w *World) loadTask(s *service.Service, t *service.Task) (assumed []string) {
	if d, ok := w.revision(t.Definition); ok {
		for _, c := range d.Containers {
			t.Checked = t.Checked || c.HealthCheck && c.Essential
		}
	}
	states := w.targetStates(s, t)
	if len(states) > 0 || t.Last == cluster.Deactivating {
		t.Registered = w.said(s, " registered ", t.StartedAt)
	}
	switch t.Last {
	case cluster.Provisioning, cluster.Pending, cluster.Activating:
		w.loadStart(t)
	case cluster.Running:
		w.loadRunning(s, t, states)
	case cluster.Deactivating:
		w.loadDrain(s, t, states)
	case cluster.Stopping:
		t.Signalled = true
		if len(s.Attachments) == 0 { // nothing was drained, so the signal went out at once
			w.planReport(t.StoppingAt.Add(w.durations(t).Exit.Median), Report{Kind: Exited, Task: t.ID})
			break
		}
		w.planReport(w.state.Now.Add(w.durations(t).Exit.Median/2), Report{Kind: Exited, Task: t.ID})
		assumed = append(assumed, fmt.Sprintf("task %s: its stop signal was sent half of %s ago", t.Short(), w.durations(t).Exit.Median))
	case cluster.Deprovisioning:
		t.Signalled = true
		w.planReport(t.ExecutionStoppedAt.Add(w.durations(t).Detach.Median), Report{Kind: Detached, Task: t.ID})
	case cluster.Stopped:
		t.Signalled = true
		w.planForget(w.state.Services[t.Service], t)
	}
	if !t.MeantToRun() && t.Last != cluster.Deactivating {
		t.Deregistered = t.StoppingAt
	}
	return assumed
}

func (w *World) planReport(at time.Time, r Report) {
	if at.Before(w.state.Now) {
		at = w.state.Now
	}
	w.plan(due{At: at, Kind: dueReport, Report: r})
}

// targetStates are the states of a task's targets, of those that are there.
func (w *World) targetStates(s *service.Service, t *service.Task) []cluster.TargetState {
	var states []cluster.TargetState
	for _, a := range s.Attachments {
		if g, ok := w.state.Balancer.Group(a.TargetGroup); ok {
			if target, ok := g.Target(t.Address, t.HostPort(a.Container, a.Port)); ok {
				states = append(states, target.State)
			}
		}
	}
	return states
}

// said is when the service said something soon after a time; that time itself if it did not.
func (w *World) said(s *service.Service, word string, after time.Time) time.Time {
	const soon = time.Minute
	for _, e := range s.Events {
		if strings.Contains(e.Reason, word) && !e.At.Before(after) && e.At.Before(after.Add(soon)) {
			return e.At
		}
	}
	return after
}

// loadStart goes on with a start from the last of its steps that was seen.
func (w *World) loadStart(t *service.Task) {
	own := w.durations(t)
	at := t.CreatedAt
	for _, step := range []struct {
		seen time.Time
		span time.Duration
		kind ReportKind
	}{{t.ConnectedAt, own.Attach.Median, Attached}, {t.PullStartedAt, own.Queue.Median, Pulling}, {t.PullStoppedAt, own.Pull.Median, Pulled}, {t.StartedAt, own.Start.Median, Started}} {
		if !step.seen.IsZero() {
			at = step.seen
			continue
		}
		at = at.Add(step.span)
		w.planReport(at, Report{Kind: step.kind, Task: t.ID})
	}
}

// loadRunning lets a running task count, or go on toward its first passed health check.
func (w *World) loadRunning(s *service.Service, t *service.Task, states []cluster.TargetState) {
	p := &w.state.Profile
	t.Ready = t.StartedAt.Add(w.durations(t).Ready.Median)
	ailment, healthy := w.examine(s, t)
	if t.Health == cluster.Unhealthy || slices.Contains(states, cluster.TargetUnhealthy) {
		t.Ailment, t.AilsFrom = ailment, w.state.Now
	}
	switch {
	case len(s.Attachments) == 0 && !t.Checked:
		t.CountsFrom = t.StartedAt.Add(cluster.HealthyAfter)
	case healthy:
		t.CountsFrom = w.state.Now
		if check := w.firstPass(s, t).Add(p.Seen.Median); check.After(w.state.Now) {
			t.CountsFrom, t.Lag = check, p.Seen.Median
		}
	}
	for _, a := range s.Attachments {
		g, ok := w.state.Balancer.Group(a.TargetGroup)
		if !ok {
			continue
		}
		port := t.HostPort(a.Container, a.Port)
		if target, ok := g.Target(t.Address, port); ok && target.State == cluster.TargetInitial {
			w.planReport(w.firstPass(s, t), Report{Kind: TargetHealthy, Task: t.ID, Group: g.ARN, ID: t.Address, Port: port})
		}
	}
	if t.Checked && t.Health == cluster.HealthUnknown {
		w.planReport(t.StartedAt.Add(w.passing(t, p.Check.Median)), Report{Kind: HealthPassed, Task: t.ID})
	}
}

// firstPass is when the first health check passes that finds the application ready.
func (w *World) firstPass(s *service.Service, t *service.Task) time.Time {
	check := t.Registered.Add(w.state.Profile.FirstCheck.Median)
	for _, a := range s.Behind(t) {
		if g, ok := w.state.Balancer.Group(a.TargetGroup); ok && g.Network() {
			check = t.Registered.Add(w.state.Profile.NetworkCheck.Median)
		}
	}
	for _, a := range s.Attachments {
		if g, ok := w.state.Balancer.Group(a.TargetGroup); ok && g.CheckInterval > 0 {
			for check.Before(t.Ready) {
				check = check.Add(g.CheckInterval)
			}
		}
	}
	return check
}

// loadDrain goes on with a drain: from the event that says when it began.
func (w *World) loadDrain(s *service.Service, t *service.Task, states []cluster.TargetState) {
	p := &w.state.Profile
	if len(states) > 0 && !slices.Contains(states, cluster.TargetDraining) {
		return // it is deregistered at the next look
	}
	if s.Connect && len(s.Behind(t)) == 0 { // it leaves Service Connect alone
		t.Registered = time.Time{}
		at := t.StoppingAt.Add(p.Withdraw.Median)
		if at.Before(w.state.Now) {
			at = w.state.Now
		}
		w.plan(due{At: at, Kind: dueSignal, Task: t.ID, task: t})
		return
	}
	t.Deregistered = w.said(s, " deregistered ", t.StoppingAt)
	longest := time.Duration(0)
	for _, a := range s.Attachments {
		g, ok := w.state.Balancer.Group(a.TargetGroup)
		if !ok {
			continue
		}
		longest = max(longest, g.DrainDelay)
		port := t.HostPort(a.Container, a.Port)
		if target, ok := g.Target(t.Address, port); ok && target.State == cluster.TargetDraining {
			t.Draining++
			w.planReport(t.Deregistered.Add(g.DrainDelay+p.DrainEnd.Median), Report{Kind: Drained, Task: t.ID, Group: g.ARN, ID: t.Address, Port: port})
		}
	}
	if t.Draining > 0 {
		return
	}
	t.Drained = true
	if p.Variants.StopEvent == atDrained {
		return
	}
	slow := max(0, longest+p.DrainEnd.Median-promptDrain) * time.Duration(p.DrainSlow) / 100
	at := t.Deregistered.Add(longest + p.DrainEnd.Median + p.Drained.Median + slow)
	if at.Before(w.state.Now) {
		at = w.state.Now
	}
	w.plan(due{At: at, Kind: dueSignal, Task: t.ID, task: t})
}
