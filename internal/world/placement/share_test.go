package placement

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"handover/internal/cluster"
)

func TestShare(t *testing.T) {
	strategy := []cluster.ProviderShare{{Name: "a", Base: 1, Weight: 1}, {Name: "b", Weight: 3}}
	var got []string
	for n := range 9 {
		got = append(got, ShareOf(strategy, n))
	}
	if want := []string{"a", "b", "b", "a", "b", "b", "b", "a", "b"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if got := ShareOf([]cluster.ProviderShare{{Name: "a", Base: 2}, {Name: "b"}}, 2); got != "" {
		t.Errorf("without weights the third task goes to %q", got)
	}
}

// TestShares: whatever the strategy, the base is reached first, a weight of 0 gets nothing beyond it, and no provider is more than a task beyond its part.
func TestShares(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		strategy := []cluster.ProviderShare{
			{Name: "a", Base: rapid.IntRange(0, 5).Draw(t, "base"), Weight: rapid.IntRange(0, 6).Draw(t, "a")},
			{Name: "b", Weight: rapid.IntRange(1, 6).Draw(t, "b")}, {Name: "c", Weight: rapid.IntRange(0, 6).Draw(t, "c")},
		}
		tasks := rapid.IntRange(0, 60).Draw(t, "tasks")
		counts, weights := map[string]int{}, 0
		for n := range tasks {
			counts[ShareOf(strategy, n)]++
		}
		for _, p := range strategy {
			weights += p.Weight
		}
		beyond := max(0, tasks-strategy[0].Base)
		for _, p := range strategy {
			part := float64(beyond*p.Weight) / float64(weights)
			if over := float64(counts[p.Name]-min(p.Base, tasks)) - part; over >= float64(len(strategy)) || over <= -float64(len(strategy)) || p.Weight == 0 && over != 0 {
				t.Errorf("%s of %v has %d of %d tasks, its part is %.1f", p.Name, strategy, counts[p.Name], tasks, part)
			}
		}
	})
}
