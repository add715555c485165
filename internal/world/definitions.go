package world

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"handover/internal/cluster"
)

func (w *World) registerTaskDefinition(a cluster.RegisterTaskDefinition) (ids []string, err error) {
	if !cluster.ValidName(a.Family) {
		return nil, cluster.Errorf(cluster.ClassInvalid, "ClientException", "Family contains invalid characters.")
	}
	if len(a.Containers) == 0 {
		return nil, cluster.Errorf(cluster.ClassInvalid, "ClientException", "Container list cannot be empty.")
	}
	revision := 1
	for _, d := range w.state.Definitions {
		if d.Family == a.Family {
			revision = d.Revision + 1
		}
	}
	for _, c := range a.Constraints {
		if err := checkConstraint(c); err != nil {
			return nil, err
		}
	}
	d := &definition{Active: true, Members: a.Members}
	d.Family, d.Revision, d.Containers, d.Network = a.Family, revision, slices.Clone(a.Containers), a.Network
	d.CPU, d.Memory, d.Constraints = a.CPU, a.Memory, a.Constraints
	d.ARN = w.arn("ecs", fmt.Sprintf("task-definition/%s:%d", a.Family, revision))
	w.state.Definitions, w.exact = append(w.state.Definitions, d), nil
	slices.SortStableFunc(w.state.Definitions, func(a, b *definition) int {
		if a.Family != b.Family {
			return strings.Compare(a.Family, b.Family)
		}
		return a.Revision - b.Revision
	})
	return []string{d.ARN}, nil
}

// reviseTaskDefinition copies a revision. The tasks of the copy behave as those of the original, but for what is wrong with it: other images may be sound.
func (w *World) reviseTaskDefinition(a cluster.ReviseTaskDefinition) (ids []string, err error) {
	d, ok := w.revision(a.Definition)
	if !ok {
		return nil, cluster.Errorf(cluster.ClassNotFound, "ClientException", "Unable to describe task definition.")
	}
	containers := slices.Clone(d.Containers)
	for _, image := range a.Images {
		at := slices.IndexFunc(containers, func(c cluster.ContainerDefinition) bool { return c.Name == image.Container })
		if at < 0 {
			return nil, cluster.Errorf(cluster.ClassInvalid, "ClientException", "%s has no container %s.", d.ARN, image.Container)
		}
		containers[at].Image = image.Image
	}
	ids, err = w.registerTaskDefinition(cluster.RegisterTaskDefinition{Family: d.Family, Containers: containers, Network: d.Network, CPU: d.CPU, Memory: d.Memory,
		Constraints: slices.Clone(d.Constraints), Members: d.Members})
	if err != nil {
		return nil, err
	}
	behaviour := d.Behaviour
	behaviour.Fault = NoFault
	return ids, w.Behave(ids[0], behaviour)
}

func (w *World) deregisterTaskDefinition(a cluster.DeregisterTaskDefinition) (ids []string, err error) {
	d, ok := w.revision(a.Definition)
	if !ok {
		return nil, cluster.Errorf(cluster.ClassNotFound, "ClientException", "Unable to describe task definition.")
	}
	if d.Active {
		d.Active, d.InactiveAt = false, w.state.Now
	}
	return []string{d.ARN}, nil
}

// revision finds a revision by family (its latest ACTIVE one), family:revision or ARN.
func (w *World) revision(name string) (found *definition, ok bool) {
	if w.exact == nil {
		w.exact = make(map[string]*definition, len(w.state.Definitions))
		for _, d := range w.state.Definitions {
			w.exact[d.ARN] = d
		}
	}
	if found, ok = w.exact[name]; ok {
		return found, true
	}
	if cluster.IsARN(name) {
		arn, err := cluster.ParseARN(name)
		if err != nil {
			return nil, false
		}
		name = strings.TrimPrefix(arn.Resource, "task-definition/")
	}
	family, revision, exact := strings.Cut(name, ":")
	number, err := strconv.Atoi(revision)
	if exact && err != nil {
		return nil, false
	}
	for _, d := range w.state.Definitions {
		if d.Family == family && (exact && d.Revision == number || !exact && d.Active) {
			found, ok = d, true
		}
	}
	return found, ok
}

// usable finds a revision that a service may run. Messages: behaviour §10.
func (w *World) usable(name string) (*definition, error) {
	d, ok := w.revision(name)
	if !ok {
		return nil, cluster.Errorf(cluster.ClassInvalid, "ClientException", "TaskDefinition not found.")
	}
	if !d.Active {
		return nil, cluster.Errorf(cluster.ClassInvalid, "ClientException", "TaskDefinition is inactive")
	}
	return d, nil
}

// Behave sets how the tasks of a revision behave, where that differs from the profile.
func (w *World) Behave(name string, b Behaviour) error {
	d, ok := w.revision(name)
	if !ok {
		return cluster.Errorf(cluster.ClassNotFound, "ClientException", "TaskDefinition not found.")
	}
	d.Behaviour = b
	return nil
}
