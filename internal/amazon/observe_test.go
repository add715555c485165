package amazon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"handover/internal/cluster"
)

const (
	epoch = 1767225600 // 2026-01-01T00:00:00Z
	arns  = "arn:aws-cn:ecs:cn-north-1:111122223333:"
	group = "arn:aws-cn:elasticloadbalancing:cn-north-1:111122223333:targetgroup/api/0123456789abcdef"
)

var api = cluster.ServiceKey{Cluster: "prod", Service: "api"}

func serviceJSON(name string) string {
	return fmt.Sprintf(`{"serviceArn":"%[1]sservice/prod/%[2]s","clusterArn":"%[1]scluster/prod","serviceName":%[2]q,"status":"ACTIVE","desiredCount":2,"runningCount":2,
		"taskDefinition":"%[1]stask-definition/api:7","schedulingStrategy":"REPLICA","healthCheckGracePeriodSeconds":30,"createdAt":%[3]d.25,
		"deploymentConfiguration":{"minimumHealthyPercent":50,"maximumPercent":150,"deploymentCircuitBreaker":{"enable":true,"rollback":true},"earlySuccessCriteria":{"enable":true,"healthyPercent":75,"sourceServiceRevisionCleanup":"DEFERRED"}},
		"loadBalancers":[{"targetGroupArn":%[4]q,"containerName":"web","containerPort":8080}],"tags":[{"key":"b","value":"2"},{"key":"a","value":"1"}],
		"deployments":[{"id":"ecs-svc/1","status":"ACTIVE","taskDefinition":"%[1]stask-definition/api:6","createdAt":%[3]d},
			{"id":"ecs-svc/2","status":"PRIMARY","taskDefinition":"%[1]stask-definition/api:7","rolloutState":"IN_PROGRESS","desiredCount":2,"createdAt":%[5]d}]}`,
		arns, name, epoch, group, epoch+100)
}

func taskJSON(n int, desired, more string) string {
	return fmt.Sprintf(`{"taskArn":"%stask/prod/%032d","lastStatus":"RUNNING","desiredStatus":%q,"createdAt":%d,"startedBy":"ecs-svc/2"%s}`, arns, n, desired, epoch+n/2, more)
}

func eni(address string) string {
	return fmt.Sprintf(`,"attachments":[{"type":"ElasticNetworkInterface","status":"ATTACHED","details":[{"name":"subnetId","value":"subnet-1"},{"name":"privateIPv4Address","value":%q}]}]`, address)
}

// describing answers DescribeServices for the services that exist.
func (f *fake) describing(existing ...string) {
	f.handles["DescribeServices"] = func(w http.ResponseWriter, in input) {
		if n := len(in.list("services")); n > 10 {
			f.t.Errorf("%d services in one call", n)
		}
		if !slices.Equal(in.list("include"), []string{"TAGS"}) {
			f.t.Errorf("tags are not asked for: %v", in.json)
		}
		var found, missing []string
		for _, name := range in.list("services") {
			if slices.Contains(existing, name) {
				found = append(found, serviceJSON(name))
			} else {
				missing = append(missing, fmt.Sprintf(`{"arn":"%sservice/prod/%s","reason":"MISSING"}`, arns, name))
			}
		}
		answer(`{"services":[%s],"failures":[%s]}`, strings.Join(found, ","), strings.Join(missing, ","))(w, in)
	}
}

