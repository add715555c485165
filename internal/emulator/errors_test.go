package emulator_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"handover/internal/emulator"
)

// TestServiceErrors has the errors of operations on services in AWS's words. Source: behaviour §10 and §1.1 (9), where not said otherwise.
func TestServiceErrors(t *testing.T) {
	r := newRig(t, emulator.Options{})
	group := r.scene(1, 100, 200)
	must(r.ecs.RegisterTaskDefinition(t.Context(), definition("old")))
	must(r.ecs.DeregisterTaskDefinition(t.Context(), &ecs.DeregisterTaskDefinitionInput{TaskDefinition: aws.String("old:1")}))
	shifted := service("shifted", group, 1, 100, 200)
	shifted.DeploymentController = &types.DeploymentController{Type: types.DeploymentControllerTypeCodeDeploy}
	must(r.ecs.CreateService(t.Context(), shifted))
	update := func(change func(*ecs.UpdateServiceInput)) error {
		in := &ecs.UpdateServiceInput{Cluster: aws.String("prod"), Service: aws.String("api")}
		change(in)
		_, err := r.ecs.UpdateService(t.Context(), in)
		return err
	}
	create := func(change func(*ecs.CreateServiceInput)) error {
		in := service("new", "", 1, 100, 200)
		change(in)
		_, err := r.ecs.CreateService(t.Context(), in)
		return err
	}
	for _, c := range []struct {
		name string
		err  error
		want string
	}{
		{"unknown cluster", update(func(in *ecs.UpdateServiceInput) { in.Cluster = aws.String("none") }), "ClusterNotFoundException: Cluster not found."},
		{"unknown service", update(func(in *ecs.UpdateServiceInput) { in.Service = aws.String("none") }), "ServiceNotFoundException: Service not found."},
		{"cluster in quotes", update(func(in *ecs.UpdateServiceInput) { in.Cluster = aws.String(`"prod"`) }), "InvalidParameterException: Unsupported resource type: cluster"},
		{"wrong type of ARN", update(func(in *ecs.UpdateServiceInput) {
			in.Cluster = aws.String("arn:aws:ecs:eu-west-1:123456789012:service/prod/api")
		}), "InvalidParameterException: Unsupported resource type: cluster"},
		{"unknown definition", update(func(in *ecs.UpdateServiceInput) { in.TaskDefinition = aws.String("none:1") }), "ClientException: TaskDefinition not found."},
		{"inactive definition", update(func(in *ecs.UpdateServiceInput) { in.TaskDefinition = aws.String("old:1") }), "ClientException: TaskDefinition is inactive"},
		{"bounds that block", update(func(in *ecs.UpdateServiceInput) {
			in.DeploymentConfiguration = &types.DeploymentConfiguration{MaximumPercent: aws.Int32(100)}
		}), "InvalidParameterException: Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments."},
		{"CODE_DEPLOY, force", update(func(in *ecs.UpdateServiceInput) { in.Service, in.ForceNewDeployment = aws.String("shifted"), true }),
			"InvalidParameterException: Cannot force a new deployment on services with a CODE_DEPLOY deployment controller. Use AWS CodeDeploy to trigger a new deployment."},
		{"CODE_DEPLOY, definition", update(func(in *ecs.UpdateServiceInput) {
			in.Service, in.TaskDefinition = aws.String("shifted"), aws.String("api")
		}),
			"InvalidParameterException: Unable to update task definition on services with a CODE_DEPLOY deployment controller. Use AWS CodeDeploy to trigger a new deployment."},
		{"CODE_DEPLOY, network", update(func(in *ecs.UpdateServiceInput) {
			in.Service, in.NetworkConfiguration = aws.String("shifted"), service("", "", 0, 0, 0).NetworkConfiguration
		}), "InvalidParameterException: Unable to update network parameters on services with a CODE_DEPLOY deployment controller. Use AWS CodeDeploy to trigger a new deployment."},
		{"another account", update(func(in *ecs.UpdateServiceInput) { in.Cluster = aws.String("arn:aws:ecs:eu-west-1:1:cluster/prod") }),
			"InvalidParameterException: Identifier is for 1. Your accountId is 123456789012"}, // public reports
		{"launch type and strategy", create(func(in *ecs.CreateServiceInput) {
			in.CapacityProviderStrategy = []types.CapacityProviderStrategyItem{{CapacityProvider: aws.String("FARGATE")}}
		}), "InvalidParameterException: Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again."}, // public reports
		{"no network", create(func(in *ecs.CreateServiceInput) { in.NetworkConfiguration = nil }),
			"InvalidParameterException: Network Configuration must be provided when networkMode 'awsvpc' is specified."}, // public reports
		{"twice", create(func(in *ecs.CreateServiceInput) { in.ServiceName = aws.String("api") }), "InvalidParameterException: Creation of service was not idempotent."},
		{"negative count", create(func(in *ecs.CreateServiceInput) { in.DesiredCount = aws.Int32(-1) }), "InvalidParameterException: desiredCount cannot be negative."}, // ours
		{"no count", create(func(in *ecs.CreateServiceInput) { in.DesiredCount = nil }),
			"InvalidParameterException: desiredCount is required when the scheduling strategy is REPLICA."}, // ours
		{"bad name", create(func(in *ecs.CreateServiceInput) { in.ServiceName = aws.String("a b") }),
			"InvalidParameterException: Invalid service name: up to 255 letters, numbers, underscores, and hyphens are allowed."}, // ours
		{"no subnets", create(func(in *ecs.CreateServiceInput) { in.NetworkConfiguration.AwsvpcConfiguration.Subnets = []string{} }),
			"InvalidParameterException: subnets can not be empty."}, // ours
		{"17 subnets", create(func(in *ecs.CreateServiceInput) {
			in.NetworkConfiguration.AwsvpcConfiguration.Subnets = make([]string, 17)
		}),
			"InvalidParameterException: subnets can have at most 16 items."},
		{"6 target groups", create(func(in *ecs.CreateServiceInput) { in.LoadBalancers = make([]types.LoadBalancer, 6) }),
			"InvalidParameterException: loadBalancers can have at most 5 items."},
		{"unknown target group", create(func(in *ecs.CreateServiceInput) {
			in.LoadBalancers = service("", "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/none/1", 0, 0, 0).LoadBalancers
		}), "InvalidParameterException: The specified target group does not exist."},
		{"another controller", update(func(in *ecs.UpdateServiceInput) {
			in.DeploymentController = &types.DeploymentController{Type: types.DeploymentControllerTypeExternal}
		}), "UnsupportedFeatureException: The emulator does not offer to change the deployment controller of a service."}, // ours
		{"unknown launch type", create(func(in *ecs.CreateServiceInput) { in.LaunchType = "MOON" }),
			"ClientException: launch type should be one of [EC2,FARGATE,EXTERNAL,MANAGED_INSTANCES]"}, // public reports, for the launch types of their time
		{"unknown constraint", create(func(in *ecs.CreateServiceInput) {
			in.PlacementConstraints = []types.PlacementConstraint{{Type: "near"}}
		}), "InvalidParameterException: near should be one of [distinctInstance,memberOf]"},
		{"another strategy", create(func(in *ecs.CreateServiceInput) {
			in.DeploymentConfiguration.Strategy = types.DeploymentStrategyBlueGreen
		}),
			"UnsupportedFeatureException: The emulator does not offer the deployment strategy BLUE_GREEN."}, // ours
	} {
		if got := code(c.err); got != c.want {
			t.Errorf("%s:\n got %q\nwant %q", c.name, got, c.want)
		}
	}
}

