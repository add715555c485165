package machines

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
)

// RunInstancesInput is the request of RunInstances.
type RunInstancesInput struct {
	ImageId, InstanceType, UserData, SubnetId, KeyName, ClientToken, PrivateIpAddress *string
	MinCount, MaxCount                                                                *int32
	SecurityGroupId, SecurityGroup                                                    []string
	IamInstanceProfile                                                                *Profile
	LaunchTemplate                                                                    *TemplateSpecification
	Placement                                                                         *Placement
	TagSpecification                                                                  []TagSpecification

	// Kept and shown again: see LaunchTemplateData.
	NetworkInterface                                    []TemplateInterface
	BlockDeviceMapping                                  []BlockDevice
	MetadataOptions                                     *MetadataOptions
	Monitoring                                          *MonitoringSwitch
	HibernationOptions                                  *Hibernation
	CreditSpecification                                 *Credits
	EbsOptimized, DisableApiTermination, DisableApiStop *bool
	InstanceInitiatedShutdownBehavior                   *string
}

// data is what the request says of each instance.
func (in *RunInstancesInput) data(groups []string) (cluster.TemplateData, error) {
	said := LaunchTemplateData{
		ImageId: in.ImageId, InstanceType: in.InstanceType, UserData: in.UserData, KeyName: in.KeyName, SecurityGroupId: groups, IamInstanceProfile: in.IamInstanceProfile,
		NetworkInterface: in.NetworkInterface, BlockDeviceMapping: in.BlockDeviceMapping, MetadataOptions: in.MetadataOptions, Monitoring: in.Monitoring, HibernationOptions: in.HibernationOptions,
		CreditSpecification: in.CreditSpecification, EbsOptimized: in.EbsOptimized, DisableApiTermination: in.DisableApiTermination, DisableApiStop: in.DisableApiStop,
		InstanceInitiatedShutdownBehavior: in.InstanceInitiatedShutdownBehavior,
	}
	if in.PrivateIpAddress != nil && len(in.NetworkInterface) == 0 {
		said.NetworkInterface = []TemplateInterface{{PrivateIpAddress: in.PrivateIpAddress}}
	}
	return said.data()
}

// inFirst takes from the first interface of a request what otherwise stands beside it. Source: EC2 API Reference, RunInstances.NetworkInterface.
func (in *RunInstancesInput) inFirst() (subnet *string, groups []string, err error) {
	if len(in.NetworkInterface) == 0 {
		return in.SubnetId, in.SecurityGroupId, nil
	}
	if in.SubnetId != nil || len(in.SecurityGroupId) > 0 {
		return nil, nil, failed("InvalidParameterCombination", "Network interfaces and an instance-level subnet ID may not be specified on the same request")
	}
	return in.NetworkInterface[0].SubnetId, in.NetworkInterface[0].SecurityGroupId, nil
}

// Profile names an instance profile in a request.
type Profile struct{ Arn, Name *string }

// Placement says where an instance is to run.
type Placement struct{ AvailabilityZone, Tenancy *string }

// TemplateSpecification names a launch template.
type TemplateSpecification struct{ LaunchTemplateId, LaunchTemplateName, Version *string }

func (t *TemplateSpecification) template() cluster.Template {
	if t == nil {
		return cluster.Template{}
	}
	return cluster.Template{ID: api.Value(t.LaunchTemplateId), Name: api.Value(t.LaunchTemplateName), Version: api.Value(t.Version)}
}

// RunInstancesOutput is a reservation.
type RunInstancesOutput struct {
	ReservationId string     `wire:"reservationId"`
	OwnerId       string     `wire:"ownerId"`
	Groups        []string   `wire:"groupSet"`
	Instances     []Instance `wire:"instancesSet"`
}

