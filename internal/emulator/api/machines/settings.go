package machines

// This file has what a launch template says that nothing here goes by. It is kept, and shown again. Source: EC2 API Reference, RequestLaunchTemplateData and
// ResponseLaunchTemplateData.

import (
	"encoding/json"
	"fmt"
)

// BlockDevice is a device of an instance to be.
type BlockDevice struct {
	DeviceName, VirtualName, NoDevice *string    `json:",omitempty"`
	Ebs                               *EbsDevice `json:",omitempty"`
}

// EbsDevice is a volume of an instance to be.
type EbsDevice struct {
	DeleteOnTermination, Encrypted   *bool   `json:",omitempty"`
	Iops, Throughput, VolumeSize     *int32  `json:",omitempty"`
	KmsKeyId, SnapshotId, VolumeType *string `json:",omitempty"`
}

// TemplateInterface is an interface of an instance to be.
type TemplateInterface struct {
	AssociatePublicIpAddress, DeleteOnTermination                              *bool    `json:",omitempty"`
	DeviceIndex, NetworkCardIndex                                              *int32   `json:",omitempty"`
	Description, InterfaceType, NetworkInterfaceId, PrivateIpAddress, SubnetId *string  `json:",omitempty"`
	SecurityGroupId                                                            []string `json:",omitempty"`
}

// MetadataOptions are those of the instance metadata service.
type MetadataOptions struct {
	HttpTokens, HttpEndpoint, HttpProtocolIpv6, InstanceMetadataTags *string `json:",omitempty"`
	HttpPutResponseHopLimit                                          *int32  `json:",omitempty"`
}

// MonitoringSwitch says whether detailed monitoring is on.
type MonitoringSwitch struct {
	Enabled *bool `json:",omitempty"`
}

// Hibernation says whether an instance may hibernate.
type Hibernation struct {
	Configured *bool `json:",omitempty"`
}

// Credits are those of a burstable instance.
type Credits struct {
	CpuCredits *string `json:",omitempty"`
}

// MarketOptions say whether an instance is a Spot Instance.
type MarketOptions struct {
	MarketType  *string      `json:",omitempty"`
	SpotOptions *SpotOptions `json:",omitempty"`
}

// SpotOptions are those of a Spot Instance.
type SpotOptions struct {
	MaxPrice, SpotInstanceType, InstanceInterruptionBehavior *string `json:",omitempty"`
	BlockDurationMinutes                                     *int32  `json:",omitempty"`
}

// TemplatePlacement says where an instance is to be.
type TemplatePlacement struct {
	AvailabilityZone, Affinity, GroupName, HostId, Tenancy *string `json:",omitempty"`
}

// ShownDevice is a BlockDevice in an answer.
type ShownDevice struct {
	DeviceName  *string   `wire:"deviceName"`
	VirtualName *string   `wire:"virtualName"`
	NoDevice    *string   `wire:"noDevice"`
	Ebs         *ShownEbs `wire:"ebs"`
}

// ShownEbs is an EbsDevice in an answer.
type ShownEbs struct {
	DeleteOnTermination *bool   `wire:"deleteOnTermination"`
	Encrypted           *bool   `wire:"encrypted"`
	Iops                *int32  `wire:"iops"`
	Throughput          *int32  `wire:"throughput"`
	VolumeSize          *int32  `wire:"volumeSize"`
	KmsKeyId            *string `wire:"kmsKeyId"`
	SnapshotId          *string `wire:"snapshotId"`
	VolumeType          *string `wire:"volumeType"`
}

// ShownInterface is a TemplateInterface in an answer.
type ShownInterface struct {
	AssociatePublicIpAddress *bool    `wire:"associatePublicIpAddress"`
	DeleteOnTermination      *bool    `wire:"deleteOnTermination"`
	DeviceIndex              *int32   `wire:"deviceIndex"`
	NetworkCardIndex         *int32   `wire:"networkCardIndex"`
	Description              *string  `wire:"description"`
	InterfaceType            *string  `wire:"interfaceType"`
	NetworkInterfaceId       *string  `wire:"networkInterfaceId"`
	PrivateIpAddress         *string  `wire:"privateIpAddress"`
	SubnetId                 *string  `wire:"subnetId"`
	SecurityGroupId          []string `wire:"groupSet,groupId"`
}

// ShownTags is a TagSpecification in an answer.
type ShownTags struct {
	ResourceType string    `wire:"resourceType"`
	Tag          []TagItem `wire:"tagSet"`
}

// ShownMetadata is MetadataOptions in an answer.
type ShownMetadata struct {
	State                   string  `wire:"state"`
	HttpTokens              *string `wire:"httpTokens"`
	HttpEndpoint            *string `wire:"httpEndpoint"`
	HttpProtocolIpv6        *string `wire:"httpProtocolIpv6"`
	InstanceMetadataTags    *string `wire:"instanceMetadataTags"`
	HttpPutResponseHopLimit *int32  `wire:"httpPutResponseHopLimit"`
}

// ShownSwitch is a MonitoringSwitch in an answer.
type ShownSwitch struct {
	Enabled *bool `wire:"enabled"`
}

// ShownHibernation is Hibernation in an answer.
type ShownHibernation struct {
	Configured *bool `wire:"configured"`
}

// ShownCredits is Credits in an answer.
type ShownCredits struct {
	CpuCredits *string `wire:"cpuCredits"`
}

// ShownMarket is MarketOptions in an answer.
type ShownMarket struct {
	MarketType  *string    `wire:"marketType"`
	SpotOptions *ShownSpot `wire:"spotOptions"`
}

// ShownSpot is SpotOptions in an answer.
type ShownSpot struct {
	MaxPrice                     *string `wire:"maxPrice"`
	SpotInstanceType             *string `wire:"spotInstanceType"`
	InstanceInterruptionBehavior *string `wire:"instanceInterruptionBehavior"`
	BlockDurationMinutes         *int32  `wire:"blockDurationMinutes"`
}

// ShownPlacement is TemplatePlacement in an answer.
type ShownPlacement struct {
	AvailabilityZone *string `wire:"availabilityZone"`
	Affinity         *string `wire:"affinity"`
	GroupName        *string `wire:"groupName"`
	HostId           *string `wire:"hostId"`
	Tenancy          *string `wire:"tenancy"`
}

// withSettings adds the settings of a request to what else is kept of it, each under the name of its field.
func (d *LaunchTemplateData) withSettings(members json.RawMessage) (json.RawMessage, error) {
	settings, err := json.Marshal(d)
	if err != nil {
		return nil, fmt.Errorf("keeping the settings of a launch template: %w", err)
	}
	all := map[string]json.RawMessage{}
	for _, text := range []json.RawMessage{settings, members} {
		if len(text) == 0 {
			continue
		}
		if err := json.Unmarshal(text, &all); err != nil {
			return nil, fmt.Errorf("keeping the settings of a launch template: %w", err)
		}
	}
	if len(all) == 0 {
		return nil, nil
	}
	return json.Marshal(all)
}
