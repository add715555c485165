package cli

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"handover/internal/cluster"
	"handover/internal/operation"
)

type recycleOptions struct {
	onService
	method, batch string
	olderThan     string
	record        recordFlag
	alarms        alarmsFlag
	recycle       operation.RecycleOptions
}

func newRecycle(f *Factory, g *globals, v verb) *cobra.Command {
	o := &recycleOptions{onService: onService{place: placed(f, g), selection: &selection{}}}
	cmd := &cobra.Command{
		Use:   "recycle SERVICE…",
		Short: "Replace tasks one by one, or batch by batch, without a deployment",
		Long: "Replace tasks one by one, or batch by batch, by new ones of the same revision, without a deployment.\n\n" +
			"graceful has ECS itself take a task out, which drains it before its stop signal: healthy tasks never go below the desired count.\n" +
			"It takes a fifth of the tasks at a time; --batch 1 goes one by one.\n" +
			"stop stops a task and waits for its replacement; --surge has so many tasks more run meanwhile.\n" +
			"What is changed for the duration is written on the service as tags, and put back on failure, timeout and Ctrl-C, and after a crash by\n" +
			"'handover resume' or 'handover restore', from any machine.",
		Example: "  handover recycle prod/api\n" +
			"  handover recycle prod/api --older-than 30d --batch 2 --canary\n" +
			"  handover recycle prod/api --method stop --surge 1 --wait 30s --yes\n" +
			"  handover recycle --cluster prod --tag team=shop --older-than 30d --parallel 2 --yes\n" +
			"  handover recycle test --emulated",
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.act(cmd, v, args, o.complete, func(key cluster.ServiceKey) change {
				one := *o
				one.service = key
				return one.asked(cmd)
			})
		},
	}
	flags, r := cmd.Flags(), &o.recycle
	flags.StringVar(&o.method, "method", "", "graceful or stop (default: graceful where it can work)")
	flags.StringVar(&o.batch, "batch", "", "tasks at a time: N, or P% of the desired count (default: with graceful a fifth, as far as deployments may add so many; else 1)")
	flags.IntVar(&r.Surge, "surge", 1, "with --method stop: so many tasks more meanwhile")
	flags.DurationVar(&r.Wait, "wait", 0, "pause between two batches")
	flags.BoolVar(&r.Canary, "canary", false, "replace one task first, and go on when its replacement is healthy")
	flags.BoolVar(&r.DrainFirst, "drain-first", false, "with --method stop: take a task out of its target groups and wait before it is stopped")
	flags.StringVar(&o.olderThan, "older-than", "", "only tasks that are older, such as 12h or 30d")
	flags.IntVar(&r.Select.Limit, "limit", 0, "only so many, the oldest")
	flags.StringArrayVar(&r.Select.Tasks, "task", nil, "only this task: its id, the beginning of it, or its ARN; may be given more than once")
	flags.BoolVar(&r.Select.Unhealthy, "unhealthy", false, "only tasks that run and are not healthy")
	flags.StringVar(&r.Select.Instance, "on-instance", "", "only tasks on this container instance")
	flags.BoolVar(&r.AllowUnstable, "allow-unstable", false, "do it although the service is not steady")
	o.waitsOnFlag(cmd)
	o.record.flags(cmd)
	o.alarms.flags(cmd)
	completeWords(cmd, "method", "graceful", "stop")
	o.flags(cmd, "stop after this long, and put everything back (default: twice what 99 of 100 simulated runs take, 10m at least)")
	v.flags(flags)
	return cmd
}

