package emulator_test

import (
	"encoding/base64"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"handover/internal/emulator"
)

// ec2 sends a request of EC2, whose SDK is not part of this module, and gives status and body.
func (r *rig) ec2(action string, parameters ...string) (status int, body string) {
	r.t.Helper()
	form := url.Values{"Action": {action}, "Version": {"2016-11-15"}}
	for i := 0; i+1 < len(parameters); i += 2 {
		form.Set(parameters[i], parameters[i+1])
	}
	request := httptest.NewRequest("POST", "/", strings.NewReader(form.Encode()))
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261121/eu-west-1/ec2/aws4_request, SignedHeaders=host, Signature=00")
	answer := httptest.NewRecorder()
	r.server.ServeHTTP(answer, request)
	return answer.Code, answer.Body.String()
}

// between cuts the text of an element out of XML.
func between(t *testing.T, body, element string) string {
	t.Helper()
	_, rest, ok := strings.Cut(body, "<"+element+">")
	text, _, closed := strings.Cut(rest, "</"+element+">")
	if !ok || !closed {
		t.Fatalf("there is no %s in %s", element, body)
	}
	return text
}

func userData(cluster string) string {
	return base64.StdEncoding.EncodeToString([]byte("#!/bin/bash\necho ECS_CLUSTER=" + cluster + " >> /etc/ecs/ecs.config\n"))
}

// fleet is a rig with a cluster and an Auto Scaling group of two instances with a terminating hook.
func fleet(t *testing.T) *rig {
	r := newRig(t, emulator.Options{})
	ctx := t.Context()
	must(r.ecs.CreateCluster(ctx, &ecs.CreateClusterInput{ClusterName: aws.String("prod")}))
	status, body := r.ec2("CreateLaunchTemplate", "LaunchTemplateName", "hosts", "LaunchTemplateData.ImageId", "ami-0123456789abcdef0",
		"LaunchTemplateData.InstanceType", "m5.large", "LaunchTemplateData.UserData", userData("prod"), "LaunchTemplateData.SecurityGroupId.1", "sg-1")
	if status != 200 {
		t.Fatalf("%d %s", status, body)
	}
	must(r.groups.CreateAutoScalingGroup(ctx, &autoscaling.CreateAutoScalingGroupInput{
		AutoScalingGroupName: aws.String("web"), MinSize: aws.Int32(0), MaxSize: aws.Int32(4), DesiredCapacity: aws.Int32(2), VPCZoneIdentifier: aws.String("subnet-a,subnet-b"),
		LaunchTemplate: &types.LaunchTemplateSpecification{LaunchTemplateName: aws.String("hosts"), Version: aws.String("$Latest")}, TerminationPolicies: []string{"OldestInstance"},
		Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("web"), PropagateAtLaunch: aws.Bool(true)}, {Key: aws.String("own"), Value: aws.String("1"), PropagateAtLaunch: aws.Bool(false)}},
		LifecycleHookSpecificationList: []types.LifecycleHookSpecification{{
			LifecycleHookName: aws.String("drain"), LifecycleTransition: aws.String("autoscaling:EC2_INSTANCE_TERMINATING"), HeartbeatTimeout: aws.Int32(900),
			NotificationTargetARN: aws.String("arn:aws:sns:eu-west-1:123456789012:drain"), RoleARN: aws.String("arn:aws:iam::123456789012:role/hook")}},
	}))
	r.pass(5 * time.Minute)
	return r
}

func (r *rig) fleetGroup() types.AutoScalingGroup {
	r.t.Helper()
	all := must(r.groups.DescribeAutoScalingGroups(r.t.Context(), &autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{"web"}})).AutoScalingGroups
	if len(all) != 1 {
		r.t.Fatalf("there are %d groups", len(all))
	}
	return all[0]
}

