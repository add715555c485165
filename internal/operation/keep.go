package operation

import (
	"cmp"
	"fmt"
	"time"

	"handover/internal/cluster"
	"handover/internal/record"
)

// Body is an operation that Keep can wrap.
type Body interface {
	Operation
	// Target says what the operation is, for the record. It is the same before every step.
	Target() Target
	// Progress tells, at any time, how far the operation has come.
	Progress(now time.Time) Progress
}

// Target is an operation as it is written on the service.
type Target struct {
	Service cluster.ServiceKey
	Kind    string
	Options string // what a Body is made of again by another process; empty where there is nothing to go on with
	Claims  bool   // it changes something for its duration, and nobody else may meanwhile
}

// Progress is how far an operation has come.
type Progress struct {
	Changed bool   // ECS was changed, or may have been
	GoesOn  string // what goes on in ECS if we end now, for people; empty if nothing does
	Attach  string // the command that attaches to it again; empty where nothing goes on
	Figures cluster.Figures
}

// Keep wraps an operation that changes something for the duration. It owns the claim on the service and its record, interrupt, timeout and putting back, so that
// the Step of each operation reads as the story of that operation alone.
//
// It guarantees that no verdict is given while something that the body holds may still stand, but for three cases that the verdict then names: the user asked
// to Leave, it could not be put back within PutBackPatience, or another operation has taken over. What someone else has changed meanwhile is left alone. A former
// setting that would strand a rollout is not put back before that rollout is over: putting 100/100 back for 100/200 in its middle would block it for ever.
//
// With an ID, a body that Claims is recorded on its service before its first action: it is refused where somebody else holds the service, and where AWS does not
// let us write. What an earlier operation left behind, and nobody is at any more, is put back first. Without an ID nothing is written.
type Keep[T Body] struct {
	Body    T             `json:"body"`
	ID      string        `json:"id,omitempty"` // record.NewID; empty: nothing is recorded
	Owner   string        `json:"owner,omitempty"`
	Local   bool          `json:"local,omitempty"`  // the record is kept by the caller, whatever the service can take
	Always  bool          `json:"always,omitempty"` // it is recorded also where the body does not claim its service, if it can be
	Timeout time.Duration `json:"timeout"`          // 0: none
	Started time.Time     `json:"started,omitzero"`
	Since   time.Time     `json:"since,omitzero"` // AWS's time of the claim

	Adopted  string        `json:"adopted,omitempty"`  // it goes on with what another process began: the kind of that
	First    cluster.Scope `json:"first,omitzero"`     // what the body looks at first
	Admitted bool          `json:"admitted,omitempty"` // the body may act
	Stale    *putBack      `json:"stale,omitempty"`    // what an earlier operation left behind is being put back
	Claims   int           `json:"claims,omitempty"`   // how often the record was written before it stood

	Held    record.Held  `json:"held,omitzero"`    // what stands changed, or may
	Before  record.Held  `json:"before,omitzero"`  // the same before the last actions
	Next    *record.Held `json:"next,omitempty"`   // the same if they are done
	Sent    int          `json:"sent,omitempty"`   // how many they are
	Writing bool         `json:"writing,omitzero"` // before them, the record is written
	Noting  bool         `json:"noting,omitzero"`  // after them, what is held then is written

	Written record.Held `json:"written,omitzero"` // what the record says is held
	Noted   string      `json:"noted,omitempty"`  // and what it says the body's options are
	Unsure  bool        `json:"unsure,omitempty"` // the last time that it was written did not succeed, or may not have
	Lease   time.Time   `json:"lease,omitzero"`   // of the record; zero: there is none
	Astray  int         `json:"astray,omitempty"` // looks in a row that did not show our claim

	StopOn  []string         `json:"stopOn,omitempty"`  // CloudWatch alarms that end it, in order
	Rung    string           `json:"rung,omitempty"`    // the one of them of which an event said that it is in ALARM
	Blind   time.Time        `json:"blind,omitzero"`    // since when not all of them could be read; zero: they can
	Halted  *cluster.Verdict `json:"halted,omitempty"`  // an alarm has ended the body, and it is being rolled back
	Undoing *Update          `json:"undoing,omitempty"` // the rollback

	Final *cluster.Verdict `json:"final,omitempty"` // the verdict, held until all is put back
	Back  *putBack         `json:"back,omitempty"`
}

