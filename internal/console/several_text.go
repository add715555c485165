package console

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"handover/internal/cluster"
	"handover/internal/operation"
)

// This file prints what is told of several services: the table of what is going to be done, plain progress, and the summary.

// rows is a table of left-aligned columns, but for those that are right-aligned.
type rows struct {
	right []bool
	lines [][]string
}

func (r *rows) add(cells ...string) { r.lines = append(r.lines, cells) }

// write sets the columns as wide as their widest cell; the last cell of a line may be longer.
func (r *rows) write(b *strings.Builder) {
	var widths []int
	for _, line := range r.lines {
		for i, cell := range line[:max(0, len(line)-1)] {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], visible(cell))
		}
	}
	for _, line := range r.lines {
		text := ""
		for i, cell := range line {
			switch {
			case i == len(line)-1 && i >= len(widths):
				text += cell
			case r.right[min(i, len(r.right)-1)] && i < len(widths):
				text += strings.Repeat(" ", max(0, widths[i]-visible(cell))) + cell + "  "
			default:
				text += cell + strings.Repeat(" ", max(0, widths[min(i, len(widths)-1)]-visible(cell))) + "  "
			}
		}
		fmt.Fprintf(b, "  %s\n", strings.TrimRight(text, " "))
	}
}

// plansText is the table of what is going to be done: one line a service, and what all of them come to.
func (s *Streams) plansText(d Plans) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s of %s   account %s · %s", d.Operation, count(len(d.Services), "service"), clusterOf(d.Service), d.Account, d.Region)
	if d.Caller != "" {
		fmt.Fprintf(&b, " · as %s", d.Caller)
	}
	if d.Simulated {
		b.WriteString(" · simulated on the emulator")
	}
	fmt.Fprintf(&b, "\n%s\n\n", d.manner())
	s.plansTable(&b, d)
	return b.String()
}

func clusterOf(service string) string {
	name, _, _ := strings.Cut(service, "/")
	return name
}

// manner says how many at once, and when it stops beginning others.
func (d Plans) manner() string {
	return fmt.Sprintf("%d at once; no other is begun once %s", d.Parallel, failures(d.MaxFailures+1))
}

func failures(n int) string {
	if n == 1 {
		return "one has failed"
	}
	return fmt.Sprintf("%d have failed", n)
}

func (s *Streams) plansTable(b *strings.Builder, d Plans) {
	table := rows{right: []bool{false, true, true, true, true, true, false}}
	table.add("SERVICE", "TASKS", "LOWEST", "PEAK", "EXPECTED", "AT WORST", "")
	tasks := 0
	for _, p := range d.Services {
		tasks += p.Desired
		cells := []string{p.Service, fmt.Sprint(p.Desired), "", "", "", "", s.paint(amber, p.remark())}
		if f := p.Prediction; f != nil && f.Succeeded > 0 && p.Refusal == nil && p.Nothing == "" {
			cells[2], cells[3], cells[4], cells[5] = fmt.Sprint(f.Lowest), fmt.Sprint(f.Peak), span(f.Expected), span(f.P90)
		}
		table.add(cells...)
	}
	if w := d.Whole; w != nil {
		table.add("all", fmt.Sprint(tasks), fmt.Sprint(w.Lowest), fmt.Sprint(w.Peak), span(w.Expected), span(w.P90), "")
	}
	table.write(b)
	if w := d.Whole; w != nil {
		fmt.Fprintf(b, "\nPlan: %s of %s replaced. Peak %s, never fewer than %d healthy.\n", count(w.Replaced, "task"), count(w.Services, "service"), count(w.Peak, "task"), w.Lowest)
		fmt.Fprintf(b, "      %s expected, %s at worst in 9 of 10 (%d simulated runs).\n", span(w.Expected), span(w.P90), w.Seeds)
	}
	for _, p := range d.Services {
		for _, e := range p.Effects {
			fmt.Fprintf(b, "  · %s: %s\n", p.Service, e)
		}
	}
	for _, w := range d.warnings() {
		fmt.Fprintf(b, "  %s %s\n", s.paint(amber, "!"), w)
	}
}

