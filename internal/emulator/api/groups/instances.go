package groups

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
)

func (h *handlers) describeAutoScalingInstances(ctx context.Context, in *autoscaling.DescribeAutoScalingInstancesInput) (*autoscaling.DescribeAutoScalingInstancesOutput, error) {
	if len(in.InstanceIds) > 50 { // Source: API Reference, DescribeAutoScalingInstances.InstanceIds
		return nil, invalid("The number of instance ids must be between 1 and 50.")
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*autoscaling.DescribeAutoScalingInstancesOutput, error) {
		all := []types.AutoScalingInstanceDetails{}
		for _, g := range v.World.Groups() {
			for _, i := range slices.Concat(g.Instances, g.Warm) {
				if len(in.InstanceIds) == 0 || slices.Contains(in.InstanceIds, i.ID) {
					all = append(all, types.AutoScalingInstanceDetails{
						AutoScalingGroupName: &g.Name, InstanceId: &i.ID, InstanceType: &i.Type, AvailabilityZone: &i.Zone, LifecycleState: api.Some(string(i.Lifecycle)),
						HealthStatus: api.Some(strings.ToUpper(*healthy(i.Healthy))), ProtectedFromScaleIn: &i.Protected, LaunchTemplate: specification(i.Template, nil),
						LaunchConfigurationName: api.Some(i.Template.Configuration),
					})
				}
			}
		}
		cut, next, err := page(all, func(i types.AutoScalingInstanceDetails) string { return *i.InstanceId }, in.NextToken, in.MaxRecords)
		return &autoscaling.DescribeAutoScalingInstancesOutput{AutoScalingInstances: cut, NextToken: next}, err
	})
}

func (h *handlers) setDesiredCapacity(ctx context.Context, in *autoscaling.SetDesiredCapacityInput) (*autoscaling.SetDesiredCapacityOutput, error) {
	if in.DesiredCapacity == nil {
		return nil, null("desiredCapacity")
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*autoscaling.SetDesiredCapacityOutput, error) {
		g, err := find(v, in.AutoScalingGroupName)
		if err != nil {
			return nil, err
		}
		_, err = v.Act(cluster.SetDesiredCapacity{Name: g.Name, Desired: int(*in.DesiredCapacity)})
		return &autoscaling.SetDesiredCapacityOutput{}, err
	})
}

func (h *handlers) terminateInstanceInAutoScalingGroup(ctx context.Context, in *autoscaling.TerminateInstanceInAutoScalingGroupInput) (*autoscaling.TerminateInstanceInAutoScalingGroupOutput, error) {
	switch {
	case in.InstanceId == nil:
		return nil, null("instanceId")
	case in.ShouldDecrementDesiredCapacity == nil:
		return nil, null("shouldDecrementDesiredCapacity")
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*autoscaling.TerminateInstanceInAutoScalingGroupOutput, error) {
		ids, err := v.Act(cluster.TerminateGroupInstance{Instance: *in.InstanceId, Decrement: *in.ShouldDecrementDesiredCapacity})
		if err != nil {
			return nil, err
		}
		return &autoscaling.TerminateInstanceInAutoScalingGroupOutput{Activity: activityAt(v, ids[0])}, nil
	})
}

// activityAt finds an activity that was just begun.
func activityAt(v api.View, id string) *types.Activity {
	for _, g := range v.World.Groups() {
		for _, a := range v.World.Activities(g.Name) {
			if a.ID == id {
				made := activity(g, a)
				return &made
			}
		}
	}
	return nil
}

// activity renders an activity. How far it is, is told in three steps.
func activity(g cluster.Group, a cluster.Activity) types.Activity {
	out := types.Activity{
		ActivityId: &a.ID, AutoScalingGroupName: &a.Group, AutoScalingGroupARN: &g.ARN, Description: &a.Description, Cause: &a.Cause, StatusCode: types.ScalingActivityStatusCode(a.Status),
		StartTime: &a.StartedAt, Progress: number(0), Details: api.Some("{}"),
	}
	switch {
	case !a.EndedAt.IsZero():
		out.EndTime, out.Progress = &a.EndedAt, number(100)
	case a.Status == "MidLifecycleAction":
		out.Progress = number(60)
	}
	return out
}

