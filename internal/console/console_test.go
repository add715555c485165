package console

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"handover/internal/cluster"
	"handover/internal/operation"
)

var update = flag.Bool("update", false, "rewrite the goldens; look at the difference before committing it")

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs:\n--- got\n%s--- want\n%s", file, got, want)
	}
}

// valid holds every line against the schema.
func valid(t *testing.T, lines string) {
	t.Helper()
	schema, err := jsonschema.NewCompiler().Compile("../../docs/schema/handover-1.json")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(lines) {
		document, err := jsonschema.UnmarshalJSON(strings.NewReader(line))
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if err := schema.Validate(document); err != nil {
			t.Errorf("%s: %v", line, err)
		}
	}
}

var (
	noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	key  = cluster.ServiceKey{Cluster: "prod", Service: "api"}
	who  = Identity{Account: "123456789012", Region: "eu-west-1", Caller: "arn:aws:iam::123456789012:user/ann"}
)

const (
	oldDeployment = "ecs-svc/0000000000000000001"
	newDeployment = "ecs-svc/0000000000000000002"
	revisionARN   = "arn:aws:ecs:eu-west-1:123456789012:task-definition/api:142"
	groupARN      = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/api-tg/0123456789abcdef"
)

// scene is a service with tasks, given as one word for each: its id, whether it is old or new, and its state.
func scene(tasks ...string) cluster.ServiceView {
	v := cluster.ServiceView{Service: cluster.Service{Key: key, Status: cluster.ServiceActive, Desired: 2, Bounds: cluster.DefaultBounds(), Definition: revisionARN, Launch: cluster.Fargate}}
	for _, word := range tasks {
		id, rest, _ := strings.Cut(word, "-")
		age, state, _ := strings.Cut(rest, "-")
		task := cluster.Task{ID: id + strings.Repeat("0", 32-len(id)), StartedBy: oldDeployment, Definition: revisionARN, Last: cluster.Running, Desired: cluster.Running,
			Health: cluster.HealthUnknown, Zone: "eu-west-1a", CreatedAt: noon.Add(-time.Hour), StartedAt: noon.Add(-59 * time.Minute)}
		if age == "new" {
			task.StartedBy, task.CreatedAt, task.StartedAt = newDeployment, noon, time.Time{}
		}
		switch state {
		case "pending":
			task.Last = cluster.Pending
		case "healthy":
			task.Health = cluster.Healthy
		case "draining":
			task.Last, task.Desired = cluster.Deactivating, cluster.Stopped
		case "stopped":
			task.Last, task.Desired = cluster.Stopped, cluster.Stopped
		}
		v.Tasks = append(v.Tasks, task)
	}
	return v
}

func snapshot(at time.Time, v cluster.ServiceView) cluster.Snapshot {
	scope := cluster.ServiceScope{Service: key, Tasks: cluster.AllTasks, Targets: true}.Of()
	return cluster.Snapshot{At: at, Scope: scope, Services: []cluster.ServiceView{v}}
}

