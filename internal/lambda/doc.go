// Package lambda is Handover as a Lambda function: it does the work that an invocation asks for, and carries it on to a later invocation when its time runs out.
//
// It guarantees that every message of an invocation ends in a result: what was done, what was carried on, or why there was nothing to do, in the log and in the
// answer. Work is never given up because a function's time has ended or a call was throttled. The same message twice, also at the same time, does what it does once.
//
// The caller must say how much time is left, and must hand an error back to Lambda, which then tries again. It must not keep anything between two invocations
// that they need: a Handler keeps connections and caches alone.
//
// Operations are decided by package operation, messages are read by package event; here is only what connects them. The package has no clock: the provider's
// time is what counts.
package lambda
