package world

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"handover/internal/cluster"
	"handover/internal/world/draw"
	"handover/internal/world/group"
)

// This file has the Auto Scaling groups: what is asked of them. What becomes of their instances is in group_events.go.

// ungroupable is EC2 Auto Scaling's error for a request that cannot be carried out.
func ungroupable(format string, args ...any) *cluster.APIError {
	return cluster.Errorf(cluster.ClassInvalid, "ValidationError", format, args...)
}

// group finds a group by name. Message: public reports.
func (w *World) group(name string) (*group.Group, error) {
	at, ok := slices.BinarySearchFunc(w.state.Fleet.Groups, name, func(g *group.Group, name string) int { return strings.Compare(g.Name, name) })
	if !ok {
		return nil, cluster.Errorf(cluster.ClassNotFound, "ValidationError", "AutoScalingGroup name not found - AutoScalingGroup '%s' not found", name)
	}
	return w.state.Fleet.Groups[at], nil
}

// memberOf finds the group that an EC2 instance belongs to.
func (w *World) memberOf(machine string) (g *group.Group, m *group.Member, ok bool) {
	for _, g := range w.state.Fleet.Groups {
		if m, ok := g.Member(machine); ok {
			return g, m, true
		}
	}
	return nil, nil, false
}

func (w *World) createGroup(a cluster.CreateGroup) (ids []string, err error) {
	if _, err := w.group(a.Group.Name); err == nil {
		return nil, cluster.Errorf(cluster.ClassState, "AlreadyExists", "AutoScalingGroup by this name already exists - A group with the name %s already exists", a.Group.Name)
	}
	if _, _, err := w.resolved(a.Group.Template); err != nil {
		return nil, unlaunchable(err)
	}
	if err := checkSizes(a.Group); err != nil {
		return nil, err
	}
	g := &group.Group{Group: a.Group}
	g.Hooks, g.Tags = nil, nil
	for _, h := range a.Group.Hooks {
		g.PutHook(h)
	}
	g.Tags = setGroupTags(nil, a.Group.Tags)
	g.CreatedAt = w.state.Now
	if len(g.Zones) == 0 {
		g.Zones = w.zonesOf(g.Subnets)
	}
	w.state.Fleet.Launched++ // a number that no other object has had
	id := draw.Bits(w.state.Seed, g.Name, draw.Nth("group", w.state.Fleet.Launched))
	g.ARN = w.arn("autoscaling", "autoScalingGroup:"+uuid(id, draw.Bits(w.state.Seed, g.Name, "group-low"))+":autoScalingGroupName/"+g.Name)
	for _, h := range g.Hooks {
		w.testHook(g, h)
	}
	if err := w.checkTargetGroups(g.Targets); err != nil {
		return nil, err
	}
	w.adopt(g)
	w.state.Fleet.Groups = append(w.state.Fleet.Groups, g)
	slices.SortFunc(w.state.Fleet.Groups, func(a, b *group.Group) int { return strings.Compare(a.Name, b.Name) })
	w.wakeGroup(g, w.draw(w.state.Profile.Resize, g.Name, "create"))
	return []string{g.ARN}, nil
}

// messageOf is the message of an error of AWS.
func messageOf(err error) string {
	_, message, _ := strings.Cut(err.Error(), ": ")
	return message
}

// unlaunchable is the error for a group whose launch template, or launch configuration, is not there.
func unlaunchable(err error) error {
	var refused *cluster.APIError
	if errors.As(err, &refused) && refused.Code == "ValidationError" {
		return err
	}
	return ungroupable("You must use a valid fully-formed launch template. %s", messageOf(err))
}

func checkSizes(g cluster.Group) error {
	switch {
	case g.Min < 0 || g.Max < g.Min:
		return ungroupable("Max bound, %d, must be greater than or equal to min bound, %d", g.Max, g.Min)
	case g.Desired < g.Min || g.Desired > g.Max:
		return ungroupable("Desired capacity:%d must be between the specified min size:%d and max size:%d", g.Desired, g.Min, g.Max)
	}
	return nil
}

// zonesOf gives the zones of some subnets: the nth subnet is in the Region's nth zone.
func (w *World) zonesOf(subnets []string) []string {
	zones := w.zones()
	return zones[:min(max(1, len(subnets)), len(zones))]
}

