package conformance

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"handover/internal/cluster"
	"handover/internal/operation"
)

// toy is the smallest provider that keeps the contract. It is no model of ECS: a task is healthy 30 s after it was created, a rollout starts all new
// tasks at once, and old tasks end 60 s after the new ones are healthy.
type toy struct {
	now         time.Time
	service     cluster.Service
	tasks       []cluster.Task
	deployments int
	scaling     *cluster.ScalableTarget
	history     []cluster.ServiceDeployment
	revisions   []cluster.ServiceRevision
}

const (
	toyStart = 30 * time.Second
	toyStop  = 60 * time.Second
)

func newToy(key cluster.ServiceKey, desired int) *toy {
	p := &toy{now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	p.service = cluster.Service{Key: key, Status: cluster.ServiceActive, Desired: desired, Bounds: cluster.DefaultBounds(), Definition: "web:1"}
	p.deploy()
	p.advance(10 * time.Minute)
	return p
}

func (p *toy) deploy() string {
	p.deployments++
	id := fmt.Sprintf("ecs-svc/%019d", p.deployments)
	for i := range p.service.Deployments {
		p.service.Deployments[i].Status = cluster.DeploymentActive
	}
	d := cluster.Deployment{ID: id, Status: cluster.DeploymentPrimary, Rollout: cluster.RolloutInProgress, Definition: "web:1", CreatedAt: p.now}
	p.service.Deployments = slices.Insert(p.service.Deployments, 0, d)
	revision := cluster.ServiceRevision{ARN: fmt.Sprintf("arn:aws:ecs:r:1:service-revision/default/test/%019d", p.deployments), Definition: "web:1"}
	p.history = slices.Insert(p.history, 0, cluster.ServiceDeployment{ARN: fmt.Sprint("deployment/", p.deployments), Deployment: id, Status: cluster.DeploymentInProgress,
		Target: revision.ARN, CreatedAt: p.now})
	p.revisions = append(p.revisions, revision)
	for range p.service.Desired {
		p.start(id)
	}
	return id
}

func (p *toy) start(deployment string) {
	p.tasks = append(p.tasks, cluster.Task{ID: fmt.Sprintf("%032x", len(p.tasks)+1), StartedBy: deployment, Last: cluster.Pending, Desired: cluster.Running,
		Health: cluster.HealthUnknown, CreatedAt: p.now})
}

func (p *toy) Now() time.Time { return p.now }

func (p *toy) Sleep(ctx context.Context, d time.Duration) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	p.advance(d)
	return nil
}

func (p *toy) advance(d time.Duration) {
	for range int(d / time.Second) {
		p.now = p.now.Add(time.Second)
		p.tick()
	}
}

func (p *toy) tick() {
	primary := &p.service.Deployments[0]
	old, missing := 0, p.service.Desired
	for i := range p.tasks {
		t := &p.tasks[i]
		if t.MeantToRun() && t.Last == cluster.Pending && !p.now.Before(t.CreatedAt.Add(toyStart)) {
			t.Last, t.Health, t.StartedAt = cluster.Running, cluster.Healthy, p.now
		}
		if !t.MeantToRun() && !t.Gone() && !p.now.Before(t.StoppingAt.Add(toyStop)) {
			t.Last, t.StoppedAt = cluster.Stopped, p.now
		}
		if t.StartedBy != primary.ID && !t.Gone() {
			old++
		}
		if t.StartedBy == primary.ID && t.MeantToRun() {
			missing--
		}
	}
	for range missing {
		p.start(primary.ID)
	}
	p.count()
	if primary.Running < p.service.Desired {
		return
	}
	for i := range p.tasks {
		if t := &p.tasks[i]; t.StartedBy != primary.ID && t.MeantToRun() {
			t.Desired, t.Last, t.StoppingAt = cluster.Stopped, cluster.Stopping, p.now
		}
	}
	p.count()
	if old == 0 {
		primary.Rollout, p.service.Deployments = cluster.RolloutCompleted, p.service.Deployments[:1]
		p.history[0].Status = cluster.DeploymentSuccessful
	}
}