// story tells a restart of two tasks, step by step.
func story(t *testing.T, tell func(Document)) {
	t.Helper()
	n, start := Narrate(About{Operation: "restart", Service: key, Identity: who, Timeout: 30 * time.Minute}, scene("a1-old-healthy", "b2-old-healthy"), noon)
	tell(start)
	waiting := &cluster.Condition{Object: "2 new tasks", Condition: "to be healthy", Of: 2, Bound: 65 * time.Second}
	step := func(after time.Duration, deployment string, event string, d operation.Decision, tasks ...string) {
		v := scene(tasks...)
		if event != "" {
			v.Service.Events = []cluster.Event{{ID: event, At: noon.Add(after), Message: event}}
		}
		for _, document := range n.Step(operation.Input{Now: noon.Add(after), Snapshot: snapshot(noon.Add(after), v)}, d, deployment) {
			tell(document)
		}
	}
	step(time.Second, "", "", operation.Decision{Notes: []operation.Note{{Level: operation.Warning, Text: "the image is named by a tag"}}}, "a1-old-healthy", "b2-old-healthy")
	step(11*time.Second, newDeployment, "(service api) has started 2 tasks: (task c3000000000000000000000000000000) (task d4000000000000000000000000000000).", operation.Decision{Waiting: waiting}, "a1-old-healthy", "b2-old-healthy", "c3-new-pending", "d4-new-pending")
	for after := 15 * time.Second; after < 100*time.Second; after += 5 * time.Second {
		step(after, newDeployment, "", operation.Decision{Waiting: waiting}, "a1-old-healthy", "b2-old-healthy", "c3-new-pending", "d4-new-pending")
	}
	draining := &cluster.Condition{Object: "2 old tasks", Condition: "to drain and stop", Of: 2, Bound: 5 * time.Minute}
	step(100*time.Second, newDeployment, "", operation.Decision{Waiting: draining}, "a1-old-draining", "b2-old-draining", "c3-new-healthy", "d4-new-healthy")
	end := cluster.Verdict{End: cluster.Succeeded, Summary: "restarted prod/api", Figures: cluster.Figures{Deployment: newDeployment, Replaced: 2, PeakTasks: 4, LowestHealthy: 2}}
	step(402*time.Second, newDeployment, "(service api) has reached a steady state.", operation.Decision{Verdict: &end}, "a1-old-stopped", "b2-old-stopped", "c3-new-healthy", "d4-new-healthy")
	tell(n.End(end, noon.Add(402*time.Second)))
}

func TestStory(t *testing.T) {
	for _, c := range []struct {
		name     string
		output   Output
		progress Progress
	}{{"text", Text, Auto}, {"json", JSON, NoTales}, {"jsonl", JSONL, Auto}} {
		streams, _, out, errs := Test()
		teller := NewTeller(streams, c.output, c.progress)
		story(t, func(d Document) {
			if err := teller.Tell(d); err != nil {
				t.Fatal(err)
			}
		})
		golden(t, "story."+c.name, "--- stdout\n"+out.String()+"--- stderr\n"+errs.String())
		if strings.Contains(errs.String(), "\x1b") {
			t.Error("plain progress has an escape sequence")
		}
		if c.output != Text {
			valid(t, out.String())
		}
	}
}

func TestNothingIsSaidTwice(t *testing.T) {
	var lines bytes.Buffer
	story(t, func(d Document) {
		if _, isWaiting := d.(Waiting); !isWaiting {
			if err := Encode(&lines, d); err != nil {
				t.Fatal(err)
			}
		}
	})
	seen := map[string]bool{}
	for line := range strings.Lines(lines.String()) {
		_, what, _ := strings.Cut(line, `"t":`)
		_, what, _ = strings.Cut(what, ",")
		if seen[what] {
			t.Errorf("said twice: %s", line)
		}
		seen[what] = true
	}
}

func ends() []Verdict {
	at := Moment{At: noon, T: 581}
	base := Verdict{Moment: at, Operation: "restart", Service: "prod/api", Deployment: newDeployment, Replaced: 2, Failed: 4, Peak: 6, Lowest: 1}
	var all []Verdict
	for _, c := range []struct {
		end   cluster.End
		text  string
		cause *cluster.Cause
		hints []string
	}{
		{cluster.Succeeded, "restarted prod/api", nil, nil},
		{cluster.Failed, "ECS rolled it back", &cluster.Cause{Code: "rolled-back", Text: "4 of 4 new tasks failed health checks on api-tg", Certain: true, Evidence: []string{"(service api) (task c3) failed ELB health checks"}}, []string{"aws ecs describe-tasks --cluster prod"}},
		{cluster.TimedOut, "not finished within 30m0s", &cluster.Cause{Code: "timed-out", Text: "not finished within 30m0s", Certain: true}, []string{"to attach again: handover restart prod/api"}},
		{cluster.Refused, "another deployment is under way", &cluster.Cause{Code: "in-progress", Text: "another deployment is under way", Certain: true}, nil},
		{cluster.Superseded, "another deployment took its place", nil, nil},
		{cluster.Interrupted, "watching stopped; the deployment goes on", nil, nil},
		{cluster.Unclear, "an answer was lost", &cluster.Cause{Code: "lost-answer", Text: "two deployments may be ours"}, nil},
	} {
		v := base
		v.Verdict, v.Exit, v.Summary, v.Cause, v.Hints = c.end, c.end.ExitCode(), c.text, c.cause, c.hints
		if c.end == cluster.Refused {
			v.Deployment, v.Replaced, v.Failed, v.Peak, v.Lowest, v.Simulated = "", 0, 0, 0, 0, true
		}
		all = append(all, v)
	}
	return all
}

