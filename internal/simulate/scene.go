package simulate

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"handover/internal/cluster"
	"handover/internal/operation"
	"handover/internal/scenario"
	"handover/internal/world"
)

// api is the service of every fault run.
func api() cluster.ServiceKey { return cluster.ServiceKey{Cluster: "default", Service: "api"} }

// scene is the world in which a fault run begins.
type scene struct {
	text     string
	desired  int
	scaling  bool
	fails    bool          // the newer revision has something wrong with it
	alarmed  bool          // an alarm stops the operation
	siblings bool          // it runs on other services, too
	passes   time.Duration // before the run begins
}

func one[T any](random *rand.Rand, of ...T) T { return of[random.IntN(len(of))] }

// answersOf is the seed that answers what is not established in the world of a seed: every second world has its profile's answers.
func answersOf(seed int) int { return seed * (seed % 2) }

// drawScene draws a scene in which what is aimed at can come about.
func drawScene(random *rand.Rand, at aim) scene {
	s := scene{desired: 1 + random.IntN(5), scaling: random.IntN(3) == 0 || at.Fault == OtherMaximum || at.does() == "RegisterScalableTarget", fails: random.IntN(8) == 0,
		alarmed: random.IntN(4) == 0 || at.alarms(), siblings: random.IntN(8) == 0}
	var b strings.Builder
	seed := 1 + random.IntN(1<<20)
	fmt.Fprintf(&b, "world jitter=on seed=%d variants=%d profile=%s slot-until=%s stop-task=%s\n", seed, answersOf(seed), one(random, "fargate-2026", "ec2-2026", "2020"),
		one(random, "stopped", "drained"), one(random, "drains", "cuts"))
	if random.IntN(6) == 0 {
		fmt.Fprintf(&b, "cluster default room=%d\n", s.desired+random.IntN(4))
	}
	fmt.Fprintf(&b, "task-definition app image=app:1\ntask-definition app image=app:2%s\n", one(random, "", "", " health=on"))
	if s.fails {
		fmt.Fprintf(&b, "task-definition app image=app:3 fails=%s\n", one(random, "image", "exit", "target", "secret"))
	}
	group := ""
	if random.IntN(4) > 0 || at.Fault == TaskAils || at.does() == "DeregisterTarget" {
		fmt.Fprintf(&b, "target-group web drain=%s interval=10s\n", one(random, "0s", "15s", "40s", "120s"))
		group = " target-group=web"
	}
	bounds := one(random, "min=100 max=200", "min=100 max=150", "min=50 max=100", "min=0 max=200", "min=50 max=200")
	spot := ""
	if random.IntN(8) == 0 || at.Fault == SpotTaken {
		spot = " providers=FARGATE:0:1,FARGATE_SPOT:0:2"
	}
	early := one(random, "", "", "", "", "", "", " early=100", " early=100 deferred")
	fmt.Fprintf(&b, "service api desired=%d definition=app:1 %s%s breaker=%s%s%s\n", s.desired, bounds, group, one(random, "off", "on", "rollback"), spot, early)
	if random.IntN(3) == 0 || at.of() == "rollback" {
		fmt.Fprintf(&b, "update-service api definition=app:2 force\n")
		if s.passes = one(random, time.Hour, time.Hour, time.Hour, 20*time.Second); at.changes() {
			s.passes = time.Hour
		}
	}
	if at.does() == "StopServiceDeployment" {
		s.passes = one(random, 0, 20*time.Second, 40*time.Second)
	}
	if s.scaling {
		fmt.Fprintf(&b, "scalable-target api min=%d max=%d\n", max(0, s.desired-1-random.IntN(2)), s.desired+random.IntN(3))
	}
	if s.alarmed {
		fmt.Fprintf(&b, "alarm %s state=OK\n", alarmName)
	}
	if s.siblings {
		for _, key := range siblings() {
			fmt.Fprintf(&b, "service %s desired=%d definition=app:1 min=100 max=200\n", key.Service, siblingCount)
		}
	}
	s.text = b.String()
	return s
}

// String is the scene as a scenario.
func (s scene) String() string {
	if s.passes == 0 {
		return s.text
	}
	return fmt.Sprintf("%sadvance %s\n", s.text, s.passes)
}

// open makes the world. Its time passes without the trace of a scenario, which nobody would read.
func (s scene) open() (*world.World, error) {
	f, err := scenario.Parse("scene", s.text)
	if err != nil {
		return nil, err
	}
	_, w, err := scenario.Play(f, scenario.Defaults())
	if err != nil {
		return nil, err
	}
	w.AdvanceTo(w.Now().Add(s.passes))
	return w, nil
}

// work is the operation of a fault run.
type work struct {
	name    string
	options string // for people
	made
	company company
	floor   func(desired int) int // of healthy tasks, by our own stops; desired without our surge
	ceiling func(desired int) int // of all tasks, when we raise the desired count
	claims  bool                  // a record must be there while something is held
	recycle bool
	whole   bool // every task that was there is replaced
}

