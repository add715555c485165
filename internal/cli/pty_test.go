package cli

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/creack/pty"
)

// TestOnATerminal runs a restart on a real pseudo-terminal, with a key pressed, to its end.
func TestOnATerminal(t *testing.T) {
	cmd := exec.Command("handover", "restart", "test", "--emulated", "--speed", "300")
	cmd.Env = append(os.Environ(), "TERM=xterm-256color", "LANG=C.UTF-8", "TZ=UTC", "CI=", "NO_COLOR=")
	terminal, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 40, Cols: 100})
	if err != nil {
		t.Skipf("this machine gives no pseudo-terminal: %v", err)
	}
	defer func() { _ = terminal.Close() }()
	if _, err := terminal.Write([]byte("\r")); err != nil {
		t.Error(err)
	}
	var shown bytes.Buffer
	_, _ = io.Copy(&shown, terminal) // it ends with an error once the other side is closed
	if err := cmd.Wait(); err != nil {
		t.Errorf("it ended with %v:\n%q", err, shown.String())
	}
	for _, want := range []string{"restart default/test", "of about", "old   ", "new   ", "healthy", "predicted", "ctrl-c stop watching", "restarted default/test in ", "5 tasks replaced"} {
		if !strings.Contains(shown.String(), want) {
			t.Errorf("the terminal did not show %q", want)
		}
	}
	if strings.Contains(shown.String(), "\x1b[?1049h") {
		t.Error("it took the whole screen")
	}
}

// press is a key that is pressed once something is shown that was not shown when the key before it was.
type press struct{ once, key string }

// atTerminal runs a command on a real pseudo-terminal, which hands over keys as they are pressed, and gives what it showed and its exit code. See is given what is
// shown after each piece of it; it may be nil.
func atTerminal(t *testing.T, presses []press, see func(shown string), args ...string) (shown string, code int) {
	t.Helper()
	cmd := exec.Command("handover", args...)
	cmd.Env = append(os.Environ(), "TERM=xterm-256color", "LANG=C.UTF-8", "TZ=UTC", "CI=", "NO_COLOR=", "DISPLAY=", "WAYLAND_DISPLAY=")
	terminal, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 40, Cols: 110})
	if err != nil {
		t.Skipf("this machine gives no pseudo-terminal: %v", err)
	}
	defer func() { _ = terminal.Close() }()
	var all bytes.Buffer
	buffer, from := make([]byte, 4096), 0
	for err == nil {
		var n int
		n, err = terminal.Read(buffer)
		all.Write(buffer[:n])
		if see != nil {
			see(all.String())
		}
		if len(presses) > 0 && strings.Contains(all.String()[from:], presses[0].once) {
			if _, err := terminal.WriteString(presses[0].key); err != nil {
				t.Error(err)
			}
			from, presses = all.Len(), presses[1:]
		}
	}
	_ = cmd.Wait()
	if len(presses) > 0 {
		t.Errorf("it never showed %q:\n%q", presses[0].once, all.String())
	}
	return all.String(), cmd.ProcessState.ExitCode()
}

func TestStoppedOnATerminal(t *testing.T) {
	for _, key := range []string{"\x03", "d", "q"} {
		if shown, code := atTerminal(t, []press{{"waiting for", key}}, nil, "restart", "test", "--emulated"); code != 130 {
			t.Errorf("%q: it ended with %d:\n%q", key, code, shown)
		}
	}
}

func TestRolledBackOnATerminal(t *testing.T) {
	shown, code := atTerminal(t, []press{{"deployment ecs-svc/", "r"}, {"r once more does it", "r"}}, nil, "restart", "test", "--emulated", "--speed", "300")
	if code != 3 || !strings.Contains(shown, "rolled default/test back to test:1, as was asked") {
		t.Errorf("it ended with %d:\n%q", code, shown)
	}
}

// TestPageOpenedFromATerminal opens the page of a restart while it runs, and reads from it what the restart is doing.
func TestPageOpenedFromATerminal(t *testing.T) {
	var once sync.Once
	page := ""
	shown, code := atTerminal(t, []press{{"waiting for", "w"}}, func(shown string) {
		_, rest, found := strings.Cut(shown, "http://")
		address, _, whole := strings.Cut(rest, "\x1b")
		if address, _, line := strings.Cut(address, "\r"); found && (whole || line) {
			once.Do(func() { page = readPage(t, "http://"+strings.TrimSpace(address)) })
		}
	}, "restart", "test", "--emulated", "--speed", "120")
	if code != 0 {
		t.Errorf("it ended with %d:\n%q", code, shown)
	}
	if !strings.Contains(page, "Restarting default/test") || !strings.Contains(page, "Waiting for") {
		t.Errorf("the page showed %q", page)
	}
}

// readPage enters by an address and gives the first frame of the service that it leads to.
func readPage(t *testing.T, address string) string {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar}
	entered, err := client.Get(address)
	if err != nil {
		t.Error(err)
		return ""
	}
	_ = entered.Body.Close()
	host, _, _ := strings.Cut(strings.TrimPrefix(address, "http://"), "/")
	frames, err := client.Get("http://" + host + "/services/default/test/frames")
	if err != nil {
		t.Error(err)
		return ""
	}
	defer func() { _ = frames.Body.Close() }()
	lines := bufio.NewScanner(frames.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "data: ") {
			return lines.Text()
		}
	}
	return ""
}
