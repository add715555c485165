package containers

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
	"handover/internal/emulator/wire"
)

// mostProtected is how many tasks one call protects. Source: API Reference, UpdateTaskProtection.tasks.
const mostProtected = 10

func (h *handlers) updateTaskProtection(ctx context.Context, in *ecs.UpdateTaskProtectionInput) (*ecs.UpdateTaskProtectionOutput, error) {
	switch {
	case len(in.Tasks) == 0:
		return nil, invalid("Tasks cannot be empty.")
	case len(in.Tasks) > mostProtected:
		return nil, most("tasks", mostProtected)
	case in.ExpiresInMinutes != nil && (*in.ExpiresInMinutes < 1 || *in.ExpiresInMinutes > 2880):
		return nil, invalid("expiresInMinutes must be between 1 and 2880.")
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*ecs.UpdateTaskProtectionOutput, error) {
		found, err := existingCluster(v, in.Cluster)
		if err != nil {
			return nil, err
		}
		out := &ecs.UpdateTaskProtectionOutput{ProtectedTasks: []types.ProtectedTask{}, Failures: []types.Failure{}}
		for _, text := range in.Tasks {
			if task, ok := v.World.Task(found.Name, cluster.TaskID(text)); ok && task.Service() == "" { // Source: API Reference, UpdateTaskProtection, note
				out.Failures = append(out.Failures, types.Failure{Arn: api.Some(text), Reason: api.Some("TASK_NOT_VALID")})
				continue
			}
			action := cluster.ProtectTask{Cluster: found.Name, Task: text, Protect: in.ProtectionEnabled, For: time.Duration(api.Value(in.ExpiresInMinutes)) * time.Minute}
			if _, err := v.Act(action); err != nil {
				var refused *wire.Error
				if !errors.As(err, &refused) {
					return nil, err
				}
				out.Failures = append(out.Failures, types.Failure{Arn: api.Some(text), Reason: &refused.Code})
				continue
			}
			if task, ok := v.World.Task(found.Name, cluster.TaskID(text)); ok {
				out.ProtectedTasks = append(out.ProtectedTasks, protection(v, task))
			}
		}
		return out, nil
	})
}

func (h *handlers) getTaskProtection(ctx context.Context, in *ecs.GetTaskProtectionInput) (*ecs.GetTaskProtectionOutput, error) {
	if len(in.Tasks) > 100 { // Source: API Reference, GetTaskProtection.tasks
		return nil, most("tasks", 100)
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*ecs.GetTaskProtectionOutput, error) {
		found, err := existingCluster(v, in.Cluster)
		if err != nil {
			return nil, err
		}
		out := &ecs.GetTaskProtectionOutput{ProtectedTasks: []types.ProtectedTask{}, Failures: []types.Failure{}}
		for _, text := range in.Tasks {
			task, ok := v.World.Task(found.Name, cluster.TaskID(text))
			if !ok {
				out.Failures = append(out.Failures, missing(text))
				continue
			}
			out.ProtectedTasks = append(out.ProtectedTasks, protection(v, task))
		}
		return out, nil
	})
}

// protection shows a task's protection, which has ended when its time is over.
func protection(v api.View, t cluster.Task) types.ProtectedTask {
	out := types.ProtectedTask{TaskArn: api.Some(t.ARN), ProtectionEnabled: t.ProtectedUntil.After(v.Now)}
	if out.ProtectionEnabled {
		out.ExpirationDate = stamp(t.ProtectedUntil)
	}
	return out
}
