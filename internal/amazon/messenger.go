package amazon

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"handover/internal/cluster"
)

// Messenger hands work on to a later invocation of a Lambda function. It may be used by several goroutines.
type Messenger struct {
	machines *sfn.Client
	topics   *sns.Client
	queues   *sqs.Client
	urls     *kept[string] // by queue ARN
}

// NewMessenger makes a messenger of an account. It is no method of it, so that the programs that send nothing are without the clients for it: with html/template in a
// program the linker keeps every exported method.
func NewMessenger(a *Account) *Messenger {
	o, retryer := a.options, reads()
	return &Messenger{
		machines: sfn.NewFromConfig(a.config, func(s *sfn.Options) {
			s.HTTPClient, s.Retryer, s.BaseEndpoint = a.client, retryer, o.endpoint(s.BaseEndpoint)
		}),
		topics: sns.NewFromConfig(a.config, func(s *sns.Options) {
			s.HTTPClient, s.Retryer, s.BaseEndpoint = a.client, retryer, o.endpoint(s.BaseEndpoint)
		}),
		queues: sqs.NewFromConfig(a.config, func(s *sqs.Options) {
			s.HTTPClient, s.Retryer, s.BaseEndpoint = a.client, retryer, o.endpoint(s.BaseEndpoint)
		}),
		urls: newKept[string](),
	}
}

// StartExecution starts an execution of a state machine. One of that name that exists already is the same work, and no error.
func (m *Messenger) StartExecution(ctx context.Context, machine, name, input string) error {
	_, err := m.machines.StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: aws.String(machine), Name: aws.String(name), Input: aws.String(input)})
	var exists *sfntypes.ExecutionAlreadyExists
	if err != nil && !errors.As(err, &exists) {
		return fmt.Errorf("starting an execution of %s: %w", machine, classify(err))
	}
	return nil
}

// Publish publishes a message to a topic.
func (m *Messenger) Publish(ctx context.Context, topic, message string) error {
	if _, err := m.topics.Publish(ctx, &sns.PublishInput{TopicArn: aws.String(topic), Message: aws.String(message)}); err != nil {
		return fmt.Errorf("publishing to %s: %w", topic, classify(err))
	}
	return nil
}

// Hide lets a message that was received not be received again for so long: at most 12 hours after it was received. Source: SQS API Reference,
// ChangeMessageVisibility.
func (m *Messenger) Hide(ctx context.Context, queue, receipt string, d time.Duration) error {
	url, err := m.url(ctx, queue)
	if err != nil {
		return err
	}
	_, err = m.queues.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{QueueUrl: aws.String(url), ReceiptHandle: aws.String(receipt),
		VisibilityTimeout: int32(d / time.Second)})
	if err != nil {
		return fmt.Errorf("changing the visibility of a message of %s: %w", queue, classify(err))
	}
	return nil
}

// url asks for a queue's address: it depends on the partition, and on how old the queue is.
func (m *Messenger) url(ctx context.Context, queue string) (string, error) {
	if url, ok := m.urls.get(queue); ok {
		return url, nil
	}
	arn, err := cluster.ParseARN(queue)
	if err != nil {
		return "", err
	}
	answer, err := m.queues.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: aws.String(arn.Resource), QueueOwnerAWSAccountId: aws.String(arn.Account)})
	if err != nil {
		return "", fmt.Errorf("looking up the queue %s: %w", queue, classify(err))
	}
	m.urls.put(queue, aws.ToString(answer.QueueUrl))
	return aws.ToString(answer.QueueUrl), nil
}
