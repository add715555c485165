package service

import (
	"slices"
	"strings"
	"time"

	"handover/internal/cluster"
	"handover/internal/world/profile"
)

// Plan is what the scheduler decides at one look. Tasks are in the order in which they are named in ECS's events.
type Plan struct {
	Register   []*Task   // their targets are added to the target groups
	Deregister []*Task   // stopped at an earlier look, or by someone else; now their targets drain
	Noticed    []*Task   // ended without the scheduler, and are seen to be STOPPED
	Told       []*Task   // were noticed at the look before
	Signal     []*Task   // their drain is over; only where stops are reported at its end
	Cancel     []*Task   // never ran, and are not needed any more
	Stop       []*Task   // ran
	Sick       []*Task   // ran, and are stopped because they are unhealthy
	Protected  int       // would be stopped, and are protected
	Start      int       // of the primary deployment
	Renew      []Renewal // of earlier deployments
	Replaced   int       // of these, how many take the place of an unhealthy task
	Owed       int       // unhealthy tasks that are stopped before their replacements can start
	Unplaced   int       // would be started if the cluster had room
	Blocked    bool      // the bounds leave no move
	Completed  bool      // the primary deployment has completed
	Early      bool      // by its early success criteria: not all of its tasks need be there
	Steady     bool
}

// Renewal is what an earlier deployment starts in the place of tasks that ended by themselves.
type Renewal struct {
	Deployment *Deployment
	Count      int
}

// census sorts a service's tasks into what the decision needs.
type census struct {
	fresh, old []*Task // meant to run: of the primary deployment, and of the others; only until the next census
	ailing     int     // of the primary deployment
	excused    int     // of it, too: unhealthy, and still within the grace period
	healthy    int     // of both
	held       int     // places of the maximum that are taken
	leaving    int     // of other deployments, not STOPPED yet
	launches   int     // how many more tasks may start now, whatever the maximum
	moving     bool    // tasks leave draining instances outside of any rollout

	unregistered, undrained, drained []*Task // see Plan
	lost, noticed                    []*Task // lost and STOPPED; noticed at the look before
	unseen                           int     // tasks of the primary deployment that are lost, and not missed yet

	served, coming, useless bool // there are old tasks that count, that do not count, and that may go in any case
}

// retires notes what kinds of old tasks there are, so that who goes first need not be worked out at looks where none may.
func (c *census) retires(t *Task, counts bool, now time.Time) {
	switch {
	case t.StartedAt.IsZero() || t.Ails(now):
		c.useless = true
	case counts:
		c.served = true
	default:
		c.coming = true
	}
}

// Scratch is memory for one look, to be used again for the next: all looks of a world may share it. What a look finds is valid until the next one.
type Scratch struct {
	fresh, old, unregistered, undrained, drained []*Task
	stop, order, coming, healthy                 []*Task
	names                                        []string  // of zones
	zones                                        [][]*Task // in the order of names
}

func (s *Service) census(now time.Time, v profile.Variants, m *Scratch) census {
	c := census{launches: s.launches(now), moving: s.moving(), fresh: m.fresh[:0], old: m.old[:0], unregistered: m.unregistered[:0], undrained: m.undrained[:0], drained: m.drained[:0]}
	primary := s.Primary().ID
	s.passOver()
	for _, t := range s.Current() { // each question is asked once of each task, and of a quiet one none: thousands of them are most of a look
		if t.quiet {
			c.count(t, primary)
			continue
		}
		meant := t.MeantToRun()
		c.targets(s, t, meant, now, &v)
		c.losses(t, primary)
		if t.Gone() {
			continue
		}
		if meant || holdsPlace(t, &v) {
			c.held++
		}
		ours := t.StartedBy == primary
		if !ours {
			c.leaving++
		}
		if !meant {
			continue
		}
		counts := s.counts(t, now, c.moving)
		if counts {
			c.healthy++
		}
		if !ours || t.Evicted { // a task on a draining instance is replaced as one of an earlier deployment is
			c.old = append(c.old, t)
			c.retires(t, counts, now)
			t.quiet = t.rests(now)
			continue
		}
		c.fresh = append(c.fresh, t)
		t.quiet = t.rests(now)
		switch {
		case t.Ails(now):
			c.ailing++
		case t.Ailment != "" && now.Before(t.StartedAt.Add(s.GracePeriod)):
			c.excused++
		}
	}
	m.fresh, m.old, m.unregistered, m.undrained, m.drained = c.fresh, c.old, c.unregistered, c.undrained, c.drained
	return c
}

