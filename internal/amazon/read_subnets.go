package amazon

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
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
	endpoint, err := a.ec2Endpoint(ctx)
	if err != nil {
		return err
	}
	body := []byte(form.Encode())
	ctx = awsmiddleware.SetOperationName(awsmiddleware.SetServiceID(ctx, "EC2"), operation)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, bytes.NewReader(body))
	if err != nil {
		return &notSentError{err}
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	request.Header.Set("User-Agent", "handover/"+cmp.Or(a.options.Version, "dev"))
	credentials, err := a.config.Credentials.Retrieve(ctx)
	if err != nil {
		return err
	}
	hash := sha256.Sum256(body)
	if err := v4.NewSigner().SignHTTP(ctx, credentials, request, hex.EncodeToString(hash[:]), "ec2", a.Region, localNow()); err != nil {
		return &notSentError{err}
	}
	response, err := a.client.Do(request)
	if err != nil {
		return err
	}
	text, err := readBody(response.Body)
	if err != nil {
		return fmt.Errorf("reading the answer: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		return ec2Error(response.StatusCode, text)
	}
	if err := xml.Unmarshal(text, answer); err != nil {
		return fmt.Errorf("reading the answer: %w", err)
	}
	return nil
}

// ec2Endpoint is the one that was given, or AWS's: that of EC2 Auto Scaling with the other name, in every partition.
// Source: AWS General Reference, endpoints of Amazon EC2 and of Amazon EC2 Auto Scaling.
func (a *Account) ec2Endpoint(ctx context.Context) (string, error) {
	if given := a.options.endpoint(a.config.BaseEndpoint); given != nil {
		return *given, nil
	}
	known, err := autoscaling.NewDefaultEndpointResolverV2().ResolveEndpoint(ctx, autoscaling.EndpointParameters{Region: aws.String(a.Region)})
	if err != nil {
		return "", &notSentError{err}
	}
	return strings.Replace(known.URI.String(), "//autoscaling.", "//ec2.", 1), nil
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
