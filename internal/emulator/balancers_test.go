package emulator_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"handover/internal/emulator"
)

func (r *rig) balancer(name string) types.LoadBalancer {
	return must(r.elb.CreateLoadBalancer(r.t.Context(), &elbv2.CreateLoadBalancerInput{Name: &name, Subnets: []string{"subnet-a", "subnet-b"}})).LoadBalancers[0]
}

func (r *rig) group(name string) string {
	return *must(r.elb.CreateTargetGroup(r.t.Context(), &elbv2.CreateTargetGroupInput{Name: &name, Protocol: types.ProtocolEnumHttp, Port: aws.Int32(80), VpcId: aws.String("vpc-1")})).TargetGroups[0].TargetGroupArn
}

func forward(group string) []types.Action {
	return []types.Action{{Type: types.ActionTypeEnumForward, TargetGroupArn: &group}}
}

func path(pattern string) []types.RuleCondition {
	return []types.RuleCondition{{Field: aws.String("path-pattern"), Values: []string{pattern}}}
}

func (r *rig) listener(balancer *string, port int32, actions []types.Action) types.Listener {
	return must(r.elb.CreateListener(r.t.Context(), &elbv2.CreateListenerInput{LoadBalancerArn: balancer, Port: &port, Protocol: types.ProtocolEnumHttp, DefaultActions: actions})).Listeners[0]
}

func TestLoadBalancerComesBack(t *testing.T) {
	r := newRig(t, emulator.Options{})
	made := r.balancer("web")
	if made.State.Code != types.LoadBalancerStateEnumProvisioning {
		t.Errorf("the answer says %s, want provisioning", made.State.Code)
	}
	if err := elbv2.NewLoadBalancerAvailableWaiter(r.elb).Wait(t.Context(), &elbv2.DescribeLoadBalancersInput{LoadBalancerArns: []string{*made.LoadBalancerArn}}, time.Second); err != nil {
		t.Error(err)
	}
	b := must(r.elb.DescribeLoadBalancers(t.Context(), &elbv2.DescribeLoadBalancersInput{Names: []string{"web"}})).LoadBalancers[0]
	if *b.LoadBalancerArn != *made.LoadBalancerArn || !strings.HasPrefix(*b.LoadBalancerArn, "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/web/") {
		t.Errorf("ARNs %s and %s", *b.LoadBalancerArn, *made.LoadBalancerArn)
	}
	if !strings.HasPrefix(*b.DNSName, "web-") || !strings.HasSuffix(*b.DNSName, ".eu-west-1.elb.amazonaws.com") || *b.CanonicalHostedZoneId != "Z32O12XQLNTSW2" {
		t.Errorf("DNS name %s in zone %s", *b.DNSName, *b.CanonicalHostedZoneId)
	}
	if b.Scheme != types.LoadBalancerSchemeEnumInternetFacing || b.IpAddressType != types.IpAddressTypeIpv4 || !b.CreatedTime.Equal(morning) || *b.AvailabilityZones[1].ZoneName != "eu-west-1b" {
		t.Errorf("the load balancer came back as %+v", b)
	}
	if same := r.balancer("web"); *same.LoadBalancerArn != *b.LoadBalancerArn {
		t.Errorf("the same request gave %s, want the same load balancer", *same.LoadBalancerArn)
	}
	must(r.elb.DeleteLoadBalancer(t.Context(), &elbv2.DeleteLoadBalancerInput{LoadBalancerArn: b.LoadBalancerArn}))
	must(r.elb.DeleteLoadBalancer(t.Context(), &elbv2.DeleteLoadBalancerInput{LoadBalancerArn: b.LoadBalancerArn})) // twice is no error
	if err := elbv2.NewLoadBalancersDeletedWaiter(r.elb).Wait(t.Context(), &elbv2.DescribeLoadBalancersInput{LoadBalancerArns: []string{*b.LoadBalancerArn}}, time.Second); err != nil {
		t.Error(err)
	}
	if again := r.balancer("web"); *again.LoadBalancerArn == *b.LoadBalancerArn {
		t.Error("a load balancer that is made again has the ARN of the former one")
	}
}

