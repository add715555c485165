package amazon

import (
	"fmt"
	"net/http"
	"reflect"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"handover/internal/cluster"
)

func TestARegistrationCopiesWhatADescriptionHas(t *testing.T) {
	description, registration := reflect.TypeFor[types.TaskDefinition](), reflect.TypeFor[ecs.RegisterTaskDefinitionInput]()
	for i := range registration.NumField() {
		field := registration.Field(i)
		if !field.IsExported() || field.Name == "Tags" {
			continue
		}
		if described, ok := description.FieldByName(field.Name); !ok || described.Type != field.Type {
			t.Errorf("a description has no %s of type %s: it would be lost in a copy", field.Name, field.Type)
		}
	}
}

func TestARevisedDefinitionKeepsAllButItsImages(t *testing.T) {
	f := newFake(t)
	f.handles["DescribeTaskDefinition"] = answer(`{"taskDefinition":{"family":"api","revision":7,"cpu":"256","taskRoleArn":"role","containerDefinitions":[
		{"name":"app","image":"api:1","environment":[{"name":"A","value":"b"}],"logConfiguration":{"logDriver":"awslogs"}},{"name":"log","image":"log:1"}]},"tags":[{"key":"k","value":"v"}]}`)
	var sent input
	f.handles["RegisterTaskDefinition"] = func(w http.ResponseWriter, in input) {
		sent = in
		answer(`{"taskDefinition":{"taskDefinitionArn":"arn:api:8"}}`)(w, in)
	}
	got := applyOne(t, openFake(t, f), cluster.ReviseTaskDefinition{Definition: "api:7", Images: []cluster.ContainerImage{{Container: "app", Image: "api@sha256:1"}}})
	if got.Result != cluster.Done || len(got.IDs) != 1 || got.IDs[0] != "arn:api:8" {
		t.Fatalf("got %+v", got)
	}
	want := map[string]any{"family": "api", "cpu": "256", "taskRoleArn": "role", "tags": []any{map[string]any{"key": "k", "value": "v"}}, "containerDefinitions": []any{
		map[string]any{"name": "app", "image": "api@sha256:1", "environment": []any{map[string]any{"name": "A", "value": "b"}}, "logConfiguration": map[string]any{"logDriver": "awslogs"}},
		map[string]any{"name": "log", "image": "log:1"}}}
	for _, c := range sent.json["containerDefinitions"].([]any) { // numbers without a value are sent as 0
		delete(c.(map[string]any), "cpu")
	}
	if !reflect.DeepEqual(sent.json, want) {
		t.Errorf("sent %v\nwant %v", sent.json, want)
	}
}

func TestTasksAreProtectedTenACall(t *testing.T) {
	f := newFake(t)
	f.handles["UpdateTaskProtection"] = func(w http.ResponseWriter, in input) {
		if n := len(in.list("tasks")); n > 10 || in.json["expiresInMinutes"] != 5.0 {
			t.Errorf("%d tasks in one call for %v minutes", n, in.json["expiresInMinutes"])
		}
		answer(`{"failures":[{"arn":"task-3","reason":"DEPLOYMENT_BLOCKED","detail":"a deployment waits"},{"arn":"task-12","reason":"MISSING"}]}`)(w, in)
	}
	var actions []cluster.Action
	for i := range 23 {
		actions = append(actions, cluster.ProtectTask{Cluster: "prod", Task: fmt.Sprint("task-", i), Protect: true, For: 4*time.Minute + time.Second})
	}
	outcomes := openFake(t, f).Apply(t.Context(), append(actions, force))
	if len(outcomes) != 23 || f.count("UpdateTaskProtection") != 3 || f.count("UpdateService") != 0 {
		t.Fatalf("%d outcomes of %v", len(outcomes), f.calls)
	}
	for i, o := range outcomes {
		refused := i == 3 && o.Err != nil && o.Err.Class == cluster.ClassState || i == 12 && o.Err != nil && o.Err.Class == cluster.ClassNotFound
		if !refused && o.Result != cluster.Done {
			t.Errorf("task %d: %+v", i, o)
		}
	}
}

