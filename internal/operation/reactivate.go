package operation

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"handover/internal/cluster"
)

// Reactivation makes container instances ACTIVE again, as far as they are DRAINING.
type Reactivation struct {
	Cluster   string    `json:"cluster"`
	Instances []Leaver  `json:"instances"`
	Began     time.Time `json:"began"`
	Asked     []string  `json:"asked,omitempty"` // instances whose last action's outcome was not heard yet
	Back      []string  `json:"back,omitempty"`  // names of those that are ACTIVE again
}

// step makes them ACTIVE until all are, or patience ends. over is true in the last step.
func (r *Reactivation) step(in Input) (d Decision, over bool) {
	if in.Interrupt == Leave || in.Now.Sub(r.Began) > PutBackPatience || denied(in.Outcomes) {
		return Decision{}, true
	}
	if in.Snapshot.Scope.Empty() {
		return Decision{Look: r.look()}, false
	}
	views, ok := in.Snapshot.InstancesOf(r.Cluster)
	if !ok {
		return Decision{Look: r.look(), Wait: putBackLook, Waiting: r.waiting()}, false
	}
	var still []Leaver
	for _, l := range r.Instances {
		at := slices.IndexFunc(views, func(v cluster.InstanceView) bool { return v.Instance.ID == l.ID })
		switch {
		case at < 0: // it is gone, or a look later it is back
			if l.Absent++; !l.Gone() {
				still = append(still, l)
			}
		case views[at].Instance.Status == cluster.InstanceDraining:
			still = append(still, l)
			d.Actions = append(d.Actions, cluster.SetInstanceStatus{Cluster: r.Cluster, Instance: l.ID, Status: cluster.InstanceActive})
		case views[at].Instance.Status == cluster.InstanceActive:
			r.Back = append(r.Back, l.Name)
		}
	}
	if r.Instances = still; len(still) == 0 {
		return Decision{}, true
	}
	d.Look, d.Wait, d.Waiting = r.look(), putBackLook, r.waiting()
	return d, false
}

func denied(outcomes []cluster.Outcome) bool {
	return slices.ContainsFunc(outcomes, func(o cluster.Outcome) bool {
		return o.Result == cluster.Rejected && o.Err.Class == cluster.ClassDenied
	})
}

// look is the scope of the instances alone.
func (r *Reactivation) look() cluster.Scope {
	scope := cluster.InstanceScope{Cluster: r.Cluster}
	for _, l := range r.Instances {
		scope.Instances = append(scope.Instances, l.ID)
	}
	slices.Sort(scope.Instances)
	return scope.Of()
}

func (r *Reactivation) waiting() *cluster.Condition {
	return &cluster.Condition{Object: plural(len(r.Instances), "instance"), Condition: "to be ACTIVE again", Done: len(r.Back), Of: len(r.Back) + len(r.Instances), Bound: PutBackPatience}
}

// result says, for a verdict, what became of the instances.
func (r *Reactivation) result() string {
	back := plural(len(r.Back), "instance") + " ACTIVE again"
	if len(r.Back) == 1 {
		back = r.Back[0] + " is ACTIVE again"
	}
	if len(r.Instances) == 0 {
		return back
	}
	return fmt.Sprintf("%d of %d instances are not ACTIVE again", len(r.Instances), len(r.Instances)+len(r.Back))
}

// hints names what is left to do by hand.
func (r *Reactivation) hints() []string {
	if len(r.Instances) == 0 {
		return nil
	}
	var names []string
	for _, l := range r.Instances {
		names = append(names, l.Name)
	}
	return []string{fmt.Sprintf("still DRAINING; to take tasks again: handover drain --cancel %s --cluster %s", strings.Join(names, " "), r.Cluster)}
}

// CancelDrain makes container instances that are DRAINING take tasks again. What has left them does not come back.
type CancelDrain struct {
	Cluster string        `json:"cluster"`
	Names   []string      `json:"names"` // of the instances, as they were given
	Return  *Reactivation `json:"return,omitempty"`
}

// NewCancelDrain makes the end of a drain.
func NewCancelDrain(inCluster string, instances []string) *CancelDrain {
	return &CancelDrain{Cluster: inCluster, Names: instances}
}

// Step finds the instances and makes them ACTIVE.
func (c *CancelDrain) Step(in Input) Decision {
	if in.Snapshot.Scope.Empty() {
		return Decision{Look: cluster.InstanceScope{Cluster: c.Cluster}.Of()}
	}
	if c.Return == nil {
		found := Exodus{Cluster: c.Cluster, Names: c.Names}
		if d := found.find(in); d.Verdict != nil {
			return d
		}
		c.Return = &Reactivation{Cluster: c.Cluster, Instances: found.Leaving, Began: in.Now}
	}
	d, over := c.Return.step(in)
	switch {
	case !over:
		return d
	case len(c.Return.Instances) > 0:
		cause := cluster.Cause{Code: "not-put-back", Certain: true, Text: c.Return.result()}
		if denied(in.Outcomes) {
			return end(cluster.Refused, cause, "it takes the permission ecs:UpdateContainerInstancesState")
		}
		return end(cluster.Failed, cause, c.Return.hints()...)
	}
	return succeed(c.Return.result(), cluster.Figures{})
}

// Progress tells how far it has come.
func (c *CancelDrain) Progress(time.Time) Progress {
	return Progress{Changed: c.Return != nil, GoesOn: "nothing", Attach: fmt.Sprintf("handover drain --cancel %s --cluster %s", strings.Join(c.Names, " "), c.Cluster)}
}
