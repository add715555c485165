package simulate

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"handover/internal/scenario"
	"handover/internal/world"
)

// premises is the scene of a fault run in which instances leave: an Auto Scaling group with a hook, and services of all kinds on its instances.
type premises struct {
	text     string
	services []string // those that are replicas
	timeout  time.Duration
}

// drawEstate draws the scene.
func drawEstate(random *rand.Rand) premises {
	s := premises{timeout: one(random, 30*time.Second, 30*time.Second, 30*time.Second, time.Minute, time.Minute, time.Minute, 2*time.Minute, 2*time.Minute, 5*time.Minute, 5*time.Minute, time.Hour)}
	var b strings.Builder
	instances := 3 + random.IntN(3)
	seed := 1 + random.IntN(1<<20)
	fmt.Fprintf(&b, "world jitter=on seed=%d variants=%d profile=ec2-2026 slot-until=%s\n", seed, answersOf(seed), one(random, "stopped", "drained"))
	fmt.Fprintf(&b, "launch-template hosts\ngroup prod min=0 max=9 desired=%d template=hosts zones=%d\n", instances, 1+random.IntN(3))
	fmt.Fprintf(&b, "hook drain group=prod on=terminate timeout=%s default=%s\n", s.timeout, one(random, "CONTINUE", "ABANDON"))
	fmt.Fprintf(&b, "target-group web drain=%s interval=10s\nadvance 5m\n", one(random, "0s", "20s", "120s"))
	for n := range 1 + random.IntN(3) {
		name := fmt.Sprintf("s%d", n)
		s.services = append(s.services, name)
		fmt.Fprintf(&b, "task-definition %s image=%s@sha256:1 cpu=%d memory=256\n", name, name, one(random, 64, 128, 256))
		group := ""
		if random.IntN(2) == 0 {
			group = " target-group=web"
		}
		if random.IntN(4) == 0 {
			group += " rebalancing=on"
		}
		fmt.Fprintf(&b, "create-service %s desired=%d definition=%s launch=ec2 %s%s\n", name, 1+random.IntN(5), name,
			one(random, "min=100 max=200", "min=100 max=150", "min=50 max=100", "min=0 max=100", "min=75 max=100"), group)
	}
	if random.IntN(2) == 0 {
		b.WriteString("task-definition agent image=agent@sha256:1 cpu=10 memory=10\ncreate-service agent definition=agent scheduling=DAEMON launch=ec2\n")
	}
	if random.IntN(3) == 0 {
		b.WriteString("task-definition job image=job@sha256:1 cpu=64 memory=64\nrun-task job launch=ec2\n")
	}
	fmt.Fprintf(&b, "advance %s\n", one(random, 10*time.Minute, 10*time.Minute, 10*time.Minute, 40*time.Second, 15*time.Second))
	s.text = b.String()
	return s
}

// String is the scene as a scenario.
func (s premises) String() string { return s.text }

func (s premises) open() (*world.World, error) {
	f, err := scenario.Parse("scene", s.text)
	if err != nil {
		return nil, err
	}
	_, w, err := scenario.Play(f, scenario.Defaults())
	return w, err
}
