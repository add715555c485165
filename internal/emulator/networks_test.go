package emulator_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"handover/internal/emulator"
)

// network makes a network with two subnets, a security group and a gateway, in the order in which infrastructure code does.
func network(t *testing.T, r *rig) (vpc, first, second, group, gateway string) {
	t.Helper()
	_, body := r.ec2("CreateVpc", "CidrBlock", "10.0.0.0/16", "TagSpecification.1.ResourceType", "vpc", "TagSpecification.1.Tag.1.Key", "Name", "TagSpecification.1.Tag.1.Value", "main")
	vpc = between(t, body, "vpcId")
	_, body = r.ec2("CreateSubnet", "VpcId", vpc, "CidrBlock", "10.0.0.0/24", "AvailabilityZone", "eu-west-1a")
	first = between(t, body, "subnetId")
	_, body = r.ec2("CreateSubnet", "VpcId", vpc, "CidrBlock", "10.0.1.0/24", "AvailabilityZone", "eu-west-1b")
	second = between(t, body, "subnetId")
	_, body = r.ec2("CreateSecurityGroup", "GroupName", "web", "GroupDescription", "of the web", "VpcId", vpc)
	group = between(t, body, "groupId")
	_, body = r.ec2("CreateInternetGateway")
	gateway = between(t, body, "internetGatewayId")
	return vpc, first, second, group, gateway
}

