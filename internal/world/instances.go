package world

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"handover/internal/cluster"
	"handover/internal/expression"
	"handover/internal/world/draw"
	"handover/internal/world/placement"
	"handover/internal/world/service"
)

// This file has the container instances: how they come, change and go. Where tasks are placed on them is in place.go.

func instanceNotFound(id string) *cluster.APIError {
	return cluster.Errorf(cluster.ClassNotFound, "InvalidParameterException", "Referenced container instance %s not found.", id)
}

func (w *World) hostByID(id string) (found *placement.Instance, ok bool) {
	if w.hosts == nil {
		w.hosts = make(map[string]*placement.Instance, len(w.state.Instances))
		for _, i := range w.state.Instances {
			w.hosts[i.ID] = i
		}
	}
	found, ok = w.hosts[id]
	return found, ok
}

// instance finds a container instance of a cluster by id or ARN, also an INACTIVE one.
func (w *World) instance(inCluster, name string) (found *placement.Instance, ok bool) {
	found, ok = w.hostByID(cluster.TaskID(name))
	if !ok || found.Cluster != inCluster {
		return nil, false
	}
	return found, true
}

// present finds a container instance that is not INACTIVE.
func (w *World) present(inCluster, name string) (*placement.Instance, error) {
	if _, ok := w.cluster(inCluster); !ok {
		return nil, clusterNotFound()
	}
	i, ok := w.instance(inCluster, name)
	if !ok || i.Status == cluster.InstanceInactive {
		return nil, instanceNotFound(cluster.TaskID(name))
	}
	return i, nil
}

// registerContainerInstance adds a container instance. An EC2 instance that is registered there already keeps its container instance, as an agent's that was
// started again does. Source: API Reference, RegisterContainerInstance.
func (w *World) registerContainerInstance(a cluster.RegisterContainerInstance) (ids []string, err error) {
	c, ok := w.cluster(a.Cluster)
	if !ok {
		return nil, clusterNotFound()
	}
	for _, i := range w.state.Instances {
		if a.EC2ID != "" && i.Cluster == a.Cluster && i.EC2ID == a.EC2ID && i.Status != cluster.InstanceInactive {
			i.Connected = true
			return []string{i.ARN}, nil
		}
	}
	if err := w.mayRegisterInstance(c.Name); err != nil {
		return nil, err
	}
	w.state.Registered++
	name := "container-instance" + number(w.state.Registered)
	i := &placement.Instance{Instance: cluster.Instance{
		ID:      hex64(draw.Bits(w.state.Seed, name, "id")) + hex64(draw.Bits(w.state.Seed, name, "id-low")),
		Cluster: c.Name, EC2ID: a.EC2ID, Status: cluster.InstanceActive, Connected: true, Zone: cmp.Or(a.Zone, w.zones()[0]),
		Agent: cmp.Or(a.Agent, "1.102.0"), Version: 1, RegisteredAt: w.state.Now,
	}}
	i.ARN = w.arn("ecs", "container-instance/"+c.Name+"/"+i.ID)
	i.Registered = a.Resources
	if len(i.Registered.TCP) == 0 {
		i.Registered.TCP = placement.ReservedPorts()
	}
	i.Remaining = i.Clone().Registered
	i.Attributes = own(i.Zone, a.Attributes)
	c.Hosted = true
	w.state.Instances, w.hosts = append(w.state.Instances, i), nil
	if len(a.Tags) > 0 {
		w.setTags(i.ARN, a.Tags)
	}
	w.tellInstance(i)
	w.roomIn(c.Name)
	return []string{i.ARN}, nil
}

// own are the attributes of an instance by name: those that every agent reports, and those that are given. Source: developer guide, task-placement-constraints.
func own(zone string, given []cluster.Attribute) []cluster.Attribute {
	all := []cluster.Attribute{
		{Name: "ecs.availability-zone", Value: zone}, {Name: "ecs.cpu-architecture", Value: "x86_64"}, {Name: "ecs.os-family", Value: "LINUX"}, {Name: "ecs.os-type", Value: "linux"},
	}
	for _, a := range given {
		all = setAttribute(all, a)
	}
	return all
}

