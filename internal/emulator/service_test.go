package emulator_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"handover/internal/cluster"
	"handover/internal/emulator"
	"handover/internal/world"
	"handover/internal/world/profile"
)

// of2020 seeds Regions with the profile of the year in which the seed's two restarts were recorded.
func of2020(place cluster.ARN) *world.World {
	p, _ := profile.Named("2020")
	return world.New(world.Config{Seed: 1, Start: morning, Place: place, Profile: p})
}

// TestForcedRestart is the first command of the seed: update-service --force-new-deployment, 5 tasks, minimum 50, maximum 100.
func TestForcedRestart(t *testing.T) {
	r := newRig(t, emulator.Options{Seed: of2020})
	r.scene(5, 50, 100)
	old := r.tasks("")
	answer := must(r.ecs.UpdateService(t.Context(), &ecs.UpdateServiceInput{Cluster: aws.String("prod"), Service: aws.String("api"), ForceNewDeployment: true}))
	first, second := answer.Service.Deployments[0], answer.Service.Deployments[1]
	if *first.Status != "PRIMARY" || first.DesiredCount != 0 || first.RolloutState != types.DeploymentRolloutStateInProgress || *second.Status != "ACTIVE" {
		t.Errorf("the answer's deployments are %s %d %s, %s", *first.Status, first.DesiredCount, first.RolloutState, *second.Status)
	}
	if want := "ECS deployment " + *first.Id + " in progress."; *first.RolloutStateReason != want {
		t.Errorf("the reason is %q, want %q", *first.RolloutStateReason, want)
	}
	s := r.steady()
	if *s.Deployments[0].Id != *first.Id {
		t.Errorf("the service ended on %s, want %s", *s.Deployments[0].Id, *first.Id)
	}
	if now := r.tasks(""); len(now) != 5 || slices.ContainsFunc(now, func(arn string) bool { return slices.Contains(old, arn) }) {
		t.Errorf("after the restart %v run, before it %v", now, old)
	}
	batches := 0
	for _, e := range s.Events {
		if e.CreatedAt.After(*first.CreatedAt) && strings.Contains(*e.Message, "has stopped") {
			batches++
		}
	}
	if batches != 3 {
		t.Errorf("the restart took %d batches, want 3: two, two and one", batches)
	}
	if !strings.HasSuffix(*s.Events[0].Message, "has reached a steady state.") || !strings.HasSuffix(*s.Events[1].Message, "deployment completed.") {
		t.Errorf("the newest events are %q and %q", *s.Events[0].Message, *s.Events[1].Message)
	}
}

// TestFastRestart is the second part of the seed: list all tasks, stop each, and let ECS replace them.
func TestFastRestart(t *testing.T) {
	r := newRig(t, emulator.Options{})
	r.scene(5, 100, 200)
	var old []string
	pages := ecs.NewListTasksPaginator(r.ecs, &ecs.ListTasksInput{Cluster: aws.String("prod"), ServiceName: aws.String("api"), MaxResults: aws.Int32(2)})
	for pages.HasMorePages() {
		old = append(old, must(pages.NextPage(t.Context())).TaskArns...)
	}
	if len(old) != 5 {
		t.Fatalf("pages of two gave %d tasks, want 5", len(old))
	}
	for _, arn := range old {
		out := must(r.ecs.StopTask(t.Context(), &ecs.StopTaskInput{Cluster: aws.String("prod"), Task: &arn, Reason: aws.String("recycled")}))
		if *out.Task.TaskArn != arn || *out.Task.DesiredStatus != "STOPPED" || *out.Task.StoppedReason != "recycled" || out.Task.StopCode != types.TaskStopCodeUserInitiated {
			t.Errorf("StopTask answered %s %s %v %s", *out.Task.TaskArn, *out.Task.DesiredStatus, *out.Task.StoppedReason, out.Task.StopCode)
		}
	}
	if left := r.tasks(""); len(left) != 0 {
		t.Errorf("ListTasks shows %d tasks that are meant to run, want none", len(left))
	}
	if stopping := r.tasks(types.DesiredStatusStopped); len(stopping) != 5 {
		t.Errorf("ListTasks --desired-status STOPPED shows %d tasks, want 5", len(stopping))
	}
	r.pass(5 * time.Minute)
	if now := r.tasks(""); len(now) != 5 {
		t.Errorf("5 minutes later %d tasks are meant to run, want 5", len(now))
	}
	if s := r.describe(); s.RunningCount != 5 {
		t.Errorf("%d run, want 5", s.RunningCount)
	}
}

