package operation

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"handover/internal/cluster"
	"handover/internal/record"
)

// Restart replaces all tasks of a service by a forced deployment of the same task definition, and follows that deployment to its end.
//
// It succeeds when its own deployment is COMPLETED and no task of another deployment is left. What ECS does meanwhile decides every other end: a rollback or
// a failed deployment is Failed, another deployment on top of ours is Superseded, and a lost answer that leaves two candidates is Unclear.
type Restart struct {
	Service cluster.ServiceKey `json:"service"`
	Options RestartOptions     `json:"options"`

	Watermark  time.Time `json:"watermark,omitzero"` // AWS's time when the service was judged; zero before that
	Asked      asked     `json:"asked,omitzero"`     // what the update asked for
	Before     []string  `json:"before,omitempty"`   // the deployments that were there then, the primary first
	Sent       bool      `json:"sent,omitempty"`     // the update was sent, or may have been
	Lost       bool      `json:"lost,omitempty"`     // an update's answer was lost, and it was sent again because it did not show
	Searches   int       `json:"searches,omitempty"` // looks for a deployment whose answer was lost
	Deployment string    `json:"deployment,omitempty"`
	Doubts     int       `json:"doubts,omitempty"` // looks in a row that did not show our deployment
	seen
}

// RestartOptions are what a user may ask of a restart.
type RestartOptions struct {
	MinimumHealthyPercent *int   `json:"minimumHealthyPercent,omitempty"` // for this restart only
	MaximumPercent        *int   `json:"maximumPercent,omitempty"`        // for this restart only
	AllowUnstable         bool   `json:"allowUnstable,omitempty"`
	AllowInProgress       bool   `json:"allowInProgress,omitempty"`
	AllowNewCode          bool   `json:"allowNewCode,omitempty"`
	Definition            string `json:"definition,omitempty"`   // the task definition to go to; empty: the one that the service has
	Attach                string `json:"attach,omitempty"`       // follow this deployment and start none
	KeepWaiting           bool   `json:"keepWaiting,omitempty"`  // do not end early where no new task will get healthy
	AttachNewest          bool   `json:"attachNewest,omitempty"` // the same with the one that is primary at the first look
	Pace                  *Pace  `json:"-"`                      // when to look; see Restart
}

// NewRestart makes the restart of a service.
func NewRestart(service cluster.ServiceKey, options RestartOptions) *Restart {
	return &Restart{Service: service, Options: options, Deployment: options.Attach, seen: seen{Pace: options.Pace}}
}

const (
	restartLook   = 10 * time.Second // as often as the scheduler itself looks
	lostAnswer    = 5 * time.Second  // between two looks for a deployment whose answer was lost
	lostSearches  = 6                // after half a minute without a new deployment, the update did not take effect
	retryThrottle = 5 * time.Second
	doubtLook     = 5 * time.Second
	doubtLooks    = 4 // a read may be stale for some seconds; what four looks in a row say is so. Source: API Reference, RunTask, on consistency
)

// Step is the story of a restart: look, judge, start the deployment, find out its id, follow it.
func (r *Restart) Step(in Input) Decision {
	switch {
	case in.Snapshot.Scope.Empty():
		return Decision{Look: r.everything()}
	case r.Watermark.IsZero():
		return r.begin(in)
	case r.Deployment == "":
		return r.pin(in)
	}
	return r.follow(in)
}

// Progress tells how far the restart has come.
func (r *Restart) Progress(time.Time) Progress {
	p := Progress{Changed: r.Sent || r.Lost, Figures: r.Tally}
	if r.Deployment == "" {
		p.GoesOn, p.Attach = "what was asked of "+r.Service.String(), "handover status "+r.Service.String()
		return p
	}
	p.Figures.Deployment = r.Deployment
	p.GoesOn = "deployment " + r.Deployment
	p.Attach = fmt.Sprintf("handover restart %s --attach %s", r.Service, r.Deployment)
	return p
}

// Target says that a restart is recorded on its service where it sets bounds for its duration.
func (r *Restart) Target() Target {
	given := r.Options.MinimumHealthyPercent != nil || r.Options.MaximumPercent != nil
	return Target{Service: r.Service, Kind: KindRestart, Claims: given && r.Options.Attach == "" && !r.Options.AttachNewest}
}

