package forecast

import (
	"slices"
	"time"

	"handover/internal/cluster"
)

// Share is one service's part in an operation on several.
type Share struct {
	Forecast Forecast
	Desired  int
	Timeout  time.Duration // after which the operation on this service gives up
}

// Joint is what an operation on several services comes to. Each service's run is one of its own forecast: that services may be in each other's way, on instances that
// have no room for all of them at once, is not in it.
type Joint struct {
	Seeds     int
	Succeeded int       // of the seeds, with every service
	Took      Quantiles // of all seeds; a service on which it does not succeed takes as long as it did, its timeout at most
	Replaced  int       // the sum of the medians
	Peak      int       // the most tasks of all services in any seed; a service counts at its own peak from its begin to its end
	Lowest    int       // the fewest healthy tasks, likewise
	Calls     int       // the sum of the medians; calls that serve several services are counted once for each
}

// Several puts the forecasts of several services together, of which at most so many are under way at once (0: all), begun in order.
func Several(shares []Share, parallel int) Joint {
	w := Joint{}
	for _, s := range shares {
		w.Seeds = max(w.Seeds, s.Forecast.Seeds)
		w.Replaced += s.Forecast.Replaced
		w.Calls += int(s.Forecast.Calls.P50)
	}
	if w.Seeds == 0 {
		return w
	}
	all := make([]jointRun, w.Seeds)
	for i := range all {
		all[i] = runJointly(shares, parallel, i)
		if all[i].succeeded {
			w.Succeeded++
		}
		w.Peak = max(w.Peak, all[i].peak)
		if i == 0 || all[i].low < w.Lowest {
			w.Lowest = all[i].low
		}
	}
	w.Took = quantiles(all, func(r jointRun) time.Duration { return r.took })
	return w
}

// jointRun is what one seed of all services came to.
type jointRun struct {
	succeeded bool
	took      time.Duration
	peak, low int
}

// runJointly begins the services in order, each as soon as fewer than so many are under way: two at once that take 5 and 9 minutes, and one of 3 minutes
// after them, take 9 minutes.
func runJointly(shares []Share, parallel, seed int) jointRun {
	out := jointRun{succeeded: true}
	if parallel == 0 {
		parallel = len(shares)
	}
	slots := make([]time.Duration, min(len(shares), parallel))
	var changes []change
	for _, s := range shares {
		r := s.Forecast.runs[seed%len(s.Forecast.runs)]
		slot := slices.Index(slots, slices.Min(slots))
		begin := slots[slot]
		slots[slot] += s.took(r)
		out.succeeded = out.succeeded && r.end == cluster.Succeeded
		out.took = max(out.took, slots[slot])
		changes = append(changes, change{tasks: s.Desired, healthy: s.Desired},
			change{at: begin + 1, tasks: r.peak - s.Desired, healthy: r.low - s.Desired},
			change{at: slots[slot], tasks: s.Desired - r.peak, healthy: s.Desired - r.low})
	}
	out.peak, out.low = extremes(changes)
	return out
}

// took is how long a run keeps others waiting, as the forecast of its service has it.
func (s Share) took(r run) time.Duration {
	took := r.took
	if s.Forecast.middle > 0 {
		took = time.Duration(float64(took) * float64(s.Forecast.Took.P50) / float64(s.Forecast.middle))
	}
	if s.Timeout > 0 {
		took = min(took, s.Timeout)
	}
	return took
}
