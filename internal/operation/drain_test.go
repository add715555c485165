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
	"handover/internal/operation"
	"handover/internal/record"
	"handover/internal/world"
)

// two is a cluster in which every task that is on a1 can move to b1.
const two = `world jitter=on profile=ec2-2026
target-group web drain=60s
instance a1
instance b1 zone=b
task-definition api image=api@sha256:1 cpu=256 memory=512
service api desired=4 min=100 max=200 target-group=web launch=ec2
`

// first is the EC2 instance's id of a scene's first container instance, as package scenario numbers them.
const first = "i-00000000000000001"

func (s *stage) instance(t *testing.T, ec2 string) cluster.Instance {
	t.Helper()
	for _, i := range s.World.Instances("default") {
		if i.EC2ID == ec2 {
			return i
		}
	}
	t.Fatalf("instance %s is gone", ec2)
	return cluster.Instance{}
}

// on counts the tasks on an instance that are not STOPPED.
func (s *stage) on(t *testing.T, ec2 string) int {
	t.Helper()
	id := s.instance(t, ec2).ID
	n := 0
	for _, v := range s.World.Look(cluster.InstanceScope{Cluster: "default", Instances: []string{id}, Tasks: cluster.AllTasks}.Of()).Instances {
		for _, task := range v.Tasks {
			if !task.Gone() {
				n++
			}
		}
	}
	return n
}

func TestDrainFollowsEveryTaskUntilItIsStopped(t *testing.T) {
	s := open(t, two)
	a := first
	counted := false
	s.hide = func(_ int, _ cluster.Scope, snapshot cluster.Snapshot) cluster.Snapshot {
		if i := s.instance(t, a); i.Status == cluster.InstanceDraining && i.Running+i.Pending == 0 && s.on(t, a) > 0 {
			counted = true // as the counts have it, the instance is empty by now
		}
		return snapshot
	}
	v := s.run(t, operation.NewDrain("default", []string{a}, operation.DrainOptions{}, time.Hour, operation.Recorder{}), nil)
	if v.End != cluster.Succeeded || v.Figures.Replaced != 2 || v.Summary != "drained "+a {
		t.Errorf("verdict %+v", v)
	}
	if s.on(t, a) != 0 || s.instance(t, a).Status != cluster.InstanceDraining || !counted {
		t.Errorf("%d tasks left, instance %+v, counted %v", s.on(t, a), s.instance(t, a), counted)
	}
}

func TestDrainRefusesWhatWouldBlockForEver(t *testing.T) {
	const room = "world profile=ec2-2026\ninstance a1\ninstance b1 zone=b\n"
	for _, c := range []struct {
		name, scene, code, evidence, hint string
		names                             []string
	}{
		{"missing", room, "instance-missing", "", "aws ecs list-container-instances --cluster default", []string{"i-0"}},
		{"no move", room + "task-definition worker image=w@sha256:1 cpu=256 memory=512\nservice worker desired=2 min=75 max=100 launch=ec2\n", "drain-blocked",
			"worker: 1 task: cannot move: a desired count of 2 with min 75 % and max 100 % leaves no room to stop or start a task", "--temporary-max worker=150", nil},
		{"no room", "world profile=ec2-2026\ninstance a1\ntask-definition api image=a@sha256:1 cpu=256 memory=512\nservice api desired=2 launch=ec2\n", "drain-blocked",
			"api: 2 tasks: cannot move: the other instances have room for 0 more of its tasks (256 CPU units, 512 MiB), and only 0 may stop before others run", "add an instance to the cluster", nil},
		{"no instance that its constraint allows", "world profile=ec2-2026\ninstance a1 attributes=stack=blue\ninstance b1 zone=b\ntask-definition api image=a@sha256:1 cpu=256 memory=512\n" +
			"service api desired=1 launch=ec2 constraint=\"attribute:stack == blue\"\n", "drain-blocked",
			"api: 1 task: cannot move: the other instances have room for 0 more of its tasks (256 CPU units, 512 MiB), and only 0 may stop before others run", "add an instance to the cluster", nil},
		{"no instance with the tasks beside which its constraint wants it", "world profile=ec2-2026\ninstance a1 attributes=stack=blue\ninstance b1 zone=b\n" +
			"task-definition db image=d@sha256:1 cpu=256 memory=512\ntask-definition api image=a@sha256:1 cpu=256 memory=512\n" +
			"service db desired=1 launch=ec2 constraint=\"attribute:stack == blue\"\nservice api desired=1 min=0 launch=ec2 constraint=\"task:group == service:db\"\n", "drain-blocked",
			"db: 1 task: cannot move: the other instances have room for 0 more of its tasks", "--skip db", nil},
		{"no port", room + "task-definition web image=w@sha256:1 cpu=10 memory=64 network=bridge host-port=8080\nservice web desired=2 launch=ec2\n", "drain-blocked",
			"web: 1 task: cannot move: the other instances have room for 0 more of its tasks (10 CPU units, 64 MiB), and only 0 may stop before others run", "add an instance to the cluster", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := open(t, c.scene)
			if c.names == nil {
				c.names = []string{first}
			}
			v := s.run(t, operation.NewDrain("default", c.names, operation.DrainOptions{}, time.Hour, operation.Recorder{}), nil)
			if v.End != cluster.Refused || v.Cause.Code != c.code || len(s.sent) > 0 {
				t.Fatalf("verdict %+v, sent %v", v, s.sent)
			}
			if !strings.Contains(strings.Join(v.Cause.Evidence, "\n"), c.evidence) || !strings.Contains(strings.Join(v.Hints, "\n"), c.hint) {
				t.Errorf("evidence %q, hints %q", v.Cause.Evidence, v.Hints)
			}
		})
	}
}

