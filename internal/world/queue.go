package world

import "handover/internal/cluster"

// due is something that will happen: data, so that a world can be copied and written. It is kept small, because queues are long and move their entries: most
// of them are a report that says nothing but its kind and its task.
type due struct {
	At      int64      `json:"at"`                // nanoseconds since 1970
	Order   uint64     `json:"order"`             // what was planned first happens first
	Service int        `json:"service,omitempty"` // the service's place
	ID      string     `json:"id,omitempty"`      // of the task, or of the container instance
	What    ReportKind `json:"what,omitempty"`    // of a report about the task, where it says nothing else
	More    *more      `json:"more,omitempty"`
	Kind    dueKind    `json:"kind"`
}

// more is what few entries need.
type more struct {
	Target *target   `json:"target,omitempty"` // of a report about a target of the task
	Report *Report   `json:"report,omitempty"` // any other that says more than its kind and its task
	Scale  *scaleDue `json:"scale,omitempty"`
}

// target is one target of a target group.
type target struct {
	Group string `json:"group"` // ARN
	ID    string `json:"id"`
	Port  int    `json:"port"`
}

// report is the report that a dueReport is.
func (d due) report() Report {
	switch {
	case d.More == nil:
		return Report{Kind: d.What, Task: d.ID}
	case d.More.Target != nil:
		return Report{Kind: d.What, Task: d.ID, Group: d.More.Target.Group, ID: d.More.Target.ID, Port: d.More.Target.Port}
	}
	return *d.More.Report
}

// reportDue is a report as an entry.
func reportDue(r Report) due {
	switch r {
	case Report{Kind: r.Kind, Task: r.Task}:
		return due{Kind: dueReport, What: r.Kind, ID: r.Task}
	case Report{Kind: r.Kind, Task: r.Task, Group: r.Group, ID: r.ID, Port: r.Port}:
		return targetDue(r.Kind, r.Task, target{r.Group, r.ID, r.Port})
	}
	return due{Kind: dueReport, More: &more{Report: &r}}
}

// targetDue is a report about a target as an entry. Both parts of it are one allocation.
func targetDue(kind ReportKind, task string, t target) due {
	both := &struct {
		more
		target
	}{target: t}
	both.more.Target = &both.target
	return due{Kind: dueReport, What: kind, ID: task, More: &both.more}
}

// scaleDue names a scheduled action of a scalable target.
type scaleDue struct {
	Target cluster.ServiceKey `json:"target"`
	Action string             `json:"action"`
}

type dueKind uint8

const (
	dueLook           dueKind = iota // the scheduler looks at a service
	dueReport                        // the profile's answer to an order
	dueSignal                        // a drained task gets its stop signal
	dueHeartbeat                     // an idle service repeats that it is steady
	dueForget                        // ECS stops showing a stopped task
	dueForgetInstance                // ECS stops showing a container instance that was deregistered
	dueScale                         // a scheduled action of a scalable target happens
)

func (d *due) before(other *due) bool {
	if d.At != other.At {
		return d.At < other.At
	}
	return d.Order < other.Order
}

// queue is a binary heap: the first entry is the next to happen. Its order is total, so it never depends on how the heap was built.
type queue []due

func (q queue) add(d due) queue {
	q = append(q, d)
	hole := len(q) - 1
	for hole > 0 {
		parent := (hole - 1) / 2
		if !d.before(&q[parent]) {
			break
		}
		q[hole] = q[parent]
		hole = parent
	}
	q[hole] = d
	return q
}

func (q queue) take() (first due, rest queue) {
	first = q[0]
	last := len(q) - 1
	moved := q[last]
	q[last] = due{}
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
		if child+1 < last && q[child+1].before(&q[child]) {
			child++
		}
		if !q[child].before(&moved) {
			break
		}
		q[hole] = q[child]
		hole = child
	}
	q[hole] = moved
	return first, q
}
