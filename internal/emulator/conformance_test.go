package emulator_test

import (
	"math"
	"testing"

	"handover/internal/amazon"
	"handover/internal/cluster"
	"handover/internal/emulator"
	"handover/internal/operation/conformance"
	"handover/internal/scenario"
	"handover/internal/world"
)

// TestConformance runs what every provider of operations must pass with the AWS adapter over this server. Only a test may know both sides.
func TestConformance(t *testing.T) {
	conformance.Test(t, func(t *testing.T) conformance.Fixture {
		f, err := scenario.Parse("scene", "world jitter=on\ntarget-group web drain=30s\nservice api desired=3 min=100 max=200 target-group=web\n")
		if err != nil {
			t.Fatal(err)
		}
		clock := emulator.NewPaced(scenario.Defaults().Start, math.Inf(1), nil)
		server := emulator.New(emulator.Options{Clock: clock, Seed: func(place cluster.ARN) *world.World {
			s := scenario.Defaults()
			s.Place = place
			_, w, err := scenario.Play(f, s)
			if err != nil {
				t.Error(err)
			}
			return w
		}})
		a, err := amazon.Open(t.Context(), amazon.Options{Region: "eu-west-1", EndpointURL: "http://emulator.invalid", Credentials: amazon.NewStatic("x", "y", ""),
			Transport: amazon.Into(server), Clock: clock})
		if err != nil {
			t.Fatal(err)
		}
		return conformance.Fixture{Provider: a.Provider(), Desired: 3, Ceiling: 6, Service: cluster.ServiceKey{Cluster: "default", Service: "api"}}
	})
}
