package world

import (
	"slices"
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
	purpose := "target-group"
	if w.state.Balancer.Removed > 0 { // another of the same name is another group
		purpose = draw.Nth(purpose, w.state.Balancer.Removed)
	}
	g.ARN = w.arn("elasticloadbalancing", "targetgroup/"+a.Group.Name+"/"+hex64(draw.Bits(w.state.Seed, a.Group.Name, purpose)))
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

// deleteTargetGroup removes a target group; one that does not exist is no error. ELB does not know of the services that name it: they are told nothing, and find out when they look.
// Source: ELBv2 API Reference, DeleteTargetGroup; containers-roadmap issue 1884.
func (w *World) deleteTargetGroup(a cluster.DeleteTargetGroup) (ids []string, err error) {
	w.untag(a.Group)
	w.state.Balancer.Remove(a.Group)
	for _, s := range w.state.Services {
		if s.Status == cluster.ServiceActive && slices.ContainsFunc(s.Attachments, func(one cluster.Attachment) bool { return one.TargetGroup == a.Group }) {
			s.Groupless = a.Group
			w.wake(s.Place, w.untilLook(s))
		}
	}
	return []string{a.Group}, nil
}

// sayUngrouped says of a task that serves that its target group is gone. It is left alone: nothing says that it is replaced. Source: developer guide, service-event-messages-list.
func (w *World) sayUngrouped(s *service.Service) {
	at := slices.IndexFunc(s.Tasks, func(t *service.Task) bool { return t.Last == cluster.Running && t.MeantToRun() })
	if at >= 0 {
		w.sayStuck(s, service.Event{Kind: service.SaidGroupGone, Deployment: s.Tasks[at].StartedBy, Tasks: []string{s.Tasks[at].ID}, Group: s.Groupless})
	}
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
			t.Stir()
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
