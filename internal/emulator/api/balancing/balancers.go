package balancing

import (
	"bytes"
	"context"
	"slices"
	"strings"

	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
	"handover/internal/emulator/wire"
	"handover/internal/world"
)

// paths are the words for the types of load balancers in ARNs.
var paths = map[types.LoadBalancerTypeEnum]string{
	types.LoadBalancerTypeEnumApplication: "app", types.LoadBalancerTypeEnumNetwork: "net", types.LoadBalancerTypeEnumGateway: "gwy",
}

func (h *handlers) createLoadBalancer(ctx context.Context, in *elbv2.CreateLoadBalancerInput) (*elbv2.CreateLoadBalancerOutput, error) {
	fill(&in.Type, types.LoadBalancerTypeEnumApplication)
	if err := checkBalancer(in); err != nil {
		return nil, err
	}
	if _, err := tagsFrom(nil, in.Tags); err != nil {
		return nil, err
	}
	asked, err := h.asked(in)
	if err != nil {
		return nil, err
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*elbv2.CreateLoadBalancerOutput, error) {
		for _, o := range v.World.Declared(balancerKind.name) {
			if o.Name == *in.Name {
				return h.again(v, o, asked)
			}
		}
		if err := checkNetwork(v, in.Type, subnetsOf(in.Subnets, in.SubnetMappings), in.SecurityGroups); err != nil {
			return nil, err
		}
		o := world.Object{ARN: v.ARN("elasticloadbalancing", balancerKind.prefix+paths[in.Type]+"/"+*in.Name+"/"), Type: balancerKind.name, Name: *in.Name}
		o, err := h.write(v, o, begun(v, in), beside{Asked: asked})
		if err != nil {
			return nil, err
		}
		if err := tag(v, o.ARN, in.Tags); err != nil {
			return nil, err
		}
		out, err := h.balancer(v, o)
		// Here it is ready at once; but an answer that says so would be one that no client of AWS has ever seen.
		out.State = &types.LoadBalancerState{Code: types.LoadBalancerStateEnumProvisioning}
		return &elbv2.CreateLoadBalancerOutput{LoadBalancers: []types.LoadBalancer{out}}, err
	})
}

// again answers a request for a name that is taken: the same request gives the same load balancer. Source: API Reference, CreateLoadBalancer.
func (h *handlers) again(v api.View, o world.Object, asked []byte) (*elbv2.CreateLoadBalancerOutput, error) {
	_, kept, err := read[types.LoadBalancer](h, o)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(kept.Asked, asked) {
		return nil, &wire.Error{Code: "DuplicateLoadBalancerName", Message: "A load balancer with the same name '" + o.Name + "' exists, but with different settings"}
	}
	out, err := h.balancer(v, o)
	return &elbv2.CreateLoadBalancerOutput{LoadBalancers: []types.LoadBalancer{out}}, err
}

// begun is a new load balancer with the defaults that ELBv2 fills in. Source: API Reference, CreateLoadBalancer.
func begun(v api.View, in *elbv2.CreateLoadBalancerInput) types.LoadBalancer {
	now, subnets := v.Now, subnetsOf(in.Subnets, in.SubnetMappings)
	where := networkOf(v, subnets)
	b := types.LoadBalancer{
		LoadBalancerName: in.Name, Type: in.Type, Scheme: in.Scheme, IpAddressType: in.IpAddressType, SecurityGroups: in.SecurityGroups,
		CreatedTime: &now, VpcId: &where, AvailabilityZones: zonesOf(v, subnets),
		CustomerOwnedIpv4Pool: in.CustomerOwnedIpv4Pool, IpamPools: in.IpamPools, EnablePrefixForIpv6SourceNat: in.EnablePrefixForIpv6SourceNat,
	}
	if in.Type != types.LoadBalancerTypeEnumGateway {
		fill(&b.Scheme, types.LoadBalancerSchemeEnumInternetFacing)
	}
	fill(&b.IpAddressType, types.IpAddressTypeIpv4)
	if in.Type == types.LoadBalancerTypeEnumNetwork {
		fill(&b.EnablePrefixForIpv6SourceNat, types.EnablePrefixForIpv6SourceNatEnumOff)
		if len(in.SecurityGroups) > 0 {
			b.EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic = api.Some("on")
		}
	}
	if in.Type == types.LoadBalancerTypeEnumApplication && len(in.SecurityGroups) == 0 {
		b.SecurityGroups = []string{api.DefaultGroupOf(where)} // the default group of the network
	}
	return b
}

