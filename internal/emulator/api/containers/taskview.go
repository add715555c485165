package containers

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
	"handover/internal/world"
)

// drawing renders the tasks of one cluster. It reads each definition and each service once, however many tasks have it.
type drawing struct {
	h           *handlers
	view        api.View
	cluster     world.Cluster
	definitions map[string]*types.TaskDefinition // by ARN; nil for one that is gone
	services    map[string]*types.Service        // by deployment; what was declared of the service when it began
	networks    map[*types.Service]api.Network   // where the tasks of each of them are
	words       words
}

// words are what is the same in every task that is rendered. A pointer of its own for each would be a fourth of what DescribeTasks makes.
type words struct {
	architecture, zero, network, planned, attached, subnet, networkID, mac, dns, address string
}

func (h *handlers) drawing(v api.View, c world.Cluster) *drawing {
	return &drawing{h: h, view: v, cluster: c, definitions: map[string]*types.TaskDefinition{}, services: map[string]*types.Service{},
		networks: map[*types.Service]api.Network{},
		words: words{architecture: "ecs.cpu-architecture", zero: "0", network: "ElasticNetworkInterface", planned: "PRECREATED", attached: "ATTACHED", subnet: "subnetId",
			networkID: "networkInterfaceId", mac: "macAddress", dns: "privateDnsName", address: "privateIPv4Address"}}
}

// definition gives what a task was made of; an empty one where it is gone.
func (d *drawing) definition(arn string) (*types.TaskDefinition, error) {
	if known, ok := d.definitions[arn]; ok {
		return known, nil
	}
	made := &types.TaskDefinition{}
	if found, ok := d.view.World.Definition(arn); ok {
		var err error
		if made, err = d.h.definition(d.view, found); err != nil {
			return nil, err
		}
	}
	d.definitions[arn] = made
	return made, nil
}

// owner gives what was declared of what started a task: its service, or the call that started a task on its own, whose members have the same names.
func (d *drawing) owner(t *cluster.Task) (*types.Service, error) {
	if t.Service() != "" {
		return d.service(t)
	}
	declared := &types.Service{}
	return declared, d.h.into(d.view.World.TaskMembers(d.cluster.Name, t.ID), declared)
}

// service gives what was declared of a task's service when the task's deployment began.
func (d *drawing) service(t *cluster.Task) (*types.Service, error) {
	name := t.Group + " " + t.StartedBy
	if known, ok := d.services[name]; ok {
		return known, nil
	}
	declared := &types.Service{}
	key := cluster.ServiceKey{Cluster: d.cluster.Name, Service: strings.TrimPrefix(t.Group, "service:")}
	if err := d.h.into(d.view.World.RevisionMembers(key, t.StartedBy), declared); err != nil {
		return nil, err
	}
	d.services[name] = declared
	return declared, nil
}

