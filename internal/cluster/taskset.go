package cluster

import (
	"encoding/json"
	"time"
)

// TaskSetStatus is TaskSet.status of the API.
type TaskSetStatus string

// The states of a task set. Source: API Reference, TaskSet.status.
const (
	TaskSetPrimary  TaskSetStatus = "PRIMARY"  // serves production traffic
	TaskSetActive   TaskSetStatus = "ACTIVE"   // does not
	TaskSetDraining TaskSetStatus = "DRAINING" // its tasks are being stopped
)

// TaskSet is one set of tasks of a service whose deployment controller is EXTERNAL, as DescribeTaskSets shows it.
type TaskSet struct {
	ID          string          `json:"id"` // ecs-svc/ and 19 digits; equals Task.StartedBy of its tasks
	ARN         string          `json:"arn"`
	Service     ServiceKey      `json:"service"`
	External    string          `json:"external,omitempty"` // the id that the external deployment system gave it
	Status      TaskSetStatus   `json:"status"`
	Definition  string          `json:"definition"` // the task definition's ARN
	Launch      Launch          `json:"launch,omitempty"`
	Scale       float64         `json:"scale"`   // percent of the service's desired count
	Desired     int             `json:"desired"` // that share of it, rounded up
	Running     int             `json:"running"`
	Pending     int             `json:"pending"`
	Stable      bool            `json:"stable"` // all of its tasks run and are healthy
	StableAt    time.Time       `json:"stableAt,omitzero"`
	Attachments []Attachment    `json:"attachments,omitempty"`
	Tags        []Tag           `json:"tags,omitempty"` // by key
	Members     json.RawMessage `json:"members,omitempty"`
	CreatedAt   time.Time       `json:"createdAt,omitzero"`
	UpdatedAt   time.Time       `json:"updatedAt,omitzero"`
}

// CreateTaskSet makes a task set of a service with the deployment controller EXTERNAL. Done gives its id.
type CreateTaskSet struct {
	Service     ServiceKey      `json:"service"`
	Definition  string          `json:"definition"`
	External    string          `json:"external,omitempty"`
	Scale       float64         `json:"scale"` // percent, 0 to 100
	Launch      Launch          `json:"launch,omitempty"`
	Attachments []Attachment    `json:"attachments,omitempty"`
	Tags        []Tag           `json:"tags,omitempty"`
	Members     json.RawMessage `json:"members,omitempty"`
}

// UpdateTaskSet changes the scale of a task set. Done gives its id.
type UpdateTaskSet struct {
	Service ServiceKey `json:"service"`
	TaskSet string     `json:"taskSet"` // id or ARN
	Scale   float64    `json:"scale"`   // percent, 0 to 100
}

// DeleteTaskSet starts to remove a task set. Without Force its scale must be 0. Done gives its id.
type DeleteTaskSet struct {
	Service ServiceKey `json:"service"`
	TaskSet string     `json:"taskSet"` // id or ARN
	Force   bool       `json:"force,omitempty"`
}

// SetPrimaryTaskSet makes a task set the one that serves production traffic. Done gives its id.
type SetPrimaryTaskSet struct {
	Service ServiceKey `json:"service"`
	TaskSet string     `json:"taskSet"` // id or ARN
}

// Kind names the AWS operation.
func (CreateTaskSet) Kind() string { return "CreateTaskSet" }

// Kind names the AWS operation.
func (UpdateTaskSet) Kind() string { return "UpdateTaskSet" }

// Kind names the AWS operation.
func (DeleteTaskSet) Kind() string { return "DeleteTaskSet" }

// Kind names the AWS operation.
func (SetPrimaryTaskSet) Kind() string { return "UpdateServicePrimaryTaskSet" }
