package console

import (
	"fmt"
	"io"
	"strings"
	"time"

	"handover/internal/cluster"
	"handover/internal/operation"
)

// plain prints each document as one line of progress.
type plain struct {
	w       io.Writer
	zone    *time.Location
	counted Change   // the counts that were printed last
	waited  Waiting  // what was first said to be waited for
	several *several // of an operation on several services
}

const textWidth = 44

func (p *plain) Tell(d Document) error {
	if p.several != nil {
		return p.several.tell(d)
	}
	switch d := d.(type) {
	case Plans:
		if d.Only {
			return nil
		}
		p.several = newSeveral(p, d)
		return p.several.begin(d)
	case Start:
		return p.start(d)
	case Forecast:
		return p.forecast(d)
	case Event:
		return p.line(d.Moment, "event", Shorten(d.Message))
	case Change:
		return p.change(d)
	case Waiting:
		return p.waiting(d)
	case Note:
		return p.line(d.Moment, noteWord(d), d.Text)
	case Verdict:
		return p.verdict(d)
	}
	return nil
}

func (p *plain) start(d Start) error {
	name, _, _ := strings.Cut(d.Service, "/")
	pairs := []string{pair("account", d.Account), pair("region", d.Region), pair("cluster", name)}
	if d.Caller != "" {
		pairs = append(pairs, pair("caller", d.Caller))
	}
	if d.Definition != "" {
		pairs = append(pairs, pair("definition", revision(d.Definition)))
	}
	if d.Definition != "" { // it is about a service
		pairs = append(pairs, pair("desired", d.Desired), pair("floor", d.Floor), pair("ceiling", d.Ceiling))
	}
	pairs = append(pairs, pair("simulated", d.Simulated))
	if err := p.line(d.Moment, d.Operation, d.Service, pairs...); err != nil {
		return err
	}
	if d.Timeout == 0 {
		return p.line(d.Moment, "timeout", "none")
	}
	if err := p.line(d.Moment, "timeout", Span(time.Duration(d.Timeout*float64(time.Second)))); err != nil {
		return err
	}
	return p.leaving(d)
}

func (p *plain) change(d Change) error {
	before := p.counted
	p.counted = d
	if d.Deployment != before.Deployment {
		if err := p.line(d.Moment, "deployment", d.Deployment); err != nil {
			return err
		}
		before.Deployment = d.Deployment
	}
	if before.Moment = d.Moment; before == d {
		return nil
	}
	return p.line(d.Moment, "tasks", d.text(), pair("tasks", d.Tasks), pair("healthy", d.Healthy), pair("old", d.Old), pair("new", d.New), pair("draining", d.Draining))
}

// text is the counts that are not 0: 3 old, 2 new.
func (d Change) text() string {
	var parts []string
	for _, part := range []struct {
		count int
		word  string
	}{{d.Old, "old"}, {d.New, "new"}, {d.Draining, "draining"}} {
		if part.count > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", part.count, part.word))
		}
	}
	if len(parts) == 0 {
		return "none"
	}
	return strings.Join(parts, ", ")
}

func noteWord(d Note) string {
	if d.Level == operation.Warning {
		return "warning"
	}
	return "note"
}

// waiting says what is waited for, and, when it is said again, for how long that has been so.
func (p *plain) waiting(d Waiting) error {
	if p.waited.Object != d.Object || p.waited.Condition != d.Condition || p.waited.Done != d.Done || p.waited.Of != d.Of {
		p.waited = d
	}
	var pairs []string
	if d.Of > 0 {
		pairs = append(pairs, pair("done", d.Done), pair("of", d.Of))
	}
	if waited := d.elapsed() - p.waited.elapsed(); waited > 0 {
		pairs = append(pairs, pair("waited", Span(waited)))
	}
	if d.Bound > 0 {
		pairs = append(pairs, pair("bound", Span(time.Duration(d.Bound*float64(time.Second)))))
	}
	return p.line(d.Moment, "waiting", d.Object+" "+d.Condition, pairs...)
}

func (p *plain) verdict(d Verdict) error {
	for _, c := range d.Counts {
		if err := p.line(d.Moment, "counted", c.Service, pair("desired", c.Desired), pair("peak", c.Peak), pair("lowest", c.Lowest)); err != nil {
			return err
		}
	}
	return p.line(d.Moment, endWord(d), d.Summary, endPairs(d)...)
}

func endWord(d Verdict) string {
	if d.Verdict == cluster.Succeeded {
		return "done"
	}
	return string(d.Verdict)
}

func endPairs(d Verdict) []string {
	pairs := []string{pair("exit", d.Exit), pair("replaced", d.Replaced), pair("failed", d.Failed)}
	if d.Operation != operation.KindDrain || len(d.Counts) > 0 { // a drain that could not read the services has counted nothing
		pairs = append(pairs, pair("peak", d.Peak), pair("lowest", d.Lowest))
	}
	if d.Predicted != nil {
		pairs = append(pairs, pair("took", d.Took), pair("predicted", d.Predicted.P50))
	}
	return pairs
}

// line prints one line. Line breaks within a text would break the form, so they become spaces.
func (p *plain) line(m Moment, word, text string, pairs ...string) error {
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' || r == '\t' }), " ")
	if len(pairs) > 0 {
		text = fmt.Sprintf("%-*s %s", textWidth, text, strings.Join(pairs, " "))
	}
	_, err := fmt.Fprintf(p.w, "%s %5s %-11s %s\n", m.At.In(p.zone).Format(time.TimeOnly), clock(m.elapsed()), word, text)
	return err
}

func pair(key string, value any) string { return fmt.Sprintf("%s=%v", key, value) }

// clock is a time since the beginning as m:ss, and as h:mm:ss from an hour on.
func clock(d time.Duration) string {
	s := int(d / time.Second)
	if s < 3600 {
		return fmt.Sprintf("%d:%02d", s/60, s%60)
	}
	return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
}

// Span is a duration as people are shown it, in its two greatest units: 41s, 6m02s, 2h05m, 3d4h.
func Span(d time.Duration) string {
	s := int(d.Round(time.Second) / time.Second)
	switch {
	case s < 60:
		return fmt.Sprintf("%ds", s)
	case s < 3600:
		return fmt.Sprintf("%dm%02ds", s/60, s%60)
	case s < 86400:
		return fmt.Sprintf("%dh%02dm", s/3600, s/60%60)
	}
	if s/3600%24 == 0 {
		return fmt.Sprintf("%dd", s/86400)
	}
	return fmt.Sprintf("%dd%dh", s/86400, s/3600%24)
}

// Shorten makes an event of ECS fit a line: tasks by the first six digits of their ids, target groups by their names. The documents have it in full.
func Shorten(message string) string {
	words := strings.Fields(message)
	for i, word := range words {
		core := strings.TrimRight(word, ").,")
		switch {
		case cluster.IsARN(core):
			words[i] = revision(core) + word[len(core):]
		case isTaskID(core):
			words[i] = cluster.ShortID(core) + word[len(core):]
		}
	}
	return strings.Join(words, " ")
}

func isTaskID(word string) bool {
	return len(word) == 32 && strings.Trim(word, "0123456789abcdef") == ""
}

// revision shortens the ARN of a task definition to family:revision, and that of a target group to its name.
func revision(arn string) string {
	parsed, err := cluster.ParseARN(arn)
	if err != nil {
		return arn
	}
	parts := strings.Split(parsed.Resource, "/")
	if parts[0] == "targetgroup" && len(parts) > 1 {
		return parts[1]
	}
	return parts[len(parts)-1]
}
