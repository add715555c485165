package notifying

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
	"handover/internal/emulator/wire"
)

// pendingConfirmation stands in the place of the ARN of a subscription that nobody has confirmed.
const pendingConfirmation = "PendingConfirmation"

var phone = regexp.MustCompile(`^\+?[0-9.() -]{5,20}$`)

// checkEndpoint refuses what no endpoint of the protocol can be. The words are those of public reports.
func checkEndpoint(protocol, endpoint string) error {
	arn := map[string]string{"sqs": "SQS endpoint ARN", "lambda": "Lambda endpoint ARN", "firehose": "Firehose endpoint ARN", "application": "Application endpoint arn"}
	if !slices.Contains([]string{"http", "https", "email", "email-json", "sms"}, protocol) && arn[protocol] == "" {
		return invalid("Amazon SNS does not support this protocol string: %s", protocol)
	}
	switch {
	case arn[protocol] != "" && !cluster.IsARN(endpoint):
		return invalid("%s", arn[protocol])
	case protocol == "sms" && !phone.MatchString(endpoint):
		return invalid("Invalid SMS endpoint: %s", endpoint)
	case strings.HasPrefix(protocol, "email") && !strings.Contains(endpoint, "@"):
		return invalid("Email address")
	case strings.HasPrefix(protocol, "http") && !strings.HasPrefix(endpoint, protocol+"://"):
		return invalid("Endpoint must match the specified protocol")
	}
	return nil
}

func (h *handlers) subscribe(ctx context.Context, in *sns.SubscribeInput) (*sns.SubscribeOutput, error) {
	protocol, endpoint := api.Value(in.Protocol), api.Value(in.Endpoint)
	return api.Ask(ctx, h.worlds, func(v api.View) (*sns.SubscribeOutput, error) {
		of, err := topic(v, in.TopicArn)
		if err != nil {
			return nil, err
		}
		if err := checkEndpoint(protocol, endpoint); err != nil {
			return nil, err
		}
		// Source: SNS developer guide, fifo-topic-message-delivery; the words are those of runs against AWS that moto's tests record.
		if protocol == "sqs" && strings.HasSuffix(endpoint, ".fifo") && of.Attributes[fifoTopic] != "true" {
			return nil, invalid("Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics")
		}
		made, err := configured(cluster.Subscription{Topic: of.ARN, Protocol: protocol, Endpoint: endpoint, Pending: strings.HasPrefix(protocol, "email")}, in.Attributes)
		if err != nil {
			return nil, err
		}
		for _, s := range v.World.Subscriptions() {
			if s.Topic == of.ARN && s.Protocol == protocol && s.Endpoint == endpoint {
				if len(in.Attributes) > 0 && !maps.Equal(s.Attributes, made.Attributes) {
					return nil, invalid("Attributes Reason: Subscription already exists with different attributes")
				}
				return &sns.SubscribeOutput{SubscriptionArn: shownARN(s, in.ReturnSubscriptionArn)}, nil
			}
		}
		ids, err := v.Act(cluster.PutSubscription{Subscription: made})
		if err != nil {
			return nil, err
		}
		made.ARN = ids[0]
		return &sns.SubscribeOutput{SubscriptionArn: shownARN(made, in.ReturnSubscriptionArn)}, nil
	})
}

// httpDelivery is how often an endpoint is tried that sets nothing. Source: SNS developer guide, sns-message-delivery-retries; the form is that of public reports.
const httpDelivery = `{"healthyRetryPolicy":{"minDelayTarget":20,"maxDelayTarget":20,"numRetries":3,"numMaxDelayRetries":0,"numNoDelayRetries":0,"numMinDelayRetries":0,` +
	`"backoffFunction":"linear"},"sicklyRetryPolicy":null,"throttlePolicy":null,"requestPolicy":null,"guaranteed":false}`

// shownARN is the ARN of a subscription, or what is said in its place while it is pending. Source: API Reference, Subscribe.ReturnSubscriptionArn.
func shownARN(s cluster.Subscription, whole bool) *string {
	if s.Pending && !whole {
		return api.Some("pending confirmation")
	}
	return &s.ARN
}