func TestEnds(t *testing.T) {
	streams, _, out, errs := Test()
	var lines bytes.Buffer
	for _, v := range ends() {
		if err := NewTeller(streams, Text, Plain).Tell(v); err != nil {
			t.Fatal(err)
		}
		if err := Encode(&lines, v); err != nil {
			t.Fatal(err)
		}
	}
	golden(t, "ends.text", out.String())
	golden(t, "ends.plain", errs.String())
	valid(t, lines.String())
}

func statusScene() Status {
	v := scene("a1-old-draining", "b2-old-healthy", "c3-new-healthy", "d4-new-pending", "e5-old-stopped", "f6-old-stopped", "a7-old-draining")
	for i := range v.Tasks[4:] {
		v.Tasks[4+i].StoppedReason = "Scaling activity initiated by (deployment ecs-svc/0000000000000000001)"
	}
	v.Tasks[6].StartedBy = "ecs-svc/0000000000000000000"
	v.Service.Running, v.Service.Pending = 2, 1
	v.Service.Attachments = []cluster.Attachment{{TargetGroup: groupARN, Container: "web", Port: 80}}
	v.TargetGroups = []cluster.TargetGroup{{ARN: groupARN, Name: "api-tg"}}
	for i := range v.Tasks[:3] {
		v.Tasks[i].Address = "10.0.0." + string(rune('1'+i))
		v.Targets = append(v.Targets, cluster.Target{Group: groupARN, ID: v.Tasks[i].Address, Port: 80, State: cluster.TargetHealthy})
	}
	v.Targets[0].State, v.Targets[0].Reason = cluster.TargetDraining, "Target.DeregistrationInProgress"
	v.Tasks[2].StartedAt = noon
	v.Service.Deployments = []cluster.Deployment{
		{ID: newDeployment, Status: cluster.DeploymentPrimary, Rollout: cluster.RolloutInProgress, Definition: revisionARN, Desired: 2, Running: 1, Pending: 1, CreatedAt: noon},
		{ID: oldDeployment, Status: cluster.DeploymentActive, Rollout: cluster.RolloutCompleted, Definition: revisionARN, Desired: 1, Running: 1, CreatedAt: noon.Add(-50 * time.Hour)},
	}
	for i := range 12 {
		v.Service.Events = append(v.Service.Events, cluster.Event{ID: string(rune('a' + i)), At: noon.Add(-time.Duration(i) * time.Hour), Message: "(service api) has reached a steady state."})
	}
	s := snapshot(noon.Add(70*time.Second), v)
	s.Gaps = []cluster.Gap{{Service: key, Part: cluster.PartDefinitions, Permission: "ecs:DescribeTaskDefinition", Err: cluster.APIError{Class: cluster.ClassDenied, Code: "AccessDeniedException", Message: "User is not authorized"}}}
	return Describe(s, v, who)
}

func TestStatus(t *testing.T) {
	for _, output := range []Output{Text, JSON} {
		streams, _, out, _ := Test()
		if err := NewTeller(streams, output, Auto).Tell(statusScene()); err != nil {
			t.Fatal(err)
		}
		golden(t, "status."+string(output), out.String())
		if output == JSON {
			valid(t, out.String())
		}
	}
}

