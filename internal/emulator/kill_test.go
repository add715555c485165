package emulator_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"handover/internal/emulator"
)

// serveVariable makes this test binary a server: its value is the file of the log; without one it serves what is measured.
const serveVariable = "HANDOVER_TEST_SERVE_LOG"

func TestMain(m *testing.M) {
	file, serve := os.LookupEnv(serveVariable)
	switch {
	case serve && file == "":
		fmt.Fprintln(os.Stderr, serveSettled())
		os.Exit(1)
	case serve:
		fmt.Fprintln(os.Stderr, serveLog(file))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// serveLog serves an emulator with a log until it is killed. The first line on stdout is its address.
func serveLog(file string) error {
	o, err := optionsOf(file)
	if err != nil {
		return err
	}
	const speed = 120
	o.Clock = emulator.NewWall(emulator.ResumeAt(morning, o.Past, false, speed), speed)
	o.WorldEvery = 40
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(listener.Addr())
	return http.Serve(listener, emulator.New(o))
}

// child is a server in a process of its own.
type child struct {
	command *exec.Cmd
	url     string
	once    sync.Once
}

func start(t *testing.T, file string) *child {
	t.Helper()
	c := &child{command: exec.Command(os.Args[0])}
	c.command.Env = append(os.Environ(), serveVariable+"="+file)
	c.command.Stderr = os.Stderr
	out, err := c.command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.kill)
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the server said nothing: %v", err)
	}
	c.url = "http://" + strings.TrimSpace(line)
	return c
}

// kill sends SIGKILL to the one process that was started, and waits for its end.
func (c *child) kill() {
	c.once.Do(func() {
		_ = c.command.Process.Kill()
		_ = c.command.Wait()
	})
}

// answered is what a load was told.
type answered struct {
	mu       sync.Mutex
	clusters []string
	families map[string]int // the highest revision
	deploys  int            // UpdateService calls that were answered
	last     time.Time      // the latest of the world's times in answers
	back     time.Duration  // how far a time was before an earlier one; where several clients are told, answers may overtake each other
}

// load changes things through one client until a call fails, which is when the server was killed.
func (a *answered) load(t *testing.T, c clients, name string, each func()) {
	ctx := t.Context()
	for n := 0; ; n++ {
		id := fmt.Sprint(name, "-", n)
		made, err := c.ecs.CreateCluster(ctx, &ecs.CreateClusterInput{ClusterName: &id})
		if err != nil {
			return
		}
		a.note(func() { a.clusters = append(a.clusters, *made.Cluster.ClusterName) })
		each()
		registered, err := c.ecs.RegisterTaskDefinition(ctx, definition(name))
		if err != nil {
			return
		}
		a.note(func() { a.families[name] = int(registered.TaskDefinition.Revision) })
		each()
		if _, err = c.ecs.UpdateService(ctx, &ecs.UpdateServiceInput{Cluster: aws.String("prod"), Service: aws.String("api"), ForceNewDeployment: true}); err != nil {
			return
		}
		a.note(func() { a.deploys++ })
		each()
	}
}

func (a *answered) note(f func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	f()
}

// timed keeps the latest time of the world that an answer carried.
type timed struct {
	buffered
	told *answered
}

func (d timed) Do(r *http.Request) (*http.Response, error) {
	response, err := d.buffered.Do(r)
	if err == nil {
		at, bad := time.Parse(time.RFC3339Nano, response.Header.Get(emulator.TimeHeader))
		d.told.note(func() {
			switch {
			case bad != nil:
			case at.Before(d.told.last):
				d.told.back = max(d.told.back, d.told.last.Sub(at))
			default:
				d.told.last = at
			}
		})
	}
	return response, err
}

// TestKill kills a server under load with SIGKILL, at another point of its work each time. After each restart everything that was answered must be there, the
// whole state must be what the log alone gives, and no answer may carry a time before one that somebody has seen.
func TestKill(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	file := filepath.Join(t.TempDir(), "world.log")
	told := &answered{families: map[string]int{}}
	luck := rand.New(rand.NewPCG(1, 2))
	for round := range 8 {
		server := start(t, file)
		next := timed{buffered{&http.Client{}}, told}
		if round == 0 {
			prepare(t, clientsOf("eu-west-1", server.url, next))
		}
		calls, killAfter := make(chan struct{}), 5+luck.IntN(200)
		var wait sync.WaitGroup
		for i := range 6 {
			wait.Go(func() {
				told.load(t, clientsOf("eu-west-1", server.url, next), fmt.Sprintf("round%d-client%d", round, i), func() { calls <- struct{}{} })
			})
		}
		go func() {
			wait.Wait()
			close(calls)
		}()
		for n := 0; ; n++ {
			if _, more := <-calls; !more {
				break
			}
			if n == killAfter {
				go server.kill() // while the clients go on: the kill falls into whatever the server is doing
			}
		}
		server.kill()
		survived(t, file, told)
	}
	if len(told.clusters) < 100 || told.deploys < 100 {
		t.Errorf("only %d clusters and %d deployments were answered", len(told.clusters), told.deploys)
	}
}

func prepare(t *testing.T, c clients) {
	must(c.ecs.CreateCluster(t.Context(), &ecs.CreateClusterInput{ClusterName: aws.String("prod")}))
	must(c.ecs.RegisterTaskDefinition(t.Context(), definition("api")))
	must(c.ecs.CreateService(t.Context(), service("api", "", 2, 100, 200)))
}

// survived starts the server again and looks.
func survived(t *testing.T, file string, told *answered) {
	t.Helper()
	left := crashed(t, file)
	server := start(t, file)
	defer server.kill()
	response, err := http.Get(server.url + "/_handover/state?region=eu-west-1")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var text json.RawMessage
	if err := json.NewDecoder(response.Body).Decode(&text); err != nil {
		t.Fatal(err)
	}
	var state struct {
		Now         time.Time
		Clusters    []struct{ Name string }
		Definitions []struct {
			Family   string
			Revision int
		}
		Services []struct{ Deployed int }
	}
	if err := json.Unmarshal(text, &state); err != nil {
		t.Fatal(err)
	}
	there, revisions := map[string]bool{}, map[string]int{}
	for _, c := range state.Clusters {
		there[c.Name] = true
	}
	for _, d := range state.Definitions {
		revisions[d.Family] = max(revisions[d.Family], d.Revision)
	}
	for _, name := range told.clusters {
		if !there[name] {
			t.Errorf("cluster %s was answered and is lost", name)
		}
	}
	for family, revision := range told.families {
		if revisions[family] < revision {
			t.Errorf("%s:%d was answered, and there is %d", family, revision, revisions[family])
		}
	}
	if made := state.Services[0].Deployed - 1; made < told.deploys || made > told.deploys+6*8 { // each of six clients may have lost one answer a round
		t.Errorf("%d deployments were answered, and %d made", told.deploys, made)
	}
	if state.Now.Before(told.last) {
		t.Errorf("time went back from %v to %v", told.last, state.Now)
	}
	sameAsReplay(t, string(text), left, "eu-west-1")
}
