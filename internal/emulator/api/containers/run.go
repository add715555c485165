package containers

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
	"handover/internal/world"
	"handover/internal/world/placement"
)

// runTask starts up to ten tasks, as many as find room; the rest are failures. Source: API Reference, RunTask.
func (h *handlers) runTask(ctx context.Context, in *ecs.RunTaskInput) (*ecs.RunTaskOutput, error) {
	if err := checkRun(in); err != nil {
		return nil, err
	}
	given, err := h.declared(in, "cluster", "taskDefinition", "count", "tags", "clientToken", "group", "startedBy", "launchType", "placementConstraints", "placementStrategy")
	if err != nil {
		return nil, err
	}
	tags, err := tagsFrom(in.Tags)
	if err != nil {
		return nil, err
	}
	request, err := h.fingerprint(in, "cluster", "clientToken")
	if err != nil {
		return nil, err
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*ecs.RunTaskOutput, error) {
		found, err := existingCluster(v, in.Cluster)
		if err != nil {
			return nil, err
		}
		if before, err := h.ranBefore(v, found, in.ClientToken, request); err != nil || before != nil {
			return before, err
		}
		if err := h.associated(v, found.Name, in.CapacityProviderStrategy); err != nil {
			return nil, err
		}
		text, err := given.text()
		if err != nil {
			return nil, err
		}
		action := cluster.RunTask{
			Cluster: found.Name, Definition: api.Value(in.TaskDefinition), Launch: cluster.Launch(in.LaunchType), Group: api.Value(in.Group), StartedBy: api.Value(in.StartedBy),
			Strategy: strategyFrom(in.PlacementStrategy), Constraints: constraintsFrom(in.PlacementConstraints), Tags: propagated(v, in.PropagateTags, in.TaskDefinition, tags), Members: text,
		}
		if action.Launch == "" {
			if action.Providers, err = h.capacityOf(found.Members, in.CapacityProviderStrategy); err != nil {
				return nil, err
			}
			if len(action.Providers) == 0 {
				action.Launch = cluster.EC2
			}
		}
		how := use{definition: action.Definition, launch: action.Launch, providers: action.Providers, platform: in.PlatformVersion, network: in.NetworkConfiguration}
		for _, volume := range in.VolumeConfigurations {
			how.volumes = append(how.volumes, api.Value(volume.Name))
		}
		if err := h.fits(v, how); err != nil {
			return nil, err
		}
		if err := h.overridden(v, action.Definition, action.Launch, in.Overrides); err != nil {
			return nil, err
		}
		out, started, err := h.run(v, found, action, int(max(1, api.Value(in.Count))))
		if err != nil {
			return nil, err
		}
		return out, remember(v, found.Name, in.ClientToken, request, started)
	})
}

// run starts so many tasks, or those that find room, and gives their ids.
func (h *handlers) run(v api.View, in world.Cluster, action cluster.RunTask, count int) (out *ecs.RunTaskOutput, started []string, err error) {
	out = &ecs.RunTaskOutput{Tasks: []types.Task{}, Failures: []types.Failure{}}
	for n := range count {
		action.Nth = n
		ids, err := v.Act(action)
		if _, refused := refusedPlacement(err); refused {
			if len(out.Failures) == 0 {
				out.Failures = failures(v.World.Misfits(action))
			}
			continue // the next one finds no more room, unless it is for another capacity provider
		}
		if err != nil {
			return nil, nil, err
		}
		t, err := h.taskAt(v, in, ids[0])
		if err != nil {
			return nil, nil, err
		}
		out.Tasks, started = append(out.Tasks, t), append(started, ids[0])
	}
	return out, started, nil
}

// failures are why a task was not placed: on no container instance, or for want of capacity on Fargate, which has no ARN.
func failures(misfits []placement.Misfit) []types.Failure {
	all := []types.Failure{}
	for _, m := range misfits {
		all = append(all, types.Failure{Arn: api.Some(m.Instance), Reason: &m.Reason})
	}
	return all
}

