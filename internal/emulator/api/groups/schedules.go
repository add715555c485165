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

// scheduleType is under what the scheduled actions of groups are kept. They do nothing.
const scheduleType = "group-scheduled-action"

func (h *handlers) putScheduledUpdateGroupAction(ctx context.Context, in *autoscaling.PutScheduledUpdateGroupActionInput) (*autoscaling.PutScheduledUpdateGroupActionOutput, error) {
	start := in.StartTime
	if start == nil {
		start = in.Time // Source: API Reference, PutScheduledUpdateGroupAction.Time: the former name
	}
	action := types.ScheduledUpdateGroupActionRequest{ScheduledActionName: in.ScheduledActionName, StartTime: start, EndTime: in.EndTime, Recurrence: in.Recurrence,
		MinSize: in.MinSize, MaxSize: in.MaxSize, DesiredCapacity: in.DesiredCapacity, TimeZone: in.TimeZone}
	return api.Ask(ctx, h.worlds, func(v api.View) (*autoscaling.PutScheduledUpdateGroupActionOutput, error) {
		g, err := find(v, in.AutoScalingGroupName)
		if err != nil {
			return nil, err
		}
		return &autoscaling.PutScheduledUpdateGroupActionOutput{}, h.schedule(v, g, action)
	})
}

// schedule keeps a scheduled action; what a request leaves open stays as it was. Source: API Reference, PutScheduledUpdateGroupAction; the words are ours.
func (h *handlers) schedule(v api.View, g cluster.Group, in types.ScheduledUpdateGroupActionRequest) error {
	switch {
	case api.Value(in.ScheduledActionName) == "":
		return null("scheduledActionName")
	case in.MinSize == nil && in.MaxSize == nil && in.DesiredCapacity == nil:
		return invalid("At least one of MinSize, MaxSize, and DesiredCapacity must be specified.")
	case in.StartTime == nil && in.Recurrence == nil:
		return invalid("A start time or a recurrence must be specified.")
	case in.StartTime != nil && in.Recurrence == nil && in.StartTime.Before(v.Now):
		return invalid("Given start time is in the past")
	}
	arn := within(v, g, "scheduledUpdateGroupAction", "scheduledActionName", *in.ScheduledActionName)
	start := in.StartTime
	if start == nil { // of a recurrence it is when it recurs next, which nobody reckons here
		start = &v.Now
	}
	return h.keep(v, cluster.Declare{ARN: arn, Type: scheduleType, Name: *in.ScheduledActionName, Parent: g.ARN}, &types.ScheduledUpdateGroupAction{
		AutoScalingGroupName: &g.Name, ScheduledActionName: in.ScheduledActionName, ScheduledActionARN: &arn, StartTime: start, Time: start, EndTime: in.EndTime,
		Recurrence: in.Recurrence, MinSize: in.MinSize, MaxSize: in.MaxSize, DesiredCapacity: in.DesiredCapacity, TimeZone: in.TimeZone,
	})
}

// batchPutScheduledUpdateGroupAction goes on after an action that is refused, and tells of it. Source: API Reference, BatchPutScheduledUpdateGroupAction: 50 at most.
func (h *handlers) batchPutScheduledUpdateGroupAction(ctx context.Context, in *autoscaling.BatchPutScheduledUpdateGroupActionInput) (*autoscaling.BatchPutScheduledUpdateGroupActionOutput, error) {
	if len(in.ScheduledUpdateGroupActions) == 0 || len(in.ScheduledUpdateGroupActions) > 50 {
		return nil, invalid("Between 1 and 50 scheduled actions must be specified.")
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*autoscaling.BatchPutScheduledUpdateGroupActionOutput, error) {
		g, err := find(v, in.AutoScalingGroupName)
		if err != nil {
			return nil, err
		}
		out := &autoscaling.BatchPutScheduledUpdateGroupActionOutput{FailedScheduledUpdateGroupActions: []types.FailedScheduledUpdateGroupActionRequest{}}
		for _, action := range in.ScheduledUpdateGroupActions {
			if err := h.schedule(v, g, action); err != nil {
				out.FailedScheduledUpdateGroupActions = append(out.FailedScheduledUpdateGroupActions, types.FailedScheduledUpdateGroupActionRequest{
					ScheduledActionName: action.ScheduledActionName, ErrorCode: api.Some("ValidationError"), ErrorMessage: api.Some(err.Error())})
			}
		}
		return out, nil
	})
}

