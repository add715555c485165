package groups

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
	"handover/internal/emulator/wire"
)

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
		return &autoscaling.PutScheduledUpdateGroupActionOutput{}, schedule(v, g, action)
	})
}

// schedule puts a scheduled action.
func schedule(v api.View, g cluster.Group, in types.ScheduledUpdateGroupActionRequest) error {
	if api.Value(in.ScheduledActionName) == "" {
		return null("scheduledActionName")
	}
	clocks, known := api.Clocks(api.Value(in.TimeZone), v.Now)
	if !known {
		return invalid("Invalid time zone: %s", *in.TimeZone)
	}
	_, err := v.Act(cluster.PutGroupSchedule{Name: g.Name, Schedule: cluster.GroupSchedule{
		Name: *in.ScheduledActionName, Start: api.Value(in.StartTime).UTC(), End: api.Value(in.EndTime).UTC(), Recurrence: api.Value(in.Recurrence), Zone: api.Value(in.TimeZone), Clocks: clocks,
		Min: count(in.MinSize), Max: count(in.MaxSize), Desired: count(in.DesiredCapacity),
	}})
	return err
}

// refusal is an error as the batch operations tell it.
func refusal(err error) (code, message *string) {
	var refused *cluster.APIError
	if errors.As(err, &refused) {
		return &refused.Code, &refused.Message
	}
	var sent *wire.Error
	if errors.As(err, &sent) {
		return &sent.Code, &sent.Message
	}
	return api.Some("InternalFailure"), api.Some(err.Error())
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
			if err := schedule(v, g, action); err != nil {
				code, message := refusal(err)
				out.FailedScheduledUpdateGroupActions = append(out.FailedScheduledUpdateGroupActions, types.FailedScheduledUpdateGroupActionRequest{
					ScheduledActionName: action.ScheduledActionName, ErrorCode: code, ErrorMessage: message})
			}
		}
		return out, nil
	})
}

func (h *handlers) describeScheduledActions(ctx context.Context, in *autoscaling.DescribeScheduledActionsInput) (*autoscaling.DescribeScheduledActionsOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*autoscaling.DescribeScheduledActionsOutput, error) {
		of := v.World.Groups()
		if in.AutoScalingGroupName != nil {
			g, err := find(v, in.AutoScalingGroupName)
			if err != nil {
				return nil, err
			}
			of = []cluster.Group{g}
		}
		var all []types.ScheduledUpdateGroupAction
		for _, g := range of {
			for _, s := range g.Schedules {
				shown := scheduled(v, g, s)
				named := len(in.ScheduledActionNames) == 0 || slices.Contains(in.ScheduledActionNames, s.Name) || slices.Contains(in.ScheduledActionNames, *shown.ScheduledActionARN)
				if named && !outside(s.Due, in.StartTime, in.EndTime) {
					all = append(all, shown)
				}
			}
		}
		cut, next, err := page(all, func(a types.ScheduledUpdateGroupAction) string { // by when they happen
			return a.StartTime.UTC().Format(time.RFC3339) + " " + *a.AutoScalingGroupName + " " + *a.ScheduledActionName
		}, in.NextToken, in.MaxRecords)
		return &autoscaling.DescribeScheduledActionsOutput{ScheduledUpdateGroupActions: append([]types.ScheduledUpdateGroupAction{}, cut...), NextToken: next}, err
	})
}

// scheduled renders a scheduled action. Its start time is when it happens next. Source: API Reference, ScheduledUpdateGroupAction.
func scheduled(v api.View, g cluster.Group, s cluster.GroupSchedule) types.ScheduledUpdateGroupAction {
	arn := within(v, g, "scheduledUpdateGroupAction", "scheduledActionName", s.Name)
	shown := types.ScheduledUpdateGroupAction{
		AutoScalingGroupName: &g.Name, ScheduledActionName: &s.Name, ScheduledActionARN: &arn, StartTime: &s.Due, Time: &s.Due, Recurrence: api.Some(s.Recurrence), TimeZone: api.Some(s.Zone),
		MinSize: size(s.Min), MaxSize: size(s.Max), DesiredCapacity: size(s.Desired),
	}
	if !s.End.IsZero() {
		shown.EndTime = &s.End
	}
	return shown
}

func size(n *int) *int32 {
	if n == nil {
		return nil
	}
	return number(*n)
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
		_, err = v.Act(cluster.DeleteGroupSchedule{Name: g.Name, Schedule: api.Value(in.ScheduledActionName)})
		return &autoscaling.DeleteScheduledActionOutput{}, err
	})
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
			if _, err := v.Act(cluster.DeleteGroupSchedule{Name: g.Name, Schedule: name}); err != nil {
				code, message := refusal(err)
				out.FailedScheduledActions = append(out.FailedScheduledActions, types.FailedScheduledUpdateGroupActionRequest{ScheduledActionName: &name, ErrorCode: code, ErrorMessage: message})
			}
		}
		return out, nil
	})
}
