package logging

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	logs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
	"handover/internal/emulator/wire"
)

// This file has the filters of log groups and the resource policies. All are kept, and nothing is counted or sent on by them.
const (
	metricFilterType       = "metric-filter"
	subscriptionFilterType = "subscription-filter"
	resourcePolicyType     = "logs-resource-policy"

	mostSubscriptions = 2   // of a group. Source: CloudWatch Logs user guide, cloudwatch_limits_cwl
	mostMetricFilters = 100 // of a group, as above
	mostPolicies      = 10  // of a Region, as above
)

var filterForm = regexp.MustCompile(`^[^:*]{1,512}$`)

// checkFilter refuses what is no name of a filter, and a pattern that is too long. Source: API Reference, PutMetricFilter.
func checkFilter(name, pattern *string) error {
	switch text := api.Value(name); {
	case len(text) < 1 || len(text) > 512:
		return constraint("filterName", text, "have length between 1 and 512")
	case !filterForm.MatchString(text):
		return constraint("filterName", text, "satisfy regular expression pattern: [^:*]*")
	case len(api.Value(pattern)) > 1024:
		return constraint("filterPattern", *pattern, "have length less than or equal to 1024")
	}
	return nil
}

// tooMany is CloudWatch Logs' error for a quota.
func tooMany() error {
	return &wire.Error{Code: "LimitExceededException", Message: "Resource limit exceeded."}
}

// keep keeps an object as it is to be shown.
func (h *handlers) keep(v api.View, o cluster.Declare, shown any) (err error) {
	if o.Members, err = h.codec.Encode(shown); err != nil {
		return fmt.Errorf("keeping %s: %w", o.Name, err)
	}
	_, err = v.Act(o)
	return err
}

// keptOf reads the objects of a type, of one group or, where that is empty, of all.
func keptOf[T any](h *handlers, v api.View, kind, group string) ([]T, error) {
	objects := v.World.Declared(kind)
	if group != "" {
		objects = v.World.DeclaredBeneath(group, kind)
	}
	all := make([]T, len(objects))
	for i, o := range objects {
		if err := h.codec.Decode(o.Members, &all[i]); err != nil {
			return nil, fmt.Errorf("reading %s: %w", o.Name, err)
		}
	}
	return all, nil
}

func filterARN(g cluster.LogGroup, kind string, name *string) string {
	return g.ARN + ":" + kind + ":" + api.Value(name)
}

// full tells whether a group has as many objects of a type as it may, and not yet the one that is to be put.
func full(v api.View, g cluster.LogGroup, kind string, name *string, most int) bool {
	_, there := v.World.DeclaredAt(filterARN(g, kind, name))
	return !there && len(v.World.DeclaredBeneath(g.ARN, kind)) >= most
}

func (h *handlers) putMetricFilter(ctx context.Context, in *logs.PutMetricFilterInput) (*logs.PutMetricFilterOutput, error) {
	if err := checkFilter(in.FilterName, in.FilterPattern); err != nil {
		return nil, err
	}
	if n := len(in.MetricTransformations); n != 1 { // Source: API Reference, PutMetricFilter
		return nil, constraint("metricTransformations", fmt.Sprint(n), "have length equal to 1")
	}
	return &logs.PutMetricFilterOutput{}, h.worlds.Use(ctx, func(v api.View) error {
		g, err := group(v, in.LogGroupName, nil)
		if err != nil {
			return err
		}
		if full(v, g, metricFilterType, in.FilterName, mostMetricFilters) {
			return tooMany()
		}
		return h.keep(v, cluster.Declare{ARN: filterARN(g, metricFilterType, in.FilterName), Type: metricFilterType, Name: *in.FilterName, Parent: g.ARN}, &types.MetricFilter{
			FilterName: in.FilterName, FilterPattern: api.Some(api.Value(in.FilterPattern)), LogGroupName: &g.Name, MetricTransformations: in.MetricTransformations, CreationTime: millis(v.Now),
			ApplyOnTransformedLogs: in.ApplyOnTransformedLogs,
		})
	})
}

