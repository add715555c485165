package world

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"handover/internal/cluster"
	"handover/internal/world/draw"
	"handover/internal/world/messaging"
)

// This file has topics and queues: what is published to a topic goes to the queues and functions that are subscribed. Source: SNS developer guide, sns-message-and-json-formats;
// SQS developer guide.

// actOnMessages carries out the actions on topics and queues.
func (w *World) actOnMessages(a cluster.Action) (ids []string, err error) {
	m := &w.state.Messaging
	switch a := a.(type) {
	case cluster.PutTopic:
		a.Topic.ARN = w.arn("sns", a.Topic.Name)
		m.PutTopic(a.Topic)
		return []string{a.Topic.ARN}, nil
	case cluster.DeleteTopic:
		m.DeleteTopic(a.Topic)
		w.untag(a.Topic)
		return []string{a.Topic}, nil
	case cluster.PutSubscription:
		if a.Subscription.ARN == "" {
			a.Subscription.ARN = a.Subscription.Topic + ":" + w.uuid("subscription")
		}
		m.PutSubscription(a.Subscription)
		return []string{a.Subscription.ARN}, nil
	case cluster.DeleteSubscription:
		m.DeleteSubscription(a.Subscription)
		return []string{a.Subscription}, nil
	case cluster.Publish:
		return w.publish(a)
	case cluster.PutQueue:
		a.Queue.ARN = w.arn("sqs", a.Queue.Name)
		m.PutQueue(a.Queue, w.state.Now)
		return []string{a.Queue.ARN}, nil
	case cluster.DeleteQueue:
		m.DeleteQueue(a.Queue)
		w.untag(a.Queue)
		return []string{a.Queue}, nil
	}
	return w.actOnQueue(a)
}

// actOnQueue carries out the actions on the messages of a queue.
func (w *World) actOnQueue(a cluster.Action) (ids []string, err error) {
	switch a := a.(type) {
	case cluster.SendMessage:
		return w.sendMessage(a)
	case cluster.ReceiveMessages:
		return w.receiveMessages(a)
	case cluster.DeleteMessage:
		return w.onQueue(a.Queue, func(q *messaging.Queue) { q.Delete(a.Receipt) })
	case cluster.HideMessage:
		return w.hideMessage(a)
	case cluster.PurgeQueue:
		return w.onQueue(a.Queue, func(q *messaging.Queue) { q.Messages = nil })
	}
	return w.actOnLogs(a)
}

func queueNotFound() *cluster.APIError {
	return cluster.Errorf(cluster.ClassNotFound, "QueueDoesNotExist", "The specified queue does not exist.")
}

func (w *World) onQueue(arn string, change func(*messaging.Queue)) (ids []string, err error) {
	q, ok := w.state.Messaging.Queue(arn)
	if !ok {
		return nil, queueNotFound()
	}
	change(q)
	return []string{arn}, nil
}

// uuid gives an id that no other has had.
func (w *World) uuid(purpose string) string {
	w.state.Messaging.Numbered++
	n := w.state.Messaging.Numbered
	a, b := hex64(draw.Bits(w.state.Seed, purpose, draw.Nth("uuid", n))), hex64(draw.Bits(w.state.Seed, purpose, draw.Nth("uuid-low", n)))
	return a[:8] + "-" + a[8:12] + "-4" + a[13:] + "-8" + b[1:4] + "-" + b[4:]
}

func (w *World) sendMessage(a cluster.SendMessage) (ids []string, err error) {
	q, ok := w.state.Messaging.Queue(a.Queue)
	if !ok {
		return nil, queueNotFound()
	}
	a.Message.ID = w.uuid("message")
	m := q.Send(a.Message, a.Delay, w.state.Now)
	w.wakeMappings(q.ARN)
	return []string{m.ID, number(m.Sequence)}, nil
}

func (w *World) receiveMessages(a cluster.ReceiveMessages) (ids []string, err error) {
	q, ok := w.state.Messaging.Queue(a.Queue)
	if !ok {
		return nil, queueNotFound()
	}
	taken, dead := q.Receive(a.Most, a.Visibility, func() string { return cluster.Receipt(w.uuid("receipt"), a.Queue) }, w.state.Now)
	if letters, ok := w.state.Messaging.Queue(q.DeadLetter); ok {
		letters.Bury(dead, w.state.Now)
		w.wakeMappings(letters.ARN)
	}
	for _, m := range taken {
		ids = append(ids, m.Receipt)
	}
	return ids, nil
}

// hideMessage changes for how long a message is hidden. Source: SQS API Reference, ChangeMessageVisibility.
func (w *World) hideMessage(a cluster.HideMessage) (ids []string, err error) {
	q, ok := w.state.Messaging.Queue(a.Queue)
	if !ok {
		return nil, queueNotFound()
	}
	m, ok := q.At(a.Receipt)
	if !ok || !m.VisibleAt.After(w.state.Now) {
		return nil, cluster.Errorf(cluster.ClassState, "MessageNotInflight", "The specified message isn't in flight.")
	}
	m.VisibleAt = w.state.Now.Add(a.Visibility)
	w.wakeMappings(q.ARN)
	return []string{a.Receipt}, nil
}

