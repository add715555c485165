package operation_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"handover/internal/cluster"
	"handover/internal/operation"
)

func newFast(options operation.FastOptions) operation.Operation {
	return &operation.Keep[*operation.Fast]{Body: operation.NewFast(api, options), Timeout: time.Hour}
}

func newUpdate(options operation.UpdateOptions) operation.Operation {
	return &operation.Keep[*operation.Update]{Body: operation.NewUpdate(api, options), Timeout: 2 * time.Hour}
}

func TestFastRestartStopsEveryTask(t *testing.T) {
	s := open(t, "target-group web drain=60s\nservice api desired=250 target-group=web\n")
	begun := s.Now()
	v := s.run(t, newFast(operation.FastOptions{Leave: 0.2, Reason: "restart by tester"}), nil)
	if v.End != cluster.Succeeded || v.Figures.Replaced != 250 {
		t.Fatalf("verdict %+v (%+v)", v, v.Cause)
	}
	stops := 0
	for _, a := range s.sent {
		if stop, ok := a.(cluster.StopTask); ok {
			stops++
			if stop.Reason != "restart by tester" {
				t.Fatalf("stopped for %q", stop.Reason)
			}
		}
	}
	if stops != 250 {
		t.Errorf("%d stops for 250 tasks", stops)
	}
	for _, task := range s.World.Tasks("default") {
		if !task.CreatedAt.After(begun) && !task.Gone() {
			t.Errorf("old task %s is %s", task.ID, task.Last)
		}
	}
	if took := s.lastStop.Sub(begun); took < 5*time.Second || took > 6*time.Second { // 250 less the burst of 80, at 32 a second, is 5.3 s
		t.Errorf("the last stop came after %s", took)
	}
}

// denying is a stage on which StopTask is denied after so many.
type denying struct {
	*stage
	after int
}

func (d *denying) Apply(ctx context.Context, actions []cluster.Action) []cluster.Outcome {
	return operation.OneByOne(actions, func(a cluster.Action) cluster.Outcome {
		if d.after--; a.Kind() == "StopTask" && d.after < 0 {
			return cluster.Outcome{Result: cluster.Rejected, Err: cluster.Errorf(cluster.ClassDenied, "AccessDeniedException", "not authorized to perform: ecs:StopTask")}
		}
		return d.stage.Apply(ctx, []cluster.Action{a})[0]
	})
}

// TestAFastRestartThatMayNotStopTasks changed nothing where the first stop was denied, and failed where others went before.
func TestAFastRestartThatMayNotStopTasks(t *testing.T) {
	for after, want := range []cluster.End{cluster.Refused, cluster.Failed} {
		ending, err := operation.Driver{Provider: &denying{open(t, five), after}}.Run(t.Context(), newFast(operation.FastOptions{}))
		if err != nil || ending.Verdict.End != want {
			t.Errorf("denied after %d stops: %+v, %v; want %s", after, ending.Verdict, err, want)
		}
	}
}

func TestUpdateGoesToADefinition(t *testing.T) {
	s := open(t, "task-definition app image=app:1\ntask-definition app image=app:2\ntarget-group web drain=60s\nservice api desired=3 definition=app:1 target-group=web\n")
	v := s.run(t, newUpdate(operation.UpdateOptions{Definition: "app:2"}), nil)
	if v.End != cluster.Succeeded || !strings.HasSuffix(s.service(t).Definition, "app:2") || len(s.sent) != 1 {
		t.Fatalf("verdict %+v (%+v), definition %s, sent %v", v, v.Cause, s.service(t).Definition, s.sent)
	}
	if v := s.run(t, newUpdate(operation.UpdateOptions{Definition: "app:2"}), nil); v.End != cluster.Succeeded || len(s.sent) != 1 || !strings.Contains(v.Summary, "already") {
		t.Errorf("a second time: %+v, sent %v", v, s.sent)
	}
	v = s.run(t, newUpdate(operation.UpdateOptions{Images: []cluster.ContainerImage{{Container: "app", Image: "app:3"}}}), nil)
	if v.End != cluster.Succeeded || !strings.HasSuffix(s.service(t).Definition, "app:3") {
		t.Errorf("with another image: %+v (%+v), definition %s", v, v.Cause, s.service(t).Definition)
	}
	v = s.run(t, newUpdate(operation.UpdateOptions{Images: []cluster.ContainerImage{{Container: "web", Image: "app:3"}}}), nil)
	if v.End != cluster.Refused || v.Cause.Code != "no-such-container" {
		t.Errorf("with no such container: %+v", v)
	}
	v = s.run(t, newUpdate(operation.UpdateOptions{Back: true}), nil)
	now := s.service(t).Definition
	d, _ := s.World.Definition(now)
	if v.End != cluster.Succeeded || !strings.HasPrefix(d.Containers[0].Image, "app@sha256:") {
		t.Errorf("back: %+v (%+v), image %s of %s", v, v.Cause, d.Containers[0].Image, now)
	}
}

