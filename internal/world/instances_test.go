package world_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"handover/internal/cluster"
	"handover/internal/world"
	"handover/internal/world/profile"
)

// hosted makes a world with a cluster of container instances, a service that is steady on them, and a DAEMON service.
func hosted(t fataler, instances, desired int, bounds cluster.Bounds, seed uint64) *world.World {
	chosen, _ := profile.Named("ec2-2026")
	w := world.New(world.Config{Seed: seed, Start: start, Profile: chosen, Place: place})
	must := func(err error) {
		if err != nil {
			t.Fatalf("making a world: %v", err)
		}
	}
	act := func(a cluster.Action) {
		_, err := w.Act(start, a)
		must(err)
	}
	act(cluster.CreateCluster{Cluster: "default"})
	for _, family := range []string{"api", "agent", "job"} {
		act(cluster.RegisterTaskDefinition{Family: family, Network: "bridge", Containers: []cluster.ContainerDefinition{
			{Name: family, Image: family + "@sha256:1", Essential: true, CPU: 128, Memory: 256, Ports: []cluster.PortMapping{{Container: 80}}},
		}})
	}
	for n := range instances {
		act(cluster.RegisterContainerInstance{
			Cluster: "default", EC2ID: fmt.Sprintf("i-%d", n), Zone: place.Region + string(rune('a'+n%3)), Resources: cluster.Resources{CPU: 1024, Memory: 2048},
		})
	}
	must(w.Settle(cluster.CreateService{Service: key, Definition: "api", Desired: desired, Launch: cluster.EC2, Bounds: &bounds}))
	must(w.Settle(cluster.CreateService{Service: cluster.ServiceKey{Cluster: "default", Service: "agent"}, Definition: "agent", Launch: cluster.EC2, Scheduling: cluster.Daemon}))
	return w
}

// TestInstancesKeepTheirBooks: whatever happens to container instances, what remains of one is what was registered less what the tasks on it need that are meant to run;
// no task is on an instance that is not there, and none is placed on one that drains.
func TestInstancesKeepTheirBooks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := hosted(t, rapid.IntRange(1, 5).Draw(t, "instances"), rapid.IntRange(0, 5).Draw(t, "desired"),
			cluster.Bounds{MinimumHealthyPercent: rapid.SampledFrom([]int{0, 50, 100}).Draw(t, "min"), MaximumPercent: rapid.SampledFrom([]int{110, 150, 200}).Draw(t, "max")}, rapid.Uint64Range(1, 99).Draw(t, "seed"))
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			disturbInstances(t, w)
			w.AdvanceTo(w.Now().Add(time.Duration(rapid.IntRange(0, 90).Draw(t, "seconds")) * time.Second))
			checkBooks(t, w)
		}
		text, err := json.Marshal(w)
		if err != nil {
			t.Fatal(err)
		}
		read, cloned := &world.World{}, w.Clone()
		if err := json.Unmarshal(text, read); err != nil {
			t.Fatal(err)
		}
		later := w.Now().Add(5 * time.Minute)
		for _, copied := range []*world.World{read, cloned, w} {
			copied.AdvanceTo(later)
		}
		want, _ := json.Marshal(w)
		for _, copied := range []*world.World{read, cloned} {
			if got, _ := json.Marshal(copied); string(got) != string(want) {
				t.Fatal("a copy goes on otherwise")
			}
		}
	})
}

