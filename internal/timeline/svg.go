package timeline

import (
	"fmt"
	"strings"
	"time"
)

// Drawing is what SVG draws: what happened, what was predicted, or both over each other.
type Drawing struct {
	Actual    *Timeline // solid
	Predicted *Timeline // outlines; the nth old and the nth new task stand in the rows of the nth real ones
	Width     int       // in pixels of the picture's own scale; 960 where it is 0
	Rows      int       // lanes are folded above this many; 0: never
}

// The measures of the picture, in pixels.
const (
	svgWidth   = 960
	svgLabel   = 132 // left of the lanes
	svgMargin  = 16
	svgHead    = 26  // above the lanes: the axis
	svgChart   = 110 // the counts
	svgGap     = 22
	svgLegend  = 26
	rowTallest = 18
	rowLeast   = 6
	rowRoom    = 900 // rows are as tall as fits into this, within the two above
)

// svg is a picture that is being written.
type svg struct {
	strings.Builder
	Drawing
	until Offset
	width float64 // of the lanes
	row   float64 // height of one
	rows  []pair
}

// pair are an actual and a predicted lane that share a row; either may be missing.
type pair struct {
	actual, predicted *Row
}

// SVG draws one standalone picture with a title and a description for those who do not see it. Light and dark follow what the viewer prefers. Lanes, spans and
// events carry data- attributes (data-task, data-from, data-to and so on, in seconds), by which a page can find them.
func SVG(d Drawing) string {
	s := &svg{Drawing: d}
	if s.Width == 0 {
		s.Width = svgWidth
	}
	s.width = float64(s.Width - svgLabel - svgMargin)
	for _, t := range s.timelines() {
		s.until = max(s.until, t.Until, Offset(time.Second))
	}
	s.rows = s.pairs()
	s.row = min(max(rowRoom/float64(max(len(s.rows), 1)), rowLeast), rowTallest)
	s.draw()
	return s.String()
}

// timelines gives those that there are, the actual one first.
func (s *svg) timelines() []*Timeline {
	var all []*Timeline
	for _, t := range []*Timeline{s.Actual, s.Predicted} {
		if t != nil {
			all = append(all, t)
		}
	}
	return all
}

// pairs puts the nth old task of the prediction beside the nth real one, and new ones likewise.
func (s *svg) pairs() []pair {
	var all []pair
	for _, old := range []bool{true, false} {
		actual, predicted := s.side(s.Actual, old), s.side(s.Predicted, old)
		for i := range max(len(actual), len(predicted)) {
			var p pair
			if i < len(actual) {
				p.actual = &actual[i]
			}
			if i < len(predicted) {
				p.predicted = &predicted[i]
			}
			all = append(all, p)
		}
	}
	return all
}

func (s *svg) side(t *Timeline, old bool) []Row {
	if t == nil {
		return nil
	}
	most := s.Rows
	if most == 0 {
		most = len(t.Lanes)
	}
	var rows []Row
	for _, r := range Rows(*t, most) {
		if r.Old == old {
			rows = append(rows, r)
		}
	}
	return rows
}

func (s *svg) draw() {
	lanes := s.row * float64(len(s.rows))
	height := svgHead + lanes + svgGap + svgChart + svgLegend
	t := *s.timelines()[0]
	s.printf(`<svg xmlns="http://www.w3.org/2000/svg" class="timeline" viewBox="0 0 %d %s" width="%d" height="%s" role="img" aria-labelledby="timeline-title timeline-desc" data-until="%s" data-left="%d" data-width="%s">`,
		s.Width, number1(height), s.Width, number1(height), seconds(s.until), svgLabel, number1(s.width))
	s.printf("\n<title id=\"timeline-title\">%s of %s</title>\n<desc id=\"timeline-desc\">%s</desc>\n%s", escape(t.Operation), escape(t.Service.String()), escape(describe(t)), style)
	s.axis(svgHead + lanes + svgGap + svgChart)
	for i, p := range s.rows {
		s.lane(p, svgHead+float64(i)*s.row)
	}
	s.chart(svgHead + lanes + svgGap)
	s.now(svgHead + lanes + svgGap + svgChart)
	s.legend(height - 8)
	s.WriteString("</svg>\n")
}

