package world

import (
	"time"

	"handover/internal/cluster"
	"handover/internal/world/service"
)

// Life is when a task came, when it became healthy, and when it went. What has not happened is zero. Healthy is what a look at the service shows, and not when the
// scheduler counts the task, some seconds later: an operation acts by what it sees, and what it keeps is measured by the same.
type Life struct {
	Task       string
	Deployment string
	Created    time.Time
	Healthy    time.Time // may lie in the future, where a task counts as healthy after a time
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
	if !l.Healthy.IsZero() {
		l.Healthy = l.Healthy.Add(-t.Lag)
	}
	return l
}
