// Package scaling is Application Auto Scaling as a pure model: which services are scalable targets, within which bounds, and when scheduled actions change these.
//
// It guarantees that a schedule's times depend on the schedule alone, whatever the steps in which time goes on. It changes no service: what a count outside
// of the bounds leads to is for the world to say, in which this model meets that of services. What policies measure comes from outside.
package scaling

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"handover/internal/cluster"
	"handover/internal/world/calendar"
)

// Model is all scalable targets of one account and Region. All are ECS services, and their dimension is the desired count.
type Model struct {
	Targets []*Target `json:"targets,omitempty"` // by service
}

// Target is one scalable target.
type Target struct {
	Service   cluster.ServiceKey `json:"service"`
	Min       int                `json:"min"`
	Max       int                `json:"max"`
	Suspended cluster.Suspension `json:"suspended,omitzero"`
	CreatedAt time.Time          `json:"createdAt"`
	Actions   []*Action          `json:"actions,omitempty"`  // by name
	Policies  []*Policy          `json:"policies,omitempty"` // by name

	Activities []cluster.ScalingActivity `json:"activities,omitempty"` // oldest first, activitiesKept at most
	Began      int                       `json:"began,omitempty"`      // activities ever begun
}

// activitiesKept bounds the memory of a target; AWS keeps six weeks. Source: API Reference, DescribeScalingActivities.
const activitiesKept = 200

// Begin takes an activity down. One that is under way is overridden by it. Source: API Reference, ScalingActivity.StatusCode.
func (t *Target) Begin(a cluster.ScalingActivity) {
	if a.Status == cluster.ScalingInProgress {
		t.end(a.StartedAt, cluster.ScalingOverridden, "")
	}
	t.Began++
	t.Activities = append(t.Activities, a)
	if over := len(t.Activities) - activitiesKept; over > 0 {
		t.Activities = slices.Clone(t.Activities[over:])
	}
}

// Fulfill ends the activity that is under way well, if there is one: the service has the tasks that it asked for.
func (t *Target) Fulfill(now time.Time) {
	t.end(now, cluster.ScalingSuccessful, "Change successfully fulfilled by ecs.")
}

func (t *Target) end(now time.Time, status cluster.ScalingProgress, said string) {
	for i := range t.Activities {
		if a := &t.Activities[i]; a.Status == cluster.ScalingInProgress {
			a.Status, a.EndedAt = status, now
			if said != "" {
				done, _, _ := strings.Cut(a.Message, waiting)
				a.Message = done + said
			}
		}
	}
}

// waiting ends the message of an activity that is under way.
const waiting = "Waiting for change to be fulfilled by ecs."

// Set is the message of an activity that has just set a desired count. Source: Application Auto Scaling user guide, application-auto-scaling-scaling-activities.
func Set(desired int) string {
	return "Successfully set desired count to " + strconv.Itoa(desired) + ". " + waiting
}

// Action is a scheduled action of a target.
type Action struct {
	Name      string                `json:"name"`
	Schedule  string                `json:"schedule"`
	Zone      string                `json:"zone,omitempty"`   // the name of the time zone; empty: UTC
	Clocks    []cluster.ClockChange `json:"clocks,omitempty"` // what its clocks do; nobody changes them
	Start     time.Time             `json:"start,omitzero"`
	End       time.Time             `json:"end,omitzero"`
	Min       *int                  `json:"min,omitempty"`
	Max       *int                  `json:"max,omitempty"`
	CreatedAt time.Time             `json:"createdAt"`
	PutAt     time.Time             `json:"putAt"`        // when it was last put, from which a rate counts that has no start
	Due       time.Time             `json:"due,omitzero"` // when it happens next; zero: never again
}

// Target finds the scalable target of a service.
func (m *Model) Target(key cluster.ServiceKey) (found *Target, ok bool) {
	at, ok := slices.BinarySearchFunc(m.Targets, key, compare)
	if !ok {
		return nil, false
	}
	return m.Targets[at], true
}

// Add adds the target of a service that has none.
func (m *Model) Add(t *Target) {
	at, _ := slices.BinarySearchFunc(m.Targets, t.Service, compare)
	m.Targets = slices.Insert(m.Targets, at, t)
}

// Remove removes the target of a service with its scheduled actions.
func (m *Model) Remove(key cluster.ServiceKey) {
	m.Targets = slices.DeleteFunc(m.Targets, func(t *Target) bool { return t.Service == key })
}

func compare(t *Target, key cluster.ServiceKey) int {
	return strings.Compare(t.Service.String(), key.String())
}

// Clone makes a copy that shares nothing that either may change.
func (m Model) Clone() Model {
	copies := make([]*Target, len(m.Targets))
	for i, t := range m.Targets {
		copied := *t
		copied.Actions = make([]*Action, len(t.Actions))
		for j, a := range t.Actions {
			action := *a
			copied.Actions[j] = &action
		}
		copied.Activities = slices.Clone(t.Activities)
		copied.Policies = make([]*Policy, len(t.Policies))
		for j, p := range t.Policies {
			policy := *p
			policy.Seen = slices.Clone(p.Seen)
			copied.Policies[j] = &policy
		}
		copies[i] = &copied
	}
	return Model{Targets: copies}
}

// Clamp is the count within the bounds that is nearest to a desired count.
func (t *Target) Clamp(desired int) int { return max(t.Min, min(t.Max, desired)) }

// Action finds a scheduled action.
func (t *Target) Action(name string) (found *Action, ok bool) {
	for _, a := range t.Actions {
		if a.Name == name {
			return a, true
		}
	}
	return nil, false
}

// Put adds a scheduled action, in the place of one of its name if there is one.
func (t *Target) Put(a *Action) {
	at, there := slices.BinarySearchFunc(t.Actions, a.Name, func(a *Action, name string) int { return strings.Compare(a.Name, name) })
	if there {
		t.Actions[at] = a
		return
	}
	t.Actions = slices.Insert(t.Actions, at, a)
}

// Delete removes a scheduled action.
func (t *Target) Delete(name string) {
	t.Actions = slices.DeleteFunc(t.Actions, func(a *Action) bool { return a.Name == name })
}

// Run lets a scheduled action happen: the bounds become what it says. It tells whether it was not suspended.
//
// One that gives a single bound beyond the other takes the other along; what AWS does then is not established.
func (t *Target) Run(a *Action) bool {
	if t.Suspended.Scheduled {
		return false
	}
	if a.Min != nil {
		t.Min, t.Max = *a.Min, max(t.Max, *a.Min)
	}
	if a.Max != nil {
		t.Min, t.Max = min(t.Min, *a.Max), *a.Max
	}
	return true
}

// Next is when an action happens next after a time, within its start and end; ok is false if it never does.
// Source: API Reference, PutScheduledAction: start and end are the boundaries of a recurring action.
func (a *Action) Next(after time.Time) (at time.Time, ok bool) {
	e, err := Parse(a.Schedule)
	if err != nil {
		return time.Time{}, false // it was parsed before it was put
	}
	from := after
	if !a.Start.IsZero() && e.recurs() && a.Start.After(after) {
		from = a.Start.Add(-time.Nanosecond) // at the start itself, too
	}
	base := a.PutAt
	if !a.Start.IsZero() {
		base = a.Start
	}
	at, ok = e.next(calendar.Zone(a.Clocks), from, base, !a.Start.IsZero())
	if ok && e.recurs() && !a.End.IsZero() && at.After(a.End) {
		return time.Time{}, false
	}
	return at, ok
}
