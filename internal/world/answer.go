package world

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"handover/internal/cluster"
	"handover/internal/world/balancer"
	"handover/internal/world/draw"
	"handover/internal/world/placement"
	"handover/internal/world/profile"
	"handover/internal/world/service"
)

// This file is the simulated data plane: a profile's answer to each order is one or more reports at later times.

// answer plans the reports with which the profile answers an order.
func (w *World) answer(t *service.Task, o Order) {
	switch o.Kind {
	case StartTask:
		w.answerStart(t)
	case Signal:
		w.answerSignal(t, o.Kill)
	case Detach:
		w.soon(w.together(w.durations(t).Detach, w.leaving(t), t.Luck(), "detach"), Detached, t)
	case Register:
		w.answerRegister(t, o)
	case Deregister:
		late := w.draw(w.state.Profile.DrainEnd, o.ID, "drain-end")
		w.reportIn(o.Drain+late, t, Report{Kind: Drained, Group: o.Group, ID: o.ID, Port: o.Port})
	}
}

// durations are those of a task's way up and down: its service's own, or the profile's.
func (w *World) durations(t *service.Task) *profile.Durations {
	if own := w.state.Services[t.Service].Durations; own != nil {
		return own
	}
	return &w.state.Profile.Durations
}

// soon plans a report that says nothing but its kind and its task.
func (w *World) soon(after time.Duration, kind ReportKind, t *service.Task) {
	d := w.spare.due()
	d.At, d.Kind, d.task = w.state.Now.Add(after), dueReport, t
	d.Report.Kind, d.Report.Task = kind, t.ID
	w.enter(d)
}

// reportIn plans a report about a task, or about a target that belongs to none.
func (w *World) reportIn(after time.Duration, t *service.Task, r Report) {
	if t != nil {
		r.Task = t.ID
	}
	d := w.spare.due()
	d.At, d.Kind, d.Report, d.task = w.state.Now.Add(after), dueReport, r, t
	w.enter(d)
}

// answerStart brings a task up in four steps. A definition that says how long its tasks take to start stretches the profile's times to that median, and its
// tasks vary a third as much as those of all services: 18.8–29.4 s in one service (cases AG, R), 30.6–31.6 s in another (B1), 19.9–59.9 s in all.
func (w *World) answerStart(t *service.Task) {
	own := w.durations(t)
	batch, one := w.habit(t, w.kind(t.StartedBy).And("batch").Nth(int(t.Batch))), t.Luck()
	pull := own.Pull
	if w.cold(t) {
		pull = own.ColdPull
	}
	steps := [...]time.Duration{
		w.together(own.Attach, batch, one, "attach"), w.together(own.Queue, batch, one, "queue"),
		w.together(pull, batch, one, "pull"), w.together(own.Start, batch, one, "start"),
	}
	if d, ok := w.revision(t.Definition); ok && d.Behaviour.Start > 0 {
		whole := own.Attach.Median + own.Queue.Median + own.Pull.Median + own.Start.Median
		for i, median := range [...]time.Duration{own.Attach.Median, own.Queue.Median, own.Pull.Median, own.Start.Median} {
			steps[i] = time.Duration(float64(median+(steps[i]-median)/3) * float64(d.Behaviour.Start) / float64(whole))
		}
	}
	if after, reason, fails := w.failsToStart(t); fails {
		w.soon(steps[0], Attached, t)
		w.soon(steps[0]+steps[1], Pulling, t)
		w.reportIn(steps[0]+steps[1]+after, t, Report{Kind: Exited, Reason: reason})
		return
	}
	after := time.Duration(0)
	for i, kind := range [...]ReportKind{Attached, Pulling, Pulled, Started} {
		after += steps[i]
		w.soon(after, kind, t)
	}
}

