package world

import (
	"cmp"
	"slices"
	"time"

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
	if former, there := t.Policy(a.Name); there {
		w.dropAlarms(former)
	}
	w.trackingAlarms(a)
	t.PutPolicy(&scaling.Policy{Name: a.Name, Track: a.Track, Step: a.Step, Follow: a.Follow})
	return []string{a.Name}, nil
}

func (w *World) deleteScalingPolicy(a cluster.DeleteScalingPolicy) (ids []string, err error) {
	t, ok := w.state.Scaling.Target(a.Service)
	if !ok {
		return nil, noSuch("scaling policy found", a.Service, ", policy name: "+a.Name)
	}
	p, there := t.Policy(a.Name)
	if !there {
		return nil, noSuch("scaling policy found", a.Service, ", policy name: "+a.Name)
	}
	w.dropAlarms(p)
	t.DeletePolicy(a.Name)
	return []string{a.Name}, nil
}

// trackingAlarms makes the alarms of target tracking. They show what the policy sees; the policy itself looks at the metric.
func (w *World) trackingAlarms(a cluster.PutScalingPolicy) {
	if a.Track == nil || a.Follow == nil {
		return
	}
	for _, alarm := range []struct {
		name string
		rule cluster.AlarmRule
	}{
		{a.Follow.High, cluster.AlarmRule{Threshold: a.Track.Target, Comparison: "GreaterThanThreshold", Periods: scaling.Above, Datapoints: scaling.Above}},
		{a.Follow.Low, cluster.AlarmRule{Threshold: a.Track.Target * scaling.Low, Comparison: "LessThanThreshold", Periods: scaling.Below, Datapoints: scaling.Below}},
	} {
		if alarm.name == "" {
			continue
		}
		alarm.rule.Metric, alarm.rule.Statistic, alarm.rule.Period = a.Follow.Metric, a.Follow.Statistic, time.Minute
		_, _ = w.putMetricAlarm(cluster.PutMetricAlarm{Alarm: alarm.name, Rule: &alarm.rule, OnRaised: []string{a.Follow.Policy}}) // it has a name
	}
}

// dropAlarms removes the alarms of a policy. Source: Application Auto Scaling user guide: they go with the policy.
func (w *World) dropAlarms(p *scaling.Policy) {
	if p.Follow == nil {
		return
	}
	for _, name := range []string{p.Follow.High, p.Follow.Low} {
		_, _ = w.deleteAlarm(cluster.DeleteAlarm{Alarm: name}) // one that somebody has deleted is gone already
	}
}

// measured takes a datapoint of a policy's metric.
func (w *World) measured(r Report) {
	t, ok := w.state.Scaling.Target(r.Service)
	if !ok {
		return
	}
	if p, ok := t.Policy(r.ID); ok {
		w.observe(t, p, r.Value, "")
	}
}

// observe gives a policy what its metric is, and changes the desired count where the policy wants it. The alarm is that of a policy of steps.
func (w *World) observe(t *scaling.Target, p *scaling.Policy, value float64, alarm string) {
	s, ok := w.service(t.Service)
	if !ok || s.Status != cluster.ServiceActive {
		return
	}
	running := 0
	for _, task := range s.Tasks {
		if task.Last == cluster.Running && task.MeantToRun() {
			running++
		}
	}
	deploying := slices.ContainsFunc(w.ServiceDeployments(t.Service), func(d cluster.ServiceDeployment) bool { return d.FinishedAt.IsZero() })
	desired := t.Observe(p, value, scaling.Circumstances{Now: w.state.Now, Running: running, Desired: s.Desired, Deploying: deploying})
	if p.Follow != nil {
		alarm = p.Follow.High
		if desired < s.Desired {
			alarm = p.Follow.Low
		}
	}
	if desired != s.Desired {
		_ = w.setDesired(t, desired, "monitor alarm "+cmp.Or(alarm, p.Name)+" in state ALARM triggered policy "+p.Name) // a service that refuses the count keeps its own; nobody is there to be told
	}
}
