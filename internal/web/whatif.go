package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"handover/internal/cluster"
	"handover/internal/console"
	"handover/internal/timeline"
	"handover/internal/whatif"
)

// bench is what the page of settings shows beside the pictures.
type bench struct {
	Presets       []presetLink
	Controls      []slider
	Sees, Command string
}

type presetLink struct{ Title, Query, Sees string }

type slider struct {
	whatif.Control
	Value int
}

// whatIf shows what a restart does to a service on paper.
func (s *Server) whatIf(w http.ResponseWriter, r *http.Request) {
	presets := whatif.Presets()
	setting, given, err := settingOf(r.URL.Query(), "a")
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	b := bench{Command: command(setting)}
	if !given {
		b.Sees = presets[0].Sees
	}
	for _, p := range presets {
		b.Presets = append(b.Presets, presetLink{Title: p.Title, Query: queryOf(p.Setting).Encode(), Sees: p.Sees})
	}
	for _, c := range whatif.Controls() {
		b.Controls = append(b.Controls, slider{Control: c, Value: c.Value(setting)})
	}
	run, err := whatif.Of(setting)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	f := render(pages(), onPaper(run, "a", "", timeline.Drawing{Width: 860, Rows: foldAbove}))
	s.show(w, page{Kind: "what-if", Title: "What if", WhatIf: b, Stage: f.first("a", "Setting A"), Planned: stage{Side: "b", Label: "Setting B"}})
}

// whatIfRuns answers with the runs of one or two settings, on one scale of time.
func (s *Server) whatIfRuns(w http.ResponseWriter, r *http.Request) {
	var runs []whatif.Run
	var settings []whatif.Setting
	until := timeline.Offset(0)
	for _, side := range []string{"a", "b"} {
		setting, given, err := settingOf(r.URL.Query(), side)
		if err != nil {
			refuse(w, http.StatusBadRequest, err)
			return
		}
		if side == "b" && !given {
			break
		}
		run, err := whatif.Of(setting)
		if err != nil {
			refuse(w, http.StatusInternalServerError, err)
			return
		}
		runs, settings, until = append(runs, run), append(settings, setting), max(until, run.Timeline.Until)
	}
	look := drawing(r)
	look.Until = until
	frames, templates := map[string]frame{}, pages()
	for i, run := range runs {
		side, badge := []string{"a", "b"}[i], ""
		if len(runs) > 1 {
			badge = []string{"A", "B"}[i]
		}
		f := render(templates, onPaper(run, side, badge, look))
		f.Command = command(settings[i])
		frames[side] = f
	}
	answer(w, frames)
}

// settingOf reads one setting from a query: a.min, a.max and so on. What is not given is as usual.
func settingOf(query url.Values, side string) (setting whatif.Setting, given bool, err error) {
	setting = whatif.Usual()
	for _, c := range whatif.Controls() {
		text := query.Get(side + "." + c.Name)
		if text == "" {
			continue
		}
		given = true
		n, err := strconv.Atoi(text)
		if err != nil {
			return setting, true, fmt.Errorf("%s.%s: %q is not a whole number", side, c.Name, text)
		}
		if setting, err = c.With(setting, n); err != nil {
			return setting, true, err
		}
	}
	return setting, given, nil
}

func queryOf(s whatif.Setting) url.Values {
	q := url.Values{}
	for _, c := range whatif.Controls() {
		q.Set(c.Name, strconv.Itoa(c.Value(s)))
	}
	return q
}

// onPaper puts a run on paper into a picture and words.
func onPaper(run whatif.Run, side, badge string, d timeline.Drawing) scene {
	t := run.Timeline
	d.Predicted, d.ID = &t, "side-"+side
	l := lead{Tone: "ok", Mark: "✔", Title: fmt.Sprintf("Done in %s, never fewer than %d of %d healthy", console.Span(run.Verdict.Figures.Took), t.Lowest(), t.Desired)}
	figures := outcome(t)
	if run.Verdict.End != cluster.Succeeded {
		l = lead{Tone: "bad", Mark: "✖", Title: "Refused: it would never finish"}
		if run.Verdict.End != cluster.Refused || run.Verdict.Cause != nil && !strings.Contains(run.Verdict.Cause.Text, "never finish") {
			l.Title = "It would not be done: " + string(run.Verdict.End)
		}
		if run.Verdict.Cause != nil {
			l.Line = run.Verdict.Cause.Text
		}
		figures = nil
	}
	if badge != "" {
		l.Mark = badge + " " + l.Mark
	}
	return scene{Lead: l, Figures: figures, Drawing: d, Events: eventsOf(t, nil, false)}
}

// command is how the same is seen on the command line.
func command(s whatif.Setting) string {
	return "cat > scene.txt <<'END'\n" + s.Scene() + "END\nhandover " + s.Operation() + " app --emulated --scenario scene.txt" + flags(s)
}

// flags are those of the method, and the bounds where the scene cannot have them.
func flags(s whatif.Setting) string {
	switch {
	case s.Method == whatif.Graceful:
		return fmt.Sprintf(" --method graceful --batch %d", s.Batch)
	case s.Method == whatif.Stop:
		return fmt.Sprintf(" --method stop --batch %d --surge %d", s.Batch, s.Surge)
	case s.Method == whatif.Fast:
		return " --fast"
	case s.Minimum == 100 && s.Maximum == 100:
		return " --min-healthy-percent 100 --max-percent 100"
	}
	return ""
}
