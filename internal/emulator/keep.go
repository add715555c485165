package emulator

import (
	"context"
	"errors"
	"math"
	"sync"
	"time"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
	"handover/internal/emulator/wire"
	"handover/internal/emulator/worldlog"
)

// Use gives a handler the world of the Region that is called. It implements api.Worlds.
//
// What the handler did is put into the log's queue while the Region is still locked, so that the log has a Region's actions in the order in which its world
// accepted them. It is written after the Region was left to the next request, and Use returns when it is on the disk: nobody is told of anything that a crash
// could still undo. That holds for a handler that only reads, too: it waits for the record of the last change that it may have seen, which is mostly there.
func (s *Server) Use(ctx context.Context, f func(api.View) error) error {
	ticket, err := s.use(regionOf(wire.CallFrom(ctx)), f)
	if unlogged := s.logged(ticket); unlogged != nil {
		return unlogged
	}
	return err
}

func (s *Server) use(name string, f func(api.View) error) (ticket uint64, err error) {
	r := s.enter(name)
	defer r.mu.Unlock()
	r.world.AdvanceTo(s.options.Clock.Now())
	// The clock may have been read before another request that has acted since; a world's time never goes back.
	v := api.View{World: r.world, Now: r.world.Now(), Place: r.place}
	changed := false
	if s.options.Log == nil {
		v.Accepted = func(cluster.Action, []string) { changed = true }
		err = f(v)
		s.changes.tell(changed)
		return 0, err
	}
	done := &worldlog.Acts{Region: name, At: v.Now}
	v.Accepted = func(a cluster.Action, ids []string) { done.Add(a, ids) }
	// Deferred, because what was accepted has happened also where the handler then fails or panics.
	defer func() {
		s.keep(r, done)
		ticket = r.ticket
		s.changes.tell(!done.Empty())
	}()
	return 0, f(v)
}

// keep puts what a request did into the log's queue, and the whole world where it is time for that. The Region is locked.
//
// It is time when there are WorldEvery changes to live through again, which takes 0.2 ms each in a Region with 50 services, and when they have at least as many
// bytes as the last whole world, so that worlds make no more than half of a log, however large they are.
func (s *Server) keep(r *region, done *worldlog.Acts) {
	if done.Empty() {
		return
	}
	r.ticket = s.options.Log.Append(done)
	r.since, r.bytes = r.since+1, r.bytes+done.Size()
	if r.since >= s.options.WorldEvery && r.bytes >= s.options.Log.WorldSize(r.place.Region) {
		s.keepWorld(r)
	}
}

// keepWorld writes a whole world, so that what precedes it need not be lived through again. A copy is queued; nobody waits for it.
func (s *Server) keepWorld(r *region) {
	s.options.Log.Append(worldlog.World{Region: r.place.Region, World: r.world.Clone()})
	r.since, r.bytes = 0, 0
}

// logged waits until a record is on the disk.
func (s *Server) logged(ticket uint64) error {
	if s.options.Log == nil {
		return nil
	}
	return s.options.Log.Wait(ticket)
}

// shown is up to which time of the world answers may be given without a word to the log.
type shown struct {
	mu     sync.Mutex
	until  time.Time
	ticket uint64
}

// ahead is how much of the machine's time one record of the shown time stands for: there are four a second at most, and after a kill the world's time goes on
// at most a quarter of a second too late.
const ahead = 250 * time.Millisecond

// show is called with the time before an answer carries it. After a crash the clock must not show a time again that somebody has seen, so a time is in the log
// before it is shown. An error is kept by the log; the next change is refused with it.
func (s *Server) show(now time.Time) {
	if s.options.Log == nil {
		return
	}
	s.shown.mu.Lock()
	if now.After(s.shown.until) {
		s.shown.until = now
		if speed := s.options.Clock.Speed(); !math.IsInf(speed, 0) {
			s.shown.until = now.Add(scale(ahead, speed))
		}
		s.shown.ticket = s.options.Log.Append(worldlog.Shown{At: now, Until: s.shown.until, Machine: machineTime()})
	}
	ticket := s.shown.ticket
	s.shown.mu.Unlock()
	_ = s.logged(ticket)
}

// Close writes the worlds that were changed and the exact time to the log, and closes it. No request may be under way.
func (s *Server) Close() error {
	if s.options.Log == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.options.Clock.Now()
	for _, r := range s.regions {
		r.mu.Lock()
		if r.since > 0 {
			r.world.AdvanceTo(now)
			s.keepWorld(r)
		}
		r.mu.Unlock()
	}
	ticket := s.options.Log.Append(worldlog.Shown{At: now, Until: now, Machine: machineTime()})
	return errors.Join(s.options.Log.Wait(ticket), s.options.Log.Close())
}
