package cluster

import (
	"cmp"
	"strings"
	"time"
)

// Task is one task as DescribeTasks shows it, of a service or on its own.
type Task struct {
	ID         string     `json:"id"` // 32 hexadecimal digits
	ARN        string     `json:"arn"`
	Group      string     `json:"group"`     // service:NAME; of a task on its own family:FAMILY, or what its caller said
	StartedBy  string     `json:"startedBy"` // the id of its deployment; of a task on its own what its caller said
	Definition string     `json:"definition"`
	Last       TaskStatus `json:"last"`
	Desired    TaskStatus `json:"desired"` // RUNNING or STOPPED
	Health     Health     `json:"health"`
	Launch     Launch     `json:"launch,omitempty"`
	Zone       string     `json:"zone,omitempty"`
	Instance   string     `json:"instance,omitempty"` // the container instance's ARN
	Provider   string     `json:"provider,omitempty"` // the capacity provider's name
	// Address is the id under which the task is a target: its private IP address, or its EC2 instance's id where tasks share the host's network.
	Address  string    `json:"address,omitempty"`
	Bindings []Binding `json:"bindings,omitempty"`
	StopCode string    `json:"stopCode,omitempty"`
	// StoppedReason is set as soon as the stop is decided.
	StoppedReason string      `json:"stoppedReason,omitempty"`
	Containers    []Container `json:"containers,omitempty"`
	Version       int         `json:"version,omitempty"` // rises with each change
	// ProtectedUntil is until when neither a scale-in nor a deployment may stop the task.
	ProtectedUntil     time.Time `json:"protectedUntil,omitzero"`
	CreatedAt          time.Time `json:"createdAt,omitzero"`
	ConnectedAt        time.Time `json:"connectedAt,omitzero"`
	PullStartedAt      time.Time `json:"pullStartedAt,omitzero"`
	PullStoppedAt      time.Time `json:"pullStoppedAt,omitzero"`
	StartedAt          time.Time `json:"startedAt,omitzero"`
	StoppingAt         time.Time `json:"stoppingAt,omitzero"`
	ExecutionStoppedAt time.Time `json:"executionStoppedAt,omitzero"`
	StoppedAt          time.Time `json:"stoppedAt,omitzero"`
}

// Service is the name of the task's service; it is empty for a task on its own.
func (t Task) Service() string {
	name, ok := strings.CutPrefix(t.Group, "service:")
	if !ok {
		return ""
	}
	return name
}

// MeantToRun tells whether ECS wants the task to run: a task that is deactivating or stopping is not.
func (t Task) MeantToRun() bool { return t.Desired == Running }

// Gone tells whether the task has ended entirely.
func (t Task) Gone() bool { return t.Last == Stopped }

// ScaledIn tells whether ECS ended the task because it was one too many: the desired count was lowered, or a deployment put another in its place.
// Source: recorded services; developer guide, stopped-task-error-codes.
func (t Task) ScaledIn() bool {
	return strings.HasPrefix(t.StoppedReason, "Scaling activity initiated by")
}

// Short is the task as people are shown it: the first six digits of its id.
func (t Task) Short() string { return ShortID(t.ID) }

// ShortID shortens a task id to six digits.
func ShortID(id string) string {
	if len(id) <= 6 {
		return id
	}
	return id[:6]
}

// Container is one container of a task.
type Container struct {
	Name     string     `json:"name"`
	Image    string     `json:"image"`
	Digest   string     `json:"digest,omitempty"` // sha256:…, known once the image is pulled
	Last     TaskStatus `json:"last"`
	Health   Health     `json:"health"`
	ExitCode *int       `json:"exitCode,omitempty"`
	Reason   string     `json:"reason,omitempty"`
}

// Binding is the port under which a container port can be reached at the task's address. Under awsvpc networking both are equal.
type Binding struct {
	Container string `json:"container"`
	Port      int    `json:"port"`
	HostPort  int    `json:"hostPort"`
}

// HostPort finds the port that a container port is bound to; it is the container port itself where no binding is shown.
func (t *Task) HostPort(container string, port int) int {
	for _, b := range t.Bindings {
		if b.Container == container && b.Port == port {
			return b.HostPort
		}
	}
	return port
}

// TaskDefinition is what a revision of a task definition says of its containers, as far as replacing tasks needs it.
type TaskDefinition struct {
	ARN        string                `json:"arn"`
	Family     string                `json:"family"`
	Revision   int                   `json:"revision"`
	Containers []ContainerDefinition `json:"containers"`
	// What follows decides where its tasks can be placed.
	Network     string                `json:"network,omitempty"` // awsvpc, bridge, host, none; empty is bridge
	CPU         int                   `json:"cpu,omitempty"`     // of the whole task, in CPU units; 0: the sum of its containers'
	Memory      int                   `json:"memory,omitempty"`  // of the whole task, in MiB; 0: the sum of its containers'
	Constraints []PlacementConstraint `json:"constraints,omitempty"`
	// Architecture is runtimePlatform.cpuArchitecture: X86_64 or ARM64; empty where none is set.
	Architecture string `json:"architecture,omitempty"`
}

