package forecast

import (
	"testing"
	"time"

	"handover/internal/world"
)

// TestCount: peak, lowest and the time together are those of the lives themselves, not of looks at them.
func TestCount(t *testing.T) {
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	at := func(seconds int) time.Time { return begin.Add(time.Duration(seconds) * time.Second) }
	long := begin.Add(-time.Hour)
	s := stage{lives: []world.Life{
		{Deployment: "old", Created: long, Healthy: long, Stopping: at(60), Stopped: at(100)},
		{Deployment: "old", Created: long, Healthy: long, Stopping: at(130), Stopped: at(170)},
		{Deployment: "older", Created: long, Healthy: long, Stopping: long, Stopped: long},
		{Deployment: "new", Created: at(10), Healthy: at(55)},
		{Deployment: "new", Created: at(100), Healthy: at(140)},
		{Deployment: "new", Created: at(100), Stopping: at(105), Stopped: at(110)}, // never healthy
	}}
	got := s.count(begin, at(200))
	want := counts{batches: 2, replaced: 2, peak: 4, low: 1, together: 75 * time.Second}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// TestCountOfNoTime: what is over at once finds the tasks as they are.
func TestCountOfNoTime(t *testing.T) {
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	s := stage{lives: []world.Life{{Created: begin.Add(-time.Hour), Healthy: begin}, {Created: begin.Add(-time.Hour)}}}
	if got, want := s.count(begin, begin), (counts{peak: 2, low: 1}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestBias(t *testing.T) {
	seconds := func(all ...int) []time.Duration {
		var out []time.Duration
		for _, s := range all {
			out = append(out, time.Duration(s)*time.Second)
		}
		return out
	}
	for _, c := range []struct {
		took, hindsight []time.Duration
		want            time.Duration // of 6m00s
	}{
		{nil, nil, 6 * time.Minute},
		{seconds(110), seconds(100), 6*time.Minute + 18*time.Second},
		{seconds(110), seconds(0), 6 * time.Minute}, // without hindsight nothing is known
		{seconds(110, 120, 110), seconds(100, 100, 100), 6*time.Minute + 27*time.Second},
		{seconds(90), seconds(100), 5*time.Minute + 42*time.Second},
	} {
		got := BiasOf(c.took, c.hindsight).correct(Quantiles{P50: 6 * time.Minute}).P50.Round(time.Second)
		if got != c.want {
			t.Errorf("%v over %v: got %s, want %s", c.took, c.hindsight, got, c.want)
		}
	}
}

func TestTimeout(t *testing.T) {
	for p99, want := range map[time.Duration]time.Duration{0: 10 * time.Minute, 4 * time.Minute: 10 * time.Minute, 6*time.Minute + 20*time.Second: 12*time.Minute + 40*time.Second} {
		if got := (Forecast{Took: Quantiles{P99: p99}}).Timeout(); got != want {
			t.Errorf("p99 %s: got %s, want %s", p99, got, want)
		}
	}
}
