package console

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"handover/internal/cluster"
	"handover/internal/forecast"
	"handover/internal/operation"
	"handover/internal/timeline"
)

// This file shows the drain of container instances: beforehand, service by service, and while it runs.

// Prospect is what becomes of the tasks that a service has on the instances which are drained. Times are in seconds.
type Prospect struct {
	Service string  `json:"service,omitempty"` // its name; none for tasks that belong to no service
	Tasks   int     `json:"tasks"`
	Kind    string  `json:"kind"` // moves, blocked, doubted, last, alone, skipped
	Text    string  `json:"text"`
	Where   string  `json:"where,omitempty"` // which of the other instances have room
	Remedy  string  `json:"remedy,omitempty"`
	Maximum int     `json:"maximum,omitempty"` // the maximum percent to which the service's is raised for the drain
	Bound   float64 `json:"bound,omitempty"`   // after so long they are stopped
	// Foreseen is what the forecast says of the service; nothing where there is none.
	Foreseen *Foreseen `json:"foreseen,omitempty"`
}

// Foreseen is what a forecast says of one service whose tasks leave.
type Foreseen struct {
	Desired int     `json:"desired"`
	Peak    int     `json:"peak"`
	Lowest  int     `json:"lowest"`         // the fewest healthy tasks of any seed
	Gone    float64 `json:"gone,omitempty"` // when the last of the tasks is expected to have stopped
	// Durations are those of the service's own tasks.
	Durations []Duration `json:"durations,omitempty"`
}

// Host is an instance that is drained.
type Host struct {
	Name  string `json:"name"`
	Zone  string `json:"zone,omitempty"`
	Shape string `json:"instanceType,omitempty"`
	Tasks int    `json:"tasks"` // on it
}

// HostsOf shows instances with the tasks that are on them.
func HostsOf(views []cluster.InstanceView) []Host {
	hosts := make([]Host, len(views))
	for i, v := range views {
		hosts[i] = Host{Name: v.Instance.Short(), Zone: v.Instance.Zone}
		hosts[i].Shape, _ = v.Instance.Attribute("ecs.instance-type")
		for _, t := range v.Tasks {
			if !t.Gone() {
				hosts[i].Tasks++
			}
		}
	}
	return hosts
}

// Prospects shows what an operation foresees, with what its forecast says.
func Prospects(judged []operation.Prospect, options operation.DrainOptions, leaves []forecast.Leave) []Prospect {
	all := make([]Prospect, len(judged))
	for i, j := range judged {
		p := Prospect{Service: j.Service, Tasks: j.Tasks, Kind: string(j.Kind), Text: j.Text, Where: j.Where, Remedy: j.Remedy}
		if j.Kind == operation.Alone && options.Standalone == operation.StopStandalone {
			p.Bound = seconds(options.StopAfter)
		}
		for _, t := range options.TemporaryMax {
			if t.Service == j.Service {
				p.Maximum = t.Percent
			}
		}
		for _, l := range leaves {
			if j.Service != "" && l.Service == j.Service {
				p.Foreseen = &Foreseen{Desired: l.Desired, Peak: l.Peak, Lowest: l.Lowest, Gone: seconds(l.Gone.P50), Durations: durationsOf(l.Durations)}
			}
		}
		all[i] = p
	}
	return all
}

func (p Prospect) name() string {
	if p.Service == "" {
		return "no service"
	}
	return p.Service
}

// prospects are the lines of a plan, one for each service: what blocks first, then what is doubtful. A mark leads each of them.
func (s *Streams) prospects(all []Prospect) []string {
	order := []string{string(operation.Blocked), string(operation.Doubted), string(operation.Alone), string(operation.Moves), string(operation.Last), string(operation.Skipped)}
	sorted := slices.SortedStableFunc(slices.Values(all), func(a, b Prospect) int { return slices.Index(order, a.Kind) - slices.Index(order, b.Kind) })
	width := 0
	for _, p := range sorted {
		width = max(width, visible(p.name()))
	}
	var lines []string
	for _, p := range sorted {
		line := fmt.Sprintf("  %s %s  %s  %s", s.prospectMark(p), pad(p.name(), width), pad(count(p.Tasks, "task"), len("100 tasks")), p.Text)
		if f := p.Foreseen; f != nil && p.Kind != string(operation.Skipped) {
			line += fmt.Sprintf(" · lowest %d of %d", f.Lowest, f.Desired)
			if f.Gone > 0 {
				line += ", gone after " + span(f.Gone)
			}
		}
		lines = append(lines, line)
		for _, more := range []string{p.Where, p.rests(), remedy(p)} {
			if more != "" {
				lines = append(lines, strings.Repeat(" ", width+len("      100 tasks  "))+more)
			}
		}
	}
	return lines
}

