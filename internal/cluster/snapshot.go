package cluster

import (
	"slices"
	"sort"
	"strings"
	"time"
)

// Scope says what is to be read. The zero Scope asks for nothing and costs no call.
type Scope struct {
	Services  []ServiceScope  `json:"services,omitempty"`  // at most one entry a service, ordered by key
	Instances []InstanceScope `json:"instances,omitempty"` // at most one entry a cluster, ordered by cluster
	Alarms    []string        `json:"alarms,omitempty"`    // CloudWatch alarms by name, in order, each once
	Images    []string        `json:"images,omitempty"`    // images by name, in order, each once, beside those of definitions
	// Definitions are task definitions by FAMILY, FAMILY:REVISION or ARN, in order, each once, beside those of services; and the digests that their images' tags resolve to now.
	Definitions []string `json:"definitions,omitempty"`
}

// Tasks says which tasks of a service are to be read.
type Tasks string

// What can be asked of a service's tasks. ListTasks hides every task that is not meant to run unless it is asked for those, so "all" costs more.
const (
	NoTasks      Tasks = ""
	RunningTasks Tasks = "running" // meant to run
	AllTasks     Tasks = "all"     // and those that are stopping or stopped, as long as ECS shows them: an hour
)

// ServiceScope is what is to be read of one service. The service itself is always read.
type ServiceScope struct {
	Service     ServiceKey `json:"service"`
	Tasks       Tasks      `json:"tasks,omitempty"`
	Targets     bool       `json:"targets,omitempty"`     // target groups and the health of their targets
	Definitions bool       `json:"definitions,omitempty"` // the task definitions of all deployments
	Images      bool       `json:"images,omitempty"`      // the digests that the definitions' tags resolve to now
	Protection  bool       `json:"protection,omitempty"`  // until when the tasks that are read are protected
	Scaling     bool       `json:"scaling,omitempty"`     // the service's scalable target
	Policies    bool       `json:"policies,omitempty"`    // and that target's scaling policies and scheduled actions
	Subnets     bool       `json:"subnets,omitempty"`     // the free addresses of the subnets in which its tasks get addresses of their own
	Quota       bool       `json:"quota,omitempty"`       // what its tasks may take on Fargate, where they are there
	History     bool       `json:"history,omitempty"`     // the latest service deployments, and the revisions from and to which they went
}

// InstanceScope is what is to be read of a cluster's container instances: the instances, and which of the tasks on them, whosever they are. Where neither
// Instances nor Hosts are given, it is all that are not INACTIVE.
type InstanceScope struct {
	Cluster   string   `json:"cluster"`             // empty, with Hosts alone: whichever cluster they are in
	Instances []string `json:"instances,omitempty"` // ids, in order
	Hosts     []string `json:"hosts,omitempty"`     // ids of EC2 instances, in order
	Tasks     Tasks    `json:"tasks,omitempty"`
}

// Has tells whether the scope asks for an instance.
func (s InstanceScope) Has(i Instance) bool {
	return (s.Cluster == "" || s.Cluster == i.Cluster) && (s.all() || slices.Contains(s.Instances, i.ID) || slices.Contains(s.Hosts, i.EC2ID))
}

func (s InstanceScope) all() bool { return len(s.Instances)+len(s.Hosts) == 0 }

// Of is the Scope of one cluster's container instances.
func (s InstanceScope) Of() Scope { return Scope{Instances: []InstanceScope{s}} }

func (s InstanceScope) union(other InstanceScope) InstanceScope {
	if s.all() || other.all() {
		s.Instances, s.Hosts = nil, nil
	} else {
		s.Instances = slices.Compact(slices.Sorted(slices.Values(slices.Concat(s.Instances, other.Instances))))
		s.Hosts = slices.Compact(slices.Sorted(slices.Values(slices.Concat(s.Hosts, other.Hosts))))
	}
	if s.Tasks == NoTasks || other.Tasks == AllTasks {
		s.Tasks = other.Tasks
	}
	return s
}

