package cli

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"handover/internal/cluster"
	"handover/internal/operation"
)

// updateOptions are those of update and rollback.
type updateOptions struct {
	onService
	bounds     boundsFlags
	leave      leaveFlag
	record     recordFlag
	alarms     alarmsFlag
	definition string
	images     []string
	to         string
	fast       bool
	unstable   bool
	inProgress bool
	back       bool
}

func newUpdate(f *Factory, g *globals, v verb) *cobra.Command {
	o := &updateOptions{onService: onService{place: placed(f, g), selection: &selection{}}}
	cmd := &cobra.Command{
		Use:   "update SERVICE…",
		Short: "Deploy another task definition, or other images",
		Long: "Deploy another task definition, or other images, and wait until every old task is gone.\n\n" +
			"--image registers a revision that differs in its images alone, and deploys it. Nothing is ever deregistered.\n" +
			"--fast stops the old tasks at once instead of letting ECS replace them batch by batch: connections are cut.",
		Example: "  handover update prod/api --task-definition api:42\n" +
			"  handover update prod/api --image app=123456789012.dkr.ecr.eu-west-1.amazonaws.com/api:1.7\n" +
			"  handover update --cluster prod --uses-image proxy --image proxy=proxy:2.4 --yes\n" +
			"  handover update prod/api --task-definition api:42 --fast --confirm api",
	}
	cmd.Flags().StringVar(&o.definition, "task-definition", "", "FAMILY, FAMILY:REVISION or ARN")
	cmd.Flags().StringArrayVar(&o.images, "image", nil, "CONTAINER=IMAGE; may be given more than once")
	return o.command(cmd, v)
}

func newRollback(f *Factory, g *globals, v verb) *cobra.Command {
	o := &updateOptions{onService: onService{place: placed(f, g), selection: &selection{}}, back: true}
	cmd := &cobra.Command{
		Use:   "rollback SERVICE…",
		Short: "Go back to what was deployed before and successful",
		Long: "Go back to what was deployed before and successful, as ECS remembers it for 90 days, with the images that ran then.\n\n" +
			"A rollout that is in flight is stopped, and ECS rolls it back. Nothing is ever deregistered.",
		Example: "  handover rollback prod/api\n" +
			"  handover rollback prod/api --to 41\n" +
			"  handover rollback --cluster prod --tag release=1.7 --yes\n" +
			"  handover rollback prod/api --fast --confirm api",
	}
	cmd.Flags().StringVar(&o.to, "to", "", "REVISION, FAMILY:REVISION or ARN to go to")
	return o.command(cmd, v)
}

func (o *updateOptions) command(cmd *cobra.Command, v verb) *cobra.Command {
	name := strings.Fields(cmd.Use)[0]
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return o.act(cmd, v, args, o.complete, func(key cluster.ServiceKey) change {
			one := *o
			one.service = key
			return one.asked(name, cmd)
		})
	}
	cmd.Flags().BoolVar(&o.fast, "fast", false, "stop every old task at once; connections are cut")
	cmd.Flags().BoolVar(&o.unstable, "allow-unstable", false, "do it although the service is not steady")
	cmd.Flags().BoolVar(&o.inProgress, "allow-in-progress", false, "do it although another deployment is under way")
	o.flags(cmd, "stop waiting after this long; ECS goes on (default: twice what 99 of 100 simulated runs take, 10m at least)")
	o.waitsOnFlag(cmd)
	o.leave.flags(cmd)
	o.record.flags(cmd)
	o.alarms.flags(cmd)
	o.bounds.flags(cmd)
	v.flags(cmd.Flags())
	return cmd
}

func (o *updateOptions) complete(cmd *cobra.Command, args []string) error {
	if !o.back && o.definition == "" && len(o.images) == 0 {
		return usage(hint("--task-definition FAMILY:REVISION, or --image CONTAINER=IMAGE"), "update needs to know what to deploy")
	}
	for _, image := range o.images {
		if container, name, found := strings.Cut(image, "="); !found || container == "" || name == "" {
			return usage(nil, "--image: %q is not of the form CONTAINER=IMAGE", image)
		}
	}
	for _, named := range [][2]string{{"--task-definition", o.definition}, {"--to", o.to}} {
		if err := checkDefinition(named[0], named[1]); err != nil {
			return err
		}
	}
	if err := o.leave.check(cmd, o.fast); err != nil {
		return err
	}
	if err := o.record.check(); err != nil {
		return err
	}
	if err := o.alarms.check(); err != nil {
		return err
	}
	if err := o.bounds.check(cmd); err != nil {
		return err
	}
	if err := o.onService.complete(cmd, args); err != nil {
		return err
	}
	return o.forOne(cmd, "task-definition", "to")
}