// rests says what the forecast of a service rests on.
func (p Prospect) rests() string {
	if p.Foreseen == nil || p.Kind == string(operation.Skipped) {
		return ""
	}
	return strings.Join(durationTexts(p.Foreseen.Durations), " · ")
}

func remedy(p Prospect) string {
	if p.Remedy == "" {
		return ""
	}
	return "remedy: " + p.Remedy
}

func (s *Streams) prospectMark(p Prospect) string {
	switch operation.ProspectKind(p.Kind) {
	case operation.Blocked:
		return s.mark(style{"✖", "x", red})
	case operation.Doubted, operation.Alone:
		return s.mark(style{"!", "!", amber})
	case operation.Moves:
		return s.mark(style{"✔", "+", green})
	case operation.Last, operation.Skipped:
	}
	return s.mark(style{"–", "-", faint})
}

// drainText is the plan of a drain for people.
func (s *Streams) drainText(d Plan) string {
	var b strings.Builder
	name, _, _ := strings.Cut(d.Service, "/")
	fmt.Fprintf(&b, "drain %s of %s%s", hostsText(d.Hosts), name, hostText(d.Hosts))
	if p := d.Prediction; p != nil && p.Succeeded > 0 {
		fmt.Fprintf(&b, "   about %s (p90 %s)", span(p.Expected), span(p.P90))
	}
	fmt.Fprintf(&b, "\naccount %s · %s", d.Account, d.Region)
	if d.Caller != "" {
		fmt.Fprintf(&b, " · as %s", d.Caller)
	}
	if d.Simulated {
		b.WriteString(" · simulated on the emulator")
	}
	b.WriteString("\n\n")
	for _, line := range s.prospects(d.Leaving) {
		b.WriteString(line + "\n")
	}
	if d.Refusal != nil {
		refusal := *d.Refusal
		refusal.Evidence = nil // it is what was just said of each service
		d.Refusal = &refusal
		s.refusal(&b, d)
		return b.String()
	}
	if p := d.Prediction; p != nil {
		if d.Timeline != nil {
			b.WriteString("\n" + indent(timeline.Text(*d.Timeline, timeline.TextOptions{Width: s.width() - 2, ASCII: !s.Unicode, Paint: s.phase})))
		}
		b.WriteString("\n")
		s.drainPrediction(&b, *p)
	}
	return b.String()
}

func (s *Streams) drainPrediction(b *strings.Builder, p Prediction) {
	if p.Succeeded > 0 {
		fmt.Fprintf(b, "Plan: %s leave. %s expected, %s at worst in 9 of 10 (%d simulated runs).\n", count(p.Replaced, "task"), span(p.Expected), span(p.P90), p.Seeds)
	}
	for _, w := range p.Cautions() {
		fmt.Fprintf(b, "  %s %s\n", s.paint(amber, "!"), w)
	}
	for _, r := range p.Remedies {
		fmt.Fprintf(b, "    %s\n", r)
	}
	for _, a := range p.Assumed {
		fmt.Fprintf(b, "  assumed: %s\n", a)
	}
}

// hostsText names the instances.
func hostsText(hosts []Host) string {
	if len(hosts) == 1 {
		return hosts[0].Name
	}
	return count(len(hosts), "instance")
}

// hostText says where one instance is, of which type, and how many tasks there are on all of them.
func hostText(hosts []Host) string {
	tasks := 0
	for _, h := range hosts {
		tasks += h.Tasks
	}
	var parts []string
	if len(hosts) == 1 {
		for _, part := range []string{hosts[0].Zone, hosts[0].Shape} {
			if part != "" {
				parts = append(parts, part)
			}
		}
	}
	return " (" + strings.Join(append(parts, count(tasks, "task")), ", ") + ")"
}

// leaving prints what is foreseen of each service whose tasks leave.
func (p *plain) leaving(d Start) error {
	for _, l := range d.Leaving {
		f := l.Foreseen
		if f == nil {
			continue
		}
		if err := p.line(d.Moment, "foreseen", l.name()+": "+count(l.Tasks, "task"), pair("desired", f.Desired), pair("lowest", f.Lowest), pair("peak", f.Peak), pair("gone", f.Gone)); err != nil {
			return err
		}
		if len(f.Durations) == 0 {
			continue
		}
		if err := p.line(d.Moment, "durations", l.name()+": "+strings.Join(durationTexts(f.Durations), ", ")); err != nil {
			return err
		}
	}
	return nil
}

