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
	"handover/internal/operation"
	"handover/internal/record"
	"handover/internal/world"
)

// Fault is one kind of thing that goes wrong, or that others do.
type Fault string

// The faults of a call, and what others do between two.
const (
	Throttled    Fault = "throttled"     // the call is refused
	Failed       Fault = "failed"        // the answer is lost, and nothing was done
	Lost         Fault = "lost"          // the answer is lost, and it was done
	Stale        Fault = "stale"         // a read is some seconds old
	Unread       Fault = "unread"        // a part cannot be read
	Crash        Fault = "crash"         // we crash before or after the actions
	TaskEnds     Fault = "task-ends"     // a task ends by itself
	TaskAils     Fault = "task-ails"     // a target gets unhealthy
	NoRoom       Fault = "no-room"       // the cluster has no room, for a while
	NoCapacity   Fault = "no-capacity"   // Fargate has no capacity, for a while
	SpotTaken    Fault = "spot-taken"    // the capacity under a task on Fargate Spot is taken back
	ECSThrottled Fault = "ecs-throttled" // ECS's own calls for its services are throttled, for a while
	ScaleOut     Fault = "scale-out"     // auto scaling, or a person, wants more tasks
	ScaleIn      Fault = "scale-in"      // auto scaling, or a person, wants fewer
	Deploys      Fault = "deploys"       // someone else deploys
	OtherBounds  Fault = "other-bounds"  // someone else sets bounds
	OtherMaximum Fault = "other-maximum" // someone else moves the maximum of the scalable target
	Protects     Fault = "protects"      // someone else protects a task
	Untags       Fault = "untags"        // someone removes our tags
	RefusesTags  Fault = "refuses-tags"  // tags may not be written, nor removed
	Deletes      Fault = "deletes"       // the service is deleted
	Jump         Fault = "clock-jumps"   // much time passes at once
	Rings        Fault = "alarm-rings"   // the alarm that stops the operation is in ALARM
	Clears       Fault = "alarm-clears"  // it is OK again, or has no data
	Silences     Fault = "alarm-silent"  // it cannot be read, or is gone, for a while
)

// What happens to instances that leave, beside the faults of a call, crashes, tasks that end and others who scale.
const (
	EventTwice  Fault = "event-twice" // the hook's event is delivered once more
	EventLate   Fault = "event-late"  // it comes late, so that events are out of order and meet each other
	HookExpires Fault = "hook-expires"
	Vanishes    Fault = "vanishes"    // an instance is lost, or terminated by someone
	Disconnects Fault = "disconnects" // the agent of an instance does not talk to ECS
	Reconnects  Fault = "reconnects"
	Outage      Fault = "outage"    // hardly any call comes through for minutes
	Activates   Fault = "activates" // someone makes an instance ACTIVE
)

// LeavingFaults are those of instances that leave, in the order of a table.
func LeavingFaults() []Fault {
	return []Fault{Throttled, Failed, Lost, Stale, Unread, Crash, EventTwice, EventLate, HookExpires, Vanishes, Disconnects, Reconnects, Outage, Activates, TaskEnds, ScaleOut}
}

// Faults are those of operations on services, in the order of a table.
func Faults() []Fault {
	return []Fault{Throttled, Failed, Lost, Stale, Unread, Crash, TaskEnds, TaskAils, NoRoom, NoCapacity, SpotTaken, ECSThrottled, ScaleOut, ScaleIn, Deploys, OtherBounds, OtherMaximum, Protects, Untags, RefusesTags, Deletes, Jump, Rings, Clears, Silences}
}

// doneByOthers are the faults that come between two calls.
func doneByOthers() []Fault {
	return []Fault{TaskEnds, TaskAils, NoRoom, NoCapacity, SpotTaken, ECSThrottled, ScaleOut, ScaleIn, Deploys, OtherBounds, OtherMaximum, Protects, Untags, Deletes, Jump, Rings, Clears, Silences}
}

