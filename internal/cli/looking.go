package cli

import (
	"context"

	"github.com/spf13/cobra"

	"handover/internal/cluster"
)

// looking is what the commands have in common that look at one service, change nothing and end.
type looking struct {
	factory *Factory
	globals *globals

	inCluster string
	service   cluster.ServiceKey
	target    Target
	emulation emulation
	pictures  pictures
}

func (l *looking) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&l.inCluster, "cluster", "", "the service's cluster (default: default)")
	l.emulation.flags(cmd)
	l.pictures.flags(cmd.Flags())
	completeTarget(cmd, l.factory, l.globals, &l.emulation, &l.inCluster)
}

// complete checks the command line; nothing is reached before it is sound.
func (l *looking) complete(cmd *cobra.Command, args []string) (err error) {
	if err := l.pictures.check(); err != nil {
		return err
	}
	var region string
	if l.service, region, err = service(cmd, args, l.inCluster); err != nil {
		return err
	}
	if l.target, err = l.globals.target(l.factory, cmd.Name(), region); err != nil {
		return err
	}
	l.target.Scene, err = l.emulation.scene(cmd, l.globals.endpointURL, nil)
	return err
}

// reached runs what looks, on a connection that is there for as long; a signal ends it.
func (l *looking) reached(ctx context.Context, looks func(context.Context, *Connection) error) error {
	interrupts := listen(ctx, l.factory.Signals)
	ctx, done := interrupts.until(ctx, 1)
	defer done()
	conn, err := l.factory.Connect(ctx, l.target)
	if err != nil {
		return interruptedOr(interrupts, err)
	}
	defer conn.Close()
	if err := looks(ctx, conn); err != nil {
		return interruptedOr(interrupts, err)
	}
	return nil
}