// updateGroup changes a group. A minimum above or a maximum below the desired capacity moves it. Source: API Reference, UpdateAutoScalingGroup.
func (w *World) updateGroup(a cluster.UpdateGroup) (ids []string, err error) {
	g, err := w.group(a.Name)
	if err != nil {
		return nil, err
	}
	changed := g.Group
	changed.Min, changed.Max = given(a.Min, g.Min), given(a.Max, g.Max)
	changed.Desired = given(a.Desired, min(max(g.Desired, changed.Min), changed.Max))
	if err := checkSizes(changed); err != nil {
		return nil, err
	}
	if a.Template != nil {
		if _, _, err := w.resolved(*a.Template); err != nil {
			return nil, unlaunchable(err)
		}
		changed.Template = *a.Template
	}
	if a.Subnets != nil {
		changed.Subnets, changed.Zones = *a.Subnets, w.zonesOf(*a.Subnets)
	}
	changed.Zones, changed.Protect = given(a.Zones, changed.Zones), given(a.Protect, g.Protect)
	changed.Grace, changed.Warmup, changed.Policies = given(a.Grace, g.Grace), given(a.Warmup, g.Warmup), given(a.Policies, g.Policies)
	changed.Lifetime = given(a.Lifetime, g.Lifetime)
	changed.Balanced = given(a.Balanced, g.Balanced)
	if len(a.Members) > 0 {
		changed.Members = a.Members
	}
	if a.Targets != nil {
		if err := w.checkTargetGroups(*a.Targets); err != nil {
			return nil, err
		}
	}
	g.Group = changed
	if a.Targets != nil {
		w.setTargetGroups(g, *a.Targets)
	}
	w.wakeGroup(g, w.draw(w.state.Profile.Resize, g.Name, draw.Nth("update", g.Began)))
	return []string{g.ARN}, nil
}

func (w *World) setDesiredCapacity(a cluster.SetDesiredCapacity) (ids []string, err error) {
	g, err := w.group(a.Name)
	if err != nil {
		return nil, err
	}
	if a.Desired < g.Min {
		return nil, ungroupable("New SetDesiredCapacity value %d is below min value %d for the AutoScalingGroup.", a.Desired, g.Min)
	}
	if a.Desired > g.Max {
		return nil, ungroupable("New SetDesiredCapacity value %d is above max value %d for the AutoScalingGroup.", a.Desired, g.Max)
	}
	return w.updateGroup(cluster.UpdateGroup{Name: a.Name, Desired: &a.Desired})
}

// deleteGroup removes a group. With force its instances are terminated without their hooks. Source: API Reference, DeleteAutoScalingGroup; message: public reports.
func (w *World) deleteGroup(a cluster.DeleteGroup) (ids []string, err error) {
	g, err := w.group(a.Name)
	if err != nil {
		return nil, err
	}
	if len(g.Members) > 0 && !a.Force {
		return nil, cluster.Errorf(cluster.ClassState, "ResourceInUse", "You cannot delete an AutoScalingGroup while there are instances or pending Spot instance request(s) still in the group.")
	}
	g.Deleting, g.Desired, g.Min = true, 0, 0
	for _, m := range slices.Clone(g.Members) {
		m.Actions = nil
		w.proceedOut(g, m)
	}
	w.dropGroup(g)
	return []string{g.ARN}, nil
}

// dropGroup forgets a group that is deleted and whose last instance is gone.
func (w *World) dropGroup(g *group.Group) {
	if !g.Deleting || len(g.Members) > 0 {
		return
	}
	w.state.Fleet.Groups = slices.DeleteFunc(w.state.Fleet.Groups, func(one *group.Group) bool { return one == g })
}

// terminateGroupInstance terminates one instance whatever protects it. Source: API Reference, TerminateInstanceInAutoScalingGroup; messages: public reports.
func (w *World) terminateGroupInstance(a cluster.TerminateGroupInstance) (ids []string, err error) {
	g, m, ok := w.memberOf(a.Instance)
	if !ok {
		return nil, ungroupable("Instance Id not found - No managed instance found for instance ID: %s", a.Instance)
	}
	if m.Warm() { // Source: API Reference, TerminateInstanceInAutoScalingGroup
		return nil, ungroupable("The instance %s is in a warm pool.", a.Instance)
	}
	if a.Decrement && g.Desired <= g.Min {
		return nil, ungroupable("Currently, desiredSize equals minSize (%d). Terminating instance without replacement will violate group's min size constraint. Either set shouldDecrementDesiredCapacity flag to false or lower group's min size.", g.Min)
	}
	if a.Decrement && m.Counts() {
		g.Desired--
	}
	cause := "At " + w.clock() + " instance " + m.ID + " was taken out of service in response to a user request"
	if a.Decrement {
		cause += ", shrinking the capacity."
	}
	w.goOut(g, m, cause)
	w.wakeGroup(g, w.draw(w.state.Profile.Resize, g.Name, draw.Nth("terminate", g.Began)))
	return []string{m.Activity}, nil
}

// clock is the time as activities tell it.
func (w *World) clock() string { return w.state.Now.UTC().Format("2006-01-02T15:04:05Z") }

