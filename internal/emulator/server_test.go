package emulator_test

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"handover/internal/cluster"
	"handover/internal/emulator"
	"handover/internal/scenario"
	"handover/internal/world"
)

func TestRegionsAreApart(t *testing.T) {
	r := newRig(t, emulator.Options{})
	for region, partition := range map[string]string{"eu-west-1": "aws", "cn-northwest-1": "aws-cn", "us-gov-west-1": "aws-us-gov"} {
		c := r.in(region)
		if clusters := must(c.ecs.ListClusters(t.Context(), &ecs.ListClustersInput{})).ClusterArns; len(clusters) != 0 {
			t.Errorf("%s begins with %v", region, clusters)
		}
		made := must(c.ecs.CreateCluster(t.Context(), &ecs.CreateClusterInput{ClusterName: aws.String("prod")})).Cluster
		if want := "arn:" + partition + ":ecs:" + region + ":123456789012:cluster/prod"; *made.ClusterArn != want {
			t.Errorf("got %s, want %s", *made.ClusterArn, want)
		}
		group := must(c.elb.CreateTargetGroup(t.Context(), &elbv2.CreateTargetGroupInput{
			Name: aws.String("web"), Protocol: types.ProtocolEnumHttp, Port: aws.Int32(80), VpcId: aws.String("vpc-1")})).TargetGroups[0]
		if want := "arn:" + partition + ":elasticloadbalancing:" + region + ":"; !strings.HasPrefix(*group.TargetGroupArn, want) {
			t.Errorf("got %s, want %s…", *group.TargetGroupArn, want)
		}
	}
	_, err := r.in("nowhere").ecs.ListClusters(t.Context(), &ecs.ListClustersInput{})
	if got, want := code(err), "InvalidSignatureException: Credential should be scoped to a valid region."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func (r *rig) control(method, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	r.server.ServeHTTP(w, httptest.NewRequest(method, path, nil))
	return w
}

func TestResetAndState(t *testing.T) {
	r := newRig(t, emulator.Options{})
	if w := r.control("GET", "/_handover/state"); w.Code != http.StatusNotFound {
		t.Errorf("the state of no Region: %d", w.Code)
	}
	r.scene(1, 100, 200)
	w := r.control("GET", "/_handover/state?region=eu-west-1")
	var state struct{ Now time.Time }
	if err := json.Unmarshal(w.Body.Bytes(), &state); err != nil || !state.Now.Equal(r.clock.Now()) {
		t.Errorf("the state is of %v (%v), want %v", state.Now, err, r.clock.Now())
	}
	if w := r.control("GET", "/_handover/state?region=us-east-1"); w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), "eu-west-1") {
		t.Errorf("another Region: %d %s", w.Code, w.Body)
	}
	if w := r.control("POST", "/_handover/reset"); w.Code != http.StatusNoContent {
		t.Errorf("reset: %d", w.Code)
	}
	if clusters := must(r.ecs.ListClusters(t.Context(), &ecs.ListClustersInput{})).ClusterArns; len(clusters) != 0 {
		t.Errorf("after a reset there is %v", clusters)
	}
	if w := r.control("GET", "/_handover/what"); w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), "reset") {
		t.Errorf("an unknown control: %d %s", w.Code, w.Body)
	}
}

func TestAnswersTellTheTime(t *testing.T) {
	clock := emulator.NewPaced(morning.Add(123456789), 60, nil)
	server := emulator.New(emulator.Options{Clock: clock})
	for _, path := range []string{"/", "/_handover/state"} {
		w := httptest.NewRecorder()
		server.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		h := w.Header()
		if h.Get("Date") != "Sat, 21 Nov 2026 09:00:00 GMT" || h.Get(emulator.TimeHeader) != "2026-11-21T09:00:00.123456789Z" || h.Get(emulator.SpeedHeader) != "60" {
			t.Errorf("%s: %v", path, h)
		}
	}
}

