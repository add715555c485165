// Package metric is CloudWatch's metrics and alarms as a pure model: what was said of a metric, minute by minute, and which state that gives an alarm.
//
// It measures nothing: every value comes from outside. It guarantees that a state follows from the values and the time alone, and that values are forgotten once no
// alarm can need them. Whom an alarm tells is for the world to say, in which this model meets the others.
package metric

import (
	"slices"
	"time"

	"handover/internal/cluster"
)

// Kept is how long values are kept of which no alarm needs more: the minutes of three hours, as CloudWatch keeps those of high resolution.
const Kept = 3 * time.Hour

// Model is all metrics that have values, and all alarms.
type Model struct {
	Series []*Series `json:"series,omitempty"` // by metric
	Alarms []*Alarm  `json:"alarms,omitempty"` // by name
}

// Series is a metric with its values.
type Series struct {
	Of      cluster.Metric `json:"of"`
	Minutes []Minute       `json:"minutes"` // by time; of a minute without values there is none
}

// Minute is what was said of the minute that begins at a time.
type Minute struct {
	At     time.Time      `json:"at"`
	Values cluster.Values `json:"values"`
}

// Alarm is an alarm as it was put, with its state since when.
type Alarm struct {
	cluster.PutMetricAlarm
	State  cluster.AlarmState `json:"state"`
	Reason string             `json:"reason,omitempty"`
	At     time.Time          `json:"at"`    // when its state changed
	PutAt  time.Time          `json:"putAt"` // when it was last put
}

// Clone makes a copy that shares nothing that either may change.
func (m Model) Clone() Model {
	c := Model{Series: make([]*Series, len(m.Series)), Alarms: make([]*Alarm, len(m.Alarms))}
	for i, s := range m.Series {
		c.Series[i] = &Series{Of: s.Of, Minutes: slices.Clone(s.Minutes)}
	}
	for i, a := range m.Alarms {
		copied := *a
		c.Alarms[i] = &copied
	}
	return c
}

// Add adds values to the minute of a metric in which a time is.
func (m *Model) Add(of cluster.Metric, at time.Time, more cluster.Values) {
	s := m.series(of)
	minute := at.Truncate(time.Minute)
	i, there := slices.BinarySearchFunc(s.Minutes, minute, func(m Minute, at time.Time) int { return m.At.Compare(at) })
	if !there {
		s.Minutes = slices.Insert(s.Minutes, i, Minute{At: minute, Values: more})
		return
	}
	s.Minutes[i].Values = together(s.Minutes[i].Values, more)
}

func (m *Model) series(of cluster.Metric) *Series {
	at, there := slices.BinarySearchFunc(m.Series, of, func(s *Series, of cluster.Metric) int { return s.Of.Compare(of) })
	if !there {
		m.Series = slices.Insert(m.Series, at, &Series{Of: of})
	}
	return m.Series[at]
}

func together(a, b cluster.Values) cluster.Values {
	return cluster.Values{Count: a.Count + b.Count, Sum: a.Sum + b.Sum, Min: min(a.Min, b.Min), Max: max(a.Max, b.Max)}
}

// Statistic is a statistic of a metric from a time, which is included, up to another; ok is false where there are no values.
func (m *Model) Statistic(of cluster.Metric, statistic cluster.Statistic, from, to time.Time) (value float64, ok bool) {
	at, there := slices.BinarySearchFunc(m.Series, of, func(s *Series, of cluster.Metric) int { return s.Of.Compare(of) })
	if !there {
		return 0, false
	}
	var all cluster.Values
	for _, minute := range m.Series[at].Minutes {
		switch {
		case minute.At.Before(from) || !minute.At.Before(to):
		case !ok:
			all, ok = minute.Values, true
		default:
			all = together(all, minute.Values)
		}
	}
	if !ok || all.Count == 0 {
		return 0, false
	}
	switch statistic {
	case cluster.Sum:
		return all.Sum, true
	case cluster.Minimum:
		return all.Min, true
	case cluster.Maximum:
		return all.Max, true
	case cluster.SampleCount:
		return all.Count, true
	case cluster.Average:
	}
	return all.Sum / all.Count, true
}

