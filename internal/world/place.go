package world

import (
	"cmp"
	"slices"
	"strconv"

	"handover/internal/cluster"
	"handover/internal/world/draw"
	"handover/internal/world/placement"
	"handover/internal/world/service"
)

// This file is where tasks meet container instances: which one each gets, and what it holds there.

// hostsOf are the container instances of a cluster, as they were registered; those of a capacity provider where one is named.
func (w *World) hostsOf(inCluster, provider string) []*placement.Instance {
	var all []*placement.Instance
	for _, i := range w.state.Instances {
		if i.Cluster == inCluster && (provider == "" || i.Provider == provider) {
			all = append(all, i)
		}
	}
	return all
}

// request is what the next task of a service asks of a container instance.
func (w *World) request(s *service.Service, d *definition) placement.Request {
	return placement.Request{
		Needs: d.Needs(), Strategy: s.Strategy, Constraints: slices.Concat(s.Constraints, d.Constraints),
		Group: tasksByInstance(s, "service:"+s.Key.Service), Groups: w.groupsOn, Rank: w.rank(s.Name(), s.Started+1),
	}
}

// tasksByInstance counts tasks of a group that are meant to run by the id of their container instance.
func tasksByInstance(s *service.Service, group string) map[string]int {
	counts := map[string]int{}
	for _, t := range s.Tasks {
		if t.MeantToRun() && t.Instance != "" && t.Group == group {
			counts[cluster.TaskID(t.Instance)]++
		}
	}
	return counts
}

// groupsOn are the groups of the tasks on an instance that are meant to run.
func (w *World) groupsOn(instance string) []string {
	var groups []string
	if i, ok := w.hostByID(instance); ok {
		for _, id := range i.Tasks {
			if t, ok := w.task(id); ok && t.MeantToRun() {
				groups = append(groups, t.Group)
			}
		}
	}
	return groups
}

// rank draws an order of the instances for the nth task of an object.
func (w *World) rank(object string, n int) func(instance string) uint64 {
	purpose := draw.Nth("place", n)
	return func(instance string) uint64 { return draw.Bits(w.state.Seed, object+instance, purpose) }
}

// placeTasks starts as many of the tasks of a deployment as find an instance, one after the other, for each changes what the next one finds.
func (w *World) placeTasks(s *service.Service, of *service.Deployment, count int) []*service.Task {
	d, ok := w.revision(of.Definition)
	if !ok {
		return nil
	}
	hosts, reserved := w.hostsOf(s.Key.Cluster, s.Provider), w.reserved(s.Key.Cluster)
	shared := len(s.Providers) > 1
	var counts map[string]int
	if shared {
		counts = s.ByProvider()
	}
	var tasks []*service.Task
	r := w.request(s, d)
	r.Reserved = reserved
	for range count {
		if shared { // each task has its provider, and waits for that one where it has no room
			provider := placement.Share(s.Providers, counts)
			counts[provider]++
			hosts = w.hostsOf(s.Key.Cluster, provider)
		}
		r.Rank = w.rank(s.Name(), s.Started+1)
		host, _ := placement.Choose(hosts, r)
		if host == nil && shared {
			continue
		}
		if host == nil {
			break
		}
		t := w.newTask(s, of, host.Zone)
		w.seat(t, d, host)
		r.Group[host.ID]++
		tasks = append(tasks, t)
	}
	return tasks
}

// seat puts a new task on an instance that has room for it.
func (w *World) seat(t *service.Task, d *definition, host *placement.Instance) {
	t.Instance, t.Zone, t.Provider = host.ARN, host.Zone, cmp.Or(t.Provider, host.Provider)
	t.Launch = cmp.Or(t.Launch, cluster.EC2)
	held := host.Take(t.ID, d.Needs())
	t.Held = &held
	if d.Network == "awsvpc" {
		return // it has an address of its own
	}
	t.Address = host.EC2ID
	for _, c := range d.Containers {
		for _, m := range c.Ports {
			port := m.Host
			switch {
			case d.Network == "host":
				port = m.Container
			case port == 0:
				port = host.Ephemeral()
			}
			t.Bindings = append(t.Bindings, cluster.Binding{Container: c.Name, Port: m.Container, HostPort: port})
		}
	}
}

