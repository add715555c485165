package world

import (
	"slices"

	"handover/internal/cluster"
	"handover/internal/world/placement"
	"handover/internal/world/service"
)

// This file is what the agents of container instances do with tasks that come too early: a stop gives a task's resources free for placement at once, while its containers still run.

// heldBack tells whether the agent of a task's instance holds it back, PENDING, because tasks that are stopping still have what it needs. It starts as soon as they are STOPPED: see unseat.
// Where the data plane is another's, that one decides. Source: AWS What's New of July 2023; behaviour part 2, A11–A13.
func (w *World) heldBack(t *service.Task) bool {
	host, ok := w.host(t)
	t.Queued = ok && !w.state.Manual && !w.fits(host, t)
	return t.Queued
}

// fits tells whether an instance really has what was booked for a task. What remains is after all bookings: stopping tasks have had theirs taken off, and still run; other queued ones have booked,
// and do not run yet.
//
// An instance of 1024 CPU units, 512 booked for this task, 512 for a running one, and a stopping one that has 512: 0 - 512 < 0, it waits.
func (w *World) fits(host *placement.Instance, t *service.Task) bool {
	cpu, memory := host.Remaining.CPU, host.Remaining.Memory
	var taken cluster.Needs
	for _, id := range host.Tasks {
		other, ok := w.task(id)
		if !ok || other == t {
			continue
		}
		switch needs := w.needs(other); {
		case other.MeantToRun() && other.Queued:
			cpu, memory = cpu+needs.CPU, memory+needs.Memory
		case !other.MeantToRun() && !other.PullStartedAt.IsZero():
			taken = taken.Plus(needs)
		}
	}
	own := w.needs(t)
	meets := func(wanted, held []int) bool {
		return slices.ContainsFunc(wanted, func(port int) bool { return slices.Contains(held, port) })
	}
	return cpu >= taken.CPU && memory >= taken.Memory && !meets(own.TCP, taken.TCP) && !meets(own.UDP, taken.UDP)
}

func (w *World) needs(t *service.Task) cluster.Needs {
	d, ok := w.revision(t.Definition)
	if !ok {
		return cluster.Needs{}
	}
	return d.Needs()
}

// startQueued lets queued tasks of an instance start, in the order in which they came, as far as what they need is free now.
func (w *World) startQueued(host *placement.Instance) {
	for _, id := range host.Tasks {
		t, ok := w.task(id)
		if ok && t.Queued && t.MeantToRun() && w.fits(host, t) {
			t.Queued = false
			w.order(t, Order{Kind: StartTask})
		}
	}
}
