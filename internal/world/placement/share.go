package placement

import "handover/internal/cluster"

// Share chooses the capacity provider of the next task, where the others have so many each: first those whose base is not reached, then by weight the one that is
// furthest behind; of equals the first. It is empty where no provider takes any. Source: API Reference, CapacityProviderStrategyItem.
//
// A with a base of 1 and a weight of 1, B with a weight of 3: the tasks go to A, B, B, A, B, B, B, A, B: one for the base, then one of four.
func Share(strategy []cluster.ProviderShare, counts map[string]int) string {
	chosen, load := "", 0.0
	for _, p := range strategy {
		if counts[p.Name] < p.Base {
			return p.Name
		}
		if p.Weight == 0 {
			continue
		}
		if next := float64(counts[p.Name]-p.Base+1) / float64(p.Weight); chosen == "" || next < load {
			chosen, load = p.Name, next
		}
	}
	return chosen
}

// ShareOf chooses the capacity provider of the nth task of one call, counted from 0.
func ShareOf(strategy []cluster.ProviderShare, n int) string {
	counts := map[string]int{}
	for range n {
		counts[Share(strategy, counts)]++
	}
	return Share(strategy, counts)
}