func (h *handlers) describeScalingActivities(ctx context.Context, in *autoscaling.DescribeScalingActivitiesInput) (*autoscaling.DescribeScalingActivitiesOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*autoscaling.DescribeScalingActivitiesOutput, error) {
		all := []types.Activity{}
		for _, g := range v.World.Groups() {
			if in.AutoScalingGroupName != nil && *in.AutoScalingGroupName != g.Name && *in.AutoScalingGroupName != g.ARN {
				continue
			}
			for _, a := range v.World.Activities(g.Name) {
				if len(in.ActivityIds) == 0 || slices.Contains(in.ActivityIds, a.ID) {
					all = append(all, activity(g, a))
				}
			}
		}
		// Newest first: the key falls as time rises.
		key := func(a types.Activity) string { return inverted(a.StartTime.UnixNano()) + *a.ActivityId }
		cut, next, err := page(all, key, in.NextToken, in.MaxRecords)
		return &autoscaling.DescribeScalingActivitiesOutput{Activities: cut, NextToken: next}, err
	})
}

func (h *handlers) setInstanceProtection(ctx context.Context, in *autoscaling.SetInstanceProtectionInput) (*autoscaling.SetInstanceProtectionOutput, error) {
	switch {
	case in.ProtectedFromScaleIn == nil:
		return nil, null("protectedFromScaleIn")
	case len(in.InstanceIds) == 0:
		return nil, null("instanceIds")
	case len(in.InstanceIds) > 50: // Source: API Reference, SetInstanceProtection.InstanceIds
		return nil, invalid("The number of instance ids must be between 1 and 50.")
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*autoscaling.SetInstanceProtectionOutput, error) {
		g, err := find(v, in.AutoScalingGroupName)
		if err != nil {
			return nil, err
		}
		for _, id := range in.InstanceIds {
			if _, err := v.Act(cluster.ProtectInstance{Name: g.Name, Instance: id, Protect: *in.ProtectedFromScaleIn}); err != nil {
				return nil, err
			}
		}
		return &autoscaling.SetInstanceProtectionOutput{}, nil
	})
}

func (h *handlers) setInstanceHealth(ctx context.Context, in *autoscaling.SetInstanceHealthInput) (*autoscaling.SetInstanceHealthOutput, error) {
	status := api.Value(in.HealthStatus)
	switch {
	case in.InstanceId == nil:
		return nil, null("instanceId")
	case status != "Healthy" && status != "Unhealthy":
		return nil, invalid("Valid instance health states are: [Healthy, Unhealthy].")
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*autoscaling.SetInstanceHealthOutput, error) {
		respects := in.ShouldRespectGracePeriod == nil || *in.ShouldRespectGracePeriod
		_, err := v.Act(cluster.SetInstanceHealth{Instance: *in.InstanceId, Healthy: status == "Healthy", Grace: respects})
		return &autoscaling.SetInstanceHealthOutput{}, err
	})
}

func (h *handlers) enterStandby(ctx context.Context, in *autoscaling.EnterStandbyInput) (*autoscaling.EnterStandbyOutput, error) {
	if in.ShouldDecrementDesiredCapacity == nil {
		return nil, null("shouldDecrementDesiredCapacity")
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*autoscaling.EnterStandbyOutput, error) {
		activities, err := standby(v, in.AutoScalingGroupName, in.InstanceIds, true, *in.ShouldDecrementDesiredCapacity)
		return &autoscaling.EnterStandbyOutput{Activities: activities}, err
	})
}

func (h *handlers) exitStandby(ctx context.Context, in *autoscaling.ExitStandbyInput) (*autoscaling.ExitStandbyOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*autoscaling.ExitStandbyOutput, error) {
		activities, err := standby(v, in.AutoScalingGroupName, in.InstanceIds, false, false)
		return &autoscaling.ExitStandbyOutput{Activities: activities}, err
	})
}