// TestDrainJudgesByTheTasksBeside: where a constraint places tasks by those that are on an instance already, these are read, and the room is that of the instances which
// have them.
func TestDrainJudgesByTheTasksBeside(t *testing.T) {
	for second, want := range map[string]string{
		"stack=blue":  "up to 1 at a time, new ones first",
		"stack=green": "cannot move: the other instances have room for 0 more of its tasks",
	} {
		scene := "world profile=ec2-2026\ninstance a1 attributes=stack=blue\ninstance b1 zone=b attributes=" + second + "\ninstance c1 zone=c\n" +
			"task-definition db image=d@sha256:1 cpu=256 memory=512\ntask-definition api image=a@sha256:1 cpu=256 memory=512\n" +
			"service db scheduling=DAEMON launch=ec2 constraint=\"attribute:stack == blue\"\nservice api desired=1 launch=ec2 constraint=\"task:group == service:db\"\n"
		judged := false
		for _, id := range []string{first, "i-00000000000000002"} {
			drain := operation.NewDrain("default", []string{id}, operation.DrainOptions{}, time.Hour, operation.Recorder{})
			if _, err := operation.Look(t.Context(), open(t, scene), drain, cluster.Scope{}); err != nil {
				t.Fatal(err)
			}
			for _, p := range drain.Exodus.Foreseen {
				if p.Service == "api" {
					judged = true
					if !strings.HasPrefix(p.Text, want) {
						t.Errorf("%s: %q, want %q", second, p.Text, want)
					}
				}
			}
		}
		if !judged {
			t.Errorf("%s: api is on neither instance", second)
		}
	}
}

// TestDrainWithATemporaryMaximum: the remedy of the refusal works, and the former maximum is back at the end.
func TestDrainWithATemporaryMaximum(t *testing.T) {
	s := open(t, "world profile=ec2-2026\ninstance a1\ninstance b1 zone=b\ntask-definition api image=w@sha256:1 cpu=256 memory=512\nservice api desired=2 min=75 max=100 launch=ec2\n")
	options := operation.DrainOptions{TemporaryMax: []operation.TemporaryMaximum{{Service: "api", Percent: 150}}}
	v := s.run(t, operation.NewDrain("default", []string{first}, options, time.Hour, operation.Recorder{ID: record.NewID(s.Now(), 1), Owner: "alice"}), nil)
	if v.End != cluster.Succeeded || s.on(t, first) != 0 {
		t.Errorf("verdict %+v, %d tasks left", v, s.on(t, first))
	}
	if s.service(t).Bounds != (cluster.Bounds{MinimumHealthyPercent: 75, MaximumPercent: 100}) {
		t.Errorf("bounds %+v", s.service(t).Bounds)
	}
	if len(s.service(t).Tags) > 0 {
		t.Errorf("the record is still there: %v", s.service(t).Tags)
	}
	at := slices.IndexFunc(s.sent, func(a cluster.Action) bool { return a.Kind() == "UpdateContainerInstancesState" })
	raise, ok := s.sent[max(0, at-1)].(cluster.UpdateService)
	if !ok || raise.Bounds.MaximumPercent != 150 || raise.Force {
		t.Errorf("the maximum has to be raised first, and by no deployment: %+v", s.sent[0])
	}
}

