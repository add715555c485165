package record

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"handover/internal/cluster"
)

// Held is what an operation has changed for its duration, or may have, and must put back. Nil members are as they were.
type Held struct {
	Bounds     *Bounds     `json:"bounds,omitempty"`
	Desired    *Desired    `json:"desired,omitempty"`
	Max        *Max        `json:"max,omitempty"`
	ScalingIn  bool        `json:"scalingIn,omitempty"` // scaling in was not suspended, and is
	Protection *Protection `json:"protection,omitempty"`
}

// Bounds are put back while Ours still stand.
type Bounds struct {
	Former cluster.Bounds `json:"former"`
	Ours   cluster.Bounds `json:"ours"`
}

// Desired says that the desired count was raised from Base by By. It is lowered by as much, from what it is then.
type Desired struct {
	Base int `json:"base"`
	By   int `json:"by"`
}

// Lowered is the desired count without our part of it, given what it is now: never below what it was before where all of our part still stands, and never raised.
// Raised from 5 by 2: 7 gives 5; 9, after others have scaled out by 2, gives 7; 6, of which somebody has taken 1 back, gives 5; 4, which somebody set, stays.
func (d Desired) Lowered(now int) int {
	if now <= d.Base {
		return now
	}
	return max(d.Base, now-d.By)
}

// Max is the maximum of a scalable target. It is put back while Ours still stands, or what was ours before: raised from 4 to 5, then to 6 and then to 7, it may be any of
// these after a crash, and a look that is some seconds old may show any of them.
type Max struct {
	Former  int `json:"former"`
	Ours    int `json:"ours"`
	Earlier int `json:"earlier,omitempty"` // to what it was raised first; 0: it was raised once
}

// Mine tells whether a maximum was set by us.
func (m Max) Mine(now int) bool {
	return now == m.Ours || m.Earlier != 0 && m.Earlier <= now && now <= m.Ours
}

// Raised is what is held of a maximum that was seen at now, and is raised to most. Its former one is that before we raised it the first time, unless someone else has set it since. It
// never becomes less than what we have raised it to: now may be some seconds old, and that of before we raised it. Raised from 3 to 4 and to 5, and seen at 3, it may be 5.
func (m *Max) Raised(now, most int) *Max {
	if m == nil || !m.Mine(now) && now != m.Former {
		return &Max{Former: now, Ours: most}
	}
	return &Max{Former: m.Former, Ours: max(m.Ours, most), Earlier: cmp.Or(m.Earlier, m.Ours)}
}

// Protection says that tasks were protected from scale-in until a time. Those are ours whose protection ends then.
type Protection struct {
	Until time.Time `json:"until"`
}

// minute and calls are how much later than Until a protection of ours may end: AWS counts in whole minutes, and the calls that protect the tasks of one service
// take some time: 5,000 tasks are 500 calls, at 64 a second.
const (
	minute = time.Minute
	calls  = 30 * time.Second
)

// Ours tells whether a protection that ends at a time was set by us. AWS's clock stamps it; it may be a second off the time that was written down.
func (p Protection) Ours(until time.Time) bool {
	return !until.Before(p.Until.Add(-2*time.Second)) && !until.After(p.Until.Add(minute+calls))
}

// For is for how long a task is to be protected from now on, in whole minutes: until 09:13:00 from 09:00:20 on makes 13, and it ends at 09:13:20.
func (p Protection) For(now time.Time) time.Duration {
	return (p.Until.Sub(now) + minute - 1).Truncate(minute)
}

// Undoing says what putting it back does, in words, one thing each: "its desired count is lowered by 1".
func (h Held) Undoing() []string {
	var all []string
	say := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }
	if b := h.Bounds; b != nil {
		say("its minimum and maximum percent go back from %d/%d to %d/%d", b.Ours.MinimumHealthyPercent, b.Ours.MaximumPercent, b.Former.MinimumHealthyPercent, b.Former.MaximumPercent)
	}
	if d := h.Desired; d != nil {
		say("its desired count is lowered by %d", d.By)
	}
	if h.Protection != nil {
		say("its tasks lose the protection from scale-in that was set for it")
	}
	if m := h.Max; m != nil {
		say("the maximum of its auto scaling goes back from %d to %d", m.Ours, m.Former)
	}
	if h.ScalingIn {
		say("scaling in is resumed")
	}
	return all
}

// None tells whether nothing must be put back.
func (h Held) None() bool { return h == Held{} }

// Same tells whether two say the same.
func (h Held) Same(other Held) bool { return h.text() == other.text() }

// With is what may stand while it is not known whether a change from h to next was made: what next holds, and of the rest what h held.
func (h Held) With(next Held) Held {
	if next.Bounds == nil {
		next.Bounds = h.Bounds
	}
	if next.Desired == nil {
		next.Desired = h.Desired
	}
	if next.Max == nil {
		next.Max = h.Max
	}
	if next.Protection == nil {
		next.Protection = h.Protection
	}
	next.ScalingIn = next.ScalingIn || h.ScalingIn
	return next
}

// text writes what is held: "bounds=100/150:100/200 desired=5+2 max=6:8:7 in protection=2026-11-22T09:13:00Z". Nothing is "-".
func (h Held) text() string {
	var words []string
	if b := h.Bounds; b != nil {
		words = append(words, fmt.Sprintf("bounds=%d/%d:%d/%d", b.Former.MinimumHealthyPercent, b.Former.MaximumPercent, b.Ours.MinimumHealthyPercent, b.Ours.MaximumPercent))
	}
	if d := h.Desired; d != nil {
		words = append(words, fmt.Sprintf("desired=%d+%d", d.Base, d.By))
	}
	if m := h.Max; m != nil {
		words = append(words, fmt.Sprintf("max=%d:%d:%d", m.Former, m.Ours, m.Earlier))
	}
	if h.ScalingIn {
		words = append(words, "in")
	}
	if p := h.Protection; p != nil {
		words = append(words, "protection="+stamp(p.Until))
	}
	if len(words) == 0 {
		return "-"
	}
	return join(words...)
}

func readHeld(text string) (Held, error) {
	var h Held
	if text == "-" {
		return h, nil
	}
	for word := range strings.SplitSeq(text, " ") {
		name, value, _ := strings.Cut(word, "=")
		var err error
		switch name {
		case "bounds":
			h.Bounds = &Bounds{}
			_, err = fmt.Sscanf(value, "%d/%d:%d/%d", &h.Bounds.Former.MinimumHealthyPercent, &h.Bounds.Former.MaximumPercent, &h.Bounds.Ours.MinimumHealthyPercent, &h.Bounds.Ours.MaximumPercent)
		case "desired":
			h.Desired = &Desired{}
			_, err = fmt.Sscanf(value, "%d+%d", &h.Desired.Base, &h.Desired.By)
		case "max":
			h.Max = &Max{}
			_, err = fmt.Sscanf(value, "%d:%d:%d", &h.Max.Former, &h.Max.Ours, &h.Max.Earlier)
		case "in":
			h.ScalingIn = true
		case "protection":
			h.Protection = &Protection{}
			h.Protection.Until, err = time.Parse(time.RFC3339, value)
		default:
			return Held{}, fmt.Errorf("%q is nothing that can be held", word)
		}
		if err != nil {
			return Held{}, fmt.Errorf("reading what is held in %q: %w", word, err)
		}
	}
	return h, nil
}
