package emulator_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"handover/internal/emulator"
)

// TestAServiceDeploymentTellsOfItsMonitors: the circuit breaker and the alarms are watched while it goes on and no longer afterwards; a monitor that is off says so, and what
// is set later changes nothing of what was.
func TestAServiceDeploymentTellsOfItsMonitors(t *testing.T) {
	ctx, r := t.Context(), newRig(t, emulator.Options{})
	must(r.ecs.CreateCluster(ctx, &ecs.CreateClusterInput{ClusterName: aws.String("prod")}))
	must(r.ecs.RegisterTaskDefinition(ctx, definition("api")))
	in := service("api", "", 10, 100, 200)
	in.DeploymentConfiguration.DeploymentCircuitBreaker = &types.DeploymentCircuitBreaker{Enable: true, Rollback: true}
	must(r.ecs.CreateService(ctx, in))
	latest := func() types.ServiceDeployment {
		listed := must(r.ecs.ListServiceDeployments(ctx, &ecs.ListServiceDeploymentsInput{Cluster: aws.String("prod"), Service: aws.String("api")})).ServiceDeployments
		return must(r.ecs.DescribeServiceDeployments(ctx, &ecs.DescribeServiceDeploymentsInput{ServiceDeploymentArns: []string{*listed[0].ServiceDeploymentArn}})).ServiceDeployments[0]
	}
	began := latest()
	if b := began.DeploymentCircuitBreaker; b.Status != types.ServiceDeploymentRollbackMonitorsStatusMonitoring || b.Threshold != 5 || b.FailureCount != 0 {
		t.Errorf("as it begins: %+v", b)
	}
	if began.Alarms.Status != types.ServiceDeploymentRollbackMonitorsStatusDisabled {
		t.Errorf("alarms: %+v", began.Alarms)
	}
	r.steady()
	must(r.ecs.UpdateService(ctx, &ecs.UpdateServiceInput{Cluster: aws.String("prod"), Service: aws.String("api"),
		DeploymentConfiguration: &types.DeploymentConfiguration{DeploymentCircuitBreaker: &types.DeploymentCircuitBreaker{}}}))
	ended := latest()
	if b := ended.DeploymentCircuitBreaker; b.Status != types.ServiceDeploymentRollbackMonitorsStatusMonitoringComplete || b.Threshold != 5 {
		t.Errorf("when it has ended: %+v", b)
	}
	if !ended.DeploymentConfiguration.DeploymentCircuitBreaker.Enable {
		t.Error("the configuration is not that of its time")
	}
}

// TestEarlySuccessCriteria are described as they were given, and refused where they say too little or fall below the minimum.
func TestEarlySuccessCriteria(t *testing.T) {
	ctx, r := t.Context(), newRig(t, emulator.Options{})
	r.scene(2, 50, 200)
	update := func(e types.DeploymentEarlySuccessCriteria) error {
		_, err := r.ecs.UpdateService(ctx, &ecs.UpdateServiceInput{Cluster: aws.String("prod"), Service: aws.String("api"), ForceNewDeployment: true,
			DeploymentConfiguration: &types.DeploymentConfiguration{EarlySuccessCriteria: &e}})
		return err
	}
	wantCode(t, update(types.DeploymentEarlySuccessCriteria{Enable: true}), "InvalidParameterException")
	wantCode(t, update(types.DeploymentEarlySuccessCriteria{Enable: true, HealthyPercent: aws.Int32(49), SourceServiceRevisionCleanup: types.ServiceRevisionCleanupBlocking}), "InvalidParameterException")
	if err := update(types.DeploymentEarlySuccessCriteria{Enable: true, HealthyPercent: aws.Int32(50), SourceServiceRevisionCleanup: types.ServiceRevisionCleanupDeferred}); err != nil {
		t.Fatal(err)
	}
	shown := must(r.ecs.DescribeServices(ctx, &ecs.DescribeServicesInput{Cluster: aws.String("prod"), Services: []string{"api"}})).Services[0].DeploymentConfiguration.EarlySuccessCriteria
	listed := must(r.ecs.ListServiceDeployments(ctx, &ecs.ListServiceDeploymentsInput{Cluster: aws.String("prod"), Service: aws.String("api")})).ServiceDeployments
	began := must(r.ecs.DescribeServiceDeployments(ctx, &ecs.DescribeServiceDeploymentsInput{ServiceDeploymentArns: []string{*listed[0].ServiceDeploymentArn}})).ServiceDeployments[0]
	for _, e := range []*types.DeploymentEarlySuccessCriteria{shown, began.DeploymentConfiguration.EarlySuccessCriteria} {
		if e == nil || !e.Enable || *e.HealthyPercent != 50 || e.SourceServiceRevisionCleanup != types.ServiceRevisionCleanupDeferred {
			t.Errorf("early success criteria are shown as %+v", e)
		}
	}
}

// TestADeletedClusterIsShownForAWhile: as INACTIVE, and in no list; a new one of its name is another.
func TestADeletedClusterIsShownForAWhile(t *testing.T) {
	ctx, r := t.Context(), newRig(t, emulator.Options{})
	name := aws.String("short-lived")
	must(r.ecs.CreateCluster(ctx, &ecs.CreateClusterInput{ClusterName: name, Settings: []types.ClusterSetting{{Name: types.ClusterSettingNameContainerInsights, Value: aws.String("enabled")}}}))
	must(r.ecs.DeleteCluster(ctx, &ecs.DeleteClusterInput{Cluster: name}))
	describe := func() *ecs.DescribeClustersOutput {
		return must(r.ecs.DescribeClusters(ctx, &ecs.DescribeClustersInput{Clusters: []string{*name}}))
	}
	if got := describe(); len(got.Clusters) != 1 || *got.Clusters[0].Status != "INACTIVE" {
		t.Errorf("%+v", got)
	}
	if got := must(r.ecs.ListClusters(ctx, &ecs.ListClustersInput{})).ClusterArns; len(got) > 0 {
		t.Error(got)
	}
	_, err := r.ecs.ListServices(ctx, &ecs.ListServicesInput{Cluster: name})
	wantCode(t, err, "ClusterNotFoundException")
	must(r.ecs.CreateCluster(ctx, &ecs.CreateClusterInput{ClusterName: name}))
	if got := describe(); *got.Clusters[0].Status != "ACTIVE" {
		t.Errorf("%+v", got)
	}
	must(r.ecs.DeleteCluster(ctx, &ecs.DeleteClusterInput{Cluster: name}))
	r.pass(2 * time.Hour)
	if got := describe(); len(got.Clusters) > 0 || *got.Failures[0].Reason != "MISSING" {
		t.Errorf("%+v", got)
	}
}

// TestLongARNsStayOn: since April 2021 nobody can have short ones again.
func TestLongARNsStayOn(t *testing.T) {
	ctx, r := t.Context(), newRig(t, emulator.Options{})
	for _, name := range []types.SettingName{types.SettingNameServiceLongArnFormat, types.SettingNameTaskLongArnFormat, types.SettingNameContainerInstanceLongArnFormat} {
		must(r.ecs.PutAccountSetting(ctx, &ecs.PutAccountSettingInput{Name: name, Value: aws.String("enabled")}))
		_, err := r.ecs.PutAccountSettingDefault(ctx, &ecs.PutAccountSettingDefaultInput{Name: name, Value: aws.String("disabled")})
		wantCode(t, err, "InvalidParameterException")
	}
}
