package world

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"handover/internal/cluster"
	"handover/internal/world/profile"
)

// Answer is what an accepted action gave.
type Answer struct {
	IDs []string // what the Action's doc says that it gives
}

// Act carries out what a caller asks for at a time. An error is a *cluster.APIError in AWS's words; the world has then only been advanced.
func (w *World) Act(now time.Time, a cluster.Action) (Answer, error) {
	w.AdvanceTo(now)
	ids, err := w.act(a)
	if err != nil {
		return Answer{}, err
	}
	return Answer{IDs: ids}, nil
}

func (w *World) act(a cluster.Action) (ids []string, err error) {
	switch a := a.(type) {
	case cluster.UpdateService:
		return w.updateService(a)
	case cluster.CreateService:
		return w.createService(a)
	case cluster.DeleteService:
		return w.deleteService(a)
	case cluster.StopServiceDeployment:
		return w.stopServiceDeployment(a)
	case cluster.StopTask:
		return w.stopTask(a)
	case cluster.ProtectTask:
		return w.protectTask(a)
	case cluster.CreateCluster:
		return w.createCluster(a)
	case cluster.DeleteCluster:
		return w.deleteCluster(a)
	case cluster.RegisterTaskDefinition:
		return w.registerTaskDefinition(a)
	case cluster.ReviseTaskDefinition:
		return w.reviseTaskDefinition(a)
	case cluster.DeregisterTaskDefinition:
		return w.deregisterTaskDefinition(a)
	case cluster.CreateTargetGroup:
		return w.createTargetGroup(a)
	case cluster.ModifyTargetGroup:
		return w.modifyTargetGroup(a)
	case cluster.DeleteTargetGroup:
		return w.deleteTargetGroup(a)
	case cluster.RegisterTarget:
		return w.registerTarget(a)
	case cluster.DeregisterTarget:
		return w.deregisterTarget(a)
	case cluster.TagResource:
		return w.tagResource(a)
	case cluster.UntagResource:
		return w.untagResource(a)
	case cluster.Declare:
		return w.declare(a)
	case cluster.Retract:
		return w.retract(a)
	}
	return w.actElsewhere(a)
}

// actElsewhere carries out the actions on what stands beside services.
func (w *World) actElsewhere(a cluster.Action) (ids []string, err error) {
	switch a := a.(type) {
	case cluster.SetAlarmState:
		return w.setAlarmState(a)
	case cluster.PutMetricAlarm:
		return w.putMetricAlarm(a)
	case cluster.DeleteAlarm:
		return w.deleteAlarm(a)
	case cluster.PutMetricData:
		return w.putMetricData(a)
	case cluster.RegisterScalableTarget:
		return w.registerScalableTarget(a)
	case cluster.DeregisterScalableTarget:
		return w.deregisterScalableTarget(a)
	case cluster.PutScheduledAction:
		return w.putScheduledAction(a)
	case cluster.DeleteScheduledAction:
		return w.deleteScheduledAction(a)
	case cluster.PutScalingPolicy:
		return w.putScalingPolicy(a)
	case cluster.DeleteScalingPolicy:
		return w.deleteScalingPolicy(a)
	case cluster.UpdateCluster:
		return w.updateCluster(a)
	case cluster.DeleteTaskDefinition:
		return w.deleteTaskDefinition(a)
	}
	return w.actOnInstances(a)
}

// actOnInstances carries out the actions on container instances and on tasks that belong to no service.
func (w *World) actOnInstances(a cluster.Action) (ids []string, err error) {
	switch a := a.(type) {
	case cluster.RegisterContainerInstance:
		return w.registerContainerInstance(a)
	case cluster.DeregisterContainerInstance:
		return w.deregisterContainerInstance(a)
	case cluster.SetInstanceStatus:
		return w.setInstanceStatus(a)
	case cluster.PutAttribute:
		return w.putAttribute(a)
	case cluster.DeleteAttribute:
		return w.deleteAttribute(a)
	case cluster.RunTask:
		return w.runTask(a)
	case cluster.StartTask:
		return w.startTask(a)
	case cluster.RunMachine:
		return w.runMachine(a)
	case cluster.TerminateMachine:
		return w.terminateMachine(a)
	case cluster.StopMachine:
		return w.stopMachine(a)
	case cluster.StartMachine:
		return w.startMachine(a)
	case cluster.ModifyMachine:
		return w.modifyMachine(a)
	case cluster.CreateLaunchConfiguration:
		return w.createLaunchConfiguration(a)
	case cluster.DeleteLaunchConfiguration:
		return w.deleteLaunchConfiguration(a)
	case cluster.ExecuteGroupPolicy:
		return w.executeGroupPolicy(a)
	case cluster.CreateLaunchTemplate:
		return w.createLaunchTemplate(a)
	case cluster.CreateLaunchTemplateVersion:
		return w.createLaunchTemplateVersion(a)
	case cluster.ModifyLaunchTemplate:
		return w.modifyLaunchTemplate(a)
	case cluster.DeleteLaunchTemplate:
		return w.deleteLaunchTemplate(a)
	}
	return w.actOnGroups(a)
}