func TestTaskErrors(t *testing.T) {
	r := newRig(t, emulator.Options{})
	r.scene(1, 100, 200)
	stop := func(task string) error {
		_, err := r.ecs.StopTask(t.Context(), &ecs.StopTaskInput{Cluster: aws.String("prod"), Task: &task})
		return err
	}
	describe := func(tasks ...string) error {
		_, err := r.ecs.DescribeTasks(t.Context(), &ecs.DescribeTasksInput{Cluster: aws.String("prod"), Tasks: append([]string{}, tasks...)})
		return err
	}
	list := func(in *ecs.ListTasksInput) error {
		in.Cluster = aws.String("prod")
		_, err := r.ecs.ListTasks(t.Context(), in)
		return err
	}
	services := func(cluster string, names ...string) error {
		_, err := r.ecs.DescribeServices(t.Context(), &ecs.DescribeServicesInput{Cluster: &cluster, Services: names})
		return err
	}
	_, noDefinition := r.ecs.DescribeTaskDefinition(t.Context(), &ecs.DescribeTaskDefinitionInput{TaskDefinition: aws.String("none")})
	_, inUse := r.ecs.DeleteCluster(t.Context(), &ecs.DeleteClusterInput{Cluster: aws.String("prod")})
	for _, c := range []struct {
		name string
		err  error
		want string
	}{
		{"unknown task", stop(strings.Repeat("0", 32)), "InvalidParameterException: The referenced task was not found."},
		{"malformed task", stop("what"), "InvalidParameterException: Task Identifier is invalid"},
		{"no tasks", describe(), "InvalidParameterException: Tasks cannot be empty."},
		{"short id", describe("abc"), "InvalidParameterException: taskId length should be one of [32,36]"}, // public reports
		{"101 tasks", describe(make([]string, 101)...), "InvalidParameterException: tasks can have at most 100 items."},
		{"11 services", services("prod", make([]string, 11)...), "InvalidParameterException: services can have at most 10 items."},
		{"services of no cluster", services("none", "api"), "ClusterNotFoundException: Cluster not found."},
		{"tasks of an unknown service", list(&ecs.ListTasksInput{ServiceName: aws.String("none")}), "ServiceNotFoundException: Service not found."},
		{"startedBy with another", list(&ecs.ListTasksInput{StartedBy: aws.String("x"), Family: aws.String("y")}),
			"InvalidParameterException: startedBy must be the only filter that is used."}, // ours
		{"page of 0", list(&ecs.ListTasksInput{MaxResults: aws.Int32(0)}), "InvalidParameterException: maxResults must be between 1 and 100."}, // ours
		{"made-up token", list(&ecs.ListTasksInput{NextToken: aws.String("x")}), "InvalidParameterException: Invalid token."},                  // ours
		{"unknown definition", noDefinition, "ClientException: Unable to describe task definition."},                                           // public reports
	} {
		if got := code(c.err); got != c.want {
			t.Errorf("%s:\n got %q\nwant %q", c.name, got, c.want)
		}
	}
	if got := code(inUse); !strings.HasPrefix(got, "ClusterContains") {
		t.Errorf("deleting a cluster in use: %q", got)
	}
	missing := must(r.ecs.DescribeServices(t.Context(), &ecs.DescribeServicesInput{Cluster: aws.String("prod"), Services: []string{"api", "none"}}))
	if len(missing.Services) != 1 || *missing.Failures[0].Reason != "MISSING" || *missing.Failures[0].Arn != "arn:aws:ecs:eu-west-1:123456789012:service/prod/none" {
		t.Errorf("failures: %+v", missing.Failures)
	}
}

