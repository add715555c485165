package placement

import (
	"slices"

	"handover/internal/cluster"
)

// Instance is one container instance with the tasks on it.
type Instance struct {
	cluster.Instance
	Tasks   []string `json:"tasks,omitempty"`   // ids of those that are not STOPPED, in the order in which they came
	Dynamic int      `json:"dynamic,omitempty"` // host ports that were ever chosen for tasks
}

// FirstEphemeral is the first of the host ports that are chosen for containers which leave it open; the last is 60999.
// Source: API Reference, PortMapping.hostPort: the kernel's ephemeral port range.
const FirstEphemeral = 32768

// Ephemeral chooses the next of these host ports.
func (i *Instance) Ephemeral() int {
	const count = 61000 - FirstEphemeral
	i.Dynamic++
	return FirstEphemeral + (i.Dynamic-1)%count
}

// ReservedPorts are the host ports that no task may have: SSH's, Docker's and the agent's. Source: API Reference, PortMapping.hostPort.
func ReservedPorts() []int { return []int{22, 2375, 2376, 51678, 51679} }

// Clone makes a copy that shares nothing that either may change.
func (i *Instance) Clone() *Instance {
	c := *i
	c.Tasks = slices.Clone(i.Tasks)
	c.Attributes, c.Tags = slices.Clone(i.Attributes), slices.Clone(i.Tags)
	c.Registered, c.Remaining = clone(i.Registered), clone(i.Remaining)
	return &c
}

func clone(r cluster.Resources) cluster.Resources {
	r.GPUs, r.TCP, r.UDP = slices.Clone(r.GPUs), slices.Clone(r.TCP), slices.Clone(r.UDP)
	return r
}

// Lacks says why a task does not fit on the instance as it is now; it is empty where it fits. The words are those of RunTask's failures.
// Source: developer guide, api_failures_messages.
func (i *Instance) Lacks(n cluster.Needs) string {
	left := i.Remaining
	switch {
	case !i.Connected:
		return "AGENT"
	case n.CPU > left.CPU:
		return "RESOURCE:CPU"
	case n.Memory > left.Memory:
		return "RESOURCE:MEMORY"
	case n.GPUs > len(left.GPUs):
		return "RESOURCE:GPU"
	case meet(n.TCP, left.TCP) || meet(n.UDP, left.UDP):
		return "RESOURCE:PORTS"
	}
	return ""
}

func meet(wanted, taken []int) bool {
	return slices.ContainsFunc(wanted, func(port int) bool { return slices.Contains(taken, port) })
}

// Take books a task that fits, and gives what it was given, for Give.
func (i *Instance) Take(task string, n cluster.Needs) cluster.Resources {
	held := cluster.Resources{CPU: n.CPU, Memory: n.Memory, GPUs: slices.Clone(i.Remaining.GPUs[:n.GPUs]), TCP: slices.Clone(n.TCP), UDP: slices.Clone(n.UDP)}
	i.Remaining.CPU -= held.CPU
	i.Remaining.Memory -= held.Memory
	i.Remaining.GPUs = slices.Clone(i.Remaining.GPUs[n.GPUs:])
	i.Remaining.TCP = slices.Sorted(slices.Values(slices.Concat(i.Remaining.TCP, held.TCP)))
	i.Remaining.UDP = slices.Sorted(slices.Values(slices.Concat(i.Remaining.UDP, held.UDP)))
	i.Tasks = append(i.Tasks, task)
	i.Version++
	return held
}

// Give returns what a task held: as soon as its stop is decided, while its containers still run. Source: AWS What's New of July 2023.
func (i *Instance) Give(held cluster.Resources) {
	i.Remaining.CPU += held.CPU
	i.Remaining.Memory += held.Memory
	i.Remaining.GPUs = slices.Sorted(slices.Values(slices.Concat(i.Remaining.GPUs, held.GPUs)))
	i.Remaining.TCP = without(i.Remaining.TCP, held.TCP)
	i.Remaining.UDP = without(i.Remaining.UDP, held.UDP)
	i.Version++
}

// Leave forgets a task that is STOPPED.
func (i *Instance) Leave(task string) {
	i.Tasks = slices.DeleteFunc(i.Tasks, func(id string) bool { return id == task })
}

// without removes one entry for each of some ports.
func without(taken, freed []int) []int {
	for _, port := range freed {
		if at := slices.Index(taken, port); at >= 0 {
			taken = slices.Delete(taken, at, at+1)
		}
	}
	return taken
}