// Instance is an EC2 instance in an answer.
type Instance struct {
	InstanceId       string      `wire:"instanceId"`
	ImageId          string      `wire:"imageId"`
	State            State       `wire:"instanceState"`
	PrivateDnsName   string      `wire:"privateDnsName"`
	DnsName          *string     `wire:"dnsName"` // the public one; there also where it is empty, as the reason
	Reason           *string     `wire:"reason"`
	KeyName          *string     `wire:"keyName"`
	LaunchIndex      int32       `wire:"amiLaunchIndex"`
	InstanceType     string      `wire:"instanceType"`
	LaunchTime       time.Time   `wire:"launchTime"`
	Placement        Place       `wire:"placement"`
	Monitoring       Monitoring  `wire:"monitoring"`
	SubnetId         *string     `wire:"subnetId"`
	VpcId            *string     `wire:"vpcId"`
	PrivateIpAddress *string     `wire:"privateIpAddress"`
	IpAddress        *string     `wire:"ipAddress"` // the public one
	Groups           []GroupItem `wire:"groupSet"`
	StateReason      *Reason     `wire:"stateReason"`
	Architecture     string      `wire:"architecture"`
	RootDeviceType   string      `wire:"rootDeviceType"`
	RootDeviceName   string      `wire:"rootDeviceName"`
	Virtualization   string      `wire:"virtualizationType"`
	ClientToken      *string     `wire:"clientToken"`
	Tags             []TagItem   `wire:"tagSet"` // not there where there are none, other than of networks
	Hypervisor       string      `wire:"hypervisor"`
	Profile          *ProfileOf  `wire:"iamInstanceProfile"`
	Optimized        bool        `wire:"ebsOptimized"`
	EnaSupport       bool        `wire:"enaSupport"`
	Checked          bool        `wire:"sourceDestCheck"`

	Devices     []DeviceOfHost      `wire:"blockDeviceMapping"`
	Interfaces  []InstanceInterface `wire:"networkInterfaceSet"`
	Metadata    *ShownMetadata      `wire:"metadataOptions"`
	Hibernation ShownHibernation    `wire:"hibernationOptions"`
	Platform    string              `wire:"platformDetails"`
	Usage       string              `wire:"usageOperation"`
}

// State is the state of an instance with its number. Source: EC2 API Reference, InstanceState.
type State struct {
	Code int32  `wire:"code"`
	Name string `wire:"name"`
}

// Place is where an instance runs.
type Place struct {
	AvailabilityZone string `wire:"availabilityZone"`
	Tenancy          string `wire:"tenancy"`
}

// Monitoring says whether detailed monitoring is on.
type Monitoring struct {
	State string `wire:"state"`
}

// GroupItem is a security group of an instance.
type GroupItem struct {
	GroupId   string  `wire:"groupId"`
	GroupName *string `wire:"groupName"`
}

// Reason is why an instance came to its state.
type Reason struct {
	Code    string `wire:"code"`
	Message string `wire:"message"`
}

// ProfileOf is the instance profile of an instance.
type ProfileOf struct {
	Arn string `wire:"arn"`
	Id  string `wire:"id"`
}

// extra is what the world does not use of an instance, and keeps.
type extra struct {
	Groups  []string `json:"groups,omitempty"` // security groups, by id
	Key     string   `json:"key,omitempty"`
	Profile string   `json:"profile,omitempty"` // ARN or name

	Shielded    bool   `json:"shielded,omitempty"`    // disableApiTermination
	Unstoppable bool   `json:"unstoppable,omitempty"` // disableApiStop
	Unchecked   bool   `json:"unchecked,omitempty"`   // sourceDestCheck is off
	Optimized   bool   `json:"optimized,omitempty"`   // for EBS
	Behaviour   string `json:"behaviour,omitempty"`   // when the instance shuts itself down; empty: stop

	Reservation string `json:"reservation,omitempty"` // empty: one of its own
	Index       int32  `json:"index,omitempty"`       // in the reservation

	// Of the request or the launch template: see LaunchTemplateData.
	BlockDeviceMapping                                  []BlockDevice       `json:",omitempty"`
	NetworkInterface                                    []TemplateInterface `json:",omitempty"`
	MetadataOptions                                     *ShownMetadata      `json:",omitempty"`
	Monitoring                                          *MonitoringSwitch   `json:",omitempty"`
	HibernationOptions                                  *Hibernation        `json:",omitempty"`
	CreditSpecification                                 *Credits            `json:",omitempty"`
	Placement                                           *TemplatePlacement  `json:",omitempty"`
	EbsOptimized, DisableApiTermination, DisableApiStop *bool               `json:",omitempty"`
	InstanceInitiatedShutdownBehavior                   *string             `json:",omitempty"`
}

