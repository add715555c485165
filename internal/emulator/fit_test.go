package emulator_test

import (
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"handover/internal/emulator"
)

// fitting is a Region with a definition for Fargate, api, one for instances alone, hosted, and a target group of each kind.
func fitting(t *testing.T) (r *rig, ip, instance string) {
	r = newRig(t, emulator.Options{})
	ctx := t.Context()
	must(r.ecs.CreateCluster(ctx, &ecs.CreateClusterInput{ClusterName: aws.String("prod")}))
	must(r.ecs.PutClusterCapacityProviders(ctx, &ecs.PutClusterCapacityProvidersInput{
		Cluster: aws.String("prod"), CapacityProviders: []string{"FARGATE_SPOT"}, DefaultCapacityProviderStrategy: []types.CapacityProviderStrategyItem{},
	}))
	must(r.ecs.RegisterTaskDefinition(ctx, definition("api")))
	must(r.ecs.RegisterTaskDefinition(ctx, &ecs.RegisterTaskDefinitionInput{Family: aws.String("hosted"), ContainerDefinitions: []types.ContainerDefinition{{
		Name: aws.String("app"), Image: aws.String("app:1"), Memory: aws.Int32(128), PortMappings: []types.PortMapping{{ContainerPort: aws.Int32(80)}},
	}}}))
	group := func(name string, kind elbtypes.TargetTypeEnum) string {
		made := must(r.elb.CreateTargetGroup(ctx, &elbv2.CreateTargetGroupInput{
			Name: &name, Protocol: elbtypes.ProtocolEnumHttp, Port: aws.Int32(80), VpcId: aws.String("vpc-1"), TargetType: kind,
		})).TargetGroups[0].TargetGroupArn
		r.forward(name, *made)
		return *made
	}
	return r, group("ip", elbtypes.TargetTypeEnumIp), group("instance", "")
}

