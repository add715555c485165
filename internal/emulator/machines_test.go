package emulator_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"handover/internal/emulator"
)

// TestInstancesAreShownAsTheyWereAskedFor: in their reservation, in their subnet, with the settings of the request and of the launch template, and by the filters that clients have.
func TestInstancesAreShownAsTheyWereAskedFor(t *testing.T) {
	r := newRig(t, emulator.Options{})
	vpc, first, _, group, _ := network(t, r)
	r.ec2("ModifyVpcAttribute", "VpcId", vpc, "EnableDnsHostnames.Value", "true")
	_, body := r.ec2("CreateLaunchTemplate", "LaunchTemplateName", "hosts", "LaunchTemplateData.ImageId", "ami-1", "LaunchTemplateData.InstanceType", "m6g.large",
		"LaunchTemplateData.MetadataOptions.HttpTokens", "required", "LaunchTemplateData.BlockDeviceMapping.1.DeviceName", "/dev/xvda", "LaunchTemplateData.BlockDeviceMapping.1.Ebs.VolumeSize", "50",
		"LaunchTemplateData.BlockDeviceMapping.1.Ebs.Encrypted", "true")
	template := between(t, body, "launchTemplateId")
	_, body = r.ec2("RunInstances", "LaunchTemplate.LaunchTemplateId", template, "MinCount", "2", "MaxCount", "2", "NetworkInterface.1.DeviceIndex", "0", "NetworkInterface.1.SubnetId", first,
		"NetworkInterface.1.SecurityGroupId.1", group, "NetworkInterface.1.AssociatePublicIpAddress", "true", "Monitoring.Enabled", "true", "DisableApiStop", "true",
		"TagSpecification.1.ResourceType", "volume", "TagSpecification.1.Tag.1.Key", "of", "TagSpecification.1.Tag.1.Value", "host")
	id := between(t, body, "instanceId")
	r.pass(time.Minute)
	_, shown := r.ec2("DescribeInstances")
	if strings.Count(shown, "<reservationId>") != 1 || strings.Count(shown, "<item><instanceId>") != 2 {
		t.Errorf("two instances of one request: %s", shown)
	}
	for _, part := range []string{
		"<amiLaunchIndex>1</amiLaunchIndex>", "<privateIpAddress>10.0.0.5</privateIpAddress>", "<ipAddress>203.0.113.", "<dnsName>ec2-203-0-113-", "<architecture>arm64</architecture>", "<reason></reason>",
		"<networkInterfaceSet><item><networkInterfaceId>eni-", "<monitoring><state>enabled</state></monitoring>", "<httpTokens>required</httpTokens>", "<groupId>" + group + "</groupId>",
		"<tagSet><item><key>aws:ec2launchtemplate:id</key><value>" + template + "</value></item><item><key>aws:ec2launchtemplate:version</key><value>1</value></item></tagSet>",
	} {
		if !strings.Contains(shown, part) {
			t.Errorf("no %s in %s", part, shown)
		}
	}
	for filter, value := range map[string]string{
		"instance.group-name": "web", "network-interface.group-id": group, "network-interface.private-dns-name": "ip-10-0-0-5.eu-west-1.compute.internal", "owner-id": "123456789012",
		"architecture": "arm64", "source-dest-check": "true", "tag:aws:ec2launchtemplate:id": template, "reservation-id": between(t, shown, "reservationId"), "dns-name": "ec2-203-0-113-*",
	} {
		if _, body := r.ec2("DescribeInstances", "Filter.1.Name", filter, "Filter.1.Value.1", value); !strings.Contains(body, id) {
			t.Errorf("%s=%s does not find the instance: %s", filter, value, body)
		}
		if _, body := r.ec2("DescribeInstances", "Filter.1.Name", filter, "Filter.1.Value.1", "other"); strings.Contains(body, id) {
			t.Errorf("%s=other finds the instance", filter)
		}
	}
	for _, c := range []struct {
		action string
		parts  []string
		want   string
	}{
		{"DescribeVolumes", []string{"Filter.1.Name", "attachment.instance-id", "Filter.1.Value.1", id}, "<size>50</size>"},
		{"DescribeVolumes", []string{"Filter.1.Name", "tag:of", "Filter.1.Value.1", "host"}, "<encrypted>true</encrypted>"},
		{"DescribeInstanceAttribute", []string{"InstanceId", id, "Attribute", "disableApiStop"}, "<disableApiStop><value>true</value></disableApiStop>"},
		{"DescribeInstances", []string{"InstanceId.1", id, "MaxResults", "5"}, "<Code>InvalidParameterCombination</Code>"},
		{"RunInstances", []string{"ImageId", "ami-1", "MinCount", "1", "MaxCount", "1", "SubnetId", first, "NetworkInterface.1.DeviceIndex", "0"}, "<Code>InvalidParameterCombination</Code>"},
		{"RunInstances", []string{"ImageId", "ami-1", "MinCount", "1", "MaxCount", "1", "SecurityGroupId.1", "sg-0123456789abcdef1"}, "<Code>InvalidGroup.NotFound</Code>"},
		{"RunInstances", []string{"ImageId", "ami-1", "MinCount", "1", "MaxCount", "1", "SubnetId", first, "PrivateIpAddress", "10.0.0.77"}, "<privateIpAddress>10.0.0.77</privateIpAddress>"},
	} {
		if _, body := r.ec2(c.action, c.parts...); !strings.Contains(body, c.want) {
			t.Errorf("%s %v: %s", c.action, c.parts, body)
		}
	}
}

