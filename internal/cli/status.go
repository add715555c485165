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
	factory *Factory
	globals *globals

	service   cluster.ServiceKey
	target    Target
	emulation emulation
	pictures  pictures
}

func newStatus(f *Factory, g *globals, run func(context.Context, *statusOptions) error) *cobra.Command {
	o := &statusOptions{factory: f, globals: g}
	var inCluster string
	cmd := &cobra.Command{
		Use:   "status SERVICE",
		Short: "Show a service with its deployments, tasks, targets and last events",
		Long:  "Show a service with its deployments, tasks, targets and last events. Nothing is changed.\n\nSERVICE is CLUSTER/SERVICE, the service's ARN, or its name with --cluster.",
		Example: "  handover status prod/api\n" +
			"  handover status api --cluster prod --output json\n" +
			"  handover status test --emulated",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.complete(cmd, args, inCluster); err != nil {
				return err
			}
			if run != nil {
				return run(cmd.Context(), o)
			}
			return statusRun(cmd.Context(), o)
		},
	}
	cmd.Flags().StringVar(&inCluster, "cluster", "", "the service's cluster (default: default)")
	o.emulation.flags(cmd)
	o.pictures.flags(cmd.Flags())
	completeTarget(cmd, f, g, &o.emulation, &inCluster)
	return cmd
}

func (o *statusOptions) complete(cmd *cobra.Command, args []string, inCluster string) (err error) {
	var region string
	if o.service, region, err = service(cmd, args, inCluster); err != nil {
		return err
	}
	if o.target, err = o.globals.target(o.factory, cmd.Name(), region); err != nil {
		return err
	}
	o.target.Scene, err = o.emulation.scene(cmd, o.globals.endpointURL, nil)
	return err
}

func statusRun(ctx context.Context, o *statusOptions) error {
	interrupts := listen(ctx, o.factory.Signals)
	ctx, done := interrupts.until(ctx, 1)
	defer done()
	conn, err := o.factory.Connect(ctx, o.target)
	if err != nil {
		return interruptedOr(interrupts, err)
	}
	defer conn.Close()
	scope := cluster.ServiceScope{Service: o.service, Tasks: cluster.AllTasks, Targets: true}
	snapshot, view, err := look(ctx, conn, scope)
	if err != nil {
		return interruptedOr(interrupts, err)
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
