package cli

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestEveryRunLeavesItsPage carries every operation out over the real adapter, on an emulator that is taken for AWS, and looks at the page that it leaves.
func TestEveryRunLeavesItsPage(t *testing.T) {
	for line, want := range map[string][]string{
		"restart test --yes":                       {"test: Restarted default/test in"},
		"restart test --fast --confirm test":       {"test: Restarted default/test in"},
		"recycle api --limit 1 --yes":              {"api: Recycled default/api in"},
		"update api --task-definition api:1 --yes": {"api: Updated default/api to api:1 in"},
		"update api --task-definition api:3 --yes": {"api: failed; ECS rolls back"},
		"rollback api --yes":                       {"api: Rolled default/api back to api:1 in"},
		"restart test api --yes":                   {"test: Restarted default/test in", "api: Restarted default/api in"},
		"drain i-00000000000000001 --yes":          {"i-00000000000000001: Drained i-00000000000000001 in"},
		"watch test":                               nil, // it changes nothing
		"status test":                              nil,
		"restart test --dry-run":                   nil,
	} {
		state := t.TempDir()
		f, out, errs := emulatedAsAWS(state)
		f.Connect = func(ctx context.Context, t Target) (*Connection, error) {
			t.Scene = &Scene{Name: webSceneName, Text: webScene, Speed: 1e9}
			conn, err := emulate(ctx, t)
			if err == nil {
				conn.Identity.Simulated = false
			}
			return conn, err
		}
		Run(f, strings.Fields(line))
		left, err := filepath.Glob(filepath.Join(state, "reports", "*", "us-east-1", "default", "*.html"))
		if err != nil || len(left) != len(want) {
			t.Errorf("%s leaves %v (%v), want %d pages\n%s%s", line, left, err, len(want), out, errs)
			continue
		}
		for _, each := range want {
			name, says, _ := strings.Cut(each, ": ")
			if !pageSays(t, left, name, says) {
				t.Errorf("%s: no page of %s says %q", line, name, says)
			}
		}
		if len(want) == 1 && !strings.Contains(out.String(), "report     "+left[0]) {
			t.Errorf("%s does not say where its page is: %s", line, out)
		}
	}
}

// pageSays tells whether one of the files is a whole page of something by that name, of an account and not simulated, and says a text.
func pageSays(t *testing.T, files []string, name, text string) bool {
	t.Helper()
	for _, file := range files {
		page, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(filepath.Base(file), name+"-2026") {
			continue
		}
		whole := string(page)
		return strings.Contains(whole, text) && strings.Contains(whole, "account 123456789012") && strings.Contains(whole, `<g class="lane`) && !strings.Contains(whole, "simulated on the emulator")
	}
	return false
}
