package operation_test

import (
	"context"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"handover/internal/cluster"
	"handover/internal/forecast"
	"handover/internal/operation"
	"handover/internal/scenario"
	"handover/internal/world"
)

var api = cluster.ServiceKey{Cluster: "default", Service: "api"}

// stage is a world with a restart on it. Its hooks act before the nth look, and stand between the operation and the world.
type stage struct {
	forecast.Provider
	looks    int
	sent     []cluster.Action
	at       []time.Time                                                              // when each was sent
	lastStop time.Time                                                                // when the last StopTask was sent
	before   map[int]func(*world.World)                                               // what else happens in the world before the nth look
	lose     map[int]bool                                                             // the answer of the nth action is lost, after it took effect
	drop     map[int]bool                                                             // the nth action is lost before it takes effect
	hide     func(look int, scope cluster.Scope, s cluster.Snapshot) cluster.Snapshot // what a look shows
}

func (s *stage) Observe(ctx context.Context, scope cluster.Scope) (cluster.Snapshot, error) {
	s.looks++
	if act := s.before[s.looks]; act != nil {
		act(s.World)
	}
	snapshot, err := s.Provider.Observe(ctx, scope)
	if s.hide != nil {
		snapshot = s.hide(s.looks, scope, snapshot)
	}
	return snapshot, err
}

func (s *stage) Apply(ctx context.Context, actions []cluster.Action) []cluster.Outcome {
	for range actions {
		s.at = append(s.at, s.Now())
	}
	s.sent = append(s.sent, actions...)
	if len(actions) > 0 && actions[0].Kind() == "StopTask" {
		s.lastStop = s.Now()
	}
	unknown := []cluster.Outcome{{Result: cluster.Unknown}}
	if s.drop[len(s.sent)] {
		return unknown
	}
	outcomes := s.Provider.Apply(ctx, actions)
	if s.lose[len(s.sent)] {
		return unknown
	}
	return outcomes
}

func open(t *testing.T, scene string) *stage {
	t.Helper()
	f, err := scenario.Parse("scene", scene)
	if err != nil {
		t.Fatal(err)
	}
	_, w, err := scenario.Play(f, scenario.Defaults())
	if err != nil {
		t.Fatal(err)
	}
	return &stage{Provider: forecast.Provider{World: w}}
}

const five = "world jitter=on\ntarget-group web drain=60s\nservice api desired=5 min=100 max=200 target-group=web\n"

type restart = operation.Keep[*operation.Restart]

func newRestart(options operation.RestartOptions, timeout time.Duration) *restart {
	return &restart{Body: operation.NewRestart(api, options), Timeout: timeout}
}

// run takes a restart to its end. ask gives the interrupt at a step.
func (s *stage) run(t *testing.T, op operation.Operation, ask func(step int) operation.Interrupt) cluster.Verdict {
	t.Helper()
	step := 0
	d := operation.Driver{Provider: s, Interrupt: func() operation.Interrupt {
		step++
		if step > 2000 {
			t.Fatal("no end after 2,000 steps")
		}
		if ask == nil {
			return operation.NoInterrupt
		}
		return ask(step)
	}}
	ending, err := d.Run(context.Background(), op)
	if err != nil || ending.Verdict == nil {
		t.Fatalf("run: %+v, %v", ending, err)
	}
	return *ending.Verdict
}

func (s *stage) service(t *testing.T) cluster.Service {
	t.Helper()
	service, ok := s.World.Service(api)
	if !ok {
		t.Fatal("the service is gone")
	}
	return service
}

func deploy(w *world.World) {
	if _, err := w.Act(w.Now(), cluster.UpdateService{Service: api, Force: true}); err != nil {
		panic(err)
	}
}

func percent(n int) *int { return &n }

func TestRestartReplacesEveryTask(t *testing.T) {
	s := open(t, five)
	before := s.service(t).Deployments[0].ID
	v := s.run(t, newRestart(operation.RestartOptions{}, time.Hour), nil)
	if v.End != cluster.Succeeded || v.Figures.Replaced != 5 || v.Figures.PeakTasks != 10 || v.Figures.LowestHealthy != 5 {
		t.Errorf("verdict %+v", v)
	}
	after := s.service(t)
	if len(after.Deployments) != 1 || after.Deployments[0].ID == before || after.Deployments[0].ID != v.Figures.Deployment {
		t.Errorf("deployments %+v", after.Deployments)
	}
	for _, task := range s.World.Tasks("default") {
		if task.StartedBy == before && !task.Gone() {
			t.Errorf("an old task is %s", task.Last)
		}
	}
}