// TestServicesThatDoNotFit: what ECS refuses of a new service because of its task definition, its launch type or its scheduling, in AWS's words as public reports have them.
func TestServicesThatDoNotFit(t *testing.T) {
	r, ip, instance := fitting(t)
	behind := func(group, container string, port int32) []types.LoadBalancer {
		return []types.LoadBalancer{{TargetGroupArn: &group, ContainerName: &container, ContainerPort: &port}}
	}
	onInstances := func(in *ecs.CreateServiceInput) {
		in.TaskDefinition, in.LaunchType, in.NetworkConfiguration = aws.String("hosted"), types.LaunchTypeEc2, nil
	}
	daemon := func(in *ecs.CreateServiceInput) {
		onInstances(in)
		in.SchedulingStrategy, in.DesiredCount = types.SchedulingStrategyDaemon, nil
	}
	lonely := *must(r.elb.CreateTargetGroup(t.Context(), &elbv2.CreateTargetGroupInput{
		Name: aws.String("lonely"), Protocol: elbtypes.ProtocolEnumHttp, Port: aws.Int32(80), VpcId: aws.String("vpc-1"), TargetType: elbtypes.TargetTypeEnumIp,
	})).TargetGroups[0].TargetGroupArn
	for _, c := range []struct {
		want   string
		change func(*ecs.CreateServiceInput)
	}{
		{"The target group with targetGroupArn " + lonely + " does not have an associated load balancer.", func(in *ecs.CreateServiceInput) { in.LoadBalancers = behind(lonely, "app", 80) }},
		{"The container web does not exist in the task definition.", func(in *ecs.CreateServiceInput) { in.LoadBalancers = behind(ip, "web", 80) }},
		{"The container app did not have a container port 8080 defined.", func(in *ecs.CreateServiceInput) { in.LoadBalancers = behind(ip, "app", 8080) }},
		{"The provided target group " + instance + " has target type instance, which is incompatible with the awsvpc network mode specified in the task definition.",
			func(in *ecs.CreateServiceInput) { in.LoadBalancers = behind(instance, "app", 80) }},
		{"The provided target group " + ip + " has target type ip, which is incompatible with the bridge network mode specified in the task definition.",
			func(in *ecs.CreateServiceInput) { onInstances(in); in.LoadBalancers = behind(ip, "app", 80) }},
		{"Task definition does not support launch_type FARGATE.", func(in *ecs.CreateServiceInput) {
			in.TaskDefinition, in.NetworkConfiguration = aws.String("hosted"), nil
		}},
		{"Task definition does not support launch_type FARGATE.", func(in *ecs.CreateServiceInput) {
			onInstances(in)
			in.LaunchType, in.CapacityProviderStrategy = "", []types.CapacityProviderStrategyItem{{CapacityProvider: aws.String("FARGATE_SPOT"), Weight: 1}}
		}},
		{"The platform version must be null when specifying an EC2 launch type.", func(in *ecs.CreateServiceInput) { onInstances(in); in.PlatformVersion = aws.String("LATEST") }},
		{"Assign public IP is not supported for this launch type.", func(in *ecs.CreateServiceInput) {
			in.LaunchType, in.NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp = types.LaunchTypeEc2, types.AssignPublicIpEnabled
		}},
		{"You cannot specify an IAM role for services that require a service linked role.", func(in *ecs.CreateServiceInput) { in.Role = aws.String("ecsServiceRole") }},
		{"securityGroups can have at most 5 items.", func(in *ecs.CreateServiceInput) {
			in.NetworkConfiguration.AwsvpcConfiguration.SecurityGroups = []string{"sg-1", "sg-2", "sg-3", "sg-4", "sg-5", "sg-6"}
		}},
		{"The service couldn't be created because a valid taskRoleArn is not being used. Specify a valid task role in your task definition and try again.",
			func(in *ecs.CreateServiceInput) { onInstances(in); in.EnableExecuteCommand = true }},
		{"The daemon scheduling strategy is not supported for the Fargate launch type.", func(in *ecs.CreateServiceInput) { // ours
			in.SchedulingStrategy, in.DesiredCount, in.DeploymentConfiguration = types.SchedulingStrategyDaemon, nil, nil
		}},
		{"The daemon scheduling strategy does not support a desired count for services. Remove the desired count value and try again",
			func(in *ecs.CreateServiceInput) { daemon(in); in.DesiredCount = aws.Int32(1) }},
		{"The daemon scheduling strategy does not support values above 100 for maximumPercent on a deployment configuration. Change the maximumPercent value to 100, and try again",
			func(in *ecs.CreateServiceInput) {
				daemon(in)
				in.DeploymentConfiguration.MaximumPercent = aws.Int32(200)
			}},
		{"The daemon scheduling strategy does not support placement strategies. Remove the placement strategy and try again", func(in *ecs.CreateServiceInput) {
			daemon(in)
			in.PlacementStrategy = []types.PlacementStrategy{{Type: types.PlacementStrategyTypeRandom}}
		}},
		{"The service couldn't be created because Availability Zone Rebalancing does not support DAEMON as scheduling strategy. Update scheduling strategy and try again.",
			func(in *ecs.CreateServiceInput) {
				daemon(in)
				in.DeploymentConfiguration = nil
				in.AvailabilityZoneRebalancing = types.AvailabilityZoneRebalancingEnabled
			}},
		{"Placement constraints are not supported with FARGATE launch type.", func(in *ecs.CreateServiceInput) {
			in.PlacementConstraints = []types.PlacementConstraint{{Type: types.PlacementConstraintTypeDistinctInstance}}
		}},
		{"Placement strategies are not supported with FARGATE launch type.", func(in *ecs.CreateServiceInput) {
			in.PlacementStrategy = []types.PlacementStrategy{{Type: types.PlacementStrategyTypeRandom}}
		}},
		{"Maximum number of strategies is 5.", func(in *ecs.CreateServiceInput) {
			onInstances(in)
			in.PlacementStrategy = slices.Repeat([]types.PlacementStrategy{{Type: types.PlacementStrategyTypeRandom}}, 6)
		}},
		{"binpack field 'instanceId' is invalid.", func(in *ecs.CreateServiceInput) {
			onInstances(in)
			in.PlacementStrategy = []types.PlacementStrategy{{Type: types.PlacementStrategyTypeBinpack, Field: aws.String("instanceId")}}
		}},
		{"random field should not be specified.", func(in *ecs.CreateServiceInput) {
			onInstances(in)
			in.PlacementStrategy = []types.PlacementStrategy{{Type: types.PlacementStrategyTypeRandom, Field: aws.String("cpu")}}
		}},
		{"distinctInstance expression should not be specified.", func(in *ecs.CreateServiceInput) {
			onInstances(in)
			in.PlacementConstraints = []types.PlacementConstraint{{Type: types.PlacementConstraintTypeDistinctInstance, Expression: aws.String("attribute:a == b")}}
		}},
		{"minimumHealthyPercent must be at most 100", func(in *ecs.CreateServiceInput) { in.DeploymentConfiguration.MinimumHealthyPercent = aws.Int32(101) }},
		{"maximumPercent must be at least 100", func(in *ecs.CreateServiceInput) { in.DeploymentConfiguration.MaximumPercent = aws.Int32(99) }},
		{"When specifying the CODE_DEPLOY deployment controller type, the service requires an Application Load Balancer or Network Load Balancer.",
			func(in *ecs.CreateServiceInput) {
				in.DeploymentController = &types.DeploymentController{Type: types.DeploymentControllerTypeCodeDeploy}
			}},
		{"TaskDefinition must be blank.", func(in *ecs.CreateServiceInput) {
			in.DeploymentController = &types.DeploymentController{Type: types.DeploymentControllerTypeExternal}
		}},
		{"LoadBalancers must be empty or null.", func(in *ecs.CreateServiceInput) {
			in.DeploymentController, in.TaskDefinition = &types.DeploymentController{Type: types.DeploymentControllerTypeExternal}, nil
			in.LoadBalancers = behind(ip, "app", 80)
		}},
		{"Classic Load Balancers are not supported with Fargate.", func(in *ecs.CreateServiceInput) {
			in.LoadBalancers = []types.LoadBalancer{{LoadBalancerName: aws.String("old"), ContainerName: aws.String("app"), ContainerPort: aws.Int32(80)}}
		}},
		{"loadBalancerName and targetGroupArn cannot both be specified. You must specify either a loadBalancerName or a targetGroupArn in all loadBalancer entries",
			func(in *ecs.CreateServiceInput) {
				onInstances(in)
				in.LoadBalancers = behind(instance, "app", 80)
				in.LoadBalancers[0].LoadBalancerName = aws.String("old")
			}},
		{"service registries can have at most 1 items.", func(in *ecs.CreateServiceInput) { in.ServiceRegistries = make([]types.ServiceRegistry, 2) }},
		{"Namespace is missing", func(in *ecs.CreateServiceInput) {
			in.ServiceConnectConfiguration = &types.ServiceConnectConfiguration{Enabled: true}
		}},
		{"2 clientAliases exceeds the max limit of 1", func(in *ecs.CreateServiceInput) {
			alias := types.ServiceConnectClientAlias{Port: aws.Int32(80)}
			in.ServiceConnectConfiguration = &types.ServiceConnectConfiguration{Enabled: true, Namespace: aws.String("n"), Services: []types.ServiceConnectService{
				{PortName: aws.String("web"), ClientAliases: []types.ServiceConnectClientAlias{alias, alias}}}}
		}},
		{"Volume configuration provided but no matching configuredAtLaunch volume found in task definition.", func(in *ecs.CreateServiceInput) {
			in.VolumeConfigurations = []types.ServiceVolumeConfiguration{{Name: aws.String("disk")}}
		}},
		{"There are no capacity providers in the capacity provider strategy with a weight value greater than zero. Specify a weight value greater than zero for at least one " +
			"capacity provider and try again.", func(in *ecs.CreateServiceInput) {
			in.LaunchType, in.CapacityProviderStrategy = "", []types.CapacityProviderStrategyItem{{CapacityProvider: aws.String("FARGATE_SPOT")}, {CapacityProvider: aws.String("FARGATE_SPOT")}}
		}},
	} {
		in := service("api", "", 2, 100, 200)
		c.change(in)
		if _, err := r.ecs.CreateService(t.Context(), in); code(err) != "InvalidParameterException: "+c.want {
			t.Errorf("%s, want %s", code(err), c.want)
		}
	}
	in := service("web", "", 2, 100, 200)
	onInstances(in)
	in.LoadBalancers = behind(instance, "app", 80)
	must(r.ecs.CreateService(t.Context(), in))
}

