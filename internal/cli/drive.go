package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"handover/internal/cluster"
	"handover/internal/console"
	"handover/internal/operation"
)

// driven is an operation with all that it is run with.
type driven struct {
	conn       *Connection
	interrupts *interrupts
	teller     console.Teller
	narrator   *console.Narrator
	operation  Watched
}

// drive runs an operation to its verdict and tells how it goes.
func drive(ctx context.Context, d driven) error {
	ctx, done := d.interrupts.until(ctx, 3)
	defer done()
	var told error
	tell := func(documents ...console.Document) {
		for _, document := range documents {
			told = errors.Join(told, d.teller.Tell(document))
		}
	}
	heard := false
	driver := operation.Driver{
		Provider: interruptible{d.conn.Provider, d.interrupts},
		Interrupt: func() operation.Interrupt {
			asked := d.interrupts.asked()
			if asked == operation.Detach && !heard {
				heard = true
				tell(d.narrator.Say("interrupted: putting back what was changed for the duration; once more leaves at once", d.conn.Provider.Now()))
			}
			return asked
		},
		Watch: func(in operation.Input, decision operation.Decision) {
			deployment := d.operation.Progress(in.Now).Figures.Deployment
			tell(d.narrator.Step(in, decision, deployment)...)
		},
	}
	ending, err := driver.Run(ctx, d.operation)
	if err != nil {
		return interruptedOr(d.interrupts, err)
	}
	tell(d.narrator.End(*ending.Verdict, d.conn.Provider.Now()))
	if told != nil {
		return fmt.Errorf("writing the output: %w", told)
	}
	return exit(ending.Verdict.End)
}

func tellEnd(teller console.Teller, narrator *console.Narrator, verdict cluster.Verdict, now time.Time) error {
	if err := teller.Tell(narrator.End(verdict, now)); err != nil {
		return fmt.Errorf("writing the output: %w", err)
	}
	return exit(verdict.End)
}

func exit(end cluster.End) error {
	if code := end.ExitCode(); code != 0 {
		return ended{code}
	}
	return nil
}

// interruptedOr is an error, unless the user's signals are what brought it about.
func interruptedOr(i *interrupts, err error) error {
	if !errors.Is(err, context.Canceled) || i.asked() == operation.NoInterrupt {
		return err
	}
	return &failure{code: cluster.Interrupted.ExitCode(), err: errors.New("interrupted; what was begun in ECS goes on")}
}

// look reads one service, which must exist.
func look(ctx context.Context, conn *Connection, scope cluster.ServiceScope) (cluster.Snapshot, cluster.ServiceView, error) {
	snapshot, err := conn.Provider.Observe(ctx, scope.Of())
	if err != nil {
		return snapshot, cluster.ServiceView{}, err
	}
	if view, ok := snapshot.Service(scope.Service); ok {
		return snapshot, view, nil
	}
	if gap, ok := snapshot.Gap(scope.Service, cluster.PartService); ok {
		return snapshot, cluster.ServiceView{}, unreadable(gap)
	}
	where := fmt.Sprintf("account %s, Region %s", conn.Identity.Account, conn.Identity.Region)
	return snapshot, cluster.ServiceView{}, usage(hint("check the cluster's and the service's name, --region and --profile"), "there is no service %s in %s", scope.Service, where)
}

func unreadable(gap cluster.Gap) error {
	f := &failure{code: exitUnexpected, err: fmt.Errorf("reading %s: %w", gap.Service, &gap.Err)}
	if gap.Err.Class == cluster.ClassDenied {
		f.hints = hint("it takes the permission " + gap.Permission)
	}
	if gap.Err.Class == cluster.ClassNotFound {
		f.code, f.hints = cluster.ExitUsage, hint("check the cluster's name, --region and --profile")
	}
	return f
}
