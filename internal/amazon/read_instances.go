package amazon

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"golang.org/x/sync/errgroup"

	"handover/internal/cluster"
)

// instances reads the container instances that a scope asks for, and the tasks on them.
func (r *reading) instances(ctx context.Context, scope cluster.InstanceScope) {
	read := r.instancesIn
	if scope.Cluster == "" {
		read = r.hosts
	}
	views := read(ctx, scope)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.snapshot.Instances = append(r.snapshot.Instances, views...)
}

// instancesIn reads those of one cluster. Tasks that could not be read are a gap of their own: the instances are shown without.
func (r *reading) instancesIn(ctx context.Context, scope cluster.InstanceScope) []cluster.InstanceView {
	key := cluster.ServiceKey{Cluster: scope.Cluster}
	found, failed := r.p.containerInstances(ctx, scope)
	if failed != nil {
		r.gap(key, cluster.PartInstances, failed)
		return nil
	}
	views := make([]cluster.InstanceView, len(found))
	for n, i := range found {
		views[n].Instance = i
	}
	if scope.Tasks == cluster.NoTasks || len(found) == 0 {
		return views
	}
	if failed := r.p.tasksOn(ctx, scope, views); failed != nil {
		r.gap(key, cluster.PartTasks, failed)
		for n := range views {
			views[n].Tasks = nil
		}
	}
	return views
}

// containerInstances gives those that exist, a hundred a call. A cluster that is not there has none, which is an answer and no gap.
func (p *Provider) containerInstances(ctx context.Context, scope cluster.InstanceScope) ([]cluster.Instance, *failure) {
	names := scope.Instances
	if len(scope.Hosts) > 0 || len(names) == 0 {
		listed, failed := p.listInstances(ctx, scope.Cluster, scope.Hosts)
		if failed != nil && failed.gone() {
			return nil, nil
		}
		if failed != nil {
			return nil, failed
		}
		names = slices.Concat(names, listed)
	}
	var all []cluster.Instance
	for batch := range slices.Chunk(names, tasksPerCall) {
		answer, err := p.account.ecs.DescribeContainerInstances(ctx, &ecs.DescribeContainerInstancesInput{Cluster: aws.String(scope.Cluster), ContainerInstances: batch,
			Include: []types.ContainerInstanceField{types.ContainerInstanceFieldTags}})
		if err != nil {
			failed := &failure{"ecs:DescribeContainerInstances", err}
			if failed.gone() {
				return nil, nil
			}
			return nil, failed
		}
		for _, i := range answer.ContainerInstances {
			instance := instanceOf(scope.Cluster, i)
			p.instances.put(instance.ARN, instance.EC2ID)
			if instance.Status != cluster.InstanceInactive {
				all = append(all, instance)
			}
		}
	}
	return all, nil
}

// listInstances gives the ARNs of a cluster's container instances: of those that are on the EC2 instances named, or of all where none is.
func (p *Provider) listInstances(ctx context.Context, inCluster string, hosts []string) ([]string, *failure) {
	var arns []string
	in := ecs.ListContainerInstancesInput{Cluster: aws.String(inCluster), MaxResults: aws.Int32(tasksPerCall)}
	if len(hosts) > 0 {
		in.Filter = aws.String("ec2InstanceId in [" + strings.Join(hosts, ", ") + "]")
	}
	pages := ecs.NewListContainerInstancesPaginator(p.account.ecs, &in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, &failure{"ecs:ListContainerInstances", err}
		}
		arns = append(arns, page.ContainerInstanceArns...)
	}
	return arns, nil
}

// hosts reads EC2 instances in whichever cluster they are container instances: in those where they were found last, and, where one is not there, by a filter in
// every cluster of the account.
func (r *reading) hosts(ctx context.Context, scope cluster.InstanceScope) []cluster.InstanceView {
	if known := r.p.clustersOf(scope.Hosts); len(known) > 0 {
		if views := r.hostsIn(ctx, known, scope); len(views) == len(scope.Hosts) {
			return views
		}
	}
	all, failed := r.p.listClusters(ctx)
	if failed != nil {
		r.gap(cluster.ServiceKey{}, cluster.PartInstances, failed)
		return nil
	}
	views := r.hostsIn(ctx, all, scope)
	for _, v := range views {
		r.p.clusters.put(v.Instance.EC2ID, v.Instance.Cluster)
	}
	return views
}

func (r *reading) hostsIn(ctx context.Context, names []string, scope cluster.InstanceScope) []cluster.InstanceView {
	found := make([][]cluster.InstanceView, len(names))
	calls, ctx := errgroup.WithContext(ctx)
	calls.SetLimit(parallel)
	for i, name := range names {
		calls.Go(func() error {
			found[i] = r.instancesIn(ctx, cluster.InstanceScope{Cluster: name, Hosts: scope.Hosts, Tasks: scope.Tasks})
			return nil
		})
	}
	_ = calls.Wait() // what fails becomes a gap
	return slices.Concat(found...)
}

