package web

import (
	"context"
	"net/http"
	"time"

	"handover/internal/cluster"
	"handover/internal/forecast"
	"handover/internal/operation"
)

// Options is what a Server is made of. Only Host and Token are required.
type Options struct {
	Host  string // 127.0.0.1:PORT, where it is served
	Token string // may be exchanged once for the cookie
	Place *Place // nil: only what is on paper
	Open  *cluster.ServiceKey
	// Operate carries a restart out; nil: operations can be planned, not started. It tells each step, and returns with the verdict. Its end is the caller's
	// business: Wait tells when there is none left.
	Operate func(r Restart, watch func(operation.Input, operation.Decision)) (cluster.Verdict, error)
	// Past is what earlier runs of a service have taught; nil: nothing.
	Past func(cluster.Service) forecast.Past
	// Keep leaves the page of a run that was started here, and gives the file's name, which may be empty; nil: nothing is kept.
	Keep    func(cluster.Service, Report) (file string, err error)
	Version string
}

// Place is where services run: an account and Region of AWS, or an emulator.
type Place struct {
	Provider  operation.Provider
	Directory Directory
	Account   string
	Region    string
	Caller    string
	Simulated bool
}

// Directory lists what there is to choose from, a page of it at most.
type Directory interface {
	Clusters(ctx context.Context) (names []string, more bool, err error)
	Services(ctx context.Context, inCluster string) (names []string, more bool, err error)
}

// Restart is what is asked for on the page.
type Restart struct {
	Service cluster.ServiceKey
	Bounds  cluster.Bounds // for this restart only, where they are not the service's own
	Timeout time.Duration
	Pace    *operation.Pace // when to look
}

// Server is the page as an http.Handler.
type Server struct {
	options Options
	entry   *entry
	hub     *hub
	routes  http.Handler
}

// New makes a Server. Its readers end with ctx.
func New(ctx context.Context, o Options) *Server {
	s := &Server{options: o, entry: newEntry(o.Host, o.Token)}
	if o.Place != nil {
		s.hub = &hub{ctx: ctx, provider: o.Place.Provider, simulated: o.Place.Simulated, watches: map[cluster.ServiceKey]*watch{}}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.home)
	mux.HandleFunc("GET /assets/{name}", asset)
	mux.HandleFunc("GET /what-if", s.whatIf)
	mux.HandleFunc("GET /what-if/runs", s.whatIfRuns)
	if o.Place != nil {
		mux.HandleFunc("GET /services", s.choose)
		mux.HandleFunc("GET /services/{cluster}/{service}", s.service)
		mux.HandleFunc("GET /services/{cluster}/{service}/frames", s.frames)
		mux.HandleFunc("GET /services/{cluster}/{service}/plan", s.plan)
		mux.HandleFunc("POST /services/{cluster}/{service}/restart", s.restart)
	}
	s.routes = s.entry.guard(mux)
	return s
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.routes.ServeHTTP(w, r) }

// Wait returns when no operation runs any more.
func (s *Server) Wait() {
	if s.hub != nil {
		s.hub.operations.Wait()
	}
}