func TestWhatMayNotBeReadIsAGapWithItsPermission(t *testing.T) {
	f := newFake(t)
	f.handles["DescribeServices"] = answer(`{"services":[{"serviceName":"api","status":"ACTIVE","networkConfiguration":{"awsvpcConfiguration":{"subnets":["subnet-1"]}}}]}`)
	f.handles["ListTasks"] = answer(`{"taskArns":["arn:aws-cn:ecs:cn-north-1:1:task/prod/ab"]}`)
	f.handles["DescribeTasks"] = answer(`{"tasks":[{"taskArn":"arn:aws-cn:ecs:cn-north-1:1:task/prod/ab","desiredStatus":"RUNNING"}]}`)
	for _, denied := range []string{"GetTaskProtection", "DescribeScalableTargets", "DescribeScalingPolicies", "DescribeScheduledActions", "ListServiceDeployments"} {
		f.handles[denied] = answerError(http.StatusBadRequest, "AccessDeniedException", "not authorized")
	}
	f.handles["DescribeSubnets"] = func(w http.ResponseWriter, _ input) { // EC2's errors are of a shape of their own
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte(`<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>not authorized</Message></Error></Errors><RequestID>r</RequestID></Response>`))
	}
	key := cluster.ServiceKey{Cluster: "prod", Service: "api"}
	s, err := openFake(t, f).Observe(t.Context(), cluster.ServiceScope{Service: key, Tasks: cluster.RunningTasks, Protection: true, Scaling: true, Policies: true, Subnets: true, History: true}.Of())
	if err != nil {
		t.Fatal(err)
	}
	for part, permission := range map[cluster.Part]string{cluster.PartProtection: "ecs:GetTaskProtection", cluster.PartScaling: "application-autoscaling:DescribeScalableTargets",
		cluster.PartPolicies: "application-autoscaling:DescribeScalingPolicies", cluster.PartSchedules: "application-autoscaling:DescribeScheduledActions",
		cluster.PartSubnets: "ec2:DescribeSubnets", cluster.PartHistory: "ecs:ListServiceDeployments"} {
		gap, ok := s.Gap(key, part)
		if !ok || gap.Permission != permission || gap.Err.Class != cluster.ClassDenied {
			t.Errorf("%s: gap %+v", part, gap)
		}
	}
	if v, _ := s.Service(key); len(v.Tasks) != 1 {
		t.Errorf("the tasks went missing with their protection: %+v", v)
	}
}

// TestFreeAddressesAreReadBySubnet: the ids are those of the service, the answer is EC2's, and the request is signed for EC2.
func TestFreeAddressesAreReadBySubnet(t *testing.T) {
	f := newFake(t)
	f.handles["DescribeServices"] = answer(`{"services":[{"serviceName":"api","status":"ACTIVE","networkConfiguration":{"awsvpcConfiguration":{"subnets":["subnet-2","subnet-1"]}}}]}`)
	f.handles["DescribeSubnets"] = func(w http.ResponseWriter, in input) {
		if in.form.Get("SubnetId.1") != "subnet-2" || in.form.Get("SubnetId.2") != "subnet-1" || in.form.Get("Version") != "2016-11-15" {
			t.Errorf("asked with %v", in.form)
		}
		answerXML(`<DescribeSubnetsResponse><subnetSet><item><subnetId>subnet-2</subnetId><availabilityZone>cn-north-1b</availabilityZone><availableIpAddressCount>7</availableIpAddressCount></item>`+
			`<item><subnetId>subnet-1</subnetId><availabilityZone>cn-north-1a</availabilityZone><availableIpAddressCount>251</availableIpAddressCount></item></subnetSet></DescribeSubnetsResponse>`)(w, in)
	}
	key := cluster.ServiceKey{Cluster: "prod", Service: "api"}
	s, err := openFake(t, f).Observe(t.Context(), cluster.ServiceScope{Service: key, Subnets: true}.Of())
	if err != nil {
		t.Fatal(err)
	}
	v, _ := s.Service(key)
	want := []cluster.Subnet{{ID: "subnet-1", Zone: "cn-north-1a", Free: 251}, {ID: "subnet-2", Zone: "cn-north-1b", Free: 7}}
	if !reflect.DeepEqual(v.Subnets, want) || len(s.Gaps) > 0 {
		t.Errorf("got %+v, gaps %+v", v.Subnets, s.Gaps)
	}
}