func (h *handlers) describeMetricFilters(ctx context.Context, in *logs.DescribeMetricFiltersInput) (*logs.DescribeMetricFiltersOutput, error) {
	size, err := sized(in.Limit, 50, 50)
	if err != nil {
		return nil, err
	}
	for _, given := range []struct {
		member string
		value  *string
		most   int
	}{{"filterNamePrefix", in.FilterNamePrefix, 512}, {"metricName", in.MetricName, 255}, {"metricNamespace", in.MetricNamespace, 255}} {
		if len(api.Value(given.value)) > given.most {
			return nil, constraint(given.member, *given.value, fmt.Sprintf("have length less than or equal to %d", given.most))
		}
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*logs.DescribeMetricFiltersOutput, error) {
		of, err := optionalGroup(v, in.LogGroupName)
		if err != nil {
			return nil, err
		}
		all, err := keptOf[types.MetricFilter](h, v, metricFilterType, of)
		if err != nil {
			return nil, err
		}
		all = slices.DeleteFunc(all, func(f types.MetricFilter) bool {
			m := f.MetricTransformations[0]
			return !strings.HasPrefix(*f.FilterName, api.Value(in.FilterNamePrefix)) || in.MetricName != nil && api.Value(m.MetricName) != *in.MetricName ||
				in.MetricNamespace != nil && api.Value(m.MetricNamespace) != *in.MetricNamespace
		})
		key := func(f types.MetricFilter) string { return *f.FilterName + " " + *f.LogGroupName }
		cut, next, err := paged(api.InOrder(all, key), key, in.NextToken, size)
		return &logs.DescribeMetricFiltersOutput{MetricFilters: append([]types.MetricFilter{}, cut...), NextToken: next}, err
	})
}

// optionalGroup gives the ARN of the group that a request names, if it names one.
func optionalGroup(v api.View, name *string) (arn string, err error) {
	if name == nil {
		return "", nil
	}
	g, err := group(v, name, nil)
	return g.ARN, err
}

func (h *handlers) deleteMetricFilter(ctx context.Context, in *logs.DeleteMetricFilterInput) (*logs.DeleteMetricFilterOutput, error) {
	return &logs.DeleteMetricFilterOutput{}, h.dropFilter(ctx, metricFilterType, in.LogGroupName, in.FilterName)
}

func (h *handlers) deleteSubscriptionFilter(ctx context.Context, in *logs.DeleteSubscriptionFilterInput) (*logs.DeleteSubscriptionFilterOutput, error) {
	return &logs.DeleteSubscriptionFilterOutput{}, h.dropFilter(ctx, subscriptionFilterType, in.LogGroupName, in.FilterName)
}

// dropFilter removes a filter. The words are those of public reports.
func (h *handlers) dropFilter(ctx context.Context, kind string, of, name *string) error {
	if err := checkFilter(name, nil); err != nil {
		return err
	}
	return h.worlds.Use(ctx, func(v api.View) error {
		g, err := group(v, of, nil)
		if err != nil {
			return err
		}
		arn := filterARN(g, kind, name)
		if _, there := v.World.DeclaredAt(arn); !there {
			return &wire.Error{Code: "ResourceNotFoundException", Message: "The specified " + strings.ReplaceAll(kind, "-", " ") + " does not exist."}
		}
		_, err = v.Act(cluster.Retract{ARN: arn})
		return err
	})
}

// putSubscriptionFilter. A function that is not there cannot be the destination; the words are those of public reports.
func (h *handlers) putSubscriptionFilter(ctx context.Context, in *logs.PutSubscriptionFilterInput) (*logs.PutSubscriptionFilterOutput, error) {
	if err := checkFilter(in.FilterName, in.FilterPattern); err != nil {
		return nil, err
	}
	return &logs.PutSubscriptionFilterOutput{}, h.worlds.Use(ctx, func(v api.View) error {
		g, err := group(v, in.LogGroupName, nil)
		if err != nil {
			return err
		}
		destination := api.Value(in.DestinationArn)
		if !cluster.IsARN(destination) {
			return constraint("destinationArn", destination, "be an ARN")
		}
		vendor, _ := cluster.ParseARN(destination)
		switch {
		case vendor.Service == "lambda" && vendor.Account != v.Place.Account:
			return &wire.Error{Code: "AccessDeniedException", Message: "Cross-account lambda invocation passing is not allowed. You must use DestinationPolicies to create cross account lambda triggers."}
		case (vendor.Service == "kinesis" || vendor.Service == "firehose") && in.RoleArn == nil:
			return invalid("destinationArn for vendor %s cannot be used without roleArn", vendor.Service)
		}
		if _, there := v.World.Function(destination); !there && strings.Contains(destination, ":function:") {
			return invalid("Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to execute your function.")
		}
		if full(v, g, subscriptionFilterType, in.FilterName, mostSubscriptions) {
			return tooMany()
		}
		shown := types.SubscriptionFilter{
			FilterName: in.FilterName, FilterPattern: api.Some(api.Value(in.FilterPattern)), LogGroupName: &g.Name, DestinationArn: in.DestinationArn, RoleArn: in.RoleArn, Distribution: in.Distribution,
			CreationTime: millis(v.Now), ApplyOnTransformedLogs: in.ApplyOnTransformedLogs, // false unless it is asked for, and always shown
		}
		if shown.Distribution == "" {
			shown.Distribution = types.DistributionByLogStream
		}
		return h.keep(v, cluster.Declare{ARN: filterARN(g, subscriptionFilterType, in.FilterName), Type: subscriptionFilterType, Name: *in.FilterName, Parent: g.ARN}, &shown)
	})
}

