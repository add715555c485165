package recording

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"handover/internal/cluster"
	"handover/internal/forecast/measure"
	"handover/internal/world"
	"handover/internal/world/profile"
)

// Comparison is what a replay over many seeds says of a case.
type Comparison struct {
	Case      string
	Skipped   string // why it was not replayed; empty if it was
	Seeds     int
	Ordered   int   // seeds in which the order and the counts are those of the recording
	Gaps      []Gap // of the seeds that are in order
	Recorded  time.Duration
	Predicted time.Duration // the median total
	Spread    float64       // by how much Predicted is off in the middle one of the model's own runs, as Error is: no prediction of a case does better, the model being right
	Shown     Shown
}

// Gap is the time between two neighbouring events.
type Gap struct {
	From, To        string
	Recorded        time.Duration
	P5, Median, P95 time.Duration
}

// Within tells whether the recorded gap lies inside the model's spread.
func (g Gap) Within() bool { return g.P5 <= g.Recorded && g.Recorded <= g.P95 }

// Error is the predicted total's deviation from the recorded one, as a fraction of that.
func (c Comparison) Error() float64 {
	return float64(c.Predicted-c.Recorded) / float64(c.Recorded)
}

// Compare replays a case over a number of seeds, with what was learned of its service elsewhere.
func Compare(c Case, learned Durations, seeds int) Comparison {
	out := Comparison{Case: c.Name, Seeds: seeds, Shown: show(c)}
	if out.Skipped = skip(c); out.Skipped != "" {
		return out
	}
	c = exited(c)
	from, until := ends(c)
	recorded := between(sayable(c.Rows), from, until)
	if len(recorded) < 2 {
		out.Skipped = "nothing lies between its first and its last event"
		return out
	}
	out.Recorded = recorded[len(recorded)-1].At - recorded[0].At
	var runs [][]Row
	for seed := range seeds {
		run, err := replay(c, learned, uint64(seed+1))
		if err != nil {
			out.Skipped = err.Error()
			return out
		}
		if run = cut(between(only(run, recorded), from, until), recorded); sameOrder(recorded, run) {
			runs = append(runs, run)
		}
	}
	out.Ordered = len(runs)
	if len(runs) == 0 {
		return out
	}
	for i := 1; i < len(recorded); i++ {
		out.Gaps = append(out.Gaps, gap(recorded, runs, i))
	}
	totals := collect(runs, func(run []Row) time.Duration { return run[len(run)-1].At - run[0].At })
	out.Predicted = quantile(totals, 0.5)
	out.Spread = spread(totals, out.Predicted)
	return out
}

// spread is the median of what a prediction is off, of some totals, as a fraction of each. 100 s for 50, 80, 100, 120 and 200 s is off by 1, 0.25, 0, 0.17 and 0.5: 0.25.
func spread(totals []time.Duration, predicted time.Duration) float64 {
	off := make([]float64, len(totals))
	for i, t := range totals {
		off[i] = math.Abs(float64(predicted-t)) / float64(t)
	}
	slices.Sort(off)
	return off[len(off)/2]
}

// skip says why a case is not replayed.
func skip(c Case) string {
	switch {
	case c.Replay == nil:
		return "it has no replay line: it shows order, states or wording only"
	case c.Replay["strategy"] != "" || strings.HasPrefix(c.Replay["action"], "deploy-bluegreen"):
		return "blue/green and canary deployments are not modelled yet"
	case done(c.Replay["action"]) == "":
		return "the action " + strconv.Quote(c.Replay["action"]) + " is not known"
	}
	return ""
}

// sayable leaves out what the model has no event for: states of targets and tasks that someone polled, and notes.
func sayable(rows []Row) []Row {
	model := []string{"deployment_created", "desired_count", "api", "start", "start_unhealthy", "registered", "stop", "stop_pending", "deregistered", "draining",
		"completed", "steady", "failed", "rollback", "unable_to_place", "unhealthy", "hc_failed", "exit"}
	var kept []Row
	for i, r := range rows {
		if slices.Contains(model, r.Kind) || r.Kind == "target_unhealthy" && !slices.ContainsFunc(rows[:i], func(r Row) bool { return r.Kind == "target_unhealthy" }) {
			kept = append(kept, r)
		}
	}
	return kept
}