// checkDefinition refuses what cannot name a task definition: FAMILY, FAMILY:REVISION or an ARN, and with --to a revision alone. Source: API Reference, RegisterTaskDefinition, family.
func checkDefinition(flag, text string) error {
	name := text
	if arn, err := cluster.ParseARN(text); err == nil {
		name = strings.TrimPrefix(arn.Resource, "task-definition/")
	}
	family, revision, numbered := strings.Cut(name, ":")
	n, err := strconv.Atoi(revision)
	if text == "" || cluster.ValidName(family) && (!numbered || err == nil && n > 0) {
		return nil
	}
	return usage(hint("name it FAMILY, FAMILY:REVISION such as api:42, or by its ARN"), "%s: %q is not a task definition", flag, text)
}

func (o *updateOptions) asked(name string, cmd *cobra.Command) change {
	c := o.change(name, cmd, func(b begun) Watched {
		if b.attach != "" {
			return stoppedBy(o.alarms.in(), kept(operation.NewRestart(o.service, operation.RestartOptions{Attach: b.attach, KeepWaiting: o.waitsOn, Pace: b.pace}), claim{}, b.timeout))
		}
		return stoppedBy(o.alarms.in(), kept(operation.NewUpdate(o.service, o.options(name, b)), o.record.of(b.claim), b.timeout))
	})
	c.local, c.tells = o.record.local(), o.goesTo
	c.bounds = func(own cluster.Bounds) cluster.Bounds {
		if asked := o.bounds.of(own); asked != nil {
			return *asked
		}
		return own
	}
	c.rehearse = func(f found, b begun) Watched { return o.rehearsed(name, f, b) }
	if o.fast {
		c.keeps = none
		c.danger = func(s cluster.Service) string { return cuts(o.service, s) }
	}
	return c
}

// goesTo says what the service will run.
func (o *updateOptions) goesTo(f found) []string {
	to, known := goal(f.preview)
	name, from := cluster.Revision(to.Definition), cluster.Revision(f.view.Service.Definition)
	var images []string
	for _, image := range to.Images {
		images = append(images, image.Container+"="+image.Image)
	}
	switch {
	case stops(f.preview):
		primary, _ := f.view.Service.Primary()
		return []string{fmt.Sprintf("ECS is asked to roll back deployment %s of %s, which is in flight", primary.ID, from)}
	case !known:
		return nil
	case len(images) > 0 && o.back:
		return []string{fmt.Sprintf("goes back from %s to %s, by a copy of it with the images that ran then: %s", from, name, strings.Join(images, ", "))}
	case len(images) > 0:
		return []string{fmt.Sprintf("goes from %s to a copy of %s with other images: %s", from, name, strings.Join(images, ", "))}
	case o.back:
		return []string{fmt.Sprintf("goes back from %s to %s", from, name)}
	}
	return []string{fmt.Sprintf("goes from %s to %s", from, name)}
}

// rehearsed goes where the operation was found to go. What a rollback goes to is named, because a world knows no digests of images that do not run any more; one that has ECS itself
// roll a rollout back is simulated as what it is.
func (o *updateOptions) rehearsed(name string, f found, b begun) Watched {
	options := o.options(name, b)
	to, known := goal(f.preview)
	switch {
	case stops(f.preview):
		return kept(operation.NewUpdate(o.service, options), claim{}, b.timeout)
	case !known:
		options.Restart.AllowNewCode, options.Restart.AllowInProgress, options.Restart.AllowUnstable = true, true, true
		return kept(operation.NewRestart(o.service, options.Restart), claim{}, b.timeout)
	}
	options.Back, options.Definition, options.Images = false, to.Definition, to.Images
	return kept(operation.NewUpdate(o.service, options), claim{}, b.timeout)
}

// stops tells whether an operation begins by having ECS roll a rollout back that is in flight.
func stops(p operation.Preview) bool {
	return slices.ContainsFunc(p.Decision.Actions, func(a cluster.Action) bool { _, is := a.(cluster.StopServiceDeployment); return is })
}

func (o *updateOptions) options(name string, b begun) operation.UpdateOptions {
	u := operation.UpdateOptions{Definition: o.definition, Back: o.back, Fast: o.fast, Leave: o.leave.part(), Reason: reason(name, b.claim),
		Restart: operation.RestartOptions{AllowUnstable: o.unstable || b.another, AllowInProgress: o.inProgress || b.another, KeepWaiting: o.waitsOn, Pace: b.pace}}
	if o.back {
		u.Definition = o.to
	}
	u.Restart.MinimumHealthyPercent, u.Restart.MaximumPercent = o.bounds.given()
	for _, image := range o.images {
		container, image, _ := strings.Cut(image, "=")
		u.Images = append(u.Images, cluster.ContainerImage{Container: container, Image: image})
	}
	return u
}
