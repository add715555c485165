package containers

import (
	"cmp"
	"encoding/json"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
)

// The platform that Fargate's LATEST is. Source: developer guide, platform-linux-fargate.
const (
	latest      = "LATEST"
	platform    = "1.4.0"
	linuxFamily = "Linux"
)

// service renders a service. Lists are never nil, so that the expressions of waiters find them.
func (h *handlers) service(v api.View, s cluster.Service, withTags bool) (*types.Service, error) {
	var out types.Service
	if err := h.into(v.World.ServiceMembers(s.Key), &out); err != nil {
		return nil, err
	}
	var err error
	if out.TaskSets, err = h.taskSets(v, s.Key); err != nil {
		return nil, err
	}
	out.ServiceArn, out.ServiceName, out.ClusterArn = &s.ARN, &s.Key.Service, &s.ClusterARN
	out.Status, out.TaskDefinition = api.Some(string(s.Status)), api.Some(s.Definition)
	out.DesiredCount, out.RunningCount, out.PendingCount = int32(s.Desired), int32(s.Running), int32(s.Pending)
	out.LaunchType = launchType(s, out.CapacityProviderStrategy)
	out.SchedulingStrategy = types.SchedulingStrategy(s.Scheduling)
	out.DeploymentController = &types.DeploymentController{Type: types.DeploymentControllerType(s.Controller)}
	out.DeploymentConfiguration = deploymentConfiguration(s, out.DeploymentConfiguration)
	out.CreatedAt = stamp(s.CreatedAt)
	if servesOnFargate(s, out.CapacityProviderStrategy) {
		out.PlatformVersion, out.PlatformFamily = api.Some(cmp.Or(api.Value(out.PlatformVersion), latest)), api.Some(linuxFamily)
		out.NetworkConfiguration = cmp.Or(out.NetworkConfiguration, h.declaredNetwork(v))
	}
	if len(s.Attachments) > 0 {
		grace := int32(s.GracePeriod / time.Second)
		out.HealthCheckGracePeriodSeconds = &grace
	}
	if out.PropagateTags == "" {
		out.PropagateTags = types.PropagateTagsNone
	}
	out.LoadBalancers = loadBalancers(s.Attachments, out.LoadBalancers)
	out.Events = events(s.Events)
	out.ServiceRegistries, out.PlacementConstraints = present(out.ServiceRegistries), present(out.PlacementConstraints)
	out.PlacementStrategy = present(out.PlacementStrategy)
	if withTags {
		out.Tags = renderTags(s.Tags)
	}
	out.Deployments = make([]types.Deployment, 0, len(s.Deployments))
	for _, d := range s.Deployments {
		rendered, err := h.deployment(v, s, d, v.World.RevisionMembers(s.Key, d.ID))
		if err != nil {
			return nil, err
		}
		out.Deployments = append(out.Deployments, rendered)
	}
	return &out, nil
}

// deployment renders a deployment with the members of its revision.
func (h *handlers) deployment(v api.View, s cluster.Service, d cluster.Deployment, declared json.RawMessage) (types.Deployment, error) {
	var out types.Deployment
	if err := h.into(declared, &out); err != nil {
		return out, err
	}
	out.Id, out.Status, out.TaskDefinition = &d.ID, api.Some(string(d.Status)), api.Some(d.Definition)
	out.DesiredCount, out.RunningCount, out.PendingCount = int32(d.Desired), int32(d.Running), int32(d.Pending)
	out.FailedTasks = int32(d.Failed)
	out.RolloutState, out.RolloutStateReason = types.DeploymentRolloutState(d.Rollout), api.Some(d.Reason)
	out.CreatedAt, out.UpdatedAt = stamp(d.CreatedAt), stamp(d.UpdatedAt)
	out.LaunchType = launchType(s, out.CapacityProviderStrategy)
	if servesOnFargate(s, out.CapacityProviderStrategy) {
		out.PlatformVersion, out.PlatformFamily = api.Some(platformOf(out.PlatformVersion)), api.Some(linuxFamily)
		out.NetworkConfiguration = cmp.Or(out.NetworkConfiguration, h.declaredNetwork(v))
	}
	return out, nil
}

