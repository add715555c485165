package api

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/netip"
	"strconv"
	"strings"

	"handover/internal/cluster"
)

// The network and the security group that every Region has from the start.
const (
	DefaultNetwork       = "vpc-0123456789abcdef0"
	DefaultSecurityGroup = "sg-0123456789abcdef0"
)

// The kinds under which the world keeps what EC2 has of networks, and other services ask for.
const (
	NetworkKind       = "vpc"
	SubnetKind        = "subnet"
	SecurityGroupKind = "security-group"
)

// Subnet is what other services than EC2 need to know of a subnet.
type Subnet struct {
	ID      string `json:"id"`
	Network string `json:"network"`
	Zone    string `json:"zone"`
	Block   string `json:"block"`
}

// Zones are the availability zones of the Region.
func (v View) Zones() []string {
	return []string{v.Place.Region + "a", v.Place.Region + "b", v.Place.Region + "c"}
}

// DefaultSubnet is the id of a zone's default subnet.
func DefaultSubnet(zone string) string { return "subnet-" + Derived(zone, "subnet") }

// Subnet finds a subnet that was made, or that a zone has from the start.
func (v View) Subnet(id string) (found Subnet, ok bool) {
	if o, made := v.World.DeclaredAt(v.ARN("ec2", SubnetKind+"/"+id)); made {
		return found, json.Unmarshal(o.Members, &found) == nil
	}
	for _, zone := range v.Zones() {
		if id == DefaultSubnet(zone) {
			return Subnet{ID: id, Network: DefaultNetwork, Zone: zone}, true
		}
	}
	return Subnet{}, false
}

// ZoneOf is the zone of the subnet of a network, among those that were made, in which an address is; empty where there is none.
func (v View) ZoneOf(network, address string) string {
	wanted, err := netip.ParseAddr(address)
	if err != nil {
		return ""
	}
	for _, o := range v.World.Declared(SubnetKind) {
		var s Subnet
		if json.Unmarshal(o.Members, &s) != nil || s.Network != network {
			continue
		}
		if block, err := netip.ParsePrefix(s.Block); err == nil && block.Contains(wanted) {
			return s.Zone
		}
	}
	return ""
}

// LostSubnet is the first of some subnets that is not there; empty where there is none. As long as nobody has made a subnet in the Region, any will do: it spares those who
// only want services the work of making networks.
func (v View) LostSubnet(ids []string) string {
	return v.lost(SubnetKind, ids, func(id string) bool { _, ok := v.Subnet(id); return ok })
}

// LostSecurityGroup is the same of security groups. The default group of a network has an id that follows from the network's and counts as there.
func (v View) LostSecurityGroup(ids []string) string {
	return v.lost(SecurityGroupKind, ids, func(id string) bool {
		_, made := v.World.DeclaredAt(v.ARN("ec2", SecurityGroupKind+"/"+id))
		if made || id == DefaultSecurityGroup {
			return true
		}
		for _, o := range v.World.Declared(NetworkKind) {
			if id == DefaultGroupOf(o.ARN[strings.LastIndexByte(o.ARN, '/')+1:]) {
				return true
			}
		}
		return false
	})
}

// LostNetwork is the same of one network, and of none.
func (v View) LostNetwork(id string) string {
	return v.lost(NetworkKind, []string{id}, func(id string) bool {
		_, made := v.World.DeclaredAt(v.ARN("ec2", NetworkKind+"/"+id))
		return made || id == DefaultNetwork || id == ""
	})
}

func (v View) lost(kind string, ids []string, there func(id string) bool) string {
	if len(v.World.Declared(kind)) == 0 {
		return ""
	}
	for _, id := range ids {
		if !there(id) {
			return id
		}
	}
	return ""
}

// DefaultGroupOf is the id of the security group that a network begins with.
func DefaultGroupOf(network string) string {
	if network == DefaultNetwork {
		return DefaultSecurityGroup
	}
	return "sg-" + Derived(network, "default")
}

// Derived makes the 17 hexadecimal digits of an id of EC2 that something else decides.
func Derived(parts ...string) string { return "0" + Digest(parts...)[:16] }

// Digest has 64 hexadecimal digits that follow from its parts. It is made four times a task that is described, and so without texts in between.
func Digest(parts ...string) string {
	var room [128]byte
	text := room[:0]
	for i, p := range parts {
		if i > 0 {
			text = append(text, ' ')
		}
		text = append(text, p...)
	}
	sum := sha256.Sum256(text)
	var digits [64]byte
	hex.Encode(digits[:], sum[:])
	return string(digits[:])
}

// UUID has the form of a random UUID, and follows from its parts.
func UUID(parts ...string) string {
	d := Digest(parts...)
	return d[:8] + "-" + d[8:12] + "-4" + d[13:16] + "-8" + d[17:20] + "-" + d[20:32]
}

