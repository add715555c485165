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
	"handover/internal/scenario"
	"handover/internal/world"
)

// drawScene is a service as chance makes it. Its bounds leave a move.
func drawScene(t *rapid.T) string {
	desired := rapid.IntRange(1, 8).Draw(t, "desired")
	minimum, maximum := rapid.SampledFrom([]int{0, 50, 100}).Draw(t, "min"), rapid.SampledFrom([]int{100, 150, 200}).Draw(t, "max")
	if b := (cluster.Bounds{MinimumHealthyPercent: minimum, MaximumPercent: maximum}); !b.LeaveMove(desired) || minimum == 100 && maximum == 100 {
		minimum, maximum = 100, 200
	}
	launch := rapid.SampledFrom([]string{"", "world profile=ec2-2026\n"}).Draw(t, "launch")
	text := fmt.Sprintf("service api desired=%d min=%d max=%d", desired, minimum, maximum)
	if launch != "" {
		text += " launch=ec2"
	}
	if rapid.Bool().Draw(t, "balanced") {
		text = fmt.Sprintf("target-group web drain=%ds\n", rapid.SampledFrom([]int{0, 30, 300}).Draw(t, "drain")) + text + " target-group=web"
	}
	return launch + text + "\n"
}

func drawnWorld(t *rapid.T, text string) *world.World {
	f, err := scenario.Parse("drawn", text)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	_, w, err := scenario.Play(f, scenario.Defaults())
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return w
}

// said is what a service has said since a time: kinds and counts, because ids differ between worlds.
func said(w *world.World, since time.Time) []string {
	s, _ := w.Service(api)
	return saidOf(s, since)
}

func saidOf(s cluster.Service, since time.Time) []string {
	var all []string
	for _, e := range slices.Backward(s.Events) {
		if e.At.After(since) {
			kind, count := measure.Kind(e.Message)
			all = append(all, fmt.Sprintf("%s %s %d", e.At.Sub(since).Round(10*time.Millisecond), kind, count))
		}
	}
	return all
}

// finish runs an operation on a world to its end, and lets the world become steady.
func finish(t *rapid.T, w *world.World, op operation.Operation) {
	ending, err := operation.Driver{Provider: forecast.Provider{World: w}}.Run(context.Background(), op)
	if err != nil || ending.Verdict.End != cluster.Succeeded {
		t.Fatalf("%+v, %v", ending.Verdict, err)
	}
	for limit := w.Now().Add(time.Hour); !w.Steady() && w.Now().Before(limit); {
		next, _ := w.Next()
		w.AdvanceTo(next)
	}
}

// TestForecastIsWhatHappens: with chance off, a service that was read says the same in the forecast, at the same times, as it says when the operation is
// carried out.
func TestForecastIsWhatHappens(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := drawScene(t)
		real := drawnWorld(t, text)
		base, err := forecast.LoadStill(real.Look(forecast.Scope(api).Of()), api)
		if err != nil {
			t.Fatal(err)
		}
		begin, predicted := real.Now(), base.World()
		finish(t, predicted, restart(operation.RestartOptions{})())
		finish(t, real, restart(operation.RestartOptions{})())
		if want, got := said(real, begin), said(predicted, begin); !slices.Equal(got, want) {
			t.Fatalf("%s\npredicted %v\nhappened  %v", text, got, want)
		}
	})
}