// Of is the Scope of one service.
func (s ServiceScope) Of() Scope { return Scope{Services: []ServiceScope{s}} }

// Empty tells whether nothing is asked for.
func (s Scope) Empty() bool {
	return len(s.Services)+len(s.Instances)+len(s.Alarms)+len(s.Images)+len(s.Definitions) == 0
}

// Union asks for all that either scope asks for.
func (s Scope) Union(other Scope) Scope {
	return Scope{
		Services: unite(slices.Concat(s.Services, other.Services), func(a, b ServiceScope) int { return a.Service.Compare(b.Service) }, ServiceScope.union),
		Instances: unite(slices.Concat(s.Instances, other.Instances), func(a, b InstanceScope) int { return strings.Compare(a.Cluster, b.Cluster) },
			InstanceScope.union),
		Alarms:      named(s.Alarms, other.Alarms),
		Images:      named(s.Images, other.Images),
		Definitions: named(s.Definitions, other.Definitions),
	}
}

func named(some, others []string) []string {
	return unite(slices.Concat(some, others), strings.Compare, func(a, _ string) string { return a })
}

// unite orders entries and joins those that compare as equal.
func unite[T any](all []T, compare func(a, b T) int, join func(a, b T) T) []T {
	slices.SortStableFunc(all, compare)
	var united []T
	for _, next := range all {
		if n := len(united); n > 0 && compare(united[n-1], next) == 0 {
			united[n-1] = join(united[n-1], next)
			continue
		}
		united = append(united, next)
	}
	return united
}

// Covers tells whether the scope asks for all that the other one does.
func (s Scope) Covers(other Scope) bool {
	for _, wanted := range other.Services {
		if !slices.ContainsFunc(s.Services, func(own ServiceScope) bool { return own.Service == wanted.Service && own.union(wanted) == own }) {
			return false
		}
	}
	for _, wanted := range other.Instances {
		if !slices.ContainsFunc(s.Instances, func(own InstanceScope) bool { return own.covers(wanted) }) {
			return false
		}
	}
	return containsAll(s.Alarms, other.Alarms) && containsAll(s.Images, other.Images) && containsAll(s.Definitions, other.Definitions)
}

func containsAll(names, wanted []string) bool {
	return !slices.ContainsFunc(wanted, func(name string) bool { return !slices.Contains(names, name) })
}

// covers tells whether the scope asks for all that the other one does.
func (s InstanceScope) covers(other InstanceScope) bool {
	tasks := s.Tasks == other.Tasks || s.Tasks == AllTasks || other.Tasks == NoTasks
	all := len(s.Instances) == 0 || len(other.Instances) > 0 && !slices.ContainsFunc(other.Instances, func(id string) bool { return !slices.Contains(s.Instances, id) })
	return s.Cluster == other.Cluster && tasks && all
}

func (s ServiceScope) union(other ServiceScope) ServiceScope {
	if s.Tasks == NoTasks || other.Tasks == AllTasks {
		s.Tasks = other.Tasks
	}
	s.Targets = s.Targets || other.Targets
	s.Definitions = s.Definitions || other.Definitions
	s.Images = s.Images || other.Images
	s.Protection = s.Protection || other.Protection
	s.Scaling = s.Scaling || other.Scaling
	s.Policies = s.Policies || other.Policies
	s.Subnets = s.Subnets || other.Subnets
	s.Quota = s.Quota || other.Quota
	s.History = s.History || other.History
	return s
}

