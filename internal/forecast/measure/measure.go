// Package measure finds out how long things take with a service, from what the service shows: its tasks' timestamps and its events.
//
// It guarantees that a profile which Fit returns has every Span in order, that a duration of which there is no sample is the profile's own, and that a
// sample is used once. It reads nothing but its arguments. What ECS itself takes between two events of a service is taken from the profile; only what belongs
// to the service is measured.
package measure

import (
	"fmt"
	"slices"
	"time"

	"handover/internal/world/profile"
)

// Samples are durations that a service showed. Each list is in the order in which it was seen; an empty one says that nothing was.
type Samples struct {
	Attach []time.Duration `json:"attach,omitempty"` // created → network interface there
	Queue  []time.Duration `json:"queue,omitempty"`  // → image pull begun
	Pull   []time.Duration `json:"pull,omitempty"`   // → image there
	Start  []time.Duration `json:"start,omitempty"`  // → RUNNING
	Up     []time.Duration `json:"up,omitempty"`     // created → RUNNING, as a whole
	Ready  []time.Duration `json:"ready,omitempty"`  // RUNNING → passes the load balancer's health checks
	Exit   []time.Duration `json:"exit,omitempty"`   // stop signal → the containers have ended
	Detach []time.Duration `json:"detach,omitempty"` // → STOPPED
}

// kept is how many samples of a kind are kept: 200 are those of a rollout of 200 tasks, and their median stands within 10 % of the spread.
const kept = 200

// Join adds older samples of the same service to these; where there are more than can be kept, the older ones go.
func (s Samples) Join(older Samples) Samples {
	join := func(fresh, older []time.Duration) []time.Duration {
		all := slices.Concat(fresh, older)
		return all[:min(kept, len(all))]
	}
	return Samples{
		Attach: join(s.Attach, older.Attach), Queue: join(s.Queue, older.Queue), Pull: join(s.Pull, older.Pull), Start: join(s.Start, older.Start),
		Up: join(s.Up, older.Up), Ready: join(s.Ready, older.Ready), Exit: join(s.Exit, older.Exit), Detach: join(s.Detach, older.Detach),
	}
}

// Fit gives the profile with the service's own durations in it. The steps of a start that were seen one by one stand for themselves; where only the whole is
// known, it is divided as the profile divides it.
func (s Samples) Fit(p profile.Profile) profile.Profile {
	if len(s.Attach)+len(s.Queue)+len(s.Pull)+len(s.Start) == 0 && len(s.Up) > 0 {
		p.Cold = 0 // how long it pulls is known with the rest
		return s.fitEnd(divided(p, middle(s.Up), source(s.Up)))
	}
	p.Attach, p.Queue = own(p.Attach, s.Attach), own(p.Queue, s.Queue)
	p.Pull, p.Start = own(p.Pull, s.Pull), own(p.Start, s.Start)
	if len(s.Pull) > 0 {
		p.Cold = 0 // how long it pulls is known
	}
	return s.fitEnd(p)
}

func (s Samples) fitEnd(p profile.Profile) profile.Profile {
	p.Ready = seen(p.Ready, s.Ready)
	p.Exit, p.Detach = own(p.Exit, s.Exit), own(p.Detach, s.Detach)
	if len(s.Exit) > 0 {
		p.Deaf = 0 // how it ends is known
	}
	return p
}

// divided stretches the steps of a start to a whole that was measured.
func divided(p profile.Profile, whole time.Duration, source string) profile.Profile {
	sum := p.Attach.Median + p.Queue.Median + p.Pull.Median + p.Start.Median
	for _, step := range []*profile.Span{&p.Attach, &p.Queue, &p.Pull, &p.Start} {
		*step = Own(*step, time.Duration(float64(step.Median)*float64(whole)/float64(sum)), source)
	}
	return p
}

// Own is the Span of one service's duration, of which the median is known: it varies a third as much as those of all services do. Starts took 18.8–29.4 s in
// one service (cases AG, R), 30.6–31.6 s in another (B1), 19.9–59.9 s in all.
//
// A pull of 3, 9.5, 46 s in all services, and 19 s in this one: low 19 - (9.5-3)/9.5 × 19 / 3 = 14.7 s, high 19 + (46-9.5)/9.5 × 19 / 3 = 43.3 s.
func Own(all profile.Span, median time.Duration, source string) profile.Span {
	if all.Median <= 0 {
		return profile.Exactly(median, source)
	}
	scale := float64(median) / float64(all.Median) / 3
	return profile.Span{
		Low:    max(0, median-time.Duration(float64(all.Median-all.Low)*scale)),
		Median: median,
		High:   median + time.Duration(float64(all.High-all.Median)*scale),
		Source: source,
	}
}

// own is the Span of samples: as wide as they are, and no narrower than Own, because tasks that were started together are alike.
func own(all profile.Span, samples []time.Duration) profile.Span {
	if len(samples) == 0 {
		return all
	}
	span := Own(all, middle(samples), source(samples))
	span.Low, span.High = min(span.Low, slices.Min(samples)), max(span.High, slices.Max(samples))
	return span
}

// seen is the Span of samples as wide as they are. A time that is only known to lie between two health checks stands for their middle, and must not be spread
// beyond them.
func seen(all profile.Span, samples []time.Duration) profile.Span {
	if len(samples) == 0 {
		return all
	}
	return profile.Span{Low: slices.Min(samples), Median: middle(samples), High: slices.Max(samples), Source: source(samples)}
}

func source(samples []time.Duration) string {
	if len(samples) == 1 {
		return "measured once"
	}
	return fmt.Sprintf("measured %d times", len(samples))
}

// middle is the median; of an even number the lower one of the two in the middle.
func middle(all []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[(len(sorted)-1)/2]
}
