package emulator

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"handover/internal/cluster"
	"handover/internal/world"
)

// Limits of one advance. A year of an idle service is some 1,500 events; a within of 4 h is longer than any rollout of the scenarios.
const (
	farthest     = 366 * 24 * time.Hour
	usualWithin  = 4 * time.Hour
	largestOrder = 1 << 16 // bytes of the body that asks for it
)

// advanceRequest is what POST /_handover/advance takes, as JSON or in the query.
type advanceRequest struct {
	By     string `json:"by"`
	Until  string `json:"until"`
	Within string `json:"within"`
}

// Advanced is what an advance did.
type Advanced struct {
	From   time.Time `json:"from"`
	Now    time.Time `json:"now"`
	Steady bool      `json:"steady"` // no service has anything left to do
	Events []Said    `json:"events"` // what ECS said meanwhile, by time, Region and service
}

// Said is a service event.
type Said struct {
	At      time.Time          `json:"at"`
	Region  string             `json:"region"`
	Service cluster.ServiceKey `json:"service"`
	Message string             `json:"message"`
}

// advance puts the clock forward and answers with what happened.
func (s *Server) advance(w http.ResponseWriter, r *http.Request) {
	order, err := readAdvance(r)
	if err != nil {
		answerText(w, http.StatusBadRequest, err.Error())
		return
	}
	clock, ok := s.options.Clock.(Advancer)
	if !ok {
		answerText(w, http.StatusNotImplemented, "this emulator's clock cannot be put forward")
		return
	}
	from := clock.Now()
	before := s.present()
	if order.steady {
		s.untilSteady(clock, from.Add(order.length))
	} else {
		clock.Advance(order.length)
	}
	s.changes.tell(true)
	done, err := s.meanwhile(from, before)
	if err != nil {
		answerText(w, http.StatusInternalServerError, err.Error())
		return
	}
	answerJSON(w, done)
}

// advanceOrder is a request that was understood.
type advanceOrder struct {
	steady bool
	length time.Duration // with steady: at most
}

func readAdvance(r *http.Request) (advanceOrder, error) {
	q := r.URL.Query()
	in := advanceRequest{By: q.Get("by"), Until: q.Get("until"), Within: q.Get("within")}
	text, err := io.ReadAll(io.LimitReader(r.Body, largestOrder))
	if err != nil {
		return advanceOrder{}, fmt.Errorf("reading the request: %w", err)
	}
	if strings.TrimSpace(string(text)) != "" {
		if err := json.Unmarshal(text, &in); err != nil {
			return advanceOrder{}, fmt.Errorf("the body is not JSON such as {\"by\":\"10m\"}: %w", err)
		}
	}
	switch {
	case in.Until == "steady" && in.By == "":
		length, err := readLength("within", cmp.Or(in.Within, usualWithin.String()))
		return advanceOrder{steady: true, length: length}, err
	case in.By != "" && in.Until == "" && in.Within == "":
		length, err := readLength("by", in.By)
		return advanceOrder{length: length}, err
	}
	return advanceOrder{}, errors.New("say by=DURATION, such as 10m, or until=steady, if you like with within=DURATION")
}

func readLength(name, text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 || d > farthest {
		return 0, fmt.Errorf("%s=%q is not a duration such as 90s, 10m or 2h, up to %s", name, text, farthest)
	}
	return d, nil
}

// untilSteady puts the clock forward to the moment from which no service has anything left to do, but not past a time. The moment is found on copies of the
// worlds, and again if somebody has changed a world in between: three times at most, for a client that goes on changing things would keep it for ever.
func (s *Server) untilSteady(clock Advancer, latest time.Time) {
	for range 3 {
		at := clock.Now()
		steady := at
		worlds, _ := s.worlds()
		for _, w := range worlds {
			w.AdvanceTo(at)
			if then := steadyAt(w, latest); then.After(steady) {
				steady = then
			}
		}
		if !steady.After(at) {
			return
		}
		clock.Advance(steady.Sub(at))
	}
}

// steadyAt lives on until a world is steady or the time has come, and says when that is.
func steadyAt(w *world.World, latest time.Time) time.Time {
	for !w.Steady() {
		next, ok := w.Next()
		if !ok || next.After(latest) {
			return latest
		}
		w.AdvanceTo(next)
	}
	return w.Now()
}

// worlds are copies of the worlds of all Regions that were called, by name, and the ticket of the last change that is in one of them.
func (s *Server) worlds() (all map[string]*world.World, ticket uint64) {
	all = map[string]*world.World{}
	for _, name := range s.names() {
		if r, problem := s.called(name); problem == "" {
			r.mu.Lock()
			all[name], ticket = r.world.Clone(), max(ticket, r.ticket)
			r.mu.Unlock()
		}
	}
	return all, ticket
}

// place is a service of a Region.
type place struct {
	region string
	key    cluster.ServiceKey
}

// present are the services that there are, each with the time of its last event. That may be some milliseconds from now: ECS never says two things at once.
func (s *Server) present() map[place]time.Time {
	all := map[place]time.Time{}
	for _, name := range s.names() {
		r, problem := s.called(name)
		if problem != "" {
			continue
		}
		r.mu.Lock()
		r.world.AdvanceTo(s.options.Clock.Now())
		for _, c := range r.world.Clusters() {
			for _, key := range r.world.Services(c.Name) {
				all[place{name, key}] = time.Time{}
				if found, ok := r.world.Service(key); ok && len(found.Events) > 0 {
					all[place{name, key}] = found.Events[0].At
				}
			}
		}
		r.mu.Unlock()
	}
	return all
}

// meanwhile says what happened to services after their last events.
func (s *Server) meanwhile(from time.Time, among map[place]time.Time) (Advanced, error) {
	now := s.options.Clock.Now()
	a := Advanced{From: from.UTC(), Now: now.UTC(), Steady: true, Events: []Said{}}
	worlds, ticket := s.worlds()
	for _, w := range worlds {
		w.AdvanceTo(now)
		a.Steady = a.Steady && w.Steady()
	}
	for one, last := range among {
		w, ok := worlds[one.region]
		if !ok {
			continue
		}
		found, _ := w.Service(one.key)
		for _, e := range found.Events {
			if e.At.After(last) {
				a.Events = append(a.Events, Said{At: e.At.UTC(), Region: one.region, Service: one.key, Message: e.Message})
			}
		}
	}
	slices.SortStableFunc(a.Events, func(x, y Said) int { // a total order, but for the events of one service, which are in theirs
		return cmp.Or(x.At.Compare(y.At), strings.Compare(x.Region, y.Region), strings.Compare(x.Service.String(), y.Service.String()))
	})
	return a, s.logged(ticket)
}
