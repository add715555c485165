package world

import (
	"slices"
	"time"

	"handover/internal/cluster"
	"handover/internal/world/draw"
	"handover/internal/world/group"
)

// This file is where Auto Scaling groups meet EC2 and ECS: what a group decides becomes launches, lifecycle actions and terminations.

// wakeGroup has a group looked at, after a time and unless it is looked at sooner.
func (w *World) wakeGroup(g *group.Group, after time.Duration) {
	at := w.state.Now.Add(after)
	if !g.LookAt.IsZero() && !g.LookAt.After(at) {
		return
	}
	g.LookAt = at
	w.plan(due{At: at, Kind: dueGroup, Fleet: &fleetDue{Group: g.Name}})
}

// lookAtGroup carries out what a group decides. It is looked at again while it has something to do.
func (w *World) lookAtGroup(name string, at time.Time) {
	g, err := w.group(name)
	if err != nil || !g.LookAt.Equal(at) {
		return
	}
	g.LookAt = time.Time{}
	w.detach(g)
	w.takeBalancersWord(g)
	more := w.refresh(g)
	p := g.Plan(w.state.Now, more, w.occupied)
	for _, m := range p.Replace {
		w.goOut(g, m, "At "+w.clock()+" an instance was taken out of service in response to "+m.Ailment())
	}
	for _, m := range p.Expire {
		w.goOut(g, m, "At "+w.clock()+" an instance was taken out of service in response to its maximum instance lifetime.")
		w.wakeGroup(g, w.draw(w.state.Profile.Resize, g.Name, draw.Nth("expire", g.Began)))
	}
	for _, m := range p.Terminate {
		w.scaleIn(g, m)
	}
	for _, m := range p.Take {
		w.takeWarm(g, m)
	}
	for _, m := range p.Cool {
		w.goOut(g, m, "At "+w.clock()+" instance "+m.ID+" was selected for termination from the warm pool.")
	}
	for _, zone := range p.Launch {
		w.launch(g, zone, cluster.LifecyclePending)
	}
	for _, zone := range p.Warm {
		w.launch(g, zone, cluster.LifecycleWarmedPending)
	}
	w.dropPool(g)
	if after, ok := g.NextExpiry(w.state.Now); ok {
		w.wakeGroup(g, after)
	}
	if g.Refreshing() != nil {
		w.wakeGroup(g, w.draw(w.state.Profile.Look, g.Name, draw.Nth("refresh", g.Began)))
	}
}

// occupied tells whether tasks that are no daemons are on the container instance of an EC2 instance. Source: developer guide, managed-termination-protection.
func (w *World) occupied(machine string) bool {
	i, ok := w.hostedOn(machine)
	if !ok {
		return false
	}
	host, _ := w.hostByID(i.ID)
	return w.busy(host)
}

func (w *World) note(g *group.Group, machine, description, cause string) *group.Activity {
	id := draw.Bits(w.state.Seed, g.ARN, draw.Nth("activity", g.Began+1))
	return g.Note(group.Activity{ID: uuid(id, ^id), Group: g.Name, Instance: machine, Description: description, Cause: cause, Status: "InProgress", StartedAt: w.state.Now})
}

// launch adds an instance to a group or to its warm pool, in a zone.
func (w *World) launch(g *group.Group, zone string, as cluster.Lifecycle) {
	named, data, err := w.resolved(g.Template)
	if err != nil { // the launch template was deleted
		activity := w.note(g, "", "Launching a new EC2 instance.  Status Reason: "+messageOf(err)+" Launching EC2 instance failed.", "At "+w.clock()+" an instance was launched in response to an unhealthy instance needing to be replaced.")
		activity.Status, activity.EndedAt = "Failed", w.state.Now
		return
	}
	machine := w.launchMachine(named, data, zone)
	machine.Group = g.Name
	if at := slices.Index(g.Zones, zone); at < len(g.Subnets) && at >= 0 {
		machine.Subnet = g.Subnets[at]
	}
	tags := []cluster.Tag{{Key: "aws:autoscaling:groupName", Value: g.Name}}
	for _, t := range g.Tags {
		if t.Propagate {
			tags = append(tags, t.Tag)
		}
	}
	w.setTags(machine.ID, tags)
	g.Launched++
	m := &group.Member{LaunchedAt: w.state.Now, GroupInstance: cluster.GroupInstance{
		ID: machine.ID, Zone: zone, Type: machine.Type, Lifecycle: as, Healthy: true, Protected: g.Protect, Template: named,
	}}
	g.Members = append(g.Members, m)
	what := "Launching a new EC2 instance: "
	if m.Warm() {
		what = "Launching a new EC2 instance into warm pool: "
	}
	m.Activity = w.note(g, m.ID, what+m.ID, "At "+w.clock()+" an instance was started in response to a difference between desired and actual capacity, increasing the capacity.").ID
}