// release gives back what a task holds of its instance: when its stop is decided. Source: AWS What's New of July 2023; behaviour part 2, A11.
func (w *World) release(t *service.Task) {
	if host, ok := w.host(t); ok && t.Held != nil {
		host.Give(*t.Held)
	}
	t.Held = nil
}

// unseat forgets a task that is STOPPED.
func (w *World) unseat(t *service.Task) {
	host, ok := w.host(t)
	if !ok {
		return
	}
	host.Leave(t.ID)
	w.startQueued(host)
	w.drainedManaged(host.EC2ID)
	if host.Status == cluster.InstanceDraining && !w.busy(host) {
		w.wakeDaemons(host.Cluster)
	}
}

func (w *World) host(t *service.Task) (*placement.Instance, bool) {
	if t.Instance == "" {
		return nil, false
	}
	return w.hostByID(cluster.TaskID(t.Instance))
}

// evict marks the tasks of services on an instance that drains, or takes the mark away when it is ACTIVE again. Those that have not started are stopped at once; the rest
// are replaced within the bounds of their services. Tasks on their own stay. Source: API Reference, UpdateContainerInstancesState.
func (w *World) evict(host *placement.Instance, evicted bool) {
	waiting := map[int][]*service.Task{}
	for _, id := range host.Tasks {
		t, ok := w.task(id)
		if !ok || w.state.Services[t.Service].Loose() {
			continue
		}
		s := w.state.Services[t.Service]
		t.Evicted = evicted
		t.Stir()
		if !t.MeantToRun() || s.Scheduling == cluster.Daemon {
			continue
		}
		s.Unsettled = true
		if evicted && t.StartedAt.IsZero() {
			waiting[t.Service] = append(waiting[t.Service], t)
		}
	}
	for place, s := range w.state.Services {
		w.cancel(s, waiting[place])
	}
}

// busy tells whether tasks that are no daemons are still on an instance.
func (w *World) busy(host *placement.Instance) bool {
	return slices.ContainsFunc(host.Tasks, func(id string) bool {
		t, ok := w.task(id)
		if !ok {
			return false
		}
		s := w.state.Services[t.Service]
		return !s.Loose() && s.Scheduling != cluster.Daemon
	})
}

func (w *World) wakeDaemons(inCluster string) {
	for _, s := range w.state.Services {
		if s.Key.Cluster == inCluster && s.Scheduling == cluster.Daemon && s.Status == cluster.ServiceActive && len(s.Deployments) > 0 {
			w.wake(s.Place, w.drawNth(w.state.Profile.Notice, s.Luck(), "daemon", s.Looks))
		}
	}
}

// seats are the container instances as a DAEMON service sees them.
func (w *World) seats(s *service.Service) []service.Seat {
	d, ok := w.revision(s.Primary().Definition)
	if !ok {
		return nil
	}
	r := w.request(s, d)
	r.Constraints = slices.DeleteFunc(r.Constraints, func(c cluster.PlacementConstraint) bool { return c.Type == cluster.DistinctInstance })
	var all []service.Seat
	for _, i := range w.hostsOf(s.Key.Cluster, s.Provider) {
		if i.Status != cluster.InstanceActive && i.Status != cluster.InstanceDraining {
			continue
		}
		all = append(all, service.Seat{
			Instance: i.ARN, Wanted: i.Status == cluster.InstanceActive && r.Eligible(i), Room: i.Lacks(r.Needs) == "",
			Busy: i.Status == cluster.InstanceDraining && w.busy(i),
		})
	}
	return all
}

