package cli

import (
	"bufio"
	"bytes"
	"cmp"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"handover/internal/amazon"
	"handover/internal/cluster"
	"handover/internal/emulator"
	"handover/internal/record"
	"handover/internal/scenario"
)

const killedScene = `target-group web drain=60s
service api desired=3 target-group=web
scalable-target api min=1 max=3
`

// killing is an emulator behind a real port, and the real binary that works on it.
type killing struct {
	t      *testing.T
	binary string
	url    string
	key    cluster.ServiceKey
	state  string // the folder of what is remembered; empty: a new one for each command
}

// newKilling serves the scene, and more services in it where more is said.
func newKilling(t *testing.T, more ...string) *killing {
	t.Helper()
	k := &killing{t: t, binary: filepath.Join(t.TempDir(), "handover"), key: cluster.ServiceKey{Cluster: "default", Service: "api"}}
	if text, err := exec.Command("go", "build", "-o", k.binary, "handover/cmd/handover").CombinedOutput(); err != nil {
		t.Fatalf("building: %v\n%s", err, text)
	}
	scene, err := stage(Scene{Name: "scene", Text: killedScene + strings.Join(more, "")}, beginning(scenario.Defaults().Start))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(emulator.New(emulator.Options{Clock: emulator.NewWall(scene.world.Now(), 100), Seed: scene.seed}))
	t.Cleanup(server.Close)
	k.url = server.URL
	return k
}

// command is the binary in a directory of its own, where nothing of another process is.
func (k *killing) command(args ...string) *exec.Cmd {
	c := exec.Command(k.binary, append(args, "--endpoint-url", k.url, "--region", "us-east-1")...)
	if args[0] == "emulator" {
		c = exec.Command(k.binary, append(args, "--url", k.url)...)
	}
	c.Dir = k.t.TempDir()
	c.Env = append(os.Environ(), "HOME="+c.Dir, "AWS_ACCESS_KEY_ID=x", "AWS_SECRET_ACCESS_KEY=y", "AWS_EC2_METADATA_DISABLED=true", "HANDOVER_STATE="+cmp.Or(k.state, c.Dir))
	return c
}

// run gives what a command said and its exit code.
func (k *killing) run(args ...string) (said string, code int) {
	k.t.Helper()
	var all bytes.Buffer
	c := k.command(args...)
	c.Stdout, c.Stderr = &all, &all
	_ = c.Run() // the exit code says all
	return all.String(), c.ProcessState.ExitCode()
}

// killMidway begins a recycle and sends SIGKILL to it once its surge stands.
func (k *killing) killMidway(flags ...string) {
	k.t.Helper()
	c := k.command(append([]string{"recycle", "default/api", "--yes", "--output", "jsonl", "--timeout", "2h"}, flags...)...)
	out, err := c.StdoutPipe()
	if err != nil {
		k.t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		k.t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if strings.Contains(lines.Text(), `"tasks":4`) {
			break
		}
	}
	if err := c.Process.Kill(); err != nil {
		k.t.Fatal(err)
	}
	_ = c.Wait() // it was killed
}

func (k *killing) service() cluster.ServiceView {
	k.t.Helper()
	a, err := amazon.Open(k.t.Context(), amazon.Options{Region: "us-east-1", EndpointURL: k.url, Credentials: amazon.NewStatic("x", "y", "")})
	if err != nil {
		k.t.Fatal(err)
	}
	s, err := a.Provider().Observe(k.t.Context(), cluster.ServiceScope{Service: k.key, Tasks: cluster.RunningTasks, Protection: true, Scaling: true}.Of())
	if err != nil || len(s.Services) != 1 {
		k.t.Fatalf("%+v, %v", s, err)
	}
	return s.Services[0]
}

