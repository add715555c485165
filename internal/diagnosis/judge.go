package diagnosis

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"handover/internal/cluster"
)

// Options are what may be asked of a diagnosis.
type Options struct {
	Deployment string // the deployment that it is about; empty: the one that is under way, or the last one
}

// Of is the diagnosis of a service that was read by Scope and Further. ok is false where the snapshot has not the service, or not the deployment that is asked for.
func Of(s cluster.Snapshot, service cluster.ServiceKey, o Options) (d Diagnosis, ok bool) {
	view, there := s.Service(service)
	if !there {
		return Diagnosis{}, false
	}
	own := view.Service
	d = Diagnosis{At: s.At.UTC().Truncate(time.Millisecond), Service: service.String(), Desired: own.Desired, Floor: own.Bounds.Floor(own.Desired), Causes: []Cause{}}
	d.Healthy = healthyTasks(&view, s.At)
	d.Unread = unread(s, service)
	if own.Status != cluster.ServiceActive {
		return deleted(d, own), true
	}
	x, known := about(s, &view, o.Deployment)
	if !known && o.Deployment != "" {
		return Diagnosis{}, false
	}
	found := x.findings()
	d.State = x.state(found, o.Deployment != "")
	if d.State == Stuck && !slices.ContainsFunc(found, func(f finding) bool { return f.blocking || !attendant(f.code) }) {
		found = join(found, x.unexplained())
	}
	d.Deployment = x.shown()
	d.Former = x.formerID
	for _, f := range found {
		d.Causes = append(d.Causes, x.permitted(f.cause(service)))
	}
	d.Changed = x.changed()
	d.RuledOut = x.ruledOut(found)
	d.ByItself = x.byItself(found, d.State)
	d.Impact = x.impact(d)
	d.LogSource = x.logs(found)
	d.Summary = x.summary(d)
	d.Next = x.next(d, found)
	return d, true
}

// findings are all that speaks for something being wrong, in the order in which it is told.
func (x *subject) findings() []finding {
	failed := x.failures()
	all := x.ofTasks(failed)
	for _, more := range [][]finding{x.ofTargets(), x.ofContainerChecks(), x.ofEvents(), x.ofSettings(), x.held(), x.fromReason(), x.stops()} {
		for _, f := range more {
			all = join(all, f)
		}
	}
	all = x.tooShort(x.quota(x.instances(x.ofChecks(all))))
	if own := x.view.Service; own.Desired == 0 && own.Scheduling != cluster.Daemon {
		all = slices.Insert(all, 0, x.nothingDesired()) // before who holds it at that
	} else if own.Controller != cluster.ControllerECS && own.Controller != "" {
		all = join(all, finding{code: OtherController, certainty: Certain, text: "its tasks are replaced by the deployment controller " + string(own.Controller) + ", not by ECS itself"})
	}
	return weigh(x.about(all))
}

// steady tells whether the service is where it is meant to be: nothing is rolled out, and all tasks that are desired run, and are healthy as far as that was read.
func (x *subject) steady() bool {
	s := x.view.Service
	if s.Desired+s.Running+s.Pending == 0 && s.Scheduling != cluster.Daemon {
		return true
	}
	for _, d := range s.Deployments {
		if d.Rollout == cluster.RolloutInProgress || d.Status != cluster.DeploymentPrimary && d.Running+d.Pending > 0 {
			return false
		}
	}
	if s.Running < s.Desired || s.Pending > 0 {
		return false
	}
	return !x.readable(cluster.PartTasks) || len(x.view.Tasks) == 0 || healthyTasks(x.view, x.now) >= s.Desired
}

// state is how the service is. A deployment that is asked for by name and has failed is told as it ended, whatever the service does now.
func (x *subject) state(found []finding, asked bool) State {
	blocked := slices.ContainsFunc(found, func(f finding) bool { return f.blocking })
	switch {
	case x.steady() && x.failed():
		return RolledBack
	case x.steady() && x.failing(found):
		return Unstable
	case x.steady():
		return Healthy
	case x.failed() && asked:
		return RolledBack
	case x.left():
		return Stuck
	case x.failed():
		return Moving // it is being rolled back
	case blocked, x.stalled():
		return Stuck
	}
	return Moving
}

