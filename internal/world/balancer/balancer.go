// Package balancer is a load balancer's target groups as a pure model: which targets there are, and in which state each is.
//
// It guarantees that a target is initial until its first health check is reported, healthy or unhealthy after that, draining from its deregistration until
// its delay is over, and then gone. Timing is not its business: whoever checks health and lets connections drain reports it. It does not know of services.
package balancer

import (
	"cmp"
	"encoding/binary"
	"encoding/json"
	"slices"
	"strings"

	"handover/internal/cluster"
)

// Model is all target groups of one account and Region.
type Model struct {
	Groups  []*Group `json:"groups,omitempty"`  // by name
	Removed int      `json:"removed,omitempty"` // groups that were ever removed
}

// Group is one target group.
type Group struct {
	cluster.TargetGroup
	Targets []*Target           `json:"targets,omitempty"` // in no order that means anything
	Members json.RawMessage     `json:"members,omitempty"`
	index   map[address]*Target // of Targets; made anew where it is nil
	spare   []*Target           // memory of targets that are gone
	order   []placed            // see inOrder; memory for the next one
}

type address struct {
	id   string
	port int
}

// Target is one target of a group.
type Target struct {
	ID    string              `json:"id"`
	Port  int                 `json:"port"`
	Zone  string              `json:"zone,omitempty"`
	State cluster.TargetState `json:"state"`
	Unfit string              `json:"unfit,omitempty"` // the state of an EC2 instance that cannot be a target: stopping, stopped or shutting-down
	at    int                 // its place in Targets
}

// Become makes g a copy of another group, which shares nothing with it that either may change, and uses the memory that g had.
func (g *Group) Become(other *Group) {
	g.spare = append(g.spare, g.Targets...)
	index, spare, order, room := g.index, g.spare, g.order, g.Targets[:0]
	*g = *other
	g.index, g.spare, g.order, g.Targets = index, spare, order, room
	clear(g.index)
	for i, t := range other.Targets {
		copied := g.target()
		*copied = *t
		copied.at = i
		g.Targets = append(g.Targets, copied)
		if g.index != nil {
			g.index[address{t.ID, t.Port}] = copied
		}
	}
}

// target is memory for a target.
func (g *Group) target() *Target {
	if n := len(g.spare); n > 0 {
		t := g.spare[n-1]
		g.spare = g.spare[:n-1]
		return t
	}
	return &Target{}
}

// Group finds a target group by ARN.
func (m *Model) Group(arn string) (found *Group, ok bool) {
	for _, g := range m.Groups {
		if g.ARN == arn {
			return g, true
		}
	}
	return nil, false
}

// Named finds a target group by name.
func (m *Model) Named(name string) (found *Group, ok bool) {
	for _, g := range m.Groups {
		if g.Name == name {
			return g, true
		}
	}
	return nil, false
}

// Add adds a target group whose ARN and name are new.
func (m *Model) Add(g *Group) {
	at, _ := slices.BinarySearchFunc(m.Groups, g.Name, func(g *Group, name string) int {
		switch {
		case g.Name < name:
			return -1
		case g.Name > name:
			return 1
		}
		return 0
	})
	m.Groups = slices.Insert(m.Groups, at, g)
}

// Remove removes a target group.
func (m *Model) Remove(arn string) {
	before := len(m.Groups)
	m.Groups = slices.DeleteFunc(m.Groups, func(g *Group) bool { return g.ARN == arn })
	m.Removed += before - len(m.Groups)
}

// Target finds a target.
func (g *Group) Target(id string, port int) (found *Target, ok bool) {
	if g.index == nil {
		g.index = make(map[address]*Target, len(g.Targets))
		for i, t := range g.Targets {
			t.at = i
			g.index[address{t.ID, t.Port}] = t
		}
	}
	found, ok = g.index[address{id, port}]
	return found, ok
}

