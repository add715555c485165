package routing

import (
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"

	"handover/internal/emulator/api"
)

// lack registers what AWS has and this package does not.
func lack(s *api.Service) {
	api.Lack[eventbridge.ActivateEventSourceInput](s)
	api.Lack[eventbridge.CancelReplayInput](s)
	api.Lack[eventbridge.CreateApiDestinationInput](s)
	api.Lack[eventbridge.CreateArchiveInput](s)
	api.Lack[eventbridge.CreateConnectionInput](s)
	api.Lack[eventbridge.CreateEndpointInput](s)
	api.Lack[eventbridge.CreateEventBusInput](s)
	api.Lack[eventbridge.CreatePartnerEventSourceInput](s)
	api.Lack[eventbridge.DeactivateEventSourceInput](s)
	api.Lack[eventbridge.DeauthorizeConnectionInput](s)
	api.Lack[eventbridge.DeleteApiDestinationInput](s)
	api.Lack[eventbridge.DeleteArchiveInput](s)
	api.Lack[eventbridge.DeleteConnectionInput](s)
	api.Lack[eventbridge.DeleteEndpointInput](s)
	api.Lack[eventbridge.DeleteEventBusInput](s)
	api.Lack[eventbridge.DeletePartnerEventSourceInput](s)
	api.Lack[eventbridge.DescribeApiDestinationInput](s)
	api.Lack[eventbridge.DescribeArchiveInput](s)
	api.Lack[eventbridge.DescribeConnectionInput](s)
	api.Lack[eventbridge.DescribeEndpointInput](s)
	api.Lack[eventbridge.DescribeEventSourceInput](s)
	api.Lack[eventbridge.DescribePartnerEventSourceInput](s)
	api.Lack[eventbridge.DescribeReplayInput](s)
	api.Lack[eventbridge.ListApiDestinationsInput](s)
	api.Lack[eventbridge.ListArchivesInput](s)
	api.Lack[eventbridge.ListConnectionsInput](s)
	api.Lack[eventbridge.ListEndpointsInput](s)
	api.Lack[eventbridge.ListEventSourcesInput](s)
	api.Lack[eventbridge.ListPartnerEventSourceAccountsInput](s)
	api.Lack[eventbridge.ListPartnerEventSourcesInput](s)
	api.Lack[eventbridge.ListReplaysInput](s)
	api.Lack[eventbridge.PutPartnerEventsInput](s)
	api.Lack[eventbridge.PutPermissionInput](s)
	api.Lack[eventbridge.RemovePermissionInput](s)
	api.Lack[eventbridge.StartReplayInput](s)
	api.Lack[eventbridge.UpdateApiDestinationInput](s)
	api.Lack[eventbridge.UpdateArchiveInput](s)
	api.Lack[eventbridge.UpdateConnectionInput](s)
	api.Lack[eventbridge.UpdateEndpointInput](s)
	api.Lack[eventbridge.UpdateEventBusInput](s)
}