// failsToStart tells how long after its pull has begun a task is given up that cannot start, and why. What is refused fails in seconds, what does not answer in minutes.
// Sources: cases C, D, E (not reached), AJ1 and AJ2 (image); a drill of October 2026 (denied).
func (w *World) failsToStart(t *service.Task) (after time.Duration, reason string, fails bool) {
	const noSecret = "ResourceInitializationError: unable to pull secrets or registry auth"
	p := &w.state.Profile
	switch w.fault(t) {
	case FaultImage:
		return w.drawFor(p.PullFails, t.Luck(), "pull-fails"), "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref " + image(t) + ": not found", true
	case FaultSecret:
		return w.draw(p.InitFails, t.StartedBy, "init-fails"), noSecret, true
	case FaultDenied:
		return w.drawFor(p.DenyFails, t.Luck(), "deny-fails"), noSecret + ": execution resource retrieval failed: AccessDeniedException", true
	default: // it starts
		return 0, "", false
	}
}

// fault is what is wrong with a task's definition.
func (w *World) fault(t *service.Task) Fault {
	d, ok := w.revision(t.Definition)
	if !ok {
		return NoFault
	}
	return d.Behaviour.Fault
}

func image(t *service.Task) string {
	if len(t.Containers) == 0 {
		return ""
	}
	return t.Containers[0].Image
}

// answerRunning lets the application do, of its own accord, what its definition says: pass or fail its container health checks, or crash.
func (w *World) answerRunning(t *service.Task) {
	p := &w.state.Profile
	fault := w.fault(t)
	switch {
	case fault == FaultExit:
		w.reportIn(w.drawFor(p.Crash, t.Luck(), "crash"), t, Report{Kind: Exited, Code: 1})
	case t.Checked && fault == FaultContainer:
		w.reportIn(w.failing(t, w.drawFor(p.CheckFail, t.Luck(), "check-fail")), t, Report{Kind: HealthFailed})
	case t.Checked:
		w.soon(w.passing(t, w.together(p.Check, w.kind(t.StartedBy), t.Luck(), "check")), HealthPassed, t)
	}
}

// passing stretches a time until container health checks pass, which the profile has for checks every 30 s, to the longest interval of a task's checks: 28 s are 14 s where
// they come every 15 s. Source: API Reference, HealthCheck.
func (w *World) passing(t *service.Task, after time.Duration) time.Duration {
	longest := time.Duration(0)
	for _, c := range w.checks(t) {
		longest = max(longest, c.Every())
	}
	return stretched(after, longest, cluster.Checks{}.Every())
}

// failing does the same to a time until they have failed, which the profile has for 3 checks every 30 s: the first container that is given up decides.
func (w *World) failing(t *service.Task, after time.Duration) time.Duration {
	shortest := time.Duration(math.MaxInt64)
	for _, c := range w.checks(t) {
		shortest = min(shortest, c.Patience())
	}
	return stretched(after, shortest, cluster.Checks{}.Patience())
}

func stretched(after, to, from time.Duration) time.Duration {
	return time.Duration(float64(after) * float64(to) / float64(from))
}

// checks are those of a task's essential containers.
func (w *World) checks(t *service.Task) []cluster.Checks {
	var all []cluster.Checks
	if d, ok := w.revision(t.Definition); ok {
		for _, c := range d.Containers {
			if c.HealthCheck && c.Essential {
				all = append(all, c.Checks)
			}
		}
	}
	if len(all) == 0 { // of a definition that was not read
		all = append(all, cluster.Checks{})
	}
	return all
}

// digest is what an image stands for, worked out once.
func (w *World) digest(image string) string {
	known, ok := w.digests[image]
	if !ok {
		if w.digests == nil {
			w.digests = map[string]string{}
		}
		known = digestOf(image)
		w.digests[image] = known
	}
	return known
}

// digestOf is what an image stands for: a value that its name alone decides.
func digestOf(image string) string {
	text := "sha256:"
	for i := range 4 {
		text += hex64(draw.Bits(0, image, draw.Nth("digest", i)))
	}
	return text
}