// Snapshot is what was read, and what could not be. "Not read" is not "none": a list is only meaningful where the Scope asked for it and no Gap
// names it.
type Snapshot struct {
	At       time.Time     `json:"at"` // the provider's time when the reading began
	Scope    Scope         `json:"scope"`
	Gaps     []Gap         `json:"gaps,omitempty"`
	Services []ServiceView `json:"services,omitempty"` // those that exist, ordered by key
	// Instances are the container instances that exist, ordered by cluster and id.
	Instances []InstanceView `json:"instances,omitempty"`
	// Images are the digests that image names resolve to now, ordered by name; only those that could be found out.
	Images []Image `json:"images,omitempty"`
	// Definitions are the task definitions that were asked for by name, ordered by name; only those of which could be found out whether they are there.
	Definitions []NamedDefinition `json:"definitions,omitempty"`
	// Alarms are those that were asked for and exist, ordered by name.
	Alarms []Alarm `json:"alarms,omitempty"`
}

// With is the snapshot with what was read of other things in a second go. Of what both have, the first stands.
func (s Snapshot) With(other Snapshot) Snapshot {
	s.Scope, s.Gaps = s.Scope.Union(other.Scope), slices.Concat(s.Gaps, other.Gaps)
	s.Services, s.Instances = slices.Concat(s.Services, other.Services), slices.Concat(s.Instances, other.Instances)
	s.Images, s.Alarms = slices.Concat(s.Images, other.Images), slices.Concat(s.Alarms, other.Alarms)
	s.Definitions = slices.Concat(s.Definitions, other.Definitions)
	return s
}

// Service finds a service of the snapshot.
func (s Snapshot) Service(key ServiceKey) (view ServiceView, ok bool) {
	for _, v := range s.Services {
		if v.Service.Key == key {
			return v, true
		}
	}
	return ServiceView{}, false
}

// Gap finds what kept a part of a service from being read.
func (s Snapshot) Gap(key ServiceKey, part Part) (gap Gap, ok bool) {
	for _, g := range s.Gaps {
		if g.Service == key && g.Part == part {
			return g, true
		}
	}
	return Gap{}, false
}

// Host finds the container instance of an EC2 instance in the clusters in which it was asked for; found is false where there is none. ok is false where it
// was not asked for at all, or where a cluster could not be read, so that none says nothing.
func (s Snapshot) Host(ec2ID string) (view InstanceView, found, ok bool) {
	for _, v := range s.Instances {
		if v.Instance.EC2ID == ec2ID {
			return v, true, true
		}
	}
	asked := slices.ContainsFunc(s.Scope.Instances, func(scope InstanceScope) bool { return slices.Contains(scope.Hosts, ec2ID) })
	gap := slices.ContainsFunc(s.Gaps, func(g Gap) bool { return g.Part == PartInstances })
	return InstanceView{}, false, asked && !gap
}

// InstancesOf gives the container instances of a cluster by id. ok is false where they were not asked for, or could not be read.
func (s Snapshot) InstancesOf(inCluster string) (views []InstanceView, ok bool) {
	_, gap := s.Gap(ServiceKey{Cluster: inCluster}, PartInstances)
	asked := slices.ContainsFunc(s.Scope.Instances, func(scope InstanceScope) bool { return scope.Cluster == inCluster })
	if gap || !asked {
		return nil, false
	}
	for _, v := range s.Instances {
		if v.Instance.Cluster == inCluster {
			views = append(views, v)
		}
	}
	return views, true
}

// Only cuts the snapshot down to what one child of many asked for.
func (s Snapshot) Only(scope Scope) Snapshot {
	wanted := func(key ServiceKey) bool {
		if key == (ServiceKey{}) {
			return len(scope.Alarms)+len(scope.Images)+len(scope.Definitions) > 0
		}
		if key.Service == "" {
			return slices.ContainsFunc(scope.Instances, func(s InstanceScope) bool { return s.Cluster == key.Cluster })
		}
		return slices.ContainsFunc(scope.Services, func(s ServiceScope) bool { return s.Service == key })
	}
	cut := Snapshot{At: s.At, Scope: scope, Images: s.Images, Definitions: s.Definitions}
	for _, a := range s.Alarms {
		if slices.Contains(scope.Alarms, a.Name) {
			cut.Alarms = append(cut.Alarms, a)
		}
	}
	for _, g := range s.Gaps {
		if wanted(g.Service) {
			cut.Gaps = append(cut.Gaps, g)
		}
	}
	for _, v := range s.Services {
		if wanted(v.Service.Key) {
			cut.Services = append(cut.Services, v)
		}
	}
	for _, v := range s.Instances {
		if slices.ContainsFunc(scope.Instances, func(s InstanceScope) bool { return s.Has(v.Instance) }) {
			cut.Instances = append(cut.Instances, v)
		}
	}
	return cut
}

