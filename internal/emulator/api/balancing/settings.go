package balancing

import (
	"context"
	"maps"
	"slices"

	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"handover/internal/emulator/api"
	"handover/internal/emulator/wire"
	"handover/internal/world"
)

// change reads a load balancer, changes its description, and keeps it.
func (h *handlers) change(v api.View, arn *string, change func(*types.LoadBalancer) error) (types.LoadBalancer, error) {
	o, err := balancerKind.find(v, arn)
	if err != nil {
		return types.LoadBalancer{}, err
	}
	b, kept, err := read[types.LoadBalancer](h, o)
	if err != nil {
		return b, err
	}
	if err := change(&b); err != nil {
		return b, err
	}
	_, err = h.write(v, o, b, kept)
	return b, err
}

func (h *handlers) setSubnets(ctx context.Context, in *elbv2.SetSubnetsInput) (*elbv2.SetSubnetsOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*elbv2.SetSubnetsOutput, error) {
		b, err := h.change(v, in.LoadBalancerArn, func(b *types.LoadBalancer) error {
			subnets := subnetsOf(in.Subnets, in.SubnetMappings)
			if err := checkSubnets(b.Type, subnets); err != nil {
				return err
			}
			if err := checkNetwork(v, b.Type, subnets, nil); err != nil {
				return err
			}
			b.AvailabilityZones = zonesOf(v, subnets)
			if in.IpAddressType != "" {
				b.IpAddressType = in.IpAddressType
			}
			if in.EnablePrefixForIpv6SourceNat != "" {
				b.EnablePrefixForIpv6SourceNat = in.EnablePrefixForIpv6SourceNat
			}
			return nil
		})
		return &elbv2.SetSubnetsOutput{AvailabilityZones: b.AvailabilityZones, IpAddressType: b.IpAddressType, EnablePrefixForIpv6SourceNat: b.EnablePrefixForIpv6SourceNat}, err
	})
}

func (h *handlers) setSecurityGroups(ctx context.Context, in *elbv2.SetSecurityGroupsInput) (*elbv2.SetSecurityGroupsOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*elbv2.SetSecurityGroupsOutput, error) {
		b, err := h.change(v, in.LoadBalancerArn, func(b *types.LoadBalancer) error {
			switch {
			case b.Type == types.LoadBalancerTypeEnumGateway:
				return misconfigured("Security groups are not supported for Gateway Load Balancers")
			case b.Type == types.LoadBalancerTypeEnumNetwork && len(b.SecurityGroups) == 0:
				// Source: API Reference, SetSecurityGroups.
				return misconfigured("You cannot add security groups to a Network Load Balancer that was created without security groups")
			case len(in.SecurityGroups) == 0:
				return invalid("At least one security group must be specified")
			}
			if err := checkNetwork(v, b.Type, nil, in.SecurityGroups); err != nil {
				return err
			}
			b.SecurityGroups = in.SecurityGroups
			if in.EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic != "" {
				b.EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic = api.Some(string(in.EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic))
			}
			return nil
		})
		enforced := types.EnforceSecurityGroupInboundRulesOnPrivateLinkTrafficEnum(api.Value(b.EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic))
		return &elbv2.SetSecurityGroupsOutput{SecurityGroupIds: b.SecurityGroups, EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic: enforced}, err
	})
}

func (h *handlers) setIPAddressType(ctx context.Context, in *elbv2.SetIpAddressTypeInput) (*elbv2.SetIpAddressTypeOutput, error) {
	if !slices.Contains(in.IpAddressType.Values(), in.IpAddressType) {
		return nil, invalid("The IP address type '%s' is not valid", in.IpAddressType)
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*elbv2.SetIpAddressTypeOutput, error) {
		b, err := h.change(v, in.LoadBalancerArn, func(b *types.LoadBalancer) error {
			b.IpAddressType = in.IpAddressType
			return nil
		})
		return &elbv2.SetIpAddressTypeOutput{IpAddressType: b.IpAddressType}, err
	})
}

func (h *handlers) describeLoadBalancerAttributes(ctx context.Context, in *elbv2.DescribeLoadBalancerAttributesInput) (*elbv2.DescribeLoadBalancerAttributesOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*elbv2.DescribeLoadBalancerAttributesOutput, error) {
		o, err := balancerKind.find(v, in.LoadBalancerArn)
		if err != nil {
			return nil, err
		}
		b, kept, err := read[types.LoadBalancer](h, o)
		return &elbv2.DescribeLoadBalancerAttributesOutput{Attributes: balancerAttributes(b, kept)}, err
	})
}

