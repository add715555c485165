package simulate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"handover/internal/cluster"
	"handover/internal/operation"
	"handover/internal/record"
)

// Options say what is asked of a fault run beside its seed.
type Options struct {
	Trace   func(operation.Input, operation.Decision) // optional: sees each step
	CrashAt int                                       // crash after this step; 0: where the seed says, if it does
	After   Recovery                                  // how the crash is recovered from; empty: as the seed says
}

// Recovery is what follows a crash.
type Recovery string

// The recoveries.
const (
	Resume  Recovery = "resume"  // from the saved state
	Adopt   Recovery = "adopt"   // from the record on the service, without the saved state
	Restore Recovery = "restore" // what was left is put back
)

// Result is what a fault run came to.
type Result struct {
	Seed      uint64
	Operation string
	Scene     string // for people
	End       cluster.End
	Cause     string
	Crashed   Recovery // empty: it did not
	After     int      // the step after which it crashed
	Steps     int
	Broken    []string // properties that did not hold
	Named     bool     // what could not be put back is named in the verdict
	Hits      map[Pair]int
}

var errCrash = errors.New("crashed")

const mostSteps = 6000 // of each service: three hours, at a step in less than two seconds

// attempt is one process that runs the operation.
type attempt struct {
	f       *faulty
	random  *rand.Rand
	saved   operation.Saved
	steps   int
	crashAt int
	before  bool // crash before the actions go out, and not after
	detach  int  // ask to detach at this step; 0: never
	trace   func(operation.Input, operation.Decision)
	next    []cluster.Action    // what is about to go out
	group   operation.Operation // what runs, where it is the whole operation; nil: one service is gone on with, or restored
}

// Save keeps the state, and crashes when it is time.
func (a *attempt) Save(_ context.Context, saved operation.Saved) error {
	a.saved = saved
	if a.steps != a.crashAt {
		return nil
	}
	a.f.hit(Crash)
	if a.before {
		return errCrash
	}
	a.f.crashing = true
	return nil
}

func (a *attempt) watch(in operation.Input, d operation.Decision) {
	if a.trace != nil {
		a.trace(in, d)
	}
	a.steps++
	a.next = d.Actions
	if own, due := ownInput(a.group, in); due {
		a.f.heeds(own)
	}
	if a.group != nil {
		a.f.crowd(a.group)
	}
	if a.f.op != nil && !a.f.concluded && a.f.op.Conclusion() != nil {
		a.f.concluded = true
		a.f.ended(*a.f.op.Conclusion())
	}
	a.f.step = a.f.work.name + ": " + label(d)
	if a.crashAt == 0 && a.f.aimed(Crash) {
		a.crashAt = a.steps
	}
	a.f.denies = a.f.denies || a.f.aimed(RefusesTags)
}

// ownInput is what the operation on api was given in the last step; due is false where an operation on several services did not step it.
func ownInput(op operation.Operation, in operation.Input) (own operation.Input, due bool) {
	group, several := op.(interface{ Parts() []operation.Part })
	if !several {
		return in, true
	}
	for _, p := range group.Parts() {
		if p.Service == api() {
			return p.Input, true
		}
	}
	return operation.Input{}, false
}

// label names a step by what it does.
func label(d operation.Decision) string {
	switch {
	case len(d.Actions) > 0:
		return d.Actions[len(d.Actions)-1].Kind()
	case d.Wait > 0:
		return "wait"
	}
	return "look"
}

func (a *attempt) driver() operation.Driver {
	d := operation.Driver{Provider: a.f, Watch: a.watch, Interrupt: func() operation.Interrupt {
		if a.detach > 0 && a.steps >= a.detach {
			return operation.Detach
		}
		return operation.NoInterrupt
	}}
	if a.crashAt > 0 || a.crashAt == 0 && a.f.aim.Fault == Crash { // writing the state at each step takes as long as making it
		d.Journal = a
	}
	return d
}

// run takes the operation as far as it gets.
func (a *attempt) run(begin func(context.Context, operation.Driver) (operation.Ending, error)) (*cluster.Verdict, error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	d := a.driver()
	watch := d.Watch
	d.Watch = func(in operation.Input, decision operation.Decision) {
		if watch(in, decision); a.steps > a.f.mostSteps() {
			cancel()
		}
	}
	ending, err := begin(ctx, d)
	return ending.Verdict, err
}

// Run is one fault run.
func Run(seed uint64, o Options) (Result, error) {
	random := rand.New(rand.NewPCG(seed, 7))
	at := drawAim(random)
	s := drawScene(random, at)
	w, err := s.open()
	if err != nil {
		return Result{}, fmt.Errorf("seed %d: %w\n%s", seed, err, s)
	}
	f := newFaulty(w, random, drawWork(random, s, at))
	f.aim = at
	f.calls, f.events, f.denies = one(random, 0, 4, 12, 25), one(random, 0, 3, 10), random.IntN(25) == 0
	r := Result{Seed: seed, Operation: f.work.name + " " + f.work.options, Scene: s.String(), Hits: f.hits}
	a := &attempt{f: f, random: random, trace: o.Trace, crashAt: o.CrashAt, before: random.IntN(2) == 0}
	if o.CrashAt == 0 && random.IntN(2) == 0 {
		a.crashAt = 1 + random.IntN(40)
	}
	if random.IntN(8) == 0 {
		a.detach = 2 + random.IntN(60)
	}
	op := f.work.make()
	f.op, a.group = f.work.own(op), op
	verdict, err := a.run(func(ctx context.Context, d operation.Driver) (operation.Ending, error) { return d.Run(ctx, op) })
	verdict = a.own(verdict)
	if errors.Is(err, errCrash) {
		r.Crashed = o.After
		if r.Crashed == "" {
			r.Crashed = one(random, Resume, Adopt, Restore)
		}
		r.After = a.steps
		verdict, err = a.recover(r.Crashed)
	}
	r.Steps = a.steps
	if err != nil {
		f.fail("no end after %d steps at %s: %v", a.steps, f.step, err)
	}
	if verdict != nil {
		r.End = verdict.End
		if verdict.Cause != nil {
			r.Cause = verdict.Cause.Code
		}
		f.silent = true
		f.settled(*verdict)
		if f.work.company.several {
			f.settledBeside(a.verdicts())
		}
	}
	r.Broken, r.Named = f.broken, f.named
	return r, nil
}