// TestNetworksAsInfrastructureCodeMakesThem goes through what such code calls, one call after the other.
func TestNetworksAsInfrastructureCodeMakesThem(t *testing.T) {
	r := newRig(t, emulator.Options{})
	vpc, first, second, group, gateway := network(t, r)
	_, body := r.ec2("CreateRouteTable", "VpcId", vpc)
	table := between(t, body, "routeTableId")
	_, body = r.ec2("AssociateRouteTable", "RouteTableId", table, "SubnetId", first)
	association := between(t, body, "associationId")
	for _, c := range []struct {
		action string
		parts  []string
		want   string
	}{
		{"DescribeVpcAttribute", []string{"VpcId", vpc, "Attribute", "enableDnsHostnames"}, "<enableDnsHostnames><value>false</value></enableDnsHostnames>"},
		{"ModifyVpcAttribute", []string{"VpcId", vpc, "EnableDnsHostnames.Value", "true"}, "<return>true</return>"},
		{"DescribeVpcAttribute", []string{"VpcId", vpc, "Attribute", "enableDnsHostnames"}, "<enableDnsHostnames><value>true</value></enableDnsHostnames>"},
		{"DescribeVpcAttribute", []string{"VpcId", vpc, "Attribute", "enableDnsSupport"}, "<enableDnsSupport><value>true</value></enableDnsSupport>"},
		{"DescribeVpcs", []string{"VpcId.1", vpc}, "<tagSet><item><key>Name</key><value>main</value></item></tagSet>"},
		{"DescribeSubnets", []string{"SubnetId.1", second}, "<availableIpAddressCount>251</availableIpAddressCount>"},
		{"CreateSubnet", []string{"VpcId", vpc, "CidrBlock", "10.0.1.128/25"}, "<Code>InvalidSubnet.Conflict</Code>"},
		{"CreateSubnet", []string{"VpcId", vpc, "CidrBlock", "10.1.0.0/24"}, "<Code>InvalidSubnet.Range</Code>"},
		{"ModifySubnetAttribute", []string{"SubnetId", first, "MapPublicIpOnLaunch.Value", "true"}, "<return>true</return>"},
		{"DescribeSubnets", []string{"Filter.1.Name", "vpc-id", "Filter.1.Value.1", vpc, "Filter.2.Name", "map-public-ip-on-launch", "Filter.2.Value.1", "true"}, first},
		{"DescribeSecurityGroups", []string{"Filter.1.Name", "vpc-id", "Filter.1.Value.1", vpc, "Filter.2.Name", "group-name", "Filter.2.Value.1", "default"}, "<groupName>default</groupName>"},
		{"DescribeNetworkAcls", []string{"Filter.1.Name", "vpc-id", "Filter.1.Value.1", vpc, "Filter.2.Name", "default", "Filter.2.Value.1", "true"}, "<networkAclId>acl-"},
		{"AttachInternetGateway", []string{"InternetGatewayId", gateway, "VpcId", vpc}, "<return>true</return>"},
		{"AttachInternetGateway", []string{"InternetGatewayId", gateway, "VpcId", vpc}, "<Code>Resource.AlreadyAssociated</Code>"},
		{"DescribeInternetGateways", []string{"Filter.1.Name", "attachment.vpc-id", "Filter.1.Value.1", vpc}, gateway},
		{"DescribeRouteTables", []string{"Filter.1.Name", "vpc-id", "Filter.1.Value.1", vpc, "Filter.2.Name", "association.main", "Filter.2.Value.1", "true"}, "<gatewayId>local</gatewayId>"},
		{"CreateRoute", []string{"RouteTableId", table, "DestinationCidrBlock", "0.0.0.0/0", "GatewayId", gateway}, "<return>true</return>"},
		{"CreateRoute", []string{"RouteTableId", table, "DestinationCidrBlock", "0.0.0.0/0", "GatewayId", gateway}, "<Code>RouteAlreadyExists</Code>"},
		{"DescribeRouteTables", []string{"RouteTableId.1", table}, "<destinationCidrBlock>0.0.0.0/0</destinationCidrBlock><gatewayId>" + gateway + "</gatewayId>"},
		{"DeleteRouteTable", []string{"RouteTableId", table}, "<Code>DependencyViolation</Code>"},
		{"DisassociateRouteTable", []string{"AssociationId", association}, "<return>true</return>"},
		{"DeleteRoute", []string{"RouteTableId", table, "DestinationCidrBlock", "0.0.0.0/0"}, "<return>true</return>"},
		{"DeleteRouteTable", []string{"RouteTableId", table}, "<return>true</return>"},
		{"DeleteVpc", []string{"VpcId", vpc}, "<Code>DependencyViolation</Code>"},
		{"DeleteInternetGateway", []string{"InternetGatewayId", gateway}, "<Code>DependencyViolation</Code>"},
		{"DetachInternetGateway", []string{"InternetGatewayId", gateway, "VpcId", vpc}, "<return>true</return>"},
		{"DeleteInternetGateway", []string{"InternetGatewayId", gateway}, "<return>true</return>"},
		{"DeleteSubnet", []string{"SubnetId", first}, "<return>true</return>"},
		{"DeleteSubnet", []string{"SubnetId", second}, "<return>true</return>"},
		{"DeleteSecurityGroup", []string{"GroupId", group}, "<return>true</return>"},
		{"DeleteVpc", []string{"VpcId", vpc}, "<return>true</return>"},
		{"DescribeVpcs", []string{"VpcId.1", vpc}, "<Code>InvalidVpcID.NotFound</Code>"},
	} {
		if _, body := r.ec2(c.action, c.parts...); !strings.Contains(body, c.want) {
			t.Errorf("%s %v: %s", c.action, c.parts, body)
		}
	}
}

