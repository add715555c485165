package logging

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	logs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
	"handover/internal/emulator/wire"
)

func (h *handlers) createLogGroup(ctx context.Context, in *logs.CreateLogGroupInput) (*logs.CreateLogGroupOutput, error) {
	name := api.Value(in.LogGroupName)
	if err := checkGroup(name); err != nil {
		return nil, err
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*logs.CreateLogGroupOutput, error) {
		ids, err := v.Act(cluster.CreateLogGroup{Group: cluster.LogGroup{Name: name, Class: string(in.LogGroupClass), Key: api.Value(in.KmsKeyId)}})
		if err != nil {
			return nil, err
		}
		if err := protect(v, ids[0], api.Value(in.DeletionProtectionEnabled)); err != nil {
			return nil, err
		}
		return &logs.CreateLogGroupOutput{}, tag(v, ids[0], in.Tags)
	})
}

func (h *handlers) deleteLogGroup(ctx context.Context, in *logs.DeleteLogGroupInput) (*logs.DeleteLogGroupOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*logs.DeleteLogGroupOutput, error) {
		found, err := group(v, in.LogGroupName, nil)
		if err != nil {
			return nil, err
		}
		if err := unprotected(v, found); err != nil {
			return nil, err
		}
		if _, err := v.Act(cluster.DeleteLogGroup{Group: found.Name}); err != nil {
			return nil, err
		}
		_, err = v.Act(cluster.Retract{ARN: found.ARN}) // its filters
		return &logs.DeleteLogGroupOutput{}, err
	})
}

func (h *handlers) describeLogGroups(ctx context.Context, in *logs.DescribeLogGroupsInput) (*logs.DescribeLogGroupsOutput, error) {
	size, err := sized(in.Limit, 50, 50)
	if err != nil {
		return nil, err
	}
	if in.LogGroupNamePrefix != nil && in.LogGroupNamePattern != nil {
		return nil, invalid("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.")
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*logs.DescribeLogGroupsOutput, error) {
		wanted := slices.DeleteFunc(v.World.LogGroups(), func(g cluster.LogGroup) bool {
			return !strings.HasPrefix(g.Name, api.Value(in.LogGroupNamePrefix)) || !strings.Contains(g.Name, api.Value(in.LogGroupNamePattern)) ||
				in.LogGroupClass != "" && string(in.LogGroupClass) != classOf(g) ||
				len(in.LogGroupIdentifiers) > 0 && !slices.Contains(in.LogGroupIdentifiers, g.Name) && !slices.Contains(in.LogGroupIdentifiers, g.ARN)
		})
		cut, next, err := paged(wanted, func(g cluster.LogGroup) string { return g.Name }, in.NextToken, size)
		out := &logs.DescribeLogGroupsOutput{LogGroups: []types.LogGroup{}, NextToken: next}
		for _, g := range cut {
			one := shown(g, len(v.World.DeclaredBeneath(g.ARN, metricFilterType)))
			protected := isProtected(v, g.ARN)
			one.DeletionProtectionEnabled = &protected
			out.LogGroups = append(out.LogGroups, one)
		}
		return out, err
	})
}

// protectionType is that of what stands beside a log group which may not be deleted.
const protectionType = "logs-deletion-protection"

func isProtected(v api.View, group string) bool {
	return len(v.World.DeclaredBeneath(group, protectionType)) > 0
}

// protect turns the deletion protection of a log group on or off.
func protect(v api.View, group string, on bool) (err error) {
	arn := group + ":" + protectionType
	switch was := isProtected(v, group); {
	case on && !was:
		_, err = v.Act(cluster.Declare{ARN: arn, Type: protectionType, Name: protectionType, Parent: group})
	case was && !on:
		_, err = v.Act(cluster.Retract{ARN: arn})
	}
	return err
}

// unprotected refuses to delete a protected log group or what is in it. Source: API Reference, PutLogGroupDeletionProtection, and of DeleteLogGroup the error; the sentence is ours.
func unprotected(v api.View, g cluster.LogGroup) error {
	if isProtected(v, g.ARN) {
		return &wire.Error{Code: "ValidationException", Message: "Log group " + g.Name + " has deletion protection enabled. Disable it before deleting."}
	}
	return nil
}

func (h *handlers) putLogGroupDeletionProtection(ctx context.Context, in *logs.PutLogGroupDeletionProtectionInput) (*logs.PutLogGroupDeletionProtectionOutput, error) {
	if in.DeletionProtectionEnabled == nil {
		return nil, &wire.Error{Code: "ValidationException", Message: "deletionProtectionEnabled must be specified."}
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*logs.PutLogGroupDeletionProtectionOutput, error) {
		found, err := group(v, nil, in.LogGroupIdentifier)
		if err != nil {
			return nil, err
		}
		return &logs.PutLogGroupDeletionProtectionOutput{}, protect(v, found.ARN, *in.DeletionProtectionEnabled)
	})
}