// count counts a quiet task.
func (c *census) count(t *Task, primary string) {
	c.held++
	c.healthy++
	if t.StartedBy == primary {
		c.fresh = append(c.fresh, t)
		return
	}
	c.leaving++
	c.served = true
	c.old = append(c.old, t)
}

// moving tells whether tasks leave draining instances outside of any rollout.
func (s *Service) moving() bool {
	evicted := func(t *Task) bool { return t.Evicted && t.MeantToRun() }
	return len(s.Deployments) > 0 && s.Primary().Rollout != cluster.RolloutInProgress && slices.ContainsFunc(s.Current(), evicted)
}

// counts tells whether a task counts toward the floor. While tasks leave draining instances one without a load balancer counts as soon as it is RUNNING.
// Source: API Reference, UpdateContainerInstancesState.
func (s *Service) counts(t *Task, now time.Time, moving bool) bool {
	return t.Counts(now) || moving && len(s.Behind(t)) == 0 && !t.Checked && t.Last == cluster.Running && t.MeantToRun()
}

// limits are the bounds that hold. Under another controller than ECS's, only draining replaces tasks, and it goes by the defaults.
// Source: API Reference, DeploymentConfiguration.minimumHealthyPercent.
func (s *Service) limits() cluster.Bounds {
	if s.Controller != cluster.ControllerECS && s.moving() {
		return cluster.DefaultBounds()
	}
	return s.Bounds
}

// holdsPlace tells whether a task that is not STOPPED takes one of the places that the maximum allows. On Fargate each does, to its very end: with room
// for 4, 2 running and 2 stopping tasks, the next start came 105–135 s after the stops, when those were STOPPED (case AG10).
func holdsPlace(t *Task, v *profile.Variants) bool {
	return t.MeantToRun() || v.SlotUntil == profile.AtStopped || !t.Signalled
}

// Plan decides what to do at a look. room is how many more tasks the cluster can hold, or -1 where nothing limits it.
//
// Stops are decided before starts, because with a minimum below 100 % both may fall in one look, and a task that is stopped gives its instance's room free
// at once (AWS What's New of July 2023). 6 tasks with 50/200 in room for 8: stop 3, start 5, stop 3, start 1. Source: behaviour §1.1 #10.
func (s *Service) Plan(now time.Time, room int, v profile.Variants, m *Scratch) Plan {
	c := s.census(now, v, m)
	p := Plan{Register: c.unregistered, Deregister: c.undrained, Signal: c.drained, Noticed: c.lost, Told: c.noticed}
	leaving := s.stops(c, now, v, m)
	p.Cancel, p.Stop, p.Sick, p.Protected = leaving.cancel, leaving.stop, leaving.sick, leaving.protected
	stopped := len(p.Cancel) + len(p.Stop) + len(p.Sick)
	if room >= 0 {
		room += stopped
	}
	p.Register = slices.DeleteFunc(p.Register, func(t *Task) bool { return slices.Contains(p.Stop, t) || slices.Contains(p.Sick, t) })
	m.stop = p.Stop
	p.Renew = s.renewals(c, room, now, v, false)
	for _, r := range p.Renew {
		c.held, c.launches, room = c.held+r.Count, c.launches-r.Count, less(room, r.Count)
	}
	wanted := s.starts(c, stopped, now)
	p.Start = wanted
	if room >= 0 && wanted > room {
		p.Start, p.Unplaced = room, wanted-room
	}
	if len(p.Renew) == 0 {
		c.held, c.launches, room = c.held+p.Start, c.launches-p.Start, less(room, p.Start)
		p.Renew = s.renewals(c, room, now, v, true)
	}
	missing := max(0, s.Desired-c.unseen-len(c.fresh))
	standIns := max(0, p.Start-missing) // for unhealthy tasks that are there
	p.Replaced = standIns + min(p.Start, missing, s.Owed)
	p.Owed = max(0, len(p.Sick)-max(0, len(c.fresh)-s.Desired)-standIns)
	p.Blocked = s.blocked(c, p)
	if stopped == 0 && wanted == 0 && c.ailing == 0 && len(p.Renew) == 0 {
		p.Completed = s.Primary().Rollout == cluster.RolloutInProgress && c.leaving == 0 && s.whole(c, now)
		p.Steady = s.Unsettled && s.Status == cluster.ServiceActive && len(p.Register)+len(p.Signal)+len(p.Deregister) == 0 && s.whole(c, now) && (p.Completed || s.Primary().Rollout != cluster.RolloutInProgress)
	}
	if !p.Completed && s.succeedsEarly(c, now) {
		p.Completed, p.Early = true, true
	}
	return p
}

