package simulate

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"handover/internal/cluster"
	"handover/internal/forecast"
	"handover/internal/operation"
	"handover/internal/world"
)

// estate is a world in which instances leave on a bad day, with the properties that hold in it.
type estate struct {
	world     *world.World
	random    *rand.Rand
	name      string
	options   operation.DrainOptions // of a drain
	departure operation.DepartureOptions
	processes []*process
	leaving   []string // EC2 ids
	began     time.Time
	at        string // the step that goes on
	ids       int
	trace     func(operation.Input, operation.Decision)

	late   time.Duration // so old is what a stale list shows
	calls  int           // of a hundred calls, so many have a fault
	events int           // of a hundred pauses, in so many others do something
	outage time.Time     // until then hardly any call comes through
	hits   map[Pair]int

	completed []string                    // the instances whose hooks we have completed
	expired   map[string]bool             // the instances whose hooks ran out
	attended  map[string]time.Time        // the instances whose event was delivered at once to a process that does not die, with the last moment of the hook
	troubled  bool                        // others did what may leave a service short of tasks
	meddled   bool                        // somebody else has made an instance ACTIVE, or DRAINING
	settled   map[cluster.ServiceKey]bool // whose rollouts were over at the beginning
	lowest    map[cluster.ServiceKey]int
	bounds    map[string]cluster.Bounds // of each service at the beginning
	changed   []string
	crashed   Recovery
	broken    []string
}

func (e *estate) fail(format string, args ...any) {
	e.broken = append(e.broken, e.world.Now().UTC().Format("15:04:05 ")+fmt.Sprintf(format, args...))
}

func (e *estate) hit(fault Fault) { e.hits[Pair{fault, e.at}]++ }

// hosts are the EC2 ids of the instances that have joined the cluster.
func (e *estate) hosts() []string {
	var ids []string
	for _, i := range e.world.Instances("default") {
		if i.Status == cluster.InstanceActive {
			ids = append(ids, i.EC2ID)
		}
	}
	return ids
}

// left are the tasks on a registered container instance that are not STOPPED.
func (e *estate) left(host string) []cluster.Task {
	var left []cluster.Task
	for _, v := range e.world.Look(cluster.InstanceScope{Hosts: []string{host}, Tasks: cluster.AllTasks}.Of()).Instances {
		for _, t := range v.Tasks {
			if !t.Gone() {
				left = append(left, t)
			}
		}
	}
	return left
}

// observe reads the world, on a bad day: throttled, not at all, or some seconds late.
func (e *estate) observe(scope cluster.Scope) cluster.Snapshot {
	if scope.Empty() {
		return cluster.Snapshot{At: e.world.Now()}
	}
	s := e.world.Look(scope)
	switch fault, bad := e.fault(Throttled, Stale, Unread); {
	case !bad:
	case fault == Stale:
		return e.stale(s)
	default:
		return e.unread(s, fault)
	}
	return s
}

// stale hides what was placed in the last seconds: lists are eventually consistent.
func (e *estate) stale(s cluster.Snapshot) cluster.Snapshot {
	for i, v := range s.Instances {
		s.Instances[i].Tasks = slices.DeleteFunc(slices.Clone(v.Tasks), func(t cluster.Task) bool { return s.At.Sub(t.CreatedAt) < e.late })
	}
	return s
}

// unread leaves the instances, or the tasks on them, out.
func (e *estate) unread(s cluster.Snapshot, fault Fault) cluster.Snapshot {
	err := cluster.Errorf(cluster.ClassThrottled, "ThrottlingException", "Rate exceeded")
	if fault == Unread {
		err = cluster.Errorf(cluster.ClassUnavailable, "ServerException", "an internal error")
	}
	for _, scope := range s.Scope.Instances {
		part := one(e.random, cluster.PartInstances, cluster.PartTasks)
		s.Gaps = append(s.Gaps, cluster.Gap{Service: cluster.ServiceKey{Cluster: scope.Cluster}, Part: part, Permission: "ecs:ListContainerInstances", Err: *err})
		if part == cluster.PartInstances {
			s.Instances = nil
			continue
		}
		for i := range s.Instances {
			s.Instances[i].Tasks = nil
		}
	}
	for _, scope := range s.Scope.Services {
		s.Gaps = append(s.Gaps, cluster.Gap{Service: scope.Service, Part: cluster.PartService, Permission: "ecs:DescribeServices", Err: *err})
	}
	if len(s.Scope.Services) > 0 {
		s.Services = nil
	}
	return s
}

