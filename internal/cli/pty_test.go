package cli

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"strings"
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
	for _, want := range []string{"restart default/test", "of about", "old   ", "new   ", "healthy", "predicted", "ctrl-c stop watching", "restarted default/test in 8m", "5 tasks replaced"} {
		if !strings.Contains(shown.String(), want) {
			t.Errorf("the terminal did not show %q", want)
		}
	}
	if strings.Contains(shown.String(), "\x1b[?1049h") {
		t.Error("it took the whole screen")
	}
}

// TestStoppedOnATerminal presses ctrl-c, which a terminal in raw mode hands over as a key.
func TestStoppedOnATerminal(t *testing.T) {
	cmd := exec.Command("handover", "restart", "test", "--emulated", "--speed", "60")
	cmd.Env = append(os.Environ(), "TERM=xterm-256color", "LANG=C.UTF-8", "TZ=UTC", "CI=")
	terminal, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 40, Cols: 100})
	if err != nil {
		t.Skipf("this machine gives no pseudo-terminal: %v", err)
	}
	defer func() { _ = terminal.Close() }()
	var shown bytes.Buffer
	pressed := false
	buffer := make([]byte, 4096)
	for {
		n, err := terminal.Read(buffer)
		shown.Write(buffer[:n])
		if !pressed && strings.Contains(shown.String(), "waiting for") {
			pressed = true
			if _, err := terminal.Write([]byte{3}); err != nil {
				t.Error(err)
			}
		}
		if err != nil {
			break
		}
	}
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 130 {
		t.Errorf("it ended with %d:\n%q", code, shown.String())
	}
}
