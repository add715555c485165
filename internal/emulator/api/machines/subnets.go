package machines

import (
	"cmp"
	"context"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"handover/internal/emulator/api"
)

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
	AssignIpv6              bool      `wire:"assignIpv6AddressOnCreation" json:"-"`
	DnsOptions              DnsNames  `wire:"privateDnsNameOptionsOnLaunch" json:"-"`
	OwnerId                 string    `wire:"ownerId" json:"-"`
	ZoneId                  string    `wire:"availabilityZoneId" json:"-"`
	Tags                    []TagItem `wire:"tagSet" json:"-"`
	Dns64                   bool      `wire:"enableDns64" json:"-"`
	Ipv6Native              bool      `wire:"ipv6Native" json:"-"`
	Ipv6Blocks              []Block   `wire:"ipv6CidrBlockAssociationSet" json:"-"` // always none
	CustomerOwned           bool      `wire:"mapCustomerOwnedIpOnLaunch" json:"-"`
	subnetAttributes
}

// subnetAttributes are what ModifySubnetAttribute changes of a subnet that was made.
type subnetAttributes struct {
	Public    bool   `json:"public,omitempty"` // instances get public addresses
	Hostnames string `json:"hostnames,omitempty"`
}

// DnsNames says what private names instances get.
type DnsNames struct {
	Hostname string `wire:"hostnameType"`
	A        bool   `wire:"enableResourceNameDnsARecord"`
	AAAA     bool   `wire:"enableResourceNameDnsAAAARecord"`
}

func subnets(v api.View) ([]Subnet, error) {
	var from []Subnet
	for n, zone := range v.Zones() {
		from = append(from, Subnet{SubnetId: api.DefaultSubnet(zone), Network: api.DefaultNetwork, CidrBlock: "172.31." + strconv.Itoa(16*n) + ".0/20", Zone: zone, subnetAttributes: subnetAttributes{Public: true}})
	}
	all, err := kept(v, api.SubnetKind, from, func(s Subnet) string { return s.SubnetId })
	for i := range all {
		s := &all[i]
		s.SubnetArn, s.State, s.OwnerId = v.ARN("ec2", "subnet/"+s.SubnetId), "available", v.Place.Account
		s.ZoneId = zoneID(v, slices.Index(v.Zones(), s.Zone))
		s.DefaultForAz, s.MapPublicIpOnLaunch = s.SubnetId == api.DefaultSubnet(s.Zone), s.Public
		s.AvailableIpAddressCount, s.DnsOptions.Hostname = addresses(s.CidrBlock), cmp.Or(s.Hostnames, "ip-name")
		s.Tags, s.Ipv6Blocks = tagItems(v.World.Tags(s.SubnetId)), []Block{}
	}
	return all, err
}

// addresses are those of a block that can be given out: five are AWS's own. A /20 has 4,091. Source: VPC user guide, subnet-sizing.
func addresses(block string) int32 {
	prefix, err := netip.ParsePrefix(block)
	if err != nil || !prefix.Addr().Is4() {
		return 0
	}
	return int32(1)<<(32-prefix.Bits()) - 5
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
	VpcId, CidrBlock, AvailabilityZone, AvailabilityZoneId *string
	TagSpecification                                       []TagSpecification
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
		network, err := networkAt(v, *in.VpcId)
		if err != nil {
			return nil, err
		}
		if err := checkBlock(v, network, *in.CidrBlock); err != nil {
			return nil, err
		}
		zone := cmp.Or(api.Value(in.AvailabilityZone), api.Value(in.AvailabilityZoneId), v.Zones()[0])
		for n, name := range v.Zones() {
			if zone == zoneID(v, n) {
				zone = name
			}
		}
		if !slices.Contains(v.Zones(), zone) {
			return nil, failed("InvalidParameterValue", "Value (%s) for parameter availabilityZone is invalid. Subnets can currently only be created in the following availability zones: %s.", zone, strings.Join(v.Zones(), ", "))
		}
		made := Subnet{SubnetId: newID(v, api.SubnetKind, "subnet-"), Network: *in.VpcId, CidrBlock: *in.CidrBlock, Zone: zone}
		if err := keep(v, api.SubnetKind, made.SubnetId, "", made, tagsFor(in.TagSpecification, "subnet")); err != nil {
			return nil, err
		}
		made, err = subnetAt(v, made.SubnetId)
		return &CreateSubnetOutput{made}, err
	})
}

