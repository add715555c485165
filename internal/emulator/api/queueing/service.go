// Package queueing is the API of Amazon SQS as far as messages are sent, received and deleted: queues, their attributes and tags, messages one by one and in
// batches, dead letter queues, FIFO queues. Only the JSON protocol is there; SDKs of 2023 and later speak it.
//
// ReceiveMessage answers at once, however long it is to wait: a handler has no time.
package queueing

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go"

	"handover/internal/emulator/api"
	"handover/internal/emulator/wire"
)

// handlers are SQS's operations on the worlds of a server.
type handlers struct{ worlds api.Worlds }

// New makes the service.
func New(worlds api.Worlds) *api.Service {
	s := api.NewService("Amazon SQS", wire.Description{
		Name: "sqs", Version: "2012-11-05", Protocol: wire.AWSJSON10, Target: "AmazonSQS", Shapes: "com.amazonaws.sqs",
		Names:       map[string]string{"CreateQueueInput.Tags": "tags", "ListDeadLetterSourceQueuesOutput.QueueUrls": "queueUrls"},
		ServerFault: wire.ServerFault[smithy.ErrorFault],
		QueryCodes: map[string]string{
			"QueueDoesNotExist": "AWS.SimpleQueueService.NonExistentQueue", "QueueNameExists": "QueueAlreadyExists",
			"MessageNotInflight": "AWS.SimpleQueueService.MessageNotInflight", "EmptyBatchRequest": "AWS.SimpleQueueService.EmptyBatchRequest",
			"TooManyEntriesInBatchRequest": "AWS.SimpleQueueService.TooManyEntriesInBatchRequest", "BatchEntryIdsNotDistinct": "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
			"InvalidBatchEntryId": "AWS.SimpleQueueService.InvalidBatchEntryId", "UnsupportedOperation": "AWS.SimpleQueueService.UnsupportedOperation",
			"PurgeQueueInProgress": "AWS.SimpleQueueService.PurgeQueueInProgress",
		},
	})
	h := &handlers{worlds: worlds}
	api.Offer(s, h.createQueue)
	api.Offer(s, h.getQueueURL)
	api.Offer(s, h.listQueues)
	api.Offer(s, h.deleteQueue)
	api.Offer(s, h.purgeQueue)
	api.Offer(s, h.getQueueAttributes)
	api.Offer(s, h.setQueueAttributes)
	api.Offer(s, h.listDeadLetterSourceQueues)
	api.Offer(s, h.tagQueue)
	api.Offer(s, h.untagQueue)
	api.Offer(s, h.listQueueTags)
	api.Offer(s, h.sendMessage)
	api.Offer(s, h.sendMessageBatch)
	api.Offer(s, h.receiveMessage)
	api.Offer(s, h.deleteMessage)
	api.Offer(s, h.deleteMessageBatch)
	api.Offer(s, h.changeMessageVisibility)
	api.Offer(s, h.changeMessageVisibilityBatch)
	api.Offer(s, h.addPermission)
	api.Offer(s, h.removePermission)
	lack(s)
	return s
}

// lack registers what AWS has and this package does not.
func lack(s *api.Service) {
	api.Lack[sqs.CancelMessageMoveTaskInput](s)
	api.Lack[sqs.ListMessageMoveTasksInput](s)
	api.Lack[sqs.StartMessageMoveTaskInput](s)
}

// refused is an error with a code of SQS.
func refused(code, format string, args ...any) error {
	return &wire.Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

func missingParameter(name string) error {
	return refused("MissingParameter", "The request must contain the parameter %s.", name)
}

func invalidValue(name, value string) error {
	return refused("InvalidParameterValue", "Value %s for parameter %s is invalid.", value, name)
}
