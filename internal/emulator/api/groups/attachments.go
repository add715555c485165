package groups

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
)

// The target groups and the Classic Load Balancers of a group are kept; its instances are not registered there.
const (
	targetGroups      = "TargetGroupARNs"
	classicBalancers  = "LoadBalancerNames"
	attachmentsAtOnce = 10 // Source: API Reference, AttachLoadBalancerTargetGroups and AttachLoadBalancers
	added             = "Added"
)

func (h *handlers) attachLoadBalancerTargetGroups(ctx context.Context, in *autoscaling.AttachLoadBalancerTargetGroupsInput) (*autoscaling.AttachLoadBalancerTargetGroupsOutput, error) {
	return &autoscaling.AttachLoadBalancerTargetGroupsOutput{}, h.attach(ctx, in.AutoScalingGroupName, targetGroups, in.TargetGroupARNs, with)
}

func (h *handlers) detachLoadBalancerTargetGroups(ctx context.Context, in *autoscaling.DetachLoadBalancerTargetGroupsInput) (*autoscaling.DetachLoadBalancerTargetGroupsOutput, error) {
	return &autoscaling.DetachLoadBalancerTargetGroupsOutput{}, h.attach(ctx, in.AutoScalingGroupName, targetGroups, in.TargetGroupARNs, except)
}

func (h *handlers) attachLoadBalancers(ctx context.Context, in *autoscaling.AttachLoadBalancersInput) (*autoscaling.AttachLoadBalancersOutput, error) {
	return &autoscaling.AttachLoadBalancersOutput{}, h.attach(ctx, in.AutoScalingGroupName, classicBalancers, in.LoadBalancerNames, with)
}

func (h *handlers) detachLoadBalancers(ctx context.Context, in *autoscaling.DetachLoadBalancersInput) (*autoscaling.DetachLoadBalancersOutput, error) {
	return &autoscaling.DetachLoadBalancersOutput{}, h.attach(ctx, in.AutoScalingGroupName, classicBalancers, in.LoadBalancerNames, except)
}

func with(there, given []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(append(slices.Clone(there), given...))))
}

func except(there, given []string) []string {
	return slices.DeleteFunc(slices.Clone(there), func(one string) bool { return slices.Contains(given, one) })
}

// attach changes a list of what belongs to a group.
func (h *handlers) attach(ctx context.Context, group *string, member string, given []string, change func(there, given []string) []string) error {
	if len(given) == 0 || len(given) > attachmentsAtOnce {
		return invalid("Between 1 and %d of %s must be specified.", attachmentsAtOnce, member)
	}
	return h.worlds.Use(ctx, func(v api.View) error {
		g, err := find(v, group)
		if err != nil {
			return err
		}
		there, err := attached(g, member)
		if err != nil {
			return err
		}
		changed, err := json.Marshal(map[string][]string{member: change(there, given)})
		if err != nil {
			return fmt.Errorf("keeping the %s of a group: %w", member, err)
		}
		members, err := over(g.Members, changed)
		if err != nil {
			return err
		}
		_, err = v.Act(cluster.UpdateGroup{Name: g.Name, Members: members})
		return err
	})
}

// attached is a list among a group's members.
func attached(g cluster.Group, member string) (there []string, err error) {
	var all map[string]json.RawMessage
	if len(g.Members) == 0 { // a group of a scene
		return nil, nil
	}
	if err := json.Unmarshal(g.Members, &all); err != nil {
		return nil, fmt.Errorf("reading the members of a group: %w", err)
	}
	if text, ok := all[member]; ok {
		err = json.Unmarshal(text, &there)
	}
	return there, err
}

// attachments gives a page of what belongs to a group.
func attachments(v api.View, group *string, member string, token *string, size *int32) (cut []string, next *string, err error) {
	g, err := find(v, group)
	if err != nil {
		return nil, nil, err
	}
	there, err := attached(g, member)
	if err != nil {
		return nil, nil, err
	}
	return page(there, func(one string) string { return one }, token, size)
}

// describeLoadBalancerTargetGroups. All are Added: nothing is under way. Source: API Reference, LoadBalancerTargetGroupState.
func (h *handlers) describeLoadBalancerTargetGroups(ctx context.Context, in *autoscaling.DescribeLoadBalancerTargetGroupsInput) (*autoscaling.DescribeLoadBalancerTargetGroupsOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*autoscaling.DescribeLoadBalancerTargetGroupsOutput, error) {
		cut, next, err := attachments(v, in.AutoScalingGroupName, targetGroups, in.NextToken, in.MaxRecords)
		out := &autoscaling.DescribeLoadBalancerTargetGroupsOutput{LoadBalancerTargetGroups: []types.LoadBalancerTargetGroupState{}, NextToken: next}
		for _, arn := range cut {
			out.LoadBalancerTargetGroups = append(out.LoadBalancerTargetGroups, types.LoadBalancerTargetGroupState{LoadBalancerTargetGroupARN: &arn, State: api.Some(added)})
		}
		return out, err
	})
}

// describeLoadBalancers tells of the Classic Load Balancers of a group.
func (h *handlers) describeLoadBalancers(ctx context.Context, in *autoscaling.DescribeLoadBalancersInput) (*autoscaling.DescribeLoadBalancersOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*autoscaling.DescribeLoadBalancersOutput, error) {
		cut, next, err := attachments(v, in.AutoScalingGroupName, classicBalancers, in.NextToken, in.MaxRecords)
		out := &autoscaling.DescribeLoadBalancersOutput{LoadBalancers: []types.LoadBalancerState{}, NextToken: next}
		for _, name := range cut {
			out.LoadBalancers = append(out.LoadBalancers, types.LoadBalancerState{LoadBalancerName: &name, State: api.Some(added)})
		}
		return out, err
	})
}
