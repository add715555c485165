package cli

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"handover/internal/console"
)

// emulatedAsAWS is a command line that takes an emulator of its own for AWS: nothing says that it is simulated, so that runs are remembered.
func emulatedAsAWS(state string) (f *Factory, out, errs interface{ String() string }) {
	f = Default(nil)
	streams, _, stdout, stderr := console.Test()
	f.Streams = streams
	f.Getenv = func(name string) string { return map[string]string{"HANDOVER_STATE": state}[name] }
	f.Connect = func(ctx context.Context, t Target) (*Connection, error) {
		t.Scene = seed(1e9, nil)
		conn, err := emulate(ctx, t)
		if err == nil {
			conn.Identity.Simulated = false
		}
		return conn, err
	}
	return f, stdout, stderr
}

// TestRunsAreRemembered: what one run has measured, the forecast of the next one rests on.
func TestRunsAreRemembered(t *testing.T) {
	state := t.TempDir()
	f, _, first := emulatedAsAWS(state)
	if code := Run(f, strings.Fields("restart test --yes")); code != 0 {
		t.Fatalf("ended with %d\n%s", code, first)
	}
	contains(t, first.String(), "stop 2s (assumed), leave 12s (assumed)")
	f, out, second := emulatedAsAWS(state)
	if code := Run(f, strings.Fields("restart test --yes")); code != 0 {
		t.Fatalf("ended with %d\n%s", code, second)
	}
	contains(t, second.String(), "start 22s (10 samples), ready ", ", leave ")
	if strings.Contains(second.String(), "stop 2s (assumed), leave 12s (assumed)") {
		t.Error("what the first run has shown of stops is not used")
	}
	contains(t, out.String(), "predicted ")
	files, err := filepath.Glob(filepath.Join(state, "reports", "*", "us-east-1", "default", "test.jsonl"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%v, %v", files, err)
	}
	text, err := os.ReadFile(files[0])
	if err != nil || strings.Count(string(text), "\n") != 2 {
		t.Errorf("%s, %v", text, err)
	}
}

// TestAJournalThatCannotBeWrittenIsNoFailure: a restart does not depend on what is remembered.
func TestAJournalThatCannotBeWrittenIsNoFailure(t *testing.T) {
	state := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(state, []byte("not a folder"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, _, errs := emulatedAsAWS(state)
	if code := Run(f, strings.Fields("restart test --yes")); code != 0 {
		t.Fatalf("ended with %d\n%s", code, errs)
	}
	contains(t, errs.String(), "warning     earlier runs are not known: ", "warning     this run is not remembered for the next forecast: ")
}
