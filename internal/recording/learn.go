package recording

import (
	"slices"
	"strconv"
	"time"
)

// Learned is what other deployments of a service tell of its tasks. Zero members were not seen.
type Learned struct {
	From  int           // how many other cases it is of
	Start time.Duration // created → RUNNING
	Ready time.Duration // RUNNING → passes health checks
	Exit  time.Duration // stop signal → exit
}

// Learn measures a service's tasks in cases other than the one that is to be predicted: leave one out. What ECS does between two events is made of looks
// about 10 s apart, so a task that was registered 30 s after its start was RUNNING about half a look earlier, and one that counted 41 s after its registration
// passed the second of its health checks.
func Learn(c Case, all []Case) Learned {
	var starts, waits, ends []time.Duration
	out := Learned{}
	for _, other := range all {
		if other.Name == c.Name || other.Header["service"] == "" || other.Header["service"] != c.Header["service"] {
			continue
		}
		out.From++
		starts = append(starts, gapsBetween(other.Rows, []string{"start", "start_unhealthy"}, []string{"registered"})...)
		waits = append(waits, gapsBetween(other.Rows, []string{"registered"}, []string{"stop", "deregistered", "unhealthy", "completed"})...)
		if drain, err := strconv.Atoi(other.Replay["drain"]); err == nil {
			ends = append(ends, lastDrains(other.Rows, time.Duration(drain)*time.Second)...)
		}
	}
	if len(starts) > 0 {
		out.Start = max(time.Second, middle(starts)-halfLook)
	}
	if len(waits) > 0 {
		out.Ready = readyBy(middle(waits), interval(c.Replay["health"]))
	}
	if len(ends) > 0 {
		out.Exit = max(time.Second/2, middle(ends)-afterDrain)
	}
	return out
}

// afterDrain is what ECS itself takes from the end of a drain to "deployment completed", by the medians of the profile fargate-2026: 0.5 s until the target is gone,
// 9.6 s until that is noticed, 12 s to take the network interface away, and 0.8 s to look.
const afterDrain = 22900 * time.Millisecond

const halfLook = 5 * time.Second

// readyBy gives a time after RUNNING with which a task counts as healthy so long after its registration: in the middle of the checks of which the later one
// passes. 41 s at an interval of 30 s: the check at 2 s fails and the one at 32 s passes, so 15 s after the first one.
func readyBy(wait, interval time.Duration) time.Duration {
	const firstCheck, seen = 2200 * time.Millisecond, 8 * time.Second
	failed := (wait - firstCheck - seen) / interval
	if failed <= 0 {
		return time.Nanosecond
	}
	return halfLook + firstCheck + failed*interval - interval/2
}

// gapsBetween gives the times from each event of some kinds to the next event of others.
func gapsBetween(rows []Row, from, to []string) []time.Duration {
	var gaps []time.Duration
	for i, r := range rows {
		if !slices.Contains(from, r.Kind) {
			continue
		}
		for _, next := range rows[i+1:] {
			if slices.Contains(to, next.Kind) {
				gaps = append(gaps, next.At-r.At)
				break
			}
		}
	}
	return gaps
}

// lastDrains gives what lies between the end of a drain and the completion of its rollout, where nothing else does.
func lastDrains(rows []Row, drain time.Duration) []time.Duration {
	var found []time.Duration
	for i, r := range rows[:max(0, len(rows)-1)] {
		if r.Kind == "draining" && rows[i+1].Kind == "completed" {
			found = append(found, rows[i+1].At-r.At-drain)
		}
	}
	return found
}

// middle is the median; of an even number the lower one of the two in the middle.
func middle(all []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[(len(sorted)-1)/2]
}