// TestRollback is the third part of the seed: an older task definition and a forced deployment in one request.
func TestRollback(t *testing.T) {
	r := newRig(t, emulator.Options{})
	r.scene(2, 100, 200)
	must(r.ecs.RegisterTaskDefinition(t.Context(), definition("api")))
	for _, name := range []string{"api:2", "api:1"} {
		out := must(r.ecs.UpdateService(t.Context(), &ecs.UpdateServiceInput{Cluster: aws.String("prod"), Service: aws.String("api"), TaskDefinition: &name, ForceNewDeployment: true}))
		if !strings.HasSuffix(*out.Service.TaskDefinition, "task-definition/"+name) {
			t.Errorf("the service has %s, want %s", *out.Service.TaskDefinition, name)
		}
		r.steady()
	}
	family := must(r.ecs.ListTasks(t.Context(), &ecs.ListTasksInput{Cluster: aws.String("prod"), Family: aws.String("api")}))
	described := must(r.ecs.DescribeTasks(t.Context(), &ecs.DescribeTasksInput{Cluster: aws.String("prod"), Tasks: family.TaskArns}))
	for _, task := range described.Tasks {
		if !strings.HasSuffix(*task.TaskDefinitionArn, "task-definition/api:1") {
			t.Errorf("task %s runs %s", *task.TaskArn, *task.TaskDefinitionArn)
		}
	}
}

func TestMembersComeBack(t *testing.T) {
	r := newRig(t, emulator.Options{})
	group := r.scene(1, 100, 200)
	s := r.describe()
	if n := s.NetworkConfiguration; n == nil || !slices.Equal(n.AwsvpcConfiguration.Subnets, []string{"subnet-a", "subnet-b"}) {
		t.Errorf("networkConfiguration came back as %+v", n)
	}
	if *s.PlatformVersion != "LATEST" || *s.Deployments[0].PlatformVersion != "1.4.0" || s.Deployments[0].NetworkConfiguration == nil {
		t.Errorf("platform versions %s and %s", *s.PlatformVersion, *s.Deployments[0].PlatformVersion)
	}
	if len(s.LoadBalancers) != 1 || *s.LoadBalancers[0].TargetGroupArn != group || s.Tags != nil {
		t.Errorf("load balancers %+v, tags without include %v", s.LoadBalancers, s.Tags)
	}
	updated := must(r.ecs.UpdateService(t.Context(), &ecs.UpdateServiceInput{
		Cluster: aws.String("prod"), Service: aws.String(*s.ServiceArn), EnableExecuteCommand: aws.Bool(true), PropagateTags: types.PropagateTagsService,
		DeploymentConfiguration: &types.DeploymentConfiguration{MaximumPercent: aws.Int32(150)},
	})).Service
	if !updated.EnableExecuteCommand || updated.PropagateTags != types.PropagateTagsService || updated.NetworkConfiguration == nil || len(updated.Deployments) != 1 {
		t.Errorf("after an update: execute %v, propagate %s, network %v, %d deployments", updated.EnableExecuteCommand, updated.PropagateTags, updated.NetworkConfiguration, len(updated.Deployments))
	}
	if c := updated.DeploymentConfiguration; *c.MaximumPercent != 150 || *c.MinimumHealthyPercent != 100 {
		t.Errorf("the bounds are %d/%d, want 100/150", *c.MinimumHealthyPercent, *c.MaximumPercent)
	}
	off := must(r.ecs.UpdateService(t.Context(), &ecs.UpdateServiceInput{Cluster: aws.String("prod"), Service: aws.String("api"), EnableExecuteCommand: aws.Bool(false)})).Service
	if off.EnableExecuteCommand {
		t.Error("execute command is still enabled")
	}
	moved := must(r.ecs.UpdateService(t.Context(), &ecs.UpdateServiceInput{Cluster: aws.String("prod"), Service: aws.String("api"), NetworkConfiguration: &types.NetworkConfiguration{
		AwsvpcConfiguration: &types.AwsVpcConfiguration{Subnets: []string{"subnet-c"}},
	}})).Service
	if len(moved.Deployments) != 2 {
		t.Errorf("another network started no deployment: %d", len(moved.Deployments))
	}
}

