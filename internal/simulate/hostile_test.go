package simulate

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"testing"
	"time"

	"handover/internal/cluster"
	"handover/internal/operation"
)

var (
	seeds = flag.Int("seeds", 3000, "how many seeds are run")
	from  = flag.Uint64("seed", 1, "the first of them")
)

// run is an operation on the hostile provider, with what the properties are judged by.
type run struct {
	h        *Hostile
	name     string
	former   cluster.Bounds
	ours     cluster.Bounds
	whole    bool // success means that no task is left that was there
	verdict  cluster.Verdict
	begun    time.Time
	lookedAt cluster.ServiceView // the last look at tasks
}

// hostileOperation is what a seed runs: every operation in turn, with bounds for its duration in half of the seeds.
func hostileOperation(seed uint64, h *Hostile) (name string, op operation.Operation, ours cluster.Bounds) {
	restart := operation.RestartOptions{AllowUnstable: true, AllowInProgress: true}
	if seed/16%2 == 0 {
		window := operation.Window{Early: time.Duration(seed%90) * time.Second, Late: time.Duration(seed%200) * time.Second}
		restart.Pace = &operation.Pace{Moved: window, Ended: window}
	}
	if seed/8%2 == 0 {
		most := 200
		restart.MaximumPercent, ours = &most, cluster.Bounds{MinimumHealthyPercent: h.Service.Bounds.MinimumHealthyPercent, MaximumPercent: most}
	}
	update := operation.UpdateOptions{Definition: definition(1), Restart: restart, Reason: "hostile"}
	recycle := operation.RecycleOptions{Batch: 1 + int(seed/8%2), AllowUnstable: true, Reason: "hostile"}
	switch seed % 8 {
	case 0, 1:
		return "restart", keepFor(operation.NewRestart(h.Key, restart)), ours
	case 2:
		return "restart-fast", keepFor(operation.NewFast(h.Key, operation.FastOptions{AllowInProgress: true, Reason: "hostile"})), cluster.Bounds{}
	case 3:
		return "update", keepFor(operation.NewUpdate(h.Key, update)), ours
	case 4:
		update.Fast = true
		return "update-fast", keepFor(operation.NewUpdate(h.Key, update)), ours
	case 5:
		update.Definition, update.Back = "", true
		return "rollback", keepFor(operation.NewUpdate(h.Key, update)), ours
	case 6:
		recycle.Method = operation.Graceful
		return "recycle-graceful", keepFor(operation.NewRecycle(h.Key, recycle)), cluster.Bounds{}
	}
	recycle.Method, recycle.Surge = operation.Stop, int(seed/8%3)
	return "recycle-stop", keepFor(operation.NewRecycle(h.Key, recycle)), cluster.Bounds{}
}

func keepFor[T operation.Body](body T) operation.Operation {
	return &operation.Keep[T]{Body: body, ID: ownID, Owner: "hostile", Timeout: 30 * time.Minute}
}

func runHostile(t *testing.T, seed uint64) run {
	t.Helper()
	h := NewHostile(seed)
	if seed%8 > 5 {
		h.Gentle()
	}
	r := run{h: h, former: h.Service.Bounds, begun: h.Now()}
	var op operation.Operation
	r.name, op, r.ours = hostileOperation(seed, h)
	r.whole = r.name == "restart-fast" || seed%8 > 5
	steps := 0
	d := operation.Driver{
		Provider: h,
		Interrupt: func() operation.Interrupt {
			if steps++; steps > 5000 {
				t.Fatalf("seed %d, %s: no end after 5,000 steps", seed, r.name)
			}
			if seed%7 == 0 && steps > 10 {
				return operation.Detach
			}
			return operation.NoInterrupt
		},
		Watch: func(in operation.Input, _ operation.Decision) {
			_, gap := in.Snapshot.Gap(h.Key, cluster.PartTasks)
			if v, ok := in.Snapshot.Service(h.Key); ok && !gap && in.Snapshot.Scope.Services[0].Tasks == cluster.AllTasks {
				r.lookedAt = v
			}
		},
	}
	ending, err := d.Run(context.Background(), op)
	if err != nil || ending.Verdict == nil {
		t.Fatalf("seed %d, %s: %+v, %v", seed, r.name, ending, err)
	}
	r.verdict = *ending.Verdict
	return r
}

