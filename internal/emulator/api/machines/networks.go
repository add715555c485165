package machines

import (
	"cmp"
	"context"
	"net/netip"
	"slices"
	"strconv"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
)

// Vpc is a network in an answer, and as it is kept.
type Vpc struct {
	VpcId           string    `wire:"vpcId" json:"id"`
	State           string    `wire:"state" json:"-"`
	CidrBlock       string    `wire:"cidrBlock" json:"block"`
	DhcpOptionsId   string    `wire:"dhcpOptionsId" json:"-"`
	InstanceTenancy string    `wire:"instanceTenancy" json:"tenancy,omitempty"`
	IsDefault       bool      `wire:"isDefault" json:"-"`
	OwnerId         string    `wire:"ownerId" json:"-"`
	Blocks          []Block   `wire:"cidrBlockAssociationSet" json:"-"`
	Tags            []TagItem `wire:"tagSet" json:"-"`
	vpcAttributes
}

// vpcAttributes are those of a network that its description does not show. Source: EC2 API Reference, ModifyVpcAttribute, with what each is for a new network.
type vpcAttributes struct {
	NoResolver bool `json:"noResolver,omitempty"` // enableDnsSupport, which begins true, is off
	Hostnames  bool `json:"hostnames,omitempty"`  // enableDnsHostnames
	Metrics    bool `json:"metrics,omitempty"`    // enableNetworkAddressUsageMetrics
}

// Block is a range of addresses of a network.
type Block struct {
	AssociationId string     `wire:"associationId"`
	CidrBlock     string     `wire:"cidrBlock"`
	State         BlockState `wire:"cidrBlockState"`
}

// BlockState says whether a range belongs to its network.
type BlockState struct {
	State string `wire:"state"`
}

func networks(v api.View) ([]Vpc, error) {
	all, err := kept(v, api.NetworkKind, []Vpc{{VpcId: api.DefaultNetwork, CidrBlock: "172.31.0.0/16", vpcAttributes: vpcAttributes{Hostnames: true}}}, func(n Vpc) string { return n.VpcId })
	for i := range all {
		all[i].IsDefault = all[i].VpcId == api.DefaultNetwork
		all[i].Blocks = []Block{{"vpc-cidr-assoc-" + api.Derived(all[i].VpcId), all[i].CidrBlock, BlockState{"associated"}}}
		all[i].State, all[i].DhcpOptionsId, all[i].InstanceTenancy, all[i].OwnerId = "available", "dopt-0123456789abcdef0", cmp.Or(all[i].InstanceTenancy, "default"), v.Place.Account
		all[i].Tags = tagItems(v.World.Tags(all[i].VpcId))
	}
	return all, err
}

// CreateVpcInput is the request of CreateVpc.
type CreateVpcInput struct {
	CidrBlock, InstanceTenancy *string
	TagSpecification           []TagSpecification
}

// CreateVpcOutput has the network.
type CreateVpcOutput struct {
	Vpc Vpc `wire:"vpc"`
}

func (h *handlers) createVpc(ctx context.Context, in *CreateVpcInput) (*CreateVpcOutput, error) {
	if api.Value(in.CidrBlock) == "" {
		return nil, missing("CidrBlock")
	}
	block, err := netip.ParsePrefix(*in.CidrBlock)
	switch { // Source: EC2 API Reference, CreateVpc and its common errors
	case err != nil || !block.Addr().Is4():
		return nil, failed("InvalidParameterValue", "Value (%s) for parameter cidrBlock is invalid. This is not a valid CIDR block.", *in.CidrBlock)
	case block.Bits() < 16 || block.Bits() > 28:
		return nil, failed("InvalidVpc.Range", "The CIDR '%s' is invalid.", *in.CidrBlock)
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*CreateVpcOutput, error) {
		made := Vpc{CidrBlock: block.Masked().String(), InstanceTenancy: api.Value(in.InstanceTenancy)}
		made.VpcId = newID(v, api.NetworkKind, "vpc-")
		if err := keep(v, api.NetworkKind, made.VpcId, "", made, tagsFor(in.TagSpecification, "vpc")); err != nil {
			return nil, err
		}
		made, err := networkAt(v, made.VpcId)
		return &CreateVpcOutput{made}, err
	})
}