// TestSecurityGroupRules are told apart by their sources, shown together by their ports, and have ids.
func TestSecurityGroupRules(t *testing.T) {
	r := newRig(t, emulator.Options{})
	_, _, _, group, _ := network(t, r)
	_, body := r.ec2("AuthorizeSecurityGroupIngress", "GroupId", group, "IpPermissions.1.IpProtocol", "6", "IpPermissions.1.FromPort", "80", "IpPermissions.1.ToPort", "80",
		"IpPermissions.1.IpRanges.1.CidrIp", "10.0.0.0/8", "IpPermissions.1.IpRanges.2.CidrIp", "192.168.0.0/16", "IpPermissions.1.IpRanges.2.Description", "office")
	if strings.Count(body, "<securityGroupRuleId>sgr-") != 2 {
		t.Errorf("AuthorizeSecurityGroupIngress: %s", body)
	}
	rule := between(t, body, "securityGroupRuleId")
	for _, c := range []struct {
		action string
		parts  []string
		want   string
	}{
		{"AuthorizeSecurityGroupIngress", []string{"GroupId", group, "IpProtocol", "tcp", "FromPort", "80", "ToPort", "80", "CidrIp", "192.168.0.0/16"}, "<Code>InvalidPermission.Duplicate</Code>"},
		{"DescribeSecurityGroups", []string{"GroupId.1", group},
			"<fromPort>80</fromPort><toPort>80</toPort><groups></groups><ipRanges><item><cidrIp>10.0.0.0/8</cidrIp></item><item><cidrIp>192.168.0.0/16</cidrIp><description>office</description></item></ipRanges>"},
		{"DescribeSecurityGroupRules", []string{"Filter.1.Name", "group-id", "Filter.1.Value.1", group}, "<description>office</description>"},
		{"RevokeSecurityGroupIngress", []string{"GroupId", group, "SecurityGroupRuleId.1", rule}, "<return>true</return>"},
		{"DescribeSecurityGroupRules", []string{"SecurityGroupRuleId.1", rule}, "<Code>InvalidSecurityGroupRuleId.NotFound</Code>"},
		{"RevokeSecurityGroupEgress", []string{"GroupId", group, "IpPermissions.1.IpProtocol", "-1", "IpPermissions.1.FromPort", "0", "IpPermissions.1.IpRanges.1.CidrIp", "0.0.0.0/0"}, "<return>true</return>"},
		{"RevokeSecurityGroupEgress", []string{"GroupId", group, "IpPermissions.1.IpProtocol", "-1", "IpPermissions.1.Ipv6Ranges.1.CidrIpv6", "::/0"}, "<Code>InvalidPermission.NotFound</Code>"},
	} {
		if _, body := r.ec2(c.action, c.parts...); !strings.Contains(body, c.want) {
			t.Errorf("%s %v: %s", c.action, c.parts, body)
		}
	}
}

