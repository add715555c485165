package cli

import (
	"errors"
	"fmt"

	"handover/internal/cluster"
	"handover/internal/console"
)

const exitUnexpected = 1

// failure is an error with its exit code and with what can be done about it.
type failure struct {
	code  int
	err   error
	hints []string
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

// Hints are what can be done about it.
func (f *failure) Hints() []string { return f.hints }

func usage(hints []string, format string, args ...any) error {
	return &failure{code: cluster.ExitUsage, err: fmt.Errorf(format, args...), hints: hints}
}

func hint(hints ...string) []string { return hints }

// ended is the end of a command that has said all there is to say.
type ended struct{ code int }

func (e ended) Error() string { return fmt.Sprintf("ended with exit code %d", e.code) }

// explain tells an error, and gives its exit code.
func explain(s *console.Streams, output console.Output, err error) int {
	var done ended
	if err == nil {
		return 0
	}
	if errors.As(err, &done) {
		return done.code
	}
	problem := console.Problem{Error: err.Error(), Exit: exitUnexpected}
	var known *failure
	if errors.As(err, &known) {
		problem.Exit, problem.Hints = known.code, known.hints
	}
	_ = s.Explain(problem)
	if output != console.Text {
		_ = console.Encode(s.Out, problem)
	}
	return problem.Exit
}
