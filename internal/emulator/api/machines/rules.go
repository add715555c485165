package machines

import (
	"cmp"
	"context"
	"net/netip"
	"slices"
	"strconv"

	"handover/internal/emulator/api"
)

// SecurityGroupRule is one rule of a security group in an answer, with an id of its own.
type SecurityGroupRule struct {
	RuleId      string     `wire:"securityGroupRuleId"`
	RuleArn     string     `wire:"securityGroupRuleArn"`
	GroupId     string     `wire:"groupId"`
	OwnerId     string     `wire:"groupOwnerId"`
	Egress      bool       `wire:"isEgress"`
	Protocol    string     `wire:"ipProtocol"`
	From        int32      `wire:"fromPort"` // -1 for all
	To          int32      `wire:"toPort"`
	Cidr        *string    `wire:"cidrIpv4"`
	Cidr6       *string    `wire:"cidrIpv6"`
	Prefix      *string    `wire:"prefixListId"`
	Group       *GroupPair `wire:"referencedGroupInfo"`
	Description *string    `wire:"description"`
	Tags        []TagItem  `wire:"tagSet"`
}

// ruleOf renders a rule of one source or destination. Its id follows from what it said when it was made, so that it is the same each time.
func ruleOf(v api.View, group string, egress bool, r Rule) SecurityGroupRule {
	out := SecurityGroupRule{GroupId: group, OwnerId: v.Place.Account, Egress: egress, Protocol: r.Protocol, From: portOf(r.From), To: portOf(r.To)}
	for _, one := range r.Ranges {
		out.Cidr, out.Description = &one.CidrIp, one.Description
	}
	for _, one := range r.Ranges6 {
		out.Cidr6, out.Description = &one.CidrIpv6, one.Description
	}
	for _, one := range r.Prefixes {
		out.Prefix, out.Description = &one.PrefixListId, one.Description
	}
	for _, one := range r.Groups {
		out.Group, out.Description = &GroupPair{GroupId: one.GroupId, UserId: v.Place.Account}, one.Description
	}
	out.RuleId = cmp.Or(r.ID, "sgr-"+api.Derived(group, strconv.FormatBool(egress), r.Protocol, strconv.Itoa(int(out.From)), strconv.Itoa(int(out.To)), r.peer()))
	out.RuleArn, out.Tags = v.ARN("ec2", "security-group-rule/"+out.RuleId), tagItems(v.World.Tags(out.RuleId))
	return out
}

// DescribeSecurityGroupRulesInput is the request of DescribeSecurityGroupRules.
type DescribeSecurityGroupRulesInput struct {
	SecurityGroupRuleId []string
	Filter              []Filter
	MaxResults          *int32
	NextToken           *string
}

// DescribeSecurityGroupRulesOutput has rules.
type DescribeSecurityGroupRulesOutput struct {
	Rules     []SecurityGroupRule `wire:"securityGroupRuleSet"`
	NextToken *string             `wire:"nextToken"`
}

func (h *handlers) describeSecurityGroupRules(ctx context.Context, in *DescribeSecurityGroupRulesInput) (*DescribeSecurityGroupRulesOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*DescribeSecurityGroupRulesOutput, error) {
		groups, err := ruledGroups(v)
		if err != nil {
			return nil, err
		}
		var all []SecurityGroupRule
		for _, g := range groups {
			for _, r := range g.Ingress {
				all = append(all, ruleOf(v, g.GroupId, false, r))
			}
			for _, r := range g.Egress {
				all = append(all, ruleOf(v, g.GroupId, true, r))
			}
		}
		for _, f := range in.Filter {
			if f.Name != "group-id" {
				continue
			}
			if err := checkGroups(f.Value); err != nil {
				return nil, err
			}
		}
		id := func(r SecurityGroupRule) string { return r.RuleId }
		found, err := choose(v, all, in.SecurityGroupRuleId, in.Filter, id, func(r SecurityGroupRule, name string) ([]string, bool) {
			value, ok := map[string]string{"group-id": r.GroupId, "security-group-rule-id": r.RuleId}[name]
			return []string{value}, ok
		})
		if err != nil {
			return nil, err
		}
		if lost := lacking(in.SecurityGroupRuleId, found, id); lost != "" && len(in.Filter) == 0 {
			return nil, failed("InvalidSecurityGroupRuleId.NotFound", "The security group rule ID '%s' does not exist", lost)
		}
		cut, next, err := page(found, id, in.NextToken, in.MaxResults)
		return &DescribeSecurityGroupRulesOutput{cut, next}, err
	})
}

