package operation_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"handover/internal/cluster"
	"handover/internal/operation"
	"handover/internal/world"
)

// hooked is a stage on which Auto Scaling holds one instance in a lifecycle hook. Source of its limits: behaviour §7.3.
type hooked struct {
	*stage
	host    string
	timeout time.Duration // heartbeat timeout
	fail    map[int]cluster.Outcome

	began, beat time.Time
	beats       int
	calls       int // of Auto Scaling
	completed   cluster.HookResult
	expired     bool
	unsafe      int // tasks that were not STOPPED when the hook was completed
	t           *testing.T
}

var held = cluster.HookedInstance{Group: "prod-ecs", Hook: "drain", Token: "token", Host: first}

// hold puts the first instance of a scene into the hook.
func hold(t *testing.T, scene string, timeout time.Duration) *hooked {
	t.Helper()
	s := open(t, scene)
	return &hooked{stage: s, host: first, timeout: timeout, began: s.Now(), beat: s.Now(), t: t}
}

func (h *hooked) Sleep(ctx context.Context, d time.Duration) error {
	err := h.stage.Sleep(ctx, d)
	most := min(48*time.Hour, 100*h.timeout)
	if now := h.Now(); h.completed == "" && (now.After(h.beat.Add(h.timeout)) || now.After(h.began.Add(most))) {
		h.expired = true
	}
	return err
}

func (h *hooked) Apply(ctx context.Context, actions []cluster.Action) []cluster.Outcome {
	var outcomes []cluster.Outcome
	for _, a := range actions {
		var got []cluster.Outcome
		switch a := a.(type) {
		case cluster.RecordLifecycleHeartbeat, cluster.CompleteLifecycleAction:
			got = []cluster.Outcome{h.scaling(a)}
		default:
			got = h.stage.Apply(ctx, []cluster.Action{a})
		}
		outcomes = append(outcomes, got...)
		if got[0].Result != cluster.Done {
			break
		}
	}
	return outcomes
}

func (h *hooked) scaling(a cluster.Action) cluster.Outcome {
	h.calls++
	if outcome, ok := h.fail[h.calls]; ok {
		return outcome
	}
	if h.completed != "" || h.expired {
		return cluster.Outcome{Result: cluster.Rejected, Err: cluster.Errorf(cluster.ClassInvalid, "ValidationError", "No active Lifecycle Action found with instance ID %s", h.host)}
	}
	if complete, ok := a.(cluster.CompleteLifecycleAction); ok {
		h.completed = complete.Result
		for _, i := range h.World.Instances("default") {
			if i.EC2ID == h.host {
				h.unsafe = h.on(h.t, h.host)
			}
		}
		return cluster.Outcome{Result: cluster.Done}
	}
	h.beat = h.Now()
	h.beats++
	return cluster.Outcome{Result: cluster.Done}
}

// depart runs the departure of the instance in the hook to its end.
func (h *hooked) depart(t *testing.T, options operation.DepartureOptions) cluster.Verdict {
	t.Helper()
	if options.Heartbeat == 0 {
		options.Heartbeat = h.timeout / 3
	}
	action := held
	return h.drive(t, operation.NewDeparture(h.host, &action, h.began, options))
}

func (h *hooked) drive(t *testing.T, op operation.Operation) cluster.Verdict {
	t.Helper()
	ending, err := operation.Driver{Provider: h}.Run(context.Background(), op)
	if err != nil {
		t.Fatal(err)
	}
	return *ending.Verdict
}

func TestDepartureCompletesTheHookWhenEveryTaskIsStopped(t *testing.T) {
	h := hold(t, two, time.Minute)
	v := h.depart(t, operation.DepartureOptions{})
	if v.End != cluster.Succeeded || h.completed != cluster.Continue || h.unsafe != 0 || h.expired || h.beats == 0 {
		t.Errorf("verdict %+v, completed with %q, %d tasks left, expired %v, %d heartbeats", v, h.completed, h.unsafe, h.expired, h.beats)
	}
	if v.Summary != "drained "+h.host+"; hook drain of group prod-ecs is completed with CONTINUE" {
		t.Error(v.Summary)
	}
}