// classOf is the class of a log group: STANDARD unless it was made with another. Source: API Reference, CreateLogGroup.logGroupClass.
func classOf(g cluster.LogGroup) string {
	if g.Class == "" {
		return string(types.LogGroupClassStandard)
	}
	return g.Class
}

func shown(g cluster.LogGroup, metricFilters int) types.LogGroup {
	out := types.LogGroup{
		LogGroupName: &g.Name, Arn: api.Some(g.ARN + ":*"), LogGroupArn: &g.ARN, CreationTime: millis(g.CreatedAt), LogGroupClass: types.LogGroupClass(classOf(g)),
		KmsKeyId: api.Some(g.Key),
	}
	stored, filters := int64(g.Bytes), int32(metricFilters)
	out.StoredBytes, out.MetricFilterCount = &stored, &filters
	if g.Retention > 0 {
		days := int32(g.Retention)
		out.RetentionInDays = &days
	}
	return out
}

// millis is a time as CloudWatch Logs writes it; nil for one that has not come.
func millis(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	n := t.UnixMilli()
	return &n
}

// retentions are the days that there are to choose from. Source: API Reference, PutRetentionPolicy.retentionInDays.
func retentions() []int32 {
	return []int32{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}
}

func (h *handlers) putRetentionPolicy(ctx context.Context, in *logs.PutRetentionPolicyInput) (*logs.PutRetentionPolicyOutput, error) {
	days := api.Value(in.RetentionInDays)
	if !slices.Contains(retentions(), days) {
		return nil, constraint("retentionInDays", fmt.Sprint(days), "satisfy enum value set: "+strings.ReplaceAll(fmt.Sprint(retentions()), " ", ", "))
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*logs.PutRetentionPolicyOutput, error) {
		return &logs.PutRetentionPolicyOutput{}, retain(v, in.LogGroupName, int(days))
	})
}

func (h *handlers) deleteRetentionPolicy(ctx context.Context, in *logs.DeleteRetentionPolicyInput) (*logs.DeleteRetentionPolicyOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*logs.DeleteRetentionPolicyOutput, error) {
		return &logs.DeleteRetentionPolicyOutput{}, retain(v, in.LogGroupName, 0)
	})
}

func retain(v api.View, name *string, days int) error {
	found, err := group(v, name, nil)
	if err != nil {
		return err
	}
	_, err = v.Act(cluster.RetainLogs{Group: found.Name, Days: days})
	return err
}

func (h *handlers) createLogStream(ctx context.Context, in *logs.CreateLogStreamInput) (*logs.CreateLogStreamOutput, error) {
	if err := checkStream(api.Value(in.LogStreamName)); err != nil {
		return nil, err
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*logs.CreateLogStreamOutput, error) {
		found, err := group(v, in.LogGroupName, nil)
		if err != nil {
			return nil, err
		}
		_, err = v.Act(cluster.CreateLogStream{Group: found.Name, Stream: *in.LogStreamName})
		return &logs.CreateLogStreamOutput{}, err
	})
}

func (h *handlers) deleteLogStream(ctx context.Context, in *logs.DeleteLogStreamInput) (*logs.DeleteLogStreamOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*logs.DeleteLogStreamOutput, error) {
		found, err := group(v, in.LogGroupName, nil)
		if err != nil {
			return nil, err
		}
		if err := unprotected(v, found); err != nil {
			return nil, err
		}
		_, err = v.Act(cluster.DeleteLogStream{Group: found.Name, Stream: api.Value(in.LogStreamName)})
		return &logs.DeleteLogStreamOutput{}, err
	})
}

func (h *handlers) describeLogStreams(ctx context.Context, in *logs.DescribeLogStreamsInput) (*logs.DescribeLogStreamsOutput, error) {
	size, err := sized(in.Limit, 50, 50)
	if err != nil {
		return nil, err
	}
	byTime := in.OrderBy == types.OrderByLastEventTime
	if byTime && in.LogStreamNamePrefix != nil {
		return nil, invalid("Cannot order by LastEventTime with a logStreamNamePrefix.")
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*logs.DescribeLogStreamsOutput, error) {
		found, err := group(v, in.LogGroupName, in.LogGroupIdentifier)
		if err != nil {
			return nil, err
		}
		all := slices.DeleteFunc(v.World.LogStreams(found.Name), func(s cluster.LogStream) bool { return !strings.HasPrefix(s.Name, api.Value(in.LogStreamNamePrefix)) })
		key := streamKey(byTime, api.Value(in.Descending))
		all = api.InOrder(all, key)
		cut, next, err := paged(all, key, in.NextToken, size)
		out := &logs.DescribeLogStreamsOutput{LogStreams: []types.LogStream{}, NextToken: next}
		for _, s := range cut {
			out.LogStreams = append(out.LogStreams, shownStream(s))
		}
		return out, err
	})
}