func TestNetworkLoadBalancersOfChina(t *testing.T) {
	r := newRig(t, emulator.Options{})
	b := must(r.in("cn-northwest-1").elb.CreateLoadBalancer(t.Context(), &elbv2.CreateLoadBalancerInput{
		Name: aws.String("n"), Type: types.LoadBalancerTypeEnumNetwork, Scheme: types.LoadBalancerSchemeEnumInternal,
		SubnetMappings: []types.SubnetMapping{{SubnetId: aws.String("subnet-a"), PrivateIPv4Address: aws.String("10.0.0.9")}}})).LoadBalancers[0]
	id := (*b.LoadBalancerArn)[strings.LastIndex(*b.LoadBalancerArn, "/")+1:]
	if want := "n-" + id + ".elb.cn-northwest-1.amazonaws.com.cn"; *b.DNSName != want || *b.CanonicalHostedZoneId != "ZQEIKTCZ8352D" || !strings.HasPrefix(*b.LoadBalancerArn, "arn:aws-cn:") {
		t.Errorf("%s, %s in %s; want %s", *b.LoadBalancerArn, *b.DNSName, *b.CanonicalHostedZoneId, want)
	}
	if a := b.AvailabilityZones[0].LoadBalancerAddresses; len(a) != 1 || *a[0].PrivateIPv4Address != "10.0.0.9" {
		t.Errorf("addresses %+v", a)
	}
}

