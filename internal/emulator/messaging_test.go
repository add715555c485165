package emulator_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"handover/internal/emulator"
)

// queue makes a queue and gives its address and its ARN.
func (r *rig) queue(name string, attributes map[string]string) (url, arn string) {
	r.t.Helper()
	url = *must(r.sqs.CreateQueue(r.t.Context(), &sqs.CreateQueueInput{QueueName: &name, Attributes: attributes})).QueueUrl
	all := must(r.sqs.GetQueueAttributes(r.t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: []sqstypes.QueueAttributeName{"QueueArn"}})).Attributes
	return url, all["QueueArn"]
}

func (r *rig) receive(url string) []sqstypes.Message {
	r.t.Helper()
	return must(r.sqs.ReceiveMessage(r.t.Context(), &sqs.ReceiveMessageInput{
		QueueUrl: &url, MaxNumberOfMessages: 10, MessageAttributeNames: []string{"All"}, MessageSystemAttributeNames: []sqstypes.MessageSystemAttributeName{"All"},
	})).Messages
}

// TestAPublishedMessageReachesTheQueue: SNS to SQS, in an envelope, raw, and through a filter. The SDK compares SQS's sums.
func TestAPublishedMessageReachesTheQueue(t *testing.T) {
	r := newRig(t, emulator.Options{})
	topic := must(r.sns.CreateTopic(t.Context(), &sns.CreateTopicInput{Name: aws.String("events"), Tags: []snstypes.Tag{{Key: aws.String("a"), Value: aws.String("b")}}})).TopicArn
	urls := map[string]string{}
	for name, attributes := range map[string]map[string]string{
		"sealed": nil, "raw": {"RawMessageDelivery": "true"}, "filtered": {"FilterPolicy": `{"kind":["stop",{"prefix":"dr"}],"n":[{"numeric":[">",5]}]}`},
	} {
		url, arn := r.queue(name, nil)
		urls[name] = url
		must(r.sns.Subscribe(t.Context(), &sns.SubscribeInput{TopicArn: topic, Protocol: aws.String("sqs"), Endpoint: &arn, Attributes: attributes}))
	}
	for _, n := range []string{"1", "7"} {
		must(r.sns.Publish(t.Context(), &sns.PublishInput{TopicArn: topic, Message: aws.String("message " + n), Subject: aws.String("of " + n), MessageAttributes: map[string]snstypes.MessageAttributeValue{
			"kind": {DataType: aws.String("String"), StringValue: aws.String("drain")}, "n": {DataType: aws.String("Number"), StringValue: &n},
		}}))
	}
	if got := r.receive(urls["raw"]); len(got) != 2 || *got[1].Body != "message 7" || *got[1].MessageAttributes["kind"].StringValue != "drain" {
		t.Errorf("raw: %+v", got)
	}
	var sealed struct{ Type, TopicArn, Subject, Message, Timestamp string }
	if got := r.receive(urls["sealed"]); len(got) != 2 || json.Unmarshal([]byte(*got[0].Body), &sealed) != nil || sealed.Type != "Notification" || sealed.TopicArn != *topic ||
		sealed.Subject != "of 1" || sealed.Message != "message 1" || sealed.Timestamp != "2026-11-21T09:00:00.000Z" {
		t.Errorf("sealed: %+v", sealed)
	}
	if got := r.receive(urls["filtered"]); len(got) != 1 || got[0].Attributes["ApproximateReceiveCount"] != "1" {
		t.Errorf("filtered: %d messages, want that with n above 5", len(got))
	}
}