// faulty is a world as an operation sees it on a bad day. It counts what it does.
type faulty struct {
	world  *world.World
	random *rand.Rand
	work   work

	calls  int  // of a hundred calls, so many have a fault
	events int  // of a hundred sleeps, in so many others do something
	denies bool // tags may not be written
	silent bool // no more faults: the end is looked at
	step   string
	aim    aim

	confusing Fault // what others are about to do
	confuseIn int   // after so many more pauses

	hits    map[Pair]int
	actions int

	looks    []cluster.Snapshot // the last few, for stale reads
	acted    time.Time          // when others did something last
	outdated bool               // the last look was before that
	stale    bool               // the last look was some seconds old, which it does not show
	op       kept               // for what it says that it holds
	begun    time.Time

	crashing                  bool      // the process ends now
	late                      bool      // who resumes does so long after the crash, so that the first look that shows the service decides what was open
	concluded                 bool      // the operation undoes
	mute                      time.Time // until then the alarm tells nothing
	gone                      bool      // because it is not there
	unseen                    time.Time // since when the operation was shown none
	failedBefore, begunBefore int       // members of a group that had failed, and had begun, in the step before
	untagged                  bool      // others have removed our tags
	named                     bool      // what could not be put back is named
	deployments               []string  // that we started, also where the answer was lost
	truth                     truth
	broken                    []string // properties that did not hold
}

func newFaulty(w *world.World, random *rand.Rand, work work) *faulty {
	f := &faulty{world: w, random: random, work: work, hits: map[Pair]int{}, begun: w.Now()}
	v, _ := f.view()
	f.truth = truth{desired: v.Service.Desired, bounds: v.Service.Bounds, guarded: map[string]time.Time{}}
	if v.Scaling != nil {
		f.truth.most, f.truth.suspended = v.Scaling.Max, v.Scaling.Suspended
	}
	return f
}

func (f *faulty) held() record.Held {
	if f.op == nil {
		return record.Held{}
	}
	return f.op.Holds()
}

// truth is what must be as it was when all is over, given what others did meanwhile.
type truth struct {
	desired   int // as it would be without us
	bounds    cluster.Bounds
	most      int // of the scalable target
	suspended cluster.Suspension
	deleted   bool
	deployed  bool                 // by others
	changed   []string             // actions of ours that were carried out
	guarded   map[string]time.Time // tasks that others protected, until when

	ambiguous int       // the desired count may come out lower by so much
	open      int       // as long as an answer is open, a change by others makes it ambiguous by so much
	unnoted   int       // the record says so much more than stands: of a raise that is not made yet, or was taken back
	forgotten int       // by so much of that others have raised it since: who has nothing but the record takes it for ours
	lostAt    time.Time // when the answer to a forced deployment of ours was lost last
	tookAt    time.Time // the same, where it took effect all the same
	twin      string    // a deployment that others forced in that second

	desiredUnknown, boundsUnknown, scalingUnknown bool // a change by others may have been overwritten after a stale read
}

// forget is what a process does not know that has nothing but the record to go by.
func (t *truth) forget() { t.ambiguous, t.forgotten = t.ambiguous+t.forgotten, 0 }

// Pair is a fault and the step of an operation that it met.
type Pair struct {
	Fault Fault
	Step  string
}

func (f *faulty) hit(fault Fault) {
	p := Pair{fault, f.step}
	f.hits[p]++
	if p == f.aim.Pair {
		f.aim.left--
	}
}

func (f *faulty) chance(percent int) bool { return !f.silent && f.random.IntN(100) < percent }

func (f *faulty) Now() time.Time { return f.world.Now() }

func (f *faulty) Sleep(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if f.crashing {
		return errCrash
	}
	f.world.AdvanceTo(f.world.Now().Add(d))
	if fault, ok := f.due(); ok {
		f.acted = f.world.Now()
		f.others(fault)
	}
	return nil
}

func (f *faulty) Observe(ctx context.Context, scope cluster.Scope) (cluster.Snapshot, error) {
	f.stale, f.outdated = false, false
	fault, aimed := f.aimedAmong(Stale, Unread)
	if !aimed {
		fault = one(f.random, Stale, Unread)
	}
	if aimed || f.chance(f.calls) {
		if s, ok := f.spoiled(scope, fault); ok {
			f.stale = fault == Stale // a gap is seen, and nothing may be done that rests on what was not read
			f.outdated = f.stale && !f.acted.Before(s.At)
			f.confuses(s)
			return s, ctx.Err()
		}
	}
	s := f.muted(f.world.Look(scope))
	if f.late && len(scope.Services) > 0 {
		f.late, f.truth.open = false, 0
	}
	f.confuses(s)
	f.looks = append(f.looks, s)
	f.looks = f.looks[max(0, len(f.looks)-3):]
	return s, ctx.Err()
}

