package notifying

import (
	"context"
	"encoding/json"
	"fmt"
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
	"handover/internal/pattern"
)

// pendingConfirmation stands in the place of the ARN of a subscription that nobody has confirmed.
const pendingConfirmation = "PendingConfirmation"

// phone is a number without the signs that may stand in it, by E.164.
var phone = regexp.MustCompile(`^\+?[1-9][0-9]{1,14}$`)

// isPhone tells whether a text is the number of a phone: no two signs beside each other, and none at an end. Source: runs against AWS that LocalStack's tests record.
func isPhone(text string) bool {
	isSign := func(r rune) bool { return strings.ContainsRune("./-", r) }
	plain := strings.Map(func(r rune) rune {
		if isSign(r) {
			return -1
		}
		return r
	}, text)
	for i, r := range text {
		if isSign(r) && (i == 0 || i == len(text)-1 || isSign(rune(text[i+1]))) {
			return false
		}
	}
	return phone.MatchString(plain)
}

// checkEndpoint refuses what no endpoint of the protocol can be. The words are those of public reports.
func checkEndpoint(protocol, endpoint string) error {
	arn := map[string]string{"sqs": "SQS endpoint ARN", "lambda": "Lambda endpoint ARN", "firehose": "Firehose endpoint ARN", "application": "Application endpoint arn"}
	if !slices.Contains([]string{"http", "https", "email", "email-json", "sms"}, protocol) && arn[protocol] == "" {
		return invalid("Amazon SNS does not support this protocol string: %s", protocol)
	}
	switch {
	case arn[protocol] != "" && !cluster.IsARN(endpoint):
		return invalid("%s", arn[protocol])
	case protocol == "sms" && !isPhone(endpoint):
		return &wire.Error{Code: "InvalidParameter", Message: "Invalid SMS endpoint: " + endpoint}
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
		made, err := configured(cluster.Subscription{Topic: of.ARN, Protocol: protocol, Endpoint: endpoint, Pending: strings.HasPrefix(protocol, "email")}, in.Attributes, "Attributes Reason: ")
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

// configured gives a subscription other attributes; those that are not given stay. reason is what stands before a sentence about one of them. Source: API Reference, SetSubscriptionAttributes.
func configured(s cluster.Subscription, given map[string]string, reason string) (cluster.Subscription, error) {
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
		return s, invalid("%sRawMessageDelivery: Invalid value [%s]. Must be true or false.", reason, text)
	}
	if scope := all["FilterPolicyScope"]; scope != "" && scope != "MessageAttributes" && scope != "MessageBody" {
		return s, invalid("%sFilterPolicyScope: Invalid value [%s]. Please use either MessageBody or MessageAttributes", reason, scope)
	}
	s.Raw, s.FilterBody, s.Filter = all["RawMessageDelivery"] == "true", all["FilterPolicyScope"] == "MessageBody", nil
	if text := all["FilterPolicy"]; text != "" && text != "{}" {
		if err := checkPolicy(text, s.FilterBody, reason); err != nil {
			return s, err
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

// The limits of a filter policy. Source: SNS developer guide, subscription-filter-policy-constraints.
const (
	mostKeys         = 5
	mostCombinations = 150
)

// checkPolicy refuses a filter policy that is none. Where AWS adds at which column of the policy it is wrong, nothing is added.
func checkPolicy(text string, ofBody bool, reason string) error {
	if !json.Valid([]byte(text)) {
		return invalid("%sFilterPolicy: failed to parse JSON.", reason)
	}
	policy, err := pattern.Parse(text)
	switch {
	case err != nil:
		return invalid("%sFilterPolicy: %s", reason, err)
	case len(policy) > mostKeys:
		return invalid("%sFilterPolicy: Filter policy can not have more than 5 keys", reason)
	case combinations(policy, 1) > mostCombinations:
		return invalid("%sFilterPolicy: Filter policy is too complex", reason)
	}
	for _, key := range slices.Sorted(maps.Keys(policy)) {
		if _, nested := policy[key].(map[string]any); nested && !ofBody {
			return invalid("Filter policy scope MessageAttributes does not support nested filter policy")
		}
	}
	return nil
}

// combinations is how complex a policy is: the product, over its lists, of their lengths times how deep they are; alternatives add up. {"a":{"b":[1,2]},"c":[3]} has 2 × 2 × 1 = 4.
func combinations(policy map[string]any, depth int) int {
	n := 1
	for _, key := range slices.Sorted(maps.Keys(policy)) {
		switch rule := policy[key].(type) {
		case map[string]any:
			n *= combinations(rule, depth+1)
		case []any:
			if key != "$or" {
				n *= len(rule) * depth
				break
			}
			sum := 0
			for _, one := range rule {
				alternative, _ := one.(map[string]any)
				sum += combinations(alternative, depth)
			}
			n *= sum
		}
		n = min(n, mostCombinations+1) // of deep policies, the product has no end
	}
	return n
}

// token is the form of what confirms a subscription.
var token = regexp.MustCompile(`^[0-9a-f]{32,512}$`)

func (h *handlers) confirmSubscription(ctx context.Context, in *sns.ConfirmSubscriptionInput) (*sns.ConfirmSubscriptionOutput, error) {
	if !token.MatchString(api.Value(in.Token)) {
		return nil, &wire.Error{Code: "InvalidParameter", Message: "Invalid token"}
	}
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
	case api.Value(arn) == "":
		return invalid("SubscriptionArn Reason: no value for required parameter")
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
		changed, err := configured(s, map[string]string{api.Value(in.AttributeName): api.Value(in.AttributeValue)}, "")
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

// besides is the size of the attributes, which counts. Source: SNS developer guide, sns-message-attributes.
func (p published) besides() (size int) {
	for name, a := range p.attributes {
		size += len(name) + len(api.Value(a.DataType)) + len(api.Value(a.StringValue)) + len(a.BinaryValue)
	}
	return size
}

// action makes the checks that SNS makes on a message. Source: API Reference, Publish; the words are those of public reports.
func (p published) action(of cluster.Topic) (a cluster.Publish, err error) {
	text := api.Value(p.message)
	switch {
	case text == "":
		return a, invalid("Empty message")
	case len(text)+p.besides() > largest:
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
		var said map[string]any
		if json.Unmarshal([]byte(text), &said) != nil {
			return a, invalid("Message Structure - JSON message body failed to parse")
		}
		a.ByProtocol = map[string]string{}
		for _, protocol := range slices.Sorted(maps.Keys(said)) {
			if its, ok := said[protocol].(string); ok {
				a.ByProtocol[protocol] = its
			}
		}
		common, ok := a.ByProtocol["default"]
		if !ok {
			return a, invalid("Message Structure - No default entry in JSON message body")
		}
		a.Message.Body = common
	}
	for _, name := range slices.Sorted(maps.Keys(p.attributes)) {
		given := p.attributes[name]
		if err := checkAttribute(name, given); err != nil {
			return a, err
		}
		a.Message.Attributes = append(a.Message.Attributes, cluster.MessageAttribute{Name: name, Type: *given.DataType, Value: api.Value(given.StringValue), Binary: given.BinaryValue})
	}
	return a, nil
}

// strange is the first character that the name of an attribute may not have.
var strange = regexp.MustCompile(`[^A-Za-z0-9_.-]`)

// checkAttribute refuses what is no attribute of a message. The sentences are those of runs against AWS that LocalStack's tests record.
func checkAttribute(name string, given types.MessageAttributeValue) error {
	wrong := func(format string, args ...any) error {
		return &wire.Error{Code: "ParameterValueInvalid", Message: fmt.Sprintf(format, args...)}
	}
	kind, _, _ := strings.Cut(api.Value(given.DataType), ".")
	field, missing := "String", given.StringValue == nil || *given.StringValue == ""
	if kind == "Binary" {
		field, missing = "Binary", given.BinaryValue == nil
	}
	switch {
	case len(name) > 256:
		return wrong("Length of message attribute name must be less than 256 bytes.")
	case strange.MatchString(name):
		return wrong("Invalid non-alphanumeric character '#x%X' was found in the message attribute name. Can only include alphanumeric characters, hyphens, underscores, or dots.", []rune(strange.FindString(name))[0])
	case strings.HasPrefix(name, "."):
		return wrong("Invalid message attribute name starting with character '.' was found.")
	case strings.HasSuffix(name, "."):
		return wrong("Invalid message attribute name ending with character '.' was found.")
	case strings.Contains(name, ".."):
		return wrong("Message attribute name can not have successive '.' character.")
	case given.DataType == nil:
		return &wire.Error{Code: "ValidationError", Message: "1 validation error detected: Value null at 'messageAttributes." + name + ".member.dataType' failed to satisfy constraint: Member must not be null"}
	case *given.DataType == "":
		return wrong("The message attribute '%s' must contain non-empty message attribute type.", name)
	case kind != "String" && kind != "Number" && kind != "Binary":
		return wrong("The message attribute '%s' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.", name)
	case missing && (given.StringValue != nil && *given.StringValue != "" || given.BinaryValue != nil):
		return wrong("The message attribute '%s' with type '%s' must use field '%s'.", name, *given.DataType, field)
	case missing:
		return wrong("The message attribute '%s' must contain non-empty message attribute value for message attribute type '%s'.", name, *given.DataType)
	}
	return nil
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
	if err := checkBatch(in.PublishBatchRequestEntries); err != nil {
		return nil, err
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*sns.PublishBatchOutput, error) {
		of, err := topic(v, in.TopicArn)
		if err != nil {
			return nil, err
		}
		var all []cluster.Publish
		for _, e := range in.PublishBatchRequestEntries { // one that is wrong is the error of all
			a, err := published{e.Message, e.MessageStructure, e.Subject, e.MessageGroupId, e.MessageDeduplicationId, e.MessageAttributes}.action(of)
			if err != nil {
				return nil, err
			}
			a.Message.Lineage = api.LineageIn(v, wire.CallFrom(ctx).Trace)
			all = append(all, a)
		}
		out := &sns.PublishBatchOutput{Successful: []types.PublishBatchResultEntry{}, Failed: []types.BatchResultErrorEntry{}}
		for i, a := range all {
			ids, err := v.Act(a)
			if err != nil {
				return nil, err
			}
			result := types.PublishBatchResultEntry{Id: in.PublishBatchRequestEntries[i].Id, MessageId: &ids[0]}
			if of.Attributes[fifoTopic] == "true" {
				result.SequenceNumber = api.Some(sequence(ids[1]))
			}
			out.Successful = append(out.Successful, result)
		}
		return out, nil
	})
}

// entry is the form of the id of an entry of a batch.
var entry = regexp.MustCompile(`^[A-Za-z0-9_-]*$`)

// checkBatch refuses a batch whose ids are wrong, or which is too large as a whole. The sentences are those of runs against AWS that LocalStack's tests record.
func checkBatch(entries []types.PublishBatchRequestEntry) error {
	seen, size := map[string]bool{}, 0
	for _, e := range entries {
		id := api.Value(e.Id)
		switch {
		case seen[id]:
			return &wire.Error{Code: "BatchEntryIdsNotDistinct", Message: "Two or more batch entries in the request have the same Id."}
		case len(id) > 80:
			return &wire.Error{Code: "InvalidBatchEntryId", Message: "The Id of a batch entry in the batch request is too long: " + id}
		case !entry.MatchString(id):
			return &wire.Error{Code: "InvalidBatchEntryId", Message: "The Id of a batch entry in the batch request contains an impermissible character: " + id}
		}
		seen[id] = true
		size += len(api.Value(e.Message))
	}
	if size > largest {
		return &wire.Error{Code: "BatchRequestTooLong", Message: "The length of all the messages put together is more than the limit."}
	}
	return nil
}