// answerSignal ends a task, after the time that its application takes or by the kill that follows the signal.
func (w *World) answerSignal(t *service.Task, kill time.Duration) {
	exit := w.together(w.durations(t).Exit, w.habit(t, w.leaving(t)), t.Luck(), "exit")
	deaf := w.deaf(t)
	if d, ok := w.revision(t.Definition); ok && d.Behaviour.Exit > 0 {
		exit, deaf = d.Behaviour.Exit, false
	}
	code := 0
	if exit > kill || deaf || w.hangs(t) {
		exit, code = kill+w.together(w.state.Profile.Killed, w.leaving(t), t.Luck(), "killed"), 137
	}
	if t.StartedAt.IsZero() {
		exit, code = w.cancelled(t), 0
	}
	w.reportIn(exit, t, Report{Kind: Exited, Code: code})
}

// hangs tells whether a task does not answer its stop signal: one that ran and got unhealthy, or whose container checks fail. One that only answers the load
// balancer's checks with errors does answer it (case AI1: the breaker had counted it at most 45 s after its stop, at a drain of 10 s).
// Source: cases AN1 (37 s to STOPPED), H (64 s until counted), AG10 (105–135 s until the place is free, at a drain of 30 s).
func (w *World) hangs(t *service.Task) bool { return t.Sick && w.fault(t) != FaultTarget }

// cold tells whether a task's container instance has no layer of its image yet.
func (w *World) cold(t *service.Task) bool {
	cold := w.durations(t).Cold
	return cold > 0 && w.state.Profile.Jitter && w.habit(t, w.kind(t.StartedBy)).Fraction(w.state.Seed, "cold") < float64(cold)/100
}

// deaf tells whether a task's application does not answer the stop signal though nothing is wrong with it. All tasks of a deployment are alike.
func (w *World) deaf(t *service.Task) bool {
	return w.state.Profile.Jitter && w.habit(t, w.kind(t.StartedBy)).Fraction(w.state.Seed, "deaf") < float64(w.durations(t).Deaf)/100
}

// cancelled is how long it takes to end a task that has not started: nothing once its images are pulled, but what is PROVISIONING or PENDING is provisioned first.
// Source: case C, 50.4 s from "stopped 1 pending tasks" to the completion, 5.7 s after the start; case D, less than 11 s, 217 s after the start.
func (w *World) cancelled(t *service.Task) time.Duration {
	if !t.PullStartedAt.IsZero() {
		return 0
	}
	return w.drawFor(w.state.Profile.Cancelled, t.Luck(), "cancelled")
}

// answerRegister lets the first health check that finds the application ready turn the target healthy. Checks come FirstCheck after the registration and
// then at the group's interval; a new target needs one pass only. Source: developer guide, load-balancer-healthcheck.
//
// Registered at 0:30, ready at 0:45, interval 30 s: the check at 0:32 fails, the one at 1:02 passes. Ready at 1:15, with an unhealthy threshold of 2: it is unhealthy at 1:02, and from then on
// a healthy threshold of 5 counts: the check at 1:32 passes, and the fifth of these at 3:32. So only where a definition says when its tasks are ready: times that were measured are of
// deployments that completed, whose targets did not fail for so long. What ends by itself soon after it runs is taken to end before it can serve, unless
// its definition says when it is ready: a model choice.
func (w *World) answerRegister(t *service.Task, o Order) {
	group, found := w.state.Balancer.Group(o.Group)
	if !found {
		return
	}
	check := w.draw(w.firstCheck(group), o.ID, "first-check")
	if t == nil { // an EC2 instance: nothing is wrong with it
		w.reportIn(check, nil, Report{Kind: TargetHealthy, Group: o.Group, ID: o.ID, Port: o.Port})
		return
	}
	fault := w.fault(t)
	if fault == FaultExit && !w.saysWhenReady(t) {
		return
	}
	if fault == FaultTarget {
		failed := check + group.CheckInterval*time.Duration(max(0, group.UnhealthyThreshold-1))
		w.reportIn(failed, t, Report{Kind: TargetUnhealthy, Group: o.Group, ID: o.ID, Port: o.Port})
		return
	}
	failed := 0
	for group.CheckInterval > 0 && w.state.Now.Add(check).Before(t.Ready) {
		failed++
		if failed == group.UnhealthyThreshold && w.saysWhenReady(t) {
			w.reportIn(check, t, Report{Kind: TargetUnhealthy, Group: o.Group, ID: o.ID, Port: o.Port})
		}
		check += group.CheckInterval
	}
	if failed >= group.UnhealthyThreshold && w.saysWhenReady(t) {
		check += group.CheckInterval * time.Duration(max(0, group.HealthyThreshold-1))
	}
	w.reportIn(check, t, Report{Kind: TargetHealthy, Group: o.Group, ID: o.ID, Port: o.Port})
}