// confuses notes that a look shows a twin of our deployment, and ours not any more: another one has taken its place before it had a task. It cannot be told from ours then.
func (f *faulty) confuses(s cluster.Snapshot) {
	v, _ := s.Service(api())
	if _, shown := v.Service.Deployment(f.truth.twin); !shown {
		return
	}
	if _, there := v.Service.Deployment(f.deployments[len(f.deployments)-1]); !there {
		f.deployments = append(f.deployments, f.truth.twin)
	}
	f.truth.twin = ""
}

// staleFor is how old a read may be. Source: API Reference, RunTask: back off from a couple of seconds on; that it is seldom more than some is general knowledge.
const staleFor = 12 * time.Second

// spoiled is a read that is old, or that lacks a part.
func (f *faulty) spoiled(scope cluster.Scope, fault Fault) (cluster.Snapshot, bool) {
	if fault == Stale {
		for _, old := range f.looks {
			if equalScopes(old.Scope, scope) && f.world.Now().Sub(old.At) <= staleFor {
				f.hit(Stale)
				return old, true
			}
		}
		return cluster.Snapshot{}, false
	}
	f.hit(Unread)
	part := one(f.random, cluster.PartService, cluster.PartTasks, cluster.PartTargets, cluster.PartProtection, cluster.PartScaling, cluster.PartHistory)
	s := f.muted(f.world.Look(scope))
	for _, wanted := range scope.Services {
		s.Gaps = append(s.Gaps, cluster.Gap{Service: wanted.Service, Part: part, Permission: "x:Read", Err: cluster.APIError{Class: cluster.ClassUnavailable, Code: "ServerException", Message: "Service Unavailable."}})
		if at := slices.IndexFunc(s.Services, func(v cluster.ServiceView) bool { return v.Service.Key == wanted.Service }); at >= 0 {
			s.Services[at] = without(s.Services[at], part)
		}
	}
	if part == cluster.PartService {
		s.Services = nil
	}
	return s, true
}

func without(v cluster.ServiceView, part cluster.Part) cluster.ServiceView {
	switch part {
	case cluster.PartTasks:
		v.Tasks = nil
	case cluster.PartTargets:
		v.Targets, v.TargetGroups = nil, nil
	case cluster.PartProtection:
		for i := range v.Tasks {
			v.Tasks[i].ProtectedUntil = time.Time{}
		}
	case cluster.PartScaling:
		v.Scaling = nil
	case cluster.PartHistory:
		v.History, v.Revisions = nil, nil
	default: // it is not of one service, or no operation depends on it
	}
	return v
}

func equalScopes(a, b cluster.Scope) bool {
	return slices.Equal(a.Services, b.Services) && slices.Equal(a.Alarms, b.Alarms)
}

func (f *faulty) Apply(_ context.Context, actions []cluster.Action) []cluster.Outcome {
	return operation.OneByOne(actions, f.act)
}

func (f *faulty) act(a cluster.Action) cluster.Outcome {
	f.actions++
	if kind := a.Kind(); f.denies && (kind == "TagResource" || kind == "UntagResource") {
		f.hit(RefusesTags)
		return refused(kind)
	}
	fault, aimed := f.aimedAmong(Throttled, Failed, Lost)
	if !aimed {
		fault = one(f.random, Throttled, Failed, Lost)
	}
	if f.aim.Fault == Untags && f.aim.Step == f.step && a.Kind() == "UntagResource" && f.aim.left > 0 && f.op != nil && !f.silent { // or else nothing would be left for others to remove
		fault, aimed = Throttled, true
	}
	v, _ := f.view()
	mine := f.isOwn(v, a)
	if !aimed && !f.chance(f.calls) {
		if u, ok := a.(cluster.UpdateService); ok && mine && u.Desired != nil {
			f.truth.open = 0
		}
		return f.carryOut(a, mine)
	}
	f.hit(fault)
	if fault == Throttled {
		return cluster.Outcome{Result: cluster.Rejected, Err: cluster.Errorf(cluster.ClassThrottled, "ThrottlingException", "Rate exceeded")}
	}
	if mine {
		f.unclear(a)
	}
	if fault == Lost {
		f.carryOut(a, mine)
	}
	if fault == Lost && mine {
		f.truth.lostAt, f.truth.tookAt = time.Time{}, f.truth.lostAt // ours is there, too
	}
	if mine {
		f.confuse(a)
	}
	return cluster.Outcome{Result: cluster.Unknown}
}

