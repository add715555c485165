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
		{"nothing can happen", 0, rolling, 60},
		{"no end before what follows has had its time", 60, rolling, 120},
		{"still not", 120, rolling, 170},
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
	if p.Watched = true; p.wait(at(0), begun, rolling) != 20*time.Second || p.wait(at(20), begun, rolling) != 20*time.Second || p.wait(at(128), begun, moved) != 5*time.Second {
		t.Error("a person who looks on waits for longer than 20 s, or the end is seen at another time")
	}
}

// TestThePeakIsThatBetweenTwoLooks: three tasks at 0:00, of which one drains for a minute after a fourth and a fifth have come; none of that was looked at.
func TestThePeakIsThatBetweenTwoLooks(t *testing.T) {
	begun := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	at := func(seconds int) time.Time { return begun.Add(time.Duration(seconds) * time.Second) }
	task := func(made, gone int) cluster.Task {
		t := cluster.Task{CreatedAt: at(made), Last: cluster.Running}
		if gone != 0 {
			t.Last, t.StoppedAt = cluster.Stopped, at(gone)
		}
		return t
	}
	tasks := []cluster.Task{task(-900, -60), task(-600, 100), task(-600, 160), task(-500, 300), task(40, 0), task(90, 0), task(170, 0)}
	if got := most(tasks, begun); got != 5 {
		t.Errorf("%d tasks at the most, and there were 3 old and 2 new ones at 1:30", got)
	}
	if got := most(tasks[:4], begun); got != 3 {
		t.Errorf("%d tasks at the most, and there were 3 all along", got)
	}
}
