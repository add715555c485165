package invoking

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
)

// mapped is an event source mapping as it is described.
func mapped(v api.View, m cluster.Mapping) *types.EventSourceMappingConfiguration {
	state := "Enabled"
	if !m.Enabled {
		state = "Disabled"
	}
	out := &types.EventSourceMappingConfiguration{
		UUID: &m.ID, EventSourceArn: &m.Queue, FunctionArn: &m.Function, BatchSize: api.Some(int32(m.Batch)), MaximumBatchingWindowInSeconds: new(int32), State: &state,
		StateTransitionReason: api.Some("USER_INITIATED"), LastModified: &m.ChangedAt, FunctionResponseTypes: []types.FunctionResponseType{},
		EventSourceMappingArn: api.Some(v.ARN("lambda", "event-source-mapping:"+m.ID)),
	}
	if m.Partial {
		out.FunctionResponseTypes = append(out.FunctionResponseTypes, types.FunctionResponseTypeReportBatchItemFailures)
	}
	return out
}

// checkMapping makes the checks that Lambda makes on a mapping. Source: Lambda developer guide, services-sqs-configure; the words are those of public reports.
func checkMapping(v api.View, m cluster.Mapping) error {
	q, ok := v.World.Queue(m.Queue)
	if !ok {
		return invalid("Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: The specified queue does not exist.")
	}
	f, ok := v.World.Function(m.Function)
	if !ok {
		return notFound("Function not found: %s", m.Function)
	}
	if q.Visibility < f.Timeout {
		return invalid("Queue visibility timeout: %.0f seconds is less than Function timeout: %.0f seconds", q.Visibility.Seconds(), f.Timeout.Seconds())
	}
	if most := 10; m.Batch < 1 || m.Batch > most {
		return invalid("The emulator receives batches of 1 to %d messages, and not of %d.", most, m.Batch)
	}
	return nil
}

func (h *handlers) createMapping(ctx context.Context, in *lambda.CreateEventSourceMappingInput) (*types.EventSourceMappingConfiguration, error) {
	if arn, err := cluster.ParseARN(api.Value(in.EventSourceArn)); err != nil || arn.Service != "sqs" {
		return nil, invalid("The emulator has mappings of queues alone, and none of %s.", api.Value(in.EventSourceArn))
	}
	if in.FilterCriteria != nil || in.ScalingConfig != nil || api.Value(in.MaximumBatchingWindowInSeconds) > 0 {
		return nil, invalid("The emulator's mappings have no filters, batching windows or scaling.")
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*types.EventSourceMappingConfiguration, error) {
		m := cluster.Mapping{Queue: *in.EventSourceArn, Function: arnOf(v, in.FunctionName), Enabled: in.Enabled == nil || *in.Enabled, Batch: 10,
			Partial: slices.Contains(in.FunctionResponseTypes, types.FunctionResponseTypeReportBatchItemFailures)}
		if in.BatchSize != nil {
			m.Batch = int(*in.BatchSize)
		}
		if err := checkMapping(v, m); err != nil {
			return nil, err
		}
		for _, other := range v.World.Mappings() {
			if other.Queue == m.Queue && other.Function == m.Function {
				return nil, conflict("An event source mapping with SQS arn (\" %s \") and function (\" %s \") already exists. Please update or delete the existing mapping with UUID %s", m.Queue, m.Function, other.ID)
			}
		}
		return put(v, m)
	})
}

func put(v api.View, m cluster.Mapping) (*types.EventSourceMappingConfiguration, error) {
	ids, err := v.Act(cluster.PutMapping{Mapping: m})
	if err != nil {
		return nil, err
	}
	made, err := mapping(v, &ids[0])
	return mapped(v, made), err
}

func mapping(v api.View, id *string) (cluster.Mapping, error) {
	for _, m := range v.World.Mappings() {
		if m.ID == api.Value(id) {
			return m, nil
		}
	}
	return cluster.Mapping{}, notFound("The resource you requested does not exist. UUID: %s", api.Value(id))
}

func (h *handlers) getMapping(ctx context.Context, in *lambda.GetEventSourceMappingInput) (*types.EventSourceMappingConfiguration, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*types.EventSourceMappingConfiguration, error) {
		m, err := mapping(v, in.UUID)
		return mapped(v, m), err
	})
}

func (h *handlers) updateMapping(ctx context.Context, in *lambda.UpdateEventSourceMappingInput) (*types.EventSourceMappingConfiguration, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*types.EventSourceMappingConfiguration, error) {
		m, err := mapping(v, in.UUID)
		if err != nil {
			return nil, err
		}
		if in.Enabled != nil {
			m.Enabled = *in.Enabled
		}
		if in.BatchSize != nil {
			m.Batch = int(*in.BatchSize)
		}
		if in.FunctionName != nil {
			m.Function = arnOf(v, in.FunctionName)
		}
		if in.FunctionResponseTypes != nil {
			m.Partial = slices.Contains(in.FunctionResponseTypes, types.FunctionResponseTypeReportBatchItemFailures)
		}
		if err := checkMapping(v, m); err != nil {
			return nil, err
		}
		return put(v, m)
	})
}

func (h *handlers) deleteMapping(ctx context.Context, in *lambda.DeleteEventSourceMappingInput) (*types.EventSourceMappingConfiguration, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*types.EventSourceMappingConfiguration, error) {
		m, err := mapping(v, in.UUID)
		if err != nil {
			return nil, err
		}
		out := mapped(v, m)
		out.State = api.Some("Deleting")
		_, err = v.Act(cluster.DeleteMapping{ID: m.ID})
		return out, err
	})
}

func (h *handlers) listMappings(ctx context.Context, in *lambda.ListEventSourceMappingsInput) (*lambda.ListEventSourceMappingsOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*lambda.ListEventSourceMappingsOutput, error) {
		all := v.World.Mappings()
		all = slices.DeleteFunc(all, func(m cluster.Mapping) bool {
			return in.EventSourceArn != nil && m.Queue != *in.EventSourceArn || in.FunctionName != nil && m.Function != arnOf(v, in.FunctionName)
		})
		place := map[string]string{}
		for i, m := range all {
			place[m.ID] = fmt.Sprintf("%06d", i)
		}
		cut, next, err := paged(all, func(m cluster.Mapping) string { return place[m.ID] }, in.Marker, in.MaxItems)
		out := &lambda.ListEventSourceMappingsOutput{EventSourceMappings: []types.EventSourceMappingConfiguration{}, NextMarker: next}
		for _, m := range cut {
			out.EventSourceMappings = append(out.EventSourceMappings, *mapped(v, m))
		}
		return out, err
	})
}