func TestAMessageComesAgainUntilItIsDeleted(t *testing.T) {
	r := newRig(t, emulator.Options{})
	letters, arn := r.queue("letters", nil)
	url, _ := r.queue("work", map[string]string{"VisibilityTimeout": "60", "RedrivePolicy": `{"deadLetterTargetArn":"` + arn + `","maxReceiveCount":2}`})
	must(r.sqs.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &url, MessageBody: aws.String("one")}))
	first := r.receive(url)
	if len(first) != 1 || len(r.receive(url)) != 0 {
		t.Fatalf("a message that was received is not hidden: %+v", first)
	}
	r.pass(time.Minute)
	again := r.receive(url)
	if len(again) != 1 || *again[0].MessageId != *first[0].MessageId || *again[0].ReceiptHandle == *first[0].ReceiptHandle {
		t.Fatalf("after its visibility it comes as %+v", again)
	}
	must(r.sqs.ChangeMessageVisibility(t.Context(), &sqs.ChangeMessageVisibilityInput{QueueUrl: &url, ReceiptHandle: again[0].ReceiptHandle}))
	if len(r.receive(url)) != 0 {
		t.Error("a message comes a third time, and twice is the most")
	}
	dead := r.receive(letters)
	if len(dead) != 1 || *dead[0].Body != "one" {
		t.Fatalf("the dead letter queue has %+v", dead)
	}
	must(r.sqs.DeleteMessage(t.Context(), &sqs.DeleteMessageInput{QueueUrl: &letters, ReceiptHandle: dead[0].ReceiptHandle}))
	r.pass(time.Hour)
	if len(r.receive(letters)) != 0 {
		t.Error("a message that was deleted comes again")
	}
	_, err := r.sqs.DeleteMessage(t.Context(), &sqs.DeleteMessageInput{QueueUrl: &url, ReceiptHandle: aws.String("x")})
	if got := code(err); got != `ReceiptHandleIsInvalid: The input receipt handle "x" is not a valid receipt handle.` {
		t.Errorf("got %q", got)
	}
}

func TestFIFOQueue(t *testing.T) {
	r := newRig(t, emulator.Options{})
	url, _ := r.queue("q.fifo", map[string]string{"FifoQueue": "true", "ContentBasedDeduplication": "true"})
	for _, c := range [][2]string{{"a", "1"}, {"a", "2"}, {"b", "3"}, {"a", "1"}} {
		must(r.sqs.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &url, MessageBody: &c[1], MessageGroupId: &c[0]}))
	}
	var bodies []string
	for _, m := range must(r.sqs.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &url, MaxNumberOfMessages: 1})).Messages {
		bodies = append(bodies, *m.Body)
	}
	for _, m := range r.receive(url) {
		bodies = append(bodies, *m.Body)
	}
	if !slices.Equal(bodies, []string{"1", "3"}) {
		t.Errorf("received %v, want the first of group a, then group b alone: a waits for its first", bodies)
	}
}

func TestMessagingErrors(t *testing.T) {
	r := newRig(t, emulator.Options{})
	ctx := t.Context()
	topic := must(r.sns.CreateTopic(ctx, &sns.CreateTopicInput{Name: aws.String("events")})).TopicArn
	subscribe := func(protocol, endpoint string) error {
		_, err := r.sns.Subscribe(ctx, &sns.SubscribeInput{TopicArn: topic, Protocol: &protocol, Endpoint: &endpoint})
		return err
	}
	_, noTopic := r.sns.Publish(ctx, &sns.PublishInput{TopicArn: aws.String(*topic + "x"), Message: aws.String("m")})
	_, noARN := r.sns.GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: aws.String("events")})
	_, badName := r.sns.CreateTopic(ctx, &sns.CreateTopicInput{Name: aws.String("a b")})
	_, noQueue := r.sqs.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: aws.String("none")})
	_, badAttribute := r.sqs.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("q"), Attributes: map[string]string{"Colour": "red"}})
	for _, c := range []struct {
		name string
		err  error
		want string
	}{
		{"no topic", noTopic, "NotFound: Topic does not exist"},
		{"no ARN", noARN, "InvalidParameter: Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 1"},
		{"name", badName, "InvalidParameter: Invalid parameter: Topic Name"},
		{"protocol", subscribe("pigeon", "x"), "InvalidParameter: Invalid parameter: Amazon SNS does not support this protocol string: pigeon"},
		{"endpoint", subscribe("sqs", "x"), "InvalidParameter: Invalid parameter: SQS endpoint ARN"},
		{"no queue", noQueue, "AWS.SimpleQueueService.NonExistentQueue: The specified queue does not exist."},
		{"attribute", badAttribute, "InvalidAttributeName: Unknown Attribute Colour."},
	} {
		if got := code(c.err); got != c.want {
			t.Errorf("%s:\n got %q\nwant %q", c.name, got, c.want)
		}
	}
	url, _ := r.queue("q", nil)
	batch := must(r.sqs.SendMessageBatch(ctx, &sqs.SendMessageBatchInput{QueueUrl: &url, Entries: []sqstypes.SendMessageBatchRequestEntry{
		{Id: aws.String("good"), MessageBody: aws.String("m")}, {Id: aws.String("bad"), MessageBody: aws.String("")},
	}}))
	if len(batch.Successful) != 1 || len(batch.Failed) != 1 || *batch.Failed[0].Id != "bad" {
		t.Errorf("the batch ended as %+v", batch)
	}
}

