package containers

import (
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
)

// instanceAt renders a container instance that is there.
func instanceAt(v api.View, inCluster, name string, withTags bool) (*types.ContainerInstance, error) {
	i, ok := v.World.Instance(inCluster, cluster.TaskID(name))
	if !ok {
		return nil, client("The referenced container instance was not found.")
	}
	out := renderInstance(i, withTags)
	return &out, nil
}

func renderInstance(i cluster.Instance, withTags bool) types.ContainerInstance {
	out := types.ContainerInstance{
		ContainerInstanceArn: &i.ARN, Ec2InstanceId: api.Some(i.EC2ID), Status: api.Some(string(i.Status)), StatusReason: api.Some(i.StatusReason),
		AgentConnected: i.Connected, RunningTasksCount: int32(i.Running), PendingTasksCount: int32(i.Pending), Version: int64(i.Version),
		CapacityProviderName: api.Some(i.Provider), RegisteredAt: stamp(i.RegisteredAt),
		VersionInfo:         &types.VersionInfo{AgentVersion: &i.Agent, DockerVersion: api.Some("DockerVersion: 25.0.13")},
		RegisteredResources: renderResources(i.Registered), RemainingResources: renderResources(i.Remaining),
		Attributes: []types.Attribute{}, Attachments: []types.Attachment{}, Tags: []types.Tag{},
	}
	for _, a := range i.Attributes {
		out.Attributes = append(out.Attributes, types.Attribute{Name: &a.Name, Value: api.Some(a.Value)})
	}
	if withTags {
		out.Tags = renderTags(i.Tags)
	}
	return out
}

// renderResources gives the resources in the order in which ECS has them. GPU is there only where the instance has any.
func renderResources(r cluster.Resources) []types.Resource {
	whole, set := api.Some("INTEGER"), api.Some("STRINGSET")
	all := []types.Resource{
		{Name: api.Some("CPU"), Type: whole, IntegerValue: int32(r.CPU)},
		{Name: api.Some("MEMORY"), Type: whole, IntegerValue: int32(r.Memory)},
		{Name: api.Some("PORTS"), Type: set, StringSetValue: texts(r.TCP)},
		{Name: api.Some("PORTS_UDP"), Type: set, StringSetValue: texts(r.UDP)},
	}
	if len(r.GPUs) > 0 {
		all = append(all, types.Resource{Name: api.Some("GPU"), Type: set, StringSetValue: slices.Clone(r.GPUs)})
	}
	return all
}

func texts(ports []int) []string {
	all := make([]string, len(ports))
	for n, port := range ports {
		all[n] = strconv.Itoa(port)
	}
	return all
}

func numbers(texts []string) []int {
	var all []int
	for _, text := range texts {
		if n, err := strconv.Atoi(text); err == nil {
			all = append(all, n)
		}
	}
	slices.Sort(all)
	return all
}
