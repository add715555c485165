package world

import (
	"slices"
	"strings"

	"handover/internal/cluster"
	"handover/internal/world/service"
)

// This file has the CloudWatch alarms that fail a rollout. Their states come from outside, as Reports; ECS asks for them at its looks.
// Source: developer guide, deployment-alarm-failure.

// setAlarmState sets an alarm, and makes it where it is not there.
func (w *World) setAlarmState(a cluster.SetAlarmState) (ids []string, err error) {
	if a.Alarm == "" {
		return nil, cluster.Errorf(cluster.ClassInvalid, "ValidationError", "1 validation error detected: Value at 'alarmName' failed to satisfy constraint: Member must have length greater than or equal to 1")
	}
	former := w.alarmState(a.Alarm)
	w.setAlarm(cluster.Alarm{Name: a.Alarm, State: a.State, Reason: a.Reason})
	w.raise(a.Alarm, a.State == cluster.AlarmRaised)
	if alarm, ok := w.state.Metrics.Alarm(a.Alarm); ok && former != a.State {
		alarm.State, alarm.Reason, alarm.At = a.State, a.Reason, w.state.Now
		w.alarmTells(alarm, former)
	}
	return nil, nil
}

// alarmState is the state of an alarm; that of one which was never set is OK.
func (w *World) alarmState(name string) cluster.AlarmState {
	for _, a := range w.state.Alarms {
		if a.Name == name {
			return a.State
		}
	}
	return cluster.AlarmOK
}

func (w *World) setAlarm(a cluster.Alarm) {
	at, there := slices.BinarySearchFunc(w.state.Alarms, a.Name, func(a cluster.Alarm, name string) int { return strings.Compare(a.Name, name) })
	if there {
		w.state.Alarms = slices.Delete(slices.Clone(w.state.Alarms), at, at+1)
	}
	w.state.Alarms = slices.Insert(slices.Clone(w.state.Alarms), at, a)
}

// Alarms gives the alarms that are there, by name: those that were set, those that were reported, and those that a service names.
func (w *World) Alarms() []cluster.Alarm {
	all := slices.Clone(w.state.Alarms)
	add := func(name string, state cluster.AlarmState) {
		if !slices.ContainsFunc(all, func(a cluster.Alarm) bool { return a.Name == name }) {
			all = append(all, cluster.Alarm{Name: name, State: state})
		}
	}
	for _, name := range w.state.Raised {
		add(name, cluster.AlarmRaised)
	}
	for _, s := range w.state.Services {
		for _, name := range s.Alarms.Names {
			add(name, cluster.AlarmOK)
		}
	}
	slices.SortFunc(all, func(a, b cluster.Alarm) int { return strings.Compare(a.Name, b.Name) })
	return all
}

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
