package groups

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
	"handover/internal/emulator/wire"
	"handover/internal/world"
)

func (h *handlers) createAutoScalingGroup(ctx context.Context, in *autoscaling.CreateAutoScalingGroupInput) (*autoscaling.CreateAutoScalingGroupOutput, error) {
	name, err := named(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	switch {
	case in.MinSize == nil:
		return nil, null("minSize")
	case in.MaxSize == nil:
		return nil, null("maxSize")
	case tooShort(in.MaxInstanceLifetime):
		return nil, invalid("The value of MaxInstanceLifetime must be 0 or at least 86400 seconds.")
	case len(in.AvailabilityZones) == 0 && api.Value(in.VPCZoneIdentifier) == "":
		return nil, invalid("At least one Availability Zone or VPC Subnet is required.")
	}
	template, err := launchedBy(in)
	if err != nil {
		return nil, err
	}
	members, err := h.codec.Encode(in)
	if err != nil {
		return nil, fmt.Errorf("keeping the members of a group: %w", err)
	}
	g := cluster.Group{
		Name: name, Min: int(*in.MinSize), Max: int(*in.MaxSize), Desired: int(*in.MinSize), Zones: in.AvailabilityZones, Subnets: subnetsOf(in.VPCZoneIdentifier), Template: template,
		Protect: api.Value(in.NewInstancesProtectedFromScaleIn), Grace: seconds(in.HealthCheckGracePeriod), Warmup: max(0, seconds(in.DefaultInstanceWarmup)),
		Policies: in.TerminationPolicies, Lifetime: seconds(in.MaxInstanceLifetime), Members: members, Balanced: balanced(in.HealthCheckType),
		Targets: with(in.TargetGroupARNs, identifiers(in.TrafficSources, targetsType)),
	}
	if in.DesiredCapacity != nil {
		g.Desired = int(*in.DesiredCapacity)
	}
	for _, hook := range in.LifecycleHookSpecificationList {
		made, err := hookFrom(hook.LifecycleHookName, hook.LifecycleTransition, hook.HeartbeatTimeout, hook.DefaultResult)
		if err != nil {
			return nil, err
		}
		made.Target, made.Role, made.Metadata = api.Value(hook.NotificationTargetARN), api.Value(hook.RoleARN), api.Value(hook.NotificationMetadata)
		g.Hooks = append(g.Hooks, made)
	}
	if g.Tags, err = tagsFrom(name, in.Tags); err != nil {
		return nil, err
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*autoscaling.CreateAutoScalingGroupOutput, error) {
		if in.InstanceId != nil {
			if err := h.putConfiguration(v, autoscaling.CreateLaunchConfigurationInput{LaunchConfigurationName: &name, InstanceId: in.InstanceId}); err != nil {
				return nil, err
			}
		}
		_, err := v.Act(cluster.CreateGroup{Group: g})
		return &autoscaling.CreateAutoScalingGroupOutput{}, err
	})
}

// launchedBy is what a new group launches its instances from: one of four. Of an instance AWS makes a launch configuration with the group's name.
// Source: API Reference, CreateAutoScalingGroup; user guide, create-asg-from-instance.
func launchedBy(in *autoscaling.CreateAutoScalingGroupInput) (cluster.Template, error) {
	given := 0
	for _, one := range []bool{in.LaunchTemplate != nil, in.LaunchConfigurationName != nil, in.InstanceId != nil, in.MixedInstancesPolicy != nil} {
		if one {
			given++
		}
	}
	switch {
	case given > 1:
		return cluster.Template{}, oneSource()
	case in.InstanceId != nil:
		return cluster.Template{Configuration: *in.AutoScalingGroupName}, nil
	case in.LaunchConfigurationName != nil:
		return cluster.Template{Configuration: *in.LaunchConfigurationName}, nil
	}
	return templateOf(in.LaunchTemplate, in.MixedInstancesPolicy)
}

// oneSource is the error for a group that is launched from nothing, or from several.
func oneSource() error {
	return invalid("Valid requests must contain either LaunchTemplate, LaunchConfigurationName, InstanceId or MixedInstancesPolicy parameter.")
}

