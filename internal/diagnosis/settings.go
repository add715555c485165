package diagnosis

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"handover/internal/cluster"
)

// ofSettings are the findings of how the service is set, and of what is around it.
func (x *subject) ofSettings() []finding {
	var all []finding
	for _, found := range [][]finding{x.bounds(), x.stranded(), x.ofProtection(), x.leaving(), x.waiting(), x.subnets(), x.scaling(), x.breaker()} {
		for _, f := range found {
			all = join(all, f)
		}
	}
	return all
}

// settled is how long after it began a deployment must have had a look of the scheduler.
const settled = time.Minute

// bounds is the rounding that leaves no move: ECS cannot start a task, nor stop a healthy one.
func (x *subject) bounds() []finding {
	s := x.view.Service
	if !x.underWay || s.Scheduling == cluster.Daemon || s.Bounds.LeaveMove(s.Desired) || x.now.Sub(x.since) < settled {
		return nil
	}
	f := finding{code: BoundsBlock, certainty: Certain, blocking: true, goesOn: "ECS waits for ever", evidence: []Evidence{{Kind: "setting",
		Text: fmt.Sprintf("with a desired count of %d and %d/%d, at least %d must stay healthy and at most %d may exist", s.Desired, s.Bounds.MinimumHealthyPercent, s.Bounds.MaximumPercent,
			s.Bounds.Floor(s.Desired), s.Bounds.Ceiling(s.Desired))}}}
	if slices.ContainsFunc(x.view.Tasks, func(t cluster.Task) bool { return x.own(t) && t.MeantToRun() }) { // an old task ended by itself, and made room
		f.certainty, f.blocking = Likely, false
	}
	return []finding{f}
}

// stranded are tasks on container instances that are DRAINING, where the bounds let ECS neither start their replacements nor stop them: they stay for ever.
// Source: developer guide, container-instance-draining.
func (x *subject) stranded() []finding {
	s := x.view.Service
	views, _ := x.snapshot.InstancesOf(s.Key.Cluster)
	if s.Scheduling == cluster.Daemon || s.Bounds.LeaveMove(s.Desired) {
		return nil
	}
	f := finding{code: BoundsBlock, certainty: Certain, text: "minimum and maximum percent leave no room to move its tasks off a container instance that is DRAINING", goesOn: "ECS waits for ever"}
	for _, v := range views {
		n := 0
		for _, t := range x.view.Tasks {
			if t.MeantToRun() && t.Instance != "" && t.Instance == v.Instance.ARN {
				n++
			}
		}
		if v.Instance.Status == cluster.InstanceDraining && n > 0 {
			f.object = v.Instance.EC2ID
			f.evidence = append(f.evidence, Evidence{Kind: "instance", Text: fmt.Sprintf("%s is DRAINING, with %s of the service", v.Instance.Short(), plural(n, "task")), Source: v.Instance.ID})
		}
	}
	if len(f.evidence) == 0 {
		return nil
	}
	f.evidence = append(f.evidence, Evidence{Kind: "setting", Text: fmt.Sprintf("with a desired count of %d and %d/%d, at least %d must stay healthy and at most %d may exist", s.Desired, s.Bounds.MinimumHealthyPercent,
		s.Bounds.MaximumPercent, s.Bounds.Floor(s.Desired), s.Bounds.Ceiling(s.Desired))})
	return []finding{f}
}

// protected are the tasks of other deployments that may not be stopped.
func (x *subject) protected() []cluster.Task {
	var all []cluster.Task
	for _, t := range x.view.Tasks {
		if !x.own(t) && t.MeantToRun() && t.ProtectedUntil.After(x.now) {
			all = append(all, t)
		}
	}
	return all
}

// ofProtection is what protected tasks hold up: a deployment of which nothing is left to do but to stop them.
func (x *subject) ofProtection() []finding {
	held := x.protected()
	if !x.underWay || len(held) == 0 {
		return nil
	}
	f := finding{code: Protected, certainty: Likely}
	last := time.Time{}
	for _, t := range held {
		last = later(last, t.ProtectedUntil)
		f.evidence = append(f.evidence, Evidence{Kind: "protection", Text: fmt.Sprintf("task %s is protected until %s", t.Short(), clock(t.ProtectedUntil)), Source: t.ID})
	}
	fresh, others := 0, 0
	for _, t := range x.view.Tasks {
		switch {
		case x.own(t) && healthy(x.view, &t, x.now):
			fresh++
		case !x.own(t) && t.Last != cluster.Stopped && !t.ProtectedUntil.After(x.now):
			others++
		}
	}
	f.goesOn = "ECS goes on when their protection ends, at " + clock(last)
	if others == 0 && fresh >= x.view.Service.Desired-len(held) && fresh > 0 {
		f.certainty, f.blocking = Certain, true
	}
	return []finding{f}
}