// TestWhatIsWidenedIsPutBack: where a maximum cannot be raised, nothing else is done then. One that was raised is put back wherever the drain is interrupted.
func TestWhatIsWidenedIsPutBack(t *testing.T) {
	const scene = "world profile=ec2-2026\ninstance a1\ninstance b1 zone=b\ntask-definition api image=w@sha256:1 cpu=256 memory=512\nservice api desired=2 min=75 max=100 launch=ec2\n"
	options := operation.DrainOptions{TemporaryMax: []operation.TemporaryMaximum{{Service: "api", Percent: 150}}}
	former := cluster.Bounds{MinimumHealthyPercent: 75, MaximumPercent: 100}
	for step := 2; step < 24; step++ {
		s := open(t, scene)
		by := operation.Recorder{ID: record.NewID(s.Now(), 1), Owner: "alice"}
		v := s.run(t, operation.NewDrain("default", []string{first}, options, time.Hour, by), func(now int) operation.Interrupt {
			if now == step {
				return operation.Undo
			}
			return operation.NoInterrupt
		})
		if s.service(t).Bounds != former || len(s.service(t).Tags) > 0 {
			t.Errorf("interrupted in step %d: %+v, bounds %+v, tags %v", step, v, s.service(t).Bounds, s.service(t).Tags)
		}
		if v.End == cluster.Interrupted && s.instance(t, first).Status != cluster.InstanceActive {
			t.Errorf("interrupted in step %d: %+v, instance %s", step, v, s.instance(t, first).Status)
		}
	}
	s := open(t, scene)
	missing := operation.DrainOptions{TemporaryMax: []operation.TemporaryMaximum{{Service: "web", Percent: 150}}, Force: true}
	if v := s.run(t, operation.NewDrain("default", []string{first}, missing, time.Hour, operation.Recorder{}), nil); v.End != cluster.Refused || len(s.sent) > 0 {
		t.Errorf("verdict %+v, sent %v", v, s.sent)
	}
}

// blocked is a cluster in which the service api never leaves a1.
const blocked = `world profile=ec2-2026
instance a1
task-definition api image=a@sha256:1 cpu=256 memory=512
service api desired=1 launch=ec2
`

func TestADrainThatFailsGivesTheInstanceBack(t *testing.T) {
	s := open(t, blocked)
	a := first
	v := s.run(t, operation.NewDrain("default", []string{a}, operation.DrainOptions{Force: true}, 20*time.Minute, operation.Recorder{}), nil)
	if v.End != cluster.TimedOut || s.instance(t, a).Status != cluster.InstanceActive {
		t.Errorf("verdict %+v, instance %s", v, s.instance(t, a).Status)
	}
	if want := "not finished within 20m0s: 1 task of api left on " + a + "; " + a + " is ACTIVE again"; v.Summary != want {
		t.Errorf("summary %q", v.Summary)
	}
}

func TestAnInstanceThatWasDrainingBeforeIsLeftSo(t *testing.T) {
	s := open(t, blocked+"drain a1\n")
	a := first
	v := s.run(t, operation.NewDrain("default", []string{a}, operation.DrainOptions{}, 20*time.Minute, operation.Recorder{}), nil)
	if v.End != cluster.TimedOut || s.instance(t, a).Status != cluster.InstanceDraining || len(s.sent) > 0 {
		t.Errorf("verdict %+v, instance %s, sent %v", v, s.instance(t, a).Status, s.sent)
	}
}