func (p *toy) count() {
	p.service.Running = 0
	for i := range p.service.Deployments {
		d := &p.service.Deployments[i]
		d.Running = 0
		for _, t := range p.tasks {
			if t.StartedBy == d.ID && t.MeantToRun() && t.Last == cluster.Running {
				d.Running++
			}
		}
		p.service.Running += d.Running
	}
}

func (p *toy) Observe(_ context.Context, scope cluster.Scope) (cluster.Snapshot, error) {
	s := cluster.Snapshot{At: p.now, Scope: scope}
	for _, wanted := range scope.Services {
		if wanted.Service != p.service.Key {
			continue
		}
		v := cluster.ServiceView{Service: p.service}
		v.Service.Deployments = slices.Clone(p.service.Deployments)
		for _, t := range p.tasks {
			if !wanted.Protection {
				t.ProtectedUntil = time.Time{}
			}
			if wanted.Tasks == cluster.AllTasks || wanted.Tasks == cluster.RunningTasks && t.MeantToRun() {
				v.Tasks = append(v.Tasks, t)
			}
		}
		if wanted.Scaling {
			v.Scaling = p.scaling
		}
		if wanted.History {
			v.History, v.Revisions = p.history, p.revisions
		}
		if wanted.Definitions {
			v.Definitions = []cluster.TaskDefinition{{ARN: "web:1"}}
		}
		s.Services = append(s.Services, v)
	}
	return s, nil
}

func (p *toy) Apply(_ context.Context, actions []cluster.Action) []cluster.Outcome {
	return operation.OneByOne(actions, p.act)
}

func (p *toy) act(a cluster.Action) cluster.Outcome {
	switch a := a.(type) {
	case cluster.UpdateService:
		switch {
		case a.Service != p.service.Key:
			return rejected(cluster.Errorf(cluster.ClassNotFound, "ServiceNotFoundException", "Service not found."))
		case a.Bounds != nil && a.Bounds.MinimumHealthyPercent == 100 && a.Bounds.MaximumPercent == 100:
			return rejected(cluster.Errorf(cluster.ClassInvalid, "InvalidParameterException", "these bounds block deployments"))
		}
		if a.Bounds != nil {
			p.service.Bounds = *a.Bounds
		}
		if a.Force {
			id := p.deploy()
			p.count()
			return cluster.Outcome{Result: cluster.Done, IDs: []string{id}}
		}
		return cluster.Outcome{Result: cluster.Done}
	case cluster.RegisterScalableTarget:
		p.scaling = &cluster.ScalableTarget{Min: *a.Min, Max: *a.Max, Suspended: *a.Suspended}
		return cluster.Outcome{Result: cluster.Done}
	case cluster.ProtectTask:
		return p.onTask(a.Task, func(t *cluster.Task) {
			if t.ProtectedUntil = (time.Time{}); a.Protect {
				t.ProtectedUntil = p.now.Add(a.For)
			}
		})
	case cluster.StopTask:
		return p.onTask(a.Task, func(t *cluster.Task) { t.Desired, t.Last, t.StoppingAt = cluster.Stopped, cluster.Stopping, p.now })
	}
	return rejected(cluster.Errorf(cluster.ClassInvalid, "InvalidParameterException", "%s is not for a toy", a.Kind()))
}

func (p *toy) onTask(id string, change func(*cluster.Task)) cluster.Outcome {
	for i := range p.tasks {
		if t := &p.tasks[i]; t.ID == id {
			change(t)
			p.count()
			return cluster.Outcome{Result: cluster.Done, IDs: []string{t.ID}}
		}
	}
	return rejected(cluster.Errorf(cluster.ClassNotFound, "InvalidParameterException", "The referenced task was not found."))
}

func rejected(err *cluster.APIError) cluster.Outcome {
	return cluster.Outcome{Result: cluster.Rejected, Err: err}
}

func TestToy(t *testing.T) {
	Test(t, func(*testing.T) Fixture {
		key := cluster.ServiceKey{Cluster: "default", Service: "test"}
		return Fixture{Provider: newToy(key, 3), Service: key, Desired: 3, Ceiling: 6}
	})
}

var _ operation.Provider = (*toy)(nil)
