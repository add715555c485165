package emulator_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"handover/internal/emulator"
)

// request is what a check is made on.
type request = ecs.RegisterTaskDefinitionInput

// refusals registers what each change makes of a definition that is taken without it, and compares the errors.
func (r *rig) refusals(base func() *request, cases map[string]func(*request, *types.ContainerDefinition)) {
	r.t.Helper()
	must(r.ecs.RegisterTaskDefinition(r.t.Context(), base()))
	for want, change := range cases {
		in := base()
		change(in, &in.ContainerDefinitions[0])
		if _, err := r.ecs.RegisterTaskDefinition(r.t.Context(), in); code(err) != "ClientException: "+want {
			r.t.Errorf("\n got %q\nwant %q", code(err), "ClientException: "+want)
		}
	}
}

// sidecar adds a container that is not essential.
func sidecar(in *request, name string) *types.ContainerDefinition {
	in.ContainerDefinitions = append(in.ContainerDefinitions, types.ContainerDefinition{Name: &name, Image: aws.String("side:1"), Essential: aws.Bool(false), Memory: aws.Int32(64)})
	return &in.ContainerDefinitions[len(in.ContainerDefinitions)-1]
}

// TestWhatFargateDoesNotRun has AWS's words from public reports, but for swappiness, which follows them.
func TestWhatFargateDoesNotRun(t *testing.T) {
	r := newRig(t, emulator.Options{})
	linux := func(p types.LinuxParameters) func(*request, *types.ContainerDefinition) {
		return func(_ *request, c *types.ContainerDefinition) { c.LinuxParameters = &p }
	}
	r.refusals(func() *request { return definition("fargate") }, map[string]func(*request, *types.ContainerDefinition){
		"Tasks using the Fargate launch type do not support GPU resource requirements.": func(_ *request, c *types.ContainerDefinition) {
			c.ResourceRequirements = []types.ResourceRequirement{{Type: types.ResourceTypeGpu, Value: aws.String("1")}}
		},
		"Fargate compatible task definitions do not support constraints": func(in *request, _ *types.ContainerDefinition) {
			in.PlacementConstraints = []types.TaskDefinitionPlacementConstraint{{Type: types.TaskDefinitionPlacementConstraintTypeMemberOf, Expression: aws.String("attribute:zone == a")}}
		},
		"Fargate compatible task definitions do not support dockerVolumeConfiguration": func(in *request, _ *types.ContainerDefinition) {
			in.Volumes = []types.Volume{{Name: aws.String("v"), DockerVolumeConfiguration: &types.DockerVolumeConfiguration{Scope: types.ScopeTask}}}
		},
		"Fargate compatible task definitions do not support sourcePath": func(in *request, _ *types.ContainerDefinition) {
			in.Volumes = []types.Volume{{Name: aws.String("v"), Host: &types.HostVolumeProperties{SourcePath: aws.String("/data")}}}
		},
		"Fargate compatible task definitions do not support dockerSecurityOptions": func(_ *request, c *types.ContainerDefinition) {
			c.DockerSecurityOptions = []string{"no-new-privileges"}
		},
		"Fargate compatible task definitions do not support devices":          linux(types.LinuxParameters{Devices: []types.Device{{HostPath: aws.String("/dev/fuse")}}}),
		"Fargate compatible task definitions do not support sharedMemorySize": linux(types.LinuxParameters{SharedMemorySize: aws.Int32(64)}),
		"Fargate compatible task definitions do not support maxSwap":          linux(types.LinuxParameters{MaxSwap: aws.Int32(64)}),
		"Fargate compatible task definitions do not support swappiness":       linux(types.LinuxParameters{Swappiness: aws.Int32(60)}),
		"NET_ADMIN is not allowed on Fargate.":                                linux(types.LinuxParameters{Capabilities: &types.KernelCapabilities{Add: []string{"SYS_PTRACE", "NET_ADMIN"}}}),
		"Fargate requires that the ‘privileged’ setting be ‘false’ at the container level.": func(_ *request, c *types.ContainerDefinition) {
			c.Privileged = aws.Bool(true)
		},
		"json-file is not a valid log driver. Must be one of [awslogs,splunk,awsfirelens]": func(_ *request, c *types.ContainerDefinition) {
			c.LogConfiguration = &types.LogConfiguration{LogDriver: types.LogDriverJsonFile}
		},
		"Fargate requires log configuration options to include awslogs-stream-prefix to support log driver awslogs.": func(_ *request, c *types.ContainerDefinition) {
			delete(c.LogConfiguration.Options, "awslogs-stream-prefix")
		},
		"EphemeralStorage size should be at least 21": func(in *request, _ *types.ContainerDefinition) {
			in.EphemeralStorage = &types.EphemeralStorage{SizeInGiB: 20}
		},
		"EphemeralStorage size should be at most 200": func(in *request, _ *types.ContainerDefinition) {
			in.EphemeralStorage = &types.EphemeralStorage{SizeInGiB: 201}
		},
		"No Fargate configuration exists for given values: 512 CPU, 1024 memory. See the Amazon ECS documentation for the valid values.": func(in *request, _ *types.ContainerDefinition) {
			in.Cpu, in.Memory, in.RuntimePlatform = aws.String("512"), aws.String("1024"), &types.RuntimePlatform{OperatingSystemFamily: types.OSFamilyWindowsServer2022Core}
		},
	})
}