// TestEveryOperationIsSafeOnTheHostileProvider holds the safety properties of every operation over a provider that follows no rule of the scheduler.
func TestEveryOperationIsSafeOnTheHostileProvider(t *testing.T) {
	ends := map[string]int{}
	for seed := *from; seed < *from+uint64(*seeds); seed++ {
		r := runHostile(t, seed)
		ends[r.name+" "+string(r.verdict.End)]++
		for _, broken := range slices.Concat(r.h.Broken, r.successIsOurs(), r.refusalChangedNothing(), r.isAsItWas(), r.deployedOnce()) {
			t.Errorf("seed %d, %s, %s: %s", seed, r.name, r.verdict.End, broken)
		}
	}
	t.Logf("ends of %d runs: %v", *seeds, ends)
	for _, name := range []string{"restart", "restart-fast", "update", "update-fast", "rollback", "recycle-graceful", "recycle-stop"} {
		for _, end := range []cluster.End{cluster.Succeeded, cluster.Failed, cluster.Interrupted} {
			if *seeds >= 3000 && ends[name+" "+string(end)] == 0 {
				t.Errorf("no %s ended as %s, so nothing was tested of it", name, end)
			}
		}
	}
}

// successIsOurs: success means that a deployment which we started was shown as COMPLETED, and that no task of another one was shown; and where there is no deployment,
// that no task was shown which was there before.
func (r run) successIsOurs() (broken []string) {
	if r.verdict.End != cluster.Succeeded || len(r.h.Changed) == 0 {
		return nil
	}
	id := r.verdict.Figures.Deployment
	if d, ok := r.lookedAt.Service.Deployment(id); id != "" && (!ok || d.Rollout != cluster.RolloutCompleted || d.Status != cluster.DeploymentPrimary || !slices.Contains(slices.Concat(r.h.Forced, r.h.Twins), id)) {
		broken = append(broken, fmt.Sprintf("success with %+v", r.lookedAt.Service.Deployments))
	}
	for _, task := range r.lookedAt.Tasks {
		if old := id != "" && task.StartedBy != id || id == "" && r.whole && !task.CreatedAt.After(r.begun); old && !task.Gone() {
			broken = append(broken, fmt.Sprintf("success while task %s of %s is %s", task.ID, task.StartedBy, task.Last))
		}
	}
	return broken
}

// refusalChangedNothing: a refused operation has changed nothing.
func (r run) refusalChangedNothing() []string {
	if r.verdict.End == cluster.Refused && len(r.h.Changed) > 0 {
		return []string{fmt.Sprintf("refused (%s) after %v", r.verdict.Summary, r.h.Changed)}
	}
	return nil
}

// isAsItWas: what was set for the duration is put back, or someone else's, or named in the verdict, or the service is gone.
func (r run) isAsItWas() (broken []string) {
	h := r.h
	if !h.Exists || h.Service.Status != cluster.ServiceActive || named(r.verdict) {
		return nil
	}
	if r.ours != (cluster.Bounds{}) && r.ours != r.former && len(h.Bounds) > 0 && h.Service.Bounds == r.ours {
		broken = append(broken, fmt.Sprintf("%+v is left behind unsaid", r.ours))
	}
	if left := ours(h.Service.Tags); len(left) > 0 {
		broken = append(broken, fmt.Sprintf("the tags %v are left", left))
	}
	for i := range h.Tasks {
		if t := &h.Tasks[i]; t.MeantToRun() && h.now.Before(t.ProtectedUntil) && !h.guarded(t) {
			broken = append(broken, fmt.Sprintf("task %s is left protected until %s", t.Short(), t.ProtectedUntil.Format(time.TimeOnly)))
		}
	}
	if s := h.Scaling; s != nil && !h.Theirs.Lost && (s.Max != h.Theirs.Max || s.Suspended != h.Theirs.Suspended) {
		broken = append(broken, fmt.Sprintf("the scalable target is left as %+v and should be %+v", *s, h.Theirs))
	}
	return broken
}

// deployedOnce: a second deployment is only started after the first one did not show for half a minute.
func (r run) deployedOnce() []string {
	if len(r.h.Forced) > 2 {
		return []string{fmt.Sprintf("started %d deployments", len(r.h.Forced))}
	}
	return nil
}
