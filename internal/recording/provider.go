package recording

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"handover/internal/cluster"
)

// Provider shows a recorded deployment to an operation as it went, without the model: what ECS said by a time is what the operation sees then. The recording
// begins when the operation starts a deployment. It cannot answer to anything that was not done to the recorded service.
type Provider struct {
	recorded Case
	desired  int
	now      time.Time
	begun    time.Time // zero before the deployment
}

// The deployments of a recording, and the service.
const (
	formerDeployment = "ecs-svc/0000000000000000001"
	newDeployment    = "ecs-svc/0000000000000000002"
)

// RecordedService is the service of every Provider.
func RecordedService() cluster.ServiceKey {
	return cluster.ServiceKey{Cluster: cluster.DefaultCluster, Service: "recorded"}
}

// NewProvider makes the provider of a recorded deployment. It fails for a case that is none.
func NewProvider(c Case) (*Provider, error) {
	desired, err := strconv.Atoi(c.Replay["desired"])
	if err != nil || !strings.HasPrefix(c.Replay["action"], "deploy") || c.Replay["strategy"] != "" {
		return nil, errors.New("the case " + c.Name + " is no rolling deployment that can be replayed")
	}
	return &Provider{recorded: c, desired: desired, now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}, nil
}

// Now is the recording's time.
func (p *Provider) Now() time.Time { return p.now }

// Sleep lets the recording go on.
func (p *Provider) Sleep(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	p.now = p.now.Add(d)
	return nil
}

// Apply begins the recording with a forced update; nothing else was done to the service.
func (p *Provider) Apply(_ context.Context, actions []cluster.Action) []cluster.Outcome {
	var outcomes []cluster.Outcome
	for _, a := range actions {
		update, ok := a.(cluster.UpdateService)
		if !ok || !update.Force || !p.begun.IsZero() {
			err := cluster.Errorf(cluster.ClassUnsupported, "UnsupportedFeatureException", "this was not done to the recorded service")
			return append(outcomes, cluster.Outcome{Result: cluster.Rejected, Err: err})
		}
		p.begun = p.now
		outcomes = append(outcomes, cluster.Outcome{Result: cluster.Done, IDs: []string{newDeployment}})
	}
	return outcomes
}

// Observe shows what the recording says by now.
func (p *Provider) Observe(ctx context.Context, scope cluster.Scope) (cluster.Snapshot, error) {
	s := cluster.Snapshot{At: p.now, Scope: scope}
	for _, wanted := range scope.Services {
		if wanted.Service == RecordedService() {
			s.Services = append(s.Services, p.view(wanted))
		}
	}
	return s, ctx.Err()
}

// scene is the recorded service at one moment.
type scene struct {
	service cluster.Service
	tasks   []cluster.Task
}

func (p *Provider) view(wanted cluster.ServiceScope) cluster.ServiceView {
	s := p.first()
	if !p.begun.IsZero() {
		s.service.Deployments = []cluster.Deployment{
			{ID: newDeployment, Status: cluster.DeploymentPrimary, Rollout: cluster.RolloutInProgress},
			{ID: formerDeployment, Status: cluster.DeploymentActive, Rollout: cluster.RolloutCompleted},
		}
		for i, r := range p.recorded.Rows {
			if r.At > p.now.Sub(p.begun) {
				break
			}
			s = s.after(r, fmt.Sprintf("%d", i), p.begun.Add(r.At))
		}
	}
	v := cluster.ServiceView{Service: s.counted()}
	for _, t := range s.tasks {
		if wanted.Tasks == cluster.AllTasks || wanted.Tasks == cluster.RunningTasks && t.MeantToRun() {
			v.Tasks = append(v.Tasks, t)
		}
	}
	return v
}

