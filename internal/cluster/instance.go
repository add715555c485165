package cluster

import (
	"encoding/json"
	"time"
)

// InstanceStatus is ContainerInstance.status of the API.
type InstanceStatus string

// The states of a container instance. Source: API Reference, ContainerInstance.status; only ACTIVE and DRAINING can be set.
const (
	InstanceRegistering   InstanceStatus = "REGISTERING"
	InstanceFailed        InstanceStatus = "REGISTRATION_FAILED"
	InstanceActive        InstanceStatus = "ACTIVE"
	InstanceDraining      InstanceStatus = "DRAINING" // takes no new task; the tasks of services leave it
	InstanceDeregistering InstanceStatus = "DEREGISTERING"
	InstanceInactive      InstanceStatus = "INACTIVE" // deregistered; ECS still describes it for a while
)

// Instance is a container instance as DescribeContainerInstances shows it.
type Instance struct {
	ID           string         `json:"id"` // 32 hexadecimal digits
	ARN          string         `json:"arn"`
	Cluster      string         `json:"cluster"`         // the cluster's name
	EC2ID        string         `json:"ec2Id,omitempty"` // i-…, or mi-… of an external one
	Status       InstanceStatus `json:"status"`
	StatusReason string         `json:"statusReason,omitempty"`
	Connected    bool           `json:"connected"` // the agent talks to ECS
	Zone         string         `json:"zone,omitempty"`
	Registered   Resources      `json:"registered"`
	// Remaining is what ECS may still place tasks on. A stopping task gives its part back at once, long before its containers have ended.
	// Source: AWS What's New of July 2023.
	Remaining Resources `json:"remaining"`
	// Running and Pending count tasks that are meant to run. One that is DEACTIVATING or STOPPING is in neither, so that 0 and 0 does not mean that nothing runs.
	// Source: aws-cdk issue 13506; behaviour §1.4.
	Running      int         `json:"running"`
	Pending      int         `json:"pending"`
	Attributes   []Attribute `json:"attributes,omitempty"` // by name
	Provider     string      `json:"provider,omitempty"`   // the capacity provider's name
	Agent        string      `json:"agent,omitempty"`      // the agent's version
	Version      int         `json:"version,omitempty"`    // rises with each change
	RegisteredAt time.Time   `json:"registeredAt,omitzero"`
	Tags         []Tag       `json:"tags,omitempty"` // by key
}

// Attribute finds the value of an attribute; ok is false where the instance has none of that name. A value may be empty.
func (i Instance) Attribute(name string) (value string, ok bool) {
	for _, a := range i.Attributes {
		if a.Name == name {
			return a.Value, true
		}
	}
	return "", false
}

// Short is the container instance as people are shown it: its EC2 instance's id, or the first six digits of its own.
func (i Instance) Short() string {
	if i.EC2ID != "" {
		return i.EC2ID
	}
	return ShortID(i.ID)
}

// Attribute is one attribute of a container instance. Those that the agent finds out begin with "ecs.".
type Attribute struct {
	Name  string `json:"name"`
	Value string `json:"value,omitempty"`
}

// Resources are what a container instance has, or has left.
type Resources struct {
	CPU    int      `json:"cpu"`            // CPU units, 1024 a vCPU
	Memory int      `json:"memory"`         // MiB
	GPUs   []string `json:"gpus,omitempty"` // ids of those that are free
	TCP    []int    `json:"tcp,omitempty"`  // host ports that are taken, in order, also in what remains
	UDP    []int    `json:"udp,omitempty"`  // likewise
}

// RegisterContainerInstance adds a container instance to a cluster, as its agent does. Done gives its ARN.
type RegisterContainerInstance struct {
	Cluster    string      `json:"cluster"`
	EC2ID      string      `json:"ec2Id,omitempty"`
	Zone       string      `json:"zone,omitempty"`
	Resources  Resources   `json:"resources"`
	Attributes []Attribute `json:"attributes,omitempty"`
	Agent      string      `json:"agent,omitempty"`
	Tags       []Tag       `json:"tags,omitempty"`
}

// DeregisterContainerInstance removes a container instance from its cluster; without Force only one that runs no task. Done gives its ARN.
type DeregisterContainerInstance struct {
	Cluster  string `json:"cluster"`
	Instance string `json:"instance"` // id or ARN
	Force    bool   `json:"force,omitempty"`
}

// SetInstanceStatus lets a container instance drain, or take tasks again. Done gives its ARN.
type SetInstanceStatus struct {
	Cluster  string         `json:"cluster"`
	Instance string         `json:"instance"` // id or ARN
	Status   InstanceStatus `json:"status"`   // ACTIVE or DRAINING
}

// PutAttribute sets one attribute of a container instance. Done gives the instance's ARN.
type PutAttribute struct {
	Cluster   string    `json:"cluster"`
	Instance  string    `json:"instance"` // id or ARN
	Attribute Attribute `json:"attribute"`
}

// DeleteAttribute removes one attribute of a container instance. Done gives the instance's ARN.
type DeleteAttribute struct {
	Cluster   string    `json:"cluster"`
	Instance  string    `json:"instance"` // id or ARN
	Attribute Attribute `json:"attribute"`
}

// RunTask starts one task that belongs to no service, where ECS finds room for it. Done gives its id. Where there is no room the error's code is the reason,
// as in RunTask's failures: RESOURCE:CPU, RESOURCE:MEMORY, AGENT and their kin.
type RunTask struct {
	Cluster     string                `json:"cluster"`
	Definition  string                `json:"definition"`
	Launch      Launch                `json:"launch,omitempty"`
	Provider    string                `json:"provider,omitempty"`  // the capacity provider's name, instead of a launch type
	Providers   []ProviderShare       `json:"providers,omitempty"` // of which it is the nth task's, where Launch and Provider are empty
	Nth         int                   `json:"nth,omitempty"`       // of its call, from 0
	Group       string                `json:"group,omitempty"`     // empty: family:FAMILY
	StartedBy   string                `json:"startedBy,omitempty"` //
	Strategy    []PlacementStrategy   `json:"strategy,omitempty"`
	Constraints []PlacementConstraint `json:"constraints,omitempty"`
	Tags        []Tag                 `json:"tags,omitempty"`
	Members     json.RawMessage       `json:"members,omitempty"`
}

// StartTask starts one task that belongs to no service on a container instance that the caller names. Done gives its id; errors are those of RunTask.
type StartTask struct {
	Cluster    string          `json:"cluster"`
	Definition string          `json:"definition"`
	Instance   string          `json:"instance"` // id or ARN
	Group      string          `json:"group,omitempty"`
	StartedBy  string          `json:"startedBy,omitempty"`
	Tags       []Tag           `json:"tags,omitempty"`
	Members    json.RawMessage `json:"members,omitempty"`
}

// Kind names the AWS operation.
func (RegisterContainerInstance) Kind() string { return "RegisterContainerInstance" }

// Kind names the AWS operation.
func (DeregisterContainerInstance) Kind() string { return "DeregisterContainerInstance" }

// Kind names the AWS operation.
func (SetInstanceStatus) Kind() string { return "UpdateContainerInstancesState" }

// Kind names the AWS operation.
func (PutAttribute) Kind() string { return "PutAttributes" }

// Kind names the AWS operation.
func (DeleteAttribute) Kind() string { return "DeleteAttributes" }

// Kind names the AWS operation.
func (RunTask) Kind() string { return "RunTask" }

// Kind names the AWS operation.
func (StartTask) Kind() string { return "StartTask" }
