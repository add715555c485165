// Package cluster is the vocabulary that every other package speaks: services, tasks, deployments, targets and their bounds; what can be read of
// them (Scope, Snapshot), what can be done to them (Action, Outcome), and how a piece of work ends (Condition, Cause, Verdict).
//
// It guarantees that every type is plain data: values that can be compared, copied and written as JSON, with no behaviour beyond arithmetic and
// parsing. Names are names and never ARNs, unless the field says ARN. A zero time means "has not happened" or "is not known". Slices in a Snapshot
// are in a stated order, so that equal states give equal JSON.
//
// A caller may keep and change what it gets here; nothing is shared behind it.
//
// The package never reads a clock, never talks to anything, and knows neither the model of ECS (package world), nor the operations on it (package
// operation), nor the AWS SDK (package amazon). Words follow the glossary of docs/architecture.md.
package cluster
