package console

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"handover/internal/cluster"
	"handover/internal/forecast"
	"handover/internal/timeline"
)

// Forecast says what an operation is going to come to.
type Forecast struct {
	Moment
	Prediction
}

// Plan is the result of planning: what would be done, to which service as it was found, and what it would come to. Written to a file it binds the operation.
type Plan struct {
	At        time.Time `json:"at"`
	Operation string    `json:"operation"`
	Service   string    `json:"service"`
	Identity
	Definition  string             `json:"definition,omitempty"`
	Desired     int                `json:"desired"`
	Floor       int                `json:"floor"`
	Ceiling     int                `json:"ceiling"`
	Options     map[string]string  `json:"options,omitempty"` // flags of the operation by name
	Fingerprint string             `json:"fingerprint"`
	Prediction  *Prediction        `json:"forecast,omitempty"`
	Refusal     *cluster.Cause     `json:"refusal,omitempty"` // it would be refused
	Hints       []string           `json:"hints,omitempty"`
	Nothing     string             `json:"nothing,omitempty"` // why there is nothing to do
	Effects     []string           `json:"effects,omitempty"` // what becomes of what an earlier operation has left or begun
	Timeline    *timeline.Timeline `json:"timeline,omitempty"`
	Hosts       []Host             `json:"instances,omitempty"` // of a drain: what is drained
	Leaving     []Prospect         `json:"leaving,omitempty"`   // of a drain: one for each service with tasks on them
}

// Prediction are the figures of a forecast. Times are in seconds.
type Prediction struct {
	Seeds        int             `json:"seeds"`
	Succeeded    int             `json:"succeeded"`
	Expected     float64         `json:"expected"`
	P90          float64         `json:"p90"`
	P99          float64         `json:"p99"`
	Together     float64         `json:"together"`
	Batches      int             `json:"batches"`
	Replaced     int             `json:"replaced"`
	Peak         int             `json:"peak"`
	Lowest       int             `json:"lowest"`
	Calls        int             `json:"calls"`
	Timeout      float64         `json:"timeout"`
	FitsLambda   bool            `json:"fitsLambda"`
	Durations    []Duration      `json:"durations"` // none of a drain: each of its services has its own
	Alternatives []Alternative   `json:"alternatives,omitempty"`
	Obstacle     *cluster.Cause  `json:"obstacle,omitempty"`
	Remedies     []string        `json:"remedies,omitempty"`
	Warnings     []string        `json:"warnings,omitempty"`
	Room         []forecast.Room `json:"room,omitempty"`
	Assumed      []string        `json:"assumed,omitempty"`
	Gaps         []StatusGap     `json:"gaps,omitempty"`
}

// Duration is what a forecast rests on. Times are in seconds.
type Duration struct {
	Name   string  `json:"name"`
	Low    float64 `json:"low"`
	Median float64 `json:"median"`
	High   float64 `json:"high"`
	Source string  `json:"source"`
	Tasks  int     `json:"tasks,omitempty"`
	Detail string  `json:"detail,omitempty"`
}

// Alternative is what the same operation would come to with other flags.
type Alternative struct {
	Flags     string  `json:"flags"`
	Finishes  bool    `json:"finishes"` // in every run
	Seeds     int     `json:"seeds"`
	Succeeded int     `json:"succeeded"`
	Expected  float64 `json:"expected,omitempty"`
	P90       float64 `json:"p90,omitempty"`
	Peak      int     `json:"peak"`
	Lowest    int     `json:"lowest"`
}

func (Forecast) kind() string { return "forecast" }
func (Plan) kind() string     { return "plan" }

// Expected says how long it takes, in words; nothing where it does not succeed.
func (p Plan) Expected() string {
	if p.Prediction == nil || p.Prediction.Succeeded == 0 {
		return ""
	}
	return fmt.Sprintf("%s expected, %s at worst in 9 of 10", span(p.Prediction.Expected), span(p.Prediction.P90))
}

// Predict makes the figures of a forecast.
func Predict(base forecast.Base, f forecast.Forecast, timeout time.Duration) Prediction {
	p := Prediction{
		Seeds: f.Seeds, Succeeded: f.Succeeded, Expected: seconds(f.Took.P50), P90: seconds(f.Took.P90), P99: seconds(f.Took.P99), Together: seconds(f.Together.P50),
		Batches: f.Batches, Replaced: f.Replaced, Peak: f.Peak, Lowest: f.Lowest, Calls: int(f.Calls.P50), Timeout: seconds(timeout), FitsLambda: f.FitsLambda(),
		Obstacle: f.Obstacle, Remedies: f.Remedies, Warnings: slices.Concat(base.Warnings, f.Warnings), Assumed: base.Assumed, Room: base.Room,
	}
	p.Durations = durationsOf(base.Durations)
	for _, g := range base.Gaps {
		p.Gaps = append(p.Gaps, StatusGap{Part: string(g.Part), Permission: g.Permission, Error: g.Err.Error()})
	}
	return p
}

