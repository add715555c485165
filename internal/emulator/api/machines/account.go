package machines

import (
	"context"
	"slices"
	"strings"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
)

// DescribeAccountAttributesInput is the request of DescribeAccountAttributes.
type DescribeAccountAttributesInput struct{ AttributeName []string }

// DescribeAccountAttributesOutput has attributes of the account.
type DescribeAccountAttributesOutput struct {
	Attributes []AccountAttribute `wire:"accountAttributeSet"`
}

// AccountAttribute is an attribute of the account in a Region.
type AccountAttribute struct {
	Name   string           `wire:"attributeName"`
	Values []AttributeValue `wire:"attributeValueSet"`
}

// AttributeValue is one of its values.
type AttributeValue struct {
	Value string `wire:"attributeValue"`
}

// describeAccountAttributes gives what an account has that nobody has changed. Source: EC2 API Reference, DescribeAccountAttributes, for what there is; Amazon EC2 and Amazon VPC quotas for the numbers.
func (h *handlers) describeAccountAttributes(ctx context.Context, in *DescribeAccountAttributesInput) (*DescribeAccountAttributesOutput, error) {
	all := []AccountAttribute{}
	for _, one := range []struct{ name, value string }{
		{"supported-platforms", "VPC"}, {"vpc-max-security-groups-per-interface", "5"}, {"max-elastic-ips", "5"}, {"max-instances", "20"}, {"vpc-max-elastic-ips", "5"},
		{"default-vpc", api.DefaultNetwork},
	} {
		if len(in.AttributeName) == 0 || slices.Contains(in.AttributeName, one.name) {
			all = append(all, AccountAttribute{one.name, []AttributeValue{{one.value}}})
		}
	}
	return &DescribeAccountAttributesOutput{all}, nil
}

// DescribeInstanceCreditSpecificationsInput is the request of DescribeInstanceCreditSpecifications.
type DescribeInstanceCreditSpecificationsInput struct {
	InstanceId []string
	Filter     []Filter
	MaxResults *int32
	NextToken  *string
}

// DescribeInstanceCreditSpecificationsOutput has how burstable instances pay for more than their baseline.
type DescribeInstanceCreditSpecificationsOutput struct {
	Specifications []CreditSpecification `wire:"instanceCreditSpecificationSet"`
	NextToken      *string               `wire:"nextToken"`
}

// CreditSpecification is that of an instance.
type CreditSpecification struct {
	InstanceId string `wire:"instanceId"`
	Credits    string `wire:"cpuCredits"`
}

// creditsOf is standard for T2 and unlimited for the later families; burstable is false for all others. Source: EC2 user guide, burstable-performance-instances-unlimited-mode-concepts.
func creditsOf(m cluster.Machine) (credits string, burstable bool) {
	family, _, _ := strings.Cut(m.Type, ".")
	switch family {
	case "t2":
		return "standard", true
	case "t3", "t3a", "t4g":
		return "unlimited", true
	}
	return "", false
}

// describeInstanceCreditSpecifications gives those of the instances that are named, and without names of all with the unlimited option. Source: EC2 API Reference, DescribeInstanceCreditSpecifications.
func (h *handlers) describeInstanceCreditSpecifications(ctx context.Context, in *DescribeInstanceCreditSpecificationsInput) (*DescribeInstanceCreditSpecificationsOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*DescribeInstanceCreditSpecificationsOutput, error) {
		found, err := machines(v, in.InstanceId, in.Filter)
		if err != nil {
			return nil, err
		}
		all := []CreditSpecification{}
		for _, m := range found {
			credits, burstable := creditsOf(m)
			if !burstable && len(in.InstanceId) > 0 {
				return nil, failed("InvalidParameterCombination", "The instance '%s' is not a burstable performance instance", m.ID)
			}
			if len(in.InstanceId) > 0 || credits == "unlimited" {
				all = append(all, CreditSpecification{m.ID, credits})
			}
		}
		cut, next, err := page(all, func(c CreditSpecification) string { return c.InstanceId }, in.NextToken, in.MaxResults)
		return &DescribeInstanceCreditSpecificationsOutput{cut, next}, err
	})
}
