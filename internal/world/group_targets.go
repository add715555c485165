package world

import (
	"slices"

	"handover/internal/cluster"
	"handover/internal/world/balancer"
	"handover/internal/world/draw"
	"handover/internal/world/group"
)

// This file is where the instances of Auto Scaling groups, and other EC2 instances, meet target groups. Source: EC2 Auto Scaling user guide, autoscaling-load-balancer and
// health-checks-overview; ELBv2 user guide, target-group-health-checks and edit-target-group-attributes.

// machineAt finds the EC2 instance that a target names by its id or by its private address.
func (w *World) machineAt(target string) (found *cluster.Machine, ok bool) {
	for _, m := range w.state.Fleet.Machines {
		if (m.ID == target || m.Address == target) && m.State != cluster.MachineTerminated {
			return m, true
		}
	}
	return nil, false
}

// targetsOf calls f for each target that an EC2 instance is.
func (w *World) targetsOf(m *cluster.Machine, f func(*balancer.Group, *balancer.Target)) {
	for _, g := range w.state.Balancer.Groups {
		for _, t := range slices.Clone(g.Targets) {
			if t.ID == m.ID || t.ID == m.Address {
				f(g, t)
			}
		}
	}
}

// disableTargets takes the targets out of use that an instance is which does not run any more.
func (w *World) disableTargets(m *cluster.Machine) {
	w.targetsOf(m, func(g *balancer.Group, t *balancer.Target) { g.Disable(t, string(m.State)) })
}

// enableTargets lets the targets be checked again that an instance is which has started again.
func (w *World) enableTargets(m *cluster.Machine) {
	w.targetsOf(m, func(g *balancer.Group, t *balancer.Target) {
		if t.Unfit != "" && g.Register(t.ID, t.Port, "") {
			w.order(nil, Order{Kind: Register, Group: g.ARN, ID: t.ID, Port: t.Port})
		}
	})
}

// dropTargets forgets the targets that an instance was which is terminated. Source: ELBv2 user guide, target-group-register-targets.
func (w *World) dropTargets(m *cluster.Machine) {
	w.targetsOf(m, func(g *balancer.Group, t *balancer.Target) {
		t.State = cluster.TargetDraining
		g.Drained(t.ID, t.Port)
	})
	w.machineDrained(m.ID)
}

func (w *World) checkTargetGroups(arns []string) error {
	for _, arn := range arns {
		if _, ok := w.state.Balancer.Group(arn); !ok { // public reports
			return ungroupable("Provided Target Groups may not be valid. Please ensure they exist and try again.")
		}
	}
	return nil
}

// setTargetGroups registers the instances in service of a group with the target groups that are new to it, and takes them out of those that it has no more.
func (w *World) setTargetGroups(g *group.Group, arns []string) {
	former := g.Targets
	g.Targets = slices.Compact(slices.Sorted(slices.Values(arns)))
	for _, m := range g.Members {
		if m.Lifecycle != cluster.LifecycleInService {
			continue
		}
		for _, arn := range former {
			if !slices.Contains(g.Targets, arn) {
				_, _ = w.deregisterTarget(cluster.DeregisterTarget{Group: arn, ID: m.ID}) // one that is gone needs it no more
			}
		}
		w.balance(g, m)
	}
}

// balance registers an instance that comes into service with the target groups of its group, unless the process AddToLoadBalancer is suspended.
func (w *World) balance(g *group.Group, m *group.Member) {
	if g.Is("AddToLoadBalancer") {
		return
	}
	for _, arn := range g.Targets {
		if known, ok := w.state.Balancer.Group(arn); ok {
			_, _ = w.registerTarget(cluster.RegisterTarget{Group: arn, ID: m.ID, Port: known.Port}) // one that does not run is found by the checks of EC2
		}
	}
}

// unbalance takes an instance that leaves service out of the target groups of its group, and tells whether it has connections to drain there.
func (w *World) unbalance(g *group.Group, m *group.Member) (drains bool) {
	for _, arn := range g.Targets {
		_, _ = w.deregisterTarget(cluster.DeregisterTarget{Group: arn, ID: m.ID}) // one that is gone needs it no more
	}
	return w.draining(g, m)
}

// draining tells whether an instance still drains in a target group of its group.
func (w *World) draining(g *group.Group, m *group.Member) bool {
	return slices.ContainsFunc(w.state.Balancer.Groups, func(known *balancer.Group) bool {
		return slices.Contains(g.Targets, known.ARN) && slices.ContainsFunc(known.Targets, func(t *balancer.Target) bool { return t.ID == m.ID })
	})
}

// machineDrained lets an instance go on that is to be terminated and was the last time a target.
func (w *World) machineDrained(id string) {
	g, m, ok := w.memberOf(id)
	if ok && (m.Lifecycle == cluster.LifecycleTerminating || m.Lifecycle == cluster.LifecycleWarmedTerminating) && !w.draining(g, m) {
		w.letGo(g, m)
	}
}

// machineChecked has the group of an instance looked at whose state as a target has changed.
func (w *World) machineChecked(target string) {
	machine, ok := w.machineAt(target)
	if !ok {
		return
	}
	if g, _, of := w.memberOf(machine.ID); of && g.Balanced {
		w.wakeGroup(g, w.draw(w.state.Profile.Look, g.Name, draw.Nth("checked", g.Began)))
	}
}

// takeBalancersWord makes those instances in service unhealthy that a target group of theirs found unhealthy, once their grace period is over.
func (w *World) takeBalancersWord(g *group.Group) {
	if !g.Balanced {
		return
	}
	for _, m := range g.Members {
		if m.Lifecycle != cluster.LifecycleInService || !m.Healthy || !w.unhealthyTarget(g, m) {
			continue
		}
		if young := m.ServesFrom.Add(g.Grace).Sub(w.state.Now); young > 0 {
			w.wakeGroup(g, young)
			continue
		}
		m.Healthy, m.Failed = false, true
	}
}

func (w *World) unhealthyTarget(g *group.Group, m *group.Member) bool {
	return slices.ContainsFunc(w.state.Balancer.Groups, func(known *balancer.Group) bool {
		return slices.Contains(g.Targets, known.ARN) && slices.ContainsFunc(known.Targets, func(t *balancer.Target) bool { return t.ID == m.ID && t.State == cluster.TargetUnhealthy })
	})
}
