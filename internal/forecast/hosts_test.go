package forecast_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"handover/internal/cluster"
	"handover/internal/forecast"
	"handover/internal/forecast/measure"
	"handover/internal/operation"
	"handover/internal/world"
)

// estate is a cluster of three instances with two services and a daemon.
const estate = `world profile=ec2-2026 jitter=on
target-group web drain=60s
instance a1
instance b1 zone=b
instance c1 zone=c
task-definition api image=api@sha256:1 cpu=256 memory=512
task-definition web image=web@sha256:1 cpu=256 memory=512
task-definition agent image=agent@sha256:1 cpu=10 memory=10
service api desired=6 min=100 max=150 target-group=web launch=ec2
service web desired=3 min=50 max=100 launch=ec2
service agent scheduling=DAEMON launch=ec2
`

// read is what a forecast of hosts is made of.
func read(w *world.World, leaving []string, services ...string) cluster.Snapshot {
	s := w.Look(forecast.HostScope(cluster.DefaultCluster, services))
	on := w.Look(cluster.InstanceScope{Cluster: cluster.DefaultCluster, Instances: leaving, Tasks: cluster.AllTasks}.Of())
	for i, v := range s.Instances {
		for _, of := range on.Instances {
			if of.Instance.ID == v.Instance.ID {
				s.Instances[i].Tasks = of.Tasks
			}
		}
	}
	return s
}

var oneHost = cluster.ServiceKey{Cluster: cluster.DefaultCluster, Service: "i-00000000000000001"}

func drained(ids []string) func() operation.Operation {
	return func() operation.Operation {
		return operation.NewDrain(cluster.DefaultCluster, ids, operation.DrainOptions{}, 0, operation.Recorder{})
	}
}

// TestHosts: a drain is foreseen service by service, and what then happens in the world lies within what was foreseen.
func TestHosts(t *testing.T) {
	w := played(t, estate)
	ids := []string{w.Instances(cluster.DefaultCluster)[0].ID}
	h, err := forecast.LoadHosts(read(w, ids, "agent", "api", "web"), oneHost, ids, forecast.HostPast{})
	if err != nil {
		t.Fatal(err)
	}
	f, leaves := h.Run(drained(ids), 200)
	if f.Succeeded != 200 || len(leaves) != 3 {
		t.Fatalf("%+v, %+v", f, leaves)
	}
	want := map[string]forecast.Leave{"agent": {Tasks: 1, Desired: 3, Lowest: 2}, "api": {Tasks: 2, Desired: 6, Lowest: 6}, "web": {Tasks: 1, Desired: 3, Lowest: 2}}
	for _, l := range leaves {
		expected := want[l.Service]
		if l.Tasks != expected.Tasks || l.Desired != expected.Desired || l.Lowest != expected.Lowest || l.Gone.P50 == 0 || l.Gone.P99 > f.Took.P99 {
			t.Errorf("%+v, want %+v, gone within %s", l, expected, f.Took.P99)
		}
		if l.Service == "api" && l.Peak <= 6 {
			t.Errorf("api with 100/150 peaks at %d: its new tasks come first", l.Peak)
		}
	}
	ending, err := operation.Driver{Provider: forecast.Provider{World: w}}.Run(context.Background(), drained(ids)())
	if err != nil || ending.Verdict.End != cluster.Succeeded {
		t.Fatalf("%+v, %v", ending, err)
	}
	if took := ending.Verdict.Figures.Took; took < f.Took.P50/2 || took > f.Took.P99+time.Minute {
		t.Errorf("it took %s, and was to take %+v", took, f.Took)
	}
	line := h.Timeline(drained(ids), f, "drain")
	if len(line.Lanes) != 4 || !line.Ended || !line.Carried() {
		t.Errorf("%d lanes, ended %v, carried %v", len(line.Lanes), line.Ended, line.Carried())
	}
	for _, l := range line.Lanes {
		if !l.Ended {
			t.Errorf("%s is still there when the drain is through", l.Name)
		}
	}
}

