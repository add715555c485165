package world

import (
	"encoding/json"
	"slices"
	"strings"

	"handover/internal/cluster"
	"handover/internal/world/draw"
)

// Object is something that was declared and that no rule uses: a load balancer, a listener, a capacity provider. The world keeps it, so that there is one
// store, one reset and one copy of everything, but does not look into it.
type Object struct {
	ARN     string          `json:"arn"`
	Type    string          `json:"type"`
	Name    string          `json:"name,omitempty"`
	Parent  string          `json:"parent,omitempty"`
	Members json.RawMessage `json:"members,omitempty"`
}

// Declared gives all objects of a type by ARN.
func (w *World) Declared(kind string) []Object {
	var all []Object
	for _, o := range w.state.Declared {
		if o.Type == kind {
			all = append(all, o)
		}
	}
	return all
}

// DeclaredBeneath gives the objects of a type that go with a parent, by ARN.
func (w *World) DeclaredBeneath(parent, kind string) []Object {
	return slices.DeleteFunc(w.Declared(kind), func(o Object) bool { return o.Parent != parent })
}

// DeclaredAt finds a declared object by ARN.
func (w *World) DeclaredAt(arn string) (found Object, ok bool) {
	at, ok := w.placeOf(arn)
	if !ok {
		return Object{}, false
	}
	return w.state.Declared[at], true
}

func (w *World) placeOf(arn string) (at int, there bool) {
	return slices.BinarySearchFunc(w.state.Declared, arn, func(o Object, arn string) int { return strings.Compare(o.ARN, arn) })
}

func (w *World) declare(a cluster.Declare) (ids []string, err error) {
	arn := a.ARN
	if strings.HasSuffix(arn, "/") {
		w.state.Numbered++
		arn += hex64(draw.Bits(w.state.Seed, arn, draw.Nth("declared", w.state.Numbered)))
	}
	o := Object{ARN: arn, Type: a.Type, Name: a.Name, Parent: a.Parent, Members: slices.Clone(a.Members)}
	at, there := w.placeOf(arn)
	if there {
		w.state.Declared[at] = o
		return []string{arn}, nil
	}
	w.state.Declared = slices.Insert(w.state.Declared, at, o)
	return []string{arn}, nil
}

// retract removes an object and what is beneath it. A parent's ARN may sort before or after those of its children, so all are looked at.
func (w *World) retract(a cluster.Retract) (ids []string, err error) {
	gone := []string{a.ARN}
	for i := 0; i < len(gone); i++ {
		for _, o := range w.state.Declared {
			if o.Parent == gone[i] && !slices.Contains(gone, o.ARN) {
				gone = append(gone, o.ARN)
			}
		}
	}
	w.state.Declared = slices.DeleteFunc(w.state.Declared, func(o Object) bool { return slices.Contains(gone, o.ARN) })
	for _, arn := range gone {
		w.untag(arn)
	}
	return []string{a.ARN}, nil
}

// untag forgets the tags of a resource that is gone: one that is made later under the same ARN begins without.
func (w *World) untag(arn string) {
	w.state.Tagged = slices.DeleteFunc(w.state.Tagged, func(t tagged) bool { return t.ARN == arn })
}

func (w *World) updateCluster(a cluster.UpdateCluster) (ids []string, err error) {
	c, ok := w.cluster(a.Cluster)
	if !ok {
		return nil, clusterNotFound()
	}
	c.Members = slices.Clone(a.Members)
	return []string{c.Name}, nil
}

// deleteTaskDefinition marks a revision, which stays as DELETE_IN_PROGRESS: AWS deletes it when nothing refers to it, at a time of its own, and never gives its
// number again. Source: API Reference, DeleteTaskDefinitions; the messages are those of its failures in public reports.
func (w *World) deleteTaskDefinition(a cluster.DeleteTaskDefinition) (ids []string, err error) {
	d, ok := w.revision(a.Definition)
	switch {
	case !ok:
		return nil, cluster.Errorf(cluster.ClassNotFound, "ClientException", "The specified task definition does not exist. Specify a valid account, family, revision and try again.")
	case d.Active:
		return nil, cluster.Errorf(cluster.ClassState, "ClientException", "The specified task definition is still in ACTIVE status. Please deregister the target and try again.")
	}
	d.Deleting = true
	return []string{d.ARN}, nil
}
