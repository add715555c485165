package machines

import (
	"cmp"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
)

// NetworkInterface is the interface of a task with awsvpc networking, or the first one of an instance. Neither can be made by itself.
type NetworkInterface struct {
	InterfaceId      string              `wire:"networkInterfaceId"`
	SubnetId         string              `wire:"subnetId"`
	VpcId            string              `wire:"vpcId"`
	Zone             string              `wire:"availabilityZone"`
	Description      string              `wire:"description"`
	OwnerId          string              `wire:"ownerId"`
	RequesterManaged bool                `wire:"requesterManaged"`
	Status           string              `wire:"status"`
	MacAddress       string              `wire:"macAddress"`
	Address          string              `wire:"privateIpAddress"`
	DnsName          string              `wire:"privateDnsName"`
	SourceDestCheck  bool                `wire:"sourceDestCheck"`
	Groups           []GroupItem         `wire:"groupSet"`
	Attachment       InterfaceAttachment `wire:"attachment"`
	Association      *PublicAddress      `wire:"association"`
	Addresses        []InterfaceAddress  `wire:"privateIpAddressesSet"`
	Type             string              `wire:"interfaceType"`
	Tags             []TagItem           `wire:"tagSet"`
}

// InterfaceAttachment says what has an interface.
type InterfaceAttachment struct {
	AttachmentId        string  `wire:"attachmentId"`
	InstanceId          *string `wire:"instanceId"`
	InstanceOwnerId     string  `wire:"instanceOwnerId"`
	DeviceIndex         int32   `wire:"deviceIndex"`
	Status              string  `wire:"status"`
	DeleteOnTermination bool    `wire:"deleteOnTermination"`
}

// PublicAddress is the public address of an interface.
type PublicAddress struct {
	IP      string `wire:"publicIp"`
	OwnerId string `wire:"ipOwnerId"`
}

// InterfaceAddress is a private address of an interface.
type InterfaceAddress struct {
	Address     string         `wire:"privateIpAddress"`
	Primary     bool           `wire:"primary"`
	Association *PublicAddress `wire:"association"`
}

// InstanceInterface is the interface of an instance in the instance's own answer.
type InstanceInterface struct {
	InterfaceId     string            `wire:"networkInterfaceId"`
	SubnetId        string            `wire:"subnetId"`
	VpcId           string            `wire:"vpcId"`
	Description     string            `wire:"description"`
	OwnerId         string            `wire:"ownerId"`
	Status          string            `wire:"status"`
	MacAddress      string            `wire:"macAddress"`
	Address         string            `wire:"privateIpAddress"`
	DnsName         string            `wire:"privateDnsName"`
	SourceDestCheck bool              `wire:"sourceDestCheck"`
	Groups          []GroupItem       `wire:"groupSet"`
	Attachment      HostAttachment    `wire:"attachment"`
	Association     *HostAddress      `wire:"association"`
	Addresses       []HostAddressItem `wire:"privateIpAddressesSet"`
	Type            string            `wire:"interfaceType"`
}

// HostAttachment says how an instance has its interface.
type HostAttachment struct {
	AttachmentId        string    `wire:"attachmentId"`
	DeviceIndex         int32     `wire:"deviceIndex"`
	Status              string    `wire:"status"`
	AttachTime          time.Time `wire:"attachTime"`
	DeleteOnTermination bool      `wire:"deleteOnTermination"`
	NetworkCardIndex    int32     `wire:"networkCardIndex"`
}

// HostAddress is the public address of an instance's interface.
type HostAddress struct {
	IP      string `wire:"publicIp"`
	DnsName string `wire:"publicDnsName"`
	OwnerId string `wire:"ipOwnerId"`
}

// HostAddressItem is a private address of an instance's interface.
type HostAddressItem struct {
	Address     string       `wire:"privateIpAddress"`
	DnsName     string       `wire:"privateDnsName"`
	Primary     bool         `wire:"primary"`
	Association *HostAddress `wire:"association"`
}

