package console

import (
	"slices"
	"time"

	"handover/internal/cluster"
	"handover/internal/operation"
)

// About is what is known of an operation before its first step.
type About struct {
	Operation string // restart
	Service   cluster.ServiceKey
	Identity  Identity
	Bounds    *cluster.Bounds // those that hold for the duration, where they are not the service's own
	Timeout   time.Duration   // 0: none
}

// heartbeat is how long nothing may be said while something is waited for.
const heartbeat = time.Minute

// Narrator turns the steps of an operation into documents: what changed, and nothing that was told already.
type Narrator struct {
	about   About
	began   time.Time
	spoke   time.Time
	events  map[string]bool // ids that were told, or that were there before
	counts  Change
	waiting Waiting

	predicted *Prediction
}

// Narrate begins the tale of an operation on a service as it was found.
func Narrate(about About, view cluster.ServiceView, now time.Time) (*Narrator, Start) {
	n := &Narrator{about: about, began: now, spoke: now, events: map[string]bool{}}
	for _, e := range view.Service.Events {
		n.events[e.ID] = true
	}
	s := view.Service
	bounds := s.Bounds
	if about.Bounds != nil {
		bounds = *about.Bounds
	}
	return n, Start{
		Moment: momentOf(now, now), Operation: about.Operation, Service: about.Service.String(), Identity: about.Identity, Definition: s.Definition,
		Desired: s.Desired, Floor: bounds.Floor(s.Desired), Ceiling: bounds.Ceiling(s.Desired), Timeout: about.Timeout.Seconds(),
	}
}

// Step tells what is new in one step. The deployment is the id of the operation's own, once it is known.
func (n *Narrator) Step(in operation.Input, d operation.Decision, deployment string) []Document {
	var told []Document
	if view, ok := in.Snapshot.Service(n.about.Service); ok {
		told = append(told, n.news(view, in.Now)...)
		told = append(told, n.change(in, view, deployment)...)
	} else {
		told = append(told, n.named(in.Now, deployment)...)
	}
	for _, note := range d.Notes {
		told = append(told, Note{Moment: n.moment(in.Now), Level: note.Level, Text: note.Text})
	}
	if d.Verdict == nil && d.Waiting != nil {
		told = append(told, n.wait(*d.Waiting, in.Now, len(told) > 0)...)
	}
	if len(told) > 0 {
		n.spoke = in.Now
	}
	return told
}

func (n *Narrator) moment(at time.Time) Moment { return momentOf(at, n.began) }

// news is the service events that were not told yet, oldest first.
func (n *Narrator) news(view cluster.ServiceView, now time.Time) []Document {
	var told []Document
	for _, e := range slices.Backward(view.Service.Events) {
		if n.events[e.ID] {
			continue
		}
		n.events[e.ID] = true
		at := e.At
		if at.IsZero() || at.Before(n.began) {
			at = now
		}
		told = append(told, Event{Moment: n.moment(at), Service: n.about.Service.String(), Message: e.Message})
	}
	return told
}

// change counts the tasks, and tells it where a count is another than before. Tasks that were not all read are not counted.
func (n *Narrator) change(in operation.Input, view cluster.ServiceView, deployment string) []Document {
	if !tasksRead(in.Snapshot, n.about.Service) {
		return n.named(in.Now, deployment)
	}
	c := Change{Service: n.about.Service.String(), Deployment: deployment}
	c.Tasks, c.Healthy = view.Count(in.Now)
	for _, t := range view.Tasks {
		switch {
		case t.Gone():
		case !t.MeantToRun():
			c.Draining++
		case deployment != "" && t.StartedBy == deployment, deployment == "" && t.CreatedAt.After(n.began): // without a deployment of its own, an operation makes what came later
			c.New++
		default:
			c.Old++
		}
	}
	if c == n.counts {
		return nil
	}
	n.counts = c
	c.Moment = n.moment(in.Now)
	return []Document{c}
}

// named tells the id of the deployment as soon as it is known, with the counts as they were told last.
func (n *Narrator) named(now time.Time, deployment string) []Document {
	if deployment == "" || deployment == n.counts.Deployment || n.counts.Tasks == 0 {
		return nil
	}
	n.counts.Deployment = deployment
	c := n.counts
	c.Moment = n.moment(now)
	n.counts.Moment = Moment{}
	return []Document{c}
}

func tasksRead(s cluster.Snapshot, key cluster.ServiceKey) bool {
	for _, part := range []cluster.Part{cluster.PartTasks, cluster.PartTargets} {
		if _, gap := s.Gap(key, part); gap {
			return false
		}
	}
	return slices.ContainsFunc(s.Scope.Services, func(scope cluster.ServiceScope) bool {
		return scope.Service == key && scope.Tasks == cluster.AllTasks
	})
}

// wait tells what is waited for when that changed, and again after a minute of silence.
func (n *Narrator) wait(c cluster.Condition, now time.Time, spoken bool) []Document {
	w := Waiting{Service: n.about.Service.String(), Object: c.Object, Condition: c.Condition, Done: c.Done, Of: c.Of}
	same := w == n.waiting
	silent := !spoken && now.Sub(n.spoke) >= heartbeat
	if same && !silent {
		return nil
	}
	n.waiting = w
	w.Moment, w.Bound = n.moment(now), c.Bound.Seconds()
	return []Document{w}
}

// Begin lets the time of the operation begin now: what was told before was told before it.
func (n *Narrator) Begin(now time.Time) { n.began, n.spoke = now, now }

// Say makes a note of our own.
func (n *Narrator) Say(text string, now time.Time) Note {
	return Note{Moment: n.moment(now), Level: operation.Info, Text: text}
}

// Warn makes a warning of our own.
func (n *Narrator) Warn(text string, now time.Time) Note {
	return Note{Moment: n.moment(now), Level: operation.Warning, Text: text}
}

// End tells the verdict.
func (n *Narrator) End(v cluster.Verdict, now time.Time) Verdict {
	d := Verdict{
		Moment: n.moment(now), Operation: n.about.Operation, Service: n.about.Service.String(), Deployment: v.Figures.Deployment,
		Verdict: v.End, Exit: v.End.ExitCode(), Summary: v.Summary, Cause: v.Cause, Hints: v.Hints,
		Replaced: v.Figures.Replaced, Failed: v.Figures.Failed, Peak: v.Figures.PeakTasks, Lowest: v.Figures.LowestHealthy,
		Simulated: n.about.Identity.Simulated, Took: seconds(now.Sub(n.began)),
	}
	for _, s := range v.Figures.Services {
		d.Counts = append(d.Counts, Counts{Service: s.Service, Desired: s.Desired, Peak: s.PeakTasks, Lowest: s.LowestHealthy})
	}
	if n.predicted != nil && n.predicted.Succeeded > 0 {
		d.Predicted = &Predicted{P50: n.predicted.Expected, P90: n.predicted.P90, P99: n.predicted.P99}
	}
	return d
}
