package amazon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"handover/internal/cluster"
)

var force = cluster.UpdateService{Service: api, Force: true}

func applyOne(t *testing.T, p *Provider, a cluster.Action) cluster.Outcome {
	t.Helper()
	outcomes := p.Apply(context.Background(), []cluster.Action{a})
	if len(outcomes) != 1 {
		t.Fatalf("%d outcomes for one action", len(outcomes))
	}
	return outcomes[0]
}

// updated answers UpdateService with one PRIMARY deployment.
func updated(id string, created int64, desired int, rollout string) func(http.ResponseWriter, input) {
	return answer(`{"service":{"serviceName":"api","deployments":[{"id":"ecs-svc/0","status":"ACTIVE","createdAt":%d},
		{"id":%q,"status":"PRIMARY","createdAt":%d,"desiredCount":%d,"rolloutState":%q}]}}`, epoch, id, created, desired, rollout)
}

func TestTheDeploymentThatWasStarted(t *testing.T) {
	bounds := cluster.UpdateService{Service: api, Bounds: &cluster.Bounds{MinimumHealthyPercent: 50, MaximumPercent: 200}}
	definition := cluster.UpdateService{Service: api, Definition: "api:8"}
	now := int64(epoch + 1000)
	for _, c := range []struct {
		name    string
		action  cluster.UpdateService
		created int64
		desired int
		rollout string
		want    []string
	}{
		{"forced", force, now, 0, "IN_PROGRESS", []string{"ecs-svc/9"}},
		{"forced, by a server whose clock is behind", force, now - 60, 0, "IN_PROGRESS", []string{"ecs-svc/9"}},
		{"only bounds, while a deployment has just been started", bounds, now, 0, "IN_PROGRESS", nil},
		{"another definition", definition, now, 0, "IN_PROGRESS", []string{"ecs-svc/9"}},
		{"another definition, an instant before our reading of the time", definition, now - 1, 0, "IN_PROGRESS", []string{"ecs-svc/9"}},
		{"the same definition", definition, now - 500, 4, "COMPLETED", nil},
		{"the same definition of a service without tasks", definition, now - 500, 0, "COMPLETED", nil},
		{"the same definition while its deployment goes on", definition, now - 30, 4, "IN_PROGRESS", nil},
		{"the same definition while its deployment has not begun", definition, now - 5, 0, "IN_PROGRESS", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFake(t)
			f.header.Set("Date", time.Unix(now, 0).UTC().Format(http.TimeFormat))
			f.handles["UpdateService"] = updated("ecs-svc/9", c.created, c.desired, c.rollout)
			got := applyOne(t, openFake(t, f), c.action)
			if got.Result != cluster.Done || !slices.Equal(got.IDs, c.want) {
				t.Errorf("got %+v, want %v", got, c.want)
			}
		})
	}
}