// TestADrainFromAnotherMachineAttaches: whoever drains an instance that is DRAINING already goes by what ECS shows: it follows, changes nothing, and leaves it so.
func TestADrainFromAnotherMachineAttaches(t *testing.T) {
	s := open(t, two)
	s.begins(t, operation.NewDrain("default", []string{first}, operation.DrainOptions{}, time.Hour, operation.Recorder{}))
	if s.instance(t, first).Status != cluster.InstanceDraining || s.on(t, first) == 0 {
		t.Fatalf("the first drain has not begun: %+v", s.instance(t, first))
	}
	before := len(s.sent)
	v := s.run(t, operation.NewDrain("default", []string{first}, operation.DrainOptions{}, time.Hour, operation.Recorder{}), nil)
	if v.End != cluster.Succeeded || s.on(t, first) != 0 || len(s.sent) != before {
		t.Errorf("verdict %+v, %d tasks left, sent %v", v, s.on(t, first), s.sent[before:])
	}
}

// TestADrainFromAnotherMachineIsRefusedWhereARecordIsHeld: two cannot raise the maximum of one service, and who comes second is told who is at it, and since when.
func TestADrainFromAnotherMachineIsRefusedWhereARecordIsHeld(t *testing.T) {
	s := open(t, two)
	options := operation.DrainOptions{TemporaryMax: []operation.TemporaryMaximum{{Service: "api", Percent: 250}}}
	began := s.Now()
	s.begins(t, operation.NewDrain("default", []string{first}, options, time.Hour, operation.Recorder{ID: record.NewID(began, 1), Owner: "alice"}))
	before := len(s.sent)
	v := s.run(t, operation.NewDrain("default", []string{first}, options, time.Hour, operation.Recorder{ID: record.NewID(s.Now(), 2), Owner: "bob"}), nil)
	if since := began.UTC().Format(time.RFC3339); v.End != cluster.Refused || !strings.Contains(v.Summary, "alice") || !strings.Contains(v.Summary, since) || len(s.sent) != before {
		t.Errorf("verdict %+v, since %s, sent %v", v, since, s.sent[before:])
	}
}

// begins runs an operation until something has been made DRAINING, as a process does that then dies.
func (s *stage) begins(t *testing.T, op operation.Operation) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	driver := operation.Driver{Provider: s, Watch: func(operation.Input, operation.Decision) {
		if s.instance(t, first).Status == cluster.InstanceDraining {
			cancel()
		}
	}}
	if ending, err := driver.Run(ctx, op); err == nil {
		t.Fatalf("it has ended: %+v", ending.Verdict)
	}
}

func TestADrainStaysDrainingWhereAskedTo(t *testing.T) {
	s := open(t, blocked)
	a := first
	v := s.run(t, operation.NewDrain("default", []string{a}, operation.DrainOptions{Force: true, StayDraining: true}, 20*time.Minute, operation.Recorder{}), nil)
	if v.End != cluster.TimedOut || s.instance(t, a).Status != cluster.InstanceDraining {
		t.Errorf("verdict %+v, instance %s", v, s.instance(t, a).Status)
	}
}

func TestAnInterruptedDrain(t *testing.T) {
	for _, c := range []struct {
		interrupt operation.Interrupt
		want      cluster.InstanceStatus
	}{{operation.Detach, cluster.InstanceDraining}, {operation.Undo, cluster.InstanceActive}} {
		s := open(t, two)
		a := first
		v := s.run(t, operation.NewDrain("default", []string{a}, operation.DrainOptions{}, time.Hour, operation.Recorder{}), func(step int) operation.Interrupt {
			if step == 7 {
				return c.interrupt
			}
			return operation.NoInterrupt
		})
		if v.End != cluster.Interrupted || s.instance(t, a).Status != c.want {
			t.Errorf("%s: verdict %+v, instance %s", c.interrupt, v, s.instance(t, a).Status)
		}
	}
}

func TestSkippedServicesAreNotWaitedFor(t *testing.T) {
	s := open(t, "world profile=ec2-2026\ninstance a1\ninstance b1 zone=b\ntask-definition api image=a@sha256:1 cpu=256 memory=512\ntask-definition worker image=w@sha256:1 cpu=256 memory=512\n"+
		"service api desired=2 launch=ec2\nservice worker desired=2 min=75 max=100 launch=ec2\ntask-definition agent image=x@sha256:1 cpu=10 memory=10\nservice agent scheduling=DAEMON launch=ec2\n")
	a := first
	v := s.run(t, operation.NewDrain("default", []string{a}, operation.DrainOptions{Skip: []string{"worker"}}, time.Hour, operation.Recorder{}), nil)
	if v.End != cluster.Succeeded || v.Summary != "drained "+a+", but for 1 skipped task" {
		t.Errorf("verdict %+v", v)
	}
	if s.instance(t, a).Status != cluster.InstanceDraining {
		t.Errorf("instance %s", s.instance(t, a).Status)
	}
}

