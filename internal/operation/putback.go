package operation

import (
	"fmt"
	"slices"
	"time"

	"handover/internal/cluster"
	"handover/internal/record"
)

// PutBackPatience is how long putting back may take before what is left is named, and left to people.
const PutBackPatience = 10 * time.Minute

const putBackLook = 5 * time.Second

// putBack puts back what is held of one service, one thing after the other: bounds; the desired count, by our own part of it; the tasks' protection; the maximum of
// the scalable target and its suspension, last, so that nothing scales before all else is as it was; and then the record.
//
// That something stands as it was is believed only after AWS has accepted it from us: a read may be as old as our own change, and sending it once more does no
// harm. That nothing of ours is there is believed of the first look that cannot be older than what was changed, and no later: what others change after that must not
// be taken for ours. What someone else has changed meanwhile is left alone.
type putBack struct {
	Service  cluster.ServiceKey `json:"service"`
	ID       string             `json:"id,omitempty"`
	Held     record.Held        `json:"held,omitzero"`
	Recorded bool               `json:"recorded,omitempty"` // the record must be removed, too
	Denials  int                `json:"denials,omitempty"`  // how often in a row the record could not be removed, because we may not
	Undoes   bool               `json:"undoes,omitempty"`   // something was held in the beginning
	Began    time.Time          `json:"began"`
	Sent     part               `json:"sent,omitempty"` // what was sent last
	Asked    time.Time          `json:"asked,omitzero"` // when something was sent last
	Noted    record.Held        `json:"noted,omitzero"` // what the record says of the desired count
	Shows    time.Time          `json:"shows"`          // from then on a look shows all that was changed; before, it may be older than that
}

// part is one of the things that are put back.
type part string

const (
	partBounds     part = "bounds"
	partDesired    part = "desired"
	partProtection part = "protection"
	partScaling    part = "scaling"
	partNote       part = "note" // the record says how far it has come
	partRecord     part = "record"
)

func newPutBack(service cluster.ServiceKey, id string, held record.Held, now, shows time.Time) *putBack {
	return &putBack{Service: service, ID: id, Held: held, Noted: held, Undoes: !held.None(), Began: now, Shows: shows}
}

// step puts back what comes next; over tells that nothing is left.
func (p *putBack) step(in Input) (d Decision, over bool) {
	note := p.hear(in.Outcomes)
	if note != "" {
		d.Notes = append(d.Notes, Note{Level: Info, Text: note})
	}
	if p.Held.None() && !p.Recorded {
		return d, true
	}
	d.Look, d.Wait, d.Waiting = p.scope(), putBackLook, p.waiting()
	view, shown := in.Snapshot.Service(p.Service)
	if _, gap := in.Snapshot.Gap(p.Service, cluster.PartService); gap || !p.answered(in) || len(in.Snapshot.Scope.Services) == 0 {
		return d, false
	}
	if !shown || view.Service.Status != cluster.ServiceActive {
		d.Notes = append(d.Notes, Note{Level: Info, Text: p.Service.String() + " is gone; there is nothing to put back"})
		p.Held, p.Recorded = record.Held{}, false
		return d, true
	}
	next := p.next(in, view)
	if next.note != "" {
		d.Notes = append(d.Notes, Note{Level: Info, Text: next.note})
	}
	if len(next.actions) > 0 {
		d.Actions, p.Sent, p.Asked, d.Wait = next.actions, next.part, in.Now, 0
	}
	if next.dropped {
		p.drop(next.part)
		d.Look, d.Wait = p.scope(), 0
	}
	return d, p.Held.None() && !p.Recorded
}

// answered tells whether a look shows what became of what was sent: it was done; or nobody knows, but it was so long ago, because a crash lies between, that no look is older.
// That look counts, as what others do after it must not be taken for ours: lowered from 4 to 3, resumed a minute later, and 3 is seen; a 4 of five seconds later is theirs.
func (p *putBack) answered(in Input) bool {
	refused := slices.ContainsFunc(in.Outcomes, func(o cluster.Outcome) bool { return o.Result == cluster.Rejected })
	return allDone(in.Outcomes) || !refused && !in.Now.Before(p.Asked.Add(doubtLooks*doubtLook))
}

