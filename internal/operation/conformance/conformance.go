// Package conformance is the suite that every Provider of package operation must pass: the model, the AWS adapter over the emulator, and any other.
// It is what makes a forecast and a real run exchangeable.
//
// The suite changes the service that it is given, so each of its tests opens a Provider of its own.
package conformance

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"handover/internal/cluster"
	"handover/internal/operation"
)

// Fixture is a Provider with a steady REPLICA service on it.
type Fixture struct {
	Provider operation.Provider
	Service  cluster.ServiceKey
	Desired  int // at least 2
	Ceiling  int // the most tasks that may be seen during a rolling deployment
}

// Test runs the suite; open makes a new Fixture for each test.
func Test(t *testing.T, open func(*testing.T) Fixture) {
	for _, c := range []struct {
		name string
		test func(*testing.T, Fixture)
	}{
		{"an empty scope reads nothing", emptyScope},
		{"a missing service is absent and no gap", missingService},
		{"a steady service is described", steadyService},
		{"only what was asked for is read", onlyAsked},
		{"a forced update starts a deployment and gives its id", forcedUpdate},
		{"a rollout completes within its ceiling", rolloutCompletes},
		{"a stopped task goes and is replaced", stoppedTask},
		{"neighbouring stops do not depend on each other", independentStops},
		{"protection is set, shown where it was asked for, and taken away", protection},
		{"a scalable target is shown with its suspension", scalableTarget},
		{"history shows a deployment and its revision", history},
		{"a rejected action ends the list", rejectedAction},
		{"bounds that block are rejected", blockingBounds},
		{"sleep lets time pass", sleepPasses},
		{"an ended context ends sleep", endedContext},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, open(t)) })
	}
}

func (f Fixture) whole() cluster.Scope {
	return cluster.ServiceScope{Service: f.Service, Tasks: cluster.AllTasks, Targets: true, Definitions: true}.Of()
}

func (f Fixture) look(t *testing.T, scope cluster.Scope) cluster.Snapshot {
	t.Helper()
	before := f.Provider.Now()
	s, err := f.Provider.Observe(context.Background(), scope)
	if err != nil {
		t.Fatalf("observing: %v", err)
	}
	if s.At.Before(before.Truncate(time.Second)) {
		t.Fatalf("the snapshot is of %s, before the look began at %s", s.At, before)
	}
	return s
}

func (f Fixture) view(t *testing.T) cluster.ServiceView {
	t.Helper()
	s := f.look(t, f.whole())
	if len(s.Gaps) > 0 {
		t.Fatalf("could not be read: %+v", s.Gaps)
	}
	v, ok := s.Service(f.Service)
	if !ok {
		t.Fatalf("%s is not in the snapshot", f.Service)
	}
	return v
}

func (f Fixture) apply(t *testing.T, a cluster.Action) cluster.Outcome {
	t.Helper()
	outcomes := f.Provider.Apply(context.Background(), []cluster.Action{a})
	if len(outcomes) != 1 {
		t.Fatalf("%s: %d outcomes for one action", a.Kind(), len(outcomes))
	}
	return outcomes[0]
}

func emptyScope(t *testing.T, f Fixture) {
	s := f.look(t, cluster.Scope{})
	if len(s.Services)+len(s.Gaps) > 0 {
		t.Errorf("an empty scope read %+v", s)
	}
}

func missingService(t *testing.T, f Fixture) {
	key := cluster.ServiceKey{Cluster: f.Service.Cluster, Service: "no-such-service"}
	s := f.look(t, cluster.ServiceScope{Service: key, Tasks: cluster.AllTasks, Targets: true, Definitions: true}.Of())
	if _, ok := s.Service(key); ok {
		t.Error("a service that does not exist is in the snapshot")
	}
	if gap, ok := s.Gap(key, cluster.PartService); ok {
		t.Errorf("a service that does not exist is a gap: %+v", gap)
	}
}

