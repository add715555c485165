package groups

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
)

// This file has what a group would tell others: its metrics and its notifications. Both are kept, and nothing is told.

// metrics are those of a group. Source: API Reference, EnableMetricsCollection.
func metrics() []string {
	return []string{"GroupMinSize", "GroupMaxSize", "GroupDesiredCapacity", "GroupInServiceInstances", "GroupPendingInstances", "GroupStandbyInstances", "GroupTerminatingInstances", "GroupTotalInstances",
		"GroupInServiceCapacity", "GroupPendingCapacity", "GroupStandbyCapacity", "GroupTerminatingCapacity", "GroupTotalCapacity", "WarmPoolDesiredCapacity", "WarmPoolWarmedCapacity",
		"WarmPoolPendingCapacity", "WarmPoolTerminatingCapacity", "WarmPoolTotalCapacity", "GroupAndWarmPoolDesiredCapacity", "GroupAndWarmPoolTotalCapacity"}
}

const granularity = "1Minute"

func (h *handlers) enableMetricsCollection(ctx context.Context, in *autoscaling.EnableMetricsCollectionInput) (*autoscaling.EnableMetricsCollectionOutput, error) {
	switch {
	case in.Granularity == nil:
		return nil, null("granularity")
	case *in.Granularity != granularity:
		return nil, invalid("Valid metrics granularity type is: [%s]", granularity)
	}
	return &autoscaling.EnableMetricsCollectionOutput{}, h.collect(ctx, in.AutoScalingGroupName, in.Metrics, with)
}

func (h *handlers) disableMetricsCollection(ctx context.Context, in *autoscaling.DisableMetricsCollectionInput) (*autoscaling.DisableMetricsCollectionOutput, error) {
	return &autoscaling.DisableMetricsCollectionOutput{}, h.collect(ctx, in.AutoScalingGroupName, in.Metrics, except)
}

// collect changes which metrics of a group are collected; without any, it is about all of them.
func (h *handlers) collect(ctx context.Context, group *string, given []string, change func(there, given []string) []string) error {
	for _, name := range given {
		if !slices.Contains(metrics(), name) {
			return invalid("Valid metrics are: %v", metrics())
		}
	}
	if len(given) == 0 {
		given = metrics()
	}
	return h.worlds.Use(ctx, func(v api.View) error {
		g, err := find(v, group)
		if err != nil {
			return err
		}
		there, err := collected(g)
		if err != nil {
			return err
		}
		changed, err := json.Marshal(map[string][]string{"CollectedMetrics": change(there, given)})
		if err != nil {
			return fmt.Errorf("keeping the metrics of a group: %w", err)
		}
		members, err := over(g.Members, changed)
		if err != nil {
			return err
		}
		_, err = v.Act(cluster.UpdateGroup{Name: g.Name, Members: members})
		return err
	})
}

// collected are the metrics of a group that are collected. They are under a name of ours, which no request has.
func collected(g cluster.Group) ([]string, error) {
	var kept struct{ CollectedMetrics []string }
	if len(g.Members) == 0 { // a group of a scene
		return nil, nil
	}
	if err := json.Unmarshal(g.Members, &kept); err != nil {
		return nil, fmt.Errorf("reading the members of a group: %w", err)
	}
	return kept.CollectedMetrics, nil
}

func (h *handlers) describeMetricCollectionTypes(context.Context, *autoscaling.DescribeMetricCollectionTypesInput) (*autoscaling.DescribeMetricCollectionTypesOutput, error) {
	out := &autoscaling.DescribeMetricCollectionTypesOutput{Granularities: []types.MetricGranularityType{{Granularity: api.Some(granularity)}}}
	for _, name := range metrics() {
		out.Metrics = append(out.Metrics, types.MetricCollectionType{Metric: &name})
	}
	return out, nil
}

// noticeType is under what the notifications of groups are kept, one of a topic and a type each.
const noticeType = "group-notification"

func noticeARN(v api.View, g cluster.Group, topic, kind string) string {
	return within(v, g, "notificationConfiguration", "topic", topic+" "+kind)
}

func (h *handlers) putNotificationConfiguration(ctx context.Context, in *autoscaling.PutNotificationConfigurationInput) (*autoscaling.PutNotificationConfigurationOutput, error) {
	switch {
	case api.Value(in.TopicARN) == "":
		return nil, null("topicARN")
	case len(in.NotificationTypes) == 0:
		return nil, null("notificationTypes")
	}
	for _, kind := range in.NotificationTypes {
		if !slices.Contains(notificationTypes(), kind) {
			return nil, invalid("\"%s\" is not a valid Notification Type. Valid Notification Types are %v", kind, notificationTypes())
		}
	}
	return &autoscaling.PutNotificationConfigurationOutput{}, h.worlds.Use(ctx, func(v api.View) error {
		g, err := find(v, in.AutoScalingGroupName)
		if err != nil {
			return err
		}
		if err := forget(v, g, *in.TopicARN); err != nil { // the types of a topic are replaced. Source: API Reference, PutNotificationConfiguration
			return err
		}
		for _, kind := range in.NotificationTypes {
			arn := noticeARN(v, g, *in.TopicARN, kind)
			notice := types.NotificationConfiguration{AutoScalingGroupName: &g.Name, NotificationType: &kind, TopicARN: in.TopicARN}
			if err := h.keep(v, cluster.Declare{ARN: arn, Type: noticeType, Name: *in.TopicARN, Parent: g.ARN}, &notice); err != nil {
				return err
			}
		}
		return nil
	})
}

// forget removes the notifications of a group to a topic.
func forget(v api.View, g cluster.Group, topic string) error {
	for _, o := range v.World.DeclaredBeneath(g.ARN, noticeType) {
		if o.Name != topic {
			continue
		}
		if _, err := v.Act(cluster.Retract{ARN: o.ARN}); err != nil {
			return err
		}
	}
	return nil
}

func (h *handlers) deleteNotificationConfiguration(ctx context.Context, in *autoscaling.DeleteNotificationConfigurationInput) (*autoscaling.DeleteNotificationConfigurationOutput, error) {
	if api.Value(in.TopicARN) == "" {
		return nil, null("topicARN")
	}
	return &autoscaling.DeleteNotificationConfigurationOutput{}, h.worlds.Use(ctx, func(v api.View) error {
		g, err := find(v, in.AutoScalingGroupName)
		if err != nil {
			return err
		}
		return forget(v, g, *in.TopicARN)
	})
}

func (h *handlers) describeNotificationConfigurations(ctx context.Context, in *autoscaling.DescribeNotificationConfigurationsInput) (*autoscaling.DescribeNotificationConfigurationsOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*autoscaling.DescribeNotificationConfigurationsOutput, error) {
		all, err := read[types.NotificationConfiguration](h, v, noticeType, nil)
		if err != nil {
			return nil, err
		}
		all = slices.DeleteFunc(all, func(n types.NotificationConfiguration) bool {
			return len(in.AutoScalingGroupNames) > 0 && !slices.Contains(in.AutoScalingGroupNames, *n.AutoScalingGroupName)
		})
		cut, next, err := page(all, func(n types.NotificationConfiguration) string {
			return *n.AutoScalingGroupName + " " + *n.TopicARN + " " + *n.NotificationType
		}, in.NextToken, in.MaxRecords)
		return &autoscaling.DescribeNotificationConfigurationsOutput{NotificationConfigurations: append([]types.NotificationConfiguration{}, cut...), NextToken: next}, err
	})
}
