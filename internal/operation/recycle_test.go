package operation_test

import (
	"strings"
	"testing"
	"time"

	"handover/internal/cluster"
	"handover/internal/operation"
	"handover/internal/record"
	"handover/internal/world"
)

type recycle = operation.Keep[*operation.Recycle]

func newRecycle(options operation.RecycleOptions) *recycle {
	return &recycle{Body: operation.NewRecycle(api, options), ID: record.NewID(time.Unix(0, 0), 1), Owner: "tester", Timeout: 4 * time.Hour}
}

// settled says what must be as it was when an operation has ended.
func (s *stage) settled(t *testing.T, former cluster.Service) {
	t.Helper()
	s.World.AdvanceTo(s.World.Now().Add(30 * time.Minute))
	now := s.service(t)
	if now.Desired != former.Desired || now.Bounds != former.Bounds {
		t.Errorf("was desired %d %+v, is %d %+v", former.Desired, former.Bounds, now.Desired, now.Bounds)
	}
	for _, tag := range now.Tags {
		if strings.HasPrefix(tag.Key, record.Prefix) {
			t.Errorf("the tag %s=%s is left", tag.Key, tag.Value)
		}
	}
	for _, task := range s.World.Tasks("default") {
		if task.MeantToRun() && task.ProtectedUntil.After(s.World.Now()) {
			t.Errorf("task %s is still protected", task.ID)
		}
	}
}

func TestRecycleReplacesEveryTask(t *testing.T) {
	for _, c := range []struct {
		name    string
		options operation.RecycleOptions
	}{
		{"gracefully", operation.RecycleOptions{}},
		{"gracefully by two", operation.RecycleOptions{Batch: 2}},
		{"gracefully with a canary and a pause", operation.RecycleOptions{Batch: 4, Canary: true, Wait: 30 * time.Second}},
		{"by stops with a surge", operation.RecycleOptions{Method: operation.Stop, Surge: 1}},
		{"by stops without", operation.RecycleOptions{Method: operation.Stop, Percent: 40, Wait: time.Minute}},
		{"by stops after a drain", operation.RecycleOptions{Method: operation.Stop, Surge: 1, DrainFirst: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := open(t, five)
			former, begun := s.service(t), s.Now()
			options := c.options
			v := s.run(t, newRecycle(options), nil)
			if v.End != cluster.Succeeded || v.Figures.Replaced != 5 {
				t.Fatalf("verdict %+v (%+v)", v, v.Cause)
			}
			if options.Method == "" {
				options.Method = operation.Graceful
			}
			if floor, ceiling := options.Floor(5), options.Ceiling(5); v.Figures.LowestHealthy < floor || v.Figures.PeakTasks > ceiling {
				t.Errorf("%d healthy at the lowest, %d tasks at the most; want %d and %d", v.Figures.LowestHealthy, v.Figures.PeakTasks, floor, ceiling)
			}
			for _, task := range s.World.Tasks("default") {
				if !task.CreatedAt.After(begun) && !task.Gone() {
					t.Errorf("old task %s is %s", task.ID, task.Last)
				}
			}
			t.Logf("%+v, %d actions", v.Figures, len(s.sent))
			s.settled(t, former)
		})
	}
}

func TestRecycleLeavesAutoScalingAsItWas(t *testing.T) {
	for _, options := range []operation.RecycleOptions{{}, {Method: operation.Stop, Surge: 2}} {
		s := open(t, five+"scalable-target api min=2 max=5\n")
		former := s.service(t)
		if v := s.run(t, newRecycle(options), nil); v.End != cluster.Succeeded {
			t.Fatalf("verdict %+v (%+v)", v, v.Cause)
		}
		target, _ := s.World.ScalableTarget(api)
		if target.Min != 2 || target.Max != 5 || target.Suspended != (cluster.Suspension{}) {
			t.Errorf("the scalable target is left as %+v", target)
		}
		s.settled(t, former)
	}
}

func TestAScaleOutInBetweenSurvives(t *testing.T) {
	for _, options := range []operation.RecycleOptions{{}, {Method: operation.Stop, Surge: 1}} {
		s := open(t, five)
		former := s.service(t)
		s.before = map[int]func(*world.World){12: func(w *world.World) {
			now, _ := w.Service(api)
			more := now.Desired + 3
			if _, err := w.Act(w.Now(), cluster.UpdateService{Service: api, Desired: &more}); err != nil {
				t.Fatal(err)
			}
		}}
		if v := s.run(t, newRecycle(options), nil); v.End != cluster.Succeeded {
			t.Fatalf("verdict %+v (%+v)", v, v.Cause)
		}
		former.Desired += 3
		s.settled(t, former)
	}
}
