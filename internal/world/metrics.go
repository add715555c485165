package world

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"handover/internal/cluster"
	"handover/internal/world/metric"
	"handover/internal/world/scaling"
)

// This file is where metrics and alarms meet what they change: scaling policies and topics. What metrics are comes from outside.

// putMetricAlarm makes or changes an alarm. Source: CloudWatch API Reference, PutMetricAlarm.
func (w *World) putMetricAlarm(a cluster.PutMetricAlarm) (ids []string, err error) {
	next := &metric.Alarm{PutMetricAlarm: a, State: cluster.AlarmUnknown, Reason: "Unchecked: Initial alarm creation", At: w.state.Now, PutAt: w.state.Now}
	if former, there := w.state.Metrics.Alarm(a.Alarm); there {
		next.State, next.Reason, next.At = former.State, former.Reason, former.At
	} else {
		w.setAlarm(cluster.Alarm{Name: a.Alarm, State: next.State, Reason: next.Reason})
	}
	w.state.Metrics.Put(next)
	return []string{a.Alarm}, nil
}

// deleteAlarm removes an alarm. Source: CloudWatch API Reference, DeleteAlarms.
func (w *World) deleteAlarm(a cluster.DeleteAlarm) (ids []string, err error) {
	known := slices.ContainsFunc(w.state.Alarms, func(s cluster.Alarm) bool { return s.Name == a.Alarm })
	if !w.state.Metrics.Delete(a.Alarm) && !known {
		return nil, cluster.Errorf(cluster.ClassNotFound, "ResourceNotFound", "")
	}
	w.state.Alarms = slices.DeleteFunc(slices.Clone(w.state.Alarms), func(s cluster.Alarm) bool { return s.Name == a.Alarm })
	w.raise(a.Alarm, false)
	return []string{a.Alarm}, nil
}

// putMetricData takes values. Alarms look at them once their minute is over.
func (w *World) putMetricData(a cluster.PutMetricData) (ids []string, err error) {
	w.state.Metrics.Add(a.Metric, a.At, a.Values)
	if w.state.Minute.IsZero() {
		w.nextMinute()
	}
	return nil, nil
}

func (w *World) nextMinute() {
	w.state.Minute = w.state.Now.Truncate(time.Minute).Add(time.Minute)
	w.plan(due{At: w.state.Minute, Kind: dueMinute})
}

// minute lets alarms and target tracking see the minutes that are over. It goes on as long as there are values that somebody may need.
func (w *World) minute(at time.Time) {
	w.state.Minute = time.Time{}
	for _, name := range w.alarmNames() {
		if alarm, there := w.state.Metrics.Alarm(name); there && alarm.Rule != nil && at.Truncate(alarm.Rule.Period).Equal(at) {
			w.judgeAlarm(alarm, at)
		}
	}
	for _, t := range slices.Clone(w.state.Scaling.Targets) {
		for _, p := range t.Policies {
			if p.Follow == nil {
				continue
			}
			if value, ok := w.state.Metrics.Statistic(p.Follow.Metric, p.Follow.Statistic, at.Add(-time.Minute), at); ok {
				w.observe(t, p, value, "")
			}
		}
	}
	if w.state.Metrics.Forget(at) {
		w.nextMinute()
	}
}

func (w *World) alarmNames() []string {
	names := make([]string, len(w.state.Metrics.Alarms))
	for i, a := range w.state.Metrics.Alarms {
		names[i] = a.Alarm
	}
	return names
}

// judgeAlarm sets an alarm by its rule. Policies of steps hear of one that is raised at the end of each of its periods that has a value, and not only when it changes.
// Source: Application Auto Scaling user guide, step scaling: further adjustments as long as the alarm is breached.
func (w *World) judgeAlarm(alarm *metric.Alarm, at time.Time) {
	state, last := w.state.Metrics.Judge(alarm, at)
	if state != alarm.State {
		_, _ = w.setAlarmState(cluster.SetAlarmState{Alarm: alarm.Alarm, State: state, Reason: reasonOf(alarm.Rule, state, last)}) // it has a name
		return
	}
	_, known := w.state.Metrics.Statistic(alarm.Rule.Metric, alarm.Rule.Statistic, at.Add(-alarm.Rule.Period), at)
	if state == cluster.AlarmRaised && known && !alarm.Mute {
		for _, arn := range alarm.OnRaised {
			w.stepBy(alarm, arn)
		}
	}
}

