package machines

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"handover/internal/emulator/api"
)

// SecurityGroup is a security group in an answer, and as it is kept.
type SecurityGroup struct {
	OwnerId     string    `wire:"ownerId" json:"-"`
	GroupId     string    `wire:"groupId" json:"id"`
	GroupArn    string    `wire:"securityGroupArn" json:"-"`
	GroupName   string    `wire:"groupName" json:"name"`
	Description string    `wire:"groupDescription" json:"description"`
	Network     string    `wire:"vpcId" json:"network"`
	Ingress     []Rule    `wire:"ipPermissions" json:"ingress,omitempty"`
	Egress      []Rule    `wire:"ipPermissionsEgress" json:"egress,omitempty"`
	Tags        []TagItem `wire:"tagSet" json:"-"`
}

// Rule is a permission of a security group in an answer, and as it is kept. Nothing is filtered by it.
type Rule struct {
	numbered
	Protocol string      `wire:"ipProtocol" json:"protocol"`
	From     *int32      `wire:"fromPort" json:"from,omitempty"`
	To       *int32      `wire:"toPort" json:"to,omitempty"`
	Groups   []GroupPair `wire:"groups" json:"groups,omitempty"`
	Ranges   []Range     `wire:"ipRanges" json:"ranges,omitempty"`
	Ranges6  []Range6    `wire:"ipv6Ranges" json:"ranges6,omitempty"`
	Prefixes []Prefix    `wire:"prefixListIds" json:"prefixes,omitempty"`
}

// numbered has the id of a rule where it does not follow from what the rule says, because it said something else once. It is embedded, and so kept and in no answer.
type numbered struct {
	ID string `json:"rule,omitempty"`
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
	PrefixListId string  `wire:"prefixListId" json:"id"`
	Description  *string `wire:"description" json:"description,omitempty"`
}

// Permission is a rule in a request.
type Permission struct {
	IpProtocol       string
	FromPort, ToPort *int32
	Groups           []PermissionGroup
	IpRanges         []PermissionRange
	Ipv6Ranges       []PermissionRange6
	PrefixListIds    []PermissionPrefix
}