// templateOf reads the launch template of a group, which may stand in a mixed instances policy.
func templateOf(given *types.LaunchTemplateSpecification, mixed *types.MixedInstancesPolicy) (t cluster.Template, err error) {
	if given == nil && mixed != nil && mixed.LaunchTemplate != nil {
		given = mixed.LaunchTemplate.LaunchTemplateSpecification
	}
	switch {
	case given == nil:
		return t, oneSource()
	case (given.LaunchTemplateId == nil) == (given.LaunchTemplateName == nil):
		return t, invalid("Valid requests must contain either launchTemplateId or LaunchTemplateName")
	}
	return cluster.Template{ID: api.Value(given.LaunchTemplateId), Name: api.Value(given.LaunchTemplateName), Version: api.Value(given.Version)}, nil
}

// balanced tells whether the health checks of a group are also those of its load balancers. Source: API Reference, CreateAutoScalingGroup.HealthCheckType: types separated by commas.
func balanced(checks *string) bool {
	return slices.Contains(strings.Split(api.Value(checks), ","), "ELB")
}

func subnetsOf(text *string) []string {
	return strings.FieldsFunc(api.Value(text), func(r rune) bool { return r == ',' || r == ' ' })
}

// tooShort tells whether a maximum lifetime is less than the day that AWS asks for. Source: API Reference, CreateAutoScalingGroup.MaxInstanceLifetime.
func tooShort(n *int32) bool { return n != nil && *n != 0 && *n < 86400 }

func seconds(n *int32) time.Duration { return time.Duration(api.Value(n)) * time.Second }

func (h *handlers) updateAutoScalingGroup(ctx context.Context, in *autoscaling.UpdateAutoScalingGroupInput) (*autoscaling.UpdateAutoScalingGroupOutput, error) {
	if tooShort(in.MaxInstanceLifetime) {
		return nil, invalid("The value of MaxInstanceLifetime must be 0 or at least 86400 seconds.")
	}
	given, err := h.codec.Encode(in)
	if err != nil {
		return nil, fmt.Errorf("keeping the members of a group: %w", err)
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*autoscaling.UpdateAutoScalingGroupOutput, error) {
		g, err := find(v, in.AutoScalingGroupName)
		if err != nil {
			return nil, unnamed(err)
		}
		a := cluster.UpdateGroup{
			Name: g.Name, Min: count(in.MinSize), Max: count(in.MaxSize), Desired: count(in.DesiredCapacity), Protect: in.NewInstancesProtectedFromScaleIn,
			Grace: span(in.HealthCheckGracePeriod), Warmup: span(in.DefaultInstanceWarmup), Zones: list(in.AvailabilityZones), Policies: list(in.TerminationPolicies),
			Lifetime: span(in.MaxInstanceLifetime),
		}
		if in.HealthCheckType != nil {
			is := balanced(in.HealthCheckType)
			a.Balanced = &is
		}
		if in.VPCZoneIdentifier != nil {
			subnets := subnetsOf(in.VPCZoneIdentifier)
			a.Subnets = &subnets
		}
		if in.LaunchTemplate != nil || in.MixedInstancesPolicy != nil {
			template, err := templateOf(in.LaunchTemplate, in.MixedInstancesPolicy)
			if err != nil {
				return nil, err
			}
			a.Template = &template
		}
		if in.LaunchConfigurationName != nil {
			a.Template = &cluster.Template{Configuration: *in.LaunchConfigurationName}
		}
		if a.Members, err = over(without(g.Members, a.Template != nil), given); err != nil {
			return nil, err
		}
		_, err = v.Act(a)
		return &autoscaling.UpdateAutoScalingGroupOutput{}, err
	})
}

// unnamed is the error of UpdateAutoScalingGroup for a group that is not there, which does not tell its name. Source: public reports.
func unnamed(err error) error {
	var refused *wire.Error
	if errors.As(err, &refused) && strings.HasPrefix(refused.Message, notFound) {
		return invalid("%s null", notFound)
	}
	return err
}

// without leaves the mixed instances policy out of the members of a group that gets another launch template.
func without(members json.RawMessage, replaced bool) json.RawMessage {
	var all map[string]json.RawMessage
	if !replaced || len(members) == 0 || json.Unmarshal(members, &all) != nil {
		return members // over tells what is wrong with them
	}
	delete(all, "MixedInstancesPolicy")
	text, err := json.Marshal(all)
	if err != nil {
		return members
	}
	return text
}

