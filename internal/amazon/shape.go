package amazon

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"handover/internal/cluster"
)

// This file puts the SDK's shapes into the words of package cluster. Nothing here asks anybody anything.

func serviceOf(key cluster.ServiceKey, s types.Service) cluster.Service {
	service := cluster.Service{
		Key: key, ARN: aws.ToString(s.ServiceArn), ClusterARN: aws.ToString(s.ClusterArn), Status: cluster.ServiceStatus(aws.ToString(s.Status)),
		Scheduling: cluster.Scheduling(cmp.Or(s.SchedulingStrategy, types.SchedulingStrategyReplica)), Controller: cluster.ControllerECS,
		Launch: cluster.Launch(s.LaunchType), Definition: aws.ToString(s.TaskDefinition), Desired: int(s.DesiredCount), Running: int(s.RunningCount),
		Pending: int(s.PendingCount), GracePeriod: seconds(s.HealthCheckGracePeriodSeconds), CreatedAt: utc(s.CreatedAt),
	}
	if s.DeploymentController != nil && s.DeploymentController.Type != "" {
		service.Controller = cluster.Controller(s.DeploymentController.Type)
	}
	service.Bounds, service.Breaker = limitsOf(s)
	service.Early = earlyOf(s.DeploymentConfiguration)
	service.Alarms, service.Rebalancing = alarmsOf(s.DeploymentConfiguration), s.AvailabilityZoneRebalancing == types.AvailabilityZoneRebalancingEnabled
	for _, l := range s.LoadBalancers {
		if l.TargetGroupArn != nil { // a Classic Load Balancer has none
			service.Attachments = append(service.Attachments, cluster.Attachment{TargetGroup: *l.TargetGroupArn, Container: aws.ToString(l.ContainerName), Port: int(aws.ToInt32(l.ContainerPort))})
		}
	}
	if len(s.CapacityProviderStrategy) > 0 && !strings.HasPrefix(aws.ToString(s.CapacityProviderStrategy[0].CapacityProvider), "FARGATE") {
		service.Provider = aws.ToString(s.CapacityProviderStrategy[0].CapacityProvider)
	}
	service.Strategy, service.Constraints = strategyOf(s.PlacementStrategy), constraintsOf(s.PlacementConstraints)
	for _, d := range s.Deployments {
		service.Deployments = append(service.Deployments, deploymentOf(d))
	}
	slices.SortStableFunc(service.Deployments, func(a, b cluster.Deployment) int { return b.CreatedAt.Compare(a.CreatedAt) })
	for _, e := range s.Events {
		service.Events = append(service.Events, cluster.Event{ID: aws.ToString(e.Id), At: utc(e.CreatedAt), Message: aws.ToString(e.Message)})
	}
	slices.SortStableFunc(service.Events, func(a, b cluster.Event) int { return b.At.Compare(a.At) })
	for _, t := range s.Tags {
		service.Tags = append(service.Tags, cluster.Tag{Key: aws.ToString(t.Key), Value: aws.ToString(t.Value)})
	}
	slices.SortFunc(service.Tags, func(a, b cluster.Tag) int { return cmp.Compare(a.Key, b.Key) })
	return service
}

// limitsOf fills in what AWS leaves out: 100/200 for a REPLICA service, 0/100 for a DAEMON. Source: API Reference, DeploymentConfiguration.
func limitsOf(s types.Service) (cluster.Bounds, cluster.Breaker) {
	bounds := cluster.DefaultBounds()
	if s.SchedulingStrategy == types.SchedulingStrategyDaemon {
		bounds = cluster.Bounds{MinimumHealthyPercent: 0, MaximumPercent: 100}
	}
	var breaker cluster.Breaker
	c := s.DeploymentConfiguration
	if c == nil {
		return bounds, breaker
	}
	if c.MinimumHealthyPercent != nil {
		bounds.MinimumHealthyPercent = int(*c.MinimumHealthyPercent)
	}
	if c.MaximumPercent != nil {
		bounds.MaximumPercent = int(*c.MaximumPercent)
	}
	if c.DeploymentCircuitBreaker != nil {
		b := c.DeploymentCircuitBreaker
		breaker = cluster.Breaker{Enabled: b.Enable, Rollback: b.Rollback, Cumulative: b.ResetOnHealthyTask != nil && !*b.ResetOnHealthyTask}
		if t := b.ThresholdConfiguration; t != nil {
			breaker.Threshold = cluster.Threshold{Type: cluster.ThresholdType(t.Type), Value: int(t.Value)}
		}
	}
	return bounds, breaker
}

func earlyOf(c *types.DeploymentConfiguration) cluster.EarlySuccess {
	if c == nil || c.EarlySuccessCriteria == nil {
		return cluster.EarlySuccess{}
	}
	e := c.EarlySuccessCriteria
	return cluster.EarlySuccess{Enabled: e.Enable, HealthyPercent: int(aws.ToInt32(e.HealthyPercent)), Deferred: e.SourceServiceRevisionCleanup == types.ServiceRevisionCleanupDeferred}
}

