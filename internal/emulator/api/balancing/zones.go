package balancing

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"handover/internal/emulator/api"
)

// networkOf is where a load balancer is: in the network of its subnets, or the Region's own where EC2 does not know them.
func networkOf(v api.View, subnets []types.SubnetMapping) string {
	for _, s := range subnets {
		if known, ok := v.Subnet(api.Value(s.SubnetId)); ok {
			return known.Network
		}
	}
	return api.DefaultNetwork
}

// dnsName is a load balancer's: an Application Load Balancer has a number behind its name, the others have the id of their ARN.
// Source: Elastic Load Balancing user guides, DNS name; the suffix of China: AWS China, endpoints.
func dnsName(v api.View, arn string, b types.LoadBalancer) string {
	id := arn[strings.LastIndexByte(arn, '/')+1:]
	suffix := "amazonaws.com"
	if v.Place.Partition == "aws-cn" {
		suffix = "amazonaws.com.cn"
	}
	if b.Type != types.LoadBalancerTypeEnumApplication {
		return fmt.Sprintf("%s-%s.elb.%s.%s", *b.LoadBalancerName, id, v.Place.Region, suffix)
	}
	bits, _ := strconv.ParseUint(id, 16, 64) // the world writes it in hexadecimal digits
	name := fmt.Sprintf("%s-%d.%s.elb.%s", *b.LoadBalancerName, 1_000_000_000+bits%1_000_000_000, v.Place.Region, suffix)
	if b.Scheme == types.LoadBalancerSchemeEnumInternal {
		name = "internal-" + name
	}
	return name
}

// zonesOf gives the availability zones of subnets. The nth of those that EC2 does not know is in the nth zone.
func zonesOf(v api.View, subnets []types.SubnetMapping) []types.AvailabilityZone {
	zones := []types.AvailabilityZone{}
	for i, s := range subnets {
		name := v.Place.Region + string(rune('a'+i%6))
		if known, ok := v.Subnet(api.Value(s.SubnetId)); ok {
			name = known.Zone
		}
		zone := types.AvailabilityZone{SubnetId: s.SubnetId, ZoneName: &name, LoadBalancerAddresses: []types.LoadBalancerAddress{}}
		if s.AllocationId != nil || s.PrivateIPv4Address != nil || s.IPv6Address != nil {
			address := types.LoadBalancerAddress{AllocationId: s.AllocationId, PrivateIPv4Address: s.PrivateIPv4Address, IPv6Address: s.IPv6Address}
			zone.LoadBalancerAddresses = append(zone.LoadBalancerAddresses, address)
		}
		zones = append(zones, zone)
	}
	return zones
}

// hostedZone is the Route 53 zone of a Region's load balancers; empty for a Region that is not in the table.
// Source: AWS General Reference, Elastic Load Balancing endpoints; AWS China, endpoints; Terraform, aws_lb_hosted_zone_id.
func hostedZone(region string, of types.LoadBalancerTypeEnum) string {
	if of == types.LoadBalancerTypeEnumNetwork {
		return networkZones()[region]
	}
	return applicationZones()[region]
}

func applicationZones() map[string]string {
	return map[string]string{
		"af-south-1": "Z268VQBMOI5EKX", "ap-east-1": "Z3DQVH9N71FHZ0", "ap-northeast-1": "Z14GRHDCWA56QT", "ap-northeast-2": "ZWKZPGTI48KDX",
		"ap-northeast-3": "Z5LXEXXYW11ES", "ap-south-1": "ZP97RAFLXTNZK", "ap-southeast-1": "Z1LMS91P8CMLE5", "ap-southeast-2": "Z1GM3OXH4ZPM65",
		"ca-central-1": "ZQSVJUPU6J1EY", "cn-north-1": "Z1GDH35T77C1KE", "cn-northwest-1": "ZM7IZAIOVVDZF", "eu-central-1": "Z215JYRZR1TBD5",
		"eu-north-1": "Z23TAZ6LKFMNIO", "eu-south-1": "Z3ULH7SSC9OV64", "eu-west-1": "Z32O12XQLNTSW2", "eu-west-2": "ZHURV8PSTC4K8",
		"eu-west-3": "Z3Q77PNBQS71R4", "me-south-1": "ZS929ML54UICD", "sa-east-1": "Z2P70J7HTTTPLU", "us-east-1": "Z35SXDOTRQ7X7K",
		"us-east-2": "Z3AADJGX6KTTL2", "us-gov-east-1": "Z166TLBEWOO7G0", "us-gov-west-1": "Z33AYJ8TM3BH4J", "us-west-1": "Z368ELLRRE2KJ0",
		"us-west-2": "Z1H1FL5HABSF5",
	}
}

func networkZones() map[string]string {
	return map[string]string{
		"af-south-1": "Z203XCE67M25HM", "ap-east-1": "Z12Y7K3UBGUAD1", "ap-northeast-1": "Z31USIVHYNEOWT", "ap-northeast-2": "ZIBE1TIR4HY56",
		"ap-northeast-3": "Z1GWIQ4HH19I5X", "ap-south-1": "ZVDDRBQ08TROA", "ap-southeast-1": "ZKVM4W9LS7TM", "ap-southeast-2": "ZCT6FZBF4DROD",
		"ca-central-1": "Z2EPGBW3API2WT", "cn-north-1": "Z3QFB96KMJ7ED6", "cn-northwest-1": "ZQEIKTCZ8352D", "eu-central-1": "Z3F0SRJ5LGBH90",
		"eu-north-1": "Z1UDT6IFJ4EJM", "eu-south-1": "Z23146JA1KNAFP", "eu-west-1": "Z2IFOLAFXWLO4F", "eu-west-2": "ZD4D7Y8KGAS4G",
		"eu-west-3": "Z1CMS0P5QUZ6D5", "me-south-1": "Z3QSRYVP46NYYV", "sa-east-1": "ZTK26PT1VY4CU", "us-east-1": "Z26RNL4JYFTOTI",
		"us-east-2": "ZLMOA37VPKANP", "us-gov-east-1": "Z1ZSMQQ6Q24QQ8", "us-gov-west-1": "ZMG1MZ2THAWF1", "us-west-1": "Z24FKFUX50B4VW",
		"us-west-2": "Z18D5FSROUN65G",
	}
}
