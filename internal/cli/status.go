package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"handover/internal/cluster"
	"handover/internal/console"
	"handover/internal/web"
)

type statusOptions struct {
	looking
}

func newStatus(f *Factory, g *globals, run func(context.Context, *statusOptions) error) *cobra.Command {
	o := &statusOptions{looking{place: placed(f, g)}}
	cmd := &cobra.Command{
		Use:   "status SERVICE",
		Short: "Show a service with its deployments, tasks, targets and last events",
		Long:  "Show a service with its deployments, tasks, targets and last events. Nothing is changed.\n\nSERVICE is CLUSTER/SERVICE, the service's ARN, or its name with --cluster.",
		Example: "  handover status prod/api\n" +
			"  handover status api --cluster prod --output json\n" +
			"  handover status test --emulated",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.complete(cmd, args); err != nil {
				return err
			}
			if run != nil {
				return run(cmd.Context(), o)
			}
			return statusRun(cmd.Context(), o)
		},
	}
	o.flags(cmd)
	return cmd
}

func statusRun(ctx context.Context, o *statusOptions) error { return o.reached(ctx, o.show) }

// show tells the state of the service.
func (o *statusOptions) show(ctx context.Context, conn *Connection) error {
	snapshot, view, err := look(ctx, conn, cluster.ServiceScope{Service: o.service, Tasks: cluster.AllTasks, Targets: true})
	if err != nil {
		return err
	}
	status := console.Describe(snapshot, view, conn.Identity)
	if err := o.pictures.draw(o.report(conn, snapshot.At, view, status)); err != nil {
		return err
	}
	return o.globals.teller(o.factory).Tell(status)
}

// report is the service as it is, with as much of its past as its tasks tell.
func (o *statusOptions) report(conn *Connection, at time.Time, view cluster.ServiceView, status console.Status) web.Report {
	line := change{operation: "status", service: o.service}.following(conn, at, view).recorder.Timeline(true)
	return web.Report{Actual: &line, Standing: true, Title: o.service.String() + " at " + at.UTC().Format("2006-01-02 15:04:05 UTC"), Failed: status.Healthy < status.Floor,
		Line: fmt.Sprintf("%d of %d tasks healthy · %s", status.Healthy, status.Desired, cluster.Revision(status.Definition)), Place: placeOf(conn.Identity), Version: version()}
}