func TestAFastUpdateLeavesNoOldTask(t *testing.T) {
	s := open(t, "task-definition app image=app:1\ntask-definition app image=app:2\ntarget-group web drain=300s\nservice api desired=6 definition=app:1 target-group=web\n")
	begun := s.Now()
	v := s.run(t, newUpdate(operation.UpdateOptions{Definition: "app:2", Fast: true, Leave: 0.2}), nil)
	if v.End != cluster.Succeeded {
		t.Fatalf("verdict %+v (%+v)", v, v.Cause)
	}
	for _, task := range s.World.Tasks("default") {
		if task.StartedBy != v.Figures.Deployment && !task.Gone() {
			t.Errorf("task %s of %s is %s", task.ID, task.StartedBy, task.Last)
		}
	}
	t.Logf("took %s, %d actions", s.Now().Sub(begun), len(s.sent))
}

func TestARollbackStopsARolloutThatIsInFlight(t *testing.T) {
	s := open(t, "task-definition app image=app:1\ntask-definition app image=app:2\ntarget-group web drain=60s\nservice api desired=3 definition=app:1 target-group=web\nupdate-service api definition=app:2\nadvance 40s\n")
	v := s.run(t, newUpdate(operation.UpdateOptions{Back: true}), nil)
	if v.End != cluster.Succeeded || !strings.HasSuffix(s.service(t).Definition, "app:1") || s.sent[0].Kind() != "StopServiceDeployment" || len(s.sent) != 1 {
		t.Errorf("verdict %+v (%+v), definition %s, sent %v", v, v.Cause, s.service(t).Definition, s.sent)
	}
}

func TestRollbackWithNothingBefore(t *testing.T) {
	s := open(t, five)
	if v := s.run(t, newUpdate(operation.UpdateOptions{Back: true}), nil); v.End != cluster.Refused || v.Cause.Code != "nothing-before" || len(s.sent) > 0 {
		t.Errorf("verdict %+v (%+v)", v, v.Cause)
	}
}

func TestTasksThatFailEndARestartEarly(t *testing.T) {
	s := open(t, "task-definition app image=app:1\ntask-definition app image=app:2 fails=image\nservice api desired=3 definition=app:1\n")
	begun := s.Now()
	v := s.run(t, newUpdate(operation.UpdateOptions{Definition: "app:2"}), nil)
	if v.End != cluster.Failed || v.End.ExitCode() != 3 || s.Now().Sub(begun) > 15*time.Minute {
		t.Errorf("verdict %+v (%+v) after %s", v, v.Cause, s.Now().Sub(begun))
	}
}

func TestNoRoomEndsAnUpdateEarly(t *testing.T) {
	s := open(t, "cluster default room=3\ntask-definition app image=app:1\ntask-definition app image=app:2\nservice api desired=3 definition=app:1\n")
	v := s.run(t, newUpdate(operation.UpdateOptions{Definition: "app:2"}), nil)
	if v.End != cluster.Failed || v.Cause.Code != "no-room" {
		t.Errorf("verdict %+v (%+v)", v, v.Cause)
	}
}

// bare is a provider whose registry does not have one image.
type bare struct {
	operation.Provider
	image string
}

func (b bare) Observe(ctx context.Context, scope cluster.Scope) (cluster.Snapshot, error) {
	s, err := b.Provider.Observe(ctx, scope)
	for i := range s.Images {
		if s.Images[i].Name == b.image {
			s.Images[i] = cluster.Image{Name: b.image, Missing: true}
		}
	}
	return s, err
}

