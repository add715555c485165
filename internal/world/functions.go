package world

import (
	"crypto/md5" //nolint:gosec // what SQS says of a message
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"handover/internal/cluster"
	"handover/internal/world/function"
	"handover/internal/world/messaging"
)

// This file is where functions meet topics and queues: what a message to a function becomes, and what becomes of the messages of a queue. The world runs no program:
// whoever has the programs takes what is ready (TakeInvocation) and says how it ended (EndInvocation). Source: Lambda developer guide.

// actOnFunctions carries out the actions on functions.
func (w *World) actOnFunctions(a cluster.Action) (ids []string, err error) {
	m := &w.state.Function
	switch a := a.(type) {
	case cluster.PutFunction:
		a.Function.ARN, a.Function.ChangedAt = w.arn("lambda", "function:"+a.Function.Name), w.state.Now
		m.Put(a.Function)
		return []string{a.Function.ARN}, nil
	case cluster.DeleteFunction:
		m.Delete(a.Function)
		w.untag(a.Function)
		return []string{a.Function}, nil
	case cluster.PutMapping:
		if a.Mapping.ID == "" {
			a.Mapping.ID = w.uuid("mapping")
		}
		a.Mapping.ChangedAt = w.state.Now
		m.PutMapping(a.Mapping)
		w.wakeMappings(a.Mapping.Queue)
		return []string{a.Mapping.ID}, nil
	case cluster.DeleteMapping:
		m.DeleteMapping(a.ID)
		return []string{a.ID}, nil
	case cluster.Invoke:
		return w.invoke(a)
	case cluster.TakeInvocation:
		return w.takeInvocation(a)
	case cluster.EndInvocation:
		return w.endInvocation(a)
	}
	return w.actOnRules(a)
}

func functionNotFound(arn string) *cluster.APIError {
	return cluster.Errorf(cluster.ClassNotFound, "ResourceNotFoundException", "Function not found: %s", arn)
}

func (w *World) invoke(a cluster.Invoke) (ids []string, err error) {
	f, ok := w.state.Function.Function(a.Function)
	if !ok {
		return nil, functionNotFound(a.Function)
	}
	kind := cluster.ForCaller
	if a.Async {
		kind = cluster.ForNobody
	}
	i, ok := w.state.Function.Accept(f, cluster.Invocation{ID: w.uuid("invocation"), Payload: a.Payload, For: kind, Lineage: a.Lineage}, w.state.Now)
	switch {
	case ok:
		return []string{i.ID}, nil
	case a.Async:
		return []string{w.uuid("invocation")}, nil // the event is dropped; nobody is told
	}
	return nil, cluster.Errorf(cluster.ClassInvalid, "RecursiveInvocationException", "Lambda has detected a recursive loop and stopped this invocation.")
}

func (w *World) takeInvocation(a cluster.TakeInvocation) (ids []string, err error) {
	i, ok := w.state.Function.Invocation(a.ID)
	if !ok || i.State != cluster.InvocationReady {
		return nil, cluster.Errorf(cluster.ClassState, "InvalidRequestID", "Invocation %s is not ready.", a.ID)
	}
	w.state.Function.Take(i, w.state.Now)
	w.plan(due{At: i.Until, Kind: dueInvocation, ID: i.ID})
	return []string{i.ID}, nil
}

func (w *World) endInvocation(a cluster.EndInvocation) (ids []string, err error) {
	i, ok := w.state.Function.Invocation(a.ID)
	if !ok || i.State != cluster.InvocationRunning {
		return nil, cluster.Errorf(cluster.ClassState, "InvalidRequestID", "Invocation %s is not under way.", a.ID)
	}
	w.ended(i, a.Failed, a.Answer)
	return []string{a.ID}, nil
}

// invocationDue lets an invocation be ready for its next attempt, ends it by its time limit, or forgets it.
func (w *World) invocationDue(id string, at time.Time) {
	i, ok := w.state.Function.Invocation(id)
	if !ok || !i.Until.Equal(at) {
		return
	}
	switch i.State {
	case cluster.InvocationWaiting:
		i.State, i.Until = cluster.InvocationReady, time.Time{}
	case cluster.InvocationRunning:
		w.ended(i, true, w.state.Function.TimedOut(i))
	case cluster.InvocationEnded:
		w.state.Function.Forget(id)
	case cluster.InvocationReady:
	}
}

// ended lets the end of an invocation have its effects on whoever it was for.
func (w *World) ended(i *cluster.Invocation, failed bool, answer string) {
	over := *i
	after := w.state.Function.End(i, failed, answer, w.state.Now)
	switch over.For {
	case cluster.ForCaller:
		w.plan(due{At: i.Until, Kind: dueInvocation, ID: i.ID})
	case cluster.ForNobody:
		if !after.Again.IsZero() {
			w.plan(due{At: after.Again, Kind: dueInvocation, ID: i.ID})
		}
		if after.GivenUp != "" {
			w.tellOfFailure(over, after.GivenUp, answer)
		}
	case cluster.ForMapping:
		w.batchEnded(over, failed, answer)
	case cluster.ForExecution:
		w.taskEnded(over, failed, answer)
	}
}

