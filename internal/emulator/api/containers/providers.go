package containers

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
	"handover/internal/emulator/wire"
)

// providerType is under what the world keeps capacity providers.
const providerType = "capacity-provider"

// reserved are the capacity providers that every account has. Source: API Reference, CreateCapacityProvider.
func reserved() []types.CapacityProvider {
	return []types.CapacityProvider{
		{Name: api.Some("FARGATE"), Type: types.CapacityProviderTypeFargate, Status: types.CapacityProviderStatusActive},
		{Name: api.Some("FARGATE_SPOT"), Type: types.CapacityProviderTypeFargateSpot, Status: types.CapacityProviderStatusActive},
	}
}

// providers gives all capacity providers by name.
func (h *handlers) providers(v api.View) ([]types.CapacityProvider, error) {
	all := reserved()
	for _, o := range v.World.Declared(providerType) {
		var p types.CapacityProvider
		if err := h.into(o.Members, &p); err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	for i := range all {
		all[i].CapacityProviderArn = api.Some(v.ARN("ecs", "capacity-provider/"+*all[i].Name))
		all[i].Tags = []types.Tag{}
	}
	all = api.InOrder(all, func(p types.CapacityProvider) string { return *p.Name })
	return all, nil
}

// provider finds a capacity provider by name or ARN.
func (h *handlers) provider(v api.View, text string) (found types.CapacityProvider, ok bool, err error) {
	all, err := h.providers(v)
	at := slices.IndexFunc(all, func(p types.CapacityProvider) bool { return *p.Name == text || *p.CapacityProviderArn == text })
	if err != nil || at < 0 {
		return found, false, err
	}
	return all[at], true, nil
}

func providerNotFound() error {
	return client("The specified capacity provider was not found. Specify a valid name or ARN and try again.")
}

func (h *handlers) createCapacityProvider(ctx context.Context, in *ecs.CreateCapacityProviderInput) (*ecs.CreateCapacityProviderOutput, error) {
	if err := checkProvider(in); err != nil {
		return nil, err
	}
	given, err := h.declared(in, "tags")
	if err != nil {
		return nil, err
	}
	tags, err := tagsFrom(in.Tags)
	if err != nil {
		return nil, err
	}
	text, err := given.text()
	if err != nil {
		return nil, err
	}
	made := types.CapacityProvider{Status: types.CapacityProviderStatusActive, Type: types.CapacityProviderTypeEc2Autoscaling}
	if err := h.into(text, &made); err != nil {
		return nil, err
	}
	if in.ManagedInstancesProvider != nil {
		made.Type = types.CapacityProviderTypeManagedInstances
	}
	made.AutoScalingGroupProvider = completed(made.AutoScalingGroupProvider)
	return api.Ask(ctx, h.worlds, func(v api.View) (*ecs.CreateCapacityProviderOutput, error) {
		if _, there, err := h.provider(v, *in.Name); err != nil || there {
			return nil, or(err, client("The specified capacity provider already exists. To change the configuration of an existing capacity provider, update the capacity provider."))
		}
		if err := h.groupIsFree(v, made.AutoScalingGroupProvider); err != nil {
			return nil, err
		}
		if err := protectable(v, made.AutoScalingGroupProvider); err != nil {
			return nil, err
		}
		out, err := h.keepProvider(v, made)
		if err != nil {
			return nil, err
		}
		if err := tag(v, *out.CapacityProviderArn, tags); err != nil {
			return nil, err
		}
		out.Tags = tagsOf(v, *out.CapacityProviderArn)
		return &ecs.CreateCapacityProviderOutput{CapacityProvider: &out}, nil
	})
}

// groupIsFree: a group has one capacity provider. The words are those of public reports.
func (h *handlers) groupIsFree(v api.View, given *types.AutoScalingGroupProvider) error {
	if given == nil {
		return nil
	}
	all, err := h.providers(v)
	if err != nil {
		return err
	}
	same := func(p types.CapacityProvider) bool {
		return p.AutoScalingGroupProvider != nil && groupName(api.Value(p.AutoScalingGroupProvider.AutoScalingGroupArn)) == groupName(api.Value(given.AutoScalingGroupArn))
	}
	if slices.ContainsFunc(all, same) {
		return client("The specified Auto Scaling group ARN is already being used by another capacity provider. Specify a unique Auto Scaling group ARN and try again.")
	}
	return nil
}

// protectable: ECS takes away the protection of instances that it lets go, so the group must give it to new ones. Of a group that is not there nothing is known. The words
// are those of public reports.
func protectable(v api.View, given *types.AutoScalingGroupProvider) error {
	if given == nil || given.ManagedTerminationProtection != types.ManagedTerminationProtectionEnabled {
		return nil
	}
	name := groupName(api.Value(given.AutoScalingGroupArn))
	if slices.ContainsFunc(v.World.Groups(), func(g cluster.Group) bool { return g.Name == name && !g.Protect }) {
		return client("The managed termination protection setting for the capacity provider is invalid. To enable managed termination protection for a capacity provider, " +
			"the Auto Scaling group must have instance protection from scale in enabled.")
	}
	return nil
}

// or gives the first error there is.
func or(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

func (h *handlers) keepProvider(v api.View, p types.CapacityProvider) (types.CapacityProvider, error) {
	text, err := h.codec.Encode(p)
	if err != nil {
		return p, err
	}
	if _, err := v.Act(cluster.Declare{ARN: v.ARN("ecs", "capacity-provider/"+*p.Name), Type: providerType, Name: *p.Name, Members: text}); err != nil {
		return p, err
	}
	if given := p.AutoScalingGroupProvider; given != nil {
		if _, err := v.Act(cluster.SetCapacityProvider{
			Name: *p.Name, Group: groupName(api.Value(given.AutoScalingGroupArn)), Draining: given.ManagedDraining == types.ManagedDrainingEnabled,
			Protect: given.ManagedTerminationProtection == types.ManagedTerminationProtectionEnabled, Scaling: scalingOf(given.ManagedScaling),
		}); err != nil {
			return p, err
		}
	}
	found, _, err := h.provider(v, *p.Name)
	return found, err
}

// scalingOf is how ECS scales the group; nil where it does not.
func scalingOf(given *types.ManagedScaling) *cluster.ManagedScaling {
	if given == nil || given.Status != types.ManagedScalingStatusEnabled {
		return nil
	}
	return &cluster.ManagedScaling{Target: int(api.Value(given.TargetCapacity)), MinStep: int(api.Value(given.MinimumScalingStepSize)), MaxStep: int(api.Value(given.MaximumScalingStepSize)),
		Warmup: time.Duration(api.Value(given.InstanceWarmupPeriod)) * time.Second}
}

// checkScaling makes the checks that ECS makes on managed scaling. Source: API Reference, ManagedScaling; the words are ours.
func checkScaling(s *types.ManagedScaling) error {
	outside := func(value *int32, least, most int32) bool { return value != nil && (*value < least || *value > most) }
	switch {
	case s == nil:
	case outside(s.TargetCapacity, 1, 100):
		return invalid("targetCapacity must be from 1 to 100.")
	case outside(s.MinimumScalingStepSize, 1, 10000), outside(s.MaximumScalingStepSize, 1, 10000):
		return invalid("A scaling step size must be from 1 to 10000.")
	case s.MinimumScalingStepSize != nil && s.MaximumScalingStepSize != nil && *s.MinimumScalingStepSize > *s.MaximumScalingStepSize: // words of public reports
		return invalid("The minimum or maximum scaling step size value is invalid. " +
			"Specify a minimum scaling step size value that is less than or equal to the maximum scaling step size value and try again.")
	case outside(s.InstanceWarmupPeriod, 0, 10000):
		return invalid("instanceWarmupPeriod must be from 0 to 10000.")
	}
	return nil
}

// groupName takes the name out of the ARN of an Auto Scaling group; a name is one already. Source: API Reference, AutoScalingGroupProvider.autoScalingGroupArn.
func groupName(text string) string {
	_, name, found := strings.Cut(text, ":autoScalingGroupName/")
	if !found {
		return text
	}
	return name
}

// checkProvider makes the checks that ECS makes on the request alone. Source: API Reference, CreateCapacityProvider; the words are ours.
func checkProvider(in *ecs.CreateCapacityProviderInput) error {
	name := api.Value(in.Name)
	switch {
	case !cluster.ValidName(name), slices.ContainsFunc([]string{"aws", "ecs", "fargate"}, func(prefix string) bool { return strings.HasPrefix(strings.ToLower(name), prefix) }):
		return invalid(`The specified capacity provider name is invalid. Up to 255 characters are allowed, including letters (upper and lowercase), numbers, underscores, and hyphens. ` +
			`The name cannot be prefixed with "aws", "ecs", or "fargate". Specify a valid name and try again.`) // words of public reports
	case (in.AutoScalingGroupProvider == nil) == (in.ManagedInstancesProvider == nil):
		return invalid("Specify either an Auto Scaling group provider or a Managed Instances provider.")
	case in.AutoScalingGroupProvider != nil && api.Value(in.AutoScalingGroupProvider.AutoScalingGroupArn) == "":
		return invalid("autoScalingGroupArn cannot be empty.")
	case in.AutoScalingGroupProvider != nil:
		return checkScaling(in.AutoScalingGroupProvider.ManagedScaling)
	}
	return nil
}

// completed gives an Auto Scaling group provider with its defaults. Source: API Reference, AutoScalingGroupProvider and ManagedScaling.
func completed(given *types.AutoScalingGroupProvider) *types.AutoScalingGroupProvider {
	if given == nil {
		return nil
	}
	p, scaling := *given, types.ManagedScaling{Status: types.ManagedScalingStatusDisabled}
	if p.ManagedScaling != nil {
		scaling = *p.ManagedScaling
	}
	p.ManagedScaling = &scaling
	for _, m := range []struct {
		member    **int32
		otherwise int32
	}{{&p.ManagedScaling.TargetCapacity, 100}, {&p.ManagedScaling.MinimumScalingStepSize, 1}, {&p.ManagedScaling.MaximumScalingStepSize, 10000}, {&p.ManagedScaling.InstanceWarmupPeriod, 300}} {
		if *m.member == nil {
			*m.member = &m.otherwise
		}
	}
	if p.ManagedScaling.Status == "" {
		p.ManagedScaling.Status = types.ManagedScalingStatusEnabled
	}
	if p.ManagedTerminationProtection == "" {
		p.ManagedTerminationProtection = types.ManagedTerminationProtectionDisabled
	}
	if p.ManagedDraining == "" {
		p.ManagedDraining = types.ManagedDrainingEnabled
	}
	return &p
}

func (h *handlers) describeCapacityProviders(ctx context.Context, in *ecs.DescribeCapacityProvidersInput) (*ecs.DescribeCapacityProvidersOutput, error) {
	if len(in.CapacityProviders) > 100 {
		return nil, most("capacityProviders", 100)
	}
	size, err := pageSize(in.MaxResults, 100)
	if err != nil {
		return nil, err
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*ecs.DescribeCapacityProvidersOutput, error) {
		all, err := h.providers(v)
		if err != nil {
			return nil, err
		}
		out := &ecs.DescribeCapacityProvidersOutput{Failures: []types.Failure{}}
		for _, text := range in.CapacityProviders {
			if !slices.ContainsFunc(all, func(p types.CapacityProvider) bool { return *p.Name == text || *p.CapacityProviderArn == text }) {
				out.Failures = append(out.Failures, missing(v.ARN("ecs", "capacity-provider/"+text[strings.LastIndexByte(text, '/')+1:])))
			}
		}
		if len(in.CapacityProviders) > 0 {
			all = slices.DeleteFunc(all, func(p types.CapacityProvider) bool {
				return !slices.Contains(in.CapacityProviders, *p.Name) && !slices.Contains(in.CapacityProviders, *p.CapacityProviderArn)
			})
		}
		if slices.Contains(in.Include, types.CapacityProviderFieldTags) {
			for i := range all {
				all[i].Tags = tagsOf(v, *all[i].CapacityProviderArn)
			}
		}
		out.CapacityProviders, out.NextToken, err = page(present(all), func(p types.CapacityProvider) string { return *p.Name }, in.NextToken, size)
		return out, err
	})
}

func (h *handlers) updateCapacityProvider(ctx context.Context, in *ecs.UpdateCapacityProviderInput) (*ecs.UpdateCapacityProviderOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*ecs.UpdateCapacityProviderOutput, error) {
		p, there, err := h.provider(v, api.Value(in.Name))
		if err != nil || !there {
			return nil, or(err, providerNotFound())
		}
		given, err := h.declared(in, "name", "cluster")
		if err != nil {
			return nil, err
		}
		text, err := given.text()
		if err != nil {
			return nil, err
		}
		if p.Type == types.CapacityProviderTypeFargate || p.Type == types.CapacityProviderTypeFargateSpot {
			return nil, invalid("The capacity provider %s is reserved and cannot be changed.", *p.Name)
		}
		before, err := h.codec.Encode(p)
		if err != nil {
			return nil, err
		}
		if text, err = overlaid(before, text); err != nil {
			return nil, err
		}
		if err := h.into(text, &p); err != nil {
			return nil, err
		}
		if err := protectable(v, p.AutoScalingGroupProvider); err != nil {
			return nil, err
		}
		p.UpdateStatus = types.CapacityProviderUpdateStatusUpdateComplete
		out, err := h.keepProvider(v, p)
		return &ecs.UpdateCapacityProviderOutput{CapacityProvider: &out}, err
	})
}

