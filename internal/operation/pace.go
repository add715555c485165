package operation

import (
	"strconv"
	"time"

	"handover/internal/cluster"
)

// Pace says when something is to be expected of a rollout, so that an operation looks rarely while nothing can happen and often when the end is near. It is a
// hint: where it is wrong, the operation looks a little too often or ends a little late, and never does anything else than without it.
type Pace struct {
	Moved Window `json:"moved"` // from the beginning until the last old task is on its way out
	Ended Window `json:"ended"` // from what ECS says last before the end to the end
}

// Window is when something happens: nine of ten times between Early and Late.
type Window struct {
	Early time.Duration `json:"early"`
	Late  time.Duration `json:"late"`
}

const (
	seldom      = 30 * time.Second // while nothing can happen; ECS still says things that people want to read
	quiet       = time.Minute      // while old tasks drain, and ECS says nothing at all
	nearTheEnd  = 5 * time.Second  // half of it is how late the end is seen, on average
	afterWindow = 2                // a window is over after twice its Late: the forecast was wrong then
	pacedRead   = 3 * time.Minute  // tasks are read at least so often, beside at each milestone
)

// wait is how long to wait for the next look: until the window begins, and then in steps; short ones near the end, and before that no longer than half of what
// is still to come after it.
//
// Begun at 0:00, moved expected between 1:10 and 1:30: looks at 0:30, 1:00, 1:10, 1:35. It has moved, and ECS said so at 1:18; the end is expected 50 s to 65 s
// after that: looks at 2:08, 2:13, 2:18.
func (p Pace) wait(now, begun time.Time, s cluster.Service) time.Duration {
	window, since, longest, step := p.Moved, now.Sub(begun), seldom, max(nearTheEnd, min(seldom, p.Ended.Early/2))
	if movedOn(s) {
		window, since, longest, step = p.Ended, now.Sub(lastSaid(s, begun)), quiet, nearTheEnd
	}
	switch {
	case since < window.Early:
		return max(time.Second, min(longest, window.Early-since))
	case since <= afterWindow*window.Late:
		return step
	}
	return restartLook
}

// movedOn tells whether no task but those of the primary deployment is meant to run any more.
func movedOn(s cluster.Service) bool {
	for _, d := range s.Deployments {
		if d.Status != cluster.DeploymentPrimary && d.Running+d.Pending > 0 {
			return false
		}
	}
	return true
}

// lastSaid is when ECS said something last.
func lastSaid(s cluster.Service, begun time.Time) time.Time {
	if len(s.Events) == 0 || s.Events[0].At.Before(begun) {
		return begun
	}
	return s.Events[0].At
}

// milestone is what a service shows of how far a rollout has come, as one value. It changes a handful of times, however many tasks there are.
func milestone(s cluster.Service) string {
	primary, _ := s.Primary()
	return primary.ID + " " + string(primary.Rollout) + " of " + strconv.Itoa(len(s.Deployments)) + ", moved on " + strconv.FormatBool(movedOn(s)) + ", failed " + strconv.Itoa(primary.Failed)
}
