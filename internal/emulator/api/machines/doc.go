// Package machines is the API of EC2 as far as container instances need it: instances, launch templates, and the networks, subnets, security groups and images that they
// name. The SDK's module for EC2 is not used (one compilation takes a minute and 3 GiB of memory), so the shapes are written by hand, after the EC2 API Reference.
//
// Networks route nothing. A Region has one VPC with a subnet in each of its zones and a default security group from the start; more can be made. An image is any id that is named:
// DescribeImages answers for every one that is asked for.
package machines
