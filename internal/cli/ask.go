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

// ask asks a question on a terminal. Anything but y or yes is No, or anything but the name where that is asked for; a signal is neither.
func ask(s *console.Streams, i *interrupts, text string, byName bool, name string) answer {
	if _, err := fmt.Fprint(s.Err, text); err != nil {
		return no
	}
	lines := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(s.In).ReadString('\n') // the end of input is an empty answer
		lines <- strings.TrimSpace(line)
	}()
	select {
	case line := <-lines:
		word := strings.ToLower(line)
		if byName && line == name || !byName && (word == "y" || word == "yes") {
			return yes
		}
		return no
	case <-i.after(0):
		_, _ = fmt.Fprintln(s.Err)
		return interrupted
	}
}