// planDaemon decides about a DAEMON service, whose desired count is that of the instances that want a task of it.
func (w *World) planDaemon(s *service.Service) (p service.Plan, starts []string) {
	seats := w.seats(s)
	desired := 0
	for _, seat := range seats {
		if seat.Wanted {
			desired++
		}
	}
	if desired != s.Desired {
		s.Desired, s.Unsettled = desired, true
	}
	return s.PlanDaemon(w.state.Now, seats, w.state.Profile.Variants, &w.scratch)
}

// reserved is what the DAEMON services of a cluster still need on each of its instances, by id.
func (w *World) reserved(inCluster string) map[string]cluster.Needs {
	reserved := map[string]cluster.Needs{}
	for _, s := range w.state.Services {
		if s.Key.Cluster != inCluster || s.Scheduling != cluster.Daemon || s.Status != cluster.ServiceActive || len(s.Deployments) == 0 || !w.onInstances(s) {
			continue
		}
		d, ok := w.revision(s.Primary().Definition)
		if !ok {
			continue
		}
		there := tasksByInstance(s, "service:"+s.Key.Service)
		for _, seat := range w.seats(s) {
			if id := cluster.TaskID(seat.Instance); seat.Wanted && there[id] == 0 {
				reserved[id] = reserved[id].Plus(d.Needs())
			}
		}
	}
	return reserved
}

// startDaemons starts one task on each of some instances.
func (w *World) startDaemons(s *service.Service, instances []string) []*service.Task {
	d, ok := w.revision(s.Primary().Definition)
	if !ok {
		return nil
	}
	var started []*service.Task
	for _, arn := range instances {
		host, ok := w.instance(s.Key.Cluster, arn)
		if !ok || host.Lacks(d.Needs()) != "" {
			continue
		}
		t := w.newTask(s, s.Primary(), host.Zone)
		w.seat(t, d, host)
		started = append(started, t)
	}
	return started
}

// misfit says, for the event that no instance met all requirements, what the closest one lacks. Which one ECS calls the closest is not published: here it is the one that
// lacks what is looked at last, of CPU, memory, GPUs, ports and constraints. Source: developer guide, service-event-messages-list.
func (w *World) misfit(s *service.Service) string {
	d, ok := w.revision(s.Primary().Definition)
	if !ok || !w.onInstances(s) {
		return ""
	}
	r, hosts := w.request(s, d), w.hostsOf(s.Key.Cluster, s.Provider)
	if s.Scheduling == cluster.Daemon {
		hosts = slices.DeleteFunc(hosts, func(i *placement.Instance) bool { return r.Group[i.ID] > 0 || !r.Eligible(i) })
	} else {
		r.Reserved = w.reserved(s.Key.Cluster)
	}
	_, misfits := placement.Choose(hosts, r)
	if len(misfits) == 0 {
		return "Reason: No Container Instances were found in your cluster."
	}
	steps := []string{"AGENT", "RESOURCE:CPU", "RESOURCE:MEMORY", "RESOURCE:GPU", "RESOURCE:PORTS"}
	closest := slices.MaxFunc(misfits, func(a, b placement.Misfit) int {
		return cmp.Compare(cmp.Or(slices.Index(steps, a.Reason), len(steps)), cmp.Or(slices.Index(steps, b.Reason), len(steps)))
	})
	return "The closest matching (container-instance " + cluster.TaskID(closest.Instance) + ") " + lacking(closest.Reason) + "."
}

// lacking puts a reason into the words of the event.
func lacking(reason string) string {
	switch reason {
	case "RESOURCE:CPU":
		return "has insufficient CPU units available"
	case "RESOURCE:MEMORY":
		return "has insufficient memory available"
	case "RESOURCE:GPU":
		return "has insufficient GPU resource available"
	case "RESOURCE:PORTS":
		return "is already using a port required by your task"
	}
	return "encountered error " + strconv.Quote(reason)
}