func alarmsOf(c *types.DeploymentConfiguration) cluster.Alarms {
	if c == nil || c.Alarms == nil {
		return cluster.Alarms{}
	}
	return cluster.Alarms{Names: c.Alarms.AlarmNames, Enabled: c.Alarms.Enable, Rollback: c.Alarms.Rollback}
}

func deploymentOf(d types.Deployment) cluster.Deployment {
	return cluster.Deployment{
		ID: aws.ToString(d.Id), Status: cluster.DeploymentStatus(aws.ToString(d.Status)), Rollout: cluster.RolloutState(d.RolloutState),
		Reason: aws.ToString(d.RolloutStateReason), Definition: aws.ToString(d.TaskDefinition), Desired: int(d.DesiredCount), Running: int(d.RunningCount),
		Pending: int(d.PendingCount), Failed: int(d.FailedTasks), CreatedAt: utc(d.CreatedAt), UpdatedAt: utc(d.UpdatedAt),
	}
}

// taskOf leaves Address empty for a task without a network interface of its own; its instance's id is not in the task.
func taskOf(t types.Task) cluster.Task {
	task := cluster.Task{
		ID: cluster.TaskID(aws.ToString(t.TaskArn)), ARN: aws.ToString(t.TaskArn), Group: aws.ToString(t.Group), StartedBy: aws.ToString(t.StartedBy),
		Definition: aws.ToString(t.TaskDefinitionArn), Last: cluster.TaskStatusOf(aws.ToString(t.LastStatus)), Desired: cluster.TaskStatusOf(aws.ToString(t.DesiredStatus)),
		Health: healthOf(t.HealthStatus), Launch: cluster.Launch(t.LaunchType), Zone: aws.ToString(t.AvailabilityZone), Instance: aws.ToString(t.ContainerInstanceArn),
		Provider: aws.ToString(t.CapacityProviderName), Address: addressOf(t), StopCode: string(t.StopCode), StoppedReason: aws.ToString(t.StoppedReason), Version: int(t.Version),
		CreatedAt: utc(t.CreatedAt), ConnectedAt: utc(t.ConnectivityAt), PullStartedAt: utc(t.PullStartedAt), PullStoppedAt: utc(t.PullStoppedAt),
		StartedAt: utc(t.StartedAt), StoppingAt: utc(t.StoppingAt), ExecutionStoppedAt: utc(t.ExecutionStoppedAt), StoppedAt: utc(t.StoppedAt),
	}
	for _, c := range t.Containers {
		container := cluster.Container{Name: aws.ToString(c.Name), Image: aws.ToString(c.Image), Digest: aws.ToString(c.ImageDigest),
			Last: cluster.TaskStatusOf(aws.ToString(c.LastStatus)), Health: healthOf(c.HealthStatus), Reason: aws.ToString(c.Reason)}
		if c.ExitCode != nil {
			container.ExitCode = aws.Int(int(*c.ExitCode))
		}
		task.Containers = append(task.Containers, container)
		task.Bindings = append(task.Bindings, bindingsOf(c)...)
	}
	return task
}

func healthOf(h types.HealthStatus) cluster.Health {
	return cluster.HealthOf(string(h))
}

// bindingsOf leaves port ranges out: a target group is attached to a single port. A port that is bound for IPv4 and for IPv6 is listed twice by AWS.
func bindingsOf(c types.Container) []cluster.Binding {
	var bindings []cluster.Binding
	for _, b := range c.NetworkBindings {
		if b.ContainerPort == nil || b.HostPort == nil {
			continue
		}
		binding := cluster.Binding{Container: aws.ToString(c.Name), Port: int(*b.ContainerPort), HostPort: int(*b.HostPort)}
		if !slices.Contains(bindings, binding) {
			bindings = append(bindings, binding)
		}
	}
	return bindings
}

func addressOf(t types.Task) string {
	for _, a := range t.Attachments {
		if aws.ToString(a.Type) != "ElasticNetworkInterface" {
			continue
		}
		for _, d := range a.Details {
			if aws.ToString(d.Name) == "privateIPv4Address" {
				return aws.ToString(d.Value)
			}
		}
	}
	return ""
}

func definitionOf(d types.TaskDefinition) cluster.TaskDefinition {
	definition := cluster.TaskDefinition{
		ARN: aws.ToString(d.TaskDefinitionArn), Family: aws.ToString(d.Family), Revision: int(d.Revision), Network: string(d.NetworkMode),
		CPU: amountOf(d.Cpu), Memory: amountOf(d.Memory),
	}
	for _, c := range d.PlacementConstraints {
		definition.Constraints = append(definition.Constraints, cluster.PlacementConstraint{Type: string(c.Type), Expression: aws.ToString(c.Expression)})
	}
	for _, c := range d.ContainerDefinitions {
		definition.Containers = append(definition.Containers, containerOf(c))
	}
	if d.RuntimePlatform != nil {
		definition.Architecture = string(d.RuntimePlatform.CpuArchitecture)
	}
	return definition
}