func TestThrottle(t *testing.T) {
	r := newRig(t, emulator.Options{Throttle: true})
	calls := func(c clients, most int) (n int, err error) {
		for err == nil && n < most {
			_, err = c.ecs.ListServices(t.Context(), &ecs.ListServicesInput{Cluster: aws.String("prod")})
			n++
		}
		return n - 1, err
	}
	for _, region := range []string{"eu-west-1", "us-east-1"} {
		c := r.in(region)
		must(c.ecs.CreateCluster(t.Context(), &ecs.CreateClusterInput{ClusterName: aws.String("prod")}))
		if n, err := calls(c, 200); n != 100 || code(err) != "ThrottlingException: Rate exceeded" {
			t.Errorf("%s: %d calls, then %q", region, n, code(err))
		}
	}
	r.pass(time.Second)
	if n, _ := calls(r.clients, 200); n != 20 {
		t.Errorf("a second later %d calls, want 20", n)
	}
	n, err := 0, error(nil)
	for ; err == nil; n++ {
		_, err = r.elb.DescribeTargetGroups(t.Context(), &elbv2.DescribeTargetGroupsInput{})
	}
	if n-1 != 40 || code(err) != "Throttling: Rate exceeded" {
		t.Errorf("ELBv2: %d calls, then %q", n-1, code(err))
	}
}

// TestWaiters runs the SDK's own waiters in the time of a Wall clock.
func TestWaiters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := emulator.NewWall(morning, 1)
		r := newRig(t, emulator.Options{Clock: clock})
		ctx := t.Context()
		must(r.ecs.CreateCluster(ctx, &ecs.CreateClusterInput{ClusterName: aws.String("prod")}))
		must(r.ecs.RegisterTaskDefinition(ctx, definition("api")))
		must(r.ecs.CreateService(ctx, service("api", "", 2, 100, 200)))
		described := &ecs.DescribeServicesInput{Cluster: aws.String("prod"), Services: []string{"api"}}
		if err := ecs.NewServicesStableWaiter(r.ecs).Wait(ctx, described, 10*time.Minute); err != nil {
			t.Fatalf("waiting for a stable service: %v", err)
		}
		tasks := &ecs.DescribeTasksInput{Cluster: aws.String("prod"), Tasks: r.tasks("")}
		if err := ecs.NewTasksRunningWaiter(r.ecs).Wait(ctx, tasks, 10*time.Minute); err != nil {
			t.Errorf("waiting for running tasks: %v", err)
		}
		must(r.ecs.DeleteService(ctx, &ecs.DeleteServiceInput{Cluster: aws.String("prod"), Service: aws.String("api"), Force: aws.Bool(true)}))
		if err := ecs.NewTasksStoppedWaiter(r.ecs).Wait(ctx, tasks, 10*time.Minute); err != nil {
			t.Errorf("waiting for stopped tasks: %v", err)
		}
		if err := ecs.NewServicesInactiveWaiter(r.ecs).Wait(ctx, described, 10*time.Minute); err != nil {
			t.Errorf("waiting for an inactive service: %v", err)
		}
	})
}

// TestManyClients is for the race detector: 20 clients of two Regions over a real listener, on a clock that runs.
func TestManyClients(t *testing.T) {
	var mu sync.Mutex
	observed := 0
	server := emulator.New(emulator.Options{Clock: emulator.NewWall(morning, 600), Observe: func(emulator.Call) {
		mu.Lock()
		defer mu.Unlock()
		observed++
	}})
	listener := httptest.NewServer(server)
	defer listener.Close()
	ctx := t.Context()
	next := buffered{listener.Client()}
	for _, region := range []string{"eu-west-1", "us-east-1"} {
		c := clientsOf(region, listener.URL, next)
		must(c.ecs.CreateCluster(ctx, &ecs.CreateClusterInput{ClusterName: aws.String("prod")}))
		must(c.ecs.RegisterTaskDefinition(ctx, definition("api")))
	}
	var wait sync.WaitGroup
	failures := make(chan error, 20)
	for i := range 20 {
		wait.Go(func() {
			failures <- useMuch(t, clientsOf([]string{"eu-west-1", "us-east-1"}[i%2], listener.URL, next), fmt.Sprintf("api%d", i))
		})
	}
	wait.Wait()
	close(failures)
	for err := range failures {
		if err != nil {
			t.Error(err)
		}
	}
	listener.Close() // a call is observed after its answer, so that a client may be ahead of it
	mu.Lock()
	defer mu.Unlock()
	if want := 4 + 20*(1+5*5); observed != want {
		t.Errorf("%d calls were observed, want %d: a call was lost or sent twice", observed, want)
	}
}