// confuse has somebody do, soon after an answer was lost, what may be taken for what we did; by chance alone it hardly ever comes together. A deployment comes at
// once, when it stands beside ours, or while we still look for ours, when it may be taken for it.
func (f *faulty) confuse(a cluster.Action) {
	u, ok := a.(cluster.UpdateService)
	switch {
	case ok && u.Desired != nil && f.random.IntN(4) == 0:
		f.confusing, f.confuseIn = one(f.random, ScaleOut, ScaleIn), f.random.IntN(4)
	case ok && u.Force && f.random.IntN(2) == 0:
		f.confusing, f.confuseIn = Deploys, one(f.random, 0, 0, 1, 2, 3)
	}
}

// due gives what others do now: what is aimed at, what confuses, or anything by chance.
func (f *faulty) due() (fault Fault, ok bool) {
	if fault, ok := f.aimedAmong(doneByOthers()...); ok {
		return fault, true
	}
	if f.confusing != "" && !f.silent {
		if f.confuseIn--; f.confuseIn < 0 {
			fault, f.confusing = f.confusing, ""
			return fault, true
		}
	}
	fault = one(f.random, TaskEnds, TaskEnds, TaskAils, TaskAils, NoRoom, NoCapacity, SpotTaken, ECSThrottled, ScaleOut, ScaleOut, ScaleIn, ScaleIn, Deploys, OtherBounds, OtherMaximum, Protects, Untags, Deletes, Jump, Rings, Clears, Silences)
	return fault, f.chance(f.events) && f.random.IntN(rarity(fault)) == 0
}

// rarity is of how many times that a fault is drawn by chance it comes about once: what ends or changes a whole run would leave little to be seen of the rest.
func rarity(fault Fault) int {
	switch fault {
	case Deletes, Deploys:
		return 3
	case OtherBounds, Rings:
		return 2
	default:
		return 1
	}
}

// unclear notes that an answer is lost. If others now change the desired count by as much, nobody can tell theirs from ours; and if they force a deployment in that
// very second, nobody can tell that from ours, either.
func (f *faulty) unclear(a cluster.Action) {
	f.forces(a)
	v, _ := f.view()
	if u, ok := a.(cluster.UpdateService); ok && u.Desired != nil {
		f.truth.open = max(f.truth.open, *u.Desired-v.Service.Desired, v.Service.Desired-*u.Desired)
	}
}

// forces notes when nothing is heard of a forced deployment; for who resumes, that is then: a deployment that others force in the seconds after it may by its time be the one that was asked
// for before the crash.
func (f *faulty) forces(a cluster.Action) {
	if u, ok := a.(cluster.UpdateService); ok && u.Force {
		f.truth.lostAt = f.world.Now()
	}
}

// opens notes that who goes on has a raise written down that does not stand: it was not made, or is lowered already. A scale-out by as much looks like it.
func (f *faulty) opens(h record.Held) {
	if v, there := f.view(); there && h.Desired != nil && v.Service.Desired <= h.Desired.Base {
		f.truth.open = max(f.truth.open, h.Desired.By)
	}
}

// notes follows what the record says of the desired count.
func (f *faulty) notes(a cluster.Action) {
	switch a := a.(type) {
	case cluster.UpdateService:
		if v, _ := f.view(); a.Desired != nil {
			f.truth.unnoted = max(0, v.Service.Desired-*a.Desired)
			f.lowersUnnoted(v, *a.Desired)
		}
	case cluster.TagResource:
		f.truth.unnoted = 0
		v, _ := f.view()
		if found, err := record.Read(a.Tags); err == nil && found.Record != nil && found.Record.Held.Desired != nil && v.Service.Desired <= found.Record.Held.Desired.Base {
			f.truth.unnoted = found.Record.Held.Desired.By // noted, and not made yet
		}
	case cluster.UntagResource:
		f.truth.unnoted = 0
	}
}

// lowersUnnoted notes what a lowering leaves of what others have raised that the record does not tell from ours: nothing, but where it could not be written any more. Lowered from
// 8 to 6, with 5 and 2 of ours in the record, it is lowered to 5 by who has nothing else.
func (f *faulty) lowersUnnoted(v cluster.ServiceView, to int) {
	found, err := record.Read(v.Service.Tags)
	if err != nil || found.Record == nil || found.Record.Held.Desired == nil || to >= v.Service.Desired {
		return
	}
	again := to - found.Record.Held.Desired.Lowered(to)
	f.truth.unnoted, f.truth.forgotten = max(0, f.truth.unnoted-again), f.truth.forgotten+again
}