// Part names a part of what is read of a service, or of a cluster's container instances.
type Part string

// The parts that can be missing.
const (
	PartService     Part = "service"
	PartTasks       Part = "tasks"
	PartTargets     Part = "targets"
	PartDefinitions Part = "definitions"
	PartImages      Part = "images"
	PartProtection  Part = "protection"
	PartScaling     Part = "scaling"
	PartPolicies    Part = "policies"
	PartSchedules   Part = "schedules"
	PartSubnets     Part = "subnets"
	PartQuota       Part = "quota"
	PartHistory     Part = "history"
	PartInstances   Part = "instances"
	PartAlarms      Part = "alarms"
)

// Gap is a part of the Scope that could not be read: of a service, where Service names a cluster alone of the cluster's container instances, and of the alarms where
// it names nothing.
type Gap struct {
	Service    ServiceKey `json:"service"`
	Part       Part       `json:"part"`
	Permission string     `json:"permission"` // the IAM action that reading it takes, for example ecs:DescribeTasks
	Err        APIError   `json:"error"`
}

// Image is what an image name resolves to.
type Image struct {
	Name    string `json:"name"`
	Digest  string `json:"digest"`
	Missing bool   `json:"missing,omitempty"` // its registry says that there is none of this name, so that Digest is empty
}

// NamedDefinition is what the name of a task definition stands for. A family alone stands for its latest revision that is ACTIVE.
type NamedDefinition struct {
	Name       string         `json:"name"`
	Definition TaskDefinition `json:"definition,omitzero"`
	Missing    bool           `json:"missing,omitempty"`  // ECS says that there is none of this name
	Inactive   bool           `json:"inactive,omitempty"` // it was deregistered: nothing new can be deployed from it
}

// Definition finds what the name of a task definition that was asked for stands for.
func (s Snapshot) Definition(name string) (found NamedDefinition, ok bool) {
	for _, d := range s.Definitions {
		if d.Name == name {
			return d, true
		}
	}
	return NamedDefinition{}, false
}

// ServiceView is all that was read of one service.
type ServiceView struct {
	Service      Service          `json:"service"`
	Tasks        []Task           `json:"tasks,omitempty"`        // oldest first, then by id
	Targets      []Target         `json:"targets,omitempty"`      // by group, id and port
	TargetGroups []TargetGroup    `json:"targetGroups,omitempty"` // by ARN
	Definitions  []TaskDefinition `json:"definitions,omitempty"`  // by ARN
	// Scaling is nil where no scalable target is registered for the service.
	Scaling   *ScalableTarget     `json:"scaling,omitempty"`
	History   []ServiceDeployment `json:"history,omitempty"`   // newest first, HistoryRead at most
	Revisions []ServiceRevision   `json:"revisions,omitempty"` // those that History names, by ARN
	Subnets   []Subnet            `json:"subnets,omitempty"`   // by id; none where tasks have no addresses of their own
	Fargate   *FargateQuota       `json:"fargate,omitempty"`   // nil where its tasks are not on Fargate, or on Fargate Spot
}

// FargateQuota is how many vCPUs all tasks on Fargate On-Demand may have at a time in the account and Region, and how many they have. Source: developer guide, service-quotas,
// "Fargate On-Demand vCPU resource count".
type FargateQuota struct {
	Limit float64 `json:"limit"`
	Taken float64 `json:"taken"`
}