// succeedsEarly tells whether the rollout in progress is complete by the service's early success criteria: enough of its tasks are healthy, and those of the former revision are gone unless they may leave
// afterwards. What it lacks is started as in any service. That a deployment which is rolled back to has to be whole is a model choice. Source: developer guide, early-success-criteria.
func (s *Service) succeedsEarly(c census, now time.Time) bool {
	d := s.Primary()
	if !s.Early.Enabled || d.Rollout != cluster.RolloutInProgress || !d.Completed.IsZero() || c.leaving > 0 && !s.Early.Deferred {
		return false
	}
	healthy := 0
	for _, t := range c.fresh {
		if t.Counts(now) {
			healthy++
		}
	}
	return healthy >= s.Early.Of(s.Desired)
}

// less is the room that some tasks leave; where nothing limits it, nothing does then.
func less(room, tasks int) int {
	if room < 0 {
		return room
	}
	return room - tasks
}

// whole tells whether as many tasks as are desired run, all of them healthy and of the primary deployment. Where nothing checks a task, it need only run: the
// 40 s until it counts are of the floor alone. Source: API Reference, DeploymentConfiguration.minimumHealthyPercent; steady 18–20 s after each start of a crash loop of 2025,
// completed 10 s after the last start (case U).
func (s *Service) whole(c census, now time.Time) bool {
	if len(c.old) > 0 || len(c.fresh) != s.Desired || s.Moving > 0 {
		return false
	}
	for _, t := range c.fresh {
		unchecked := !t.Checked && len(s.Behind(t)) == 0
		if serves := t.Counts(now) || unchecked && t.Last == cluster.Running; !serves {
			return false
		}
	}
	return true
}

// stops are the tasks that go.
type stops struct {
	cancel, stop, sick []*Task
	protected          int // would go, and are protected
}

// stops decides which tasks go: old ones as far as the floor allows, and those of the primary deployment that are more than desired.
//
// A task that is not healthy does not hold the floor up, so it may go as long as enough tasks are there at all; one that never ran may always go. An unhealthy
// one goes when enough others are healthy, which since October 2023 its replacement is waited for; of several each goes with its own replacement, whatever the floor
// (case AG10: one stop 5 s after the first of two replacements is healthy, the other 16 s after the second), or when the replacement is unhealthy as well, be it within its grace period
// (API Reference, CreateService.healthCheckGracePeriodSeconds; containers-roadmap issue 2714). Where the maximum leaves no room for a replacement,
// one unhealthy task is stopped at a time, also of an earlier deployment: 75/100 with 4 tasks, 2 of them new and healthy and the 2 old ones unhealthy, would move no more otherwise.
// Source: developer guide, ecs_services; behaviour §1.3.
func (s *Service) stops(c census, now time.Time, v profile.Variants, m *Scratch) stops {
	floor := s.limits().Floor(s.Desired)
	spare := c.healthy - floor // healthy tasks that may go
	if v.WholeBatches && c.rising(now) {
		spare = 0
	}
	alive := len(c.fresh) + len(c.old) - floor // tasks that may go at all
	surplus := len(c.fresh) - s.Desired - s.Moving
	full := c.held >= s.limits().Ceiling(s.Desired) && c.held == len(c.fresh)+len(c.old) // and no place is about to become free
	if full && surplus <= 0 && c.ailing > 0 {
		return stops{sick: []*Task{c.fresh[slices.IndexFunc(c.fresh, func(t *Task) bool { return t.Ails(now) })]}}
	}
	standIns := c.healthy + c.ailing + c.excused - s.Desired // unhealthy tasks for which another one is there
	out := stops{stop: m.stop[:0]}
	served := !c.useless && c.ailing == 0 && surplus <= 0 // all that may go count, or are about to
	for _, t := range s.candidates(c, spare, alive, now, v, m) {
		if served && spare <= 0 && alive <= 0 {
			break
		}
		switch {
		case s.renewal(t, &c, &v):
		case t.StartedAt.IsZero():
			out.cancel = append(out.cancel, t)
			alive--
		case t.Ails(now) && (c.healthy >= floor || standIns > 0 || s.prompt(t, &v)):
			out.sick = append(out.sick, t)
			alive--
			standIns--
		case t.Ails(now) || s.sickens(t, &v):
		case t.Protected(now) && (!t.Evicted || !v.DrainIgnoresProtection):
			if t.Counts(now) && spare > 0 || !t.Counts(now) && alive > 0 {
				out.protected++
			}
		case s.counts(t, now, c.moving) && spare > 0:
			out.stop = append(out.stop, t)
			spare--
			alive--
		case !s.counts(t, now, c.moving) && alive > 0:
			out.stop = append(out.stop, t)
			alive--
		}
	}
	if full && surplus <= 0 && len(out.cancel)+len(out.stop)+len(out.sick) == 0 {
		out.sick = s.firstUnrenewed(c, now)
	}
	return out
}