func TestDefinitionComesBack(t *testing.T) {
	r := newRig(t, emulator.Options{})
	in := definition("web")
	in.Tags = []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}}
	must(r.ecs.RegisterTaskDefinition(t.Context(), in))
	out := must(r.ecs.DescribeTaskDefinition(t.Context(), &ecs.DescribeTaskDefinitionInput{TaskDefinition: aws.String("web"), Include: []types.TaskDefinitionField{types.TaskDefinitionFieldTags}}))
	d := out.TaskDefinition
	c := d.ContainerDefinitions[0]
	if *d.Cpu != "256" || *d.TaskRoleArn != *in.TaskRoleArn || d.Revision != 1 || d.Status != types.TaskDefinitionStatusActive || !d.RegisteredAt.Equal(morning) {
		t.Errorf("the definition came back as %+v", d)
	}
	if *c.Environment[0].Value != "test" || *c.Secrets[0].Name != "KEY" || c.LogConfiguration.Options["awslogs-group"] != "g" || *c.PortMappings[0].HostPort != 80 {
		t.Errorf("the container came back as %+v", c)
	}
	if len(out.Tags) != 1 {
		t.Errorf("tags: %v", out.Tags)
	}
	must(r.ecs.RegisterTaskDefinition(t.Context(), in))
	must(r.ecs.DeregisterTaskDefinition(t.Context(), &ecs.DeregisterTaskDefinitionInput{TaskDefinition: aws.String("web:1")}))
	active := must(r.ecs.ListTaskDefinitions(t.Context(), &ecs.ListTaskDefinitionsInput{FamilyPrefix: aws.String("web")})).TaskDefinitionArns
	if len(active) != 1 || !strings.HasSuffix(active[0], "task-definition/web:2") {
		t.Errorf("ACTIVE: %v", active)
	}
	if families := must(r.ecs.ListTaskDefinitionFamilies(t.Context(), &ecs.ListTaskDefinitionFamiliesInput{})).Families; !slices.Equal(families, []string{"web"}) {
		t.Errorf("families: %v", families)
	}
	var falling []string
	in.Family = aws.String("we")
	must(r.ecs.RegisterTaskDefinition(t.Context(), in))
	must(r.ecs.RegisterTaskDefinition(t.Context(), definition("web")))
	pages := ecs.NewListTaskDefinitionsPaginator(r.ecs, &ecs.ListTaskDefinitionsInput{Sort: types.SortOrderDesc, MaxResults: aws.Int32(1)})
	for pages.HasMorePages() {
		for _, arn := range must(pages.NextPage(t.Context())).TaskDefinitionArns {
			falling = append(falling, arn[strings.LastIndexByte(arn, '/')+1:])
		}
	}
	if !slices.Equal(falling, []string{"web:3", "web:2", "we:1"}) {
		t.Errorf("falling order, one a page: %v", falling)
	}
}

