package simulate

import (
	"time"

	"handover/internal/cluster"
	"handover/internal/operation"
)

// This file has the alarm that stops operations of fault runs: it rings, it is still again or has no data, it cannot be read or is deleted, and comes back.

const alarmName = "errors"

// blindMost is how long an operation may go on without its alarms, and with a look of half a minute.
const blindMost = 5*time.Minute + 30*time.Second

// alarm does to the alarm what a fault says.
func (f *faulty) alarm(fault Fault) {
	if len(f.work.company.alarms) == 0 {
		return
	}
	state := cluster.AlarmRaised
	switch fault {
	case Silences:
		f.hit(fault)
		f.mute = f.world.Now().Add(one(f.random, 20*time.Second, 2*time.Minute, 4*time.Minute, 20*time.Minute))
		f.gone = f.random.IntN(2) == 0
		return
	case Clears:
		state = one(f.random, cluster.AlarmOK, cluster.AlarmUnknown)
	default:
	}
	f.does(fault, cluster.SetAlarmState{Alarm: alarmName, State: state})
}

// muted is a snapshot without the alarms, where they cannot be read now or are gone.
func (f *faulty) muted(s cluster.Snapshot) cluster.Snapshot {
	if f.silent || len(s.Scope.Alarms) == 0 || !f.world.Now().Before(f.mute) {
		return s
	}
	s.Alarms = nil
	if !f.gone {
		s.Gaps = append(s.Gaps, cluster.Gap{Part: cluster.PartAlarms, Permission: "cloudwatch:DescribeAlarms", Err: cluster.APIError{Class: cluster.ClassUnavailable, Code: "ServiceUnavailable", Message: "Service Unavailable."}})
	}
	return s
}

// heeds holds, after each step, that an operation goes on neither with an alarm that it was shown in ALARM, nor for long without any: it ends, or undoes.
func (f *faulty) heeds(in operation.Input) {
	if f.op == nil || len(in.Snapshot.Scope.Alarms) == 0 || !f.op.Acting() {
		f.unseen = time.Time{}
		return
	}
	rings := false
	for _, a := range in.Snapshot.Alarms {
		rings = rings || a.State == cluster.AlarmRaised
	}
	switch {
	case rings:
		f.fail("it goes on at %s although the alarm is in ALARM", f.step)
	case len(in.Snapshot.Alarms) > 0:
		f.unseen = time.Time{}
	case f.unseen.IsZero():
		f.unseen = in.Now
	case in.Now.Sub(f.unseen) > blindMost && len(in.Outcomes) == 0:
		f.fail("it goes on at %s although its alarm has told nothing since %s", f.step, f.unseen.UTC().Format("15:04:05"))
	}
}
