package record

import (
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

// Max is the maximum of a scalable target. It is put back while Ours still stands.
type Max struct {
	Former int `json:"former"`
	Ours   int `json:"ours"`
}

// Protection says that tasks were protected from scale-in, and when. Those are ours whose protection ends when it would by that.
type Protection struct {
	At   time.Time     `json:"at"`             // the first time
	For  time.Duration `json:"for"`            // whole minutes, as AWS counts it
	Span time.Duration `json:"span,omitempty"` // from the first time to the last, in whole seconds
}

// protecting is how long the calls that protect the tasks of one service may take: 5,000 tasks are 500 calls, at 64 a second.
const protecting = 30 * time.Second

// Ours tells whether a protection that ends at a time was set by us. AWS's clock stamps it; it may be a second off the time that was written down.
func (p Protection) Ours(until time.Time) bool {
	ends := p.At.Add(p.For)
	return !until.Before(ends.Add(-2*time.Second)) && !until.After(ends.Add(p.Span+protecting))
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

// text writes what is held: "bounds=100/150:100/200 desired=5+2 max=6:8 in protection=2026-11-22T09:00:00Z+13+0". Nothing is "-".
func (h Held) text() string {
	var words []string
	if b := h.Bounds; b != nil {
		words = append(words, fmt.Sprintf("bounds=%d/%d:%d/%d", b.Former.MinimumHealthyPercent, b.Former.MaximumPercent, b.Ours.MinimumHealthyPercent, b.Ours.MaximumPercent))
	}
	if d := h.Desired; d != nil {
		words = append(words, fmt.Sprintf("desired=%d+%d", d.Base, d.By))
	}
	if m := h.Max; m != nil {
		words = append(words, fmt.Sprintf("max=%d:%d", m.Former, m.Ours))
	}
	if h.ScalingIn {
		words = append(words, "in")
	}
	if p := h.Protection; p != nil {
		words = append(words, fmt.Sprintf("protection=%s+%d+%d", stamp(p.At), int(p.For/time.Minute), int(p.Span/time.Second)))
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
			_, err = fmt.Sscanf(value, "%d:%d", &h.Max.Former, &h.Max.Ours)
		case "in":
			h.ScalingIn = true
		case "protection":
			h.Protection, err = readProtection(value)
		default:
			return Held{}, fmt.Errorf("%q is nothing that can be held", word)
		}
		if err != nil {
			return Held{}, fmt.Errorf("reading what is held in %q: %w", word, err)
		}
	}
	return h, nil
}

func readProtection(text string) (*Protection, error) {
	at, rest, _ := strings.Cut(text, "+")
	when, err := time.Parse(time.RFC3339, at)
	if err != nil {
		return nil, err
	}
	var minutes, seconds int
	if _, err := fmt.Sscanf(rest, "%d+%d", &minutes, &seconds); err != nil {
		return nil, err
	}
	return &Protection{At: when, For: time.Duration(minutes) * time.Minute, Span: time.Duration(seconds) * time.Second}, nil
}
