package recording

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"handover/internal/forecast/measure"
	"handover/internal/world/draw"
	"handover/internal/world/profile"
)

// Durations say how long a service's tasks take in the run of a seed.
type Durations interface {
	Fit(p profile.Profile, seed uint64) profile.Profile
}

// Profile leaves all to the profile.
type Profile struct{}

// Fit gives the profile as it is.
func (Profile) Fit(p profile.Profile, _ uint64) profile.Profile { return p }

// Learned is what other deployments of a service tell of its tasks.
type Learned struct {
	From    int // how many other cases it is of
	Samples measure.Samples
}

// Fit draws how the tasks of a service behave in one run: as at one of n times that they were seen, or, once in n+1, as the profile has it; so that what was
// seen once is believed half.
//
// Starts of 15 and 25 s: a third of the seeds have 15 s, a third 25 s, and a third what the profile draws.
func (l Learned) Fit(p profile.Profile, seed uint64) profile.Profile {
	one := func(seen []time.Duration, purpose string) []time.Duration {
		if i := draw.Bits(seed, "recorded", purpose) % uint64(len(seen)+1); i < uint64(len(seen)) {
			return seen[i : i+1]
		}
		return nil
	}
	s := l.Samples
	return measure.Samples{Up: one(s.Up, "up"), Ready: one(s.Ready, "ready"), Exit: one(s.Exit, "exit")}.Fit(p)
}

// Others is what the other services tell, each on its own. It is what the profile's durations of tasks are tested with: leave one service out.
type Others []Learned

// Fit draws a service, each alike, however many deployments of it there are, and then one of its values.
func (o Others) Fit(p profile.Profile, seed uint64) profile.Profile {
	one := func(purpose string, of func(measure.Samples) []time.Duration) []time.Duration {
		var known [][]time.Duration
		for _, l := range o {
			if seen := of(l.Samples); len(seen) > 0 {
				known = append(known, seen)
			}
		}
		if len(known) == 0 {
			return nil
		}
		seen := known[draw.Bits(seed, "recorded", purpose+" service")%uint64(len(known))]
		i := draw.Bits(seed, "recorded", purpose) % uint64(len(seen))
		return seen[i : i+1]
	}
	return measure.Samples{
		Up:    one("up", func(s measure.Samples) []time.Duration { return s.Up }),
		Ready: one("ready", func(s measure.Samples) []time.Duration { return s.Ready }),
		Exit:  one("exit", func(s measure.Samples) []time.Duration { return s.Exit }),
	}.Fit(p)
}

// Learn measures a service's tasks in cases other than the one that is to be predicted: leave one out.
func Learn(c Case, all []Case) Learned {
	out := Learned{}
	p, known := profile.Named(c.Replay["profile"])
	if !known {
		return out
	}
	for _, other := range all {
		if other.Name == c.Name || !sameService(other.Header["service"], c.Header["service"]) {
			continue
		}
		out.From++
		settings := measure.Settings{Balanced: true, CheckInterval: time.Duration(check(other.Replay["health"], "interval", 30)) * time.Second}
		if drain, err := strconv.Atoi(other.Replay["drain"]); err == nil {
			settings.Drain = time.Duration(drain) * time.Second
		}
		samples := measure.OfEvents(eventsOf(other.Rows), settings, p)
		if settings.Drain == 0 {
			samples.Exit = nil // how long it drained is not known
		}
		out.Samples = out.Samples.Join(samples)
	}
	return out
}

// LearnElsewhere measures the tasks of every other service of the same kind: launch type and years.
func LearnElsewhere(c Case, all []Case) Others {
	var out Others
	for i, other := range all {
		first := slices.IndexFunc(all, func(o Case) bool { return sameService(o.Header["service"], other.Header["service"]) })
		alike := other.Replay["profile"] == c.Replay["profile"] && other.Replay["launch"] == c.Replay["launch"]
		if alike && first == i && !sameService(other.Header["service"], c.Header["service"]) {
			out = append(out, Learn(Case{Header: other.Header, Replay: other.Replay}, all))
		}
	}
	return out
}

// sameService tells whether two headers name one service: by one name, or by one with and one without what its owner puts before all names.
func sameService(a, b string) bool {
	if a == "" || b == "" || strings.HasPrefix(a, "(") {
		return false
	}
	return a == b || strings.HasSuffix(a, "-"+b) || strings.HasSuffix(b, "-"+a)
}

// eventsOf gives the rows of a recording as events of a service, from an arbitrary time on.
func eventsOf(rows []Row) []measure.Event {
	events := make([]measure.Event, len(rows))
	for i, r := range rows {
		events[i] = measure.Event{At: time.Time{}.Add(r.At), Kind: r.Kind}
	}
	return events
}