// subnetsOf gives the subnets of a request in either of the two ways to name them.
func subnetsOf(subnets []string, mappings []types.SubnetMapping) []types.SubnetMapping {
	if len(mappings) > 0 {
		return mappings
	}
	var all []types.SubnetMapping
	for _, id := range subnets {
		all = append(all, types.SubnetMapping{SubnetId: &id})
	}
	return all
}

func (h *handlers) describeLoadBalancers(ctx context.Context, in *elbv2.DescribeLoadBalancersInput) (*elbv2.DescribeLoadBalancersOutput, error) {
	if len(in.LoadBalancerArns) > 0 && len(in.Names) > 0 {
		return nil, invalid("Load balancer ARNs and load balancer names cannot be specified at the same time")
	}
	if err := sized(in.PageSize); err != nil {
		return nil, err
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*elbv2.DescribeLoadBalancersOutput, error) {
		all, err := balancersAsked(v, in)
		if err != nil {
			return nil, err
		}
		cut, next, err := paged(all, func(o world.Object) string { return o.ARN }, in.Marker, in.PageSize)
		if err != nil {
			return nil, err
		}
		out := &elbv2.DescribeLoadBalancersOutput{LoadBalancers: []types.LoadBalancer{}, NextMarker: next}
		for _, o := range cut {
			b, err := h.balancer(v, o)
			if err != nil {
				return nil, err
			}
			out.LoadBalancers = append(out.LoadBalancers, b)
		}
		return out, nil
	})
}

// balancersAsked gives the load balancers that are asked for, by ARN.
func balancersAsked(v api.View, in *elbv2.DescribeLoadBalancersInput) ([]world.Object, error) {
	all := v.World.Declared(balancerKind.name)
	switch {
	case len(in.LoadBalancerArns) > 0:
		found, err := balancerKind.all(v, in.LoadBalancerArns)
		found = api.InOrder(found, func(o world.Object) string { return o.ARN })
		return found, err
	case len(in.Names) == 0:
		return all, nil
	}
	missing := slices.DeleteFunc(slices.Clone(in.Names), func(name string) bool {
		return slices.ContainsFunc(all, func(o world.Object) bool { return o.Name == name })
	})
	if len(missing) > 0 { // the words are those of public reports
		return nil, &wire.Error{Code: "LoadBalancerNotFound", Message: "Load balancers '[" + strings.Join(missing, ", ") + "]' not found"}
	}
	return slices.DeleteFunc(all, func(o world.Object) bool { return !slices.Contains(in.Names, o.Name) }), nil
}

// balancer renders a load balancer.
func (h *handlers) balancer(v api.View, o world.Object) (types.LoadBalancer, error) {
	out, _, err := read[types.LoadBalancer](h, o)
	if err != nil {
		return out, err
	}
	out.LoadBalancerArn = &o.ARN
	out.State = &types.LoadBalancerState{Code: types.LoadBalancerStateEnumActive}
	if out.Type != types.LoadBalancerTypeEnumGateway {
		out.DNSName = api.Some(dnsName(v, o.ARN, out))
		out.CanonicalHostedZoneId = api.Some(hostedZone(v.Place.Region, out.Type))
	}
	return out, nil
}

