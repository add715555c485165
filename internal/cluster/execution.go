package cluster

import (
	"encoding/json"
	"time"
)

// StateMachine is a state machine of AWS Step Functions.
type StateMachine struct {
	ARN        string          `json:"arn"`
	Name       string          `json:"name"`
	Definition string          `json:"definition"` // in the Amazon States Language
	Role       string          `json:"role,omitempty"`
	CreatedAt  time.Time       `json:"createdAt,omitzero"`
	ChangedAt  time.Time       `json:"changedAt,omitzero"`
	Members    json.RawMessage `json:"members,omitempty"` // what no rule uses
}

// ExecutionStatus is how far an execution has come.
type ExecutionStatus string

// The states of an execution. Source: API Reference, DescribeExecution.
const (
	ExecutionRunning   ExecutionStatus = "RUNNING"
	ExecutionSucceeded ExecutionStatus = "SUCCEEDED"
	ExecutionFailed    ExecutionStatus = "FAILED"
	ExecutionTimedOut  ExecutionStatus = "TIMED_OUT"
	ExecutionAborted   ExecutionStatus = "ABORTED"
)

// Execution is an execution of a state machine.
type Execution struct {
	ARN     string           `json:"arn"`
	Machine string           `json:"machine"` // ARN
	Name    string           `json:"name"`
	Input   string           `json:"input"`            // JSON
	Output  string           `json:"output,omitempty"` // JSON
	Status  ExecutionStatus  `json:"status"`
	Error   string           `json:"error,omitempty"`
	Cause   string           `json:"cause,omitempty"`
	BeganAt time.Time        `json:"beganAt"`
	EndedAt time.Time        `json:"endedAt,omitzero"`
	History []ExecutionEvent `json:"history,omitempty"`
}

// ExecutionEvent is one event of an execution's history. Its number is its place, counted from 1.
type ExecutionEvent struct {
	At    time.Time `json:"at"`
	Type  string    `json:"type"`            // TaskStateEntered, LambdaFunctionFailed, …
	State string    `json:"state,omitempty"` // of StateEntered and StateExited
	Text  string    `json:"text,omitempty"`  // input or output, as the type has it
	Error string    `json:"error,omitempty"`
	Cause string    `json:"cause,omitempty"`
}

// PutStateMachine makes a state machine or replaces it; executions go on with the definition they began with. Done gives its ARN.
type PutStateMachine struct {
	Machine StateMachine `json:"machine"` // without ARN and times
}

// DeleteStateMachine removes a state machine. One that is not there is no error.
type DeleteStateMachine struct {
	Machine string `json:"machine"` // ARN
}

// StartExecution begins an execution. Done gives its ARN.
type StartExecution struct {
	Machine string `json:"machine"`        // ARN
	Name    string `json:"name,omitempty"` // empty: one that no other has had
	Input   string `json:"input"`          // JSON
}

// StopExecution ends an execution.
type StopExecution struct {
	Execution string `json:"execution"` // ARN
	Error     string `json:"error,omitempty"`
	Cause     string `json:"cause,omitempty"`
}

// Kind names the AWS operation, or the one of several that it stands for.
func (PutStateMachine) Kind() string { return "CreateStateMachine" }

// Kind names the AWS operation.
func (DeleteStateMachine) Kind() string { return "DeleteStateMachine" }

// Kind names the AWS operation.
func (StartExecution) Kind() string { return "StartExecution" }

// Kind names the AWS operation.
func (StopExecution) Kind() string { return "StopExecution" }
