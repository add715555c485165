package measure

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"handover/internal/world/profile"
)

// Event is a service event by its kind; see Kind.
type Event struct {
	At   time.Time
	Kind string
}

// Settings are what is known of a service beside its tasks, and decides how long they take.
type Settings struct {
	Balanced      bool          // it is attached to a target group
	Drain         time.Duration // the longest deregistration delay
	CheckInterval time.Duration // of the health checks
	StopTimeout   time.Duration // from stop signal to kill
}

// OfEvents measures a service by its events, oldest first. What ECS does between two events is made of looks about 10 s apart, so a task that was registered
// 30 s after its start was RUNNING about half a look earlier, and one that counted 41 s after its registration passed the second of its health checks.
func OfEvents(events []Event, s Settings, p profile.Profile) Samples {
	var out Samples
	for _, wait := range gaps(events, []string{"start", "start_unhealthy"}, []string{"registered"}) {
		out.Up = append(out.Up, max(time.Second, wait-p.Look.Median/2))
	}
	if s.CheckInterval > 0 {
		counted := []string{"stop", "unhealthy", "completed"} // what follows once a task counts
		if p.Variants.StopEvent == profile.AtDrained {
			counted = append(counted, "deregistered") // it is what is said first of a stop; else it follows the stop by a look, and says nothing of its own
		}
		for _, wait := range gaps(events, []string{"registered"}, counted) {
			out.Ready = append(out.Ready, readyBy(wait, s.CheckInterval, p))
		}
	}
	for _, end := range lastDrains(events, s.Drain) {
		out.Exit = append(out.Exit, max(time.Second/2, end-afterDrain(s.Drain, p)))
	}
	return out
}

// afterDrain is what ECS itself takes from the end of a drain to "deployment completed": until the target is gone, until that is noticed, to take the network
// interface away, and to look. By the medians of fargate-2026: 0.5 + 9.6 + 12 + 0.8 s, and 15 % of what the drain took beyond a minute.
func afterDrain(drain time.Duration, p profile.Profile) time.Duration {
	return p.DrainEnd.Median + p.Drained.Median + slowness(drain, p) + p.Detach.Median + p.Completed.Median
}

// slowness is how much later a long drain is noticed.
func slowness(drain time.Duration, p profile.Profile) time.Duration {
	return max(0, drain+p.DrainEnd.Median-time.Minute) * time.Duration(p.DrainSlow) / 100
}

// readyBy gives a time after RUNNING with which a task counts as healthy so long after its registration: in the middle of the checks of which the later one
// passes. 41 s at an interval of 30 s: the check at 2 s fails and the one at 32 s passes, so 15 s after the first one.
func readyBy(wait, interval time.Duration, p profile.Profile) time.Duration {
	first := p.FirstCheck.Median
	failed := (wait - first - p.Seen.Median) / interval
	if failed <= 0 {
		return time.Nanosecond
	}
	return p.Look.Median/2 + first + failed*interval - interval/2
}

// gaps gives the times from events of some kinds to the next event of others. Of several in a row the first one counts: what follows is its doing.
//
// Registered at 0:44, registered at 1:14, stopped at 1:29: the task of 0:44 was healthy then, so the gap is 45 s. Registered at 1:49, stopped at 1:59: that may be the
// doing of 1:14 as well as of 1:49, so nothing is known of either.
func gaps(events []Event, from, to []string) []time.Duration {
	var found []time.Duration
	var since time.Time
	begun, unsure := 0, false // how many wait for what follows, and whether one of them did so already when something followed last
	for _, e := range events {
		if slices.Contains(from, e.Kind) {
			if begun == 0 {
				since = e.At
			}
			begun++
		}
		if begun > 0 && slices.Contains(to, e.Kind) {
			if !unsure {
				found = append(found, e.At.Sub(since))
			}
			if begun = min(1, begun-1); e.Kind == "completed" { // nothing waits any more
				begun = 0
			}
			unsure = begun > 0
		}
	}
	return found
}

// lastDrains gives what lies between the end of a drain and the completion of its rollout, where nothing else does.
func lastDrains(events []Event, drain time.Duration) []time.Duration {
	var found []time.Duration
	for i, e := range events[:max(0, len(events)-1)] {
		if e.Kind == "draining" && events[i+1].Kind == "completed" {
			found = append(found, events[i+1].At.Sub(e.At)-drain)
		}
	}
	return found
}

// Kind reads the kind and the count of an event out of ECS's sentence; the kind is "note" for a sentence that recordings do not name.
func Kind(message string) (kind string, count int) {
	if _, rest, ok := strings.Cut(message, "Amazon ECS replaced "); ok {
		number, _, _ := strings.Cut(rest, " ")
		count, _ = strconv.Atoi(number)
		return "start_unhealthy", count
	}
	for _, known := range []struct{ kind, before string }{
		{"start", " has started "}, {"stop", " has stopped "}, {"stop_pending", " stopped "}, {"registered", " registered "},
		{"deregistered", " deregistered "}, {"draining", " has begun draining connections on "},
	} {
		_, rest, ok := strings.Cut(message, known.before)
		if !ok {
			continue
		}
		number, _, _ := strings.Cut(rest, " ")
		count, _ = strconv.Atoi(number)
		return known.kind, count
	}
	switch {
	case strings.HasSuffix(message, "deployment completed."):
		return "completed", 0
	case strings.HasSuffix(message, "has reached a steady state."):
		return "steady", 0
	case strings.Contains(message, "deployment failed: "):
		return "failed", 0
	case strings.Contains(message, " rolling back to deployment "):
		return "rollback", 0
	case strings.Contains(message, " was unable to place a task"):
		return "unable_to_place", 0
	case strings.HasSuffix(message, " failed container health checks."):
		return "hc_failed", 0
	case strings.Contains(message, " is unhealthy in "):
		return "unhealthy", 1
	}
	return "note", 0
}
