package group

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"handover/internal/cluster"
)

// Group is one Auto Scaling group with what only it knows of its instances.
type Group struct {
	cluster.Group                         // Instances is not used: Members has them
	Members       []*Member               `json:"groupMembers,omitempty"` // oldest first
	Refreshes     []*Refresh              `json:"refreshes,omitempty"`    // oldest first
	Activities    []*Activity             `json:"activities,omitempty"`   // oldest first, activitiesKept at most
	Launched      int                     `json:"launched,omitempty"`     // instances ever launched
	Acted         int                     `json:"acted,omitempty"`        // lifecycle actions ever begun
	Began         int                     `json:"began,omitempty"`        // activities ever begun
	LookAt        time.Time               `json:"lookAt,omitzero"`        // when it is looked at next; zero while there is nothing to do
	Provider      string                  `json:"provider,omitempty"`     // the capacity provider that it belongs to
	Draining      bool                    `json:"draining,omitempty"`     // managed draining
	Guarded       bool                    `json:"guarded,omitempty"`      // managed termination protection
	Scaling       *cluster.ManagedScaling `json:"scaling,omitempty"`      // by its capacity provider
	MeasureAt     time.Time               `json:"measureAt,omitzero"`     // when the metric of managed scaling is taken next; zero: never
	Low           int                     `json:"low,omitempty"`          // how often in a row it was below its target
}

// Member is one instance of a group.
type Member struct {
	cluster.GroupInstance
	Actions    []*cluster.LifecycleAction `json:"actions,omitempty"` // under way
	Activity   string                     `json:"activity,omitempty"`
	LaunchedAt time.Time                  `json:"launchedAt"`
	ServesFrom time.Time                  `json:"servesFrom,omitzero"` // InService since
	Leaving    bool                       `json:"leaving,omitempty"`   // a refresh has chosen it
	Stored     bool                       `json:"stored,omitempty"`    // it has come out of the warm pool, or goes back into it
	Failed     bool                       `json:"failed,omitempty"`    // the health checks of a target group
}

// Activity is a scaling activity.
type Activity = cluster.Activity

// activitiesKept bounds the memory of a group; AWS keeps six weeks. Source: API Reference, DescribeScalingActivities.
const activitiesKept = 200

// Clone makes a copy that shares nothing that either may change.
func (g *Group) Clone() *Group {
	c := *g
	c.Members = make([]*Member, len(g.Members))
	for i, m := range g.Members {
		copied := *m
		copied.Actions = make([]*cluster.LifecycleAction, len(m.Actions))
		for n, a := range m.Actions {
			action := *a
			copied.Actions[n] = &action
		}
		c.Members[i] = &copied
	}
	if g.Pool != nil {
		pool := *g.Pool
		c.Pool = &pool
	}
	c.Refreshes, c.Activities = cloneAll(g.Refreshes), cloneAll(g.Activities)
	c.Zones, c.Subnets, c.Policies, c.Suspended = slices.Clone(g.Zones), slices.Clone(g.Subnets), slices.Clone(g.Policies), slices.Clone(g.Suspended)
	c.Hooks, c.Tags, c.Schedules, c.Targets = slices.Clone(g.Hooks), slices.Clone(g.Tags), slices.Clone(g.Schedules), slices.Clone(g.Targets)
	return &c
}

func cloneAll[T any](all []*T) []*T {
	copies := make([]*T, len(all))
	for i, one := range all {
		copied := *one
		copies[i] = &copied
	}
	return copies
}

// View is the group as DescribeAutoScalingGroups shows it.
func (g *Group) View() cluster.Group {
	v := g.Clone().Group
	for _, m := range g.Members {
		if m.Warm() {
			v.Warm = append(v.Warm, m.GroupInstance)
		} else {
			v.Instances = append(v.Instances, m.GroupInstance)
		}
	}
	return v
}

