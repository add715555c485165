// Package workflow is AWS Step Functions as a pure model: state machines in the Amazon States Language, and their executions with their histories.
//
// It has the states Task (which invokes a function), Choice, Wait, Pass, Succeed and Fail, with paths, parameters, retriers and catchers. Parse refuses what it does not
// have: Parallel, Map, other integrations, JSONata, and intrinsic functions.
//
// It guarantees that an execution ends once, no later than its machine's TimeoutSeconds, and with an error once its history has 25,000 events; and that Advance
// and Answer say all that has to be done next. It has no clock and no functions: time is an argument, and whoever has functions invokes them.
package workflow
