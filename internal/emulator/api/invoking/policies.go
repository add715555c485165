package invoking

import (
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
)

var statementForm = regexp.MustCompile(`^[a-zA-Z0-9-_]{1,100}$`)

// statement is one statement of a function's policy, as Lambda writes it. Source: Lambda developer guide, access-control-resource-based.
func statement(f cluster.Function, g cluster.Grant) map[string]any {
	var principal any = map[string]string{"AWS": g.Principal}
	switch {
	case strings.HasSuffix(g.Principal, ".amazonaws.com"):
		principal = map[string]string{"Service": g.Principal}
	case g.Principal == "*":
		principal = "*"
	}
	out := map[string]any{"Sid": g.ID, "Effect": "Allow", "Principal": principal, "Action": g.Action, "Resource": f.ARN}
	conditions := map[string]any{}
	if g.Source != "" {
		conditions["ArnLike"] = map[string]string{"AWS:SourceArn": g.Source}
	}
	if g.OfAccount != "" {
		conditions["StringEquals"] = map[string]string{"AWS:SourceAccount": g.OfAccount}
	}
	if len(conditions) > 0 {
		out["Condition"] = conditions
	}
	return out
}

func (h *handlers) addPermission(ctx context.Context, in *lambda.AddPermissionInput) (*lambda.AddPermissionOutput, error) {
	g := cluster.Grant{ID: api.Value(in.StatementId), Action: api.Value(in.Action), Principal: api.Value(in.Principal), Source: api.Value(in.SourceArn), OfAccount: api.Value(in.SourceAccount)}
	switch {
	case !statementForm.MatchString(g.ID):
		return nil, invalid("1 validation error detected: Value '%s' at 'statementId' failed to satisfy constraint: Member must satisfy regular expression pattern: ([a-zA-Z0-9-_]+)", g.ID)
	case g.Action != "lambda:*" && !strings.HasPrefix(g.Action, "lambda:"):
		return nil, invalid("1 validation error detected: Value '%s' at 'action' failed to satisfy constraint: Member must satisfy regular expression pattern: (lambda:[*]|lambda:[a-zA-Z]+|[*])", g.Action)
	case g.Principal == "":
		return nil, invalid("The provided principal was invalid. Please check the principal and try again.")
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*lambda.AddPermissionOutput, error) {
		f, err := h.change(v, in.FunctionName, func(f *cluster.Function) error {
			if slices.ContainsFunc(f.Grants, func(one cluster.Grant) bool { return one.ID == g.ID }) {
				return conflict("The statement id (%s) provided already exists. Please provide a new statement id, or remove the existing statement.", g.ID)
			}
			f.Grants = append(slices.Clone(f.Grants), g)
			return nil
		})
		if err != nil {
			return nil, err
		}
		text, err := json.Marshal(statement(f, g))
		return &lambda.AddPermissionOutput{Statement: api.Some(string(text))}, err
	})
}

func (h *handlers) removePermission(ctx context.Context, in *lambda.RemovePermissionInput) (*lambda.RemovePermissionOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*lambda.RemovePermissionOutput, error) {
		_, err := h.change(v, in.FunctionName, func(f *cluster.Function) error {
			left := slices.DeleteFunc(slices.Clone(f.Grants), func(g cluster.Grant) bool { return g.ID == api.Value(in.StatementId) })
			if len(left) == len(f.Grants) {
				return notFound("Statement %s is not found in resource policy.", api.Value(in.StatementId))
			}
			f.Grants = left
			return nil
		})
		return &lambda.RemovePermissionOutput{}, err
	})
}

func (h *handlers) getPolicy(ctx context.Context, in *lambda.GetPolicyInput) (*lambda.GetPolicyOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*lambda.GetPolicyOutput, error) {
		f, err := find(v, in.FunctionName)
		if err != nil {
			return nil, err
		}
		if len(f.Grants) == 0 {
			return nil, notFound("The resource you requested does not exist.")
		}
		statements := []any{}
		for _, g := range f.Grants {
			statements = append(statements, statement(f, g))
		}
		text, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Id": "default", "Statement": statements})
		return &lambda.GetPolicyOutput{Policy: api.Some(string(text)), RevisionId: api.Some(revision(f))}, err
	})
}

func loop(f cluster.Function) types.RecursiveLoop {
	if f.Recursive {
		return types.RecursiveLoopAllow
	}
	return types.RecursiveLoopTerminate
}

func (h *handlers) putRecursion(ctx context.Context, in *lambda.PutFunctionRecursionConfigInput) (*lambda.PutFunctionRecursionConfigOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*lambda.PutFunctionRecursionConfigOutput, error) {
		f, err := h.change(v, in.FunctionName, func(f *cluster.Function) error {
			f.Recursive = in.RecursiveLoop == types.RecursiveLoopAllow
			return nil
		})
		return &lambda.PutFunctionRecursionConfigOutput{RecursiveLoop: loop(f)}, err
	})
}