func TestDescribeTasks(t *testing.T) {
	r := newRig(t, emulator.Options{})
	group := r.scene(1, 100, 200)
	arns := r.tasks("")
	id := arns[0][strings.LastIndexByte(arns[0], '/')+1:]
	gone := strings.Repeat("0", 32)
	out := must(r.ecs.DescribeTasks(t.Context(), &ecs.DescribeTasksInput{Cluster: aws.String("prod"), Tasks: []string{id, gone}}))
	if len(out.Failures) != 1 || *out.Failures[0].Reason != "MISSING" || *out.Failures[0].Arn != "arn:aws:ecs:eu-west-1:123456789012:task/prod/"+gone {
		t.Errorf("failures: %+v", out.Failures)
	}
	task := out.Tasks[0]
	c := task.Containers[0]
	details := map[string]string{}
	for _, d := range task.Attachments[0].Details {
		details[*d.Name] = *d.Value
	}
	if details["privateIPv4Address"] == "" || details["privateIPv4Address"] != *c.NetworkInterfaces[0].PrivateIpv4Address || !strings.HasPrefix(details["networkInterfaceId"], "eni-") ||
		!strings.HasPrefix(details["subnetId"], "subnet-") || len(details["macAddress"]) != 17 {
		t.Errorf("the interface is %v, the container's %+v", details, c.NetworkInterfaces)
	}
	if *task.Cpu != "256" || *task.Memory != "512" || *c.Cpu != "128" || *c.Image != "registry/app:latest" || c.ImageDigest == nil || *c.LastStatus != "RUNNING" {
		t.Errorf("sizes and container: %s %s %+v", *task.Cpu, *task.Memory, c)
	}
	if s := r.describe(); *task.StartedBy != *s.Deployments[0].Id || *task.Group != "service:api" || task.Connectivity != types.ConnectivityConnected {
		t.Errorf("startedBy %s, group %s, connectivity %s", *task.StartedBy, *task.Group, task.Connectivity)
	}
	health := must(r.elb.DescribeTargetHealth(t.Context(), &elbv2.DescribeTargetHealthInput{TargetGroupArn: &group})).TargetHealthDescriptions
	if len(health) != 1 || *health[0].Target.Id != details["privateIPv4Address"] || health[0].TargetHealth.State != elbtypes.TargetHealthStateEnumHealthy {
		t.Errorf("target health: %+v", health)
	}
	by := must(r.ecs.ListTasks(t.Context(), &ecs.ListTasksInput{Cluster: aws.String("prod"), StartedBy: task.StartedBy})).TaskArns
	if !slices.Equal(by, arns) {
		t.Errorf("startedBy finds %v", by)
	}
}

func TestServicesArePagedAndDeleted(t *testing.T) {
	r := newRig(t, emulator.Options{})
	r.scene(1, 100, 200)
	for _, name := range []string{"b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"} {
		must(r.ecs.CreateService(t.Context(), service(name, "", 0, 100, 200)))
	}
	pages, all := 0, 0
	for p := ecs.NewListServicesPaginator(r.ecs, &ecs.ListServicesInput{Cluster: aws.String("prod")}); p.HasMorePages(); pages++ {
		all += len(must(p.NextPage(t.Context())).ServiceArns)
	}
	if pages != 2 || all != 12 {
		t.Errorf("%d services on %d pages, want 12 on 2", all, pages)
	}
	_, err := r.ecs.DeleteService(t.Context(), &ecs.DeleteServiceInput{Cluster: aws.String("prod"), Service: aws.String("api")})
	if !strings.HasPrefix(code(err), "InvalidParameterException: ") {
		t.Errorf("deleting a service of 1 task without force: %v", err)
	}
	deleted := must(r.ecs.DeleteService(t.Context(), &ecs.DeleteServiceInput{Cluster: aws.String("prod"), Service: aws.String("api"), Force: aws.Bool(true)})).Service
	if *deleted.Status != "DRAINING" {
		t.Errorf("the deleted service is %s", *deleted.Status)
	}
	if ec2 := must(r.ecs.ListServices(t.Context(), &ecs.ListServicesInput{Cluster: aws.String("prod"), LaunchType: types.LaunchTypeEc2})).ServiceArns; len(ec2) != 0 {
		t.Errorf("EC2 services: %v", ec2)
	}
	r.pass(30 * time.Minute)
	if s := r.describe(); *s.Status != "INACTIVE" {
		t.Errorf("half an hour later it is %s", *s.Status)
	}
}

func TestTags(t *testing.T) {
	r := newRig(t, emulator.Options{})
	r.scene(1, 100, 200)
	arn := r.describe().ServiceArn
	must(r.ecs.TagResource(t.Context(), &ecs.TagResourceInput{ResourceArn: arn, Tags: []types.Tag{{Key: aws.String("handover:operation"), Value: aws.String("x")}}}))
	must(r.ecs.UntagResource(t.Context(), &ecs.UntagResourceInput{ResourceArn: arn, TagKeys: []string{"team"}}))
	listed := must(r.ecs.ListTagsForResource(t.Context(), &ecs.ListTagsForResourceInput{ResourceArn: arn})).Tags
	out := must(r.ecs.DescribeServices(t.Context(), &ecs.DescribeServicesInput{Cluster: aws.String("prod"), Services: []string{"api"}, Include: []types.ServiceField{types.ServiceFieldTags}}))
	for _, tags := range [][]types.Tag{listed, out.Services[0].Tags} {
		if len(tags) != 1 || *tags[0].Key != "handover:operation" || *tags[0].Value != "x" {
			t.Errorf("tags: %+v", tags)
		}
	}
}

