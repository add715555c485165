package world

import (
	"time"

	"handover/internal/cluster"
	"handover/internal/world/service"
)

// Life is when a task came, when it began to count as healthy, and when it went. What has not happened is zero.
type Life struct {
	Task       string
	Deployment string
	Created    time.Time
	Healthy    time.Time // may lie in the future: the scheduler counts a task some seconds after its target is healthy
	Stopping   time.Time
	Stopped    time.Time
}

// Lives adds the lives of a service's tasks that ECS still shows to a list, oldest first.
func (w *World) Lives(lives []Life, key cluster.ServiceKey) []Life {
	s, ok := w.service(key)
	if !ok {
		return lives
	}
	for _, t := range s.Tasks {
		lives = append(lives, life(t))
	}
	return lives
}

func life(t *service.Task) Life {
	l := Life{Task: t.ID, Deployment: t.StartedBy, Created: t.CreatedAt, Healthy: t.CountsFrom, Stopping: t.StoppingAt, Stopped: t.StoppedAt}
	if l.Healthy.IsZero() && !t.MeantToRun() {
		l.Healthy = t.Served
	}
	return l
}
