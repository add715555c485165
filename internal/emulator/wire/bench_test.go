package wire

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// plainTask has what DescribeTasks tells of an ordinary Fargate task.
func plainTask(i int) types.Task {
	id := fmt.Sprintf("%032x", i)
	arn := aws.String("arn:aws:ecs:eu-west-1:123456789012:task/prod/" + id)
	at := aws.Time(time.UnixMilli(1795000000123))
	return types.Task{
		Attachments: []types.Attachment{{
			Id: aws.String(id), Type: aws.String("ElasticNetworkInterface"), Status: aws.String("ATTACHED"),
			Details: []types.KeyValuePair{
				{Name: aws.String("subnetId"), Value: aws.String("subnet-0123456789abcdef0")},
				{Name: aws.String("privateIPv4Address"), Value: aws.String("10.0.0.1")},
			},
		}},
		AvailabilityZone: aws.String("eu-west-1a"), ClusterArn: aws.String("arn:aws:ecs:eu-west-1:123456789012:cluster/prod"),
		Connectivity: types.ConnectivityConnected, ConnectivityAt: at, CreatedAt: at, StartedAt: at, PullStartedAt: at, PullStoppedAt: at,
		Containers: []types.Container{{
			ContainerArn: arn, TaskArn: arn, Name: aws.String("api"), Image: aws.String("example/api:1"), LastStatus: aws.String("RUNNING"),
			RuntimeId: aws.String(id), Cpu: aws.String("256"), Memory: aws.String("512"), HealthStatus: types.HealthStatusHealthy,
			NetworkBindings:   []types.NetworkBinding{},
			NetworkInterfaces: []types.NetworkInterface{{AttachmentId: aws.String(id), PrivateIpv4Address: aws.String("10.0.0.1")}},
		}},
		Cpu: aws.String("256"), Memory: aws.String("512"), DesiredStatus: aws.String("RUNNING"), LastStatus: aws.String("RUNNING"),
		Group: aws.String("service:api"), HealthStatus: types.HealthStatusHealthy, LaunchType: types.LaunchTypeFargate,
		StartedBy: aws.String("ecs-svc/0123456789012345678"), Tags: []types.Tag{}, TaskArn: arn,
		TaskDefinitionArn: aws.String("arn:aws:ecs:eu-west-1:123456789012:task-definition/api:7"), Version: 4,
	}
}

func BenchmarkEncodeDescribeTasks(b *testing.B) {
	g := newRig(b, "ecs")
	op := g.service.operations["DescribeTasks"]
	out := &ecs.DescribeTasksOutput{Failures: []types.Failure{}}
	for i := range 100 {
		out.Tasks = append(out.Tasks, plainTask(i))
	}
	v := reflect.ValueOf(out).Elem()
	body, err := jsonDialect{}.appendAnswer(nil, g.service, op, v, "")
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := (jsonDialect{}).appendAnswer(nil, g.service, op, v, ""); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeSmall(b *testing.B) {
	g := newRig(b, "ecs")
	op := g.service.operations["DescribeServices"]
	in := &input{body: []byte(`{"cluster":"prod","services":["api","web"],"include":["TAGS"]}`)}
	b.SetBytes(int64(len(in.body)))
	b.ReportAllocs()
	for b.Loop() {
		v := new(ecs.DescribeServicesInput)
		if err := (jsonDialect{}).decode(in, op.in, reflect.ValueOf(v).Elem()); err != nil {
			b.Fatal(err)
		}
	}
}
