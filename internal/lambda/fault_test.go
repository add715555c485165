package lambda_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"handover/internal/cluster"
	"handover/internal/lambda"
	"handover/internal/world"
)

// fleet is a cluster of four instances, three services and a daemon. Each service may lose an instance: there is room, and its bounds leave a move.
const fleet = `world jitter=on profile=ec2-2026
target-group web drain=60s
instance a1
instance b1 zone=b
instance c1 zone=c
instance a2
task-definition api image=api@sha256:1 cpu=256 memory=512
task-definition web image=web@sha256:1 cpu=256 memory=512
task-definition worker image=worker@sha256:1 cpu=128 memory=256
task-definition agent image=agent@sha256:1 cpu=10 memory=10
service api desired=4 min=100 max=200 target-group=web launch=ec2
service web desired=4 min=50 max=100 launch=ec2
service worker desired=3 min=67 max=150 launch=ec2
service agent scheduling=DAEMON launch=ec2
`

// run is one fault run.
type run struct {
	seed     uint64
	carrier  string
	lost     bool // an instance was lost, or its agent was, so that a service may be short of tasks by no doing of ours
	messages int
}

// TestFaults: hooks that run out, functions that die, calls that are throttled or whose answers are lost, events twice, late and out of order, instances that
// vanish and agents that are disconnected. What must hold, in each run:
//
//   - no hook is completed while a task on its instance is not STOPPED;
//   - no service falls below its floor, unless an instance was lost;
//   - every event ends in a completion or a report, and every hook in a completion, unless it ran out;
//   - no invocation takes longer than it may.
func TestFaults(t *testing.T) {
	const seeds = 60
	completed, ranOut, deaths, throttles := 0, 0, 0, 0
	for seed := uint64(1); seed <= seeds; seed++ {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, c := faulty(t, seed)
				for ec2, h := range c.hooks {
					if h.completed == "" && !h.expired {
						t.Errorf("the hook of %s was neither completed nor ran out", ec2)
					}
					if h.completed == cluster.Continue {
						completed++
					}
					if h.expired {
						ranOut++
					}
				}
				deaths, throttles = deaths+c.figures.deaths, throttles+c.figures.throttles
				r.judge(t, c)
			})
		})
	}
	t.Logf("%d hooks completed, %d ran out; %d functions died, %d calls were throttled", completed, ranOut, deaths, throttles)
	if completed == 0 || ranOut == 0 || deaths == 0 || throttles == 0 {
		t.Error("the runs are too kind")
	}
}

// faulty plays one run to its end.
func faulty(t *testing.T, seed uint64) (run, *cloud) {
	random := rand.New(rand.NewPCG(seed, 3))
	r := run{seed: seed, carrier: []string{"machine", "topic", "queue"}[seed%3]}
	config := map[string]lambda.Config{"machine": function("machine", ""), "topic": function("", "topic"), "queue": function("", "")}[r.carrier]
	config.Departure.Limit = 0
	c := newCloud(t, fleet, config, seed)
	c.faults = faults{die: 3 + random.IntN(5), throttle: 5 + random.IntN(20), loseAnswer: 5 + random.IntN(20), failSend: 4}
	if seed%10 == 0 {
		c.faults.die = 1 // every function, within seconds, so that hooks run out
	}
	for n := range 1 + random.IntN(2) {
		ec2 := fmt.Sprintf("i-%017x", n+1)
		text := c.hold(ec2, 30*time.Minute)
		for repeat := range 1 + random.IntN(3) {
			r.messages++
			id, wait := fmt.Sprintf("%s-%d", ec2, repeat), time.Duration(random.IntN(20*repeat+1))*time.Minute
			c.running.Go(func() {
				time.Sleep(wait)
				if r.carrier == "queue" {
					c.enqueue(id, text)
					return
				}
				c.notify(id, text)
			})
		}
		r.lost = c.trouble(random, ec2) || r.lost
	}
	c.running.Wait()
	return r, c
}

// trouble lets something happen to an instance: nothing, its agent is away for a while, or it is lost.
func (c *cloud) trouble(random *rand.Rand, ec2 string) (lost bool) {
	kind, wait := random.IntN(4), time.Duration(random.IntN(300))*time.Second
	report := func(k world.ReportKind) {
		c.mu.Lock()
		defer c.mu.Unlock()
		w := c.now()
		for _, v := range w.Look(cluster.InstanceScope{Hosts: []string{ec2}}.Of()).Instances {
			if err := w.Report(w.Now(), world.Report{Kind: k, Instance: v.Instance.ID}); err != nil {
				c.t.Error(err)
			}
		}
	}
	switch kind {
	case 0:
		c.running.Go(func() {
			time.Sleep(wait)
			report(world.AgentDisconnected)
			time.Sleep(time.Duration(wait) * 3)
			report(world.AgentConnected)
		})
		return true
	case 1:
		c.running.Go(func() {
			time.Sleep(wait)
			report(world.InstanceLost)
		})
		return true
	}
	return false
}

// judge holds a run against what must hold.
func (r run) judge(t *testing.T, c *cloud) {
	t.Helper()
	f := c.figures
	if f.unsafe > 0 {
		t.Errorf("a hook was completed while %d tasks were not STOPPED", f.unsafe)
	}
	if f.overrun > 0 {
		t.Errorf("%d invocations took too long", f.overrun)
	}
	for key, lowest := range f.lowest {
		s, ok := c.world.Service(key)
		if floor := s.Bounds.Floor(s.Desired); ok && s.Scheduling == cluster.Replica && lowest < floor && !r.lost && f.lost == 0 {
			t.Errorf("%s fell to %d healthy tasks, below its floor of %d", key, lowest, floor)
		}
	}
	reports := 0
	for _, result := range c.results {
		if result.Status == lambda.Ended {
			reports++
		}
	}
	for _, m := range c.queue {
		if !m.deleted {
			t.Errorf("message %s is still in the queue", m.id)
		}
	}
	if reports < r.messages && f.deaths == 0 && f.lost == 0 {
		t.Errorf("%d messages ended in %d reports", r.messages, reports)
	}
}
