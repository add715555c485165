package whatif

import (
	"fmt"
	"time"

	"handover/internal/cluster"
)

// Setting is a service behind a load balancer, and how its tasks are replaced.
type Setting struct {
	Method  Method
	Batch   int // graceful and stop: tasks at a time
	Surge   int // stop: so many tasks more meanwhile
	Desired int
	Minimum int           // minimumHealthyPercent
	Maximum int           // maximumPercent
	Start   time.Duration // of a task, from its creation to RUNNING
	Health  time.Duration // from RUNNING until it passes health checks
	Drain   time.Duration // the target group's deregistration delay
}

// Method is the way in which tasks are replaced.
type Method int

// The methods: a deployment of ECS within the bounds; a recycle in its two ways; a fast restart, which stops every task at once.
const (
	Rolling Method = iota
	Graceful
	Stop
	Fast
)

// Methods are the words for the methods, in their order.
func Methods() []string { return []string{"rolling", "graceful", "stop", "fast"} }

// Usual is a service as it stands in AWS's examples: five tasks, 100/200, a drain of five minutes. Start and health are the medians of what was measured on
// Fargate (profile fargate-2026).
func Usual() Setting {
	return Setting{Batch: 1, Desired: 5, Minimum: 100, Maximum: 200, Start: 22 * time.Second, Health: 12 * time.Second, Drain: 5 * time.Minute}
}

// Bounds are the setting's bounds.
func (s Setting) Bounds() cluster.Bounds {
	return cluster.Bounds{MinimumHealthyPercent: s.Minimum, MaximumPercent: s.Maximum}
}

// Control is one number of a Setting that can be moved.
type Control struct {
	Name  string // as in a URL
	Label string
	Unit  string // %, s, or nothing
	About string // what it means, in a sentence
	Least int
	Most  int
	Step  int
	Words []string // what the numbers from 0 on stand for; nil: they are numbers
	For   string   // the methods for which it counts, by their words; empty: all
	of    func(*Setting) number
}

// number is a place in a Setting that holds a whole number.
type number struct {
	get func() int
	set func(int)
}

// Value is the control's number in a setting.
func (c Control) Value(s Setting) int { return c.of(&s).get() }

// With gives the setting with another number. It fails where the number is beyond the control's limits.
func (c Control) With(s Setting, value int) (Setting, error) {
	if value < c.Least || value > c.Most {
		return s, fmt.Errorf("%s: %d is not a number from %d to %d", c.Name, value, c.Least, c.Most)
	}
	c.of(&s).set(value)
	return s, nil
}

// Controls are all that can be moved, in the order in which they are shown. The limits keep a run to about a second.
func Controls() []Control {
	return []Control{
		{Name: "method", Label: "Method", About: "A deployment; a recycle that lets ECS drain first, or that stops tasks; or all stopped at once.", Most: len(Methods()) - 1, Step: 1, Words: Methods(),
			of: counted(func(s *Setting) *int { return (*int)(&s.Method) })},
		{Name: "min", Label: "Minimum healthy", Unit: "%", About: "ECS keeps at least this many healthy tasks, in percent of the desired count, rounded up.", Most: 100, Step: 5, For: "rolling",
			of: counted(func(s *Setting) *int { return &s.Minimum })},
		{Name: "max", Label: "Maximum", Unit: "%", About: "ECS keeps at most this many tasks, in percent of the desired count, rounded down.", Least: 100, Most: 300, Step: 5, For: "rolling",
			of: counted(func(s *Setting) *int { return &s.Maximum })},
		{Name: "batch", Label: "At a time", About: "How many tasks are replaced at a time.", Least: 1, Most: 20, Step: 1, For: "graceful stop", of: counted(func(s *Setting) *int { return &s.Batch })},
		{Name: "surge", Label: "Surge", About: "How many tasks more there are meanwhile.", Most: 10, Step: 1, For: "stop", of: counted(func(s *Setting) *int { return &s.Surge })},
		{Name: "desired", Label: "Tasks", About: "How many tasks the service has.", Least: 1, Most: 30, Step: 1, of: counted(func(s *Setting) *int { return &s.Desired })},
		{Name: "start", Label: "Start", Unit: "s", About: "How long a task takes from its creation until it runs.", Least: 5, Most: 240, Step: 1, of: timed(func(s *Setting) *time.Duration { return &s.Start })},
		{Name: "health", Label: "Healthy after", Unit: "s", About: "How long a task that runs takes to pass the health checks.", Most: 300, Step: 1, of: timed(func(s *Setting) *time.Duration { return &s.Health })},
		{Name: "drain", Label: "Drain", Unit: "s", About: "The deregistration delay: how long the load balancer lets open connections end.", Most: 600, Step: 5, of: timed(func(s *Setting) *time.Duration { return &s.Drain })},
	}
}

func counted(place func(*Setting) *int) func(*Setting) number {
	return func(s *Setting) number {
		n := place(s)
		return number{get: func() int { return *n }, set: func(v int) { *n = v }}
	}
}

func timed(place func(*Setting) *time.Duration) func(*Setting) number {
	return func(s *Setting) number {
		d := place(s)
		return number{get: func() int { return int(*d / time.Second) }, set: func(v int) { *d = time.Duration(v) * time.Second }}
	}
}

// Check tells whether each number is within its limits.
func (s Setting) Check() error {
	for _, c := range Controls() {
		if _, err := c.With(s, c.Value(s)); err != nil {
			return err
		}
	}
	return nil
}

// Scene is the setting as a scenario, for --scenario. Bounds that ECS refuses to set are left out; a restart within them is refused, too.
func (s Setting) Scene() string {
	bounds := ""
	if s.Method == Rolling && s.Bounds() != (cluster.Bounds{MinimumHealthyPercent: 100, MaximumPercent: 100}) {
		bounds = fmt.Sprintf(" min=%d max=%d", s.Minimum, s.Maximum)
	}
	return fmt.Sprintf("world profile=fargate-2026 jitter=off\ntarget-group web drain=%s interval=5s healthy-threshold=2\ntask-definition app image=app@sha256:1 start=%s ready=%s\nservice app definition=app desired=%d%s grace=10m target-group=web\n",
		s.Drain, s.Start, s.Health, s.Desired, bounds)
}
