package emulator_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	scalingtypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"handover/internal/emulator"
)

func TestListenerCertificates(t *testing.T) {
	r := newRig(t, emulator.Options{})
	ctx := t.Context()
	balancer := must(r.elb.CreateLoadBalancer(ctx, &elbv2.CreateLoadBalancerInput{Name: aws.String("web"), Subnets: []string{"subnet-a", "subnet-b"}})).LoadBalancers[0]
	listener := func(protocol types.ProtocolEnum, port int32, certificates ...types.Certificate) *string {
		return must(r.elb.CreateListener(ctx, &elbv2.CreateListenerInput{LoadBalancerArn: balancer.LoadBalancerArn, Protocol: protocol, Port: &port, Certificates: certificates,
			DefaultActions: []types.Action{{Type: types.ActionTypeEnumFixedResponse, FixedResponseConfig: &types.FixedResponseActionConfig{StatusCode: aws.String("200")}}}})).Listeners[0].ListenerArn
	}
	one := func(name string) types.Certificate {
		return types.Certificate{CertificateArn: aws.String("arn:aws:acm:eu-west-1:123456789012:certificate/" + name)}
	}
	secure, plain := listener(types.ProtocolEnumHttps, 443, one("main")), listener(types.ProtocolEnumHttp, 80)
	added := must(r.elb.AddListenerCertificates(ctx, &elbv2.AddListenerCertificatesInput{ListenerArn: secure, Certificates: []types.Certificate{one("b"), one("a")}})).Certificates
	must(r.elb.RemoveListenerCertificates(ctx, &elbv2.RemoveListenerCertificatesInput{ListenerArn: secure, Certificates: []types.Certificate{one("b")}}))
	all := must(r.elb.DescribeListenerCertificates(ctx, &elbv2.DescribeListenerCertificatesInput{ListenerArn: secure})).Certificates
	if len(added) != 2 || len(all) != 2 || *all[0].CertificateArn != *one("main").CertificateArn || !*all[0].IsDefault || *all[1].CertificateArn != *one("a").CertificateArn || *all[1].IsDefault {
		t.Errorf("added %d; there are %+v", len(added), all)
	}
	_, err := r.elb.AddListenerCertificates(ctx, &elbv2.AddListenerCertificatesInput{ListenerArn: plain, Certificates: []types.Certificate{one("a")}})
	if got := code(err); got != "UnsupportedOperation: Certificates are only supported for HTTPS and TLS listeners" { // ours
		t.Errorf("got %q", got)
	}
}

// TestAttributesOfATargetGroupDependOnItsProtocol: a load balancer of another type has other attributes, and other kinds of stickiness.
func TestAttributesOfATargetGroupDependOnItsProtocol(t *testing.T) {
	r := newRig(t, emulator.Options{})
	for protocol, c := range map[types.ProtocolEnum]struct{ own, others, refusal string }{
		types.ProtocolEnumHttp:   {"slow_start.duration_seconds", "proxy_protocol_v2.enabled", "Stickiness type 'source_ip' is not supported for target groups with the HTTP protocol"},
		types.ProtocolEnumTcp:    {"proxy_protocol_v2.enabled", "slow_start.duration_seconds", ""},
		types.ProtocolEnumGeneve: {"target_failover.on_unhealthy", "slow_start.duration_seconds", "'source_ip' must be one of [source_ip_dest_ip_proto, source_ip_dest_ip]"},
	} {
		arn := must(r.elb.CreateTargetGroup(t.Context(), &elbv2.CreateTargetGroupInput{
			Name: aws.String("g" + string(protocol)), Protocol: protocol, Port: aws.Int32(6081), VpcId: aws.String("vpc-1"), TargetType: types.TargetTypeEnumIp,
		})).TargetGroups[0].TargetGroupArn
		there := map[string]bool{}
		for _, a := range must(r.elb.DescribeTargetGroupAttributes(t.Context(), &elbv2.DescribeTargetGroupAttributesInput{TargetGroupArn: arn})).Attributes {
			there[*a.Key] = true
		}
		if !there[c.own] || there[c.others] || !there["stickiness.type"] {
			t.Errorf("%s: %v", protocol, there)
		}
		_, err := r.elb.ModifyTargetGroupAttributes(t.Context(), &elbv2.ModifyTargetGroupAttributesInput{TargetGroupArn: arn, Attributes: []types.TargetGroupAttribute{
			{Key: aws.String("stickiness.type"), Value: aws.String("source_ip")},
		}})
		if got := code(err); c.refusal == "" && err != nil || c.refusal != "" && got != "ValidationError: "+c.refusal {
			t.Errorf("%s: got %q", protocol, got)
		}
	}
}

