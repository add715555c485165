package cluster

import (
	"encoding/json"
	"strings"
	"time"
)

// ServiceDeploymentStatus is ServiceDeployment.status of the API.
type ServiceDeploymentStatus string

// The states of a service deployment. Source: API Reference, ServiceDeployment.
const (
	DeploymentPending            ServiceDeploymentStatus = "PENDING"
	DeploymentInProgress         ServiceDeploymentStatus = "IN_PROGRESS"
	DeploymentStopRequested      ServiceDeploymentStatus = "STOP_REQUESTED"
	DeploymentStopped            ServiceDeploymentStatus = "STOPPED"
	DeploymentSuccessful         ServiceDeploymentStatus = "SUCCESSFUL"
	DeploymentRollbackRequested  ServiceDeploymentStatus = "ROLLBACK_REQUESTED"
	DeploymentRollbackInProgress ServiceDeploymentStatus = "ROLLBACK_IN_PROGRESS"
	DeploymentRollbackSuccessful ServiceDeploymentStatus = "ROLLBACK_SUCCESSFUL"
	DeploymentRollbackFailed     ServiceDeploymentStatus = "ROLLBACK_FAILED"
)

// Monitor is how far one of the two monitors of a service deployment is, its circuit breaker or its alarms. Source: API Reference, ServiceDeploymentCircuitBreaker.status.
type Monitor string

// The states of a monitor.
const (
	MonitorDisabled  Monitor = "DISABLED"
	Monitoring       Monitor = "MONITORING"
	MonitorTriggered Monitor = "TRIGGERED"
	MonitorComplete  Monitor = "MONITORING_COMPLETE"
)

// ServiceDeployment is what ECS remembers for 90 days of one change of a service: from which revisions to which one, and how it ended. A Deployment is
// the set of tasks that belongs to it, and is gone when its tasks are.
type ServiceDeployment struct {
	ARN        string                  `json:"arn"`
	Service    ServiceKey              `json:"service"`
	Deployment string                  `json:"deployment"` // the id of the Deployment that it started
	Status     ServiceDeploymentStatus `json:"status"`
	Reason     string                  `json:"reason,omitempty"`
	Target     string                  `json:"target"`               // revision ARN
	Sources    []string                `json:"sources,omitempty"`    // revision ARNs
	RolledBack string                  `json:"rolledBack,omitempty"` // the revision ARN to which it was rolled back
	Alarms     []string                `json:"alarms,omitempty"`     // CloudWatch alarms that can fail it
	Triggered  []string                `json:"triggered,omitempty"`  // those of them that went off while it went on
	Watched    Monitor                 `json:"watched,omitempty"`    // by the alarms
	Guarded    Monitor                 `json:"guarded,omitempty"`    // by the circuit breaker
	Failures   int                     `json:"failures,omitempty"`   // that the circuit breaker has counted
	Threshold  int                     `json:"threshold,omitempty"`  // at which it acts; 0 where there is none
	Settings   RolloutSettings         `json:"settings,omitzero"`    // as they were when it began
	CreatedAt  time.Time               `json:"createdAt"`
	StartedAt  time.Time               `json:"startedAt,omitzero"`
	FinishedAt time.Time               `json:"finishedAt,omitzero"`
	UpdatedAt  time.Time               `json:"updatedAt,omitzero"`
}

// RolloutSettings are how a service's deployments go. Source: API Reference, DeploymentConfiguration.
type RolloutSettings struct {
	Bounds  Bounds  `json:"bounds"`
	Breaker Breaker `json:"breaker"`
	Alarms  Alarms  `json:"alarms,omitzero"`

	Early EarlySuccess `json:"early,omitzero"`
}

// ServiceRevision is what a service ran, or was to run, from one service deployment on: it is never changed.
type ServiceRevision struct {
	ARN        string      `json:"arn"`
	Service    ServiceKey  `json:"service"`
	Definition string      `json:"definition"`
	Launch     Launch      `json:"launch,omitempty"`
	Images     []Container `json:"images,omitempty"` // names, images and the digests that they were resolved to
	CreatedAt  time.Time   `json:"createdAt"`

	Attachments []Attachment    `json:"attachments,omitempty"`
	Members     json.RawMessage `json:"members,omitempty"` // of the service, as they were declared then
}

// DeploymentOf is the id of the deployment that runs a revision: its ARN ends in the deployment's number.
func DeploymentOf(revision string) string {
	return "ecs-svc/" + revision[strings.LastIndexByte(revision, '/')+1:]
}
