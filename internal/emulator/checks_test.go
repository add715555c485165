package emulator_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"handover/internal/emulator"
)

// TestTargetGroupChecks: what CreateTargetGroup refuses of places and health checks, in AWS's words as public reports have them.
func TestTargetGroupChecks(t *testing.T) {
	r := newRig(t, emulator.Options{})
	web := func(change func(*elbv2.CreateTargetGroupInput)) *elbv2.CreateTargetGroupInput {
		in := &elbv2.CreateTargetGroupInput{Name: aws.String("web"), Protocol: types.ProtocolEnumHttp, Port: aws.Int32(80), VpcId: aws.String("vpc-1")}
		change(in)
		return in
	}
	for _, c := range []struct {
		in   *elbv2.CreateTargetGroupInput
		want string
	}{
		{web(func(in *elbv2.CreateTargetGroupInput) {
			in.HealthCheckIntervalSeconds, in.HealthCheckTimeoutSeconds = aws.Int32(5), aws.Int32(5)
		}),
			"ValidationError: Health check timeout '5' must be smaller than the interval '5'"},
		{web(func(in *elbv2.CreateTargetGroupInput) {
			in.Protocol, in.HealthCheckIntervalSeconds, in.HealthCheckTimeoutSeconds = types.ProtocolEnumTcp, aws.Int32(5), aws.Int32(6)
		}), "ValidationError: Health check timeout '6' must be smaller than or equal to the interval '5'"},
		{web(func(in *elbv2.CreateTargetGroupInput) { in.Name = aws.String("a--b") }), "ValidationError: 1 validation error detected: Value 'a--b'"},
		{web(func(in *elbv2.CreateTargetGroupInput) { in.TargetType = types.TargetTypeEnumLambda }), "ValidationError: Port cannot be specified for target groups with target type 'lambda'"},
		{&elbv2.CreateTargetGroupInput{Name: aws.String("f"), TargetType: types.TargetTypeEnumLambda, VpcId: aws.String("vpc-1")},
			"ValidationError: VPC ID cannot be specified for target groups with target type 'lambda'"},
	} {
		if _, err := r.elb.CreateTargetGroup(t.Context(), c.in); !strings.HasPrefix(code(err), c.want) {
			t.Errorf("%s, want %s", code(err), c.want)
		}
	}
	function := must(r.elb.CreateTargetGroup(t.Context(), &elbv2.CreateTargetGroupInput{Name: aws.String("f"), TargetType: types.TargetTypeEnumLambda})).TargetGroups[0]
	if function.Port != nil || function.HealthCheckPort != nil || function.Protocol != "" || *function.HealthCheckEnabled || *function.HealthCheckIntervalSeconds != 35 {
		t.Errorf("a target group of functions: %+v", function)
	}
	r.ec2("CreateVpc", "CidrBlock", "10.0.0.0/16")
	if _, err := r.elb.CreateTargetGroup(t.Context(), web(func(*elbv2.CreateTargetGroupInput) {})); code(err) != "ValidationError: The VPC ID 'vpc-1' is not found" {
		t.Errorf("a network that is not there: %s", code(err))
	}
}

// TestConditionChecks: what CreateRule refuses of conditions, in AWS's words as public reports have them.
func TestConditionChecks(t *testing.T) {
	r, ctx := newRig(t, emulator.Options{}), t.Context()
	balancer := must(r.elb.CreateLoadBalancer(ctx, &elbv2.CreateLoadBalancerInput{Name: aws.String("web"), Subnets: []string{"subnet-a", "subnet-b"}})).LoadBalancers[0]
	answer := []types.Action{{Type: types.ActionTypeEnumFixedResponse, FixedResponseConfig: &types.FixedResponseActionConfig{StatusCode: aws.String("404")}}}
	listener := must(r.elb.CreateListener(ctx, &elbv2.CreateListenerInput{LoadBalancerArn: balancer.LoadBalancerArn, Port: aws.Int32(80), Protocol: types.ProtocolEnumHttp, DefaultActions: answer})).Listeners[0]
	for want, c := range map[string]types.RuleCondition{
		"The 'host-header' field contains too many values; the limit is '1'":                                      {Field: aws.String("host-header"), Values: []string{"a", "b"}},
		"The 'HttpHeaderName' value is too long; the limit is '40'":                                               {Field: aws.String("http-header"), HttpHeaderConfig: &types.HttpHeaderConditionConfig{HttpHeaderName: aws.String(strings.Repeat("x", 41)), Values: []string{"a"}}},
		"The 'http-request-method' value is invalid; the allowed characters are A-Z, hyphen and underscore":       {Field: aws.String("http-request-method"), HttpRequestMethodConfig: &types.HttpRequestMethodConditionConfig{Values: []string{"get"}}},
		"A 'HttpRequestMethodConfig' must be specified with 'http-request-method'":                                {Field: aws.String("http-request-method")},
		"A 'Value' must be specified in 'QueryStringKeyValuePair'":                                                {Field: aws.String("query-string"), QueryStringConfig: &types.QueryStringConditionConfig{Values: []types.QueryStringKeyValuePair{{Key: aws.String("k")}}}},
		"A 'SourceIpConfig' must be specified with 'source-ip'":                                                   {Field: aws.String("source-ip")},
		"A condition value must be specified":                                                                     {Field: aws.String("path-pattern")},
		"Condition field 'x' must be one of '[http-header,http-request-method,host-header,path-pattern,source-ip": {Field: aws.String("x")},
	} {
		_, err := r.elb.CreateRule(ctx, &elbv2.CreateRuleInput{ListenerArn: listener.ListenerArn, Priority: aws.Int32(1), Actions: answer, Conditions: []types.RuleCondition{c}})
		if !strings.HasPrefix(code(err), "ValidationError: "+want) {
			t.Errorf("%s, want %s", code(err), want)
		}
	}
	answer[0].FixedResponseConfig.ContentType = aws.String("image/png")
	_, err := r.elb.ModifyListener(ctx, &elbv2.ModifyListenerInput{ListenerArn: listener.ListenerArn, DefaultActions: answer})
	if !strings.HasPrefix(code(err), "InvalidLoadBalancerAction: The ContentType must be one of:") {
		t.Errorf("a content type: %s", code(err))
	}
}