// Judge is the state that an alarm's rule gives it at the end of a period; the same where the rule says nothing new. last is the newest of its values.
//
// 2 of 3 with 5, 9, 7 over a threshold of 6 is ALARM; with 5, nothing, 9 it is OK where missing periods do not count, and ALARM where they breach. Without any value it
// is INSUFFICIENT_DATA. Source: CloudWatch user guide, AlarmThatSendsEmail, "evaluating an alarm" and "configuring how alarms treat missing data". CloudWatch looks further
// back than the periods where some are missing; how far is not published, and this model does not.
func (m *Model) Judge(a *Alarm, at time.Time) (state cluster.AlarmState, last float64) {
	breaching, known := 0, 0
	for n := range a.Rule.Periods {
		to := at.Add(-time.Duration(n) * a.Rule.Period)
		value, ok := m.Statistic(a.Rule.Metric, a.Rule.Statistic, to.Add(-a.Rule.Period), to)
		if ok && known == 0 {
			last = value
		}
		switch {
		case ok && a.Rule.Breached(value), !ok && a.Rule.Missing == "breaching":
			breaching++
		}
		if ok {
			known++
		}
	}
	switch {
	case known == 0 && a.Rule.Missing == "ignore", known < a.Rule.Periods && breaching < a.Rule.Datapoints && a.Rule.Missing == "ignore":
		return a.State, last
	case breaching >= a.Rule.Datapoints:
		return cluster.AlarmRaised, last
	case known == 0 && (a.Rule.Missing == "" || a.Rule.Missing == "missing"):
		return cluster.AlarmUnknown, last
	}
	return cluster.AlarmOK, last
}

// Alarm finds an alarm.
func (m *Model) Alarm(name string) (found *Alarm, ok bool) {
	at, ok := m.place(name)
	if !ok {
		return nil, false
	}
	return m.Alarms[at], true
}

func (m *Model) place(name string) (at int, there bool) {
	return slices.BinarySearchFunc(m.Alarms, name, func(a *Alarm, name string) int {
		switch {
		case a.Alarm < name:
			return -1
		case a.Alarm > name:
			return 1
		}
		return 0
	})
}

// Put adds an alarm, in the place of one of its name if there is one.
func (m *Model) Put(a *Alarm) {
	at, there := m.place(a.Alarm)
	if there {
		m.Alarms[at] = a
		return
	}
	m.Alarms = slices.Insert(m.Alarms, at, a)
}

// Delete removes an alarm and tells whether it was there.
func (m *Model) Delete(name string) bool {
	at, there := m.place(name)
	if there {
		m.Alarms = slices.Delete(m.Alarms, at, at+1)
	}
	return there
}

// Forget forgets the values that neither an alarm nor anybody who asks can need at a time, and tells whether any are left.
func (m *Model) Forget(at time.Time) bool {
	for _, s := range m.Series {
		since := at.Add(-m.needed(s.Of))
		s.Minutes = slices.DeleteFunc(s.Minutes, func(m Minute) bool { return m.At.Before(since) })
	}
	m.Series = slices.DeleteFunc(m.Series, func(s *Series) bool { return len(s.Minutes) == 0 })
	return len(m.Series) > 0
}

// needed is how far back the alarms of a metric look: one of 15 periods of 5 minutes 75 minutes, and so no further than Kept.
func (m *Model) needed(of cluster.Metric) time.Duration {
	longest := Kept
	for _, a := range m.Alarms {
		if a.Rule != nil && a.Rule.Metric.Compare(of) == 0 {
			longest = max(longest, time.Duration(a.Rule.Periods)*a.Rule.Period)
		}
	}
	return longest
}
