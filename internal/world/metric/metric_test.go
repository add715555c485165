package metric

import (
	"strings"
	"testing"
	"time"

	"handover/internal/cluster"
)

var (
	noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	load = cluster.Metric{Namespace: "Shop", Name: "Load"}
)

// TestJudge has a value for each minute, newest last; a dot is a minute without one. A number stands for itself.
func TestJudge(t *testing.T) {
	for _, c := range []struct {
		values     string
		datapoints int
		comparison string
		missing    string
		want       cluster.AlarmState
	}{
		{"597", 2, "GreaterThanThreshold", "", cluster.AlarmRaised},
		{"597", 3, "GreaterThanThreshold", "", cluster.AlarmOK},
		{"666", 1, "GreaterThanThreshold", "", cluster.AlarmOK},
		{"666", 3, "GreaterThanOrEqualToThreshold", "", cluster.AlarmRaised},
		{"555", 3, "LessThanThreshold", "", cluster.AlarmRaised},
		{"666", 3, "LessThanOrEqualToThreshold", "", cluster.AlarmRaised},
		{"5.9", 2, "GreaterThanThreshold", "", cluster.AlarmOK},
		{"5.9", 2, "GreaterThanThreshold", "breaching", cluster.AlarmRaised},
		{"...", 1, "GreaterThanThreshold", "", cluster.AlarmUnknown},
		{"...", 1, "GreaterThanThreshold", "missing", cluster.AlarmUnknown},
		{"...", 1, "GreaterThanThreshold", "breaching", cluster.AlarmRaised},
		{"...", 1, "GreaterThanThreshold", "notBreaching", cluster.AlarmOK},
		{"...", 1, "GreaterThanThreshold", "ignore", "as it was"},
		{"5..", 1, "GreaterThanThreshold", "ignore", "as it was"},
		{"9..", 1, "GreaterThanThreshold", "ignore", cluster.AlarmRaised},
		{"9555", 1, "GreaterThanThreshold", "", cluster.AlarmOK}, // what is before the periods does not count
	} {
		m := Model{}
		for i, value := range c.values {
			if value == '.' {
				continue
			}
			v := float64(value - '0')
			m.Add(load, noon.Add(time.Duration(i-len(c.values))*time.Minute+30*time.Second), cluster.Values{Count: 1, Sum: v, Min: v, Max: v})
		}
		a := &Alarm{State: "as it was", PutMetricAlarm: cluster.PutMetricAlarm{Rule: &cluster.AlarmRule{Metric: load, Statistic: cluster.Average, Period: time.Minute, Periods: 3,
			Datapoints: c.datapoints, Threshold: 6, Comparison: c.comparison, Missing: c.missing}}}
		if got, _ := m.Judge(a, noon); got != c.want {
			t.Errorf("%s, %d of 3 %s 6, missing %q: %s, want %s", c.values, c.datapoints, c.comparison, c.missing, got, c.want)
		}
	}
}

func TestStatistics(t *testing.T) {
	m := Model{}
	for _, v := range []float64{4, 1, 7} {
		m.Add(load, noon.Add(time.Duration(v)*time.Second), cluster.Values{Count: 1, Sum: v, Min: v, Max: v})
	}
	m.Add(load, noon.Add(time.Minute), cluster.Values{Count: 2, Sum: 20, Min: 10, Max: 10})
	m.Add(cluster.Metric{Namespace: "Shop", Name: "Other"}, noon, cluster.Values{Count: 1, Sum: 99, Min: 99, Max: 99})
	for statistic, want := range map[cluster.Statistic][2]float64{cluster.Sum: {12, 32}, cluster.Average: {4, 6.4}, cluster.Minimum: {1, 1}, cluster.Maximum: {7, 10}, cluster.SampleCount: {3, 5}} {
		for i, minutes := range []time.Duration{1, 2} {
			if got, ok := m.Statistic(load, statistic, noon, noon.Add(minutes*time.Minute)); !ok || got != want[i] {
				t.Errorf("%s of %d minutes: %g, want %g", statistic, minutes, got, want[i])
			}
		}
	}
	if _, ok := m.Statistic(load, cluster.Sum, noon.Add(-time.Hour), noon); ok {
		t.Error("an hour without values has a sum")
	}
}

// TestForget: values live as long as an alarm may need them, and three hours at least.
func TestForget(t *testing.T) {
	m := Model{}
	m.Put(&Alarm{PutMetricAlarm: cluster.PutMetricAlarm{Alarm: "slow", Rule: &cluster.AlarmRule{Metric: load, Period: time.Hour, Periods: 5}}})
	one := cluster.Values{Count: 1}
	m.Add(load, noon, one)
	m.Add(cluster.Metric{Namespace: "Shop", Name: "Other"}, noon, one)
	left := func(at time.Time) string {
		m.Forget(at)
		var names []string
		for _, s := range m.Series {
			names = append(names, s.Of.Name)
		}
		return strings.Join(names, " ")
	}
	for _, c := range []struct {
		after time.Duration
		want  string
	}{{3 * time.Hour, "Load Other"}, {4 * time.Hour, "Load"}, {5 * time.Hour, "Load"}, {6 * time.Hour, ""}} {
		if got := left(noon.Add(c.after)); got != c.want {
			t.Errorf("after %v there is %q, want %q", c.after, got, c.want)
		}
	}
}

// TestCloneSharesNothing changes a copy.
func TestCloneSharesNothing(t *testing.T) {
	m := Model{}
	m.Put(&Alarm{PutMetricAlarm: cluster.PutMetricAlarm{Alarm: "a"}, State: cluster.AlarmOK})
	m.Add(load, noon, cluster.Values{Count: 1})
	c := m.Clone()
	c.Alarms[0].State = cluster.AlarmRaised
	c.Add(load, noon, cluster.Values{Count: 1})
	c.Delete("a")
	if a, ok := m.Alarm("a"); !ok || a.State != cluster.AlarmOK || m.Series[0].Minutes[0].Values.Count != 1 {
		t.Error("a change of the copy is seen in the original")
	}
}
