package emulator

import (
	"strings"
	"sync"
	"time"

	"handover/internal/cluster"
	"handover/internal/emulator/wire"
	"handover/internal/emulator/worldlog"
	"handover/internal/rate"
	"handover/internal/world"
)

// region is one Region. Its mutex is held while a request acts and copies what it answers, never while the answer is encoded or written.
type region struct {
	place cluster.ARN

	mu     sync.Mutex
	world  *world.World
	gone   bool   // a reset has taken it away; whoever still has it must look for the Region again
	ticket uint64 // of its last record in the log
	since  int    // records since its last whole world in the log
	bytes  int    // of these records

	rateMu  sync.Mutex
	buckets map[string]rate.Bucket
}

func newRegion(name string, w *world.World) *region {
	return &region{place: Place(name), world: w, buckets: map[string]rate.Bucket{}}
}

// Place is a Region in the account of the emulator.
func Place(region string) cluster.ARN {
	return cluster.ARN{Partition: partition(region), Region: region, Account: Account}
}

// region finds a Region; it is made when it is first asked for.
func (s *Server) region(name string) *region {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.regions[name]
	if !ok {
		r = newRegion(name, s.options.Seed(Place(name)))
		s.regions[name] = r
	}
	return r
}

// known tells whether a Region has been called.
func (s *Server) known(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.regions[name] != nil
}

// enter finds a Region and locks it.
func (s *Server) enter(name string) *region {
	for {
		r := s.region(name)
		r.mu.Lock()
		if !r.gone {
			return r
		}
		r.mu.Unlock()
	}
}

// take draws on all buckets of an operation, or on none if one of them is empty.
func (r *region) take(c wire.Call, now time.Time) bool {
	r.rateMu.Lock()
	defer r.rateMu.Unlock()
	limits := rate.For(c.Service, c.Operation)
	taken := make([]rate.Bucket, len(limits))
	for i, l := range limits {
		after, ok := r.buckets[l.Name].Take(l, now)
		if !ok {
			return false
		}
		taken[i] = after
	}
	for i, l := range limits {
		r.buckets[l.Name] = taken[i]
	}
	return true
}

// reset makes every Region new at its next call. A request that has not come to its Region yet acts on the new one.
//
// In the log the reset stands after everything that was done to the old worlds, because each was locked after the last that acted on it and marked as gone,
// and before everything that is done to the new ones, because none is made while s.mu is held.
func (s *Server) reset() error {
	s.mu.Lock()
	for _, r := range s.regions {
		r.mu.Lock()
		r.gone = true
		r.mu.Unlock()
	}
	clear(s.regions)
	var ticket uint64
	if s.options.Log != nil {
		ticket = s.options.Log.Append(worldlog.Reset{})
	}
	s.mu.Unlock()
	return s.logged(ticket)
}

// partition is the partition of a Region. Source: AWS General Reference, ARN format.
func partition(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}