const ownID = "000000001-0000000000001"

func keep[T operation.Body](body T) *operation.Keep[T] {
	return &operation.Keep[T]{Body: body, ID: ownID, Owner: "simulate", Timeout: 3 * time.Hour}
}

// drawWork draws an operation: that of the aim, or any.
func drawWork(random *rand.Rand, s scene, at aim) work {
	name := at.of()
	if name == "" {
		name = one(random, "restart", "restart-fast", "update", "rollback", "recycle-graceful", "recycle-graceful", "recycle-stop", "recycle-stop")
	}
	if strings.HasPrefix(name, "recycle") {
		return drawRecycle(random, s, name, at)
	}

	none := func(int) int { return 0 }
	any := func(int) int { return 1 << 30 }
	w := work{name: name, floor: none, ceiling: any, company: drawCompany(random, s)}
	definition := one(random, "app:2", "app:2", "app:1")
	if s.fails {
		definition = "app:3"
	}
	leave := operation.FastOptions{Leave: 0.2, Reason: "simulate", AllowInProgress: random.IntN(2) == 0}
	bounds := operation.RestartOptions{AllowUnstable: random.IntN(2) == 0 || at.of() == "rollback", Pace: drawPace(random)}
	if random.IntN(2) == 0 || at.tagged() {
		least, most := one(random, 0, 50, 100), one(random, 150, 200)
		bounds.MinimumHealthyPercent, bounds.MaximumPercent = &least, &most
		w.claims = true
	}
	switch name {
	case "restart":
		w.made = in(w.company, func(key cluster.ServiceKey) *operation.Restart { return operation.NewRestart(key, bounds) })
	case "restart-fast":
		w.claims, w.whole = false, true
		w.made = in(w.company, func(key cluster.ServiceKey) *operation.Fast { return operation.NewFast(key, leave) })
	case "update":
		o := operation.UpdateOptions{Definition: definition, Fast: random.IntN(2) == 0 || at.does() == "StopTask", Leave: 0.2, Restart: bounds}
		if random.IntN(3) == 0 || at.does() == "ReviseTaskDefinition" {
			o.Definition, o.Images = "", []cluster.ContainerImage{{Container: "app", Image: "app:4"}}
		}
		w.options = fmt.Sprintf("fast=%t", o.Fast)
		w.made = in(w.company, func(key cluster.ServiceKey) *operation.Update { return operation.NewUpdate(key, o) })
	default:
		o := operation.UpdateOptions{Back: true, Definition: one(random, "", "2"), Restart: bounds}
		if at.changes() { // the second revision is where it is already
			o.Definition = ""
		}
		w.made = in(w.company, func(key cluster.ServiceKey) *operation.Update { return operation.NewUpdate(key, o) })
	}
	return w
}

// drawPace is a forecast's hint of when to look, as wrong as may be; nil in half of the runs, which have none.
func drawPace(random *rand.Rand) *operation.Pace {
	if random.IntN(2) == 0 {
		return nil
	}
	window := func() operation.Window {
		early := time.Duration(random.IntN(150)) * time.Second
		return operation.Window{Early: early, Late: early + time.Duration(random.IntN(150))*time.Second}
	}
	return &operation.Pace{Moved: window(), Ended: window(), Watched: random.IntN(2) == 0}
}

func drawRecycle(random *rand.Rand, s scene, name string, at aim) work {
	o := operation.RecycleOptions{Batch: 1 + random.IntN(2), Wait: one(random, 0, 0, 20*time.Second),
		Canary: random.IntN(4) == 0, AllowUnstable: random.IntN(3) == 0, Reason: "simulate"}
	if name == "recycle-stop" {
		o.Method, o.Surge, o.DrainFirst = operation.Stop, random.IntN(3), random.IntN(3) == 0 || at.does() == "DeregisterTarget"
		if at.does() == "RegisterScalableTarget" || at.does() == "UpdateService" {
			o.Surge = 1 + random.IntN(2)
		}
	}
	switch random.IntN(6) {
	case 0:
		o.Select.Limit = 1 + random.IntN(s.desired)
	case 1:
		o.Select.OlderThan = 24 * time.Hour
	case 2:
		o.Select.Unhealthy = random.IntN(3) == 0
	}
	chosen := o
	if chosen.Method == operation.AnyMethod {
		chosen.Method = operation.Graceful
	}
	c := drawCompany(random, s)
	return work{name: name, company: c, whole: o.Select.OlderThan == 0 && o.Select.Limit == 0 && !o.Select.Unhealthy, options: o.Text(), claims: true, recycle: true, floor: chosen.Floor, ceiling: chosen.Ceiling,
		made: in(c, func(key cluster.ServiceKey) *operation.Recycle { return operation.NewRecycle(key, o) })}
}