func TestRestartRefusesAndChangesNothing(t *testing.T) {
	for _, c := range []struct {
		name, scene, code string
		options           operation.RestartOptions
	}{
		{"missing", "service other", "service-missing", operation.RestartOptions{}},
		{"draining", "service api desired=2\ndelete-service api force", "service-draining", operation.RestartOptions{}},
		{"inactive", "service api desired=0\ndelete-service api\nadvance 1h", "service-inactive", operation.RestartOptions{}},
		{"code deploy", "service api controller=CODE_DEPLOY", "code-deploy", operation.RestartOptions{}},
		{"external", "service api controller=EXTERNAL desired=0", "external-controller", operation.RestartOptions{}},
		{"one task with 100/150", "service api desired=1 max=150", "bounds-block", operation.RestartOptions{}},
		{"two tasks with 75/100", "service api desired=2 min=75 max=100", "bounds-block", operation.RestartOptions{}},
		{"100/100 asked for", "service api desired=2", "bounds-block", operation.RestartOptions{MaximumPercent: percent(100)}},
		{"in progress", "service api desired=2\nupdate-service api force\nadvance 30s", "deployment-in-progress", operation.RestartOptions{}},
		{"unstable", "service api desired=2\nupdate-service api desired=4\nadvance 5s", "service-unstable", operation.RestartOptions{}},
		{"nothing to attach to", "service api desired=2", "deployment-missing", operation.RestartOptions{Attach: "ecs-svc/1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := open(t, c.scene)
			before, _ := json.Marshal(s.World)
			v := s.run(t, newRestart(c.options, time.Hour), nil)
			if v.End != cluster.Refused || v.Cause == nil || v.Cause.Code != c.code {
				t.Fatalf("want refused for %s, got %+v (%+v)", c.code, v, v.Cause)
			}
			if len(v.Hints) == 0 && c.code != "service-draining" && c.code != "service-inactive" {
				t.Error("no way out is named")
			}
			if after, _ := json.Marshal(s.World); string(after) != string(before) || len(s.sent) > 0 {
				t.Error("a refused restart changed something")
			}
		})
	}
}

// TestADeploymentThatFailedIsNotCalledInProgress: without a rollback it stays, beside the tasks that it did not replace.
func TestADeploymentThatFailedIsNotCalledInProgress(t *testing.T) {
	s := open(t, "task-definition api image=api@sha256:1\ntask-definition bad image=bad@sha256:1 fails=exit\nservice api desired=2 definition=api breaker=on\nupdate-service api definition=bad\nadvance 1h")
	v := s.run(t, newRestart(operation.RestartOptions{}, time.Hour), nil)
	if v.End != cluster.Refused || v.Cause.Code != "deployment-in-progress" || !strings.Contains(v.Cause.Text, "has failed") {
		t.Errorf("verdict %+v (%+v)", v, v.Cause)
	}
}

func TestRestartGoesAheadWhereItIsTold(t *testing.T) {
	for _, c := range []struct {
		name, scene string
		options     operation.RestartOptions
	}{
		{"in progress", "service api desired=2\nupdate-service api force\nadvance 30s", operation.RestartOptions{AllowInProgress: true, AllowUnstable: true}},
		{"unstable", "service api desired=2\nupdate-service api desired=4\nadvance 5s", operation.RestartOptions{AllowUnstable: true}},
		{"one task with 100/150 and room for this restart", "service api desired=1 max=150", operation.RestartOptions{MaximumPercent: percent(200)}},
		{"no load balancer", "service api desired=3 min=50 max=100", operation.RestartOptions{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := open(t, c.scene)
			bounds := s.service(t).Bounds
			if v := s.run(t, newRestart(c.options, 2*time.Hour), nil); v.End != cluster.Succeeded {
				t.Fatalf("verdict %+v (%+v)", v, v.Cause)
			}
			if got := s.service(t).Bounds; got != bounds {
				t.Errorf("the bounds were %+v and are %+v", bounds, got)
			}
		})
	}
}