// AuthorizeSecurityGroupIngressInput is the request of AuthorizeSecurityGroupIngress: one rule by its parts, or several.
type AuthorizeSecurityGroupIngressInput struct {
	GroupId, GroupName, IpProtocol, CidrIp *string
	FromPort, ToPort                       *int32
	IpPermissions                          []Permission
	TagSpecification                       []TagSpecification
}

// AuthorizeSecurityGroupEgressInput is the request of AuthorizeSecurityGroupEgress.
type AuthorizeSecurityGroupEgressInput struct {
	GroupId          *string
	IpPermissions    []Permission
	TagSpecification []TagSpecification
}

// RevokeSecurityGroupIngressInput is the request of RevokeSecurityGroupIngress, which names rules or their ids.
type RevokeSecurityGroupIngressInput struct {
	GroupId, GroupName, IpProtocol, CidrIp *string
	FromPort, ToPort                       *int32
	IpPermissions                          []Permission
	SecurityGroupRuleId                    []string
}

// RevokeSecurityGroupEgressInput is the request of RevokeSecurityGroupEgress.
type RevokeSecurityGroupEgressInput struct {
	GroupId             *string
	IpPermissions       []Permission
	SecurityGroupRuleId []string
}

// Authorization is the answer of the operations that add rules.
type Authorization struct {
	Return bool                `wire:"return"`
	Rules  []SecurityGroupRule `wire:"securityGroupRuleSet"`
}

// permissions are the rules of a request, which may give one of them by its parts.
func permissions(protocol, block *string, from, to *int32, given []Permission) []Permission {
	if protocol == nil {
		return given
	}
	p := Permission{IpProtocol: *protocol, FromPort: from, ToPort: to}
	if block != nil {
		p.IpRanges = []PermissionRange{{CidrIp: *block}}
	}
	return append([]Permission{p}, given...)
}

// change is what a request does to the rules of a security group.
type change struct {
	id, name *string // of the group; the name is one of the default network's
	egress   bool
	rules    []Permission
	ids      []string // of rules that are to go
}

func (h *handlers) authorizeSecurityGroupIngress(ctx context.Context, in *AuthorizeSecurityGroupIngressInput) (*Authorization, error) {
	rules := permissions(in.IpProtocol, in.CidrIp, in.FromPort, in.ToPort, in.IpPermissions)
	return h.authorize(ctx, change{id: in.GroupId, name: in.GroupName, rules: rules}, in.TagSpecification)
}

func (h *handlers) authorizeSecurityGroupEgress(ctx context.Context, in *AuthorizeSecurityGroupEgressInput) (*Authorization, error) {
	return h.authorize(ctx, change{id: in.GroupId, egress: true, rules: in.IpPermissions}, in.TagSpecification)
}

// Revocation is the answer of the operations that remove rules.
type Revocation struct {
	Return bool          `wire:"return"`
	Rules  []RevokedRule `wire:"revokedSecurityGroupRuleSet"`
}

// RevokedRule is a rule that was removed.
type RevokedRule struct {
	RuleId      string  `wire:"securityGroupRuleId"`
	GroupId     string  `wire:"groupId"`
	Egress      bool    `wire:"isEgress"`
	Protocol    string  `wire:"ipProtocol"`
	From        int32   `wire:"fromPort"` // -1 for all
	To          int32   `wire:"toPort"`
	Cidr        *string `wire:"cidrIpv4"`
	Cidr6       *string `wire:"cidrIpv6"`
	Prefix      *string `wire:"prefixListId"`
	Group       *string `wire:"referencedGroupId"`
	Description *string `wire:"description"`
}

