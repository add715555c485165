package lambda

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"handover/internal/cluster"
	"handover/internal/lambda/event"
	"handover/internal/operation"
)

// job is one piece of work: the operation, and the state in which it was carried on, if it was.
type job struct {
	kind  kind
	about string // for people
	op    operation.Operation
	saved *operation.Saved
	round int
}

// kind says which operation a state belongs to.
type kind string

const (
	departing  kind = "departure"
	restarting kind = "restart"
	replacing  kind = "replace"
)

// carried is a job between two invocations.
type carried struct {
	Version int             `json:"version"` // carriedVersion
	Kind    kind            `json:"kind"`
	About   string          `json:"about"`
	Round   int             `json:"round"` // how often it was carried on
	Saved   operation.Saved `json:"saved"`
}

const carriedVersion = 1

type (
	restart = operation.Keep[*operation.Restart]
	several = operation.Group[*restart]
)

const (
	restartTimeout = 30 * time.Minute
	replaceTimeout = 3 * time.Hour
)

// jobOf makes the job that a work asks for. An error is one of the message, which no repetition mends.
func (h *Handler) jobOf(w event.Work) (job, error) {
	switch w.Do {
	case event.Depart:
		return h.departure(w), nil
	case event.Replace:
		return replacement(w.Retirement)
	case event.Operate:
		return requested(w.Request)
	case event.Resume:
		return resumed(w.Continuation.Text)
	case event.Nothing:
	}
	return job{}, errors.New(w.Why)
}

func (h *Handler) departure(w event.Work) job {
	options, about := h.Config.Departure, "the departure of "+w.Instance
	var hook *cluster.LifecycleAction
	if w.Hook.Name != "" {
		hook = &cluster.LifecycleAction{Group: w.Hook.Group, Hook: w.Hook.Name, Token: w.Hook.Token, Host: w.Instance}
	}
	if w.Limit > 0 {
		options.Limit = w.Limit
	}
	return job{kind: departing, about: about, op: operation.NewDeparture(w.Instance, hook, w.Begun, options)}
}

// replacement replaces the tasks of the services of a retirement by new ones, as AWS itself advises, before AWS stops them. Tasks of no service have nothing to
// replace them by, and are left to their owner.
func replacement(r event.Retirement) (job, error) {
	if len(r.Services) == 0 {
		return job{}, fmt.Errorf("AWS retires %d tasks that belong to no service known to the notice; whoever started them has to replace them", len(r.Tasks))
	}
	group := &several{}
	for _, key := range r.Services {
		member := &restart{Body: operation.NewRestart(key, operation.RestartOptions{}), Timeout: replaceTimeout}
		group.Members = append(group.Members, &operation.Member[*restart]{Service: key, Operation: member})
	}
	return job{kind: replacing, about: fmt.Sprintf("the retirement of tasks of %d services", len(r.Services)), op: group}, nil
}

// requested is an operation that a payload asks for.
func requested(r event.Request) (job, error) {
	key, _, err := cluster.ParseService(r.Service, r.Cluster)
	if err != nil {
		return job{}, fmt.Errorf("reading the request: %w", err)
	}
	if r.Operation != "restart" {
		return job{}, fmt.Errorf("there is no operation %q: this function knows restart", r.Operation)
	}
	var asked struct {
		MinimumHealthyPercent *int `json:"minHealthyPercent"`
		MaximumPercent        *int `json:"maxPercent"`
		AllowUnstable         bool `json:"allowUnstable"`
		AllowInProgress       bool `json:"allowInProgress"`
		AllowNewCode          bool `json:"allowNewCode"`
	}
	if err := json.Unmarshal(r.Options, &asked); err != nil {
		return job{}, fmt.Errorf("reading the request: %w", err)
	}
	timeout := r.Timeout
	if timeout == 0 {
		timeout = restartTimeout
	}
	options := operation.RestartOptions{MinimumHealthyPercent: asked.MinimumHealthyPercent, MaximumPercent: asked.MaximumPercent,
		AllowUnstable: asked.AllowUnstable, AllowInProgress: asked.AllowInProgress, AllowNewCode: asked.AllowNewCode}
	op := &restart{Body: operation.NewRestart(key, options), Timeout: timeout}
	return job{kind: restarting, about: "the restart of " + key.String(), op: op}, nil
}

// resumed is a job that an earlier invocation has carried on.
func resumed(text []byte) (job, error) {
	var c carried
	if err := json.Unmarshal(text, &c); err != nil {
		return job{}, fmt.Errorf("reading what was carried on: %w", err)
	}
	if c.Version != carriedVersion {
		return job{}, fmt.Errorf("reading what was carried on: its version is %d, and this function knows %d", c.Version, carriedVersion)
	}
	op, err := operationOf(c.Kind, c.Saved.State)
	if err != nil {
		return job{}, err
	}
	return job{kind: c.Kind, about: c.About, op: op, saved: &c.Saved, round: c.Round}, nil
}

// operationOf reads the state of an operation.
func operationOf(k kind, state []byte) (op operation.Operation, err error) {
	switch k {
	case departing:
		op = new(operation.Departure)
	case restarting:
		op = new(restart)
	case replacing:
		op = new(several)
	default:
		return nil, fmt.Errorf("reading what was carried on: there is no operation %q", k)
	}
	if err := json.Unmarshal(state, op); err != nil {
		return nil, fmt.Errorf("reading the state of %s: %w", k, err)
	}
	return op, nil
}

// carry is the job as it stands, to be gone on with no earlier than at.
func (j job) carry(saved operation.Saved) carried {
	return carried{Version: carriedVersion, Kind: j.kind, About: j.about, Round: j.round + 1, Saved: saved}
}
