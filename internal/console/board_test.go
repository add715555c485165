package console

import (
	"strings"
	"testing"
	"time"

	"handover/internal/cluster"
)

// aboard is a restart of four services after 2m14s: one is done, one has failed, one is under way, and one has not begun.
func aboard() board {
	at := momentOf(noon.Add(2*time.Minute), noon)
	plans := Plans{Moment: momentOf(noon, noon), Operation: "restart", Service: "prod/4-services", Identity: who, Parallel: 2, Whole: &Joint{Services: 4, Seeds: 100, Succeeded: 100, Expected: 370, P90: 380}}
	for _, name := range []string{"api", "cart", "pay", "web"} {
		plans.Services = append(plans.Services, Plan{Service: "prod/" + name, Desired: 3, Prediction: &Prediction{Seeds: 100, Succeeded: 100, Expected: 180}})
	}
	b := newBoard(plans)
	for _, d := range []Document{
		Change{Moment: at, Service: "prod/api", Tasks: 3, Healthy: 3, New: 3},
		Ended{Verdict{Moment: at, Service: "prod/api", Verdict: cluster.Succeeded, Replaced: 3, Took: 120}},
		Change{Moment: at, Service: "prod/cart", Tasks: 4, Healthy: 2, Old: 2, New: 2},
		Ended{Verdict{Moment: at, Service: "prod/cart", Verdict: cluster.Failed, Summary: "three new tasks stopped alike"}},
		Change{Moment: at, Service: "prod/pay", Tasks: 6, Healthy: 3, New: 3, Draining: 3},
		Waiting{Moment: at, Service: "prod/pay", Object: "3 old tasks", Condition: "to drain and stop", Of: 3},
	} {
		b = b.with(d)
	}
	b.now = noon.Add(134 * time.Second)
	return b
}

func TestBoard(t *testing.T) {
	paint := func(_, text string) string { return text }
	shown := strings.Join(aboard().draw(paper{width: 110, unicode: true, paint: paint}), "\n")
	for _, want := range []string{
		"restart 4 services of prod   2m14s of about 6m10s",
		"1 of 4 done · 1 failed",
		"✔ done", "2m00s of 3m00s",
		"✖ FAILED", "three new tasks stopped alike",
		"▒ 3 new, 3 draining", "waiting for 3 old tasks to drain and stop: 0 of 3",
		"· next",
	} {
		if !strings.Contains(shown, want) {
			t.Errorf("%q is not on the board:\n%s", want, shown)
		}
	}
	for _, line := range aboard().draw(paper{width: 60, paint: paint}) {
		if visible(line) > 60 || strings.ContainsAny(line, "✔✖▒·") {
			t.Errorf("%q is too wide, or not ASCII", line)
		}
	}
}

// TestBoardKeepsWhatNeedsAnEye: of many services, those that are done are counted before those that are under way or have failed.
func TestBoardKeepsWhatNeedsAnEye(t *testing.T) {
	b := aboard()
	for i := range 40 {
		name := "prod/done" + string(rune('a'+i%26)) + string(rune('a'+i/26))
		b.plans.Services = append([]Plan{{Service: name}}, b.plans.Services...)
		b = b.with(Ended{Verdict{Service: name, Verdict: cluster.Succeeded}})
	}
	shown := strings.Join(b.draw(paper{width: 110, unicode: true, paint: func(_, text string) string { return text }}), "\n")
	for _, want := range []string{"prod/cart", "prod/pay", "prod/web", "  24 more"} {
		if !strings.Contains(shown, want) {
			t.Errorf("%q is not on the board:\n%s", want, shown)
		}
	}
}
