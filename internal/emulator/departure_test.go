package emulator_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"handover/internal/cluster"
	"handover/internal/emulator"
	"handover/internal/emulator/sandbox"
	"handover/internal/scenario"
	"handover/internal/world"
)

func jsonOf(v any) (string, error) {
	text, err := json.Marshal(v)
	return string(text), err
}

// program builds the function as it is shipped, for this machine, and gives the folder that it is in. What runs it takes time by the machine's clock, which a machine that is
// busy with other things does not give, so that it is a stage of CI and no part of go test.
func program(t *testing.T) string {
	t.Helper()
	if os.Getenv("HANDOVER_WHOLE_PATH") == "" {
		t.Skip("HANDOVER_WHOLE_PATH=1 builds and runs the function")
	}
	folder := t.TempDir()
	build := exec.Command("go", "build", "-trimpath", "-tags", "lambda.norpc", "-o", filepath.Join(folder, "handover-lambda"), "handover/cmd/handover-lambda")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building the function: %v\n%s", err, out)
	}
	return folder
}

// departing is a group of three instances with a service behind a load balancer, whose tasks take 25 minutes to drain: longer than an invocation.
const departing = `world profile=ec2-2026
launch-template hosts
group prod-ecs min=0 max=4 desired=3 template=hosts zones=2
target-group web drain=1500s
advance 5m
task-definition api image=api@sha256:1 cpu=256 memory=512
service api desired=6 min=100 max=200 target-group=web launch=ec2
advance 5m
`

// lambdaWorld is an emulator as a server, with functions, at a speed.
type lambdaWorld struct {
	accounts
	t      *testing.T
	server *emulator.Server
}

func newLambdaWorld(t *testing.T, folder, scene string, speed float64) *lambdaWorld {
	t.Helper()
	file, err := scenario.Parse("scene", scene)
	if err != nil {
		t.Fatal(err)
	}
	set := scenario.Defaults()
	set.Start, set.Place = morning, emulator.Place("eu-west-1")
	_, lived, err := scenario.Play(file, set)
	if err != nil {
		t.Fatal(err)
	}
	host, err := sandbox.Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	server := emulator.New(emulator.Options{Clock: emulator.NewWall(lived.Now(), speed), Functions: host, Throttle: true,
		Seed:   func(cluster.ARN) *world.World { return lived.Clone() },
		Report: func(c emulator.Call, err error) { t.Errorf("%s: %v", c.Operation, err) }})
	listener := httptest.NewServer(server)
	ctx, end := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		server.Run(ctx, listener.URL)
	}()
	t.Cleanup(func() {
		end()
		<-ended
		if err := host.Close(); err != nil {
			t.Error(err)
		}
		listener.Close()
	})
	cfg := aws.Config{Region: "eu-west-1", BaseEndpoint: &listener.URL, HTTPClient: buffered{http.DefaultClient}, RetryMaxAttempts: 10,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "secret"}, nil
		})}
	return &lambdaWorld{accountsOf(cfg, clientsOf("eu-west-1", listener.URL, buffered{http.DefaultClient})), t, server}
}

// lines are those that the function has written.
func (w *lambdaWorld) lines(group string) string {
	var b strings.Builder
	out, err := w.logs.FilterLogEvents(w.t.Context(), &cloudwatchlogs.FilterLogEventsInput{LogGroupName: &group})
	if err != nil {
		return err.Error()
	}
	for _, e := range out.Events {
		b.WriteString(*e.Message + "\n")
	}
	return b.String()
}

// tasksOn are the tasks on an EC2 instance.
func (w *lambdaWorld) tasksOn(machine string) []string {
	w.t.Helper()
	found := must(w.ecs.ListContainerInstances(w.t.Context(), &ecs.ListContainerInstancesInput{Cluster: aws.String("default"), Filter: aws.String("ec2InstanceId == " + machine)}))
	if len(found.ContainerInstanceArns) != 1 {
		w.t.Fatalf("%s is %d container instances", machine, len(found.ContainerInstanceArns))
	}
	return must(w.ecs.ListTasks(w.t.Context(), &ecs.ListTasksInput{Cluster: aws.String("default"), ContainerInstance: &found.ContainerInstanceArns[0]})).TaskArns
}