// goingBack tells whether ECS rolls a deployment back that has failed: another one has become the primary again, or ECS has said so, or is set to.
func (x *subject) goingBack() bool {
	primary, _ := x.view.Service.Primary()
	rolling := slices.ContainsFunc(x.events(), func(e cluster.Event) bool { return strings.Contains(e.Message, "rolling back to deployment") })
	s := x.view.Service
	return primary.ID != x.id || rolling || x.formerID != "" && (s.Breaker.Enabled && s.Breaker.Rollback || s.Alarms.Enabled && s.Alarms.Rollback)
}

// left tells whether ECS leaves a deployment that has failed as it is.
func (x *subject) left() bool { return x.failed() && !x.steady() && !x.goingBack() }

// failing tells whether tasks keep ending for one reason although others take their places in time: as many of late as make an operation give up.
func (x *subject) failing(found []finding) bool {
	return slices.ContainsFunc(found, func(f finding) bool { return f.lately(x.now.Add(-lately)) >= doomedBy })
}

// lately is how far back tasks that failed say something of now: a crash takes a minute or two to be replaced.
const lately = 15 * time.Minute

// silence is for how long nothing at all may be heard of a deployment before it is called stuck without a cause: longer than the slowest step that is known, a drain of 300 s
// and all that ECS adds to it (410.7 s, case G).
const silence = 10 * time.Minute

// stalled tells whether nothing has happened for longer than any step takes.
func (x *subject) stalled() bool {
	last := x.since
	for _, e := range x.view.Service.Events {
		last = later(last, e.At)
	}
	longest := silence
	for _, g := range x.view.TargetGroups {
		longest = max(longest, g.DrainDelay*3/2+silence)
	}
	longest = max(longest, x.view.Service.GracePeriod+silence)
	for _, t := range x.view.Tasks {
		for _, at := range []time.Time{t.CreatedAt, t.PullStoppedAt, t.StartedAt, t.StoppingAt, t.StoppedAt} {
			last = later(last, at)
		}
	}
	return !last.IsZero() && x.now.Sub(last) > longest
}

// unexplained is the cause where there is no other: what can be said of the tasks that do not get on.
func (x *subject) unexplained() finding {
	f := finding{code: Unexplained, certainty: Possible}
	for _, t := range x.view.Tasks {
		if since := x.now.Sub(t.CreatedAt); t.MeantToRun() && t.Last != cluster.Running && since > patience {
			f.evidence = append(f.evidence, Evidence{Kind: "task", Text: fmt.Sprintf("task %s has been %s since it was created, %s ago", t.Short(), t.Last, span(since)), Source: t.ID})
		}
	}
	if len(x.view.Service.Events) > 0 {
		e := x.view.Service.Events[0]
		f.evidence = append(f.evidence, Evidence{Kind: "service event", At: when(e.At), Text: short(e.Message)})
	}
	return f
}

func deleted(d Diagnosis, s cluster.Service) Diagnosis {
	d.State, d.Summary = Gone, fmt.Sprintf("%s was deleted: it is %s", d.Service, s.Status)
	d.Causes = []Cause{finding{code: ServiceDeleted, certainty: Certain}.cause(s.Key)}
	d.Impact = Impact{Affected: "yes", Text: "nothing serves any more"}
	if s.Status == cluster.ServiceDraining {
		d.ByItself = "ECS stops its tasks, and then calls it INACTIVE"
	}
	return d
}

func unread(s cluster.Snapshot, service cluster.ServiceKey) []Unread {
	var all []Unread
	for _, g := range s.Gaps {
		if g.Service == service || g.Service == (cluster.ServiceKey{Cluster: service.Cluster}) {
			all = append(all, Unread{Part: string(g.Part), Permission: g.Permission})
		}
	}
	return all
}

