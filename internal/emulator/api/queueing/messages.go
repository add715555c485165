package queueing

import (
	"cmp"
	"context"
	"crypto/md5" //nolint:gosec // SQS answers with MD5 sums, which clients compare
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
	"handover/internal/emulator/wire"
)

// largest is the size of a message with its attributes. Source: SQS developer guide, message quotas, since August 2025.
const largest = 1 << 20

// attributeForm is the form of the name of a message attribute. Source: SQS developer guide, message attributes.
var attributeForm = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,256}$`)

// most is the size of the largest message that a queue takes.
func most(q cluster.Queue) int {
	if n, err := strconv.Atoi(q.Attributes[string(types.QueueAttributeNameMaximumMessageSize)]); err == nil {
		return n
	}
	return largest
}

// message makes the checks that SQS makes on a message. Source: API Reference, SendMessage.
func message(q cluster.Queue, body *string, attributes map[string]types.MessageAttributeValue, group, deduplication *string) (m cluster.Message, err error) {
	switch {
	case body == nil:
		return m, missingParameter("MessageBody")
	case *body == "":
		return m, refused("MissingParameter", "The request must contain the parameter MessageBody.")
	case len(*body) > most(q):
		return m, refused("InvalidParameterValue", "One or more parameters are invalid. Reason: Message must be shorter than %d bytes.", most(q))
	case q.FIFO && group == nil:
		return m, missingParameter("MessageGroupId")
	}
	m = cluster.Message{Body: *body, Group: api.Value(group), Deduplication: api.Value(deduplication)}
	if q.FIFO && deduplication == nil {
		if q.Attributes[string(types.QueueAttributeNameContentBasedDeduplication)] != "true" {
			return m, refused("InvalidParameterValue", "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly")
		}
		sum := sha256.Sum256([]byte(*body))
		m.Deduplication = hex.EncodeToString(sum[:])
	}
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		a := attributes[name]
		switch kind, _, _ := strings.Cut(api.Value(a.DataType), "."); {
		case !attributeForm.MatchString(name) || strings.HasPrefix(name, ".") || strings.HasSuffix(name, ".") || strings.Contains(name, ".."):
			return m, refused("InvalidParameterValue", "The message attribute name '%s' is invalid. "+
				"Attribute name can contain A-Z, a-z, 0-9, underscore (_), hyphen (-), and period (.) characters.", name)
		case kind != "String" && kind != "Number" && kind != "Binary":
			return m, refused("InvalidParameterValue", "The type of message (user) attribute '%s' is invalid. You must use only the following supported type prefixes: Binary, Number, String.", name)
		case kind != "Binary" && api.Value(a.StringValue) == "":
			return m, refused("InvalidParameterValue", "The message attribute '%s' must contain a non-empty message attribute value for message attribute type '%s'.", name, kind)
		}
		m.Attributes = append(m.Attributes, cluster.MessageAttribute{Name: name, Type: *a.DataType, Value: api.Value(a.StringValue), Binary: a.BinaryValue})
	}
	return m, nil
}

// delayed reads a delay of a message, which FIFO queues do not have.
func delayed(q cluster.Queue, seconds *int32) (*time.Duration, error) {
	if seconds == nil || *seconds == 0 && q.FIFO {
		return nil, nil //nolint:nilnil // no delay of its own is no error
	}
	if q.FIFO {
		return nil, refused("InvalidParameterValue", "Value %d for parameter DelaySeconds is invalid. Reason: The request include parameter that is not valid for this queue type.", *seconds)
	}
	if *seconds < 0 || *seconds > 900 {
		return nil, refused("InvalidParameterValue", "Value %d for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.", *seconds)
	}
	d := time.Duration(*seconds) * time.Second
	return &d, nil
}

// SendMessageInput is the request of SendMessage. The SDK's own cannot tell a delay of 0, which stands instead of the queue's, from none.
type SendMessageInput struct {
	QueueUrl, MessageBody, MessageGroupId, MessageDeduplicationId *string
	DelaySeconds                                                  *int32
	MessageAttributes                                             map[string]types.MessageAttributeValue
	MessageSystemAttributes                                       map[string]types.MessageSystemAttributeValue
}

// SendMessageBatchInput is the request of SendMessageBatch.
type SendMessageBatchInput struct {
	QueueUrl *string
	Entries  []Entry
}

// Entry is one message of a batch.
type Entry struct {
	Id, MessageBody, MessageGroupId, MessageDeduplicationId *string
	DelaySeconds                                            *int32
	MessageAttributes                                       map[string]types.MessageAttributeValue
	MessageSystemAttributes                                 map[string]types.MessageSystemAttributeValue
}

func (h *handlers) sendMessage(ctx context.Context, in *SendMessageInput) (*sqs.SendMessageOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*sqs.SendMessageOutput, error) {
		q, err := queue(v, in.QueueUrl)
		if err != nil {
			return nil, err
		}
		sent, err := send(ctx, v, q, Entry{
			MessageBody: in.MessageBody, MessageAttributes: in.MessageAttributes, MessageGroupId: in.MessageGroupId, MessageDeduplicationId: in.MessageDeduplicationId,
			DelaySeconds: in.DelaySeconds, MessageSystemAttributes: in.MessageSystemAttributes,
		})
		return &sqs.SendMessageOutput{
			MessageId: sent.MessageId, MD5OfMessageBody: sent.MD5OfMessageBody, MD5OfMessageAttributes: sent.MD5OfMessageAttributes, SequenceNumber: sent.SequenceNumber,
			MD5OfMessageSystemAttributes: sent.MD5OfMessageSystemAttributes,
		}, err
	})
}

// traceHeader is the only system attribute that a sender may set. Source: API Reference, SendMessage.MessageSystemAttributes; the words are ours.
func traceHeader(given map[string]types.MessageSystemAttributeValue) (string, error) {
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if name != string(types.MessageSystemAttributeNameAWSTraceHeader) || api.Value(given[name].DataType) != "String" {
			return "", refused("InvalidParameterValue", "The message system attribute '%s' is invalid. Only AWSTraceHeader, a String, can be set.", name)
		}
	}
	return api.Value(given[string(types.MessageSystemAttributeNameAWSTraceHeader)].StringValue), nil
}

// send puts one message into a queue.
func send(ctx context.Context, v api.View, q cluster.Queue, e Entry) (out types.SendMessageBatchResultEntry, err error) {
	m, err := message(q, e.MessageBody, e.MessageAttributes, e.MessageGroupId, e.MessageDeduplicationId)
	if err != nil {
		return out, err
	}
	delay, err := delayed(q, e.DelaySeconds)
	if err != nil {
		return out, err
	}
	if m.Trace, err = traceHeader(e.MessageSystemAttributes); err != nil {
		return out, err
	}
	m.Lineage = api.LineageIn(v, cmp.Or(m.Trace, wire.CallFrom(ctx).Trace))
	ids, err := v.Act(cluster.SendMessage{Queue: q.ARN, Message: m, Delay: delay})
	if err != nil {
		return out, err
	}
	out = types.SendMessageBatchResultEntry{Id: e.Id, MessageId: &ids[0], MD5OfMessageBody: api.Some(sumOf(m.Body)), MD5OfMessageAttributes: sumOfAttributes(m.Attributes)}
	if m.Trace != "" {
		out.MD5OfMessageSystemAttributes = sumOfAttributes([]cluster.MessageAttribute{{Name: string(types.MessageSystemAttributeNameAWSTraceHeader), Type: "String", Value: m.Trace}})
	}
	if q.FIFO {
		out.SequenceNumber = api.Some(sequence(ids[1]))
	}
	return out, nil
}

// sequence writes a sequence number in the form of SQS's: 20 digits.
func sequence(n string) string { return "1" + strings.Repeat("0", 19-len(n)) + n }

func sumOf(text string) string {
	sum := md5.Sum([]byte(text)) //nolint:gosec // see the import
	return hex.EncodeToString(sum[:])
}

// sumOfAttributes is the MD5 sum of attributes by name. Source: SQS developer guide, message metadata: MD5 of attributes.
func sumOfAttributes(attributes []cluster.MessageAttribute) *string {
	if len(attributes) == 0 {
		return nil
	}
	sum := md5.New() //nolint:gosec // see the import
	for _, a := range attributes {
		part(sum, []byte(a.Name))
		part(sum, []byte(a.Type))
		if strings.HasPrefix(a.Type, "Binary") {
			sum.Write([]byte{2})
			part(sum, a.Binary)
			continue
		}
		sum.Write([]byte{1})
		part(sum, []byte(a.Value))
	}
	return api.Some(hex.EncodeToString(sum.Sum(nil)))
}

// part adds a length, as four bytes, and what has it.
func part(sum hash.Hash, b []byte) {
	_ = binary.Write(sum, binary.BigEndian, uint32(len(b))) // a hash takes everything
	sum.Write(b)
}

// batch makes the checks that SQS makes on every batch, whose entries are of a kind, and carries out each entry. What is refused of one entry is its failure.
func batch[E any](kind string, entries []E, id func(E) *string, each func(E) error) (failed []types.BatchResultErrorEntry, err error) {
	switch {
	case len(entries) == 0:
		return nil, refused("EmptyBatchRequest", "There should be at least one %s in the request.", kind)
	case len(entries) > 10:
		return nil, refused("TooManyEntriesInBatchRequest", "Maximum number of entries per request are 10. You have sent %d.", len(entries))
	}
	seen := map[string]bool{}
	for _, e := range entries {
		name := api.Value(id(e))
		switch {
		case !nameForm.MatchString(name):
			return nil, refused("InvalidBatchEntryId", "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.")
		case seen[name]:
			return nil, refused("BatchEntryIdsNotDistinct", "Id %s repeated.", name)
		}
		seen[name] = true
	}
	for _, e := range entries {
		var why *wire.Error
		switch err := each(e); {
		case errors.As(err, &why):
			failed = append(failed, types.BatchResultErrorEntry{Id: id(e), Code: &why.Code, Message: &why.Message, SenderFault: true})
		case err != nil:
			return nil, err
		}
	}
	return failed, nil
}

func (h *handlers) sendMessageBatch(ctx context.Context, in *SendMessageBatchInput) (*sqs.SendMessageBatchOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*sqs.SendMessageBatchOutput, error) {
		q, err := queue(v, in.QueueUrl)
		if err != nil {
			return nil, err
		}
		out := &sqs.SendMessageBatchOutput{Successful: []types.SendMessageBatchResultEntry{}}
		out.Failed, err = batch("SendMessageBatchRequestEntry", in.Entries, func(e Entry) *string { return e.Id }, func(e Entry) error {
			sent, err := send(ctx, v, q, e)
			if err == nil {
				out.Successful = append(out.Successful, sent)
			}
			return err
		})
		return out, err
	})
}

// ReceiveMessageInput is the request of ReceiveMessage. The SDK's own cannot tell a 0 that is given from nothing: with a visibility timeout of 0 messages are looked at and stay
// where they are, and with a wait of 0 there is none though the queue has one.
type ReceiveMessageInput struct {
	QueueUrl                                                *string
	AttributeNames                                          []types.QueueAttributeName
	MessageSystemAttributeNames                             []types.MessageSystemAttributeName
	MessageAttributeNames                                   []string
	MaxNumberOfMessages, VisibilityTimeout, WaitTimeSeconds *int32
	ReceiveRequestAttemptId                                 *string
}

func (in *ReceiveMessageInput) check() error {
	within := func(given *int32, least, most int32) bool { return given == nil || *given >= least && *given <= most }
	switch {
	case !within(in.MaxNumberOfMessages, 1, 10):
		return refused("InvalidParameterValue", "Value %d for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided.", *in.MaxNumberOfMessages)
	case !within(in.WaitTimeSeconds, 0, 20):
		return refused("InvalidParameterValue", "Value %d for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if provided.", *in.WaitTimeSeconds)
	case !within(in.VisibilityTimeout, 0, 43200):
		return invalidValue("VisibilityTimeout", strconv.Itoa(int(*in.VisibilityTimeout)))
	}
	return nil
}

// receiveMessage waits for a message, where it is told to, until there is one.
func (h *handlers) receiveMessage(ctx context.Context, in *ReceiveMessageInput) (*sqs.ReceiveMessageOutput, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	wait, err := h.waiting(ctx, in)
	if err != nil {
		return nil, err
	}
	out := &sqs.ReceiveMessageOutput{}
	err = h.worlds.Wait(ctx, wait, func(v api.View) (done bool, err error) {
		out.Messages, err = receive(v, in)
		return len(out.Messages) > 0, err
	})
	return out, err
}

// waiting is for how long a request waits at most: as long as it says, or as long as its queue says.
func (h *handlers) waiting(ctx context.Context, in *ReceiveMessageInput) (time.Duration, error) {
	if in.WaitTimeSeconds != nil {
		return time.Duration(*in.WaitTimeSeconds) * time.Second, nil
	}
	wait, err := api.Ask(ctx, h.worlds, func(v api.View) (*time.Duration, error) {
		q, err := queue(v, in.QueueUrl)
		seconds, _ := strconv.Atoi(q.Attributes[string(types.QueueAttributeNameReceiveMessageWaitTimeSeconds)]) // none is 0
		return api.Some(time.Duration(seconds) * time.Second), err
	})
	return api.Value(wait), err
}

// receive takes the messages that are there.
func receive(v api.View, in *ReceiveMessageInput) ([]types.Message, error) {
	q, err := queue(v, in.QueueUrl)
	if err != nil {
		return nil, err
	}
	if !v.World.Receivable(q.ARN, v.Now) {
		return nil, nil // nothing changes, so that nobody writes it down
	}
	action := cluster.ReceiveMessages{Queue: q.ARN, Most: 1}
	if in.MaxNumberOfMessages != nil {
		action.Most = int(*in.MaxNumberOfMessages)
	}
	if in.VisibilityTimeout != nil {
		hidden := time.Duration(*in.VisibilityTimeout) * time.Second
		action.Visibility = &hidden
	}
	receipts, err := v.Act(action)
	if err != nil {
		return nil, err
	}
	var all []types.Message
	for _, receipt := range receipts {
		m, ok := v.World.MessageAt(q.ARN, receipt)
		if !ok {
			return nil, fmt.Errorf("the world gave receipt %s and does not show its message", receipt)
		}
		all = append(all, received(q, m, in))
	}
	return all, nil
}

// received shows a message with the attributes that were asked for.
func received(q cluster.Queue, m cluster.Message, in *ReceiveMessageInput) types.Message {
	out := types.Message{MessageId: &m.ID, ReceiptHandle: &m.Receipt, Body: &m.Body, MD5OfBody: api.Some(sumOf(m.Body))}
	all := map[types.MessageSystemAttributeName]string{
		types.MessageSystemAttributeNameSenderId:                         "AIDAEMULATEDNOTREAL00",
		types.MessageSystemAttributeNameSentTimestamp:                    strconv.FormatInt(m.SentAt.UnixMilli(), 10),
		types.MessageSystemAttributeNameApproximateReceiveCount:          strconv.Itoa(m.Received),
		types.MessageSystemAttributeNameApproximateFirstReceiveTimestamp: strconv.FormatInt(m.FirstReceivedAt.UnixMilli(), 10),
	}
	if m.Trace != "" {
		all[types.MessageSystemAttributeNameAWSTraceHeader] = m.Trace
	}
	if m.Group != "" {
		all[types.MessageSystemAttributeNameMessageGroupId] = m.Group
	}
	if q.FIFO {
		all[types.MessageSystemAttributeNameMessageDeduplicationId] = m.Deduplication
		all[types.MessageSystemAttributeNameSequenceNumber] = sequence(strconv.Itoa(m.Sequence))
	}
	for name, value := range all {
		asked := slices.Concat(in.MessageSystemAttributeNames, systemNames(in.AttributeNames)) // clients still send the older member
		if slices.Contains(asked, name) || slices.Contains(asked, types.MessageSystemAttributeNameAll) {
			if out.Attributes == nil {
				out.Attributes = map[string]string{}
			}
			out.Attributes[string(name)] = value
		}
	}
	var shown []cluster.MessageAttribute
	for _, a := range m.Attributes {
		if slices.ContainsFunc(in.MessageAttributeNames, func(name string) bool { return namesAttribute(name, a.Name) }) {
			shown = append(shown, a)
		}
	}
	out.MD5OfMessageAttributes = sumOfAttributes(shown)
	for _, a := range shown {
		if out.MessageAttributes == nil {
			out.MessageAttributes = map[string]types.MessageAttributeValue{}
		}
		value := types.MessageAttributeValue{DataType: &a.Type, BinaryValue: a.Binary}
		if !strings.HasPrefix(a.Type, "Binary") {
			value.StringValue, value.BinaryValue = &a.Value, nil
		}
		out.MessageAttributes[a.Name] = value
	}
	return out
}

func systemNames(given []types.QueueAttributeName) []types.MessageSystemAttributeName {
	var all []types.MessageSystemAttributeName
	for _, name := range given {
		all = append(all, types.MessageSystemAttributeName(name))
	}
	return all
}

// namesAttribute tells whether what was asked for is an attribute: its name, a beginning with .*, or All. Source: API Reference, ReceiveMessage.
func namesAttribute(asked, name string) bool {
	beginning, open := strings.CutSuffix(asked, ".*")
	return asked == "All" || asked == name || open && strings.HasPrefix(name, beginning)
}

func (h *handlers) deleteMessage(ctx context.Context, in *sqs.DeleteMessageInput) (*sqs.DeleteMessageOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*sqs.DeleteMessageOutput, error) {
		q, err := queue(v, in.QueueUrl)
		if err != nil {
			return nil, err
		}
		return &sqs.DeleteMessageOutput{}, remove(v, q, in.ReceiptHandle)
	})
}

// remove deletes a message that was received.
func remove(v api.View, q cluster.Queue, receipt *string) error {
	if api.Value(receipt) == "" {
		return missingParameter("ReceiptHandle")
	}
	if err := checkReceipt(q, *receipt); err != nil {
		return err
	}
	_, err := v.Act(cluster.DeleteMessage{Queue: q.ARN, Receipt: *receipt})
	return err
}

// checkReceipt refuses what is no receipt handle of the queue.
func checkReceipt(q cluster.Queue, receipt string) error {
	if !cluster.IsReceipt(receipt, q.ARN) {
		return refused("ReceiptHandleIsInvalid", "The input receipt handle %q is not a valid receipt handle.", receipt)
	}
	return nil
}

func (h *handlers) deleteMessageBatch(ctx context.Context, in *sqs.DeleteMessageBatchInput) (*sqs.DeleteMessageBatchOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*sqs.DeleteMessageBatchOutput, error) {
		q, err := queue(v, in.QueueUrl)
		if err != nil {
			return nil, err
		}
		out := &sqs.DeleteMessageBatchOutput{Successful: []types.DeleteMessageBatchResultEntry{}}
		out.Failed, err = batch("DeleteMessageBatchRequestEntry", in.Entries, func(e types.DeleteMessageBatchRequestEntry) *string { return e.Id }, func(e types.DeleteMessageBatchRequestEntry) error {
			err := remove(v, q, e.ReceiptHandle)
			if err == nil {
				out.Successful = append(out.Successful, types.DeleteMessageBatchResultEntry{Id: e.Id})
			}
			return err
		})
		return out, err
	})
}

func (h *handlers) changeMessageVisibility(ctx context.Context, in *sqs.ChangeMessageVisibilityInput) (*sqs.ChangeMessageVisibilityOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*sqs.ChangeMessageVisibilityOutput, error) {
		q, err := queue(v, in.QueueUrl)
		if err != nil {
			return nil, err
		}
		return &sqs.ChangeMessageVisibilityOutput{}, hide(v, q, in.ReceiptHandle, in.VisibilityTimeout)
	})
}

// hide sets for how long a message is hidden.
func hide(v api.View, q cluster.Queue, receipt *string, seconds int32) error {
	switch {
	case api.Value(receipt) == "":
		return missingParameter("ReceiptHandle")
	case seconds < 0 || seconds > 43200:
		return refused("InvalidParameterValue", "Value %d for parameter VisibilityTimeout is invalid. Reason: VisibilityTimeout must be an integer between 0 and 43200.", seconds)
	}
	if err := checkReceipt(q, *receipt); err != nil {
		return err
	}
	_, err := v.Act(cluster.HideMessage{Queue: q.ARN, Receipt: *receipt, Visibility: time.Duration(seconds) * time.Second})
	return err
}

func (h *handlers) changeMessageVisibilityBatch(ctx context.Context, in *sqs.ChangeMessageVisibilityBatchInput) (*sqs.ChangeMessageVisibilityBatchOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*sqs.ChangeMessageVisibilityBatchOutput, error) {
		q, err := queue(v, in.QueueUrl)
		if err != nil {
			return nil, err
		}
		out := &sqs.ChangeMessageVisibilityBatchOutput{Successful: []types.ChangeMessageVisibilityBatchResultEntry{}}
		out.Failed, err = batch("ChangeMessageVisibilityBatchRequestEntry", in.Entries, func(e types.ChangeMessageVisibilityBatchRequestEntry) *string { return e.Id }, func(e types.ChangeMessageVisibilityBatchRequestEntry) error {
			err := hide(v, q, e.ReceiptHandle, e.VisibilityTimeout)
			if err == nil {
				out.Successful = append(out.Successful, types.ChangeMessageVisibilityBatchResultEntry{Id: e.Id})
			}
			return err
		})
		return out, err
	})
}