// overlaid puts the members of one object over those of another, at every depth: what is not given stays.
func overlaid(before, given json.RawMessage) (json.RawMessage, error) {
	var under, over map[string]json.RawMessage
	if json.Unmarshal(before, &under) != nil || json.Unmarshal(given, &over) != nil || under == nil || over == nil {
		if len(given) == 0 {
			return before, nil
		}
		return given, nil // of what is no object the new value stands
	}
	for name, value := range over {
		merged, err := overlaid(under[name], value)
		if err != nil {
			return nil, err
		}
		under[name] = merged
	}
	return json.Marshal(under)
}

func (h *handlers) deleteCapacityProvider(ctx context.Context, in *ecs.DeleteCapacityProviderInput) (*ecs.DeleteCapacityProviderOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*ecs.DeleteCapacityProviderOutput, error) {
		p, there, err := h.provider(v, api.Value(in.CapacityProvider))
		if err != nil || !there {
			return nil, or(err, providerNotFound())
		}
		if p.Type == types.CapacityProviderTypeFargate || p.Type == types.CapacityProviderTypeFargateSpot {
			return nil, invalid("The capacity provider %s is reserved and cannot be deleted.", *p.Name) // Source: API Reference, DeleteCapacityProvider
		}
		for _, c := range v.World.Clusters() {
			var shown types.Cluster
			if err := h.into(c.Members, &shown); err != nil {
				return nil, err
			}
			if slices.Contains(shown.CapacityProviders, *p.Name) {
				return nil, client("The capacity provider cannot be deleted because it is associated with cluster: %s. Remove the capacity provider from the cluster and try again.", c.Name)
			}
		}
		if _, err := v.Act(cluster.Retract{ARN: *p.CapacityProviderArn}); err != nil {
			return nil, err
		}
		if _, err := v.Act(cluster.RemoveCapacityProvider{Name: *p.Name}); err != nil {
			return nil, err
		}
		p.UpdateStatus = types.CapacityProviderUpdateStatusDeleteInProgress
		return &ecs.DeleteCapacityProviderOutput{CapacityProvider: &p}, nil
	})
}

