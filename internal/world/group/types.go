package group

import (
	"cmp"
	"slices"
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

// Type is an EC2 instance type.
type Type struct {
	Name      string // such as m5.large
	Size      Size
	Arm       bool // AWS Graviton; x86 otherwise
	Burstable bool
	Former    bool // of a former generation
}

// family is a family of instance types, whose sizes differ in their number of vCPUs alone.
type family struct {
	name   string
	memory int    // MiB a vCPU
	sizes  string // separated by spaces; see cpusOf
	arm    bool
	former bool
}

// families are those of which there are Types, by name. Source: EC2 instance types guide, general purpose, compute optimized, memory optimized and accelerated computing.
func families() []family {
	const (
		nitro    = "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge"
		graviton = "medium large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge"
	)
	return []family{
		{name: "c5", memory: 2048, sizes: "large xlarge 2xlarge 4xlarge 9xlarge 12xlarge 18xlarge 24xlarge"},
		{name: "c5a", memory: 2048, sizes: nitro},
		{name: "c6a", memory: 2048, sizes: nitro + " 32xlarge 48xlarge"},
		{name: "c6g", memory: 2048, sizes: graviton, arm: true},
		{name: "c6i", memory: 2048, sizes: nitro + " 32xlarge"},
		{name: "c7g", memory: 2048, sizes: graviton, arm: true},
		{name: "c7i", memory: 2048, sizes: nitro + " 48xlarge"},
		{name: "g4dn", memory: 4096, sizes: "xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge"},
		{name: "g5", memory: 4096, sizes: "xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 48xlarge"},
		{name: "m4", memory: 4096, sizes: "large xlarge 2xlarge 4xlarge 10xlarge 16xlarge", former: true},
		{name: "m5", memory: 4096, sizes: nitro},
		{name: "m5a", memory: 4096, sizes: nitro},
		{name: "m6a", memory: 4096, sizes: nitro + " 32xlarge 48xlarge"},
		{name: "m6g", memory: 4096, sizes: graviton, arm: true},
		{name: "m6i", memory: 4096, sizes: nitro + " 32xlarge"},
		{name: "m7a", memory: 4096, sizes: "medium " + nitro + " 32xlarge 48xlarge"},
		{name: "m7g", memory: 4096, sizes: graviton, arm: true},
		{name: "m7i", memory: 4096, sizes: nitro + " 48xlarge"},
		{name: "p3", memory: 7808, sizes: "2xlarge 8xlarge 16xlarge"},
		{name: "r5", memory: 8192, sizes: nitro},
		{name: "r5a", memory: 8192, sizes: nitro},
		{name: "r6g", memory: 8192, sizes: graviton, arm: true},
		{name: "r6i", memory: 8192, sizes: nitro + " 32xlarge"},
		{name: "r7g", memory: 8192, sizes: graviton, arm: true},
		{name: "r7i", memory: 8192, sizes: nitro + " 48xlarge"},
	}
}

// singular are the types whose size follows from nothing else, the burstable ones and the first of all. Source: EC2 instance types guide.
func singular() []Type {
	all := []Type{
		{Name: "m1.small", Size: Size{CPUs: 1, Memory: 1740}, Former: true},
		{Name: "t2.nano", Size: Size{CPUs: 1, Memory: 512}, Burstable: true, Former: true},
		{Name: "t2.micro", Size: Size{CPUs: 1, Memory: 1024}, Burstable: true, Former: true},
		{Name: "t2.small", Size: Size{CPUs: 1, Memory: 2048}, Burstable: true, Former: true},
	}
	for _, family := range []string{"t2", "t3", "t3a", "t4g"} {
		for i, size := range []string{"nano", "micro", "small", "medium", "large", "xlarge", "2xlarge"} {
			if family == "t2" && i < 3 {
				continue
			}
			cpus := 2
			if i > 4 {
				cpus = cpusOf(size)
			}
			all = append(all, Type{Name: family + "." + size, Size: Size{CPUs: cpus, Memory: 512 << i}, Burstable: true, Arm: family == "t4g", Former: family == "t2"})
		}
	}
	return all
}

// gpus are how many GPUs a type has where that is not one. Source: EC2 instance types guide, accelerated computing.
func gpus() map[string]int {
	return map[string]int{"g4dn.12xlarge": 4, "g5.12xlarge": 4, "g5.24xlarge": 4, "g5.48xlarge": 8, "p3.8xlarge": 4, "p3.16xlarge": 8}
}

// Types are the instance types that there are, by name. EC2 has some ten times as many; SizeOf answers for those, too.
func Types() []Type {
	all := singular()
	for _, f := range families() {
		for _, size := range strings.Fields(f.sizes) {
			name := f.name + "." + size
			all = append(all, Type{Name: name, Size: f.size(name), Arm: f.arm, Former: f.former})
		}
	}
	slices.SortFunc(all, func(a, b Type) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// size is what a type of the family has: m5.2xlarge has 8 vCPUs, and 8 × 4096 MiB.
func (f family) size(name string) Size {
	_, size, _ := strings.Cut(name, ".")
	s := Size{CPUs: cpusOf(size), Memory: cpusOf(size) * f.memory}
	if f.name[0] == 'g' || f.name[0] == 'p' {
		s.GPUs = cmp.Or(gpus()[name], 1)
	}
	return s
}

// SizeOf gives what an instance type has. One of a family that is not known is taken for one like it: 2 GiB a vCPU in c families, 8 in r, 4 in others; one that cannot be read
// for 2 vCPUs with 8 GiB.
func SizeOf(instanceType string) Size {
	for _, t := range singular() {
		if t.Name == instanceType {
			return t.Size
		}
	}
	name, size, _ := strings.Cut(instanceType, ".")
	if name == "" || size == "" {
		return Size{CPUs: 2, Memory: 8192}
	}
	known := families()
	at, there := slices.BinarySearchFunc(known, name, func(f family, name string) int { return strings.Compare(f.name, name) })
	if there {
		return known[at].size(instanceType)
	}
	memory := map[byte]int{'c': 2048, 'r': 8192}[name[0]]
	return family{name: name, memory: cmp.Or(memory, 4096)}.size(instanceType)
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