func TestWhatAnAccountHas(t *testing.T) {
	r := newRig(t, emulator.Options{})
	limits := must(r.elb.DescribeAccountLimits(t.Context(), &elbv2.DescribeAccountLimitsInput{})).Limits
	policies := must(r.elb.DescribeSSLPolicies(t.Context(), &elbv2.DescribeSSLPoliciesInput{Names: []string{"ELBSecurityPolicy-TLS13-1-3-2021-06"}})).SslPolicies
	if len(limits) < 15 || len(policies) != 1 || len(policies[0].Ciphers) != 3 || policies[0].SslProtocols[0] != "TLSv1.3" {
		t.Errorf("%d limits, policies %+v", len(limits), policies)
	}
	for name, want := range map[string][2]int{ // how many ciphers and versions of TLS each has
		"ELBSecurityPolicy-2016-08": {18, 3}, "ELBSecurityPolicy-TLS-1-2-2017-01": {12, 1}, "ELBSecurityPolicy-FS-1-2-2019-08": {12, 1}, "ELBSecurityPolicy-FS-1-2-Res-2020-10": {4, 1},
		"ELBSecurityPolicy-TLS13-1-2-2021-06": {11, 2}, "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09": {7, 2}, "ELBSecurityPolicy-TLS13-1-2-Ext1-2021-06": {15, 2},
		"ELBSecurityPolicy-TLS13-1-0-2021-06": {21, 4}, "ELBSecurityPolicy-TLS13-1-2-Ext0-FIPS-2023-04": {14, 2},
	} {
		found := must(r.elb.DescribeSSLPolicies(t.Context(), &elbv2.DescribeSSLPoliciesInput{Names: []string{name}})).SslPolicies[0]
		if got := [2]int{len(found.Ciphers), len(found.SslProtocols)}; got != want {
			t.Errorf("%s has %v ciphers and versions, want %v", name, got, want)
		}
	}
	balancer := r.balancer("front")
	_, err := r.elb.CreateListener(t.Context(), &elbv2.CreateListenerInput{LoadBalancerArn: balancer.LoadBalancerArn, Protocol: types.ProtocolEnumHttps, Port: aws.Int32(443), SslPolicy: aws.String("old"),
		Certificates: []types.Certificate{{CertificateArn: aws.String("arn:aws:acm:us-east-1:123456789012:certificate/a")}}, DefaultActions: []types.Action{{Type: types.ActionTypeEnumFixedResponse,
			FixedResponseConfig: &types.FixedResponseActionConfig{StatusCode: aws.String("200")}}}})
	if got := code(err); got != "SSLPolicyNotFound: SSL policy 'old' not found" {
		t.Errorf("a listener: got %q", got)
	}
	_, err = r.elb.DescribeSSLPolicies(t.Context(), &elbv2.DescribeSSLPoliciesInput{Names: []string{"none"}})
	if got := code(err); got != "SSLPolicyNotFound: SSL policy 'none' not found" {
		t.Errorf("got %q", got)
	}
	activities := must(r.scaling.DescribeScalingActivities(t.Context(), &applicationautoscaling.DescribeScalingActivitiesInput{ServiceNamespace: scalingtypes.ServiceNamespaceEcs}))
	if len(activities.ScalingActivities) != 0 {
		t.Errorf("activities %+v", activities.ScalingActivities)
	}
}
