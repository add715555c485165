package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"handover/internal/cluster"
	"handover/internal/operation"
	"handover/internal/record"
)

// This file has the commands on what an operation has begun: abort, resume, restore. Each says what it would do of the record that it finds, and what it comes to.

func newAbort(f *Factory, g *globals, v verb) *cobra.Command {
	o := &onService{place: placed(f, g)}
	cmd := &cobra.Command{
		Use:   "abort SERVICE",
		Short: "Have what is under way on a service stop, and put everything back",
		Long: "Have what is under way on a service stop, and put everything back.\n\n" +
			"An operation of Handover is asked to, wherever it runs; one that nobody is at any more is undone from here.\n" +
			"Where there is none, a rollout that is in flight is rolled back by ECS.",
		Example: "  handover abort prod/api\n" +
			"  handover abort prod/api --dry-run\n" +
			"  handover abort api --cluster prod --yes --output json",
		RunE: o.ending(v, o.abort),
	}
	o.flags(cmd, "stop waiting after this long; what was asked to stop still may (default: twice what 99 of 100 simulated runs take, 10m at least)")
	v.flags(cmd.Flags())
	return cmd
}

// ending runs a change that is made of what an earlier operation has left or begun.
func (o *onService) ending(v verb, of func(*cobra.Command) change) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		if err := v.complete(cmd.Flags()); err != nil {
			return err
		}
		if err := o.complete(cmd, args); err != nil {
			return err
		}
		return v.run(cmd.Context(), of(cmd))
	}
}

func (o *onService) abort(cmd *cobra.Command) change {
	begin := func(b begun) Watched {
		return &operation.Abort{Service: o.service, By: b.claim.Owner, Timeout: b.timeout}
	}
	c := o.change("abort", cmd, begin)
	c.keeps, c.tells = whileUndone, aborts
	c.rehearse = func(f found, b begun) Watched {
		if _, held := left(f.view.Service).Foremost(f.preview.Snapshot.At); held { // in a world there is nobody who could be asked to
			return &operation.Restore{Service: o.service, Force: true}
		}
		return begin(b)
	}
	return c
}

// aborts says what an abort does to what it has found.
func aborts(f found) []string {
	there := left(f.view.Service)
	claim, held := there.Foremost(f.preview.Snapshot.At)
	primary, _ := f.view.Service.Primary()
	switch {
	case held && claim.AbortedBy != "":
		return append([]string{fmt.Sprintf("the operation of %s has been asked to stop by %s already, and is waited for", claim.Owner, claim.AbortedBy)}, undoes(there)...)
	case held:
		return append([]string{
			fmt.Sprintf("the operation of %s is asked to stop; it hears of it when it looks at the service next, and undoes then what it changed", claim.Owner),
			fmt.Sprintf("if its process is gone, that is undone from here at %s, when its claim ends; at once by: handover restore %s --force", claim.Lease.UTC().Format(time.TimeOnly), f.view.Service.Key),
		}, undoes(there)...)
	case there.Record == nil && len(there.Claims) == 0:
		return []string{fmt.Sprintf("ECS is asked to roll back deployment %s of %s, which is in flight", primary.ID, cluster.Revision(primary.Definition))}
	}
	return restores(f)
}

func newRestore(f *Factory, g *globals, v verb) *cobra.Command {
	o := &onService{place: placed(f, g), selection: &selection{parallel: parallelUnlessAsked}}
	var force bool
	cmd := &cobra.Command{
		Use:   "restore SERVICE | --stale --cluster CLUSTER",
		Short: "Put back what an operation whose process is no more has changed",
		Long: "Put back what an operation whose process is no more has changed for its duration, from what it wrote on the service, on any machine.\n\n" +
			"--stale looks at every service of a cluster. It can run on a schedule: a suspension of auto scaling, for one, never ends by itself.",
		Example: "  handover restore prod/api\n" +
			"  handover restore --stale --cluster prod --dry-run\n" +
			"  handover restore --stale --cluster prod --yes    # on a schedule",
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if o.selection.stale && len(args) > 0 {
			return usage(hint("leave the service or --stale out"), "--stale is for all services of a cluster")
		}
		return o.act(cmd, v, args, o.complete, func(key cluster.ServiceKey) change {
			one := *o
			one.service = key
			return one.restore(cmd, force)
		})
	}
	cmd.Flags().BoolVar(&o.selection.stale, "stale", false, "every service of the cluster on which something was left")
	cmd.Flags().BoolVar(&force, "force", false, "although somebody is taken to be at it still")
	o.flags(cmd, "not used: it ends by itself")
	v.flags(cmd.Flags())
	_ = cmd.Flags().MarkHidden("timeout")
	return cmd
}

func (o *onService) restore(cmd *cobra.Command, force bool) change {
	c := o.change("restore", cmd, func(begun) Watched { return &operation.Restore{Service: o.service, Force: force} })
	c.keeps, c.tells, c.timeout = whileUndone, restores, operation.PutBackPatience
	return c
}

