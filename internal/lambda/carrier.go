package lambda

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"handover/internal/lambda/event"
)

// This file carries work on from one invocation to the next.
//
//   - To whoever invoked the function with a payload of our own, a state machine above all, the work is given back in the answer.
//   - A message of a queue is received again later. Its body cannot change, so that the work begins anew with what ECS shows: a departure loses nothing by
//     that, and every other work is carried on as below.
//   - Everything else goes to a new execution of the state machine, or, where there is none, to the topic, as a message of our own.

// pause is how long a message is hidden before the next round. Between two rounds nothing is watched, so it is short; at 14 minutes a round, 48 hours are some
// 200 receives.
const pause = 30 * time.Second

// handOn carries one result on.
func (n invocation) handOn(ctx context.Context, messenger Messenger, i int, r Result) Result {
	record := n.delivery.Records[i]
	switch {
	case n.delivery.By == event.Direct:
		return r // in the answer
	case n.delivery.By == event.SQS && r.next.Kind == departing:
		if err := messenger.Hide(ctx, record.Queue, record.Receipt, pause); err != nil {
			n.Log.Warn("the message is received again only when its queue's own visibility timeout is over", "error", err)
		}
		r.again, r.next = true, nil
		return r
	}
	if err := n.send(ctx, messenger, fmt.Sprintf("%s-%d", n.id, i), r.next); err != nil {
		n.Log.Error("not carried on", "about", r.About, "error", err)
		return Result{About: r.About, Status: Broken, Text: err.Error(), Round: r.Round, err: err}
	}
	r.next = nil
	return r
}

// send hands the work to the state machine or to the topic. The name is the same for every attempt of one invocation, so that a state machine does not do the
// work of a repeated attempt twice.
func (n invocation) send(ctx context.Context, messenger Messenger, name string, next *carried) error {
	text, err := json.Marshal(struct {
		Handover *carried `json:"handover"`
	}{next})
	if err != nil {
		return fmt.Errorf("carrying on: %w", err)
	}
	switch {
	case n.Config.StateMachine != "":
		return messenger.StartExecution(ctx, n.Config.StateMachine, name, string(text))
	case n.Config.Topic != "":
		return messenger.Publish(ctx, n.Config.Topic, string(text))
	}
	return errors.New("carrying on: the time is up, and neither HANDOVER_STATE_MACHINE nor HANDOVER_TOPIC says where to")
}