// arrive lets an instance that runs come into service, or be held by its launching hooks.
func (w *World) arrive(g *group.Group, m *group.Member) {
	switch m.Lifecycle {
	case cluster.LifecyclePending:
		if w.hold(g, m, cluster.TransitionLaunching) {
			m.Lifecycle = cluster.LifecyclePendingWait
			return
		}
		w.serve(g, m)
	case cluster.LifecycleWarmedPending:
		w.warmUp(g, m, cluster.TransitionLaunching)
	default:
	}
}

func (w *World) serve(g *group.Group, m *group.Member) {
	m.Lifecycle, m.ServesFrom, m.Stored = cluster.LifecycleInService, w.state.Now, false
	w.balance(g, m)
	w.close(g, m, "Successful")
	w.tellActivity(g, m, "EC2 Instance Launch Successful")
	w.wakeGroup(g, w.draw(w.state.Profile.Look, g.Name, draw.Nth("serve", g.Began)))
}

// close ends the activity of an instance.
func (w *World) close(g *group.Group, m *group.Member, status string) {
	if a, ok := g.Activity(m.Activity); ok {
		a.Status, a.EndedAt = status, w.state.Now
	}
}

// hold begins the lifecycle actions of a transition, and tells whether there are any.
func (w *World) hold(g *group.Group, m *group.Member, transition string) bool {
	actions := g.Hold(m, transition, w.state.Now, func(n int) string {
		id := draw.Bits(w.state.Seed, g.ARN, draw.Nth("action", n))
		return uuid(id, ^id)
	})
	for _, a := range actions {
		w.tellHook(g, m, a)
		w.tellAutoScaling(g, m, a)
		w.plan(due{At: a.ExpiresAt, Kind: dueHook, Fleet: &fleetDue{Group: g.Name, Machine: m.ID, Token: a.Token}})
	}
	if a, ok := g.Activity(m.Activity); ok && len(actions) > 0 {
		a.Status = "MidLifecycleAction"
	}
	return len(actions) > 0
}

// goOut begins to terminate an instance: its terminating hooks hold it. Source: EC2 Auto Scaling user guide, lifecycle-hooks-overview.
func (w *World) goOut(g *group.Group, m *group.Member, cause string) {
	switch m.Lifecycle {
	case cluster.LifecycleTerminating, cluster.LifecycleTerminatingWait, cluster.LifecycleTerminatingProceed, cluster.LifecycleTerminated,
		cluster.LifecycleWarmedTerminating, cluster.LifecycleWarmedTerminatingWait, cluster.LifecycleWarmedTerminatingProceed, cluster.LifecycleWarmedTerminated:
		return
	default:
	}
	m.Actions = nil // of a launch that is given up
	to := cluster.LifecycleTerminating
	if m.Warm() {
		to = cluster.LifecycleWarmedTerminating
	}
	m.Lifecycle = to
	m.Activity = w.note(g, m.ID, "Terminating EC2 instance: "+m.ID, cause).ID
	if w.unbalance(g, m) {
		return
	}
	w.letGo(g, m)
}

// letGo lets an instance that is no target any more be held by its terminating hooks, or end.
func (w *World) letGo(g *group.Group, m *group.Member) {
	waits := cluster.LifecycleTerminatingWait
	if m.Warm() {
		waits = cluster.LifecycleWarmedTerminatingWait
	}
	if !w.hold(g, m, cluster.TransitionTerminating) {
		w.proceedOut(g, m)
		return
	}
	m.Lifecycle = waits
	w.drainManaged(g, m)
}

// proceedOut terminates an instance that nothing holds any more.
func (w *World) proceedOut(g *group.Group, m *group.Member) {
	if m.Warm() {
		m.Lifecycle = cluster.LifecycleWarmedTerminatingProceed
	} else {
		m.Lifecycle = cluster.LifecycleTerminatingProceed
	}
	if a, ok := g.Activity(m.Activity); ok {
		a.Status = "InProgress"
	}
	machine, ok := w.machine(m.ID)
	if !ok || machine.State == cluster.MachineTerminated {
		w.depart(g, m)
		return
	}
	w.shutDown(machine, "Server.AutoScaling: terminated by the group "+g.Name)
}

// depart removes an instance that is terminated from its group.
func (w *World) depart(g *group.Group, m *group.Member) {
	w.close(g, m, "Successful")
	w.tellActivity(g, m, "EC2 Instance Terminate Successful")
	g.Remove(m.ID)
	w.dropGroup(g)
	w.wakeGroup(g, w.draw(w.state.Profile.Look, g.Name, draw.Nth("depart", g.Began)))
}

