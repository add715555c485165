package console

import (
	"fmt"
	"strings"
	"time"

	"handover/internal/diagnosis"
)

// Diagnosis is why a service does not get on.
type Diagnosis struct {
	diagnosis.Diagnosis
	Identity
	Exit int `json:"exit"`
}

func (Diagnosis) kind() string { return "diagnosis" }

func stateStyle(s diagnosis.State) style {
	switch s {
	case diagnosis.Healthy:
		return style{"✔", "ok", green}
	case diagnosis.Moving:
		return style{"●", "*", amber}
	case diagnosis.RolledBack, diagnosis.Unstable:
		return style{"!", "!", amber}
	case diagnosis.Stuck, diagnosis.Gone:
		return style{"✖", "x", red}
	}
	return style{"!", "!", amber}
}

func (s *Streams) diagnosisText(d Diagnosis) string {
	var b strings.Builder
	b.WriteString(s.whereText(d.Service, d.Identity))
	fmt.Fprintf(&b, "\n%s %s\n", s.mark(stateStyle(d.State)), d.Summary)
	for i, c := range d.Causes {
		word := "ALSO"
		if i == 0 {
			word = causeWord(d.State)
		}
		fmt.Fprintf(&b, "\n%-8s%s   (%s)\n", word, c.Text, c.Certainty)
		s.evidenceText(&b, c.Evidence)
		if i == 0 {
			s.circumstances(&b, d.Diagnosis)
		}
	}
	if len(d.RuledOut) > 0 {
		fmt.Fprintf(&b, "\n  ruled out  %s\n", strings.Join(d.RuledOut, " · "))
	}
	for _, u := range d.Unread {
		fmt.Fprintf(&b, "  not read   %s; it takes %s\n", u.Part, u.Permission)
	}
	if d.ByItself != "" || len(d.Next) > 0 {
		b.WriteString("\nWHAT NEXT\n")
	}
	if d.ByItself != "" {
		fmt.Fprintf(&b, "  by itself  %s\n", d.ByItself)
	}
	for _, r := range d.Next {
		fmt.Fprintf(&b, "  %-9s  %s\n", r.Kind, remedyText(r))
	}
	fmt.Fprintf(&b, "\n%s.\n", strings.TrimSuffix(d.Impact.Text, "."))
	return b.String()
}

// causeWord heads the first cause. Of a service that gets on, it is the cause of nothing but of what was seen.
func causeWord(s diagnosis.State) string {
	if s == diagnosis.Healthy || s == diagnosis.Moving {
		return "SEEN"
	}
	return "CAUSE"
}

// circumstances are what stands beside the evidence of the first cause.
func (s *Streams) circumstances(b *strings.Builder, d diagnosis.Diagnosis) {
	for i, change := range d.Changed {
		word := "changed"
		if i > 0 {
			word = ""
		}
		fmt.Fprintf(b, "  %-15s  %s\n", word, change)
	}
	if d.LastLog != "" {
		fmt.Fprintf(b, "  %-15s  %q\n", "last log line", d.LastLog)
	}
}

func (s *Streams) evidenceText(b *strings.Builder, all []diagnosis.Evidence) {
	for _, e := range all {
		at := ""
		if e.At != nil {
			at = e.At.In(s.Zone).Format(time.TimeOnly) + "  "
		}
		fmt.Fprintf(b, "  %-15s  %s%s\n", evidenceWord(e.Kind), at, Shorten(e.Text))
	}
}

func evidenceWord(kind string) string {
	if kind == "more" {
		return ""
	}
	return kind
}

// whereText is the first line of a document about a service: who looks at what, and where it is.
func (s *Streams) whereText(service string, who Identity) string {
	name, _, _ := strings.Cut(service, "/")
	text := fmt.Sprintf("%s   account %s · %s · cluster %s", service, who.Account, who.Region, name)
	if who.Caller != "" {
		text += " · as " + who.Caller
	}
	if who.Simulated {
		text += " · simulated on the emulator"
	}
	return text
}

// remedyText has the command first, because it is what is copied.
func remedyText(r diagnosis.Remedy) string {
	if r.Command == "" {
		return r.Text
	}
	if r.Kind == "mend" {
		return fmt.Sprintf("%s\n  %-9s  %s", r.Text, "", r.Command)
	}
	return fmt.Sprintf("%-48s  %s", r.Command, r.Text)
}
