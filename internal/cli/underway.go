package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"handover/internal/cluster"
	"handover/internal/operation"
	"handover/internal/record"
)

// This file has the commands on what is under way already: watch, wait, abort, resume, restore.

func newWatch(f *Factory, g *globals) *cobra.Command {
	return following(f, g, &cobra.Command{
		Use:   "watch SERVICE",
		Short: "Follow the newest deployment of a service to its end",
		Long:  "Follow the newest deployment of a service to its end, whoever began it. Nothing is changed.",
		Example: "  handover watch prod/api\n" +
			"  aws ecs update-service --cluster prod --service api --force-new-deployment && handover watch prod/api\n" +
			"  handover watch prod/api --html deployment.html",
	})
}

func newWait(f *Factory, g *globals) *cobra.Command {
	cmd := following(f, g, &cobra.Command{
		Use:   "wait SERVICE",
		Short: "Wait for the newest deployment of a service, and say only how it ended",
		Long:  "Wait for the newest deployment of a service, whoever began it, and say only how it ended, in words and by the exit code. Nothing is changed.",
		Example: "  handover wait prod/api --timeout 20m\n" +
			"  handover wait prod/api && echo deployed\n" +
			"  handover wait prod/api --output json",
	})
	inner := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if !cmd.Flags().Changed("progress") {
			g.progress = "none"
		}
		return inner(cmd, args)
	}
	return cmd
}

func following(f *Factory, g *globals, cmd *cobra.Command) *cobra.Command {
	o := &onService{factory: f, globals: g, timeout: unforeseen, watches: true}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := o.complete(cmd, args); err != nil {
			return err
		}
		return o.follow(cmd.Context(), cmd.Name(), func(*Connection, cluster.ServiceView) (Watched, error) {
			return kept(operation.NewRestart(o.service, operation.RestartOptions{AttachNewest: true, KeepWaiting: o.waitsOn}), claim{}, o.timeout), nil
		})
	}
	o.flags(cmd, "stop waiting after this long; ECS goes on (default: 30m)")
	o.pictures.flags(cmd.Flags())
	o.timeout = unforeseen
	return cmd
}

func newAbort(f *Factory, g *globals) *cobra.Command {
	o := &onService{factory: f, globals: g, atOnce: true}
	cmd := &cobra.Command{
		Use:   "abort SERVICE",
		Short: "Have what is under way on a service stop, and put everything back",
		Long: "Have what is under way on a service stop, and put everything back.\n\n" +
			"An operation of Handover is asked to, wherever it runs; one that nobody is at any more is undone from here.\n" +
			"Where there is none, a rollout that is in flight is rolled back by ECS.",
		Example: "  handover abort prod/api\n" +
			"  handover abort api --cluster prod --yes\n" +
			"  handover abort prod/api --yes --output json",
	}
	consent := &consent{}
	cmd.Flags().BoolVar(&consent.yes, "yes", false, "do it without asking; needed where no terminal can be asked")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := o.complete(cmd, args); err != nil {
			return err
		}
		return o.follow(cmd.Context(), "abort", func(conn *Connection, _ cluster.ServiceView) (Watched, error) {
			return &operation.Abort{Service: o.service, By: conn.Identity.Caller}, o.agreed(consent.yes, fmt.Sprintf("Have what is under way on %s stop, and put everything back? [y/N] ", o.service))
		})
	}
	o.flags(cmd, "not used: it ends by itself")
	o.pictures.flags(cmd.Flags())
	_ = cmd.Flags().MarkHidden("timeout")
	return cmd
}

// agreed asks, unless that was answered by --yes.
func (o *onService) agreed(yesGiven bool, question string) error {
	streams := o.factory.Streams
	switch {
	case yesGiven:
		return nil
	case !streams.InTTY || !streams.ErrTTY:
		return &failure{code: cluster.Refused.ExitCode(), err: fmt.Errorf("nobody can be asked whether to go on"), hints: hint("to go on without being asked: --yes")}
	case ask(streams, listen(context.Background(), nil), question, false, "") != yes:
		return &failure{code: cluster.Refused.ExitCode(), err: fmt.Errorf("the answer was No")}
	}
	return nil
}

func newResume(f *Factory, g *globals) *cobra.Command {
	o := &onService{factory: f, globals: g, atOnce: true}
	var force bool
	cmd := &cobra.Command{
		Use:   "resume SERVICE",
		Short: "Go on with an operation whose process is no more",
		Long: "Go on with an operation whose process is no more, from what it wrote on the service, on any machine.\n\n" +
			"An operation is taken to be alive for ten minutes after its process has shown itself last; until then --force is needed, and two may be at it.",
		Example: "  handover resume prod/api\n" +
			"  handover resume prod/api --timeout 1h\n" +
			"  handover resume prod/api --force    # although somebody is taken to be at it still",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.complete(cmd, args); err != nil {
				return err
			}
			return o.follow(cmd.Context(), "resume", func(conn *Connection, view cluster.ServiceView) (Watched, error) {
				return o.resumed(conn, view, force)
			})
		},
	}
	cmd.Flags().BoolVar(&force, "force", false, "although somebody is taken to be at it still")
	o.waitsOnFlag(cmd)
	o.flags(cmd, "stop after this long, and put everything back (default: 2h)")
	o.pictures.flags(cmd.Flags())
	return cmd
}

