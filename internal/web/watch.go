package web

import (
	"context"
	"fmt"
	"sync"
	"time"

	"handover/internal/cluster"
	"handover/internal/operation"
	"handover/internal/timeline"
)

const (
	lookSteady  = 10 * time.Second // at the service alone
	lookWhole   = time.Minute      // at its tasks and targets, too, at least as often
	lookRolling = 5 * time.Second  // at all of it
	before      = 10 * time.Minute // how much of the past is shown of a steady service
	longest     = 30 * time.Minute // and how long its picture gets before it begins anew
)

// hub has the services that are or were watched.
type hub struct {
	ctx        context.Context
	provider   operation.Provider
	simulated  bool
	operations sync.WaitGroup

	mu      sync.Mutex
	watches map[Subject]*watch
}

// of gives the watch of a subject; it reads nothing before somebody views it.
func (h *hub) of(subject Subject) *watch {
	h.mu.Lock()
	defer h.mu.Unlock()
	w, known := h.watches[subject]
	if !known {
		w = &watch{hub: h, subject: subject, viewers: map[chan struct{}]bool{}}
		h.watches[subject] = w
	}
	return w
}

// watch is one subject as it is watched: by one reader for all viewers.
type watch struct {
	hub     *hub
	subject Subject

	mu       sync.Mutex
	viewers  map[chan struct{}]bool
	stop     context.CancelFunc // ends the reader; nil while there is none
	recorder *timeline.Recorder
	of       string    // the id of the deployment that is recorded
	told     bool      // what is shown comes from an operation of this process, and nothing is read for it
	whole    time.Time // when tasks and targets were last read; zero: they are to be read at once
	sight    sight
}

// sight is what is known of a service, for those who draw it.
type sight struct {
	At        time.Time // the provider's; zero before the first look
	View      cluster.ServiceView
	Problem   string // why it could not be read
	Line      timeline.Timeline
	Predicted *timeline.Timeline
	Operation *running
	Before    string // how the operation ended that was begun here before what is shown now; empty where none was
}

// running is an operation that was started here.
type running struct {
	Name       string // of the operation
	Began      time.Time
	Deployment string
	Waiting    *cluster.Condition
	Notes      []operation.Note
	Verdict    *cluster.Verdict
}

// view makes the caller a viewer: changed gets a value after each look. The reader runs until the last viewer has left.
func (w *watch) view() (changed <-chan struct{}, leave func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	mine := make(chan struct{}, 1)
	w.viewers[mine] = true
	if w.stop == nil {
		ctx, stop := context.WithCancel(w.hub.ctx)
		w.stop = stop
		go w.read(ctx)
	}
	return mine, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.viewers, mine)
		if len(w.viewers) == 0 {
			w.stop()
			w.stop = nil
		}
	}
}

// read looks at the service until the context ends.
func (w *watch) read(ctx context.Context) {
	for {
		if scope := w.wanted(); !scope.Empty() {
			snapshot, err := w.hub.provider.Observe(ctx, scope)
			if err != nil {
				return // the context has ended
			}
			w.take(snapshot)
		}
		if err := w.hub.provider.Sleep(ctx, w.wait()); err != nil {
			return
		}
	}
}

// wanted is what to read next: the service alone while it is steady, now and then everything; nothing where that is told.
func (w *watch) wanted() cluster.Scope {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.told {
		return cluster.Scope{}
	}
	quiet := w.steady() && !w.whole.IsZero() && w.hub.provider.Now().Before(w.whole.Add(lookWhole))
	return w.subject.scope(!quiet)
}

// steady tells whether nothing goes on. The caller holds the lock.
func (w *watch) steady() bool { return w.subject.steady(w.sight.View.Service) }

func (w *watch) wait() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.told || w.sight.Problem != "" || !w.whole.IsZero() && w.steady():
		return lookSteady
	case w.whole.IsZero():
		return 0
	}
	return lookRolling
}

// take makes a look known. Those of the reader and of an operation come here alike.
func (w *watch) take(snapshot cluster.Snapshot) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if snapshot.At.Before(w.sight.At) {
		return // two looks at the same time, of which this one began first
	}
	defer w.tell()
	view, there := w.subject.view(snapshot)
	if w.sight.Problem = w.subject.problem(snapshot, there); w.sight.Problem != "" {
		return
	}
	primary, _ := view.Service.Primary()
	former, _ := w.sight.View.Service.Primary()
	switch {
	case w.subject.wholly(snapshot):
		w.whole = snapshot.At
	case !w.subject.steady(view.Service) || primary.ID != former.ID:
		w.whole = time.Time{}
		return
	default: // nothing has happened to its tasks
		view.Tasks, view.Targets, view.TargetGroups = w.sight.View.Tasks, w.sight.View.Targets, w.sight.View.TargetGroups
	}
	w.record(snapshot.At, view)
}

// record adds a look to the record, or begins one: of a deployment that is not known yet, and where the picture of a steady service got long.
func (w *watch) record(at time.Time, view cluster.ServiceView) {
	primary, _ := view.Service.Primary()
	o := w.sight.Operation
	w.sight.At, w.sight.View = at, view
	if w.told {
		return
	}
	long := at.Sub(w.sight.Line.Begin) > longest
	switch {
	case o != nil && o.Verdict == nil:
	case w.recorder == nil, primary.ID != w.of, long && w.steady():
		w.begin(at, view)
	case o != nil:
		return // the record of an operation ends with it
	}
	w.recorder.See(at, view)
	w.sight.Line = w.recorder.Timeline(false)
}

// begin begins the record of a deployment of which it is not known who started it: with the deployment, or with some of the past where it is through. One to
// which ECS rolls back is recorded from the beginning of the one that it comes from.
func (w *watch) begin(at time.Time, view cluster.ServiceView) {
	primary, _ := view.Service.Primary()
	since := primary.CreatedAt
	for _, d := range view.Service.Deployments {
		if d.CreatedAt.After(since) {
			since = d.CreatedAt
		}
	}
	run := timeline.Run{Kind: timeline.Actual, Simulated: w.hub.simulated, Operation: "deployment", Service: w.subject.Key(), Begin: since, Watermark: since, Carried: w.subject.Instance,
		Floor: view.Service.Bounds.Floor(view.Service.Desired), Ceiling: view.Service.Bounds.Ceiling(view.Service.Desired)}
	if w.steady() || w.subject.Instance || run.Begin.IsZero() {
		run.Operation, run.Begin = w.subject.word(), at.Add(-before)
	}
	if o := w.sight.Operation; o != nil && o.Verdict != nil {
		w.sight.Before = fmt.Sprintf("Before that: %s of %s: %s", o.Name, o.Began.UTC().Format("15:04:05 UTC"), o.Verdict.Summary)
	}
	w.recorder, w.of = timeline.NewRecorder(run), primary.ID
	w.sight.Operation, w.sight.Predicted = nil, nil
}

// tell wakes all viewers; those who have not drawn the last look yet draw this one instead.
func (w *watch) tell() {
	for viewer := range w.viewers {
		select {
		case viewer <- struct{}{}:
		default:
		}
	}
}

// now is what is known.
func (w *watch) now() sight {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.sight
}
