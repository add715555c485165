package machines

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"handover/internal/emulator/api"
)

// Image is an AMI in an answer.
type Image struct {
	ImageId      string    `wire:"imageId"`
	Location     string    `wire:"imageLocation"`
	State        string    `wire:"imageState"`
	OwnerId      string    `wire:"imageOwnerId"`
	Public       bool      `wire:"isPublic"`
	Architecture string    `wire:"architecture"`
	Type         string    `wire:"imageType"`
	Name         string    `wire:"name"`
	RootDevice   string    `wire:"rootDeviceType"`
	RootName     string    `wire:"rootDeviceName"`
	Virtual      string    `wire:"virtualizationType"`
	Hypervisor   string    `wire:"hypervisor"`
	CreationDate string    `wire:"creationDate"`
	Tags         []TagItem `wire:"tagSet"`
}

// DescribeImagesInput is the request of DescribeImages.
type DescribeImagesInput struct {
	ImageId []string
	Filter  []Filter
	Owner   []string
}

// DescribeImagesOutput has images.
type DescribeImagesOutput struct {
	Images []Image `wire:"imagesSet"`
}

// describeImages answers for every id that is asked for; without ids, for those that instances and launch templates name.
func (h *handlers) describeImages(ctx context.Context, in *DescribeImagesInput) (*DescribeImagesOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*DescribeImagesOutput, error) {
		ids := in.ImageId
		if len(ids) == 0 {
			ids = named(v)
		}
		var all []Image
		for _, id := range ids {
			all = append(all, Image{
				ImageId: id, Location: "amazon/" + id, State: "available", OwnerId: v.Place.Account, Architecture: "x86_64", Type: "machine", Name: id, RootDevice: "ebs",
				RootName: "/dev/xvda", Virtual: "hvm", Hypervisor: "xen", CreationDate: "2026-01-01T00:00:00.000Z", Tags: tagItems(v.World.Tags(id)),
			})
		}
		found, err := choose(v, all, nil, in.Filter, func(i Image) string { return i.ImageId }, func(i Image, name string) ([]string, bool) {
			value, ok := map[string]string{"image-id": i.ImageId, "name": i.Name, "state": i.State, "architecture": i.Architecture, "owner-id": i.OwnerId, "virtualization-type": i.Virtual, "root-device-type": i.RootDevice}[name]
			return []string{value}, ok
		})
		return &DescribeImagesOutput{found}, err
	})
}

// named are the images that instances and launch templates name, in order.
func named(v api.View) []string {
	var ids []string
	for _, m := range v.World.Machines() {
		ids = append(ids, m.Image)
	}
	for _, t := range v.World.LaunchTemplates() {
		for _, one := range t.Versions {
			if one.Data.Image != "" {
				ids = append(ids, one.Data.Image)
			}
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// DescribeAvailabilityZonesInput is the request of DescribeAvailabilityZones.
type DescribeAvailabilityZonesInput struct {
	ZoneName, ZoneId []string
	Filter           []Filter
}

// DescribeAvailabilityZonesOutput has the zones of the Region.
type DescribeAvailabilityZonesOutput struct {
	Zones []Zone `wire:"availabilityZoneInfo"`
}

// Zone is an availability zone.
type Zone struct {
	Name   string `wire:"zoneName"`
	State  string `wire:"zoneState"`
	Region string `wire:"regionName"`
	ID     string `wire:"zoneId"`
	Type   string `wire:"zoneType"`
	OptIn  string `wire:"optInStatus"`
	Group  string `wire:"groupName"`
	Border string `wire:"networkBorderGroup"`
}

// zoneID is the id of the Region's nth zone, counted from 0, in a form like AWS's: use1-az1, apse2-az1.
func zoneID(v api.View, n int) string {
	parts := strings.Split(v.Place.Region, "-")
	short := parts[0]
	for _, p := range parts[1 : len(parts)-1] {
		short += p[:1]
		for _, second := range []string{"east", "west"} { // southeast is se
			if rest, ok := strings.CutSuffix(p, second); ok && rest != "" {
				short += second[:1]
			}
		}
	}
	return short + parts[len(parts)-1] + "-az" + strconv.Itoa(n+1)
}

func (h *handlers) describeAvailabilityZones(ctx context.Context, in *DescribeAvailabilityZonesInput) (*DescribeAvailabilityZonesOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*DescribeAvailabilityZonesOutput, error) {
		var all []Zone
		for n, name := range v.Zones() {
			all = append(all, Zone{name, "available", v.Place.Region, zoneID(v, n), "availability-zone", "opt-in-not-required", v.Place.Region + "-zg-1", v.Place.Region})
		}
		found, err := choose(v, all, in.ZoneName, in.Filter, func(z Zone) string { return z.Name }, func(z Zone, name string) ([]string, bool) {
			value, ok := map[string]string{"zone-name": z.Name, "state": z.State, "region-name": z.Region, "zone-id": z.ID, "zone-type": z.Type, "opt-in-status": z.OptIn, "group-name": z.Group}[name]
			return []string{value}, ok
		})
		if len(in.ZoneId) > 0 {
			found = slices.DeleteFunc(found, func(z Zone) bool { return !slices.Contains(in.ZoneId, z.ID) })
		}
		return &DescribeAvailabilityZonesOutput{found}, err
	})
}
