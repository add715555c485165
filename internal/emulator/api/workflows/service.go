// Package workflows is the API of AWS Step Functions as far as standard state machines are made, executed and watched. Express machines, activities, versions, aliases, map runs
// and redrives are not there; package workflow beneath world says which states there are.
package workflows

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/smithy-go"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
	"handover/internal/emulator/wire"
	"handover/internal/world/workflow"
)

// handlers are Step Functions' operations on the worlds of a server.
type handlers struct{ worlds api.Worlds }

// New makes the service.
func New(worlds api.Worlds) *api.Service {
	s := api.NewService("AWS Step Functions", wire.Description{
		Name: "states", Version: "2016-11-23", Protocol: wire.AWSJSON10, Target: "AWSStepFunctions", LowerCamel: true, ServerFault: wire.ServerFault[smithy.ErrorFault],
		InternalCode: "InternalServerException",
	})
	h := &handlers{worlds: worlds}
	s.Wrong = func(w api.WrongEnum) error {
		return refused("ValidationException", "%s", w.Constraint(api.LowerCamel(w.Member)))
	}
	api.Offer(s, h.createStateMachine)
	api.Offer(s, h.describeStateMachine)
	api.Offer(s, h.updateStateMachine)
	api.Offer(s, h.deleteStateMachine)
	api.Offer(s, h.listStateMachines)
	api.Offer(s, h.validateDefinition)
	api.Offer(s, h.startExecution)
	api.Offer(s, h.describeExecution)
	api.Offer(s, h.stopExecution)
	api.Offer(s, h.listExecutions)
	api.Offer(s, h.getExecutionHistory)
	api.Offer(s, h.tagResource)
	api.Offer(s, h.untagResource)
	api.Offer(s, h.listTagsForResource)
	lack(s)
	return s
}

// refused is an error with a code of Step Functions.
func refused(code, format string, args ...any) error {
	return &wire.Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

var nameForm = regexp.MustCompile(`^[A-Za-z0-9_.+!@()='-]{1,80}$`)

func checkName(name string) error {
	if !nameForm.MatchString(name) {
		return refused("InvalidName", "Invalid Name: '%s'", name)
	}
	return nil
}

func checkDefinition(text string) error {
	if _, err := workflow.Parse(text); err != nil {
		return refused("InvalidDefinition", "Invalid State Machine Definition: '%s'", err)
	}
	return nil
}

func machine(v api.View, arn *string) (cluster.StateMachine, error) {
	m, ok := v.World.StateMachine(api.Value(arn))
	if !ok {
		return m, refused("StateMachineDoesNotExist", "State Machine Does Not Exist: '%s'", api.Value(arn))
	}
	return m, nil
}

func execution(v api.View, arn *string) (cluster.Execution, error) {
	x, ok := v.World.Execution(api.Value(arn))
	if !ok {
		return x, refused("ExecutionDoesNotExist", "Execution Does Not Exist: '%s'", api.Value(arn))
	}
	return x, nil
}

// paged cuts a page of up to 100, or 1000 where that is asked for, out of items in the order of their keys. Source: API Reference, ListExecutions.
func paged[T any](all []T, key func(T) string, token *string, most int32) (page []T, next *string, err error) {
	size := 100
	if most > 0 {
		size = min(1000, int(most))
	}
	cut, after, err := api.Page(all, key, api.Value(token), size)
	if err != nil {
		return nil, nil, refused("InvalidToken", "Invalid Token: '%s'", api.Value(token))
	}
	return slices.Clone(cut), api.Some(after), nil
}

func (h *handlers) createStateMachine(ctx context.Context, in *sfn.CreateStateMachineInput) (*sfn.CreateStateMachineOutput, error) {
	if err := checkName(api.Value(in.Name)); err != nil {
		return nil, err
	}
	if err := checkDefinition(api.Value(in.Definition)); err != nil {
		return nil, err
	}
	switch {
	case !cluster.IsARN(api.Value(in.RoleArn)):
		return nil, refused("InvalidArn", "Invalid Role Arn: '%s'", api.Value(in.RoleArn))
	case in.Type == types.StateMachineTypeExpress:
		return nil, refused("StateMachineTypeNotSupported", "The emulator has standard state machines alone.")
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*sfn.CreateStateMachineOutput, error) {
		arn := v.ARN("states", "stateMachine:"+*in.Name)
		if there, ok := v.World.StateMachine(arn); ok {
			if there.Definition == *in.Definition && there.Role == *in.RoleArn { // the same request once more
				return &sfn.CreateStateMachineOutput{StateMachineArn: &arn, CreationDate: &there.CreatedAt}, nil
			}
			return nil, refused("StateMachineAlreadyExists", "State Machine Already Exists: '%s'", arn)
		}
		if _, err := v.Act(cluster.PutStateMachine{Machine: cluster.StateMachine{Name: *in.Name, Definition: *in.Definition, Role: *in.RoleArn}}); err != nil {
			return nil, err
		}
		if len(in.Tags) > 0 {
			if _, err := v.Act(cluster.TagResource{ARN: arn, Tags: tagsOf(in.Tags)}); err != nil {
				return nil, err
			}
		}
		return &sfn.CreateStateMachineOutput{StateMachineArn: &arn, CreationDate: &v.Now}, nil
	})
}