func TestAnInstanceThatIsInNoClusterDepartsAtOnce(t *testing.T) {
	h := hold(t, two, time.Hour)
	h.host = "i-0fedcba9876543210"
	began := h.Now()
	v := h.depart(t, operation.DepartureOptions{})
	if v.End != cluster.Succeeded || h.completed != cluster.Continue || h.Now().Sub(began) > time.Minute || len(h.sent) > 0 {
		t.Errorf("verdict %+v after %s, sent %v", v, h.Now().Sub(began), h.sent)
	}
}

// TestNoInstanceIsGivenUpForAThrottle: whatever fails for a while is tried again, and the hook is never abandoned.
func TestNoInstanceIsGivenUpForAThrottle(t *testing.T) {
	throttled := cluster.Outcome{Result: cluster.Rejected, Err: cluster.Errorf(cluster.ClassThrottled, "Throttling", "Rate exceeded")}
	lost := cluster.Outcome{Result: cluster.Unknown}
	h := hold(t, two, time.Minute)
	h.fail = map[int]cluster.Outcome{1: throttled, 2: lost, 5: lost, 6: throttled, 9: throttled, 10: lost, 11: throttled, 12: lost}
	h.hide = func(look int, _ cluster.Scope, snapshot cluster.Snapshot) cluster.Snapshot {
		if look%2 == 1 {
			snapshot.Instances = nil
			snapshot.Gaps = []cluster.Gap{{Service: cluster.ServiceKey{Cluster: "default"}, Part: cluster.PartInstances, Err: *throttled.Err}}
		}
		return snapshot
	}
	v := h.depart(t, operation.DepartureOptions{})
	if v.End != cluster.Succeeded || h.completed != cluster.Continue || h.unsafe != 0 || h.expired {
		t.Errorf("verdict %+v, completed with %q, %d tasks left, expired %v", v, h.completed, h.unsafe, h.expired)
	}
}

func TestASecondEventDoesNoHarm(t *testing.T) {
	h := hold(t, two, time.Hour)
	if v := h.depart(t, operation.DepartureOptions{}); v.End != cluster.Succeeded {
		t.Fatalf("%+v", v)
	}
	sent := len(h.sent)
	v := h.depart(t, operation.DepartureOptions{})
	if v.End != cluster.Succeeded || len(h.sent) != sent || h.unsafe != 0 {
		t.Errorf("verdict %+v, sent %v", v, h.sent[sent:])
	}
	if !strings.Contains(v.Summary, "does not hold "+h.host+" any more") {
		t.Error(v.Summary)
	}
}

func TestWhatHappensAtTheLimit(t *testing.T) {
	for _, c := range []struct {
		at        operation.AtLimit
		completed cluster.HookResult
		end       cluster.End
	}{{operation.AbandonIt, cluster.Abandon, cluster.TimedOut}, {operation.ContinueIt, cluster.Continue, cluster.TimedOut}, {operation.Extend, "", cluster.Failed}} {
		h := hold(t, blocked, 30*time.Minute)
		v := h.depart(t, operation.DepartureOptions{Limit: 2 * time.Hour, AtLimit: c.at})
		if v.End != c.end || h.completed != c.completed {
			t.Errorf("%q: verdict %+v, completed with %q", c.at, v, h.completed)
		}
		if c.at == operation.Extend && (!h.expired || h.Now().Sub(h.began) < 48*time.Hour || v.Cause.Code != "hook-over") {
			t.Errorf("the hook was not kept open to AWS's own limit: %s, %+v", h.Now().Sub(h.began), v)
		}
	}
}

func TestASpotInstanceHasTwoMinutes(t *testing.T) {
	h := hold(t, blocked, time.Hour)
	v := h.drive(t, operation.NewDeparture(h.host, nil, h.Now(), operation.DepartureOptions{Limit: 2 * time.Minute}))
	if v.End != cluster.TimedOut || h.calls != 0 || h.instance(t, h.host).Status != cluster.InstanceDraining {
		t.Errorf("verdict %+v, %d calls, instance %s", v, h.calls, h.instance(t, h.host).Status)
	}
	if v.Summary != "2m0s have passed since "+h.host+" was to leave: 1 task of api left on "+h.host {
		t.Error(v.Summary)
	}
}

