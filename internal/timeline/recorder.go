package timeline

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"handover/internal/cluster"
)

// Run says what is recorded.
type Run struct {
	Kind      Kind
	Simulated bool
	Operation string
	Service   cluster.ServiceKey
	Begin     time.Time // the provider's time
	Watermark time.Time // tasks created before it are old; Begin where it is zero
	Floor     int
	Ceiling   int
	Carried   bool // the tasks are those of an instance, whosever they are: each lane says whose
}

// Recorder makes a Timeline of looks at a service.
type Recorder struct {
	run    Run
	line   Timeline
	lanes  []*track
	byTask map[string]*track
	heard  map[string]bool // ids of events
}

// track is a lane that is still being written.
type track struct {
	Lane
	created time.Time
	order   int    // in which it was first seen
	unwell  Offset // of the last look at which it was not healthy yet
	planned bool   // ECS stopped it to make room for others, and not for what was wrong with it
}

// NewRecorder begins a record.
func NewRecorder(run Run) *Recorder {
	if run.Watermark.IsZero() {
		run.Watermark = run.Begin
	}
	return &Recorder{run: run, byTask: map[string]*track{}, heard: map[string]bool{},
		line: Timeline{Schema: Schema, Kind: run.Kind, Simulated: run.Simulated, Operation: run.Operation, Service: run.Service, Begin: run.Begin, Floor: run.Floor, Ceiling: run.Ceiling}}
}

// See takes a look at the service with its tasks in every state. Looks come in the order of their times.
func (r *Recorder) See(now time.Time, view cluster.ServiceView) {
	r.line.Desired, r.line.Definition = view.Service.Desired, cluster.Revision(view.Service.Definition)
	r.line.Until = max(r.line.Until, r.offset(now))
	for _, t := range view.Tasks {
		r.task(now, view, t)
	}
	if len(view.Tasks) < len(r.lanes) {
		r.missing(now, view.Tasks)
	}
	for _, e := range slices.Backward(view.Service.Events) {
		if !e.At.Before(r.run.Begin) && !r.heard[e.ID] {
			r.heard[e.ID] = true
			r.line.Events = append(r.line.Events, Event{At: r.offset(e.At), Message: e.Message})
		}
	}
}

// Timeline gives the record as it is now. Ended says that the run is over.
func (r *Recorder) Timeline(ended bool) Timeline {
	line := r.line
	line.Ended = ended
	line.Events = slices.Clone(line.Events)
	line.Lanes = r.closed()
	if line.Kind == Predicted {
		number(line.Lanes, line.Events)
	}
	line.Counts = count(line.Lanes)
	return line
}

// closed gives the lanes in order: old tasks first, each oldest first. A task that came and went before the run has none.
func (r *Recorder) closed() []Lane {
	slices.SortStableFunc(r.lanes, func(a, b *track) int {
		switch {
		case a.Old && !b.Old:
			return -1
		case b.Old && !a.Old:
			return 1
		}
		return cmp.Or(a.created.Compare(b.created), a.order-b.order)
	})
	lanes := make([]Lane, len(r.lanes))
	for i, t := range r.lanes {
		lanes[i] = t.closed(r.line.Until)
	}
	r.keepFloor(lanes)
	for i := range lanes {
		lanes[i].Spans = slices.DeleteFunc(lanes[i].Spans, func(s Span) bool { return s.From == s.To })
	}
	return slices.DeleteFunc(lanes, func(l Lane) bool { return len(l.Spans) == 0 })
}

// keepFloor takes what ECS did for evidence of what no look has shown in time. ECS stops a task to make room for others only where enough healthy ones are left:
// were they fewer than the floor as far as the looks tell, then as many as it takes of those that a later look shows healthy were healthy already. With a
// floor of 5, five old tasks that are stopped at 2:09 and five new ones that a look at 2:33 shows healthy, all five new ones were healthy at 2:09.
func (r *Recorder) keepFloor(lanes []Lane) {
	var stops []Offset
	for i, l := range lanes {
		for _, s := range l.Spans {
			if s.Phase == Draining && r.lanes[i].planned {
				stops = append(stops, s.From)
			}
		}
	}
	slices.Sort(stops)
	for _, at := range slices.Compact(stops) {
		healthy := 0
		for _, l := range lanes {
			if p, ok := l.At(at); ok && p == Healthy {
				healthy++
			}
		}
		for i := 0; i < len(lanes) && healthy < r.run.Floor; i++ {
			if lanes[i].pull(at, r.lanes[i].unwell) {
				healthy++
			}
		}
	}
}

// pull lets a task be healthy from a time on, if a later look showed it healthy and none before had shown that it was not.
func (l *Lane) pull(at, unwell Offset) bool {
	for i := 1; i < len(l.Spans); i++ {
		if s := &l.Spans[i]; s.Phase == Healthy && s.Seen && s.From > at && l.Spans[i-1].From < at && unwell <= at {
			s.From, l.Spans[i-1].To = at, at
			return true
		}
	}
	return false
}

// number gives new tasks of a prediction names instead of ids, in the lanes and in what ECS says of them: nobody knows yet what their ids will be.
func number(lanes []Lane, events []Event) {
	var names []string
	for i := range lanes {
		if l := &lanes[i]; !l.Old {
			l.Name = "new-" + strconv.Itoa(len(names)/2+1)
			names = append(names, l.Task, l.Name)
			l.Task = ""
		}
	}
	replacer := strings.NewReplacer(names...)
	for i := range events {
		events[i].Message = replacer.Replace(events[i].Message)
	}
}

