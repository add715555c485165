package operation

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"handover/internal/cluster"
)

// Departure takes an EC2 instance that is about to be terminated out of service: it finds the cluster in which it is a container instance, drains it, and completes
// the lifecycle hook in which Auto Scaling holds it.
//
// The hook is completed when ECS shows every task on the instance as STOPPED, or no container instance at all, and never before, but for a Limit whose end the
// options say. Until then heartbeats keep the hook open. Throttled calls and outages are tried again for as long as it takes; nothing but a refusal for good
// ends it early, and then the hook is left to its own timeout.
//
// A second Departure of the same instance, at the same time or later, does no harm: to make an instance DRAINING twice is to do it once, and the second
// completion finds nothing to complete.
type Departure struct {
	Host    string                  `json:"host"` // the EC2 instance's id
	Hook    *cluster.HookedInstance `json:"hook,omitempty"`
	Options DepartureOptions        `json:"options"`
	Since   time.Time               `json:"since,omitzero"` // since when the Limit runs; zero: since the first step

	Drain  *Drain             `json:"drain,omitempty"`
	Beat   time.Time          `json:"beat,omitzero"` // when Auto Scaling accepted a heartbeat last
	Theirs int                `json:"theirs,omitempty"`
	Own    string             `json:"own,omitempty"`    // the action of our own that was sent after so many of the drain's
	Result cluster.HookResult `json:"result,omitempty"` // with which the hook is to be completed; empty before that
	Final  *cluster.Verdict   `json:"final,omitempty"`  // the verdict, once the hook is completed
	Asked  *cluster.Verdict   `json:"asked,omitempty"`  // the verdict with which it was to be completed before, where that may not have come through
	Late   bool               `json:"late,omitempty"`   // that the limit has passed was said
	Mute   bool               `json:"mute,omitempty"`   // that heartbeats are refused was said
}

// DepartureOptions say how an instance departs.
type DepartureOptions struct {
	Clusters   []string      `json:"clusters,omitempty"`   // where the instance is looked for; empty: in every cluster of the account
	Heartbeat  time.Duration `json:"heartbeat,omitempty"`  // between two heartbeats, a third of the hook's timeout or less
	Limit      time.Duration `json:"limit,omitempty"`      // 0: none but AWS's own, which for a hook is 48 hours
	AtLimit    AtLimit       `json:"atLimit,omitempty"`    // for a hook
	Standalone Standalone    `json:"standalone,omitempty"` // what becomes of tasks of no service
	StopAfter  time.Duration `json:"stopAfter,omitempty"`
}

// AtLimit says what becomes of a hook when the Limit has passed and tasks are left.
type AtLimit string

// What may become of it. On a terminating hook the instance is terminated after either result, with what runs on it.
const (
	Extend     AtLimit = ""         // it is kept open until AWS ends it
	AbandonIt  AtLimit = "abandon"  //
	ContinueIt AtLimit = "continue" //
)

// NewDeparture makes the departure of an instance. The hook may be nil.
func NewDeparture(host string, hook *cluster.HookedInstance, since time.Time, options DepartureOptions) *Departure {
	return &Departure{Host: host, Hook: hook, Since: since, Options: options}
}

const (
	departureLook  = 10 * time.Second
	departureRetry = 5 * time.Second
)

// Step is the story of a departure: find the instance, drain it, complete the hook; and keep the hook open meanwhile.
func (d *Departure) Step(in Input) Decision {
	if d.Since.IsZero() {
		d.Since = in.Now
	}
	heard := d.hear(in)
	if heard.over != nil {
		return *heard.over
	}
	in.Outcomes = heard.theirs
	decision, notes := d.proceed(in)
	decision.Notes = slices.Concat(heard.notes, notes, decision.Notes)
	return decision
}

// proceed decides what comes next, now that what came of the last actions is known.
func (d *Departure) proceed(in Input) (Decision, []Note) {
	if d.Result != "" {
		return d.complete(), nil
	}
	over, notes := d.limit(in)
	switch {
	case over != nil:
		return *over, notes
	case in.Snapshot.Scope.Empty():
		return d.keep(in, Decision{Look: d.everywhere()}), notes
	case d.Drain == nil:
		return d.keep(in, d.find(in)), notes
	}
	return d.keep(in, d.leave(in)), notes
}

// Progress tells how far the departure has come.
func (d *Departure) Progress(now time.Time) Progress {
	if d.Drain == nil {
		return Progress{}
	}
	return d.Drain.Progress(now)
}

