package emulator_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"handover/internal/emulator"
)

// external makes service ext of so many tasks, whose deployments are somebody else's, with one task set.
func (r *rig) external(desired int32, group string) types.TaskSet {
	r.t.Helper()
	in := service("ext", "", desired, 100, 200)
	in.TaskDefinition, in.NetworkConfiguration, in.LaunchType = nil, nil, ""
	in.DeploymentController = &types.DeploymentController{Type: types.DeploymentControllerTypeExternal}
	must(r.ecs.CreateService(r.t.Context(), in))
	made := must(r.ecs.CreateTaskSet(r.t.Context(), &ecs.CreateTaskSetInput{
		Cluster: aws.String("prod"), Service: aws.String("ext"), TaskDefinition: aws.String("api"), LaunchType: types.LaunchTypeFargate, ExternalId: aws.String("blue"),
		NetworkConfiguration: service("", "", 0, 0, 0).NetworkConfiguration, Scale: &types.Scale{Unit: types.ScaleUnitPercent, Value: 50},
		LoadBalancers: service("", group, 0, 0, 0).LoadBalancers, Tags: []types.Tag{{Key: aws.String("colour"), Value: aws.String("blue")}},
	}))
	return *made.TaskSet
}

func (r *rig) taskSet(id string) types.TaskSet {
	r.t.Helper()
	out := must(r.ecs.DescribeTaskSets(r.t.Context(), &ecs.DescribeTaskSetsInput{Cluster: aws.String("prod"), Service: aws.String("ext"), TaskSets: []string{id}}))
	if len(out.TaskSets) != 1 {
		r.t.Fatalf("%s is %d task sets; failures %+v", id, len(out.TaskSets), out.Failures)
	}
	return out.TaskSets[0]
}

func TestTaskSetLifetime(t *testing.T) {
	r := newRig(t, emulator.Options{})
	group := r.scene(1, 100, 200)
	made := r.external(3, group)
	if *made.Status != "ACTIVE" || made.StabilityStatus != types.StabilityStatusStabilizing || made.ComputedDesiredCount != 2 || *made.ExternalId != "blue" ||
		*made.PlatformVersion != "1.4.0" || len(made.Tags) != 1 || made.NetworkConfiguration == nil || *made.LoadBalancers[0].TargetGroupArn != group ||
		*made.TaskSetArn != "arn:aws:ecs:eu-west-1:123456789012:task-set/prod/ext/"+*made.Id {
		t.Errorf("a task set begins as %+v", made)
	}
	r.pass(5 * time.Minute)
	if set := r.taskSet(*made.TaskSetArn); set.StabilityStatus != types.StabilityStatusSteadyState || set.RunningCount != 2 || set.Tags != nil {
		t.Errorf("after 5 minutes %s with %d tasks, tags %v", set.StabilityStatus, set.RunningCount, set.Tags)
	}
	tasks := must(r.ecs.ListTasks(t.Context(), &ecs.ListTasksInput{Cluster: aws.String("prod"), StartedBy: made.Id})).TaskArns
	if len(tasks) != 2 {
		t.Errorf("%d tasks were started by the task set, want 2", len(tasks))
	}
	primary := must(r.ecs.UpdateServicePrimaryTaskSet(t.Context(), &ecs.UpdateServicePrimaryTaskSetInput{Cluster: aws.String("prod"), Service: aws.String("ext"), PrimaryTaskSet: made.Id}))
	scaled := must(r.ecs.UpdateTaskSet(t.Context(), &ecs.UpdateTaskSetInput{
		Cluster: aws.String("prod"), Service: aws.String("ext"), TaskSet: made.TaskSetArn, Scale: &types.Scale{Unit: types.ScaleUnitPercent, Value: 100},
	})).TaskSet
	if *primary.TaskSet.Status != "PRIMARY" || scaled.ComputedDesiredCount != 3 || scaled.StabilityStatus != types.StabilityStatusStabilizing {
		t.Errorf("primary %s; scaled to %d, %s", *primary.TaskSet.Status, scaled.ComputedDesiredCount, scaled.StabilityStatus)
	}
	r.pass(5 * time.Minute)
	s := must(r.ecs.DescribeServices(t.Context(), &ecs.DescribeServicesInput{Cluster: aws.String("prod"), Services: []string{"ext"}})).Services[0]
	if s.RunningCount != 3 || len(s.TaskSets) != 1 || len(s.Deployments) != 0 || *s.TaskDefinition != *made.TaskDefinition {
		t.Errorf("the service runs %d of %d task sets and %d deployments, %v", s.RunningCount, len(s.TaskSets), len(s.Deployments), s.TaskDefinition)
	}
	if !slices.ContainsFunc(s.Events, func(e types.ServiceEvent) bool {
		return strings.Contains(*e.Message, "taskSet "+*made.Id+") has started")
	}) {
		t.Error("no event names the task set that started tasks")
	}
	gone := must(r.ecs.DeleteTaskSet(t.Context(), &ecs.DeleteTaskSetInput{Cluster: aws.String("prod"), Service: aws.String("ext"), TaskSet: made.Id, Force: aws.Bool(true)})).TaskSet
	if *gone.Status != "DRAINING" {
		t.Errorf("a deleted task set is %s", *gone.Status)
	}
	r.pass(5 * time.Minute)
	out := must(r.ecs.DescribeTaskSets(t.Context(), &ecs.DescribeTaskSetsInput{Cluster: aws.String("prod"), Service: aws.String("ext"), TaskSets: []string{*made.Id}}))
	if len(out.TaskSets) != 0 || len(out.Failures) != 1 || *out.Failures[0].Arn != *made.TaskSetArn || *out.Failures[0].Reason != "MISSING" {
		t.Errorf("5 minutes later there are %d, failures %+v", len(out.TaskSets), out.Failures)
	}
}