func containerOf(c types.ContainerDefinition) cluster.ContainerDefinition {
	container := cluster.ContainerDefinition{
		Name: aws.ToString(c.Name), Image: aws.ToString(c.Image), Essential: c.Essential == nil || *c.Essential, HealthCheck: c.HealthCheck != nil, StopTimeout: seconds(c.StopTimeout),
		CPU: int(c.Cpu), Memory: int(aws.ToInt32(c.Memory)), MemoryReservation: int(aws.ToInt32(c.MemoryReservation)),
		Unresolved: c.VersionConsistency == types.VersionConsistencyDisabled, Checks: checksOf(c.HealthCheck),
	}
	for _, r := range c.ResourceRequirements {
		if r.Type == types.ResourceTypeGpu {
			container.GPUs = amountOf(r.Value)
		}
	}
	for _, m := range c.PortMappings {
		container.Ports = append(container.Ports, cluster.PortMapping{Container: int(aws.ToInt32(m.ContainerPort)), Host: int(aws.ToInt32(m.HostPort)), Protocol: string(m.Protocol)})
	}
	container.Secrets = secretsOf(c)
	for _, v := range c.Environment {
		container.Variables = append(container.Variables, aws.ToString(v.Name))
	}
	slices.Sort(container.Variables)
	container.Logs = logsOf(c)
	return container
}

func checksOf(h *types.HealthCheck) cluster.Checks {
	if h == nil {
		return cluster.Checks{}
	}
	return cluster.Checks{Interval: seconds(h.Interval), Retries: int(aws.ToInt32(h.Retries)), StartPeriod: seconds(h.StartPeriod)}
}

// logsOf is where a container logs to, by the awslogs driver. Source: developer guide, using_awslogs.
func logsOf(c types.ContainerDefinition) *cluster.Logs {
	if c.LogConfiguration == nil || c.LogConfiguration.LogDriver != types.LogDriverAwslogs {
		return nil
	}
	o := c.LogConfiguration.Options
	return &cluster.Logs{Group: o["awslogs-group"], Region: o["awslogs-region"], Prefix: o["awslogs-stream-prefix"]}
}

// secretsOf are all places from which ECS takes a secret for a container. Source: API Reference, ContainerDefinition.secrets, LogConfiguration.secretOptions and
// RepositoryCredentials.credentialsParameter.
func secretsOf(c types.ContainerDefinition) []string {
	var from []string
	for _, s := range c.Secrets {
		from = append(from, aws.ToString(s.ValueFrom))
	}
	if c.LogConfiguration != nil {
		for _, s := range c.LogConfiguration.SecretOptions {
			from = append(from, aws.ToString(s.ValueFrom))
		}
	}
	if c.RepositoryCredentials != nil {
		from = append(from, aws.ToString(c.RepositoryCredentials.CredentialsParameter))
	}
	return from
}

// amountOf reads a number that ECS writes as a text; 0 where there is none.
func amountOf(text *string) int {
	n, err := strconv.Atoi(aws.ToString(text))
	if err != nil {
		return 0
	}
	return n
}

func strategyOf(list []types.PlacementStrategy) []cluster.PlacementStrategy {
	var all []cluster.PlacementStrategy
	for _, s := range list {
		all = append(all, cluster.PlacementStrategy{Type: string(s.Type), Field: aws.ToString(s.Field)})
	}
	return all
}

func constraintsOf(list []types.PlacementConstraint) []cluster.PlacementConstraint {
	var all []cluster.PlacementConstraint
	for _, c := range list {
		all = append(all, cluster.PlacementConstraint{Type: string(c.Type), Expression: aws.ToString(c.Expression)})
	}
	return all
}

func targetOf(group string, t elbtypes.TargetHealthDescription) cluster.Target {
	target := cluster.Target{Group: group}
	if t.Target != nil {
		target.ID, target.Port, target.Zone = aws.ToString(t.Target.Id), int(aws.ToInt32(t.Target.Port)), aws.ToString(t.Target.AvailabilityZone)
	}
	if t.TargetHealth != nil {
		target.State, target.Reason, target.Description = cluster.TargetState(t.TargetHealth.State), string(t.TargetHealth.Reason), aws.ToString(t.TargetHealth.Description)
	}
	return target
}

// byAge orders tasks oldest first. A task that has not got its createdAt yet is younger than all that have.
func byAge(a, b cluster.Task) int {
	if a.CreatedAt.IsZero() != b.CreatedAt.IsZero() {
		return b.CreatedAt.Compare(a.CreatedAt)
	}
	return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
}

func byTarget(a, b cluster.Target) int {
	return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Port, b.Port))
}

func seconds(n *int32) time.Duration { return time.Duration(aws.ToInt32(n)) * time.Second }

func utc(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}
