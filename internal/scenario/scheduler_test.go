package scenario

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const schedulerPage = "../../docs/scheduler.md"

// parts are the chapters of docs/scheduler.md, in reading order. A scenario says by "# part:" to which it belongs.
var parts = []string{
	"Bounds and batches", "Starting and health", "Stopping and draining", "Deployments", "Unhealthy tasks", "Failed starts and the circuit breaker",
	"Scaling", "Task sets", "Container instances", "Auto Scaling groups", "Functions and messages",
}

// TestSchedulerPage keeps docs/scheduler.md made of the scenarios: each rule with its source and what follows from it.
func TestSchedulerPage(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(folder, "*.txt"))
	if err != nil {
		t.Fatal(err)
	}
	chapters := make([]strings.Builder, len(parts))
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		f, err := Parse(filepath.Base(file), string(text))
		if err != nil {
			t.Fatal(err)
		}
		at := slices.Index(parts, f.Header["part"])
		if at < 0 {
			t.Errorf("%s: there is no part %q", f.Name, f.Header["part"])
			continue
		}
		chapters[at].WriteString(section(f, string(text)))
	}
	var page strings.Builder
	page.WriteString("# How the ECS scheduler behaves\n\nThis page is made of the scenarios in `testdata/scenarios` by `go test ./internal/scenario -update`. Each rule has its source, the scene, " +
		"what is done, and what follows on the model with jitter off: the time since the first action, how many tasks are not gone, how many of them are healthy, and ECS's sentence. " +
		"[scenarios.md](scenarios.md) explains the language. \"Behaviour\" and \"case\" name the facts and the recordings that were collected for this project; the recordings are in `testdata/timelines`.\n")
	for i, chapter := range chapters {
		fmt.Fprintf(&page, "\n## %s\n%s", parts[i], chapter.String())
	}
	if *update {
		if err := os.WriteFile(schedulerPage, []byte(page.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	is, err := os.ReadFile(schedulerPage)
	if err != nil || string(is) != page.String() {
		t.Errorf("%s is not made of the scenarios as they are; write it with go test ./internal/scenario -update (%v)", schedulerPage, err)
	}
}

func section(f File, text string) string {
	rule := f.Header["rule"]
	_, body, _ := strings.Cut(text, "\n\n") // what follows the header
	return fmt.Sprintf("\n### %s\n\nSource: %s.\n\n```\n%s\n```\n", strings.ToUpper(rule[:1])+rule[1:], strings.TrimSuffix(f.Header["source"], "."), strings.TrimSpace(body))
}
