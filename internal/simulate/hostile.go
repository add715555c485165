package simulate

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"handover/internal/cluster"
	"handover/internal/operation"
	"handover/internal/record"
)

// Hostile is a provider with one service on it. Its exported members are the truth, which an operation only sees through Observe.
type Hostile struct {
	Key     cluster.ServiceKey
	Service cluster.Service
	Tasks   []cluster.Task
	Scaling *cluster.ScalableTarget // nil: there is none
	History []cluster.ServiceDeployment
	Exists  bool

	Forced  []string         // deployments that were started for the operation, in order, also those whose answer was lost
	Others  int              // deployments that someone else started
	Twins   []string         // those of them that nothing tells from one for the operation: they began when the answer to it was lost
	Bounds  []cluster.Bounds // that were set for the operation, in order
	Changed []string         // what was done for the operation, but for tags
	Broken  []string         // what was done for it and never may be
	Theirs  Theirs           // what others want, and must be found at the end

	random *rand.Rand
	now    time.Time
	calm   bool               // others do less, and the service tends to what is desired
	looks  []cluster.Snapshot // for stale reads
	blind  bool               // the last look was stale, or lacked a part
	risen  int                // by how much the desired count was raised for the operation and not lowered again
	unsure bool               // the answer to a change of the desired count was lost, or it followed a look of before
	lostAt time.Time          // when an answer was lost last; also a deployment that took effect may be gone by the next look
	made   int
}

// Theirs is what other people have set.
type Theirs struct {
	Max       int
	Suspended cluster.Suspension
	Guarded   map[string]time.Time // tasks that they protect, until when
	Lost      bool                 // something of it may have been overwritten after a stale read
}

const hostileARN = "arn:aws:ecs:us-east-1:123456789012:"

// NewHostile makes a service with some tasks, in a state that a steady service may have.
func NewHostile(seed uint64) *Hostile {
	h := &Hostile{Key: cluster.ServiceKey{Cluster: "default", Service: "hostile"}, Exists: true, random: rand.New(rand.NewPCG(seed, 1)),
		now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Theirs: Theirs{Guarded: map[string]time.Time{}}}
	h.Service = cluster.Service{Key: h.Key, ARN: hostileARN + "service/default/hostile", Status: cluster.ServiceActive, Scheduling: cluster.Replica, Controller: cluster.ControllerECS,
		Definition: definition(1), Desired: 1 + h.random.IntN(4), Bounds: cluster.Bounds{MinimumHealthyPercent: 50, MaximumPercent: 150 + 50*h.random.IntN(2)}}
	h.deploy(definition(1))
	h.end(cluster.RolloutCompleted, cluster.DeploymentSuccessful)
	h.now = h.now.Add(time.Hour)
	h.deploy(definition(2))
	h.Service.Deployments = h.Service.Deployments[:1]
	h.end(cluster.RolloutCompleted, cluster.DeploymentSuccessful)
	for range h.Service.Desired {
		t := h.start(h.Service.Deployments[0].ID)
		t.Last, t.StartedAt = cluster.Running, h.now
		h.Tasks = append(h.Tasks, t)
	}
	h.now = h.now.Add(time.Hour)
	if h.random.IntN(3) == 0 {
		h.Scaling = &cluster.ScalableTarget{Min: 1, Max: h.Service.Desired + h.random.IntN(3), Suspended: cluster.Suspension{Out: h.random.IntN(4) == 0}}
		h.Theirs.Max, h.Theirs.Suspended = h.Scaling.Max, h.Scaling.Suspended
	}
	h.count()
	return h
}

// Gentle lets others do less, and the service tend to what is desired: an operation of many steps must get somewhere.
func (h *Hostile) Gentle() *Hostile {
	h.calm = true
	return h
}

// longestPause is by how much a sleep may be longer than asked for, and so how much later an answer may be heard.
const longestPause = 3 * time.Second

func definition(n int) string { return fmt.Sprintf("%stask-definition/d:%d", hostileARN, n) }

// Now is the provider's time.
func (h *Hostile) Now() time.Time { return h.now }

// Sleep lets time pass, and anything happen.
func (h *Hostile) Sleep(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	h.now = h.now.Add(d + time.Duration(h.random.Int64N(int64(longestPause))))
	if h.calm {
		h.tend()
	}
	for range h.random.IntN(6) {
		if !h.calm || h.random.IntN(12) == 0 {
			h.happen()
		}
	}
	return nil
}

