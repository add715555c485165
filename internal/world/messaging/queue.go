package messaging

import (
	"slices"
	"time"

	"handover/internal/cluster"
)

// Queue is a queue with its messages.
type Queue struct {
	cluster.Queue
	Messages []cluster.Message `json:"messages,omitempty"` // in the order in which they were sent
	Recent   []sent            `json:"recent,omitempty"`   // of a FIFO queue: what was sent within remembered
	Sent     int               `json:"sent,omitempty"`     // messages ever sent
}

// sent is what a FIFO queue remembers of a message.
type sent struct {
	Deduplication string    `json:"deduplication"`
	ID            string    `json:"id"`
	Sequence      int       `json:"sequence"`
	At            time.Time `json:"at"`
}

// remembered is how long a FIFO queue drops copies of a message. Source: SQS developer guide, FIFO exactly-once processing.
const remembered = 5 * time.Minute

// Send puts a message into the queue and gives it as it is there. A copy of one that a FIFO queue remembers is given as that one and goes nowhere.
func (q *Queue) Send(m cluster.Message, delay *time.Duration, now time.Time) cluster.Message {
	q.expire(now)
	if q.FIFO {
		q.Recent = slices.DeleteFunc(q.Recent, func(s sent) bool { return now.Sub(s.At) >= remembered })
		for _, s := range q.Recent {
			if s.Deduplication == m.Deduplication {
				m.ID, m.Sequence = s.ID, s.Sequence
				return m
			}
		}
	}
	q.Sent++
	m.Sequence, m.SentAt, m.VisibleAt = q.Sent, now, now.Add(q.Delay)
	if delay != nil {
		m.VisibleAt = now.Add(*delay)
	}
	if q.FIFO {
		q.Recent = append(q.Recent, sent{Deduplication: m.Deduplication, ID: m.ID, Sequence: m.Sequence, At: now})
	}
	q.Messages = append(q.Messages, m)
	return m
}

// expire drops what is older than the queue's retention.
func (q *Queue) expire(now time.Time) {
	q.Messages = slices.DeleteFunc(q.Messages, func(m cluster.Message) bool { return now.Sub(m.SentAt) >= q.Retention })
}

// Ready tells whether any message can be received.
func (q *Queue) Ready(now time.Time) bool { return len(q.ready(1, now)) > 0 }

// NextVisible is when a message can be received next; ok is false where there is none.
func (q *Queue) NextVisible(now time.Time) (at time.Time, ok bool) {
	for _, m := range q.Messages {
		if now.Sub(m.SentAt) < q.Retention && (!ok || m.VisibleAt.Before(at)) {
			at, ok = m.VisibleAt, true
		}
	}
	if at.Before(now) {
		at = now
	}
	return at, ok
}

// ready gives the places of the messages that can be received. In a FIFO queue a group waits for its message that is hidden.
func (q *Queue) ready(most int, now time.Time) []int {
	var places []int
	hidden := map[string]bool{}
	for i, m := range q.Messages {
		switch {
		case len(places) == most:
			return places
		case now.Sub(m.SentAt) >= q.Retention || q.FIFO && hidden[m.Group]:
		case m.VisibleAt.After(now):
			hidden[m.Group] = true
		default:
			places = append(places, i)
		}
	}
	return places
}

// Receive takes messages and hides them. What has been received too often already is given apart: it belongs into the dead letter queue, and is taken out here.
func (q *Queue) Receive(most int, visibility *time.Duration, receipt func() string, now time.Time) (taken, dead []cluster.Message) {
	hide := q.Visibility
	if visibility != nil {
		hide = *visibility
	}
	for _, i := range q.ready(most, now) {
		m := &q.Messages[i]
		if q.MaxReceives > 0 && m.Received >= q.MaxReceives {
			dead = append(dead, *m)
			continue
		}
		m.Received++
		m.Receipt, m.VisibleAt = receipt(), now.Add(hide)
		if m.FirstReceivedAt.IsZero() {
			m.FirstReceivedAt = now
		}
		taken = append(taken, *m)
	}
	q.Messages = slices.DeleteFunc(q.Messages, func(m cluster.Message) bool {
		return slices.ContainsFunc(dead, func(d cluster.Message) bool { return d.ID == m.ID })
	})
	return taken, dead
}

// Bury takes in messages that were received too often elsewhere. They keep the time at which they were sent. Source: SQS developer guide, dead-letter queues.
func (q *Queue) Bury(dead []cluster.Message, now time.Time) {
	for _, m := range dead {
		q.Sent++
		m.Sequence, m.Received, m.Receipt, m.VisibleAt, m.FirstReceivedAt = q.Sent, 0, "", now, time.Time{}
		q.Messages = append(q.Messages, m)
	}
}

// At finds the message that a receipt handle is of.
func (q *Queue) At(receipt string) (found *cluster.Message, ok bool) {
	at := slices.IndexFunc(q.Messages, func(m cluster.Message) bool { return m.Receipt == receipt })
	if at < 0 {
		return nil, false
	}
	return &q.Messages[at], true
}

// Delete removes the message that a receipt handle is of.
func (q *Queue) Delete(receipt string) {
	q.Messages = slices.DeleteFunc(q.Messages, func(m cluster.Message) bool { return m.Receipt == receipt })
}

// Counts tells how many messages can be received, how many are hidden because they were, and how many because they are delayed.
func (q *Queue) Counts(now time.Time) (visible, inFlight, delayed int) {
	for _, m := range q.Messages {
		switch {
		case now.Sub(m.SentAt) >= q.Retention:
		case !m.VisibleAt.After(now):
			visible++
		case m.Received > 0:
			inFlight++
		default:
			delayed++
		}
	}
	return visible, inFlight, delayed
}
