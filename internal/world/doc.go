// Package world is what AWS does: a discrete-event model of the ECS service scheduler and of the load balancer targets of its tasks, for one account
// and Region. It is a value. Its queue holds data and never functions, so Clone and JSON are total.
//
// It guarantees:
//   - Time is an argument. Nothing happens but in Act, Report and AdvanceTo, and AdvanceTo(a) followed by AdvanceTo(b) leaves the same world as AdvanceTo(b).
//   - A random draw depends on the seed, the object and the purpose, and never on earlier draws.
//   - Rules and data plane are apart. What the rules want done is an Order; what then happens is a Report. A world answers its own orders by
//     timed reports, with the durations of its profile; a Manual one leaves them in Orders, for whoever runs real tasks.
//   - Idle services cost nothing but one entry in the queue.
//   - Every rule of ECS names its source, and has a scenario of its name in testdata/scenarios.
//
// The caller must hand in times that never go back, and serialises access: a World has no lock.
//
// The package has no goroutine, no clock, no input or output, no global variable and no logger, and map order never shows; guard_test.go keeps it so.
// It does not know that operations exist (package operation), nor any SDK.
package world
