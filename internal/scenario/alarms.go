package scenario

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"handover/internal/cluster"
)

// alarms are the verbs about CloudWatch.
func alarms() map[string]verb {
	return map[string]verb{
		"put-alarm": {name: "the alarm's name", about: "PutMetricAlarm: an alarm that is raised where so many datapoints of the last periods are beyond the threshold", action: true, options: map[string]kind{
			"metric":     anyText().as("the name of the metric"),
			"statistic":  oneOf("Average", "Sum", "Minimum", "Maximum", "SampleCount").as("default Average"),
			"period":     duration().as("whole minutes; default 1m"),
			"periods":    number(1, 1440).as("how many periods are looked at; default 1"),
			"datapoints": number(1, 1440).as("how many of them must be beyond the threshold; default: all"),
			"threshold":  number(-1000000, 1000000).as("the threshold"),
			"below":      toggle("the alarm is raised below the threshold; default: above it"),
			"missing":    oneOf("missing", "breaching", "notBreaching", "ignore").as("how a period without data counts; default missing"),
		}, required: []string{"metric", "threshold"}},
		"put-metric": {name: "the metric's name", about: "PutMetricData, a minute apart; each minute is then over", action: true, options: map[string]kind{
			"values": datapoints().as("numbers separated by commas; - is a minute without data, 5+7 two values in one minute"),
		}, required: []string{"values"}},
	}
}

func datapoints() kind {
	return kind{form: "VALUES", check: func(text string) error {
		_, err := parseValues(text)
		return err
	}}
}

// parseValues reads "5,-,5+7": 5, nothing, and two values in one minute.
func parseValues(text string) ([][]float64, error) {
	var minutes [][]float64
	for _, part := range strings.Split(text, ",") {
		var values []float64
		for _, number := range strings.Split(part, "+") {
			if number == "-" {
				continue
			}
			value, err := strconv.ParseFloat(number, 64)
			if err != nil {
				return nil, fmt.Errorf("%q is not a number", number)
			}
			values = append(values, value)
		}
		minutes = append(minutes, values)
	}
	return minutes, nil
}

func named(metric string) cluster.Metric {
	return cluster.Metric{Namespace: "Scenario", Name: metric}
}

func putAlarm(d Directive) cluster.PutMetricAlarm {
	r := &cluster.AlarmRule{Metric: named(d.Options["metric"]), Statistic: cluster.Statistic(d.Text("statistic", "Average")), Period: d.Duration("period", time.Minute), Periods: d.Int("periods", 1),
		Threshold: float64(d.Int("threshold", 0)), Comparison: "GreaterThanThreshold", Missing: d.Text("missing", "")}
	r.Datapoints = d.Int("datapoints", r.Periods)
	if d.Has("below") {
		r.Comparison = "LessThanThreshold"
	}
	return cluster.PutMetricAlarm{Alarm: d.Name, Rule: r}
}

// putMetric says what a metric was, minute by minute, and lets each minute pass.
func (p *player) putMetric(d Directive) error {
	minutes, err := parseValues(d.Options["values"])
	if err != nil {
		return err
	}
	for _, values := range minutes {
		for _, v := range values {
			a := cluster.PutMetricData{Metric: named(d.Name), At: p.world.Now(), Values: cluster.Values{Count: 1, Sum: v, Min: v, Max: v}}
			if _, err := p.world.Act(p.world.Now(), a); err != nil {
				return err
			}
		}
		if err := p.advance(Directive{Verb: "advance", Name: "1m", Options: map[string]string{}}); err != nil {
			return err
		}
	}
	return nil
}

func (p *player) showAlarms() {
	for _, a := range p.world.Alarms() {
		p.trace = append(p.trace, fmt.Sprintf("alarm %s %s", a.Name, a.State))
	}
}

// showActivities shows the scaling activities of a service, oldest first.
func (p *player) showActivities(key cluster.ServiceKey) {
	t, _ := p.world.ScalableTarget(key)
	for _, a := range t.Activities {
		p.trace = append(p.trace, fmt.Sprintf("activity %s: %s %s", a.Status, a.Description, a.Cause))
	}
}