// declaredNetwork is the network of a service on Fargate that no request made, such as one of a scenario: there is none without. Its subnets are those that each zone has from the start.
// It may not be changed.
func (h *handlers) declaredNetwork(v api.View) *types.NetworkConfiguration {
	known, _ := h.networks.Load(v.Place.Region)
	if network, ok := known.(*types.NetworkConfiguration); ok {
		return network
	}
	out := types.AwsVpcConfiguration{SecurityGroups: []string{api.DefaultSecurityGroup}, AssignPublicIp: types.AssignPublicIpEnabled}
	for _, zone := range v.Zones() {
		out.Subnets = append(out.Subnets, api.DefaultSubnet(zone))
	}
	network := &types.NetworkConfiguration{AwsvpcConfiguration: &out}
	h.networks.Store(v.Place.Region, network)
	return network
}

// servesOnFargate tells whether the tasks of a service run on Fargate: a strategy has providers of Fargate alone, or none.
func servesOnFargate(s cluster.Service, strategy []types.CapacityProviderStrategyItem) bool {
	if len(strategy) > 0 {
		return strings.HasPrefix(api.Value(strategy[0].CapacityProvider), "FARGATE")
	}
	return s.Launch == cluster.Fargate
}

// launchType is left out where a capacity provider strategy stands in its place.
func launchType(s cluster.Service, strategy []types.CapacityProviderStrategyItem) types.LaunchType {
	if len(strategy) > 0 {
		return ""
	}
	return types.LaunchType(s.Launch)
}

// deploymentConfiguration is what was declared, with what the rules know.
func deploymentConfiguration(s cluster.Service, declared *types.DeploymentConfiguration) *types.DeploymentConfiguration {
	out := types.DeploymentConfiguration{}
	if declared != nil {
		out = *declared
	}
	least, most := int32(s.Bounds.MinimumHealthyPercent), int32(s.Bounds.MaximumPercent)
	out.MinimumHealthyPercent, out.MaximumPercent = &least, &most
	if s.Controller != cluster.ControllerECS {
		return &out
	}
	known := types.DeploymentCircuitBreaker{}
	if out.DeploymentCircuitBreaker != nil {
		known = *out.DeploymentCircuitBreaker
	}
	known.Enable, known.Rollback = s.Breaker.Enabled, s.Breaker.Rollback
	out.DeploymentCircuitBreaker = &known
	out.Strategy = types.DeploymentStrategyRolling
	return &out
}

// loadBalancers gives attachments as they were declared, and after them what was declared without a target group: Classic Load Balancers.
func loadBalancers(list []cluster.Attachment, declared []types.LoadBalancer) []types.LoadBalancer {
	out := make([]types.LoadBalancer, 0, max(len(list), len(declared)))
	for _, a := range list {
		port := int32(a.Port)
		shown := types.LoadBalancer{TargetGroupArn: &a.TargetGroup, ContainerName: &a.Container, ContainerPort: &port}
		for _, b := range declared {
			if api.Value(b.TargetGroupArn) == a.TargetGroup && api.Value(b.ContainerName) == a.Container {
				shown.AdvancedConfiguration, shown.LoadBalancerName = b.AdvancedConfiguration, b.LoadBalancerName
			}
		}
		out = append(out, shown)
	}
	for _, b := range declared {
		if b.TargetGroupArn == nil {
			out = append(out, b)
		}
	}
	return out
}

// events keeps the order, newest first. What it gives points into the list.
func events(list []cluster.Event) []types.ServiceEvent {
	out := make([]types.ServiceEvent, 0, len(list))
	for i := range list {
		e := &list[i]
		out = append(out, types.ServiceEvent{Id: &e.ID, Message: &e.Message, CreatedAt: &e.At})
	}
	return out
}

// passed is a pointer to a time as it is; nil as long as it has not come.
func passed(t *time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return t
}

// stamp is a time that AWS leaves out as long as it has not come.
func stamp(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
