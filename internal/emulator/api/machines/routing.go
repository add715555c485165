package machines

import (
	"cmp"
	"context"
	"net/netip"
	"slices"
	"strconv"

	"handover/internal/emulator/api"
)

// InternetGateway connects a network with the internet, in an answer, and as it is kept.
type InternetGateway struct {
	GatewayId   string       `wire:"internetGatewayId" json:"id"`
	Attachments []Attachment `wire:"attachmentSet" json:"-"`
	OwnerId     string       `wire:"ownerId" json:"-"`
	Tags        []TagItem    `wire:"tagSet" json:"-"`
	attached
}

// attached is the network that a gateway is attached to; empty for none.
type attached struct {
	Network string `json:"network,omitempty"`
}

// Attachment is the network that a gateway is attached to, in an answer.
type Attachment struct {
	VpcId string `wire:"vpcId"`
	State string `wire:"state"`
}

func internetGateways(v api.View) ([]InternetGateway, error) {
	all, err := kept(v, "internet-gateway", []InternetGateway{{GatewayId: "igw-" + api.Derived(api.DefaultNetwork), attached: attached{api.DefaultNetwork}}}, func(g InternetGateway) string { return g.GatewayId })
	for i := range all {
		g := &all[i]
		g.OwnerId, g.Tags, g.Attachments = v.Place.Account, tagItems(v.World.Tags(g.GatewayId)), []Attachment{}
		if g.Network != "" {
			g.Attachments = append(g.Attachments, Attachment{g.Network, "available"})
		}
	}
	return all, err
}

func internetGatewayAt(v api.View, id string) (InternetGateway, error) {
	all, err := internetGateways(v)
	if err != nil {
		return InternetGateway{}, err
	}
	at := slices.IndexFunc(all, func(g InternetGateway) bool { return g.GatewayId == id })
	if at < 0 {
		return InternetGateway{}, failed("InvalidInternetGatewayID.NotFound", "The internetGateway ID '%s' does not exist", id)
	}
	return all[at], nil
}

// CreateInternetGatewayInput is the request of CreateInternetGateway.
type CreateInternetGatewayInput struct{ TagSpecification []TagSpecification }

// CreateInternetGatewayOutput has the gateway.
type CreateInternetGatewayOutput struct {
	Gateway InternetGateway `wire:"internetGateway"`
}

func (h *handlers) createInternetGateway(ctx context.Context, in *CreateInternetGatewayInput) (*CreateInternetGatewayOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*CreateInternetGatewayOutput, error) {
		made := InternetGateway{GatewayId: newID(v, "internet-gateway", "igw-")}
		if err := keep(v, "internet-gateway", made.GatewayId, "", made, tagsFor(in.TagSpecification, "internet-gateway")); err != nil {
			return nil, err
		}
		made, err := internetGatewayAt(v, made.GatewayId)
		return &CreateInternetGatewayOutput{made}, err
	})
}

// AttachInternetGatewayInput is the request of AttachInternetGateway.
type AttachInternetGatewayInput struct{ InternetGatewayId, VpcId *string }

// attachInternetGateway: a gateway has one network, and a network one gateway. Source: EC2 API Reference, AttachInternetGateway.
func (h *handlers) attachInternetGateway(ctx context.Context, in *AttachInternetGatewayInput) (*Deletion, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*Deletion, error) {
		g, err := internetGatewayAt(v, api.Value(in.InternetGatewayId))
		if err != nil {
			return nil, err
		}
		network, err := networkAt(v, api.Value(in.VpcId))
		if err != nil {
			return nil, err
		}
		all, err := internetGateways(v)
		switch {
		case err != nil:
			return nil, err
		case g.Network != "":
			return nil, failed("Resource.AlreadyAssociated", "resource %s is already attached to network %s", g.GatewayId, g.Network)
		case slices.ContainsFunc(all, func(other InternetGateway) bool { return other.Network == network.VpcId }):
			return nil, failed("InvalidParameterValue", "Network %s already has an internet gateway attached", network.VpcId)
		}
		g.Network = network.VpcId
		return &Deletion{true}, keep(v, "internet-gateway", g.GatewayId, "", g, nil)
	})
}

