package groups

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
)

// hookFrom makes the checks that AWS makes on a lifecycle hook. Source: API Reference, PutLifecycleHook.
func hookFrom(name, transition *string, timeout *int32, result *string) (cluster.Hook, error) {
	switch {
	case api.Value(name) == "":
		return cluster.Hook{}, null("lifecycleHookName")
	case api.Value(transition) != cluster.TransitionLaunching && api.Value(transition) != cluster.TransitionTerminating:
		return cluster.Hook{}, invalid("Lifecycle Transition must be one of [%s, %s]", cluster.TransitionLaunching, cluster.TransitionTerminating)
	case timeout != nil && (*timeout < 30 || *timeout > 7200):
		return cluster.Hook{}, invalid("Heartbeat timeout must be between 30 and 7200 seconds.")
	case result != nil && *result != cluster.Continue && *result != cluster.Abandon:
		return cluster.Hook{}, invalid("Default result must be one of [%s, %s]", cluster.Continue, cluster.Abandon)
	}
	return cluster.Hook{Name: *name, Transition: *transition, Timeout: seconds(timeout), Default: api.Value(result)}, nil
}

// putLifecycleHook changes only what is given of a hook that is there. Source: API Reference, PutLifecycleHook.
func (h *handlers) putLifecycleHook(ctx context.Context, in *autoscaling.PutLifecycleHookInput) (*autoscaling.PutLifecycleHookOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*autoscaling.PutLifecycleHookOutput, error) {
		g, err := find(v, in.AutoScalingGroupName)
		if err != nil {
			return nil, err
		}
		transition, before := in.LifecycleTransition, cluster.Hook{}
		if at := slices.IndexFunc(g.Hooks, func(one cluster.Hook) bool { return one.Name == api.Value(in.LifecycleHookName) }); at >= 0 {
			before = g.Hooks[at]
			if transition == nil {
				transition = &before.Transition
			}
		}
		made, err := hookFrom(in.LifecycleHookName, transition, in.HeartbeatTimeout, in.DefaultResult)
		if err != nil {
			return nil, err
		}
		if in.HeartbeatTimeout == nil {
			made.Timeout = before.Timeout
		}
		made.Default = or(in.DefaultResult, before.Default)
		made.Target, made.Role, made.Metadata = or(in.NotificationTargetARN, before.Target), or(in.RoleARN, before.Role), or(in.NotificationMetadata, before.Metadata)
		_, err = v.Act(cluster.PutHook{Name: g.Name, Hook: made})
		return &autoscaling.PutLifecycleHookOutput{}, err
	})
}

// or is what is given, or else what there was.
func or(given *string, before string) string {
	if given == nil {
		return before
	}
	return *given
}

func (h *handlers) deleteLifecycleHook(ctx context.Context, in *autoscaling.DeleteLifecycleHookInput) (*autoscaling.DeleteLifecycleHookOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*autoscaling.DeleteLifecycleHookOutput, error) {
		g, err := find(v, in.AutoScalingGroupName)
		if err != nil {
			return nil, err
		}
		_, err = v.Act(cluster.DeleteHook{Name: g.Name, Hook: api.Value(in.LifecycleHookName)})
		return &autoscaling.DeleteLifecycleHookOutput{}, err
	})
}

func (h *handlers) describeLifecycleHooks(ctx context.Context, in *autoscaling.DescribeLifecycleHooksInput) (*autoscaling.DescribeLifecycleHooksOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*autoscaling.DescribeLifecycleHooksOutput, error) {
		g, err := find(v, in.AutoScalingGroupName)
		if err != nil {
			return nil, err
		}
		out := &autoscaling.DescribeLifecycleHooksOutput{LifecycleHooks: []types.LifecycleHook{}}
		for _, hook := range g.Hooks {
			if len(in.LifecycleHookNames) > 0 && !slices.Contains(in.LifecycleHookNames, hook.Name) {
				continue
			}
			out.LifecycleHooks = append(out.LifecycleHooks, types.LifecycleHook{
				AutoScalingGroupName: &g.Name, LifecycleHookName: &hook.Name, LifecycleTransition: &hook.Transition, HeartbeatTimeout: number(int(hook.Timeout / time.Second)),
				GlobalTimeout: number(int(hook.Global() / time.Second)), DefaultResult: &hook.Default, NotificationTargetARN: api.Some(hook.Target), RoleARN: api.Some(hook.Role),
				NotificationMetadata: api.Some(hook.Metadata),
			})
		}
		return out, nil
	})
}

func (h *handlers) describeLifecycleHookTypes(context.Context, *autoscaling.DescribeLifecycleHookTypesInput) (*autoscaling.DescribeLifecycleHookTypesOutput, error) {
	return &autoscaling.DescribeLifecycleHookTypesOutput{LifecycleHookTypes: []string{cluster.TransitionLaunching, cluster.TransitionTerminating}}, nil
}

func (h *handlers) completeLifecycleAction(ctx context.Context, in *autoscaling.CompleteLifecycleActionInput) (*autoscaling.CompleteLifecycleActionOutput, error) {
	if result := api.Value(in.LifecycleActionResult); result != cluster.Continue && result != cluster.Abandon {
		return nil, invalid("Lifecycle action result must be one of [%s, %s]", cluster.Continue, cluster.Abandon)
	}
	if err := oneOf(in.InstanceId, in.LifecycleActionToken); err != nil {
		return nil, err
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*autoscaling.CompleteLifecycleActionOutput, error) {
		g, err := find(v, in.AutoScalingGroupName)
		if err != nil {
			return nil, err
		}
		held := cluster.HookedInstance{Group: g.Name, Hook: api.Value(in.LifecycleHookName), Host: api.Value(in.InstanceId), Token: api.Value(in.LifecycleActionToken)}
		_, err = v.Act(cluster.CompleteLifecycleAction{HookedInstance: held, Result: cluster.HookResult(*in.LifecycleActionResult)})
		return &autoscaling.CompleteLifecycleActionOutput{}, err
	})
}

// oneOf needs an instance or a token. The words are ours.
func oneOf(instance, token *string) error {
	if api.Value(instance) == "" && api.Value(token) == "" {
		return invalid("Either the instance ID or the lifecycle action token must be specified.")
	}
	return nil
}

func (h *handlers) recordLifecycleActionHeartbeat(ctx context.Context, in *autoscaling.RecordLifecycleActionHeartbeatInput) (*autoscaling.RecordLifecycleActionHeartbeatOutput, error) {
	if err := oneOf(in.InstanceId, in.LifecycleActionToken); err != nil {
		return nil, err
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*autoscaling.RecordLifecycleActionHeartbeatOutput, error) {
		g, err := find(v, in.AutoScalingGroupName)
		if err != nil {
			return nil, err
		}
		held := cluster.HookedInstance{Group: g.Name, Hook: api.Value(in.LifecycleHookName), Host: api.Value(in.InstanceId), Token: api.Value(in.LifecycleActionToken)}
		_, err = v.Act(cluster.RecordLifecycleHeartbeat{HookedInstance: held})
		return &autoscaling.RecordLifecycleActionHeartbeatOutput{}, err
	})
}
