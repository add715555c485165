package emulator_test

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"handover/internal/emulator"
)

// TestTasksAreSharedAmongCapacityProviders: by base and weight, of a service as of one call of RunTask; a strategy that ECS does not take is refused.
func TestTasksAreSharedAmongCapacityProviders(t *testing.T) {
	ctx, r := t.Context(), newRig(t, emulator.Options{})
	must(r.ecs.CreateCluster(ctx, &ecs.CreateClusterInput{ClusterName: aws.String("prod")}))
	must(r.ecs.RegisterTaskDefinition(ctx, definition("api")))
	_, err := r.ecs.RunTask(ctx, &ecs.RunTaskInput{Cluster: aws.String("prod"), TaskDefinition: aws.String("api"), CapacityProviderStrategy: []types.CapacityProviderStrategyItem{{CapacityProvider: aws.String("FARGATE")}}})
	if want := "InvalidParameterException: The specified capacity provider strategy cannot contain a capacity provider that is not associated with the cluster. Associate the capacity provider with the cluster and try again."; code(err) != want {
		t.Errorf("%s, want %s", code(err), want)
	}
	associate := func(names ...string) error {
		_, err := r.ecs.PutClusterCapacityProviders(ctx, &ecs.PutClusterCapacityProvidersInput{Cluster: aws.String("prod"), CapacityProviders: names, DefaultCapacityProviderStrategy: []types.CapacityProviderStrategyItem{}})
		return err
	}
	if err := associate("FARGATE", "FARGATE_SPOT"); err != nil {
		t.Fatal(err)
	}
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
	if err := associate("FARGATE"); code(err) != "ResourceInUseException: The specified capacity provider is in use and cannot be removed." {
		t.Errorf("taking away what is in use: %s", code(err))
	}
	if err := associate("FARGATE_SPOT", "FARGATE"); err != nil {
		t.Errorf("with nothing taken away: %v", err)
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

// TestAGroupHasOneCapacityProvider: another is refused, in AWS's words as public reports have them.
func TestAGroupHasOneCapacityProvider(t *testing.T) {
	ctx, r := t.Context(), newRig(t, emulator.Options{})
	provide := func(name, group string) error {
		_, err := r.ecs.CreateCapacityProvider(ctx, &ecs.CreateCapacityProviderInput{Name: &name, AutoScalingGroupProvider: &types.AutoScalingGroupProvider{AutoScalingGroupArn: &group}})
		return err
	}
	for _, c := range []struct{ name, group, want string }{
		{"one", "web", ""},
		{"two", "web", "ClientException: The specified Auto Scaling group ARN is already being used by another capacity provider. Specify a unique Auto Scaling group ARN and try again."},
		{"two", "jobs", ""},
	} {
		if got := code(provide(c.name, c.group)); got != c.want {
			t.Errorf("%s of %s: %s, want %s", c.name, c.group, got, c.want)
		}
	}
}

// TestTerminationProtectionTakesAProtectingGroup: the group must protect its new instances, in AWS's words as public reports have them.
func TestTerminationProtectionTakesAProtectingGroup(t *testing.T) {
	ctx, r := t.Context(), fleet(t)
	in := &ecs.CreateCapacityProviderInput{Name: aws.String("machines"), AutoScalingGroupProvider: &types.AutoScalingGroupProvider{
		AutoScalingGroupArn: aws.String("web"), ManagedTerminationProtection: types.ManagedTerminationProtectionEnabled,
		ManagedScaling: &types.ManagedScaling{Status: types.ManagedScalingStatusEnabled, TargetCapacity: aws.Int32(100)},
	}}
	_, err := r.ecs.CreateCapacityProvider(ctx, in)
	if want := "ClientException: The managed termination protection setting for the capacity provider is invalid. To enable managed termination protection for a capacity provider, " +
		"the Auto Scaling group must have instance protection from scale in enabled."; code(err) != want {
		t.Errorf("\n got %q\nwant %q", code(err), want)
	}
	must(r.groups.UpdateAutoScalingGroup(ctx, &autoscaling.UpdateAutoScalingGroupInput{AutoScalingGroupName: aws.String("web"), NewInstancesProtectedFromScaleIn: aws.Bool(true)}))
	must(r.ecs.CreateCapacityProvider(ctx, in))
}
