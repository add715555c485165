package workflow

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"handover/internal/cluster"
)

// MostEvents is the longest history that an execution may have. Source: Step Functions quotas.
const MostEvents = 25_000

// remembered is for how long executions that have ended are there, and their names taken. Source: Step Functions quotas, execution history retention.
const remembered = 90 * 24 * time.Hour

// Model is all state machines of a world, with their executions.
type Model struct {
	Machines   []cluster.StateMachine `json:"machines,omitempty"`   // as they were made
	Executions []*Execution           `json:"executions,omitempty"` // as they began
	Numbered   int                    `json:"numbered,omitempty"`   // names ever given out
}

// Execution is an execution with where it stands.
type Execution struct {
	cluster.Execution
	Definition string    `json:"definition"`
	State      string    `json:"state"`            // the present state's name
	Given      string    `json:"given"`            // its input
	Task       string    `json:"task,omitempty"`   // the invocation under way; empty: none
	Tries      []int     `json:"tries,omitempty"`  // of the present state's retriers
	LookAt     time.Time `json:"lookAt,omitzero"`  // when it goes on by itself; zero: when its task ends
	Limit      time.Time `json:"limit,omitzero"`   // when it has taken too long; zero: never
	Over       time.Time `json:"over,omitzero"`    // when its task has
	Done       bool      `json:"done,omitempty"`   // the wait of the present state is over
	Planned    time.Time `json:"planned,omitzero"` // of Next, the last time that the world has put into its queue
}

// Next is when an execution goes on by itself, but for its time limit; zero where it does not.
func (x *Execution) Next() time.Time {
	switch {
	case x.Status != cluster.ExecutionRunning:
		return time.Time{}
	case x.Task != "":
		return x.Over
	}
	return x.LookAt
}

// Clone makes a copy that shares nothing that either may change. Histories are appended to, beyond the length that either has.
func (m Model) Clone() Model {
	m.Machines = slices.Clone(m.Machines)
	m.Executions = slices.Clone(m.Executions)
	for i, x := range m.Executions {
		copied := *x
		copied.History, copied.Tries = slices.Clip(x.History), slices.Clone(x.Tries)
		m.Executions[i] = &copied
	}
	return m
}

// Machine finds a state machine by ARN.
func (m *Model) Machine(arn string) (found cluster.StateMachine, ok bool) {
	at := slices.IndexFunc(m.Machines, func(s cluster.StateMachine) bool { return s.ARN == arn })
	if at < 0 {
		return cluster.StateMachine{}, false
	}
	return m.Machines[at], true
}

// Put adds a state machine, or replaces the one with its ARN.
func (m *Model) Put(s cluster.StateMachine) {
	for i := range m.Machines {
		if m.Machines[i].ARN == s.ARN {
			m.Machines[i] = s
			return
		}
	}
	m.Machines = append(m.Machines, s)
}

// Delete removes a state machine.
func (m *Model) Delete(arn string) {
	m.Machines = slices.DeleteFunc(m.Machines, func(s cluster.StateMachine) bool { return s.ARN == arn })
}

// Execution finds an execution by ARN.
func (m *Model) Execution(arn string) (found *Execution, ok bool) {
	at := slices.IndexFunc(m.Executions, func(x *Execution) bool { return x.ARN == arn })
	if at < 0 {
		return nil, false
	}
	return m.Executions[at], true
}

// Start begins an execution of a machine and gives it where Advance has to go on.
func (m *Model) Start(machine cluster.StateMachine, arn, name, input string, now time.Time) *Execution {
	m.Executions = slices.DeleteFunc(m.Executions, func(x *Execution) bool { return !x.EndedAt.IsZero() && now.Sub(x.EndedAt) >= remembered })
	d, _ := Parse(machine.Definition) // it was checked when the machine was made
	x := &Execution{Definition: machine.Definition, State: d.StartAt, Given: input, Execution: cluster.Execution{
		ARN: arn, Machine: machine.ARN, Name: name, Input: input, Status: cluster.ExecutionRunning, BeganAt: now,
	}}
	if d.TimeoutSeconds > 0 {
		x.Limit = now.Add(time.Duration(d.TimeoutSeconds) * time.Second)
	}
	x.note(now, cluster.ExecutionEvent{Type: "ExecutionStarted", Text: input})
	x.enter(d, now)
	m.Executions = append(m.Executions, x)
	return x
}

