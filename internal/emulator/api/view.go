package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"handover/internal/cluster"
	"handover/internal/emulator/wire"
	"handover/internal/world"
)

// Worlds is where handlers find the world of the Region that was called.
type Worlds interface {
	// Use runs f with the world of the call in ctx, which has been advanced to the present and which nobody else uses meanwhile. The View is not valid
	// after f has returned. Use returns f's error as it is.
	Use(ctx context.Context, f func(View) error) error
	// Wait is Use, again and again until f says that it is done, or as much of the world's time has passed. It looks at least once. Between two looks others have the world.
	Wait(ctx context.Context, most time.Duration, f func(View) (done bool, err error)) error
}

// View is one Region's world for the time of one request.
type View struct {
	World *world.World
	Now   time.Time
	Place cluster.ARN // partition, Region and account
	// Accepted is told of each action that the world accepted, with the ids that it gave; nil where nobody keeps them.
	Accepted func(a cluster.Action, ids []string)
}

// ARN is the ARN of a resource of a service in this Region.
func (v View) ARN(service, resource string) string {
	arn := v.Place
	arn.Service, arn.Resource = service, resource
	return arn.String()
}

// Global is the ARN of a resource of a service that has no Regions, such as IAM.
func (v View) Global(service, resource string) string {
	arn := v.Place
	arn.Service, arn.Region, arn.Resource = service, "", resource
	return arn.String()
}

// Caller is who calls: nobody's credentials are checked, so that it is always the same user.
func (v View) Caller() string { return v.Global("iam", "user/emulated") }

// Act carries an action out and gives what its doc says that it gives. The error is one that a handler may return. It is the only way in which a handler
// changes a world, for what it does not tell of would be missing after a restart; package guard holds handlers to it.
func (v View) Act(a cluster.Action) ([]string, error) {
	answer, err := v.World.Act(v.Now, a)
	if err == nil && v.Accepted != nil {
		v.Accepted(a, answer.IDs)
	}
	return answer.IDs, refusal(err)
}

// refusal makes of the world's errors what goes to the client.
func refusal(err error) error {
	var api *cluster.APIError
	if !errors.As(err, &api) {
		return err
	}
	status := http.StatusBadRequest
	if api.Class == cluster.ClassUnavailable {
		status = http.StatusInternalServerError
	}
	return &wire.Error{Code: api.Code, Message: api.Message, Status: status}
}

// Ask runs f on the world of the call and gives its answer.
func Ask[T any](ctx context.Context, worlds Worlds, f func(View) (*T, error)) (*T, error) {
	var answer *T
	err := worlds.Use(ctx, func(v View) (err error) {
		answer, err = f(v)
		return err
	})
	if err != nil {
		return nil, err
	}
	return answer, nil
}