// TestWhatSNSRefuses in the words of tests that others have run against AWS.
func TestWhatSNSRefuses(t *testing.T) {
	ctx, r := t.Context(), newRig(t, emulator.Options{})
	topic := must(r.sns.CreateTopic(ctx, &sns.CreateTopicInput{Name: aws.String("events")})).TopicArn
	fifo := must(r.sns.CreateTopic(ctx, &sns.CreateTopicInput{Name: aws.String("events.fifo"), Attributes: map[string]string{"FifoTopic": "true"}})).TopicArn
	subscribe := func(protocol, endpoint, policy string) error {
		_, err := r.sns.Subscribe(ctx, &sns.SubscribeInput{TopicArn: topic, Protocol: &protocol, Endpoint: &endpoint, Attributes: map[string]string{"FilterPolicy": policy}})
		return err
	}
	filter := func(policy string) error { return subscribe("sms", "+15551234567", policy) }
	batch := func(to *string, entries ...snstypes.PublishBatchRequestEntry) error {
		_, err := r.sns.PublishBatch(ctx, &sns.PublishBatchInput{TopicArn: to, PublishBatchRequestEntries: entries})
		return err
	}
	attribute := func(name, kind, text string, binary []byte) error {
		value := snstypes.MessageAttributeValue{DataType: &kind, BinaryValue: binary}
		if text != "" {
			value.StringValue = &text
		}
		_, err := r.sns.Publish(ctx, &sns.PublishInput{TopicArn: topic, Message: aws.String("m"), MessageAttributes: map[string]snstypes.MessageAttributeValue{name: value}})
		return err
	}
	structured := func(message string) error {
		_, err := r.sns.Publish(ctx, &sns.PublishInput{TopicArn: topic, Message: &message, MessageStructure: aws.String("json")})
		return err
	}
	_, unconfirmed := r.sns.ConfirmSubscription(ctx, &sns.ConfirmSubscriptionInput{TopicArn: topic, Token: aws.String("no token")})
	m, id := aws.String("m"), aws.String("1")
	for _, c := range []struct {
		err  error
		want string
	}{
		{subscribe("sms", "+15/55-123.4568", "{}"), ""}, {subscribe("sms", "+15--551234567", "{}"), "InvalidParameter: Invalid SMS endpoint: +15--551234567"},
		{subscribe("sms", "+15551234567.", "{}"), "InvalidParameter: Invalid SMS endpoint: +15551234567."}, {subscribe("sms", "NAA+15551234567", "{}"), "InvalidParameter: Invalid SMS endpoint: NAA+15551234567"},
		{filter("{invalid"), "InvalidParameter: Invalid parameter: Attributes Reason: FilterPolicy: failed to parse JSON."},
		{filter(`{"a":"b"}`), `InvalidParameter: Invalid parameter: Attributes Reason: FilterPolicy: "a" must be an object or an array`},
		{filter(`{"a":["x"],"b":["x"],"c":["x"],"d":["x"],"e":["x"],"f":["x"]}`), "InvalidParameter: Invalid parameter: Attributes Reason: FilterPolicy: Filter policy can not have more than 5 keys"},
		{filter(`{"a":[` + strings.Repeat("1,", 150) + `1]}`), "InvalidParameter: Invalid parameter: Attributes Reason: FilterPolicy: Filter policy is too complex"},
		{filter(`{"a":["x"],"$or":[{"b":["y"]},{"c":["z"]}]}`), ""},
		{filter(`{"a":{"b":["x"]}}`), "InvalidParameter: Invalid parameter: Filter policy scope MessageAttributes does not support nested filter policy"},
		{batch(fifo, snstypes.PublishBatchRequestEntry{Id: id, Message: m}), "InvalidParameter: Invalid parameter: The MessageGroupId parameter is required for FIFO topics"},
		{batch(topic, snstypes.PublishBatchRequestEntry{Id: aws.String("a.b"), Message: m}), "InvalidBatchEntryId: The Id of a batch entry in the batch request contains an impermissible character: a.b"},
		{batch(topic, snstypes.PublishBatchRequestEntry{Id: id, Message: aws.String(strings.Repeat("m", 200<<10))}, snstypes.PublishBatchRequestEntry{Id: aws.String("2"), Message: aws.String(strings.Repeat("m", 200<<10))}),
			"BatchRequestTooLong: The length of all the messages put together is more than the limit."},
		{attribute("a^", "String", "v", nil), "ParameterValueInvalid: Invalid non-alphanumeric character '#x5E' was found in the message attribute name. Can only include alphanumeric characters, hyphens, underscores, or dots."},
		{attribute(".a", "String", "v", nil), "ParameterValueInvalid: Invalid message attribute name starting with character '.' was found."},
		{attribute("a", "String", "", []byte("v")), "ParameterValueInvalid: The message attribute 'a' with type 'String' must use field 'String'."},
		{attribute("a", "Binary", "v", nil), "ParameterValueInvalid: The message attribute 'a' with type 'Binary' must use field 'Binary'."},
		{structured(`{"sqs":"m"}`), "InvalidParameter: Invalid parameter: Message Structure - No default entry in JSON message body"},
		{structured(`{"default":{"m":1}}`), "InvalidParameter: Invalid parameter: Message Structure - No default entry in JSON message body"},
		{unconfirmed, "InvalidParameter: Invalid token"},
	} {
		if got := code(c.err); got != c.want {
			t.Errorf("\n got %q\nwant %q", got, c.want)
		}
	}
}

