package web

import (
	"fmt"
	"html/template"
	"strings"
	"time"
	"unicode"

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

const lowest = "Lowest healthy"

// outcome are the figures of a run that is over, or predicted to its end.
func outcome(t timeline.Timeline) []figure {
	if t.Carried() {
		return append([]figure{{Name: "Takes", Value: console.Span(time.Duration(t.Until))}}, onInstance(t)...)
	}
	return []figure{
		{Name: "Takes", Value: console.Span(time.Duration(t.Until))},
		{Name: lowest, Value: fmt.Sprint(t.Lowest()), Of: fmt.Sprintf("of %d", t.Desired), Note: fmt.Sprintf("floor %d", t.Floor), Tone: badIf(t.Lowest() < t.Floor || t.Lowest() == 0)},
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

// doing is an operation while it runs.
func doing(operation string) string {
	words := map[string]string{"restart": "Restarting", "recycle": "Recycling", "update": "Updating", "rollback": "Rolling back", "drain": "Draining", "abort": "Aborting", "restore": "Restoring", "reactivate": "Reactivating"}
	if word, known := words[operation]; known {
		return word
	}
	return Sentence(operation) + " of"
}

// Sentence begins a text as a sentence does, but for one that begins with a name: default/api, i-0ab1c2d3.
func Sentence(text string) string {
	first, _, _ := strings.Cut(text, " ")
	if first == "" || strings.ContainsFunc(first, func(r rune) bool { return r != ',' && !unicode.IsLetter(r) }) {
		return text
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// words is a lead as it stands on the page.
func words(l lead) string {
	var b strings.Builder
	if err := pages().ExecuteTemplate(&b, "lead", l); err != nil {
		return template.HTMLEscapeString(err.Error())
	}
	return b.String()
}
