package diagnosis

import (
	"slices"
	"strings"
	"time"

	"handover/internal/cluster"
)

// subject is what a diagnosis is about: one deployment of one service, or the service as it stands.
type subject struct {
	now      time.Time
	snapshot cluster.Snapshot
	view     *cluster.ServiceView
	id       string // of the deployment
	// definition is the deployment's task definition; former that of the one before it, where that is known.
	definition, former string
	formerID           string // the deployment that serves meanwhile, or is gone back to
	since, until       time.Time
	rollout            cluster.RolloutState
	reason             string
	past               *cluster.ServiceDeployment // what ECS remembers of it
	counted            int                        // failures, as ECS counts them
	underWay           bool                       // it is the primary deployment, and not complete
	own                func(cluster.Task) bool    // its tasks
}

// about finds the deployment to be examined: the one that is asked for; or else the last one, if it failed; or else the primary one.
func about(s cluster.Snapshot, view *cluster.ServiceView, asked string) (subject, bool) {
	x := subject{now: s.At, snapshot: s, view: view, until: s.At}
	id := asked
	if id == "" {
		id = latest(view)
	}
	d, live := view.Service.Deployment(id)
	x.past = remembered(view, id)
	gaveUp, told := undone(view)
	if told = told && gaveUp.id == id; !live && x.past == nil && !told {
		return x, false
	}
	x.id = id
	x.own = func(t cluster.Task) bool { return t.StartedBy == id }
	if live {
		x.definition, x.since, x.rollout, x.reason, x.counted = d.Definition, d.CreatedAt, d.Rollout, d.Reason, d.Failed
		x.underWay = d.Status == cluster.DeploymentPrimary && (d.Rollout == cluster.RolloutInProgress || len(view.Service.Deployments) > 1 && d.Rollout != cluster.RolloutCompleted)
	}
	if x.past != nil {
		x.remember(live)
	} else if !live {
		x.definition, x.since, x.rollout, x.reason = gaveUp.definition, gaveUp.since, cluster.RolloutFailed, gaveUp.reason
	}
	x.before()
	if !x.underWay && !x.failed() && x.since.Before(s.At.Add(-remembrance)) {
		x.since = s.At.Add(-remembrance) // of what is long complete, only what is new says anything
	}
	return x, true
}

// remembrance is how long ECS shows tasks that are stopped. Source: developer guide, stopped-task-errors.
const remembrance = time.Hour

// latest is the deployment that people ask about: the newest service deployment where it failed, and the primary one otherwise.
func latest(view *cluster.ServiceView) string {
	primary, _ := view.Service.Primary()
	if len(view.History) > 0 && unsuccessful(view.History[0].Status) && !primary.CreatedAt.After(view.History[0].CreatedAt) {
		return view.History[0].Deployment
	}
	for _, d := range view.Service.Deployments {
		if d.Rollout == cluster.RolloutFailed && !d.CreatedAt.Before(primary.CreatedAt) {
			return d.ID
		}
	}
	if gaveUp, told := undone(view); told && len(view.History) == 0 {
		return gaveUp.id
	}
	return primary.ID
}

// undoing is a deployment that ECS has gone back from, as far as service events and stopped tasks tell of it.
type undoing struct {
	id, definition, reason string
	since                  time.Time // not after it began
}

// undone finds the deployment that the primary one was gone back to from: "(deployment ecs-svc/2) deployment failed: tasks failed to start." and then "rolling back to deployment
// ecs-svc/1.", which is the primary one again. Whoever may not read service deployments has nothing else.
func undone(view *cluster.ServiceView) (u undoing, told bool) {
	primary, ok := view.Service.Primary()
	if !ok {
		return undoing{}, false
	}
	back := false
	for _, e := range view.Service.Events { // newest first
		if strings.Contains(e.Message, "rolling back to deployment "+primary.ID+".") {
			back = true
			continue
		}
		_, about, is := strings.Cut(e.Message, "(deployment ")
		id, reason, failed := strings.Cut(about, ") deployment failed")
		if !back || !is || !failed || id == primary.ID {
			continue
		}
		u = undoing{id: id, reason: "deployment failed" + reason, since: e.At.Add(-remembrance)}
		for _, t := range view.Tasks {
			if t.StartedBy == id {
				u.definition = t.Definition
			}
		}
		return u, true
	}
	return undoing{}, false
}

