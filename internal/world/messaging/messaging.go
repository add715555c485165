// Package messaging is Amazon SNS and Amazon SQS as a pure model: topics, subscriptions, and queues with their messages.
//
// It guarantees that a message that was received is hidden for its visibility and then comes again, until it is deleted, goes to the dead letter queue, or is
// older than its queue's retention; that a queue with FIFO hands out the messages of a group in order; and that what is published reaches each queue that
// is subscribed and whose filter takes it. It has no clock: time is an argument. Ids are the caller's.
package messaging

import (
	"maps"
	"slices"
	"strings"
	"time"

	"handover/internal/cluster"
)

// Model is all topics, subscriptions and queues of a world.
type Model struct {
	Topics        []cluster.Topic        `json:"topics,omitempty"`        // by ARN
	Subscriptions []cluster.Subscription `json:"subscriptions,omitempty"` // by ARN
	Queues        []*Queue               `json:"queues,omitempty"`        // by ARN
	Numbered      int                    `json:"numbered,omitempty"`      // ids ever given out
}

// Clone makes a copy that shares nothing that either may change.
func (m Model) Clone() Model {
	m.Topics, m.Subscriptions, m.Queues = slices.Clone(m.Topics), slices.Clone(m.Subscriptions), slices.Clone(m.Queues)
	for i := range m.Topics {
		m.Topics[i].Attributes = maps.Clone(m.Topics[i].Attributes)
	}
	for i := range m.Subscriptions {
		m.Subscriptions[i].Attributes = maps.Clone(m.Subscriptions[i].Attributes)
	}
	for i, q := range m.Queues {
		copied := *q
		copied.Attributes, copied.Messages, copied.Recent = maps.Clone(q.Attributes), slices.Clone(q.Messages), slices.Clone(q.Recent)
		m.Queues[i] = &copied
	}
	return m
}

// Topic finds a topic by ARN.
func (m *Model) Topic(arn string) (found cluster.Topic, ok bool) {
	at, ok := slices.BinarySearchFunc(m.Topics, arn, func(t cluster.Topic, arn string) int { return strings.Compare(t.ARN, arn) })
	if !ok {
		return cluster.Topic{}, false
	}
	return m.Topics[at], true
}

// PutTopic adds a topic, or replaces the one with its ARN.
func (m *Model) PutTopic(t cluster.Topic) {
	at, there := slices.BinarySearchFunc(m.Topics, t.ARN, func(t cluster.Topic, arn string) int { return strings.Compare(t.ARN, arn) })
	if there {
		m.Topics[at] = t
		return
	}
	m.Topics = slices.Insert(m.Topics, at, t)
}

// DeleteTopic removes a topic and its subscriptions.
func (m *Model) DeleteTopic(arn string) {
	m.Topics = slices.DeleteFunc(m.Topics, func(t cluster.Topic) bool { return t.ARN == arn })
	m.Subscriptions = slices.DeleteFunc(m.Subscriptions, func(s cluster.Subscription) bool { return s.Topic == arn })
}

// Subscription finds a subscription by ARN.
func (m *Model) Subscription(arn string) (found cluster.Subscription, ok bool) {
	at, ok := slices.BinarySearchFunc(m.Subscriptions, arn, func(s cluster.Subscription, arn string) int { return strings.Compare(s.ARN, arn) })
	if !ok {
		return cluster.Subscription{}, false
	}
	return m.Subscriptions[at], true
}

// PutSubscription adds a subscription, or replaces the one with its ARN.
func (m *Model) PutSubscription(s cluster.Subscription) {
	at, there := slices.BinarySearchFunc(m.Subscriptions, s.ARN, func(s cluster.Subscription, arn string) int { return strings.Compare(s.ARN, arn) })
	if there {
		m.Subscriptions[at] = s
		return
	}
	m.Subscriptions = slices.Insert(m.Subscriptions, at, s)
}

// DeleteSubscription removes a subscription.
func (m *Model) DeleteSubscription(arn string) {
	m.Subscriptions = slices.DeleteFunc(m.Subscriptions, func(s cluster.Subscription) bool { return s.ARN == arn })
}

// Queue finds a queue by ARN.
func (m *Model) Queue(arn string) (found *Queue, ok bool) {
	at, ok := slices.BinarySearchFunc(m.Queues, arn, func(q *Queue, arn string) int { return strings.Compare(q.ARN, arn) })
	if !ok {
		return nil, false
	}
	return m.Queues[at], true
}

// PutQueue adds a queue, or replaces what was declared of the one with its ARN.
func (m *Model) PutQueue(q cluster.Queue, now time.Time) {
	at, there := slices.BinarySearchFunc(m.Queues, q.ARN, func(q *Queue, arn string) int { return strings.Compare(q.ARN, arn) })
	q.ChangedAt = now
	if there {
		q.CreatedAt = m.Queues[at].CreatedAt
		m.Queues[at].Queue = q
		return
	}
	q.CreatedAt = now
	m.Queues = slices.Insert(m.Queues, at, &Queue{Queue: q})
}

// DeleteQueue removes a queue.
func (m *Model) DeleteQueue(arn string) {
	m.Queues = slices.DeleteFunc(m.Queues, func(q *Queue) bool { return q.ARN == arn })
}
