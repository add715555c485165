// Package forecast says what an operation will come to before it is done: Load makes a world of a live service that was read, with durations that were measured on
// the service itself, and Run runs the real operation in clones of that world, over many seeds. Timeline draws one of these runs.
//
// A forecast is a pure function of what was read, of what earlier runs have taught, and of the operation: the same gives the same, whatever the machine and the
// number of its processors. Every figure that it rests on says where it comes from. Nothing outside the world is reached or changed.
//
// A Provider guarantees that time passes only in Sleep, and then by exactly as much as was asked for, so that a run is a pure function of the world and
// of the operation. It answers at once, never fails and hides nothing; what it cannot do, AWS would have refused.
package forecast

import (
	"context"
	"errors"
	"time"

	"handover/internal/cluster"
	"handover/internal/operation"
	"handover/internal/world"
)

// Provider is a world as an operation sees it.
type Provider struct{ World *world.World }

// Now is the world's time.
func (p Provider) Now() time.Time { return p.World.Now() }

// Observe reads the world.
func (p Provider) Observe(ctx context.Context, scope cluster.Scope) (cluster.Snapshot, error) {
	return p.World.Look(scope), ctx.Err()
}

// Apply acts on the world until an action is refused.
func (p Provider) Apply(_ context.Context, actions []cluster.Action) []cluster.Outcome {
	return operation.OneByOne(actions, p.act)
}

func (p Provider) act(a cluster.Action) cluster.Outcome {
	answer, err := p.World.Act(p.World.Now(), a)
	var refused *cluster.APIError
	if errors.As(err, &refused) {
		return cluster.Outcome{Result: cluster.Rejected, Err: refused}
	}
	return cluster.Outcome{Result: cluster.Done, IDs: answer.IDs}
}

// Sleep advances the world.
func (p Provider) Sleep(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	p.World.AdvanceTo(p.World.Now().Add(d))
	return nil
}
