package world

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"handover/internal/cluster"
	"handover/internal/world/draw"
	"handover/internal/world/scaling"
)

// ScalableTarget is a scalable target of Application Auto Scaling as it is now.
type ScalableTarget struct {
	Service   cluster.ServiceKey
	ARN       string
	Min, Max  int
	Suspended cluster.Suspension
	CreatedAt time.Time
	Actions   []ScheduledAction // by name

	Activities []cluster.ScalingActivity // oldest first
}

// ScheduledAction is a scheduled action of a scalable target.
type ScheduledAction struct {
	Name, ARN, Schedule string
	Zone                string    // a name of UTC; empty for none
	Start, End          time.Time // zero: none
	Min, Max            *int      // nil: it leaves the bound
	CreatedAt           time.Time
	Next                time.Time // zero: never again
}

// ScalableTargets gives all scalable targets by service.
func (w *World) ScalableTargets() []ScalableTarget {
	all := make([]ScalableTarget, 0, len(w.state.Scaling.Targets))
	for _, t := range w.state.Scaling.Targets {
		v := ScalableTarget{Service: t.Service, ARN: w.targetARN(t.Service), Min: t.Min, Max: t.Max, Suspended: t.Suspended, CreatedAt: t.CreatedAt, Activities: slices.Clone(t.Activities)}
		for _, a := range t.Actions {
			v.Actions = append(v.Actions, ScheduledAction{Name: a.Name, ARN: w.actionARN(t.Service, a.Name), Schedule: a.Schedule, Zone: a.Zone,
				Start: a.Start, End: a.End, Min: copied(a.Min), Max: copied(a.Max), CreatedAt: a.CreatedAt, Next: a.Due})
		}
		all = append(all, v)
	}
	return all
}

// ScalingPolicy tells whether a policy of a service is one that the world follows.
func (w *World) ScalingPolicy(key cluster.ServiceKey, name string) bool {
	t, ok := w.state.Scaling.Target(key)
	if !ok {
		return false
	}
	_, ok = t.Policy(name)
	return ok
}

// policiesOf are the names of the policies of a scalable target, those that no rule uses among them, and its scheduled actions.
func (w *World) policiesOf(t *scaling.Target) (policies []string, schedules []cluster.ScheduledAction) {
	for _, p := range t.Policies {
		policies = append(policies, p.Name)
	}
	for _, o := range w.DeclaredBeneath(w.targetARN(t.Service), PolicyType) {
		policies = append(policies, o.Name)
	}
	slices.Sort(policies)
	for _, a := range t.Actions {
		schedules = append(schedules, cluster.ScheduledAction{Name: a.Name, Schedule: a.Schedule, Start: a.Start, End: a.End, CreatedAt: a.CreatedAt, Min: copied(a.Min), Max: copied(a.Max)})
	}
	return slices.Compact(policies), schedules
}

// PolicyType is the type under which scaling policies are declared, beneath their scalable target.
const PolicyType = "scaling-policy"

func copied(n *int) *int {
	if n == nil {
		return nil
	}
	value := *n
	return &value
}

// ScalableTarget finds the scalable target of a service.
func (w *World) ScalableTarget(key cluster.ServiceKey) (found ScalableTarget, ok bool) {
	for _, t := range w.ScalableTargets() {
		if t.Service == key {
			return t, true
		}
	}
	return ScalableTarget{}, false
}

// targetARN has an id of 36 hexadecimal digits. Source: API Reference, ScalableTarget.ScalableTargetARN.
func (w *World) targetARN(key cluster.ServiceKey) string {
	id := hex64(draw.Bits(w.state.Seed, key.String(), "scalable-target")) + hex64(draw.Bits(w.state.Seed, key.String(), "scalable-target-low"))
	return w.arn("application-autoscaling", "scalable-target/0ec5"+id)
}

// actionARN is of the form that AWS gives. Source: API Reference, ScheduledAction, example of DescribeScheduledActions.
func (w *World) actionARN(key cluster.ServiceKey, name string) string {
	id := string(w.eventIDs(key.String()+" "+name+" scheduled")(nil, 0))
	return w.arn("autoscaling", "scheduledAction:"+id+":resource/ecs/service/"+key.String()+":scheduledActionName/"+name)
}

