package emulator

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
	"handover/internal/emulator/sandbox"
	"handover/internal/emulator/wire"
)

// This file runs functions: it lets time go on in the worlds where something is due, takes the invocations that are ready, hands them to processes, and says how they
// ended. What an invocation is, and what becomes of it, is in the worlds; a process is only how it is carried out.

// changes tells of changes of worlds.
type changes struct {
	mu   sync.Mutex
	next chan struct{} // closed at the next change
	wake chan struct{} // has room for one: somebody has changed a world, and Run has not seen it
}

func newChanges() *changes { return &changes{next: make(chan struct{}), wake: make(chan struct{}, 1)} }

func (c *changes) tell(changed bool) {
	if !changed {
		return
	}
	c.show()
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// show lets those go on who wait for a change.
func (c *changes) show() {
	c.mu.Lock()
	defer c.mu.Unlock()
	close(c.next)
	c.next = make(chan struct{})
}

// Changed is closed when a world has changed after the call, or may have because something was due.
func (s *Server) Changed() <-chan struct{} {
	s.changes.mu.Lock()
	defer s.changes.mu.Unlock()
	return s.changes.next
}

// mostRunning is how many processes work at the same time; what is ready beyond that waits.
const mostRunning = 32

// runner is one Run.
type runner struct {
	*Server
	endpoint string
	work     sync.WaitGroup

	mu      sync.Mutex
	running map[string]context.CancelFunc // by Region and invocation
	lines   []logged
}

// logged is a line that a program wrote.
type logged struct {
	region, group string
	event         cluster.LogEvent
}

// Run runs the functions of all Regions until ctx ends; then it kills what runs. A program gets the endpoint to reach this server by. It must be called at most once,
// and needs Options.Functions.
func (s *Server) Run(ctx context.Context, endpoint string) {
	r := &runner{Server: s, endpoint: endpoint, running: map[string]context.CancelFunc{}}
	defer r.work.Wait()
	for ctx.Err() == nil {
		wait := longestNap
		for _, name := range s.names() {
			wait = min(wait, r.tend(ctx, name))
		}
		s.changes.show()
		passed, stop := machineAfter(wait)
		select {
		case <-passed:
		case <-s.changes.wake:
		case <-ctx.Done():
		}
		stop()
	}
}

// The machine's time between two looks at the worlds, at least and at most.
const (
	shortestNap = time.Millisecond
	longestNap  = 250 * time.Millisecond
)

// tend takes what is ready in a Region, and ends processes whose invocations are over. It tells after how much of the machine's time something is due there.
func (r *runner) tend(ctx context.Context, region string) (wait time.Duration) {
	wait = longestNap
	var jobs []sandbox.Job
	_, err := r.use(region, func(v api.View) error {
		if err := r.keepLines(v); err != nil {
			return err
		}
		r.killOver(v)
		for _, i := range v.World.Invocations(cluster.InvocationReady) {
			if r.count()+len(jobs) >= mostRunning {
				break
			}
			job, err := r.job(v, i)
			if err != nil {
				return err
			}
			jobs = append(jobs, job)
		}
		if next, ok := v.World.Next(); ok {
			wait = min(wait, max(shortestNap, scale(next.Sub(v.Now), 1/r.options.Clock.Speed())))
		}
		return nil
	})
	if err != nil {
		r.fault(region, "NextInvocation", err)
	}
	for _, job := range jobs {
		r.run(ctx, region, job)
	}
	return wait
}

// job takes an invocation for a process.
func (r *runner) job(v api.View, i cluster.Invocation) (sandbox.Job, error) {
	f, ok := v.World.Function(i.Function)
	if !ok {
		return sandbox.Job{}, fmt.Errorf("the function of invocation %s is gone", i.ID)
	}
	if _, err := v.Act(cluster.TakeInvocation{ID: i.ID}); err != nil {
		return sandbox.Job{}, err
	}
	region := v.Place.Region
	job := sandbox.Job{ID: i.ID, Payload: i.Payload, Trace: api.Trace(i.ID, i.Lineage, v.World.Functions()), Function: f, Region: region, Endpoint: r.endpoint}
	job.Deadline = machineTime().Add(f.Timeout)
	job.Log = func(line string) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.lines = append(r.lines, logged{region, f.LogGroup, cluster.LogEvent{At: r.options.Clock.Now(), Message: line}})
	}
	return job, nil
}