// Observe shows the truth, or something older, or a part of it, or nothing.
func (h *Hostile) Observe(ctx context.Context, scope cluster.Scope) (cluster.Snapshot, error) {
	if err := ctx.Err(); err != nil {
		return cluster.Snapshot{}, err
	}
	fate := h.random.IntN(12)
	h.blind = fate < 2
	if old, ok := h.old(scope); ok && fate == 0 {
		old.At = h.now
		return old, nil
	}
	if fate == 1 {
		return h.partly(scope), nil
	}
	snapshot := h.view(scope)
	h.looks = append(h.looks[max(0, len(h.looks)-8):], snapshot)
	return snapshot, nil
}

// old is a look of before with the same scope.
func (h *Hostile) old(scope cluster.Scope) (cluster.Snapshot, bool) {
	for _, s := range h.looks {
		if equalScopes(s.Scope, scope) && h.now.Sub(s.At) <= staleFor {
			return s, true
		}
	}
	return cluster.Snapshot{}, false
}

// partly is a look that lacks a part.
func (h *Hostile) partly(scope cluster.Scope) cluster.Snapshot {
	part := one(h.random, cluster.PartService, cluster.PartService, cluster.PartTasks, cluster.PartProtection, cluster.PartScaling, cluster.PartHistory)
	s := h.view(scope)
	err := cluster.APIError{Class: cluster.ClassUnavailable, Code: "ServerException", Message: "Service Unavailable."}
	s.Gaps = []cluster.Gap{{Service: h.Key, Part: part, Permission: "x:Read", Err: err}}
	if part == cluster.PartService {
		s.Services = nil
	}
	for i := range s.Services {
		s.Services[i] = without(s.Services[i], part)
	}
	return s
}

func (h *Hostile) view(scope cluster.Scope) cluster.Snapshot {
	s := cluster.Snapshot{At: h.now, Scope: scope}
	if !h.Exists || len(scope.Services) == 0 {
		return s
	}
	wanted := scope.Services[0]
	v := cluster.ServiceView{Service: h.Service}
	v.Service.Deployments, v.Service.Tags = slices.Clone(h.Service.Deployments), slices.Clone(h.Service.Tags)
	if wanted.Tasks != cluster.NoTasks {
		v.Tasks = slices.Clone(h.Tasks)
	}
	if wanted.Scaling && h.Scaling != nil {
		target := *h.Scaling
		v.Scaling = &target
	}
	if wanted.History {
		v.History = slices.Clone(h.History)
		for i, d := range h.History {
			v.Revisions = append(v.Revisions, cluster.ServiceRevision{ARN: d.Target, Service: h.Key, Definition: definition(1 + (len(h.History)-1-i)%2), CreatedAt: d.CreatedAt})
		}
	}
	s.Services = []cluster.ServiceView{v}
	return s
}

// Apply carries actions out, or refuses them, or loses the answer before or after they took effect.
func (h *Hostile) Apply(_ context.Context, actions []cluster.Action) []cluster.Outcome {
	return operation.OneByOne(actions, h.act)
}

func (h *Hostile) act(a cluster.Action) cluster.Outcome {
	fate := h.random.IntN(10)
	update, ok := a.(cluster.UpdateService)
	lost := fate == 1 || fate == 2
	h.unsure = h.unsure || ok && update.Desired != nil && (lost || h.blind)
	if lost {
		h.lostAt = h.now
	}
	switch {
	case !h.Exists || h.Service.Status != cluster.ServiceActive:
		return cluster.Outcome{Result: cluster.Rejected, Err: cluster.Errorf(cluster.ClassNotFound, "ServiceNotFoundException", "Service not found.")}
	case fate == 0:
		return cluster.Outcome{Result: cluster.Rejected, Err: cluster.Errorf(cluster.ClassThrottled, "ThrottlingException", "Rate exceeded")}
	case fate == 1:
		return cluster.Outcome{Result: cluster.Unknown} // before it took effect
	case a.Kind() == "TagResource" && h.random.IntN(200) == 0:
		return refused(a.Kind())
	}
	ids, refusal := h.carryOut(a)
	switch {
	case refusal != nil:
		return cluster.Outcome{Result: cluster.Rejected, Err: refusal}
	case fate == 2:
		return cluster.Outcome{Result: cluster.Unknown} // after it took effect
	}
	return cluster.Outcome{Result: cluster.Done, IDs: ids}
}

