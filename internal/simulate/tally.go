package simulate

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Tally is what many fault runs came to.
type Tally struct {
	Runs    int
	Crashes map[Recovery]int
	Ends    map[string]int // by operation and end
	Hits    map[Pair]int
	Named   int      // runs whose verdict names what could not be put back
	Broken  []Result // runs in which a property did not hold
}

func newTally() Tally {
	return Tally{Crashes: map[Recovery]int{}, Ends: map[string]int{}, Hits: map[Pair]int{}}
}

func (t *Tally) add(r Result) {
	t.Runs++
	if r.Crashed != "" {
		t.Crashes[r.Crashed]++
	}
	operation, _, _ := strings.Cut(r.Operation, " ")
	t.Ends[operation+" "+string(r.End)]++
	for pair, n := range r.Hits {
		t.Hits[pair] += n
	}
	if r.Named {
		t.Named++
	}
	if len(r.Broken) > 0 {
		t.Broken = append(t.Broken, r)
	}
}

// RunAll runs seeds on every processor, and tells each broken one as it comes; each fifth seed has a run in which instances leave, besides. It ends early when so many are
// broken, 0: never, and with the context; what was run by then is in the tally.
func RunAll(ctx context.Context, from uint64, seeds, enough int, tell func(Result)) (Tally, error) {
	return sweep(ctx, from, seeds, enough, tell, func(seed uint64, add func(Result)) error {
		r, err := Run(seed, Options{})
		if err != nil {
			return err
		}
		if add(r); seed%leavingEvery != 0 {
			return nil
		}
		if r, err = RunLeaving(seed); err == nil {
			add(r)
		}
		return err
	})
}

// RunEveryStep runs each seed once for every step after which it can crash, and for both what follows: it is resumed, or what it left is restored.
func RunEveryStep(ctx context.Context, from uint64, seeds, enough int, tell func(Result)) (Tally, error) {
	return sweep(ctx, from, seeds, enough, tell, func(seed uint64, add func(Result)) error {
		for _, after := range []Recovery{Resume, Restore} {
			for step := 1; ; step += stride(step) {
				r, err := Run(seed, Options{CrashAt: step, After: after})
				if err != nil {
					return err
				}
				add(r)
				if r.Crashed == "" { // it had ended before
					break
				}
			}
		}
		return nil
	})
}

// stride is how many steps on the next crash is: one, and 20 in an operation that waits for longer than 400 steps, which are half an hour.
func stride(step int) int {
	if step < 400 {
		return 1
	}
	return 20
}

// sweep runs what there is to run of each seed, seeds side by side, until all are run or the context ends; a seed that was begun then is run to its end.
func sweep(ctx context.Context, from uint64, seeds, enough int, tell func(Result), runs func(seed uint64, add func(Result)) error) (Tally, error) {
	var mu sync.Mutex
	var workers sync.WaitGroup
	total, next := newTally(), from
	var failed error
	add := func(r Result) {
		mu.Lock()
		defer mu.Unlock()
		if total.add(r); len(r.Broken) > 0 {
			tell(r)
		}
	}
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for {
				mu.Lock()
				seed := next
				next++
				over := seed >= from+uint64(seeds) || failed != nil || ctx.Err() != nil || enough > 0 && len(total.Broken) >= enough
				mu.Unlock()
				if over {
					return
				}
				if err := runs(seed, add); err != nil {
					mu.Lock()
					failed = cmp.Or(failed, err)
					mu.Unlock()
				}
			}
		})
	}
	workers.Wait()
	slices.SortFunc(total.Broken, func(a, b Result) int { return cmp.Compare(a.Seed, b.Seed) })
	return total, failed
}

// String is the tally in one line.
func (t Tally) String() string {
	crashed, faults := 0, 0
	for _, n := range t.Crashes {
		crashed += n
	}
	for _, n := range t.Hits {
		faults += n
	}
	return fmt.Sprintf("%d runs, %d faults, %d crashes (%d resumed, %d gone on with from the record, %d restored), %d broken", t.Runs, faults, crashed, t.Crashes[Resume],
		t.Crashes[Adopt], t.Crashes[Restore], len(t.Broken))
}

// Rarest is the pair of a fault and a step that has come about least often among those that can, and how often.
func (t Tally) Rarest() (Pair, int) {
	all := Pairs()
	rarest := slices.MinFunc(all, func(a, b Pair) int { return cmp.Compare(t.Hits[a], t.Hits[b]) })
	return rarest, t.Hits[rarest]
}

// Table writes how often each fault met each step, which pair of them was the rarest, and how the operations ended. A pair that cannot come about is a dash.
// What happened to instances that leave has a table of its own.
func (t Tally) Table(w io.Writer) error {
	var b strings.Builder
	if t.met(labels()) {
		t.matrix(&b, labels(), Faults())
		rarest, n := t.Rarest()
		fmt.Fprintf(&b, "the rarest of %d pairs: %s met %q %d times\n", len(Pairs()), rarest.Fault, rarest.Step, n)
	}
	if steps := t.leavingSteps(); len(steps) > 0 {
		t.matrix(&b, steps, LeavingFaults())
	}
	for _, end := range slices.Sorted(maps.Keys(t.Ends)) {
		fmt.Fprintf(&b, "%-42s %d\n", end, t.Ends[end])
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// matrix writes how often each fault met each step, and all steps together.
func (t Tally) matrix(b *strings.Builder, steps []string, faults []Fault) {
	fmt.Fprintf(b, "%-42s", "")
	for _, fault := range faults {
		fmt.Fprintf(b, " %13s", fault)
	}
	b.WriteByte('\n')
	sums := make([]int, len(faults))
	for _, step := range steps {
		fmt.Fprintf(b, "%-42s", step)
		for i, fault := range faults {
			p := Pair{fault, step}
			sums[i] += t.Hits[p]
			count := strconv.Itoa(t.Hits[p])
			if t.Hits[p] == 0 && !p.possible() {
				count = "-"
			}
			fmt.Fprintf(b, " %13s", count)
		}
		b.WriteByte('\n')
	}
	fmt.Fprintf(b, "%-42s", "all")
	for _, sum := range sums {
		fmt.Fprintf(b, " %13d", sum)
	}
	b.WriteByte('\n')
}

// met tells whether any of some steps met a fault.
func (t Tally) met(steps []string) bool {
	for p := range t.Hits {
		if slices.Contains(steps, p.Step) {
			return true
		}
	}
	return false
}

// leavingSteps are the steps of drains and departures that met a fault, by name.
func (t Tally) leavingSteps() []string {
	steps := map[string]bool{}
	for p := range t.Hits {
		if of := p.of(); of == "drain" || of == "departure" {
			steps[p.Step] = true
		}
	}
	return slices.Sorted(maps.Keys(steps))
}