// TestSecurityGroupRulesSaySomethingElse: a rule keeps its id whatever it says later, and another one may say afterwards what it said.
func TestSecurityGroupRulesSaySomethingElse(t *testing.T) {
	r := newRig(t, emulator.Options{})
	_, _, _, group, _ := network(t, r)
	allow := func(port string) string {
		_, body := r.ec2("AuthorizeSecurityGroupIngress", "GroupId", group, "IpProtocol", "tcp", "FromPort", port, "ToPort", port, "CidrIp", "10.0.0.0/8")
		return between(t, body, "securityGroupRuleId")
	}
	first, second := allow("80"), allow("81")
	modify := func(id, port string) []string {
		return []string{"GroupId", group, "SecurityGroupRule.1.SecurityGroupRuleId", id, "SecurityGroupRule.1.SecurityGroupRule.IpProtocol", "tcp", "SecurityGroupRule.1.SecurityGroupRule.FromPort", port,
			"SecurityGroupRule.1.SecurityGroupRule.ToPort", port, "SecurityGroupRule.1.SecurityGroupRule.CidrIpv4", "10.0.0.0/8", "SecurityGroupRule.1.SecurityGroupRule.Description", "moved"}
	}
	shown := []string{"SecurityGroupRuleId.1", first}
	said := []string{"GroupId", group, "IpPermissions.1.IpProtocol", "tcp", "IpPermissions.1.FromPort", "82", "IpPermissions.1.ToPort", "82",
		"IpPermissions.1.IpRanges.1.CidrIp", "10.0.0.0/8", "IpPermissions.1.IpRanges.1.Description", "again"}
	for _, c := range []struct {
		action string
		parts  []string
		want   string
	}{
		{"ModifySecurityGroupRules", modify(first, "81"), "<Code>InvalidPermission.Duplicate</Code>"},
		{"ModifySecurityGroupRules", modify("sgr-0123456789abcdef0", "82"), "<Code>InvalidSecurityGroupRuleId.NotFound</Code>"},
		{"ModifySecurityGroupRules", modify(first, "82")[:4], "<Code>MissingParameter</Code>"},
		{"ModifySecurityGroupRules", modify(first, "82")[:6], "Must specify both from and to ports with TCP/UDP."},
		{"ModifySecurityGroupRules", modify(first, "82")[:10], "<Message>The request must contain exactly one of: cidrIp, cidrIpv6, prefixListId, or referencedGroupId</Message>"},
		{"ModifySecurityGroupRules", append(modify(first, "82"), "SecurityGroupRule.1.SecurityGroupRule.CidrIpv6", "::/0"), "<Code>InvalidParameterCombination</Code>"},
		{"ModifySecurityGroupRules", modify(first, "82"), "<return>true</return>"},
		{"DescribeSecurityGroupRules", []string{"Filter.1.Name", "group-id", "Filter.1.Value.1", "foobar"}, "<Code>InvalidGroupId.Malformed</Code>"},
		{"DescribeSecurityGroupRules", shown, "<fromPort>82</fromPort><toPort>82</toPort><cidrIpv4>10.0.0.0/8</cidrIpv4><description>moved</description>"},
		{"UpdateSecurityGroupRuleDescriptionsIngress", said, "<return>true</return>"},
		{"DescribeSecurityGroupRules", shown, "<description>again</description>"},
		{"UpdateSecurityGroupRuleDescriptionsIngress", []string{"GroupId", group, "SecurityGroupRuleDescription.1.SecurityGroupRuleId", first, "SecurityGroupRuleDescription.1.Description", "third"}, "<return>true</return>"},
		{"DescribeSecurityGroupRules", shown, "<description>third</description>"},
		{"UpdateSecurityGroupRuleDescriptionsEgress", said, "<Code>InvalidPermission.NotFound</Code>"},
	} {
		if _, body := r.ec2(c.action, c.parts...); !strings.Contains(body, c.want) {
			t.Errorf("%s %v: %s", c.action, c.parts, body)
		}
	}
	third := allow("80") // as the first once was
	if third == first || third == second {
		t.Errorf("two rules have the id %s", third)
	}
	if _, body := r.ec2("RevokeSecurityGroupIngress", "GroupId", group, "SecurityGroupRuleId.1", third, "SecurityGroupRuleId.2", first); !strings.Contains(body, "<return>true</return>") {
		t.Errorf("RevokeSecurityGroupIngress: %s", body)
	}
	if _, body := r.ec2("DescribeSecurityGroupRules", "Filter.1.Name", "group-id", "Filter.1.Value.1", group); strings.Contains(body, first) || strings.Contains(body, third) || !strings.Contains(body, second) {
		t.Errorf("what is left: %s", body)
	}
}

// TestWhatEC2SaysOfAnAccount are the calls with which infrastructure code asks about the account and about burstable instances.
func TestWhatEC2SaysOfAnAccount(t *testing.T) {
	r := newRig(t, emulator.Options{})
	_, body := r.ec2("RunInstances", "ImageId", "ami-1", "InstanceType", "t3.micro", "MinCount", "1", "MaxCount", "1")
	burstable := between(t, body, "instanceId")
	_, body = r.ec2("RunInstances", "ImageId", "ami-1", "InstanceType", "m5.large", "MinCount", "1", "MaxCount", "1")
	other := between(t, body, "instanceId")
	for _, c := range []struct {
		action string
		parts  []string
		want   string
	}{
		{"DescribeAccountAttributes", []string{"AttributeName.1", "supported-platforms"},
			"<accountAttributeSet><item><attributeName>supported-platforms</attributeName><attributeValueSet><item><attributeValue>VPC</attributeValue></item></attributeValueSet></item></accountAttributeSet>"},
		{"DescribeAccountAttributes", nil, "<attributeName>default-vpc</attributeName><attributeValueSet><item><attributeValue>vpc-"},
		{"DescribeInstanceCreditSpecifications", []string{"InstanceId.1", burstable}, "<item><instanceId>" + burstable + "</instanceId><cpuCredits>unlimited</cpuCredits></item>"},
		{"DescribeInstanceCreditSpecifications", nil, "<instanceCreditSpecificationSet><item><instanceId>" + burstable + "</instanceId><cpuCredits>unlimited</cpuCredits></item></instanceCreditSpecificationSet>"},
		{"DescribeInstanceCreditSpecifications", []string{"InstanceId.1", other}, "<Code>InvalidParameterCombination</Code>"},
	} {
		if _, body := r.ec2(c.action, c.parts...); !strings.Contains(body, c.want) {
			t.Errorf("%s %v: %s", c.action, c.parts, body)
		}
	}
}

