package machines

import (
	"context"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
)

// The network, the security group and the subnets that every Region has from the start.
const (
	defaultNetwork = "vpc-0123456789abcdef0" // as ELBv2's handlers call it
	defaultGroup   = "sg-0123456789abcdef0"
)

// defaultSubnet is the id of a zone's default subnet, as tasks on Fargate show it.
func defaultSubnet(zone string) string { return "subnet-" + derived(zone, "subnet") }

// Vpc is a network in an answer, and as it is kept.
type Vpc struct {
	VpcId           string    `wire:"vpcId" json:"id"`
	State           string    `wire:"state" json:"-"`
	CidrBlock       string    `wire:"cidrBlock" json:"block"`
	DhcpOptionsId   string    `wire:"dhcpOptionsId" json:"-"`
	InstanceTenancy string    `wire:"instanceTenancy" json:"-"`
	IsDefault       bool      `wire:"isDefault" json:"-"`
	OwnerId         string    `wire:"ownerId" json:"-"`
	Tags            []TagItem `wire:"tagSet" json:"-"`
}

func networks(v api.View) ([]Vpc, error) {
	all, err := kept(v, "vpc", []Vpc{{VpcId: defaultNetwork, CidrBlock: "172.31.0.0/16", IsDefault: true}})
	for i := range all {
		all[i].State, all[i].DhcpOptionsId, all[i].InstanceTenancy, all[i].OwnerId = "available", "dopt-0123456789abcdef0", "default", v.Place.Account
		all[i].Tags = tagItems(v.World.Tags(all[i].VpcId))
	}
	return all, err
}

// CreateVpcInput is the request of CreateVpc.
type CreateVpcInput struct {
	CidrBlock        *string
	TagSpecification []TagSpecification
}

// CreateVpcOutput has the network.
type CreateVpcOutput struct {
	Vpc Vpc `wire:"vpc"`
}

func (h *handlers) createVpc(ctx context.Context, in *CreateVpcInput) (*CreateVpcOutput, error) {
	if api.Value(in.CidrBlock) == "" {
		return nil, missing("CidrBlock")
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*CreateVpcOutput, error) {
		made := Vpc{CidrBlock: *in.CidrBlock}
		made.VpcId = newID(v, "vpc", "vpc-")
		if err := keep(v, "vpc", made.VpcId, "", made, tagsFor(in.TagSpecification, "vpc")); err != nil {
			return nil, err
		}
		all, err := networks(v)
		at := slices.IndexFunc(all, func(one Vpc) bool { return one.VpcId == made.VpcId })
		return &CreateVpcOutput{all[at]}, err
	})
}

// newID makes the id of the next object of a kind.
func newID(v api.View, kind, prefix string) string {
	return prefix + derived(v.Place.Region, kind, strconv.Itoa(len(v.World.Declared(kind))), v.Now.String())
}

// Deletion is the answer of an operation that only succeeds.
type Deletion struct {
	Return bool `wire:"return"`
}

// DeleteVpcInput is the request of DeleteVpc.
type DeleteVpcInput struct{ VpcId *string }

func (h *handlers) deleteVpc(ctx context.Context, in *DeleteVpcInput) (*Deletion, error) {
	return h.drop(ctx, "vpc", in.VpcId, "InvalidVpcID.NotFound", "The vpc ID '%s' does not exist")
}

