package cli

import (
	"context"
	"sync/atomic"

	"handover/internal/cluster"
	"handover/internal/operation"
)

// This file rolls a deployment back from the terminal on which it is watched.

// rollsBack tells whether ECS can roll back what the change begins: a deployment of its own.
func (c change) rollsBack() bool {
	return !c.follows && (c.operation == operation.KindRestart || c.operation == operation.KindUpdate)
}

// drive carries the change out, and ends its page with it.
func (c change) drive(ctx context.Context, d *driven, op Watched) (cluster.Verdict, error) {
	verdict, err := c.driveOrUndo(ctx, d, op)
	d.page.close(verdict)
	return verdict, err
}

// driveOrUndo carries the change out. Where the user asks for it meanwhile, it is stopped, all that was changed for the duration is put back, and ECS is asked to roll
// its deployment back. One that was through before it heard of that stands.
func (c change) driveOrUndo(ctx context.Context, d *driven, op Watched) (cluster.Verdict, error) {
	var asked atomic.Bool
	if c.rollsBack() {
		d.back = func() {
			asked.Store(true)
			d.interrupts.add()
		}
	}
	verdict, err := d.drive(ctx, op)
	if err != nil || !asked.Load() || verdict.End != cluster.Interrupted {
		return verdict, err
	}
	d.interrupts.forget()
	d.back, d.read = nil, cluster.Snapshot{}
	undone, err := d.drive(ctx, &operation.Abort{Service: c.service, By: d.conn.Identity.Caller, Timeout: unforeseen})
	return rolledBack(verdict, undone), err
}

// rolledBack is the verdict of an operation that was rolled back because the user asked for it: it has not done what it was begun for.
func rolledBack(stopped, undone cluster.Verdict) cluster.Verdict {
	undone.Figures = stopped.Figures
	if undone.End == cluster.Succeeded {
		undone.End, undone.Cause = cluster.Failed, &cluster.Cause{Code: "rolled-back-as-asked", Certain: true, Text: undone.Summary + ", as was asked"}
		undone.Summary = undone.Cause.Text
	}
	return undone
}
