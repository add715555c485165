// Package operation is what Handover does to ECS. Each operation is a step function: it is given what is (a snapshot) and what came of its last actions,
// and says what to do now, what to look at next, and when. The receiver is the operation's whole state, a small JSON value, so an operation can be
// stopped after any step and carried on by another process.
//
// It guarantees that Step is pure: the same state and the same Input give the same Decision and the same next state. There is no goroutine, no clock,
// no input or output, no global variable, and no map order that shows; guard_test.go keeps it so. Time is Input.Now, which is the provider's time and
// never that of this machine.
//
// An operation is level-triggered: it decides from what is, not from what it remembers having done. It must be safe whatever the world does between
// two steps; it may rely on ECS's promises only for getting on. It never sees the model of ECS (package world).
//
// The caller runs an operation with a Driver over a Provider. It must call Step with an empty Snapshot first, carry out Decision.Actions in order and
// stop at the first that is not Done, read Decision.Look no earlier than Decision.Wait after that, and hand both back in the next Input. It must save the
// state after Step and before the actions; after a crash the outcomes of the saved actions are Unknown. A Decision with a Verdict is the last one.
//
// Keep wraps every operation that changes something for the duration, and Group runs many as one.
package operation
