package simulate

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"handover/internal/cluster"
	"handover/internal/operation"
	"handover/internal/record"
)

// This file has the fault runs of instances that leave: of drains, and of departures by lifecycle hooks, whose events come twice, late, out of order and at the same time.

// leavingEvery says of how many seeds one has a fault run of this kind besides.
const leavingEvery = 5

// process is one invocation after the other that works on one event, or one command: a state machine whose steps meet those of others.
type process struct {
	name  string
	at    time.Time                  // when it does its next step
	make  func() operation.Operation // anew, as when the event is delivered again
	op    operation.Operation
	begun bool
	blank func() operation.Operation // to read a state into

	look     cluster.Scope
	outcomes []cluster.Outcome

	deaths  int  // so often it still dies
	resumes bool // what comes after a death goes on from the state; otherwise the event begins anew
	saved   operation.Saved
	verdict *cluster.Verdict
}

const (
	leavingSteps = 200_000
	leavingEnd   = 60 * time.Hour // beyond the longest hook
	sampled      = 10 * time.Second
)

// RunLeaving is one fault run of a drain or of departures.
func RunLeaving(seed uint64) (Result, error) { return runLeaving(seed, nil) }

// RunAllLeaving runs seeds as RunAll does.
func RunAllLeaving(ctx context.Context, from uint64, seeds, enough int, tell func(Result)) (Tally, error) {
	return sweep(ctx, from, seeds, enough, tell, func(seed uint64, add func(Result)) error {
		r, err := RunLeaving(seed)
		if err == nil {
			add(r)
		}
		return err
	})
}

func runLeaving(seed uint64, trace func(operation.Input, operation.Decision)) (Result, error) {
	random := rand.New(rand.NewPCG(seed, 11))
	s := drawEstate(random)
	w, err := s.open()
	if err != nil {
		return Result{}, fmt.Errorf("seed %d: %w\n%s", seed, err, s)
	}
	e := &estate{world: w, random: random, hits: map[Pair]int{}, calls: one(random, 0, 4, 15, 40), events: one(random, 0, 2, 6), lowest: map[cluster.ServiceKey]int{}, expired: map[string]bool{}, attended: map[string]time.Time{}, began: w.Now(), trace: trace}
	e.late = one(random, 4*time.Second, 8*time.Second) // both before the second look after DRAINING, 10 s later
	e.note()
	if random.IntN(4) == 0 { // tasks are placed in the last seconds before, which no list may show yet
		e.at = "before"
		e.scale()
		e.world.AdvanceTo(e.world.Now().Add(one(random, time.Second, 2*time.Second, 3*time.Second)))
	}
	if random.IntN(3) == 0 {
		e.drain(s)
	} else {
		e.departures(s)
	}
	r := Result{Seed: seed, Operation: e.name, Scene: s.String(), Hits: e.hits}
	for r.Steps = 0; r.Steps < leavingSteps; r.Steps++ {
		p := e.next()
		if p == nil {
			break
		}
		e.pass(p.at)
		if e.world.Now().Sub(e.began) > leavingEnd {
			break
		}
		if err := e.step(p); err != nil {
			return r, fmt.Errorf("seed %d: %w", seed, err)
		}
	}
	e.over()
	last := e.processes[len(e.processes)-1]
	if last.verdict != nil {
		r.End = last.verdict.End
		if last.verdict.Cause != nil {
			r.Cause = last.verdict.Cause.Code
		}
	}
	r.Broken, r.Crashed = e.broken, e.crashed
	return r, nil
}

// note keeps how the services were before anything was done. While a rollout goes on, ECS lets tasks go that do not count yet, for want of 40 s or of a health check that it has
// seen: what a service loses by that is not our doing.
func (e *estate) note() {
	e.measure()
	e.settled, e.bounds = map[cluster.ServiceKey]bool{}, map[string]cluster.Bounds{}
	for _, key := range e.world.Services("default") {
		s, _ := e.world.Service(key)
		e.bounds[key.Service] = s.Bounds
		primary, _ := s.Primary()
		e.settled[key] = primary.Rollout != cluster.RolloutInProgress && s.Running >= s.Desired
	}
}

