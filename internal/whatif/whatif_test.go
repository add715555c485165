package whatif_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"handover/internal/cluster"
	"handover/internal/whatif"
)

func TestPresets(t *testing.T) {
	type figures struct {
		end          cluster.End
		peak, lowest int
	}
	want := map[string]figures{
		"start-first":     {cluster.Succeeded, 10, 5},
		"stop-all":        {cluster.Succeeded, 5, 0},
		"half":            {cluster.Succeeded, 5, 3},
		"half-of-ten":     {cluster.Succeeded, 10, 5},
		"two-at-once":     {cluster.Succeeded, 4, 2},
		"two-in-turn":     {cluster.Succeeded, 3, 2},
		"no-room-needed":  {cluster.Succeeded, 4, 2},
		"batches-of-five": {cluster.Succeeded, 15, 10},
		"short-drain":     {cluster.Succeeded, 15, 10},
		"recycle":         {cluster.Succeeded, 6, 3},
		"graceful":        {cluster.Succeeded, 5, 3},
		"fast":            {cluster.Succeeded, 10, 0},
		"no-room":         {cluster.Refused, 5, 5},
		"rounded-away":    {cluster.Refused, 1, 1},
	}
	for _, p := range whatif.Presets() {
		if n := strings.Count(p.Sees, ". ") + 1; n != 2 || !strings.HasSuffix(p.Sees, ".") {
			t.Errorf("%s is explained in %d sentences", p.Name, n)
		}
		run, err := whatif.Of(p.Setting)
		if err != nil {
			t.Fatalf("%s: %v", p.Name, err)
		}
		t.Logf("%s: %s in %s: %s", p.Name, run.Verdict.End, run.Timeline.Until, run.Verdict.Summary)
		for _, e := range run.Timeline.Events {
			if e.Message == "" {
				t.Errorf("%s: an event at %s says nothing", p.Name, e.At)
			}
		}
		got := figures{run.Verdict.End, run.Timeline.Peak(), run.Timeline.Lowest()}
		if got != want[p.Name] {
			t.Errorf("%s comes to %+v, want %+v", p.Name, got, want[p.Name])
		}
	}
}

// Whatever is set within the limits: the run is the same each time, and never leaves its bounds.
func TestSettings(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := whatif.Usual()
		for _, c := range whatif.Controls() {
			most := c.Most
			if c.Name == "desired" || c.Name == "batch" || c.Name == "surge" {
				most = 6
			}
			var err error
			if s, err = c.With(s, rapid.IntRange(c.Least, most).Draw(rt, c.Name)); err != nil {
				rt.Fatal(err)
			}
		}
		run, err := whatif.Of(s)
		if err != nil {
			rt.Fatal(err)
		}
		if again, _ := whatif.Of(s); !reflect.DeepEqual(again, run) {
			rt.Fatal("the same setting gives another run")
		}
		if s.Method == whatif.Rolling && s.Bounds().LeaveMove(s.Desired) != (run.Verdict.End == cluster.Succeeded) {
			rt.Fatalf("it ends as %s: %s", run.Verdict.End, run.Verdict.Summary)
		}
		if low, peak := run.Timeline.Lowest(), run.Timeline.Peak(); low < s.Floor() || peak > s.Ceiling() {
			rt.Fatalf("healthy tasks fall to %d, tasks rise to %d", low, peak)
		}
	})
}

func TestNumbersBeyondTheLimits(t *testing.T) {
	s := whatif.Usual()
	s.Drain = 2 * time.Hour
	if _, err := whatif.Of(s); err == nil {
		t.Error("a drain of two hours was taken")
	}
}

func BenchmarkLargest(b *testing.B) {
	s := whatif.Usual()
	s.Desired, s.Maximum = 30, 105
	for b.Loop() {
		if _, err := whatif.Of(s); err != nil {
			b.Fatal(err)
		}
	}
}