// candidates are the tasks that may be stopped, in the order in which they go: old ones, where any of them may, and those that are more than desired.
func (s *Service) candidates(c census, spare, alive int, now time.Time, v profile.Variants, m *Scratch) []*Task {
	var all []*Task
	if spare > 0 && c.served || alive > 0 && c.coming || c.useless {
		all = s.victims(c.old, now, v, m)
	}
	surplus := len(c.fresh) - s.Desired - s.Moving
	if surplus <= 0 && c.ailing > 0 {
		for _, t := range c.fresh {
			if t.Ails(now) && s.prompt(t, &v) {
				all = append(slices.Clip(all), t)
			}
		}
	}
	if surplus > 0 && (len(c.old) == 0 || c.ailing > 0) {
		v.UnhealthyFirst = v.UnhealthyFirst || surplus <= c.ailing // no scale-in: the replacements of the unhealthy are there
		all = slices.Concat(all, first(surplus, s.victims(c.fresh, now, v, &Scratch{}), now))
	}
	return all
}

// starts decides how many tasks are started: what is missing of the primary deployment, within the ceiling, and the first one alone where its image has to
// be resolved first. An unhealthy task is missing, too. stopped tasks of this very look still hold their places.
func (s *Service) starts(c census, stopped int, now time.Time) int {
	if s.Primary().Rollout == cluster.RolloutFailed || now.Before(s.Primary().NextStart) {
		return 0
	}
	surplus := max(0, len(c.fresh)-s.Desired-s.Moving)
	missing := s.Desired - c.unseen - (len(c.fresh) - c.ailing) + min(max(0, surplus-c.ailing), stopped)
	if d := s.Primary(); !d.Resolved && (d.Failed < resolutionTries || s.Trips()) {
		missing = min(missing, 1-len(c.fresh))
	}
	return max(0, min(missing, s.limits().Ceiling(s.Desired)-c.held, c.launches))
}

// launches is how many tasks the service may start now: 500 a minute. How the rate is spread over the minute is not established: here it may all be used at once. Newer Regions have 125.
// Source: developer guide, service-quotas, rate of tasks launched by a service; behaviour §6.
func (s *Service) launches(now time.Time) int {
	left, since := 500, now.Add(-time.Minute)
	for _, t := range slices.Backward(s.Tasks) {
		if left == 0 || !t.CreatedAt.After(since) {
			break
		}
		left--
	}
	return left
}

// renewals decides which earlier deployments start tasks in the place of those that are unhealthy, ended by themselves or were stopped from outside: since November 2025 a
// task is replaced from its own revision while a rollout is in progress. Until then the new revision took its place.
// An unhealthy one is replaced while it is still there, if there is room when the new revision has started what it lacks: a sick revision would else take the places of the one that is to heal
// it, for ever.
// Source: AWS What's New of November 2025; behaviour §1.3; case AF, where one task of each revision started within a second.
func (s *Service) renewals(c census, free int, now time.Time, v profile.Variants, sick bool) []Renewal {
	short := c.healthy < s.Desired || !v.RenewsWhileShort
	if !v.OwnRevision || !short || len(s.Deployments) < 2 || s.Primary().Rollout != cluster.RolloutInProgress {
		return nil
	}
	room := min(s.limits().Ceiling(s.Desired)-c.held, c.launches)
	if free >= 0 {
		room = min(room, free)
	}
	var all []Renewal
	for _, d := range s.Deployments[1:] {
		missing := d.Wanted - s.unseen(d)
		for _, t := range c.old {
			if t.StartedBy == d.ID && (!sick || !t.Ails(now)) {
				missing--
			}
		}
		if count := min(missing, room); count > 0 && !now.Before(d.NextStart) {
			all = append(all, Renewal{d, count})
			room -= count
		}
	}
	return all
}