func steadyService(t *testing.T, f Fixture) {
	v := f.view(t)
	s := v.Service
	if s.Status != cluster.ServiceActive || s.Desired != f.Desired || s.Running != f.Desired || s.Pending != 0 {
		t.Errorf("want %d of %d tasks running in an ACTIVE service, got %+v", f.Desired, f.Desired, s)
	}
	primary, ok := s.Primary()
	if !ok || len(s.Deployments) != 1 || primary.Rollout != cluster.RolloutCompleted || primary.ID == "" {
		t.Errorf("want one completed deployment, got %+v", s.Deployments)
	}
	if _, ok := v.Definition(s.Definition); !ok {
		t.Errorf("the task definition %s was asked for and is not there", s.Definition)
	}
	if len(v.Tasks) < f.Desired {
		t.Errorf("want at least %d tasks, got %d", f.Desired, len(v.Tasks))
	}
	for _, task := range v.Tasks {
		if task.MeantToRun() && (task.StartedBy != primary.ID || !v.Healthy(&task, f.Provider.Now())) {
			t.Errorf("a task of a steady service is not a healthy one of its deployment: %+v", task)
		}
	}
	inOrder := func(a, b cluster.Task) int { return a.CreatedAt.Compare(b.CreatedAt) }
	if !slices.IsSortedFunc(v.Tasks, inOrder) {
		t.Error("tasks are not oldest first")
	}
}

func onlyAsked(t *testing.T, f Fixture) {
	v, ok := f.look(t, cluster.ServiceScope{Service: f.Service}.Of()).Service(f.Service)
	if !ok || len(v.Tasks) > 0 || len(v.Targets) > 0 || len(v.Definitions) > 0 {
		t.Errorf("asked for the service alone, got %+v", v)
	}
	v, _ = f.look(t, cluster.ServiceScope{Service: f.Service, Tasks: cluster.RunningTasks}.Of()).Service(f.Service)
	for _, task := range v.Tasks {
		if !task.MeantToRun() {
			t.Errorf("asked for running tasks, got one that is not meant to run: %+v", task)
		}
	}
}

func forcedUpdate(t *testing.T, f Fixture) {
	former, _ := f.view(t).Service.Primary()
	outcome := f.apply(t, cluster.UpdateService{Service: f.Service, Force: true})
	if outcome.Result != cluster.Done || len(outcome.IDs) != 1 {
		t.Fatalf("want one deployment id, got %+v", outcome)
	}
	s := f.view(t).Service
	primary, ok := s.Primary()
	if !ok || primary.ID != outcome.IDs[0] || primary.Rollout != cluster.RolloutInProgress {
		t.Errorf("want %s in progress as the primary deployment, got %+v", outcome.IDs[0], s.Deployments)
	}
	if old, ok := s.Deployment(former.ID); !ok || old.Status != cluster.DeploymentActive {
		t.Errorf("want the former deployment %s ACTIVE, got %+v", former.ID, s.Deployments)
	}
	if outcome := f.apply(t, cluster.UpdateService{Service: f.Service, Bounds: &cluster.Bounds{MinimumHealthyPercent: 50, MaximumPercent: 200}}); outcome.Result != cluster.Done || len(outcome.IDs) != 0 {
		t.Errorf("other bounds start no deployment and give no id, got %+v", outcome)
	}
}

func rolloutCompletes(t *testing.T, f Fixture) {
	outcome := f.apply(t, cluster.UpdateService{Service: f.Service, Force: true})
	last := f.Provider.Now()
	for range 1000 {
		if err := f.Provider.Sleep(context.Background(), 10*time.Second); err != nil {
			t.Fatalf("sleeping: %v", err)
		}
		now, v := f.Provider.Now(), f.view(t)
		if now.Before(last) {
			t.Fatalf("time went back from %s to %s", last, now)
		}
		last = now
		f.countsEqualStates(t, v)
		if tasks, _ := v.Count(now); tasks > f.Ceiling {
			t.Fatalf("%d tasks, above the ceiling of %d", tasks, f.Ceiling)
		}
		d, ok := v.Service.Deployment(outcome.IDs[0])
		if !ok {
			t.Fatalf("our deployment is gone: %+v", v.Service.Deployments)
		}
		if d.Rollout == cluster.RolloutCompleted {
			f.completed(t, v, d)
			return
		}
	}
	t.Fatal("the rollout did not complete in 10,000 s")
}

func (f Fixture) completed(t *testing.T, v cluster.ServiceView, d cluster.Deployment) {
	t.Helper()
	if len(v.Service.Deployments) != 1 || d.Running != f.Desired {
		t.Errorf("completed with %+v", v.Service.Deployments)
	}
	for _, task := range v.Tasks {
		if task.StartedBy != d.ID && !task.Gone() {
			t.Errorf("completed while an old task is %s", task.Last)
		}
	}
}

