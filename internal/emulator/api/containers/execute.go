package containers

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
	"handover/internal/emulator/wire"
)

// executeCommand gives a session that nobody answers: its stream's address and its token say of themselves that they are simulated.
func (h *handlers) executeCommand(ctx context.Context, in *ecs.ExecuteCommandInput) (*ecs.ExecuteCommandOutput, error) {
	switch {
	case api.Value(in.Task) == "":
		return nil, invalid("Task cannot be empty.")
	case api.Value(in.Command) == "":
		return nil, invalid("Command cannot be empty.")
	case !in.Interactive:
		return nil, invalid("Interactive is the only mode supported currently.") // words of public reports
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*ecs.ExecuteCommandOutput, error) {
		found, err := existingCluster(v, in.Cluster)
		if err != nil {
			return nil, err
		}
		id, ok := taskID(found.Name, *in.Task)
		if !ok || !taskForm.MatchString(id) {
			return nil, invalid("Task Identifier is invalid")
		}
		task, there := v.World.Task(found.Name, id)
		if !there {
			return nil, invalid("The referenced task was not found.")
		}
		rendered, err := h.drawing(v, found).task(&task, false)
		if err != nil {
			return nil, err
		}
		c, err := commanded(rendered, task, in.Container)
		if err != nil {
			return nil, err
		}
		session := "ecs-execute-command-" + api.Digest(wire.CallFrom(ctx).RequestID, id)[:17]
		return &ecs.ExecuteCommandOutput{
			ClusterArn: &found.ARN, TaskArn: rendered.TaskArn, ContainerArn: c.ContainerArn, ContainerName: c.Name, Interactive: true,
			Session: &types.Session{
				SessionId: &session, StreamUrl: api.Some("wss://simulated.invalid/v1/data-channel/" + session + "?role=publish_subscribe"),
				TokenValue: api.Some("simulated-token-which-is-not-real"),
			},
		}, nil
	})
}

// commanded finds the container in which a command is to be run. Source: API Reference, ExecuteCommand; the words about the agent are those of public reports,
// the others are ours.
func commanded(t types.Task, task cluster.Task, name *string) (types.Container, error) {
	if task.Last != cluster.Running || !task.MeantToRun() {
		return types.Container{}, invalid("The execute command failed because the task is not running. Specify a task that is running and try again.")
	}
	if !t.EnableExecuteCommand {
		return types.Container{}, invalid("The execute command failed because execute command was not enabled when the task was run or the execute command agent isn’t running. " +
			"Wait and try again or run a new task with execute command enabled and try again.")
	}
	if name == nil && len(t.Containers) != 1 {
		return types.Container{}, invalid("A container name must be specified for a task that has more than one container.")
	}
	at := slices.IndexFunc(t.Containers, func(c types.Container) bool { return name == nil || *c.Name == *name })
	if at < 0 {
		return types.Container{}, invalid("The container %s was not found in the task.", *name)
	}
	return t.Containers[at], nil
}
