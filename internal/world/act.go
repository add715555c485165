package world

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"handover/internal/cluster"
	"handover/internal/world/balancer"
	"handover/internal/world/draw"
	"handover/internal/world/profile"
	"handover/internal/world/service"
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
	case cluster.ProtectInstance:
		return w.protectInstance(a)
	case cluster.SetStandby:
		return w.setStandby(a)
	case cluster.SuspendProcesses:
		return w.suspendProcesses(a)
	case cluster.PutHook:
		return w.putHook(a)
	case cluster.DeleteHook:
		return w.deleteHook(a)
	case cluster.CompleteLifecycleAction:
		return w.completeLifecycle(a)
	case cluster.RecordLifecycleHeartbeat:
		return w.heartbeatLifecycle(a)
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

func serviceNotFound() *cluster.APIError {
	return cluster.Errorf(cluster.ClassNotFound, "ServiceNotFoundException", "Service not found.")
}

func clusterNotFound() *cluster.APIError {
	return cluster.Errorf(cluster.ClassNotFound, "ClusterNotFoundException", "Cluster not found.")
}

// updateService changes a service. What starts a deployment: another task definition, or force. Source: API Reference, UpdateService; behaviour §1.7.
func (w *World) updateService(a cluster.UpdateService) (ids []string, err error) {
	s, err := w.active(a.Service)
	if err != nil {
		return nil, err
	}
	if err := w.mayUpdate(s, a); err != nil {
		return nil, err
	}
	if a.Attachments != nil {
		if err := w.groupsExist(*a.Attachments); err != nil {
			return nil, err
		}
	}
	former := s.Definition
	if a.Definition != "" {
		d, err := w.usable(a.Definition)
		if err != nil {
			return nil, err
		}
		s.Definition = d.ARN
	}
	s.Bounds = given(a.Bounds, s.Bounds)
	s.GracePeriod = given(a.GracePeriod, s.GracePeriod)
	s.Provider, s.Strategy, s.Constraints = given(a.Provider, s.Provider), given(a.Strategy, s.Strategy), given(a.Constraints, s.Constraints)
	s.Breaker, s.Alarms = given(a.Breaker, s.Breaker), given(a.Alarms, s.Alarms)
	s.Rebalancing = given(a.Rebalancing, s.Rebalancing)
	if len(a.Members) > 0 {
		s.Members = a.Members
	}
	if a.Desired != nil && *a.Desired != s.Desired {
		s.Desired, s.Unsettled = *a.Desired, true
		for _, d := range s.Deployments[:min(1, len(s.Deployments))] { // under EXTERNAL there is none
			d.UpdatedAt = w.state.Now
		}
	}
	attached := a.Attachments != nil && !slices.Equal(*a.Attachments, s.Attachments)
	if attached {
		s.Attach(slices.Clone(*a.Attachments))
	}
	if (a.Force || attached || s.Definition != former) && s.Controller == cluster.ControllerECS {
		d := w.deploy(s)
		w.again(s, w.draw(w.state.Profile.Deploy, d.ID, "deploy"))
		return []string{d.ID}, nil
	}
	w.wake(s.Place, w.draw(w.state.Profile.Resize, s.Name(), draw.Nth("resize", s.Looks)))
	return nil, nil
}

// again has a new deployment looked at after a time of its own, and not at the look that was due for the former one.
func (w *World) again(s *service.Service, after time.Duration) {
	w.sleep(s)
	w.wake(s.Place, after)
}

func (w *World) active(key cluster.ServiceKey) (*service.Service, error) {
	if _, ok := w.cluster(key.Cluster); !ok {
		return nil, clusterNotFound()
	}
	s, ok := w.service(key)
	if !ok {
		return nil, serviceNotFound()
	}
	if s.Status != cluster.ServiceActive {
		return nil, cluster.Errorf(cluster.ClassState, "ServiceNotActiveException", "Service was not ACTIVE.")
	}
	return s, nil
}