// countsEqualStates holds the counts of a service against the states of its tasks.
func (f Fixture) countsEqualStates(t *testing.T, v cluster.ServiceView) {
	t.Helper()
	running := map[string]int{}
	for _, task := range v.Tasks {
		if task.MeantToRun() && task.Last == cluster.Running {
			running[task.StartedBy]++
		}
	}
	sum := 0
	for _, d := range v.Service.Deployments {
		if d.Running != running[d.ID] {
			t.Errorf("deployment %s says %d running, its tasks say %d", d.ID, d.Running, running[d.ID])
		}
		sum += d.Running
	}
	if v.Service.Running != sum {
		t.Errorf("the service says %d running, its deployments %d", v.Service.Running, sum)
	}
}

func stoppedTask(t *testing.T, f Fixture) {
	victim := f.view(t).Tasks[0]
	outcome := f.apply(t, cluster.StopTask{Cluster: f.Service.Cluster, Task: victim.ID, Reason: "conformance"})
	if outcome.Result != cluster.Done || !slices.Equal(outcome.IDs, []string{victim.ID}) {
		t.Fatalf("want %s done, got %+v", victim.ID, outcome)
	}
	for range 200 {
		if err := f.Provider.Sleep(context.Background(), 10*time.Second); err != nil {
			t.Fatalf("sleeping: %v", err)
		}
		v := f.view(t)
		for _, task := range v.Tasks {
			if task.ID == victim.ID && task.MeantToRun() {
				t.Fatalf("the stopped task is meant to run: %+v", task)
			}
		}
		if _, healthy := v.Count(f.Provider.Now()); healthy == f.Desired {
			return
		}
	}
	t.Fatal("the stopped task was not replaced within 2,000 s")
}

// noTask is an id that no task has.
const noTask = "00000000000000000000000000000000"

func independentStops(t *testing.T, f Fixture) {
	tasks := f.view(t).Tasks
	stop := func(id string) cluster.Action { return cluster.StopTask{Cluster: f.Service.Cluster, Task: id} }
	outcomes := f.Provider.Apply(context.Background(), []cluster.Action{stop(tasks[0].ID), stop(noTask), stop(tasks[1].ID), cluster.UpdateService{Service: f.Service, Force: true}})
	if len(outcomes) != 3 || outcomes[0].Result != cluster.Done || outcomes[1].Result != cluster.Rejected || outcomes[2].Result != cluster.Done {
		t.Fatalf("want done, rejected, done, and no outcome of the update after them, got %+v", outcomes)
	}
	if outcomes[1].Err == nil || outcomes[1].Err.Class != cluster.ClassNotFound {
		t.Errorf("want a task that does not exist as not found, got %+v", outcomes[1].Err)
	}
	if s := f.view(t).Service; len(s.Deployments) != 1 {
		t.Errorf("the action after a run with a rejected one was carried out: %+v", s.Deployments)
	}
}

func protection(t *testing.T, f Fixture) {
	guarded := cluster.ServiceScope{Service: f.Service, Tasks: cluster.RunningTasks, Protection: true}.Of()
	tasks := f.view(t).Tasks
	protect := func(on bool) {
		t.Helper()
		var actions []cluster.Action
		for _, task := range []string{tasks[0].ID, noTask, tasks[1].ID} {
			actions = append(actions, cluster.ProtectTask{Cluster: f.Service.Cluster, Task: task, Protect: on, For: 10 * time.Minute})
		}
		outcomes := f.Provider.Apply(context.Background(), actions)
		if len(outcomes) != 3 || outcomes[0].Result != cluster.Done || outcomes[1].Result != cluster.Rejected || outcomes[2].Result != cluster.Done {
			t.Fatalf("want done, rejected, done, got %+v", outcomes)
		}
	}
	protect(true)
	v, _ := f.look(t, guarded).Service(f.Service)
	for _, task := range v.Tasks {
		left := task.ProtectedUntil.Sub(f.Provider.Now())
		if ours := task.ID == tasks[0].ID || task.ID == tasks[1].ID; ours && (left < 9*time.Minute || left > 11*time.Minute) || !ours && !task.ProtectedUntil.IsZero() {
			t.Errorf("task %s is protected for %s", task.ID, left)
		}
	}
	for _, task := range f.view(t).Tasks {
		if !task.ProtectedUntil.IsZero() {
			t.Errorf("protection was not asked for, and is shown of %s", task.ID)
		}
	}
	protect(false)
	v, _ = f.look(t, guarded).Service(f.Service)
	for _, task := range v.Tasks {
		if !task.ProtectedUntil.IsZero() {
			t.Errorf("task %s is still protected until %s", task.ID, task.ProtectedUntil)
		}
	}
}

