package containers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
	"handover/internal/emulator/wire"
	"handover/internal/world"
)

func (h *handlers) registerTaskDefinition(ctx context.Context, in *ecs.RegisterTaskDefinitionInput) (*ecs.RegisterTaskDefinitionOutput, error) {
	if err := checkDefinition(in); err != nil {
		return nil, err
	}
	cpu, memory, err := sized(in)
	if err != nil {
		return nil, err
	}
	in.Cpu, in.Memory = whole(cpu), whole(memory)
	given, err := h.declared(in, "family", "networkMode", "tags")
	if err != nil {
		return nil, err
	}
	tags, err := tagsFrom(in.Tags)
	if err != nil {
		return nil, err
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*ecs.RegisterTaskDefinitionOutput, error) {
		if err := checkSecrets(v, in); err != nil {
			return nil, err
		}
		given["registeredAt"] = strconv.AppendInt(nil, v.Now.Unix(), 10)
		text, err := given.text()
		if err != nil {
			return nil, err
		}
		ids, err := v.Act(cluster.RegisterTaskDefinition{
			Family:      api.Value(in.Family),
			Containers:  containersFrom(in.ContainerDefinitions),
			Network:     string(networkOf(in)),
			CPU:         units(in.Cpu),
			Memory:      units(in.Memory),
			Constraints: constraintsFrom(in.PlacementConstraints),
			Members:     text,
		})
		if err != nil {
			return nil, err
		}
		if err := tag(v, ids[0], tags); err != nil {
			return nil, err
		}
		out, err := h.definitionNamed(v, ids[0])
		return &ecs.RegisterTaskDefinitionOutput{TaskDefinition: out, Tags: tagsOf(v, ids[0])}, err
	})
}

// whole writes a number that is there.
func whole(n int) *string {
	if n == 0 {
		return nil
	}
	return api.Some(strconv.Itoa(n))
}

func (h *handlers) deregisterTaskDefinition(ctx context.Context, in *ecs.DeregisterTaskDefinitionInput) (*ecs.DeregisterTaskDefinitionOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*ecs.DeregisterTaskDefinitionOutput, error) {
		name, err := definitionName(v, api.Value(in.TaskDefinition))
		if err != nil {
			return nil, err
		}
		if err := checkRevision(name); err != nil {
			return nil, err
		}
		if _, err := v.Act(cluster.DeregisterTaskDefinition{Definition: name}); err != nil {
			return nil, err
		}
		out, err := h.definitionNamed(v, name)
		return &ecs.DeregisterTaskDefinitionOutput{TaskDefinition: out}, err
	})
}

func (h *handlers) deleteTaskDefinitions(ctx context.Context, in *ecs.DeleteTaskDefinitionsInput) (*ecs.DeleteTaskDefinitionsOutput, error) {
	switch {
	case len(in.TaskDefinitions) == 0: // words of public reports
		return nil, invalid("size of TaskDefinition references list must be greater than 0")
	case len(in.TaskDefinitions) > 10: // Source: API Reference, DeleteTaskDefinitions; words of public reports
		return nil, invalid("Size of TaskDefinition references list cannot exceed 10")
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*ecs.DeleteTaskDefinitionsOutput, error) {
		out := &ecs.DeleteTaskDefinitionsOutput{TaskDefinitions: []types.TaskDefinition{}, Failures: []types.Failure{}}
		for _, text := range in.TaskDefinitions {
			name, err := definitionName(v, text)
			if err != nil {
				return nil, err
			}
			if checkRevision(name) != nil {
				out.Failures = append(out.Failures, types.Failure{Arn: &text, Reason: api.Some("The specified task definition identifier is invalid. Specify a valid name or ARN and try again.")})
				continue
			}
			if _, err := v.Act(cluster.DeleteTaskDefinition{Definition: name}); err != nil {
				var refused *wire.Error
				if !errors.As(err, &refused) {
					return nil, err
				}
				out.Failures = append(out.Failures, types.Failure{Arn: &text, Reason: &refused.Message})
				continue
			}
			d, err := h.definitionNamed(v, name)
			if err != nil {
				return nil, err
			}
			out.TaskDefinitions = append(out.TaskDefinitions, *d)
		}
		return out, nil
	})
}

