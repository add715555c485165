package simulate

import (
	"flag"
	"fmt"
	"strings"
	"testing"

	"handover/internal/cluster"
	"handover/internal/operation"
)

var leavings = flag.Int("leavings", 300, "how many fault runs of instances that leave there are")

// TestFaultRunsOfInstancesThatLeave holds the safety properties of drains and departures on bad days.
func TestFaultRunsOfInstancesThatLeave(t *testing.T) {
	tally, err := RunAllLeaving(t.Context(), *from, *leavings, *enough, broken(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Log(tally)
	for _, name := range []string{"drain", "departure"} {
		if tally.Runs >= 100 && tally.Ends[name+" "+string(cluster.Succeeded)] == 0 {
			t.Errorf("no %s ever succeeded, so little was tested of it", name)
		}
	}
}

var leaves = flag.Uint64("leaves", 0, "tell every step of this fault run of instances that leave")

func TestTraceOfInstancesThatLeave(t *testing.T) {
	if *leaves == 0 {
		t.Skip("no seed is asked for")
	}
	r, err := runLeaving(*leaves, func(in operation.Input, d operation.Decision) { fmt.Println(line(in, d)) })
	fmt.Printf("%s crash %q\n%v\n%s\n%s\n", r.Operation, r.Crashed, r.Hits, r.Scene, strings.Join(r.Broken, "\n"))
	if err != nil {
		t.Fatal(err)
	}
}
