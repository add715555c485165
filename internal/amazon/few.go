package amazon

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/schemas"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/smithy-go/transport/http/protocol/awsquery"
)

// called is one operation of a client.
type called[In, Options, Out any] func(context.Context, *In, ...func(*Options)) (*Out, error)

// few are the operations of clients of which hardly any is used. The clients themselves are not kept: all methods of a type that an interface leads to are linked, because
// templates may call them by name, and those of three of these made the program 46 MB large, of 42.
type few struct {
	images    called[ecr.DescribeImagesInput, ecr.Options, ecr.DescribeImagesOutput]
	alarms    called[cloudwatch.DescribeAlarmsInput, cloudwatch.Options, cloudwatch.DescribeAlarmsOutput]
	usage     called[cloudwatch.GetMetricStatisticsInput, cloudwatch.Options, cloudwatch.GetMetricStatisticsOutput]
	groups    called[autoscaling.DescribeAutoScalingGroupsInput, autoscaling.Options, autoscaling.DescribeAutoScalingGroupsOutput]
	complete  called[autoscaling.CompleteLifecycleActionInput, autoscaling.Options, autoscaling.CompleteLifecycleActionOutput]
	lines     called[cloudwatchlogs.GetLogEventsInput, cloudwatchlogs.Options, cloudwatchlogs.GetLogEventsOutput]
	heartbeat called[autoscaling.RecordLifecycleActionHeartbeatInput, autoscaling.Options, autoscaling.RecordLifecycleActionHeartbeatOutput]
}

func (o Options) few(cfg aws.Config, client aws.HTTPClient) few {
	images := ecr.NewFromConfig(cfg, func(s *ecr.Options) {
		s.HTTPClient, s.Retryer, s.BaseEndpoint, s.DisableClockSkewCorrection = client, reads(), o.endpoint(s.BaseEndpoint), o.otherTime()
	})
	watch := cloudwatch.NewFromConfig(cfg, func(s *cloudwatch.Options) {
		s.HTTPClient, s.Retryer, s.BaseEndpoint, s.DisableClockSkewCorrection = client, reads(), o.endpoint(s.BaseEndpoint), o.otherTime()
		s.Protocol = awsquery.New(schemas.GraniteServiceVersion20100801) // which emulators know, and AWS, too
	})
	groups := autoscaling.NewFromConfig(cfg, func(s *autoscaling.Options) {
		s.HTTPClient, s.Retryer, s.BaseEndpoint, s.DisableClockSkewCorrection = client, reads(), o.endpoint(s.BaseEndpoint), o.otherTime()
	})
	logs := cloudwatchlogs.NewFromConfig(cfg, func(s *cloudwatchlogs.Options) {
		s.HTTPClient, s.Retryer, s.BaseEndpoint, s.DisableClockSkewCorrection = client, reads(), o.endpoint(s.BaseEndpoint), o.otherTime()
	})
	return few{lines: logs.GetLogEvents, images: images.DescribeImages, alarms: watch.DescribeAlarms, usage: watch.GetMetricStatistics,
		groups: groups.DescribeAutoScalingGroups, complete: groups.CompleteLifecycleAction, heartbeat: groups.RecordLifecycleActionHeartbeat}
}

// DescribeAlarms lets the SDK turn the pages.
func (f few) DescribeAlarms(ctx context.Context, in *cloudwatch.DescribeAlarmsInput, options ...func(*cloudwatch.Options)) (*cloudwatch.DescribeAlarmsOutput, error) {
	return f.alarms(ctx, in, options...)
}