// TestFargateQuotaIsReadWithItsUse: the metric is the one that the quota names, the newest point counts, and a service on Fargate Spot alone has none.
func TestFargateQuotaIsReadWithItsUse(t *testing.T) {
	f := newFake(t)
	f.handles["DescribeServices"] = answer(`{"services":[{"serviceName":"api","status":"ACTIVE","capacityProviderStrategy":[{"capacityProvider":"FARGATE_SPOT"},{"capacityProvider":"FARGATE"}]},` +
		`{"serviceName":"spot","status":"ACTIVE","capacityProviderStrategy":[{"capacityProvider":"FARGATE_SPOT"}]}]}`)
	f.handles["GetServiceQuota"] = answer(`{"Quota":{"Value":40,"UsageMetric":{"MetricNamespace":"AWS/Usage","MetricName":"ResourceCount","MetricDimensions":{"Service":"Fargate"}}}}`)
	f.handles["GetMetricStatistics"] = func(w http.ResponseWriter, in input) {
		if in.form.Get("Namespace") != "AWS/Usage" || in.form.Get("Dimensions.member.1.Name") != "Service" || in.form.Get("Dimensions.member.1.Value") != "Fargate" {
			t.Errorf("asked with %v", in.form)
		}
		answerXML(`<GetMetricStatisticsResponse><GetMetricStatisticsResult><Datapoints><member><Timestamp>2026-01-01T00:01:00Z</Timestamp><Maximum>12.5</Maximum></member>`+
			`<member><Timestamp>2026-01-01T00:00:00Z</Timestamp><Maximum>30</Maximum></member></Datapoints></GetMetricStatisticsResult></GetMetricStatisticsResponse>`)(w, in)
	}
	key, spot := cluster.ServiceKey{Cluster: "prod", Service: "api"}, cluster.ServiceKey{Cluster: "prod", Service: "spot"}
	scope := cluster.Scope{Services: []cluster.ServiceScope{{Service: key, Quota: true}, {Service: spot, Quota: true}}}
	s, err := openFake(t, f).Observe(t.Context(), scope)
	if err != nil || len(s.Gaps) > 0 {
		t.Fatalf("%v, gaps %+v", err, s.Gaps)
	}
	v, _ := s.Service(key)
	if v.Fargate == nil || *v.Fargate != (cluster.FargateQuota{Limit: 40, Taken: 12.5}) {
		t.Errorf("got %+v", v.Fargate)
	}
	if v, _ := s.Service(spot); v.Fargate != nil {
		t.Errorf("Fargate Spot has %+v", v.Fargate)
	}
	f.handles["GetServiceQuota"] = answerError(http.StatusBadRequest, "AccessDeniedException", "not authorized")
	s, err = openFake(t, f).Observe(t.Context(), scope)
	if gap, ok := s.Gap(key, cluster.PartQuota); err != nil || !ok || gap.Permission != "servicequotas:GetServiceQuota" || gap.Err.Class != cluster.ClassDenied {
		t.Errorf("%v, gap %+v", err, gap)
	}
}

// TestEC2IsFoundInEveryPartition: beside EC2 Auto Scaling, under another name.
func TestEC2IsFoundInEveryPartition(t *testing.T) {
	for region, want := range map[string]string{"us-east-1": "https://ec2.us-east-1.amazonaws.com", "cn-north-1": "https://ec2.cn-north-1.amazonaws.com.cn", "us-gov-west-1": "https://ec2.us-gov-west-1.amazonaws.com"} {
		if got, err := (&Account{Region: region}).endpointOf(t.Context(), "ec2"); err != nil || got != want {
			t.Errorf("%s: %s, %v", region, got, err)
		}
	}
}
