package service

import (
	"slices"

	"handover/internal/cluster"
)

// Uses tells whether tasks of the service may go to a capacity provider.
func (s *Service) Uses(provider string) bool {
	return s.Provider == provider || slices.ContainsFunc(s.Providers, func(p cluster.ProviderShare) bool { return p.Name == provider })
}

// ByProvider counts the tasks that are meant to run by their capacity providers.
func (s *Service) ByProvider() map[string]int {
	counts := map[string]int{}
	for _, t := range s.Tasks {
		if t.MeantToRun() {
			counts[t.Provider]++
		}
	}
	return counts
}

// Lacking is how many tasks ECS would start now, had it room for all: what the primary deployment has less than desired, on instances that do not drain, as far as the
// ceiling allows.
func (s *Service) Lacking() int {
	have, held := 0, 0
	for _, t := range s.Tasks {
		if !t.Gone() {
			held++
		}
		if t.MeantToRun() && !t.Evicted && t.StartedBy == s.Primary().ID {
			have++
		}
	}
	return max(0, min(s.Desired-have, s.Bounds.Ceiling(s.Desired)-held))
}
