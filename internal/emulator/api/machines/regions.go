package machines

import (
	"context"
	"slices"

	"handover/internal/emulator/api"
)

// DescribeRegionsInput is the request of DescribeRegions.
type DescribeRegionsInput struct {
	RegionName []string
	Filter     []Filter
	AllRegions *bool
}

// DescribeRegionsOutput has Regions.
type DescribeRegionsOutput struct {
	Regions []Region `wire:"regionInfo"`
}

// Region is a Region.
type Region struct {
	Name     string `wire:"regionName"`
	Endpoint string `wire:"regionEndpoint"`
	OptIn    string `wire:"optInStatus"`
}

// usual are the Regions that an account has without opting in, by partition. Source: AWS account management guide, manage-acct-regions.
func usual(partition string) []string {
	switch partition {
	case "aws":
		return []string{"ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2",
			"eu-west-3", "sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2"}
	case "aws-cn":
		return []string{"cn-north-1", "cn-northwest-1"}
	case "aws-us-gov":
		return []string{"us-gov-east-1", "us-gov-west-1"}
	}
	return nil
}

// optional are the Regions that an account has to opt into, by partition. Source: as usual.
func optional(partition string) []string {
	if partition != "aws" {
		return nil
	}
	return []string{"af-south-1", "ap-east-1", "ap-east-2", "ap-south-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5", "ap-southeast-6", "ap-southeast-7", "ca-west-1", "eu-central-2",
		"eu-south-1", "eu-south-2", "il-central-1", "me-central-1", "me-south-1", "mx-central-1"}
}

// describeRegions gives the usual Regions of the partition, and that of the request, which the account has opted into where it had to; and the others where all are asked for.
func (h *handlers) describeRegions(ctx context.Context, in *DescribeRegionsInput) (*DescribeRegionsOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*DescribeRegionsOutput, error) {
		names, others := usual(v.Place.Partition), optional(v.Place.Partition)
		if api.Value(in.AllRegions) {
			names = slices.Concat(names, others)
		}
		if !slices.Contains(names, v.Place.Region) {
			names = append(names, v.Place.Region)
		}
		domain := "amazonaws.com"
		if v.Place.Partition == "aws-cn" {
			domain += ".cn"
		}
		var all []Region
		for _, name := range slices.Sorted(slices.Values(names)) {
			status := "opt-in-not-required"
			if slices.Contains(others, name) {
				status = "not-opted-in"
				if name == v.Place.Region {
					status = "opted-in"
				}
			}
			all = append(all, Region{name, "ec2." + name + "." + domain, status})
		}
		name := func(r Region) string { return r.Name }
		if lost := lacking(in.RegionName, all, name); lost != "" {
			return nil, failed("InvalidParameterValue", "Invalid region names provided: %s", lost)
		}
		found, err := choose(v, all, in.RegionName, in.Filter, name, func(r Region, property string) ([]string, bool) {
			value, ok := map[string]string{"region-name": r.Name, "endpoint": r.Endpoint, "opt-in-status": r.OptIn}[property]
			return []string{value}, ok
		})
		return &DescribeRegionsOutput{found}, err
	})
}