// leaving are the tasks that are on their way out: how long they may take, and whether they take longer.
func (x *subject) leaving() []finding {
	drain, stop := time.Duration(0), usualStop
	for _, g := range x.view.TargetGroups {
		drain = max(drain, g.DrainDelay)
	}
	for _, d := range x.view.Definitions {
		for _, c := range d.Containers {
			stop = max(stop, c.StopTimeout)
		}
	}
	draining := finding{code: DrainingLong, certainty: Certain}
	ignoring := finding{code: StopIgnored, certainty: Likely}
	for _, t := range x.view.Tasks {
		if t.MeantToRun() || t.Gone() || t.StoppingAt.IsZero() {
			continue
		}
		since := x.now.Sub(t.StoppingAt)
		line := Evidence{Kind: "task", Text: fmt.Sprintf("task %s has been %s for %s", t.Short(), t.Last, span(since)), Source: t.ID}
		switch {
		case t.Last == cluster.Deactivating && drain > 0 && (!x.own(t) || since > longDrain(drain)):
			draining.evidence = append(draining.evidence, line)
			draining.blocking = draining.blocking || since > longDrain(drain)
		case t.Last == cluster.Stopping && since > longDrain(drain)+stop:
			ignoring.evidence, ignoring.blocking = append(ignoring.evidence, line), true
		case t.Last == cluster.Stopping && since > longDrain(drain)+usualStop: // it takes more than the platform gives unless told otherwise
			ignoring.evidence, ignoring.goesOn = append(ignoring.evidence, line), "ECS kills them when their stopTimeout of "+span(stop)+" is over"
		}
	}
	var found []finding
	if n := len(draining.evidence); n > 0 && (x.underWay || draining.blocking) {
		draining.text = fmt.Sprintf("%s draining connections, for which the target group gives %s", tasksAre(n), span(drain))
		draining.goesOn = "ECS stops them when they have drained"
		found = append(found, draining)
	}
	if len(ignoring.evidence) > 0 {
		found = append(found, ignoring)
	}
	return found
}

// usualStop is how long a container has from its stop signal to its end, unless its definition or its agent says otherwise. Source: API Reference, ContainerDefinition.stopTimeout.
const usualStop = 30 * time.Second

// longDrain is for how long a task may drain at most: a quarter more than its target group gives, and two minutes. ECS took 61 s more than 300 s (case W); 300 s make 8m15s.
func longDrain(delay time.Duration) time.Duration { return delay*5/4 + 2*time.Minute }

func tasksAre(n int) string {
	if n == 1 {
		return "1 task is"
	}
	return fmt.Sprintf("%d tasks are", n)
}

// waiting are the tasks that wait for their capacity provider to make room. ECS says nothing of them: it holds them in PROVISIONING until there is room, for 10 to 30 minutes, and then
// stops them. An instance takes 2 to 4 minutes to come. Sources: developer guide, cluster-auto-scaling; containers-roadmap 2381, amazon-ecs-agent 3083.
func (x *subject) waiting() []finding {
	if x.view.Service.Provider == "" {
		return nil
	}
	f := finding{code: NoRoom, certainty: Likely, goesOn: "the capacity provider may add container instances, and ECS places the tasks as soon as there is room"}
	for _, t := range x.view.Tasks {
		since := x.now.Sub(t.CreatedAt)
		if !t.MeantToRun() || t.Last != cluster.Provisioning || t.Instance != "" || since <= patience {
			continue
		}
		f.blocking = f.blocking || since > silence
		f.evidence = append(f.evidence, Evidence{Kind: "task", Text: fmt.Sprintf("task %s has waited %s for a container instance of %s", t.Short(), span(since), x.view.Service.Provider), Source: t.ID})
	}
	if len(f.evidence) == 0 {
		return nil
	}
	return []finding{f}
}