const (
	leaseFor   = 10 * time.Minute
	renewAfter = 4 * time.Minute
	astrayMost = 2 // a read may be stale for some seconds. Source: API Reference, RunTask, on consistency
)

// Step claims the service, runs the body until it ends, or until its time, the user's patience or an alarm ends it, and then puts back what is Held.
func (k *Keep[T]) Step(in Input) Decision {
	note := k.see(in)
	d := k.watched(k.step(in))
	if note != nil {
		d.Notes = append(d.Notes, *note)
	}
	return d
}

func (k *Keep[T]) step(in Input) Decision {
	if k.Started.IsZero() {
		k.Started = in.Now
	}
	switch {
	case k.Final != nil:
		return k.putBack(in)
	case k.Undoing != nil:
		return k.undo(in)
	case k.Stale != nil:
		return k.clear(in)
	case !k.Admitted:
		return k.enter(in)
	}
	denied := k.denied(in.Outcomes)
	in.Outcomes = k.hear(in.Outcomes)
	if denied != nil {
		return k.conclude(in, *denied)
	}
	return k.run(in)
}

// denied ends the body where AWS does not let us write the record any more: what is not written there, another process could not put back.
func (k *Keep[T]) denied(outcomes []cluster.Outcome) *cluster.Verdict {
	if !k.Writing || len(outcomes) == 0 || outcomes[0].Result != cluster.Rejected || outcomes[0].Err.Class != cluster.ClassDenied {
		return nil
	}
	text := fmt.Sprintf("what must be put back cannot be written on %s any more: %s", k.Body.Target().Service, outcomes[0].Err.Message)
	return &cluster.Verdict{End: cluster.Failed, Summary: text, Cause: &cluster.Cause{Code: "record-denied", Text: text, Certain: true},
		Hints: []string{"it takes the permissions ecs:TagResource and ecs:UntagResource", toJournal}}
}

// Adopt has Keep go on with what is recorded, in the place of the process that is no more. The caller must have seen that its lease is over.
func (k *Keep[T]) Adopt(r record.Record) {
	k.ID, k.Since, k.Held, k.Lease, k.Adopted, k.StopOn = r.ID, r.Since, r.Held, r.Lease, r.Kind, r.Alarms
}

// kind is that of the operation: of the one that is gone on with, whose body may only follow what the former one began.
func (k *Keep[T]) kind() string { return cmp.Or(k.Adopted, k.Body.Target().Kind) }

// Progress is that of the body.
func (k *Keep[T]) Progress(now time.Time) Progress { return k.Body.Progress(now) }

// run is one step of the body.
func (k *Keep[T]) run(in Input) Decision {
	if ended := k.disowned(in); ended != nil {
		return *ended
	}
	late := k.Timeout > 0 && !in.Now.Before(k.Started.Add(k.Timeout))
	if (late || in.Interrupt != NoInterrupt) && len(in.Outcomes) == 0 {
		return k.cut(in)
	}
	in.Since, in.Held = k.Since, k.Held
	alarm := k.alarming(in)
	if alarm != nil && len(in.Outcomes) == 0 {
		return k.halt(in, *alarm)
	}
	d := k.Body.Step(in) // also when late, where there are outcomes: the body must hear of what it did
	if d.Verdict != nil {
		return k.conclude(in, *d.Verdict)
	}
	if alarm != nil {
		return k.halt(in, *alarm)
	}
	if late || in.Interrupt != NoInterrupt {
		return k.cut(in)
	}
	return k.send(in, d)
}

// send writes what the actions are about to change into the record, where there is one, and then lets them go.
func (k *Keep[T]) send(in Input, d Decision) Decision {
	k.Before, k.Next, k.Sent, k.Writing, k.Noting = k.Held, d.Held, len(d.Actions), false, false
	if d.Held != nil {
		k.Held = k.Held.With(*d.Held)
	}
	if k.Timeout > 0 {
		d.Wait = min(d.Wait, k.Started.Add(k.Timeout).Sub(in.Now))
	}
	if k.Lease.IsZero() {
		return d
	}
	d.Wait = min(d.Wait, leaseFor-renewAfter)
	view, shown := in.Snapshot.Service(k.Body.Target().Service)
	due := k.Lease.Sub(in.Now) < leaseFor-renewAfter
	if shown && (due || k.Unsure || !k.Held.Same(k.Written) || k.Body.Target().Options != k.Noted) {
		if tags, err := k.record(in.Now).Tags(); err == nil { // it was short enough before, and what is held hardly makes it longer
			d.Actions = append([]cluster.Action{cluster.TagResource{ARN: view.Service.ARN, Tags: tags}}, d.Actions...)
			k.Writing = true
		}
	}
	if shown && k.lowers(d) { // at once, and not with the next step: what others raise in between would look like ours to who goes on from the record
		d.Actions = append(d.Actions, cluster.TagResource{ARN: view.Service.ARN, Tags: []cluster.Tag{record.HeldTag(*d.Held)}})
		k.Noting = true
	}
	return d
}