// DetachInternetGatewayInput is the request of DetachInternetGateway.
type DetachInternetGatewayInput AttachInternetGatewayInput

func (h *handlers) detachInternetGateway(ctx context.Context, in *DetachInternetGatewayInput) (*Deletion, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*Deletion, error) {
		g, err := internetGatewayAt(v, api.Value(in.InternetGatewayId))
		if err != nil {
			return nil, err
		}
		if g.Network == "" || g.Network != api.Value(in.VpcId) {
			return nil, failed("Gateway.NotAttached", "resource %s is not attached to network %s", g.GatewayId, api.Value(in.VpcId))
		}
		g.Network = ""
		return &Deletion{true}, keep(v, "internet-gateway", g.GatewayId, "", g, nil)
	})
}

// DeleteInternetGatewayInput is the request of DeleteInternetGateway.
type DeleteInternetGatewayInput struct{ InternetGatewayId *string }

func (h *handlers) deleteInternetGateway(ctx context.Context, in *DeleteInternetGatewayInput) (*Deletion, error) {
	id := api.Value(in.InternetGatewayId)
	return h.drop(ctx, "internet-gateway", in.InternetGatewayId, "InvalidInternetGatewayID.NotFound", "The internetGateway ID '%s' does not exist", func(v api.View) error {
		g, err := internetGatewayAt(v, id)
		if err == nil && g.Network != "" {
			err = failed("DependencyViolation", "The internetGateway '%s' has dependencies and cannot be deleted.", id)
		}
		return err
	})
}

// DescribeInternetGatewaysInput is the request of DescribeInternetGateways.
type DescribeInternetGatewaysInput struct {
	InternetGatewayId []string
	Filter            []Filter
	MaxResults        *int32
	NextToken         *string
}

// DescribeInternetGatewaysOutput has gateways.
type DescribeInternetGatewaysOutput struct {
	Gateways  []InternetGateway `wire:"internetGatewaySet"`
	NextToken *string           `wire:"nextToken"`
}

func (h *handlers) describeInternetGateways(ctx context.Context, in *DescribeInternetGatewaysInput) (*DescribeInternetGatewaysOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*DescribeInternetGatewaysOutput, error) {
		all, err := internetGateways(v)
		if err != nil {
			return nil, err
		}
		id := func(g InternetGateway) string { return g.GatewayId }
		found, err := choose(v, all, in.InternetGatewayId, in.Filter, id, func(g InternetGateway, name string) ([]string, bool) {
			state := ""
			if g.Network != "" {
				state = "available"
			}
			value, ok := map[string]string{"internet-gateway-id": g.GatewayId, "attachment.vpc-id": g.Network, "attachment.state": state, "owner-id": g.OwnerId}[name]
			return []string{value}, ok
		})
		if err != nil {
			return nil, err
		}
		if lost := lacking(in.InternetGatewayId, found, id); lost != "" && len(in.Filter) == 0 {
			return nil, failed("InvalidInternetGatewayID.NotFound", "The internetGateway ID '%s' does not exist", lost)
		}
		cut, next, err := page(found, id, in.NextToken, in.MaxResults)
		return &DescribeInternetGatewaysOutput{cut, next}, err
	})
}

// RouteTable says where subnets send what is not for their network, in an answer, and as it is kept.
type RouteTable struct {
	RouteTableId string             `wire:"routeTableId" json:"id"`
	Network      string             `wire:"vpcId" json:"network"`
	OwnerId      string             `wire:"ownerId" json:"-"`
	Routes       []Route            `wire:"routeSet" json:"routes,omitempty"` // but for the network's own
	Associations []RouteAssociation `wire:"associationSet" json:"associations,omitempty"`
	Propagating  []string           `wire:"propagatingVgwSet" json:"-"`
	Tags         []TagItem          `wire:"tagSet" json:"-"`
}

