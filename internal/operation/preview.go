package operation

import (
	"context"

	"handover/internal/cluster"
)

// Preview is what an operation would begin with.
type Preview struct {
	Snapshot cluster.Snapshot // what it would judge by: the last that was read
	Verdict  *cluster.Verdict // it would end before it has done anything: it refuses, or there is nothing to do
	Decision Decision         // its first decision with actions; zero where there is a Verdict
}

// previewLooks is how often an operation may look before it acts. One that looks longer waits for something, and what it would do is not known yet.
const previewLooks = 10

// Look steps an operation until it would act, and carries nothing out. What is in the scope is read at each look, whether the operation asks for it or not. The
// operation has been used up by it: to run it, make it anew.
func Look(ctx context.Context, provider Provider, op Operation, scope cluster.Scope) (Preview, error) {
	in := Input{Now: provider.Now()}
	for range previewLooks {
		d := op.Step(in)
		switch {
		case d.Verdict != nil || len(d.Actions) > 0:
			return Preview{Snapshot: in.Snapshot, Verdict: d.Verdict, Decision: d}, nil
		case d.Wait > 0 && !in.Snapshot.Scope.Empty(): // nothing comes of looking again at once
			return Preview{Snapshot: in.Snapshot}, nil
		}
		snapshot, err := provider.Observe(ctx, d.Look.Union(scope))
		if err != nil {
			return Preview{}, err
		}
		in = Input{Now: provider.Now(), Snapshot: snapshot}
	}
	return Preview{Snapshot: in.Snapshot}, nil
}
