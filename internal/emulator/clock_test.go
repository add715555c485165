package emulator

import (
	"context"
	"errors"
	"math"
	"testing"
	"testing/synctest"
	"time"
)

var morning = time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)

func TestWallRunsAtItsSpeed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := NewWall(morning, 60)
		time.Sleep(2 * time.Second)
		if got := clock.Now().Sub(morning); got != 2*time.Minute {
			t.Errorf("after 2 s at speed 60 the world is %v on, want 2m", got)
		}
	})
}

func TestPacedStandsStillAndAdvancesExactly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock, began := NewPaced(morning, 60, nil), time.Now()
		time.Sleep(time.Hour) // a very slow step
		if got := clock.Now(); !got.Equal(morning) {
			t.Errorf("the clock went on to %v while nobody slept", got)
		}
		began = began.Add(time.Hour)
		if err := clock.Sleep(t.Context(), 10*time.Second); err != nil {
			t.Fatal(err)
		}
		if got := clock.Now().Sub(morning); got != 10*time.Second {
			t.Errorf("a sleep of 10 s advanced by %v", got)
		}
		if got := time.Since(began); got < 166*time.Millisecond || got > 167*time.Millisecond {
			t.Errorf("it took %v, want 10s/60", got)
		}
	})
}

func TestPacedWakesEarly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wake := make(chan struct{})
		clock := NewPaced(morning, 10, wake)
		time.AfterFunc(time.Second, func() { close(wake) })
		if err := clock.Sleep(t.Context(), time.Minute); err != nil {
			t.Fatal(err)
		}
		if got := clock.Now().Sub(morning); got != 10*time.Second {
			t.Errorf("woken after 1 s at speed 10 the clock is %v on, want 10s", got)
		}
	})
}

func TestPacedEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := NewPaced(morning, 1, nil)
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		if err := clock.Sleep(ctx, time.Minute); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Sleep returned %v", err)
		}
		if got := clock.Now().Sub(morning); got != 3*time.Second {
			t.Errorf("the clock is %v on, want 3s", got)
		}
		if err := clock.Sleep(ctx, time.Minute); !errors.Is(err, context.DeadlineExceeded) || clock.Now().Sub(morning) != 3*time.Second {
			t.Errorf("a sleep in an ended context: %v, %v on", err, clock.Now().Sub(morning))
		}
	})
}

func TestPacedSleepsTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock, done := NewPaced(morning, 1, nil), make(chan error)
		for _, d := range []time.Duration{5 * time.Second, 8 * time.Second} {
			go func() { done <- clock.Sleep(t.Context(), d) }()
		}
		for range 2 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		if got := clock.Now().Sub(morning); got != 8*time.Second {
			t.Errorf("sleeps of 5 s and 8 s at once advanced by %v, want 8s", got)
		}
	})
}

func TestPacedWithoutWaiting(t *testing.T) {
	clock := NewPaced(morning, math.Inf(1), nil)
	if err := clock.Sleep(t.Context(), 24*time.Hour); err != nil || clock.Now().Sub(morning) != 24*time.Hour {
		t.Errorf("%v, %v on", err, clock.Now().Sub(morning))
	}
}

func TestPacedCountsAClosedChannelOnce(t *testing.T) {
	closed := make(chan struct{})
	close(closed)
	clock := NewPaced(morning, math.Inf(1), closed)
	for i, want := range []time.Duration{0, time.Hour, 2 * time.Hour} {
		if err := clock.Sleep(t.Context(), time.Hour); err != nil || clock.Now().Sub(morning) != want {
			t.Errorf("sleep %d: %v, %v on, want %v", i, err, clock.Now().Sub(morning), want)
		}
	}
}