func (h *handlers) deleteLoadBalancer(ctx context.Context, in *elbv2.DeleteLoadBalancerInput) (*elbv2.DeleteLoadBalancerOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*elbv2.DeleteLoadBalancerOutput, error) {
		o, err := balancerKind.find(v, in.LoadBalancerArn)
		if err != nil {
			if missing(err) { // one that does not exist is no error. Source: API Reference, DeleteLoadBalancer
				return &elbv2.DeleteLoadBalancerOutput{}, nil
			}
			return nil, err
		}
		_, kept, err := read[types.LoadBalancer](h, o)
		if err != nil {
			return nil, err
		}
		if kept.Attributes["deletion_protection.enabled"] == "true" {
			return nil, notPermitted("Load balancer '%s' cannot be deleted because deletion protection is enabled", o.ARN)
		}
		// Its listeners and their rules go with it. Source: API Reference, DeleteLoadBalancer.
		_, err = v.Act(cluster.Retract{ARN: o.ARN})
		return &elbv2.DeleteLoadBalancerOutput{}, err
	})
}

// checkBalancer makes the checks that ELBv2 makes on the request alone. Source: API Reference, CreateLoadBalancer; the words are those of public reports,
// those for the name follow them.
func checkBalancer(in *elbv2.CreateLoadBalancerInput) error {
	name, subnets := api.Value(in.Name), subnetsOf(in.Subnets, in.SubnetMappings)
	switch {
	case name == "":
		return invalid("A load balancer name must be specified")
	case len(name) > 32:
		return invalid("The load balancer name '%s' cannot be longer than '32' characters", name)
	case !groupForm.MatchString(name):
		return invalid("The load balancer name '%s' can only contain characters that are alphanumeric characters and hyphens(-)", name)
	case name[0] == '-' || name[len(name)-1] == '-':
		return invalid("The load balancer name '%s' cannot begin or end with '-'", name)
	case strings.HasPrefix(name, "internal-"):
		return invalid("The load balancer name '%s' cannot begin with 'internal-'", name)
	case paths[in.Type] == "":
		return invalid("Load balancer type '%s' must be one of 'gateway,network,application'", in.Type)
	case len(in.Subnets) > 0 && len(in.SubnetMappings) > 0:
		return invalid("You cannot specify both subnets and subnet mappings")
	}
	return checkSubnets(in.Type, subnets)
}

// checkSubnets: an Application Load Balancer needs subnets of two zones, the others of one. Source: API Reference, CreateLoadBalancer.Subnets.
func checkSubnets(of types.LoadBalancerTypeEnum, subnets []types.SubnetMapping) error {
	seen := map[string]bool{}
	for _, s := range subnets {
		id := api.Value(s.SubnetId)
		if seen[id] {
			return invalid("The subnet '%s' is specified more than once", id)
		}
		seen[id] = true
	}
	switch {
	case of == types.LoadBalancerTypeEnumApplication && len(subnets) < 2:
		return invalid("At least two subnets in two different Availability Zones must be specified")
	case len(subnets) == 0:
		return invalid("At least one subnet must be specified")
	}
	return nil
}

// checkNetwork refuses subnets and security groups that EC2 does not have, and for an Application Load Balancer two subnets of one zone. Source: API Reference,
// CreateLoadBalancer: its errors, and Subnets; the last sentence is that of public reports, the others are ours.
func checkNetwork(v api.View, of types.LoadBalancerTypeEnum, subnets []types.SubnetMapping, groups []string) error {
	var ids []string
	zones := map[string]bool{}
	for _, s := range subnets {
		ids = append(ids, api.Value(s.SubnetId))
	}
	if lost := v.LostSubnet(ids); lost != "" {
		return &wire.Error{Code: "SubnetNotFound", Message: "The subnet ID '" + lost + "' does not exist"}
	}
	if lost := v.LostSecurityGroup(groups); lost != "" {
		return &wire.Error{Code: "InvalidSecurityGroup", Message: "The security group '" + lost + "' does not exist"}
	}
	for _, id := range ids {
		s, known := v.Subnet(id)
		if known && zones[s.Zone] && of == types.LoadBalancerTypeEnumApplication {
			return misconfigured("A load balancer cannot be attached to multiple subnets in the same Availability Zone")
		}
		zones[s.Zone] = true
	}
	return nil
}
