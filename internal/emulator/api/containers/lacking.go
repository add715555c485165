package containers

import (
	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"handover/internal/emulator/api"
)

// lack registers what AWS has and this package does not.
func lack(s *api.Service) {
	api.Lack[ecs.ContinueServiceDeploymentInput](s)
	lackNewer(s)
}

// lackNewer registers what AWS has added to ECS beside services: daemons, gateways and express services.
func lackNewer(s *api.Service) {
	api.Lack[ecs.AssociateGatewayWithClusterInput](s)
	api.Lack[ecs.CreateDaemonInput](s)
	api.Lack[ecs.CreateExpressGatewayServiceInput](s)
	api.Lack[ecs.CreateGatewayInput](s)
	api.Lack[ecs.DeleteDaemonInput](s)
	api.Lack[ecs.DeleteDaemonTaskDefinitionInput](s)
	api.Lack[ecs.DeleteExpressGatewayServiceInput](s)
	api.Lack[ecs.DeleteGatewayInput](s)
	api.Lack[ecs.DescribeDaemonInput](s)
	api.Lack[ecs.DescribeDaemonDeploymentsInput](s)
	api.Lack[ecs.DescribeDaemonRevisionsInput](s)
	api.Lack[ecs.DescribeDaemonTaskDefinitionInput](s)
	api.Lack[ecs.DescribeExpressGatewayServiceInput](s)
	api.Lack[ecs.DescribeGatewayInput](s)
	api.Lack[ecs.DescribeGatewayResourcesInput](s)
	api.Lack[ecs.DescribeGatewayRouteInput](s)
	api.Lack[ecs.DisassociateGatewayFromClusterInput](s)
	api.Lack[ecs.ListDaemonDeploymentsInput](s)
	api.Lack[ecs.ListDaemonTaskDefinitionsInput](s)
	api.Lack[ecs.ListDaemonsInput](s)
	api.Lack[ecs.ListGatewayClusterAssociationsInput](s)
	api.Lack[ecs.ListGatewayRoutesInput](s)
	api.Lack[ecs.ListGatewaysInput](s)
	api.Lack[ecs.RegisterDaemonTaskDefinitionInput](s)
	api.Lack[ecs.UpdateDaemonInput](s)
	api.Lack[ecs.UpdateExpressGatewayServiceInput](s)
	api.Lack[ecs.UpdateGatewayInput](s)
}
