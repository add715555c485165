package forecast

import (
	"slices"
	"time"

	"handover/internal/cluster"
	"handover/internal/forecast/measure"
	"handover/internal/operation"
)

// Learn measures what a run has shown by its end: the tasks that came and went since it began, and what ECS said meanwhile.
func Learn(after cluster.Snapshot, key cluster.ServiceKey, began time.Time) measure.Samples {
	view, ok := after.Service(key)
	if !ok {
		return measure.Samples{}
	}
	var tasks []cluster.Task
	for _, t := range view.Tasks {
		switch {
		case t.CreatedAt.After(began):
			tasks = append(tasks, t)
		case t.StoppingAt.After(began): // how it once started is not of this run
			t.CreatedAt, t.ConnectedAt, t.PullStartedAt, t.PullStoppedAt = time.Time{}, time.Time{}, time.Time{}, time.Time{}
			tasks = append(tasks, t)
		}
	}
	known := profileOf(view)
	view.Tasks = tasks
	view.Service.Events = slices.DeleteFunc(slices.Clone(view.Service.Events), func(e cluster.Event) bool { return e.At.Before(began) })
	return measure.OfService(view, known)
}

// hindsightSeeds are enough for a median.
const hindsightSeeds = 100

// Hindsight is how long the operation would have been predicted to take, had it been known what it has measured itself. It is 0 where it would not have been
// predicted to succeed.
func Hindsight(before cluster.Snapshot, key cluster.ServiceKey, samples measure.Samples, begin func() operation.Operation) (time.Duration, error) {
	base, err := Load(before, key, Past{Samples: samples})
	if err != nil {
		return 0, err
	}
	return base.Run(begin, hindsightSeeds).Took.P50, nil
}