// task renders a task. What it gives points into the task, which must be a copy of its own.
func (d *drawing) task(t *cluster.Task, withTags bool) (types.Task, error) {
	definition, err := d.definition(t.Definition)
	if err != nil {
		return types.Task{}, err
	}
	service, err := d.owner(t)
	if err != nil {
		return types.Task{}, err
	}
	out := types.Task{
		TaskArn: &t.ARN, ClusterArn: &d.cluster.ARN, TaskDefinitionArn: api.Given(&t.Definition), Group: api.Given(&t.Group), StartedBy: api.Given(&t.StartedBy),
		LastStatus: api.Some(t.Last.String()), DesiredStatus: api.Some(t.Desired.String()), HealthStatus: health(t.Health),
		LaunchType: types.LaunchType(t.Launch), AvailabilityZone: api.Given(&t.Zone), ContainerInstanceArn: api.Given(&t.Instance),
		Cpu: definition.Cpu, Memory: definition.Memory, EphemeralStorage: definition.EphemeralStorage,
		EnableExecuteCommand: service.EnableExecuteCommand, Version: int64(t.Version),
		StopCode: types.TaskStopCode(t.StopCode), StoppedReason: api.Given(&t.StoppedReason),
		CreatedAt: passed(&t.CreatedAt), ConnectivityAt: passed(&t.ConnectedAt), PullStartedAt: passed(&t.PullStartedAt), PullStoppedAt: passed(&t.PullStoppedAt),
		StartedAt: passed(&t.StartedAt), StoppingAt: passed(&t.StoppingAt), ExecutionStoppedAt: passed(&t.ExecutionStoppedAt), StoppedAt: passed(&t.StoppedAt),
		Attributes:  []types.Attribute{{Name: &d.words.architecture, Value: api.Some(architecture(definition))}},
		Attachments: []types.Attachment{}, Tags: []types.Tag{}, InferenceAccelerators: []types.InferenceAccelerator{}, //nolint:staticcheck // AWS still sends the empty list
	}
	if t.Provider != "" {
		out.CapacityProviderName = &t.Provider
	}
	if !t.ConnectedAt.IsZero() {
		out.Connectivity = types.ConnectivityConnected
	}
	if strategy := service.CapacityProviderStrategy; t.Launch == "" && len(strategy) > 0 {
		out.LaunchType = types.LaunchTypeEc2
		if t.Provider == "" { // it was started before its service had a strategy that the world knows
			out.CapacityProviderName = strategy[0].CapacityProvider
		}
		if strings.HasPrefix(api.Value(out.CapacityProviderName), "FARGATE") {
			out.LaunchType = types.LaunchTypeFargate
		}
	}
	if out.LaunchType == types.LaunchTypeFargate {
		out.PlatformVersion, out.PlatformFamily = api.Some(platformOf(service.PlatformVersion)), api.Some(linuxFamily)
	}
	if withTags {
		out.Tags = tagsOf(d.view, t.ARN)
	}
	card := d.networkCard(t, definition, service)
	if card != nil {
		out.Attachments = append(out.Attachments, d.attachment(card, t))
		if card.Zone != "" {
			out.AvailabilityZone = &card.Zone // the world knows the Region's zones and not those of the subnets
		}
	}
	out.Containers = make([]types.Container, 0, len(t.Containers))
	for i := range t.Containers {
		drawn := d.container(t, &t.Containers[i], definition, card)
		drawn.ManagedAgents = execAgent(t, service)
		out.Containers = append(out.Containers, drawn)
	}
	if out.Overrides, err = d.overrides(t); err != nil {
		return out, err
	}
	out.Cpu, out.Memory = cmp.Or(out.Overrides.Cpu, out.Cpu), cmp.Or(out.Overrides.Memory, out.Memory) // it is as large as it was asked to be
	return out, nil
}

// overrides gives what the call that started a task on its own changed of its definition. Every container is named, also one that is as it was.
func (d *drawing) overrides(t *cluster.Task) (*types.TaskOverride, error) {
	var given types.Task
	if err := d.h.into(d.view.World.TaskMembers(d.cluster.Name, t.ID), &given); err != nil {
		return nil, err
	}
	out := given.Overrides
	if out == nil {
		out = &types.TaskOverride{}
	}
	out.ContainerOverrides, out.InferenceAcceleratorOverrides = present(out.ContainerOverrides), []types.InferenceAcceleratorOverride{} //nolint:staticcheck // likewise
	for i := range t.Containers {
		name := &t.Containers[i].Name
		if !slices.ContainsFunc(out.ContainerOverrides, func(o types.ContainerOverride) bool { return api.Value(o.Name) == *name }) {
			out.ContainerOverrides = append(out.ContainerOverrides, types.ContainerOverride{Name: name})
		}
	}
	return out, nil
}

func (d *drawing) container(t *cluster.Task, c *cluster.Container, definition *types.TaskDefinition, card *api.Interface) types.Container {
	id := api.UUID(t.ID, "container", c.Name)
	out := types.Container{
		ContainerArn: api.Some(d.view.ARN("ecs", "container/"+d.cluster.Name+"/"+t.ID+"/"+id)),
		TaskArn:      &t.ARN, Name: &c.Name, Image: api.Given(&c.Image), ImageDigest: api.Given(&c.Digest),
		LastStatus: api.Some(c.Last.String()), HealthStatus: health(c.Health), Reason: api.Given(&c.Reason),
		Cpu: &d.words.zero, NetworkBindings: []types.NetworkBinding{}, NetworkInterfaces: []types.NetworkInterface{},
	}
	if c.ExitCode != nil {
		code := int32(*c.ExitCode)
		out.ExitCode = &code
	}
	if !t.StartedAt.IsZero() {
		out.RuntimeId = api.Some(api.Digest(t.ID, "runtime", c.Name)[:32] + "-" + strconv.Itoa(len(c.Name)))
	}
	for i := range definition.ContainerDefinitions {
		declared := &definition.ContainerDefinitions[i]
		if api.Value(declared.Name) != c.Name {
			continue
		}
		out.Cpu = api.Some(strconv.Itoa(int(declared.Cpu)))
		out.Memory, out.MemoryReservation = amount(declared.Memory), amount(declared.MemoryReservation)
	}
	if card != nil {
		if unattached(t) {
			return out
		}
		out.NetworkInterfaces = append(out.NetworkInterfaces, types.NetworkInterface{AttachmentId: &card.Attachment, PrivateIpv4Address: &card.Address})
		return out
	}
	for _, b := range t.Bindings {
		if b.Container == c.Name {
			port, host := int32(b.Port), int32(b.HostPort)
			out.NetworkBindings = append(out.NetworkBindings, types.NetworkBinding{
				BindIP: api.Some("0.0.0.0"), ContainerPort: &port, HostPort: &host, Protocol: types.TransportProtocolTcp,
			})
		}
	}
	return out
}