// fault draws whether a call has one of some faults. In an outage hardly any call comes through.
func (e *estate) fault(of ...Fault) (fault Fault, bad bool) {
	chance := e.calls
	if e.world.Now().Before(e.outage) {
		chance = 95
	}
	if e.random.IntN(100) >= chance {
		return "", false
	}
	fault = one(e.random, of...)
	e.hit(fault)
	return fault, true
}

// apply carries actions out until one is not done.
func (e *estate) apply(p *process, actions []cluster.Action) []cluster.Outcome {
	return operation.OneByOne(actions, func(a cluster.Action) cluster.Outcome {
		fault, bad := e.fault(Throttled, Failed, Lost)
		if bad && fault != Lost {
			e.retake(a)
		}
		if bad && fault == Throttled {
			return cluster.Outcome{Result: cluster.Rejected, Err: cluster.Errorf(cluster.ClassThrottled, "ThrottlingException", "Rate exceeded")}
		}
		if bad && fault == Failed {
			return cluster.Outcome{Result: cluster.Unknown}
		}
		e.judge(a)
		answer, err := e.world.Act(e.world.Now(), a)
		var refused *cluster.APIError
		switch {
		case bad:
			return cluster.Outcome{Result: cluster.Unknown}
		case errors.As(err, &refused):
			return cluster.Outcome{Result: cluster.Rejected, Err: refused}
		}
		e.changed = append(e.changed, p.name+" "+a.Kind())
		return cluster.Outcome{Result: cluster.Done, IDs: answer.IDs}
	})
}

// retake has somebody take an instance back into use whose hook could not be completed, in one case of four: it is made ACTIVE, and a task is started on it. It is not where a second
// process is at work, which may have seen the instance empty a second before: no look tells that one.
func (e *estate) retake(a cluster.Action) {
	completion, ok := a.(cluster.CompleteLifecycleAction)
	if !ok || e.random.IntN(4) > 0 {
		return
	}
	working := 0
	for _, p := range e.processes {
		if p.verdict == nil {
			working++
		}
	}
	if working > 1 {
		return
	}
	for _, i := range e.world.Instances("default") {
		if i.EC2ID == completion.Host && e.acts(cluster.SetInstanceStatus{Cluster: "default", Instance: i.ID, Status: cluster.InstanceActive}) {
			e.meddled = true
			e.hit(Activates)
			s, _ := e.world.Service(e.world.Services("default")[0])
			e.acts(cluster.StartTask{Cluster: "default", Definition: s.Definition, Instance: i.ID})
		}
	}
}

// others do something between two steps.
func (e *estate) others() {
	if e.random.IntN(100) >= e.events {
		return
	}
	instance := e.instance()
	switch e.random.IntN(10) {
	case 0:
		e.hit(Outage)
		e.outage = e.world.Now().Add(one(e.random, time.Minute, 5*time.Minute))
	case 1:
		e.report(world.InstanceLost, instance)
	case 2, 3:
		e.report(world.AgentDisconnected, instance)
	case 4, 5:
		for _, i := range e.world.Instances("default") {
			e.report(world.AgentConnected, i)
		}
	case 6:
		e.endTask(instance)
	case 7:
		if e.acts(cluster.TerminateMachine{ID: instance.EC2ID}) {
			e.hit(Vanishes)
		}
	case 8:
		if e.acts(cluster.SetInstanceStatus{Cluster: "default", Instance: instance.ID, Status: cluster.InstanceActive}) {
			e.meddled = true
			e.hit(Activates)
		}
	case 9:
		e.scale()
	}
}

// instance is one that leaves, more often than another.
func (e *estate) instance() cluster.Instance {
	all := e.world.Instances("default")
	if len(all) == 0 {
		return cluster.Instance{}
	}
	if e.random.IntN(2) == 0 {
		for _, i := range all {
			if slices.Contains(e.leaving, i.EC2ID) {
				return i
			}
		}
	}
	return one(e.random, all...)
}

func (e *estate) report(kind world.ReportKind, i cluster.Instance) {
	if i.ID == "" || e.world.Report(e.world.Now(), world.Report{Kind: kind, Instance: i.ID}) != nil {
		return
	}
	e.troubled = e.troubled || kind != world.AgentConnected
	e.hit(map[world.ReportKind]Fault{world.InstanceLost: Vanishes, world.AgentDisconnected: Disconnects, world.AgentConnected: Reconnects}[kind])
}

func (e *estate) acts(a cluster.Action) bool {
	_, err := e.world.Act(e.world.Now(), a)
	e.troubled = e.troubled || err == nil
	return err == nil
}

// endTask lets a task end by itself, one of no service above all.
func (e *estate) endTask(i cluster.Instance) {
	for _, t := range e.left(i.EC2ID) {
		if t.Last == cluster.Running && (t.Service() == "" || e.random.IntN(3) == 0) {
			if e.world.Report(e.world.Now(), world.Report{Kind: world.Exited, Task: t.ID, Code: 1}) == nil {
				e.troubled = e.troubled || t.Service() != ""
				e.hit(TaskEnds)
			}
			return
		}
	}
}

