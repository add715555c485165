package world

import (
	"slices"

	"handover/internal/cluster"
	"handover/internal/world/draw"
	"handover/internal/world/group"
)

// This file is where instances join and leave Auto Scaling groups by request. Neither ends them. Source: EC2 Auto Scaling user guide, ec2-auto-scaling-detach-attach-instances.

// detachInstance has an instance leave its group: it is Detaching until the group is looked at, and then in none. No hook holds it.
func (w *World) detachInstance(a cluster.DetachInstance) (ids []string, err error) {
	g, m, err := w.member(a.Name, a.Instance)
	if err != nil {
		return nil, err
	}
	switch {
	case m.Lifecycle != cluster.LifecycleInService && m.Lifecycle != cluster.LifecycleStandby:
		return nil, ungroupable("The instance %s is not in InService or Standby.", a.Instance)
	case a.Decrement && g.Desired <= g.Min:
		return nil, ungroupable("AutoScalingGroup %s has min-size=%d, max-size=%d, and desired-size=%d. To detach 1 instance, please update the AutoScalingGroup sizes appropriately.", g.Name, g.Min, g.Max, g.Desired)
	}
	if a.Decrement && m.Counts() { // an instance that stands by is not counted
		g.Desired--
	}
	m.Lifecycle = cluster.LifecycleDetaching
	w.unbalance(g, m)
	m.Activity = w.note(g, m.ID, "Detaching EC2 instance: "+m.ID, "At "+w.clock()+" instance "+m.ID+" was detached in response to a user request.").ID
	w.wakeGroup(g, w.draw(w.state.Profile.Resize, g.Name, draw.Nth("detach", g.Began)))
	return []string{m.Activity}, nil
}

// detach lets go of the instances of a group that are Detaching.
func (w *World) detach(g *group.Group) {
	for _, m := range slices.Clone(g.Members) {
		if m.Lifecycle != cluster.LifecycleDetaching {
			continue
		}
		w.close(g, m, "Successful")
		g.Remove(m.ID)
		if machine, ok := w.machine(m.ID); ok {
			machine.Group = ""
		}
	}
}

// attachInstance adds a running instance, which is in service at once.
func (w *World) attachInstance(a cluster.AttachInstance) (ids []string, err error) {
	g, err := w.group(a.Name)
	if err != nil {
		return nil, err
	}
	machine, ok := w.machine(a.Instance)
	switch {
	case !ok:
		return nil, ungroupable("Invalid Instance ID(s): [%s] specified", a.Instance)
	case machine.Group != "":
		return nil, ungroupable("Instance %s is already part of AutoScalingGroup:%s.", a.Instance, machine.Group)
	case machine.State != cluster.MachineRunning:
		return nil, ungroupable("The instance %s is not in correct state. Instance(s) must be in 'running' state.", a.Instance)
	case g.Desired >= g.Max:
		return nil, ungroupable("AutoScalingGroup %s has min-size=%d, max-size=%d, and desired-size=%d. To attach 1 instance, please update the AutoScalingGroup sizes appropriately.", g.Name, g.Min, g.Max, g.Desired)
	}
	machine.Group = g.Name
	g.Desired++
	m := &group.Member{LaunchedAt: machine.LaunchedAt, ServesFrom: w.state.Now, GroupInstance: cluster.GroupInstance{
		ID: machine.ID, Zone: machine.Zone, Type: machine.Type, Lifecycle: cluster.LifecycleInService, Healthy: true, Protected: g.Protect, Template: machine.Template,
	}}
	g.Members = append(g.Members, m)
	w.balance(g, m)
	activity := w.note(g, m.ID, "Attaching an existing EC2 instance: "+m.ID, "At "+w.clock()+" an instance was attached in response to a user request, increasing the capacity.")
	activity.Status, activity.EndedAt = "Successful", w.state.Now
	return []string{activity.ID}, nil
}
