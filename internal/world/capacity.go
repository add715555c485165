package world

import (
	"slices"
	"time"

	"handover/internal/cluster"
	"handover/internal/world/draw"
	"handover/internal/world/profile"
	"handover/internal/world/service"
)

// This file says where Fargate has no capacity, how ECS goes on trying to place tasks in vain, and how a task on Fargate Spot is taken back.

// The capacity providers of Fargate. Source: developer guide, fargate-capacity-providers.
const (
	Fargate     = "FARGATE"
	FargateSpot = "FARGATE_SPOT"
)

// shortage is a capacity provider of Fargate that has no capacity, in one zone or in all of them. Source: AWS knowledge center, ecs-fargate-runtask-capacity: capacity is managed by zone.
type shortage struct {
	Provider string `json:"provider"`
	Zone     string `json:"zone,omitempty"` // empty: all
}

// noCapacity is the reason that RunTask gives; the event ends it with a full stop. Source: developer guide, service-event-messages-list; AWS knowledge center, ecs-fargate-runtask-capacity.
const noCapacity = "Capacity is unavailable at this time. Please try again later or in a different availability zone"

// capacityChanged takes the word that a capacity provider of Fargate has no capacity any more, or has some again.
func (w *World) capacityChanged(r Report) {
	everywhere := r.Kind == CapacityBack && r.Zone == ""
	w.state.Short = slices.DeleteFunc(w.state.Short, func(s shortage) bool { return s.Provider == r.ID && (everywhere || s.Zone == r.Zone) })
	if r.Kind == CapacityBack {
		return
	}
	w.state.Short = append(w.state.Short, shortage{r.ID, r.Zone})
	if r.For > 0 {
		w.reportIn(r.For, nil, Report{Kind: CapacityBack, ID: r.ID, Zone: r.Zone})
	}
}

// lacks tells whether a capacity provider has no capacity in a zone.
func (w *World) lacks(provider, zone string) bool {
	return slices.ContainsFunc(w.state.Short, func(s shortage) bool { return s.Provider == provider && (s.Zone == "" || s.Zone == zone) })
}

// lacksAll tells whether a capacity provider has no capacity at all.
func (w *World) lacksAll(provider string) bool {
	return !slices.ContainsFunc(w.zones(), func(zone string) bool { return !w.lacks(provider, zone) })
}

// fargateOf is the capacity provider of Fargate on which a task runs; empty where it is not on Fargate.
func fargateOf(launch cluster.Launch, provider string) string {
	if launch == cluster.Fargate && provider == "" {
		return Fargate
	}
	if provider == Fargate || provider == FargateSpot {
		return provider
	}
	return ""
}

// openZone is the place of the zone with the fewest tasks in which a capacity provider has capacity; -1 where it has none. That ECS goes to another zone is what AWS advises several subnets for.
// Source: AWS knowledge center, ecs-fargate-runtask-capacity.
func (w *World) openZone(spread service.Spread, provider string) int {
	if len(w.state.Short) == 0 {
		return spread.Emptiest()
	}
	best := -1
	for i, zone := range w.zones() {
		if !w.lacks(provider, zone) && (best < 0 || spread[i] < spread[best]) {
			best = i
		}
	}
	return best
}

// short lists the capacity providers of Fargate that a service uses and that have no capacity at all.
func (w *World) short(s *service.Service) []string {
	if len(w.state.Short) == 0 {
		return nil
	}
	used := []string{fargateOf(s.Launch, s.Provider)}
	if len(s.Providers) > 0 {
		used = nil
		for _, p := range s.Providers {
			used = append(used, p.Name)
		}
	}
	return slices.DeleteFunc(used, func(name string) bool { return name != Fargate && name != FargateSpot || !w.lacksAll(name) })
}

// unplaced is the event that says why a task of a service could not be placed, but for what the closest instance lacks.
func (w *World) unplaced(s *service.Service) service.Event {
	switch {
	case w.vcpus(s, s.Primary().Definition) == 0:
		return service.Event{Kind: service.SaidUnplaced, Reason: overQuota}
	case len(w.short(s)) > 0:
		return service.Event{Kind: service.SaidUnplaced, Reason: noCapacity + "."}
	case w.provisioning(s):
		return service.Event{Kind: service.SaidProvisioning}
	}
	return service.Event{Kind: service.SaidNoRoom}
}

// promptAttempts is how many attempts to place a task follow each other at the scheduler's looks. Source: behaviour part 2, D6.
const promptAttempts = 3

// attempted counts an attempt to place tasks of a deployment in which not one was placed, and holds the next one back: three of them come at three looks, each further one after a pause.
// Where Fargate has no capacity such an attempt is a start that failed, which the circuit breaker counts: at pauses of 15 min the sixth attempt is 45.6 min after the deployment began, and
// in case AK3 the breaker acted after 46 min. Where container instances have no room it is not established: profile.Variants.PlacementPauses. A quota is tried at each look.
// Source: behaviour part 2, D5–D7.
func (w *World) attempted(s *service.Service, d *service.Deployment, unplaced, placed int) {
	switch {
	case placed > 0:
		d.Vain = 0
		return
	case unplaced == 0:
		return
	}
	why := w.unplaced(s)
	pauses := why.Reason == noCapacity+"." || why.Kind == service.SaidNoRoom && w.state.Profile.Variants.PlacementPauses
	if !pauses {
		return
	}
	if d.Vain++; d.Vain >= promptAttempts {
		d.NextStart = w.state.Now.Add(w.draw(w.state.Profile.InVain, d.ID, draw.Nth("in-vain", d.Vain)))
	}
	if d.Rollout == cluster.RolloutInProgress {
		d.Count()
		d.Uncounted++
	}
	if w.state.Profile.Variants.FailuresCountAt == profile.AtStopped {
		d.Count()
	}
}

// spotWarning is how long before its end a task on Fargate Spot is warned. Source: developer guide, fargate-capacity-providers.
const spotWarning = 2 * time.Minute

// interrupt takes a task on Fargate Spot back. It is told at once by its stop signal, and by its event, and ends two minutes later at the latest; its service replaces it as any that it has lost, if there is
// capacity. Whether its connections are drained first is not established: profile.Variants.SpotDrains. Source: developer guide, fargate-capacity-providers; AWS knowledge center,
// fargate-spot-termination-notice; containers-roadmap issues 797 and 2673.
func (w *World) interrupt(t *service.Task) {
	if t.Gone() || !t.MeantToRun() {
		return
	}
	w.leave(w.state.Services[t.Service], t, "SpotInterruption", "Your Spot Task was interrupted.")
	if t.Last == cluster.Deactivating && !w.state.Profile.Variants.SpotDrains {
		w.signal(t)
	}
	if !w.state.Manual {
		w.reportIn(spotWarning, t, Report{Kind: Exited, Code: 137})
	}
	w.disturbed(t)
}