// TestAGroupThroughItsAPI: the instances of a group are EC2's and join the cluster; a terminated one waits for its hook, is kept by heartbeats and goes when it is completed.
func TestAGroupThroughItsAPI(t *testing.T) {
	r := fleet(t)
	ctx := t.Context()
	g := r.fleetGroup()
	if len(g.Instances) != 2 || g.Instances[0].LifecycleState != types.LifecycleStateInService || *g.LaunchTemplate.Version != "$Latest" || *g.Instances[0].LaunchTemplate.Version != "1" || len(g.Tags) != 2 {
		t.Fatalf("the group is %+v", g)
	}
	if hosts := must(r.ecs.ListContainerInstances(ctx, &ecs.ListContainerInstancesInput{Cluster: aws.String("prod")})).ContainerInstanceArns; len(hosts) != 2 {
		t.Errorf("%d instances joined", len(hosts))
	}
	id := *g.Instances[0].InstanceId
	_, body := r.ec2("DescribeInstances", "InstanceId.1", id)
	for _, want := range []string{"<name>running</name>", "<key>team</key><value>web</value>", "<key>aws:autoscaling:groupName</key>", "<groupId>sg-1</groupId>", "<subnetId>subnet-a</subnetId>"} {
		if !strings.Contains(body, want) {
			t.Errorf("DescribeInstances lacks %s: %s", want, body)
		}
	}
	if strings.Contains(body, "<key>own</key>") {
		t.Error("a tag that is not to be propagated is")
	}
	hook := must(r.groups.DescribeLifecycleHooks(ctx, &autoscaling.DescribeLifecycleHooksInput{AutoScalingGroupName: aws.String("web")})).LifecycleHooks[0]
	if *hook.GlobalTimeout != 90000 || *hook.DefaultResult != "ABANDON" {
		t.Errorf("the hook is %+v", hook)
	}
	activity := must(r.groups.TerminateInstanceInAutoScalingGroup(ctx, &autoscaling.TerminateInstanceInAutoScalingGroupInput{InstanceId: &id, ShouldDecrementDesiredCapacity: aws.Bool(true)})).Activity
	if activity.StatusCode != types.ScalingActivityStatusCodeMidLifecycleAction {
		t.Errorf("the activity is %+v", activity)
	}
	for range 3 {
		r.pass(14 * time.Minute)
		must(r.groups.RecordLifecycleActionHeartbeat(ctx, &autoscaling.RecordLifecycleActionHeartbeatInput{AutoScalingGroupName: aws.String("web"), LifecycleHookName: aws.String("drain"), InstanceId: &id}))
	}
	if state := must(r.groups.DescribeAutoScalingInstances(ctx, &autoscaling.DescribeAutoScalingInstancesInput{InstanceIds: []string{id}})).AutoScalingInstances[0].LifecycleState; *state != "Terminating:Wait" {
		t.Errorf("after 42 minutes it is %s", *state)
	}
	complete := &autoscaling.CompleteLifecycleActionInput{AutoScalingGroupName: aws.String("web"), LifecycleHookName: aws.String("drain"), InstanceId: &id, LifecycleActionResult: aws.String("CONTINUE")}
	must(r.groups.CompleteLifecycleAction(ctx, complete))
	r.pass(2 * time.Minute)
	if g := r.fleetGroup(); len(g.Instances) != 1 || *g.DesiredCapacity != 1 {
		t.Errorf("the group is %+v", g)
	}
	_, err := r.groups.CompleteLifecycleAction(ctx, complete)
	if got, want := code(err), "ValidationError: No active Lifecycle Action found with instance ID "+id; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if hosts := must(r.ecs.ListContainerInstances(ctx, &ecs.ListContainerInstancesInput{Cluster: aws.String("prod")})).ContainerInstanceArns; len(hosts) != 1 {
		t.Errorf("%d instances are left in the cluster", len(hosts))
	}
	if all := must(r.groups.DescribeScalingActivities(ctx, &autoscaling.DescribeScalingActivitiesInput{AutoScalingGroupName: aws.String("web")})).Activities; len(all) != 3 || all[0].StatusCode != types.ScalingActivityStatusCodeSuccessful {
		t.Errorf("the activities are %+v", all)
	}
}