// setAttribute sets an attribute in a list by name.
func setAttribute(all []cluster.Attribute, a cluster.Attribute) []cluster.Attribute {
	at, there := slices.BinarySearchFunc(all, a.Name, func(b cluster.Attribute, name string) int { return strings.Compare(b.Name, name) })
	if there {
		all[at] = a
		return all
	}
	return slices.Insert(all, at, a)
}

func (w *World) putAttribute(a cluster.PutAttribute) (ids []string, err error) {
	i, err := w.present(a.Cluster, a.Instance)
	if err != nil {
		return nil, targetNotFound(a.Instance)
	}
	i.Attributes = setAttribute(i.Attributes, a.Attribute)
	i.Version++
	w.roomIn(i.Cluster) // a constraint may hold now
	return []string{i.ARN}, nil
}

func (w *World) deleteAttribute(a cluster.DeleteAttribute) (ids []string, err error) {
	i, err := w.present(a.Cluster, a.Instance)
	if err != nil {
		return nil, targetNotFound(a.Instance)
	}
	i.Attributes = slices.DeleteFunc(i.Attributes, func(b cluster.Attribute) bool {
		return b.Name == a.Attribute.Name && (a.Attribute.Value == "" || a.Attribute.Value == b.Value)
	})
	i.Version++
	w.roomIn(i.Cluster) // daemons leave an instance that their constraints do not allow any more
	return []string{i.ARN}, nil
}

func targetNotFound(name string) *cluster.APIError {
	return cluster.Errorf(cluster.ClassNotFound, "TargetNotFoundException", "The specified target was not found: %s", name)
}

// setInstanceStatus lets an instance drain, or take tasks again. One that is in the status already stays so and no error is made of it, which is not established.
// Source: API Reference, UpdateContainerInstancesState.
func (w *World) setInstanceStatus(a cluster.SetInstanceStatus) (ids []string, err error) {
	if a.Status != cluster.InstanceActive && a.Status != cluster.InstanceDraining {
		return nil, invalid("Invalid container instance status: %s. Only ACTIVE and DRAINING are supported.", a.Status)
	}
	i, err := w.present(a.Cluster, a.Instance)
	if err != nil {
		return nil, err
	}
	if i.Status != cluster.InstanceActive && i.Status != cluster.InstanceDraining {
		return nil, cluster.Errorf(cluster.ClassState, "InvalidParameterException", "Container instance is in status %s, which cannot be changed.", i.Status)
	}
	if i.Status == a.Status && a.Status == cluster.InstanceDraining && w.state.Profile.Variants.RefusesDraining {
		return nil, cluster.Errorf(cluster.ClassState, "InvalidParameterException", "Container instance is already in status DRAINING.")
	}
	if i.Status != a.Status {
		i.Status = a.Status
		i.Version++
		w.tellInstance(i)
		w.evict(i, a.Status == cluster.InstanceDraining)
		w.roomIn(i.Cluster)
	}
	return []string{i.ARN}, nil
}

// deregisterContainerInstance takes an instance out of its cluster. With force the tasks on it run on unknown to ECS, which counts them as stopped.
// Source: API Reference, DeregisterContainerInstance.
func (w *World) deregisterContainerInstance(a cluster.DeregisterContainerInstance) (ids []string, err error) {
	i, err := w.present(a.Cluster, a.Instance)
	if err != nil {
		return nil, err
	}
	if len(i.Tasks) > 0 && !a.Force {
		return nil, cluster.Errorf(cluster.ClassState, "InvalidParameterException", "Found running tasks on the instance.")
	}
	w.abandon(i, "", "Container instance deregistration forced by user")
	return []string{i.ARN}, nil
}

// abandon takes an instance that is gone out of its cluster, with all tasks on it.
func (w *World) abandon(i *placement.Instance, code, reason string) {
	for _, id := range slices.Clone(i.Tasks) {
		if t, ok := w.task(id); ok {
			w.orphan(t, code, reason)
		}
	}
	i.Status, i.Connected = cluster.InstanceInactive, false
	i.Version++
	w.tellInstance(i)
	w.plan(due{At: w.state.Now.Add(shown), Kind: dueForgetInstance, Instance: i.ID})
	w.roomIn(i.Cluster)
}

