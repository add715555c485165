package world

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"handover/internal/cluster"
	"handover/internal/world/placement"
	"handover/internal/world/service"
)

// This file has the tasks that belong to no service: RunTask and StartTask. Nothing replaces them, and draining leaves them alone.

// loose finds where the tasks of a cluster are kept that belong to no service; it is made when it is first needed.
func (w *World) loose(inCluster string) *service.Service {
	for _, s := range w.state.Services {
		if s.Loose() && s.Key.Cluster == inCluster {
			return s
		}
	}
	s := service.Loose(len(w.state.Services), inCluster)
	w.state.Services = append(w.state.Services, s)
	return s
}

// runnable checks what RunTask and StartTask have in common. Messages: behaviour §10.
func (w *World) runnable(inCluster, name string) (*definition, error) {
	if _, ok := w.cluster(inCluster); !ok {
		return nil, clusterNotFound()
	}
	d, ok := w.revision(name)
	if !ok {
		return nil, cluster.Errorf(cluster.ClassInvalid, "ClientException", "TaskDefinition not found.")
	}
	if !d.Active {
		return nil, invalid("TaskDefinition is inactive")
	}
	return d, nil
}

// runTask starts a task where there is room for it: on Fargate anywhere, else on a container instance. Without a strategy of its own it is placed at random.
// Source: API Reference, RunTask; developer guide, task-placement-strategies.
func (w *World) runTask(a cluster.RunTask) (ids []string, err error) {
	d, err := w.runnable(a.Cluster, a.Definition)
	if err != nil {
		return nil, err
	}
	for _, c := range a.Constraints {
		if err := checkConstraint(c); err != nil {
			return nil, err
		}
	}
	if len(a.Providers) > 0 {
		a.Provider, a.Launch = placement.ShareOf(a.Providers, a.Nth), cluster.EC2
		if strings.HasPrefix(a.Provider, "FARGATE") { // Source: developer guide, fargate-capacity-providers
			a.Launch = cluster.Fargate
		}
	}
	s := w.loose(a.Cluster)
	lone := cluster.Task{Group: cmp.Or(a.Group, "family:"+d.Family), StartedBy: a.StartedBy, Launch: a.Launch, Provider: a.Provider}
	if a.Launch == cluster.Fargate {
		if w.lacksAll(fargateOf(a.Launch, a.Provider)) {
			return nil, cluster.Errorf(cluster.ClassState, noCapacity, "%s", fargateOf(a.Launch, a.Provider))
		}
		return w.startLone(s, d, lone, nil, a.Members, a.Tags), nil
	}
	if !w.hosted(a.Cluster) {
		return nil, invalid("No Container Instances were found in your cluster.")
	}
	host, misfits := placement.Choose(w.hostsOf(a.Cluster, a.Provider), w.loneRequest(s, d, lone.Group, a))
	if host == nil {
		return nil, unplaced(misfits)
	}
	return w.startLone(s, d, lone, host, a.Members, a.Tags), nil
}

func (w *World) loneRequest(s *service.Service, d *definition, group string, a cluster.RunTask) placement.Request {
	strategy := a.Strategy
	if len(strategy) == 0 {
		strategy = []cluster.PlacementStrategy{{Type: cluster.Random}}
	}
	return placement.Request{
		Needs: d.Needs(), Strategy: strategy, Constraints: slices.Concat(a.Constraints, d.Constraints),
		Group: tasksByInstance(s, group), Groups: w.groupsOn, Rank: w.rank(s.Name(), s.Started+1),
	}
}

// unplaced is the error for a task that no instance can take: the reason of the first instance.
func unplaced(misfits []placement.Misfit) *cluster.APIError {
	if len(misfits) == 0 {
		return invalid("No Container Instances were found in your cluster.")
	}
	return cluster.Errorf(cluster.ClassState, misfits[0].Reason, "%s", misfits[0].Instance)
}

// startTask starts a task on the instance that is named. Source: API Reference, StartTask.
func (w *World) startTask(a cluster.StartTask) (ids []string, err error) {
	d, err := w.runnable(a.Cluster, a.Definition)
	if err != nil {
		return nil, err
	}
	host, ok := w.instance(a.Cluster, a.Instance)
	if !ok || host.Status != cluster.InstanceActive {
		return nil, cluster.Errorf(cluster.ClassNotFound, "MISSING", "%s", a.Instance)
	}
	s := w.loose(a.Cluster)
	group := cmp.Or(a.Group, "family:"+d.Family)
	r := w.loneRequest(s, d, group, cluster.RunTask{})
	if _, misfits := placement.Choose([]*placement.Instance{host}, r); len(misfits) > 0 {
		return nil, unplaced(misfits)
	}
	return w.startLone(s, d, cluster.Task{Group: group, StartedBy: a.StartedBy, Launch: cluster.EC2}, host, a.Members, a.Tags), nil
}

// startLone starts a task that belongs to no service, on an instance or, where that is nil, on Fargate in the zone that has the fewest of its group, of those that have capacity.
func (w *World) startLone(s *service.Service, d *definition, lone cluster.Task, host *placement.Instance, members json.RawMessage, tags []cluster.Tag) []string {
	zones := w.zones()
	if host != nil {
		lone.Zone = host.Zone
	} else {
		lone.Zone = zones[w.openZone(s.Spread(zones), fargateOf(lone.Launch, lone.Provider))]
	}
	lone.Definition = d.ARN
	s.Looks++ // each has luck of its own
	t := w.addTask(s, lone)
	w.tookToken(fargateOf(lone.Launch, lone.Provider))
	t.Members = members
	if host != nil {
		w.seat(t, d, host)
	}
	if len(tags) > 0 {
		w.setTags(t.ARN, tags)
	}
	w.order(t, Order{Kind: StartTask})
	return []string{t.ID}
}

// TaskMembers gives the members of the request that started a task on its own which no rule uses.
func (w *World) TaskMembers(inCluster, id string) json.RawMessage {
	t, ok := w.task(id)
	if !ok || w.state.Services[t.Service].Key.Cluster != inCluster {
		return nil
	}
	return t.Members
}

// Misfits says of each container instance of a cluster why a task cannot run there, as RunTask's failures do; none where one has room. On Fargate there is at most one, of no instance.
func (w *World) Misfits(a cluster.RunTask) []placement.Misfit {
	if len(a.Providers) > 0 {
		a.Provider = placement.ShareOf(a.Providers, a.Nth)
	}
	if provider := fargateOf(a.Launch, a.Provider); provider != "" {
		if w.lacksAll(provider) {
			return []placement.Misfit{{Reason: noCapacity}}
		}
		return nil
	}
	d, ok := w.revision(a.Definition)
	if !ok {
		return nil
	}
	s := &service.Service{Key: cluster.ServiceKey{Cluster: a.Cluster}}
	for _, kept := range w.state.Services {
		if kept.Loose() && kept.Key.Cluster == a.Cluster {
			s = kept
		}
	}
	_, misfits := placement.Choose(w.hostsOf(a.Cluster, a.Provider), w.loneRequest(s, d, cmp.Or(a.Group, "family:"+d.Family), a))
	return misfits
}
