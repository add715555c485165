package containers

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"handover/internal/emulator/api"
)

// What agents send to ECS. The emulator's container instances have no agents: the model itself says what becomes of their tasks. So each report is taken and has no
// effect, and the endpoints are of a domain that never exists, lest an agent calls AWS.

func acknowledged() *string { return api.Some("ACK") }

func (h *handlers) submitTaskStateChange(ctx context.Context, in *ecs.SubmitTaskStateChangeInput) (*ecs.SubmitTaskStateChangeOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*ecs.SubmitTaskStateChangeOutput, error) {
		_, err := existingCluster(v, in.Cluster)
		return &ecs.SubmitTaskStateChangeOutput{Acknowledgment: acknowledged()}, err
	})
}

func (h *handlers) submitContainerStateChange(ctx context.Context, in *ecs.SubmitContainerStateChangeInput) (*ecs.SubmitContainerStateChangeOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*ecs.SubmitContainerStateChangeOutput, error) {
		_, err := existingCluster(v, in.Cluster)
		return &ecs.SubmitContainerStateChangeOutput{Acknowledgment: acknowledged()}, err
	})
}

func (h *handlers) submitAttachmentStateChanges(ctx context.Context, in *ecs.SubmitAttachmentStateChangesInput) (*ecs.SubmitAttachmentStateChangesOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*ecs.SubmitAttachmentStateChangesOutput, error) {
		_, err := existingCluster(v, in.Cluster)
		return &ecs.SubmitAttachmentStateChangesOutput{Acknowledgment: acknowledged()}, err
	})
}

func (h *handlers) discoverPollEndpoint(ctx context.Context, _ *ecs.DiscoverPollEndpointInput) (*ecs.DiscoverPollEndpointOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*ecs.DiscoverPollEndpointOutput, error) {
		at := func(name string) *string {
			return api.Some("https://" + name + "." + v.Place.Region + ".emulated.invalid/")
		}
		return &ecs.DiscoverPollEndpointOutput{Endpoint: at("ecs-a-1"), TelemetryEndpoint: at("ecs-t-1"), ServiceConnectEndpoint: at("ecs-sc")}, nil
	})
}
