package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"handover/internal/cluster"
	"handover/internal/console"
	"handover/internal/record"
	"handover/internal/timeline"
)

// subject shows a service or an instance; what it is doing comes as frames.
func (s *Server) subject(of func(*http.Request) Subject) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		subject := of(r)
		bounds := s.bounds(r, subject)
		waiting := stage{Side: "now", Label: "The " + subject.word() + " now", Lead: "<h1>" + escape(subject.String()) + "</h1><p class=\"line\">reading it…</p>"}
		all := operations{Path: subject.path(), Actions: s.options.Actions}
		forms := s.options.Forms
		if subject.Instance {
			forms = s.options.Drains
		}
		for _, f := range forms {
			all.Forms = append(all.Forms, f.within(bounds))
		}
		s.show(w, page{Kind: "subject", Title: subject.String(), Stage: waiting, Planned: stage{Side: "plan", Label: "The plan"}, Operations: all})
	}
}

// bounds are those of a service, with which sliders begin; AWS's own where they cannot be read, which the frames then say.
func (s *Server) bounds(r *http.Request, subject Subject) cluster.Bounds {
	known := s.hub.of(subject).now()
	if known.At.IsZero() && !subject.Instance {
		if snapshot, err := s.options.Place.Provider.Observe(r.Context(), subject.scope(false)); err == nil {
			known.View, _ = subject.view(snapshot)
		}
	}
	if known.View.Service.Bounds == (cluster.Bounds{}) {
		return cluster.DefaultBounds()
	}
	return known.View.Service.Bounds
}

// within is the form whose bounds begin as the service's own are.
func (f Form) within(b cluster.Bounds) Form {
	f.Fields = slices.Clone(f.Fields)
	for i := range f.Fields {
		switch field := &f.Fields[i]; field.Name {
		case MinimumField:
			field.Value = strconv.Itoa(b.MinimumHealthyPercent)
		case MaximumField:
			field.Value, field.Most = strconv.Itoa(b.MaximumPercent), max(field.Most, b.MaximumPercent)
		}
	}
	return f
}

// The fields whose values begin as the service's own bounds.
const (
	MinimumField = "min-healthy-percent"
	MaximumField = "max-percent"
)

// atMost is how often a page is sent a frame: five times a second, which is as fast as anybody can follow, however fast an emulator runs.
const atMost = 200 * time.Millisecond

// frames sends the service's frames as they come, as server-sent events. The browser asks again by itself after the connection was lost.
func (s *Server) frames(of func(*http.Request) Subject) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { s.hub.of(of(r)).send(w, r) }
}

// send sends frames until the viewer has left or the server ends.
func (w *watch) send(to http.ResponseWriter, r *http.Request) {
	look, templates := drawing(r), pages()
	changed, leave := w.view()
	defer leave()
	to.Header().Set("Content-Type", "text/event-stream")
	flush := http.NewResponseController(to)
	if _, err := fmt.Fprint(to, "retry: 1000\n\n"); err != nil || flush.Flush() != nil {
		return
	}
	for over := false; !over; {
		select {
		case <-changed:
		case <-r.Context().Done():
			return
		case <-w.hub.ctx.Done():
			over = true // what it has come to is shown before the server ends
		}
		now := w.now()
		text, err := json.Marshal(render(templates, now.scene(w.subject, look)))
		if err != nil {
			return
		}
		if _, err := fmt.Fprintf(to, "event: frame\ndata: %s\n\n", text); err != nil || flush.Flush() != nil {
			return
		}
		rest(r, atMost)
	}
}

// rest waits in the machine's time, or until the viewer has left.
func rest(r *http.Request, d time.Duration) {
	timer := time.NewTimer(d) //nolint:forbidigo // the browser's time, not the world's
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
	}
}

// scene puts what is known into a picture and words.
func (s sight) scene(subject Subject, look timeline.Drawing) scene {
	if s.At.IsZero() {
		empty := timeline.Timeline{Kind: timeline.Actual, Operation: subject.word(), Service: subject.Key()}
		look.Actual = &empty
		return scene{Lead: lead{Tone: "bad", Mark: "✖", Title: subject.String(), Line: s.Problem}, Drawing: look, Live: true}
	}
	look.Actual, look.Predicted, look.Wall = &s.Line, s.Predicted, s.Line.Operation == subject.word()
	all := scene{Lead: s.lead(subject), Figures: standing(s.Line), Drawing: look, Live: !s.Line.Ended, Busy: s.Operation != nil && s.Operation.Verdict == nil, Events: eventsOf(s.Line, s.Predicted, look.Wall)}
	if subject.Instance {
		all.Figures, all.Events = onInstance(s.Line), []event{{Divider: true, Message: "ECS tells none of an instance"}}
	}
	if held := s.held(); held != "" && !all.Busy {
		all.Lead.Notes = append(all.Lead.Notes, held)
	}
	if why := s.diagnosed(subject); why != nil && !all.Busy {
		all.Lead.Why = why
		if s.Operation == nil {
			all.Lead.Tone, all.Lead.Mark, all.Lead.Title = "bad", "✖", subject.String()+" does not get on"
		}
	}
	if s.Before != "" {
		all.Lead.Notes = append(all.Lead.Notes, s.Before)
	}
	if s.Problem != "" {
		all.Lead.Notes = append(all.Lead.Notes, "Not up to date: "+s.Problem)
	}
	return all
}

