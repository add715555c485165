package emulator_test

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"handover/internal/emulator"
)

func TestCapacityProviders(t *testing.T) {
	r := newRig(t, emulator.Options{})
	r.scene(1, 100, 200)
	ctx := t.Context()
	made := must(r.ecs.CreateCapacityProvider(ctx, &ecs.CreateCapacityProviderInput{Name: aws.String("machines"), Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}},
		AutoScalingGroupProvider: &types.AutoScalingGroupProvider{AutoScalingGroupArn: aws.String("asg"), ManagedScaling: &types.ManagedScaling{TargetCapacity: aws.Int32(80)}}})).CapacityProvider
	if g := made.AutoScalingGroupProvider; made.Status != "ACTIVE" || made.Type != "EC2_AUTOSCALING" || *g.ManagedScaling.TargetCapacity != 80 || *g.ManagedScaling.InstanceWarmupPeriod != 300 || g.ManagedDraining != "ENABLED" || len(made.Tags) != 1 {
		t.Errorf("made %+v, %+v", made, made.AutoScalingGroupProvider)
	}
	must(r.ecs.UpdateCapacityProvider(ctx, &ecs.UpdateCapacityProviderInput{Name: aws.String("machines"), AutoScalingGroupProvider: &types.AutoScalingGroupProviderUpdate{
		ManagedScaling: &types.ManagedScaling{MaximumScalingStepSize: aws.Int32(7)}}}))
	all := must(r.ecs.DescribeCapacityProviders(ctx, &ecs.DescribeCapacityProvidersInput{Include: []types.CapacityProviderField{"TAGS"}})).CapacityProviders
	if len(all) != 3 || *all[0].Name != "FARGATE" || *all[1].Name != "FARGATE_SPOT" || *all[2].CapacityProviderArn != "arn:aws:ecs:eu-west-1:123456789012:capacity-provider/machines" || len(all[2].Tags) != 1 {
		t.Errorf("providers: %+v", all)
	}
	if g := all[2].AutoScalingGroupProvider; *g.AutoScalingGroupArn != "asg" || *g.ManagedScaling.MaximumScalingStepSize != 7 || *g.ManagedScaling.TargetCapacity != 80 {
		t.Errorf("after the update: %+v", g.ManagedScaling)
	}
	some := must(r.ecs.DescribeCapacityProviders(ctx, &ecs.DescribeCapacityProvidersInput{CapacityProviders: []string{"FARGATE", "none"}}))
	if len(some.CapacityProviders) != 1 || len(some.Failures) != 1 || *some.Failures[0].Reason != "MISSING" {
		t.Errorf("of two: %+v, %+v", some.CapacityProviders, some.Failures)
	}
	strategy := []types.CapacityProviderStrategyItem{{CapacityProvider: aws.String("machines"), Weight: 1}}
	put := must(r.ecs.PutClusterCapacityProviders(ctx, &ecs.PutClusterCapacityProvidersInput{Cluster: aws.String("prod"), CapacityProviders: []string{"FARGATE", "machines"}, DefaultCapacityProviderStrategy: strategy})).Cluster
	if !slices.Equal(put.CapacityProviders, []string{"FARGATE", "machines"}) || len(put.DefaultCapacityProviderStrategy) != 1 {
		t.Errorf("the cluster has %v", put.CapacityProviders)
	}
	_, unknown := r.ecs.PutClusterCapacityProviders(ctx, &ecs.PutClusterCapacityProvidersInput{Cluster: aws.String("prod"), CapacityProviders: []string{"none"}, DefaultCapacityProviderStrategy: []types.CapacityProviderStrategyItem{}})
	_, apart := r.ecs.PutClusterCapacityProviders(ctx, &ecs.PutClusterCapacityProvidersInput{Cluster: aws.String("prod"), CapacityProviders: []string{"FARGATE"}, DefaultCapacityProviderStrategy: strategy})
	remove := func(name string) error {
		_, err := r.ecs.DeleteCapacityProvider(ctx, &ecs.DeleteCapacityProviderInput{CapacityProvider: &name})
		return err
	}
	_, twice := r.ecs.CreateCapacityProvider(ctx, &ecs.CreateCapacityProviderInput{Name: aws.String("machines"), AutoScalingGroupProvider: &types.AutoScalingGroupProvider{AutoScalingGroupArn: aws.String("asg")}})
	_, prefix := r.ecs.CreateCapacityProvider(ctx, &ecs.CreateCapacityProviderInput{Name: aws.String("ecs-x"), AutoScalingGroupProvider: &types.AutoScalingGroupProvider{AutoScalingGroupArn: aws.String("asg")}})
	for _, c := range []struct {
		err  error
		want string
	}{
		{unknown, "InvalidParameterException: The specified capacity provider 'none' was not found. Specify a valid name or ARN and try again."},
		{apart, "InvalidParameterException: The specified capacity provider strategy cannot contain a capacity provider that is not associated with the cluster. Associate the capacity provider with the cluster or specify a valid capacity provider and try again."},
		{remove("machines"), "ClientException: The capacity provider cannot be deleted because it is associated with cluster: prod. Remove the capacity provider from the cluster and try again."},
		{remove("FARGATE"), "InvalidParameterException: The capacity provider FARGATE is reserved and cannot be deleted."}, // ours
		{twice, "ClientException: The specified capacity provider already exists. To change the configuration of an existing capacity provider, update the capacity provider."},
		{prefix, "InvalidParameterException: The specified capacity provider name is invalid. Up to 255 characters are allowed, including letters (upper and lowercase), numbers, " +
			`underscores, and hyphens. The name cannot be prefixed with "aws", "ecs", or "fargate". Specify a valid name and try again.`},
	} {
		if got := code(c.err); got != c.want {
			t.Errorf("\n got %q\nwant %q", got, c.want)
		}
	}
	must(r.ecs.PutClusterCapacityProviders(ctx, &ecs.PutClusterCapacityProvidersInput{Cluster: aws.String("prod"), CapacityProviders: []string{}, DefaultCapacityProviderStrategy: []types.CapacityProviderStrategyItem{}}))
	if err := remove("machines"); err != nil {
		t.Error(err)
	}
}