// updateMembers changes members of a cluster and gives it as it is then.
func (h *handlers) updateMembers(v api.View, which *string, given members) (*types.Cluster, error) {
	found, err := existingCluster(v, which)
	if err != nil {
		return nil, err
	}
	before, err := kept(found.Members)
	if err != nil {
		return nil, err
	}
	text, err := before.with(given).text()
	if err != nil {
		return nil, err
	}
	if _, err := v.Act(cluster.UpdateCluster{Cluster: found.Name, Members: text}); err != nil {
		return nil, err
	}
	found, _ = v.World.Cluster(found.Name)
	out, err := h.cluster(v, found, []types.ClusterField{types.ClusterFieldSettings, types.ClusterFieldConfigurations})
	return &out, err
}

func (h *handlers) updateCluster(ctx context.Context, in *ecs.UpdateClusterInput) (*ecs.UpdateClusterOutput, error) {
	if err := or(checkSettings(in.Settings), checkCommands(in.Configuration)); err != nil {
		return nil, err
	}
	given, err := h.declared(in, "cluster")
	if err != nil {
		return nil, err
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*ecs.UpdateClusterOutput, error) {
		out, err := h.updateMembers(v, in.Cluster, given)
		return &ecs.UpdateClusterOutput{Cluster: out}, err
	})
}