// Register adds a target in its initial state; one that is there and drains, or is unfit, begins anew, any other stays as it is. It tells whether checks begin.
func (g *Group) Register(id string, port int, zone string) bool {
	if t, there := g.Target(id, port); there {
		if t.State != cluster.TargetDraining && t.Unfit == "" {
			return false
		}
		t.State, t.Unfit = cluster.TargetInitial, ""
		return true
	}
	t := g.target()
	*t = Target{ID: id, Port: port, Zone: zone, State: cluster.TargetInitial, at: len(g.Targets)}
	g.Targets, g.index[address{id, port}] = append(g.Targets, t), t
	return true
}

// Check takes the result of a health check that changes a target's state. It tells whether the state changed: a draining target keeps its state.
func (g *Group) Check(id string, port int, passed bool) bool {
	t, there := g.Target(id, port)
	if !there || t.State == cluster.TargetDraining || t.Unfit != "" {
		return false
	}
	before := t.State
	t.State = cluster.TargetUnhealthy
	if passed {
		t.State = cluster.TargetHealthy
	}
	return t.State != before
}

// Disable takes a target out of use whose EC2 instance does not run. One that drains stays as it is.
func (g *Group) Disable(t *Target, machine string) {
	if t.State != cluster.TargetDraining {
		t.State, t.Unfit = cluster.TargetUnused, machine
	}
}

// Deregister begins to drain a target. It tells whether the target was there and not draining yet.
func (g *Group) Deregister(id string, port int) bool {
	t, there := g.Target(id, port)
	if !there || t.State == cluster.TargetDraining {
		return false
	}
	t.State = cluster.TargetDraining
	return true
}

// Drained removes a target whose delay is over. It tells whether it was draining.
func (g *Group) Drained(id string, port int) bool {
	t, there := g.Target(id, port)
	if !there || t.State != cluster.TargetDraining {
		return false
	}
	last := len(g.Targets) - 1
	g.Targets[t.at], g.Targets[last].at = g.Targets[last], t.at
	g.Targets[last], g.Targets = nil, g.Targets[:last]
	delete(g.index, address{id, port})
	g.spare = append(g.spare, t)
	return true
}

// View adds the targets as DescribeTargetHealth shows them to a list, by id and port. Reasons and descriptions are ELB's. Source: ELBv2 API Reference, TargetHealth.
func (g *Group) View(views []cluster.Target) []cluster.Target {
	views = slices.Grow(views, len(g.Targets))
	for _, t := range g.inOrder() {
		v := cluster.Target{Group: g.ARN, ID: t.ID, Port: t.Port, Zone: t.Zone, State: t.State}
		switch t.State {
		case cluster.TargetInitial:
			v.Reason, v.Description = "Elb.RegistrationInProgress", "Target registration is in progress"
		case cluster.TargetUnhealthy:
			v.Reason, v.Description = "Target.FailedHealthChecks", "Health checks failed"
		case cluster.TargetDraining:
			v.Reason, v.Description = "Target.DeregistrationInProgress", "Target deregistration is in progress"
		case cluster.TargetUnused:
			v.Reason, v.Description = "Target.InvalidState", "Target is in the "+t.Unfit+" state"
		case cluster.TargetHealthy:
		}
		views = append(views, v)
	}
	return views
}

// placed is a target with the beginning of its id as numbers, which are compared without reading the target: the 15 characters of an address are all of it.
type placed struct {
	high, low uint64
	*Target
}

func placedAt(t *Target) placed {
	var begin [16]byte
	copy(begin[:], t.ID)
	return placed{binary.BigEndian.Uint64(begin[:8]), binary.BigEndian.Uint64(begin[8:]), t}
}

func (p placed) compare(other placed) int {
	if p.high != other.high {
		return cmp.Compare(p.high, other.high)
	}
	if p.low != other.low {
		return cmp.Compare(p.low, other.low)
	}
	return cmp.Or(strings.Compare(p.ID, other.ID), p.Port-other.Port)
}

// inOrder are the targets by id and port.
func (g *Group) inOrder() []placed {
	g.order = g.order[:0]
	for _, t := range g.Targets {
		g.order = append(g.order, placedAt(t))
	}
	slices.SortFunc(g.order, placed.compare)
	return g.order
}