// over lays the members of one request over those that were kept.
func over(base, given json.RawMessage) (json.RawMessage, error) {
	all, more := map[string]json.RawMessage{}, map[string]json.RawMessage{}
	if len(base) > 0 {
		if err := json.Unmarshal(base, &all); err != nil {
			return nil, fmt.Errorf("reading the members of a group: %w", err)
		}
	}
	if err := json.Unmarshal(given, &more); err != nil {
		return nil, fmt.Errorf("reading the members of a request: %w", err)
	}
	for name, value := range more {
		all[name] = value
	}
	return json.Marshal(all)
}

func count(n *int32) *int {
	if n == nil {
		return nil
	}
	made := int(*n)
	return &made
}

func span(n *int32) *time.Duration {
	if n == nil {
		return nil
	}
	made := max(0, seconds(n))
	return &made
}

func list(given []string) *[]string {
	if given == nil {
		return nil
	}
	return &given
}

func (h *handlers) deleteAutoScalingGroup(ctx context.Context, in *autoscaling.DeleteAutoScalingGroupInput) (*autoscaling.DeleteAutoScalingGroupOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*autoscaling.DeleteAutoScalingGroupOutput, error) {
		g, err := find(v, in.AutoScalingGroupName)
		if err != nil {
			return nil, err
		}
		if _, err := v.Act(cluster.DeleteGroup{Name: g.Name, Force: api.Value(in.ForceDelete)}); err != nil {
			return nil, err
		}
		_, err = v.Act(cluster.Retract{ARN: g.ARN}) // its policies
		return &autoscaling.DeleteAutoScalingGroupOutput{}, err
	})
}

func (h *handlers) describeAutoScalingGroups(ctx context.Context, in *autoscaling.DescribeAutoScalingGroupsInput) (*autoscaling.DescribeAutoScalingGroupsOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*autoscaling.DescribeAutoScalingGroupsOutput, error) {
		all := slices.DeleteFunc(v.World.Groups(), func(g cluster.Group) bool {
			asked := len(in.AutoScalingGroupNames) == 0 || slices.Contains(in.AutoScalingGroupNames, g.Name) || slices.Contains(in.AutoScalingGroupNames, g.ARN)
			return !asked || !hasTags(g, in.Filters)
		})
		cut, next, err := page(all, func(g cluster.Group) string { return g.Name }, in.NextToken, in.MaxRecords)
		if err != nil {
			return nil, err
		}
		out := &autoscaling.DescribeAutoScalingGroupsOutput{AutoScalingGroups: []types.AutoScalingGroup{}, NextToken: next}
		for _, g := range cut {
			rendered, err := h.render(v, g)
			if err != nil {
				return nil, err
			}
			out.AutoScalingGroups = append(out.AutoScalingGroups, rendered)
		}
		return out, nil
	})
}

// hasTags tells whether a group meets each filter by tag. Source: API Reference, Filter.
func hasTags(g cluster.Group, filters []types.Filter) bool {
	for _, f := range filters {
		name := api.Value(f.Name)
		if !slices.ContainsFunc(g.Tags, func(t cluster.GroupTag) bool {
			switch name {
			case "tag-key":
				return slices.Contains(f.Values, t.Key)
			case "tag-value":
				return slices.Contains(f.Values, t.Value)
			}
			return name == "tag:"+t.Key && slices.Contains(f.Values, t.Value)
		}) {
			return false
		}
	}
	return true
}