func TestNothingToRestart(t *testing.T) {
	s := open(t, "service api desired=0")
	if v := s.run(t, newRestart(operation.RestartOptions{}, time.Hour), nil); v.End != cluster.Succeeded || len(s.sent) > 0 {
		t.Errorf("verdict %+v, sent %v", v, s.sent)
	}
}

func TestRestartIsSuperseded(t *testing.T) {
	s := open(t, five)
	s.before = map[int]func(*world.World){6: deploy}
	v := s.run(t, newRestart(operation.RestartOptions{}, time.Hour), nil)
	if v.End != cluster.Superseded || v.End.ExitCode() != 6 {
		t.Errorf("verdict %+v", v)
	}
}

func TestServiceDeletedWhileItRestarts(t *testing.T) {
	s := open(t, five)
	s.before = map[int]func(*world.World){5: func(w *world.World) {
		if _, err := w.Act(w.Now(), cluster.DeleteService{Service: api, Force: true}); err != nil {
			t.Fatal(err)
		}
	}}
	if v := s.run(t, newRestart(operation.RestartOptions{}, time.Hour), nil); v.End != cluster.Failed || v.Cause.Code != "service-deleted" {
		t.Errorf("verdict %+v", v)
	}
}

func TestRollbackIsAFailure(t *testing.T) {
	s := open(t, five)
	s.hide = func(look int, _ cluster.Scope, snapshot cluster.Snapshot) cluster.Snapshot {
		if look > 5 { // the breaker has tripped: ours is FAILED, and the former deployment is primary again
			d := snapshot.Services[0].Service.Deployments
			d[0].Rollout, d[0].Status, d[1].Status, d[1].Rollout = cluster.RolloutFailed, cluster.DeploymentActive, cluster.DeploymentPrimary, cluster.RolloutInProgress
		}
		return snapshot
	}
	v := s.run(t, newRestart(operation.RestartOptions{}, time.Hour), nil)
	if v.End != cluster.Failed || v.Cause.Code != "rolled-back" || !strings.Contains(v.Cause.Text, "rolls back") {
		t.Errorf("verdict %+v (%+v)", v, v.Cause)
	}
}

func TestALostAnswer(t *testing.T) {
	t.Run("that took effect is found again", func(t *testing.T) {
		s := open(t, five)
		s.lose = map[int]bool{1: true}
		v := s.run(t, newRestart(operation.RestartOptions{}, time.Hour), nil)
		if v.End != cluster.Succeeded || len(s.sent) != 1 {
			t.Errorf("verdict %+v, sent %d", v, len(s.sent))
		}
	})
	t.Run("that did not is sent again", func(t *testing.T) {
		s := open(t, five)
		s.drop = map[int]bool{1: true}
		v := s.run(t, newRestart(operation.RestartOptions{}, time.Hour), nil)
		if v.End != cluster.Succeeded || len(s.sent) != 2 {
			t.Errorf("verdict %+v, sent %d", v, len(s.sent))
		}
	})
	t.Run("is not sent again while the service cannot be read", func(t *testing.T) {
		s := open(t, five)
		s.lose = map[int]bool{1: true}
		s.hide = func(look int, scope cluster.Scope, snapshot cluster.Snapshot) cluster.Snapshot {
			if look < 2 || look > 20 {
				return snapshot
			}
			err := cluster.APIError{Class: cluster.ClassUnavailable, Code: "ServerException", Message: "Service Unavailable."}
			return cluster.Snapshot{At: snapshot.At, Scope: scope, Gaps: []cluster.Gap{{Service: api, Part: cluster.PartService, Permission: "ecs:DescribeServices", Err: err}}}
		}
		v := s.run(t, newRestart(operation.RestartOptions{}, time.Hour), nil)
		if v.End != cluster.Succeeded || len(s.sent) != 1 {
			t.Errorf("verdict %+v, sent %d", v, len(s.sent))
		}
	})
	t.Run("that did not is not taken for a deployment that someone else begins later", func(t *testing.T) {
		s := open(t, five)
		s.drop = map[int]bool{1: true}
		s.before = map[int]func(*world.World){4: deploy} // 10 s after the answer was lost
		v := s.run(t, newRestart(operation.RestartOptions{}, time.Hour), nil)
		if v.End != cluster.Unclear || v.Figures.Deployment != "" || len(s.sent) != 1 {
			t.Errorf("verdict %+v, sent %d", v, len(s.sent))
		}
	})
	t.Run("that did not is not taken for a deployment of another definition", func(t *testing.T) {
		s := open(t, "task-definition app image=app:1\ntask-definition app image=app:2\nservice api desired=3 definition=app:1\n")
		s.drop = map[int]bool{1: true}
		s.before = map[int]func(*world.World){2: deploy} // in the very second
		v := s.run(t, newUpdate(operation.UpdateOptions{Definition: "app:2"}), nil)
		if v.End != cluster.Unclear || v.Figures.Deployment != "" || len(s.sent) != 1 {
			t.Errorf("verdict %+v, sent %d", v, len(s.sent))
		}
	})
	t.Run("with two candidates is not called a success", func(t *testing.T) {
		s := open(t, five)
		s.lose = map[int]bool{1: true}
		s.before = map[int]func(*world.World){2: deploy}
		v := s.run(t, newRestart(operation.RestartOptions{}, time.Hour), nil)
		if v.End != cluster.Unclear || v.Cause.Code != "lost-answer" {
			t.Errorf("verdict %+v", v)
		}
	})
}