// TestUpdatesThatDoNotFit: an update is held to the same, with what it leaves alone; so are tasks on their own.
func TestUpdatesThatDoNotFit(t *testing.T) {
	r, ip, _ := fitting(t)
	ctx := t.Context()
	must(r.ecs.CreateService(ctx, service("api", ip, 2, 100, 200)))
	other := definition("other")
	other.ContainerDefinitions[0].Name = aws.String("web")
	must(r.ecs.RegisterTaskDefinition(ctx, other))
	for _, c := range []struct {
		definition, want string
	}{
		{"other", "InvalidParameterException: The container app does not exist in the task definition."},
		{"hosted", "InvalidParameterException: Network Configuration is not valid for the given networkMode of this task definition."},
		{"api", ""},
	} {
		if _, err := r.ecs.UpdateService(ctx, &ecs.UpdateServiceInput{Cluster: aws.String("prod"), Service: aws.String("api"), TaskDefinition: &c.definition}); code(err) != c.want {
			t.Errorf("%s: %s, want %s", c.definition, code(err), c.want)
		}
	}
	must(r.ecs.CreateService(ctx, &ecs.CreateServiceInput{Cluster: aws.String("prod"), ServiceName: aws.String("agent"), TaskDefinition: aws.String("hosted"), SchedulingStrategy: types.SchedulingStrategyDaemon}))
	for want, in := range map[string]*ecs.UpdateServiceInput{
		"InvalidParameterException: The service couldn't be updated because a valid taskRoleArn is not being used. Specify a valid task role in your task definition and try again.": {EnableExecuteCommand: aws.Bool(true)},
		"InvalidParameterException: The daemon scheduling strategy does not support a desired count for services. Remove the desired count value and try again":                      {DesiredCount: aws.Int32(2)},
	} {
		in.Cluster, in.Service = aws.String("prod"), aws.String("agent")
		if _, err := r.ecs.UpdateService(ctx, in); code(err) != want {
			t.Errorf("%s, want %s", code(err), want)
		}
	}
	_, err := r.ecs.RunTask(ctx, &ecs.RunTaskInput{Cluster: aws.String("prod"), TaskDefinition: aws.String("hosted"), LaunchType: types.LaunchTypeFargate})
	if want := "InvalidParameterException: Task definition does not support launch_type FARGATE."; code(err) != want {
		t.Errorf("a task: %s, want %s", code(err), want)
	}
	for want, overrides := range map[string]types.TaskOverride{
		"InvalidParameterException: Override for container named web is not a container in the TaskDefinition.":                                                    {ContainerOverrides: []types.ContainerOverride{{Name: aws.String("web")}}},
		"InvalidParameterException: No Fargate configuration exists for given values: 512 CPU, 512 memory. See the Amazon ECS documentation for the valid values.": {Cpu: aws.String("512")},
	} {
		_, err := r.ecs.RunTask(ctx, &ecs.RunTaskInput{Cluster: aws.String("prod"), TaskDefinition: aws.String("api"), LaunchType: types.LaunchTypeFargate, Overrides: &overrides,
			NetworkConfiguration: service("api", "", 1, 100, 200).NetworkConfiguration})
		if code(err) != want {
			t.Errorf("a task: %s, want %s", code(err), want)
		}
	}
}

