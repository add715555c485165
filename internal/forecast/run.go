package forecast

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"handover/internal/cluster"
	"handover/internal/diagnosis"
	"handover/internal/operation"
	"handover/internal/world"
)

// Forecast is what an operation comes to over many seeds.
type Forecast struct {
	Seeds     int            `json:"seeds"`
	Succeeded int            `json:"succeeded"` // of the seeds
	Took      Quantiles      `json:"took"`      // of those that succeeded
	Together  Quantiles      `json:"together"`  // how long old and new tasks serve at once
	Batches   int            `json:"batches"`   // in how many goes tasks are started; the median
	Replaced  int            `json:"replaced"`  // the median
	Peak      int            `json:"peak"`      // the most tasks of any seed
	Lowest    int            `json:"lowest"`    // the fewest healthy tasks of any seed
	Calls     Quantiles      `json:"-"`
	Obstacle  *cluster.Cause `json:"obstacle,omitempty"` // why it does not succeed, where it does not in every seed
	Remedies  []string       `json:"remedies,omitempty"`
	End       cluster.End    `json:"end"`                // how it ends in the most seeds
	Warnings  []string       `json:"warnings,omitempty"` // what its peak may run into; see also Base.Warnings

	runs   []run
	middle time.Duration // the median time as it was run, without the bias
}

// Quantiles are what half, nine tenths and 99 of 100 runs stay within. Times are in nanoseconds, as everywhere.
type Quantiles struct {
	P50 time.Duration `json:"p50"`
	P90 time.Duration `json:"p90"`
	P99 time.Duration `json:"p99"`
}

// Seeds is how many runs a forecast has unless it says otherwise.
const Seeds = 1000

// affordable is how many of so many seeds are run: as many as have 20,000 tasks together, and 10 at least. The more tasks a service has, the less its runs differ, and
// nobody waits for minutes to be told of minutes. 20 tasks have 1,000 runs, 200 have 100.
func (b Base) affordable(seeds int) int {
	const tasks, least = 20_000, 10
	return min(seeds, max(least, tasks/max(1, b.desired)))
}

// horizon is how long an operation may take in a forecast. What has not ended by then never will: no rollout that moves at all takes half a day.
const horizon = 12 * time.Hour

// never is how many seeds are run of an operation that did not end within the horizon: each costs thousands of looks, and they are alike.
const never = 10

// Run forecasts an operation over a number of seeds, or over fewer where the service is large. begin makes the operation anew for each of them.
func (b Base) Run(begin func() operation.Operation, seeds int) Forecast {
	seeds = b.affordable(seeds)
	runs := parallel(b.stages, 1, func(s *stage, _ int) run { return b.run(s, begin(), 1) })
	if runs[0].end == "" {
		seeds = min(seeds, never)
	}
	rest := parallel(b.stages, seeds-1, func(s *stage, i int) run { return b.run(s, begin(), uint64(i+2)) })
	return b.sum(append(runs, rest...))
}

// run is what one seed came to.
type run struct {
	seed                              uint64
	end                               cluster.End // empty: not within the horizon
	cause                             *cluster.Cause
	hints                             []string
	took, together                    time.Duration
	batches, replaced, peak, low, all int
}

var errHorizon = errors.New("beyond the horizon")

// run runs the operation with one seed.
func (b Base) run(s *stage, op operation.Operation, seed uint64) run {
	out := run{seed: seed}
	p, verdict, err := b.rehearse(s, op, seed)
	if err != nil {
		out.cause, out.hints = stuck(p, b.Service)
	} else {
		out.end, out.cause, out.hints = verdict.End, verdict.Cause, verdict.Hints
	}
	if out.cause != nil && diagnosis.Code(out.cause.Code).Room() { // the operation gives up after some minutes; that there is no room is what keeps it from its end
		out.cause, out.hints = stuck(p, b.Service)
	}
	out.took, out.all = p.world.Now().Sub(b.At), p.calls
	s.lives = p.world.Lives(s.lives[:0], b.Service)
	c := s.count(b.At, p.world.Now())
	out.batches, out.replaced, out.peak, out.low, out.together = c.batches, c.replaced, c.peak, c.low, c.together
	return out
}

// rehearse runs the operation on a stage, in a copy of the world with the luck of a seed, to its verdict or to the horizon.
func (b Base) rehearse(s *stage, op operation.Operation, seed uint64) (*rehearsal, cluster.Verdict, error) {
	s.world.Become(b.world)
	p := &rehearsal{world: &s.world, until: b.At.Add(horizon), stopsFirst: cmp.Or(b.StopsFirst, stopsFirst(b.desired))}
	p.world.Reseed(seed)
	driver := operation.Driver{Provider: p, Watch: func(_ operation.Input, d operation.Decision) { p.waiting = d.Waiting }}
	ending, err := driver.Run(context.Background(), op)
	if err != nil {
		return p, cluster.Verdict{}, err
	}
	return p, *ending.Verdict, nil
}

