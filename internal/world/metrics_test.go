package world_test

import (
	"encoding/json"
	"testing"
	"time"

	"handover/internal/cluster"
	"handover/internal/world"
)

// TestAlarmsDoNotDependOnTheStepsOfTime: a metric that is high for five minutes and then silent has a policy scale out, and its alarm without data in the end.
func TestAlarmsDoNotDependOnTheStepsOfTime(t *testing.T) {
	one := scalable(t)
	busy := cluster.Metric{Namespace: "Shop", Name: "Busy"}
	for _, a := range []cluster.Action{
		cluster.PutScalingPolicy{Service: inProd("api"), Name: "busy", Track: &cluster.TrackBy{Target: 50, OutCooldown: time.Minute, InCooldown: time.Minute},
			Follow: &cluster.Follow{Metric: busy, Statistic: cluster.Average, High: "high", Low: "low"}},
		cluster.PutMetricAlarm{Alarm: "own", Rule: &cluster.AlarmRule{Metric: busy, Statistic: cluster.Maximum, Period: 2 * time.Minute, Periods: 1, Datapoints: 1, Threshold: 60, Comparison: "GreaterThanThreshold"}},
	} {
		if _, err := one.Act(one.Now(), a); err != nil {
			t.Fatal(err)
		}
	}
	for minute := range 5 {
		data := cluster.PutMetricData{Metric: busy, At: one.Now().Add(time.Duration(minute) * time.Minute), Values: cluster.Values{Count: 2, Sum: 200, Min: 90, Max: 110}}
		if _, err := one.Act(one.Now(), data); err != nil {
			t.Fatal(err)
		}
	}
	two, three := one.Clone(), &world.World{}
	if err := json.Unmarshal([]byte(written(t, one)), three); err != nil {
		t.Fatal(err)
	}
	end := one.Now().Add(5 * time.Hour)
	one.AdvanceTo(one.Now().Add(4 * time.Minute))
	if own, _ := one.MetricAlarm("own"); own.State != cluster.AlarmRaised {
		t.Errorf("after four minutes the alarm is %s", own.State)
	}
	one.AdvanceTo(end)
	for at := two.Now(); at.Before(end); at = at.Add(47 * time.Second) {
		two.AdvanceTo(at)
	}
	two.AdvanceTo(end)
	three.AdvanceTo(end)
	if written(t, one) != written(t, two) || written(t, one) != written(t, three) {
		t.Error("worlds that went on in other steps, or were written and read, differ")
	}
	own, _ := one.MetricAlarm("own")
	s, _ := one.Service(inProd("api"))
	if own.State != cluster.AlarmUnknown || s.Desired < 4 || len(one.Metrics()) != 0 {
		t.Errorf("in the end the alarm is %s, the desired count %d, and values are left of %v", own.State, s.Desired, one.Metrics())
	}
}
