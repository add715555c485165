package containers

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
)

func (h *handlers) createTaskSet(ctx context.Context, in *ecs.CreateTaskSetInput) (*ecs.CreateTaskSetOutput, error) {
	if err := checkTaskSet(in); err != nil {
		return nil, err
	}
	settleNetwork(in.NetworkConfiguration)
	given, err := h.declared(in, "cluster", "service", "taskDefinition", "clientToken", "externalId", "launchType", "loadBalancers", "scale", "tags")
	if err != nil {
		return nil, err
	}
	tags, err := tagsFrom(in.Tags)
	if err != nil {
		return nil, err
	}
	attachments, err := attachmentsFrom(in.LoadBalancers)
	if err != nil {
		return nil, err
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*ecs.CreateTaskSetOutput, error) {
		key, err := h.addressed(v, in.Cluster, in.Service)
		if err != nil {
			return nil, err
		}
		if err := h.associated(v, key.Cluster, in.CapacityProviderStrategy); err != nil {
			return nil, err
		}
		launch, err := launchOf(v, key.Cluster, in.LaunchType, in.CapacityProviderStrategy, given)
		if err != nil {
			return nil, err
		}
		how := use{definition: api.Value(in.TaskDefinition), launch: launch, platform: in.PlatformVersion, network: in.NetworkConfiguration, attachments: attachments}
		if err := h.fits(v, how); err != nil {
			return nil, err
		}
		text, err := given.text()
		if err != nil {
			return nil, err
		}
		ids, err := v.Act(cluster.CreateTaskSet{
			Service: key, Definition: api.Value(in.TaskDefinition), External: api.Value(in.ExternalId), Scale: scaleOf(in.Scale), Launch: launch,
			Attachments: attachments, Tags: tags, Members: text,
		})
		if err != nil {
			return nil, err
		}
		out, err := h.taskSetNamed(v, key, ids[0], true)
		return &ecs.CreateTaskSetOutput{TaskSet: out}, err
	})
}

// checkTaskSet makes the checks that ECS makes on the request alone.
func checkTaskSet(in *ecs.CreateTaskSetInput) error {
	switch {
	case api.Value(in.TaskDefinition) == "":
		return client("Task definition cannot be empty.")
	case in.LaunchType != "" && len(in.CapacityProviderStrategy) > 0:
		return bothLaunches()
	}
	return checkNetwork(in.NetworkConfiguration)
}

// scaleOf is the whole desired count where no scale is given.
func scaleOf(given *types.Scale) float64 {
	if given == nil {
		return 100
	}
	return given.Value
}

func (h *handlers) updateTaskSet(ctx context.Context, in *ecs.UpdateTaskSetInput) (*ecs.UpdateTaskSetOutput, error) {
	if in.Scale == nil {
		return nil, invalid("scale cannot be empty.")
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*ecs.UpdateTaskSetOutput, error) {
		key, err := h.addressed(v, in.Cluster, in.Service)
		if err != nil {
			return nil, err
		}
		ids, err := v.Act(cluster.UpdateTaskSet{Service: key, TaskSet: api.Value(in.TaskSet), Scale: in.Scale.Value})
		if err != nil {
			return nil, err
		}
		out, err := h.taskSetNamed(v, key, ids[0], false)
		return &ecs.UpdateTaskSetOutput{TaskSet: out}, err
	})
}

func (h *handlers) deleteTaskSet(ctx context.Context, in *ecs.DeleteTaskSetInput) (*ecs.DeleteTaskSetOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*ecs.DeleteTaskSetOutput, error) {
		key, err := h.addressed(v, in.Cluster, in.Service)
		if err != nil {
			return nil, err
		}
		before := v.World.TaskSets(key)
		ids, err := v.Act(cluster.DeleteTaskSet{Service: key, TaskSet: api.Value(in.TaskSet), Force: api.Value(in.Force)})
		if err != nil {
			return nil, err
		}
		at := slices.IndexFunc(before, func(set cluster.TaskSet) bool { return set.ID == ids[0] })
		gone := before[at] // one that had no tasks is not there any more
		gone.Status, gone.Desired, gone.Stable = cluster.TaskSetDraining, 0, false
		out, err := h.taskSet(v, gone, false)
		return &ecs.DeleteTaskSetOutput{TaskSet: &out}, err
	})
}

func (h *handlers) updateServicePrimaryTaskSet(ctx context.Context, in *ecs.UpdateServicePrimaryTaskSetInput) (*ecs.UpdateServicePrimaryTaskSetOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*ecs.UpdateServicePrimaryTaskSetOutput, error) {
		key, err := h.addressed(v, in.Cluster, in.Service)
		if err != nil {
			return nil, err
		}
		ids, err := v.Act(cluster.SetPrimaryTaskSet{Service: key, TaskSet: api.Value(in.PrimaryTaskSet)})
		if err != nil {
			return nil, err
		}
		out, err := h.taskSetNamed(v, key, ids[0], false)
		return &ecs.UpdateServicePrimaryTaskSetOutput{TaskSet: out}, err
	})
}

