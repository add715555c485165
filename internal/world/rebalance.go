package world

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"handover/internal/cluster"
	"handover/internal/world/placement"
	"handover/internal/world/service"
)

// This file has AZ rebalancing: a steady service whose zones are uneven has a task started in the emptiest zone and then, once that is healthy, one stopped in the
// fullest, one after the other. Source: developer guide, service-rebalancing; behaviour §3.4; part 2, F (two of the events in a real log). That tasks are moved one
// by one, and the oldest first, is a model choice.

// rebalances tells whether AZ rebalancing may act on a service: neither on daemons, nor at a maximum of 100 %, nor where a placement strategy does not spread over zones first, nor in a
// deployment, which stops it.
func rebalances(s *service.Service) bool {
	spreads := len(s.Strategy) == 0 || s.Strategy[0].Type == cluster.Spread && s.Strategy[0].Field == "attribute:ecs.availability-zone"
	return s.Rebalancing && s.Status == cluster.ServiceActive && s.Scheduling == cluster.Replica && s.Controller == cluster.ControllerECS &&
		s.Bounds.MaximumPercent > 100 && s.Primary().Rollout == cluster.RolloutCompleted && spreads
}

// rebalance takes the next step, at a look.
func (w *World) rebalance(s *service.Service) {
	if !rebalances(s) {
		w.endMoves(s)
		return
	}
	zones := w.balancedZones(s)
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
		w.tryMove(s, zones, spread)
	case s.Uneven:
		s.Uneven = false
		w.say(s, service.Event{Kind: service.SaidEven, Reason: listed(zones, spread)})
	}
}

// balancedZones are the zones in which a service has or had tasks that ECS still shows, by name: which of its subnets' zones are empty is not known otherwise. On container instances they are those of
// the instances that it may use, too.
func (w *World) balancedZones(s *service.Service) []string {
	var zones []string
	add := func(zone string) {
		if at, known := slices.BinarySearch(zones, zone); !known {
			zones = slices.Insert(zones, at, zone)
		}
	}
	for _, t := range s.Tasks {
		add(t.Zone)
	}
	d, ok := w.revision(s.Primary().Definition)
	if !ok || !w.onInstances(s) {
		return zones
	}
	r := w.request(s, d)
	for _, host := range w.hostsOf(s.Key.Cluster, s.Provider) {
		if host.Status == cluster.InstanceActive && r.Eligible(host) {
			add(host.Zone)
		}
	}
	return zones
}

// tryMove starts a task in the emptiest zone, where one of the fullest may be stopped, or says what is in its way. Source: developer guide, service-rebalancing-event-messages-list.
func (w *World) tryMove(s *service.Service, zones []string, spread service.Spread) {
	if fullest := zones[spread.Fullest()]; w.movable(s, fullest) == nil {
		if n := guarded(s, fullest, w.state.Now); n > 0 {
			w.say(s, service.Event{Kind: service.SaidMoveGuarded, Count: n, Deployment: s.Primary().ID})
		}
		return
	}
	w.beginMove(s, zones, spread)
}

// guarded counts the protected tasks of a zone.
func guarded(s *service.Service, zone string, now time.Time) int {
	n := 0
	for _, t := range s.Tasks {
		if t.Zone == zone && t.MeantToRun() && t.Protected(now) {
			n++
		}
	}
	return n
}

// movedTo starts a task in a zone, on an instance where the service has them; nil where there is neither room nor capacity.
func (w *World) movedTo(s *service.Service, zone string) *service.Task {
	if !w.onInstances(s) {
		if w.lacks(fargateOf(s.Launch, s.Provider), zone) {
			w.say(s, service.Event{Kind: service.SaidNoMove, Group: zone})
			return nil
		}
		return w.newTask(s, s.Primary(), zone)
	}
	d, ok := w.revision(s.Primary().Definition)
	if !ok {
		return nil
	}
	hosts := slices.DeleteFunc(w.hostsOf(s.Key.Cluster, s.Provider), func(i *placement.Instance) bool { return i.Zone != zone })
	host, _ := placement.Choose(hosts, w.request(s, d))
	if host == nil {
		w.say(s, service.Event{Kind: service.SaidNoMove, Group: zone, Reason: " because no container instance met all of its requirements"})
		return nil
	}
	t := w.newTask(s, s.Primary(), zone)
	w.seat(t, d, host)
	return t
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
	t := w.movedTo(s, zone)
	if t == nil {
		return
	}
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