// TestTasksAreInTheSubnetsOfTheirService: their interfaces are EC2's, and hold subnets and security groups until they are gone.
func TestTasksAreInTheSubnetsOfTheirService(t *testing.T) {
	r, ctx := newRig(t, emulator.Options{}), t.Context()
	_, first, second, group, _ := network(t, r)
	must(r.ecs.CreateCluster(ctx, &ecs.CreateClusterInput{ClusterName: aws.String("prod")}))
	must(r.ecs.RegisterTaskDefinition(ctx, definition("api")))
	in := service("api", "", 3, 100, 200)
	_, err := r.ecs.CreateService(ctx, in)
	if want := "InvalidParameterException: Error retrieving subnet information for [subnet-a]: The subnet ID 'subnet-a' does not exist (ErrorCode: InvalidSubnetID.NotFound)"; code(err) != want {
		t.Errorf("an unknown subnet: %s", code(err))
	}
	in.NetworkConfiguration.AwsvpcConfiguration.Subnets = []string{first, second}
	_, err = r.ecs.CreateService(ctx, in)
	if want := "InvalidParameterException: Error retrieving security group information for [sg-1]: The security group 'sg-1' does not exist (ErrorCode: InvalidGroup.NotFound)"; code(err) != want {
		t.Errorf("an unknown security group: %s", code(err))
	}
	in.NetworkConfiguration.AwsvpcConfiguration.SecurityGroups, in.NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp = []string{group}, types.AssignPublicIpEnabled
	must(r.ecs.CreateService(ctx, in))
	r.steady()
	shown := must(r.ecs.DescribeTasks(ctx, &ecs.DescribeTasksInput{Cluster: aws.String("prod"), Tasks: r.tasks("")}))
	for _, task := range shown.Tasks {
		details := map[string]string{}
		for _, d := range task.Attachments[0].Details {
			details[*d.Name] = *d.Value
		}
		if zones := map[string]string{first: "eu-west-1a", second: "eu-west-1b"}; zones[details["subnetId"]] != *task.AvailabilityZone {
			t.Errorf("task %s is in %s and in zone %s", *task.TaskArn, details["subnetId"], *task.AvailabilityZone)
		}
		_, body := r.ec2("DescribeNetworkInterfaces", "NetworkInterfaceId.1", details["networkInterfaceId"])
		for _, want := range []string{"<subnetId>" + details["subnetId"], "<groupId>" + group, "<macAddress>" + details["macAddress"], "<publicIp>203.0.113.", "<privateIpAddress>" + details["privateIPv4Address"]} {
			if !strings.Contains(body, want) {
				t.Errorf("DescribeNetworkInterfaces lacks %s: %s", want, body)
			}
		}
	}
	if _, body := r.ec2("DeleteSecurityGroup", "GroupId", group); !strings.Contains(body, "<Code>DependencyViolation</Code>") {
		t.Errorf("DeleteSecurityGroup with tasks: %s", body)
	}
	must(r.ecs.DeleteService(ctx, &ecs.DeleteServiceInput{Cluster: aws.String("prod"), Service: aws.String("api"), Force: aws.Bool(true)}))
	r.pass(10 * 60e9)
	if _, body := r.ec2("DeleteSecurityGroup", "GroupId", group); !strings.Contains(body, "<return>true</return>") {
		t.Errorf("DeleteSecurityGroup without tasks: %s", body)
	}
}

