package operation

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"handover/internal/cluster"
	"handover/internal/record"
)

// This file has how Keep comes to act on a service: it sees who holds it, puts back what an operation left behind that nobody is at any more, and claims it. A
// claim is written, and read again after claimSettle; among those that are then there, the lowest id wins. AWS has no compare-and-set on tags, so this is
// advice among tools that take it, and no lock.

const (
	claimSettle = 3 * time.Second // AWS calls its reads eventually consistent; a change shows within seconds as a rule
	claimMost   = 4
)

const toJournal = "to keep the record on this machine alone: --record journal"

// enter takes Keep from its first look to the body's first step.
func (k *Keep[T]) enter(in Input) Decision {
	if in.Snapshot.Scope.Empty() {
		if in.Interrupt != NoInterrupt {
			return k.cut(in)
		}
		d := k.Body.Step(in)
		k.First = d.Look
		return d
	}
	if in.Interrupt != NoInterrupt || k.Timeout > 0 && !in.Now.Before(k.Started.Add(k.Timeout)) {
		return k.cut(in)
	}
	if refused := k.alarmless(in.Snapshot); refused != nil && k.Adopted == "" {
		return k.conclude(in, *refused)
	}
	target := k.Body.Target()
	view, shown := in.Snapshot.Service(target.Service)
	if !shown { // the body knows best what to say of that
		return k.admit(in)
	}
	found, err := record.Read(view.Service.Tags)
	if err != nil {
		return k.conclude(in, refusal("record-unreadable", fmt.Sprintf("%s has a record that cannot be read: %v", target.Service, err),
			"if no operation of another version of this tool is under way, remove the service's tags that begin with "+record.Prefix))
	}
	foremost, held := found.Foremost(in.Now)
	switch {
	case held && foremost.ID != k.ID:
		return k.conclude(in, occupied(target.Service, foremost, found))
	case found.Record != nil && found.Record.ID != k.ID:
		return k.beginClearing(in, *found.Record)
	case !target.Claims && !k.Always || k.ID == "":
		return k.admit(in)
	case found.Record != nil && held:
		return k.admit(in)
	}
	return k.claim(in, view)
}

// admit lets the body take its first step.
func (k *Keep[T]) admit(in Input) Decision {
	k.Admitted = true
	in.Outcomes = nil // they were of the claim
	return k.run(in)
}

// claim writes the record, and has it read again.
func (k *Keep[T]) claim(in Input, view cluster.ServiceView) Decision {
	if refused := k.unclaimable(in, view); refused != nil && !k.Body.Target().Claims {
		k.Lease = time.Time{}
		d := k.admit(in)
		d.Notes = append([]Note{{Level: Warning, Text: refused.Summary + "; so a second delivery of the event cannot be told from another event"}}, d.Notes...)
		return d
	} else if refused != nil {
		return k.conclude(in, *refused)
	}
	if k.Since.IsZero() {
		k.Since = in.Snapshot.At.Truncate(time.Second) // as the record has it: who goes on from there must find the same tasks old
	}
	r := k.record(in.Now)
	tags, err := r.Tags()
	if err != nil {
		return k.conclude(in, refusal("record-too-long", err.Error(), toJournal))
	}
	k.Claims++
	return Decision{Actions: []cluster.Action{cluster.TagResource{ARN: view.Service.ARN, Tags: tags}}, Look: k.First, Wait: claimSettle,
		Waiting: &cluster.Condition{Object: "our claim on " + view.Service.Key.String(), Condition: "to show", Bound: claimSettle}}
}

// unclaimable says why the service cannot be claimed.
func (k *Keep[T]) unclaimable(in Input, view cluster.ServiceView) *cluster.Verdict {
	key := view.Service.Key
	var refused cluster.Verdict
	switch {
	case k.Claims > 0 && len(in.Outcomes) > 0 && in.Outcomes[0].Result == cluster.Rejected && in.Outcomes[0].Err.Class == cluster.ClassDenied:
		refused = refusal("record-denied", fmt.Sprintf("what must be put back cannot be written on %s: %s", key, in.Outcomes[0].Err.Message), "it takes the permissions ecs:TagResource and ecs:UntagResource", toJournal)
		if k.Local {
			refused = refusal("record-denied", "what must be put back cannot be written down: "+in.Outcomes[0].Err.Message, "make that folder writable, or name another one by $HANDOVER_STATE",
				"to write it on the service: leave --record out")
		}
	case k.Claims >= claimMost:
		refused = refusal("record-not-kept", fmt.Sprintf("%s does not keep the tags that say what must be put back", key), "see who removes its tags", toJournal)
	case k.Local:
		return nil
	case shortARN(view.Service.ARN):
		refused = refusal("record-short-arn", fmt.Sprintf("%s has an ARN of the short format, and such services cannot have tags", key), toJournal)
	case !record.Room(view.Service.Tags):
		refused = refusal("record-no-room", fmt.Sprintf("%s has %d tags, which leaves no room for the %d that say what must be put back", key, len(view.Service.Tags), record.MostTags), toJournal)
	default:
		return nil
	}
	return &refused
}

// shortARN tells whether a service's ARN does without its cluster. Source: ECS developer guide, ecs-account-settings: only long ARNs can be tagged.
func shortARN(text string) bool {
	arn, err := cluster.ParseARN(text)
	return err == nil && strings.Count(arn.Resource, "/") < 2
}