func TestTaskSetErrors(t *testing.T) {
	r := newRig(t, emulator.Options{})
	made := r.external(1, r.scene(1, 100, 200))
	ctx, prod, ext := t.Context(), aws.String("prod"), aws.String("ext")
	create := func(change func(*ecs.CreateTaskSetInput)) error {
		in := &ecs.CreateTaskSetInput{Cluster: prod, Service: ext, TaskDefinition: aws.String("api"), NetworkConfiguration: service("", "", 0, 0, 0).NetworkConfiguration}
		change(in)
		_, err := r.ecs.CreateTaskSet(ctx, in)
		return err
	}
	remove := func(name string) error {
		_, err := r.ecs.DeleteTaskSet(ctx, &ecs.DeleteTaskSetInput{Cluster: prod, Service: ext, TaskSet: &name})
		return err
	}
	_, forced := r.ecs.UpdateService(ctx, &ecs.UpdateServiceInput{Cluster: prod, Service: ext, ForceNewDeployment: true})
	_, deleted := r.ecs.DeleteService(ctx, &ecs.DeleteServiceInput{Cluster: prod, Service: ext})
	for _, c := range []struct {
		name string
		err  error
		want string
	}{
		{"another controller", create(func(in *ecs.CreateTaskSetInput) { in.Service = aws.String("api") }),
			"InvalidParameterException: Unable to create task sets on services with a ECS deployment controller."}, // ours
		{"no service", create(func(in *ecs.CreateTaskSetInput) { in.Service = aws.String("none") }), "ServiceNotFoundException: Service not found."},
		{"no cluster", create(func(in *ecs.CreateTaskSetInput) { in.Cluster = aws.String("none") }), "ClusterNotFoundException: Cluster not found."},
		{"no definition", create(func(in *ecs.CreateTaskSetInput) { in.TaskDefinition = aws.String("none") }), "ClientException: TaskDefinition not found."},
		{"scale", create(func(in *ecs.CreateTaskSetInput) { in.Scale = &types.Scale{Value: 101} }),
			"InvalidParameterException: The scale value of a task set must be between 0 and 100."}, // ours
		{"no task set", remove("ecs-svc/1"), "TaskSetNotFoundException: TaskSet not found."},                                        // ours
		{"still scaled", remove(*made.Id), "InvalidParameterException: The task set cannot be deleted while it is scaled above 0."}, // ours
		{"a forced deployment", forced,
			"InvalidParameterException: Unable to update the task definition or load balancers, or to force a new deployment, on services with an EXTERNAL deployment controller. Use task sets."}, // ours
		{"a service with task sets", deleted, "InvalidParameterException: The service cannot be deleted while it has task sets."}, // ours
	} {
		if got := code(c.err); got != c.want {
			t.Errorf("%s:\n got %q\nwant %q", c.name, got, c.want)
		}
	}
}

