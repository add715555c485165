// Package cli is the command line: the tree of commands, their options, and the wiring of what they use. A command is an options struct, a constructor
// that parses into it, and a function that runs it; what it needs from outside comes from a Factory, so that tests hand in their own.
//
// It guarantees that a wrong command line changes nothing: it is told in one "handover: error: …" line with hints, and ends with exit code 2. Exit codes
// are those of docs/exit-codes.md. With --output json or jsonl the last line of stdout is a document of docs/schema/handover-1.json, also after an error.
//
// Start-up does no work that the command does not need: no client is made, no template parsed and no file read before a command runs.
//
// It is the only package that knows the AWS adapter and the emulator at once.
package cli
