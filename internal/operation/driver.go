package operation

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"handover/internal/cluster"
	"handover/internal/rate"
)

// Provider is where an operation acts: AWS, the emulator, or the model itself. Every implementation passes the suite of package conformance.
type Provider interface {
	// Now is the provider's time. It never goes back.
	Now() time.Time
	// Observe reads what the scope asks for. What could not be read is a Gap of the snapshot, not an error; an error means that ctx has ended.
	Observe(ctx context.Context, scope cluster.Scope) (cluster.Snapshot, error)
	// Apply carries the actions out in order and stops after the first run of neighbours (cluster.Runs) of which one is not Done: what is Independent is tried
	// whatever comes of its neighbours. It gives one outcome for each action that it tried, in order, and so for the first ones of them.
	// It never repeats an action whose outcome is not known.
	Apply(ctx context.Context, actions []cluster.Action) []cluster.Outcome
	// Sleep lets d of the provider's time pass. It comes back early, without an error, when an interrupt is pending, and with an error when ctx ends.
	Sleep(ctx context.Context, d time.Duration) error
}

// OneByOne is Apply for a provider that carries out one action at a time.
func OneByOne(actions []cluster.Action, act func(cluster.Action) cluster.Outcome) []cluster.Outcome {
	var outcomes []cluster.Outcome
	for _, run := range cluster.Runs(actions) {
		for _, a := range run {
			outcomes = append(outcomes, act(a))
		}
		if !allDone(outcomes) {
			return outcomes
		}
	}
	return outcomes
}

// Journal keeps the state of an operation where a crash does not reach it.
type Journal interface {
	Save(ctx context.Context, saved Saved) error
}

// StateVersion is the version of what is saved of an operation. It changes with any state that an older program would misread, or that would be misread of an older one.
const StateVersion = 3

// StateVersionError is a state that another version of this program has saved.
type StateVersionError struct{ Version int }

func (e *StateVersionError) Error() string {
	return fmt.Sprintf("it was saved by another version of handover (its state is of version %d, and %d is read here); what it holds is written on its services, where handover resume and handover restore find it",
		e.Version, StateVersion)
}

// Saved is an operation between two steps.
type Saved struct {
	Version  int               `json:"version"` // StateVersion
	State    json.RawMessage   `json:"state"`
	Sent     int               `json:"sent"`               // how many actions may have gone out without an outcome having been seen
	Outcomes []cluster.Outcome `json:"outcomes,omitempty"` // those that were seen and not yet handed to Step
	Look     cluster.Scope     `json:"look"`
	At       time.Time         `json:"at"` // when to look, at the earliest
}

// Check fails with a StateVersionError where the state is not of this version. It must not be decoded then: what has another name would be missed without a word.
func (s Saved) Check() error {
	if s.Version != StateVersion {
		return &StateVersionError{Version: s.Version}
	}
	return nil
}

// Driver runs an operation over a provider. The optional members may be nil.
type Driver struct {
	Provider  Provider
	Journal   Journal               // optional
	Interrupt func() Interrupt      // optional: what is asked for now
	Watch     func(Input, Decision) // optional: sees each step, for progress; it must not change what it is given
	Deadline  time.Time             // optional: no look is begun after it; Run returns a Carry instead
}

// Ending is how Run ended: with a Verdict, or with a Carry where the next look lies beyond the deadline. Exactly one of them is set.
type Ending struct {
	Verdict *cluster.Verdict
	Carry   *Carry
}

// Carry is an operation to be run on by Resume, not before At.
type Carry struct {
	Saved Saved
	At    time.Time
}

// Run takes an operation from its first step to its verdict.
func (d Driver) Run(ctx context.Context, op Operation) (Ending, error) {
	return d.loop(ctx, op, Input{Now: d.Provider.Now()})
}

// Resume goes on with an operation whose state was decoded into op: after a crash with what the Journal saved last, or with a Carry's Saved.
// Where an action may have gone out and its outcome was not seen, the operation is told that its outcome is Unknown.
func (d Driver) Resume(ctx context.Context, op Operation, saved Saved) (Ending, error) {
	if err := saved.Check(); err != nil {
		return Ending{}, fmt.Errorf("resuming an operation: %w", err)
	}
	snapshot, err := d.observe(ctx, saved.Look)
	if err != nil {
		return Ending{}, err
	}
	outcomes := saved.Outcomes
	for range saved.Sent {
		outcomes = append(outcomes, cluster.Outcome{Result: cluster.Unknown})
	}
	return d.loop(ctx, op, Input{Now: d.Provider.Now(), Snapshot: snapshot, Outcomes: outcomes})
}