// publish hands a message to each queue and function that is subscribed and takes it. One that is gone loses its copy.
func (w *World) publish(a cluster.Publish) (ids []string, err error) {
	topic, ok := w.state.Messaging.Topic(a.Topic)
	if !ok {
		return nil, cluster.Errorf(cluster.ClassNotFound, "NotFound", "Topic does not exist")
	}
	id := w.uuid("published")
	for _, s := range w.state.Messaging.Subscriptions {
		if s.Topic != topic.ARN || s.Pending || !messaging.Takes(s, a.Message) {
			continue
		}
		if s.Protocol == "lambda" {
			w.notify(s, a, id)
		}
		if s.Protocol != "sqs" {
			continue
		}
		q, there := w.state.Messaging.Queue(s.Endpoint)
		if !there {
			continue
		}
		m, err := w.copyFor(s, a, id)
		if err != nil {
			return nil, err
		}
		q.Send(m, nil, w.state.Now)
		w.wakeMappings(q.ARN)
	}
	return []string{id, number(w.state.Messaging.Numbered)}, nil
}

// copyFor is the message that a subscriber gets: as it is, or in SNS's envelope.
func (w *World) copyFor(s cluster.Subscription, a cluster.Publish, id string) (cluster.Message, error) {
	m := a.Message
	if text, ok := a.ByProtocol[s.Protocol]; ok {
		m.Body = text
	}
	m.ID = w.uuid("message")
	if s.Raw {
		return m, nil
	}
	text, err := json.Marshal(w.sealed(s, a, id, m.Body))
	m.Body, m.Attributes = string(text), nil
	return m, err
}

// sealed is SNS's envelope around the text of a message.
func (w *World) sealed(s cluster.Subscription, a cluster.Publish, id, body string) envelope {
	place := w.state.Place
	site := "https://sns." + place.Region + ".amazonaws.com"
	if strings.HasPrefix(place.Region, "cn-") {
		site += ".cn"
	}
	sealed := envelope{
		Type: "Notification", MessageID: id, TopicArn: a.Topic, Subject: a.Subject, Message: body, Timestamp: w.state.Now.UTC().Format("2006-01-02T15:04:05.000Z"),
		SignatureVersion: "1", Signature: "simulated", SigningCertURL: site + "/SimpleNotificationService-simulated.pem",
		UnsubscribeURL: site + "/?Action=Unsubscribe&SubscriptionArn=" + s.ARN,
	}
	for _, attribute := range a.Message.Attributes {
		if sealed.Attributes == nil {
			sealed.Attributes = map[string]envelopeAttribute{}
		}
		value := attribute.Value
		if attribute.Type == "Binary" {
			value = base64.StdEncoding.EncodeToString(attribute.Binary)
		}
		sealed.Attributes[attribute.Name] = envelopeAttribute{Type: attribute.Type, Value: value}
	}
	return sealed
}

// envelope is how SNS sends a message to a queue.
type envelope struct {
	Type             string
	MessageID        string `json:"MessageId"`
	SequenceNumber   string `json:",omitempty"`
	TopicArn         string
	Subject          string `json:",omitempty"`
	Message          string
	Timestamp        string
	SignatureVersion string
	Signature        string
	SigningCertURL   string
	UnsubscribeURL   string
	Attributes       map[string]envelopeAttribute `json:"MessageAttributes,omitempty"`
}

type envelopeAttribute struct {
	Type  string
	Value string
}

// Topics gives all topics by ARN.
func (w *World) Topics() []cluster.Topic { return w.state.Messaging.Clone().Topics }

// Topic finds a topic by ARN.
func (w *World) Topic(arn string) (found cluster.Topic, ok bool) { return w.state.Messaging.Topic(arn) }

// Subscriptions gives all subscriptions by ARN.
func (w *World) Subscriptions() []cluster.Subscription {
	return w.state.Messaging.Clone().Subscriptions
}

// Subscription finds a subscription by ARN.
func (w *World) Subscription(arn string) (found cluster.Subscription, ok bool) {
	return w.state.Messaging.Subscription(arn)
}

// Queues gives all queues by ARN.
func (w *World) Queues() []cluster.Queue {
	all := make([]cluster.Queue, 0, len(w.state.Messaging.Queues))
	for _, q := range w.state.Messaging.Queues {
		all = append(all, q.Queue)
	}
	return all
}

// Queue finds a queue by ARN.
func (w *World) Queue(arn string) (found cluster.Queue, ok bool) {
	q, ok := w.state.Messaging.Queue(arn)
	if !ok {
		return cluster.Queue{}, false
	}
	return q.Queue, true
}

// MessageCounts tells how many messages of a queue can be received, how many are hidden because they were, and how many because they are delayed.
func (w *World) MessageCounts(arn string, now time.Time) (visible, inFlight, delayed int) {
	if q, ok := w.state.Messaging.Queue(arn); ok {
		return q.Counts(now)
	}
	return 0, 0, 0
}

// Receivable tells whether any message of a queue can be received.
func (w *World) Receivable(arn string, now time.Time) bool {
	q, ok := w.state.Messaging.Queue(arn)
	return ok && q.Ready(now)
}

// MessageAt finds the message that a receipt handle is of.
func (w *World) MessageAt(queue, receipt string) (found cluster.Message, ok bool) {
	q, ok := w.state.Messaging.Queue(queue)
	if !ok {
		return cluster.Message{}, false
	}
	m, ok := q.At(receipt)
	if !ok {
		return cluster.Message{}, false
	}
	return *m, true
}