func TestDefinitionErrors(t *testing.T) {
	r := newRig(t, emulator.Options{})
	for _, c := range []struct {
		name   string
		change func(*ecs.RegisterTaskDefinitionInput)
		want   string
	}{
		{"family", func(in *ecs.RegisterTaskDefinitionInput) { in.Family = aws.String("a b") }, "ClientException: Family contains invalid characters."},
		{"no containers", func(in *ecs.RegisterTaskDefinitionInput) { in.ContainerDefinitions = []types.ContainerDefinition{} }, "ClientException: Container list cannot be empty."},
		{"no image", func(in *ecs.RegisterTaskDefinitionInput) { in.ContainerDefinitions[0].Image = nil }, "ClientException: Container.image should not be null or empty."},
		{"bridge on Fargate", func(in *ecs.RegisterTaskDefinitionInput) { in.NetworkMode = types.NetworkModeBridge }, "ClientException: Fargate only supports network mode ‘awsvpc’."},
		{"no cpu on Fargate", func(in *ecs.RegisterTaskDefinitionInput) { in.Cpu = nil }, "ClientException: Fargate requires that 'cpu' be defined at the task level."},
		{"no memory", func(in *ecs.RegisterTaskDefinitionInput) { in.Memory, in.RequiresCompatibilities = nil, nil },
			"ClientException: Invalid setting for container 'app'. At least one of 'memory' or 'memoryReservation' must be specified."},
	} {
		in := definition("api")
		c.change(in)
		_, err := r.ecs.RegisterTaskDefinition(t.Context(), in)
		if got := code(err); got != c.want {
			t.Errorf("%s:\n got %q\nwant %q", c.name, got, c.want)
		}
	}
}

