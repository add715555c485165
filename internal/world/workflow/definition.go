package workflow

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Definition is a state machine in the Amazon States Language. Source: states-language.net/spec.html.
type Definition struct {
	Comment        string
	StartAt        string
	TimeoutSeconds int
	QueryLanguage  string
	States         map[string]State
}

// State is one state; the members are those of its type.
type State struct {
	Type           string
	Comment        string
	Next           string
	End            bool
	InputPath      *path
	OutputPath     *path
	ResultPath     *path
	Parameters     json.RawMessage
	ResultSelector json.RawMessage
	QueryLanguage  string

	Resource       string // Task
	TimeoutSeconds int
	Retry          []Retrier
	Catch          []Catcher
	Result         json.RawMessage // Pass
	Seconds        *float64        // Wait
	SecondsPath    string
	Timestamp      string
	TimestampPath  string
	Choices        []Choice // Choice
	Default        string
	Error          string // Fail
	Cause          string
}

// path is a reference path; null, which takes nothing on, is kept apart from one that is not given.
type path struct{ text string }

// null is how a path that takes nothing is kept: no path is empty.
const null = ""

func (p *path) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		p.text = null
		return nil
	}
	return json.Unmarshal(text, &p.text)
}

// Retrier says which errors of a state are tried again, and when.
type Retrier struct {
	ErrorEquals     []string
	IntervalSeconds *float64
	MaxAttempts     *int
	BackoffRate     *float64
	MaxDelaySeconds float64
	JitterStrategy  string
}

// Catcher says where an execution goes on after an error.
type Catcher struct {
	ErrorEquals []string
	ResultPath  *path
	Next        string
}

// Choice is a rule of a Choice state: a comparison, or And, Or, Not of some.
type Choice struct {
	Next     string
	And      []Choice
	Or       []Choice
	Not      *Choice
	Variable string
	Test     string // the comparison, such as BooleanEquals
	Against  any
}

// UnmarshalJSON reads a rule; its comparison is whatever member is not one of the others.
func (c *Choice) UnmarshalJSON(text []byte) error {
	type plain struct {
		Next, Variable string
		And, Or        []Choice
		Not            *Choice
	}
	var p plain
	var all map[string]any
	if err := errors.Join(json.Unmarshal(text, &p), json.Unmarshal(text, &all)); err != nil {
		return err
	}
	*c = Choice{Next: p.Next, And: p.And, Or: p.Or, Not: p.Not, Variable: p.Variable}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if !slices.Contains([]string{"Next", "And", "Or", "Not", "Variable", "Comment"}, name) {
			c.Test, c.Against = name, all[name]
		}
	}
	return nil
}

// InvokeResource ends the ARN of the integration that invokes a function with parameters of its own.
const InvokeResource = ":states:::lambda:invoke"

// Parse reads a definition and checks it. The error is for people.
func Parse(text string) (Definition, error) {
	var d Definition
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		return d, fmt.Errorf("it is no JSON of a state machine: %w", err)
	}
	if _, ok := d.States[d.StartAt]; !ok {
		return d, fmt.Errorf("StartAt: there is no state %q", d.StartAt)
	}
	if d.QueryLanguage == "JSONata" {
		return d, errors.New("the emulator has no JSONata")
	}
	for _, name := range slices.Sorted(maps.Keys(d.States)) {
		if err := d.check(d.States[name]); err != nil {
			return d, fmt.Errorf("state %s: %w", name, err)
		}
	}
	return d, nil
}

func (d Definition) check(s State) error {
	for _, next := range s.nexts() {
		if _, ok := d.States[next]; !ok {
			return fmt.Errorf("there is no state %q to go on with", next)
		}
	}
	terminal := s.Type == "Succeed" || s.Type == "Fail"
	switch {
	case s.QueryLanguage == "JSONata":
		return errors.New("the emulator has no JSONata")
	case !slices.Contains([]string{"Task", "Choice", "Wait", "Pass", "Succeed", "Fail"}, s.Type):
		return fmt.Errorf("the emulator has no states of the type %q", s.Type)
	case s.Type == "Task" && !strings.HasSuffix(s.Resource, InvokeResource) && !strings.Contains(s.Resource, ":lambda:"):
		return fmt.Errorf("the emulator has no integration %q: it invokes functions alone", s.Resource)
	case s.Type == "Choice" && len(s.Choices) == 0:
		return errors.New("it has no Choices")
	case s.Type == "Wait" && s.Seconds == nil && s.SecondsPath == "" && s.Timestamp == "" && s.TimestampPath == "":
		return errors.New("it does not say how long")
	case s.Type != "Choice" && !terminal && s.Next == "" && !s.End:
		return errors.New("it has neither Next nor End")
	}
	for _, c := range s.Choices {
		if err := c.check(); err != nil {
			return err
		}
	}
	return nil
}

// nexts are the states with which an execution may go on.
func (s State) nexts() (all []string) {
	for _, next := range []string{s.Next, s.Default} {
		if next != "" {
			all = append(all, next)
		}
	}
	for _, c := range s.Choices {
		all = append(all, c.Next)
	}
	for _, c := range s.Catch {
		all = append(all, c.Next)
	}
	return all
}
