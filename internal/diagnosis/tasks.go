package diagnosis

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"handover/internal/cluster"
)

// failure is why one task ended.
type failure struct {
	task cluster.Task
	meaning
	words     string // AWS's
	container string // whose fault it was, where that is known
	text      string // instead of what the code says
}

// at is when the task failed.
func (f failure) at() time.Time {
	for _, at := range []time.Time{f.task.StoppingAt, f.task.StoppedAt, f.task.ExecutionStoppedAt} {
		if !at.IsZero() {
			return at
		}
	}
	return f.task.CreatedAt
}

// lived is how long the task ran before it failed; 0 where it never ran.
func (f failure) lived() time.Duration {
	if f.task.StartedAt.IsZero() || f.at().Before(f.task.StartedAt) {
		return 0
	}
	return f.at().Sub(f.task.StartedAt)
}

// ownFault tells whether a task ended by a fault of its own or of what is under it, and not because somebody, or the scheduler, had no more need of it.
// Source: API Reference, Task.stopCode.
func ownFault(t cluster.Task) bool {
	switch t.StopCode {
	case "TaskFailedToStart", "EssentialContainerExited", "SpotInterruption", "TerminationNotice", "InfrastructureHealth":
		return true
	case "UserInitiated":
		return false
	case "ServiceSchedulerInitiated":
		return strings.HasPrefix(t.StoppedReason, "Task failed") || strings.HasPrefix(t.StoppedReason, "Host EC2")
	}
	_, known := read(reasons(), t.StoppedReason)
	return known
}

// why tells why a task ended; ok is false where it did not fail.
func why(view *cluster.ServiceView, t cluster.Task) (f failure, ok bool) {
	if t.MeantToRun() || !ownFault(t) {
		return failure{}, false
	}
	f = failure{task: t, words: t.StoppedReason}
	for _, c := range t.Containers { // a container's reason says more than its task's
		if blamed, ok := awaited(t, c); ok {
			return ofContainer(f, blamed), true
		}
		if m, known := read(reasons(), c.Reason); known && m.code != ResourceInit {
			f.meaning, f.words, f.container = m, c.Reason, c.Name
			return f, true
		}
	}
	if m, known := read(reasons(), t.StoppedReason); known {
		f.meaning = m
		return f, true
	}
	if t.StopCode == "EssentialContainerExited" {
		return exited(view, f), true
	}
	if m, known := read(placements(), strconv.Quote(t.StoppedReason)); known {
		f.meaning = m
		return f, true
	}
	f.meaning = meaning{StartFailed, Likely}
	return f, true
}

// exited tells by the exit codes which container ended the task. The others were stopped for it, and end with 137 or 143, or with 0 where they catch the signal.
func exited(view *cluster.ServiceView, f failure) failure {
	f.meaning = meaning{Exited, Certain}
	definition, _ := view.Definition(f.task.Definition)
	essential := func(name string) bool {
		i := slices.IndexFunc(definition.Containers, func(c cluster.ContainerDefinition) bool { return c.Name == name })
		return i < 0 || definition.Containers[i].Essential
	}
	worst, byThemselves := -1, 0
	for i, c := range f.task.Containers {
		if c.ExitCode == nil || !essential(c.Name) {
			continue
		}
		if worst < 0 || guilt(*c.ExitCode) > guilt(*f.task.Containers[worst].ExitCode) {
			worst = i
		}
		if guilt(*c.ExitCode) > guilt(137) {
			byThemselves++
		}
	}
	if worst < 0 {
		return f
	}
	f = ofContainer(f, f.task.Containers[worst])
	if byThemselves > 1 { // which was the first is not told: a sidecar may take its being stopped for an error (amazon-cloudwatch-agent 770)
		f.certainty = Likely
	}
	return f
}

