package amazon

import (
	"context"
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Headers by which an emulator tells how its world's time runs. AWS sends neither.
const (
	SpeedHeader = "Handover-Speed" // how many seconds pass in the world while one passes here, such as 60 or 0.5
	TimeHeader  = "Handover-Time"  // the world's time as RFC 3339 with fractions, since Date has whole seconds only
)

// Clock is a time that can be read and waited for.
type Clock interface {
	Now() time.Time
	// Sleep lets d pass. It may come back early, without an error, when an interrupt is pending; it gives an error when ctx ends.
	Sleep(ctx context.Context, d time.Duration) error
}

func (o Options) clock() (clock Clock, follows *followed) {
	if o.Clock != nil {
		return o.Clock, nil
	}
	follows = newFollowed(o.Interrupted)
	return follows, follows
}

// followed is the time of the other side, as its answers tell it. Between two answers local time fills in, by the monotonic clock and at the
// other side's speed, so a wrong or a corrected local clock does not matter.
//
// An answer does not set the time, it bounds it: the other side's clock stood at the stamp T at some moment between sending and receiving, and a Date is
// cut off to the second, so the time is now in [T, T + 1 s + the call's duration]. An estimate within these bounds is left alone. So the time
// converges instead of jumping about by a second with each answer.
type followed struct {
	mu          sync.Mutex
	base        time.Time // the other side's time …
	at          time.Time // … at this local time
	speed       float64
	heard       bool
	emulated    bool      // a TimeHeader was seen; from then on answers without one do not count
	last        time.Time // the latest time that was given out
	interrupted <-chan struct{}
}

func newFollowed(interrupted <-chan struct{}) *followed {
	now := localNow()
	return &followed{base: now, at: now, speed: 1, interrupted: interrupted}
}

// Now is the other side's time; before the first answer it is the local time. What was given out once bounds what is given out later, but only then: the
// first answer may well lie before the local time.
func (c *followed) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.estimate(localNow())
	if now.Before(c.last) {
		return c.last
	}
	c.last = now
	return now
}

// peek is Now without giving the time out.
func (c *followed) peek() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.estimate(localNow())
}

func (c *followed) emulates() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.emulated
}

func (c *followed) estimate(local time.Time) time.Time {
	return c.base.Add(time.Duration(float64(local.Sub(c.at)) * c.speed)).Round(0).UTC()
}

// hear takes the time from an answer.
func (c *followed) hear(header http.Header, sent, received time.Time) {
	stamp, width, exact := stampOf(header)
	c.mu.Lock()
	defer c.mu.Unlock()
	if stamp.IsZero() || c.emulated && !exact {
		return
	}
	speed := speedOf(header)
	estimate := c.estimate(received)
	earliest, latest := stamp, stamp.Add(width+time.Duration(float64(received.Sub(sent))*speed))
	switch {
	case !c.heard || exact && !c.emulated || estimate.Before(earliest):
		estimate = earliest
	case estimate.After(latest):
		estimate = latest
	}
	c.base, c.at, c.speed, c.heard, c.emulated = estimate, received, speed, true, exact
}

// stampOf reads the time of an answer, and how much later it may have been for want of digits.
func stampOf(header http.Header) (stamp time.Time, width time.Duration, exact bool) {
	if t, err := time.Parse(time.RFC3339Nano, header.Get(TimeHeader)); err == nil {
		return t, 0, true
	}
	if t, err := http.ParseTime(header.Get("Date")); err == nil {
		return t, time.Second, false
	}
	return time.Time{}, 0, false
}

func speedOf(header http.Header) float64 {
	speed, err := strconv.ParseFloat(header.Get(SpeedHeader), 64)
	if err != nil || math.IsNaN(speed) || math.IsInf(speed, 0) || speed <= 0 {
		return 1
	}
	return speed
}

// Sleep comes back early when an interrupt is pending. Each interrupt ends one Sleep only: an operation that is being undone has to wait as well.
func (c *followed) Sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	wall, interrupted := c.wall(d), c.interrupted
	c.mu.Unlock()
	open, err := wait(ctx, wall, interrupted)
	if !open {
		c.mu.Lock()
		c.interrupted = nil
		c.mu.Unlock()
	}
	return err
}

// pause is a Sleep that no interrupt ends, for waits that are not an operation's.
func (c *followed) pause(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	wall := c.wall(d)
	c.mu.Unlock()
	_, err := wait(ctx, wall, nil)
	return err
}

// wall is how long d of the other side's time takes here, rounded up so that all of d has passed.
func (c *followed) wall(d time.Duration) time.Duration {
	return time.Duration(math.Ceil(float64(d) / c.speed))
}

// wait waits for d; open is false where the channel was found to be closed.
func wait(ctx context.Context, d time.Duration, interrupted <-chan struct{}) (open bool, err error) {
	if err := ctx.Err(); err != nil {
		return true, err
	}
	if d <= 0 {
		return true, nil
	}
	timer := time.NewTimer(d) //nolint:forbidigo // this file is the adapter's clock
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return true, ctx.Err()
	case <-timer.C:
		return true, nil
	case _, open := <-interrupted:
		return open, nil
	}
}

func localNow() time.Time { return time.Now() } //nolint:forbidigo // this file is the adapter's clock
