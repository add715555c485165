package emulator_test

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"handover/internal/cluster"
	"handover/internal/emulator"
	"handover/internal/emulator/worldlog"
	"handover/internal/world"
	"handover/internal/world/profile"
)

// beginning makes the world with which a Region of these tests begins.
func beginning(place cluster.ARN) *world.World {
	usual, _ := profile.Named("fargate-2026")
	return world.New(world.Config{Seed: 1, Start: morning, Place: place, Profile: usual})
}

// remembered gives options with a log, and the log's past.
func remembered(t testing.TB, file string) emulator.Options {
	t.Helper()
	o, err := optionsOf(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = o.Log.Close() }) // it may be closed already
	return o
}

func optionsOf(file string) (emulator.Options, error) {
	log, err := worldlog.Open(file, worldlog.Scene{Name: "empty", Start: morning})
	if err != nil {
		return emulator.Options{}, err
	}
	past, err := log.Replay(func(region string) *world.World { return beginning(emulator.Place(region)) })
	clock := emulator.NewPaced(emulator.ResumeAt(morning, past, false, 1), math.Inf(1), nil)
	return emulator.Options{Seed: beginning, Log: log, Past: past, Clock: clock}, err
}

// crashed copies a log as a crash would leave it: nothing is closed, nothing is said.
func crashed(t testing.TB, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	left := filepath.Join(t.TempDir(), "left.log")
	if err := os.WriteFile(left, text, 0o644); err != nil {
		t.Fatal(err)
	}
	return left
}

func stateOf(t testing.TB, handler http.Handler, region string) string {
	t.Helper()
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest("GET", "/_handover/state?region="+region, nil))
	if w.Code != http.StatusOK {
		t.Fatalf("the state of %s: %d %s", region, w.Code, w.Body)
	}
	return w.Body.String()
}

// everything calls each operation that changes something, and some that are refused.
func everything(r *rig) {
	ctx, arn := r.t.Context(), func(s string) *string { return &s }
	group := r.scene(3, 100, 200)
	must(r.elb.ModifyTargetGroup(ctx, &elbv2.ModifyTargetGroupInput{TargetGroupArn: &group, HealthCheckIntervalSeconds: aws.Int32(10)}))
	must(r.elb.AddTags(ctx, &elbv2.AddTagsInput{ResourceArns: []string{group}, Tags: []elbtypes.Tag{{Key: arn("a"), Value: arn("b")}, {Key: arn("c"), Value: arn("d")}}}))
	must(r.elb.RemoveTags(ctx, &elbv2.RemoveTagsInput{ResourceArns: []string{group}, TagKeys: []string{"a"}}))
	targets := []elbtypes.TargetDescription{{Id: arn("10.9.9.9"), Port: aws.Int32(80)}, {Id: arn("10.9.9.8"), Port: aws.Int32(80)}}
	must(r.elb.RegisterTargets(ctx, &elbv2.RegisterTargetsInput{TargetGroupArn: &group, Targets: targets}))
	must(r.elb.DeregisterTargets(ctx, &elbv2.DeregisterTargetsInput{TargetGroupArn: &group, Targets: targets[:1]}))
	must(r.ecs.RegisterTaskDefinition(ctx, definition("api")))
	must(r.ecs.RegisterTaskDefinition(ctx, definition("other")))
	must(r.ecs.DeregisterTaskDefinition(ctx, &ecs.DeregisterTaskDefinitionInput{TaskDefinition: arn("other:1")}))
	must(r.ecs.UpdateService(ctx, &ecs.UpdateServiceInput{Cluster: arn("prod"), Service: arn("api"), TaskDefinition: arn("api:2"), DesiredCount: aws.Int32(5)}))
	r.pass(41 * time.Second)
	must(r.ecs.StopTask(ctx, &ecs.StopTaskInput{Cluster: arn("prod"), Task: &r.tasks("")[0]}))
	described := r.describe()
	must(r.ecs.TagResource(ctx, &ecs.TagResourceInput{ResourceArn: described.ServiceArn, Tags: []types.Tag{{Key: arn("k"), Value: arn("v")}}}))
	must(r.ecs.UntagResource(ctx, &ecs.UntagResourceInput{ResourceArn: described.ServiceArn, TagKeys: []string{"team"}}))
	must(r.ecs.CreateCluster(ctx, &ecs.CreateClusterInput{ClusterName: arn("short-lived")}))
	must(r.ecs.DeleteCluster(ctx, &ecs.DeleteClusterInput{Cluster: arn("short-lived")}))
	must(r.ecs.CreateService(ctx, service("gone", "", 1, 100, 200)))
	must(r.ecs.DeleteService(ctx, &ecs.DeleteServiceInput{Cluster: arn("prod"), Service: arn("gone"), Force: aws.Bool(true)}))
	if _, err := r.ecs.UpdateService(ctx, &ecs.UpdateServiceInput{Cluster: arn("prod"), Service: arn("none")}); err == nil {
		r.t.Error("an update of a service that is not there was accepted")
	}
	must(r.in("us-east-1").ecs.CreateCluster(ctx, &ecs.CreateClusterInput{ClusterName: arn("east")}))
	r.pass(13 * time.Second)
}

