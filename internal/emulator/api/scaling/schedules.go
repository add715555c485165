package scaling

import (
	"context"
	"regexp"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
)

func (h *handlers) putScheduledAction(ctx context.Context, in *applicationautoscaling.PutScheduledActionInput) (*applicationautoscaling.PutScheduledActionOutput, error) {
	key, err := addressed(in.ServiceNamespace, in.ResourceId, in.ScalableDimension)
	if err != nil {
		return nil, err
	}
	if api.Value(in.ScheduledActionName) == "" {
		return nil, null("scheduledActionName")
	}
	if err := checkScheduled(in); err != nil {
		return nil, err
	}
	action := cluster.PutScheduledAction{
		Service: key, Name: *in.ScheduledActionName, Schedule: api.Value(in.Schedule), Zone: api.Value(in.Timezone), Start: api.Value(in.StartTime).UTC(), End: api.Value(in.EndTime).UTC(),
	}
	if in.ScalableTargetAction != nil {
		action.Min, action.Max = count(in.ScalableTargetAction.MinCapacity), count(in.ScalableTargetAction.MaxCapacity)
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*applicationautoscaling.PutScheduledActionOutput, error) {
		var known bool
		if action.Clocks, known = api.Clocks(action.Zone, v.Now); !known {
			return nil, invalid("Invalid time zone: %s", action.Zone)
		}
		same := filter{namespace: in.ServiceNamespace, resources: optional(in.ResourceId), dimension: in.ScalableDimension}
		if _, there := v.World.ScalableTarget(key); there && in.ScalableTargetAction == nil && len(scheduled(v, same, []string{*in.ScheduledActionName})) == 0 {
			return nil, invalid("ScalableTargetAction must be set") // words of public reports
		}
		_, err := v.Act(action)
		return &applicationautoscaling.PutScheduledActionOutput{}, err
	})
}

// nameForm is how a scheduled action may be called, and wrongName what AWS's common check says of others. Source: API Reference, PutScheduledAction.ScheduledActionName.
var nameForm = regexp.MustCompile(`^[^ \x00-\x1f\x7f-\x9f:/|]([^\x00-\x1f\x7f-\x9f:/|]*[^ \x00-\x1f\x7f-\x9f:/|])?$`)

const wrongName = `1 validation error detected: Value '%s' at 'scheduledActionName' failed to satisfy constraint: Member must satisfy regular expression pattern: ` +
	`(?!((^[ ]+.*)|(.*([\u0000-\u001f]|[\u007f-\u009f]|[:/|])+.*)|(.*[ ]+$))).+`

// scheduleForm is what every schedule is. What is inside is for the world to read.
var scheduleForm = regexp.MustCompile(`^(rate\(\d+\s?(minutes?|hours?|days?)\)|cron\(.+\)|at\(.+\))$`)

// checkScheduled makes the checks that AWS makes on the request alone. The words are those of public reports.
func checkScheduled(in *applicationautoscaling.PutScheduledActionInput) error {
	switch a := in.ScalableTargetAction; {
	case !nameForm.MatchString(*in.ScheduledActionName):
		return invalid(wrongName, *in.ScheduledActionName)
	case a != nil && a.MinCapacity == nil && a.MaxCapacity == nil:
		return invalid("At least one of minimum capacity and maximum capacity should be provided")
	case in.Schedule != nil && !scheduleForm.MatchString(*in.Schedule):
		return invalid(`Invalid schedule expression. Details: Schedule expressions must have the following syntax: rate(<number>\s?(minutes?|hours?|days?)), ` +
			`cron(<cron_expression>) or at(yyyy-MM-dd'T'HH:mm:ss).`)
	case in.StartTime != nil && in.EndTime != nil && in.EndTime.Before(*in.StartTime):
		return invalid("StartTime must be before EndTime")
	}
	return nil
}

func (h *handlers) deleteScheduledAction(ctx context.Context, in *applicationautoscaling.DeleteScheduledActionInput) (*applicationautoscaling.DeleteScheduledActionOutput, error) {
	key, err := addressed(in.ServiceNamespace, in.ResourceId, in.ScalableDimension)
	if err != nil {
		return nil, err
	}
	if in.ScheduledActionName == nil {
		return nil, null("scheduledActionName")
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*applicationautoscaling.DeleteScheduledActionOutput, error) {
		_, err := v.Act(cluster.DeleteScheduledAction{Service: key, Name: *in.ScheduledActionName})
		return &applicationautoscaling.DeleteScheduledActionOutput{}, err
	})
}

func (h *handlers) describeScheduledActions(ctx context.Context, in *applicationautoscaling.DescribeScheduledActionsInput) (*applicationautoscaling.DescribeScheduledActionsOutput, error) {
	f := filter{in.ServiceNamespace, optional(in.ResourceId), in.ScalableDimension, in.NextToken, in.MaxResults}
	if err := f.check(); err != nil {
		return nil, err
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*applicationautoscaling.DescribeScheduledActionsOutput, error) {
		all := scheduled(v, f, in.ScheduledActionNames)
		cut, next, err := paged(all, func(a types.ScheduledAction) string { return *a.ResourceId + " " + *a.ScheduledActionName }, f)
		return &applicationautoscaling.DescribeScheduledActionsOutput{ScheduledActions: append([]types.ScheduledAction{}, cut...), NextToken: next}, err
	})
}

// scheduled renders the scheduled actions that are asked for.
func scheduled(v api.View, f filter, names []string) []types.ScheduledAction {
	var all []types.ScheduledAction
	for _, t := range v.World.ScalableTargets() {
		if !f.has(t.Service) {
			continue
		}
		resource := resourceOf(t.Service)
		for _, a := range t.Actions {
			if len(names) > 0 && !slices.Contains(names, a.Name) {
				continue
			}
			shown := types.ScheduledAction{
				ServiceNamespace: types.ServiceNamespaceEcs, ResourceId: &resource, ScalableDimension: dimension,
				ScheduledActionName: &a.Name, ScheduledActionARN: &a.ARN, Schedule: &a.Schedule, Timezone: api.Some(a.Zone), CreationTime: &a.CreatedAt,
				ScalableTargetAction: &types.ScalableTargetAction{MinCapacity: number(a.Min), MaxCapacity: number(a.Max)},
			}
			if !a.Start.IsZero() {
				shown.StartTime = &a.Start
			}
			if !a.End.IsZero() {
				shown.EndTime = &a.End
			}
			all = append(all, shown)
		}
	}
	return all
}