func (h *handlers) describeTaskDefinition(ctx context.Context, in *ecs.DescribeTaskDefinitionInput) (*ecs.DescribeTaskDefinitionOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*ecs.DescribeTaskDefinitionOutput, error) {
		name, err := definitionName(v, api.Value(in.TaskDefinition))
		if err != nil {
			return nil, err
		}
		out, err := h.definitionNamed(v, name)
		if err != nil {
			return nil, err
		}
		answer := &ecs.DescribeTaskDefinitionOutput{TaskDefinition: out, Tags: []types.Tag{}}
		if slices.Contains(in.Include, types.TaskDefinitionFieldTags) {
			answer.Tags = tagsOf(v, *out.TaskDefinitionArn)
		}
		return answer, nil
	})
}

func (h *handlers) listTaskDefinitions(ctx context.Context, in *ecs.ListTaskDefinitionsInput) (*ecs.ListTaskDefinitionsOutput, error) {
	size, err := pageSize(in.MaxResults, 100)
	if err != nil {
		return nil, err
	}
	status := in.Status
	if status == "" {
		status = types.TaskDefinitionStatusActive
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*ecs.ListTaskDefinitionsOutput, error) {
		var all []world.Definition
		for _, d := range v.World.Definitions() {
			if statusOf(d) == status && (in.FamilyPrefix == nil || *in.FamilyPrefix == d.Family) {
				all = append(all, d)
			}
		}
		key := func(d world.Definition) string { return fmt.Sprintf("%s:%09d", d.Family, d.Revision) }
		if in.Sort == types.SortOrderDesc {
			slices.Reverse(all)
			key = func(d world.Definition) string {
				return inverted(d.Family) + fmt.Sprintf(":%09d", 999999999-d.Revision)
			}
		}
		cut, next, err := page(all, key, in.NextToken, size)
		out := &ecs.ListTaskDefinitionsOutput{TaskDefinitionArns: []string{}, NextToken: next}
		for _, d := range cut {
			out.TaskDefinitionArns = append(out.TaskDefinitionArns, d.ARN)
		}
		return out, err
	})
}

// inverted makes of names in falling order keys in rising order: each byte, and the end above all.
func inverted(name string) string {
	flipped := []byte(name)
	for i, b := range flipped {
		flipped[i] = 255 - b
	}
	return string(flipped) + "\xff"
}

func (h *handlers) listTaskDefinitionFamilies(ctx context.Context, in *ecs.ListTaskDefinitionFamiliesInput) (*ecs.ListTaskDefinitionFamiliesOutput, error) {
	size, err := pageSize(in.MaxResults, 100)
	if err != nil {
		return nil, err
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*ecs.ListTaskDefinitionFamiliesOutput, error) {
		active := map[string]bool{} // whether any of the family's revisions is ACTIVE
		for _, d := range v.World.Definitions() {
			active[d.Family] = active[d.Family] || d.Active
		}
		families := []string{}
		for family, is := range active {
			wanted := in.Status == "" || in.Status == types.TaskDefinitionFamilyStatusAll || is == (in.Status == types.TaskDefinitionFamilyStatusActive)
			if wanted && strings.HasPrefix(family, api.Value(in.FamilyPrefix)) {
				families = append(families, family)
			}
		}
		slices.Sort(families)
		cut, next, err := page(families, func(s string) string { return s }, in.NextToken, size)
		return &ecs.ListTaskDefinitionFamiliesOutput{Families: cut, NextToken: next}, err
	})
}

// checkRevision refuses a name that is not that of one revision. The words are those of public reports.
func checkRevision(name string) error {
	_, revision, found := strings.Cut(name[strings.LastIndexByte(name, '/')+1:], ":")
	if !found {
		return client("Revision is missing.")
	}
	if n, err := strconv.Atoi(revision); err != nil || n < 1 {
		return client("Invalid revision number. Number: %s", revision)
	}
	return nil
}

// definitionName refuses an ARN of something else, and leaves what remains to the world.
func definitionName(v api.View, text string) (string, error) {
	if text == "" {
		return "", client("Task definition cannot be empty.")
	}
	if !cluster.IsARN(text) {
		return text, nil
	}
	arn, err := cluster.ParseARN(text)
	if err != nil || arn.Service != "ecs" || !strings.HasPrefix(arn.Resource, "task-definition/") {
		return "", client("Invalid task definition ARN: %s", text)
	}
	return text, sameOwner(v, arn)
}

func (h *handlers) definitionNamed(v api.View, name string) (*types.TaskDefinition, error) {
	found, ok := v.World.Definition(name)
	if !ok {
		// Not "TaskDefinition not found.", which the operations on services say.
		return nil, client("Unable to describe task definition.")
	}
	return h.definition(v, found)
}

