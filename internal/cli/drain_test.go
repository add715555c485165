package cli

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDrainsAreRemembered: a drain leaves a report beside those of services, with what was predicted, what it took, and what it would have been predicted to take.
func TestDrainsAreRemembered(t *testing.T) {
	state := t.TempDir()
	f, out, errs := emulatedAsAWS(state)
	f.Connect = func(ctx context.Context, t Target) (*Connection, error) {
		t.Scene = &Scene{Name: drainSceneName, Text: drainScene, Speed: 1e9}
		return emulate(ctx, t)
	}
	if code := Run(f, strings.Fields("drain i-00000000000000001 --yes")); code != 0 {
		t.Fatalf("%s%s", out, errs)
	}
	left, err := filepath.Glob(filepath.Join(state, "drains", "*", "us-east-1", "default.jsonl"))
	if err != nil || len(left) != 1 {
		t.Fatalf("%v, %v", left, err)
	}
	report, err := os.ReadFile(left[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"operation":"drain"`, `"end":"succeeded"`, `"p50":1`, `"hindsight":1`} {
		if !strings.Contains(string(report), want) {
			t.Errorf("the report does not have %s: %s", want, report)
		}
	}
}
