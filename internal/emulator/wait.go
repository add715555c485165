package emulator

import (
	"context"
	"time"

	"handover/internal/emulator/api"
)

// between is how long a request that waits leaves the world alone between two looks, in the machine's time. A hundred such requests look two thousand times a second, which
// costs less than a hundredth of what the server can answer.
const between = 50 * time.Millisecond

// runner is a Clock that runs by itself, so that something can be waited for in its time.
type runner interface {
	Clock
	// After sends once a duration of the world has passed.
	After(d time.Duration) <-chan time.Time
}

// Wait looks again and again, for as long as it may in the world's time, until f has done what it is for. It implements api.Worlds. On a clock that stands still while requests
// run nothing can come while one waits, so there f is called once.
func (s *Server) Wait(ctx context.Context, most time.Duration, f func(api.View) (done bool, err error)) error {
	clock, runs := s.options.Clock.(runner)
	var until time.Time
	for {
		var done bool
		var left time.Duration
		err := s.Use(ctx, func(v api.View) (err error) {
			if until.IsZero() {
				until = v.Now.Add(most)
			}
			left = until.Sub(v.Now)
			done, err = f(v)
			return err
		})
		if err != nil || done || left <= 0 || !runs {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-clock.After(min(left, scale(between, clock.Speed()))):
		}
	}
}