// Subnet is a subnet of a service, and how many addresses it has left for tasks and whatever else is in it.
type Subnet struct {
	ID   string `json:"id"`
	Zone string `json:"zone"`
	Free int    `json:"free"`
}

// HistoryRead is how many service deployments a History has at most: as many as one DescribeServiceDeployments takes.
const HistoryRead = 20

// Revision finds a service revision by its ARN.
func (v ServiceView) Revision(arn string) (revision ServiceRevision, ok bool) {
	for _, r := range v.Revisions {
		if r.ARN == arn {
			return r, true
		}
	}
	return ServiceRevision{}, false
}

// InstanceView is all that was read of one container instance.
type InstanceView struct {
	Instance Instance `json:"instance"`
	Tasks    []Task   `json:"tasks,omitempty"` // oldest first, then by id
}

// Definition finds a task definition by its ARN.
func (v ServiceView) Definition(arn string) (definition TaskDefinition, ok bool) {
	for _, d := range v.Definitions {
		if d.ARN == arn {
			return d, true
		}
	}
	return TaskDefinition{}, false
}

// HealthyAfter is how long a task must have been RUNNING to count as healthy where neither a load balancer nor a container health check can tell.
// Source: API Reference, DeploymentConfiguration.minimumHealthyPercent.
const HealthyAfter = 40 * time.Second

// Healthy tells whether a task counts toward the floor, by ECS's own rule: it is RUNNING and meant to run, each of its target groups calls it healthy,
// its container health checks say HEALTHY where it has any, and, where it has neither, it has been RUNNING for HealthyAfter.
//
// A task whose targets were not read is judged by the rest.
func (v *ServiceView) Healthy(t *Task, now time.Time) bool {
	if t.Last != Running || !t.MeantToRun() || t.Health == Unhealthy {
		return false
	}
	if len(v.Service.Attachments) > 0 && len(v.TargetGroups) > 0 {
		return v.TargetsHealthy(t)
	}
	if t.Health == Healthy || len(v.Service.Attachments) > 0 {
		return true
	}
	return !now.Before(t.StartedAt.Add(HealthyAfter))
}

// TargetsHealthy tells whether each target group that the service is attached to calls the task healthy.
func (v *ServiceView) TargetsHealthy(t *Task) bool {
	for _, a := range v.Service.Attachments {
		target := v.target(t, a)
		if target == nil || target.State != TargetHealthy {
			return false
		}
	}
	return true
}

// Target finds the task's target in the target group of one attachment.
func (v *ServiceView) Target(t Task, a Attachment) (target Target, ok bool) {
	found := v.target(&t, a)
	if found == nil {
		return Target{}, false
	}
	return *found, true
}

// target is Target without copies: it is asked for each task at each look. It is nil where there is none.
func (v *ServiceView) target(t *Task, a Attachment) *Target {
	if t.Address == "" {
		return nil
	}
	wanted := Target{Group: a.TargetGroup, ID: t.Address, Port: t.HostPort(a.Container, a.Port)}
	at, ok := sort.Find(len(v.Targets), func(i int) int { return compareTargets(&wanted, &v.Targets[i]) })
	if !ok {
		return nil
	}
	return &v.Targets[at]
}

// CompareTargets orders targets by group, id and port.
func CompareTargets(a, b Target) int { return compareTargets(&a, &b) }

func compareTargets(a, b *Target) int {
	if a.Group != b.Group {
		return strings.Compare(a.Group, b.Group)
	}
	if by := strings.Compare(a.ID, b.ID); by != 0 {
		return by
	}
	return a.Port - b.Port
}

// Count tells how many of the service's tasks are not gone, and how many of them are healthy.
func (v *ServiceView) Count(now time.Time) (tasks, healthy int) {
	for i := range v.Tasks {
		t := &v.Tasks[i]
		if t.Last != Stopped {
			tasks++
		}
		if v.Healthy(t, now) {
			healthy++
		}
	}
	return tasks, healthy
}