// orphan ends a task whose instance is gone.
func (w *World) orphan(t *service.Task, code, reason string) {
	if t.Gone() {
		return
	}
	s := w.state.Services[t.Service]
	if t.MeantToRun() {
		t.Desired, t.StoppingAt, t.StopCode, t.StoppedReason, t.Served, t.CountsFrom, t.Left = cluster.Stopped, w.state.Now, code, reason, t.CountsFrom, time.Time{}, int32(s.Looks)
		w.release(t)
		s.Leaving++
		w.disturbed(t)
	}
	t.ExecutionStoppedAt, t.Signalled = w.state.Now, true
	t.Move(cluster.Deprovisioning)
	w.tellTask(t)
	w.detached(t)
}

// forgetInstance removes an INACTIVE instance that ECS no longer describes. How long it does is not published; an hour is what stopped tasks have.
func (w *World) forgetInstance(id string) {
	w.state.Instances = slices.DeleteFunc(w.state.Instances, func(i *placement.Instance) bool {
		gone := i.ID == id && i.Status == cluster.InstanceInactive
		if gone {
			w.untag(i.ARN)
		}
		return gone
	})
	w.hosts = nil
}

// instanceChanged takes the word of what happened to a container instance.
func (w *World) instanceChanged(r Report) {
	i, ok := w.hostByID(r.Instance)
	if !ok || i.Status == cluster.InstanceInactive {
		return
	}
	switch r.Kind {
	case InstanceLost:
		w.abandon(i, "TerminationNotice", "Host EC2 (instance "+i.EC2ID+") terminated.")
	case AgentDisconnected:
		i.Connected = false
		i.Version++
		w.tellInstance(i)
	case AgentConnected:
		w.reconnect(i)
	default: // of a task, or of a target
	}
}

// reconnect lets ECS hear what happened while the agent was disconnected. Tasks run on meanwhile, and nothing can be placed.
// Source: developer guide, container instance "agentConnected".
func (w *World) reconnect(i *placement.Instance) {
	i.Connected = true
	i.Version++
	w.tellInstance(i)
	unheard := w.state.Unheard
	w.state.Unheard = nil
	for _, r := range unheard {
		w.take(&r, nil) // what is of another disconnected instance waits again
	}
	w.roomIn(i.Cluster)
}

// heard tells whether ECS hears of a task: not while the agent of its instance is disconnected.
func (w *World) heard(t *service.Task) bool {
	host, ok := w.host(t)
	return !ok || host.Connected || host.Status == cluster.InstanceInactive
}

// roomIn has the scheduler look at the services of a cluster whose instances have changed, because they may place tasks now, or must move some.
func (w *World) roomIn(inCluster string) {
	for _, s := range w.state.Services {
		if s.Key.Cluster != inCluster || s.Status != cluster.ServiceActive || len(s.Deployments) == 0 || !w.onInstances(s) {
			continue
		}
		after := w.state.Profile.Look
		if s.Scheduling == cluster.Daemon { // daemons start before all others. Source: developer guide, ecs_services
			after = w.state.Profile.Resize
		}
		w.wake(s.Place, w.drawNth(after, s.Luck(), "room", s.Looks))
	}
}

// onInstances tells whether a service's tasks are placed on container instances.
func (w *World) onInstances(s *service.Service) bool {
	return (s.Launch == cluster.EC2 || s.Launch == cluster.External || s.Provider != "") && w.hosted(s.Key.Cluster) || w.grouped(s.Provider)
}

// grouped tells whether a capacity provider has an Auto Scaling group, which may have no instance yet.
func (w *World) grouped(provider string) bool {
	return provider != "" && slices.ContainsFunc(w.state.Fleet.Providers, func(p capacityProvider) bool { return p.Name == provider })
}

// hosted tells whether a cluster's container instances are modelled one by one.
func (w *World) hosted(inCluster string) bool {
	c, ok := w.cluster(inCluster)
	return ok && c.Hosted
}

// Instances gives the container instances of a cluster by id, also those that are INACTIVE and still shown.
func (w *World) Instances(inCluster string) []cluster.Instance {
	var all []cluster.Instance
	for _, i := range w.state.Instances {
		if i.Cluster == inCluster {
			all = append(all, w.instanceView(i))
		}
	}
	slices.SortFunc(all, func(a, b cluster.Instance) int { return strings.Compare(a.ID, b.ID) })
	return all
}