// disturbInstances does one thing to a world, which may be refused.
func disturbInstances(t *rapid.T, w *world.World) {
	all := w.Instances("default")
	pick := func() cluster.Instance { return all[rapid.IntRange(0, len(all)-1).Draw(t, "instance")] }
	count := rapid.IntRange(0, 6).Draw(t, "count")
	switch what := rapid.IntRange(0, 8).Draw(t, "what"); {
	case what == 0:
		_, _ = w.Act(w.Now(), cluster.RegisterContainerInstance{Cluster: "default", EC2ID: fmt.Sprint("i-more", len(all)), Resources: cluster.Resources{CPU: 1024, Memory: 2048}})
	case what == 1:
		_, _ = w.Act(w.Now(), cluster.RunTask{Cluster: "default", Definition: "job", Launch: cluster.EC2})
	case what == 2:
		_, _ = w.Act(w.Now(), cluster.UpdateService{Service: key, Desired: &count})
	case what == 3:
		_, _ = w.Act(w.Now(), cluster.UpdateService{Service: key, Force: true})
	case len(all) == 0:
	case what == 4:
		_, _ = w.Act(w.Now(), cluster.SetInstanceStatus{Cluster: "default", Instance: pick().ID, Status: cluster.InstanceDraining})
	case what == 5:
		_, _ = w.Act(w.Now(), cluster.SetInstanceStatus{Cluster: "default", Instance: pick().ID, Status: cluster.InstanceActive})
	case what == 6:
		_, _ = w.Act(w.Now(), cluster.DeregisterContainerInstance{Cluster: "default", Instance: pick().ID, Force: true})
	case what == 7:
		_ = w.Report(w.Now(), world.Report{Kind: rapid.SampledFrom([]world.ReportKind{world.AgentDisconnected, world.AgentConnected, world.InstanceLost}).Draw(t, "report"), Instance: pick().ID})
	default:
		if tasks := w.Tasks("default"); len(tasks) > 0 {
			_, _ = w.Act(w.Now(), cluster.StopTask{Cluster: "default", Task: tasks[rapid.IntRange(0, len(tasks)-1).Draw(t, "task")].ID})
		}
	}
}

func checkBooks(t *rapid.T, w *world.World) {
	tasks := w.Tasks("default")
	for _, i := range w.Instances("default") {
		cpu, memory, alive := i.Registered.CPU, i.Registered.Memory, 0
		for _, task := range tasks {
			if task.Instance != i.ARN || task.Gone() {
				continue
			}
			alive++
			if task.MeantToRun() {
				cpu, memory = cpu-128, memory-256
			}
		}
		if i.Remaining.CPU != cpu || i.Remaining.Memory != memory || cpu < 0 || memory < 0 {
			t.Fatalf("%s has %d CPU units and %d MiB left, its tasks leave %d and %d", i.EC2ID, i.Remaining.CPU, i.Remaining.Memory, cpu, memory)
		}
		if i.Status == cluster.InstanceInactive && alive > 0 {
			t.Fatalf("%s is gone, and %d tasks are still on it", i.EC2ID, alive)
		}
	}
	for _, task := range tasks {
		at := slices.IndexFunc(w.Instances("default"), func(i cluster.Instance) bool { return i.ARN == task.Instance })
		if at < 0 && !task.Gone() {
			t.Fatalf("task %s is on no instance", task.Short())
		}
	}
}

// TestNothingIsPlacedOnADrainingInstance, and service tasks leave it while those on their own stay.
func TestNothingIsPlacedOnADrainingInstance(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := hosted(t, 3, rapid.IntRange(1, 5).Draw(t, "desired"), cluster.Bounds{MinimumHealthyPercent: 100, MaximumPercent: 200}, rapid.Uint64Range(1, 99).Draw(t, "seed"))
		all := w.Instances("default")
		for range rapid.IntRange(0, 4).Draw(t, "jobs") {
			_, _ = w.Act(start, cluster.RunTask{Cluster: "default", Definition: "job", Launch: cluster.EC2})
		}
		drained := all[rapid.IntRange(0, 2).Draw(t, "instance")]
		_, _ = w.Act(start, cluster.SetInstanceStatus{Cluster: "default", Instance: drained.ID, Status: cluster.InstanceDraining})
		w.AdvanceTo(start.Add(10 * time.Minute))
		for _, task := range w.Tasks("default") {
			on := task.Instance == drained.ARN
			if on && task.CreatedAt.After(start) || on && task.Service() != "" && !task.Gone() {
				t.Fatalf("task %s of %s, created at %s, is %s on the draining instance", task.Short(), task.Group, task.CreatedAt, task.Last)
			}
		}
	})
}

