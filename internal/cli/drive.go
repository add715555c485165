package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"handover/internal/cluster"
	"handover/internal/console"
	"handover/internal/diagnosis"
	"handover/internal/operation"
	"handover/internal/web"
)

// driven is what an operation is run with.
type driven struct {
	conn       *Connection
	interrupts *interrupts
	teller     console.Teller
	narrator   *console.Narrator
	hints      func([]string) []string
	read       cluster.Snapshot                       // what was read before; the operation's first look need not read it again
	lesson     cluster.Scope                          // what has to be read to learn of the run
	whole      cluster.Snapshot                       // the last that has it
	recording  *recording                             // of what happens; nil: none is made
	page       *openPage                              // of the operation; nil: there is none
	back       func()                                 // has it rolled back; nil: that cannot be done
	diagnosis  *diagnosis.Diagnosis                   // of the service, where the operation failed; nil: none was made
	report     string                                 // the file in which the run is kept; empty where it is not
	began      func(deployment string, now time.Time) // is told once which deployment was begun; nil: nobody is
	watch      web.Watch                              // sees each step, too; may be nil
}

// drive runs an operation to its verdict and tells how it goes.
func (d *driven) drive(ctx context.Context, op Watched) (cluster.Verdict, error) {
	ctx, done := d.interrupts.until(ctx, 3)
	defer done()
	audience, watches := d.teller.(console.Audience)
	if watches {
		show := console.Show{Clock: d.conn.Provider.Now, Stop: d.interrupts.add, RollBack: d.back}
		if d.page != nil {
			show.Open = d.page.open
		}
		if d.recording != nil {
			show.Predicted = d.recording.predicted
		}
		defer audience.Attend(show)()
	}
	var told error
	heard := false
	driver := operation.Driver{
		Provider:  interruptible{&primed{Provider: d.conn.Provider, read: d.read}, d.interrupts},
		Interrupt: d.interrupts.asked,
		Watch: func(in operation.Input, decision operation.Decision) {
			if in.Snapshot.Scope.Covers(d.lesson) {
				d.whole = in.Snapshot
			}
			if in.Interrupt == operation.Detach && decision.Verdict == nil && !heard {
				heard = true
				told = errors.Join(told, d.tell(d.narrator.Say(puttingBack, in.Now)))
			}
			d.recording.see(in)
			if d.page != nil {
				d.page.step(in, decision)
			}
			if watches && d.recording != nil {
				audience.Look(d.recording.line)
			}
			if d.watch != nil {
				d.watch(in, decision)
			}
			deployment := op.Progress(in.Now).Figures.Deployment
			if d.began != nil && deployment != "" {
				d.began(deployment, in.Now)
				d.began = nil
			}
			told = errors.Join(told, d.tell(d.narrator.Step(in, decision, deployment)...))
		},
	}
	ending, err := driver.Run(ctx, op)
	if err != nil {
		return cluster.Verdict{}, interruptedOr(d.interrupts, err)
	}
	return *ending.Verdict, told
}

const puttingBack = "interrupted: putting back what was changed for the duration; once more leaves at once"

func (d *driven) tell(documents ...console.Document) error { return tell(d.teller, documents...) }

func tell(teller console.Teller, documents ...console.Document) error {
	for _, document := range documents {
		if err := teller.Tell(document); err != nil {
			return fmt.Errorf("writing the output: %w", err)
		}
	}
	return nil
}

// end tells the verdict, and ends with its exit code.
func (d *driven) end(verdict cluster.Verdict) error {
	verdict.Hints = d.hints(verdict.Hints)
	document := d.narrator.End(verdict, d.conn.Provider.Now())
	document.Report, document.Diagnosis = d.report, d.diagnosis
	if err := d.tell(document); err != nil {
		return err
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
	view, err := shown(ctx, snapshot, scope.Service, conn)
	return snapshot, view, err
}

// shown finds a service in what was read, which must exist.
func shown(ctx context.Context, snapshot cluster.Snapshot, key cluster.ServiceKey, conn *Connection) (cluster.ServiceView, error) {
	if view, ok := snapshot.Service(key); ok {
		return view, nil
	}
	if gap, ok := snapshot.Gap(key, cluster.PartService); ok {
		return cluster.ServiceView{}, unreadable(gap)
	}
	return cluster.ServiceView{}, notThere(ctx, conn, key)
}

// primed is a provider whose first look may have been taken already: what was read to predict an operation is what it begins with, if that is not too long ago.
type primed struct {
	operation.Provider
	read cluster.Snapshot
}

// stillFresh is how old what was read may be. Whoever thinks longer about a question has the service read again.
const stillFresh = 10 * time.Second

func (p *primed) Observe(ctx context.Context, scope cluster.Scope) (cluster.Snapshot, error) {
	read := p.read
	p.read = cluster.Snapshot{}
	if !read.At.IsZero() && p.Now().Sub(read.At) <= stillFresh && read.Scope.Covers(scope) {
		return read, nil
	}
	return p.Provider.Observe(ctx, scope)
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
