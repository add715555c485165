package containers

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
	"handover/internal/world"
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
		of, wanted, err := taskFilter(v, found.Name, in)
		if err != nil {
			return nil, err
		}
		return taskPage(v, of, wanted, in.NextToken, size)
	})
}

// taskPage gives a page of the tasks that are wanted; a token names the last one that was given out.
func taskPage(v api.View, of cluster.ServiceKey, wanted func(*cluster.Task) bool, token *string, size int) (*ecs.ListTasksOutput, error) {
	mark, err := taskMark(token)
	if err != nil {
		return nil, err
	}
	out := &ecs.ListTasksOutput{TaskArns: make([]string, 0, size)}
	for at, t := range v.World.TasksAfter(mark, of) {
		if !wanted(t) {
			continue
		}
		if len(out.TaskArns) == size {
			out.NextToken = api.Some(api.Token(fmt.Sprint(mark.Service, mark.CreatedAt.UnixNano(), " ", mark.ID)))
			break
		}
		mark = at
		out.TaskArns = append(out.TaskArns, t.ARN)
	}
	return out, nil
}

// taskMark reads a token of taskPage.
func taskMark(token *string) (mark world.TaskMark, err error) {
	if api.Value(token) == "" {
		return mark, nil
	}
	after, err := api.ReadToken(*token)
	var created int64
	if err == nil {
		_, err = fmt.Sscan(after, &mark.Service, &created, &mark.ID)
	}
	if err != nil {
		return mark, invalidToken()
	}
	mark.CreatedAt = time.Unix(0, created)
	return mark, nil
}

// taskFilter says of which service, if of one alone, and which tasks ListTasks gives. Without a desired status those that are meant to run: tasks that are stopping are hidden.
// Source: API Reference, ListTasks.desiredStatus.
func taskFilter(v api.View, inCluster string, in *ecs.ListTasksInput) (of cluster.ServiceKey, wanted func(*cluster.Task) bool, err error) {
	desired := cluster.Running
	if in.DesiredStatus != "" {
		desired = cluster.TaskStatusOf(string(in.DesiredStatus))
	}
	of.Cluster = inCluster
	if in.ServiceName != nil {
		if of, err = serviceKey(v, inCluster, *in.ServiceName); err != nil {
			return of, nil, err
		}
		if !v.World.HasService(of) {
			return of, nil, serviceNotFound()
		}
	}
	return of, func(t *cluster.Task) bool {
		return t.Desired == desired &&
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
			rendered, err := drawing.task(&task, withTags)
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
		rendered, err := h.drawing(v, found).task(&task, true)
		return &ecs.StopTaskOutput{Task: &rendered}, err
	})
}