func durationsOf(all []forecast.Duration) []Duration {
	shown := make([]Duration, len(all))
	for i, d := range all {
		shown[i] = Duration{Name: d.Name, Low: seconds(d.Low), Median: seconds(d.Median), High: seconds(d.High), Source: string(d.Source), Tasks: d.Tasks, Detail: d.Detail}
	}
	return shown
}

// Instead makes an alternative of the forecast with other flags.
func Instead(flags string, f forecast.Forecast) Alternative {
	return Alternative{Flags: flags, Finishes: f.Succeeded == f.Seeds, Seeds: f.Seeds, Succeeded: f.Succeeded, Expected: seconds(f.Took.P50), P90: seconds(f.Took.P90), Peak: f.Peak, Lowest: f.Lowest}
}

// seconds are those of a duration, to a tenth: no forecast is better than that.
func seconds(d time.Duration) float64 { return d.Round(100 * time.Millisecond).Seconds() }

func span(seconds float64) string { return Span(time.Duration(seconds * float64(time.Second))) }

// forecast prints a forecast as lines of progress.
func (p *plain) forecast(d Forecast) error {
	for _, w := range d.Cautions() {
		if err := p.line(d.Moment, "warning", w); err != nil {
			return err
		}
	}
	if d.Succeeded > 0 {
		text := fmt.Sprintf("%s expected, %s at worst in 9 of 10", span(d.Expected), span(d.P90))
		if err := p.line(d.Moment, "predicted", text, pair("p50", d.Expected), pair("p90", d.P90), pair("p99", d.P99), pair("peak", d.Peak), pair("lowest", d.Lowest),
			pair("batches", d.Batches), pair("together", d.Together), pair("calls", d.Calls), pair("seeds", d.Seeds)); err != nil {
			return err
		}
	}
	if len(d.Durations) == 0 {
		return nil
	}
	return p.line(d.Moment, "durations", strings.Join(durationTexts(d.Durations), ", "))
}

// durationTexts say of each duration how long it is, and how that is known: "start 51s (14 samples)".
func durationTexts(all []Duration) []string {
	var texts []string
	for _, d := range all {
		how := d.Source
		if d.Source == string(forecast.Measured) {
			how = count(d.Tasks, "sample")
		}
		texts = append(texts, fmt.Sprintf("%s %s (%s)", d.Name, span(d.Median), how))
	}
	return texts
}

// Cautions are what stands in the way, and what is not known, in sentences.
func (p Prediction) Cautions() []string {
	var all []string
	if p.Obstacle != nil {
		text := p.Obstacle.Text
		if p.Succeeded > 0 {
			text = fmt.Sprintf("in %d of %d simulated runs: %s", p.Seeds-p.Succeeded, p.Seeds, text)
		}
		all = append(all, text)
	}
	all = append(all, p.Warnings...)
	for _, g := range p.Gaps {
		stead := "the forecast knows nothing of it"
		if g.Part == string(cluster.PartTargets) || g.Part == string(cluster.PartDefinitions) {
			stead = "the forecast assumes AWS's defaults"
		}
		all = append(all, fmt.Sprintf("not read: %s, which takes %s; %s", g.Part, g.Permission, stead))
	}
	return all
}

