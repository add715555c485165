package cli

import (
	"github.com/spf13/cobra"

	"handover/internal/cluster"
	"handover/internal/operation"
)

// This file has the commands that follow what is under way, and change nothing: watch and wait.

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
	o := &onService{place: placed(f, g), timeout: unforeseen, watches: true}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := o.pictures.check(); err != nil {
			return err
		}
		if err := o.complete(cmd, args); err != nil {
			return err
		}
		return o.follow(cmd.Context(), cmd.Name(), func(*Connection, cluster.ServiceView) (Watched, error) {
			return kept(operation.NewRestart(o.service, operation.RestartOptions{AttachNewest: true, KeepWaiting: o.waitsOn}), claim{}, o.timeout), nil
		})
	}
	o.flags(cmd, "stop waiting after this long; ECS goes on (default: 30m)")
	o.waitsOnFlag(cmd)
	o.pictures.flags(cmd.Flags())
	o.timeout = unforeseen
	return cmd
}
