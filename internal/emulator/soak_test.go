package emulator_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	scalingtypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logstypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"handover/internal/emulator"
)

var soak = flag.Duration("soak", time.Second, "how long the soak test runs, for example: go test -race -run Soak ./internal/emulator -soak 30m -timeout 40m")

// TestSoak has many clients of all services use one emulator with a log, each in its own order and while its time is put forward. Nothing may fail but by
// throttling, no client may see time go back, no list may have a task twice, and in the end the log alone must give the same world.
func TestSoak(t *testing.T) {
	file := filepath.Join(t.TempDir(), "world.log")
	o := remembered(t, file)
	o.Clock, o.WorldEvery, o.Throttle = emulator.NewWall(morning, 600), 50, true
	o.Report = func(c emulator.Call, err error) { t.Errorf("%s: %v", c.Operation, err) }
	server := emulator.New(o)
	listener := httptest.NewServer(server)
	defer listener.Close()
	c := clientsOf("eu-west-1", listener.URL, buffered{listener.Client()})
	prepare(t, c)
	beside(t, c)
	end := time.Now().Add(*soak)
	heaps := []uint64{heap()}
	var calls, refused atomic.Int64
	var wait sync.WaitGroup
	for i := range 12 {
		wait.Go(func() {
			told := &answered{}
			luck := rand.New(rand.NewPCG(uint64(i), 7))
			c := clientsOf("eu-west-1", listener.URL, timed{buffered{listener.Client()}, told})
			for time.Now().Before(end) && !t.Failed() {
				what, err := anything(t, c, listener.URL, luck, fmt.Sprint("own", i))
				if text := code(err); err != nil && !slices.Contains(tolerated, text) {
					t.Errorf("%s: %s", what, text)
				}
				if err != nil {
					refused.Add(1)
				}
				if told.back > 0 {
					t.Errorf("%s: time went back by %v to %v", what, told.back, told.last)
				}
				calls.Add(1)
			}
		})
	}
	for quarter := range 4 {
		time.Sleep(time.Until(end.Add(-*soak * time.Duration(3-quarter) / 4))) // the clients' time is the machine's, too
		heaps = append(heaps, heap())
	}
	wait.Wait()
	sameAsReplay(t, stateOf(t, server, "eu-west-1"), crashed(t, file), "eu-west-1")
	t.Logf("%d rounds of calls in %v, %d of them refused as they may be; heap at the beginning and after each quarter: %s", calls.Load(), *soak, refused.Load(), megabytes(heaps))
}

func megabytes(bytes []uint64) string {
	var all []string
	for _, n := range bytes {
		all = append(all, fmt.Sprintf("%.1f MB", float64(n)/1e6))
	}
	return strings.Join(all, ", ")
}

// tolerated is what clients that know nothing of each other have to expect.
var tolerated = []string{
	"ThrottlingException: Rate exceeded", "Throttling: Rate exceeded",
	"InvalidParameterException: The referenced task was not found.", // an hour after it stopped
	"TaskSetNotFoundException: TaskSet not found.",                  // another client was quicker
	"AWS.SimpleQueueService.MessageNotInflight: The specified message isn't in flight.",
}