// PermissionPrefix is a prefix list in a request.
type PermissionPrefix struct {
	PrefixListId string
	Description  *string
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

// rules takes a permission apart into rules of one source or destination each, which is how EC2 tells them apart. Source: EC2 API Reference, SecurityGroupRule; with all
// protocols there are no ports, IpPermission.
func (p Permission) rules() []Rule {
	bare := Rule{Protocol: protocolName(p.IpProtocol), From: p.FromPort, To: p.ToPort}
	if bare.Protocol == "-1" {
		bare.From, bare.To = nil, nil
	}
	var all []Rule
	for _, g := range p.Groups {
		r := bare
		r.Groups = []GroupPair{{GroupId: g.GroupId, Description: g.Description}}
		all = append(all, r)
	}
	for _, one := range p.IpRanges {
		r := bare
		r.Ranges = []Range{Range(one)}
		all = append(all, r)
	}
	for _, one := range p.Ipv6Ranges {
		r := bare
		r.Ranges6 = []Range6{Range6(one)}
		all = append(all, r)
	}
	for _, one := range p.PrefixListIds {
		r := bare
		r.Prefixes = []Prefix{Prefix(one)}
		all = append(all, r)
	}
	return all
}

// protocolName is a protocol as EC2 shows it: the four that have names, or a number. Source: EC2 API Reference, IpPermission.
func protocolName(given string) string {
	if name, ok := map[string]string{"all": "-1", "6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6"}[given]; ok {
		return name
	}
	return given
}

// everything lets all out, which every new security group does. Source: VPC user guide, security-group-rules.
func everything() Rule { return Rule{Protocol: "-1", Ranges: []Range{{CidrIp: "0.0.0.0/0"}}} }

// securityGroups are all, with their rules as EC2 shows them.
func securityGroups(v api.View) ([]SecurityGroup, error) {
	all, err := ruledGroups(v)
	for i := range all {
		g := &all[i]
		g.OwnerId, g.GroupArn, g.Tags = v.Place.Account, groupARN(v, g.GroupId), tagItems(v.World.Tags(g.GroupId))
		g.Ingress, g.Egress = shown(v, g.Ingress), shown(v, g.Egress)
	}
	return all, err
}

// ruledGroups are all security groups, with each of their rules by itself.
func ruledGroups(v api.View) ([]SecurityGroup, error) {
	first := SecurityGroup{GroupId: api.DefaultSecurityGroup, GroupName: "default", Description: "default VPC security group", Network: api.DefaultNetwork, Egress: []Rule{everything()}}
	first.Ingress = []Rule{{Protocol: "-1", Groups: []GroupPair{{GroupId: api.DefaultSecurityGroup}}}}
	from := []SecurityGroup{first}
	for _, o := range v.World.Declared(api.NetworkKind) { // each has one of its own
		id := o.ARN[strings.LastIndexByte(o.ARN, '/')+1:]
		if id == api.DefaultNetwork {
			continue
		}
		group := SecurityGroup{GroupId: api.DefaultGroupOf(id), GroupName: "default", Description: first.Description, Network: id, Egress: []Rule{everything()}}
		group.Ingress = []Rule{{Protocol: "-1", Groups: []GroupPair{{GroupId: group.GroupId}}}}
		from = append(from, group)
	}
	return kept(v, api.SecurityGroupKind, from, func(g SecurityGroup) string { return g.GroupId })
}

// checkGroups refuses what is no id of a security group. Source of the sentence: moto's tests that were run against AWS.
func checkGroups(ids []string) error {
	if at := slices.IndexFunc(ids, func(id string) bool { return !strings.HasPrefix(id, "sg-") }); at >= 0 {
		return failed("InvalidGroupId.Malformed", "The security group ID '%s' is malformed", ids[at])
	}
	return nil
}

func groupARN(v api.View, id string) string { return v.ARN("ec2", "security-group/"+id) }

func ruledGroupAt(v api.View, id string) (SecurityGroup, error) {
	all, err := ruledGroups(v)
	if err != nil {
		return SecurityGroup{}, err
	}
	at := slices.IndexFunc(all, func(g SecurityGroup) bool { return g.GroupId == id })
	if at < 0 {
		return SecurityGroup{}, failed("InvalidGroup.NotFound", "The security group '%s' does not exist", id)
	}
	return all[at], nil
}

// shown gives rules as EC2 does, those of one protocol and the same ports together, with the lists that it always sends.
func shown(v api.View, rules []Rule) []Rule {
	all := []Rule{}
	for _, r := range rules {
		at := slices.IndexFunc(all, func(other Rule) bool {
			return other.Protocol == r.Protocol && portOf(other.From) == portOf(r.From) && portOf(other.To) == portOf(r.To)
		})
		if at < 0 {
			at = len(all)
			all = append(all, Rule{Protocol: r.Protocol, From: r.From, To: r.To, Groups: []GroupPair{}, Ranges: []Range{}, Ranges6: []Range6{}, Prefixes: []Prefix{}})
		}
		into := &all[at]
		for _, g := range r.Groups {
			g.UserId = v.Place.Account
			into.Groups = append(into.Groups, g)
		}
		into.Ranges, into.Ranges6, into.Prefixes = append(into.Ranges, r.Ranges...), append(into.Ranges6, r.Ranges6...), append(into.Prefixes, r.Prefixes...)
	}
	return all
}

// ruled gives the values that rules have of a filter's property. Source: EC2 API Reference, DescribeSecurityGroups.Filter: ip-permission and egress.ip-permission.
func ruled(rules []Rule, property string) (values []string, ok bool) {
	for _, r := range rules {
		switch property {
		case "from-port":
			values = append(values, strconv.Itoa(int(portOf(r.From))))
		case "to-port":
			values = append(values, strconv.Itoa(int(portOf(r.To))))
		case "protocol":
			values = append(values, r.Protocol)
		}
		for _, one := range r.Ranges {
			values = appendIf(values, property == "cidr", one.CidrIp)
		}
		for _, one := range r.Ranges6 {
			values = appendIf(values, property == "ipv6-cidr", one.CidrIpv6)
		}
		for _, one := range r.Prefixes {
			values = appendIf(values, property == "prefix-list-id", one.PrefixListId)
		}
		for _, one := range r.Groups {
			values = appendIf(appendIf(values, property == "group-id", one.GroupId), property == "user-id", one.UserId)
		}
	}
	return values, slices.Contains([]string{"from-port", "to-port", "protocol", "cidr", "ipv6-cidr", "prefix-list-id", "group-id", "user-id"}, property)
}

func appendIf(values []string, wanted bool, value string) []string {
	if wanted {
		values = append(values, value)
	}
	return values
}

// portOf is a port, and -1 where there is none.
func portOf(p *int32) int32 {
	if p == nil {
		return -1
	}
	return *p
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
	GroupId  string    `wire:"groupId"`
	GroupArn string    `wire:"securityGroupArn"`
	Tags     []TagItem `wire:"tagSet"`
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
		if in.VpcId != nil {
			if _, err := networkAt(v, *in.VpcId); err != nil {
				return nil, err
			}
		}
		made := SecurityGroup{GroupName: *in.GroupName, Description: *in.GroupDescription, Network: api.Value(in.VpcId), Egress: []Rule{everything()}}
		if made.Network == "" {
			made.Network = api.DefaultNetwork
		}
		if slices.ContainsFunc(all, func(g SecurityGroup) bool { return g.GroupName == made.GroupName && g.Network == made.Network }) {
			return nil, failed("InvalidGroup.Duplicate", "The security group '%s' already exists for VPC '%s'", made.GroupName, made.Network)
		}
		made.GroupId = newID(v, api.SecurityGroupKind, "sg-")
		tags := tagsFor(in.TagSpecification, "security-group")
		if err := keep(v, api.SecurityGroupKind, made.GroupId, made.GroupName, made, tags); err != nil {
			return nil, err
		}
		return &CreateSecurityGroupOutput{made.GroupId, groupARN(v, made.GroupId), tagItems(tags)}, nil
	})
}