// ContainerDefinition is one container of a TaskDefinition.
type ContainerDefinition struct {
	Name        string        `json:"name"`
	Image       string        `json:"image"`
	Essential   bool          `json:"essential"`
	HealthCheck bool          `json:"healthCheck,omitempty"`
	Checks      Checks        `json:"checks,omitzero"`       // of HealthCheck
	StopTimeout time.Duration `json:"stopTimeout,omitempty"` // 0: the platform's default, 30 s
	// Unresolved says that ECS does not find out which digest its tag stands for, so that tasks of one deployment may run different code: versionConsistency is disabled.
	Unresolved bool `json:"unresolved,omitempty"`

	CPU               int           `json:"cpu,omitempty"`               // CPU units
	Memory            int           `json:"memory,omitempty"`            // hard limit in MiB
	MemoryReservation int           `json:"memoryReservation,omitempty"` // soft limit in MiB
	GPUs              int           `json:"gpus,omitempty"`
	Ports             []PortMapping `json:"ports,omitempty"`
	Secrets           []string      `json:"secrets,omitempty"` // where its secrets come from, for its environment, its log driver and its registry: ARNs, or names of SSM parameters
	// Variables are the names of its environment variables, in order; their values are not kept.
	Variables []string `json:"variables,omitempty"`
	Logs      *Logs    `json:"logs,omitempty"` // nil: it does not log by the awslogs driver
}

// Checks are the settings of a container's health check. Zero members are ECS's defaults. Source: API Reference, HealthCheck.
type Checks struct {
	Interval    time.Duration `json:"interval,omitempty"`    // 5–300 s; default 30 s
	Retries     int           `json:"retries,omitempty"`     // checks in a row that must fail, 1–10; default 3
	StartPeriod time.Duration `json:"startPeriod,omitempty"` // from the start on, failures do not count for so long, 0–300 s; default 0
}

// Every is the time from one check to the next.
func (c Checks) Every() time.Duration { return cmp.Or(c.Interval, 30*time.Second) }

// Patience is how long all checks fail until the container is UNHEALTHY: 10 s start period, 3 checks every 20 s: 70 s.
func (c Checks) Patience() time.Duration {
	return c.StartPeriod + time.Duration(cmp.Or(c.Retries, 3))*c.Every()
}

// Logs is where a container logs to by the awslogs driver. Its stream is Prefix/CONTAINER/TASK. Source: developer guide, using_awslogs.
type Logs struct {
	Group  string `json:"group"`
	Region string `json:"region,omitempty"`
	Prefix string `json:"prefix,omitempty"` // empty, on container instances alone: the stream is the container's id of Docker
}

// Mutable tells whether the image may stand for other code tomorrow: it is named by a tag and not by its digest.
func (c ContainerDefinition) Mutable() bool { return !strings.Contains(c.Image, "@sha256:") }

// Resolves tells whether ECS finds out, with the first task of a deployment, which digest the image's tag stands for. Source: developer guide, deployment-type-ecs.
func (c ContainerDefinition) Resolves() bool { return c.Mutable() && !c.Unresolved }

// TargetState is the health of a target. Source: ELBv2 API Reference, TargetHealth.
type TargetState string

// The states of a target.
const (
	TargetInitial   TargetState = "initial"
	TargetHealthy   TargetState = "healthy"
	TargetUnhealthy TargetState = "unhealthy"
	TargetDraining  TargetState = "draining"
	TargetUnused    TargetState = "unused"
)

// Target is one target of a target group.
type Target struct {
	Group       string      `json:"group"` // the target group's ARN
	ID          string      `json:"id"`    // IP address, or instance id
	Port        int         `json:"port"`
	Zone        string      `json:"zone,omitempty"`
	State       TargetState `json:"state"`
	Reason      string      `json:"reason,omitempty"` // Target.FailedHealthChecks and its kin
	Description string      `json:"description,omitempty"`
}

// TargetGroup is a target group with what decides how long a task takes to come and to go.
type TargetGroup struct {
	ARN                string        `json:"arn"`
	Name               string        `json:"name"`
	DrainDelay         time.Duration `json:"drainDelay"`         // deregistration_delay.timeout_seconds, 300 s unless set
	CheckInterval      time.Duration `json:"checkInterval"`      // 30 s unless set
	HealthyThreshold   int           `json:"healthyThreshold"`   // counts for targets that were unhealthy; a new one needs one pass
	UnhealthyThreshold int           `json:"unhealthyThreshold"` //
	Protocol           string        `json:"protocol,omitempty"` // HTTP, HTTPS, or one of a Network Load Balancer; empty: HTTP
	Port               int           `json:"port,omitempty"`     // of targets that are registered without one; 0: of a function, or of a scene
	Check              Check         `json:"check,omitzero"`
}

// Check is what the health check of a target group asks for. Source: ELBv2 API Reference, TargetGroup.
type Check struct {
	Protocol string        `json:"protocol,omitempty"`
	Path     string        `json:"path,omitempty"`
	Port     string        `json:"port,omitempty"`    // traffic-port, or a number
	Matcher  string        `json:"matcher,omitempty"` // the codes that are wanted, such as 200 or 200-299
	Timeout  time.Duration `json:"timeout,omitempty"`
}

// Network tells whether the target group is one of a Network Load Balancer. Source: ELBv2 API Reference, CreateTargetGroup.Protocol.
func (g TargetGroup) Network() bool {
	return g.Protocol != "" && !strings.HasPrefix(g.Protocol, "HTTP")
}
