package machines

import (
	"context"
	"strings"
	"time"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
)

// DeviceOfHost is the root volume of an instance, in the instance's answer.
type DeviceOfHost struct {
	Name string       `wire:"deviceName"`
	Ebs  VolumeOfHost `wire:"ebs"`
}

// VolumeOfHost says how a volume is attached.
type VolumeOfHost struct {
	VolumeId            string    `wire:"volumeId"`
	Status              string    `wire:"status"`
	AttachTime          time.Time `wire:"attachTime"`
	DeleteOnTermination bool      `wire:"deleteOnTermination"`
}

// rootVolume is the one volume that an instance has; its id is that of the instance. None can be made by itself.
func rootVolume(m cluster.Machine) string { return "vol-" + strings.TrimPrefix(m.ID, "i-") }

// rootDevice is the name of the volume that an instance boots from. Source: EC2 user guide, device_naming, for Amazon Linux.
const rootDevice = "/dev/xvda"

// devices are those of an instance, none once it is terminated.
func devices(m cluster.Machine) []DeviceOfHost {
	if m.State == cluster.MachineTerminated {
		return []DeviceOfHost{}
	}
	return []DeviceOfHost{{rootDevice, VolumeOfHost{rootVolume(m), "attached", m.LaunchedAt, true}}}
}

// DescribeVolumesInput is the request of DescribeVolumes.
type DescribeVolumesInput struct {
	VolumeId   []string
	Filter     []Filter
	MaxResults *int32
	NextToken  *string
}

// DescribeVolumesOutput has the root volumes of instances.
type DescribeVolumesOutput struct {
	Volumes   []Volume `wire:"volumeSet"`
	NextToken *string  `wire:"nextToken"`
}

// Volume is a root volume.
type Volume struct {
	VolumeId    string             `wire:"volumeId"`
	Size        int32              `wire:"size"` // GiB
	Zone        string             `wire:"availabilityZone"`
	Status      string             `wire:"status"`
	CreateTime  time.Time          `wire:"createTime"`
	Attachments []VolumeAttachment `wire:"attachmentSet"`
	Type        string             `wire:"volumeType"`
	Iops        int32              `wire:"iops"`
	Encrypted   bool               `wire:"encrypted"`
	MultiAttach bool               `wire:"multiAttachEnabled"`
	Tags        []TagItem          `wire:"tagSet"`
}

// VolumeAttachment says what a volume is attached to.
type VolumeAttachment struct {
	VolumeId            string    `wire:"volumeId"`
	InstanceId          string    `wire:"instanceId"`
	Device              string    `wire:"device"`
	Status              string    `wire:"status"`
	AttachTime          time.Time `wire:"attachTime"`
	DeleteOnTermination bool      `wire:"deleteOnTermination"`
}

// describeVolumes shows a volume of 8 GiB gp3 for each instance: what AMIs usually ask for.
func (h *handlers) describeVolumes(ctx context.Context, in *DescribeVolumesInput) (*DescribeVolumesOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*DescribeVolumesOutput, error) {
		all := []Volume{}
		for _, m := range v.World.Machines() {
			if m.State == cluster.MachineTerminated {
				continue
			}
			id := rootVolume(m)
			all = append(all, Volume{
				VolumeId: id, Size: 8, Zone: m.Zone, Status: "in-use", CreateTime: m.LaunchedAt, Type: "gp3", Iops: 3000, Tags: tagItems(v.World.Tags(id)),
				Attachments: []VolumeAttachment{{id, m.ID, rootDevice, "attached", m.LaunchedAt, true}},
			})
		}
		if lost := lacking(in.VolumeId, all, func(one Volume) string { return one.VolumeId }); lost != "" {
			return nil, failed("InvalidVolume.NotFound", "The volume '%s' does not exist.", lost)
		}
		found, err := choose(v, all, in.VolumeId, in.Filter, func(one Volume) string { return one.VolumeId }, func(one Volume, name string) ([]string, bool) {
			value, ok := map[string]string{"volume-id": one.VolumeId, "status": one.Status, "volume-type": one.Type, "availability-zone": one.Zone, "attachment.instance-id": one.Attachments[0].InstanceId,
				"attachment.device": rootDevice, "attachment.status": "attached", "attachment.delete-on-termination": "true", "encrypted": "false", "size": "8"}[name]
			return []string{value}, ok
		})
		if err != nil {
			return nil, err
		}
		cut, next, err := page(found, func(one Volume) string { return one.VolumeId }, in.NextToken, in.MaxResults)
		return &DescribeVolumesOutput{cut, next}, err
	})
}