// actOnGroups carries out the actions on Auto Scaling groups.
func (w *World) actOnGroups(a cluster.Action) (ids []string, err error) {
	switch a := a.(type) {
	case cluster.CreateGroup:
		return w.createGroup(a)
	case cluster.UpdateGroup:
		return w.updateGroup(a)
	case cluster.DeleteGroup:
		return w.deleteGroup(a)
	case cluster.SetDesiredCapacity:
		return w.setDesiredCapacity(a)
	case cluster.TerminateGroupInstance:
		return w.terminateGroupInstance(a)
	case cluster.SetInstanceHealth:
		return w.setInstanceHealth(a)
	case cluster.ProtectInstance:
		return w.protectInstance(a)
	case cluster.SetStandby:
		return w.setStandby(a)
	case cluster.DetachInstance:
		return w.detachInstance(a)
	case cluster.AttachInstance:
		return w.attachInstance(a)
	case cluster.SuspendProcesses:
		return w.suspendProcesses(a)
	case cluster.PutGroupSchedule:
		return w.putGroupSchedule(a)
	case cluster.DeleteGroupSchedule:
		return w.deleteGroupSchedule(a)
	case cluster.PutHook:
		return w.putHook(a)
	case cluster.DeleteHook:
		return w.deleteHook(a)
	case cluster.CompleteLifecycleAction:
		return w.completeLifecycle(a)
	case cluster.RecordLifecycleHeartbeat:
		return w.heartbeatLifecycle(a)
	case cluster.PutWarmPool:
		return w.putWarmPool(a)
	case cluster.DeleteWarmPool:
		return w.deleteWarmPool(a)
	case cluster.StartRefresh:
		return w.startRefresh(a)
	case cluster.CancelRefresh:
		return w.cancelRefresh(a)
	case cluster.TagGroup:
		return w.tagGroup(a)
	case cluster.UntagGroup:
		return w.untagGroup(a)
	case cluster.SetCapacityProvider:
		return w.setCapacityProvider(a)
	case cluster.RemoveCapacityProvider:
		return w.removeCapacityProvider(a)
	}
	return w.actOnTaskSets(a)
}

func invalid(format string, args ...any) *cluster.APIError {
	return cluster.Errorf(cluster.ClassInvalid, "InvalidParameterException", format, args...)
}

// given is the new value, or the former one where none is given.
func given[T any](value *T, former T) T {
	if value == nil {
		return former
	}
	return *value
}

func (w *World) createCluster(a cluster.CreateCluster) (ids []string, err error) {
	if !cluster.ValidName(a.Cluster) {
		return nil, invalid("Identifier is invalid")
	}
	if c, ok := w.cluster(a.Cluster); ok {
		return []string{c.Name}, nil
	}
	if err := w.mayCreateCluster(); err != nil {
		return nil, err
	}
	w.state.Deleted = slices.DeleteFunc(w.state.Deleted, func(d deletedCluster) bool { return d.Name == a.Cluster })
	at, _ := slices.BinarySearchFunc(w.state.Clusters, a.Cluster, func(c *clusterState, name string) int { return strings.Compare(c.Name, name) })
	w.state.Clusters = slices.Insert(w.state.Clusters, at, &clusterState{Name: a.Cluster, Status: cluster.ServiceActive, Room: -1, Members: a.Members})
	return []string{a.Cluster}, nil
}

// shownDeleted is for how long a deleted cluster is shown as INACTIVE: "for a period of time" (API Reference, DeleteCluster), which is not published.
const shownDeleted = time.Hour

