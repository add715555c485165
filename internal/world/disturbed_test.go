package world_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"handover/internal/cluster"
	"handover/internal/world"
)

// TestDisturbedServicesSettle: whatever happens to a service - tasks that exit, fail health checks, or are stopped, deployments on top of each other, other desired
// counts - its counts equal its tasks' states at every moment, no start goes beyond the ceiling, each task is in one event that says it was started, and some
// time after the last disturbance exactly the desired tasks run, all healthy and of the latest revision.
func TestDisturbedServicesSettle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawService(t)
		d.desired = max(1, d.desired)
		if !d.bounds.LeaveMove(d.desired) {
			return
		}
		w := d.world(t)
		settled := len(view(t, w).Tasks)
		desired, most := d.desired, d.desired
		for range rapid.IntRange(1, 6).Draw(t, "disturbances") {
			until := w.Now().Add(time.Duration(rapid.IntRange(0, 240).Draw(t, "after")) * time.Second)
			for step(w, until) {
				countsEqualStates(t, view(t, w))
			}
			w.AdvanceTo(until)
			desired = disturb(t, w, d, desired)
			most = max(most, desired)
		}
		end := w.Now().Add(3 * time.Hour)
		for step(w, end) {
			v := view(t, w)
			countsEqualStates(t, v)
			if tasks := unsignalled(v); tasks > max(d.bounds.Ceiling(most), most) {
				t.Fatalf("%s: %d tasks, the ceiling is %d", w.Now().Sub(start), tasks, d.bounds.Ceiling(most))
			}
		}
		wholeAgain(t, view(t, w), desired)
		if w.Now().Before(start.Add(50 * time.Minute)) { // no stopped task is forgotten yet
			startedOnce(t, view(t, w), settled)
		}
	})
}

// disturb lets something happen. It gives the desired count from then on.
func disturb(t *rapid.T, w *world.World, d drawn, desired int) int {
	v := view(t, w)
	var serving []cluster.Task
	for _, task := range v.Tasks {
		if task.MeantToRun() && task.Last == cluster.Running {
			serving = append(serving, task)
		}
	}
	what := rapid.SampledFrom([]string{"exit", "target", "stop", "deploy", "desired"}).Draw(t, "what")
	if what == "deploy" || len(serving) == 0 {
		must(t, w, cluster.UpdateService{Service: key, Force: true})
		return desired
	}
	task := serving[rapid.IntRange(0, len(serving)-1).Draw(t, "task")]
	switch {
	case what == "desired":
		next := rapid.IntRange(1, 12).Draw(t, "to")
		if !d.bounds.LeaveMove(next) {
			return desired
		}
		must(t, w, cluster.UpdateService{Service: key, Desired: &next})
		return next
	case what == "exit":
		report(t, w, world.Report{Kind: world.Exited, Task: task.ID, Code: 1})
	case what == "target" && len(v.TargetGroups) > 0:
		for _, target := range v.Targets {
			if target.ID == task.Address {
				report(t, w, world.Report{Kind: world.TargetUnhealthy, Task: task.ID, Group: target.Group, ID: target.ID, Port: target.Port})
			}
		}
	default:
		must(t, w, cluster.StopTask{Cluster: key.Cluster, Task: task.ID})
	}
	return desired
}

func report(t *rapid.T, w *world.World, r world.Report) {
	if err := w.Report(w.Now(), r); err != nil {
		t.Fatal(err)
	}
}

func wholeAgain(t *rapid.T, v cluster.ServiceView, desired int) {
	primary, _ := v.Service.Primary()
	running := 0
	for _, task := range v.Tasks {
		switch {
		case task.Gone():
		case task.MeantToRun() && task.Last == cluster.Running && task.StartedBy == primary.ID:
			running++
		default:
			t.Fatalf("a task of %s is still %s", task.StartedBy, task.Last)
		}
	}
	if running != desired || len(v.Service.Deployments) != 1 || primary.Rollout != cluster.RolloutCompleted {
		t.Fatalf("%d of %d tasks run: %+v", running, desired, v.Service)
	}
}

func startedOnce(t *rapid.T, v cluster.ServiceView, settled int) {
	said := 0
	for _, e := range v.Service.Events {
		var n int
		if _, err := fmt.Sscanf(e.Message, "(service api) has started %d tasks:", &n); err == nil {
			said += n
		}
	}
	if started := len(v.Tasks) - settled; said != started && len(v.Service.Events) < 100 {
		t.Fatalf("%d tasks were started, the events tell of %d", started, said)
	}
}
