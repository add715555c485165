package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"handover/internal/cluster"
	"handover/internal/console"
	"handover/internal/operation"
	"handover/internal/timeline"
)

// Asked is what is asked for on the page: an operation by its name on the command line, with options by the names of their flags. An option may have several
// values. Options that are not given are as they are on the command line.
type Asked struct {
	Operation string
	Subject   Subject
	Options   url.Values
}

// Plan is what would be done: the plan of the command line, and how it is carried out.
type Plan struct {
	console.Plan
	View      cluster.ServiceView // as it was found
	Question  string              // what a person is asked before it begins; it ends in what has to be agreed to
	Prospects []string            // what becomes of what, beside the prediction
	Name      string              // what has to be typed where yes is not enough; empty where it is
	Beside    bool                // it may begin while another operation of this page runs, because it is about that one
	// Begin carries it out, tells each step, and returns with the verdict. It is nil where the plan is refused.
	Begin func(watch Watch) (cluster.Verdict, error)
}

// Watch is told each step of an operation.
type Watch func(operation.Input, operation.Decision)

// confirmation is what the user has to give before it begins.
func (p Plan) confirmation() string {
	if p.Name != "" {
		return p.Name
	}
	return "yes"
}

// Form is an operation as it can be asked for.
type Form struct {
	Operation string // as the command is called
	Title     string // of the form, and of the button that begins it
	About     string
	Fields    []Field
	AtOnce    bool // it has nothing to choose, and its plan is the question alone
}

// Folded tells whether some of its fields are shown on request.
func (f Form) Folded() bool {
	return slices.ContainsFunc(f.Fields, func(field Field) bool { return field.More })
}

// Field is an option that can be given.
type Field struct {
	Name              string // of the flag
	Label, About      string
	Kind              FieldKind
	Value             string // what stands for "not given"; a field that has it is not sent
	Least, Most, Step int    // of a Range
	Words             []string
	More              bool // it is shown on request
}

// FieldKind is how a field is shown.
type FieldKind string

// The kinds of fields.
const (
	Range FieldKind = "range" // a number from Least to Most
	Text  FieldKind = "text"
	List  FieldKind = "list" // of texts, one a line
	Check FieldKind = "check"
	Words FieldKind = "words" // one of them
)

// notOptions are the names in a request that are not options of the operation.
func notOptions() []string { return []string{"operation", "confirm", "fingerprint", "width", "lanes"} }

// asked reads what is asked for. Lines of a list are values of their own.
func (s *Server) asked(r *http.Request, subject Subject) (Asked, error) {
	if err := r.ParseForm(); err != nil {
		return Asked{}, fmt.Errorf("reading what is asked for: %w", err)
	}
	a := Asked{Operation: r.Form.Get("operation"), Subject: subject, Options: url.Values{}}
	for name, values := range r.Form {
		for line := range strings.Lines(strings.Join(values, "\n")) {
			if line = strings.TrimSpace(line); line != "" {
				a.Options.Add(name, line)
			}
		}
	}
	for _, name := range notOptions() {
		a.Options.Del(name)
	}
	return a, nil
}

// planned reads what is asked for, and plans it.
func (s *Server) planned(r *http.Request, subject Subject) (asked Asked, p Plan, err error) {
	if asked, err = s.asked(r, subject); err != nil {
		return Asked{}, Plan{}, err
	}
	p, err = s.options.Plan(r.Context(), asked)
	return asked, p, err
}

// plan answers with what would be done.
func (s *Server) plan(subjectOf func(*http.Request) Subject) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, p, err := s.planned(r, subjectOf(r))
		if err != nil {
			refuse(w, http.StatusBadRequest, err)
			return
		}
		answer(w, s.planView(p, drawing(r)))
	}
}

// begin begins an operation that was confirmed. It is planned anew, so that what is confirmed is what is there: where the subject has changed since the plan was
// shown, or takes another confirmation now, nothing is begun.
func (s *Server) begin(subjectOf func(*http.Request) Subject) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !s.options.Actions {
			refuse(w, http.StatusForbidden, errors.New("this server only shows; start it with --allow-actions to start operations from the page"))
			return
		}
		asked, p, err := s.planned(r, subjectOf(r))
		if err != nil {
			refuse(w, http.StatusBadRequest, err)
			return
		}
		switch wanted := p.confirmation(); {
		case p.Begin == nil:
			refuse(w, http.StatusConflict, refusal(p))
		case r.Form.Get("fingerprint") != p.Fingerprint:
			refuse(w, http.StatusConflict, fmt.Errorf("%s has changed since this was planned; look at the plan once more", asked.Subject))
		case r.Form.Get("confirm") != wanted:
			refuse(w, http.StatusForbidden, fmt.Errorf("not confirmed: it takes %q", wanted))
		case p.Beside && s.hub.of(asked.Subject).beside(p):
			w.WriteHeader(http.StatusAccepted)
		case !s.hub.of(asked.Subject).operate(s, p):
			refuse(w, http.StatusConflict, errors.New("an operation of this page runs on it already"))
		default:
			w.WriteHeader(http.StatusAccepted)
		}
	}
}

