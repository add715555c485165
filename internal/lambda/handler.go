package lambda

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"math"
	"sync"
	"time"

	"handover/internal/cluster"
	"handover/internal/lambda/event"
	"handover/internal/operation"
	"handover/internal/record"
)

// Messenger hands work on to a later invocation. It may be used by several goroutines.
type Messenger interface {
	StartExecution(ctx context.Context, machine, name, input string) error
	Publish(ctx context.Context, topic, message string) error
	// Hide lets a message that was received be received again after so long, and not before.
	Hide(ctx context.Context, queue, receipt string, d time.Duration) error
}

// AWS is what the function works on.
type AWS struct {
	Provider  operation.Provider // used by several goroutines where a delivery has several messages
	Messenger Messenger
	Directory Directory
}

// Directory lists what there is. It may be used by several goroutines.
type Directory interface {
	// AllClusters lists the names of the Region's clusters.
	AllClusters(ctx context.Context) ([]string, error)
	// Services lists the services of a cluster.
	Services(ctx context.Context, inCluster string) ([]cluster.ServiceKey, error)
}

// Handler does the work of invocations, one after the other.
type Handler struct {
	Config Config
	// Open reaches AWS. It is called at most once an invocation, and only where there is work: what is known of AWS's time does not outlive a function that
	// is frozen between two invocations.
	Open func(context.Context) (AWS, error)
	// Left is how much of the invocation's time is left.
	Left func(context.Context) time.Duration
	Log  *slog.Logger
}

// Invocation is what Lambda says of one invocation.
type Invocation struct {
	ID      string // the request id; a repeated attempt has the same
	Payload []byte
}

// Answer is what an invocation gives back. A state machine reads Done, Wait and Handover; Lambda's event source mapping for SQS reads Failures.
type Answer struct {
	Done     bool      `json:"done"`
	Wait     int       `json:"wait"`               // seconds after which Handover is to be handed to the next invocation
	Handover *carried  `json:"handover,omitempty"` // work that the caller has to carry on
	Results  []Result  `json:"results"`
	Failures []Failure `json:"batchItemFailures,omitempty"`
}

// Failure names a message of a queue that is to be received again.
type Failure struct {
	ID string `json:"itemIdentifier"`
}

// Result is what came of one message.
type Result struct {
	About   string           `json:"about,omitempty"`
	Status  Status           `json:"status"`
	Text    string           `json:"text"`
	Verdict *cluster.Verdict `json:"verdict,omitempty"`
	Round   int              `json:"round,omitempty"`

	next   *carried
	resume time.Time
	wait   time.Duration
	again  bool // the message is to be delivered again
	err    error
}

// Status is how far the work of a message has come.
type Status string

// The states of work.
const (
	Ignored Status = "ignored" // there was nothing to do
	Ended   Status = "ended"   // with a verdict
	Carried Status = "carried" // a later invocation goes on
	Broken  Status = "broken"  // it was not done, and Lambda is told so
)

// margin is how much of an invocation's time is kept for carrying on: one look that is throttled for half a minute, and the calls that hand the work on.
// A function with less than four minutes keeps a quarter.
const margin = time.Minute

// Invoke does the work of one invocation. An error means that Lambda, or whoever invoked it, is to try again; what it tries again is harmless.
func (h *Handler) Invoke(ctx context.Context, in Invocation) (Answer, error) {
	delivery, err := event.Decode(in.Payload)
	if err != nil {
		h.Log.Error("payload not understood", "error", err)
		return Answer{}, err
	}
	now := invocation{Handler: h, id: in.ID, delivery: delivery, reach: sync.OnceValues(func() (AWS, error) { return h.Open(ctx) })}
	results := make([]Result, len(delivery.Records))
	var records sync.WaitGroup
	for i, record := range delivery.Records {
		records.Go(func() { results[i] = now.finish(ctx, i, now.record(ctx, record)) })
	}
	records.Wait()
	return now.answer(results)
}

// invocation is one invocation while it goes on.
type invocation struct {
	*Handler
	id       string
	delivery event.Delivery
	reach    func() (AWS, error)
}

