package operation

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"handover/internal/cluster"
)

// Exodus is the part of a Drain that ends when its instances are empty, or cannot be.
type Exodus struct {
	Cluster string       `json:"cluster"`
	Names   []string     `json:"names"` // of the instances, as they were given
	Options DrainOptions `json:"options"`

	Leaving   []Leaver        `json:"leaving,omitempty"` // one an instance, once they are found
	Surveyed  bool            `json:"surveyed,omitempty"`
	Beside    bool            `json:"beside,omitempty"`    // the tasks of the other instances are read, too, by which a constraint places tasks
	Shares    []Share         `json:"shares,omitempty"`    // one a service with tasks on the instances, by name; tasks of none first
	Foreseen  []Prospect      `json:"foreseen,omitempty"`  // what was to be expected when the drain was judged
	Watermark time.Time       `json:"watermark,omitzero"`  // AWS's time when the drain was judged; zero before that
	Asked     []Request       `json:"asked,omitempty"`     // the actions of the last step
	Changed   bool            `json:"changed,omitempty"`   // an action was sent
	Clear     int             `json:"clear,omitempty"`     // looks in a row in which nothing was left
	Listened  time.Time       `json:"listened,omitzero"`   // when the services' events were read last
	Tally     cluster.Figures `json:"tally"`               //
	Abandoned int             `json:"abandoned,omitempty"` // tasks that were on an instance when it vanished
}

// Leaver is an instance that is drained.
type Leaver struct {
	ID     string `json:"id"`
	ARN    string `json:"arn"`
	Name   string `json:"name"`             // as people know it
	Ours   bool   `json:"ours,omitempty"`   // we made it DRAINING, or may have
	Tasks  int    `json:"tasks"`            // on it when it was read last, that are not STOPPED
	Absent int    `json:"absent,omitempty"` // looks in a row that did not show it
	Mute   bool   `json:"mute,omitempty"`   // its agent was disconnected, and that was said
}

// Gone tells whether ECS does not show the instance any more, for so many looks that it is no stale read.
func (l Leaver) Gone() bool { return l.Absent >= doubtLooks }

// Share is what a service has on the instances.
type Share struct {
	Service string `json:"service"` // empty: tasks of no service
	Tasks   int    `json:"tasks"`   // that were seen, at most at a time
	Left    int    `json:"left"`    // that are not STOPPED
	Staying int    `json:"staying"` // of those, that are meant to run
	Daemon  bool   `json:"daemon,omitempty"`
	Heard   string `json:"heard,omitempty"` // the service's last event that was read
}

// Request is an action that was sent, and on what.
type Request struct {
	Kind string `json:"kind"`
	On   string `json:"on"`
}

const (
	drainLook  = 10 * time.Second // as often as the scheduler itself looks
	clearLook  = 5 * time.Second
	clearLooks = 2 // a task that was placed a moment before DRAINING may not be in the first list. Source: API Reference, RunTask, on consistency
	// clearAfter is how long that takes at the least, because another process may have made the instances DRAINING a moment before we saw them so.
	clearAfter  = clearLooks * clearLook
	drainListen = time.Minute
	stopsAtOnce = 20 // standalone tasks that are stopped in one step
)

// Step is the story of a drain: find the instances, see what runs on them, judge whether it can leave, make them DRAINING, and follow every task to its end.
func (e *Exodus) Step(in Input) Decision {
	switch {
	case in.Snapshot.Scope.Empty():
		return Decision{Look: cluster.InstanceScope{Cluster: e.Cluster}.Of()}
	case len(e.Leaving) == 0:
		return e.find(in)
	case !e.Surveyed:
		return e.survey(in)
	case e.Watermark.IsZero():
		return e.begin(in)
	}
	return e.follow(in)
}

// Progress tells how far the drain has come.
func (e *Exodus) Progress(time.Time) Progress {
	return Progress{Changed: e.Changed, GoesOn: "the draining of " + e.names(), Attach: fmt.Sprintf("handover drain %s --cluster %s", strings.Join(e.Names, " "), e.Cluster), Figures: e.Tally}
}

