package timeline

import (
	"strings"

	"handover/internal/cluster"
)

// This file lets container instances be recorded: what they carry, as if it were one service.

// OnInstances asks for instances, which are named by their EC2 ids or their own, and for tasks on them.
func OnInstances(inCluster string, names []string, tasks cluster.Tasks) cluster.Scope {
	scope := cluster.InstanceScope{Cluster: inCluster, Tasks: tasks}
	for _, name := range names {
		if strings.HasPrefix(name, "i-") || strings.HasPrefix(name, "mi-") {
			scope.Hosts = append(scope.Hosts, name)
		} else {
			scope.Instances = append(scope.Instances, name)
		}
	}
	return scope.Of()
}

// Carried shows what instances carry as a service of that name: its tasks are those on the instances, whosever they are, and its desired count is how many of them
// are meant to run. It has one deployment, which is COMPLETED unless an instance is DRAINING and not empty yet.
func Carried(name cluster.ServiceKey, instances []cluster.InstanceView) cluster.ServiceView {
	view := cluster.ServiceView{Service: cluster.Service{Key: name, Status: cluster.ServiceActive, Bounds: cluster.Bounds{MaximumPercent: 100}}}
	rollout := cluster.Deployment{Status: cluster.DeploymentPrimary, Rollout: cluster.RolloutCompleted}
	for _, v := range instances {
		i := v.Instance
		rollout.ID, rollout.CreatedAt = rollout.ID+string(i.Status), i.RegisteredAt
		view.Service.ARN = i.ARN
		view.Service.Running += i.Running
		view.Service.Desired += i.Running + i.Pending
		view.Service.Pending += i.Pending
		view.Tasks = append(view.Tasks, v.Tasks...)
		for _, t := range v.Tasks {
			if i.Status == cluster.InstanceDraining && !t.Gone() {
				rollout.Rollout = cluster.RolloutInProgress
			}
		}
		if i.Status == cluster.InstanceDraining && i.Running+i.Pending > 0 {
			rollout.Rollout = cluster.RolloutInProgress
		}
	}
	view.Service.Deployments = []cluster.Deployment{rollout}
	return view
}
