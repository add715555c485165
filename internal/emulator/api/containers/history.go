package containers

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
)

// atMost is how many service deployments or revisions one call describes. Source: API Reference, DescribeServiceDeployments and DescribeServiceRevisions.
const atMost = 20

func (h *handlers) listServiceDeployments(ctx context.Context, in *ecs.ListServiceDeploymentsInput) (*ecs.ListServiceDeploymentsOutput, error) {
	size, err := pageSize(in.MaxResults, 20) // Source: API Reference, ListServiceDeployments.maxResults
	if err != nil {
		return nil, err
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*ecs.ListServiceDeploymentsOutput, error) {
		found, err := existingCluster(v, in.Cluster)
		if err != nil {
			return nil, err
		}
		key, err := serviceKey(v, found.Name, api.Value(in.Service))
		if err != nil {
			return nil, err
		}
		if _, ok := v.World.Service(key); !ok {
			return nil, serviceNotFound()
		}
		wanted := slices.DeleteFunc(v.World.ServiceDeployments(key), func(d cluster.ServiceDeployment) bool { return !asked(in, d) })
		cut, next, err := page(wanted, newestFirst, in.NextToken, size)
		out := &ecs.ListServiceDeploymentsOutput{ServiceDeployments: []types.ServiceDeploymentBrief{}, NextToken: next}
		for _, d := range cut {
			out.ServiceDeployments = append(out.ServiceDeployments, types.ServiceDeploymentBrief{
				ClusterArn: api.Some(found.ARN), ServiceArn: api.Some(v.ARN("ecs", "service/"+key.String())), ServiceDeploymentArn: api.Some(d.ARN),
				Status: types.ServiceDeploymentStatus(d.Status), StatusReason: api.Some(d.Reason), TargetServiceRevisionArn: api.Some(d.Target),
				CreatedAt: stamp(d.CreatedAt), StartedAt: stamp(d.StartedAt), FinishedAt: stamp(d.FinishedAt),
			})
		}
		return out, err
	})
}

// asked tells whether a service deployment is one of those that were asked for.
func asked(in *ecs.ListServiceDeploymentsInput, d cluster.ServiceDeployment) bool {
	if len(in.Status) > 0 && !slices.Contains(in.Status, types.ServiceDeploymentStatus(d.Status)) {
		return false
	}
	if in.CreatedAt == nil {
		return true
	}
	after, before := in.CreatedAt.After, in.CreatedAt.Before
	return (after == nil || d.CreatedAt.After(*after)) && (before == nil || d.CreatedAt.Before(*before))
}

// newestFirst is a key under which what was created later comes first.
func newestFirst(d cluster.ServiceDeployment) string {
	return fmt.Sprintf("%019d %s", math.MaxInt64-d.CreatedAt.UnixNano(), d.ARN)
}

func (h *handlers) describeServiceDeployments(ctx context.Context, in *ecs.DescribeServiceDeploymentsInput) (*ecs.DescribeServiceDeploymentsOutput, error) {
	switch {
	case len(in.ServiceDeploymentArns) == 0:
		return nil, invalid("serviceDeploymentArns cannot be empty.")
	case len(in.ServiceDeploymentArns) > atMost:
		return nil, most("serviceDeploymentArns", atMost)
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*ecs.DescribeServiceDeploymentsOutput, error) {
		out := &ecs.DescribeServiceDeploymentsOutput{ServiceDeployments: []types.ServiceDeployment{}, Failures: []types.Failure{}}
		for _, arn := range in.ServiceDeploymentArns {
			d, ok := v.World.ServiceDeployment(arn)
			if !ok {
				out.Failures = append(out.Failures, missing(arn))
				continue
			}
			out.ServiceDeployments = append(out.ServiceDeployments, h.serviceDeployment(v, d))
		}
		return out, nil
	})
}

func (h *handlers) serviceDeployment(v api.View, d cluster.ServiceDeployment) types.ServiceDeployment {
	s, _ := v.World.Service(d.Service)
	out := types.ServiceDeployment{
		ClusterArn: api.Some(s.ClusterARN), ServiceArn: api.Some(s.ARN), ServiceDeploymentArn: api.Some(d.ARN),
		Status: types.ServiceDeploymentStatus(d.Status), StatusReason: api.Some(d.Reason),
		CreatedAt: stamp(d.CreatedAt), StartedAt: stamp(d.StartedAt), FinishedAt: stamp(d.FinishedAt), UpdatedAt: stamp(d.UpdatedAt),
		DeploymentConfiguration:  rolloutSettings(d.Settings),
		DeploymentCircuitBreaker: &types.ServiceDeploymentCircuitBreaker{Status: monitor(d.Guarded), FailureCount: int32(d.Failures), Threshold: int32(d.Threshold)},
		Alarms:                   &types.ServiceDeploymentAlarms{Status: monitor(d.Watched), AlarmNames: d.Alarms, TriggeredAlarmNames: d.Triggered},
		SourceServiceRevisions:   []types.ServiceRevisionSummary{},
	}
	target := tasksOf(s, d.Target)
	out.TargetServiceRevision = &target
	for _, source := range d.Sources {
		out.SourceServiceRevisions = append(out.SourceServiceRevisions, tasksOf(s, source))
	}
	if d.RolledBack != "" {
		out.Rollback = &types.Rollback{Reason: api.Some(d.Reason), ServiceRevisionArn: api.Some(d.RolledBack), StartedAt: stamp(d.UpdatedAt)}
	}
	return out
}

