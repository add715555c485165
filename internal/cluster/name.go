package cluster

import (
	"cmp"
	"fmt"
	"strings"
)

// DefaultCluster is the cluster that ECS takes where a request names none.
const DefaultCluster = "default"

// ServiceKey names one service of one account and Region. Both parts are names, not ARNs.
type ServiceKey struct {
	Cluster string `json:"cluster"`
	Service string `json:"service"`
}

// String gives the form in which commands take and print a service: CLUSTER/SERVICE.
func (k ServiceKey) String() string { return k.Cluster + "/" + k.Service }

// Compare orders keys by cluster, then by service.
func (k ServiceKey) Compare(other ServiceKey) int {
	return cmp.Or(strings.Compare(k.Cluster, other.Cluster), strings.Compare(k.Service, other.Service))
}

// Before tells whether a key comes before another.
func (k ServiceKey) Before(other ServiceKey) bool { return k.Compare(other) < 0 }

// ARN is an Amazon Resource Name in its parts: arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE. The partition is always carried, never assumed:
// it is aws-cn in China and aws-us-gov in GovCloud.
type ARN struct {
	Partition, Service, Region, Account, Resource string
}

// String writes the ARN as AWS does.
func (a ARN) String() string {
	return "arn:" + a.Partition + ":" + a.Service + ":" + a.Region + ":" + a.Account + ":" + a.Resource
}

// Append adds the ARN's text to a longer one.
func (a ARN) Append(text []byte) []byte {
	for i, part := range [...]string{"arn", a.Partition, a.Service, a.Region, a.Account, a.Resource} {
		if i > 0 {
			text = append(text, ':')
		}
		text = append(text, part...)
	}
	return text
}

// With gives the ARN of another resource of the same partition, service, Region and account.
func (a ARN) With(resource string) ARN {
	a.Resource = resource
	return a
}

// ParseARN takes an ARN apart. It fails where one of the first five fields is missing or where the resource is empty; Region and account may be
// empty, as they are for some services.
func ParseARN(text string) (ARN, error) {
	parts := strings.SplitN(text, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || parts[1] == "" || parts[2] == "" || parts[5] == "" {
		return ARN{}, fmt.Errorf("%q is not an ARN of the form arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE", text)
	}
	return ARN{Partition: parts[1], Service: parts[2], Region: parts[3], Account: parts[4], Resource: parts[5]}, nil
}

// IsARN tells whether the text claims to be an ARN; it may still be malformed.
func IsARN(text string) bool { return strings.HasPrefix(text, "arn:") }

// ValidName tells whether ECS would take the text as the name of a cluster or a service: up to 255 letters, digits, hyphens and underscores.
// Source: API Reference, CreateCluster.clusterName and CreateService.serviceName.
func ValidName(text string) bool {
	for _, r := range text {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (r < '0' || r > '9') && r != '-' && r != '_' {
			return false
		}
	}
	return len(text) >= 1 && len(text) <= 255
}

// ParseService reads a service as people write it: CLUSTER/SERVICE, an ARN in the long or the short format, or SERVICE alone, which is then looked
// for in the given cluster (DefaultCluster where that is empty). It also returns the ARN's Region, which is empty where the text was no ARN.
//
// A cluster that is given twice must agree: "prod/api" with cluster "test" is an error, not a guess.
func ParseService(text, inCluster string) (key ServiceKey, region string, err error) {
	if IsARN(inCluster) {
		arn, err := ParseARN(inCluster)
		if err != nil {
			return ServiceKey{}, "", err
		}
		inCluster, region = strings.TrimPrefix(arn.Resource, "cluster/"), arn.Region
	}
	if IsARN(text) {
		arn, err := ParseARN(text)
		if err != nil {
			return ServiceKey{}, "", err
		}
		kind, rest, found := strings.Cut(arn.Resource, "/")
		if arn.Service != "ecs" || kind != "service" || !found {
			return ServiceKey{}, "", fmt.Errorf("%q is the ARN of something else than an ECS service", text)
		}
		text, region = rest, arn.Region
	}
	key = ServiceKey{Cluster: inCluster, Service: text}
	if before, after, found := strings.Cut(text, "/"); found {
		if inCluster != "" && inCluster != before {
			return ServiceKey{}, "", fmt.Errorf("%q names the cluster %q, but the cluster %q was asked for", text, before, inCluster)
		}
		key = ServiceKey{Cluster: before, Service: after}
	}
	if key.Cluster == "" {
		key.Cluster = DefaultCluster
	}
	if !ValidName(key.Cluster) {
		return ServiceKey{}, "", fmt.Errorf("%q is not a cluster name: up to 255 letters, digits, hyphens and underscores", key.Cluster)
	}
	if !ValidName(key.Service) {
		return ServiceKey{}, "", fmt.Errorf("%q is not a service name: up to 255 letters, digits, hyphens and underscores", key.Service)
	}
	return key, region, nil
}

// TaskID takes the id out of a task's ARN, in the long and the short format; anything else is taken to be an id already.
func TaskID(text string) string {
	if !IsARN(text) {
		return text
	}
	return text[strings.LastIndexByte(text, '/')+1:]
}

// Revision is the FAMILY:REVISION of a task definition's ARN; a text that is no ARN is taken to be one already.
func Revision(definition string) string {
	return definition[strings.LastIndexByte(definition, '/')+1:]
}