// begin judges the service and, unless it refuses, starts the deployment or attaches to it.
func (r *Restart) begin(in Input) Decision {
	view, refusal := admit(in.Snapshot, r.Service)
	if refusal != nil {
		return r.honest(*refusal)
	}
	if primary, ok := view.Service.Primary(); ok && r.Options.AttachNewest {
		r.Deployment = primary.ID
	}
	if r.Deployment != "" {
		return r.attach(in, view)
	}
	if refusal := r.judge(in, view); refusal != nil {
		return r.honest(*refusal)
	}
	if view.Service.Desired == 0 {
		return succeed(fmt.Sprintf("%s has no tasks to restart", r.Service), cluster.Figures{})
	}
	r.mark(in, view)
	d := r.update(in, view)
	if r.Options.Definition == "" { // who goes to another one asks for its code
		d.Notes = unknownImages(in.Snapshot, view)
	}
	return d
}

// honest lets nothing be called refused, which means that nothing was changed, after an update whose answer was lost.
func (r *Restart) honest(refusal Decision) Decision {
	if r.Lost && refusal.Verdict.End == cluster.Refused {
		refusal.Verdict.End = cluster.Unclear
		refusal.Verdict.Summary += "; an earlier UpdateService, whose answer was lost, may have taken effect"
	}
	return refusal
}

// mark writes down what is there before anything is done.
func (r *Restart) mark(in Input, view cluster.ServiceView) {
	r.Watermark = in.Snapshot.At
	r.Before = nil
	for _, d := range view.Service.Deployments {
		if r.Before = append(r.Before, d.ID); d.ID == r.Deployment {
			r.Before = nil // what is older than the deployment that we attach to is what counts
		}
	}
	r.seen.mark(in, view, r.old)
}

// old tells whether a task is one of another deployment than ours.
func (r *Restart) old(t *cluster.Task) bool { return t.StartedBy != r.Deployment }

func (r *Restart) attach(in Input, view cluster.ServiceView) Decision {
	if _, ok := view.Service.Deployment(r.Deployment); !ok {
		return refuse("deployment-missing", fmt.Sprintf("%s has no deployment %s", r.Service, r.Deployment), "to see its deployments: handover status "+r.Service.String())
	}
	r.mark(in, view)
	r.Sent = true
	return r.follow(in)
}

// update is the one call that starts the deployment, with the bounds for its duration.
func (r *Restart) update(in Input, view cluster.ServiceView) Decision {
	r.Sent = true
	action := cluster.UpdateService{Service: r.Service, Force: true, Definition: r.Options.Definition}
	d := Decision{Look: r.afterwards()}
	former, ours := view.Service.Bounds, r.bounds(view.Service.Bounds)
	r.Asked = asked{Definition: cmp.Or(r.Options.Definition, view.Service.Definition), By: in.Now.Add(updateMost)}
	if ours != former {
		action.Bounds = &ours
		d.Held = &record.Held{Bounds: &record.Bounds{Former: former, Ours: ours}}
	}
	d.Actions = []cluster.Action{action}
	return d
}

// bounds are those of this restart.
func (r *Restart) bounds(former cluster.Bounds) cluster.Bounds {
	if r.Options.MinimumHealthyPercent != nil {
		former.MinimumHealthyPercent = *r.Options.MinimumHealthyPercent
	}
	if r.Options.MaximumPercent != nil {
		former.MaximumPercent = *r.Options.MaximumPercent
	}
	return former
}

// pin finds out the id of the deployment that the update started.
func (r *Restart) pin(in Input) Decision {
	if len(in.Outcomes) == 0 && r.Searches == 0 { // it was not sent, because an action of another service failed before it
		r.Watermark, r.Sent = time.Time{}, false
		return Decision{Look: r.everything()}
	}
	if len(in.Outcomes) == 0 || in.Outcomes[0].Result == cluster.Unknown {
		return r.search(in)
	}
	outcome := in.Outcomes[0]
	if outcome.Result == cluster.Done && len(outcome.IDs) == 1 {
		r.Deployment = outcome.IDs[0]
		return r.follow(in)
	}
	if outcome.Result == cluster.Done {
		return r.search(in)
	}
	r.Sent = false
	if outcome.Err.Class == cluster.ClassThrottled {
		r.Watermark = time.Time{}
		return Decision{Look: r.everything(), Wait: retryThrottle, Notes: []Note{{Level: Info, Text: "AWS throttles UpdateService; trying again"}}}
	}
	d := rejected("UpdateService", r.Service, *outcome.Err)
	if r.Options.Definition != "" && outcome.Err.Class != cluster.ClassDenied {
		d.Verdict.Hints = append(d.Verdict.Hints, revisionsOf(r.Options.Definition))
	}
	return r.honest(d)
}

