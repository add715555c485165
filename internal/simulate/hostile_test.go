package simulate

import (
	"context"
	"flag"
	"testing"
	"time"

	"handover/internal/cluster"
	"handover/internal/operation"
)

var (
	seeds = flag.Int("seeds", 3000, "how many seeds are run")
	from  = flag.Uint64("seed", 1, "the first of them")
)

// run is a restart on the hostile provider, with what the properties are judged by.
type run struct {
	h        *Hostile
	options  operation.RestartOptions
	former   cluster.Bounds
	verdict  cluster.Verdict
	lookedAt cluster.ServiceView // the last look at tasks
}

func restart(t *testing.T, seed uint64) run {
	t.Helper()
	h := NewHostile(seed)
	r := run{h: h, former: h.Service.Bounds}
	r.options = operation.RestartOptions{AllowUnstable: true, AllowInProgress: true}
	if seed%2 == 0 {
		most := 200
		r.options.MaximumPercent = &most
	}
	op := &operation.Keep[*operation.Restart]{Body: operation.NewRestart(h.Key, r.options), Timeout: 30 * time.Minute}
	steps := 0
	d := operation.Driver{
		Provider: h,
		Interrupt: func() operation.Interrupt {
			if steps++; steps > 5000 {
				t.Fatalf("seed %d: no end after 5,000 steps", seed)
			}
			if seed%7 == 0 && steps > 10 {
				return operation.Detach
			}
			return operation.NoInterrupt
		},
		Watch: func(in operation.Input, _ operation.Decision) {
			if v, ok := in.Snapshot.Service(h.Key); ok && len(in.Snapshot.Scope.Services) > 0 && in.Snapshot.Scope.Services[0].Tasks == cluster.AllTasks {
				r.lookedAt = v
			}
		},
	}
	ending, err := d.Run(context.Background(), op)
	if err != nil || ending.Verdict == nil {
		t.Fatalf("seed %d: %+v, %v", seed, ending, err)
	}
	r.verdict = *ending.Verdict
	return r
}

// TestRestartIsSafeWhateverTheWorldDoes holds the safety properties of a restart over a provider that follows no rule of the scheduler.
func TestRestartIsSafeWhateverTheWorldDoes(t *testing.T) {
	ends := map[cluster.End]int{}
	for seed := *from; seed < *from+uint64(*seeds); seed++ {
		r := restart(t, seed)
		ends[r.verdict.End]++
		r.successIsOurs(t, seed)
		r.refusalChangedNothing(t, seed)
		r.boundsAreBack(t, seed)
		r.deployedOnce(t, seed)
	}
	t.Logf("ends of %d runs: %v", *seeds, ends)
	for _, end := range []cluster.End{cluster.Succeeded, cluster.Failed, cluster.Superseded, cluster.Interrupted} {
		if ends[end] == 0 {
			t.Errorf("no run ended as %s, so nothing was tested of it", end)
		}
	}
}

// successIsOurs: success means that a deployment which we started was shown as COMPLETED, and that no task of another one was shown.
func (r run) successIsOurs(t *testing.T, seed uint64) {
	if r.verdict.End != cluster.Succeeded {
		return
	}
	ours := r.verdict.Figures.Deployment
	d, ok := r.lookedAt.Service.Deployment(ours)
	if !ok || d.Rollout != cluster.RolloutCompleted || d.Status != cluster.DeploymentPrimary {
		t.Errorf("seed %d: success with %+v", seed, r.lookedAt.Service.Deployments)
	}
	for _, task := range r.lookedAt.Tasks {
		if task.StartedBy != ours && !task.Gone() {
			t.Errorf("seed %d: success while task %s of %s is %s", seed, task.ID, task.StartedBy, task.Last)
		}
	}
}

// refusalChangedNothing: a refused restart has started no deployment and set no bounds.
func (r run) refusalChangedNothing(t *testing.T, seed uint64) {
	if r.verdict.End == cluster.Refused && len(r.h.Forced)+len(r.h.Bounds) > 0 {
		t.Errorf("seed %d: refused (%s) after %v and %v", seed, r.verdict.Summary, r.h.Forced, r.h.Bounds)
	}
}

// boundsAreBack: what was set for the duration is put back, or someone else's, or named in the verdict, or the service is gone.
func (r run) boundsAreBack(t *testing.T, seed uint64) {
	if r.options.MaximumPercent == nil || len(r.h.Bounds) == 0 || !r.h.Exists || r.h.Service.Status != cluster.ServiceActive {
		return
	}
	ours := cluster.Bounds{MinimumHealthyPercent: r.former.MinimumHealthyPercent, MaximumPercent: *r.options.MaximumPercent}
	if ours != r.former && r.h.Service.Bounds == ours && len(r.verdict.Hints) == 0 {
		t.Errorf("seed %d: %s left %+v behind unsaid", seed, r.verdict.End, ours)
	}
}

// deployedOnce: a second deployment is only started after the first one did not show for half a minute.
func (r run) deployedOnce(t *testing.T, seed uint64) {
	if len(r.h.Forced) > 2 {
		t.Errorf("seed %d: started %d deployments", seed, len(r.h.Forced))
	}
}