func (e *estate) scale() {
	keys := e.world.Services("default")
	key := one(e.random, keys...)
	if s, ok := e.world.Service(key); ok && s.Scheduling == cluster.Replica {
		desired := max(0, s.Desired+one(e.random, -1, 1, 2))
		e.acts(cluster.UpdateService{Service: key, Desired: &desired})
		e.hit(ScaleOut)
	}
}

// measure keeps the lowest count of healthy tasks of each service, where a task counts as it does for a draining instance: without a target group from when it runs.
// Source: API Reference, UpdateContainerInstancesState.
func (e *estate) measure() {
	for _, host := range e.leaving {
		held := slices.ContainsFunc(e.world.LifecycleActions(), func(a cluster.LifecycleAction) bool { return a.Instance == host })
		if e.departure.Heartbeat > 0 && !held && !slices.Contains(e.completed, host) && !e.expired[host] {
			e.troubled, e.expired[host] = true, true
			e.hit(HookExpires)
			if until, attended := e.attended[host]; attended && e.calls == 0 && e.events == 0 && e.world.Now().Before(until) {
				e.fail("the hook of %s ran out before %s, though nothing kept anybody from a heartbeat", host, until.UTC().Format(time.TimeOnly))
			}
		}
	}
	if e.troubled {
		return
	}
	for _, key := range e.world.Services("default") {
		view, _ := e.world.Peek(cluster.ServiceScope{Service: key, Tasks: cluster.RunningTasks, Targets: true}.Of()).Service(key)
		_, healthy := view.Count(e.world.Now())
		if len(view.Service.Attachments) == 0 {
			healthy = view.Service.Running
		}
		if lowest, known := e.lowest[key]; !known || healthy < lowest {
			e.lowest[key] = healthy
		}
	}
}

// judge holds an action, before it is carried out.
func (e *estate) judge(a cluster.Action) {
	switch a := a.(type) {
	case cluster.CompleteLifecycleAction:
		e.judgeCompletion(a)
	case cluster.StopTask:
		t, ok := e.world.Task(a.Cluster, a.Task)
		if standalone := e.options.Standalone == operation.StopStandalone || e.departure.Standalone == operation.StopStandalone; ok && (t.Service() != "" || !standalone) {
			e.fail("task %s of %q is stopped by us", t.Short(), t.Group)
		}
	case cluster.SetInstanceStatus:
		at := slices.IndexFunc(e.world.Instances(a.Cluster), func(i cluster.Instance) bool { return i.ID == a.Instance })
		if at < 0 || !slices.Contains(e.leaving, e.world.Instances(a.Cluster)[at].EC2ID) {
			e.fail("instance %s, which does not leave, is made %s", a.Instance, a.Status)
		}
	case cluster.UpdateService:
		if !slices.ContainsFunc(e.options.TemporaryMax, func(t operation.TemporaryMaximum) bool { return t.Service == a.Service.Service }) || a.Desired != nil || a.Force || a.Definition != "" {
			e.fail("%s is updated: %+v", a.Service, a)
		}
	}
}

// judgeCompletion: a hook is completed when every task is STOPPED, or when the limit says so.
func (e *estate) judgeCompletion(a cluster.CompleteLifecycleAction) {
	all := e.world.LifecycleActions()
	at := slices.IndexFunc(all, func(one cluster.LifecycleAction) bool { return one.Token == a.Token })
	if at < 0 {
		return // it was completed before, or ran out: nothing comes of it
	}
	limit := e.departure.Limit
	late := limit > 0 && !e.world.Now().Before(all[at].BeganAt.Add(limit))
	e.completed = append(e.completed, a.Host)
	allowed := map[operation.AtLimit]cluster.HookResult{operation.AbandonIt: cluster.Abandon, operation.ContinueIt: cluster.Continue}[e.departure.AtLimit]
	switch left := e.left(a.Host); {
	case late && a.Result == allowed:
		e.troubled = true // as the owner has asked for it
	case a.Result != cluster.Continue:
		e.fail("the hook of %s is completed with %s before its limit", a.Host, a.Result)
	case len(left) > 0:
		e.fail("the hook of %s is completed while %d tasks on it are not STOPPED, the first of them %s %s", a.Host, len(left), left[0].Short(), left[0].Last)
	}
}