// firstCheck is how long after its registration a target is checked first: a Network Load Balancer takes minutes to begin.
func (w *World) firstCheck(g *balancer.Group) profile.Span {
	if g.Network() {
		return w.state.Profile.NetworkCheck
	}
	return w.state.Profile.FirstCheck
}

// habit names what a task's durations are drawn with: the service, because its deployments are much alike, or, once in five times, what is of its own alone.
// Start to registered in 8 deployments of one service 29.9–31.5 s, and 40.3–41.9 s more to the stop of the old task (B1); 20–21 s and 19–20 s in 4 of 5 of another (B2); 41 and 43 s (AC); but
// 20 and 39 s (J), 40, 60 and 65 s (A).
func (w *World) habit(t *service.Task, own draw.Key) draw.Key {
	if !w.state.Profile.Jitter || own.Fraction(w.state.Seed, "unlike the others") < 0.2 {
		return own
	}
	return w.state.Services[t.Service].Luck()
}

// leaving names the tasks of a deployment that were sent away together.
func (w *World) leaving(t *service.Task) draw.Key {
	return w.kind(t.StartedBy).And("left").Nth(int(t.Left))
}

// saysWhenReady tells whether a task's definition has its own time until it passes health checks.
func (w *World) saysWhenReady(t *service.Task) bool {
	d, ok := w.revision(t.Definition)
	return ok && d.Behaviour.Ready > 0
}

// ready is how long after RUNNING a task passes health checks. Nineteen parts in twenty are the application's and so are shared by all tasks of a deployment;
// the rest is the task's own: two tasks that were registered together were counted together (cases F2, AL4).
func (w *World) ready(s *service.Service, t *service.Task) time.Duration {
	if d, ok := w.revision(t.Definition); ok && d.Behaviour.Ready > 0 {
		return d.Behaviour.Ready
	}
	if len(s.Behind(t)) == 0 {
		return 0
	}
	span := w.durations(t).Ready
	shared := w.drawFor(span, w.habit(t, w.kind(t.StartedBy)), "ready")
	own := w.drawFor(span, t.Luck(), "ready")
	return (19*shared + own) / 20
}

// newTasks makes the next tasks of a service: on container instances as many as find one, on Fargate as many as its quota and its capacity allow, each in the zone that has the fewest then.
func (w *World) newTasks(s *service.Service, d *service.Deployment, count int) []*service.Task {
	if w.onInstances(s) {
		return w.placeTasks(s, d, count)
	}
	if allowed := w.vcpus(s, d.Definition); allowed != unlimited {
		count = min(count, allowed)
	}
	zones := w.zones()
	spread := s.Spread(zones)
	tasks := make([]*service.Task, 0, count)
	s.Tasks = slices.Grow(s.Tasks, count)
	var counts map[string]int
	if len(s.Providers) > 0 {
		counts = s.ByProvider()
	}
	for range count {
		provider := s.Provider
		if counts != nil { // each task has its provider, and waits for that one where it has no capacity. Source: containers-roadmap issue 852
			provider = placement.Share(s.Providers, counts)
			counts[provider]++
		}
		zone := w.openZone(spread, fargateOf(s.Launch, provider))
		if zone < 0 {
			continue
		}
		spread[zone]++
		t := w.newTask(s, d, zones[zone])
		if counts != nil {
			t.Provider = provider
		}
		tasks = append(tasks, t)
	}
	return tasks
}

