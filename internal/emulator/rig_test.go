package emulator_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"handover/internal/emulator"
)

var morning = time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)

// direct carries requests straight into a handler, without a network between.
type direct struct{ handler http.Handler }

func (d direct) Do(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	d.handler.ServeHTTP(w, r)
	return w.Result(), nil
}

// buffered reads a request's body before it is sent: the SDK's own body makes the transport drop connections to a fast server.
type buffered struct{ client *http.Client }

func (b buffered) Do(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		text, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(text))
	}
	return b.client.Do(r)
}

// clients are the SDK's clients of one Region.
type clients struct {
	ecs     *ecs.Client
	elb     *elbv2.Client
	scaling *applicationautoscaling.Client
	sts     *sts.Client
	sns     *sns.Client
	sqs     *sqs.Client
	logs    *cloudwatchlogs.Client
	groups  *autoscaling.Client
}

func clientsOf(region, endpoint string, next aws.HTTPClient) clients {
	cfg := aws.Config{
		Region: region, HTTPClient: next, BaseEndpoint: aws.String(endpoint),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "secret"}, nil
		}),
		Retryer: func() aws.Retryer { return aws.NopRetryer{} },
	}
	return clients{ecs.NewFromConfig(cfg), elbv2.NewFromConfig(cfg), applicationautoscaling.NewFromConfig(cfg), sts.NewFromConfig(cfg),
		sns.NewFromConfig(cfg), sqs.NewFromConfig(cfg), cloudwatchlogs.NewFromConfig(cfg), autoscaling.NewFromConfig(cfg)}
}

// rig is a server in virtual time with clients of one Region.
type rig struct {
	clients
	t      *testing.T
	clock  *emulator.Paced
	server *emulator.Server
}

func newRig(t *testing.T, o emulator.Options) *rig {
	t.Helper()
	clock := emulator.NewPaced(morning, math.Inf(1), nil)
	if o.Clock == nil {
		o.Clock = clock
	}
	o.Report = func(c emulator.Call, err error) { t.Errorf("%s: %v", c.Operation, err) }
	server := emulator.New(o)
	return &rig{clients: clientsOf("eu-west-1", "http://emulator.invalid", direct{server}), t: t, clock: clock, server: server}
}

func (r *rig) in(region string) clients {
	return clientsOf(region, "http://emulator.invalid", direct{r.server})
}

// pass lets virtual time pass.
func (r *rig) pass(d time.Duration) {
	r.t.Helper()
	if err := r.clock.Sleep(r.t.Context(), d); err != nil {
		r.t.Fatal(err)
	}
}

// must gives a result that cannot fail here.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// code is an AWS error's code and message.
func code(err error) string {
	var api smithy.APIError
	if !errors.As(err, &api) {
		if err == nil {
			return ""
		}
		return "not an AWS error: " + err.Error()
	}
	return api.ErrorCode() + ": " + api.ErrorMessage()
}

// scene makes what the tests need: cluster prod, target group web, definition api:1, and a steady service api of so many tasks.
func (r *rig) scene(desired, least, most int32) (group string) {
	r.t.Helper()
	ctx := r.t.Context()
	must(r.ecs.CreateCluster(ctx, &ecs.CreateClusterInput{ClusterName: aws.String("prod")}))
	made := must(r.elb.CreateTargetGroup(ctx, &elbv2.CreateTargetGroupInput{
		Name: aws.String("web"), Protocol: elbtypes.ProtocolEnumHttp, Port: aws.Int32(80), VpcId: aws.String("vpc-1"),
		TargetType: elbtypes.TargetTypeEnumIp, HealthCheckPath: aws.String("/healthz"),
	}))
	group = *made.TargetGroups[0].TargetGroupArn
	r.forward("front", group)
	must(r.elb.ModifyTargetGroupAttributes(ctx, &elbv2.ModifyTargetGroupAttributesInput{TargetGroupArn: &group, Attributes: []elbtypes.TargetGroupAttribute{
		{Key: aws.String("deregistration_delay.timeout_seconds"), Value: aws.String("30")},
	}}))
	must(r.ecs.RegisterTaskDefinition(ctx, definition("api")))
	must(r.ecs.CreateService(ctx, service("api", group, desired, least, most)))
	r.steady()
	return group
}