// offset is the time since the beginning; what was before is at 0.
func (r *Recorder) offset(at time.Time) Offset { return Offset(max(0, at.Sub(r.run.Begin))) }

// task takes one task of a look: the steps that have AWS's timestamps, and what it is now.
func (r *Recorder) task(now time.Time, view cluster.ServiceView, t cluster.Task) {
	l, known := r.byTask[t.ID]
	if !known && t.Gone() && t.StoppedAt.Before(r.run.Begin) || known && l.Ended {
		return
	}
	if !known {
		l = &track{created: t.CreatedAt, order: len(r.lanes), Lane: Lane{Name: t.Short(), Task: t.ID, Old: t.CreatedAt.Before(r.run.Watermark), Revision: cluster.Revision(t.Definition)}}
		r.byTask[t.ID] = l
		r.lanes = append(r.lanes, l)
	}
	l.Zone, l.Instance = t.Zone, t.Instance
	if _, whose, found := strings.Cut(t.Group, ":"); found && r.run.Carried {
		l.Service = whose
	}
	l.turn(Pending, r.offset(t.CreatedAt), false)
	if !t.StartedAt.IsZero() {
		l.turn(Starting, r.offset(t.StartedAt), false)
	}
	if !t.MeantToRun() {
		r.leave(l, t, now)
		return
	}
	healthy, last := view.Healthy(&t, now), l.phase()
	if !healthy {
		l.unwell = r.offset(now)
	}
	switch {
	case healthy && last != Healthy:
		l.begin(Healthy, r.healthySince(view, t, now, known))
	case !healthy && last == Healthy:
		l.begin(Unhealthy, moment{at: r.offset(now), seen: true})
	}
}

// moment is a time, and whether AWS gave it.
type moment struct {
	at   Offset
	seen bool
}

// healthySince is since when a task that is healthy now has been. Only where nothing checks it does a rule tell: 40 s after it started. A task that is seen for
// the first time was healthy when ECS last said that all is well after the task's start, and one that is older than the run from its beginning on.
func (r *Recorder) healthySince(view cluster.ServiceView, t cluster.Task, now time.Time, known bool) moment {
	if len(view.Service.Attachments) == 0 && t.Health != cluster.Healthy && !t.StartedAt.IsZero() {
		return moment{at: r.offset(t.StartedAt.Add(cluster.HealthyAfter))}
	}
	if !known && t.CreatedAt.Before(r.run.Begin) {
		return moment{seen: true}
	}
	if !known {
		for _, e := range slices.Backward(view.Service.Events) {
			if strings.HasSuffix(e.Message, "has reached a steady state.") && !e.At.Before(t.StartedAt) && e.At.Before(now) {
				return moment{at: r.offset(e.At), seen: true}
			}
		}
	}
	return moment{at: r.offset(now), seen: true}
}

// leave takes the end of a task, which its timestamps tell.
func (r *Recorder) leave(l *track, t cluster.Task, now time.Time) {
	l.planned = t.ScaledIn()
	if !l.Old && !l.was(Healthy) && !l.planned {
		l.Failed = t.StoppedReason
	}
	if l.planned && l.Old && l.phase() == Starting && t.StartedAt.Before(r.run.Begin) { // nobody has looked while it ran; ECS replaces what runs well
		l.begin(Healthy, moment{seen: true})
	}
	from := moment{at: r.offset(t.StoppingAt)}
	if t.StoppingAt.IsZero() {
		from = moment{at: r.offset(now), seen: true}
	}
	if l.phase() != Draining {
		l.begin(Draining, from)
	}
	if t.Gone() {
		l.end(r.offset(latest(t.StoppedAt, t.StoppingAt)))
	}
}

func latest(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// missing ends the lanes of tasks that ECS does not show any more.
func (r *Recorder) missing(now time.Time, tasks []cluster.Task) {
	shown := make(map[string]bool, len(tasks))
	for _, t := range tasks {
		shown[t.ID] = true
	}
	for _, l := range r.lanes {
		if !l.Ended && !shown[l.Task] {
			l.end(r.offset(now))
		}
	}
}

// rank orders phases by how far a task has come.
func rank(p Phase) int { return slices.Index(Phases(), p) }

// phase is the last one; empty before the first.
func (l *track) phase() Phase {
	if len(l.Spans) == 0 {
		return ""
	}
	return l.Spans[len(l.Spans)-1].Phase
}

func (l *track) was(p Phase) bool {
	return slices.ContainsFunc(l.Spans, func(s Span) bool { return s.Phase == p })
}

// turn begins a phase that AWS gave a time for, unless the task has come as far already.
func (l *track) turn(p Phase, at Offset, seen bool) {
	if rank(p) > rank(l.phase()) {
		l.begin(p, moment{at: at, seen: seen})
	}
}

// begin opens a span. It does not begin before the one that it follows: clocks of AWS's parts differ by some milliseconds.
func (l *track) begin(p Phase, from moment) {
	if n := len(l.Spans); n > 0 {
		from.at = max(from.at, l.Spans[n-1].From)
		l.Spans[n-1].To = from.at
	}
	l.Spans = append(l.Spans, Span{Phase: p, From: from.at, Seen: from.seen})
}

func (l *track) end(at Offset) {
	last := &l.Spans[len(l.Spans)-1]
	last.To, l.Ended = max(at, last.From), true
}

// closed is the lane up to now; a span may be empty.
func (l *track) closed(until Offset) Lane {
	lane := l.Lane
	lane.Spans = slices.Clone(l.Spans)
	if last := &lane.Spans[len(lane.Spans)-1]; !l.Ended {
		last.To = max(until, last.From)
	}
	return lane
}