func (h *handlers) updateClusterSettings(ctx context.Context, in *ecs.UpdateClusterSettingsInput) (*ecs.UpdateClusterSettingsOutput, error) {
	if len(in.Settings) == 0 {
		return nil, invalid("settings cannot be empty.")
	}
	if err := checkSettings(in.Settings); err != nil {
		return nil, err
	}
	given, err := h.declared(in, "cluster")
	if err != nil {
		return nil, err
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*ecs.UpdateClusterSettingsOutput, error) {
		out, err := h.updateMembers(v, in.Cluster, given)
		return &ecs.UpdateClusterSettingsOutput{Cluster: out}, err
	})
}

func (h *handlers) putClusterCapacityProviders(ctx context.Context, in *ecs.PutClusterCapacityProvidersInput) (*ecs.PutClusterCapacityProvidersOutput, error) {
	if in.CapacityProviders == nil || in.DefaultCapacityProviderStrategy == nil {
		return nil, invalid("capacityProviders and defaultCapacityProviderStrategy are required.")
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*ecs.PutClusterCapacityProvidersOutput, error) {
		if err := h.mayRemove(v, in.Cluster, in.CapacityProviders); err != nil {
			return nil, err
		}
		if err := h.associable(v, in.CapacityProviders, in.DefaultCapacityProviderStrategy); err != nil {
			return nil, err
		}
		given, err := h.declared(in, "cluster")
		if err != nil {
			return nil, err
		}
		out, err := h.updateMembers(v, in.Cluster, given)
		return &ecs.PutClusterCapacityProvidersOutput{Cluster: out}, err
	})
}

