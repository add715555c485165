package operation

import (
	"fmt"
	"time"

	"handover/internal/cluster"
	"handover/internal/record"
)

// Resume goes on with an operation whose process is no more, from what that wrote on its service. A recycle is gone on with; any other has begun a deployment, which
// goes on by itself: that is followed to its end, and what was set for it is put back.
type Resume struct {
	Service cluster.ServiceKey `json:"service"`
	Options ResumeOptions      `json:"options"`
	Recycle *Keep[*Recycle]    `json:"recycle,omitempty"`
	Rollout *Keep[*Restart]    `json:"rollout,omitempty"`
}

// ResumeOptions are what a user may ask of it.
type ResumeOptions struct {
	Force       bool          `json:"force,omitempty"` // also where somebody is taken to be at it still
	KeepWaiting bool          `json:"keepWaiting,omitempty"`
	Timeout     time.Duration `json:"timeout,omitempty"` // from now on; 0: none
	Owner       string        `json:"owner,omitempty"`   // who goes on
	Reason      string        `json:"reason,omitempty"`  // what stopped tasks say of why
	Pace        *Pace         `json:"-"`
}

// NewResume makes it.
func NewResume(service cluster.ServiceKey, options ResumeOptions) *Resume {
	return &Resume{Service: service, Options: options}
}

// Step is the story of going on: find the record, make the operation of it, and let that go on.
func (r *Resume) Step(in Input) Decision {
	switch {
	case r.Recycle != nil:
		return r.Recycle.Step(in)
	case r.Rollout != nil:
		return r.Rollout.Step(in)
	case in.Snapshot.Scope.Empty():
		return Decision{Look: glance(r.Service)}
	}
	view, refused := admit(in.Snapshot, r.Service)
	if refused != nil {
		return *refused
	}
	found, err := record.Read(view.Service.Tags)
	if err != nil {
		return Decision{Verdict: unreadableRecord(r.Service, err)}
	}
	left := found.Record
	switch {
	case left == nil:
		return r.nothing(view.Service)
	case left.Live(in.Now) && !r.Options.Force:
		return refuse("operation-in-progress", fmt.Sprintf("%s of %s by %s is taken to be alive until %s", left.Kind, r.Service, left.Owner, left.Lease.UTC().Format(time.RFC3339)),
			"to follow it: handover watch "+r.Service.String(), "to have it stop and put everything back: handover abort "+r.Service.String(), "to go on with it all the same: handover resume "+r.Service.String()+" --force")
	}
	return r.adopt(in, *left)
}

// nothing says why there is no record, and what can be done without one.
func (r *Resume) nothing(s cluster.Service) Decision {
	hints := []string{"to see what is there: handover status " + r.Service.String()}
	text := fmt.Sprintf("there is nothing to resume on %s: an operation leaves a record where it changes something for its duration alone, and none is there", r.Service)
	if primary, ok := s.Primary(); ok && primary.Rollout == cluster.RolloutInProgress {
		text += "; its deployment goes on by itself"
		hints = append(hints, "to follow its deployment: handover watch "+r.Service.String(), "to have its deployment rolled back: handover abort "+r.Service.String())
	}
	return refuse("nothing-to-resume", text, hints...)
}

// adopt makes the operation that a record tells of.
func (r *Resume) adopt(in Input, left record.Record) Decision {
	if left.Kind != KindRecycle {
		r.Rollout = &Keep[*Restart]{Body: NewRestart(r.Service, RestartOptions{AttachNewest: true, KeepWaiting: r.Options.KeepWaiting, Pace: r.Options.Pace}), Owner: r.Options.Owner, Timeout: r.Options.Timeout}
		r.Rollout.Adopt(left)
		return r.Rollout.Step(Input{Now: in.Now})
	}
	options, err := ParseRecycle(left.Options)
	if err != nil {
		return Decision{Verdict: unreadableRecord(r.Service, fmt.Errorf("its options: %w", err))}
	}
	options.Reason, options.KeepWaiting = r.Options.Reason, r.Options.KeepWaiting
	r.Recycle = &Keep[*Recycle]{Body: NewRecycle(r.Service, options), Owner: r.Options.Owner, Timeout: r.Options.Timeout}
	r.Recycle.Adopt(left)
	return r.Recycle.Step(Input{Now: in.Now})
}

// Progress is that of the operation that is gone on with.
func (r *Resume) Progress(now time.Time) Progress {
	switch {
	case r.Recycle != nil:
		return r.Recycle.Progress(now)
	case r.Rollout != nil:
		return r.Rollout.Progress(now)
	}
	return Progress{}
}