// execAgent is the agent that runs commands in a container; none where commands are not enabled. Source: API Reference, ManagedAgent.
func execAgent(t *cluster.Task, service *types.Service) []types.ManagedAgent {
	if !service.EnableExecuteCommand {
		return nil
	}
	agent := types.ManagedAgent{Name: types.ManagedAgentNameExecuteCommandAgent, LastStatus: api.Some(cluster.Pending.String())}
	switch {
	case !t.ExecutionStoppedAt.IsZero():
		agent.LastStatus = api.Some(cluster.Stopped.String())
	case !t.StartedAt.IsZero():
		agent.LastStatus, agent.LastStartedAt = api.Some(cluster.Running.String()), stamp(t.StartedAt)
	}
	return []types.ManagedAgent{agent}
}

func architecture(definition *types.TaskDefinition) string {
	if p := definition.RuntimePlatform; p != nil && p.CpuArchitecture == types.CPUArchitectureArm64 {
		return "arm64"
	}
	return "x86_64"
}

func health(h cluster.Health) types.HealthStatus {
	return types.HealthStatus(cmp.Or(h, cluster.HealthUnknown).String())
}

// amount is a number as ECS writes it of a task's container: a text.
func amount(n *int32) *string {
	if n == nil {
		return nil
	}
	return api.Some(strconv.Itoa(int(*n)))
}

// networkCard gives a task's network interface; nil where it has none.
func (d *drawing) networkCard(t *cluster.Task, definition *types.TaskDefinition, service *types.Service) *api.Interface {
	network, known := d.networks[service]
	if !known {
		network = d.view.Network(networking(service.NetworkConfiguration))
		d.networks[service] = network
	}
	card, ok := d.view.Interface(t, string(definition.NetworkMode), network)
	if !ok {
		return nil
	}
	return &card
}

func networking(given *types.NetworkConfiguration) (n api.Networking) {
	if given == nil || given.AwsvpcConfiguration == nil {
		return n
	}
	a := given.AwsvpcConfiguration
	n.Awsvpc = &api.Awsvpc{Subnets: a.Subnets, SecurityGroups: a.SecurityGroups, AssignPublicIp: string(a.AssignPublicIp)}
	return n
}

// attachment is the interface as ECS shows it: of one that is only planned, as while a task is PROVISIONING, the subnet alone is known. Source: API Reference, Attachment.status; developer guide,
// task-lifecycle-explanation; answers of RunTask in public reports.
func (d *drawing) attachment(card *api.Interface, t *cluster.Task) types.Attachment {
	w := &d.words
	if unattached(t) {
		return types.Attachment{Id: &card.Attachment, Type: &w.network, Status: &w.planned, Details: []types.KeyValuePair{{Name: &w.subnet, Value: &card.Subnet}}}
	}
	out := types.Attachment{Id: &card.Attachment, Type: &w.network, Status: &w.attached, Details: []types.KeyValuePair{
		{Name: &w.subnet, Value: &card.Subnet},
		{Name: &w.networkID, Value: &card.ID},
		{Name: &w.mac, Value: &card.MAC},
		{Name: &w.dns, Value: &card.DNS},
		{Name: &w.address, Value: &card.Address},
	}}
	if t.Gone() {
		out.Status = api.Some("DELETED")
	}
	return out
}

// unattached tells whether a task's network interface is not there yet.
func unattached(t *cluster.Task) bool { return t.Last == cluster.Provisioning }