// TestAGroupIsChanged by the other operations, each as the SDK's client sends it.
func TestAGroupIsChanged(t *testing.T) {
	r := fleet(t)
	ctx, web := t.Context(), aws.String("web")
	id := *r.fleetGroup().Instances[0].InstanceId
	must(r.groups.SetInstanceProtection(ctx, &autoscaling.SetInstanceProtectionInput{AutoScalingGroupName: web, InstanceIds: []string{id}, ProtectedFromScaleIn: aws.Bool(true)}))
	must(r.groups.PutLifecycleHook(ctx, &autoscaling.PutLifecycleHookInput{AutoScalingGroupName: web, LifecycleHookName: aws.String("drain"), HeartbeatTimeout: aws.Int32(1800), DefaultResult: aws.String("CONTINUE")}))
	must(r.groups.EnterStandby(ctx, &autoscaling.EnterStandbyInput{AutoScalingGroupName: web, InstanceIds: []string{id}, ShouldDecrementDesiredCapacity: aws.Bool(true)}))
	must(r.groups.ExitStandby(ctx, &autoscaling.ExitStandbyInput{AutoScalingGroupName: web, InstanceIds: []string{id}}))
	must(r.groups.SuspendProcesses(ctx, &autoscaling.SuspendProcessesInput{AutoScalingGroupName: web, ScalingProcesses: []string{"Launch"}}))
	must(r.groups.UpdateAutoScalingGroup(ctx, &autoscaling.UpdateAutoScalingGroupInput{AutoScalingGroupName: web, MaxSize: aws.Int32(5), DefaultInstanceWarmup: aws.Int32(60), HealthCheckType: aws.String("ELB")}))
	must(r.groups.CreateOrUpdateTags(ctx, &autoscaling.CreateOrUpdateTagsInput{Tags: []types.Tag{{Key: aws.String("handover:id"), Value: aws.String("1"), ResourceId: web, ResourceType: aws.String("auto-scaling-group"), PropagateAtLaunch: aws.Bool(false)}}}))
	must(r.groups.DeleteTags(ctx, &autoscaling.DeleteTagsInput{Tags: []types.Tag{{Key: aws.String("own"), ResourceId: web, ResourceType: aws.String("auto-scaling-group")}}}))
	must(r.groups.SetDesiredCapacity(ctx, &autoscaling.SetDesiredCapacityInput{AutoScalingGroupName: web, DesiredCapacity: aws.Int32(4)}))
	r.pass(5 * time.Minute)
	g := r.fleetGroup()
	if len(g.Instances) != 2 || *g.MaxSize != 5 || *g.DefaultInstanceWarmup != 60 || *g.HealthCheckType != "ELB" || *g.SuspendedProcesses[0].ProcessName != "Launch" || !*g.Instances[0].ProtectedFromScaleIn {
		t.Errorf("the group is %+v", g)
	}
	tags := must(r.groups.DescribeTags(ctx, &autoscaling.DescribeTagsInput{Filters: []types.Filter{{Name: aws.String("auto-scaling-group"), Values: []string{"web"}}}})).Tags
	if len(tags) != 2 || *tags[0].Key != "handover:id" || *tags[0].PropagateAtLaunch {
		t.Errorf("the tags are %+v", tags)
	}
	must(r.groups.ResumeProcesses(ctx, &autoscaling.ResumeProcessesInput{AutoScalingGroupName: web}))
	r.pass(5 * time.Minute)
	if n := len(r.fleetGroup().Instances); n != 4 {
		t.Errorf("%d instances, want 4", n)
	}
	refresh := must(r.groups.StartInstanceRefresh(ctx, &autoscaling.StartInstanceRefreshInput{AutoScalingGroupName: web, Preferences: &types.RefreshPreferences{MinHealthyPercentage: aws.Int32(50)}})).InstanceRefreshId
	_, err := r.groups.StartInstanceRefresh(ctx, &autoscaling.StartInstanceRefreshInput{AutoScalingGroupName: web})
	wantCode(t, err, "InstanceRefreshInProgress")
	must(r.groups.CancelInstanceRefresh(ctx, &autoscaling.CancelInstanceRefreshInput{AutoScalingGroupName: web}))
	if all := must(r.groups.DescribeInstanceRefreshes(ctx, &autoscaling.DescribeInstanceRefreshesInput{AutoScalingGroupName: web})).InstanceRefreshes; *all[0].InstanceRefreshId != *refresh || all[0].Status != types.InstanceRefreshStatusCancelled {
		t.Errorf("the refreshes are %+v", all)
	}
	_, err = r.groups.DeleteAutoScalingGroup(ctx, &autoscaling.DeleteAutoScalingGroupInput{AutoScalingGroupName: web})
	wantCode(t, err, "ResourceInUse")
	must(r.groups.DeleteLifecycleHook(ctx, &autoscaling.DeleteLifecycleHookInput{AutoScalingGroupName: web, LifecycleHookName: aws.String("drain")}))
	must(r.groups.DeleteAutoScalingGroup(ctx, &autoscaling.DeleteAutoScalingGroupInput{AutoScalingGroupName: web, ForceDelete: aws.Bool(true)}))
	r.pass(2 * time.Minute)
	if all := must(r.groups.DescribeAutoScalingGroups(ctx, &autoscaling.DescribeAutoScalingGroupsInput{})).AutoScalingGroups; len(all) != 0 {
		t.Errorf("groups are left: %+v", all)
	}
}

