package world

import (
	"cmp"
	"encoding/json"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"handover/internal/cluster"
	"handover/internal/world/service"
)

// Cluster is an ECS cluster as it is now.
type Cluster struct {
	Name    string
	ARN     string
	Status  cluster.ServiceStatus
	Members json.RawMessage
}

// Counts is how much a cluster has.
type Counts struct {
	Services  int // ACTIVE services
	Running   int // tasks RUNNING
	Pending   int // tasks PENDING
	Instances int // container instances, ACTIVE and DRAINING
}

// Clusters gives all clusters by name.
func (w *World) Clusters() []Cluster {
	all := make([]Cluster, 0, len(w.state.Clusters))
	for _, c := range w.state.Clusters {
		all = append(all, w.clusterView(c))
	}
	return all
}

// Cluster finds a cluster by name. One that was deleted is INACTIVE for a while.
func (w *World) Cluster(name string) (found Cluster, ok bool) {
	if c, ok := w.cluster(name); ok {
		return w.clusterView(c), true
	}
	gone := func(d deletedCluster) bool { return d.Name == name && w.state.Now.Sub(d.At) <= shownDeleted }
	if !slices.ContainsFunc(w.state.Deleted, gone) {
		return Cluster{}, false
	}
	return Cluster{Name: name, ARN: w.arn("ecs", "cluster/"+name), Status: cluster.ServiceInactive}, true
}

func (w *World) clusterView(c *clusterState) Cluster {
	return Cluster{Name: c.Name, ARN: w.arn("ecs", "cluster/"+c.Name), Status: c.Status, Members: c.Members}
}

// Counts counts what a cluster has; all of its tasks are looked at.
func (w *World) Counts(inCluster string) (n Counts) {
	for _, s := range w.state.Services {
		if s.Key.Cluster != inCluster {
			continue
		}
		if s.Status == cluster.ServiceActive {
			n.Services++
		}
		for _, t := range s.Tasks {
			switch t.Last {
			case cluster.Running:
				n.Running++
			case cluster.Provisioning, cluster.Pending, cluster.Activating:
				n.Pending++
			case cluster.Deactivating, cluster.Stopping, cluster.Deprovisioning, cluster.Stopped:
			}
		}
	}
	for _, i := range w.state.Instances {
		if i.Cluster == inCluster && (i.Status == cluster.InstanceActive || i.Status == cluster.InstanceDraining) {
			n.Instances++
		}
	}
	return n
}

// Services gives the keys of a cluster's ACTIVE services by name.
func (w *World) Services(inCluster string) []cluster.ServiceKey {
	var keys []cluster.ServiceKey
	for _, s := range w.state.Services {
		if s.Key.Cluster == inCluster && s.Status == cluster.ServiceActive {
			keys = append(keys, s.Key)
		}
	}
	slices.SortFunc(keys, func(a, b cluster.ServiceKey) int { return strings.Compare(a.Service, b.Service) })
	return keys
}

// Service gives a service as it is now, in every status.
func (w *World) Service(key cluster.ServiceKey) (found cluster.Service, ok bool) {
	s, ok := w.service(key)
	if !ok {
		return cluster.Service{}, false
	}
	v := s.View()
	v.ARN, v.ClusterARN = w.serviceARN(key), w.arn("ecs", "cluster/"+key.Cluster)
	v.Events = s.EventViews(w.eventIDs(key.String()))
	v.Tags = w.Tags(v.ARN)
	return v, true
}

// HasService tells whether Service finds a service.
func (w *World) HasService(key cluster.ServiceKey) bool {
	_, ok := w.service(key)
	return ok
}

// ServiceMembers gives the members of the requests that made the service which no rule uses.
func (w *World) ServiceMembers(key cluster.ServiceKey) json.RawMessage {
	s, ok := w.service(key)
	if !ok {
		return nil
	}
	return s.Members
}

// RevisionMembers gives the members that a service had when one of its deployments, or a task set, began. A deployment that a snapshot was loaded with has
// those of the service.
func (w *World) RevisionMembers(key cluster.ServiceKey, deployment string) json.RawMessage {
	s, ok := w.service(key)
	if !ok {
		return nil
	}
	for _, d := range s.Sets() {
		if d.ID == deployment && len(d.Members) > 0 {
			return d.Members
		}
	}
	return s.Members
}

// Tasks gives the tasks of a cluster that ECS still shows, oldest first; tasks of one moment are in the order in which they were started.
func (w *World) Tasks(inCluster string) []cluster.Task {
	var all []cluster.Task
	for _, s := range w.state.Services {
		if s.Key.Cluster == inCluster {
			all = append(all, views(s.Tasks)...)
		}
	}
	slices.SortStableFunc(all, func(a, b cluster.Task) int { return a.CreatedAt.Compare(b.CreatedAt) })
	return all
}

