package emulator_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"handover/internal/cluster"
	"handover/internal/emulator"
	"handover/internal/scenario"
	"handover/internal/world"
)

// registerInstance adds a container instance as its agent does.
func (r *rig) registerInstance(n int, zone string, cpu, memory int32) string {
	r.t.Helper()
	out := must(r.ecs.RegisterContainerInstance(r.t.Context(), &ecs.RegisterContainerInstanceInput{
		InstanceIdentityDocument: aws.String(fmt.Sprintf(`{"instanceId":"i-%017x","availabilityZone":%q,"instanceType":"m5.large","imageId":"ami-1"}`, n, zone)),
		TotalResources: []types.Resource{
			{Name: aws.String("CPU"), Type: aws.String("INTEGER"), IntegerValue: cpu}, {Name: aws.String("MEMORY"), Type: aws.String("INTEGER"), IntegerValue: memory},
			{Name: aws.String("PORTS"), Type: aws.String("STRINGSET"), StringSetValue: []string{"22", "51678"}},
		},
		Attributes:  []types.Attribute{{Name: aws.String("stack"), Value: aws.String("blue")}},
		VersionInfo: &types.VersionInfo{AgentVersion: aws.String("1.99.0")},
		Tags:        []types.Tag{{Key: aws.String("team"), Value: aws.String("web")}},
	}))
	return *out.ContainerInstance.ContainerInstanceArn
}

// wantCode checks the code of an AWS error.
func wantCode(t *testing.T, err error, want string) {
	t.Helper()
	if got := code(err); !strings.HasPrefix(got, want+": ") {
		t.Errorf("got %q, want %s", got, want)
	}
}

// hosted is a rig with two container instances and a definition whose tasks share their instance's network.
func hosted(t *testing.T) (r *rig, a, b string) {
	r = newRig(t, emulator.Options{})
	must(r.ecs.CreateCluster(t.Context(), &ecs.CreateClusterInput{}))
	must(r.ecs.RegisterTaskDefinition(t.Context(), &ecs.RegisterTaskDefinitionInput{
		Family: aws.String("job"), ContainerDefinitions: []types.ContainerDefinition{{
			Name: aws.String("app"), Image: aws.String("app:1"), Cpu: 256, Memory: aws.Int32(512), PortMappings: []types.PortMapping{{ContainerPort: aws.Int32(80)}},
		}},
	}))
	return r, r.registerInstance(1, "eu-west-1a", 1024, 2048), r.registerInstance(2, "eu-west-1b", 1024, 2048)
}

func TestContainerInstancesAreDescribedListedAndFiltered(t *testing.T) {
	r, a, b := hosted(t)
	ctx := t.Context()
	described := must(r.ecs.DescribeContainerInstances(ctx, &ecs.DescribeContainerInstancesInput{
		ContainerInstances: []string{a, "0123456789abcdef0123456789abcdef"}, Include: []types.ContainerInstanceField{types.ContainerInstanceFieldTags}}))
	if len(described.ContainerInstances) != 1 || len(described.Failures) != 1 || *described.Failures[0].Reason != "MISSING" {
		t.Fatalf("got %+v", described)
	}
	i := described.ContainerInstances[0]
	if *i.Status != "ACTIVE" || !i.AgentConnected || *i.Ec2InstanceId != "i-00000000000000001" || *i.VersionInfo.AgentVersion != "1.99.0" || *i.Tags[0].Value != "web" || i.RegisteredResources[0].IntegerValue != 1024 {
		t.Errorf("the instance is %+v", i)
	}
	for filter, want := range map[string]int{
		"":                                       2,
		"attribute:stack == blue":                2,
		"attribute:stack != blue":                0,
		"ec2InstanceId == 'i-00000000000000002'": 1,
		"attribute:ecs.availability-zone in [eu-west-1a] and agentVersion >= 1.2.0":         1,
		"attribute:ecs.instance-type =~ m5.* and not(ec2InstanceId == i-00000000000000001)": 1,
	} {
		in := &ecs.ListContainerInstancesInput{MaxResults: aws.Int32(1)}
		if filter != "" {
			in.Filter = &filter
		}
		found := 0
		for pages := ecs.NewListContainerInstancesPaginator(r.ecs, in); pages.HasMorePages(); {
			found += len(must(pages.NextPage(ctx)).ContainerInstanceArns)
		}
		if found != want {
			t.Errorf("filter %q gives %d, want %d", filter, found, want)
		}
	}
	_, err := r.ecs.ListContainerInstances(ctx, &ecs.ListContainerInstancesInput{Filter: aws.String("color == blue")})
	wantCode(t, err, "InvalidParameterException")
	if c := must(r.ecs.DescribeClusters(ctx, &ecs.DescribeClustersInput{})).Clusters[0]; c.RegisteredContainerInstancesCount != 2 {
		t.Errorf("the cluster has %d instances", c.RegisteredContainerInstancesCount)
	}
	must(r.ecs.TagResource(ctx, &ecs.TagResourceInput{ResourceArn: &b, Tags: []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}}}))
}