// exited gives a case in which a task ended by itself with that for its first row, whatever its author called it: a state of the task, or a note.
func exited(c Case) Case {
	if done(c.Replay["action"]) != "exit" || len(c.Rows) == 0 || len(sayable(c.Rows[:1])) > 0 {
		return c
	}
	former := c.Rows[0].Kind
	c.Rows, c.Replay = slices.Clone(c.Rows), maps.Clone(c.Replay)
	c.Rows[0].Kind = "exit"
	if c.Replay["from"] == former {
		c.Replay["from"] = "exit"
	}
	return c
}

// cut ends a run where the recording ends, if that is amid something: what comes after it was not recorded.
func cut(run, recorded []Row) []Row {
	last := recorded[len(recorded)-1].Kind
	if last == "completed" || last == "steady" || len(run) <= len(recorded) {
		return run
	}
	return run[:len(recorded)]
}

// ends are the first and the last kind to compare: those of the replay line, or else those of the recording itself.
func ends(c Case) (from, until string) {
	rows := sayable(c.Rows)
	if len(rows) == 0 {
		return "", ""
	}
	return cmp.Or(c.Replay["from"], rows[0].Kind), cmp.Or(c.Replay["until"], rows[len(rows)-1].Kind)
}

// only keeps the kinds of events that a recording has: one that is older than an event, or that was made without it, says nothing of it.
func only(run, recorded []Row) []Row {
	var kept []Row
	for _, r := range run {
		if slices.ContainsFunc(recorded, func(known Row) bool { return known.Kind == r.Kind }) {
			kept = append(kept, r)
		}
	}
	return kept
}

func gap(recorded []Row, runs [][]Row, i int) Gap {
	all := collect(runs, func(run []Row) time.Duration { return run[i].At - run[i-1].At })
	return Gap{
		From: recorded[i-1].Kind, To: recorded[i].Kind, Recorded: recorded[i].At - recorded[i-1].At,
		P5: quantile(all, 0.05), Median: quantile(all, 0.5), P95: quantile(all, 0.95),
	}
}

// collect gives a figure of each run, in order of size.
func collect(runs [][]Row, figure func([]Row) time.Duration) []time.Duration {
	all := make([]time.Duration, len(runs))
	for i, run := range runs {
		all[i] = figure(run).Round(time.Millisecond)
	}
	slices.Sort(all)
	return all
}

func quantile(sorted []time.Duration, q float64) time.Duration {
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))]
}

// sameOrder compares kinds and counts. Counts of targets are left out: ECS does not say twice in a row that it registered 1 target, so that 2 tasks
// read as "registered 2 targets" or as "registered 1 targets", depending on whether one look saw both (service.Service.Say; cases F1, AG10).
func sameOrder(recorded, run []Row) bool {
	return slices.EqualFunc(recorded, run, func(a, b Row) bool {
		return a.Kind == b.Kind && (a.Count == b.Count || a.Kind == "registered" || a.Kind == "deregistered")
	})
}

// replay does to a service of the model what was done to the recorded one, and gives what ECS says until it is steady.
func replay(c Case, learned Durations, seed uint64) ([]Row, error) {
	p, ok := profile.Named(c.Replay["profile"])
	if !ok {
		return nil, fmt.Errorf("there is no profile %q", c.Replay["profile"])
	}
	if launch := c.Replay["launch"]; launch != "" {
		p = p.On(cluster.Launch(strings.ToUpper(launch)))
	}
	p = learned.Fit(p, seed)
	start := time.Date(2026, 1, 1, 0, 0, 0, int(seed%1000)*1e6, time.UTC) // a run begins anywhere within a second
	s := stage{
		words: c.Replay, shown: show(c),
		key:   cluster.ServiceKey{Cluster: cluster.DefaultCluster, Service: "recorded"},
		world: world.New(world.Config{Seed: seed, Start: start, Profile: p, Place: cluster.ARN{Partition: "aws", Region: "us-east-1", Account: "123456789012"}}),
	}
	if err := s.set(); err != nil {
		return nil, err
	}
	s.begun = s.world.Now()
	if err := s.act(c.Rows); err != nil {
		return nil, err
	}
	for _, after := range s.shown.Again {
		s.world.AdvanceTo(s.begun.Add(after))
		if err := s.again(); err != nil {
			return nil, err
		}
	}
	s.goOn(start.Add(30*time.Minute + 3*c.Rows[len(c.Rows)-1].At)) // long enough for any luck; ECS keeps 100 events
	return s.said(second(c.Rows)), nil
}