// configured gives a subscription other attributes; those that are not given stay. Source: API Reference, SetSubscriptionAttributes.
func configured(s cluster.Subscription, given map[string]string) (cluster.Subscription, error) {
	known := []string{"RawMessageDelivery", "FilterPolicy", "FilterPolicyScope", "RedrivePolicy", "DeliveryPolicy", "SubscriptionRoleArn", "ReplayPolicy"}
	all := maps.Clone(s.Attributes)
	if all == nil {
		all = map[string]string{}
	}
	for _, key := range slices.Sorted(maps.Keys(given)) {
		if !slices.Contains(known, key) {
			return s, invalid("AttributeName")
		}
		all[key] = given[key]
	}
	if text, ok := all["RawMessageDelivery"]; ok && text != "true" && text != "false" {
		return s, invalid("Attributes Reason: RawMessageDelivery: Invalid value [%s]. Must be true or false.", text)
	}
	if scope := all["FilterPolicyScope"]; scope != "" && scope != "MessageAttributes" && scope != "MessageBody" {
		return s, invalid("FilterPolicyScope: Invalid value [%s]. Please use either MessageBody or MessageAttributes", scope)
	}
	s.Raw, s.FilterBody, s.Filter = all["RawMessageDelivery"] == "true", all["FilterPolicyScope"] == "MessageBody", nil
	if text := all["FilterPolicy"]; text != "" && text != "{}" {
		var policy map[string]any
		if err := json.Unmarshal([]byte(text), &policy); err != nil {
			return s, invalid("FilterPolicy: failed to parse JSON.")
		}
		s.Filter = json.RawMessage(text)
	} else {
		delete(all, "FilterPolicy") // an empty policy takes it away, and its scope
		if _, taken := given["FilterPolicy"]; taken {
			delete(all, "FilterPolicyScope")
		}
	}
	s.Attributes = all
	return s, nil
}

func (h *handlers) confirmSubscription(ctx context.Context, in *sns.ConfirmSubscriptionInput) (*sns.ConfirmSubscriptionOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*sns.ConfirmSubscriptionOutput, error) {
		if _, err := topic(v, in.TopicArn); err != nil {
			return nil, err
		}
		return nil, invalid("Token") // tokens are sent to endpoints, and nothing is sent to any that needs one
	})
}

// checkSubscriptionARN refuses what is not the ARN of a subscription. The words are those of public reports.
func checkSubscriptionARN(arn *string) error {
	parts := strings.Split(api.Value(arn), ":")
	switch {
	case len(parts) < 6:
		return invalid("SubscriptionArn Reason: An ARN must have at least 6 elements, not %d", len(parts))
	case len(parts) != 7 || parts[2] != "sns":
		return invalid("SubscriptionId")
	}
	return nil
}

func subscription(v api.View, arn *string) (cluster.Subscription, error) {
	if err := checkSubscriptionARN(arn); err != nil {
		return cluster.Subscription{}, err
	}
	found, ok := v.World.Subscription(*arn)
	if !ok {
		return cluster.Subscription{}, notFound("Subscription")
	}
	return found, nil
}

func (h *handlers) unsubscribe(ctx context.Context, in *sns.UnsubscribeInput) (*sns.UnsubscribeOutput, error) {
	if err := checkSubscriptionARN(in.SubscriptionArn); err != nil {
		return nil, err
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*sns.UnsubscribeOutput, error) {
		_, err := v.Act(cluster.DeleteSubscription{Subscription: *in.SubscriptionArn})
		return &sns.UnsubscribeOutput{}, err
	})
}

func shown(v api.View, s cluster.Subscription) types.Subscription {
	out := types.Subscription{SubscriptionArn: &s.ARN, TopicArn: &s.Topic, Protocol: &s.Protocol, Endpoint: &s.Endpoint, Owner: &v.Place.Account}
	if s.Pending {
		out.SubscriptionArn = api.Some(pendingConfirmation)
	}
	return out
}

func (h *handlers) listSubscriptions(ctx context.Context, in *sns.ListSubscriptionsInput) (*sns.ListSubscriptionsOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*sns.ListSubscriptionsOutput, error) {
		list, next, err := listed(v, v.World.Subscriptions(), in.NextToken)
		return &sns.ListSubscriptionsOutput{Subscriptions: list, NextToken: next}, err
	})
}

func (h *handlers) listSubscriptionsByTopic(ctx context.Context, in *sns.ListSubscriptionsByTopicInput) (*sns.ListSubscriptionsByTopicOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*sns.ListSubscriptionsByTopicOutput, error) {
		of, err := topic(v, in.TopicArn)
		if err != nil {
			return nil, err
		}
		wanted := slices.DeleteFunc(v.World.Subscriptions(), func(s cluster.Subscription) bool { return s.Topic != of.ARN })
		list, next, err := listed(v, wanted, in.NextToken)
		return &sns.ListSubscriptionsByTopicOutput{Subscriptions: list, NextToken: next}, err
	})
}

