package console

import (
	"bytes"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"
)

// Streams is where a command reads and writes, and what is known of the other ends.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer

	InTTY, OutTTY, ErrTTY bool

	Person  bool           // nothing says that a program reads what is shown: CI is not set, and TERM is not dumb
	Unicode bool           // the locale is UTF-8
	Color   bool           // Out may have colour
	Columns int            // of the terminal that results go to; 0: it is none, or not known
	Zone    *time.Location // in which wall times are shown
	Query   *Query         // what is picked out of documents; nil: they are written whole
}

// System is the streams of this process.
func System() *Streams {
	tty := func(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }
	return &Streams{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr,
		InTTY: tty(os.Stdin), OutTTY: tty(os.Stdout), ErrTTY: tty(os.Stderr),
		Person:  os.Getenv("CI") == "" && os.Getenv("TERM") != "dumb" && os.Getenv("TERM") != "",
		Unicode: unicode(os.Getenv), Columns: columns(os.Stdout), Zone: time.Local,
	}
}

// columns are those of a terminal; 0 where the file is none, or does not say.
func columns(f *os.File) int {
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return width
}

// Test is streams for tests: nothing is a terminal, times are in UTC, and what is written can be read.
func Test() (streams *Streams, in, out, errs *bytes.Buffer) {
	in, out, errs = &bytes.Buffer{}, &bytes.Buffer{}, &bytes.Buffer{}
	return &Streams{In: in, Out: out, Err: errs, Unicode: true, Zone: time.UTC}, in, out, errs
}

// unicode tells whether the locale's characters are UTF-8. LC_ALL wins over LC_CTYPE, and that over LANG.
func unicode(getenv func(string) string) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if value := strings.ToLower(getenv(name)); value != "" {
			return strings.Contains(value, "utf-8") || strings.Contains(value, "utf8")
		}
	}
	return false
}

// ColorWanted decides whether results are coloured: the flag wins, then NO_COLOR, then FORCE_COLOR and CLICOLOR_FORCE, then whether it is a terminal.
func ColorWanted(flag string, getenv func(string) string, terminal bool) bool {
	forced := func(name string) bool { value := getenv(name); return value != "" && value != "0" }
	switch {
	case flag == "always":
		return true
	case flag == "never" || getenv("NO_COLOR") != "":
		return false
	case forced("FORCE_COLOR") || forced("CLICOLOR_FORCE"):
		return true
	}
	return terminal && getenv("TERM") != "dumb"
}

// style is how a state looks.
type style struct {
	glyph, ascii string
	color        string
}

const (
	green = "32"
	red   = "31"
	amber = "33"
)

func (s *Streams) mark(look style) string {
	glyph := look.glyph
	if !s.Unicode {
		glyph = look.ascii
	}
	return s.paint(look.color, glyph)
}

func (s *Streams) paint(color, text string) string {
	if !s.Color || color == "" {
		return text
	}
	return "\x1b[" + color + "m" + text + "\x1b[0m"
}

// plainly replaces the few characters beyond ASCII that our own texts have, where the locale has none.
func (s *Streams) plainly(text string) string {
	if s.Unicode {
		return text
	}
	return strings.NewReplacer("·", "-", "…", "...", "−", "-").Replace(text)
}
