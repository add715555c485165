package notifying

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
	"handover/internal/emulator/wire"
)

// The attributes of a topic that a caller may set. Source: API Reference, SetTopicAttributes and CreateTopic.
const (
	fifoTopic    = "FifoTopic"
	contentBased = "ContentBasedDeduplication"
)

func settable(name string) bool {
	known := []string{"DisplayName", "Policy", "DeliveryPolicy", "KmsMasterKeyId", "TracingConfig", "SignatureVersion", "ArchivePolicy", "FifoThroughputScope", contentBased}
	return slices.Contains(known, name) || strings.HasSuffix(name, "FeedbackRoleArn") || strings.HasSuffix(name, "FeedbackSampleRate")
}

// nameForm is the form of a topic's name. Source: API Reference, CreateTopic.Name.
var nameForm = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,256}$`)

func (h *handlers) createTopic(ctx context.Context, in *sns.CreateTopicInput) (*sns.CreateTopicOutput, error) {
	name, fifo := api.Value(in.Name), in.Attributes[fifoTopic] == "true"
	switch {
	case fifo && !strings.HasSuffix(name, ".fifo"):
		return nil, invalid("Fifo Topic names must end with .fifo and must be made up of only uppercase and lowercase ASCII letters, numbers, underscores, and hyphens, and must be between 1 and 256 characters long.")
	case len(name) > 256 || !nameForm.MatchString(strings.TrimSuffix(name, ".fifo")) || !fifo && strings.HasSuffix(name, ".fifo"):
		return nil, invalid("Topic Name")
	}
	for _, key := range slices.Sorted(maps.Keys(in.Attributes)) {
		if !settable(key) && key != fifoTopic {
			return nil, invalid("Attributes Reason: Unknown attribute %s", key)
		}
	}
	tags, err := tagsFrom(nil, in.Tags)
	if err != nil {
		return nil, err
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*sns.CreateTopicOutput, error) {
		arn := v.ARN("sns", name)
		if known, there := v.World.Topic(arn); there {
			return &sns.CreateTopicOutput{TopicArn: &arn}, h.sameTopic(v, known, in)
		}
		if _, err := v.Act(cluster.PutTopic{Topic: cluster.Topic{Name: name, Attributes: in.Attributes}}); err != nil {
			return nil, err
		}
		return &sns.CreateTopicOutput{TopicArn: &arn}, tag(v, arn, tags)
	})
}

// sameTopic refuses to make a topic again with other attributes or tags. Source: API Reference, CreateTopic.
func (h *handlers) sameTopic(v api.View, known cluster.Topic, in *sns.CreateTopicInput) error {
	for _, key := range slices.Sorted(maps.Keys(in.Attributes)) {
		if known.Attributes[key] != in.Attributes[key] {
			return invalid("Attributes Reason: Topic already exists with different attributes")
		}
	}
	if tags := render(v.World.Tags(known.ARN)); in.Tags != nil && !sameTags(tags, in.Tags) {
		return invalid("Tags Reason: Topic already exists with different tags")
	}
	return nil
}

func sameTags(a, b []types.Tag) bool {
	return maps.Equal(tagValues(a), tagValues(b))
}

func tagValues(tags []types.Tag) map[string]string {
	all := map[string]string{}
	for _, t := range tags {
		all[api.Value(t.Key)] = api.Value(t.Value)
	}
	return all
}

// topic finds a topic by ARN.
func topic(v api.View, arn *string) (cluster.Topic, error) {
	if err := checkTopicARN(arn); err != nil {
		return cluster.Topic{}, err
	}
	found, ok := v.World.Topic(*arn)
	if !ok {
		return cluster.Topic{}, notFound("Topic")
	}
	return found, nil
}

// checkTopicARN refuses what is not the ARN of a topic. The words are those of public reports.
func checkTopicARN(arn *string) error {
	parts := strings.Split(api.Value(arn), ":")
	switch {
	case len(parts) < 6:
		return invalid("TopicArn Reason: An ARN must have at least 6 elements, not %d", len(parts))
	case parts[0] != "arn" || parts[2] != "sns" || len(parts) != 6:
		return invalid("TopicArn")
	}
	return nil
}

func (h *handlers) deleteTopic(ctx context.Context, in *sns.DeleteTopicInput) (*sns.DeleteTopicOutput, error) {
	if err := checkTopicARN(in.TopicArn); err != nil {
		return nil, err
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*sns.DeleteTopicOutput, error) {
		_, err := v.Act(cluster.DeleteTopic{Topic: *in.TopicArn})
		return &sns.DeleteTopicOutput{}, err
	})
}

func (h *handlers) listTopics(ctx context.Context, in *sns.ListTopicsInput) (*sns.ListTopicsOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*sns.ListTopicsOutput, error) {
		cut, next, err := paged(v.World.Topics(), func(t cluster.Topic) string { return t.ARN }, in.NextToken)
		out := &sns.ListTopicsOutput{Topics: []types.Topic{}, NextToken: next}
		for _, t := range cut {
			out.Topics = append(out.Topics, types.Topic{TopicArn: &t.ARN})
		}
		return out, err
	})
}

func (h *handlers) getTopicAttributes(ctx context.Context, in *sns.GetTopicAttributesInput) (*sns.GetTopicAttributesOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*sns.GetTopicAttributesOutput, error) {
		found, err := topic(v, in.TopicArn)
		if err != nil {
			return nil, err
		}
		all := map[string]string{
			"TopicArn": found.ARN, "Owner": v.Place.Account, "DisplayName": "", "Policy": policy(v, found.ARN), "EffectiveDeliveryPolicy": delivery,
			"SubscriptionsConfirmed": "0", "SubscriptionsPending": "0", "SubscriptionsDeleted": "0",
		}
		confirmed, pending := 0, 0
		for _, s := range v.World.Subscriptions() {
			switch {
			case s.Topic != found.ARN:
			case s.Pending:
				pending++
			default:
				confirmed++
			}
		}
		all["SubscriptionsConfirmed"], all["SubscriptionsPending"] = strconv.Itoa(confirmed), strconv.Itoa(pending)
		maps.Copy(all, found.Attributes)
		if all[fifoTopic] == "true" && all[contentBased] == "" { // Source: SNS developer guide, fifo-topic-code-examples
			all[contentBased] = "false"
		}
		if all[fifoTopic] == "false" {
			delete(all, fifoTopic)
		}
		return &sns.GetTopicAttributesOutput{Attributes: all}, nil
	})
}

// delivery is the delivery policy of a topic that sets none. Source: SNS developer guide, sns-message-delivery-retries.
const delivery = `{"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":20,"maxDelayTarget":20,"numRetries":3,"numMaxDelayRetries":0,"numNoDelayRetries":0,"numMinDelayRetries":0,` +
	`"backoffFunction":"linear"},"disableSubscriptionOverrides":false,"defaultRequestPolicy":{"headerContentType":"text/plain; charset=UTF-8"}}}`

// policy is the access policy of a topic that sets none: its owner may do everything. Source: SNS developer guide, sns-access-policy-use-cases.
func policy(v api.View, arn string) string {
	statement := map[string]any{
		"Version": "2008-10-17", "Id": "__default_policy_ID",
		"Statement": []any{map[string]any{
			"Sid": "__default_statement_ID", "Effect": "Allow", "Principal": map[string]string{"AWS": "*"}, "Resource": arn,
			"Action": []string{"SNS:GetTopicAttributes", "SNS:SetTopicAttributes", "SNS:AddPermission", "SNS:RemovePermission", "SNS:DeleteTopic", "SNS:Subscribe",
				"SNS:ListSubscriptionsByTopic", "SNS:Publish"},
			"Condition": map[string]any{"StringEquals": map[string]string{"AWS:SourceOwner": v.Place.Account}},
		}},
	}
	text, err := json.Marshal(statement)
	if err != nil {
		return "" // it is made of texts alone
	}
	return string(text)
}

func (h *handlers) setTopicAttributes(ctx context.Context, in *sns.SetTopicAttributesInput) (*sns.SetTopicAttributesOutput, error) {
	name := api.Value(in.AttributeName)
	if !settable(name) {
		return nil, invalid("AttributeName")
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*sns.SetTopicAttributesOutput, error) {
		found, err := topic(v, in.TopicArn)
		if err != nil {
			return nil, err
		}
		found.Attributes = maps.Clone(found.Attributes)
		if found.Attributes == nil {
			found.Attributes = map[string]string{}
		}
		found.Attributes[name] = api.Value(in.AttributeValue)
		_, err = v.Act(cluster.PutTopic{Topic: found})
		return &sns.SetTopicAttributesOutput{}, err
	})
}

func (h *handlers) tagResource(ctx context.Context, in *sns.TagResourceInput) (*sns.TagResourceOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*sns.TagResourceOutput, error) {
		if err := taggable(v, in.ResourceArn); err != nil {
			return nil, err
		}
		set, err := tagsFrom(v.World.Tags(*in.ResourceArn), in.Tags)
		if err != nil {
			return nil, err
		}
		return &sns.TagResourceOutput{}, tag(v, *in.ResourceArn, set)
	})
}

func (h *handlers) untagResource(ctx context.Context, in *sns.UntagResourceInput) (*sns.UntagResourceOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*sns.UntagResourceOutput, error) {
		if err := taggable(v, in.ResourceArn); err != nil {
			return nil, err
		}
		_, err := v.Act(cluster.UntagResource{ARN: *in.ResourceArn, Keys: in.TagKeys})
		return &sns.UntagResourceOutput{}, err
	})
}

func (h *handlers) listTagsForResource(ctx context.Context, in *sns.ListTagsForResourceInput) (*sns.ListTagsForResourceOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*sns.ListTagsForResourceOutput, error) {
		if err := taggable(v, in.ResourceArn); err != nil {
			return nil, err
		}
		return &sns.ListTagsForResourceOutput{Tags: render(v.World.Tags(*in.ResourceArn))}, nil
	})
}

// taggable refuses what is not the ARN of a topic that is there. The words are those of public reports.
func taggable(v api.View, arn *string) error {
	if _, there := v.World.Topic(api.Value(arn)); !there {
		return &wire.Error{Code: "ResourceNotFound", Message: "Resource does not exist", Status: http.StatusNotFound}
	}
	return nil
}

// tagsFrom makes the checks that SNS makes on tags. Source: API Reference, TagResource; the words are those of public reports.
func tagsFrom(before []cluster.Tag, given []types.Tag) ([]cluster.Tag, error) {
	all := api.TagMap(before)
	var set []cluster.Tag
	seen := map[string]bool{}
	for _, t := range given {
		key := api.Value(t.Key)
		switch {
		case key == "" || len([]rune(key)) > 128 || len([]rune(api.Value(t.Value))) > 256 || strings.HasPrefix(strings.ToLower(key), "aws:"):
			return nil, invalid("Tags Reason: a key has 1 to 128 characters and does not begin with aws:, a value at most 256")
		case seen[key]:
			return nil, invalid("Duplicated keys are not allowed.")
		}
		seen[key] = true
		delete(all, key)
		set = append(set, cluster.Tag{Key: key, Value: api.Value(t.Value)})
	}
	if len(all)+len(set) > 50 {
		return nil, &wire.Error{Code: "TagLimitExceeded", Message: "Could not complete request: tag quota of per resource exceeded"}
	}
	return set, nil
}

func tag(v api.View, arn string, set []cluster.Tag) error {
	if len(set) == 0 {
		return nil
	}
	_, err := v.Act(cluster.TagResource{ARN: arn, Tags: set})
	return err
}

func render(tags []cluster.Tag) []types.Tag {
	out := make([]types.Tag, 0, len(tags))
	for _, t := range tags {
		out = append(out, types.Tag{Key: &t.Key, Value: &t.Value})
	}
	return out
}