func TestLoadBalancerSettings(t *testing.T) {
	r := newRig(t, emulator.Options{})
	arn := r.balancer("web").LoadBalancerArn
	must(r.elb.SetSubnets(t.Context(), &elbv2.SetSubnetsInput{LoadBalancerArn: arn, Subnets: []string{"subnet-c", "subnet-d", "subnet-e"}}))
	must(r.elb.SetSecurityGroups(t.Context(), &elbv2.SetSecurityGroupsInput{LoadBalancerArn: arn, SecurityGroups: []string{"sg-9"}}))
	must(r.elb.SetIpAddressType(t.Context(), &elbv2.SetIpAddressTypeInput{LoadBalancerArn: arn, IpAddressType: types.IpAddressTypeDualstack}))
	b := must(r.elb.DescribeLoadBalancers(t.Context(), &elbv2.DescribeLoadBalancersInput{})).LoadBalancers[0]
	if len(b.AvailabilityZones) != 3 || !slices.Equal(b.SecurityGroups, []string{"sg-9"}) || b.IpAddressType != types.IpAddressTypeDualstack {
		t.Errorf("after the changes: %+v", b)
	}
	set := func(key, text string) error {
		_, err := r.elb.ModifyLoadBalancerAttributes(t.Context(), &elbv2.ModifyLoadBalancerAttributesInput{LoadBalancerArn: arn, Attributes: []types.LoadBalancerAttribute{{Key: &key, Value: &text}}})
		return err
	}
	if err := set("idle_timeout.timeout_seconds", "90"); err != nil {
		t.Error(err)
	}
	if err := set("deletion_protection.enabled", "true"); err != nil {
		t.Error(err)
	}
	all := map[string]string{}
	for _, a := range must(r.elb.DescribeLoadBalancerAttributes(t.Context(), &elbv2.DescribeLoadBalancerAttributesInput{LoadBalancerArn: arn})).Attributes {
		all[*a.Key] = *a.Value
	}
	if all["idle_timeout.timeout_seconds"] != "90" || all["routing.http2.enabled"] != "true" || all["deletion_protection.enabled"] != "true" {
		t.Errorf("attributes: %v", all)
	}
	_, err := r.elb.DeleteLoadBalancer(t.Context(), &elbv2.DeleteLoadBalancerInput{LoadBalancerArn: arn})
	if got, want := code(err), "OperationNotPermitted: Load balancer '"+*arn+"' cannot be deleted because deletion protection is enabled"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := code(set("x", "y")), "ValidationError: Load balancer attribute key 'x' is not recognized"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestListenersAndTheirDefaultRule(t *testing.T) {
	r := newRig(t, emulator.Options{})
	b, web, api := r.balancer("web").LoadBalancerArn, r.group("web"), r.group("api")
	l := r.listener(b, 80, forward(web))
	if *l.DefaultActions[0].ForwardConfig.TargetGroups[0].Weight != 1 || *l.DefaultActions[0].TargetGroupArn != web {
		t.Errorf("default actions %+v", l.DefaultActions)
	}
	if same := r.listener(b, 80, forward(web)); *same.ListenerArn != *l.ListenerArn {
		t.Errorf("the same request gave %s, want %s", *same.ListenerArn, *l.ListenerArn)
	}
	must(r.elb.ModifyListener(t.Context(), &elbv2.ModifyListenerInput{ListenerArn: l.ListenerArn, Port: aws.Int32(443), Protocol: types.ProtocolEnumHttps,
		Certificates: []types.Certificate{{CertificateArn: aws.String("arn:aws:acm:eu-west-1:123456789012:certificate/1")}}, DefaultActions: forward(api)}))
	l = must(r.elb.DescribeListeners(t.Context(), &elbv2.DescribeListenersInput{LoadBalancerArn: b})).Listeners[0]
	if *l.Port != 443 || *l.SslPolicy != "ELBSecurityPolicy-2016-08" || *l.DefaultActions[0].TargetGroupArn != api {
		t.Errorf("after the change: %+v", l)
	}
	rules := must(r.elb.DescribeRules(t.Context(), &elbv2.DescribeRulesInput{ListenerArn: l.ListenerArn})).Rules
	if len(rules) != 1 || *rules[0].Priority != "default" || !*rules[0].IsDefault || *rules[0].Actions[0].TargetGroupArn != api {
		t.Errorf("rules: %+v", rules)
	}
	must(r.elb.ModifyListenerAttributes(t.Context(), &elbv2.ModifyListenerAttributesInput{ListenerArn: l.ListenerArn, Attributes: []types.ListenerAttribute{
		{Key: aws.String("routing.http.response.server.enabled"), Value: aws.String("false")}}}))
	found := false
	for _, a := range must(r.elb.DescribeListenerAttributes(t.Context(), &elbv2.DescribeListenerAttributesInput{ListenerArn: l.ListenerArn})).Attributes {
		found = found || *a.Key == "routing.http.response.server.enabled" && *a.Value == "false"
	}
	if !found {
		t.Error("a listener attribute did not come back")
	}
	must(r.elb.DeleteListener(t.Context(), &elbv2.DeleteListenerInput{ListenerArn: l.ListenerArn}))
	_, err := r.elb.DescribeRules(t.Context(), &elbv2.DescribeRulesInput{RuleArns: []string{*rules[0].RuleArn}})
	if got := code(err); got != "RuleNotFound: One or more rules not found" {
		t.Errorf("the default rule of a listener that is gone: %q", got)
	}
}

func TestRulesAreInTheOrderOfTheirPriorities(t *testing.T) {
	r := newRig(t, emulator.Options{})
	b, web := r.balancer("web").LoadBalancerArn, r.group("web")
	l := r.listener(b, 80, []types.Action{{Type: types.ActionTypeEnumFixedResponse, FixedResponseConfig: &types.FixedResponseActionConfig{StatusCode: aws.String("404")}}})
	arns := map[int32]string{}
	for _, p := range []int32{20, 3, 100} {
		made := must(r.elb.CreateRule(t.Context(), &elbv2.CreateRuleInput{ListenerArn: l.ListenerArn, Priority: &p, Conditions: path("/x"), Actions: forward(web)})).Rules[0]
		if !slices.Equal(made.Conditions[0].PathPatternConfig.Values, []string{"/x"}) {
			t.Errorf("condition %+v", made.Conditions[0])
		}
		arns[p] = *made.RuleArn
	}
	priorities := func() string {
		var all []string
		for p := elbv2.NewDescribeRulesPaginator(r.elb, &elbv2.DescribeRulesInput{ListenerArn: l.ListenerArn, PageSize: aws.Int32(1)}); p.HasMorePages(); {
			for _, rule := range must(p.NextPage(t.Context())).Rules {
				all = append(all, *rule.Priority)
			}
		}
		return strings.Join(all, " ")
	}
	if got := priorities(); got != "3 20 100 default" {
		t.Errorf("pages of one: %s", got)
	}
	must(r.elb.SetRulePriorities(t.Context(), &elbv2.SetRulePrioritiesInput{RulePriorities: []types.RulePriorityPair{
		{RuleArn: aws.String(arns[3]), Priority: aws.Int32(20)}, {RuleArn: aws.String(arns[20]), Priority: aws.Int32(3)}}}))
	swapped := must(r.elb.DescribeRules(t.Context(), &elbv2.DescribeRulesInput{RuleArns: []string{arns[20]}})).Rules[0]
	if *swapped.Priority != "3" {
		t.Errorf("after the swap: %s", *swapped.Priority)
	}
	_, err := r.elb.SetRulePriorities(t.Context(), &elbv2.SetRulePrioritiesInput{RulePriorities: []types.RulePriorityPair{
		{RuleArn: aws.String(arns[3]), Priority: aws.Int32(7)}, {RuleArn: aws.String(arns[20]), Priority: aws.Int32(100)}}})
	if got := code(err); got != "PriorityInUse: Priority '100' is currently in use" || priorities() != "3 20 100 default" {
		t.Errorf("a priority that is taken: %q, and then %s", got, priorities())
	}
	must(r.elb.ModifyRule(t.Context(), &elbv2.ModifyRuleInput{RuleArn: aws.String(arns[100]), Conditions: []types.RuleCondition{
		{Field: aws.String("http-request-method"), HttpRequestMethodConfig: &types.HttpRequestMethodConditionConfig{Values: []string{"GET"}}}}}))
	must(r.elb.DeleteRule(t.Context(), &elbv2.DeleteRuleInput{RuleArn: aws.String(arns[3])}))
	if got := priorities(); got != "3 100 default" {
		t.Errorf("after one is deleted: %s", got)
	}
}

func TestTargetGroupsKnowTheirLoadBalancer(t *testing.T) {
	r := newRig(t, emulator.Options{})
	b, web, api, other := r.balancer("web").LoadBalancerArn, r.group("web"), r.group("api"), r.group("other")
	l := r.listener(b, 80, forward(web))
	rule := must(r.elb.CreateRule(t.Context(), &elbv2.CreateRuleInput{ListenerArn: l.ListenerArn, Priority: aws.Int32(1), Conditions: path("/api/*"), Actions: forward(api)})).Rules[0]
	of := must(r.elb.DescribeTargetGroups(t.Context(), &elbv2.DescribeTargetGroupsInput{LoadBalancerArn: b})).TargetGroups
	if len(of) != 2 || *of[0].TargetGroupName != "api" || !slices.Equal(of[0].LoadBalancerArns, []string{*b}) {
		t.Errorf("groups of the load balancer: %+v", of)
	}
	if g := must(r.elb.DescribeTargetGroups(t.Context(), &elbv2.DescribeTargetGroupsInput{Names: []string{"other"}})).TargetGroups[0]; len(g.LoadBalancerArns) != 0 {
		t.Errorf("a group that nobody uses is of %v", g.LoadBalancerArns)
	}
	remove := func(arn string) error {
		_, err := r.elb.DeleteTargetGroup(t.Context(), &elbv2.DeleteTargetGroupInput{TargetGroupArn: &arn})
		return err
	}
	for _, arn := range []string{web, api} {
		if got, want := code(remove(arn)), "ResourceInUse: Target group '"+arn+"' is currently in use by a listener or a rule"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	must(r.elb.DeleteRule(t.Context(), &elbv2.DeleteRuleInput{RuleArn: rule.RuleArn}))
	if err := remove(api); err != nil {
		t.Error(err)
	}
	must(r.elb.DeleteLoadBalancer(t.Context(), &elbv2.DeleteLoadBalancerInput{LoadBalancerArn: b}))
	for _, arn := range []string{web, other} {
		if err := remove(arn); err != nil {
			t.Error(err)
		}
	}
}

func TestLoadBalancersArePagedAndTagged(t *testing.T) {
	r := newRig(t, emulator.Options{})
	for _, name := range []string{"c", "a", "b"} {
		r.balancer(name)
	}
	names := ""
	for p := elbv2.NewDescribeLoadBalancersPaginator(r.elb, &elbv2.DescribeLoadBalancersInput{PageSize: aws.Int32(1)}); p.HasMorePages(); {
		for _, b := range must(p.NextPage(t.Context())).LoadBalancers {
			names += *b.LoadBalancerName
		}
	}
	if names != "abc" {
		t.Errorf("pages of one gave %q", names)
	}
	b := r.balancer("a").LoadBalancerArn
	l := r.listener(b, 80, forward(r.group("web"))).ListenerArn
	rule := must(r.elb.DescribeRules(t.Context(), &elbv2.DescribeRulesInput{ListenerArn: l})).Rules[0].RuleArn
	for _, arn := range []string{*b, *l, *rule} {
		must(r.elb.AddTags(t.Context(), &elbv2.AddTagsInput{ResourceArns: []string{arn}, Tags: []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}}}))
	}
	tags := must(r.elb.DescribeTags(t.Context(), &elbv2.DescribeTagsInput{ResourceArns: []string{*b, *l, *rule}})).TagDescriptions
	if len(tags) != 3 || *tags[2].Tags[0].Value != "v" {
		t.Errorf("tags: %+v", tags)
	}
	must(r.elb.RemoveTags(t.Context(), &elbv2.RemoveTagsInput{ResourceArns: []string{*l}, TagKeys: []string{"k"}}))
}

