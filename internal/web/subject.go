package web

import (
	"fmt"
	"net/http"
	"slices"

	"handover/internal/cluster"
	"handover/internal/timeline"
)

// Subject is what is watched and acted on: a service, or a container instance, which is shown as the tasks that it carries.
type Subject struct {
	Cluster  string
	Name     string // of the service; of an instance its EC2 id or its own
	Instance bool
}

// Key names the subject among all.
func (s Subject) Key() cluster.ServiceKey {
	return cluster.ServiceKey{Cluster: s.Cluster, Service: s.Name}
}

func (s Subject) String() string { return s.Key().String() }

// word is what the subject is.
func (s Subject) word() string {
	if s.Instance {
		return "instance"
	}
	return "service"
}

// path is where its page is.
func (s Subject) path() string { return "/" + s.word() + "s/" + s.Cluster + "/" + s.Name }

func serviceOf(r *http.Request) Subject {
	return Subject{Cluster: r.PathValue("cluster"), Name: r.PathValue("name")}
}

func instanceOf(r *http.Request) Subject {
	return Subject{Cluster: r.PathValue("cluster"), Name: r.PathValue("name"), Instance: true}
}

// scope is what is read of it: all, or what tells whether anything has happened.
func (s Subject) scope(whole bool) cluster.Scope {
	switch {
	case s.Instance && whole:
		return timeline.OnInstances(s.Cluster, []string{s.Name}, cluster.AllTasks)
	case s.Instance:
		return timeline.OnInstances(s.Cluster, []string{s.Name}, cluster.NoTasks)
	case whole:
		return cluster.ServiceScope{Service: s.Key(), Tasks: cluster.AllTasks, Targets: true}.Of()
	}
	return cluster.ServiceScope{Service: s.Key()}.Of()
}

// view finds it in what was read.
func (s Subject) view(snapshot cluster.Snapshot) (view cluster.ServiceView, there bool) {
	if s.Instance {
		views, _ := snapshot.InstancesOf(s.Cluster)
		views = slices.DeleteFunc(slices.Clone(views), func(v cluster.InstanceView) bool { return v.Instance.EC2ID != s.Name && v.Instance.ID != s.Name })
		return timeline.Carried(s.Key(), views), len(views) > 0
	}
	return snapshot.Service(s.Key())
}

// wholly tells whether a snapshot has all of it.
func (s Subject) wholly(snapshot cluster.Snapshot) bool {
	if !s.Instance {
		return snapshot.Scope.Covers(s.scope(true))
	}
	return slices.ContainsFunc(snapshot.Scope.Instances, func(read cluster.InstanceScope) bool {
		return read.Cluster == s.Cluster && read.Tasks == cluster.AllTasks && slices.ContainsFunc(snapshot.Instances, func(v cluster.InstanceView) bool {
			return (v.Instance.EC2ID == s.Name || v.Instance.ID == s.Name) && read.Has(v.Instance)
		})
	})
}

// problem is why a look does not show it; empty where it does.
func (s Subject) problem(snapshot cluster.Snapshot, there bool) string {
	for _, gap := range snapshot.Gaps {
		mine := gap.Service == s.Key() && slices.Contains([]cluster.Part{cluster.PartService, cluster.PartTasks, cluster.PartTargets}, gap.Part)
		if mine || s.Instance && gap.Part == cluster.PartInstances {
			return fmt.Sprintf("the %s could not be read: %s (it takes %s)", gap.Part, gap.Err.Message, gap.Permission)
		}
	}
	if !there {
		return fmt.Sprintf("there is no %s %s", s.word(), s)
	}
	return ""
}

// steady tells whether nothing goes on with it. A service has then one deployment, which is through; under another controller it has no rollout state.
func (s Subject) steady(v cluster.Service) bool {
	if len(v.Deployments) != 1 || v.Running != v.Desired || v.Pending > 0 {
		return false
	}
	rollout := v.Deployments[0].Rollout
	return rollout == cluster.RolloutCompleted || rollout == ""
}