func TestRequestsSayWhatTheActionsSay(t *testing.T) {
	desired, grace := 0, 90*time.Second
	tags := []cluster.Tag{{Key: "handover:id", Value: "x"}}
	for _, c := range []struct {
		action    cluster.Action
		operation string
		want      string // JSON, or the form for ELBv2
		answer    string
		ids       []string
	}{
		{cluster.UpdateService{Service: api, Desired: &desired}, "UpdateService", `{"cluster":"prod","desiredCount":0,"service":"api"}`, `{}`, nil},
		{cluster.UpdateService{Service: api, Force: true, Definition: "api:8", GracePeriod: &grace, Bounds: &cluster.Bounds{MinimumHealthyPercent: 0, MaximumPercent: 200}, Breaker: &cluster.Breaker{Enabled: true}},
			"UpdateService", `{"cluster":"prod","deploymentConfiguration":{"deploymentCircuitBreaker":{"enable":true,"rollback":false},"maximumPercent":200,"minimumHealthyPercent":0},"forceNewDeployment":true,"healthCheckGracePeriodSeconds":90,"service":"api","taskDefinition":"api:8"}`, `{}`, nil},
		{cluster.UpdateService{Service: api, Bounds: &cluster.Bounds{MinimumHealthyPercent: 50, MaximumPercent: 200}, Members: json.RawMessage(`{"deploymentConfiguration":{"bakeTimeInMinutes":5},"platformVersion":"LATEST"}`)},
			"UpdateService", `{"cluster":"prod","deploymentConfiguration":{"bakeTimeInMinutes":5,"maximumPercent":200,"minimumHealthyPercent":50},"platformVersion":"LATEST","service":"api"}`, `{}`, nil},
		{cluster.StopTask{Cluster: "prod", Task: arns + "task/prod/ab", Reason: strings.Repeat("é", 200)}, "StopTask",
			`{"cluster":"prod","reason":"` + strings.Repeat("é", 127) + `","task":"` + arns + `task/prod/ab"}`, `{"task":{"taskArn":"` + arns + `task/prod/ab"}}`, []string{"ab"}},
		{cluster.TagResource{ARN: arns + "service/prod/api", Tags: tags}, "TagResource", `{"resourceArn":"` + arns + `service/prod/api","tags":[{"key":"handover:id","value":"x"}]}`, `{}`, nil},
		{cluster.UntagResource{ARN: arns + "service/prod/api", Keys: []string{"handover:id"}}, "UntagResource", `{"resourceArn":"` + arns + `service/prod/api","tagKeys":["handover:id"]}`, `{}`, nil},
		{cluster.TagResource{ARN: group, Tags: tags}, "AddTags", "ResourceArns.member.1=" + group + " Tags.member.1.Key=handover:id Tags.member.1.Value=x", `<AddTagsResponse><AddTagsResult/></AddTagsResponse>`, nil},
		{cluster.RegisterTarget{Group: group, ID: "10.0.0.1", Port: 80}, "RegisterTargets", "TargetGroupArn=" + group + " Targets.member.1.Id=10.0.0.1 Targets.member.1.Port=80", `<RegisterTargetsResponse><RegisterTargetsResult/></RegisterTargetsResponse>`, nil},
		{cluster.DeregisterTarget{Group: group, ID: "i-1"}, "DeregisterTargets", "TargetGroupArn=" + group + " Targets.member.1.Id=i-1", `<DeregisterTargetsResponse><DeregisterTargetsResult/></DeregisterTargetsResponse>`, nil},
		{cluster.CreateCluster{Cluster: "prod"}, "CreateCluster", `{"clusterName":"prod"}`, `{}`, []string{"prod"}},
		{cluster.CreateService{Service: api, Definition: "api:1", Desired: 2, Launch: cluster.Fargate, Members: json.RawMessage(`{"networkConfiguration":{"awsvpcConfiguration":{"subnets":["subnet-1"]}}}`)}, "CreateService",
			`{"cluster":"prod","desiredCount":2,"launchType":"FARGATE","networkConfiguration":{"awsvpcConfiguration":{"subnets":["subnet-1"]}},"serviceName":"api","taskDefinition":"api:1"}`, `{"service":{"serviceArn":"s"}}`, []string{"s"}},
		{cluster.RegisterTaskDefinition{Family: "api", Containers: []cluster.ContainerDefinition{{Name: "web", Image: "i:1", Essential: true, StopTimeout: 20 * time.Second}}, Network: "awsvpc", Members: json.RawMessage(`{"containerDefinitions":[{"portMappings":[{"containerPort":8080}]}]}`)}, "RegisterTaskDefinition",
			`{"containerDefinitions":[{"essential":true,"image":"i:1","name":"web","portMappings":[{"containerPort":8080}],"stopTimeout":20}],"family":"api","networkMode":"awsvpc"}`, `{"taskDefinition":{"taskDefinitionArn":"d"}}`, []string{"d"}},
		{cluster.DeleteService{Service: api, Force: true}, "DeleteService", `{"cluster":"prod","force":true,"service":"api"}`, `{}`, nil},
		{cluster.DeleteCluster{Cluster: "prod"}, "DeleteCluster", `{"cluster":"prod"}`, `{}`, nil},
		{cluster.DeregisterTaskDefinition{Definition: "api:1"}, "DeregisterTaskDefinition", `{"taskDefinition":"api:1"}`, `{}`, nil},
	} {
		f := newFake(t)
		var got string
		f.handles[c.operation] = func(w http.ResponseWriter, in input) {
			got = shown(in)
			if in.form != nil {
				answerXML("%s", c.answer)(w, in)
				return
			}
			answer("%s", c.answer)(w, in)
		}
		outcome := applyOne(t, openFake(t, f), c.action)
		if outcome.Result != cluster.Done || !slices.Equal(outcome.IDs, c.ids) {
			t.Errorf("%s: got %+v %v", c.operation, outcome, outcome.Err)
		}
		if got != c.want {
			t.Errorf("%s: sent\n%s, want\n%s", c.operation, got, c.want)
		}
	}
}