func TestALogRemembersEverything(t *testing.T) {
	for _, every := range []int{0, 4} { // none, and many whole worlds
		for _, end := range []string{"a crash", "a shutdown"} {
			file := filepath.Join(t.TempDir(), "world.log")
			o := remembered(t, file)
			o.WorldEvery = every
			r := newRig(t, o)
			r.clock = o.Clock.(*emulator.Paced)
			everything(r)
			want := stateOf(t, r.server, "eu-west-1") + stateOf(t, r.server, "us-east-1")
			if end == "a shutdown" {
				if err := r.server.Close(); err != nil {
					t.Fatal(err)
				}
			} else {
				file = crashed(t, file)
			}
			again := remembered(t, file)
			if got := again.Clock.Now(); !got.Equal(r.clock.Now()) {
				t.Errorf("after %s the time is %v, want %v", end, got, r.clock.Now())
			}
			server := emulator.New(again)
			if got := stateOf(t, server, "eu-west-1") + stateOf(t, server, "us-east-1"); got != want {
				t.Errorf("every %d, after %s:\ngot  %s\nwant %s", every, end, got, want)
			}
		}
	}
}

func TestARefusedCallIsNotLogged(t *testing.T) {
	file := filepath.Join(t.TempDir(), "world.log")
	r := newRig(t, remembered(t, file))
	must(r.ecs.CreateCluster(t.Context(), &ecs.CreateClusterInput{ClusterName: aws.String("prod")}))
	before := must(os.ReadFile(file))
	for range 3 {
		if _, err := r.ecs.StopTask(t.Context(), &ecs.StopTaskInput{Cluster: aws.String("prod"), Task: aws.String(strings.Repeat("0", 32))}); err == nil {
			t.Error("a task that is not there was stopped")
		}
		must(r.ecs.ListClusters(t.Context(), &ecs.ListClustersInput{}))
	}
	if after := must(os.ReadFile(file)); string(after) != string(before) {
		t.Errorf("the log has %s", after[len(before):])
	}
}

func TestAResetIsRemembered(t *testing.T) {
	file := filepath.Join(t.TempDir(), "world.log")
	r := newRig(t, remembered(t, file))
	must(r.ecs.CreateCluster(t.Context(), &ecs.CreateClusterInput{ClusterName: aws.String("before")}))
	if w := r.control("POST", "/_handover/reset"); w.Code != http.StatusNoContent {
		t.Fatalf("reset: %d %s", w.Code, w.Body)
	}
	must(r.ecs.CreateCluster(t.Context(), &ecs.CreateClusterInput{ClusterName: aws.String("after")}))
	again := newRig(t, remembered(t, crashed(t, file)))
	if got := fmt.Sprint(must(again.ecs.ListClusters(t.Context(), &ecs.ListClustersInput{})).ClusterArns); !strings.Contains(got, "/after") || strings.Contains(got, "/before") {
		t.Errorf("there is %s", got)
	}
}

// TestALogThatFails: nothing is answered as done that is not on the disk.
func TestALogThatFails(t *testing.T) {
	o := remembered(t, filepath.Join(t.TempDir(), "world.log"))
	server := emulator.New(o)
	c := clientsOf("eu-west-1", "http://emulator.invalid", direct{server})
	must(c.ecs.CreateCluster(t.Context(), &ecs.CreateClusterInput{ClusterName: aws.String("prod")}))
	if err := o.Log.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.ecs.CreateCluster(t.Context(), &ecs.CreateClusterInput{ClusterName: aws.String("more")}); !strings.HasPrefix(code(err), "ServerException") {
		t.Errorf("a change without a log: %v", err)
	}
	if _, err := c.ecs.ListClusters(t.Context(), &ecs.ListClustersInput{}); err == nil {
		t.Error("a list shows what is not on the disk")
	}
}

