package simulate

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"handover/internal/cluster"
	"handover/internal/operation"
)

// Hostile is a provider with one service on it. Its exported members are the truth, which an operation only sees through Observe.
type Hostile struct {
	Key     cluster.ServiceKey
	Service cluster.Service
	Tasks   []cluster.Task
	Exists  bool

	Forced []string         // deployments that were started for the operation, in order, also those whose answer was lost
	Others int              // deployments that someone else started
	Bounds []cluster.Bounds // that were set for the operation, in order

	random *rand.Rand
	now    time.Time
	stale  cluster.Snapshot // a look of some time ago
	made   int
}

// NewHostile makes a service with some tasks, in a state that a steady service may have.
func NewHostile(seed uint64) *Hostile {
	h := &Hostile{Key: cluster.ServiceKey{Cluster: "default", Service: "hostile"}, Exists: true, random: rand.New(rand.NewPCG(seed, 1)),
		now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	h.Service = cluster.Service{Key: h.Key, Status: cluster.ServiceActive, Scheduling: cluster.Replica, Controller: cluster.ControllerECS, Definition: "d:1",
		Desired: 1 + h.random.IntN(4), Bounds: cluster.Bounds{MinimumHealthyPercent: 50, MaximumPercent: 150 + 50*h.random.IntN(2)}}
	h.deploy()
	h.Service.Deployments[0].Rollout = cluster.RolloutCompleted
	for range h.Service.Desired {
		t := h.start(h.Service.Deployments[0].ID)
		t.Last, t.StartedAt = cluster.Running, h.now.Add(-time.Hour)
		h.Tasks = append(h.Tasks, t)
	}
	h.count()
	h.stale = h.view(cluster.ServiceScope{Service: h.Key, Tasks: cluster.AllTasks}.Of())
	return h
}

// Now is the provider's time.
func (h *Hostile) Now() time.Time { return h.now }

// Sleep lets time pass, and anything happen.
func (h *Hostile) Sleep(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	h.now = h.now.Add(d + time.Duration(h.random.IntN(3000))*time.Millisecond)
	for range h.random.IntN(6) {
		h.happen()
	}
	return nil
}

// Observe shows the truth, or something older, or nothing.
func (h *Hostile) Observe(ctx context.Context, scope cluster.Scope) (cluster.Snapshot, error) {
	if err := ctx.Err(); err != nil {
		return cluster.Snapshot{}, err
	}
	switch h.random.IntN(12) {
	case 0:
		old := h.stale
		old.At, old.Scope = h.now, scope
		return old, nil
	case 1:
		err := cluster.APIError{Class: cluster.ClassUnavailable, Code: "ServerException", Message: "Service Unavailable."}
		return cluster.Snapshot{At: h.now, Scope: scope, Gaps: []cluster.Gap{{Service: h.Key, Part: cluster.PartService, Permission: "ecs:DescribeServices", Err: err}}}, nil
	}
	snapshot := h.view(scope)
	if len(scope.Services) > 0 && scope.Services[0].Tasks == cluster.AllTasks {
		h.stale = snapshot
	}
	return snapshot, nil
}

func (h *Hostile) view(scope cluster.Scope) cluster.Snapshot {
	s := cluster.Snapshot{At: h.now, Scope: scope}
	if !h.Exists || len(scope.Services) == 0 {
		return s
	}
	v := cluster.ServiceView{Service: h.Service}
	v.Service.Deployments = slices.Clone(h.Service.Deployments)
	if scope.Services[0].Tasks != cluster.NoTasks {
		v.Tasks = slices.Clone(h.Tasks)
	}
	s.Services = []cluster.ServiceView{v}
	return s
}

// Apply carries actions out, or refuses them, or loses the answer before or after they took effect.
func (h *Hostile) Apply(_ context.Context, actions []cluster.Action) []cluster.Outcome {
	return operation.OneByOne(actions, h.act)
}

func (h *Hostile) act(a cluster.Action) cluster.Outcome {
	update, ok := a.(cluster.UpdateService)
	switch fate := h.random.IntN(10); {
	case !ok || !h.Exists || h.Service.Status != cluster.ServiceActive:
		return cluster.Outcome{Result: cluster.Rejected, Err: cluster.Errorf(cluster.ClassNotFound, "ServiceNotFoundException", "Service not found.")}
	case fate == 0:
		return cluster.Outcome{Result: cluster.Rejected, Err: cluster.Errorf(cluster.ClassThrottled, "ThrottlingException", "Rate exceeded")}
	case fate == 1:
		return cluster.Outcome{Result: cluster.Unknown} // before it took effect
	case fate == 2:
		h.update(update)
		return cluster.Outcome{Result: cluster.Unknown} // after it took effect
	}
	return cluster.Outcome{Result: cluster.Done, IDs: h.update(update)}
}

func (h *Hostile) update(a cluster.UpdateService) []string {
	if a.Bounds != nil {
		h.Service.Bounds = *a.Bounds
		h.Bounds = append(h.Bounds, *a.Bounds)
	}
	if !a.Force {
		return nil
	}
	id := h.deploy()
	h.Forced = append(h.Forced, id)
	return []string{id}
}

func (h *Hostile) deploy() string {
	h.made++
	id := fmt.Sprintf("ecs-svc/%019d", h.made)
	for i := range h.Service.Deployments {
		h.Service.Deployments[i].Status = cluster.DeploymentActive
	}
	d := cluster.Deployment{ID: id, Status: cluster.DeploymentPrimary, Rollout: cluster.RolloutInProgress, Definition: h.Service.Definition, CreatedAt: h.now}
	h.Service.Deployments = slices.Insert(h.Service.Deployments, 0, d)
	return id
}

func (h *Hostile) start(deployment string) cluster.Task {
	h.made++
	return cluster.Task{ID: fmt.Sprintf("%032x", h.made), StartedBy: deployment, Last: cluster.Provisioning, Desired: cluster.Running, Health: cluster.HealthUnknown, CreatedAt: h.now}
}

// happen makes one transition.
func (h *Hostile) happen() {
	if !h.Exists {
		return
	}
	defer h.count()
	switch h.random.IntN(40) {
	case 0:
		h.Others++
		h.deploy()
	case 1:
		h.Service.Desired = 1 + h.random.IntN(5)
	case 2:
		h.Service.Bounds = cluster.Bounds{MinimumHealthyPercent: 60, MaximumPercent: 180} // someone else's will
	case 3:
		h.Service.Status = cluster.ServiceDraining
	case 4:
		h.Service.Deployments[0].Rollout = cluster.RolloutFailed
	case 5:
		h.rollBack()
	case 6, 7, 8:
		h.complete()
	case 9, 10, 11, 12, 13, 14:
		h.Tasks = append(h.Tasks, h.start(h.Service.Deployments[h.random.IntN(len(h.Service.Deployments))].ID))
	default:
		h.moveTask()
	}
}

// rollBack makes an earlier deployment primary again.
func (h *Hostile) rollBack() {
	d := h.Service.Deployments
	if len(d) < 2 {
		return
	}
	d[0].Rollout, d[0].Status = cluster.RolloutFailed, cluster.DeploymentActive
	d[1].Rollout, d[1].Status = cluster.RolloutInProgress, cluster.DeploymentPrimary
	d[0], d[1] = d[1], d[0]
}

// complete is the one promise of the API that is kept: a deployment is shown as completed with its tasks running. Old tasks may be left all the same.
func (h *Hostile) complete() {
	primary := &h.Service.Deployments[0]
	for len(h.Tasks) < 40 && running(h.Tasks, primary.ID) < h.Service.Desired {
		t := h.start(primary.ID)
		t.Last, t.StartedAt = cluster.Running, h.now
		h.Tasks = append(h.Tasks, t)
	}
	primary.Rollout = cluster.RolloutCompleted
	if h.random.IntN(2) == 0 {
		for i := range h.Tasks {
			if h.Tasks[i].StartedBy != primary.ID {
				h.Tasks[i].Last, h.Tasks[i].Desired, h.Tasks[i].StoppedAt = cluster.Stopped, cluster.Stopped, h.now
			}
		}
		h.Service.Deployments = h.Service.Deployments[:1]
	}
}

func (h *Hostile) moveTask() {
	if len(h.Tasks) == 0 {
		return
	}
	t := &h.Tasks[h.random.IntN(len(h.Tasks))]
	order := []cluster.TaskStatus{cluster.Provisioning, cluster.Pending, cluster.Activating, cluster.Running, cluster.Deactivating, cluster.Stopping, cluster.Deprovisioning, cluster.Stopped}
	at := slices.Index(order, t.Last)
	t.Last = order[min(len(order)-1, at+1+h.random.IntN(2))]
	switch {
	case t.Last == cluster.Running:
		t.StartedAt = h.now
	case slices.Index(order, t.Last) > 3:
		t.Desired = cluster.Stopped
	}
	t.Health = []cluster.Health{cluster.HealthUnknown, cluster.Healthy, cluster.Unhealthy}[h.random.IntN(3)]
}

func running(tasks []cluster.Task, deployment string) int {
	n := 0
	for _, t := range tasks {
		if t.StartedBy == deployment && t.MeantToRun() && t.Last == cluster.Running {
			n++
		}
	}
	return n
}

func (h *Hostile) count() {
	h.Service.Running = 0
	for i := range h.Service.Deployments {
		d := &h.Service.Deployments[i]
		d.Running = running(h.Tasks, d.ID)
		h.Service.Running += d.Running
	}
}