func shown(in input) string {
	if in.form == nil {
		text, _ := json.Marshal(in.json)
		return string(text)
	}
	var pairs []string
	for key, values := range in.form {
		if key != "Action" && key != "Version" {
			pairs = append(pairs, key+"="+values[0])
		}
	}
	slices.Sort(pairs)
	return strings.Join(pairs, " ")
}

func TestWhatCannotBeSentIsRejected(t *testing.T) {
	p := openFake(t, newFake(t))
	for _, c := range []struct {
		action cluster.Action
		class  cluster.Class
	}{
		{cluster.CreateTargetGroup{}, cluster.ClassUnsupported},
		{cluster.TagResource{ARN: "arn:aws:s3:::bucket"}, cluster.ClassUnsupported},
		{cluster.UpdateService{Service: api, Members: json.RawMessage(`{"noSuchMember":1}`)}, cluster.ClassInvalid},
		{cluster.UpdateService{Service: api, Members: json.RawMessage(`{`)}, cluster.ClassInvalid},
		{cluster.TagResource{ARN: arns + "service/prod/api"}, cluster.ClassInvalid}, // the SDK itself refuses a request without a required member
	} {
		if got := applyOne(t, p, c.action); got.Result != cluster.Rejected || got.Err.Class != c.class {
			t.Errorf("%+v: got %+v %v", c.action, got, got.Err)
		}
	}
}

func TestApplyStopsAtTheFirstThatIsNotDone(t *testing.T) {
	f := newFake(t)
	f.handles["UpdateService"] = updated("ecs-svc/9", epoch, 0, "IN_PROGRESS")
	f.handles["StopTask"] = answerError(400, "InvalidParameterException", "The referenced task was not found.")
	outcomes := openFake(t, f).Apply(context.Background(), []cluster.Action{force, cluster.StopTask{Cluster: "prod", Task: "ab"}, force})
	if len(outcomes) != 2 || outcomes[0].Result != cluster.Done || outcomes[1].Result != cluster.Rejected || outcomes[1].Err.Class != cluster.ClassNotFound || f.count("UpdateService") != 1 {
		t.Errorf("got %+v after %v", outcomes, f.calls)
	}
}

func TestApplyAfterTheEndSendsNothing(t *testing.T) {
	f := newFake(t)
	p := openFake(t, f)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if got := p.Apply(ctx, []cluster.Action{force, force}); len(got) != 1 || got[0].Result != cluster.Rejected || f.count("UpdateService") != 0 {
		t.Errorf("got %+v", got)
	}
}

// failingTransport fails, or answers, as told for each attempt of a mutation; STS is answered by the fake.
type failingTransport struct {
	next     http.RoundTripper
	attempts []func(*http.Request) (*http.Response, error)
	n        int
}

func (f *failingTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if !strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".UpdateService") {
		return f.next.RoundTrip(r)
	}
	f.n++
	if f.n > len(f.attempts) {
		return f.next.RoundTrip(r)
	}
	return f.attempts[f.n-1](r)
}

