package cluster

import (
	"encoding/json"
	"time"
)

// Function is a function of AWS Lambda.
type Function struct {
	ARN          string            `json:"arn"`
	Name         string            `json:"name"`
	Program      string            `json:"program"` // which of the programs that may be run it is
	Timeout      time.Duration     `json:"timeout"`
	Memory       int               `json:"memory"`                // MB; nothing holds a program to it
	Environment  map[string]string `json:"environment,omitempty"` //
	LogGroup     string            `json:"logGroup"`              //
	Recursive    bool              `json:"recursive,omitempty"`   // a loop through topics and queues is not ended after 16 rounds
	Retries      int               `json:"retries"`               // of an asynchronous invocation that has failed: 0 to 2
	MaxAge       time.Duration     `json:"maxAge"`                // of an event that waits to be invoked with, 60 s to 6 h
	OnFailure    string            `json:"onFailure,omitempty"`   // the ARN of a queue or topic that is told of events that were given up
	Configured   bool              `json:"configured,omitempty"`  // Retries, MaxAge or OnFailure were set
	ConfiguredAt time.Time         `json:"configuredAt,omitzero"` // the last time
	Grants       []Grant           `json:"grants,omitempty"`      // its policy, as the statements were added
	Revision     int               `json:"revision"`              // rises with every change
	ChangedAt    time.Time         `json:"changedAt,omitzero"`    //
	Members      json.RawMessage   `json:"members,omitempty"`     // what no rule uses
}

// Grant is a statement of a function's policy: who may invoke it.
type Grant struct {
	ID        string `json:"id"`
	Action    string `json:"action"`              // lambda:InvokeFunction or lambda:*
	Principal string `json:"principal"`           // a service such as sns.amazonaws.com, an account, or *
	Source    string `json:"source,omitempty"`    // an ARN, perhaps with *; empty: any
	OfAccount string `json:"ofAccount,omitempty"` // empty: any
}

// Mapping lets Lambda receive the messages of a queue and invoke a function with them.
type Mapping struct {
	ID        string    `json:"id"`
	Queue     string    `json:"queue"`    // ARN
	Function  string    `json:"function"` // ARN
	Enabled   bool      `json:"enabled"`
	Batch     int       `json:"batch"`             // messages an invocation, at most
	Partial   bool      `json:"partial,omitempty"` // ReportBatchItemFailures
	ChangedAt time.Time `json:"changedAt,omitzero"`
}

// Invocation is one event on its way through a function.
type Invocation struct {
	ID       string           `json:"id"` // the request id; a repeated attempt has the same
	Function string           `json:"function"`
	Payload  string           `json:"payload"`
	For      InvocationFor    `json:"for"`
	Of       string           `json:"of,omitempty"`       // the mapping's id, or the execution's ARN
	Receipts []string         `json:"receipts,omitempty"` // of the messages, for a mapping
	Messages []string         `json:"messages,omitempty"` // their ids
	Lineage  Lineage          `json:"lineage,omitempty"`  // this invocation included
	Attempt  int              `json:"attempt"`            // 1 is the first
	State    InvocationStatus `json:"state"`
	At       time.Time        `json:"at"`             // when it was accepted
	Until    time.Time        `json:"until,omitzero"` // waiting: when it is ready; running: its deadline; ended: when it is forgotten
	Failed   bool             `json:"failed,omitempty"`
	Answer   string           `json:"answer,omitempty"` // what the function gave back, or its error, as JSON
}

// InvocationFor says what becomes of an invocation's answer.
type InvocationFor string

// The callers of functions.
const (
	ForCaller    InvocationFor = "caller"    // who waits for it
	ForNobody    InvocationFor = "nobody"    // an asynchronous invocation, which is repeated where it fails
	ForMapping   InvocationFor = "mapping"   // whose messages are deleted, or received again
	ForExecution InvocationFor = "execution" // of a state machine
)

// InvocationStatus is how far an invocation has come.
type InvocationStatus string

// The states of an invocation.
const (
	InvocationWaiting InvocationStatus = "waiting" // for its next attempt
	InvocationReady   InvocationStatus = "ready"   // for an environment to take it
	InvocationRunning InvocationStatus = "running"
	InvocationEnded   InvocationStatus = "ended"
)

// Lineage counts how often each function was invoked on the way of an event through functions, topics and queues, by ARN.
type Lineage map[string]int

// PutFunction makes a function or replaces it. Done gives its ARN.
type PutFunction struct {
	Function Function `json:"function"` // without ARN, Revision and times
}

// DeleteFunction removes a function with its mappings.
type DeleteFunction struct {
	Function string `json:"function"` // ARN
}

// PutMapping makes a mapping, or replaces the one with the id. Done gives its id.
type PutMapping struct {
	Mapping Mapping `json:"mapping"`
}

// DeleteMapping removes a mapping.
type DeleteMapping struct {
	ID string `json:"id"`
}

// Invoke hands an event to a function. Done gives the request id.
type Invoke struct {
	Function string  `json:"function"` // ARN
	Payload  string  `json:"payload"`
	Async    bool    `json:"async,omitempty"`
	Lineage  Lineage `json:"lineage,omitempty"` // of the caller
}

// TakeInvocation begins an invocation that is ready, in an environment. Done gives its id.
type TakeInvocation struct {
	ID string `json:"id"`
}

// EndInvocation is how an invocation that is running has ended. Done gives its id.
type EndInvocation struct {
	ID     string `json:"id"`
	Failed bool   `json:"failed,omitempty"`
	Answer string `json:"answer"` // JSON
}

// Kind names the AWS operation, or the one of several that it stands for.
func (PutFunction) Kind() string { return "CreateFunction" }

// Kind names the AWS operation.
func (DeleteFunction) Kind() string { return "DeleteFunction" }

// Kind names the AWS operation, or the one of several that it stands for.
func (PutMapping) Kind() string { return "CreateEventSourceMapping" }

// Kind names the AWS operation.
func (DeleteMapping) Kind() string { return "DeleteEventSourceMapping" }

// Kind names the AWS operation.
func (Invoke) Kind() string { return "Invoke" }

// Kind names the request of Lambda's runtime API.
func (TakeInvocation) Kind() string { return "NextInvocation" }

// Kind names the request of Lambda's runtime API, or the one of several that it stands for.
func (EndInvocation) Kind() string { return "InvocationResponse" }
