package event

import (
	"encoding/json"
	"time"

	"handover/internal/cluster"
)

// Delivery is what one invocation of the function brings.
type Delivery struct {
	By      Way
	Records []Record // in the order in which they came; never empty where Decode gives no error
}

// Way is how an invocation reached the function.
type Way string

// The ways. They differ in who tries again after an error, and in how work that takes longer than one invocation is carried on.
const (
	Direct      Way = "direct"       // an invocation with a payload of our own, also by a state machine
	SNS         Way = "sns"          //
	SQS         Way = "sqs"          // an event source mapping; messages that are not reported as failed are deleted
	EventBridge Way = "event-bridge" //
)

// Record is one message of a Delivery.
type Record struct {
	ID       string    // of the message; a repeated delivery has the same
	Event    string    // of what happened: the id of the innermost envelope, the same however often and by whichever way it came; empty: not known
	Sent     time.Time // when that was sent, AWS's time; zero: not known
	Receipt  string    // SQS: the handle by which its visibility is changed
	Queue    string    // SQS: the queue's ARN
	Received int       // SQS: how often it was received, this time included
	Notice   Notice
}

// Notice is what a message says. The set is closed: the types below.
type Notice interface{ notice() }

// Hook says that Auto Scaling holds an instance in a lifecycle hook until the lifecycle action is completed.
type Hook struct {
	Group      string    `json:"group"`
	Name       string    `json:"name"`
	Token      string    `json:"token"`
	Instance   string    `json:"instance"` // EC2 instance id
	Transition string    `json:"transition"`
	Metadata   string    `json:"metadata,omitempty"`
	At         time.Time `json:"at,omitzero"` // when the instance came into the hook
}

// Terminating is the Transition of an instance that is about to be terminated.
const Terminating = "autoscaling:EC2_INSTANCE_TERMINATING"

// Test is what Auto Scaling sends once to see that it may notify at all.
type Test struct {
	Group string `json:"group"`
}

// Interruption says that EC2 takes a Spot Instance back in two minutes.
type Interruption struct {
	Instance string    `json:"instance"` // EC2 instance id
	Action   string    `json:"action"`   // terminate, stop or hibernate
	At       time.Time `json:"at,omitzero"`
}

// Rebalance says that a Spot Instance is at an elevated risk of an Interruption.
type Rebalance struct {
	Instance string    `json:"instance"` // EC2 instance id
	At       time.Time `json:"at,omitzero"`
}

// Retirement says that AWS will stop Fargate tasks, because what they run on is patched.
type Retirement struct {
	Services []cluster.ServiceKey `json:"services,omitempty"` // in the order of the notice, each once
	Tasks    []TaskName           `json:"tasks,omitempty"`    // likewise
	Begins   time.Time            `json:"begins,omitzero"`    // when AWS begins to stop them
	Over     bool                 `json:"over,omitempty"`     // the notice says that it has happened, or will not
}

// TaskName names one task.
type TaskName struct {
	Cluster string `json:"cluster"`
	Task    string `json:"task"` // id
}

// Request asks for an operation in so many words: {"operation":"restart","service":"prod/api"}.
type Request struct {
	Operation string          `json:"operation"`
	Service   string          `json:"service,omitempty"` // CLUSTER/SERVICE, an ARN, or SERVICE with Cluster
	Cluster   string          `json:"cluster,omitempty"`
	Timeout   time.Duration   `json:"timeout,omitempty"` // 0: the operation's own
	Options   json.RawMessage `json:"options,omitempty"` // the whole payload, for members that belong to one operation alone
}

// Continuation is work that an earlier invocation has carried on. Its text is that invocation's.
type Continuation struct {
	Text json.RawMessage
}

// Foreign is a message that is understood and means nothing to us.
type Foreign struct {
	What string `json:"what"` // for people
}

// Strange is a message that is not understood.
type Strange struct {
	Why string `json:"why"`
}

func (Hook) notice()         {}
func (Test) notice()         {}
func (Interruption) notice() {}
func (Rebalance) notice()    {}
func (Retirement) notice()   {}
func (Request) notice()      {}
func (Continuation) notice() {}
func (Foreign) notice()      {}
func (Strange) notice()      {}
