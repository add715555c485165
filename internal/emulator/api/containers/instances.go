package containers

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
	"handover/internal/emulator/wire"
	"handover/internal/expression"
	"handover/internal/world/group"
)

// instanceID takes the id out of a container instance parameter: an id, or an ARN in either format. ok is false for what is the ARN of something else or of another
// cluster.
func instanceID(inCluster, text string) (id string, ok bool) {
	if !cluster.IsARN(text) {
		return text, true
	}
	arn, err := cluster.ParseARN(text)
	kind, rest, found := strings.Cut(arn.Resource, "/")
	if err != nil || arn.Service != "ecs" || kind != "container-instance" || !found {
		return "", false
	}
	before, after, long := strings.Cut(rest, "/")
	if !long {
		return rest, true
	}
	return after, before == inCluster
}

func (h *handlers) registerContainerInstance(ctx context.Context, in *ecs.RegisterContainerInstanceInput) (*ecs.RegisterContainerInstanceOutput, error) {
	machine, err := identity(in.InstanceIdentityDocument)
	if err != nil {
		return nil, err
	}
	tags, err := tagsFrom(in.Tags)
	if err != nil {
		return nil, err
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*ecs.RegisterContainerInstanceOutput, error) {
		found, err := existingCluster(v, in.Cluster)
		if err != nil {
			return nil, err
		}
		action := cluster.RegisterContainerInstance{
			Cluster: found.Name, EC2ID: machine.InstanceID, Zone: machine.AvailabilityZone, Resources: machine.resources(in),
			Attributes: append(machine.attributes(), attributesFrom(in.Attributes)...), Tags: tags,
		}
		if in.VersionInfo != nil {
			action.Agent = api.Value(in.VersionInfo.AgentVersion)
		}
		ids, err := v.Act(action)
		if err != nil {
			return nil, err
		}
		out, err := instanceAt(v, found.Name, ids[0], true)
		return &ecs.RegisterContainerInstanceOutput{ContainerInstance: out}, err
	})
}

// identityDocument is what the emulator reads of an EC2 instance's identity document. Nothing is checked of its signature.
type identityDocument struct {
	InstanceID       string `json:"instanceId"`
	AvailabilityZone string `json:"availabilityZone"`
	InstanceType     string `json:"instanceType"`
	ImageID          string `json:"imageId"`
}

func identity(text *string) (d identityDocument, err error) {
	if api.Value(text) == "" {
		return d, nil
	}
	if err := json.Unmarshal([]byte(*text), &d); err != nil {
		return d, client("The instance identity document cannot be read.")
	}
	return d, nil
}

func (d identityDocument) attributes() []cluster.Attribute {
	var all []cluster.Attribute
	if d.InstanceType != "" {
		all = append(all, cluster.Attribute{Name: "ecs.instance-type", Value: d.InstanceType})
	}
	if d.ImageID != "" {
		all = append(all, cluster.Attribute{Name: "ecs.ami-id", Value: d.ImageID})
	}
	return all
}

// resources are those that the agent offers. One that offers none gets what its instance's type has: no agent does so, and a container instance without resources is of no use
// to whoever registers one by hand.
func (d identityDocument) resources(in *ecs.RegisterContainerInstanceInput) cluster.Resources {
	if len(in.TotalResources) == 0 {
		return group.SizeOf(d.InstanceType).Resources()
	}
	return resourcesFrom(in.TotalResources, in.PlatformDevices)
}

func attributesFrom(given []types.Attribute) []cluster.Attribute {
	var all []cluster.Attribute
	for _, a := range given {
		all = append(all, cluster.Attribute{Name: api.Value(a.Name), Value: api.Value(a.Value)})
	}
	return all
}

