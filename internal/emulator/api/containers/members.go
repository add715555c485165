package containers

import (
	"encoding/json"
	"fmt"
	"maps"
)

// members are the parts of requests that no rule uses, by their names in ECS's API.
type members map[string]json.RawMessage

// declared takes an input apart and leaves out what the Action carries itself.
func (h *handlers) declared(input any, carried ...string) (members, error) {
	text, err := h.codec.Encode(input)
	if err != nil {
		return nil, fmt.Errorf("keeping the members of a request: %w", err)
	}
	var all members
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, fmt.Errorf("keeping the members of a request: %w", err)
	}
	for _, name := range carried {
		delete(all, name)
	}
	return all, nil
}

// kept reads what an Action was given earlier.
func kept(text json.RawMessage) (members, error) {
	all := members{}
	if len(text) == 0 {
		return all, nil
	}
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, fmt.Errorf("reading the members of an earlier request: %w", err)
	}
	return all, nil
}

// with gives the members after a change: those that are given replace the others.
func (m members) with(given members) members {
	merged := maps.Clone(m)
	maps.Copy(merged, given)
	return merged
}

// text writes the members; none is nil.
func (m members) text() (json.RawMessage, error) {
	if len(m) == 0 {
		return nil, nil
	}
	text, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("keeping the members of a request: %w", err)
	}
	return text, nil
}

// into reads kept members into an output type, whose members have the same names.
func (h *handlers) into(text json.RawMessage, target any) error {
	if len(text) == 0 {
		return nil
	}
	if err := h.codec.Decode(text, target); err != nil {
		return fmt.Errorf("reading the members of an earlier request: %w", err)
	}
	return nil
}
