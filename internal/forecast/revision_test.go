package forecast_test

import (
	"testing"

	"handover/internal/cluster"
	"handover/internal/forecast"
	"handover/internal/operation"
)

// updated forecasts an update of a service whose new revision was not read.
func updated(t *testing.T, definition string, fast bool) forecast.Forecast {
	w := played(t, "target-group web drain=60s\nservice api desired=4 min=100 max=150 target-group=web\n")
	snapshot := forecast.WithRevision(w.Look(forecast.Scope(api).Of()), api, definition)
	base, err := forecast.Load(snapshot, api, forecast.Past{})
	if err != nil {
		t.Fatal(err)
	}
	return base.Run(func() operation.Operation {
		return &operation.Keep[*operation.Update]{Body: operation.NewUpdate(api, operation.UpdateOptions{Definition: definition, Fast: fast})}
	}, 50)
}

func TestAnUpdateIsForeseenAsItself(t *testing.T) {
	for _, definition := range []string{"api:42", "other", "arn:aws:ecs:us-east-1:123456789012:task-definition/other:7"} {
		if f := updated(t, definition, false); f.Succeeded != 50 || f.Lowest != 4 || f.Peak != 6 || f.Together.P50 == 0 {
			t.Errorf("to %s: %+v", definition, f)
		}
	}
	if f := updated(t, "api:42", true); f.Succeeded != 50 || f.Lowest != 0 || f.Together.P50 != 0 {
		t.Errorf("a fast update stops what serves: %+v", f)
	}
}

func TestARevisionThatIsKnownStaysAsItIs(t *testing.T) {
	w := played(t, "service api desired=1\n")
	read := w.Look(forecast.Scope(api).Of())
	for _, definition := range []string{"", "api", "api:1"} {
		if s := forecast.WithRevision(read, api, definition); len(s.Services[0].Definitions) != 1 {
			t.Errorf("with %q there are %d definitions", definition, len(s.Services[0].Definitions))
		}
	}
	if s := forecast.WithRevision(read, cluster.ServiceKey{Cluster: "default", Service: "none"}, "api:2"); len(s.Services[0].Definitions) != 1 {
		t.Error("a service that is not there has a definition")
	}
}

// TestARecycleIsForeseenWithItsAutoScaling: what it says to auto scaling before it raises the desired count is in its forecast, and nothing of it stays.
func TestARecycleIsForeseenWithItsAutoScaling(t *testing.T) {
	w := played(t, "target-group web drain=30s\nservice api desired=2 target-group=web\nscalable-target api min=1 max=2\n")
	base, err := forecast.Load(w.Look(forecast.Whole(api)), api, forecast.Past{})
	if err != nil {
		t.Fatal(err)
	}
	began := func() operation.Operation {
		return &operation.Keep[*operation.Recycle]{Body: operation.NewRecycle(api, operation.RecycleOptions{Batch: 1})}
	}
	with := base.Run(began, 20)
	if base, err = forecast.Load(w.Look(forecast.Scope(api).Of()), api, forecast.Past{}); err != nil {
		t.Fatal(err)
	}
	if without := base.Run(began, 20); with.Succeeded != 20 || with.Calls.P50 <= without.Calls.P50 || with.Peak != without.Peak {
		t.Errorf("with auto scaling %d calls and %+v, without %d", with.Calls.P50, with, without.Calls.P50)
	}
}
