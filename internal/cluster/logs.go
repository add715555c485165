package cluster

import "time"

// LogGroup is a log group of CloudWatch Logs.
type LogGroup struct {
	ARN       string    `json:"arn"` // without the :* that some operations add
	Name      string    `json:"name"`
	Class     string    `json:"class,omitempty"`
	Key       string    `json:"key,omitempty"`       // ARN of the KMS key, which nothing uses
	Retention int       `json:"retention,omitempty"` // days; 0: for ever
	Bytes     int       `json:"bytes"`               // of its events
	CreatedAt time.Time `json:"createdAt"`
}

// LogStream is a log stream of a log group.
type LogStream struct {
	ARN        string    `json:"arn"`
	Name       string    `json:"name"`
	FirstEvent time.Time `json:"firstEvent,omitzero"`
	LastEvent  time.Time `json:"lastEvent,omitzero"`
	Ingested   time.Time `json:"ingested,omitzero"` // the last time
	CreatedAt  time.Time `json:"createdAt"`
}

// LogEvent is a line of a log stream.
type LogEvent struct {
	ID         string    `json:"id"` // 56 digits, in the order of time
	Stream     string    `json:"stream,omitempty"`
	At         time.Time `json:"at"`
	Message    string    `json:"message"`
	IngestedAt time.Time `json:"ingestedAt,omitzero"`
}

// CreateLogGroup makes a log group. Done gives its ARN.
type CreateLogGroup struct {
	Group LogGroup `json:"group"` // name, class, key
}

// DeleteLogGroup removes a log group with its streams.
type DeleteLogGroup struct {
	Group string `json:"group"` // name
}

// RetainLogs sets for how many days the events of a log group are kept; 0: for ever.
type RetainLogs struct {
	Group string `json:"group"` // name
	Days  int    `json:"days"`
}

// CreateLogStream makes a log stream. Done gives its ARN.
type CreateLogStream struct {
	Group  string `json:"group"`
	Stream string `json:"stream"`
}

// DeleteLogStream removes a log stream with its events.
type DeleteLogStream struct {
	Group  string `json:"group"`
	Stream string `json:"stream"`
}

// PutLogEvents adds events to a log stream.
type PutLogEvents struct {
	Group  string     `json:"group"`
	Stream string     `json:"stream"`
	Events []LogEvent `json:"events"` // times and messages, in the order of time
}

// Kind names the AWS operation.
func (CreateLogGroup) Kind() string { return "CreateLogGroup" }

// Kind names the AWS operation.
func (DeleteLogGroup) Kind() string { return "DeleteLogGroup" }

// Kind names the AWS operation.
func (RetainLogs) Kind() string { return "PutRetentionPolicy" }

// Kind names the AWS operation.
func (CreateLogStream) Kind() string { return "CreateLogStream" }

// Kind names the AWS operation.
func (DeleteLogStream) Kind() string { return "DeleteLogStream" }

// Kind names the AWS operation.
func (PutLogEvents) Kind() string { return "PutLogEvents" }