func monitor(m cluster.Monitor) types.ServiceDeploymentRollbackMonitorsStatus {
	return types.ServiceDeploymentRollbackMonitorsStatus(m)
}

// rolloutSettings renders how a service deployment goes, as it was set when it began.
func rolloutSettings(given cluster.RolloutSettings) *types.DeploymentConfiguration {
	out := &types.DeploymentConfiguration{
		Strategy: types.DeploymentStrategyRolling, MinimumHealthyPercent: number(given.Bounds.MinimumHealthyPercent), MaximumPercent: number(given.Bounds.MaximumPercent),
		DeploymentCircuitBreaker: &types.DeploymentCircuitBreaker{Enable: given.Breaker.Enabled, Rollback: given.Breaker.Rollback},
	}
	if given.Early.Enabled {
		out.EarlySuccessCriteria = &types.DeploymentEarlySuccessCriteria{Enable: true, HealthyPercent: number(given.Early.HealthyPercent), SourceServiceRevisionCleanup: types.ServiceRevisionCleanupBlocking}
		if given.Early.Deferred {
			out.EarlySuccessCriteria.SourceServiceRevisionCleanup = types.ServiceRevisionCleanupDeferred
		}
	}
	if len(given.Alarms.Names) > 0 {
		out.Alarms = &types.DeploymentAlarms{AlarmNames: given.Alarms.Names, Enable: given.Alarms.Enabled, Rollback: given.Alarms.Rollback}
	}
	return out
}

// tasksOf counts the tasks of a revision: those of the deployment that has its number.
func tasksOf(s cluster.Service, revision string) types.ServiceRevisionSummary {
	out := types.ServiceRevisionSummary{Arn: api.Some(revision)}
	if deployment, ok := s.Deployment(cluster.DeploymentOf(revision)); ok {
		out.RequestedTaskCount, out.RunningTaskCount, out.PendingTaskCount = int32(deployment.Desired), int32(deployment.Running), int32(deployment.Pending)
	}
	return out
}

func (h *handlers) describeServiceRevisions(ctx context.Context, in *ecs.DescribeServiceRevisionsInput) (*ecs.DescribeServiceRevisionsOutput, error) {
	switch {
	case len(in.ServiceRevisionArns) == 0:
		return nil, invalid("serviceRevisionArns cannot be empty.")
	case len(in.ServiceRevisionArns) > atMost:
		return nil, most("serviceRevisionArns", atMost)
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*ecs.DescribeServiceRevisionsOutput, error) {
		out := &ecs.DescribeServiceRevisionsOutput{ServiceRevisions: []types.ServiceRevision{}, Failures: []types.Failure{}}
		for _, arn := range in.ServiceRevisionArns {
			r, ok := v.World.ServiceRevision(arn)
			if !ok {
				out.Failures = append(out.Failures, missing(arn))
				continue
			}
			rendered, err := h.serviceRevision(v, r)
			if err != nil {
				return nil, err
			}
			out.ServiceRevisions = append(out.ServiceRevisions, rendered)
		}
		return out, nil
	})
}

func (h *handlers) serviceRevision(v api.View, r cluster.ServiceRevision) (types.ServiceRevision, error) {
	var out types.ServiceRevision
	if err := h.into(r.Members, &out); err != nil {
		return out, err
	}
	s, _ := v.World.Service(r.Service)
	out.ServiceRevisionArn, out.ServiceArn, out.ClusterArn, out.TaskDefinition = api.Some(r.ARN), api.Some(s.ARN), api.Some(s.ClusterARN), api.Some(r.Definition)
	out.CreatedAt, out.ContainerImages = stamp(r.CreatedAt), []types.ContainerImage{}
	if len(out.CapacityProviderStrategy) == 0 {
		out.LaunchType = types.LaunchType(r.Launch)
	}
	if r.Launch == cluster.Fargate {
		out.PlatformVersion, out.PlatformFamily = api.Some(platformOf(out.PlatformVersion)), api.Some(linuxFamily)
		out.NetworkConfiguration = cmp.Or(out.NetworkConfiguration, h.declaredNetwork(v))
	}
	out.LoadBalancers = loadBalancers(r.Attachments, out.LoadBalancers)
	for _, image := range r.Images {
		out.ContainerImages = append(out.ContainerImages, types.ContainerImage{ContainerName: api.Some(image.Name), Image: api.Some(image.Image), ImageDigest: api.Some(image.Digest)})
	}
	return out, nil
}

func (h *handlers) stopServiceDeployment(ctx context.Context, in *ecs.StopServiceDeploymentInput) (*ecs.StopServiceDeploymentOutput, error) {
	if in.StopType != "" && in.StopType != types.StopServiceDeploymentStopTypeRollback {
		return nil, unsupported("The stop type %s is not supported.", in.StopType)
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*ecs.StopServiceDeploymentOutput, error) {
		if _, err := v.Act(cluster.StopServiceDeployment{ARN: api.Value(in.ServiceDeploymentArn)}); err != nil {
			return nil, err
		}
		return &ecs.StopServiceDeploymentOutput{ServiceDeploymentArn: in.ServiceDeploymentArn}, nil
	})
}

func number(n int) *int32 {
	value := int32(n)
	return &value
}
