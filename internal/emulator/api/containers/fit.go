package containers

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
	"handover/internal/emulator/wire"
)

// use is how tasks of a definition are to run.
type use struct {
	definition  string
	launch      cluster.Launch // empty where capacity providers stand in its place
	providers   []cluster.ProviderShare
	platform    *string // its version, as it was asked for
	network     *types.NetworkConfiguration
	attachments []cluster.Attachment
	volumes     []string // the names of those that the request configures
}

// fargate tells whether all tasks run on Fargate.
func (u use) fargate() bool {
	elsewhere := func(p cluster.ProviderShare) bool { return !strings.HasPrefix(p.Name, "FARGATE") }
	return u.launch == cluster.Fargate || u.launch == "" && len(u.providers) > 0 && !slices.ContainsFunc(u.providers, elsewhere)
}

// fits refuses what a task definition cannot be run as. Whether there is the definition is for the world to say; one that no request made, such as one of a scenario, has
// neither ports nor compatibilities to go by. The words are those of public reports.
func (h *handlers) fits(v api.View, u use) error {
	if err := networkFits(v, &u.definition, u.network); err != nil {
		return err
	}
	if err := launchFits(u); err != nil {
		return err
	}
	if u.fargate() && !slices.Contains(platforms(), platformOf(u.platform)) {
		return &wire.Error{Code: "PlatformUnknownException", Message: "The specified platform does not exist."}
	}
	found, ok := v.World.Definition(u.definition)
	if !ok || found.Members == nil {
		return nil
	}
	definition, err := h.definition(v, found)
	if err != nil {
		return err
	}
	if u.fargate() && !slices.Contains(definition.Compatibilities, types.CompatibilityFargate) {
		return invalid("Task definition does not support launch_type FARGATE.")
	}
	if u.fargate() && platformOf(u.platform) != platform && ofLatest(definition) {
		return &wire.Error{Code: "PlatformTaskDefinitionIncompatibilityException", Message: "One or more of the requested capabilities are not supported."}
	}
	if err := volumesFit(u.volumes, definition.Volumes); err != nil {
		return err
	}
	for _, a := range u.attachments {
		if err := containerFits(a, definition.ContainerDefinitions); err != nil {
			return err
		}
		if err := groupFits(v, a, definition.NetworkMode); err != nil {
			return err
		}
	}
	return nil
}

// associated refuses a strategy with capacity providers that the cluster does not have. Those of Managed Instances belong to a cluster from the start.
func (h *handlers) associated(v api.View, inCluster string, strategy []types.CapacityProviderStrategyItem) error {
	if len(strategy) == 0 {
		return nil
	}
	found, _ := v.World.Cluster(inCluster)
	var declared types.Cluster
	if err := h.into(found.Members, &declared); err != nil {
		return err
	}
	for _, item := range strategy {
		name := api.Value(item.CapacityProvider)
		p, there, err := h.provider(v, name)
		switch {
		case err != nil:
			return err
		case !there:
			return unknownProvider(name)
		case p.ManagedInstancesProvider == nil && !slices.Contains(declared.CapacityProviders, *p.Name) && !slices.Contains(declared.CapacityProviders, *p.CapacityProviderArn):
			return notAssociated()
		}
	}
	return nil
}

func notAssociated() error {
	return invalid("The specified capacity provider strategy cannot contain a capacity provider that is not associated with the cluster. Associate the capacity provider with the cluster and try again.")
}

// overridden refuses overrides of containers that a definition does not have, and of a task's size that Fargate does not offer. The words are those of public reports.
func (h *handlers) overridden(v api.View, name string, launch cluster.Launch, given *types.TaskOverride) error {
	found, ok := v.World.Definition(name)
	if given == nil || !ok {
		return nil
	}
	for _, o := range given.ContainerOverrides {
		there := func(c cluster.ContainerDefinition) bool { return c.Name == api.Value(o.Name) }
		if !slices.ContainsFunc(found.Containers, there) {
			return invalid("Override for container named %s is not a container in the TaskDefinition.", api.Value(o.Name))
		}
	}
	if launch != cluster.Fargate || given.Cpu == nil && given.Memory == nil {
		return nil
	}
	definition, err := h.definition(v, found)
	if err != nil {
		return err
	}
	cpu, memory := cmp.Or(units(given.Cpu), found.CPU), cmp.Or(units(given.Memory), found.Memory)
	if cpu > 0 && memory > 0 && !fitsFargate(cpu, memory, definition.RuntimePlatform) {
		return invalid("No Fargate configuration exists for given values: %d CPU, %d memory. See the Amazon ECS documentation for the valid values.", cpu, memory)
	}
	return nil
}

// runnable tells whether commands can be run in the tasks of a definition: that takes a role of the task's own.
func (h *handlers) runnable(v api.View, name string) (bool, error) {
	found, ok := v.World.Definition(name)
	if !ok || found.Members == nil {
		return true, nil
	}
	definition, err := h.definition(v, found)
	return err == nil && api.Value(definition.TaskRoleArn) != "", err
}

