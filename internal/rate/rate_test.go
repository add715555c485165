package rate

import (
	"encoding/json"
	"math"
	"testing"
	"time"
)

var start = time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)

func TestBurstThenRefill(t *testing.T) {
	l := For("ecs", "UpdateService")[0]
	var b Bucket
	taken := 0
	for ok := true; ok; taken++ {
		b, ok = b.Take(l, start)
	}
	if taken-1 != 50 {
		t.Errorf("a full bucket gave %d tokens, want 50", taken-1)
	}
	if got := b.Ready(l, start); got != 200*time.Millisecond {
		t.Errorf("the next token comes in %v, want 200ms", got)
	}
	for _, c := range []struct {
		after time.Duration
		ok    bool
	}{{199 * time.Millisecond, false}, {200 * time.Millisecond, true}, {200 * time.Millisecond, false}, {0, false}, {time.Hour, true}} {
		var ok bool
		if b, ok = b.Take(l, start.Add(c.after)); ok != c.ok {
			t.Errorf("after %v: %v, want %v", c.after, ok, c.ok)
		}
	}
}

func TestBucketIsData(t *testing.T) {
	l := Limit{Name: "x", Burst: 2, Refill: 1}
	b, _ := Bucket{}.Take(l, start)
	text, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	var back Bucket
	if err := json.Unmarshal(text, &back); err != nil || back.Missing != b.Missing || !back.At.Equal(b.At) {
		t.Errorf("%s was read back as %+v, %v", text, back, err)
	}
}

func TestFill(t *testing.T) {
	if d := FargateLaunches().Fill(50); d != 2500*time.Millisecond {
		t.Errorf("50 tokens at 20 a second take %s", d)
	}
}

func TestNeverReady(t *testing.T) {
	l := Limit{Burst: 1}
	b, _ := Bucket{}.Take(l, start)
	if got := b.Ready(l, start.Add(time.Hour)); got != math.MaxInt64 {
		t.Errorf("a bucket that never fills is ready in %v", got)
	}
	if got := b.Ready(Limit{Burst: 5, Refill: 1}, start); got != 0 {
		t.Errorf("a bucket with tokens is ready in %v", got)
	}
}

func TestPublishedNumbers(t *testing.T) {
	for _, c := range []struct {
		service, operation string
		burst, refill      float64
		buckets            int
	}{
		{"ecs", "DescribeServices", 100, 20, 1},
		{"ecs", "StopTask", 100, 40, 1},
		{"ecs", "RegisterTaskDefinition", 20, 1, 1},
		{"elasticloadbalancing", "DescribeTargetHealth", 200, 50, 2},
		{"elasticloadbalancing", "DeregisterTargets", 20, 4, 2},
		{"elasticloadbalancing", "ModifyTargetGroup", 20, 3, 2},
	} {
		got := For(c.service, c.operation)
		if len(got) != c.buckets || got[0].Burst != c.burst || got[0].Refill != c.refill {
			t.Errorf("%s %s: %+v", c.service, c.operation, got)
		}
	}
	if got := For("sts", "GetCallerIdentity"); got != nil {
		t.Errorf("sts has %+v, and nothing is published", got)
	}
}