// resourcesFrom reads what an agent offers. Source: API Reference, Resource.
func resourcesFrom(given []types.Resource, devices []types.PlatformDevice) cluster.Resources {
	var r cluster.Resources
	for _, one := range given {
		switch api.Value(one.Name) {
		case "CPU":
			r.CPU = int(one.IntegerValue)
		case "MEMORY":
			r.Memory = int(one.IntegerValue)
		case "PORTS":
			r.TCP = numbers(one.StringSetValue)
		case "PORTS_UDP":
			r.UDP = numbers(one.StringSetValue)
		}
	}
	for _, d := range devices {
		if d.Type == types.PlatformDeviceTypeGpu {
			r.GPUs = append(r.GPUs, api.Value(d.Id))
		}
	}
	slices.Sort(r.GPUs)
	return r
}

func (h *handlers) deregisterContainerInstance(ctx context.Context, in *ecs.DeregisterContainerInstanceInput) (*ecs.DeregisterContainerInstanceOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*ecs.DeregisterContainerInstanceOutput, error) {
		found, err := existingCluster(v, in.Cluster)
		if err != nil {
			return nil, err
		}
		ids, err := v.Act(cluster.DeregisterContainerInstance{Cluster: found.Name, Instance: api.Value(in.ContainerInstance), Force: api.Value(in.Force)})
		if err != nil {
			return nil, err
		}
		out, err := instanceAt(v, found.Name, ids[0], false)
		return &ecs.DeregisterContainerInstanceOutput{ContainerInstance: out}, err
	})
}

func (h *handlers) describeContainerInstances(ctx context.Context, in *ecs.DescribeContainerInstancesInput) (*ecs.DescribeContainerInstancesOutput, error) {
	switch {
	case len(in.ContainerInstances) == 0:
		return nil, invalid("Container instance cannot be empty.") // words of public reports
	case len(in.ContainerInstances) > 100: // Source: API Reference, DescribeContainerInstances.containerInstances
		return nil, most("containerInstances", 100)
	}
	withTags := slices.Contains(in.Include, types.ContainerInstanceFieldTags)
	return api.Ask(ctx, h.worlds, func(v api.View) (*ecs.DescribeContainerInstancesOutput, error) {
		found, err := existingCluster(v, in.Cluster)
		if err != nil {
			return nil, err
		}
		out := &ecs.DescribeContainerInstancesOutput{ContainerInstances: []types.ContainerInstance{}, Failures: []types.Failure{}}
		for _, text := range in.ContainerInstances {
			id, ok := instanceID(found.Name, text)
			i, there := v.World.Instance(found.Name, id)
			if !ok || !there {
				out.Failures = append(out.Failures, missing(instanceARN(v, found.Name, text)))
				continue
			}
			out.ContainerInstances = append(out.ContainerInstances, renderInstance(i, withTags))
		}
		return out, nil
	})
}

// instanceARN makes an ARN of what names a container instance.
func instanceARN(v api.View, inCluster, text string) string {
	if cluster.IsARN(text) {
		return text
	}
	return v.ARN("ecs", "container-instance/"+inCluster+"/"+text)
}

// listContainerInstances gives all but those that are INACTIVE, unless a status is asked for. Source: API Reference, ListContainerInstances.status.
func (h *handlers) listContainerInstances(ctx context.Context, in *ecs.ListContainerInstancesInput) (*ecs.ListContainerInstancesOutput, error) {
	size, err := pageSize(in.MaxResults, 100)
	if err != nil {
		return nil, err
	}
	if in.Status != "" && !slices.Contains(in.Status.Values(), in.Status) {
		return nil, invalid("status must be one of ACTIVE, DRAINING, REGISTERING, DEREGISTERING, REGISTRATION_FAILED.")
	}
	var filter *expression.Expression
	if api.Value(in.Filter) != "" {
		parsed, err := expression.Parse(*in.Filter)
		if err != nil {
			return nil, invalid("Invalid filter: %s", *in.Filter)
		}
		filter = &parsed
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*ecs.ListContainerInstancesOutput, error) {
		found, err := existingCluster(v, in.Cluster)
		if err != nil {
			return nil, err
		}
		groups := groupsByInstance(v, found.Name)
		arns := []string{}
		for _, i := range v.World.Instances(found.Name) {
			if in.Status == "" && i.Status == cluster.InstanceInactive || in.Status != "" && string(in.Status) != string(i.Status) {
				continue
			}
			if filter == nil || filter.Matches(i, groups[i.ARN]) {
				arns = append(arns, i.ARN)
			}
		}
		cut, next, err := page(arns, func(s string) string { return s }, in.NextToken, size)
		return &ecs.ListContainerInstancesOutput{ContainerInstanceArns: cut, NextToken: next}, err
	})
}