// next is the process whose step is due first; nil once all have ended.
func (e *estate) next() *process {
	var first *process
	for _, p := range e.processes {
		if p.verdict == nil && (first == nil || p.at.Before(first.at)) {
			first = p
		}
	}
	return first
}

// pass lets the world come to a time, with what others do meanwhile, and looks at the services every few seconds.
func (e *estate) pass(to time.Time) {
	for e.world.Now().Before(to) {
		until := e.world.Now().Add(sampled)
		if until.After(to) {
			until = to
		}
		e.world.AdvanceTo(until)
		e.measure()
	}
	e.others()
}

// step is one step of a process, as operation.Driver does it; it may die of it before or after its actions.
func (e *estate) step(p *process) error {
	in := operation.Input{Now: e.world.Now(), Outcomes: p.outcomes}
	if p.op == nil {
		if err := e.revive(p); err != nil {
			return err
		}
		in.Outcomes = p.outcomes
	}
	if p.begun {
		in.Snapshot = e.observe(p.look)
	}
	p.begun = true
	d := p.op.Step(in)
	e.at = p.name + ": " + label(d)
	if e.trace != nil {
		e.trace(in, d)
	}
	if d.Verdict != nil {
		p.verdict = d.Verdict
		e.ended(p, *d.Verdict)
		return nil
	}
	dies := p.deaths > 0 && e.random.IntN(30) == 0
	if dies {
		state, err := json.Marshal(p.op)
		if err != nil {
			return err
		}
		p.saved = operation.Saved{State: state, Sent: len(d.Actions), Look: d.Look, At: in.Now.Add(d.Wait)}
		if e.random.IntN(2) == 0 {
			e.die(p)
			return nil
		}
	}
	p.outcomes, p.look = e.apply(p, d.Actions), d.Look
	if dies {
		e.die(p)
		return nil
	}
	p.at = e.world.Now().Add(d.Wait)
	return nil
}

// die ends an invocation. Lambda tries again after a minute or two, a state machine at once, a person when they like.
func (e *estate) die(p *process) {
	e.hit(Crash)
	p.deaths--
	p.op, p.outcomes = nil, nil
	p.at = e.world.Now().Add(one(e.random, time.Second, time.Minute, 2*time.Minute, 15*time.Minute))
}

// revive goes on from the state, or begins anew.
func (e *estate) revive(p *process) error {
	switch {
	case p.saved.State == nil:
		p.op = p.make()
	case p.resumes:
		p.op = p.blank()
		if e.crashed == "" {
			e.crashed = Resume
		}
		p.look = p.saved.Look
		for range p.saved.Sent {
			p.outcomes = append(p.outcomes, cluster.Outcome{Result: cluster.Unknown})
		}
		return json.Unmarshal(p.saved.State, p.op)
	default:
		if e.crashed == "" {
			e.crashed = Adopt
		}
		p.op, p.begun = p.make(), false
	}
	return nil
}