func (h *handlers) describeTaskSets(ctx context.Context, in *ecs.DescribeTaskSetsInput) (*ecs.DescribeTaskSetsOutput, error) {
	withTags := slices.Contains(in.Include, types.TaskSetFieldTags)
	return api.Ask(ctx, h.worlds, func(v api.View) (*ecs.DescribeTaskSetsOutput, error) {
		found, err := existingCluster(v, in.Cluster)
		if err != nil {
			return nil, err
		}
		key, err := serviceKey(v, found.Name, api.Value(in.Service))
		if err != nil {
			return nil, err
		}
		s, ok := v.World.Service(key)
		if !ok {
			return nil, serviceNotFound()
		}
		if s.Status == cluster.ServiceInactive {
			return nil, serviceNotActive()
		}
		all := v.World.TaskSets(key)
		out := &ecs.DescribeTaskSetsOutput{TaskSets: []types.TaskSet{}, Failures: []types.Failure{}}
		wanted := all
		if len(in.TaskSets) > 0 {
			wanted, out.Failures = asNamed(v, key, all, in.TaskSets)
		}
		for _, set := range wanted {
			rendered, err := h.taskSet(v, set, withTags)
			if err != nil {
				return nil, err
			}
			out.TaskSets = append(out.TaskSets, rendered)
		}
		return out, nil
	})
}

// asNamed finds the task sets that are asked for by id or ARN.
func asNamed(v api.View, key cluster.ServiceKey, all []cluster.TaskSet, names []string) (found []cluster.TaskSet, failures []types.Failure) {
	failures = []types.Failure{}
	for _, name := range names {
		at := slices.IndexFunc(all, func(set cluster.TaskSet) bool {
			return name == set.ARN || name == set.ID || name == strings.TrimPrefix(set.ID, "ecs-svc/")
		})
		switch {
		case at >= 0:
			found = append(found, all[at])
		case cluster.IsARN(name):
			failures = append(failures, missing(name))
		default:
			failures = append(failures, missing(v.ARN("ecs", "task-set/"+key.String()+"/"+name)))
		}
	}
	return found, failures
}

// taskSetNamed renders a task set that is there.
func (h *handlers) taskSetNamed(v api.View, key cluster.ServiceKey, id string, withTags bool) (*types.TaskSet, error) {
	all := v.World.TaskSets(key)
	at := slices.IndexFunc(all, func(set cluster.TaskSet) bool { return set.ID == id })
	out, err := h.taskSet(v, all[at], withTags)
	return &out, err
}

func (h *handlers) taskSet(v api.View, set cluster.TaskSet, withTags bool) (types.TaskSet, error) {
	var out types.TaskSet
	if err := h.into(set.Members, &out); err != nil {
		return out, err
	}
	out.Id, out.TaskSetArn, out.ExternalId = &set.ID, &set.ARN, api.Some(set.External)
	out.ServiceArn, out.ClusterArn = api.Some(v.ARN("ecs", "service/"+set.Service.String())), api.Some(v.ARN("ecs", "cluster/"+set.Service.Cluster))
	out.Status, out.TaskDefinition = api.Some(string(set.Status)), &set.Definition
	out.ComputedDesiredCount, out.RunningCount, out.PendingCount = int32(set.Desired), int32(set.Running), int32(set.Pending)
	out.Scale = &types.Scale{Unit: types.ScaleUnitPercent, Value: set.Scale}
	out.StabilityStatus, out.StabilityStatusAt = types.StabilityStatusStabilizing, stamp(cmp.Or(set.StableAt, set.UpdatedAt))
	if set.Stable {
		out.StabilityStatus = types.StabilityStatusSteadyState
	}
	out.CreatedAt, out.UpdatedAt = stamp(set.CreatedAt), stamp(set.UpdatedAt)
	out.LoadBalancers, out.ServiceRegistries = loadBalancers(set.Attachments, nil), present(out.ServiceRegistries)
	if len(out.CapacityProviderStrategy) == 0 {
		out.LaunchType = types.LaunchType(set.Launch)
	}
	if set.Launch == cluster.Fargate {
		out.PlatformVersion, out.PlatformFamily = api.Some(platformOf(out.PlatformVersion)), api.Some(linuxFamily)
	}
	if withTags {
		out.Tags = renderTags(set.Tags)
	}
	return out, nil
}

// taskSets renders the task sets of a service, as DescribeServices has them.
func (h *handlers) taskSets(v api.View, key cluster.ServiceKey) ([]types.TaskSet, error) {
	var all []types.TaskSet
	for _, set := range v.World.TaskSets(key) {
		rendered, err := h.taskSet(v, set, false)
		if err != nil {
			return nil, err
		}
		all = append(all, rendered)
	}
	return all, nil
}

// platformOf is the version that a platform version stands for.
func platformOf(given *string) string {
	if given == nil || *given == latest {
		return platform
	}
	return *given
}