// AskDrain prints what is known of a drain before a question is asked. It goes where questions go.
func (s *Streams) AskDrain(p Plan) error {
	_, err := fmt.Fprintf(s.Err, "\n%s\n", s.plainly(s.drainText(p)))
	return err
}

// carried are the lines of the picture of a drain: one for each service, with a glyph for each of its tasks on the instances and what has become of them.
func (s picture) carried(p paper) []string {
	width := 0
	for _, l := range s.start.Leaving {
		width = max(width, visible(l.name()))
	}
	most := 0
	for _, l := range s.start.Leaving {
		most = max(most, len(s.lanesOf(l.Service)))
	}
	var lines []string
	for _, l := range s.start.Leaving {
		lanes := s.lanesOf(l.Service)
		glyphs := ""
		if most <= foldTasks && width+most+40 <= p.width {
			for _, lane := range lanes {
				glyphs += s.laneGlyph(p, lane)
			}
			glyphs = pad(glyphs, most) + "   "
		}
		lines = append(lines, "  "+pad(l.name(), width)+"  "+glyphs+s.fate(l, lanes))
	}
	return lines
}

// lanesOf are the tasks of a service on the instances; those of none are known by their family.
func (s picture) lanesOf(service string) []timeline.Lane {
	named := func(name string) bool {
		return slices.ContainsFunc(s.start.Leaving, func(p Prospect) bool { return p.Service == name && name != "" })
	}
	var lanes []timeline.Lane
	for _, l := range s.line.Lanes {
		if l.Service == service || service == "" && !named(l.Service) {
			lanes = append(lanes, l)
		}
	}
	return lanes
}

// laneGlyph is a tick for a task that is gone, or its phase.
func (s picture) laneGlyph(p paper, l timeline.Lane) string {
	phase, there := l.Last()
	switch {
	case there:
		return p.glyph(phase)
	case p.unicode:
		return p.paint(green, "✔")
	}
	return p.paint(green, "+")
}

// fate says what has become of a service's tasks: how many are gone, how many drain and for how long the first of these has, how many still run and what they wait for.
func (s picture) fate(l Prospect, lanes []timeline.Lane) string {
	gone, draining, running, since := 0, 0, 0, s.line.Until
	for _, lane := range lanes {
		phase, there := lane.Last()
		switch {
		case !there:
			gone++
		case phase == timeline.Draining:
			draining++
			since = min(since, lane.Spans[len(lane.Spans)-1].From)
		default:
			running++
		}
	}
	var words []string
	if gone > 0 {
		words = append(words, fmt.Sprintf("%d gone", gone))
	}
	if draining > 0 {
		words = append(words, fmt.Sprintf("%d draining (%s)", draining, Span(time.Duration(s.line.Until-since))))
	}
	if running > 0 {
		words = append(words, fmt.Sprintf("%d running%s", running, s.prospectOf(l)))
	}
	if len(words) == 0 {
		words = []string{"not seen yet"}
	}
	text := strings.Join(words, ", ")
	if l.Maximum > 0 {
		text += fmt.Sprintf(" (max raised to %d %%, put back at the end)", l.Maximum)
	}
	return text
}

// prospectOf is what running tasks of a service wait for, where it is not just their turn.
func (s picture) prospectOf(l Prospect) string {
	switch operation.ProspectKind(l.Kind) {
	case operation.Last:
		return ", a daemon that goes last"
	case operation.Skipped:
		return ", not waited for"
	case operation.Alone:
		if left := time.Duration(l.Bound*float64(time.Second)) - s.elapsed(); l.Bound > 0 && left > 0 {
			return ", stopped in " + Span(left)
		}
		return ", of no service"
	case operation.Blocked:
		return ", cannot move"
	case operation.Moves, operation.Doubted:
	}
	return ""
}

// drained is how many of the tasks on the instances are gone.
func (s picture) drained() string {
	gone := 0
	for _, l := range s.line.Lanes {
		if _, there := l.Last(); !there {
			gone++
		}
	}
	return fmt.Sprintf("%d of %s gone", gone, count(len(s.line.Lanes), "task"))
}