// goOn lets everything happen until no service has anything left to do, or until a time.
func (s *stage) goOn(until time.Time) {
	for !s.world.Steady() && s.world.Now().Before(until) {
		next, _ := s.world.Next()
		s.world.AdvanceTo(next)
	}
}

// stage is a world with the recorded service on it.
type stage struct {
	world *world.World
	key   cluster.ServiceKey
	words map[string]string
	shown Shown
	begun time.Time
	made  cluster.CreateService
	ailed int // tasks that were turned unhealthy
}

func (s *stage) number(word string) int {
	text, _, _ := strings.Cut(s.words[word], "->")
	n, _ := strconv.Atoi(text)
	return n
}

// set puts there what was there before anything was done.
func (s *stage) set() error {
	container := cluster.ContainerDefinition{Name: "app", Image: "app:latest", Essential: true, StopTimeout: time.Duration(s.number("stop-timeout")) * time.Second}
	container.HealthCheck = s.words["failure"] == "container-health" || strings.Contains(s.words["health"], "container") || s.words["action"] == "unhealthy" && s.words["lb"] == "none"
	container.Checks.Interval = time.Duration(check(s.words["health"], "container", 0)) * time.Second
	if s.shown.Pinned {
		container.Image = "app@sha256:1"
	}
	actions := []cluster.Action{
		cluster.CreateCluster{Cluster: s.key.Cluster},
		cluster.RegisterTaskDefinition{Family: "recorded", Containers: []cluster.ContainerDefinition{container}},
		cluster.RegisterTaskDefinition{Family: "broken", Containers: []cluster.ContainerDefinition{container}},
	}
	s.made = cluster.CreateService{
		Service: s.key, Definition: "recorded", Desired: s.number("desired"), GracePeriod: time.Duration(s.number("grace")) * time.Second,
		Bounds:  &cluster.Bounds{MinimumHealthyPercent: s.number("min"), MaximumPercent: s.number("max")},
		Breaker: cluster.Breaker{Enabled: s.words["breaker"] != "", Rollback: s.words["breaker"] == "rollback"},
	}
	if s.words["lb"] != "none" {
		drain := 300
		if s.words["drain"] != "" {
			drain = s.number("drain")
		}
		group := cluster.TargetGroup{Name: "recorded", DrainDelay: time.Duration(drain) * time.Second, UnhealthyThreshold: check(s.words["health"], "unhealthy", 2),
			CheckInterval: time.Duration(check(s.words["health"], "interval", 30)) * time.Second}
		if s.words["lb"] == "nlb" {
			group.Protocol = "TCP"
		}
		actions = append(actions, cluster.CreateTargetGroup{Group: group})
	}
	for _, a := range actions {
		answer, err := s.world.Act(s.world.Now(), a)
		if err != nil {
			return err
		}
		if _, ok := a.(cluster.CreateTargetGroup); ok {
			s.made.Attachments = []cluster.Attachment{{TargetGroup: answer.IDs[0], Container: "app", Port: 80}}
		}
	}
	if s.words["action"] == "create" {
		return nil
	}
	return s.world.Settle(s.made)
}

// act does what was done.
func (s *stage) act(rows []Row) error {
	var action cluster.Action
	switch s.words["action"] {
	case "deploy":
		return s.again()
	case "create":
		action = s.made
	case "scale":
		_, to, _ := strings.Cut(s.words["desired"], "->")
		desired, err := strconv.Atoi(to)
		if err != nil {
			return fmt.Errorf("desired=%s has no second number", s.words["desired"])
		}
		action = cluster.UpdateService{Service: s.key, Desired: &desired}
	case "stop-task", "stoptask":
		action = cluster.StopTask{Cluster: s.key.Cluster, Task: s.world.Tasks(s.key.Cluster)[0].ID}
	case "task-exit":
		return s.world.Report(s.world.Now(), world.Report{Kind: world.Exited, Task: s.world.Tasks(s.key.Cluster)[0].ID, Code: 1})
	case "unhealthy":
		s.ailed = max(1, rows[0].Count)
		return s.ail(s.ailed)
	case "deploy-failing", "deploy-broken":
		if err := s.world.Behave("broken", world.Behaviour{Fault: fault(s.words["failure"])}); err != nil {
			return err
		}
		return s.again()
	}
	_, err := s.world.Act(s.world.Now(), action)
	return err
}

// again begins a deployment, the first one or a further one.
func (s *stage) again() error {
	update := cluster.UpdateService{Service: s.key, Force: true}
	if s.words["action"] != "deploy" {
		update.Definition = "broken"
	}
	_, err := s.world.Act(s.world.Now(), update)
	return err
}

func fault(failure string) world.Fault {
	switch failure {
	case "elb-health":
		return world.FaultTarget
	case "container-health":
		return world.FaultContainer
	case "image", "image-missing", "pull":
		return world.FaultImage
	case "exit", "crash":
		return world.FaultExit
	}
	return world.FaultSecret
}

// ail turns tasks unhealthy, by the load balancer's checks or by the container's.
func (s *stage) ail(count int) error {
	for _, t := range s.world.Tasks(s.key.Cluster)[:count] {
		r := world.Report{Kind: world.HealthFailed, Task: t.ID}
		if len(s.made.Attachments) > 0 {
			r = world.Report{Kind: world.TargetUnhealthy, Task: t.ID, Group: s.made.Attachments[0].TargetGroup, ID: t.Address, Port: 80}
		}
		if err := s.world.Report(s.world.Now(), r); err != nil {
			return err
		}
	}
	return nil
}

// check reads a setting out of "interval:10,timeout:5,unhealthy:2,…", or gives the default of a target group.
func check(health, setting string, unset int) int {
	for _, part := range strings.Split(health, ",") {
		if text, ok := strings.CutPrefix(part, setting+":"); ok {
			if n, err := strconv.Atoi(text); err == nil {
				return n
			}
		}
	}
	return unset
}

// said gives what ECS said as rows, oldest first, after the row of what was done. Where the recording gives whole seconds, they are cut as its were.
func (s *stage) said(whole bool) []Row {
	cut := func(t time.Time) time.Time {
		if whole {
			return t.Truncate(time.Second)
		}
		return t
	}
	service, _ := s.world.Service(s.key)
	rows := []Row{{Kind: done(s.words["action"])}}
	for _, after := range s.shown.Again {
		rows = append(rows, Row{Kind: rows[0].Kind, At: after})
	}
	switch s.words["action"] {
	case "scale":
		rows[0].Count = service.Desired
	case "unhealthy":
		rows[0].Count = s.ailed
	}
	for _, e := range slices.Backward(service.Events) {
		if e.At.Before(s.begun) {
			continue
		}
		kind, count := measure.Kind(e.Message)
		rows = append(rows, Row{At: cut(e.At).Sub(cut(s.begun)), Kind: kind, Count: count})
	}
	slices.SortStableFunc(rows, func(a, b Row) int { return cmp.Compare(a.At, b.At) })
	return rows
}

// done is the kind of the row that says what was done; empty for an action that is not known.
func done(action string) string {
	return map[string]string{"deploy": "deployment_created", "create": "deployment_created", "deploy-failing": "deployment_created", "deploy-broken": "deployment_created",
		"scale": "desired_count", "stop-task": "api", "stoptask": "api", "task-exit": "exit", "unhealthy": "target_unhealthy"}[action]
}