// Instance finds a container instance of a cluster by id.
func (w *World) Instance(inCluster, id string) (found cluster.Instance, ok bool) {
	i, ok := w.instance(inCluster, id)
	if !ok {
		return cluster.Instance{}, false
	}
	return w.instanceView(i), true
}

// instanceView counts an instance's tasks: those alone that are meant to run, so that one which drains its connections is in neither count.
// Source: aws-cdk issue 13506; behaviour §1.4.
func (w *World) instanceView(i *placement.Instance) cluster.Instance {
	v := i.Clone().Instance
	v.Tags = w.Tags(i.ARN)
	for _, id := range i.Tasks {
		t, ok := w.task(id)
		switch {
		case !ok || !t.MeantToRun():
		case t.Last == cluster.Running:
			v.Running++
		default:
			v.Pending++
		}
	}
	return v
}

// instanceViews gives what a scope asks for of a cluster's instances.
func (w *World) instanceViews(wanted cluster.InstanceScope) []cluster.InstanceView {
	var views []cluster.InstanceView
	if wanted.Cluster == "" {
		for _, c := range w.state.Clusters {
			wanted.Cluster = c.Name
			views = append(views, w.instanceViews(wanted)...)
		}
		return views
	}
	for _, i := range w.state.Instances {
		if i.Status != cluster.InstanceInactive && i.Cluster == wanted.Cluster && wanted.Has(i.Instance) {
			views = append(views, cluster.InstanceView{Instance: w.instanceView(i)})
		}
	}
	slices.SortFunc(views, func(a, b cluster.InstanceView) int { return strings.Compare(a.Instance.ID, b.Instance.ID) })
	if wanted.Tasks == cluster.NoTasks {
		return views
	}
	at := make(map[string]int, len(views))
	for n, v := range views {
		at[v.Instance.ARN] = n
	}
	w.EachTask(wanted.Cluster, func(t *cluster.Task) {
		if n, ok := at[t.Instance]; ok && (wanted.Tasks == cluster.AllTasks || t.MeantToRun()) {
			shown := *t
			shown.Containers = slices.Clone(t.Containers)
			views[n].Tasks = append(views[n].Tasks, shown)
		}
	})
	for _, v := range views {
		slices.SortFunc(v.Tasks, func(a, b cluster.Task) int { return service.CompareAges(&a, &b) })
	}
	return views
}

// checkPlacement refuses what ECS refuses of a service's placement. Source: API Reference, CreateService: up to 5 strategies and 10 constraints, none on Fargate, and no
// strategy for DAEMON.
func checkPlacement(s *service.Service) error {
	switch {
	case len(s.Strategy) > 5:
		return invalid("A maximum of 5 placement strategies can be specified.")
	case len(s.Constraints) > 10:
		return invalid("A maximum of 10 placement constraints can be specified.")
	case s.Launch == cluster.Fargate && len(s.Strategy) > 0:
		return invalid("Placement strategies are not supported with FARGATE launch type.")
	case s.Launch == cluster.Fargate && len(s.Constraints) > 0:
		return invalid("Placement constraints are not supported with FARGATE launch type.")
	case s.Scheduling == cluster.Daemon && len(s.Strategy) > 0:
		return invalid("Placement strategies are not supported with DAEMON scheduling strategy.")
	}
	for _, c := range s.Constraints {
		if err := checkConstraint(c); err != nil {
			return err
		}
	}
	return nil
}

// checkConstraint refuses a placement constraint that ECS refuses. Source: API Reference, PlacementConstraint.
func checkConstraint(c cluster.PlacementConstraint) error {
	switch {
	case c.Type == cluster.DistinctInstance && c.Expression != "":
		return invalid("An expression cannot be specified with distinctInstance.")
	case c.Type == cluster.DistinctInstance:
		return nil
	case c.Type != cluster.MemberOf:
		return invalid("Invalid placement constraint type: %s", c.Type)
	}
	if _, err := expression.Parse(c.Expression); err != nil {
		return invalid("Invalid constraint expression: %s", c.Expression)
	}
	return nil
}
