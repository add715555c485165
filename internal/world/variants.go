package world

import (
	"handover/internal/world/draw"
	"handover/internal/world/profile"
)

// DrawVariants answers all of profile.Questions by the chance of a seed. What is established, and what differs between years, stays as it is; seed 0 leaves
// everything as it is.
func DrawVariants(v profile.Variants, seed uint64) profile.Variants {
	if seed == 0 {
		return v
	}
	for _, q := range profile.Questions() {
		v = q.Answered(v, draw.Bits(seed, "variant", q.Name)&1 == 1)
	}
	return v
}
