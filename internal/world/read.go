package world

import (
	"encoding/json"

	"handover/internal/cluster"
)

// Cluster is an ECS cluster as it is now.
type Cluster struct {
	Name     string
	ARN      string
	Status   cluster.ServiceStatus
	Services int // ACTIVE services
	Running  int // tasks RUNNING
	Pending  int // tasks PENDING
	Members  json.RawMessage
}

// Clusters gives all clusters by name.
func (w *World) Clusters() []Cluster { return nil }

// Cluster finds a cluster by name.
func (w *World) Cluster(name string) (found Cluster, ok bool) { return Cluster{}, false }

// Services gives the keys of a cluster's services by name, in every status but INACTIVE.
func (w *World) Services(inCluster string) []cluster.ServiceKey { return nil }

// Service gives a service as it is now.
func (w *World) Service(key cluster.ServiceKey) (found cluster.Service, ok bool) {
	return cluster.Service{}, false
}

// ServiceMembers gives the members of the requests that made the service which no rule uses.
func (w *World) ServiceMembers(key cluster.ServiceKey) json.RawMessage { return nil }

// Tasks gives the tasks of a cluster that ECS still shows, oldest first.
func (w *World) Tasks(inCluster string) []cluster.Task { return nil }

// Task finds a task of a cluster by id.
func (w *World) Task(inCluster, id string) (found cluster.Task, ok bool) {
	return cluster.Task{}, false
}

// Definition is a revision of a task definition as it is now.
type Definition struct {
	cluster.TaskDefinition
	Active  bool
	Network string
	Members json.RawMessage
}

// Definitions gives all revisions by family and revision.
func (w *World) Definitions() []Definition { return nil }

// Definition finds a revision by family (its latest ACTIVE one), family:revision, or ARN.
func (w *World) Definition(name string) (found Definition, ok bool) { return Definition{}, false }

// TargetGroup is a target group as it is now.
type TargetGroup struct {
	cluster.TargetGroup
	Members json.RawMessage
}

// TargetGroups gives all target groups by name.
func (w *World) TargetGroups() []TargetGroup { return nil }

// TargetGroup finds a target group by ARN.
func (w *World) TargetGroup(arn string) (found TargetGroup, ok bool) { return TargetGroup{}, false }

// Targets gives the targets of a target group by id and port.
func (w *World) Targets(group string) []cluster.Target { return nil }

// Tags gives the tags of a resource by key.
func (w *World) Tags(arn string) []cluster.Tag { return nil }

// Look gives what a scope asks for, as any provider of operations does.
func (w *World) Look(scope cluster.Scope) cluster.Snapshot {
	return cluster.Snapshot{At: w.state.Now, Scope: scope}
}