// Route is one destination of a route table.
type Route struct {
	Block      *string `wire:"destinationCidrBlock" json:"block,omitempty"`
	Block6     *string `wire:"destinationIpv6CidrBlock" json:"block6,omitempty"`
	Gateway    *string `wire:"gatewayId" json:"gateway,omitempty"`
	NatGateway *string `wire:"natGatewayId" json:"natGateway,omitempty"`
	Interface  *string `wire:"networkInterfaceId" json:"interface,omitempty"`
	State      string  `wire:"state" json:"-"`
	Origin     string  `wire:"origin" json:"-"`
}

func (r Route) destination() string { return cmp.Or(api.Value(r.Block), api.Value(r.Block6)) }

// RouteAssociation is a subnet that uses a route table, or the network's main one.
type RouteAssociation struct {
	AssociationId string     `wire:"routeTableAssociationId" json:"id"`
	RouteTableId  string     `wire:"routeTableId" json:"-"`
	SubnetId      *string    `wire:"subnetId" json:"subnet,omitempty"`
	Main          bool       `wire:"main" json:"main,omitempty"`
	State         BlockState `wire:"associationState" json:"-"`
}

func (t RouteTable) main() bool {
	return slices.ContainsFunc(t.Associations, func(a RouteAssociation) bool { return a.Main })
}

// routeTables are those that were made, and the main one of each network, which every network has. Source: VPC user guide, RouteTables.
func routeTables(v api.View) ([]RouteTable, error) {
	all, err := networks(v)
	if err != nil {
		return nil, err
	}
	var from []RouteTable
	blocks := map[string]*string{}
	for i, n := range all {
		blocks[n.VpcId] = &all[i].CidrBlock
		from = append(from, RouteTable{RouteTableId: "rtb-" + api.Derived(n.VpcId), Network: n.VpcId, Associations: []RouteAssociation{{AssociationId: "rtbassoc-" + api.Derived(n.VpcId), Main: true}}})
		if n.IsDefault {
			from[i].Routes = []Route{{Block: api.Some("0.0.0.0/0"), Gateway: api.Some("igw-" + api.Derived(api.DefaultNetwork))}}
		}
	}
	tables, err := kept(v, "route-table", from, func(t RouteTable) string { return t.RouteTableId })
	for i := range tables {
		t := &tables[i]
		t.OwnerId, t.Tags, t.Propagating = v.Place.Account, tagItems(v.World.Tags(t.RouteTableId)), []string{}
		t.Associations = append([]RouteAssociation{}, t.Associations...)
		for j := range t.Associations {
			t.Associations[j].RouteTableId, t.Associations[j].State = t.RouteTableId, BlockState{"associated"}
		}
		for j := range t.Routes {
			t.Routes[j].State, t.Routes[j].Origin = "active", "CreateRoute"
		}
		t.Routes = append([]Route{{Block: blocks[t.Network], Gateway: api.Some("local"), State: "active", Origin: "CreateRouteTable"}}, t.Routes...)
	}
	return tables, err
}

func routeTableAt(v api.View, id string) (RouteTable, error) {
	all, err := routeTables(v)
	if err != nil {
		return RouteTable{}, err
	}
	at := slices.IndexFunc(all, func(t RouteTable) bool { return t.RouteTableId == id })
	if at < 0 {
		return RouteTable{}, failed("InvalidRouteTableID.NotFound", "The routeTable ID '%s' does not exist", id)
	}
	return all[at], nil
}

// keepTable keeps a route table that was read, without the route of its network.
func keepTable(v api.View, t RouteTable) error {
	t.Routes = t.Routes[1:]
	return keep(v, "route-table", t.RouteTableId, "", t, nil)
}