// DeleteSecurityGroupInput is the request of DeleteSecurityGroup.
type DeleteSecurityGroupInput struct{ GroupId, GroupName *string }

// DeleteSecurityGroupOutput names the group that is gone.
type DeleteSecurityGroupOutput struct {
	Return  bool   `wire:"return"`
	GroupId string `wire:"groupId"`
}

// deleteSecurityGroup refuses one that an interface has, or a rule of another. Source: EC2 API Reference, DeleteSecurityGroup.
func (h *handlers) deleteSecurityGroup(ctx context.Context, in *DeleteSecurityGroupInput) (*DeleteSecurityGroupOutput, error) {
	id := api.Value(in.GroupId)
	if in.GroupId == nil && in.GroupName != nil { // in the default network
		if err := h.worlds.Use(ctx, func(v api.View) error {
			g, err := change{name: in.GroupName}.group(v)
			id = g.GroupId
			return err
		}); err != nil {
			return nil, err
		}
	}
	_, err := h.drop(ctx, api.SecurityGroupKind, &id, "InvalidGroup.NotFound", "The security group '%s' does not exist", func(v api.View) error {
		all, err := ruledGroups(v)
		if err != nil {
			return err
		}
		for _, g := range all {
			if g.GroupId != id && slices.ContainsFunc(slices.Concat(g.Ingress, g.Egress), func(r Rule) bool { return r.peer() == id }) {
				return failed("DependencyViolation", "resource %s has a dependent object", id)
			}
		}
		return unused("group-id", id, "resource ID has a dependent object")(v)
	})
	return &DeleteSecurityGroupOutput{true, id}, err
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
	if err := checkGroups(in.GroupId); err != nil {
		return nil, err
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*DescribeSecurityGroupsOutput, error) {
		all, err := securityGroups(v)
		if err != nil {
			return nil, err
		}
		id := func(g SecurityGroup) string { return g.GroupId }
		found, err := choose(v, all, in.GroupId, in.Filter, id, func(g SecurityGroup, name string) ([]string, bool) {
			if of, egress := strings.CutPrefix(name, "egress.ip-permission."); egress {
				return ruled(g.Egress, of)
			}
			if of, ingress := strings.CutPrefix(name, "ip-permission."); ingress {
				return ruled(g.Ingress, of)
			}
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