// find looks the instances up by whichever name they were given.
func (e *Exodus) find(in Input) Decision {
	views, ok := in.Snapshot.InstancesOf(e.Cluster)
	if !ok {
		return e.unreadable(in.Snapshot)
	}
	for _, name := range e.Names {
		at := slices.IndexFunc(views, func(v cluster.InstanceView) bool { return named(v.Instance, name) })
		if at < 0 {
			return refuse("instance-missing", fmt.Sprintf("there is no container instance %s in cluster %q", name, e.Cluster),
				"to list them: aws ecs list-container-instances --cluster "+e.Cluster, "another cluster is named by --cluster, another Region by --region")
		}
		found := views[at].Instance
		if found.Status != cluster.InstanceActive && found.Status != cluster.InstanceDraining {
			return refuse("instance-state", fmt.Sprintf("%s is %s; only an ACTIVE instance can be drained", found.Short(), found.Status))
		}
		if !slices.ContainsFunc(e.Leaving, func(l Leaver) bool { return l.ID == found.ID }) {
			e.Leaving = append(e.Leaving, Leaver{ID: found.ID, ARN: found.ARN, Name: found.Short()})
		}
	}
	return Decision{Look: e.tasks()}
}

func named(i cluster.Instance, name string) bool {
	return i.ID == cluster.TaskID(name) || i.EC2ID != "" && i.EC2ID == name
}

// survey sees which services have tasks on the instances, so that these can be read.
func (e *Exodus) survey(in Input) Decision {
	if !readOn(in.Snapshot, e.Cluster) {
		return e.unreadable(in.Snapshot)
	}
	e.count(in.Snapshot)
	e.Surveyed = true
	look := cluster.InstanceScope{Cluster: e.Cluster}.Of()
	for _, s := range e.Shares {
		if s.Service != "" {
			look = look.Union(cluster.ServiceScope{Service: e.key(s.Service), Definitions: true}.Of())
		}
	}
	return Decision{Look: look}
}

// begin judges whether the tasks can leave, and refuses where one blocks for ever. Nothing is changed before.
func (e *Exodus) begin(in Input) Decision {
	instances, ok := in.Snapshot.InstancesOf(e.Cluster)
	if !ok {
		return e.unreadable(in.Snapshot)
	}
	for i, s := range e.Shares {
		view, _ := in.Snapshot.Service(e.key(s.Service))
		e.Shares[i].Daemon = view.Service.Scheduling == cluster.Daemon
	}
	if !e.Beside && e.asksForTasks(in.Snapshot) {
		e.Beside = true
		return Decision{Look: in.Snapshot.Scope.Union(cluster.InstanceScope{Cluster: e.Cluster, Tasks: cluster.RunningTasks}.Of())}
	}
	prospects := e.prospects(in.Snapshot, instances)
	e.Foreseen = prospects
	if refusal := e.refusal(prospects); refusal != nil && !e.Options.Force && !e.draining(instances) {
		return *refusal
	}
	e.Watermark, e.Listened = in.Snapshot.At, in.Now
	d := Decision{Look: e.tasks()}
	if e.draining(instances) {
		d.Notes = append(d.Notes, Note{Level: Info, Text: fmt.Sprintf("%s: DRAINING already, by whomever; it is followed, and left so whatever comes of it", e.names())})
	}
	for _, p := range prospects {
		d.Notes = append(d.Notes, p.note())
	}
	return d
}

// draining tells whether every instance is DRAINING already, so that there is nothing to refuse: we attach.
func (e *Exodus) draining(instances []cluster.InstanceView) bool {
	return !slices.ContainsFunc(instances, func(v cluster.InstanceView) bool {
		return e.leaves(v.Instance.ID) && v.Instance.Status == cluster.InstanceActive
	})
}

// refusal names every service that would block the drain for ever, with the remedy.
func (e *Exodus) refusal(prospects []Prospect) *Decision {
	var blocked, hints []string
	for _, p := range prospects {
		if p.Kind == Blocked {
			blocked = append(blocked, p.Service)
			hints = append(hints, p.Remedy)
		}
	}
	if len(blocked) == 0 {
		return nil
	}
	hints = append(hints, fmt.Sprintf("or, to drain the rest: --skip %s", strings.Join(blocked, " --skip ")))
	d := refuse("drain-blocked", fmt.Sprintf("%s would block this drain for ever", strings.Join(blocked, ", ")), hints...)
	for _, p := range prospects {
		d.Verdict.Cause.Evidence = append(d.Verdict.Cause.Evidence, p.String())
	}
	return &d
}

