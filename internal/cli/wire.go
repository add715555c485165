package cli

import (
	"context"
	"errors"
	"os"

	"handover/internal/console"
)

// Default is the factory of the real command line.
func Default(signals <-chan os.Signal) *Factory {
	return &Factory{
		Streams: console.System(), Getenv: os.Getenv, Signals: signals,
		Connect: func(context.Context, Target) (*Connection, error) { return nil, errors.New("not wired yet") },
		Serve:   func(Serving) (*Server, error) { return nil, errors.New("not wired yet") },
		Restart: func(RestartRequest) Watched { return nil },
	}
}
