package containers

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"handover/internal/emulator/api"
)

// capabilities are the attributes that a container instance must have for a task definition, by name.
// Source: developer guide, ecs-agent-config and task-placement-constraints; descriptions in public reports.
func capabilities(d *types.TaskDefinition) []types.Attribute {
	const agent, docker = "ecs.capability.", "com.amazonaws.ecs.capability."
	names := []string{docker + "docker-remote-api.1.18"}
	need := func(when bool, name string) {
		if when && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	need(d.TaskRoleArn != nil && d.NetworkMode == types.NetworkModeHost, docker+"task-iam-role-network-host")
	need(d.TaskRoleArn != nil, docker+"task-iam-role")
	need(d.NetworkMode == types.NetworkModeAwsvpc, agent+"task-eni")
	need(d.PidMode != "" || d.IpcMode != "", agent+"pid-ipc-namespace-sharing")
	need(d.ProxyConfiguration != nil, agent+"aws-appmesh")
	for _, v := range d.Volumes {
		need(v.EfsVolumeConfiguration != nil, agent+"efs")
		need(v.EfsVolumeConfiguration != nil, agent+"efsAuth")
		need(v.FsxWindowsFileServerVolumeConfiguration != nil, agent+"fsxWindowsFileServer")
		need(v.DockerVolumeConfiguration != nil, docker+"docker-plugin.local")
	}
	for _, c := range d.ContainerDefinitions {
		image := api.Value(c.Image)
		ecr := strings.Contains(image, ".dkr.ecr.")
		need(ecr, docker+"ecr-auth")
		need(ecr && d.ExecutionRoleArn != nil, agent+"execution-role-ecr-pull")
		need(c.RepositoryCredentials != nil, agent+"private-registry-authentication.secretsmanager")
		need(c.HealthCheck != nil, agent+"container-health-check")
		need(len(c.DependsOn) > 0, agent+"container-ordering")
		need(c.Privileged != nil && *c.Privileged, docker+"privileged-container")
		need(c.FirelensConfiguration != nil, agent+"firelens."+firelens(c))
		need(len(c.EnvironmentFiles) > 0, agent+"env-files.s3")
		for _, s := range c.Secrets {
			need(strings.Contains(api.Value(s.ValueFrom), ":secretsmanager:"), agent+"secrets.asm.environment-variables")
			need(!strings.Contains(api.Value(s.ValueFrom), ":secretsmanager:"), agent+"secrets.ssm.environment-variables")
		}
		if c.LogConfiguration != nil {
			need(true, docker+"logging-driver."+string(c.LogConfiguration.LogDriver))
			need(c.LogConfiguration.LogDriver == types.LogDriverAwslogs && d.ExecutionRoleArn != nil, agent+"execution-role-awslogs")
			need(true, docker+"docker-remote-api.1.19")
		}
	}
	slices.Sort(names)
	out := make([]types.Attribute, 0, len(names))
	for _, name := range names {
		out = append(out, types.Attribute{Name: &name})
	}
	return out
}

func firelens(c types.ContainerDefinition) string {
	if c.FirelensConfiguration == nil {
		return ""
	}
	return string(c.FirelensConfiguration.Type)
}

// compatibilities are the launch types that a task definition has been found to fit. Source: API Reference, TaskDefinition.compatibilities.
func compatibilities(d *types.TaskDefinition) []types.Compatibility {
	out := []types.Compatibility{types.CompatibilityEc2}
	cpu, _ := amountOf(d.Cpu, "vcpu")
	memory, _ := amountOf(d.Memory, "gb")
	switch {
	case d.NetworkMode == types.NetworkModeAwsvpc && fitsFargate(cpu, memory, d.RuntimePlatform) && runsOnFargate(d):
		out = append(out, types.CompatibilityFargate)
	case d.NetworkMode != types.NetworkModeAwsvpc && !slices.ContainsFunc(d.Volumes, func(v types.Volume) bool { return v.EfsVolumeConfiguration != nil }):
		out = append([]types.Compatibility{types.CompatibilityExternal}, out...)
	}
	return out
}

// runsOnFargate tells whether nothing in a definition needs an instance of one's own. Source: developer guide, fargate-tasks-services, task definition parameters.
func runsOnFargate(d *types.TaskDefinition) bool {
	return d.IpcMode == "" && d.PidMode != types.PidModeHost && needsInstance(d.ContainerDefinitions, d.Volumes, len(d.PlacementConstraints)) == ""
}