// follow looks at the instances until nothing is left on them.
func (e *Exodus) follow(in Input) Decision {
	if failed := e.hear(in.Outcomes); failed != nil {
		return *failed
	}
	if !readOn(in.Snapshot, e.Cluster) {
		return Decision{Look: e.tasks(), Wait: drainLook, Waiting: &cluster.Condition{Object: e.names(), Condition: "to be readable"}}
	}
	before := slices.Clone(e.Shares)
	notes := e.count(in.Snapshot)
	notes = append(notes, e.told(before)...)
	notes = append(notes, e.listen(in)...)
	d := e.act(in, notes)
	if e.awaited() > 0 || len(d.Actions) > 0 || slices.ContainsFunc(e.Leaving, func(l Leaver) bool { return l.Absent > 0 && !l.Gone() }) {
		e.Clear = 0
		return d
	}
	if e.Clear++; e.Clear < clearLooks || in.Now.Before(e.Watermark.Add(clearAfter)) {
		d.Wait = clearLook
		return d
	}
	d = e.end()
	d.Notes = notes
	return d
}

// hear takes in what came of the last actions. It ends the drain where AWS refuses for good; what was refused for a moment is asked for again.
func (e *Exodus) hear(outcomes []cluster.Outcome) *Decision {
	asked := e.Asked
	e.Asked = nil
	for i, request := range asked {
		if i < len(outcomes) && outcomes[i].Result != cluster.Rejected {
			e.Changed = true
			continue
		}
		e.disown(request) // it was refused, or not sent because one before it was not done
		if i >= len(outcomes) {
			continue
		}
		err := *outcomes[i].Err
		switch err.Class {
		case cluster.ClassThrottled, cluster.ClassUnavailable, cluster.ClassNotFound, cluster.ClassState:
			continue // the next look tells
		case cluster.ClassDenied, cluster.ClassInvalid, cluster.ClassUnsupported:
		}
		d := rejected(request.Kind, cluster.ServiceKey{Cluster: e.Cluster, Service: request.On}, err)
		if e.Changed && d.Verdict.End == cluster.Refused {
			d.Verdict.End = cluster.Failed
		}
		d.Verdict.Figures = e.Tally
		return &d
	}
	return nil
}

func (e *Exodus) disown(r Request) {
	for i := range e.Leaving {
		if r.Kind == (cluster.SetInstanceStatus{}).Kind() && e.Leaving[i].ID == r.On {
			e.Leaving[i].Ours = false
		}
	}
}

// count takes the tasks on the instances in.
func (e *Exodus) count(s cluster.Snapshot) []Note {
	var notes []Note
	for i := range e.Shares {
		e.Shares[i].Left, e.Shares[i].Staying = 0, 0
	}
	views, _ := s.InstancesOf(e.Cluster)
	for i := range e.Leaving {
		l := &e.Leaving[i]
		at := slices.IndexFunc(views, func(v cluster.InstanceView) bool { return v.Instance.ID == l.ID })
		if at < 0 {
			notes = append(notes, e.absent(l)...)
			continue
		}
		l.Absent, l.Tasks = 0, 0
		for _, t := range views[at].Tasks {
			if !t.Gone() {
				l.Tasks++
				e.add(t)
			}
		}
		if !views[at].Instance.Connected && l.Tasks > 0 && !l.Mute {
			l.Mute = true
			notes = append(notes, Note{Level: Warning, Text: fmt.Sprintf("the agent of %s is disconnected; until it is back, ECS cannot stop the %s on it", l.Name, plural(l.Tasks, "task"))})
		}
		if views[at].Instance.Connected {
			l.Mute = false
		}
	}
	left := 0
	for i := range e.Shares {
		s := &e.Shares[i]
		s.Tasks = max(s.Tasks, s.Left)
		left += s.Tasks - s.Left
	}
	e.Tally.Replaced = left
	return notes
}

func (e *Exodus) add(t cluster.Task) {
	share := e.share(t.Service())
	share.Left++
	if t.MeantToRun() {
		share.Staying++
	}
}

// absent counts a look that did not show an instance.
func (e *Exodus) absent(l *Leaver) []Note {
	if l.Gone() {
		return nil
	}
	if l.Absent++; !l.Gone() {
		return nil
	}
	e.Abandoned += l.Tasks
	return []Note{{Level: Warning, Text: fmt.Sprintf("%s has left the cluster, with %s on it when it was seen last", l.Name, plural(l.Tasks, "task"))}}
}

// share finds the share of a service, or makes it, in the order of the services' names.
func (e *Exodus) share(service string) *Share {
	at, ok := slices.BinarySearchFunc(e.Shares, service, func(s Share, name string) int { return strings.Compare(s.Service, name) })
	if !ok {
		e.Shares = slices.Insert(e.Shares, at, Share{Service: service})
	}
	return &e.Shares[at]
}