// tellOfFailure sends an event that was given up to the destination for failures. Source: Lambda developer guide, invocation-async-retain-records.
func (w *World) tellOfFailure(i cluster.Invocation, condition, answer string) {
	f, ok := w.state.Function.Function(i.Function)
	if !ok || f.OnFailure == "" {
		return
	}
	record := map[string]any{
		"version": "1.0", "timestamp": w.state.Now.UTC().Format("2006-01-02T15:04:05.000Z"),
		"requestContext":  map[string]any{"requestId": i.ID, "functionArn": f.ARN + ":$LATEST", "condition": condition, "approximateInvokeCount": i.Attempt},
		"requestPayload":  json.RawMessage(i.Payload),
		"responseContext": map[string]any{"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
		"responsePayload": json.RawMessage(answer),
	}
	text, err := json.Marshal(record)
	if err != nil {
		return // neither payload nor answer is anything but JSON
	}
	w.send(f.OnFailure, "", cluster.Message{Body: string(text), Lineage: i.Lineage})
}

// send hands a message to a queue or a topic by ARN. A target that is not there loses it.
func (w *World) send(target, subject string, m cluster.Message) {
	if arn, err := cluster.ParseARN(target); err == nil && arn.Service == "sqs" {
		_, _ = w.sendMessage(cluster.SendMessage{Queue: target, Message: m})
		return
	}
	_, _ = w.publish(cluster.Publish{Topic: target, Subject: subject, Message: m})
}

// notify invokes a function that is subscribed to a topic, where its policy lets SNS. Source: SNS developer guide, sns-lambda-as-subscriber; the event: Lambda
// developer guide, with-sns.
func (w *World) notify(s cluster.Subscription, a cluster.Publish, id string) {
	f, ok := w.state.Function.Function(s.Endpoint)
	if !ok || !function.Allows(f, "sns.amazonaws.com", a.Topic, w.state.Place.Account) {
		return
	}
	body := a.Message.Body
	if text, ok := a.ByProtocol[s.Protocol]; ok {
		body = text
	}
	sealed := w.sealed(s, a, id, body)
	attributes := map[string]envelopeAttribute{}
	maps.Copy(attributes, sealed.Attributes)
	payload, err := json.Marshal(map[string]any{"Records": []any{map[string]any{
		"EventSource": "aws:sns", "EventVersion": "1.0", "EventSubscriptionArn": s.ARN, "Sns": map[string]any{
			"Type": sealed.Type, "MessageId": sealed.MessageID, "TopicArn": sealed.TopicArn, "Subject": orNull(sealed.Subject), "Message": sealed.Message,
			"Timestamp": sealed.Timestamp, "SignatureVersion": sealed.SignatureVersion, "Signature": sealed.Signature, "SigningCertUrl": sealed.SigningCertURL,
			"UnsubscribeUrl": sealed.UnsubscribeURL, "MessageAttributes": attributes,
		}}}})
	if err != nil {
		return // texts alone, which always can be written
	}
	w.call(f, string(payload), a.Message.Lineage)
}

func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// call invokes a function asynchronously.
func (w *World) call(f *cluster.Function, payload string, lineage cluster.Lineage) {
	w.state.Function.Accept(f, cluster.Invocation{ID: w.uuid("invocation"), Payload: payload, For: cluster.ForNobody, Lineage: lineage}, w.state.Now)
}

// wakeMappings has the mappings of a queue look at it when a message can be received next.
func (w *World) wakeMappings(queue string) {
	q, ok := w.state.Messaging.Queue(queue)
	if !ok {
		return
	}
	at, ok := q.NextVisible(w.state.Now)
	if !ok {
		return
	}
	for _, m := range w.state.Function.Mappings {
		if m.Queue != queue {
			continue
		}
		if when, ok := m.Wake(at); ok {
			w.plan(due{At: when, Kind: dueMapping, ID: m.ID})
		}
	}
}

// lookAtQueue receives a batch of messages for a function and invokes it with them. Source: Lambda developer guide, with-sqs.
func (w *World) lookAtQueue(id string, at time.Time) {
	m, ok := w.state.Function.Mapping(id)
	if !ok || !m.LookAt.Equal(at) {
		return
	}
	m.LookAt = time.Time{}
	q, there := w.state.Messaging.Queue(m.Queue)
	f, known := w.state.Function.Function(m.Function)
	if !m.Enabled || !there || !known {
		return
	}
	receipts, err := w.receiveMessages(cluster.ReceiveMessages{Queue: m.Queue, Most: m.Batch})
	if err == nil && len(receipts) > 0 {
		w.invokeBatch(m, f, q, receipts)
	}
	w.wakeMappings(m.Queue)
}

func (w *World) invokeBatch(m *function.Mapping, f *cluster.Function, q *messaging.Queue, receipts []string) {
	i := cluster.Invocation{ID: w.uuid("invocation"), For: cluster.ForMapping, Of: m.ID, Receipts: receipts}
	var records []any
	for _, receipt := range receipts {
		message, ok := q.At(receipt)
		if !ok {
			continue
		}
		i.Messages = append(i.Messages, message.ID)
		i.Lineage = merged(i.Lineage, message.Lineage)
		records = append(records, w.queued(q, message))
	}
	payload, err := json.Marshal(map[string]any{"Records": records})
	if err != nil {
		return // texts alone, which always can be written
	}
	i.Payload = string(payload)
	w.state.Function.Accept(f, i, w.state.Now) // of a loop that was ended the messages are received again, until the dead letter queue has them
}

// merged is the lineage of a batch: of each function the most that a message of it has.
func merged(a, b cluster.Lineage) cluster.Lineage {
	all := maps.Clone(a)
	for _, arn := range slices.Sorted(maps.Keys(b)) {
		if all == nil {
			all = cluster.Lineage{}
		}
		all[arn] = max(all[arn], b[arn])
	}
	return all
}

// queued is a message as a function gets it. Source: Lambda developer guide, with-sqs, example event.
func (w *World) queued(q *messaging.Queue, m *cluster.Message) map[string]any {
	attributes := map[string]any{
		"ApproximateReceiveCount": number(m.Received), "SentTimestamp": number(int(m.SentAt.UnixMilli())), "SenderId": w.state.Place.Account,
		"ApproximateFirstReceiveTimestamp": number(int(m.FirstReceivedAt.UnixMilli())),
	}
	if q.FIFO {
		attributes["MessageGroupId"], attributes["MessageDeduplicationId"], attributes["SequenceNumber"] = m.Group, m.Deduplication, number(m.Sequence)
	}
	sum := md5.Sum([]byte(m.Body)) //nolint:gosec // what SQS says of a message
	of := map[string]any{}
	for _, a := range m.Attributes {
		one := map[string]any{"dataType": a.Type, "stringListValues": []any{}, "binaryListValues": []any{}}
		if a.Type == "Binary" {
			one["binaryValue"] = base64.StdEncoding.EncodeToString(a.Binary)
		} else {
			one["stringValue"] = a.Value
		}
		of[a.Name] = one
	}
	return map[string]any{
		"messageId": m.ID, "receiptHandle": m.Receipt, "body": m.Body, "attributes": attributes, "messageAttributes": of, "md5OfBody": hex.EncodeToString(sum[:]),
		"eventSource": "aws:sqs", "eventSourceARN": q.ARN, "awsRegion": w.state.Place.Region,
	}
}

// batchEnded deletes the messages of a batch that has not failed. Those that have are received again when their visibility timeout is over.
// Source: Lambda developer guide, services-sqs-errorhandling.
func (w *World) batchEnded(i cluster.Invocation, failed bool, answer string) {
	m, ok := w.state.Function.Mapping(i.Of)
	if !ok || failed {
		return
	}
	var again []string
	if m.Partial {
		again = function.Failures(answer, i.Messages)
	}
	q, ok := w.state.Messaging.Queue(m.Queue)
	if !ok {
		return
	}
	for n, receipt := range i.Receipts {
		if n < len(i.Messages) && !slices.Contains(again, i.Messages[n]) {
			q.Delete(receipt)
		}
	}
	w.wakeMappings(m.Queue)
}

// Functions gives all functions by ARN.
func (w *World) Functions() []cluster.Function {
	all := make([]cluster.Function, 0, len(w.state.Function.Functions))
	for _, f := range w.state.Function.Functions {
		all = append(all, *f)
	}
	return all
}

// Function finds a function by ARN.
func (w *World) Function(arn string) (found cluster.Function, ok bool) {
	f, ok := w.state.Function.Function(arn)
	if !ok {
		return cluster.Function{}, false
	}
	return *f, true
}

// Mappings gives all event source mappings as they were made.
func (w *World) Mappings() []cluster.Mapping {
	all := make([]cluster.Mapping, 0, len(w.state.Function.Mappings))
	for _, m := range w.state.Function.Mappings {
		all = append(all, m.Mapping)
	}
	return all
}

// Invocations gives the invocations of a state as they were accepted.
func (w *World) Invocations(state cluster.InvocationStatus) []cluster.Invocation {
	var all []cluster.Invocation
	for _, i := range w.state.Function.Invocations {
		if i.State == state {
			all = append(all, *i)
		}
	}
	return all
}

// Invocation finds an invocation by id. One that is over is there for ten minutes if its caller waits for it, and gone otherwise.
func (w *World) Invocation(id string) (found cluster.Invocation, ok bool) {
	i, ok := w.state.Function.Invocation(id)
	if !ok {
		return cluster.Invocation{}, false
	}
	return *i, true
}

// Loops is how many invocations were not made because they were a loop, and how many events were given up.
func (w *World) Loops() (stopped, givenUp int) {
	return w.state.Function.Stopped, w.state.Function.GivenUp
}
