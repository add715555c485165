package world

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"handover/internal/cluster"
	"handover/internal/world/placement"
	"handover/internal/world/service"
)

func (w *World) createService(a cluster.CreateService) (ids []string, err error) {
	if err := w.mayCreateService(a); err != nil {
		return nil, err
	}
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
		Launch: a.Launch, Desired: a.Desired, Bounds: cluster.DefaultBounds(), Breaker: a.Breaker, Alarms: a.Alarms, Early: a.Early, Connect: a.Connect, Rebalancing: a.Rebalancing, GracePeriod: a.GracePeriod,
		Attachments: slices.Clone(a.Attachments), Provider: a.Provider, Providers: a.Providers, Strategy: a.Strategy, Constraints: a.Constraints, Members: a.Members, CreatedAt: w.state.Now,
	}
	if err := checkPlacement(s); err != nil {
		return nil, err
	}
	if err := checkDaemon(s); err != nil {
		return nil, err
	}
	if s.Scheduling == cluster.Daemon { // Source: API Reference, DeploymentConfiguration
		s.Bounds = cluster.Bounds{MinimumHealthyPercent: 0, MaximumPercent: 100}
	}
	s.Bounds = given(a.Bounds, s.Bounds)
	if err := checkBounds(s.Scheduling, s.Bounds); err != nil {
		return nil, err
	}
	if err := checkEarly(s.Early, s.Bounds); err != nil {
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
	s.Providers = given(a.Providers, s.Providers)
	s.Provider, s.Strategy, s.Constraints = given(a.Provider, s.Provider), given(a.Strategy, s.Strategy), given(a.Constraints, s.Constraints)
	s.Breaker, s.Alarms, s.Early = given(a.Breaker, s.Breaker), given(a.Alarms, s.Alarms), given(a.Early, s.Early)
	s.Rebalancing, s.Connect = given(a.Rebalancing, s.Rebalancing), given(a.Connect, s.Connect)
	if len(a.Members) > 0 {
		s.Members = a.Members
	}
	if a.Desired != nil && *a.Desired != s.Desired {
		s.Resize(*a.Desired, w.state.Now, w.state.Profile.Variants)
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
	w.wake(s.Place, w.drawNth(w.state.Profile.Resize, s.Luck(), "resize", s.Looks))
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

func serviceNotFound() *cluster.APIError {
	return cluster.Errorf(cluster.ClassNotFound, "ServiceNotFoundException", "Service not found.")
}

// mayUpdate checks what AWS checks before it changes anything. Messages: behaviour §1.1 #9 and §10.
func (w *World) mayUpdate(s *service.Service, a cluster.UpdateService) error {
	if s.Controller == cluster.ControllerCodeDeploy && a.Definition != "" {
		return invalid("Unable to update task definition on services with a CODE_DEPLOY deployment controller. Use AWS CodeDeploy to trigger a new deployment.")
	}
	if s.Controller == cluster.ControllerCodeDeploy && a.Force {
		return invalid("Cannot force a new deployment on services with a CODE_DEPLOY deployment controller. Use AWS CodeDeploy to trigger a new deployment.")
	}
	forced := a.Force && !w.state.Profile.Variants.ExternalForced
	if s.Controller == cluster.ControllerExternal && (a.Definition != "" || forced || a.Attachments != nil) { // Source: API Reference, UpdateService; the words are ours
		return invalid("Unable to update the task definition or load balancers, or to force a new deployment, on services with an EXTERNAL deployment controller. Use task sets.")
	}
	if s.Controller == cluster.ControllerCodeDeploy && a.Attachments != nil {
		return invalid("Unable to update load balancers on services with a CODE_DEPLOY deployment controller. Use AWS CodeDeploy to trigger a new deployment.")
	}
	if a.Desired != nil && *a.Desired < 0 {
		return invalid("desiredCount cannot be negative.")
	}
	if a.Desired != nil && *a.Desired > s.Desired {
		if err := w.mayDesire(*a.Desired); err != nil {
			return err
		}
	}
	if a.Bounds != nil {
		if err := checkBounds(s.Scheduling, *a.Bounds); err != nil {
			return err
		}
	}
	return checkEarly(given(a.Early, s.Early), given(a.Bounds, s.Bounds))
}

// checkEarly refuses early success criteria that the minimum contradicts. Source: API Reference, DeploymentEarlySuccessCriteria; the words are ours.
func checkEarly(e cluster.EarlySuccess, b cluster.Bounds) error {
	if e.Enabled && (e.HealthyPercent < b.MinimumHealthyPercent || e.HealthyPercent > 100) {
		return invalid("healthyPercent of earlySuccessCriteria must be between minimumHealthyPercent and 100.")
	}
	return nil
}

// checkDaemon refuses a DAEMON service where ECS has none: on Fargate, and under CODE_DEPLOY and EXTERNAL. Source: developer guide, ecs_services; behaviour §1.11. The words are ours.
func checkDaemon(s *service.Service) error {
	switch {
	case s.Scheduling != cluster.Daemon:
		return nil
	case s.Launch == cluster.Fargate:
		return invalid("The daemon scheduling strategy is not supported with the FARGATE launch type.")
	case s.Controller != cluster.ControllerECS:
		return invalid("The daemon scheduling strategy is not supported with the %s deployment controller.", s.Controller)
	}
	return nil
}

// checkBounds refuses bounds that block every deployment. Source: behaviour §1.1 #9 (the message as Terraform's users report it).
func checkBounds(scheduling cluster.Scheduling, b cluster.Bounds) error {
	if b.MinimumHealthyPercent < 0 || b.MaximumPercent < 0 {
		return invalid("minimumHealthyPercent and maximumPercent cannot be negative.")
	}
	if scheduling == cluster.Daemon && b.MaximumPercent > 100 { // Source: API Reference, DeploymentConfiguration.maximumPercent; words of public reports
		return invalid("The daemon scheduling strategy does not support values above 100 for maximumPercent on a deployment configuration. Change the maximumPercent value to 100, and try again")
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
		ID:         "ecs-svc/" + digits19(s.Luck().Series("deployment").Bits(w.naming(), s.Deployed)),
		Definition: s.Definition,
		Rollout:    cluster.RolloutInProgress,
		Ignored:    w.raised(s.Alarms.Names),
		Resolved:   s.Desired <= 1 || !w.state.Profile.Variants.VersionConsistency || w.pinned(s.Definition) || w.hasOldAgent(s),
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
	w.tellDeployment(s, "INFO", "SERVICE_DEPLOYMENT_IN_PROGRESS", d.ID, "ECS deployment "+d.ID+" in progress.")
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

// hasOldAgent tells whether a service has container instances whose agents do not tell what a tag stands for: those before 1.70.0. That one is enough is a model choice.
// Source: developer guide, deployment-type-ecs, container image resolution.
func (w *World) hasOldAgent(s *service.Service) bool {
	return w.onInstances(s) && slices.ContainsFunc(w.hostsOf(s.Key.Cluster, s.Provider), func(i *placement.Instance) bool {
		major, rest, _ := strings.Cut(i.Agent, ".")
		minor, _, _ := strings.Cut(rest, ".")
		n, err := strconv.Atoi(minor)
		return i.Status == cluster.InstanceActive && major == "1" && err == nil && n < 70
	})
}

// pinned tells whether no image of a revision has a tag whose digest is to be found out.
func (w *World) pinned(arn string) bool {
	d, ok := w.revision(arn)
	return ok && !slices.ContainsFunc(d.Containers, cluster.ContainerDefinition.Resolves)
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
	for _, r := range s.History {
		if !r.Over() {
			r.Move(cluster.DeploymentStopped, w.state.Now)
			r.Reason = "Service deployment was stopped because the service was deleted."
		}
	}
	for _, set := range s.TaskSets {
		set.Draining, set.Primary = true, false
	}
	if len(s.Sets()) == 0 {
		s.Status = cluster.ServiceInactive
		return []string{w.serviceARN(s.Key)}, nil
	}
	w.wake(s.Place, w.drawNth(w.state.Profile.Resize, s.Luck(), "resize", s.Looks))
	return []string{w.serviceARN(s.Key)}, nil
}
