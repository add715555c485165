package cli

import (
	"context"
	"io"
	"os"
	"time"

	"handover/internal/cluster"
	"handover/internal/console"
	"handover/internal/operation"
)

// Factory is what commands need from outside.
type Factory struct {
	Streams *console.Streams
	Getenv  func(string) string
	Signals <-chan os.Signal

	// Connect reaches AWS, or an emulator that it starts.
	Connect func(context.Context, Target) (*Connection, error)
	// Serve makes an emulator that can be served.
	Serve func(Serving) (*Server, error)
	// Restart makes the operation.
	Restart func(RestartRequest) Watched
	// Releases is the address that tells of the newest release, for version --check alone; empty: there is none.
	Releases string
	// Browse opens an address in the user's browser, and fails where there is none; nil: nowhere is one.
	Browse func(url string) error
}

// Target says where a command acts.
type Target struct {
	Command                               string // that acts; CloudTrail keeps it with each call
	Region, Profile, RoleARN, EndpointURL string

	Scene *Scene // not nil: on an emulator of our own
	Debug io.Writer
}

// Scene is what an emulator is loaded with.
type Scene struct {
	Name  string // of the file
	Text  string
	Speed float64
}

// Connection is AWS, or an emulator, as commands use it.
type Connection struct {
	Provider  operation.Provider
	Directory Directory
	// Group gives the ids of the EC2 instances of an Auto Scaling group that are not on their way out; found is false where there is none of that name.
	Group func(ctx context.Context, name string) (hosts []string, found bool, err error)
	// LastLine is the last line of a log stream of CloudWatch Logs; empty where there is none. nil: logs cannot be read.
	LastLine func(ctx context.Context, region, group, stream string) (string, error)
	Identity console.Identity
	Close    func()
	// List gives all services of a cluster.
	List func(ctx context.Context, inCluster string) ([]cluster.ServiceKey, error)
}

// claim is who carries an operation out, and under which id.
type claim struct {
	ID    string // record.NewID
	Owner string
	Local bool // the record is on this machine
}

// RestartRequest is what is asked of a restart.
type RestartRequest struct {
	Service          cluster.ServiceKey
	Claim            claim
	Minimum, Maximum *int // bounds for this restart only; nil: the service's own
	Timeout          time.Duration
	AllowUnstable    bool
	AllowInProgress  bool
	AllowNewCode     bool
	StopOn           []string // alarms that end it, in order
	Attach           string   // a deployment to follow, where none is to be started
	KeepWaiting      bool     // although no new task will get healthy
	Pace             *operation.Pace
}

// Watched is an operation that tells how far it has come.
type Watched interface {
	operation.Operation
	Progress(now time.Time) operation.Progress
}
