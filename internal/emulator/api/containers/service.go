package containers

import (
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/ecs/document"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/smithy-go"

	"handover/internal/emulator/api"
	"handover/internal/emulator/wire"
)

// handlers are ECS's operations on the worlds of a server.
type handlers struct {
	worlds api.Worlds
	codec  *wire.Service // for the members of requests that are kept as they are

	networks sync.Map // of each Region, see declaredNetwork
}

// New makes the service.
func New(worlds api.Worlds) *api.Service {
	s := api.NewService("Amazon ECS", wire.Description{
		Name: "ecs", Version: "2014-11-13", Protocol: wire.AWSJSON11, LowerCamel: true,
		Target:       "AmazonEC2ContainerServiceV20141113",
		Status:       map[string]int{"AccessDeniedException": 403},
		ServerFault:  wire.ServerFault[smithy.ErrorFault],
		InternalCode: "ServerException",
	})
	unions(s)
	s.Wrong = wrongEnum
	h := &handlers{worlds: worlds, codec: s.Service}
	api.Offer(s, h.createCluster)
	api.Offer(s, h.describeClusters)
	api.Offer(s, h.listClusters)
	api.Offer(s, h.deleteCluster)
	api.Offer(s, h.registerTaskDefinition)
	api.Offer(s, h.describeTaskDefinition)
	api.Offer(s, h.listTaskDefinitions)
	api.Offer(s, h.listTaskDefinitionFamilies)
	api.Offer(s, h.deregisterTaskDefinition)
	api.Offer(s, h.createService)
	api.Offer(s, h.updateService)
	api.Offer(s, h.deleteService)
	api.Offer(s, h.describeServices)
	api.Offer(s, h.listServices)
	api.Offer(s, h.listServiceDeployments)
	api.Offer(s, h.describeServiceDeployments)
	api.Offer(s, h.describeServiceRevisions)
	api.Offer(s, h.stopServiceDeployment)
	api.Offer(s, h.listTasks)
	api.Offer(s, h.describeTasks)
	api.Offer(s, h.stopTask)
	api.Offer(s, h.updateTaskProtection)
	api.Offer(s, h.getTaskProtection)
	api.Offer(s, h.executeCommand)
	api.Offer(s, h.createTaskSet)
	api.Offer(s, h.updateTaskSet)
	api.Offer(s, h.deleteTaskSet)
	api.Offer(s, h.describeTaskSets)
	api.Offer(s, h.updateServicePrimaryTaskSet)
	api.Offer(s, h.listTagsForResource)
	api.Offer(s, h.tagResource)
	api.Offer(s, h.untagResource)
	hosted(s, h)
	stored(s, h)
	lack(s)
	return s
}

// hosted offers what concerns container instances and tasks that belong to no service.
func hosted(s *api.Service, h *handlers) {
	api.Offer(s, h.registerContainerInstance)
	api.Offer(s, h.deregisterContainerInstance)
	api.Offer(s, h.describeContainerInstances)
	api.Offer(s, h.listContainerInstances)
	api.Offer(s, h.updateContainerInstancesState)
	api.Offer(s, h.updateContainerAgent)
	api.Offer(s, h.submitTaskStateChange)
	api.Offer(s, h.submitContainerStateChange)
	api.Offer(s, h.submitAttachmentStateChanges)
	api.Offer(s, h.discoverPollEndpoint)
	api.Offer(s, h.runTask)
	api.Offer(s, h.startTask)
}

// stored offers what is kept as it was declared.
func stored(s *api.Service, h *handlers) {
	api.Offer(s, h.updateCluster)
	api.Offer(s, h.updateClusterSettings)
	api.Offer(s, h.putClusterCapacityProviders)
	api.Offer(s, h.createCapacityProvider)
	api.Offer(s, h.describeCapacityProviders)
	api.Offer(s, h.updateCapacityProvider)
	api.Offer(s, h.deleteCapacityProvider)
	api.Offer(s, h.putAccountSetting)
	api.Offer(s, h.putAccountSettingDefault)
	api.Offer(s, h.listAccountSettings)
	api.Offer(s, h.deleteAccountSetting)
	api.Offer(s, h.putAttributes)
	api.Offer(s, h.listAttributes)
	api.Offer(s, h.deleteAttributes)
	api.Offer(s, h.deleteTaskDefinitions)
	api.Offer(s, h.listServicesByNamespace)
}

// unions registers the types of ECS's API that the SDK writes as interfaces.
func unions(s *api.Service) {
	s.Union((*types.DescribeGatewayConfiguration)(nil), &types.DescribeGatewayConfigurationMemberHostSharedAlb{})
	s.Union((*types.GatewayConfiguration)(nil), &types.GatewayConfigurationMemberHostSharedAlb{})
	s.Union((*types.GatewayConnectionResources)(nil), &types.GatewayConnectionResourcesMemberHostSharedAlb{})
	s.Union((*types.GatewayElbAccessLogDestination)(nil), &types.GatewayElbAccessLogDestinationMemberS3{})
	s.Union((*types.GatewayInfrastructureResources)(nil), &types.GatewayInfrastructureResourcesMemberHostSharedAlb{})
	s.Union((*types.GatewayRouteResources)(nil), &types.GatewayRouteResourcesMemberHostSharedAlb{})
	s.Union((*types.ServiceConnectContainerConfiguration)(nil), &types.ServiceConnectContainerConfigurationMemberLogLevel{})
	s.Union((*types.SharingStrategy)(nil), &types.SharingStrategyMemberNvidiaMps{})
	s.Union((*types.UpdateGatewayConfiguration)(nil), &types.UpdateGatewayConfigurationMemberHostSharedAlb{})
	wire.Document(s.Service, document.NewLazyDocument)
}
