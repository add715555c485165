package forecast_test

import (
	"fmt"
	"testing"

	"handover/internal/cluster"
	"handover/internal/forecast"
	"handover/internal/operation"
	"handover/internal/scenario"
	"handover/internal/world"
)

var api = cluster.ServiceKey{Cluster: cluster.DefaultCluster, Service: "api"}

// played is the world that a scene leads to.
func played(t testing.TB, text string) *world.World {
	t.Helper()
	f, err := scenario.Parse("scene", text)
	if err != nil {
		t.Fatal(err)
	}
	_, w, err := scenario.Play(f, scenario.Defaults())
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func loaded(t testing.TB, w *world.World, past forecast.Past) forecast.Base {
	t.Helper()
	base, err := forecast.Load(w.Look(forecast.Scope(api).Of()), api, past)
	if err != nil {
		t.Fatal(err)
	}
	return base
}

func restart(o operation.RestartOptions) func() operation.Operation {
	o.AllowNewCode = true
	return func() operation.Operation {
		return &operation.Keep[*operation.Restart]{Body: operation.NewRestart(api, o)}
	}
}

func balanced(desired int) string {
	return fmt.Sprintf("target-group web drain=30s\nservice api desired=%d min=100 max=200 target-group=web\n", desired)
}

func BenchmarkForecast(b *testing.B) {
	for _, c := range []struct {
		name           string
		desired, seeds int
	}{{"20 tasks, 1 run", 20, 1}, {"20 tasks, 1000 runs", 20, 1000}, {"5000 tasks, 1 run", 5000, 1}} {
		b.Run(c.name, func(b *testing.B) {
			base := loaded(b, played(b, balanced(c.desired)), forecast.Past{})
			pace := base.Pace(restart(operation.RestartOptions{}))
			var f forecast.Forecast
			for b.Loop() {
				f = base.Run(restart(operation.RestartOptions{Pace: pace}), c.seeds)
			}
			if f.Succeeded != c.seeds {
				b.Fatalf("%+v", f)
			}
		})
	}
}

// BenchmarkWorld is what the world alone takes of a forecast: the same restart, at which nobody looks.
func BenchmarkWorld(b *testing.B) {
	w := played(b, balanced(20))
	for b.Loop() {
		c := w.Clone()
		if _, err := c.Act(c.Now(), cluster.UpdateService{Service: api, Force: true}); err != nil {
			b.Fatal(err)
		}
		for !c.Steady() {
			next, _ := c.Next()
			c.AdvanceTo(next)
		}
	}
}