// TestLoadBalancersAreInTheNetworkOfTheirSubnets once EC2 has subnets.
func TestLoadBalancersAreInTheNetworkOfTheirSubnets(t *testing.T) {
	r, ctx := newRig(t, emulator.Options{}), t.Context()
	vpc, first, second, group, _ := network(t, r)
	made := must(r.elb.CreateLoadBalancer(ctx, &elbv2.CreateLoadBalancerInput{Name: aws.String("web"), Subnets: []string{second, first}, SecurityGroups: []string{group}})).LoadBalancers[0]
	if *made.VpcId != vpc || *made.AvailabilityZones[0].ZoneName != "eu-west-1b" || *made.AvailabilityZones[1].ZoneName != "eu-west-1a" {
		t.Errorf("it is in %s, %s and %s", *made.VpcId, *made.AvailabilityZones[0].ZoneName, *made.AvailabilityZones[1].ZoneName)
	}
	_, body := r.ec2("CreateSubnet", "VpcId", vpc, "CidrBlock", "10.0.2.0/24", "AvailabilityZone", "eu-west-1a")
	for want, in := range map[string]*elbv2.CreateLoadBalancerInput{
		"InvalidConfigurationRequest: A load balancer cannot be attached to multiple subnets in the same Availability Zone": {Subnets: []string{first, between(t, body, "subnetId")}},
		"SubnetNotFound: The subnet ID 'subnet-a' does not exist":                                                           {Subnets: []string{first, "subnet-a"}},
		"InvalidSecurityGroup: The security group 'sg-1' does not exist":                                                    {Subnets: []string{first, second}, SecurityGroups: []string{"sg-1"}},
	} {
		in.Name = aws.String("other")
		if _, err := r.elb.CreateLoadBalancer(ctx, in); code(err) != want {
			t.Errorf("%s, want %s", code(err), want)
		}
	}
}

// TestInstanceTypes: one table says what they have; one that it does not have is refused, and an instance without a type has the usual one.
func TestInstanceTypes(t *testing.T) {
	r := newRig(t, emulator.Options{})
	for _, c := range []struct {
		action string
		parts  []string
		want   string
	}{
		{"DescribeInstanceTypes", []string{"InstanceType.1", "m5.large"}, "<defaultVCpus>2</defaultVCpus></vCpuInfo><memoryInfo><sizeInMiB>8192</sizeInMiB>"},
		{"DescribeInstanceTypes", []string{"InstanceType.1", "m5.large", "InstanceType.2", "m5.tiny"}, "The following supplied instance types do not exist: [m5.tiny]"},
		{"DescribeInstanceTypes", []string{"Filter.1.Name", "processor-info.supported-architecture", "Filter.1.Value.1", "arm64", "MaxResults", "5"}, "<nextToken>"},
		{"DescribeInstanceTypeOfferings", []string{"LocationType", "availability-zone", "Filter.1.Name", "instance-type", "Filter.1.Value.1", "t3.micro"}, "<location>eu-west-1b</location>"},
		{"RunInstances", []string{"ImageId", "ami-0123456789abcdef0", "MinCount", "1", "MaxCount", "1"}, "<instanceType>m1.small</instanceType>"},
	} {
		if _, body := r.ec2(c.action, c.parts...); !strings.Contains(body, c.want) {
			t.Errorf("%s %q: %s", c.action, c.parts, body)
		}
	}
}

