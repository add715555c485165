package forecast

import (
	"fmt"
	"slices"
	"time"

	"handover/internal/cluster"
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
func unread(view cluster.ServiceView, whole cluster.Snapshot) []string {
	if !onInstances(view) {
		return []string{"the account's Fargate quota and the free addresses of the subnets suffice; neither is read"}
	}
	if len(whole.Scope.Instances) == 0 {
		return []string{"the cluster's container instances have room; they were not read"}
	}
	return []string{"the free addresses of the subnets suffice; they are not read"}
}

// hindrances warns of what acts on the service meanwhile.
func hindrances(view cluster.ServiceView, snapshot cluster.Snapshot) []string {
	var all []string
	if t := view.Scaling; t != nil && (!t.Suspended.In || !t.Suspended.Out || !t.Suspended.Scheduled) {
		all = append(all, fmt.Sprintf("Application Auto Scaling may change the desired count between %d and %d meanwhile; the forecast leaves it at %d", t.Min, t.Max, view.Service.Desired))
	}
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
