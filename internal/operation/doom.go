package operation

import (
	"time"

	"handover/internal/cluster"
	"handover/internal/diagnosis"
)

// doomed tells why no new task will get healthy, so that waiting on would be in vain. It judges the tasks that are not old, and what the service said after a time.
func doomed(in Input, view cluster.ServiceView, old func(*cluster.Task) bool, since time.Time) *cluster.Cause {
	cause := diagnosis.Doomed(in.Now, &view, old, since)
	if cause == nil {
		return nil
	}
	verdict := cause.Verdict()
	return &verdict
}