func TestAStaleReadIsNoVerdict(t *testing.T) {
	s := open(t, five)
	old := s.World.Clone()
	s.hide = func(look int, scope cluster.Scope, snapshot cluster.Snapshot) cluster.Snapshot {
		if look == 2 || look == 3 || look == 9 {
			return old.Look(scope)
		}
		return snapshot
	}
	if v := s.run(t, newRestart(operation.RestartOptions{}, time.Hour), nil); v.End != cluster.Succeeded {
		t.Errorf("verdict %+v (%+v)", v, v.Cause)
	}
}

func TestALookThatFailsIsTriedAgain(t *testing.T) {
	s := open(t, five)
	s.hide = func(look int, scope cluster.Scope, snapshot cluster.Snapshot) cluster.Snapshot {
		if look%3 == 0 {
			err := cluster.APIError{Class: cluster.ClassUnavailable, Code: "ServerException", Message: "Service Unavailable."}
			return cluster.Snapshot{At: snapshot.At, Scope: scope, Gaps: []cluster.Gap{{Service: api, Part: cluster.PartService, Permission: "ecs:DescribeServices", Err: err}}}
		}
		return snapshot
	}
	if v := s.run(t, newRestart(operation.RestartOptions{}, time.Hour), nil); v.End != cluster.Succeeded {
		t.Errorf("verdict %+v (%+v)", v, v.Cause)
	}
}

func TestTimeoutSaysWhatGoesOn(t *testing.T) {
	s := open(t, five)
	v := s.run(t, newRestart(operation.RestartOptions{}, time.Minute), nil)
	if v.End != cluster.TimedOut || v.Figures.Took != time.Minute || !strings.Contains(strings.Join(v.Hints, " "), "--attach "+v.Figures.Deployment) {
		t.Errorf("verdict %+v", v)
	}
}

func TestDetach(t *testing.T) {
	at := func(step int, first operation.Interrupt) func(int) operation.Interrupt {
		return func(now int) operation.Interrupt {
			if now >= step {
				return first
			}
			return operation.NoInterrupt
		}
	}
	t.Run("before anything was sent", func(t *testing.T) {
		s := open(t, five)
		v := s.run(t, newRestart(operation.RestartOptions{}, time.Hour), at(2, operation.Detach))
		if v.End != cluster.Interrupted || len(s.sent) > 0 || !strings.Contains(v.Summary, "before anything was changed") {
			t.Errorf("verdict %+v, sent %v", v, s.sent)
		}
	})
	t.Run("right after the update was sent", func(t *testing.T) {
		s := open(t, five)
		v := s.run(t, newRestart(operation.RestartOptions{}, time.Hour), at(3, operation.Detach))
		if v.End != cluster.Interrupted || !strings.Contains(strings.Join(v.Hints, " "), "--attach "+s.service(t).Deployments[0].ID) {
			t.Errorf("verdict %+v", v)
		}
	})
	t.Run("puts bounds back that do not strand the rollout", func(t *testing.T) {
		s := open(t, "target-group web drain=60s\nservice api desired=5 min=100 max=150 target-group=web\n")
		v := s.run(t, newRestart(operation.RestartOptions{MaximumPercent: percent(200)}, time.Hour), at(6, operation.Detach))
		if v.End != cluster.Interrupted || s.service(t).Bounds.MaximumPercent != 150 || len(s.service(t).Deployments) != 2 {
			t.Errorf("verdict %+v, service %+v", v, s.service(t))
		}
	})
	t.Run("waits with bounds that would strand it", func(t *testing.T) {
		s := open(t, "target-group web drain=60s\nservice api desired=1 min=100 max=150 target-group=web\n")
		v := s.run(t, newRestart(operation.RestartOptions{MaximumPercent: percent(200)}, time.Hour), at(6, operation.Detach))
		if v.End != cluster.Interrupted || s.service(t).Bounds.MaximumPercent != 150 || len(s.service(t).Deployments) != 1 {
			t.Errorf("verdict %+v, service %+v", v, s.service(t))
		}
	})
	t.Run("left at once, what stands is named", func(t *testing.T) {
		s := open(t, "target-group web drain=60s\nservice api desired=1 min=100 max=150 target-group=web\n")
		v := s.run(t, newRestart(operation.RestartOptions{MaximumPercent: percent(200)}, time.Hour), at(6, operation.Leave))
		if v.End != cluster.Interrupted || s.service(t).Bounds.MaximumPercent != 200 || !strings.Contains(strings.Join(v.Hints, " "), "minimumHealthyPercent=100,maximumPercent=150") {
			t.Errorf("verdict %+v, service %+v", v, s.service(t))
		}
	})
}

