package cli

import (
	"cmp"
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
	"handover/internal/console"
	"handover/internal/operation"
	"handover/internal/record"
	"handover/internal/timeline"
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

	widen      []string
	standalone string
}

// choice is how instances are chosen that are not named.
type choice struct {
	group  string // of the Auto Scaling group's instances
	oldest int    // the longest registered ones
	notAMI string // those that were made of another image
}

func (c choice) given() bool { return c != choice{} }

func newDrain(f *Factory, g *globals, run func(context.Context, *drainOptions) error) *cobra.Command {
	o := &drainOptions{factory: f, globals: g}
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
	flags.DurationVar(&o.timeout, "timeout", time.Hour, "give up after this long")
	flags.BoolVar(&o.options.StayDraining, "stay-draining", false, "leave the instances DRAINING also where the drain fails")
	flags.BoolVar(&o.options.Force, "force", false, "drain also where a service blocks for ever")
	flags.BoolVar(&o.cancel, "cancel", false, "make instances that are DRAINING take tasks again")
	flags.BoolVar(&o.yes, "yes", false, "do it without asking; needed where no terminal can be asked")
	flags.StringVar(&o.confirm, "confirm", "", "with --force: the instance's name, or the cluster's where there are several: do it without asking")
	flags.BoolVar(&o.dryRun, "dry-run", false, "say what would become of the tasks, and change nothing")
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
	o.instances = args
	names := hint("name instances by their EC2 id, such as i-0ab1c2d3e4f56789a, or choose them by --oldest or --ami-not")
	switch {
	case len(args) == 0 && !o.choice.given():
		return usage(names, "%s needs an instance", cmd.Name())
	case len(args) > 0 && o.choice.given():
		return usage(names, "instances are either named or chosen")
	case o.choice.oldest < 0:
		return usage(nil, "--oldest %d is not a number of instances", o.choice.oldest)
	case o.choice.group != "" && o.choice.oldest == 0 && o.choice.notAMI == "":
		return usage(names, "--asg says of which group, not which of its instances")
	case o.cancel && o.choice.given():
		return usage(hint("name the instances that take tasks again"), "--cancel chooses no instances")
	case o.timeout <= 0:
		return usage(hint("--timeout takes a duration such as 20m or 1h30m"), "--timeout %s is not a time to wait", o.timeout)
	case o.options.StopAfter < 0:
		return usage(hint("--standalone-after takes a duration such as 30m"), "--standalone-after %s is not a time to wait", o.options.StopAfter)
	case !cluster.ValidName(o.cluster):
		return usage(nil, "%q is not a cluster name: up to 255 letters, digits, hyphens and underscores", o.cluster)
	}
	if err := oneOf("--standalone", o.standalone, "wait", "stop"); err != nil {
		return err
	}
	if o.standalone == "stop" {
		o.options.Standalone = operation.StopStandalone
	}
	if o.options.TemporaryMax, err = maxima(o.widen); err != nil {
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

func drainRun(ctx context.Context, o *drainOptions) error {
	interrupts := listen(ctx, o.factory.Signals)
	setup, done := interrupts.until(ctx, 1) // before the operation begins, the first interrupt ends all
	defer done()
	conn, err := reach(setup, o.factory, o.target, false)
	if err != nil {
		return interruptedOr(interrupts, err)
	}
	defer conn.Close()
	if o.choice.given() {
		if o.instances, err = o.choose(setup, conn); err != nil {
			return interruptedOr(interrupts, err)
		}
	}
	d := driven{conn: conn, interrupts: interrupts, teller: o.globals.teller(o.factory), hints: change{target: o.target}.hints}
	var start console.Start
	about := console.About{Operation: "drain", Service: cluster.ServiceKey{Cluster: o.cluster, Service: o.subject()}, Identity: conn.Identity, Timeout: o.timeout}
	d.narrator, start = console.Narrate(about, cluster.ServiceView{}, conn.Provider.Now())
	if err := d.tell(start); err != nil {
		return err
	}
	c := change{factory: o.factory, operation: about.Operation, service: about.Service, target: o.target}
	verdict, err := o.drain(ctx, setup, &d, c)
	if err != nil {
		return interruptedOr(interrupts, err)
	}
	if d.recording == nil {
		return d.end(verdict)
	}
	return c.conclude(&d, o.pictures, verdict)
}

// subject names the instances in one word.
func (o *drainOptions) subject() string {
	if len(o.instances) == 1 {
		return cluster.TaskID(o.instances[0])
	}
	return fmt.Sprintf("%d-instances", len(o.instances))
}

// drain foresees, asks, and drains.
func (o *drainOptions) drain(ctx, setup context.Context, d *driven, c change) (cluster.Verdict, error) {
	if o.cancel {
		return d.drive(ctx, operation.NewCancelDrain(o.cluster, o.instances))
	}
	foreseen := o.begin(d.conn)
	preview, err := operation.Look(setup, d.conn.Provider, foreseen, cluster.Scope{})
	if err != nil {
		return cluster.Verdict{}, err
	}
	if preview.Verdict != nil {
		return *preview.Verdict, nil
	}
	if o.dryRun || !o.yes && o.target.Scene == nil {
		for _, p := range foreseen.Exodus.Foreseen {
			if err := d.tell(d.narrator.Say(p.String(), d.conn.Provider.Now())); err != nil {
				return cluster.Verdict{}, err
			}
		}
	}
	if o.dryRun {
		return cluster.Verdict{End: cluster.Succeeded, Summary: "nothing was changed; the tasks can move"}, nil
	}
	if verdict, agreed := o.agreed(d); !agreed {
		return verdict, nil
	}
	d.recording = o.recording(d.conn, c, preview.Snapshot)
	d.page = c.pageOf(d)
	verdict, err := d.drive(ctx, o.begin(d.conn))
	d.page.close(verdict)
	return verdict, err
}

// recording begins the record of what the instances carry.
func (o *drainOptions) recording(conn *Connection, c change, found cluster.Snapshot) *recording {
	look := func(s cluster.Snapshot) (cluster.ServiceView, bool) {
		views, read := s.InstancesOf(o.cluster)
		whole := slices.ContainsFunc(s.Scope.Instances, func(scope cluster.InstanceScope) bool { return scope.Tasks == cluster.AllTasks })
		return timeline.Carried(c.service, views), read && whole && len(views) > 0
	}
	view, _ := look(found)
	return &recording{view: view, look: look, recorder: timeline.NewRecorder(timeline.Run{Kind: timeline.Actual, Simulated: conn.Identity.Simulated, Operation: c.operation, Service: c.service,
		Begin: conn.Provider.Now(), Ceiling: view.Service.Desired, Carried: true})}
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
func (o *drainOptions) agreed(d *driven) (verdict cluster.Verdict, agreed bool) {
	streams, name := o.factory.Streams, o.named()
	switch {
	case o.target.Scene != nil, name == "" && o.yes, name != "" && o.confirm == name:
		return cluster.Verdict{}, true
	case !streams.InTTY || !streams.ErrTTY:
		verdict = refused("not-confirmed", "nobody can be asked whether to go on")
		verdict.Hints = []string{"to go on without being asked: --yes", "to see only what would happen: --dry-run"}
		if name != "" {
			verdict.Hints[0] = "a forced drain takes more than --yes: --confirm " + name
		}
		return verdict, false
	case name != "":
		return answered(ask(streams, d.interrupts, fmt.Sprintf("Careful: it is drained even where a service blocks it for ever. To go on, type %s: ", name), true, name))
	}
	return answered(ask(streams, d.interrupts, "Proceed? [y/N] ", false, ""))
}

// begin makes the operation.
func (o *drainOptions) begin(conn *Connection) *operation.Drain {
	var random [8]byte
	_, _ = rand.Read(random[:]) // it never fails
	by := operation.Recorder{ID: record.NewID(conn.Provider.Now(), binary.NativeEndian.Uint64(random[:])), Owner: conn.Identity.Caller}
	return operation.NewDrain(o.cluster, o.instances, o.options, o.timeout, by)
}

// choose finds the instances that are not named.
func (o *drainOptions) choose(ctx context.Context, conn *Connection) ([]string, error) {
	snapshot, err := conn.Provider.Observe(ctx, cluster.InstanceScope{Cluster: o.cluster}.Of())
	if err != nil {
		return nil, err
	}
	views, ok := snapshot.InstancesOf(o.cluster)
	if gap, there := snapshot.Gap(cluster.ServiceKey{Cluster: o.cluster}, cluster.PartInstances); !ok && there {
		return nil, unreadable(gap)
	}
	var hosts []string
	if o.choice.group != "" {
		var found bool
		if hosts, found, err = conn.Group(ctx, o.choice.group); err != nil {
			return nil, fmt.Errorf("reading the Auto Scaling group %s: %w", o.choice.group, err)
		}
		if !found {
			return nil, usage(hint("to list the groups: aws autoscaling describe-auto-scaling-groups"), "there is no Auto Scaling group %s", o.choice.group)
		}
	}
	names := o.choice.among(views, hosts)
	if len(names) == 0 {
		return nil, &failure{code: cluster.Refused.ExitCode(), err: fmt.Errorf("no instance of cluster %s is chosen by these options", o.cluster)}
	}
	return names, nil
}

// among chooses of the instances that can be drained, oldest first.
func (c choice) among(views []cluster.InstanceView, hosts []string) []string {
	var eligible []cluster.Instance
	for _, v := range views {
		i := v.Instance
		ami, known := i.Attribute("ecs.ami-id")
		switch {
		case i.Status != cluster.InstanceActive && i.Status != cluster.InstanceDraining:
		case c.group != "" && !slices.Contains(hosts, i.EC2ID):
		case c.notAMI != "" && (!known || ami == c.notAMI):
		default:
			eligible = append(eligible, i)
		}
	}
	slices.SortFunc(eligible, func(a, b cluster.Instance) int {
		return cmp.Or(a.RegisteredAt.Compare(b.RegisteredAt), cmp.Compare(a.EC2ID, b.EC2ID))
	})
	if c.oldest > 0 {
		eligible = eligible[:min(c.oldest, len(eligible))]
	}
	var names []string
	for _, i := range eligible {
		names = append(names, i.Short())
	}
	return names
}
