package timeline

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Drawing is what SVG draws: what happened, what was predicted, or both in the same rows.
type Drawing struct {
	Actual    *Timeline // solid
	Predicted *Timeline // outlines; the nth old and the nth new task stand in the rows of the nth real ones
	Width     int       // in pixels of the picture's own scale; 960 where it is 0
	Rows      int       // lanes are folded above this many; 0: never
	Until     Offset    // up to when the axis goes at least, so that several pictures can have one scale
	Wall      bool      // the axis shows the time of day, in UTC, and not the time since the beginning
	ID        string    // begins the ids within the picture; "timeline" where it is empty
	Bare      bool      // without Style and Patterns: it stands in a page that has them
}

// The measures of the picture, in pixels.
const (
	svgWidth   = 960
	svgLabel   = 100 // left of the lanes
	svgNarrow  = 560 // below it the labels have less room
	svgMargin  = 16
	letter     = 6.8 // width of one, so that 14 fit beside a lane, and 11 in a narrow picture
	svgHead    = 30  // above the lanes: the axis and the events
	svgGroup   = 20  // the heading of the old lanes, and of the new ones
	svgChart   = 104
	svgGap     = 18
	svgLegend  = 34
	rowTallest = 18
	rowLeast   = 6
	rowRoom    = 900 // rows are as tall as fits into this, within the two above
)

// svg is a picture that is being written.
type svg struct {
	strings.Builder
	Drawing
	until Offset
	left  float64 // of the lanes
	width float64 // of the lanes
	row   float64 // height of one
	rows  []pair
}

// pair are an actual and a predicted lane that share a row; either may be missing.
type pair struct {
	actual, predicted *Row
}

// shown is the lane that the row is named after.
func (p pair) shown() Row {
	if p.actual != nil {
		return *p.actual
	}
	return *p.predicted
}