func networkAt(v api.View, id string) (Vpc, error) {
	all, err := networks(v)
	if err != nil {
		return Vpc{}, err
	}
	at := slices.IndexFunc(all, func(one Vpc) bool { return one.VpcId == id })
	if at < 0 {
		return Vpc{}, failed("InvalidVpcID.NotFound", "The vpc ID '%s' does not exist", id)
	}
	return all[at], nil
}

// newID makes the id of the next object of a kind: the first of the Region's that is not taken at this moment.
func newID(v api.View, kind, prefix string) string {
	for n := len(v.World.Declared(kind)); ; n++ {
		id := prefix + api.Derived(v.Place.Region, kind, strconv.Itoa(n), v.Now.String())
		if _, taken := v.World.DeclaredAt(v.ARN("ec2", kind+"/"+id)); !taken {
			return id
		}
	}
}

// Switch is an attribute that is on or off, in a request.
type Switch struct{ Value *bool }

// Attribute is an attribute that is on or off, in an answer.
type Attribute struct {
	Value bool `wire:"value"`
}

// ModifyVpcAttributeInput is the request of ModifyVpcAttribute, which changes one attribute.
type ModifyVpcAttributeInput struct {
	VpcId                                                                  *string
	EnableDnsSupport, EnableDnsHostnames, EnableNetworkAddressUsageMetrics *Switch
}

func (h *handlers) modifyVpcAttribute(ctx context.Context, in *ModifyVpcAttributeInput) (*Deletion, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*Deletion, error) {
		n, err := networkAt(v, api.Value(in.VpcId))
		if err != nil {
			return nil, err
		}
		if s := in.EnableDnsSupport; s != nil {
			n.NoResolver = !api.Value(s.Value)
		}
		if s := in.EnableDnsHostnames; s != nil {
			n.Hostnames = api.Value(s.Value)
		}
		if s := in.EnableNetworkAddressUsageMetrics; s != nil {
			n.Metrics = api.Value(s.Value)
		}
		return &Deletion{true}, keep(v, api.NetworkKind, n.VpcId, "", n, nil)
	})
}

// DescribeVpcAttributeInput is the request of DescribeVpcAttribute.
type DescribeVpcAttributeInput struct{ VpcId, Attribute *string }

// DescribeVpcAttributeOutput has the attribute that was asked for.
type DescribeVpcAttributeOutput struct {
	VpcId     string     `wire:"vpcId"`
	Support   *Attribute `wire:"enableDnsSupport"`
	Hostnames *Attribute `wire:"enableDnsHostnames"`
	Metrics   *Attribute `wire:"enableNetworkAddressUsageMetrics"`
}

func (h *handlers) describeVpcAttribute(ctx context.Context, in *DescribeVpcAttributeInput) (*DescribeVpcAttributeOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*DescribeVpcAttributeOutput, error) {
		n, err := networkAt(v, api.Value(in.VpcId))
		if err != nil {
			return nil, err
		}
		out := &DescribeVpcAttributeOutput{VpcId: n.VpcId}
		switch name := api.Value(in.Attribute); name {
		case "enableDnsSupport":
			out.Support = &Attribute{!n.NoResolver}
		case "enableDnsHostnames":
			out.Hostnames = &Attribute{n.Hostnames}
		case "enableNetworkAddressUsageMetrics":
			out.Metrics = &Attribute{n.Metrics}
		default:
			return nil, failed("InvalidParameterValue", "Value (%s) for parameter attribute is invalid. Unknown attribute.", name)
		}
		return out, nil
	})
}

// Deletion is the answer of an operation that only succeeds.
type Deletion struct {
	Return bool `wire:"return"`
}

// DeleteVpcInput is the request of DeleteVpc.
type DeleteVpcInput struct{ VpcId *string }

// deleteVpc refuses a network in which there is something that was made. Source: EC2 API Reference, DeleteVpc.
func (h *handlers) deleteVpc(ctx context.Context, in *DeleteVpcInput) (*Deletion, error) {
	return h.drop(ctx, api.NetworkKind, in.VpcId, "InvalidVpcID.NotFound", "The vpc ID '%s' does not exist", func(v api.View) error {
		used, err := inUse(v, api.Value(in.VpcId))
		if err != nil || !used {
			return err
		}
		return failed("DependencyViolation", "The vpc '%s' has dependencies and cannot be deleted.", api.Value(in.VpcId))
	})
}