// remark is why nothing is done to a service, or what stands in its way.
func (p Plan) remark() string {
	switch {
	case p.Refusal != nil:
		return "refused: " + p.Refusal.Text
	case p.Nothing != "":
		return "nothing to do: " + p.Nothing
	case p.Prediction == nil:
		return "no forecast"
	case p.Prediction.Succeeded == 0:
		return p.Prediction.Cautions()[0]
	}
	return ""
}

// warnings are those of all services, each with the services that it is about.
func (d Plans) warnings() []string {
	var texts []string
	about := map[string][]string{}
	for _, p := range d.Services {
		if p.Prediction == nil || p.remark() != "" {
			continue
		}
		for _, w := range p.Prediction.Cautions() {
			if about[w] == nil {
				texts = append(texts, w)
			}
			about[w] = append(about[w], p.Service)
		}
	}
	for i, text := range texts {
		texts[i] = strings.Join(about[text], ", ") + ": " + text
	}
	return texts
}

// AskAll prints what is known before a question about several services is asked. It goes where questions go.
func (s *Streams) AskAll(d Plans) error {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s\n\n", d.manner())
	s.plansTable(&b, d)
	b.WriteString("\n")
	_, err := io.WriteString(s.Err, s.plainly(b.String()))
	return err
}

// several is plain progress of several services: each line names its service. Events, and what a single service waits for, are left to the documents.
type several struct {
	p       *plain
	width   int // of the longest service
	counted map[string]Change
}

func newSeveral(p *plain, d Plans) *several {
	s := &several{p: p, counted: map[string]Change{}}
	for _, plan := range d.Services {
		s.width = max(s.width, len(plan.Service))
	}
	return s
}

func (s *several) line(m Moment, word, service, text string, pairs ...string) error {
	return s.p.line(m, word, fmt.Sprintf("%-*s %s", s.width, service, strings.TrimPrefix(text, service+" ")), pairs...)
}

// begin prints who and where, each service with its forecast, and that of all.
func (s *several) begin(d Plans) error {
	pairs := []string{pair("account", d.Account), pair("region", d.Region), pair("cluster", clusterOf(d.Service))}
	if d.Caller != "" {
		pairs = append(pairs, pair("caller", d.Caller))
	}
	pairs = append(pairs, pair("parallel", d.Parallel), pair("max-failures", d.MaxFailures), pair("simulated", d.Simulated))
	if err := s.p.line(d.Moment, d.Operation, count(len(d.Services), "service"), pairs...); err != nil {
		return err
	}
	for _, p := range d.Services {
		if err := s.plan(d.Moment, p); err != nil {
			return err
		}
	}
	for _, w := range d.warnings() {
		if err := s.p.line(d.Moment, "warning", w); err != nil {
			return err
		}
	}
	if w := d.Whole; w != nil {
		return s.p.line(d.Moment, "predicted", fmt.Sprintf("%-*s %s expected, %s at worst in 9 of 10", s.width, "all", span(w.Expected), span(w.P90)), pair("services", w.Services),
			pair("p50", w.Expected), pair("p90", w.P90), pair("p99", w.P99), pair("peak", w.Peak), pair("lowest", w.Lowest), pair("calls", w.Calls), pair("seeds", w.Seeds))
	}
	return nil
}

func (s *several) plan(m Moment, p Plan) error {
	bounds := []string{pair("desired", p.Desired), pair("floor", p.Floor), pair("ceiling", p.Ceiling)}
	if text := p.remark(); text != "" {
		word, _, _ := strings.Cut(text, ":")
		if p.Refusal == nil {
			word = "note"
		}
		return s.line(m, word, p.Service, strings.TrimPrefix(text, "refused: "), bounds...)
	}
	f := p.Prediction
	return s.line(m, "predicted", p.Service, fmt.Sprintf("%s expected, %s at worst in 9 of 10", span(f.Expected), span(f.P90)), append(bounds, pair("p50", f.Expected), pair("p90", f.P90),
		pair("peak", f.Peak), pair("lowest", f.Lowest), pair("timeout", Span(time.Duration(f.Timeout*float64(time.Second)))))...)
}

