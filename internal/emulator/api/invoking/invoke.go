package invoking

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
	"handover/internal/emulator/wire"
)

// The sizes of payloads. Source: Lambda quotas.
const (
	mostPayload = 6 << 20
	mostEvent   = 1 << 20 // of an asynchronous invocation
)

func (h *handlers) invoke(ctx context.Context, in *lambda.InvokeInput) (*lambda.InvokeOutput, error) {
	asynchronous := in.InvocationType == types.InvocationTypeEvent
	payload := string(in.Payload)
	if strings.TrimSpace(payload) == "" {
		payload = "{}"
	}
	most := mostPayload
	if asynchronous {
		most = mostEvent
	}
	switch {
	case len(payload) > most:
		message := strconv.Itoa(len(payload)) + " byte payload is too large for the " + string(in.InvocationType) + " invocation type (limit " + strconv.Itoa(most) + " bytes)"
		return nil, &wire.Error{Code: "RequestTooLargeException", Message: message, Status: http.StatusRequestEntityTooLarge}
	case !json.Valid([]byte(payload)):
		return nil, &wire.Error{Code: "InvalidRequestContentException", Message: "Could not parse request body into json: Could not parse payload into json"}
	}
	call := wire.CallFrom(ctx)
	var id string
	err := h.worlds.Use(ctx, func(v api.View) error {
		f, err := find(v, in.FunctionName)
		if err != nil || in.InvocationType == types.InvocationTypeDryRun {
			return err
		}
		ids, err := v.Act(cluster.Invoke{Function: f.ARN, Payload: payload, Async: asynchronous, Lineage: api.LineageIn(v, call.Trace)})
		if err == nil {
			id = ids[0]
		}
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case in.InvocationType == types.InvocationTypeDryRun:
		return &lambda.InvokeOutput{StatusCode: http.StatusNoContent}, nil
	case asynchronous:
		return &lambda.InvokeOutput{StatusCode: http.StatusAccepted}, nil
	}
	return h.await(ctx, id)
}

// await waits until an invocation has ended: at its function's time limit in the world's time, or when nobody waits any more.
func (h *handlers) await(ctx context.Context, id string) (*lambda.InvokeOutput, error) {
	for {
		changed := h.worlds.Changed()
		var i cluster.Invocation
		there := false
		if err := h.worlds.Use(ctx, func(v api.View) error {
			i, there = v.World.Invocation(id)
			return nil
		}); err != nil {
			return nil, err
		}
		switch {
		case !there: // the function was deleted, or the emulator put back to its beginning
			return nil, &wire.Error{Code: "ServiceException", Message: "The invocation is gone.", Status: http.StatusInternalServerError}
		case i.State == cluster.InvocationEnded:
			out := &lambda.InvokeOutput{StatusCode: http.StatusOK, Payload: []byte(i.Answer), ExecutedVersion: api.Some("$LATEST")}
			if i.Failed {
				out.FunctionError = api.Some("Unhandled")
			}
			return out, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
