package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"handover/internal/cluster"
	"handover/internal/console"
	"handover/internal/timeline"
)

// service shows one service; what it is doing comes as frames.
func (s *Server) service(w http.ResponseWriter, r *http.Request) {
	key := keyOf(r)
	bounds := cluster.DefaultBounds()
	if known := s.hub.of(key).now(); !known.At.IsZero() {
		bounds = known.View.Service.Bounds
	}
	waiting := stage{Side: "now", Label: "The service now", Lead: "<h1>" + escape(key.String()) + "</h1><p class=\"line\">reading it…</p>"}
	s.show(w, page{Kind: "service", Title: key.String(), Stage: waiting, Planned: stage{Side: "plan", Label: "The plan"},
		Service: serviceForm{Path: servicePath(key), Minimum: bounds.MinimumHealthyPercent, Maximum: bounds.MaximumPercent, Actions: s.options.Operate != nil}})
}

// atMost is how often a page is sent a frame: five times a second, which is as fast as anybody can follow, however fast an emulator runs.
const atMost = 200 * time.Millisecond

// frames sends the service's frames as they come, as server-sent events. The browser asks again by itself after the connection was lost.
func (s *Server) frames(w http.ResponseWriter, r *http.Request) {
	watch, look, templates := s.hub.of(keyOf(r)), drawing(r), pages()
	changed, leave := watch.view()
	defer leave()
	w.Header().Set("Content-Type", "text/event-stream")
	flush := http.NewResponseController(w)
	if _, err := fmt.Fprint(w, "retry: 1000\n\n"); err != nil || flush.Flush() != nil {
		return
	}
	for {
		select {
		case <-changed:
		case <-r.Context().Done():
			return
		case <-s.hub.ctx.Done():
			return
		}
		now := watch.now()
		text, err := json.Marshal(render(templates, now.scene(watch.key, look)))
		if err != nil {
			return
		}
		if _, err := fmt.Fprintf(w, "event: frame\ndata: %s\n\n", text); err != nil || flush.Flush() != nil {
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
func (s sight) scene(key cluster.ServiceKey, look timeline.Drawing) scene {
	if s.At.IsZero() {
		empty := timeline.Timeline{Kind: timeline.Actual, Operation: "service", Service: key}
		look.Actual = &empty
		return scene{Lead: lead{Tone: "bad", Mark: "✖", Title: key.String(), Line: s.Problem}, Drawing: look, Live: true}
	}
	look.Actual, look.Predicted, look.Wall = &s.Line, s.Predicted, s.Line.Operation == "service"
	all := scene{Lead: s.lead(key), Figures: s.figures(), Drawing: look, Live: !s.Line.Ended, Busy: s.Operation != nil && s.Operation.Verdict == nil, Events: eventsOf(s.Line, s.Predicted)}
	if s.Problem != "" {
		all.Lead.Notes = append(all.Lead.Notes, "Not up to date: "+s.Problem)
	}
	return all
}

// lead is the page's first line: what goes on, and how far it has come.
func (s sight) lead(key cluster.ServiceKey) lead {
	v := s.View.Service
	if o := s.Operation; o != nil {
		return o.lead(s)
	}
	primary, _ := v.Primary()
	l := lead{Tone: "ok", Mark: "●", Title: key.String() + " is steady", Line: fmt.Sprintf("%s · %s · bounds %d/%d · at %s", cluster.Revision(v.Definition), launch(v), v.Bounds.MinimumHealthyPercent, v.Bounds.MaximumPercent, s.At.UTC().Format("15:04:05 UTC"))}
	if !steady(v) {
		l.Tone, l.Mark, l.Title = "warn", "◐", key.String()+" is being deployed"
		if primary.Rollout == cluster.RolloutFailed {
			l.Tone, l.Mark, l.Title = "bad", "✖", key.String()+": the deployment has failed"
		}
		l.Notes = append(l.Notes, fmt.Sprintf("%s, since %s", primary.ID, console.Span(s.At.Sub(primary.CreatedAt))))
	}
	return l
}

func launch(s cluster.Service) string {
	if s.Launch == "" {
		return "capacity providers"
	}
	return string(s.Launch)
}

func (o *running) lead(s sight) lead {
	l := lead{Tone: "warn", Mark: "◐", Title: "Restarting " + o.Asked.Service.String()}
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
		l.Tone, l.Mark, l.Title = verdictTone(o.Verdict.End), "✖", o.Verdict.Summary
		if o.Verdict.End == cluster.Succeeded {
			l.Mark, l.Title = "✔", fmt.Sprintf("Restarted %s in %s", o.Asked.Service, console.Span(took))
		}
		if s.Predicted != nil {
			l.Line = fmt.Sprintf("predicted %s (%+.0fs)", console.Span(time.Duration(s.Predicted.Until)), (s.Line.Until - s.Predicted.Until).Seconds())
		}
		if o.Verdict.Cause != nil && o.Verdict.Cause.Text != o.Verdict.Summary {
			l.Notes = append(l.Notes, o.Verdict.Cause.Text)
		}
		l.Notes = append(l.Notes, o.Verdict.Hints...)
	}
	for _, n := range o.Notes {
		l.Notes = append(l.Notes, n.Text)
	}
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

// figures are the counts now, against the bounds.
func (s sight) figures() []figure {
	line := s.Line
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
		{Name: "Lowest healthy", Value: fmt.Sprint(line.Lowest()), Note: "so far", Tone: badIf(line.Lowest() < line.Floor)},
		{Name: "Peak", Value: fmt.Sprint(line.Peak()), Of: "tasks", Tone: badIf(line.Peak() > line.Ceiling)},
		{Name: "Failed starts", Value: fmt.Sprint(failed), Tone: badIf(failed > 0)},
	}
}

func badIf(bad bool) string {
	if bad {
		return "bad"
	}
	return ""
}

// eventsOf lists what ECS said, and after a line what it is predicted to say from now on.
func eventsOf(line timeline.Timeline, predicted *timeline.Timeline) []event {
	var all []event
	for _, e := range line.Events {
		all = append(all, eventOf(e, line.Kind == timeline.Predicted))
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
