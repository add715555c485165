package cluster

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"
)

// Topic is a topic of Amazon SNS.
type Topic struct {
	ARN        string            `json:"arn"`
	Name       string            `json:"name"`
	Attributes map[string]string `json:"attributes,omitempty"` // as they were declared
}

// Subscription is a subscription to a topic. Those with the protocols sqs and lambda get something, where the queue or the function is there.
type Subscription struct {
	ARN        string            `json:"arn"`
	Topic      string            `json:"topic"` // ARN
	Protocol   string            `json:"protocol"`
	Endpoint   string            `json:"endpoint"`
	Pending    bool              `json:"pending,omitempty"`    // nobody has confirmed it
	Raw        bool              `json:"raw,omitempty"`        // messages are delivered as they are, and not in an envelope
	Filter     json.RawMessage   `json:"filter,omitempty"`     // a filter policy of SNS; none takes everything
	FilterBody bool              `json:"filterBody,omitempty"` // it is about the message, and not about its attributes
	Attributes map[string]string `json:"attributes,omitempty"` // as they were declared
}

// Queue is a queue of Amazon SQS.
type Queue struct {
	ARN         string            `json:"arn"`
	Name        string            `json:"name"`
	Visibility  time.Duration     `json:"visibility"` // how long a message that was received is hidden
	Delay       time.Duration     `json:"delay"`      // how long a message that was sent is hidden
	Retention   time.Duration     `json:"retention"`
	FIFO        bool              `json:"fifo,omitempty"`        // messages of a group come in order, and a copy within five minutes is dropped
	DeadLetter  string            `json:"deadLetter,omitempty"`  // the ARN of the queue to which a message goes that was received too often
	MaxReceives int               `json:"maxReceives,omitempty"` // how often is not too often; 0: no limit
	Attributes  map[string]string `json:"attributes,omitempty"`  // as they were declared
	CreatedAt   time.Time         `json:"createdAt,omitzero"`
	ChangedAt   time.Time         `json:"changedAt,omitzero"`
}

// MessageAttribute is an attribute of a message.
type MessageAttribute struct {
	Name   string `json:"name"`
	Type   string `json:"type"` // String, Number, Binary, and SNS's String.Array
	Value  string `json:"value,omitempty"`
	Binary []byte `json:"binary,omitempty"`
}

// Message is a message as it is in a queue.
type Message struct {
	ID              string             `json:"id"`
	Body            string             `json:"body"`
	Attributes      []MessageAttribute `json:"attributes,omitempty"` // by name
	Group           string             `json:"group,omitempty"`
	Deduplication   string             `json:"deduplication,omitempty"`
	Sequence        int                `json:"sequence,omitempty"` // among the messages ever sent to its queue
	Receipt         string             `json:"receipt,omitempty"`  // of the last time it was received
	Received        int                `json:"received,omitempty"` // how often
	SentAt          time.Time          `json:"sentAt"`
	VisibleAt       time.Time          `json:"visibleAt"` // from when on it can be received
	FirstReceivedAt time.Time          `json:"firstReceivedAt,omitzero"`
	Lineage         Lineage            `json:"lineage,omitempty"` // the functions on whose way it was sent
	Trace           string             `json:"trace,omitempty"`   // the trace header that its sender gave as AWSTraceHeader
}

// PutTopic makes a topic or replaces its attributes. Done gives its ARN.
type PutTopic struct {
	Topic Topic `json:"topic"` // without ARN
}

// DeleteTopic removes a topic with its subscriptions. One that is not there is no error.
type DeleteTopic struct {
	Topic string `json:"topic"` // ARN
}

// PutSubscription makes a subscription, or replaces the one with the ARN. Done gives its ARN.
type PutSubscription struct {
	Subscription Subscription `json:"subscription"`
}

// DeleteSubscription removes a subscription. One that is not there is no error.
type DeleteSubscription struct {
	Subscription string `json:"subscription"` // ARN
}

// Publish sends a message to a topic, and so to its subscribers. Done gives the message's id and a number that rises.
type Publish struct {
	Topic      string            `json:"topic"` // ARN
	Subject    string            `json:"subject,omitempty"`
	Message    Message           `json:"message"` // body, attributes, group and deduplication
	ByProtocol map[string]string `json:"byProtocol,omitempty"`
}

// PutQueue makes a queue or replaces its attributes. Done gives its ARN.
type PutQueue struct {
	Queue Queue `json:"queue"` // without ARN and times
}

// DeleteQueue removes a queue with its messages. One that is not there is no error.
type DeleteQueue struct {
	Queue string `json:"queue"` // ARN
}

// SendMessage puts a message into a queue. Done gives its id and its sequence number.
type SendMessage struct {
	Queue   string         `json:"queue"`   // ARN
	Message Message        `json:"message"` // body, attributes, group and deduplication
	Delay   *time.Duration `json:"delay,omitempty"`
}

// ReceiveMessages takes messages that can be received. Done gives a receipt handle for each, fewer or none where there are no more.
type ReceiveMessages struct {
	Queue      string         `json:"queue"` // ARN
	Most       int            `json:"most"`
	Visibility *time.Duration `json:"visibility,omitempty"`
}

// DeleteMessage removes a message that was received; an old receipt handle removes nothing and is no error.
type DeleteMessage struct {
	Queue   string `json:"queue"` // ARN
	Receipt string `json:"receipt"`
}

// HideMessage sets for how long from now on a message that was received is hidden.
type HideMessage struct {
	Queue      string        `json:"queue"` // ARN
	Receipt    string        `json:"receipt"`
	Visibility time.Duration `json:"visibility"`
}

// PurgeQueue removes all messages of a queue.
type PurgeQueue struct {
	Queue string `json:"queue"` // ARN
}

// Kind names the AWS operation, or the one of several that it stands for.
func (PutTopic) Kind() string { return "CreateTopic" }

// Kind names the AWS operation.
func (DeleteTopic) Kind() string { return "DeleteTopic" }

// Kind names the AWS operation, or the one of several that it stands for.
func (PutSubscription) Kind() string { return "Subscribe" }

// Kind names the AWS operation.
func (DeleteSubscription) Kind() string { return "Unsubscribe" }

// Kind names the AWS operation.
func (Publish) Kind() string { return "Publish" }

// Kind names the AWS operation, or the one of several that it stands for.
func (PutQueue) Kind() string { return "CreateQueue" }

// Kind names the AWS operation.
func (DeleteQueue) Kind() string { return "DeleteQueue" }

// Kind names the AWS operation.
func (SendMessage) Kind() string { return "SendMessage" }

// Kind names the AWS operation.
func (ReceiveMessages) Kind() string { return "ReceiveMessage" }

// Kind names the AWS operation.
func (DeleteMessage) Kind() string { return "DeleteMessage" }

// Kind names the AWS operation.
func (HideMessage) Kind() string { return "ChangeMessageVisibility" }

// Kind names the AWS operation.
func (PurgeQueue) Kind() string { return "PurgeQueue" }

// Receipt makes the receipt handle of a queue from an id.
func Receipt(id, queue string) string {
	return base64.StdEncoding.EncodeToString([]byte(id + " " + queue))
}

// IsReceipt tells whether a text is a receipt handle of a queue.
func IsReceipt(text, queue string) bool {
	plain, err := base64.StdEncoding.DecodeString(text)
	return err == nil && strings.HasSuffix(string(plain), " "+queue)
}
