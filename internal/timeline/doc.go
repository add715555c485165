// Package timeline is the record of a run over one service, predicted or real: which tasks there were, in which phase each was when, how many tasks and
// healthy ones that makes, and what ECS said. It is one type for both, so that a prediction and what came of it can be laid over each other.
//
// It guarantees that everything is a pure function of what it was given: a Recorder makes the same Timeline of the same looks, and Text and SVG draw the
// same Timeline in the same way. Times are offsets from the beginning of the run. They are AWS's own timestamps where there are any; where a change has
// none, the span says that it was Seen, which is the time of the look that showed it first and therefore up to one look late; but never so late that ECS
// would have stopped a task it could not spare.
//
// The caller hands every look at the service to Recorder.See, in order, with its tasks in every state. A look without tasks must not be handed in: a task
// that is missing is taken to be gone.
//
// The package never draws what it does not know: a run is shown up to Until, and a predicted task has a number instead of an id.
package timeline