// hear believes what AWS has accepted. Tasks' protection and the record are looked at again.
func (p *putBack) hear(outcomes []cluster.Outcome) (note string) {
	sent := p.Sent
	p.Sent = ""
	switch {
	case sent == partRecord && denied(outcomes):
		p.Denials++
	case sent != "":
		p.Denials = 0
	}
	if sent == partDesired && len(outcomes) == 2 && outcomes[0].Result == cluster.Done { // it was lowered, whatever became of the note
		p.drop(partDesired)
		if sent = partNote; outcomes[1].Result == cluster.Done {
			p.Noted = p.Held
		}
	}
	if sent == "" || len(outcomes) == 0 || !allDone(outcomes) {
		return ""
	}
	if sent == partBounds {
		note = fmt.Sprintf("%s: %s put back", p.Service, boundsText(p.Held.Bounds.Former))
	}
	switch sent {
	case partProtection:
	case partNote:
		p.Noted = p.Held
	default:
		p.drop(sent)
	}
	return note
}

// hopeless tells whether the record stays, because we may not remove it, and nothing else is left to put back.
func (p *putBack) hopeless() bool { return p.Denials >= deniedMost && p.Held.None() }

// deniedMost is how often in a row the removal of the record is refused before it is left: a permission that was given seconds ago may not hold everywhere yet.
const deniedMost = 3

func (p *putBack) drop(what part) {
	switch what {
	case partBounds:
		p.Held.Bounds = nil
	case partDesired:
		p.Held.Desired = nil
	case partProtection:
		p.Held.Protection = nil
	case partScaling:
		p.Held.Max, p.Held.ScalingIn = nil, false
	case partRecord:
		p.Recorded = false
	case partNote:
		p.Noted = p.Held
	}
}

// move is how one thing is put back: by actions, or by finding that nothing of it is ours any more. Neither means that it has to wait.
type move struct {
	part    part
	actions []cluster.Action
	dropped bool
	note    string
}

func (p *putBack) next(in Input, view cluster.ServiceView) move {
	switch {
	case p.Recorded && !sameDesired(p.Held.Desired, p.Noted.Desired):
		return p.note(view.Service)
	case p.Held.Bounds != nil:
		return p.bounds(view.Service)
	case p.Held.Desired != nil:
		return p.desired(in.Now, view.Service)
	case p.Held.Protection != nil:
		return p.protection(in, view)
	case p.Held.Max != nil || p.Held.ScalingIn:
		return p.scaling(in, view)
	}
	return p.record(in.Now, view.Service)
}

func (p *putBack) bounds(s cluster.Service) move {
	b := p.Held.Bounds
	switch {
	case s.Bounds != b.Ours && s.Bounds != b.Former:
		return move{part: partBounds, dropped: true, note: fmt.Sprintf("%s: someone else set %s meanwhile; left alone", p.Service, boundsText(s.Bounds))}
	case len(s.Deployments) > 1 && !b.Former.LeaveMove(s.Desired): // what has no older tasks to replace, a creation for one, is not stranded by them
		return move{part: partBounds}
	}
	former := b.Former
	return move{part: partBounds, actions: []cluster.Action{cluster.UpdateService{Service: p.Service, Bounds: &former}}}
}

// desired lowers the desired count by our part of it, and notes at once that it has.
func (p *putBack) desired(now time.Time, s cluster.Service) move {
	lowered := p.Held.Desired.Lowered(s.Desired)
	if lowered < s.Desired && lowered != p.Held.Desired.Base { // noted first: neither a lost answer nor a crash may have us lower it twice
		p.Held.Desired, p.Shows = &record.Desired{Base: lowered, By: s.Desired - lowered}, now.Add(doubtLooks*doubtLook) // a look older than this one shows others' part missing, and not ours
		return move{part: partDesired, note: othersDesired(p.Service, s.Desired, lowered).Text}
	}
	if lowered == s.Desired {
		return move{part: partDesired, dropped: p.shows(now)}
	}
	actions := []cluster.Action{cluster.UpdateService{Service: p.Service, Desired: &lowered}}
	if p.Recorded && record.Has(s.Tags, p.ID) {
		then := p.Held
		then.Desired = nil
		actions = append(actions, cluster.TagResource{ARN: s.ARN, Tags: []cluster.Tag{record.HeldTag(then)}})
	}
	return move{part: partDesired, actions: actions}
}