// resumed makes the operation that a record tells of.
func (o *onService) resumed(conn *Connection, view cluster.ServiceView, force bool) (Watched, error) {
	found, err := record.Read(view.Service.Tags)
	if err != nil {
		return nil, err
	}
	r := found.Record
	if r == nil {
		return nil, refusedWith(fmt.Errorf("there is nothing to resume on %s", o.service), "to see what is there: handover status "+o.service.String())
	}
	if r.Live(conn.Provider.Now()) && !force {
		return nil, refusedWith(fmt.Errorf("%s of %s by %s is taken to be alive until %s", r.Kind, o.service, r.Owner, r.Lease.UTC().Format(time.RFC3339)),
			"to follow it: handover watch "+o.service.String(), "to have it stop and put everything back: handover abort "+o.service.String(), "to go on with it all the same: --force")
	}
	timeout := o.timeout
	if timeout == 0 {
		timeout = 2 * time.Hour
	}
	by := claimOf(conn)
	switch r.Kind {
	case operation.KindRecycle:
		options, err := operation.ParseRecycle(r.Options)
		if err != nil {
			return nil, err
		}
		options.Reason, options.KeepWaiting = reason("recycle", by), o.waitsOn
		op := kept(operation.NewRecycle(o.service, options), by, timeout)
		op.Adopt(*r)
		return op, nil
	default: // its deployment goes on by itself; what is left is to follow it, and to put back what was set for it
		op := kept(operation.NewRestart(o.service, operation.RestartOptions{AttachNewest: true, KeepWaiting: o.waitsOn}), by, timeout)
		op.Adopt(*r)
		return op, nil
	}
}

func refusedWith(err error, hints ...string) error {
	return &failure{code: cluster.Refused.ExitCode(), err: err, hints: hints}
}

func newRestore(f *Factory, g *globals) *cobra.Command {
	o := &onService{factory: f, globals: g, atOnce: true}
	var stale, force bool
	cmd := &cobra.Command{
		Use:   "restore SERVICE | --stale --cluster CLUSTER",
		Short: "Put back what an operation whose process is no more has changed",
		Long: "Put back what an operation whose process is no more has changed for its duration, from what it wrote on the service, on any machine.\n\n" +
			"--stale looks at every service of a cluster. It can run on a schedule: a suspension of auto scaling, for one, never ends by itself.",
		Example: "  handover restore prod/api\n" +
			"  handover restore --stale --cluster prod\n" +
			"  handover restore prod/api --output json",
		RunE: func(cmd *cobra.Command, args []string) error {
			if stale {
				if len(args) > 0 {
					return usage(hint("leave the service or --stale out"), "--stale is for all services of a cluster")
				}
				return o.restoreStale(cmd)
			}
			if err := o.complete(cmd, args); err != nil {
				return err
			}
			return o.follow(cmd.Context(), "restore", func(*Connection, cluster.ServiceView) (Watched, error) {
				return &operation.Restore{Service: o.service, Force: force}, nil
			})
		},
	}
	cmd.Flags().BoolVar(&stale, "stale", false, "every service of the cluster on which something was left")
	cmd.Flags().BoolVar(&force, "force", false, "although somebody is taken to be at it still")
	o.flags(cmd, "not used: it ends by itself")
	o.pictures.flags(cmd.Flags())
	_ = cmd.Flags().MarkHidden("timeout")
	return cmd
}

// restoreStale restores one service after the other, and ends as the gravest of them.
func (o *onService) restoreStale(cmd *cobra.Command) error {
	inCluster := o.inCluster
	if inCluster == "" {
		inCluster = cluster.DefaultCluster
	}
	if !cluster.ValidName(inCluster) {
		return usage(nil, "%q is not a cluster name: up to 255 letters, digits, hyphens and underscores", inCluster)
	}
	target, err := o.globals.target(o.factory, cmd.Name(), "")
	if err != nil {
		return err
	}
	conn, err := o.factory.Connect(cmd.Context(), target)
	if err != nil {
		return err
	}
	keys, err := conn.List(cmd.Context(), inCluster)
	conn.Close()
	if err != nil {
		return err
	}
	left, err := o.left(cmd, target, keys)
	if err != nil {
		return err
	}
	var worst error
	for _, key := range left {
		one := *o
		one.service, one.target = key, target
		if err := one.follow(cmd.Context(), "restore", func(*Connection, cluster.ServiceView) (Watched, error) { return &operation.Restore{Service: key}, nil }); err != nil {
			worst = err
		}
	}
	if len(left) == 0 {
		_, err = fmt.Fprintf(o.factory.Streams.Err, "nothing was left on the %d services of cluster %s\n", len(keys), inCluster)
		return err
	}
	return worst
}

// left are the services with a record that nobody is at any more.
func (o *onService) left(cmd *cobra.Command, target Target, keys []cluster.ServiceKey) ([]cluster.ServiceKey, error) {
	conn, err := reach(cmd.Context(), o.factory, target, false)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	var scope cluster.Scope
	for _, key := range keys {
		scope = scope.Union(cluster.ServiceScope{Service: key}.Of())
	}
	snapshot, err := conn.Provider.Observe(cmd.Context(), scope)
	if err != nil {
		return nil, err
	}
	var left []cluster.ServiceKey
	for _, v := range snapshot.Services {
		ours := slices.ContainsFunc(v.Service.Tags, func(t cluster.Tag) bool { return strings.HasPrefix(t.Key, record.Prefix) })
		found, err := record.Read(v.Service.Tags)
		if _, held := found.Foremost(conn.Provider.Now()); ours && (err != nil || !held) {
			left = append(left, v.Service.Key)
		}
	}
	return left, nil
}
