package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"handover/internal/cluster"
)

const (
	namesStayFor = time.Minute     // names that were listed are offered again for this long
	listPatience = 3 * time.Second // nobody waits longer for a shell to complete a word
)

// completeTarget lets the shell complete the argument SERVICE of a command, and its --cluster. SERVICE is first the clusters, each with a slash, then the services
// of the one that is named; with --cluster its services alone. One call lists a hundred names at most, and they are kept for a minute. Where AWS cannot be
// reached nothing is offered.
func completeTarget(cmd *cobra.Command, f *Factory, g *globals, e *emulation, inCluster *string) {
	cmd.ValidArgsFunction = func(cmd *cobra.Command, args []string, written string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 0 && !strings.HasSuffix(cmd.Use, "…") || cluster.IsARN(written) {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		l := lister{factory: f, globals: g, emulation: e, cmd: cmd}
		named, _, slash := strings.Cut(written, "/")
		switch {
		case *inCluster != "":
			return startingWith(written, "", l.services(*inCluster), ""), cobra.ShellCompDirectiveNoFileComp
		case slash:
			return startingWith(written, named+"/", l.services(named), ""), cobra.ShellCompDirectiveNoFileComp
		}
		return startingWith(written, "", l.clusters(), "/"), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	}
	complete := func(cmd *cobra.Command, _ []string, written string) ([]cobra.Completion, cobra.ShellCompDirective) {
		l := lister{factory: f, globals: g, emulation: e, cmd: cmd}
		return startingWith(written, "", l.clusters(), ""), cobra.ShellCompDirectiveNoFileComp
	}
	if err := cmd.RegisterFlagCompletionFunc("cluster", complete); err != nil {
		panic(err) // the flag does not exist, which the first test finds
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
	factory   *Factory
	globals   *globals
	emulation *emulation
	cmd       *cobra.Command
}

func (l lister) clusters() []string {
	inScene := func(s staged) []string {
		var names []string
		for _, c := range s.world.Clusters() {
			names = append(names, c.Name)
		}
		return names
	}
	return l.names("clusters", inScene, func(ctx context.Context, c *Connection) ([]string, bool, error) { return c.Directory.Clusters(ctx) })
}

func (l lister) services(inCluster string) []string {
	inScene := func(s staged) []string {
		var names []string
		for _, key := range s.world.Services(inCluster) {
			names = append(names, key.Service)
		}
		return names
	}
	return l.names("services of "+inCluster, inScene, func(ctx context.Context, c *Connection) ([]string, bool, error) {
		return c.Directory.Services(ctx, inCluster)
	})
}

// names lists names of a kind: of the scene of an emulator of our own, from what was listed within a minute, or from AWS.
func (l lister) names(kind string, inScene func(staged) []string, inAWS func(context.Context, *Connection) ([]string, bool, error)) []string {
	target, err := l.globals.target(l.factory, "completion", "")
	if err != nil {
		return nil
	}
	if target.Scene, err = l.emulation.scene(l.cmd, target.EndpointURL, nil); err != nil {
		return nil
	}
	if target.Scene != nil {
		played, err := stage(*target.Scene, beginning(time.Time{}))
		if err != nil {
			return nil
		}
		return inScene(played)
	}
	file := l.file(kind, target)
	if kept, ok := recall(file); ok {
		return kept
	}
	ctx, cancel := context.WithTimeout(context.Background(), listPatience)
	defer cancel()
	conn, err := l.factory.Connect(ctx, target)
	if err != nil {
		return nil
	}
	defer conn.Close()
	names, _, err := inAWS(ctx, conn)
	if err != nil {
		return nil
	}
	retain(file, names)
	return names
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