func useMuch(t *testing.T, c clients, name string) error {
	ctx := t.Context()
	if _, err := c.ecs.CreateService(ctx, service(name, "", 2, 100, 200)); err != nil {
		return err
	}
	for range 5 {
		if _, err := c.ecs.UpdateService(ctx, &ecs.UpdateServiceInput{Cluster: aws.String("prod"), Service: &name, ForceNewDeployment: true}); err != nil {
			return err
		}
		listed, err := c.ecs.ListTasks(ctx, &ecs.ListTasksInput{Cluster: aws.String("prod")})
		if err != nil {
			return err
		}
		tasks := slices.Concat(listed.TaskArns, []string{strings.Repeat("0", 32)})
		if _, err := c.ecs.DescribeTasks(ctx, &ecs.DescribeTasksInput{Cluster: aws.String("prod"), Tasks: tasks[max(0, len(tasks)-100):]}); err != nil {
			return err
		}
		if _, err := c.ecs.DescribeServices(ctx, &ecs.DescribeServicesInput{Cluster: aws.String("prod"), Services: []string{name}}); err != nil {
			return err
		}
		if _, err := c.elb.DescribeTargetGroups(ctx, &elbv2.DescribeTargetGroupsInput{}); err != nil {
			return err
		}
	}
	return nil
}

func TestCheckLoopback(t *testing.T) {
	for address, ok := range map[string]bool{
		"127.0.0.1:4566": true, "localhost:0": true, "[::1]:80": true, "127.8.8.8:1": true,
		":4566": false, "0.0.0.0:4566": false, "10.0.0.1:80": false, "example.com:80": false, "4566": false,
	} {
		if err := emulator.CheckLoopback(address); (err == nil) != ok {
			t.Errorf("%s: %v", address, err)
		}
	}
	if _, err := emulator.Listen("0.0.0.0:0", false); err == nil {
		t.Error("a remote address was listened on")
	}
	listener, err := emulator.Listen("127.0.0.1:0", false)
	if err != nil {
		t.Fatal(err)
	}
	if err := listener.Close(); err != nil {
		t.Error(err)
	}
}

func TestPacedEmulatorIsRepeatable(t *testing.T) {
	run := func() string {
		clock := emulator.NewPaced(morning, math.Inf(1), nil)
		r := newRig(t, emulator.Options{Clock: clock})
		r.clock = clock
		r.scene(3, 50, 200)
		must(r.ecs.UpdateService(t.Context(), &ecs.UpdateServiceInput{Cluster: aws.String("prod"), Service: aws.String("api"), ForceNewDeployment: true}))
		r.steady()
		return r.control("GET", "/_handover/state").Body.String()
	}
	if first, second := run(), run(); first != second {
		t.Error("the same calls left two different worlds")
	}
}

// TestSeedOfAScenario loads a world that no request made: what is described of it is filled with AWS's defaults.
func TestSeedOfAScenario(t *testing.T) {
	file, err := scenario.Parse("scene", "target-group web drain=30s\nservice api desired=2 min=100 max=200 target-group=web\n")
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, emulator.Options{Seed: func(place cluster.ARN) *world.World {
		scene := scenario.Defaults()
		scene.Place, scene.Start = place, morning
		_, w, err := scenario.Play(file, scene)
		if err != nil {
			t.Error(err)
		}
		return w
	}})
	for range 2 {
		s := must(r.ecs.DescribeServices(t.Context(), &ecs.DescribeServicesInput{Services: []string{"api"}})).Services[0]
		d := must(r.ecs.DescribeTaskDefinition(t.Context(), &ecs.DescribeTaskDefinitionInput{TaskDefinition: s.TaskDefinition})).TaskDefinition
		tasks := must(r.ecs.DescribeTasks(t.Context(), &ecs.DescribeTasksInput{Tasks: must(r.ecs.ListTasks(t.Context(), &ecs.ListTasksInput{})).TaskArns})).Tasks
		group := must(r.elb.DescribeTargetGroups(t.Context(), &elbv2.DescribeTargetGroupsInput{TargetGroupArns: []string{*s.LoadBalancers[0].TargetGroupArn}})).TargetGroups[0]
		if s.RunningCount != 2 || *s.Events[0].Message != "(service api) has reached a steady state." || len(tasks) != 2 || len(d.ContainerDefinitions) != 1 ||
			*d.ContainerDefinitions[0].Image == "" || *group.HealthCheckPath != "/" || group.TargetType != types.TargetTypeEnumIp {
			t.Errorf("%d run, %d tasks, definition %+v, group %+v", s.RunningCount, len(tasks), d, group)
		}
		must(r.ecs.StopTask(t.Context(), &ecs.StopTaskInput{Task: tasks[0].TaskArn}))
		r.control("POST", "/_handover/reset")
	}
}
