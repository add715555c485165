package simulate

import (
	"flag"
	"fmt"
	"maps"
	"slices"
	"testing"

	"handover/internal/cluster"
	"handover/internal/operation"
)

// TestFaultRuns holds the safety properties of every operation on bad days.
func TestFaultRuns(t *testing.T) {
	ends := map[string]int{}
	failures := 0
	for seed := *from; seed < *from+uint64(*seeds); seed++ {
		r, err := Run(seed, Options{})
		if err != nil {
			t.Fatal(err)
		}
		ends[string(r.End)+" "+r.Operation[:min(len(r.Operation), 9)]]++
		if len(r.Broken) > 0 {
			t.Errorf("seed %d, %s, crash %q, %s %s:\n%s%v", seed, r.Operation, r.Crashed, r.End, r.Cause, r.Scene, r.Broken)
			if failures++; failures > 10 {
				break
			}
		}
	}
	for _, end := range slices.Sorted(maps.Keys(ends)) {
		t.Logf("%6d %s", ends[end], end)
	}
}

var traced = flag.Uint64("trace", 0, "tell every step of this seed")

func TestTrace(t *testing.T) {
	if *traced == 0 {
		t.Skip("no seed is asked for")
	}
	r, err := Run(*traced, Options{Trace: func(in operation.Input, d operation.Decision) {
		line := in.Now.Format("15:04:05 ")
		if v, ok := in.Snapshot.Service(api()); ok {
			line += fmt.Sprintf("desired=%d ", v.Service.Desired)
			for _, task := range v.Tasks {
				if !task.Gone() {
					line += fmt.Sprintf("%s:%s:%t:%s ", task.Short(), task.Last, v.Healthy(task, in.Now), task.ProtectedUntil.Format("15:04:05"))
				}
			}
		}
		line += fmt.Sprintf("heard=%v held=%s ->", len(in.Outcomes), "")
		for _, o := range in.Outcomes {
			line += " " + string(o.Result)
		}
		for _, a := range d.Actions {
			text, _ := cluster.EncodeAction(a)
			line += "\n      " + string(text)
		}
		if d.Verdict != nil {
			line += fmt.Sprintf(" VERDICT %+v", *d.Verdict)
		}
		if d.Waiting != nil {
			line += fmt.Sprintf(" (%s %s)", d.Waiting.Object, d.Waiting.Condition)
		}
		fmt.Println(line)
	}})
	fmt.Printf("%s crash %q\n%v\n%v\n", r.Operation, r.Crashed, r.Hits, r.Broken)
	if err != nil {
		t.Fatal(err)
	}
}
