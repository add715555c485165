package emulator_test

import (
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"handover/internal/emulator"
)

// TestCreateServiceTwice: the same request gives the service that it made, as long as nobody has changed it; another is refused.
func TestCreateServiceTwice(t *testing.T) {
	r, ctx := newRig(t, emulator.Options{}), t.Context()
	must(r.ecs.CreateCluster(ctx, &ecs.CreateClusterInput{ClusterName: aws.String("prod")}))
	must(r.ecs.RegisterTaskDefinition(ctx, definition("api")))
	first := must(r.ecs.CreateService(ctx, service("api", "", 2, 100, 200))).Service
	r.pass(time.Minute)
	in := service("api", "", 2, 100, 200)
	in.ClientToken = aws.String("again")
	if second := must(r.ecs.CreateService(ctx, in)).Service; !second.CreatedAt.Equal(*first.CreatedAt) || *second.Deployments[0].Id != *first.Deployments[0].Id {
		t.Errorf("the same request made another service: %v", second)
	}
	refused := "InvalidParameterException: Creation of service was not idempotent."
	if _, err := r.ecs.CreateService(ctx, service("api", "", 3, 100, 200)); code(err) != refused {
		t.Errorf("another desired count: %s", code(err))
	}
	if _, err := r.ecs.CreateService(ctx, service("api", "", 2, 50, 200)); code(err) != refused {
		t.Errorf("another minimum: %s", code(err))
	}
	must(r.ecs.UpdateService(ctx, &ecs.UpdateServiceInput{Cluster: aws.String("prod"), Service: aws.String("api"), EnableExecuteCommand: aws.Bool(true)}))
	if _, err := r.ecs.CreateService(ctx, in); code(err) != refused {
		t.Errorf("the same request for a service that was changed: %s", code(err))
	}
}

// TestRunTaskWithAToken: the same request with the same token starts its tasks once, for a day; another request with the token is a conflict.
func TestRunTaskWithAToken(t *testing.T) {
	r, ctx := newRig(t, emulator.Options{}), t.Context()
	must(r.ecs.CreateCluster(ctx, &ecs.CreateClusterInput{ClusterName: aws.String("prod")}))
	must(r.ecs.RegisterTaskDefinition(ctx, definition("api")))
	run := func(count int32, token string) ([]string, error) {
		out, err := r.ecs.RunTask(ctx, &ecs.RunTaskInput{Cluster: aws.String("prod"), TaskDefinition: aws.String("api"), Count: &count, ClientToken: &token, LaunchType: types.LaunchTypeFargate,
			NetworkConfiguration: service("", "", 0, 0, 0).NetworkConfiguration})
		var arns []string
		if out != nil {
			for _, task := range out.Tasks {
				arns = append(arns, *task.TaskArn)
			}
		}
		return arns, err
	}
	first := must(run(2, "a"))
	r.pass(time.Hour)
	if again := must(run(2, "a")); len(first) != 2 || !slices.Equal(first, again) {
		t.Errorf("first %v, then %v", first, again)
	}
	if other := must(run(2, "b")); slices.Contains(first, other[0]) {
		t.Errorf("another token gave the same tasks: %v", other)
	}
	if _, err := run(3, "a"); code(err) != "ConflictException: The client token was used for a request with other parameters." { // ours
		t.Errorf("another request: %s", code(err))
	}
	r.pass(24 * time.Hour)
	if later := must(run(2, "a")); slices.Contains(first, later[0]) {
		t.Errorf("a day later the token gave the same tasks: %v", later)
	}
}
