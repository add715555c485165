package groups

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
	"handover/internal/world"
)

// policyType is under what the scaling policies of groups are kept. They act when they are executed; no alarm does that here.
const policyType = "group-scaling-policy"

// The types of policies. Source: API Reference, PutScalingPolicy.PolicyType.
const (
	simple = "SimpleScaling"
	steps  = "StepScaling"
)

func (h *handlers) putScalingPolicy(ctx context.Context, in *autoscaling.PutScalingPolicyInput) (*autoscaling.PutScalingPolicyOutput, error) {
	if api.Value(in.PolicyName) == "" {
		return nil, null("policyName")
	}
	p := policyFrom(in)
	if err := checkPolicy(p); err != nil {
		return nil, err
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*autoscaling.PutScalingPolicyOutput, error) {
		g, err := find(v, in.AutoScalingGroupName)
		if err != nil {
			return nil, err
		}
		arn := within(v, g, "scalingPolicy", "policyName", *in.PolicyName)
		p.AutoScalingGroupName, p.PolicyARN = &g.Name, &arn
		if err := h.keep(v, cluster.Declare{ARN: arn, Type: policyType, Name: *p.PolicyName, Parent: g.ARN}, &p); err != nil {
			return nil, err
		}
		return &autoscaling.PutScalingPolicyOutput{PolicyARN: &arn, Alarms: []types.Alarm{}}, nil
	})
}

// within is the ARN of an object of a group. Source: API Reference, the samples of PutScalingPolicy and PutScheduledUpdateGroupAction.
func within(v api.View, g cluster.Group, kind, member, name string) string {
	place := "autoScalingGroupName/" + g.Name + ":" + member + "/" + name
	return v.ARN("autoscaling", kind+":"+api.DerivedUUID(place)+":"+place)
}

// policyFrom gives a policy with what AWS fills in. Source: API Reference, PutScalingPolicy.
func policyFrom(in *autoscaling.PutScalingPolicyInput) types.ScalingPolicy {
	p := types.ScalingPolicy{
		PolicyName: in.PolicyName, PolicyType: in.PolicyType, AdjustmentType: in.AdjustmentType, ScalingAdjustment: in.ScalingAdjustment, Cooldown: in.Cooldown, Enabled: in.Enabled,
		EstimatedInstanceWarmup: in.EstimatedInstanceWarmup, MetricAggregationType: in.MetricAggregationType, MinAdjustmentMagnitude: in.MinAdjustmentMagnitude,
		MinAdjustmentStep: in.MinAdjustmentStep, StepAdjustments: in.StepAdjustments, TargetTrackingConfiguration: in.TargetTrackingConfiguration,
		PredictiveScalingConfiguration: in.PredictiveScalingConfiguration, Alarms: []types.Alarm{},
	}
	if p.PolicyType == nil {
		p.PolicyType = api.Some(simple)
	}
	if p.Enabled == nil {
		on := true
		p.Enabled = &on
	}
	if *p.PolicyType == simple && p.Cooldown == nil {
		p.Cooldown = number(300)
	}
	if *p.PolicyType == steps && p.MetricAggregationType == nil {
		p.MetricAggregationType = api.Some("Average")
	}
	return p
}

// checkPolicy refuses a policy without what its type needs. The words are ours.
func checkPolicy(p types.ScalingPolicy) error {
	switch *p.PolicyType {
	case simple, steps:
		if !slices.Contains(adjustments(), api.Value(p.AdjustmentType)) {
			return invalid("1 validation error detected: Value '%s' at 'adjustmentType' failed to satisfy constraint: Member must be one of %v", api.Value(p.AdjustmentType), adjustments())
		}
	}
	switch {
	case *p.PolicyType == simple && p.ScalingAdjustment == nil:
		return invalid("ScalingAdjustment must be specified for the policy type SimpleScaling.")
	case *p.PolicyType == steps && len(p.StepAdjustments) == 0:
		return invalid("At least one StepAdjustment must be specified for the policy type StepScaling.")
	case *p.PolicyType == "TargetTrackingScaling" && p.TargetTrackingConfiguration == nil:
		return invalid("TargetTrackingConfiguration must be specified for the policy type TargetTrackingScaling.")
	case *p.PolicyType == "PredictiveScaling" && p.PredictiveScalingConfiguration == nil:
		return invalid("PredictiveScalingConfiguration must be specified for the policy type PredictiveScaling.")
	case !slices.Contains([]string{simple, steps, "TargetTrackingScaling", "PredictiveScaling"}, *p.PolicyType):
		return invalid("The policy type %s is not valid.", *p.PolicyType)
	}
	return nil
}

