// Package service is the ECS service scheduler as a pure model: what it decides at one look at a service, and what it says about it.
//
// Plan guarantees, for whatever state it is given, that carrying it out leaves no fewer healthy tasks than the floor by its own stops, and no more tasks than
// the ceiling by its own starts. It reads nothing but its arguments, and changes nothing that shows: it notes which tasks need not be asked again. Carrying a plan out, and the load balancer, are the caller's
// (package world); the model of the load balancer is a sibling that this package does not know.
package service

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"handover/internal/cluster"
	"handover/internal/world/draw"
	"handover/internal/world/profile"
)

// Service is one service with all that its scheduler knows.
type Service struct {
	Place       int                           `json:"place"` // among the services of the world; it never changes
	Key         cluster.ServiceKey            `json:"key"`
	Status      cluster.ServiceStatus         `json:"status"`
	Scheduling  cluster.Scheduling            `json:"scheduling"`
	Controller  cluster.Controller            `json:"controller"`
	Launch      cluster.Launch                `json:"launch,omitempty"`
	Definition  string                        `json:"definition"`
	Desired     int                           `json:"desired"`
	Bounds      cluster.Bounds                `json:"bounds"`
	Breaker     cluster.Breaker               `json:"breaker"`
	Alarms      cluster.Alarms                `json:"alarms,omitzero"`
	Early       cluster.EarlySuccess          `json:"early,omitzero"`
	Connect     bool                          `json:"connect,omitempty"` // Service Connect is enabled
	Rebalancing bool                          `json:"rebalancing,omitempty"`
	GracePeriod time.Duration                 `json:"gracePeriod,omitempty"`
	Attachments []cluster.Attachment          `json:"attachments,omitempty"`
	Provider    string                        `json:"provider,omitempty"` // the capacity provider whose container instances take its tasks
	Providers   []cluster.ProviderShare       `json:"providers,omitempty"`
	Strategy    []cluster.PlacementStrategy   `json:"strategy,omitempty"`
	Constraints []cluster.PlacementConstraint `json:"constraints,omitempty"`
	Members     json.RawMessage               `json:"members,omitempty"`
	Durations   *profile.Durations            `json:"durations,omitempty"` // of its tasks, where they are not the world's; what it points to is not changed
	CreatedAt   time.Time                     `json:"createdAt"`

	Deployments []*Deployment `json:"deployments,omitempty"` // newest first; the first is PRIMARY
	TaskSets    []*TaskSet    `json:"taskSets,omitempty"`    // under the controller EXTERNAL, in its place; oldest first
	Tasks       []*Task       `json:"tasks,omitempty"`       // oldest first; stopped ones stay for as long as ECS shows them
	Events      []Event       `json:"events,omitempty"`      // oldest first, EventsKept at most

	History []*Record `json:"history,omitempty"` // service deployments, oldest first

	Looks     int       `json:"looks"`               // how many looks there have been
	LookAt    time.Time `json:"lookAt,omitzero"`     // the next one; zero while the service sleeps
	Unsettled bool      `json:"unsettled,omitempty"` // something changed since the last steady state
	SteadyAt  time.Time `json:"steadyAt,omitzero"`   // the last steady-state event
	ChangedAt time.Time `json:"changedAt,omitzero"`  // when a task last reached RUNNING or was sent away, or a deployment in the place of another was first looked at
	Owed      int       `json:"owed,omitempty"`      // unhealthy tasks that were stopped before their replacements could start
	ForgetAt  time.Time `json:"forgetAt,omitzero"`   // when the next of its stopped tasks is not shown any more; zero: it has none
	StuckAt   time.Time `json:"stuckAt,omitzero"`    // the last event that said why nothing moves; zero once something does
	StuckBy   EventKind `json:"stuckBy,omitempty"`   // and what it said; empty where that was before the service was loaded
	Leaving   int       `json:"leaving,omitempty"`   // tasks on their way out
	Moving    int       `json:"moving,omitempty"`    // tasks that AZ rebalancing has started, and for which none was stopped yet
	Uneven    bool      `json:"uneven,omitempty"`    // it has said that the service is not AZ balanced
	Groupless string    `json:"groupless,omitempty"` // the ARN of a target group that was deleted beneath it
	Started   int       `json:"started"`             // tasks ever started
	Deployed  int       `json:"deployed"`            // deployments ever created
	Said      int       `json:"said"`                // events ever said

	name, group  string   // see Name and Group; made anew where they are empty
	luck         draw.Key // see Luck; made anew where it is 0
	aged, agedOf []*Task  // see ByAge; the Tasks of which it was made
	past         int      // see Current
}

