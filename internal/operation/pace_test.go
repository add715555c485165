package operation

import (
	"testing"
	"time"

	"handover/internal/cluster"
)

// TestPace follows the example of Pace.wait: each row is a look, and says when the next one is.
func TestPace(t *testing.T) {
	begun := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	at := func(seconds int) time.Time { return begun.Add(time.Duration(seconds) * time.Second) }
	p := Pace{Moved: Window{Early: 70 * time.Second, Late: 90 * time.Second}, Ended: Window{Early: 50 * time.Second, Late: 65 * time.Second}}
	rolling := cluster.Service{Deployments: []cluster.Deployment{{ID: "new", Status: cluster.DeploymentPrimary, Running: 2}, {ID: "old", Status: cluster.DeploymentActive, Running: 1}}}
	moved := cluster.Service{Deployments: []cluster.Deployment{{ID: "new", Status: cluster.DeploymentPrimary, Running: 2}, {ID: "old", Status: cluster.DeploymentActive}},
		Events: []cluster.Event{{ID: "last", At: at(78)}}}
	for _, c := range []struct {
		name    string
		now     int
		service cluster.Service
		next    int
	}{
		{"nothing can happen", 0, rolling, 30},
		{"still not", 30, rolling, 60},
		{"until the window begins", 60, rolling, 70},
		{"in the window", 70, rolling, 95},
		{"longer than was forecast", 200, rolling, 210},
		{"it has moved on", 95, moved, 128},
		{"the end is near", 128, moved, 133},
		{"the end is late", 200, moved, 205},
		{"the forecast was wrong", 300, moved, 310},
	} {
		if got := p.wait(at(c.now), begun, c.service); got != time.Duration(c.next-c.now)*time.Second {
			t.Errorf("%s: waits for %s, want %d s", c.name, got, c.next-c.now)
		}
	}
}
