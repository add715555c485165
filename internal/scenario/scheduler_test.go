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
	page.WriteString(questions(files) + choices(t, files) + missing())
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

// notModelled is what sources say of services and tasks and the model has not, each with the reason.
func notModelled() [][3]string {
	return [][3]string{
		{"blue/green, linear and canary strategies, with their hooks", "behaviour §3.2; part 2, E1–E8", "they are not built yet; `strategy` is refused"},
		{"Managed Instances, which ECS launches, drains and replaces", "behaviour §3.8", "nothing is known of their times, and no recording has one"},
		{"Express mode, which makes a service with its load balancer and scaling from one call", "behaviour §3.8", "what it makes by itself is not published in full"},
		{"`StopServiceDeployment` with `ABORT`", "behaviour §3.3", "no source says what it does to the tasks"},
		{"the event `could not launch N tasks for deployment`", "behaviour §4", "no source says when it is given"},
		{"the event `Timed out waiting for Amazon ECS Agent to start`", "behaviour §4", "no source says after how long; instances have no agents that could fail to start, only ones that are disconnected"},
		{"the event that IAM permissions are misconfigured", "developer guide, service-event-messages-list", "roles are not looked up"},
		{"`TARGET IS NOT FOUND` of a target that was deregistered by hand", "behaviour §4", "whether ECS replaces the task, and when it looks, is not established"},
		{"the health of instances behind Classic Load Balancers", "behaviour §4", "Classic Load Balancers do nothing here"},
		{"a rollout that stalls after its deleted target group was replaced", "containers-roadmap issue 2196", "the report does not say at which step"},
		{"tasks that wait for an instance of a capacity provider are PROVISIONING", "developer guide, cluster-auto-scaling", "they are started once there is an instance; until then the event says that there is no room"},
		{"a queued task that stays PENDING until another event on its instance", "amazon-ecs-agent issue 5138 (part 2, A12)", "a fault of agents of 2026, which is to be mended"},
		{"`RunTask` beyond Fargate's launch rate or its quota of vCPUs", "behaviour §6", "which of the two answers is given is not established"},
		{"launch rates of newer Regions: 25 tasks at once and 5 a second on Fargate, 125 a minute of a service", "behaviour §6", "which Regions they are is not in the sources that were read"},
		{"1,000 tasks of a service with service discovery", "behaviour §6", "service discovery does nothing here"},
		{"the threshold of 10 failures of circuit breakers before 2023", "behaviour §2", "the profile of 2020 has no circuit breaker in its recordings"},
		{"platform versions of Fargate without version consistency", "behaviour §3.7", "those before 1.3.0 are not offered any more"},
		{"178 s from a failed rollout to the first start of its rollback", "part 2, D5 (case AK3)", "one recording; other rollbacks began within seconds"},
		{"a stop before the start where a task is unhealthy in a forced deployment", "part 2, C10 (case AF)", "one recording, unexplained"},
		{"an old target that was deregistered 9 s after the new start at 100/200", "part 2, I 6", "two reports, unexplained"},
	}
}

// missing is the chapter of what is not modelled.
func missing() string {
	var b strings.Builder
	b.WriteString("\n## What is not modelled\n\nThe sources say this of services and tasks, and the model has it not. What the emulator lacks of AWS's interfaces is in [emulator.md](emulator.md).\n\n| what | said by | why not |\n|---|---|---|\n")
	for _, one := range notModelled() {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", one[0], one[1], one[2])
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