// held are the tasks that have been placed and do not get as far as RUNNING: their agent does not answer, or their image has not come.
func (x *subject) held() []finding {
	silent := map[string]string{} // the names of instances whose agents are disconnected, by ARN
	views, _ := x.snapshot.InstancesOf(x.view.Service.Key.Cluster)
	for _, v := range views {
		if !v.Instance.Connected && v.Instance.ARN != "" {
			silent[v.Instance.ARN] = v.Instance.Short()
		}
	}
	var all []finding
	for _, t := range x.view.Tasks {
		since := x.now.Sub(t.CreatedAt)
		if !x.examined(t) || !t.MeantToRun() || t.Last == cluster.Running || since <= patience {
			continue
		}
		if name, is := silent[t.Instance]; is {
			all = join(all, finding{code: AgentDisconnected, certainty: Certain, blocking: true,
				evidence: []Evidence{{Kind: "task", Text: fmt.Sprintf("task %s has been %s on %s for %s, whose agent is disconnected", t.Short(), t.Last, name, span(since)), Source: t.ID}}})
		} else if pulls := x.now.Sub(t.PullStartedAt); !t.PullStartedAt.IsZero() && t.PullStoppedAt.IsZero() && pulls > silence {
			all = join(all, finding{code: RegistryUnreachable, certainty: Possible, text: "the image is still being pulled: it is very large, or its registry is hard to reach from the task's subnet",
				evidence: []Evidence{{Kind: "task", Text: fmt.Sprintf("task %s has been pulling for %s", t.Short(), span(pulls)), Source: t.ID}}})
		}
	}
	return all
}

// subnets are those of the service that are full, while tasks are missing.
func (x *subject) subnets() []finding {
	if x.view.Service.Running+x.view.Service.Pending >= x.view.Service.Desired && !x.underWay {
		return nil
	}
	f := finding{code: SubnetFull, certainty: Possible}
	for _, s := range x.view.Subnets {
		if s.Free == 0 {
			f.evidence = append(f.evidence, Evidence{Kind: "subnet", Text: fmt.Sprintf("%s in %s has no free address", s.ID, s.Zone), Source: s.ID})
		}
	}
	if len(f.evidence) == 0 {
		return nil
	}
	if len(f.evidence) == len(x.view.Subnets) {
		f.certainty = Likely
	}
	return []finding{f}
}

// scaling is a desired count outside of what Application Auto Scaling allows.
func (x *subject) scaling() []finding {
	t := x.view.Scaling
	if t == nil || x.view.Service.Desired >= t.Min && x.view.Service.Desired <= t.Max {
		return nil
	}
	return []finding{{code: ScalingHolds, certainty: Certain, evidence: []Evidence{{Kind: "setting",
		Text: fmt.Sprintf("desired count %d, scalable target from %d to %d", x.view.Service.Desired, t.Min, t.Max)}}}}
}

// nothingDesired is a desired count of 0, and whether Application Auto Scaling may have set it.
func (x *subject) nothingDesired() finding {
	f := finding{code: NothingDesired, certainty: Certain}
	if t := x.view.Scaling; t != nil && t.Min == 0 {
		f.evidence = []Evidence{{Kind: "setting", Text: fmt.Sprintf("Application Auto Scaling may set it from 0 to %d", t.Max)}}
	}
	return f
}

// slowBreaker is from how many failures on a circuit breaker is slow: three are the least that it counts unless set otherwise, and each may take minutes.
const slowBreaker = 10

// breaker is a threshold that takes long to be reached.
func (x *subject) breaker() []finding {
	s := x.view.Service
	if n := s.Breaker.Threshold.Of(s.Desired); x.underWay && s.Breaker.Enabled && x.counted > 0 && n >= slowBreaker {
		return []finding{{code: BreakerSlow, certainty: Certain, evidence: []Evidence{{Kind: "setting", Text: fmt.Sprintf("%d of %d failures are counted, %s after the deployment began", x.counted, n, span(x.now.Sub(x.since)))}}}}
	}
	return nil
}

