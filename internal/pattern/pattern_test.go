package pattern_test

import (
	"encoding/json"
	"strings"
	"testing"

	"handover/internal/pattern"
)

func object(t *testing.T, text string) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// TestMatches is what filter policies of SNS do not have; those are in package messaging.
func TestMatches(t *testing.T) {
	event := object(t, `{"source":"aws.autoscaling","detail-type":"EC2 Instance-terminate Lifecycle Action","resources":["arn:a","arn:b"],
		"detail":{"LifecycleHookName":"prod-drain","n":3,"empty":"","none":null,"parts":[{"name":"a","state":"on"},{"name":"b","state":"off"}]}}`)
	for text, want := range map[string]bool{
		`{"source":["aws.autoscaling"],"detail-type":["EC2 Instance-terminate Lifecycle Action"]}`: true,
		`{"source":["aws.ecs","aws.autoscaling"]}`:                                                 true,
		`{"source":["aws.ecs"]}`:                                                         false,
		`{"detail":{"parts":{"name":["b"]}}}`:                                            true,
		`{"detail":{"parts":{"name":["b"],"state":["on"]}}}`:                             false, // not in one of them
		`{"detail":{"parts":{"name":[{"exists":false}]}}}`:                               false,
		`{"resources":["arn:b"]}`:                                                        true,
		`{"resources":[{"prefix":"arn:c"}]}`:                                             false,
		`{"detail":{"LifecycleHookName":[{"wildcard":"*-drain"}]}}`:                      true,
		`{"detail":{"LifecycleHookName":[{"wildcard":"p*d-*n"}]}}`:                       true,
		`{"detail":{"LifecycleHookName":[{"wildcard":"p*x*n"}]}}`:                        false,
		`{"detail":{"LifecycleHookName":[{"wildcard":"prod"}]}}`:                         false,
		`{"detail":{"LifecycleHookName":[{"anything-but":{"suffix":["-x","-drain"]}}]}}`: false,
		`{"detail":{"LifecycleHookName":[{"anything-but":{"suffix":["-x","-y"]}}]}}`:     true,
		`{"detail":{"n":[{"numeric":[">",0,"<=",3]}],"other":[{"exists":false}]}}`:       true,
		`{"detail":{"none":[null],"empty":[""]}}`:                                        true,
		`{"account":{"id":[{"exists":false}]}}`:                                          true,
		`{"source":{"id":[{"exists":false}]}}`:                                           false,
		`{"$or":[{"source":["x"]},{"detail":{"n":[3]}}]}`:                                true,
	} {
		p, err := pattern.Parse(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if got := pattern.Matches(p, event); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for text, says := range map[string]string{
		``: "not a JSON object", `[]`: "not a JSON object", `{}`: "empty", `{"source":"x"}`: `"source" must be an object or an array`, `{"detail":{"a":[]}}`: `"detail.a" is an empty array`,
		`{"a":[{"like":"x"}]}`: "unrecognized match type like", `{"a":[{"prefix":"x","suffix":"y"}]}`: "not one operator", `{"$or":["x"]}`: "must have objects",
	} {
		if _, err := pattern.Parse(text); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