func (o *recycleOptions) complete(cmd *cobra.Command, args []string) (err error) {
	r := &o.recycle
	r.Method = operation.Method(o.method)
	if err := o.checkMethod(cmd); err != nil {
		return err
	}
	if cmd.Flags().Changed("batch") {
		if r.Batch, r.Percent, err = parseBatch(o.batch); err != nil {
			return err
		}
	}
	if o.olderThan != "" {
		if r.Select.OlderThan, err = parseAge(o.olderThan); err != nil {
			return err
		}
	}
	switch {
	case r.Surge < 0:
		return usage(nil, "--surge %d is not a number of tasks", r.Surge)
	case r.Select.Limit < 0 || cmd.Flags().Changed("limit") && r.Select.Limit == 0:
		return usage(nil, "--limit %d is not a number of tasks", r.Select.Limit)
	case r.Wait < 0:
		return usage(nil, "--wait %s is not a time to wait", r.Wait)
	case slices.Contains(r.Select.Tasks, ""):
		return usage(hint("--task takes a task's id, the beginning of it, or its ARN"), "--task names no task")
	}
	if err := o.record.check(); err != nil {
		return err
	}
	if err := o.alarms.check(); err != nil {
		return err
	}
	if err := o.onService.complete(cmd, args); err != nil {
		return err
	}
	return o.forOne(cmd, "task")
}

func (o *recycleOptions) checkMethod(cmd *cobra.Command) error {
	if err := oneOf("--method", o.method, "", "graceful", "stop"); err != nil {
		return err
	}
	for _, name := range []string{"surge", "drain-first"} {
		if cmd.Flags().Changed(name) && o.recycle.Method != operation.Stop {
			return usage(hint("add --method stop"), "--%s is for --method stop only", name)
		}
	}
	return nil
}

// parseBatch reads N or P%.
func parseBatch(text string) (tasks, percent int, err error) {
	number, isPercent := strings.CutSuffix(text, "%")
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 || isPercent && n > 100 {
		return 0, 0, usage(nil, "--batch: %q is neither a number of tasks nor a percentage such as 20%%", text)
	}
	if isPercent {
		return 0, n, nil
	}
	return n, 0, nil
}

// parseAge reads a duration, in which d stands for 24 hours.
func parseAge(text string) (time.Duration, error) {
	days, rest := 0, text
	if before, after, found := strings.Cut(text, "d"); found {
		n, err := strconv.Atoi(before)
		if err != nil {
			return 0, usage(nil, "--older-than: %q is not an age such as 12h or 30d", text)
		}
		days, rest = n, after
	}
	var d time.Duration
	if rest != "" {
		var err error
		if d, err = time.ParseDuration(rest); err != nil {
			return 0, usage(nil, "--older-than: %q is not an age such as 12h or 30d", text)
		}
	}
	if d += time.Duration(days) * 24 * time.Hour; d <= 0 {
		return 0, usage(nil, "--older-than: %q is not an age such as 12h or 30d", text)
	}
	return d, nil
}

// recycleSeeds are fewer than of a restart: a recycle looks ten times as often.
const recycleSeeds = 100

func (o *recycleOptions) asked(cmd *cobra.Command) change {
	c := o.change("recycle", cmd, func(b begun) Watched {
		options := o.recycle
		options.Reason, options.KeepWaiting = reason("recycle", b.claim), o.waitsOn
		return stoppedBy(o.alarms.in(), kept(operation.NewRecycle(o.service, options), o.record.of(b.claim), b.timeout))
	})
	c.seeds, c.local, c.stopsFirst = recycleSeeds, o.record.local(), "--method stop --surge 0"
	c.keeps = func(s cluster.Service) (floor, ceiling int) {
		options := o.recycle.For(s)
		return options.Floor(s.Desired), options.Ceiling(s.Desired)
	}
	c.checks = o.tasksThere
	c.danger = func(s cluster.Service) string {
		floor, own := o.recycle.For(s).Floor(s.Desired), s.Bounds.Floor(s.Desired)
		if floor >= own {
			return ""
		}
		return fmt.Sprintf("%s may have as few as %d healthy tasks meanwhile, and keeps %d otherwise", o.service, floor, own)
	}
	return c
}

// tasksThere refuses a name that is none of a task: nothing would be done, and called done.
func (o *recycleOptions) tasksThere(view cluster.ServiceView) error {
	for _, name := range o.recycle.Select.Tasks {
		if !slices.ContainsFunc(view.Tasks, func(t cluster.Task) bool { return strings.HasPrefix(t.ID, cluster.TaskID(name)) }) {
			return usage(hint("to list them: handover status "+o.service.String()), "%s has no task %q", o.service, name)
		}
	}
	return nil
}
