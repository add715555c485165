package emulator

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
)

const controlPath = "/_handover/"

// control answers the emulator's own requests, those beneath /_handover/. HEAD is answered as GET; net/http keeps the body back.
func (s *Server) control(w http.ResponseWriter, r *http.Request) {
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	switch method + " " + strings.TrimPrefix(r.URL.Path, controlPath) {
	case "GET ":
		answerText(w, http.StatusOK, s.index())
	case "POST reset":
		if err := s.reset(); err != nil {
			answerText(w, http.StatusInternalServerError, err.Error())
			return
		}
		w.WriteHeader(http.StatusNoContent)
	case "POST advance":
		s.advance(w, r)
	case "POST event":
		s.putEvent(w, r)
	case "GET state":
		s.state(w, r)
	case "GET calls":
		s.lastCalls(w, r)
	default:
		answerText(w, http.StatusNotFound, controls)
	}
}

const controls = `GET  /_handover/                      this page
GET  /_handover/state?region=REGION   the whole world of a Region as JSON; without region that of the only one called
GET  /_handover/calls?last=N          the last calls as JSON, 1000 at most
POST /_handover/advance?by=10m        the world's time goes forward at once; until=steady: until no service has anything left to do (within=4h)
POST /_handover/event?region=REGION   an event as JSON that only AWS may put on the bus: {"source":"aws.ec2","detail-type":…,"resources":[…],"detail":{…}}
POST /_handover/reset                 every Region begins anew`

// index says what is here.
func (s *Server) index() string {
	var b strings.Builder
	now, speed := s.options.Clock.Now().UTC(), s.options.Clock.Speed()
	fmt.Fprintf(&b, "Handover's emulator of Amazon ECS. Everything is simulated.\n\nthe world's time  %s, %g times as fast as the machine's\n", now.Format(time.RFC3339), speed)
	names := s.names()
	if len(names) == 0 {
		b.WriteString("Regions           none has been called yet\n")
	}
	for _, name := range names {
		fmt.Fprintf(&b, "Region            %s\n", name)
	}
	return b.String() + "\n" + controls
}

// state answers with a world's whole state. Without a region it is that of the only Region that was called.
func (s *Server) state(w http.ResponseWriter, r *http.Request) {
	found, problem := s.called(r.URL.Query().Get("region"))
	if problem != "" {
		answerText(w, http.StatusNotFound, problem)
		return
	}
	found.mu.Lock()
	found.world.AdvanceTo(s.options.Clock.Now())
	snapshot, ticket := found.world.Clone(), found.ticket
	found.mu.Unlock()
	if err := s.logged(ticket); err != nil {
		answerText(w, http.StatusInternalServerError, err.Error())
		return
	}
	text, err := snapshot.MarshalJSON()
	answerEncoded(w, text, err)
}

// putEvent puts an event on the default bus of a Region which PutEvents refuses, because it comes from AWS: a Spot interruption warning, a notice of AWS Health.
func (s *Server) putEvent(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Source     string          `json:"source"`
		DetailType string          `json:"detail-type"`
		Resources  []string        `json:"resources"`
		Detail     json.RawMessage `json:"detail"`
	}
	found, problem := s.called(r.URL.Query().Get("region"))
	if problem != "" {
		answerText(w, http.StatusNotFound, problem)
		return
	}
	err := json.NewDecoder(io.LimitReader(r.Body, largestOrder)).Decode(&in)
	if err != nil || in.Source == "" || in.DetailType == "" || len(in.Detail) == 0 {
		answerText(w, http.StatusBadRequest, `the body is not an event such as {"source":"aws.ec2","detail-type":"EC2 Instance Rebalance Recommendation","detail":{"instance-id":"i-1"}}`)
		return
	}
	var ids []string
	ticket, err := s.use(found.place.Region, func(v api.View) (err error) {
		ids, err = v.Act(cluster.PutEvent{Event: cluster.BusEvent{Source: in.Source, DetailType: in.DetailType, Resources: in.Resources, Detail: in.Detail}})
		return err
	})
	if unlogged := s.logged(ticket); err == nil {
		err = unlogged
	}
	if err != nil {
		answerText(w, http.StatusInternalServerError, err.Error())
		return
	}
	answerJSON(w, map[string]string{"id": ids[0]})
}

// lastCalls answers with the newest calls, oldest first.
func (s *Server) lastCalls(w http.ResponseWriter, r *http.Request) {
	n := callsKept
	if text := r.URL.Query().Get("last"); text != "" {
		given, err := strconv.Atoi(text)
		if err != nil || given < 1 || given > callsKept {
			answerText(w, http.StatusBadRequest, fmt.Sprintf("last=%q is not a number from 1 to %d", text, callsKept))
			return
		}
		n = given
	}
	views := []callView{}
	for _, c := range s.calls.last(n) {
		views = append(views, c.view())
	}
	answerJSON(w, map[string]any{"calls": views})
}

// names are the Regions that were called, in order.
func (s *Server) names() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var names []string
	for n := range s.regions {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// called finds a Region that was called already; a question makes no world.
func (s *Server) called(name string) (found *region, problem string) {
	names := s.names()
	if name == "" && len(names) == 1 {
		name = names[0]
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if r, ok := s.regions[name]; ok {
		return r, ""
	}
	if len(names) == 0 {
		return nil, "no Region has been called yet"
	}
	return nil, fmt.Sprintf("region=%q has not been called; these have: %s", name, strings.Join(names, ", "))
}

func answerJSON(w http.ResponseWriter, v any) {
	text, err := json.Marshal(v)
	answerEncoded(w, text, err)
}

// answerEncoded answers with what is JSON already. A whole world goes this way: json.Marshal would copy its text twice more, which was half of the heap of a soak.
func answerEncoded(w http.ResponseWriter, text []byte, err error) {
	if err != nil {
		answerText(w, http.StatusInternalServerError, fmt.Sprintf("writing the answer as JSON: %v", err))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(text) // the client has gone: nobody is left to tell
}

func answerText(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text + "\n")) // the client has gone: nobody is left to tell
}
