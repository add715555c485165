package world

import (
	"fmt"
	"time"

	"handover/internal/cluster"
	"handover/internal/world/service"
)

// settledFor is how old a service is that Settle puts into the world.
const settledFor = 7 * 24 * time.Hour

// Settle puts a service into the world that has been steady for a week: its tasks run, and their targets are healthy.
func (w *World) Settle(a cluster.CreateService) error {
	s, err := w.newService(a)
	if err != nil {
		return err
	}
	if s.Controller == cluster.ControllerExternal {
		return nil
	}
	then := w.state.Now.Add(-settledFor)
	d := w.deploy(s)
	d.Rollout, d.Resolved, d.Seen, d.CreatedAt, d.UpdatedAt, d.Completed = cluster.RolloutCompleted, true, true, then, then, then
	s.History[0].CreatedAt, s.History[0].StartedAt = then, then
	s.History[0].Move(cluster.DeploymentSuccessful, then)
	s.CreatedAt, s.SteadyAt, s.Unsettled = then, then, false
	tasks, err := w.settledTasks(s, d)
	if err != nil {
		return err
	}
	for _, t := range tasks {
		w.settleTask(s, t, then)
	}
	s.Say(service.Event{Kind: service.SaidSteady, At: w.state.Now.Add(-repeatAfter / 2)})
	s.SteadyAt = w.state.Now.Add(-repeatAfter / 2)
	w.plan(due{At: s.SteadyAt.Add(repeatAfter), Kind: dueHeartbeat, Service: s.Place})
	return nil
}

// settledTasks makes the tasks of a service that has been steady. They must find room.
func (w *World) settledTasks(s *service.Service, d *service.Deployment) ([]*service.Task, error) {
	if s.Scheduling == cluster.Daemon && w.onInstances(s) {
		_, starts := w.planDaemon(s)
		return w.startDaemons(s, starts), nil
	}
	tasks := w.newTasks(s, d, s.Desired)
	if len(tasks) < s.Desired {
		return nil, fmt.Errorf("settling %s: only %d of %d tasks find room: %s", s.Key, len(tasks), s.Desired, w.misfit(s))
	}
	return tasks, nil
}

// settleTask lets a new task have been running since a time.
func (w *World) settleTask(s *service.Service, t *service.Task, since time.Time) {
	p := &w.state.Profile
	t.CreatedAt = since
	t.ConnectedAt = t.CreatedAt.Add(p.Attach.Median)
	t.PullStartedAt = t.ConnectedAt.Add(p.Queue.Median)
	t.PullStoppedAt = t.PullStartedAt.Add(p.Pull.Median)
	t.StartedAt = t.PullStoppedAt.Add(p.Start.Median)
	t.Last, t.Ready, t.CountsFrom = cluster.Running, t.StartedAt, t.StartedAt.Add(cluster.HealthyAfter)
	if t.Checked {
		t.Health = cluster.Healthy
	}
	for i := range t.Containers {
		t.Containers[i].Last, t.Containers[i].Digest, t.Containers[i].Health = cluster.Running, w.digest(t.Containers[i].Image), t.Health
	}
	for _, a := range s.Attachments {
		group, ok := w.state.Balancer.Group(a.TargetGroup)
		if !ok {
			continue
		}
		port := t.HostPort(a.Container, a.Port)
		group.Register(t.Address, port, t.Zone)
		group.Check(t.Address, port, true)
		t.Registered = t.StartedAt
	}
}