func unsuccessful(s cluster.ServiceDeploymentStatus) bool {
	switch s {
	case cluster.DeploymentStopped, cluster.DeploymentRollbackRequested, cluster.DeploymentRollbackInProgress, cluster.DeploymentRollbackSuccessful, cluster.DeploymentRollbackFailed:
		return true
	case cluster.DeploymentPending, cluster.DeploymentInProgress, cluster.DeploymentStopRequested, cluster.DeploymentSuccessful:
		return false
	}
	return false
}

func remembered(view *cluster.ServiceView, id string) *cluster.ServiceDeployment {
	for i := range view.History {
		if view.History[i].Deployment == id {
			return &view.History[i]
		}
	}
	return nil
}

// remember takes over what ECS remembers of the deployment.
func (x *subject) remember(live bool) {
	if !live {
		x.since = x.past.CreatedAt
		if r, ok := x.view.Revision(x.past.Target); ok {
			x.definition = r.Definition
		}
	}
	if x.reason == "" || x.past.Reason != "" && unsuccessful(x.past.Status) {
		x.reason = x.past.Reason
	}
	if len(x.past.Sources) > 0 {
		x.formerID = cluster.DeploymentOf(x.past.Sources[0])
		if r, ok := x.view.Revision(x.past.Sources[0]); ok {
			x.former = r.Definition
		}
	}
	if unsuccessful(x.past.Status) && x.rollout != cluster.RolloutInProgress {
		x.rollout, x.underWay = cluster.RolloutFailed, false
	}
}

// before finds what served before the deployment, where the service still shows it.
func (x *subject) before() {
	for _, d := range x.view.Service.Deployments {
		if d.ID != x.id && (x.formerID == "" || d.ID == x.formerID || d.Rollout == cluster.RolloutCompleted) {
			x.formerID, x.former = d.ID, d.Definition
			return
		}
	}
}

func (x *subject) failed() bool { return x.rollout == cluster.RolloutFailed }

// examined tells whether a task is one to be examined: of the deployment, and, where nothing is rolled out, any task of the last hour.
func (x *subject) examined(t cluster.Task) bool {
	if x.underWay || x.failed() {
		return x.own(t)
	}
	return t.CreatedAt.After(x.since) || t.MeantToRun() || t.StoppingAt.After(x.since)
}

// readable tells whether a part was asked for and could be read.
func (x *subject) readable(part cluster.Part) bool {
	_, gap := x.snapshot.Gap(x.view.Service.Key, part)
	at := slices.IndexFunc(x.snapshot.Scope.Services, func(s cluster.ServiceScope) bool { return s.Service == x.view.Service.Key })
	if gap || at < 0 {
		return false
	}
	asked := x.snapshot.Scope.Services[at]
	return (part != cluster.PartTasks || asked.Tasks == cluster.AllTasks) && (part != cluster.PartProtection || asked.Protection)
}

// events are those of the time that is examined, newest first.
func (x *subject) events() []cluster.Event {
	var all []cluster.Event
	for _, e := range x.view.Service.Events {
		if e.At.After(x.since) {
			all = append(all, e)
		}
	}
	return all
}

// freshest is when one of the deployment's tasks that is healthy now was started last; zero where none is healthy. What failed before that has been overcome.
func (x *subject) freshest() time.Time {
	var at time.Time
	for _, t := range x.view.Tasks {
		if x.examined(t) && healthy(x.view, &t, x.now) && t.StartedAt.After(at) {
			at = t.StartedAt
		}
	}
	return at
}

// healthy tells whether a task is healthy. A container health check that has not said anything yet speaks against that, where the task's definition, which has it, was read.
func healthy(view *cluster.ServiceView, t *cluster.Task, now time.Time) bool {
	if !view.Healthy(t, now) {
		return false
	}
	d, read := view.Definition(t.Definition)
	return !read || t.Health != cluster.HealthUnknown || !slices.ContainsFunc(d.Containers, func(c cluster.ContainerDefinition) bool { return c.HealthCheck && c.Essential })
}

func healthyTasks(view *cluster.ServiceView, now time.Time) int {
	n := 0
	for _, t := range view.Tasks {
		if healthy(view, &t, now) {
			n++
		}
	}
	return n
}

// short is an event without the words that every event of the service begins with.
func short(message string) string {
	_, rest, ok := strings.Cut(message, ") ")
	if !ok || !strings.HasPrefix(message, "(service ") {
		return message
	}
	return rest
}
