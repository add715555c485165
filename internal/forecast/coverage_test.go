package forecast_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"handover/internal/cluster"
	"handover/internal/forecast"
	"handover/internal/operation"
	"handover/internal/world"
	"handover/internal/world/draw"
)

// drawnSetting is a service as a seed makes it.
func drawnSetting(seed uint64) setting {
	pick := func(what string, n int) int { return int(draw.Fraction(seed, "setting", what) * float64(n)) }
	s := setting{desired: 1 + pick("desired", 8), drain: []time.Duration{0, 30 * time.Second, 120 * time.Second}[pick("drain", 3)], balanced: pick("balanced", 4) > 0}
	s.bounds = []cluster.Bounds{{MinimumHealthyPercent: 100, MaximumPercent: 200}, {MinimumHealthyPercent: 100, MaximumPercent: 150}, {MinimumHealthyPercent: 50, MaximumPercent: 100}, {MinimumHealthyPercent: 50, MaximumPercent: 200}}[pick("bounds", 4)]
	if !s.bounds.LeaveMove(s.desired) {
		s.bounds = cluster.DefaultBounds()
	}
	return s
}

// TestCoverage: over drawn services whose durations differ from the profile's by up to 30 %, the time that nine of ten runs stay within holds in 85 to 95 % of
// runs, once it was calibrated by one run of the service. Run it with -v for the figures, before and after, and with HANDOVER_WORLDS=200 for closer ones.
func TestCoverage(t *testing.T) {
	const seeds = 60
	worlds := 40
	if text := os.Getenv("HANDOVER_WORLDS"); text != "" {
		if _, err := fmt.Sscan(text, &worlds); err != nil {
			t.Fatal(err)
		}
	}
	var before, after, fifty int
	for seed := range uint64(worlds) {
		s, p := drawnSetting(seed+1), warped(seed+1)
		p.Jitter = true
		first, past := observed(t, s.in(t, p, 2*seed+1), forecast.Past{}, seeds)
		second, _ := observed(t, s.in(t, p, 2*seed+2), past, seeds)
		if first.took <= first.predicted.P90 {
			before++
		}
		if second.took <= second.predicted.P90 {
			after++
		}
		if second.took <= second.predicted.P50 {
			fifty++
		}
	}
	share := func(n int) float64 { return 100 * float64(n) / float64(worlds) }
	t.Logf("p90 holds in %.0f %% of %d first runs, and in %.0f %% once calibrated by one; p50 then in %.0f %%", share(before), worlds, share(after), share(fifty))
	if share(after) < 85 || share(after) > 95 {
		t.Errorf("p90 holds in %.0f %%", share(after))
	}
}

type observation struct {
	took      time.Duration
	predicted forecast.Quantiles
}

// observed predicts a restart, carries it out, and learns of it.
func observed(t *testing.T, w *world.World, past forecast.Past, seeds int) (observation, forecast.Past) {
	t.Helper()
	before, began := w.Look(forecast.Scope(api).Of()), w.Now()
	base := loaded(t, w, past)
	pace := base.Pace(restart(operation.RestartOptions{}))
	begin := restart(operation.RestartOptions{Pace: pace})
	f := base.Run(begin, seeds)
	ending, err := operation.Driver{Provider: forecast.Provider{World: w}}.Run(context.Background(), begin())
	if err != nil || ending.Verdict.End != cluster.Succeeded {
		t.Fatalf("%+v, %v", ending.Verdict, err)
	}
	took := w.Now().Sub(began)
	samples := forecast.Learn(w.Look(forecast.Scope(api).Of()), api, began)
	hindsight, err := forecast.Hindsight(before, api, samples, begin)
	if err != nil {
		t.Fatal(err)
	}
	return observation{took, f.Took}, forecast.Past{Samples: samples, Bias: forecast.BiasOf([]time.Duration{took}, []time.Duration{hindsight})}
}