func TestClusterIsUpdated(t *testing.T) {
	r := newRig(t, emulator.Options{})
	ctx := t.Context()
	must(r.ecs.CreateCluster(ctx, &ecs.CreateClusterInput{ClusterName: aws.String("prod")}))
	setting := types.ClusterSetting{Name: types.ClusterSettingNameContainerInsights, Value: aws.String("enhanced")}
	must(r.ecs.UpdateClusterSettings(ctx, &ecs.UpdateClusterSettingsInput{Cluster: aws.String("prod"), Settings: []types.ClusterSetting{setting}}))
	got := must(r.ecs.UpdateCluster(ctx, &ecs.UpdateClusterInput{Cluster: aws.String("prod"), ServiceConnectDefaults: &types.ClusterServiceConnectDefaultsRequest{Namespace: aws.String("space")}})).Cluster
	if len(got.Settings) != 1 || *got.Settings[0].Value != "enhanced" || *got.ServiceConnectDefaults.Namespace != "space" {
		t.Errorf("the cluster is %+v", got)
	}
	_, err := r.ecs.UpdateCluster(ctx, &ecs.UpdateClusterInput{Cluster: aws.String("none")})
	if got := code(err); got != "ClusterNotFoundException: Cluster not found." {
		t.Errorf("got %q", got)
	}
}

