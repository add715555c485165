package recording

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"handover/internal/world/profile"
)

// Shown is what a recording itself shows of a service's settings and of what was done to it, where its replay line is silent.
type Shown struct {
	// Pinned says that the images are named by their digests: the first start of its deployment is of several tasks, and it would be of one where the digest has
	// to be found out first (behaviour §3.7).
	Pinned bool
	// Again is when further deployments began, after the first one: where the recording says so, and where it starts more tasks than a deployment has.
	Again []time.Duration
}

// String says what was taken from the recording; empty if nothing was.
func (s Shown) String() string {
	var all []string
	if s.Pinned {
		all = append(all, "images pinned by digest")
	}
	for _, after := range s.Again {
		all = append(all, fmt.Sprintf("a further deployment after %.0f s", after.Seconds()))
	}
	return strings.Join(all, ", ")
}

func show(c Case) Shown {
	var s Shown
	p, ok := profile.Named(c.Replay["profile"])
	if !ok || !strings.HasPrefix(done(c.Replay["action"]), "deployment") || c.Replay["strategy"] != "" {
		return s
	}
	first := slices.IndexFunc(c.Rows, func(r Row) bool { return r.Kind == "start" })
	s.Pinned = p.Variants.VersionConsistency && first >= 0 && c.Rows[first].Count > 1
	from, until := ends(c)
	rows := between(sayable(c.Rows), from, until)
	if c.Replay["action"] == "deploy" {
		s.Again = restarts(rows, percent(c, "desired", 1), p)
	}
	for i, r := range rows {
		if i > 0 && r.Kind == "deployment_created" && i < len(rows)-1 {
			s.Again = append(s.Again, r.At-rows[0].At)
		}
	}
	return s
}

// restarts finds the further deployments of a recording in which nothing fails and which yet starts more tasks than are desired. Each began as long before the first
// event that is its own as ECS takes at most to look at a new deployment.
//
// 1 task: stop at 0 s, start at 1 s, stop at 105 s, start at 106 s. The second one began 21 s before 105 s (case AD, whose author presumes the same).
func restarts(rows []Row, desired int, p profile.Profile) []time.Duration {
	if desired < 1 || slices.ContainsFunc(rows, func(r Row) bool {
		return r.Kind == "unhealthy" || r.Kind == "hc_failed" || r.Kind == "unable_to_place" || r.Kind == "failed"
	}) {
		return nil
	}
	var found []time.Duration
	started := 0
	for i, r := range rows {
		if r.Kind != "start" {
			continue
		}
		if started > 0 && started%desired == 0 {
			own := r.At
			if i > 0 && rows[i-1].Kind == "stop" && own-rows[i-1].At < 2*time.Second {
				own = rows[i-1].At // with a minimum below 100 % the stop comes first, in the same look
			}
			found = append(found, own-rows[0].At-p.Deploy.High+p.Deploy.Median) // the first event comes Deploy after the first deployment
		}
		started += r.Count
	}
	return found
}
