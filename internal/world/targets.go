package world

import (
	"time"

	"handover/internal/cluster"
	"handover/internal/world/balancer"
	"handover/internal/world/draw"
	"handover/internal/world/service"
)

func (w *World) createTargetGroup(a cluster.CreateTargetGroup) (ids []string, err error) {
	if _, ok := w.state.Balancer.Named(a.Group.Name); ok {
		return nil, cluster.Errorf(cluster.ClassState, "DuplicateTargetGroupName", "A target group with the same name '%s' exists, but with different settings", a.Group.Name)
	}
	g := &balancer.Group{TargetGroup: a.Group, Members: a.Members}
	g.ARN = w.arn("elasticloadbalancing", "targetgroup/"+a.Group.Name+"/"+hex64(draw.Bits(w.state.Seed, a.Group.Name, "target-group")))
	w.state.Balancer.Add(g)
	return []string{g.ARN}, nil
}

func (w *World) modifyTargetGroup(a cluster.ModifyTargetGroup) (ids []string, err error) {
	g, ok := w.state.Balancer.Group(a.Group)
	if !ok {
		return nil, targetGroupNotFound()
	}
	g.DrainDelay = given(a.DrainDelay, g.DrainDelay)
	g.CheckInterval = given(a.CheckInterval, g.CheckInterval)
	g.HealthyThreshold = given(a.HealthyThreshold, g.HealthyThreshold)
	g.UnhealthyThreshold = given(a.UnhealthyThreshold, g.UnhealthyThreshold)
	if len(a.Members) > 0 {
		g.Members = a.Members
	}
	return []string{g.ARN}, nil
}

func (w *World) deleteTargetGroup(a cluster.DeleteTargetGroup) (ids []string, err error) {
	w.untag(a.Group)
	w.state.Balancer.Remove(a.Group) // one that does not exist is no error. Source: ELBv2 API Reference, DeleteTargetGroup
	return []string{a.Group}, nil
}

func (w *World) registerTarget(a cluster.RegisterTarget) (ids []string, err error) {
	g, ok := w.state.Balancer.Group(a.Group)
	if !ok {
		return nil, targetGroupNotFound()
	}
	m, isMachine := w.machineAt(a.ID)
	if isMachine && m.State != cluster.MachineRunning { // the message is that of runs against AWS that moto's tests record
		return nil, cluster.Errorf(cluster.ClassInvalid, "InvalidTarget", "The following targets are not in a running state and cannot be registered: '%s'", a.ID)
	}
	if !g.Register(a.ID, a.Port, "") {
		return []string{a.ID}, nil
	}
	if t, ok := w.behind(a.ID); ok || isMachine {
		w.order(t, Order{Kind: Register, Group: g.ARN, ID: a.ID, Port: a.Port})
	}
	return []string{a.ID}, nil
}

// deregisterTarget drains a target by hand, for example before its task is stopped. Whether ECS replaces such a task by itself is not established.
func (w *World) deregisterTarget(a cluster.DeregisterTarget) (ids []string, err error) {
	g, ok := w.state.Balancer.Group(a.Group)
	if !ok {
		return nil, targetGroupNotFound()
	}
	for _, target := range g.View(nil) {
		if target.ID != a.ID || a.Port != 0 && target.Port != a.Port || !g.Deregister(target.ID, target.Port) {
			continue
		}
		o := Order{Kind: Deregister, Group: g.ARN, ID: target.ID, Port: target.Port, Drain: g.DrainDelay}
		t, ok := w.behind(target.ID)
		if ok {
			t.CountsFrom = time.Time{}
		}
		w.order(t, o)
	}
	return []string{a.ID}, nil
}

// behind finds the task that answers at an address.
func (w *World) behind(address string) (found *service.Task, ok bool) {
	for _, s := range w.state.Services {
		for _, t := range s.Tasks {
			if t.Address == address && !t.Gone() {
				return t, true
			}
		}
	}
	return nil, false
}

func targetGroupNotFound() *cluster.APIError {
	return cluster.Errorf(cluster.ClassNotFound, "TargetGroupNotFound", "One or more target groups not found")
}