func scalableTarget(t *testing.T, f Fixture) {
	scaling := cluster.ServiceScope{Service: f.Service, Scaling: true}.Of()
	s := f.look(t, scaling)
	if v, _ := s.Service(f.Service); v.Scaling != nil || len(s.Gaps) > 0 {
		t.Errorf("want no scalable target and no gap, got %+v, %+v", v.Scaling, s.Gaps)
	}
	least, most := 1, f.Desired+5
	outcome := f.apply(t, cluster.RegisterScalableTarget{Service: f.Service, Min: &least, Max: &most, Suspended: &cluster.Suspension{In: true, Scheduled: true}})
	if outcome.Result != cluster.Done {
		t.Fatalf("registering a scalable target: %+v", outcome)
	}
	v, _ := f.look(t, scaling).Service(f.Service)
	if v.Scaling == nil || v.Scaling.Min != least || v.Scaling.Max != most || v.Scaling.Suspended != (cluster.Suspension{In: true, Scheduled: true}) {
		t.Errorf("got %+v", v.Scaling)
	}
	if f.view(t).Scaling != nil {
		t.Error("the scalable target was not asked for and is shown")
	}
}

func history(t *testing.T, f Fixture) {
	outcome := f.apply(t, cluster.UpdateService{Service: f.Service, Force: true})
	s := f.look(t, cluster.ServiceScope{Service: f.Service, History: true}.Of())
	v, _ := s.Service(f.Service)
	if len(v.History) != 2 || v.History[0].Deployment != outcome.IDs[0] || v.History[1].Status != cluster.DeploymentSuccessful {
		t.Fatalf("want the new deployment %s before a successful one, got %+v, %+v", outcome.IDs[0], v.History, s.Gaps)
	}
	revision, ok := v.Revision(v.History[0].Target)
	if !ok || revision.Definition != v.Service.Definition {
		t.Errorf("want the revision %s, got %+v", v.History[0].Target, v.Revisions)
	}
}

func rejectedAction(t *testing.T, f Fixture) {
	missing := cluster.ServiceKey{Cluster: f.Service.Cluster, Service: "no-such-service"}
	outcomes := f.Provider.Apply(context.Background(), []cluster.Action{
		cluster.UpdateService{Service: missing, Force: true},
		cluster.UpdateService{Service: f.Service, Force: true},
	})
	if len(outcomes) != 1 || outcomes[0].Result != cluster.Rejected || outcomes[0].Err == nil || outcomes[0].Err.Class != cluster.ClassNotFound {
		t.Errorf("want the first action rejected as not found and the second not tried, got %+v", outcomes)
	}
	if s := f.view(t).Service; len(s.Deployments) != 1 {
		t.Errorf("the action after a rejected one was carried out: %+v", s.Deployments)
	}
}

func blockingBounds(t *testing.T, f Fixture) {
	outcome := f.apply(t, cluster.UpdateService{Service: f.Service, Bounds: &cluster.Bounds{MinimumHealthyPercent: 100, MaximumPercent: 100}})
	if outcome.Result != cluster.Rejected || outcome.Err == nil || outcome.Err.Class != cluster.ClassInvalid {
		t.Errorf("want 100/100 rejected as invalid, got %+v", outcome)
	}
}

func sleepPasses(t *testing.T, f Fixture) {
	before := f.Provider.Now()
	if err := f.Provider.Sleep(context.Background(), 90*time.Second); err != nil {
		t.Fatalf("sleeping: %v", err)
	}
	if passed := f.Provider.Now().Sub(before); passed < 89*time.Second {
		t.Errorf("slept 90 s, %s passed", passed)
	}
}

func endedContext(t *testing.T, f Fixture) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := f.Provider.Sleep(ctx, time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("want the context's error, got %v", err)
	}
}