func TestDaemonsAreWaitedForToTheLast(t *testing.T) {
	s := open(t, two+"task-definition agent image=x@sha256:1 cpu=10 memory=10\nservice agent scheduling=DAEMON launch=ec2\n")
	a := first
	v := s.run(t, operation.NewDrain("default", []string{a}, operation.DrainOptions{}, time.Hour, operation.Recorder{}), nil)
	if v.End != cluster.Succeeded || v.Figures.Replaced != 3 || s.on(t, a) != 0 {
		t.Errorf("verdict %+v, %d left", v, s.on(t, a))
	}
}

func TestTasksOfNoService(t *testing.T) {
	const scene = "world profile=ec2-2026\ninstance a1\ntask-definition job image=j@sha256:1 cpu=256 memory=512\nrun-task job\nadvance 1m\n"
	t.Run("are waited for", func(t *testing.T) {
		s := open(t, scene)
		v := s.run(t, operation.NewDrain("default", []string{first}, operation.DrainOptions{}, time.Hour, operation.Recorder{}), nil)
		if v.End != cluster.TimedOut || s.on(t, first) != 1 {
			t.Errorf("verdict %+v", v)
		}
	})
	t.Run("are stopped when their time is up", func(t *testing.T) {
		s := open(t, scene)
		began := s.World.Now()
		options := operation.DrainOptions{Standalone: operation.StopStandalone, StopAfter: 30 * time.Minute}
		v := s.run(t, operation.NewDrain("default", []string{first}, options, time.Hour, operation.Recorder{}), nil)
		if v.End != cluster.Succeeded || s.on(t, first) != 0 || s.World.Now().Sub(began) < 30*time.Minute {
			t.Errorf("verdict %+v after %s", v, s.World.Now().Sub(began))
		}
	})
}

func TestAnInstanceThatVanishes(t *testing.T) {
	s := open(t, two)
	a := first
	s.before = map[int]func(*world.World){6: func(w *world.World) {
		if _, err := w.Act(w.Now(), cluster.DeregisterContainerInstance{Cluster: "default", Instance: s.instance(t, a).ID, Force: true}); err != nil {
			t.Fatal(err)
		}
	}}
	v := s.run(t, operation.NewDrain("default", []string{a}, operation.DrainOptions{}, time.Hour, operation.Recorder{}), nil)
	if v.End != cluster.Failed || v.Cause.Code != "instance-vanished" {
		t.Errorf("verdict %+v", v)
	}
}

// TestWhatCannotBeReadIsNotNone: looks that fail do not let a drain end.
func TestWhatCannotBeReadIsNotNone(t *testing.T) {
	s := open(t, two)
	a := first
	s.hide = func(look int, _ cluster.Scope, snapshot cluster.Snapshot) cluster.Snapshot {
		if look > 3 && look%3 != 0 {
			part := []cluster.Part{cluster.PartInstances, cluster.PartTasks}[look%2]
			snapshot.Instances = nil
			snapshot.Gaps = []cluster.Gap{{Service: cluster.ServiceKey{Cluster: "default"}, Part: part, Err: *cluster.Errorf(cluster.ClassThrottled, "ThrottlingException", "Rate exceeded")}}
		}
		return snapshot
	}
	v := s.run(t, operation.NewDrain("default", []string{a}, operation.DrainOptions{}, time.Hour, operation.Recorder{}), nil)
	if v.End != cluster.Succeeded || s.on(t, a) != 0 {
		t.Errorf("verdict %+v, %d left", v, s.on(t, a))
	}
}

