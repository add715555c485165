package emulator

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// control answers the emulator's own requests, those beneath /_handover/.
func (s *Server) control(w http.ResponseWriter, r *http.Request) {
	switch r.Method + " " + strings.TrimPrefix(r.URL.Path, "/_handover/") {
	case "POST reset":
		s.reset()
		w.WriteHeader(http.StatusNoContent)
	case "GET state":
		s.state(w, r)
	default:
		answerText(w, http.StatusNotFound, "there is POST /_handover/reset and GET /_handover/state?region=REGION")
	}
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
	snapshot := found.world.Clone()
	found.mu.Unlock()
	text, err := json.Marshal(snapshot)
	if err != nil {
		answerText(w, http.StatusInternalServerError, fmt.Sprintf("writing the world as JSON: %v", err))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(text) // the client has gone: nobody is left to tell
}

// called finds a Region that was called already; a question makes no world.
func (s *Server) called(name string) (found *region, problem string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var names []string
	for n := range s.regions {
		names = append(names, n)
	}
	slices.Sort(names)
	if name == "" && len(names) == 1 {
		name = names[0]
	}
	if r, ok := s.regions[name]; ok {
		return r, ""
	}
	if len(names) == 0 {
		return nil, "no Region has been called yet"
	}
	return nil, fmt.Sprintf("region=%q has not been called; these have: %s", name, strings.Join(names, ", "))
}

func answerText(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text + "\n")) // the client has gone: nobody is left to tell
}