// newTask makes the next task of a service.
func (w *World) newTask(s *service.Service, d *service.Deployment, zone string) *service.Task {
	return w.addTask(s, cluster.Task{Group: s.Group(), StartedBy: d.ID, Definition: d.Definition, Launch: s.Launch, Zone: zone})
}

// addTask adds the next task. Its id and address are drawn, so that they differ between worlds and not between runs.
func (w *World) addTask(s *service.Service, begun cluster.Task) *service.Task {
	s.Started++
	begun.ARN, begun.ID, begun.Address = w.nameTask(s)
	begun.Last, begun.Desired, begun.Health = cluster.Provisioning, cluster.Running, cluster.HealthUnknown
	begun.Version, begun.CreatedAt = 1, w.state.Now
	t := w.spare.task()
	containers := t.Containers[:0]
	*t = service.Task{Service: s.Place, Batch: int32(s.Looks), Task: begun}
	t.Containers = containers
	if revision, ok := w.revision(t.Definition); ok {
		for _, c := range revision.Containers {
			t.Checked = t.Checked || c.HealthCheck && c.Essential
			t.Containers = append(t.Containers, cluster.Container{Name: c.Name, Image: c.Image, Last: cluster.Pending, Health: cluster.HealthUnknown})
		}
	}
	s.Tasks = append(s.Tasks, t)
	if w.indexed {
		w.tasks[t.ID] = t
	}
	w.tellTask(t)
	return t
}

// nameTask makes the ARN, the id and the address of a service's latest task; all three are one string in memory.
func (w *World) nameTask(s *service.Service) (arn, id, address string) {
	var room [192]byte
	place := w.state.Place
	place.Service, place.Resource = "ecs", "task/"
	high, low := s.Luck().Series("task").Bits(w.naming(), s.Started), s.Luck().Series("task-low").Bits(w.naming(), s.Started)
	text := append(append(place.Append(room[:0]), s.Key.Cluster...), '/')
	from := len(text)
	text = appendHex(appendHex(text, high, 16), low, 16)
	to := len(text)
	all := string(w.appendAddress(text, s.Place, s.Started))
	return all[:to], all[from:to], all[to:]
}

// zones are the availability zones that tasks are spread over: three in each Region of this model. They may not be changed.
func (w *World) zones() []string {
	if w.zoned == nil {
		region := w.state.Place.Region
		w.zoned = []string{region + "a", region + "b", region + "c"}
	}
	return w.zoned
}

// appendAddress adds the private address of a service's nth task to a text: 10.P.X.Y with the service's place P. After 65,000 tasks of a service addresses come again. In a loaded world it is
// 240.P.X.Y, because a real task may have any address of a VPC, and none is there: two tasks of one address would share a target.
func (w *World) appendAddress(text []byte, place, n int) []byte {
	n %= mostAddresses
	network := ownNetwork
	if w.state.Salt != 0 {
		network = loadedNetwork
	}
	text = append(text, network...)
	for _, part := range [...]int{place % 256, n / 250, n%250 + 4} {
		text = strconv.AppendInt(append(text, '.'), int64(part), 10)
	}
	return text
}

// The networks of tasks. Source of the second: RFC 1112, section 4; the VPC user guide, vpc-cidr-blocks, does not have it.
const (
	ownNetwork    = "10"
	loadedNetwork = "240"
	mostAddresses = 65000
)

// addressed is the number of the last task that a loaded world has given an address, of some tasks; 0 where there is none.
func addressed(tasks []cluster.Task) int {
	last := 0
	for _, t := range tasks {
		if parts := strings.Split(t.Address, "."); len(parts) == 4 && parts[0] == loadedNetwork {
			high, errHigh := strconv.Atoi(parts[2])
			low, errLow := strconv.Atoi(parts[3])
			if errHigh == nil && errLow == nil {
				last = max(last, high*250+low-4)
			}
		}
	}
	return last
}
