package scenario

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"handover/internal/world/profile"
)

const schedulerPage = "../../docs/scheduler.md"

// parts are the chapters of docs/scheduler.md, in reading order. A scenario says by "# part:" to which it belongs.
var parts = []string{
	"Bounds and batches", "Starting and health", "Stopping and draining", "Deployments", "Unhealthy tasks", "Failed starts and the circuit breaker",
	"Scaling", "Task sets", "Container instances", "Auto Scaling groups", "Functions and messages",
}

// TestSchedulerPage keeps docs/scheduler.md made of the scenarios: each rule with its source and what follows from it.
func TestSchedulerPage(t *testing.T) {
	chapters := make([]strings.Builder, len(parts))
	files := all(t)
	for _, f := range files {
		text, err := os.ReadFile(filepath.Join(folder, f.Name))
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
		"[scenarios.md](scenarios.md) explains the language. \"Behaviour\" and \"case\" name the facts and the recordings that were collected for this project; the recordings are in `testdata/timelines`. " +
		"A trace after a line such as `---- slot-until=drained` follows in its place where what is [not established](#what-is-not-established) is answered that way.\n")
	for i, chapter := range chapters {
		fmt.Fprintf(&page, "\n## %s\n%s", parts[i], chapter.String())
	}
	page.WriteString(questions(files) + choices(t, files))
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
	_, body, _ := strings.Cut(text, "\n\n") // what follows the header
	source := "Source: " + strings.TrimSuffix(f.Header["source"], ".") + "."
	if choice := f.Header["choice"]; choice != "" {
		source += " Without one: " + strings.TrimSuffix(choice, ".") + "."
	}
	return fmt.Sprintf("\n### %s\n\n%s\n\n```\n%s\n```\n", rule(f), source, strings.TrimSpace(body))
}

func rule(f File) string {
	text := f.Header["rule"]
	return strings.ToUpper(text[:1]) + text[1:]
}

// questions is the chapter of what is not established, with both answers to each.
func questions(files []File) string {
	var b strings.Builder
	b.WriteString("\n## What is not established\n\nEach line is a question that neither AWS's documentation nor the recordings answer. A profile has an answer to each; the fault runs draw both, and " +
		"every operation must be safe whatever it is. A scenario sets it by an option of `world`.\n\n| what | option | default | in 2020 | or | why it is open | rules that show it |\n|---|---|---|---|---|---|---|\n")
	now, _ := profile.Named(profile.Names()[0])
	then, _ := profile.Named("2020")
	for _, q := range profile.Questions() {
		var shown []string
		for _, f := range files {
			if slices.ContainsFunc(f.Blocks, func(b Block) bool {
				return slices.ContainsFunc(b.Otherwise, func(o Otherwise) bool { return o.Option == q.Option })
			}) {
				shown = append(shown, rule(f))
			}
		}
		other := q.Answers[0]
		if q.Answer(now.Variants) == other {
			other = q.Answers[1]
		}
		fmt.Fprintf(&b, "| %s | `%s` | %s | %s | %s | %s | %s |\n", q.Chooses, q.Option, q.Answer(now.Variants), q.Answer(then.Variants), other, q.Source, strings.Join(shown, "; "))
	}
	return b.String()
}

// choices is the chapter of what has no source at all: what scenarios name as a choice, and the durations that nobody has measured.
func choices(t *testing.T, files []File) string {
	var b strings.Builder
	b.WriteString("\n## Rules without a source\n\nThese are choices of this model. Nothing that was found speaks for or against them.\n\n| rule | what is chosen |\n|---|---|\n")
	for _, f := range files {
		if choice := f.Header["choice"]; choice != "" {
			fmt.Fprintf(&b, "| %s | %s |\n", rule(f), choice)
		}
	}
	for _, name := range profile.Names() {
		p, _ := profile.Named(name)
		for _, d := range unmeasured(t, p) {
			fmt.Fprintf(&b, "| %s | %s |\n", "the duration `"+d+"` of the profile "+name, "its values")
		}
	}
	return b.String()
}

// unmeasured names the durations of a profile that say of themselves that they are a choice.
func unmeasured(t *testing.T, p profile.Profile) []string {
	text, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, name := range slices.Sorted(maps.Keys(members)) {
		var span profile.Span
		if json.Unmarshal(members[name], &span) == nil && strings.Contains(span.Source, "choice") {
			found = append(found, name)
		}
	}
	return found
}