func TestStatusWhereTasksCouldNotBeRead(t *testing.T) {
	v := scene()
	v.Service.Running = 2
	v.Service.Deployments = []cluster.Deployment{{ID: oldDeployment, Status: cluster.DeploymentPrimary, Rollout: cluster.RolloutCompleted, Desired: 2, Running: 2}}
	s := snapshot(noon, v)
	s.Gaps = []cluster.Gap{{Service: key, Part: cluster.PartTasks, Permission: "ecs:ListTasks", Err: cluster.APIError{Class: cluster.ClassDenied, Code: "AccessDeniedException", Message: "no"}}}
	streams, _, out, _ := Test()
	streams.Unicode = false
	if err := NewTeller(streams, Text, Auto).Tell(Describe(s, v, who)); err != nil {
		t.Fatal(err)
	}
	golden(t, "status-gap.text", out.String())
	for _, r := range out.String() {
		if r > 127 {
			t.Errorf("%q is beyond ASCII", r)
		}
	}
}

func TestProblem(t *testing.T) {
	streams, _, out, errs := Test()
	p := Problem{Error: "there is no service prod/api", Hints: []string{"check the name"}, Exit: 2}
	if err := streams.Explain(p); err != nil {
		t.Fatal(err)
	}
	if err := Encode(out, p); err != nil {
		t.Fatal(err)
	}
	if got, want := errs.String(), "handover: error: there is no service prod/api\nhint: check the name\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	valid(t, out.String())
}

func TestColorWanted(t *testing.T) {
	for _, c := range []struct {
		flag, env string
		terminal  bool
		want      bool
	}{
		{"auto", "", true, true},
		{"auto", "", false, false},
		{"auto", "TERM=dumb", true, false},
		{"auto", "NO_COLOR=1", true, false},
		{"always", "NO_COLOR=1", false, true},
		{"never", "FORCE_COLOR=1", true, false},
		{"auto", "FORCE_COLOR=1", false, true},
		{"auto", "FORCE_COLOR=0", false, false},
		{"auto", "CLICOLOR_FORCE=1", false, true},
	} {
		name, value, _ := strings.Cut(c.env, "=")
		getenv := func(asked string) string {
			if asked == name {
				return value
			}
			return ""
		}
		if got := ColorWanted(c.flag, getenv, c.terminal); got != c.want {
			t.Errorf("%+v: got %v", c, got)
		}
	}
}

func TestColorIsNeverTheOnlyCarrier(t *testing.T) {
	for _, v := range ends() {
		plainStreams, _, plainOut, _ := Test()
		colored, _, coloredOut, _ := Test()
		colored.Color = true
		for _, s := range []*Streams{plainStreams, colored} {
			if err := NewTeller(s, Text, NoTales).Tell(v); err != nil {
				t.Fatal(err)
			}
		}
		stripped := coloredOut.String()
		for _, code := range []string{"\x1b[32m", "\x1b[31m", "\x1b[33m", "\x1b[0m"} {
			stripped = strings.ReplaceAll(stripped, code, "")
		}
		if stripped != plainOut.String() {
			t.Errorf("without its colours %q is not %q", stripped, plainOut.String())
		}
	}
}

func TestShorten(t *testing.T) {
	got := Shorten("(service api) registered 1 targets in (target-group " + groupARN + ") for (task 4c311257647c337da90651a0a04167a7) (task b12b9331b9683f8f8230391c2f8d7a8f).")
	if want := "(service api) registered 1 targets in (target-group api-tg) for (task 4c3112) (task b12b93)."; got != want {
		t.Errorf("got %s", got)
	}
}

func TestSpan(t *testing.T) {
	for d, want := range map[time.Duration]string{0: "0s", 41 * time.Second: "41s", 362 * time.Second: "6m02s", 2*time.Hour + 5*time.Minute: "2h05m", 76 * time.Hour: "3d4h"} {
		if got := Span(d); got != want {
			t.Errorf("%v: got %s, want %s", d, got, want)
		}
	}
	for d, want := range map[time.Duration]string{0: "0:00", 362 * time.Second: "6:02", 3661 * time.Second: "1:01:01"} {
		if got := clock(d); got != want {
			t.Errorf("%v: got %s, want %s", d, got, want)
		}
	}
}
