package forecast_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"handover/internal/cluster"
	"handover/internal/forecast"
	"handover/internal/forecast/measure"
	"handover/internal/operation"
	"handover/internal/world"
	"handover/internal/world/draw"
	"handover/internal/world/profile"
)

// setting is a service that has been steady for a week, in a world of its own.
type setting struct {
	desired  int
	bounds   cluster.Bounds
	drain    time.Duration
	balanced bool
}

// in is the world with the service in it.
func (s setting) in(t testing.TB, p profile.Profile, seed uint64) *world.World {
	t.Helper()
	w := world.New(world.Config{Seed: seed, Start: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Profile: p, Place: cluster.ARN{Partition: "aws", Region: "us-east-1", Account: "123456789012"}})
	act := func(a cluster.Action) []string {
		answer, err := w.Act(w.Now(), a)
		if err != nil {
			t.Fatal(err)
		}
		return answer.IDs
	}
	act(cluster.CreateCluster{Cluster: api.Cluster})
	act(cluster.RegisterTaskDefinition{Family: "api", Containers: []cluster.ContainerDefinition{{Name: "app", Image: "api:1", Essential: true}}})
	made := cluster.CreateService{Service: api, Definition: "api", Desired: s.desired, Bounds: &s.bounds, Launch: cluster.Fargate}
	if s.balanced {
		group := act(cluster.CreateTargetGroup{Group: cluster.TargetGroup{Name: "web", DrainDelay: s.drain, CheckInterval: 30 * time.Second}})[0]
		made.Attachments = []cluster.Attachment{{TargetGroup: group, Container: "app", Port: 80}}
	}
	if err := w.Settle(made); err != nil {
		t.Fatal(err)
	}
	return w
}

// warped is the profile fargate-2026 with each duration of the service up to 30 % longer or shorter, and as varied as within one service. Its image decides whether its application
// answers the stop signal and how long it takes to be ready, anything that the profile knows: so these are one thing for all its deployments (9–10 s in cases AG and R, 41 s in B1).
func warped(seed uint64) profile.Profile {
	p, _ := profile.Named("fargate-2026")
	for i, span := range []*profile.Span{&p.Attach, &p.Queue, &p.Pull, &p.Start, &p.Exit, &p.Detach, &p.Drained, &p.Deploy} {
		factor := 0.7 + 0.6*draw.Fraction(seed, "warp", draw.Nth("span", i))
		*span = measure.Own(*span, time.Duration(float64(span.Median)*factor), "drawn")
	}
	ready := p.Ready.At(draw.Fraction(seed, "warp", "ready"))
	p.Ready = profile.Span{Low: ready * 9 / 10, Median: ready, High: ready * 11 / 10, Source: "drawn"}
	deaf := 100*draw.Fraction(seed, "warp", "deaf") < float64(p.Deaf)
	if p.Deaf = 0; deaf {
		p.Deaf = 100
	}
	return p
}

// TestCallsAndLateness prints what following a restart of about 160 s costs where each of the service's durations is up to 30 % off, and how late its end is seen:
//
//	go test ./internal/forecast -run CallsAndLateness -v
//
// The aim is 12 calls and 3 s at the median. Twelve calls are the least that a restart takes whatever the forecast knows: five judge the service beforehand (itself, two lists of
// tasks, the tasks, their targets), one changes it and one sees that it shows, and five see in the end that every old task is gone. What the forecast can save comes in between: five calls are left of it. What has
// been reached is held.
func TestCallsAndLateness(t *testing.T) {
	const worlds = 100
	small := setting{desired: 1, bounds: cluster.DefaultBounds(), drain: 30 * time.Second, balanced: true}
	for _, c := range []struct {
		name  string
		paced bool
		most  [3]int // medians: looks, calls, seconds late
	}{{"guided by the forecast", true, [3]int{9, 18, 4}}, {"as often as the scheduler", false, [3]int{30, 80, 8}}} {
		var looks, calls, late, took []int
		for seed := range uint64(worlds) {
			v := follow(t, small.in(t, warped(seed+1), seed+1), c.paced)
			looks, calls, late, took = append(looks, v.looks), append(calls, v.calls), append(late, int(v.late.Milliseconds())), append(took, int(v.took.Seconds()))
		}
		for _, all := range [][]int{looks, calls, late, took} {
			slices.Sort(all)
		}
		at := func(all []int, percent int) int { return all[len(all)*percent/100] }
		t.Logf("%-26s took %d s (median); looks %d (p95 %d), calls %d (p95 %d), late %.1f s (p95 %.1f s)", c.name, at(took, 50),
			at(looks, 50), at(looks, 95), at(calls, 50), at(calls, 95), float64(at(late, 50))/1000, float64(at(late, 95))/1000)
		if at(looks, 50) > c.most[0] || at(calls, 50) > c.most[1] || at(late, 50) > 1000*c.most[2] {
			t.Errorf("%s: more than was reached: %v", c.name, c.most)
		}
	}
}