// mayUpdate checks what AWS checks before it changes anything. Messages: behaviour §1.1 #9 and §10.
func (w *World) mayUpdate(s *service.Service, a cluster.UpdateService) error {
	if s.Controller == cluster.ControllerCodeDeploy && a.Definition != "" {
		return invalid("Unable to update task definition on services with a CODE_DEPLOY deployment controller. Use AWS CodeDeploy to trigger a new deployment.")
	}
	if s.Controller == cluster.ControllerCodeDeploy && a.Force {
		return invalid("Cannot force a new deployment on services with a CODE_DEPLOY deployment controller. Use AWS CodeDeploy to trigger a new deployment.")
	}
	if s.Controller == cluster.ControllerExternal && (a.Definition != "" || a.Force || a.Attachments != nil) { // Source: API Reference, UpdateService; the words are ours
		return invalid("Unable to update the task definition or load balancers, or to force a new deployment, on services with an EXTERNAL deployment controller. Use task sets.")
	}
	if s.Controller == cluster.ControllerCodeDeploy && a.Attachments != nil {
		return invalid("Unable to update load balancers on services with a CODE_DEPLOY deployment controller. Use AWS CodeDeploy to trigger a new deployment.")
	}
	if a.Desired != nil && *a.Desired < 0 {
		return invalid("desiredCount cannot be negative.")
	}
	if a.Bounds != nil {
		return checkBounds(s.Scheduling, *a.Bounds)
	}
	return nil
}

// checkBounds refuses bounds that block every deployment. Source: behaviour §1.1 #9 (the message as Terraform's users report it).
func checkBounds(scheduling cluster.Scheduling, b cluster.Bounds) error {
	if b.MinimumHealthyPercent < 0 || b.MaximumPercent < 0 {
		return invalid("minimumHealthyPercent and maximumPercent cannot be negative.")
	}
	if scheduling == cluster.Replica && b.MinimumHealthyPercent == 100 && b.MaximumPercent == 100 {
		return invalid("Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments.")
	}
	return nil
}

// deploy begins a new deployment; the one before it becomes ACTIVE.
func (w *World) deploy(s *service.Service) *service.Deployment {
	s.Deployed++
	d := &service.Deployment{
		ID:         "ecs-svc/" + digits19(draw.Bits(w.state.Seed, s.Name(), draw.Nth("deployment", s.Deployed))),
		Definition: s.Definition,
		Rollout:    cluster.RolloutInProgress,
		Ignored:    w.raised(s.Alarms.Names),
		Resolved:   s.Desired <= 1 || !w.state.Profile.Variants.VersionConsistency || w.pinned(s.Definition),
		CreatedAt:  w.state.Now,
		UpdatedAt:  w.state.Now,
		Members:    s.Members,
	}
	for _, former := range s.Deployments {
		former.Wanted = running(s, former.ID)
	}
	w.record(s, d)
	s.Deployments = slices.Insert(s.Deployments, 0, d)
	s.Unsettled, s.StuckAt = true, time.Time{}
	return d
}

// running counts a deployment's tasks that run and are meant to: those that it keeps wanting when a newer deployment begins. What has not started is
// cancelled (case D).
func running(s *service.Service, deployment string) int {
	n := 0
	for _, t := range s.Tasks {
		if t.StartedBy == deployment && t.MeantToRun() && !t.StartedAt.IsZero() {
			n++
		}
	}
	return n
}

// pinned tells whether every image of a revision is named by its digest.
func (w *World) pinned(arn string) bool {
	d, ok := w.revision(arn)
	return ok && !slices.ContainsFunc(d.Containers, cluster.ContainerDefinition.Mutable)
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
	t.ProtectedUntil = time.Time{}
	if a.Protect {
		t.ProtectedUntil = w.state.Now.Add(span)
	}
	return []string{t.ID}, nil
}