// Member finds an instance of the group.
func (g *Group) Member(id string) (found *Member, ok bool) {
	for _, m := range g.Members {
		if m.ID == id {
			return m, true
		}
	}
	return nil, false
}

// Remove forgets an instance.
func (g *Group) Remove(id string) {
	g.Members = slices.DeleteFunc(g.Members, func(m *Member) bool { return m.ID == id })
}

// Counts tells whether the instance counts toward the desired capacity: one that terminates or stands by does not.
// Source: EC2 Auto Scaling user guide, as-enter-exit-standby.
func (m *Member) Counts() bool { return m.Pending() || m.Lifecycle == cluster.LifecycleInService }

// Pending tells whether the instance is on its way into service.
func (m *Member) Pending() bool {
	return m.Lifecycle == cluster.LifecyclePending || m.Lifecycle == cluster.LifecyclePendingWait || m.Lifecycle == cluster.LifecyclePendingProceed
}

// Ailment is why an instance is not healthy, as activities tell it. Source: EC2 Auto Scaling user guide, ts-as-healthchecks.
func (m *Member) Ailment() string {
	if m.Failed {
		return "an ELB system health check failure."
	}
	return "an EC2 health check indicating it has been terminated or stopped."
}

// Capacity is how many instances count toward the desired capacity.
func (g *Group) Capacity() int {
	n := 0
	for _, m := range g.Members {
		if m.Counts() {
			n++
		}
	}
	return n
}

// Is tells whether a process of the group is suspended. Source: EC2 Auto Scaling user guide, as-suspend-resume-processes.
func (g *Group) Is(suspended string) bool { return slices.Contains(g.Suspended, suspended) }

// Plan is what a look at a group decides.
type Plan struct {
	Launch    []string  // the zones of new instances
	Terminate []*Member // those that are too many
	Replace   []*Member // those that are unhealthy
	Expire    []*Member // those that have lived for as long as the group lets them
	Take      []*Member // of the warm pool, into service
	Warm      []string  // the zones of new instances of the warm pool
	Cool      []*Member // those that are too many of the warm pool
}

// Plan decides what to launch and what to terminate. busy tells of an instance that ECS protects because tasks run on it. An instance refresh wants so many more for a
// while. A protected instance is never chosen, so a group may keep more than it wants. Source: EC2 Auto Scaling user guide, as-instance-termination.
func (g *Group) Plan(now time.Time, more int, busy func(instance string) bool) Plan {
	var p Plan
	if !g.Is("ReplaceUnhealthy") && !g.Is("Terminate") {
		for _, m := range g.Members {
			if m.Counts() && !m.Healthy {
				p.Replace = append(p.Replace, m)
			}
		}
	}
	have, want := g.Capacity()-len(p.Replace), g.Desired+more
	switch {
	case have < want && !g.Is("Launch") && !g.Deleting:
		p.Launch = g.zonesFor(want - have)
	case have > want && !g.Is("Terminate"):
		p.Terminate = g.surplus(have-want, busy)
	}
	if len(p.Replace)+len(p.Launch)+len(p.Terminate) == 0 {
		p.Expire = g.expired(now)
	}
	g.planWarm(&p)
	return p
}

// expired chooses the instance that is the next to be replaced for its age: the oldest, one at a time, while all others serve. Source: EC2 Auto Scaling user guide,
// asg-max-instance-lifetime.
func (g *Group) expired(now time.Time) []*Member {
	if g.Lifetime == 0 || g.Is("Terminate") {
		return nil
	}
	for _, m := range g.Members {
		if m.Counts() && m.Lifecycle != cluster.LifecycleInService {
			return nil
		}
	}
	for _, m := range g.Members {
		if m.Lifecycle == cluster.LifecycleInService && !m.Protected && !now.Before(m.LaunchedAt.Add(g.Lifetime)) {
			return []*Member{m}
		}
	}
	return nil
}

