package cli

import (
	"context"
	"strings"
	"testing"

	"handover/internal/console"
)

// severalAsAWS is a command line at a terminal, or at none, that takes an emulator with several services for AWS.
func severalAsAWS(terminal bool, answer string) (f *Factory, errs interface{ String() string }) {
	f = Default(nil)
	streams, in, _, stderr := console.Test()
	streams.InTTY, streams.ErrTTY = terminal, terminal
	in.WriteString(answer)
	f.Streams = streams
	f.Getenv = func(name string) string { return map[string]string{"HANDOVER_STATE": "off"}[name] }
	f.Connect = func(ctx context.Context, t Target) (*Connection, error) {
		t.Scene = &Scene{Name: severalSceneName, Text: severalScene, Speed: 1e9}
		conn, err := emulate(ctx, t)
		if err == nil {
			conn.Identity.Simulated = false
		}
		return conn, err
	}
	return f, stderr
}

// TestSeveralTakeOneConsent: one question for all of them; the whole cluster, and what goes below a service's own bounds, takes a name.
func TestSeveralTakeOneConsent(t *testing.T) {
	for _, c := range []struct {
		name, line, answer string
		terminal           bool
		code               int
		said               string
	}{
		{"yes", "restart api cart", "y\n", true, 0, "Proceed with 2 services? [y/N] "},
		{"no", "restart api cart", "\n", true, 5, "Proceed with 2 services? [y/N] "},
		{"nothing is asked", "restart api cart --yes", "", true, 0, ""},
		{"the whole cluster takes its name", "restart --all", "default\n", true, 5, "Careful: these are all 6 services of cluster default. To go on, type default: "},
		{"yes is not the name", "restart --all --yes", "y\n", true, 5, "type default: "},
		{"the name as a flag", "restart --tag tier=front --min-healthy-percent 0 --confirm default", "", true, 0, ""},
		{"connections are cut", "restart api cart --fast --yes", "n\n", true, 5, "all 6 tasks of default/api are stopped at once"},
		{"nobody can be asked", "restart api cart", "", false, 5, "nobody can be asked whether to go on"},
		{"nobody can be asked about danger", "restart --all --yes", "", false, 5, "these are all 6 services of cluster default, and nobody can be asked"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, errs := severalAsAWS(c.terminal, c.answer)
			if code := Run(f, append(strings.Fields(c.line), "--progress", "plain")); code != c.code {
				t.Errorf("ended with %d, want %d\n%s", code, c.code, errs)
			}
			contains(t, errs.String(), c.said)
			if acted := strings.Contains(errs.String(), " 2 services done") || strings.Contains(errs.String(), "tasks replaced "); acted && c.code == 5 && !strings.Contains(c.line, "--all") {
				t.Errorf("it acted\n%s", errs)
			}
		})
	}
}