func (h *handlers) detachInstances(ctx context.Context, in *autoscaling.DetachInstancesInput) (*autoscaling.DetachInstancesOutput, error) {
	if in.ShouldDecrementDesiredCapacity == nil {
		return nil, null("shouldDecrementDesiredCapacity")
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*autoscaling.DetachInstancesOutput, error) {
		activities, err := forInstances(v, in.AutoScalingGroupName, in.InstanceIds, func(group, id string) cluster.Action {
			return cluster.DetachInstance{Name: group, Instance: id, Decrement: *in.ShouldDecrementDesiredCapacity}
		})
		return &autoscaling.DetachInstancesOutput{Activities: activities}, err
	})
}

func (h *handlers) attachInstances(ctx context.Context, in *autoscaling.AttachInstancesInput) (*autoscaling.AttachInstancesOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*autoscaling.AttachInstancesOutput, error) {
		_, err := forInstances(v, in.AutoScalingGroupName, in.InstanceIds, func(group, id string) cluster.Action { return cluster.AttachInstance{Name: group, Instance: id} })
		return &autoscaling.AttachInstancesOutput{}, err
	})
}

// standby moves instances out of service, or back. Source: EC2 Auto Scaling user guide, as-enter-exit-standby.
func standby(v api.View, group *string, instances []string, enter, decrement bool) ([]types.Activity, error) {
	return forInstances(v, group, instances, func(group, id string) cluster.Action {
		return cluster.SetStandby{Name: group, Instance: id, Standby: enter, Decrement: decrement}
	})
}

// forInstances acts on up to 20 instances of a group, one after the other, and gives the activities that come of it. Source: EC2 Auto Scaling API Reference, DetachInstances.
func forInstances(v api.View, group *string, instances []string, act func(group, instance string) cluster.Action) ([]types.Activity, error) {
	g, err := find(v, group)
	if err != nil {
		return nil, err
	}
	if len(instances) == 0 || len(instances) > 20 {
		return nil, invalid("Between 1 and 20 instance ids must be specified.")
	}
	activities := []types.Activity{}
	for _, id := range instances {
		ids, err := v.Act(act(g.Name, id))
		if err != nil {
			return nil, err
		}
		activities = append(activities, *activityAt(v, ids[0]))
	}
	return activities, nil
}

// processes are those that can be suspended. Source: EC2 Auto Scaling user guide, as-suspend-resume-processes.
func processes() []string {
	return []string{"AddToLoadBalancer", "AlarmNotification", "AZRebalance", "HealthCheck", "InstanceRefresh", "Launch", "ReplaceUnhealthy", "ScheduledActions", "Terminate"}
}

func (h *handlers) suspendProcesses(ctx context.Context, in *autoscaling.SuspendProcessesInput) (*autoscaling.SuspendProcessesOutput, error) {
	return &autoscaling.SuspendProcessesOutput{}, h.suspend(ctx, in.AutoScalingGroupName, in.ScalingProcesses, true)
}

func (h *handlers) resumeProcesses(ctx context.Context, in *autoscaling.ResumeProcessesInput) (*autoscaling.ResumeProcessesOutput, error) {
	return &autoscaling.ResumeProcessesOutput{}, h.suspend(ctx, in.AutoScalingGroupName, in.ScalingProcesses, false)
}

// suspend suspends or resumes processes; none named means all.
func (h *handlers) suspend(ctx context.Context, group *string, named []string, suspended bool) error {
	if len(named) == 0 {
		named = processes()
	}
	for _, p := range named {
		if !slices.Contains(processes(), p) {
			return invalid("Invalid process name: %s", p)
		}
	}
	return h.worlds.Use(ctx, func(v api.View) error {
		g, err := find(v, group)
		if err != nil {
			return err
		}
		_, err = v.Act(cluster.SuspendProcesses{Name: g.Name, Processes: named, Suspend: suspended})
		return err
	})
}