// definition renders a revision, with the defaults that ECS fills in.
func (h *handlers) definition(v api.View, d world.Definition) (*types.TaskDefinition, error) {
	var out types.TaskDefinition
	if err := h.into(d.Members, &out); err != nil {
		return nil, err
	}
	out.TaskDefinitionArn, out.Family, out.Revision = &d.ARN, &d.Family, int32(d.Revision)
	out.NetworkMode = types.NetworkMode(d.Network)
	out.Status, out.DeregisteredAt = statusOf(d), passed(&d.Deregistered)
	if out.ContainerDefinitions == nil { // a definition that no request made, such as one of a scenario
		out.ContainerDefinitions = declaredContainers(d.Containers)
		out.ExecutionRoleArn = declaredRole(v, d.Containers)
		out.Cpu, out.Memory = declaredSize(d)
	}
	for i := range out.ContainerDefinitions {
		fillContainer(&out.ContainerDefinitions[i], out.NetworkMode)
	}
	out.RegisteredBy = api.Some(v.Caller())
	out.Volumes, out.PlacementConstraints = filledVolumes(out.Volumes), present(out.PlacementConstraints)
	out.RequiresAttributes, out.Compatibilities = capabilities(&out), compatibilities(&out)
	return &out, nil
}

func statusOf(d world.Definition) types.TaskDefinitionStatus {
	switch {
	case d.Active:
		return types.TaskDefinitionStatusActive
	case d.Deleting:
		return types.TaskDefinitionStatusDeleteInProgress
	}
	return types.TaskDefinitionStatusInactive
}

// declaredMemory is what such a container has, in MiB, where its scenario does not say.
const declaredMemory = 512

// declaredContainers are the containers of a definition that no request made. They have all that it takes to register them again, as a copy with another image is.
func declaredContainers(list []cluster.ContainerDefinition) []types.ContainerDefinition {
	out := make([]types.ContainerDefinition, 0, len(list))
	for _, c := range list {
		d := types.ContainerDefinition{Name: &c.Name, Image: &c.Image, Essential: &c.Essential}
		if c.StopTimeout > 0 {
			d.StopTimeout = api.Some(int32(c.StopTimeout / time.Second))
		}
		d.Cpu, d.MemoryReservation = int32(c.CPU), limit(c.MemoryReservation)
		d.Memory = api.Some(int32(cmp.Or(c.Memory, declaredMemory)))
		if c.HealthCheck {
			d.HealthCheck = &types.HealthCheck{Command: []string{"CMD-SHELL", "exit 0"}}
		}
		for i, from := range c.Secrets {
			d.Secrets = append(d.Secrets, types.Secret{Name: api.Some(fmt.Sprintf("SECRET_%d", i+1)), ValueFrom: &from})
		}
		for _, p := range c.Ports {
			d.PortMappings = append(d.PortMappings, types.PortMapping{ContainerPort: api.Some(int32(p.Container)), HostPort: api.Some(int32(cmp.Or(p.Host, p.Container))),
				Protocol: types.TransportProtocol(cmp.Or(p.Protocol, "tcp"))})
		}
		out = append(out, d)
	}
	return out
}

// declaredSize is the size of the whole task of such a definition, where that is one of Fargate's: with it the definition says that its tasks may run there, as they do.
func declaredSize(d world.Definition) (cpu, memory *string) {
	units, mebibytes := 0, 0
	for _, c := range d.Containers {
		units, mebibytes = units+c.CPU, mebibytes+c.Memory
	}
	if d.Network != string(types.NetworkModeAwsvpc) || !fitsFargate(units, mebibytes, nil) {
		return nil, nil
	}
	return api.Some(strconv.Itoa(units)), api.Some(strconv.Itoa(mebibytes))
}

// declaredRole is what such a definition needs to be registered again if its containers have secrets.
func declaredRole(v api.View, list []cluster.ContainerDefinition) *string {
	if !slices.ContainsFunc(list, func(c cluster.ContainerDefinition) bool { return len(c.Secrets) > 0 }) {
		return nil
	}
	return api.Some(v.Global("iam", "role/ecsTaskExecutionRole"))
}

// limit is a number that is not sent where it is 0.
func limit(n int) *int32 {
	if n == 0 {
		return nil
	}
	return api.Some(int32(n))
}

