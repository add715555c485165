package operation

import (
	"slices"
	"time"

	"handover/internal/cluster"
)

// This file counts, while instances are drained, the tasks of every service that has some on them, wherever they run.

// Headcount is what has been counted so far.
type Headcount struct {
	Read time.Time `json:"read,omitzero"` // when the services were read last

	Peak     int                      `json:"peak"`   // tasks of all services at once
	Lowest   int                      `json:"lowest"` // healthy ones
	Services []cluster.ServiceFigures `json:"services,omitempty"`
}

// servicesAtOnce is how many services are counted a look, on average: all are counted at one look, and then at none for as long as that takes. A service of 100 tasks takes six calls, so
// that it makes some 3 calls a second, of the 20 that ECS allows for reading. Source: developer guide, request-throttling: 20 a second for cluster resources.
const servicesAtOnce = 5

// look is what has to be read at a time to count the tasks of services; nothing where that is too early. 50 services are read every 100 s.
func (h *Headcount) look(at time.Time, services []cluster.ServiceKey) cluster.Scope {
	each := time.Duration((len(services)+servicesAtOnce-1)/servicesAtOnce) * drainLook
	var scope cluster.Scope
	if !h.Read.IsZero() && at.Before(h.Read.Add(each)) {
		return scope
	}
	for _, key := range services {
		scope = scope.Union(cluster.ServiceScope{Service: key, Tasks: cluster.AllTasks, Targets: true}.Of())
	}
	return scope
}

// take counts what a snapshot shows, where it shows all of the services whole.
func (h *Headcount) take(in Input, services []cluster.ServiceKey) {
	all, well := 0, 0
	counted := make([]cluster.ServiceFigures, 0, len(services))
	for _, key := range services {
		view, ok := in.Snapshot.Service(key)
		if !ok || !countable(in.Snapshot, key) {
			return
		}
		tasks, healthy := view.Count(in.Snapshot.At)
		all, well = all+tasks, well+healthy
		counted = append(counted, cluster.ServiceFigures{Service: key.Service, Desired: view.Service.Desired, PeakTasks: tasks, LowestHealthy: healthy})
	}
	if len(counted) == 0 {
		return
	}
	first := len(h.Services) == 0
	h.Read, h.Peak = in.Now, max(h.Peak, all)
	if first || well < h.Lowest {
		h.Lowest = well
	}
	h.Services = merged(h.Services, counted)
}

// countable tells whether all tasks of a service, and its targets, were asked for and read.
func countable(s cluster.Snapshot, key cluster.ServiceKey) bool {
	_, tasks := s.Gap(key, cluster.PartTasks)
	_, targets := s.Gap(key, cluster.PartTargets)
	return !tasks && !targets && slices.ContainsFunc(s.Scope.Services, func(scope cluster.ServiceScope) bool {
		return scope.Service == key && scope.Tasks == cluster.AllTasks && scope.Targets
	})
}

// merged are the figures of services with those of another count; both are in the order of the names.
func merged(before, now []cluster.ServiceFigures) []cluster.ServiceFigures {
	for i := range now {
		for _, b := range before {
			if b.Service == now[i].Service {
				now[i].Desired = b.Desired
				now[i].PeakTasks, now[i].LowestHealthy = max(b.PeakTasks, now[i].PeakTasks), min(b.LowestHealthy, now[i].LowestHealthy)
			}
		}
	}
	return now
}

// figures adds what was counted to those of the drain.
func (h *Headcount) figures(f cluster.Figures) cluster.Figures {
	f.PeakTasks, f.LowestHealthy, f.Services = h.Peak, h.Lowest, h.Services
	return f
}
