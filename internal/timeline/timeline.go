package timeline

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"

	"handover/internal/cluster"
)

// Schema names the form of a Timeline as JSON: docs/schema/timeline-1.json. Members may be added to it, never renamed or removed.
const Schema = "handover/timeline/1"

// Timeline is the record of one run.
type Timeline struct {
	Schema     string             `json:"schema"`
	Kind       Kind               `json:"kind"`
	Simulated  bool               `json:"simulated,omitempty"` // it happened on an emulator
	Operation  string             `json:"operation"`           // restart, recycle, …
	Service    cluster.ServiceKey `json:"service"`
	Definition string             `json:"definition,omitempty"` // FAMILY:REVISION that the service runs in the end
	Begin      time.Time          `json:"begin"`
	Until      Offset             `json:"until"` // up to when the run is known; the length of a run that has ended
	Ended      bool               `json:"ended,omitempty"`
	Desired    int                `json:"desired"`
	Floor      int                `json:"floor"`   // the lowest count of healthy tasks that was announced
	Ceiling    int                `json:"ceiling"` // the highest count of tasks
	Lanes      []Lane             `json:"lanes"`   // old tasks, then new ones; each oldest first
	Counts     []Count            `json:"counts"`  // one for each change, the first at 0
	Events     []Event            `json:"events,omitempty"`
}

// Kind tells a prediction from what happened.
type Kind string

// The kinds.
const (
	Predicted Kind = "predicted"
	Actual    Kind = "actual"
)

// Lane is one task over time.
type Lane struct {
	Name     string `json:"name"`           // the first six digits of the id; new-1, new-2, … where the task is predicted
	Task     string `json:"task,omitempty"` // the id; empty where the task is predicted
	Old      bool   `json:"old"`            // it was there before the run
	Revision string `json:"revision,omitempty"`
	Zone     string `json:"zone,omitempty"`
	Instance string `json:"instance,omitempty"` // the container instance's ARN
	Service  string `json:"service,omitempty"`  // whose task it is, in the record of an instance; empty in that of one service
	Spans    []Span `json:"spans"`              // in order, each ending where the next begins; the last of a task that is there ends at Until
	Ended    bool   `json:"ended,omitempty"`    // it is STOPPED since the last span's end
	Failed   string `json:"failed,omitempty"`   // why a new task ended before it was healthy, in ECS's words
}

// Span is a phase of a task. It is not empty.
type Span struct {
	Phase Phase  `json:"phase"`
	From  Offset `json:"from"`
	To    Offset `json:"to"`
	Seen  bool   `json:"seen,omitempty"` // From is when a look first showed it, or when ECS acted on it before that; AWS gives no timestamp
}

// Phase is what people want to know of a task.
type Phase string

// The phases, in the order in which a task passes them.
const (
	Pending   Phase = "pending"   // PROVISIONING, PENDING, ACTIVATING
	Starting  Phase = "starting"  // RUNNING and not healthy yet
	Healthy   Phase = "healthy"   //
	Unhealthy Phase = "unhealthy" // it was healthy before
	Draining  Phase = "draining"  // DEACTIVATING, STOPPING, DEPROVISIONING
)

// Phases lists the phases in order.
func Phases() []Phase { return []Phase{Pending, Starting, Healthy, Unhealthy, Draining} }

// Count is how many tasks there are from a time on.
type Count struct {
	At      Offset `json:"at"`
	Tasks   int    `json:"tasks"`   // not STOPPED
	Healthy int    `json:"healthy"` //
	Old     int    `json:"old"`     // healthy old tasks
	New     int    `json:"new"`     // healthy new tasks
}

// Event is a service event of ECS. In a prediction, a task that does not exist yet is named as its lane.
type Event struct {
	At      Offset `json:"at"`
	Message string `json:"message"`
}

// Offset is a time since the beginning of the run. As JSON it is seconds, to the millisecond.
type Offset time.Duration

// Seconds is the offset in seconds.
func (o Offset) Seconds() float64 { return time.Duration(o).Seconds() }

// String writes m:ss, or h:mm:ss from an hour on: 370 s are 6:10.
func (o Offset) String() string {
	whole := int64(time.Duration(o).Round(time.Second) / time.Second)
	if whole >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", whole/3600, whole/60%60, whole%60)
	}
	return fmt.Sprintf("%d:%02d", whole/60, whole%60)
}

// MarshalJSON writes seconds.
func (o Offset) MarshalJSON() ([]byte, error) {
	return json.Marshal(math.Round(o.Seconds()*1000) / 1000)
}

