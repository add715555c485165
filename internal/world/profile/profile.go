// Package profile is how long things take, and how ECS behaves where that is measured or not established: data, with the source of each figure.
//
// It guarantees that every Span is in order (Low ≤ Median ≤ High), and that with jitter off every draw is the median. It holds no state; whoever has
// measured other durations changes the values of a copy.
package profile

import (
	"time"

	"handover/internal/cluster"
)

// Span is a duration as it was measured: half of all draws lie between Low and Median, half between Median and High, evenly on either side.
type Span struct {
	Low    time.Duration `json:"low"`
	Median time.Duration `json:"median"`
	High   time.Duration `json:"high"`
	Source string        `json:"source"`
}

// At gives the duration at a fraction of the draws, from 0 to 1. At(0.5) is the median.
func (s Span) At(fraction float64) time.Duration {
	if fraction < 0.5 {
		return s.Low + time.Duration(2*fraction*float64(s.Median-s.Low))
	}
	return s.Median + time.Duration((2*fraction-1)*float64(s.High-s.Median))
}

// Exactly is the Span of a duration that is known.
func Exactly(d time.Duration, source string) Span {
	return Span{Low: d, Median: d, High: d, Source: source}
}

// Profile is one set of durations and variants.
type Profile struct {
	Name     string   `json:"name"`
	Jitter   bool     `json:"jitter"` // false: every duration is its median
	Variants Variants `json:"variants"`

	// The scheduler.
	Look      Span `json:"look"`      // from one look at a service to the next, while there is something to do
	Pace      Span `json:"pace"`      // how much longer than Look each look of one deployment takes; nothing with jitter off, so that looks are on a grid
	Deploy    Span `json:"deploy"`    // from a new deployment to the first look at it
	Resize    Span `json:"resize"`    // from a changed desired count to a look
	Notice    Span `json:"notice"`    // from a task that ended, or was stopped, outside the scheduler to a look
	Completed Span `json:"completed"` // from the last of the stopping tasks that has STOPPED to the look that sees it, if none comes earlier
	Bake      Span `json:"bake"`      // without a load balancer: from the last change of a rollout to its completion
	AlarmBake Span `json:"alarmBake"` // with alarms: from a rollout that has all it needs to its completion
	Drained   Span `json:"drained"`   // from the end of a drain to the stop signal
	DrainSlow int  `json:"drainSlow"` // and in addition so many percent of what the drain took beyond a minute
	Draining  Span `json:"draining"`  // from the event that targets are deregistered to the event that they drain
	Starting  Span `json:"starting"`  // within one look: from what it stopped or deregistered to the event of what it started
	Sick      Span `json:"sick"`      // from the event that a task is unhealthy to the event that it was stopped
	Heartbeat Span `json:"heartbeat"` // beyond 6 h, between two steady-state events of an idle service

	// What goes wrong.
	Ailing    Span `json:"ailing"`    // target unhealthy → the scheduler takes the task for unhealthy, and looks
	Retry     Span `json:"retry"`     // a failed start → the next one
	Throttle  Span `json:"throttle"`  // the same after the third failure in a row; it doubles from then on
	InVain    Span `json:"inVain"`    // an attempt to place tasks in vain, the third in a row or a later one → the next one
	Trip      Span `json:"trip"`      // the start after the last failure that counts → the circuit breaker
	PullFails Span `json:"pullFails"` // a start whose image is not there → its end
	InitFails Span `json:"initFails"` // a start whose secrets or registry cannot be reached → its end
	DenyFails Span `json:"denyFails"` // a start that may not read its secrets → its end
	Check     Span `json:"check"`     // RUNNING → container health checks pass
	CheckFail Span `json:"checkFail"` // RUNNING → container health checks have failed
	Crash     Span `json:"crash"`     // RUNNING → an application that crashes has
	Killed    Span `json:"killed"`    // stop timeout over → what was killed has ended
	Cancelled Span `json:"cancelled"` // a task is stopped while it is PROVISIONING → nothing runs of it

	Durations

	// EC2.
	Boot     Span `json:"boot"`     // launched → running
	Join     Span `json:"join"`     // running → its agent has registered it
	Shutdown Span `json:"shutdown"` // shutting down → terminated

	// The load balancer.
	FirstCheck   Span `json:"firstCheck"`   // target registered → first health check
	NetworkCheck Span `json:"networkCheck"` // the same behind a Network Load Balancer
	Seen         Span `json:"seen"`         // target healthy → the scheduler counts it
	DrainEnd     Span `json:"drainEnd"`     // deregistration delay over → the target is gone
}

// Durations are those of a task's way up and down, which every service has its own of.
type Durations struct {
	Attach Span `json:"attach"` // created → network interface there
	Queue  Span `json:"queue"`  // → image pull begun
	Pull   Span `json:"pull"`   // → image there
	Start  Span `json:"start"`  // → RUNNING
	// Of 100 services on container instances so many do not find the layers of their images there, and take ColdPull instead of Pull; none with jitter off.
	Cold     int  `json:"cold,omitempty"`
	ColdPull Span `json:"coldPull,omitzero"`

	Deaf   int  `json:"deaf"`   // of 100 applications so many do not answer the stop signal, and are killed; none with jitter off
	Exit   Span `json:"exit"`   // stop signal → the containers have ended; never longer than the stop timeout
	Detach Span `json:"detach"` // → STOPPED
	Ready  Span `json:"ready"`  // RUNNING → the application passes a load balancer's health check; tasks of one deployment share most of it
}

// Names lists the profiles there are; the first is the default.
func Names() []string { return []string{"fargate-2026", "ec2-2026", "2020"} }

// Named finds a profile by name, with jitter on.
func Named(name string) (found Profile, ok bool) {
	switch name {
	case "fargate-2026":
		return fargate(), true
	case "ec2-2026":
		return ec2(), true
	case "2020":
		return of2020(), true
	}
	return Profile{}, false
}

func seconds(low, median, high float64, source string) Span {
	at := func(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
	return Span{Low: at(low), Median: at(median), High: at(high), Source: source}
}

// fargate is Fargate behind an ALB as it was recorded in 2025 and 2026.
func fargate() Profile {
	return Profile{
		Name:   "fargate-2026",
		Jitter: true,
		Variants: Variants{
			StopEvent: AtDecision, SlotUntil: AtStopped, StopTaskDrains: true, VersionConsistency: true, OwnRevision: true, ScalesBoth: true, MissedAt: AtStopped, DrainIgnoresProtection: true, CompletedEvent: true,
			UnhealthyFirst: true, ThrottleDoubles: true, RenewsWhileShort: true, SickCountsAt: AtStopped,
			FailuresCountAt: AtStart, SickWaits: true, FormerShown: AtCompletion,
		},
		Look:      seconds(8, 10, 10.9, "behaviour §9.2: a grid of about 10 s in nearly every log; stop → deregistered 1.3–10.9 s, median 9.9, n=19; cases R1–R5, AG3–AG9: 8.5–9.6 s from registered to the next step"),
		Pace:      seconds(0, 0.1, 0.3, "cases B1, B2: 10.1–10.2 s over several looks"),
		Deploy:    seconds(4.5, 14, 21, "by service: 13.2 (D), 16.4 and 13.8 (AA1, AA2), 17.1 and 14.4 (F1, F2), 19.8 (J1), 6.6 and 18.8 s (B1, B2); part 2, B6: 3.2–10.9 s to createdAt, n≈21"),
		Resize:    seconds(0.3, 0.64, 1, "case E: 0.64 s"),
		Notice:    seconds(1.5, 10, 42, "from StopTask: case AG1 3.7 s; case I 18.9 s; 38 s in a drill of September 2026 (one task behind an ALB)"),
		Completed: seconds(0.2, 0.8, 2, "cases B1, B2: completed at no multiple of 10 s after the last look"),
		Bake:      seconds(75, 78, 84, "behaviour part 2, B2 and B3: 79, 80.9, 88.9 s after the last stop and 87 s after the call, at the next look (cases AK2, AA1, AM1, AK1)"),
		AlarmBake: seconds(60, 180, 290, "developer guide, deployment-alarm-failure: ECS chooses it, less than 5 min; how long is not established"),
		Drained:   seconds(2, 9.6, 11, "case A3: the stop signal came 39.6 s after deregistered at a delay of 30 s"),
		DrainSlow: 15, // cases W and G: 45–51 s more than the delay of 300 s
		Draining:  seconds(0.003, 0.006, 0.04, "behaviour §9.1, n=20; cases AG: 4–27 ms, n=12"),
		Starting:  seconds(0.72, 0.85, 1.05, "behaviour part 2, A: 0.85–1 s (cases AC2, AD); cases AG1, AG2 and A2: 0.9, 0.8 and 0.74 s after draining"),
		Sick:      seconds(0.027, 0.034, 0.175, "cases AG, R, n=14; case AF: 51 and 150 ms"),
		Heartbeat: seconds(0.5, 25, 45, "case B3: 6 h and 0.5–45 s, n≈35"),
		Ailing:    seconds(0.5, 28, 46, "cases AG3–AG9, R: 4.0, 5.9, 9.2, 20.2, 32.4, 36.2, 38.7, 43.2, 43.6 s to the replacement's start; AG10: 45.4 s"),
		Retry:     seconds(30, 31.5, 42, "behaviour §2: 30.3, 31.5, 31.6, 41.3 s (cases C, D); part 2, D1: 31–32 s; C11: 39.9 s"),
		Throttle:  seconds(180, 240, 305, "part 2, D1: at least 4 min, and about 3 min; case C: 297 s; further steps are not published, the cap is 27 min"),
		InVain:    seconds(290, 900, 905, "behaviour part 2, D6: 15 min (AWS, 2018); D7: about 5 min and up to 5 min (2019), D7b: 8 min (2018); D5: case AK3's breaker after 46 min is the sixth attempt at 15 min"),
		Trip:      seconds(2, 2.9, 4, "case C: 2.9 s after the fourth start"),
		PullFails: seconds(71, 76, 82, "part 2, D1: 85–92 s from start to failure, less the way there"),
		InitFails: seconds(241, 260, 280, "cases C, D, E: 288–289, 256–260 and 261 s from start to failure, less the way there"),
		DenyFails: seconds(3, 8, 18, "a drill of October 2026: each task STOPPED within about 30 s, less the way there and the interface's end"),
		Check:     seconds(5, 30, 45, "API Reference, HealthCheck: an interval of 30 s; part 2, B9: 59.8 s from start to registered; case I and its service: 77–98 s from start to steady, n=5"),
		CheckFail: seconds(85, 92, 120, "API Reference, HealthCheck: 3 retries of 30 s; case H: 142.8 s after the start"),
		Crash:     seconds(5, 20, 60, "part 2, C8: cycles of 60–100 s"),
		Killed:    seconds(0, 6, 25, "STOPPING lasted 43.4 s (behaviour §9.2) and 47 s (case W) at a stop timeout of 30 s; AN1: 37 s to STOPPED; AG10: 105–135 s in all"),
		Cancelled: seconds(10, 35, 40, "case C: 50.4 s from stopped pending to completed"),
		Durations: Durations{
			Attach: seconds(3.3, 4.2, 6, "behaviour §9.2: 3.3 and 4.2 s"),
			Queue:  seconds(6, 7.2, 8, "behaviour §9.2: pull begun 7.0 and 7.5 s after connected"),
			Pull:   seconds(2.5, 9, 52, "behaviour §9.2: 6.9 and 9.3 s; start to registered by service: 20–24 (AG, R), 21.3 (B2), 28.8 (AF), 19.9 and 38.9 (J), 30.1 (F), 30.9 (B1), 40.8 (AC), 41 (K), 40–65 s (A)"),
			Start:  seconds(0.8, 1.2, 3, "behaviour §9.2: 0.8 and 1.2 s"),
			Exit:   seconds(0.5, 2, 12, "draining to completed 51.9–62.8 s at a drain of 30 s, n=18 (behaviour §9.1): applications that end on SIGTERM"),
			Deaf:   15, // cases AC1 (113.6 s from stop to STOPPED and a look), W and one of 2023, of some 15 services
			Detach: seconds(5, 12, 22, "behaviour §1.4: DEPROVISIONING 10–16 s (case W); case AN1: 7 s at most; case A2: about 20 s; 22.8 and 24.3 s until 2023 (§9.2; part 2, H)"),
			Ready:  seconds(0, 2, 50, "registered to counted by service: 9–10 (AG, R), 10 (K), 8 and 50 (A), 10 and 50 (J), where the first check passes; 20 (B2), 41 (B1, F), 51 (AB), 51 and 92 (AC), 72 s (G), and 98 s in 2023, where a later one does: about half and half, and the first comes after 2.2 s. To 50 s, though three of twelve take longer: with 90 s the totals of recordings that it was not made from were 23 % off, and not 19"),
		},

		Boot:     seconds(10, 15, 30, "not measured: a model choice"),
		Join:     seconds(30, 45, 90, "not measured: a model choice"),
		Shutdown: seconds(20, 35, 60, "not measured: a model choice"),

		NetworkCheck: seconds(90, 180, 270, "case Q1: about 4.5 min from registered to healthy (2017); that it is faster since is presumed"),
		FirstCheck:   seconds(2, 2.2, 2.5, "behaviour §1.2: registered → healthy 2.0–2.5 s (cases R)"),
		Seen:         seconds(0.5, 3, 8.5, "stopped 5.3–7.7 s after the replacement was healthy, n=14, at the next look, and once 15.9 s, at the one after it (cases AG, R)"),
		DrainEnd:     seconds(0.2, 0.5, 1.5, "cases R: gone 29–31.5 s after draining began at a delay of 30 s"),
	}
}

// ec2 is a service on container instances with cached images.
func ec2() Profile {
	p := fargate()
	p.Name = "ec2-2026"
	p.Attach = seconds(0.2, 0.5, 1, "bridge networking has no interface of its own to attach")
	p.Queue = seconds(0.2, 0.5, 1.5, "cases N, AB: 1–2 s from start to RUNNING in all")
	p.Pull = seconds(0.2, 0.5, 3, "cases N, AB: the image is cached")
	p.Start = seconds(0.3, 0.5, 1, "case N: 1–2 s in all")
	p.Cold = 25 // cases T, and three of 12 services whose logs of 2017 to 2026 the profile was not made from
	p.ColdPull = seconds(40, 130, 200, "case T: 157–163 s from start to registered; 160 s in a service of 2017; 57, 58 and 176 s from start to steady in one of 2019")
	p.Detach = seconds(0.2, 0.5, 1, "no interface to detach")
	p.Bake = seconds(0, 0, 0, "case U: completed at the first look after the last start, and steady 18–20 s after a start in a crash loop of 2025: there is no such wait on container instances")
	p.Drained = seconds(1, 4, 13, "case AB: 40 and 50 s from draining to the next start at a delay presumed to be 30 s")
	return p
}

// of2020 is what the restart seed's logs of December 2020 show.
func of2020() Profile {
	p := fargate()
	p.Name = "2020"
	p.Variants = Variants{StopEvent: AtDrained, SlotUntil: AtStopped, WholeBatches: true, MissedAt: AtDecision, CompletedEvent: true,
		UnhealthyFirst: true, ThrottleDoubles: true, RenewsWhileShort: true, SickCountsAt: AtStopped, FailuresCountAt: AtStart, SickWaits: true, FormerShown: AtCompletion}
	p.Look = seconds(8.9, 10, 11.4, "cases L, M: 19, 20, 30, 31, 39, 40, 41, 42 s between events; O: 22 and 23 s; 9.1, 9.3 and 10.7 s in three services of 2020 and 2021")
	p.Starting = seconds(0, 0, 0, "case N: in the same second")
	p.Seen = seconds(6.5, 8, 10, "cases L, M: 10–20 s from registered to the next step, or 39 and 40 s")
	p.Pace = seconds(-0.05, 0.17, 0.35, "cases L–N: 302–310 s from draining to stopped are 30 or 31 looks")
	p.Deploy = seconds(1, 5, 15, "case N: 10 s; case S: 4 s; 1.3–9 s in six creations of 2018 to 2022")
	p.Bake = seconds(0, 0, 0, "creations without a load balancer: completed 9.3 and 10.7 s (EC2, 2020 and 2021) and 32 s (Fargate, 2021) after the start")
	p.Completed = seconds(8, 10, 10, "cases L, M: starts come 20–31 s after has stopped, on the grid of looks; steady 18 s after it in June 2020")
	p.NetworkCheck = seconds(240, 280, 290, "case Q1: 279 s from registered to the next step (2017); two times almost exactly 5 min behind a Network Load Balancer, start and drain, in June 2020")
	p.Attach = seconds(3, 5, 8, "cases L, M: 30–42 s from start to registered; 25 and 36 s in a service of February 2020")
	p.Queue = seconds(4, 6, 9, "as above")
	p.Pull = seconds(5, 9, 50, "as above; start to registered or steady in eight other services of 2019 to 2022: 17, 25, 28, 32, 35, 62, 76 and 77 s")
	p.Start = seconds(1, 3, 6, "as above")
	p.Deaf = 0 // none of the five services of cases L to P
	p.Exit = seconds(2, 7.5, 12, "behaviour part 2, H: exit → executionStopped 11.2 s")
	p.Ready = seconds(0, 2.5, 24, "cases L, M: registered → next step 10–20 s in two batches, 39 and 40 s in the others, a health check interval later")
	p.Detach = seconds(8, 13, 18, "behaviour part 2, H: stopped 24.3 s after; cases L, M: start 20–31 s after has stopped")
	return p
}

// On gives the profile on a launch type: on container instances, tasks with cached images come and go in seconds, whatever the year.
func (p Profile) On(launch cluster.Launch) Profile {
	if launch != cluster.EC2 {
		return p
	}
	instances := ec2()
	p.Attach, p.Queue, p.Pull, p.Start, p.Detach = instances.Attach, instances.Queue, instances.Pull, instances.Start, instances.Detach
	p.Cold, p.ColdPull = instances.Cold, instances.ColdPull
	return p
}