// TestADryRunChangesNothing, whatever it asks for.
func TestADryRunChangesNothing(t *testing.T) {
	r := newRig(t, emulator.Options{})
	if status, body := r.ec2("CreateVpc", "CidrBlock", "10.0.0.0/16", "DryRun", "true"); status != http.StatusPreconditionFailed || !strings.Contains(body, "<Code>DryRunOperation</Code>") {
		t.Errorf("%d %s", status, body)
	}
	if _, body := r.ec2("DescribeVpcs"); strings.Count(body, "<vpcId>") != 1 {
		t.Errorf("a dry run has made a network: %s", body)
	}
}

// TestWhatEC2Refuses in the words of tests that others have run against AWS.
func TestWhatEC2Refuses(t *testing.T) {
	r := newRig(t, emulator.Options{})
	vpc, _, _, group, _ := network(t, r)
	_, body := r.ec2("CreateLaunchTemplate", "LaunchTemplateName", "hosts", "LaunchTemplateData.ImageId", "ami-1")
	template := between(t, body, "launchTemplateId")
	_, body = r.ec2("CreateSecurityGroup", "GroupName", "referred to", "GroupDescription", "d", "VpcId", vpc)
	other := between(t, body, "groupId")
	many := []string{"ResourceId.1", group}
	ports := []string{"GroupId", group}
	for i := range 61 {
		n := strconv.Itoa(i + 1)
		many = append(many, "Tag."+n+".Key", n, "Tag."+n+".Value", "")
		ports = append(ports, "IpPermissions."+n+".IpProtocol", "tcp", "IpPermissions."+n+".FromPort", n, "IpPermissions."+n+".ToPort", n, "IpPermissions."+n+".IpRanges.1.CidrIp", "10.0.0.0/8")
	}
	allow := func(parts ...string) []string {
		return append([]string{"GroupId", group, "IpPermissions.1.IpProtocol", "tcp", "IpPermissions.1.FromPort", "80", "IpPermissions.1.ToPort", "80"}, parts...)
	}
	for _, c := range []struct {
		action string
		parts  []string
		want   string
	}{
		{"DescribeLaunchTemplateVersions", nil, "<Code>MissingParameter</Code>"},
		{"DescribeLaunchTemplateVersions", []string{"LaunchTemplateVersion.1", "$Latest"}, template},
		{"DescribeLaunchTemplateVersions", []string{"LaunchTemplateName", "none"}, "<Code>InvalidLaunchTemplateName.NotFoundException</Code><Message>The specified launch template, with template name none, does not exist.</Message>"},
		{"DescribeLaunchTemplateVersions", []string{"LaunchTemplateName", "hosts", "LaunchTemplateVersion.1", "3"},
			"<Code>InvalidLaunchTemplateId.VersionNotFound</Code><Message>Could not find the specified version 3 for the launch template with ID " + template + ".</Message>"},
		{"ModifyLaunchTemplate", []string{"LaunchTemplateName", "hosts", "LaunchTemplateId", template, "SetDefaultVersion", "1"}, "<Code>InvalidParameterCombination</Code>"},
		{"ModifyLaunchTemplate", []string{"LaunchTemplateName", "hosts", "SetDefaultVersion", "2"}, "<Message>The launch template version 2 is not found for the specified launch template.</Message>"},
		{"DeleteLaunchTemplate", nil, "<Message>The request must contain the parameter launch template ID or launch template name</Message>"},
		{"CreateVpc", []string{"CidrBlock", "1000.1.0.0/20"}, "<Message>Value (1000.1.0.0/20) for parameter cidrBlock is invalid. This is not a valid CIDR block.</Message>"},
		{"CreateVpc", []string{"CidrBlock", "10.1.0.0/29"}, "<Code>InvalidVpc.Range</Code>"},
		{"CreateVpc", []string{"CidrBlock", "10.1.0.0/16", "InstanceTenancy", "dedicated"}, "<instanceTenancy>dedicated</instanceTenancy>"},
		{"CreateTags", []string{"Tag.1.Key", "a"}, "<Message>The request must contain the parameter resourceIdSet</Message>"},
		{"CreateTags", []string{"ResourceId.1", "ami-blah", "Tag.1.Key", "a"}, "<Code>InvalidID</Code>"},
		{"CreateTags", []string{"ResourceId.1", "i-0123456789abcdef0", "Tag.1.Key", "a"}, "<Code>InvalidInstanceID.NotFound</Code>"},
		{"CreateTags", []string{"ResourceId.1", vpc, "Tag.1.Key", "aws:a"}, "<Code>InvalidParameterValue</Code>"},
		{"CreateTags", many, "<Code>TagLimitExceeded</Code>"},
		{"AuthorizeSecurityGroupIngress", ports, "<Code>RulesPerSecurityGroupLimitExceeded</Code>"},
		{"AuthorizeSecurityGroupIngress", allow("IpPermissions.1.IpRanges.1.CidrIp", "10.0.0.0"), "<Code>InvalidParameterValue</Code><Message>CIDR block 10.0.0.0 is malformed</Message>"},
		{"AuthorizeSecurityGroupIngress", allow("IpPermissions.1.Groups.1.GroupId", "sg-0123456789abcdef1"), "<Code>InvalidGroup.NotFound</Code>"},
		{"AuthorizeSecurityGroupIngress", allow("IpPermissions.1.Groups.1.GroupName", "default"), "<referencedGroupInfo><groupId>sg-0123456789abcdef0</groupId>"},
		{"DescribeSecurityGroups", []string{"Filter.1.Name", "ip-permission.from-port", "Filter.1.Value.1", "80"}, group},
		{"DescribeSecurityGroups", []string{"GroupId.1", "web"}, "<Code>InvalidGroupId.Malformed</Code>"},
		{"RevokeSecurityGroupIngress", []string{"GroupId", group, "SecurityGroupRuleId.1", "sgr-0123456789abcdef0"}, "<Code>InvalidSecurityGroupRuleId.NotFound</Code>"},
		{"RevokeSecurityGroupIngress", allow("IpPermissions.1.Groups.1.GroupName", "default"), "<referencedGroupId>sg-0123456789abcdef0</referencedGroupId>"},
		{"RevokeSecurityGroupIngress", allow("IpPermissions.1.Groups.1.GroupName", "default"), "<Code>InvalidPermission.NotFound</Code>"},
		{"AuthorizeSecurityGroupIngress", allow("IpPermissions.1.Groups.1.GroupName", "default"), "<return>true</return>"},
		{"DescribeAvailabilityZones", nil, "<groupName>eu-west-1-zg-1</groupName><networkBorderGroup>eu-west-1</networkBorderGroup>"},
		{"DescribeSecurityGroups", []string{"Filter.1.Name", "egress.ip-permission.cidr", "Filter.1.Value.1", "0.0.0.0/0"}, group},
		{"DescribeSecurityGroups", []string{"Filter.1.Name", "ip-permission.to-port", "Filter.1.Value.1", "81"}, "<securityGroupInfo></securityGroupInfo>"},
		{"CreateSecurityGroup", []string{"GroupName", "other", "GroupDescription", "d", "VpcId", vpc}, "<securityGroupArn>arn:aws:ec2:eu-west-1:123456789012:security-group/sg-"},
		{"AuthorizeSecurityGroupIngress", []string{"GroupId", group, "IpPermissions.1.IpProtocol", "-1", "IpPermissions.1.Groups.1.GroupId", other}, "<return>true</return>"},
		{"DeleteSecurityGroup", []string{"GroupId", other}, "<Code>DependencyViolation</Code>"},
		{"RevokeSecurityGroupIngress", []string{"GroupId", group, "IpPermissions.1.IpProtocol", "-1", "IpPermissions.1.Groups.1.GroupId", other}, "<return>true</return>"},
		{"DeleteSecurityGroup", []string{"GroupId", other}, "<groupId>" + other + "</groupId>"},
		{"CreateSubnet", []string{"VpcId", vpc, "CidrBlock", "10.0.9.0/24", "AvailabilityZoneId", "euw1-az3"}, "<availabilityZone>eu-west-1c</availabilityZone>"},
	} {
		if _, body := r.ec2(c.action, c.parts...); !strings.Contains(body, c.want) {
			t.Errorf("%s %v: %s", c.action, c.parts, body)
		}
	}
}
