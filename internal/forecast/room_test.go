package forecast_test

import (
	"strings"
	"testing"

	"handover/internal/cluster"
	"handover/internal/forecast"
	"handover/internal/operation"
	"handover/internal/world"
)

// onQuota is a service of four tasks of half a vCPU in a world with a quota, in which another service has one vCPU.
func onQuota(t *testing.T, vcpus string) forecast.Base {
	t.Helper()
	return whole(t, played(t, "world vcpus="+vcpus+`
target-group web drain=30s
task-definition api cpu=512 memory=1024 image=api@sha256:1
task-definition other cpu=256 memory=512
service other desired=4 definition=other
service api desired=4 min=100 max=200 target-group=web definition=api
`))
}

// whole is the base of a service with all that may get in its way.
func whole(t *testing.T, w *world.World) forecast.Base {
	t.Helper()
	base, err := forecast.Load(w.Look(forecast.Whole(api)), api, forecast.Past{})
	if err != nil {
		t.Fatal(err)
	}
	return base
}

// TestQuotaOfFargateIsInTheForecast: 3 of 16 vCPUs are taken, which limits nothing; of 4 one is left for two tasks, so a rollout of four goes in two batches; of 3 nothing is left,
// and the rollout never begins.
func TestQuotaOfFargateIsInTheForecast(t *testing.T) {
	for _, c := range []struct {
		vcpus, room string
		tasks, peak int
		cause       string
	}{
		{"16", "26 by Fargate's quota, of which 13 of 16 vCPUs are left", 26, 8, ""},
		{"4", "2 by Fargate's quota, of which 1 of 4 vCPUs are left", 2, 6, ""},
		{"3", "0 by Fargate's quota, of which 0 of 3 vCPUs are left", 0, 4, "quota"},
	} {
		base := onQuota(t, c.vcpus)
		if len(base.Room) != 1 || base.Room[0] != (forecast.Room{Of: forecast.RoomByQuota, Tasks: c.tasks, Text: c.room}) {
			t.Errorf("of %s vCPUs: %+v", c.vcpus, base.Room)
		}
		f := base.Run(restart(operation.RestartOptions{}), 3)
		code := ""
		if f.Obstacle != nil {
			code = f.Obstacle.Code
		}
		if f.Peak != c.peak || code != c.cause {
			t.Errorf("of %s vCPUs: peak %d, %+v", c.vcpus, f.Peak, f.Obstacle)
		}
	}
}

// TestRoomOnInstancesIsCounted: each of two instances has 2048 CPU units and 3840 MiB; one has two of the service's tasks, the other one.
func TestRoomOnInstancesIsCounted(t *testing.T) {
	w := played(t, "world profile=ec2-2026\ninstance a1\ninstance b1 zone=b\ntask-definition api cpu=512 memory=512\nservice api desired=3 launch=ec2 definition=api\n")
	base := whole(t, w)
	if len(base.Room) != 1 || base.Room[0].Of != forecast.RoomOnInstances || base.Room[0].Tasks != 5 {
		t.Errorf("%+v", base.Room)
	}
	if before, after := len(w.Tasks(cluster.DefaultCluster)), 3; before != after || !strings.Contains(base.Room[0].Text, "container instances") {
		t.Errorf("%d tasks, %+v", before, base.Room)
	}
}