// TestTheHookIsNotCompletedForACountOfNone: the instance's counts are 0 while a task still drains its connections for ten minutes.
func TestTheHookIsNotCompletedForACountOfNone(t *testing.T) {
	h := hold(t, strings.Replace(two, "drain=60s", "drain=600s", 1), 5*time.Minute)
	if v := h.depart(t, operation.DepartureOptions{}); v.End != cluster.Succeeded || h.unsafe != 0 || h.Now().Sub(h.began) < 10*time.Minute {
		t.Errorf("verdict %+v after %s with %d tasks left", v, h.Now().Sub(h.began), h.unsafe)
	}
}

func TestAFunctionWithoutPermissions(t *testing.T) {
	no := cluster.Outcome{Result: cluster.Rejected, Err: cluster.Errorf(cluster.ClassDenied, "AccessDenied", "not authorized")}
	t.Run("for heartbeats goes on", func(t *testing.T) {
		h := hold(t, two, 20*time.Minute)
		h.fail = map[int]cluster.Outcome{1: no}
		if v := h.depart(t, operation.DepartureOptions{Heartbeat: time.Minute}); v.End != cluster.Succeeded || h.completed != cluster.Continue {
			t.Errorf("verdict %+v", v)
		}
	})
	t.Run("to complete says so", func(t *testing.T) {
		h := hold(t, two, 20*time.Minute)
		h.fail = map[int]cluster.Outcome{1: no}
		v := h.depart(t, operation.DepartureOptions{Heartbeat: 15 * time.Minute})
		if v.End != cluster.Failed || !strings.Contains(strings.Join(v.Hints, " "), "autoscaling:CompleteLifecycleAction") {
			t.Errorf("verdict %+v", v)
		}
	})
	t.Run("to read says so", func(t *testing.T) {
		h := hold(t, two, 20*time.Minute)
		h.hide = func(_ int, scope cluster.Scope, _ cluster.Snapshot) cluster.Snapshot {
			return cluster.Snapshot{Scope: scope, Gaps: []cluster.Gap{{Part: cluster.PartInstances, Permission: "ecs:ListClusters", Err: *no.Err}}}
		}
		v := h.depart(t, operation.DepartureOptions{})
		if v.End != cluster.Refused || h.completed != "" || !strings.Contains(strings.Join(v.Hints, " "), "ecs:ListClusters") {
			t.Errorf("verdict %+v", v)
		}
	})
}

func TestAnInstanceThatIsLostInItsHook(t *testing.T) {
	h := hold(t, two, time.Hour)
	h.before = map[int]func(*world.World){7: func(w *world.World) {
		if _, err := w.Act(w.Now(), cluster.DeregisterContainerInstance{Cluster: "default", Instance: h.instance(t, h.host).ID, Force: true}); err != nil {
			t.Fatal(err)
		}
	}}
	if v := h.depart(t, operation.DepartureOptions{}); h.completed != cluster.Continue || v.End != cluster.Failed || v.Cause.Code != "instance-vanished" {
		t.Errorf("verdict %+v, completed with %q", v, h.completed)
	}
}

// grouped is a cluster whose instances are of an Auto Scaling group with a terminating hook; one of them is about to be terminated.
const grouped = `world profile=ec2-2026
launch-template web cluster=default
group prod-ecs template=web desired=3 max=4 zones=3
hook drain group=prod-ecs timeout=5m default=CONTINUE
advance 5m
target-group web drain=120s
task-definition api image=api@sha256:1 cpu=256 memory=512
service api desired=3 min=100 max=200 target-group=web launch=ec2
advance 5m
scale-group prod-ecs desired=2
advance 10s
`