func TestClusters(t *testing.T) {
	r := newRig(t, emulator.Options{})
	r.scene(2, 100, 200)
	must(r.ecs.CreateCluster(t.Context(), &ecs.CreateClusterInput{Settings: []types.ClusterSetting{{Name: types.ClusterSettingNameContainerInsights, Value: aws.String("disabled")}}}))
	out := must(r.ecs.DescribeClusters(t.Context(), &ecs.DescribeClustersInput{
		Clusters: []string{"prod", "default", "none"}, Include: []types.ClusterField{types.ClusterFieldStatistics, types.ClusterFieldSettings},
	}))
	prod, other := out.Clusters[0], out.Clusters[1]
	if prod.RunningTasksCount != 2 || prod.ActiveServicesCount != 1 || *prod.Statistics[1].Value != "2" {
		t.Errorf("prod: %+v", prod)
	}
	if *other.ClusterName != "default" || len(other.Settings) != 1 || *out.Failures[0].Reason != "MISSING" {
		t.Errorf("default: %+v; %+v", other, out.Failures)
	}
	must(r.ecs.DeleteCluster(t.Context(), &ecs.DeleteClusterInput{Cluster: aws.String("default")}))
	if left := must(r.ecs.ListClusters(t.Context(), &ecs.ListClustersInput{})).ClusterArns; len(left) != 1 {
		t.Errorf("clusters after one was deleted: %v", left)
	}
}

func TestCapacityProviderStrategies(t *testing.T) {
	r := newRig(t, emulator.Options{})
	spot := []types.CapacityProviderStrategyItem{{CapacityProvider: aws.String("FARGATE_SPOT"), Weight: 1}}
	must(r.ecs.CreateCluster(t.Context(), &ecs.CreateClusterInput{ClusterName: aws.String("prod"), CapacityProviders: []string{"FARGATE_SPOT"}, DefaultCapacityProviderStrategy: spot}))
	must(r.ecs.RegisterTaskDefinition(t.Context(), definition("api")))
	in := service("api", "", 1, 100, 200)
	in.LaunchType = ""
	made := must(r.ecs.CreateService(t.Context(), in)).Service
	if made.LaunchType != "" || len(made.CapacityProviderStrategy) != 1 || *made.CapacityProviderStrategy[0].CapacityProvider != "FARGATE_SPOT" {
		t.Errorf("a service of a cluster with a default strategy: %q, %+v", made.LaunchType, made.CapacityProviderStrategy)
	}
	r.steady()
	task := must(r.ecs.DescribeTasks(t.Context(), &ecs.DescribeTasksInput{Cluster: aws.String("prod"), Tasks: r.tasks("")})).Tasks[0]
	if task.LaunchType != types.LaunchTypeFargate || *task.CapacityProviderName != "FARGATE_SPOT" || *task.PlatformVersion != "1.4.0" {
		t.Errorf("its task: %s of %v on %v", task.LaunchType, task.CapacityProviderName, task.PlatformVersion)
	}
}

// TestNamesAndARNs has the forms in which a service and a cluster may be named.
func TestNamesAndARNs(t *testing.T) {
	r := newRig(t, emulator.Options{})
	r.scene(1, 100, 200)
	const place = "arn:aws:ecs:eu-west-1:123456789012:"
	for _, c := range []struct{ cluster, service, want string }{
		{"prod", "api", ""},
		{place + "cluster/prod", "api", ""},
		{"prod", place + "service/prod/api", ""},
		{"prod", place + "service/api", ""},
		{place + "cluster/prod", place + "service/prod/api", ""},
		{"prod", place + "service/other/api", "InvalidParameterException: Identifier is for cluster other. Your cluster is prod"},
		{"prod", place + "task/prod/api", "InvalidParameterException: Invalid service ARN: " + place + "task/prod/api"},
		{"prod", "arn:aws:ecs:us-east-1:123456789012:service/prod/api", "InvalidParameterException: Identifier is for us-east-1. Your region is eu-west-1"},
		{"", "api", "ClusterNotFoundException: Cluster not found."},
	} {
		out, err := r.ecs.DescribeServices(t.Context(), &ecs.DescribeServicesInput{Cluster: &c.cluster, Services: []string{c.service}})
		if got := code(err); got != c.want {
			t.Errorf("%s, %s: got %q, want %q", c.cluster, c.service, got, c.want)
		}
		if err == nil && len(out.Services) != 1 {
			t.Errorf("%s, %s: %+v", c.cluster, c.service, out.Failures)
		}
	}
}