// filledVolumes gives volumes with what ECS sends of them even where it was not declared.
func filledVolumes(volumes []types.Volume) []types.Volume {
	for i := range volumes {
		v := &volumes[i]
		if v.EfsVolumeConfiguration != nil && v.EfsVolumeConfiguration.RootDirectory == nil {
			v.EfsVolumeConfiguration.RootDirectory = api.Some("/") // Source: API Reference, EFSVolumeConfiguration.rootDirectory
		}
		if v.Host == nil && v.EfsVolumeConfiguration == nil && v.DockerVolumeConfiguration == nil && v.FsxWindowsFileServerVolumeConfiguration == nil &&
			v.S3filesVolumeConfiguration == nil && v.ConfiguredAtLaunch == nil {
			v.Host = &types.HostVolumeProperties{}
		}
	}
	return present(volumes)
}

// fillContainer sets what ECS sends of a container even where it was not declared.
func fillContainer(c *types.ContainerDefinition, network types.NetworkMode) {
	if c.Essential == nil {
		essential := true
		c.Essential = &essential
	}
	c.Environment, c.MountPoints, c.VolumesFrom = present(c.Environment), present(c.MountPoints), present(c.VolumesFrom)
	c.PortMappings, c.SystemControls = present(c.PortMappings), present(c.SystemControls)
	for i := range c.PortMappings {
		p := &c.PortMappings[i]
		if p.Protocol == "" {
			p.Protocol = types.TransportProtocolTcp
		}
		if p.HostPort == nil && p.ContainerPort != nil {
			host := int32(0) // chosen when a task starts
			if network == types.NetworkModeAwsvpc || network == types.NetworkModeHost {
				host = *p.ContainerPort
			}
			p.HostPort = &host
		}
	}
}

func networkOf(in *ecs.RegisterTaskDefinitionInput) types.NetworkMode {
	if in.NetworkMode == "" {
		return types.NetworkModeBridge // Source: API Reference, RegisterTaskDefinition.networkMode: the default on Linux
	}
	return in.NetworkMode
}

// containersFrom gives what the rules need of containers.
func containersFrom(list []types.ContainerDefinition) []cluster.ContainerDefinition {
	var out []cluster.ContainerDefinition
	for _, c := range list {
		out = append(out, cluster.ContainerDefinition{
			Name:        api.Value(c.Name),
			Image:       api.Value(c.Image),
			Essential:   c.Essential == nil || *c.Essential,
			HealthCheck: c.HealthCheck != nil && !slices.Equal(c.HealthCheck.Command, []string{"NONE"}),
			StopTimeout: time.Duration(api.Value(c.StopTimeout)) * time.Second,
			Unresolved:  c.VersionConsistency == types.VersionConsistencyDisabled,
			Checks:      checksFrom(c.HealthCheck),

			CPU: int(c.Cpu), Memory: int(api.Value(c.Memory)), MemoryReservation: int(api.Value(c.MemoryReservation)), GPUs: gpusOf(c.ResourceRequirements), Ports: portsOf(c.PortMappings),
		})
	}
	return out
}

func checksFrom(h *types.HealthCheck) cluster.Checks {
	if h == nil {
		return cluster.Checks{}
	}
	period := func(seconds *int32) time.Duration { return time.Duration(api.Value(seconds)) * time.Second }
	return cluster.Checks{Interval: period(h.Interval), Retries: int(api.Value(h.Retries)), StartPeriod: period(h.StartPeriod)}
}

func gpusOf(given []types.ResourceRequirement) int {
	for _, r := range given {
		if r.Type == types.ResourceTypeGpu {
			return units(r.Value)
		}
	}
	return 0
}

func portsOf(given []types.PortMapping) []cluster.PortMapping {
	var all []cluster.PortMapping
	for _, m := range given {
		if m.ContainerPort != nil { // a range of ports is bound to a range of the host's, which ECS chooses
			all = append(all, cluster.PortMapping{Container: int(*m.ContainerPort), Host: int(api.Value(m.HostPort)), Protocol: string(m.Protocol)})
		}
	}
	return all
}

// units reads the CPU or memory of a task as far as it is a plain number of CPU units or MiB; "1 vCPU" and "2 GB" are written out.
func units(text *string) int {
	number, unit, _ := strings.Cut(strings.ToLower(strings.TrimSpace(api.Value(text))), " ")
	n, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return 0
	}
	if strings.HasPrefix(unit, "vcpu") || strings.HasPrefix(unit, "gb") {
		n *= 1024
	}
	return int(n)
}