// CreateRouteTableInput is the request of CreateRouteTable.
type CreateRouteTableInput struct {
	VpcId            *string
	TagSpecification []TagSpecification
}

// CreateRouteTableOutput has the route table.
type CreateRouteTableOutput struct {
	RouteTable RouteTable `wire:"routeTable"`
}

func (h *handlers) createRouteTable(ctx context.Context, in *CreateRouteTableInput) (*CreateRouteTableOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*CreateRouteTableOutput, error) {
		network, err := networkAt(v, api.Value(in.VpcId))
		if err != nil {
			return nil, err
		}
		made := RouteTable{RouteTableId: newID(v, "route-table", "rtb-"), Network: network.VpcId}
		if err := keep(v, "route-table", made.RouteTableId, "", made, tagsFor(in.TagSpecification, "route-table")); err != nil {
			return nil, err
		}
		made, err = routeTableAt(v, made.RouteTableId)
		return &CreateRouteTableOutput{made}, err
	})
}

// DeleteRouteTableInput is the request of DeleteRouteTable.
type DeleteRouteTableInput struct{ RouteTableId *string }

func (h *handlers) deleteRouteTable(ctx context.Context, in *DeleteRouteTableInput) (*Deletion, error) {
	return h.drop(ctx, "route-table", in.RouteTableId, "InvalidRouteTableID.NotFound", "The routeTable ID '%s' does not exist", func(v api.View) error {
		t, err := routeTableAt(v, api.Value(in.RouteTableId))
		if err == nil && len(t.Associations) > 0 {
			err = failed("DependencyViolation", "The routeTable '%s' has dependencies and cannot be deleted.", t.RouteTableId)
		}
		return err
	})
}

// DescribeRouteTablesInput is the request of DescribeRouteTables.
type DescribeRouteTablesInput struct {
	RouteTableId []string
	Filter       []Filter
	MaxResults   *int32
	NextToken    *string
}

// DescribeRouteTablesOutput has route tables.
type DescribeRouteTablesOutput struct {
	RouteTables []RouteTable `wire:"routeTableSet"`
	NextToken   *string      `wire:"nextToken"`
}

func (h *handlers) describeRouteTables(ctx context.Context, in *DescribeRouteTablesInput) (*DescribeRouteTablesOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*DescribeRouteTablesOutput, error) {
		all, err := routeTables(v)
		if err != nil {
			return nil, err
		}
		id := func(t RouteTable) string { return t.RouteTableId }
		found, err := choose(v, all, in.RouteTableId, in.Filter, id, RouteTable.property)
		if err != nil {
			return nil, err
		}
		if lost := lacking(in.RouteTableId, found, id); lost != "" && len(in.Filter) == 0 {
			return nil, failed("InvalidRouteTableID.NotFound", "The routeTable ID '%s' does not exist", lost)
		}
		cut, next, err := page(found, id, in.NextToken, in.MaxResults)
		return &DescribeRouteTablesOutput{cut, next}, err
	})
}

// property gives the values of a filter's property.
func (t RouteTable) property(name string) (values []string, ok bool) {
	switch name {
	case "route-table-id", "association.route-table-id":
		return []string{t.RouteTableId}, true
	case "vpc-id":
		return []string{t.Network}, true
	case "owner-id":
		return []string{t.OwnerId}, true
	case "association.main":
		return []string{strconv.FormatBool(t.main())}, true
	case "association.route-table-association-id":
		for _, a := range t.Associations {
			values = append(values, a.AssociationId)
		}
		return values, true
	case "association.subnet-id":
		for _, a := range t.Associations {
			values = append(values, api.Value(a.SubnetId))
		}
		return values, true
	case "route.destination-cidr-block":
		for _, r := range t.Routes {
			values = append(values, r.destination())
		}
		return values, true
	case "route.gateway-id":
		for _, r := range t.Routes {
			values = append(values, api.Value(r.Gateway))
		}
		return values, true
	}
	return nil, false
}

