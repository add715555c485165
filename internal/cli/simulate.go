package cli

import (
	"errors"
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"handover/internal/cluster"
	"handover/internal/simulate"
)

// newSimulate is for those who work on Handover itself, and so not in the ordinary help.
func newSimulate(f *Factory) *cobra.Command {
	var seeds int
	var from uint64
	var table, everyStep, leaving bool
	cmd := &cobra.Command{
		Use:    "simulate",
		Hidden: true,
		Short:  "Run operations on bad days, and hold their safety properties",
		Long: "Run operations on bad days: scenes, operations, faults and crashes are drawn from seeds, and the safety properties held after every action.\n" +
			"A broken seed is told with its scene. The last line is the tally; the exit code is 3 where one was broken. Ctrl-C ends it with the tally so far.",
		Example: "  handover simulate --seeds 20000\n" +
			"  handover simulate --seeds 1 --seed 4211\n" +
			"  handover simulate --seeds 300 --every-step\n" +
			"  handover simulate --seeds 5000 --leaving",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if seeds < 1 {
				return usage(nil, "--seeds %d is not a number of runs", seeds)
			}
			out := f.Streams.Out
			debug.SetGCPercent(400) // runs make much and keep little: 4,000 of them take 9.6 s of processor time, and with the default 15.4 s
			var broken error
			run := simulate.RunAll
			switch {
			case everyStep && leaving:
				return usage(nil, "--every-step and --leaving are two ways to run seeds")
			case everyStep:
				run = simulate.RunEveryStep
			case leaving:
				run = simulate.RunAllLeaving
			}
			interrupts := listen(cmd.Context(), f.Signals)
			ctx, done := interrupts.until(cmd.Context(), 1)
			defer done()
			tally, err := run(ctx, from, seeds, 0, func(r simulate.Result) {
				_, _ = fmt.Fprintf(out, "seed %d: %s, crash %q after step %d, %s %s\n%s  %s\n", r.Seed, r.Operation, r.Crashed, r.After, r.End, r.Cause, r.Scene, strings.Join(r.Broken, "\n  "))
				broken = ended{cluster.Failed.ExitCode()}
			})
			if err != nil {
				return err
			}
			if table {
				if err := tally.Table(out); err != nil {
					return err
				}
			}
			if _, err := fmt.Fprintln(out, tally); err != nil {
				return err
			}
			if broken == nil && ctx.Err() != nil {
				return &failure{code: cluster.Interrupted.ExitCode(), err: errors.New("interrupted; the tally is of the seeds until then")}
			}
			return broken
		},
	}
	cmd.Flags().IntVar(&seeds, "seeds", 1000, "how many")
	cmd.Flags().Uint64Var(&from, "seed", 1, "the first of them")
	cmd.Flags().BoolVar(&everyStep, "every-step", false, "run each seed once for every step after which it can crash, resumed and restored")
	cmd.Flags().BoolVar(&leaving, "leaving", false, "drains and departures alone, which otherwise every fifth seed has besides")
	cmd.Flags().BoolVar(&table, "table", false, "how often each fault met each step, and how the operations ended")
	return cmd
}
