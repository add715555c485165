package cluster

import (
	"encoding/json"
	"time"
)

// Rule is a rule of the default event bus of Amazon EventBridge.
type Rule struct {
	ARN         string       `json:"arn"`
	Name        string       `json:"name"`
	Pattern     string       `json:"pattern,omitempty"`  // JSON
	Schedule    string       `json:"schedule,omitempty"` // which nothing follows
	Enabled     bool         `json:"enabled"`
	Description string       `json:"description,omitempty"`
	Role        string       `json:"role,omitempty"`
	Targets     []RuleTarget `json:"targets,omitempty"` // by id
}

// RuleTarget is where the events of a rule go.
type RuleTarget struct {
	ID        string          `json:"id"`
	ARN       string          `json:"arn"`                 // of a function, a topic, a queue or a state machine
	Input     *string         `json:"input,omitempty"`     // in place of the event
	InputPath string          `json:"inputPath,omitempty"` // the part of the event that is sent
	Members   json.RawMessage `json:"members,omitempty"`   // what no rule uses
}

// BusEvent is an event of the default event bus.
type BusEvent struct {
	Source     string          `json:"source"`
	DetailType string          `json:"detailType"`
	Resources  []string        `json:"resources,omitempty"`
	Detail     json.RawMessage `json:"detail"`
	At         time.Time       `json:"at,omitzero"` // zero: now
}

// PutRule makes a rule or replaces it with its targets. Done gives its ARN.
type PutRule struct {
	Rule Rule `json:"rule"` // without ARN
}

// DeleteRule removes a rule. One that is not there is no error.
type DeleteRule struct {
	Rule string `json:"rule"` // name
}

// PutEvent puts an event on the bus. Done gives its id.
type PutEvent struct {
	Event BusEvent `json:"event"`
}

// Kind names the AWS operation, or the one of several that it stands for.
func (PutRule) Kind() string { return "PutRule" }

// Kind names the AWS operation.
func (DeleteRule) Kind() string { return "DeleteRule" }

// Kind names the AWS operation. One request has several.
func (PutEvent) Kind() string { return "PutEvents" }