// anything calls one operation, and says which.
func anything(t *testing.T, c clients, url string, luck *rand.Rand, own string) (what string, err error) {
	ctx, prod, api := t.Context(), aws.String("prod"), aws.String("api")
	switch luck.IntN(18) {
	case 0:
		_, err = c.ecs.UpdateService(ctx, &ecs.UpdateServiceInput{Cluster: prod, Service: api, ForceNewDeployment: true})
		return "UpdateService", err
	case 1:
		_, err = c.ecs.UpdateService(ctx, &ecs.UpdateServiceInput{Cluster: prod, Service: api, DesiredCount: aws.Int32(int32(luck.IntN(9)))})
		return "UpdateService of the desired count", err
	case 2:
		if luck.IntN(100) > 0 { // what is registered stays for ever
			_, err = c.ecs.DescribeTaskDefinition(ctx, &ecs.DescribeTaskDefinitionInput{TaskDefinition: api})
			return "DescribeTaskDefinition", err
		}
		_, err = c.ecs.RegisterTaskDefinition(ctx, definition(own))
		return "RegisterTaskDefinition", err
	case 3:
		_, err = c.ecs.CreateCluster(ctx, &ecs.CreateClusterInput{ClusterName: &own})
		return "CreateCluster", err
	case 4:
		_, err = c.ecs.TagResource(ctx, &ecs.TagResourceInput{ResourceArn: aws.String("arn:aws:ecs:eu-west-1:123456789012:cluster/prod"),
			Tags: []types.Tag{{Key: &own, Value: aws.String(fmt.Sprint(luck.IntN(100)))}}})
		return "TagResource", err
	case 5:
		_, err = c.ecs.DescribeServices(ctx, &ecs.DescribeServicesInput{Cluster: prod, Services: []string{"api"}})
		return "DescribeServices", err
	case 6:
		_, err = c.elb.DescribeTargetGroups(ctx, &elbv2.DescribeTargetGroupsInput{})
		return "DescribeTargetGroups", err
	case 7:
		_, err = c.sts.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
		return "GetCallerIdentity", err
	case 8:
		_, err = c.scaling.DescribeScalableTargets(ctx, &applicationautoscaling.DescribeScalableTargetsInput{ServiceNamespace: scalingtypes.ServiceNamespaceEcs})
		return "DescribeScalableTargets", err
	case 9:
		return "a control", control(url, luck)
	case 10, 11:
		return listAndStop(t, c, luck)
	}
	return besides(t, c, luck)
}

// beside makes what the other services have: a topic to which a queue is subscribed, a log stream, a service with task sets, a load balancer.
func beside(t *testing.T, c clients) {
	t.Helper()
	ctx := t.Context()
	topic := must(c.sns.CreateTopic(ctx, &sns.CreateTopicInput{Name: aws.String("events")})).TopicArn
	must(c.sqs.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("events"), Attributes: map[string]string{"VisibilityTimeout": "60"}}))
	must(c.sns.Subscribe(ctx, &sns.SubscribeInput{TopicArn: topic, Protocol: aws.String("sqs"), Endpoint: aws.String("arn:aws:sqs:eu-west-1:123456789012:events")}))
	must(c.logs.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String("app")}))
	must(c.logs.PutRetentionPolicy(ctx, &cloudwatchlogs.PutRetentionPolicyInput{LogGroupName: aws.String("app"), RetentionInDays: aws.Int32(1)}))
	must(c.logs.CreateLogStream(ctx, &cloudwatchlogs.CreateLogStreamInput{LogGroupName: aws.String("app"), LogStreamName: aws.String("one")}))
	external := service("ext", "", 4, 100, 200)
	external.TaskDefinition, external.NetworkConfiguration, external.LaunchType = nil, nil, ""
	external.DeploymentController = &types.DeploymentController{Type: types.DeploymentControllerTypeExternal}
	must(c.ecs.CreateService(ctx, external))
	must(c.elb.CreateLoadBalancer(ctx, &elbv2.CreateLoadBalancerInput{Name: aws.String("front"), Subnets: []string{"subnet-a", "subnet-b"}}))
}