// record is what is to be written now. The lease counts from now.
func (k *Keep[T]) record(now time.Time) record.Record {
	target := k.Body.Target()
	k.Lease = now.Add(leaseFor)
	return record.Record{ID: k.ID, Kind: k.kind(), Owner: k.Owner, Lease: k.Lease, Since: k.Since, Options: target.Options, Alarms: k.StopOn, Held: k.Held}
}

// occupied refuses a service that somebody else holds.
func occupied(key cluster.ServiceKey, by record.Claim, found record.Found) cluster.Verdict {
	text := fmt.Sprintf("%s is being operated on by %s until %s at least", key, by.Owner, by.Lease.UTC().Format(time.RFC3339))
	if found.Record != nil && found.Record.ID == by.ID {
		text = fmt.Sprintf("%s of %s by %s has been under way since %s; it is taken to be alive until %s", found.Record.Kind, key, by.Owner,
			found.Record.Since.UTC().Format(time.RFC3339), by.Lease.UTC().Format(time.RFC3339))
	}
	return refusal("operation-in-progress", text, "to have it stop and put everything back: handover abort "+key.String(),
		"if its process is no more, to put everything back at once: handover restore "+key.String()+" --force", "or to go on with it: handover resume "+key.String()+" --force")
}

func refusal(code, text string, hints ...string) cluster.Verdict {
	return *refuse(code, text, hints...).Verdict
}

// beginClearing begins to put back what an operation left behind.
func (k *Keep[T]) beginClearing(in Input, left record.Record) Decision {
	k.Stale = newPutBack(k.Body.Target().Service, left.ID, left.Held, in.Now, in.Now) // nobody has been at it for as long as its lease
	k.Stale.Recorded = true
	text := fmt.Sprintf("%s of %s, which began %s, was left by %s; what it had changed is put back first", left.Kind, k.Body.Target().Service, left.Since.UTC().Format(time.RFC3339), left.Owner)
	return Decision{Look: k.Stale.scope(), Waiting: k.Stale.waiting(), Notes: []Note{{Level: Warning, Text: text}}}
}

// clear puts back what an operation left behind. Then all begins again.
func (k *Keep[T]) clear(in Input) Decision {
	if in.Interrupt != NoInterrupt || in.Now.Sub(k.Stale.Began) > PutBackPatience {
		stuck := refusal("left-behind", fmt.Sprintf("what an earlier operation left on %s could not be put back", k.Body.Target().Service), k.Stale.byHand()...)
		k.Stale = nil
		return k.conclude(in, stuck)
	}
	d, over := k.Stale.step(in)
	if over {
		k.Stale = nil
		d.Look, d.Wait = k.First, 0
	}
	return d
}

// Restore puts back what an operation has left on a service, and removes its record.
type Restore struct {
	Service cluster.ServiceKey `json:"service"`
	Force   bool               `json:"force,omitempty"` // also where somebody is taken to be at it still
	Left    *record.Record     `json:"left,omitempty"`
	Back    *putBack           `json:"back,omitempty"`
}

// Step is the story of a restore: find the record, put back what it says, remove it.
func (r *Restore) Step(in Input) Decision {
	if in.Snapshot.Scope.Empty() {
		return Decision{Look: cluster.ServiceScope{Service: r.Service}.Of()}
	}
	if r.Back == nil {
		return r.begin(in)
	}
	if in.Interrupt != NoInterrupt || in.Now.Sub(r.Back.Began) > PutBackPatience {
		cause := cluster.Cause{Code: "not-put-back", Certain: true, Text: fmt.Sprintf("not all that was left on %s could be put back", r.Service)}
		return end(cluster.Failed, cause, r.Back.byHand()...)
	}
	d, over := r.Back.step(in)
	if over {
		done := succeed(fmt.Sprintf("put back what %s of %s had left on %s", r.Left.Kind, r.Left.Owner, r.Service), cluster.Figures{})
		d.Verdict = done.Verdict
	}
	return d
}

func (r *Restore) begin(in Input) Decision {
	view, refused := admit(in.Snapshot, r.Service)
	if refused != nil {
		return *refused
	}
	found, err := record.Read(view.Service.Tags)
	if err != nil {
		return Decision{Verdict: unreadableRecord(r.Service, err)}
	}
	foremost, held := found.Foremost(in.Now)
	switch {
	case found.Record == nil && len(found.Claims) == 0 && len(record.Keys(view.Service.Tags, "")) == 0:
		return succeed(fmt.Sprintf("nothing was left on %s", r.Service), cluster.Figures{})
	case held && !r.Force:
		verdict := occupied(r.Service, foremost, found)
		return Decision{Verdict: &verdict}
	case found.Record == nil && len(found.Claims) == 0:
		r.Left = &record.Record{Kind: "a part of a record", Owner: "somebody"}
	case found.Record == nil:
		r.Left = &record.Record{ID: found.Claims[0].ID, Kind: "a claim", Owner: found.Claims[0].Owner}
	default:
		r.Left = found.Record
	}
	shows := in.Now // nobody has been at it for as long as its lease
	if held {
		shows = in.Now.Add(doubtLooks * doubtLook)
	}
	r.Back = newPutBack(r.Service, r.Left.ID, r.Left.Held, in.Now, shows)
	r.Back.Recorded = true
	return Decision{Look: r.Back.scope(), Waiting: r.Back.waiting()}
}

func unreadableRecord(key cluster.ServiceKey, err error) *cluster.Verdict {
	verdict := refusal("record-unreadable", fmt.Sprintf("%s has a record that cannot be read: %v", key, errors.Unwrap(err)),
		"if no operation of another version of this tool is under way, remove the service's tags that begin with "+record.Prefix)
	return &verdict
}