func TestBalancingErrors(t *testing.T) {
	r := newRig(t, emulator.Options{})
	group := r.scene(1, 100, 200)
	none := aws.String(strings.Replace(group, "web", "none", 1))
	_, unknownHealth := r.elb.DescribeTargetHealth(t.Context(), &elbv2.DescribeTargetHealthInput{TargetGroupArn: none})
	_, unknownName := r.elb.DescribeTargetGroups(t.Context(), &elbv2.DescribeTargetGroupsInput{Names: []string{"web", "none"}})
	_, unknownBalancer := r.elb.DescribeLoadBalancers(t.Context(), &elbv2.DescribeLoadBalancersInput{Names: []string{"x"}})
	_, unknownListener := r.elb.DescribeListeners(t.Context(), &elbv2.DescribeListenersInput{ListenerArns: []string{"x"}})
	_, badDelay := r.elb.ModifyTargetGroupAttributes(t.Context(), &elbv2.ModifyTargetGroupAttributesInput{TargetGroupArn: &group, Attributes: []elbtypes.TargetGroupAttribute{
		{Key: aws.String("deregistration_delay.timeout_seconds"), Value: aws.String("3601")}}})
	_, badKey := r.elb.ModifyTargetGroupAttributes(t.Context(), &elbv2.ModifyTargetGroupAttributesInput{TargetGroupArn: &group, Attributes: []elbtypes.TargetGroupAttribute{
		{Key: aws.String("drain"), Value: aws.String("1")}}})
	_, noVPC := r.elb.CreateTargetGroup(t.Context(), &elbv2.CreateTargetGroupInput{Name: aws.String("x"), Protocol: elbtypes.ProtocolEnumHttp, Port: aws.Int32(80)})
	createGroup := func(name string, interval *int32) error {
		_, err := r.elb.CreateTargetGroup(t.Context(), &elbv2.CreateTargetGroupInput{
			Name: &name, Protocol: elbtypes.ProtocolEnumHttp, Port: aws.Int32(80), VpcId: aws.String("vpc-1"), HealthCheckIntervalSeconds: interval})
		return err
	}
	_, lacking := r.elb.CreateTrustStore(t.Context(), &elbv2.CreateTrustStoreInput{Name: aws.String("x"), CaCertificatesBundleS3Bucket: aws.String("x"), CaCertificatesBundleS3Key: aws.String("x")})
	for _, c := range []struct {
		err  error
		want string
	}{
		{unknownHealth, "TargetGroupNotFound: One or more target groups not found"},
		{unknownName, "TargetGroupNotFound: One or more target groups not found"},
		{unknownBalancer, "LoadBalancerNotFound: Load balancers '[x]' not found"},
		{unknownListener, "ValidationError: 'x' is not a valid listener ARN"},
		{badDelay, "ValidationError: 'deregistration_delay.timeout_seconds' must be between '0' and '3600'"},
		{badKey, "ValidationError: Target group attribute key 'drain' is not recognized"},
		{noVPC, "ValidationError: A VPC ID must be specified"},
		{createGroup("", nil), "ValidationError: A target group name must be specified"},
		{createGroup(strings.Repeat("a", 33), nil), "ValidationError: Target group name '" + strings.Repeat("a", 33) + "' cannot be longer than '32' characters"},
		{createGroup("a_b", nil), "ValidationError: Target group name 'a_b' can only contain characters that are alphanumeric characters or hyphens(-)"},
		{createGroup("-a", nil), "ValidationError: 1 validation error detected: Value '-a' at 'targetGroup.targetGroupArn.targetGroupName' failed to satisfy constraint: " +
			"Member must satisfy regular expression pattern: (?!.*--)(?!^-)(?!.*-$)^[A-Za-z0-9-]+$"},
		{createGroup("a", aws.Int32(4)), "ValidationError: Health check interval must be between 5 and 300"},
		{createGroup("web", nil), "DuplicateTargetGroupName: A target group with the same name 'web' exists, but with different settings"},
		{lacking, "InvalidAction: The emulator does not offer CreateTrustStore. See docs/emulator.md for what it offers."},
	} {
		if got := code(c.err); got != c.want {
			t.Errorf("\n got %q\nwant %q", got, c.want)
		}
	}
}