// reasonOf is why an alarm is in its state, after CloudWatch's manner.
func reasonOf(r *cluster.AlarmRule, state cluster.AlarmState, last float64) string {
	switch state {
	case cluster.AlarmUnknown:
		return "Insufficient Data: no datapoints were received"
	case cluster.AlarmRaised:
		return fmt.Sprintf("Threshold Crossed: %d out of the last %d datapoints were beyond the threshold (%g); the most recent one is %g", r.Datapoints, r.Periods, r.Threshold, last)
	case cluster.AlarmOK:
	}
	return fmt.Sprintf("Threshold Crossed: fewer than %d out of the last %d datapoints were beyond the threshold (%g); the most recent one is %g", r.Datapoints, r.Periods, r.Threshold, last)
}

// alarmTells carries out the actions of an alarm whose state has changed. Those of Lambda, EC2 and Systems Manager are not followed.
func (w *World) alarmTells(alarm *metric.Alarm, former cluster.AlarmState) {
	if alarm.Mute {
		return
	}
	actions := map[cluster.AlarmState][]string{cluster.AlarmRaised: alarm.OnRaised, cluster.AlarmOK: alarm.OnOK, cluster.AlarmUnknown: alarm.OnUnknown}[alarm.State]
	for _, arn := range actions {
		switch {
		case strings.Contains(arn, ":scalingPolicy:"):
			w.stepBy(alarm, arn)
		case strings.Contains(arn, ":sns:"):
			w.alarmNotice(alarm, former, arn)
		}
	}
}

// stepBy lets a policy of steps see how far the metric of its alarm is beyond the threshold. Of an alarm that was set by hand and has no values it is just beyond.
func (w *World) stepBy(alarm *metric.Alarm, arn string) {
	t, p, ok := w.policyAt(arn)
	if !ok || p.Step == nil {
		return
	}
	breach := 0.0
	if r := alarm.Rule; r != nil {
		if strings.HasPrefix(r.Comparison, "Less") {
			breach = math.Nextafter(0, -1)
		}
		end := w.state.Now.Truncate(r.Period)
		if value, known := w.state.Metrics.Statistic(r.Metric, r.Statistic, end.Add(-r.Period), end); known {
			breach = value - r.Threshold
		}
	}
	w.observe(t, p, breach, alarm.Alarm)
}

// policyAt finds a policy by the ARN under which it was declared.
func (w *World) policyAt(arn string) (of *scaling.Target, found *scaling.Policy, ok bool) {
	declared, ok := w.DeclaredAt(arn)
	if !ok {
		return nil, nil, false
	}
	for _, t := range w.state.Scaling.Targets {
		if w.targetARN(t.Service) == declared.Parent {
			found, ok = t.Policy(declared.Name)
			return t, found, ok
		}
	}
	return nil, nil, false
}

// alarmNotice sends the message of an alarm to a topic. Source: CloudWatch user guide, the message of an alarm; the members are those that such messages have.
func (w *World) alarmNotice(alarm *metric.Alarm, former cluster.AlarmState, topic string) {
	text, err := json.Marshal(map[string]string{
		"AlarmName": alarm.Alarm, "AWSAccountId": w.state.Place.Account, "NewStateValue": string(alarm.State), "NewStateReason": alarm.Reason,
		"StateChangeTime": w.state.Now.UTC().Format("2006-01-02T15:04:05.000-0700"), "Region": w.state.Place.Region,
		"AlarmArn": w.arn("cloudwatch", "alarm:"+alarm.Alarm), "OldStateValue": string(former),
	})
	if err != nil {
		return // texts alone, which always can be written
	}
	w.sendNotice(topic, fmt.Sprintf("%s: %q in %s", alarm.State, alarm.Alarm, w.state.Place.Region), cluster.Message{Body: string(text)})
}

// MetricAlarm is an alarm that was put, as it is now.
type MetricAlarm struct {
	cluster.PutMetricAlarm
	State  cluster.AlarmState
	Reason string
	At     time.Time // when its state changed
	PutAt  time.Time
}

// MetricAlarm finds an alarm that was put.
func (w *World) MetricAlarm(name string) (found MetricAlarm, ok bool) {
	a, ok := w.state.Metrics.Alarm(name)
	if !ok {
		return MetricAlarm{}, false
	}
	return MetricAlarm(*a), true
}

// MetricStatistic is a statistic of a metric in a time; ok is false where there are no values.
func (w *World) MetricStatistic(of cluster.Metric, statistic cluster.Statistic, from, to time.Time) (value float64, ok bool) {
	return w.state.Metrics.Statistic(of, statistic, from, to)
}

// Metrics gives the metrics that have values.
func (w *World) Metrics() []cluster.Metric {
	all := make([]cluster.Metric, len(w.state.Metrics.Series))
	for i, s := range w.state.Metrics.Series {
		all[i] = s.Of
	}
	return all
}
