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
	// Watched says that a person looks on: nothing is left unread for long, although nothing depends on it.
	Watched bool `json:"watched,omitempty"`
}

// Window is when something happens: nine of ten times between Early and Late.
type Window struct {
	Early time.Duration `json:"early"`
	Late  time.Duration `json:"late"`
}

const (
	quiet       = time.Minute      // while nothing can happen; a task may fail all the same
	watched     = 20 * time.Second // the same while a person looks on
	nearTheEnd  = 5 * time.Second  // half of it is how late the end is seen, on average
	afterWindow = 2                // a window is over after twice its Late: the forecast was wrong then
	pacedRead   = 3 * time.Minute  // tasks are read at least so often, beside at each milestone
	// pacedReadEach makes that rarer where there are many: 1,500 tasks are read every 3 minutes, 5,000 every 10.
	pacedReadEach = 120 * time.Millisecond
	soonRead      = 2 * time.Minute // tasks that will be read so soon, because the end comes, are not read when the rollout moves on
)

// WhileWatched is the same pace while a person looks on; nil stays nil.
func (p *Pace) WhileWatched() *Pace {
	if p == nil {
		return nil
	}
	with := *p
	with.Watched = true
	return &with
}

// longest is how long it may go without a look.
func (p Pace) longest() time.Duration {
	if p.Watched {
		return watched
	}
	return quiet
}

// wait is how long to wait for the next look, a minute at most. Where the rollout has not moved on, no end can come before what follows has had its time: a look at
// the service shows when it moved on, because ECS says so with a time, and comes soon enough for that.
//
// Begun at 0:00, moved expected between 1:10 and 1:30, and the end 50 s to 65 s after ECS has said so, not before 2:00: looks at 1:00 and 2:00. It has moved, and ECS
// said so at 1:18: looks at 2:08, 2:13, 2:18.
func (p Pace) wait(now, begun time.Time, s cluster.Service) time.Duration {
	earliest, since, late, step := p.Moved.Early+p.Ended.Early, now.Sub(begun), p.Moved.Late, max(nearTheEnd, min(p.longest(), p.Ended.Early))
	if movedOn(s) {
		earliest, since, late, step = p.Ended.Early, now.Sub(lastSaid(s, begun)), p.Ended.Late, nearTheEnd
	}
	switch {
	case since < earliest:
		return max(time.Second, min(p.longest(), earliest-since))
	case since <= afterWindow*late:
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
func (p Pace) milestone(s cluster.Service) string {
	primary, _ := s.Primary()
	moved := movedOn(s) && (p.Watched || p.Ended.Late > soonRead)
	return primary.ID + " " + string(primary.Rollout) + ", moved on " + strconv.FormatBool(moved) + ", failed " + strconv.Itoa(primary.Failed)
}