// ended holds the verdict of a process.
func (e *estate) ended(p *process, v cluster.Verdict) {
	if v.End == cluster.Refused && len(e.changed) > 0 && p.saved.State == nil && len(e.processes) == 1 {
		e.fail("refused (%s) after %v", v.Summary, e.changed)
	}
	if p.name == "departure" {
		e.departed(v)
		return
	}
	if v.End != cluster.Succeeded {
		e.given(p, v)
		return
	}
	for _, host := range e.leaving {
		for _, t := range e.left(host) {
			if s, _ := e.world.Service(cluster.ServiceKey{Cluster: "default", Service: t.Service()}); len(e.options.Skip) > 0 && (slices.Contains(e.options.Skip, t.Service()) || s.Scheduling == cluster.Daemon) {
				continue
			}
			if !e.meddled {
				e.fail("success, and task %s of %s on %s is %s", t.Short(), t.Group, host, t.Last)
			}
		}
	}
}

// departed holds that a departure gives its hook up for no other reason than that it is over, that its limit has passed, or that the instance is gone: calls that fail are tried
// again for as long as it takes.
func (e *estate) departed(v cluster.Verdict) {
	if v.End != cluster.Succeeded && !slices.Contains([]string{"hook-over", "timed-out", "instance-vanished"}, v.Cause.Code) {
		e.fail("a departure is given up: %s (%s)", v.Summary, v.Cause.Code)
	}
}

// given holds that a drain which was given up has made its instances ACTIVE again, or says that it could not.
func (e *estate) given(p *process, v cluster.Verdict) {
	if e.options.StayDraining || e.meddled || p.saved.State != nil || v.End != cluster.Failed && v.End != cluster.TimedOut || strings.Contains(v.Summary+strings.Join(v.Hints, " "), "--cancel") {
		return
	}
	for _, i := range e.world.Instances("default") {
		if slices.Contains(e.leaving, i.EC2ID) && i.Status == cluster.InstanceDraining {
			e.fail("the drain was given up (%s), and %s is left DRAINING", v.Summary, i.EC2ID)
		}
	}
}

// over holds the end of a run: every event has ended in a report, and its hook in a completion unless it ran out; no service was below its floor by our doing; nothing that was
// for the duration is left.
func (e *estate) over() {
	for _, p := range e.processes {
		if p.verdict == nil {
			e.fail("%s has not ended after %s, at %s", p.name, e.world.Now().Sub(e.began), e.at)
		}
	}
	if len(e.broken) == 0 && e.departure.Heartbeat > 0 {
		for _, a := range e.world.LifecycleActions() {
			if slices.Contains(e.leaving, a.Instance) && !e.reported(a.Instance) {
				e.fail("the hook of %s is neither completed nor reported", a.Instance)
			}
		}
	}
	for key, lowest := range e.lowest {
		s, ok := e.world.Service(key)
		if floor := s.Bounds.Floor(s.Desired); ok && s.Scheduling == cluster.Replica && e.settled[key] && lowest < floor && !e.troubled {
			e.fail("%s fell to %d healthy tasks, below its floor of %d", key, lowest, floor)
		}
	}
	e.putBack()
}

// reported tells whether a process has said why it leaves the hook of an instance to its timeout.
func (e *estate) reported(host string) bool {
	return slices.ContainsFunc(e.processes, func(p *process) bool {
		return p.verdict != nil && p.verdict.End != cluster.Succeeded && strings.Contains(p.verdict.Summary, host)
	})
}

// putBack holds that the maxima are as they were, unless the verdict names what is not.
func (e *estate) putBack() {
	last := e.processes[len(e.processes)-1].verdict
	if last == nil || e.crashed == "" && named(*last) {
		return
	}
	for _, t := range e.options.TemporaryMax {
		if e.crashed != "" { // what a process that died has left is put back by the next command that meets it
			e.restore(cluster.ServiceKey{Cluster: "default", Service: t.Service})
		}
		s, ok := e.world.Service(cluster.ServiceKey{Cluster: "default", Service: t.Service})
		if ok && (s.Bounds != e.bounds[t.Service] || len(ours(s.Tags)) > 0) {
			e.fail("%s is left with %+v and the tags %v, and had %+v", t.Service, s.Bounds, ours(s.Tags), e.bounds[t.Service])
		}
	}
}

// restore puts back what was left on a service, once nobody is taken to be at it any more.
func (e *estate) restore(key cluster.ServiceKey) {
	e.world.AdvanceTo(e.world.Now().Add(20 * time.Minute))
	ending, err := operation.Driver{Provider: forecast.Provider{World: e.world}}.Run(context.Background(), &operation.Restore{Service: key})
	if s, ok := e.world.Service(key); err != nil || ok && s.Status == cluster.ServiceActive && ending.Verdict.End != cluster.Succeeded {
		e.fail("%s was not restored: %+v, %v", key, ending.Verdict, err)
	}
}