// behaviour is what an instance does that shuts itself down. Source: EC2 API Reference, RunInstances.InstanceInitiatedShutdownBehavior.
func (e extra) behaviour() string { return cmp.Or(e.Behaviour, "stop") }

// beside is what was kept of an instance. What follows from its request is where ModifyInstanceAttribute changes it.
func beside(m cluster.Machine) (e extra) {
	if len(m.Members) > 0 {
		_ = json.Unmarshal(m.Members, &e) // an extra was written
	}
	if len(e.Groups) == 0 && len(e.NetworkInterface) > 0 {
		e.Groups = e.NetworkInterface[0].SecurityGroupId
	}
	e.Shielded, e.Unstoppable = e.Shielded || api.Value(e.DisableApiTermination), e.Unstoppable || api.Value(e.DisableApiStop)
	e.Optimized, e.Behaviour = e.Optimized || api.Value(e.EbsOptimized), cmp.Or(e.Behaviour, api.Value(e.InstanceInitiatedShutdownBehavior))
	e.DisableApiTermination, e.DisableApiStop, e.EbsOptimized, e.InstanceInitiatedShutdownBehavior = nil, nil, nil, nil
	return e
}

// first is what was said of the first interface.
func (e extra) first() TemplateInterface {
	if len(e.NetworkInterface) == 0 {
		return TemplateInterface{}
	}
	return e.NetworkInterface[0]
}

func extraOf(groups []string, key *string, profile *Profile) json.RawMessage {
	e := extra{Groups: groups, Key: api.Value(key)}
	if profile != nil {
		e.Profile = api.Value(profile.Arn) + api.Value(profile.Name)
	}
	if len(e.Groups) == 0 && e.Key == "" && e.Profile == "" {
		return nil
	}
	text, _ := json.Marshal(e) // three texts always can be written
	return text
}

// runInstances launches as many instances as are asked for at most. Source: EC2 API Reference, RunInstances.
func (h *handlers) runInstances(ctx context.Context, in *RunInstancesInput) (*RunInstancesOutput, error) {
	least, most := api.Value(in.MinCount), api.Value(in.MaxCount)
	switch {
	case in.MinCount == nil:
		return nil, missing("MinCount")
	case in.MaxCount == nil:
		return nil, missing("MaxCount")
	case least < 1 || most < least || most > 1000:
		return nil, failed("InvalidParameterValue", "Invalid value '%d' for MaxCount. It must be from MinCount (%d) to 1000, and MinCount at least 1.", most, least)
	}
	subnet, groups, err := in.inFirst()
	if err != nil {
		return nil, err
	}
	if groups, err = h.withNamed(ctx, groups, in.SecurityGroup); err != nil {
		return nil, err
	}
	data, err := in.data(groups)
	if err != nil {
		return nil, err
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*RunInstancesOutput, error) {
		a := cluster.RunMachine{Template: in.LaunchTemplate.template(), Data: data, Subnet: api.Value(subnet), Token: api.Value(in.ClientToken), Tags: tagsFor(in.TagSpecification, "instance")}
		if in.Placement != nil {
			a.Zone = api.Value(in.Placement.AvailabilityZone)
		}
		if a.Subnet != "" {
			s, err := subnetAt(v, a.Subnet)
			if err != nil {
				return nil, err
			}
			a.Zone = s.Zone
		}
		if lost := v.LostSecurityGroup(groups); lost != "" {
			return nil, failed("InvalidGroup.NotFound", "The security group '%s' does not exist", lost)
		}
		out := &RunInstancesOutput{ReservationId: reservationAfter(v), OwnerId: v.Place.Account, Groups: []string{}}
		if a.Token != "" { // the same request again gives what it gave before
			for _, m := range v.World.Machines() {
				if m.Token == a.Token {
					out.ReservationId, out.Instances = reservationOf(m), append(out.Instances, instance(v, m))
				}
			}
			most = max(0, most-int32(len(out.Instances)))
		}
		for range most {
			if a.Data.Members, err = reserved(data.Members, out.ReservationId, len(out.Instances)); err != nil {
				return nil, err
			}
			ids, err := v.Act(a)
			if err != nil {
				return nil, err
			}
			made := machineAt(v, ids[0])
			if err := tag(v, rootVolume(made), tagsFor(in.TagSpecification, "volume")); err != nil {
				return nil, err
			}
			out.Instances = append(out.Instances, instance(v, made))
		}
		return out, nil
	})
}

