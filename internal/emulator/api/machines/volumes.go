package machines

import (
	"cmp"
	"context"
	"strconv"
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
func devices(m cluster.Machine, e extra) []DeviceOfHost {
	if m.State == cluster.MachineTerminated {
		return []DeviceOfHost{}
	}
	return []DeviceOfHost{{rootDevice, VolumeOfHost{rootVolume(m), "attached", m.LaunchedAt, *e.root().DeleteOnTermination}}}
}

// root is the volume that an instance boots from: 8 GiB gp3, which AMIs usually ask for, and what the request or the launch template says of it. Source of the 3,000 IOPS and 125 MiB/s: EBS user
// guide, general-purpose.
func (e extra) root() EbsDevice {
	kind, size, iops, rate, goes, plain := "gp3", int32(8), int32(3000), int32(125), true, false
	out := EbsDevice{VolumeType: &kind, VolumeSize: &size, Iops: &iops, Throughput: &rate, DeleteOnTermination: &goes, Encrypted: &plain}
	for _, d := range e.BlockDeviceMapping {
		if d.Ebs == nil || api.Value(d.DeviceName) != rootDevice {
			continue
		}
		out.VolumeType, out.VolumeSize, out.Iops = cmp.Or(d.Ebs.VolumeType, out.VolumeType), cmp.Or(d.Ebs.VolumeSize, out.VolumeSize), cmp.Or(d.Ebs.Iops, out.Iops)
		out.DeleteOnTermination, out.Encrypted, out.KmsKeyId = cmp.Or(d.Ebs.DeleteOnTermination, out.DeleteOnTermination), cmp.Or(d.Ebs.Encrypted, out.Encrypted), d.Ebs.KmsKeyId
		out.Throughput = cmp.Or(d.Ebs.Throughput, out.Throughput)
	}
	if *out.VolumeType != kind {
		out.Throughput = nil
	}
	return out
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
	Iops        *int32             `wire:"iops"`
	Throughput  *int32             `wire:"throughput"`
	Encrypted   bool               `wire:"encrypted"`
	KmsKeyId    *string            `wire:"kmsKeyId"`
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

// describeVolumes shows the root volume of each instance.
func (h *handlers) describeVolumes(ctx context.Context, in *DescribeVolumesInput) (*DescribeVolumesOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*DescribeVolumesOutput, error) {
		all := []Volume{}
		for _, m := range v.World.Machines() {
			if m.State == cluster.MachineTerminated {
				continue
			}
			id, root := rootVolume(m), beside(m).root()
			all = append(all, Volume{
				VolumeId: id, Size: *root.VolumeSize, Zone: m.Zone, Status: "in-use", CreateTime: m.LaunchedAt, Type: *root.VolumeType, Iops: root.Iops, Throughput: root.Throughput,
				Encrypted: *root.Encrypted, KmsKeyId: root.KmsKeyId, Tags: tagItems(v.World.Tags(id)),
				Attachments: []VolumeAttachment{{id, m.ID, rootDevice, "attached", m.LaunchedAt, *root.DeleteOnTermination}},
			})
		}
		if lost := lacking(in.VolumeId, all, func(one Volume) string { return one.VolumeId }); lost != "" {
			return nil, failed("InvalidVolume.NotFound", "The volume '%s' does not exist.", lost)
		}
		found, err := choose(v, all, in.VolumeId, in.Filter, func(one Volume) string { return one.VolumeId }, func(one Volume, name string) ([]string, bool) {
			value, ok := map[string]string{"volume-id": one.VolumeId, "status": one.Status, "volume-type": one.Type, "availability-zone": one.Zone, "attachment.instance-id": one.Attachments[0].InstanceId,
				"attachment.device": rootDevice, "attachment.status": "attached", "attachment.delete-on-termination": strconv.FormatBool(one.Attachments[0].DeleteOnTermination),
				"encrypted": strconv.FormatBool(one.Encrypted), "size": strconv.Itoa(int(one.Size))}[name]
			return []string{value}, ok
		})
		if err != nil {
			return nil, err
		}
		cut, next, err := page(found, func(one Volume) string { return one.VolumeId }, in.NextToken, in.MaxResults)
		return &DescribeVolumesOutput{cut, next}, err
	})
}