// EachTask shows the tasks of a cluster that ECS still shows, service by service. Neither may a task be changed nor kept: it is the world's own, not a copy.
func (w *World) EachTask(inCluster string, see func(*cluster.Task)) {
	for _, s := range w.state.Services {
		if s.Key.Cluster != inCluster {
			continue
		}
		for _, t := range s.Tasks {
			see(&t.Task)
		}
	}
}

// TaskMark is a task's place in the order of TasksAfter. The zero value is before all tasks.
type TaskMark struct {
	Service   int // the place of its service in the world
	CreatedAt time.Time
	ID        string
}

// TasksAfter gives the tasks that ECS still shows of one service, or of a whole cluster where the key names no service, which come after a mark: service by service in the
// order in which these were made, the tasks of each oldest first, then by id. No later change of a task upsets that order. Neither may a task be changed nor kept: it is
// the world's own, not a copy; copying them took 9 ms for 500 tasks.
func (w *World) TasksAfter(mark TaskMark, of cluster.ServiceKey) func(yield func(TaskMark, *cluster.Task) bool) {
	return func(yield func(TaskMark, *cluster.Task) bool) {
		for _, s := range w.state.Services {
			if s.Place < mark.Service || s.Key.Cluster != of.Cluster || of.Service != "" && s.Key.Service != of.Service {
				continue
			}
			tasks := s.ByAge()
			if s.Place == mark.Service {
				last := cluster.Task{CreatedAt: mark.CreatedAt, ID: mark.ID}
				tasks = tasks[sort.Search(len(tasks), func(i int) bool { return service.CompareAges(&tasks[i].Task, &last) > 0 }):]
			}
			for _, t := range tasks {
				if !yield(TaskMark{s.Place, t.CreatedAt, t.ID}, &t.Task) {
					return
				}
			}
		}
	}
}

// Task finds a task of a cluster by id.
func (w *World) Task(inCluster, id string) (found cluster.Task, ok bool) {
	t, ok := w.task(id)
	if !ok || w.state.Services[t.Service].Key.Cluster != inCluster {
		return cluster.Task{}, false
	}
	return view(t), true
}

func views(tasks []*service.Task) []cluster.Task {
	all := make([]cluster.Task, len(tasks))
	for i, t := range tasks {
		all[i] = view(t)
	}
	return all
}

func view(t *service.Task) cluster.Task {
	v := t.Task
	v.Containers = slices.Clone(v.Containers)
	return v
}

// Definition is a revision of a task definition as it is now.
type Definition struct {
	cluster.TaskDefinition
	Active       bool
	Deregistered time.Time // zero: it was not
	Deleting     bool      // it was deleted, and ECS still shows it
	Members      json.RawMessage
}

// Definitions gives all revisions by family and revision.
func (w *World) Definitions() []Definition {
	all := make([]Definition, 0, len(w.state.Definitions))
	for _, d := range w.state.Definitions {
		all = append(all, d.view())
	}
	return all
}

// Definition finds a revision by family (its latest ACTIVE one), family:revision, or ARN.
func (w *World) Definition(name string) (found Definition, ok bool) {
	d, ok := w.revision(name)
	if !ok {
		return Definition{}, false
	}
	return d.view(), true
}

func (d *definition) view() Definition {
	return Definition{TaskDefinition: d.TaskDefinition, Active: d.Active, Deregistered: d.InactiveAt, Deleting: d.Deleting, Members: d.Members}
}

// TargetGroup is a target group as it is now.
type TargetGroup struct {
	cluster.TargetGroup
	Members json.RawMessage
}

// TargetGroups gives all target groups by name.
func (w *World) TargetGroups() []TargetGroup {
	all := make([]TargetGroup, 0, len(w.state.Balancer.Groups))
	for _, g := range w.state.Balancer.Groups {
		all = append(all, TargetGroup{TargetGroup: g.TargetGroup, Members: g.Members})
	}
	return all
}

// TargetGroup finds a target group by ARN.
func (w *World) TargetGroup(arn string) (found TargetGroup, ok bool) {
	g, ok := w.state.Balancer.Group(arn)
	if !ok {
		return TargetGroup{}, false
	}
	return TargetGroup{TargetGroup: g.TargetGroup, Members: g.Members}, true
}

// Targets gives the targets of a target group by id and port.
func (w *World) Targets(group string) []cluster.Target {
	g, ok := w.state.Balancer.Group(group)
	if !ok {
		return nil
	}
	return g.View(nil)
}

// Tags gives the tags of a resource by key.
func (w *World) Tags(arn string) []cluster.Tag {
	at, there := slices.BinarySearchFunc(w.state.Tagged, arn, func(t tagged, arn string) int { return strings.Compare(t.ARN, arn) })
	if !there {
		return nil
	}
	return slices.Clone(w.state.Tagged[at].Tags)
}