// TestInstancesStopAndStart: a stopped instance is no target, cannot be registered as one, can change its type, and comes back; one whose termination is disabled stays.
func TestInstancesStopAndStart(t *testing.T) {
	ctx, r := t.Context(), newRig(t, emulator.Options{})
	ec2 := func(want string, action string, parameters ...string) string {
		t.Helper()
		_, body := r.ec2(action, parameters...)
		if !strings.Contains(body, want) {
			t.Errorf("%s %v: %s, which lacks %s", action, parameters, body, want)
		}
		return body
	}
	vpc, subnet, _, group, _ := network(t, r)
	other := between(t, ec2("<groupId>", "CreateSecurityGroup", "GroupName", "other", "GroupDescription", "another", "VpcId", vpc), "groupId")
	body := ec2("<groupId>"+group+"</groupId>", "RunInstances", "ImageId", "ami-1", "MinCount", "1", "MaxCount", "1", "NetworkInterface.1.SubnetId", subnet, "NetworkInterface.1.SecurityGroupId.1", group, "DisableApiTermination", "true")
	id := between(t, body, "instanceId")
	arn := must(r.elb.CreateTargetGroup(ctx, &elbv2.CreateTargetGroupInput{Name: aws.String("web"), Protocol: elbtypes.ProtocolEnumHttp, Port: aws.Int32(80), VpcId: &vpc})).TargetGroups[0].TargetGroupArn
	register := &elbv2.RegisterTargetsInput{TargetGroupArn: arn, Targets: []elbtypes.TargetDescription{{Id: &id}}}
	health := func(want string) {
		t.Helper()
		h := must(r.elb.DescribeTargetHealth(ctx, &elbv2.DescribeTargetHealthInput{TargetGroupArn: arn})).TargetHealthDescriptions[0].TargetHealth
		if got := string(h.State) + " " + aws.ToString(h.Description); got != want {
			t.Errorf("the target is %q, not %q", got, want)
		}
	}
	_, err := r.elb.RegisterTargets(ctx, register)
	wantCode(t, err, "InvalidTarget") // it is pending
	r.pass(2 * time.Minute)
	must(r.elb.RegisterTargets(ctx, register))
	health("initial Target registration is in progress")
	r.pass(2 * time.Minute)
	health("healthy ")
	ec2("IncorrectInstanceState", "ModifyInstanceAttribute", "InstanceId", id, "InstanceType.Value", "m5.large")
	ec2("OperationNotPermitted", "TerminateInstances", "InstanceId.1", id)
	ec2("<return>true</return>", "RebootInstances", "InstanceId.1", id)
	ec2("<name>stopping</name>", "StopInstances", "InstanceId.1", id)
	ec2("IncorrectInstanceState", "StartInstances", "InstanceId.1", id)
	r.pass(2 * time.Minute)
	health("unused Target is in the stopped state")
	_, err = r.elb.RegisterTargets(ctx, register)
	wantCode(t, err, "InvalidTarget")
	ec2("<return>true</return>", "ModifyInstanceAttribute", "InstanceId", id, "InstanceType.Value", "m5.large")
	ec2("<return>true</return>", "ModifyInstanceAttribute", "InstanceId", id, "GroupId.1", other)
	ec2("<instanceType><value>m5.large</value></instanceType>", "DescribeInstanceAttribute", "InstanceId", id, "Attribute", "instanceType")
	ec2("<disableApiTermination><value>true</value></disableApiTermination>", "DescribeInstanceAttribute", "InstanceId", id, "Attribute", "disableApiTermination")
	ec2("<previousState><code>80</code>", "StartInstances", "InstanceId.1", id)
	r.pass(4 * time.Minute)
	health("healthy ")
	ec2("<groupId>"+other+"</groupId>", "DescribeInstances", "InstanceId.1", id)
	volume := between(t, ec2("<status>in-use</status>", "DescribeVolumes", "Filter.1.Name", "attachment.instance-id", "Filter.1.Value.1", id), "volumeId")
	ec2("<return>true</return>", "CreateTags", "ResourceId.1", volume, "Tag.1.Key", "team", "Tag.1.Value", "web")
	ec2("<resourceType>volume</resourceType>", "DescribeTags", "Filter.1.Name", "key", "Filter.1.Value.1", "team")
	ec2("<regionName>eu-west-1</regionName>", "DescribeRegions", "RegionName.1", "eu-west-1")
	ec2("<regionName>ap-east-1</regionName><regionEndpoint>ec2.ap-east-1.amazonaws.com</regionEndpoint><optInStatus>not-opted-in</optInStatus>", "DescribeRegions", "AllRegions", "true", "RegionName.1", "ap-east-1")
	ec2("<return>true</return>", "ModifyInstanceAttribute", "InstanceId", id, "DisableApiTermination.Value", "false")
	ec2("<name>shutting-down</name>", "TerminateInstances", "InstanceId.1", id)
	r.pass(2 * time.Minute)
	if left := must(r.elb.DescribeTargetHealth(ctx, &elbv2.DescribeTargetHealthInput{TargetGroupArn: arn})).TargetHealthDescriptions; len(left) != 0 {
		t.Errorf("targets of a terminated instance: %+v", left)
	}
}