// hookDue takes the default result of a lifecycle action whose time is up, unless a heartbeat has moved it.
func (w *World) hookDue(d fleetDue, at time.Time) {
	g, err := w.group(d.Group)
	if err != nil {
		return
	}
	m, ok := g.Member(d.Machine)
	if !ok {
		return
	}
	for _, a := range m.Actions {
		if a.Token == d.Token && a.ExpiresAt.Equal(at) {
			w.endAction(g, m, a, a.Hook.Default)
			return
		}
	}
}

// noAction is the error for a lifecycle action that is not under way. Message: public reports.
func noAction(instance, token string) *cluster.APIError {
	if instance == "" {
		return ungroupable("No active Lifecycle Action found with token %s", token)
	}
	return ungroupable("No active Lifecycle Action found with instance ID %s", instance)
}

func (w *World) completeLifecycle(a cluster.CompleteLifecycleAction) (ids []string, err error) {
	g, err := w.group(a.Group)
	if err != nil {
		return nil, err
	}
	m, action, ok := g.Action(a.Hook, a.Host, a.Token)
	if !ok {
		return nil, noAction(a.Host, a.Token)
	}
	w.endAction(g, m, action, string(a.Result))
	return []string{m.ID}, nil
}

// heartbeatLifecycle restarts the time of an action. Source: API Reference, RecordLifecycleActionHeartbeat.
func (w *World) heartbeatLifecycle(a cluster.RecordLifecycleHeartbeat) (ids []string, err error) {
	g, err := w.group(a.Group)
	if err != nil {
		return nil, err
	}
	m, action, ok := g.Action(a.Hook, a.Host, a.Token)
	if !ok {
		return nil, noAction(a.Host, a.Token)
	}
	group.Heartbeat(action, w.state.Now)
	w.plan(due{At: action.ExpiresAt, Kind: dueHook, Fleet: &fleetDue{Group: g.Name, Machine: m.ID, Token: action.Token}})
	return []string{m.ID}, nil
}

// endAction ends a lifecycle action, and lets its instance go on if it was the last.
func (w *World) endAction(g *group.Group, m *group.Member, a *cluster.LifecycleAction, result string) {
	free, abandoned := m.Complete(a, result)
	switch {
	case !free:
	case abandoned:
		w.close(g, m, "Cancelled")
		m.Activity = w.note(g, m.ID, "Terminating EC2 instance: "+m.ID, "At "+w.clock()+" an instance was taken out of service in response to a launch that was abandoned by a lifecycle hook.").ID
		w.proceedOut(g, m)
	case m.Lifecycle == cluster.LifecyclePendingWait:
		w.serve(g, m)
	case m.Lifecycle == cluster.LifecycleWarmedPendingWait:
		w.store(g, m)
	case m.Lifecycle == cluster.LifecycleTerminatingWait, m.Lifecycle == cluster.LifecycleWarmedTerminatingWait:
		w.proceedOut(g, m)
	}
}

func (w *World) putHook(a cluster.PutHook) (ids []string, err error) {
	g, err := w.group(a.Name)
	if err != nil {
		return nil, err
	}
	if _, there := g.Hook(a.Hook.Name); !there && len(g.Hooks) >= 50 { // Source: API Reference, PutLifecycleHook
		return nil, cluster.Errorf(cluster.ClassState, "LimitExceeded", "Only up to 50 lifecycle hooks can be added to an Auto Scaling group.")
	}
	g.PutHook(a.Hook)
	w.testHook(g, a.Hook)
	return []string{a.Hook.Name}, nil
}

// deleteHook removes a hook; its actions under way end first, launching ones by ABANDON and terminating ones by CONTINUE. Source: API Reference, DeleteLifecycleHook.
func (w *World) deleteHook(a cluster.DeleteHook) (ids []string, err error) {
	g, err := w.group(a.Name)
	if err != nil {
		return nil, err
	}
	h, ok := g.Hook(a.Hook)
	if !ok {
		return nil, ungroupable("No Lifecycle Hook found with name %s", a.Hook)
	}
	result := cluster.Continue
	if h.Transition == cluster.TransitionLaunching {
		result = cluster.Abandon
	}
	for _, m := range slices.Clone(g.Members) {
		if _, action, ok := g.Action(a.Hook, m.ID, ""); ok {
			w.endAction(g, m, action, result)
		}
	}
	g.Hooks = slices.DeleteFunc(g.Hooks, func(one cluster.Hook) bool { return one.Name == a.Hook })
	return []string{a.Hook}, nil
}