// marked moves the watermark: what was there when the service was claimed is old.
func (f *faulty) marked(a cluster.TagResource) {
	if found, err := record.Read(a.Tags); err == nil && found.Record != nil && found.Record.Since.After(f.begun) {
		f.begun = found.Record.Since
	}
}

// carryOut does it, and judges it against what is true at this moment where it is done to api.
func (f *faulty) carryOut(a cluster.Action, mine bool) cluster.Outcome {
	if mine {
		f.judge(a)
		f.notes(a)
	}
	answer, err := f.world.Act(f.world.Now(), a)
	var refused *cluster.APIError
	if errors.As(err, &refused) {
		return cluster.Outcome{Result: cluster.Rejected, Err: refused}
	}
	if mine {
		f.done(a, answer.IDs)
	}
	return cluster.Outcome{Result: cluster.Done, IDs: answer.IDs}
}

// done notes what was done to api.
func (f *faulty) done(a cluster.Action, ids []string) {
	if r, ok := a.(cluster.RegisterScalableTarget); ok && r.Max != nil {
		f.truth.desired = min(f.truth.desired, *r.Max) // what others added above the maximum is gone with it
	}
	switch a := a.(type) {
	case cluster.TagResource:
		f.marked(a)
	case cluster.UntagResource:
	default:
		f.truth.changed = append(f.truth.changed, a.Kind())
	}
	if u, updates := a.(cluster.UpdateService); updates && (u.Force || u.Definition != "") {
		f.deployments = append(f.deployments, ids...)
	}
}

// view is the truth, until the next view.
func (f *faulty) view() (cluster.ServiceView, bool) {
	return f.world.Peek(cluster.ServiceScope{Service: api(), Tasks: cluster.AllTasks, Targets: true, Protection: true, Scaling: true}.Of()).Service(api())
}

func (f *faulty) fail(format string, args ...any) {
	f.broken = append(f.broken, f.world.Now().UTC().Format("15:04:05 ")+fmt.Sprintf(format, args...))
}

// others do something.
func (f *faulty) others(fault Fault) {
	v, ok := f.view()
	if !ok || v.Service.Status != cluster.ServiceActive {
		return
	}
	switch fault {
	case Deletes:
		if f.does(fault, cluster.DeleteService{Service: api(), Force: true}) {
			f.truth.deleted = true
		}
	case Deploys:
		f.deploys(v)
	case OtherBounds:
		theirs := cluster.Bounds{MinimumHealthyPercent: 60, MaximumPercent: 180}
		if f.does(fault, cluster.UpdateService{Service: api(), Bounds: &theirs}) {
			f.truth.bounds = theirs
		}
	case Jump:
		f.hit(fault)
		f.world.AdvanceTo(f.world.Now().Add(one(f.random, time.Minute, 5*time.Minute, 10*time.Minute, 25*time.Minute)))
	case NoRoom:
		f.hit(fault)
		_ = f.world.Room("default", one(f.random, -1, len(v.Tasks), v.Service.Desired))
	case Untags:
		if keys := ours(v.Service.Tags); len(keys) > 0 && f.op != nil { // a restore has nothing but the tags to go by
			f.untagged = f.does(fault, cluster.UntagResource{ARN: v.Service.ARN, Keys: keys})
		}
	case NoCapacity:
		f.hit(fault)
		_ = f.world.Report(f.world.Now(), world.Report{Kind: world.CapacityGone, ID: one(f.random, world.Fargate, world.Fargate, world.FargateSpot), For: one(f.random, time.Minute, 5*time.Minute, 20*time.Minute)})
	case ECSThrottled:
		f.hit(fault)
		_ = f.world.Report(f.world.Now(), world.Report{Kind: world.CallsThrottled, For: one(f.random, 20*time.Second, time.Minute, 5*time.Minute)})
	case TaskEnds, TaskAils, SpotTaken, Protects:
		f.otherTask(fault, v)
	case ScaleOut, ScaleIn, OtherMaximum:
		f.scale(fault, v)
	case Rings, Clears, Silences:
		f.alarm(fault)
	case Throttled, Failed, Lost, Stale, Unread, Crash, RefusesTags: // those of calls and of our own
	case EventTwice, EventLate, HookExpires, Vanishes, Disconnects, Reconnects, Outage, Activates: // those of instances that leave
	}
}