// follower counts what an operation reads.
type follower struct {
	forecast.Provider
	looks, calls int
}

func (f *follower) Observe(ctx context.Context, scope cluster.Scope) (cluster.Snapshot, error) {
	f.looks++
	f.calls += forecast.Calls(scope)
	return f.Provider.Observe(ctx, scope)
}

func (f *follower) Apply(ctx context.Context, actions []cluster.Action) []cluster.Outcome {
	f.calls += len(actions)
	return f.Provider.Apply(ctx, actions)
}

type followed struct {
	looks, calls int
	took, late   time.Duration
}

// follow restarts the service of a world, with or without a pace that was forecast from what the service shows.
func follow(t *testing.T, w *world.World, paced bool) followed {
	t.Helper()
	var pace *operation.Pace
	if paced {
		pace = loaded(t, w, forecast.Past{}).Pace(restart(operation.RestartOptions{}))
	}
	begin, f := w.Now(), &follower{Provider: forecast.Provider{World: w}}
	ending, err := operation.Driver{Provider: f}.Run(context.Background(), restart(operation.RestartOptions{Pace: pace})())
	if err != nil || ending.Verdict.End != cluster.Succeeded {
		t.Fatalf("%+v, %v", ending.Verdict, err)
	}
	return followed{looks: f.looks, calls: f.calls, took: w.Now().Sub(begin), late: w.Now().Sub(completed(t, w))}
}

// completed is when ECS said that the deployment was completed.
func completed(t *testing.T, w *world.World) time.Time {
	t.Helper()
	s, _ := w.Service(api)
	for _, e := range s.Events {
		if kind, _ := measure.Kind(e.Message); kind == "completed" {
			return e.At
		}
	}
	t.Fatal(fmt.Sprint("the deployment was never completed: ", s.Events))
	return time.Time{}
}

// TestAWrongPaceIsOnlyAHint: whatever a pace says, a restart does the same, ends the same, and sees its end at most a look as rare as they get too late.
func TestAWrongPaceIsOnlyAHint(t *testing.T) {
	seconds := rapid.IntRange(0, 4000)
	rapid.Check(t, func(t *rapid.T) {
		window := func(name string) operation.Window {
			early := time.Duration(seconds.Draw(t, name+" early")) * time.Second
			return operation.Window{Early: early, Late: early + time.Duration(seconds.Draw(t, name+" width"))*time.Second}
		}
		pace := operation.Pace{Moved: window("moved"), Ended: window("ended")}
		text := drawScene(t)
		paced, unpaced := drawnWorld(t, text), drawnWorld(t, text)
		begin := paced.Now()
		finish(t, unpaced, restart(operation.RestartOptions{})())
		verdict, err := operation.Driver{Provider: forecast.Provider{World: paced}}.Run(context.Background(), restart(operation.RestartOptions{Pace: &pace})())
		if err != nil || verdict.Verdict.End != cluster.Succeeded {
			t.Fatalf("%+v, %v", verdict.Verdict, err)
		}
		if late := paced.Now().Sub(begin) - totals(paced, begin).end; late > time.Minute {
			t.Fatalf("%s\n%+v\nits end was seen %s late", text, pace, late)
		}
		if want, got := said(unpaced, begin), said(paced, begin); !slices.Equal(got[:min(len(got), len(want))], want[:min(len(got), len(want))]) {
			t.Fatalf("%s\nwith a pace %v\nwithout     %v", text, got, want)
		}
	})
}
