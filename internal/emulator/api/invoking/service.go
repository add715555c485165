// Package invoking is the API of AWS Lambda as far as functions are made, invoked and fed: functions with their configuration, policies, asynchronous invocation and
// recursion, and event source mappings of queues. Versions, aliases, layers, images, URLs and concurrency are not there.
//
// A function's code is a program that the operator of the emulator named (Programs): S3Key, or a zip that is uploaded, says which. Nothing else is ever run.
package invoking

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/smithy-go"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
	"handover/internal/emulator/wire"
)

// Watcher is where handlers find worlds and can wait for their changes.
type Watcher interface {
	api.Worlds
	// Changed is closed when a world has changed after the call.
	Changed() <-chan struct{}
}

// handlers are Lambda's operations on the worlds of a server.
type handlers struct {
	worlds   Watcher
	programs api.Programs // nil: no program may be run
}

// New makes the service. Without programs no function can be made.
func New(worlds Watcher, programs api.Programs) *api.Service {
	s := api.NewService("AWS Lambda", wire.Description{
		Name: "lambda", Version: "2015-03-31", Protocol: wire.RESTJSON, ServerFault: wire.ServerFault[smithy.ErrorFault], InternalCode: "ServiceException", Routes: Routes(),
		Names: map[string]string{"ListTagsInput.Resource": "Resource"},
	})
	h := &handlers{worlds: worlds, programs: programs}
	s.Wrong = func(w api.WrongEnum) error { return invalid("%s", w.Constraint(api.LowerCamel(w.Member))) }
	api.Offer(s, h.createFunction)
	api.Offer(s, h.getFunction)
	api.Offer(s, h.getFunctionConfiguration)
	api.Offer(s, h.updateFunctionCode)
	api.Offer(s, h.updateFunctionConfiguration)
	api.Offer(s, h.deleteFunction)
	api.Offer(s, h.listFunctions)
	api.Offer(s, h.invoke)
	api.Offer(s, h.addPermission)
	api.Offer(s, h.removePermission)
	api.Offer(s, h.getPolicy)
	api.Offer(s, h.putRecursion)
	api.Offer(s, h.getRecursion)
	api.Offer(s, h.putEventInvoke)
	api.Offer(s, h.updateEventInvoke)
	api.Offer(s, h.getEventInvoke)
	api.Offer(s, h.deleteEventInvoke)
	api.Offer(s, h.createMapping)
	api.Offer(s, h.getMapping)
	api.Offer(s, h.updateMapping)
	api.Offer(s, h.deleteMapping)
	api.Offer(s, h.listMappings)
	api.Offer(s, h.tagResource)
	api.Offer(s, h.untagResource)
	api.Offer(s, h.listTags)
	lack(s)
	return s
}

