// Command handover-lambda is Handover as a Lambda function. Its configuration is the environment that package lambda describes.
package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"time"

	runtime "github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"handover/internal/amazon"
	"handover/internal/lambda"
)

func main() {
	log := slog.New(slog.NewJSONHandler(os.Stdout, nil))
	config, err := lambda.ReadConfig(os.Getenv)
	if err != nil {
		log.Error("the function's environment is not understood", "error", err)
		os.Exit(1)
	}
	handler := &lambda.Handler{Config: config, Open: open, Left: left, Log: log}
	runtime.Start(func(ctx context.Context, payload json.RawMessage) (lambda.Answer, error) {
		in := lambda.Invocation{Payload: payload}
		if about, ok := lambdacontext.FromContext(ctx); ok {
			in.ID = about.AwsRequestID
		}
		return handler.Invoke(ctx, in)
	})
}

// open reaches AWS as the function's role.
func open(ctx context.Context) (lambda.AWS, error) {
	account, err := amazon.Open(ctx, amazon.Options{Operation: "lambda"})
	if err != nil {
		return lambda.AWS{}, err
	}
	provider := account.Provider()
	return lambda.AWS{Provider: provider, Messenger: amazon.NewMessenger(account), Directory: provider}, nil
}

// left is the time until Lambda ends the invocation.
func left(ctx context.Context) time.Duration {
	deadline, ok := ctx.Deadline()
	if !ok {
		return 15 * time.Minute // not on Lambda, which always sets one
	}
	return time.Until(deadline) //nolint:forbidigo // Lambda's deadline is a time of this machine
}
