package scenario

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"handover/internal/cluster"
	"handover/internal/world"
)

// scaling are the verbs about Application Auto Scaling. They stand in a scene, or happen.
func scaling() map[string]verb {
	return map[string]verb{
		"scalable-target": {name: "the service", about: "RegisterScalableTarget: its desired count may be scaled within bounds", options: map[string]kind{
			"cluster": anyText().as("its cluster; default: default"),
			"min":     number(0, maxCount).as("minimum capacity; needed the first time"),
			"max":     number(0, maxCount).as("maximum capacity; needed the first time"),
		}},
		"suspend": {name: "the service", about: "RegisterScalableTarget with a SuspendedState: those that are named are suspended, the others not", options: map[string]kind{
			"cluster":   anyText().as("its cluster; default: default"),
			"in":        toggle("scaling to fewer tasks, by policies"),
			"out":       toggle("scaling to more tasks, by policies"),
			"scheduled": toggle("scheduled actions"),
		}},
		"track": {name: "the policy's name", about: "PutScalingPolicy: target tracking", options: map[string]kind{
			"service":  anyText().as("the service"),
			"cluster":  anyText().as("its cluster; default: default"),
			"target":   number(1, 1000000).as("the value of the metric that is kept"),
			"cooldown": duration().as("after scaling out and in; default 300s"),
			"never-in": toggle("scale-in is disabled"),
		}, required: []string{"service", "target"}},
		"step": {name: "the policy's name", about: "PutScalingPolicy: step scaling, by how far the metric is beyond the alarm's threshold", options: map[string]kind{
			"service":  anyText().as("the service"),
			"cluster":  anyText().as("its cluster; default: default"),
			"adjust":   oneOf("ChangeInCapacity", "ExactCapacity", "PercentChangeInCapacity").as("default ChangeInCapacity"),
			"steps":    steps().as("FROM:TO:BY, separated by commas; an empty FROM or TO is without end"),
			"cooldown": duration().as("default 300s"),
		}, required: []string{"service", "steps"}},
		"metric": {name: "the policy", about: "a datapoint of a policy's metric, or several a minute apart; one of steps is how far it is beyond the alarm's threshold", action: true, options: map[string]kind{
			"service": anyText().as("the service"),
			"cluster": anyText().as("its cluster; default: default"),
			"value":   number(-1000000, 1000000).as("the value"),
			"times":   number(1, 1000).as("how many datapoints; default 1"),
		}, required: []string{"service", "value"}},
		"scheduled-action": {name: "the action's name", about: "PutScheduledAction", options: map[string]kind{
			"service":  anyText().as("the service"),
			"cluster":  anyText().as("its cluster; default: default"),
			"schedule": anyText().as("at(2026-01-01T00:10:00), rate(5 minutes) or cron(0 8 ? * MON-FRI *), in UTC"),
			"min":      number(0, maxCount).as("minimum capacity from then on"),
			"max":      number(0, maxCount).as("maximum capacity from then on"),
		}, required: []string{"service", "schedule"}},
	}
}

// scaling are the actions of the directives about Application Auto Scaling.
func (p *player) scaling(d Directive) []cluster.Action {
	switch d.Verb {
	case "scalable-target":
		return []cluster.Action{cluster.RegisterScalableTarget{Service: p.key(d), Min: d.optionalInt("min"), Max: d.optionalInt("max")}}
	case "suspend":
		return []cluster.Action{cluster.RegisterScalableTarget{Service: p.key(d), Suspended: &cluster.Suspension{In: d.Has("in"), Out: d.Has("out"), Scheduled: d.Has("scheduled")}}}
	}
	key := d.service()
	switch d.Verb {
	case "track":
		cooldown := d.Duration("cooldown", 300*time.Second)
		return []cluster.Action{cluster.PutScalingPolicy{Service: key, Name: d.Name,
			Track: &cluster.TrackBy{Target: float64(d.Int("target", 1)), OutCooldown: cooldown, InCooldown: cooldown, NeverIn: d.Has("never-in")}}}
	case "step":
		parsed, _ := parseSteps(d.Options["steps"]) // Parse has checked it
		return []cluster.Action{cluster.PutScalingPolicy{Service: key, Name: d.Name, Step: &cluster.StepScaleBy{
			Adjust: cluster.Adjustment(d.Text("adjust", "ChangeInCapacity")), Cooldown: d.Duration("cooldown", 300*time.Second), Steps: parsed}}}
	}
	return []cluster.Action{cluster.PutScheduledAction{Service: key, Name: d.Name, Schedule: d.Options["schedule"], Min: d.optionalInt("min"), Max: d.optionalInt("max")}}
}

// service is the service that a directive about something of it names.
func (d Directive) service() cluster.ServiceKey {
	return cluster.ServiceKey{Cluster: d.Text("cluster", cluster.DefaultCluster), Service: d.Options["service"]}
}

// metric reports datapoints, a minute apart.
func (p *player) metric(d Directive) error {
	for i := range d.Int("times", 1) {
		if i > 0 {
			if err := p.advance(Directive{Verb: "advance", Name: "1m", Options: map[string]string{}}); err != nil {
				return err
			}
		}
		if err := p.deliver(world.Report{Kind: world.Measured, Service: d.service(), ID: d.Name, Value: float64(d.Int("value", 0))}); err != nil {
			return err
		}
	}
	return nil
}

func steps() kind {
	return kind{form: "STEPS", check: func(text string) error {
		_, err := parseSteps(text)
		return err
	}}
}

// parseSteps reads "0:10:1,10::2": one more up to 10 beyond the threshold, two more from there on.
func parseSteps(text string) ([]cluster.Step, error) {
	var all []cluster.Step
	for _, part := range strings.Split(text, ",") {
		fields := strings.Split(part, ":")
		if len(fields) != 3 {
			return nil, fmt.Errorf("%q is not FROM:TO:BY", part)
		}
		by, err := strconv.Atoi(fields[2])
		if err != nil {
			return nil, fmt.Errorf("%q is not a number of tasks", fields[2])
		}
		step := cluster.Step{By: by}
		for i, bound := range []**float64{&step.From, &step.To} {
			if fields[i] == "" {
				continue
			}
			value, err := strconv.ParseFloat(fields[i], 64)
			if err != nil {
				return nil, fmt.Errorf("%q is not a number", fields[i])
			}
			*bound = &value
		}
		all = append(all, step)
	}
	return all, nil
}

func (d Directive) optionalInt(option string) *int {
	if !d.Has(option) {
		return nil
	}
	value := d.Int(option, 0)
	return &value
}

func (p *player) showScaling(key cluster.ServiceKey) {
	t, ok := p.world.ScalableTarget(key)
	if !ok {
		return
	}
	s, _ := p.world.Service(key)
	p.trace = append(p.trace, fmt.Sprintf("scalable target %s min=%d max=%d desired=%d%s", key.Service, t.Min, t.Max, s.Desired, suspended(t)))
	for _, a := range t.Actions {
		next := "never again"
		if !a.Next.IsZero() {
			next = "next " + a.Next.UTC().Format(time.RFC3339)
		}
		p.trace = append(p.trace, fmt.Sprintf("  %s %s, %s", a.Name, a.Schedule, next))
	}
}

func suspended(t world.ScalableTarget) string {
	text := ""
	for _, s := range []struct {
		is   bool
		word string
	}{{t.Suspended.In, "in"}, {t.Suspended.Out, "out"}, {t.Suspended.Scheduled, "scheduled"}} {
		if s.is {
			text += " " + s.word + "-suspended"
		}
	}
	return text
}