// connect says of an instance where it is in the network.
func connect(v api.View, out *Instance, m cluster.Machine, e extra) {
	id := cmp.Or(m.Subnet, api.DefaultSubnet(m.Zone))
	s, err := subnetAt(v, id)
	if err != nil { // as long as nobody has made a subnet, any will do
		s = Subnet{SubnetId: id, Network: api.DefaultNetwork}
	}
	address := cmp.Or(api.Value(e.first().PrivateIpAddress), addressIn(s.CidrBlock, m.Address))
	out.SubnetId, out.VpcId, out.PrivateIpAddress, out.PrivateDnsName = &s.SubnetId, &s.Network, &address, v.PrivateName(address)
	public := s.Public
	if asked := e.first().AssociatePublicIpAddress; asked != nil {
		public = *asked
	}
	var association *HostAddress
	if public && (m.State == cluster.MachinePending || m.State == cluster.MachineRunning) {
		association = &HostAddress{IP: api.PublicAddress(api.Digest(m.ID, "interface")), OwnerId: "amazon"}
		if n, err := networkAt(v, s.Network); err == nil && n.Hostnames {
			association.DnsName = v.PublicName(association.IP)
		}
		out.IpAddress, out.DnsName = &association.IP, &association.DnsName
	}
	card := machineInterface(v, *out)
	out.Interfaces = []InstanceInterface{{
		InterfaceId: card.InterfaceId, SubnetId: card.SubnetId, VpcId: card.VpcId, OwnerId: card.OwnerId, Status: card.Status, MacAddress: card.MacAddress, Address: card.Address, DnsName: card.DnsName,
		SourceDestCheck: out.Checked, Groups: out.Groups, Type: card.Type, Association: association,
		Attachment: HostAttachment{AttachmentId: card.Attachment.AttachmentId, Status: card.Attachment.Status, AttachTime: m.LaunchedAt, DeleteOnTermination: true},
		Addresses:  []HostAddressItem{{Address: card.Address, DnsName: card.DnsName, Primary: true, Association: association}},
	}}
}

// addressIn is an address of a subnet for one that the world gave: itself where it is in there, or the one as far from the subnet's beginning, of which there are few in a small subnet. Four at the beginning and the last are AWS's own.
// 172.31.0.9 is in 10.0.1.0/24 10.0.1.9. Source: VPC user guide, subnet-sizing.
func addressIn(block, given string) string {
	prefix, bad := netip.ParsePrefix(block)
	address, wrong := netip.ParseAddr(given)
	if bad != nil || wrong != nil || !prefix.Addr().Is4() || !address.Is4() || prefix.Contains(address) {
		return given
	}
	four, first := address.As4(), prefix.Masked().Addr().As4()
	offset := 4 + (uint32(binary.BigEndian.Uint16(four[2:]))-4)%uint32(addresses(block)) // the world counts in a /16
	binary.BigEndian.PutUint32(four[:], binary.BigEndian.Uint32(first[:])+offset)
	return netip.AddrFrom4(four).String()
}

// networkInterfaces are those of tasks that still run somewhere and of instances, by id.
func networkInterfaces(v api.View) ([]NetworkInterface, error) {
	all := []NetworkInterface{}
	for _, c := range v.World.Clusters() {
		ofTasks, err := taskInterfaces(v, c.Name)
		if err != nil {
			return nil, err
		}
		all = append(all, ofTasks...)
	}
	for _, m := range v.World.Machines() {
		if m.State != cluster.MachineTerminated {
			all = append(all, machineInterface(v, instance(v, m)))
		}
	}
	return all, nil
}

func taskInterfaces(v api.View, inCluster string) (all []NetworkInterface, err error) {
	v.World.EachTask(inCluster, func(t *cluster.Task) {
		if t.Gone() || t.Address == "" {
			return
		}
		declared, bad := declaredNetwork(v, inCluster, t)
		if bad != nil {
			err = fmt.Errorf("reading the network of task %s: %w", t.ID, bad)
		}
		definition, _ := v.World.Definition(t.Definition)
		if card, ok := v.Interface(t, definition.Network, v.Network(declared)); ok {
			all = append(all, taskInterface(v, t.Zone, card))
		}
	})
	return all, err
}

// declaredNetwork is what the task's service, or the request that started it, says of its network.
func declaredNetwork(v api.View, inCluster string, t *cluster.Task) (api.Networking, error) {
	var declared struct {
		NetworkConfiguration api.Networking `json:"networkConfiguration"`
	}
	text := v.World.TaskMembers(inCluster, t.ID)
	if name := t.Service(); name != "" {
		text = v.World.RevisionMembers(cluster.ServiceKey{Cluster: inCluster, Service: name}, t.StartedBy)
	}
	if len(text) == 0 {
		return api.Networking{}, nil
	}
	err := json.Unmarshal(text, &declared)
	return declared.NetworkConfiguration, err
}

func taskInterface(v api.View, zone string, card api.Interface) NetworkInterface {
	n := NetworkInterface{
		InterfaceId: card.ID, SubnetId: card.Subnet, Zone: zone, Description: v.ARN("ecs", "attachment/"+card.Attachment), RequesterManaged: true, MacAddress: card.MAC,
		Address: card.Address, DnsName: card.DNS, Attachment: InterfaceAttachment{AttachmentId: "eni-attach-" + api.Derived(card.ID), DeviceIndex: 1},
	}
	for _, id := range card.Groups {
		n.Groups = append(n.Groups, GroupItem{GroupId: id, GroupName: groupName(v, id)})
	}
	if card.PublicAddress != "" {
		n.Association = &PublicAddress{card.PublicAddress, v.Place.Account}
	}
	return filledInterface(v, n)
}

