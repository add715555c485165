package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"handover/internal/cluster"
	"handover/internal/forecast"
	"handover/internal/operation"
	"handover/internal/timeline"
)

// seeds is how many runs a plan rests on: enough for a median and a 90th percentile, and few enough to be there at once.
const seeds = 200

// planned is a restart before it is started.
type planned struct {
	restart  Restart
	view     cluster.ServiceView
	forecast forecast.Forecast
	line     timeline.Timeline
}

// danger tells whether fewer tasks may be healthy than the service's own bounds allow. It is confirmed by the service's name, not by a click.
func (p planned) danger() bool {
	return p.restart.Bounds.Floor(p.view.Service.Desired) < p.view.Service.Bounds.Floor(p.view.Service.Desired)
}

// plan forecasts a restart from what is read now.
func (s *Server) planFor(r *http.Request) (planned, error) {
	key := keyOf(r)
	snapshot, err := s.options.Place.Provider.Observe(r.Context(), forecast.Scope(key).Of())
	if err != nil {
		return planned{}, err
	}
	view, there := snapshot.Service(key)
	if why := problem(snapshot, key, there); why != "" {
		return planned{}, errors.New(why)
	}
	var past forecast.Past
	if s.options.Past != nil {
		past = s.options.Past(view.Service)
	}
	base, err := forecast.Load(snapshot, key, past)
	if err != nil {
		return planned{}, fmt.Errorf("forecasting the restart: %w", err)
	}
	p := planned{restart: Restart{Service: key, Bounds: view.Service.Bounds}, view: view}
	for name, place := range map[string]*int{"min": &p.restart.Bounds.MinimumHealthyPercent, "max": &p.restart.Bounds.MaximumPercent} {
		if text := r.FormValue(name); text != "" {
			n, err := strconv.Atoi(text)
			if err != nil || n < 0 || n > 2000 {
				return planned{}, fmt.Errorf("%s: %q is not a percentage", name, text)
			}
			*place = n
		}
	}
	p.restart.Pace = base.Pace(p.operation)
	p.forecast = base.Run(p.operation, seeds)
	p.line = base.Timeline(p.operation, p.forecast, "restart", p.restart.Bounds)
	p.restart.Timeout = p.forecast.Timeout()
	return p, nil
}

// operation is the restart as it is forecast.
func (p planned) operation() operation.Operation {
	b := p.restart.Bounds
	return &operation.Keep[*operation.Restart]{Body: operation.NewRestart(p.restart.Service, operation.RestartOptions{MinimumHealthyPercent: &b.MinimumHealthyPercent, MaximumPercent: &b.MaximumPercent, AllowNewCode: true, Pace: p.restart.Pace})}
}

// plan answers with the forecast of a restart.
func (s *Server) plan(w http.ResponseWriter, r *http.Request) {
	p, err := s.planFor(r)
	if err != nil {
		refuse(w, http.StatusBadRequest, err)
		return
	}
	answer(w, s.planView(p, drawing(r)))
}

// restart starts a restart that was confirmed.
func (s *Server) restart(w http.ResponseWriter, r *http.Request) {
	if s.options.Operate == nil {
		refuse(w, http.StatusForbidden, errors.New("this server only shows; start it with --allow-actions to start operations from the page"))
		return
	}
	p, err := s.planFor(r)
	if err != nil {
		refuse(w, http.StatusBadRequest, err)
		return
	}
	if wanted := p.confirmation(); r.FormValue("confirm") != wanted {
		refuse(w, http.StatusForbidden, fmt.Errorf("not confirmed: it takes %q", wanted))
		return
	}
	if !s.hub.of(p.restart.Service).operate(s, p) {
		refuse(w, http.StatusConflict, errors.New("an operation runs already"))
		return
	}
	w.WriteHeader(http.StatusAccepted)
}

// confirmation is what the user has to give before a restart is started.
func (p planned) confirmation() string {
	if p.danger() {
		return p.restart.Service.Service
	}
	return "yes"
}

// operate starts the operation, unless one runs.
func (w *watch) operate(s *Server, p planned) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if o := w.sight.Operation; o != nil && o.Verdict == nil {
		return false
	}
	now, desired := w.hub.provider.Now(), p.view.Service.Desired
	w.recorder = timeline.NewRecorder(timeline.Run{Kind: timeline.Actual, Simulated: w.hub.simulated, Operation: "restart", Service: w.key, Begin: now,
		Floor: p.restart.Bounds.Floor(desired), Ceiling: p.restart.Bounds.Ceiling(desired)})
	w.sight.Operation, w.sight.Predicted = &running{Asked: p.restart, Began: now}, &p.line
	w.recorder.See(now, p.view)
	w.sight.At, w.sight.View, w.sight.Line = now, p.view, w.recorder.Timeline(false)
	w.hub.operations.Go(func() {
		verdict, err := s.options.Operate(p.restart, w.step)
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

// step takes a step of the operation.
func (w *watch) step(in operation.Input, d operation.Decision) {
	if wholly(in.Snapshot, w.key) {
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

// end ends the record with the operation.
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
	switch file, err := s.options.Keep(now.View.Service, report); {
	case err != nil:
		return "The report could not be kept: " + err.Error()
	case file != "":
		return "The report is in " + file
	}
	return ""
}

// note adds a note to the operation.
func (w *watch) note(text string) {
	if text == "" {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	o := *w.sight.Operation
	o.Notes = append(o.Notes[:len(o.Notes):len(o.Notes)], operation.Note{Level: operation.Info, Text: text})
	w.sight.Operation = &o
	w.tell()
}

func refuse(w http.ResponseWriter, status int, err error) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": err.Error()})
}

func answer(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(value)
}
