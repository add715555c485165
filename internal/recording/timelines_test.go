package recording

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

const seeds = 200

// readAll reads the recordings of HANDOVER_TIMELINES, or the given ones.
func readAll(t *testing.T) (all []Case, given bool) {
	t.Helper()
	where := os.Getenv("HANDOVER_TIMELINES")
	if given = where == ""; given {
		where = folder
	}
	files, err := filepath.Glob(filepath.Join(where, "*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no recordings in %s: %v", where, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		c, err := Parse(string(text))
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		all = append(all, c)
	}
	return all, given
}

// tally is what a run of all recordings comes to.
type tally struct {
	cases, ordered, gaps, within int
	errors                       map[string][]float64
	known                        []float64 // errors of cases of whose service there are other deployments
	spreads                      []float64 // how far the model's own runs are from their median
}

// TestTimelines replays every recording that has a replay line. Run it with -v for the tables:
//
//	go test ./internal/recording -run TestTimelines -v
//
// What the given recordings come to is a ratchet: it may get better, not worse.
func TestTimelines(t *testing.T) {
	all, given := readAll(t)
	for _, how := range []struct {
		name    string
		learned func(Case) Durations
		held    bool
	}{
		{"from the profile alone", func(Case) Durations { return Profile{} }, true},
		{"with other deployments of the service (leave one deployment out)", func(c Case) Durations { return Learn(c, all) }, true},
		{"with the other services alone instead of the profile's durations of tasks (leave one service out)", func(c Case) Durations { return LearnElsewhere(c, all) }, false},
	} {
		t.Logf("\n%s, %d seeds\n%-48s %-26s %9s %7s %10s %10s %7s", how.name, seeds, "case", "class", "order", "gaps", "recorded", "predicted", "error")
		sum := tally{errors: map[string][]float64{}}
		for _, c := range all {
			learned := how.learned(c)
			if got := Compare(c, learned, seeds); got.Skipped != "" {
				t.Logf("%-48s skipped: %s", c.Name, got.Skipped)
			} else {
				l, _ := learned.(Learned)
				sum = sum.add(c, got, l.From > 0, t)
			}
		}
		sum.log(t)
		if given && how.held {
			sum.hold(t)
		}
	}
}

func (s tally) add(c Case, got Comparison, known bool, t *testing.T) tally {
	within := 0
	for _, g := range got.Gaps {
		if g.Within() {
			within++
		}
	}
	s.cases++
	if got.Ordered == got.Seeds {
		s.ordered++
	}
	total, off := "", "order only"
	if c.Replay["order-only"] != "true" && got.Ordered > 0 {
		s.gaps, s.within = s.gaps+len(got.Gaps), s.within+within
		s.errors[class(c)] = append(s.errors[class(c)], math.Abs(got.Error()))
		s.spreads = append(s.spreads, got.Spread)
		if known {
			s.known = append(s.known, math.Abs(got.Error()))
		}
		total, off = fmt.Sprintf("%.1f", got.Predicted.Seconds()), fmt.Sprintf("%+.1f %%", 100*got.Error())
	}
	t.Logf("%-48s %-26s %5d/%d %3d/%-3d %10.1f %10s %10s", c.Name, class(c), got.Ordered, got.Seeds, within, len(got.Gaps), got.Recorded.Seconds(), total, off)
	if text := got.Shown.String(); text != "" {
		t.Logf("        the recording shows: %s", text)
	}
	for _, g := range got.Gaps {
		if !g.Within() && c.Replay["order-only"] != "true" {
			t.Logf("        %s → %s: recorded %.2f s, p5 %.2f, median %.2f, p95 %.2f", g.From, g.To, g.Recorded.Seconds(), g.P5.Seconds(), g.Median.Seconds(), g.P95.Seconds())
		}
	}
	return s
}

// class is the kind of change that a case records.
func class(c Case) string {
	switch c.Replay["action"] {
	case "create":
		return "creation"
	case "unhealthy":
		return "replacement of unhealthy"
	case "deploy-failing":
		return "failure"
	case "scale", "stop-task":
		return "other"
	}
	if c.Replay["desired"] == "1" {
		return "one task"
	}
	return "several batches"
}

func (s tally) log(t *testing.T) {
	var every []float64
	for _, name := range []string{"one task", "several batches", "creation", "replacement of unhealthy", "failure", "other"} {
		if errors := s.errors[name]; len(errors) > 0 {
			t.Logf("%-26s %2d cases, median absolute error of totals %.1f %%", name, len(errors), 100*median(errors))
			every = append(every, errors...)
		}
	}
	if len(s.known) > 0 {
		t.Logf("%-26s %2d cases, median absolute error of totals %.1f %%", "service known elsewhere", len(s.known), 100*median(s.known))
	}
	t.Logf("all: order right in %d of %d cases; %d of %d gaps (%.0f %%) within p5 and p95; median absolute error of totals %.1f %%, of the model's own runs %.1f %%", s.ordered, s.cases, s.within,
		s.gaps, 100*float64(s.within)/float64(s.gaps), 100*median(every), 100*median(s.spreads))
}

func median(all []float64) float64 {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[len(sorted)/2]
}

// hold keeps what has been reached.
func (s tally) hold(t *testing.T) {
	const ordered, within = 25, 0.95
	if s.ordered < ordered {
		t.Errorf("the order is right in %d cases; it was in %d", s.ordered, ordered)
	}
	if share := float64(s.within) / float64(s.gaps); share < within {
		t.Errorf("%.2f of the gaps lie within p5 and p95; it was %.2f", share, within)
	}
}

func TestLearnLeavesTheCaseItselfOut(t *testing.T) {
	row := func(kind string, seconds int) Row {
		return Row{Kind: kind, Count: 1, At: time.Duration(seconds) * time.Second}
	}
	replay := map[string]string{"profile": "fargate-2026"}
	a := Case{Name: "a", Replay: replay, Header: map[string]string{"service": "x"}, Rows: []Row{row("start", 0), row("registered", 30), row("stop", 71)}}
	b := Case{Name: "b", Replay: replay, Header: map[string]string{"service": "x"}, Rows: []Row{row("start", 0), row("registered", 90), row("stop", 100)}}
	if got := Learn(a, []Case{a, b}); got.From != 1 || got.Samples.Up[0] != 85*time.Second || got.Samples.Ready[0] > time.Second {
		t.Errorf("learned %+v", got)
	}
	if got := Learn(b, []Case{a, b}); got.Samples.Up[0] != 25*time.Second || got.Samples.Ready[0] < 10*time.Second {
		t.Errorf("learned %+v", got)
	}
}
