package cli

import (
	"bufio"
	"fmt"
	"strings"

	"handover/internal/console"
)

type answer int

const (
	no answer = iota
	yes
	interrupted
)

// ask asks a question on a terminal. Anything but y or yes is No; a signal is neither.
func ask(s *console.Streams, i *interrupts, text string) answer {
	if _, err := fmt.Fprint(s.Err, text); err != nil {
		return no
	}
	lines := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(s.In).ReadString('\n') // the end of input is an empty answer
		lines <- line
	}()
	select {
	case line := <-lines:
		switch strings.ToLower(strings.TrimSpace(line)) {
		case "y", "yes":
			return yes
		}
		return no
	case <-i.after(0):
		_, _ = fmt.Fprintln(s.Err)
		return interrupted
	}
}
