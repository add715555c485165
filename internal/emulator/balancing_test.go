package emulator_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"handover/internal/emulator"
)

func attributesOf(list []types.TargetGroupAttribute) map[string]string {
	all := map[string]string{}
	for _, a := range list {
		all[*a.Key] = *a.Value
	}
	return all
}

func TestTargetGroupComesBack(t *testing.T) {
	r := newRig(t, emulator.Options{})
	group := r.scene(1, 100, 200)
	g := must(r.elb.DescribeTargetGroups(t.Context(), &elbv2.DescribeTargetGroupsInput{TargetGroupArns: []string{group}})).TargetGroups[0]
	if *g.HealthCheckPath != "/healthz" || g.TargetType != types.TargetTypeEnumIp || *g.Port != 80 || *g.HealthCheckIntervalSeconds != 30 || *g.HealthyThresholdCount != 5 || *g.Matcher.HttpCode != "200" {
		t.Errorf("the group came back as %+v", g)
	}
	must(r.elb.ModifyTargetGroup(t.Context(), &elbv2.ModifyTargetGroupInput{TargetGroupArn: &group, HealthCheckIntervalSeconds: aws.Int32(10), HealthCheckTimeoutSeconds: aws.Int32(4)}))
	must(r.elb.ModifyTargetGroupAttributes(t.Context(), &elbv2.ModifyTargetGroupAttributesInput{TargetGroupArn: &group, Attributes: []types.TargetGroupAttribute{
		{Key: aws.String("slow_start.duration_seconds"), Value: aws.String("60")}}}))
	all := attributesOf(must(r.elb.DescribeTargetGroupAttributes(t.Context(), &elbv2.DescribeTargetGroupAttributesInput{TargetGroupArn: &group})).Attributes)
	if all["deregistration_delay.timeout_seconds"] != "30" || all["slow_start.duration_seconds"] != "60" || all["stickiness.enabled"] != "false" {
		t.Errorf("attributes: %v", all)
	}
	g = must(r.elb.DescribeTargetGroups(t.Context(), &elbv2.DescribeTargetGroupsInput{Names: []string{"web"}})).TargetGroups[0]
	if *g.HealthCheckPath != "/healthz" || *g.HealthCheckIntervalSeconds != 10 || *g.HealthCheckTimeoutSeconds != 4 {
		t.Errorf("after changes: %+v", g)
	}
	must(r.elb.AddTags(t.Context(), &elbv2.AddTagsInput{ResourceArns: []string{group}, Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}, {Key: aws.String("c")}}}))
	must(r.elb.RemoveTags(t.Context(), &elbv2.RemoveTagsInput{ResourceArns: []string{group}, TagKeys: []string{"c"}}))
	tags := must(r.elb.DescribeTags(t.Context(), &elbv2.DescribeTagsInput{ResourceArns: []string{group}})).TagDescriptions
	if len(tags) != 1 || len(tags[0].Tags) != 1 || *tags[0].Tags[0].Value != "b" {
		t.Errorf("tags: %+v", tags)
	}
}

func TestTargetGroupsArePaged(t *testing.T) {
	r := newRig(t, emulator.Options{})
	for _, name := range []string{"c", "a", "b"} {
		must(r.elb.CreateTargetGroup(t.Context(), &elbv2.CreateTargetGroupInput{Name: &name, Protocol: types.ProtocolEnumTcp, Port: aws.Int32(80), VpcId: aws.String("vpc-1")}))
	}
	names := ""
	for p := elbv2.NewDescribeTargetGroupsPaginator(r.elb, &elbv2.DescribeTargetGroupsInput{PageSize: aws.Int32(1)}); p.HasMorePages(); {
		for _, g := range must(p.NextPage(t.Context())).TargetGroups {
			names += *g.TargetGroupName
		}
	}
	if names != "abc" {
		t.Errorf("pages of one gave %q", names)
	}
	must(r.elb.DeleteTargetGroup(t.Context(), &elbv2.DeleteTargetGroupInput{
		TargetGroupArn: must(r.elb.DescribeTargetGroups(t.Context(), &elbv2.DescribeTargetGroupsInput{Names: []string{"a"}})).TargetGroups[0].TargetGroupArn}))
	if left := must(r.elb.DescribeTargetGroups(t.Context(), &elbv2.DescribeTargetGroupsInput{})).TargetGroups; len(left) != 2 {
		t.Errorf("%d groups are left, want 2", len(left))
	}
}