// verdicts are those of an operation on several services; none where there is one.
func (a *attempt) verdicts() []*cluster.Verdict {
	if a.group == nil {
		return nil
	}
	return a.f.work.ended(a.group)
}

// mostSteps is how many steps are too many: services that run one after the other take as many each.
func (f *faulty) mostSteps() int {
	if f.work.company.several {
		return mostSteps * (1 + len(siblings()))
	}
	return mostSteps
}

// own is the verdict on api of an operation on several services, and any other as it is.
func (a *attempt) own(verdict *cluster.Verdict) *cluster.Verdict {
	if verdict == nil || len(a.verdicts()) == 0 {
		return verdict
	}
	return a.verdicts()[own]
}

// recover is what another process does after a crash.
func (a *attempt) recover(how Recovery) (*cluster.Verdict, error) {
	a.crashAt, a.detach, a.f.crashing, a.group, a.f.unseen = -1, 0, false, nil, time.Time{}
	v, there := a.f.view()
	found, err := record.Read(v.Service.Tags)
	if err != nil {
		return nil, err
	}
	if found.Record != nil && how != Resume {
		a.f.opens(found.Record.Held)
	}
	if found.Record == nil && a.f.untagged { // what others removed from the service is in the saved state alone
		how = Resume
	}
	if how == Adopt {
		a.f.truth.forget()
	}
	switch {
	case how == Adopt && there && found.Record != nil && found.Record.Kind == operation.KindRecycle:
		a.pass(20 * time.Minute)
		a.restoreBeside()
		return a.adopt(*found.Record)
	case how == Restore:
		a.pass(20 * time.Minute)
		a.restoreBeside()
		return a.restore()
	}
	after := a.after()
	a.pass(after)
	a.f.late = after > 0
	for _, action := range a.next { // what a crash leaves open is as open as after a lost answer
		if a.f.late {
			a.f.forces(action)
		} else {
			a.f.unclear(action)
		}
	}
	op := a.f.work.blank()
	if err := json.Unmarshal(a.saved.State, op); err != nil {
		return nil, err
	}
	a.f.op, a.group = a.f.work.own(op), op
	a.f.opens(a.f.op.Holds())
	verdict, err := a.run(func(ctx context.Context, d operation.Driver) (operation.Ending, error) {
		return d.Resume(ctx, op, a.saved)
	})
	return a.own(verdict), err
}

// restoreBeside puts back what was left on the siblings, as whoever restores a cluster does.
func (a *attempt) restoreBeside() {
	if !a.f.work.company.several {
		return
	}
	silent := a.f.silent
	a.f.silent = true
	for _, key := range siblings() {
		op := &operation.Restore{Service: key}
		ending, err := operation.Driver{Provider: a.f}.Run(context.Background(), op)
		if err != nil || ending.Verdict.End != cluster.Succeeded && !a.f.denies {
			a.f.fail("the restore of %s: %+v, %v", key, ending.Verdict, err)
		}
	}
	a.f.silent = silent
}

// after is how long it takes until somebody resumes.
func (a *attempt) after() time.Duration { return one(a.random, 0, time.Minute, 15*time.Minute) }

func (a *attempt) pass(d time.Duration) { a.f.world.AdvanceTo(a.f.world.Now().Add(d)) }

// adopt goes on from the record alone.
func (a *attempt) adopt(r record.Record) (*cluster.Verdict, error) {
	options, err := operation.ParseRecycle(r.Options)
	if err != nil {
		return nil, err
	}
	op := keep(operation.NewRecycle(api(), options))
	op.Adopt(r)
	a.f.op, a.f.concluded = op, false
	return a.run(func(ctx context.Context, d operation.Driver) (operation.Ending, error) { return d.Run(ctx, op) })
}

// restore puts back what was left, as often as it takes: it may be cut short by its own patience.
func (a *attempt) restore() (*cluster.Verdict, error) {
	a.f.op, a.f.concluded = nil, true
	var verdict *cluster.Verdict
	for range 3 {
		var err error
		a.f.truth.forget()
		op := &operation.Restore{Service: api()}
		verdict, err = a.run(func(ctx context.Context, d operation.Driver) (operation.Ending, error) { return d.Run(ctx, op) })
		if err != nil || verdict.End == cluster.Succeeded {
			return verdict, err
		}
		a.f.silent = true
	}
	if v, _ := a.f.view(); named(*verdict) && (a.f.denies || len(v.Service.Deployments) > 1) { // what would strand a rollout is not put back
		return verdict, nil
	}
	if verdict.End == cluster.Refused && slices.Contains([]string{"service-missing", "service-draining", "service-inactive"}, verdict.Cause.Code) {
		return verdict, nil
	}
	a.f.fail("restore ended as %s: %s", verdict.End, verdict.Summary)
	return nil, nil
}
