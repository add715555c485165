package forecast

import (
	"runtime"
	"sync"
	"sync/atomic"

	"handover/internal/world"
)

// stage is where runs are played one after the other. What a run leaves on it is memory for the next one, and nothing of it is read.
type stage struct {
	world   world.World
	lives   []world.Life
	changes []change
}

// stages keeps stages between the forecasts of one service: a command makes several of them.
type stages struct{ free sync.Pool }

func (s *stages) take() *stage {
	if free, ok := s.free.Get().(*stage); ok {
		return free
	}
	return &stage{}
}

// parallel does n independent pieces of work on all processors, and gives their results in order. This is the one place where a forecast has goroutines: what
// they do is a function of its number, so that the result does not depend on their number.
func parallel[T any](on *stages, n int, work func(s *stage, i int) T) []T {
	results := make([]T, n)
	var next atomic.Int64
	labour := func() {
		s := on.take()
		for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
			results[i] = work(s, i)
		}
		on.free.Put(s)
	}
	var others sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) - 1 {
		others.Go(labour)
	}
	labour()
	others.Wait()
	return results
}
