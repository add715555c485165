package forecast_test

import (
	"strings"
	"testing"
	"time"

	"handover/internal/cluster"
	"handover/internal/forecast"
	"handover/internal/operation"
	"handover/internal/world"
)

// TestNeverFinishes: what cannot end is said to, with the reason in ECS's words and the way out.
func TestNeverFinishes(t *testing.T) {
	scene := "world profile=ec2-2026\ninstance one\ninstance two zone=b\ntask-definition api image=api@sha256:1 cpu=1500 memory=1024\n" +
		"service api desired=2 min=100 max=200 launch=ec2\n"
	w := played(t, scene)
	base, err := forecast.Load(w.Look(forecast.Whole(api)), api, forecast.Past{})
	if err != nil {
		t.Fatal(err)
	}
	f := base.Run(restart(operation.RestartOptions{}), 100)
	if f.Succeeded != 0 || f.Obstacle == nil || f.Obstacle.Code != "no-room" || len(f.Remedies) == 0 {
		t.Errorf("%+v", f)
	}
}

// TestNoCapacityIsSaid: where Fargate has no capacity an operation never finishes, and a live service that lacked some a while ago has its forecast with a warning, until it has started a task again.
func TestNoCapacityIsSaid(t *testing.T) {
	load := func(scene string) (forecast.Base, *world.World) {
		w := played(t, balanced(2)+scene)
		base, err := forecast.Load(w.Look(forecast.Whole(api)), api, forecast.Past{})
		if err != nil {
			t.Fatal(err)
		}
		return base, w
	}
	const warning = "Fargate has no capacity for the service's tasks"
	lacking, _ := load("capacity FARGATE\nupdate-service api desired=3\nadvance 5m\n")
	if !strings.Contains(strings.Join(lacking.Warnings, "\n"), warning) {
		t.Errorf("no warning in %q", lacking.Warnings)
	}
	again, _ := load("capacity FARGATE for=1m\nupdate-service api desired=3\nadvance 20m\n")
	if strings.Contains(strings.Join(again.Warnings, "\n"), warning) {
		t.Errorf("a task has started since: %q", again.Warnings)
	}
}

// TestWhatGetsInTheWayIsSaid: auto scaling and protected tasks are warned of, and what was not read is listed with the IAM action that reading it takes.
func TestWhatGetsInTheWayIsSaid(t *testing.T) {
	w := played(t, balanced(2))
	least, most := 1, 7
	for _, a := range []cluster.Action{
		cluster.RegisterScalableTarget{Service: api, Min: &least, Max: &most},
		cluster.PutScheduledAction{Service: api, Name: "nightly", Schedule: "cron(0 3 * * ? *)", Max: &least},
		cluster.PutScheduledAction{Service: api, Name: "yearly", Schedule: "cron(0 3 1 7 ? *)", Max: &least},
	} {
		if _, err := w.Act(w.Now(), a); err != nil {
			t.Fatal(err)
		}
	}
	snapshot := w.Look(forecast.Whole(api))
	snapshot.Services[0].Scaling.Policies = []string{"cpu", "requests"}
	snapshot.Services[0].Subnets = []cluster.Subnet{{ID: "subnet-1", Free: 1}, {ID: "subnet-2", Free: 0}}
	snapshot.Services[0].Tasks[0].ProtectedUntil = w.Now().Add(time.Hour)
	denied := cluster.APIError{Class: cluster.ClassDenied, Code: "AccessDeniedException", Message: "no"}
	snapshot.Gaps = []cluster.Gap{{Service: api, Part: cluster.PartTargets, Permission: "elasticloadbalancing:DescribeTargetHealth", Err: denied}}
	snapshot.Services[0].Targets, snapshot.Services[0].TargetGroups = nil, nil
	base, err := forecast.Load(snapshot, api, forecast.Past{})
	if err != nil {
		t.Fatal(err)
	}
	warnings := strings.Join(base.Warnings, "\n")
	for _, want := range []string{"Application Auto Scaling (cpu, requests) may change the desired count between 1 and 7 meanwhile; the forecast leaves it at 2",
		"scheduled action nightly, cron(0 3 * * ? *), changes the bounds of the desired count to 1–1 at 2026-01-01T03:00:00Z", "1 of the tasks are protected, the last of them until 2026-01-01T01:00:00Z"} {
		if !strings.Contains(warnings, want) {
			t.Errorf("%q is not in %q", want, warnings)
		}
	}
	if strings.Contains(warnings, "yearly") {
		t.Errorf("what comes in half a year is in %q", warnings)
	}
	f := base.Run(restart(operation.RestartOptions{}), 20)
	if len(f.Warnings) != 1 || !strings.Contains(f.Warnings[0], "have 1 free addresses, and up to 2 more tasks are there at a time") {
		t.Errorf("of a peak of %d: %q", f.Peak, f.Warnings)
	}
	if len(base.Gaps) != 1 || base.Gaps[0].Permission != "elasticloadbalancing:DescribeTargetHealth" {
		t.Errorf("gaps: %+v", base.Gaps)
	}
	for _, d := range base.Durations {
		if d.Name == "drain" && (d.Source != forecast.Assumed || d.Median != 300*time.Second) {
			t.Errorf("%+v", d)
		}
	}
}

// TestWithoutTasksThereIsNoForecast: "not read" is not "none".
func TestWithoutTasksThereIsNoForecast(t *testing.T) {
	snapshot := played(t, balanced(2)).Look(forecast.Whole(api))
	snapshot.Gaps = []cluster.Gap{{Service: api, Part: cluster.PartTasks, Permission: "ecs:ListTasks"}}
	if _, err := forecast.Load(snapshot, api, forecast.Past{}); err == nil || err.Error() != "the tasks could not be read, which takes ecs:ListTasks" {
		t.Errorf("got %v", err)
	}
}

// TestAScalableTargetWithoutPoliciesChangesNothing: then nobody is warned of it; where its policies could not be read, they are.
func TestAScalableTargetWithoutPoliciesChangesNothing(t *testing.T) {
	w := played(t, balanced(2))
	least, most := 1, 7
	if _, err := w.Act(w.Now(), cluster.RegisterScalableTarget{Service: api, Min: &least, Max: &most}); err != nil {
		t.Fatal(err)
	}
	snapshot := w.Look(forecast.Whole(api))
	for _, c := range []struct {
		gaps []cluster.Gap
		want int
	}{{nil, 0}, {[]cluster.Gap{{Service: api, Part: cluster.PartPolicies, Permission: "application-autoscaling:DescribeScalingPolicies"}}, 1}} {
		snapshot.Gaps = c.gaps
		base, err := forecast.Load(snapshot, api, forecast.Past{})
		if err != nil {
			t.Fatal(err)
		}
		if len(base.Warnings) != c.want || len(base.Gaps) != c.want {
			t.Errorf("warnings %q, gaps %+v", base.Warnings, base.Gaps)
		}
	}
}
