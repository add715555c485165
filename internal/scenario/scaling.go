package scenario

import (
	"fmt"
	"time"

	"handover/internal/cluster"
	"handover/internal/world"
)

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
