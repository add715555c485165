package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"handover/internal/cluster"
	"handover/internal/forecast"
	"handover/internal/web"
)

const (
	namesStayFor = time.Minute     // names that were listed are offered again for this long
	listPatience = 3 * time.Second // nobody waits longer for a shell to complete a word
)

// Directory lists what there is to choose from, a page of it at most.
type Directory interface {
	web.Directory
	Tasks(ctx context.Context, service cluster.ServiceKey) (ids []string, more bool, err error)
	Families(ctx context.Context, prefix string) (names []string, more bool, err error)
	Revisions(ctx context.Context, family string) (names []string, more bool, err error)
}

// completeTarget lets the shell complete the argument SERVICE of a command, and its --cluster. SERVICE is first the clusters, each with a slash, then the services
// of the one that is named; with --cluster its services alone. One call lists a hundred names at most, and they are kept for a minute. Where AWS cannot be
// reached nothing is offered.
func completeTarget(cmd *cobra.Command, f *Factory, g *globals, e *emulation, inCluster *string) {
	l := lister{factory: f, globals: g, scene: e.scened(cmd, g)}
	cmd.ValidArgsFunction = func(cmd *cobra.Command, args []string, written string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 0 && !strings.HasSuffix(cmd.Use, "…") || cluster.IsARN(written) {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		named, _, slash := strings.Cut(written, "/")
		switch {
		case *inCluster != "":
			return startingWith(written, "", l.services(*inCluster), ""), cobra.ShellCompDirectiveNoFileComp
		case slash:
			return startingWith(written, named+"/", l.services(named), ""), cobra.ShellCompDirectiveNoFileComp
		}
		return startingWith(written, "", l.clusters(), "/"), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	}
	completeFlag(cmd, "cluster", func([]string, string) []string { return l.clusters() })
	onService := func(args []string, list func(cluster.ServiceKey) []string) []string {
		if len(args) == 0 {
			return nil
		}
		key, _, err := cluster.ParseService(args[0], *inCluster)
		if err != nil {
			return nil
		}
		return list(key)
	}
	completeFlag(cmd, "task", func(args []string, _ string) []string { return onService(args, l.tasks) })
	completeFlag(cmd, "to", func(args []string, _ string) []string { return onService(args, l.ownRevisions) })
	completeFlag(cmd, "on-instance", func(args []string, _ string) []string {
		return onService(args, func(key cluster.ServiceKey) []string {
			return l.instances(key.Cluster, func(i cluster.Instance) string { return i.ID })
		})
	})
	completeFlag(cmd, "task-definition", func(_ []string, written string) []string {
		if family, _, found := strings.Cut(written, ":"); found {
			return l.revisions(family)
		}
		return l.families(written)
	})
}

// completeInstances lets the shell complete the arguments INSTANCE… of a command, its --cluster, and what names services of that cluster.
func completeInstances(cmd *cobra.Command, l lister, inCluster *string) {
	cmd.ValidArgsFunction = func(_ *cobra.Command, args []string, written string) ([]cobra.Completion, cobra.ShellCompDirective) {
		names := slices.DeleteFunc(l.instances(*inCluster, cluster.Instance.Short), func(name string) bool { return slices.Contains(args, name) })
		return startingWith(written, "", names, ""), cobra.ShellCompDirectiveNoFileComp
	}
	completeFlag(cmd, "cluster", func([]string, string) []string { return l.clusters() })
	completeFlag(cmd, "skip", func([]string, string) []string { return l.services(*inCluster) })
	completeFlag(cmd, "temporary-max", func([]string, string) []string { return l.services(*inCluster) })
}

// completeFlag lets the shell complete a flag by names, where the command has it.
func completeFlag(cmd *cobra.Command, flag string, names func(args []string, written string) []string) {
	if cmd.Flags().Lookup(flag) == nil {
		return
	}
	complete := func(_ *cobra.Command, args []string, written string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return startingWith(written, "", names(args, written), ""), cobra.ShellCompDirectiveNoFileComp
	}
	if err := cmd.RegisterFlagCompletionFunc(flag, complete); err != nil {
		panic(err) // it is registered twice, which the first test finds
	}
}

func startingWith(written, before string, names []string, after string) []cobra.Completion {
	var offered []cobra.Completion
	for _, name := range names {
		if whole := before + name + after; strings.HasPrefix(whole, written) {
			offered = append(offered, whole)
		}
	}
	return offered
}

// lister finds names for completions.
type lister struct {
	factory *Factory
	globals *globals
	scene   func() (*Scene, error) // of an emulator of our own; nil where AWS is asked
}

// scened is the scene that the flags of a command ask for.
func (e *emulation) scened(cmd *cobra.Command, g *globals) func() (*Scene, error) {
	return func() (*Scene, error) { return e.scene(cmd, g.endpointURL, nil) }
}

func (l lister) clusters() []string {
	return l.names("clusters", func(ctx context.Context, c *Connection) ([]string, bool, error) { return c.Directory.Clusters(ctx) })
}

func (l lister) services(inCluster string) []string {
	return l.names("services of "+inCluster, func(ctx context.Context, c *Connection) ([]string, bool, error) {
		return c.Directory.Services(ctx, inCluster)
	})
}

func (l lister) tasks(service cluster.ServiceKey) []string {
	return l.names("tasks of "+service.String(), func(ctx context.Context, c *Connection) ([]string, bool, error) {
		return c.Directory.Tasks(ctx, service)
	})
}

// instances lists container instances by a name of theirs.
func (l lister) instances(inCluster string, by func(cluster.Instance) string) []string {
	var of cluster.Instance
	of.ID, of.EC2ID = "id", "ec2"
	return l.names("instances of "+inCluster+" by "+by(of), func(ctx context.Context, c *Connection) ([]string, bool, error) {
		instances, more, err := c.Directory.Instances(ctx, inCluster)
		var names []string
		for _, i := range instances {
			names = append(names, by(i))
		}
		slices.Sort(names)
		return names, more, err
	})
}

func (l lister) families(prefix string) []string {
	return l.names("families from "+prefix, func(ctx context.Context, c *Connection) ([]string, bool, error) {
		return c.Directory.Families(ctx, prefix)
	})
}

func (l lister) revisions(family string) []string {
	return l.names("revisions of "+family, func(ctx context.Context, c *Connection) ([]string, bool, error) {
		return c.Directory.Revisions(ctx, family)
	})
}

// ownRevisions are those of the family that a service runs.
func (l lister) ownRevisions(service cluster.ServiceKey) []string {
	return l.names("revisions for "+service.String(), func(ctx context.Context, c *Connection) ([]string, bool, error) {
		_, view, err := look(ctx, c, cluster.ServiceScope{Service: service})
		if err != nil {
			return nil, false, err
		}
		family, _, _ := strings.Cut(cluster.Revision(view.Service.Definition), ":")
		return c.Directory.Revisions(ctx, family)
	})
}

// names lists names of a kind: of the scene of an emulator of our own, from what was listed within a minute, or from AWS.
func (l lister) names(kind string, list func(context.Context, *Connection) ([]string, bool, error)) []string {
	ctx, cancel := context.WithTimeout(context.Background(), listPatience)
	defer cancel()
	target, err := l.globals.target(l.factory, "completion", "")
	if err != nil {
		return nil
	}
	if target.Scene, err = l.scene(); err != nil {
		return nil
	}
	if target.Scene != nil {
		return l.inScene(ctx, *target.Scene, list)
	}
	file := l.file(kind, target)
	if kept, ok := recall(file); ok {
		return kept
	}
	conn, err := l.factory.Connect(ctx, target)
	if err != nil {
		return nil
	}
	defer conn.Close()
	names, _, err := list(ctx, conn)
	if err != nil {
		return nil
	}
	retain(file, names)
	return names
}

// inScene lists names of a scene, without an emulator.
func (l lister) inScene(ctx context.Context, s Scene, list func(context.Context, *Connection) ([]string, bool, error)) []string {
	played, err := stage(s, beginning(time.Time{}))
	if err != nil {
		return nil
	}
	names, _, err := list(ctx, &Connection{Directory: played, Provider: forecast.Provider{World: played.world}})
	if err != nil {
		return nil
	}
	return names
}

// A staged scene is a Directory.

func (s staged) Clusters(context.Context) (names []string, more bool, err error) {
	for _, c := range s.world.Clusters() {
		names = append(names, c.Name)
	}
	return names, false, nil
}

func (s staged) Services(_ context.Context, inCluster string) (names []string, more bool, err error) {
	for _, key := range s.world.Services(inCluster) {
		names = append(names, key.Service)
	}
	return names, false, nil
}

func (s staged) Instances(_ context.Context, inCluster string) (instances []cluster.Instance, more bool, err error) {
	return s.world.Instances(inCluster), false, nil
}

func (s staged) Tasks(_ context.Context, service cluster.ServiceKey) (ids []string, more bool, err error) {
	view, _ := s.world.Look(cluster.ServiceScope{Service: service, Tasks: cluster.RunningTasks}.Of()).Service(service)
	for _, t := range view.Tasks {
		ids = append(ids, t.ID)
	}
	return ids, false, nil
}

func (s staged) Families(_ context.Context, prefix string) (names []string, more bool, err error) {
	for _, d := range s.world.Definitions() {
		if d.Active && strings.HasPrefix(d.Family, prefix) {
			names = append(names, d.Family)
		}
	}
	return slices.Compact(names), false, nil
}

func (s staged) Revisions(_ context.Context, family string) (names []string, more bool, err error) {
	for _, d := range slices.Backward(s.world.Definitions()) {
		if d.Active && d.Family == family {
			names = append(names, cluster.Revision(d.ARN))
		}
	}
	return names, false, nil
}

// file is where names of a kind are kept: in $XDG_CACHE_HOME/handover or ~/.cache/handover, one file for each place; empty where neither folder is known.
func (l lister) file(kind string, t Target) string {
	folder := l.factory.Getenv("XDG_CACHE_HOME")
	if home := l.factory.Getenv("HOME"); !filepath.IsAbs(folder) && filepath.IsAbs(home) {
		folder = filepath.Join(home, ".cache")
	}
	if !filepath.IsAbs(folder) {
		return ""
	}
	place := []string{kind, t.Region, t.Profile, t.RoleARN, t.EndpointURL}
	for _, name := range []string{"AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_ENDPOINT_URL"} {
		place = append(place, l.factory.Getenv(name))
	}
	sum := sha256.Sum256([]byte(strings.Join(place, "\x00")))
	return filepath.Join(folder, "handover", "names-"+hex.EncodeToString(sum[:8])+".json")
}

func recall(file string) (names []string, ok bool) {
	about, err := os.Stat(file)
	if err != nil || time.Since(about.ModTime()) > namesStayFor { //nolint:forbidigo // the age of a file, not the provider's time
		return nil, false
	}
	text, err := os.ReadFile(file)
	if err != nil || json.Unmarshal(text, &names) != nil {
		return nil, false
	}
	return names, true
}

// retain keeps names; that it cannot only costs another call.
func retain(file string, names []string) {
	text, err := json.Marshal(names)
	if file == "" || err != nil || os.MkdirAll(filepath.Dir(file), 0o700) != nil {
		return
	}
	_ = os.WriteFile(file, text, 0o600)
}