// drop removes what was made; what a Region has from the start stays.
func (h *handlers) drop(ctx context.Context, kind string, id *string, code, message string) (*Deletion, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*Deletion, error) {
		arn := v.ARN("ec2", kind+"/"+api.Value(id))
		if _, ok := v.World.DeclaredAt(arn); !ok {
			return nil, failed(code, message, api.Value(id))
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

// Subnet is a subnet in an answer, and as it is kept.
type Subnet struct {
	SubnetId                string    `wire:"subnetId" json:"id"`
	SubnetArn               string    `wire:"subnetArn" json:"-"`
	State                   string    `wire:"state" json:"-"`
	Network                 string    `wire:"vpcId" json:"network"`
	CidrBlock               string    `wire:"cidrBlock" json:"block"`
	Zone                    string    `wire:"availabilityZone" json:"zone"`
	AvailableIpAddressCount int32     `wire:"availableIpAddressCount" json:"-"`
	DefaultForAz            bool      `wire:"defaultForAz" json:"-"`
	MapPublicIpOnLaunch     bool      `wire:"mapPublicIpOnLaunch" json:"-"`
	OwnerId                 string    `wire:"ownerId" json:"-"`
	Tags                    []TagItem `wire:"tagSet" json:"-"`
}

func subnets(v api.View) ([]Subnet, error) {
	var from []Subnet
	for n, zone := range zones(v) {
		from = append(from, Subnet{SubnetId: defaultSubnet(zone), Network: defaultNetwork, CidrBlock: "172.31." + strconv.Itoa(16*n) + ".0/20", Zone: zone, DefaultForAz: true, MapPublicIpOnLaunch: true})
	}
	all, err := kept(v, "subnet", from)
	taken := tasksIn(v)
	for i := range all {
		all[i].SubnetArn, all[i].State, all[i].OwnerId = v.ARN("ec2", "subnet/"+all[i].SubnetId), "available", v.Place.Account
		all[i].AvailableIpAddressCount = addresses(all[i].CidrBlock) - taken[all[i].SubnetId]
		all[i].Tags = tagItems(v.World.Tags(all[i].SubnetId))
	}
	return all, err
}

// addresses is how many addresses a block has for others: all but five. A /20 has 4,091. Source: VPC user guide, subnet sizing.
func addresses(block string) int32 {
	prefix, err := netip.ParsePrefix(block)
	if err != nil || !prefix.Addr().Is4() {
		return 0
	}
	return int32(max(0, 1<<(32-prefix.Bits())-5)) //nolint:gosec // 2^32 - 5 at most where the prefix is /0, and EC2 takes none shorter than /16
}

// tasksIn counts the tasks with addresses of their own by the subnet that they show: the default one of their zone.
func tasksIn(v api.View) map[string]int32 {
	taken := map[string]int32{}
	for _, c := range v.World.Clusters() {
		v.World.EachTask(c.Name, func(t *cluster.Task) {
			if t.Last != cluster.Stopped && !strings.HasPrefix(t.Address, "i-") {
				taken[defaultSubnet(t.Zone)]++
			}
		})
	}
	return taken
}

func subnetAt(v api.View, id string) (Subnet, error) {
	all, err := subnets(v)
	if err != nil {
		return Subnet{}, err
	}
	at := slices.IndexFunc(all, func(s Subnet) bool { return s.SubnetId == id })
	if at < 0 {
		return Subnet{}, failed("InvalidSubnetID.NotFound", "The subnet ID '%s' does not exist", id)
	}
	return all[at], nil
}

// CreateSubnetInput is the request of CreateSubnet.
type CreateSubnetInput struct {
	VpcId, CidrBlock, AvailabilityZone *string
	TagSpecification                   []TagSpecification
}

// CreateSubnetOutput has the subnet.
type CreateSubnetOutput struct {
	Subnet Subnet `wire:"subnet"`
}

func (h *handlers) createSubnet(ctx context.Context, in *CreateSubnetInput) (*CreateSubnetOutput, error) {
	switch {
	case api.Value(in.VpcId) == "":
		return nil, missing("VpcId")
	case api.Value(in.CidrBlock) == "":
		return nil, missing("CidrBlock")
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*CreateSubnetOutput, error) {
		all, err := networks(v)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(all, func(n Vpc) bool { return n.VpcId == *in.VpcId }) {
			return nil, failed("InvalidVpcID.NotFound", "The vpc ID '%s' does not exist", *in.VpcId)
		}
		zone := api.Value(in.AvailabilityZone)
		if zone == "" {
			zone = zones(v)[0]
		}
		if !slices.Contains(zones(v), zone) {
			return nil, failed("InvalidParameterValue", "Value (%s) for parameter availabilityZone is invalid. Subnets can currently only be created in the following availability zones: %s.", zone, strings.Join(zones(v), ", "))
		}
		made := Subnet{SubnetId: newID(v, "subnet", "subnet-"), Network: *in.VpcId, CidrBlock: *in.CidrBlock, Zone: zone}
		if err := keep(v, "subnet", made.SubnetId, "", made, tagsFor(in.TagSpecification, "subnet")); err != nil {
			return nil, err
		}
		made, err = subnetAt(v, made.SubnetId)
		return &CreateSubnetOutput{made}, err
	})
}

// DeleteSubnetInput is the request of DeleteSubnet.
type DeleteSubnetInput struct{ SubnetId *string }

func (h *handlers) deleteSubnet(ctx context.Context, in *DeleteSubnetInput) (*Deletion, error) {
	return h.drop(ctx, "subnet", in.SubnetId, "InvalidSubnetID.NotFound", "The subnet ID '%s' does not exist")
}

// DescribeSubnetsInput is the request of DescribeSubnets.
type DescribeSubnetsInput struct {
	SubnetId   []string
	Filter     []Filter
	MaxResults *int32
	NextToken  *string
}

// DescribeSubnetsOutput has subnets.
type DescribeSubnetsOutput struct {
	Subnets   []Subnet `wire:"subnetSet"`
	NextToken *string  `wire:"nextToken"`
}

func (h *handlers) describeSubnets(ctx context.Context, in *DescribeSubnetsInput) (*DescribeSubnetsOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*DescribeSubnetsOutput, error) {
		all, err := subnets(v)
		if err != nil {
			return nil, err
		}
		id := func(one Subnet) string { return one.SubnetId }
		found, err := choose(v, all, in.SubnetId, in.Filter, id, func(one Subnet, name string) ([]string, bool) {
			value, ok := map[string]string{
				"subnet-id": one.SubnetId, "vpc-id": one.Network, "availability-zone": one.Zone, "availabilityZone": one.Zone, "cidr-block": one.CidrBlock, "cidr": one.CidrBlock,
				"cidrBlock": one.CidrBlock, "state": one.State, "default-for-az": strconv.FormatBool(one.DefaultForAz), "defaultForAz": strconv.FormatBool(one.DefaultForAz),
				"map-public-ip-on-launch": strconv.FormatBool(one.MapPublicIpOnLaunch), "owner-id": one.OwnerId,
			}[name]
			return []string{value}, ok
		})
		if err != nil {
			return nil, err
		}
		if lost := lacking(in.SubnetId, found, id); lost != "" && len(in.Filter) == 0 {
			return nil, failed("InvalidSubnetID.NotFound", "The subnet ID '%s' does not exist", lost)
		}
		cut, next, err := page(found, id, in.NextToken, in.MaxResults)
		return &DescribeSubnetsOutput{cut, next}, err
	})
}