// asItWas says what is not as it was before.
func (k *killing) asItWas() {
	k.t.Helper()
	v := k.service()
	found, err := record.Read(v.Service.Tags)
	if err != nil || len(found.Claims) > 0 || found.Record != nil {
		k.t.Errorf("the record is left: %+v, %v", found, err)
	}
	if v.Service.Desired != 3 || v.Scaling.Min != 1 || v.Scaling.Max != 3 || v.Scaling.Suspended != (cluster.Suspension{}) {
		k.t.Errorf("desired %d, scaling %+v", v.Service.Desired, v.Scaling)
	}
	for _, task := range v.Tasks {
		if !task.ProtectedUntil.IsZero() {
			k.t.Errorf("task %s is protected until %s", task.ID, task.ProtectedUntil)
		}
	}
}

func TestWhatAKilledProcessLeftIsPutBackFromElsewhere(t *testing.T) {
	k := newKilling(t)
	k.killMidway()
	if v := k.service(); v.Service.Desired != 4 || v.Scaling.Max != 4 || !v.Scaling.Suspended.In {
		t.Fatalf("killed with desired %d, scaling %+v", v.Service.Desired, v.Scaling)
	}
	if said, code := k.run("restore", "default/api"); code != 5 || !strings.Contains(said, "is taken to be alive until") || !strings.Contains(said, "handover abort default/api") {
		t.Errorf("while its lease holds: exit %d, %s", code, said)
	}
	if said, code := k.run("recycle", "default/api", "--yes"); code != 5 {
		t.Errorf("a second one while its lease holds: exit %d, %s", code, said)
	}
	if said, code := k.run("emulator", "advance", "15m"); code != 0 {
		t.Fatalf("exit %d, %s", code, said)
	}
	k.foretold("restore", "default/api")
	k.foretold("restore", "--stale", "--cluster", "default")
	if said, code := k.run("restore", "--stale", "--cluster", "default"); code != 5 || !strings.Contains(said, "--yes") {
		t.Errorf("without consent: exit %d, %s", code, said)
	}
	if said, code := k.run("restore", "--stale", "--cluster", "default", "--yes"); code != 0 || !strings.Contains(said, "put back what recycle of") {
		t.Errorf("exit %d, %s", code, said)
	}
	k.asItWas()
	if said, code := k.run("restore", "default/api"); code != 0 || !strings.Contains(said, "nothing was left") {
		t.Errorf("a second time: exit %d, %s", code, said)
	}
}

func TestAnotherProcessGoesOnWhereOneWasKilled(t *testing.T) {
	k := newKilling(t)
	before := k.service().Tasks
	k.killMidway()
	if said, code := k.run("resume", "default/api"); code != 5 {
		t.Errorf("while its lease holds: exit %d, %s", code, said)
	}
	if said, code := k.run("emulator", "advance", "15m"); code != 0 {
		t.Fatalf("exit %d, %s", code, said)
	}
	if said, code := k.run("resume", "default/api"); code != 5 || !strings.Contains(said, "--yes") {
		t.Errorf("without consent: exit %d, %s", code, said)
	}
	if said, code := k.run("resume", "default/api", "--dry-run"); code != 0 || !strings.Contains(said, "goes on with recycle, which ") || !strings.Contains(said, "simulated runs") {
		t.Errorf("exit %d, %s", code, said)
	}
	if said, code := k.run("resume", "default/api", "--yes"); code != 0 {
		t.Fatalf("exit %d, %s", code, said)
	}
	k.asItWas()
	for _, now := range k.service().Tasks {
		for _, old := range before {
			if now.ID == old.ID {
				t.Errorf("task %s is still there", old.ID)
			}
		}
	}
}