func TestTargetsDrainInELBsWords(t *testing.T) {
	r := newRig(t, emulator.Options{})
	group := r.scene(1, 100, 200)
	health := func(targets ...types.TargetDescription) []types.TargetHealthDescription {
		return must(r.elb.DescribeTargetHealth(t.Context(), &elbv2.DescribeTargetHealthInput{TargetGroupArn: &group, Targets: targets})).TargetHealthDescriptions
	}
	target := types.TargetDescription{Id: health()[0].Target.Id, Port: aws.Int32(80)}
	must(r.elb.DeregisterTargets(t.Context(), &elbv2.DeregisterTargetsInput{TargetGroupArn: &group, Targets: []types.TargetDescription{target}}))
	h := health(target)[0].TargetHealth
	if h.State != "draining" || h.Reason != "Target.DeregistrationInProgress" || *h.Description != "Target deregistration is in progress" {
		t.Errorf("after deregistration: %s %s %s", h.State, h.Reason, *h.Description)
	}
	h = health(types.TargetDescription{Id: aws.String("10.9.9.9")})[0].TargetHealth
	if h.State != "unused" || h.Reason != "Target.NotRegistered" || *h.Description != "Target is not registered to the target group" {
		t.Errorf("a target that is not registered: %s %s %s", h.State, h.Reason, *h.Description)
	}
	r.pass(40 * time.Second)
	if h := health(target)[0].TargetHealth; h.State != "unused" {
		t.Errorf("40 s later, with a delay of 30 s: %s", h.State)
	}
	must(r.elb.RegisterTargets(t.Context(), &elbv2.RegisterTargetsInput{TargetGroupArn: &group, Targets: []types.TargetDescription{target}}))
	if h := health(target)[0].TargetHealth; h.State != "initial" || h.Description == nil {
		t.Errorf("registered again: %+v", h)
	}
}

// TestAnAddressIsInTheZoneOfItsSubnet, which clients that register addresses go by.
func TestAnAddressIsInTheZoneOfItsSubnet(t *testing.T) {
	ctx, r := t.Context(), newRig(t, emulator.Options{})
	vpc, _, _, _, _ := network(t, r)
	group := must(r.elb.CreateTargetGroup(ctx, &elbv2.CreateTargetGroupInput{Name: aws.String("pods"), Protocol: types.ProtocolEnumHttp, Port: aws.Int32(80), VpcId: &vpc, TargetType: types.TargetTypeEnumIp})).TargetGroups[0]
	if group.LoadBalancerArns != nil {
		t.Errorf("a new target group shows the load balancers %v", group.LoadBalancerArns)
	}
	targets := []types.TargetDescription{{Id: aws.String("10.0.1.9"), Port: aws.Int32(8080)}, {Id: aws.String("192.168.0.9"), Port: aws.Int32(8080)}}
	must(r.elb.RegisterTargets(ctx, &elbv2.RegisterTargetsInput{TargetGroupArn: group.TargetGroupArn, Targets: targets}))
	for _, h := range must(r.elb.DescribeTargetHealth(ctx, &elbv2.DescribeTargetHealthInput{TargetGroupArn: group.TargetGroupArn})).TargetHealthDescriptions {
		if want := map[string]string{"10.0.1.9": "eu-west-1b", "192.168.0.9": ""}[*h.Target.Id]; aws.ToString(h.Target.AvailabilityZone) != want {
			t.Errorf("%s is in %q, want %q", *h.Target.Id, aws.ToString(h.Target.AvailabilityZone), want)
		}
	}
}