func (r *runner) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.running)
}

// killOver ends the processes of a Region whose invocations are over: their time is up, or their function is gone.
func (r *runner) killOver(v api.View) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for key, cancel := range r.running {
		id, ours := strings.CutPrefix(key, v.Place.Region+" ")
		if i, there := v.World.Invocation(id); ours && (!there || i.State != cluster.InvocationRunning) {
			cancel()
		}
	}
}

// run hands an invocation to a process, and says how it ended. An invocation that has ended by its time limit meanwhile is not told of.
func (r *runner) run(ctx context.Context, region string, job sandbox.Job) {
	ctx, cancel := context.WithCancel(ctx)
	key := region + " " + job.ID
	r.mu.Lock()
	r.running[key] = cancel
	r.mu.Unlock()
	r.work.Go(func() {
		job.Log("START RequestId: " + job.ID + " Version: $LATEST")
		result := r.options.Functions.Run(ctx, job)
		job.Log("END RequestId: " + job.ID)
		given := ctx.Err() != nil
		cancel()
		r.mu.Lock()
		delete(r.running, key)
		r.mu.Unlock()
		if given {
			r.changes.tell(true)
			return // the world has ended it, or will at its time limit
		}
		r.end(region, job.ID, result)
	})
}

// end says how an invocation ended.
func (r *runner) end(region, id string, result sandbox.Result) {
	ticket, err := r.use(region, func(v api.View) error {
		if i, there := v.World.Invocation(id); !there || i.State != cluster.InvocationRunning {
			return nil // its time limit was sooner
		}
		_, err := v.Act(cluster.EndInvocation{ID: id, Failed: result.Failed, Answer: result.Answer})
		return err
	})
	if unlogged := r.logged(ticket); err == nil {
		err = unlogged
	}
	if err != nil {
		r.fault(region, "InvocationResponse", err)
	}
}

// keepLines writes the lines of programs to their functions' log groups, which are made where there are none.
func (r *runner) keepLines(v api.View) error {
	r.mu.Lock()
	lines := r.lines
	r.lines = slices.DeleteFunc(slices.Clone(lines), func(l logged) bool { return l.region == v.Place.Region })
	r.mu.Unlock()
	events := map[string][]cluster.LogEvent{}
	var groups []string
	for _, l := range lines {
		if l.region != v.Place.Region {
			continue
		}
		if _, there := events[l.group]; !there {
			groups = append(groups, l.group)
		}
		events[l.group] = append(events[l.group], l.event)
	}
	for _, group := range groups {
		if err := putLines(v, group, events[group]); err != nil {
			return err
		}
	}
	return nil
}

func putLines(v api.View, group string, events []cluster.LogEvent) error {
	if _, there := v.World.LogGroup(group); !there {
		if _, err := v.Act(cluster.CreateLogGroup{Group: cluster.LogGroup{Name: group}}); err != nil {
			return err
		}
	}
	if !slices.ContainsFunc(v.World.LogStreams(group), func(s cluster.LogStream) bool { return s.Name == sandbox.LogStream }) {
		if _, err := v.Act(cluster.CreateLogStream{Group: group, Stream: sandbox.LogStream}); err != nil {
			return err
		}
	}
	slices.SortStableFunc(events, func(a, b cluster.LogEvent) int { return a.At.Compare(b.At) })
	_, err := v.Act(cluster.PutLogEvents{Group: group, Stream: sandbox.LogStream, Events: events})
	return err
}

func (r *runner) fault(region, operation string, err error) {
	r.report(wire.Call{Service: "lambda", Operation: operation, Region: region}, err)
}