// Want is what has to be done for an execution to go on; nothing where it has ended or waits until LookAt.
type Want struct {
	Function string // to invoke, by ARN or name; Task is set to the invocation
	Payload  string
}

// note adds an event to the history; at the longest there may be the execution fails. Source: Step Functions quotas.
func (x *Execution) note(now time.Time, e cluster.ExecutionEvent) {
	if x.Status != cluster.ExecutionRunning {
		return
	}
	e.At = now
	x.History = append(x.History, e)
	if len(x.History) >= MostEvents-1 {
		x.End(cluster.ExecutionFailed, "States.Runtime", fmt.Sprintf("The execution reached the maximum number of history events (%d).", MostEvents), now)
	}
}

// End ends an execution without an output.
func (x *Execution) End(status cluster.ExecutionStatus, code, cause string, now time.Time) {
	if x.Status != cluster.ExecutionRunning {
		return
	}
	kind := map[cluster.ExecutionStatus]string{cluster.ExecutionFailed: "ExecutionFailed", cluster.ExecutionTimedOut: "ExecutionTimedOut", cluster.ExecutionAborted: "ExecutionAborted"}[status]
	x.Status, x.Error, x.Cause, x.EndedAt, x.Task, x.LookAt = status, code, cause, now, "", time.Time{}
	x.History = append(x.History, cluster.ExecutionEvent{At: now, Type: kind, Error: code, Cause: cause})
}

func (x *Execution) succeed(output string, now time.Time) {
	x.note(now, cluster.ExecutionEvent{Type: "ExecutionSucceeded", Text: output})
	if x.Status == cluster.ExecutionRunning {
		x.Status, x.Output, x.EndedAt, x.LookAt = cluster.ExecutionSucceeded, output, now, time.Time{}
	}
}

func (x *Execution) enter(d Definition, now time.Time) {
	s := d.States[x.State]
	x.note(now, cluster.ExecutionEvent{Type: s.Type + "StateEntered", State: x.State, Text: x.Given})
	x.Tries, x.Done = make([]int, len(s.Retry)), false
}

// Advance takes an execution on as far as it goes at a time.
func (x *Execution) Advance(now time.Time, chance func(purpose string) float64) Want {
	d, err := Parse(x.Definition)
	if err != nil {
		x.End(cluster.ExecutionFailed, "States.Runtime", err.Error(), now)
	}
	for x.Status == cluster.ExecutionRunning {
		if !x.Limit.IsZero() && !now.Before(x.Limit) {
			x.End(cluster.ExecutionTimedOut, "", "", now)
			break
		}
		s := d.States[x.State]
		if x.Task != "" {
			if x.Over.IsZero() || now.Before(x.Over) {
				return Want{}
			}
			x.Task = ""
			x.note(now, cluster.ExecutionEvent{Type: "TaskTimedOut", Error: "States.Timeout"})
			x.failed(d, s, "States.Timeout", "", now, chance)
			continue
		}
		if x.LookAt.After(now) {
			return Want{}
		}
		x.LookAt = time.Time{}
		if s.Type == "Task" {
			want, err := x.task(s, now)
			if err == nil {
				return want
			}
			x.failed(d, s, "States.Runtime", err.Error(), now, chance)
			continue
		}
		if err := x.pass(d, s, now); err != nil {
			x.failed(d, s, "States.Runtime", err.Error(), now, chance)
		}
	}
	return Want{}
}

// filled is a state's effective input.
func (x *Execution) filled(s State) (any, error) {
	input := value(x.Given)
	if s.InputPath != nil {
		if s.InputPath.text == null {
			input = map[string]any{}
		} else if at, err := read(s.InputPath.text, input); err != nil {
			return nil, err
		} else {
			input = at
		}
	}
	if len(s.Parameters) == 0 {
		return input, nil
	}
	return fill(value(string(s.Parameters)), input, x.context())
}