func TestAttributesOfContainerInstances(t *testing.T) {
	r, a, _ := hosted(t)
	ctx := t.Context()
	must(r.ecs.PutAttributes(ctx, &ecs.PutAttributesInput{Attributes: []types.Attribute{
		{Name: aws.String("stack"), Value: aws.String("green"), TargetId: &a}, {Name: aws.String("ssd"), TargetId: &a}}}))
	list := func(name string, value *string) []types.Attribute {
		return must(r.ecs.ListAttributes(ctx, &ecs.ListAttributesInput{TargetType: types.TargetTypeContainerInstance, AttributeName: &name, AttributeValue: value})).Attributes
	}
	if len(list("stack", nil)) != 2 || len(list("stack", aws.String("green"))) != 1 || len(list("ssd", nil)) != 1 || len(list("ecs.availability-zone", nil)) != 2 {
		t.Errorf("got %+v", list("stack", nil))
	}
	gone := must(r.ecs.DeleteAttributes(ctx, &ecs.DeleteAttributesInput{Attributes: []types.Attribute{{Name: aws.String("stack"), TargetId: &a}}})).Attributes
	if len(gone) != 1 || *gone[0].Value != "green" || len(list("stack", nil)) != 1 {
		t.Errorf("deleted %+v", gone)
	}
	_, err := r.ecs.PutAttributes(ctx, &ecs.PutAttributesInput{Attributes: []types.Attribute{{Name: aws.String("x"), TargetId: aws.String("0123456789abcdef0123456789abcdef")}}})
	wantCode(t, err, "TargetNotFoundException")
}

