package group

import (
	"strconv"
	"strings"

	"handover/internal/cluster"
)

// Size is what an EC2 instance type has.
type Size struct {
	CPUs   int // vCPUs
	Memory int // MiB
	GPUs   int
}

// SizeOf gives what an instance type has. Families that are not known, and sizes that cannot be read, are taken for 2 vCPUs with 8 GiB.
// Source: EC2 instance types: memory by vCPU is 2 GiB in c families, 4 in m, 8 in r; t has sizes of its own.
func SizeOf(instanceType string) Size {
	family, size, _ := strings.Cut(instanceType, ".")
	if strings.HasPrefix(family, "t") {
		if s, ok := burstable()[size]; ok {
			return s
		}
	}
	cpus := cpusOf(size)
	s := Size{CPUs: cpus}
	switch {
	case family == "":
		return Size{CPUs: 2, Memory: 8192}
	case family[0] == 'c':
		s.Memory = cpus * 2048
	case family[0] == 'r':
		s.Memory = cpus * 8192
	default:
		s.Memory = cpus * 4096
	}
	if family[0] == 'g' || family[0] == 'p' {
		s.GPUs = max(1, cpus/12)
	}
	return s
}

func burstable() map[string]Size {
	return map[string]Size{
		"nano": {CPUs: 2, Memory: 512}, "micro": {CPUs: 2, Memory: 1024}, "small": {CPUs: 2, Memory: 2048}, "medium": {CPUs: 2, Memory: 4096}, "large": {CPUs: 2, Memory: 8192},
		"xlarge": {CPUs: 4, Memory: 16384}, "2xlarge": {CPUs: 8, Memory: 32768},
	}
}

// cpusOf reads a size: medium has 1 vCPU, large 2, xlarge 4, and Nxlarge 4 × N.
func cpusOf(size string) int {
	switch size {
	case "medium":
		return 1
	case "xlarge":
		return 4
	}
	if n, err := strconv.Atoi(strings.TrimSuffix(size, "xlarge")); err == nil {
		return 4 * n
	}
	return 2
}

// kept is the part of an instance's memory, in percent, that its agent does not register: the kernel's and the agent's own. It varies by type and AMI; this is a model choice.
const kept = 5

// Resources are what the agent of an instance registers: 1024 CPU units a vCPU, and the memory that is left.
func (s Size) Resources() cluster.Resources {
	r := cluster.Resources{CPU: 1024 * s.CPUs, Memory: s.Memory * (100 - kept) / 100}
	for n := range s.GPUs {
		r.GPUs = append(r.GPUs, "GPU-"+strconv.Itoa(n))
	}
	return r
}
