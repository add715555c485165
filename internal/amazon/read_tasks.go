package amazon

import (
	"context"
	"slices"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"golang.org/x/sync/errgroup"

	"handover/internal/cluster"
)

// tasksPerCall is the most that ListTasks gives and that DescribeTasks, DescribeContainerInstances and GetTaskProtection take.
const tasksPerCall = 100

// tasks reads the tasks of a service, oldest first; nothing where a gap was noted.
func (r *reading) tasks(ctx context.Context, v *view) []cluster.Task {
	key := v.Service.Key
	tasks, failed := r.p.tasks(ctx, key, v.scope.Tasks)
	if failed != nil {
		r.gap(key, cluster.PartTasks, failed)
		return nil
	}
	if failed := r.p.learnInstances(ctx, key.Cluster, tasks); failed != nil && v.scope.Targets && len(v.Service.Attachments) > 0 {
		r.gap(key, cluster.PartTargets, failed) // without their addresses, tasks cannot be found among the targets
	}
	tasks = r.p.addressed(tasks)
	if v.scope.Protection {
		if failed := r.p.protection(ctx, key.Cluster, tasks); failed != nil {
			r.gap(key, cluster.PartProtection, failed)
		}
	}
	slices.SortFunc(tasks, byAge)
	return tasks
}

// protection notes until when the tasks that are meant to run are protected; of others there is no telling, and no need. A task that ended meanwhile is
// among the answer's failures.
func (p *Provider) protection(ctx context.Context, clusterName string, tasks []cluster.Task) *failure {
	var running []string
	at := map[string]int{}
	for i, t := range tasks {
		if t.MeantToRun() {
			running, at[t.ID] = append(running, t.ARN), i
		}
	}
	for batch := range slices.Chunk(running, tasksPerCall) {
		answer, err := p.account.ecs.GetTaskProtection(ctx, &ecs.GetTaskProtectionInput{Cluster: aws.String(clusterName), Tasks: batch})
		if err != nil {
			return &failure{"ecs:GetTaskProtection", err}
		}
		for _, t := range answer.ProtectedTasks {
			if i, known := at[cluster.TaskID(aws.ToString(t.TaskArn))]; known && t.ProtectionEnabled {
				tasks[i].ProtectedUntil = utc(t.ExpirationDate)
			}
		}
	}
	return nil
}

func (p *Provider) tasks(ctx context.Context, key cluster.ServiceKey, which cluster.Tasks) ([]cluster.Task, *failure) {
	arns, failed := p.listTasks(ctx, ecs.ListTasksInput{Cluster: aws.String(key.Cluster), ServiceName: aws.String(key.Service)}, which)
	if failed != nil && failed.gone() {
		return nil, nil
	}
	if failed != nil {
		return nil, failed
	}
	described, failed := p.describeTasks(ctx, key.Cluster, arns)
	if failed != nil {
		return nil, failed
	}
	// A task may have been stopped since it was listed.
	return slices.DeleteFunc(described, func(t cluster.Task) bool { return which == cluster.RunningTasks && !t.MeantToRun() }), nil
}

// batchesAtOnce is how many batches of one service's tasks are described at once: 5,000 tasks, ECS's quota for a service, are 50 batches.
const batchesAtOnce = 4

// describeTasks leaves out the tasks that were forgotten since they were listed, which ECS names among the answer's failures.
func (p *Provider) describeTasks(ctx context.Context, clusterName string, arns []string) ([]cluster.Task, *failure) {
	calls, ctx := errgroup.WithContext(ctx)
	calls.SetLimit(batchesAtOnce)
	var mu sync.Mutex
	var tasks []cluster.Task
	for batch := range slices.Chunk(arns, tasksPerCall) {
		calls.Go(func() error {
			answer, err := p.account.ecs.DescribeTasks(ctx, &ecs.DescribeTasksInput{Cluster: aws.String(clusterName), Tasks: batch})
			if err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			for _, t := range answer.Tasks {
				tasks = append(tasks, taskOf(t))
			}
			return nil
		})
	}
	if err := calls.Wait(); err != nil {
		return nil, &failure{"ecs:DescribeTasks", err}
	}
	return tasks, nil
}

// listTasks gives each task once. Those that are meant to run are listed before those that are not: a task that is stopped between the two calls
// is then in both lists, where in the other order it would be in neither.
func (p *Provider) listTasks(ctx context.Context, of ecs.ListTasksInput, which cluster.Tasks) ([]string, *failure) {
	statuses := []types.DesiredStatus{types.DesiredStatusRunning}
	if which == cluster.AllTasks {
		statuses = append(statuses, types.DesiredStatusStopped)
	}
	var arns []string
	for _, status := range statuses {
		of.DesiredStatus, of.MaxResults = status, aws.Int32(tasksPerCall)
		pages := ecs.NewListTasksPaginator(p.account.ecs, &of)
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return nil, &failure{"ecs:ListTasks", err}
			}
			arns = append(arns, page.TaskArns...)
		}
	}
	slices.Sort(arns)
	return slices.Compact(arns), nil
}

// learnInstances finds out which EC2 instances the tasks run on that share their instance's network: their target is the instance.
func (p *Provider) learnInstances(ctx context.Context, clusterName string, tasks []cluster.Task) *failure {
	var unknown []string
	for _, t := range tasks {
		if _, known := p.instances.get(t.Instance); sharesNetwork(t) && !known {
			unknown = append(unknown, t.Instance)
		}
	}
	slices.Sort(unknown)
	for batch := range slices.Chunk(slices.Compact(unknown), tasksPerCall) {
		answer, err := p.account.ecs.DescribeContainerInstances(ctx, &ecs.DescribeContainerInstancesInput{Cluster: aws.String(clusterName), ContainerInstances: batch})
		if err != nil {
			return &failure{"ecs:DescribeContainerInstances", err}
		}
		for _, i := range answer.ContainerInstances {
			p.instances.put(aws.ToString(i.ContainerInstanceArn), aws.ToString(i.Ec2InstanceId))
		}
	}
	return nil
}

// sharesNetwork tells whether a task answers at the address of its instance. One that is PROVISIONING waits for an interface of its own, which has no address yet.
func sharesNetwork(t cluster.Task) bool {
	return t.Address == "" && t.Instance != "" && t.Last != cluster.Provisioning
}

// addressed gives the tasks with the addresses of their instances. An instance that has been deregistered is no longer described, and its
// tasks stay without an address.
func (p *Provider) addressed(tasks []cluster.Task) []cluster.Task {
	tasks = slices.Clone(tasks)
	for i, t := range tasks {
		if sharesNetwork(t) {
			tasks[i].Address, _ = p.instances.get(t.Instance)
		}
	}
	return tasks
}
