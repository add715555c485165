package machines

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
)

// RunInstancesInput is the request of RunInstances.
type RunInstancesInput struct {
	ImageId, InstanceType, UserData, SubnetId, KeyName, ClientToken *string
	MinCount, MaxCount                                              *int32
	SecurityGroupId, SecurityGroup                                  []string
	IamInstanceProfile                                              *Profile
	LaunchTemplate                                                  *TemplateSpecification
	Placement                                                       *Placement
	TagSpecification                                                []TagSpecification
	NetworkInterface                                                []InterfaceSpecification
	DisableApiTermination                                           *bool
	InstanceInitiatedShutdownBehavior                               *string
	DryRun                                                          *bool
}

// InterfaceSpecification says of the first interface of an instance where it is. What it says besides is not kept.
type InterfaceSpecification struct {
	DeviceIndex     *int32
	SubnetId        *string
	SecurityGroupId []string
}

// inFirst takes from the first interface of a request what otherwise stands beside it. Source: EC2 API Reference, RunInstances.NetworkInterface.
func inFirst(all []InterfaceSpecification, subnet *string, groups []string) (inSubnet *string, inGroups []string) {
	if len(all) == 0 {
		return subnet, groups
	}
	if all[0].SubnetId != nil {
		subnet = all[0].SubnetId
	}
	if len(all[0].SecurityGroupId) > 0 {
		groups = all[0].SecurityGroupId
	}
	return subnet, groups
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
	DnsName          *string     `wire:"dnsName"`
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
	Groups           []GroupItem `wire:"groupSet"`
	StateReason      *Reason     `wire:"stateReason"`
	Architecture     string      `wire:"architecture"`
	RootDeviceType   string      `wire:"rootDeviceType"`
	RootDeviceName   string      `wire:"rootDeviceName"`
	Virtualization   string      `wire:"virtualizationType"`
	ClientToken      *string     `wire:"clientToken"`
	Tags             []TagItem   `wire:"tagSet"`
	Hypervisor       string      `wire:"hypervisor"`
	Profile          *ProfileOf  `wire:"iamInstanceProfile"`
	Optimized        bool        `wire:"ebsOptimized"`
	EnaSupport       bool        `wire:"enaSupport"`
	Checked          bool        `wire:"sourceDestCheck"`

	Devices []DeviceOfHost `wire:"blockDeviceMapping"`
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

	// Of the launch template: see LaunchTemplateData.
	NetworkInterface                  []TemplateInterface `json:",omitempty"`
	DisableApiTermination             *bool               `json:",omitempty"`
	InstanceInitiatedShutdownBehavior *string             `json:",omitempty"`
}

// behaviour is what an instance does that shuts itself down. Source: EC2 API Reference, RunInstances.InstanceInitiatedShutdownBehavior.
func (e extra) behaviour() string { return cmp.Or(e.Behaviour, "stop") }