// lowers tells whether a decision takes our part of the desired count back.
func (k *Keep[T]) lowers(d Decision) bool {
	return len(d.Actions) > 0 && d.Held != nil && k.Held.Desired != nil && d.Held.Desired == nil
}

// hear learns what came of the last actions, and gives the body what is the body's.
func (k *Keep[T]) hear(outcomes []cluster.Outcome) []cluster.Outcome {
	if k.Writing && len(outcomes) > 0 {
		if k.Unsure = outcomes[0].Result != cluster.Done; !k.Unsure {
			k.Written, k.Noted = k.Held, k.Body.Target().Options
		}
		outcomes = outcomes[1:]
	}
	noted := outcomes[min(k.Sent, len(outcomes)):]
	outcomes = outcomes[:len(outcomes)-len(noted)]
	switch {
	case k.Next == nil:
	case len(outcomes) == k.Sent && allDone(outcomes):
		k.Held = *k.Next
	case allRejected(outcomes): // nothing was changed; and nothing at all where they were not sent
		k.Held = k.Before
	}
	if k.Noting && len(noted) > 0 {
		if k.Unsure = noted[0].Result != cluster.Done; !k.Unsure {
			k.Written = k.Held
		}
	}
	k.Next, k.Writing, k.Noting = nil, false, false
	return outcomes
}

// disowned ends the body where somebody else has asked it to, or has taken over the service. A record that somebody has removed is written again.
func (k *Keep[T]) disowned(in Input) *Decision {
	view, shown := in.Snapshot.Service(k.Body.Target().Service)
	if k.Lease.IsZero() || !shown {
		return nil
	}
	found, err := record.Read(view.Service.Tags)
	if err != nil {
		return nil // somebody has written nonsense; ours is written again with the next renewal
	}
	claim, there := found.Claim(k.ID)
	if there {
		k.Astray = 0
	} else {
		k.Astray++
	}
	foremost, held := found.Foremost(in.Now)
	alarm, rung := claim.Rung(k.StopOn)
	switch {
	case there && rung:
		k.Rung = alarm
	case there && claim.AbortedBy != "":
		d := k.conclude(in, k.stopped(in.Now, "aborted", "aborted by "+claim.AbortedBy))
		return &d
	case k.Astray < astrayMost:
	case held && foremost.ID != k.ID:
		k.Held, k.Lease = record.Held{}, time.Time{} // what is held is theirs now
		d := k.conclude(in, cluster.Verdict{End: cluster.Superseded, Summary: "taken over by " + foremost.Owner, Figures: k.Body.Progress(in.Now).Figures,
			Cause: &cluster.Cause{Code: "taken-over", Certain: true, Text: "operation " + foremost.ID + " of " + foremost.Owner + " has taken over the service"}})
		return &d
	default:
		k.Lease = in.Now // due
	}
	return nil
}

// cut ends the body from outside; what it decided in this step is not done.
func (k *Keep[T]) cut(in Input) Decision {
	if in.Interrupt != NoInterrupt {
		return k.conclude(in, k.interrupted(in.Now))
	}
	return k.conclude(in, k.timedOut(in.Now))
}

func (k *Keep[T]) conclude(in Input, verdict cluster.Verdict) Decision {
	verdict.Figures.Took = in.Now.Sub(k.Started)
	if verdict.End == cluster.Refused && k.Adopted != "" { // refused means that nothing was changed, and the one before may have
		verdict.End = cluster.Failed
	}
	k.Final = &verdict
	if k.Held.None() && k.Lease.IsZero() {
		return Decision{Verdict: k.Final}
	}
	k.Back = newPutBack(k.Body.Target().Service, k.ID, k.Held, in.Now, in.Now.Add(doubtLooks*doubtLook))
	k.Back.Recorded = !k.Lease.IsZero()
	if in.Interrupt == Leave {
		return k.leave()
	}
	return Decision{Look: k.Back.scope(), Waiting: k.Back.waiting()}
}