func (h *Hostile) carryOut(a cluster.Action) (ids []string, refusal *cluster.APIError) {
	defer h.count()
	switch a := a.(type) {
	case cluster.TagResource:
		h.tag(a.Tags)
		return nil, nil
	case cluster.UntagResource:
		h.Service.Tags = slices.DeleteFunc(h.Service.Tags, func(t cluster.Tag) bool { return slices.Contains(a.Keys, t.Key) })
		return nil, nil
	}
	h.Changed = append(h.Changed, a.Kind())
	switch a := a.(type) {
	case cluster.UpdateService:
		return h.update(a), nil
	case cluster.StopTask:
		return nil, h.stop(a.Task)
	case cluster.ProtectTask:
		return nil, h.protect(a)
	case cluster.RegisterScalableTarget:
		return nil, h.register(a)
	case cluster.ReviseTaskDefinition:
		h.made++
		return []string{definition(h.made)}, nil
	case cluster.StopServiceDeployment:
		return nil, h.revoke(a.ARN)
	}
	return nil, cluster.Errorf(cluster.ClassInvalid, "InvalidParameterException", "%s is nothing that is done here", a.Kind())
}

func (h *Hostile) tag(tags []cluster.Tag) {
	for _, t := range tags {
		h.Service.Tags = slices.DeleteFunc(h.Service.Tags, func(had cluster.Tag) bool { return had.Key == t.Key })
		h.Service.Tags = append(h.Service.Tags, t)
	}
}

func (h *Hostile) update(a cluster.UpdateService) []string {
	if a.Bounds != nil {
		h.Service.Bounds = *a.Bounds
		h.Bounds = append(h.Bounds, *a.Bounds)
	}
	if a.Desired != nil {
		h.raise(*a.Desired)
	}
	if !a.Force && a.Definition == "" {
		return nil
	}
	to := a.Definition
	if to == "" {
		to = h.Service.Definition
	}
	id := h.deploy(to)
	h.Forced = append(h.Forced, id)
	return []string{id}
}

// raise holds that the desired count is never lowered by more than it was raised.
func (h *Hostile) raise(desired int) {
	by := desired - h.Service.Desired
	if by < 0 && -by > h.risen && !h.blind && !h.unsure {
		h.Broken = append(h.Broken, fmt.Sprintf("the desired count was lowered by %d, and raised by %d", -by, h.risen))
	}
	h.Service.Desired, h.risen = desired, max(0, h.risen+by)
}

func (h *Hostile) task(id string) *cluster.Task {
	at := slices.IndexFunc(h.Tasks, func(t cluster.Task) bool { return t.ID == id && !t.Gone() })
	if at < 0 {
		return nil
	}
	return &h.Tasks[at]
}

func (h *Hostile) guarded(t *cluster.Task) bool {
	until, theirs := h.Theirs.Guarded[t.ID]
	return theirs && h.now.Before(until) && t.ProtectedUntil.Equal(until)
}

// stop holds, for an operation that is recorded, that only what was there when the service was claimed is stopped, and nothing that someone else protects.
func (h *Hostile) stop(id string) *cluster.APIError {
	t := h.task(id)
	if t == nil {
		return cluster.Errorf(cluster.ClassNotFound, "InvalidParameterException", "The referenced task was not found.")
	}
	found, err := record.Read(h.Service.Tags)
	if recycles := err == nil && found.Record != nil && found.Record.Kind == operation.KindRecycle; recycles && !h.blind {
		if h.guarded(t) {
			h.Broken = append(h.Broken, "task "+t.Short()+" was stopped, which someone else protects")
		}
		if t.CreatedAt.After(found.Record.Since) {
			h.Broken = append(h.Broken, "task "+t.Short()+" was stopped, which is new")
		}
	}
	t.Desired, t.Last = cluster.Stopped, one(h.random, cluster.Deactivating, cluster.Stopping)
	return nil
}