// deploys is someone else's forced deployment. Where it begins in the second in which the answer to ours was lost, it is taken for ours, and does what ours would have.
func (f *faulty) deploys(before cluster.ServiceView) {
	if !f.does(Deploys, cluster.UpdateService{Service: api(), Force: true}) {
		return
	}
	f.truth.deployed = true
	primary, _ := before.Service.Primary()
	v, _ := f.view()
	now, _ := v.Service.Primary()
	soonAfter := func(lost time.Time) bool { return !lost.IsZero() && f.world.Now().Sub(lost) <= indistinct }
	switch {
	case now.ID == primary.ID:
	case soonAfter(f.truth.lostAt):
		f.deployments = append(f.deployments, now.ID)
	case soonAfter(f.truth.tookAt) && len(f.deployments) > 0:
		f.truth.twin = now.ID
	}
}

// indistinct is how long after a lost answer somebody else's deployment may be one that ours would look like: AWS's clocks need not agree by more.
const indistinct = 2 * time.Second

func ours(tags []cluster.Tag) []string {
	var keys []string
	for _, t := range tags {
		if strings.HasPrefix(t.Key, record.Prefix) {
			keys = append(keys, t.Key)
		}
	}
	return keys
}

func (f *faulty) does(fault Fault, a cluster.Action) bool {
	_, err := f.world.Act(f.world.Now(), a)
	if err == nil {
		f.hit(fault)
	}
	return err == nil
}

func (f *faulty) otherTask(fault Fault, v cluster.ServiceView) {
	running := slices.DeleteFunc(slices.Clone(v.Tasks), func(t cluster.Task) bool { return !t.MeantToRun() || t.Last != cluster.Running })
	if len(running) == 0 {
		return
	}
	t := one(f.random, running...)
	switch {
	case fault == TaskEnds:
		f.hit(fault)
		_ = f.world.Report(f.world.Now(), world.Report{Kind: world.Exited, Task: t.ID, Code: 1})
	case fault == SpotTaken && t.Provider == world.FargateSpot:
		f.hit(fault)
		_ = f.world.Report(f.world.Now(), world.Report{Kind: world.SpotInterrupted, Task: t.ID})
	case fault == TaskAils && len(v.Service.Attachments) > 0:
		f.hit(fault)
		a := v.Service.Attachments[0]
		_ = f.world.Report(f.world.Now(), world.Report{Kind: world.TargetUnhealthy, Group: a.TargetGroup, ID: t.Address, Port: t.HostPort(a.Container, a.Port)})
	case fault == Protects && t.ProtectedUntil.IsZero():
		if f.does(fault, cluster.ProtectTask{Cluster: "default", Task: t.ID, Protect: true, For: 20 * time.Hour}) {
			f.truth.guarded[t.ID] = f.world.Now().Add(20 * time.Hour)
		}
	}
}

// scale is what auto scaling and people do: relative to what is, and within the bounds. Auto scaling does not while it is suspended; people scale in all the same.
func (f *faulty) scale(fault Fault, v cluster.ServiceView) {
	next := v.Service.Desired
	switch target := v.Scaling; {
	case fault == OtherMaximum && target != nil:
		most := target.Max + 3
		if f.does(fault, cluster.RegisterScalableTarget{Service: api(), Max: &most}) {
			f.truth.most = most
		}
		return
	case fault == ScaleOut && (target == nil || !target.Suspended.Out && next < target.Max):
		next++
	case fault == ScaleIn && next > 1 && (target == nil || next > target.Min):
		next--
	}
	if next == v.Service.Desired || next > 9 {
		return
	}
	surge := f.standing(v)
	if !f.does(fault, cluster.UpdateService{Service: api(), Desired: &next}) {
		return
	}
	f.truth.ambiguous, f.truth.open = f.truth.ambiguous+f.truth.open, 0
	if next < v.Service.Desired && surge > 0 { // a person who takes one back of what we have raised wants no more than that, or one less than before
		f.truth.desired, f.truth.ambiguous = min(f.truth.desired, next), f.truth.ambiguous+1
		return
	}
	f.truth.desired += next - v.Service.Desired
	if f.truth.unnoted > 0 && next > v.Service.Desired {
		f.truth.unnoted, f.truth.forgotten = f.truth.unnoted-1, f.truth.forgotten+1
	}
}
