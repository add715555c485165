package emulator_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// TestScheduledActionsOfAGroupHappen: one that is over is gone, one that recurs shows its next time, and of a batch what is wrong is told apart.
func TestScheduledActionsOfAGroupHappen(t *testing.T) {
	r := fleet(t)
	ctx, group := t.Context(), aws.String("web")
	soon := must(r.groups.DescribeAutoScalingGroups(ctx, &autoscaling.DescribeAutoScalingGroupsInput{})).AutoScalingGroups[0].CreatedTime.Add(time.Hour)
	batch := must(r.groups.BatchPutScheduledUpdateGroupAction(ctx, &autoscaling.BatchPutScheduledUpdateGroupActionInput{AutoScalingGroupName: group,
		ScheduledUpdateGroupActions: []types.ScheduledUpdateGroupActionRequest{
			{ScheduledActionName: aws.String("once"), StartTime: &soon, DesiredCapacity: aws.Int32(3)},
			{ScheduledActionName: aws.String("hourly"), Recurrence: aws.String("0 * * * *"), StartTime: aws.Time(soon.Add(time.Minute)), MaxSize: aws.Int32(5)},
			{ScheduledActionName: aws.String("twice"), StartTime: &soon, DesiredCapacity: aws.Int32(1)},
			{ScheduledActionName: aws.String("never"), Recurrence: aws.String("0 0 30 2 *"), DesiredCapacity: aws.Int32(1)},
		}})).FailedScheduledUpdateGroupActions
	if len(batch) != 2 || *batch[0].ErrorCode != "AlreadyExists" || *batch[1].ErrorCode != "ValidationError" || *batch[1].ErrorMessage != "The scheduled action would never happen." {
		t.Fatalf("refused of the batch: %+v", batch)
	}
	r.pass(2 * time.Hour)
	shown := must(r.groups.DescribeScheduledActions(ctx, &autoscaling.DescribeScheduledActionsInput{AutoScalingGroupName: group})).ScheduledUpdateGroupActions
	if len(shown) != 1 || *shown[0].ScheduledActionName != "hourly" || shown[0].StartTime.Minute() != 0 || !shown[0].StartTime.After(soon) {
		t.Errorf("scheduled actions: %+v", shown)
	}
	if g := r.fleetGroup(); *g.DesiredCapacity != 3 || *g.MaxSize != 5 || len(g.Instances) != 3 {
		t.Errorf("%d instances, %d desired, %d at most", len(g.Instances), *g.DesiredCapacity, *g.MaxSize)
	}
	for _, want := range []string{"", "ValidationError: Scheduled action name not found"} {
		_, err := r.groups.DeleteScheduledAction(ctx, &autoscaling.DeleteScheduledActionInput{AutoScalingGroupName: group, ScheduledActionName: aws.String("hourly")})
		if got := code(err); got != want {
			t.Errorf("deleting it: %q, want %q", got, want)
		}
	}
}

// TestTargetGroupsOfAGroup: its instances are targets at the port of the target group, and no more once it is detached.
func TestTargetGroupsOfAGroup(t *testing.T) {
	r := fleet(t)
	ctx, group := t.Context(), aws.String("web")
	arn := must(r.elb.CreateTargetGroup(ctx, &elbv2.CreateTargetGroupInput{Name: group, Protocol: elbtypes.ProtocolEnumHttp, Port: aws.Int32(8080), VpcId: aws.String("vpc-1")})).TargetGroups[0].TargetGroupArn
	source := []types.TrafficSourceIdentifier{{Identifier: arn}}
	must(r.groups.AttachTrafficSources(ctx, &autoscaling.AttachTrafficSourcesInput{AutoScalingGroupName: group, TrafficSources: source}))
	must(r.groups.UpdateAutoScalingGroup(ctx, &autoscaling.UpdateAutoScalingGroupInput{AutoScalingGroupName: group, HealthCheckType: aws.String("ELB")}))
	r.pass(2 * time.Minute)
	health := must(r.elb.DescribeTargetHealth(ctx, &elbv2.DescribeTargetHealthInput{TargetGroupArn: arn})).TargetHealthDescriptions
	if len(health) != 2 || *health[0].Target.Port != 8080 || health[0].TargetHealth.State != elbtypes.TargetHealthStateEnumHealthy {
		t.Errorf("targets: %+v", health)
	}
	if got := must(r.groups.DescribeTrafficSources(ctx, &autoscaling.DescribeTrafficSourcesInput{AutoScalingGroupName: group})).TrafficSources; len(got) != 1 || *got[0].State != "InService" || *got[0].Type != "elbv2" {
		t.Errorf("traffic sources: %+v", got)
	}
	if g := r.fleetGroup(); len(g.TargetGroupARNs) != 1 || len(g.TrafficSources) != 1 {
		t.Errorf("%v and %v", g.TargetGroupARNs, g.TrafficSources)
	}
	must(r.groups.DetachTrafficSources(ctx, &autoscaling.DetachTrafficSourcesInput{AutoScalingGroupName: group, TrafficSources: source}))
	r.pass(10 * time.Minute)
	if health := must(r.elb.DescribeTargetHealth(ctx, &elbv2.DescribeTargetHealthInput{TargetGroupArn: arn})).TargetHealthDescriptions; len(health) != 0 {
		t.Errorf("targets after detaching: %+v", health)
	}
}

// TestMetricsAndNotificationsOfAGroupAreKept: without names all metrics are meant, and the types of a topic are replaced.
func TestMetricsAndNotificationsOfAGroupAreKept(t *testing.T) {
	r := fleet(t)
	ctx, group := t.Context(), aws.String("web")
	must(r.groups.EnableMetricsCollection(ctx, &autoscaling.EnableMetricsCollectionInput{AutoScalingGroupName: group, Granularity: aws.String("1Minute")}))
	all := len(r.fleetGroup().EnabledMetrics)
	must(r.groups.DisableMetricsCollection(ctx, &autoscaling.DisableMetricsCollectionInput{AutoScalingGroupName: group, Metrics: []string{"GroupMinSize"}}))
	if g := r.fleetGroup(); all != 20 || len(g.EnabledMetrics) != 19 || *g.EnabledMetrics[0].Granularity != "1Minute" {
		t.Errorf("%d metrics, then %d", all, len(g.EnabledMetrics))
	}
	topic := aws.String("arn:aws:sns:eu-west-1:123456789012:ops")
	for _, kinds := range [][]string{{"autoscaling:EC2_INSTANCE_LAUNCH", "autoscaling:EC2_INSTANCE_LAUNCH_ERROR"}, {"autoscaling:EC2_INSTANCE_TERMINATE"}} {
		must(r.groups.PutNotificationConfiguration(ctx, &autoscaling.PutNotificationConfigurationInput{AutoScalingGroupName: group, TopicARN: topic, NotificationTypes: kinds}))
		if got := must(r.groups.DescribeNotificationConfigurations(ctx, &autoscaling.DescribeNotificationConfigurationsInput{})).NotificationConfigurations; len(got) != len(kinds) {
			t.Errorf("notifications: %+v", got)
		}
	}
	must(r.groups.DeleteNotificationConfiguration(ctx, &autoscaling.DeleteNotificationConfigurationInput{AutoScalingGroupName: group, TopicARN: topic}))
	if got := must(r.groups.DescribeNotificationConfigurations(ctx, &autoscaling.DescribeNotificationConfigurationsInput{})).NotificationConfigurations; len(got) != 0 {
		t.Errorf("notifications: %+v", got)
	}
}
