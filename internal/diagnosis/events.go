package diagnosis

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"handover/internal/cluster"
)

// patience is how long ECS may go without placing a task before that is called stuck: it tries again by itself, and capacity may come.
const patience = 3 * time.Minute

// unplaced gives why ECS could not place or start a task, in its words; ok is false for an event that says nothing of the kind.
func unplaced(message string) (reason string, ok bool) {
	lower := strings.ToLower(message)
	for _, mark := range []string{"was unable to place", "is unable to place a task", "failed to launch a task", "could not launch"} {
		if strings.Contains(lower, mark) {
			return short(message), true
		}
	}
	return "", false
}

// meaningOfUnplaced is why: for want of room, or for what a stopped task would have for its reason.
func meaningOfUnplaced(text string) meaning {
	if m, known := read(placements(), text); known && m.code != NoRoom {
		return m
	}
	if m, known := read(reasons(), text); known {
		return m
	}
	if m, known := read(placements(), text); known {
		return m
	}
	return meaning{NoRoom, Possible}
}

// ofEvents are the findings of what ECS itself has said in the time that is examined.
func (x *subject) ofEvents() []finding {
	var all []finding
	begun := time.Time{} // when a task was started or stopped last: what ECS said before that no longer held it up
	for _, e := range x.events() {
		if strings.Contains(e.Message, "has started ") || strings.Contains(e.Message, "has stopped ") || strings.Contains(e.Message, "deployment completed") {
			begun = later(begun, e.At)
		}
		if f, ok := x.ofEvent(e, begun); ok {
			f.evidence = append(f.evidence, Evidence{Kind: "service event", At: when(e.At), Text: short(e.Message), Source: x.task(e.Message)})
			f.last = e.At
			all = join(all, f)
		}
	}
	return all
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// ofEvent is what one event says, given when a task was started or stopped after it.
func (x *subject) ofEvent(e cluster.Event, begun time.Time) (finding, bool) {
	overcome := begun.After(e.At)
	if text, ok := unplaced(e.Message); ok {
		return x.ofUnplaced(text, e.At, overcome)
	}
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(strings.ToLower(e.Message), w) })
	}
	switch {
	case has("unable to stop or start tasks during a deployment"):
		return finding{code: BoundsBlock, certainty: Certain, blocking: true, goesOn: "ECS waits for ever"}, !overcome && !x.failed()
	case has("under protection", "protected tasks are more than"):
		return finding{code: Protected, certainty: Certain}, len(x.protected()) > 0
	case has("unable to consistently start tasks"):
		return finding{code: StartThrottled, certainty: Certain}, true
	case has("operations are being throttled"):
		return finding{code: CallsThrottled, certainty: Certain, blocking: !overcome && x.now.Sub(e.At) >= patience}, !overcome
	case has("failed to register targets"):
		m := meaning{TargetsRefused, Certain}
		if has("target group", "target-group") && has("not found", "does not exist", "notfound") {
			m.code = TargetGroupMissing
		}
		return finding{code: m.code, certainty: m.certainty, blocking: !overcome}, !overcome
	case has("alarm detected"):
		return finding{code: AlarmRolledBack, certainty: Certain}, x.failed()
	case has("deployment failed: tasks failed to start", "circuit breaker"):
		return finding{code: BreakerRolledBack, certainty: Certain}, x.failed()
	case has("reached a steady state because", "unable to reach steady state"):
		m := meaningOfUnplaced(e.Message)
		return finding{code: m.code, certainty: m.certainty, blocking: !overcome}, m.certainty == Certain
	case has("is unhealthy in", "is not healthy in", "failed container health checks", "does not have an associated load balancer"):
		m, known := ofHealthEvent(e.Message)
		return finding{code: m.code, certainty: m.certainty}, known && x.freshest().Before(e.At) && x.named(e.Message)
	}
	return finding{}, false
}

// ofUnplaced is what an event says of a task that was not placed, or that was placed and did not start. A start is tried again and again, so that a task which is started
// later overcomes want of room, but not what makes starts fail.
func (x *subject) ofUnplaced(text string, at time.Time, overcome bool) (finding, bool) {
	m := meaningOfUnplaced(text)
	f := finding{code: m.code, certainty: m.certainty}
	if facts(m.code).aspect == aspectCapacity {
		f.blocking = !overcome && x.now.Sub(at) >= patience
		f.goesOn = "ECS tries again at each look, and goes on as soon as there is room"
		if m.code == CapacityUnavailable {
			f.goesOn = "ECS tries again by itself, with up to a quarter of an hour between two tries"
		}
		return f, !overcome
	}
	f.blocking = facts(m.code).lasting && !x.freshest().After(at)
	return f, !x.freshest().After(at)
}

// ofHealthEvent is what an event says of a failed health check.
func ofHealthEvent(message string) (meaning, bool) {
	if m, known := answer(message); known {
		return m, true
	}
	return read(reasons(), message)
}

// answer is what a load balancer says that it got for its health check, in an event or in the description of a target's health.
// Source: ELB guide, target-group-health-checks; ELBv2 API Reference, TargetHealth.
func answer(text string) (meaning, bool) {
	lower := strings.ToLower(text)
	switch {
	case strings.Contains(lower, "failed with these codes"):
		return meaning{TargetResponse, Certain}, true
	case strings.Contains(lower, "request timed out"), strings.Contains(lower, "connection to target timed out"):
		return meaning{TargetTimeout, Certain}, true
	case strings.Contains(lower, "zone that is not enabled for the load balancer"):
		return meaning{TargetZone, Certain}, true
	}
	return meaning{}, false
}

// task is the id of the task that a message names; empty where it names none that is known.
func (x *subject) task(message string) string {
	for _, t := range x.view.Tasks {
		if t.ID != "" && strings.Contains(message, t.ID) {
			return t.ID
		}
	}
	return ""
}

// named tells whether the task that a message names is one that is examined, or that no task is named, or that it is shown no more.
func (x *subject) named(message string) bool {
	for _, t := range x.view.Tasks {
		if t.ID != "" && strings.Contains(message, t.ID) {
			return x.examined(t)
		}
	}
	return true
}

// fromReason is the finding of what ECS says of the deployment itself, where it has failed.
func (x *subject) fromReason() []finding {
	if !x.failed() || x.reason == "" && x.past == nil {
		return nil
	}
	f := finding{code: RolloutFailed, certainty: Certain, last: x.since}
	lower := strings.ToLower(x.reason)
	switch {
	case x.past != nil && len(x.past.Triggered) > 0:
		f.code, f.text = AlarmRolledBack, fmt.Sprintf("alarm %s went off, and ECS gave the deployment up", strings.Join(x.past.Triggered, ", "))
	case strings.Contains(lower, "alarm"):
		f.code = AlarmRolledBack
	case strings.Contains(lower, "circuit breaker"), strings.Contains(lower, "failed to start"):
		f.code = BreakerRolledBack
	case x.past != nil && (strings.Contains(lower, "stopservicedeployment") || strings.Contains(lower, "requested") || x.past.Status == cluster.DeploymentStopped):
		f.code = DeploymentStopped
	}
	if x.reason != "" {
		f.evidence = []Evidence{{Kind: "deployment", Text: x.reason, Source: x.id}}
	}
	return []finding{f}
}
