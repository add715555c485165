package forecast

import (
	"slices"
	"strconv"
	"strings"

	"handover/internal/cluster"
)

// WithRevision gives a snapshot in which the service has a task definition that is about to be deployed: the one that was read by its name, or, where it could not be read, a copy of the
// one that the service has. So its tasks are taken to start, get healthy and stop as today's do. A family alone, of which nothing was read, stands for its latest revision: where it is
// the service's own family, the revision that it has stands for it.
func WithRevision(s cluster.Snapshot, key cluster.ServiceKey, definition string) cluster.Snapshot {
	at := slices.IndexFunc(s.Services, func(v cluster.ServiceView) bool { return v.Service.Key == key })
	if at < 0 || definition == "" {
		return s
	}
	view := s.Services[at]
	if read := slices.IndexFunc(s.Definitions, func(d cluster.NamedDefinition) bool {
		return !d.Missing && (d.Name == definition || d.Definition.ARN == definition)
	}); read >= 0 {
		return withDefinition(s, at, s.Definitions[read].Definition)
	}
	place, err := cluster.ParseARN(view.Service.ARN)
	if err != nil {
		return s
	}
	family, revision, numbered := strings.Cut(cluster.Revision(definition), ":")
	if own, _, _ := strings.Cut(cluster.Revision(view.Service.Definition), ":"); !numbered && family == own {
		return s
	}
	if !numbered {
		revision = "1"
	}
	added, _ := view.Definition(view.Service.Definition)
	added.ARN, added.Family = place.With("task-definition/"+family+":"+revision).String(), family
	added.Revision, _ = strconv.Atoi(revision)
	return withDefinition(s, at, added)
}

// withDefinition adds a task definition to those of a snapshot's nth service, unless it has it.
func withDefinition(s cluster.Snapshot, at int, added cluster.TaskDefinition) cluster.Snapshot {
	view := s.Services[at]
	if _, known := view.Definition(added.ARN); known {
		return s
	}
	view.Definitions = append(slices.Clone(view.Definitions), added)
	slices.SortFunc(view.Definitions, func(a, b cluster.TaskDefinition) int { return strings.Compare(a.ARN, b.ARN) })
	s.Services = slices.Clone(s.Services)
	s.Services[at] = view
	return s
}
