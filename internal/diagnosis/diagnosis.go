package diagnosis

import (
	"slices"
	"time"

	"handover/internal/cluster"
)

// State is how a service is, in a word.
type State string

// The states.
const (
	Healthy    State = "healthy"     // in its steady state
	Moving     State = "moving"      // not in its steady state, and nothing says that it will not get there
	Stuck      State = "stuck"       // it does not get on
	Unstable   State = "unstable"    // in its steady state, but its tasks keep failing
	RolledBack State = "rolled-back" // it is in its steady state again, but its last deployment failed
	Gone       State = "gone"        // it was deleted
)

// Certainty is how sure a cause is.
type Certainty string

// The certainties.
const (
	Certain  Certainty = "certain"  // AWS says so in so many words, or ECS's rules leave nothing else
	Likely   Certainty = "likely"   // what was read speaks for it, and nothing against it
	Possible Certainty = "possible" // it would explain what was read; so would other things
)

// rank orders certainties, the surest first.
func (c Certainty) rank() int {
	switch c {
	case Certain:
		return 0
	case Likely:
		return 1
	case Possible:
		return 2
	}
	return 3
}

// Diagnosis is what is known of why a service is as it is.
type Diagnosis struct {
	At         time.Time   `json:"at"`
	Service    string      `json:"service"`
	State      State       `json:"state"`
	Summary    string      `json:"summary"` // one sentence, without a final stop
	Deployment *Deployment `json:"deployment,omitempty"`
	Desired    int         `json:"desired"`
	Healthy    int         `json:"healthy"` // tasks of all deployments
	Floor      int         `json:"floor"`
	Causes     []Cause     `json:"causes"`              // the surest first; none of a service that is well
	Changed    []string    `json:"changed,omitempty"`   // between the deployment's task definition and the one before it; names alone, never values
	RuledOut   []string    `json:"ruledOut,omitempty"`  // what it is not
	Unread     []Unread    `json:"unread,omitempty"`    // what could not be read, so that it is neither cause nor ruled out
	ByItself   string      `json:"byItself,omitempty"`  // what ECS will do if nobody does anything
	Impact     Impact      `json:"impact"`              // what it means for users
	Next       []Remedy    `json:"next,omitempty"`      // what can be done, the best first
	LastLog    string      `json:"lastLog,omitempty"`   // the last line that a failed task logged, where it could be read
	LogSource  *LogSource  `json:"logSource,omitempty"` // where that line is
	Former     string      `json:"former,omitempty"`    // the deployment that serves meanwhile, or that ECS goes back to
}

// Deployment is the one that a diagnosis is about.
type Deployment struct {
	ID         string  `json:"id"`
	Definition string  `json:"definition,omitempty"` // the task definition's ARN
	Age        float64 `json:"age"`                  // seconds
	Desired    int     `json:"desired"`
	Healthy    int     `json:"healthy"` // of its own tasks
	Failed     int     `json:"failed"`  // of its tasks that ended by a fault of their own, as far as ECS still shows them
}

// Cause is one reason, with what speaks for it.
type Cause struct {
	Code      Code       `json:"code"`
	Text      string     `json:"text"` // one sentence, without a final stop
	Certainty Certainty  `json:"certainty"`
	Evidence  []Evidence `json:"evidence,omitempty"`
	Remedies  []Remedy   `json:"remedies,omitempty"`
}

// Evidence is one line that speaks for a cause.
type Evidence struct {
	Kind   string     `json:"kind"` // service event, stopped task, target, health check, setting, instance, subnet, deployment
	At     *time.Time `json:"at,omitempty"`
	Text   string     `json:"text"`
	Source string     `json:"source,omitempty"` // the task, target group, or container instance that it is of
}

// Remedy is something that can be done: a sentence, and the command for it where there is one.
type Remedy struct {
	Kind    string `json:"kind"` // go back, mend, wait, or read on
	Text    string `json:"text"`
	Command string `json:"command,omitempty"`
}

// Unread is a part that could not be read.
type Unread struct {
	Part       string `json:"part"`
	Permission string `json:"permission"` // the IAM action that it takes
}

// Impact is what it means for users.
type Impact struct {
	Affected string `json:"affected"` // no, yes, or unknown
	Text     string `json:"text"`
}

// LogSource is a log stream of CloudWatch Logs.
type LogSource struct {
	Group  string `json:"group"`
	Stream string `json:"stream"`
	Region string `json:"region,omitempty"`
}

// Scope is what has to be read of a service for a diagnosis, but for what Further adds.
func Scope(service cluster.ServiceKey) cluster.ServiceScope {
	return cluster.ServiceScope{Service: service, Tasks: cluster.AllTasks, Targets: true, Definitions: true, Protection: true, Scaling: true, Subnets: true, Quota: true, History: true}
}

// Further is what has to be read besides, once Scope was: the container instances of a service that runs on them. It is empty where that is nothing.
func Further(s cluster.Snapshot, service cluster.ServiceKey) cluster.Scope {
	view, ok := s.Service(service)
	if !ok || view.Service.Status != cluster.ServiceActive || !onInstances(&view) {
		return cluster.Scope{}
	}
	return cluster.InstanceScope{Cluster: service.Cluster}.Of()
}

// onInstances tells whether the tasks of a service are placed on container instances: by its settings, or as one of its tasks is.
func onInstances(view *cluster.ServiceView) bool {
	s := view.Service
	return s.Launch == cluster.EC2 || s.Launch == cluster.External || s.Provider != "" || slices.ContainsFunc(view.Tasks, func(t cluster.Task) bool { return t.Instance != "" })
}

// Fine tells whether nobody has to do anything: a script that asks is told so by the exit code. A deployment that failed is not fine to somebody who asks for it by
// name.
func (d Diagnosis) Fine(asked Options) bool {
	switch d.State {
	case Healthy, Moving:
		return true
	case RolledBack:
		return asked.Deployment == ""
	case Stuck, Unstable, Gone:
	}
	return false
}