// forward makes a load balancer that forwards to a target group, as ECS wants one behind each group of a service.
func (r *rig) forward(balancer, group string) {
	r.t.Helper()
	made := must(r.elb.CreateLoadBalancer(r.t.Context(), &elbv2.CreateLoadBalancerInput{Name: &balancer, Subnets: []string{"subnet-a", "subnet-b"}}))
	must(r.elb.CreateListener(r.t.Context(), &elbv2.CreateListenerInput{LoadBalancerArn: made.LoadBalancers[0].LoadBalancerArn, Port: aws.Int32(80), Protocol: elbtypes.ProtocolEnumHttp,
		DefaultActions: []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, TargetGroupArn: &group}}}))
}

func definition(family string) *ecs.RegisterTaskDefinitionInput {
	return &ecs.RegisterTaskDefinitionInput{
		Family: &family, NetworkMode: types.NetworkModeAwsvpc, Cpu: aws.String("256"), Memory: aws.String("512"),
		RequiresCompatibilities: []types.Compatibility{types.CompatibilityFargate},
		TaskRoleArn:             aws.String("arn:aws:iam::123456789012:role/task"),
		ExecutionRoleArn:        aws.String("arn:aws:iam::123456789012:role/execution"),
		ContainerDefinitions: []types.ContainerDefinition{{
			Name: aws.String("app"), Image: aws.String("registry/app:latest"), Cpu: 128,
			PortMappings: []types.PortMapping{{ContainerPort: aws.Int32(80)}},
			Environment:  []types.KeyValuePair{{Name: aws.String("MODE"), Value: aws.String("test")}},
			Secrets:      []types.Secret{{Name: aws.String("KEY"), ValueFrom: aws.String("arn:aws:ssm:eu-west-1:123456789012:parameter/key")}},
			LogConfiguration: &types.LogConfiguration{LogDriver: types.LogDriverAwslogs, Options: map[string]string{
				"awslogs-group": "g", "awslogs-region": "eu-west-1", "awslogs-stream-prefix": "app",
			}},
			StopTimeout: aws.Int32(30),
		}},
	}
}

func service(name, group string, desired, least, most int32) *ecs.CreateServiceInput {
	in := &ecs.CreateServiceInput{
		Cluster: aws.String("prod"), ServiceName: &name, TaskDefinition: aws.String("api"), DesiredCount: &desired, LaunchType: types.LaunchTypeFargate,
		DeploymentConfiguration: &types.DeploymentConfiguration{MinimumHealthyPercent: &least, MaximumPercent: &most},
		NetworkConfiguration: &types.NetworkConfiguration{AwsvpcConfiguration: &types.AwsVpcConfiguration{
			Subnets: []string{"subnet-a", "subnet-b"}, SecurityGroups: []string{"sg-1"}, AssignPublicIp: types.AssignPublicIpDisabled,
		}},
		Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("web")}},
	}
	if group != "" {
		in.LoadBalancers = []types.LoadBalancer{{TargetGroupArn: &group, ContainerName: aws.String("app"), ContainerPort: aws.Int32(80)}}
	}
	return in
}

func (r *rig) describe() types.Service {
	r.t.Helper()
	out := must(r.ecs.DescribeServices(r.t.Context(), &ecs.DescribeServicesInput{Cluster: aws.String("prod"), Services: []string{"api"}}))
	if len(out.Services) != 1 {
		r.t.Fatalf("DescribeServices gave %d services and %v", len(out.Services), out.Failures)
	}
	return out.Services[0]
}

// steady lets time pass until the service api has one deployment, which is complete.
func (r *rig) steady() types.Service {
	r.t.Helper()
	for range 600 {
		s := r.describe()
		if len(s.Deployments) == 1 && s.Deployments[0].RolloutState == types.DeploymentRolloutStateCompleted && s.RunningCount == s.DesiredCount {
			return s
		}
		r.pass(10 * time.Second)
	}
	s := r.describe()
	r.t.Fatalf("api is not steady after 100 minutes: %d of %d run, %d deployments, %s", s.RunningCount, s.DesiredCount, len(s.Deployments), *s.Events[0].Message)
	return s
}

func (r *rig) tasks(desired types.DesiredStatus) []string {
	r.t.Helper()
	out := must(r.ecs.ListTasks(r.t.Context(), &ecs.ListTasksInput{Cluster: aws.String("prod"), ServiceName: aws.String("api"), DesiredStatus: desired}))
	return out.TaskArns
}
