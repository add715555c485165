package machines

import (
	"context"
	"slices"

	"handover/internal/emulator/api"
)

// ModifySecurityGroupRulesInput is the request of ModifySecurityGroupRules.
type ModifySecurityGroupRulesInput struct {
	GroupId           *string
	SecurityGroupRule []RuleUpdate
}

// RuleUpdate says what the rule of an id is to say. A description that is left out is gone.
type RuleUpdate struct {
	SecurityGroupRuleId *string
	SecurityGroupRule   *RuleRequest
}

// RuleRequest is what a rule is to say, with one source or destination.
type RuleRequest struct {
	IpProtocol                                                       *string
	FromPort, ToPort                                                 *int32
	CidrIpv4, CidrIpv6, PrefixListId, ReferencedGroupId, Description *string
}

// check refuses what does not say one rule whole. Source of the sentences: moto's tests that were run against AWS.
func (r RuleRequest) check() error {
	peers := 0
	for _, one := range []*string{r.CidrIpv4, r.CidrIpv6, r.PrefixListId, r.ReferencedGroupId} {
		if one != nil {
			peers++
		}
	}
	protocol := protocolName(api.Value(r.IpProtocol))
	switch {
	case r.IpProtocol == nil:
		return failed("InvalidParameterValue", "Invalid value 'null' for protocol. VPC security group rules must specify protocols explicitly.")
	case (protocol == "tcp" || protocol == "udp") && (r.FromPort == nil || r.ToPort == nil):
		return failed("InvalidParameterValue", "Invalid value for portRange. Must specify both from and to ports with TCP/UDP.")
	case peers == 0:
		return failed("MissingParameter", "The request must contain exactly one of: cidrIp, cidrIpv6, prefixListId, or referencedGroupId")
	case peers > 1:
		return failed("InvalidParameterCombination", "Only one of cidrIp, cidrIpv6, prefixListId, or referencedGroupId can be specified")
	}
	return nil
}

// permission is the request as AuthorizeSecurityGroupIngress has it.
func (r RuleRequest) permission() Permission {
	p := Permission{IpProtocol: *r.IpProtocol, FromPort: r.FromPort, ToPort: r.ToPort}
	switch {
	case r.CidrIpv4 != nil:
		p.IpRanges = []PermissionRange{{*r.CidrIpv4, r.Description}}
	case r.CidrIpv6 != nil:
		p.Ipv6Ranges = []PermissionRange6{{*r.CidrIpv6, r.Description}}
	case r.PrefixListId != nil:
		p.PrefixListIds = []PermissionPrefix{{*r.PrefixListId, r.Description}}
	case r.ReferencedGroupId != nil:
		p.Groups = []PermissionGroup{{GroupId: *r.ReferencedGroupId, Description: r.Description}}
	}
	return p
}

// modifySecurityGroupRules: a rule keeps its id, whatever it says afterwards. Source: EC2 API Reference, ModifySecurityGroupRules.
func (h *handlers) modifySecurityGroupRules(ctx context.Context, in *ModifySecurityGroupRulesInput) (*Deletion, error) {
	if len(in.SecurityGroupRule) == 0 {
		return nil, missing("SecurityGroupRules")
	}
	return h.reword(ctx, change{id: in.GroupId}, func(v api.View, g *SecurityGroup) error {
		for _, update := range in.SecurityGroupRule {
			if update.SecurityGroupRule == nil {
				return missing("SecurityGroupRule")
			}
			of, at, err := ruleAt(v, g, api.Value(update.SecurityGroupRuleId))
			if err != nil {
				return err
			}
			if err := update.SecurityGroupRule.check(); err != nil {
				return err
			}
			wanted, err := change{rules: []Permission{update.SecurityGroupRule.permission()}}.told(v, *g)
			if err != nil {
				return err
			}
			if other := slices.IndexFunc(of, wanted[0].same); other >= 0 && other != at {
				return duplicate()
			}
			of[at] = wanted[0]
			of[at].ID = *update.SecurityGroupRuleId
		}
		return nil
	})
}