func TestRefusedRequestsChangeNothing(t *testing.T) {
	r := newRig(t, emulator.Options{})
	r.scene(1, 100, 200)
	before := r.control("GET", "/_handover/state").Body.String()
	bad := []types.Tag{{Key: aws.String("aws:x"), Value: aws.String("y")}}
	in := definition("tagged")
	in.Tags = bad
	_, definitionErr := r.ecs.RegisterTaskDefinition(t.Context(), in)
	_, clusterErr := r.ecs.CreateCluster(t.Context(), &ecs.CreateClusterInput{ClusterName: aws.String("tagged"), Tags: bad})
	_, tagErr := r.ecs.TagResource(t.Context(), &ecs.TagResourceInput{ResourceArn: r.describe().ServiceArn, Tags: bad})
	_, groupErr := r.elb.CreateTargetGroup(t.Context(), &elbv2.CreateTargetGroupInput{Name: aws.String("tagged"), Protocol: "HTTP", Port: aws.Int32(1), VpcId: aws.String("v"),
		Tags: []elbtypes.Tag{{Key: aws.String("")}}})
	for _, err := range []error{definitionErr, clusterErr, tagErr, groupErr} {
		if err == nil {
			t.Error("a bad tag was accepted")
		}
	}
	if after := r.control("GET", "/_handover/state").Body.String(); after != before {
		t.Errorf("the world has changed:\n%s\n%s", before, after)
	}
}

func TestDaemonsHaveBoundsOfTheirOwn(t *testing.T) {
	r := newRig(t, emulator.Options{})
	must(r.ecs.CreateCluster(t.Context(), &ecs.CreateClusterInput{ClusterName: aws.String("prod")}))
	must(r.ecs.RegisterTaskDefinition(t.Context(), definition("api")))
	in := service("agent", "", 0, 0, 0)
	in.SchedulingStrategy, in.LaunchType, in.DesiredCount, in.DeploymentConfiguration = types.SchedulingStrategyDaemon, types.LaunchTypeEc2, nil, nil
	made := must(r.ecs.CreateService(t.Context(), in)).Service
	if c := made.DeploymentConfiguration; *c.MinimumHealthyPercent != 0 || *c.MaximumPercent != 100 {
		t.Errorf("the bounds are %d/%d, want 0/100", *c.MinimumHealthyPercent, *c.MaximumPercent)
	}
}

