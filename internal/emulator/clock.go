package emulator

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"handover/internal/emulator/worldlog"
)

// Clock is the world's time.
type Clock interface {
	// Now never goes back.
	Now() time.Time
	// Speed is how many seconds of the world pass in a second.
	Speed() float64
}

// Advancer is a Clock that can be put forward. What was due in between happens at its own time, as if somebody had waited.
type Advancer interface {
	Clock
	// Advance puts the clock forward by a duration; a negative one does nothing.
	Advance(d time.Duration)
}

// Wall is a clock that runs: N times as fast as the machine's.
type Wall struct {
	start time.Time // world
	began time.Time // machine, with its monotonic reading
	speed float64
	ahead atomic.Int64 // nanoseconds by which it was put forward
}

// NewWall starts a clock that shows the given time now. The speed must be positive.
func NewWall(start time.Time, speed float64) *Wall {
	return &Wall{start: start, began: time.Now(), speed: speed} //nolint:forbidigo // this file is the emulator's clock
}

// Now gives the world's time.
func (w *Wall) Now() time.Time {
	passed := time.Since(w.began) //nolint:forbidigo // this file is the emulator's clock
	return w.start.Add(scale(passed, w.speed)).Add(time.Duration(w.ahead.Load()))
}

// Advance puts the clock forward; it runs on from there.
func (w *Wall) Advance(d time.Duration) { w.ahead.Add(int64(max(0, d))) }

// After sends once a duration of the world has passed as the clock runs; that it is put forward meanwhile does not count.
func (w *Wall) After(d time.Duration) <-chan time.Time {
	return time.After(scale(d, 1/w.speed)) //nolint:forbidigo // this file is the emulator's clock
}

// Speed gives the speed.
func (w *Wall) Speed() float64 { return w.speed }

// Paced is a clock that stands still but while somebody sleeps on it. What runs between two sleeps, however slow the machine, takes no time in the world; so
// the same work gives the same times on every run.
type Paced struct {
	speed float64

	mu          sync.Mutex
	now         time.Time
	interrupted <-chan struct{}
}

// NewPaced makes a clock that shows the given time. The speed must be positive; math.Inf(1) never waits. Each value of interrupted, which may be nil, ends
// one Sleep early; its being closed counts as one value.
func NewPaced(start time.Time, speed float64, interrupted <-chan struct{}) *Paced {
	return &Paced{now: start, speed: speed, interrupted: interrupted}
}

// Now gives the time at which the clock stands.
func (p *Paced) Now() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.now
}

// Speed gives the speed.
func (p *Paced) Speed() float64 { return p.speed }

// Sleep waits d/speed and then lets the clock stand at exactly d later. When it is interrupted or ctx ends before that, the clock is advanced by as much as
// has been waited for, and Sleep returns nil or ctx's error.
//
// Of two sleeps at the same time the later end counts: they do not add up.
func (p *Paced) Sleep(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	from, interrupted := p.begin()
	select {
	case _, open := <-interrupted: // first of all, because both may be ready at once
		p.wake(from, open)
		return nil
	default:
	}
	began := time.Now()                         //nolint:forbidigo // this file is the emulator's clock
	timer := time.NewTimer(scale(d, 1/p.speed)) //nolint:forbidigo // this file is the emulator's clock
	defer timer.Stop()
	select {
	case <-timer.C:
		p.reach(from.Add(d))
		return nil
	case _, open := <-interrupted:
		p.wake(from.Add(p.waited(began, d)), open)
		return nil
	case <-ctx.Done():
		p.reach(from.Add(p.waited(began, d)))
		return ctx.Err()
	}
}

func (p *Paced) begin() (from time.Time, interrupted <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.now, p.interrupted
}

// wake ends a Sleep at a time. A channel that turns out to be closed is not looked at again.
func (p *Paced) wake(at time.Time, open bool) {
	p.reach(at)
	if !open {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.interrupted = nil
	}
}

// waited is how much of d the world has seen since the machine's time began.
func (p *Paced) waited(began time.Time, d time.Duration) time.Duration {
	return min(d, scale(time.Since(began), p.speed)) //nolint:forbidigo // this file is the emulator's clock
}

// reach advances the clock to a time, unless it is there already.
func (p *Paced) reach(at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if at.After(p.now) {
		p.now = at
	}
}

// Advance puts the clock forward.
func (p *Paced) Advance(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now = p.now.Add(max(0, d))
}

// machineTime is the machine's own time.
func machineTime() time.Time { return time.Now().UTC() } //nolint:forbidigo // this file is the emulator's clock

// ResumeAt is the time at which a clock goes on after a restart with a log, not before the scene's. It never shows a time again that an answer has carried.
// Time stood still while no emulator ran, unless it is to have run on at a speed.
func ResumeAt(scene time.Time, past worldlog.Past, ranOn bool, speed float64) time.Time {
	at := scene
	if past.Shown.Until.After(at) {
		at = past.Shown.Until
	}
	for _, r := range past.Regions {
		if now := r.World.Now(); now.After(at) {
			at = now
		}
	}
	if !ranOn || past.Shown.Machine.IsZero() {
		return at
	}
	if on := past.Shown.At.Add(scale(machineTime().Sub(past.Shown.Machine), speed)); on.After(at) {
		return on
	}
	return at
}

// longest keeps a scaled duration in range: 290 years.
const longest = float64(1<<63 - 1025)

func scale(d time.Duration, by float64) time.Duration {
	if d <= 0 {
		return 0
	}
	return time.Duration(min(float64(d)*by, longest))
}