func TestTopicsAndSubscriptionsAreListed(t *testing.T) {
	r := newRig(t, emulator.Options{})
	ctx := t.Context()
	var last *string
	for i := range 101 {
		last = must(r.sns.CreateTopic(ctx, &sns.CreateTopicInput{Name: aws.String("t" + string(rune('a'+i/26)) + string(rune('a'+i%26)))})).TopicArn
	}
	topics := 0
	for pages := sns.NewListTopicsPaginator(r.sns, &sns.ListTopicsInput{}); pages.HasMorePages(); {
		topics += len(must(pages.NextPage(ctx)).Topics)
	}
	must(r.sns.Subscribe(ctx, &sns.SubscribeInput{TopicArn: last, Protocol: aws.String("email"), Endpoint: aws.String("a@b.example")}))
	subscriptions := 0
	for pages := sns.NewListSubscriptionsByTopicPaginator(r.sns, &sns.ListSubscriptionsByTopicInput{TopicArn: last}); pages.HasMorePages(); {
		for _, s := range must(pages.NextPage(ctx)).Subscriptions {
			subscriptions++
			if *s.SubscriptionArn != "PendingConfirmation" {
				t.Errorf("an address that nobody confirmed is subscribed as %s", *s.SubscriptionArn)
			}
		}
	}
	attributes := must(r.sns.GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: last})).Attributes
	if topics != 101 || subscriptions != 1 || attributes["SubscriptionsPending"] != "1" || attributes["Owner"] != "123456789012" {
		t.Errorf("%d topics, %d subscriptions, attributes %v", topics, subscriptions, attributes)
	}
}

// TestAQueuesPolicyIsMadeOfItsPermissions: each has a label of its own; the last one takes the policy away.
func TestAQueuesPolicyIsMadeOfItsPermissions(t *testing.T) {
	ctx, r := t.Context(), newRig(t, emulator.Options{})
	url := must(r.sqs.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("jobs")})).QueueUrl
	grant := func(label string, actions ...string) error {
		_, err := r.sqs.AddPermission(ctx, &sqs.AddPermissionInput{QueueUrl: url, Label: &label, AWSAccountIds: []string{"111111111111"}, Actions: actions})
		return err
	}
	policy := func() string {
		return must(r.sqs.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: url, AttributeNames: []sqstypes.QueueAttributeName{"Policy"}})).Attributes["Policy"]
	}
	if err := grant("send", "SendMessage"); err != nil {
		t.Fatal(err)
	}
	arn := "arn:aws:sqs:eu-west-1:123456789012:jobs"
	want := `{"Version":"2012-10-17","Id":"` + arn + `/SQSDefaultPolicy","Statement":[{"Sid":"send","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:root"},"Action":"SQS:SendMessage","Resource":"` + arn + `"}]}`
	if got := policy(); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	wantCode(t, grant("send", "ReceiveMessage"), "InvalidParameterValue")
	wantCode(t, grant("more", "AddPermission"), "InvalidParameterValue")
	wantCode(t, grant("more", "ChangeMessageVisibility", "DeleteMessage", "GetQueueAttributes", "GetQueueUrl", "ListDeadLetterSourceQueues", "PurgeQueue", "ReceiveMessage", "SendMessage"), "OverLimit")
	must(r.sqs.RemovePermission(ctx, &sqs.RemovePermissionInput{QueueUrl: url, Label: aws.String("send")}))
	if got := policy(); got != "" {
		t.Error(got)
	}
}

