package world

import (
	"strings"
	"time"

	"handover/internal/cluster"
	"handover/internal/world/draw"
	"handover/internal/world/function"
	"handover/internal/world/workflow"
)

// This file is where the executions of state machines meet functions. Source: Step Functions developer guide and API Reference.

// actOnExecutions carries out the actions on state machines and their executions.
func (w *World) actOnExecutions(a cluster.Action) (ids []string, err error) {
	m := &w.state.Workflow
	switch a := a.(type) {
	case cluster.PutStateMachine:
		a.Machine.ARN, a.Machine.ChangedAt = w.arn("states", "stateMachine:"+a.Machine.Name), w.state.Now
		a.Machine.CreatedAt = w.state.Now
		if former, ok := m.Machine(a.Machine.ARN); ok {
			a.Machine.CreatedAt = former.CreatedAt
		}
		m.Put(a.Machine)
		return []string{a.Machine.ARN}, nil
	case cluster.DeleteStateMachine:
		m.Delete(a.Machine)
		w.untag(a.Machine)
		return []string{a.Machine}, nil
	case cluster.StartExecution:
		return w.startExecution(a)
	case cluster.StopExecution:
		x, ok := m.Execution(a.Execution)
		if !ok {
			return nil, cluster.Errorf(cluster.ClassNotFound, "ExecutionDoesNotExist", "Execution Does Not Exist: '%s'", a.Execution)
		}
		x.End(cluster.ExecutionAborted, a.Error, a.Cause, w.state.Now)
		return []string{x.ARN}, nil
	}
	return nil, cluster.Errorf(cluster.ClassUnsupported, "UnsupportedFeatureException", "%s is not offered.", a.Kind())
}

// startExecution begins an execution. A name that was taken gives the execution again if it runs with the same input, and is an error otherwise. Source: API
// Reference, StartExecution.
func (w *World) startExecution(a cluster.StartExecution) (ids []string, err error) {
	machine, ok := w.state.Workflow.Machine(a.Machine)
	if !ok {
		return nil, cluster.Errorf(cluster.ClassNotFound, "StateMachineDoesNotExist", "State Machine Does Not Exist: '%s'", a.Machine)
	}
	if a.Name == "" {
		w.state.Workflow.Numbered++
		bits := draw.Bits(w.state.Seed, machine.ARN, draw.Nth("execution", w.state.Workflow.Numbered))
		a.Name = uuid(bits, ^bits)
	}
	arn := w.arn("states", "execution:"+machine.Name+":"+a.Name)
	if there, ok := w.state.Workflow.Execution(arn); ok {
		if there.Status == cluster.ExecutionRunning && there.Input == a.Input {
			return []string{arn}, nil
		}
		return nil, cluster.Errorf(cluster.ClassState, "ExecutionAlreadyExists", "Execution Already Exists: '%s'", arn)
	}
	x := w.state.Workflow.Start(machine, arn, a.Name, a.Input, w.state.Now)
	if !x.Limit.IsZero() {
		w.plan(due{At: x.Limit, Kind: dueExecution, ID: arn})
	}
	w.goOn(x)
	return []string{arn}, nil
}

// goOn takes an execution on, and invokes the functions that it comes to. One that Lambda does not invoke fails, and the execution goes on from that.
func (w *World) goOn(x *workflow.Execution) {
	for x.Status == cluster.ExecutionRunning {
		want := x.Advance(w.state.Now, w.chance(x))
		if want.Function == "" {
			break
		}
		f, ok := w.functionNamed(want.Function)
		if !ok {
			x.Answer(true, function.Failure("Lambda.ResourceNotFoundException", "Function not found: "+want.Function), w.state.Now, w.chance(x))
			continue
		}
		// A state machine is not one of the services through which Lambda counts the rounds of a loop.
		i, _ := w.state.Function.Accept(f, cluster.Invocation{ID: w.uuid("invocation"), Payload: want.Payload, For: cluster.ForExecution, Of: x.ARN}, w.state.Now)
		x.Task = i.ID
	}
	if at := x.Next(); at.After(w.state.Now) && !at.Equal(x.Planned) {
		x.Planned = at
		w.plan(due{At: at, Kind: dueExecution, ID: x.ARN})
	}
}

// functionNamed finds a function by name or ARN, which may have :$LATEST at its end.
func (w *World) functionNamed(name string) (found *cluster.Function, ok bool) {
	if !cluster.IsARN(name) {
		name = w.arn("lambda", "function:"+name)
	}
	return w.state.Function.Function(strings.TrimSuffix(name, ":$LATEST"))
}

// chance gives what a retrier's jitter draws.
func (w *World) chance(x *workflow.Execution) func(purpose string) float64 {
	return func(purpose string) float64 { return draw.Fraction(w.state.Seed, x.ARN, purpose) }
}

// executionDue takes an execution on whose wait is over, or whose time is up.
func (w *World) executionDue(arn string, at time.Time) {
	if x, ok := w.state.Workflow.Execution(arn); ok && (at.Equal(x.Planned) || at.Equal(x.Limit)) {
		w.goOn(x)
	}
}

// taskEnded tells an execution how its task has ended.
func (w *World) taskEnded(i cluster.Invocation, failed bool, answer string) {
	x, ok := w.state.Workflow.Execution(i.Of)
	if !ok || x.Task != i.ID {
		return // it was ended, or has given the task up
	}
	x.Answer(failed, answer, w.state.Now, w.chance(x))
	w.goOn(x)
}

// StateMachines gives all state machines as they were made.
func (w *World) StateMachines() []cluster.StateMachine { return w.state.Workflow.Clone().Machines }

// StateMachine finds a state machine by ARN.
func (w *World) StateMachine(arn string) (found cluster.StateMachine, ok bool) {
	return w.state.Workflow.Machine(arn)
}

// Executions gives the executions of a state machine as they began.
func (w *World) Executions(machine string) []cluster.Execution {
	var all []cluster.Execution
	for _, x := range w.state.Workflow.Executions {
		if x.Machine == machine {
			all = append(all, x.Execution)
		}
	}
	return all
}

// Execution finds an execution by ARN.
func (w *World) Execution(arn string) (found cluster.Execution, ok bool) {
	x, ok := w.state.Workflow.Execution(arn)
	if !ok {
		return cluster.Execution{}, false
	}
	return x.Execution, true
}
