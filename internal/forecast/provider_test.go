package forecast_test

import (
	"testing"

	"handover/internal/cluster"
	"handover/internal/forecast"
	"handover/internal/operation/conformance"
	"handover/internal/scenario"
)

const scene = `
world jitter=on
target-group web drain=30s
service api desired=3 min=100 max=200 target-group=web
`

func TestConformance(t *testing.T) {
	conformance.Test(t, func(t *testing.T) conformance.Fixture {
		f, err := scenario.Parse("scene", scene)
		if err != nil {
			t.Fatal(err)
		}
		_, w, err := scenario.Play(f, scenario.Defaults())
		if err != nil {
			t.Fatal(err)
		}
		return conformance.Fixture{
			Provider: forecast.Provider{World: w}, Desired: 3, Ceiling: 6,
			Service: cluster.ServiceKey{Cluster: cluster.DefaultCluster, Service: "api"},
		}
	})
}