func refusal(p Plan) error {
	if p.Refusal != nil {
		return errors.New(p.Refusal.Text)
	}
	return errors.New("there is nothing to do")
}

// operate begins the operation, unless one runs.
func (w *watch) operate(s *Server, p Plan) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.busy() {
		return false
	}
	now := w.hub.provider.Now()
	w.recorder = timeline.NewRecorder(timeline.Run{Kind: timeline.Actual, Simulated: w.hub.simulated, Operation: p.Operation, Service: w.subject.Key(), Begin: now,
		Floor: p.Floor, Ceiling: p.Ceiling, Carried: w.subject.Instance})
	w.sight.Operation, w.sight.Predicted, w.sight.Before = &running{Name: p.Operation, Began: now}, p.Timeline, ""
	w.recorder.See(now, p.View)
	w.sight.At, w.sight.View, w.sight.Line = now, p.View, w.recorder.Timeline(false)
	w.hub.operations.Go(func() {
		verdict, err := p.Begin(w.step)
		if err != nil {
			verdict = cluster.Verdict{End: cluster.Unclear, Summary: err.Error()}
		}
		w.end(verdict)
		if s.options.Keep != nil {
			w.note(s.keep(w.now()))
		}
	})
	w.tell()
	return true
}

// Running is an operation of this process that was not begun on the page.
type Running struct {
	Subject   Subject
	Operation string
	View      cluster.ServiceView // as it was seen last
	Line      timeline.Timeline   // up to now
	Predicted *timeline.Timeline  // nil: there is no prediction
}

// Told is a Running that is shown while it runs.
type Told struct{ watch *watch }

// Tell shows an operation that runs already. Nothing is read for it: what is shown are its own looks, which are handed to Step.
func (s *Server) Tell(r Running) Told {
	w := s.hub.of(r.Subject)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.told = true
	w.sight = sight{At: r.Line.Begin.Add(time.Duration(r.Line.Until)), View: r.View, Line: r.Line, Predicted: r.Predicted, Operation: &running{Name: r.Operation, Began: r.Line.Begin}}
	return Told{w}
}

// Step shows a step, with the record of the run up to it.
func (t Told) Step(line timeline.Timeline, in operation.Input, d operation.Decision) {
	t.watch.mu.Lock()
	t.watch.sight.Line = line
	t.watch.mu.Unlock()
	t.watch.step(in, d)
}

// End shows how it ended.
func (t Told) End(line timeline.Timeline, v cluster.Verdict) {
	w := t.watch
	w.mu.Lock()
	defer w.mu.Unlock()
	o := *w.sight.Operation
	o.Verdict, o.Waiting = &v, nil
	w.sight.Operation, w.sight.Line = &o, line
	w.tell()
}

// busy tells whether an operation that was begun here runs. The caller holds the lock.
func (w *watch) busy() bool { return w.sight.Operation != nil && w.sight.Operation.Verdict == nil }

// beside carries out what is about the operation that runs, and notes there what came of it; false where none runs.
func (w *watch) beside(p Plan) bool {
	w.mu.Lock()
	running := w.busy()
	w.mu.Unlock()
	if !running {
		return false
	}
	w.note(p.Operation + " was asked for")
	w.hub.operations.Go(func() {
		verdict, err := p.Begin(func(operation.Input, operation.Decision) {})
		if err != nil {
			verdict.Summary = err.Error()
		}
		w.note(p.Operation + ": " + verdict.Summary)
	})
	return true
}