// TestManyClientsAndALog is for the race detector: what 16 clients did at once is lived through to the same state, resets included.
func TestManyClientsAndALog(t *testing.T) {
	file := filepath.Join(t.TempDir(), "world.log")
	o := remembered(t, file)
	o.Clock, o.WorldEvery = emulator.NewWall(morning, 600), 10
	server := emulator.New(o)
	listener := httptest.NewServer(server)
	defer listener.Close()
	var wait sync.WaitGroup
	for i := range 16 {
		wait.Go(func() {
			c := clientsOf("eu-west-1", listener.URL, buffered{listener.Client()})
			name := fmt.Sprint("api", i)
			for n := range 8 { // a reset of another client may take away what the next call needs
				_, _ = c.ecs.CreateCluster(t.Context(), &ecs.CreateClusterInput{ClusterName: aws.String("prod")})
				_, _ = c.ecs.RegisterTaskDefinition(t.Context(), definition("api"))
				_, _ = c.ecs.CreateService(t.Context(), service(name, "", 2, 100, 200))
				_, _ = c.ecs.UpdateService(t.Context(), &ecs.UpdateServiceInput{Cluster: aws.String("prod"), Service: &name, ForceNewDeployment: true})
				if i == 3 && n == 4 {
					server.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", "/_handover/reset", nil))
				}
			}
		})
	}
	wait.Wait()
	sameAsReplay(t, stateOf(t, server, "eu-west-1"), crashed(t, file), "eu-west-1")
}

// sameAsReplay holds a state against what the log alone gives for its time.
func sameAsReplay(t *testing.T, state, file, region string) {
	t.Helper()
	var at struct{ Now time.Time }
	if err := json.Unmarshal([]byte(state), &at); err != nil {
		t.Fatal(err)
	}
	w := remembered(t, file).Past.Regions[region].World
	w.AdvanceTo(at.Now)
	if text, err := json.Marshal(w); err != nil || string(text) != state {
		t.Errorf("%v; the log gives\n%s\nthe server had\n%s", err, text, state)
	}
}

func TestResumeAt(t *testing.T) {
	past := worldlog.Past{Shown: worldlog.Shown{At: morning.Add(time.Hour), Until: morning.Add(time.Hour + time.Second), Machine: time.Now().Add(-time.Minute)}}
	if got := emulator.ResumeAt(morning, past, false, 60); !got.Equal(past.Shown.Until) {
		t.Errorf("time that stops: %v", got)
	}
	if got := emulator.ResumeAt(morning, past, true, 60).Sub(past.Shown.At); got < time.Hour || got > 2*time.Hour {
		t.Errorf("a minute at sixty times the speed is %v", got)
	}
	if got := emulator.ResumeAt(morning, worldlog.Past{}, true, 60); !got.Equal(morning) {
		t.Errorf("without a past: %v", got)
	}
}

