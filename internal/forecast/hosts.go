package forecast

import (
	"context"
	"fmt"
	"slices"
	"time"

	"handover/internal/cluster"
	"handover/internal/forecast/measure"
	"handover/internal/operation"
	"handover/internal/timeline"
	"handover/internal/world"
	"handover/internal/world/profile"
)

// Hosts are container instances that are to be emptied, in a world that goes on from what was read, with all services that have tasks on them. Its Base names
// them as one service, which is how they are recorded.
type Hosts struct {
	Base
	cluster string
	leaving []string // the ids of the instances
	housed  []housed // the services, by name
}

// housed is a service that has tasks on the instances.
type housed struct {
	key       cluster.ServiceKey
	desired   int
	leaving   map[string]bool // its tasks on them, by id
	durations []Duration      // of its own tasks
}

// Leave is what the emptying of instances comes to for one service that has tasks on them.
type Leave struct {
	Service string
	Tasks   int
	Desired int
	Peak    int       // the most tasks of any seed
	Lowest  int       // the fewest healthy ones of any seed
	Gone    Quantiles // when the last of its tasks on the instances was STOPPED, of the seeds in which that happened
	// Durations are what the forecast rests on with this service, and where each of them comes from.
	Durations []Duration
}

// HostPast is what earlier runs have taught: of each service by its own name, and of earlier drains. The zero HostPast knows nothing.
type HostPast struct {
	Samples map[string]measure.Samples
	Bias    Bias
}

// HostScope is what a forecast of hosts needs to be read, beside the tasks on the instances that leave: the whole cluster's instances, because tasks move to the
// others, and the services whose tasks move.
func HostScope(inCluster string, services []string) cluster.Scope {
	scope := cluster.InstanceScope{Cluster: inCluster}.Of()
	for _, name := range services {
		one := Scope(cluster.ServiceKey{Cluster: inCluster, Service: name})
		one.Scaling, one.Policies = true, true
		scope = scope.Union(one.Of())
	}
	return scope
}

// LoadHosts makes the Hosts out of a snapshot of their HostScope, in which the views of the leaving instances have all their tasks. The subject is the name under
// which they are recorded. The tasks of each service take what was measured on its own. Other services of the cluster hold what they hold: they are not followed.
func LoadHosts(snapshot cluster.Snapshot, subject cluster.ServiceKey, leaving []string, past HostPast) (Hosts, error) {
	instances, read := snapshot.InstancesOf(subject.Cluster)
	if !read {
		return Hosts{}, fmt.Errorf("the container instances of cluster %s could not be read", subject.Cluster)
	}
	h := Hosts{Base: Base{Service: subject, At: snapshot.At, stages: &stages{}, bias: past.Bias}, cluster: subject.Cluster, leaving: leaving}
	whole := cluster.Snapshot{At: snapshot.At, Instances: instances}
	own := map[cluster.ServiceKey]profile.Durations{}
	for _, wanted := range snapshot.Scope.Services {
		view, gaps, err := readable(snapshot, wanted.Service)
		if err != nil {
			return Hosts{}, fmt.Errorf("%s: %w", wanted.Service, err)
		}
		view = completed(view, gaps)
		h.Gaps = append(h.Gaps, gaps...)
		known := profileOf(view)
		samples := measure.OfService(view, known).Join(past.Samples[wanted.Service.Service])
		fitted := samples.Fit(known)
		own[wanted.Service] = fitted.Durations
		whole.Services = append(whole.Services, view)
		whole.Scope.Services = append(whole.Scope.Services, Scope(wanted.Service))
		h.house(view, instances, durations(view, samples, fitted, gaps))
		for _, text := range meanwhile(view, snapshot) {
			h.Warnings = append(h.Warnings, wanted.Service.Service+": "+text)
		}
	}
	if len(instances) == 0 {
		return Hosts{}, fmt.Errorf("cluster %s has no container instances", subject.Cluster)
	}
	place, err := cluster.ParseARN(instances[0].Instance.ARN)
	if err != nil {
		return Hosts{}, fmt.Errorf("the container instance has no ARN: %w", err)
	}
	onInstances, _ := profile.Named("ec2-2026")
	whole.Scope.Instances = []cluster.InstanceScope{{Cluster: subject.Cluster}}
	if h.world, h.Assumed, err = world.Load(world.Config{Seed: 1, Profile: onInstances, Place: place}, whole, own); err != nil {
		return Hosts{}, err
	}
	return h, nil
}

// meanwhile warns of what may change a service's desired count while its tasks move.
func meanwhile(view cluster.ServiceView, snapshot cluster.Snapshot) []string {
	if view.Scaling == nil {
		return nil
	}
	return append(scalingBy(view, snapshot), scheduled(*view.Scaling, snapshot.At)...)
}

// house notes which tasks of a service leave.
func (h *Hosts) house(view cluster.ServiceView, instances []cluster.InstanceView, durations []Duration) {
	s := housed{key: view.Service.Key, desired: view.Service.Desired, leaving: map[string]bool{}, durations: durations}
	for _, v := range instances {
		if !slices.Contains(h.leaving, v.Instance.ID) {
			continue
		}
		for _, t := range v.Tasks {
			if t.Service() == s.key.Service && !t.Gone() {
				s.leaving[t.ID] = true
			}
		}
	}
	h.desired += s.desired
	h.housed = append(h.housed, s)
}