// TestServiceDeployments follows a forced deployment in the service's history, and rolls the next one back in flight.
func TestServiceDeployments(t *testing.T) {
	r := newRig(t, emulator.Options{})
	r.scene(2, 100, 200)
	list := func() []types.ServiceDeploymentBrief {
		return must(r.ecs.ListServiceDeployments(t.Context(), &ecs.ListServiceDeploymentsInput{Cluster: aws.String("prod"), Service: aws.String("api")})).ServiceDeployments
	}
	force := &ecs.UpdateServiceInput{Cluster: aws.String("prod"), Service: aws.String("api"), ForceNewDeployment: true}
	number := func(id *string) string { return strings.TrimPrefix(*id, "ecs-svc/") }
	first := must(r.ecs.UpdateService(t.Context(), force)).Service.Deployments[0]
	r.steady()
	all := list()
	if len(all) != 2 || all[0].Status != types.ServiceDeploymentStatusSuccessful || !strings.HasSuffix(*all[0].TargetServiceRevisionArn, "/"+number(first.Id)) {
		t.Fatalf("after one forced deployment: %+v", all)
	}
	must(r.ecs.UpdateService(t.Context(), force))
	r.pass(30 * time.Second)
	latest := list()[0].ServiceDeploymentArn
	must(r.ecs.StopServiceDeployment(t.Context(), &ecs.StopServiceDeploymentInput{ServiceDeploymentArn: latest}))
	s := r.steady()
	if *s.Deployments[0].Id != *first.Id {
		t.Errorf("rolled back to %s, want %s", *s.Deployments[0].Id, *first.Id)
	}
	described := must(r.ecs.DescribeServiceDeployments(t.Context(), &ecs.DescribeServiceDeploymentsInput{ServiceDeploymentArns: []string{*latest, "nothing"}}))
	d := described.ServiceDeployments[0]
	if d.Status != types.ServiceDeploymentStatusRollbackSuccessful || d.Rollback == nil || !strings.HasSuffix(*d.Rollback.ServiceRevisionArn, number(first.Id)) || len(described.Failures) != 1 {
		t.Errorf("described %+v, failures %+v", d, described.Failures)
	}
	revisions := must(r.ecs.DescribeServiceRevisions(t.Context(), &ecs.DescribeServiceRevisionsInput{ServiceRevisionArns: []string{*d.TargetServiceRevision.Arn}}))
	if got := revisions.ServiceRevisions[0]; len(got.ContainerImages) == 0 || !strings.HasPrefix(*got.ContainerImages[0].ImageDigest, "sha256:") {
		t.Errorf("the revision is %+v", got)
	}
	_, err := r.ecs.StopServiceDeployment(t.Context(), &ecs.StopServiceDeploymentInput{ServiceDeploymentArn: latest})
	if got := code(err); !strings.HasPrefix(got, "ConflictException: ") {
		t.Errorf("stopping what is over gives %q", got)
	}
}

// TestTaskProtection protects a task from a scale-in, and takes the protection away again.
func TestTaskProtection(t *testing.T) {
	r := newRig(t, emulator.Options{})
	r.scene(2, 100, 200)
	victim := r.tasks("")[0]
	protect := &ecs.UpdateTaskProtectionInput{Cluster: aws.String("prod"), Tasks: []string{victim, "00000000000000000000000000000000"}, ProtectionEnabled: true, ExpiresInMinutes: aws.Int32(30)}
	got := must(r.ecs.UpdateTaskProtection(t.Context(), protect))
	if len(got.ProtectedTasks) != 1 || !got.ProtectedTasks[0].ProtectionEnabled || len(got.Failures) != 1 || *got.Failures[0].Reason != "MISSING" {
		t.Fatalf("protected %+v, failures %+v", got.ProtectedTasks, got.Failures)
	}
	must(r.ecs.UpdateService(t.Context(), &ecs.UpdateServiceInput{Cluster: aws.String("prod"), Service: aws.String("api"), DesiredCount: aws.Int32(1)}))
	r.pass(2 * time.Minute)
	if left := r.tasks(""); !slices.Equal(left, []string{victim}) {
		t.Errorf("the scale-in left %v, want the protected %s", left, victim)
	}
	protect.ProtectionEnabled, protect.Tasks = false, []string{victim}
	must(r.ecs.UpdateTaskProtection(t.Context(), protect))
	shown := must(r.ecs.GetTaskProtection(t.Context(), &ecs.GetTaskProtectionInput{Cluster: aws.String("prod"), Tasks: []string{victim}}))
	if shown.ProtectedTasks[0].ProtectionEnabled || shown.ProtectedTasks[0].ExpirationDate != nil {
		t.Errorf("after it was taken away: %+v", shown.ProtectedTasks[0])
	}
	alone := must(r.ecs.RunTask(t.Context(), &ecs.RunTaskInput{Cluster: aws.String("prod"), TaskDefinition: aws.String("api"), LaunchType: types.LaunchTypeFargate,
		NetworkConfiguration: service("", "", 0, 0, 0).NetworkConfiguration})).Tasks[0].TaskArn
	protect.Tasks = []string{*alone}
	if refused := must(r.ecs.UpdateTaskProtection(t.Context(), protect)); len(refused.Failures) != 1 || *refused.Failures[0].Reason != "TASK_NOT_VALID" {
		t.Errorf("a task of no service: %+v", refused)
	}
	protect.ExpiresInMinutes = aws.Int32(2881)
	if _, err := r.ecs.UpdateTaskProtection(t.Context(), protect); code(err) != "InvalidParameterException: expiresInMinutes must be between 1 and 2880." {
		t.Errorf("2,881 minutes give %q", code(err))
	}
}