// inUse tells whether something that was made is in a network.
func inUse(v api.View, network string) (bool, error) {
	in, err := subnets(v)
	if err != nil || slices.ContainsFunc(in, func(s Subnet) bool { return s.Network == network }) {
		return err == nil, err
	}
	groups, err := securityGroups(v)
	if err != nil || slices.ContainsFunc(groups, func(g SecurityGroup) bool { return g.Network == network && g.GroupName != "default" }) {
		return err == nil, err
	}
	gateways, err := internetGateways(v)
	if err != nil || slices.ContainsFunc(gateways, func(g InternetGateway) bool { return g.Network == network }) {
		return err == nil, err
	}
	tables, err := routeTables(v)
	return slices.ContainsFunc(tables, func(t RouteTable) bool { return t.Network == network && !t.main() }), err
}

// drop removes what was made, where refuse allows it; what a Region has from the start stays.
func (h *handlers) drop(ctx context.Context, kind string, id *string, code, message string, refuse func(api.View) error) (*Deletion, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*Deletion, error) {
		arn := v.ARN("ec2", kind+"/"+api.Value(id))
		if _, ok := v.World.DeclaredAt(arn); !ok {
			return nil, failed(code, message, api.Value(id))
		}
		if err := refuse(v); err != nil {
			return nil, err
		}
		if _, err := v.Act(cluster.Retract{ARN: arn}); err != nil {
			return nil, err
		}
		tags := v.World.Tags(api.Value(id))
		if len(tags) == 0 {
			return &Deletion{true}, nil
		}
		var keys []string
		for _, t := range tags {
			keys = append(keys, t.Key)
		}
		_, err := v.Act(cluster.UntagResource{ARN: api.Value(id), Keys: keys})
		return &Deletion{true}, err
	})
}

// DescribeVpcsInput is the request of DescribeVpcs.
type DescribeVpcsInput struct {
	VpcId      []string
	Filter     []Filter
	MaxResults *int32
	NextToken  *string
}

// DescribeVpcsOutput has networks.
type DescribeVpcsOutput struct {
	Vpcs      []Vpc   `wire:"vpcSet"`
	NextToken *string `wire:"nextToken"`
}

func (h *handlers) describeVpcs(ctx context.Context, in *DescribeVpcsInput) (*DescribeVpcsOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*DescribeVpcsOutput, error) {
		all, err := networks(v)
		if err != nil {
			return nil, err
		}
		found, err := choose(v, all, in.VpcId, in.Filter, func(one Vpc) string { return one.VpcId }, func(one Vpc, name string) ([]string, bool) {
			values, ok := map[string]string{
				"vpc-id": one.VpcId, "cidr": one.CidrBlock, "cidr-block-association.cidr-block": one.CidrBlock, "is-default": strconv.FormatBool(one.IsDefault),
				"isDefault": strconv.FormatBool(one.IsDefault), "state": one.State, "owner-id": one.OwnerId,
			}[name]
			return []string{values}, ok
		})
		if err != nil {
			return nil, err
		}
		if lost := lacking(in.VpcId, found, func(one Vpc) string { return one.VpcId }); lost != "" && len(in.Filter) == 0 {
			return nil, failed("InvalidVpcID.NotFound", "The vpc ID '%s' does not exist", lost)
		}
		cut, next, err := page(found, func(one Vpc) string { return one.VpcId }, in.NextToken, in.MaxResults)
		return &DescribeVpcsOutput{cut, next}, err
	})
}

// choose keeps what a request asks for by id and by filter.
func choose[T any](v api.View, all []T, ids []string, filters []Filter, id func(T) string, property func(one T, name string) ([]string, bool)) ([]T, error) {
	found := []T{}
	for _, one := range all {
		ok, err := meets(filters, v.World.Tags(id(one)), func(name string) ([]string, bool) { return property(one, name) })
		if err != nil {
			return nil, err
		}
		if ok && (len(ids) == 0 || slices.Contains(ids, id(one))) {
			found = append(found, one)
		}
	}
	return found, nil
}

// lacking is the first id that was asked for and not found; empty where there is none.
func lacking[T any](ids []string, found []T, id func(T) string) string {
	for _, asked := range ids {
		if !slices.ContainsFunc(found, func(one T) bool { return id(one) == asked }) {
			return asked
		}
	}
	return ""
}
