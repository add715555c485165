package world

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"handover/internal/cluster"
	"handover/internal/pattern"
	"handover/internal/world/draw"
	"handover/internal/world/function"
)

// This file is the default event bus of EventBridge: what is put on it goes to the targets of the rules that it matches. Source: EventBridge user guide, eb-events and
// eb-create-pattern-operators.

// actOnRules carries out the actions on rules.
func (w *World) actOnRules(a cluster.Action) (ids []string, err error) {
	switch a := a.(type) {
	case cluster.PutRule:
		a.Rule.ARN = w.arn("events", "rule/"+a.Rule.Name)
		at, there := w.rulePlace(a.Rule.Name)
		w.state.Rules = slices.Clone(w.state.Rules)
		if there {
			w.state.Rules[at] = a.Rule
		} else {
			w.state.Rules = slices.Insert(w.state.Rules, at, a.Rule)
		}
		return []string{a.Rule.ARN}, nil
	case cluster.DeleteRule:
		w.state.Rules = slices.DeleteFunc(slices.Clone(w.state.Rules), func(r cluster.Rule) bool { return r.Name == a.Rule })
		w.untag(w.arn("events", "rule/"+a.Rule))
		return []string{a.Rule}, nil
	case cluster.PutEvent:
		return []string{w.putEvent(a.Event)}, nil
	}
	return w.actOnExecutions(a)
}

func (w *World) rulePlace(name string) (at int, there bool) {
	return slices.BinarySearchFunc(w.state.Rules, name, func(r cluster.Rule, name string) int { return strings.Compare(r.Name, name) })
}

// busEvent is an event as targets get it. Source: EventBridge user guide, aws-events-structure.
type busEvent struct {
	Version    string          `json:"version"`
	ID         string          `json:"id"`
	DetailType string          `json:"detail-type"`
	Source     string          `json:"source"`
	Account    string          `json:"account"`
	Time       string          `json:"time"`
	Region     string          `json:"region"`
	Resources  []string        `json:"resources"`
	Detail     json.RawMessage `json:"detail"`
}

// emit puts an event of AWS's own on the bus. Where there are no rules nobody could see it, and nothing is done.
func (w *World) emit(source, detailType string, resources []string, detail any) {
	if w.noRules() {
		return
	}
	text, err := json.Marshal(detail)
	if err != nil {
		return // texts, numbers and times alone, which always can be written
	}
	w.putEvent(cluster.BusEvent{Source: source, DetailType: detailType, Resources: resources, Detail: text})
}

func (w *World) putEvent(e cluster.BusEvent) (id string) {
	w.state.Emitted++
	bits := draw.Bits(w.state.Seed, "bus", draw.Nth("event", w.state.Emitted))
	id = uuid(bits, ^bits)
	at := e.At
	if at.IsZero() {
		at = w.state.Now
	}
	whole := busEvent{Version: "0", ID: id, DetailType: e.DetailType, Source: e.Source, Account: w.state.Place.Account, Time: at.UTC().Format(time.RFC3339),
		Region: w.state.Place.Region, Resources: append([]string{}, e.Resources...), Detail: e.Detail}
	text, err := json.Marshal(whole)
	if err != nil {
		return id // its detail is no JSON
	}
	var values map[string]any
	if json.Unmarshal(text, &values) != nil {
		return id
	}
	for _, r := range w.state.Rules {
		wanted, err := pattern.Parse(r.Pattern)
		if !r.Enabled || r.Pattern == "" || err != nil || !pattern.Matches(wanted, values) {
			continue
		}
		for _, t := range r.Targets {
			w.deliver(r, t, text, values)
		}
	}
	return id
}

// deliver sends an event to a target of a rule: the event, the part of it that the target names, or what the target has in its place. A target that is not there,
// or whose policy does not let EventBridge, loses it. Source: EventBridge user guide, eb-targets.
func (w *World) deliver(r cluster.Rule, t cluster.RuleTarget, event []byte, values map[string]any) {
	text := string(event)
	switch {
	case t.Input != nil:
		text = *t.Input
	case t.InputPath != "" && t.InputPath != "$":
		part := pattern.At(values, t.InputPath)
		found, err := json.Marshal(part)
		if err != nil {
			return // read from JSON, so that it can be written
		}
		text = string(found)
	}
	arn, _ := cluster.ParseARN(t.ARN)
	switch arn.Service {
	case "lambda":
		if f, ok := w.state.Function.Function(t.ARN); ok && function.Allows(f, "events.amazonaws.com", r.ARN, w.state.Place.Account) {
			w.call(f, text, nil)
		}
	case "sns", "sqs":
		w.send(t.ARN, "", cluster.Message{Body: text})
	case "states":
		_, _ = w.startExecution(cluster.StartExecution{Machine: t.ARN, Input: text}) // a machine that is not there
	}
}

// Rules gives all rules by name.
func (w *World) Rules() []cluster.Rule { return slices.Clone(w.state.Rules) }

// Rule finds a rule by name.
func (w *World) Rule(name string) (found cluster.Rule, ok bool) {
	at, ok := w.rulePlace(name)
	if !ok {
		return cluster.Rule{}, false
	}
	return w.state.Rules[at], true
}