// TestALaunchTemplateKeepsItsSettings: as they were given, merged with those of the version that a new one is made from; its instances have its tags and its groups.
func TestALaunchTemplateKeepsItsSettings(t *testing.T) {
	r := newRig(t, emulator.Options{})
	ec2 := func(wants []string, action string, parameters ...string) string {
		t.Helper()
		_, body := r.ec2(action, parameters...)
		for _, want := range wants {
			if !strings.Contains(body, want) {
				t.Errorf("%s: %s lacks %s", action, body, want)
			}
		}
		return body
	}
	const d = "LaunchTemplateData."
	ec2([]string{"<defaultVersionNumber>1</defaultVersionNumber>"}, "CreateLaunchTemplate", "LaunchTemplateName", "hosts", d+"ImageId", "ami-1", d+"BlockDeviceMapping.1.DeviceName", "/dev/xvda",
		d+"BlockDeviceMapping.1.Ebs.VolumeSize", "50", d+"BlockDeviceMapping.1.Ebs.Encrypted", "true", d+"MetadataOptions.HttpTokens", "required", d+"Monitoring.Enabled", "true",
		d+"NetworkInterface.1.DeviceIndex", "0", d+"NetworkInterface.1.AssociatePublicIpAddress", "false", d+"NetworkInterface.1.SecurityGroupId.1", "sg-7", d+"IamInstanceProfile.Name", "ecs",
		d+"TagSpecification.1.ResourceType", "instance", d+"TagSpecification.1.Tag.1.Key", "team", d+"TagSpecification.1.Tag.1.Value", "web", d+"DisableApiTermination", "true")
	kept := []string{"<deviceName>/dev/xvda</deviceName>", "<volumeSize>50</volumeSize>", "<encrypted>true</encrypted>", "<httpTokens>required</httpTokens>", "<monitoring><enabled>true</enabled></monitoring>",
		"<associatePublicIpAddress>false</associatePublicIpAddress>", "<groupId>sg-7</groupId>", "<iamInstanceProfile><name>ecs</name></iamInstanceProfile>",
		"<tagSpecificationSet><item><resourceType>instance</resourceType><tagSet><item><key>team</key><value>web</value></item></tagSet></item></tagSpecificationSet>", "<disableApiTermination>true</disableApiTermination>"}
	ec2(kept, "DescribeLaunchTemplateVersions", "LaunchTemplateName", "hosts")
	ec2(append(kept[:3:3], "<httpTokens>optional</httpTokens>"), "CreateLaunchTemplateVersion", "LaunchTemplateName", "hosts", "SourceVersion", "1", d+"MetadataOptions.HttpTokens", "optional")
	body := ec2([]string{"<groupId>sg-7</groupId>", "<key>team</key>"}, "RunInstances", "LaunchTemplate.LaunchTemplateName", "hosts", "MinCount", "1", "MaxCount", "1")
	id := between(t, body, "instanceId")
	ec2([]string{"OperationNotPermitted"}, "TerminateInstances", "InstanceId.1", id)
	ec2([]string{"<return>true</return>"}, "ModifyInstanceAttribute", "InstanceId", id, "DisableApiTermination.Value", "false")
	ec2([]string{"shutting-down"}, "TerminateInstances", "InstanceId.1", id)
}