// shown is the deployment as it is told.
func (x *subject) shown() *Deployment {
	if x.id == "" {
		return nil
	}
	d := &Deployment{ID: x.id, Definition: x.definition, Desired: x.view.Service.Desired}
	if live, ok := x.view.Service.Deployment(x.id); ok {
		d.Age = x.now.Sub(live.CreatedAt).Seconds()
	} else if x.past != nil {
		d.Age = x.now.Sub(x.past.CreatedAt).Seconds()
	}
	for _, t := range x.view.Tasks {
		if !x.own(t) {
			continue
		}
		if healthy(x.view, &t, x.now) {
			d.Healthy++
		}
		if _, failed := why(x.view, t); failed {
			d.Failed++
		}
	}
	return d
}

// summary is the one sentence.
func (x *subject) summary(d Diagnosis) string {
	name := d.Service
	if x.id != "" {
		name = strings.TrimSpace(fmt.Sprintf("%s (deployment %s", cluster.Revision(x.definition), x.id))
		if d.Deployment.Age > 0 {
			name += ", " + span(time.Duration(d.Deployment.Age*float64(time.Second))) + " old"
		}
		name += ")"
	}
	switch d.State {
	case Healthy:
		text := fmt.Sprintf("%s is healthy: %d of %d tasks, and nothing is being rolled out", d.Service, d.Healthy, d.Desired)
		if d.Desired == 0 {
			text = d.Service + " has no tasks, and none are desired"
		}
		if slices.ContainsFunc(d.Causes, func(c Cause) bool {
			return slices.ContainsFunc(c.Evidence, func(e Evidence) bool { return e.Kind == "stopped task" })
		}) {
			text += "; tasks have failed in the last hour"
		}
		return text
	case Unstable:
		return fmt.Sprintf("%s keeps losing tasks: %d of %d are healthy now", d.Service, d.Healthy, d.Desired)
	case RolledBack:
		return fmt.Sprintf("the last deployment of %s failed: %s", d.Service, name)
	case Moving:
		if x.failed() {
			return fmt.Sprintf("%s is going back: the deployment of %s failed", d.Service, name)
		}
		if x.underWay {
			return fmt.Sprintf("%s is moving: %s has %d of %d tasks healthy", d.Service, name, d.Deployment.Healthy, d.Desired)
		}
		return fmt.Sprintf("%s is moving: %d of %d tasks healthy", d.Service, d.Healthy, d.Desired)
	case Stuck:
		if x.failed() {
			return fmt.Sprintf("%s is not making progress: the deployment of %s failed, and is not rolled back", d.Service, name)
		}
		if x.underWay {
			return fmt.Sprintf("%s is not making progress: %s has %d of %d tasks healthy", d.Service, name, d.Deployment.Healthy, d.Desired)
		}
		return fmt.Sprintf("%s is not getting healthy: %d of %d tasks", d.Service, d.Healthy, d.Desired)
	case Gone:
	}
	return d.Service
}

