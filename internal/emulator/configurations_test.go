package emulator_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"handover/internal/emulator"
)

// TestAGroupOfALaunchConfiguration: its instances are launched from it and name it, it cannot be deleted meanwhile, and it makes room for a launch template. A policy that is
// executed moves the desired capacity within the bounds; scheduled actions, target groups and policies come back, and go with the group.
func TestAGroupOfALaunchConfiguration(t *testing.T) {
	ctx, r := t.Context(), newRig(t, emulator.Options{})
	group := aws.String("workers")
	must(r.groups.CreateLaunchConfiguration(ctx, &autoscaling.CreateLaunchConfigurationInput{LaunchConfigurationName: aws.String("old"), ImageId: aws.String("ami-0123456789abcdef0"),
		InstanceType: aws.String("t3.micro"), UserData: aws.String("aGVsbG8=")}))
	_, err := r.groups.CreateLaunchConfiguration(ctx, &autoscaling.CreateLaunchConfigurationInput{LaunchConfigurationName: aws.String("half"), ImageId: aws.String("ami-0123456789abcdef0")})
	wantCode(t, err, "ValidationError")
	create := &autoscaling.CreateAutoScalingGroupInput{AutoScalingGroupName: group, MinSize: aws.Int32(1), MaxSize: aws.Int32(5), DesiredCapacity: aws.Int32(2),
		AvailabilityZones: []string{"eu-west-1a"}, LaunchConfigurationName: aws.String("none")}
	_, err = r.groups.CreateAutoScalingGroup(ctx, create)
	wantCode(t, err, "ValidationError")
	create.LaunchConfigurationName = aws.String("old")
	must(r.groups.CreateAutoScalingGroup(ctx, create))
	r.pass(10 * time.Minute)
	described := func() types.AutoScalingGroup {
		return must(r.groups.DescribeAutoScalingGroups(ctx, &autoscaling.DescribeAutoScalingGroupsInput{})).AutoScalingGroups[0]
	}
	if g := described(); aws.ToString(g.LaunchConfigurationName) != "old" || g.LaunchTemplate != nil || len(g.Instances) != 2 || *g.Instances[0].InstanceType != "t3.micro" ||
		aws.ToString(g.Instances[0].LaunchConfigurationName) != "old" {
		t.Errorf("%+v", g)
	}
	_, err = r.groups.DeleteLaunchConfiguration(ctx, &autoscaling.DeleteLaunchConfigurationInput{LaunchConfigurationName: aws.String("old")})
	wantCode(t, err, "ResourceInUse")

	must(r.groups.PutScalingPolicy(ctx, &autoscaling.PutScalingPolicyInput{AutoScalingGroupName: group, PolicyName: aws.String("double"), AdjustmentType: aws.String("PercentChangeInCapacity"), ScalingAdjustment: aws.Int32(200)}))
	must(r.groups.ExecutePolicy(ctx, &autoscaling.ExecutePolicyInput{AutoScalingGroupName: group, PolicyName: aws.String("double")}))
	if g := described(); *g.DesiredCapacity != 5 { // 2 + 200 % are 6, and 5 the most
		t.Errorf("the desired capacity is %d", *g.DesiredCapacity)
	}
	must(r.groups.PutScheduledUpdateGroupAction(ctx, &autoscaling.PutScheduledUpdateGroupActionInput{AutoScalingGroupName: group, ScheduledActionName: aws.String("night"), Recurrence: aws.String("0 22 * * *"), MinSize: aws.Int32(0)}))
	_, err = r.groups.AttachLoadBalancerTargetGroups(ctx, &autoscaling.AttachLoadBalancerTargetGroupsInput{AutoScalingGroupName: group, TargetGroupARNs: []string{"arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/web/0123456789abcdef"}})
	wantCode(t, err, "ValidationError")
	arn := *must(r.elb.CreateTargetGroup(ctx, &elbv2.CreateTargetGroupInput{Name: aws.String("web"), Protocol: elbtypes.ProtocolEnumHttp, Port: aws.Int32(8080), VpcId: aws.String("vpc-1")})).TargetGroups[0].TargetGroupArn
	must(r.groups.AttachLoadBalancerTargetGroups(ctx, &autoscaling.AttachLoadBalancerTargetGroupsInput{AutoScalingGroupName: group, TargetGroupARNs: []string{arn}}))
	if g := described(); len(g.TargetGroupARNs) != 1 || g.TargetGroupARNs[0] != arn {
		t.Errorf("target groups %v", g.TargetGroupARNs)
	}
	left := func() [3]int {
		return [3]int{
			len(must(r.groups.DescribePolicies(ctx, &autoscaling.DescribePoliciesInput{})).ScalingPolicies),
			len(must(r.groups.DescribeScheduledActions(ctx, &autoscaling.DescribeScheduledActionsInput{})).ScheduledUpdateGroupActions),
			len(must(r.groups.DescribeLoadBalancerTargetGroups(ctx, &autoscaling.DescribeLoadBalancerTargetGroupsInput{AutoScalingGroupName: group})).LoadBalancerTargetGroups),
		}
	}
	if got := left(); got != [3]int{1, 1, 1} {
		t.Errorf("policies, scheduled actions and target groups: %v", got)
	}
	must(r.groups.DeleteAutoScalingGroup(ctx, &autoscaling.DeleteAutoScalingGroupInput{AutoScalingGroupName: group, ForceDelete: aws.Bool(true)}))
	r.pass(10 * time.Minute)
	must(r.groups.DeleteLaunchConfiguration(ctx, &autoscaling.DeleteLaunchConfigurationInput{LaunchConfigurationName: aws.String("old")}))
	if got := must(r.groups.DescribePolicies(ctx, &autoscaling.DescribePoliciesInput{})).ScalingPolicies; len(got) > 0 {
		t.Errorf("the group has left %v", got)
	}
}
