package balancing

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
	"handover/internal/world"
)

// kind is a kind of object that this package declares in the world.
type kind struct {
	name   string // under which the world keeps it
	words  string // in messages
	prefix string // of the resource in its ARN
}

var (
	balancerKind = kind{"load-balancer", "load balancer", "loadbalancer/"}
	listenerKind = kind{"listener", "listener", "listener/"}
	ruleKind     = kind{"listener-rule", "rule", "listener-rule/"}
)

func (k kind) missing() error {
	switch k {
	case balancerKind:
		return balancerNotFound()
	case listenerKind:
		return listenerNotFound()
	}
	return ruleNotFound()
}

// find reads an ARN parameter and finds the object.
func (k kind) find(v api.View, arn *string) (world.Object, error) {
	if api.Value(arn) == "" {
		return world.Object{}, invalid("A %s ARN must be specified", k.words)
	}
	parsed, err := cluster.ParseARN(*arn)
	if err != nil || parsed.Service != "elasticloadbalancing" || !strings.HasPrefix(parsed.Resource, k.prefix) {
		return world.Object{}, invalid("'%s' is not a valid %s ARN", *arn, k.words)
	}
	found, ok := v.World.DeclaredAt(*arn)
	if !ok || found.Type != k.name {
		return world.Object{}, k.missing()
	}
	return found, nil
}

// all finds each of a list of ARNs.
func (k kind) all(v api.View, arns []string) ([]world.Object, error) {
	var found []world.Object
	for _, arn := range arns {
		o, err := k.find(v, &arn)
		if err != nil {
			return nil, err
		}
		found = append(found, o)
	}
	return found, nil
}

// beneath is the ARN, up to the id that the world adds, of an object of a kind that goes with another: a listener's has the path of its load balancer,
// a rule's that of its listener.
func (k kind) beneath(parent string) string {
	arn, err := cluster.ParseARN(parent)
	if err != nil {
		return "" // a parent has been found by its ARN
	}
	_, path, _ := strings.Cut(arn.Resource, "/")
	return arn.With(k.prefix + path + "/").String()
}

// beside is what is kept of an object beside what descriptions show. No member of the API has these names.
type beside struct {
	Attributes map[string]string `json:",omitempty"` // those that a request has set
	Further    []string          `json:",omitempty"` // certificates of a listener, beside its default one
	Capacity   *int32            `json:",omitempty"` // units that a load balancer reserves
	ReservedAt *time.Time        `json:",omitempty"` // when that was last changed
	Asked      json.RawMessage   `json:",omitempty"` // the request that made it: AWS answers the same request again with the same object
}

// read gives what is kept of an object: a description, and what is beside it.
func read[T any](h *handlers, o world.Object) (shown T, kept beside, err error) {
	if len(o.Members) == 0 {
		return shown, kept, nil
	}
	if err := h.codec.Decode(o.Members, &shown); err != nil {
		return shown, kept, err
	}
	if err := json.Unmarshal(o.Members, &kept); err != nil {
		return shown, kept, fmt.Errorf("reading what is kept of %s: %w", o.ARN, err)
	}
	return shown, kept, nil
}

// write keeps an object and gives it back as the world has it.
func (h *handlers) write(v api.View, o world.Object, shown any, kept beside) (world.Object, error) {
	text, err := h.codec.Encode(shown)
	if err != nil {
		return o, err
	}
	all := map[string]json.RawMessage{}
	if err := json.Unmarshal(text, &all); err != nil {
		return o, fmt.Errorf("keeping a description: %w", err)
	}
	more, err := json.Marshal(kept)
	if err != nil {
		return o, fmt.Errorf("keeping what is beside a description: %w", err)
	}
	if err := json.Unmarshal(more, &all); err != nil {
		return o, fmt.Errorf("keeping what is beside a description: %w", err)
	}
	members, err := json.Marshal(all)
	if err != nil {
		return o, fmt.Errorf("keeping a description: %w", err)
	}
	ids, err := v.Act(cluster.Declare{ARN: o.ARN, Type: o.Type, Name: o.Name, Parent: o.Parent, Members: members})
	if err != nil {
		return o, err
	}
	o.ARN, o.Members = ids[0], members
	return o, nil
}

// asked encodes a request without its tags, to tell whether another is the same.
func (h *handlers) asked(in any) (json.RawMessage, error) {
	text, err := h.codec.Encode(in)
	if err != nil {
		return nil, err
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, fmt.Errorf("keeping a request: %w", err)
	}
	delete(all, "Tags")
	return json.Marshal(all) // in the order of the names
}

// sized checks a page size. Source: API Reference, DescribeLoadBalancers.PageSize.
func sized(given *int32) error {
	if given != nil && (*given < 1 || *given > 400) {
		return invalid("The page size must be between 1 and 400")
	}
	return nil
}

// paged cuts a page out of items in the order of their keys.
func paged[T any](all []T, key func(T) string, marker *string, size *int32) (page []T, next *string, err error) {
	cut, token, err := api.Page(all, key, api.Value(marker), int(or(size, 400)))
	if err != nil {
		return nil, nil, invalid("The marker is not valid")
	}
	return cut, api.Some(token), nil
}