// setInstanceHealth takes the word of a health check from outside: an instance that is unhealthy is replaced. Within the grace period since it came into service it counts only
// where that is asked for. Source: API Reference, SetInstanceHealth.
func (w *World) setInstanceHealth(a cluster.SetInstanceHealth) (ids []string, err error) {
	g, m, ok := w.memberOf(a.Instance)
	if !ok {
		return nil, ungroupable("Instance Id not found - No managed instance found for instance ID: %s", a.Instance)
	}
	young := m.ServesFrom.IsZero() || w.state.Now.Before(m.ServesFrom.Add(g.Grace))
	if !a.Healthy && a.Grace && young {
		return []string{m.ID}, nil
	}
	m.Healthy = a.Healthy
	w.wakeGroup(g, w.draw(w.state.Profile.Look, g.Name, draw.Nth("health", g.Began)))
	return []string{m.ID}, nil
}

// member finds a group, and an instance that must be in it.
func (w *World) member(name, instance string) (*group.Group, *group.Member, error) {
	g, err := w.group(name)
	if err != nil {
		return nil, nil, err
	}
	m, ok := g.Member(instance)
	if !ok {
		return nil, nil, ungroupable("The instance %s is not part of Auto Scaling group %s.", instance, name)
	}
	return g, m, nil
}

func (w *World) protectInstance(a cluster.ProtectInstance) (ids []string, err error) {
	g, m, err := w.member(a.Name, a.Instance)
	if err != nil {
		return nil, err
	}
	if m.Lifecycle != cluster.LifecycleInService && m.Lifecycle != cluster.LifecycleStandby {
		return nil, ungroupable("The instance %s is not in InService or EnteringStandby or Standby.", a.Instance)
	}
	m.Protected = a.Protect
	w.wakeGroup(g, w.draw(w.state.Profile.Look, g.Name, draw.Nth("protect", g.Began)))
	return []string{m.ID}, nil
}

// setStandby takes an instance out of service, or back. Source: EC2 Auto Scaling user guide, as-enter-exit-standby.
func (w *World) setStandby(a cluster.SetStandby) (ids []string, err error) {
	g, m, err := w.member(a.Name, a.Instance)
	if err != nil {
		return nil, err
	}
	from, to, what := cluster.LifecycleInService, cluster.LifecycleStandby, "Moving EC2 instance to Standby: "
	if !a.Standby {
		from, to, what = cluster.LifecycleStandby, cluster.LifecycleInService, "Moving EC2 instance out of Standby: "
	}
	switch {
	case m.Lifecycle != from:
		return nil, ungroupable("The instance %s is not in %s.", a.Instance, from)
	case a.Standby && a.Decrement && g.Desired <= g.Min:
		return nil, ungroupable("AutoScalingGroup %s has min-size=%d, max-size=%d, and desired-size=%d. To place into standby 1 instance, please update the AutoScalingGroup sizes appropriately.", g.Name, g.Min, g.Max, g.Desired)
	case !a.Standby && g.Desired >= g.Max:
		return nil, ungroupable("AutoScalingGroup %s has min-size=%d, max-size=%d, and desired-size=%d. To exit standby 1 instance, please update the AutoScalingGroup sizes appropriately.", g.Name, g.Min, g.Max, g.Desired)
	}
	if a.Standby && a.Decrement {
		g.Desired--
	}
	if !a.Standby {
		g.Desired++
	}
	m.Lifecycle = to
	if a.Standby {
		w.unbalance(g, m)
	} else {
		w.balance(g, m)
	}
	activity := w.note(g, m.ID, what+m.ID, "At "+w.clock()+" instance "+m.ID+" was moved in response to a user request.")
	activity.Status, activity.EndedAt = "Successful", w.state.Now
	w.wakeGroup(g, w.draw(w.state.Profile.Resize, g.Name, draw.Nth("standby", g.Began)))
	return []string{activity.ID}, nil
}

func (w *World) suspendProcesses(a cluster.SuspendProcesses) (ids []string, err error) {
	g, err := w.group(a.Name)
	if err != nil {
		return nil, err
	}
	g.Suspended = slices.DeleteFunc(g.Suspended, func(p string) bool { return slices.Contains(a.Processes, p) })
	if a.Suspend {
		g.Suspended = slices.Sorted(slices.Values(append(g.Suspended, a.Processes...)))
	}
	w.wakeGroup(g, w.draw(w.state.Profile.Look, g.Name, draw.Nth("suspend", g.Began)))
	return []string{g.ARN}, nil
}

func (w *World) tagGroup(a cluster.TagGroup) (ids []string, err error) {
	g, err := w.group(a.Name)
	if err != nil {
		return nil, err
	}
	tags := setGroupTags(slices.Clone(g.Tags), a.Tags)
	if len(tags) > 50 {
		return nil, cluster.Errorf(cluster.ClassState, "LimitExceeded", "The number of tags exceeds the limit of 50.")
	}
	g.Tags = tags
	return []string{g.ARN}, nil
}

