package operation

import (
	"fmt"
	"time"

	"handover/internal/cluster"
	"handover/internal/record"
)

// Widening raises the maximumPercent of a service for as long as something else needs it. It starts no deployment. Keep puts the former one back.
type Widening struct {
	Service cluster.ServiceKey `json:"service"`
	Percent int                `json:"percent"`
	Wide    bool               `json:"wide,omitempty"` // the service was seen with no less
	Over    bool               `json:"over,omitempty"` // set by whoever needed it: not any more
}

const widenLook = time.Minute

// Step raises the maximum, and then waits until it is not needed any more.
func (w *Widening) Step(in Input) Decision {
	glance := cluster.ServiceScope{Service: w.Service}.Of()
	if w.Over {
		return succeed("no longer needed", cluster.Figures{})
	}
	if in.Snapshot.Scope.Empty() {
		return Decision{Look: glance}
	}
	view, refusal := admit(in.Snapshot, w.Service)
	if refusal != nil && !w.Wide {
		return *refusal
	}
	for _, o := range in.Outcomes {
		if o.Result == cluster.Rejected && o.Err.Class != cluster.ClassThrottled && o.Err.Class != cluster.ClassUnavailable {
			return rejected("UpdateService", w.Service, *o.Err)
		}
	}
	former := view.Service.Bounds
	if refusal != nil || former.MaximumPercent >= w.Percent {
		w.Wide = true
		return Decision{Look: glance, Wait: widenLook}
	}
	ours := former
	ours.MaximumPercent = w.Percent
	held := in.Held
	if held.Bounds == nil {
		held.Bounds = &record.Bounds{Former: former, Ours: ours}
	}
	return Decision{Actions: []cluster.Action{cluster.UpdateService{Service: w.Service, Bounds: &ours}}, Held: &held, Look: glance, Wait: clearLook,
		Waiting: &cluster.Condition{Object: w.Service.String(), Condition: fmt.Sprintf("to allow %d %%", w.Percent)}}
}

// Target says what it is, for the record.
func (w *Widening) Target() Target { return Target{Service: w.Service, Kind: KindDrain, Claims: true} }

// Progress says nothing: what it is for does.
func (w *Widening) Progress(time.Time) Progress { return Progress{} }
