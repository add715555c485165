package balancing

import (
	"context"
	"time"

	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"handover/internal/emulator/api"
)

// decreases is how often a day a reservation can be made smaller. Source: Elastic Load Balancing user guides, capacity unit reservation; nobody counts here.
const decreases = 2

// reserved is the reservation of a load balancer in each of its zones. What is reserved is there at once.
func reserved(b types.LoadBalancer, kept beside) (minimum *types.MinimumLoadBalancerCapacity, zones []types.ZonalCapacityReservationState) {
	zones = []types.ZonalCapacityReservationState{}
	if kept.Capacity == nil {
		return nil, zones
	}
	each := float64(*kept.Capacity) / float64(max(1, len(b.AvailabilityZones)))
	for _, z := range b.AvailabilityZones {
		zones = append(zones, types.ZonalCapacityReservationState{
			AvailabilityZone: z.ZoneName, EffectiveCapacityUnits: &each, State: &types.CapacityReservationStatus{Code: types.CapacityReservationStateEnumProvisioned},
		})
	}
	return &types.MinimumLoadBalancerCapacity{CapacityUnits: kept.Capacity}, zones
}

func (h *handlers) describeCapacityReservation(ctx context.Context, in *elbv2.DescribeCapacityReservationInput) (*elbv2.DescribeCapacityReservationOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*elbv2.DescribeCapacityReservationOutput, error) {
		o, err := balancerKind.find(v, in.LoadBalancerArn)
		if err != nil {
			return nil, err
		}
		b, kept, err := read[types.LoadBalancer](h, o)
		minimum, zones := reserved(b, kept)
		return &elbv2.DescribeCapacityReservationOutput{
			DecreaseRequestsRemaining: api.Some(int32(decreases)), LastModifiedTime: lastReserved(b, kept), MinimumLoadBalancerCapacity: minimum, CapacityReservationState: zones,
		}, err
	})
}

// lastReserved is when a reservation was last changed; at first, when its load balancer was made.
func lastReserved(b types.LoadBalancer, kept beside) *time.Time {
	if kept.ReservedAt != nil {
		return kept.ReservedAt
	}
	return b.CreatedTime
}

func (h *handlers) modifyCapacityReservation(ctx context.Context, in *elbv2.ModifyCapacityReservationInput) (*elbv2.ModifyCapacityReservationOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*elbv2.ModifyCapacityReservationOutput, error) {
		o, err := balancerKind.find(v, in.LoadBalancerArn)
		if err != nil {
			return nil, err
		}
		b, kept, err := read[types.LoadBalancer](h, o)
		if err != nil {
			return nil, err
		}
		switch {
		case api.Value(in.ResetCapacityReservation):
			kept.Capacity = nil
		case in.MinimumLoadBalancerCapacity == nil || in.MinimumLoadBalancerCapacity.CapacityUnits == nil:
			return nil, invalid("Either a minimum capacity or a reset must be specified")
		default:
			kept.Capacity = in.MinimumLoadBalancerCapacity.CapacityUnits
		}
		kept.ReservedAt = &v.Now
		if _, err := h.write(v, o, b, kept); err != nil {
			return nil, err
		}
		minimum, zones := reserved(b, kept)
		return &elbv2.ModifyCapacityReservationOutput{
			DecreaseRequestsRemaining: api.Some(int32(decreases)), LastModifiedTime: kept.ReservedAt, MinimumLoadBalancerCapacity: minimum, CapacityReservationState: zones,
		}, nil
	})
}
