package world

import (
	"cmp"
	"encoding/json"

	"handover/internal/cluster"
)

// This file has the stops and starts of EC2 instances. Source: EC2 user guide, Stop_Start and ec2-instance-lifecycle; messages: public reports.

// unpowered is EC2's error for an instance in a state from which it cannot be what is asked for.
func unpowered(id, what string) *cluster.APIError {
	return cluster.Errorf(cluster.ClassState, "IncorrectInstanceState", "The instance '%s' is not in a state from which it can be %s.", id, what)
}

// knownMachine finds an EC2 instance that must be there.
func (w *World) knownMachine(id string) (*cluster.Machine, error) {
	m, ok := w.machine(id)
	if !ok {
		return nil, cluster.Errorf(cluster.ClassNotFound, "InvalidInstanceID.NotFound", "The instance ID '%s' does not exist", id)
	}
	return m, nil
}

// stopMachine stops an instance. Its agent is gone at once; a group takes it for unhealthy, unless its process HealthCheck is suspended.
// Source: EC2 Auto Scaling user guide, health-checks-overview.
func (w *World) stopMachine(a cluster.StopMachine) (ids []string, err error) {
	m, err := w.knownMachine(a.ID)
	if err != nil {
		return nil, err
	}
	switch m.State {
	case cluster.MachineStopping, cluster.MachineStopped:
		return []string{m.ID}, nil
	case cluster.MachineRunning:
	default:
		return nil, unpowered(m.ID, "stopped")
	}
	m.State, m.Reason = cluster.MachineStopping, "User initiated ("+w.state.Now.UTC().Format("2006-01-02 15:04:05")+" GMT)"
	w.tellMachine(m)
	w.disableTargets(m)
	w.planMachine(m, w.draw(w.state.Profile.Shutdown, m.ID, "stop"), cluster.MachineStopping)
	if i, ok := w.hostedOn(m.ID); ok {
		w.take(&Report{Kind: AgentDisconnected, Instance: i.ID}, nil)
	}
	if g, member, ok := w.memberOf(m.ID); ok && member.Counts() && !g.Is("HealthCheck") {
		member.Healthy = false
		w.wakeGroup(g, w.draw(w.state.Profile.Look, g.Name, "unhealthy"))
	}
	return []string{m.ID}, nil
}

// endTasksOn ends what ran on an instance that has stopped. ECS hears of it when the agent is there again. Source: developer guide, ecs_instances, "stop a container instance".
func (w *World) endTasksOn(m *cluster.Machine) {
	i, ok := w.hostedOn(m.ID)
	if !ok {
		return
	}
	host, _ := w.hostByID(i.ID)
	for _, id := range host.Tasks {
		w.take(&Report{Kind: Exited, Task: id}, nil)
	}
}

// startMachine starts an instance that is stopped; one that runs or is about to stays as it is.
func (w *World) startMachine(a cluster.StartMachine) (ids []string, err error) {
	m, err := w.knownMachine(a.ID)
	if err != nil {
		return nil, err
	}
	switch m.State {
	case cluster.MachinePending, cluster.MachineRunning:
		return []string{m.ID}, nil
	case cluster.MachineStopped:
	default:
		return nil, unpowered(m.ID, "started")
	}
	m.State, m.Reason, m.LaunchedAt = cluster.MachinePending, "", w.state.Now
	w.tellMachine(m)
	w.planMachine(m, w.state.Profile.Boot.Median, cluster.MachineRunning)
	return []string{m.ID}, nil
}

func (w *World) modifyMachine(a cluster.ModifyMachine) (ids []string, err error) {
	m, err := w.knownMachine(a.ID)
	if err != nil {
		return nil, err
	}
	if (a.Type != nil || a.UserData != nil) && m.State != cluster.MachineStopped {
		return nil, cluster.Errorf(cluster.ClassState, "IncorrectInstanceState", "The instance '%s' is not in the 'stopped' state.", m.ID)
	}
	m.Type, m.UserData = cmp.Or(given(a.Type, m.Type), m.Type), given(a.UserData, m.UserData)
	if len(a.Members) > 0 {
		m.Members = append(json.RawMessage{}, a.Members...)
	}
	return []string{m.ID}, nil
}