// tasking answers ListTasks by pages of 100 and DescribeTasks, of n running and stopped tasks; vanished ones are listed and not described.
func (f *fake) tasking(running, stopped, vanished int) {
	f.handles["ListTasks"] = func(w http.ResponseWriter, in input) {
		from, to := 0, running
		if in.text("desiredStatus") == "STOPPED" {
			from, to = running-1, running+stopped // the last running one was stopped between the two calls: it is listed twice
		}
		_, _ = fmt.Sscanf(in.text("nextToken"), "%d", &from)
		end, next := min(from+100, to), ""
		if end < to {
			next = fmt.Sprintf(`,"nextToken":"%d"`, end)
		}
		var list []string
		for n := from; n < end; n++ {
			list = append(list, fmt.Sprintf(`"%stask/prod/%032d"`, arns, n))
		}
		answer(`{"taskArns":[%s]%s}`, strings.Join(list, ","), next)(w, in)
	}
	f.handles["DescribeTasks"] = func(w http.ResponseWriter, in input) {
		wanted := in.list("tasks")
		if len(wanted) > 100 || len(wanted) == 0 {
			f.t.Errorf("%d tasks in one call", len(wanted))
		}
		var list, failures []string
		for _, arn := range wanted {
			var n int
			_, _ = fmt.Sscanf(cluster.TaskID(arn), "%d", &n)
			switch {
			case n < vanished:
				failures = append(failures, fmt.Sprintf(`{"arn":%q,"reason":"MISSING"}`, arn))
			case n < running-1:
				list = append(list, taskJSON(n, "RUNNING", eni(fmt.Sprintf("10.0.%d.%d", n/256, n%256))))
			default:
				list = append(list, taskJSON(n, "STOPPED", ""))
			}
		}
		slices.Reverse(list)
		answer(`{"tasks":[%s],"failures":[%s]}`, strings.Join(list, ","), strings.Join(failures, ","))(w, in)
	}
}

func observe(t *testing.T, p *Provider, scope cluster.Scope) cluster.Snapshot {
	t.Helper()
	s, err := p.Observe(context.Background(), scope)
	if err != nil {
		t.Fatalf("observing: %v", err)
	}
	return s
}

func TestServicesAreReadTenACall(t *testing.T) {
	f := newFake(t)
	var existing []string
	var scope cluster.Scope
	for n := range 25 {
		name := fmt.Sprintf("service-%02d", n)
		scope = scope.Union(cluster.ServiceScope{Service: cluster.ServiceKey{Cluster: "prod", Service: name}}.Of())
		if n != 12 {
			existing = append(existing, name)
		}
	}
	f.describing(existing...)
	s := observe(t, openFake(t, f), scope)
	if f.count("DescribeServices") != 3 || len(s.Services) != 24 || len(s.Gaps) != 0 {
		t.Errorf("want 24 services by 3 calls and no gap, got %d by %d and %+v", len(s.Services), f.count("DescribeServices"), s.Gaps)
	}
	if !slices.IsSortedFunc(s.Services, func(a, b cluster.ServiceView) int { return a.Service.Key.Compare(b.Service.Key) }) {
		t.Error("services are not ordered by key")
	}
}

