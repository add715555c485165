package operation

import (
	"time"

	"handover/internal/cluster"
	"handover/internal/rate"
	"handover/internal/record"
)

// Operation is one piece of work. The receiver is its state: marshalled as JSON it can be carried on elsewhere, and its size does not grow with
// the number of tasks.
type Operation interface {
	Step(Input) Decision
}

// Input is all that an operation may know.
type Input struct {
	Now       time.Time         // the provider's time (AWS's Date), never the local clock
	Snapshot  cluster.Snapshot  // what the last Decision.Look asked for; empty in the first step
	Outcomes  []cluster.Outcome // one for each action just sent, in order; those that were not sent, because one before them was not Done, have none
	Interrupt Interrupt
	Since     time.Time   // set by Keep: AWS's time when the service was claimed; zero where it was not
	Held      record.Held // set by Keep: what stands changed for the duration, or may
}

// Interrupt is what the user, or the end of a Lambda's time, asks for.
type Interrupt string

// The interrupts.
const (
	NoInterrupt Interrupt = ""
	Detach      Interrupt = "detach" // stop watching; what was changed for the duration is put back first
	Undo        Interrupt = "undo"   // undo what can be undone, then end
	Leave       Interrupt = "leave"  // end at once; what could not be put back is named in the verdict
)

// Decision is what to do next.
type Decision struct {
	Actions []cluster.Action
	// Held is, where it is not nil, what stands changed for the duration only once the Actions are done. Keep writes it down before they are sent, and puts it back.
	Held *record.Held
	// Pace is, where it is not nil, the rate at which the actions go out. The driver keeps it in the provider's time, and an interrupt ends it between two of them.
	Pace    *rate.Limit
	Look    cluster.Scope // what to read next time; empty: nothing
	Wait    time.Duration // how long to wait before that, in the provider's time
	Waiting *cluster.Condition
	Notes   []Note
	Verdict *cluster.Verdict // set in the last decision, and only there
}

// Note is something that people should know now. It is not needed to understand the verdict.
type Note struct {
	Level Level  `json:"level"`
	Text  string `json:"text"` // a sentence without a final stop
}

// Level tells how loud a Note is.
type Level string

// The levels.
const (
	Info    Level = "info"
	Warning Level = "warning"
)

func succeed(summary string, figures cluster.Figures) Decision {
	return Decision{Verdict: &cluster.Verdict{End: cluster.Succeeded, Summary: summary, Figures: figures}}
}

// end is a last Decision other than success.
func end(how cluster.End, cause cluster.Cause, hints ...string) Decision {
	return Decision{Verdict: &cluster.Verdict{End: how, Summary: cause.Text, Cause: &cause, Hints: hints}}
}

// The kinds of operations, as records and journals name them.
const (
	KindRestart  = "restart"
	KindFast     = "restart-fast"
	KindUpdate   = "update"
	KindRollback = "rollback"
	KindRecycle  = "recycle"
	KindDrain    = "drain" // of an instance; on a service it is what is widened for it
)