// describe says in words what the picture shows.
func describe(t Timeline) string {
	old := 0
	for _, l := range t.Lanes {
		if l.Old {
			old++
		}
	}
	verb := "took"
	switch {
	case t.Kind == Predicted:
		verb = "is predicted to take"
	case !t.Ended:
		verb = "has taken"
	}
	return fmt.Sprintf("%d old and %d new tasks. The %s %s %s, with at most %d tasks (ceiling %d) and at least %d healthy ones (floor %d).",
		old, len(t.Lanes)-old, t.Operation, verb, t.Until, t.Peak(), t.Ceiling, t.Lowest(), t.Floor)
}

func (s *svg) printf(format string, args ...any) { _, _ = fmt.Fprintf(s, format, args...) } // a Builder never fails

// x is where a time is drawn.
func (s *svg) x(at Offset) float64 { return svgLabel + s.width*at.Seconds()/s.until.Seconds() }

func (s *svg) axis(bottom float64) {
	d := text{columns: max(int(s.width/7), 1)} // a label is about 7 pixels a letter wide
	d.column = s.until / Offset(d.columns)
	s.WriteString("<g class=\"axis\">\n")
	for at := Offset(0); at <= s.until; at += d.step() {
		s.printf("<line x1=\"%[1]s\" x2=\"%[1]s\" y1=\"%d\" y2=\"%s\"/>", number1(s.x(at)), svgHead-6, number1(bottom))
		anchor := "middle"
		if s.x(at) > float64(s.Width)-svgMargin-14 {
			anchor = "end"
		}
		s.printf("<text x=\"%s\" y=\"14\" text-anchor=\"%s\">%s</text>\n", number1(s.x(at)), anchor, at)
	}
	s.WriteString("</g>\n")
}

func (s *svg) lane(p pair, top float64) {
	shown := p.actual
	if shown == nil {
		shown = p.predicted
	}
	class := "new"
	if shown.Old {
		class = "old"
	}
	s.printf("<g class=\"lane %s\" data-name=\"%s\" data-task=\"%s\" data-of=\"%d\"><title>%s</title>\n", class, escape(shown.Name), escape(shown.Task), shown.Of, escape(laneTitle(*shown)))
	if s.row >= 9 {
		s.printf("<text class=\"name\" x=\"%d\" y=\"%s\">%s</text>", svgLabel-8, number1(top+s.row*0.5+3.5), escape(label(*shown)))
	}
	if p.actual != nil {
		s.spans(*p.actual, top, "actual")
	}
	if p.predicted != nil {
		s.spans(*p.predicted, top, "predicted")
	}
	s.WriteString("</g>\n")
}

func laneTitle(r Row) string {
	parts := []string{r.Title()}
	for _, p := range []string{r.Revision, r.Zone} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	for _, sp := range r.Spans {
		parts = append(parts, fmt.Sprintf("%s from %s", sp.Phase, sp.From))
	}
	if r.Failed != "" {
		parts = append(parts, "failed: "+r.Failed)
	}
	return strings.Join(parts, " · ")
}

func (s *svg) spans(r Row, top float64, kind string) {
	pad := s.row / 9
	for _, sp := range r.Spans {
		x, right := s.x(sp.From), s.x(sp.To)
		s.printf("<rect class=\"%s %s\" x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\" data-phase=\"%s\" data-from=\"%s\" data-to=\"%s\"/>",
			kind, sp.Phase, number1(x), number1(top+pad), number1(max(right-x, 0.5)), number1(s.row-2*pad), sp.Phase, seconds(sp.From), seconds(sp.To))
	}
	if r.Failed != "" && len(r.Spans) > 0 {
		x, y, arm := s.x(r.Spans[len(r.Spans)-1].To)+s.row/2, top+s.row/2, s.row/4
		s.printf("<path class=\"cross\" d=\"M%s %sl%s %sm0 -%sl-%s %s\"/>", number1(x-arm), number1(y-arm), number1(2*arm), number1(2*arm), number1(2*arm), number1(2*arm), number1(2*arm))
	}
	s.WriteByte('\n')
}