// deleteCluster removes a cluster without active services, tasks and container instances. A service that drains and has no task left is no hindrance: the words speak of active
// ones, and services were seen DRAINING whose cluster was gone (hashicorp/terraform#4326). Source: API Reference, DeleteCluster; messages: public reports.
func (w *World) deleteCluster(a cluster.DeleteCluster) (ids []string, err error) {
	c, ok := w.cluster(a.Cluster)
	if !ok {
		return nil, clusterNotFound()
	}
	if w.Counts(c.Name).Instances > 0 {
		return nil, cluster.Errorf(cluster.ClassState, "ClusterContainsContainerInstancesException", "The Cluster cannot be deleted while Container Instances are active or draining.")
	}
	for _, s := range w.state.Services {
		if s.Key.Cluster != a.Cluster {
			continue
		}
		if s.Status == cluster.ServiceActive {
			return nil, cluster.Errorf(cluster.ClassState, "ClusterContainsServicesException", "The Cluster cannot be deleted while Services are active.")
		}
		for _, t := range s.Tasks {
			if !t.Gone() {
				return nil, cluster.Errorf(cluster.ClassState, "ClusterContainsTasksException", "The Cluster cannot be deleted while Tasks are active.")
			}
		}
	}
	for _, s := range w.state.Services {
		if s.Key.Cluster == a.Cluster {
			s.Status = cluster.ServiceInactive
		}
	}
	w.state.Clusters = slices.DeleteFunc(w.state.Clusters, func(one *clusterState) bool { return one == c })
	w.state.Deleted = slices.DeleteFunc(w.state.Deleted, func(d deletedCluster) bool { return w.state.Now.Sub(d.At) > shownDeleted })
	w.state.Deleted = append(w.state.Deleted, deletedCluster{Name: a.Cluster, At: w.state.Now})
	_, err = w.retract(cluster.Retract{ARN: w.arn("ecs", "cluster/"+a.Cluster)})
	return []string{a.Cluster}, err
}

func (w *World) cluster(name string) (found *clusterState, ok bool) {
	at, ok := slices.BinarySearchFunc(w.state.Clusters, name, func(c *clusterState, name string) int { return strings.Compare(c.Name, name) })
	if !ok {
		return nil, false
	}
	return w.state.Clusters[at], true
}

func clusterNotFound() *cluster.APIError {
	return cluster.Errorf(cluster.ClassNotFound, "ClusterNotFoundException", "Cluster not found.")
}

// stopTask stops one task, whatever the floor. Source: API Reference, StopTask; behaviour §1.6; messages §10.
func (w *World) stopTask(a cluster.StopTask) (ids []string, err error) {
	if _, ok := w.cluster(a.Cluster); !ok {
		return nil, clusterNotFound()
	}
	id := cluster.TaskID(a.Task)
	t, ok := w.task(id)
	if !ok || w.state.Services[t.Service].Key.Cluster != a.Cluster {
		return nil, cluster.Errorf(cluster.ClassNotFound, "InvalidParameterException", "The referenced task was not found.")
	}
	if !t.MeantToRun() {
		if w.state.Profile.Variants.RefusesStopped {
			return nil, cluster.Errorf(cluster.ClassState, "InvalidParameterException", "The referenced task was already stopped.")
		}
		return []string{t.ID}, nil
	}
	reason := a.Reason
	if reason == "" {
		reason = "Task stopped by user"
	}
	s := w.state.Services[t.Service]
	w.leave(s, t, "UserInitiated", reason)
	if t.Last == cluster.Deactivating && !w.state.Profile.Variants.StopTaskDrains {
		w.signal(t)
	}
	if t.Last == cluster.Stopping && len(s.Attachments) == 0 && w.state.Profile.Variants.MissedAt == profile.AtStopped {
		w.lose(t)
		return []string{t.ID}, nil
	}
	w.disturbed(t)
	return []string{t.ID}, nil
}

// protectTask protects a service's task for 1 minute to 48 hours, two hours unless said otherwise. Source: API Reference, UpdateTaskProtection.
func (w *World) protectTask(a cluster.ProtectTask) (ids []string, err error) {
	const usual, least, most = 2 * time.Hour, time.Minute, 48 * time.Hour
	if _, ok := w.cluster(a.Cluster); !ok {
		return nil, clusterNotFound()
	}
	t, ok := w.task(cluster.TaskID(a.Task))
	if !ok || w.state.Services[t.Service].Key.Cluster != a.Cluster || t.Gone() {
		return nil, cluster.Errorf(cluster.ClassNotFound, "MISSING", "The task was not found.")
	}
	span := cmp.Or(a.For, usual)
	if a.Protect && (span < least || span > most) {
		return nil, invalid("expiresInMinutes must be between 1 and 2880.")
	}
	if !t.MeantToRun() {
		return nil, cluster.Errorf(cluster.ClassState, "TASK_NOT_VALID", "The task is stopping.")
	}
	if w.state.Services[t.Service].Loose() {
		return nil, cluster.Errorf(cluster.ClassState, "TASK_NOT_VALID", "The task belongs to no service.")
	}
	t.ProtectedUntil = time.Time{}
	if a.Protect {
		t.ProtectedUntil = w.state.Now.Add(span)
	}
	return []string{t.ID}, nil
}

// Room sets how many tasks the instances of a cluster hold; -1: no limit. It stands for container instances until they are modelled one by one.
func (w *World) Room(name string, room int) error {
	c, ok := w.cluster(name)
	if !ok {
		return clusterNotFound()
	}
	c.Room = room
	return nil
}
