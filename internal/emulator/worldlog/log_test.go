package worldlog_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"handover/internal/cluster"
	"handover/internal/emulator/worldlog"
	"handover/internal/world"
	"handover/internal/world/profile"
)

var morning = time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)

const region = "eu-west-1"

func seed(name string) *world.World {
	usual, _ := profile.Named("fargate-2026")
	return world.New(world.Config{Seed: 7, Start: morning, Profile: usual, Place: cluster.ARN{Partition: "aws", Region: name, Account: "123456789012"}})
}

func scene() worldlog.Scene {
	return worldlog.Scene{Name: "empty", Start: morning, Account: "123456789012", Profile: "fargate-2026", Seed: 7, Jitter: "off"}
}

func open(t testing.TB, name string) (*worldlog.Log, worldlog.Past) {
	t.Helper()
	log, err := worldlog.Open(name, scene())
	if err != nil {
		t.Fatal(err)
	}
	past, err := log.Replay(seed)
	if err != nil {
		t.Fatal(err)
	}
	return log, past
}

// act does something to a world and logs it as a server does.
func act(t testing.TB, log *worldlog.Log, w *world.World, at time.Time, a cluster.Action) (ticket uint64) {
	t.Helper()
	answer, err := w.Act(at, a)
	if err != nil {
		t.Fatal(err)
	}
	done := &worldlog.Acts{Region: region, At: at}
	done.Add(a, answer.IDs)
	return log.Append(done)
}

