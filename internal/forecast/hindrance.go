package forecast

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"handover/internal/cluster"
	"handover/internal/rate"
	"handover/internal/world/scaling"
)

// This file says what may get in the way of an operation: as far as it was read it is in the world or in a warning, and what was not read is said.

// withInstances adds the cluster's container instances, where they were read, so that the forecast knows how many tasks they have room for.
func withInstances(whole, snapshot cluster.Snapshot, gaps []cluster.Gap) (cluster.Snapshot, []cluster.Gap) {
	of := whole.Services[0].Service.Key.Cluster
	if gap, missing := snapshot.Gap(cluster.ServiceKey{Cluster: of}, cluster.PartInstances); missing {
		return whole, append(gaps, gap)
	}
	views, read := snapshot.InstancesOf(of)
	housed := !slices.ContainsFunc(whole.Services[0].Tasks, func(t cluster.Task) bool { return t.Last == cluster.Running && t.Instance == "" })
	if read && (len(views) > 0 || housed) { // an emulator may have tasks on EC2 and no container instances: then nothing limits them
		whole.Scope.Instances, whole.Instances = []cluster.InstanceScope{{Cluster: of}}, views
	}
	return whole, gaps
}

// unread says what nobody has read that could keep tasks from starting.
func unread(view cluster.ServiceView, whole cluster.Snapshot, addresses *int) []string {
	var all []string
	switch {
	case !onInstances(view) && view.Fargate == nil:
		all = append(all, "the account's Fargate quota suffices; it was not read")
	case !onInstances(view):
	case len(whole.Scope.Instances) == 0:
		all = append(all, "the cluster's container instances have room; they were not read")
	}
	if l := rate.FargateLaunches(); !onInstances(view) && float64(view.Service.Desired) > l.Burst {
		all = append(all, fmt.Sprintf("other services leave the account's launch rate on Fargate to this one: %g tasks at once, %g a second after that", l.Burst, l.Refill))
	}
	if addresses == nil && (!onInstances(view) || slices.ContainsFunc(view.Definitions, func(d cluster.TaskDefinition) bool { return d.Network == "awsvpc" })) {
		all = append(all, "the subnets have enough free addresses; they were not read")
	}
	return all
}

// beside is what a service's own tasks may have of Fargate's quota beside what others have of it: in its world there is nobody else. 16 of 20 vCPUs are taken, 4 of them by
// the service's own 16 tasks of 0.25: it may have 20 - 12 = 8. Nothing where the quota is not known, which in a world is no limit.
func beside(view cluster.ServiceView) float64 {
	if view.Fargate == nil {
		return 0
	}
	units := 0
	for _, t := range view.Tasks {
		at := slices.IndexFunc(view.Definitions, func(d cluster.TaskDefinition) bool { return d.ARN == t.Definition })
		if at >= 0 && t.Last != cluster.Stopped {
			units += view.Definitions[at].Needs().CPU
		}
	}
	others := max(0, view.Fargate.Taken-float64(units)/unitsOfVCPU)
	return max(leastQuota, view.Fargate.Limit-others)
}

// unitsOfVCPU is how many CPU units a vCPU has. Source: API Reference, TaskDefinition, cpu.
const unitsOfVCPU = 1024

// leastQuota stands for a quota of which others have taken everything: less than any task needs, and not the 0 that would be no limit.
const leastQuota = 1.0 / unitsOfVCPU

// freeAddresses is how many addresses the service's subnets have left; nil where that was not read, or where the service shows no subnets.
func freeAddresses(view cluster.ServiceView) *int {
	if len(view.Subnets) == 0 {
		return nil
	}
	free := 0
	for _, s := range view.Subnets {
		free += s.Free
	}
	return &free
}

