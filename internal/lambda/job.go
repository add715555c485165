package lambda

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
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
	find  func(context.Context, AWS) (operation.Operation, error) // makes the operation of what is there; nil: it is made
	own   func(by)                                                // lets the operation record itself on the services that it changes; nil: it does not, or has done so
	saved *operation.Saved
	round int
}

// kind says which operation a state belongs to.
type kind string

const (
	departing  kind = "departure"
	restarting kind = "restart"
	recycling  kind = "recycle"
	replacing  kind = "replace"
	ringing    kind = "ring"
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

// by is who does a job, and for which event.
type by struct {
	id, owner string
	sent      time.Time // the event; zero: not known
}

type (
	restart = operation.Once[*operation.Restart]
	recycle = operation.Once[*operation.Recycle]
	several = operation.Group[*recycle]
)

const (
	restartTimeout = 30 * time.Minute
	recycleTimeout = 6 * time.Hour
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
	case event.Ring:
		return h.ring(w.Alarm), nil
	case event.Nothing:
	}
	return job{}, errors.New(w.Why)
}

func (h *Handler) departure(w event.Work) job {
	options, about := h.Config.Departure, "the departure of "+w.Instance
	var hook *cluster.HookedInstance
	if w.Hook.Name != "" {
		hook = &cluster.HookedInstance{Group: w.Hook.Group, Hook: w.Hook.Name, Token: w.Hook.Token, Host: w.Instance}
	}
	if w.Limit > 0 {
		options.Limit = w.Limit
	}
	return job{kind: departing, about: about, op: operation.NewDeparture(w.Instance, hook, w.Begun, options)}
}

// once makes an operation that a repeated event does not do twice.
func once[T operation.Repeatable](body T, timeout time.Duration) *operation.Once[T] {
	return &operation.Once[T]{Keep: &operation.Keep[T]{Body: body, Timeout: timeout, Always: true}}
}

func ownedBy[T operation.Repeatable](op *operation.Once[T], b by) {
	op.Keep.ID, op.Keep.Owner, op.Sent = b.id, b.owner, b.sent
}

// replacement recycles the services of a retirement, before AWS stops their tasks. Tasks of no service have nothing to replace them by, and are left to their owner.
func replacement(r event.Retirement) (job, error) {
	if len(r.Services) == 0 {
		return job{}, fmt.Errorf("AWS retires %d tasks, and the notice names no service of theirs; whoever started them has to replace them", len(r.Tasks))
	}
	group := &several{}
	for _, key := range r.Services {
		member := once(operation.NewRecycle(key, operation.RecycleOptions{Reason: "retired by AWS"}), recycleTimeout)
		group.Members = append(group.Members, &operation.Member[*recycle]{Service: key, Operation: member})
	}
	own := func(b by) {
		for _, m := range group.Members {
			ownedBy(m.Operation, b)
		}
	}
	return job{kind: replacing, about: fmt.Sprintf("the retirement of tasks of %d services", len(r.Services)), op: group, own: own}, nil
}

// requested is an operation that a payload asks for.
func requested(r event.Request) (job, error) {
	key, _, err := cluster.ParseService(r.Service, r.Cluster)
	if err != nil {
		return job{}, fmt.Errorf("reading the request: %w", err)
	}
	switch r.Operation {
	case "restart":
		return requestedRestart(key, r)
	case "recycle":
		return requestedRecycle(key, r)
	}
	return job{}, fmt.Errorf("there is no operation %q: this function knows restart and recycle", r.Operation)
}