func TestTasksOnTheirOwn(t *testing.T) {
	r, a, b := hosted(t)
	ctx := t.Context()
	ran := must(r.ecs.RunTask(ctx, &ecs.RunTaskInput{
		TaskDefinition: aws.String("job"), Count: aws.Int32(10), StartedBy: aws.String("cron"), Tags: []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}},
		Overrides: &types.TaskOverride{ContainerOverrides: []types.ContainerOverride{{Name: aws.String("app"), Command: []string{"migrate"}}}},
	}))
	if len(ran.Tasks) != 8 || len(ran.Failures) != 2 || *ran.Failures[0].Reason != "RESOURCE:CPU" {
		t.Fatalf("%d tasks run, failures %+v", len(ran.Tasks), ran.Failures)
	}
	first := ran.Tasks[0]
	if *first.Group != "family:job" || *first.StartedBy != "cron" || first.LaunchType != types.LaunchTypeEc2 || first.Overrides.ContainerOverrides[0].Command[0] != "migrate" || *first.Tags[0].Key != "k" {
		t.Errorf("the first task is %+v", first)
	}
	r.pass(time.Minute)
	count := func(in ecs.ListTasksInput) int { return len(must(r.ecs.ListTasks(ctx, &in)).TaskArns) }
	for _, c := range []struct {
		in   ecs.ListTasksInput
		want int
	}{
		{ecs.ListTasksInput{Family: aws.String("job")}, 8}, {ecs.ListTasksInput{StartedBy: aws.String("cron")}, 8}, {ecs.ListTasksInput{ContainerInstance: &a}, 4},
		{ecs.ListTasksInput{LaunchType: types.LaunchTypeFargate}, 0}, {ecs.ListTasksInput{DesiredStatus: types.DesiredStatusStopped}, 0},
	} {
		if got := count(c.in); got != c.want {
			t.Errorf("%+v gives %d, want %d", c.in, got, c.want)
		}
	}
	must(r.ecs.StopTask(ctx, &ecs.StopTaskInput{Task: first.TaskArn}))
	started := must(r.ecs.StartTask(ctx, &ecs.StartTaskInput{TaskDefinition: aws.String("job"), ContainerInstances: []string{*first.ContainerInstanceArn, "0123456789abcdef0123456789abcdef"}}))
	if len(started.Tasks) != 1 || len(started.Failures) != 1 || *started.Failures[0].Reason != "MISSING" {
		t.Errorf("started %+v, failures %+v", started.Tasks, started.Failures)
	}
	must(r.ecs.RegisterTaskDefinition(ctx, definition("own")))
	own := &types.NetworkConfiguration{AwsvpcConfiguration: &types.AwsVpcConfiguration{Subnets: []string{"subnet-a"}}}
	fargate := must(r.ecs.RunTask(ctx, &ecs.RunTaskInput{TaskDefinition: aws.String("own"), LaunchType: types.LaunchTypeFargate, NetworkConfiguration: own}))
	if len(fargate.Tasks) != 1 || fargate.Tasks[0].ContainerInstanceArn != nil || fargate.Tasks[0].PlatformVersion == nil {
		t.Errorf("on Fargate: %+v", fargate.Tasks)
	}
	_, err := r.ecs.RunTask(ctx, &ecs.RunTaskInput{TaskDefinition: aws.String("job"), Count: aws.Int32(11)})
	wantCode(t, err, "InvalidParameterException")
	_, err = r.ecs.RunTask(ctx, &ecs.RunTaskInput{TaskDefinition: aws.String("nothing")})
	wantCode(t, err, "ClientException")
	_ = b
}

// TestRunTaskWhereFargateHasNoCapacity: the failure has no ARN and AWS's sentence, and tasks of other capacity providers start all the same.
func TestRunTaskWhereFargateHasNoCapacity(t *testing.T) {
	r := newRig(t, emulator.Options{Seed: func(place cluster.ARN) *world.World {
		return played(t, place, "task-definition api cpu=256 memory=512\ncapacity FARGATE_SPOT\n")
	}})
	must(r.ecs.PutClusterCapacityProviders(t.Context(), &ecs.PutClusterCapacityProvidersInput{Cluster: aws.String("default"), CapacityProviders: []string{"FARGATE", "FARGATE_SPOT"},
		DefaultCapacityProviderStrategy: []types.CapacityProviderStrategyItem{}}))
	ran := must(r.ecs.RunTask(t.Context(), &ecs.RunTaskInput{
		TaskDefinition: aws.String("api"), Count: aws.Int32(4), NetworkConfiguration: &types.NetworkConfiguration{AwsvpcConfiguration: &types.AwsVpcConfiguration{Subnets: []string{"subnet-a"}}},
		CapacityProviderStrategy: []types.CapacityProviderStrategyItem{{CapacityProvider: aws.String("FARGATE"), Weight: 1}, {CapacityProvider: aws.String("FARGATE_SPOT"), Weight: 1}},
	}))
	const says = "Capacity is unavailable at this time. Please try again later or in a different availability zone"
	if len(ran.Tasks) != 2 || len(ran.Failures) != 1 || ran.Failures[0].Arn != nil || *ran.Failures[0].Reason != says {
		t.Errorf("%d tasks run, failures %+v", len(ran.Tasks), ran.Failures)
	}
}

