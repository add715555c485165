package simulate

import (
	"math/rand/v2"
	"slices"
	"strings"

	"handover/internal/cluster"
)

// This file has what makes every fault meet every step often enough: two thirds of the seeds aim at one pair of them, and their scene and operation are drawn so that it
// can come about. The others leave it to chance.

// aim is the pair that a seed means to bring about, and how often.
type aim struct {
	Pair
	left int
}

// labels are the steps of all operations, by what they do, as label names them. Two kinds of steps are in each operation: it looks again at once, or later.
func labels() []string {
	return []string{
		"restart: TagResource", "restart: UpdateService", "restart: UntagResource", "restart: look", "restart: wait",
		"restart-fast: StopTask", "restart-fast: look", "restart-fast: wait",
		"update: TagResource", "update: ReviseTaskDefinition", "update: UpdateService", "update: StopTask", "update: UntagResource", "update: look", "update: wait",
		"rollback: TagResource", "rollback: ReviseTaskDefinition", "rollback: StopServiceDeployment", "rollback: UpdateService", "rollback: UntagResource", "rollback: look", "rollback: wait",
		"recycle-graceful: TagResource", "recycle-graceful: RegisterScalableTarget", "recycle-graceful: UpdateService", "recycle-graceful: UpdateTaskProtection",
		"recycle-graceful: UntagResource", "recycle-graceful: look", "recycle-graceful: wait",
		"recycle-stop: TagResource", "recycle-stop: RegisterScalableTarget", "recycle-stop: UpdateService", "recycle-stop: DeregisterTarget", "recycle-stop: StopTask",
		"recycle-stop: UntagResource", "recycle-stop: look", "recycle-stop: wait",
	}
}

// rare are the steps of which there is one in a run, or none: they are aimed at more often than the others.
func rare() []string {
	return []string{"restart: UpdateService", "restart-fast: StopTask", "update: ReviseTaskDefinition", "update: UpdateService", "update: StopTask",
		"rollback: ReviseTaskDefinition", "rollback: StopServiceDeployment", "rollback: UpdateService", "recycle-graceful: RegisterScalableTarget", "recycle-stop: DeregisterTarget"}
}

// Pairs are all pairs that can come about, in order.
func Pairs() []Pair {
	var all []Pair
	for _, step := range labels() {
		for _, fault := range Faults() {
			if p := (Pair{fault, step}); p.possible() {
				all = append(all, p)
			}
		}
	}
	return all
}

// possible tells whether a fault can meet a step at all: a call fails only in a step that makes one, tags are refused where they are written or removed, and a
// restart-fast has none.
func (p Pair) possible() bool {
	step := p.does()
	switch p.Fault {
	case Throttled, Failed, Lost:
		return step != "look" && step != "wait"
	case RefusesTags:
		return p.of() != "restart-fast" && slices.Contains([]string{"TagResource", "UntagResource", "UpdateService", "RegisterScalableTarget", "UpdateTaskProtection"}, step)
	case Untags:
		return p.of() != "restart-fast"
	default:
		return true
	}
}

// of is the operation of a pair, and does is what its step does.
func (p Pair) of() string   { name, _, _ := strings.Cut(p.Step, ": "); return name }
func (p Pair) does() string { _, step, _ := strings.Cut(p.Step, ": "); return step }

// drawAim draws what a seed aims at; nothing for a third of them.
func drawAim(random *rand.Rand) aim {
	if random.IntN(3) == 0 {
		return aim{}
	}
	for {
		p := Pair{one(random, Faults()...), one(random, labels()...)}
		if random.IntN(4) == 0 {
			p.Step = one(random, rare()...)
		}
		if p.possible() {
			return aim{Pair: p, left: 1 + random.IntN(2)}
		}
	}
}

// changes tells whether the aim is at a step of a rollback that changes more than tags.
func (a aim) changes() bool {
	return a.of() == "rollback" && slices.Contains([]string{"StopServiceDeployment", "ReviseTaskDefinition", "UpdateService"}, a.does())
}

// tagged tells whether the aim takes an operation that has a record.
func (a aim) tagged() bool {
	return a.Fault == Untags || a.Fault == RefusesTags || slices.Contains([]string{"TagResource", "UntagResource"}, a.does())
}

// alarms tells whether the aim takes an operation that an alarm stops.
func (a aim) alarms() bool { return slices.Contains([]Fault{Rings, Clears, Silences}, a.Fault) }

// aimed tells whether a fault is to meet this step now.
func (f *faulty) aimed(fault Fault) bool {
	return f.aim.left > 0 && f.aim.Fault == fault && f.aim.Step == f.step && !f.silent && f.random.IntN(4) > 0
}

// aimedAmong is the first of some faults that is to meet this step now.
func (f *faulty) aimedAmong(faults ...Fault) (fault Fault, ok bool) {
	for _, fault := range faults {
		if f.aimed(fault) {
			return fault, true
		}
	}
	return "", false
}

// refused is the answer to a caller who may not write tags.
func refused(action string) cluster.Outcome {
	return cluster.Outcome{Result: cluster.Rejected, Err: cluster.Errorf(cluster.ClassDenied, "AccessDeniedException", "not authorized to perform: ecs:%s", action)}
}