// TestForecastFromTheMiddle: a restart that is followed from a snapshot in its middle goes on, in the forecast, as it does: as much is started, registered and
// stopped, and it ends within one look of when it does. A snapshot does not show whether the scheduler has counted a task yet that is healthy since a moment ago, nor when
// it looks next where it has not said anything for long.
func TestForecastFromTheMiddle(t *testing.T) {
	const look = 10500 * time.Millisecond // the profile's, and what ECS takes for its sentences
	rapid.Check(t, func(t *rapid.T) {
		text := drawScene(t)
		real := drawnWorld(t, text)
		answer, err := real.Act(real.Now(), cluster.UpdateService{Service: api, Force: true})
		if err != nil {
			t.Fatal(err)
		}
		real.AdvanceTo(real.Now().Add(time.Duration(rapid.IntRange(0, 150).Draw(t, "into")) * time.Second))
		follow := restart(operation.RestartOptions{Attach: answer.IDs[0]})
		base, err := forecast.LoadStill(real.Look(forecast.Scope(api).Of()), api)
		if err != nil {
			t.Fatal(err)
		}
		begin, predicted := real.Now(), base.World()
		finish(t, predicted, follow())
		finish(t, real, follow())
		want, got := totals(real, begin), totals(predicted, begin)
		if want.counts != got.counts || (want.end-got.end).Abs() > look {
			t.Fatalf("%s\npredicted %v\nhappened  %v", text, said(predicted, begin), said(real, begin))
		}
	})
}

// total is what a service has said, summed up.
type total struct {
	counts [4]int // started, registered, stopped, completed
	end    time.Duration
}

func totals(w *world.World, since time.Time) total {
	var sum total
	s, _ := w.Service(api)
	for _, e := range slices.Backward(s.Events) {
		if !e.At.After(since) {
			continue
		}
		kind, count := measure.Kind(e.Message)
		if i := slices.Index([]string{"start", "registered", "stop", "completed"}, kind); i >= 0 {
			sum.counts[i] += max(1, count)
		}
		sum.end = e.At.Sub(since)
	}
	return sum
}

// TestForecastOfARollbackInFlightIsWhatHappens: ECS makes the former deployment primary again, so that only what the rollout had started goes.
func TestForecastOfARollbackInFlightIsWhatHappens(t *testing.T) {
	for _, in := range []string{"5s", "20s", "50s", "90s"} {
		real := played(t, "world jitter=off\ntarget-group web drain=60s\ntask-definition api image=api:1\nservice api desired=4 min=50 max=150 target-group=web\n"+
			"task-definition api image=api:2\nupdate-service api definition=api:2\nadvance "+in+"\n")
		scope := forecast.Scope(api)
		scope.History = true
		base, err := forecast.LoadStill(real.Look(scope.Of()), api)
		if err != nil {
			t.Fatal(err)
		}
		begin, predicted := real.Now(), base.World()
		for _, w := range []*world.World{predicted, real} {
			op := &operation.Keep[*operation.Update]{Body: operation.NewUpdate(api, operation.UpdateOptions{Back: true}), Timeout: time.Hour}
			ending, err := operation.Driver{Provider: forecast.Provider{World: w}}.Run(t.Context(), op)
			if err != nil || ending.Verdict.End != cluster.Succeeded {
				t.Fatalf("after %s: %+v, %v", in, ending.Verdict, err)
			}
		}
		if want, got := said(real, begin), said(predicted, begin); !slices.Equal(want, got) || len(want) == 0 {
			t.Errorf("after %s:\nhappened  %q\npredicted %q", in, want, got)
		}
	}
}

// TestForecastOfWhatAWorldOfTheSameSeedMade: the emulator and the first run of a forecast draw from the same seed. Hours after a deployment, whose stopped tasks ECS no longer shows, the run
// starts tasks that none of those that serve is taken for, so it succeeds and never falls below the floor.
func TestForecastOfWhatAWorldOfTheSameSeedMade(t *testing.T) {
	f := loaded(t, played(t, `
world seed=1 jitter=on
target-group web drain=30s
service api desired=4 target-group=web
update-service api force
advance steady
advance 3h
`), forecast.Past{}).Run(restart(operation.RestartOptions{}), 3)
	if f.Succeeded != 3 || f.Lowest < 4 || f.Peak != 8 {
		t.Errorf("%d of 3 runs succeed, never fewer than %d healthy, peak %d", f.Succeeded, f.Lowest, f.Peak)
	}
}