// Look gives what a scope asks for, as any provider of operations does. A world keeps nothing back, so there are no gaps.
func (w *World) Look(scope cluster.Scope) cluster.Snapshot {
	return w.show(scope, nil, w.serviceView)
}

// Peek is Look for someone who neither changes what is shown nor keeps it beyond the next Peek: of a service's events only the newest is there, without its words unless it
// is that no task finds room, which operations go by; and all lists are used again. A forecast looks some ten thousand times.
func (w *World) Peek(scope cluster.Scope) cluster.Snapshot {
	w.peeked.clear()
	snapshot := w.show(scope, w.peeked.services, w.briefView)
	w.peeked.services = snapshot.Services
	return snapshot
}

// peeked is what Peek has shown last: memory for the next one.
type peeked struct {
	services    []cluster.ServiceView
	deployments []cluster.Deployment
	events      []cluster.Event
	tasks       []cluster.Task
	targets     []cluster.Target
	groups      []cluster.TargetGroup
	definitions []cluster.TaskDefinition
}

func (s *peeked) clear() {
	s.services, s.deployments, s.events, s.tasks = s.services[:0], s.deployments[:0], s.events[:0], s.tasks[:0]
	s.targets, s.groups, s.definitions = s.targets[:0], s.groups[:0], s.definitions[:0]
}

func (w *World) show(scope cluster.Scope, views []cluster.ServiceView, view func(*service.Service, cluster.ServiceScope) cluster.ServiceView) cluster.Snapshot {
	snapshot := cluster.Snapshot{At: w.state.Now, Scope: scope, Services: views}
	for _, wanted := range scope.Services {
		s, ok := w.service(wanted.Service)
		if !ok {
			continue
		}
		v := view(s, wanted)
		snapshot.Services = append(snapshot.Services, v)
		if wanted.Images {
			snapshot.Images = append(snapshot.Images, w.images(v.Definitions)...)
		}
	}
	for _, wanted := range scope.Instances {
		snapshot.Instances = append(snapshot.Instances, w.instanceViews(wanted)...)
	}
	for _, name := range scope.Images {
		snapshot.Images = append(snapshot.Images, cluster.Image{Name: name, Digest: w.digest(name)})
	}
	for _, name := range scope.Definitions {
		found := w.named(name)
		snapshot.Definitions, snapshot.Images = append(snapshot.Definitions, found), append(snapshot.Images, w.images([]cluster.TaskDefinition{found.Definition})...)
	}
	if len(scope.Alarms) > 0 {
		snapshot.Alarms = slices.DeleteFunc(w.Alarms(), func(a cluster.Alarm) bool { return !slices.Contains(scope.Alarms, a.Name) })
	}
	return snapshot
}

func (w *World) serviceView(s *service.Service, wanted cluster.ServiceScope) cluster.ServiceView {
	v := cluster.ServiceView{}
	v.Service, _ = w.Service(s.Key)
	v.Tasks = tasksOf(make([]cluster.Task, 0, len(s.Tasks)), s, wanted.Tasks)
	for i := range v.Tasks {
		v.Tasks[i].Containers = slices.Clone(v.Tasks[i].Containers)
	}
	w.surroundings(&v, s, wanted)
	return v
}

func (w *World) briefView(s *service.Service, wanted cluster.ServiceScope) cluster.ServiceView {
	p := &w.peeked
	v := cluster.ServiceView{
		Service: s.Brief(tail(p.deployments)), Tasks: tasksOf(tail(p.tasks), s, wanted.Tasks),
		TargetGroups: tail(p.groups), Targets: tail(p.targets), Definitions: tail(p.definitions),
	}
	v.Service.ARN = w.serviceARN(s.Key)
	v.Service.Tags = w.Tags(v.Service.ARN)
	if n := len(s.Events); n > 0 {
		e := s.Events[n-1]
		newest := cluster.Event{ID: cmp.Or(e.ID, strconv.Itoa(e.Number)), At: e.At}
		if e.Kind == service.SaidNoRoom {
			newest.Message = e.Sentence(s.Key.Service)
		}
		v.Service.Events = append(tail(p.events), newest)
	}
	w.surroundings(&v, s, wanted)
	p.deployments, p.events, p.tasks = joined(p.deployments, v.Service.Deployments), joined(p.events, v.Service.Events), joined(p.tasks, v.Tasks)
	p.groups, p.targets, p.definitions = joined(p.groups, v.TargetGroups), joined(p.targets, v.Targets), joined(p.definitions, v.Definitions)
	return v
}

// tail is what room is left behind the end of a list, as a list of its own.
func tail[T any](list []T) []T { return list[len(list):] }