// held says which operation is written on the service, whoever began it and wherever it runs.
func (s sight) held() string {
	found, err := record.Read(s.View.Service.Tags)
	switch {
	case err != nil || found.Record == nil:
		return ""
	case found.Record.Live(s.At):
		return fmt.Sprintf("%s of %s is at it since %s. Abort has it stop and put everything back.", Sentence(found.Record.Kind), found.Record.Owner, found.Record.Since.UTC().Format("15:04:05 UTC"))
	}
	return fmt.Sprintf("%s of %s has left something behind, and nobody is at it any more. Restore puts it back.", Sentence(found.Record.Kind), found.Record.Owner)
}

// lead is the page's first line: what goes on, and how far it has come.
func (s sight) lead(subject Subject) lead {
	v := s.View.Service
	if o := s.Operation; o != nil {
		return o.lead(s, subject)
	}
	primary, _ := v.Primary()
	at := s.At.UTC().Format("15:04:05 UTC")
	switch steady := subject.steady(v); {
	case subject.Instance && steady:
		return lead{Tone: "ok", Mark: "●", Title: fmt.Sprintf("%s is %s", subject.Name, primary.ID), Line: "container instance of cluster " + subject.Cluster + " · at " + at}
	case subject.Instance:
		return lead{Tone: "warn", Mark: "◐", Title: fmt.Sprintf("%s is %s, with tasks still on it", subject.Name, primary.ID), Line: "container instance of cluster " + subject.Cluster + " · at " + at}
	case steady:
		return lead{Tone: "ok", Mark: "●", Title: subject.String() + " is steady", Line: fmt.Sprintf("%s · %s · bounds %d/%d · at %s", cluster.Revision(v.Definition), launch(v), v.Bounds.MinimumHealthyPercent, v.Bounds.MaximumPercent, at)}
	}
	l := lead{Tone: "warn", Mark: "◐", Title: subject.String() + " is being deployed", Notes: []string{fmt.Sprintf("%s, since %s", primary.ID, console.Span(s.At.Sub(primary.CreatedAt)))}}
	if primary.Rollout == cluster.RolloutFailed {
		l.Tone, l.Mark, l.Title = "bad", "✖", subject.String()+": the deployment has failed"
	}
	return l
}

func launch(s cluster.Service) string {
	if s.Launch == "" {
		return "capacity providers"
	}
	return string(s.Launch)
}

func (o *running) lead(s sight, subject Subject) lead {
	l := lead{Tone: "warn", Mark: "◐", Title: doing(o.Name) + " " + subject.String()}
	took := time.Duration(s.Line.Until)
	if o.Verdict == nil {
		l.Line = console.Span(took)
		if s.Predicted != nil {
			l.Line += " of about " + console.Span(time.Duration(s.Predicted.Until)) + onTime(s.Line, *s.Predicted)
		}
		if c := o.Waiting; c != nil {
			l.Notes = append(l.Notes, "Waiting for "+c.Object+" "+c.Condition+progress(*c))
		}
	} else {
		l = o.ended(s)
	}
	for _, n := range o.Notes {
		l.Notes = append(l.Notes, n.Text)
	}
	return l
}

// ended is the lead of an operation that is over.
func (o *running) ended(s sight) lead {
	l := lead{Tone: verdictTone(o.Verdict.End), Mark: "✖", Title: Sentence(o.Verdict.Summary)}
	if o.Verdict.End == cluster.Succeeded {
		l.Mark, l.Title = "✔", fmt.Sprintf("%s in %s", l.Title, console.Span(time.Duration(s.Line.Until)))
	}
	if o.Verdict.End == cluster.Refused {
		l.Line = "refused; nothing was changed"
	}
	if s.Predicted != nil && o.Verdict.End == cluster.Succeeded {
		l.Line = fmt.Sprintf("predicted %s (%+.0fs)", console.Span(time.Duration(s.Predicted.Until)), (s.Line.Until - s.Predicted.Until).Seconds())
	}
	if c := o.Verdict.Cause; c != nil {
		if c.Text != o.Verdict.Summary {
			l.Notes = append(l.Notes, c.Text)
		}
		l.Notes = append(l.Notes, c.Evidence...)
	}
	l.Notes = append(l.Notes, o.Verdict.Hints...)
	return l
}

func verdictTone(e cluster.End) string {
	if e == cluster.Succeeded {
		return "ok"
	}
	return "bad"
}