// TestOneLookThatShowsNoTaskIsNotBelieved: lists are eventually consistent.
func TestOneLookThatShowsNoTaskIsNotBelieved(t *testing.T) {
	s := open(t, two)
	s.hide = func(look int, _ cluster.Scope, snapshot cluster.Snapshot) cluster.Snapshot {
		for i := range snapshot.Instances {
			if look == 6 {
				snapshot.Instances[i].Tasks = nil
			}
		}
		return snapshot
	}
	v := s.run(t, operation.NewDrain("default", []string{first}, operation.DrainOptions{}, time.Hour, operation.Recorder{}), nil)
	if v.End != cluster.Succeeded || s.looks <= 6 || s.on(t, first) != 0 {
		t.Errorf("verdict %+v after %d looks with %d tasks left", v, s.looks, s.on(t, first))
	}
}

// TestAnInstanceThatWasJustMadeDrainingIsNotBelievedToBeEmpty: another process did so a moment before, and lists do not show for seconds what was placed just before that.
func TestAnInstanceThatWasJustMadeDrainingIsNotBelievedToBeEmpty(t *testing.T) {
	s := open(t, two+"drain a1\n")
	begun := s.World.Now()
	s.hide = func(_ int, _ cluster.Scope, snapshot cluster.Snapshot) cluster.Snapshot {
		for i := range snapshot.Instances {
			if snapshot.At.Sub(begun) < 8*time.Second {
				snapshot.Instances[i].Tasks = nil
			}
		}
		return snapshot
	}
	v := s.run(t, operation.NewDrain("default", []string{first}, operation.DrainOptions{}, time.Hour, operation.Recorder{}), nil)
	if v.End != cluster.Succeeded || s.on(t, first) != 0 {
		t.Errorf("verdict %+v with %d tasks left", v, s.on(t, first))
	}
}

func TestADrainWhoseAnswersAreLost(t *testing.T) {
	for _, c := range []struct{ lose, drop map[int]bool }{{lose: map[int]bool{1: true}}, {drop: map[int]bool{1: true, 2: true}}} {
		s := open(t, two)
		a := first
		s.lose, s.drop = c.lose, c.drop
		v := s.run(t, operation.NewDrain("default", []string{a}, operation.DrainOptions{}, time.Hour, operation.Recorder{}), nil)
		if v.End != cluster.Succeeded || s.on(t, a) != 0 {
			t.Errorf("verdict %+v, %d left", v, s.on(t, a))
		}
	}
}

// TestADrainIsCarriedOnAfterEveryStep: its state is a small JSON value.
func TestADrainIsCarriedOnAfterEveryStep(t *testing.T) {
	s := open(t, two)
	want := s.run(t, operation.NewDrain("default", []string{first}, operation.DrainOptions{}, time.Hour, operation.Recorder{}), nil)
	s = open(t, two)
	again := &resumedDrain{t: t, op: operation.NewDrain("default", []string{first}, operation.DrainOptions{}, time.Hour, operation.Recorder{})}
	got := s.run(t, again, nil)
	if !reflect.DeepEqual(got, want) || again.steps < 10 {
		t.Errorf("want %+v\n got %+v in %d steps", want, got, again.steps)
	}
}

type resumedDrain struct {
	t     *testing.T
	op    *operation.Drain
	steps int
}

func (r *resumedDrain) Step(in operation.Input) operation.Decision {
	r.steps++
	d := r.op.Step(in)
	text, err := json.Marshal(r.op)
	if err != nil {
		r.t.Fatal(err)
	}
	if len(text) > 3000 {
		r.t.Errorf("the state has %d bytes", len(text))
	}
	r.op = new(operation.Drain)
	if err := json.Unmarshal(text, r.op); err != nil {
		r.t.Fatal(err)
	}
	return d
}

func TestCancelDrain(t *testing.T) {
	s := open(t, blocked+"drain a1\n")
	a := first
	v := s.run(t, operation.NewCancelDrain("default", []string{a}), nil)
	if v.End != cluster.Succeeded || v.Summary != a+" is ACTIVE again" || s.instance(t, a).Status != cluster.InstanceActive {
		t.Errorf("verdict %+v, instance %s", v, s.instance(t, a).Status)
	}
	if v := s.run(t, operation.NewCancelDrain("default", []string{a}), nil); v.End != cluster.Succeeded || len(s.sent) != 1 {
		t.Errorf("once more: %+v, sent %d", v, len(s.sent))
	}
}
