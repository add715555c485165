package cluster

import (
	"encoding/json"
	"testing"
)

func TestStatusesAreWrittenAsAWSNamesThem(t *testing.T) {
	for s := range Stopped + 1 {
		for h := range Unhealthy + 1 {
			text, err := json.Marshal(Container{Last: s, Health: h})
			if err != nil {
				t.Fatal(err)
			}
			var read Container
			if err := json.Unmarshal(text, &read); err != nil || read.Last != s || read.Health != h {
				t.Errorf("%s was read as %d, %d: %v", text, read.Last, read.Health, err)
			}
			if s > 0 && s.String() == "" || h > 0 && h.String() == "" {
				t.Errorf("status %d or health %d has no name", s, h)
			}
		}
	}
	for _, text := range []string{`{"last":"SLEEPING"}`, `{"health":"RUNNING"}`} {
		if err := json.Unmarshal([]byte(text), &Container{}); err == nil {
			t.Errorf("%s was read", text)
		}
	}
}

func TestStatusesOfAWS(t *testing.T) {
	for name, want := range map[string]TaskStatus{"PENDING": Pending, "STOPPED": Stopped, "DELETED": Stopped, "SLEEPING": 0, "": 0} {
		if got := TaskStatusOf(name); got != want {
			t.Errorf("%q is %v, want %v", name, got, want)
		}
	}
	for name, want := range map[string]Health{"HEALTHY": Healthy, "UNHEALTHY": Unhealthy, "UNKNOWN": HealthUnknown, "": HealthUnknown} {
		if got := HealthOf(name); got != want {
			t.Errorf("%q is %v, want %v", name, got, want)
		}
	}
}