func machineInterface(v api.View, i Instance) NetworkInterface {
	id := api.Derived(i.InstanceId, "interface")
	var public *PublicAddress
	if i.IpAddress != nil {
		public = &PublicAddress{*i.IpAddress, "amazon"}
	}
	return filledInterface(v, NetworkInterface{
		Association: public,
		InterfaceId: "eni-" + id, SubnetId: api.Value(i.SubnetId), Zone: i.Placement.AvailabilityZone, MacAddress: "0a:" + id[1:3] + ":" + id[3:5] + ":" + id[5:7] + ":" + id[7:9] + ":" + id[9:11],
		Address: api.Value(i.PrivateIpAddress), DnsName: i.PrivateDnsName, Groups: i.Groups,
		Attachment: InterfaceAttachment{AttachmentId: "eni-attach-" + id, InstanceId: &i.InstanceId, DeleteOnTermination: true},
	})
}

// filledInterface adds what is the same of all.
func filledInterface(v api.View, n NetworkInterface) NetworkInterface {
	n.VpcId, n.OwnerId, n.Status, n.SourceDestCheck, n.Type = api.DefaultNetwork, v.Place.Account, "in-use", true, "interface"
	if s, ok := v.Subnet(n.SubnetId); ok {
		n.VpcId = s.Network
	}
	n.Attachment.InstanceOwnerId, n.Attachment.Status = v.Place.Account, "attached"
	n.Addresses = []InterfaceAddress{{n.Address, true, n.Association}}
	n.Tags = tagItems(v.World.Tags(n.InterfaceId))
	return n
}

// property gives the values of a filter's property.
func (n NetworkInterface) property(name string) (values []string, ok bool) {
	if name == "group-id" || name == "group-name" {
		for _, g := range n.Groups {
			values = append(values, map[string]string{"group-id": g.GroupId, "group-name": api.Value(g.GroupName)}[name])
		}
		return values, true
	}
	public := ""
	if n.Association != nil {
		public = n.Association.IP
	}
	value, ok := map[string]string{
		"network-interface-id": n.InterfaceId, "subnet-id": n.SubnetId, "vpc-id": n.VpcId, "availability-zone": n.Zone, "description": n.Description, "status": n.Status,
		"mac-address": n.MacAddress, "private-ip-address": n.Address, "addresses.private-ip-address": n.Address, "private-dns-name": n.DnsName, "owner-id": n.OwnerId,
		"interface-type": n.Type, "attachment.instance-id": api.Value(n.Attachment.InstanceId), "attachment.status": n.Attachment.Status, "attachment.attachment-id": n.Attachment.AttachmentId,
		"association.public-ip": public, "addresses.association.public-ip": public, "requester-id": "",
	}[name]
	return []string{value}, ok
}

// DescribeNetworkInterfacesInput is the request of DescribeNetworkInterfaces.
type DescribeNetworkInterfacesInput struct {
	NetworkInterfaceId []string
	Filter             []Filter
	MaxResults         *int32
	NextToken          *string
}

// DescribeNetworkInterfacesOutput has network interfaces.
type DescribeNetworkInterfacesOutput struct {
	Interfaces []NetworkInterface `wire:"networkInterfaceSet"`
	NextToken  *string            `wire:"nextToken"`
}

func (h *handlers) describeNetworkInterfaces(ctx context.Context, in *DescribeNetworkInterfacesInput) (*DescribeNetworkInterfacesOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*DescribeNetworkInterfacesOutput, error) {
		all, err := networkInterfaces(v)
		if err != nil {
			return nil, err
		}
		id := func(n NetworkInterface) string { return n.InterfaceId }
		found, err := choose(v, all, in.NetworkInterfaceId, in.Filter, id, NetworkInterface.property)
		if err != nil {
			return nil, err
		}
		if lost := lacking(in.NetworkInterfaceId, found, id); lost != "" && len(in.Filter) == 0 {
			return nil, failed("InvalidNetworkInterfaceID.NotFound", "The networkInterface ID '%s' does not exist", lost)
		}
		cut, next, err := page(found, id, in.NextToken, in.MaxResults)
		return &DescribeNetworkInterfacesOutput{cut, next}, err
	})
}

// unused refuses to delete what an interface has. Source: EC2 API Reference, DeleteSubnet and DeleteSecurityGroup, and the sentences of EC2's common errors.
func unused(filter, id, message string) func(api.View) error {
	return func(v api.View) error {
		all, err := networkInterfaces(v)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(all, func(n NetworkInterface) bool { has, _ := n.property(filter); return slices.Contains(has, id) }) {
			return failed("DependencyViolation", "%s", strings.ReplaceAll(message, "ID", id))
		}
		return nil
	}
}
