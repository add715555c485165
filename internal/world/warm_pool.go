package world

import (
	"slices"
	"strings"

	"handover/internal/cluster"
	"handover/internal/world/draw"
	"handover/internal/world/group"
)

// This file has the warm pools of Auto Scaling groups. Sources: EC2 Auto Scaling user guide, ec2-auto-scaling-warm-pools, warm-pool-instance-lifecycle and
// manage-retained-instances (the ways into the pool and out of it); ECS developer guide, using-warm-pool.

// putWarmPool makes or changes a warm pool. Source: API Reference, PutWarmPool.
func (w *World) putWarmPool(a cluster.PutWarmPool) (ids []string, err error) {
	g, err := w.group(a.Name)
	if err != nil {
		return nil, err
	}
	if g.Pool != nil && g.Pool.Deleting {
		return nil, cluster.Errorf(cluster.ClassState, "ResourceInUse", "The warm pool of the group %s is being deleted.", g.Name)
	}
	if a.Pool.Prepared != nil && *a.Pool.Prepared < a.Pool.Min {
		return nil, ungroupable("MaxGroupPreparedCapacity must be at least MinSize.")
	}
	pool := a.Pool
	if pool.State == "" {
		pool.State = cluster.PoolStopped
	}
	g.Pool = &pool
	w.wakeGroup(g, w.draw(w.state.Profile.Resize, g.Name, draw.Nth("warm", g.Began)))
	return []string{g.Name}, nil
}

// deleteWarmPool removes a warm pool. With force its instances are terminated without their hooks. Source: API Reference, DeleteWarmPool.
func (w *World) deleteWarmPool(a cluster.DeleteWarmPool) (ids []string, err error) {
	g, err := w.group(a.Name)
	if err != nil {
		return nil, err
	}
	if g.Pool == nil {
		return nil, ungroupable("No warm pool found for Auto Scaling group %s", g.Name)
	}
	g.Pool.Deleting = true
	for _, m := range slices.Clone(g.Members) {
		if m.Warm() && a.Force {
			m.Actions = nil
			w.proceedOut(g, m)
		}
	}
	w.dropPool(g)
	w.wakeGroup(g, w.draw(w.state.Profile.Resize, g.Name, draw.Nth("warm", g.Began)))
	return []string{g.Name}, nil
}

// dropPool forgets a warm pool that is deleted and whose last instance is gone.
func (w *World) dropPool(g *group.Group) {
	if g.Pool != nil && g.Pool.Deleting && !slices.ContainsFunc(g.Members, (*group.Member).Warm) {
		g.Pool = nil
	}
}

// way is where an instance comes from and goes to, as the messages about its lifecycle actions say. Source: EC2 Auto Scaling user guide, warm-pools-eventbridge-events.
func way(m *group.Member, a *cluster.LifecycleAction) (from, to string) {
	const pool, inService, machine = "WarmPool", "AutoScalingGroup", "EC2"
	launching := a.Hook.Transition == cluster.TransitionLaunching
	switch {
	case m.Warm() && launching:
		return machine, pool
	case m.Warm() && m.Stored:
		return inService, pool
	case m.Warm():
		return pool, machine
	case m.Stored && launching:
		return pool, inService
	case launching:
		return machine, inService
	}
	return inService, machine
}

// warmUp lets an instance come into the warm pool, unless hooks hold it: those of launches where it is new, and those of terminations where it comes back.
func (w *World) warmUp(g *group.Group, m *group.Member, transition string) {
	m.Lifecycle = cluster.LifecycleWarmedPending
	if w.hold(g, m, transition) {
		m.Lifecycle = cluster.LifecycleWarmedPendingWait
		return
	}
	w.store(g, m)
}

// store lets an instance wait in the warm pool: running, or once it has stopped.
func (w *World) store(g *group.Group, m *group.Member) {
	m.Stored = false
	machine, ok := w.machine(m.ID)
	if !ok || g.Pool == nil || g.Pool.State == cluster.PoolRunning {
		w.stored(g, m)
		return
	}
	m.Lifecycle, machine.State = cluster.LifecycleWarmedPendingProceed, cluster.MachineStopping
	w.tellMachine(machine)
	w.planMachine(machine, w.draw(w.state.Profile.Shutdown, machine.ID, draw.Nth("stop", g.Began)), cluster.MachineStopping)
	if i, hosted := w.hostedOn(machine.ID); hosted {
		w.take(&Report{Kind: AgentDisconnected, Instance: i.ID}, nil)
	}
}

// machineStopped is when an instance has stopped on its way into the warm pool.
func (w *World) machineStopped(m *cluster.Machine) {
	if m.State != cluster.MachineStopping {
		return
	}
	m.State = cluster.MachineStopped
	w.tellMachine(m)
	w.disableTargets(m)
	w.endTasksOn(m)
	if g, member, ok := w.memberOf(m.ID); ok && member.Lifecycle == cluster.LifecycleWarmedPendingProceed {
		w.stored(g, member)
	}
}

// stored notes that an instance waits in the warm pool.
func (w *World) stored(g *group.Group, m *group.Member) {
	m.Lifecycle = cluster.LifecycleWarmedStopped
	if g.Pool != nil {
		m.Lifecycle = group.Warmed(*g.Pool)
	}
	w.close(g, m, "Successful")
	w.tellActivity(g, m, "EC2 Instance Launch Successful")
	w.wakeGroup(g, w.draw(w.state.Profile.Look, g.Name, draw.Nth("stored", g.Began)))
}

// takeWarm brings an instance of the warm pool into service: it starts if it was stopped, and its launching hooks hold it once more.
func (w *World) takeWarm(g *group.Group, m *group.Member) {
	running := m.Lifecycle == cluster.LifecycleWarmedRunning
	m.Lifecycle, m.Stored = cluster.LifecyclePending, true
	m.Activity = w.note(g, m.ID, "Launching a new EC2 instance from warm pool: "+m.ID, "At "+w.clock()+" an instance was started in response to a difference between desired and actual capacity, increasing the capacity.").ID
	machine, ok := w.machine(m.ID)
	if !ok {
		return
	}
	if running {
		w.planMachine(machine, w.draw(w.state.Profile.Join, machine.ID, draw.Nth("warm-join", g.Began)), "")
		w.arrive(g, m)
		return
	}
	machine.State = cluster.MachinePending
	w.tellMachine(machine)
	w.planMachine(machine, w.state.Profile.Boot.Median, cluster.MachineRunning)
}

// scaleIn takes an instance out of a group that has too many: to its end, or back into the warm pool.
func (w *World) scaleIn(g *group.Group, m *group.Member) {
	if g.Pool == nil || !g.Pool.Reuse || g.Pool.Deleting {
		w.goOut(g, m, "At "+w.clock()+" instance "+m.ID+" was selected for termination.")
		return
	}
	m.Stored = true
	m.Activity = w.note(g, m.ID, "Moving EC2 instance into warm pool: "+m.ID, "At "+w.clock()+" instance "+m.ID+" was selected to be returned to the warm pool.").ID
	w.warmUp(g, m, cluster.TransitionTerminating)
}

// waitsWarm tells whether the agent of an instance stays out of its cluster because the instance is in a warm pool, which it asks about where ECS_WARM_POOLS_CHECK is set. An
// agent that does not ask joins the cluster when the instance boots, and is gone when it stops. Source: ECS developer guide, using-warm-pool.
func (w *World) waitsWarm(m *cluster.Machine) bool {
	_, member, ok := w.memberOf(m.ID)
	return ok && member.Warm() && strings.Contains(m.UserData, "ECS_WARM_POOLS_CHECK=true")
}