func (h *handlers) describeStateMachine(ctx context.Context, in *sfn.DescribeStateMachineInput) (*sfn.DescribeStateMachineOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*sfn.DescribeStateMachineOutput, error) {
		m, err := machine(v, in.StateMachineArn)
		return &sfn.DescribeStateMachineOutput{StateMachineArn: &m.ARN, Name: &m.Name, Definition: &m.Definition, RoleArn: &m.Role, CreationDate: &m.CreatedAt,
			Type: types.StateMachineTypeStandard, Status: types.StateMachineStatusActive}, err
	})
}

func (h *handlers) updateStateMachine(ctx context.Context, in *sfn.UpdateStateMachineInput) (*sfn.UpdateStateMachineOutput, error) {
	if in.Definition != nil {
		if err := checkDefinition(*in.Definition); err != nil {
			return nil, err
		}
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*sfn.UpdateStateMachineOutput, error) {
		m, err := machine(v, in.StateMachineArn)
		if err != nil {
			return nil, err
		}
		if in.Definition != nil {
			m.Definition = *in.Definition
		}
		if in.RoleArn != nil {
			m.Role = *in.RoleArn
		}
		_, err = v.Act(cluster.PutStateMachine{Machine: m})
		return &sfn.UpdateStateMachineOutput{UpdateDate: &v.Now}, err
	})
}

func (h *handlers) deleteStateMachine(ctx context.Context, in *sfn.DeleteStateMachineInput) (*sfn.DeleteStateMachineOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*sfn.DeleteStateMachineOutput, error) {
		_, err := v.Act(cluster.DeleteStateMachine{Machine: api.Value(in.StateMachineArn)})
		return &sfn.DeleteStateMachineOutput{}, err
	})
}

func (h *handlers) listStateMachines(ctx context.Context, in *sfn.ListStateMachinesInput) (*sfn.ListStateMachinesOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*sfn.ListStateMachinesOutput, error) {
		all := v.World.StateMachines()
		slices.SortFunc(all, func(a, b cluster.StateMachine) int { return compare(a.ARN, b.ARN) })
		cut, next, err := paged(all, func(m cluster.StateMachine) string { return m.ARN }, in.NextToken, in.MaxResults)
		out := &sfn.ListStateMachinesOutput{StateMachines: []types.StateMachineListItem{}, NextToken: next}
		for _, m := range cut {
			out.StateMachines = append(out.StateMachines, types.StateMachineListItem{StateMachineArn: &m.ARN, Name: &m.Name, CreationDate: &m.CreatedAt, Type: types.StateMachineTypeStandard})
		}
		return out, err
	})
}

func (h *handlers) validateDefinition(_ context.Context, in *sfn.ValidateStateMachineDefinitionInput) (*sfn.ValidateStateMachineDefinitionOutput, error) {
	out := &sfn.ValidateStateMachineDefinitionOutput{Result: types.ValidateStateMachineDefinitionResultCodeOk, Diagnostics: []types.ValidateStateMachineDefinitionDiagnostic{}}
	if _, err := workflow.Parse(api.Value(in.Definition)); err != nil {
		out.Result = types.ValidateStateMachineDefinitionResultCodeFail
		out.Diagnostics = append(out.Diagnostics, types.ValidateStateMachineDefinitionDiagnostic{
			Code: api.Some("SCHEMA_VALIDATION_FAILED"), Message: api.Some(err.Error()), Severity: types.ValidateStateMachineDefinitionSeverityError,
		})
	}
	return out, nil
}

