package cluster

import "time"

// End is the way an operation ended.
type End string

// The ends of an operation, and whether ECS was changed.
const (
	Succeeded   End = "succeeded"   // done as asked, or there was nothing to do
	Failed      End = "failed"      // rolled back, doomed, tasks unhealthy: ECS was changed
	TimedOut    End = "timed-out"   // the time was up; ECS goes on
	Refused     End = "refused"     // a guard, or the answer was No: nothing was changed
	Superseded  End = "superseded"  // another deployment took the place of ours
	Interrupted End = "interrupted" // watching stopped; the operation goes on
	Unclear     End = "unknown"     // a lost answer left more than one possibility, or AWS failed on us
)

// ExitCode is the process's exit code for this end. They are part of the contract with scripts: docs/exit-codes.md.
func (e End) ExitCode() int {
	switch e {
	case Succeeded:
		return 0
	case Failed:
		return 3
	case TimedOut:
		return 4
	case Refused:
		return 5
	case Superseded:
		return 6
	case Interrupted:
		return 130
	case Unclear:
		return 1
	}
	return 1
}

// Failure tells whether an operation that ended so speaks against beginning the same with another service: it was begun, and did not come to its end.
func (e End) Failure() bool {
	switch e {
	case Failed, TimedOut, Superseded, Unclear:
		return true
	case Succeeded, Refused, Interrupted:
		return false
	}
	return true
}

// ExitUsage is the exit code where the command line or a file could not be understood; no operation was begun.
const ExitUsage = 2

// Verdict is how an operation ended, and why.
type Verdict struct {
	End     End      `json:"end"`
	Summary string   `json:"summary"`         // one sentence, without a final stop
	Cause   *Cause   `json:"cause,omitempty"` // why, unless it succeeded
	Hints   []string `json:"hints,omitempty"` // what can be done now, each a sentence or a command
	Figures Figures  `json:"figures"`
}

// Figures are the numbers of a finished operation.
type Figures struct {
	Deployment    string        `json:"deployment,omitempty"`
	Took          time.Duration `json:"took"`
	Replaced      int           `json:"replaced"`      // old tasks that are gone
	Failed        int           `json:"failed"`        // new tasks that ended before all was done, but for those that were too many
	PeakTasks     int           `json:"peakTasks"`     // the highest count of tasks that was seen
	LowestHealthy int           `json:"lowestHealthy"` // the lowest count of healthy tasks that was seen
	// Services are those whose tasks were on instances that were drained, by name; the other counts are of all of them together.
	Services []ServiceFigures `json:"services,omitempty"`
}

// ServiceFigures are the numbers of one service of several.
type ServiceFigures struct {
	Service       string `json:"service"` // its name
	Desired       int    `json:"desired"` // when it was seen first: a daemon's is less once instances leave
	PeakTasks     int    `json:"peakTasks"`
	LowestHealthy int    `json:"lowestHealthy"`
}

// Cause says why something is as it is, for people and for programs.
type Cause struct {
	Code     string   `json:"code"` // stable, in kebab case
	Text     string   `json:"text"` // one sentence
	Certain  bool     `json:"certain"`
	Evidence []string `json:"evidence,omitempty"`
}

// Condition is what an operation waits for. A line of progress is made of its four members: "5 old tasks: waiting for stopped, 2 of 5, 65 s".
type Condition struct {
	Object    string        `json:"object"`
	Condition string        `json:"condition"`
	Done      int           `json:"done"`
	Of        int           `json:"of"`
	Bound     time.Duration `json:"bound,omitempty"` // how long it may take at most, where that is known
}
