package cluster

import "fmt"

// TaskStatus is Task.lastStatus and Task.desiredStatus of the API. It is a byte, and its text is AWS's: a model of a million tasks asks each of them for it at every look. The zero
// value is a status that is not known; its text is empty.
type TaskStatus int8

// The states of a task, in the order in which it passes them. Source: developer guide, task-lifecycle-explanation.
const (
	Provisioning   TaskStatus = iota + 1 // the network interface is attached
	Pending                              // waiting for the agent
	Activating                           // pulled and started, targets are registered
	Running                              //
	Deactivating                         // deregistered, draining
	Stopping                             // the stop signal was sent
	Deprovisioning                       // the network interface is detached
	Stopped                              //
)

func (s TaskStatus) String() string {
	switch s {
	case Provisioning:
		return "PROVISIONING"
	case Pending:
		return "PENDING"
	case Activating:
		return "ACTIVATING"
	case Running:
		return "RUNNING"
	case Deactivating:
		return "DEACTIVATING"
	case Stopping:
		return "STOPPING"
	case Deprovisioning:
		return "DEPROVISIONING"
	case Stopped:
		return "STOPPED"
	}
	return ""
}

// TaskStatusOf finds the status that AWS names so; of a name that is not known it is zero. DELETED, which DescribeTasks shows of some tasks after STOPPED, is Stopped: such
// a task has ended, too. Source: developer guide, task-lifecycle-explanation.
func TaskStatusOf(name string) TaskStatus {
	if name == "DELETED" {
		return Stopped
	}
	for s := Provisioning; s <= Stopped; s++ {
		if s.String() == name {
			return s
		}
	}
	return 0
}

// MarshalText gives AWS's name.
func (s TaskStatus) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads AWS's name, or nothing.
func (s *TaskStatus) UnmarshalText(name []byte) error {
	if *s = TaskStatusOf(string(name)); *s == 0 && len(name) > 0 {
		return fmt.Errorf("read the status of a task: %q is none", name)
	}
	return nil
}

// Health is the verdict of the container health checks, as a byte, as TaskStatus is. The zero value is none; its text is empty.
type Health int8

// The health states; UNKNOWN where there is no check or it has not been evaluated.
const (
	HealthUnknown Health = iota + 1
	Healthy
	Unhealthy
)

func (h Health) String() string {
	switch h {
	case HealthUnknown:
		return "UNKNOWN"
	case Healthy:
		return "HEALTHY"
	case Unhealthy:
		return "UNHEALTHY"
	}
	return ""
}

// HealthOf finds the verdict that AWS names so; of any other name it is HealthUnknown.
func HealthOf(name string) Health {
	switch name {
	case "HEALTHY":
		return Healthy
	case "UNHEALTHY":
		return Unhealthy
	}
	return HealthUnknown
}

// MarshalText gives AWS's name.
func (h Health) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText reads AWS's name, or nothing.
func (h *Health) UnmarshalText(name []byte) error {
	if *h = HealthOf(string(name)); len(name) == 0 {
		*h = 0
	} else if h.String() != string(name) {
		return fmt.Errorf("read the health of a task: %q is none", name)
	}
	return nil
}
