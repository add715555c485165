package cli

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"handover/internal/cluster"
	"handover/internal/console"
)

// onService is what the commands on one service have in common.
type onService struct {
	place
	timeout  time.Duration
	pictures pictures
	watches  bool // it only looks, and leaves a report only where one is asked for
	waitsOn  bool // it does not end early where no new task will get healthy

	selection   *selection      // of a command on several services; nil: it takes one
	sceneBounds *cluster.Bounds // that the seed's scene is to have
}

func (o *onService) flags(cmd *cobra.Command, timeout string) {
	o.place.flags(cmd)
	cmd.Flags().DurationVar(&o.timeout, "timeout", 0, timeout)
	if o.selection != nil {
		o.selection.flags(cmd)
	}
}

// waitsOnFlag is for operations that wait for new tasks, and give up where these will not get healthy.
func (o *onService) waitsOnFlag(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&o.waitsOn, "keep-waiting", false, "go on although several new tasks have failed for one reason, or there is no room for them; --timeout still holds")
}

// complete checks the command line; nothing is reached before it is sound.
func (o *onService) complete(cmd *cobra.Command, args []string) error {
	region, err := o.chosen(cmd, args)
	if err != nil {
		return err
	}
	if cmd.Flags().Changed("timeout") && o.timeout <= 0 {
		return usage(hint("--timeout takes a duration such as 20m or 1h30m"), "--timeout %s is not a time to wait", o.timeout)
	}
	err = o.aim(cmd, region, o.sceneBounds)
	if o.target.Scene != nil && o.emulation.file == "" && o.selection != nil && o.selection.several() {
		o.target.Scene = &Scene{Name: severalSceneName, Text: severalScene, Speed: o.emulation.speed}
	}
	return err
}

// chosen reads which service it is about, or which several.
func (o *onService) chosen(cmd *cobra.Command, args []string) (region string, err error) {
	if o.selection == nil {
		o.service, region, err = service(cmd, args, o.inCluster)
		return region, err
	}
	o.selection.inCluster = o.inCluster
	if err := o.selection.complete(cmd, args); err != nil {
		return "", err
	}
	if !o.selection.several() {
		o.service = o.selection.named[0]
	}
	return o.selection.region, nil
}

// forOne refuses flags that say something of one service alone, where there are several.
func (o *onService) forOne(cmd *cobra.Command, flags ...string) error {
	for _, name := range flags {
		if o.selection.several() && cmd.Flags().Changed(name) {
			return usage(hint("run the command for each service, or leave --"+name+" out"), "--%s is for one service", name)
		}
	}
	return nil
}

// change is a change of the service, which begin makes.
func (o *onService) change(name string, cmd *cobra.Command, begin func(begun) Watched) change {
	return change{factory: o.factory, globals: o.globals, operation: name, service: o.service, target: o.target, timeout: o.timeout, options: optionsOf(cmd.Flags()), begin: begin}
}

// follow runs an operation that begins nothing: no forecast, no question. make is given the service as it was found.
func (o *onService) follow(ctx context.Context, name string, make func(*Connection, cluster.ServiceView) (Watched, error)) error {
	interrupts := listen(ctx, o.factory.Signals)
	setup, done := interrupts.until(ctx, 1)
	defer done()
	conn, err := reach(setup, o.factory, o.target, false)
	if err != nil {
		return interruptedOr(interrupts, err)
	}
	defer conn.Close()
	snapshot, view, err := look(setup, conn, cluster.ServiceScope{Service: o.service, Tasks: cluster.AllTasks, Targets: true})
	if err != nil {
		return interruptedOr(interrupts, err)
	}
	op, err := make(conn, view)
	if err != nil {
		return err
	}
	c := change{factory: o.factory, operation: name, service: o.service, target: o.target, watches: o.watches}
	narrator, start := console.Narrate(console.About{Operation: name, Service: o.service, Identity: conn.Identity, Timeout: o.timeout}, view, conn.Provider.Now())
	d := driven{conn: conn, interrupts: interrupts, teller: o.globals.teller(o.factory), hints: c.hints, narrator: narrator}
	if err := d.tell(start); err != nil {
		return err
	}
	narrator.Begin(conn.Provider.Now())
	d.recording = c.following(conn, snapshot.At, view)
	d.page = c.pageOf(&d)
	verdict, err := d.drive(ctx, op)
	d.page.close(verdict)
	if err != nil {
		return err
	}
	return c.conclude(&d, o.pictures, d.explain(ctx, c.service, verdict))
}

// reason is what stopped tasks say of why: the operation, and who runs it. Source: API Reference, StopTask.reason: 255 characters at most.
func reason(operation string, by claim) string {
	text := fmt.Sprintf("handover %s by %s", operation, by.Owner)
	return text[:min(len(text), 255)]
}

// recordFlag is where to write down what must be put back.
type recordFlag struct{ where string }

func (r *recordFlag) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&r.where, "record", "tags", "where to write down what must be put back: tags (of the service), or journal (on this machine, from which alone it can then be resumed or restored)")
	completeWords(cmd, "record", "tags", "journal")
}

func (r *recordFlag) check() error { return oneOf("--record", r.where, "tags", "journal") }

// local tells whether it is this machine.
func (r *recordFlag) local() bool { return r.where == "journal" }

// of is a claim that is written where it was asked for.
func (r *recordFlag) of(by claim) claim {
	by.Local = r.local()
	return by
}

// alarmsFlag are the CloudWatch alarms that end an operation.
type alarmsFlag struct{ names []string }

func (a *alarmsFlag) flags(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&a.names, "stop-on-alarm", nil, "end it as failed, and undo it, when this CloudWatch alarm is in ALARM; may be given more than once")
}

func (a *alarmsFlag) check() error {
	for _, name := range a.names {
		if name == "" || len(name) > 255 {
			return usage(nil, "--stop-on-alarm: %q is not the name of an alarm", name)
		}
	}
	return nil
}

// in are the names in order, each once.
func (a *alarmsFlag) in() []string { return slices.Compact(slices.Sorted(slices.Values(a.names))) }

// leaveFlag is how much of AWS's rate of StopTask is left to others.
type leaveFlag struct{ percent int }

func (l *leaveFlag) flags(cmd *cobra.Command) {
	cmd.Flags().IntVar(&l.percent, "leave", 20, "with --fast: percent of the account's rate of StopTask to leave to its other callers")
}

func (l *leaveFlag) check(cmd *cobra.Command, fast bool) error {
	switch {
	case cmd.Flags().Changed("leave") && !fast:
		return usage(hint("add --fast"), "--leave is for --fast only")
	case l.percent < 0 || l.percent > 95:
		return usage(nil, "--leave %d is not a percentage from 0 to 95", l.percent)
	}
	return nil
}

func (l *leaveFlag) part() float64 { return float64(l.percent) / 100 }

// cuts says what stopping tasks at once does to those who are connected.
func cuts(key cluster.ServiceKey, s cluster.Service) string {
	return fmt.Sprintf("all %d tasks of %s are stopped at once: connections are cut, and targets show draining whose tasks are gone already", s.Running+s.Pending, key)
}

// none are the limits of what stops every task at once.
func none(s cluster.Service) (floor, ceiling int) { return 0, 2 * s.Desired }
