package world

import (
	"slices"
	"strings"
	"time"

	"handover/internal/cluster"
	"handover/internal/world/service"
)

// This file has the task sets of services with the deployment controller EXTERNAL: somebody else decides how many tasks of which revision there are, and
// ECS starts, registers, replaces and stops them. Source: developer guide, deployment-type-external; API Reference, TaskSet.

// actOnTaskSets carries out the actions on task sets.
func (w *World) actOnTaskSets(a cluster.Action) (ids []string, err error) {
	switch a := a.(type) {
	case cluster.CreateTaskSet:
		return w.createTaskSet(a)
	case cluster.UpdateTaskSet:
		return w.updateTaskSet(a)
	case cluster.DeleteTaskSet:
		return w.deleteTaskSet(a)
	case cluster.SetPrimaryTaskSet:
		return w.setPrimaryTaskSet(a)
	}
	return w.actOnMessages(a)
}

func taskSetNotFound() *cluster.APIError {
	return cluster.Errorf(cluster.ClassNotFound, "TaskSetNotFoundException", "TaskSet not found.")
}

// createTaskSet makes a task set. It is ACTIVE, the first one, too, until it is made the primary one. Source: API Reference, CreateTaskSet; the words are ours.
func (w *World) createTaskSet(a cluster.CreateTaskSet) (ids []string, err error) {
	s, err := w.active(a.Service)
	if err != nil {
		return nil, err
	}
	if s.Controller != cluster.ControllerExternal {
		return nil, invalid("Unable to create task sets on services with a %s deployment controller.", s.Controller)
	}
	if err := checkScale(a.Scale); err != nil {
		return nil, err
	}
	if err := w.groupsExist(a.Attachments); err != nil {
		return nil, err
	}
	d, err := w.usable(a.Definition)
	if err != nil {
		return nil, err
	}
	s.Deployed++
	set := &service.TaskSet{External: a.External, Scale: a.Scale, Launch: a.Launch, Deployment: service.Deployment{
		ID: "ecs-svc/" + digits19(s.Luck().Series("deployment").Bits(w.naming(), s.Deployed)), Definition: d.ARN, Resolved: true,
		CreatedAt: w.state.Now, UpdatedAt: w.state.Now, Attachments: slices.Clone(a.Attachments), Members: a.Members,
	}}
	s.TaskSets = append(s.TaskSets, set)
	if len(a.Tags) > 0 {
		w.setTags(w.taskSetARN(s, set), a.Tags)
	}
	w.resized(s, set)
	return []string{set.ID}, nil
}

func checkScale(percent float64) error {
	if percent < 0 || percent > 100 { // Source: API Reference, Scale.value
		return invalid("The scale value of a task set must be between 0 and 100.")
	}
	return nil
}

// resized has the scheduler look at a service whose task set is to have another size.
func (w *World) resized(s *service.Service, set *service.TaskSet) {
	set.StableAt, set.UpdatedAt, s.Unsettled = time.Time{}, w.state.Now, true
	w.wake(s.Place, w.drawNth(w.state.Profile.Resize, s.Luck(), "resize", s.Looks))
}

func (w *World) updateTaskSet(a cluster.UpdateTaskSet) (ids []string, err error) {
	s, set, err := w.taskSet(a.Service, a.TaskSet)
	if err != nil {
		return nil, err
	}
	if err := checkScale(a.Scale); err != nil {
		return nil, err
	}
	set.Scale = a.Scale
	w.resized(s, set)
	return []string{set.ID}, nil
}

// deleteTaskSet begins to stop a task set's tasks; one without tasks is gone at once. Source: API Reference, DeleteTaskSet.force; the words are ours.
func (w *World) deleteTaskSet(a cluster.DeleteTaskSet) (ids []string, err error) {
	s, set, err := w.taskSet(a.Service, a.TaskSet)
	if err != nil {
		return nil, err
	}
	if set.Scale > 0 && !a.Force {
		return nil, invalid("The task set cannot be deleted while it is scaled above 0.")
	}
	set.Draining, set.Primary = true, false
	w.resized(s, set)
	w.dropTaskSets(s, s.PlanTaskSets(w.state.Now, -1, w.state.Profile.Variants))
	return []string{set.ID}, nil
}

