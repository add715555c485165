package containers

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
)

func (h *handlers) listTasks(ctx context.Context, in *ecs.ListTasksInput) (*ecs.ListTasksOutput, error) {
	size, err := pageSize(in.MaxResults, 100)
	if err != nil {
		return nil, err
	}
	if in.StartedBy != nil && (in.Family != nil || in.ServiceName != nil || in.ContainerInstance != nil || in.LaunchType != "") {
		// Source: API Reference, ListTasks.startedBy; the words are ours.
		return nil, invalid("startedBy must be the only filter that is used.")
	}
	if in.DesiredStatus != "" && !slices.Contains(in.DesiredStatus.Values(), in.DesiredStatus) {
		return nil, invalid("desiredStatus must be one of RUNNING, PENDING, STOPPED.")
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*ecs.ListTasksOutput, error) {
		found, err := existingCluster(v, in.Cluster)
		if err != nil {
			return nil, err
		}
		wanted, err := taskFilter(v, found.Name, in)
		if err != nil {
			return nil, err
		}
		var all []listed
		v.World.EachTask(found.Name, func(t *cluster.Task) {
			if wanted(t) {
				all = append(all, listed{created: t.CreatedAt.UnixNano(), id: t.ID, arn: t.ARN})
			}
		})
		if in.NextToken == nil {
			all = oldest(all, size+1) // one more, to know whether there is another page
		} else {
			slices.SortFunc(all, listed.compare)
		}
		cut, next, err := page(all, listed.age, in.NextToken, size)
		out := &ecs.ListTasksOutput{TaskArns: make([]string, 0, len(cut)), NextToken: next}
		for _, t := range cut {
			out.TaskArns = append(out.TaskArns, t.arn)
		}
		return out, err
	})
}

// listed is what ListTasks needs of a task. A list may go over many thousands, of which it then gives a hundred: copying them whole took 9 ms for 500 tasks.
type listed struct {
	created int64
	id, arn string
}

func (l listed) compare(other listed) int {
	if l.created != other.created {
		return cmp.Compare(l.created, other.created)
	}
	return strings.Compare(l.id, other.id)
}

// oldest gives the n oldest tasks, oldest first. What is put in order are numbers: texts would be moved about with the garbage collector looking on.
func oldest(all []listed, n int) []listed {
	order := make([]int32, len(all))
	for i := range order {
		order[i] = int32(i)
	}
	order = api.Least(order, n, func(a, b int32) int { return all[a].compare(all[b]) })
	first := make([]listed, 0, len(order))
	for _, i := range order {
		first = append(first, all[i])
	}
	return first
}

// age orders tasks, oldest first, in a way that no later change of a task upsets.
func (l listed) age() string { return fmt.Sprintf("%020d %s", l.created, l.id) }

// taskFilter says which tasks ListTasks gives. Without a desired status those that are meant to run: tasks that are stopping are hidden.
// Source: API Reference, ListTasks.desiredStatus.
func taskFilter(v api.View, inCluster string, in *ecs.ListTasksInput) (func(*cluster.Task) bool, error) {
	desired := cluster.Running
	if in.DesiredStatus != "" {
		desired = cluster.TaskStatus(in.DesiredStatus)
	}
	group := ""
	if in.ServiceName != nil {
		key, err := serviceKey(v, inCluster, *in.ServiceName)
		if err != nil {
			return nil, err
		}
		if _, ok := v.World.Service(key); !ok {
			return nil, serviceNotFound()
		}
		group = "service:" + key.Service
	}
	return func(t *cluster.Task) bool {
		return t.Desired == desired &&
			(group == "" || t.Group == group) &&
			(in.Family == nil || familyOf(t.Definition) == *in.Family) &&
			(in.StartedBy == nil || t.StartedBy == *in.StartedBy) &&
			(in.LaunchType == "" || string(t.Launch) == string(in.LaunchType)) &&
			(in.ContainerInstance == nil || t.Instance != "" && cluster.TaskID(t.Instance) == cluster.TaskID(*in.ContainerInstance))
	}, nil
}

// familyOf takes the family out of a task definition's ARN.
func familyOf(definition string) string {
	revision := definition[strings.LastIndexByte(definition, '/')+1:]
	family, _, _ := strings.Cut(revision, ":")
	return family
}

func (h *handlers) describeTasks(ctx context.Context, in *ecs.DescribeTasksInput) (*ecs.DescribeTasksOutput, error) {
	switch {
	case len(in.Tasks) == 0:
		return nil, invalid("Tasks cannot be empty.") // Source: behaviour §10
	case len(in.Tasks) > 100: // Source: API Reference, DescribeTasks.tasks
		return nil, most("tasks", 100)
	}
	withTags := slices.Contains(in.Include, types.TaskFieldTags)
	return api.Ask(ctx, h.worlds, func(v api.View) (*ecs.DescribeTasksOutput, error) {
		found, err := existingCluster(v, in.Cluster)
		if err != nil {
			return nil, err
		}
		drawing := h.drawing(v, found)
		out := &ecs.DescribeTasksOutput{Tasks: make([]types.Task, 0, len(in.Tasks)), Failures: []types.Failure{}}
		for _, text := range in.Tasks {
			id, ok := taskID(found.Name, text)
			if n := len(id); ok && n != 32 && n != 36 {
				return nil, invalid("taskId length should be one of [32,36]") // words of public reports
			}
			task, there := v.World.Task(found.Name, id)
			if !ok || !there {
				arn := text
				if !cluster.IsARN(text) {
					arn = v.ARN("ecs", "task/"+found.Name+"/"+id)
				}
				out.Failures = append(out.Failures, missing(arn))
				continue
			}
			rendered, err := drawing.task(task, withTags)
			if err != nil {
				return nil, err
			}
			out.Tasks = append(out.Tasks, rendered)
		}
		return out, nil
	})
}

func (h *handlers) stopTask(ctx context.Context, in *ecs.StopTaskInput) (*ecs.StopTaskOutput, error) {
	if api.Value(in.Task) == "" {
		return nil, invalid("Task cannot be empty.")
	}
	if len(api.Value(in.Reason)) > 1024 {
		return nil, invalid("reason can have at most 1024 characters.")
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*ecs.StopTaskOutput, error) {
		found, err := existingCluster(v, in.Cluster)
		if err != nil {
			return nil, err
		}
		id, ok := taskID(found.Name, *in.Task)
		if !ok || !taskForm.MatchString(id) {
			return nil, invalid("Task Identifier is invalid") // Source: behaviour §10
		}
		ids, err := v.Act(cluster.StopTask{Cluster: found.Name, Task: id, Reason: api.Value(in.Reason)})
		if err != nil {
			return nil, err
		}
		task, ok := v.World.Task(found.Name, ids[0])
		if !ok {
			return nil, fmt.Errorf("the world stopped task %s and does not show it", ids[0])
		}
		rendered, err := h.drawing(v, found).task(task, true)
		return &ecs.StopTaskOutput{Task: &rendered}, err
	})
}
