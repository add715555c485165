package timeline

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// TextOptions say how a Timeline is drawn as text.
type TextOptions struct {
	Width int  // columns in all; at least 48 are used
	ASCII bool // for locales without UTF-8
	Rows  int  // lanes are folded above this many; 24 where it is 0
	// Paint colours a run of equal glyphs of a phase; nil leaves them as they are. Colour never tells anything that the glyph does not.
	Paint func(Phase, string) string
}

const (
	labelWidth = 14
	leastWidth = 48
)

// Glyph is how a phase is drawn in a lane.
func Glyph(p Phase, ascii bool) string {
	glyphs := []string{"·", "▒", "█", "✖", "░"}
	if ascii {
		glyphs = []string{".", "-", "#", "x", "~"}
	}
	return glyphs[rank(p)]
}

// Text draws a Timeline: an axis, a row for each task, how many tasks and healthy tasks there are, and a legend. No line is longer than the width, and none ends
// in a space.
func Text(t Timeline, o TextOptions) string {
	d := text{TextOptions: o, timeline: t}
	if d.Rows == 0 {
		d.Rows = foldAt
	}
	d.columns = max(o.Width, leastWidth) - labelWidth
	d.column = max(t.Until, Offset(time.Second)) / Offset(d.columns)
	d.axis()
	for _, r := range Rows(t, d.Rows) {
		d.lane(r)
	}
	d.WriteByte('\n')
	d.level("tasks", func(c Count) int { return c.Tasks })
	d.level("healthy", func(c Count) int { return c.Healthy })
	d.words(fmt.Sprintf("tasks: peak %d, ceiling %d", t.Peak(), t.Ceiling), fmt.Sprintf("healthy: lowest %d, floor %d", t.Lowest(), t.Floor))
	d.words(d.legend()...)
	return d.String()
}

// text is a drawing that is being written.
type text struct {
	strings.Builder
	TextOptions
	timeline Timeline
	columns  int
	column   Offset // how much time one column stands for
}

func (d *text) row(label, content string) {
	if utf8.RuneCountInString(label) > labelWidth-1 {
		label = string([]rune(label)[:labelWidth-1])
	}
	line := label + strings.Repeat(" ", labelWidth-utf8.RuneCountInString(label)) + content
	d.WriteString(strings.TrimRight(line, " ") + "\n")
}

// step is the time between two ticks: the shortest round one that leaves ten columns for its label.
func (d *text) step() Offset {
	for _, s := range []time.Duration{time.Second, 5 * time.Second, 10 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 6 * time.Hour} {
		if Offset(s) >= 10*d.column {
			return Offset(s)
		}
	}
	return Offset(24 * time.Hour)
}

func (d *text) axis() {
	labels, line := []rune(strings.Repeat(" ", d.columns)), []rune(strings.Repeat("─", d.columns))
	tick := '┬'
	if d.ASCII {
		line, tick = []rune(strings.Repeat("-", d.columns)), '+'
	}
	for at := Offset(0); at < d.timeline.Until; at += d.step() {
		column := int(at / max(d.column, 1))
		label := []rune(at.String())
		if column+len(label) > d.columns {
			break
		}
		copy(labels[column:], label)
		line[column] = tick
	}
	d.row("", string(labels))
	d.row("", string(line))
}

// lane draws one row: in each column the phase at the middle of its time, and a cross where a new task ended before it was healthy.
func (d *text) lane(r Row) {
	type run struct {
		phase Phase
		n     int
	}
	var runs []run
	for i := range d.columns {
		p, _ := r.At(Offset(i)*d.column + d.column/2)
		if n := len(runs); n > 0 && runs[n-1].phase == p {
			runs[n-1].n++
			continue
		}
		runs = append(runs, run{p, 1})
	}
	var line strings.Builder
	for i, p := range runs {
		failed := r.Failed != "" && i == len(runs)-1 && p.phase == "" && i > 0
		switch {
		case failed:
			line.WriteString(d.paint(Unhealthy, 1) + strings.Repeat(" ", p.n-1))
		case p.phase == "":
			line.WriteString(strings.Repeat(" ", p.n))
		default:
			line.WriteString(d.paint(p.phase, p.n))
		}
	}
	label := label(r, labelWidth-1)
	if d.ASCII {
		label = strings.ReplaceAll(label, "×", "x")
	}
	d.row(label, line.String())
}

func (d *text) paint(p Phase, n int) string {
	glyphs := strings.Repeat(Glyph(p, d.ASCII), n)
	if d.Paint == nil {
		return glyphs
	}
	return d.Paint(p, glyphs)
}

// level draws a count over time in eighths of the highest one there is or may be. Rounded up, so that one task shows: of a ceiling of 9, 6 tasks are 5.3
// eighths and drawn as six, ▆.
func (d *text) level(label string, of func(Count) int) {
	steps := []rune(" ▁▂▃▄▅▆▇█")
	if d.ASCII {
		steps = []rune(" _.,-=+*#")
	}
	top := max(d.timeline.Peak(), d.timeline.Ceiling, 1)
	line := make([]rune, d.columns)
	for i := range line {
		n := of(d.timeline.countAt(Offset(i)*d.column + d.column/2))
		line[i] = steps[(n*8+top-1)/top]
	}
	d.row(label, string(line))
}

// countAt is the count that holds at a time.
func (t Timeline) countAt(at Offset) Count {
	next, _ := slices.BinarySearchFunc(t.Counts, at, func(c Count, at Offset) int {
		if c.At <= at {
			return -1
		}
		return 1
	})
	if next == 0 {
		return Count{}
	}
	return t.Counts[next-1]
}

// words writes texts beside each other, on as many lines as it takes.
func (d *text) words(texts ...string) {
	line, width := "", 0
	for _, w := range texts {
		if n := utf8.RuneCountInString(w); width+n > d.columns && width > 0 {
			d.row("", line)
			line, width = "", 0
		}
		line += w + "   "
		width += utf8.RuneCountInString(w) + 3
	}
	d.row("", line)
}

// legend names the glyphs that are used.
func (d *text) legend() []string {
	var names []string
	for _, p := range Phases() {
		word := string(p)
		if p == Unhealthy && !slices.ContainsFunc(d.timeline.Lanes, Lane.odd) {
			continue
		}
		if p == Unhealthy {
			word = "unhealthy, failed"
		}
		names = append(names, Glyph(p, d.ASCII)+" "+word)
	}
	return names
}