func (h *handlers) getRecursion(ctx context.Context, in *lambda.GetFunctionRecursionConfigInput) (*lambda.GetFunctionRecursionConfigOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*lambda.GetFunctionRecursionConfigOutput, error) {
		f, err := find(v, in.FunctionName)
		return &lambda.GetFunctionRecursionConfigOutput{RecursiveLoop: loop(f)}, err
	})
}

// eventInvoke is how a function is invoked asynchronously, as it is described.
func eventInvoke(f cluster.Function) *types.FunctionEventInvokeConfig {
	out := &types.FunctionEventInvokeConfig{FunctionArn: api.Some(f.ARN + ":$LATEST"), LastModified: &f.ConfiguredAt, MaximumRetryAttempts: new(int32), DestinationConfig: &types.DestinationConfig{}}
	*out.MaximumRetryAttempts = int32(f.Retries)
	out.MaximumEventAgeInSeconds = api.Some(int32(f.MaxAge / time.Second))
	out.DestinationConfig.OnFailure, out.DestinationConfig.OnSuccess = &types.OnFailure{Destination: api.Some(f.OnFailure)}, &types.OnSuccess{}
	return out
}

// setEventInvoke sets what was given of it. Source: API Reference, PutFunctionEventInvokeConfig.
func (h *handlers) setEventInvoke(ctx context.Context, name *string, whole bool, retries, age *int32, destination *types.DestinationConfig) (*types.FunctionEventInvokeConfig, error) {
	switch {
	case retries != nil && (*retries < 0 || *retries > 2):
		return nil, invalid("1 validation error detected: Value '%d' at 'maximumRetryAttempts' failed to satisfy constraint: Member must have value less than or equal to 2", *retries)
	case age != nil && (*age < 60 || *age > 21600):
		return nil, invalid("1 validation error detected: Value '%d' at 'maximumEventAgeInSeconds' failed to satisfy constraint: Member must have value between 60 and 21600", *age)
	case destination != nil && destination.OnSuccess != nil && destination.OnSuccess.Destination != nil:
		return nil, invalid("The emulator has no destination for events that succeeded.")
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*types.FunctionEventInvokeConfig, error) {
		f, err := h.change(v, name, func(f *cluster.Function) error {
			if whole {
				f.Retries, f.MaxAge, f.OnFailure = 2, 6*time.Hour, ""
			}
			if retries != nil {
				f.Retries = int(*retries)
			}
			if age != nil {
				f.MaxAge = time.Duration(*age) * time.Second
			}
			if destination != nil && destination.OnFailure != nil {
				f.OnFailure = api.Value(destination.OnFailure.Destination)
			}
			f.Configured, f.ConfiguredAt = true, v.Now
			return nil
		})
		return eventInvoke(f), err
	})
}

func (h *handlers) putEventInvoke(ctx context.Context, in *lambda.PutFunctionEventInvokeConfigInput) (*types.FunctionEventInvokeConfig, error) {
	return h.setEventInvoke(ctx, in.FunctionName, true, in.MaximumRetryAttempts, in.MaximumEventAgeInSeconds, in.DestinationConfig)
}

func (h *handlers) updateEventInvoke(ctx context.Context, in *lambda.UpdateFunctionEventInvokeConfigInput) (*types.FunctionEventInvokeConfig, error) {
	return h.setEventInvoke(ctx, in.FunctionName, false, in.MaximumRetryAttempts, in.MaximumEventAgeInSeconds, in.DestinationConfig)
}

func (h *handlers) getEventInvoke(ctx context.Context, in *lambda.GetFunctionEventInvokeConfigInput) (*types.FunctionEventInvokeConfig, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*types.FunctionEventInvokeConfig, error) {
		f, err := find(v, in.FunctionName)
		if err == nil && !f.Configured {
			return nil, notFound("The function %s:$LATEST doesn't have an EventInvokeConfig", f.ARN)
		}
		return eventInvoke(f), err
	})
}

func (h *handlers) deleteEventInvoke(ctx context.Context, in *lambda.DeleteFunctionEventInvokeConfigInput) (*lambda.DeleteFunctionEventInvokeConfigOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*lambda.DeleteFunctionEventInvokeConfigOutput, error) {
		_, err := h.change(v, in.FunctionName, func(f *cluster.Function) error {
			if !f.Configured {
				return notFound("The function %s:$LATEST doesn't have an EventInvokeConfig", f.ARN)
			}
			f.Configured, f.Retries, f.MaxAge, f.OnFailure = false, 2, 6*time.Hour, ""
			return nil
		})
		return &lambda.DeleteFunctionEventInvokeConfigOutput{}, err
	})
}
