package forecast

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// parallel does n independent pieces of work on all processors, and gives their results in order. This is the one place where a forecast has goroutines: what
// they do is a function of its argument, so that the result does not depend on their number.
func parallel[T any](n int, work func(i int) T) []T {
	results := make([]T, n)
	var next atomic.Int64
	var all sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				results[i] = work(i)
			}
		})
	}
	all.Wait()
	return results
}