func listed(v api.View, all []cluster.Subscription, token *string) (list []types.Subscription, next *string, err error) {
	cut, next, err := paged(all, func(s cluster.Subscription) string { return s.ARN }, token)
	list = []types.Subscription{}
	for _, s := range cut {
		list = append(list, shown(v, s))
	}
	return list, next, err
}

func (h *handlers) getSubscriptionAttributes(ctx context.Context, in *sns.GetSubscriptionAttributesInput) (*sns.GetSubscriptionAttributesOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*sns.GetSubscriptionAttributesOutput, error) {
		s, err := subscription(v, in.SubscriptionArn)
		if err != nil {
			return nil, err
		}
		all := map[string]string{
			"SubscriptionArn": s.ARN, "TopicArn": s.Topic, "Protocol": s.Protocol, "Endpoint": s.Endpoint, "Owner": v.Place.Account, "RawMessageDelivery": "false",
			"ConfirmationWasAuthenticated": "true", "PendingConfirmation": "false", "SubscriptionPrincipal": v.Caller(),
		}
		if s.Pending {
			all["ConfirmationWasAuthenticated"], all["PendingConfirmation"] = "false", "true"
		}
		if len(s.Filter) > 0 {
			all["FilterPolicyScope"] = "MessageAttributes"
		}
		if strings.HasPrefix(s.Protocol, "http") && s.Attributes["DeliveryPolicy"] == "" {
			all["EffectiveDeliveryPolicy"] = httpDelivery
		}
		maps.Copy(all, s.Attributes)
		return &sns.GetSubscriptionAttributesOutput{Attributes: all}, nil
	})
}

func (h *handlers) setSubscriptionAttributes(ctx context.Context, in *sns.SetSubscriptionAttributesInput) (*sns.SetSubscriptionAttributesOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*sns.SetSubscriptionAttributesOutput, error) {
		s, err := subscription(v, in.SubscriptionArn)
		if err != nil {
			return nil, err
		}
		changed, err := configured(s, map[string]string{api.Value(in.AttributeName): api.Value(in.AttributeValue)})
		if err != nil {
			return nil, err
		}
		_, err = v.Act(cluster.PutSubscription{Subscription: changed})
		return &sns.SetSubscriptionAttributesOutput{}, err
	})
}

// largest is the size of what is published. Source: SNS quotas.
const largest = 256 << 10

// published is one message to a topic.
type published struct {
	message, structure, subject, group, deduplication *string
	attributes                                        map[string]types.MessageAttributeValue
}

// action makes the checks that SNS makes on a message. Source: API Reference, Publish; the words are those of public reports.
func (p published) action(of cluster.Topic) (a cluster.Publish, err error) {
	text := api.Value(p.message)
	switch {
	case text == "":
		return a, invalid("Empty message")
	case len(text) > largest:
		return a, invalid("Message too long")
	case p.subject != nil && (len(*p.subject) == 0 || len(*p.subject) > 100 || strings.ContainsAny(*p.subject, "\n\r")):
		return a, invalid("Subject")
	case of.Attributes[fifoTopic] != "true" && p.deduplication != nil:
		return a, invalid("MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this topic type")
	case of.Attributes[fifoTopic] == "true" && p.group == nil:
		return a, invalid("The MessageGroupId parameter is required for FIFO topics")
	case of.Attributes[fifoTopic] == "true" && p.deduplication == nil && of.Attributes[contentBased] != "true":
		return a, invalid("The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly")
	}
	a = cluster.Publish{Topic: of.ARN, Subject: api.Value(p.subject)}
	a.Message = cluster.Message{Body: text, Group: api.Value(p.group), Deduplication: api.Value(p.deduplication)}
	if of.Attributes[fifoTopic] == "true" && p.deduplication == nil {
		a.Message.Deduplication = contentID(text)
	}
	if api.Value(p.structure) == "json" {
		if json.Unmarshal([]byte(text), &a.ByProtocol) != nil {
			return a, invalid("Message Structure - JSON message body failed to parse")
		}
		common, ok := a.ByProtocol["default"]
		if !ok {
			return a, invalid("Message Structure - No default entry in JSON message body")
		}
		a.Message.Body = common
	}
	for _, name := range slices.Sorted(maps.Keys(p.attributes)) {
		given := p.attributes[name]
		kind, _, _ := strings.Cut(api.Value(given.DataType), ".")
		switch {
		case given.DataType == nil || *given.DataType == "":
			return a, &wire.Error{Code: "ParameterValueInvalid", Message: "The message attribute '" + name + "' must contain non-empty message attribute type."}
		case kind != "String" && kind != "Number" && kind != "Binary":
			return a, &wire.Error{Code: "ParameterValueInvalid", Message: "The message attribute '" + name + "' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String."}
		case given.StringValue == nil && given.BinaryValue == nil || given.StringValue != nil && *given.StringValue == "":
			return a, &wire.Error{Code: "ParameterValueInvalid", Message: "The message attribute '" + name + "' must contain non-empty message attribute value for message attribute type '" + *given.DataType + "'."}
		}
		a.Message.Attributes = append(a.Message.Attributes, cluster.MessageAttribute{Name: name, Type: *given.DataType, Value: api.Value(given.StringValue), Binary: given.BinaryValue})
	}
	return a, nil
}