// record does the work of one message until it ends or the invocation's time does.
func (n invocation) record(ctx context.Context, r event.Record) Result {
	work := n.Config.Events.Plan(r.Notice)
	if work.Do == event.Nothing {
		n.Log.Info("nothing to do", "message", r.ID, "why", work.Why)
		return Result{Status: Ignored, Text: work.Why}
	}
	j, err := n.jobOf(work)
	if err != nil {
		n.Log.Error("work not begun", "message", r.ID, "error", err)
		return Result{Status: Ignored, Text: err.Error()}
	}
	reached, err := n.reach()
	if err != nil {
		n.Log.Error("AWS not reached", "about", j.about, "error", err)
		return Result{About: j.about, Status: Broken, Text: err.Error(), err: fmt.Errorf("reaching AWS: %w", err)}
	}
	if j.find != nil {
		if j.op, err = j.find(ctx, reached); err != nil {
			n.Log.Error("work not begun", "about", j.about, "error", err)
			return Result{About: j.about, Status: Broken, Text: err.Error(), err: err}
		}
	}
	if j.own != nil {
		now, work := reached.Provider.Now(), cmp.Or(r.Event, n.id)
		j.own(by{id: record.NewEventID(now, number(work), number(n.id+now.String())), owner: "lambda " + n.id, sent: r.Sent})
	}
	return n.run(ctx, reached.Provider, j)
}

// run takes a job to its end, or to the end of the time.
func (n invocation) run(ctx context.Context, provider operation.Provider, j job) Result {
	log := n.Log.With("about", j.about, "round", j.round)
	left := n.Left(ctx)
	driver := operation.Driver{Provider: provider, Watch: watch(log), Deadline: provider.Now().Add(left - min(margin, left/4))}
	var ending operation.Ending
	var err error
	if j.saved != nil {
		if err = provider.Sleep(ctx, j.saved.At.Sub(provider.Now())); err == nil {
			ending, err = driver.Resume(ctx, j.op, *j.saved)
		}
	} else {
		ending, err = driver.Run(ctx, j.op)
	}
	switch {
	case err != nil:
		log.Error("interrupted", "error", err)
		return Result{About: j.about, Status: Broken, Text: err.Error(), Round: j.round, err: err}
	case ending.Carry != nil:
		next := j.carry(ending.Carry.Saved)
		return Result{About: j.about, Status: Carried, Text: "carried on", Round: j.round, next: &next, resume: ending.Carry.At}
	}
	verdict := ending.Verdict
	level := slog.LevelInfo
	if verdict.End != cluster.Succeeded {
		level = slog.LevelError
	}
	log.Log(ctx, level, verdict.Summary, "verdict", verdict.End, "hints", verdict.Hints)
	return Result{About: j.about, Status: Ended, Text: verdict.Summary, Verdict: verdict, Round: j.round}
}

// number stands for a text, in the id of an operation.
func number(text string) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(text)) // a hash never fails to be written
	return h.Sum32()
}

// watch writes notes to the log, and what is waited for whenever that changes.
func watch(log *slog.Logger) func(operation.Input, operation.Decision) {
	var said cluster.Condition
	return func(_ operation.Input, d operation.Decision) {
		for _, n := range d.Notes {
			if n.Level == operation.Warning {
				log.Warn(n.Text)
				continue
			}
			log.Info(n.Text)
		}
		if d.Waiting != nil && *d.Waiting != said {
			said = *d.Waiting
			log.Info("waiting for "+said.Object+" "+said.Condition, "done", said.Done, "of", said.Of)
		}
	}
}

// finish carries on what has not ended.
func (n invocation) finish(ctx context.Context, i int, r Result) Result {
	if r.next == nil {
		return r
	}
	reached, err := n.reach()
	if err != nil {
		return Result{About: r.About, Status: Broken, Text: err.Error(), err: err}
	}
	r.wait = r.resume.Sub(reached.Provider.Now())
	return n.handOn(ctx, reached.Messenger, i, r)
}

// answer says what came of everything.
func (n invocation) answer(results []Result) (Answer, error) {
	a := Answer{Done: true, Results: results}
	var errs []error
	for i, r := range results {
		switch {
		case n.delivery.By == event.SQS && (r.again || r.err != nil):
			a.Failures = append(a.Failures, Failure{ID: n.delivery.Records[i].ID})
		case r.err != nil:
			errs = append(errs, r.err)
		case r.next != nil:
			a.Done, a.Handover, a.Wait = false, r.next, seconds(r.wait)
		}
	}
	return a, errors.Join(errs...)
}

// seconds rounds up: nothing is gone on with before its time. A state machine waits at least one.
func seconds(d time.Duration) int { return max(1, int(math.Ceil(d.Seconds()))) }