// protect holds that what others protect is left alone.
func (h *Hostile) protect(a cluster.ProtectTask) *cluster.APIError {
	t := h.task(a.Task)
	if t == nil || !t.MeantToRun() {
		return cluster.Errorf(cluster.ClassInvalid, "TASK_NOT_VALID", "the task is not running")
	}
	if h.guarded(t) && !h.blind {
		h.Broken = append(h.Broken, "the protection of task "+t.Short()+", which is someone else's, was changed")
	}
	if t.ProtectedUntil = (time.Time{}); a.Protect {
		t.ProtectedUntil = h.now.Add(a.For)
	}
	return nil
}

// register holds that the minimum of the scalable target is never set.
func (h *Hostile) register(a cluster.RegisterScalableTarget) *cluster.APIError {
	if a.Min != nil {
		h.Broken = append(h.Broken, "the minimum of the scalable target was set")
	}
	if h.Scaling == nil {
		return cluster.Errorf(cluster.ClassInvalid, "ValidationException", "MinCapacity is needed")
	}
	h.Theirs.Lost = h.Theirs.Lost || h.blind
	if a.Max != nil {
		h.Scaling.Max = *a.Max
	}
	if a.Suspended != nil {
		h.Scaling.Suspended = *a.Suspended
	}
	h.Service.Desired = max(h.Scaling.Min, min(h.Scaling.Max, h.Service.Desired))
	return nil
}

func (h *Hostile) revoke(arn string) *cluster.APIError {
	for i, d := range h.History {
		if d.ARN == arn && (d.Status == cluster.DeploymentPending || d.Status == cluster.DeploymentInProgress) {
			h.History[i].Status = cluster.DeploymentRollbackRequested
			return nil
		}
	}
	return cluster.Errorf(cluster.ClassState, "ConflictException", "The service deployment cannot be stopped.")
}

func (h *Hostile) deploy(to string) string {
	h.made++
	number := fmt.Sprintf("%019d", h.made)
	for i := range h.Service.Deployments {
		h.Service.Deployments[i].Status = cluster.DeploymentActive
	}
	d := cluster.Deployment{ID: "ecs-svc/" + number, Status: cluster.DeploymentPrimary, Rollout: cluster.RolloutInProgress, Definition: to, CreatedAt: h.now}
	h.Service.Deployments = slices.Insert(h.Service.Deployments, 0, d)
	h.Service.Definition = to
	h.History = slices.Insert(h.History, 0, cluster.ServiceDeployment{ARN: hostileARN + "service-deployment/default/hostile/" + number, Service: h.Key, Deployment: d.ID, Status: cluster.DeploymentInProgress,
		Target: hostileARN + "service-revision/default/hostile/" + number, CreatedAt: h.now})
	return d.ID
}

// end ends the newest deployment.
func (h *Hostile) end(rollout cluster.RolloutState, status cluster.ServiceDeploymentStatus) {
	h.Service.Deployments[0].Rollout, h.History[0].Status = rollout, status
}

func (h *Hostile) start(deployment string) cluster.Task {
	h.made++
	return cluster.Task{ID: fmt.Sprintf("%032x", h.made), StartedBy: deployment, Last: cluster.Provisioning, Desired: cluster.Running, Health: cluster.HealthUnknown, CreatedAt: h.now}
}

// tend is what a scheduler would do, now and then: a task more or less, and those that are under way get on.
func (h *Hostile) tend() {
	if !h.Exists || h.Service.Status != cluster.ServiceActive {
		return
	}
	defer h.count()
	meant := 0
	for i := range h.Tasks {
		switch t := &h.Tasks[i]; {
		case !t.MeantToRun() && h.random.IntN(3) == 0:
			t.Last, t.StoppedAt = cluster.Stopped, h.now
		case t.MeantToRun() && t.Last != cluster.Running && h.random.IntN(3) == 0:
			t.Last, t.StartedAt, t.Health = cluster.Running, h.now, cluster.Healthy
			meant++
		case t.MeantToRun():
			meant++
		}
	}
	for ; meant < h.Service.Desired && h.random.IntN(3) > 0; meant++ {
		h.Tasks = append(h.Tasks, h.start(h.Service.Deployments[0].ID))
	}
	for i := range h.Tasks {
		if t := &h.Tasks[i]; meant > h.Service.Desired && t.MeantToRun() && !h.now.Before(t.ProtectedUntil) && h.random.IntN(2) == 0 {
			t.Desired, t.Last = cluster.Stopped, cluster.Deactivating
			meant--
		}
	}
	if h.Service.Deployments[0].Rollout == cluster.RolloutInProgress && h.random.IntN(6) == 0 {
		h.complete()
	}
}

