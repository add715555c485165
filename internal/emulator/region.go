package emulator

import (
	"strings"
	"sync"
	"time"

	"handover/internal/cluster"
	"handover/internal/emulator/wire"
	"handover/internal/rate"
	"handover/internal/world"
)

// region is one Region. Its mutex is held while a request acts and copies what it answers, never while the answer is encoded or written.
type region struct {
	place cluster.ARN

	mu    sync.Mutex
	world *world.World

	rateMu  sync.Mutex
	buckets map[string]rate.Bucket
}

// region finds a Region; it is made when it is first asked for.
func (s *Server) region(name string) *region {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.regions[name]
	if !ok {
		place := cluster.ARN{Partition: partition(name), Region: name, Account: Account}
		r = &region{place: place, world: s.options.Seed(place), buckets: map[string]rate.Bucket{}}
		s.regions[name] = r
	}
	return r
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

// reset makes every Region new at its next call. Requests that are under way end on the world they began with.
func (s *Server) reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.regions)
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