// revoked is a rule in the answer to its removal.
func revoked(r SecurityGroupRule) RevokedRule {
	out := RevokedRule{r.RuleId, r.GroupId, r.Egress, r.Protocol, r.From, r.To, r.Cidr, r.Cidr6, r.Prefix, nil, r.Description}
	if r.Group != nil {
		out.Group = &r.Group.GroupId
	}
	return out
}

func (h *handlers) revokeSecurityGroupIngress(ctx context.Context, in *RevokeSecurityGroupIngressInput) (*Revocation, error) {
	rules := permissions(in.IpProtocol, in.CidrIp, in.FromPort, in.ToPort, in.IpPermissions)
	return h.revoke(ctx, change{id: in.GroupId, name: in.GroupName, rules: rules, ids: in.SecurityGroupRuleId})
}

func (h *handlers) revokeSecurityGroupEgress(ctx context.Context, in *RevokeSecurityGroupEgressInput) (*Revocation, error) {
	return h.revoke(ctx, change{id: in.GroupId, egress: true, rules: in.IpPermissions, ids: in.SecurityGroupRuleId})
}

// group finds the security group that a request names.
func (c change) group(v api.View) (SecurityGroup, error) {
	if c.id != nil || c.name == nil {
		return ruledGroupAt(v, api.Value(c.id))
	}
	all, err := ruledGroups(v)
	if err != nil {
		return SecurityGroup{}, err
	}
	at := slices.IndexFunc(all, func(g SecurityGroup) bool { return g.GroupName == *c.name && g.Network == api.DefaultNetwork })
	if at < 0 {
		return SecurityGroup{}, failed("InvalidGroup.NotFound", "The security group '%s' does not exist in default VPC '%s'", *c.name, api.DefaultNetwork)
	}
	return all[at], nil
}

// side are the rules that a request is about.
func (c change) side(g *SecurityGroup) *[]Rule {
	if c.egress {
		return &g.Egress
	}
	return &g.Ingress
}

func (c change) apart() []Rule {
	var all []Rule
	for _, p := range c.rules {
		all = append(all, p.rules()...)
	}
	return all
}

// idOf is the id of a rule of the group.
func (c change) idOf(v api.View, g SecurityGroup, r Rule) string {
	return ruleOf(v, g.GroupId, c.egress, r).RuleId
}

// named tells of each rule that a request names, by its id or by what it says, which it is.
func (c change) named(v api.View, g SecurityGroup) (all []func(Rule) bool, err error) {
	for _, id := range c.ids {
		all = append(all, func(r Rule) bool { return c.idOf(v, g, r) == id })
	}
	told, err := c.told(v, g)
	for _, said := range told {
		all = append(all, said.same)
	}
	return all, err
}

// same tells whether another rule lets the same through. The description is no part of that.
func (r Rule) same(other Rule) bool {
	return r.Protocol == other.Protocol && portOf(r.From) == portOf(other.From) && portOf(r.To) == portOf(other.To) && r.peer() == other.peer()
}

// peer is the one source or destination of a rule.
func (r Rule) peer() string {
	switch {
	case len(r.Ranges) > 0:
		return r.Ranges[0].CidrIp
	case len(r.Ranges6) > 0:
		return r.Ranges6[0].CidrIpv6
	case len(r.Prefixes) > 0:
		return r.Prefixes[0].PrefixListId
	case len(r.Groups) > 0:
		return r.Groups[0].GroupId
	}
	return ""
}

func duplicate() error {
	return failed("InvalidPermission.Duplicate", "the specified rule already exists")
}

func noSuchRule() error {
	return failed("InvalidPermission.NotFound", "The specified rule does not exist in this security group.")
}