// TestContainersThatDoNotFitTogether has AWS's words from public reports, but for the circle of dependencies and what is said to follow others.
func TestContainersThatDoNotFitTogether(t *testing.T) {
	r := newRig(t, emulator.Options{})
	waits := func(condition types.ContainerCondition) []types.ContainerDependency {
		return []types.ContainerDependency{{ContainerName: aws.String("side"), Condition: condition}}
	}
	port := func(ranges ...string) func(*request, *types.ContainerDefinition) {
		return func(_ *request, c *types.ContainerDefinition) {
			c.PortMappings = nil
			for _, text := range ranges {
				c.PortMappings = append(c.PortMappings, types.PortMapping{ContainerPortRange: &text})
			}
		}
	}
	r.refusals(func() *request { return definition("together") }, map[string]func(*request, *types.ContainerDefinition){
		"Container names must be unique within a task definition.": func(in *request, _ *types.ContainerDefinition) { sidecar(in, "app") },
		"Container.name contains invalid characters.":              func(_ *request, c *types.ContainerDefinition) { c.Name = aws.String("a b") },
		"Too many containers.": func(in *request, _ *types.ContainerDefinition) {
			for i := range 10 {
				sidecar(in, fmt.Sprint("side", i))
			}
		},
		"A dependency container with HEALTHY condition must have health check configured": func(in *request, _ *types.ContainerDefinition) {
			sidecar(in, "side")
			in.ContainerDefinitions[0].DependsOn = waits(types.ContainerConditionHealthy)
		},
		"A dependency container with SUCCESS or COMPLETE condition cannot be an essential container": func(in *request, _ *types.ContainerDefinition) {
			sidecar(in, "side").Essential = nil
			in.ContainerDefinitions[0].DependsOn = waits(types.ContainerConditionSuccess)
		},
		"Container dependencies should not have a cycle": func(in *request, _ *types.ContainerDefinition) {
			sidecar(in, "side").DependsOn = []types.ContainerDependency{{ContainerName: aws.String("app"), Condition: types.ContainerConditionStart}}
			in.ContainerDefinitions[0].DependsOn = waits(types.ContainerConditionStart)
		},
		"When networkMode=awsvpc, port mapping name is already used": func(_ *request, c *types.ContainerDefinition) {
			c.PortMappings = []types.PortMapping{{Name: aws.String("web"), ContainerPort: aws.Int32(80)}, {Name: aws.String("web"), ContainerPort: aws.Int32(81)}}
		},
		"TCP container port '8085' is used multiple times in task when networkMode=awsvpc.": port("8080-8085", "8085-8090"),
		"Invalid 'containerPortRange' setting for container 'app'.":                         port("8090-8080"),
		"Invalid port mapping for container 'app', cannot specify both single port and port range.": func(_ *request, c *types.ContainerDefinition) {
			c.PortMappings[0].ContainerPortRange = aws.String("8080-8090")
		},
		"Extra hosts are not supported on container when networkMode=awsvpc.": func(_ *request, c *types.ContainerDefinition) {
			c.ExtraHosts = []types.HostEntry{{Hostname: aws.String("db"), IpAddress: aws.String("10.0.0.1")}}
		},
		"hostname is not supported on container when networkMode=awsvpc.":           func(_ *request, c *types.ContainerDefinition) { c.Hostname = aws.String("web") },
		"Disable Networking is not supported on container when networkMode=awsvpc.": func(_ *request, c *types.ContainerDefinition) { c.DisableNetworking = aws.Bool(true) },
		"DNS servers are not supported on container when networkMode=awsvpc.":       func(_ *request, c *types.ContainerDefinition) { c.DnsServers = []string{"10.0.0.2"} },
		"Invalid 'volumesFrom' setting. Unknown container: 'nope'.": func(_ *request, c *types.ContainerDefinition) {
			c.VolumesFrom = []types.VolumeFrom{{SourceContainer: aws.String("nope")}}
		},
		"Soft limit exceeds hard limit for ulimit nofile": func(_ *request, c *types.ContainerDefinition) {
			c.Ulimits = []types.Ulimit{{Name: types.UlimitNameNofile, SoftLimit: 2048, HardLimit: 1024}}
		},
		"The container has an invalid tmpfs size value specified. It must be a non-zero, non-negative integer.": func(_ *request, c *types.ContainerDefinition) {
			c.LinuxParameters = &types.LinuxParameters{Tmpfs: []types.Tmpfs{{ContainerPath: aws.String("/tmp")}}}
		},
		"The 'restartAttemptPeriod' setting for container 'app' must be between 60 and 1800.": func(_ *request, c *types.ContainerDefinition) {
			c.RestartPolicy = &types.ContainerRestartPolicy{Enabled: aws.Bool(true), RestartAttemptPeriod: aws.Int32(59)}
		},
		"Health check timeout must be less than or equal to the maximum allowed value 60 for container 'app'": func(_ *request, c *types.ContainerDefinition) {
			c.HealthCheck = &types.HealthCheck{Command: []string{"CMD", "true"}, Timeout: aws.Int32(61)}
		},
		"The maximum number of environment files was exceeded. Specify ten or less and try again.": func(_ *request, c *types.ContainerDefinition) {
			c.EnvironmentFiles = slices.Repeat([]types.EnvironmentFile{{Type: types.EnvironmentFileTypeS3, Value: aws.String("arn:aws:s3:::b/a.env")}}, 11)
		},
		"Invalid arn syntax.": func(_ *request, c *types.ContainerDefinition) {
			c.EnvironmentFiles = []types.EnvironmentFile{{Type: types.EnvironmentFileTypeS3, Value: aws.String("s3://b/a.env")}}
		},
		"Log driver awslogs requires options: awslogs-region, awslogs-group": func(_ *request, c *types.ContainerDefinition) {
			c.LogConfiguration.Options = map[string]string{"awslogs-stream-prefix": "app"}
		},
		"When awsfirelens log driver is specified in log configuration, a firelens configuration object must be configured in one of the containers.": func(_ *request, c *types.ContainerDefinition) {
			c.LogConfiguration = &types.LogConfiguration{LogDriver: types.LogDriverAwsfirelens}
		},
		"Invalid setting for container 'app'. 'memory' must be greater than or equal to 'memoryReservation'.": func(_ *request, c *types.ContainerDefinition) {
			c.Memory, c.MemoryReservation = aws.Int32(64), aws.Int32(128)
		},
		"The Systems Manager parameter ARN has a different account ID than the current account. The current account ID is 123456789012 and the ARN account ID is 210987654321. " +
			"Cross-account access for ARNs is not currently supported.": func(_ *request, c *types.ContainerDefinition) {
			c.Secrets[0].ValueFrom = aws.String("arn:aws:ssm:eu-west-1:210987654321:parameter/key")
		},
		"Unsupported field 'inferenceAccelerators'.": func(in *request, _ *types.ContainerDefinition) {
			in.InferenceAccelerators = []types.InferenceAccelerator{{DeviceName: aws.String("d"), DeviceType: aws.String("eia1.medium")}} //nolint:staticcheck // AWS refuses it
		},
		"Proxy container [envoy] does not exist.": func(in *request, _ *types.ContainerDefinition) {
			in.ProxyConfiguration = &types.ProxyConfiguration{ContainerName: aws.String("envoy")}
		},
		"Ingress port not found": func(in *request, _ *types.ContainerDefinition) {
			in.ProxyConfiguration = &types.ProxyConfiguration{ContainerName: aws.String("app")}
		},
	})
}