// patience is how much of the machine's time a path may take that takes some seconds on an idle one.
const patience = 3 * time.Minute

// until waits until something is so, and fails with what the function wrote.
func (w *lambdaWorld) until(what, group string, so func() bool) {
	w.t.Helper()
	end := time.After(patience)
	for !so() {
		changed := w.server.Changed()
		select {
		case <-changed:
		case <-end:
			w.t.Fatalf("%s: not after %s; the function wrote:\n%s", what, patience, w.lines(group))
		}
	}
}

// TestAnInstanceDepartsThroughTheWholePath: a terminated instance is held by the template's hook, its message goes by topic or queue to the shipped function, which drains the
// instance and completes the hook; then the instance is gone, and the service has all its tasks, none of which was lost.
func TestAnInstanceDepartsThroughTheWholePath(t *testing.T) {
	folder := program(t)
	for _, carrier := range []string{"state-machine", "topic", "queue"} {
		t.Run(carrier, func(t *testing.T) {
			w := newLambdaWorld(t, folder, departing, 300)
			s := createStack(t, w.accounts, "prod-drain", "../../deploy/drain.yaml", map[string]any{"GroupName": "prod-ecs", "Cluster": "default", "CodeBucket": "b", "Carrier": carrier})
			log := s.resource("Log").ref
			group := must(w.groups.DescribeAutoScalingGroups(t.Context(), &autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{"prod-ecs"}})).AutoScalingGroups[0]
			leaving := *group.Instances[0].InstanceId
			held := w.tasksOn(leaving)
			must(w.groups.TerminateInstanceInAutoScalingGroup(t.Context(), &autoscaling.TerminateInstanceInAutoScalingGroupInput{InstanceId: &leaving, ShouldDecrementDesiredCapacity: aws.Bool(true)}))
			rounds := 0
			w.until("the instance leaves its group", log, func() bool {
				rounds = max(rounds, w.rounds())
				left := must(w.groups.DescribeAutoScalingInstances(t.Context(), &autoscaling.DescribeAutoScalingInstancesInput{InstanceIds: []string{leaving}})).AutoScalingInstances
				return len(left) == 0
			})
			w.until("the function says so", log, func() bool { return strings.Contains(w.lines(log), `"verdict":"succeeded"`) })
			said := w.lines(log)
			if invocations := strings.Count(said, "START RequestId"); invocations < 2 {
				t.Errorf("%d invocations: the drain was not carried on", invocations)
			}
			if loops := carrier == "topic"; loops != (rounds > 1) {
				t.Errorf("Lambda counts %d rounds", rounds)
			}
			if len(held) == 0 {
				t.Error("the instance had no tasks")
			}
			for _, task := range must(w.ecs.DescribeTasks(t.Context(), &ecs.DescribeTasksInput{Cluster: aws.String("default"), Tasks: held})).Tasks {
				if *task.LastStatus != "STOPPED" || task.StopCode != ecstypes.TaskStopCodeServiceSchedulerInitiated {
					t.Errorf("task %s is %s: %s %s", *task.TaskArn, *task.LastStatus, task.StopCode, aws.ToString(task.StoppedReason))
				}
			}
		})
	}
}