// TestDepartureInTheWorldsOwnHook: what Auto Scaling holds is drained, completed and terminated; no task is lost, and its heartbeats keep it until then.
func TestDepartureInTheWorldsOwnHook(t *testing.T) {
	s := open(t, grouped)
	actions := s.World.LifecycleActions()
	if len(actions) != 1 {
		t.Fatalf("%d lifecycle actions", len(actions))
	}
	a := actions[0]
	by := cluster.HookedInstance{Group: a.Group, Hook: a.Hook.Name, Token: a.Token, Host: a.Instance}
	v := s.run(t, operation.NewDeparture(a.Instance, &by, a.BeganAt, operation.DepartureOptions{Heartbeat: a.Hook.Timeout / 3}), nil)
	if v.End != cluster.Succeeded || v.Figures.Replaced != 1 || len(s.World.LifecycleActions()) > 0 {
		t.Errorf("verdict %+v, %d lifecycle actions", v, len(s.World.LifecycleActions()))
	}
	for _, task := range s.World.Tasks("default") {
		if task.StopCode != "" && task.StopCode != "ServiceSchedulerInitiated" {
			t.Errorf("task %s was stopped as %s: %s", task.Short(), task.StopCode, task.StoppedReason)
		}
	}
	s.World.AdvanceTo(s.World.Now().Add(5 * time.Minute))
	if running := s.service(t).Running; running != 3 {
		t.Errorf("%d tasks run", running)
	}
	again := operation.NewDeparture(a.Instance, &by, a.BeganAt, operation.DepartureOptions{Heartbeat: a.Hook.Timeout / 3})
	if v := s.run(t, again, nil); v.End != cluster.Succeeded {
		t.Errorf("once more: %+v", v)
	}
}

// TestAHookIsCompletedOnWhatIsSeenThen: where the completion does not come through, and meanwhile somebody lets ECS place a task on the instance, it is not simply sent again.
func TestAHookIsCompletedOnWhatIsSeenThen(t *testing.T) {
	noon := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	for _, first := range []cluster.Outcome{{Result: cluster.Unknown}, {Result: cluster.Rejected, Err: cluster.Errorf(cluster.ClassThrottled, "Throttling", "Rate exceeded")}} {
		hook := &cluster.HookedInstance{Group: "prod", Hook: "drain", Host: "i-1"}
		d := operation.NewDeparture("i-1", hook, noon, operation.DepartureOptions{Clusters: []string{"prod"}, Heartbeat: time.Hour})
		host := func(status cluster.InstanceStatus, tasks ...cluster.Task) cluster.Snapshot {
			return cluster.Snapshot{Instances: []cluster.InstanceView{{Instance: cluster.Instance{ID: "a", EC2ID: "i-1", ARN: "a", Cluster: "prod", Status: status, Connected: true}, Tasks: tasks}}}
		}
		decision, now := d.Step(operation.Input{Now: noon}), noon
		look := func(in operation.Input, s cluster.Snapshot, scope cluster.Scope) operation.Decision {
			now = now.Add(decision.Wait)
			s.Scope, s.At = scope, now
			in.Now, in.Snapshot = now, s
			return d.Step(in)
		}
		for range 10 {
			if len(decision.Actions) > 0 && decision.Actions[0].Kind() == "CompleteLifecycleAction" {
				break
			}
			decision = look(operation.Input{}, host(cluster.InstanceDraining), decision.Look)
		}
		if len(decision.Actions) != 1 || decision.Actions[0].Kind() != "CompleteLifecycleAction" {
			t.Fatalf("an empty instance's hook is not completed: %+v", decision)
		}
		decision = look(operation.Input{Outcomes: []cluster.Outcome{first}}, cluster.Snapshot{}, cluster.Scope{})
		placed := cluster.Task{ID: "t", Group: "service:api", Last: cluster.Running, Desired: cluster.Running, Instance: "a"}
		for range 6 {
			for _, a := range decision.Actions {
				if a.Kind() == "CompleteLifecycleAction" {
					t.Fatalf("after %s it is completed while a task is RUNNING", first.Result)
				}
			}
			decision = look(operation.Input{}, host(cluster.InstanceActive, placed), decision.Look)
		}
	}
}