func (h *handlers) publish(ctx context.Context, in *sns.PublishInput) (*sns.PublishOutput, error) {
	target := in.TopicArn
	if target == nil {
		target = in.TargetArn
	}
	if target == nil && in.PhoneNumber == nil {
		return nil, invalid("TopicArn or TargetArn Reason: no value for required parameter")
	}
	if target == nil {
		return nil, &wire.Error{Code: "InvalidParameter", Message: "The emulator does not offer text messages to phones.", Status: http.StatusBadRequest}
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*sns.PublishOutput, error) {
		of, err := topic(v, target)
		if err != nil {
			return nil, err
		}
		a, err := published{in.Message, in.MessageStructure, in.Subject, in.MessageGroupId, in.MessageDeduplicationId, in.MessageAttributes}.action(of)
		a.Message.Lineage = api.LineageIn(v, wire.CallFrom(ctx).Trace)
		if err != nil {
			return nil, err
		}
		ids, err := v.Act(a)
		if err != nil {
			return nil, err
		}
		out := &sns.PublishOutput{MessageId: &ids[0]}
		if of.Attributes[fifoTopic] == "true" {
			out.SequenceNumber = api.Some(sequence(ids[1]))
		}
		return out, nil
	})
}

func (h *handlers) publishBatch(ctx context.Context, in *sns.PublishBatchInput) (*sns.PublishBatchOutput, error) {
	switch {
	case len(in.PublishBatchRequestEntries) == 0:
		return nil, &wire.Error{Code: "EmptyBatchRequest", Message: "The batch request doesn't contain any entries."}
	case len(in.PublishBatchRequestEntries) > 10:
		return nil, &wire.Error{Code: "TooManyEntriesInBatchRequest", Message: "The batch request contains more entries than permissible."}
	}
	seen := map[string]bool{}
	for _, e := range in.PublishBatchRequestEntries {
		if seen[api.Value(e.Id)] {
			return nil, &wire.Error{Code: "BatchEntryIdsNotDistinct", Message: "Two or more batch entries in the request have the same Id."}
		}
		seen[api.Value(e.Id)] = true
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*sns.PublishBatchOutput, error) {
		of, err := topic(v, in.TopicArn)
		if err != nil {
			return nil, err
		}
		out := &sns.PublishBatchOutput{Successful: []types.PublishBatchResultEntry{}, Failed: []types.BatchResultErrorEntry{}}
		for _, e := range in.PublishBatchRequestEntries {
			a, err := published{e.Message, e.MessageStructure, e.Subject, e.MessageGroupId, e.MessageDeduplicationId, e.MessageAttributes}.action(of)
			a.Message.Lineage = api.LineageIn(v, wire.CallFrom(ctx).Trace)
			if why := refusalOf(err); why != nil {
				out.Failed = append(out.Failed, types.BatchResultErrorEntry{Id: e.Id, Code: &why.Code, Message: &why.Message, SenderFault: true})
				continue
			}
			ids, err := v.Act(a)
			if err != nil {
				return nil, err
			}
			result := types.PublishBatchResultEntry{Id: e.Id, MessageId: &ids[0]}
			if of.Attributes[fifoTopic] == "true" {
				result.SequenceNumber = api.Some(sequence(ids[1]))
			}
			out.Successful = append(out.Successful, result)
		}
		return out, nil
	})
}