// instances adds to want of room what the container instances have left; and finds what ECS has not said: that there are none, or that agents are disconnected.
func (x *subject) instances(all []finding) []finding {
	views, read := x.snapshot.InstancesOf(x.view.Service.Key.Cluster)
	if !read || !onInstances(x.view) || !x.missing() {
		return all
	}
	var usable, draining, silent int
	var lines, lost []Evidence
	needs, known := x.needs()
	for _, v := range views {
		i := v.Instance
		switch {
		case i.Status == cluster.InstanceDraining:
			draining++
		case i.Status == cluster.InstanceActive && !i.Connected:
			silent++
			lost = append(lost, Evidence{Kind: "instance", Text: "the agent of " + i.Short() + " is disconnected", Source: i.ID})
		case i.Status == cluster.InstanceActive:
			usable++
			lines = append(lines, Evidence{Kind: "instance", Text: left(i, needs, known), Source: i.ID})
		}
	}
	if draining > 0 {
		lines = append(lines, Evidence{Kind: "instance", Text: fmt.Sprintf("%s DRAINING: no task is placed there", are(draining, "instance"))})
	}
	if usable+silent+draining == 0 {
		all = join(all, finding{code: NoInstances, certainty: Certain, blocking: x.now.Sub(x.since) > patience, evidence: []Evidence{{Kind: "instance", Text: "the cluster has no container instance"}}})
	}
	wanting := slices.IndexFunc(all, func(f finding) bool { return facts(f.code).aspect == aspectCapacity })
	if silent > 0 && (wanting >= 0 || usable == 0) {
		certainty := Possible
		if usable == 0 {
			certainty = Certain
		}
		all = join(all, finding{code: AgentDisconnected, certainty: certainty, evidence: lost, blocking: usable == 0})
	}
	if wanting >= 0 {
		if known {
			lines = append(lines, tooSmall(views, needs)...)
		}
		all[wanting].evidence = slices.Concat(all[wanting].evidence, lines)
	}
	return all
}

// tooSmall is the evidence where a task would not even fit on an empty one of the instances.
func tooSmall(views []cluster.InstanceView, needs cluster.Needs) []Evidence {
	var most cluster.Resources
	for _, v := range views {
		most.CPU, most.Memory = max(most.CPU, v.Instance.Registered.CPU), max(most.Memory, v.Instance.Registered.Memory)
	}
	if len(views) == 0 || needs.CPU <= most.CPU && needs.Memory <= most.Memory {
		return nil
	}
	return []Evidence{{Kind: "instance", Text: fmt.Sprintf("a task needs %d CPU units and %d MiB; the largest instance has %d and %d when it is empty", needs.CPU, needs.Memory, most.CPU, most.Memory)}}
}

func are(n int, noun string) string {
	if n == 1 {
		return plural(n, noun) + " is"
	}
	return plural(n, noun) + " are"
}

// missing tells whether tasks are wanted that do not run.
func (x *subject) missing() bool {
	return x.underWay || x.view.Service.Running < x.view.Service.Desired
}

// needs is what a task of the deployment asks for.
func (x *subject) needs() (cluster.Needs, bool) {
	d, ok := x.view.Definition(x.definition)
	if !ok {
		return cluster.Needs{}, false
	}
	return d.Needs(), true
}

// left is what a container instance has left: "i-0ab has 128 of 2048 CPU units and 512 of 4096 MiB left; a task needs 256 and 1024".
func left(i cluster.Instance, needs cluster.Needs, known bool) string {
	text := fmt.Sprintf("%s has %d of %d CPU units and %d of %d MiB left", i.Short(), i.Remaining.CPU, i.Registered.CPU, i.Remaining.Memory, i.Registered.Memory)
	if !known {
		return text
	}
	text += fmt.Sprintf("; a task needs %d and %d", needs.CPU, needs.Memory)
	if needs.GPUs > 0 {
		text += fmt.Sprintf("; %d of %d GPUs are left, of which it needs %d", len(i.Remaining.GPUs), len(i.Registered.GPUs), needs.GPUs)
	}
	var taken []string
	for _, p := range needs.TCP {
		if slices.Contains(i.Remaining.TCP, p) {
			taken = append(taken, fmt.Sprint(p))
		}
	}
	if len(taken) > 0 {
		text += "; host port " + strings.Join(taken, ", ") + " is taken"
	}
	return text
}

// quota adds to a quota that is used up how large it is.
func (x *subject) quota(all []finding) []finding {
	at := slices.IndexFunc(all, func(f finding) bool { return f.code == VCPUQuota })
	if at < 0 || x.view.Fargate == nil {
		return all
	}
	text := fmt.Sprintf("%g of %g vCPUs on Fargate are taken in the account and Region", x.view.Fargate.Taken, x.view.Fargate.Limit)
	if needs, known := x.needs(); known {
		text += fmt.Sprintf("; a task needs %g", float64(needs.CPU)/1024)
	}
	all[at].evidence = append(all[at].evidence, Evidence{Kind: "quota", Text: text, Source: "servicequotas fargate L-3032A538"})
	return all
}
