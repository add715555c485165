package operation

import (
	"slices"
	"time"

	"handover/internal/cluster"
)

// seen is what an operation has seen of the tasks that it replaces. Its size does not grow with their number.
type seen struct {
	Judged string             `json:"judged,omitempty"` // what the service showed when its tasks were read last
	Read   time.Time          `json:"read,omitzero"`    // when its tasks were read last
	Old    int                `json:"old"`              // tasks to be replaced
	Tally  cluster.Figures    `json:"tally"`
	Last   *cluster.Condition `json:"last,omitempty"`  // what is waited for
	Bound  time.Duration      `json:"bound,omitempty"` // how long a task may take to go at most
	Pace   *Pace              `json:"pace,omitempty"`  // when to look; nil: as often as the scheduler does, and at all that it changes
}

// readAgain is how often tasks are read at the least: what drains and stops shows in no count of the service.
const readAgain = time.Minute

// drains is for how long none of some tasks can be gone, readAgain at most: all of them are on their way out, and the targets of each drain for as long as its target groups say. A
// delay of 300 s and a look at which every such task has been DEACTIVATING for 4m10s and less: 50 s. It is 0 where there are none, or nothing can be said.
func drains(now time.Time, view cluster.ServiceView, some func(*cluster.Task) bool) time.Duration {
	delay := time.Duration(0)
	for _, g := range view.TargetGroups {
		delay = max(delay, g.DrainDelay)
	}
	least, there := readAgain, false
	for _, t := range view.Tasks {
		switch {
		case t.Gone() || !some(&t):
		case t.Last != cluster.Deactivating || t.StoppingAt.IsZero():
			return 0
		default:
			least, there = min(least, t.StoppingAt.Add(delay).Sub(now)), true
		}
	}
	if !there {
		return 0
	}
	return max(0, least)
}

// acquaint takes what the service shows right after the update for what its tasks were judged by: they were read just before it.
func (s *seen) acquaint(in Input, view cluster.ServiceView) {
	if s.Pace != nil && s.Judged == "" {
		s.Judged, s.Read = s.shows(view.Service), in.Now
	}
}

// stale tells whether tasks and targets have to be read again: the service itself shows that something changed, or it was long ago.
func (s *seen) stale(in Input, view cluster.ServiceView) bool {
	return s.shows(view.Service) != s.Judged || !in.Now.Before(s.Read.Add(s.readAgain()))
}

// shows is what tells that tasks have to be read again when it changes.
func (s *seen) shows(service cluster.Service) string {
	if s.Pace != nil {
		return s.Pace.milestone(service)
	}
	return shows(service)
}

// readAgain is how often tasks are read at the least: the more there are, the more calls that takes. 5,000 of them, with as many new ones, are 100 pages of ListTasks and 100 calls of
// DescribeTasks, every 10 minutes.
func (s *seen) readAgain() time.Duration {
	if s.Pace != nil {
		return max(pacedRead, time.Duration(s.Old)*pacedReadEach)
	}
	return readAgain
}

// wait is how long to wait for the next look.
func (s *seen) wait(now, begun time.Time, service cluster.Service) time.Duration {
	if s.Pace == nil {
		return restartLook
	}
	return s.Pace.wait(now, begun, service)
}

// mark counts what is there before anything is done.
func (s *seen) mark(in Input, view cluster.ServiceView, old func(*cluster.Task) bool) {
	tasks, healthy := view.Count(in.Now)
	s.Bound = bound(view)
	s.Old, s.Tally = 0, cluster.Figures{PeakTasks: tasks, LowestHealthy: healthy}
	for i := range view.Tasks {
		if t := &view.Tasks[i]; !t.Gone() && old(t) {
			s.Old++
		}
	}
	s.Last = counts{old: s.Old}.waiting(view.Service.Desired, s.Old, s.Bound)
}

// measure counts what is there now.
func (s *seen) measure(in Input, view cluster.ServiceView, old func(*cluster.Task) bool) counts {
	s.Judged, s.Read = s.shows(view.Service), in.Now
	c := census(in, view, old)
	s.Tally.PeakTasks = max(s.Tally.PeakTasks, c.all)
	s.Tally.LowestHealthy = min(s.Tally.LowestHealthy, c.serving)
	s.Tally.Replaced = max(0, s.Old-c.old)
	s.Tally.Failed = max(s.Tally.Failed, c.ended)
	s.Last = c.waiting(view.Service.Desired, s.Old, s.Bound)
	return c
}

// counts are the tasks of a service by what an operation makes of them.
type counts struct {
	old, leaving   int // old tasks that are not gone, and those of them that are on their way out
	fresh, healthy int // new tasks that are meant to run, and healthy ones of them
	ended          int // new tasks that are not meant to run any more, and were not too many
	all, serving   int // tasks of both kinds that are not gone, and healthy ones
}

func census(in Input, view cluster.ServiceView, old func(*cluster.Task) bool) counts {
	var c counts
	for i := range view.Tasks {
		t := &view.Tasks[i] // half a kilobyte, of thousands
		healthy := view.Healthy(t, in.Now)
		if healthy {
			c.serving++
		}
		if !t.Gone() {
			c.all++
		}
		switch {
		case !old(t) && !t.MeantToRun():
			if !t.ScaledIn() {
				c.ended++
			}
		case !old(t):
			c.fresh++
			if healthy {
				c.healthy++
			}
		case !t.Gone():
			c.old++
			if !t.MeantToRun() {
				c.leaving++
			}
		}
	}
	return c
}

// most is how many tasks there were at once at the most since a time. AWS says of each when it was made and when it was gone, and shows what has stopped for an hour, so that
// nothing has to be looked at in between.
func most(tasks []cluster.Task, since time.Time) int {
	begin := since.UnixNano() // times as numbers are sorted several times as fast, which 10,000 tasks are worth
	made, gone := make([]int64, 0, len(tasks)), make([]int64, 0, len(tasks))
	for i := range tasks {
		t := &tasks[i]
		if t.Gone() && !t.StoppedAt.After(since) {
			continue
		}
		if made = append(made, t.CreatedAt.UnixNano()); t.Gone() {
			gone = append(gone, t.StoppedAt.UnixNano())
		}
	}
	slices.Sort(made)
	slices.Sort(gone)
	peak, left := 0, 0
	for i, at := range made {
		for left < len(gone) && gone[left] <= at {
			left++
		}
		if at > begin || i+1 == len(made) || made[i+1] > begin {
			peak = max(peak, i+1-left)
		}
	}
	return peak
}
