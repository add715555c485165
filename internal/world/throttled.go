package world

import (
	"handover/internal/cluster"
	"handover/internal/world/service"
)

// throttled has a look come to nothing while the calls that ECS makes for its services are throttled: it says so, and tries again at the next look. That it does nothing at all meanwhile is a
// model choice. Source: developer guide, service-event-messages-list and operating-at-scale-dealing-with-throttles.
func (w *World) throttled(s *service.Service) bool {
	if !w.state.Now.Before(w.state.Throttled) || s.Status != cluster.ServiceActive {
		return false
	}
	w.sayStuck(s, service.Event{Kind: service.SaidThrottled})
	w.wake(s.Place, w.untilLook(s))
	return true
}
