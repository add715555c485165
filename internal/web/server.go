package web

import (
	"context"
	"net/http"

	"handover/internal/cluster"
	"handover/internal/operation"
)

// Options is what a Server is made of. Only Host and Token are required.
type Options struct {
	Host  string   // 127.0.0.1:PORT, where it is served
	Token string   // may be exchanged once for the cookie
	Place *Place   // nil: only what is on paper
	Open  *Subject // what the page begins with; nil: a choice
	// Plan looks at what is asked for, and predicts it; it changes nothing. nil only where Place is. Plans are carried out under Begin, whose end is the caller's
	// business: Wait tells when none runs any more.
	Plan func(context.Context, Asked) (Plan, error)
	// Forms are the operations on a service, and Drains those on a container instance.
	Forms, Drains []Form
	Actions       bool // plans may be begun from the page
	// Keep leaves the page of a run that was started here, and gives the file's name, which may be empty; nil: nothing is kept.
	Keep    func(cluster.ServiceView, Report) (file string, err error)
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
	// Instances gives the container instances of a cluster, without their tasks.
	Instances(ctx context.Context, inCluster string) (instances []cluster.Instance, more bool, err error)
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
		s.hub = &hub{ctx: ctx, provider: o.Place.Provider, simulated: o.Place.Simulated, watches: map[Subject]*watch{}}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.home)
	mux.HandleFunc("GET /assets/{name}", asset)
	mux.HandleFunc("GET /what-if", s.whatIf)
	mux.HandleFunc("GET /what-if/runs", s.whatIfRuns)
	if o.Place != nil {
		mux.HandleFunc("GET /services", s.choose)
		for path, of := range map[string]func(*http.Request) Subject{"/services/{cluster}/{name}": serviceOf, "/instances/{cluster}/{name}": instanceOf} {
			mux.HandleFunc("GET "+path, s.subject(of))
			mux.HandleFunc("GET "+path+"/frames", s.frames(of))
			mux.HandleFunc("GET "+path+"/plan", s.plan(of))
			mux.HandleFunc("POST "+path+"/begin", s.begin(of))
		}
	}
	s.routes = s.entry.guard(mux)
	return s
}

// Address is where the page is, with a token that can be used once; the one before it cannot be used any more.
func (s *Server) Address() string { return "http://" + s.options.Host + "/?token=" + s.entry.renew() }

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.routes.ServeHTTP(w, r) }

// Wait returns when no operation runs any more.
func (s *Server) Wait() {
	if s.hub != nil {
		s.hub.operations.Wait()
	}
}