// groupsByInstance gives the groups of the tasks on each container instance that are meant to run, by ARN.
func groupsByInstance(v api.View, inCluster string) map[string][]string {
	groups := map[string][]string{}
	v.World.EachTask(inCluster, func(t *cluster.Task) {
		if t.Instance != "" && t.MeantToRun() {
			groups[t.Instance] = append(groups[t.Instance], t.Group)
		}
	})
	return groups
}

// updateContainerInstancesState changes up to ten instances; one that is not there is a failure, and the others are changed. Source: API Reference,
// UpdateContainerInstancesState; behaviour part 2, G, for the words about more than ten.
func (h *handlers) updateContainerInstancesState(ctx context.Context, in *ecs.UpdateContainerInstancesStateInput) (*ecs.UpdateContainerInstancesStateOutput, error) {
	switch {
	case len(in.ContainerInstances) == 0:
		return nil, invalid("instanceIds cannot be empty.")
	case len(in.ContainerInstances) > 10:
		return nil, most("instanceIds", 10)
	case in.Status != types.ContainerInstanceStatusActive && in.Status != types.ContainerInstanceStatusDraining:
		return nil, invalid("Container instance status must be one of ACTIVE, DRAINING.")
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*ecs.UpdateContainerInstancesStateOutput, error) {
		found, err := existingCluster(v, in.Cluster)
		if err != nil {
			return nil, err
		}
		out := &ecs.UpdateContainerInstancesStateOutput{ContainerInstances: []types.ContainerInstance{}, Failures: []types.Failure{}}
		for _, text := range in.ContainerInstances {
			id, ok := instanceID(found.Name, text)
			if i, there := v.World.Instance(found.Name, id); !ok || !there || i.Status == cluster.InstanceInactive {
				out.Failures = append(out.Failures, missing(instanceARN(v, found.Name, text)))
				continue
			}
			ids, err := v.Act(cluster.SetInstanceStatus{Cluster: found.Name, Instance: id, Status: cluster.InstanceStatus(in.Status)})
			if err != nil {
				return nil, err
			}
			i, err := instanceAt(v, found.Name, ids[0], false)
			if err != nil {
				return nil, err
			}
			out.ContainerInstances = append(out.ContainerInstances, *i)
		}
		return out, nil
	})
}

// updateContainerAgent answers what AWS answers where the agent is the newest: the emulator has no newer one. Source: API Reference, UpdateContainerAgent.
func (h *handlers) updateContainerAgent(ctx context.Context, in *ecs.UpdateContainerAgentInput) (*ecs.UpdateContainerAgentOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*ecs.UpdateContainerAgentOutput, error) {
		found, err := existingCluster(v, in.Cluster)
		if err != nil {
			return nil, err
		}
		id, ok := instanceID(found.Name, api.Value(in.ContainerInstance))
		if i, there := v.World.Instance(found.Name, id); !ok || !there || i.Status == cluster.InstanceInactive {
			return nil, client("The referenced container instance was not found.")
		}
		return nil, &wire.Error{Code: "NoUpdateAvailableException", Message: "There is no update available for your container agent."}
	})
}

// refusedPlacement makes of the world's word about a task that found no instance the failures of RunTask and StartTask; ok is false for any other error.
func refusedPlacement(err error) (reason string, ok bool) {
	var refused *wire.Error
	if !errors.As(err, &refused) || strings.HasSuffix(refused.Code, "Exception") {
		return "", false
	}
	return refused.Code, true
}
