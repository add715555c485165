package cli

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"handover/internal/cluster"
	"handover/internal/console"
)

// listed is a directory that counts how often it is asked.
type listed struct{ calls int }

func (l *listed) Clusters(context.Context) ([]string, bool, error) {
	l.calls++
	return []string{"prod", "preview", "test"}, true, nil
}

func (l *listed) Services(_ context.Context, inCluster string) ([]string, bool, error) {
	l.calls++
	if inCluster != "prod" {
		return nil, false, cluster.Errorf(cluster.ClassNotFound, "ClusterNotFoundException", "Cluster not found.")
	}
	return []string{"api", "web"}, false, nil
}

func TestCompletion(t *testing.T) {
	directory, cache := &listed{}, t.TempDir()
	connected := 0
	complete := func(line string) string {
		streams, _, out, _ := console.Test()
		f := &Factory{Streams: streams, Getenv: func(name string) string { return map[string]string{"XDG_CACHE_HOME": cache}[name] },
			Connect: func(context.Context, Target) (*Connection, error) {
				connected++
				return &Connection{Directory: directory, Close: func() {}}, nil
			}}
		if code := Run(f, append([]string{"__complete"}, strings.Split(line, " ")...)); code != 0 {
			t.Errorf("%s ended with %d", line, code)
		}
		offered, _, _ := strings.Cut(out.String(), ":")
		return strings.Join(strings.Fields(offered), " ")
	}
	for _, c := range []struct{ line, want string }{
		{"restart pr", "prod/ preview/"},
		{"restart prod/", "prod/api prod/web"},
		{"status --cluster prod w", "web"},
		{"web --cluster t", "test"},
		{"restart nowhere/", ""},
		{"restart prod/api ", ""},
		{"plan restart p", "prod/ preview/"},
		{"restart --emulated default/", "default/test"},
		{"restart --progress t", "auto tty plain none"},
	} {
		if got := complete(c.line); got != c.want {
			t.Errorf("%q is completed by %q, want %q", c.line, got, c.want)
		}
	}
	if directory.calls != 3 || connected != 3 {
		t.Errorf("%d connections and %d calls for clusters, services of prod, and services of what is not there", connected, directory.calls)
	}
	old := time.Now().Add(-2 * time.Minute)
	kept, err := filepath.Glob(filepath.Join(cache, "handover", "names-*.json"))
	if err != nil || len(kept) != 2 {
		t.Fatalf("kept are %v (%v)", kept, err)
	}
	for _, file := range kept {
		if err := os.Chtimes(file, old, old); err != nil {
			t.Fatal(err)
		}
	}
	if complete("restart pr"); directory.calls != 4 {
		t.Error("names of two minutes ago were offered")
	}
}

func TestEveryShellHasItsCompletion(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		streams, _, out, _ := console.Test()
		if code := Run(&Factory{Streams: streams, Getenv: func(string) string { return "" }}, []string{"completion", shell}); code != 0 || !strings.Contains(out.String(), "handover") {
			t.Errorf("%s: exit code %d, %d bytes", shell, code, out.Len())
		}
	}
}