// TestBridgedContainersThatDoNotFitTogether has AWS's words from public reports.
func TestBridgedContainersThatDoNotFitTogether(t *testing.T) {
	r := newRig(t, emulator.Options{})
	bridge := func() *request {
		in := definition("bridged")
		in.NetworkMode, in.RequiresCompatibilities = types.NetworkModeBridge, []types.Compatibility{types.CompatibilityEc2}
		return in
	}
	r.refusals(bridge, map[string]func(*request, *types.ContainerDefinition){
		"constraint.type 'distinctInstance' is not supported.": func(in *request, _ *types.ContainerDefinition) {
			in.PlacementConstraints = []types.TaskDefinitionPlacementConstraint{{Type: "distinctInstance"}}
		},
		"Container links should not have a cycle": func(in *request, _ *types.ContainerDefinition) {
			sidecar(in, "side").Links = []string{"app:web"}
			in.ContainerDefinitions[0].Links = []string{"side"}
		},
		"APPMESH proxy configuration is only supported in networkMode=awsvpc": func(in *request, _ *types.ContainerDefinition) {
			in.ProxyConfiguration = &types.ProxyConfiguration{ContainerName: aws.String("app")}
		},
		"Tasks using the EC2 launch type do not support EphemeralStorage.": func(in *request, _ *types.ContainerDefinition) {
			in.EphemeralStorage = &types.EphemeralStorage{SizeInGiB: 30}
		},
	})
}

