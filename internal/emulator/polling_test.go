package emulator_test

import (
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"handover/internal/emulator"
)

// TestReceiveMessageWaitsInTheWorldsTime: ten times as fast as in life, twenty seconds take two, and a message ends them.
func TestReceiveMessageWaitsInTheWorldsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, ctx := newRig(t, emulator.Options{Clock: emulator.NewWall(morning, 10)}), t.Context()
		queue := must(r.sqs.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("q")})).QueueUrl
		receive := func(wait int32) (messages int, took time.Duration) {
			began := time.Now()
			out := must(r.sqs.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: queue, WaitTimeSeconds: wait}))
			return len(out.Messages), time.Since(began)
		}
		if n, took := receive(20); n != 0 || took != 2*time.Second {
			t.Errorf("nothing came: %d messages after %s", n, took)
		}
		time.AfterFunc(time.Second, func() {
			must(r.sqs.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: queue, MessageBody: aws.String("m")}))
		})
		if n, took := receive(20); n != 1 || took < time.Second || took > 1100*time.Millisecond {
			t.Errorf("one came after a second: %d messages after %s", n, took)
		}
		must(r.sqs.SetQueueAttributes(ctx, &sqs.SetQueueAttributesInput{QueueUrl: queue, Attributes: map[string]string{"ReceiveMessageWaitTimeSeconds": "10"}}))
		if n, took := receive(0); n != 0 || took != time.Second { // the SDK sends no 0
			t.Errorf("the queue says for how long: %d messages after %s", n, took)
		}
	})
}

// TestZeroIsSomethingElseThanNothing: a visibility timeout of 0 leaves messages where they are, and a delay of 0 stands instead of the queue's.
func TestZeroIsSomethingElseThanNothing(t *testing.T) {
	r, ctx := newRig(t, emulator.Options{}), t.Context()
	queue := *must(r.sqs.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("q"), Attributes: map[string]string{"DelaySeconds": "60"}})).QueueUrl
	for _, c := range []struct{ operation, body string }{
		{"SendMessage", `{"QueueUrl":"` + queue + `","MessageBody":"at once","DelaySeconds":0}`},
		{"ReceiveMessage", `{"QueueUrl":"` + queue + `","VisibilityTimeout":0}`},
	} {
		request := httptest.NewRequest("POST", "/", strings.NewReader(c.body))
		request.Header.Set("Content-Type", "application/x-amz-json-1.0")
		request.Header.Set("X-Amz-Target", "AmazonSQS."+c.operation)
		request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261121/eu-west-1/sqs/aws4_request, SignedHeaders=host, Signature=00")
		answer := httptest.NewRecorder()
		r.server.ServeHTTP(answer, request)
		if answer.Code != 200 || c.operation == "ReceiveMessage" && !strings.Contains(answer.Body.String(), "at once") {
			t.Errorf("%s: %d %s", c.operation, answer.Code, answer.Body)
		}
	}
	out := must(r.sqs.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: &queue}))
	if len(out.Messages) != 1 {
		t.Errorf("after a look there are %d messages", len(out.Messages))
	}
}
