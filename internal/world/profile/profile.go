// Package profile is how long things take and how ECS behaves where that is measured or not established: data, with the source of each figure.
//
// It guarantees that every Span is in order (Low ≤ Median ≤ High) and that with jitter off every draw is the median. It holds no state. Whoever has
// measured other durations changes the values of a copy.
package profile

import "time"

// Span is a duration as it was measured: half of all draws lie between Low and Median, half between Median and High, evenly on either side.
type Span struct {
	Low    time.Duration `json:"low"`
	Median time.Duration `json:"median"`
	High   time.Duration `json:"high"`
	Source string        `json:"source"`
}

// At gives the duration at a fraction of the draws, from 0 to 1. At(0.5) is the median.
func (s Span) At(fraction float64) time.Duration {
	if fraction < 0.5 {
		return s.Low + time.Duration(2*fraction*float64(s.Median-s.Low))
	}
	return s.Median + time.Duration((2*fraction-1)*float64(s.High-s.Median))
}

// Profile is one set of durations and variants.
type Profile struct {
	Name   string `json:"name"`
	Jitter bool   `json:"jitter"` // false: every duration is its median
}
