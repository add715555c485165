package console

import (
	"fmt"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"handover/internal/cluster"
)

// board is what is known of an operation on several services while it runs, as a terminal shows it: one line a service.
type board struct {
	plans   Plans
	changes map[string]Change
	waits   map[string]Waiting
	ended   map[string]Ended
	now     time.Time
	began   time.Time
	leaving bool
}

// boardRows is how many services are shown: those that are under way or have failed first. The others are counted.
const boardRows = 20

func newBoard(plans Plans) board {
	return board{plans: plans, began: plans.At, changes: map[string]Change{}, waits: map[string]Waiting{}, ended: map[string]Ended{}}
}

// with takes what a document says into the board.
func (b board) with(d Document) board {
	switch d := d.(type) {
	case Change:
		b.changes[d.Service] = d
	case Waiting:
		b.waits[d.Service] = d
	case Ended:
		b.ended[d.Service] = d
	}
	return b
}

// draw makes the lines: how far all of them are, and each service.
func (b board) draw(p paper) []string {
	lines := []string{b.headline(p), "", b.counts(p), ""}
	table := rows{right: []bool{false, false, true, false}}
	table.add("SERVICE", "STATE", "HEALTHY", "OF ABOUT", "")
	shown, hidden := b.shown()
	for _, plan := range shown {
		table.add(b.row(p, plan)...)
	}
	var text strings.Builder
	table.write(&text)
	lines = append(lines, strings.Split(strings.TrimRight(text.String(), "\n"), "\n")...)
	if hidden > 0 {
		lines = append(lines, fmt.Sprintf("  %d more", hidden))
	}
	keys := "  d detach   ctrl-c stop watching; what was changed for the duration is put back"
	if b.leaving {
		keys = "  putting back what was changed for the duration; ctrl-c leaves at once"
	}
	lines = append(lines, "", p.paint(faint, keys))
	for i, line := range lines {
		lines[i] = p.cut(line)
	}
	return lines
}

func (b board) headline(p paper) string {
	elapsed := max(0, b.now.Sub(b.began))
	text := fmt.Sprintf("%s %s of %s   %s", b.plans.Operation, count(len(b.plans.Services), "service"), clusterOf(b.plans.Service), Span(elapsed))
	if w := b.plans.Whole; w != nil {
		text += " of about " + span(w.Expected) + "   " + p.bar(20, elapsed.Seconds()/max(w.Expected, 1))
	}
	return text
}

func (b board) counts(p paper) string {
	done, failed, other := 0, 0, 0
	for _, e := range b.ended {
		switch {
		case e.Verdict.Verdict == cluster.Succeeded:
			done++
		case e.Verdict.Verdict.Failure():
			failed++
		default:
			other++
		}
	}
	parts := []string{fmt.Sprintf("%d of %d done", done, len(b.plans.Services))}
	if failed > 0 {
		parts = append(parts, p.paint(red, fmt.Sprintf("%d failed", failed)))
	}
	if other > 0 {
		parts = append(parts, fmt.Sprintf("%d refused or interrupted", other))
	}
	return "  " + strings.Join(parts, p.dot())
}

// shown are the services of the picture, in their own order, and how many are left out of it: those that are done first, then those that have not begun.
func (b board) shown() (plans []Plan, hidden int) {
	plans = slices.Clone(b.plans.Services)
	for _, dull := range []func(Plan) bool{
		func(s Plan) bool { return b.ended[s.Service].Verdict.Verdict == cluster.Succeeded },
		func(s Plan) bool { return !b.begun(s) },
	} {
		for i := len(plans) - 1; i >= 0 && len(plans) > boardRows; i-- {
			if dull(plans[i]) {
				plans = slices.Delete(plans, i, i+1)
			}
		}
	}
	plans = plans[:min(len(plans), boardRows)]
	return plans, len(b.plans.Services) - len(plans)
}

func (b board) begun(s Plan) bool {
	_, counted := b.changes[s.Service]
	_, over := b.ended[s.Service]
	return counted || over
}

// row is one service: a glyph and a word for its state, its healthy tasks, how long it is expected to take, and what it waits for.
func (b board) row(p paper, s Plan) []string {
	glyph := func(fancy, plain, color string) string {
		if !p.unicode {
			fancy = plain
		}
		return p.paint(color, fancy)
	}
	about := ""
	if f := s.Prediction; f != nil && f.Succeeded > 0 {
		about = span(f.Expected)
	}
	c, counted := b.changes[s.Service]
	healthy := ""
	if counted {
		healthy = fmt.Sprintf("%d of %d", c.Healthy, s.Desired)
	}
	if e, over := b.ended[s.Service]; over {
		switch {
		case e.Verdict.Verdict == cluster.Succeeded:
			if about != "" {
				about = span(e.Took) + " of " + about
			}
			return []string{s.Service, glyph("✔", "ok", green) + " done", healthy, about, ""}
		case e.Verdict.Verdict.Failure():
			return []string{s.Service, glyph("✖", "x", red) + " " + ended(e.Verdict.Verdict), healthy, "", e.Summary}
		}
		return []string{s.Service, glyph("!", "!", amber) + " " + string(e.Verdict.Verdict), healthy, "", e.Summary}
	}
	if !counted {
		return []string{s.Service, glyph("·", ".", faint) + " next", "", about, ""}
	}
	waits := ""
	if w, ok := b.waits[s.Service]; ok {
		waits = w.text()
	}
	return []string{s.Service, glyph("▒", "-", amber) + " " + c.text(), healthy, about, waits}
}

// boardModel repaints a board in place; what people should keep scrolls up above it.
type boardModel struct {
	show  Show
	board board
	paper paper
	zone  *time.Location
	lines *several
	over  bool
}

func (m boardModel) Init() tea.Cmd { return tick() }

func (m boardModel) Update(message tea.Msg) (tea.Model, tea.Cmd) {
	m.board.now = m.show.Clock()
	switch message := message.(type) {
	case tea.WindowSizeMsg:
		m.paper.width = message.Width
	case second:
		return m, tick()
	case told:
		m.board = m.board.with(message.document)
		return m, m.kept(message.document)
	case tea.KeyPressMsg:
		switch message.String() {
		case "d", "q", "ctrl+c":
			m.board.leaving = true
			m.show.Stop()
		}
	case closed:
		m.over = true
		return m, tea.Quit
	}
	return m, nil
}

// kept prints how a service ended, and what is noted, above the picture.
func (m boardModel) kept(d Document) tea.Cmd {
	switch d.(type) {
	case Ended, Note:
	default:
		return nil
	}
	var line lineWriter
	lines := *m.lines
	lines.p = &plain{w: &line, zone: m.zone}
	_ = lines.tell(d)
	if len(line) == 0 {
		return nil
	}
	return tea.Println(m.paper.cut(string(line)))
}

func (m boardModel) View() tea.View {
	if m.over {
		return tea.NewView("")
	}
	return tea.NewView(strings.Join(m.board.draw(m.paper), "\n") + "\n")
}

// board begins to repaint an operation on several services.
func (l *live) boardModel(plans Plans, s Show) boardModel {
	m := boardModel{show: s, board: newBoard(plans), paper: paper{width: narrow, unicode: l.s.Unicode, paint: l.s.paint}, zone: l.s.Zone, lines: newSeveral(nil, plans)}
	m.board.now = s.Clock()
	m.board.began = m.board.now
	return m
}
