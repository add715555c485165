// Package scenario is the one language in which a scene of ECS is written down: as a test (testdata/scenarios), as the scene that the emulator is loaded
// with (--scenario FILE), and as the report of a bug. docs/scenarios.md describes it for people.
//
// A file is a list of directives, one a line: a verb, a name, and options. A line that starts with # is a comment. Directives that are followed by a line
// of four dashes have a trace, which must follow exactly; an empty line ends it.
//
//	# rule: a rolling deployment with 100/200 starts as many tasks as are desired before it stops any
//	# source: API Reference, DeploymentConfiguration
//	world profile=fargate-2026 jitter=off
//	target-group web drain=30s
//	service api desired=2 min=100 max=200 target-group=web
//
//	update-service api force
//	advance steady
//	----
//	0:10  (service api) has started 2 tasks: (task t3) (task t4).
//
// Parse guarantees that every verb, option and value of what it returns is one that the language has; a Problem names line, column and, where there is
// one, the word that was probably meant. Parse does no input or output and knows nothing of the model; Play in this package runs a parsed file on it.
package scenario
