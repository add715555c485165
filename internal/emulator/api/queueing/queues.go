package queueing

import (
	"context"
	"encoding/json"
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

// url is the address of a queue: that of the emulator, so that clients which call queues by their addresses find it.
func url(ctx context.Context, q cluster.Queue, v api.View) *string {
	address := "http://" + wire.CallFrom(ctx).Host + "/" + v.Place.Account + "/" + q.Name
	return &address
}

// queue finds the queue with an address.
func queue(v api.View, address *string) (cluster.Queue, error) {
	if api.Value(address) == "" {
		return cluster.Queue{}, missingParameter("QueueUrl")
	}
	found, ok := v.World.Queue(v.ARN("sqs", (*address)[strings.LastIndexByte(*address, '/')+1:]))
	if !ok {
		return cluster.Queue{}, refused("QueueDoesNotExist", "The specified queue does not exist.")
	}
	return found, nil
}

// nameForm is the form of a queue's name. Source: API Reference, CreateQueue.QueueName.
var nameForm = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,80}$`)

func (h *handlers) createQueue(ctx context.Context, in *sqs.CreateQueueInput) (*sqs.CreateQueueOutput, error) {
	name := api.Value(in.QueueName)
	fifo := in.Attributes[string(types.QueueAttributeNameFifoQueue)] == "true"
	switch {
	case len(name) > 80 || !nameForm.MatchString(strings.TrimSuffix(name, ".fifo")):
		return nil, refused("InvalidParameterValue", "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length")
	case fifo != strings.HasSuffix(name, ".fifo"):
		return nil, refused("InvalidParameterValue", "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length.")
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*sqs.CreateQueueOutput, error) {
		if known, there := v.World.Queue(v.ARN("sqs", name)); there {
			for _, key := range slices.Sorted(maps.Keys(in.Attributes)) {
				if attributes(v, known)[key] != in.Attributes[key] { // Source: API Reference, CreateQueue
					return nil, refused("QueueNameExists", "A queue already exists with the same name and a different value for attribute %s", key)
				}
			}
			return &sqs.CreateQueueOutput{QueueUrl: url(ctx, known, v)}, nil
		}
		made, err := declared(cluster.Queue{Name: name, FIFO: fifo}, in.Attributes)
		if err != nil {
			return nil, err
		}
		if err := checkDeadLetters(v, made); err != nil {
			return nil, err
		}
		ids, err := v.Act(cluster.PutQueue{Queue: made})
		if err != nil {
			return nil, err
		}
		return &sqs.CreateQueueOutput{QueueUrl: url(ctx, made, v)}, tag(v, ids[0], in.Tags)
	})
}

// span is an attribute in seconds.
type span struct {
	name        string
	least, most int
	usual       int
	of          func(*cluster.Queue) *time.Duration
}

// spans are the attributes that the model uses. Source: API Reference, SetQueueAttributes.
func spans() []span {
	return []span{
		{string(types.QueueAttributeNameVisibilityTimeout), 0, 43200, 30, func(q *cluster.Queue) *time.Duration { return &q.Visibility }},
		{string(types.QueueAttributeNameDelaySeconds), 0, 900, 0, func(q *cluster.Queue) *time.Duration { return &q.Delay }},
		{string(types.QueueAttributeNameMessageRetentionPeriod), 60, 1209600, 345600, func(q *cluster.Queue) *time.Duration { return &q.Retention }},
	}
}

// declared gives a queue other attributes; those that are not given stay.
func declared(q cluster.Queue, given map[string]string) (cluster.Queue, error) {
	for _, key := range slices.Sorted(maps.Keys(given)) {
		if !slices.Contains(types.QueueAttributeName("").Values(), types.QueueAttributeName(key)) || computed(key) {
			return q, refused("InvalidAttributeName", "Unknown Attribute %s.", key)
		}
	}
	all := maps.Clone(q.Attributes)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, given)
	for _, name := range []types.QueueAttributeName{types.QueueAttributeNamePolicy, types.QueueAttributeNameRedriveAllowPolicy, types.QueueAttributeNameKmsMasterKeyId} {
		if all[string(name)] == "" {
			delete(all, string(name)) // an empty one takes it away
		}
	}
	q.Attributes = all
	if text, ok := all[string(types.QueueAttributeNameMaximumMessageSize)]; ok {
		if n, err := strconv.Atoi(text); err != nil || n < 1024 || n > largest { // Source: API Reference, SetQueueAttributes
			return q, refused("InvalidAttributeValue", "Invalid value for the parameter %s.", types.QueueAttributeNameMaximumMessageSize)
		}
	}
	for _, s := range spans() {
		n := s.usual
		if text, ok := all[s.name]; ok {
			var err error
			if n, err = strconv.Atoi(text); err != nil || n < s.least || n > s.most {
				return q, refused("InvalidAttributeValue", "Invalid value for the parameter %s.", s.name)
			}
		}
		*s.of(&q) = time.Duration(n) * time.Second
	}
	return redriven(q)
}

// redriven reads the policy of a queue that has a dead letter queue.
func redriven(q cluster.Queue) (cluster.Queue, error) {
	q.DeadLetter, q.MaxReceives = "", 0
	text := q.Attributes[string(types.QueueAttributeNameRedrivePolicy)]
	if text == "" {
		delete(q.Attributes, string(types.QueueAttributeNameRedrivePolicy)) // an empty policy takes it away
		return q, nil
	}
	var policy struct {
		Target string      `json:"deadLetterTargetArn"`
		Most   json.Number `json:"maxReceiveCount"`
	}
	err := json.Unmarshal([]byte(text), &policy)
	n, numeric := strconv.Atoi(policy.Most.String())
	if err != nil || numeric != nil || policy.Target == "" || n < 1 || n > 1000 {
		return q, refused("InvalidParameterValue", "Value %s for parameter RedrivePolicy is invalid. Reason: Redrive policy is not a valid JSON map.", text)
	}
	q.DeadLetter, q.MaxReceives = policy.Target, n
	return q, nil
}

// checkDeadLetters refuses a dead letter queue that is not there or of the other kind. Source: SQS developer guide, dead-letter queues: that of a FIFO queue is one, too; the
// first sentence is that of public reports, the second is ours.
func checkDeadLetters(v api.View, q cluster.Queue) error {
	if q.DeadLetter == "" {
		return nil
	}
	text := q.Attributes[string(types.QueueAttributeNameRedrivePolicy)]
	target, there := v.World.Queue(q.DeadLetter)
	switch {
	case !there:
		return refused("InvalidParameterValue", "Value %s for parameter RedrivePolicy is invalid. Reason: Dead letter target does not exist.", text)
	case target.FIFO != q.FIFO:
		return refused("InvalidParameterValue", "Value %s for parameter RedrivePolicy is invalid. Reason: Dead-letter queue must be same type of queue as the source.", text)
	}
	return nil
}

// computed tells whether an attribute is the queue's state and not a setting.
func computed(key string) bool {
	return slices.Contains([]types.QueueAttributeName{
		types.QueueAttributeNameAll, types.QueueAttributeNameQueueArn, types.QueueAttributeNameCreatedTimestamp, types.QueueAttributeNameLastModifiedTimestamp,
		types.QueueAttributeNameApproximateNumberOfMessages, types.QueueAttributeNameApproximateNumberOfMessagesDelayed,
		types.QueueAttributeNameApproximateNumberOfMessagesNotVisible,
	}, types.QueueAttributeName(key))
}

// attributes gives all attributes, with those that nobody has set. Source: API Reference, GetQueueAttributes.
func attributes(v api.View, q cluster.Queue) map[string]string {
	visible, inFlight, delayed := v.World.MessageCounts(q.ARN, v.Now)
	all := map[types.QueueAttributeName]string{
		types.QueueAttributeNameQueueArn:                              q.ARN,
		types.QueueAttributeNameCreatedTimestamp:                      strconv.FormatInt(q.CreatedAt.Unix(), 10),
		types.QueueAttributeNameLastModifiedTimestamp:                 strconv.FormatInt(q.ChangedAt.Unix(), 10),
		types.QueueAttributeNameApproximateNumberOfMessages:           strconv.Itoa(visible),
		types.QueueAttributeNameApproximateNumberOfMessagesDelayed:    strconv.Itoa(delayed),
		types.QueueAttributeNameApproximateNumberOfMessagesNotVisible: strconv.Itoa(inFlight),
		types.QueueAttributeNameMaximumMessageSize:                    "1048576",
		types.QueueAttributeNameReceiveMessageWaitTimeSeconds:         "0",
		types.QueueAttributeNameSqsManagedSseEnabled:                  "true",
	}
	if q.FIFO {
		all[types.QueueAttributeNameFifoQueue], all[types.QueueAttributeNameContentBasedDeduplication] = "true", "false"
		all[types.QueueAttributeNameDeduplicationScope], all[types.QueueAttributeNameFifoThroughputLimit] = "queue", "perQueue"
	}
	out := map[string]string{}
	for key, value := range all {
		out[string(key)] = value
	}
	for _, s := range spans() {
		out[s.name] = strconv.Itoa(int(*s.of(&q) / time.Second))
	}
	maps.Copy(out, q.Attributes)
	return out
}

func (h *handlers) getQueueAttributes(ctx context.Context, in *sqs.GetQueueAttributesInput) (*sqs.GetQueueAttributesOutput, error) {
	for _, name := range in.AttributeNames {
		if !slices.Contains(name.Values(), name) {
			return nil, refused("InvalidAttributeName", "Unknown Attribute %s.", name)
		}
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*sqs.GetQueueAttributesOutput, error) {
		found, err := queue(v, in.QueueUrl)
		if err != nil {
			return nil, err
		}
		all := attributes(v, found)
		if !slices.Contains(in.AttributeNames, types.QueueAttributeNameAll) {
			maps.DeleteFunc(all, func(key, _ string) bool { return !slices.Contains(in.AttributeNames, types.QueueAttributeName(key)) })
		}
		if len(all) == 0 {
			all = nil
		}
		return &sqs.GetQueueAttributesOutput{Attributes: all}, nil
	})
}

func (h *handlers) setQueueAttributes(ctx context.Context, in *sqs.SetQueueAttributesInput) (*sqs.SetQueueAttributesOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*sqs.SetQueueAttributesOutput, error) {
		found, err := queue(v, in.QueueUrl)
		if err != nil {
			return nil, err
		}
		changed, err := declared(found, in.Attributes)
		if err != nil {
			return nil, err
		}
		if err := checkDeadLetters(v, changed); err != nil {
			return nil, err
		}
		_, err = v.Act(cluster.PutQueue{Queue: changed})
		return &sqs.SetQueueAttributesOutput{}, err
	})
}

func (h *handlers) getQueueURL(ctx context.Context, in *sqs.GetQueueUrlInput) (*sqs.GetQueueUrlOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*sqs.GetQueueUrlOutput, error) {
		found, err := queue(v, in.QueueName)
		if err != nil {
			return nil, err
		}
		return &sqs.GetQueueUrlOutput{QueueUrl: url(ctx, found, v)}, nil
	})
}

func (h *handlers) listQueues(ctx context.Context, in *sqs.ListQueuesInput) (*sqs.ListQueuesOutput, error) {
	if in.MaxResults != nil && (*in.MaxResults < 1 || *in.MaxResults > 1000) {
		return nil, invalidValue("MaxResults", strconv.Itoa(int(*in.MaxResults)))
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*sqs.ListQueuesOutput, error) {
		var all []string
		for _, q := range v.World.Queues() {
			if strings.HasPrefix(q.Name, api.Value(in.QueueNamePrefix)) {
				all = append(all, *url(ctx, q, v))
			}
		}
		size := 1000
		if in.MaxResults != nil {
			size = int(*in.MaxResults)
		}
		cut, next, err := api.Page(all, func(address string) string { return address }, api.Value(in.NextToken), size)
		if err != nil {
			return nil, invalidValue("NextToken", api.Value(in.NextToken))
		}
		out := &sqs.ListQueuesOutput{QueueUrls: cut}
		if in.MaxResults != nil { // Source: API Reference, ListQueues: without it there is no token
			out.NextToken = api.Some(next)
		}
		return out, nil
	})
}

func (h *handlers) deleteQueue(ctx context.Context, in *sqs.DeleteQueueInput) (*sqs.DeleteQueueOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*sqs.DeleteQueueOutput, error) {
		found, err := queue(v, in.QueueUrl)
		if err != nil {
			return nil, err
		}
		_, err = v.Act(cluster.DeleteQueue{Queue: found.ARN})
		return &sqs.DeleteQueueOutput{}, err
	})
}

func (h *handlers) purgeQueue(ctx context.Context, in *sqs.PurgeQueueInput) (*sqs.PurgeQueueOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*sqs.PurgeQueueOutput, error) {
		found, err := queue(v, in.QueueUrl)
		if err != nil {
			return nil, err
		}
		_, err = v.Act(cluster.PurgeQueue{Queue: found.ARN})
		return &sqs.PurgeQueueOutput{}, err
	})
}

func (h *handlers) listDeadLetterSourceQueues(ctx context.Context, in *sqs.ListDeadLetterSourceQueuesInput) (*sqs.ListDeadLetterSourceQueuesOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*sqs.ListDeadLetterSourceQueuesOutput, error) {
		found, err := queue(v, in.QueueUrl)
		if err != nil {
			return nil, err
		}
		out := &sqs.ListDeadLetterSourceQueuesOutput{QueueUrls: []string{}}
		for _, q := range v.World.Queues() {
			if q.DeadLetter == found.ARN {
				out.QueueUrls = append(out.QueueUrls, *url(ctx, q, v))
			}
		}
		return out, nil
	})
}

func (h *handlers) tagQueue(ctx context.Context, in *sqs.TagQueueInput) (*sqs.TagQueueOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*sqs.TagQueueOutput, error) {
		found, err := queue(v, in.QueueUrl)
		if err != nil {
			return nil, err
		}
		if len(in.Tags) == 0 {
			return nil, missingParameter("Tags")
		}
		return &sqs.TagQueueOutput{}, tag(v, found.ARN, in.Tags)
	})
}

func (h *handlers) untagQueue(ctx context.Context, in *sqs.UntagQueueInput) (*sqs.UntagQueueOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*sqs.UntagQueueOutput, error) {
		found, err := queue(v, in.QueueUrl)
		if err != nil {
			return nil, err
		}
		_, err = v.Act(cluster.UntagResource{ARN: found.ARN, Keys: in.TagKeys})
		return &sqs.UntagQueueOutput{}, err
	})
}

func (h *handlers) listQueueTags(ctx context.Context, in *sqs.ListQueueTagsInput) (*sqs.ListQueueTagsOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*sqs.ListQueueTagsOutput, error) {
		found, err := queue(v, in.QueueUrl)
		if err != nil {
			return nil, err
		}
		return &sqs.ListQueueTagsOutput{Tags: api.TagMap(v.World.Tags(found.ARN))}, nil
	})
}

func tag(v api.View, arn string, given map[string]string) error {
	if len(given) == 0 {
		return nil
	}
	_, err := v.Act(cluster.TagResource{ARN: arn, Tags: api.TagList(given)})
	return err
}
