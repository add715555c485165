package operation_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"handover/internal/cluster"
	"handover/internal/operation"
	"handover/internal/record"
	"handover/internal/world"
)

var errKilled = errors.New("killed")

// killed is a stage whose process dies in the step that lowers the desired count: once the actions of the step have gone out, or the lowering alone, and nothing has been
// looked at since.
type killed struct {
	*stage
	alone bool
	dead  bool
}

func (k *killed) Apply(ctx context.Context, actions []cluster.Action) []cluster.Outcome {
	now, _ := k.World.Service(api)
	for _, a := range actions {
		update, ok := a.(cluster.UpdateService)
		k.dead = k.dead || ok && update.Desired != nil && *update.Desired < now.Desired
	}
	if k.dead && k.alone {
		actions = actions[:1]
	}
	return k.stage.Apply(ctx, actions)
}

func (k *killed) Sleep(ctx context.Context, d time.Duration) error {
	if k.dead {
		return errKilled
	}
	return k.stage.Sleep(ctx, d)
}

// TestAScaleOutAfterALoweringSurvivesACrash: the record says at once that nothing of the desired count is ours any more, so that who goes on from it, or puts back what
// it says, takes nothing of what others have raised since.
func TestAScaleOutAfterALoweringSurvivesACrash(t *testing.T) {
	restore := func(record.Record, operation.RecycleOptions) operation.Operation {
		return &operation.Restore{Service: api}
	}
	adopt := func(r record.Record, options operation.RecycleOptions) operation.Operation {
		op := newRecycle(options)
		op.Adopt(r)
		return op
	}
	for _, c := range []struct {
		name    string
		options operation.RecycleOptions
		stopAt  int // an interrupt at this step has Keep put everything back; 0: none
		goOn    func(record.Record, operation.RecycleOptions) operation.Operation
	}{
		{"a batch is taken out, and restored", operation.RecycleOptions{Method: operation.Graceful}, 0, restore},
		{"a batch is taken out, and gone on with", operation.RecycleOptions{Method: operation.Graceful}, 0, adopt},
		{"the surge ends, and is restored", operation.RecycleOptions{Method: operation.Stop, Surge: 1, Select: operation.Selection{Limit: 1}}, 0, restore},
		{"all is put back, and restored", operation.RecycleOptions{Method: operation.Stop, Surge: 2}, 7, restore},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := open(t, five)
			former, step := s.service(t), 0
			d := operation.Driver{Provider: &killed{stage: s}, Interrupt: func() operation.Interrupt {
				if step++; c.stopAt > 0 && step >= c.stopAt {
					return operation.Undo
				}
				return operation.NoInterrupt
			}}
			if _, err := d.Run(t.Context(), newRecycle(c.options)); !errors.Is(err, errKilled) {
				t.Fatalf("it was not killed in a lowering: %v", err)
			}
			more := s.service(t).Desired + 1
			if _, err := s.World.Act(s.Now(), cluster.UpdateService{Service: api, Desired: &more}); err != nil || more != former.Desired+1 {
				t.Fatal(more, err)
			}
			s.World.AdvanceTo(s.Now().Add(15 * time.Minute))
			found, err := record.Read(s.service(t).Tags)
			if err != nil || found.Record == nil || found.Record.Held.Desired != nil {
				t.Fatalf("%+v, %v: the record says that a part of the desired count is ours", found.Record, err)
			}
			if v := s.run(t, c.goOn(*found.Record, c.options), nil); v.End != cluster.Succeeded {
				t.Fatalf("%+v (%+v)", v, v.Cause)
			}
			former.Desired++
			s.settled(t, former)
		})
	}
}

// TestAResumeBelievesItsFirstLook: the process died when it had lowered the desired count and not noted it. A minute later the first look shows that; what is raised after
// that look is not ours.
func TestAResumeBelievesItsFirstLook(t *testing.T) {
	s := open(t, five)
	former, step, saved := s.service(t), 0, &kept{}
	options := operation.RecycleOptions{Method: operation.Stop, Surge: 2}
	d := operation.Driver{Provider: &killed{stage: s, alone: true}, Journal: saved, Interrupt: func() operation.Interrupt {
		if step++; step >= 7 {
			return operation.Undo
		}
		return operation.NoInterrupt
	}}
	if _, err := d.Run(t.Context(), newRecycle(options)); !errors.Is(err, errKilled) {
		t.Fatalf("it was not killed in a lowering: %v", err)
	}
	s.World.AdvanceTo(s.Now().Add(time.Minute))
	if found, err := record.Read(s.service(t).Tags); err != nil || found.Record == nil || found.Record.Held.Desired == nil || s.service(t).Desired != former.Desired {
		t.Fatalf("%d, %+v, %v: it was lowered and noted", s.service(t).Desired, found.Record, err)
	}
	former.Desired++
	s.before = map[int]func(*world.World){s.looks + 2: func(w *world.World) {
		if _, err := w.Act(w.Now(), cluster.UpdateService{Service: api, Desired: &former.Desired}); err != nil {
			t.Fatal(err)
		}
	}}
	op := newRecycle(options)
	if err := json.Unmarshal(saved.State, op); err != nil {
		t.Fatal(err)
	}
	if _, err := (operation.Driver{Provider: s}).Resume(t.Context(), op, saved.Saved); err != nil {
		t.Fatal(err)
	}
	s.settled(t, former)
}

// kept is a journal that keeps the last that is saved.
type kept struct{ operation.Saved }

func (k *kept) Save(_ context.Context, s operation.Saved) error {
	k.Saved = s
	return nil
}

// TestWhoGoesOnWaitsForWhatWasStopped: the process that stopped the last old tasks has died, and they drain for five minutes: nothing is done before they are gone.
func TestWhoGoesOnWaitsForWhatWasStopped(t *testing.T) {
	s := open(t, "target-group web drain=300s\nservice api desired=2 target-group=web\n")
	begun := s.Now()
	old := s.World.Tasks("default")
	for _, task := range old {
		if _, err := s.World.Act(s.Now(), cluster.StopTask{Cluster: "default", Task: task.ID}); err != nil {
			t.Fatal(err)
		}
	}
	s.World.AdvanceTo(s.Now().Add(2 * time.Minute))
	op := newRecycle(operation.RecycleOptions{Method: operation.Stop})
	op.Adopt(record.Record{ID: "01", Kind: operation.KindRecycle, Since: begun, Owner: "tester"})
	if v := s.run(t, op, nil); v.End != cluster.Succeeded {
		t.Fatalf("%+v (%+v)", v, v.Cause)
	}
	for _, task := range s.World.Tasks("default") {
		for _, former := range old {
			if task.ID == former.ID && !task.Gone() {
				t.Errorf("old task %s is %s", task.ID, task.Last)
			}
		}
	}
}
