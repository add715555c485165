package world

import (
	"time"

	"handover/internal/cluster"
)

// OrderKind is what the rules want the data plane to do.
type OrderKind string

// The orders, with the reports that answer them.
const (
	StartTask  OrderKind = "start-task" // Attached, Pulling, Pulled, Started; or Exited
	Signal     OrderKind = "signal"     // Exited
	Detach     OrderKind = "detach"     // Detached
	Register   OrderKind = "register"   // TargetHealthy or TargetUnhealthy, whenever it changes
	Deregister OrderKind = "deregister" // Drained
)

// Order is something that the rules want done. Members that do not belong to its kind are zero.
type Order struct {
	Kind  OrderKind     `json:"kind"`
	At    time.Time     `json:"at"`
	Task  string        `json:"task,omitempty"`  // task id
	Kill  time.Duration `json:"kill,omitempty"`  // Signal: how long after SIGTERM the SIGKILL follows
	Group string        `json:"group,omitempty"` // target group ARN
	ID    string        `json:"id,omitempty"`    // the target
	Port  int           `json:"port,omitempty"`
	Drain time.Duration `json:"drain,omitempty"` // Deregister: the deregistration delay
}

// ReportKind is something that happened in the data plane.
type ReportKind string

// The reports.
const (
	Attached          ReportKind = "attached"           // the task's network interface is there; PROVISIONING ends
	Pulling           ReportKind = "pulling"            // the image pull has begun; ACTIVATING begins
	Pulled            ReportKind = "pulled"             // the image is there, with its Digest
	Started           ReportKind = "started"            // the containers run
	Exited            ReportKind = "exited"             // an essential container ended with Code, or, where nothing ever ran, could not start for Reason
	Detached          ReportKind = "detached"           // the network interface is gone; the task is STOPPED
	HealthPassed      ReportKind = "health-passed"      // the container health checks
	HealthFailed      ReportKind = "health-failed"      //
	TargetHealthy     ReportKind = "target-healthy"     // the load balancer's health checks
	TargetUnhealthy   ReportKind = "target-unhealthy"   //
	Drained           ReportKind = "drained"            // the deregistration delay is over
	InstanceLost      ReportKind = "instance-lost"      // the EC2 instance of a container instance was stopped or terminated
	AgentDisconnected ReportKind = "agent-disconnected" // the agent of a container instance does not talk to ECS any more
	AgentConnected    ReportKind = "agent-connected"    // and does again
	AlarmRaised       ReportKind = "alarm-raised"       // the CloudWatch alarm that ID names is in ALARM
	AlarmCleared      ReportKind = "alarm-cleared"      // and is not any more
	CapacityGone      ReportKind = "capacity-gone"      // the capacity provider of Fargate that ID names has no capacity any more, in Zone or in all, For so long or until it is back
	CapacityBack      ReportKind = "capacity-back"      // and has some again
	CallsThrottled    ReportKind = "calls-throttled"    // the calls that ECS makes for its services are, For so long
	SpotInterrupted   ReportKind = "spot-interrupted"   // the capacity under a task on Fargate Spot is taken back
	Measured          ReportKind = "measured"           // the metric of the scaling policy that ID names, of Service, is Value; see scaling.Target.Observe
)

// Report is something that happened to a task, to a target or to a container instance. Members that do not belong to its kind are zero.
type Report struct {
	Kind     ReportKind `json:"kind"`
	Task     string     `json:"task,omitempty"`
	Digest   string     `json:"digest,omitempty"` // Pulled: of the first container's image; empty where the name decides
	Code     int        `json:"code,omitempty"`
	Reason   string     `json:"reason,omitempty"`
	Group    string     `json:"group,omitempty"`
	ID       string     `json:"id,omitempty"`
	Port     int        `json:"port,omitempty"`
	Instance string     `json:"instance,omitempty"` // the container instance's id

	Zone string        `json:"zone,omitempty"`
	For  time.Duration `json:"for,omitempty"`

	Service cluster.ServiceKey `json:"service,omitzero"`
	Value   float64            `json:"value,omitempty"`
}