// beside is what was kept of an instance.
func beside(m cluster.Machine) (e extra) {
	if len(m.Members) > 0 {
		_ = json.Unmarshal(m.Members, &e) // an extra was written
	}
	if len(e.Groups) == 0 && len(e.NetworkInterface) > 0 {
		e.Groups = e.NetworkInterface[0].SecurityGroupId
	}
	e.Shielded, e.Behaviour = e.Shielded || api.Value(e.DisableApiTermination), cmp.Or(e.Behaviour, api.Value(e.InstanceInitiatedShutdownBehavior))
	return e
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

// over adds to what is kept of an instance how it may end.
func over(members json.RawMessage, shielded *bool, behaviour *string) (json.RawMessage, error) {
	if shielded == nil && behaviour == nil {
		return members, nil
	}
	e := beside(cluster.Machine{Members: members})
	e.Shielded, e.Behaviour = api.Value(shielded), api.Value(behaviour)
	text, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("keeping the attributes of an instance: %w", err)
	}
	return text, nil
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
	subnet, groups := inFirst(in.NetworkInterface, in.SubnetId, in.SecurityGroupId)
	members, err := over(extraOf(groups, in.KeyName, in.IamInstanceProfile), in.DisableApiTermination, in.InstanceInitiatedShutdownBehavior)
	if err != nil {
		return nil, err
	}
	data, err := dataOf(in.ImageId, in.InstanceType, in.UserData, members)
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
		out := &RunInstancesOutput{OwnerId: v.Place.Account, Groups: []string{}}
		if a.Token != "" { // the same request again gives what it gave before
			for _, m := range v.World.Machines() {
				if m.Token == a.Token {
					out.Instances = append(out.Instances, instance(v, m))
				}
			}
			most = max(0, most-int32(len(out.Instances)))
		}
		for range most {
			ids, err := v.Act(a)
			if err != nil {
				return nil, err
			}
			out.Instances = append(out.Instances, instance(v, machineAt(v, ids[0])))
		}
		out.ReservationId = "r-" + api.Derived(out.Instances[0].InstanceId)
		return out, nil
	})
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
		KeyName: api.Some(e.Key), Architecture: "x86_64", RootDeviceType: "ebs", RootDeviceName: rootDevice, Virtualization: "hvm", Hypervisor: "xen",
		ClientToken: api.Some(m.Token), Tags: tagItems(v.World.Tags(m.ID)), Groups: []GroupItem{}, Reason: api.Some(m.Reason),
		Optimized: e.Optimized, EnaSupport: true, Checked: !e.Unchecked, Devices: devices(m),
	}
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
	subnet := cmp.Or(m.Subnet, api.DefaultSubnet(m.Zone))
	out.SubnetId, out.VpcId, out.PrivateIpAddress = &subnet, api.Some(api.DefaultNetwork), &m.Address
	if s, err := subnetAt(v, subnet); err == nil {
		out.VpcId = &s.Network
	}
	out.PrivateDnsName = v.PrivateName(m.Address)
	if len(e.Groups) == 0 {
		e.Groups = []string{api.DefaultSecurityGroup}
	}
	for _, id := range e.Groups {
		out.Groups = append(out.Groups, GroupItem{GroupId: id, GroupName: groupName(v, id)})
	}
	return out
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

// DescribeInstancesOutput has one reservation for each instance.
type DescribeInstancesOutput struct {
	Reservations []RunInstancesOutput `wire:"reservationSet"`
	NextToken    *string              `wire:"nextToken"`
}

func (h *handlers) describeInstances(ctx context.Context, in *DescribeInstancesInput) (*DescribeInstancesOutput, error) {
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
			out.Reservations = append(out.Reservations, RunInstancesOutput{
				ReservationId: "r-" + api.Derived(m.ID), OwnerId: v.Place.Account, Groups: []string{}, Instances: []Instance{instance(v, m)},
			})
		}
		return out, nil
	})
}

// byLaunch orders instances as they were launched.
func byLaunch(m cluster.Machine) string {
	return fmt.Sprintf("%020d %s", m.LaunchedAt.UnixNano(), m.ID)
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
		ok, err := meets(filters, v.World.Tags(m.ID), func(name string) ([]string, bool) { return property(v, m, name) })
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
	case "instance-id":
		return []string{m.ID}, true
	case "instance-state-name":
		return []string{string(m.State)}, true
	case "instance-state-code":
		return []string{fmt.Sprint(shown.State.Code)}, true
	case "instance-type":
		return []string{m.Type}, true
	case "image-id":
		return []string{m.Image}, true
	case "availability-zone":
		return []string{m.Zone}, true
	case "private-ip-address":
		return []string{api.Value(shown.PrivateIpAddress)}, true
	case "private-dns-name":
		return []string{shown.PrivateDnsName}, true
	case "subnet-id", "network-interface.subnet-id":
		return []string{api.Value(shown.SubnetId)}, true
	case "vpc-id":
		return []string{api.Value(shown.VpcId)}, true
	case "key-name":
		return []string{api.Value(shown.KeyName)}, true
	case "client-token":
		return []string{m.Token}, true
	case "instance.group-id":
		for _, g := range shown.Groups {
			values = append(values, g.GroupId)
		}
		return values, true
	}
	return nil, false
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