func TestServiceIsShownWhole(t *testing.T) {
	f := newFake(t)
	f.describing("api")
	v, ok := observe(t, openFake(t, f), cluster.ServiceScope{Service: api}.Of()).Service(api)
	if !ok {
		t.Fatal("the service is not there")
	}
	got, _ := json.MarshalIndent(v.Service, "", " ")
	want, _ := json.MarshalIndent(cluster.Service{Key: api, ARN: arns + "service/prod/api", ClusterARN: arns + "cluster/prod", Status: cluster.ServiceActive, Scheduling: cluster.Replica,
		Controller: cluster.ControllerECS, Definition: arns + "task-definition/api:7", Desired: 2, Running: 2, Bounds: cluster.Bounds{MinimumHealthyPercent: 50, MaximumPercent: 150},
		Breaker: cluster.Breaker{Enabled: true, Rollback: true}, Early: cluster.EarlySuccess{Enabled: true, HealthyPercent: 75, Deferred: true}, GracePeriod: 30 * time.Second, Attachments: []cluster.Attachment{{TargetGroup: group, Container: "web", Port: 8080}},
		Deployments: []cluster.Deployment{
			{ID: "ecs-svc/2", Status: cluster.DeploymentPrimary, Rollout: cluster.RolloutInProgress, Definition: arns + "task-definition/api:7", Desired: 2, CreatedAt: time.Unix(epoch+100, 0).UTC()},
			{ID: "ecs-svc/1", Status: cluster.DeploymentActive, Definition: arns + "task-definition/api:6", CreatedAt: time.Unix(epoch, 0).UTC()}},
		Tags: []cluster.Tag{{Key: "a", Value: "1"}, {Key: "b", Value: "2"}}, CreatedAt: time.Unix(epoch, 25e7).UTC()}, "", " ")
	if string(got) != string(want) {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

func TestTasksArePagedAndDeduplicated(t *testing.T) {
	f := newFake(t)
	f.describing("api")
	f.tasking(250, 7, 3)
	p := openFake(t, f)
	v, _ := observe(t, p, cluster.ServiceScope{Service: api, Tasks: cluster.AllTasks}.Of()).Service(api)
	if len(v.Tasks) != 254 || f.count("ListTasks") != 4 || f.count("DescribeTasks") != 3 {
		t.Errorf("want 254 tasks by 4 and 3 calls, got %d by %d and %d", len(v.Tasks), f.count("ListTasks"), f.count("DescribeTasks"))
	}
	if !slices.IsSortedFunc(v.Tasks, byAge) || v.Tasks[0].Address != "10.0.0.3" {
		t.Errorf("tasks are not oldest first with their addresses: %+v", v.Tasks[0])
	}
	v, _ = observe(t, p, cluster.ServiceScope{Service: api, Tasks: cluster.RunningTasks}.Of()).Service(api)
	if len(v.Tasks) != 246 { // 250 listed, 3 vanished, 1 stopped meanwhile
		t.Errorf("want 246 running tasks, got %d", len(v.Tasks))
	}
}

func TestMissingClusterIsNoGap(t *testing.T) {
	f := newFake(t)
	f.handles["DescribeServices"] = answerError(400, "ClusterNotFoundException", "Cluster not found.")
	s := observe(t, openFake(t, f), cluster.ServiceScope{Service: api, Tasks: cluster.AllTasks, Targets: true}.Of())
	if len(s.Services)+len(s.Gaps) != 0 {
		t.Errorf("want nothing, got %+v", s)
	}
}

func TestOneDeniedServiceDoesNotHideTheOthers(t *testing.T) {
	f := newFake(t)
	f.describing("api", "worker")
	inner := f.handles["DescribeServices"]
	f.handles["DescribeServices"] = func(w http.ResponseWriter, in input) {
		if slices.Contains(in.list("services"), "secret") {
			answerError(400, "AccessDeniedException", "User: alice is not authorized to perform: ecs:DescribeServices")(w, in)
			return
		}
		inner(w, in)
	}
	var scope cluster.Scope
	for _, name := range []string{"api", "secret", "worker"} {
		scope = scope.Union(cluster.ServiceScope{Service: cluster.ServiceKey{Cluster: "prod", Service: name}}.Of())
	}
	s := observe(t, openFake(t, f), scope)
	gap, ok := s.Gap(cluster.ServiceKey{Cluster: "prod", Service: "secret"}, cluster.PartService)
	if len(s.Services) != 2 || len(s.Gaps) != 1 || !ok || gap.Permission != "ecs:DescribeServices" || gap.Err.Class != cluster.ClassDenied {
		t.Errorf("want two services and one gap, got %+v", s)
	}
}

func TestAServiceThatFailsOtherwiseThanByMissingIsAGap(t *testing.T) {
	f := newFake(t)
	f.handles["DescribeServices"] = answer(`{"services":[],"failures":[{"arn":"%sservice/prod/api","reason":"BUSY","detail":"later"}]}`, arns)
	s := observe(t, openFake(t, f), cluster.ServiceScope{Service: api}.Of())
	if gap, ok := s.Gap(api, cluster.PartService); !ok || gap.Err.Code != "BUSY" {
		t.Errorf("got %+v", s)
	}
}

const targetXML = `<DescribeTargetHealthResponse><DescribeTargetHealthResult><TargetHealthDescriptions>
	<member><Target><Id>i-0abc</Id><Port>32769</Port><AvailabilityZone>cn-north-1b</AvailabilityZone></Target><TargetHealth><State>healthy</State></TargetHealth></member>
	<member><Target><Id>10.0.0.3</Id><Port>8080</Port></Target><TargetHealth><State>unhealthy</State><Reason>Target.FailedHealthChecks</Reason><Description>Health checks failed</Description></TargetHealth></member>
	</TargetHealthDescriptions></DescribeTargetHealthResult></DescribeTargetHealthResponse>`

func (f *fake) balancing() {
	f.handles["DescribeTargetHealth"] = answerXML(targetXML)
	f.handles["DescribeTargetGroups"] = answerXML(`<DescribeTargetGroupsResponse><DescribeTargetGroupsResult><TargetGroups><member><TargetGroupArn>%s</TargetGroupArn><TargetGroupName>api</TargetGroupName><HealthCheckIntervalSeconds>10</HealthCheckIntervalSeconds><HealthyThresholdCount>5</HealthyThresholdCount><UnhealthyThresholdCount>2</UnhealthyThresholdCount></member></TargetGroups></DescribeTargetGroupsResult></DescribeTargetGroupsResponse>`, group)
	f.handles["DescribeTargetGroupAttributes"] = answerXML(`<DescribeTargetGroupAttributesResponse><DescribeTargetGroupAttributesResult><Attributes><member><Key>stickiness.enabled</Key><Value>false</Value></member><member><Key>deregistration_delay.timeout_seconds</Key><Value>45</Value></member></Attributes></DescribeTargetGroupAttributesResult></DescribeTargetGroupAttributesResponse>`)
	f.handles["ListTasks"] = answer(`{"taskArns":["%[1]stask/prod/%032[2]d","%[1]stask/prod/%032[3]d"]}`, arns, 1, 2)
	f.handles["DescribeTasks"] = answer(`{"tasks":[%s,%s]}`, taskJSON(1, "RUNNING", eni("10.0.0.3")),
		taskJSON(2, "RUNNING", fmt.Sprintf(`,"containerInstanceArn":"%scontainer-instance/prod/aa","containers":[{"name":"web","networkBindings":[{"containerPort":8080,"hostPort":32769},{"containerPort":8080,"hostPort":32769,"bindIP":"::"}]}]`, arns)))
	f.handles["DescribeContainerInstances"] = answer(`{"containerInstances":[{"containerInstanceArn":"%scontainer-instance/prod/aa","ec2InstanceId":"i-0abc"}]}`, arns)
}

func TestTasksFindTheirTargets(t *testing.T) {
	f := newFake(t)
	f.describing("api")
	f.balancing()
	p := openFake(t, f)
	scope := cluster.ServiceScope{Service: api, Tasks: cluster.RunningTasks, Targets: true}.Of()
	observe(t, p, scope)
	s := observe(t, p, scope)
	v, _ := s.Service(api)
	if len(s.Gaps) != 0 || len(v.Tasks) != 2 || len(v.Targets) != 2 {
		t.Fatalf("got %+v", s)
	}
	want := cluster.TargetGroup{ARN: group, Name: "api", DrainDelay: 45 * time.Second, CheckInterval: 10 * time.Second, HealthyThreshold: 5, UnhealthyThreshold: 2}
	if len(v.TargetGroups) != 1 || v.TargetGroups[0] != want {
		t.Errorf("got %+v", v.TargetGroups)
	}
	now := time.Unix(epoch+1000, 0)
	if v.Healthy(&v.Tasks[0], now) || !v.Healthy(&v.Tasks[1], now) {
		t.Errorf("want the first task unhealthy by its address and the second healthy by its instance and port, got %+v and %+v", v.Tasks, v.Targets)
	}
	for operation, calls := range map[string]int{"DescribeTargetHealth": 2, "DescribeTargetGroups": 1, "DescribeTargetGroupAttributes": 1, "DescribeContainerInstances": 1} {
		if f.count(operation) != calls {
			t.Errorf("%s was called %d times for two looks, want %d", operation, f.count(operation), calls)
		}
	}
}

func TestWhatMayNotBeReadIsAGap(t *testing.T) {
	whole := cluster.ServiceScope{Service: api, Tasks: cluster.AllTasks, Targets: true, Definitions: true, Images: true}.Of()
	for _, c := range []struct {
		operation, permission string
		part                  cluster.Part
	}{
		{"ListTasks", "ecs:ListTasks", cluster.PartTasks},
		{"DescribeTasks", "ecs:DescribeTasks", cluster.PartTasks},
		{"DescribeContainerInstances", "ecs:DescribeContainerInstances", cluster.PartTargets},
		{"DescribeTargetHealth", "elasticloadbalancing:DescribeTargetHealth", cluster.PartTargets},
		{"DescribeTargetGroups", "elasticloadbalancing:DescribeTargetGroups", cluster.PartTargets},
		{"DescribeTargetGroupAttributes", "elasticloadbalancing:DescribeTargetGroupAttributes", cluster.PartTargets},
		{"DescribeTaskDefinition", "ecs:DescribeTaskDefinition", cluster.PartDefinitions},
		{"DescribeImages", "ecr:DescribeImages", cluster.PartImages},
	} {
		f := newFake(t)
		f.describing("api")
		f.balancing()
		f.defining()
		f.handles[c.operation] = answerError(403, "AccessDeniedException", "no")
		s := observe(t, openFake(t, f), whole)
		gap, ok := s.Gap(api, c.part)
		if !ok || gap.Permission != c.permission || gap.Err.Class != cluster.ClassDenied {
			t.Errorf("%s: got %+v", c.operation, s.Gaps)
		}
		v, ok := s.Service(api)
		if !ok || c.part == cluster.PartTargets && len(v.Targets)+len(v.TargetGroups) > 0 || c.part == cluster.PartTasks && len(v.Tasks) > 0 {
			t.Errorf("%s: half a part is shown: %+v", c.operation, v)
		}
	}
}

func (f *fake) defining() {
	f.handles["DescribeTaskDefinition"] = func(w http.ResponseWriter, in input) {
		arn := in.text("taskDefinition")
		answer(`{"taskDefinition":{"taskDefinitionArn":%q,"family":"api","revision":7,"containerDefinitions":[
			{"name":"web","image":"111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn/team/api:stable","essential":true,"stopTimeout":20,"healthCheck":{"command":["CMD","true"]}},
			{"name":"log","image":"docker.io/fluent/bit:2","essential":false}]}}`, arn)(w, in)
	}
	f.handles["DescribeImages"] = func(w http.ResponseWriter, in input) {
		if in.text("repositoryName") != "team/api" || in.text("registryId") != "111122223333" {
			f.t.Errorf("asked ECR for %v", in.json)
		}
		answer(`{"imageDetails":[{"imageDigest":"sha256:abc"}]}`)(w, in)
	}
}

func TestDefinitionsAreKeptAndTagsAreResolved(t *testing.T) {
	f := newFake(t)
	f.describing("api")
	f.defining()
	p := openFake(t, f)
	scope := cluster.ServiceScope{Service: api, Definitions: true, Images: true}.Of()
	observe(t, p, scope)
	s := observe(t, p, scope)
	v, _ := s.Service(api)
	if len(v.Definitions) != 2 || f.count("DescribeTaskDefinition") != 2 || f.count("DescribeImages") != 2 {
		t.Errorf("want two definitions by two calls, and a tag resolved at each look: %+v, %v", v.Definitions, f.calls)
	}
	web := v.Definitions[1].Containers[0]
	if !web.HealthCheck || !web.Essential || web.StopTimeout != 20*time.Second {
		t.Errorf("got %+v", web)
	}
	if want := (cluster.Image{Name: "111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn/team/api:stable", Digest: "sha256:abc"}); len(s.Images) != 1 || s.Images[0] != want {
		t.Errorf("got %+v", s.Images)
	}
}

// TestADefinitionByItsName: it is there with its images, deregistered, or missing; where it may not be read nothing is known, and the permission is named.
func TestADefinitionByItsName(t *testing.T) {
	f := newFake(t)
	f.defining()
	there := f.handles["DescribeTaskDefinition"]
	f.handles["DescribeTaskDefinition"] = func(w http.ResponseWriter, in input) {
		switch in.text("taskDefinition") {
		case "api":
			there(w, in)
		case "api:2":
			answer(`{"taskDefinition":{"family":"api","revision":2,"status":"INACTIVE"}}`)(w, in)
		case "api:9":
			answerError(http.StatusBadRequest, "ClientException", "Unable to describe task definition.")(w, in)
		default:
			answerError(http.StatusBadRequest, "AccessDeniedException", "no")(w, in)
		}
	}
	s := observe(t, openFake(t, f), cluster.Scope{Definitions: []string{"api", "api:2", "api:9", "secret"}})
	named := func(name string) cluster.NamedDefinition { found, _ := s.Definition(name); return found }
	if len(s.Definitions) != 3 || named("api").Definition.Revision != 7 || !named("api:2").Inactive || !named("api:9").Missing {
		t.Errorf("got %+v", s.Definitions)
	}
	if gap, ok := s.Gap(cluster.ServiceKey{}, cluster.PartDefinitions); !ok || gap.Permission != "ecs:DescribeTaskDefinition" {
		t.Errorf("gaps %+v", s.Gaps)
	}
	if len(s.Images) != 1 || s.Images[0].Digest != "sha256:abc" {
		t.Errorf("images %+v", s.Images)
	}
}

// TestAnImageThatECRDoesNotHaveIsMissing: one that is asked for by name, and of one that is in no ECR nothing is known.
func TestAnImageThatECRDoesNotHaveIsMissing(t *testing.T) {
	f := newFake(t)
	f.handles["DescribeImages"] = answerError(http.StatusBadRequest, "ImageNotFoundException", "no such image")
	name := "111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn/team/api:no"
	s := observe(t, openFake(t, f), cluster.Scope{Images: []string{name, "nginx:1"}})
	if want := (cluster.Image{Name: name, Missing: true}); len(s.Images) != 1 || s.Images[0] != want || len(s.Gaps) > 0 {
		t.Errorf("got %+v, gaps %+v", s.Images, s.Gaps)
	}
}

func TestImageNames(t *testing.T) {
	for name, want := range map[string]ecrImage{
		"123456789012.dkr.ecr.eu-west-1.amazonaws.com/app":            {"123456789012", "eu-west-1", "app", "latest"},
		"123456789012.dkr.ecr.eu-west-1.amazonaws.com/a/b/c:v1.2_3":   {"123456789012", "eu-west-1", "a/b/c", "v1.2_3"},
		"123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/app:x":      {"123456789012", "cn-north-1", "app", "x"},
		"123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com/app:x": {"123456789012", "us-gov-west-1", "app", "x"},
		"nginx:1":                      {},
		"public.ecr.aws/nginx/nginx:1": {},
		"123456789012.dkr.ecr.eu-west-1.amazonaws.com/app@sha256:abc": {},
	} {
		if got, _ := parseECR(name); got != want {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

func TestEmptyScopeCostsNoCall(t *testing.T) {
	f := newFake(t)
	p := openFake(t, f)
	observe(t, p, cluster.Scope{})
	if len(f.calls) != 1 { // GetCallerIdentity
		t.Errorf("got %v", f.calls)
	}
}

func TestObserveFailsOnlyWhenItsContextEnds(t *testing.T) {
	f := newFake(t)
	ctx, cancel := context.WithCancel(context.Background())
	f.handles["DescribeServices"] = func(w http.ResponseWriter, in input) {
		cancel()
		answerError(400, "AccessDeniedException", "no")(w, in)
	}
	if _, err := openFake(t, f).Observe(ctx, cluster.ServiceScope{Service: api}.Of()); !errors.Is(err, context.Canceled) {
		t.Errorf("want the context's error, got %v", err)
	}
}