// streamKey gives the key under which streams are in the order that was asked for.
func streamKey(byTime, descending bool) func(cluster.LogStream) string {
	return func(s cluster.LogStream) string {
		key := ""
		if byTime {
			key = fmt.Sprintf("%020d ", max(0, s.LastEvent.UnixMilli()))
		}
		key += s.Name
		if !descending {
			return key
		}
		flipped := []byte(key)
		for i, b := range flipped {
			flipped[i] = math.MaxUint8 - b
		}
		return string(flipped) + "\xff"
	}
}

func shownStream(s cluster.LogStream) types.LogStream {
	stored := int64(0) // Source: API Reference, LogStream.storedBytes: always 0 since 2019
	out := types.LogStream{
		LogStreamName: &s.Name, Arn: &s.ARN, CreationTime: millis(s.CreatedAt), FirstEventTimestamp: millis(s.FirstEvent), LastEventTimestamp: millis(s.LastEvent),
		LastIngestionTime: millis(s.Ingested), StoredBytes: &stored, //nolint:staticcheck // AWS still sends it
	}
	if !s.Ingested.IsZero() {
		out.UploadSequenceToken = api.Some(nextSequence)
	}
	return out
}

// nextSequence is a sequence token, which nobody needs any more. Source: API Reference, PutLogEvents.sequenceToken.
const nextSequence = "49039859579999999999999999999999999999999999999999999999"

// resource finds the log group of an ARN, with or without :* at its end.
func resource(v api.View, arn *string) (cluster.LogGroup, error) {
	name, found := strings.CutPrefix(strings.TrimSuffix(api.Value(arn), ":*"), v.ARN("logs", "log-group:"))
	g, there := v.World.LogGroup(name)
	if !found || !there {
		return g, &wire.Error{Code: "ResourceNotFoundException", Message: "The specified resource does not exist."}
	}
	return g, nil
}

func (h *handlers) tagResource(ctx context.Context, in *logs.TagResourceInput) (*logs.TagResourceOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*logs.TagResourceOutput, error) {
		g, err := resource(v, in.ResourceArn)
		if err != nil {
			return nil, err
		}
		return &logs.TagResourceOutput{}, tag(v, g.ARN, in.Tags)
	})
}

func (h *handlers) untagResource(ctx context.Context, in *logs.UntagResourceInput) (*logs.UntagResourceOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*logs.UntagResourceOutput, error) {
		g, err := resource(v, in.ResourceArn)
		if err != nil {
			return nil, err
		}
		_, err = v.Act(cluster.UntagResource{ARN: g.ARN, Keys: in.TagKeys})
		return &logs.UntagResourceOutput{}, err
	})
}

func (h *handlers) listTagsForResource(ctx context.Context, in *logs.ListTagsForResourceInput) (*logs.ListTagsForResourceOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*logs.ListTagsForResourceOutput, error) {
		g, err := resource(v, in.ResourceArn)
		if err != nil {
			return nil, err
		}
		return &logs.ListTagsForResourceOutput{Tags: tagsOf(v, g.ARN)}, nil
	})
}

func (h *handlers) tagLogGroup(ctx context.Context, in *logs.TagLogGroupInput) (*logs.TagLogGroupOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*logs.TagLogGroupOutput, error) {
		g, err := group(v, in.LogGroupName, nil)
		if err != nil {
			return nil, err
		}
		return &logs.TagLogGroupOutput{}, tag(v, g.ARN, in.Tags)
	})
}

func (h *handlers) untagLogGroup(ctx context.Context, in *logs.UntagLogGroupInput) (*logs.UntagLogGroupOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*logs.UntagLogGroupOutput, error) {
		g, err := group(v, in.LogGroupName, nil)
		if err != nil {
			return nil, err
		}
		_, err = v.Act(cluster.UntagResource{ARN: g.ARN, Keys: in.Tags})
		return &logs.UntagLogGroupOutput{}, err
	})
}

func (h *handlers) listTagsLogGroup(ctx context.Context, in *logs.ListTagsLogGroupInput) (*logs.ListTagsLogGroupOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*logs.ListTagsLogGroupOutput, error) {
		g, err := group(v, in.LogGroupName, nil)
		if err != nil {
			return nil, err
		}
		return &logs.ListTagsLogGroupOutput{Tags: tagsOf(v, g.ARN)}, nil
	})
}

// tagsOf gives the tags of a log group, of which AWS sends a map even where there are none.
func tagsOf(v api.View, arn string) map[string]string {
	if all := api.TagMap(v.World.Tags(arn)); all != nil {
		return all
	}
	return map[string]string{}
}

func tag(v api.View, arn string, given map[string]string) error {
	if len(given) == 0 {
		return nil
	}
	for key := range given {
		if key == "" || len(key) > 128 {
			return invalid("Tag keys must be between 1 and 128 characters.")
		}
	}
	_, err := v.Act(cluster.TagResource{ARN: arn, Tags: api.TagList(given)})
	return err
}