// taskAt renders a task that was just started.
func (h *handlers) taskAt(v api.View, c world.Cluster, id string) (types.Task, error) {
	t, ok := v.World.Task(c.Name, id)
	if !ok {
		return types.Task{}, fmt.Errorf("the world started task %s and does not show it", id)
	}
	return h.drawing(v, c).task(&t, true)
}

// checkRun makes the checks that ECS makes on the request alone. Source: API Reference, RunTask.
func checkRun(in *ecs.RunTaskInput) error {
	switch {
	case api.Value(in.TaskDefinition) == "":
		return client("Task definition cannot be empty.")
	case in.Count != nil && (*in.Count < 1 || *in.Count > 10):
		return invalid("Count must be between 1 and 10.")
	case in.LaunchType != "" && len(in.CapacityProviderStrategy) > 0:
		return bothLaunches()
	case in.PropagateTags == types.PropagateTagsService: // Source: API Reference, RunTask.propagateTags; the words are ours
		return invalid("Tags of a service cannot be propagated to a task that no service runs.")
	}
	if err := checkPlacement(in.LaunchType, in.PlacementStrategy, in.PlacementConstraints); err != nil {
		return err
	}
	if err := checkLonely(in.StartedBy, in.Group); err != nil {
		return err
	}
	return checkNetwork(in.NetworkConfiguration)
}

// checkLonely checks what RunTask and StartTask have in common. Source: API Reference, RunTask.startedBy: up to 128 characters.
func checkLonely(startedBy, group *string) error {
	switch {
	case len(api.Value(startedBy)) > 128:
		return invalid("startedBy can have at most 128 characters.")
	case strings.HasPrefix(api.Value(group), "service:"):
		return invalid("Group name cannot begin with service:.")
	}
	return nil
}

// capacityOf are the capacity providers of a task that names no launch type: those of its strategy, or else of the cluster's default one.
func (h *handlers) capacityOf(ofCluster []byte, strategy []types.CapacityProviderStrategyItem) ([]cluster.ProviderShare, error) {
	if len(strategy) == 0 {
		var declared types.Cluster
		if err := h.into(ofCluster, &declared); err != nil {
			return nil, err
		}
		strategy = declared.DefaultCapacityProviderStrategy
	}
	return sharesFrom(strategy)
}

// weighable refuses numbers that AWS does not take. The words are ours.
func weighable(item types.CapacityProviderStrategyItem) error {
	if item.Base < 0 || item.Base > 100_000 || item.Weight < 0 || item.Weight > 1000 {
		return invalid("A base is from 0 to 100000, and a weight from 0 to 1000.")
	}
	return nil
}

// sharesFrom reads a capacity provider strategy. A weight that is left out is 0, and one of a strategy of one provider, 1. Source: API Reference,
// CapacityProviderStrategyItem: bases from 0 to 100,000, of which one may be above 0; weights from 0 to 1,000, of which one must be. The words about too many bases and
// no weight are those of public reports.
func sharesFrom(strategy []types.CapacityProviderStrategyItem) ([]cluster.ProviderShare, error) {
	var shares []cluster.ProviderShare
	bases, weights := 0, 0
	for _, item := range strategy {
		share := cluster.ProviderShare{Name: api.Value(item.CapacityProvider), Base: int(item.Base), Weight: int(item.Weight)}
		if len(strategy) == 1 && share.Weight == 0 && share.Base == 0 {
			share.Weight = 1
		}
		if err := weighable(item); err != nil {
			return nil, err
		}
		if share.Base > 0 {
			bases++
		}
		weights += share.Weight
		shares = append(shares, share)
	}
	switch {
	case bases > 1:
		return nil, invalid("There are multiple capacity providers in the specified capacity provider strategy with a base value greater than zero. " +
			"Only one capacity provider can have a base value greater than zero. Specify a valid capacity provider strategy and try again.")
	case len(shares) > 0 && weights == 0 && bases == 0:
		return nil, invalid("There are no capacity providers in the capacity provider strategy with a weight value greater than zero. " +
			"Specify a weight value greater than zero for at least one capacity provider and try again.")
	}
	return shares, nil
}