// told says of which services the last task has left since the shares were before.
func (e *Exodus) told(before []Share) []Note {
	var notes []Note
	for _, was := range before {
		now := e.share(was.Service)
		if was.Left > 0 && now.Left == 0 {
			notes = append(notes, Note{Level: Info, Text: fmt.Sprintf("%s: nothing left on %s, of %s", now.name(), e.names(), plural(now.Tasks, "task"))})
		}
	}
	return notes
}

// listen says, once a minute, what ECS reports to stand in a service's way.
func (e *Exodus) listen(in Input) []Note {
	var notes []Note
	for i := range e.Shares {
		s := &e.Shares[i]
		view, ok := in.Snapshot.Service(e.key(s.Service))
		if !ok || s.Service == "" {
			continue
		}
		e.Listened = in.Now
		for _, event := range view.Service.Events {
			if event.ID == s.Heard || event.At.Before(e.Watermark) {
				break
			}
			if s.Left > 0 && strings.Contains(event.Message, " was unable to ") {
				notes = append(notes, Note{Level: Warning, Text: event.Message})
				break // the newest is enough
			}
		}
		if len(view.Service.Events) > 0 {
			s.Heard = view.Service.Events[0].ID
		}
	}
	return notes
}

// act decides from what is: which instances are not DRAINING, and which tasks of no service have had their time.
func (e *Exodus) act(in Input, notes []Note) Decision {
	d := Decision{Notes: notes, Look: e.look(in.Now), Wait: drainLook, Waiting: e.waiting()}
	views, _ := in.Snapshot.InstancesOf(e.Cluster)
	for _, v := range views {
		at := slices.IndexFunc(e.Leaving, func(l Leaver) bool { return l.ID == v.Instance.ID })
		if at >= 0 && v.Instance.Status == cluster.InstanceActive {
			e.Leaving[at].Ours = true
			e.ask(&d, cluster.SetInstanceStatus{Cluster: e.Cluster, Instance: v.Instance.ID, Status: cluster.InstanceDraining}, v.Instance.ID)
		}
	}
	e.stopStandalone(in, &d, views)
	if len(d.Actions) > 0 {
		d.Wait = clearLook
	}
	return d
}

func (e *Exodus) ask(d *Decision, a cluster.Action, on string) {
	d.Actions = append(d.Actions, a)
	e.Asked = append(e.Asked, Request{Kind: a.Kind(), On: on})
}

// stopStandalone stops tasks of no service whose time is up.
func (e *Exodus) stopStandalone(in Input, d *Decision, views []cluster.InstanceView) {
	if e.Options.Standalone != StopStandalone || in.Now.Before(e.Watermark.Add(e.Options.StopAfter)) {
		return
	}
	stopped := 0
	for _, v := range views {
		for _, t := range v.Tasks {
			if t.Service() == "" && t.MeantToRun() && stopped < stopsAtOnce && e.leaves(v.Instance.ID) {
				stopped++
				e.ask(d, cluster.StopTask{Cluster: e.Cluster, Task: t.ID, Reason: "its instance is drained"}, t.ID)
			}
		}
	}
}

func (e *Exodus) leaves(id string) bool {
	return slices.ContainsFunc(e.Leaving, func(l Leaver) bool { return l.ID == id })
}

// end is the verdict once nothing is left to wait for.
func (e *Exodus) end() Decision {
	if e.Abandoned > 0 {
		d := end(cluster.Failed, cluster.Cause{Code: "instance-vanished", Certain: true, Text: fmt.Sprintf("%s on %s had not stopped when it left the cluster", plural(e.Abandoned, "task"), e.names())})
		d.Verdict.Figures = e.Tally
		return d
	}
	summary := "drained " + e.names()
	if left := e.skipped(); left > 0 {
		summary += ", but for " + plural(left, "skipped task")
	}
	return succeed(summary, e.Tally)
}

// awaited counts the tasks that are waited for. ECS lets daemons go last, so that they are not waited for while something that is skipped stays.
func (e *Exodus) awaited() int {
	tasks, daemons := 0, 0
	for _, s := range e.Shares {
		switch {
		case slices.Contains(e.Options.Skip, s.Service):
		case s.Daemon:
			daemons += s.Left
		default:
			tasks += s.Left
		}
	}
	if e.skipped() > 0 {
		return tasks
	}
	return tasks + daemons
}

// skipped counts the tasks that are left and not waited for.
func (e *Exodus) skipped() int {
	n := 0
	for _, s := range e.Shares {
		if slices.Contains(e.Options.Skip, s.Service) {
			n += s.Left
		}
	}
	return n
}

