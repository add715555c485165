package cli

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"handover/internal/console"
)

// running is an emulator of the real command line.
type running struct {
	signals chan os.Signal
	code    chan int
	text    string // what it said at its start
	url     string
	errs    *bytes.Buffer
}

func run(t *testing.T, args ...string) *running {
	t.Helper()
	r := &running{signals: make(chan os.Signal, 1), code: make(chan int, 1)}
	f := Default(r.signals)
	f.Streams, _, _, r.errs = console.Test()
	reader, writer := io.Pipe()
	f.Streams.Out = writer
	go func() {
		r.code <- Run(f, append([]string{"emulator", "--listen", "127.0.0.1:0", "--speed", "60"}, args...))
		_ = writer.Close()
	}()
	out := bufio.NewReader(reader)
	for !strings.Contains(r.text, "ctrl-c ends it\n") {
		line, err := out.ReadString('\n')
		if r.text += line; err != nil {
			break
		}
	}
	r.url = regexp.MustCompile(`http://127\.0\.0\.1:\d+`).FindString(r.text)
	return r
}

// deploy asks for a new deployment as an SDK would.
func (r *running) deploy(t *testing.T) {
	t.Helper()
	request, err := http.NewRequest(http.MethodPost, r.url, strings.NewReader(`{"cluster":"default","service":"test","forceNewDeployment":true}`))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-amz-json-1.1")
	request.Header.Set("X-Amz-Target", "AmazonEC2ContainerServiceV20141113.UpdateService")
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/ecs/aws4_request, SignedHeaders=host, Signature=none")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("UpdateService: %s", answer.Status)
	}
}

func (r *running) end(t *testing.T) {
	t.Helper()
	r.signals <- os.Interrupt
	if code := <-r.code; code != 0 {
		t.Errorf("the emulator ended with %d: %s", code, r.errs)
	}
}

func command(args ...string) (code int, out, errs string) {
	f := Default(nil)
	streams, _, o, e := console.Test()
	f.Streams = streams
	code = Run(f, args)
	return code, o.String(), e.String()
}

// TestAnEmulatorWithALog: what was done to an emulator is there when it is started again, and so is its time.
func TestAnEmulatorWithALog(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	t.Setenv("AWS_REGION", "us-east-1")
	log := filepath.Join(t.TempDir(), "world.log")
	first := run(t, "--log", log)
	contains(t, first.text, "remembers what is done to it in "+log+"\n", "scene scenes/test.txt")
	first.deploy(t)
	code, out, errs := command("emulator", "advance", "until-steady", "--url", first.url)
	if code != 0 {
		t.Fatalf("advance ended with %d: %s", code, errs)
	}
	contains(t, out, "us-east-1 default/test (service test) has reached a steady state.\n", "no service has anything left to do\n")
	now := regexp.MustCompile(`now (\S+),`).FindStringSubmatch(out)[1]
	first.end(t)

	second := run(t, "--log", log)
	contains(t, second.text, "goes on with "+log+" (")
	if at := regexp.MustCompile(`records\) at (\S+)`).FindStringSubmatch(second.text)[1]; at < now {
		t.Errorf("it was %s and is %s", now, at)
	}
	code, out, errs = command("emulator", "advance", "10m", "--url", second.url, "--output", "json")
	if code != 0 || !strings.HasPrefix(out, `{"from":"`) {
		t.Errorf("advance ended with %d: %s%s", code, out, errs)
	}
	code, out, errs = command("status", "default/test", "--endpoint-url", second.url)
	if code != 0 || !strings.Contains(out, "steady state") {
		t.Errorf("status ended with %d: %s%s", code, out, errs)
	}
	third := run(t, "--log", log) // while the second has it
	if code := <-third.code; code != 2 {
		t.Errorf("a second emulator on one log ended with %d", code)
	}
	contains(t, third.errs.String(), "log "+log+": another emulator has it open\n")
	second.end(t)

	scene := filepath.Join(t.TempDir(), "scene.txt")
	if err := os.WriteFile(scene, []byte("service api desired=2\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	other := run(t, "--log", log, "--scenario", scene)
	if code := <-other.code; code != 2 {
		t.Errorf("another scenario ended with %d", code)
	}
	contains(t, other.errs.String(), "was begun with the scenario scenes/test.txt", "hint: leave --scenario out")
}