func TestLoadBalancerErrors(t *testing.T) {
	r := newRig(t, emulator.Options{})
	b, other, web := r.balancer("web").LoadBalancerArn, r.balancer("other").LoadBalancerArn, r.group("web")
	l := r.listener(b, 80, forward(web))
	r.listener(b, 81, forward(web))
	must(r.elb.CreateRule(t.Context(), &elbv2.CreateRuleInput{ListenerArn: l.ListenerArn, Priority: aws.Int32(5), Conditions: path("/"), Actions: forward(web)}))
	byDefault := must(r.elb.DescribeRules(t.Context(), &elbv2.DescribeRulesInput{ListenerArn: l.ListenerArn})).Rules[1].RuleArn
	create := func(name string, subnets ...string) error {
		_, err := r.elb.CreateLoadBalancer(t.Context(), &elbv2.CreateLoadBalancerInput{Name: &name, Subnets: subnets})
		return err
	}
	listen := func(of *string, port int32, protocol types.ProtocolEnum, actions []types.Action) error {
		_, err := r.elb.CreateListener(t.Context(), &elbv2.CreateListenerInput{LoadBalancerArn: of, Port: &port, Protocol: protocol, DefaultActions: actions})
		return err
	}
	rule := func(priority int32, conditions []types.RuleCondition) error {
		_, err := r.elb.CreateRule(t.Context(), &elbv2.CreateRuleInput{ListenerArn: l.ListenerArn, Priority: &priority, Conditions: conditions, Actions: forward(web)})
		return err
	}
	_, twice := r.elb.ModifyListener(t.Context(), &elbv2.ModifyListenerInput{ListenerArn: l.ListenerArn, Port: aws.Int32(81)})
	_, modified := r.elb.ModifyRule(t.Context(), &elbv2.ModifyRuleInput{RuleArn: byDefault, Actions: forward(web)})
	_, deleted := r.elb.DeleteRule(t.Context(), &elbv2.DeleteRuleInput{RuleArn: byDefault})
	_, gone := r.elb.DescribeListeners(t.Context(), &elbv2.DescribeListenersInput{LoadBalancerArn: aws.String(strings.Replace(*b, "web", "none", 1))})
	_, neither := r.elb.DescribeListeners(t.Context(), &elbv2.DescribeListenersInput{})
	_, noListener := r.elb.DeleteListener(t.Context(), &elbv2.DeleteListenerInput{ListenerArn: aws.String(*l.ListenerArn + "0")})
	_, badARN := r.elb.DeleteLoadBalancer(t.Context(), &elbv2.DeleteLoadBalancerInput{LoadBalancerArn: aws.String("web")})
	for _, c := range []struct {
		err  error
		want string
	}{
		{create("web", "subnet-x", "subnet-y"), "DuplicateLoadBalancerName: A load balancer with the same name 'web' exists, but with different settings"}, // public reports
		{create("one", "subnet-x"), "ValidationError: At least two subnets in two different Availability Zones must be specified"},                         // public reports
		{create("internal-a", "subnet-x", "subnet-y"), "ValidationError: The load balancer name 'internal-a' cannot begin with 'internal-'"},
		{create("a_b", "subnet-x", "subnet-y"), "ValidationError: The load balancer name 'a_b' can only contain characters that are alphanumeric characters and hyphens(-)"},
		{listen(b, 80, types.ProtocolEnumHttp, []types.Action{{Type: types.ActionTypeEnumRedirect, RedirectConfig: &types.RedirectActionConfig{StatusCode: types.RedirectActionStatusCodeEnumHttp301}}}),
			"DuplicateListener: A listener already exists on this port for this load balancer '" + *b + "'"}, // public reports
		{listen(b, 82, types.ProtocolEnumTcp, forward(web)), "ValidationError: Listener protocol 'TCP' must be one of 'HTTPS, HTTP'"},   // public reports
		{listen(b, 443, types.ProtocolEnumHttps, forward(web)), "ValidationError: A certificate must be specified for HTTPS listeners"}, // public reports
		{listen(b, 82, types.ProtocolEnumHttp, forward(web+"0")), "TargetGroupNotFound: One or more target groups not found"},           // public reports
		{listen(other, 80, types.ProtocolEnumHttp, forward(web)), "TargetGroupAssociationLimit: The following target groups cannot be associated with more than one load balancer: " + web},
		{twice, "ValidationError: Listener port '81' is already in use"},         // public reports
		{rule(5, path("/y")), "PriorityInUse: Priority '5' is currently in use"}, // public reports
		{rule(0, path("/y")), "ValidationError: 1 validation error detected: Value '0' at 'priority' failed to satisfy constraint: Member must have value greater than or equal to 1"},
		{rule(6, []types.RuleCondition{{Field: aws.String("moon")}}), "ValidationError: Condition field 'moon' must be one of '[http-header,http-request-method,host-header,path-pattern,source-ip,query-string]'"},
		{modified, "OperationNotPermitted: Default rule '" + *byDefault + "' cannot be modified"}, // public reports
		{deleted, "OperationNotPermitted: Default rule '" + *byDefault + "' cannot be deleted"},
		{gone, "LoadBalancerNotFound: One or more load balancers not found"}, // public reports
		{neither, "ValidationError: You must specify either listener ARNs or a load balancer ARN"},
		{noListener, "ListenerNotFound: One or more listeners not found"}, // public reports
		{badARN, "ValidationError: 'web' is not a valid load balancer ARN"},
	} {
		if got := code(c.err); got != c.want {
			t.Errorf("\n got %q\nwant %q", got, c.want)
		}
	}
}