// planText is a plan for people.
func (s *Streams) planText(d Plan) string {
	if len(d.Hosts) > 0 {
		return s.drainText(d)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s   account %s · %s", d.Operation, d.Service, d.Account, d.Region)
	if d.Caller != "" {
		fmt.Fprintf(&b, " · as %s", d.Caller)
	}
	if d.Simulated {
		b.WriteString(" · simulated on the emulator")
	}
	b.WriteString("\n")
	if d.Definition != "" {
		fmt.Fprintf(&b, "task definition %s\n", revision(d.Definition))
	}
	fmt.Fprintf(&b, "\n  desired %d · never below %d healthy · never above %s\n", d.Desired, d.Floor, count(d.Ceiling, "task"))
	if d.Refusal != nil {
		s.refusal(&b, d)
		return b.String()
	}
	if d.Nothing != "" {
		fmt.Fprintf(&b, "\n%s Nothing to do: %s\n", s.mark(endStyle(cluster.Succeeded)), d.Nothing)
	}
	for _, e := range d.Effects {
		fmt.Fprintf(&b, "  · %s\n", e)
	}
	if d.Prediction == nil {
		return b.String()
	}
	fmt.Fprintf(&b, "  %s\n", strings.Join(durationTexts(d.Prediction.Durations), " · "))
	if d.Timeline != nil {
		b.WriteString("\n" + indent(timeline.Text(*d.Timeline, timeline.TextOptions{Width: s.width() - 2, ASCII: !s.Unicode, Paint: s.phase})))
	}
	b.WriteString("\n")
	s.predictionText(&b, *d.Prediction)
	if room := d.Prediction.Room; len(room) > 0 {
		texts := make([]string, len(room))
		for i, r := range room {
			texts[i] = r.Text
		}
		fmt.Fprintf(&b, "  room for more tasks: %s\n", strings.Join(texts, " · "))
	}
	for _, a := range d.Prediction.Assumed {
		fmt.Fprintf(&b, "  assumed: %s\n", a)
	}
	return b.String()
}

func (s *Streams) refusal(b *strings.Builder, d Plan) {
	fmt.Fprintf(b, "\n%s It would be refused: %s\n", s.mark(endStyle(cluster.Refused)), d.Refusal.Text)
	for _, e := range d.Refusal.Evidence {
		fmt.Fprintf(b, "  evidence   %s\n", e)
	}
	for _, h := range d.Hints {
		fmt.Fprintf(b, "  next       %s\n", h)
	}
}

// predictionText is what people are told before they decide.
func (s *Streams) predictionText(b *strings.Builder, p Prediction) {
	if p.Succeeded > 0 {
		replaced, together := "no task is replaced", ""
		switch {
		case p.Replaced > 0 && p.Batches == 0:
			replaced = count(p.Replaced, "task") + " stopped and none started"
		case p.Replaced > 0:
			replaced = fmt.Sprintf("%s replaced, started in %s", count(p.Replaced, "task"), batches(p.Batches))
			together = fmt.Sprintf(" Old and new serve together for %s.", span(p.Together))
		}
		fmt.Fprintf(b, "Plan: %s. Peak %s, never fewer than %d healthy.\n", replaced, count(p.Peak, "task"), p.Lowest)
		fmt.Fprintf(b, "      %s expected, %s at worst in 9 of 10 (%d simulated runs).%s\n", span(p.Expected), span(p.P90), p.Seeds, together)
		if !p.FitsLambda {
			b.WriteString("      It does not fit the 15 minutes of one Lambda invocation.\n")
		}
	}
	for _, w := range p.Cautions() {
		fmt.Fprintf(b, "  %s %s\n", s.paint(amber, "!"), w)
	}
	for _, r := range p.Remedies {
		fmt.Fprintf(b, "    %s\n", r)
	}
	for _, a := range p.Alternatives {
		text := fmt.Sprintf("%s, peak %s, never fewer than %d healthy", span(a.Expected), count(a.Peak, "task"), a.Lowest)
		switch {
		case a.Succeeded == 0:
			text = "never finishes"
		case !a.Finishes:
			text += fmt.Sprintf("; in %d of %d runs it does not end well", a.Seeds-a.Succeeded, a.Seeds)
		}
		fmt.Fprintf(b, "    %-48s %s\n", a.Flags, text)
	}
}

func batches(n int) string {
	if n == 1 {
		return "1 batch"
	}
	return fmt.Sprintf("%d batches", n)
}

// Ask prints what is known before a question is asked. It goes where questions go.
func (s *Streams) Ask(p Prediction) error {
	var b strings.Builder
	b.WriteString("\n")
	s.predictionText(&b, p)
	b.WriteString("\n")
	_, err := io.WriteString(s.Err, s.plainly(b.String()))
	return err
}

func indent(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if strings.TrimSpace(line) != "" {
			b.WriteString("  ")
		}
		b.WriteString(line)
	}
	return b.String()
}

// phase paints the glyphs of a lane.
func (s *Streams) phase(p timeline.Phase, glyphs string) string {
	switch p {
	case timeline.Healthy:
		return s.paint(green, glyphs)
	case timeline.Starting:
		return s.paint(amber, glyphs)
	case timeline.Unhealthy:
		return s.paint(red, glyphs)
	case timeline.Pending, timeline.Draining:
	}
	return glyphs
}

// width is how many columns results may have: as many as the terminal, and no more than are read with ease.
func (s *Streams) width() int {
	const most = 100
	if s.Columns > 0 {
		return min(s.Columns, most)
	}
	return most
}

// NoForecast says why there is none.
func (n *Narrator) NoForecast(why error, now time.Time) Note {
	return n.Warn("no forecast: "+why.Error(), now)
}

// Forecast tells what the operation is going to come to.
func (n *Narrator) Forecast(p Prediction, now time.Time) Forecast {
	n.predicted = &p
	return Forecast{Moment: n.moment(now), Prediction: p}
}
