package diagnosis_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"handover/internal/cluster"
	"handover/internal/diagnosis"
	"handover/internal/scenario"
	"handover/internal/world"
)

// play gives the world that a scene leaves.
func play(t testing.TB, scene string) *world.World {
	t.Helper()
	file, err := scenario.Parse("scene", scene)
	if err != nil {
		t.Fatal(err)
	}
	_, w, err := scenario.Play(file, scenario.Defaults())
	if err != nil {
		t.Fatal(err)
	}
	return w
}

var api = cluster.ServiceKey{Cluster: "default", Service: "api"}

func diagnose(w *world.World, key cluster.ServiceKey) (diagnosis.Diagnosis, bool) {
	s := w.Look(diagnosis.Scope(key).Of())
	if further := diagnosis.Further(s, key); !further.Empty() {
		s = s.With(w.Look(further))
	}
	return diagnosis.Of(s, key, diagnosis.Options{})
}

// TestScenes has a scene for each cause that the model brings about.
func TestScenes(t *testing.T) {
	const release = "target-group web drain=30s interval=10s\ntask-definition api image=api@sha256:1\n"
	for _, c := range []struct {
		name, scene string
		state       diagnosis.State
		code        diagnosis.Code
		sure        diagnosis.Certainty
		says        []string
	}{
		{"a steady service", release + "service api desired=3 target-group=web\nadvance 10m\n", diagnosis.Healthy, "", "", []string{"3 of 3 tasks"}},
		{"a rollout that goes on", release + "service api desired=3 target-group=web\nupdate-service api force\nadvance 40s\n", diagnosis.Moving, "", "", []string{"moving"}},
		{"a rollout that drains", "target-group web drain=300s\ntask-definition api image=api@sha256:1\nservice api desired=3 target-group=web\nupdate-service api force\nadvance 3m\n", diagnosis.Moving,
			diagnosis.DrainingLong, diagnosis.Certain, []string{"5m00s"}},
		{"a missing image", release + "task-definition api image=api:none fails=image\nservice api desired=3 target-group=web definition=api:1\nupdate-service api definition=api:2\nadvance 5m\n", diagnosis.Stuck,
			diagnosis.ImageMissing, diagnosis.Certain, []string{"api:none", "handover rollback default/api", "3 old tasks (api:1) are healthy and serving", "no circuit breaker"}},
		{"secrets that cannot be fetched", release + "task-definition api image=api@sha256:1 fails=secret\nservice api desired=1 target-group=web definition=api:1\nupdate-service api definition=api:2\nadvance 12m\n",
			diagnosis.Stuck, diagnosis.SecretUnreadable, diagnosis.Likely, []string{"unable to pull secrets"}},
		{"a program that exits", release + "task-definition api image=api@sha256:2 fails=exit\nservice api desired=2 definition=api:1 breaker=rollback threshold=COUNT:9\nupdate-service api definition=api:2\nadvance 3m\n",
			diagnosis.Stuck, diagnosis.Exited, diagnosis.Certain, []string{"exits with code 1", "of 9 failures; after the last one ECS rolls back to api:1"}},
		{"failed checks of the load balancer", release + "task-definition api image=api@sha256:2 fails=target\nservice api desired=2 target-group=web definition=api:1\nupdate-service api definition=api:2\nadvance 6m\n",
			diagnosis.Stuck, diagnosis.TargetHealth, diagnosis.Certain, []string{"api@sha256:1 → api@sha256:2", "every 10s"}},
		{"failed checks of the container", "task-definition api image=api@sha256:1 health=on\ntask-definition api image=api@sha256:2 health=on fails=container\nservice api desired=2 definition=api:1\nupdate-service api definition=api:2\nadvance 12m\n",
			diagnosis.Stuck, diagnosis.ContainerHealth, diagnosis.Certain, nil},
		{"no room", "world profile=ec2-2026\ninstance a1 cpu=1024 memory=1024\ntask-definition api cpu=256 memory=512\nservice api desired=2 launch=ec2\nupdate-service api force\nadvance 5m\n",
			diagnosis.Stuck, diagnosis.NoMemory, diagnosis.Certain, []string{"0 of 1024 MiB left; a task needs 256 and 512", "as soon as there is room"}},
		{"no room, for a short while", "world profile=ec2-2026\ninstance a1 cpu=1024 memory=1024\ntask-definition api cpu=256 memory=512\nservice api desired=2 launch=ec2\nupdate-service api force\nadvance 1m\n",
			diagnosis.Moving, diagnosis.NoMemory, diagnosis.Certain, nil},
		{"a quota that is used up", "world vcpus=1\ntask-definition api cpu=512 memory=1024\nservice api desired=2 definition=api\nupdate-service api force\nadvance 5m\n",
			diagnosis.Stuck, diagnosis.VCPUQuota, diagnosis.Certain, []string{"1 of 1 vCPUs on Fargate are taken in the account and Region; a task needs 0.5"}},
		{"no capacity of Fargate", release + "service api desired=2 target-group=web\ncapacity FARGATE\nupdate-service api force\nadvance 5m\n",
			diagnosis.Stuck, diagnosis.CapacityUnavailable, diagnosis.Certain, []string{"Capacity is unavailable at this time", "up to a quarter of an hour between two tries", "mix FARGATE and FARGATE_SPOT"}},
		{"Spot tasks that are taken back", release + "service api desired=2 target-group=web providers=FARGATE_SPOT:0:1\ncapacity FARGATE_SPOT\ninterrupt t1\ninterrupt t2\nadvance 10m\n",
			diagnosis.Stuck, diagnosis.SpotInterrupted, diagnosis.Certain, []string{"fargate-capacity", "Your Spot Task was interrupted", "up to a quarter of an hour between two tries"}},
		{"a target group that was deleted", release + "service api desired=2 target-group=web\ndelete-target-group web\nupdate-service api force\nadvance 5m\n",
			diagnosis.Stuck, diagnosis.TargetGroupMissing, diagnosis.Certain, []string{"TARGET GROUP IS NOT FOUND", "attach one that exists"}},
		{"calls of ECS that are throttled", release + "service api desired=2 target-group=web\nthrottle-ecs for=1h\nupdate-service api force\nadvance 5m\n",
			diagnosis.Stuck, diagnosis.CallsThrottled, diagnosis.Certain, []string{"operations are being throttled"}},
		{"a host port that is taken", "world profile=ec2-2026\ninstance a1\ntask-definition api network=bridge host-port=8080 cpu=128 memory=128\nservice api desired=1 launch=ec2\nupdate-service api force\nadvance 5m\n",
			diagnosis.Stuck, diagnosis.NoPort, diagnosis.Certain, []string{"8080"}},
		{"a disconnected agent", "world profile=ec2-2026\ninstance a1\ntask-definition api cpu=256 memory=512\nservice api desired=2 launch=ec2\ndisconnect-agent a1\nupdate-service api force\nadvance 5m\n",
			diagnosis.Stuck, diagnosis.AgentDisconnected, diagnosis.Certain, []string{"disconnected"}},
		{"no instance for the constraint", "world profile=ec2-2026\ninstance a1\ntask-definition api cpu=256 memory=512\ncreate-service api desired=1 launch=ec2 constraint=\"attribute:rack == a\"\nadvance 5m\n",
			diagnosis.Stuck, diagnosis.ConstraintUnsatisfied, diagnosis.Certain, []string{"no task is healthy"}},
		{"bounds that leave no move", release + "service api desired=1 min=100 max=150 target-group=web\nupdate-service api force\nadvance 5m\n", diagnosis.Stuck,
			diagnosis.BoundsBlock, diagnosis.Certain, []string{"at least 1 must stay healthy and at most 1 may exist", "ECS waits for ever"}},
		{"a protected task", release + "service api desired=2 target-group=web\nprotect t1 for=1h\nupdate-service api force\nadvance 5m\n", diagnosis.Stuck,
			diagnosis.Protected, diagnosis.Certain, []string{"is protected until", "when their protection ends"}},
		{"tasks that keep ending after they were healthy", release + "service api desired=3 target-group=web\nreport exited task=t1\nadvance 2m\nreport exited task=t2\nadvance 2m\nreport exited task=t3\nadvance 4m\n",
			diagnosis.Unstable, diagnosis.Exited, diagnosis.Certain, []string{"keeps losing tasks", "3 of 3 failed tasks"}},
		{"rolled back by the breaker", release + "task-definition api image=api@sha256:2 fails=exit\nservice api desired=1 definition=api:1 breaker=rollback\nupdate-service api definition=api:2\nadvance steady\n",
			diagnosis.RolledBack, diagnosis.Exited, diagnosis.Certain, []string{"circuit breaker", "the last deployment of default/api failed: api:2", "1 task is healthy, 1 desired"}},
		{"rolled back by an alarm", release + "service api desired=2 target-group=web alarms=errors\nupdate-service api force\nadvance 1m\nalarm errors\nadvance steady\n", diagnosis.RolledBack,
			diagnosis.AlarmRolledBack, diagnosis.Certain, nil},
		{"a crash loop", "task-definition api image=api@sha256:1 fails=exit\ncreate-service api desired=1\nadvance 6m\n", diagnosis.Stuck, diagnosis.Exited, diagnosis.Certain, []string{"users are not served"}},
		{"nothing desired", release + "service api desired=0 target-group=web\n", diagnosis.Healthy, diagnosis.NothingDesired, diagnosis.Certain, nil},
		{"deleted", release + "service api desired=1 target-group=web\ndelete-service api force\nadvance 10m\n", diagnosis.Gone, diagnosis.ServiceDeleted, diagnosis.Certain, nil},
		{"another controller", release + "service api desired=1 target-group=web controller=CODE_DEPLOY\n", diagnosis.Healthy, diagnosis.OtherController, diagnosis.Certain, nil},
		{"one task that was replaced", release + "service api desired=3 target-group=web\nreport exited task=t1 code=137\nadvance 5m\n", diagnosis.Healthy, diagnosis.Killed, diagnosis.Certain, []string{"tasks have failed in the last hour"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, ok := diagnose(play(t, c.scene), api)
			if !ok {
				t.Fatal("the service is not there")
			}
			text, err := json.MarshalIndent(d, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			if d.State != c.state || c.code == "" && len(d.Causes) > 0 || c.code != "" && (len(d.Causes) == 0 || d.Causes[0].Code != c.code || d.Causes[0].Certainty != c.sure) {
				t.Errorf("want %s, %s (%s); got\n%s", c.state, c.code, c.sure, text)
			}
			for _, part := range c.says {
				if !strings.Contains(unescaped(string(text)), part) {
					t.Errorf("%q is not in\n%s", part, text)
				}
			}
		})
	}
}

func unescaped(text string) string {
	return strings.NewReplacer(`\u003e`, ">", `\u003c`, "<", `\u0026`, "&", `\"`, `"`).Replace(text)
}

// TestNothingSteadyIsStuck lets services live through drawn troubles, and looks at any time: whatever is wrong, nobody panics, a service in its steady state is not called stuck,
// and no cause comes twice or is certain without evidence or a setting.
func TestNothingSteadyIsStuck(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(label string, of ...string) string { return rapid.SampledFrom(of).Draw(t, label) }
		scene := "target-group web drain=" + draw("drain", "0s", "30s", "300s") + "\ntask-definition api image=api@sha256:1\n" +
			"task-definition api image=api@sha256:2 " + draw("fault", "", "fails=image", "fails=secret", "fails=exit", "fails=target", "fails=container health=on") + "\n" +
			"service api desired=" + draw("desired", "0", "1", "2", "5") + " definition=api:1 min=" + draw("min", "0", "50", "100") + " max=" + draw("max", "150", "200") +
			draw("group", "", " target-group=web") + " breaker=" + draw("breaker", "off", "on", "rollback") + "\n" +
			"update-service api " + draw("update", "force", "definition=api:2", "desired=3") + "\n"
		file, err := scenario.Parse("scene", scene)
		if err != nil {
			t.Fatal(err)
		}
		_, w, err := scenario.Play(file, scenario.Defaults())
		if err != nil {
			t.Fatal(err)
		}
		for range 5 {
			w.AdvanceTo(w.Now().Add(time.Duration(rapid.IntRange(1, 1800).Draw(t, "seconds")) * time.Second))
			d, ok := diagnose(w, api)
			if !ok {
				t.Fatal("no diagnosis")
			}
			judge(t, w, d)
		}
	})
}

