package world

import (
	"encoding/json"
	"regexp"
	"slices"
	"time"

	"handover/internal/cluster"
	"handover/internal/world/group"
)

func (w *World) planMachine(m *cluster.Machine, after time.Duration, to cluster.MachineState) {
	w.plan(due{At: w.state.Now.Add(after), Kind: dueMachine, Fleet: &fleetDue{Machine: m.ID, State: to}})
}

// shutDown begins to end an instance. Its agent is gone at once; ECS hears that the instance is, when it is terminated.
func (w *World) shutDown(m *cluster.Machine, reason string) {
	if m.State == cluster.MachineShuttingDown || m.State == cluster.MachineTerminated {
		return
	}
	m.State, m.Reason = cluster.MachineShuttingDown, reason
	w.tellMachine(m)
	w.disableTargets(m)
	w.planMachine(m, w.draw(w.state.Profile.Shutdown, m.ID, "shutdown"), cluster.MachineTerminated)
	if i, ok := w.hostedOn(m.ID); ok {
		w.take(&Report{Kind: AgentDisconnected, Instance: i.ID}, nil)
	}
	if g, member, ok := w.memberOf(m.ID); ok && member.Counts() {
		member.Healthy = false
		w.wakeGroup(g, w.draw(w.state.Profile.Look, g.Name, "unhealthy"))
	}
}

// machineDue lets an instance come to its next state, or its agent register it.
func (w *World) machineDue(d fleetDue) {
	m, ok := w.machine(d.Machine)
	if !ok {
		return
	}
	switch d.State {
	case cluster.MachineRunning:
		w.machineRuns(m)
	case cluster.MachineTerminated:
		w.machineEnded(m)
	case "":
		w.join(m)
	case cluster.MachineStopping:
		w.machineStopped(m)
	case cluster.MachineStopped: // an hour after its end EC2 shows it no more. Source: EC2 user guide, terminating-instances
		w.state.Fleet.Machines = slices.DeleteFunc(w.state.Fleet.Machines, func(one *cluster.Machine) bool { return one == m })
		w.untag(m.ID)
	default:
	}
}

func (w *World) machineRuns(m *cluster.Machine) {
	if m.State != cluster.MachinePending {
		return
	}
	m.State = cluster.MachineRunning
	w.tellMachine(m)
	w.enableTargets(m)
	w.planMachine(m, w.draw(w.state.Profile.Join, m.ID, "join"), "")
	if g, member, ok := w.memberOf(m.ID); ok {
		w.arrive(g, member)
	}
}

func (w *World) machineEnded(m *cluster.Machine) {
	m.State = cluster.MachineTerminated
	w.tellMachine(m)
	w.dropTargets(m)
	w.planMachine(m, time.Hour, cluster.MachineStopped)
	if i, ok := w.hostedOn(m.ID); ok {
		w.take(&Report{Kind: InstanceLost, Instance: i.ID}, nil)
	}
	if g, member, ok := w.memberOf(m.ID); ok && (member.Lifecycle == cluster.LifecycleTerminatingProceed || member.Warm()) {
		w.depart(g, member)
	}
}

// hostedOn finds the container instance of an EC2 instance.
func (w *World) hostedOn(machine string) (found cluster.Instance, ok bool) {
	for _, i := range w.state.Instances {
		if i.EC2ID == machine && i.Status != cluster.InstanceInactive {
			return i.Instance, true
		}
	}
	return cluster.Instance{}, false
}

// join registers an instance in the cluster that its user data name, as the agent does that comes with the AMI. One whose user data name none joins no cluster: it may be any
// instance. Source: developer guide, ecs-agent-config (ECS_CLUSTER, ECS_INSTANCE_ATTRIBUTES); bottlerocket settings.ecs.
func (w *World) join(m *cluster.Machine) {
	name, ok := clusterIn(m.UserData)
	if _, there := w.cluster(name); !ok || !there || m.State != cluster.MachineRunning || w.waitsWarm(m) {
		return
	}
	if i, known := w.hostedOn(m.ID); known { // it was stopped, and comes back as the same container instance
		w.take(&Report{Kind: AgentConnected, Instance: i.ID}, nil)
		return
	}
	attributes := append(attributesIn(m.UserData), cluster.Attribute{Name: "ecs.instance-type", Value: m.Type}, cluster.Attribute{Name: "ecs.ami-id", Value: m.Image})
	ids, err := w.registerContainerInstance(cluster.RegisterContainerInstance{
		Cluster: name, EC2ID: m.ID, Zone: m.Zone, Resources: group.SizeOf(m.Type).Resources(), Attributes: attributes,
	})
	if err != nil {
		return // the cluster was deleted meanwhile
	}
	host, ok := w.instance(name, ids[0])
	if g, _, of := w.memberOf(m.ID); ok && of {
		host.Provider = g.Provider
	}
}

// clusterIn finds ECS_CLUSTER=NAME, or cluster = "NAME" beneath [settings.ecs], in user data.
func clusterIn(userData string) (name string, ok bool) {
	for _, form := range []string{`(?m)ECS_CLUSTER=["']?([A-Za-z0-9_-]+)`, `(?ms)^\[settings\.ecs\].*?^cluster\s*=\s*"([A-Za-z0-9_-]+)"`} {
		if found := regexp.MustCompile(form).FindStringSubmatch(userData); found != nil {
			return found[1], true
		}
	}
	return "", false
}

// attributesIn reads ECS_INSTANCE_ATTRIBUTES={"NAME":"VALUE"}.
func attributesIn(userData string) []cluster.Attribute {
	found := regexp.MustCompile(`ECS_INSTANCE_ATTRIBUTES=(?:')?(\{[^}]*\})`).FindStringSubmatch(userData)
	if found == nil {
		return nil
	}
	var values map[string]string
	if err := json.Unmarshal([]byte(found[1]), &values); err != nil {
		return nil // the agent, too, starts without them
	}
	var all []cluster.Attribute
	for _, name := range sortedNames(values) {
		all = append(all, cluster.Attribute{Name: name, Value: values[name]})
	}
	return all
}

// Machines gives all EC2 instances that EC2 still shows, as they were launched.
func (w *World) Machines() []cluster.Machine {
	all := make([]cluster.Machine, 0, len(w.state.Fleet.Machines))
	for _, m := range w.state.Fleet.Machines {
		all = append(all, *m)
	}
	return all
}

// LaunchTemplates gives all launch templates by name.
func (w *World) LaunchTemplates() []LaunchTemplate {
	all := make([]LaunchTemplate, 0, len(w.state.Fleet.Templates))
	for _, t := range w.state.Fleet.Templates {
		shown := *t
		shown.Versions = slices.Clone(shown.Versions)
		all = append(all, shown)
	}
	return all
}
