package machines

import (
	"context"
	"slices"
	"strconv"

	"handover/internal/emulator/api"
)

// SecurityGroup is a security group in an answer, and as it is kept.
type SecurityGroup struct {
	OwnerId     string    `wire:"ownerId" json:"-"`
	GroupId     string    `wire:"groupId" json:"id"`
	GroupName   string    `wire:"groupName" json:"name"`
	Description string    `wire:"groupDescription" json:"description"`
	Network     string    `wire:"vpcId" json:"network"`
	Ingress     []Rule    `wire:"ipPermissions" json:"ingress,omitempty"`
	Egress      []Rule    `wire:"ipPermissionsEgress" json:"egress,omitempty"`
	Tags        []TagItem `wire:"tagSet" json:"-"`
}

// Rule is a permission of a security group in an answer, and as it is kept. Nothing is filtered by it.
type Rule struct {
	Protocol string      `wire:"ipProtocol" json:"protocol"`
	From     *int32      `wire:"fromPort" json:"from,omitempty"`
	To       *int32      `wire:"toPort" json:"to,omitempty"`
	Groups   []GroupPair `wire:"groups" json:"groups,omitempty"`
	Ranges   []Range     `wire:"ipRanges" json:"ranges,omitempty"`
	Ranges6  []Range6    `wire:"ipv6Ranges" json:"ranges6,omitempty"`
	Prefixes []Prefix    `wire:"prefixListIds" json:"prefixes,omitempty"`
}

// GroupPair is another security group in a rule.
type GroupPair struct {
	GroupId     string  `wire:"groupId" json:"id"`
	UserId      string  `wire:"userId" json:"-"`
	Description *string `wire:"description" json:"description,omitempty"`
}

// Range is a range of IPv4 addresses in a rule.
type Range struct {
	CidrIp      string  `wire:"cidrIp" json:"cidr"`
	Description *string `wire:"description" json:"description,omitempty"`
}

// Range6 is a range of IPv6 addresses in a rule.
type Range6 struct {
	CidrIpv6    string  `wire:"cidrIpv6" json:"cidr"`
	Description *string `wire:"description" json:"description,omitempty"`
}

// Prefix is a prefix list in a rule.
type Prefix struct {
	PrefixListId string `wire:"prefixListId" json:"id"`
}

// Permission is a rule in a request.
type Permission struct {
	IpProtocol       string
	FromPort, ToPort *int32
	Groups           []PermissionGroup
	IpRanges         []PermissionRange
	Ipv6Ranges       []PermissionRange6
}

// PermissionGroup is another security group in a request.
type PermissionGroup struct {
	GroupId, GroupName string
	Description        *string
}

// PermissionRange is a range of IPv4 addresses in a request.
type PermissionRange struct {
	CidrIp      string
	Description *string
}

// PermissionRange6 is a range of IPv6 addresses in a request.
type PermissionRange6 struct {
	CidrIpv6    string
	Description *string
}

func (p Permission) rule() Rule {
	r := Rule{Protocol: p.IpProtocol, From: p.FromPort, To: p.ToPort}
	for _, g := range p.Groups {
		r.Groups = append(r.Groups, GroupPair{GroupId: g.GroupId, Description: g.Description})
	}
	for _, one := range p.IpRanges {
		r.Ranges = append(r.Ranges, Range(one))
	}
	for _, one := range p.Ipv6Ranges {
		r.Ranges6 = append(r.Ranges6, Range6(one))
	}
	return r
}

// everything lets all out, which every new security group does. Source: VPC user guide, security-group-rules.
func everything() Rule { return Rule{Protocol: "-1", Ranges: []Range{{CidrIp: "0.0.0.0/0"}}} }

func securityGroups(v api.View) ([]SecurityGroup, error) {
	first := SecurityGroup{GroupId: defaultGroup, GroupName: "default", Description: "default VPC security group", Network: defaultNetwork, Egress: []Rule{everything()}}
	first.Ingress = []Rule{{Protocol: "-1", Groups: []GroupPair{{GroupId: defaultGroup}}}}
	all, err := kept(v, "security-group", []SecurityGroup{first})
	for i := range all {
		g := &all[i]
		g.OwnerId, g.Tags = v.Place.Account, tagItems(v.World.Tags(g.GroupId))
		g.Ingress, g.Egress = shown(v, g.Ingress), shown(v, g.Egress)
	}
	return all, err
}

