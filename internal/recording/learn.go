package recording

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"handover/internal/world"
	"handover/internal/world/draw"
)

// Learned is what other deployments of a service tell of its tasks: every value that was seen, shortest first.
type Learned struct {
	From   int             // how many other cases it is of
	Starts []time.Duration // created → RUNNING
	Readys []time.Duration // RUNNING → passes health checks
	Exits  []time.Duration // stop signal → exit
}

// Durations say how the tasks of a service behave in the run of a seed, where that is not left to the profile.
type Durations interface {
	Tasks(seed uint64) world.Behaviour
}

// Profile leaves all to the profile.
type Profile struct{}

// Tasks is empty.
func (Profile) Tasks(uint64) world.Behaviour { return world.Behaviour{} }

// Others is what the other services tell, each on its own. It is what the profile's durations of tasks are tested with: leave one service out.
type Others []Learned

// Tasks draws a service, each alike, however many deployments of it there are, and then one of its values.
func (o Others) Tasks(seed uint64) world.Behaviour {
	one := func(purpose string, of func(Learned) []time.Duration) time.Duration {
		var known [][]time.Duration
		for _, l := range o {
			if seen := of(l); len(seen) > 0 {
				known = append(known, seen)
			}
		}
		if len(known) == 0 {
			return 0
		}
		seen := known[draw.Bits(seed, "recorded", purpose+" service")%uint64(len(known))]
		return seen[draw.Bits(seed, "recorded", purpose)%uint64(len(seen))]
	}
	return world.Behaviour{
		Start: one("start", func(l Learned) []time.Duration { return l.Starts }),
		Ready: one("ready", func(l Learned) []time.Duration { return l.Readys }),
		Exit:  one("exit", func(l Learned) []time.Duration { return l.Exits }),
	}
}

// LearnElsewhere measures the tasks of every other service of the same kind: launch type and years.
func LearnElsewhere(c Case, all []Case) Others {
	var out Others
	for i, other := range all {
		first := slices.IndexFunc(all, func(o Case) bool { return sameService(o.Header["service"], other.Header["service"]) })
		alike := other.Replay["profile"] == c.Replay["profile"] && other.Replay["launch"] == c.Replay["launch"]
		if alike && first == i && !sameService(other.Header["service"], c.Header["service"]) {
			out = append(out, Learn(Case{Header: other.Header}, all))
		}
	}
	return out
}

// Tasks draws how the tasks of a service behave in one run: as at one of n times that they were seen, or, once in n+1, as the profile has it; so that what was
// seen once is believed half. Zero members are left to the profile.
//
// Starts of 15 and 25 s: a third of the seeds have 15 s, a third 25 s, and a third what the profile draws.
func (l Learned) Tasks(seed uint64) world.Behaviour {
	one := func(seen []time.Duration, purpose string) time.Duration {
		if i := draw.Bits(seed, "recorded", purpose) % uint64(len(seen)+1); i < uint64(len(seen)) {
			return seen[i]
		}
		return 0
	}
	return world.Behaviour{Start: one(l.Starts, "start"), Ready: one(l.Readys, "ready"), Exit: one(l.Exits, "exit")}
}

// Learn measures a service's tasks in cases other than the one that is to be predicted: leave one out. What ECS does between two events is made of looks
// about 10 s apart, so a task that was registered 30 s after its start was RUNNING about half a look earlier, and one that counted 41 s after its registration
// passed the second of its health checks.
func Learn(c Case, all []Case) Learned {
	out := Learned{}
	for _, other := range all {
		if other.Name == c.Name || !sameService(other.Header["service"], c.Header["service"]) {
			continue
		}
		out.From++
		for _, start := range gapsBetween(other.Rows, []string{"start", "start_unhealthy"}, []string{"registered"}) {
			out.Starts = append(out.Starts, max(time.Second, start-halfLook))
		}
		for _, wait := range gapsBetween(other.Rows, []string{"registered"}, []string{"stop", "deregistered", "unhealthy", "completed"}) {
			out.Readys = append(out.Readys, readyBy(wait, interval(other.Replay["health"])))
		}
		if drain, err := strconv.Atoi(other.Replay["drain"]); err == nil {
			for _, end := range lastDrains(other.Rows, time.Duration(drain)*time.Second) {
				out.Exits = append(out.Exits, max(time.Second/2, end-afterDrain))
			}
		}
	}
	slices.Sort(out.Starts)
	slices.Sort(out.Readys)
	slices.Sort(out.Exits)
	return out
}

// sameService tells whether two headers name one service: by one name, or by one with and one without what its owner puts before all names.
func sameService(a, b string) bool {
	if a == "" || b == "" || strings.HasPrefix(a, "(") {
		return false
	}
	return a == b || strings.HasSuffix(a, "-"+b) || strings.HasSuffix(b, "-"+a)
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