func TestAnAbortHasTheOtherProcessPutEverythingBack(t *testing.T) {
	k := newKilling(t)
	c := k.command("recycle", "default/api", "--yes", "--output", "jsonl", "--timeout", "2h")
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() && !strings.Contains(lines.Text(), `"tasks":4`) {
	}
	said, code := k.run("abort", "default/api", "--yes")
	if code != 0 || !strings.Contains(said, "has stopped and put everything back") {
		t.Errorf("exit %d, %s", code, said)
	}
	last := ""
	for lines.Scan() {
		last = lines.Text()
	}
	if err := c.Wait(); err == nil || c.ProcessState.ExitCode() != 130 || !strings.Contains(last, `"code":"aborted"`) {
		t.Errorf("the aborted one ended with %d: %s", c.ProcessState.ExitCode(), last)
	}
	k.asItWas()
}

// TestCtrlCWithSeveralServicesPutsAllOfThemBack: the process is at two services, is told to stop, and leaves neither changed.
func TestCtrlCWithSeveralServicesPutsAllOfThemBack(t *testing.T) {
	k := newKilling(t, "service cart desired=3 target-group=web\nscalable-target cart min=1 max=3\n")
	c := k.command("recycle", "default/api", "default/cart", "--yes", "--output", "jsonl", "--timeout", "2h")
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	raised, last := map[string]bool{}, ""
	for lines := bufio.NewScanner(out); lines.Scan(); last = lines.Text() {
		for _, name := range []string{"default/api", "default/cart"} {
			raised[name] = raised[name] || strings.Contains(lines.Text(), `"tasks":4`) && strings.Contains(lines.Text(), name)
		}
		if raised["default/api"] && raised["default/cart"] {
			raised = map[string]bool{}
			if err := c.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := c.Wait(); err == nil || c.ProcessState.ExitCode() != 130 {
		t.Errorf("it ended with %d: %s", c.ProcessState.ExitCode(), last)
	}
	for _, name := range []string{"api", "cart"} {
		k.key.Service = name
		k.asItWas()
	}
}

// foretold runs a command that only says what it would put back, and what that comes to.
func (k *killing) foretold(args ...string) {
	k.t.Helper()
	before := k.service()
	said, code := k.run(append(args, "--dry-run")...)
	if code != 0 {
		k.t.Errorf("exit %d, %s", code, said)
	}
	for _, part := range []string{"recycle, which ", "its desired count is lowered by 1", "the maximum of its auto scaling goes back from 4 to 3", "scaling in is resumed", "simulated runs"} {
		if !strings.Contains(said, part) {
			k.t.Errorf("%v --dry-run does not say %q:\n%s", args, part, said)
		}
	}
	if after := k.service(); after.Service.Desired != before.Service.Desired || after.Scaling.Max != before.Scaling.Max || !after.Scaling.Suspended.In {
		k.t.Errorf("%v --dry-run has changed it: desired %d, scaling %+v", args, after.Service.Desired, after.Scaling)
	}
}

// A record that is kept on this machine is gone on from on this machine, and nowhere else.
func TestWhatAKilledProcessWroteDownHereIsPutBackFromHere(t *testing.T) {
	k := newKilling(t)
	k.state = t.TempDir()
	k.killMidway("--record", "journal")
	for _, tag := range k.service().Service.Tags {
		if strings.HasPrefix(tag.Key, record.Prefix) {
			t.Errorf("the service has the tag %s", tag.Key)
		}
	}
	if said, code := k.run("recycle", "default/api", "--yes"); code != 5 || !strings.Contains(said, "has been under way since") {
		t.Errorf("a second one while its lease holds: exit %d, %s", code, said)
	}
	if said, code := k.run("emulator", "advance", "15m"); code != 0 {
		t.Fatalf("exit %d, %s", code, said)
	}
	here := k.state
	k.state = ""
	if said, code := k.run("restore", "default/api"); code != 0 || !strings.Contains(said, "nothing was left") {
		t.Errorf("from elsewhere: exit %d, %s", code, said)
	}
	k.state = here
	if said, code := k.run("restore", "--stale", "--cluster", "default", "--yes"); code != 0 || !strings.Contains(said, "put back what recycle of") {
		t.Errorf("from here: exit %d, %s", code, said)
	}
	k.asItWas()
}