// evacuation is what one seed came to: of all services together, and of each.
type evacuation struct {
	run
	each []left
}

// left is what one seed came to for one service.
type left struct {
	peak, low int
	gone      time.Duration // 0: a task of it was left in the end
}

// Run forecasts the emptying over a number of seeds, or over fewer where there are many tasks. begin makes the operation anew for each of them.
func (h Hosts) Run(begin func() operation.Operation, seeds int) (Forecast, []Leave) {
	seeds = h.affordable(seeds)
	all := parallel(h.stages, 1, func(s *stage, _ int) evacuation { return h.evacuate(s, begin(), 1) })
	if all[0].end == "" {
		seeds = min(seeds, never)
	}
	all = append(all, parallel(h.stages, seeds-1, func(s *stage, i int) evacuation { return h.evacuate(s, begin(), uint64(i+2)) })...)
	runs := make([]run, len(all))
	for i, e := range all {
		runs[i] = e.run
	}
	return h.sum(runs), h.leaves(all)
}

// evacuate runs the operation with one seed.
func (h Hosts) evacuate(s *stage, op operation.Operation, seed uint64) evacuation {
	e := evacuation{run: run{seed: seed}}
	p, verdict, err := h.rehearse(s, op, seed)
	if err != nil {
		e.cause, e.hints = h.stuck(p)
	} else {
		e.end, e.cause, e.hints, e.replaced = verdict.End, verdict.Cause, verdict.Hints, verdict.Figures.Replaced
	}
	e.took, e.all = p.world.Now().Sub(h.At), p.calls
	for _, of := range h.housed {
		s.lives = p.world.Lives(s.lives[:0], of.key)
		c := s.count(h.At, p.world.Now())
		e.each = append(e.each, left{peak: c.peak, low: c.low, gone: of.gone(s.lives, h.At)})
		e.peak, e.low, e.batches, e.together = e.peak+c.peak, e.low+c.low, max(e.batches, c.batches), max(e.together, c.together)
	}
	return e
}

// stuck says what keeps the first service from moving of which ECS says something; or else what was waited for.
func (h Hosts) stuck(p *rehearsal) (cause *cluster.Cause, remedies []string) {
	p.stopsFirst = "" // a drain has no such flags
	for _, of := range h.housed {
		if cause, remedies = hindered(p, of.key); cause != nil {
			cause.Text = of.key.Service + ": " + cause.Text
			return cause, remedies
		}
	}
	return stuck(p, h.Service)
}

// gone is how long it took until the last of the service's tasks on the instances was STOPPED; 0 where one was not. ECS forgets tasks an hour after that: those that
// it does not show any more were gone before the others.
func (s housed) gone(lives []world.Life, from time.Time) time.Duration {
	last := time.Duration(0)
	for _, l := range lives {
		switch {
		case !s.leaving[l.Task]:
		case l.Stopped.IsZero():
			return 0
		default:
			last = max(last, l.Stopped.Sub(from))
		}
	}
	return last
}

// leaves sums up what the seeds came to for each service.
func (h Hosts) leaves(all []evacuation) []Leave {
	leaves := make([]Leave, len(h.housed))
	for i, of := range h.housed {
		l := Leave{Service: of.key.Service, Tasks: len(of.leaving), Desired: of.desired, Lowest: all[0].each[i].low, Durations: of.durations}
		var gone []left
		for _, e := range all {
			one := e.each[i]
			l.Peak, l.Lowest = max(l.Peak, one.peak), min(l.Lowest, one.low)
			if one.gone > 0 {
				gone = append(gone, one)
			}
		}
		if len(gone) > 0 {
			l.Gone = quantiles(gone, func(l left) time.Duration { return l.gone })
		}
		leaves[i] = l
	}
	return leaves
}

// Timeline records what the instances carry in the run that took as long as half of all runs do.
func (h Hosts) Timeline(begin func() operation.Operation, f Forecast, name string) timeline.Timeline {
	r, w := f.typical(), h.world.Clone()
	w.Reseed(r.seed)
	look := timeline.OnInstances(h.cluster, h.leaving, cluster.AllTasks)
	carried := func(w *world.World) (cluster.ServiceView, bool) {
		return timeline.Carried(h.Service, w.Peek(look).Instances), true
	}
	view, _ := carried(w)
	run := timeline.Run{Kind: timeline.Predicted, Operation: name, Service: h.Service, Begin: h.At, Ceiling: view.Service.Desired, Carried: true}
	recording := &Recording{rehearsal: rehearsal{world: w, until: h.At.Add(r.took)}, carried: carried, recorder: timeline.NewRecorder(run)}
	if h.desired > detailed {
		recording.step = max(time.Second, r.took/frames)
	}
	recording.see()
	_, err := operation.Driver{Provider: recording}.Run(context.Background(), begin()) // that it does not end within the horizon is what the forecast has said
	return recording.Timeline(err == nil)
}

// HostsHindsight is how long the emptying would have been predicted to take, had it been known what it has measured itself; 0 where it would not have been
// predicted to succeed. The samples are those of each service by its name.
func HostsHindsight(before cluster.Snapshot, subject cluster.ServiceKey, leaving []string, samples map[string]measure.Samples, begin func() operation.Operation) (time.Duration, error) {
	h, err := LoadHosts(before, subject, leaving, HostPast{Samples: samples})
	if err != nil {
		return 0, err
	}
	f, _ := h.Run(begin, hindsightSeeds)
	return f.Took.P50, nil
}