// TestAStaleReadPutsNothingBack: a read that is older than our own change shows the former bounds; they are put back all the same.
func TestAStaleReadPutsNothingBack(t *testing.T) {
	s := open(t, "target-group web drain=60s\nservice api desired=5 min=100 max=150 target-group=web\n")
	old := s.World.Clone()
	s.hide = func(look int, scope cluster.Scope, snapshot cluster.Snapshot) cluster.Snapshot {
		if look >= 3 && look <= 4 {
			return old.Look(scope)
		}
		return snapshot
	}
	v := s.run(t, newRestart(operation.RestartOptions{MaximumPercent: percent(200)}, time.Hour), func(step int) operation.Interrupt {
		if step >= 3 {
			return operation.Detach
		}
		return operation.NoInterrupt
	})
	if v.End != cluster.Interrupted || s.service(t).Bounds.MaximumPercent != 150 {
		t.Errorf("verdict %+v, bounds %+v", v, s.service(t).Bounds)
	}
}

func TestBoundsThatSomeoneElseChangedAreLeftAlone(t *testing.T) {
	s := open(t, "target-group web drain=60s\nservice api desired=5 min=100 max=150 target-group=web\n")
	theirs := cluster.Bounds{MinimumHealthyPercent: 50, MaximumPercent: 175}
	s.before = map[int]func(*world.World){6: func(w *world.World) {
		if _, err := w.Act(w.Now(), cluster.UpdateService{Service: api, Bounds: &theirs}); err != nil {
			t.Fatal(err)
		}
	}}
	v := s.run(t, newRestart(operation.RestartOptions{MaximumPercent: percent(200)}, time.Hour), nil)
	if v.End != cluster.Succeeded || s.service(t).Bounds != theirs {
		t.Errorf("verdict %+v, bounds %+v", v, s.service(t).Bounds)
	}
}

// TestResumeAnywhere stops a restart after every step, writes its state, reads it into a new one and goes on: the end is the same, to the figure.
func TestResumeAnywhere(t *testing.T) {
	options := operation.RestartOptions{MaximumPercent: percent(150)}
	s := open(t, five)
	want := s.run(t, newRestart(options, time.Hour), nil)
	s = open(t, five)
	again := &resumed{t: t, op: newRestart(options, time.Hour)}
	got := s.run(t, again, nil)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("want %+v\n got %+v", want, got)
	}
	if again.steps < 10 {
		t.Errorf("only %d steps", again.steps)
	}
}

// resumed is an operation that is carried on by a new process after each step.
type resumed struct {
	t     *testing.T
	op    *restart
	steps int
}

func (r *resumed) Step(in operation.Input) operation.Decision {
	r.steps++
	d := r.op.Step(in)
	text, err := json.Marshal(r.op)
	if err != nil {
		r.t.Fatal(err)
	}
	if len(text) > 3000 {
		r.t.Errorf("the state has %d bytes", len(text))
	}
	r.op = new(restart)
	if err := json.Unmarshal(text, r.op); err != nil {
		r.t.Fatal(err)
	}
	return d
}

