package invoking

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
	"handover/internal/emulator/wire"
)

var (
	nameForm    = regexp.MustCompile(`^[a-zA-Z0-9-_]{1,64}$`)
	setNameForm = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9_]*$`)
)

// noPrograms says why no function can be made.
const noPrograms = "The emulator runs no functions unless it is started with --functions DIR, the folder of the programs that it may run. See docs/emulator.md."

// program finds the program that a function's code names.
func (h *handlers) program(key *string, zip []byte) (p api.Program, err error) {
	switch {
	case h.programs == nil:
		return p, invalid("%s", noPrograms)
	case len(zip) > 0:
		p, err = h.programs.Uploaded(zip)
	case api.Value(key) != "":
		p, err = h.programs.Named(*key)
	default:
		return p, invalid("Please provide a source for function code.")
	}
	if err != nil {
		return p, invalid("Error occurred while finding the function's program: %s.", err)
	}
	return p, nil
}

// checkConfiguration makes the checks that Lambda makes on a function's configuration. Source: API Reference, CreateFunction.
func checkConfiguration(timeout, memory *int32, environment map[string]string) error {
	switch {
	case timeout != nil && (*timeout < 1 || *timeout > 900):
		return invalid("1 validation error detected: Value '%d' at 'timeout' failed to satisfy constraint: Member must have value less than or equal to 900", *timeout)
	case memory != nil && (*memory < 128 || *memory > 10240):
		return invalid("'MemorySize' value failed to satisfy constraint: Member must have value less than or equal to 10240 and greater than or equal to 128")
	}
	size := 0
	for _, name := range slices.Sorted(maps.Keys(environment)) {
		size += len(name) + len(environment[name])
		switch {
		case !setNameForm.MatchString(name):
			return invalid("1 validation error detected: Value at 'environment.variables' failed to satisfy constraint: Map keys must satisfy constraint: [Member must satisfy regular expression pattern: [a-zA-Z]([a-zA-Z0-9_])+]")
		case reserved(name):
			return invalid("Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys that are currently not supported for modification. Reserved keys used in this request: %s", name)
		}
	}
	if size > 4096 {
		return invalid("Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the 4KB limit.")
	}
	return nil
}

// reserved are the variables that Lambda sets. Source: Lambda developer guide, configuration-envvars.
func reserved(name string) bool {
	return strings.HasPrefix(name, "AWS_LAMBDA_") || slices.Contains([]string{"_HANDLER", "_X_AMZN_TRACE_ID", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY",
		"AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_EXECUTION_ENV", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR"}, name)
}

func (h *handlers) createFunction(ctx context.Context, in *lambda.CreateFunctionInput) (*types.FunctionConfiguration, error) {
	name := api.Value(in.FunctionName)
	if at := strings.LastIndex(name, ":"); at >= 0 {
		name = name[at+1:]
	}
	code := in.Code
	if code == nil {
		code = &types.FunctionCode{}
	}
	switch {
	case !nameForm.MatchString(name):
		return nil, invalid("1 validation error detected: Value '%s' at 'functionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9-_]+", name)
	case !cluster.IsARN(api.Value(in.Role)):
		return nil, invalid("1 validation error detected: Value '%s' at 'role' failed to satisfy constraint: Member must satisfy regular expression pattern: arn:(aws[a-zA-Z-]*)?:iam::\\d{12}:role/?[a-zA-Z_0-9+=,.@\\-_/]+", api.Value(in.Role))
	case in.PackageType == types.PackageTypeImage:
		return nil, invalid("The emulator runs programs alone, and no container images.")
	case !slices.Contains([]types.Runtime{types.RuntimeProvided, types.RuntimeProvidedal2, types.RuntimeProvidedal2023}, in.Runtime):
		return nil, invalid("The emulator has no runtime %q: it runs programs that are their own, such as provided.al2023.", in.Runtime)
	}
	environment := variables(in.Environment)
	if err := checkConfiguration(in.Timeout, in.MemorySize, environment); err != nil {
		return nil, err
	}
	program, err := h.program(code.S3Key, code.ZipFile)
	if err != nil {
		return nil, err
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*types.FunctionConfiguration, error) {
		if _, there := v.World.Function(v.ARN("lambda", "function:"+name)); there {
			return nil, conflict("Function already exist: %s", name)
		}
		f := cluster.Function{Name: name, Program: program.Name, Timeout: 3 * time.Second, Memory: 128, Environment: environment, LogGroup: "/aws/lambda/" + name, Retries: 2, MaxAge: 6 * time.Hour}
		configure(&f, in.Timeout, in.MemorySize, in.LoggingConfig, in.DeadLetterConfig)
		kept := *in
		kept.Code, kept.Environment, kept.Tags = nil, nil, nil
		if f.Members, err = json.Marshal(declared{CreateFunctionInput: kept, Program: program}); err != nil {
			return nil, fmt.Errorf("keeping the function's members: %w", err)
		}
		ids, err := v.Act(cluster.PutFunction{Function: f})
		if err != nil {
			return nil, err
		}
		if len(in.Tags) > 0 {
			if _, err := v.Act(cluster.TagResource{ARN: ids[0], Tags: api.TagList(in.Tags)}); err != nil {
				return nil, err
			}
		}
		made, err := find(v, &ids[0])
		return shown(made), err
	})
}

func variables(e *types.Environment) map[string]string {
	if e == nil {
		return nil
	}
	return e.Variables
}

// configure sets what was given of what rules use.
func configure(f *cluster.Function, timeout, memory *int32, logging *types.LoggingConfig, letters *types.DeadLetterConfig) {
	if timeout != nil {
		f.Timeout = time.Duration(*timeout) * time.Second
	}
	if memory != nil {
		f.Memory = int(*memory)
	}
	if logging != nil && logging.LogGroup != nil {
		f.LogGroup = *logging.LogGroup
	}
	if letters != nil {
		f.OnFailure = api.Value(letters.TargetArn)
	}
}

// shown is a function as its configuration is described.
func shown(f cluster.Function) *types.FunctionConfiguration {
	d := members(f)
	out := &types.FunctionConfiguration{
		FunctionArn: &f.ARN, FunctionName: &f.Name, Role: d.Role, Handler: d.Handler, Runtime: d.Runtime, Description: d.Description, PackageType: types.PackageTypeZip,
		Timeout: api.Some(int32(f.Timeout / time.Second)), MemorySize: api.Some(int32(f.Memory)), Architectures: d.Architectures, Layers: []types.Layer{},
		CodeSha256: &d.Program.SHA256, CodeSize: d.Program.Size, Version: api.Some("$LATEST"), RevisionId: api.Some(revision(f)),
		LastModified: api.Some(f.ChangedAt.UTC().Format("2006-01-02T15:04:05.000-0700")), State: types.StateActive, LastUpdateStatus: types.LastUpdateStatusSuccessful,
		LoggingConfig: &types.LoggingConfig{LogFormat: types.LogFormatText, LogGroup: &f.LogGroup}, TracingConfig: &types.TracingConfigResponse{Mode: types.TracingModePassThrough},
		EphemeralStorage: &types.EphemeralStorage{Size: api.Some(int32(512))},
	}
	if len(out.Architectures) == 0 {
		out.Architectures = []types.Architecture{types.ArchitectureX8664}
	}
	if f.Environment != nil {
		out.Environment = &types.EnvironmentResponse{Variables: f.Environment}
	}
	if d.DeadLetterConfig != nil {
		out.DeadLetterConfig = d.DeadLetterConfig
	}
	return out
}

// revision is an id of AWS's form that is another after each change.
func revision(f cluster.Function) string {
	return fmt.Sprintf("68616e64-6f76-4572-8001-%012x", f.Revision)
}

func (h *handlers) getFunction(ctx context.Context, in *lambda.GetFunctionInput) (*lambda.GetFunctionOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*lambda.GetFunctionOutput, error) {
		f, err := find(v, in.FunctionName)
		if err != nil {
			return nil, err
		}
		out := &lambda.GetFunctionOutput{Configuration: shown(f), Tags: api.TagMap(v.World.Tags(f.ARN))}
		out.Code = &types.FunctionCodeLocation{RepositoryType: api.Some("S3"), Location: api.Some("program:" + f.Program)}
		return out, nil
	})
}

func (h *handlers) getFunctionConfiguration(ctx context.Context, in *lambda.GetFunctionConfigurationInput) (*types.FunctionConfiguration, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*types.FunctionConfiguration, error) {
		f, err := find(v, in.FunctionName)
		return shown(f), err
	})
}

func (h *handlers) updateFunctionCode(ctx context.Context, in *lambda.UpdateFunctionCodeInput) (*types.FunctionConfiguration, error) {
	program, err := h.program(in.S3Key, in.ZipFile)
	if err != nil {
		return nil, err
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*types.FunctionConfiguration, error) {
		f, err := h.change(v, in.FunctionName, func(f *cluster.Function) (err error) {
			d := members(*f)
			d.Program, f.Program = program, program.Name
			f.Members, err = json.Marshal(d)
			return err
		})
		return shown(f), err
	})
}

func (h *handlers) updateFunctionConfiguration(ctx context.Context, in *lambda.UpdateFunctionConfigurationInput) (*types.FunctionConfiguration, error) {
	if err := checkConfiguration(in.Timeout, in.MemorySize, variables(in.Environment)); err != nil {
		return nil, err
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*types.FunctionConfiguration, error) {
		f, err := h.change(v, in.FunctionName, func(f *cluster.Function) (err error) {
			if in.RevisionId != nil && *in.RevisionId != revision(*f) {
				return &wire.Error{Code: "PreconditionFailedException", Message: "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id", Status: 412}
			}
			configure(f, in.Timeout, in.MemorySize, in.LoggingConfig, in.DeadLetterConfig)
			if in.Environment != nil {
				f.Environment = in.Environment.Variables
			}
			d := members(*f)
			d.Role, d.Handler, d.Description = or(in.Role, d.Role), or(in.Handler, d.Handler), or(in.Description, d.Description)
			if in.Runtime != "" {
				d.Runtime = in.Runtime
			}
			f.Members, err = json.Marshal(d)
			return err
		})
		return shown(f), err
	})
}

func or[T any](given, former *T) *T {
	if given == nil {
		return former
	}
	return given
}

func (h *handlers) deleteFunction(ctx context.Context, in *lambda.DeleteFunctionInput) (*lambda.DeleteFunctionOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*lambda.DeleteFunctionOutput, error) {
		f, err := find(v, in.FunctionName)
		if err != nil {
			return nil, err
		}
		_, err = v.Act(cluster.DeleteFunction{Function: f.ARN})
		return &lambda.DeleteFunctionOutput{}, err
	})
}

func (h *handlers) listFunctions(ctx context.Context, in *lambda.ListFunctionsInput) (*lambda.ListFunctionsOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*lambda.ListFunctionsOutput, error) {
		cut, next, err := paged(v.World.Functions(), func(f cluster.Function) string { return f.ARN }, in.Marker, in.MaxItems)
		out := &lambda.ListFunctionsOutput{Functions: []types.FunctionConfiguration{}, NextMarker: next}
		for _, f := range cut {
			out.Functions = append(out.Functions, *shown(f))
		}
		return out, err
	})
}

// tagged finds the function that a request about tags names.
func tagged(v api.View, arn *string) (string, error) {
	if !cluster.IsARN(api.Value(arn)) {
		return "", invalid("1 validation error detected: Value '%s' at 'resource' failed to satisfy constraint: Member must be an ARN", api.Value(arn))
	}
	f, err := find(v, arn)
	return f.ARN, err
}

func (h *handlers) tagResource(ctx context.Context, in *lambda.TagResourceInput) (*lambda.TagResourceOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*lambda.TagResourceOutput, error) {
		arn, err := tagged(v, in.Resource)
		if err != nil {
			return nil, err
		}
		_, err = v.Act(cluster.TagResource{ARN: arn, Tags: api.TagList(in.Tags)})
		return &lambda.TagResourceOutput{}, err
	})
}

func (h *handlers) untagResource(ctx context.Context, in *lambda.UntagResourceInput) (*lambda.UntagResourceOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*lambda.UntagResourceOutput, error) {
		arn, err := tagged(v, in.Resource)
		if err != nil {
			return nil, err
		}
		_, err = v.Act(cluster.UntagResource{ARN: arn, Keys: in.TagKeys})
		return &lambda.UntagResourceOutput{}, err
	})
}

func (h *handlers) listTags(ctx context.Context, in *lambda.ListTagsInput) (*lambda.ListTagsOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*lambda.ListTagsOutput, error) {
		arn, err := tagged(v, in.Resource)
		if err != nil {
			return nil, err
		}
		return &lambda.ListTagsOutput{Tags: api.TagMap(v.World.Tags(arn))}, nil
	})
}
