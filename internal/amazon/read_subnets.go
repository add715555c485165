package amazon

import (
	"context"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/smithy-go"

	"handover/internal/cluster"
)

// This file reads the free addresses of subnets, the one call of EC2 that is needed. The SDK's module for EC2 is not used: it would be the largest part of the
// program, and one compilation of it takes a minute. So the call is written by hand, after the EC2 API Reference.

func subnetsOf(s types.Service) []string {
	if s.NetworkConfiguration == nil || s.NetworkConfiguration.AwsvpcConfiguration == nil {
		return nil
	}
	return s.NetworkConfiguration.AwsvpcConfiguration.Subnets
}

// describedSubnets is the answer of DescribeSubnets, as far as it is read. Source: EC2 API Reference, DescribeSubnets and Subnet.
type describedSubnets struct {
	Subnets []struct {
		ID   string `xml:"subnetId"`
		Zone string `xml:"availabilityZone"`
		Free int    `xml:"availableIpAddressCount"`
	} `xml:"subnetSet>item"`
}

func (r *reading) subnets(ctx context.Context, v *view) []cluster.Subnet {
	form := url.Values{"Action": {"DescribeSubnets"}, "Version": {"2016-11-15"}}
	for i, id := range v.subnets { // 16 at most. Source: ECS API Reference, AwsVpcConfiguration
		form.Set("SubnetId."+strconv.Itoa(i+1), id)
	}
	var answer describedSubnets
	if err := r.p.account.askEC2(ctx, "DescribeSubnets", form, &answer); err != nil {
		r.gap(v.Service.Key, cluster.PartSubnets, &failure{"ec2:DescribeSubnets", err})
		return nil
	}
	var found []cluster.Subnet
	for _, s := range answer.Subnets {
		found = append(found, cluster.Subnet{ID: s.ID, Zone: s.Zone, Free: s.Free})
	}
	slices.SortFunc(found, func(a, b cluster.Subnet) int { return strings.Compare(a.ID, b.ID) })
	return found
}

// askEC2 makes one attempt of a call of EC2 that only reads.
func (a *Account) askEC2(ctx context.Context, operation string, form url.Values, answer any) error {
	status, text, err := a.ask(ctx, byHand{service: "EC2", host: "ec2", operation: operation, contentType: "application/x-www-form-urlencoded; charset=utf-8", body: []byte(form.Encode())})
	if err != nil {
		return err
	}
	if status != http.StatusOK {
		return ec2Error(status, text)
	}
	if err := xml.Unmarshal(text, answer); err != nil {
		return fmt.Errorf("reading the answer: %w", err)
	}
	return nil
}

// ec2Error is what EC2 says is wrong. Source: EC2 API Reference, errors.
func ec2Error(status int, text []byte) error {
	var said struct {
		Code    string `xml:"Errors>Error>Code"`
		Message string `xml:"Errors>Error>Message"`
	}
	if err := xml.Unmarshal(text, &said); err != nil || said.Code == "" {
		return cluster.Errorf(classOfStatus(status), strconv.Itoa(status), "EC2 answered with HTTP status %d", status)
	}
	if said.Code == "UnauthorizedOperation" {
		return cluster.Errorf(cluster.ClassDenied, said.Code, "%s", said.Message)
	}
	return &smithy.GenericAPIError{Code: said.Code, Message: said.Message}
}