// TestAMessageCarriesItsTraceHeader: a system attribute that its receiver may ask for, with a sum of its own.
func TestAMessageCarriesItsTraceHeader(t *testing.T) {
	ctx, r := t.Context(), newRig(t, emulator.Options{})
	url := must(r.sqs.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("jobs")})).QueueUrl
	header := "Root=1-5e3d83c1-e6a0db584850d61342823d4c;Parent=53995c3f42cd8ad8;Sampled=1"
	sent := must(r.sqs.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("work"),
		MessageSystemAttributes: map[string]sqstypes.MessageSystemAttributeValue{"AWSTraceHeader": {DataType: aws.String("String"), StringValue: &header}}}))
	if sent.MD5OfMessageSystemAttributes == nil {
		t.Error("no sum of the system attributes")
	}
	got := must(r.sqs.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: url, MessageSystemAttributeNames: []sqstypes.MessageSystemAttributeName{"AWSTraceHeader"}})).Messages[0]
	if got.Attributes["AWSTraceHeader"] != header {
		t.Errorf("%v", got.Attributes)
	}
}

// TestATopicsPolicyIsMadeOfItsPermissions: they stand beside the usual statement; one of a label that is there is refused, and one that is not there is removed without an error.
func TestATopicsPolicyIsMadeOfItsPermissions(t *testing.T) {
	ctx, r := t.Context(), newRig(t, emulator.Options{})
	arn := must(r.sns.CreateTopic(ctx, &sns.CreateTopicInput{Name: aws.String("t")})).TopicArn
	policy := func() string {
		return must(r.sns.GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: arn})).Attributes["Policy"]
	}
	before := policy()
	add := &sns.AddPermissionInput{TopicArn: arn, Label: aws.String("them"), AWSAccountId: []string{"999999999999"}, ActionName: []string{"Publish"}}
	must(r.sns.AddPermission(ctx, add))
	want := `{"Sid":"them","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::999999999999:root"},"Action":"SNS:Publish","Resource":"` + *arn + `"}`
	if !strings.Contains(policy(), want) || !strings.Contains(policy(), "__default_statement_ID") {
		t.Errorf("the policy is %s", policy())
	}
	_, err := r.sns.AddPermission(ctx, add)
	wantCode(t, err, "InvalidParameter")
	for _, label := range []string{"them", "nobody"} {
		must(r.sns.RemovePermission(ctx, &sns.RemovePermissionInput{TopicArn: arn, Label: &label}))
	}
	if strings.Contains(policy(), "them") || len(policy()) != len(before) {
		t.Errorf("the policy is %s, and was %s", policy(), before)
	}
}

// TestWhatATopicTakes: no queue in order behind a topic without; a topic that is not there before an endpoint that is none; and a scope that goes with its policy.
func TestWhatATopicTakes(t *testing.T) {
	ctx, r := t.Context(), newRig(t, emulator.Options{})
	arn := must(r.sns.CreateTopic(ctx, &sns.CreateTopicInput{Name: aws.String("t")})).TopicArn
	for _, c := range []struct{ topic, endpoint, want string }{
		{*arn, "arn:aws:sqs:eu-west-1:123456789012:q.fifo", "InvalidParameter: Invalid parameter: Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics"},
		{*arn + "s", "nothing", "NotFound: Topic does not exist"},
	} {
		_, err := r.sns.Subscribe(ctx, &sns.SubscribeInput{TopicArn: &c.topic, Protocol: aws.String("sqs"), Endpoint: &c.endpoint})
		if got := code(err); got != c.want {
			t.Errorf("%s to %s: %s", c.endpoint, c.topic, got)
		}
	}
	one := must(r.sns.Subscribe(ctx, &sns.SubscribeInput{TopicArn: arn, Protocol: aws.String("http"), Endpoint: aws.String("http://127.0.0.1/")})).SubscriptionArn
	for _, set := range [][3]string{{"FilterPolicyScope", "MessageBody", "MessageBody"}, {"FilterPolicy", `{"a":["b"]}`, "MessageBody"}, {"FilterPolicy", "", ""}} {
		must(r.sns.SetSubscriptionAttributes(ctx, &sns.SetSubscriptionAttributesInput{SubscriptionArn: one, AttributeName: &set[0], AttributeValue: &set[1]}))
		all := must(r.sns.GetSubscriptionAttributes(ctx, &sns.GetSubscriptionAttributesInput{SubscriptionArn: one})).Attributes
		if all["FilterPolicyScope"] != set[2] || !strings.Contains(all["EffectiveDeliveryPolicy"], "healthyRetryPolicy") {
			t.Errorf("after %s=%s: %v", set[0], set[1], all)
		}
	}
}
