package world

import (
	"fmt"
	"slices"
	"strings"

	"handover/internal/cluster"
	"handover/internal/world/service"
)

// This file has AZ rebalancing: a steady service whose zones are uneven has a task started in the emptiest zone and then, once that is healthy, one stopped in the
// fullest, one after the other. Source: developer guide, service-rebalancing; behaviour §3.4; part 2, F (two of the events in a real log). That tasks are moved one
// by one, and the oldest first, is a model choice.

// rebalances tells whether AZ rebalancing may act on a service: neither on daemons, nor at a maximum of 100 %, nor in a deployment, which stops it. Where tasks
// are on container instances, these decide where there is room, and it is not modelled.
func (w *World) rebalances(s *service.Service) bool {
	return s.Rebalancing && s.Status == cluster.ServiceActive && s.Scheduling == cluster.Replica && s.Controller == cluster.ControllerECS &&
		s.Bounds.MaximumPercent > 100 && s.Primary().Rollout == cluster.RolloutCompleted && !w.onInstances(s)
}

// rebalance takes the next step, at a look.
func (w *World) rebalance(s *service.Service) {
	if !w.rebalances(s) {
		w.endMoves(s)
		return
	}
	zones := zonesOf(s)
	if len(zones) == 0 {
		return
	}
	spread := s.Spread(zones)
	moved := slices.IndexFunc(s.Tasks, func(t *service.Task) bool { return t.Moved && t.MeantToRun() })
	switch {
	case s.Moving > 0 && moved < 0:
		s.Moving = 0 // it has ended; begin anew
	case s.Moving > 0 && s.Tasks[moved].Counts(w.state.Now):
		w.finishMove(s, s.Tasks[moved], zones, spread)
	case s.Moving > 0 || s.Unsettled:
	case !spread.Even():
		if w.movable(s, zones[spread.Fullest()]) != nil {
			w.beginMove(s, zones, spread)
		}
	case s.Uneven:
		s.Uneven = false
		w.say(s, service.Event{Kind: service.SaidEven, Reason: listed(zones, spread)})
	}
}

// zonesOf are the zones in which a service has or had tasks that ECS still shows, by name: which of its subnets' zones are empty is not known otherwise.
func zonesOf(s *service.Service) []string {
	var zones []string
	for _, t := range s.Tasks {
		if at, known := slices.BinarySearch(zones, t.Zone); !known {
			zones = slices.Insert(zones, at, t.Zone)
		}
	}
	return zones
}

// endMoves gives up what was begun: the task that was started is one too many now, if nothing else wants it.
func (w *World) endMoves(s *service.Service) {
	if s.Uneven {
		s.Uneven, s.Moving = false, 0
		w.say(s, service.Event{Kind: service.SaidMovesEnded})
	}
}

func (w *World) beginMove(s *service.Service, zones []string, spread service.Spread) {
	held := 0
	for _, t := range s.Tasks {
		if !t.Gone() {
			held++
		}
	}
	if !s.Uneven {
		s.Uneven = true
		w.say(s, service.Event{Kind: service.SaidUneven, Reason: listed(zones, spread)})
	}
	if held >= s.Bounds.Ceiling(s.Desired) {
		return // a task that is still stopping holds its place
	}
	zone := zones[spread.Emptiest()]
	if w.lacks(fargateOf(s.Launch, s.Provider), zone) {
		return
	}
	t := w.newTask(s, s.Primary(), zone)
	t.Moved, s.Moving = true, 1
	s.Unsettled = true
	w.order(t, Order{Kind: StartTask})
	w.say(s, service.Event{Kind: service.SaidMoveStarted, Count: 1, Group: zone, Tasks: []string{t.ID}})
}

// finishMove stops a task of the fullest zone. Where all of them are protected by now, the new task goes at the next look, as one too many.
func (w *World) finishMove(s *service.Service, moved *service.Task, zones []string, spread service.Spread) {
	moved.Moved, s.Moving = false, 0
	zone := zones[spread.Fullest()]
	t := w.movable(s, zone)
	if t == nil {
		return
	}
	w.leave(s, t, "ServiceSchedulerInitiated", "Scaling activity initiated by (deployment "+s.Primary().ID+")")
	s.Unsettled, s.ChangedAt = true, w.state.Now
	w.say(s, service.Event{Kind: service.SaidMoveStopped, Count: 1, Group: zone, Tasks: []string{t.ID}})
}

// movable is the oldest healthy task of a zone that is not protected, or nil.
func (w *World) movable(s *service.Service, zone string) *service.Task {
	for _, t := range s.Tasks {
		if t.Zone == zone && t.Counts(w.state.Now) && !t.Protected(w.state.Now) && !t.Moved {
			return t
		}
	}
	return nil
}

// listed writes how many tasks each zone has: 2 tasks in us-east-1a, 1 tasks in us-east-1b.
func listed(zones []string, spread service.Spread) string {
	all := make([]string, len(zones))
	for i, zone := range zones {
		all[i] = fmt.Sprintf("%d tasks in %s", spread[i], zone)
	}
	return strings.Join(all, ", ")
}
