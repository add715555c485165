package cli

import (
	"context"
	"fmt"
	"maps"
	"time"

	"handover/internal/cluster"
	"handover/internal/journal"
	"handover/internal/operation"
)

// This file has what becomes of a command that is given again while the deployment that it began is in flight, after a crash or a Ctrl-C: it follows that deployment.

// deploys tells whether the change is one deployment, which another process can follow and nothing else is to be done about: bounds that were set for its duration are in a record
// on the service, by which the operation is resumed.
func (c change) deploys() bool {
	_, minimum := c.options[minimumFlag]
	_, maximum := c.options[maximumFlag]
	return !c.follows && (c.operation == operation.KindRestart || c.operation == operation.KindUpdate) && c.keeps == nil && !minimum && !maximum
}

// inFlight is what the same command has begun on the service from this machine, while it is the newest deployment and goes on.
func (c change) inFlight(s cluster.Service) (journal.Begun, bool) {
	store, ok := c.journal()
	place, err := cluster.ParseARN(s.ARN)
	primary, there := s.Primary()
	if !ok || err != nil || !there || !c.deploys() || primary.Rollout != cluster.RolloutInProgress {
		return journal.Begun{}, false
	}
	b, known, err := store.Begun(place, c.service)
	if err != nil || !known || b.Deployment != primary.ID || b.Operation != c.operation || !maps.Equal(b.Options, c.options) {
		return journal.Begun{}, false
	}
	return b, true
}

// attached is the change as it follows what was begun before.
func (c change) attached(b journal.Begun) change {
	inner := c.begin
	c.follows, c.danger, c.alternatives, c.rehearse = true, nil, nil, nil
	c.begin = func(now begun) Watched {
		now.attach = b.Deployment
		return inner(now)
	}
	return c
}

// again finds out whether the same command is under way already. The service is found again, for a change that follows what is in flight or, where another one is insisted on, begins although that is.
func (v *carryOut) again(ctx context.Context, conn *Connection, c change, f found) (change, found, string, error) {
	b, ours := c.inFlight(f.view.Service)
	if !ours {
		return c, f, "", nil
	}
	text := fmt.Sprintf("%s of %s was begun from here at %s, and is under way: deployment %s", c.operation, c.service, b.At.UTC().Format("15:04:05 UTC"), b.Deployment)
	if v.consent.another {
		inner := c.begin
		c.begin = func(now begun) Watched {
			now.another = true
			return inner(now)
		}
		text += " is superseded"
	} else {
		c = c.attached(b)
		text += " is followed; --new begins another one"
	}
	f, err := c.find(ctx, conn)
	return c, f, text, err
}

// noteBegun writes down the deployment that the change began, once it is known.
func (c change) noteBegun(d *driven, s cluster.Service) func(deployment string, now time.Time) {
	store, ok := c.journal()
	place, err := cluster.ParseARN(s.ARN)
	if !ok || err != nil || !c.deploys() {
		return nil
	}
	return func(deployment string, now time.Time) {
		if err := store.Begin(place, c.service, journal.Begun{At: now.UTC(), Operation: c.operation, Options: c.options, Deployment: deployment}); err != nil {
			_ = d.tell(d.narrator.Warn("the same command again will not know this deployment: "+err.Error(), now))
		}
	}
}
