package world_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"handover/internal/cluster"
	"handover/internal/world"
	"handover/internal/world/profile"
)

func scalable(t *testing.T) *world.World {
	t.Helper()
	usual, _ := profile.Named("fargate-2026")
	w := world.New(world.Config{Seed: 1, Start: time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC), Profile: usual, Place: cluster.ARN{Partition: "aws", Region: "eu-west-1", Account: "123456789012"}})
	least, most, later := 1, 4, 3
	for _, a := range []cluster.Action{
		cluster.CreateCluster{Cluster: "prod"},
		cluster.RegisterTaskDefinition{Family: "api", Containers: []cluster.ContainerDefinition{{Name: "app", Image: "app:1", Essential: true}}},
		cluster.CreateService{Service: inProd("api"), Definition: "api", Desired: 2, Scheduling: cluster.Replica, Controller: cluster.ControllerECS, Launch: cluster.Fargate},
		cluster.RegisterScalableTarget{Service: inProd("api"), Min: &least, Max: &most},
		cluster.PutScheduledAction{Service: inProd("api"), Name: "more", Schedule: "rate(7 minutes)", Min: &later},
	} {
		if _, err := w.Act(w.Now(), a); err != nil {
			t.Fatalf("%s: %v", a.Kind(), err)
		}
	}
	return w
}

func inProd(name string) cluster.ServiceKey {
	return cluster.ServiceKey{Cluster: "prod", Service: name}
}

func written(t *testing.T, w *world.World) string {
	t.Helper()
	text, err := json.Marshal(w)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestScheduledActionsDoNotDependOnTheStepsOfTime(t *testing.T) {
	one := scalable(t)
	two, three := one.Clone(), &world.World{}
	if err := json.Unmarshal([]byte(written(t, one)), three); err != nil {
		t.Fatal(err)
	}
	end := one.Now().Add(30 * time.Minute)
	one.AdvanceTo(end)
	for at := two.Now(); at.Before(end); at = at.Add(13 * time.Second) {
		two.AdvanceTo(at)
	}
	two.AdvanceTo(end)
	three.AdvanceTo(end)
	if written(t, one) != written(t, two) || written(t, one) != written(t, three) {
		t.Error("worlds that went on in other steps, or were written and read, differ")
	}
	if s, _ := one.Service(inProd("api")); s.Desired != 3 {
		t.Errorf("desired count %d, want 3", s.Desired)
	}
}

func TestAScheduledActionThatIsChangedOrGoneDoesNotHappen(t *testing.T) {
	w := scalable(t)
	act := func(a cluster.Action) {
		t.Helper()
		if _, err := w.Act(w.Now(), a); err != nil {
			t.Fatal(err)
		}
	}
	act(cluster.PutScheduledAction{Service: inProd("api"), Name: "more", Schedule: "rate(1 hour)"})
	w.AdvanceTo(w.Now().Add(30 * time.Minute))
	if target, _ := w.ScalableTarget(inProd("api")); target.Min != 1 || *target.Actions[0].Min != 3 {
		t.Errorf("after half an hour: %+v", target)
	}
	act(cluster.DeleteScheduledAction{Service: inProd("api"), Name: "more"})
	w.AdvanceTo(w.Now().Add(2 * time.Hour))
	if target, _ := w.ScalableTarget(inProd("api")); target.Min != 1 || len(target.Actions) != 0 {
		t.Errorf("after the action is gone: %+v", target)
	}
	act(cluster.Declare{ARN: "arn:policy", Type: "policy", Parent: w.ScalableTargets()[0].ARN})
	act(cluster.DeregisterScalableTarget{Service: inProd("api")})
	if _, there := w.DeclaredAt("arn:policy"); there || len(w.ScalableTargets()) != 0 {
		t.Error("what goes with a target is there after the target is gone")
	}
}

func TestScalingErrors(t *testing.T) {
	w := scalable(t)
	n := func(n int) *int { return &n }
	for _, c := range []struct {
		action cluster.Action
		want   string
	}{
		{cluster.RegisterScalableTarget{Service: inProd("none"), Min: n(1), Max: n(2)}, "ECS service doesn't exist: service/prod/none"},
		{cluster.RegisterScalableTarget{Service: inProd("api"), Max: n(0)}, "Maximum capacity cannot be less than minimum capacity"},
		{cluster.RegisterScalableTarget{Service: inProd("api"), Min: n(-1)}, "Minimum and maximum capacity cannot be negative"},
		{cluster.DeregisterScalableTarget{Service: inProd("none")}, "No scalable target found for service namespace: ecs, resource ID: service/prod/none, scalable dimension: ecs:service:DesiredCount"},
		{cluster.PutScheduledAction{Service: inProd("none"), Name: "x", Schedule: "rate(1 hour)"}, "No scalable target registered for service namespace: ecs, resource ID: service/prod/none, scalable dimension: ecs:service:DesiredCount"},
		{cluster.PutScheduledAction{Service: inProd("api"), Name: "x", Schedule: "at(2026-11-21T08:00:00)"}, "The time of the schedule at(2026-11-21T08:00:00) is over"},
		{cluster.PutScheduledAction{Service: inProd("api"), Name: "x", Schedule: "daily"}, `Invalid schedule expression: "daily" is none of at(…), rate(…) and cron(…)`},
		{cluster.DeleteScheduledAction{Service: inProd("api"), Name: "x"}, "No scheduled action found for service namespace: ecs, resource ID: service/prod/api, scalable dimension: ecs:service:DesiredCount, scheduled action name: x"},
	} {
		before := written(t, w)
		_, err := w.Act(w.Now(), c.action)
		var refused *cluster.APIError
		if !errors.As(err, &refused) || refused.Message != c.want {
			t.Errorf("%s:\n got %v\nwant %s", c.action.Kind(), err, c.want)
		}
		if written(t, w) != before {
			t.Errorf("%s was refused and has changed the world", c.action.Kind())
		}
		text, err := cluster.EncodeAction(c.action)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := cluster.DecodeAction(text); err != nil {
			t.Error(err)
		}
	}
}