// joined is a list with what was added to its tail. Where that had no room for it, the list has moved there.
func joined[T any](list, added []T) []T {
	if cap(list)-len(list) < len(added) {
		return added
	}
	return list[:len(list)+len(added)]
}

// tasksOf adds the tasks that are asked for to a list, oldest first, then by id.
func tasksOf(list []cluster.Task, s *service.Service, wanted cluster.Tasks) []cluster.Task {
	if wanted == cluster.NoTasks {
		return list
	}
	for _, t := range s.ByAge() {
		if wanted == cluster.AllTasks || t.MeantToRun() {
			list = append(list, t.Task)
		}
	}
	return list
}

// surroundings shows what stands beside a service, and hides of its tasks what was not asked for.
func (w *World) surroundings(v *cluster.ServiceView, s *service.Service, wanted cluster.ServiceScope) {
	if !wanted.Protection {
		for i := range v.Tasks {
			v.Tasks[i].ProtectedUntil = time.Time{}
		}
	}
	if t, ok := w.state.Scaling.Target(s.Key); ok && wanted.Scaling {
		v.Scaling = &cluster.ScalableTarget{ARN: w.targetARN(s.Key), Min: t.Min, Max: t.Max, Suspended: t.Suspended}
		if wanted.Policies {
			v.Scaling.Policies, v.Scaling.Schedules = w.policiesOf(t)
		}
	}
	if wanted.Quota && onDemand(s.Launch, s.Provider) {
		quota := w.FargateQuota()
		v.Fargate = &quota
	}
	if wanted.History {
		v.History, v.Revisions = w.historyOf(s)
	}
	if wanted.Targets {
		for _, a := range s.Attachments {
			if g, ok := w.state.Balancer.Group(a.TargetGroup); ok {
				v.TargetGroups = append(v.TargetGroups, g.TargetGroup)
				v.Targets = g.View(v.Targets)
			}
		}
		slices.SortFunc(v.TargetGroups, func(a, b cluster.TargetGroup) int { return strings.Compare(a.ARN, b.ARN) })
		if len(s.Attachments) > 1 {
			slices.SortStableFunc(v.Targets, func(a, b cluster.Target) int { return strings.Compare(a.Group, b.Group) })
		}
	}
	if wanted.Definitions || wanted.Images {
		v.Definitions = w.definitionsOf(v.Definitions, s)
	}
}

// historyOf gives the latest service deployments, newest first, and the revisions that they name, by ARN.
func (w *World) historyOf(s *service.Service) ([]cluster.ServiceDeployment, []cluster.ServiceRevision) {
	var history []cluster.ServiceDeployment
	var named []string
	for _, r := range slices.Backward(s.History) {
		if len(history) == cluster.HistoryRead {
			break
		}
		v := w.recordView(s, r)
		history, named = append(history, v), append(append(named, v.Target), v.Sources...)
	}
	slices.Sort(named)
	var revisions []cluster.ServiceRevision
	for _, r := range s.History {
		if slices.Contains(named, w.revisionARN(s, r.Deployment)) {
			revisions = append(revisions, w.revisionView(s, r))
		}
	}
	slices.SortFunc(revisions, func(a, b cluster.ServiceRevision) int { return strings.Compare(a.ARN, b.ARN) })
	return history, revisions
}

// definitionsOf adds the task definitions of all deployments to an empty list, by ARN.
func (w *World) definitionsOf(found []cluster.TaskDefinition, s *service.Service) []cluster.TaskDefinition {
	for _, d := range s.Deployments {
		revision, ok := w.revision(d.Definition)
		if ok && !slices.ContainsFunc(found, func(known cluster.TaskDefinition) bool { return known.ARN == revision.ARN }) {
			found = append(found, revision.TaskDefinition)
		}
	}
	slices.SortFunc(found, func(a, b cluster.TaskDefinition) int { return strings.Compare(a.ARN, b.ARN) })
	return found
}

// named gives what the name of a task definition stands for.
func (w *World) named(name string) cluster.NamedDefinition {
	revision, ok := w.revision(name)
	if !ok {
		return cluster.NamedDefinition{Name: name, Missing: true}
	}
	return cluster.NamedDefinition{Name: name, Definition: revision.TaskDefinition, Inactive: !revision.Active}
}

// images gives what the images of definitions resolve to: in a world an image stands for the same code for ever.
func (w *World) images(definitions []cluster.TaskDefinition) []cluster.Image {
	var found []cluster.Image
	for _, d := range definitions {
		for _, c := range d.Containers {
			found = append(found, cluster.Image{Name: c.Image, Digest: w.digest(c.Image)})
		}
	}
	slices.SortFunc(found, func(a, b cluster.Image) int { return strings.Compare(a.Name, b.Name) })
	return slices.Compact(found)
}