// find looks the instance up. One that is in no cluster has nothing that could be hurt.
func (d *Departure) find(in Input) Decision {
	view, found, ok := in.Snapshot.Host(d.Host)
	switch {
	case found:
		d.Drain = NewDrain(view.Instance.Cluster, []string{d.Host}, DrainOptions{Force: true, StayDraining: true, Standalone: d.Options.Standalone, StopAfter: d.Options.StopAfter}, 0,
			Recorder{})
		return d.Drain.Step(Input{Now: in.Now})
	case ok:
		return d.finish(cluster.Continue, succeed(d.Host+" is in no ECS cluster", cluster.Figures{}))
	}
	for _, gap := range in.Snapshot.Gaps {
		if gap.Err.Class == cluster.ClassDenied {
			return unreadable(gap.Service, gap)
		}
	}
	return d.again("to be readable")
}

// again looks for the instance anew after a while.
func (d *Departure) again(condition string) Decision {
	d.Drain = nil
	return Decision{Look: d.everywhere(), Wait: departureLook, Waiting: &cluster.Condition{Object: d.Host, Condition: condition}}
}

// leave drains the instance.
func (d *Departure) leave(in Input) Decision {
	decision := d.Drain.Step(in)
	if decision.Verdict == nil {
		return decision
	}
	verdict := *decision.Verdict
	switch {
	case verdict.End == cluster.Succeeded:
		return d.finish(cluster.Continue, decision)
	case verdict.Cause.Code == "instance-vanished":
		decision.Notes = append(decision.Notes, Note{Level: Warning, Text: verdict.Summary})
		return d.finish(cluster.Continue, decision)
	case verdict.Cause.Code == "instance-missing", verdict.Cause.Code == "instance-state", verdict.End == cluster.Unclear:
		return d.again("to be readable: " + verdict.Summary)
	}
	verdict.End = cluster.Failed // a refusal, but the instance goes all the same
	decision.Verdict = &verdict
	return decision
}

// finish ends with a verdict, after the hook, if there is one, is completed.
func (d *Departure) finish(result cluster.HookResult, last Decision) Decision {
	if d.Hook == nil {
		return last
	}
	d.Result, d.Final = result, last.Verdict
	if d.Asked != nil && d.Final.End == cluster.Succeeded { // what came of the drain was said then
		d.Final = d.Asked
	}
	decision := d.complete()
	decision.Notes = last.Notes
	return decision
}

// complete completes the hook. Where that does not come through, or its answer is lost, the instance is looked at anew before it is asked for again: somebody may have made it
// ACTIVE meanwhile, and ECS placed tasks on it. A second completion is refused, which ends the departure as well.
func (d *Departure) complete() Decision {
	action := cluster.CompleteLifecycleAction{HookedInstance: *d.Hook, Result: d.Result}
	d.Theirs, d.Own = 0, action.Kind()
	return Decision{Actions: []cluster.Action{action}, Wait: departureRetry,
		Waiting: &cluster.Condition{Object: "hook " + d.Hook.Hook, Condition: fmt.Sprintf("to be completed with %s", d.Result)}}
}

// keep adds the heartbeat to a decision where it is due. It goes last, so that what it waits for cannot hold the drain up.
func (d *Departure) keep(in Input, decision Decision) Decision {
	if decision.Verdict != nil || d.Result != "" {
		return decision
	}
	d.Theirs, d.Own = len(decision.Actions), ""
	if d.Hook != nil && !in.Now.Before(d.due()) {
		action := cluster.RecordLifecycleHeartbeat{HookedInstance: *d.Hook}
		decision.Actions = append(slices.Clone(decision.Actions), action)
		d.Own = action.Kind()
	}
	return decision
}

// due is when the next heartbeat is due. Where none is known of, the hook's timeout runs since the instance came into it.
func (d *Departure) due() time.Time {
	last := d.Since
	if d.Beat.After(last) {
		last = d.Beat
	}
	return last.Add(d.Options.Heartbeat)
}

// heard is what came of the last actions.
type heard struct {
	over   *Decision // the departure has ended
	notes  []Note
	theirs []cluster.Outcome // those of the drain's actions
}

// hear takes in what came of our own action, and leaves the drain's outcomes to it.
func (d *Departure) hear(in Input) heard {
	h := heard{theirs: in.Outcomes[:min(d.Theirs, len(in.Outcomes))]}
	own := d.Own
	d.Own = ""
	if own == "" || len(in.Outcomes) <= d.Theirs {
		return h
	}
	outcome := in.Outcomes[d.Theirs]
	completing := own == (cluster.CompleteLifecycleAction{}).Kind()
	if completing && outcome.Result != cluster.Done {
		d.reconsider()
	}
	switch {
	case outcome.Result == cluster.Unknown: // it is sent again
		return h
	case outcome.Result == cluster.Done && completing:
		h.over = d.completed()
		return h
	case outcome.Result == cluster.Done:
		d.Beat, d.Mute = in.Now, false
		return h
	}
	switch outcome.Err.Class {
	case cluster.ClassInvalid, cluster.ClassNotFound, cluster.ClassState:
		h.over = d.over(*outcome.Err)
	case cluster.ClassDenied, cluster.ClassUnsupported:
		if completing {
			h.over = d.denied(*outcome.Err)
			return h
		}
		h.notes = d.mute(in.Now)
	case cluster.ClassThrottled, cluster.ClassUnavailable: // it is sent again
	}
	return h
}