// mayRemove refuses to take away from a cluster what its services or tasks use. Source: API Reference, PutClusterCapacityProviders; words of public reports.
func (h *handlers) mayRemove(v api.View, which *string, kept []string) error {
	found, err := existingCluster(v, which)
	if err != nil {
		return err
	}
	used := map[string]bool{}
	v.World.EachTask(found.Name, func(t *cluster.Task) { used[t.Provider] = used[t.Provider] || !t.Gone() })
	for _, key := range v.World.Services(found.Name) {
		var declared types.Service
		if err := h.into(v.World.ServiceMembers(key), &declared); err != nil {
			return err
		}
		for _, item := range declared.CapacityProviderStrategy {
			used[api.Value(item.CapacityProvider)] = true
		}
	}
	var before types.Cluster
	if err := h.into(found.Members, &before); err != nil {
		return err
	}
	if slices.ContainsFunc(before.CapacityProviders, func(name string) bool { return used[name] && !slices.Contains(kept, name) }) {
		return &wire.Error{Code: "ResourceInUseException", Message: "The specified capacity provider is in use and cannot be removed."}
	}
	return nil
}

// associable refuses for a cluster what is no capacity provider, and a default strategy with others. The words are those of public reports.
func (h *handlers) associable(v api.View, names []string, strategy []types.CapacityProviderStrategyItem) error {
	if len(names) > 20 { // Source: quotas, capacity providers per cluster
		return invalid("The maximum number of capacity providers per cluster has been exceeded.")
	}
	for _, name := range names {
		if _, there, err := h.provider(v, name); err != nil || !there {
			return or(err, unknownProvider(name))
		}
	}
	if slices.ContainsFunc(strategy, func(item types.CapacityProviderStrategyItem) bool {
		return !slices.Contains(names, api.Value(item.CapacityProvider))
	}) {
		return invalid("The specified capacity provider strategy cannot contain a capacity provider that is not associated with the cluster. " +
			"Associate the capacity provider with the cluster or specify a valid capacity provider and try again.")
	}
	bases := 0
	for _, item := range strategy {
		if err := weighable(item); err != nil {
			return err
		}
		bases += min(int(item.Base), 1)
	}
	if bases > 1 {
		return invalid("The specified capacity provider strategy contains multiple capacity providers with a base value defined. " +
			"Only one capacity provider per strategy can have a base value defined.")
	}
	return nil
}

func unknownProvider(name string) error {
	return invalid("The specified capacity provider '%s' was not found. Specify a valid name or ARN and try again.", name)
}
