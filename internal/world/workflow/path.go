package workflow

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// read finds what a reference path, such as $.detail.items[0], names. Source: Amazon States Language, reference paths.
func read(path string, input any) (any, error) {
	steps, err := steps(path)
	if err != nil {
		return nil, err
	}
	at := input
	for _, step := range steps {
		object, isObject := at.(map[string]any)
		list, isList := at.([]any)
		n, isNumber := strconv.Atoi(step)
		switch {
		case isObject && has(object, step):
			at = object[step]
		case isList && isNumber == nil && n >= 0 && n < len(list):
			at = list[n]
		default:
			return nil, fmt.Errorf("the path %s is not in the input", path)
		}
	}
	return at, nil
}

func has(object map[string]any, name string) bool { _, ok := object[name]; return ok }

// steps takes a path apart: $.a.b[0]['c'] has the steps a, b, 0 and c.
func steps(path string) ([]string, error) {
	rest, ok := strings.CutPrefix(path, "$")
	if !ok {
		return nil, fmt.Errorf("%q is no path", path)
	}
	rest = strings.NewReplacer("['", ".", "']", "", "[", ".", "]", "").Replace(rest)
	if rest == "" {
		return nil, nil
	}
	if rest[0] != '.' || strings.Contains(rest, "..") || strings.ContainsAny(rest, "*?()@,:") {
		return nil, fmt.Errorf("the emulator has no path such as %s", path)
	}
	return strings.Split(rest[1:], "."), nil
}

// write puts a value at a path of an object, and gives the object. What is on the way and not there is made.
func write(path string, into, value any) (any, error) {
	steps, err := steps(path)
	if err != nil || len(steps) == 0 {
		return value, err
	}
	return set(steps, into, value), nil
}

// set gives a copy of an object in which one place is another.
func set(steps []string, into, value any) any {
	if len(steps) == 0 {
		return value
	}
	object, _ := into.(map[string]any)
	changed := maps.Clone(object)
	if changed == nil {
		changed = map[string]any{}
	}
	changed[steps[0]] = set(steps[1:], changed[steps[0]], value)
	return changed
}

// fill makes the parameters of a state: a member whose name ends in .$ is read from the input, or, from $$ on, from what is known of the execution.
func fill(template, input, context any) (any, error) {
	switch t := template.(type) {
	case []any:
		all := make([]any, len(t))
		for i, one := range t {
			filled, err := fill(one, input, context)
			if err != nil {
				return nil, err
			}
			all[i] = filled
		}
		return all, nil
	case map[string]any:
		filled := map[string]any{}
		for _, name := range slices.Sorted(maps.Keys(t)) {
			plain, byPath := strings.CutSuffix(name, ".$")
			value, err := fill(t[name], input, context)
			if byPath {
				value, err = pathed(fmt.Sprint(t[name]), input, context)
			}
			if err != nil {
				return nil, err
			}
			filled[plain] = value
		}
		return filled, nil
	}
	return template, nil
}

func pathed(path string, input, context any) (any, error) {
	if inner, ok := strings.CutPrefix(path, "$$"); ok {
		return read("$"+inner, context)
	}
	return read(path, input)
}

// value reads JSON that was checked before.
func value(text string) any {
	var v any
	_ = json.Unmarshal([]byte(text), &v) // what is no JSON is null, as no caller's is
	return v
}

func text(v any) string {
	b, _ := json.Marshal(v) // read from JSON, so that it can be written
	return string(b)
}