// CreateRouteInput is the request of CreateRoute.
type CreateRouteInput struct {
	RouteTableId, DestinationCidrBlock, DestinationIpv6CidrBlock, GatewayId, NatGatewayId, NetworkInterfaceId *string
}

func (h *handlers) createRoute(ctx context.Context, in *CreateRouteInput) (*Deletion, error) {
	made := Route{Block: in.DestinationCidrBlock, Block6: in.DestinationIpv6CidrBlock, Gateway: in.GatewayId, NatGateway: in.NatGatewayId, Interface: in.NetworkInterfaceId}
	if _, err := netip.ParsePrefix(made.destination()); err != nil {
		return nil, failed("InvalidParameterValue", "Value (%s) for parameter destinationCidrBlock is invalid. This is not a valid CIDR block.", made.destination())
	}
	if made.Gateway == nil && made.NatGateway == nil && made.Interface == nil {
		return nil, missing("GatewayId")
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*Deletion, error) {
		t, err := routeTableAt(v, api.Value(in.RouteTableId))
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(t.Routes, func(r Route) bool { return r.destination() == made.destination() }) {
			return nil, failed("RouteAlreadyExists", "The route identified by %s already exists.", made.destination())
		}
		t.Routes = append(t.Routes, made)
		return &Deletion{true}, keepTable(v, t)
	})
}

// DeleteRouteInput is the request of DeleteRoute.
type DeleteRouteInput struct{ RouteTableId, DestinationCidrBlock, DestinationIpv6CidrBlock *string }

func (h *handlers) deleteRoute(ctx context.Context, in *DeleteRouteInput) (*Deletion, error) {
	gone := cmp.Or(api.Value(in.DestinationCidrBlock), api.Value(in.DestinationIpv6CidrBlock))
	return api.Ask(ctx, h.worlds, func(v api.View) (*Deletion, error) {
		t, err := routeTableAt(v, api.Value(in.RouteTableId))
		if err != nil {
			return nil, err
		}
		at := slices.IndexFunc(t.Routes, func(r Route) bool { return r.destination() == gone && r.Origin == "CreateRoute" })
		if at < 0 {
			return nil, failed("InvalidRoute.NotFound", "no route with destination-cidr-block %s in route table %s", gone, t.RouteTableId)
		}
		t.Routes = slices.Delete(t.Routes, at, at+1)
		return &Deletion{true}, keepTable(v, t)
	})
}

// AssociateRouteTableInput is the request of AssociateRouteTable.
type AssociateRouteTableInput struct{ RouteTableId, SubnetId *string }

// AssociateRouteTableOutput has the id of the association.
type AssociateRouteTableOutput struct {
	AssociationId string     `wire:"associationId"`
	State         BlockState `wire:"associationState"`
}

func (h *handlers) associateRouteTable(ctx context.Context, in *AssociateRouteTableInput) (*AssociateRouteTableOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*AssociateRouteTableOutput, error) {
		t, err := routeTableAt(v, api.Value(in.RouteTableId))
		if err != nil {
			return nil, err
		}
		subnet, err := subnetAt(v, api.Value(in.SubnetId))
		if err != nil {
			return nil, err
		}
		all, err := routeTables(v)
		if err != nil {
			return nil, err
		}
		made := RouteAssociation{AssociationId: "rtbassoc-" + api.Derived(t.RouteTableId, subnet.SubnetId), SubnetId: &subnet.SubnetId}
		for _, other := range all {
			if has, _ := other.property("association.subnet-id"); slices.Contains(has, subnet.SubnetId) {
				if other.RouteTableId == t.RouteTableId {
					return &AssociateRouteTableOutput{made.AssociationId, BlockState{"associated"}}, nil
				}
				return nil, failed("Resource.AlreadyAssociated", "the specified association for route table %s conflicts with an existing association", t.RouteTableId)
			}
		}
		t.Associations = append(t.Associations, made)
		return &AssociateRouteTableOutput{made.AssociationId, BlockState{"associated"}}, keepTable(v, t)
	})
}

