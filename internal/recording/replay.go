package recording

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"handover/internal/cluster"
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

// Compare replays a case over a number of seeds.
func Compare(c Case, seeds int) Comparison {
	out := Comparison{Case: c.Name, Seeds: seeds}
	if c.Replay["action"] != "deploy" {
		out.Skipped = "the action " + strconv.Quote(c.Replay["action"]) + " is not replayed yet"
		return out
	}
	recorded := between(c.Rows, c.Replay["from"], c.Replay["until"])
	if len(recorded) < 2 {
		out.Skipped = "nothing lies between its first and its last event"
		return out
	}
	out.Recorded = recorded[len(recorded)-1].At - recorded[0].At
	var runs [][]Row
	for seed := range seeds {
		run, err := replay(c, uint64(seed+1))
		if err != nil {
			out.Skipped = err.Error()
			return out
		}
		if run = between(run, c.Replay["from"], c.Replay["until"]); sameOrder(recorded, run) {
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
	return out
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

func sameOrder(recorded, run []Row) bool {
	return slices.EqualFunc(recorded, run, func(a, b Row) bool { return a.Kind == b.Kind && a.Count == b.Count })
}

// replay does to a service of the model what was done to the recorded one, and gives what ECS says until it is steady.
func replay(c Case, seed uint64) ([]Row, error) {
	words := c.Replay
	p, ok := profile.Named(words["profile"])
	if !ok {
		return nil, fmt.Errorf("there is no profile %q", words["profile"])
	}
	if launch := words["launch"]; launch != "" {
		p = p.On(cluster.Launch(strings.ToUpper(launch)))
	}
	start := time.Date(2026, 1, 1, 0, 0, 0, int(seed%1000)*1e6, time.UTC) // a run begins anywhere within a second
	w := world.New(world.Config{Seed: seed, Start: start, Profile: p, Place: cluster.ARN{Partition: "aws", Region: "us-east-1", Account: "123456789012"}})
	key := cluster.ServiceKey{Cluster: cluster.DefaultCluster, Service: "recorded"}
	if err := settle(w, key, words); err != nil {
		return nil, err
	}
	before := w.Now()
	if _, err := w.Act(before, cluster.UpdateService{Service: key, Force: true}); err != nil {
		return nil, err
	}
	for !w.Steady() && w.Now().Before(start.Add(24*time.Hour)) {
		next, _ := w.Next()
		w.AdvanceTo(next)
	}
	return said(w, key, before, second(c.Rows)), nil
}

func settle(w *world.World, key cluster.ServiceKey, words map[string]string) error {
	number := func(word string) int {
		n, _ := strconv.Atoi(words[word])
		return n
	}
	service := cluster.CreateService{
		Service: key, Definition: "recorded", Desired: number("desired"),
		Bounds: &cluster.Bounds{MinimumHealthyPercent: number("min"), MaximumPercent: number("max")},
	}
	actions := []cluster.Action{
		cluster.CreateCluster{Cluster: key.Cluster},
		cluster.RegisterTaskDefinition{Family: "recorded", Containers: []cluster.ContainerDefinition{{Name: "app", Image: "app:latest", Essential: true}}},
	}
	if words["lb"] != "none" {
		drain := time.Duration(number("drain")) * time.Second
		actions = append(actions, cluster.CreateTargetGroup{Group: cluster.TargetGroup{Name: "recorded", DrainDelay: drain, CheckInterval: interval(words["health"])}})
	}
	for _, a := range actions {
		answer, err := w.Act(w.Now(), a)
		if err != nil {
			return err
		}
		if _, ok := a.(cluster.CreateTargetGroup); ok {
			service.Attachments = []cluster.Attachment{{TargetGroup: answer.IDs[0], Container: "app", Port: 80}}
		}
	}
	return w.Settle(service)
}

// interval reads the health check interval out of "interval:10,timeout:5,…"; the default of a target group is 30 s.
func interval(health string) time.Duration {
	for _, part := range strings.Split(health, ",") {
		if text, ok := strings.CutPrefix(part, "interval:"); ok {
			seconds, err := strconv.Atoi(text)
			if err == nil {
				return time.Duration(seconds) * time.Second
			}
		}
	}
	return 30 * time.Second
}

// said gives what ECS said since a time as rows, oldest first, after the row of the deployment itself. Where the recording gives whole seconds, they are cut
// as its were.
func said(w *world.World, key cluster.ServiceKey, since time.Time, whole bool) []Row {
	cut := func(t time.Time) time.Time {
		if whole {
			return t.Truncate(time.Second)
		}
		return t
	}
	s, _ := w.Service(key)
	rows := []Row{{Kind: "deployment_created"}}
	for _, e := range slices.Backward(s.Events) {
		if e.At.Before(since) {
			continue
		}
		kind, count := Kind(e.Message)
		rows = append(rows, Row{At: cut(e.At).Sub(cut(since)), Kind: kind, Count: count})
	}
	return rows
}

// Kind reads the kind and the count of an event out of ECS's sentence; the kind is "note" for a sentence that recordings do not name.
func Kind(message string) (kind string, count int) {
	for _, known := range []struct{ kind, before string }{
		{"start", " has started "}, {"stop", " has stopped "}, {"stop_pending", " stopped "}, {"registered", " registered "},
		{"deregistered", " deregistered "}, {"draining", " has begun draining connections on "},
	} {
		_, rest, ok := strings.Cut(message, known.before)
		if !ok {
			continue
		}
		number, _, _ := strings.Cut(rest, " ")
		count, _ = strconv.Atoi(number)
		return known.kind, count
	}
	switch {
	case strings.HasSuffix(message, "deployment completed."):
		return "completed", 0
	case strings.HasSuffix(message, "has reached a steady state."):
		return "steady", 0
	}
	return "note", 0
}
