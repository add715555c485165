package emulator_test

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"handover/internal/emulator"
)

// TestTasksAreSharedAmongCapacityProviders: by base and weight, of a service as of one call of RunTask; a strategy that ECS does not take is refused.
func TestTasksAreSharedAmongCapacityProviders(t *testing.T) {
	ctx, r := t.Context(), newRig(t, emulator.Options{})
	must(r.ecs.CreateCluster(ctx, &ecs.CreateClusterInput{ClusterName: aws.String("prod")}))
	must(r.ecs.RegisterTaskDefinition(ctx, definition("api")))
	share := func(name string, base, weight int32) types.CapacityProviderStrategyItem {
		return types.CapacityProviderStrategyItem{CapacityProvider: &name, Base: base, Weight: weight}
	}
	strategy := []types.CapacityProviderStrategyItem{share("FARGATE", 1, 1), share("FARGATE_SPOT", 0, 3)}
	in := service("api", "", 5, 100, 200)
	in.LaunchType, in.CapacityProviderStrategy = "", strategy
	must(r.ecs.CreateService(ctx, in))
	r.steady()
	counts := map[string]int{}
	for _, task := range must(r.ecs.DescribeTasks(ctx, &ecs.DescribeTasksInput{Cluster: aws.String("prod"), Tasks: r.tasks("")})).Tasks {
		counts[*task.CapacityProviderName]++
	}
	for _, task := range must(r.ecs.RunTask(ctx, &ecs.RunTaskInput{Cluster: aws.String("prod"), TaskDefinition: aws.String("api"), Count: aws.Int32(9), CapacityProviderStrategy: strategy,
		NetworkConfiguration: in.NetworkConfiguration})).Tasks {
		counts[*task.CapacityProviderName]++
	}
	if got := fmt.Sprint(counts); got != "map[FARGATE:5 FARGATE_SPOT:9]" { // 2 and 3 of 5, and 3 and 6 of 9
		t.Error(got)
	}
	for _, wrong := range [][]types.CapacityProviderStrategyItem{
		{share("FARGATE", 1, 1), share("FARGATE_SPOT", 1, 1)}, {share("FARGATE", 0, 0), share("FARGATE_SPOT", 0, 0)}, {share("FARGATE", 0, 1001)}, {share("FARGATE", 0, 1), share("machines", 0, 1)},
	} {
		in := service("other", "", 1, 100, 200)
		in.LaunchType, in.CapacityProviderStrategy = "", wrong
		_, err := r.ecs.CreateService(ctx, in)
		wantCode(t, err, "InvalidParameterException")
	}
}
