package sandbox

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"sync"
	"time"

	"handover/internal/cluster"
	"handover/internal/world/function"
)

// Host runs functions. It may be used by many goroutines.
type Host struct {
	folder string

	mu     sync.Mutex
	work   string         // where programs of zips are; empty: there was none yet
	idle   []*environment // oldest first
	all    map[*environment]bool
	closed bool
}

// Open lets the programs in a folder be run.
func Open(folder string) (*Host, error) {
	info, err := os.Stat(folder)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("%s is no folder", folder)
	}
	return &Host{folder: folder, all: map[*environment]bool{}}, nil
}

// Job is one invocation of a function.
type Job struct {
	ID       string // the request id
	Payload  string
	Trace    string    // of X-Ray, with the lineage of the invocation
	Deadline time.Time // of this machine's clock
	Function cluster.Function
	Region   string
	Endpoint string            // of the emulator
	Log      func(line string) // is told each line that the program writes; called by one goroutine at a time
}

// Result is how an invocation ended.
type Result struct {
	Failed bool
	Answer string // JSON: what the function gave back, or its error
}

// failed is the result of an invocation whose function did not say how it ended.
func failed(kind, format string, args ...any) Result {
	return Result{Failed: true, Answer: function.Failure(kind, fmt.Sprintf(format, args...))}
}

// errClosed says that the host was closed.
var errClosed = errors.New("the emulator ends")

// Run hands an invocation to a process of its function and waits for its end. When ctx ends before that, the process is killed.
func (h *Host) Run(ctx context.Context, job Job) Result {
	e, err := h.take(job)
	if err != nil {
		return failed("Runtime.InvalidEntrypoint", "RequestId: %s Error: %v", job.ID, err)
	}
	t := &task{Job: job, result: make(chan Result, 1)}
	select {
	case e.tasks <- t:
	case <-e.exited:
		h.drop(e)
		return failed("Runtime.ExitError", "RequestId: %s Error: Runtime exited without asking for an invocation: %v", job.ID, e.fate)
	case <-ctx.Done():
		h.drop(e)
		return failed("Sandbox.Killed", "RequestId: %s Error: %v", job.ID, context.Cause(ctx))
	}
	select {
	case r := <-t.result:
		h.keep(e)
		return r
	case <-e.exited:
		h.drop(e)
		return failed("Runtime.ExitError", "RequestId: %s Error: Runtime exited: %v", job.ID, e.fate)
	case <-ctx.Done():
		h.drop(e)
		return failed("Sandbox.Killed", "RequestId: %s Error: %v", job.ID, context.Cause(ctx))
	}
}

// Close kills all processes and removes what was unzipped.
func (h *Host) Close() error {
	h.mu.Lock()
	h.closed = true
	all := make([]*environment, 0, len(h.all))
	for e := range h.all {
		all = append(all, e)
	}
	h.mu.Unlock()
	for _, e := range all {
		h.drop(e)
	}
	if h.work == "" {
		return nil
	}
	return os.RemoveAll(h.work)
}

// take finds a process that is idle, or starts one. Idle ones of the function as it was before are ended.
func (h *Host) take(job Job) (*environment, error) {
	key, revision := job.Region+" "+job.Function.ARN, strconv.Itoa(job.Function.Revision)
	h.mu.Lock()
	var stale []*environment
	var found *environment
	h.idle = slices.DeleteFunc(h.idle, func(e *environment) bool {
		switch {
		case e.key != key:
			return false
		case e.revision != revision || e.gone():
			stale = append(stale, e)
			return true
		case found == nil:
			found = e
			return true
		}
		return false
	})
	closed := h.closed
	h.mu.Unlock()
	for _, e := range stale {
		h.drop(e)
	}
	if found != nil || closed {
		if closed {
			return nil, errClosed
		}
		return found, nil
	}
	return h.start(job, key, revision)
}

func (h *Host) start(job Job, key, revision string) (*environment, error) {
	program, err := h.executable(job.Function.Program)
	if err != nil {
		return nil, err
	}
	e, err := launch(program, job)
	if err != nil {
		return nil, err
	}
	e.key, e.revision = key, revision
	h.mu.Lock()
	h.all[e] = true
	closed := h.closed
	h.mu.Unlock()
	if closed {
		h.drop(e)
		return nil, errClosed
	}
	return e, nil
}

// mostIdle is how many processes wait for their next invocation; the oldest is ended where there are more.
const mostIdle = 8

func (h *Host) keep(e *environment) {
	h.mu.Lock()
	h.idle = append(h.idle, e)
	var over *environment
	if len(h.idle) > mostIdle {
		over, h.idle = h.idle[0], h.idle[1:]
	}
	h.mu.Unlock()
	if over != nil {
		h.drop(over)
	}
}

// drop ends a process and waits until it has ended.
func (h *Host) drop(e *environment) {
	e.kill()
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.all, e)
	h.idle = slices.DeleteFunc(h.idle, func(one *environment) bool { return one == e })
}
