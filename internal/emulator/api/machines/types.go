package machines

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"handover/internal/emulator/api"
	"handover/internal/world/group"
)

// DescribeInstanceTypesInput is the request of DescribeInstanceTypes.
type DescribeInstanceTypesInput struct {
	InstanceType []string
	Filter       []Filter
	MaxResults   *int32
	NextToken    *string
}

// DescribeInstanceTypesOutput has instance types.
type DescribeInstanceTypesOutput struct {
	Types     []InstanceType `wire:"instanceTypeSet"`
	NextToken *string        `wire:"nextToken"`
}

// InstanceType is an instance type, as far as container instances need it.
type InstanceType struct {
	Name           string    `wire:"instanceType"`
	Current        bool      `wire:"currentGeneration"`
	UsageClasses   []string  `wire:"supportedUsageClasses"`
	RootDevices    []string  `wire:"supportedRootDeviceTypes"`
	Virtualization []string  `wire:"supportedVirtualizationTypes"`
	BareMetal      bool      `wire:"bareMetal"`
	Hypervisor     string    `wire:"hypervisor"`
	Processor      Processor `wire:"processorInfo"`
	CPU            CPU       `wire:"vCpuInfo"`
	Memory         Memory    `wire:"memoryInfo"`
	GPU            *GPUs     `wire:"gpuInfo"`
	Burstable      bool      `wire:"burstablePerformanceSupported"`
}

// Processor says what runs on an instance type.
type Processor struct {
	Architectures []string `wire:"supportedArchitectures"`
}

// CPU is how many vCPUs an instance type has.
type CPU struct {
	Default int32 `wire:"defaultVCpus"`
}

// Memory is how much memory an instance type has.
type Memory struct {
	MiB int64 `wire:"sizeInMiB"`
}

// GPUs are the GPUs of an instance type.
type GPUs struct {
	Devices []GPU `wire:"gpus"`
}

// GPU is so many GPUs of a kind.
type GPU struct {
	Count int32 `wire:"count"`
}

func typeOf(t group.Type) InstanceType {
	shown := InstanceType{
		Name: t.Name, Current: !t.Former, UsageClasses: []string{"on-demand", "spot"}, RootDevices: []string{"ebs"}, Virtualization: []string{"hvm"}, Hypervisor: "nitro",
		Processor: Processor{[]string{"x86_64"}}, CPU: CPU{int32(t.Size.CPUs)}, Memory: Memory{int64(t.Size.Memory)}, Burstable: t.Burstable,
	}
	if t.Former {
		shown.Hypervisor = "xen"
	}
	if t.Arm {
		shown.Processor.Architectures = []string{"arm64"}
	}
	if t.Size.GPUs > 0 {
		shown.GPU = &GPUs{[]GPU{{int32(t.Size.GPUs)}}}
	}
	return shown
}

// typeProperty gives a type's values of a filter's property. Source: EC2 API Reference, DescribeInstanceTypes.
func typeProperty(t InstanceType, name string) (values []string, ok bool) {
	switch name {
	case "instance-type":
		return []string{t.Name}, true
	case "current-generation":
		return []string{strconv.FormatBool(t.Current)}, true
	case "bare-metal":
		return []string{strconv.FormatBool(t.BareMetal)}, true
	case "burstable-performance-supported":
		return []string{strconv.FormatBool(t.Burstable)}, true
	case "hypervisor":
		return []string{t.Hypervisor}, true
	case "processor-info.supported-architecture":
		return t.Processor.Architectures, true
	case "vcpu-info.default-vcpus":
		return []string{strconv.Itoa(int(t.CPU.Default))}, true
	case "memory-info.size-in-mib":
		return []string{strconv.FormatInt(t.Memory.MiB, 10)}, true
	case "supported-usage-class":
		return t.UsageClasses, true
	case "supported-root-device-type":
		return t.RootDevices, true
	case "supported-virtualization-type":
		return t.Virtualization, true
	}
	return nil, false
}

// describeInstanceTypes knows the types of one table, by which container instances have their size, too.
func (h *handlers) describeInstanceTypes(ctx context.Context, in *DescribeInstanceTypesInput) (*DescribeInstanceTypesOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*DescribeInstanceTypesOutput, error) {
		var all []InstanceType
		for _, t := range group.Types() {
			all = append(all, typeOf(t))
		}
		name := func(t InstanceType) string { return t.Name }
		if lost := slices.DeleteFunc(slices.Clone(in.InstanceType), func(asked string) bool { return lacking([]string{asked}, all, name) == "" }); len(lost) > 0 {
			return nil, failed("InvalidInstanceType", "The following supplied instance types do not exist: [%s]", strings.Join(lost, ", "))
		}
		found, err := choose(v, all, in.InstanceType, in.Filter, name, typeProperty)
		if err != nil {
			return nil, err
		}
		cut, next, err := page(found, name, in.NextToken, typesAtOnce(in.MaxResults))
		return &DescribeInstanceTypesOutput{cut, next}, err
	})
}

// typesAtOnce is how many types a page has: 100 unless it is said. Source: EC2 API Reference, DescribeInstanceTypes.MaxResults.
func typesAtOnce(given *int32) *int32 {
	if given == nil {
		return api.Some(int32(100))
	}
	return given
}

// DescribeInstanceTypeOfferingsInput is the request of DescribeInstanceTypeOfferings.
type DescribeInstanceTypeOfferingsInput struct {
	LocationType *string
	Filter       []Filter
	MaxResults   *int32
	NextToken    *string
}

// DescribeInstanceTypeOfferingsOutput has where there are which instance types.
type DescribeInstanceTypeOfferingsOutput struct {
	Offerings []Offering `wire:"instanceTypeOfferingSet"`
	NextToken *string    `wire:"nextToken"`
}

// Offering is a place in which there is an instance type.
type Offering struct {
	InstanceType string `wire:"instanceType"`
	LocationType string `wire:"locationType"`
	Location     string `wire:"location"`
}

// places are the places of a kind in a Region, in which all types are offered. Source: EC2 API Reference, DescribeInstanceTypeOfferings.LocationType.
func places(v api.View, kind string) ([]string, error) {
	zones := v.Zones()
	switch kind {
	case "region":
		return []string{v.Place.Region}, nil
	case "availability-zone":
		return zones, nil
	case "availability-zone-id":
		ids := make([]string, len(zones))
		for n := range zones {
			ids[n] = zoneID(v, n)
		}
		return ids, nil
	}
	return nil, failed("InvalidParameterValue", "The value for parameter locationType is invalid: %s", kind)
}

func (h *handlers) describeInstanceTypeOfferings(ctx context.Context, in *DescribeInstanceTypeOfferingsInput) (*DescribeInstanceTypeOfferingsOutput, error) {
	kind := "region"
	if in.LocationType != nil {
		kind = *in.LocationType
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*DescribeInstanceTypeOfferingsOutput, error) {
		where, err := places(v, kind)
		if err != nil {
			return nil, err
		}
		var all []Offering
		for _, t := range group.Types() {
			for _, place := range where {
				all = append(all, Offering{t.Name, kind, place})
			}
		}
		key := func(o Offering) string { return o.InstanceType + " " + o.Location }
		found, err := choose(v, all, nil, in.Filter, key, func(o Offering, name string) ([]string, bool) {
			value, ok := map[string]string{"instance-type": o.InstanceType, "location": o.Location}[name]
			return []string{value}, ok
		})
		if err != nil {
			return nil, err
		}
		cut, next, err := page(found, key, in.NextToken, in.MaxResults)
		return &DescribeInstanceTypeOfferingsOutput{cut, next}, err
	})
}