func (k *Keep[T]) interrupted(now time.Time) cluster.Verdict {
	p := k.Body.Progress(now)
	text := "interrupted before anything was changed"
	if p.Changed {
		text = "stopped before it was done"
	}
	if p.Changed && p.GoesOn != "" {
		text = "watching stopped; " + p.GoesOn + " goes on"
	}
	return k.stopped(now, "interrupted", text)
}

// stopped is the verdict of an operation that was ended from outside.
func (k *Keep[T]) stopped(now time.Time, code, text string) cluster.Verdict {
	p := k.Body.Progress(now)
	verdict := cluster.Verdict{End: cluster.Interrupted, Summary: text, Cause: &cluster.Cause{Code: code, Certain: true, Text: text}, Figures: p.Figures}
	verdict.Hints = p.again()
	return verdict
}

// again is how an operation that was begun and did not end is gone on with.
func (p Progress) again() []string {
	switch {
	case !p.Changed:
		return nil
	case p.Attach != "":
		return []string{"to attach again: " + p.Attach}
	}
	return []string{"for what is left to do, run the same command again"}
}

func (k *Keep[T]) timedOut(now time.Time) cluster.Verdict {
	p := k.Body.Progress(now)
	cause := cluster.Cause{Code: "timed-out", Certain: true, Text: fmt.Sprintf("not finished within %s", k.Timeout)}
	if p.Changed && p.GoesOn != "" {
		cause.Text += "; " + p.GoesOn + " goes on"
	}
	return cluster.Verdict{End: cluster.TimedOut, Summary: cause.Text, Cause: &cause, Hints: p.again(), Figures: p.Figures}
}

// putBack puts back what is held, until nothing is or patience ends.
func (k *Keep[T]) putBack(in Input) Decision {
	if in.Interrupt == Leave || in.Now.Sub(k.Back.Began) > PutBackPatience {
		return k.leave()
	}
	d, over := k.Back.step(in)
	k.Held = k.Back.Held
	if k.Back.hopeless() {
		return k.leave()
	}
	if over {
		d.Verdict = k.undone()
	}
	return d
}

// undone is the verdict once nothing is left: of an operation that was cut short it says that what was changed for it is as it was.
func (k *Keep[T]) undone() *cluster.Verdict {
	verdict := *k.Final
	if k.Back.Undoes && (verdict.End == cluster.Interrupted || verdict.End == cluster.TimedOut) {
		verdict.Summary += "; what was changed for its duration is put back"
		if c := verdict.Cause; c != nil && c.Text == k.Final.Summary {
			cause := *c
			cause.Text, verdict.Cause = verdict.Summary, &cause
		}
	}
	return &verdict
}

// leave ends with what could not be put back named, and how to do it by hand.
func (k *Keep[T]) leave() Decision {
	verdict := *k.Final
	verdict.Hints = append(k.Back.byHand(), verdict.Hints...)
	if verdict.End == cluster.Succeeded && !k.Back.Held.None() {
		verdict.End = cluster.Unclear
		verdict.Cause = &cluster.Cause{Code: "not-put-back", Certain: true, Text: verdict.Summary + ", but not all that was changed for it could be put back"}
		verdict.Summary = verdict.Cause.Text
	}
	return Decision{Verdict: &verdict}
}

// allDone tells whether all that was sent last was done. After a refusal or a lost answer the next attempt waits for a look of its own.
func allDone(outcomes []cluster.Outcome) bool {
	for _, o := range outcomes {
		if o.Result != cluster.Done {
			return false
		}
	}
	return true
}

func allRejected(outcomes []cluster.Outcome) bool {
	for _, o := range outcomes {
		if o.Result != cluster.Rejected {
			return false
		}
	}
	return true
}

// Holds is what stands changed for the duration, or may.
func (k *Keep[T]) Holds() record.Held { return k.Held }

// Conclusion is the verdict, once it stands, while what is held is still being put back; nil before.
func (k *Keep[T]) Conclusion() *cluster.Verdict { return k.Final }

// Acting tells whether the body is at it: it has been let in, and neither has it ended, nor have the alarms ended it.
func (k *Keep[T]) Acting() bool { return k.Admitted && k.Final == nil && k.Halted == nil }