// step takes a step of the operation.
func (w *watch) step(in operation.Input, d operation.Decision) {
	if w.subject.wholly(in.Snapshot) {
		w.take(in.Snapshot)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	o := *w.sight.Operation // those who draw have the former one
	o.Waiting = d.Waiting
	o.Notes = append(o.Notes[:len(o.Notes):len(o.Notes)], d.Notes...)
	w.sight.Operation = &o
	w.tell()
}

// end ends the record with the operation. All is read again soon: the last look of an operation need not have been a whole one.
func (w *watch) end(v cluster.Verdict) {
	w.mu.Lock()
	defer w.mu.Unlock()
	o := *w.sight.Operation
	o.Verdict, o.Waiting = &v, nil
	w.sight.Operation = &o
	primary, _ := w.sight.View.Service.Primary()
	if w.of = v.Figures.Deployment; w.of == "" {
		w.of = primary.ID
	}
	w.sight.Line = w.recorder.Timeline(true)
	w.tell()
}

// keep leaves the page of a run that has ended, and says where.
func (s *Server) keep(now sight) string {
	v := *now.Operation.Verdict
	report := ReportOf(now.Line, now.Predicted, v)
	report.Place, report.Version = s.options.Place.words(), s.options.Version
	switch file, err := s.options.Keep(now.View, report); {
	case err != nil:
		return "The report could not be kept: " + err.Error()
	case file != "":
		return "The report is in " + file
	}
	return ""
}

// note adds a note to the operation, or to what is said of it once something else is shown.
func (w *watch) note(text string) {
	if text == "" {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	defer w.tell()
	if w.sight.Operation == nil { // something else is shown already
		w.sight.Before += ". " + text
		return
	}
	o := *w.sight.Operation
	o.Notes = append(o.Notes[:len(o.Notes):len(o.Notes)], operation.Note{Level: operation.Info, Text: text})
	w.sight.Operation = &o
}

// planView puts a plan into a frame.
func (s *Server) planView(p Plan, look timeline.Drawing) frame {
	l := lead{Tone: "ok", Mark: "◌", Title: p.sentence(), Line: p.Expected()}
	if p.Prediction != nil {
		if p.Prediction.Succeeded > 0 {
			l.Line += fmt.Sprintf(" · %d simulated runs", p.Prediction.Seeds)
		}
		l.Notes = append(l.Notes, p.Prediction.Cautions()...)
	}
	l.Notes = append(l.Notes, p.Prospects...)
	if p.Refusal != nil {
		l = lead{Tone: "bad", Mark: "✖", Title: "It would be refused: " + p.Refusal.Text, Notes: append(append(l.Notes, p.Refusal.Evidence...), p.Hints...)}
	} else if p.Prediction != nil && p.Prediction.Succeeded == 0 {
		l.Tone, l.Mark, l.Title, l.Line = "bad", "✖", "It would not succeed", ""
		l.Notes = append(l.Notes, p.Prediction.Remedies...)
	}
	view := frame{Parts: map[string]string{"lead": words(l), "figures": "", "picture": "", "events": "", "table": ""}}
	if line := p.Timeline; line != nil {
		look.Predicted, look.ID = line, "plan"
		view = render(pages(), scene{Lead: l, Figures: p.figures(), Drawing: look, Events: eventsOf(*line, nil, false)})
	}
	view.Fingerprint = p.Fingerprint
	if p.Begin != nil {
		view.Confirm, view.Question = p.confirmation(), p.Question
	}
	return view
}

// figures are those of the run that is drawn, and the lowest count of all runs where that is lower.
func (p Plan) figures() []figure {
	all := outcome(*p.Timeline)
	if p.Prediction != nil && len(p.Leaving) == 0 && p.Prediction.Lowest < p.Timeline.Lowest() {
		for i := range all {
			if all[i].Name == lowest {
				all[i].Note += fmt.Sprintf(" · %d at worst", p.Prediction.Lowest)
			}
		}
	}
	return all
}

// sentence says what a plan comes to.
func (p Plan) sentence() string {
	switch {
	case p.Prediction == nil, p.Prediction.Succeeded == 0, p.Operation == "abort", p.Operation == "restore": // these replace no tasks
		return Sentence(p.Operation + " " + p.Service)
	case p.Prediction.Replaced == 0:
		return "There is nothing to do"
	}
	if len(p.Leaving) > 0 {
		return p.leaving()
	}
	return fmt.Sprintf("The %s takes about %s, with never fewer than %d of %d healthy", p.Operation, console.Span(time.Duration(p.Prediction.Expected*float64(time.Second))), p.Prediction.Lowest, p.Desired)
}

// leaving says what the drain of an instance comes to, for the service that is the furthest below its desired count.
func (p Plan) leaving() string {
	text := fmt.Sprintf("The %s takes about %s", p.Operation, console.Span(time.Duration(p.Prediction.Expected*float64(time.Second))))
	var worst *console.Prospect
	for i, l := range p.Leaving {
		if l.Foreseen != nil && (worst == nil || l.Foreseen.Lowest-l.Foreseen.Desired < worst.Foreseen.Lowest-worst.Foreseen.Desired) {
			worst = &p.Leaving[i]
		}
	}
	if worst == nil {
		return text
	}
	return fmt.Sprintf("%s; %s has never fewer than %d of %d healthy", text, worst.Service, worst.Foreseen.Lowest, worst.Foreseen.Desired)
}

// refuse answers with an error, and what can be done about it where that is known.
func refuse(w http.ResponseWriter, status int, err error) {
	answer := map[string]any{"error": err.Error()}
	var known interface{ Hints() []string }
	if errors.As(err, &known) {
		answer["hints"] = known.Hints()
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer)
}

func answer(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(value)
}