// mostInput is the size of an input. Source: Step Functions quotas.
const mostInput = 256 << 10

func (h *handlers) startExecution(ctx context.Context, in *sfn.StartExecutionInput) (*sfn.StartExecutionOutput, error) {
	input := "{}"
	if in.Input != nil {
		input = *in.Input
	}
	if !json.Valid([]byte(input)) || len(input) > mostInput {
		return nil, refused("InvalidExecutionInput", "Invalid State Machine Execution Input: it is no JSON of up to %d bytes", mostInput)
	}
	if in.Name != nil {
		if err := checkName(*in.Name); err != nil {
			return nil, err
		}
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*sfn.StartExecutionOutput, error) {
		ids, err := v.Act(cluster.StartExecution{Machine: api.Value(in.StateMachineArn), Name: api.Value(in.Name), Input: input})
		if err != nil {
			return nil, err
		}
		x, err := execution(v, &ids[0])
		return &sfn.StartExecutionOutput{ExecutionArn: &x.ARN, StartDate: &x.BeganAt}, err
	})
}

func (h *handlers) describeExecution(ctx context.Context, in *sfn.DescribeExecutionInput) (*sfn.DescribeExecutionOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*sfn.DescribeExecutionOutput, error) {
		x, err := execution(v, in.ExecutionArn)
		included := &types.CloudWatchEventsExecutionDataDetails{Included: true}
		out := &sfn.DescribeExecutionOutput{ExecutionArn: &x.ARN, StateMachineArn: &x.Machine, Name: &x.Name, Status: types.ExecutionStatus(x.Status), Input: &x.Input, InputDetails: included,
			Output: api.Some(x.Output), Error: api.Some(x.Error), Cause: api.Some(x.Cause), StartDate: &x.BeganAt, RedriveCount: new(int32), RedriveStatus: types.ExecutionRedriveStatusNotRedrivable}
		if x.Output != "" {
			out.OutputDetails = included
		}
		if !x.EndedAt.IsZero() {
			out.StopDate = &x.EndedAt
		}
		return out, err
	})
}

func (h *handlers) stopExecution(ctx context.Context, in *sfn.StopExecutionInput) (*sfn.StopExecutionOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*sfn.StopExecutionOutput, error) {
		if _, err := v.Act(cluster.StopExecution{Execution: api.Value(in.ExecutionArn), Error: api.Value(in.Error), Cause: api.Value(in.Cause)}); err != nil {
			return nil, err
		}
		x, err := execution(v, in.ExecutionArn)
		return &sfn.StopExecutionOutput{StopDate: &x.EndedAt}, err
	})
}

// listExecutions gives the latest first. Source: API Reference, ListExecutions.
func (h *handlers) listExecutions(ctx context.Context, in *sfn.ListExecutionsInput) (*sfn.ListExecutionsOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*sfn.ListExecutionsOutput, error) {
		m, err := machine(v, in.StateMachineArn)
		if err != nil {
			return nil, err
		}
		all := slices.DeleteFunc(v.World.Executions(m.ARN), func(x cluster.Execution) bool {
			return in.StatusFilter != "" && string(in.StatusFilter) != string(x.Status)
		})
		slices.Reverse(all)
		place := map[string]string{}
		for i, x := range all {
			place[x.ARN] = fmt.Sprintf("%08d", i)
		}
		cut, next, err := paged(all, func(x cluster.Execution) string { return place[x.ARN] }, in.NextToken, in.MaxResults)
		out := &sfn.ListExecutionsOutput{Executions: []types.ExecutionListItem{}, NextToken: next}
		for _, x := range cut {
			one := types.ExecutionListItem{ExecutionArn: &x.ARN, StateMachineArn: &x.Machine, Name: &x.Name, Status: types.ExecutionStatus(x.Status), StartDate: &x.BeganAt}
			if !x.EndedAt.IsZero() {
				one.StopDate = &x.EndedAt
			}
			out.Executions = append(out.Executions, one)
		}
		return out, err
	})
}
