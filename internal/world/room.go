package world

import (
	"handover/internal/cluster"
	"handover/internal/world/service"
)

// This file says how many more tasks may be started where no container instance is asked: what a cluster holds that has a number instead of instances, and Fargate's quota.

// unlimited is the room where nothing limits it.
const unlimited = -1

// room is how many more tasks a cluster holds, or unlimited. A task that is on its way out has given its room free. Source: AWS What's New of July 2023.
func (w *World) room(name string) int {
	c, ok := w.cluster(name)
	if !ok || c.Room < 0 {
		return unlimited
	}
	taken := 0
	for _, s := range w.state.Services {
		if s.Key.Cluster != name {
			continue
		}
		for _, t := range s.Tasks {
			if t.MeantToRun() && !t.Gone() {
				taken++
			}
		}
	}
	return max(0, c.Room-taken)
}

// overQuota is ECS's reason. Source: containers-roadmap issue 768 and reports of 2019 to 2026 with this wording; of tasks instead of vCPUs before the quota was one of vCPUs.
const overQuota = "You've reached the limit on the number of vCPUs you can run concurrently. For more information, see the Troubleshooting section of the Amazon ECS Developer Guide."

// vcpus is how many more tasks of one of a service's definitions Fargate's quota of vCPUs allows, or unlimited. A task counts until it is STOPPED, whoever's it is; those on Fargate Spot have a quota of their own,
// which is not modelled. Source: developer guide, service-quotas.
//
// A quota of 6 vCPUs, 20 tasks with 0.25 each: (6144 - 5120) / 256 = 4 more.
func (w *World) vcpus(s *service.Service, definition string) int {
	if w.state.FargateQuota == 0 || !onDemand(s.Launch, s.Provider) {
		return unlimited
	}
	d, ok := w.revision(definition)
	if !ok || d.Needs().CPU == 0 {
		return unlimited
	}
	return max(0, w.state.FargateQuota-w.onFargate()) / d.Needs().CPU
}

// onDemand tells what Fargate's quota is about.
func onDemand(launch cluster.Launch, provider string) bool {
	return fargateOf(launch, provider) == Fargate
}

// onFargate is how many CPU units the tasks on Fargate have.
func (w *World) onFargate() int {
	taken := 0
	for _, s := range w.state.Services {
		for _, t := range s.Tasks {
			if t.Gone() || !onDemand(t.Launch, t.Provider) {
				continue
			}
			if d, ok := w.revision(t.Definition); ok {
				taken += d.Needs().CPU
			}
		}
	}
	return taken
}

// unitsOfVCPU is how many CPU units a vCPU has. Source: API Reference, TaskDefinition, cpu.
const unitsOfVCPU = 1024

// LimitFargate sets how many vCPUs all tasks on Fargate may have at a time; 0: any number, as in a new world.
func (w *World) LimitFargate(vcpus float64) { w.state.FargateQuota = int(vcpus * unitsOfVCPU) }

// FargateQuota is how many vCPUs tasks on Fargate may have, 0 for any number, and how many they have.
func (w *World) FargateQuota() cluster.FargateQuota {
	return cluster.FargateQuota{Limit: float64(w.state.FargateQuota) / unitsOfVCPU, Taken: float64(w.onFargate()) / unitsOfVCPU}
}

// RoomOnInstances is how many more tasks of a service the container instances of its cluster would take now, up to most. ok is false where the service's tasks are not on container
// instances that are modelled one by one, and where its tasks belong to task sets.
func (w *World) RoomOnInstances(key cluster.ServiceKey, most int) (tasks int, ok bool) {
	c := w.Clone()
	s, found := c.service(key)
	if !found || len(s.Deployments) == 0 || !c.onInstances(s) {
		return 0, false
	}
	return len(c.placeTasks(s, s.Primary(), most)), true
}