func (h *handlers) describeScheduledActions(ctx context.Context, in *autoscaling.DescribeScheduledActionsInput) (*autoscaling.DescribeScheduledActionsOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*autoscaling.DescribeScheduledActionsOutput, error) {
		all, err := read[types.ScheduledUpdateGroupAction](h, v, scheduleType, in.AutoScalingGroupName)
		if err != nil {
			return nil, err
		}
		all = slices.DeleteFunc(all, func(a types.ScheduledUpdateGroupAction) bool {
			named := len(in.ScheduledActionNames) == 0 || slices.Contains(in.ScheduledActionNames, *a.ScheduledActionName) || slices.Contains(in.ScheduledActionNames, *a.ScheduledActionARN)
			return !named || outside(*a.StartTime, in.StartTime, in.EndTime)
		})
		cut, next, err := page(all, func(a types.ScheduledUpdateGroupAction) string {
			return *a.AutoScalingGroupName + " " + *a.ScheduledActionName
		}, in.NextToken, in.MaxRecords)
		return &autoscaling.DescribeScheduledActionsOutput{ScheduledUpdateGroupActions: cut, NextToken: next}, err
	})
}

func outside(t time.Time, from, to *time.Time) bool {
	return from != nil && t.Before(*from) || to != nil && t.After(*to)
}

func (h *handlers) deleteScheduledAction(ctx context.Context, in *autoscaling.DeleteScheduledActionInput) (*autoscaling.DeleteScheduledActionOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*autoscaling.DeleteScheduledActionOutput, error) {
		g, err := find(v, in.AutoScalingGroupName)
		if err != nil {
			return nil, err
		}
		return &autoscaling.DeleteScheduledActionOutput{}, unschedule(v, g, api.Value(in.ScheduledActionName))
	})
}

// unschedule removes a scheduled action. The words are those of public reports.
func unschedule(v api.View, g cluster.Group, name string) error {
	arn := within(v, g, "scheduledUpdateGroupAction", "scheduledActionName", name)
	if _, there := v.World.DeclaredAt(arn); !there {
		return invalid("Scheduled action name not found")
	}
	_, err := v.Act(cluster.Retract{ARN: arn})
	return err
}

func (h *handlers) batchDeleteScheduledAction(ctx context.Context, in *autoscaling.BatchDeleteScheduledActionInput) (*autoscaling.BatchDeleteScheduledActionOutput, error) {
	if len(in.ScheduledActionNames) == 0 || len(in.ScheduledActionNames) > 50 {
		return nil, invalid("Between 1 and 50 scheduled actions must be specified.")
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*autoscaling.BatchDeleteScheduledActionOutput, error) {
		g, err := find(v, in.AutoScalingGroupName)
		if err != nil {
			return nil, err
		}
		out := &autoscaling.BatchDeleteScheduledActionOutput{FailedScheduledActions: []types.FailedScheduledUpdateGroupActionRequest{}}
		for _, name := range in.ScheduledActionNames {
			if err := unschedule(v, g, name); err != nil {
				out.FailedScheduledActions = append(out.FailedScheduledActions, types.FailedScheduledUpdateGroupActionRequest{
					ScheduledActionName: &name, ErrorCode: api.Some("ValidationError"), ErrorMessage: api.Some(err.Error())})
			}
		}
		return out, nil
	})
}