// TestClustersThatAreRefused: settings and capacity providers are checked when a cluster is made, too.
func TestClustersThatAreRefused(t *testing.T) {
	r, ctx := newRig(t, emulator.Options{}), t.Context()
	for _, c := range []struct {
		in   ecs.CreateClusterInput
		want string
	}{
		{ecs.CreateClusterInput{CapacityProviders: []string{"machines"}}, "InvalidParameterException: The specified capacity provider 'machines' was not found. Specify a valid name or ARN and try again."},
		{ecs.CreateClusterInput{DefaultCapacityProviderStrategy: []types.CapacityProviderStrategyItem{{CapacityProvider: aws.String("FARGATE")}}},
			"InvalidParameterException: The specified capacity provider strategy cannot contain a capacity provider that is not associated with the cluster. " +
				"Associate the capacity provider with the cluster or specify a valid capacity provider and try again."},
		{ecs.CreateClusterInput{Settings: []types.ClusterSetting{{Name: types.ClusterSettingNameContainerInsights, Value: aws.String("on")}}},
			"InvalidParameterException: Invalid value for the cluster setting containerInsights. It must be one of enhanced, enabled, disabled."}, // ours
	} {
		if _, err := r.ecs.CreateCluster(ctx, &c.in); code(err) != c.want {
			t.Errorf("%s, want %s", code(err), c.want)
		}
	}
	if _, err := r.ecs.CreateService(ctx, service("api", "", 1, 100, 200)); code(err) != "ClusterNotFoundException: Cluster not found." {
		t.Errorf("a service without a cluster: %s", code(err))
	}
}

