package world

import (
	"time"

	"handover/internal/cluster"
)

// due is something that will happen: data, so that a world can be copied and written.
type due struct {
	At       time.Time `json:"at"`
	Order    uint64    `json:"order"` // what was planned first happens first
	Kind     dueKind   `json:"kind"`
	Service  int       `json:"service,omitempty"` // the service's place
	Task     string    `json:"task,omitempty"`
	Report   Report    `json:"report,omitzero"` // of kind report
	Scale    *scaleDue `json:"scale,omitempty"`
	Fleet    *fleetDue `json:"fleet,omitempty"`
	Instance string    `json:"instance,omitempty"` // a container instance's id
	ID       string    `json:"id,omitempty"`       // of an invocation or a mapping, or the ARN of an execution
}

// scaleDue names a scheduled action of a scalable target.
type scaleDue struct {
	Target cluster.ServiceKey `json:"target"`
	Action string             `json:"action"`
}

type dueKind string

const (
	dueLook           dueKind = "look"            // the scheduler looks at a service
	dueReport         dueKind = "report"          // the profile's answer to an order
	dueSignal         dueKind = "signal"          // a drained task gets its stop signal
	dueHeartbeat      dueKind = "heartbeat"       // an idle service repeats that it is steady
	dueForget         dueKind = "forget"          // ECS stops showing a stopped task
	dueForgetInstance dueKind = "forget-instance" // ECS stops showing a container instance that was deregistered
	dueMachine        dueKind = "machine"         // an EC2 instance comes to its next state, or joins its cluster
	dueGroup          dueKind = "group"           // an Auto Scaling group is looked at
	dueHook           dueKind = "hook"            // the time of a lifecycle action is up
	dueScale          dueKind = "scale"           // a scheduled action of a scalable target happens
	dueInvocation     dueKind = "invocation"      // an invocation is tried again, is over its time limit, or is forgotten
	dueMapping        dueKind = "mapping"         // Lambda looks at the queue of an event source mapping
	dueExecution      dueKind = "execution"       // an execution of a state machine goes on
)

func (d *due) before(other *due) bool {
	if !d.At.Equal(other.At) {
		return d.At.Before(other.At)
	}
	return d.Order < other.Order
}

// queue is a binary heap: the first entry is the next to happen. Its order is total, so it never depends on how the heap was built.
type queue []*due

func (q queue) add(d *due) queue {
	q = append(q, d)
	hole := len(q) - 1
	for hole > 0 {
		parent := (hole - 1) / 2
		if !d.before(q[parent]) {
			break
		}
		q[hole] = q[parent]
		hole = parent
	}
	q[hole] = d
	return q
}

func (q queue) take() (first *due, rest queue) {
	first = q[0]
	last := len(q) - 1
	moved := q[last]
	q[last] = nil
	q = q[:last]
	if last == 0 {
		return first, q
	}
	hole := 0
	for {
		child := 2*hole + 1
		if child >= last {
			break
		}
		if child+1 < last && q[child+1].before(q[child]) {
			child++
		}
		if !q[child].before(moved) {
			break
		}
		q[hole] = q[child]
		hole = child
	}
	q[hole] = moved
	return first, q
}