func (w *World) createCluster(a cluster.CreateCluster) (ids []string, err error) {
	if !cluster.ValidName(a.Cluster) {
		return nil, invalid("Identifier is invalid")
	}
	if c, ok := w.cluster(a.Cluster); ok {
		return []string{c.Name}, nil
	}
	at, _ := slices.BinarySearchFunc(w.state.Clusters, a.Cluster, func(c *clusterState, name string) int { return strings.Compare(c.Name, name) })
	w.state.Clusters = slices.Insert(w.state.Clusters, at, &clusterState{Name: a.Cluster, Status: cluster.ServiceActive, Room: -1, Members: a.Members})
	return []string{a.Cluster}, nil
}

func (w *World) deleteCluster(a cluster.DeleteCluster) (ids []string, err error) {
	if _, ok := w.cluster(a.Cluster); !ok {
		return nil, clusterNotFound()
	}
	for _, s := range w.state.Services {
		if s.Key.Cluster != a.Cluster {
			continue
		}
		if s.Status != cluster.ServiceInactive {
			return nil, cluster.Errorf(cluster.ClassState, "ClusterContainsServicesException", "The Cluster cannot be deleted while Services are active.")
		}
		for _, t := range s.Tasks {
			if !t.Gone() {
				return nil, cluster.Errorf(cluster.ClassState, "ClusterContainsTasksException", "The Cluster cannot be deleted while Tasks are active.")
			}
		}
	}
	w.state.Clusters = slices.DeleteFunc(w.state.Clusters, func(c *clusterState) bool { return c.Name == a.Cluster })
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

func (w *World) registerTaskDefinition(a cluster.RegisterTaskDefinition) (ids []string, err error) {
	if !cluster.ValidName(a.Family) {
		return nil, cluster.Errorf(cluster.ClassInvalid, "ClientException", "Family contains invalid characters.")
	}
	if len(a.Containers) == 0 {
		return nil, cluster.Errorf(cluster.ClassInvalid, "ClientException", "Container list cannot be empty.")
	}
	revision := 1
	for _, d := range w.state.Definitions {
		if d.Family == a.Family {
			revision = d.Revision + 1
		}
	}
	for _, c := range a.Constraints {
		if err := checkConstraint(c); err != nil {
			return nil, err
		}
	}
	d := &definition{Active: true, Members: a.Members}
	d.Family, d.Revision, d.Containers, d.Network = a.Family, revision, slices.Clone(a.Containers), a.Network
	d.CPU, d.Memory, d.Constraints = a.CPU, a.Memory, a.Constraints
	d.ARN = w.arn("ecs", fmt.Sprintf("task-definition/%s:%d", a.Family, revision))
	w.state.Definitions, w.exact = append(w.state.Definitions, d), nil
	slices.SortStableFunc(w.state.Definitions, func(a, b *definition) int {
		if a.Family != b.Family {
			return strings.Compare(a.Family, b.Family)
		}
		return a.Revision - b.Revision
	})
	return []string{d.ARN}, nil
}

// reviseTaskDefinition copies a revision. The tasks of the copy behave as those of the original, but for what is wrong with it: other images may be sound.
func (w *World) reviseTaskDefinition(a cluster.ReviseTaskDefinition) (ids []string, err error) {
	d, ok := w.revision(a.Definition)
	if !ok {
		return nil, cluster.Errorf(cluster.ClassNotFound, "ClientException", "Unable to describe task definition.")
	}
	containers := slices.Clone(d.Containers)
	for _, image := range a.Images {
		at := slices.IndexFunc(containers, func(c cluster.ContainerDefinition) bool { return c.Name == image.Container })
		if at < 0 {
			return nil, cluster.Errorf(cluster.ClassInvalid, "ClientException", "%s has no container %s.", d.ARN, image.Container)
		}
		containers[at].Image = image.Image
	}
	ids, err = w.registerTaskDefinition(cluster.RegisterTaskDefinition{Family: d.Family, Containers: containers, Network: d.Network, CPU: d.CPU, Memory: d.Memory,
		Constraints: slices.Clone(d.Constraints), Members: d.Members})
	if err != nil {
		return nil, err
	}
	behaviour := d.Behaviour
	behaviour.Fault = NoFault
	return ids, w.Behave(ids[0], behaviour)
}

func (w *World) deregisterTaskDefinition(a cluster.DeregisterTaskDefinition) (ids []string, err error) {
	d, ok := w.revision(a.Definition)
	if !ok {
		return nil, cluster.Errorf(cluster.ClassNotFound, "ClientException", "The specified task definition does not exist.")
	}
	d.Active = false
	return []string{d.ARN}, nil
}

// revision finds a revision by family (its latest ACTIVE one), family:revision or ARN.
func (w *World) revision(name string) (found *definition, ok bool) {
	if w.exact == nil {
		w.exact = make(map[string]*definition, len(w.state.Definitions))
		for _, d := range w.state.Definitions {
			w.exact[d.ARN] = d
		}
	}
	if found, ok = w.exact[name]; ok {
		return found, true
	}
	if cluster.IsARN(name) {
		arn, err := cluster.ParseARN(name)
		if err != nil {
			return nil, false
		}
		name = strings.TrimPrefix(arn.Resource, "task-definition/")
	}
	family, revision, exact := strings.Cut(name, ":")
	number, err := strconv.Atoi(revision)
	if exact && err != nil {
		return nil, false
	}
	for _, d := range w.state.Definitions {
		if d.Family == family && (exact && d.Revision == number || !exact && d.Active) {
			found, ok = d, true
		}
	}
	return found, ok
}

// usable finds a revision that a service may run. Messages: behaviour §10.
func (w *World) usable(name string) (*definition, error) {
	d, ok := w.revision(name)
	if !ok {
		return nil, cluster.Errorf(cluster.ClassInvalid, "ClientException", "TaskDefinition not found.")
	}
	if !d.Active {
		return nil, cluster.Errorf(cluster.ClassInvalid, "ClientException", "TaskDefinition is inactive")
	}
	return d, nil
}

func (w *World) createService(a cluster.CreateService) (ids []string, err error) {
	s, err := w.newService(a)
	if err != nil {
		return nil, err
	}
	if s.Controller == cluster.ControllerExternal {
		return []string{w.serviceARN(s.Key)}, nil
	}
	d := w.deploy(s)
	w.wake(s.Place, w.draw(w.state.Profile.Deploy, d.ID, "deploy"))
	return []string{w.serviceARN(s.Key)}, nil
}

func (w *World) serviceARN(key cluster.ServiceKey) string {
	return w.arn("ecs", "service/"+key.String())
}

// newService adds a service that has no deployment yet. Source: API Reference, CreateService; messages: behaviour §10.
func (w *World) newService(a cluster.CreateService) (*service.Service, error) {
	if _, ok := w.cluster(a.Service.Cluster); !ok {
		return nil, clusterNotFound()
	}
	if !cluster.ValidName(a.Service.Service) {
		return nil, invalid("Service name contains invalid characters.")
	}
	if s, ok := w.service(a.Service); ok && s.Status == cluster.ServiceActive {
		return nil, invalid("Creation of service was not idempotent.")
	} else if ok && s.Status == cluster.ServiceDraining {
		return nil, invalid("Unable to Start a service that is still Draining.")
	}
	s := &service.Service{
		Place: len(w.state.Services), Key: a.Service, Status: cluster.ServiceActive, Scheduling: cmp.Or(a.Scheduling, cluster.Replica), Controller: cmp.Or(a.Controller, cluster.ControllerECS),
		Launch: a.Launch, Desired: a.Desired, Bounds: cluster.DefaultBounds(), Breaker: a.Breaker, Alarms: a.Alarms, Rebalancing: a.Rebalancing, GracePeriod: a.GracePeriod,
		Attachments: slices.Clone(a.Attachments), Provider: a.Provider, Strategy: a.Strategy, Constraints: a.Constraints, Members: a.Members, CreatedAt: w.state.Now,
	}
	if err := checkPlacement(s); err != nil {
		return nil, err
	}
	if s.Scheduling == cluster.Daemon { // Source: API Reference, DeploymentConfiguration
		s.Bounds = cluster.Bounds{MinimumHealthyPercent: 0, MaximumPercent: 100}
	}
	s.Bounds = given(a.Bounds, s.Bounds)
	if err := checkBounds(s.Scheduling, s.Bounds); err != nil {
		return nil, err
	}
	if s.Controller != cluster.ControllerExternal {
		d, err := w.usable(a.Definition)
		if err != nil {
			return nil, err
		}
		s.Definition = d.ARN
	}
	if err := w.groupsExist(s.Attachments); err != nil {
		return nil, err
	}
	w.add(s)
	if len(a.Tags) > 0 {
		w.setTags(w.serviceARN(s.Key), a.Tags)
	}
	return s, nil
}

// groupsExist refuses attachments to target groups that are not there.
func (w *World) groupsExist(attachments []cluster.Attachment) error {
	for _, a := range attachments {
		if _, ok := w.state.Balancer.Group(a.TargetGroup); !ok {
			return invalid("The specified target group does not exist.")
		}
	}
	return nil
}

// deleteService starts to remove a service. Source: API Reference, DeleteService.
func (w *World) deleteService(a cluster.DeleteService) (ids []string, err error) {
	s, err := w.active(a.Service)
	if err != nil {
		return nil, err
	}
	if s.Desired > 0 && !a.Force && s.Scheduling == cluster.Replica && s.Controller != cluster.ControllerExternal {
		return nil, invalid("The service cannot be stopped while it is scaled above 0.")
	}
	if len(s.TaskSets) > 0 && !a.Force {
		return nil, invalid("The service cannot be deleted while it has task sets.")
	}
	s.Status, s.Desired, s.Unsettled = cluster.ServiceDraining, 0, true
	for _, set := range s.TaskSets {
		set.Draining, set.Primary = true, false
	}
	if len(s.Sets()) == 0 {
		s.Status = cluster.ServiceInactive
		return []string{w.serviceARN(s.Key)}, nil
	}
	w.wake(s.Place, w.draw(w.state.Profile.Resize, s.Name(), draw.Nth("resize", s.Looks)))
	return []string{w.serviceARN(s.Key)}, nil
}

func targetGroupNotFound() *cluster.APIError {
	return cluster.Errorf(cluster.ClassNotFound, "TargetGroupNotFound", "One or more target groups not found")
}

func (w *World) createTargetGroup(a cluster.CreateTargetGroup) (ids []string, err error) {
	if _, ok := w.state.Balancer.Named(a.Group.Name); ok {
		return nil, cluster.Errorf(cluster.ClassState, "DuplicateTargetGroupName", "A target group with the same name '%s' exists, but with different settings", a.Group.Name)
	}
	g := &balancer.Group{TargetGroup: a.Group, Members: a.Members}
	g.ARN = w.arn("elasticloadbalancing", "targetgroup/"+a.Group.Name+"/"+hex64(draw.Bits(w.state.Seed, a.Group.Name, "target-group")))
	w.state.Balancer.Add(g)
	return []string{g.ARN}, nil
}

func (w *World) modifyTargetGroup(a cluster.ModifyTargetGroup) (ids []string, err error) {
	g, ok := w.state.Balancer.Group(a.Group)
	if !ok {
		return nil, targetGroupNotFound()
	}
	g.DrainDelay = given(a.DrainDelay, g.DrainDelay)
	g.CheckInterval = given(a.CheckInterval, g.CheckInterval)
	g.HealthyThreshold = given(a.HealthyThreshold, g.HealthyThreshold)
	g.UnhealthyThreshold = given(a.UnhealthyThreshold, g.UnhealthyThreshold)
	if len(a.Members) > 0 {
		g.Members = a.Members
	}
	return []string{g.ARN}, nil
}

// given is the new value, or the former one where none is given.
func given[T any](value *T, former T) T {
	if value == nil {
		return former
	}
	return *value
}

func (w *World) deleteTargetGroup(a cluster.DeleteTargetGroup) (ids []string, err error) {
	w.untag(a.Group)
	w.state.Balancer.Remove(a.Group) // one that does not exist is no error. Source: ELBv2 API Reference, DeleteTargetGroup
	return []string{a.Group}, nil
}

func (w *World) registerTarget(a cluster.RegisterTarget) (ids []string, err error) {
	g, ok := w.state.Balancer.Group(a.Group)
	if !ok {
		return nil, targetGroupNotFound()
	}
	if g.Register(a.ID, a.Port, "") {
		if t, ok := w.behind(a.ID); ok {
			w.order(t, Order{Kind: Register, Group: g.ARN, ID: a.ID, Port: a.Port})
		}
	}
	return []string{a.ID}, nil
}

// deregisterTarget drains a target by hand, for example before its task is stopped. Whether ECS replaces such a task by itself is not established.
func (w *World) deregisterTarget(a cluster.DeregisterTarget) (ids []string, err error) {
	g, ok := w.state.Balancer.Group(a.Group)
	if !ok {
		return nil, targetGroupNotFound()
	}
	for _, target := range g.View(nil) {
		if target.ID != a.ID || a.Port != 0 && target.Port != a.Port || !g.Deregister(target.ID, target.Port) {
			continue
		}
		o := Order{Kind: Deregister, Group: g.ARN, ID: target.ID, Port: target.Port, Drain: g.DrainDelay}
		t, ok := w.behind(target.ID)
		if ok {
			t.CountsFrom = time.Time{}
		}
		w.order(t, o)
	}
	return []string{a.ID}, nil
}

// behind finds the task that answers at an address.
func (w *World) behind(address string) (found *service.Task, ok bool) {
	for _, s := range w.state.Services {
		for _, t := range s.Tasks {
			if t.Address == address && !t.Gone() {
				return t, true
			}
		}
	}
	return nil, false
}

func (w *World) tagResource(a cluster.TagResource) (ids []string, err error) {
	if len(a.Tags)+len(w.Tags(a.ARN)) > 50 && len(merge(w.Tags(a.ARN), a.Tags)) > 50 {
		return nil, invalid("The maximum number of tags is 50.")
	}
	w.setTags(a.ARN, merge(w.Tags(a.ARN), a.Tags))
	return []string{a.ARN}, nil
}

func (w *World) untagResource(a cluster.UntagResource) (ids []string, err error) {
	w.setTags(a.ARN, slices.DeleteFunc(w.Tags(a.ARN), func(t cluster.Tag) bool { return slices.Contains(a.Keys, t.Key) }))
	return []string{a.ARN}, nil
}

// merge adds tags to tags; the new value of a key stands.
func merge(tags, added []cluster.Tag) []cluster.Tag {
	merged := slices.Clone(tags)
	for _, t := range added {
		if i := slices.IndexFunc(merged, func(old cluster.Tag) bool { return old.Key == t.Key }); i >= 0 {
			merged[i] = t
			continue
		}
		merged = append(merged, t)
	}
	return merged
}

func (w *World) setTags(arn string, tags []cluster.Tag) {
	tags = slices.SortedFunc(slices.Values(tags), func(a, b cluster.Tag) int { return strings.Compare(a.Key, b.Key) })
	at, there := slices.BinarySearchFunc(w.state.Tagged, arn, func(t tagged, arn string) int { return strings.Compare(t.ARN, arn) })
	if there {
		w.state.Tagged[at].Tags = tags
		return
	}
	w.state.Tagged = slices.Insert(w.state.Tagged, at, tagged{ARN: arn, Tags: tags})
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

// Behave sets how the tasks of a revision behave, where that differs from the profile.
func (w *World) Behave(name string, b Behaviour) error {
	d, ok := w.revision(name)
	if !ok {
		return cluster.Errorf(cluster.ClassNotFound, "ClientException", "TaskDefinition not found.")
	}
	d.Behaviour = b
	return nil
}

// settledFor is how old a service is that Settle puts into the world.
const settledFor = 7 * 24 * time.Hour

// Settle puts a service into the world that has been steady for a week: its tasks run, and their targets are healthy.
func (w *World) Settle(a cluster.CreateService) error {
	s, err := w.newService(a)
	if err != nil {
		return err
	}
	if s.Controller == cluster.ControllerExternal {
		return nil
	}
	then := w.state.Now.Add(-settledFor)
	d := w.deploy(s)
	d.Rollout, d.Resolved, d.Seen, d.CreatedAt, d.UpdatedAt, d.Completed = cluster.RolloutCompleted, true, true, then, then, then
	s.History[0].CreatedAt, s.History[0].StartedAt = then, then
	s.History[0].Move(cluster.DeploymentSuccessful, then)
	s.CreatedAt, s.SteadyAt, s.Unsettled = then, then, false
	tasks, err := w.settledTasks(s, d)
	if err != nil {
		return err
	}
	for _, t := range tasks {
		w.settleTask(s, t, then)
	}
	s.Say(service.Event{Kind: service.SaidSteady, At: w.state.Now.Add(-repeatAfter / 2)})
	s.SteadyAt = w.state.Now.Add(-repeatAfter / 2)
	w.plan(due{At: s.SteadyAt.Add(repeatAfter), Kind: dueHeartbeat, Service: s.Place})
	return nil
}

// settledTasks makes the tasks of a service that has been steady. They must find room.
func (w *World) settledTasks(s *service.Service, d *service.Deployment) ([]*service.Task, error) {
	if s.Scheduling == cluster.Daemon && w.onInstances(s) {
		_, starts := w.planDaemon(s)
		return w.startDaemons(s, starts), nil
	}
	tasks := w.newTasks(s, d, s.Desired)
	if len(tasks) < s.Desired {
		return nil, fmt.Errorf("settling %s: only %d of %d tasks find room: %s", s.Key, len(tasks), s.Desired, w.misfit(s))
	}
	return tasks, nil
}

// settleTask lets a new task have been running since a time.
func (w *World) settleTask(s *service.Service, t *service.Task, since time.Time) {
	p := &w.state.Profile
	t.CreatedAt = since
	t.ConnectedAt = t.CreatedAt.Add(p.Attach.Median)
	t.PullStartedAt = t.ConnectedAt.Add(p.Queue.Median)
	t.PullStoppedAt = t.PullStartedAt.Add(p.Pull.Median)
	t.StartedAt = t.PullStoppedAt.Add(p.Start.Median)
	t.Last, t.Ready, t.CountsFrom = cluster.Running, t.StartedAt, t.StartedAt.Add(cluster.HealthyAfter)
	if t.Checked {
		t.Health = cluster.Healthy
	}
	for i := range t.Containers {
		t.Containers[i].Last, t.Containers[i].Digest, t.Containers[i].Health = cluster.Running, digestOf(t.Containers[i].Image), t.Health
	}
	for _, a := range s.Attachments {
		group, ok := w.state.Balancer.Group(a.TargetGroup)
		if !ok {
			continue
		}
		port := t.HostPort(a.Container, a.Port)
		group.Register(t.Address, port, t.Zone)
		group.Check(t.Address, port, true)
		t.Registered = t.StartedAt
	}
}
