package cli

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"handover/internal/amazon"
	"handover/internal/cluster"
	"handover/internal/console"
	"handover/internal/operation"
	"handover/internal/record"
)

// Default is the factory of the real command line.
func Default(signals <-chan os.Signal) *Factory {
	return &Factory{
		Streams: console.System(), Getenv: os.Getenv, Signals: signals,
		Connect: connect, Serve: serve,
		Restart: restart, Browse: browse(os.Getenv), Releases: releases,
	}
}

func restart(r RestartRequest) Watched {
	body := operation.NewRestart(r.Service, operation.RestartOptions{MinimumHealthyPercent: r.Minimum, MaximumPercent: r.Maximum,
		AllowUnstable: r.AllowUnstable, AllowInProgress: r.AllowInProgress, AllowNewCode: r.AllowNewCode, Attach: r.Attach, KeepWaiting: r.KeepWaiting, Pace: r.Pace})
	return stoppedBy(r.StopOn, kept(body, r.Claim, r.Timeout))
}

// connect reaches AWS, or starts an emulator and reaches that.
func connect(ctx context.Context, t Target) (*Connection, error) {
	if t.Scene != nil {
		return emulate(ctx, t)
	}
	return open(ctx, amazon.Options{Operation: t.Command, Region: t.Region, Profile: t.Profile, RoleARN: t.RoleARN, EndpointURL: t.EndpointURL, Observer: observer(t.Debug)})
}

func open(ctx context.Context, o amazon.Options) (*Connection, error) {
	o.Version = version()
	account, err := amazon.Open(ctx, o)
	if err != nil {
		return nil, opening(err)
	}
	who := console.Identity{Account: account.Caller.Account, Region: account.Region, Caller: account.Caller.ARN, Simulated: account.Emulated()}
	provider := account.Provider()
	return &Connection{Provider: provider, Directory: account, Group: account.GroupHosts, LastLine: account.LastLine, Identity: who, Close: func() {}, List: provider.Services}, nil
}

// opening gives the adapter's error its exit code.
func opening(err error) error {
	var known *amazon.Error
	if !errors.As(err, &known) {
		return err
	}
	code := exitUnexpected
	if known.Usage {
		code = cluster.ExitUsage
	}
	return &failure{code: code, err: err, hints: known.Hints}
}

// observer shows each call; nil where nothing is to be shown.
func observer(w io.Writer) amazon.Observer {
	if w == nil {
		return nil
	}
	var mu sync.Mutex
	return func(c amazon.Call) {
		outcome := fmt.Sprintf("status=%d request-id=%s", c.Status, c.RequestID)
		if c.Err != nil {
			outcome = fmt.Sprintf("error=%q", c.Err.Error())
		}
		mu.Lock()
		defer mu.Unlock()
		_, _ = fmt.Fprintf(w, "debug: %s %s took=%s %s\n", c.Service, c.Operation, c.Took.Round(time.Millisecond), outcome)
	}
}

// kept wraps the body of an operation.
func kept[T operation.Body](body T, by claim, timeout time.Duration) *operation.Keep[T] {
	return &operation.Keep[T]{Body: body, ID: by.ID, Owner: by.Owner, Local: by.Local, Timeout: timeout}
}

// stoppedBy has alarms end an operation.
func stoppedBy[T operation.Body](alarms []string, k *operation.Keep[T]) *operation.Keep[T] {
	k.StopOn = alarms
	return k
}

// claimOf is a new claim of whoever the connection acts as.
func claimOf(conn *Connection) claim {
	var random [8]byte
	_, _ = rand.Read(random[:]) // it never fails
	return claim{ID: record.NewID(conn.Provider.Now(), binary.BigEndian.Uint64(random[:])), Owner: conn.Identity.Caller}
}
