package group

import (
	"time"

	"handover/internal/cluster"
)

// This file is how ECS scales a group for its capacity provider: by how many instances the tasks need, of those that there are. Sources: ECS developer guide,
// cluster-auto-scaling and managed-scaling-behavior; API Reference, ManagedScaling.

const (
	// ReservationEvery is how often the metric is published and its alarms look at it.
	ReservationEvery = time.Minute
	// scaleInAfter is how many datapoints below the target it takes before instances go. One above it is enough for more to come.
	scaleInAfter = 15
)

// Reservation is the metric CapacityProviderReservation: the instances that the tasks need, in percent of those in service. Without any in service it is 200 where
// tasks need some, and else 100.
func Reservation(needed, running int) int {
	switch {
	case running > 0:
		return 100 * needed / running
	case needed > 0:
		return 200
	}
	return 100
}

// Rescale gives the desired capacity that follows from a datapoint. It is called once a minute.
//
// 4 instances of which the tasks need 6, at a target of 100: two more, or as many as the smallest and the largest step allow. Of 10 that are needed at a target of 80, 13
// are wanted. Below the target for a quarter of an hour, and while none warms up, one instance goes a minute at least, and half of them at most.
func (g *Group) Rescale(needed int, now time.Time) int {
	s := *g.Scaling
	running, warming := 0, false
	for _, m := range g.Members {
		if m.Lifecycle == cluster.LifecycleInService {
			running++
			warming = warming || now.Before(m.ServesFrom.Add(s.Warmup))
		}
	}
	metric, want := Reservation(needed, running), (100*needed+s.Target-1)/s.Target
	if metric < s.Target {
		g.Low++
	} else {
		g.Low = 0
	}
	switch {
	case metric > s.Target && want > g.Desired:
		return max(g.Desired, min(g.Max, g.Desired+min(max(want-g.Desired, s.MinStep), s.MaxStep)))
	case g.Low >= scaleInAfter && !warming && want < g.Desired:
		return min(g.Desired, max(g.Min, g.Desired-max(1, min(g.Desired-want, g.Desired/2))))
	}
	return g.Desired
}