// TestAnInstanceDepartsThroughTheBus: the same hook heard by a rule of EventBridge, whose target is the function or a queue that it is fed from; a rebalance
// recommendation and a notice that tasks are retired come by rules of the template.
func TestAnInstanceDepartsThroughTheBus(t *testing.T) {
	w := newLambdaWorld(t, program(t), strings.Replace(departing, "1500s", "60s", 1), 120)
	parameters := map[string]any{"GroupName": "prod-ecs", "Cluster": "default", "CodeBucket": "b", "Retirements": "yes"}
	s := createStack(t, w.accounts, "prod-drain", "../../deploy/drain.yaml", parameters)
	log, function := s.resource("Log").ref, s.resource("Function")
	must(w.groups.PutLifecycleHook(t.Context(), &autoscaling.PutLifecycleHookInput{AutoScalingGroupName: aws.String("prod-ecs"), LifecycleHookName: aws.String("prod-drain-drain"),
		LifecycleTransition: aws.String("autoscaling:EC2_INSTANCE_TERMINATING"), HeartbeatTimeout: aws.Int32(1800), DefaultResult: aws.String("CONTINUE")}))
	must(w.sns.Unsubscribe(t.Context(), &sns.UnsubscribeInput{SubscriptionArn: aws.String(s.resource("Subscription").ref)}))
	s.rule("hooks", map[string]any{
		"EventPattern": map[string]any{"source": []any{"aws.autoscaling"}, "detail-type": []any{"EC2 Instance-terminate Lifecycle Action"}},
		"Targets":      []any{map[string]any{"Id": "drain", "Arn": function.attributes["Arn"]}},
	})
	must(w.lambda.AddPermission(t.Context(), &lambda.AddPermissionInput{StatementId: aws.String("hooks"), FunctionName: &function.ref, Action: aws.String("lambda:InvokeFunction"),
		Principal: aws.String("events.amazonaws.com")}))
	all := must(w.groups.DescribeAutoScalingGroups(t.Context(), &autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{"prod-ecs"}})).AutoScalingGroups[0].Instances
	leaving := *all[0].InstanceId
	must(w.groups.TerminateInstanceInAutoScalingGroup(t.Context(), &autoscaling.TerminateInstanceInAutoScalingGroupInput{InstanceId: &leaving, ShouldDecrementDesiredCapacity: aws.Bool(true)}))
	w.until("the instance leaves its group", log, func() bool {
		return len(must(w.groups.DescribeAutoScalingInstances(t.Context(), &autoscaling.DescribeAutoScalingInstancesInput{InstanceIds: []string{leaving}})).AutoScalingInstances) == 0
	})

	unsteady := *all[1].InstanceId
	held := w.tasksOn(unsteady)
	w.happen(`{"source":"aws.ec2","detail-type":"EC2 Instance Rebalance Recommendation","detail":{"instance-id":"` + unsteady + `"}}`)
	w.until("the unsteady instance is empty", log, func() bool { return len(w.tasksOn(unsteady)) == 0 })
	if len(held) == 0 {
		t.Error("the unsteady instance had no tasks")
	}

	before := must(w.ecs.ListTasks(t.Context(), &ecs.ListTasksInput{Cluster: aws.String("default"), ServiceName: aws.String("api")})).TaskArns
	w.happen(`{"source":"aws.health","detail-type":"AWS Health Event","resources":["default|api"],"detail":{"service":"ECS","eventTypeCode":"AWS_ECS_TASK_PATCHING_RETIREMENT","startTime":"Sun, 22 Nov 2026 12:00:00 GMT"}}`)
	w.until("the retired tasks are replaced", log, func() bool {
		now := must(w.ecs.ListTasks(t.Context(), &ecs.ListTasksInput{Cluster: aws.String("default"), ServiceName: aws.String("api")})).TaskArns
		return len(now) == len(before) && !slices.ContainsFunc(now, func(task string) bool { return slices.Contains(before, task) })
	})
}

// happen puts an event on the bus that only AWS may put there.
func (w *lambdaWorld) happen(event string) {
	w.t.Helper()
	answer := httptest.NewRecorder()
	w.server.ServeHTTP(answer, httptest.NewRequest("POST", "/_handover/event?region=eu-west-1", strings.NewReader(event)))
	if answer.Code != http.StatusOK {
		w.t.Fatalf("the event: %d %s", answer.Code, answer.Body)
	}
}

// rounds is how often Lambda says that the function was invoked on the way of an event that is under way. It is what Lambda ends a loop by, and rises only while the SDK
// within the function hands the lineage of its invocation on with what it publishes.
func (w *lambdaWorld) rounds() (most int) {
	w.t.Helper()
	answer := httptest.NewRecorder()
	w.server.ServeHTTP(answer, httptest.NewRequest("GET", "/_handover/state", nil))
	var state struct {
		Function struct{ Invocations []cluster.Invocation }
	}
	if err := json.Unmarshal(answer.Body.Bytes(), &state); err != nil {
		w.t.Fatal(err)
	}
	for _, i := range state.Function.Invocations {
		for _, n := range i.Lineage {
			most = max(most, n)
		}
	}
	return most
}
