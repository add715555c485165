package cli

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"handover/internal/console"
)

var update = flag.Bool("update", false, "write what the commands of the README print into it")

const readme = "../../README.md"

// TestReadmeShowsRealOutput runs the README's commands and holds what it shows against what they print.
func TestReadmeShowsRealOutput(t *testing.T) {
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	for _, shown := range []struct {
		line    string
		args    []string
		exit    int
		excerpt func(out, errs string) string
	}{
		{"$ go run ./cmd/handover restart test --cluster default --emulated\n", []string{"restart", "test", "--cluster", "default", "--emulated", "--speed", "6000"}, 0, restartExcerpt},
		{"$ handover restart --all --emulated --dry-run\n", []string{"restart", "--all", "--emulated", "--dry-run", "--progress", "none"}, 0, func(out, _ string) string { return out }},
		{"$ handover status test --emulated\n", []string{"status", "test", "--emulated"}, 0, func(out, _ string) string { return out }},
		{"$ handover diagnose bad-health --emulated\n", []string{"diagnose", "bad-health", "--emulated"}, 3, func(out, _ string) string { return out }},
	} {
		streams, _, out, errs := console.Test()
		f := Default(nil)
		f.Streams, f.Getenv = streams, func(string) string { return "" }
		if code := Run(f, shown.args); code != shown.exit {
			t.Fatalf("%v ended with %d: %s", shown.args, code, errs)
		}
		want := shown.excerpt(out.String(), errs.String())
		before, rest, found := strings.Cut(page, shown.line)
		is, after, closed := strings.Cut(rest, "```")
		if !found || !closed {
			t.Fatalf("the README does not show %q", shown.line)
		}
		if is != want && !*update {
			t.Errorf("the README shows something else than %v prints; write it with go test ./internal/cli -run Readme -update\n got %s\nwant %s", shown.args, is, want)
		}
		page = before + shown.line + want + "```" + after
	}
	page = shows(t, page, "$ handover restart prod/api\n", "../console/testdata/live.text")
	if *update {
		if err := os.WriteFile(readme, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// shows holds a block of the page against a golden, and gives the page with it.
func shows(t *testing.T, page, line, golden string) string {
	t.Helper()
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(page, line)
	is, after, closed := strings.Cut(rest, "```")
	if !found || !closed {
		t.Fatalf("the README does not show %q", line)
	}
	if is != string(want) && !*update {
		t.Errorf("the README shows something else than %s; write it with go test ./internal/cli -run Readme -update", golden)
	}
	return before + line + string(want) + "```" + after
}

// TestReadmeShowsARealPicture draws the README's restart anew.
func TestReadmeShowsARealPicture(t *testing.T) {
	const shown = "../../docs/pictures/restart.svg"
	drawn := filepath.Join(t.TempDir(), "restart.svg")
	streams, _, _, errs := console.Test()
	f := Default(nil)
	f.Streams, f.Getenv = streams, func(string) string { return "" }
	if code := Run(f, []string{"restart", "test", "--emulated", "--speed", "6000", "--svg", drawn}); code != 0 {
		t.Fatalf("the restart ended with %d: %s", code, errs)
	}
	want, err := os.ReadFile(drawn)
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(shown, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if is, err := os.ReadFile(shown); err != nil || !bytes.Equal(is, want) {
		t.Errorf("%s is not what is drawn (%v); write it with go test ./internal/cli -run Readme -update", shown, err)
	}
}

// restartExcerpt leaves out the middle of a long drain. The speed is the one number in which a run in a test differs.
func restartExcerpt(out, errs string) string {
	lines := strings.SplitAfter(strings.ReplaceAll(errs, "6000 times", "60 times"), "\n")
	at := func(text string) int {
		return slices.IndexFunc(lines, func(line string) bool { return strings.Contains(line, text) })
	}
	kept := slices.Concat(lines[:at(" registered ")+1], []string{"…\n", lines[at(" waited=")], "…\n"}, lines[at("deployment completed"):])
	return strings.Join(kept, "") + out
}