// drainManaged lets ECS drain an instance of a capacity provider with managed draining, and complete its own hook once no task is left but daemons'.
// Source: developer guide, managed-instance-draining.
func (w *World) drainManaged(g *group.Group, m *group.Member) {
	_, action, ok := g.Action(managedHook, m.ID, "")
	if !ok {
		return
	}
	i, hosted := w.hostedOn(m.ID)
	if !hosted {
		w.endAction(g, m, action, cluster.Continue)
		return
	}
	action.Hook.Timeout = action.LastsUntil.Sub(action.BeganAt) // ECS sends the heartbeats itself
	action.ExpiresAt = action.LastsUntil
	w.plan(due{At: action.ExpiresAt, Kind: dueHook, Fleet: &fleetDue{Group: g.Name, Machine: m.ID, Token: action.Token}})
	_, _ = w.setInstanceStatus(cluster.SetInstanceStatus{Cluster: i.Cluster, Instance: i.ID, Status: cluster.InstanceDraining}) // it is there, and ACTIVE or DRAINING
	w.drainedManaged(i.EC2ID)
}

// drainedManaged completes ECS's own hook for an instance on which nothing is left but daemons.
func (w *World) drainedManaged(machine string) {
	g, m, ok := w.memberOf(machine)
	if !ok {
		return
	}
	if _, action, ok := g.Action(managedHook, machine, ""); ok && !w.anyTask(machine) {
		w.endAction(g, m, action, cluster.Continue)
	}
}

// anyTask tells whether a task that is no daemon is on the container instance of an EC2 instance; one on its own counts, too.
func (w *World) anyTask(machine string) bool {
	i, ok := w.hostedOn(machine)
	if !ok {
		return false
	}
	host, _ := w.hostByID(i.ID)
	return slices.ContainsFunc(host.Tasks, func(id string) bool {
		t, ok := w.task(id)
		return ok && w.state.Services[t.Service].Scheduling != cluster.Daemon
	})
}

// startRefresh begins an instance refresh. Source: API Reference, StartInstanceRefresh.
func (w *World) startRefresh(a cluster.StartRefresh) (ids []string, err error) {
	g, err := w.group(a.Name)
	if err != nil {
		return nil, err
	}
	if r := g.Refreshing(); r != nil {
		return nil, cluster.Errorf(cluster.ClassState, "InstanceRefreshInProgress", "An Instance Refresh is already in progress and blocks the execution of this Instance Refresh.")
	}
	if a.Settings.Template != nil {
		g.Template = *a.Settings.Template
	}
	named, _, err := w.resolved(g.Template)
	if err != nil {
		return nil, unlaunchable(err)
	}
	settings := a.Settings
	settings.Template = &named
	id := draw.Bits(w.state.Seed, g.ARN, draw.Nth("refresh", len(g.Refreshes)+1))
	r := &group.Refresh{Refresh: cluster.Refresh{
		ID: uuid(id, ^id), Group: g.Name, Status: group.RefreshPending, Settings: settings, StartedAt: w.state.Now, Of: g.Capacity(),
	}}
	g.Refreshes = append(g.Refreshes, r)
	w.wakeGroup(g, w.draw(w.state.Profile.Look, g.Name, draw.Nth("start-refresh", g.Began)))
	return []string{r.ID}, nil
}

func (w *World) cancelRefresh(a cluster.CancelRefresh) (ids []string, err error) {
	g, err := w.group(a.Name)
	if err != nil {
		return nil, err
	}
	r := g.Refreshing()
	if r == nil {
		return nil, cluster.Errorf(cluster.ClassNotFound, "ActiveInstanceRefreshNotFound", "No in progress or pending Instance Refresh found for Auto Scaling group %s", g.Name)
	}
	r.Status, r.EndedAt = group.RefreshCancelled, w.state.Now
	return []string{r.ID}, nil
}

// refresh lets the refresh of a group go on, and tells how many more instances it wants meanwhile.
func (w *World) refresh(g *group.Group) (more int) {
	r := g.Refreshing()
	if r == nil {
		return 0
	}
	r.Status = group.RefreshInProgress
	p := g.PlanRefresh(r, w.state.Now)
	r.Done = max(0, r.Of-p.Left)
	switch {
	case p.Left > 0 && len(p.Terminate) == 0 && r.WaitsFrom.IsZero():
		r.WaitsFrom = w.state.Now
	case len(p.Terminate) > 0:
		r.WaitsFrom = time.Time{}
	}
	if p.Status != "" {
		r.Status, r.Reason, r.EndedAt = p.Status, p.Reason, w.state.Now
		return 0
	}
	for _, m := range p.Terminate {
		w.goOut(g, m, "At "+w.clock()+" an instance was taken out of service in response to an instance refresh.")
	}
	return p.More
}
