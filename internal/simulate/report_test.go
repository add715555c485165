//go:build !planted

package simulate

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"handover/internal/amazon"
	"handover/internal/cluster"
	"handover/internal/forecast"
	"handover/internal/operation"
	"handover/internal/rate"
	"handover/internal/record"
	"handover/internal/world"
)

// This file measures operations in virtual time: the figures are the same on every machine. -report prints them.

var report = flag.Bool("report", false, "measure operations, and print the figures")

func opened(t *testing.T, text string) *world.World {
	t.Helper()
	w, err := scene{text: text}.open()
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// fastRestart restarts so many tasks through the SDK at 50 ms a call, and gives when the last StopTask was answered and how many were throttled.
func fastRestart(t *testing.T, tasks int, leave float64) (took time.Duration, line *wire) {
	synctest.Test(t, func(t *testing.T) {
		w := opened(t, fmt.Sprintf("service api desired=%d\n", tasks))
		line = &wire{latency: 50 * time.Millisecond}
		provider := dial(t, w, line, 1-leave)
		began := time.Now()
		op := &operation.Keep[*operation.Fast]{Body: operation.NewFast(api(), operation.FastOptions{Leave: leave, Reason: "report"}), Timeout: time.Hour}
		ending, err := operation.Driver{Provider: provider}.Run(t.Context(), op)
		if err != nil || ending.Verdict.End != cluster.Succeeded {
			t.Fatalf("%+v, %v", ending, err)
		}
		took = line.stops.Sub(began)
	})
	return took, line
}

// seedsLoop is the loop of the restart seed: every page listed, then one StopTask after the other.
func seedsLoop(t *testing.T, tasks int) (took time.Duration) {
	synctest.Test(t, func(t *testing.T) {
		w := opened(t, fmt.Sprintf("service api desired=%d\n", tasks))
		line := &wire{latency: 50 * time.Millisecond}
		provider := dial(t, w, line, -1)
		began := time.Now()
		s, err := provider.Observe(t.Context(), cluster.ServiceScope{Service: api(), Tasks: cluster.RunningTasks}.Of())
		if err != nil {
			t.Fatal(err)
		}
		for _, task := range s.Services[0].Tasks {
			provider.Apply(t.Context(), []cluster.Action{cluster.StopTask{Cluster: "default", Task: task.ID}})
		}
		took = time.Since(began)
	})
	return took
}

var _ operation.Provider = (*amazon.Provider)(nil)

// TestAFastRestartKeepsToItsShareOfTheRate: the stops take hardly longer than the bucket lets them, and none is throttled.
func TestAFastRestartKeepsToItsShareOfTheRate(t *testing.T) {
	sizes := []int{100, 300}
	if *report {
		sizes = []int{100, 1000, 5000}
	}
	for _, tasks := range sizes {
		for _, leave := range []float64{0.2, 0} {
			took, line := fastRestart(t, tasks, leave)
			limit := rate.For("ecs", "StopTask")[0].Leaving(leave)
			bound := time.Duration(max(0, float64(tasks)-limit.Burst) / limit.Refill * float64(time.Second))
			if line.calls["StopTask"] != tasks {
				t.Errorf("%d StopTasks for %d tasks: some were throttled or doubled", line.calls["StopTask"], tasks)
			}
			t.Logf("fast restart of %4d tasks, leaving %2.0f %%: last stop after %8s; the bucket takes %8s at least; %.3f of it; the seed's loop %s", tasks, 100*leave,
				took.Round(time.Millisecond), bound.Round(time.Millisecond), took.Seconds()/max(bound.Seconds(), 1e-9), seedsLoop(t, tasks).Round(time.Millisecond))
			if tasks >= 1000 && took > bound*105/100 {
				t.Errorf("more than 1.05 of the bound")
			}
			if times := float64(seedsLoop(t, tasks)) / float64(took); tasks == 100 && (times < 5 || leave == 0 && times < 10) {
				t.Errorf("%.1f times faster than the seed's loop", times)
			}
		}
	}
}

// measuring is a world that is looked at every second.
type measuring struct {
	forecast.Provider
	calls, lowest, highest int
	cut                    int // tasks that got their stop signal while a target of theirs drained
}

func (m *measuring) Observe(ctx context.Context, scope cluster.Scope) (cluster.Snapshot, error) {
	m.calls += forecast.Calls(scope)
	return m.Provider.Observe(ctx, scope)
}

func (m *measuring) Apply(ctx context.Context, actions []cluster.Action) []cluster.Outcome {
	for _, run := range cluster.Runs(actions) {
		m.calls++
		if _, protects := run[0].(cluster.ProtectTask); protects {
			m.calls += (len(run) - 1) / 10
		} else {
			m.calls += len(run) - 1
		}
	}
	return m.Provider.Apply(ctx, actions)
}

func (m *measuring) Sleep(ctx context.Context, d time.Duration) error {
	for end := m.Now().Add(d); m.Now().Before(end); {
		if err := m.Provider.Sleep(ctx, min(time.Second, end.Sub(m.Now()))); err != nil {
			return err
		}
		v, _ := m.World.Peek(cluster.ServiceScope{Service: api(), Tasks: cluster.AllTasks, Targets: true}.Of()).Service(api())
		tasks, healthy := v.Count(m.Now())
		m.lowest, m.highest = min(m.lowest, healthy), max(m.highest, tasks)
		for _, t := range v.Tasks {
			target, there := v.Target(t, v.Service.Attachments[0])
			if there && target.State == cluster.TargetDraining && slices.Contains([]cluster.TaskStatus{cluster.Stopping, cluster.Deprovisioning, cluster.Stopped}, t.Last) {
				m.cut++
			}
		}
	}
	return nil
}

// stable is the waiter services-stable: a look every 15 s until one deployment is left and as many run as are desired; and, where it is held to a floor, until the
// targets of as many are in service.
func (m *measuring) stable(t *testing.T, held bool) {
	for range 400 {
		m.calls++
		v, _ := m.World.Peek(cluster.ServiceScope{Service: api(), Tasks: cluster.AllTasks, Targets: true}.Of()).Service(api())
		_, healthy := v.Count(m.Now())
		if s := v.Service; len(s.Deployments) == 1 && s.Running == s.Desired && (!held || healthy >= s.Desired) {
			return
		}
		if err := m.Sleep(t.Context(), 15*time.Second); err != nil {
			t.Fatal(err)
		}
	}
	t.Fatal("not stable after 400 looks")
}

// seedsRecycle is the procedure of the recycle seed: one task more, then each old task is stopped, waited for and slept after, and one task less. As it stands, it goes
// below the desired count: the waiter takes a task that runs for one that serves. Held, it does not.
func (m *measuring) seedsRecycle(t *testing.T, wait time.Duration, held bool) {
	act := func(a cluster.Action) {
		if out := m.Apply(t.Context(), []cluster.Action{a}); out[0].Result != cluster.Done {
			t.Fatalf("%s: %+v", a.Kind(), out)
		}
	}
	s, _ := m.World.Service(api())
	more, same := s.Desired+1, s.Desired
	old := m.World.Tasks("default")
	act(cluster.UpdateService{Service: api(), Desired: &more})
	m.stable(t, held)
	for _, task := range old {
		act(cluster.StopTask{Cluster: "default", Task: task.ID})
		m.stable(t, held)
		if err := m.Sleep(t.Context(), wait); err != nil {
			t.Fatal(err)
		}
	}
	act(cluster.UpdateService{Service: api(), Desired: &same})
}

// TestRecycleReport compares the methods with the procedure of the seed.
//
// A graceful replacement takes a place above the desired count from the start of the new task to the end of the old one: 10 s until the scheduler looks, 51 s to be healthy, 10 s until it
// looks again, 65 s to drain and 15 s to stop, about 150 s. One by one there are two such places, so that a task is replaced every 75 s at the best; it is every 70 s. What is faster takes more
// tasks at once: all three of three at a time end with that one 150 s, and nothing that lets each drain ends sooner.
func TestRecycleReport(t *testing.T) {
	sizes := []int{3}
	if *report {
		sizes = []int{3, 20, 100}
	}
	for _, tasks := range sizes {
		for _, wait := range []time.Duration{0, 30 * time.Second} {
			var seed time.Duration
			for _, c := range []struct {
				name    string
				options operation.RecycleOptions
			}{
				{seedsOwn, operation.RecycleOptions{}},
				{seedsHeld, operation.RecycleOptions{}},
				{"graceful", operation.RecycleOptions{Method: operation.Graceful, Wait: wait}},
				{"graceful, one by one", operation.RecycleOptions{Method: operation.Graceful, Batch: 1, Wait: wait}},
				{"graceful, all at once", operation.RecycleOptions{Method: operation.Graceful, Batch: tasks, Wait: wait}},
				{"stop, surge 1", operation.RecycleOptions{Method: operation.Stop, Surge: 1, Wait: wait}},
			} {
				m := &measuring{Provider: forecast.Provider{World: opened(t, fmt.Sprintf("task-definition api start=29s ready=4s\ntarget-group web drain=55s interval=10s\nservice api desired=%d definition=api:1 target-group=web\n", tasks))}, lowest: tasks}
				began := m.Now()
				switch c.name {
				case seedsOwn:
					m.seedsRecycle(t, wait, false)
				case seedsHeld:
					m.seedsRecycle(t, wait, true)
					seed = m.Now().Sub(began)
				default:
					op := &operation.Keep[*operation.Recycle]{Body: operation.NewRecycle(api(), c.options), ID: record.NewID(m.Now(), 1), Owner: "report"}
					ending, err := operation.Driver{Provider: m}.Run(t.Context(), op)
					if err != nil || ending.Verdict.End != cluster.Succeeded {
						t.Fatalf("%s: %+v, %v", c.name, ending.Verdict, err)
					}
				}
				took, ratio := m.Now().Sub(began), ""
				if seed > 0 {
					ratio = fmt.Sprintf("%.2f of the seed's at this floor", took.Seconds()/seed.Seconds())
				}
				t.Logf("%3d tasks, wait %3s, %-36s %9s, lowest healthy %3d, highest %3d, calls %5d, stopped while draining %d  %s", tasks, wait, c.name, took.Round(time.Second), m.lowest, m.highest, m.calls, m.cut, ratio)
				if c.name != seedsOwn && m.lowest < tasks || c.options.Method == operation.Graceful && m.cut > 0 {
					t.Errorf("%s went down to %d healthy, and stopped %d while they drained", c.name, m.lowest, m.cut)
				}
				if c.name == "graceful" && tasks >= 20 && took > seed/2 {
					t.Errorf("graceful took %s, more than half of the seed's %s", took, seed)
				}
			}
		}
	}
}

// The seed's procedure, as it stands and held to the floor of the others.
const (
	seedsOwn  = "the seed's procedure"
	seedsHeld = "the seed's, held to the desired count"
)
