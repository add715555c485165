package forecast_test

import (
	"context"
	"math"
	"net/http/httptest"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"handover/internal/amazon"
	"handover/internal/cluster"
	"handover/internal/emulator"
	"handover/internal/forecast"
	"handover/internal/operation"
	"handover/internal/world"
)

// TestForecastIsWhatTheEmulatorDoes: a service that was read over HTTP, through the adapter, says the same in the forecast as it says in the emulator while the
// same operation runs on it. What the protocols round or leave out would show here.
func TestForecastIsWhatTheEmulatorDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := drawScene(t)
		begun := drawnWorld(t, text)
		begin := begun.Now()
		clock := emulator.NewPaced(begin, math.Inf(1), nil)
		server := httptest.NewServer(emulator.New(emulator.Options{Clock: clock, Seed: func(cluster.ARN) *world.World { return begun.Clone() }}))
		defer server.Close()
		ctx := context.Background()
		account, err := amazon.Open(ctx, amazon.Options{Region: "us-east-1", EndpointURL: server.URL, Credentials: amazon.NewStatic("id", "key", ""), Clock: clock})
		if err != nil {
			t.Fatal(err)
		}
		provider := account.Provider()
		before, err := provider.Observe(ctx, forecast.Whole(api))
		if err != nil {
			t.Fatal(err)
		}
		base, err := forecast.LoadStill(before, api)
		if err != nil {
			t.Fatalf("%v: %+v", err, before.Gaps)
		}
		predicted := base.World()
		finish(t, predicted, restart(operation.RestartOptions{})())
		ending, err := operation.Driver{Provider: provider}.Run(ctx, restart(operation.RestartOptions{})())
		if err != nil || ending.Verdict.End != cluster.Succeeded {
			t.Fatalf("%+v, %v", ending.Verdict, err)
		}
		after, err := provider.Observe(ctx, forecast.Scope(api).Of())
		if err != nil {
			t.Fatal(err)
		}
		view, _ := after.Service(api)
		if want, got := saidOf(view.Service, begin), said(predicted, begin); !slices.Equal(got, want) {
			t.Fatalf("%s\npredicted %v\nhappened  %v", text, got, want)
		}
	})
}