// context is what paths that begin with $$ read, as far as it is there. Source: Step Functions developer guide, input-output-contextobject.
func (x *Execution) context() any {
	began := x.BeganAt.UTC().Format("2006-01-02T15:04:05.000Z")
	return map[string]any{"Execution": map[string]any{"Id": x.ARN, "Name": x.Name, "StartTime": began, "Input": value(x.Input)},
		"State": map[string]any{"Name": x.State}, "StateMachine": map[string]any{"Id": x.Machine}}
}

// task says which function a Task state invokes.
func (x *Execution) task(s State, now time.Time) (Want, error) {
	input, err := x.filled(s)
	if err != nil {
		return Want{}, err
	}
	x.Over = time.Time{}
	if s.TimeoutSeconds > 0 {
		x.Over = now.Add(time.Duration(s.TimeoutSeconds) * time.Second)
	}
	want := Want{Function: s.Resource, Payload: text(input)}
	scheduled, started := "LambdaFunctionScheduled", "LambdaFunctionStarted"
	if strings.HasSuffix(s.Resource, InvokeResource) {
		parameters, _ := input.(map[string]any)
		want.Function, _ = parameters["FunctionName"].(string)
		want.Payload = text(parameters["Payload"])
		scheduled, started = "TaskScheduled", "TaskStarted"
	}
	x.note(now, cluster.ExecutionEvent{Type: scheduled, Text: text(input)})
	x.note(now, cluster.ExecutionEvent{Type: started})
	return want, nil
}

// Answer tells an execution how its task has ended; Advance goes on from there.
func (x *Execution) Answer(failed bool, answer string, now time.Time, chance func(purpose string) float64) {
	d, err := Parse(x.Definition)
	if err != nil || x.Status != cluster.ExecutionRunning {
		return
	}
	s := d.States[x.State]
	x.Task = ""
	integrated := strings.HasSuffix(s.Resource, InvokeResource)
	if failed {
		name := "Lambda.Unknown"
		var read struct {
			Type string `json:"errorType"`
		}
		if json.Unmarshal([]byte(answer), &read) == nil {
			name = cmp.Or(read.Type, name)
		}
		kind := "LambdaFunctionFailed"
		if integrated {
			kind = "TaskFailed"
		}
		x.note(now, cluster.ExecutionEvent{Type: kind, Error: name, Cause: answer})
		x.failed(d, s, name, answer, now, chance)
		return
	}
	result, kind := value(answer), "LambdaFunctionSucceeded"
	if integrated {
		result, kind = map[string]any{"ExecutedVersion": "$LATEST", "Payload": result, "StatusCode": 200}, "TaskSucceeded"
	}
	x.note(now, cluster.ExecutionEvent{Type: kind, Text: text(result)})
	if err := x.leave(d, s, result, now); err != nil {
		x.failed(d, s, "States.Runtime", err.Error(), now, chance)
	}
}

// pass goes through a state that is no Task.
func (x *Execution) pass(d Definition, s State, now time.Time) error {
	input, err := x.filled(s)
	if err != nil {
		return err
	}
	switch s.Type {
	case "Fail":
		x.End(cluster.ExecutionFailed, s.Error, s.Cause, now)
		return nil
	case "Pass":
		if len(s.Result) > 0 {
			input = value(string(s.Result))
		}
	case "Choice":
		return x.choose(d, s, input, now)
	case "Wait":
		if !x.Done {
			x.Done = true
			x.LookAt, err = until(s, input, now)
			return err
		}
	}
	return x.leave(d, s, input, now)
}

// until is when a Wait state is over.
func until(s State, input any, now time.Time) (time.Time, error) {
	seconds, at := s.Seconds, s.Timestamp
	if s.SecondsPath != "" {
		v, err := read(s.SecondsPath, input)
		n, ok := v.(float64)
		if err != nil || !ok {
			return time.Time{}, fmt.Errorf("the SecondsPath parameter does not reference a number: %s", s.SecondsPath)
		}
		seconds = &n
	}
	if s.TimestampPath != "" {
		v, err := read(s.TimestampPath, input)
		if err != nil {
			return time.Time{}, err
		}
		at = fmt.Sprint(v)
	}
	if seconds != nil {
		return now.Add(time.Duration(*seconds * float64(time.Second))), nil
	}
	return time.Parse(time.RFC3339, at)
}

