package simulate

import (
	"flag"
	"fmt"
	"strings"
	"testing"

	"handover/internal/cluster"
	"handover/internal/operation"
)

var faults = flag.Int("faults", 800, "how many fault runs there are")

var enough = flag.Int("enough", 20, "how many broken seeds are enough to stop")

// TestFaultRuns holds the safety properties of every operation on bad days.
func TestFaultRuns(t *testing.T) {
	tally, err := RunAll(t.Context(), *from, *faults, *enough, broken(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Log(tally)
	for _, name := range []string{"restart", "restart-fast", "update", "rollback", "recycle-graceful", "recycle-stop"} {
		if tally.Runs >= 1000 && tally.Ends[name+" "+string(cluster.Succeeded)] == 0 {
			t.Errorf("no %s ever succeeded, so little was tested of it", name)
		}
	}
}

var every = flag.Int("every", 3, "of how many seeds a crash is tried after every step")

// TestACrashAfterEveryStep crashes after each step of an operation, and both resumes it and restores what it left. The simulate command does it with more seeds.
func TestACrashAfterEveryStep(t *testing.T) {
	tally, err := RunEveryStep(t.Context(), *from, *every, *enough, broken(t))
	if err != nil {
		t.Fatal(err)
	}
	if t.Log(tally); tally.Crashes[Resume] < *every || tally.Crashes[Restore] < *every {
		t.Error("there were hardly any crashes")
	}
}

// broken reports a run in which a property did not hold.
func broken(t *testing.T) func(Result) {
	return func(r Result) {
		t.Errorf("seed %d, %s, crash %q after step %d, %s %s:\n%s%s", r.Seed, r.Operation, r.Crashed, r.After, r.End, r.Cause, r.Scene, strings.Join(r.Broken, "\n"))
	}
}

var traced = flag.Uint64("trace", 0, "tell every step of this seed")

func TestTrace(t *testing.T) {
	if *traced == 0 {
		t.Skip("no seed is asked for")
	}
	r, err := Run(*traced, Options{Trace: func(in operation.Input, d operation.Decision) { fmt.Println(line(in, d)) }})
	fmt.Printf("%s crash %q\n%v\n%s\n", r.Operation, r.Crashed, r.Hits, strings.Join(r.Broken, "\n"))
	if err != nil {
		t.Fatal(err)
	}
}

// line is one step for people.
func line(in operation.Input, d operation.Decision) string {
	var b strings.Builder
	b.WriteString(in.Now.Format("15:04:05"))
	if v, ok := in.Snapshot.Service(api()); ok {
		fmt.Fprintf(&b, " desired=%d", v.Service.Desired)
		for _, task := range v.Tasks {
			if !task.Gone() {
				fmt.Fprintf(&b, " %s:%s:%t:%s", task.Short(), task.Last, v.Healthy(&task, in.Now), task.ProtectedUntil.Format("15:04:05"))
			}
		}
	}
	for _, o := range in.Outcomes {
		fmt.Fprintf(&b, " %s", o.Result)
	}
	for _, a := range d.Actions {
		fmt.Fprintf(&b, "\n      %s %+v", a.Kind(), a)
	}
	if d.Waiting != nil {
		fmt.Fprintf(&b, " (%s %s)", d.Waiting.Object, d.Waiting.Condition)
	}
	if d.Verdict != nil {
		fmt.Fprintf(&b, " VERDICT %+v", *d.Verdict)
	}
	return b.String()
}
