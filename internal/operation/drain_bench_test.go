package operation_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"handover/internal/cluster"
	"handover/internal/forecast"
	"handover/internal/operation"
	"handover/internal/scenario"
)

// timed measures the longest step of an operation.
type timed struct {
	operation.Operation
	longest time.Duration
}

func (t *timed) Step(in operation.Input) operation.Decision {
	began := time.Now()
	d := t.Operation.Step(in)
	t.longest = max(t.longest, time.Since(began))
	return d
}

// counted measures, at each look, how far below its desired count any service is.
type counted struct {
	forecast.Provider
	looks, actions int
	missing        int // healthy tasks that were missing at most, of all services together
}

func (c *counted) Observe(ctx context.Context, scope cluster.Scope) (cluster.Snapshot, error) {
	c.looks++
	missing := 0
	for _, key := range c.World.Services("default") {
		s, _ := c.World.Service(key)
		missing += max(0, s.Desired-s.Running)
	}
	c.missing = max(c.missing, missing)
	return c.Provider.Observe(ctx, scope)
}

func (c *counted) Apply(ctx context.Context, actions []cluster.Action) []cluster.Outcome {
	c.actions += len(actions)
	return c.Provider.Apply(ctx, actions)
}

// BenchmarkDrain drains one instance with 50 tasks of 10 services, and 20 of 500 instances that run 5,000 tasks.
func BenchmarkDrain(b *testing.B) {
	for _, c := range []struct {
		name                               string
		instances, drained, services, each int
	}{{"1of2/50-tasks-of-10", 1, 1, 10, 5}, {"20of500/5000-tasks", 500, 20, 50, 100}} {
		b.Run(c.name, func(b *testing.B) {
			var scene strings.Builder
			scene.WriteString("world jitter=on profile=ec2-2026\ntarget-group web drain=60s\n")
			for n := range c.instances {
				fmt.Fprintf(&scene, "instance m%d zone=%c cpu=65536 memory=262144\n", n, 'a'+n%3)
			}
			for n := range c.services {
				fmt.Fprintf(&scene, "task-definition s%d image=s@sha256:1 cpu=256 memory=512\nservice s%d desired=%d min=100 max=200 target-group=web launch=ec2\n", n, n, c.each)
			}
			if c.instances == 1 { // the other one comes when all tasks are on the first
				scene.WriteString("instance other zone=b cpu=65536 memory=262144\n")
			}
			f, err := scenario.Parse("scene", scene.String())
			if err != nil {
				b.Fatal(err)
			}
			_, w, err := scenario.Play(f, scenario.Defaults())
			if err != nil {
				b.Fatal(err)
			}
			var names []string
			for n := range c.drained {
				names = append(names, fmt.Sprintf("i-%017x", n+1))
			}
			var longest, took time.Duration
			var p *counted
			var verdict cluster.Verdict
			for b.Loop() {
				op := &timed{Operation: operation.NewDrain("default", names, operation.DrainOptions{Count: true}, 4*time.Hour, operation.Recorder{})}
				p = &counted{Provider: forecast.Provider{World: w.Clone()}}
				began := p.Now()
				ending, err := operation.Driver{Provider: p}.Run(context.Background(), op)
				if err != nil || ending.Verdict.End != cluster.Succeeded {
					b.Fatalf("%+v, %v", ending.Verdict, err)
				}
				verdict, took = *ending.Verdict, p.Now().Sub(began)
				if longest == 0 || op.longest < longest { // of the run that the machine disturbed least
					longest = op.longest
				}
			}
			b.ReportMetric(took.Seconds(), "drain-s")
			b.ReportMetric(float64(verdict.Figures.Replaced), "tasks")
			b.ReportMetric(float64(p.missing), "missing-healthy")
			b.ReportMetric(float64(p.looks), "looks")
			b.ReportMetric(float64(p.actions), "actions")
			b.ReportMetric(float64(longest.Microseconds())/1000, "longest-step-ms")
		})
	}
}
