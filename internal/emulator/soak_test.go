package emulator_test

import (
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
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	scalingtypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/sts"

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
	end := time.Now().Add(*soak)
	var calls atomic.Int64
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
				if told.back > 0 {
					t.Errorf("%s: time went back by %v to %v", what, told.back, told.last)
				}
				calls.Add(1)
			}
		})
	}
	wait.Wait()
	sameAsReplay(t, stateOf(t, server, "eu-west-1"), crashed(t, file), "eu-west-1")
	t.Logf("%d calls in %v", calls.Load(), *soak)
}

// tolerated is what clients that know nothing of each other have to expect.
var tolerated = []string{
	"ThrottlingException: Rate exceeded", "Throttling: Rate exceeded",
	"InvalidParameterException: The referenced task was not found.", // an hour after it stopped
}

// anything calls one operation, and says which.
func anything(t *testing.T, c clients, url string, luck *rand.Rand, own string) (what string, err error) {
	ctx, prod, api := t.Context(), aws.String("prod"), aws.String("api")
	switch luck.IntN(12) {
	case 0:
		_, err = c.ecs.UpdateService(ctx, &ecs.UpdateServiceInput{Cluster: prod, Service: api, ForceNewDeployment: true})
		return "UpdateService", err
	case 1:
		_, err = c.ecs.UpdateService(ctx, &ecs.UpdateServiceInput{Cluster: prod, Service: api, DesiredCount: aws.Int32(int32(luck.IntN(9)))})
		return "UpdateService of the desired count", err
	case 2:
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
	}
	return listAndStop(t, c, luck)
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
