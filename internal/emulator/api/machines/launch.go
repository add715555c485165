package machines

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

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
		a, err := in.launch(v, subnet, groups)
		if err != nil {
			return nil, err
		}
		out := &RunInstancesOutput{ReservationId: reservationAfter(v), OwnerId: v.Place.Account, Groups: []string{}}
		for _, m := range v.World.Machines() { // the same request again gives what it gave before
			if a.Token != "" && m.Token == a.Token {
				out.ReservationId, out.Instances = reservationOf(m), append(out.Instances, instance(v, m))
			}
		}
		for n := len(out.Instances); n < int(most); n++ {
			a.Data = data
			if a.Data.Members, err = reserved(data.Members, out.ReservationId, n); err != nil {
				return nil, err
			}
			made, err := launched(v, a, tagsFor(in.TagSpecification, "volume"))
			if err != nil {
				return nil, err
			}
			out.Instances = append(out.Instances, made)
		}
		return out, nil
	})
}

// launch is what the world is asked for, of one instance, but for its data.
func (in *RunInstancesInput) launch(v api.View, subnet *string, groups []string) (cluster.RunMachine, error) {
	a := cluster.RunMachine{Template: in.LaunchTemplate.template(), Subnet: api.Value(subnet), Token: api.Value(in.ClientToken), Tags: tagsFor(in.TagSpecification, "instance")}
	if in.Placement != nil {
		a.Zone = api.Value(in.Placement.AvailabilityZone)
	}
	if a.Subnet != "" {
		s, err := subnetAt(v, a.Subnet)
		if err != nil {
			return a, err
		}
		a.Zone = s.Zone
	}
	if lost := v.LostSecurityGroup(groups); lost != "" {
		return a, failed("InvalidGroup.NotFound", "The security group '%s' does not exist", lost)
	}
	return a, nil
}

// launched launches an instance and tags its volume.
func launched(v api.View, a cluster.RunMachine, ofVolume []cluster.Tag) (Instance, error) {
	ids, err := v.Act(a)
	if err != nil {
		return Instance{}, err
	}
	made := machineAt(v, ids[0])
	return instance(v, made), tag(v, rootVolume(made), ofVolume)
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