// ruleAt finds the rule of an id on one of the sides of a security group.
func ruleAt(v api.View, g *SecurityGroup, id string) (side []Rule, at int, err error) {
	for _, c := range []change{{}, {egress: true}} {
		side := *c.side(g)
		if at := slices.IndexFunc(side, func(r Rule) bool { return c.idOf(v, *g, r) == id }); at >= 0 {
			return side, at, nil
		}
	}
	return nil, 0, failed("InvalidSecurityGroupRuleId.NotFound", "The security group rule ID '%s' does not exist", id)
}

// UpdateSecurityGroupRuleDescriptionsIngressInput is the request of UpdateSecurityGroupRuleDescriptionsIngress: rules by what they say, or by their ids.
type UpdateSecurityGroupRuleDescriptionsIngressInput struct {
	GroupId, GroupName           *string
	IpPermissions                []Permission
	SecurityGroupRuleDescription []RuleDescription
}

// UpdateSecurityGroupRuleDescriptionsEgressInput is the request of UpdateSecurityGroupRuleDescriptionsEgress.
type UpdateSecurityGroupRuleDescriptionsEgressInput struct {
	GroupId, GroupName           *string
	IpPermissions                []Permission
	SecurityGroupRuleDescription []RuleDescription
}

// RuleDescription is the description that the rule of an id is to have.
type RuleDescription struct{ SecurityGroupRuleId, Description *string }

func (h *handlers) updateSecurityGroupRuleDescriptionsIngress(ctx context.Context, in *UpdateSecurityGroupRuleDescriptionsIngressInput) (*Deletion, error) {
	return h.describe(ctx, change{id: in.GroupId, name: in.GroupName, rules: in.IpPermissions}, in.SecurityGroupRuleDescription)
}

func (h *handlers) updateSecurityGroupRuleDescriptionsEgress(ctx context.Context, in *UpdateSecurityGroupRuleDescriptionsEgressInput) (*Deletion, error) {
	return h.describe(ctx, change{id: in.GroupId, name: in.GroupName, egress: true, rules: in.IpPermissions}, in.SecurityGroupRuleDescription)
}

// describe gives rules other descriptions. Source: EC2 API Reference, UpdateSecurityGroupRuleDescriptionsIngress.
func (h *handlers) describe(ctx context.Context, c change, byID []RuleDescription) (*Deletion, error) {
	if len(c.apart()) == 0 && len(byID) == 0 {
		return nil, missing("ipPermissions")
	}
	return h.reword(ctx, c, func(v api.View, g *SecurityGroup) error {
		said, err := c.told(v, *g)
		if err != nil {
			return err
		}
		rules := *c.side(g)
		for _, said := range said {
			at := slices.IndexFunc(rules, said.same)
			if at < 0 {
				return noSuchRule()
			}
			said.ID = rules[at].ID
			rules[at] = said
		}
		for _, one := range byID {
			at := slices.IndexFunc(rules, func(r Rule) bool { return c.idOf(v, *g, r) == api.Value(one.SecurityGroupRuleId) })
			if at < 0 {
				return failed("InvalidSecurityGroupRuleId.NotFound", "The security group rule ID '%s' does not exist", api.Value(one.SecurityGroupRuleId))
			}
			rules[at] = rules[at].described(one.Description)
		}
		return nil
	})
}

// described is the rule with another description.
func (r Rule) described(as *string) Rule {
	r.Groups, r.Ranges, r.Ranges6, r.Prefixes = slices.Clone(r.Groups), slices.Clone(r.Ranges), slices.Clone(r.Ranges6), slices.Clone(r.Prefixes)
	for i := range r.Groups {
		r.Groups[i].Description = as
	}
	for i := range r.Ranges {
		r.Ranges[i].Description = as
	}
	for i := range r.Ranges6 {
		r.Ranges6[i].Description = as
	}
	for i := range r.Prefixes {
		r.Prefixes[i].Description = as
	}
	return r
}

// reword changes what the rules of a security group say: all that a request asks for, or nothing.
func (h *handlers) reword(ctx context.Context, c change, how func(api.View, *SecurityGroup) error) (*Deletion, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*Deletion, error) {
		g, err := c.group(v)
		if err != nil {
			return nil, err
		}
		if err := how(v, &g); err != nil {
			return nil, err
		}
		return &Deletion{true}, keep(v, api.SecurityGroupKind, g.GroupId, g.GroupName, g, nil)
	})
}
