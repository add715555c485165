package lambda

import (
	"context"
	"errors"
	"slices"

	"handover/internal/operation"
)

// This file has the alarms that stop an operation: as a request names them, and as an event says that one has gone off.

// stopOn is the member of a request that names alarms.
type stopOn struct {
	Names []string `json:"stopOnAlarm"`
}

// alarms are the names in order, each once.
func (s stopOn) alarms() ([]string, error) {
	for _, name := range s.Names {
		if name == "" || len(name) > 255 {
			return nil, errors.New("reading the request: stopOnAlarm has a name that no alarm can have")
		}
	}
	return slices.Compact(slices.Sorted(slices.Values(s.Names))), nil
}

// ring tells the operations of which an alarm has gone off. They are found by their records on the services of the function's clusters, or of all of the Region.
func (h *Handler) ring(alarm string) job {
	return job{kind: ringing, about: "alarm " + alarm, find: func(ctx context.Context, on AWS) (operation.Operation, error) {
		clusters := h.Config.Departure.Clusters
		if len(clusters) == 0 {
			var err error
			if clusters, err = on.Directory.AllClusters(ctx); err != nil {
				return nil, err
			}
		}
		ring := &operation.Ring{Alarm: alarm}
		for _, name := range clusters {
			keys, err := on.Directory.Services(ctx, name)
			if err != nil {
				return nil, err
			}
			ring.Services = append(ring.Services, keys...)
		}
		return ring, nil
	}}
}