// awaited is the container whose end kept another one from being started, where that is what the agent says of the other: "failed to resolve container ordering dependency [init(image)
// (STOPPED->RUNNING) - Exit: 1] for target [app(image) …". Source: amazon-ecs-agent 3218.
func awaited(t cluster.Task, c cluster.Container) (cluster.Container, bool) {
	_, about, ok := strings.Cut(c.Reason, "failed to resolve container ordering dependency")
	if !ok {
		return cluster.Container{}, false
	}
	_, about, _ = strings.Cut(about, "[")
	for _, other := range t.Containers {
		if other.Name != c.Name && other.ExitCode != nil && strings.HasPrefix(about, other.Name+"(") {
			return other, true
		}
	}
	return cluster.Container{}, false
}

// ofContainer is a failure by the exit code of one container.
func ofContainer(f failure, c cluster.Container) failure {
	f.container = c.Name
	f.meaning = ofExitCode(*c.ExitCode)
	f.text = fmt.Sprintf("container %s exits with code %d", c.Name, *c.ExitCode)
	f.words = fmt.Sprintf("%s: %s, exit code %d", strings.TrimSuffix(f.task.StoppedReason, "."), c.Name, *c.ExitCode)
	if c.Reason != "" {
		f.words += " (" + c.Reason + ")"
	}
	return f
}

// guilt orders exit codes by how much they speak for that container having ended first: an error of its own, a signal that nobody sends to stop a task, its work done, and
// last the two signals by which the others are stopped.
func guilt(code int) int {
	switch code {
	case 143:
		return 0
	case 137:
		return 1
	case 0:
		return 2
	}
	return 3
}

// ofExitCode is what an exit code says. 128 and a signal's number: 137 is SIGKILL, 139 SIGSEGV, 143 SIGTERM; a shell ends with 126 and 127 where a command
// cannot be executed or found.
func ofExitCode(code int) meaning {
	switch code {
	case 0:
		return meaning{Finished, Certain}
	case 137:
		return meaning{Killed, Certain}
	case 139:
		return meaning{Crashed, Certain}
	case 143:
		return meaning{Terminated, Certain}
	case 126, 127:
		return meaning{CommandMissing, Likely}
	}
	return meaning{Exited, Certain}
}

// failures are the examined tasks that failed, oldest first.
func (x *subject) failures() []failure {
	var all []failure
	for _, t := range x.view.Tasks {
		if !x.examined(t) {
			continue
		}
		if f, failed := why(x.view, t); failed {
			all = append(all, f)
		}
	}
	return all
}

// ofTasks are the findings of the tasks that failed.
func (x *subject) ofTasks(failed []failure) []finding {
	var all []finding
	for _, f := range failed {
		all = join(all, finding{code: f.code, certainty: f.certainty, text: f.text, tasks: 1, last: f.at(), failed: []time.Time{f.at()}, lived: []time.Duration{f.lived()}, container: f.container,
			evidence: []Evidence{{Kind: "stopped task", At: when(f.at()), Text: fmt.Sprintf("task %s: %s", f.task.Short(), f.words), Source: f.task.ID}}})
	}
	fresh := x.freshest()
	for i := range all {
		all[i].of = len(failed)
		all[i].blocking = !fresh.After(all[i].last) && (all[i].tasks >= repeated || facts(all[i].code).lasting)
	}
	return all
}

// repeated is from how many tasks on that ended for one reason, without one that got healthy since, a deployment is said to be stuck. One may be an accident.
const repeated = 2

// stops are the tasks that somebody stopped by StopTask, other than by one of our operations.
func (x *subject) stops() []finding {
	f := finding{code: StoppedByUser, certainty: Likely}
	for _, t := range x.view.Tasks {
		if x.examined(t) && t.StopCode == "UserInitiated" && !strings.HasPrefix(t.StoppedReason, "handover ") && t.StoppingAt.After(x.since) {
			f.tasks++
			f.last = t.StoppingAt
			f.evidence = append(f.evidence, Evidence{Kind: "stopped task", At: when(t.StoppingAt), Text: fmt.Sprintf("task %s: %s", t.Short(), t.StoppedReason), Source: t.ID})
		}
	}
	if f.tasks < 3 {
		return nil
	}
	f.of = f.tasks
	return []finding{f}
}

func when(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	at = at.UTC().Truncate(time.Millisecond)
	return &at
}