// TestADefinitionIsSeenBeforeItIsDeployed: one that is not there, or was deregistered, is refused; one whose registry does not have its image, too, unless another one is named; and what a family stood
// for when it was looked at is deployed, whatever it stands for by then.
func TestADefinitionIsSeenBeforeItIsDeployed(t *testing.T) {
	const scene = "task-definition app image=app:1\ntask-definition app image=app:2\ntask-definition gone image=gone:1\nservice api desired=2 definition=app:1\n"
	other := []cluster.ContainerImage{{Container: "app", Image: "app:3"}}
	for name, c := range map[string]struct {
		options       operation.UpdateOptions
		code, revised string
	}{
		"no such revision":         {operation.UpdateOptions{Definition: "app:9"}, "no-such-definition", ""},
		"no such family":           {operation.UpdateOptions{Definition: "nope", Images: other}, "no-such-definition", ""},
		"no revision to return to": {operation.UpdateOptions{Definition: "9", Back: true}, "no-such-definition", ""},
		"deregistered":             {operation.UpdateOptions{Definition: "gone:1"}, "inactive-definition", ""},
		"without its image":        {operation.UpdateOptions{Definition: "app:2"}, "no-such-image", ""},
		"with another image":       {operation.UpdateOptions{Definition: "app:2", Images: other}, "", "app:2"},
		"the latest of the family": {operation.UpdateOptions{Definition: "app", Images: other}, "", "app:2"},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, scene)
			if _, err := s.World.Act(s.Now(), cluster.DeregisterTaskDefinition{Definition: "gone:1"}); err != nil {
				t.Fatal(err)
			}
			ending, err := operation.Driver{Provider: bare{s, "app:2"}}.Run(t.Context(), newUpdate(c.options))
			if err != nil {
				t.Fatal(err)
			}
			v := ending.Verdict
			if c.code != "" && (v.End != cluster.Refused || v.Cause.Code != c.code || len(s.sent) > 0) {
				t.Errorf("%+v, %+v, sent %v", v, v.Cause, s.sent)
			}
			if c.code != "" {
				return
			}
			first, revises := s.sent[0].(cluster.ReviseTaskDefinition)
			if !revises || cluster.Revision(first.Definition) != c.revised || v.End != cluster.Succeeded {
				t.Errorf("%+v, sent %v", v, s.sent)
			}
		})
	}
}

// TestAnImageThatIsNotThereIsRefusedBeforehand: neither goes an update to it, nor does a restart bring tasks of it.
func TestAnImageThatIsNotThereIsRefusedBeforehand(t *testing.T) {
	for name, op := range map[string]operation.Operation{
		"app:2": newUpdate(operation.UpdateOptions{Images: []cluster.ContainerImage{{Container: "app", Image: "app:2"}}}),
		"app:1": &operation.Keep[*operation.Restart]{Body: operation.NewRestart(api, operation.RestartOptions{}), Timeout: time.Hour},
	} {
		s := open(t, "task-definition app image=app:1\nservice api desired=2 definition=app:1\n")
		ending, err := operation.Driver{Provider: bare{s, name}}.Run(t.Context(), op)
		if err != nil || ending.Verdict.End != cluster.Refused || ending.Verdict.Cause.Code != "no-such-image" || len(s.sent) > 0 {
			t.Errorf("%s: %+v, %v, sent %v", name, ending.Verdict, err, s.sent)
		}
	}
}

// TestNobodyLooksWhileTasksDrain: connections drain for 300 s, in which nothing can end, so it is looked at once a minute and not every 5 s; a restart at once takes 33 looks and not 147, a recycle
// of one task 42 and not 93. It takes no longer: 6m15s and 7m4s.
func TestNobodyLooksWhileTasksDrain(t *testing.T) {
	for name, c := range map[string]struct {
		op   operation.Operation
		most int
	}{
		"restart --fast":   {newFast(operation.FastOptions{}), 35},
		"recycle one task": {newRecycle(operation.RecycleOptions{Method: operation.Graceful, Batch: 1, Select: operation.Selection{Limit: 1}}), 45},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, "world jitter=off\ntarget-group web drain=300s\nservice api desired=2 target-group=web\n")
			begun := s.Now()
			ending, err := operation.Driver{Provider: s}.Run(t.Context(), c.op)
			took := s.Now().Sub(begun)
			if err != nil || ending.Verdict.End != cluster.Succeeded || s.looks > c.most || took > 7*time.Minute+5*time.Second {
				t.Errorf("%d looks in %s: %+v, %v", s.looks, took, ending.Verdict, err)
			}
		})
	}
}
