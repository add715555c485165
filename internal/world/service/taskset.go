package service

import (
	"math"
	"slices"
	"time"

	"handover/internal/cluster"
	"handover/internal/world/profile"
)

// TaskSet is a set of tasks of a service with the deployment controller EXTERNAL: a Deployment whose size and whose end somebody else decides.
// Of the Deployment's members those about a rollout are not used.
type TaskSet struct {
	Deployment
	External string         `json:"external,omitempty"`
	Scale    float64        `json:"scale"` // percent
	Launch   cluster.Launch `json:"launch,omitempty"`
	Primary  bool           `json:"primary,omitempty"`
	Draining bool           `json:"draining,omitempty"` // it was deleted
	StableAt time.Time      `json:"stableAt,omitzero"`  // when it last became stable; zero while it is not
}

// Size is how many tasks a task set is to have: its share of the desired count, rounded up: 3 at 50 % are 2. Source: API Reference, TaskSet.computedDesiredCount.
func (t *TaskSet) Size(desired int) int {
	if t.Draining {
		return 0
	}
	return int(math.Ceil(float64(desired) * t.Scale / 100))
}

// TaskSetPlan is what the scheduler decides about one task set at one look.
type TaskSetPlan struct {
	Set        *TaskSet
	Register   []*Task // see Plan
	Deregister []*Task
	Stop       []*Task // surplus and unhealthy ones
	Start      int
	Stable     bool
	Ended      bool // it was deleted, and its last task is gone
}

// PlanTaskSets decides what to do at a look at a service with the deployment controller EXTERNAL. No bounds hold: whoever controls the deployment chooses the
// scales. Source: API Reference, DeploymentConfiguration: the percentages count where tasks are replaced by ECS. room is how many more tasks the cluster can
// hold, or -1 where nothing limits it.
func (s *Service) PlanTaskSets(now time.Time, room int, v profile.Variants) []TaskSetPlan {
	plans := make([]TaskSetPlan, 0, len(s.TaskSets))
	for _, set := range s.TaskSets {
		p := s.planTaskSet(set, now, v)
		if room >= 0 {
			p.Start = min(p.Start, room)
			room -= p.Start
		}
		plans = append(plans, p)
	}
	return plans
}

func (s *Service) planTaskSet(set *TaskSet, now time.Time, v profile.Variants) TaskSetPlan {
	p := TaskSetPlan{Set: set}
	var c census
	var fresh []*Task
	left, healthy := 0, 0
	for _, t := range s.Tasks {
		if t.StartedBy != set.ID || t.Gone() {
			continue
		}
		c.targets(s, t, t.MeantToRun(), now, &v)
		left++
		switch {
		case !t.MeantToRun():
			continue
		case t.Ails(now):
			p.Stop = append(p.Stop, t)
			continue
		case t.Counts(now):
			healthy++
		}
		fresh = append(fresh, t)
	}
	p.Register, p.Deregister = c.unregistered, c.undrained
	size := set.Size(s.Desired)
	if surplus := len(fresh) - size; surplus > 0 {
		p.Stop = append(p.Stop, first(surplus, s.victims(fresh, now, v, &Scratch{}), now)...)
	}
	p.Register = slices.DeleteFunc(p.Register, func(t *Task) bool { return slices.Contains(p.Stop, t) })
	if !now.Before(set.NextStart) {
		p.Start = max(0, size-len(fresh))
	}
	p.Stable = !set.Draining && len(fresh) == size && healthy == size && len(p.Stop) == 0
	p.Ended = set.Draining && left == 0
	return p
}

// TaskSetView is a task set as DescribeTaskSets shows it, but for its ARN and tags.
func (s *Service) TaskSetView(set *TaskSet) cluster.TaskSet {
	v := cluster.TaskSet{
		ID: set.ID, Service: s.Key, External: set.External, Status: cluster.TaskSetActive, Definition: set.Definition, Launch: set.Launch, Scale: set.Scale,
		Desired: set.Size(s.Desired), Stable: !set.StableAt.IsZero(), StableAt: set.StableAt, Attachments: slices.Clone(set.Attachments), Members: set.Members,
		CreatedAt: set.CreatedAt, UpdatedAt: set.UpdatedAt,
	}
	switch {
	case set.Draining:
		v.Status = cluster.TaskSetDraining
	case set.Primary:
		v.Status = cluster.TaskSetPrimary
	}
	v.Running, v.Pending = s.tally(set.ID)
	v.Stable = v.Stable && v.Running == v.Desired && v.Pending == 0
	return v
}

// tally counts the tasks of a deployment that are meant to run.
func (s *Service) tally(deployment string) (running, pending int) {
	for _, t := range s.Current() {
		switch {
		case t.StartedBy != deployment || !t.MeantToRun() || t.Gone():
		case t.Last == cluster.Running:
			running++
		default:
			pending++
		}
	}
	return running, pending
}

// Sets are the service's deployments and, under the controller EXTERNAL, its task sets. The list may not be changed.
func (s *Service) Sets() []*Deployment {
	if len(s.TaskSets) == 0 {
		return s.Deployments
	}
	all := slices.Clone(s.Deployments)
	for _, set := range s.TaskSets {
		all = append(all, &set.Deployment)
	}
	return all
}
