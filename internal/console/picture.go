package console

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"handover/internal/timeline"
)

// picture is what is known of an operation that runs, as a terminal shows it.
type picture struct {
	start      Start
	prediction *Prediction // nil where there is none
	waiting    *Waiting
	deployment string
	line       timeline.Timeline
	predicted  *timeline.Timeline
	now        time.Time
	everything bool // every task is listed
	leaving    bool // an interrupt was heard
	asking     bool // whether it is really to be rolled back
	undoing    bool // it is to be rolled back
	page       bool // it can be opened
	rollsBack  bool // it can be rolled back
}

// paper is how a picture is drawn.
type paper struct {
	width   int // columns; no line is longer
	unicode bool
	paint   func(color, text string) string
}

const (
	foldTasks = 24 // ux.md, behaviour 25
	listTasks = 8  // how many tasks are listed unless all are asked for
	narrow    = 80
	legible   = 40 // narrower terminals get lines that are cut off
)

// draw makes the lines of a picture: what is done and how far it has come, old and new tasks, the bounds, what is waited for, and the tasks that do not just run.
func (s picture) draw(p paper) []string {
	lines := []string{s.headline(p)}
	if s.deployment != "" {
		lines = append(lines, "deployment "+s.deployment+"  "+revision(s.start.Definition))
	}
	if len(s.start.Leaving) > 0 {
		lines = append(append(append(lines, ""), s.carried(p)...), "", s.awaited(p))
	} else {
		lines = append(lines, "", s.side(p, true), s.side(p, false), s.bounds(p), "", s.awaited(p), "")
		lines = append(lines, s.tasks(p)...)
	}
	lines = append(lines, "", p.paint(faint, s.keys(p.width)))
	for i, line := range lines {
		lines[i] = p.cut(line)
	}
	return lines
}

const (
	teal  = "36"
	slate = "34"
	faint = "2"
)

// elapsed is how long the operation runs.
func (s picture) elapsed() time.Duration { return max(0, s.now.Sub(s.start.At)) }

// headline is the operation, its time against the prediction, a bar, and whether it keeps to it.
func (s picture) headline(p paper) string {
	text := s.start.Operation + " " + s.start.Service + "   " + Span(s.elapsed())
	if s.prediction == nil || s.prediction.Succeeded == 0 {
		return text
	}
	expected := time.Duration(s.prediction.Expected * float64(time.Second))
	text += " of about " + Span(expected)
	drift := s.drift()
	if len(s.start.Leaving) > 0 {
		drift = s.drained()
	}
	if room := p.width - utf8.RuneCountInString(text) - utf8.RuneCountInString(drift) - 6; p.width >= narrow && room > 10 {
		text += "   " + p.bar(min(room, 30), float64(s.elapsed())/float64(max(expected, 1)))
	}
	return text + "   " + drift
}

func (s picture) drift() string {
	if s.predicted == nil {
		return ""
	}
	late, known := s.line.Drift(*s.predicted)
	switch {
	case !known:
		return ""
	case late > 10*time.Second:
		return "late by " + Span(late)
	case late < -10*time.Second:
		return "ahead by " + Span(-late)
	}
	return fmt.Sprintf("on time (%+.0fs)", late.Seconds())
}

// bar draws a fraction of a width.
func (p paper) bar(width int, part float64) string {
	done, rest, head := "━", "─", "╸"
	if !p.unicode {
		done, rest, head = "=", "-", ">"
	}
	n := min(int(float64(width)*part), width)
	if n == width {
		return p.paint(teal, strings.Repeat(done, n))
	}
	return p.paint(teal, strings.Repeat(done, n)+head) + strings.Repeat(rest, width-n-1)
}