// registerScalableTarget makes or changes a target. On one that exists any registration brings the desired count into the bounds at once, even if it changed
// something else; a new target leaves it. Source: API Reference, RegisterScalableTarget; behaviour §8. Messages: public reports, but for those of the bounds.
func (w *World) registerScalableTarget(a cluster.RegisterScalableTarget) (ids []string, err error) {
	if s, ok := w.service(a.Service); !ok || s.Status != cluster.ServiceActive {
		return nil, unscalable("ECS service doesn't exist: service/%s", a.Service)
	}
	t, there := w.state.Scaling.Target(a.Service)
	switch {
	case !there && a.Min == nil:
		return nil, unscalable("Minimum capacity is required when registering a new scalable target")
	case !there && a.Max == nil:
		return nil, unscalable("Maximum capacity is required when registering a new scalable target")
	case !there:
		t = &scaling.Target{Service: a.Service, CreatedAt: w.state.Now}
	}
	least, most := given(a.Min, t.Min), given(a.Max, t.Max)
	cause := "minimum capacity was set to " + number(least)
	if s, _ := w.service(a.Service); s.Desired > most {
		cause = "maximum capacity was set to " + number(most)
	}
	if err := checkCapacity(&least, &most); err != nil {
		return nil, err
	}
	t.Min, t.Max, t.Suspended = least, most, given(a.Suspended, t.Suspended)
	if !there {
		w.state.Scaling.Add(t)
		return []string{w.targetARN(a.Service)}, nil
	}
	return []string{w.targetARN(a.Service)}, w.clamp(t, cause)
}

// clamp brings the desired count of a target's service into its bounds, as an UpdateService of somebody else would.
func (w *World) clamp(t *scaling.Target, cause string) error {
	s, ok := w.service(t.Service)
	if !ok || s.Status != cluster.ServiceActive {
		return nil // a target outlives its service
	}
	desired := t.Clamp(s.Desired)
	if desired == s.Desired {
		return nil
	}
	return w.setDesired(t, desired, cause)
}

// setDesired sets the desired count of a target's service, and takes down that it did. Source of the words: Application Auto Scaling user guide,
// application-auto-scaling-scaling-activities.
func (w *World) setDesired(t *scaling.Target, desired int, cause string) error {
	a := w.activity(t, "Setting desired count to "+number(desired)+".", cause)
	a.Status, a.Message = cluster.ScalingInProgress, scaling.Set(desired)
	_, err := w.updateService(cluster.UpdateService{Service: t.Service, Desired: &desired})
	if err != nil {
		a.Status, a.Message, a.EndedAt = cluster.ScalingFailed, "Failed to set desired count to "+number(desired)+". Reason: "+messageOf(err), w.state.Now
	}
	t.Begin(a)
	return err
}

func (w *World) activity(t *scaling.Target, description, cause string) cluster.ScalingActivity {
	id := draw.Bits(w.state.Seed, t.Service.String(), draw.Nth("scaling-activity", t.Began))
	return cluster.ScalingActivity{ID: uuid(id, ^id), Description: description, Cause: cause, StartedAt: w.state.Now}
}

// fulfilled tells the scalable target of a service that is steady.
func (w *World) fulfilled(key cluster.ServiceKey) {
	if t, ok := w.state.Scaling.Target(key); ok {
		t.Fulfill(w.state.Now)
	}
}

// bounds tells which bounds a scheduled action sets.
func bounds(a *scaling.Action) string {
	switch {
	case a.Min == nil:
		return "max capacity to " + number(*a.Max)
	case a.Max == nil:
		return "min capacity to " + number(*a.Min)
	}
	return "min capacity to " + number(*a.Min) + " and max capacity to " + number(*a.Max)
}

// checkCapacity checks bounds, of which either may be missing.
func checkCapacity(least, most *int) error {
	switch {
	case least != nil && *least < 0 || most != nil && *most < 0:
		return unscalable("Minimum and maximum capacity cannot be negative")
	case least != nil && most != nil && *most < *least:
		return unscalable("Maximum capacity cannot be less than minimum capacity")
	}
	return nil
}

// deregisterScalableTarget removes a target with all that goes with it. Source: API Reference, DeregisterScalableTarget.
func (w *World) deregisterScalableTarget(a cluster.DeregisterScalableTarget) (ids []string, err error) {
	t, ok := w.state.Scaling.Target(a.Service)
	if !ok {
		return nil, noSuch("scalable target found", a.Service, "")
	}
	for _, p := range t.Policies {
		w.dropAlarms(p)
	}
	w.state.Scaling.Remove(a.Service)
	return w.retract(cluster.Retract{ARN: w.targetARN(a.Service)})
}

