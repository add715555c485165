package cluster

import "slices"

// PlacementStrategy is one of the rules by which ECS chooses among container instances; a service has up to five, and the first counts most.
// Source: API Reference, PlacementStrategy.
type PlacementStrategy struct {
	Type  string `json:"type"`            // spread, binpack or random
	Field string `json:"field,omitempty"` // spread: instanceId, or an attribute such as attribute:ecs.availability-zone; binpack: cpu or memory
}

// The types of placement strategies.
const (
	Spread  = "spread"
	Binpack = "binpack"
	Random  = "random"
)

// PlacementConstraint is a condition that a container instance must meet. Source: API Reference, PlacementConstraint.
type PlacementConstraint struct {
	Type       string `json:"type"`                 // distinctInstance or memberOf
	Expression string `json:"expression,omitempty"` // memberOf: in the cluster query language
}

// The types of placement constraints.
const (
	DistinctInstance = "distinctInstance"
	MemberOf         = "memberOf"
)

// PortMapping is a container port that a definition publishes.
type PortMapping struct {
	Container int    `json:"container"`
	Host      int    `json:"host,omitempty"`     // 0 under bridge networking: ECS chooses one
	Protocol  string `json:"protocol,omitempty"` // tcp where it is empty, or udp
}

// Needs are what one task takes of a container instance.
type Needs struct {
	CPU    int   // CPU units
	Memory int   // MiB
	GPUs   int   //
	TCP    []int // host ports that it must have
	UDP    []int // likewise
}

// Plus is what two tasks take together.
func (n Needs) Plus(other Needs) Needs {
	return Needs{
		CPU: n.CPU + other.CPU, Memory: n.Memory + other.Memory, GPUs: n.GPUs + other.GPUs,
		TCP: slices.Concat(n.TCP, other.TCP), UDP: slices.Concat(n.UDP, other.UDP),
	}
}

// Needs works out what a task of this definition takes of a container instance: the task's own CPU and memory, or else the sum of its containers', of which a
// container's reservation counts before its hard limit. Host ports are taken under bridge networking where they are fixed, under host networking always, and under
// awsvpc never. Sources: API Reference, ContainerDefinition.memoryReservation, PortMapping.hostPort.
//
// Containers of 256 CPU units with 512 MiB and of 10 units with 128 reserved of 256 MiB: 266 units, 640 MiB.
func (d TaskDefinition) Needs() Needs {
	n := Needs{}
	for _, c := range d.Containers {
		n.CPU += c.CPU
		n.GPUs += c.GPUs
		if c.MemoryReservation > 0 {
			n.Memory += c.MemoryReservation
		} else {
			n.Memory += c.Memory
		}
		for _, p := range c.Ports {
			port := p.Host
			if d.Network == "host" {
				port = p.Container
			}
			switch {
			case port == 0 || d.Network == "awsvpc" || d.Network == "none":
			case p.Protocol == "udp":
				n.UDP = append(n.UDP, port)
			default:
				n.TCP = append(n.TCP, port)
			}
		}
	}
	if d.CPU > 0 {
		n.CPU = d.CPU
	}
	if d.Memory > 0 {
		n.Memory = d.Memory
	}
	return n
}
