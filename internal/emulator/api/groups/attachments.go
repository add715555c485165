package groups

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
)

// The instances of a group are registered with its target groups. Its Classic Load Balancers are kept; nobody is registered there.
const (
	targetGroups      = "TargetGroupARNs"
	classicBalancers  = "LoadBalancerNames"
	attachmentsAtOnce = 10 // Source: API Reference, AttachLoadBalancerTargetGroups, AttachLoadBalancers and AttachTrafficSources
)

// The types of traffic sources that there are here; vpc-lattice is the third. Source: API Reference, TrafficSourceIdentifier.
const (
	classicType = "elb"
	targetsType = "elbv2"
)

func (h *handlers) attachLoadBalancerTargetGroups(ctx context.Context, in *autoscaling.AttachLoadBalancerTargetGroupsInput) (*autoscaling.AttachLoadBalancerTargetGroupsOutput, error) {
	return &autoscaling.AttachLoadBalancerTargetGroupsOutput{}, h.attach(ctx, in.AutoScalingGroupName, sources(targetsType, in.TargetGroupARNs), with)
}

func (h *handlers) detachLoadBalancerTargetGroups(ctx context.Context, in *autoscaling.DetachLoadBalancerTargetGroupsInput) (*autoscaling.DetachLoadBalancerTargetGroupsOutput, error) {
	return &autoscaling.DetachLoadBalancerTargetGroupsOutput{}, h.attach(ctx, in.AutoScalingGroupName, sources(targetsType, in.TargetGroupARNs), except)
}

func (h *handlers) attachLoadBalancers(ctx context.Context, in *autoscaling.AttachLoadBalancersInput) (*autoscaling.AttachLoadBalancersOutput, error) {
	return &autoscaling.AttachLoadBalancersOutput{}, h.attach(ctx, in.AutoScalingGroupName, sources(classicType, in.LoadBalancerNames), with)
}

func (h *handlers) detachLoadBalancers(ctx context.Context, in *autoscaling.DetachLoadBalancersInput) (*autoscaling.DetachLoadBalancersOutput, error) {
	return &autoscaling.DetachLoadBalancersOutput{}, h.attach(ctx, in.AutoScalingGroupName, sources(classicType, in.LoadBalancerNames), except)
}

func (h *handlers) attachTrafficSources(ctx context.Context, in *autoscaling.AttachTrafficSourcesInput) (*autoscaling.AttachTrafficSourcesOutput, error) {
	return &autoscaling.AttachTrafficSourcesOutput{}, h.attach(ctx, in.AutoScalingGroupName, in.TrafficSources, with)
}

func (h *handlers) detachTrafficSources(ctx context.Context, in *autoscaling.DetachTrafficSourcesInput) (*autoscaling.DetachTrafficSourcesOutput, error) {
	return &autoscaling.DetachTrafficSourcesOutput{}, h.attach(ctx, in.AutoScalingGroupName, in.TrafficSources, except)
}

func sources(kind string, identifiers []string) []types.TrafficSourceIdentifier {
	var all []types.TrafficSourceIdentifier
	for _, one := range identifiers {
		all = append(all, types.TrafficSourceIdentifier{Identifier: &one, Type: &kind})
	}
	return all
}

// identifiers are those of one type. A type that is left out is told by the identifier. Source: API Reference, TrafficSourceIdentifier.Type.
func identifiers(all []types.TrafficSourceIdentifier, kind string) []string {
	var its []string
	for _, s := range all {
		is := api.Value(s.Type)
		if is == "" && strings.Contains(api.Value(s.Identifier), ":targetgroup/") {
			is = targetsType
		}
		if is == kind {
			its = append(its, api.Value(s.Identifier))
		}
	}
	return its
}

func with(there, given []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(append(slices.Clone(there), given...))))
}

func except(there, given []string) []string {
	return slices.DeleteFunc(slices.Clone(there), func(one string) bool { return slices.Contains(given, one) })
}

// attach changes what traffic a group has.
func (h *handlers) attach(ctx context.Context, group *string, given []types.TrafficSourceIdentifier, change func(there, given []string) []string) error {
	if len(given) == 0 || len(given) > attachmentsAtOnce {
		return invalid("Between 1 and %d traffic sources must be specified.", attachmentsAtOnce)
	}
	balanced, classic := identifiers(given, targetsType), identifiers(given, classicType)
	if len(balanced)+len(classic) < len(given) {
		return invalid("The emulator offers traffic sources of the types elb and elbv2.")
	}
	return h.worlds.Use(ctx, func(v api.View) error {
		g, err := find(v, group)
		if err != nil {
			return err
		}
		there, err := classicOf(g)
		if err != nil {
			return err
		}
		changed, err := json.Marshal(map[string][]string{classicBalancers: change(there, classic)})
		if err != nil {
			return fmt.Errorf("keeping the load balancers of a group: %w", err)
		}
		members, err := over(g.Members, changed)
		if err != nil {
			return err
		}
		targets := change(g.Targets, balanced)
		_, err = v.Act(cluster.UpdateGroup{Name: g.Name, Members: members, Targets: &targets})
		return err
	})
}

