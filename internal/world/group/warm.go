package group

import (
	"slices"
	"strings"

	"handover/internal/cluster"
)

// This file has the warm pool of a group: instances that have booted before they are needed. Sources: EC2 Auto Scaling user guide, ec2-auto-scaling-warm-pools and
// warm-pool-instance-lifecycle; API Reference, PutWarmPool.

// Warm tells whether the instance is in the warm pool, or on its way into it or out of it to its end.
func (m *Member) Warm() bool { return strings.HasPrefix(string(m.Lifecycle), "Warmed:") }

// ready tells whether the instance waits in the warm pool.
func (m *Member) ready() bool {
	return m.Lifecycle == cluster.LifecycleWarmedStopped || m.Lifecycle == cluster.LifecycleWarmedRunning || m.Lifecycle == cluster.LifecycleWarmedHibernated
}

// warming tells whether the instance is in the warm pool, or on its way into it.
func (m *Member) warming() bool {
	return m.ready() || m.Lifecycle == cluster.LifecycleWarmedPending || m.Lifecycle == cluster.LifecycleWarmedPendingWait || m.Lifecycle == cluster.LifecycleWarmedPendingProceed
}

// Warmed is the state in which the pool keeps its instances.
func Warmed(p cluster.WarmPool) cluster.Lifecycle {
	switch p.State {
	case cluster.PoolRunning:
		return cluster.LifecycleWarmedRunning
	case cluster.PoolHibernated:
		return cluster.LifecycleWarmedHibernated
	case cluster.PoolStopped:
	}
	return cluster.LifecycleWarmedStopped
}

// warmSize is how many instances the warm pool is to have: what the group may still grow by, or what is prepared for it beyond its desired capacity, and the pool's
// minimum at the least.
//
// Desired 2 of at most 10 has 8. With 6 prepared it has 4, and with a minimum of 5 it has 5.
func (g *Group) warmSize() int {
	if g.Pool == nil || g.Pool.Deleting {
		return 0
	}
	prepared := g.Max
	if g.Pool.Prepared != nil {
		prepared = *g.Pool.Prepared
	}
	return max(g.Pool.Min, prepared-g.Desired)
}

// planWarm lets the warm pool give instances to a group that lacks some, before others are launched, and keeps its size.
func (g *Group) planWarm(p *Plan) {
	var pool []*Member
	for _, m := range g.Members {
		if m.warming() {
			pool = append(pool, m)
		}
	}
	for _, m := range pool {
		if m.ready() && m.Healthy && len(p.Take) < len(p.Launch) {
			p.Take = append(p.Take, m)
		}
	}
	p.Launch = p.Launch[len(p.Take):]
	pool = slices.DeleteFunc(pool, func(m *Member) bool { return slices.Contains(p.Take, m) })
	returning := 0
	if g.Pool != nil && g.Pool.Reuse {
		returning = len(p.Terminate)
	}
	switch size, have := g.warmSize(), len(pool)+returning; {
	case have < size && !g.Is("Launch") && !g.Deleting:
		p.Warm = g.zonesFor(size - have)
	case len(pool) > size && !g.Is("Terminate"):
		p.Cool = pool[:len(pool)-size]
	}
}
