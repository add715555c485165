package operation

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"handover/internal/cluster"
	"handover/internal/rate"
)

// Update deploys another task definition, in one UpdateService call, and follows the deployment to its end as a Restart does. Where other images are asked for,
// it registers a revision with them first.
//
// With Fast it stops, at each look, every task that its deployment has not started, until none is left: since November 2025 ECS replaces a task that ends in a
// rollout from its own revision, so that stopping all of them once would bring old ones back (behaviour §1.3). Such a replacement is left alone while our deployment
// has not got all its tasks yet: each one that is stopped holds its place below the maximum until it has drained, and ECS would fill every place that gets free
// with the next one, for ever (on the model: 6 tasks with 100/200 and a drain of 300 s, no end after 2 h).
type Update struct {
	Options UpdateOptions `json:"options"`
	Rollout Restart       `json:"rollout"`

	Changed bool   `json:"changed,omitempty"` // a revision was registered, or a deployment stopped, or may have been
	Asked   bool   `json:"asked,omitempty"`   // a revision was asked for, and what came of it has not been heard yet
	Revised string `json:"revised,omitempty"` // the revision that was registered for this
	Copied  string `json:"copied,omitempty"`  // that of which it is a copy, but for its images
	Undoing string `json:"undoing,omitempty"` // the service deployment that is being stopped
}

// UpdateOptions are what a user may ask of an update or a rollback.
type UpdateOptions struct {
	Definition string                   `json:"definition,omitempty"` // FAMILY, FAMILY:REVISION or ARN; empty: the one that the service has
	Images     []cluster.ContainerImage `json:"images,omitempty"`     // that some of its containers are to have
	Back       bool                     `json:"back,omitempty"`       // a rollback: to Definition, or to what was deployed before and successful
	Only       string                   `json:"only,omitempty"`       // with Back: the deployment that is rolled back, and no other
	InFlight   bool                     `json:"inFlight,omitempty"`   // with Back: only what is under way; a restart that is complete has old code before it, to which nobody asked to go
	Fast       bool                     `json:"fast,omitempty"`
	Leave      float64                  `json:"leave,omitempty"`  // of the rate of StopTask, with Fast
	Reason     string                   `json:"reason,omitempty"` // what stopped tasks say of why, with Fast
	Restart    RestartOptions           `json:"restart"`
}

// NewUpdate makes the update of a service, or its rollback.
func NewUpdate(service cluster.ServiceKey, options UpdateOptions) *Update {
	options.Restart.AllowNewCode = true // it is what is asked for
	return &Update{Options: options, Rollout: *NewRestart(service, options.Restart)}
}

const updateLook = 5 * time.Second

// Step is the story of an update: find out where to go, register what is not there, deploy it, follow it; and, where it is fast, stop what is old at each look.
func (u *Update) Step(in Input) Decision {
	var d Decision
	switch {
	case u.Undoing != "":
		return u.undo(in)
	case in.Snapshot.Scope.Empty():
		return Decision{Look: u.everything()}
	case u.Rollout.Watermark.IsZero():
		d = u.begin(in)
	default:
		d = u.Rollout.Step(in)
	}
	if u.Options.Fast {
		d = u.hurry(in, d)
	}
	switch {
	case d.Verdict == nil:
	case d.Verdict.End == cluster.Succeeded && u.Rollout.Deployment != "":
		d.Verdict.Summary = u.done()
	case d.Verdict.End == cluster.Refused && u.Changed: // refused means that nothing was changed
		d.Verdict.End = cluster.Failed
	case d.Verdict.End == cluster.Refused:
		return u.Rollout.honest(d)
	}
	return d
}

// Target says that an update is recorded on its service where it sets bounds for its duration.
func (u *Update) Target() Target {
	target := u.Rollout.Target()
	if target.Kind = KindUpdate; u.Options.Back {
		target.Kind = KindRollback
	}
	return target
}

// Progress tells how far the update has come.
func (u *Update) Progress(now time.Time) Progress {
	p := u.Rollout.Progress(now)
	p.Changed = p.Changed || u.Changed
	if u.Rollout.Deployment != "" {
		p.Attach = "handover watch " + u.Rollout.Service.String()
	}
	return p
}