// reconsider has the instance looked at anew.
func (d *Departure) reconsider() {
	d.Asked, d.Result, d.Final, d.Drain = d.Final, "", nil, nil
}

// completed is the end of a departure whose hook is completed.
func (d *Departure) completed() *Decision {
	verdict := *d.Final
	verdict.Summary += fmt.Sprintf("; hook %s of group %s is completed with %s", d.Hook.Hook, d.Hook.Group, d.Result)
	return &Decision{Verdict: &verdict}
}

// over is the end of a departure whose hook is not under way any more: a Departure beside this one has completed it, or its time was up.
func (d *Departure) over(err cluster.APIError) *Decision {
	text := fmt.Sprintf("hook %s of group %s does not hold %s any more", d.Hook.Hook, d.Hook.Group, d.Host)
	if said := cmp.Or(d.Final, d.Asked); said != nil {
		verdict := *said
		verdict.Summary += "; " + text
		return &Decision{Verdict: &verdict}
	}
	left, empty := "unknown tasks left on it", d.Beat.IsZero() // where we never held it open, it was over before we came
	if d.Drain != nil && d.Drain.Exodus.Surveyed {
		left, empty = d.Drain.Exodus.remaining(), d.Drain.Exodus.awaited() == 0
	}
	if empty {
		decision := succeed(text, cluster.Figures{})
		return &decision
	}
	decision := end(cluster.Failed, cluster.Cause{Code: "hook-over", Certain: true, Text: text + ", with " + left, Evidence: []string{err.Error()}})
	return &decision
}

// denied is the end of a departure that may not complete its hook, which is left to its timeout.
func (d *Departure) denied(err cluster.APIError) *Decision {
	decision := end(cluster.Failed, cluster.Cause{Code: "aws-refused", Certain: true, Evidence: []string{err.Error()},
		Text: fmt.Sprintf("AWS refused to complete hook %s of group %s: %s", d.Hook.Hook, d.Hook.Group, err.Message)}, "it takes the permission autoscaling:CompleteLifecycleAction")
	return &decision
}

// mute says, once, that heartbeats are refused. The drain goes on as long as the hook lasts without them; they are tried again when the next would be due.
func (d *Departure) mute(now time.Time) []Note {
	d.Beat = now
	if d.Mute {
		return nil
	}
	d.Mute = true
	return []Note{{Level: Warning, Text: fmt.Sprintf("AWS refuses heartbeats for hook %s of group %s, so that its timeout is all the time there is; they take the permission "+
		"autoscaling:RecordLifecycleActionHeartbeat", d.Hook.Hook, d.Hook.Group)}}
}

// limit ends a departure whose time is up, or says so, once, and lets it go on.
func (d *Departure) limit(in Input) (over *Decision, notes []Note) {
	if d.Options.Limit == 0 || in.Now.Before(d.Since.Add(d.Options.Limit)) {
		return nil, nil
	}
	left := "it was not found out what runs on " + d.Host
	if d.Drain != nil {
		left = d.Drain.Exodus.remaining()
	}
	text := fmt.Sprintf("%s have passed since %s was to leave: %s", d.Options.Limit, d.Host, left)
	extended := d.Hook != nil && d.Options.AtLimit == Extend
	switch {
	case extended && d.Late:
		return nil, nil
	case extended:
		d.Late = true
		return nil, []Note{{Level: Warning, Text: text + "; the hook is kept open"}}
	}
	result := cluster.HookResult(cluster.Continue)
	if d.Options.AtLimit == AbandonIt {
		result = cluster.Abandon
	}
	decision := d.finish(result, end(cluster.TimedOut, cluster.Cause{Code: "timed-out", Certain: true, Text: text}))
	return &decision, []Note{{Level: Warning, Text: text}}
}

// everywhere is the scope that finds the instance.
func (d *Departure) everywhere() cluster.Scope {
	if len(d.Options.Clusters) == 0 {
		return cluster.InstanceScope{Hosts: []string{d.Host}}.Of()
	}
	var scope cluster.Scope
	for _, name := range d.Options.Clusters {
		scope = scope.Union(cluster.InstanceScope{Cluster: name, Hosts: []string{d.Host}}.Of())
	}
	return scope
}