// TestALoadedClusterDrainsOn: a world that is loaded in the middle of a drain ends with the same instances and counts.
func TestALoadedClusterDrainsOn(t *testing.T) {
	w := hosted(t, 3, 5, cluster.Bounds{MinimumHealthyPercent: 100, MaximumPercent: 150}, 7)
	if _, err := w.Act(start, cluster.RunTask{Cluster: "default", Definition: "job", Launch: cluster.EC2}); err != nil {
		t.Fatal(err)
	}
	drained := w.Instances("default")[0]
	if _, err := w.Act(start, cluster.SetInstanceStatus{Cluster: "default", Instance: drained.ID, Status: cluster.InstanceDraining}); err != nil {
		t.Fatal(err)
	}
	w.AdvanceTo(start.Add(20 * time.Second))
	scope := cluster.InstanceScope{Cluster: "default", Tasks: cluster.AllTasks}.Of()
	for _, name := range []string{"api", "agent"} {
		scope = scope.Union(cluster.ServiceScope{Service: cluster.ServiceKey{Cluster: "default", Service: name}, Tasks: cluster.AllTasks, Targets: true, Definitions: true}.Of())
	}
	loaded, _, err := world.Load(world.Config{Seed: 7, Profile: profileNamed("ec2-2026"), Place: place}, w.Look(scope), nil)
	if err != nil {
		t.Fatal(err)
	}
	later := start.Add(20 * time.Minute)
	w.AdvanceTo(later)
	loaded.AdvanceTo(later)
	for n, i := range w.Instances("default") {
		again := loaded.Instances("default")[n]
		if again.ID != i.ID || again.Status != i.Status || again.ID == drained.ID && (again.Running != i.Running || again.Remaining.CPU != i.Remaining.CPU) {
			t.Errorf("%s ends as %+v, and loaded as %+v", i.EC2ID, i, again)
		}
	}
	count := func(w *world.World) (n int) {
		for _, task := range w.Tasks("default") {
			if task.Last == cluster.Running {
				n++
			}
		}
		return n
	}
	if count(w) != count(loaded) {
		t.Errorf("%d tasks run, and %d in the loaded world", count(w), count(loaded))
	}
}

func profileNamed(name string) profile.Profile {
	p, _ := profile.Named(name)
	return p
}

// TestTasksOnTheirOwnAreForgotten after an hour. Source: developer guide, stopped-task-errors.
func TestTasksOnTheirOwnAreForgotten(t *testing.T) {
	w := hosted(t, 1, 0, cluster.Bounds{MinimumHealthyPercent: 100, MaximumPercent: 200}, 1)
	answer, err := w.Act(start, cluster.RunTask{Cluster: "default", Definition: "job", Launch: cluster.Fargate, StartedBy: "cron"})
	if err != nil {
		t.Fatal(err)
	}
	w.AdvanceTo(start.Add(2 * time.Minute))
	task, ok := w.Task("default", answer.IDs[0])
	if !ok || task.Last != cluster.Running || task.Group != "family:job" || task.StartedBy != "cron" || task.Service() != "" {
		t.Fatalf("the task is %+v", task)
	}
	if _, err := w.Act(w.Now(), cluster.StopTask{Cluster: "default", Task: task.ID}); err != nil {
		t.Fatal(err)
	}
	w.AdvanceTo(start.Add(30 * time.Minute))
	if task, _ = w.Task("default", task.ID); task.Last != cluster.Stopped {
		t.Errorf("the task is %s", task.Last)
	}
	w.AdvanceTo(start.Add(2 * time.Hour))
	if _, ok := w.Task("default", task.ID); ok {
		t.Error("a stopped task is still shown")
	}
	if _, ok := w.Service(cluster.ServiceKey{Cluster: "default"}); ok {
		t.Error("what keeps the tasks is shown as a service")
	}
}