func requestedRestart(key cluster.ServiceKey, r event.Request) (job, error) {
	var asked struct {
		MinimumHealthyPercent *int `json:"minHealthyPercent"`
		MaximumPercent        *int `json:"maxPercent"`
		AllowUnstable         bool `json:"allowUnstable"`
		AllowInProgress       bool `json:"allowInProgress"`
		AllowNewCode          bool `json:"allowNewCode"`
		stopOn
	}
	if err := json.Unmarshal(r.Options, &asked); err != nil {
		return job{}, fmt.Errorf("reading the request: %w", err)
	}
	alarms, err := asked.alarms()
	if err != nil {
		return job{}, err
	}
	options := operation.RestartOptions{MinimumHealthyPercent: asked.MinimumHealthyPercent, MaximumPercent: asked.MaximumPercent,
		AllowUnstable: asked.AllowUnstable, AllowInProgress: asked.AllowInProgress, AllowNewCode: asked.AllowNewCode}
	op := once(operation.NewRestart(key, options), cmp.Or(r.Timeout, restartTimeout))
	op.Keep.StopOn = alarms
	return job{kind: restarting, about: "the restart of " + key.String(), op: op, own: func(b by) { ownedBy(op, b) }}, nil
}

// requestedRecycle also takes the two members of the recycle function of old: wait_time in seconds, and maintain_service_state, which is true unless it is false:
// no task less than desired meanwhile.
func requestedRecycle(key cluster.ServiceKey, r event.Request) (job, error) {
	asked := struct {
		Method        operation.Method `json:"method"`
		Batch         int              `json:"batch"`
		Surge         int              `json:"surge"`
		WaitTime      float64          `json:"wait_time"`
		Maintain      *bool            `json:"maintain_service_state"`
		AllowUnstable bool             `json:"allowUnstable"`
		stopOn
	}{}
	if err := json.Unmarshal(r.Options, &asked); err != nil {
		return job{}, fmt.Errorf("reading the request: %w", err)
	}
	if asked.Maintain != nil && !*asked.Maintain {
		asked.Method, asked.Surge = operation.Stop, 0
	}
	switch {
	case asked.Method != operation.AnyMethod && asked.Method != operation.Graceful && asked.Method != operation.Stop:
		return job{}, fmt.Errorf("reading the request: there is no method %q: graceful or stop", asked.Method)
	case asked.Batch < 0 || asked.Surge < 0 || asked.WaitTime < 0:
		return job{}, errors.New("reading the request: batch, surge and wait_time are not negative")
	}
	alarms, err := asked.alarms()
	if err != nil {
		return job{}, err
	}
	options := operation.RecycleOptions{Method: asked.Method, Batch: max(1, asked.Batch), Surge: asked.Surge, Wait: time.Duration(asked.WaitTime * float64(time.Second)),
		AllowUnstable: asked.AllowUnstable}
	op := once(operation.NewRecycle(key, options), cmp.Or(r.Timeout, recycleTimeout))
	op.Keep.StopOn = alarms
	return job{kind: recycling, about: "the recycle of " + key.String(), op: op, own: func(b by) { ownedBy(op, b) }}, nil
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
	if err := c.Saved.Check(); err != nil {
		return job{}, fmt.Errorf("reading what was carried on: %w", err)
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
	case recycling:
		op = new(recycle)
	case replacing:
		op = new(several)
	case ringing:
		op = new(operation.Ring)
	default:
		return nil, fmt.Errorf("reading what was carried on: there is no operation %q", k)
	}
	if err := json.Unmarshal(state, op); err != nil {
		return nil, fmt.Errorf("reading the state of %s: %w", k, err)
	}
	if !whole(op) {
		return nil, fmt.Errorf("reading the state of %s: it is of an earlier version", k)
	}
	return op, nil
}

// whole tells whether a state has the operation in it.
func whole(op operation.Operation) bool {
	switch op := op.(type) {
	case *restart:
		return op.Keep != nil
	case *recycle:
		return op.Keep != nil
	case *several:
		return !slices.ContainsFunc(op.Members, func(m *operation.Member[*recycle]) bool { return m.Operation == nil || m.Operation.Keep == nil })
	}
	return true
}

// carry is the job as it stands, to be gone on with no earlier than at.
func (j job) carry(saved operation.Saved) carried {
	return carried{Version: carriedVersion, Kind: j.kind, About: j.about, Round: j.round + 1, Saved: saved}
}