// classicOf are the Classic Load Balancers of a group.
func classicOf(g cluster.Group) (names []string, err error) {
	var kept struct{ LoadBalancerNames []string }
	if len(g.Members) == 0 { // a group of a scene
		return nil, nil
	}
	if err := json.Unmarshal(g.Members, &kept); err != nil {
		return nil, fmt.Errorf("reading the members of a group: %w", err)
	}
	return kept.LoadBalancerNames, nil
}

// stateOf is how far the instances of a group are in a target group. Source: API Reference, LoadBalancerTargetGroupState.
func stateOf(v api.View, g cluster.Group, targetGroup string) string {
	serving := func(t cluster.Target) bool {
		return t.State == cluster.TargetHealthy && slices.ContainsFunc(g.Instances, func(i cluster.GroupInstance) bool { return i.ID == t.ID })
	}
	if g.Balanced && slices.ContainsFunc(v.World.Targets(targetGroup), serving) {
		return "InService"
	}
	return "Added"
}

// traffic gives a page of the traffic sources of a group with their states. Nobody is registered with Classic Load Balancers, so that these are Added.
func traffic(v api.View, group *string, kinds []string, token *string, size *int32) (cut []types.TrafficSourceState, next *string, err error) {
	g, err := find(v, group)
	if err != nil {
		return nil, nil, err
	}
	classic, err := classicOf(g)
	if err != nil {
		return nil, nil, err
	}
	var all []types.TrafficSourceState
	for _, arn := range g.Targets {
		all = append(all, types.TrafficSourceState{Identifier: &arn, Type: api.Some(targetsType), State: api.Some(stateOf(v, g, arn))})
	}
	for _, name := range classic {
		all = append(all, types.TrafficSourceState{Identifier: &name, Type: api.Some(classicType), State: api.Some("Added")})
	}
	all = slices.DeleteFunc(all, func(s types.TrafficSourceState) bool { return !slices.Contains(kinds, *s.Type) })
	return page(all, func(s types.TrafficSourceState) string { return *s.Type + " " + *s.Identifier }, token, size)
}

func (h *handlers) describeTrafficSources(ctx context.Context, in *autoscaling.DescribeTrafficSourcesInput) (*autoscaling.DescribeTrafficSourcesOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*autoscaling.DescribeTrafficSourcesOutput, error) {
		kinds := []string{classicType, targetsType}
		if in.TrafficSourceType != nil {
			kinds = []string{*in.TrafficSourceType}
		}
		cut, next, err := traffic(v, in.AutoScalingGroupName, kinds, in.NextToken, in.MaxRecords)
		return &autoscaling.DescribeTrafficSourcesOutput{TrafficSources: append([]types.TrafficSourceState{}, cut...), NextToken: next}, err
	})
}

func (h *handlers) describeLoadBalancerTargetGroups(ctx context.Context, in *autoscaling.DescribeLoadBalancerTargetGroupsInput) (*autoscaling.DescribeLoadBalancerTargetGroupsOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*autoscaling.DescribeLoadBalancerTargetGroupsOutput, error) {
		cut, next, err := traffic(v, in.AutoScalingGroupName, []string{targetsType}, in.NextToken, in.MaxRecords)
		out := &autoscaling.DescribeLoadBalancerTargetGroupsOutput{LoadBalancerTargetGroups: []types.LoadBalancerTargetGroupState{}, NextToken: next}
		for _, s := range cut {
			out.LoadBalancerTargetGroups = append(out.LoadBalancerTargetGroups, types.LoadBalancerTargetGroupState{LoadBalancerTargetGroupARN: s.Identifier, State: s.State})
		}
		return out, err
	})
}

func (h *handlers) describeLoadBalancers(ctx context.Context, in *autoscaling.DescribeLoadBalancersInput) (*autoscaling.DescribeLoadBalancersOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*autoscaling.DescribeLoadBalancersOutput, error) {
		cut, next, err := traffic(v, in.AutoScalingGroupName, []string{classicType}, in.NextToken, in.MaxRecords)
		out := &autoscaling.DescribeLoadBalancersOutput{LoadBalancers: []types.LoadBalancerState{}, NextToken: next}
		for _, s := range cut {
			out.LoadBalancers = append(out.LoadBalancers, types.LoadBalancerState{LoadBalancerName: s.Identifier, State: s.State})
		}
		return out, err
	})
}
