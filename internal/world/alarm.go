package world

import (
	"slices"
	"strings"

	"handover/internal/cluster"
	"handover/internal/world/service"
)

// This file has the CloudWatch alarms that fail a rollout. Their states come from outside, as Reports; ECS asks for them at its looks.
// Source: developer guide, deployment-alarm-failure.

// raise takes the state of an alarm. Alarms that were never reported are not in ALARM.
func (w *World) raise(name string, raised bool) {
	at, there := slices.BinarySearch(w.state.Raised, name)
	switch {
	case raised && !there:
		w.state.Raised = slices.Insert(w.state.Raised, at, name)
	case !raised && there:
		w.state.Raised = slices.Delete(w.state.Raised, at, at+1)
	}
}

// raised gives those of some alarms that are in ALARM, by name.
func (w *World) raised(names []string) []string {
	var found []string
	for _, name := range names {
		if _, there := slices.BinarySearch(w.state.Raised, name); there {
			found = append(found, name)
		}
	}
	slices.SortFunc(found, strings.Compare)
	return found
}

// alarmed tells whether an alarm fails the rollout in progress. One that was in ALARM when the rollout began is ignored for all of it; when it is set back and
// raised again it still is.
func (w *World) alarmed(s *service.Service, d *service.Deployment) bool {
	if !s.Alarms.Enabled || d.Rollout != cluster.RolloutInProgress {
		return false
	}
	return slices.ContainsFunc(w.raised(s.Alarms.Names), func(name string) bool { return !slices.Contains(d.Ignored, name) })
}

// baking tells whether a rollout that has all it needs is still watched for alarms. ECS chooses for how long; a deployment that is rolled back to was watched before.
func (w *World) baking(s *service.Service) bool {
	d := s.Primary()
	if !s.Alarms.Enabled || !d.Completed.IsZero() {
		return false
	}
	if d.BakedAt.IsZero() {
		d.BakedAt = w.state.Now.Add(w.draw(w.state.Profile.AlarmBake, d.ID, "alarm-bake"))
	}
	return w.state.Now.Before(d.BakedAt)
}