func (d Driver) loop(ctx context.Context, op Operation, in Input) (Ending, error) {
	for {
		if d.Interrupt != nil {
			in.Interrupt = d.Interrupt()
		}
		decision := op.Step(in)
		if d.Watch != nil {
			d.Watch(in, decision)
		}
		if decision.Verdict != nil {
			return Ending{Verdict: decision.Verdict}, nil
		}
		saved, err := d.save(ctx, op, decision)
		if err != nil {
			return Ending{}, err
		}
		outcomes := d.apply(ctx, decision)
		if !d.Deadline.IsZero() && saved.At.After(d.Deadline) {
			saved.Sent, saved.Outcomes = 0, outcomes
			return Ending{Carry: &Carry{Saved: saved, At: saved.At}}, nil
		}
		if err := d.Provider.Sleep(ctx, decision.Wait); err != nil {
			return Ending{}, err
		}
		snapshot, err := d.observe(ctx, decision.Look)
		if err != nil {
			return Ending{}, err
		}
		in = Input{Now: d.Provider.Now(), Snapshot: snapshot, Outcomes: outcomes}
	}
}

func (d Driver) observe(ctx context.Context, scope cluster.Scope) (cluster.Snapshot, error) {
	if scope.Empty() {
		return cluster.Snapshot{At: d.Provider.Now()}, nil
	}
	return d.Provider.Observe(ctx, scope)
}

func (d Driver) apply(ctx context.Context, decision Decision) []cluster.Outcome {
	switch {
	case len(decision.Actions) == 0:
		return nil
	case decision.Pace == nil:
		return d.Provider.Apply(ctx, decision.Actions)
	}
	return d.paced(ctx, decision.Actions, *decision.Pace)
}

// pacedPause is the pause between two helpings of paced actions, unless the rest of them may go out sooner: at 32 a second, 8 go out together, and the last 4 after 125 ms.
const pacedPause = 250 * time.Millisecond

// paced lets actions out no faster than a rate, and stops where an interrupt is asked for: what was not sent has no outcome.
func (d Driver) paced(ctx context.Context, actions []cluster.Action, limit rate.Limit) []cluster.Outcome {
	var outcomes []cluster.Outcome
	var bucket rate.Bucket
	for {
		var helping int
		bucket, helping = bucket.TakeMost(limit, d.Provider.Now(), len(actions)-len(outcomes))
		next := len(outcomes) + helping
		outcomes = append(outcomes, d.Provider.Apply(ctx, actions[len(outcomes):next])...)
		runEnds := next == len(actions) || next > 0 && !cluster.Independent(actions[next-1], actions[next])
		if len(outcomes) < next || runEnds && (next == len(actions) || !allDone(outcomes)) {
			return outcomes
		}
		rest := time.Duration(float64(len(actions)-len(outcomes)) / limit.Refill * float64(time.Second))
		wait := max(min(pacedPause, rest), bucket.Ready(limit, d.Provider.Now()))
		if err := d.Provider.Sleep(ctx, wait); err != nil || d.Interrupt != nil && d.Interrupt() != NoInterrupt {
			return outcomes
		}
	}
}

// save writes the state down before any action goes out, so that after a crash nothing has been done that the state does not know of.
func (d Driver) save(ctx context.Context, op Operation, decision Decision) (Saved, error) {
	if d.Journal == nil && d.Deadline.IsZero() {
		return Saved{}, nil
	}
	state, err := json.Marshal(op)
	if err != nil {
		return Saved{}, fmt.Errorf("writing the state of the operation: %w", err)
	}
	saved := Saved{Version: StateVersion, State: state, Sent: len(decision.Actions), Look: decision.Look, At: d.Provider.Now().Add(decision.Wait)}
	if d.Journal == nil {
		return saved, nil
	}
	if err := d.Journal.Save(ctx, saved); err != nil {
		return Saved{}, fmt.Errorf("saving the state of the operation: %w", err)
	}
	return saved, nil
}
