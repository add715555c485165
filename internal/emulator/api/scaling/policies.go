package scaling

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
	"handover/internal/emulator/wire"
	"handover/internal/world"
)

func (h *handlers) putScalingPolicy(ctx context.Context, in *applicationautoscaling.PutScalingPolicyInput) (*applicationautoscaling.PutScalingPolicyOutput, error) {
	key, err := addressed(in.ServiceNamespace, in.ResourceId, in.ScalableDimension)
	if err != nil {
		return nil, err
	}
	if api.Value(in.PolicyName) == "" {
		return nil, null("policyName")
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*applicationautoscaling.PutScalingPolicyOutput, error) {
		t, ok := v.World.ScalableTarget(key)
		if !ok { // the words are those of public reports
			return nil, noPolicy("No scalable target registered for service namespace: ecs, resource ID: %s, scalable dimension: %s", *in.ResourceId, in.ScalableDimension)
		}
		arn := policyARN(v, key, *in.PolicyName)
		policy, err := h.policy(v, arn)
		if err != nil {
			return nil, err
		}
		now := v.Now
		if policy.CreationTime == nil {
			policy = types.ScalingPolicy{
				PolicyName: in.PolicyName, PolicyARN: &arn, ServiceNamespace: in.ServiceNamespace, ResourceId: in.ResourceId, ScalableDimension: in.ScalableDimension,
				PolicyType: types.PolicyTypeStepScaling, CreationTime: &now, // Source: API Reference, PutScalingPolicy.PolicyType
			}
		}
		policy = changed(v, policy, in)
		if err := checkConfiguration(policy, in); err != nil {
			return nil, err
		}
		if err := h.checkPolicy(v, t.ARN, policy); err != nil {
			return nil, err
		}
		text, err := h.codec.Encode(policy)
		if err != nil {
			return nil, err
		}
		if err := act(v, key, policy); err != nil {
			return nil, err
		}
		_, err = v.Act(cluster.Declare{ARN: arn, Type: world.PolicyType, Name: *in.PolicyName, Parent: t.ARN, Members: text})
		return &applicationautoscaling.PutScalingPolicyOutput{PolicyARN: &arn, Alarms: policy.Alarms}, err
	})
}

// act has the world follow a policy; one that predicts, and one of a metric that is made of others, are only kept.
func act(v api.View, key cluster.ServiceKey, p types.ScalingPolicy) error {
	a := cluster.PutScalingPolicy{Service: key, Name: *p.PolicyName}
	switch p.PolicyType {
	case types.PolicyTypeStepScaling:
		a.Step = stepped(*p.StepScalingPolicyConfiguration)
	case types.PolicyTypeTargetTrackingScaling:
		a.Track, a.Follow = trackedBy(*p.TargetTrackingScalingPolicyConfiguration), followed(key, p)
	case types.PolicyTypePredictiveScaling:
	}
	if a.Step == nil && a.Follow == nil {
		return nil
	}
	_, err := v.Act(a)
	return err
}

func stepped(c types.StepScalingPolicyConfiguration) *cluster.StepScaleBy {
	if len(c.StepAdjustments) == 0 {
		return nil
	}
	s := &cluster.StepScaleBy{Adjust: cluster.Adjustment(c.AdjustmentType), Cooldown: cooldown(c.Cooldown), Magnitude: int(api.Value(c.MinAdjustmentMagnitude))}
	for _, step := range c.StepAdjustments {
		s.Steps = append(s.Steps, cluster.Step{From: step.MetricIntervalLowerBound, To: step.MetricIntervalUpperBound, By: int(api.Value(step.ScalingAdjustment))})
	}
	return s
}

func trackedBy(c types.TargetTrackingScalingPolicyConfiguration) *cluster.TrackBy {
	return &cluster.TrackBy{Target: api.Value(c.TargetValue), OutCooldown: cooldown(c.ScaleOutCooldown), InCooldown: cooldown(c.ScaleInCooldown), NeverIn: api.Value(c.DisableScaleIn)}
}

// cooldown is 300 s where it is not given. Source: API Reference, StepScalingPolicyConfiguration.Cooldown and TargetTrackingScalingPolicyConfiguration, for ECS.
func cooldown(given *int32) time.Duration {
	if given == nil {
		return 300 * time.Second
	}
	return time.Duration(*given) * time.Second
}

