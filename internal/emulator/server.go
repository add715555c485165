package emulator

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
	"handover/internal/emulator/api/balancing"
	"handover/internal/emulator/api/containers"
	"handover/internal/emulator/api/groups"
	"handover/internal/emulator/api/identity"
	"handover/internal/emulator/api/invoking"
	"handover/internal/emulator/api/logging"
	"handover/internal/emulator/api/machines"
	"handover/internal/emulator/api/notifying"
	"handover/internal/emulator/api/queueing"
	"handover/internal/emulator/api/quotas"
	"handover/internal/emulator/api/routing"
	"handover/internal/emulator/api/scaling"
	"handover/internal/emulator/api/watching"
	"handover/internal/emulator/api/workflows"
	"handover/internal/emulator/sandbox"
	"handover/internal/emulator/wire"
	"handover/internal/emulator/worldlog"
	"handover/internal/world"
	"handover/internal/world/profile"
)

// Account is the account that every request is made in.
const Account = "123456789012"

// GCPercent is what a process that serves should set the garbage collector to. Answers are most of what is made, and worlds are small: DescribeTasks of 100 takes 1.8 ms of
// processor time with it, and 2.1 ms with the default of 100.
const GCPercent = 400

// The headers of every answer that tell the world's time.
const (
	TimeHeader  = "Handover-Time"  // RFC 3339 with nanoseconds, in UTC
	SpeedHeader = "Handover-Speed" // seconds of the world in a second, a decimal number
)

// Options is what a Server is made of. Only Clock is required.
type Options struct {
	Clock Clock
	// Seed makes the world with which a Region begins, and to which a reset returns. It must give a new world at each call, which is set in that place and
	// not further than the clock. Without it a Region begins empty, with the profile fargate-2026.
	Seed func(place cluster.ARN) *world.World
	// Throttle enforces AWS's published token buckets. On a Paced clock they fill only while somebody sleeps.
	Throttle bool
	// Log keeps what is done to the worlds, and Past is what its Replay gave. With it Seed is required.
	Log  *worldlog.Log
	Past worldlog.Past
	// WorldEvery is after how many changes of a Region, at least, its whole world is written to the log; 2,000 unless set.
	WorldEvery int
	// Functions runs the programs of functions, while Run is called; nil: no function can be made.
	Functions *sandbox.Host
	// Observe is told of each call after its answer is written, from many goroutines.
	Observe func(Call)
	// Report is told what went wrong inside where the answer only says that something did.
	Report func(Call, error)
}

// Call is a finished call.
type Call struct {
	At time.Time // the world's time
	wire.Outcome
}

// Server is the emulator as an http.Handler; see the package's doc.
type Server struct {
	options  Options
	mux      *wire.Mux
	requests atomic.Uint64
	calls    calls
	shown    shown

	changes *changes

	mu      sync.Mutex
	regions map[string]*region
}

// New makes a Server with the Regions of the past, if there is one.
func New(o Options) *Server {
	if o.Clock == nil {
		panic("emulator: Options.Clock is missing")
	}
	if o.Log != nil && o.Seed == nil {
		panic("emulator: Options.Seed is missing; a Region whose beginning depends on when it is called cannot be made again")
	}
	if o.Seed == nil {
		usual, _ := profile.Named("fargate-2026")
		o.Seed = func(place cluster.ARN) *world.World {
			return world.New(world.Config{Seed: 1, Start: o.Clock.Now(), Place: place, Profile: usual})
		}
	}
	o.WorldEvery = cmp.Or(o.WorldEvery, 2000)
	s := &Server{options: o, regions: map[string]*region{}, changes: newChanges()}
	for name, lived := range o.Past.Regions {
		s.regions[name] = newRegion(name, lived.World)
		s.regions[name].since, s.regions[name].bytes = lived.Acts, lived.Bytes
	}
	var services []*wire.Service
	for _, offered := range s.services() {
		services = append(services, offered.Service)
	}
	s.mux = wire.NewMux(wire.Hooks{RequestID: s.requestID, Before: s.before, Observe: s.observe, Report: s.report}, services...)
	return s
}