// shows tells whether a look shows all that was changed.
func (p *putBack) shows(now time.Time) bool { return !now.Before(p.Shows) }

// note has the record say how far it has come with the desired count.
func (p *putBack) note(s cluster.Service) move {
	if !record.Has(s.Tags, p.ID) { // somebody has removed it
		return move{part: partNote, dropped: true}
	}
	return move{part: partNote, actions: []cluster.Action{cluster.TagResource{ARN: s.ARN, Tags: []cluster.Tag{record.HeldTag(p.Held)}}}}
}

// sameDesired compares what is held of a desired count.
func sameDesired(a, b *record.Desired) bool {
	return a == nil && b == nil || a != nil && b != nil && *a == *b
}

// protection takes away the protection that is ours, until a look shows none. Where it cannot be read it ends by itself.
func (p *putBack) protection(in Input, view cluster.ServiceView) move {
	if _, gap := in.Snapshot.Gap(p.Service, cluster.PartTasks); gap {
		return move{part: partProtection}
	}
	if gap, ok := in.Snapshot.Gap(p.Service, cluster.PartProtection); ok && gap.Err.Class != cluster.ClassDenied {
		return move{part: partProtection}
	} else if ok {
		return move{part: partProtection, dropped: true, note: fmt.Sprintf("%s: protection from scale-in could not be read; it ends by itself", p.Service)}
	}
	if !readProtection(in.Snapshot, p.Service) {
		return move{part: partProtection}
	}
	actions := unprotect(view, *p.Held.Protection)
	if len(actions) > 0 {
		return move{part: partProtection, actions: actions}
	}
	return move{part: partProtection, dropped: p.shows(in.Now)}
}

func (p *putBack) scaling(in Input, view cluster.ServiceView) move {
	if _, gap := in.Snapshot.Gap(p.Service, cluster.PartScaling); gap || !readScaling(in.Snapshot, p.Service) {
		return move{part: partScaling}
	}
	target := view.Scaling
	if target == nil {
		return move{part: partScaling, dropped: true, note: fmt.Sprintf("%s: its scalable target is gone; there is nothing to put back", p.Service)}
	}
	action := cluster.RegisterScalableTarget{Service: p.Service}
	var note string
	if m := p.Held.Max; m != nil && (m.Mine(target.Max) || target.Max == m.Former) {
		action.Max = &m.Former
	} else if m != nil {
		note = fmt.Sprintf("%s: someone else set the maximum of its scalable target to %d meanwhile; left alone", p.Service, target.Max)
	}
	if p.Held.ScalingIn {
		suspended := target.Suspended
		suspended.In = false
		action.Suspended = &suspended
	}
	if action.Max == nil && action.Suspended == nil {
		return move{part: partScaling, dropped: true, note: note}
	}
	return move{part: partScaling, actions: []cluster.Action{action}, note: note}
}

// record removes our tags.
func (p *putBack) record(now time.Time, s cluster.Service) move {
	if keys := record.Keys(s.Tags, p.ID); len(keys) > 0 {
		return move{part: partRecord, actions: []cluster.Action{cluster.UntagResource{ARN: s.ARN, Keys: keys}}}
	}
	return move{part: partRecord, dropped: p.shows(now)}
}

// unprotect takes our protection from every task that has it.
func unprotect(view cluster.ServiceView, p record.Protection) []cluster.Action {
	var actions []cluster.Action
	for _, t := range view.Tasks {
		if t.MeantToRun() && !t.ProtectedUntil.IsZero() && p.Ours(t.ProtectedUntil) {
			actions = append(actions, cluster.ProtectTask{Cluster: view.Service.Key.Cluster, Task: t.ID})
		}
	}
	return actions
}