// DisassociateRouteTableInput is the request of DisassociateRouteTable.
type DisassociateRouteTableInput struct{ AssociationId *string }

func (h *handlers) disassociateRouteTable(ctx context.Context, in *DisassociateRouteTableInput) (*Deletion, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*Deletion, error) {
		all, err := routeTables(v)
		if err != nil {
			return nil, err
		}
		for _, t := range all {
			at := slices.IndexFunc(t.Associations, func(a RouteAssociation) bool { return a.AssociationId == api.Value(in.AssociationId) && !a.Main })
			if at >= 0 {
				t.Associations = slices.Delete(t.Associations, at, at+1)
				return &Deletion{true}, keepTable(v, t)
			}
		}
		return nil, failed("InvalidAssociationID.NotFound", "The association ID '%s' does not exist", api.Value(in.AssociationId))
	})
}

// NetworkAcl is the access list that every network has; there are no others.
type NetworkAcl struct {
	NetworkAclId string     `wire:"networkAclId"`
	Network      string     `wire:"vpcId"`
	Default      bool       `wire:"default"`
	Entries      []AclEntry `wire:"entrySet"`
	Associations []string   `wire:"associationSet"`
	OwnerId      string     `wire:"ownerId"`
	Tags         []TagItem  `wire:"tagSet"`
}

// AclEntry is a rule of an access list.
type AclEntry struct {
	RuleNumber int32  `wire:"ruleNumber"`
	Protocol   string `wire:"protocol"`
	Action     string `wire:"ruleAction"`
	Egress     bool   `wire:"egress"`
	CidrBlock  string `wire:"cidrBlock"`
}

// aclEntries let everything in and out; the last rule, which refuses the rest, has the number 32767. Source: VPC user guide, default-network-acl.
func aclEntries() []AclEntry {
	const all = "0.0.0.0/0"
	return []AclEntry{{100, "-1", "allow", true, all}, {32767, "-1", "deny", true, all}, {100, "-1", "allow", false, all}, {32767, "-1", "deny", false, all}}
}

// DescribeNetworkAclsInput is the request of DescribeNetworkAcls.
type DescribeNetworkAclsInput struct {
	NetworkAclId []string
	Filter       []Filter
	MaxResults   *int32
	NextToken    *string
}

// DescribeNetworkAclsOutput has access lists.
type DescribeNetworkAclsOutput struct {
	Acls      []NetworkAcl `wire:"networkAclSet"`
	NextToken *string      `wire:"nextToken"`
}

func (h *handlers) describeNetworkAcls(ctx context.Context, in *DescribeNetworkAclsInput) (*DescribeNetworkAclsOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*DescribeNetworkAclsOutput, error) {
		of, err := networks(v)
		if err != nil {
			return nil, err
		}
		var all []NetworkAcl
		for _, n := range of {
			id := "acl-" + api.Derived(n.VpcId)
			all = append(all, NetworkAcl{id, n.VpcId, true, aclEntries(), []string{}, v.Place.Account, tagItems(v.World.Tags(id))})
		}
		id := func(a NetworkAcl) string { return a.NetworkAclId }
		found, err := choose(v, all, in.NetworkAclId, in.Filter, id, func(a NetworkAcl, name string) ([]string, bool) {
			value, ok := map[string]string{"network-acl-id": a.NetworkAclId, "vpc-id": a.Network, "default": "true", "owner-id": a.OwnerId}[name]
			return []string{value}, ok
		})
		if err != nil {
			return nil, err
		}
		cut, next, err := page(found, id, in.NextToken, in.MaxResults)
		return &DescribeNetworkAclsOutput{cut, next}, err
	})
}