// setGroupTags sets tags in a list by key.
func setGroupTags(all, given []cluster.GroupTag) []cluster.GroupTag {
	for _, t := range given {
		at, there := slices.BinarySearchFunc(all, t.Key, func(one cluster.GroupTag, key string) int { return strings.Compare(one.Key, key) })
		if there {
			all[at] = t
			continue
		}
		all = slices.Insert(all, at, t)
	}
	return all
}

func (w *World) untagGroup(a cluster.UntagGroup) (ids []string, err error) {
	g, err := w.group(a.Name)
	if err != nil {
		return nil, err
	}
	g.Tags = slices.DeleteFunc(g.Tags, func(t cluster.GroupTag) bool { return slices.Contains(a.Keys, t.Key) })
	return []string{g.ARN}, nil
}

// managedHook is the lifecycle hook by which ECS drains the instances of a capacity provider's group. Source: developer guide, managed-instance-draining.
const managedHook = "ecs-managed-draining-termination-hook"

// setCapacityProvider ties a provider to a group. With managed draining ECS puts a hook of its own on the group, which holds instances for 48 hours at most.
// Source: developer guide, managed-instance-draining; API Reference, AutoScalingGroupProvider.
func (w *World) setCapacityProvider(a cluster.SetCapacityProvider) (ids []string, err error) {
	all := slices.DeleteFunc(w.state.Fleet.Providers, func(p capacityProvider) bool { return p.Name == a.Name })
	all = append(all, a)
	slices.SortFunc(all, func(a, b capacityProvider) int { return strings.Compare(a.Name, b.Name) })
	w.state.Fleet.Providers = all
	if g, err := w.group(a.Group); err == nil {
		w.adopt(g)
	}
	return []string{a.Name}, nil
}

func (w *World) removeCapacityProvider(a cluster.RemoveCapacityProvider) (ids []string, err error) {
	w.state.Fleet.Providers = slices.DeleteFunc(w.state.Fleet.Providers, func(p capacityProvider) bool { return p.Name == a.Name })
	for _, g := range w.state.Fleet.Groups {
		if g.Provider == a.Name {
			w.adopt(g)
		}
	}
	return []string{a.Name}, nil
}

// adopt lets a group be as its capacity provider says, and its container instances name the provider.
func (w *World) adopt(g *group.Group) {
	at := slices.IndexFunc(w.state.Fleet.Providers, func(p capacityProvider) bool { return p.Group == g.Name })
	g.Provider, g.Draining, g.Guarded, g.Scaling = "", false, false, nil
	if at >= 0 {
		p := w.state.Fleet.Providers[at]
		g.Provider, g.Draining, g.Guarded, g.Scaling = p.Name, p.Draining, p.Protect, p.Scaling
	}
	w.watchReservation(g)
	if g.Draining {
		g.PutHook(cluster.Hook{Name: managedHook, Transition: cluster.TransitionTerminating, Timeout: time.Hour, Default: cluster.Continue})
	} else {
		g.Hooks = slices.DeleteFunc(g.Hooks, func(h cluster.Hook) bool { return h.Name == managedHook })
	}
	for _, i := range w.state.Instances {
		if _, ok := g.Member(i.EC2ID); ok {
			i.Provider = g.Provider
		}
	}
}

// Groups gives all Auto Scaling groups by name.
func (w *World) Groups() []cluster.Group {
	all := make([]cluster.Group, 0, len(w.state.Fleet.Groups))
	for _, g := range w.state.Fleet.Groups {
		all = append(all, g.View())
	}
	return all
}

// LifecycleActions gives the lifecycle actions under way, by group and then as they began.
func (w *World) LifecycleActions() []cluster.LifecycleAction {
	var all []cluster.LifecycleAction
	for _, g := range w.state.Fleet.Groups {
		for _, m := range g.Members {
			for _, a := range m.Actions {
				all = append(all, *a)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b cluster.LifecycleAction) int {
		return cmp.Or(strings.Compare(a.Group, b.Group), a.BeganAt.Compare(b.BeganAt))
	})
	return all
}

// Activities gives the scaling activities of a group, newest first.
func (w *World) Activities(of string) []cluster.Activity {
	var all []cluster.Activity
	if g, err := w.group(of); err == nil {
		for _, a := range slices.Backward(g.Activities) {
			all = append(all, *a)
		}
	}
	return all
}

// Refreshes gives the instance refreshes of a group, newest first.
func (w *World) Refreshes(of string) []cluster.Refresh {
	var all []cluster.Refresh
	if g, err := w.group(of); err == nil {
		for _, r := range slices.Backward(g.Refreshes) {
			all = append(all, r.Refresh)
		}
	}
	return all
}

// sortedNames gives the keys of a map in order.
func sortedNames[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }
