package profile

// Variants are the behaviours that differ between years and platforms, or that are not established.
type Variants struct {
	// StopEvent says when ECS reports that it has stopped tasks: at the decision (since 2023 at the latest), or when the drain is over (2017–2020).
	// Source: behaviour §1.5.
	StopEvent Moment `json:"stopEvent"`
	// SlotUntil says how long a stopping task counts toward the maximum: until it is STOPPED (Fargate, observed 2025–2026), or until the stop
	// signal (not excluded on EC2). Source: behaviour part 2, A.
	SlotUntil Moment `json:"slotUntil"`
	// StopTaskDrains says that a task which StopTask stops drains its connections before its stop signal: in 2026 it answers DEACTIVATING and no request
	// failed (behaviour part 2, C4, C5); in 2020 it ended at once while its target still showed draining (seed 000). Whether the signal really waits
	// for the whole drain is not established.
	StopTaskDrains bool `json:"stopTaskDrains"`
	// VersionConsistency says that the first task of a deployment starts alone, unless its images are pinned by digest. Source: behaviour §3.7.
	VersionConsistency bool `json:"versionConsistency"`
	// WholeBatches says that no old task is stopped for a healthy new one while other new tasks are still coming up. Source: seed 000, whose author
	// describes it so, and case M: all tasks of a batch drain at once, three times of three. In 2025 old tasks go one by one (case AA1).
	WholeBatches bool `json:"wholeBatches"`
	// OwnRevision says that a task of an earlier deployment that ends in a rollout is replaced from its own revision, and not from the new one.
	// Source: AWS What's New of November 2025.
	OwnRevision bool `json:"ownRevision"`
	// MissedAt says when a task without a load balancer that StopTask stops is missed: when it is STOPPED (the replacement was seen 59–66 s after the call, case
	// AI2, which the stop timeout explains), or at the call, as with a load balancer (4.6–18.9 s, cases AG1, I). Not established: behaviour part 2, I 5.
	MissedAt Moment `json:"missedAt"`
	// DrainIgnoresProtection says that a draining instance loses protected tasks, too: the protection is documented against scale-in and deployments alone, and one
	// report says so. Source: developer guide, task-scale-in-protection; behaviour §3.5.
	DrainIgnoresProtection bool `json:"drainIgnoresProtection"`
	// CompletedEvent says that a deployment's completion is an event of its own. Source: case N of April 2020 had none.
	CompletedEvent bool `json:"completedEvent"`
	// UnhealthyFirst says that a scale-in takes the unhealthy and those that are still starting before healthy tasks. Behaviour §1.11: a model choice.
	UnhealthyFirst bool `json:"unhealthyFirst"`
	// ThrottleDoubles says that starts which fail are held back twice as long each time, up to 27 min, and not for 4 min each time. The steps are not published:
	// behaviour §2 and part 2, D8 and I 4. Four starts about five minutes apart were seen in 2026, where a capacity provider of Spot instances could not be served.
	ThrottleDoubles bool `json:"throttleDoubles"`
	// ScalesBoth says that a scale-out during a rollout starts as many tasks of the revision that is being replaced as of the new one, and not of the new one alone.
	// Source: AWS What's New of November 2025; behaviour part 2, B11.
	ScalesBoth bool `json:"scalesBoth,omitempty"`
	// RenewsWhileShort says that a task of an earlier deployment is replaced from its own revision only while fewer tasks are healthy than are desired. AWS says that
	// it is done for availability; when it ends is not established.
	RenewsWhileShort bool `json:"renewsWhileShort"`
	// SickCountsAt says when the circuit breaker counts a task that failed health checks: when it is STOPPED (cases H and AI1 fit), or at the decision to stop it.
	SickCountsAt Moment `json:"sickCountsAt"`
	// FailuresCountAt says when a start that failed is counted against its deployment: when the next one begins (cases C and D, and AJ2: three failures read as two until the
	// fourth start), or when it ends. Which of the readings of part 2, D2 holds is not established.
	FailuresCountAt Moment `json:"failuresCountAt"`
	// SickWaits says that an unhealthy task stays until its replacement is healthy in a rollout, too: so the developer guide says without exception, and cases R, AG and AC1 show
	// it of steady services. In case H, a rollout, it was stopped in the look in which its replacement started, though no other task was healthy: the rollback had to start one.
	SickWaits bool `json:"sickWaits"`
	// TiesByChance says that of several tasks that are alike any may be stopped, and not the oldest. The developer guide, ecs_services, says at random.
	TiesByChance bool `json:"tiesByChance,omitempty"`
	// FormerShown says until when a former deployment that has no task any more is shown. Source: behaviour part 2, B4 (services-stable, which waits for a single deployment,
	// succeeded 25 s before the completion) and B11 (one without tasks was shown for 2 min 35 s).
	FormerShown Moment `json:"formerShown"`
	// PlacementPauses says that an attempt to place a task for which no container instance has room is a start that failed, as where Fargate has no capacity: after the third one in a row
	// the next comes after a pause, and the circuit breaker counts it. Source: behaviour part 2, D6 (2018, AWS), D7 and D7b; containers-roadmap issue 1273 (a breaker that acted for want of room);
	// against it the worked example of the developer guide, deployment-type-ecs, which has no pause.
	PlacementPauses bool `json:"placementPauses,omitempty"`
	// SpotDrains says that a task on Fargate Spot whose capacity is taken back drains its connections before its stop signal, as far as the two minutes go, and does not get that at once.
	// Source: AWS knowledge center, fargate-spot-termination-notice (the signal is the warning; targets may stay until the task is STOPPED), against containers-roadmap issue 2673 (drained before the signal
	// until September 2025).
	SpotDrains bool `json:"spotDrains,omitempty"`
	// ExternalForced says that forceNewDeployment under the controller EXTERNAL is accepted and does nothing. Behaviour §3.6: what it answers is not known.
	ExternalForced bool `json:"externalForced,omitempty"`
	// RefusesStopped says that StopTask refuses a task that is stopping or STOPPED already. Behaviour §12 and part 2, G: no real answer is known.
	RefusesStopped bool `json:"refusesStopped,omitempty"`
	// RefusesDraining says that an instance that is DRAINING cannot be set DRAINING again. Behaviour §12 and part 2, G: no real answer is known.
	RefusesDraining bool `json:"refusesDraining,omitempty"`
}

// Moment is a moment in the life of a task or of a deployment.
type Moment string

// The moments.
const (
	AtDecision Moment = "decision"
	AtDrained  Moment = "drained" // the drain is over, the stop signal is sent
	AtStopped  Moment = "stopped"

	AtStart      Moment = "start"      // the next task starts
	AtCompletion Moment = "completion" // the deployment that came after completes
)

// Question is a fact that is not established. Operations must be safe whatever its answer is.
type Question struct {
	Name    string    // as in the JSON of Variants
	Option  string    // as in a scenario
	Chooses string    // what is open
	Answers [2]string // in words of a scenario; Answered(v, false) is the first
	Source  string    // where it is said that it is open
	answer  func(v *Variants, other bool)
}

// Answered gives the variants with the question answered: the first way, or the other.
func (q Question) Answered(v Variants, other bool) Variants {
	q.answer(&v, other)
	return v
}

// Answer is the word for how variants answer the question.
func (q Question) Answer(v Variants) string {
	if q.Answered(v, true) == v {
		return q.Answers[1]
	}
	return q.Answers[0]
}

// Asked finds the question of an option.
func Asked(option string) (found Question, ok bool) {
	for _, q := range Questions() {
		if q.Option == option {
			return q, true
		}
	}
	return Question{}, false
}

// Questions lists what is not established. The answers that a profile has are its defaults.
func Questions() []Question {
	moment := func(at *Moment, first, second Moment, other bool) {
		*at = first
		if other {
			*at = second
		}
	}
	yes := [2]string{"yes", "no"}
	return []Question{
		{"slotUntil", "slot-until", "until when a stopping task counts toward the maximum: to its end, or to its stop signal", [2]string{"stopped", "drained"},
			"part 2, A and I 3: whether STOPPING tasks count toward the maximum on EC2", func(v *Variants, other bool) { moment(&v.SlotUntil, AtStopped, AtDrained, other) }},
		{"stopTaskDrains", "stop-task", "whether a task that StopTask stops drains its connections before its stop signal, or gets that at once", [2]string{"drains", "cuts"},
			"part 2, C4–C6: whether the stop signal waits for the whole drain", func(v *Variants, other bool) { v.StopTaskDrains = !other }},
		{"missedAt", "missed-at", "when a task without a load balancer that StopTask stops is missed: at its end, or at the call", [2]string{"stopped", "call"},
			"part 2, I 5: why the reaction to StopTask spans 5–66 s", func(v *Variants, other bool) { moment(&v.MissedAt, AtStopped, AtDecision, other) }},
		{"versionConsistency", "version-consistency", "whether the first task of a deployment starts alone, to find out what tags stand for", yes,
			"§3.7: case F2 started two tasks at once where one would be expected", func(v *Variants, other bool) { v.VersionConsistency = !other }},
		{"wholeBatches", "whole-batches", "whether old tasks stay until all new ones that are coming up are healthy", [2]string{"no", "yes"},
			"§12: there is no log of 2024 or later with many batches", func(v *Variants, other bool) { v.WholeBatches = other }},
		{"unhealthyFirst", "unhealthy-first", "whether a scale-in takes the unhealthy, and those that are still starting, before healthy tasks", yes,
			"§1.11: a model choice", func(v *Variants, other bool) { v.UnhealthyFirst = !other }},
		{"tiesByChance", "ties-by-chance", "which of several tasks that are alike is stopped: the oldest, or any", [2]string{"no", "yes"},
			"§1.3 and §1.11: ties are broken at random; how is not published", func(v *Variants, other bool) { v.TiesByChance = other }},
		{"throttleDoubles", "throttle-doubles", "whether starts that fail are held back twice as long each time, or for 4 min each time", yes,
			"§12, part 2, I 4: the steps of the throttle", func(v *Variants, other bool) { v.ThrottleDoubles = !other }},
		{"failuresCountAt", "failures-count-at", "when a start that failed is counted: at the next start, or at its own end", [2]string{"start", "end"},
			"§12 and part 2, D2: the exact moment when the circuit breaker counts a start that failed", func(v *Variants, other bool) { moment(&v.FailuresCountAt, AtStart, AtStopped, other) }},
		{"sickCountsAt", "sick-counts-at", "when the circuit breaker counts a task that failed health checks: at its end, or when its stop is decided", [2]string{"stopped", "decision"},
			"§12: the exact moment when the circuit breaker counts", func(v *Variants, other bool) { moment(&v.SickCountsAt, AtStopped, AtDecision, other) }},
		{"sickWaits", "sick-waits", "whether an unhealthy task stays until its replacement is healthy in a rollout, too, or is stopped when that starts", yes,
			"§1.3: in case H it was stopped when its replacement started, for no reason that is established", func(v *Variants, other bool) { v.SickWaits = !other }},
		{"scalesBoth", "scales-both", "whether a scale-out during a rollout adds as many tasks of the former revision as of the new one, or of the new one alone", yes,
			"§1.3: how a scale-out during a rollout is divided", func(v *Variants, other bool) { v.ScalesBoth = !other }},
		{"renewsWhileShort", "renews-while-short", "whether a replacement of the former revision is made, and kept, only while fewer tasks are healthy than are desired", yes,
			"§1.3: when a replacement from its own revision is not wanted any more", func(v *Variants, other bool) { v.RenewsWhileShort = !other }},
		{"formerShown", "former-shown", "until when a former deployment without tasks is shown: to the completion of the new one, or to the look that finds it empty", [2]string{"completed", "empty"},
			"part 2, B4 and B11: services-stable succeeded 25 s before a completion, and a deployment without tasks was shown for 155 s", func(v *Variants, other bool) { moment(&v.FormerShown, AtCompletion, AtStopped, other) }},
		{"drainIgnoresProtection", "drain-ignores-protection", "whether a draining instance loses protected tasks, too", yes,
			"§3.5: one report alone", func(v *Variants, other bool) { v.DrainIgnoresProtection = !other }},
		{"refusesStopped", "refuses-stopped", "whether StopTask refuses a task that is stopping or STOPPED", [2]string{"no", "yes"},
			"§12, part 2, G: StopTask on a STOPPED task", func(v *Variants, other bool) { v.RefusesStopped = other }},
		{"refusesDraining", "refuses-draining", "whether an instance that is DRAINING may not be set DRAINING again", [2]string{"no", "yes"},
			"§12, part 2, G: DRAINING on a DRAINING instance", func(v *Variants, other bool) { v.RefusesDraining = other }},
		{"placementPauses", "placement-pauses", "whether attempts to place a task for which no container instance has room come at each look, or after the third one with pauses of minutes, and count as starts that failed", [2]string{"no", "yes"},
			"part 2, D6, D7 and D7b: reports of 2018 and 2019", func(v *Variants, other bool) { v.PlacementPauses = other }},
		{"spotDrains", "spot-drains", "whether a task on Fargate Spot that is taken back gets its stop signal at once, or drains its connections before it", [2]string{"no", "yes"},
			"containers-roadmap issues 797 and 2673: it was one way before September 2025, and the other way after", func(v *Variants, other bool) { v.SpotDrains = other }},
		{"externalForced", "external-forced", "whether forceNewDeployment under the controller EXTERNAL is refused, or does nothing", [2]string{"refused", "ignored"},
			"§3.6 and §12: EXTERNAL and forceNewDeployment", func(v *Variants, other bool) { v.ExternalForced = other }},
	}
}