// besides calls an operation of the other services, or one about task sets.
func besides(t *testing.T, c clients, luck *rand.Rand) (what string, err error) {
	ctx, prod, ext := t.Context(), aws.String("prod"), aws.String("ext")
	switch luck.IntN(6) {
	case 0:
		_, err = c.sns.Publish(ctx, &sns.PublishInput{TopicArn: aws.String("arn:aws:sns:eu-west-1:123456789012:events"), Message: aws.String(fmt.Sprint(luck.Uint64()))})
		return "Publish", err
	case 1:
		return receiveAndDelete(t, c)
	case 2:
		now := must(http.ParseTime(toldTime(ctx, c)))
		_, err = c.logs.PutLogEvents(ctx, &cloudwatchlogs.PutLogEventsInput{LogGroupName: aws.String("app"), LogStreamName: aws.String("one"),
			LogEvents: []logstypes.InputLogEvent{{Message: aws.String(fmt.Sprint("line ", luck.IntN(9))), Timestamp: aws.Int64(now.UnixMilli())}}})
		return "PutLogEvents", err
	case 3:
		_, err = c.logs.FilterLogEvents(ctx, &cloudwatchlogs.FilterLogEventsInput{LogGroupName: aws.String("app"), FilterPattern: aws.String("line -5"), Limit: aws.Int32(100)})
		return "FilterLogEvents", err
	case 4:
		_, err = c.elb.DescribeLoadBalancers(ctx, &elbv2.DescribeLoadBalancersInput{})
		return "DescribeLoadBalancers", err
	}
	sets, err := c.ecs.DescribeTaskSets(ctx, &ecs.DescribeTaskSetsInput{Cluster: prod, Service: ext})
	if err != nil {
		return "DescribeTaskSets", err
	}
	if len(sets.TaskSets) < 2 {
		_, err = c.ecs.CreateTaskSet(ctx, &ecs.CreateTaskSetInput{Cluster: prod, Service: ext, TaskDefinition: aws.String("api"), LaunchType: types.LaunchTypeFargate,
			NetworkConfiguration: service("", "", 0, 0, 0).NetworkConfiguration})
		return "CreateTaskSet", err
	}
	one := sets.TaskSets[luck.IntN(len(sets.TaskSets))].Id
	if luck.IntN(4) == 0 {
		_, err = c.ecs.DeleteTaskSet(ctx, &ecs.DeleteTaskSetInput{Cluster: prod, Service: ext, TaskSet: one, Force: aws.Bool(true)})
		return "DeleteTaskSet", err
	}
	_, err = c.ecs.UpdateTaskSet(ctx, &ecs.UpdateTaskSetInput{Cluster: prod, Service: ext, TaskSet: one, Scale: &types.Scale{Value: float64(luck.IntN(101)), Unit: types.ScaleUnitPercent}})
	return "UpdateTaskSet", err
}

// toldTime is the world's time as an answer tells it: lines of log that are a world's day too old are refused.
func toldTime(ctx context.Context, c clients) string {
	out := must(c.sts.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{}))
	raw, _ := middleware.GetRawResponse(out.ResultMetadata).(*smithyhttp.Response)
	return raw.Header.Get("Date")
}

// receiveAndDelete takes messages of the queue and deletes them.
func receiveAndDelete(t *testing.T, c clients) (what string, err error) {
	url := aws.String("http://emulator/123456789012/events")
	out, err := c.sqs.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: url, MaxNumberOfMessages: 10})
	if err != nil {
		return "ReceiveMessage", err
	}
	for _, m := range out.Messages {
		if _, err := c.sqs.DeleteMessage(t.Context(), &sqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: m.ReceiptHandle}); err != nil {
			return "DeleteMessage", err
		}
	}
	return "ReceiveMessage", nil
}

// control asks for one of the emulator's own pages.
func control(url string, luck *rand.Rand) error {
	pages := []string{"POST advance?by=10s", "GET state?region=eu-west-1", "GET calls?last=10", "GET ", "POST advance?until=steady&within=2m"}
	method, path, _ := strings.Cut(pages[luck.IntN(len(pages))], " ")
	r, err := http.NewRequest(method, url+"/_handover/"+path, nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	if err := answer.Body.Close(); err != nil || answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s %s: %s, %w", method, path, answer.Status, err)
	}
	return nil
}

// listAndStop lists all tasks in pages of two, and stops one.
func listAndStop(t *testing.T, c clients, luck *rand.Rand) (what string, err error) {
	var all []string
	pages := ecs.NewListTasksPaginator(c.ecs, &ecs.ListTasksInput{Cluster: aws.String("prod"), MaxResults: aws.Int32(2)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			return "ListTasks", err
		}
		all = append(all, page.TaskArns...)
	}
	if slices.Sort(all); len(slices.Compact(slices.Clone(all))) != len(all) {
		t.Errorf("a task was listed twice: %v", all)
	}
	if len(all) == 0 {
		return "ListTasks", nil
	}
	if _, err := c.ecs.DescribeTasks(t.Context(), &ecs.DescribeTasksInput{Cluster: aws.String("prod"), Tasks: all[:min(100, len(all))]}); err != nil {
		return "DescribeTasks", err
	}
	_, err = c.ecs.StopTask(t.Context(), &ecs.StopTaskInput{Cluster: aws.String("prod"), Task: &all[luck.IntN(len(all))]})
	return "StopTask", err
}