// scope is what has to be read to put back what is still held.
func (p *putBack) scope() cluster.Scope {
	scope := cluster.ServiceScope{Service: p.Service}
	if p.Held.Protection != nil {
		scope.Tasks, scope.Protection = cluster.RunningTasks, true
	}
	scope.Scaling = p.Held.Max != nil || p.Held.ScalingIn
	return scope.Of()
}

func (p *putBack) waiting() *cluster.Condition {
	of := func(object, condition string) *cluster.Condition {
		return &cluster.Condition{Object: object + " of " + p.Service.String(), Condition: condition, Bound: PutBackPatience}
	}
	switch {
	case p.Held.Bounds != nil:
		return of("the bounds", fmt.Sprintf("to be %s again", boundsText(p.Held.Bounds.Former)))
	case p.Held.Desired != nil:
		return of("the desired count", fmt.Sprintf("to be lowered by %d", p.Held.Desired.By))
	case p.Held.Protection != nil:
		return of("our protection of tasks", "to be taken away")
	case p.Held.Max != nil || p.Held.ScalingIn:
		return of("the auto scaling", "to be put back")
	}
	return of("our record", "to be removed")
}

// byHand says what still stands, and how it is put back by hand.
func (p *putBack) byHand() []string {
	var hints []string
	if p.Recorded && p.Held.None() {
		return []string{fmt.Sprintf("%s still has our record, and nothing else of ours; to remove it, which takes ecs:UntagResource: handover restore %s --force", p.Service, p.Service)}
	}
	if p.Recorded { // --force, because our claim lives on for minutes, and we do not
		hints = append(hints, fmt.Sprintf("to put it all back: handover restore %s --force", p.Service), fmt.Sprintf("or to go on with it: handover resume %s --force", p.Service))
	}
	update := fmt.Sprintf("aws ecs update-service --cluster %s --service %s", p.Service.Cluster, p.Service.Service)
	register := "aws application-autoscaling register-scalable-target --service-namespace ecs --scalable-dimension ecs:service:DesiredCount --resource-id service/" + p.Service.String()
	if b := p.Held.Bounds; b != nil {
		hints = append(hints, fmt.Sprintf("%s still has %s; to put %s back: %s --deployment-configuration minimumHealthyPercent=%d,maximumPercent=%d", p.Service, boundsText(b.Ours),
			boundsText(b.Former), update, b.Former.MinimumHealthyPercent, b.Former.MaximumPercent))
	}
	if d := p.Held.Desired; d != nil {
		hints = append(hints, fmt.Sprintf("the desired count of %s was raised by %d, from %d; to lower it: %s --desired-count %d", p.Service, d.By, d.Base, update, d.Base))
	}
	if pr := p.Held.Protection; pr != nil {
		hints = append(hints, fmt.Sprintf("tasks of %s are protected from scale-in until %s", p.Service, pr.Until.UTC().Format(time.RFC3339)))
	}
	if m := p.Held.Max; m != nil {
		hints = append(hints, fmt.Sprintf("the maximum of the scalable target of %s was raised to %d; to put %d back: %s --max-capacity %d", p.Service, m.Ours, m.Former, register, m.Former))
	}
	if p.Held.ScalingIn {
		hints = append(hints, fmt.Sprintf("scaling in of %s is suspended; to resume it: %s --suspended-state DynamicScalingInSuspended=false", p.Service, register))
	}
	return hints
}

func boundsText(b cluster.Bounds) string {
	return fmt.Sprintf("%d/%d", b.MinimumHealthyPercent, b.MaximumPercent)
}

// readProtection and readScaling tell whether a snapshot was asked for these, and has them.
func readProtection(s cluster.Snapshot, key cluster.ServiceKey) bool {
	return slices.ContainsFunc(s.Scope.Services, func(scope cluster.ServiceScope) bool { return scope.Service == key && scope.Protection })
}

func readScaling(s cluster.Snapshot, key cluster.ServiceKey) bool {
	return slices.ContainsFunc(s.Scope.Services, func(scope cluster.ServiceScope) bool { return scope.Service == key && scope.Scaling })
}