// render gives a group with the defaults that AWS fills in. Source: API Reference, CreateAutoScalingGroup.
func (h *handlers) render(v api.View, g cluster.Group) (types.AutoScalingGroup, error) {
	out := types.AutoScalingGroup{DefaultCooldown: number(300), HealthCheckType: api.Some("EC2")}
	if len(g.Members) > 0 { // a group of a scene has none
		if err := h.codec.Decode(g.Members, &out); err != nil {
			return out, fmt.Errorf("reading the members of a group: %w", err)
		}
	}
	out.AutoScalingGroupName, out.AutoScalingGroupARN, out.CreatedTime = &g.Name, &g.ARN, &g.CreatedAt
	out.MinSize, out.MaxSize, out.DesiredCapacity = number(g.Min), number(g.Max), number(g.Desired)
	out.AvailabilityZones, out.HealthCheckGracePeriod = g.Zones, number(int(g.Grace/time.Second))
	out.NewInstancesProtectedFromScaleIn, out.VPCZoneIdentifier = &g.Protect, api.Some(strings.Join(g.Subnets, ","))
	out.LaunchConfigurationName = api.Some(g.Template.Configuration)
	if known := v.World.LaunchTemplates(); out.MixedInstancesPolicy != nil {
		fillMixed(out.MixedInstancesPolicy, specification(g.Template, known))
	} else {
		out.LaunchTemplate = specification(g.Template, known)
	}
	if out.TerminationPolicies = g.Policies; len(g.Policies) == 0 {
		out.TerminationPolicies = []string{"Default"}
	}
	if g.Deleting {
		out.Status = api.Some("Delete in progress")
	}
	out.ServiceLinkedRoleARN = api.Some(v.Global("iam", "role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"))
	if g.Lifetime > 0 {
		out.MaxInstanceLifetime = number(int(g.Lifetime / time.Second))
	}
	if out.WarmPoolConfiguration = configurationOf(g.Pool); g.Pool != nil {
		out.WarmPoolSize = number(len(g.Warm))
	}
	out.Instances, out.Tags, out.SuspendedProcesses = instancesOf(g.Instances), []types.TagDescription{}, []types.SuspendedProcess{}
	if out.LoadBalancerNames == nil {
		out.LoadBalancerNames = []string{}
	}
	out.TargetGroupARNs = append([]string{}, g.Targets...)
	out.TrafficSources = append(append([]types.TrafficSourceIdentifier{}, sources(targetsType, g.Targets)...), sources(classicType, out.LoadBalancerNames)...)
	names, err := collected(g)
	if err != nil {
		return out, err
	}
	out.EnabledMetrics = []types.EnabledMetric{}
	for _, name := range names {
		out.EnabledMetrics = append(out.EnabledMetrics, types.EnabledMetric{Metric: &name, Granularity: api.Some(granularity)})
	}
	for _, t := range g.Tags {
		out.Tags = append(out.Tags, tagOf(g, t))
	}
	for _, p := range g.Suspended {
		out.SuspendedProcesses = append(out.SuspendedProcesses, types.SuspendedProcess{ProcessName: &p, SuspensionReason: api.Some("User suspended at " + v.Now.UTC().Format("2006-01-02T15:04:05Z"))})
	}
	return out, nil
}

// fillMixed gives a mixed instances policy with what AWS fills in. Source: API Reference, InstancesDistribution; that the strategy for Spot is told as lowest-price with two
// pools: public reports of DescribeAutoScalingGroups.
func fillMixed(p *types.MixedInstancesPolicy, template *types.LaunchTemplateSpecification) {
	if p.LaunchTemplate == nil {
		p.LaunchTemplate = &types.LaunchTemplate{}
	}
	p.LaunchTemplate.LaunchTemplateSpecification = template
	if p.LaunchTemplate.Overrides == nil {
		p.LaunchTemplate.Overrides = []types.LaunchTemplateOverrides{}
	}
	d := &types.InstancesDistribution{}
	if p.InstancesDistribution != nil {
		d = p.InstancesDistribution
	}
	if d.OnDemandAllocationStrategy == nil {
		d.OnDemandAllocationStrategy = api.Some("prioritized")
	}
	if d.OnDemandBaseCapacity == nil {
		d.OnDemandBaseCapacity = number(0)
	}
	if d.OnDemandPercentageAboveBaseCapacity == nil {
		d.OnDemandPercentageAboveBaseCapacity = number(100)
	}
	if d.SpotAllocationStrategy == nil {
		d.SpotAllocationStrategy = api.Some("lowest-price")
	}
	if *d.SpotAllocationStrategy == "lowest-price" && d.SpotInstancePools == nil {
		d.SpotInstancePools = number(2)
	}
	p.InstancesDistribution = d
}

// specification names a launch template by id and name, whichever was given; nil where a launch configuration stands in its place.
func specification(t cluster.Template, known []world.LaunchTemplate) *types.LaunchTemplateSpecification {
	if t.Configuration != "" {
		return nil
	}
	for _, k := range known {
		if k.ID == t.ID || k.Name == t.Name {
			t.ID, t.Name = k.ID, k.Name
		}
	}
	return &types.LaunchTemplateSpecification{LaunchTemplateId: api.Some(t.ID), LaunchTemplateName: api.Some(t.Name), Version: api.Some(t.Version)}
}

func number(n int) *int32 {
	made := int32(n)
	return &made
}

func healthy(is bool) *string {
	if is {
		return api.Some("Healthy")
	}
	return api.Some("Unhealthy")
}
