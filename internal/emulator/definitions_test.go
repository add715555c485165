package emulator_test

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"handover/internal/emulator"
)

func TestFargateSizes(t *testing.T) {
	r := newRig(t, emulator.Options{})
	for _, c := range []struct {
		cpu, memory         string
		wantCPU, wantMemory string // as ECS keeps them; none where it is refused
	}{
		{"256", "512", "256", "512"}, {"256", "2048", "256", "2048"}, {"256", "1536", "", ""}, {"256", "4096", "", ""},
		{"1 vCPU", "2 GB", "1024", "2048"}, {".5 vcpu", "1GB", "512", "1024"}, {"0.25 vCPU", "0.5GB", "256", "512"},
		{"4096", "30720", "4096", "30720"}, {"4096", "31744", "", ""}, {"8192", "20480", "8192", "20480"}, {"8192", "17408", "", ""},
		{"16384", "122880", "16384", "122880"}, {"300", "512", "", ""}, {"x", "512", "", ""}, {"256", "-1", "", ""},
	} {
		in := definition("sized")
		in.Cpu, in.Memory = &c.cpu, &c.memory
		out, err := r.ecs.RegisterTaskDefinition(t.Context(), in)
		switch {
		case err != nil && c.wantCPU != "" || err == nil && c.wantCPU == "":
			t.Errorf("%s and %s: %v", c.cpu, c.memory, err)
		case err == nil && (*out.TaskDefinition.Cpu != c.wantCPU || *out.TaskDefinition.Memory != c.wantMemory):
			t.Errorf("%s and %s are kept as %s and %s", c.cpu, c.memory, *out.TaskDefinition.Cpu, *out.TaskDefinition.Memory)
		}
	}
}

