package amazon

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
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

// last gives the names at the end of ARNs.
func last(arns []string) []string {
	names := make([]string, len(arns))
	for i, arn := range arns {
		names[i] = arn[strings.LastIndexByte(arn, '/')+1:]
	}
	return names
}
