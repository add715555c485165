package messaging

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"handover/internal/cluster"
)

// Takes tells whether a subscription's filter policy takes a message: every key of the policy must match. A policy or a message that is not JSON where it has to be
// takes nothing. Source: SNS developer guide, sns-subscription-filter-policies.
func Takes(s cluster.Subscription, m cluster.Message) bool {
	if len(s.Filter) == 0 {
		return true
	}
	var policy map[string]any
	if json.Unmarshal(s.Filter, &policy) != nil {
		return false
	}
	if !s.FilterBody {
		return matches(policy, attributeValues(m.Attributes))
	}
	var body map[string]any
	return json.Unmarshal([]byte(m.Body), &body) == nil && matches(policy, body)
}

// attributeValues are the attributes as the values that policies are about: Number is a number, and String.Array a list.
func attributeValues(attributes []cluster.MessageAttribute) map[string]any {
	values := map[string]any{}
	for _, a := range attributes {
		values[a.Name] = a.Value
		if number, err := strconv.ParseFloat(a.Value, 64); err == nil && a.Type == "Number" {
			values[a.Name] = number
		}
		var list []any
		if a.Type == "String.Array" && json.Unmarshal([]byte(a.Value), &list) == nil {
			values[a.Name] = list
		}
	}
	return values
}

func matches(policy, values map[string]any) bool {
	for _, key := range slices.Sorted(maps.Keys(policy)) {
		value, there := values[key]
		switch rule := policy[key].(type) {
		case map[string]any: // of a message with objects in it
			inner, isObject := value.(map[string]any)
			if !isObject || !matches(rule, inner) {
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

func anyOf(rules []any, values map[string]any) bool {
	return slices.ContainsFunc(rules, func(r any) bool {
		policy, ok := r.(map[string]any)
		return ok && matches(policy, values)
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
	}{{"prefix", strings.HasPrefix}, {"suffix", strings.HasSuffix}, {"equals-ignore-case", strings.EqualFold}} {
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
	case map[string]any:
		return matchesOne(not, value, true)
	}
	return same(not, value)
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
