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

// Of restarts the setting's service on the model.
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
	bounds := s.Bounds()
	p := &recorded{Provider: forecast.Provider{World: world}, service: key, recorder: timeline.NewRecorder(timeline.Run{Kind: timeline.Predicted, Simulated: true, Operation: "restart",
		Service: key, Begin: world.Now(), Floor: bounds.Floor(s.Desired), Ceiling: bounds.Ceiling(s.Desired)})}
	p.see()
	restart := &operation.Keep[*operation.Restart]{Timeout: patience,
		Body: operation.NewRestart(key, operation.RestartOptions{MinimumHealthyPercent: &s.Minimum, MaximumPercent: &s.Maximum, AllowNewCode: true})}
	ending, err := operation.Driver{Provider: p}.Run(context.Background(), restart)
	if err != nil {
		return Run{}, fmt.Errorf("restarting on the model: %w", err)
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

func (p *recorded) see() {
	scope := cluster.ServiceScope{Service: p.service, Tasks: cluster.AllTasks, Targets: true}
	if view, there := p.World.Look(scope.Of()).Service(p.service); there {
		p.recorder.See(p.Now(), view)
	}
}
