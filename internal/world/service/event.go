package service

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"handover/internal/cluster"
)

// EventsKept is how many events ECS keeps of a service. Source: developer guide, service-event-messages.
const EventsKept = 100

// EventKind is what an event reports.
type EventKind string

// The events of this model, one for each sentence of ECS.
const (
	SaidBefore       EventKind = "before" // said before the service was loaded; Reason has the sentence
	SaidStarted      EventKind = "started"
	SaidStopped      EventKind = "stopped"
	SaidCancelled    EventKind = "cancelled"
	SaidRegistered   EventKind = "registered"
	SaidDeregistered EventKind = "deregistered"
	SaidDraining     EventKind = "draining"
	SaidCompleted    EventKind = "completed"
	SaidSteady       EventKind = "steady"
	SaidBlocked      EventKind = "blocked"
	SaidNoRoom       EventKind = "no-room"
	SaidReplaced     EventKind = "replaced"
	SaidAilingTarget EventKind = "ailing-target"
	SaidAilingTask   EventKind = "ailing-task"
	SaidUnplaced     EventKind = "unplaced"
	SaidFailed       EventKind = "failed"
	SaidRollback     EventKind = "rollback"
	SaidImpaired     EventKind = "impaired"
	SaidProtected    EventKind = "protected"
	SaidGroupGone    EventKind = "group-gone"   // a running task is not healthy, because the target group is not there
	SaidUnregistered EventKind = "unregistered" // targets cannot be registered for that reason
	SaidThrottled    EventKind = "throttled"    // ECS's own calls are
	SaidProvisioning EventKind = "provisioning" // too many tasks of the cluster wait for an instance
	SaidUneven       EventKind = "uneven"       // not AZ balanced; Reason lists the zones, as of the next one
	SaidEven         EventKind = "even"         // AZ balanced
	SaidMoveStarted  EventKind = "move-started" // Group is the zone, as of the next one
	SaidMoveStopped  EventKind = "move-stopped" //
	SaidMovesEnded   EventKind = "moves-ended"  // something else came in between
)

// Event is a service event as data; its sentence is made when someone reads it.
type Event struct {
	Kind       EventKind `json:"kind"`
	At         time.Time `json:"at"`
	Number     int       `json:"number"` // the how manieth of its service
	Count      int       `json:"count,omitempty"`
	Tasks      []string  `json:"tasks,omitempty"`
	Group      string    `json:"group,omitempty"`
	Deployment string    `json:"deployment,omitempty"`
	TaskSet    string    `json:"taskSet,omitempty"` // of which it is said, under the controller EXTERNAL
	Reason     string    `json:"reason,omitempty"`
	Port       int       `json:"port,omitempty"`
	ID         string    `json:"id,omitempty"` // of an event that was said before; others are numbered
}

// RepeatAfter is how long ECS waits before it says the same once more. Source: developer guide, service-event-messages: duplicates are omitted until the cause
// is resolved or six hours pass.
const RepeatAfter = 6 * time.Hour

// Say adds an event, unless it only repeats the last one. Events of one look follow each other by a millisecond. It tells whether the event was added.
//
// 2 tasks whose targets are registered at two looks, with nothing in between, are one "registered 1 targets" (cases F1 and AG10, where the second one is missing
// though its target got healthy); with anything in between they are two (AG10 later on; case AF, "deregistered" before and after "draining").
func (s *Service) Say(e Event) bool {
	if n := len(s.Events); n > 0 && e.At.Sub(s.Events[n-1].At) < RepeatAfter && s.repeats(e, s.Events[n-1]) {
		return false
	}
	s.Said++
	e.Number = s.Said
	if n := len(s.Events); n > 0 && !e.At.After(s.Events[n-1].At) {
		e.At = s.Events[n-1].At.Add(time.Millisecond)
	}
	s.Events = append(s.Events, e)
	if over := len(s.Events) - EventsKept; over > 0 {
		s.Events = append(s.Events[:0:0], s.Events[over:]...)
	}
	return true
}

// repeats tells whether an event has the words of another. An event that names tasks never has.
func (s *Service) repeats(e, last Event) bool {
	if len(e.Tasks) > 0 {
		return false
	}
	if last.Kind == SaidBefore {
		return last.Reason == e.Sentence(s.Key.Service)
	}
	return e.Kind == last.Kind && e.Count == last.Count && e.Group == last.Group && e.Deployment == last.Deployment && e.Reason == last.Reason
}

// Why a rollout failed, in ECS's words. Source: behaviour §2 and part 2, E8.
const (
	FailedStarts = "tasks failed to start"
	AlarmRaised  = "alarm detected"
)

