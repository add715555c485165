package world

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"handover/internal/cluster"
	"handover/internal/world/group"
	"handover/internal/world/placement"
	"handover/internal/world/service"
)

// This file is where ECS scales the group of a capacity provider: it counts the instances that the tasks need, and moves the desired capacity.

// watchReservation begins to measure a group, or ends it.
func (w *World) watchReservation(g *group.Group) {
	if g.Scaling == nil {
		g.MeasureAt, g.Low = time.Time{}, 0
		return
	}
	if g.MeasureAt.IsZero() {
		w.planReservation(g)
	}
}

func (w *World) planReservation(g *group.Group) {
	g.MeasureAt = w.state.Now.Add(group.ReservationEvery)
	w.plan(due{At: g.MeasureAt, Kind: dueReservation, Fleet: &fleetDue{Group: g.Name}})
}

// measureReservation takes a datapoint of a group, and lets its alarms act on it.
func (w *World) measureReservation(name string, at time.Time) {
	g, err := w.group(name)
	if err != nil || !g.MeasureAt.Equal(at) {
		return
	}
	w.planReservation(g)
	if desired := g.Rescale(w.neededHosts(g), w.state.Now); desired != g.Desired {
		_, _ = w.updateGroup(cluster.UpdateGroup{Name: g.Name, Desired: &desired}) // it is within the group's bounds
	}
}

// neededHosts is how many instances of a group its capacity provider needs: those with tasks that are no daemons, those that would take tasks which are to be started, and so
// many more as these need beyond. Source: developer guide, managed-scaling-behavior. ECS estimates the last by the smallest and the largest instance type of the group; groups
// have one here, so that it is exact.
func (w *World) neededHosts(g *group.Group) int {
	var hosts []*placement.Instance
	used := map[string]bool{}
	for _, i := range w.state.Instances {
		m, ok := g.Member(i.EC2ID)
		if i.Provider != g.Provider || i.Status != cluster.InstanceActive || !ok || m.Lifecycle != cluster.LifecycleInService {
			continue
		}
		hosts = append(hosts, i.Clone())
		used[i.ID] = w.anyTask(i.EC2ID)
	}
	for _, s := range w.state.Services {
		hosts = w.provision(g, s, hosts, used)
	}
	needed := 0
	for _, i := range hosts {
		if used[i.ID] {
			needed++
		}
	}
	return needed
}

// provision puts the tasks that a service lacks with a capacity provider on its instances, and on new ones where these have no room. What no new one could take is left out:
// more instances would not help it.
func (w *World) provision(g *group.Group, s *service.Service, hosts []*placement.Instance, used map[string]bool) []*placement.Instance {
	if len(s.Deployments) == 0 || s.Scheduling == cluster.Daemon || s.Status != cluster.ServiceActive || !s.Uses(g.Provider) {
		return hosts
	}
	d, ok := w.revision(s.Primary().Definition)
	if !ok {
		return hosts
	}
	r, counts := w.request(s, d), s.ByProvider()
	for range s.Lacking() {
		if len(s.Providers) > 1 {
			provider := placement.Share(s.Providers, counts)
			if counts[provider]++; provider != g.Provider {
				continue
			}
		}
		host, _ := placement.Choose(hosts, r)
		if host == nil {
			fresh := w.blank(g, len(hosts))
			if host, _ = placement.Choose([]*placement.Instance{fresh}, r); host == nil {
				return hosts
			}
			hosts = append(hosts, fresh)
		}
		host.Take("", r.Needs)
		r.Group[host.ID]++
		used[host.ID] = true
	}
	return hosts
}

// blank is an instance as the group would launch it.
func (w *World) blank(g *group.Group, n int) *placement.Instance {
	_, data, err := w.resolved(g.Template)
	i := &placement.Instance{Instance: cluster.Instance{ID: "new-" + strconv.Itoa(n), Status: cluster.InstanceActive, Connected: true, Provider: g.Provider}}
	if err != nil {
		return i // it has room for nothing, because nothing is launched
	}
	kind := data.Type
	i.Remaining = group.SizeOf(kind).Resources()
	i.Attributes = append(attributesIn(data.UserData), cluster.Attribute{Name: "ecs.instance-type", Value: kind}, cluster.Attribute{Name: "ecs.ami-id", Value: data.Image})
	if len(g.Zones) > 0 {
		i.Zone = g.Zones[n%len(g.Zones)]
	}
	slices.SortFunc(i.Attributes, func(a, b cluster.Attribute) int { return strings.Compare(a.Name, b.Name) })
	return i
}