// NextExpiry is how long it takes until the next instance in service has lived for as long as the group lets it; ok is false where none ever will.
func (g *Group) NextExpiry(now time.Time) (after time.Duration, ok bool) {
	if g.Lifetime == 0 {
		return 0, false
	}
	for _, m := range g.Members {
		at := m.LaunchedAt.Add(g.Lifetime)
		if m.Lifecycle == cluster.LifecycleInService && !m.Protected && at.After(now) && (!ok || at.Sub(now) < after) {
			after, ok = at.Sub(now), true
		}
	}
	return after, ok
}

// zonesFor chooses the zones of new instances: each goes to the zone that has the fewest then.
func (g *Group) zonesFor(count int) []string {
	counts := map[string]int{}
	for _, m := range g.Members {
		if m.Counts() {
			counts[m.Zone]++
		}
	}
	var chosen []string
	for range count {
		if len(g.Zones) == 0 {
			break
		}
		zone := slices.MinFunc(g.Zones, func(a, b string) int { return cmp.Compare(counts[a], counts[b]) })
		counts[zone]++
		chosen = append(chosen, zone)
	}
	return chosen
}

// surplus chooses the instances of a scale-in: of the zone with the most, by the group's termination policies.
func (g *Group) surplus(count int, busy func(instance string) bool) []*Member {
	left := slices.DeleteFunc(slices.Clone(g.Members), func(m *Member) bool {
		return !m.Counts() || m.Protected || g.Guarded && busy(m.ID)
	})
	var chosen []*Member
	for range min(count, len(left)) {
		victim := g.victim(left)
		chosen = append(chosen, victim)
		left = slices.DeleteFunc(left, func(m *Member) bool { return m == victim })
	}
	return chosen
}

// victim chooses one of some instances. The default policy takes the oldest version of the launch template; which of several is "closest to the next billing hour" is
// not modelled: the oldest goes. Source: EC2 Auto Scaling user guide, ec2-auto-scaling-termination-policies.
func (g *Group) victim(of []*Member) *Member {
	counts := map[string]int{}
	for _, m := range of {
		counts[m.Zone]++
	}
	fullest := slices.MaxFunc(of, func(a, b *Member) int {
		return cmp.Or(cmp.Compare(counts[a.Zone], counts[b.Zone]), cmp.Compare(b.Zone, a.Zone))
	}).Zone
	candidates := slices.DeleteFunc(slices.Clone(of), func(m *Member) bool { return m.Zone != fullest })
	policies := g.Policies
	if len(policies) == 0 {
		policies = []string{"Default"}
	}
	for _, policy := range policies {
		candidates = preferred(candidates, policy)
	}
	return candidates[0]
}

// preferred keeps the instances that a termination policy likes to see go.
func preferred(of []*Member, policy string) []*Member {
	switch policy {
	case "OldestInstance":
		return of[:1]
	case "NewestInstance":
		return of[len(of)-1:]
	case "Default", "OldestLaunchTemplate", "OldestLaunchConfiguration":
		oldest := version(slices.MinFunc(of, func(a, b *Member) int { return cmp.Compare(version(a), version(b)) }))
		return slices.DeleteFunc(slices.Clone(of), func(m *Member) bool { return version(m) != oldest })
	}
	return of // ClosestToNextInstanceHour, AllocationStrategy
}

func version(m *Member) int {
	n, err := strconv.Atoi(m.Template.Version)
	if err != nil {
		return 0
	}
	return n
}

// Note begins an activity, or ends one where it is given again.
func (g *Group) Note(a Activity) *Activity {
	g.Began++
	g.Activities = append(g.Activities, &a)
	if over := len(g.Activities) - activitiesKept; over > 0 {
		g.Activities = append(g.Activities[:0:0], g.Activities[over:]...)
	}
	return &a
}

// Activity finds an activity.
func (g *Group) Activity(id string) (found *Activity, ok bool) {
	for _, a := range g.Activities {
		if a.ID == id {
			return a, true
		}
	}
	return nil, false
}