// services are those that the emulator has, in the order of docs/emulator.md.
func (s *Server) services() []*api.Service {
	return []*api.Service{containers.New(s), balancing.New(s), scaling.New(s), identity.New(s), notifying.New(s), queueing.New(s), logging.New(s),
		groups.New(s), machines.New(s), watching.New(s), quotas.New(s), invoking.New(s, s.programs()), routing.New(s), workflows.New(s)}
}

// programs are those that functions may be of; nil where none may be run.
func (s *Server) programs() api.Programs {
	if s.options.Functions == nil {
		return nil
	}
	return s.options.Functions
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	dated := &datedWriter{ResponseWriter: w, server: s}
	switch {
	case strings.HasPrefix(r.URL.Path, controlPath):
		s.control(dated, r)
	default:
		s.mux.ServeHTTP(dated, r)
	}
}

// before is asked about each call before its input is read.
func (s *Server) before(_ context.Context, c wire.Call) error {
	if c.Region != "" && !s.known(c.Region) && !validRegion(c.Region) {
		code := "InvalidSignatureException"
		if speaksQuery(c.Service) {
			code = "SignatureDoesNotMatch"
		}
		return &wire.Error{Code: code, Message: "Credential should be scoped to a valid region.", Status: http.StatusForbidden}
	}
	if s.options.Throttle && !s.region(regionOf(c)).take(c, s.options.Clock.Now()) {
		return throttled(c.Service)
	}
	if c.DryRun { // Source: EC2 API Reference, DryRun, which all its operations have. Nobody lacks a permission here.
		return &wire.Error{Code: "DryRunOperation", Message: "Request would have succeeded, but DryRun flag is set.", Status: http.StatusPreconditionFailed}
	}
	return nil
}

// throttled is the error of a service whose bucket is empty. Source: behaviour §6 for ECS; the common errors of the Query services for the others.
func throttled(service string) error {
	code := "ThrottlingException"
	if speaksQuery(service) {
		code = "Throttling"
	}
	return &wire.Error{Code: code, Message: "Rate exceeded"}
}

// speaksQuery tells whether a service has the Query protocol, whose common errors have other codes than those of the JSON protocols.
func speaksQuery(service string) bool {
	return slices.Contains([]string{"elasticloadbalancing", "sts", "sns", "autoscaling", "ec2"}, service)
}

func (s *Server) observe(o wire.Outcome) {
	call := Call{At: s.options.Clock.Now(), Outcome: o}
	s.calls.add(call)
	if s.options.Observe != nil {
		s.options.Observe(call)
	}
}

func (s *Server) report(c wire.Call, err error) {
	if s.options.Report != nil {
		s.options.Report(Call{At: s.options.Clock.Now(), Outcome: wire.Outcome{Call: c}}, err)
	}
}

// requestID gives ids of AWS's form that say which request of this server it was.
func (s *Server) requestID() string {
	return fmt.Sprintf("68616e64-6f76-4572-8000-%012x", s.requests.Add(1))
}

// regionName is the form of all Region names so far, those of the AWS partitions outside of this world included. It keeps a mistyped credential scope from
// making a world.
var regionName = regexp.MustCompile(`^[a-z]{2,4}(-[a-z]+){1,3}-[0-9]{1,2}$`)

// regionOf is the Region of a call; one that needs no signature names none. Source: STS API Reference: its global endpoint is in us-east-1.
func regionOf(c wire.Call) string { return cmp.Or(c.Region, "us-east-1") }

func validRegion(name string) bool { return regionName.MatchString(name) }

// datedWriter adds the world's time to an answer at the moment its header is written.
type datedWriter struct {
	http.ResponseWriter
	server *Server
}

// WriteHeader writes the header with the time.
func (d *datedWriter) WriteHeader(status int) {
	clock, h := d.server.options.Clock, d.Header()
	now := clock.Now().UTC()
	d.server.show(now)
	h.Set("Date", now.Format(http.TimeFormat))
	h.Set(TimeHeader, now.Format(time.RFC3339Nano))
	h.Set(SpeedHeader, strconv.FormatFloat(clock.Speed(), 'g', -1, 64))
	d.ResponseWriter.WriteHeader(status)
}