// happen makes one transition.
func (h *Hostile) happen() {
	if !h.Exists {
		return
	}
	defer h.count()
	switch h.random.IntN(46) {
	case 0:
		h.Others++
		if id := h.deploy(h.Service.Definition); h.now.Sub(h.lostAt) <= indistinct+longestPause {
			h.Twins = append(h.Twins, id)
		}
	case 1:
		h.Service.Desired = 1 + h.random.IntN(5)
	case 2:
		h.Service.Bounds = cluster.Bounds{MinimumHealthyPercent: 60, MaximumPercent: 180} // someone else's will
	case 3:
		if !h.calm || h.random.IntN(8) == 0 {
			h.Service.Status = cluster.ServiceDraining
		}
	case 4:
		h.end(cluster.RolloutFailed, one(h.random, cluster.DeploymentStopped, cluster.DeploymentRollbackFailed))
	case 5:
		h.rollBack()
	case 6, 7, 8:
		h.complete()
	case 9, 10, 11, 12, 13, 14:
		h.Tasks = append(h.Tasks, h.start(h.Service.Deployments[h.random.IntN(len(h.Service.Deployments))].ID))
	case 15, 16:
		h.rescale()
	case 17, 18:
		h.guard()
	case 19:
		if h.random.IntN(3) == 0 {
			h.Service.Tags = nil
		}
	default:
		h.moveTask()
	}
}

// rescale is what others do to the scalable target.
func (h *Hostile) rescale() {
	switch {
	case h.Scaling == nil:
	case h.random.IntN(10) == 0:
		h.Scaling = nil
	case h.random.IntN(2) == 0:
		h.Scaling.Max += 10
		h.Theirs.Max = h.Scaling.Max
	default:
		h.Scaling.Suspended.Out = !h.Scaling.Suspended.Out
		h.Theirs.Suspended.Out = h.Scaling.Suspended.Out
	}
}

// guard is someone else's protection of a task that has none.
func (h *Hostile) guard() {
	if len(h.Tasks) == 0 {
		return
	}
	t := &h.Tasks[h.random.IntN(len(h.Tasks))]
	if t.MeantToRun() && t.ProtectedUntil.IsZero() {
		t.ProtectedUntil = h.now.Add(20 * time.Hour)
		h.Theirs.Guarded[t.ID] = t.ProtectedUntil
	}
}

// rollBack makes an earlier deployment primary again.
func (h *Hostile) rollBack() {
	d := h.Service.Deployments
	if len(d) < 2 {
		return
	}
	h.History[0].Status = one(h.random, cluster.DeploymentRollbackInProgress, cluster.DeploymentRollbackSuccessful)
	d[0].Rollout, d[0].Status = cluster.RolloutFailed, cluster.DeploymentActive
	d[1].Rollout, d[1].Status = cluster.RolloutInProgress, cluster.DeploymentPrimary
	d[0], d[1] = d[1], d[0]
	h.Service.Definition = d[0].Definition
}

// complete is the one promise of the API that is kept: a deployment is shown as completed with its tasks running. Old tasks may be left all the same.
func (h *Hostile) complete() {
	primary := &h.Service.Deployments[0]
	for len(h.Tasks) < 40 && running(h.Tasks, primary.ID) < h.Service.Desired {
		t := h.start(primary.ID)
		t.Last, t.StartedAt = cluster.Running, h.now
		h.Tasks = append(h.Tasks, t)
	}
	h.end(cluster.RolloutCompleted, cluster.DeploymentSuccessful)
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
	h.Service.Running, h.Service.Pending = 0, 0
	for i := range h.Service.Deployments {
		d := &h.Service.Deployments[i]
		d.Running = running(h.Tasks, d.ID)
		h.Service.Running += d.Running
	}
	for _, t := range h.Tasks {
		if t.MeantToRun() && t.Last != cluster.Running {
			h.Service.Pending++
		}
	}
	h.Tasks = slices.DeleteFunc(h.Tasks, func(t cluster.Task) bool { return t.Gone() && h.now.Sub(t.StoppedAt) > time.Hour })
}
