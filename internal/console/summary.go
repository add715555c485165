package console

import (
	"fmt"
	"strings"
	"time"

	"handover/internal/cluster"
	"handover/internal/diagnosis"
	"handover/internal/operation"
)

// summary prints a verdict for people.
type summary struct{ s *Streams }

func (p summary) Tell(d Document) error {
	switch d := d.(type) {
	case Verdict:
		_, err := fmt.Fprint(p.s.Out, p.s.plainly(p.verdict(d)))
		return err
	case Plans:
		if d.Only {
			_, err := fmt.Fprint(p.s.Out, p.s.plainly(p.s.plansText(d)))
			return err
		}
	case Plan:
		_, err := fmt.Fprint(p.s.Out, p.s.plainly(p.s.planText(d)))
		return err
	case Status:
		_, err := fmt.Fprint(p.s.Out, p.s.plainly(p.s.statusText(d)))
		return err
	case Diagnosis:
		_, err := fmt.Fprint(p.s.Out, p.s.plainly(p.s.diagnosisText(d)))
		return err
	}
	return nil
}

func (p summary) verdict(d Verdict) string {
	var b strings.Builder
	if len(d.Services) > 0 {
		return p.several(d)
	}
	switch d.Verdict {
	case cluster.Succeeded:
		fmt.Fprintf(&b, "%s %s%s\n", p.s.mark(endStyle(cluster.Succeeded)), d.Summary, tookText(d))
	case cluster.Refused:
		fmt.Fprintf(&b, "%s %s of %s was refused: %s (exit %d)\n", p.s.mark(endStyle(d.Verdict)), d.Operation, d.Service, d.Summary, d.Exit)
	default:
		fmt.Fprintf(&b, "%s %s of %s %s after %s: %s (exit %d)\n", p.s.mark(endStyle(d.Verdict)), d.Operation, d.Service, ended(d.Verdict), Span(d.elapsed()), d.Summary, d.Exit)
	}
	if d.Cause != nil && !d.explained() {
		p.cause(&b, d)
	}
	if d.Diagnosis != nil {
		p.diagnosis(&b, *d.Diagnosis)
	}
	if d.Operation == operation.KindDrain && d.Replaced+len(d.Counts) > 0 {
		p.drained(&b, d)
	} else if d.Replaced+d.Failed+d.Peak > 0 {
		fmt.Fprintf(&b, "  %s replaced · peak %s · never fewer than %d healthy · %s\n", count(d.Replaced, "task"), count(d.Peak, "task"), d.Lowest, count(d.Failed, "failed start"))
	}
	if d.Deployment != "" {
		fmt.Fprintf(&b, "  deployment %s\n", d.Deployment)
	}
	for _, hint := range d.Hints {
		fmt.Fprintf(&b, "  next       %s\n", hint)
	}
	if d.Report != "" {
		fmt.Fprintf(&b, "  report     %s\n", d.Report)
	}
	if d.Simulated {
		b.WriteString("  simulated on the emulator; AWS was not touched\n")
	}
	return b.String()
}

// drained says what a drain came to, of each service and of all.
func (p summary) drained(b *strings.Builder, d Verdict) {
	fmt.Fprintf(b, "  %s gone\n", count(d.Replaced, "task"))
	width := 0
	for _, c := range d.Counts {
		width = max(width, visible(c.Service))
	}
	for _, c := range d.Counts {
		fmt.Fprintf(b, "    %s  peak %s, never fewer than %d of %d healthy\n", pad(c.Service, width), count(c.Peak, "task"), c.Lowest, c.Desired)
	}
	if len(d.Counts) > 1 {
		fmt.Fprintf(b, "    %s  peak %s, never fewer than %d healthy\n", pad("all", width), count(d.Peak, "task"), d.Lowest)
	}
}

func (p summary) cause(b *strings.Builder, d Verdict) {
	if d.Cause.Text != d.Summary {
		certainty := "likely"
		if d.Cause.Certain {
			certainty = "certain"
		}
		fmt.Fprintf(b, "  cause      %s (%s)\n", d.Cause.Text, certainty)
	}
	for _, line := range d.Cause.Evidence {
		fmt.Fprintf(b, "  evidence   %s\n", line)
	}
}

// explained tells whether the diagnosis gives the verdict's own cause.
func (d Verdict) explained() bool {
	return d.Diagnosis != nil && len(d.Diagnosis.Causes) > 0 && d.Diagnosis.Causes[0].Text == d.Cause.Text
}

// diagnosis is what was found to be the reason, in short; the command diagnose shows all of it.
func (p summary) diagnosis(b *strings.Builder, d diagnosis.Diagnosis) {
	if len(d.Causes) > 0 {
		c := d.Causes[0]
		fmt.Fprintf(b, "  why        %s (%s)\n", c.Text, c.Certainty)
		for _, e := range c.Evidence[:min(len(c.Evidence), 2)] {
			fmt.Fprintf(b, "  evidence   %s\n", Shorten(e.Text))
		}
	}
	if d.ByItself != "" {
		fmt.Fprintf(b, "  by itself  %s\n", d.ByItself)
	}
	fmt.Fprintf(b, "  now        %s\n", d.Impact.Text)
}

// tookText is how long it took, where there was something to do.
func tookText(d Verdict) string {
	if d.Replaced == 0 {
		return ""
	}
	text := " in " + Span(d.elapsed())
	if d.Predicted == nil {
		return text
	}
	sign, off := "+", d.Took-d.Predicted.P50
	if off < 0 {
		sign, off = "−", -off
	}
	return fmt.Sprintf("%s   predicted %s (%s%s)", text, span(d.Predicted.P50), sign, span(off))
}

func endStyle(e cluster.End) style {
	switch e {
	case cluster.Failed, cluster.Unclear, cluster.TimedOut:
		return style{"✖", "x", red}
	case cluster.Succeeded:
		return style{"✔", "ok", green}
	case cluster.Refused, cluster.Superseded, cluster.Interrupted:
		return style{"!", "!", amber}
	}
	return style{"!", "!", amber}
}

func ended(e cluster.End) string {
	switch e {
	case cluster.Failed:
		return "FAILED"
	case cluster.TimedOut:
		return "timed out"
	case cluster.Refused:
		return "was refused"
	case cluster.Superseded:
		return "was superseded"
	case cluster.Interrupted:
		return "was interrupted"
	case cluster.Unclear:
		return "ended without a clear result"
	case cluster.Succeeded:
		return "succeeded"
	}
	return string(e)
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func age(at, created time.Time) string {
	if created.IsZero() {
		return "-"
	}
	return Span(max(0, at.Sub(created)))
}
