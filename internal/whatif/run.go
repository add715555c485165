package whatif

import (
	"context"
	"fmt"
	"time"

	"handover/internal/cluster"
	"handover/internal/forecast"
	"handover/internal/operation"
	"handover/internal/scenario"
	"handover/internal/timeline"
)

// Run is what a restart comes to.
type Run struct {
	Timeline timeline.Timeline
	Verdict  cluster.Verdict
}

const (
	patience = 4 * time.Hour   // a restart that is not over by then stands still
	idle     = 5 * time.Minute // how much is shown of a service to which nothing happens
)

// begin makes the operation.
func (s Setting) begin(key cluster.ServiceKey) operation.Operation {
	switch s.Method {
	case Graceful, Stop:
		return &operation.Keep[*operation.Recycle]{Timeout: patience, Body: operation.NewRecycle(key, s.recycle())}
	case Fast:
		return &operation.Keep[*operation.Fast]{Timeout: patience, Body: operation.NewFast(key, operation.FastOptions{})}
	case Rolling:
	}
	return &operation.Keep[*operation.Restart]{Timeout: patience,
		Body: operation.NewRestart(key, operation.RestartOptions{MinimumHealthyPercent: &s.Minimum, MaximumPercent: &s.Maximum, AllowNewCode: true})}
}

func (s Setting) recycle() operation.RecycleOptions {
	if s.Method == Stop {
		return operation.RecycleOptions{Method: operation.Stop, Batch: s.Batch, Surge: s.Surge}
	}
	return operation.RecycleOptions{Method: operation.Graceful, Batch: s.Batch}
}

// Operation is the command that does it.
func (s Setting) Operation() string {
	if s.Method == Graceful || s.Method == Stop {
		return "recycle"
	}
	return "restart"
}

// Floor is how many healthy tasks there are at the least.
func (s Setting) Floor() int {
	switch s.Method {
	case Graceful, Stop:
		return min(s.Desired, s.recycle().Floor(s.Desired)) // a surge is not there yet when it begins
	case Fast:
		return 0
	case Rolling:
	}
	return s.Bounds().Floor(s.Desired)
}

// Ceiling is how many tasks there are at the most.
func (s Setting) Ceiling() int {
	switch s.Method {
	case Graceful, Stop:
		return s.recycle().Ceiling(s.Desired)
	case Fast:
		return 2 * s.Desired // ECS starts the new ones while the old ones go
	case Rolling:
	}
	return s.Bounds().Ceiling(s.Desired)
}

// Of replaces the tasks of the setting's service on the model.
func Of(s Setting) (Run, error) {
	if err := s.Check(); err != nil {
		return Run{}, err
	}
	file, err := scenario.Parse("the setting", s.Scene())
	if err != nil {
		return Run{}, err
	}
	_, world, err := scenario.Play(file, scenario.Defaults())
	if err != nil {
		return Run{}, fmt.Errorf("setting the scene: %w", err)
	}
	key := cluster.ServiceKey{Cluster: cluster.DefaultCluster, Service: "app"}
	p := &recorded{Provider: forecast.Provider{World: world}, service: key, recorder: timeline.NewRecorder(timeline.Run{Kind: timeline.Predicted, Simulated: true, Operation: s.Operation(), Service: key, Begin: world.Now(),
		Floor: s.Floor(), Ceiling: s.Ceiling()})}
	p.see()
	ending, err := operation.Driver{Provider: p}.Run(context.Background(), s.begin(key))
	if err != nil {
		return Run{}, fmt.Errorf("replacing tasks on the model: %w", err)
	}
	if ending.Verdict.End == cluster.Refused {
		_ = p.Sleep(context.Background(), idle) // a world refuses no time
	}
	return Run{Timeline: p.recorder.Timeline(true), Verdict: *ending.Verdict}, nil
}

// recorded is a world that is recorded at each of its events, so that every change has its own time and not that of the next look.
type recorded struct {
	forecast.Provider
	service  cluster.ServiceKey
	recorder *timeline.Recorder
	heard    string // the id of the newest event that is recorded
}

// Sleep lets the world go on from event to event.
func (p *recorded) Sleep(ctx context.Context, d time.Duration) error {
	until := p.Now().Add(d)
	for next, due := p.World.Next(); due && !next.After(until); next, due = p.World.Next() {
		p.World.AdvanceTo(next)
		p.see()
	}
	err := p.Provider.Sleep(ctx, until.Sub(p.Now()))
	p.see()
	return err
}

// Observe shows the world without a copy: nobody keeps what is shown beyond the next look.
func (p *recorded) Observe(ctx context.Context, scope cluster.Scope) (cluster.Snapshot, error) {
	return p.World.Peek(scope), ctx.Err()
}

// see records the world. Of events a peek shows only that there is a new one, and not what it says, so that all are read then, and none at other times.
func (p *recorded) see() {
	scope := cluster.ServiceScope{Service: p.service, Tasks: cluster.AllTasks, Targets: true}.Of()
	view, there := p.World.Peek(scope).Service(p.service)
	if !there {
		return
	}
	events := view.Service.Events
	view.Service.Events = nil
	if len(events) > 0 && events[0].ID != p.heard {
		p.heard = events[0].ID
		view, _ = p.World.Look(scope).Service(p.service)
	}
	p.recorder.See(p.Now(), view)
}
