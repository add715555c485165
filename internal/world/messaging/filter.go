package messaging

import (
	"encoding/json"
	"strconv"

	"handover/internal/cluster"
	"handover/internal/pattern"
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
		return pattern.Matches(policy, attributeValues(m.Attributes))
	}
	var body map[string]any
	return json.Unmarshal([]byte(m.Body), &body) == nil && pattern.Matches(policy, body)
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
