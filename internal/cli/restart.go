package cli

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"handover/internal/cluster"
	"handover/internal/operation"
)

type restartOptions struct {
	onService
	bounds     boundsFlags
	attach     string
	fast       bool
	leave      leaveFlag
	record     recordFlag
	alarms     alarmsFlag
	unstable   bool
	inProgress bool
}

func newRestart(f *Factory, g *globals, v verb) *cobra.Command {
	o := &restartOptions{onService: onService{place: placed(f, g), selection: &selection{}}}
	cmd := &cobra.Command{
		Use:   "restart SERVICE…",
		Short: "Replace all tasks of a service, or of several, by new ones of the same revision",
		Long: "Replace all tasks of a service by new ones of the same revision, and wait until every old one is gone.\n\n" +
			"First it says what will happen and how long it will take. On a terminal it asks; elsewhere it needs --yes.\n" +
			"SERVICE is CLUSTER/SERVICE, the service's ARN, or its name with --cluster. Several services are named, or selected, and asked about once:\n" +
			"--parallel of them are under way at once, and none is begun any more once more than --max-failures have failed.\n" +
			"Ctrl-C stops watching and puts back what was changed for the duration; a second one leaves at once.",
		Example: "  handover restart prod/api\n" +
			"  handover restart api --cluster prod --max-percent 150 --yes\n" +
			"  handover restart prod/api --fast --confirm api\n" +
			"  handover restart --cluster prod --uses-secret arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db --parallel 3 --yes\n" +
			"  handover restart --all --emulated    # several services, simulated\n" +
			"  handover restart test --cluster default --emulated --min-healthy-percent 50 --max-percent 100",
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.act(cmd, v, args, o.complete, func(key cluster.ServiceKey) change {
				one := *o
				one.service = key
				return one.asked(cmd)
			})
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&o.unstable, "allow-unstable", false, "restart although the service is not steady")
	flags.BoolVar(&o.inProgress, "allow-in-progress", false, "restart although another deployment is under way")
	flags.StringVar(&o.attach, "attach", "", "follow this deployment of the service, and start none")
	flags.BoolVar(&o.fast, "fast", false, "stop every task at once and wait for new ones; connections are cut")
	o.waitsOnFlag(cmd)
	o.leave.flags(cmd)
	o.record.flags(cmd)
	o.alarms.flags(cmd)
	o.bounds.flags(cmd)
	o.flags(cmd, "stop waiting after this long; ECS goes on (default: twice what 99 of 100 simulated runs take, 10m at least)")
	v.flags(flags)
	return cmd
}

// complete checks the command line; nothing is reached before it is sound.
func (o *restartOptions) complete(cmd *cobra.Command, args []string) error {
	if err := o.bounds.check(cmd); err != nil {
		return err
	}
	if err := o.checkAttach(cmd); err != nil {
		return err
	}
	if err := o.checkFast(cmd); err != nil {
		return err
	}
	for _, check := range []func() error{o.record.check, o.alarms.check} {
		if err := check(); err != nil {
			return err
		}
	}
	o.sceneBounds = o.bounds.of(cluster.DefaultBounds())
	if err := o.onService.complete(cmd, args); err != nil {
		return err
	}
	return o.forOne(cmd, "attach")
}

func (o *restartOptions) checkAttach(cmd *cobra.Command) error {
	minimum, maximum := o.bounds.given()
	switch {
	case !cmd.Flags().Changed("attach"):
		return nil
	case !strings.HasPrefix(o.attach, "ecs-svc/"):
		return usage(hint("'handover status CLUSTER/SERVICE' shows the service's deployments"), "--attach: %q is not the id of a deployment, such as ecs-svc/0458381663513047547", o.attach)
	case minimum != nil || maximum != nil:
		return usage(hint("leave --attach or the bounds out"), "--attach follows a deployment as it is; it sets no bounds")
	}
	return nil
}

func (o *restartOptions) checkFast(cmd *cobra.Command) error {
	if minimum, maximum := o.bounds.given(); o.fast && (minimum != nil || maximum != nil || o.attach != "") {
		return usage(hint("leave --fast or the others out"), "--fast stops every task whatever the bounds, and follows no deployment")
	}
	return o.leave.check(cmd, o.fast)
}

// fastChange is the fast restart that was asked for.
func (o *restartOptions) fastChange(cmd *cobra.Command) change {
	c := o.change("restart", cmd, func(b begun) Watched {
		body := operation.NewFast(o.service, operation.FastOptions{Leave: o.leave.part(), Reason: reason("restart --fast", b.claim), AllowInProgress: o.inProgress, KeepWaiting: o.waitsOn})
		return stoppedBy(o.alarms.in(), kept(body, claim{}, b.timeout))
	})
	c.keeps, c.danger = none, func(s cluster.Service) string { return cuts(o.service, s) }
	return c
}

