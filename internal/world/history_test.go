package world_test

import (
	"errors"
	"testing"
	"time"

	"handover/internal/cluster"
	"handover/internal/world"
	"handover/internal/world/profile"
)

// TestADeletedServiceHasNoDeploymentToStop: what was under way ends with the service, in each of the states that a deletion goes through.
func TestADeletedServiceHasNoDeploymentToStop(t *testing.T) {
	for _, wait := range []time.Duration{0, 10 * time.Second, time.Hour} {
		usual, _ := profile.Named("fargate-2026")
		w := world.New(world.Config{Seed: 1, Start: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Profile: usual, Place: cluster.ARN{Partition: "aws", Region: "us-east-1", Account: "123456789012"}})
		key := cluster.ServiceKey{Cluster: "default", Service: "api"}
		for _, a := range []cluster.Action{
			cluster.CreateCluster{Cluster: "default"},
			cluster.RegisterTaskDefinition{Family: "api", Network: "awsvpc", Containers: []cluster.ContainerDefinition{{Name: "api", Image: "api:1", Essential: true}}},
			cluster.CreateService{Service: key, Definition: "api", Desired: 2, Scheduling: cluster.Replica, Controller: cluster.ControllerECS, Launch: cluster.Fargate},
		} {
			if _, err := w.Act(w.Now(), a); err != nil {
				t.Fatal(err)
			}
		}
		w.AdvanceTo(w.Now().Add(5 * time.Second))
		arn := w.ServiceDeployments(key)[0].ARN
		if _, err := w.Act(w.Now(), cluster.DeleteService{Service: key, Force: true}); err != nil {
			t.Fatal(err)
		}
		w.AdvanceTo(w.Now().Add(wait))
		_, err := w.Act(w.Now(), cluster.StopServiceDeployment{ARN: arn})
		var refused *cluster.APIError
		if !errors.As(err, &refused) || refused.Code != "ConflictException" {
			t.Errorf("after %s: %v", wait, err)
		}
		if d, _ := w.ServiceDeployment(arn); d.Status != cluster.DeploymentStopped || d.FinishedAt.IsZero() {
			t.Errorf("after %s: %+v", wait, d)
		}
	}
}