func TestExecuteCommand(t *testing.T) {
	r := newRig(t, emulator.Options{})
	r.scene(1, 100, 200)
	execute := func(task string, interactive bool, container *string) (*ecs.ExecuteCommandOutput, error) {
		return r.ecs.ExecuteCommand(t.Context(), &ecs.ExecuteCommandInput{
			Cluster: aws.String("prod"), Task: &task, Command: aws.String("/bin/sh"), Interactive: interactive, Container: container,
		})
	}
	old := r.tasks("")[0]
	_, disabled := execute(old, true, nil)
	must(r.ecs.UpdateService(t.Context(), &ecs.UpdateServiceInput{Cluster: aws.String("prod"), Service: aws.String("api"), EnableExecuteCommand: aws.Bool(true)}))
	_, still := execute(old, true, nil)
	const notEnabled = "InvalidParameterException: The execute command failed because execute command was not enabled when the task was run or the execute command agent isn’t running. " +
		"Wait and try again or run a new task with execute command enabled and try again."
	must(r.ecs.UpdateService(t.Context(), &ecs.UpdateServiceInput{Cluster: aws.String("prod"), Service: aws.String("api"), ForceNewDeployment: true}))
	r.steady()
	task := r.tasks("")[0]
	_, silent := execute(task, false, nil)
	_, nowhere := execute(task, true, aws.String("other"))
	_, none := execute(strings.Repeat("0", 32), true, nil)
	for i, c := range []struct {
		err  error
		want string
	}{
		{disabled, notEnabled}, {still, notEnabled},
		{silent, "InvalidParameterException: Interactive is the only mode supported currently."},
		{nowhere, "InvalidParameterException: The container other was not found in the task."}, // ours
		{none, "InvalidParameterException: The referenced task was not found."},
	} {
		if got := code(c.err); got != c.want {
			t.Errorf("%d:\n got %q\nwant %q", i, got, c.want)
		}
	}
	out := must(execute(task, true, aws.String("app")))
	if *out.TaskArn != task || *out.ContainerName != "app" || !strings.Contains(*out.Session.StreamUrl, "simulated") || !strings.HasPrefix(*out.Session.SessionId, "ecs-execute-command-") {
		t.Errorf("the session is %+v of %s", out.Session, *out.TaskArn)
	}
	agents := must(r.ecs.DescribeTasks(t.Context(), &ecs.DescribeTasksInput{Cluster: aws.String("prod"), Tasks: []string{task}})).Tasks[0].Containers[0].ManagedAgents
	if len(agents) != 1 || *agents[0].LastStatus != "RUNNING" || agents[0].LastStartedAt == nil {
		t.Errorf("the container's agents are %+v", agents)
	}
}

// TestLoadBalancersOfAServiceChange: other load balancers start a deployment, and each deployment's tasks are behind their own.
func TestLoadBalancersOfAServiceChange(t *testing.T) {
	r := newRig(t, emulator.Options{})
	r.scene(1, 100, 200)
	must(r.ecs.UpdateService(t.Context(), &ecs.UpdateServiceInput{Cluster: aws.String("prod"), Service: aws.String("api"), LoadBalancers: []types.LoadBalancer{}}))
	if s := r.describe(); len(s.Deployments) != 2 || len(s.LoadBalancers) != 0 {
		t.Errorf("%d deployments, load balancers %+v", len(s.Deployments), s.LoadBalancers)
	}
	r.steady()
	must(r.ecs.RegisterTaskDefinition(t.Context(), &ecs.RegisterTaskDefinitionInput{Family: aws.String("hosted"), ContainerDefinitions: []types.ContainerDefinition{{
		Name: aws.String("app"), Image: aws.String("app:1"), Memory: aws.Int32(128), PortMappings: []types.PortMapping{{ContainerPort: aws.Int32(80)}},
	}}}))
	classic := service("classic", "", 1, 100, 200)
	classic.TaskDefinition, classic.LaunchType, classic.NetworkConfiguration = aws.String("hosted"), types.LaunchTypeEc2, nil
	classic.LoadBalancers = []types.LoadBalancer{{LoadBalancerName: aws.String("old"), ContainerName: aws.String("app"), ContainerPort: aws.Int32(80)}}
	classic.Role = aws.String("arn:aws:iam::123456789012:role/ecs")
	made := must(r.ecs.CreateService(t.Context(), classic)).Service
	if len(made.LoadBalancers) != 1 || *made.LoadBalancers[0].LoadBalancerName != "old" || *made.RoleArn != *classic.Role {
		t.Errorf("a Classic Load Balancer comes back as %+v, role %v", made.LoadBalancers, made.RoleArn)
	}
}