// Become makes s a copy of another service; what that points to is shared. Only what is used again stays its own.
func (s *Service) Become(other *Service) {
	aged, agedOf := s.aged, s.agedOf
	*s = *other
	s.aged, s.agedOf = aged[:0], agedOf[:0]
}

// Current are the tasks that may still matter to the scheduler: all but those of the oldest that the last look found to be over. A rollout of 5,000 leaves 5,000 behind, which every
// look would go through for an hour.
func (s *Service) Current() []*Task { return s.Tasks[s.past:] }

// passOver finds the oldest tasks that are over.
func (s *Service) passOver() {
	for s.past < len(s.Tasks) && s.Tasks[s.past].over() {
		s.past++
	}
}

// Forget stops showing the tasks that a function chooses.
func (s *Service) Forget(chosen func(*Task) bool) {
	s.Tasks, s.past = slices.DeleteFunc(s.Tasks, chosen), 0
}

// ByAge gives the tasks oldest first, then by id. It may not be changed. Only what has come since the last time is sorted, as long as nothing has gone: new tasks are the youngest.
func (s *Service) ByAge() []*Task {
	known := len(s.agedOf)
	if known > len(s.Tasks) || !slices.Equal(s.Tasks[:known], s.agedOf) {
		known = 0
	}
	compare := func(a, b *Task) int { return CompareAges(&a.Task, &b.Task) }
	s.agedOf = append(s.agedOf[:known], s.Tasks[known:]...)
	s.aged = append(s.aged[:known], s.Tasks[known:]...)
	young := s.aged[known:]
	slices.SortFunc(young, compare)
	if 0 < known && len(young) > 0 && compare(s.aged[known-1], young[0]) > 0 {
		slices.SortFunc(s.aged, compare)
	}
	return s.aged
}

// CompareAges orders tasks oldest first, then by id.
func CompareAges(a, b *cluster.Task) int {
	if c := a.CreatedAt.Compare(b.CreatedAt); c != 0 {
		return c
	}
	return strings.Compare(a.ID, b.ID)
}

// Deployment is one of the service's deployments.
type Deployment struct {
	ID         string               `json:"id"`
	Definition string               `json:"definition"`
	Rollout    cluster.RolloutState `json:"rollout"`
	Seen       bool                 `json:"seen"`                // the scheduler has looked at it; before that its desired count reads 0
	Resolved   bool                 `json:"resolved"`            // its images' digests are known, so that all its tasks may start
	Wanted     int                  `json:"wanted,omitempty"`    // of a deployment that is not primary: tasks that it should still have
	Failed     int                  `json:"failed"`              // starts in a row that failed; a task that gets healthy sets it back
	Uncounted  int                  `json:"uncounted,omitempty"` // starts that failed since; the next start counts them
	Pauses     int                  `json:"pauses,omitempty"`    // how often in a row starts were held back
	Vain       int                  `json:"vain,omitempty"`      // attempts in a row in which no task could be placed, and that are held back
	NextStart  time.Time            `json:"nextStart,omitzero"`  // no start before this, after one that failed
	Tripped    time.Time            `json:"tripped,omitzero"`    // when the circuit breaker acts; zero while it has not counted enough
	Completed  time.Time            `json:"completed,omitzero"`  // when it last reached a steady state; zero if it never did
	Ignored    []string             `json:"ignored,omitempty"`   // alarms that were in ALARM when it began
	BakedAt    time.Time            `json:"bakedAt,omitzero"`    // until when its alarms are watched after it has all that it needs; zero before that
	Failure    string               `json:"failure,omitempty"`   // why it failed
	Vacant     bool                 `json:"vacant,omitempty"`    // another one took its place, its last task is gone, and it is not shown any more
	CreatedAt  time.Time            `json:"createdAt"`
	UpdatedAt  time.Time            `json:"updatedAt"`

	Members     json.RawMessage      `json:"members,omitempty"`     // of the service when it began, or of the task set
	Pinned      bool                 `json:"pinned,omitempty"`      // the service's attachments have changed since; Attachments are its own
	Attachments []cluster.Attachment `json:"attachments,omitempty"` // only where Pinned, and of a task set
}

// Count counts the starts that failed since the last one.
func (d *Deployment) Count() { d.Failed, d.Uncounted = d.Failed+d.Uncounted, 0 }

// Record is a service deployment, as ECS remembers it. Its revision has the number of its deployment.
type Record struct {
	ID         string                          `json:"id"`         // 21 characters
	Deployment string                          `json:"deployment"` // ecs-svc/NUMBER
	Definition string                          `json:"definition"`
	Sources    []string                        `json:"sources,omitempty"` // deployments that were there
	Members    json.RawMessage                 `json:"members,omitempty"` // of the service when it began
	Behind     []cluster.Attachment            `json:"behind,omitempty"`  // likewise its attachments
	Status     cluster.ServiceDeploymentStatus `json:"status"`
	Reason     string                          `json:"reason,omitempty"`
	RolledBack string                          `json:"rolledBack,omitempty"` // the deployment to which it was rolled back
	Settings   cluster.RolloutSettings         `json:"settings,omitzero"`    // of the service when it began
	Failures   int                             `json:"failures,omitempty"`   // that its circuit breaker had counted when it ended
	Threshold  int                             `json:"threshold,omitempty"`  // of its circuit breaker when it ended
	Failure    string                          `json:"failure,omitempty"`    // why it failed
	Triggered  []string                        `json:"triggered,omitempty"`  // the alarms that failed it
	CreatedAt  time.Time                       `json:"createdAt"`
	StartedAt  time.Time                       `json:"startedAt,omitzero"`
	FinishedAt time.Time                       `json:"finishedAt,omitzero"`
	UpdatedAt  time.Time                       `json:"updatedAt,omitzero"`
}

// Over tells whether the service deployment has ended.
func (r *Record) Over() bool { return !r.FinishedAt.IsZero() }

// Move brings a service deployment to its next status.
func (r *Record) Move(to cluster.ServiceDeploymentStatus, now time.Time) {
	r.Status, r.UpdatedAt = to, now
	switch to {
	case cluster.DeploymentInProgress:
		r.StartedAt = now
	case cluster.DeploymentStopped, cluster.DeploymentSuccessful, cluster.DeploymentRollbackSuccessful, cluster.DeploymentRollbackFailed:
		r.FinishedAt = now
	default:
	}
}

// Task is one task of a service, with what only ECS knows of it. A world has many: what few have is behind a pointer, the flags lie together, and what each look asks of each task lies
// in front: with that a forecast of 5,000 tasks takes 48 ms, and 51 ms with it spread over the task.
type Task struct {
	quiet        bool      // the last look found that it rests, and nothing has stirred it since
	Loss         Loss      `json:"loss,omitempty"`        // how far the scheduler knows of a task that ended without it
	Drained      bool      `json:"drained,omitempty"`     // all its targets are gone; the stop signal may be sent
	Checked      bool      `json:"checked,omitempty"`     // it has container health checks
	Signalled    bool      `json:"signalled,omitempty"`   // the stop signal was sent
	Moved        bool      `json:"moved,omitempty"`       // AZ rebalancing has started it
	Sick         bool      `json:"sick,omitempty"`        // it was stopped because it was unhealthy
	Evicted      bool      `json:"evicted,omitempty"`     // its container instance drains
	Queued       bool      `json:"queued,omitempty"`      // it waits on its instance for what stopping tasks still have
	Draining     int8      `json:"draining,omitempty"`    // targets that are not gone yet: one a target group, of which a service has five at most
	Batch        int32     `json:"batch"`                 // the look at which it was started; tasks of one batch share much of their luck
	Left         int32     `json:"left,omitempty"`        // the look at which, or after which, it was sent away
	CountsFrom   time.Time `json:"countsFrom,omitzero"`   // from when on the scheduler counts it as healthy; zero while it is not
	AilsFrom     time.Time `json:"ailsFrom,omitzero"`     // from when on the scheduler takes it for unhealthy, or, of a lost task, its load balancers do; zero while they do not
	Registered   time.Time `json:"registered,omitzero"`   // its targets were registered
	Deregistered time.Time `json:"deregistered,omitzero"` // and deregistered
	Ailment      string    `json:"ailment,omitempty"`     // what ails it: container, or the target group's ARN
	Service      int       `json:"service"`               // the service's place in the world
	luck         draw.Key  // see Luck; made anew where it is 0

	cluster.Task

	Ready   time.Time          `json:"ready,omitzero"`    // from when on the application passes health checks
	Lag     time.Duration      `json:"lag,omitempty"`     // how long before that it was healthy: the scheduler notices with its next look
	Served  time.Time          `json:"served,omitzero"`   // from when on it had counted as healthy when it was sent away or ended
	Held    *cluster.Resources `json:"held,omitempty"`    // what it holds of its container instance; nil once it is not meant to run any more
	Members json.RawMessage    `json:"members,omitempty"` // of the request that started it; only of a task on its own
}

// Loss is how far the scheduler knows of a task that ended by itself, or was stopped by someone else.
type Loss int8

// The steps. A lost task is not missed before it is STOPPED; the look after that deregisters its targets if the load balancer has failed them by then, and the next one
// deregisters them otherwise, says that they drain and starts another task: deregistered 10.9 s after the exit, draining 9.4 s later, start 0.8 s after that, with 2 checks every 10 s
// (case AG2); all three within 0.8 s, 31 s after the exit, with checks every 30 s (case A2). Without a load balancer the start comes about 9 s after
// STOPPED (cases AM2, AN2), which with the stop timeout is 52–66 s after StopTask (case AI2). Source: behaviour part 2, C6–C8.
const (
	NotLost Loss = iota
	Lost         // no look has seen it since it is STOPPED
	Noticed      // one look has
	Told         // it is said that they drain
)

// Name is what chance knows the service by: its key, and its place, because a service may be deleted and created again.
func (s *Service) Name() string {
	if s.name == "" {
		s.name = s.Key.String() + "#" + strconv.Itoa(s.Place)
	}
	return s.name
}

// Luck is the draw.Key of Name.
func (s *Service) Luck() draw.Key {
	if s.luck == 0 {
		s.luck = draw.Of(s.Name())
	}
	return s.luck
}

// Group is what its tasks say that they belong to.
func (s *Service) Group() string {
	if s.group == "" {
		s.group = "service:" + s.Key.Service
	}
	return s.group
}

// Loose makes the place where the tasks of a cluster are kept that belong to no service. It has no name, no deployment and no scheduler: nothing looks at it.
func Loose(place int, inCluster string) *Service {
	return &Service{Place: place, Key: cluster.ServiceKey{Cluster: inCluster}, Status: cluster.ServiceInactive}
}

// Loose tells whether it only keeps tasks that belong to no service.
func (s *Service) Loose() bool { return s.Key.Service == "" }

// Resize changes the desired count. A scale-out during a rollout is one of both revisions: the one that is being replaced gets as many tasks more, too, so that the service can
// carry the load although the new revision may fail. How many each gets is not established; a task each was seen where the count went from 0 to 1 (behaviour part 2, B11).
// Source: AWS What's New of November 2025.
func (s *Service) Resize(desired int, now time.Time, v profile.Variants) {
	more := desired - s.Desired
	s.Desired, s.Unsettled = desired, true
	if len(s.Deployments) == 0 { // under EXTERNAL
		return
	}
	s.Primary().UpdatedAt = now
	former, ok := s.Candidate()
	if !ok || !v.ScalesBoth || s.Primary().Rollout != cluster.RolloutInProgress {
		return
	}
	there := 0
	for _, t := range s.Tasks {
		if t.StartedBy == former.ID && t.MeantToRun() {
			there++
		}
	}
	former.Wanted = max(former.Wanted+more, min(there, former.Wanted)) // of what is not wanted any more after all, only what has not started
}

// Vacate notes which former deployments are not shown any more, because they have no task and want none. Until when they are is not established: profile.Variants.FormerShown.
func (s *Service) Vacate(v profile.Variants) {
	if v.FormerShown != profile.AtStopped || len(s.Deployments) < 2 {
		return
	}
	for _, d := range s.Deployments[1:] {
		d.Vacant = d.Wanted <= 0 && !s.has(d)
	}
}

// Clear lets go of former deployments whose last task is gone, where the one that took their place has completed before that.
func (s *Service) Clear() {
	if len(s.Deployments) < 2 || s.Primary().Rollout != cluster.RolloutCompleted {
		return
	}
	primary := s.Primary()
	s.Deployments = slices.DeleteFunc(s.Deployments, func(d *Deployment) bool { return d != primary && !s.has(d) })
}

// has tells whether a deployment has tasks that are not STOPPED.
func (s *Service) has(d *Deployment) bool {
	return slices.ContainsFunc(s.Current(), func(t *Task) bool { return t.StartedBy == d.ID && !t.Gone() })
}

// Primary is the newest deployment. A service has one from its creation to its end under the ECS controller.
func (s *Service) Primary() *Deployment { return s.Deployments[0] }

// MeantToRun and Gone are those of cluster.Task, without a copy of the whole task for each question: they are asked of every task at every look.

// MeantToRun tells whether ECS wants the task to run.
func (t *Task) MeantToRun() bool { return t.Desired == cluster.Running }

// Gone tells whether the task has ended entirely.
func (t *Task) Gone() bool { return t.Last == cluster.Stopped }

// over tells whether the scheduler has nothing left to do for the task, now or later: it is gone, not missed, and no target of it is registered.
func (t *Task) over() bool {
	return t.Gone() && (t.Loss == NotLost || t.Loss == Told) && (t.Registered.IsZero() || !t.Deregistered.IsZero())
}

// Luck is the draw.Key of the task's id. A task draws some ten times in its life.
func (t *Task) Luck() draw.Key {
	if t.luck == 0 {
		t.luck = draw.Of(t.ID)
	}
	return t.luck
}

// Counts tells whether the task counts toward the floor at a time. Source: API Reference, DeploymentConfiguration.minimumHealthyPercent.
func (t *Task) Counts(now time.Time) bool {
	return !t.CountsFrom.IsZero() && !now.Before(t.CountsFrom) && t.MeantToRun() && t.Last == cluster.Running
}

// Ails tells whether the scheduler takes the task for unhealthy at a time.
func (t *Task) Ails(now time.Time) bool {
	return !t.AilsFrom.IsZero() && !now.Before(t.AilsFrom) && t.MeantToRun() && t.Last == cluster.Running
}

// NoticedWithOthers is when the scheduler takes a task for unhealthy that it would by itself at a time: as soon as another one that it is about to, for it hears of all of them at once. The 0.5 to
// 46 s that it takes are evenly spread, as if it asked every 45 s; two targets that failed together had both replacements in one event (case AG10).
func (s *Service) NoticedWithOthers(at, now time.Time) time.Time {
	for _, t := range s.Current() {
		if t.MeantToRun() && t.AilsFrom.After(now) && t.AilsFrom.Before(at) {
			at = t.AilsFrom
		}
	}
	return at
}

// Protected tells whether the task is protected from scale-in and from deployments at a time.
func (t *Task) Protected(now time.Time) bool { return now.Before(t.ProtectedUntil) }

// Move brings the task to its next status.
func (t *Task) Move(to cluster.TaskStatus) {
	t.Last = to
	t.Version++
	t.Stir()
}

// Stir has the next look ask everything of the task again. Whoever changes what a look asks about calls it, or moves the task.
func (t *Task) Stir() { t.quiet = false }

// rests tells whether a look has nothing to do about the task, now or at any later time, before something stirs it: it runs, it is meant to and counts, nothing ails it, and its targets are
// registered.
func (t *Task) rests(now time.Time) bool {
	return t.Counts(now) && t.Loss == NotLost && !t.Evicted && !t.Drained && t.AilsFrom.IsZero() && t.Ailment == "" && !t.Registered.IsZero()
}
