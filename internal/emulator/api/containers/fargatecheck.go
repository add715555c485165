package containers

import (
	"regexp"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"handover/internal/emulator/api"
)

// privateRegistry are images of ECR, which only a role may pull.
var privateRegistry = regexp.MustCompile(`^[0-9]{12}\.dkr[.-]ecr[.-]`)

// checkFargate refuses what Fargate does not run.
func checkFargate(in *ecs.RegisterTaskDefinitionInput) error {
	if !onFargate(in) {
		return nil
	}
	switch {
	case in.NetworkMode != types.NetworkModeAwsvpc:
		return client("Fargate only supports network mode ‘awsvpc’.")
	case in.Cpu == nil:
		return client("Fargate requires that 'cpu' be defined at the task level.")
	case in.Memory == nil:
		return client("Fargate requires that 'memory' be defined at the task level.")
	case in.PidMode == types.PidModeHost:
		return client("Tasks using the Fargate launch type do not support pidMode 'host'. The supported value for pidMode is 'task'.")
	case in.IpcMode != "":
		return client("Tasks using the Fargate launch type do not support ipcMode.")
	}
	if refusal := needsInstance(in.ContainerDefinitions, in.Volumes, len(in.PlacementConstraints)); refusal != "" {
		return client("%s", refusal)
	}
	for _, c := range in.ContainerDefinitions {
		if err := checkFargateContainer(in, c); err != nil {
			return err
		}
	}
	return nil
}

// checkFargateContainer: the words about the time to stop are ours. Source: API Reference, ContainerDefinition.stopTimeout.
func checkFargateContainer(in *ecs.RegisterTaskDefinitionInput, c types.ContainerDefinition) error {
	noRole := api.Value(in.ExecutionRoleArn) == ""
	if logs := c.LogConfiguration; logs != nil {
		switch {
		case !slices.Contains([]types.LogDriver{types.LogDriverAwslogs, types.LogDriverSplunk, types.LogDriverAwsfirelens}, logs.LogDriver):
			return client("%s is not a valid log driver. Must be one of [awslogs,splunk,awsfirelens]", logs.LogDriver)
		case noRole && logs.LogDriver == types.LogDriverAwslogs:
			return client("Fargate requires task definition to have execution role ARN to support log driver awslogs.")
		case logs.LogDriver == types.LogDriverAwslogs && logs.Options["awslogs-stream-prefix"] == "":
			return client("Fargate requires log configuration options to include awslogs-stream-prefix to support log driver awslogs.")
		}
	}
	switch {
	case noRole && privateRegistry.MatchString(api.Value(c.Image)):
		return client("Fargate requires task definition to have execution role ARN to support ECR images.")
	case c.StopTimeout != nil && (*c.StopTimeout < 2 || *c.StopTimeout > 120):
		return client("Invalid 'stopTimeout' setting for container '%s': it must be from 2 to 120 seconds on Fargate.", *c.Name)
	}
	return nil
}

// notOnFargate begins what ECS says of what Fargate does not have.
const notOnFargate = "Fargate compatible task definitions do not support "

// needsInstance says what of a definition only a container instance can give, in the words with which ECS refuses it for Fargate; nothing where there is none.
func needsInstance(containers []types.ContainerDefinition, volumes []types.Volume, constraints int) string {
	if constraints > 0 {
		return notOnFargate + "constraints"
	}
	for _, v := range volumes {
		switch {
		case v.Host != nil && api.Value(v.Host.SourcePath) != "":
			return notOnFargate + "sourcePath"
		case v.DockerVolumeConfiguration != nil:
			return notOnFargate + "dockerVolumeConfiguration"
		}
	}
	for _, c := range containers {
		switch {
		case api.Value(c.Privileged):
			return "Fargate requires that the ‘privileged’ setting be ‘false’ at the container level."
		case len(c.DockerSecurityOptions) > 0:
			return notOnFargate + "dockerSecurityOptions"
		case gpusOf(c.ResourceRequirements) > 0:
			return "Tasks using the Fargate launch type do not support GPU resource requirements."
		}
		if refusal := linuxNeedsInstance(c.LinuxParameters); refusal != "" {
			return refusal
		}
	}
	return ""
}

// linuxNeedsInstance is needsInstance for what is Linux's alone. The words about swappiness follow the others.
func linuxNeedsInstance(p *types.LinuxParameters) string {
	switch {
	case p == nil:
		return ""
	case len(p.Devices) > 0:
		return notOnFargate + "devices"
	case p.SharedMemorySize != nil:
		return notOnFargate + "sharedMemorySize"
	case p.MaxSwap != nil:
		return notOnFargate + "maxSwap"
	case p.Swappiness != nil:
		return notOnFargate + "swappiness"
	case p.Capabilities == nil:
		return ""
	}
	for _, name := range p.Capabilities.Add {
		if name != "SYS_PTRACE" {
			return name + " is not allowed on Fargate."
		}
	}
	return ""
}