// byItself is what ECS does if nobody does anything.
func (x *subject) byItself(found []finding, state State) string {
	s := x.view.Service
	switch {
	case state == RolledBack:
		return "nothing more: the service runs what it ran before"
	case x.failed() && state == Stuck:
		return "nothing more: ECS starts no other task of the deployment that failed, and leaves what runs"
	case x.failed():
		return "ECS goes back to " + cmp.Or(cluster.Revision(x.former), "what ran before")
	case state == Unstable:
		return "ECS starts another task for each one that ends, for ever"
	}
	goesOn := ""
	for _, f := range found {
		goesOn = cmp.Or(goesOn, f.goesOn)
	}
	if state == Healthy {
		return goesOn
	}
	failing := slices.ContainsFunc(found, func(f finding) bool { return f.tasks > 0 || startFails(f.code) && f.goesOn == "" })
	if x.underWay && s.Breaker.Enabled && failing {
		end := "fails the deployment, and leaves it as it is"
		if s.Breaker.Rollback {
			end = "rolls back to " + cmp.Or(cluster.Revision(x.former), "the last deployment that was complete") + " by itself"
		}
		n := s.Breaker.Threshold.Of(s.Desired)
		return fmt.Sprintf("the circuit breaker has counted %d of %d failures; after the last one ECS %s", min(x.counted, n), n, end)
	}
	if goesOn == "" && failing {
		goesOn = "ECS tries again for ever"
		if slices.ContainsFunc(found, func(f finding) bool { return f.code == StartThrottled }) {
			goesOn += ", with up to 27 minutes between two tries"
		}
		if x.underWay && !s.Breaker.Enabled {
			goesOn += ": the service has no circuit breaker"
		}
	}
	return goesOn
}

// startFails tells whether a cause is one of tasks that fail, and not of tasks that cannot be placed or stopped.
func startFails(code Code) bool {
	switch facts(code).aspect {
	case aspectPull, aspectSecrets, aspectLogs, aspectRole, aspectContainer, aspectAddresses:
		return true
	case aspectHealth: // ECS leaves a task running until a check calls it unhealthy
		return code == ContainerHealth || code == TargetHealth || code == TargetResponse || code == TargetTimeout
	case aspectCapacity, aspectBounds, aspectProtected, aspectOther:
	}
	return false
}

// impact is what it means for users: whether as many tasks are healthy as are desired, as the service keeps, or as none.
func (x *subject) impact(d Diagnosis) Impact {
	if !x.readable(cluster.PartTasks) {
		return Impact{Affected: "unknown", Text: "the tasks could not be read"}
	}
	old := 0
	for _, t := range x.view.Tasks {
		if !x.own(t) && healthy(x.view, &t, x.now) {
			old++
		}
	}
	switch {
	case d.Desired == 0:
		return Impact{Affected: "unknown", Text: "no task is desired, so nothing serves"}
	case d.Healthy == 0:
		return Impact{Affected: "yes", Text: "no task is healthy: users are not served"}
	case d.Healthy < d.Floor:
		return Impact{Affected: "possibly", Text: fmt.Sprintf("%d of %d tasks healthy, fewer than the %d that the service keeps: users may get errors or slow answers", d.Healthy, d.Desired, d.Floor)}
	case old == d.Healthy && (x.underWay || x.left()):
		return Impact{Affected: "no", Text: fmt.Sprintf("%s healthy and serving. Users are not affected", oldTasksAre(old, x.former))}
	case d.Healthy >= d.Desired:
		return Impact{Affected: "no", Text: fmt.Sprintf("%s healthy, %d desired. Users are not affected", are(d.Healthy, "task"), d.Desired)}
	}
	return Impact{Affected: "no", Text: fmt.Sprintf("%d of %d tasks are healthy, which the service allows (%d at least)", d.Healthy, d.Desired, d.Floor)}
}

// oldTasksAre begins a sentence: "3 old tasks (api:1) are".
func oldTasksAre(n int, definition string) string {
	of := ""
	if definition != "" {
		of = " (" + cluster.Revision(definition) + ")"
	}
	if n == 1 {
		return "1 old task" + of + " is"
	}
	return fmt.Sprintf("%d old tasks%s are", n, of)
}