// withNamed adds the security groups of the default network that a request names. Source: EC2 API Reference, RunInstances.SecurityGroup.
func (h *handlers) withNamed(ctx context.Context, ids, names []string) ([]string, error) {
	if len(names) == 0 {
		return ids, nil
	}
	all := slices.Clone(ids)
	err := h.worlds.Use(ctx, func(v api.View) error {
		for _, name := range names {
			g, err := change{name: &name}.group(v)
			if err != nil {
				return err
			}
			all = append(all, g.GroupId)
		}
		return nil
	})
	return all, err
}

// tagsOf are the tags of an instance, with those that EC2 gives to one of a launch template. Source: EC2 user guide, launch-templates: aws:ec2launchtemplate:id and aws:ec2launchtemplate:version.
func tagsOf(v api.View, m cluster.Machine) []cluster.Tag {
	tags := v.World.Tags(m.ID)
	if m.Template.ID == "" {
		return tags
	}
	return append(slices.Clone(tags), cluster.Tag{Key: "aws:ec2launchtemplate:id", Value: m.Template.ID}, cluster.Tag{Key: "aws:ec2launchtemplate:version", Value: m.Template.Version})
}

// reservationAfter is the id of the next reservation. It follows from how many instances there have been, and when.
func reservationAfter(v api.View) string {
	return "r-" + api.Derived(v.Place.Region, "reservation", strconv.Itoa(len(v.World.Machines())), v.Now.String())
}

// reservationOf is that of an instance. Those of an Auto Scaling group have one each.
func reservationOf(m cluster.Machine) string {
	return cmp.Or(beside(m).Reservation, "r-"+api.Derived(m.ID))
}

// reserved notes with what is kept of an instance which it is in its reservation.
func reserved(members json.RawMessage, reservation string, index int) (json.RawMessage, error) {
	all := map[string]any{}
	if len(members) > 0 {
		if err := json.Unmarshal(members, &all); err != nil {
			return nil, fmt.Errorf("keeping the reservation of an instance: %w", err)
		}
	}
	all["reservation"] = reservation
	if index > 0 {
		all["index"] = index
	}
	return json.Marshal(all)
}

// dataOf reads what says how an instance is launched. User data come in base64.
func dataOf(image, kind, userData *string, members json.RawMessage) (cluster.TemplateData, error) {
	text, err := base64.StdEncoding.DecodeString(api.Value(userData))
	if err != nil {
		return cluster.TemplateData{}, failed("InvalidUserData.Malformed", "Invalid BASE64 encoding of user data.")
	}
	if len(text) > 16384 { // Source: EC2 user guide, instancedata-add-user-data
		return cluster.TemplateData{}, failed("InvalidParameterValue", "User data is limited to 16384 bytes")
	}
	return cluster.TemplateData{Image: api.Value(image), Type: api.Value(kind), UserData: string(text), Members: members}, nil
}

func machineAt(v api.View, id string) cluster.Machine {
	all := v.World.Machines()
	at := slices.IndexFunc(all, func(m cluster.Machine) bool { return m.ID == id })
	if at < 0 {
		return cluster.Machine{ID: id}
	}
	return all[at]
}

func stateOf(s cluster.MachineState) State {
	codes := map[cluster.MachineState]int32{
		cluster.MachinePending: 0, cluster.MachineRunning: 16, cluster.MachineShuttingDown: 32, cluster.MachineTerminated: 48, cluster.MachineStopping: 64, cluster.MachineStopped: 80,
	}
	return State{Code: codes[s], Name: string(s)}
}

