package emulator_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"handover/internal/emulator"
)

// TestAServicePutBackAsItIsDescribedIsLeftAlone: tools that keep a service as a file send all that DescribeServices has shown, also what was never declared, and expect no
// deployment of it. Source: ecspresso's svToUpdateServiceInput; amazon-ecs-deploy-task-definition sends an empty list of volumes with each update.
func TestAServicePutBackAsItIsDescribedIsLeftAlone(t *testing.T) {
	r := newRig(t, emulator.Options{})
	group := r.scene(1, 100, 200)
	bare := service("bare", "", 1, 100, 200)
	bare.DeploymentConfiguration, bare.NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp = nil, ""
	bare.NetworkConfiguration.AwsvpcConfiguration.SecurityGroups = nil
	must(r.ecs.CreateService(t.Context(), bare))
	full := service("full", group, 1, 50, 150)
	full.PlatformVersion, full.PropagateTags, full.EnableECSManagedTags = aws.String("1.4.0"), types.PropagateTagsService, true
	must(r.ecs.CreateService(t.Context(), full))
	for _, name := range []string{"api", "bare", "full"} {
		is := must(r.ecs.DescribeServices(t.Context(), &ecs.DescribeServicesInput{Cluster: aws.String("prod"), Services: []string{name}})).Services[0]
		in := &ecs.UpdateServiceInput{
			Cluster: aws.String("prod"), Service: &name, TaskDefinition: is.TaskDefinition, DesiredCount: &is.DesiredCount,
			CapacityProviderStrategy: listed(is.CapacityProviderStrategy), DeploymentConfiguration: is.DeploymentConfiguration, EnableECSManagedTags: &is.EnableECSManagedTags,
			EnableExecuteCommand: &is.EnableExecuteCommand, HealthCheckGracePeriodSeconds: is.HealthCheckGracePeriodSeconds, LoadBalancers: is.LoadBalancers,
			NetworkConfiguration: is.NetworkConfiguration, PlacementConstraints: is.PlacementConstraints, PlacementStrategy: is.PlacementStrategy, PlatformVersion: is.PlatformVersion,
			PropagateTags: is.PropagateTags, ServiceRegistries: is.ServiceRegistries, VolumeConfigurations: []types.ServiceVolumeConfiguration{},
			ServiceConnectConfiguration: &types.ServiceConnectConfiguration{Enabled: false},
		}
		in.NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp = types.AssignPublicIpDisabled
		in.NetworkConfiguration.AwsvpcConfiguration.SecurityGroups = listed(in.NetworkConfiguration.AwsvpcConfiguration.SecurityGroups)
		after := must(r.ecs.UpdateService(t.Context(), in)).Service
		if len(after.Deployments) != 1 || *after.Deployments[0].Id != *is.Deployments[0].Id {
			t.Errorf("%s has %d deployments after an update with what it is", name, len(after.Deployments))
		}
	}
}

// listed is a list that is sent even where it is empty.
func listed[T any](list []T) []T { return append([]T{}, list...) }
