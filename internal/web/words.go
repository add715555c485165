package web

import (
	"fmt"
	"html/template"
	"strings"
	"time"

	"handover/internal/console"
	"handover/internal/timeline"
)

func escape(text string) template.HTML {
	return template.HTML(template.HTMLEscapeString(text)) //nolint:gosec // escaped
}

// withoutName leaves out of an event which service it is of, which the page says already: "(service test) has started 1 tasks" becomes "has started 1 tasks".
func withoutName(message string) string {
	if rest, ok := strings.CutPrefix(message, "(service "); ok {
		if _, said, found := strings.Cut(rest, ") "); found {
			return said
		}
	}
	return message
}

// outcome are the figures of a run that is over, or predicted to its end.
func outcome(t timeline.Timeline) []figure {
	return []figure{
		{Name: "Takes", Value: console.Span(time.Duration(t.Until))},
		{Name: "Lowest healthy", Value: fmt.Sprint(t.Lowest()), Of: fmt.Sprintf("of %d", t.Desired), Note: fmt.Sprintf("floor %d", t.Floor), Tone: badIf(t.Lowest() < t.Floor || t.Lowest() == 0)},
		{Name: "Peak", Value: fmt.Sprint(t.Peak()), Of: "tasks", Note: fmt.Sprintf("ceiling %d", t.Ceiling)},
		{Name: "Old and new at once", Value: console.Span(t.Mixed()), Note: "two versions serve"},
		{Name: "Below desired", Value: console.Span(short(t)), Note: "fewer healthy than desired", Tone: badIf(t.Lowest() == 0)},
	}
}

// short is how long fewer tasks were healthy than desired.
func short(t timeline.Timeline) time.Duration {
	total := timeline.Offset(0)
	for i, c := range t.Counts {
		until := t.Until
		if i+1 < len(t.Counts) {
			until = t.Counts[i+1].At
		}
		if c.Healthy < t.Desired {
			total += until - c.At
		}
	}
	return time.Duration(total)
}

// planView puts a plan into a frame.
func (s *Server) planView(p planned, look timeline.Drawing) frame {
	f, bounds := p.forecast, p.restart.Bounds
	desired := p.view.Service.Desired
	l := lead{Tone: "ok", Mark: "◌", Title: fmt.Sprintf("A restart now takes about %s, with never fewer than %d of %d healthy", console.Span(f.Took.P50), f.Lowest, desired),
		Line: fmt.Sprintf("%s at worst in 9 of 10 · %d simulated runs", console.Span(f.Took.P90), f.Seeds)}
	if f.Obstacle != nil && f.Succeeded == 0 {
		l = lead{Tone: "bad", Mark: "✖", Title: "It would not succeed", Line: f.Obstacle.Text, Notes: f.Remedies}
	}
	line := p.line
	look.Predicted, look.ID = &line, "plan"
	view := render(pages(), scene{Lead: l, Figures: outcome(line), Drawing: look, Events: eventsOf(line, nil)})
	view.Confirm = p.confirmation()
	view.Question = fmt.Sprintf("Restart %s: %d tasks are replaced, about %s. At least %d stay healthy, and there are at most %d tasks.", p.restart.Service, desired, console.Span(f.Took.P50),
		bounds.Floor(desired), bounds.Ceiling(desired))
	if p.danger() {
		view.Question += fmt.Sprintf(" That is fewer than the service's own floor of %d.", p.view.Service.Bounds.Floor(desired))
	}
	return view
}
