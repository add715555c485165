package amazon

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"handover/internal/cluster"
)

// page is how many names one call lists at most. Source: API Reference, ListClusters and ListServices, maxResults.
const page = 100

// Clusters lists the names of the Region's clusters, those of one call: at most a hundred. More says that there are others. It takes ecs:ListClusters.
func (a *Account) Clusters(ctx context.Context) (names []string, more bool, err error) {
	answer, err := a.ecs.ListClusters(ctx, &ecs.ListClustersInput{MaxResults: aws.Int32(page)})
	if err != nil {
		return nil, false, fmt.Errorf("listing the clusters: %w", classify(err))
	}
	return last(answer.ClusterArns), answer.NextToken != nil, nil
}

// Services lists the names of a cluster's services, those of one call: at most a hundred. More says that there are others. It takes ecs:ListServices.
func (a *Account) Services(ctx context.Context, inCluster string) (names []string, more bool, err error) {
	answer, err := a.ecs.ListServices(ctx, &ecs.ListServicesInput{Cluster: &inCluster, MaxResults: aws.Int32(page)})
	if err != nil {
		return nil, false, fmt.Errorf("listing the services of %s: %w", inCluster, classify(err))
	}
	return last(answer.ServiceArns), answer.NextToken != nil, nil
}

// Instances gives a cluster's container instances without their tasks, those of one page: at most a hundred. More says that there are others. It takes
// ecs:ListContainerInstances and ecs:DescribeContainerInstances.
func (a *Account) Instances(ctx context.Context, inCluster string) (instances []cluster.Instance, more bool, err error) {
	listed, err := a.ecs.ListContainerInstances(ctx, &ecs.ListContainerInstancesInput{Cluster: &inCluster, MaxResults: aws.Int32(page)})
	if err != nil {
		return nil, false, fmt.Errorf("listing the container instances of %s: %w", inCluster, classify(err))
	}
	if len(listed.ContainerInstanceArns) == 0 {
		return nil, false, nil
	}
	answer, err := a.ecs.DescribeContainerInstances(ctx, &ecs.DescribeContainerInstancesInput{Cluster: &inCluster, ContainerInstances: listed.ContainerInstanceArns})
	if err != nil {
		return nil, false, fmt.Errorf("reading the container instances of %s: %w", inCluster, classify(err))
	}
	for _, i := range answer.ContainerInstances {
		instances = append(instances, instanceOf(inCluster, i))
	}
	slices.SortFunc(instances, func(a, b cluster.Instance) int { return cmp.Compare(a.EC2ID, b.EC2ID) })
	return instances, listed.NextToken != nil, nil
}

// Tasks lists the ids of a service's tasks that are meant to run, those of one call: at most a hundred. It takes ecs:ListTasks.
func (a *Account) Tasks(ctx context.Context, service cluster.ServiceKey) (ids []string, more bool, err error) {
	answer, err := a.ecs.ListTasks(ctx, &ecs.ListTasksInput{Cluster: &service.Cluster, ServiceName: &service.Service, MaxResults: aws.Int32(page)})
	if err != nil {
		return nil, false, fmt.Errorf("listing the tasks of %s: %w", service, classify(err))
	}
	return last(answer.TaskArns), answer.NextToken != nil, nil
}

// Families lists the families of task definitions that begin with a text and have an ACTIVE revision, those of one call: at most a hundred. It takes
// ecs:ListTaskDefinitionFamilies.
func (a *Account) Families(ctx context.Context, prefix string) (names []string, more bool, err error) {
	answer, err := a.ecs.ListTaskDefinitionFamilies(ctx, &ecs.ListTaskDefinitionFamiliesInput{FamilyPrefix: &prefix, Status: types.TaskDefinitionFamilyStatusActive, MaxResults: aws.Int32(page)})
	if err != nil {
		return nil, false, fmt.Errorf("listing the families that begin with %q: %w", prefix, classify(err))
	}
	return answer.Families, answer.NextToken != nil, nil
}

// Revisions lists the ACTIVE revisions of a family as FAMILY:REVISION, the latest first, those of one call: at most a hundred. It takes ecs:ListTaskDefinitions.
func (a *Account) Revisions(ctx context.Context, family string) (names []string, more bool, err error) {
	answer, err := a.ecs.ListTaskDefinitions(ctx, &ecs.ListTaskDefinitionsInput{FamilyPrefix: &family, Sort: types.SortOrderDesc, MaxResults: aws.Int32(page)})
	if err != nil {
		return nil, false, fmt.Errorf("listing the revisions of %s: %w", family, classify(err))
	}
	return last(answer.TaskDefinitionArns), answer.NextToken != nil, nil
}

// last gives the names at the end of ARNs.
func last(arns []string) []string {
	names := make([]string, len(arns))
	for i, arn := range arns {
		names[i] = arn[strings.LastIndexByte(arn, '/')+1:]
	}
	return names
}