// SVG draws one picture with a title and a description for those who do not see it; it stands alone unless it is Bare. Light and dark follow what the viewer
// prefers. Lanes, spans and events carry data- attributes (data-task, data-from, data-to and so on, in seconds), by which a page can find them.
//
// What was predicted for the time to come is drawn as outlines; what was predicted for the past as a thin line beneath what happened, so that a drift shows.
func SVG(d Drawing) string {
	s := &svg{Drawing: d, left: svgLabel}
	if s.Width == 0 {
		s.Width = svgWidth
	}
	if s.Width < svgNarrow {
		s.left = 78
	}
	if s.ID == "" {
		s.ID = "timeline"
	}
	s.width = float64(s.Width) - s.left - svgMargin
	s.until = max(s.Until, Offset(time.Second))
	for _, t := range s.timelines() {
		s.until = max(s.until, t.Until)
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
	lanes := s.height()
	chart := svgHead + lanes + svgGap
	height := chart + svgChart + svgLegend
	t := *s.timelines()[0]
	s.printf(`<svg xmlns="http://www.w3.org/2000/svg" class="timeline" viewBox="0 0 %d %s" width="%d" height="%s" role="img" aria-labelledby="%s-title %[5]s-desc" data-until="%s" data-left="%s" data-width="%s" data-bottom="%s"%s%s>`,
		s.Width, number1(height), s.Width, number1(height), escape(s.ID), seconds(s.until), number1(s.left), number1(s.width), number1(chart+svgChart), s.begins(t), s.folded())
	s.printf("\n<title id=\"%s-title\">%s of %s</title>\n<desc id=\"%[1]s-desc\">%s</desc>\n", escape(s.ID), escape(t.Operation), escape(t.Service.String()), escape(describe(t)))
	if !s.Bare {
		s.WriteString("<style>\n" + Style() + "</style>\n" + Patterns())
	}
	s.axis(chart + svgChart)
	s.events(t)
	s.lanes()
	s.chart(chart)
	s.now(chart + svgChart)
	s.legend(height - 8)
	s.WriteString("</svg>\n")
}

// headed tells whether a row has a heading: the first old one and the first new one, where there are both.
func (s *svg) headed(i int) bool {
	both := len(s.rows) > 0 && s.rows[0].shown().Old != s.rows[len(s.rows)-1].shown().Old
	return both && (i == 0 || s.rows[i].shown().Old != s.rows[i-1].shown().Old)
}

// height is that of all lanes with their headings.
func (s *svg) height() float64 {
	height := s.row * float64(len(s.rows))
	for i := range s.rows {
		if s.headed(i) {
			height += svgGroup
		}
	}
	return height
}

func (s *svg) lanes() {
	top := float64(svgHead)
	for i, p := range s.rows {
		if s.headed(i) {
			s.heading(p.shown(), top)
			top += svgGroup
		}
		s.lane(p, top)
		top += s.row
	}
}

func (s *svg) heading(first Row, top float64) {
	word := "NEW"
	if first.Old {
		word = "OLD"
	}
	if first.Revision != "" && first.Service == "" { // tasks of one service
		word += " · " + first.Revision
	}
	s.printf("<text class=\"group\" x=\"%s\" y=\"%s\">%s</text>\n", number1(s.left), number1(top+svgGroup-6), escape(word))
}

// events marks on the axis when ECS said something. Those within two pixels are one mark.
func (s *svg) events(t Timeline) {
	s.WriteString("<g class=\"events\">")
	last := -10.0
	for _, e := range t.Events {
		if x := s.x(e.At); x-last > 2 {
			s.printf("<circle class=\"event\" cx=\"%s\" cy=\"%d\" r=\"2.2\" data-at=\"%s\"/>", number1(x), svgHead-7, seconds(e.At))
			last = x
		}
	}
	s.WriteString("</g>\n")
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
func (s *svg) x(at Offset) float64 { return s.left + s.width*at.Seconds()/s.until.Seconds() }

func (s *svg) axis(bottom float64) {
	d := text{columns: max(int(s.width/8), 1)} // a label takes up to ten columns, so that one has 80 pixels
	d.column = s.until / Offset(d.columns)
	s.WriteString("<g class=\"axis\">\n")
	begin := s.timelines()[0].Begin
	first := Offset(0)
	if s.Wall { // on round times of the day
		first = Offset(begin.Truncate(time.Duration(d.step())).Add(time.Duration(d.step())).Sub(begin))
	}
	for at := first; at <= s.until; at += d.step() {
		s.printf("<line x1=\"%[1]s\" x2=\"%[1]s\" y1=\"%d\" y2=\"%s\"/>", number1(s.x(at)), svgHead-12, number1(bottom))
		anchor := "middle"
		if s.x(at) > float64(s.Width)-svgMargin-14 {
			anchor = "end"
		}
		s.printf("<text x=\"%s\" y=\"14\" text-anchor=\"%s\">%s</text>\n", number1(s.x(at)), anchor, s.time(begin, at))
	}
	s.WriteString("</g>\n")
}

// time is how the axis shows a time.
func (s *svg) time(begin time.Time, at Offset) string {
	if s.Wall {
		return begin.Add(time.Duration(at)).UTC().Format("15:04:05")
	}
	return at.String()
}

// begins tells a page from when on the axis counts, where it shows the time of day.
func (s *svg) begins(t Timeline) string {
	if !s.Wall {
		return ""
	}
	return fmt.Sprintf(" data-begin=\"%s\"", t.Begin.UTC().Format(time.RFC3339))
}

// folded tells a page that rows stand for several tasks.
func (s *svg) folded() string {
	if slices.ContainsFunc(s.rows, func(p pair) bool { return p.shown().Of > 1 }) {
		return ` data-folded="yes"`
	}
	return ""
}

func (s *svg) lane(p pair, top float64) {
	shown := p.shown()
	class := "new"
	if shown.Old {
		class = "old"
	}
	s.printf("<g class=\"lane %s\" data-name=\"%s\" data-task=\"%s\" data-of=\"%d\"><title>%s</title>\n", class, escape(shown.Name), escape(shown.Task), shown.Of, escape(laneTitle(shown)))
	if s.row >= 9 {
		s.printf("<text class=\"name\" x=\"%s\" y=\"%s\">%s</text>", number1(s.left-8), number1(top+s.row*0.5+3.5), escape(label(shown, int(s.left/letter))))
	}
	pad := s.row / 9
	bar := s.row - 2*pad
	tall := bar
	if p.predicted != nil {
		tall = bar * 0.74
		s.spans(after(p.predicted.Spans, s.known()), "predicted", top+pad, bar)
		s.spans(before(p.predicted.Spans, s.known()), "past", top+pad+bar*0.82, bar*0.18)
	}
	if p.actual != nil {
		s.spans(p.actual.Spans, "actual", top+pad, tall)
	}
	s.cross(shown, top)
	s.WriteString("</g>\n")
}

// known is up to when it is known what happened.
func (s *svg) known() Offset {
	if s.Actual == nil {
		return 0
	}
	if s.Actual.Ended {
		return s.until
	}
	return s.Actual.Until
}

// before cuts spans off at a time, and after keeps what is beyond it.
func before(spans []Span, at Offset) []Span {
	var kept []Span
	for _, p := range spans {
		if p.To = min(p.To, at); p.From < p.To {
			kept = append(kept, p)
		}
	}
	return kept
}

func after(spans []Span, at Offset) []Span {
	var kept []Span
	for _, p := range spans {
		if p.From = max(p.From, at); p.From < p.To {
			kept = append(kept, p)
		}
	}
	return kept
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

func (s *svg) spans(spans []Span, kind string, top, height float64) {
	for _, sp := range spans {
		x, right := s.x(sp.From), s.x(sp.To)
		s.printf("<rect class=\"%s %s\" x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\" data-phase=\"%s\" data-from=\"%s\" data-to=\"%s\"/>",
			kind, sp.Phase, number1(x), number1(top), number1(max(right-x, 0.5)), number1(height), sp.Phase, seconds(sp.From), seconds(sp.To))
	}
	s.WriteByte('\n')
}

// cross marks the end of a new task that was never healthy.
func (s *svg) cross(r Row, top float64) {
	if r.Failed == "" || len(r.Spans) == 0 {
		return
	}
	x, y, arm := s.x(r.Spans[len(r.Spans)-1].To)+s.row/2, top+s.row/2, s.row/4
	s.printf("<path class=\"cross\" d=\"M%s %sl%s %sm0 -%sl-%s %s\"/>", number1(x-arm), number1(y-arm), number1(2*arm), number1(2*arm), number1(2*arm), number1(2*arm), number1(2*arm))
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
	s.printf("<line class=\"zero\" x1=\"%s\" x2=\"%s\" y1=\"%[3]s\" y2=\"%[3]s\"/><text class=\"name\" x=\"%[4]s\" y=\"%[3]s\">%[5]s</text>\n", number1(s.left), number1(s.left+s.width), number1(y(0)), number1(s.left-8), zero(t))
	for _, each := range s.timelines() {
		s.breaches(*each, y)
		s.steps(*each, "healthy area", y, func(c Count) int { return c.Healthy })
		s.steps(*each, "tasks", y, func(c Count) int { return c.Tasks })
		s.steps(*each, "healthy", y, func(c Count) int { return c.Healthy })
	}
	for _, bound := range bounds(t) {
		s.printf("<line class=\"bound\" x1=\"%s\" x2=\"%s\" y1=\"%[3]s\" y2=\"%[3]s\"/><text class=\"name\" x=\"%s\" y=\"%s\">%s %d</text>\n", number1(s.left), number1(s.left+s.width), number1(y(bound.n)),
			number1(s.left-8), number1(boundLabel(y, t, bound.n)), bound.name, bound.n)
	}
	s.WriteString("</g>\n")
}

func (s *svg) breaches(t Timeline, y func(int) float64) {
	for i, c := range t.Counts {
		if c.Healthy < t.Floor {
			s.printf("<rect class=\"breach\" x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\"/>\n", number1(s.x(c.At)), number1(y(t.Floor)),
				number1(s.x(t.next(i))-s.x(c.At)), number1(y(c.Healthy)-y(t.Floor)))
		}
	}
}

// limit is a bound as it is labelled.
type limit struct {
	name string
	n    int
}

// zero is the label of the axis, which is the floor, too, where that is 0.
func zero(t Timeline) string {
	if t.Floor == 0 && !t.Carried() {
		return "floor 0"
	}
	return "0"
}

// bounds are the ceiling and the floor; one line where both are the same, or where the floor is the axis.
func bounds(t Timeline) []limit {
	switch {
	case t.Carried():
		return []limit{{"tasks", t.Ceiling}}
	case t.Floor == t.Ceiling:
		return []limit{{"bounds", t.Floor}}
	case t.Floor == 0:
		return []limit{{"ceiling", t.Ceiling}}
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

// steps draws a count over time: as a line, or as the area beneath it. A prediction beside what happened is a line only from now on.
func (s *svg) steps(t Timeline, class string, y func(int) float64, of func(Count) int) {
	area := strings.HasSuffix(class, "area")
	if len(t.Counts) == 0 || area && t.Kind == Predicted && s.Actual != nil {
		return
	}
	from := Offset(0)
	if t.Kind == Predicted {
		from = min(s.known(), t.Until)
	}
	s.printf("<path class=\"%s %s\" d=\"M%s %s", t.Kind, class, number1(s.x(from)), number1(y(of(t.countAt(from)))))
	for _, c := range t.Counts {
		if c.At > from {
			s.printf("H%sV%s", number1(s.x(c.At)), number1(y(of(c))))
		}
	}
	s.printf("H%s", number1(s.x(t.Until)))
	if area {
		s.printf("V%sH%sZ", number1(y(0)), number1(s.x(from)))
	}
	s.WriteString("\"/>\n")
}

// now marks up to when a run that goes on is known.
func (s *svg) now(bottom float64) {
	if s.Actual == nil || s.Actual.Ended {
		return
	}
	s.printf("<g class=\"now\"><line x1=\"%[1]s\" x2=\"%[1]s\" y1=\"%d\" y2=\"%s\"/><text x=\"%[1]s\" y=\"%[4]s\" text-anchor=\"middle\">now</text></g>\n", number1(s.x(s.Actual.Until)), svgHead-12, number1(bottom), number1(bottom+12))
}

// legend names the phases that are shown.
func (s *svg) legend(baseline float64) {
	s.WriteString("<g class=\"legend\">")
	var shown []Phase
	letters := 0
	for _, p := range Phases() {
		if p != Unhealthy || s.unwell() {
			shown, letters = append(shown, p), letters+len(p)
		}
	}
	const letter, box = 6.4, 18.0
	x, gap := s.left, 12.0
	if s.Width < svgNarrow { // five names of 39 letters take 340 of 360 pixels, and leave 4 between two of them
		x = svgMargin / 2
		room := float64(s.Width) - svgMargin/2 - box*float64(len(shown)) - letter*float64(letters)
		gap = max(0, min(gap, room/float64(len(shown))))
	}
	name := func(class, word string) {
		s.printf("<rect class=\"%s\" x=\"%s\" y=\"%s\" width=\"13\" height=\"10\"/><text x=\"%s\" y=\"%s\">%s</text>", class, number1(x), number1(baseline-9), number1(x+18), number1(baseline), word)
		x += box + letter*float64(len(word)) + gap
	}
	for _, p := range shown {
		name("actual "+string(p), string(p))
	}
	if s.Predicted != nil && s.Width >= svgNarrow {
		name("predicted healthy", "predicted")
	}
	if s.width >= x-s.left+200 {
		s.printf("<path class=\"tasks\" d=\"M%s %sh14\"/><text x=\"%s\" y=\"%s\">all tasks</text>", number1(x), number1(baseline-4), number1(x+19), number1(baseline))
		s.printf("<path class=\"healthy\" d=\"M%s %sh14\"/><text x=\"%s\" y=\"%s\">healthy tasks</text>", number1(x+88), number1(baseline-4), number1(x+107), number1(baseline))
	}
	s.WriteString("</g>\n")
}

func (s *svg) unwell() bool {
	return slices.ContainsFunc(s.timelines(), func(t *Timeline) bool { return slices.ContainsFunc(t.Lanes, Lane.odd) })
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