// waiting says what is left.
func (e *Exodus) waiting() *cluster.Condition {
	all := 0
	for _, s := range e.Shares {
		if !slices.Contains(e.Options.Skip, s.Service) {
			all += s.Tasks
		}
	}
	left := e.awaited()
	if left == 0 && all > 0 {
		return &cluster.Condition{Object: e.names(), Condition: "to be seen empty once more", Done: all, Of: all}
	}
	return &cluster.Condition{Object: plural(left, "task"), Condition: "to stop on " + e.names(), Done: max(0, all-left), Of: all}
}

// remaining says, for the verdict, what has not left.
func (e *Exodus) remaining() string {
	var parts []string
	for _, s := range e.Shares {
		if s.Left > 0 {
			parts = append(parts, fmt.Sprintf("%s of %s", plural(s.Left, "task"), s.name()))
		}
	}
	if len(parts) == 0 {
		return "nothing is known to be left on " + e.names()
	}
	return strings.Join(parts, ", ") + " left on " + e.names()
}

func (s Share) name() string {
	if s.Service == "" {
		return "no service"
	}
	return s.Service
}

// names are the instances for people.
func (e *Exodus) names() string {
	if len(e.Leaving) == 0 {
		return strings.Join(e.Names, ", ")
	}
	if len(e.Leaving) > 3 {
		return plural(len(e.Leaving), "instance")
	}
	var names []string
	for _, l := range e.Leaving {
		names = append(names, l.Name)
	}
	return strings.Join(names, ", ")
}

// ours are the instances that we made DRAINING, or may have.
func (e *Exodus) ours() []Leaver {
	var ours []Leaver
	for _, l := range e.Leaving {
		if l.Ours && !l.Gone() {
			ours = append(ours, l)
		}
	}
	return ours
}

func (e *Exodus) key(service string) cluster.ServiceKey {
	return cluster.ServiceKey{Cluster: e.Cluster, Service: service}
}

// services are those that have, or had, tasks on the instances, by name.
func (e *Exodus) services() []cluster.ServiceKey {
	var keys []cluster.ServiceKey
	for _, s := range e.Shares {
		if s.Service != "" {
			keys = append(keys, e.key(s.Service))
		}
	}
	return keys
}

// tasks is the scope of a look at the instances and all that runs on them.
func (e *Exodus) tasks() cluster.Scope {
	scope := cluster.InstanceScope{Cluster: e.Cluster, Tasks: cluster.AllTasks}
	for _, l := range e.Leaving {
		scope.Instances = append(scope.Instances, l.ID)
	}
	slices.Sort(scope.Instances)
	return scope.Of()
}

// look is the scope of the next look: the instances, and once a minute every service that has tasks left on them.
func (e *Exodus) look(now time.Time) cluster.Scope {
	look := e.tasks()
	if now.Sub(e.Listened) < drainListen {
		return look
	}
	for _, s := range e.Shares {
		if s.Service != "" && s.Left > 0 {
			look = look.Union(cluster.ServiceScope{Service: e.key(s.Service)}.Of())
		}
	}
	return look
}

// readOn tells whether a snapshot has a cluster's instances and the tasks on them.
func readOn(s cluster.Snapshot, inCluster string) bool {
	_, ok := s.InstancesOf(inCluster)
	_, gap := s.Gap(cluster.ServiceKey{Cluster: inCluster}, cluster.PartTasks)
	return ok && !gap
}

// unreadable ends a drain that cannot even see its instances. One that is forced looks again, unless it may not.
func (e *Exodus) unreadable(s cluster.Snapshot) Decision {
	key := cluster.ServiceKey{Cluster: e.Cluster}
	if e.Options.Force && !slices.ContainsFunc(s.Gaps, func(g cluster.Gap) bool { return g.Err.Class == cluster.ClassDenied }) {
		return Decision{Look: s.Scope, Wait: drainLook, Waiting: &cluster.Condition{Object: e.names(), Condition: "to be readable"}}
	}
	for _, part := range []cluster.Part{cluster.PartInstances, cluster.PartTasks} {
		if gap, ok := s.Gap(key, part); ok {
			d := unreadable(key, gap)
			d.Verdict.Cause.Text = fmt.Sprintf("the container instances of cluster %q could not be read: %s", e.Cluster, gap.Err.Message)
			d.Verdict.Summary = d.Verdict.Cause.Text
			return d
		}
	}
	return end(cluster.Unclear, cluster.Cause{Code: "cannot-read", Certain: true, Text: fmt.Sprintf("the container instances of cluster %q were not read", e.Cluster)})
}