func TestMutationsAreSentAgainOnlyWhereAWSDidNotAct(t *testing.T) {
	fails := func(err error) func(*http.Request) (*http.Response, error) {
		return func(*http.Request) (*http.Response, error) { return nil, err }
	}
	says := func(status int, code, message string) func(*http.Request) (*http.Response, error) {
		return func(r *http.Request) (*http.Response, error) {
			return Into(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { answerError(status, code, message)(w, input{}) })).RoundTrip(r)
		}
	}
	breaksOff := func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Header: http.Header{}, Body: brokenBody{}, Request: r}, nil
	}
	hangs := func(r *http.Request) (*http.Response, error) {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	garbles := func(r *http.Request) (*http.Response, error) {
		return Into(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { answer(`{"service":{"deployments":`)(w, input{}) })).RoundTrip(r)
	}
	refused := &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
	throttled := says(400, "ThrottlingException", "Rate exceeded")
	for _, c := range []struct {
		name   string
		first  []func(*http.Request) (*http.Response, error)
		sent   int
		result cluster.Result
		class  cluster.Class
	}{
		{"throttled", repeat(throttled, 3), 4, cluster.Done, ""},
		{"throttled for ever", repeat(throttled, 9), 8, cluster.Rejected, cluster.ClassThrottled},
		{"connection refused", repeat(fails(refused), 2), 3, cluster.Done, ""},
		{"connection refused for ever", repeat(fails(refused), 9), 8, cluster.Rejected, cluster.ClassUnavailable},
		{"name server out of order", repeat(fails(&net.DNSError{Err: "server misbehaving", IsTemporary: true}), 2), 3, cluster.Done, ""},
		{"name does not exist", repeat(fails(&net.DNSError{Err: "no such host", IsNotFound: true}), 2), 1, cluster.Rejected, cluster.ClassUnavailable},
		{"connection reset", repeat(fails(&net.OpError{Op: "read", Err: syscall.ECONNRESET}), 2), 1, cluster.Unknown, cluster.ClassUnavailable},
		{"closed connection", repeat(fails(errors.New("use of closed network connection")), 2), 1, cluster.Unknown, cluster.ClassUnavailable},
		{"no answer in time", repeat(hangs, 2), 1, cluster.Unknown, cluster.ClassUnavailable},
		{"answer that breaks off", repeat(breaksOff, 2), 1, cluster.Unknown, cluster.ClassUnavailable},
		{"answer that is no JSON", repeat(garbles, 2), 1, cluster.Unknown, cluster.ClassUnavailable},
		{"500", repeat(says(500, "ServerException", "oops"), 2), 1, cluster.Unknown, cluster.ClassUnavailable},
		{"503 of a proxy", repeat(says(503, "", ""), 2), 1, cluster.Unknown, cluster.ClassUnavailable},
		{"throttled, then lost", append(repeat(throttled, 1), repeat(hangs, 1)...), 2, cluster.Unknown, cluster.ClassUnavailable},
		{"denied", repeat(says(400, "AccessDeniedException", "no"), 2), 1, cluster.Rejected, cluster.ClassDenied},
		{"a limit of the account", repeat(says(400, "LimitExceededException", "no"), 2), 1, cluster.Rejected, cluster.ClassThrottled},
		{"invalid", repeat(says(400, "InvalidParameterException", "Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments."), 2), 1, cluster.Rejected, cluster.ClassInvalid},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFake(t)
				f.handles["UpdateService"] = updated("ecs-svc/9", epoch, 0, "IN_PROGRESS")
				transport := &failingTransport{next: Into(f), attempts: c.first}
				got := applyOne(t, openOn(t, fakeOptions(transport)), force)
				if got.Result != c.result || transport.n != c.sent || got.Err != nil && got.Err.Class != c.class {
					t.Errorf("sent %d times, want %d; got %+v %v", transport.n, c.sent, got, got.Err)
				}
			})
		})
	}
}

func TestAMutationThatIsAbandonedIsUnknown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		hangs := func(r *http.Request) (*http.Response, error) {
			time.AfterFunc(time.Second, cancel)
			<-r.Context().Done()
			return nil, r.Context().Err()
		}
		p := openOn(t, fakeOptions(&failingTransport{next: Into(f), attempts: repeat(hangs, 1)}))
		if got := p.Apply(ctx, []cluster.Action{force, force}); len(got) != 1 || got[0].Result != cluster.Unknown {
			t.Errorf("got %+v", got)
		}
	})
}

func repeat[T any](value T, n int) []T { return slices.Repeat([]T{value}, n) }

type brokenBody struct{}

func (brokenBody) Read([]byte) (int, error) {
	return 0, &net.OpError{Op: "read", Err: syscall.ECONNRESET}
}
func (brokenBody) Close() error { return nil }

func TestReadsAreSentAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		f.describing("api")
		inner, n := f.handles["DescribeServices"], 0
		f.handles["DescribeServices"] = func(w http.ResponseWriter, in input) {
			if n++; n < 5 {
				answerError([]int{400, 500, 503, 400}[n-1], []string{"ThrottlingException", "ServerException", "", "ThrottlingException"}[n-1], "Rate exceeded")(w, in)
				return
			}
			inner(w, in)
		}
		if s := observe(t, openFake(t, f), cluster.ServiceScope{Service: api}.Of()); len(s.Services) != 1 || len(s.Gaps) != 0 {
			t.Errorf("got %+v", s)
		}
	})
}

func TestClasses(t *testing.T) {
	for _, c := range []struct {
		status        int
		code, message string
		class         cluster.Class
	}{
		{400, "ServiceNotFoundException", "Service not found.", cluster.ClassNotFound},
		{400, "ClusterNotFoundException", "Cluster not found.", cluster.ClassNotFound},
		{400, "ResourceNotFoundException", "", cluster.ClassNotFound},
		{400, "TargetGroupNotFound", "", cluster.ClassNotFound},
		{400, "ImageNotFoundException", "", cluster.ClassNotFound},
		{400, "InvalidParameterException", "The referenced task was not found.", cluster.ClassNotFound},
		{400, "ClientException", "TaskDefinition not found.", cluster.ClassNotFound},
		{400, "ClientException", "TaskDefinition is inactive", cluster.ClassState},
		{400, "ServiceNotActiveException", "Service was not ACTIVE.", cluster.ClassState},
		{400, "ConflictException", "", cluster.ClassState},
		{400, "ClusterContainsTasksException", "The Cluster cannot be deleted while Tasks are active.", cluster.ClassState},
		{400, "AccessDeniedException", "", cluster.ClassDenied},
		{403, "AccessDenied", "", cluster.ClassDenied},
		{400, "UnrecognizedClientException", "", cluster.ClassDenied},
		{403, "ExpiredToken", "", cluster.ClassDenied},
		{400, "ExpiredTokenException", "", cluster.ClassDenied},
		{403, "", "", cluster.ClassDenied},
		{407, "", "", cluster.ClassDenied},
		{400, "ThrottlingException", "Rate exceeded", cluster.ClassThrottled},
		{400, "Throttling", "Rate exceeded", cluster.ClassThrottled},
		{503, "RequestLimitExceeded", "", cluster.ClassThrottled},
		{429, "", "", cluster.ClassThrottled},
		{500, "ServerException", "", cluster.ClassUnavailable},
		{502, "", "", cluster.ClassUnavailable},
		{503, "ServiceUnavailable", "", cluster.ClassUnavailable},
		{400, "UnsupportedFeatureException", "", cluster.ClassUnsupported},
		{501, "NotImplemented", "", cluster.ClassUnsupported},
		{400, "InvalidParameterException", "Task Identifier is invalid", cluster.ClassInvalid},
		{400, "ClientException", "whatever", cluster.ClassInvalid},
		{400, "PlatformUnknownException", "", cluster.ClassInvalid},
		{400, "SomethingNew", "", cluster.ClassInvalid},
	} {
		if got := classOf(c.code, c.message, c.status); got != c.class {
			t.Errorf("%d %s %q: got %s, want %s", c.status, c.code, c.message, got, c.class)
		}
	}
}

func TestErrorsAreInAWSWords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		f.handles["UpdateService"] = answerError(400, "ServiceNotFoundException", "Service not found.")
		got := applyOne(t, openFake(t, f), force)
		if want := "ServiceNotFoundException: Service not found."; got.Err == nil || got.Err.Error() != want {
			t.Errorf("got %v", got.Err)
		}
		refused := func(*http.Request) (*http.Response, error) {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
		}
		got = applyOne(t, openOn(t, fakeOptions(&failingTransport{next: Into(f), attempts: repeat(refused, 9)})), force)
		if want := fmt.Sprintf("%s: dial tcp: connection refused", codeNotSent); got.Err.Error() != want {
			t.Errorf("got %v", got.Err)
		}
	})
}