func judge(t *rapid.T, w *world.World, d diagnosis.Diagnosis) {
	s, _ := w.Service(api)
	steady := len(s.Events) > 0 && strings.Contains(s.Events[0].Message, "has reached a steady state") && len(s.Deployments) == 1 && s.Running == s.Desired && s.Pending == 0
	if steady && (d.State == diagnosis.Stuck || d.State == diagnosis.Moving && d.Healthy >= d.Desired) {
		t.Fatalf("a service in its steady state is %s: %+v", d.State, d)
	}
	if d.State == diagnosis.Stuck && len(d.Causes) == 0 {
		t.Fatalf("stuck without a cause: %+v", d)
	}
	for i, c := range d.Causes {
		if slices.ContainsFunc(d.Causes[i+1:], func(o diagnosis.Cause) bool { return o.Code == c.Code }) {
			t.Fatalf("%s comes twice", c.Code)
		}
		if c.Text == "" || c.Certainty == diagnosis.Certain && len(c.Evidence) == 0 && c.Code != diagnosis.NothingDesired {
			t.Fatalf("nothing speaks for %+v", c)
		}
	}
}

// TestWithoutAnythingRead has no part but the service itself, as for somebody who may read nothing else: nothing is ruled out of what was not read.
func TestWithoutAnythingRead(t *testing.T) {
	s := play(t, "target-group web\nservice api desired=2 target-group=web\nupdate-service api force\nadvance 1m\n").Look(cluster.ServiceScope{Service: api}.Of())
	s.Scope = diagnosis.Scope(api).Of()
	for _, part := range []cluster.Part{cluster.PartTasks, cluster.PartTargets, cluster.PartDefinitions, cluster.PartProtection, cluster.PartHistory} {
		s.Gaps = append(s.Gaps, cluster.Gap{Service: api, Part: part, Permission: "ecs:Read"})
	}
	d, ok := diagnosis.Of(s, api, diagnosis.Options{})
	if !ok || len(d.Unread) != 5 || d.Impact.Affected != "unknown" || slices.Contains(d.RuledOut, "image pull") || slices.Contains(d.RuledOut, "task protection") {
		t.Errorf("%+v", d)
	}
}
