package cluster

import "time"

// ServiceStatus is Service.status of the API.
type ServiceStatus string

// The states of a service. Source: API Reference, Service.
const (
	ServiceActive   ServiceStatus = "ACTIVE"
	ServiceDraining ServiceStatus = "DRAINING" // deleted, its tasks are still stopping
	ServiceInactive ServiceStatus = "INACTIVE"
)

// Scheduling is the way ECS counts a service's tasks.
type Scheduling string

// The scheduling strategies.
const (
	Replica Scheduling = "REPLICA"
	Daemon  Scheduling = "DAEMON"
)

// Controller is who replaces the tasks of a service.
type Controller string

// The deployment controllers.
const (
	ControllerECS        Controller = "ECS"
	ControllerCodeDeploy Controller = "CODE_DEPLOY"
	ControllerExternal   Controller = "EXTERNAL"
)

// Launch is where tasks run. It is empty for a service with a capacity provider strategy.
type Launch string

// The launch types.
const (
	Fargate  Launch = "FARGATE"
	EC2      Launch = "EC2"
	External Launch = "EXTERNAL"
)

// Service is an ECS service as DescribeServices shows it.
type Service struct {
	Key         ServiceKey            `json:"key"`
	ARN         string                `json:"arn"`
	ClusterARN  string                `json:"clusterArn"`
	Status      ServiceStatus         `json:"status"`
	Scheduling  Scheduling            `json:"scheduling"`
	Controller  Controller            `json:"controller"`
	Launch      Launch                `json:"launch,omitempty"`
	Definition  string                `json:"definition"` // the task definition's ARN
	Desired     int                   `json:"desired"`
	Running     int                   `json:"running"` // tasks in RUNNING that are meant to run; a stopping task does not count
	Pending     int                   `json:"pending"`
	Bounds      Bounds                `json:"bounds"`
	Breaker     Breaker               `json:"breaker"`
	Alarms      Alarms                `json:"alarms,omitzero"`
	Early       EarlySuccess          `json:"early,omitzero"`
	Rebalancing bool                  `json:"rebalancing,omitempty"` // availabilityZoneRebalancing is ENABLED
	GracePeriod time.Duration         `json:"gracePeriod"`
	Attachments []Attachment          `json:"attachments,omitempty"`
	Provider    string                `json:"provider,omitempty"` // the capacity provider whose container instances take its tasks
	Strategy    []PlacementStrategy   `json:"strategy,omitempty"`
	Constraints []PlacementConstraint `json:"constraints,omitempty"`
	Deployments []Deployment          `json:"deployments,omitempty"` // newest first
	Events      []Event               `json:"events,omitempty"`      // newest first, 100 at most
	Tags        []Tag                 `json:"tags,omitempty"`        // by key
	CreatedAt   time.Time             `json:"createdAt,omitzero"`
}

// Primary is the newest deployment; ok is false for a service that has none.
func (s Service) Primary() (primary Deployment, ok bool) {
	for _, d := range s.Deployments {
		if d.Status == DeploymentPrimary {
			return d, true
		}
	}
	return Deployment{}, false
}

// Deployment finds one of the service's deployments by id.
func (s Service) Deployment(id string) (found Deployment, ok bool) {
	for _, d := range s.Deployments {
		if d.ID == id {
			return d, true
		}
	}
	return Deployment{}, false
}

// Attachment ties a container port of the service's tasks to a target group.
type Attachment struct {
	TargetGroup string `json:"targetGroup"` // ARN
	Container   string `json:"container"`
	Port        int    `json:"port"`
}

// Tag is one tag of a resource.
type Tag struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// DeploymentStatus is Deployment.status of the API.
type DeploymentStatus string

// The states of a deployment. INACTIVE ones are gone from a description.
const (
	DeploymentPrimary DeploymentStatus = "PRIMARY"
	DeploymentActive  DeploymentStatus = "ACTIVE"
)

// RolloutState is Deployment.rolloutState of the API; it is empty under other controllers than ECS.
type RolloutState string

// The rollout states.
const (
	RolloutInProgress RolloutState = "IN_PROGRESS"
	RolloutCompleted  RolloutState = "COMPLETED"
	RolloutFailed     RolloutState = "FAILED"
)

// Deployment is one set of tasks of a service, all started from the same revision. Its ID equals Task.StartedBy of its tasks.
type Deployment struct {
	ID         string           `json:"id"` // ecs-svc/ and 19 digits
	Status     DeploymentStatus `json:"status"`
	Rollout    RolloutState     `json:"rollout"`
	Reason     string           `json:"reason,omitempty"`
	Definition string           `json:"definition"` // the task definition's ARN
	// Desired is 0 in the answer that creates the deployment, and the real count once the scheduler has looked at it. So "running equals desired"
	// says nothing by itself. Source: raw JSON of a real service, behaviour §1.8.
	Desired   int       `json:"desired"`
	Running   int       `json:"running"`
	Pending   int       `json:"pending"`
	Failed    int       `json:"failed"` // consecutive failed starts
	CreatedAt time.Time `json:"createdAt,omitzero"`
	UpdatedAt time.Time `json:"updatedAt,omitzero"`
}

// Event is one service event, in ECS's words.
type Event struct {
	ID      string    `json:"id"`
	At      time.Time `json:"at"`
	Message string    `json:"message"`
}