// TestInactiveClusters: tags of a cluster that was deleted are refused while ECS still shows it, in AWS's words as public reports have them.
func TestInactiveClusters(t *testing.T) {
	r, ctx := newRig(t, emulator.Options{}), t.Context()
	arn := must(r.ecs.CreateCluster(ctx, &ecs.CreateClusterInput{ClusterName: aws.String("gone")})).Cluster.ClusterArn
	must(r.ecs.DeleteCluster(ctx, &ecs.DeleteClusterInput{Cluster: arn}))
	if _, err := r.ecs.ListTagsForResource(ctx, &ecs.ListTagsForResourceInput{ResourceArn: arn}); code(err) !=
		"InvalidParameterException: The specified cluster is inactive. Specify an active cluster and try again." {
		t.Errorf("tags of a deleted cluster: %s", code(err))
	}
	if _, err := r.ecs.DescribeContainerInstances(ctx, &ecs.DescribeContainerInstancesInput{ContainerInstances: []string{}}); code(err) !=
		"InvalidParameterException: Container instance cannot be empty." {
		t.Errorf("no container instances: %s", code(err))
	}
}

// TestPlatforms: a service and a task on Fargate ask for a platform that there is, and that has what their definition asks for; both say what they run on.
func TestPlatforms(t *testing.T) {
	r, _, _ := fitting(t)
	ctx := t.Context()
	shared := definition("shared")
	shared.Volumes = []types.Volume{{Name: aws.String("files"), EfsVolumeConfiguration: &types.EFSVolumeConfiguration{FileSystemId: aws.String("fs-1")}}}
	must(r.ecs.RegisterTaskDefinition(ctx, shared))
	const unknown, lacking = "PlatformUnknownException: The specified platform does not exist.", "PlatformTaskDefinitionIncompatibilityException: One or more of the requested capabilities are not supported."
	for _, c := range []struct{ definition, version, want string }{
		{"api", "1.4", unknown}, {"api", "1.5.0", unknown}, {"shared", "1.3.0", lacking}, {"shared", "LATEST", ""}, {"api", "1.3.0", ""},
	} {
		in := service("s"+c.version[:1], "", 1, 100, 200)
		in.TaskDefinition, in.PlatformVersion = &c.definition, &c.version
		made, err := r.ecs.CreateService(ctx, in)
		if code(err) != c.want {
			t.Errorf("%s on %s: %s, want %s", c.definition, c.version, code(err), c.want)
		}
		if s := made; err == nil && (*s.Service.PlatformVersion != c.version || *s.Service.PlatformFamily != "Linux" || *s.Service.Deployments[0].PlatformFamily != "Linux") {
			t.Errorf("a service on %s: %s %v", c.version, *s.Service.PlatformVersion, s.Service.PlatformFamily)
		}
		_, err = r.ecs.RunTask(ctx, &ecs.RunTaskInput{Cluster: aws.String("prod"), TaskDefinition: &c.definition, LaunchType: types.LaunchTypeFargate, PlatformVersion: &c.version,
			NetworkConfiguration: in.NetworkConfiguration})
		if code(err) != c.want {
			t.Errorf("a task of %s on %s: %s, want %s", c.definition, c.version, code(err), c.want)
		}
	}
	_, err := r.ecs.UpdateService(ctx, &ecs.UpdateServiceInput{Cluster: aws.String("prod"), Service: aws.String("s1"), PlatformVersion: aws.String("2.0.0")})
	if code(err) != unknown {
		t.Errorf("an update: %s", code(err))
	}
}

// TestStrategiesAreChangedByForce: another capacity provider strategy, or the first one, takes a deployment that is forced; the same one does not. Source: public reports
// (kayac/ecspresso#481, aws/aws-cdk#34631).
func TestStrategiesAreChangedByForce(t *testing.T) {
	r, _, _ := fitting(t)
	ctx := t.Context()
	must(r.ecs.CreateService(ctx, service("api", "", 2, 100, 200)))
	const want = "InvalidParameterException: When switching from launch type to capacity provider strategy on an existing service, or making a change to a capacity provider strategy " +
		"on a service that is already using one, you must force a new deployment."
	update := func(weight int32, force bool) error {
		_, err := r.ecs.UpdateService(ctx, &ecs.UpdateServiceInput{Cluster: aws.String("prod"), Service: aws.String("api"), ForceNewDeployment: force,
			CapacityProviderStrategy: []types.CapacityProviderStrategyItem{{CapacityProvider: aws.String("FARGATE_SPOT"), Weight: weight}}})
		return err
	}
	for _, c := range []struct {
		weight int32
		force  bool
		want   string
	}{{1, false, want}, {1, true, ""}, {1, false, ""}, {2, false, want}, {2, true, ""}} {
		if err := update(c.weight, c.force); code(err) != c.want {
			t.Errorf("weight %d, forced %v: %s", c.weight, c.force, code(err))
		}
	}
}