// next is what can be done, the best first: go back, mend it, wait, read on.
func (x *subject) next(d Diagnosis, found []finding) []Remedy {
	if d.State == Gone || d.State == Healthy && len(found) == 0 {
		return nil
	}
	var all []Remedy
	own := x.view.Service
	held := d.State == Stuck && (x.underWay || x.left())
	if held && own.Controller == cluster.ControllerECS && x.former != "" && x.former != x.definition {
		command := "handover rollback " + d.Service
		if x.left() {
			command += allowed // there is nothing under way that ECS could be asked to roll back
		}
		all = append(all, Remedy{Kind: "go back", Text: "to " + cluster.Revision(x.former), Command: command})
	} else if d.State == Stuck && x.underWay && own.Controller == cluster.ControllerECS && x.past != nil && x.former != "" {
		all = append(all, Remedy{Kind: "go back", Text: "stops the deployment, and ECS goes back", Command: "handover abort " + d.Service})
	}
	if len(d.Causes) > 0 {
		all = append(all, d.Causes[0].Remedies...)
	}
	if d.State == Moving || d.State == Stuck && !x.failed() {
		all = append(all, Remedy{Kind: "wait", Text: "follows it to its end", Command: "handover watch " + d.Service})
	}
	if l := d.LogSource; l != nil {
		command := fmt.Sprintf("aws logs tail %s --log-stream-names %s --since 1h", l.Group, l.Stream)
		if l.Region != "" {
			command += " --region " + l.Region
		}
		all = append(all, Remedy{Kind: "read on", Text: "the log of the last task that failed", Command: command})
	}
	return all
}

// allowed has a command of ours act although a deployment is in progress, which it refuses otherwise.
const allowed = " --allow-in-progress"

// permitted is a cause whose remedies are not refused for what it does to the service: that a deployment is held up, and that tasks come and go.
func (x *subject) permitted(c Cause) Cause {
	s := x.view.Service
	unstable := !x.steady() && (startFails(c.Code) || c.Code == StartThrottled || s.Running != s.Desired || s.Pending > 0)
	for i, r := range c.Remedies {
		if r.Command == "" && slices.Contains([]Code{NoCPU, NoMemory, NoPort}, c.Code) && strings.Contains(r.Text, "minimum healthy percent") && x.roomToMake() {
			c.Remedies[i].Command = fmt.Sprintf("handover restart %s --min-healthy-percent %d", s.Key, 100*(s.Desired-1)/s.Desired)
			if s.Desired == 1 {
				c.Remedies[i].Text += "; it is the only one, so that nothing serves meanwhile"
			}
			r = c.Remedies[i]
		}
		if !strings.HasPrefix(r.Command, "handover update ") && !strings.HasPrefix(r.Command, "handover restart ") {
			continue
		}
		if x.underWay || x.left() {
			c.Remedies[i].Command += allowed
		}
		if unstable {
			c.Remedies[i].Command += " --allow-unstable"
		}
	}
	return c
}

// roomToMake tells whether ECS could stop an old task to make room for a new one: with 2 of 3 tasks kept, which is 66 %, one may go.
func (x *subject) roomToMake() bool {
	s := x.view.Service
	old := slices.ContainsFunc(x.view.Tasks, func(t cluster.Task) bool { return !x.own(t) && t.MeantToRun() })
	return x.underWay && old && s.Desired > 0 && s.Scheduling != cluster.Daemon && s.Controller == cluster.ControllerECS
}

// logs is where the log of the newest task that failed of the first cause is. A container that never ran has none.
func (x *subject) logs(found []finding) *LogSource {
	if len(found) == 0 || found[0].tasks == 0 || len(found[0].lived) == 0 || slices.Max(found[0].lived) == 0 {
		return nil
	}
	var newest cluster.Task
	for _, f := range x.failures() {
		if f.code == found[0].code || facts(f.code).aspect == facts(found[0].code).aspect {
			newest = f.task
		}
	}
	d, ok := x.view.Definition(newest.Definition)
	if !ok {
		return nil
	}
	for _, c := range d.Containers {
		if c.Logs == nil || c.Logs.Prefix == "" || found[0].container != "" && c.Name != found[0].container || !c.Essential {
			continue
		}
		return &LogSource{Group: c.Logs.Group, Stream: strings.Join([]string{c.Logs.Prefix, c.Name, newest.ID}, "/"), Region: c.Logs.Region}
	}
	return nil
}