// restores says what a restore puts back.
func restores(f found) []string {
	there := left(f.view.Service)
	if there.Record == nil {
		return []string{"what is left of a record is removed; it says of nothing that it was changed"}
	}
	return append([]string{fmt.Sprintf("%s, which %s began at %s, is undone", there.Record.Kind, there.Record.Owner, there.Record.Since.UTC().Format(time.RFC3339))}, undoes(there)...)
}

func newResume(f *Factory, g *globals, v verb) *cobra.Command {
	o := &onService{place: placed(f, g)}
	var force bool
	cmd := &cobra.Command{
		Use:   "resume SERVICE",
		Short: "Go on with an operation whose process is no more",
		Long: "Go on with an operation whose process is no more, from what it wrote on the service, on any machine.\n\n" +
			"An operation is taken to be alive for ten minutes after its process has shown itself last; until then --force is needed, and two may be at it.\n" +
			"One that changes nothing for its duration leaves nothing: its deployment goes on by itself, and 'handover watch' follows it.",
		Example: "  handover resume prod/api\n" +
			"  handover resume prod/api --yes --timeout 1h\n" +
			"  handover resume prod/api --force    # although somebody is taken to be at it still",
		RunE: o.ending(v, func(cmd *cobra.Command) change { return o.resume(cmd, force) }),
	}
	cmd.Flags().BoolVar(&force, "force", false, "although somebody is taken to be at it still")
	o.waitsOnFlag(cmd)
	o.flags(cmd, "stop after this long, and put everything back (default: twice what 99 of 100 simulated runs take, 10m at least)")
	v.flags(cmd.Flags())
	return cmd
}

func (o *onService) resume(cmd *cobra.Command, force bool) change {
	c := o.change("resume", cmd, func(b begun) Watched {
		return operation.NewResume(o.service, operation.ResumeOptions{Force: force, KeepWaiting: o.waitsOn, Timeout: b.timeout, Owner: b.claim.Owner, Reason: reason("recycle", b.claim), Pace: b.pace})
	})
	c.seeds, c.tells = recycleSeeds, resumes
	c.keeps = func(s cluster.Service) (floor, ceiling int) {
		if r := left(s).Record; r != nil && r.Kind == operation.KindRecycle {
			if options, err := operation.ParseRecycle(r.Options); err == nil {
				if d := r.Held.Desired; d != nil {
					s.Desired = d.Lowered(s.Desired)
				}
				options = options.For(s)
				return options.Floor(s.Desired), options.Ceiling(s.Desired)
			}
		}
		return whileUndone(s)
	}
	return c
}

// resumes says with what a resume goes on.
func resumes(f found) []string {
	there := left(f.view.Service)
	if there.Record == nil {
		return nil
	}
	what := "its deployment is followed to its end, and what was set for it is put back"
	if there.Record.Kind == operation.KindRecycle {
		what = "the tasks that are left of it are replaced (" + cmp.Or(there.Record.Options, "as by default") + ")"
	}
	return []string{fmt.Sprintf("goes on with %s, which %s began at %s: %s", there.Record.Kind, there.Record.Owner, there.Record.Since.UTC().Format(time.RFC3339), what)}
}

// left is what operations have written on a service. What cannot be read is for the operation to refuse.
func left(s cluster.Service) record.Found {
	found, err := record.Read(s.Tags)
	if err != nil {
		return record.Found{}
	}
	return found
}

// undoes says what is put back, thing by thing.
func undoes(there record.Found) []string {
	if there.Record == nil || there.Record.Held.None() {
		return []string{"nothing stands changed; only the record is removed"}
	}
	return there.Record.Held.Undoing()
}

// whileUndone are the limits while what an operation has changed is put back: of the bounds that stand and those that come back the wider ones, of the count that is left
// and the one that stands.
func whileUndone(s cluster.Service) (floor, ceiling int) {
	bounds, desired := []cluster.Bounds{s.Bounds}, s.Desired
	if r := left(s).Record; r != nil {
		if r.Held.Bounds != nil {
			bounds = append(bounds, r.Held.Bounds.Former)
		}
		if r.Held.Desired != nil {
			desired = r.Held.Desired.Lowered(desired)
		}
	}
	floor = slices.MinFunc(bounds, func(a, b cluster.Bounds) int { return a.MinimumHealthyPercent - b.MinimumHealthyPercent }).Floor(desired)
	ceiling = slices.MaxFunc(bounds, func(a, b cluster.Bounds) int { return a.MaximumPercent - b.MaximumPercent }).Ceiling(s.Desired)
	return floor, ceiling
}

// abandoned tells whether a service has something left on it that nobody is at any more.
func abandoned(s cluster.Service, now time.Time) bool {
	ours := slices.ContainsFunc(s.Tags, func(t cluster.Tag) bool { return strings.HasPrefix(t.Key, record.Prefix) })
	found, err := record.Read(s.Tags)
	_, held := found.Foremost(now)
	return ours && (err != nil || !held)
}