// putScheduledAction makes or changes a scheduled action. Source: API Reference, PutScheduledAction.
func (w *World) putScheduledAction(a cluster.PutScheduledAction) (ids []string, err error) {
	t, ok := w.state.Scaling.Target(a.Service)
	if !ok {
		return nil, noSuch("scalable target registered", a.Service, "")
	}
	next := scaling.Action{Name: a.Name, Schedule: a.Schedule, Zone: a.Zone, Clocks: a.Clocks, Start: a.Start, End: a.End, Min: copied(a.Min), Max: copied(a.Max), CreatedAt: w.state.Now, PutAt: w.state.Now}
	if former, there := t.Action(a.Name); there {
		next.CreatedAt = former.CreatedAt
		if a.Schedule == "" {
			next.Schedule = former.Schedule
		}
		if a.Zone == "" {
			next.Zone, next.Clocks = former.Zone, former.Clocks
		}
		if a.Min == nil && a.Max == nil {
			next.Min, next.Max = former.Min, former.Max
		}
	}
	if err := checkCapacity(next.Min, next.Max); err != nil {
		return nil, err
	}
	if _, err := scaling.Parse(next.Schedule); err != nil {
		return nil, unscalable("Invalid schedule expression: %s", err)
	}
	if !a.Start.IsZero() && !a.End.IsZero() && !a.Start.Before(a.End) {
		return nil, unscalable("The start time must be before the end time")
	}
	if strings.HasPrefix(next.Schedule, "at(") {
		if _, comes := next.Next(w.state.Now); !comes {
			return nil, unscalable("The time of the schedule %s is over", next.Schedule)
		}
	}
	t.Put(&next)
	w.schedule(t, &next)
	return []string{w.actionARN(a.Service, a.Name)}, nil
}

func (w *World) deleteScheduledAction(a cluster.DeleteScheduledAction) (ids []string, err error) {
	t, ok := w.state.Scaling.Target(a.Service)
	if !ok {
		return nil, noSuch("scheduled action found", a.Service, ", scheduled action name: "+a.Name)
	}
	if _, there := t.Action(a.Name); !there {
		return nil, noSuch("scheduled action found", a.Service, ", scheduled action name: "+a.Name)
	}
	t.Delete(a.Name)
	return []string{a.Name}, nil
}

// schedule plans the next time of a scheduled action.
func (w *World) schedule(t *scaling.Target, a *scaling.Action) {
	at, ok := a.Next(w.state.Now)
	if !ok {
		a.Due = time.Time{}
		return
	}
	a.Due = at
	w.plan(due{At: at, Kind: dueScale, Scale: &scaleDue{Target: t.Service, Action: a.Name}})
}

// scale lets a scheduled action happen, unless it was changed or removed since. The bounds change and, where it is outside of them, the desired count.
// Source: Application Auto Scaling user guide, scheduled scaling. That a deployment holds back scale-in is known of policies alone (behaviour §8).
func (w *World) scale(d *due) {
	t, ok := w.state.Scaling.Target(d.Scale.Target)
	if !ok {
		return
	}
	a, ok := t.Action(d.Scale.Action)
	if !ok || !a.Due.Equal(d.At) {
		return
	}
	if t.Run(a) && (a.Min != nil || a.Max != nil) {
		done := w.activity(t, "Setting "+bounds(a)+".", "scheduled action name "+a.Name+" was triggered")
		done.Status, done.Message, done.EndedAt = cluster.ScalingSuccessful, "Successfully set "+bounds(a)+".", w.state.Now
		t.Begin(done)
		cause := "minimum capacity was set to " + number(t.Min)
		if s, ok := w.service(t.Service); ok && s.Desired > t.Max {
			cause = "maximum capacity was set to " + number(t.Max)
		}
		_ = w.clamp(t, cause) // a service that refuses the count keeps its own; nobody is there to be told
	}
	w.schedule(t, a)
}

// unscalable is Application Auto Scaling's error for a request that cannot be carried out.
func unscalable(format string, args ...any) *cluster.APIError {
	return cluster.Errorf(cluster.ClassInvalid, "ValidationException", format, args...)
}

// noSuch is its error for something that is not there. Messages: public reports.
func noSuch(what string, key cluster.ServiceKey, more string) *cluster.APIError {
	text := fmt.Sprintf("No %s for service namespace: ecs, resource ID: service/%s, scalable dimension: ecs:service:DesiredCount%s", what, key, more)
	return cluster.Errorf(cluster.ClassNotFound, "ObjectNotFoundException", "%s", text)
}