func TestLackingOperations(t *testing.T) {
	r := newRig(t, emulator.Options{})
	_, err := r.ecs.ListGateways(t.Context(), &ecs.ListGatewaysInput{})
	if got, want := code(err), "UnknownOperationException: The emulator does not offer ListGateways. See docs/emulator.md for what it offers."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	_, err = r.scaling.GetPredictiveScalingForecast(t.Context(), &applicationautoscaling.GetPredictiveScalingForecastInput{
		ServiceNamespace: "ecs", ResourceId: aws.String("service/a/b"), ScalableDimension: "ecs:service:DesiredCount", PolicyName: aws.String("p"), StartTime: aws.Time(morning), EndTime: aws.Time(morning),
	})
	if got := code(err); !strings.Contains(got, "does not offer GetPredictiveScalingForecast") {
		t.Errorf("got %q", got)
	}
	if out := must(r.scaling.DescribeScalableTargets(t.Context(), &applicationautoscaling.DescribeScalableTargetsInput{ServiceNamespace: "ecs"})); len(out.ScalableTargets) != 0 {
		t.Errorf("scalable targets: %v", out.ScalableTargets)
	}
}

func TestIdentity(t *testing.T) {
	r := newRig(t, emulator.Options{})
	who := must(r.in("cn-northwest-1").sts.GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{}))
	if *who.Account != "123456789012" || *who.Arn != "arn:aws-cn:iam::123456789012:user/emulated" {
		t.Errorf("the caller is %s in %s", *who.Arn, *who.Account)
	}
	role := must(r.sts.AssumeRole(t.Context(), &sts.AssumeRoleInput{RoleArn: aws.String("arn:aws:iam::210987654321:role/path/ops"), RoleSessionName: aws.String("me")}))
	if *role.AssumedRoleUser.Arn != "arn:aws:sts::210987654321:assumed-role/ops/me" || !strings.Contains(*role.Credentials.SecretAccessKey, "not-real") {
		t.Errorf("the role is %s with %s", *role.AssumedRoleUser.Arn, *role.Credentials.SecretAccessKey)
	}
	_, err := r.sts.AssumeRole(t.Context(), &sts.AssumeRoleInput{RoleArn: aws.String("arn:aws:iam::1:user/x"), RoleSessionName: aws.String("me")})
	if got := code(err); got != "ValidationError: arn:aws:iam::1:user/x is invalid" {
		t.Errorf("a user as a role: %q", got)
	}
}