// played is the world that a scene leaves, an hour before the rigs' clocks begin.
func played(t *testing.T, place cluster.ARN, text string) *world.World {
	t.Helper()
	file, err := scenario.Parse("scene", text)
	if err != nil {
		t.Fatal(err)
	}
	scene := scenario.Defaults()
	scene.Start, scene.Place, scene.Placed = morning.Add(-time.Hour), place, true
	_, w, err := scenario.Play(file, scene)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// TestAnInstanceDrains through the API: the tasks of a service leave it, it is deregistered, and ECS describes it as INACTIVE.
func TestAnInstanceDrains(t *testing.T) {
	r, a, b := hosted(t)
	ctx := t.Context()
	must(r.ecs.CreateService(ctx, &ecs.CreateServiceInput{ServiceName: aws.String("web"), TaskDefinition: aws.String("job"), DesiredCount: aws.Int32(2),
		PlacementStrategy: []types.PlacementStrategy{{Type: types.PlacementStrategyTypeSpread, Field: aws.String("instanceId")}}}))
	r.pass(5 * time.Minute)
	_, err := r.ecs.DeregisterContainerInstance(ctx, &ecs.DeregisterContainerInstanceInput{ContainerInstance: &a})
	wantCode(t, err, "InvalidParameterException")
	updated := must(r.ecs.UpdateContainerInstancesState(ctx, &ecs.UpdateContainerInstancesStateInput{
		ContainerInstances: []string{a, "0123456789abcdef0123456789abcdef"}, Status: types.ContainerInstanceStatusDraining}))
	if len(updated.ContainerInstances) != 1 || *updated.ContainerInstances[0].Status != "DRAINING" || len(updated.Failures) != 1 {
		t.Fatalf("got %+v", updated)
	}
	r.pass(5 * time.Minute)
	tasks := must(r.ecs.ListTasks(ctx, &ecs.ListTasksInput{ContainerInstance: &b})).TaskArns
	if len(tasks) != 2 || len(must(r.ecs.ListTasks(ctx, &ecs.ListTasksInput{ContainerInstance: &a})).TaskArns) != 0 {
		t.Errorf("%d tasks are on the other instance", len(tasks))
	}
	shown := must(r.ecs.DescribeTasks(ctx, &ecs.DescribeTasksInput{Tasks: tasks})).Tasks
	if ports := shown[0].Containers[0].NetworkBindings; len(ports) != 1 || *ports[0].HostPort < 32768 || len(shown[0].Attachments) != 0 {
		t.Errorf("the task is bound to %+v", ports)
	}
	draining := must(r.ecs.ListContainerInstances(ctx, &ecs.ListContainerInstancesInput{Status: types.ContainerInstanceStatusDraining})).ContainerInstanceArns
	if !slices.Equal(draining, []string{a}) {
		t.Errorf("%v drain", draining)
	}
	if out := must(r.ecs.DeregisterContainerInstance(ctx, &ecs.DeregisterContainerInstanceInput{ContainerInstance: &a})); *out.ContainerInstance.Status != "INACTIVE" {
		t.Errorf("deregistered: %+v", out.ContainerInstance)
	}
	if left := must(r.ecs.ListContainerInstances(ctx, &ecs.ListContainerInstancesInput{})).ContainerInstanceArns; !slices.Equal(left, []string{b}) {
		t.Errorf("%v are left", left)
	}
	_, err = r.ecs.UpdateContainerInstancesState(ctx, &ecs.UpdateContainerInstancesStateInput{ContainerInstances: slices.Repeat([]string{a}, 11), Status: types.ContainerInstanceStatusActive})
	wantCode(t, err, "InvalidParameterException")
	_, err = r.ecs.UpdateContainerAgent(ctx, &ecs.UpdateContainerAgentInput{ContainerInstance: &b})
	wantCode(t, err, "NoUpdateAvailableException")
	must(r.ecs.SubmitTaskStateChange(ctx, &ecs.SubmitTaskStateChangeInput{}))
	must(r.ecs.SubmitContainerStateChange(ctx, &ecs.SubmitContainerStateChangeInput{}))
	must(r.ecs.SubmitAttachmentStateChanges(ctx, &ecs.SubmitAttachmentStateChangesInput{Attachments: []types.AttachmentStateChange{}}))
	must(r.ecs.DiscoverPollEndpoint(ctx, &ecs.DiscoverPollEndpointInput{}))
}