// clustersOf gives the clusters in which EC2 instances were found before, in order, each once; none where one of the instances was never found.
func (p *Provider) clustersOf(hosts []string) []string {
	var clusters []string
	for _, h := range hosts {
		name, ok := p.clusters.get(h)
		if !ok {
			return nil
		}
		clusters = append(clusters, name)
	}
	slices.Sort(clusters)
	return slices.Compact(clusters)
}

// AllClusters lists the names of the Region's clusters, over all pages.
func (p *Provider) AllClusters(ctx context.Context) ([]string, error) {
	names, failed := p.listClusters(ctx)
	if failed != nil {
		return nil, fmt.Errorf("listing the clusters, which takes %s: %w", failed.permission, classify(failed.err))
	}
	return names, nil
}

func (p *Provider) listClusters(ctx context.Context) ([]string, *failure) {
	var names []string
	pages := ecs.NewListClustersPaginator(p.account.ecs, &ecs.ListClustersInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, &failure{"ecs:ListClusters", err}
		}
		for _, arn := range page.ClusterArns {
			names = append(names, cluster.TaskID(arn))
		}
	}
	return names, nil
}

// fewInstances is up to how many instances are asked one by one for their tasks, with two calls each: for those that run, and for those that are stopping. To
// list all tasks of a cluster costs three calls for each hundred, whosever they are: of 20 instances that is 40 calls, and 150 in a cluster of 5,000 tasks.
const fewInstances = 25

// tasksOn reads the tasks on instances into their views.
func (p *Provider) tasksOn(ctx context.Context, scope cluster.InstanceScope, views []cluster.InstanceView) *failure {
	lists := []ecs.ListTasksInput{{}}
	if len(views) <= fewInstances {
		lists = lists[:0]
		for _, v := range views {
			lists = append(lists, ecs.ListTasksInput{ContainerInstance: aws.String(v.Instance.ARN)})
		}
	}
	var arns []string
	for _, list := range lists {
		list.Cluster = aws.String(scope.Cluster)
		found, failed := p.listTasks(ctx, list, scope.Tasks)
		if failed != nil {
			return failed
		}
		arns = append(arns, found...)
	}
	tasks, failed := p.describeTasks(ctx, scope.Cluster, arns)
	if failed != nil {
		return failed
	}
	slices.SortFunc(tasks, byAge)
	for n := range views {
		for _, t := range p.addressed(tasks) {
			if t.Instance == views[n].Instance.ARN && (scope.Tasks == cluster.AllTasks || t.MeantToRun()) {
				views[n].Tasks = append(views[n].Tasks, t)
			}
		}
	}
	return nil
}

// instanceOf puts a container instance into our words.
func instanceOf(inCluster string, i types.ContainerInstance) cluster.Instance {
	instance := cluster.Instance{
		ID: cluster.TaskID(aws.ToString(i.ContainerInstanceArn)), ARN: aws.ToString(i.ContainerInstanceArn), Cluster: inCluster, EC2ID: aws.ToString(i.Ec2InstanceId),
		Status: cluster.InstanceStatus(aws.ToString(i.Status)), StatusReason: aws.ToString(i.StatusReason), Connected: i.AgentConnected,
		Registered: resourcesOf(i.RegisteredResources), Remaining: resourcesOf(i.RemainingResources), Running: int(i.RunningTasksCount), Pending: int(i.PendingTasksCount),
		Provider: aws.ToString(i.CapacityProviderName), Version: int(i.Version), RegisteredAt: utc(i.RegisteredAt),
	}
	if i.VersionInfo != nil {
		instance.Agent = aws.ToString(i.VersionInfo.AgentVersion)
	}
	for _, a := range i.Attributes {
		instance.Attributes = append(instance.Attributes, cluster.Attribute{Name: aws.ToString(a.Name), Value: aws.ToString(a.Value)})
	}
	slices.SortFunc(instance.Attributes, func(a, b cluster.Attribute) int { return cmp.Compare(a.Name, b.Name) })
	instance.Zone, _ = instance.Attribute("ecs.availability-zone")
	for _, t := range i.Tags {
		instance.Tags = append(instance.Tags, cluster.Tag{Key: aws.ToString(t.Key), Value: aws.ToString(t.Value)})
	}
	slices.SortFunc(instance.Tags, func(a, b cluster.Tag) int { return cmp.Compare(a.Key, b.Key) })
	return instance
}

// resourcesOf reads CPU, MEMORY, GPU, PORTS and PORTS_UDP. Source: API Reference, Resource.
func resourcesOf(list []types.Resource) cluster.Resources {
	var r cluster.Resources
	for _, one := range list {
		switch aws.ToString(one.Name) {
		case "CPU":
			r.CPU = int(one.IntegerValue)
		case "MEMORY":
			r.Memory = int(one.IntegerValue)
		case "GPU":
			r.GPUs = slices.Sorted(slices.Values(one.StringSetValue))
		case "PORTS":
			r.TCP = portsOf(one.StringSetValue)
		case "PORTS_UDP":
			r.UDP = portsOf(one.StringSetValue)
		}
	}
	return r
}

func portsOf(texts []string) []int {
	var ports []int
	for _, text := range texts {
		if port, err := strconv.Atoi(text); err == nil {
			ports = append(ports, port)
		}
	}
	slices.Sort(ports)
	return ports
}