// setPrimaryTaskSet makes the task set the one that serves production traffic; the one before it becomes ACTIVE.
// Source: API Reference, UpdateServicePrimaryTaskSet.
func (w *World) setPrimaryTaskSet(a cluster.SetPrimaryTaskSet) (ids []string, err error) {
	s, set, err := w.taskSet(a.Service, a.TaskSet)
	if err != nil {
		return nil, err
	}
	for _, other := range s.TaskSets {
		other.Primary = false
	}
	set.Primary, set.UpdatedAt = true, w.state.Now
	s.Definition, s.Launch, s.Attachments = set.Definition, set.Launch, set.Attachments
	return []string{set.ID}, nil
}

// taskSet finds a task set that is not being deleted, by its id, the number in it, or its ARN.
func (w *World) taskSet(key cluster.ServiceKey, name string) (s *service.Service, found *service.TaskSet, err error) {
	if s, err = w.active(key); err != nil {
		return nil, nil, err
	}
	for _, set := range s.TaskSets {
		if !set.Draining && (set.ID == name || strings.TrimPrefix(set.ID, "ecs-svc/") == name || w.taskSetARN(s, set) == name) {
			return s, set, nil
		}
	}
	return nil, nil, taskSetNotFound()
}

func (w *World) taskSetARN(s *service.Service, set *service.TaskSet) string {
	return w.arn("ecs", "task-set/"+s.Key.String()+"/"+set.ID)
}

// TaskSets gives the task sets of a service, oldest first.
func (w *World) TaskSets(key cluster.ServiceKey) []cluster.TaskSet {
	s, ok := w.service(key)
	if !ok {
		return nil
	}
	all := make([]cluster.TaskSet, 0, len(s.TaskSets))
	for _, set := range s.TaskSets {
		v := s.TaskSetView(set)
		v.ARN = w.taskSetARN(s, set)
		v.Tags = w.Tags(v.ARN)
		all = append(all, v)
	}
	return all
}

// lookAtTaskSets has the scheduler look once at a service whose deployments are somebody else's.
func (w *World) lookAtTaskSets(s *service.Service) {
	plans := s.PlanTaskSets(w.state.Now, w.room(s.Key.Cluster), w.state.Profile.Variants)
	idle := true
	for _, p := range plans {
		w.carryOutTaskSet(s, p)
		idle = idle && (p.Stable || p.Ended)
	}
	w.dropTaskSets(s, plans)
	w.retire(s)
	if s.Status == cluster.ServiceInactive || idle && s.Leaving == 0 {
		s.Unsettled = false
		return // until something happens
	}
	w.wake(s.Place, w.untilLook(s))
}

func (w *World) carryOutTaskSet(s *service.Service, p service.TaskSetPlan) {
	set := p.Set
	w.deregister(s, p.Deregister)
	w.register(s, p.Register)
	if len(p.Stop) > 0 {
		for _, t := range p.Stop {
			w.leave(s, t, "ServiceSchedulerInitiated", "Scaling activity initiated by (taskSet "+set.ID+")")
		}
		w.say(s, service.Event{Kind: service.SaidStopped, TaskSet: set.ID, Count: len(p.Stop), Tasks: service.IDs(p.Stop)})
	}
	if p.Start > 0 {
		started, _ := w.launchTasks(s, &set.Deployment, p.Start)
		for _, t := range started {
			t.Launch = set.Launch
			w.order(t, Order{Kind: StartTask})
		}
		if len(started) > 0 {
			w.say(s, service.Event{Kind: service.SaidStarted, TaskSet: set.ID, Count: len(started), Tasks: service.IDs(started)})
		}
	}
	switch {
	case !p.Stable:
		set.StableAt = time.Time{}
	case set.StableAt.IsZero():
		set.StableAt = w.state.Now
		w.say(s, service.Event{Kind: service.SaidSteady, TaskSet: set.ID})
	}
}

// dropTaskSets removes the task sets that were deleted and whose last task is gone.
func (w *World) dropTaskSets(s *service.Service, plans []service.TaskSetPlan) {
	for _, p := range plans {
		if p.Ended {
			w.untag(w.taskSetARN(s, p.Set))
			s.TaskSets = slices.DeleteFunc(s.TaskSets, func(set *service.TaskSet) bool { return set == p.Set })
		}
	}
}

// taskSetOf is the task set of which an event about tasks speaks; empty under other controllers than EXTERNAL.
func taskSetOf(s *service.Service, tasks []*service.Task) string {
	if s.Controller != cluster.ControllerExternal {
		return ""
	}
	return tasks[0].StartedBy
}
