package operation

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"handover/internal/cluster"
)

// This file has the CloudWatch alarms that stop an operation. They are read with each look, and once in alarmLook at least. One of them in ALARM ends the
// operation as failed: a deployment is rolled back by ECS first, and what was changed for the duration is put back as after any failure. Between two batches of a
// recycle nothing else is to be undone. An alarm that is in ALARM before anything was done, one that does not exist, and one that may not be read refuse the operation.
//
// INSUFFICIENT_DATA is no alarm, for ECS neither (developer guide, deployment-alarm-failure: a deployment fails when an alarm goes to ALARM). An alarm that cannot be
// read meanwhile, or has been deleted, is told at once, and ends the operation like one in ALARM when it has been so for blindMost: who names alarms does not want
// tasks replaced that nobody watches, and a minute without CloudWatch is no reason to throw a sound rollout away.
//
// Where an event says that one is in ALARM, that is taken for its state, and not read: Ring writes it into the claim of each operation that it is to stop.

const (
	alarmLook = 30 * time.Second // a metric alarm has a period of 10 s at the shortest, and of a minute as a rule
	blindMost = 5 * time.Minute  // five periods of a minute: what an alarm of three of five would need to tell
)

// watched adds the alarms to what is read next.
func (k *Keep[T]) watched(d Decision) Decision {
	if len(k.StopOn) == 0 || d.Verdict != nil || k.Final != nil {
		return d
	}
	d.Look, d.Wait = d.Look.Union(cluster.Scope{Alarms: k.StopOn}), min(d.Wait, alarmLook)
	return d
}

// alarmless refuses where an alarm cannot say whether something goes wrong. It is nil where all of them were read and are not in ALARM.
func (k *Keep[T]) alarmless(s cluster.Snapshot) *cluster.Verdict {
	if len(s.Scope.Alarms) == 0 {
		return nil
	}
	if gap, ok := s.Gap(cluster.ServiceKey{}, cluster.PartAlarms); ok {
		refused := refusal("alarms-unreadable", "the alarms could not be read: "+gap.Err.Message, "it takes the permission "+gap.Permission)
		return &refused
	}
	for _, name := range k.StopOn {
		if !slices.ContainsFunc(s.Alarms, func(a cluster.Alarm) bool { return a.Name == name }) {
			refused := refusal("no-such-alarm", fmt.Sprintf("there is no alarm %q", name), "to list the alarms: aws cloudwatch describe-alarms")
			return &refused
		}
	}
	if names := k.ringing(s); len(names) > 0 {
		refused := refusal("alarm", fmt.Sprintf("%s in ALARM before anything was done", areNamed(names)), "leave it out of --stop-on-alarm, or see to it first")
		return &refused
	}
	return nil
}

// see keeps track of whether the alarms can be read, and tells when that changes. A snapshot that was not asked for them says nothing.
func (k *Keep[T]) see(in Input) *Note {
	if len(in.Snapshot.Scope.Alarms) == 0 || !k.Admitted {
		return nil
	}
	unseen := k.unseen(in.Snapshot)
	switch {
	case unseen != "" && k.Blind.IsZero():
		k.Blind = in.Now
		return &Note{Level: Warning, Text: fmt.Sprintf("%s; it is stopped unless that changes within %s", unseen, blindMost)}
	case unseen == "" && !k.Blind.IsZero():
		k.Blind = time.Time{}
		return &Note{Level: Info, Text: "the alarms can be read again"}
	}
	return nil
}

// unseen says which alarms could not be read, or are not there any more; empty: none.
func (k *Keep[T]) unseen(s cluster.Snapshot) string {
	if gap, ok := s.Gap(cluster.ServiceKey{}, cluster.PartAlarms); ok {
		return "the alarms could not be read: " + gap.Err.Message
	}
	for _, name := range k.StopOn {
		if !slices.ContainsFunc(s.Alarms, func(a cluster.Alarm) bool { return a.Name == name }) {
			return fmt.Sprintf("there is no alarm %q any more", name)
		}
	}
	return ""
}

