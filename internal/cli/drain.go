package cli

import (
	"context"
	"crypto/rand"
	_ "embed"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"handover/internal/cluster"
	"handover/internal/operation"
	"handover/internal/record"
)

// drainScene is the scene of a drain on an emulator that is given none.
//
//go:embed scenes/instances.txt
var drainScene string

const drainSceneName = "scenes/instances.txt"

type drainOptions struct {
	factory *Factory
	globals *globals

	cluster   string
	instances []string
	target    Target
	emulation emulation
	choice    choice
	options   operation.DrainOptions
	timeout   time.Duration
	cancel    bool
	yes       bool
	confirm   string // what is drained, by name
	dryRun    bool
	pictures  pictures
	record    recordFlag
	planning  bool // nothing is done; it is only said what would be
	exitCode  bool
	out       string            // planning: the file that the plan is written to
	file      string            // the plan that is carried out
	bound     *planFile         // what it says
	asked     map[string]string // flags that a plan keeps, by name

	widen      []string
	standalone string
}

// newDrain makes the command. What was asked for goes to run instead, where that is not nil.
func newDrain(f *Factory, g *globals, run func(context.Context, *drainOptions) error) *cobra.Command {
	o := &drainOptions{factory: f, globals: g}
	cmd := o.command(run)
	flags := cmd.Flags()
	flags.BoolVar(&o.cancel, "cancel", false, "make instances that are DRAINING take tasks again")
	flags.BoolVar(&o.yes, "yes", false, "do it without asking; needed where no terminal can be asked")
	flags.StringVar(&o.confirm, "confirm", "", "with --force: the instance's name, or the cluster's where there are several: do it without asking")
	flags.BoolVar(&o.dryRun, "dry-run", false, "say what would become of the tasks, and change nothing")
	flags.StringVar(&o.file, "plan", "", "do what this file of 'handover plan drain --out' says, unless the instances or their services have changed since")
	o.record.flags(cmd)
	return cmd
}

// newPlanDrain makes the command that says what a drain would do.
func newPlanDrain(f *Factory, g *globals) *cobra.Command {
	o := &drainOptions{factory: f, globals: g, planning: true, record: recordFlag{where: "tags"}}
	cmd := o.command(nil)
	cmd.Short = "Say what would become of the tasks of container instances that are drained, and how long it takes"
	cmd.Long = cmd.Short + ". Nothing is changed."
	cmd.Example = "  handover plan drain i-0ab1c2d3e4f56789a --cluster prod\n" +
		"  handover plan drain --asg prod-ecs --oldest 2 --cluster prod --html plan.html\n" +
		"  handover plan drain i-0ab1c2d3e4f56789a --cluster prod --out p.json && handover drain --plan p.json\n" +
		"  handover plan drain i-00000000000000001 --emulated"
	cmd.Flags().StringVar(&o.out, "out", "", "write the plan to this file, for --plan")
	cmd.Flags().BoolVar(&o.exitCode, "exit-code", false, "end with exit code 5 where it would be refused or would not finish")
	return cmd
}

func (o *drainOptions) command(run func(context.Context, *drainOptions) error) *cobra.Command {
	f, g := o.factory, o.globals
	cmd := &cobra.Command{
		Use:   "drain INSTANCE…",
		Short: "Let the tasks of container instances move elsewhere, and wait until every one has stopped",
		Long: "Let the tasks of container instances move elsewhere, and wait until every one of them has stopped.\n\n" +
			"First it says, service by service, whether the tasks can move; where one would block the drain for ever, it refuses and names the remedy.\n" +
			"INSTANCE is an EC2 instance's id, or a container instance's id or ARN. Instances that are empty in the end stay DRAINING.\n" +
			"Where that fails, they are made ACTIVE again. Ctrl-C stops watching; run again, the command attaches.",
		Example: "  handover drain i-0ab1c2d3e4f56789a --cluster prod\n" +
			"  handover drain --asg prod-ecs --oldest 2 --cluster prod --temporary-max worker=150\n" +
			"  handover drain i-00000000000000001 --emulated",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.complete(cmd, args); err != nil {
				return err
			}
			if run != nil {
				return run(cmd.Context(), o)
			}
			return drainRun(cmd.Context(), o)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.cluster, "cluster", cluster.DefaultCluster, "the instances' cluster")
	flags.StringVar(&o.choice.group, "asg", "", "instances of this Auto Scaling group; with --oldest or --ami-not")
	flags.IntVar(&o.choice.oldest, "oldest", 0, "so many instances, those first that have been registered longest")
	flags.StringVar(&o.choice.notAMI, "ami-not", "", "every instance that was made of another machine image than this")
	flags.StringArrayVar(&o.options.Skip, "skip", nil, "do not wait for the tasks of this service; once for each")
	flags.StringArrayVar(&o.widen, "temporary-max", nil, "SERVICE=PERCENT: raise the maximum percent of a service, and put it back in the end; once for each")
	flags.StringVar(&o.standalone, "standalone", "wait", "tasks that belong to no service: wait for them, or stop them")
	flags.DurationVar(&o.options.StopAfter, "standalone-after", 30*time.Minute, "with --standalone stop: give them so long to end by themselves")
	flags.DurationVar(&o.timeout, "timeout", 0, "give up after this long (default: twice what 99 of 100 simulated drains take, 10m at least; 1h where that is not known)")
	flags.BoolVar(&o.options.StayDraining, "stay-draining", false, "leave the instances DRAINING also where the drain fails")
	flags.BoolVar(&o.options.Force, "force", false, "drain also where a service blocks for ever")
	completeWords(cmd, "standalone", "wait", "stop")
	o.pictures.flags(flags)
	o.emulation.flags(cmd)
	completeInstances(cmd, lister{factory: f, globals: g, scene: func() (*Scene, error) { return o.scene(cmd) }}, &o.cluster)
	return cmd
}

