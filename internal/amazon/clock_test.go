package amazon

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"handover/internal/cluster"
)

// world is a server whose time starts at an epoch of its own and runs at a speed.
type world struct {
	start, began time.Time
	speed        float64
	exact        bool
	delay        time.Duration // between its looking at the clock and our hearing of it
}

func (w *world) now() time.Time {
	return w.start.Add(time.Duration(float64(time.Since(w.began)) * w.speed))
}

func (w *world) header() http.Header {
	h := http.Header{}
	h.Set("Date", w.now().UTC().Format(http.TimeFormat))
	if w.exact {
		h.Set(SpeedHeader, "60")
		h.Set(TimeHeader, w.now().UTC().Format(time.RFC3339Nano))
	}
	return h
}

// ask lets the clock hear of the world's time as after a call.
func (w *world) ask(c *followed) {
	sent := localNow()
	header := w.header()
	time.Sleep(w.delay)
	c.hear(header, sent, localNow())
}

func TestTimeIsAWSsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{start: time.Date(2026, 3, 1, 12, 0, 0, 7e8, time.UTC), began: time.Now(), speed: 1, delay: 40 * time.Millisecond}
		c := newFollowed(nil)
		last := time.Time{}
		for range 200 {
			w.ask(c)
			now := c.Now()
			if off := w.now().Sub(now); off < -time.Second-w.delay || off > time.Second+w.delay {
				t.Fatalf("off by %s", off)
			}
			if now.Before(last) {
				t.Fatalf("time went back from %s to %s", last, now)
			}
			last = now
			time.Sleep(330 * time.Millisecond)
		}
		if off := w.now().Sub(c.Now()); off > 400*time.Millisecond {
			t.Errorf("after 200 answers the time is still off by %s", off)
		}
	})
}

func TestTimeFollowsAWorldThatRunsFaster(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{start: time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC), began: time.Now(), speed: 60, exact: true, delay: time.Millisecond}
		c := newFollowed(nil)
		w.ask(c)
		if off := w.now().Sub(c.Now()); off.Abs() > 100*time.Millisecond {
			t.Fatalf("off by %s", off)
		}
		before, began := c.Now(), time.Now()
		if err := c.Sleep(t.Context(), 90*time.Second); err != nil {
			t.Fatal(err)
		}
		if passed, took := c.Now().Sub(before), time.Since(began); passed < 90*time.Second || passed > 91*time.Second || took != 1500*time.Millisecond {
			t.Errorf("slept 90 s: %s passed there and %s here", passed, took)
		}
		// The world is turned forward by an hour, and then its time is lost: it stands still here until it is caught up with.
		w.start = w.start.Add(time.Hour)
		w.ask(c)
		if off := w.now().Sub(c.Now()); off.Abs() > 100*time.Millisecond {
			t.Errorf("an hour was skipped, and the time is off by %s", off)
		}
		stood := c.Now()
		w.start = w.start.Add(-time.Hour)
		w.ask(c)
		if now := c.Now(); now.Before(stood) {
			t.Errorf("time went back from %s to %s", stood, now)
		}
	})
}

func TestAnswersOfOthersDoNotChangeTheWorldsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{start: time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC), began: time.Now(), speed: 60, exact: true}
		c := newFollowed(nil)
		aws := &world{start: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), began: time.Now(), speed: 1}
		aws.ask(c) // STS of AWS, beside an emulated ECS
		w.ask(c)
		aws.ask(c)
		for _, broken := range []string{"", "0", "-1", "NaN", "Inf", "fast"} {
			if got := speedOf(http.Header{SpeedHeader: {broken}}); got != 1 {
				t.Errorf("speed %q: got %v", broken, got)
			}
		}
		if off := w.now().Sub(c.Now()); off.Abs() > time.Second {
			t.Errorf("off by %s", off)
		}
	})
}

func TestAnInterruptEndsOneSleep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		interrupts := make(chan struct{}, 1)
		c := newFollowed(interrupts)
		slept := func(d time.Duration) time.Duration {
			start := time.Now()
			if err := c.Sleep(t.Context(), d); err != nil {
				t.Fatal(err)
			}
			return time.Since(start)
		}
		interrupts <- struct{}{}
		if took := slept(time.Minute); took != 0 {
			t.Errorf("an interrupt was pending, and the sleep took %s", took)
		}
		if took := slept(time.Minute); took != time.Minute {
			t.Errorf("the interrupt was over, and the sleep took %s", took)
		}
		time.AfterFunc(time.Second, func() { close(interrupts) })
		if took := slept(time.Minute); took != time.Second {
			t.Errorf("the channel was closed after 1 s, and the sleep took %s", took)
		}
		if took := slept(time.Minute); took != time.Minute {
			t.Errorf("a closed channel counts once, and the sleep took %s", took)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := c.Sleep(ctx, time.Hour); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if err := c.Sleep(ctx, 0); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
}

// standing is a clock that stands still but for Sleep, as that of an emulator in the same process.
type standing struct {
	mu  sync.Mutex
	now time.Time
}

func (s *standing) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *standing) Sleep(ctx context.Context, d time.Duration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
	return ctx.Err()
}

func TestAClockOfTheCallersIsTheTime(t *testing.T) {
	f := newFake(t)
	f.header.Set("Date", "Thu, 01 Jan 2026 00:00:00 GMT")
	f.describing("api")
	start := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	o := fakeOptions(Into(f))
	o.Clock = &standing{now: start}
	p := openOn(t, o)
	for range 300 {
		observe(t, p, cluster.ServiceScope{Service: api}.Of())
	}
	if now := p.Now(); !now.Equal(start) {
		t.Errorf("calls took the clock to %s", now)
	}
	if err := p.Sleep(t.Context(), time.Hour); err != nil || !p.Now().Equal(start.Add(time.Hour)) {
		t.Errorf("got %s, %v", p.Now(), err)
	}
}

// At 80 % of ECS's bucket for reading services (100, and 20 a second), 80 calls go at once and the other 160 take 10 s.
func TestCallsArePaced(t *testing.T) {
	for _, c := range []struct {
		share float64
		want  time.Duration
	}{{0, 10 * time.Second}, {0.4, 25 * time.Second}, {-1, 0}} {
		synctest.Test(t, func(t *testing.T) {
			f := newFake(t)
			f.describing("api")
			o := fakeOptions(Into(f))
			o.Share = c.share
			p := openOn(t, o)
			start := time.Now()
			for range 240 {
				observe(t, p, cluster.ServiceScope{Service: api}.Of())
			}
			if took := time.Since(start); (took - c.want).Abs() > 10*time.Millisecond {
				t.Errorf("with share %v, 240 calls took %s, want %s", c.share, took, c.want)
			}
		})
	}
}

func TestPaceIsInTheWorldsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		f.describing("api")
		w := &world{start: time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC), began: time.Now(), speed: 60, exact: true}
		o := fakeOptions(Into(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			for name, values := range w.header() {
				rw.Header()[name] = values
			}
			f.ServeHTTP(rw, r)
		})))
		p := openOn(t, o)
		if off := w.now().Sub(p.Now()); off.Abs() > time.Second {
			t.Fatalf("after opening, the time is off by %s", off)
		}
		start := time.Now()
		for range 240 {
			observe(t, p, cluster.ServiceScope{Service: api}.Of())
		}
		if took := time.Since(start); took > 200*time.Millisecond {
			t.Errorf("10 s of the world took %s here", took)
		}
	})
}