// propagated are the tags of a task: its own, before those of its definition where these are to be copied.
func propagated(v api.View, from types.PropagateTags, definition *string, own []cluster.Tag) []cluster.Tag {
	if from != types.PropagateTagsTaskDefinition {
		return own
	}
	d, ok := v.World.Definition(api.Value(definition))
	if !ok {
		return own
	}
	all := own
	for _, t := range v.World.Tags(d.ARN) {
		known := false
		for _, o := range own {
			known = known || o.Key == t.Key
		}
		if !known {
			all = append(all, t)
		}
	}
	return all
}

func strategyFrom(given []types.PlacementStrategy) []cluster.PlacementStrategy {
	var all []cluster.PlacementStrategy
	for _, s := range given {
		all = append(all, cluster.PlacementStrategy{Type: string(s.Type), Field: api.Value(s.Field)})
	}
	return all
}

func constraintsFrom[T types.PlacementConstraint | types.TaskDefinitionPlacementConstraint](given []T) []cluster.PlacementConstraint {
	var all []cluster.PlacementConstraint
	for _, one := range given {
		switch c := any(one).(type) {
		case types.PlacementConstraint:
			all = append(all, cluster.PlacementConstraint{Type: string(c.Type), Expression: api.Value(c.Expression)})
		case types.TaskDefinitionPlacementConstraint:
			all = append(all, cluster.PlacementConstraint{Type: string(c.Type), Expression: api.Value(c.Expression)})
		}
	}
	return all
}

// startTask starts a task on each of up to ten container instances. Source: API Reference, StartTask.
func (h *handlers) startTask(ctx context.Context, in *ecs.StartTaskInput) (*ecs.StartTaskOutput, error) {
	switch {
	case api.Value(in.TaskDefinition) == "":
		return nil, client("Task definition cannot be empty.")
	case len(in.ContainerInstances) == 0:
		return nil, invalid("Container instances cannot be empty.")
	case len(in.ContainerInstances) > 10:
		return nil, most("containerInstances", 10)
	}
	if err := checkLonely(in.StartedBy, in.Group); err != nil {
		return nil, err
	}
	given, err := h.declared(in, "cluster", "taskDefinition", "containerInstances", "tags", "group", "startedBy")
	if err != nil {
		return nil, err
	}
	tags, err := tagsFrom(in.Tags)
	if err != nil {
		return nil, err
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*ecs.StartTaskOutput, error) {
		found, err := existingCluster(v, in.Cluster)
		if err != nil {
			return nil, err
		}
		if err := h.overridden(v, *in.TaskDefinition, cluster.EC2, in.Overrides); err != nil {
			return nil, err
		}
		text, err := given.text()
		if err != nil {
			return nil, err
		}
		out := &ecs.StartTaskOutput{Tasks: []types.Task{}, Failures: []types.Failure{}}
		for _, name := range in.ContainerInstances {
			id, _ := instanceID(found.Name, name)
			ids, err := v.Act(cluster.StartTask{
				Cluster: found.Name, Definition: *in.TaskDefinition, Instance: id, Group: api.Value(in.Group), StartedBy: api.Value(in.StartedBy),
				Tags: propagated(v, in.PropagateTags, in.TaskDefinition, tags), Members: text,
			})
			if reason, refused := refusedPlacement(err); refused {
				out.Failures = append(out.Failures, types.Failure{Arn: api.Some(instanceARN(v, found.Name, name)), Reason: &reason})
				continue
			}
			if err != nil {
				return nil, err
			}
			t, err := h.taskAt(v, found, ids[0])
			if err != nil {
				return nil, err
			}
			out.Tasks = append(out.Tasks, t)
		}
		return out, nil
	})
}