// read gives the objects of a type, of one group or, where none is named, of all.
func read[T any](h *handlers, v api.View, kind string, group *string) ([]T, error) {
	objects := v.World.Declared(kind)
	if group != nil {
		g, err := find(v, group)
		if err != nil {
			return nil, err
		}
		objects = v.World.DeclaredBeneath(g.ARN, kind)
	}
	all := make([]T, len(objects))
	for i, o := range objects {
		if err := h.codec.Decode(o.Members, &all[i]); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (h *handlers) describePolicies(ctx context.Context, in *autoscaling.DescribePoliciesInput) (*autoscaling.DescribePoliciesOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*autoscaling.DescribePoliciesOutput, error) {
		all, err := read[types.ScalingPolicy](h, v, policyType, in.AutoScalingGroupName)
		if err != nil {
			return nil, err
		}
		all = slices.DeleteFunc(all, func(p types.ScalingPolicy) bool {
			named := len(in.PolicyNames) == 0 || slices.Contains(in.PolicyNames, *p.PolicyName) || slices.Contains(in.PolicyNames, *p.PolicyARN)
			return !named || len(in.PolicyTypes) > 0 && !slices.Contains(in.PolicyTypes, *p.PolicyType)
		})
		cut, next, err := page(all, func(p types.ScalingPolicy) string { return *p.AutoScalingGroupName + " " + *p.PolicyName }, in.NextToken, in.MaxRecords)
		return &autoscaling.DescribePoliciesOutput{ScalingPolicies: cut, NextToken: next}, err
	})
}

// policyAt finds a policy by its ARN, or by its name, of one group where one is named. The words are those of public reports.
func policyAt(v api.View, group, name *string) (world.Object, error) {
	if api.Value(name) == "" {
		return world.Object{}, null("policyName")
	}
	parent := ""
	if group != nil {
		g, err := find(v, group)
		if err != nil {
			return world.Object{}, err
		}
		parent = g.ARN
	}
	for _, o := range v.World.Declared(policyType) {
		if o.ARN == *name || o.Name == *name && (parent == "" || o.Parent == parent) {
			return o, nil
		}
	}
	return world.Object{}, invalid("PolicyName not found")
}

func (h *handlers) deletePolicy(ctx context.Context, in *autoscaling.DeletePolicyInput) (*autoscaling.DeletePolicyOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*autoscaling.DeletePolicyOutput, error) {
		o, err := policyAt(v, in.AutoScalingGroupName, in.PolicyName)
		if err != nil {
			return nil, err
		}
		_, err = v.Act(cluster.Retract{ARN: o.ARN})
		return &autoscaling.DeletePolicyOutput{}, err
	})
}

// executePolicy. A policy of steps needs to know how far its metric is. Source: API Reference, ExecutePolicy.
func (h *handlers) executePolicy(ctx context.Context, in *autoscaling.ExecutePolicyInput) (*autoscaling.ExecutePolicyOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*autoscaling.ExecutePolicyOutput, error) {
		o, err := policyAt(v, in.AutoScalingGroupName, in.PolicyName)
		if err != nil {
			return nil, err
		}
		var p types.ScalingPolicy
		if err := h.codec.Decode(o.Members, &p); err != nil {
			return nil, err
		}
		a := cluster.ExecuteGroupPolicy{Name: *p.AutoScalingGroupName, Step: cluster.StepScaleBy{Adjust: cluster.Adjustment(api.Value(p.AdjustmentType)), Magnitude: int(api.Value(p.MinAdjustmentMagnitude))}}
		switch {
		case *p.PolicyType == simple:
			a.Step.Steps = []cluster.Step{{By: int(*p.ScalingAdjustment)}}
		case *p.PolicyType != steps:
			return nil, invalid("A policy of the type %s cannot be executed.", *p.PolicyType)
		case in.MetricValue == nil || in.BreachThreshold == nil:
			return nil, invalid("MetricValue and BreachThreshold are required for the policy type StepScaling.")
		default:
			a.Breach = *in.MetricValue - *in.BreachThreshold
			for _, s := range p.StepAdjustments {
				a.Step.Steps = append(a.Step.Steps, cluster.Step{From: s.MetricIntervalLowerBound, To: s.MetricIntervalUpperBound, By: int(api.Value(s.ScalingAdjustment))})
			}
		}
		_, err = v.Act(a)
		return &autoscaling.ExecutePolicyOutput{}, err
	})
}