func TestDefinitionChecks(t *testing.T) {
	r := newRig(t, emulator.Options{})
	with := func(change func(*ecs.RegisterTaskDefinitionInput, *types.ContainerDefinition)) error {
		in := definition("wrong")
		change(in, &in.ContainerDefinitions[0])
		_, err := r.ecs.RegisterTaskDefinition(t.Context(), in)
		return err
	}
	for _, c := range []struct {
		err  error
		want string
	}{
		{with(func(in *ecs.RegisterTaskDefinitionInput, _ *types.ContainerDefinition) {
			in.PidMode = types.PidModeHost
		}),
			"ClientException: Tasks using the Fargate launch type do not support pidMode 'host'. The supported value for pidMode is 'task'."},
		{with(func(in *ecs.RegisterTaskDefinitionInput, _ *types.ContainerDefinition) {
			in.IpcMode = types.IpcModeTask
		}),
			"ClientException: Tasks using the Fargate launch type do not support ipcMode."},
		{with(func(in *ecs.RegisterTaskDefinitionInput, _ *types.ContainerDefinition) { in.ExecutionRoleArn = nil }),
			"ClientException: When you are specifying container secrets, you must also specify a value for 'executionRoleArn'."},
		{with(func(in *ecs.RegisterTaskDefinitionInput, c *types.ContainerDefinition) {
			in.ExecutionRoleArn, c.Secrets = nil, nil
		}),
			"ClientException: Fargate requires task definition to have execution role ARN to support log driver awslogs."},
		{with(func(in *ecs.RegisterTaskDefinitionInput, c *types.ContainerDefinition) {
			in.ExecutionRoleArn, c.Secrets, c.LogConfiguration, c.Image = nil, nil, nil, aws.String("123456789012.dkr.ecr.eu-west-1.amazonaws.com/app:1")
		}),
			"ClientException: Fargate requires task definition to have execution role ARN to support ECR images."},
		{with(func(_ *ecs.RegisterTaskDefinitionInput, c *types.ContainerDefinition) {
			c.MountPoints = []types.MountPoint{{SourceVolume: aws.String("data"), ContainerPath: aws.String("/data")}}
		}),
			"ClientException: Unknown volume 'data'."},
		{with(func(_ *ecs.RegisterTaskDefinitionInput, c *types.ContainerDefinition) { c.Links = []string{"db"} }),
			"ClientException: Links are not supported when networkMode=awsvpc."},
		{with(func(in *ecs.RegisterTaskDefinitionInput, _ *types.ContainerDefinition) { in.Memory = aws.String("100") }),
			"ClientException: No Fargate configuration exists for given values: 256 CPU, 100 memory. See the Amazon ECS documentation for the valid values."},
		{with(func(_ *ecs.RegisterTaskDefinitionInput, c *types.ContainerDefinition) { c.Essential = aws.Bool(false) }),
			"ClientException: Task definition doesn't have any essential container."},
		{with(func(_ *ecs.RegisterTaskDefinitionInput, c *types.ContainerDefinition) {
			c.PortMappings[0].HostPort = aws.Int32(81)
		}),
			"ClientException: When networkMode=awsvpc, the host ports and container ports in port mappings must match."},
		{with(func(_ *ecs.RegisterTaskDefinitionInput, c *types.ContainerDefinition) {
			c.HealthCheck = &types.HealthCheck{Command: []string{"true"}, Interval: aws.Int32(4)}
		}), "ClientException: Health check interval must be greater than or equal to the minimum allowed value 5 for container 'app'"}, // after the one about the maximum
		{with(func(_ *ecs.RegisterTaskDefinitionInput, c *types.ContainerDefinition) {
			c.DependsOn = []types.ContainerDependency{{ContainerName: aws.String("db"), Condition: types.ContainerConditionHealthy}}
		}), "ClientException: Cannot depend on container + 'db' because it does not exist"},
		{with(func(_ *ecs.RegisterTaskDefinitionInput, c *types.ContainerDefinition) { c.Cpu = 300 }),
			"ClientException: The sum of all container 'cpu' values cannot be greater than the value of the task 'cpu'."},
		{with(func(_ *ecs.RegisterTaskDefinitionInput, c *types.ContainerDefinition) { c.Memory = aws.Int32(1024) }),
			"ClientException: The 'memory' setting for container 'app' is greater than for the task."},
		{with(func(in *ecs.RegisterTaskDefinitionInput, _ *types.ContainerDefinition) { in.NetworkMode = "moon" }),
			"InvalidParameterException: moon should be one of [bridge,host,awsvpc,none]"},
	} {
		if got := code(c.err); got != c.want {
			t.Errorf("\n got %q\nwant %q", got, c.want)
		}
	}
	for name, want := range map[string]string{"api": "ClientException: Revision is missing.", "api:x": "ClientException: Invalid revision number. Number: x"} {
		_, err := r.ecs.DeregisterTaskDefinition(t.Context(), &ecs.DeregisterTaskDefinitionInput{TaskDefinition: &name})
		if got := code(err); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

// TestWhatECSAddsToADefinition: what the containers need of an instance, where the tasks may run, and the defaults of volumes.
func TestWhatECSAddsToADefinition(t *testing.T) {
	r := newRig(t, emulator.Options{})
	in := definition("added")
	in.ExecutionRoleArn = aws.String("arn:aws:iam::123456789012:role/execution")
	in.Volumes = []types.Volume{{Name: aws.String("shared"), EfsVolumeConfiguration: &types.EFSVolumeConfiguration{FileSystemId: aws.String("fs-1")}}, {Name: aws.String("scratch")}}
	d := must(r.ecs.RegisterTaskDefinition(t.Context(), in)).TaskDefinition
	if !slices.Equal(d.Compatibilities, []types.Compatibility{types.CompatibilityEc2, types.CompatibilityFargate}) || d.RegisteredAt == nil || d.RegisteredBy == nil {
		t.Errorf("compatibilities %v, registered at %v by %v", d.Compatibilities, d.RegisteredAt, d.RegisteredBy)
	}
	var names []string
	for _, a := range d.RequiresAttributes {
		names = append(names, *a.Name)
	}
	for _, want := range []string{"ecs.capability.task-eni", "com.amazonaws.ecs.capability.task-iam-role", "ecs.capability.efs", "ecs.capability.secrets.ssm.environment-variables",
		"com.amazonaws.ecs.capability.logging-driver.awslogs", "ecs.capability.execution-role-awslogs"} {
		if !slices.Contains(names, want) {
			t.Errorf("it requires %v, and not %s", names, want)
		}
	}
	if *d.Volumes[0].EfsVolumeConfiguration.RootDirectory != "/" || d.Volumes[1].Host == nil {
		t.Errorf("volumes came back as %+v", d.Volumes)
	}
	bridge := definition("bridge")
	bridge.NetworkMode, bridge.RequiresCompatibilities, bridge.Cpu = "", nil, nil
	if d := must(r.ecs.RegisterTaskDefinition(t.Context(), bridge)).TaskDefinition; !slices.Equal(d.Compatibilities, []types.Compatibility{types.CompatibilityExternal, types.CompatibilityEc2}) {
		t.Errorf("compatibilities of a definition with bridge networking: %v", d.Compatibilities)
	}
}