// Networking is what a service, or the request for a task, declares of a network for its tasks.
type Networking struct {
	Awsvpc *Awsvpc `json:"awsvpcConfiguration"`
}

// Awsvpc is the network of tasks that have an interface of their own.
type Awsvpc struct {
	Subnets        []string `json:"subnets"`
	SecurityGroups []string `json:"securityGroups"`
	AssignPublicIp string   `json:"assignPublicIp"`
}

// Network is where the tasks of a service, or of one request, are.
type Network struct {
	subnets []Subnet // of those that EC2 does not know, the id alone
	groups  []string
	public  bool
}

// Network finds what is declared of a network among the networks of EC2.
func (v View) Network(declared Networking) Network {
	n := Network{groups: []string{DefaultSecurityGroup}}
	a := declared.Awsvpc
	if a == nil || len(a.Subnets) == 0 {
		for _, zone := range v.Zones() {
			n.subnets = append(n.subnets, Subnet{ID: DefaultSubnet(zone), Network: DefaultNetwork, Zone: zone})
		}
	}
	if a == nil {
		return n
	}
	for _, id := range a.Subnets {
		s, known := v.Subnet(id)
		if known {
			n.groups = []string{DefaultGroupOf(s.Network)}
		}
		s.ID = id
		n.subnets = append(n.subnets, s)
	}
	if len(a.SecurityGroups) > 0 {
		n.groups = a.SecurityGroups
	}
	n.public = a.AssignPublicIp == "ENABLED"
	return n
}

// subnetIn is the subnet of a zone; where none is known to be in it, tasks of one zone are in one subnet all the same.
func (n Network) subnetIn(zone string) Subnet {
	for _, s := range n.subnets {
		if s.Zone == zone {
			return s
		}
	}
	at := 0
	if zone != "" {
		at = int(zone[len(zone)-1] - '0')
	}
	return n.subnets[at%len(n.subnets)]
}

// Interface is the network interface of a task with awsvpc networking. What the world does not know of it follows from the task's id.
type Interface struct {
	ID, Attachment, Address, MAC, Subnet, DNS string
	Zone                                      string // empty where EC2 does not know the subnet
	PublicAddress                             string // empty for none
	Groups                                    []string
}

// Interface gives a task's network interface once it has an address; ok is false where it shares its instance's network. mode is the network mode of its definition.
func (v View) Interface(t *cluster.Task, mode string, in Network) (card Interface, ok bool) {
	if t.Launch != cluster.Fargate && mode != "awsvpc" || t.Address == "" {
		return Interface{}, false
	}
	sum, subnet := Digest(t.ID, "interface"), in.subnetIn(t.Zone)
	card = Interface{
		ID: "eni-0" + sum[:16], Attachment: UUID(t.ID, "attachment"), Address: t.Address, DNS: v.PrivateName(t.Address), MAC: macAddress(sum),
		Subnet: subnet.ID, Zone: subnet.Zone, Groups: in.groups,
	}
	if in.public {
		card.PublicAddress = PublicAddress(sum)
	}
	return card, true
}

func macAddress(sum string) string {
	text := append(make([]byte, 0, len("0a:00:00:00:00:00")), "0a"...)
	for at := 16; at < 26; at += 2 {
		text = append(append(text, ':'), sum[at:at+2]...)
	}
	return string(text)
}

// PublicAddress is one of a range that leads nowhere, out of a Digest. Source: RFC 5737, TEST-NET-3.
func PublicAddress(sum string) string {
	n, _ := hex.DecodeString(sum[26:28])
	return "203.0.113." + strconv.Itoa(int(n[0]))
}

// PrivateName is the private DNS name of an address. Source: VPC user guide, DNS attributes.
func (v View) PrivateName(address string) string {
	domain := "ec2.internal"
	if region := v.Place.Region; region != "us-east-1" {
		domain = region + ".compute.internal"
	}
	return "ip-" + strings.ReplaceAll(address, ".", "-") + "." + domain
}

// PublicName is the public DNS name of an address. Source: as PrivateName.
func (v View) PublicName(address string) string {
	zone := "compute-1"
	if region := v.Place.Region; region != "us-east-1" {
		zone = region + ".compute"
	}
	domain := "amazonaws.com"
	if v.Place.Partition == "aws-cn" {
		domain += ".cn"
	}
	return "ec2-" + strings.ReplaceAll(address, ".", "-") + "." + zone + "." + domain
}

// DerivedUUID makes a UUID of a text, for objects that have none of their own.
func DerivedUUID(of string) string {
	h := Digest(of)
	return h[0:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:32]
}