func text(t testing.TB, w *world.World) string {
	t.Helper()
	b, err := json.Marshal(w)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// actions make a cluster with a service, and then deploy and stop.
func actions(n int) []cluster.Action {
	key := cluster.ServiceKey{Cluster: "prod", Service: "api"}
	all := []cluster.Action{
		cluster.CreateCluster{Cluster: "prod"},
		cluster.RegisterTaskDefinition{Family: "api", Containers: []cluster.ContainerDefinition{{Name: "app", Image: `a,"world":b`}}},
		cluster.CreateService{Service: key, Definition: "api", Desired: 3, Launch: cluster.Fargate},
	}
	for i := range n {
		all = append(all, cluster.UpdateService{Service: key, Force: true}, cluster.TagResource{ARN: "arn:x", Tags: []cluster.Tag{{Key: fmt.Sprint("k", i), Value: "v"}}})
	}
	return all
}

// written makes a log of some actions and gives its file, the tickets' number and the world at the end.
func written(t testing.TB, whole bool) (name string, w *world.World) {
	t.Helper()
	name = filepath.Join(t.TempDir(), "world.log")
	log, past := open(t, name)
	if past.Records != 1 || len(past.Regions) != 0 {
		t.Fatalf("a new log has %+v", past)
	}
	w = seed(region)
	var last uint64
	for i, a := range actions(5) {
		last = act(t, log, w, morning.Add(time.Duration(i)*37*time.Second), a)
		if whole && i == 6 {
			log.Append(worldlog.World{Region: region, World: w.Clone()})
		}
	}
	log.Append(worldlog.Shown{At: w.Now(), Until: w.Now().Add(time.Second), Machine: morning})
	if err := log.Wait(last); err != nil {
		t.Fatal(err)
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	return name, w
}

func TestReplayGivesTheSameWorld(t *testing.T) {
	for _, whole := range []bool{false, true} {
		name, w := written(t, whole)
		log, past := open(t, name)
		lived := past.Regions[region]
		if got, want := text(t, lived.World), text(t, w); got != want {
			t.Errorf("whole=%v: got %s, want %s", whole, got, want)
		}
		if want := map[bool]int{false: 13, true: 6}[whole]; lived.Acts != want {
			t.Errorf("whole=%v: %d actions were lived through, want %d", whole, lived.Acts, want)
		}
		if !past.Shown.Until.Equal(w.Now().Add(time.Second)) || !past.Shown.Machine.Equal(morning) || past.Torn != 0 {
			t.Errorf("whole=%v: %+v", whole, past)
		}
		if log.Scene() != scene() {
			t.Errorf("the scene is %+v", log.Scene())
		}
		if err := log.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestEveryTornTail cuts a log at each of its bytes: nothing but the line that was cut may be missing, and the log goes on from there.
func TestEveryTornTail(t *testing.T) {
	name, _ := written(t, true)
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	cut := filepath.Join(t.TempDir(), "cut.log")
	for length := 1; length < len(whole); length += 1 + len(whole)/700 {
		if err := os.WriteFile(cut, whole[:length], 0o644); err != nil {
			t.Fatal(err)
		}
		log, past := open(t, cut)
		lines := bytes.Count(whole[:length], []byte{'\n'})
		torn := length - bytes.LastIndexByte(whole[:length], '\n') - 1
		if past.Records != uint64(max(1, lines)) || past.Torn != int64(torn) {
			t.Fatalf("cut at %d: %d records and %d torn bytes, want %d and %d", length, past.Records, past.Torn, lines, torn)
		}
		if err := log.Wait(log.Append(worldlog.Reset{})); err != nil {
			t.Fatal(err)
		}
		if err := log.Close(); err != nil {
			t.Fatal(err)
		}
		again, after := open(t, cut)
		if after.Records != past.Records+1 || after.Torn != 0 || len(after.Regions) != 0 {
			t.Fatalf("cut at %d and gone on: %+v", length, after)
		}
		if err := again.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestFaults(t *testing.T) {
	name, _ := written(t, false)
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(whole), "\n")
	edit := func(n int, from, to string) string {
		all := append([]string{}, lines...)
		all[n] = strings.Replace(all[n], from, to, 1)
		return strings.Join(all, "")
	}
	for what, c := range map[string]struct {
		text   string
		record int64
		says   string
	}{
		"a changed byte":      {edit(4, "api", "apj"), 4, "changed after it was written"},
		"a missing record":    {strings.Join(append(append([]string{}, lines[:3]...), lines[4:]...), ""), 3, "missing or out of order"},
		"a broken line":       {edit(2, `{"crc"`, `{"cr"`), 2, "does not begin with a checksum"},
		"an empty line":       {edit(5, lines[5], "\n"), 5, "does not begin with a checksum"},
		"the last line":       {edit(14, "machine", "machina"), 14, "changed after it was written"},
		"somebody's file":     {"dear diary\n", 0, "not a log"},
		"somebody's one line": {"dear diary", 0, "not a log"},
		"no scene":            {strings.Join(lines[1:], ""), 0, "its number is 1"},
	} {
		file := filepath.Join(t.TempDir(), "faulty.log")
		if err := os.WriteFile(file, []byte(c.text), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := worldlog.Open(file, scene())
		var fault *worldlog.Error
		if !errors.As(err, &fault) || fault.Record != c.record || fault.File != file || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", what, err)
		}
		if after, _ := os.ReadFile(file); string(after) != c.text {
			t.Errorf("%s: the file was changed", what)
		}
	}
	if _, err := worldlog.Open(filepath.Join(t.TempDir(), "no", "dir"), scene()); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("a folder that is not there: %v", err)
	}
}

// TestAnotherModel replays on a world in which the same actions are refused, or give something else.
func TestAnotherModel(t *testing.T) {
	name, _ := written(t, false)
	for what, c := range map[string]struct {
		seed func(string) *world.World
		says string
	}{
		"refuses": {func(r string) *world.World {
			w := seed(r)
			for _, a := range actions(0) {
				if _, err := w.Act(morning, a); err != nil {
					t.Fatal(err)
				}
			}
			return w
		}, "record 2: RegisterTaskDefinition gave"},
		"gives something else": {func(string) *world.World { return seed("eu-west-2") }, "record 2: RegisterTaskDefinition gave"},
		"is later":             {func(r string) *world.World { w := seed(r); w.AdvanceTo(morning.Add(time.Hour)); return w }, "comes before"},
	} {
		log, err := worldlog.Open(name, scene())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := log.Replay(c.seed); err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", what, err)
		}
		if err := log.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestOneProcessAtATime(t *testing.T) {
	name := filepath.Join(t.TempDir(), "world.log")
	log, _ := open(t, name)
	if _, err := worldlog.Open(name, scene()); err == nil || !strings.Contains(err.Error(), "another emulator has it open") {
		t.Errorf("%v", err)
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	if err := log.Wait(log.Append(worldlog.Reset{})); err == nil {
		t.Error("a closed log took a record")
	}
}

// TestManyAppend: what many append and wait for is all there, in the order of the tickets.
func TestManyAppend(t *testing.T) {
	name := filepath.Join(t.TempDir(), "world.log")
	log, _ := open(t, name)
	var wait sync.WaitGroup
	for range 20 {
		wait.Go(func() {
			for range 20 {
				if err := log.Wait(log.Append(worldlog.Reset{})); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	if _, past := open(t, name); past.Records != 401 {
		t.Errorf("%d records", past.Records)
	}
}