// rehearsal is a world as an operation sees it in a forecast. It shows no more of it than is asked for.
type rehearsal struct {
	world   *world.World
	until   time.Time // the horizon; zero: there is none
	calls   int
	waiting *cluster.Condition

	stopsFirst string // the flags with which the operation stops old tasks before new ones start; empty: it has none
}

func (p *rehearsal) Now() time.Time { return p.world.Now() }

func (p *rehearsal) Observe(_ context.Context, scope cluster.Scope) (cluster.Snapshot, error) {
	p.calls += Calls(scope)
	return p.world.Peek(scope), nil
}

func (p *rehearsal) Apply(ctx context.Context, actions []cluster.Action) []cluster.Outcome {
	p.calls += len(actions)
	return Provider{World: p.world}.Apply(ctx, actions)
}

func (p *rehearsal) Sleep(_ context.Context, d time.Duration) error {
	to := p.world.Now().Add(d)
	if !p.until.IsZero() && to.After(p.until) {
		return errHorizon
	}
	p.world.AdvanceTo(to)
	return nil
}

// Calls is how many calls of AWS reading a scope takes, of services with up to 100 tasks and clusters with up to 100 instances: DescribeServices; ListTasks for what
// is meant to run and for what is not, and DescribeTasks; DescribeTargetHealth; GetTaskProtection; DescribeScalableTargets; DescribeScalingPolicies and
// DescribeScheduledActions; DescribeSubnets; GetServiceQuota and GetMetricStatistics; ListServiceDeployments and what describes
// them; ListContainerInstances and DescribeContainerInstances. Settings of target groups and definitions are read once and not counted.
func Calls(scope cluster.Scope) int {
	calls := 2 * len(scope.Instances)
	for _, s := range scope.Services {
		calls++
		switch s.Tasks {
		case cluster.RunningTasks:
			calls += 2
		case cluster.AllTasks:
			calls += 3
		case cluster.NoTasks:
		}
		for _, part := range []struct {
			asked bool
			calls int
		}{{s.Targets, 1}, {s.Protection, 1}, {s.Scaling, 1}, {s.Scaling && s.Policies, 2}, {s.Subnets, 1}, {s.Quota, 2}, {s.History, 3}} {
			if part.asked {
				calls += part.calls
			}
		}
	}
	return calls
}

// sum makes the forecast of its runs.
func (b Base) sum(runs []run) Forecast {
	f := Forecast{Seeds: len(runs), runs: runs, Lowest: runs[0].low, End: runs[0].end}
	var good []run
	for _, r := range runs {
		f.Peak, f.Lowest = max(f.Peak, r.peak), min(f.Lowest, r.low)
		if r.end == cluster.Succeeded {
			good = append(good, r)
		} else if f.Obstacle == nil {
			f.Obstacle, f.Remedies, f.End = r.cause, r.hints, r.end
		}
	}
	f.Succeeded, f.Warnings = len(good), b.shortOfAddresses(f.Peak)
	if 2*len(good) > len(runs) {
		f.End = cluster.Succeeded
	}
	if len(good) == 0 {
		return f
	}
	took := quantiles(good, func(r run) time.Duration { return r.took })
	f.middle, f.Took = took.P50, b.bias.correct(took)
	f.Together = quantiles(good, func(r run) time.Duration { return r.together })
	f.Calls = quantiles(good, func(r run) time.Duration { return time.Duration(r.all) })
	f.Batches = int(quantiles(good, func(r run) time.Duration { return time.Duration(r.batches) }).P50)
	f.Replaced = int(quantiles(good, func(r run) time.Duration { return time.Duration(r.replaced) }).P50)
	return f
}

func quantiles[T any](runs []T, figure func(T) time.Duration) Quantiles {
	all := make([]time.Duration, len(runs))
	for i, r := range runs {
		all[i] = figure(r)
	}
	slices.Sort(all)
	at := func(q float64) time.Duration { return all[min(len(all)-1, int(q*float64(len(all))))] }
	return Quantiles{P50: at(0.5), P90: at(0.9), P99: at(0.99)}
}

// Timeout is how long an operation may take before it is given up unless the user says otherwise: twice what 99 of 100 runs stay within, and 10 minutes at
// least. 6m20s gives 12m40s.
func (f Forecast) Timeout() time.Duration {
	return max(10*time.Minute, 2*f.Took.P99).Round(time.Second)
}

// lambdaLimit is how long a Lambda function may run. Source: AWS Lambda quotas, function timeout.
const lambdaLimit = 15 * time.Minute

// FitsLambda tells whether 99 of 100 runs end within the time of one Lambda invocation.
func (f Forecast) FitsLambda() bool { return f.Succeeded == f.Seeds && f.Took.P99 < lambdaLimit }