// UnmarshalJSON reads seconds.
func (o *Offset) UnmarshalJSON(text []byte) error {
	var seconds float64
	if err := json.Unmarshal(text, &seconds); err != nil {
		return fmt.Errorf("reading an offset in seconds: %w", err)
	}
	*o = Offset(math.Round(seconds*1000)) * Offset(time.Millisecond)
	return nil
}

// At is the phase of a task at a time; ok is false where it is not there.
func (l Lane) At(at Offset) (phase Phase, ok bool) {
	for _, s := range l.Spans {
		if s.From <= at && at < s.To {
			return s.Phase, true
		}
	}
	return "", false
}

// Last is the phase that a task is in at the end of the record; ok is false where it has stopped.
func (l Lane) Last() (phase Phase, ok bool) {
	if l.Ended || len(l.Spans) == 0 {
		return "", false
	}
	return l.Spans[len(l.Spans)-1].Phase, true
}

// Carried tells whether the record is that of instances, whose tasks have no bounds together.
func (t Timeline) Carried() bool { return len(t.Lanes) > 0 && t.Lanes[0].Service != "" }

// Peak is the highest count of tasks.
func (t Timeline) Peak() int {
	peak := 0
	for _, c := range t.Counts {
		peak = max(peak, c.Tasks)
	}
	return peak
}

// Lowest is the lowest count of healthy tasks.
func (t Timeline) Lowest() int {
	if len(t.Counts) == 0 {
		return 0
	}
	return slices.MinFunc(t.Counts, func(a, b Count) int { return a.Healthy - b.Healthy }).Healthy
}

// Mixed is how long old and new tasks were healthy at the same time, so that two versions served at once.
func (t Timeline) Mixed() time.Duration {
	mixed := Offset(0)
	for i, c := range t.Counts {
		until := t.Until
		if i+1 < len(t.Counts) {
			until = t.Counts[i+1].At
		}
		if c.Old > 0 && c.New > 0 {
			mixed += until - c.At
		}
	}
	return time.Duration(mixed)
}

// Drift is how much later than predicted the last thing happened that a prediction has, too; negative where it was sooner. The nth old task is held against the
// nth old one of the prediction, and new ones likewise. A new task that is healthy at 1:55 and was predicted to be at 1:53 gives 2 s. Ok is false where nothing
// has happened yet.
func (t Timeline) Drift(predicted Timeline) (late time.Duration, ok bool) {
	last := Offset(0)
	for _, old := range []bool{true, false} {
		expected := predicted.side(old)
		for i, l := range t.side(old) {
			if i >= len(expected) {
				break
			}
			for _, s := range l.Spans {
				from, there := expected[i].since(s.Phase)
				if there && s.From > last && from > 0 {
					last, late, ok = s.From, time.Duration(s.From-from), true
				}
			}
		}
	}
	return late, ok
}

func (t Timeline) side(old bool) []Lane {
	var lanes []Lane
	for _, l := range t.Lanes {
		if l.Old == old {
			lanes = append(lanes, l)
		}
	}
	return lanes
}

// since is when a task first came to a phase.
func (l Lane) since(p Phase) (from Offset, ok bool) {
	for _, s := range l.Spans {
		if s.Phase == p {
			return s.From, true
		}
	}
	return 0, false
}

// count derives the counts from the lanes: one at 0, and one for each time at which they differ from those before. Three healthy old tasks of which one begins
// to drain at 10 s give {0, 3, 3} and {10, 3, 2}.
func count(lanes []Lane) []Count {
	type change struct {
		at                   Offset
		tasks, healthy, aged int
	}
	var changes []change
	for _, l := range lanes {
		aged := 0
		if l.Old {
			aged = 1
		}
		last := len(l.Spans) - 1
		for i, s := range l.Spans {
			healthy := 0
			if s.Phase == Healthy {
				healthy = 1
			}
			in, out := change{at: s.From, healthy: healthy, aged: aged}, change{at: s.To, healthy: -healthy, aged: aged}
			if i == 0 {
				in.tasks = 1
			}
			if i == last {
				out.tasks = -1
			}
			if changes = append(changes, in); i < last || l.Ended {
				changes = append(changes, out)
			}
		}
	}
	slices.SortStableFunc(changes, func(a, b change) int { return int(a.at - b.at) })
	counts := []Count{{}}
	for _, c := range changes {
		last := counts[len(counts)-1]
		last.Tasks += c.tasks
		last.Healthy += c.healthy
		last.Old += c.healthy * c.aged
		last.New += c.healthy * (1 - c.aged)
		if last.At != c.at {
			last.At = c.at
			counts = append(counts, last)
			continue
		}
		counts[len(counts)-1] = last
	}
	return slices.CompactFunc(counts, func(a, b Count) bool { a.At = b.At; return a == b })
}