// chart draws the counts as steps, between the floor and the ceiling. Where healthy tasks are fewer than the floor, the gap is shaded.
func (s *svg) chart(top float64) {
	t := *s.timelines()[0]
	highest := t.Ceiling
	for _, each := range s.timelines() {
		highest = max(highest, each.Peak(), 1)
	}
	y := func(n int) float64 { return top + svgChart - float64(n)*(svgChart-8)/float64(highest) }
	s.WriteString("<g class=\"counts\">\n")
	for _, bound := range bounds(t) {
		s.printf("<line class=\"bound\" x1=\"%d\" x2=\"%s\" y1=\"%[3]s\" y2=\"%[3]s\"/><text class=\"name\" x=\"%d\" y=\"%s\">%s %d</text>\n", svgLabel, number1(svgLabel+s.width), number1(y(bound.n)),
			svgLabel-8, number1(boundLabel(y, t, bound.n)), bound.name, bound.n)
	}
	for _, each := range s.timelines() {
		for i, c := range each.Counts {
			if c.Healthy < each.Floor {
				s.printf("<rect class=\"breach\" x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\"/>\n", number1(s.x(c.At)), number1(y(each.Floor)),
					number1(s.x(each.next(i))-s.x(c.At)), number1(y(c.Healthy)-y(each.Floor)))
			}
		}
		s.steps(*each, "tasks", y, func(c Count) int { return c.Tasks })
		s.steps(*each, "healthy", y, func(c Count) int { return c.Healthy })
	}
	s.WriteString("</g>\n")
}

// limit is a bound as it is labelled.
type limit struct {
	name string
	n    int
}

// bounds are the ceiling and the floor; one line where both are the same.
func bounds(t Timeline) []limit {
	if t.Floor == t.Ceiling {
		return []limit{{"both bounds", t.Floor}}
	}
	return []limit{{"ceiling", t.Ceiling}, {"floor", t.Floor}}
}

// boundLabel is where the label of the floor stands: 12 pixels or more below that of the ceiling, so that both can be read where the bounds are close.
func boundLabel(y func(int) float64, t Timeline, n int) float64 {
	const letters, apart = 4, 12
	if n == t.Ceiling {
		return y(n) + letters
	}
	return max(y(n), y(t.Ceiling)+apart) + letters
}

// next is until when a count holds.
func (t Timeline) next(i int) Offset {
	if i+1 < len(t.Counts) {
		return t.Counts[i+1].At
	}
	return t.Until
}

func (s *svg) steps(t Timeline, class string, y func(int) float64, of func(Count) int) {
	if len(t.Counts) == 0 {
		return
	}
	s.printf("<path class=\"%s %s\" d=\"M%s %s", t.Kind, class, number1(s.x(0)), number1(y(of(t.Counts[0]))))
	for _, c := range t.Counts[1:] {
		s.printf("H%sV%s", number1(s.x(c.At)), number1(y(of(c))))
	}
	s.printf("H%s\"/>\n", number1(s.x(t.Until)))
}

// now marks up to when a run that goes on is known.
func (s *svg) now(bottom float64) {
	if s.Actual == nil || s.Actual.Ended {
		return
	}
	s.printf("<g class=\"now\"><line x1=\"%[1]s\" x2=\"%[1]s\" y1=\"%d\" y2=\"%s\"/><text x=\"%[1]s\" y=\"%[4]s\" text-anchor=\"middle\">now</text></g>\n", number1(s.x(s.Actual.Until)), svgHead-6, number1(bottom), number1(bottom+12))
}

func (s *svg) legend(baseline float64) {
	s.WriteString("<g class=\"legend\">")
	x := float64(svgLabel)
	for _, p := range Phases() {
		s.printf("<rect class=\"actual %s\" x=\"%s\" y=\"%s\" width=\"14\" height=\"10\"/><text x=\"%s\" y=\"%s\">%s</text>", p, number1(x), number1(baseline-9), number1(x+19), number1(baseline), p)
		x += 19 + 8*float64(len(p)) + 14
	}
	if s.Predicted != nil {
		s.printf("<rect class=\"predicted healthy\" x=\"%s\" y=\"%s\" width=\"14\" height=\"10\"/><text x=\"%s\" y=\"%s\">predicted</text>", number1(x), number1(baseline-9), number1(x+19), number1(baseline))
	}
	s.WriteString("</g>\n")
}

// number1 writes a coordinate to a tenth of a pixel, in as few letters as that takes.
func number1(f float64) string {
	return strings.TrimSuffix(fmt.Sprintf("%.1f", f), ".0")
}

func seconds(o Offset) string {
	return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.3f", o.Seconds()), "0"), ".")
}

func escape(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#39;").Replace(text)
}