func (u *Update) done() string {
	switch {
	case u.Options.Back && u.Revised != "":
		return fmt.Sprintf("rolled %s back to %s, by its copy %s with the images that ran then", u.Rollout.Service, short(u.Copied), short(u.Revised))
	case u.Options.Back:
		return fmt.Sprintf("rolled %s back to %s", u.Rollout.Service, short(u.Rollout.Options.Definition))
	}
	return fmt.Sprintf("updated %s to %s", u.Rollout.Service, short(u.Rollout.Options.Definition))
}

// begin finds out where to go, and goes there.
func (u *Update) begin(in Input) Decision {
	if u.Asked {
		if waiting := u.registered(in); waiting != nil {
			return *waiting
		}
	}
	view, refusal := admit(in.Snapshot, u.Rollout.Service)
	if refusal == nil {
		refusal = checkController(view.Service)
	}
	if refusal != nil {
		return *refusal
	}
	to, decided := u.destination(in, view)
	if decided != nil {
		return *decided
	}
	if decided := u.learn(in, view, to); decided != nil {
		return *decided
	}
	if named, ok := in.Snapshot.Definition(to.definition); ok {
		to.definition = named.Definition.ARN // what was seen is deployed, whatever the name stands for by then
	}
	if u.Revised == "" && len(to.images) == 0 && isThere(view.Service, to.definition) && !u.Rollout.Lost {
		return succeed(fmt.Sprintf("%s is already at %s", u.Rollout.Service, short(view.Service.Definition)), cluster.Figures{})
	}
	if u.Revised == "" && len(to.images) > 0 {
		if refusal := u.Rollout.judge(in, view); refusal != nil {
			return *refusal
		}
		u.Asked, u.Changed, u.Copied = true, true, to.definition
		return Decision{Actions: []cluster.Action{cluster.ReviseTaskDefinition{Definition: to.definition, Images: to.images}}, Look: u.everything()}
	}
	u.Rollout.Options.Definition = to.definition
	if u.Revised != "" {
		u.Rollout.Options.Definition = u.Revised
	}
	return u.Rollout.begin(in)
}

// registered hears of the revision that was asked for. One whose answer was lost is asked for again: a revision that nobody uses does no harm.
func (u *Update) registered(in Input) *Decision {
	u.Asked = false
	if len(in.Outcomes) == 0 || in.Outcomes[0].Result == cluster.Unknown {
		return nil
	}
	outcome := in.Outcomes[0]
	switch {
	case outcome.Result == cluster.Done && len(outcome.IDs) == 1:
		u.Revised = outcome.IDs[0]
		return nil
	case outcome.Result == cluster.Rejected && outcome.Err.Class == cluster.ClassThrottled:
		return &Decision{Look: u.everything(), Wait: retryThrottle}
	case outcome.Result == cluster.Rejected:
		d := rejected("RegisterTaskDefinition", u.Rollout.Service, *outcome.Err)
		return &d
	}
	return nil
}

// destination is where an update goes: a revision, in which some containers may have to have other images.
type destination struct {
	definition string
	images     []cluster.ContainerImage
}

func (u *Update) destination(in Input, view cluster.ServiceView) (to destination, decided *Decision) {
	if u.Options.Back {
		return u.back(in, view)
	}
	to = destination{definition: u.Options.Definition}
	if to.definition == "" {
		to.definition = view.Service.Definition
	}
	definition, known := view.Definition(to.definition)
	if named, ok := in.Snapshot.Definition(to.definition); ok && !named.Missing {
		definition, known = named.Definition, true
	}
	for _, image := range u.Options.Images {
		at := slices.IndexFunc(definition.Containers, func(c cluster.ContainerDefinition) bool { return c.Name == image.Container })
		if known && at < 0 {
			d := refuse("no-such-container", fmt.Sprintf("%s has no container %q; it has %s", short(definition.ARN), image.Container, strings.Join(names(definition), ", ")))
			return to, &d
		}
		if missing(in.Snapshot, image.Image) {
			return to, noImage(view.Service.Key, image.Container, image.Image)
		}
		if !known || definition.Containers[at].Image != image.Image {
			to.images = append(to.images, image)
		}
	}
	return to, nil
}

