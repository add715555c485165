package workflows

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
)

func compare(a, b string) int { return cmp.Compare(a, b) }

func (h *handlers) getExecutionHistory(ctx context.Context, in *sfn.GetExecutionHistoryInput) (*sfn.GetExecutionHistoryOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*sfn.GetExecutionHistoryOutput, error) {
		x, err := execution(v, in.ExecutionArn)
		if err != nil {
			return nil, err
		}
		all := make([]types.HistoryEvent, len(x.History))
		for i, e := range x.History {
			all[i] = event(int64(i+1), e)
		}
		key := func(e types.HistoryEvent) string { return fmt.Sprintf("%08d", e.Id) }
		if in.ReverseOrder {
			slices.Reverse(all)
			key = func(e types.HistoryEvent) string { return fmt.Sprintf("%08d", 99_999_999-e.Id) }
		}
		cut, next, err := paged(all, key, in.NextToken, in.MaxResults)
		return &sfn.GetExecutionHistoryOutput{Events: cut, NextToken: next}, err
	})
}

// event is one event as it is described; the event before it is the one that led to it, for states are not taken side by side.
func event(id int64, e cluster.ExecutionEvent) types.HistoryEvent {
	out := types.HistoryEvent{Id: id, PreviousEventId: id - 1, Timestamp: &e.At, Type: types.HistoryEventType(e.Type)}
	if id == 1 {
		out.PreviousEventId = 0
	}
	name, resource, kind := &e.State, api.Some("invoke"), api.Some("lambda")
	switch {
	case strings.HasSuffix(e.Type, "StateEntered"):
		out.StateEnteredEventDetails = &types.StateEnteredEventDetails{Name: name, Input: &e.Text}
	case strings.HasSuffix(e.Type, "StateExited"):
		out.StateExitedEventDetails = &types.StateExitedEventDetails{Name: name, Output: &e.Text}
	}
	failure, cause := api.Some(e.Error), api.Some(e.Cause)
	switch out.Type {
	case types.HistoryEventTypeExecutionStarted:
		out.ExecutionStartedEventDetails = &types.ExecutionStartedEventDetails{Input: &e.Text}
	case types.HistoryEventTypeExecutionSucceeded:
		out.ExecutionSucceededEventDetails = &types.ExecutionSucceededEventDetails{Output: &e.Text}
	case types.HistoryEventTypeExecutionFailed:
		out.ExecutionFailedEventDetails = &types.ExecutionFailedEventDetails{Error: failure, Cause: cause}
	case types.HistoryEventTypeExecutionAborted:
		out.ExecutionAbortedEventDetails = &types.ExecutionAbortedEventDetails{Error: failure, Cause: cause}
	case types.HistoryEventTypeExecutionTimedOut:
		out.ExecutionTimedOutEventDetails = &types.ExecutionTimedOutEventDetails{Error: failure, Cause: cause}
	case types.HistoryEventTypeTaskScheduled:
		out.TaskScheduledEventDetails = &types.TaskScheduledEventDetails{Parameters: &e.Text, Resource: resource, ResourceType: kind, Region: api.Some("")}
	case types.HistoryEventTypeTaskStarted:
		out.TaskStartedEventDetails = &types.TaskStartedEventDetails{Resource: resource, ResourceType: kind}
	case types.HistoryEventTypeTaskSucceeded:
		out.TaskSucceededEventDetails = &types.TaskSucceededEventDetails{Output: &e.Text, Resource: resource, ResourceType: kind}
	case types.HistoryEventTypeTaskFailed:
		out.TaskFailedEventDetails = &types.TaskFailedEventDetails{Error: failure, Cause: cause, Resource: resource, ResourceType: kind}
	case types.HistoryEventTypeTaskTimedOut:
		out.TaskTimedOutEventDetails = &types.TaskTimedOutEventDetails{Error: failure, Cause: cause, Resource: resource, ResourceType: kind}
	case types.HistoryEventTypeLambdaFunctionScheduled:
		out.LambdaFunctionScheduledEventDetails = &types.LambdaFunctionScheduledEventDetails{Input: &e.Text}
	case types.HistoryEventTypeLambdaFunctionSucceeded:
		out.LambdaFunctionSucceededEventDetails = &types.LambdaFunctionSucceededEventDetails{Output: &e.Text}
	case types.HistoryEventTypeLambdaFunctionFailed:
		out.LambdaFunctionFailedEventDetails = &types.LambdaFunctionFailedEventDetails{Error: failure, Cause: cause}
	default: // it has no details, or they are those of a state
	}
	return out
}

func tagsOf(given []types.Tag) []cluster.Tag {
	var all []cluster.Tag
	for _, t := range given {
		all = append(all, cluster.Tag{Key: api.Value(t.Key), Value: api.Value(t.Value)})
	}
	return all
}

func (h *handlers) tagResource(ctx context.Context, in *sfn.TagResourceInput) (*sfn.TagResourceOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*sfn.TagResourceOutput, error) {
		m, err := tagged(v, in.ResourceArn)
		if err != nil {
			return nil, err
		}
		_, err = v.Act(cluster.TagResource{ARN: m.ARN, Tags: tagsOf(in.Tags)})
		return &sfn.TagResourceOutput{}, err
	})
}

func (h *handlers) untagResource(ctx context.Context, in *sfn.UntagResourceInput) (*sfn.UntagResourceOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*sfn.UntagResourceOutput, error) {
		m, err := tagged(v, in.ResourceArn)
		if err != nil {
			return nil, err
		}
		_, err = v.Act(cluster.UntagResource{ARN: m.ARN, Keys: in.TagKeys})
		return &sfn.UntagResourceOutput{}, err
	})
}

func (h *handlers) listTagsForResource(ctx context.Context, in *sfn.ListTagsForResourceInput) (*sfn.ListTagsForResourceOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*sfn.ListTagsForResourceOutput, error) {
		m, err := tagged(v, in.ResourceArn)
		if err != nil {
			return nil, err
		}
		out := &sfn.ListTagsForResourceOutput{Tags: []types.Tag{}}
		for _, t := range v.World.Tags(m.ARN) {
			out.Tags = append(out.Tags, types.Tag{Key: &t.Key, Value: &t.Value})
		}
		return out, nil
	})
}

// tagged finds the state machine of an ARN that is to be tagged. Source: Step Functions API Reference, TagResource: a resource that is not there has an error of its own.
func tagged(v api.View, arn *string) (cluster.StateMachine, error) {
	m, ok := v.World.StateMachine(api.Value(arn))
	if !ok {
		return m, &types.ResourceNotFound{Message: api.Some("Resource not found: '" + api.Value(arn) + "'"), ResourceName: arn}
	}
	return m, nil
}