// renewal tells whether a task was started by an earlier deployment in the place of another, and is wanted while too few are healthy. A task of a deployment that
// was superseded before it started is none: it is older than the newer deployment (case D).
func (s *Service) renewal(t *Task, c *census, v *profile.Variants) bool {
	if !v.OwnRevision || !v.RenewsWhileShort || c.healthy >= s.Desired || !t.CreatedAt.After(s.Primary().CreatedAt) {
		return false
	}
	return slices.ContainsFunc(s.Deployments[1:], func(d *Deployment) bool { return d.ID == t.StartedBy && d.Wanted > 0 })
}

// prompt tells whether an unhealthy task of the rollout in progress is stopped in the look in which its replacement starts. It is not established: profile.Variants.SickWaits.
func (s *Service) prompt(t *Task, v *profile.Variants) bool {
	return !v.SickWaits && s.Primary().Rollout == cluster.RolloutInProgress && t.StartedBy == s.Primary().ID
}

// sickens tells whether a task of an earlier deployment is unhealthy to its load balancer or its container's checks, and not yet to the scheduler: in a rollout it is replaced as the unhealthy are,
// and not sent away as one that is not healthy yet.
func (s *Service) sickens(t *Task, v *profile.Variants) bool {
	return v.OwnRevision && !t.AilsFrom.IsZero() && t.StartedBy != s.Primary().ID && s.Primary().Rollout == cluster.RolloutInProgress
}

// renewed tells whether a replacement from its own revision is there for an unhealthy task of an earlier deployment: it stays until that is healthy.
func (s *Service) renewed(d *Deployment, now time.Time) bool {
	fit := 0
	for _, t := range s.Current() {
		if t.StartedBy == d.ID && t.MeantToRun() && !t.Ails(now) {
			fit++
		}
	}
	return fit >= d.Wanted
}

// firstUnrenewed is the first unhealthy task of earlier deployments that has no replacement, if there is one.
func (s *Service) firstUnrenewed(c census, now time.Time) []*Task {
	for _, t := range c.old {
		of := slices.IndexFunc(s.Deployments, func(d *Deployment) bool { return d.ID == t.StartedBy })
		if t.Ails(now) && (of <= 0 || !s.renewed(s.Deployments[of], now)) {
			return []*Task{t}
		}
	}
	return nil
}

// rising tells whether new tasks are coming up in the place of old ones.
func (c *census) rising(now time.Time) bool {
	return len(c.old) > 0 && slices.ContainsFunc(c.fresh, func(t *Task) bool { return !t.Counts(now) && !t.Ails(now) })
}

// GiveUp has the deployment of an unhealthy task that is stopped want one less, where it is an earlier one and has not replaced the task: its place is the new revision's.
func (s *Service) GiveUp(t *Task, now time.Time) {
	for _, d := range s.Deployments[1:] {
		if d.ID == t.StartedBy && !s.renewed(d, now) {
			d.Wanted--
		}
	}
}

// blocked tells whether the bounds leave no move: a rollout with old and too few new tasks, nothing to start or stop, and nothing under way that could
// change that.
func (s *Service) blocked(c census, p Plan) bool {
	if c.moving || len(c.old) == 0 || len(c.fresh) >= s.Desired || p.Start+p.Unplaced+len(p.Stop)+len(p.Cancel)+len(p.Sick)+len(p.Renew) > 0 {
		return false
	}
	underway := c.held > len(c.old)+len(c.fresh) || c.healthy < len(c.old)+len(c.fresh)
	return !underway && !s.Bounds.LeaveMove(s.Desired)
}