// scene is that of an emulator of its own: one with instances, where no other is asked for.
func (o *drainOptions) scene(cmd *cobra.Command) (*Scene, error) {
	scene, err := o.emulation.scene(cmd, o.globals.endpointURL, nil)
	if scene != nil && o.emulation.file == "" {
		scene = &Scene{Name: drainSceneName, Text: drainScene, Speed: o.emulation.speed}
	}
	return scene, err
}

// complete checks the command line; nothing is reached before it is sound.
func (o *drainOptions) complete(cmd *cobra.Command, args []string) (err error) {
	o.instances, o.asked = args, optionsOfDrain(cmd.Flags())
	if err := o.bind(cmd); err != nil {
		return err
	}
	names := hint("name instances by their EC2 id, such as i-0ab1c2d3e4f56789a, or choose them by --oldest or --ami-not")
	switch {
	case len(o.instances) == 0 && !o.choice.given():
		return usage(names, "%s needs an instance", cmd.Name())
	case len(args) > 0 && o.choice.given():
		return usage(names, "instances are either named or chosen")
	case o.choice.oldest < 0:
		return usage(nil, "--oldest %d is not a number of instances", o.choice.oldest)
	case o.choice.group != "" && o.choice.oldest == 0 && o.choice.notAMI == "":
		return usage(names, "--asg says of which group, not which of its instances")
	case o.cancel && o.choice.given():
		return usage(hint("name the instances that take tasks again"), "--cancel chooses no instances")
	case cmd.Flags().Changed("timeout") && o.timeout <= 0:
		return usage(hint("--timeout takes a duration such as 20m or 1h30m"), "--timeout %s is not a time to wait", o.timeout)
	case o.options.StopAfter < 0:
		return usage(hint("--standalone-after takes a duration such as 30m"), "--standalone-after %s is not a time to wait", o.options.StopAfter)
	case !cluster.ValidName(o.cluster):
		return usage(nil, "%q is not a cluster name: up to 255 letters, digits, hyphens and underscores", o.cluster)
	}
	if err := oneOf("--standalone", o.standalone, "wait", "stop"); err != nil {
		return err
	}
	if err := o.record.check(); err != nil {
		return err
	}
	if o.standalone == "stop" {
		o.options.Standalone = operation.StopStandalone
	}
	if o.options.TemporaryMax, err = maxima(o.widen); err != nil {
		return err
	}
	if err := o.pictures.check(); err != nil {
		return err
	}
	if o.target, err = o.globals.target(o.factory, cmd.Name(), ""); err != nil {
		return err
	}
	o.target.Scene, err = o.scene(cmd)
	return err
}

// maxima reads SERVICE=PERCENT.
func maxima(texts []string) ([]operation.TemporaryMaximum, error) {
	var all []operation.TemporaryMaximum
	for _, text := range texts {
		service, number, _ := strings.Cut(text, "=")
		percent, err := strconv.Atoi(number)
		if err != nil || percent <= 100 || percent > 2000 || !cluster.ValidName(service) {
			return nil, usage(hint("--temporary-max takes a service and a percentage above 100, such as worker=150"), "--temporary-max %q is not SERVICE=PERCENT", text)
		}
		if slices.ContainsFunc(all, func(t operation.TemporaryMaximum) bool { return t.Service == service }) {
			return nil, usage(nil, "--temporary-max names %s twice", service)
		}
		all = append(all, operation.TemporaryMaximum{Service: service, Percent: percent})
	}
	return all, nil
}

// subject names the instances in one word.
func (o *drainOptions) subject() string {
	if len(o.instances) == 1 {
		return cluster.TaskID(o.instances[0])
	}
	return fmt.Sprintf("%d-instances", len(o.instances))
}

// named is what has to be typed before a drain that leaves tasks no choice; empty where yes is enough.
func (o *drainOptions) named() string {
	switch {
	case !o.options.Force:
		return ""
	case len(o.instances) > 1:
		return o.cluster
	}
	return o.subject()
}

// agreed tells whether the drain may begin.
func (o *drainOptions) agreed(d *driven, x expected) (verdict cluster.Verdict, agreed bool) {
	streams, name := o.factory.Streams, o.named()
	switch {
	case o.target.Scene != nil, name == "" && (o.yes || o.bound != nil), name != "" && o.confirm == name:
		return cluster.Verdict{}, true
	case !streams.InTTY || !streams.ErrTTY:
		verdict = refused("not-confirmed", "nobody can be asked whether to go on")
		verdict.Hints = []string{"to go on without being asked: --yes", "to see only what would happen: --dry-run"}
		if name != "" {
			verdict.Hints[0] = "a forced drain takes more than --yes: --confirm " + name
		}
		return verdict, false
	}
	if err := streams.AskDrain(o.planned(d.conn, x, false)); err != nil {
		return refused("no-answer", "the question could not be asked"), false
	}
	if name != "" {
		return answered(ask(streams, d.interrupts, fmt.Sprintf("Careful: it is drained even where a service blocks it for ever. To go on, type %s: ", name), true, name))
	}
	return answered(ask(streams, d.interrupts, "Proceed? [y/N] ", false, ""))
}

// begin makes the operation.
func (o *drainOptions) begin(conn *Connection, timeout time.Duration) *operation.Drain {
	var random [8]byte
	_, _ = rand.Read(random[:]) // it never fails
	by := operation.Recorder{ID: record.NewID(conn.Provider.Now(), binary.NativeEndian.Uint64(random[:])), Owner: conn.Identity.Caller, Local: o.record.local()}
	options := o.options
	options.Count = true
	return operation.NewDrain(o.cluster, o.instances, options, timeout, by)
}