func (x *Execution) choose(d Definition, s State, input any, now time.Time) error {
	next := s.Default
	for _, c := range s.Choices {
		met, err := c.holds(input)
		if err != nil {
			return err
		}
		if met {
			next = c.Next
			break
		}
	}
	if next == "" {
		x.End(cluster.ExecutionFailed, "States.NoChoiceMatched", "No choice matched, and no Default is given.", now)
		return nil
	}
	s.Next = next
	return x.leave(d, s, input, now)
}

// leave makes a state's output of its result and goes on with the next, or ends.
func (x *Execution) leave(d Definition, s State, result any, now time.Time) error {
	var err error
	if len(s.ResultSelector) > 0 {
		if result, err = fill(value(string(s.ResultSelector)), result, x.context()); err != nil {
			return err
		}
	}
	output := result
	if s.ResultPath != nil {
		output = value(x.Given)
		if s.ResultPath.text != null {
			if output, err = write(s.ResultPath.text, output, result); err != nil {
				return err
			}
		}
	}
	if s.OutputPath != nil {
		if s.OutputPath.text == null {
			output = map[string]any{}
		} else if output, err = read(s.OutputPath.text, output); err != nil {
			return err
		}
	}
	x.goOn(d, s, s.Next, text(output), now)
	return nil
}

func (x *Execution) goOn(d Definition, s State, next, output string, now time.Time) {
	x.note(now, cluster.ExecutionEvent{Type: s.Type + "StateExited", State: x.State, Text: output})
	if next == "" {
		x.succeed(output, now)
		return
	}
	x.State, x.Given = next, output
	x.enter(d, now)
}

// failed tries a state again, goes on where its error is caught, or ends the execution.
func (x *Execution) failed(d Definition, s State, code, cause string, now time.Time, chance func(purpose string) float64) {
	for i, r := range s.Retry {
		if !matches(r.ErrorEquals, code) {
			continue
		}
		if x.Tries[i] >= given(r.MaxAttempts, 3) {
			break
		}
		x.LookAt = now.Add(r.delay(x.Tries[i], chance(fmt.Sprintf("retry %d", len(x.History)))))
		x.Tries[i]++
		return
	}
	for _, c := range s.Catch {
		if !matches(c.ErrorEquals, code) {
			continue
		}
		var output any = map[string]any{"Error": code, "Cause": cause}
		if c.ResultPath != nil && c.ResultPath.text != null {
			if at, err := write(c.ResultPath.text, value(x.Given), output); err == nil {
				output = at
			}
		}
		x.goOn(d, s, c.Next, text(output), now)
		return
	}
	x.End(cluster.ExecutionFailed, code, cause, now)
}

// delay is how long a retrier waits before the try after so many: 5 s, 10 s, 20 s, … with IntervalSeconds 5 and BackoffRate 2; with full jitter any part of that.
// Source: Step Functions developer guide, concepts-error-handling.
func (r Retrier) delay(tried int, chance float64) time.Duration {
	seconds := given(r.IntervalSeconds, 1) * math.Pow(given(r.BackoffRate, 2), float64(tried))
	if r.MaxDelaySeconds > 0 {
		seconds = min(seconds, r.MaxDelaySeconds)
	}
	if r.JitterStrategy == "FULL" {
		seconds *= chance
	}
	return time.Duration(seconds * float64(time.Second))
}

func given[T any](v *T, otherwise T) T {
	if v == nil {
		return otherwise
	}
	return *v
}

// matches tells whether an error is one of some. Source: Amazon States Language, errors: States.ALL is every one but States.Runtime and States.DataLimitExceeded,
// States.TaskFailed every one but States.Timeout.
func matches(names []string, code string) bool {
	return slices.ContainsFunc(names, func(name string) bool {
		return name == code || code != "States.Runtime" && (name == "States.ALL" || name == "States.TaskFailed" && code != "States.Timeout")
	})
}