// TestHostsHaveDurationsOfTheirOwn: a service whose tasks took 90 s to start is foreseen to, and keeps nobody else from starting in 2 s.
func TestHostsHaveDurationsOfTheirOwn(t *testing.T) {
	w := played(t, strings.Replace(estate, "service web desired=3 min=50 max=100", "service web desired=3 min=100 max=200", 1))
	ids := []string{w.Instances(cluster.DefaultCluster)[0].ID}
	snapshot := read(w, ids, "agent", "api", "web")
	for i := range snapshot.Services[1].Tasks {
		task := &snapshot.Services[1].Tasks[i]
		task.PullStoppedAt = task.StartedAt
		task.PullStartedAt = task.StartedAt.Add(-90 * time.Second)
		task.CreatedAt, task.ConnectedAt = task.PullStartedAt, task.PullStartedAt
	}
	h, err := forecast.LoadHosts(snapshot, oneHost, ids, forecast.HostPast{})
	if err != nil {
		t.Fatal(err)
	}
	_, leaves := h.Run(drained(ids), 50)
	start, gone := map[string]forecast.Duration{}, map[string]time.Duration{}
	for _, l := range leaves {
		start[l.Service], gone[l.Service] = l.Durations[0], l.Gone.P50
	}
	if slow := start["api"]; slow.Median != 90*time.Second || slow.Source != forecast.Measured || slow.Tasks != 6 || start["web"].Median > 5*time.Second {
		t.Errorf("%+v, want api to start in 90 s, as 6 tasks did", start)
	}
	if gone["api"] < 90*time.Second+time.Minute || gone["web"] > time.Minute {
		t.Errorf("the last task is gone after %v; api starts in 90 s and drains for 60 s, web starts in 2 s", gone)
	}
}

// TestHostsThatNeverEmpty: a service whose bounds leave no move keeps its task for ever, which is said of it.
func TestHostsThatNeverEmpty(t *testing.T) {
	w := played(t, "world profile=ec2-2026\ninstance a1\ninstance b1 zone=b\ntask-definition api image=a@sha256:1 cpu=256 memory=512\nservice api desired=2 min=75 max=100 launch=ec2\n")
	ids := []string{w.Instances(cluster.DefaultCluster)[0].ID}
	h, err := forecast.LoadHosts(read(w, ids, "api"), oneHost, ids, forecast.HostPast{})
	if err != nil {
		t.Fatal(err)
	}
	f, leaves := h.Run(func() operation.Operation {
		return operation.NewDrain(cluster.DefaultCluster, ids, operation.DrainOptions{Force: true}, 0, operation.Recorder{})
	}, 20)
	if f.Succeeded != 0 || f.Seeds != 10 || f.Obstacle == nil || leaves[0].Gone.P50 != 0 || leaves[0].Lowest != 2 {
		t.Errorf("%+v, %+v", f, leaves)
	}
}

// TestHostsWithHindsight: once it is known how long a drain's own tasks took, it would have been predicted as it went.
func TestHostsWithHindsight(t *testing.T) {
	w := played(t, estate)
	ids := []string{w.Instances(cluster.DefaultCluster)[0].ID}
	before, began := read(w, ids, "agent", "api", "web"), w.Now()
	ending, err := operation.Driver{Provider: forecast.Provider{World: w}}.Run(context.Background(), drained(ids)())
	if err != nil {
		t.Fatal(err)
	}
	after := w.Look(forecast.HostScope(cluster.DefaultCluster, []string{"api"}))
	samples := forecast.Learn(after, api, began)
	hindsight, err := forecast.HostsHindsight(before, oneHost, ids, map[string]measure.Samples{"api": samples}, drained(ids))
	if err != nil || hindsight == 0 {
		t.Fatalf("%s, %v", hindsight, err)
	}
	if off := hindsight - ending.Verdict.Figures.Took; off.Abs() > 40*time.Second {
		t.Errorf("in hindsight it would have taken %s, and it took %s", hindsight, ending.Verdict.Figures.Took)
	}
}

func BenchmarkHosts(b *testing.B) {
	w := played(b, estate)
	ids := []string{w.Instances(cluster.DefaultCluster)[0].ID}
	h, err := forecast.LoadHosts(read(w, ids, "agent", "api", "web"), oneHost, ids, forecast.HostPast{})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		h.Run(drained(ids), forecast.Seeds)
	}
}