// instance renders an instance. One that is terminated has no addresses any more.
func instance(v api.View, m cluster.Machine) Instance {
	e := beside(m)
	out := Instance{
		InstanceId: m.ID, ImageId: m.Image, State: stateOf(m.State), InstanceType: m.Type, LaunchTime: m.LaunchedAt, Placement: Place{m.Zone, "default"}, Monitoring: Monitoring{"disabled"},
		KeyName: api.Some(e.Key), LaunchIndex: e.Index, Architecture: architecture(m.Type), RootDeviceType: "ebs", RootDeviceName: rootDevice, Virtualization: "hvm", Hypervisor: "xen",
		ClientToken: api.Some(m.Token), Groups: []GroupItem{}, Reason: &m.Reason, DnsName: new(string),
		Optimized: e.Optimized, EnaSupport: true, Checked: !e.Unchecked, Devices: devices(m, e), Metadata: e.metadata(), Platform: "Linux/UNIX", Usage: "RunInstances",
	}
	if tags := tagsOf(v, m); len(tags) > 0 {
		out.Tags = tagItems(tags)
	}
	if e.Monitoring != nil && api.Value(e.Monitoring.Enabled) {
		out.Monitoring.State = "enabled"
	}
	hibernates := e.HibernationOptions != nil && api.Value(e.HibernationOptions.Configured)
	out.Hibernation.Configured = &hibernates
	if m.Reason != "" {
		out.StateReason = &Reason{"Client.UserInitiatedShutdown", "Client.UserInitiatedShutdown: User initiated shutdown"}
	}
	if e.Profile != "" {
		out.Profile = &ProfileOf{Arn: e.Profile, Id: "AIPA" + strings.ToUpper(api.Derived(e.Profile))}
		if !cluster.IsARN(e.Profile) {
			out.Profile.Arn = v.Global("iam", "instance-profile/"+e.Profile)
		}
	}
	if m.State == cluster.MachineTerminated {
		return out
	}
	for _, id := range e.groups() {
		out.Groups = append(out.Groups, GroupItem{GroupId: id, GroupName: groupName(v, id)})
	}
	connect(v, &out, m, e)
	return out
}

// groups are the security groups of an instance. Source: EC2 API Reference, RunInstances.SecurityGroupId: without any, the default one.
func (e extra) groups() []string {
	if len(e.Groups) == 0 {
		return []string{api.DefaultSecurityGroup}
	}
	return e.Groups
}

// metadata are the options that the metadata service of an instance has, with those of EC2 where none were asked for. Source: EC2 API Reference, InstanceMetadataOptionsRequest.
func (e extra) metadata() *ShownMetadata {
	hops := int32(1)
	out := ShownMetadata{State: "applied", HttpTokens: api.Some("optional"), HttpEndpoint: api.Some("enabled"), HttpProtocolIpv6: api.Some("disabled"), InstanceMetadataTags: api.Some("disabled"), HttpPutResponseHopLimit: &hops}
	if asked := e.MetadataOptions; asked != nil {
		out.HttpTokens, out.HttpEndpoint = cmp.Or(asked.HttpTokens, out.HttpTokens), cmp.Or(asked.HttpEndpoint, out.HttpEndpoint)
		out.HttpProtocolIpv6, out.InstanceMetadataTags = cmp.Or(asked.HttpProtocolIpv6, out.HttpProtocolIpv6), cmp.Or(asked.InstanceMetadataTags, out.InstanceMetadataTags)
		out.HttpPutResponseHopLimit = cmp.Or(asked.HttpPutResponseHopLimit, out.HttpPutResponseHopLimit)
	}
	return &out
}

// architecture is that of a type: the families of Graviton have a g after their generation. Source: EC2 user guide, instance-types, naming conventions.
func architecture(kind string) string {
	family, _, _ := strings.Cut(kind, ".")
	if at := strings.IndexAny(family, "0123456789"); at >= 0 && at+1 < len(family) && family[at+1] == 'g' {
		return "arm64"
	}
	return "x86_64"
}

// TerminateInstancesInput is the request of TerminateInstances.
type TerminateInstancesInput struct{ InstanceId []string }

