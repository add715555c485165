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

const alarmLook = 30 * time.Second // a metric alarm has a period of 10 s at the shortest, and of a minute as a rule

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

// ringing are the alarms that are in ALARM, by name.
func (k *Keep[T]) ringing(s cluster.Snapshot) []string {
	var names []string
	for _, a := range s.Alarms {
		if a.State == cluster.AlarmRaised && slices.Contains(k.StopOn, a.Name) {
			names = append(names, a.Name)
		}
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

// halt ends the body because of an alarm, after ECS has rolled its deployment back where it has one in flight.
func (k *Keep[T]) halt(in Input, names []string) Decision {
	p := k.Body.Progress(in.Now)
	text := areNamed(names) + " in ALARM"
	verdict := cluster.Verdict{End: cluster.Failed, Figures: p.Figures, Cause: &cluster.Cause{Code: "alarm", Certain: true}}
	for _, a := range in.Snapshot.Alarms {
		if slices.Contains(names, a.Name) && a.Reason != "" {
			verdict.Cause.Evidence = append(verdict.Cause.Evidence, a.Name+": "+a.Reason)
		}
	}
	verdict.Summary = text + ": stopped"
	verdict.Cause.Text = verdict.Summary
	kind := k.Body.Target().Kind
	if p.Figures.Deployment == "" || kind != KindRestart && kind != KindUpdate {
		if p.Changed && p.GoesOn != "" {
			verdict.Hints = append(verdict.Hints, p.GoesOn+" goes on; to follow it: handover watch "+k.Body.Target().Service.String())
		}
		return k.conclude(in, verdict)
	}
	k.Halted, k.Undoing = &verdict, NewUpdate(k.Body.Target().Service, UpdateOptions{Back: true})
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