// asked is the restart that was asked for.
func (o *restartOptions) asked(cmd *cobra.Command) change {
	if o.fast {
		return o.fastChange(cmd)
	}
	c := o.change("restart", cmd, func(b begun) Watched { return o.factory.Restart(o.request(b)) })
	c.follows, c.local = o.attach != "", o.record.local()
	c.bounds, c.danger, c.alternatives = o.ownBounds, o.danger, o.alternatives
	return c
}

// request is what is asked of the operation. On the seed's scene the service has the bounds already.
func (o *restartOptions) request(b begun) RestartRequest {
	r := RestartRequest{Service: o.service, Claim: o.record.of(b.claim), Timeout: b.timeout, AllowUnstable: o.unstable || b.another, AllowInProgress: o.inProgress || b.another, AllowNewCode: b.allowNewCode, Attach: cmp.Or(o.attach, b.attach), StopOn: o.alarms.in(), KeepWaiting: o.waitsOn, Pace: b.pace}
	if o.setsBounds() {
		r.Minimum, r.Maximum = o.bounds.given()
	}
	return r
}

// setsBounds tells whether bounds that were asked for are for the operation to set: the seed's scene has them from the beginning.
func (o *restartOptions) setsBounds() bool {
	return o.target.Scene == nil || o.target.Scene.Name != seedSceneName
}

// ownBounds are those that hold for the duration.
func (o *restartOptions) ownBounds(own cluster.Bounds) cluster.Bounds {
	if asked := o.bounds.of(own); asked != nil && o.setsBounds() {
		return *asked
	}
	return own
}

// danger says that the restart may go below what the service itself keeps.
func (o *restartOptions) danger(s cluster.Service) string {
	floor, own := o.ownBounds(s.Bounds).Floor(s.Desired), s.Bounds.Floor(s.Desired)
	if floor >= own {
		return ""
	}
	return fmt.Sprintf("as few as %d tasks may be healthy meanwhile, where %s keeps %d", floor, o.service, own)
}

// alternatives are what people choose between: twice the tasks for the shortest time, no task more than there are, and the ways without a deployment.
func (o *restartOptions) alternatives(s cluster.Service) []alternative {
	if o.attach != "" {
		return nil
	}
	var all []alternative
	for _, b := range []cluster.Bounds{{MinimumHealthyPercent: 100, MaximumPercent: 200}, {MinimumHealthyPercent: 50, MaximumPercent: 100}} {
		now := o.ownBounds(s.Bounds)
		if s.Scheduling == cluster.Daemon && b.MaximumPercent > 100 || !b.LeaveMove(s.Desired) || b.Floor(s.Desired) == now.Floor(s.Desired) && b.Ceiling(s.Desired) == now.Ceiling(s.Desired) {
			continue
		}
		request := o.request(begun{allowNewCode: true})
		request.Minimum, request.Maximum = &b.MinimumHealthyPercent, &b.MaximumPercent
		all = append(all, alternative{
			flags: fmt.Sprintf("--%s %d --%s %d", minimumFlag, b.MinimumHealthyPercent, maximumFlag, b.MaximumPercent),
			begin: func() operation.Operation { return o.factory.Restart(request) },
		})
	}
	return append(all, o.otherWays(s)...)
}

// recycledInstead is up to how many tasks recycling is offered: beyond that, one task after the other takes hours, which nobody has to be told.
const recycledInstead = 20

// otherWays replace the tasks without a deployment.
func (o *restartOptions) otherWays(s cluster.Service) []alternative {
	all := []alternative{{flags: "--fast", begin: func() operation.Operation {
		return kept(operation.NewFast(o.service, operation.FastOptions{}), claim{}, 0)
	}}}
	if s.Desired <= recycledInstead {
		flags, options := "handover recycle "+o.service.String(), operation.RecycleOptions{Batch: 1, Surge: 1}
		if s.Scheduling == cluster.Daemon {
			flags, options = flags+" --method stop --surge 0", operation.RecycleOptions{Method: operation.Stop, Batch: 1}
		}
		all = append(all, alternative{flags: flags, seeds: recycleSeeds / 10, begin: func() operation.Operation {
			return kept(operation.NewRecycle(o.service, options), claim{}, 0)
		}})
	}
	return all
}