// victims orders tasks by who goes first: the unhealthy, those that are not healthy yet, then those of the zone with the most tasks left, the oldest first in each.
// Source: API Reference, UpdateService (the zone); that the unhealthy go first is a model choice, and that the oldest do is one: the developer guide, ecs_services, breaks ties at random.
func (s *Service) victims(tasks []*Task, now time.Time, v profile.Variants, m *Scratch) []*Task {
	if v.TiesByChance { // ids are drawn
		tasks = slices.SortedFunc(slices.Values(tasks), func(a, b *Task) int { return strings.Compare(a.ID, b.ID) })
	}
	order, coming, healthy := m.order[:0], m.coming[:0], m.healthy[:0]
	for _, t := range tasks {
		switch {
		case t.quiet:
			healthy = append(healthy, t)
		case t.Ails(now) && v.UnhealthyFirst:
			order = append(order, t)
		case t.Counts(now) || !v.UnhealthyFirst:
			healthy = append(healthy, t)
		default:
			coming = append(coming, t)
		}
	}
	order = append(order, coming...)
	zones := byZone(healthy, m)
	if s.spreadsOverInstances() && len(healthy) > 0 {
		zones = [][]*Task{healthy}
	}
	for i := range zones {
		zones[i] = fullestInstanceFirst(zones[i])
	}
	for range healthy {
		fullest := 0
		for i := range zones {
			if len(zones[i]) > len(zones[fullest]) {
				fullest = i
			}
		}
		order = append(order, zones[fullest][0])
		zones[fullest] = zones[fullest][1:]
	}
	m.order, m.coming, m.healthy = order, coming, healthy
	return order
}

// spreadsOverInstances tells whether the service's strategy spreads its tasks over instances before all else: a scale-in keeps that spread then, whatever the zones.
// Source: developer guide, ecs_services, service scheduler concepts.
func (s *Service) spreadsOverInstances() bool {
	return len(s.Strategy) > 0 && s.Strategy[0].Type == cluster.Spread && (s.Strategy[0].Field == "instanceId" || s.Strategy[0].Field == "host")
}

// fullestInstanceFirst orders tasks, oldest first, so that each next one is the oldest on the instance that has the most of those left. Source: API Reference,
// UpdateService. An instance with 3 tasks gives its oldest when it has 3 left, its second when it has 2; so each task has a level, and higher levels go first:
// a1 a2 a3 on one instance and b1 b2 on another, in this order, are a1 (3), a2 (2), b1 (2), a3 (1), b2 (1).
func fullestInstanceFirst(tasks []*Task) []*Task {
	if !slices.ContainsFunc(tasks, func(t *Task) bool { return t.Instance != tasks[0].Instance }) {
		return tasks
	}
	left := map[string]int{}
	for _, t := range tasks {
		left[t.Instance]++
	}
	levels := make([][]*Task, len(tasks)+1)
	for _, t := range tasks {
		level := left[t.Instance]
		levels[level] = append(levels[level], t)
		left[t.Instance]--
	}
	slices.Reverse(levels)
	return slices.Concat(levels...)
}

// first takes so many victims; protected ones do not count, because others go in their place. Source: developer guide, task-scale-in-protection.
func first(count int, victims []*Task, now time.Time) []*Task {
	var open, protected []*Task
	for _, t := range victims {
		if t.Protected(now) && !t.Ails(now) {
			protected = append(protected, t)
		} else {
			open = append(open, t)
		}
	}
	return append(open, protected...)[:count]
}

// byZone splits tasks by zone, zones in the order of their names, tasks as they came.
func byZone(tasks []*Task, m *Scratch) [][]*Task {
	names := m.names[:0]
	for _, t := range tasks {
		at := slices.Index(names, t.Zone)
		if at < 0 {
			at = len(names)
			names = append(names, t.Zone)
			if at == len(m.zones) {
				m.zones = append(m.zones, nil)
			}
			m.zones[at] = m.zones[at][:0]
		}
		m.zones[at] = append(m.zones[at], t)
	}
	m.names = names
	zones := slices.Clone(m.zones[:len(names)])
	slices.SortFunc(zones, func(a, b []*Task) int { return strings.Compare(a[0].Zone, b[0].Zone) })
	return zones
}

// Spread is how many tasks that are meant to run each of some zones has, in the order of the zones.
type Spread []int

// Spread counts the service's tasks by zone.
func (s *Service) Spread(zones []string) Spread {
	counts := make(Spread, len(zones))
	for _, t := range s.Current() {
		if t.MeantToRun() {
			if i := slices.Index(zones, t.Zone); i >= 0 {
				counts[i]++
			}
		}
	}
	return counts
}