// IDs lists the ids of tasks.
func IDs(tasks []*Task) []string {
	ids := make([]string, len(tasks))
	for i, t := range tasks {
		ids[i] = t.ID
	}
	return ids
}

// Sentence is the event in ECS's words, for the service of a name.
func (e Event) Sentence(service string) string { return string(e.AppendSentence(nil, service)) }

// AppendSentence adds Sentence to a text. Sources: behaviour §4; developer guide, service-event-messages-list.
func (e Event) AppendSentence(text []byte, service string) []byte {
	if e.TaskSet != "" {
		service += ", taskSet " + e.TaskSet
	}
	switch e.Kind {
	case SaidBefore:
		return append(text, e.Reason...)
	case SaidStarted:
		return fmt.Appendf(text, "(service %s) has started %d tasks: %s.", service, e.Count, tasks(e.Tasks))
	case SaidStopped:
		return fmt.Appendf(text, "(service %s) has stopped %d running tasks: %s.", service, e.Count, tasks(e.Tasks))
	case SaidCancelled:
		return fmt.Appendf(text, "(service %s) stopped %d pending tasks.", service, e.Count)
	case SaidRegistered:
		return fmt.Appendf(text, "(service %s) registered %d targets in (target-group %s)", service, e.Count, e.Group)
	case SaidDeregistered:
		return fmt.Appendf(text, "(service %s) deregistered %d targets in (target-group %s)", service, e.Count, e.Group)
	case SaidDraining:
		return fmt.Appendf(text, "(service %s, taskSet %s) has begun draining connections on %d tasks.", service, e.Deployment, e.Count)
	case SaidCompleted:
		return fmt.Appendf(text, "(service %s) (deployment %s) deployment completed.", service, e.Deployment)
	case SaidSteady:
		return fmt.Appendf(text, "(service %s) has reached a steady state.", service)
	case SaidBlocked:
		return fmt.Appendf(text, "(service %s) was unable to stop or start tasks during a deployment because of the service deployment configuration. "+
			"Update the minimumHealthyPercent or maximumPercent value and try again.", service)
	case SaidReplaced:
		return fmt.Appendf(text, "(service %s) has started %d tasks: %s. Amazon ECS replaced %d tasks due to an unhealthy status.", service, len(e.Tasks), tasks(e.Tasks), e.Count)
	case SaidAilingTarget:
		return fmt.Appendf(text, "(service %s) %s (port %d) is unhealthy in (target-group %s) due to (reason %s).", service, tasks(e.Tasks), e.Port, e.Group, e.Reason)
	case SaidAilingTask:
		return fmt.Appendf(text, "(service %s) %s failed container health checks.", service, tasks(e.Tasks))
	case SaidUnplaced:
		return fmt.Appendf(text, "(service %s) was unable to place a task. Reason: %s", service, e.Reason)
	case SaidFailed:
		return fmt.Appendf(text, "(service %s) (deployment %s) deployment failed: %s.", service, e.Deployment, cmp.Or(e.Reason, FailedStarts))
	case SaidRollback:
		return fmt.Appendf(text, "(service %s) rolling back to deployment %s.", service, e.Deployment)
	case SaidProtected:
		return fmt.Appendf(text, "(service %s, taskSet %s) was unable to scale in due to (reason %d tasks under protection).", service, e.Deployment, e.Count)
	case SaidGroupGone:
		return fmt.Appendf(text, "(service %s) (task-set %s) %s is not healthy in target-group (%s) due to TARGET GROUP IS NOT FOUND.", service, e.Deployment, tasks(e.Tasks), e.Group)
	case SaidUnregistered:
		return fmt.Appendf(text, "(service %s) was unable to reach steady state because (service %s, taskSet %s) was unable to register targets due to (reason TARGET GROUP IS NOT FOUND)", service, service, e.Deployment)
	case SaidThrottled:
		return fmt.Appendf(text, "(service %s) operations are being throttled. Will try again later.", service)
	case SaidProvisioning:
		return fmt.Appendf(text, "(service %s) was unable to place tasks in your cluster because the tasks provisioning capacity limit was exceeded.", service)
	case SaidUneven:
		return fmt.Appendf(text, "(service %s) is not AZ balanced with %s. AZ Rebalancing in progress.", service, e.Reason)
	case SaidEven:
		return fmt.Appendf(text, "(service %s) is AZ balanced with %s.", service, e.Reason)
	case SaidMoveStarted:
		return fmt.Appendf(text, "(service %s) has started %d tasks in %s to AZ Rebalance: %s.", service, e.Count, e.Group, tasks(e.Tasks))
	case SaidMoveStopped:
		return fmt.Appendf(text, "(service %s) has stopped %d running tasks in %s due to AZ rebalancing: %s.", service, e.Count, e.Group, tasks(e.Tasks))
	case SaidMovesEnded:
		return fmt.Appendf(text, "(service %s) stopped AZ Rebalancing.", service)
	case SaidImpaired:
		return fmt.Appendf(text, "(service %s) is unable to consistently start tasks successfully.", service)
	case SaidNoRoom:
		text = fmt.Appendf(text, "(service %s) was unable to place a task because no container instance met all of its requirements.", service)
		if e.Reason != "" {
			text = append(append(text, ' '), e.Reason...)
		}
		return text
	}
	return fmt.Appendf(text, "(service %s) %s", service, e.Kind)
}