// TerminateInstancesOutput tells the change of each instance.
type TerminateInstancesOutput struct {
	Instances []Change `wire:"instancesSet"`
}

// Change is a change of an instance's state.
type Change struct {
	InstanceId string `wire:"instanceId"`
	Current    State  `wire:"currentState"`
	Previous   State  `wire:"previousState"`
}

// known refuses ids that are malformed or not there. Messages: public reports.
func known(v api.View, ids []string) error {
	var lost []string
	for _, id := range ids {
		if !strings.HasPrefix(id, "i-") || strings.Trim(id[2:], "0123456789abcdef") != "" || len(id) < 10 {
			return failed("InvalidInstanceID.Malformed", "Invalid id: \"%s\"", id)
		}
		if machineAt(v, id).State == "" {
			lost = append(lost, id)
		}
	}
	switch len(lost) {
	case 0:
		return nil
	case 1:
		return failed("InvalidInstanceID.NotFound", "The instance ID '%s' does not exist", lost[0])
	}
	return failed("InvalidInstanceID.NotFound", "The instance IDs '%s' do not exist", strings.Join(lost, ", "))
}

// DescribeInstancesInput is the request of DescribeInstances.
type DescribeInstancesInput struct {
	InstanceId []string
	Filter     []Filter
	MaxResults *int32
	NextToken  *string
}

// DescribeInstancesOutput has the instances of each reservation together.
type DescribeInstancesOutput struct {
	Reservations []RunInstancesOutput `wire:"reservationSet"`
	NextToken    *string              `wire:"nextToken"`
}

func (h *handlers) describeInstances(ctx context.Context, in *DescribeInstancesInput) (*DescribeInstancesOutput, error) {
	if in.MaxResults != nil && len(in.InstanceId) > 0 {
		return nil, failed("InvalidParameterCombination", "The parameter instancesSet cannot be used with the parameter maxResults")
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*DescribeInstancesOutput, error) {
		found, err := machines(v, in.InstanceId, in.Filter)
		if err != nil {
			return nil, err
		}
		cut, next, err := page(found, byLaunch, in.NextToken, in.MaxResults)
		if err != nil {
			return nil, err
		}
		out := &DescribeInstancesOutput{Reservations: []RunInstancesOutput{}, NextToken: next}
		for _, m := range cut {
			id := reservationOf(m)
			at := slices.IndexFunc(out.Reservations, func(r RunInstancesOutput) bool { return r.ReservationId == id })
			if at < 0 {
				at = len(out.Reservations)
				out.Reservations = append(out.Reservations, RunInstancesOutput{ReservationId: id, OwnerId: v.Place.Account, Groups: []string{}})
			}
			out.Reservations[at].Instances = append(out.Reservations[at].Instances, instance(v, m))
		}
		return out, nil
	})
}

// byLaunch orders instances as they were launched: of those of one moment, the world gives the next one the next address.
func byLaunch(m cluster.Machine) string {
	address, _ := netip.ParseAddr(m.Address)
	return fmt.Sprintf("%020d %x %s", m.LaunchedAt.UnixNano(), address.AsSlice(), m.ID)
}

// machines finds the instances that a request asks for.
func machines(v api.View, ids []string, filters []Filter) ([]cluster.Machine, error) {
	if err := known(v, ids); err != nil {
		return nil, err
	}
	var found []cluster.Machine
	for _, m := range v.World.Machines() {
		if len(ids) > 0 && !slices.Contains(ids, m.ID) {
			continue
		}
		ok, err := meets(filters, tagsOf(v, m), func(name string) ([]string, bool) { return property(v, m, name) })
		if err != nil {
			return nil, err
		}
		if ok {
			found = append(found, m)
		}
	}
	return found, nil
}