func progress(c cluster.Condition) string {
	text := fmt.Sprintf(": %d of %d", c.Done, c.Of)
	if c.Bound > 0 {
		text += ", at most " + console.Span(c.Bound)
	}
	return text
}

// onTime says how the run keeps to its prediction. A look is up to ten seconds late, so that less than that is on time.
func onTime(actual, predicted timeline.Timeline) string {
	late, known := actual.Drift(predicted)
	switch {
	case !known:
		return ""
	case late > 10*time.Second:
		return fmt.Sprintf(" · late by %s", console.Span(late))
	case late < -10*time.Second:
		return fmt.Sprintf(" · ahead by %s", console.Span(-late))
	}
	return fmt.Sprintf(" · on time (%+.0fs)", late.Seconds())
}

// standing are the counts at the end of a record, against the bounds.
func standing(line timeline.Timeline) []figure {
	last := timeline.Count{}
	if n := len(line.Counts); n > 0 {
		last = line.Counts[n-1]
	}
	failed := 0
	for _, l := range line.Lanes {
		if l.Failed != "" {
			failed++
		}
	}
	return []figure{
		{Name: "Healthy", Value: fmt.Sprint(last.Healthy), Of: fmt.Sprintf("of %d", line.Desired), Note: fmt.Sprintf("floor %d", line.Floor), Tone: badIf(last.Healthy < line.Floor)},
		{Name: "Tasks", Value: fmt.Sprint(last.Tasks), Of: fmt.Sprintf("of %d at most", line.Ceiling), Note: fmt.Sprintf("old %d · new %d healthy", last.Old, last.New), Tone: badIf(last.Tasks > line.Ceiling)},
		{Name: lowest, Value: fmt.Sprint(line.Lowest()), Note: "so far", Tone: badIf(line.Lowest() < line.Floor)},
		{Name: "Peak", Value: fmt.Sprint(line.Peak()), Of: "tasks", Tone: badIf(line.Peak() > line.Ceiling)},
		{Name: "Failed starts", Value: fmt.Sprint(failed), Tone: badIf(failed > 0)},
	}
}

// onInstance are the figures of an instance: how many of the tasks that it had are gone.
func onInstance(line timeline.Timeline) []figure {
	gone, unwell := 0, 0
	for _, l := range line.Lanes {
		phase, there := l.Last()
		if !there {
			gone++
		} else if phase == timeline.Unhealthy {
			unwell++
		}
	}
	last := timeline.Count{}
	if n := len(line.Counts); n > 0 {
		last = line.Counts[n-1]
	}
	return []figure{
		{Name: "Tasks on it", Value: fmt.Sprint(len(line.Lanes) - gone), Of: fmt.Sprintf("of %d", len(line.Lanes)), Note: fmt.Sprintf("%d gone", gone)},
		{Name: "Draining", Value: fmt.Sprint(max(0, last.Tasks-last.Healthy)), Note: "or starting"},
		{Name: "Unhealthy", Value: fmt.Sprint(unwell), Tone: badIf(unwell > 0)},
	}
}

func badIf(bad bool) string {
	if bad {
		return "bad"
	}
	return ""
}

// eventsOf lists what ECS said, by the time of day or since the beginning, and after a line what it is predicted to say from now on.
func eventsOf(line timeline.Timeline, predicted *timeline.Timeline, wall bool) []event {
	var all []event
	for _, e := range line.Events {
		said := eventOf(e, line.Kind == timeline.Predicted)
		if wall {
			said.Clock = line.Begin.Add(time.Duration(e.At)).UTC().Format(time.TimeOnly)
		}
		all = append(all, said)
	}
	if predicted == nil || line.Ended {
		return all
	}
	divided := false
	for _, e := range predicted.Events {
		if e.At <= line.Until {
			continue
		}
		if !divided {
			divided = true
			all = append(all, event{Divider: true, Message: "predicted from here on"})
		}
		all = append(all, eventOf(e, true))
	}
	return all
}

// eventOf takes the tasks out of what ECS said, so that it can be read at a glance: "(service test) has started 1 tasks: (task bff4a0)." becomes "has started
// 1 tasks" and bff4a0.
func eventOf(e timeline.Event, predicted bool) event {
	v := event{At: fmt.Sprint(e.At.Seconds()), Clock: e.At.String(), Predicted: predicted}
	said, rest, found := strings.Cut(withoutName(console.Shorten(e.Message)), "(task ")
	for found {
		var task string
		task, rest, _ = strings.Cut(rest, ")")
		v.Tasks = append(v.Tasks, task)
		var between string
		between, rest, found = strings.Cut(rest, "(task ")
		if trimmed := strings.Trim(between, " ."); trimmed != "" {
			said += " " + trimmed
		}
	}
	v.Message = strings.TrimRight(strings.ReplaceAll(said, "  ", " "), " :.")
	return v
}
