package balancing

import (
	"context"
	"strconv"

	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
)

func (h *handlers) registerTargets(ctx context.Context, in *elbv2.RegisterTargetsInput) (*elbv2.RegisterTargetsOutput, error) {
	if err := checkTargets(in.Targets); err != nil {
		return nil, err
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*elbv2.RegisterTargetsOutput, error) {
		found, err := group(v, in.TargetGroupArn)
		if err != nil {
			return nil, err
		}
		rendered, err := h.render(found, nil)
		if err != nil {
			return nil, err
		}
		for _, t := range in.Targets {
			// Source: API Reference, TargetDescription.Port: the target group's port unless set.
			port := int(or(t.Port, api.Value(rendered.Port)))
			if _, err := v.Act(cluster.RegisterTarget{Group: found.ARN, ID: *t.Id, Port: port}); err != nil {
				return nil, err
			}
		}
		return &elbv2.RegisterTargetsOutput{}, nil
	})
}

func (h *handlers) deregisterTargets(ctx context.Context, in *elbv2.DeregisterTargetsInput) (*elbv2.DeregisterTargetsOutput, error) {
	if err := checkTargets(in.Targets); err != nil {
		return nil, err
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*elbv2.DeregisterTargetsOutput, error) {
		found, err := group(v, in.TargetGroupArn)
		if err != nil {
			return nil, err
		}
		for _, t := range in.Targets {
			if _, err := v.Act(cluster.DeregisterTarget{Group: found.ARN, ID: *t.Id, Port: int(api.Value(t.Port))}); err != nil {
				return nil, err
			}
		}
		return &elbv2.DeregisterTargetsOutput{}, nil
	})
}

// checkTargets looks at all targets before the first is acted on, so that a request fails as a whole.
func checkTargets(targets []types.TargetDescription) error {
	if len(targets) == 0 {
		return invalid("At least one target must be specified")
	}
	for _, t := range targets {
		if api.Value(t.Id) == "" {
			return invalid("A target ID must be specified")
		}
		if t.Port != nil && (*t.Port < 1 || *t.Port > 65535) {
			return invalid("The port must be between 1 and 65535")
		}
	}
	return nil
}

func (h *handlers) describeTargetHealth(ctx context.Context, in *elbv2.DescribeTargetHealthInput) (*elbv2.DescribeTargetHealthOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*elbv2.DescribeTargetHealthOutput, error) {
		found, err := group(v, in.TargetGroupArn)
		if err != nil {
			return nil, err
		}
		shown, err := h.render(found, nil)
		if err != nil {
			return nil, err
		}
		out := &elbv2.DescribeTargetHealthOutput{TargetHealthDescriptions: []types.TargetHealthDescription{}}
		for _, t := range asked(v, shown, in.Targets) {
			out.TargetHealthDescriptions = append(out.TargetHealthDescriptions, describe(v, shown, t))
		}
		return out, nil
	})
}

// asked gives the targets that are asked for: all without a list, and for each of a list those of its id and, where it has one, its port. One that is not
// registered is given as unused, with the group's port where none was asked for.
func asked(v api.View, shown types.TargetGroup, list []types.TargetDescription) []cluster.Target {
	all := v.World.Targets(*shown.TargetGroupArn)
	if len(list) == 0 {
		return all
	}
	var out []cluster.Target
	for _, want := range list {
		found := false
		for _, t := range all {
			if t.ID == api.Value(want.Id) && (want.Port == nil || t.Port == int(*want.Port)) {
				out, found = append(out, t), true
			}
		}
		if !found {
			out = append(out, cluster.Target{ID: api.Value(want.Id), Port: int(or(want.Port, api.Value(shown.Port))), State: cluster.TargetUnused, Reason: "Target.NotRegistered"})
		}
	}
	return out
}

// describe renders a target of a group, which is checked at the group's port for that unless it is checked where it has its traffic.
func describe(v api.View, shown types.TargetGroup, t cluster.Target) types.TargetHealthDescription {
	reason, text := t.Reason, t.Description
	if reason == "" {
		reason = reasonOf(t.State)
	}
	if text == "" {
		text = words(reason)
	}
	port := int32(t.Port)
	out := types.TargetHealthDescription{
		HealthCheckPort: api.Some(strconv.Itoa(t.Port)),
		Target:          &types.TargetDescription{Id: &t.ID, Port: &port, AvailabilityZone: api.Some(zoneOf(v, shown, t))},
		TargetHealth:    &types.TargetHealth{State: types.TargetHealthStateEnum(t.State), Reason: types.TargetHealthReasonEnum(reason), Description: api.Some(text)},
	}
	if checked := api.Value(shown.HealthCheckPort); checked != "traffic-port" && checked != "" {
		out.HealthCheckPort = &checked
	}
	if t.Port == 0 { // a function
		out.HealthCheckPort, out.Target.Port = nil, nil
	}
	return out
}

// zoneOf is the zone of a target, which is found out for an address in a subnet of the group's network. Source: API Reference, TargetDescription.AvailabilityZone.
func zoneOf(v api.View, shown types.TargetGroup, t cluster.Target) string {
	if t.Zone != "" || shown.TargetType != types.TargetTypeEnumIp {
		return t.Zone
	}
	return v.ZoneOf(api.Value(shown.VpcId), t.ID)
}

// reasonOf is the usual reason of a state. Source: API Reference, TargetHealth.Reason.
func reasonOf(s cluster.TargetState) string {
	switch s {
	case cluster.TargetInitial:
		return "Elb.InitialHealthChecking"
	case cluster.TargetUnhealthy:
		return "Target.FailedHealthChecks"
	case cluster.TargetDraining:
		return "Target.DeregistrationInProgress"
	case cluster.TargetUnused:
		return "Target.NotRegistered"
	case cluster.TargetHealthy:
	}
	return ""
}

// words are what ELBv2 says for a reason; nothing for a healthy target.
func words(reason string) string {
	switch reason {
	case "Elb.RegistrationInProgress":
		return "Target registration is in progress"
	case "Elb.InitialHealthChecking":
		return "Initial health checks in progress"
	case "Target.FailedHealthChecks":
		return "Health checks failed"
	case "Target.ResponseCodeMismatch":
		return "Health checks failed with these codes: [500]"
	case "Target.Timeout":
		return "Request timed out"
	case "Target.DeregistrationInProgress":
		return "Target deregistration is in progress"
	case "Target.NotRegistered":
		return "Target is not registered to the target group"
	case "Target.NotInUse":
		return "Target group is not configured to receive traffic from the load balancer"
	}
	return ""
}
