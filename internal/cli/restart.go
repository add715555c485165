package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"handover/internal/cluster"
	"handover/internal/console"
	"handover/internal/operation"
)

type restartOptions struct {
	factory *Factory
	globals *globals

	service    cluster.ServiceKey
	target     Target
	bounds     boundsFlags
	emulation  emulation
	timeout    time.Duration
	yes        bool
	unstable   bool
	inProgress bool
}

func newRestart(f *Factory, g *globals, run func(context.Context, *restartOptions) error) *cobra.Command {
	o := &restartOptions{factory: f, globals: g}
	var inCluster string
	cmd := &cobra.Command{
		Use:   "restart SERVICE",
		Short: "Replace all tasks of a service by new ones of the same revision",
		Long: "Replace all tasks of a service by new ones of the same revision, and wait until every old one is gone.\n\n" +
			"SERVICE is CLUSTER/SERVICE, the service's ARN, or its name with --cluster.\n" +
			"Ctrl-C stops watching and puts back what was changed for the duration; a second one leaves at once.",
		Example: "  handover restart prod/api\n" +
			"  handover restart api --cluster prod --max-percent 150 --timeout 20m\n" +
			"  handover restart test --cluster default --emulated --min-healthy-percent 50 --max-percent 100",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.complete(cmd, args, inCluster); err != nil {
				return err
			}
			if run != nil {
				return run(cmd.Context(), o)
			}
			return restartRun(cmd.Context(), o)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&inCluster, "cluster", "", "the service's cluster (default: default)")
	flags.DurationVar(&o.timeout, "timeout", 30*time.Minute, "stop waiting after this long; ECS goes on")
	flags.BoolVar(&o.unstable, "allow-unstable", false, "restart although the service is not steady")
	flags.BoolVar(&o.inProgress, "allow-in-progress", false, "restart although another deployment is under way")
	flags.BoolVar(&o.yes, "yes", false, "answer Yes to every question")
	o.bounds.flags(cmd)
	o.emulation.flags(cmd)
	return cmd
}

// complete checks the command line; nothing is reached before it is sound.
func (o *restartOptions) complete(cmd *cobra.Command, args []string, inCluster string) (err error) {
	var region string
	if o.service, region, err = service(cmd, args, inCluster); err != nil {
		return err
	}
	if err := o.bounds.check(cmd); err != nil {
		return err
	}
	if o.timeout <= 0 {
		return usage(hint("--timeout takes a duration such as 20m or 1h30m"), "--timeout %s is not a time to wait", o.timeout)
	}
	if o.target, err = o.globals.target(o.factory, region); err != nil {
		return err
	}
	o.target.Scene, err = o.emulation.scene(cmd, o.globals.endpointURL, o.bounds.of(cluster.DefaultBounds()))
	return err
}

// ours are the bounds that the operation sets for the duration; none where the seed's scene has them already.
func (o *restartOptions) ours(former cluster.Bounds) *cluster.Bounds {
	if o.target.Scene != nil && o.emulation.file == "" {
		return nil
	}
	return o.bounds.of(former)
}

// attach is the command that attaches to the restart again.
func (o *restartOptions) attach() string {
	words := []string{"handover", "restart", o.service.String(), "--allow-in-progress"}
	for _, option := range [][2]string{{"--region", o.target.Region}, {"--profile", o.target.Profile}, {"--role-arn", o.target.RoleARN}, {"--endpoint-url", o.target.EndpointURL}} {
		if option[1] != "" {
			words = append(words, option[0], option[1])
		}
	}
	return strings.Join(words, " ")
}

func restartRun(ctx context.Context, o *restartOptions) error {
	interrupts := listen(ctx, o.factory.Signals)
	setup, done := interrupts.until(ctx, 1)
	defer done()
	conn, err := o.factory.Connect(setup, o.target)
	if err != nil {
		return interruptedOr(interrupts, err)
	}
	defer conn.Close()
	scope := cluster.ServiceScope{Service: o.service, Tasks: cluster.RunningTasks, Definitions: true, Images: true}
	snapshot, view, err := look(setup, conn, scope)
	if err != nil {
		return interruptedOr(interrupts, err)
	}
	bounds := o.ours(view.Service.Bounds)
	if bounds != nil && !bounds.LeaveMove(view.Service.Desired) {
		return o.bounds.blocked(o.service, *bounds, view.Service.Desired)
	}
	teller := o.globals.teller(o.factory)
	narrator, start := console.Narrate(console.About{Operation: "restart", Service: o.service, Identity: conn.Identity, Bounds: bounds, Timeout: o.timeout},
		view, conn.Provider.Now())
	if err := teller.Tell(start); err != nil {
		return err
	}
	if err := o.sayWhere(teller, start); err != nil {
		return err
	}
	if refusal := o.question(interrupts, snapshot); refusal != nil {
		return tellEnd(teller, narrator, *refusal, conn.Provider.Now())
	}
	op := o.factory.Restart(RestartRequest{Service: o.service, Bounds: bounds, Timeout: o.timeout, AllowUnstable: o.unstable, AllowInProgress: o.inProgress, Attach: o.attach()})
	return drive(ctx, driven{conn: conn, interrupts: interrupts, teller: teller, narrator: narrator, operation: op})
}

func (o *restartOptions) sayWhere(teller console.Teller, start console.Start) error {
	if o.target.Scene == nil {
		return nil
	}
	return teller.Tell(console.Note{Moment: start.Moment, Level: operation.Info,
		Text: fmt.Sprintf("simulated: this runs on the emulator, %g times as fast as AWS; AWS is not touched", o.target.Scene.Speed)})
}

// question asks whether new code may be shipped, where the restart would ship some. It gives a verdict where the answer is No.
func (o *restartOptions) question(interrupts *interrupts, snapshot cluster.Snapshot) *cluster.Verdict {
	news := o.factory.NewCode(snapshot, o.service)
	if len(news) == 0 || o.yes {
		return nil
	}
	cause := cluster.Cause{Code: "new-code", Certain: true, Text: "this restart would ship new code", Evidence: news}
	if !o.factory.Streams.InTTY || !o.factory.Streams.ErrTTY {
		return refused(cause, "to ship it: repeat the command with --yes")
	}
	switch ask(o.factory.Streams, interrupts, fmt.Sprintf("%s:\n  %s\nProceed? [y/N] ", cause.Text, strings.Join(news, "\n  "))) {
	case yes:
		return nil
	case no:
		cause.Text += ", and the answer was No"
		return refused(cause)
	case interrupted:
	}
	cause = cluster.Cause{Code: "interrupted", Certain: true, Text: "interrupted before anything was changed"}
	return &cluster.Verdict{End: cluster.Interrupted, Summary: cause.Text, Cause: &cause}
}

func refused(cause cluster.Cause, hints ...string) *cluster.Verdict {
	return &cluster.Verdict{End: cluster.Refused, Summary: cause.Text, Cause: &cause, Hints: hints}
}