// search looks for a deployment that was not there before and may be ours: the answer to our update was lost, and it may have taken effect or not.
func (r *Restart) search(in Input) Decision {
	view, shown := in.Snapshot.Service(r.Service)
	if r.Searches == 0 {
		r.Asked = r.Asked.heard(in.Now)
	}
	if !shown { // what could not be read says nothing, least of all that the update did not take effect
		r.Searches = max(r.Searches, 1)
		return Decision{Look: r.everything(), Wait: lostAnswer, Waiting: &cluster.Condition{Object: r.Service.String(), Condition: "to be readable, to show whether the update took effect"}}
	}
	r.Searches++
	var fresh []string
	for _, d := range view.Service.Deployments {
		if !slices.Contains(r.Before, d.ID) && r.Asked.mayBe(d) {
			fresh = append(fresh, d.ID)
		}
	}
	switch {
	case len(fresh) == 1:
		r.Deployment = fresh[0]
		d := r.follow(in)
		d.Notes = append(d.Notes, Note{Level: Warning, Text: "the answer to UpdateService was lost; deployment " + r.Deployment + " is the only new one, and is taken to be ours"})
		return d
	case len(fresh) > 1:
		return end(cluster.Unclear, cluster.Cause{Code: "lost-answer", Certain: true, Evidence: fresh,
			Text: "the answer to UpdateService was lost, and there is more than one new deployment; which is ours cannot be told"},
			"to see what is there: handover status "+r.Service.String())
	case r.Searches > lostSearches:
		r.Watermark, r.Sent, r.Searches, r.Lost = time.Time{}, false, 0, true
		return Decision{Look: r.everything(), Notes: []Note{{Level: Warning, Text: "the update whose answer was lost did not take effect; trying again"}}}
	}
	return Decision{Look: r.everything(), Wait: lostAnswer, Waiting: &cluster.Condition{Object: r.Service.String(), Condition: "to show whether the update took effect",
		Done: r.Searches, Of: lostSearches}}
}

// asked is what an update asked for, and by when. It tells which deployment may be ours where the answer to the update was lost.
type asked struct {
	Definition string    `json:"definition"` // FAMILY, FAMILY:REVISION or ARN
	By         time.Time `json:"by"`         // a deployment that began later is not ours
}

const (
	updateMost = 2 * time.Minute // the record is written and the deployment started within this, or their answers are given up for lost; a call may take a minute
	clockSlack = 2 * time.Second // AWS stamps what it does by other clocks than its answers
)

// heard is the same once the call has ended: what begins after that is not ours, either.
func (a asked) heard(now time.Time) asked {
	if end := now.Add(clockSlack); end.Before(a.By) {
		a.By = end
	}
	return a
}

// mayBe tells whether a deployment may be what was asked for. A family alone stands for any of its revisions.
func (a asked) mayBe(d cluster.Deployment) bool {
	revision := strings.Contains(short(a.Definition), ":")
	same := short(d.Definition) == short(a.Definition) || !revision && family(d.Definition) == short(a.Definition)
	return same && !d.CreatedAt.After(a.By)
}

