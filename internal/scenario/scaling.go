package scenario

import (
	"fmt"
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
	key := cluster.ServiceKey{Cluster: d.Text("cluster", cluster.DefaultCluster), Service: d.Options["service"]}
	return []cluster.Action{cluster.PutScheduledAction{Service: key, Name: d.Name, Schedule: d.Options["schedule"], Min: d.optionalInt("min"), Max: d.optionalInt("max")}}
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
