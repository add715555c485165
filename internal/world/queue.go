package world

import (
	"encoding/json"
	"time"

	"handover/internal/cluster"
	"handover/internal/world/service"
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

	task *service.Task // the task of that id, where it was at hand: it saves looking for it; nil in a copy of the world
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
	dueForget         dueKind = "forget"          // ECS stops showing stopped tasks of a service
	dueForgetInstance dueKind = "forget-instance" // ECS stops showing a container instance that was deregistered
	dueMachine        dueKind = "machine"         // an EC2 instance comes to its next state, or joins its cluster
	dueGroup          dueKind = "group"           // an Auto Scaling group is looked at
	dueReservation    dueKind = "reservation"     // the metric of a capacity provider with managed scaling is taken
	dueHook           dueKind = "hook"            // the time of a lifecycle action is up
	dueSchedule       dueKind = "schedule"        // a scheduled action of an Auto Scaling group happens
	dueScale          dueKind = "scale"           // a scheduled action of a scalable target happens
	dueMinute         dueKind = "minute"          // a minute of metrics is over
	dueInvocation     dueKind = "invocation"      // an invocation is tried again, is over its time limit, or is forgotten
	dueMapping        dueKind = "mapping"         // Lambda looks at the queue of an event source mapping
	dueExecution      dueKind = "execution"       // an execution of a state machine goes on
)

// entry is a place in the queue. It has the key of what it holds beside it: a queue of a million entries is reordered without reading any of them, which took a third
// of a large world's time.
type entry struct {
	at    int64 // nanoseconds since 1970; 1678 to 2262
	order uint64
	*due
}

func entryOf(d *due) entry { return entry{at: d.At.UnixNano(), order: d.Order, due: d} }

func (e entry) before(other entry) bool {
	return e.at < other.at || e.at == other.at && e.order < other.order
}

// queue is a heap of four branches: the first entry is the next to happen. Its order is total, so it never depends on how the heap was built.
type queue []entry

const branches = 4

func (q queue) add(d *due) queue {
	e := entryOf(d)
	q = append(q, e)
	hole := len(q) - 1
	for hole > 0 {
		parent := (hole - 1) / branches
		if !e.before(q[parent]) {
			break
		}
		q[hole] = q[parent]
		hole = parent
	}
	q[hole] = e
	return q
}

func (q queue) take() (first *due, rest queue) {
	first = q[0].due
	last := len(q) - 1
	moved := q[last]
	q[last] = entry{}
	q = q[:last]
	if last == 0 {
		return first, q
	}
	hole := 0
	for {
		child := branches*hole + 1
		if child >= last {
			break
		}
		for sibling := child + 1; sibling < min(child+branches, last); sibling++ {
			if q[sibling].before(q[child]) {
				child = sibling
			}
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

// MarshalJSON writes what will happen, without the keys.
func (q queue) MarshalJSON() ([]byte, error) {
	all := make([]*due, len(q))
	for i, e := range q {
		all[i] = e.due
	}
	return json.Marshal(all)
}

// UnmarshalJSON reads what MarshalJSON wrote, in any order.
func (q *queue) UnmarshalJSON(text []byte) error {
	var all []*due
	if err := json.Unmarshal(text, &all); err != nil {
		return err
	}
	*q = make(queue, 0, len(all))
	for _, d := range all {
		*q = q.add(d)
	}
	return nil
}