// Routes are how the operations are called, by name. Source: Lambda API Reference.
func Routes() map[string]wire.Route {
	const function, mapping, tags = "/2015-03-31/functions/{FunctionName}", "/2015-03-31/event-source-mappings", "/2017-03-31/tags/{Resource}"
	const recursion, asynchronous = "/2024-08-31/functions/{FunctionName}/recursion-config", "/2019-09-25/functions/{FunctionName}/event-invoke-config"
	at := func(method, path string, status int) wire.Route {
		return wire.Route{Method: method, Path: path, Status: status}
	}
	all := map[string]wire.Route{
		"CreateFunction":                  at("POST", "/2015-03-31/functions", 201),
		"ListFunctions":                   at("GET", "/2015-03-31/functions", 200),
		"GetFunction":                     at("GET", function, 200),
		"DeleteFunction":                  at("DELETE", function, 204),
		"GetFunctionConfiguration":        at("GET", function+"/configuration", 200),
		"UpdateFunctionConfiguration":     at("PUT", function+"/configuration", 200),
		"UpdateFunctionCode":              at("PUT", function+"/code", 200),
		"AddPermission":                   at("POST", function+"/policy", 201),
		"GetPolicy":                       at("GET", function+"/policy", 200),
		"RemovePermission":                at("DELETE", function+"/policy/{StatementId}", 204),
		"PutFunctionRecursionConfig":      at("PUT", recursion, 200),
		"GetFunctionRecursionConfig":      at("GET", recursion, 200),
		"PutFunctionEventInvokeConfig":    at("PUT", asynchronous, 200),
		"UpdateFunctionEventInvokeConfig": at("POST", asynchronous, 200),
		"GetFunctionEventInvokeConfig":    at("GET", asynchronous, 200),
		"DeleteFunctionEventInvokeConfig": at("DELETE", asynchronous, 204),
		"CreateEventSourceMapping":        at("POST", mapping, 202),
		"ListEventSourceMappings":         at("GET", mapping, 200),
		"GetEventSourceMapping":           at("GET", mapping+"/{UUID}", 200),
		"UpdateEventSourceMapping":        at("PUT", mapping+"/{UUID}", 202),
		"DeleteEventSourceMapping":        at("DELETE", mapping+"/{UUID}", 202),
		"TagResource":                     at("POST", tags, 204),
		"UntagResource":                   at("DELETE", tags, 204),
		"ListTags":                        at("GET", tags, 200),
	}
	all["Invoke"] = wire.Route{Method: "POST", Path: function + "/invocations", Status: 200, Payload: "Payload", Code: "StatusCode", Headers: map[string]string{
		"InvocationType": "X-Amz-Invocation-Type", "LogType": "X-Amz-Log-Type", "ClientContext": "X-Amz-Client-Context",
		"FunctionError": "X-Amz-Function-Error", "LogResult": "X-Amz-Log-Result", "ExecutedVersion": "X-Amz-Executed-Version",
	}}
	return all
}

// invalid is Lambda's error for a parameter.
func invalid(format string, args ...any) error {
	return &wire.Error{Code: "InvalidParameterValueException", Message: fmt.Sprintf(format, args...)}
}

// notFound is Lambda's error for what is not there.
func notFound(format string, args ...any) error {
	return &wire.Error{Code: "ResourceNotFoundException", Message: fmt.Sprintf(format, args...), Status: http.StatusNotFound}
}

// conflict is Lambda's error for what is there already.
func conflict(format string, args ...any) error {
	return &wire.Error{Code: "ResourceConflictException", Message: fmt.Sprintf(format, args...), Status: http.StatusConflict}
}

// arnOf makes the ARN of a function out of what a request may name it by: a name, a partial or a whole ARN, each perhaps with :$LATEST.
// Source: API Reference, GetFunction.FunctionName.
func arnOf(v api.View, name *string) string {
	text := strings.TrimSuffix(api.Value(name), ":$LATEST")
	if cluster.IsARN(text) {
		return text
	}
	if _, partial, ok := strings.Cut(text, ":function:"); ok {
		text = partial
	}
	return v.ARN("lambda", "function:"+text)
}

func find(v api.View, name *string) (cluster.Function, error) {
	arn := arnOf(v, name)
	f, ok := v.World.Function(arn)
	if !ok {
		return f, notFound("Function not found: %s", arn)
	}
	return f, nil
}

// change lets a request change a function.
func (h *handlers) change(v api.View, name *string, change func(*cluster.Function) error) (cluster.Function, error) {
	f, err := find(v, name)
	if err != nil {
		return f, err
	}
	if err := change(&f); err != nil {
		return f, err
	}
	if _, err := v.Act(cluster.PutFunction{Function: f}); err != nil {
		return f, err
	}
	return find(v, name)
}

// paged cuts a page of up to 50 out of items in the order of their keys. Source: API Reference, ListFunctions.
func paged[T any](all []T, key func(T) string, marker *string, most *int32) (page []T, next *string, err error) {
	size := 50
	if most != nil && *most > 0 {
		size = min(size, int(*most))
	}
	cut, after, err := api.Page(all, key, api.Value(marker), size)
	if err != nil {
		return nil, nil, invalid("Invalid pagination token: %s", api.Value(marker))
	}
	return cut, api.Some(after), nil
}

// declared are the members of a function that no rule uses.
type declared struct {
	lambda.CreateFunctionInput
	Program api.Program
}

func members(f cluster.Function) (d declared) {
	_ = json.Unmarshal(f.Members, &d) // written by this package
	return d
}