func TestGroupErrors(t *testing.T) {
	r := fleet(t)
	ctx, web := t.Context(), aws.String("web")
	hosts := &types.LaunchTemplateSpecification{LaunchTemplateName: aws.String("hosts")}
	for want, call := range map[string]func() error{
		"AlreadyExists: AutoScalingGroup by this name already exists - A group with the name web already exists": func() error {
			_, err := r.groups.CreateAutoScalingGroup(ctx, &autoscaling.CreateAutoScalingGroupInput{AutoScalingGroupName: web, MinSize: aws.Int32(0), MaxSize: aws.Int32(1), LaunchTemplate: hosts, AvailabilityZones: []string{"eu-west-1a"}})
			return err
		},
		"ValidationError: AutoScalingGroup name not found - AutoScalingGroup 'no' not found": func() error {
			_, err := r.groups.SetDesiredCapacity(ctx, &autoscaling.SetDesiredCapacityInput{AutoScalingGroupName: aws.String("no"), DesiredCapacity: aws.Int32(1)})
			return err
		},
		"ValidationError: New SetDesiredCapacity value 9 is above max value 4 for the AutoScalingGroup.": func() error {
			_, err := r.groups.SetDesiredCapacity(ctx, &autoscaling.SetDesiredCapacityInput{AutoScalingGroupName: web, DesiredCapacity: aws.Int32(9)})
			return err
		},
		"ValidationError: Heartbeat timeout must be between 30 and 7200 seconds.": func() error {
			_, err := r.groups.PutLifecycleHook(ctx, &autoscaling.PutLifecycleHookInput{AutoScalingGroupName: web, LifecycleHookName: aws.String("x"), LifecycleTransition: aws.String("autoscaling:EC2_INSTANCE_LAUNCHING"), HeartbeatTimeout: aws.Int32(10)})
			return err
		},
		"ValidationError: Instance Id not found - No managed instance found for instance ID: i-1": func() error {
			_, err := r.groups.TerminateInstanceInAutoScalingGroup(ctx, &autoscaling.TerminateInstanceInAutoScalingGroupInput{InstanceId: aws.String("i-1"), ShouldDecrementDesiredCapacity: aws.Bool(false)})
			return err
		},
		"ActiveInstanceRefreshNotFound: No in progress or pending Instance Refresh found for Auto Scaling group web": func() error {
			_, err := r.groups.CancelInstanceRefresh(ctx, &autoscaling.CancelInstanceRefreshInput{AutoScalingGroupName: web})
			return err
		},
	} {
		if got := code(call()); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// TestEC2 through the shapes of its protocol.
func TestEC2(t *testing.T) {
	r := fleet(t)
	_, body := r.ec2("RunInstances", "ImageId", "ami-1", "MinCount", "1", "MaxCount", "2", "UserData", userData("prod"), "ClientToken", "once",
		"TagSpecification.1.ResourceType", "instance", "TagSpecification.1.Tag.1.Key", "Name", "TagSpecification.1.Tag.1.Value", "by hand")
	id := between(t, body, "instanceId")
	if !strings.HasPrefix(body, `<RunInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15"><requestId>`) || strings.Count(body, "<item><instanceId>") != 2 {
		t.Errorf("RunInstances: %s", body)
	}
	if _, again := r.ec2("RunInstances", "ImageId", "ami-1", "MinCount", "1", "MaxCount", "2", "ClientToken", "once"); between(t, again, "instanceId") != id {
		t.Errorf("the same token launched others: %s", again)
	}
	r.pass(5 * time.Minute)
	if _, body := r.ec2("DescribeInstances", "Filter.1.Name", "tag:Name", "Filter.1.Value.1", "by*", "Filter.2.Name", "instance-state-name", "Filter.2.Value.1", "running"); strings.Count(body, "<reservationId>") != 1 || strings.Count(body, "<item><instanceId>") != 2 {
		t.Errorf("DescribeInstances: %s", body)
	}
	if _, body := r.ec2("TerminateInstances", "InstanceId.1", id); !strings.Contains(body, "<currentState><code>32</code><name>shutting-down</name></currentState><previousState><code>16</code>") {
		t.Errorf("TerminateInstances: %s", body)
	}
	for _, c := range []struct {
		action     string
		parameters []string
		want       string
	}{
		{"DescribeVpcs", []string{"Filter.1.Name", "is-default", "Filter.1.Value.1", "true"}, "<vpcId>vpc-0123456789abcdef0</vpcId>"},
		{"CreateVpc", []string{"CidrBlock", "10.0.0.0/16"}, "<cidrBlock>10.0.0.0/16</cidrBlock>"},
		{"DescribeSubnets", []string{"Filter.1.Name", "availability-zone", "Filter.1.Value.1", "eu-west-1b"}, "<defaultForAz>true</defaultForAz>"},
		{"CreateSubnet", []string{"VpcId", "vpc-0123456789abcdef0", "CidrBlock", "172.31.64.0/20", "AvailabilityZone", "eu-west-1c"}, "<availabilityZone>eu-west-1c</availabilityZone>"},
		{"CreateSecurityGroup", []string{"GroupName", "web", "GroupDescription", "of the web"}, "<groupId>sg-"},
		{"DescribeSecurityGroups", []string{"GroupName.1", "web"}, "<groupDescription>of the web</groupDescription>"},
		{"DescribeImages", []string{"ImageId.1", "ami-9"}, "<imageId>ami-9</imageId>"},
		{"DescribeAvailabilityZones", nil, "<zoneName>eu-west-1c</zoneName>"},
		{"DescribeLaunchTemplates", []string{"LaunchTemplateName.1", "hosts"}, "<defaultVersionNumber>1</defaultVersionNumber>"},
		{"DescribeLaunchTemplateVersions", []string{"LaunchTemplateName", "hosts", "LaunchTemplateVersion.1", "$Latest"}, "<imageId>ami-0123456789abcdef0</imageId>"},
		{"CreateLaunchTemplateVersion", []string{"LaunchTemplateName", "hosts", "SourceVersion", "1", "LaunchTemplateData.ImageId", "ami-2"}, "<versionNumber>2</versionNumber>"},
		{"DescribeInstances", []string{"InstanceId.1", "i-0000000000000000f"}, "<Response><Errors><Error><Code>InvalidInstanceID.NotFound</Code><Message>The instance ID &#39;i-0000000000000000f&#39; does not exist</Message>"},
		{"DescribeInstances", []string{"Filter.1.Name", "color", "Filter.1.Value.1", "red"}, "<Code>InvalidParameterValue</Code><Message>The filter "},
		{"RunInstances", []string{"MinCount", "1", "MaxCount", "1"}, "<Code>MissingParameter</Code>"},
		{"Fly", nil, "<Code>InvalidAction</Code>"},
	} {
		if _, body := r.ec2(c.action, c.parameters...); !strings.Contains(body, c.want) && !strings.Contains(strings.ReplaceAll(body, "'", "&#39;"), c.want) {
			t.Errorf("%s: %s", c.action, body)
		}
	}
}
