package placement

import (
	"slices"
	"strings"

	"handover/internal/cluster"
	"handover/internal/expression"
)

// Request is a task that looks for a container instance.
type Request struct {
	Needs       cluster.Needs
	Strategy    []cluster.PlacementStrategy   // empty: the emptiest zone, then the emptiest instance, which is what services have
	Constraints []cluster.PlacementConstraint // of the service or the call, and of the task definition
	Group       map[string]int                // how many tasks of the same group that are meant to run each instance has, by instance id
	Groups      func(instance string) []string
	// Reserved is what must be left on each instance, by its id, for daemons that do not run there yet. Source: developer guide, ecs_services, daemon.
	Reserved map[string]cluster.Needs
	// Rank orders instances that are equal otherwise: the lowest gets the task. Source: developer guide, ecs_services: ties are broken at random.
	Rank func(instance string) uint64
}

// Misfit is why a task cannot run on an instance.
type Misfit struct {
	Instance string // ARN
	Reason   string // as in RunTask's failures
}

// Choose finds the instance that a task gets, or says of each why it does not fit. The steps are those of the developer guide, task-placement: resources first,
// then constraints, then strategies.
func Choose(instances []*Instance, r Request) (chosen *Instance, misfits []Misfit) {
	fit := make([]*Instance, 0, len(instances))
	for _, i := range instances {
		if i.Status != cluster.InstanceActive {
			continue
		}
		if reason := r.refuses(i); reason != "" {
			misfits = append(misfits, Misfit{i.ARN, reason})
			continue
		}
		fit = append(fit, i)
	}
	if len(fit) == 0 {
		return nil, misfits
	}
	strategy := r.Strategy
	if len(strategy) == 0 {
		strategy = Usual()
	}
	for _, s := range strategy {
		fit = r.prefer(fit, s)
	}
	lowest := uint64(0)
	for _, i := range fit {
		if rank := r.Rank(i.ID); chosen == nil || rank < lowest {
			chosen, lowest = i, rank
		}
	}
	return chosen, nil
}

// Usual is the strategy of a service that has none. Source: API Reference, UpdateService: the zone with the fewest running tasks of the service, in it the
// instance with the fewest.
func Usual() []cluster.PlacementStrategy {
	return []cluster.PlacementStrategy{{Type: cluster.Spread, Field: "attribute:ecs.availability-zone"}, {Type: cluster.Spread, Field: "instanceId"}}
}

// refuses says why a task may not run on an instance; it is empty where it may.
func (r Request) refuses(i *Instance) string {
	if reason := i.Lacks(r.Needs.Plus(r.Reserved[i.ID])); reason != "" {
		return reason
	}
	for _, c := range r.Constraints {
		if !r.holds(c, i) {
			if c.Type == cluster.DistinctInstance {
				return "DistinctInstance placement constraint unsatisfied."
			}
			return "MemberOf placement constraint unsatisfied."
		}
	}
	return ""
}

// Eligible tells whether a container instance is one that every constraint allows, whatever it has left.
func (r Request) Eligible(i *Instance) bool {
	return !slices.ContainsFunc(r.Constraints, func(c cluster.PlacementConstraint) bool { return !r.holds(c, i) })
}

func (r Request) holds(c cluster.PlacementConstraint, i *Instance) bool {
	if c.Type == cluster.DistinctInstance {
		return r.Group[i.ID] == 0
	}
	condition, err := expression.Parse(c.Expression)
	if err != nil {
		return false // the request that brought it was checked, so it comes from a snapshot
	}
	var groups []string
	if r.Groups != nil {
		groups = r.Groups(i.ID)
	}
	return condition.Matches(i.Instance, groups)
}

// prefer keeps the instances that one strategy likes best. Source: developer guide, task-placement-strategies.
func (r Request) prefer(instances []*Instance, s cluster.PlacementStrategy) []*Instance {
	switch strings.ToLower(s.Type) {
	case cluster.Spread:
		return r.spread(instances, s.Field)
	case cluster.Binpack:
		return least(instances, func(i *Instance) int {
			if strings.EqualFold(s.Field, "memory") {
				return i.Remaining.Memory
			}
			return i.Remaining.CPU
		})
	}
	return instances // random: Rank decides
}

// spread keeps the instances whose value of a field has the fewest tasks of the group.
//
// Zones a: 2 and 1 tasks, b: 2 tasks: instances of b are kept, because a has 3.
func (r Request) spread(instances []*Instance, field string) []*Instance {
	value, shared := fieldOf(field)
	if !shared {
		return least(instances, func(i *Instance) int { return r.Group[i.ID] })
	}
	counts := map[string]int{}
	for _, i := range instances {
		counts[value(i)] += r.Group[i.ID]
	}
	return least(instances, func(i *Instance) int { return counts[value(i)] })
}

// least keeps the instances with the lowest value, in the memory of those that it is given.
func least(instances []*Instance, value func(*Instance) int) []*Instance {
	kept, lowest := instances[:0], 0
	for _, i := range instances {
		v := value(i)
		if len(kept) == 0 || v < lowest {
			kept, lowest = kept[:0], v
		}
		if v == lowest {
			kept = append(kept, i)
		}
	}
	return kept
}

// fieldOf gives an instance's value of a field that tasks are spread over; shared is false where no two instances have the same.
func fieldOf(field string) (value func(*Instance) string, shared bool) {
	name, isAttribute := strings.CutPrefix(field, "attribute:")
	switch {
	case name == "ecs.availability-zone":
		return func(i *Instance) string { return i.Zone }, true
	case isAttribute:
		return func(i *Instance) string { value, _ := i.Attribute(name); return value }, true
	}
	return nil, false // instanceId, and host, which is the same. Source: API Reference, PlacementStrategy.field
}
