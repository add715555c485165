package world

import (
	"slices"

	"handover/internal/cluster"
	"handover/internal/world/scaling"
)

// This file has the scaling policies. What their metrics are comes from outside, as Reports.

// putScalingPolicy makes or changes a policy; what a former one of its name has seen and done is forgotten. Source: API Reference, PutScalingPolicy.
func (w *World) putScalingPolicy(a cluster.PutScalingPolicy) (ids []string, err error) {
	t, ok := w.state.Scaling.Target(a.Service)
	if !ok {
		return nil, noSuch("scalable target registered", a.Service, "")
	}
	switch {
	case a.Track == nil && a.Step == nil || a.Track != nil && a.Step != nil:
		return nil, unscalable("A scaling policy needs either a target tracking or a step scaling configuration")
	case a.Track != nil && a.Track.Target <= 0:
		return nil, unscalable("The target value must be positive")
	case a.Step != nil && len(a.Step.Steps) == 0:
		return nil, unscalable("At least one step adjustment must be specified")
	}
	t.PutPolicy(&scaling.Policy{Name: a.Name, Track: a.Track, Step: a.Step})
	return []string{a.Name}, nil
}

func (w *World) deleteScalingPolicy(a cluster.DeleteScalingPolicy) (ids []string, err error) {
	t, ok := w.state.Scaling.Target(a.Service)
	if !ok {
		return nil, noSuch("scaling policy found", a.Service, ", policy name: "+a.Name)
	}
	if _, there := t.Policy(a.Name); !there {
		return nil, noSuch("scaling policy found", a.Service, ", policy name: "+a.Name)
	}
	t.DeletePolicy(a.Name)
	return []string{a.Name}, nil
}

// measured takes a datapoint of a policy's metric, and changes the desired count where the policy wants it.
func (w *World) measured(r Report) {
	t, ok := w.state.Scaling.Target(r.Service)
	if !ok {
		return
	}
	p, ok := t.Policy(r.ID)
	if !ok {
		return
	}
	s, ok := w.service(r.Service)
	if !ok || s.Status != cluster.ServiceActive {
		return
	}
	running := 0
	for _, task := range s.Tasks {
		if task.Last == cluster.Running && task.MeantToRun() {
			running++
		}
	}
	deploying := slices.ContainsFunc(w.ServiceDeployments(r.Service), func(d cluster.ServiceDeployment) bool { return d.FinishedAt.IsZero() })
	desired := t.Observe(p, r.Value, scaling.Circumstances{Now: w.state.Now, Running: running, Desired: s.Desired, Deploying: deploying})
	if desired != s.Desired {
		_, _ = w.updateService(cluster.UpdateService{Service: r.Service, Desired: &desired}) // a service that refuses the count keeps its own; nobody is there to be told
	}
}