// drain draws a drain by hand: of one or two instances, some of whose services need a higher maximum.
func (e *estate) drain(s premises) {
	hosts := e.hosts()
	e.leaving = hosts[:1+e.random.IntN(min(2, len(hosts)-1))]
	options := operation.DrainOptions{Force: e.random.IntN(3) == 0, StayDraining: e.random.IntN(4) == 0, Count: e.random.IntN(2) == 0}
	if e.random.IntN(2) == 0 {
		options.Standalone, options.StopAfter = operation.StopStandalone, one(e.random, 0, 5*time.Minute)
	}
	if e.random.IntN(2) == 0 {
		options.TemporaryMax = append(options.TemporaryMax, operation.TemporaryMaximum{Service: s.services[0], Percent: 200})
	}
	if e.random.IntN(5) == 0 {
		options.Skip = []string{s.services[len(s.services)-1]}
	}
	e.options, e.name = options, fmt.Sprintf("drain %+v", options)
	timeout := one(e.random, 10*time.Minute, time.Hour, 3*time.Hour)
	e.processes = []*process{{name: "drain", at: e.world.Now(), deaths: one(e.random, 0, 1, 2), resumes: e.random.IntN(2) == 0, blank: func() operation.Operation { return new(operation.Drain) }, make: func() operation.Operation {
		e.ids++ // who begins anew is another process
		return operation.NewDrain("default", e.leaving, options, timeout, operation.Recorder{ID: record.NewID(e.world.Now(), uint64(e.ids)), Owner: "simulate"})
	}}}
}

// departures draws instances that Auto Scaling terminates, and the deliveries of each event: at once, late, twice, side by side, out of order.
func (e *estate) departures(s premises) {
	hosts := e.hosts()
	options := operation.DepartureOptions{Heartbeat: s.timeout / 3, Limit: one(e.random, 0, 0, 47*time.Hour, 20*time.Minute), AtLimit: one(e.random, operation.Extend, operation.AbandonIt, operation.ContinueIt)}
	if e.random.IntN(2) == 0 {
		options.Standalone, options.StopAfter = operation.StopStandalone, one(e.random, 0, 5*time.Minute)
	}
	if e.random.IntN(2) == 0 {
		options.Clusters = []string{"default"}
	}
	e.departure, e.name = options, fmt.Sprintf("departure %+v", options)
	for _, host := range hosts[:1+e.random.IntN(min(2, len(hosts)-1))] {
		if _, err := e.world.Act(e.world.Now(), cluster.TerminateGroupInstance{Instance: host}); err != nil {
			e.fail("%s is not terminated: %v", host, err)
			continue
		}
		e.leaving = append(e.leaving, host)
		e.deliver(host)
	}
	for range e.random.IntN(2) { // of an instance that is in no cluster, and in no hook
		e.processes = append(e.processes, &process{name: "departure", at: e.later(), make: func() operation.Operation {
			return operation.NewDeparture("i-0ffffffffffffffff", nil, e.began, options)
		}})
	}
	e.random.Shuffle(len(e.processes), func(a, b int) { e.processes[a], e.processes[b] = e.processes[b], e.processes[a] })
}

// deliver draws the deliveries of one event.
func (e *estate) deliver(host string) {
	at := slices.IndexFunc(e.world.LifecycleActions(), func(a cluster.LifecycleAction) bool { return a.Instance == host })
	if at < 0 {
		e.fail("%s is in no hook", host)
		return
	}
	a := e.world.LifecycleActions()[at]
	e.at = "departure: delivery"
	for n := range 1 + e.random.IntN(3) {
		if n > 0 {
			e.hit(EventTwice)
		}
		p := &process{name: "departure", at: e.world.Now(), deaths: e.random.IntN(4), resumes: e.random.IntN(2) == 0, blank: func() operation.Operation { return new(operation.Departure) }}
		if n > 0 || e.random.IntN(3) == 0 {
			p.at = e.later()
			e.hit(EventLate)
		}
		if p.deaths == 0 && p.at.Equal(e.world.Now()) {
			e.attended[host] = a.LastsUntil
		}
		p.make = func() operation.Operation {
			hook := &cluster.HookedInstance{Group: a.Group, Hook: a.Hook.Name, Token: a.Token, Host: host}
			return operation.NewDeparture(host, hook, a.BeganAt, e.departure)
		}
		e.processes = append(e.processes, p)
	}
}

// later is when an event that is delivered late comes.
func (e *estate) later() time.Time {
	return e.world.Now().Add(one(e.random, 0, time.Second, 10*time.Second, time.Minute, 10*time.Minute, 40*time.Minute))
}