func TestAccountSettings(t *testing.T) {
	r := newRig(t, emulator.Options{})
	ctx := t.Context()
	list := func(in *ecs.ListAccountSettingsInput) map[types.SettingName]string {
		all := map[types.SettingName]string{}
		for p := ecs.NewListAccountSettingsPaginator(r.ecs, in); p.HasMorePages(); {
			for _, s := range must(p.NextPage(ctx)).Settings {
				all[s.Name] = *s.Value
			}
		}
		return all
	}
	if all := list(&ecs.ListAccountSettingsInput{EffectiveSettings: true}); len(all) != 11 || all[types.SettingNameServiceLongArnFormat] != "enabled" || all[types.SettingNameAwsvpcTrunking] != "disabled" {
		t.Errorf("settings that nobody has set: %v", all)
	}
	must(r.ecs.PutAccountSettingDefault(ctx, &ecs.PutAccountSettingDefaultInput{Name: types.SettingNameContainerInsights, Value: aws.String("enabled")}))
	if all := list(&ecs.ListAccountSettingsInput{EffectiveSettings: true}); all[types.SettingNameContainerInsights] != "enabled" {
		t.Errorf("with the account's setting: %v", all)
	}
	must(r.ecs.PutAccountSetting(ctx, &ecs.PutAccountSettingInput{Name: types.SettingNameContainerInsights, Value: aws.String("enhanced")}))
	if all := list(&ecs.ListAccountSettingsInput{}); len(all) != 1 || all[types.SettingNameContainerInsights] != "enhanced" {
		t.Errorf("the caller's own: %v", all)
	}
	if left := must(r.ecs.DeleteAccountSetting(ctx, &ecs.DeleteAccountSettingInput{Name: types.SettingNameContainerInsights})).Setting; *left.Value != "enabled" {
		t.Errorf("after the caller's own is gone: %s", *left.Value)
	}
	_, err := r.ecs.PutAccountSetting(ctx, &ecs.PutAccountSettingInput{Name: types.SettingNameAwsvpcTrunking, Value: aws.String("maybe")})
	if got, want := code(err), "InvalidParameterException: Invalid value for the account setting awsvpcTrunking. It must be one of enabled, disabled, on, off."; got != want { // ours
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTaskDefinitionsAreDeleted(t *testing.T) {
	r := newRig(t, emulator.Options{})
	ctx := t.Context()
	must(r.ecs.RegisterTaskDefinition(ctx, definition("api")))
	must(r.ecs.RegisterTaskDefinition(ctx, definition("api")))
	must(r.ecs.DeregisterTaskDefinition(ctx, &ecs.DeregisterTaskDefinitionInput{TaskDefinition: aws.String("api:2")}))
	out := must(r.ecs.DeleteTaskDefinitions(ctx, &ecs.DeleteTaskDefinitionsInput{TaskDefinitions: []string{"api:1", "api:2", "api:9"}}))
	if len(out.TaskDefinitions) != 1 || out.TaskDefinitions[0].Status != types.TaskDefinitionStatusDeleteInProgress || len(out.Failures) != 2 ||
		*out.Failures[0].Reason != "The specified task definition is still in ACTIVE status. Please deregister the target and try again." {
		t.Errorf("deleted %+v, failures %+v", out.TaskDefinitions, out.Failures)
	}
	for status, want := range map[types.TaskDefinitionStatus]int{types.TaskDefinitionStatusActive: 1, types.TaskDefinitionStatusInactive: 0, types.TaskDefinitionStatusDeleteInProgress: 1} {
		if got := len(must(r.ecs.ListTaskDefinitions(ctx, &ecs.ListTaskDefinitionsInput{Status: status})).TaskDefinitionArns); got != want {
			t.Errorf("%d are %s, want %d", got, status, want)
		}
	}
	if next := must(r.ecs.RegisterTaskDefinition(ctx, definition("api"))).TaskDefinition; next.Revision != 3 {
		t.Errorf("the next revision is %d, want 3", next.Revision)
	}
	out = must(r.ecs.DeleteTaskDefinitions(ctx, &ecs.DeleteTaskDefinitionsInput{TaskDefinitions: []string{"api"}}))
	if len(out.Failures) != 1 || *out.Failures[0].Reason != "The specified task definition identifier is invalid. Specify a valid name or ARN and try again." {
		t.Errorf("a family is no revision: %+v", out.Failures)
	}
}

func TestServicesOfANamespace(t *testing.T) {
	r := newRig(t, emulator.Options{})
	r.scene(1, 100, 200)
	in := service("front", "", 0, 100, 200)
	in.ServiceConnectConfiguration = &types.ServiceConnectConfiguration{Enabled: true, Namespace: aws.String("space")}
	must(r.ecs.CreateService(t.Context(), in))
	for namespace, want := range map[string]int{"space": 1, "other": 0} {
		if got := must(r.ecs.ListServicesByNamespace(t.Context(), &ecs.ListServicesByNamespaceInput{Namespace: &namespace})).ServiceArns; len(got) != want {
			t.Errorf("of %s: %v, want %d", namespace, got, want)
		}
	}
}
