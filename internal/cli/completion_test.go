package cli

import (
	"context"
	"fmt"
	"os"
	"os/exec"
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

func (l *listed) Instances(_ context.Context, inCluster string) ([]cluster.Instance, bool, error) {
	l.calls++
	return []cluster.Instance{{ID: "aaaa", EC2ID: "i-01", Cluster: inCluster}, {ID: "bbbb", EC2ID: "i-02", Cluster: inCluster}}, false, nil
}

func (l *listed) Tasks(context.Context, cluster.ServiceKey) ([]string, bool, error) {
	l.calls++
	return []string{"4c3112", "689ff4"}, false, nil
}

func (l *listed) Families(_ context.Context, prefix string) ([]string, bool, error) {
	l.calls++
	return []string{"api", "api-worker"}, false, nil
}

func (l *listed) Revisions(_ context.Context, family string) ([]string, bool, error) {
	l.calls++
	return []string{family + ":42", family + ":41"}, false, nil
}

func TestNamesInOneLine(t *testing.T) {
	many := strings.Fields(strings.Repeat("s ", 15))
	for _, c := range []struct {
		names []string
		more  bool
		want  string
	}{
		{nil, false, "services: none"},
		{[]string{"api", "web"}, false, "services: api, web"},
		{many, false, "services: s, s, s, s, s, s, s, s, s, s, s, s and 3 more"},
		{many, true, "services: s, s, s, s, s, s, s, s, s, s, s, s and many more"},
	} {
		if got := oneLine("services", c.names, c.more); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
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
		offered, _, _ := strings.Cut("\n"+out.String(), "\n:") // the line after the last one is what the shell is to do
		return strings.Join(strings.Fields(offered), " ")
	}
	for _, c := range []struct{ line, want string }{
		{"restart pr", "prod/ preview/"},
		{"restart prod/", "prod/api prod/web"},
		{"status --cluster prod w", "web"},
		{"web --cluster t", "test"},
		{"restart nowhere/", ""},
		{"restart prod/api ", "prod/ preview/ test/"},
		{"status prod/api ", ""},
		{"plan restart p", "prod/ preview/"},
		{"restart --emulated default/", "default/test"},
		{"restart --progress t", "auto tty plain none"},
		{"recycle prod/api --task 4", "4c3112"},
		{"recycle api --cluster prod --task ", "4c3112 689ff4"},
		{"recycle --task ", ""},
		{"recycle prod/api --on-instance b", "bbbb"},
		{"drain --cluster prod i-0", "i-01 i-02"},
		{"drain --cluster prod i-01 i-0", "i-02"},
		{"drain --cluster prod --skip a", "api"},
		{"update prod/api --task-definition ap", "api api-worker"},
		{"update prod/api --task-definition api:", "api:42 api:41"},
		{"drain --emulated i-", "i-00000000000000001 i-00000000000000002 i-00000000000000003"},
		{"recycle --emulated test --task 4c", "4c311257647c337da90651a0a04167a7"},
		{"rollback --emulated test --to ", "test:1"},
		{"update --emulated test --task-definition t", "test"},
		{"update --emulated test --task-definition test:", "test:1"},
	} {
		if got := complete(c.line); got != c.want {
			t.Errorf("%q is completed by %q, want %q", c.line, got, c.want)
		}
	}
	if directory.calls != 8 || connected != 8 {
		t.Errorf("%d connections and %d calls for clusters, services of prod, and of what is not there; tasks, instances by both names, families and revisions", connected, directory.calls)
	}
	old := time.Now().Add(-2 * time.Minute)
	kept, err := filepath.Glob(filepath.Join(cache, "handover", "names-*.json"))
	if err != nil || len(kept) != 7 {
		t.Fatalf("kept are %v (%v)", kept, err)
	}
	for _, file := range kept {
		if err := os.Chtimes(file, old, old); err != nil {
			t.Fatal(err)
		}
	}
	if complete("restart pr"); directory.calls != 9 {
		t.Error("names of two minutes ago were offered")
	}
}

// inShells is how a line is completed by hand in a shell that a script runs: what its own functions for the script would have done. %s is the line's last word.
func inShells() map[string][]string {
	return map[string][]string{
		"bash": {"--norc", "--noprofile", "-c", `source <(handover completion bash)
compopt() { :; }
_get_comp_words_by_ref() { words=("${COMP_WORDS[@]}") cword=$COMP_CWORD cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}; }
COMP_WORDS=(handover restart --emulated %[1]s) COMP_CWORD=3 COMP_LINE="handover restart --emulated %[1]s" COMP_POINT=${#COMP_LINE} COMP_TYPE=9
__start_handover
printf '%%s\n' "${COMPREPLY[@]}"`},
		"zsh": {"-f", "-c", `autoload -Uz compinit; compinit -D -u
source <(handover completion zsh)
_describe() { print -rl -- $completions }
words=(handover restart --emulated %[1]s) CURRENT=4
_handover`},
		"fish": {"--no-config", "-c", `handover completion fish | source; complete -C "handover restart --emulated %[1]s"`},
	}
}

// TestShellsComplete runs the scripts in the shells that are there.
func TestShellsComplete(t *testing.T) {
	for shell, args := range inShells() {
		path, err := exec.LookPath(shell)
		if err != nil {
			t.Logf("there is no %s here; nothing is claimed of it", shell)
			continue
		}
		for written, want := range map[string]string{"def": "default/", "default/": "default/test", "no": ""} {
			line := fmt.Sprintf(args[len(args)-1], written)
			cmd := exec.Command(path, append(args[:len(args)-1:len(args)-1], line)...)
			cmd.Env = append(os.Environ(), "HOME="+t.TempDir(), "XDG_CACHE_HOME=")
			out, err := cmd.Output()
			if got := strings.TrimSpace(string(out)); err != nil && want != "" || got != want {
				t.Errorf("%s completes %q by %q, want %q (%v)", shell, written, got, want, err)
			}
		}
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
