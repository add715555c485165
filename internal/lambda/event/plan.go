package event

import (
	"slices"
	"time"
)

// Settings are what the owner of the function has set for it.
type Settings struct {
	// Hooks are the names of the lifecycle hooks that are ours to complete; empty: every terminating hook but ECS's own.
	Hooks []string
}

// Work is what a notice asks for.
type Work struct {
	Do Do
	// Why says, for people, why there is nothing to do; it is empty where there is.
	Why string

	Hook     Hook          // Depart, where there is one to complete
	Instance string        // Depart: the EC2 instance's id
	Limit    time.Duration // Depart: how long there is time; 0: as long as the hook lasts
	Begun    time.Time     // Depart: since when the time runs; zero where the notice does not say

	Alarm        string // Ring: its name
	Retirement   Retirement
	Request      Request
	Continuation Continuation
}

// Do is the kind of a Work.
type Do string

// The kinds of work.
const (
	Nothing Do = "nothing" // and say so
	Depart  Do = "depart"  // let an instance leave, and complete its hook, if any
	Replace Do = "replace" // replace tasks that AWS will stop
	Operate Do = "operate" // run the operation that was asked for
	Resume  Do = "resume"  // go on with what was carried on
	Ring    Do = "ring"    // tell the operations that an alarm is to stop
)

// ManagedHook is the lifecycle hook that ECS puts on a group for managed draining. ECS alone completes it.
// Source: developer guide, managed-instance-draining.
const ManagedHook = "ecs-managed-draining-termination-hook"

const (
	interruptionLimit = 2 * time.Minute // EC2 user guide, spot-instance-termination-notices
	rebalanceLimit    = time.Hour       // not AWS's: an instance that is still there after that is likely to stay
)

// Plan says which work a notice asks for.
func (s Settings) Plan(n Notice) Work {
	switch n := n.(type) {
	case Hook:
		return s.hook(n)
	case Interruption:
		return Work{Do: Depart, Instance: n.Instance, Limit: interruptionLimit, Begun: n.At}
	case Rebalance:
		return Work{Do: Depart, Instance: n.Instance, Limit: rebalanceLimit, Begun: n.At}
	case Retirement:
		if n.Over {
			return nothing("the task retirement is closed")
		}
		return Work{Do: Replace, Retirement: n}
	case Request:
		return Work{Do: Operate, Request: n}
	case Continuation:
		return Work{Do: Resume, Continuation: n}
	case Alarm:
		return rings(n)
	case Test:
		return nothing("a test notification of group " + n.Group)
	case Foreign:
		return nothing("not for us: " + n.What)
	case Strange:
		return nothing("not understood: " + n.Why)
	}
	return nothing("not understood")
}

// hook tells ours from others'. To complete another's hook would take away the time that its owner needs, so what is not ours is left alone.
func (s Settings) hook(h Hook) Work {
	switch {
	case h.Transition != Terminating:
		return nothing("hook " + h.Name + " of group " + h.Group + " is for " + h.Transition)
	case h.Name == ManagedHook:
		return nothing("hook " + h.Name + " of group " + h.Group + " is ECS's own, which drains the instance and completes it")
	case len(s.Hooks) > 0 && !slices.Contains(s.Hooks, h.Name):
		return nothing("hook " + h.Name + " of group " + h.Group + " is not one of ours")
	}
	return Work{Do: Depart, Hook: h, Instance: h.Instance, Begun: h.At}
}

func nothing(why string) Work { return Work{Do: Nothing, Why: why} }
