package cli

import (
	"context"

	"github.com/spf13/cobra"
)

// looking is what the commands have in common that look at one service, change nothing and end.
type looking struct {
	place
	pictures pictures
}

func (l *looking) flags(cmd *cobra.Command) {
	l.place.flags(cmd)
	l.pictures.flags(cmd.Flags())
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
	return l.aim(cmd, region, nil)
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
