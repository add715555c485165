package world

import (
	"fmt"
	"slices"

	"handover/internal/cluster"
	"handover/internal/world/placement"
	"handover/internal/world/service"
)

// loadInstances puts the container instances of a cluster into a loaded world, with the tasks of loaded services and those on their own. What other tasks hold stays
// held: they are not followed. Where a part of the cluster's instances was read, tasks are placed on that part alone.
func (w *World) loadInstances(scope cluster.InstanceScope, views []cluster.InstanceView) (assumed []string) {
	if _, ok := w.cluster(scope.Cluster); !ok {
		_, _ = w.createCluster(cluster.CreateCluster{Cluster: scope.Cluster}) // its name is that of a cluster that exists
	}
	c, _ := w.cluster(scope.Cluster)
	c.Hosted = true
	if len(scope.Instances) > 0 {
		assumed = append(assumed, fmt.Sprintf("cluster %s: it has no other container instances than the %d that were read", scope.Cluster, len(views)))
	}
	others := 0
	for _, view := range views {
		w.state.Registered++
		host := (&placement.Instance{Instance: view.Instance}).Clone()
		host.Running, host.Pending = 0, 0 // they are counted anew
		w.state.Instances, w.hosts = append(w.state.Instances, host), nil
		w.setTags(host.ARN, host.Tags)
		for _, t := range view.Tasks {
			if _, known := w.task(t.ID); !known && t.Service() == "" {
				assumed = append(assumed, w.loadLone(scope.Cluster, t)...)
			} else if !known {
				others++
			}
		}
	}
	if others > 0 {
		assumed = append(assumed, fmt.Sprintf("cluster %s: %d tasks of services that were not read stay where they are", scope.Cluster, others))
	}
	for _, s := range w.state.Services {
		if s.Key.Cluster == scope.Cluster {
			w.loadSeats(s)
		}
	}
	return assumed
}

// loadLone puts a task into the world that belongs to no service.
func (w *World) loadLone(inCluster string, t cluster.Task) (assumed []string) {
	s := w.loose(inCluster)
	s.Started++
	loaded := &service.Task{Task: t, Service: s.Place}
	s.Tasks, w.indexed = append(s.Tasks, loaded), false
	if !t.MeantToRun() && !t.Gone() {
		s.Leaving++
	}
	return w.loadTask(s, loaded)
}

// loadSeats works out what the tasks of a service hold of their instances. AWS has taken it off what remains already.
func (w *World) loadSeats(s *service.Service) {
	for _, t := range s.Tasks {
		host, ok := w.host(t)
		if !ok || t.Gone() {
			continue
		}
		host.Tasks = append(host.Tasks, t.ID)
		t.Evicted = host.Status == cluster.InstanceDraining && !s.Loose()
		d, known := w.revision(t.Definition)
		if !known || !t.MeantToRun() {
			continue
		}
		n := d.Needs()
		t.Held = &cluster.Resources{CPU: n.CPU, Memory: n.Memory, TCP: n.TCP, UDP: n.UDP}
		for _, b := range t.Bindings {
			host.Dynamic = max(host.Dynamic, b.HostPort-placement.FirstEphemeral+1)
		}
	}
	if !s.Loose() && slices.ContainsFunc(s.Tasks, func(t *service.Task) bool { return t.Evicted && t.MeantToRun() }) {
		s.Unsettled = true
		w.wake(s.Place, w.state.Profile.Look.Median)
	}
}