// alarming says why the alarms end the body now; nil: they do not.
func (k *Keep[T]) alarming(in Input) *cluster.Cause {
	names := k.ringing(in.Snapshot)
	switch {
	case len(names) > 0:
		cause := cluster.Cause{Code: "alarm", Certain: true, Text: areNamed(names) + " in ALARM"}
		for _, a := range in.Snapshot.Alarms {
			if slices.Contains(names, a.Name) && a.Reason != "" {
				cause.Evidence = append(cause.Evidence, a.Name+": "+a.Reason)
			}
		}
		return &cause
	case !k.Blind.IsZero() && in.Now.Sub(k.Blind) >= blindMost:
		return &cluster.Cause{Code: "alarms-unreadable", Certain: true, Text: fmt.Sprintf("the alarms have told nothing for %s", in.Now.Sub(k.Blind).Round(time.Second))}
	}
	return nil
}

// ringing are the alarms that are in ALARM, by name.
func (k *Keep[T]) ringing(s cluster.Snapshot) []string {
	var names []string
	for _, a := range s.Alarms {
		if a.State == cluster.AlarmRaised && slices.Contains(k.StopOn, a.Name) {
			names = append(names, a.Name)
		}
	}
	if k.Rung != "" && !slices.Contains(names, k.Rung) {
		names = append(names, k.Rung)
	}
	return names
}

// areNamed makes the beginning of a sentence: alarm a is, or alarms a and b are.
func areNamed(names []string) string {
	if len(names) == 1 {
		return "alarm " + names[0] + " is"
	}
	return "alarms " + strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1] + " are"
}

// halt ends the body because of its alarms, after ECS has rolled its deployment back where it has one in flight.
func (k *Keep[T]) halt(in Input, cause cluster.Cause) Decision {
	p, text := k.Body.Progress(in.Now), cause.Text
	cause.Text = text + ": stopped"
	verdict := cluster.Verdict{End: cluster.Failed, Summary: cause.Text, Figures: p.Figures, Cause: &cause}
	if p.Figures.Deployment == "" || k.kind() != KindRestart && k.kind() != KindUpdate {
		if p.Changed && p.GoesOn != "" {
			verdict.Hints = append(verdict.Hints, p.GoesOn+" goes on; to follow it: handover watch "+k.Body.Target().Service.String())
		}
		return k.conclude(in, verdict)
	}
	k.Halted, k.Undoing = &verdict, NewUpdate(k.Body.Target().Service, UpdateOptions{Back: true, Only: p.Figures.Deployment, InFlight: k.kind() == KindRestart})
	d := k.Undoing.Step(Input{Now: in.Now})
	d.Notes = append(d.Notes, Note{Level: Warning, Text: text + "; ECS is asked to roll back"})
	return d
}

// undo follows the rollback of what an alarm has stopped. The user's interrupt ends the following, and the timeout does.
func (k *Keep[T]) undo(in Input) Decision {
	in.Outcomes = k.hear(in.Outcomes)
	verdict := *k.Halted
	late := k.Timeout > 0 && !in.Now.Before(k.Started.Add(k.Timeout))
	if in.Interrupt != NoInterrupt || late {
		verdict.Summary += "; what became of the rollback was not waited for"
		verdict.Hints = append(verdict.Hints, "to follow it: handover watch "+k.Body.Target().Service.String())
		return k.halted(in, verdict)
	}
	d := k.Undoing.Step(in)
	if d.Verdict == nil {
		return k.send(in, d)
	}
	verdict.Summary += "; " + d.Verdict.Summary
	verdict.Hints = append(verdict.Hints, d.Verdict.Hints...)
	return k.halted(in, verdict)
}

func (k *Keep[T]) halted(in Input, verdict cluster.Verdict) Decision {
	cause := *verdict.Cause
	cause.Text = verdict.Summary
	verdict.Cause, k.Undoing = &cause, nil
	return k.conclude(in, verdict)
}