func tasks(ids []string) string {
	var b strings.Builder
	for i, id := range ids {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString("(task ")
		b.WriteString(id)
		b.WriteByte(')')
	}
	return b.String()
}

// View is the service as DescribeServices shows it, but for its ARNs, events and tags.
func (s *Service) View() cluster.Service {
	v := s.Brief(nil)
	v.Attachments, v.Strategy, v.Constraints = slices.Clone(v.Attachments), slices.Clone(v.Strategy), slices.Clone(v.Constraints)
	return v
}

// Brief is View without copies: nothing of it may be changed, nor kept beyond the next change of the service. The deployments are added to an empty list.
func (s *Service) Brief(deployments []cluster.Deployment) cluster.Service {
	v := cluster.Service{
		Key: s.Key, Status: s.Status, Scheduling: s.Scheduling, Controller: s.Controller, Launch: s.Launch, Definition: s.Definition, Desired: s.Desired,
		Bounds: s.Bounds, Breaker: s.Breaker, Alarms: s.Alarms, Early: s.Early, Rebalancing: s.Rebalancing, GracePeriod: s.GracePeriod, CreatedAt: s.CreatedAt,
		Attachments: s.Attachments, Provider: s.Provider, Strategy: s.Strategy, Constraints: s.Constraints, Deployments: deployments,
	}
	for _, set := range s.TaskSets {
		running, pending := s.tally(set.ID)
		v.Running += running
		v.Pending += pending
	}
	for i, d := range s.Deployments {
		if d.Vacant {
			continue
		}
		one := s.deploymentView(i, d)
		v.Deployments = append(v.Deployments, one)
		v.Running += one.Running
		v.Pending += one.Pending
	}
	return v
}

func (s *Service) deploymentView(place int, d *Deployment) cluster.Deployment {
	v := cluster.Deployment{
		ID: d.ID, Status: cluster.DeploymentActive, Rollout: d.Rollout, Definition: d.Definition, Failed: d.Failed, CreatedAt: d.CreatedAt, UpdatedAt: d.UpdatedAt,
	}
	switch d.Rollout {
	case cluster.RolloutInProgress:
		v.Reason = "ECS deployment " + d.ID + " in progress."
	case cluster.RolloutCompleted:
		v.Reason = "ECS deployment " + d.ID + " completed."
	case cluster.RolloutFailed:
		v.Reason = "ECS deployment circuit breaker: tasks failed to start."
		if d.Failure != "" && d.Failure != FailedStarts {
			v.Reason = "ECS deployment failed: " + d.Failure + "."
		}
	}
	if s.Controller != cluster.ControllerECS {
		v.Rollout, v.Reason = "", "" // Source: API Reference, Deployment.rolloutState
	}
	v.Running, v.Pending = s.tally(d.ID)
	v.Desired = v.Running + v.Pending
	if place == 0 {
		v.Status = cluster.DeploymentPrimary
		v.Desired = s.Desired
		if !d.Seen {
			v.Desired = 0
		}
	}
	return v
}

// EventViews gives the events newest first; those of a look are up to a second later than the look itself. id adds the id of the nth event to a text.
//
// DescribeServices shows a hundred of them, so all their words are made as one text: one allocation, and not two for each.
func (s *Service) EventViews(id func(text []byte, n int) []byte) []cluster.Event {
	var room [2 * EventsKept]int
	ends, text := room[:0], make([]byte, 0, 160*len(s.Events))
	for _, e := range slices.Backward(s.Events) {
		if e.ID == "" {
			text = id(text, e.Number)
		} else {
			text = append(text, e.ID...)
		}
		ends = append(ends, len(text))
		text = e.AppendSentence(text, s.Key.Service)
		ends = append(ends, len(text))
	}
	views, words, from := make([]cluster.Event, len(s.Events)), string(text), 0
	for i, e := range slices.Backward(s.Events) {
		n := len(views) - 1 - i
		middle, end := ends[2*n], ends[2*n+1]
		views[n] = cluster.Event{ID: words[from:middle], At: e.At, Message: words[middle:end]}
		from = end
	}
	return views
}