// TestCapacityReservation of a load balancer is there at once, shared out over its zones.
func TestCapacityReservation(t *testing.T) {
	r, ctx := newRig(t, emulator.Options{}), t.Context()
	arn := must(r.elb.CreateLoadBalancer(ctx, &elbv2.CreateLoadBalancerInput{Name: aws.String("web"), Subnets: []string{"subnet-a", "subnet-b"}})).LoadBalancers[0].LoadBalancerArn
	if none := must(r.elb.DescribeCapacityReservation(ctx, &elbv2.DescribeCapacityReservationInput{LoadBalancerArn: arn})); none.MinimumLoadBalancerCapacity != nil || len(none.CapacityReservationState) != 0 {
		t.Errorf("before: %+v", none)
	}
	must(r.elb.ModifyCapacityReservation(ctx, &elbv2.ModifyCapacityReservationInput{LoadBalancerArn: arn, MinimumLoadBalancerCapacity: &types.MinimumLoadBalancerCapacity{CapacityUnits: aws.Int32(200)}}))
	some := must(r.elb.DescribeCapacityReservation(ctx, &elbv2.DescribeCapacityReservationInput{LoadBalancerArn: arn}))
	if *some.MinimumLoadBalancerCapacity.CapacityUnits != 200 || len(some.CapacityReservationState) != 2 || *some.CapacityReservationState[0].EffectiveCapacityUnits != 100 {
		t.Errorf("of 200 units: %+v", some)
	}
	gone := must(r.elb.ModifyCapacityReservation(ctx, &elbv2.ModifyCapacityReservationInput{LoadBalancerArn: arn, ResetCapacityReservation: aws.Bool(true)}))
	if gone.MinimumLoadBalancerCapacity != nil {
		t.Errorf("after: %+v", gone)
	}
}

// TestQueuesCheckWhatTheyAreGiven: sizes of messages, names of attributes, and tags.
func TestQueuesCheckWhatTheyAreGiven(t *testing.T) {
	r := newRig(t, emulator.Options{})
	put := func(size string) (*sqs.CreateQueueOutput, error) {
		return r.sqs.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("small"), Attributes: map[string]string{"MaximumMessageSize": size}})
	}
	for _, size := range []string{"1023", "1048577", "some"} {
		if _, err := put(size); code(err) != "InvalidAttributeValue: Invalid value for the parameter MaximumMessageSize." {
			t.Errorf("%s bytes at most: %q", size, code(err))
		}
	}
	queue := must(put("1024")).QueueUrl
	send := func(body, attribute string) error {
		_, err := r.sqs.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: queue, MessageBody: &body,
			MessageAttributes: map[string]sqstypes.MessageAttributeValue{attribute: {DataType: aws.String("String"), StringValue: aws.String("a")}}})
		return err
	}
	if err := send(strings.Repeat("a", 1024), "a.b_c-1"); err != nil {
		t.Error(err)
	}
	if err := send(strings.Repeat("a", 1025), "a"); code(err) != "InvalidParameterValue: One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes." {
		t.Errorf("1025 bytes: %q", code(err))
	}
	for _, name := range []string{"ö", ".a", "a.", "a..b"} {
		if err := send("a", name); !strings.HasPrefix(code(err), "InvalidParameterValue: The message attribute name '"+name+"' is invalid.") {
			t.Errorf("the attribute %s: %q", name, code(err))
		}
	}
	if _, err := r.sqs.TagQueue(t.Context(), &sqs.TagQueueInput{QueueUrl: queue, Tags: map[string]string{}}); code(err) != "MissingParameter: The request must contain the parameter Tags." {
		t.Errorf("no tags: %q", code(err))
	}
}