// shortOfAddresses warns where the subnets have fewer addresses left than an operation takes beyond those that the tasks have: each task has one until it is STOPPED.
// 4 tasks that rise to 8 take 4 more; with 3 free ones the last of them cannot start. Source: ECS developer guide, fargate-task-networking.
func (b Base) shortOfAddresses(peak int) []string {
	more := peak - b.present
	if b.addresses == nil || more <= *b.addresses {
		return nil
	}
	return []string{fmt.Sprintf("the service's subnets have %d free addresses, and up to %d more tasks are there at a time: those without an address cannot start, and the forecast does not show it",
		*b.addresses, more)}
}

// hindrances warns of what acts on the service meanwhile.
func hindrances(view cluster.ServiceView, snapshot cluster.Snapshot) []string {
	var all []string
	if t := view.Scaling; t != nil {
		all = append(scalingBy(view, snapshot), scheduled(*t, snapshot.At)...)
	}
	all = append(all, withoutCapacity(view.Service.Events, snapshot.At)...)
	protected, until := 0, time.Time{}
	for _, t := range view.Tasks {
		if t.MeantToRun() && t.ProtectedUntil.After(snapshot.At) {
			if protected++; t.ProtectedUntil.After(until) {
				until = t.ProtectedUntil
			}
		}
	}
	if protected > 0 {
		all = append(all, fmt.Sprintf("%d of the tasks are protected, the last of them until %s: a deployment waits for that", protected, until.UTC().Format(time.RFC3339)))
	}
	return all
}

// withoutCapacity warns where ECS said within the last hour that Fargate has no capacity for the service, and has started no task since.
func withoutCapacity(events []cluster.Event, now time.Time) []string {
	for _, e := range events { // newest first
		switch {
		case now.Sub(e.At) > time.Hour || strings.Contains(e.Message, " has started "):
			return nil
		case strings.Contains(e.Message, "Capacity is unavailable"):
			return []string{fmt.Sprintf("ECS said at %s that Fargate has no capacity for the service's tasks; the forecast takes it that there is some again", e.At.UTC().Format(time.RFC3339))}
		}
	}
	return nil
}

// scalingBy warns of the service's scaling policies; a scalable target that is known to have none changes nothing by itself.
func scalingBy(view cluster.ServiceView, snapshot cluster.Snapshot) []string {
	t := view.Scaling
	asked := slices.ContainsFunc(snapshot.Scope.Services, func(s cluster.ServiceScope) bool { return s.Service == view.Service.Key && s.Policies })
	_, missing := snapshot.Gap(view.Service.Key, cluster.PartPolicies)
	known := asked && !missing
	if t.Suspended.In && t.Suspended.Out || known && len(t.Policies) == 0 {
		return nil
	}
	by := ""
	if known {
		by = " (" + strings.Join(t.Policies, ", ") + ")"
	}
	return []string{fmt.Sprintf("Application Auto Scaling%s may change the desired count between %d and %d meanwhile; the forecast leaves it at %d", by, t.Min, t.Max, view.Service.Desired)}
}

// scheduled warns of the scheduled actions that come within the horizon.
func scheduled(t cluster.ScalableTarget, now time.Time) []string {
	var all []string
	for _, a := range t.Schedules {
		if t.Suspended.Scheduled {
			return nil
		}
		what := fmt.Sprintf("scheduled action %s, %s, changes the bounds of the desired count to %s–%s", a.Name, a.Schedule, bound(a.Min, t.Min), bound(a.Max, t.Max))
		if a.Zone != "" && a.Zone != "UTC" { // in which zone it is is AWS's business: it is said whenever it comes
			all = append(all, what+" by the time of "+a.Zone)
			continue
		}
		action := scaling.Action{Name: a.Name, Schedule: a.Schedule, Start: a.Start, End: a.End, PutAt: a.CreatedAt}
		if next, comes := action.Next(now); comes && next.Before(now.Add(horizon)) {
			all = append(all, what+" at "+next.UTC().Format(time.RFC3339))
		}
	}
	return all
}

func bound(given *int, former int) string {
	if given != nil {
		former = *given
	}
	return strconv.Itoa(former)
}