// checkBlock refuses a range of addresses that is none of the network's, or that another subnet has. Source: EC2 API Reference, CreateSubnet, and its common errors.
func checkBlock(v api.View, network Vpc, block string) error {
	asked, err := netip.ParsePrefix(block)
	if err != nil || !asked.Addr().Is4() {
		return failed("InvalidParameterValue", "Value (%s) for parameter cidrBlock is invalid. This is not a valid CIDR block.", block)
	}
	whole, err := netip.ParsePrefix(network.CidrBlock)
	if asked.Bits() < 16 || asked.Bits() > 28 || err != nil || !whole.Contains(asked.Addr()) || asked.Bits() < whole.Bits() {
		return failed("InvalidSubnet.Range", "The CIDR '%s' is invalid.", block)
	}
	all, err := subnets(v)
	for _, s := range all {
		other, bad := netip.ParsePrefix(s.CidrBlock)
		if bad == nil && s.Network == network.VpcId && other.Overlaps(asked) {
			return failed("InvalidSubnet.Conflict", "The CIDR '%s' conflicts with another subnet", block)
		}
	}
	return err
}

// ModifySubnetAttributeInput is the request of ModifySubnetAttribute, which changes one attribute. IPv6 and outposts are not offered.
type ModifySubnetAttributeInput struct {
	SubnetId                       *string
	MapPublicIpOnLaunch            *Switch
	PrivateDnsHostnameTypeOnLaunch *string
}

func (h *handlers) modifySubnetAttribute(ctx context.Context, in *ModifySubnetAttributeInput) (*Deletion, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*Deletion, error) {
		s, err := subnetAt(v, api.Value(in.SubnetId))
		if err != nil {
			return nil, err
		}
		if in.MapPublicIpOnLaunch != nil {
			s.Public = api.Value(in.MapPublicIpOnLaunch.Value)
		}
		s.Hostnames = cmp.Or(api.Value(in.PrivateDnsHostnameTypeOnLaunch), s.Hostnames)
		return &Deletion{true}, keep(v, api.SubnetKind, s.SubnetId, "", s, nil)
	})
}

// DeleteSubnetInput is the request of DeleteSubnet.
type DeleteSubnetInput struct{ SubnetId *string }

func (h *handlers) deleteSubnet(ctx context.Context, in *DeleteSubnetInput) (*Deletion, error) {
	return h.drop(ctx, api.SubnetKind, in.SubnetId, "InvalidSubnetID.NotFound", "The subnet ID '%s' does not exist",
		unused("subnet-id", api.Value(in.SubnetId), "The subnet 'ID' has dependencies and cannot be deleted."))
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

// withoutTaken are subnets with the addresses that no interface has: each of a task and of an instance has one.
func withoutTaken(v api.View, subnets []Subnet) ([]Subnet, error) {
	interfaces, err := networkInterfaces(v)
	if err != nil {
		return nil, err
	}
	taken := map[string]int32{}
	for _, n := range interfaces {
		taken[n.SubnetId]++
	}
	left := slices.Clone(subnets)
	for i := range left {
		left[i].AvailableIpAddressCount -= taken[left[i].SubnetId]
	}
	return left, nil
}

func (h *handlers) describeSubnets(ctx context.Context, in *DescribeSubnetsInput) (*DescribeSubnetsOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*DescribeSubnetsOutput, error) {
		all, err := subnets(v)
		if err != nil {
			return nil, err
		}
		all, err = withoutTaken(v, all)
		if err != nil {
			return nil, err
		}
		id := func(one Subnet) string { return one.SubnetId }
		found, err := choose(v, all, in.SubnetId, in.Filter, id, func(one Subnet, name string) ([]string, bool) {
			value, ok := map[string]string{
				"subnet-id": one.SubnetId, "vpc-id": one.Network, "availability-zone": one.Zone, "availabilityZone": one.Zone, "availability-zone-id": one.ZoneId, "cidr-block": one.CidrBlock, "cidr": one.CidrBlock,
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