func (p *Provider) first() scene {
	s := scene{service: cluster.Service{Key: RecordedService(), Status: cluster.ServiceActive, Scheduling: cluster.Replica, Controller: cluster.ControllerECS, Desired: p.desired,
		Bounds:      cluster.Bounds{MinimumHealthyPercent: percent(p.recorded, "min", 100), MaximumPercent: percent(p.recorded, "max", 200)},
		Deployments: []cluster.Deployment{{ID: formerDeployment, Status: cluster.DeploymentPrimary, Rollout: cluster.RolloutCompleted}}}}
	for range p.desired {
		s = s.start(formerDeployment, p.now.Add(-24*time.Hour), cluster.Running)
	}
	return s
}

func percent(c Case, word string, otherwise int) int {
	if n, err := strconv.Atoi(c.Replay[word]); err == nil {
		return n
	}
	return otherwise
}

func (s scene) start(deployment string, at time.Time, status cluster.TaskStatus) scene {
	t := cluster.Task{ID: fmt.Sprintf("%032x", len(s.tasks)+1), StartedBy: deployment, Last: status, Desired: cluster.Running, Health: cluster.HealthUnknown, CreatedAt: at}
	if status == cluster.Running {
		t.StartedAt = at
	}
	s.tasks = append(s.tasks, t)
	return s
}

// after is the service after one more event. A task is RUNNING when its target is registered, and, where there is no load balancer, when an old one is stopped
// for it; old tasks are gone when the rollout has completed.
func (s scene) after(r Row, id string, at time.Time) scene {
	s.service.Events = append([]cluster.Event{{ID: id, At: at, Message: r.Kind}}, s.service.Events...)
	switch r.Kind {
	case "start", "start_unhealthy":
		for range r.Count {
			s = s.start(s.service.Deployments[0].ID, at, cluster.Pending)
		}
	case "registered":
		s.run(r.Count, at)
	case "stop", "deregistered":
		s.run(len(s.tasks), at)
		if r.Kind == "stop" || !s.draining() {
			s.leave(r.Count)
		}
	case "unable_to_place", "stop_pending":
		s.end(func(t cluster.Task) bool { return t.Last == cluster.Pending }, at)
	case "failed":
		s.service.Deployments[0].Rollout = cluster.RolloutFailed
	case "rollback":
		d := s.service.Deployments
		d[0].Status, d[1].Status, d[1].Rollout = cluster.DeploymentActive, cluster.DeploymentPrimary, cluster.RolloutInProgress
		s.service.Deployments = []cluster.Deployment{d[1], d[0]}
	case "completed", "steady":
		primary := s.service.Deployments[0].ID
		s.run(len(s.tasks), at)
		s.end(func(t cluster.Task) bool { return t.StartedBy != primary }, at)
		s.service.Deployments = s.service.Deployments[:1]
		s.service.Deployments[0].Rollout = cluster.RolloutCompleted
	}
	return s
}

func (s scene) draining() bool {
	for _, t := range s.tasks {
		if t.Last == cluster.Deactivating {
			return true
		}
	}
	return false
}

func (s scene) run(count int, at time.Time) {
	for i := range s.tasks {
		if t := &s.tasks[i]; t.Last == cluster.Pending && count > 0 {
			t.Last, t.StartedAt = cluster.Running, at
			count--
		}
	}
}

// leave sends the oldest tasks away.
func (s scene) leave(count int) {
	for i := range s.tasks {
		if t := &s.tasks[i]; t.MeantToRun() && count > 0 {
			t.Last, t.Desired = cluster.Deactivating, cluster.Stopped
			count--
		}
	}
}

func (s scene) end(which func(cluster.Task) bool, at time.Time) {
	for i := range s.tasks {
		if t := &s.tasks[i]; which(*t) {
			t.Last, t.Desired, t.StoppedAt = cluster.Stopped, cluster.Stopped, at
		}
	}
}

// counted is the service with the counts that its tasks give.
func (s scene) counted() cluster.Service {
	service := s.service
	for i := range service.Deployments {
		d := &service.Deployments[i]
		d.Desired = service.Desired
		for _, t := range s.tasks {
			if t.StartedBy != d.ID || !t.MeantToRun() {
				continue
			}
			if t.Last == cluster.Running {
				d.Running++
			} else {
				d.Pending++
			}
		}
		service.Running += d.Running
		service.Pending += d.Pending
	}
	return service
}
