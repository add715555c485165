package forecast_test

import (
	"testing"

	"handover/internal/cluster"
	"handover/internal/forecast"
	"handover/internal/operation"
)

// shares are the forecasts of the restarts of two services: of three tasks that drain for 30 s, and of two that drain for 300 s.
func shares(t *testing.T) []forecast.Share {
	w := played(t, "target-group a drain=30s\ntarget-group b drain=300s\nservice api desired=3 target-group=a\nservice web desired=2 target-group=b\n")
	var all []forecast.Share
	for _, name := range []string{"api", "web"} {
		key := cluster.ServiceKey{Cluster: cluster.DefaultCluster, Service: name}
		base, err := forecast.Load(w.Look(forecast.Scope(key).Of()), key, forecast.Past{})
		if err != nil {
			t.Fatal(err)
		}
		f := base.Run(func() operation.Operation {
			return &operation.Keep[*operation.Restart]{Body: operation.NewRestart(key, operation.RestartOptions{AllowNewCode: true})}
		}, 50)
		s, _ := w.Service(key)
		all = append(all, forecast.Share{Forecast: f, Desired: s.Desired, Timeout: f.Timeout()})
	}
	return all
}

func TestSeveralAtOnceTakeAsLongAsTheLongest(t *testing.T) {
	all := shares(t)
	together, inTurn := forecast.Several(all, 0), forecast.Several(all, 1)
	api, web := all[0].Forecast, all[1].Forecast
	if together.Took.P50 != web.Took.P50 || together.Peak != api.Peak+web.Peak || together.Succeeded != 50 || together.Replaced != 5 {
		t.Errorf("together %+v, want the time of %v and a peak of %d", together, web.Took, api.Peak+web.Peak)
	}
	if sum := api.Took.P50 + web.Took.P50; inTurn.Took.P50 < sum*9/10 || inTurn.Took.P50 > sum*11/10 {
		t.Errorf("in turn they take %s, want about %s", inTurn.Took.P50, sum)
	}
	if want := max(api.Peak+2, web.Peak+3); inTurn.Peak != want || inTurn.Lowest != 5 {
		t.Errorf("in turn the peak is %d and the lowest %d, want %d and 5", inTurn.Peak, inTurn.Lowest, want)
	}
}