// followed is the metric of target tracking, with the names of its alarms; nil where it is none that has a name.
func followed(key cluster.ServiceKey, p types.ScalingPolicy) *cluster.Follow {
	c := *p.TargetTrackingScalingPolicyConfiguration
	f := &cluster.Follow{Policy: *p.PolicyARN, Statistic: cluster.Average}
	service := []cluster.Dimension{{Name: "ClusterName", Value: key.Cluster}, {Name: "ServiceName", Value: key.Service}}
	switch metric := tracked(p); {
	case metric == types.MetricTypeECSServiceAverageCPUUtilization:
		f.Metric = cluster.Metric{Namespace: "AWS/ECS", Name: "CPUUtilization", Dimensions: service}
	case metric == types.MetricTypeECSServiceAverageMemoryUtilization:
		f.Metric = cluster.Metric{Namespace: "AWS/ECS", Name: "MemoryUtilization", Dimensions: service}
	case metric == types.MetricTypeALBRequestCountPerTarget:
		_, group, _ := strings.Cut(api.Value(c.PredefinedMetricSpecification.ResourceLabel), "/targetgroup/")
		f.Metric = cluster.Metric{Namespace: "AWS/ApplicationELB", Name: "RequestCountPerTarget", Dimensions: []cluster.Dimension{{Name: "TargetGroup", Value: "targetgroup/" + group}}}
		f.Statistic = cluster.Sum
	case c.CustomizedMetricSpecification != nil && c.CustomizedMetricSpecification.MetricName != nil:
		own := c.CustomizedMetricSpecification
		f.Metric, f.Statistic = cluster.Metric{Namespace: api.Value(own.Namespace), Name: *own.MetricName}, cluster.Statistic(own.Statistic)
		for _, d := range own.Dimensions {
			f.Metric.Dimensions = append(f.Metric.Dimensions, cluster.Dimension{Name: api.Value(d.Name), Value: api.Value(d.Value)})
		}
		slices.SortFunc(f.Metric.Dimensions, func(a, b cluster.Dimension) int { return strings.Compare(a.Name, b.Name) })
	default:
		return nil
	}
	f.High = *p.Alarms[0].AlarmName
	if len(p.Alarms) > 1 {
		f.Low = *p.Alarms[1].AlarmName
	}
	return f
}

// changed gives a policy with what a request gives of it, and the alarms that AWS would make.
func changed(v api.View, p types.ScalingPolicy, in *applicationautoscaling.PutScalingPolicyInput) types.ScalingPolicy {
	if in.PolicyType != "" {
		p.PolicyType = in.PolicyType
	}
	if in.StepScalingPolicyConfiguration != nil {
		p.StepScalingPolicyConfiguration = in.StepScalingPolicyConfiguration
	}
	if in.TargetTrackingScalingPolicyConfiguration != nil {
		p.TargetTrackingScalingPolicyConfiguration = in.TargetTrackingScalingPolicyConfiguration
	}
	if in.PredictiveScalingPolicyConfiguration != nil {
		p.PredictiveScalingPolicyConfiguration = in.PredictiveScalingPolicyConfiguration
	}
	p.Alarms = []types.Alarm{}
	if p.PolicyType == types.PolicyTypeTargetTrackingScaling && p.TargetTrackingScalingPolicyConfiguration != nil {
		p.Alarms = append(p.Alarms, alarm(v, p, "AlarmHigh"))
		if !api.Value(p.TargetTrackingScalingPolicyConfiguration.DisableScaleIn) {
			p.Alarms = append(p.Alarms, alarm(v, p, "AlarmLow"))
		}
	}
	return p
}

// alarm names an alarm as target tracking does. Source: Application Auto Scaling user guide, target tracking: TargetTracking-RESOURCE-AlarmHigh-ID.
func alarm(v api.View, p types.ScalingPolicy, side string) types.Alarm {
	name := "TargetTracking-" + *p.ResourceId + "-" + side + "-" + api.DerivedUUID(*p.PolicyARN+side)
	arn := v.ARN("cloudwatch", "alarm:"+name)
	return types.Alarm{AlarmName: &name, AlarmARN: &arn}
}