// side are the old tasks or the new ones: a glyph for each, and how many are in which phase.
func (s picture) side(p paper, old bool) string {
	counts := make([]int, len(timeline.Phases()))
	glyphs, failed := []string{}, 0
	for _, l := range s.lanes(old) {
		phase, there := l.Last()
		if l.Failed != "" {
			failed++
		}
		if !there {
			continue
		}
		i := slices.Index(timeline.Phases(), phase)
		counts[i]++
		glyphs = append(glyphs, p.glyph(phase))
	}
	name := "  new   "
	if old {
		name = "  old   "
	}
	var words []string
	for i, phase := range timeline.Phases() {
		if counts[i] > 0 {
			words = append(words, fmt.Sprintf("%d %s", counts[i], phase))
		}
	}
	if failed > 0 {
		words = append(words, p.paint(red, fmt.Sprintf("%d failed", failed)))
	}
	if len(words) == 0 {
		words = []string{"none"}
	}
	most := s.most()
	if most > foldTasks || 2*most+40 > p.width {
		return name + strings.Join(words, p.dot())
	}
	return name + strings.Join(glyphs, " ") + strings.Repeat(" ", 2*(most-len(glyphs))) + "    " + strings.Join(words, p.dot())
}

// most is how many glyphs the longer of both sides has, so that the words begin in one column.
func (s picture) most() int {
	most := 0
	for _, old := range []bool{true, false} {
		n := 0
		for _, l := range s.lanes(old) {
			if _, there := l.Last(); there {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}

func (s picture) lanes(old bool) []timeline.Lane {
	var side []timeline.Lane
	for _, l := range s.line.Lanes {
		if l.Old == old {
			side = append(side, l)
		}
	}
	return side
}

func (p paper) glyph(phase timeline.Phase) string {
	colors := map[timeline.Phase]string{timeline.Pending: faint, timeline.Starting: amber, timeline.Healthy: teal, timeline.Unhealthy: red, timeline.Draining: slate}
	return p.paint(colors[phase], timeline.Glyph(phase, !p.unicode))
}

func (p paper) dot() string {
	if p.unicode {
		return " · "
	}
	return ", "
}

// bounds are the counts against the floor and the ceiling.
func (s picture) bounds(p paper) string {
	last := timeline.Count{}
	if n := len(s.line.Counts); n > 0 {
		last = s.line.Counts[n-1]
	}
	healthy := fmt.Sprintf("healthy %d of %d", last.Healthy, s.start.Desired)
	if last.Healthy < s.start.Floor {
		healthy = p.paint(red, healthy+", below the floor")
	}
	return fmt.Sprintf("  %s%sfloor %d%stasks %d of %d at most", healthy, p.dot(), s.start.Floor, p.dot(), last.Tasks, s.start.Ceiling)
}

// awaited names object, condition, progress and bound of what is waited for.
func (s picture) awaited(p paper) string {
	corner := "  └─ "
	if !p.unicode {
		corner = "  `- "
	}
	if s.undoing {
		return corner + "stopping it, and then ECS is asked to roll back"
	}
	if s.leaving {
		return corner + "putting back what was changed for the duration; ctrl-c leaves at once"
	}
	if s.waiting == nil {
		return corner + "looking"
	}
	w := s.waiting
	text := w.text()
	if since := s.elapsed() - w.elapsed(); since >= time.Second {
		text += ", " + Span(since)
		if w.Bound > 0 {
			text += " of at most " + span(w.Bound)
		}
	}
	return corner + text
}

// entry is a line of the list of tasks: one task, or several that are alike.
type entry struct {
	name, revision, where string
	state                 timeline.Phase
	failed                string
	since                 timeline.Offset
	of                    int
}

// tasks lists what does not just run: first what is wrong, then what changed last. More than most are folded by side, zone and phase.
func (s picture) tasks(p paper) []string {
	entries := s.entries()
	shown, rest := entries, 0
	if !s.everything {
		shown = slices.DeleteFunc(slices.Clone(entries), func(e entry) bool { return e.state == timeline.Healthy && e.failed == "" })
		if len(shown) > listTasks {
			shown = shown[:listTasks]
		}
		rest = tasksOf(entries) - tasksOf(shown)
	}
	if len(entries) == 0 {
		return nil
	}
	lines := []string{}
	if len(shown) > 0 {
		lines = append(lines, p.row("TASK", "REVISION", "WHERE", "STATE", "FOR"))
	}
	for _, e := range shown {
		lines = append(lines, p.row(e.title(p), e.revision, e.where, e.text(p), Span(time.Duration(s.line.Until-e.since))))
	}
	if rest > 0 {
		lines = append(lines, fmt.Sprintf("  %d more; enter shows all", rest))
	}
	return lines
}

// tasksOf is how many tasks entries stand for.
func tasksOf(entries []entry) int {
	n := 0
	for _, e := range entries {
		n += e.of
	}
	return n
}

func (e entry) title(p paper) string {
	switch {
	case e.of == 1:
		return e.name
	case p.unicode:
		return fmt.Sprintf("%d × %s", e.of, e.revision)
	}
	return fmt.Sprintf("%d x %s", e.of, e.revision)
}

func (e entry) text(p paper) string {
	if e.failed != "" {
		return p.glyph(timeline.Unhealthy) + " failed: " + e.failed
	}
	return p.glyph(e.state) + " " + string(e.state)
}

// row sets columns. On narrow terminals they go in this order: where, revision, since when.
func (p paper) row(name, revision, where, state, since string) string {
	columns := []string{pad(name, 10)}
	if p.width >= 68 {
		columns = append(columns, pad(revision, 9))
	}
	if p.width >= narrow {
		columns = append(columns, pad(where, 13))
	}
	columns = append(columns, pad(state, 28))
	if p.width >= 56 {
		columns = append(columns, since)
	}
	return "  " + strings.TrimRight(strings.Join(columns, " "), " ")
}

// pad fills a text up to a width, not counting what is not seen of it.
func pad(text string, width int) string {
	return text + strings.Repeat(" ", max(0, width-visible(text)))
}

// entries are the tasks that are there or have failed, what is wrong first, then the latest change first.
func (s picture) entries() []entry {
	var all []entry
	for _, l := range s.line.Lanes {
		phase, there := l.Last()
		if !there && l.Failed == "" {
			continue
		}
		e := entry{name: l.Name, revision: "new", where: l.Zone, state: phase, failed: l.Failed, of: 1}
		if l.Old {
			e.revision = "old"
		}
		if n := len(l.Spans); n > 0 {
			e.since = l.Spans[n-1].From
		}
		all = append(all, e)
	}
	if len(all) > foldTasks && !s.everything {
		all = fold(all)
	}
	slices.SortStableFunc(all, func(a, b entry) int {
		return cmp.Or(cmp.Compare(badness(a), badness(b)), -cmp.Compare(a.since, b.since))
	})
	return all
}

// badness orders what is wrong before what changes, and that before what runs.
func badness(e entry) int {
	switch {
	case e.failed != "" || e.state == timeline.Unhealthy:
		return 0
	case e.state != timeline.Healthy:
		return 1
	}
	return 2
}

// fold makes one entry of all that are on one side, in one zone and in one phase. What is wrong is never folded.
func fold(entries []entry) []entry {
	type band struct {
		revision, where string
		state           timeline.Phase
	}
	var folded []entry
	place := map[band]int{}
	for _, e := range entries {
		key := band{e.revision, e.where, e.state}
		at, known := place[key]
		switch {
		case badness(e) == 0:
			folded = append(folded, e)
		case known:
			folded[at].of++
			folded[at].since = min(folded[at].since, e.since)
		default:
			place[key] = len(folded)
			folded = append(folded, e)
		}
	}
	return folded
}

// keys says what can be pressed; once a question is asked, nothing else. That the operation goes on is said where there is room.
func (s picture) keys(width int) string {
	if s.asking {
		return "  roll " + s.start.Service + " back?   r once more does it   any other key goes on as it is"
	}
	every := "enter all tasks"
	if s.everything {
		every = "enter fewer tasks"
	}
	keys := []string{"d detach"}
	if s.rollsBack {
		keys = append(keys, "r roll back")
	}
	if s.page {
		keys = append(keys, "w web page")
	}
	if len(s.start.Leaving) == 0 {
		keys = append(keys, every)
	}
	line := "  " + strings.Join(append(keys, "ctrl-c stop watching"), "   ")
	if goesOn := " (the " + s.start.Operation + " goes on)"; len(line)+len(goesOn) <= width {
		line += goesOn
	}
	return line
}

// wrapped breaks a text that must not be cut off, such as an address, into lines of the terminal's width.
func (p paper) wrapped(text string) string {
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		for letters := []rune(line); len(letters) > 0; {
			n := min(len(letters), max(p.width, legible))
			lines, letters = append(lines, string(letters[:n])), letters[n:]
		}
	}
	return strings.Join(lines, "\n")
}

// cut keeps a line within the width. Escape sequences have none.
func (p paper) cut(line string) string {
	line = strings.TrimRight(line, " ")
	if visible(line) <= max(p.width, legible) {
		return line
	}
	var b strings.Builder
	seen, escaped := 0, false
	for _, r := range line {
		switch {
		case r == '\x1b':
			escaped = true
		case escaped:
			escaped = r != 'm'
		case seen >= max(p.width, legible)-1:
			continue
		default:
			seen++
		}
		b.WriteRune(r)
	}
	if p.unicode {
		return b.String() + "…"
	}
	return b.String() + "~"
}

// visible is how many columns a text takes.
func visible(text string) int {
	n, escaped := 0, false
	for _, r := range text {
		switch {
		case r == '\x1b':
			escaped = true
		case escaped:
			escaped = r != 'm'
		default:
			n++
		}
	}
	return n
}

// turn is a phase that several tasks came to at one look.
type turn struct {
	at        timeline.Offset
	word      string
	tasks     []string
	predicted timeline.Offset // of the first of them; 0 where that is not known
}

// turns are the changes from one look to the next, oldest first: what scrolls up above the picture.
func turns(before, after timeline.Timeline, predicted *timeline.Timeline) []turn {
	var all []turn
	former := map[string]timeline.Lane{}
	for _, l := range before.Lanes {
		former[l.Task] = l
	}
	nth := map[bool]int{}
	for _, l := range after.Lanes {
		i := nth[l.Old]
		nth[l.Old]++
		word, at := state(l)
		if was, _ := state(former[l.Task]); word == was || word == "" || l.Old && word == string(timeline.Healthy) && was == "" {
			continue
		}
		expected := timeline.Offset(0)
		if predicted != nil {
			expected = predictedAt(*predicted, l.Old, i, word)
		}
		same := slices.IndexFunc(all, func(t turn) bool { return t.word == word && t.at == at })
		if same < 0 {
			all = append(all, turn{at: at, word: word, predicted: expected})
			same = len(all) - 1
		}
		all[same].tasks = append(all[same].tasks, l.Name)
	}
	slices.SortStableFunc(all, func(a, b turn) int { return cmp.Compare(a.at, b.at) })
	return all
}

// state is what a task is in, as a word, and since when: its phase, or that it has stopped or failed.
func state(l timeline.Lane) (word string, since timeline.Offset) {
	if len(l.Spans) == 0 {
		return "", 0
	}
	last := l.Spans[len(l.Spans)-1]
	switch {
	case l.Failed != "" && l.Ended:
		return "failed", last.To
	case l.Ended:
		return "stopped", last.To
	}
	return string(last.Phase), last.From
}

// predictedAt is when the nth old or new task was predicted to come to a phase.
func predictedAt(t timeline.Timeline, old bool, n int, word string) timeline.Offset {
	for _, l := range t.Lanes {
		if l.Old != old {
			continue
		}
		if n--; n >= 0 {
			continue
		}
		for _, s := range l.Spans {
			if string(s.Phase) == word {
				return s.From
			}
		}
		if was, at := state(l); was == word {
			return at
		}
		return 0
	}
	return 0
}

// text is a turn as a line: 14:04:06  1:55 healthy     7f20b1 2c9e44 d0815a   predicted 1:53.
func (t turn) text(begin time.Time, zone *time.Location) string {
	tasks := strings.Join(t.tasks, " ")
	if len(t.tasks) > listTasks {
		tasks = fmt.Sprintf("%s and %d more", strings.Join(t.tasks[:listTasks-1], " "), len(t.tasks)-listTasks+1)
	}
	line := fmt.Sprintf("%s %5s %-11s %s", begin.Add(time.Duration(t.at)).In(zone).Format(time.TimeOnly), t.at, t.word, tasks)
	if t.predicted > 0 {
		line += "   predicted " + t.predicted.String()
	}
	return line
}