// TestVolumesThatCannotBe has AWS's words from public reports, but for those about an access point without encryption.
func TestVolumesThatCannotBe(t *testing.T) {
	r := newRig(t, emulator.Options{})
	efs := func(change func(*types.EFSVolumeConfiguration)) func(*request, *types.ContainerDefinition) {
		return func(in *request, _ *types.ContainerDefinition) { change(in.Volumes[0].EfsVolumeConfiguration) }
	}
	r.refusals(func() *request {
		in := definition("volumes")
		in.Volumes = []types.Volume{{Name: aws.String("data"), EfsVolumeConfiguration: &types.EFSVolumeConfiguration{FileSystemId: aws.String("fs-1"),
			TransitEncryption: types.EFSTransitEncryptionEnabled, TransitEncryptionPort: aws.Int32(2999),
			AuthorizationConfig: &types.EFSAuthorizationConfig{AccessPointId: aws.String("fsap-1"), Iam: types.EFSAuthorizationConfigIAMEnabled}}}}
		return in
	}, map[string]func(*request, *types.ContainerDefinition){
		`When using an EFS access point, the root directory must either be set to "/" or be omitted.`: efs(func(v *types.EFSVolumeConfiguration) { v.RootDirectory = aws.String("/data") }),
		"EFS IAM authorization requires TransitEncryption to be enabled.":                             efs(func(v *types.EFSVolumeConfiguration) { v.TransitEncryption = "" }),
		"An EFS access point requires TransitEncryption to be enabled.": efs(func(v *types.EFSVolumeConfiguration) {
			v.TransitEncryption, v.AuthorizationConfig.Iam = types.EFSTransitEncryptionDisabled, ""
		}),
		"TransitEncryptionPort requires that TransitEncryption is enabled.": efs(func(v *types.EFSVolumeConfiguration) { v.TransitEncryption, v.AuthorizationConfig = "", nil }),
		"When the volume parameter is specified, only one volume configuration type should be used.": func(in *request, _ *types.ContainerDefinition) {
			in.Volumes[0].Host = &types.HostVolumeProperties{SourcePath: aws.String("/data")}
		},
		"Volumes [disk] are not referenced by any of the containers": func(in *request, _ *types.ContainerDefinition) {
			in.Volumes = append(in.Volumes, types.Volume{Name: aws.String("disk"), ConfiguredAtLaunch: aws.Bool(true)})
		},
	})
}
