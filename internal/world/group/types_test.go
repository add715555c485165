package group_test

import (
	"testing"

	"handover/internal/world/group"
)

// TestSizesOfInstanceTypes: figures of the EC2 instance types guide, and of a type that the table does not have.
func TestSizesOfInstanceTypes(t *testing.T) {
	for _, want := range []struct {
		name string
		size group.Size
	}{
		{"m5.large", group.Size{CPUs: 2, Memory: 8192}}, {"c5.9xlarge", group.Size{CPUs: 36, Memory: 73728}}, {"r6g.medium", group.Size{CPUs: 1, Memory: 8192}},
		{"t2.micro", group.Size{CPUs: 1, Memory: 1024}}, {"t3.micro", group.Size{CPUs: 2, Memory: 1024}}, {"t3.2xlarge", group.Size{CPUs: 8, Memory: 32768}},
		{"g5.48xlarge", group.Size{CPUs: 192, Memory: 786432, GPUs: 8}}, {"p3.2xlarge", group.Size{CPUs: 8, Memory: 62464, GPUs: 1}}, {"m1.small", group.Size{CPUs: 1, Memory: 1740}},
		{"r99z.xlarge", group.Size{CPUs: 4, Memory: 32768}}, {"strange", group.Size{CPUs: 2, Memory: 8192}},
	} {
		if got := group.SizeOf(want.name); got != want.size {
			t.Errorf("%s: %+v, want %+v", want.name, got, want.size)
		}
	}
	for i, one := range group.Types() {
		if i > 0 && one.Name <= group.Types()[i-1].Name {
			t.Errorf("%s is there twice, or out of order", one.Name)
		}
		if one.Size != group.SizeOf(one.Name) {
			t.Errorf("%s has two sizes", one.Name)
		}
	}
}
