// Package diagnosis says why a service does not get on, out of what was read of it.
//
// Of is a pure function of a snapshot: the same snapshot gives the same diagnosis. What has to be read for it is said by Scope, and by Further once that was
// read. A diagnosis is data: a state, causes with a stable code, a certainty and the evidence for it, what was ruled out, what could not be read, what changed, what ECS
// will do by itself, what it means for users, and what can be done. Its JSON is part of the contract with scripts: docs/json.md.
//
// It guarantees that a service in its steady state is never called stuck, that a cause is called certain only where AWS itself says it, or where it follows from the
// settings by ECS's own rules, and that nothing which was not read is taken for absent. A text of AWS that it does not know is shown as it is, and is never certain.
//
// Doomed is the same judgement for an operation that waits for new tasks. Nothing here changes anything, nor asks for anything by itself; values of environment variables and
// secrets are never read, and so cannot be shown.
package diagnosis
