package service

import (
	"slices"
	"time"

	"handover/internal/cluster"
	"handover/internal/world/profile"
)

// Seat is a container instance as a DAEMON service sees it: it has one task of the service, or none.
type Seat struct {
	Instance string // ARN
	Wanted   bool   // ACTIVE, and the service's constraints hold there
	Room     bool   // it has what a task needs
	Busy     bool   // it drains, and tasks that are no daemons are still on it
}

// PlanDaemon decides what to do at a look at a DAEMON service: one task on each wanted instance, the old stopped before the new starts, because the maximum is
// 100 percent. starts are the instances that get a task now. A draining instance keeps its daemon until all other tasks have left it.
// Source: developer guide, ecs_services, "Daemon"; API Reference, DeploymentConfiguration.
func (s *Service) PlanDaemon(now time.Time, seats []Seat, v profile.Variants, m *Scratch) (p Plan, starts []string) {
	c := s.census(now, v, m)
	p = Plan{Register: c.unregistered, Deregister: c.undrained, Signal: c.drained}
	on := map[string][]*Task{}
	for _, t := range s.Tasks {
		if !t.Gone() {
			on[t.Instance] = append(on[t.Instance], t)
		}
	}
	spare := c.healthy - s.Bounds.Floor(s.Desired) // healthy tasks that a deployment may stop
	held := s.Primary().Rollout == cluster.RolloutFailed || now.Before(s.Primary().NextStart)
	for _, seat := range seats {
		for _, t := range on[seat.Instance] {
			switch s.daemonEnd(t, seat, now, spare > 0) {
			case endCancelled:
				p.Cancel = append(p.Cancel, t)
			case endStopped:
				p.Stop = append(p.Stop, t)
				if t.Counts(now) {
					spare--
				}
			case endNone:
			}
		}
		taken := slices.ContainsFunc(on[seat.Instance], func(t *Task) bool { return holdsPlace(t, &v) })
		switch {
		case !seat.Wanted || taken || held:
		case !seat.Room:
			p.Unplaced++
		default:
			starts = append(starts, seat.Instance)
		}
	}
	p.Start = len(starts)
	if len(p.Stop)+len(p.Cancel)+p.Start+p.Unplaced == 0 {
		p.Completed = s.Primary().Rollout == cluster.RolloutInProgress && c.leaving == 0 && s.whole(c, now)
		p.Steady = s.Unsettled && s.Status == cluster.ServiceActive && len(p.Register)+len(p.Signal)+len(p.Deregister) == 0 && s.whole(c, now) && (p.Completed || s.Primary().Rollout != cluster.RolloutInProgress)
	}
	return p, starts
}

// daemonEnding is what a look does to one task of a DAEMON service.
type daemonEnding int

const (
	endNone daemonEnding = iota
	endCancelled
	endStopped
)

// daemonEnd decides about one task: one that is not wanted where it is goes at once, or last of all where its instance drains; one of an earlier deployment, and an
// unhealthy one, go as far as the floor allows.
func (s *Service) daemonEnd(t *Task, seat Seat, now time.Time, spare bool) daemonEnding {
	end := endStopped
	if t.StartedAt.IsZero() {
		end = endCancelled
	}
	switch {
	case !t.MeantToRun() || seat.Busy:
		return endNone
	case !seat.Wanted:
		return end
	case t.StartedBy == s.Primary().ID && !t.Ails(now):
		return endNone
	case !t.Counts(now) || spare:
		return end
	}
	return endNone
}