// mostRules of one side of a security group. Source: VPC user guide, amazon-vpc-limits.
const mostRules = 60

// told are the rules that a request says, each with one source or destination, and each group by its id. It refuses what is no block of addresses and groups that are not there.
func (c change) told(v api.View, of SecurityGroup) ([]Rule, error) {
	for _, p := range c.rules {
		for i, pair := range p.Groups {
			if pair.GroupId == "" {
				other, err := change{name: &pair.GroupName}.group(v)
				if err != nil {
					return nil, err
				}
				p.Groups[i].GroupId = other.GroupId
			}
		}
	}
	all := c.apart()
	for _, r := range all {
		for _, block := range blocks(r) {
			if _, err := netip.ParsePrefix(block); err != nil {
				return nil, failed("InvalidParameterValue", "CIDR block %s is malformed", block)
			}
		}
		for _, pair := range r.Groups {
			if _, err := ruledGroupAt(v, pair.GroupId); err != nil && pair.GroupId != of.GroupId {
				return nil, err
			}
		}
	}
	return all, nil
}

// blocks are the addresses in a rule.
func blocks(r Rule) (all []string) {
	for _, one := range r.Ranges {
		all = append(all, one.CidrIp)
	}
	for _, one := range r.Ranges6 {
		all = append(all, one.CidrIpv6)
	}
	return all
}

func (h *handlers) authorize(ctx context.Context, c change, tags []TagSpecification) (*Authorization, error) {
	if len(c.apart()) == 0 {
		return nil, missing("ipPermissions")
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*Authorization, error) {
		g, err := c.group(v)
		if err != nil {
			return nil, err
		}
		given, err := c.told(v, g)
		if err != nil {
			return nil, err
		}
		rules, out := c.side(&g), &Authorization{Return: true}
		if len(*rules)+len(given) > mostRules {
			return nil, failed("RulesPerSecurityGroupLimitExceeded", "The maximum number of rules per security group has been reached.")
		}
		for i, r := range given {
			if slices.ContainsFunc(*rules, r.same) {
				return nil, duplicate()
			}
			for slices.ContainsFunc(*rules, func(other Rule) bool { return c.idOf(v, g, other) == c.idOf(v, g, r) }) { // one that said this once and says something else now
				r.ID = "sgr-" + api.Derived(g.GroupId, c.idOf(v, g, r))
			}
			*rules = append(*rules, r)
			given[i] = r
		}
		if err := keep(v, api.SecurityGroupKind, g.GroupId, g.GroupName, g, nil); err != nil {
			return nil, err
		}
		for _, r := range given {
			if err := tag(v, ruleOf(v, g.GroupId, c.egress, r).RuleId, tagsFor(tags, "security-group-rule")); err != nil {
				return nil, err
			}
			out.Rules = append(out.Rules, ruleOf(v, g.GroupId, c.egress, r))
		}
		return out, nil
	})
}

func (h *handlers) revoke(ctx context.Context, c change) (*Revocation, error) {
	if len(c.apart()) == 0 && len(c.ids) == 0 {
		return nil, missing("ipPermissions")
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*Revocation, error) {
		g, err := c.group(v)
		if err != nil {
			return nil, err
		}
		meant, err := c.named(v, g)
		if err != nil {
			return nil, err
		}
		rules := c.side(&g)
		out := &Revocation{Return: true, Rules: []RevokedRule{}}
		for i, meant := range meant {
			at := slices.IndexFunc(*rules, meant)
			switch {
			case at < 0 && i < len(c.ids):
				return nil, failed("InvalidSecurityGroupRuleId.NotFound", "The security group rule ID '%s' does not exist", c.ids[i])
			case at < 0:
				return nil, noSuchRule()
			}
			out.Rules = append(out.Rules, revoked(ruleOf(v, g.GroupId, c.egress, (*rules)[at])))
			*rules = slices.Delete(*rules, at, at+1)
		}
		return out, keep(v, api.SecurityGroupKind, g.GroupId, g.GroupName, g, nil)
	})
}