func (s *several) tell(d Document) error {
	switch d := d.(type) {
	case Change:
		return s.change(d)
	case Waiting:
		if strings.HasSuffix(d.Service, "-services") {
			return s.p.waiting(d)
		}
	case Note:
		switch {
		case d.Service == "":
			return s.p.line(d.Moment, noteWord(d), d.Text)
		case d.Level == operation.Warning:
			return s.line(d.Moment, noteWord(d), d.Service, d.Text)
		}
	case Ended:
		return s.line(d.Moment, endWord(d.Verdict), d.Service, d.told(), endPairs(d.Verdict)...)
	case Verdict:
		return s.p.line(d.Moment, endWord(d), d.Summary, endPairs(d)...)
	}
	return nil
}

func (s *several) change(d Change) error {
	before, known := s.counted[d.Service]
	s.counted[d.Service] = d
	before.Moment, before.Deployment = d.Moment, d.Deployment
	if before == d || !known && d.New+d.Draining == 0 { // how it was found is in its forecast
		return nil
	}
	return s.line(d.Moment, "tasks", d.Service, d.text(), pair("tasks", d.Tasks), pair("healthy", d.Healthy), pair("old", d.Old), pair("new", d.New), pair("draining", d.Draining))
}

// several is the verdict of an operation on several services: of all, and of each.
func (p summary) several(d Verdict) string {
	var b strings.Builder
	look := endStyle(d.Verdict)
	if d.Verdict == cluster.Succeeded {
		look = style{"✔", "ok", green}
	}
	fmt.Fprintf(&b, "%s %s of %s: %s", p.s.mark(look), d.Operation, clusterOf(d.Service), d.Summary)
	if d.Verdict != cluster.Succeeded {
		fmt.Fprintf(&b, " (exit %d)", d.Exit)
	}
	fmt.Fprintf(&b, "%s\n", tookText(d))
	p.each(&b, d.Services)
	if d.Replaced+d.Failed > 0 {
		fmt.Fprintf(&b, "  %s replaced · %s\n", count(d.Replaced, "task"), count(d.Failed, "failed start"))
	}
	if d.Simulated {
		b.WriteString("  simulated on the emulator; AWS was not touched\n")
	}
	return b.String()
}

// each prints how each of several services ended: those first that need an eye.
func (p summary) each(b *strings.Builder, all []Verdict) {
	ordered := slices.Clone(all)
	slices.SortStableFunc(ordered, func(a, b Verdict) int { return cmp.Compare(rank(a.Verdict), rank(b.Verdict)) })
	table := rows{right: []bool{false, false}}
	for _, d := range ordered {
		look := endStyle(d.Verdict)
		if d.Verdict == cluster.Succeeded {
			look = style{"✔", "ok", green}
		}
		d.T = d.Took
		text := Ended{d}.told()
		if d.Verdict != cluster.Succeeded {
			text = fmt.Sprintf("%s: %s", ended(d.Verdict), d.Summary)
		}
		table.add(p.s.mark(look)+" "+d.Service, text+tookText(d))
		for _, hint := range d.Hints {
			table.add("", "next: "+hint)
		}
	}
	table.write(b)
}

// told is how a service ended, after its name was said.
func (d Ended) told() string {
	if d.Verdict.Verdict == cluster.Succeeded && d.Replaced > 0 {
		return count(d.Replaced, "task") + " replaced"
	}
	return strings.TrimPrefix(d.Summary, d.Service+" ")
}

func rank(e cluster.End) int {
	switch {
	case e.Failure():
		return 0
	case e != cluster.Succeeded:
		return 1
	}
	return 2
}
