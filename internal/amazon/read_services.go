package amazon

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"golang.org/x/sync/errgroup"

	"handover/internal/cluster"
)

// servicesPerCall is the most that DescribeServices takes.
const servicesPerCall = 10

// services reads the services of the scope, ten a call. A service that is missing, or whose cluster is, is left out; that is an answer and no gap.
func (r *reading) services(ctx context.Context, scope cluster.Scope) []*view {
	byCluster := map[string][]cluster.ServiceScope{}
	for _, s := range scope.Services {
		byCluster[s.Service.Cluster] = append(byCluster[s.Service.Cluster], s)
	}
	var calls errgroup.Group
	calls.SetLimit(parallel)
	var mu sync.Mutex
	var views []*view
	for _, wanted := range byCluster {
		for batch := range slices.Chunk(wanted, servicesPerCall) {
			calls.Go(func() error {
				found := r.describeServices(ctx, batch)
				mu.Lock()
				defer mu.Unlock()
				views = append(views, found...)
				return nil
			})
		}
	}
	_ = calls.Wait() // what fails becomes a gap
	slices.SortFunc(views, func(a, b *view) int { return a.Service.Key.Compare(b.Service.Key) })
	return views
}

// describeServices reads one batch. Permission is granted by service, and a batch with a single service that may not be read is denied as a whole,
// so it is then read one by one: the others must not go missing for it.
func (r *reading) describeServices(ctx context.Context, batch []cluster.ServiceScope) []*view {
	var names []string
	for _, s := range batch {
		names = append(names, s.Service.Service)
	}
	answer, err := r.p.account.ecs.DescribeServices(ctx, &ecs.DescribeServicesInput{Cluster: aws.String(batch[0].Service.Cluster), Services: names,
		Include: []types.ServiceField{types.ServiceFieldTags}})
	if err == nil {
		r.unreadable(batch, answer.Failures)
		return viewsOf(batch, answer.Services)
	}
	failed := &failure{"ecs:DescribeServices", err}
	if failed.gone() {
		return nil
	}
	if len(batch) > 1 && classify(err).Class == cluster.ClassDenied {
		var views []*view
		for _, s := range batch {
			views = append(views, r.describeServices(ctx, []cluster.ServiceScope{s})...)
		}
		return views
	}
	for _, s := range batch {
		r.gap(s.Service, cluster.PartService, failed)
	}
	return nil
}

// unreadable notes the services that the answer calls anything else than missing. AWS documents no other reason; taking one for an absence would be a guess.
func (r *reading) unreadable(batch []cluster.ServiceScope, failures []types.Failure) {
	for _, f := range failures {
		reason, arn := aws.ToString(f.Reason), aws.ToString(f.Arn)
		for _, s := range batch {
			if reason != "MISSING" && strings.HasSuffix("/"+arn, "/"+s.Service.Service) {
				r.gap(s.Service, cluster.PartService, &failure{"ecs:DescribeServices", cluster.Errorf(cluster.ClassUnavailable, reason, "%s", aws.ToString(f.Detail))})
			}
		}
	}
}

func viewsOf(batch []cluster.ServiceScope, found []types.Service) []*view {
	var views []*view
	for _, s := range batch {
		i := slices.IndexFunc(found, func(f types.Service) bool { return aws.ToString(f.ServiceName) == s.Service.Service })
		if i >= 0 {
			views = append(views, &view{scope: s, subnets: subnetsOf(found[i]), onDemand: onDemand(found[i]), ServiceView: cluster.ServiceView{Service: serviceOf(s.Service, found[i])}})
		}
	}
	return views
}

// Services lists the services of a cluster, by name; those that are being deleted are not among them. Source: API Reference, ListServices.
func (p *Provider) Services(ctx context.Context, clusterName string) ([]cluster.ServiceKey, error) {
	var keys []cluster.ServiceKey
	pages := ecs.NewListServicesPaginator(p.account.ecs, &ecs.ListServicesInput{Cluster: aws.String(clusterName), MaxResults: aws.Int32(100)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("listing the services of cluster %s, which takes ecs:ListServices: %w", clusterName, classify(err))
		}
		for _, arn := range page.ServiceArns {
			key, _, err := cluster.ParseService(arn, clusterName)
			if err != nil {
				return nil, fmt.Errorf("listing the services of cluster %s: %w", clusterName, err)
			}
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, cluster.ServiceKey.Compare)
	return keys, nil
}