// shown gives rules with the lists that EC2 always sends.
func shown(v api.View, rules []Rule) []Rule {
	all := []Rule{}
	for _, r := range rules {
		r.Groups, r.Ranges, r.Ranges6, r.Prefixes = slices.Clone(r.Groups), append([]Range{}, r.Ranges...), append([]Range6{}, r.Ranges6...), []Prefix{}
		if r.Groups == nil {
			r.Groups = []GroupPair{}
		}
		for i := range r.Groups {
			r.Groups[i].UserId = v.Place.Account
		}
		all = append(all, r)
	}
	return all
}

func groupName(v api.View, id string) *string {
	all, err := securityGroups(v)
	if err != nil {
		return nil
	}
	for _, g := range all {
		if g.GroupId == id {
			return &g.GroupName
		}
	}
	return nil
}

// CreateSecurityGroupInput is the request of CreateSecurityGroup.
type CreateSecurityGroupInput struct {
	GroupName, GroupDescription, VpcId *string
	TagSpecification                   []TagSpecification
}

// CreateSecurityGroupOutput has the id of the group.
type CreateSecurityGroupOutput struct {
	GroupId string    `wire:"groupId"`
	Tags    []TagItem `wire:"tagSet"`
}

func (h *handlers) createSecurityGroup(ctx context.Context, in *CreateSecurityGroupInput) (*CreateSecurityGroupOutput, error) {
	switch {
	case api.Value(in.GroupName) == "":
		return nil, missing("GroupName")
	case api.Value(in.GroupDescription) == "":
		return nil, missing("GroupDescription")
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*CreateSecurityGroupOutput, error) {
		all, err := securityGroups(v)
		if err != nil {
			return nil, err
		}
		made := SecurityGroup{GroupName: *in.GroupName, Description: *in.GroupDescription, Network: api.Value(in.VpcId), Egress: []Rule{everything()}}
		if made.Network == "" {
			made.Network = defaultNetwork
		}
		if slices.ContainsFunc(all, func(g SecurityGroup) bool { return g.GroupName == made.GroupName && g.Network == made.Network }) {
			return nil, failed("InvalidGroup.Duplicate", "The security group '%s' already exists for VPC '%s'", made.GroupName, made.Network)
		}
		made.GroupId = newID(v, "security-group", "sg-")
		tags := tagsFor(in.TagSpecification, "security-group")
		if err := keep(v, "security-group", made.GroupId, made.GroupName, made, tags); err != nil {
			return nil, err
		}
		return &CreateSecurityGroupOutput{made.GroupId, tagItems(tags)}, nil
	})
}

// DeleteSecurityGroupInput is the request of DeleteSecurityGroup.
type DeleteSecurityGroupInput struct{ GroupId *string }

func (h *handlers) deleteSecurityGroup(ctx context.Context, in *DeleteSecurityGroupInput) (*Deletion, error) {
	return h.drop(ctx, "security-group", in.GroupId, "InvalidGroup.NotFound", "The security group '%s' does not exist")
}

// DescribeSecurityGroupsInput is the request of DescribeSecurityGroups.
type DescribeSecurityGroupsInput struct {
	GroupId, GroupName []string
	Filter             []Filter
	MaxResults         *int32
	NextToken          *string
}

// DescribeSecurityGroupsOutput has security groups.
type DescribeSecurityGroupsOutput struct {
	Groups    []SecurityGroup `wire:"securityGroupInfo"`
	NextToken *string         `wire:"nextToken"`
}

func (h *handlers) describeSecurityGroups(ctx context.Context, in *DescribeSecurityGroupsInput) (*DescribeSecurityGroupsOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*DescribeSecurityGroupsOutput, error) {
		all, err := securityGroups(v)
		if err != nil {
			return nil, err
		}
		id := func(g SecurityGroup) string { return g.GroupId }
		found, err := choose(v, all, in.GroupId, in.Filter, id, func(g SecurityGroup, name string) ([]string, bool) {
			value, ok := map[string]string{"group-id": g.GroupId, "group-name": g.GroupName, "vpc-id": g.Network, "description": g.Description, "owner-id": g.OwnerId}[name]
			return []string{value}, ok
		})
		if err != nil {
			return nil, err
		}
		if len(in.GroupName) > 0 {
			found = slices.DeleteFunc(found, func(g SecurityGroup) bool { return !slices.Contains(in.GroupName, g.GroupName) })
		}
		if lost := lacking(in.GroupId, found, id); lost != "" && len(in.Filter) == 0 {
			return nil, failed("InvalidGroup.NotFound", "The security group '%s' does not exist", lost)
		}
		cut, next, err := page(found, id, in.NextToken, in.MaxResults)
		return &DescribeSecurityGroupsOutput{cut, next}, err
	})
}

