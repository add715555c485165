package operation

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"handover/internal/cluster"
	"handover/internal/record"
)

// Ring tells the operations that are under way on some services, and that an alarm is to stop, that it has gone off: by their claims, as an abort does. Each of them hears of it when it
// looks at its service next, ends as failed, and undoes what it has begun, in whichever process it runs.
type Ring struct {
	Alarm    string               `json:"alarm"`
	Services []cluster.ServiceKey `json:"services"`
	Told     []cluster.ServiceKey `json:"told,omitempty"`
	Calm     int                  `json:"calm,omitempty"`  // looks in a row after which nothing was to be told
	Looks    int                  `json:"looks,omitempty"` // that were taken
}

const (
	ringLook = 10 * time.Second
	ringCalm = 2  // an operation that has looked just before we wrote may write its claim over what we wrote; it does so within seconds
	ringMost = 30 // looks: five minutes
)

// Step is the story of a ring: see whom it concerns, tell them, and see that it stands.
func (r *Ring) Step(in Input) Decision {
	if in.Snapshot.Scope.Empty() && len(r.Services) > 0 {
		return Decision{Look: r.scope()}
	}
	if in.Interrupt != NoInterrupt {
		return end(cluster.Interrupted, cluster.Cause{Code: "interrupted", Certain: true, Text: "stopped before all operations were told of alarm " + r.Alarm})
	}
	for _, o := range in.Outcomes {
		if o.Result == cluster.Rejected && o.Err.Class != cluster.ClassThrottled {
			return rejected("TagResource", r.Services[0], *o.Err)
		}
	}
	r.Looks++
	tell := r.untold(in)
	unread := slices.ContainsFunc(in.Snapshot.Gaps, func(g cluster.Gap) bool { return g.Part == cluster.PartService })
	if r.Calm++; len(tell) > 0 || unread {
		r.Calm = 0
	}
	switch {
	case r.Calm >= ringCalm || r.Calm > 0 && len(r.Told) == 0:
		return succeed(r.summary(), cluster.Figures{})
	case r.Looks >= ringMost:
		return end(cluster.TimedOut, cluster.Cause{Code: "timed-out", Certain: true, Text: "not all services could be told of alarm " + r.Alarm})
	}
	return Decision{Actions: tell, Look: r.scope(), Wait: ringLook, Waiting: &cluster.Condition{Object: "what alarm " + r.Alarm + " stops", Condition: "to be told", Done: r.Calm, Of: ringCalm}}
}

// untold are the actions that tell the operations which do not know yet.
func (r *Ring) untold(in Input) []cluster.Action {
	var tell []cluster.Action
	for _, view := range in.Snapshot.Services {
		found, err := record.Read(view.Service.Tags)
		claim, held := found.Foremost(in.Now)
		if err != nil || !held || found.Record == nil || found.Record.ID != claim.ID || claim.AbortedBy != "" {
			continue
		}
		at := slices.Index(found.Record.Alarms, r.Alarm)
		if at < 0 {
			continue
		}
		claim.AbortedBy = record.RungBy(at)
		tell = append(tell, cluster.TagResource{ARN: view.Service.ARN, Tags: []cluster.Tag{claim.Tag()}})
		if !slices.Contains(r.Told, view.Service.Key) {
			r.Told = append(r.Told, view.Service.Key)
		}
	}
	return tell
}

func (r *Ring) summary() string {
	if len(r.Told) == 0 {
		return "no operation is under way that alarm " + r.Alarm + " is to stop"
	}
	names := make([]string, len(r.Told))
	for i, key := range r.Told {
		names[i] = key.String()
	}
	return fmt.Sprintf("alarm %s stops what is under way on %s", r.Alarm, strings.Join(names, ", "))
}

func (r *Ring) scope() cluster.Scope {
	var scope cluster.Scope
	for _, key := range r.Services {
		scope = scope.Union(glance(key))
	}
	return scope
}
