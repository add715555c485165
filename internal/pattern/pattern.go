// Package pattern matches objects of JSON with patterns: the filter policies of SNS and the event patterns of EventBridge, which are one language.
//
// It guarantees that an object matches where every key of the pattern does, and that a pattern which is not in the language matches nothing. Check says why one is
// not. It is pure; the caller reads the JSON.
package pattern

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Parse reads a pattern and checks it. The error is for people.
func Parse(text string) (map[string]any, error) {
	var pattern map[string]any
	if err := json.Unmarshal([]byte(text), &pattern); err != nil {
		return nil, errors.New("it is not a JSON object")
	}
	if len(pattern) == 0 {
		return nil, errors.New("it is empty")
	}
	return pattern, check(pattern, "")
}

func check(pattern map[string]any, path string) error {
	for _, key := range slices.Sorted(maps.Keys(pattern)) {
		switch rule := pattern[key].(type) {
		case map[string]any:
			if err := check(rule, path+key+"."); err != nil {
				return err
			}
		case []any:
			if err := checkRules(rule, path+key, key == "$or"); err != nil {
				return err
			}
		default:
			return fmt.Errorf("%q must be an object or an array", path+key)
		}
	}
	return nil
}

func checkRules(rules []any, path string, alternatives bool) error {
	if len(rules) == 0 {
		return fmt.Errorf("%q is an empty array", path)
	}
	for _, r := range rules {
		object, ok := r.(map[string]any)
		switch {
		case alternatives && !ok:
			return fmt.Errorf("%q must have objects", path)
		case alternatives:
			if err := check(object, path+"."); err != nil {
				return err
			}
		case ok && len(object) != 1:
			return fmt.Errorf("%q has a match expression that is not one operator", path)
		case ok:
			for _, operator := range slices.Sorted(maps.Keys(object)) {
				if !slices.Contains([]string{"prefix", "suffix", "equals-ignore-case", "wildcard", "anything-but", "numeric", "exists"}, operator) {
					return fmt.Errorf("%q has the unrecognized match type %s", path, operator)
				}
			}
		}
	}
	return nil
}

// Matches tells whether an object matches a pattern: every key of the pattern must. A value that is a list matches where one of its elements does.
// Source: EventBridge user guide, eb-create-pattern-operators; SNS developer guide, sns-subscription-filter-policies.
func Matches(pattern, values map[string]any) bool {
	for _, key := range slices.Sorted(maps.Keys(pattern)) {
		value, there := values[key]
		switch rule := pattern[key].(type) {
		case map[string]any: // of a message with objects in it
			if list, isList := value.([]any); isList {
				if !slices.ContainsFunc(list, func(v any) bool { return matchesObject(rule, v) }) {
					return false
				}
				continue
			}
			inner, isObject := value.(map[string]any)
			if !isObject {
				inner = nil // its keys are absent, which {"exists":false} matches
			}
			if there && !isObject || !Matches(rule, inner) {
				return false
			}
		case []any:
			if key == "$or" {
				if !anyOf(rule, values) {
					return false
				}
				continue
			}
			if !slices.ContainsFunc(rule, func(r any) bool { return matchesAny(r, value, there) }) {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// matchesObject tells whether one of a list is an object that a pattern matches as a whole. Source: EventBridge user guide, eb-event-patterns-arrays.
func matchesObject(pattern map[string]any, value any) bool {
	object, ok := value.(map[string]any)
	return ok && Matches(pattern, object)
}

// At finds what a path such as $.detail.state names; nil where nothing is there.
func At(values map[string]any, path string) any {
	var at any = values
	for step := range strings.SplitSeq(strings.TrimPrefix(strings.TrimPrefix(path, "$"), "."), ".") {
		object, _ := at.(map[string]any)
		at = object[step]
	}
	return at
}

func anyOf(rules []any, values map[string]any) bool {
	return slices.ContainsFunc(rules, func(r any) bool {
		policy, ok := r.(map[string]any)
		return ok && Matches(policy, values)
	})
}

// matchesAny tells whether a rule matches a value, or one of a list of values.
func matchesAny(rule, value any, there bool) bool {
	if list, ok := value.([]any); ok && there {
		return slices.ContainsFunc(list, func(v any) bool { return matchesOne(rule, v, true) })
	}
	return matchesOne(rule, value, there)
}

func matchesOne(rule, value any, there bool) bool {
	operator, isOperator := rule.(map[string]any)
	if !isOperator {
		return there && same(rule, value)
	}
	if wanted, ok := operator["exists"].(bool); ok {
		return wanted == there
	}
	if !there {
		return false
	}
	text, isText := value.(string)
	number, isNumber := value.(float64)
	if bounds, ok := operator["numeric"].([]any); ok {
		return isNumber && within(bounds, number)
	}
	if not, ok := operator["anything-but"]; ok {
		return !excluded(not, value)
	}
	for _, o := range []struct {
		name  string
		match func(text, pattern string) bool
	}{{"prefix", strings.HasPrefix}, {"suffix", strings.HasSuffix}, {"equals-ignore-case", strings.EqualFold}, {"wildcard", like}} {
		if pattern, ok := operator[o.name].(string); ok {
			return isText && o.match(text, pattern)
		}
	}
	return false
}

// same compares two values of JSON that are neither list nor object.
func same(a, b any) bool {
	switch a.(type) {
	case string, float64, bool, nil:
		switch b.(type) {
		case string, float64, bool, nil:
			return a == b
		}
	}
	return false
}

// excluded tells whether a value is one of those that anything-but names, or has a prefix that it names.
func excluded(not, value any) bool {
	switch not := not.(type) {
	case []any:
		return slices.ContainsFunc(not, func(one any) bool { return same(one, value) })
	case map[string]any: // {"prefix": "a"}, or with a list of them
		for _, operator := range slices.Sorted(maps.Keys(not)) {
			if list, ok := not[operator].([]any); ok {
				return slices.ContainsFunc(list, func(one any) bool { return matchesOne(map[string]any{operator: one}, value, true) })
			}
		}
		return matchesOne(not, value, true)
	}
	return same(not, value)
}

// like tells whether a text is as a wildcard, in which * stands for any number of characters and \* for itself.
func like(text, wildcard string) bool {
	const star = "\x00" // stands in no JSON text that is a name
	parts := strings.Split(strings.ReplaceAll(wildcard, `\*`, star), "*")
	for i := range parts {
		parts[i] = strings.ReplaceAll(parts[i], star, "*")
	}
	last := len(parts) - 1
	if last == 0 {
		return text == parts[0]
	}
	text, ok := strings.CutPrefix(text, parts[0])
	if !ok {
		return false
	}
	for _, part := range parts[1:last] {
		_, after, found := strings.Cut(text, part)
		if !found {
			return false
		}
		text = after
	}
	return strings.HasSuffix(text, parts[last])
}

// within reads bounds such as [">=", 10, "<", 20].
func within(bounds []any, n float64) bool {
	for i := 0; i+1 < len(bounds); i += 2 {
		operator, _ := bounds[i].(string)
		bound, ok := bounds[i+1].(float64)
		met := map[string]bool{"=": n == bound, "<": n < bound, "<=": n <= bound, ">": n > bound, ">=": n >= bound}[operator]
		if !ok || !met {
			return false
		}
	}
	return len(bounds) > 0
}