func TestAdvance(t *testing.T) {
	r := newRig(t, emulator.Options{})
	r.scene(3, 100, 200)
	must(r.ecs.UpdateService(t.Context(), &ecs.UpdateServiceInput{Cluster: aws.String("prod"), Service: aws.String("api"), ForceNewDeployment: true}))
	from := r.clock.Now()
	post := func(path, body string) (done emulator.Advanced, code int, text string) {
		w := httptest.NewRecorder()
		r.server.ServeHTTP(w, httptest.NewRequest("POST", "/_handover/advance"+path, strings.NewReader(body)))
		_ = json.Unmarshal(w.Body.Bytes(), &done)
		return done, w.Code, w.Body.String()
	}
	done, status, text := post("?by=1m", "")
	if status != 200 || !done.Now.Equal(from.Add(time.Minute)) || !r.clock.Now().Equal(done.Now) || done.Steady || len(done.Events) == 0 {
		t.Fatalf("by=1m: %d %s", status, text)
	}
	done, status, text = post("", `{"until":"steady"}`)
	if status != 200 || !done.Steady || !r.clock.Now().Equal(done.Now) {
		t.Fatalf("until=steady: %d %s", status, text)
	}
	last := done.Events[len(done.Events)-1]
	if !strings.HasSuffix(last.Message, "has reached a steady state.") || last.Region != "eu-west-1" || last.Service.String() != "prod/api" || last.At.Sub(done.Now).Abs() > time.Second {
		t.Errorf("the last event is %+v at %v", last, done.Now)
	}
	if s := r.describe(); len(s.Deployments) != 1 {
		t.Errorf("%d deployments", len(s.Deployments))
	}
	if done, _, _ = post("?until=steady", ""); !done.Steady || !done.Now.Equal(done.From) || len(done.Events) != 0 {
		t.Errorf("what is steady is so at once: %+v", done)
	}
	for _, wrong := range []string{"", "?by=x", "?by=-1m", "?by=9999h", "?until=noon", "?by=1m&until=steady", "?by=1m&within=1m", "?until=steady&within=soon"} {
		if _, status, text := post(wrong, ""); status != http.StatusBadRequest {
			t.Errorf("%q: %d %s", wrong, status, text)
		}
	}
	if _, status, _ := post("", "{"); status != http.StatusBadRequest {
		t.Errorf("half a body: %d", status)
	}
}

func TestAdvanceNotSteadyWithin(t *testing.T) {
	r := newRig(t, emulator.Options{})
	r.scene(3, 100, 200)
	must(r.ecs.UpdateService(t.Context(), &ecs.UpdateServiceInput{Cluster: aws.String("prod"), Service: aws.String("api"), ForceNewDeployment: true}))
	var done emulator.Advanced
	if err := json.Unmarshal(r.control("POST", "/_handover/advance?until=steady&within=30s").Body.Bytes(), &done); err != nil {
		t.Fatal(err)
	}
	if done.Steady || done.Now.Sub(done.From) != 30*time.Second {
		t.Errorf("%+v", done)
	}
}

// TestAWallClockGoesOnFromWhereItWasPut: it jumps and then runs.
func TestAWallClockGoesOnFromWhereItWasPut(t *testing.T) {
	clock := emulator.NewWall(morning, 1000)
	clock.Advance(time.Hour)
	clock.Advance(-time.Hour)
	first := clock.Now()
	if first.Sub(morning) < time.Hour {
		t.Errorf("it shows %v", first)
	}
	for !clock.Now().After(first) { // it runs
	}
}

func TestCallsAndIndex(t *testing.T) {
	r := newRig(t, emulator.Options{})
	for range 1001 {
		must(r.ecs.ListClusters(t.Context(), &ecs.ListClustersInput{}))
	}
	_, _ = r.ecs.ListTasks(t.Context(), &ecs.ListTasksInput{Cluster: aws.String("none")})
	var got struct{ Calls []map[string]any }
	for path, want := range map[string]int{"": 1000, "?last=3": 3} {
		if err := json.Unmarshal(r.control("GET", "/_handover/calls"+path).Body.Bytes(), &got); err != nil || len(got.Calls) != want {
			t.Fatalf("%s: %d calls, %v", path, len(got.Calls), err)
		}
		last := got.Calls[want-1]
		if last["operation"] != "ListTasks" || last["code"] != "ClusterNotFoundException" || last["status"] != 400.0 || last["region"] != "eu-west-1" || got.Calls[0]["operation"] != "ListClusters" {
			t.Errorf("%s: the last call is %v", path, last)
		}
	}
	if w := r.control("GET", "/_handover/calls?last=0"); w.Code != http.StatusBadRequest {
		t.Errorf("last=0: %d", w.Code)
	}
	for path, want := range map[string]int{"": http.StatusOK, "calls": http.StatusOK, "state": http.StatusOK, "reset": http.StatusNotFound} {
		if w := r.control("HEAD", "/_handover/"+path); w.Code != want {
			t.Errorf("HEAD of /_handover/%s: %d, want %d", path, w.Code, want)
		}
	}
	index := must(io.ReadAll(r.control("GET", "/_handover/").Result().Body))
	for _, part := range []string{"eu-west-1", "2026-11-21T09:00:00Z", "/_handover/advance"} {
		if !strings.Contains(string(index), part) {
			t.Errorf("the index lacks %q:\n%s", part, index)
		}
	}
}