// checkPolicy refuses a second policy for a metric. The words are those of public reports.
func (h *handlers) checkPolicy(v api.View, target string, p types.ScalingPolicy) error {
	metric := tracked(p)
	if metric == "" {
		return nil
	}
	for _, o := range v.World.DeclaredBeneath(target, world.PolicyType) {
		other, err := h.policy(v, o.ARN)
		if err != nil {
			return err
		}
		if o.ARN != *p.PolicyARN && tracked(other) == metric {
			return invalid("Only one TargetTrackingScaling policy for a given metric specification is allowed.")
		}
	}
	return nil
}

// tracked is the predefined metric of a target tracking policy.
func tracked(p types.ScalingPolicy) types.MetricType {
	if p.PolicyType != types.PolicyTypeTargetTrackingScaling {
		return ""
	}
	return api.Value(api.Value(p.TargetTrackingScalingPolicyConfiguration).PredefinedMetricSpecification).PredefinedMetricType
}

// policy reads a policy; the zero value where there is none.
func (h *handlers) policy(v api.View, arn string) (types.ScalingPolicy, error) {
	var p types.ScalingPolicy
	o, ok := v.World.DeclaredAt(arn)
	if !ok {
		return p, nil
	}
	return p, h.codec.Decode(o.Members, &p)
}

func (h *handlers) describeScalingPolicies(ctx context.Context, in *applicationautoscaling.DescribeScalingPoliciesInput) (*applicationautoscaling.DescribeScalingPoliciesOutput, error) {
	f := filter{in.ServiceNamespace, optional(in.ResourceId), in.ScalableDimension, in.NextToken, in.MaxResults}
	if err := f.check(); err != nil {
		return nil, err
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*applicationautoscaling.DescribeScalingPoliciesOutput, error) {
		all := []types.ScalingPolicy{}
		for _, t := range v.World.ScalableTargets() {
			if !f.has(t.Service) {
				continue
			}
			for _, o := range v.World.DeclaredBeneath(t.ARN, world.PolicyType) {
				if len(in.PolicyNames) > 0 && !slices.Contains(in.PolicyNames, o.Name) {
					continue
				}
				p, err := h.policy(v, o.ARN)
				if err != nil {
					return nil, err
				}
				all = append(all, p)
			}
		}
		cut, next, err := paged(all, func(p types.ScalingPolicy) string { return *p.PolicyARN }, f)
		return &applicationautoscaling.DescribeScalingPoliciesOutput{ScalingPolicies: cut, NextToken: next}, err
	})
}

func (h *handlers) deleteScalingPolicy(ctx context.Context, in *applicationautoscaling.DeleteScalingPolicyInput) (*applicationautoscaling.DeleteScalingPolicyOutput, error) {
	key, err := addressed(in.ServiceNamespace, in.ResourceId, in.ScalableDimension)
	if err != nil {
		return nil, err
	}
	if in.PolicyName == nil {
		return nil, null("policyName")
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*applicationautoscaling.DeleteScalingPolicyOutput, error) {
		arn := policyARN(v, key, *in.PolicyName)
		if _, ok := v.World.DeclaredAt(arn); !ok {
			return nil, noPolicy("No scaling policy found for service namespace: ecs, resource ID: %s, scalable dimension: %s, policy name: %s", *in.ResourceId, in.ScalableDimension, *in.PolicyName)
		}
		if followed := v.World.ScalingPolicy(key, *in.PolicyName); followed {
			if _, err := v.Act(cluster.DeleteScalingPolicy{Service: key, Name: *in.PolicyName}); err != nil {
				return nil, err
			}
		}
		_, err := v.Act(cluster.Retract{ARN: arn})
		return &applicationautoscaling.DeleteScalingPolicyOutput{}, err
	})
}

func noPolicy(format string, args ...any) error {
	return &wire.Error{Code: "ObjectNotFoundException", Message: fmt.Sprintf(format, args...)}
}

// policyARN is of the form that AWS gives. Source: API Reference, PutScalingPolicy, example.
func policyARN(v api.View, key cluster.ServiceKey, name string) string {
	resource := resourceOf(key)
	return v.ARN("autoscaling", "scalingPolicy:"+api.DerivedUUID(v.ARN("ecs", resource))+":resource/ecs/"+resource+":policyName/"+name)
}