func (h *handlers) describeSubscriptionFilters(ctx context.Context, in *logs.DescribeSubscriptionFiltersInput) (*logs.DescribeSubscriptionFiltersOutput, error) {
	size, err := sized(in.Limit, 50, 50)
	if err != nil {
		return nil, err
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*logs.DescribeSubscriptionFiltersOutput, error) {
		g, err := group(v, in.LogGroupName, nil)
		if err != nil {
			return nil, err
		}
		all, err := keptOf[types.SubscriptionFilter](h, v, subscriptionFilterType, g.ARN)
		if err != nil {
			return nil, err
		}
		all = slices.DeleteFunc(all, func(f types.SubscriptionFilter) bool {
			return !strings.HasPrefix(*f.FilterName, api.Value(in.FilterNamePrefix))
		})
		cut, next, err := paged(all, func(f types.SubscriptionFilter) string { return *f.FilterName }, in.NextToken, size)
		return &logs.DescribeSubscriptionFiltersOutput{SubscriptionFilters: append([]types.SubscriptionFilter{}, cut...), NextToken: next}, err
	})
}

func policyARN(v api.View, name *string) string {
	return v.ARN("logs", "resource-policy:"+api.Value(name))
}

func (h *handlers) putResourcePolicy(ctx context.Context, in *logs.PutResourcePolicyInput) (*logs.PutResourcePolicyOutput, error) {
	if api.Value(in.PolicyName) == "" || !json.Valid([]byte(api.Value(in.PolicyDocument))) {
		return nil, invalid("A policy needs a name and a document of JSON.")
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*logs.PutResourcePolicyOutput, error) {
		arn := policyARN(v, in.PolicyName)
		if _, there := v.World.DeclaredAt(arn); !there && len(v.World.Declared(resourcePolicyType)) >= mostPolicies {
			return nil, tooMany()
		}
		shown := types.ResourcePolicy{PolicyName: in.PolicyName, PolicyDocument: in.PolicyDocument, LastUpdatedTime: millis(v.Now)}
		err := h.keep(v, cluster.Declare{ARN: arn, Type: resourcePolicyType, Name: *in.PolicyName}, &shown)
		return &logs.PutResourcePolicyOutput{ResourcePolicy: &shown}, err
	})
}

func (h *handlers) describeResourcePolicies(ctx context.Context, in *logs.DescribeResourcePoliciesInput) (*logs.DescribeResourcePoliciesOutput, error) {
	size, err := sized(in.Limit, 50, 1000)
	if err != nil {
		return nil, err
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*logs.DescribeResourcePoliciesOutput, error) {
		all, err := keptOf[types.ResourcePolicy](h, v, resourcePolicyType, "")
		if err != nil {
			return nil, err
		}
		cut, next, err := paged(all, func(p types.ResourcePolicy) string { return *p.PolicyName }, in.NextToken, size)
		return &logs.DescribeResourcePoliciesOutput{ResourcePolicies: append([]types.ResourcePolicy{}, cut...), NextToken: next}, err
	})
}

func (h *handlers) deleteResourcePolicy(ctx context.Context, in *logs.DeleteResourcePolicyInput) (*logs.DeleteResourcePolicyOutput, error) {
	return &logs.DeleteResourcePolicyOutput{}, h.worlds.Use(ctx, func(v api.View) error {
		arn := policyARN(v, in.PolicyName)
		if _, there := v.World.DeclaredAt(arn); !there {
			return &wire.Error{Code: "ResourceNotFoundException", Message: "Policy with name [" + api.Value(in.PolicyName) + "] does not exist."}
		}
		_, err := v.Act(cluster.Retract{ARN: arn})
		return err
	})
}
