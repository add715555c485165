package world

import (
	"slices"
	"strings"
	"time"

	"handover/internal/cluster"
	"handover/internal/world/calendar"
	"handover/internal/world/group"
)

// This file has the scheduled actions of Auto Scaling groups. Source: EC2 Auto Scaling user guide, ec2-auto-scaling-scheduled-scaling; API Reference, PutScheduledUpdateGroupAction.

// schedulesOfAGroup is how many scheduled actions a group has at most. Source: EC2 Auto Scaling user guide, ec2-auto-scaling-quotas.
const schedulesOfAGroup = 125

func scheduleNamed(all []cluster.GroupSchedule, name string) (at int, there bool) {
	return slices.BinarySearchFunc(all, name, func(s cluster.GroupSchedule, name string) int { return strings.Compare(s.Name, name) })
}

// putGroupSchedule makes a scheduled action, or changes what is given of it. Two that happen at the same time are refused: user guide as above, considerations. The words are ours but for
// that of the start time, which is of public reports.
func (w *World) putGroupSchedule(a cluster.PutGroupSchedule) (ids []string, err error) {
	g, err := w.group(a.Name)
	if err != nil {
		return nil, err
	}
	next := a.Schedule
	at, there := scheduleNamed(g.Schedules, next.Name)
	if there {
		next = overSchedule(g.Schedules[at], next)
	} else if len(g.Schedules) >= schedulesOfAGroup {
		return nil, cluster.Errorf(cluster.ClassState, "LimitExceeded", "Only up to %d scheduled actions can be added to an Auto Scaling group.", schedulesOfAGroup)
	}
	if err := w.checkSchedule(next); err != nil {
		return nil, err
	}
	var comes bool
	if next.Due, comes = nextOf(next, w.state.Now); !comes {
		return nil, ungroupable("The scheduled action would never happen.")
	}
	for _, other := range g.Schedules {
		if other.Name != next.Name && other.Due.Equal(next.Due) {
			return nil, cluster.Errorf(cluster.ClassState, "AlreadyExists", "A scheduled action with this scheduled start time already exists: %s", other.Name)
		}
	}
	if there {
		g.Schedules[at] = next
	} else {
		g.Schedules = slices.Insert(g.Schedules, at, next)
	}
	w.planSchedule(g, next)
	return []string{next.Name}, nil
}

// overSchedule lays what is given of a scheduled action over what there is.
func overSchedule(former, given cluster.GroupSchedule) cluster.GroupSchedule {
	if !given.Start.IsZero() || given.Recurrence != "" { // a new time: that of before does not go with it
		former.Start, former.Recurrence, former.Zone, former.Clocks = given.Start, given.Recurrence, given.Zone, given.Clocks
	}
	if !given.End.IsZero() {
		former.End = given.End
	}
	for _, size := range []struct{ into, from **int }{{&former.Min, &given.Min}, {&former.Max, &given.Max}, {&former.Desired, &given.Desired}} {
		if *size.from != nil {
			*size.into = *size.from
		}
	}
	return former
}

func (w *World) checkSchedule(s cluster.GroupSchedule) error {
	if s.Recurrence != "" {
		if _, err := calendar.ParseUnix(s.Recurrence); err != nil {
			return ungroupable("Given recurrence string:%s is invalid", s.Recurrence)
		}
	}
	switch {
	case s.Min == nil && s.Max == nil && s.Desired == nil:
		return ungroupable("At least one of MinSize, MaxSize, and DesiredCapacity must be specified.")
	case s.Start.IsZero() && s.Recurrence == "":
		return ungroupable("A start time or a recurrence must be specified.")
	case !s.Start.IsZero() && s.Start.Before(w.state.Now):
		return ungroupable("Given start time is in the past")
	case !s.End.IsZero() && !s.End.After(w.state.Now):
		return ungroupable("Given end time is in the past")
	case !s.Start.IsZero() && !s.End.IsZero() && !s.End.After(s.Start):
		return ungroupable("Given end time is not after the start time")
	case s.Min != nil && s.Max != nil && *s.Max < *s.Min:
		return ungroupable("Max bound, %d, must be greater than or equal to min bound, %d", *s.Max, *s.Min)
	}
	return nil
}

// nextOf is when a scheduled action happens next, from a time on: at its start, and then as it recurs, until its end.
func nextOf(s cluster.GroupSchedule, now time.Time) (at time.Time, ok bool) {
	switch {
	case !s.Start.Before(now):
		return s.Start, true
	case s.Recurrence == "":
		return time.Time{}, false
	}
	c, err := calendar.ParseUnix(s.Recurrence)
	if err != nil {
		return time.Time{}, false // it was parsed before it was put
	}
	at, ok = calendar.Zone(s.Clocks).Next(c, now)
	if !s.End.IsZero() && at.After(s.End) {
		return time.Time{}, false
	}
	return at, ok
}

func (w *World) planSchedule(g *group.Group, s cluster.GroupSchedule) {
	w.plan(due{At: s.Due, Kind: dueSchedule, Fleet: &fleetDue{Group: g.Name, Action: s.Name}})
}

// groupScheduleDue lets a scheduled action happen, unless it was changed or removed since. It happens for nothing while the process ScheduledActions is suspended, and where its sizes do not
// go with those of the group. One that does not come again is removed.
func (w *World) groupScheduleDue(d fleetDue, at time.Time) {
	g, err := w.group(d.Group)
	if err != nil || g.Deleting {
		return
	}
	place, there := scheduleNamed(g.Schedules, d.Action)
	if !there || !g.Schedules[place].Due.Equal(at) {
		return
	}
	s := g.Schedules[place]
	if !g.Is("ScheduledActions") {
		_, _ = w.updateGroup(cluster.UpdateGroup{Name: g.Name, Min: s.Min, Max: s.Max, Desired: s.Desired}) // nobody is there to be told
	}
	s.Start = time.Time{}
	var comes bool
	if s.Due, comes = nextOf(s, w.state.Now.Add(time.Nanosecond)); !comes {
		g.Schedules = slices.Delete(g.Schedules, place, place+1)
		return
	}
	g.Schedules[place] = s
	w.planSchedule(g, s)
}

func (w *World) deleteGroupSchedule(a cluster.DeleteGroupSchedule) (ids []string, err error) {
	g, err := w.group(a.Name)
	if err != nil {
		return nil, err
	}
	at, there := scheduleNamed(g.Schedules, a.Schedule)
	if !there {
		return nil, cluster.Errorf(cluster.ClassNotFound, "ValidationError", "Scheduled action name not found") // public reports
	}
	g.Schedules = slices.Delete(g.Schedules, at, at+1)
	return []string{a.Schedule}, nil
}