// launchFits refuses what only Fargate has.
func launchFits(u use) error {
	switch {
	case u.launch != cluster.EC2:
		return nil
	case api.Value(u.platform) != "":
		return invalid("The platform version must be null when specifying an EC2 launch type.")
	case u.network != nil && u.network.AwsvpcConfiguration != nil && u.network.AwsvpcConfiguration.AssignPublicIp == types.AssignPublicIpEnabled:
		return invalid("Assign public IP is not supported for this launch type.")
	}
	return nil
}

// platforms are the versions of Fargate's platform; 1.0.0 is that of Windows, too. Source: developer guide, platform-fargate and platform-windows-fargate.
func platforms() []string { return []string{platform, "1.3.0", "1.2.0", "1.1.0", "1.0.0"} }

// ofLatest tells whether a definition asks for what Fargate's platform for Linux has since 1.4.0 alone. Source: API Reference, EFSVolumeConfiguration, EphemeralStorage and
// ContainerDefinition.environmentFiles; the words of the refusal are those of public reports.
func ofLatest(d *types.TaskDefinition) bool {
	if r := d.RuntimePlatform; r != nil && r.OperatingSystemFamily != "" && r.OperatingSystemFamily != types.OSFamilyLinux {
		return false
	}
	return d.EphemeralStorage != nil ||
		slices.ContainsFunc(d.Volumes, func(v types.Volume) bool { return v.EfsVolumeConfiguration != nil }) ||
		slices.ContainsFunc(d.ContainerDefinitions, func(c types.ContainerDefinition) bool { return len(c.EnvironmentFiles) > 0 })
}

// volumesFit: what a request configures must be a volume that its definition leaves to be configured at launch.
func volumesFit(configured []string, declared []types.Volume) error {
	atLaunch := func(v types.Volume) bool { return api.Value(v.ConfiguredAtLaunch) }
	if len(configured) > 0 && !slices.ContainsFunc(declared, atLaunch) {
		return invalid("Volume configuration provided but no matching configuredAtLaunch volume found in task definition.")
	}
	for _, name := range configured {
		if !slices.ContainsFunc(declared, func(v types.Volume) bool { return atLaunch(v) && api.Value(v.Name) == name }) {
			return invalid("The volume name '%s' in your request does not have a matching volume in your Task Definition that is configurable at launch.", name)
		}
	}
	return nil
}

// containerFits: the container behind a load balancer must be there and have the port. Of a range of ports nothing is known before a task starts.
func containerFits(a cluster.Attachment, containers []types.ContainerDefinition) error {
	at := slices.IndexFunc(containers, func(c types.ContainerDefinition) bool { return api.Value(c.Name) == a.Container })
	if at < 0 {
		return invalid("The container %s does not exist in the task definition.", a.Container)
	}
	if !slices.ContainsFunc(containers[at].PortMappings, func(p types.PortMapping) bool {
		return p.ContainerPortRange != nil || int(api.Value(p.ContainerPort)) == a.Port
	}) {
		return invalid("The container %s did not have a container port %d defined.", a.Container, a.Port)
	}
	return nil
}

// groupFits: a load balancer must forward to the group, and tasks with interfaces of their own are targets by address, others by instance. Of a group that no request made
// nothing is known.
func groupFits(v api.View, a cluster.Attachment, network types.NetworkMode) error {
	group, ok := v.World.TargetGroup(a.TargetGroup)
	if !ok || len(group.Members) == 0 {
		return nil
	}
	declared := struct{ TargetType string }{"instance"} // Source: ELBv2 API Reference, CreateTargetGroup.TargetType: the default
	if err := json.Unmarshal(group.Members, &declared); err != nil {
		return fmt.Errorf("reading the members of a target group: %w", err)
	}
	own := network == types.NetworkModeAwsvpc
	switch balanced, err := forwarded(v, a.TargetGroup); {
	case err != nil:
		return err
	case !balanced:
		return invalid("The target group with targetGroupArn %s does not have an associated load balancer.", a.TargetGroup)
	}
	if declared.TargetType == "instance" && own || declared.TargetType == "ip" && !own {
		return invalid("The provided target group %s has target type %s, which is incompatible with the %s network mode specified in the task definition.",
			a.TargetGroup, declared.TargetType, network)
	}
	return nil
}

// forwarded tells whether a listener, or a rule of one, forwards to a target group.
func forwarded(v api.View, group string) (bool, error) {
	type action struct {
		TargetGroupArn string
		ForwardConfig  struct {
			TargetGroups []struct{ TargetGroupArn string }
		}
	}
	to := func(a action) bool {
		return a.TargetGroupArn == group || slices.ContainsFunc(a.ForwardConfig.TargetGroups, func(g struct{ TargetGroupArn string }) bool { return g.TargetGroupArn == group })
	}
	for _, kind := range []string{"listener", "listener-rule"} { // as package balancing declares them
		for _, o := range v.World.Declared(kind) {
			var shown struct{ DefaultActions, Actions []action }
			if err := json.Unmarshal(o.Members, &shown); err != nil {
				return false, fmt.Errorf("reading the actions of %s: %w", o.ARN, err)
			}
			if slices.ContainsFunc(shown.DefaultActions, to) || slices.ContainsFunc(shown.Actions, to) {
				return true, nil
			}
		}
	}
	return false, nil
}
