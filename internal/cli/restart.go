package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"handover/internal/cluster"
	"handover/internal/console"
)

type restartOptions struct {
	factory *Factory
	globals *globals

	service    cluster.ServiceKey
	target     Target
	bounds     boundsFlags
	emulation  emulation
	timeout    time.Duration
	attach     string
	yes        bool
	unstable   bool
	inProgress bool
}

func newRestart(f *Factory, g *globals, run func(context.Context, *restartOptions) error) *cobra.Command {
	o := &restartOptions{factory: f, globals: g}
	var inCluster string
	cmd := &cobra.Command{
		Use:               "restart SERVICE",
		ValidArgsFunction: cobra.NoFileCompletions,
		Short:             "Replace all tasks of a service by new ones of the same revision",
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
	flags.StringVar(&o.attach, "attach", "", "follow this deployment of the service, and start none")
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
	if err := o.checkAttach(cmd); err != nil {
		return err
	}
	if o.timeout <= 0 {
		return usage(hint("--timeout takes a duration such as 20m or 1h30m"), "--timeout %s is not a time to wait", o.timeout)
	}
	if o.target, err = o.globals.target(o.factory, cmd.Name(), region); err != nil {
		return err
	}
	o.target.Scene, err = o.emulation.scene(cmd, o.globals.endpointURL, o.bounds.of(cluster.DefaultBounds()))
	return err
}

func (o *restartOptions) checkAttach(cmd *cobra.Command) error {
	minimum, maximum := o.bounds.given()
	switch {
	case !cmd.Flags().Changed("attach"):
		return nil
	case !strings.HasPrefix(o.attach, "ecs-svc/"):
		return usage(hint("'handover status "+o.service.String()+"' shows the service's deployments"), "--attach: %q is not the id of a deployment, such as ecs-svc/0458381663513047547", o.attach)
	case minimum != nil || maximum != nil:
		return usage(hint("leave --attach or the bounds out"), "--attach follows a deployment as it is; it sets no bounds")
	}
	return nil
}

// request is what is asked of the operation. On the seed's scene the service has the bounds already.
func (o *restartOptions) request() RestartRequest {
	r := RestartRequest{Service: o.service, Timeout: o.timeout, AllowUnstable: o.unstable, AllowInProgress: o.inProgress, AllowNewCode: o.yes, Attach: o.attach}
	if o.target.Scene == nil || o.emulation.file != "" {
		r.Minimum, r.Maximum = o.bounds.given()
	}
	return r
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
	_, view, err := look(setup, conn, cluster.ServiceScope{Service: o.service})
	if err != nil {
		return interruptedOr(interrupts, err)
	}
	about := console.About{Operation: "restart", Service: o.service, Identity: conn.Identity, Timeout: o.timeout}
	if o.attach == "" && (o.target.Scene == nil || o.emulation.file != "") {
		about.Bounds = o.bounds.of(view.Service.Bounds)
	}
	narrator, start := console.Narrate(about, view, conn.Provider.Now())
	d := driven{conn: conn, interrupts: interrupts, teller: o.globals.teller(o.factory), narrator: narrator, hints: o.hints}
	if err := d.tell(start); err != nil {
		return err
	}
	if o.target.Scene != nil {
		text := fmt.Sprintf("simulated: this runs on the emulator, %g times as fast as AWS; AWS is not touched", o.target.Scene.Speed)
		if err := d.tell(narrator.Say(text, conn.Provider.Now())); err != nil {
			return err
		}
	}
	verdict, err := o.restart(ctx, d)
	if err != nil {
		return err
	}
	return d.end(verdict)
}

// restart runs the operation. Where it refuses to ship new code unasked, the user is asked, and it is run again.
func (o *restartOptions) restart(ctx context.Context, d driven) (cluster.Verdict, error) {
	request := o.request()
	verdict, err := d.drive(ctx, o.factory.Restart(request))
	streams := o.factory.Streams
	if err != nil || verdict.Cause == nil || verdict.Cause.Code != newCode || !streams.InTTY || !streams.ErrTTY {
		return verdict, err
	}
	switch ask(streams, d.interrupts, verdict.Cause.Text+":\n  "+strings.Join(verdict.Cause.Evidence, "\n  ")+"\nProceed? [y/N] ") {
	case yes:
		request.AllowNewCode = true
		return d.drive(ctx, o.factory.Restart(request))
	case interrupted:
		cause := cluster.Cause{Code: "interrupted", Certain: true, Text: "interrupted before anything was changed"}
		return cluster.Verdict{End: cluster.Interrupted, Summary: cause.Text, Cause: &cause}, nil
	case no:
	}
	verdict.Summary, verdict.Hints = "the answer was No", nil
	return verdict, nil
}

// newCode is the cause of a restart's refusal to ship code that does not run yet.
const newCode = "new-code"

// hints adds to commands how this one reached AWS, and leaves out what cannot be done: an emulator of our own is gone when we are.
func (o *restartOptions) hints(all []string) []string {
	var kept []string
	for _, hint := range all {
		ours := strings.Contains(hint, "handover ")
		if o.target.Scene != nil && (ours || strings.Contains(hint, "aws ")) {
			continue
		}
		if ours {
			hint += o.reached()
		}
		kept = append(kept, hint)
	}
	return kept
}

// reached is how this command reaches AWS, as flags.
func (o *restartOptions) reached() string {
	var flags strings.Builder
	t := o.target
	for _, option := range [][2]string{{"region", t.Region}, {"profile", t.Profile}, {"role-arn", t.RoleARN}, {"endpoint-url", t.EndpointURL}} {
		if option[1] != "" {
			fmt.Fprintf(&flags, " --%s %s", option[0], option[1])
		}
	}
	return flags.String()
}
