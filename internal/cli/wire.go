package cli

import (
	"context"
	"errors"
	"os"

	"handover/internal/console"
	"handover/internal/operation"
)

// Default is the factory of the real command line.
func Default(signals <-chan os.Signal) *Factory {
	return &Factory{
		Streams: console.System(), Getenv: os.Getenv, Signals: signals,
		Connect: func(context.Context, Target) (*Connection, error) { return nil, errors.New("not wired yet") },
		Serve:   func(Serving) (*Server, error) { return nil, errors.New("not wired yet") },
		Restart: restart,
	}
}

func restart(r RestartRequest) Watched {
	body := operation.NewRestart(r.Service, operation.RestartOptions{MinimumHealthyPercent: r.Minimum, MaximumPercent: r.Maximum,
		AllowUnstable: r.AllowUnstable, AllowInProgress: r.AllowInProgress, AllowNewCode: r.AllowNewCode, Attach: r.Attach})
	return &operation.Keep[*operation.Restart]{Body: body, Timeout: r.Timeout}
}