// follow looks at the service until its deployment is through. Tasks and targets are read again when the service itself shows that something changed, and once a
// minute.
func (r *Restart) follow(in Input) Decision {
	if gap, ok := in.Snapshot.Gap(r.Service, cluster.PartService); ok {
		return Decision{Look: glance(r.Service), Wait: restartLook, Waiting: &cluster.Condition{Object: r.Service.String(), Condition: "to be readable: " + gap.Err.Message}}
	}
	view, ok := in.Snapshot.Service(r.Service)
	if !ok || view.Service.Status != cluster.ServiceActive {
		return r.fail(cluster.Failed, cluster.Cause{Code: "service-deleted", Certain: true, Text: fmt.Sprintf("%s was deleted while it was restarted", r.Service)})
	}
	r.acquaint(in, view)
	if gap, ok := in.Snapshot.Gap(r.Service, cluster.PartTasks); ok {
		return Decision{Look: r.everything(), Wait: doubtLook, Waiting: &cluster.Condition{Object: "the tasks of " + r.Service.String(), Condition: "to be readable: " + gap.Err.Message}}
	}
	if r.stale(in, view) && !readTasks(in.Snapshot, r.Service) {
		return Decision{Look: r.everything(), Waiting: r.Last}
	}
	if readTasks(in.Snapshot, r.Service) {
		r.measure(in, view, r.old)
		r.Tally.Deployment, r.Tally.PeakTasks = r.Deployment, max(r.Tally.PeakTasks, most(view.Tasks, r.Watermark))
		if cause := doomed(in, view, r.old, r.Watermark); cause != nil && !r.Options.KeepWaiting && !view.Service.Breaker.Enabled { // or else ECS itself ends it
			return r.fail(cluster.Failed, *cause, "to see what stopped: handover status "+r.Service.String(), "to go back: handover rollback "+r.Service.String())
		}
	}
	ours, there := view.Service.Deployment(r.Deployment)
	if r.Doubts++; there {
		r.Doubts = 0
	}
	if !there && r.Doubts < doubtLooks {
		return Decision{Look: r.everything(), Wait: doubtLook, Waiting: r.Last}
	}
	if over := r.over(view); over != nil {
		return *over
	}
	if ours.Rollout == cluster.RolloutCompleted { // only its old tasks are waited for
		return Decision{Look: r.everything(), Wait: min(restartLook, r.wait(in.Now, r.Watermark, view.Service)), Waiting: r.Last}
	}
	if there && !readTasks(in.Snapshot, r.Service) {
		r.Last = r.glimpsed(view.Service, ours)
	}
	return Decision{Look: glance(r.Service), Wait: r.wait(in.Now, r.Watermark, view.Service), Waiting: r.Last}
}

// glimpsed is what is waited for as far as the service itself shows: it counts the tasks that run, and does not tell which of them are healthy.
func (r *Restart) glimpsed(s cluster.Service, ours cluster.Deployment) *cluster.Condition {
	if movedOn(s) {
		return counts{old: r.Old - r.Tally.Replaced, leaving: r.Old}.waiting(s.Desired, r.Old, r.Bound)
	}
	if ours.Running < s.Desired {
		return &cluster.Condition{Object: plural(s.Desired-ours.Running, "new task"), Condition: "to run", Done: ours.Running, Of: s.Desired}
	}
	old := 0
	for _, d := range s.Deployments {
		if d.ID != ours.ID {
			old += d.Running
		}
	}
	return &cluster.Condition{Object: plural(old, "old task"), Condition: "to be stopped", Done: max(0, r.Old-old), Of: r.Old, Bound: r.Bound}
}

// over tells whether the deployment has come to an end, and to which.
func (r *Restart) over(view cluster.ServiceView) *Decision {
	ours, there := view.Service.Deployment(r.Deployment)
	primary, _ := view.Service.Primary()
	switch {
	case there && ours.Rollout == cluster.RolloutFailed, slices.Contains(r.Before, primary.ID):
		return r.rolledBack(ours, primary)
	case !there || ours.Status != cluster.DeploymentPrimary:
		d := r.fail(cluster.Superseded, cluster.Cause{Code: "superseded", Certain: true,
			Text: fmt.Sprintf("deployment %s was superseded by %s", r.Deployment, primary.ID)}, "to see it: handover status "+r.Service.String())
		return &d
	case ours.Rollout == cluster.RolloutInProgress || r.Tally.Replaced < r.Old || len(view.Service.Deployments) > 1:
		return nil
	case ours.Rollout == "" && ours.Running < view.Service.Desired: // behind a Classic Load Balancer there is no rollout state
		return nil
	}
	text := "restarted " + r.Service.String()
	if r.Options.AttachNewest {
		text = fmt.Sprintf("deployment %s of %s is complete", r.Deployment, r.Service)
	}
	d := succeed(text, r.Tally)
	return &d
}