func (h *handlers) modifyLoadBalancerAttributes(ctx context.Context, in *elbv2.ModifyLoadBalancerAttributesInput) (*elbv2.ModifyLoadBalancerAttributesOutput, error) {
	given := map[string]string{}
	for _, a := range in.Attributes {
		given[api.Value(a.Key)] = api.Value(a.Value)
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*elbv2.ModifyLoadBalancerAttributesOutput, error) {
		o, err := balancerKind.find(v, in.LoadBalancerArn)
		if err != nil {
			return nil, err
		}
		b, kept, err := read[types.LoadBalancer](h, o)
		if err != nil {
			return nil, err
		}
		if kept, err = h.set(v, o, b, kept, given, balancerDefaults(b)); err != nil {
			return nil, err
		}
		return &elbv2.ModifyLoadBalancerAttributesOutput{Attributes: balancerAttributes(b, kept)}, nil
	})
}

// set keeps attributes that are known for the object.
func (h *handlers) set(v api.View, o world.Object, shown any, kept beside, given, known map[string]string) (beside, error) {
	words := "Load balancer"
	if o.Type == listenerKind.name {
		words = "Listener"
	}
	if len(given) == 0 {
		return kept, invalid("At least one attribute must be specified")
	}
	for _, key := range slices.Sorted(maps.Keys(given)) {
		if _, ok := known[key]; !ok {
			return kept, invalid("%s attribute key '%s' is not recognized", words, key)
		}
	}
	kept.Attributes = merged(kept.Attributes, given)
	_, err := h.write(v, o, shown, kept)
	return kept, err
}

func merged(before, given map[string]string) map[string]string {
	all := map[string]string{}
	maps.Copy(all, before)
	maps.Copy(all, given)
	return all
}

func balancerAttributes(b types.LoadBalancer, kept beside) []types.LoadBalancerAttribute {
	all := merged(balancerDefaults(b), kept.Attributes)
	out := make([]types.LoadBalancerAttribute, 0, len(all))
	for _, key := range slices.Sorted(maps.Keys(all)) {
		text := all[key]
		out = append(out, types.LoadBalancerAttribute{Key: &key, Value: &text})
	}
	return out
}

// balancerDefaults are the attributes of a load balancer that nobody has set. Source: API Reference, LoadBalancerAttribute.
func balancerDefaults(b types.LoadBalancer) map[string]string {
	all := map[string]string{"deletion_protection.enabled": "false", "load_balancing.cross_zone.enabled": "false"}
	if b.Type == types.LoadBalancerTypeEnumGateway {
		return all
	}
	maps.Copy(all, map[string]string{
		"access_logs.s3.enabled": "false", "access_logs.s3.bucket": "", "access_logs.s3.prefix": "",
		"ipv6.deny_all_igw_traffic": "false", "zonal_shift.config.enabled": "false",
	})
	if b.Scheme == types.LoadBalancerSchemeEnumInternal {
		all["ipv6.deny_all_igw_traffic"] = "true"
	}
	if b.Type == types.LoadBalancerTypeEnumNetwork {
		maps.Copy(all, map[string]string{"dns_record.client_routing_policy": "any_availability_zone", "secondary_ips.auto_assigned.per_subnet": "0"})
		return all
	}
	maps.Copy(all, map[string]string{
		"load_balancing.cross_zone.enabled": "true",
		"idle_timeout.timeout_seconds":      "60", "client_keep_alive.seconds": "3600",
		"connection_logs.s3.enabled": "false", "connection_logs.s3.bucket": "", "connection_logs.s3.prefix": "",
		"health_check_logs.s3.enabled": "false", "health_check_logs.s3.bucket": "", "health_check_logs.s3.prefix": "",
		"routing.http.desync_mitigation_mode":                      "defensive",
		"routing.http.drop_invalid_header_fields.enabled":          "false",
		"routing.http.preserve_host_header.enabled":                "false",
		"routing.http.x_amzn_tls_version_and_cipher_suite.enabled": "false",
		"routing.http.xff_client_port.enabled":                     "false",
		"routing.http.xff_header_processing.mode":                  "append",
		"routing.http2.enabled":                                    "true",
		"waf.fail_open.enabled":                                    "false",
	})
	return all
}

// misconfigured is ELBv2's error for a request that does not fit the load balancer. Its words are ours.
func misconfigured(message string) error {
	return &wire.Error{Code: "InvalidConfigurationRequest", Message: message}
}