// AuthorizeSecurityGroupIngressInput is the request of AuthorizeSecurityGroupIngress: one rule by its parts, or several.
type AuthorizeSecurityGroupIngressInput struct {
	GroupId, IpProtocol, CidrIp *string
	FromPort, ToPort            *int32
	IpPermissions               []Permission
}

// AuthorizeSecurityGroupEgressInput is the request of AuthorizeSecurityGroupEgress.
type AuthorizeSecurityGroupEgressInput struct {
	GroupId       *string
	IpPermissions []Permission
}

// RevokeSecurityGroupIngressInput is the request of RevokeSecurityGroupIngress.
type RevokeSecurityGroupIngressInput AuthorizeSecurityGroupIngressInput

// RevokeSecurityGroupEgressInput is the request of RevokeSecurityGroupEgress.
type RevokeSecurityGroupEgressInput AuthorizeSecurityGroupEgressInput

func (in AuthorizeSecurityGroupIngressInput) permissions() []Permission {
	if in.IpProtocol == nil {
		return in.IpPermissions
	}
	p := Permission{IpProtocol: *in.IpProtocol, FromPort: in.FromPort, ToPort: in.ToPort}
	if in.CidrIp != nil {
		p.IpRanges = []PermissionRange{{CidrIp: *in.CidrIp}}
	}
	return append([]Permission{p}, in.IpPermissions...)
}

func (h *handlers) authorizeSecurityGroupIngress(ctx context.Context, in *AuthorizeSecurityGroupIngressInput) (*Deletion, error) {
	return h.permit(ctx, in.GroupId, in.permissions(), func(g *SecurityGroup) *[]Rule { return &g.Ingress }, true)
}

func (h *handlers) authorizeSecurityGroupEgress(ctx context.Context, in *AuthorizeSecurityGroupEgressInput) (*Deletion, error) {
	return h.permit(ctx, in.GroupId, in.IpPermissions, func(g *SecurityGroup) *[]Rule { return &g.Egress }, true)
}

func (h *handlers) revokeSecurityGroupIngress(ctx context.Context, in *RevokeSecurityGroupIngressInput) (*Deletion, error) {
	return h.permit(ctx, in.GroupId, AuthorizeSecurityGroupIngressInput(*in).permissions(), func(g *SecurityGroup) *[]Rule { return &g.Ingress }, false)
}

func (h *handlers) revokeSecurityGroupEgress(ctx context.Context, in *RevokeSecurityGroupEgressInput) (*Deletion, error) {
	return h.permit(ctx, in.GroupId, in.IpPermissions, func(g *SecurityGroup) *[]Rule { return &g.Egress }, false)
}

// permit adds rules to a security group that was made, or takes them away. Rules are told apart as they were given; EC2 compares each range by itself.
func (h *handlers) permit(ctx context.Context, id *string, given []Permission, side func(*SecurityGroup) *[]Rule, add bool) (*Deletion, error) {
	if len(given) == 0 {
		return nil, missing("ipPermissions")
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*Deletion, error) {
		o, ok := v.World.DeclaredAt(v.ARN("ec2", "security-group/"+api.Value(id)))
		if !ok {
			return nil, failed("InvalidGroup.NotFound", "The security group '%s' does not exist", api.Value(id))
		}
		var g SecurityGroup
		if err := read(o, &g); err != nil {
			return nil, err
		}
		rules := side(&g)
		for _, p := range given {
			r := p.rule()
			at := slices.IndexFunc(*rules, func(one Rule) bool { return same(one, r) })
			switch {
			case add && at >= 0:
				return nil, failed("InvalidPermission.Duplicate", "the specified rule already exists")
			case add:
				*rules = append(*rules, r)
			case at < 0:
				return nil, failed("InvalidPermission.NotFound", "The specified rule does not exist in this security group.")
			default:
				*rules = slices.Delete(*rules, at, at+1)
			}
		}
		return &Deletion{true}, keep(v, "security-group", g.GroupId, g.GroupName, g, nil)
	})
}

func same(a, b Rule) bool {
	port := func(p *int32) string {
		if p == nil {
			return ""
		}
		return strconv.Itoa(int(*p))
	}
	return a.Protocol == b.Protocol && port(a.From) == port(b.From) && port(a.To) == port(b.To) &&
		slices.EqualFunc(a.Groups, b.Groups, func(x, y GroupPair) bool { return x.GroupId == y.GroupId }) &&
		slices.EqualFunc(a.Ranges, b.Ranges, func(x, y Range) bool { return x.CidrIp == y.CidrIp }) &&
		slices.EqualFunc(a.Ranges6, b.Ranges6, func(x, y Range6) bool { return x.CidrIpv6 == y.CidrIpv6 })
}
