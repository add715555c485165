package cli

import (
	"math"
	"testing"

	"handover/internal/cluster"
)

// TestALargeServiceCanBeRead: reading 5,000 tasks takes 51 ListTasks and 50 DescribeTasks, more than the bucket of 100 that both draw on. The world's time goes on
// while the calls wait for their turn.
func TestALargeServiceCanBeRead(t *testing.T) {
	conn, err := emulate(t.Context(), Target{Command: "restart", Scene: &Scene{Name: "large", Text: "service api desired=5000\n", Speed: math.Inf(1)}})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	api := cluster.ServiceKey{Cluster: cluster.DefaultCluster, Service: "api"}
	snapshot, err := conn.Provider.Observe(t.Context(), cluster.ServiceScope{Service: api, Tasks: cluster.AllTasks}.Of())
	if err != nil {
		t.Fatal(err)
	}
	if view, _ := snapshot.Service(api); len(snapshot.Gaps) > 0 || len(view.Tasks) != 5000 {
		t.Errorf("%d tasks, gaps %+v", len(view.Tasks), snapshot.Gaps)
	}
}