// learn reads the task definition that the update goes to, and its images, where the service does not have it. It refuses one that is not there, from which nothing can be
// deployed, or whose tasks could not start. What was asked for and could not be read is left to AWS to judge.
func (u *Update) learn(in Input, view cluster.ServiceView, to destination) *Decision {
	if _, own := view.Definition(to.definition); own || u.Revised != "" {
		return nil
	}
	wanted := cluster.Scope{Definitions: []string{to.definition}}
	found, known := in.Snapshot.Definition(to.definition)
	switch {
	case !in.Snapshot.Scope.Covers(wanted):
		return &Decision{Look: u.everything().Union(wanted)}
	case !known:
		return nil
	case found.Missing:
		d := refuse("no-such-definition", fmt.Sprintf("there is no task definition %s", short(to.definition)), revisionsOf(to.definition))
		return &d
	case found.Inactive:
		d := refuse("inactive-definition", fmt.Sprintf("%s was deregistered, and nothing new can be deployed from it", short(to.definition)), revisionsOf(to.definition))
		return &d
	}
	for _, c := range found.Definition.Containers {
		replaced := slices.ContainsFunc(to.images, func(i cluster.ContainerImage) bool { return i.Container == c.Name })
		if !replaced && missing(in.Snapshot, c.Image) {
			return noImage(view.Service.Key, c.Name, c.Image)
		}
	}
	return nil
}

// revisionsOf is how a user finds the revisions of a family.
func revisionsOf(definition string) string {
	return "to see the revisions: aws ecs list-task-definitions --sort DESC --family-prefix " + family(definition)
}

func names(definition cluster.TaskDefinition) []string {
	var all []string
	for _, c := range definition.Containers {
		all = append(all, c.Name)
	}
	return all
}

// isThere tells whether a service has completed the deployment of a definition. A family alone stands for its latest revision, which is not known here.
func isThere(s cluster.Service, definition string) bool {
	primary, ok := s.Primary()
	same := definition == s.Definition || strings.Contains(definition, ":") && strings.HasSuffix(s.Definition, ":task-definition/"+definition)
	return ok && same && primary.Definition == s.Definition && len(s.Deployments) == 1 && primary.Rollout != cluster.RolloutInProgress && primary.Rollout != cluster.RolloutFailed
}

// hurry stops every task that our deployment has not started.
func (u *Update) hurry(in Input, d Decision) Decision {
	view, shown := in.Snapshot.Service(u.Rollout.Service)
	if d.Verdict != nil || u.Rollout.Deployment == "" || !shown {
		return d
	}
	if denied := deniedStop(in.Outcomes); denied != nil {
		return rejectedStop(u.Rollout.Service, denied)
	}
	d.Look, d.Wait = u.Rollout.everything(), min(d.Wait, updateLook)
	if len(d.Actions) == 0 && readTasks(in.Snapshot, u.Rollout.Service) {
		limit := rate.For("ecs", "StopTask")[0].Leaving(u.Options.Leave)
		d.Actions, d.Pace = stopAll(view, u.unwanted(view), u.Options.Reason), &limit
	}
	return d
}

// unwanted tells which tasks are to be stopped now: all that are older than our deployment, and what replaces them once our deployment has all its tasks.
func (u *Update) unwanted(view cluster.ServiceView) func(*cluster.Task) bool {
	ours, _ := view.Service.Deployment(u.Rollout.Deployment)
	fresh := 0
	for _, t := range view.Tasks {
		if t.MeantToRun() && !u.Rollout.old(&t) {
			fresh++
		}
	}
	return func(t *cluster.Task) bool {
		return u.Rollout.old(t) && (fresh >= view.Service.Desired || createdBy(t, ours.CreatedAt))
	}
}

func (u *Update) everything() cluster.Scope {
	scope := u.Rollout.everything()
	scope.Services[0].Images = false
	scope.Services[0].History = u.Options.Back
	if name := u.Options.Definition; name != "" && !u.Options.Back {
		scope = scope.Union(cluster.Scope{Definitions: []string{name}})
	}
	for _, image := range u.Options.Images {
		scope = scope.Union(cluster.Scope{Images: []string{image.Image}})
	}
	return scope
}

// short is a task definition as people write it: FAMILY:REVISION.
func short(definition string) string {
	return definition[strings.LastIndexByte(definition, '/')+1:]
}
