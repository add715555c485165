package web

import (
	"context"
	"fmt"
	"slices"
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
	watches map[cluster.ServiceKey]*watch
}

// of gives the watch of a service; it reads nothing before somebody views it.
func (h *hub) of(key cluster.ServiceKey) *watch {
	h.mu.Lock()
	defer h.mu.Unlock()
	w, known := h.watches[key]
	if !known {
		w = &watch{hub: h, key: key, viewers: map[chan struct{}]bool{}}
		h.watches[key] = w
	}
	return w
}

// watch is one service as it is watched: by one reader for all viewers.
type watch struct {
	hub *hub
	key cluster.ServiceKey

	mu       sync.Mutex
	viewers  map[chan struct{}]bool
	stop     context.CancelFunc // ends the reader; nil while there is none
	recorder *timeline.Recorder
	of       string    // the id of the deployment that is recorded
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
}

// running is an operation that was started here.
type running struct {
	Asked      Restart
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
		snapshot, err := w.hub.provider.Observe(ctx, w.wanted().Of())
		if err != nil {
			return // the context has ended
		}
		w.take(snapshot)
		if err := w.hub.provider.Sleep(ctx, w.wait()); err != nil {
			return
		}
	}
}

// wanted is what to read next: the service alone while it is steady, now and then everything.
func (w *watch) wanted() cluster.ServiceScope {
	w.mu.Lock()
	defer w.mu.Unlock()
	if steady(w.sight.View.Service) && !w.whole.IsZero() && w.hub.provider.Now().Before(w.whole.Add(lookWhole)) {
		return cluster.ServiceScope{Service: w.key}
	}
	return cluster.ServiceScope{Service: w.key, Tasks: cluster.AllTasks, Targets: true}
}

func (w *watch) wait() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.sight.Problem != "" || !w.whole.IsZero() && steady(w.sight.View.Service):
		return lookSteady
	case w.whole.IsZero():
		return 0
	}
	return lookRolling
}

// steady tells whether a service has one deployment, which is through. A service under another controller has no rollout state.
func steady(s cluster.Service) bool {
	if len(s.Deployments) != 1 || s.Running != s.Desired || s.Pending > 0 {
		return false
	}
	rollout := s.Deployments[0].Rollout
	return rollout == cluster.RolloutCompleted || rollout == ""
}

// take makes a look known. Those of the reader and of an operation come here alike.
func (w *watch) take(snapshot cluster.Snapshot) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if snapshot.At.Before(w.sight.At) {
		return // two looks at the same time, of which this one began first
	}
	defer w.tell()
	view, there := snapshot.Service(w.key)
	if w.sight.Problem = problem(snapshot, w.key, there); w.sight.Problem != "" {
		return
	}
	primary, _ := view.Service.Primary()
	former, _ := w.sight.View.Service.Primary()
	switch {
	case wholly(snapshot, w.key):
		w.whole = snapshot.At
	case !steady(view.Service) || primary.ID != former.ID:
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
	long := at.Sub(w.sight.Line.Begin) > longest
	switch {
	case o != nil && o.Verdict == nil:
	case w.recorder == nil, primary.ID != w.of, long && steady(view.Service):
		w.begin(at, view)
	case o != nil:
		return // the record of an operation ends with it
	}
	w.recorder.See(at, view)
	w.sight.Line = w.recorder.Timeline(false)
}

// begin begins the record of a deployment of which it is not known who started it: with the deployment, or with some of the past where it is through.
func (w *watch) begin(at time.Time, view cluster.ServiceView) {
	primary, _ := view.Service.Primary()
	run := timeline.Run{Kind: timeline.Actual, Simulated: w.hub.simulated, Operation: "deployment", Service: w.key, Begin: primary.CreatedAt, Watermark: primary.CreatedAt,
		Floor: view.Service.Bounds.Floor(view.Service.Desired), Ceiling: view.Service.Bounds.Ceiling(view.Service.Desired)}
	if steady(view.Service) || run.Begin.IsZero() {
		run.Operation, run.Begin = "service", at.Add(-before)
	}
	w.recorder, w.of = timeline.NewRecorder(run), primary.ID
	w.sight.Operation, w.sight.Predicted = nil, nil
}

// problem is why a look shows no service; empty where it does.
func problem(s cluster.Snapshot, key cluster.ServiceKey, there bool) string {
	for _, part := range []cluster.Part{cluster.PartService, cluster.PartTasks, cluster.PartTargets} {
		if gap, missing := s.Gap(key, part); missing {
			return fmt.Sprintf("the %s could not be read: %s (it takes %s)", part, gap.Err.Message, gap.Permission)
		}
	}
	if !there {
		return fmt.Sprintf("there is no service %s", key)
	}
	return ""
}

// wholly tells whether a snapshot has the tasks and targets of a service.
func wholly(s cluster.Snapshot, key cluster.ServiceKey) bool {
	return slices.ContainsFunc(s.Scope.Services, func(scope cluster.ServiceScope) bool {
		return scope.Service == key && scope.Tasks == cluster.AllTasks && scope.Targets
	})
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