// Emptiest is the place of the zone with the fewest tasks; the first of them in a tie.
// Source: API Reference, UpdateService: placement prefers the zone with the fewest running tasks of the service.
func (s Spread) Emptiest() int {
	best := 0
	for i := range s {
		if s[i] < s[best] {
			best = i
		}
	}
	return best
}

// losses notes how far the scheduler knows of tasks that ended without it.
func (c *census) losses(t *Task, primary string) {
	if t.Loss == Lost && t.StartedBy == primary {
		c.unseen++
	}
	switch {
	case t.Loss == Lost && t.Gone():
		c.lost = append(c.lost, t)
	case t.Loss == Noticed:
		c.noticed = append(c.noticed, t)
	}
}

// unseen counts the tasks of a deployment that are lost, and not missed yet.
func (s *Service) unseen(d *Deployment) int {
	n := 0
	for _, t := range s.Current() {
		if t.Loss == Lost && t.StartedBy == d.ID {
			n++
		}
	}
	return n
}

// Fullest is the place of the zone with the most tasks; the first of them in a tie.
func (s Spread) Fullest() int {
	best := 0
	for i := range s {
		if s[i] > s[best] {
			best = i
		}
	}
	return best
}

// Even tells whether no zone has two tasks more than another.
func (s Spread) Even() bool { return s[s.Fullest()]-s[s.Emptiest()] < 2 }

// targets notes what is to be done about a task's targets, and whether its drain is over where stops are reported at its end, as until 2020.
func (c *census) targets(s *Service, t *Task, meant bool, now time.Time, v *profile.Variants) {
	switch {
	case t.Registered.IsZero():
		passed := !t.Checked || t.Health == cluster.Healthy // container checks come first. Source: behaviour part 2, B9: 59.8 s from start to registered
		if meant && passed && t.Last == cluster.Running && len(s.Behind(t)) > 0 {
			c.unregistered = append(c.unregistered, t)
		}
	case t.Loss == Lost && (!t.Gone() || now.Before(t.AilsFrom)):
	case !meant && t.Deregistered.IsZero():
		c.undrained = append(c.undrained, t)
	case t.Drained && v.StopEvent == profile.AtDrained && t.Last == cluster.Deactivating:
		c.drained = append(c.drained, t)
	}
}

// Threshold is how many failures trip the circuit breaker, by the latest desired count. Source: developer guide, deployment-circuit-breaker.
func (s *Service) Threshold() int { return s.Breaker.Threshold.Of(s.Desired) }

// resolutionTries is how many starts may fail before a deployment goes on without the digests of its images; one that has a circuit breaker fails then, whatever its
// threshold. Source: developer guide, deployment-type-ecs, container image resolution.
const resolutionTries = 3

// Trips tells whether the circuit breaker has counted enough failures of the rollout in progress.
func (s *Service) Trips() bool {
	d := s.Primary()
	enough := d.Failed >= s.Threshold() || !d.Resolved && d.Failed >= resolutionTries
	return s.Breaker.Enabled && s.Controller == cluster.ControllerECS && d.Rollout == cluster.RolloutInProgress && enough
}

// Candidate is the deployment to which a rollback goes: the latest one that has completed, other than the primary; ok is false if there is none.
// Source: developer guide, deployment-circuit-breaker.
func (s *Service) Candidate() (found *Deployment, ok bool) {
	for _, d := range s.Deployments[1:] {
		if !d.Completed.IsZero() {
			return d, true
		}
	}
	return nil, false
}

// Latest is the latest service deployment, or nil.
func (s *Service) Latest() *Record {
	if len(s.History) == 0 {
		return nil
	}
	return s.History[len(s.History)-1]
}

// Idle tells whether there is nothing left to look at: no rollout in progress, all tasks there, healthy and told of, and none on its way out.
func (s *Service) Idle(now time.Time, v profile.Variants, m *Scratch) bool {
	if s.Unsettled && s.Status == cluster.ServiceActive || s.Primary().Rollout == cluster.RolloutInProgress {
		return false
	}
	if !s.whole(s.census(now, v, m), now) {
		return false
	}
	for _, t := range s.Current() {
		if !t.Gone() && !t.MeantToRun() {
			return false
		}
	}
	return true
}