// property gives an instance's values of a filter's property. Source: EC2 API Reference, DescribeInstances.
func property(v api.View, m cluster.Machine, name string) (values []string, ok bool) {
	shown := instance(v, m)
	switch name {
	case "instance.group-id", "instance.group-name", "group-id", "group-name":
		for _, g := range shown.Groups {
			values = append(values, map[bool]string{true: g.GroupId, false: api.Value(g.GroupName)}[strings.HasSuffix(name, "-id")])
		}
		return values, true
	case "iam-instance-profile.arn":
		if shown.Profile != nil {
			values = []string{shown.Profile.Arn}
		}
		return values, true
	case "state-reason-code":
		if shown.StateReason != nil {
			values = []string{shown.StateReason.Code}
		}
		return values, true
	}
	if of, its := strings.CutPrefix(name, "network-interface."); its {
		return machineInterface(v, shown).property(of)
	}
	value, ok := map[string]string{
		"instance-id": m.ID, "instance-state-name": string(m.State), "instance-state-code": strconv.Itoa(int(shown.State.Code)), "instance-type": m.Type, "image-id": m.Image, "availability-zone": m.Zone,
		"private-ip-address": api.Value(shown.PrivateIpAddress), "private-dns-name": shown.PrivateDnsName, "ip-address": api.Value(shown.IpAddress), "dns-name": api.Value(shown.DnsName),
		"subnet-id": api.Value(shown.SubnetId), "vpc-id": api.Value(shown.VpcId), "key-name": api.Value(shown.KeyName), "client-token": m.Token, "owner-id": v.Place.Account,
		"architecture": shown.Architecture, "source-dest-check": strconv.FormatBool(shown.Checked), "reservation-id": reservationOf(m), "root-device-name": rootDevice, "root-device-type": "ebs",
		"tenancy": shown.Placement.Tenancy, "hypervisor": shown.Hypervisor, "virtualization-type": shown.Virtualization, "monitoring-state": shown.Monitoring.State,
		"launch-index": strconv.Itoa(int(shown.LaunchIndex)), "launch-time": shown.LaunchTime.UTC().Format("2006-01-02T15:04:05.000Z"), "block-device-mapping.volume-id": rootVolume(m), "reason": m.Reason,
		"metadata-options.http-tokens": api.Value(shown.Metadata.HttpTokens), "metadata-options.http-endpoint": api.Value(shown.Metadata.HttpEndpoint), "instance-lifecycle": "", "platform": "",
	}[name]
	return []string{value}, ok
}

// DescribeInstanceStatusInput is the request of DescribeInstanceStatus.
type DescribeInstanceStatusInput struct {
	InstanceId          []string
	Filter              []Filter
	IncludeAllInstances *bool
	MaxResults          *int32
	NextToken           *string
}

// DescribeInstanceStatusOutput has the status checks of instances.
type DescribeInstanceStatusOutput struct {
	Statuses  []Status `wire:"instanceStatusSet"`
	NextToken *string  `wire:"nextToken"`
}

// Status is the state of an instance with its checks.
type Status struct {
	InstanceId       string `wire:"instanceId"`
	AvailabilityZone string `wire:"availabilityZone"`
	State            State  `wire:"instanceState"`
	System           Check  `wire:"systemStatus"`
	Instance         Check  `wire:"instanceStatus"`
}

// Check is a status check.
type Check struct {
	Status string `wire:"status"`
}

// describeInstanceStatus shows running instances alone, unless all are asked for. The checks pass as soon as an instance runs.
func (h *handlers) describeInstanceStatus(ctx context.Context, in *DescribeInstanceStatusInput) (*DescribeInstanceStatusOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*DescribeInstanceStatusOutput, error) {
		found, err := machines(v, in.InstanceId, in.Filter)
		if err != nil {
			return nil, err
		}
		if !api.Value(in.IncludeAllInstances) {
			found = slices.DeleteFunc(found, func(m cluster.Machine) bool { return m.State != cluster.MachineRunning })
		}
		cut, next, err := page(found, byLaunch, in.NextToken, in.MaxResults)
		out := &DescribeInstanceStatusOutput{Statuses: []Status{}, NextToken: next}
		for _, m := range cut {
			check := Check{"ok"}
			if m.State != cluster.MachineRunning {
				check = Check{"not-applicable"}
			}
			out.Statuses = append(out.Statuses, Status{m.ID, m.Zone, stateOf(m.State), check, check})
		}
		return out, err
	})
}
