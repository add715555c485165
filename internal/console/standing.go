package console

import (
	"fmt"
	"strings"
	"time"

	"handover/internal/cluster"
	"handover/internal/record"
)

// StatusOperation is an operation of ours that is under way on a service, or that was left there, as its record on the service says.
type StatusOperation struct {
	ID    string     `json:"id"`
	Kind  string     `json:"kind"`
	Owner string     `json:"owner,omitempty"`
	Since *time.Time `json:"since,omitempty"`
	Alive *time.Time `json:"alive,omitempty"` // until when somebody is taken to be at it; not there where nobody is any more
	Undo  []string   `json:"undo,omitempty"`  // what becomes of what it has changed for its duration once it ends or is restored, in sentences
}

// operationOn reads what our operations have written on a service; nil where there is nothing, or nothing that can be read.
func operationOn(s cluster.Service, now time.Time) *StatusOperation {
	found, err := record.Read(s.Tags)
	if err != nil || found.Record == nil {
		return nil
	}
	r := found.Record
	o := &StatusOperation{ID: r.ID, Kind: r.Kind, Owner: r.Owner, Since: optional(r.Since), Undo: r.Held.Undoing()}
	if claim, ok := found.Claim(r.ID); ok && claim.Live(now) {
		o.Alive = optional(claim.Lease)
	}
	return o
}

// operationText says what is under way, or was left, and what can be done about it.
func (s *Streams) operationText(b *strings.Builder, d Status) {
	o := d.Operation
	if o == nil {
		return
	}
	state, then, next := "left", "once put back", "handover restore "+d.Service+"; or to go on with it: handover resume "+d.Service
	if o.Alive != nil {
		state, then, next = "at work", "when it ends", "handover abort "+d.Service
	}
	by := ""
	if o.Owner != "" {
		by = " by " + o.Owner
	}
	fmt.Fprintf(b, "  %-8s %s%s", state, o.Kind, by)
	if o.Since != nil {
		fmt.Fprintf(b, ", since %s", o.Since.In(s.Zone).Format(time.DateTime))
	}
	if o.Alive != nil {
		fmt.Fprintf(b, "; taken to be alive until %s", o.Alive.In(s.Zone).Format(time.TimeOnly))
	} else {
		b.WriteString("; nobody is at it any more")
	}
	b.WriteString("\n")
	for _, undo := range o.Undo {
		fmt.Fprintf(b, "           %s, %s\n", then, undo)
	}
	fmt.Fprintf(b, "           to put it back: %s\n", next)
}