func (r *Restart) rolledBack(ours, primary cluster.Deployment) *Decision {
	cause := cluster.Cause{Code: "rolled-back", Certain: true, Text: fmt.Sprintf("deployment %s failed", r.Deployment)}
	if ours.Reason != "" {
		cause.Evidence = append(cause.Evidence, ours.Reason)
	}
	if primary.ID != r.Deployment {
		cause.Text += "; ECS rolls back to " + primary.ID
	}
	d := r.fail(cluster.Failed, cause, "to see why tasks stopped: handover status "+r.Service.String())
	return &d
}

// fail ends the restart other than well, with what was counted so far.
func (r *Restart) fail(how cluster.End, cause cluster.Cause, hints ...string) Decision {
	d := end(how, cause, hints...)
	d.Verdict.Figures = r.Tally
	return d
}

// waiting says what stands between now and the next change: old tasks that drain, or else new tasks that are to get healthy.
func (c counts) waiting(desired, old int, bound time.Duration) *cluster.Condition {
	if c.leaving > 0 && (c.healthy >= c.fresh || c.fresh == 0) {
		return &cluster.Condition{Object: plural(c.leaving, "old task"), Condition: "to drain and stop", Done: max(0, old-c.old), Of: old, Bound: bound}
	}
	if c.healthy < desired {
		return &cluster.Condition{Object: plural(max(c.fresh, 1), "new task"), Condition: "to be healthy", Done: c.healthy, Of: desired}
	}
	if c.old > 0 {
		return &cluster.Condition{Object: plural(c.old, "old task"), Condition: "to be stopped", Done: max(0, old-c.old), Of: old, Bound: bound}
	}
	return &cluster.Condition{Object: "the deployment", Condition: "to be completed", Done: c.healthy, Of: desired}
}

// bound is how long a task may take to go at most: the longest drain of its target groups and the longest stop timeout of its containers, 30 s where none
// is set, and what ECS adds to them: a look before the drain and one after it (10 s each), up to a fifth of a long drain (61 s after 300 s, case W), and 16 s to take
// the network interface away. 300 s and 30 s make 7m06s.
func bound(view cluster.ServiceView) time.Duration {
	drain, stop := time.Duration(0), 30*time.Second
	for _, g := range view.TargetGroups {
		drain = max(drain, g.DrainDelay)
	}
	for _, d := range view.Definitions {
		for _, c := range d.Containers {
			stop = max(stop, c.StopTimeout)
		}
	}
	const looks, detach = 20 * time.Second, 16 * time.Second
	return looks + drain + drain/5 + stop + detach
}

// everything is the scope of a whole look: service, tasks in every state, targets, definitions and images.
func (r *Restart) everything() cluster.Scope {
	return cluster.ServiceScope{Service: r.Service, Tasks: cluster.AllTasks, Targets: true, Definitions: true, Images: r.Watermark.IsZero()}.Of()
}

// afterwards is the scope of the look that follows the update. A paced restart has just read the tasks, and nothing has happened to them; it looks all the same, because what a lost
// answer may hide is told best at once.
func (r *Restart) afterwards() cluster.Scope {
	if r.Pace != nil {
		return glance(r.Service)
	}
	return r.everything()
}

// readTasks tells whether a snapshot has the tasks of a service.
func readTasks(s cluster.Snapshot, key cluster.ServiceKey) bool {
	_, gap := s.Gap(key, cluster.PartTasks)
	return !gap && slices.ContainsFunc(s.Scope.Services, func(scope cluster.ServiceScope) bool { return scope.Service == key && scope.Tasks == cluster.AllTasks })
}

// shows is what a service shows of its tasks, as one value: its last event and its deployments' counts.
func shows(s cluster.Service) string {
	text := ""
	if len(s.Events) > 0 {
		text = s.Events[0].ID
	}
	for _, d := range s.Deployments {
		text += fmt.Sprintf(" %s:%s:%s:%d/%d/%d/%d", d.ID, d.Status, d.Rollout, d.Desired, d.Running, d.Pending, d.Failed)
	}
	return text
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