// TestWhatIsLeftOutIsSaid: descriptions have the members of a network that the request left out, the size of a task that its overrides ask for, and when a definition was deregistered.
func TestWhatIsLeftOutIsSaid(t *testing.T) {
	r, _, _ := fitting(t)
	ctx := t.Context()
	in := service("api", "", 1, 100, 200)
	in.NetworkConfiguration.AwsvpcConfiguration.SecurityGroups, in.NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp = nil, ""
	network := must(r.ecs.CreateService(ctx, in)).Service.NetworkConfiguration.AwsvpcConfiguration
	if network.AssignPublicIp != types.AssignPublicIpDisabled || network.SecurityGroups == nil {
		t.Errorf("the network is %+v", network)
	}
	task := must(r.ecs.RunTask(ctx, &ecs.RunTaskInput{Cluster: aws.String("prod"), TaskDefinition: aws.String("api"), LaunchType: types.LaunchTypeFargate,
		NetworkConfiguration: in.NetworkConfiguration, Overrides: &types.TaskOverride{Cpu: aws.String("1024"), Memory: aws.String("2048")}})).Tasks[0]
	if *task.Cpu != "1024" || *task.Memory != "2048" {
		t.Errorf("the task has %s CPU units and %s MiB", *task.Cpu, *task.Memory)
	}
	gone := must(r.ecs.DeregisterTaskDefinition(ctx, &ecs.DeregisterTaskDefinitionInput{TaskDefinition: aws.String("api:1")})).TaskDefinition
	r.pass(time.Hour)
	again := must(r.ecs.DeregisterTaskDefinition(ctx, &ecs.DeregisterTaskDefinitionInput{TaskDefinition: aws.String("api:1")})).TaskDefinition
	if gone.DeregisteredAt == nil || !gone.DeregisteredAt.Equal(*again.DeregisteredAt) {
		t.Errorf("deregistered at %v, and then at %v", gone.DeregisteredAt, again.DeregisteredAt)
	}
	_, err := r.ecs.RunTask(ctx, &ecs.RunTaskInput{Cluster: aws.String("prod"), TaskDefinition: aws.String("shared"), PropagateTags: types.PropagateTagsService})
	if want := "InvalidParameterException: Tags of a service cannot be propagated to a task that no service runs."; code(err) != want {
		t.Errorf("%s, want %s", code(err), want)
	}
}

// TestAClusterWhoseServicesDrainIsDeleted: a service that is deleted and has no task left is no hindrance; its tasks are.
func TestAClusterWhoseServicesDrainIsDeleted(t *testing.T) {
	r, _, _ := fitting(t)
	ctx := t.Context()
	must(r.ecs.CreateService(ctx, service("api", "", 1, 100, 200)))
	r.pass(5 * time.Minute)
	must(r.ecs.DeleteService(ctx, &ecs.DeleteServiceInput{Cluster: aws.String("prod"), Service: aws.String("api"), Force: aws.Bool(true)}))
	_, err := r.ecs.DeleteCluster(ctx, &ecs.DeleteClusterInput{Cluster: aws.String("prod")})
	if want := "ClusterContainsTasksException: The Cluster cannot be deleted while Tasks are active."; code(err) != want {
		t.Errorf("%s, want %s", code(err), want)
	}
	must(r.ecs.CreateCluster(ctx, &ecs.CreateClusterInput{ClusterName: aws.String("other")}))
	in := service("api", "", 0, 100, 200)
	in.Cluster = aws.String("other")
	must(r.ecs.CreateService(ctx, in))
	if status := must(r.ecs.DeleteService(ctx, &ecs.DeleteServiceInput{Cluster: aws.String("other"), Service: aws.String("api")})).Service.Status; *status != "DRAINING" {
		t.Errorf("the service is %s", *status)
	}
	must(r.ecs.DeleteCluster(ctx, &ecs.DeleteClusterInput{Cluster: aws.String("other")}))
	r.pass(time.Hour)
}