func TestGroupRestartsTwoServices(t *testing.T) {
	s := open(t, "target-group a drain=30s\ntarget-group b drain=90s\nservice api desired=2 target-group=a\nservice web desired=3 target-group=b\n")
	web := cluster.ServiceKey{Cluster: "default", Service: "web"}
	group := &operation.Group[*restart]{Members: []*operation.Member[*restart]{
		{Service: api, Operation: newRestart(operation.RestartOptions{}, time.Hour)},
		{Service: web, Operation: &restart{Body: operation.NewRestart(web, operation.RestartOptions{}), Timeout: time.Hour}},
	}}
	v := s.run(t, group, nil)
	if v.End != cluster.Succeeded || v.Figures.Replaced != 5 || len(s.sent) != 2 {
		t.Errorf("verdict %+v, sent %d", v, len(s.sent))
	}
}

func TestGroupTakesTheGravestEnd(t *testing.T) {
	s := open(t, "service api desired=2\n")
	missing := cluster.ServiceKey{Cluster: "default", Service: "missing"}
	group := &operation.Group[*restart]{Members: []*operation.Member[*restart]{
		{Service: api, Operation: newRestart(operation.RestartOptions{}, time.Hour)},
		{Service: missing, Operation: &restart{Body: operation.NewRestart(missing, operation.RestartOptions{}), Timeout: time.Hour}},
	}}
	v := s.run(t, group, nil)
	if v.End != cluster.Refused || v.Figures.Replaced != 2 || v.Summary != "1 of 2 services done, 1 refused" {
		t.Errorf("verdict %+v", v)
	}
}

func TestACarriedRestartGoesOn(t *testing.T) {
	s := open(t, five)
	op := newRestart(operation.RestartOptions{}, time.Hour)
	d := operation.Driver{Provider: s, Deadline: s.Now().Add(45 * time.Second)}
	ending, err := d.Run(context.Background(), op)
	for err == nil && ending.Carry != nil {
		if ending.Carry.At.After(s.Now()) {
			_ = s.Sleep(context.Background(), ending.Carry.At.Sub(s.Now()))
		}
		d.Deadline = s.Now().Add(45 * time.Second)
		op = new(restart)
		if err := json.Unmarshal(ending.Carry.Saved.State, op); err != nil {
			t.Fatal(err)
		}
		ending, err = d.Resume(context.Background(), op, ending.Carry.Saved)
	}
	if err != nil || ending.Verdict.End != cluster.Succeeded || len(s.sent) != 1 {
		t.Errorf("%+v, %v", ending, err)
	}
}

func TestNewCodeIsToldFromARestart(t *testing.T) {
	view := cluster.ServiceView{
		Service:     cluster.Service{Key: api, Definition: "api:1"},
		Definitions: []cluster.TaskDefinition{{ARN: "api:1", Containers: []cluster.ContainerDefinition{{Name: "app", Image: "api:latest"}, {Name: "log", Image: "log@sha256:1"}}}},
		Tasks: []cluster.Task{{Definition: "api:1", Last: cluster.Running, Desired: cluster.Running, Containers: []cluster.Container{
			{Name: "app", Digest: "sha256:aaaaaaaaaaaaaaaaaaaa"}, {Name: "log", Digest: "sha256:1"}}}},
	}
	same := cluster.Snapshot{Images: []cluster.Image{{Name: "api:latest", Digest: "sha256:aaaaaaaaaaaaaaaaaaaa"}, {Name: "log@sha256:1", Digest: "sha256:2"}}}
	if found := operation.NewCode(same, view); len(found) > 0 {
		t.Errorf("the same digest is new code: %v", found)
	}
	other := cluster.Snapshot{Images: []cluster.Image{{Name: "api:latest", Digest: "sha256:bbbbbbbbbbbbbbbbbbbb"}}}
	found := operation.NewCode(other, view)
	if len(found) != 1 || !slices.Equal(found[0].Running, []string{"sha256:aaaaaaaaaaaaaaaaaaaa"}) {
		t.Fatalf("want one shipment, got %v", found)
	}
	if text := found[0].String(); text != "container app would run other code: api:latest stands for sha256:bbbbbbbbbbbb now, and sha256:aaaaaaaaaaaa runs" {
		t.Error(text)
	}
}
