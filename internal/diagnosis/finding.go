package diagnosis

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"handover/internal/cluster"
)

// finding is a cause before it is weighed against the others.
type finding struct {
	code      Code
	certainty Certainty
	text      string // instead of what the code says
	tasks, of int    // how many of the tasks that failed
	evidence  []Evidence
	blocking  bool // the service does not get on because of it
	last      time.Time
	failed    []time.Time     // when its tasks failed
	lived     []time.Duration // how long they ran
	container string
	object    string // the log group, target group or capacity provider that it is about
	goesOn    string // what ECS does about it by itself
}

// lately is how many of its tasks failed after a time.
func (f finding) lately(after time.Time) int {
	n := 0
	for _, at := range f.failed {
		if at.After(after) {
			n++
		}
	}
	return n
}

// says tells whether a line of the evidence has these words.
func (f finding) says(words string) bool {
	return slices.ContainsFunc(f.evidence, func(e Evidence) bool { return strings.Contains(e.Text, words) })
}

// join adds a finding, to the one of its code where there is one.
func join(all []finding, f finding) []finding {
	i := slices.IndexFunc(all, func(g finding) bool { return g.code == f.code })
	if i < 0 {
		return append(all, f)
	}
	g := &all[i]
	if g.text != f.text {
		g.text = ""
	}
	g.tasks, g.of = g.tasks+f.tasks, max(g.of, f.of)
	g.evidence, g.lived, g.failed = slices.Concat(g.evidence, f.evidence), slices.Concat(g.lived, f.lived), slices.Concat(g.failed, f.failed)
	g.blocking = g.blocking || f.blocking
	if f.last.After(g.last) {
		g.last = f.last
	}
	if f.certainty.rank() < g.certainty.rank() {
		g.certainty = f.certainty
	}
	g.container, g.object, g.goesOn = cmp.Or(g.container, f.container), cmp.Or(g.object, f.object), cmp.Or(g.goesOn, f.goesOn)
	return all
}

// attendant tells of causes that come with another one, or follow from it: they are told after it.
func attendant(code Code) bool {
	return slices.Contains([]Code{StartThrottled, CallsThrottled, BreakerSlow, BreakerRolledBack, AlarmRolledBack, DeploymentStopped, HookFailed, RolloutFailed, DrainingLong, GraceShort, OtherController,
		NothingDesired, ScalingHolds, Unexplained}, code)
}

// weigh brings findings into the order in which they are told: what explains before what comes with it, what blocks first, the surest, that of the most tasks, the newest.
func weigh(all []finding) []finding {
	all = specific(all)
	most := 0
	for _, f := range all {
		most = max(most, f.tasks)
	}
	for i := range all {
		if all[i].tasks > 0 && all[i].tasks < most && all[i].certainty == Certain {
			all[i].certainty = Likely // true of its tasks, and not of most
		}
	}
	slices.SortStableFunc(all, func(a, b finding) int {
		return cmp.Or(order(attendant(a.code), attendant(b.code)), order(!a.blocking, !b.blocking), cmp.Compare(a.certainty.rank(), b.certainty.rank()), cmp.Compare(b.tasks, a.tasks), b.last.Compare(a.last))
	})
	return all
}

func order(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// specific lets what says more take the place of what says less: what the load balancer saw, that a health check failed; and what a start failed for, that it failed.
func specific(all []finding) []finding {
	for _, general := range [][]Code{
		{TargetHealth, TargetResponse, TargetTimeout, TargetUnused, TargetZone},
		{NoRoom, NoInstances, NoCPU, NoMemory, NoGPU, NoPort, NoInterface, AttributeMissing, ConstraintUnsatisfied, AgentDisconnected, ProviderCannotLaunch},
		{NetworkInterface, SubnetFull, InterfaceQuota},
		{ResourceInit, SecretMissing, SecretDenied, SecretUnreachable, LogGroupMissing, ImageMissing, ImageDenied},
	} {
		from := slices.IndexFunc(all, func(f finding) bool { return f.code == general[0] })
		to := slices.IndexFunc(all, func(f finding) bool { return slices.Contains(general[1:], f.code) })
		if from < 0 || to < 0 {
			continue
		}
		f := all[from]
		f.code, f.text, f.certainty = all[to].code, all[to].text, all[to].certainty
		all = slices.Delete(join(all, f), from, from+1)
	}
	return all
}

// dated is how many lines of what happened a cause shows at most; those that are left out are counted.
const dated = 4

// cause puts a finding into words.
func (f finding) cause(key cluster.ServiceKey) Cause {
	about := facts(f.code)
	c := Cause{Code: f.code, Text: cmp.Or(f.text, about.text), Certainty: f.certainty}
	if count := f.count(); count != "" {
		c.Evidence = append(c.Evidence, Evidence{Kind: "tasks", Text: count})
	}
	left := 0
	for _, e := range distinct(f.evidence) {
		if e.At != nil && len(c.Evidence) > dated {
			left++
			continue
		}
		c.Evidence = append(c.Evidence, e)
	}
	if left > 0 {
		c.Evidence = append(c.Evidence, Evidence{Kind: "more", Text: fmt.Sprintf("and %s more", plural(left, "line"))})
	}
	if fix, command := f.remedy(); fix != "" {
		c.Remedies = []Remedy{{Kind: "mend", Text: fix, Command: f.fill(command, key)}}
	}
	return c
}

// count says how many tasks it is about: "4 of 4 tasks that failed, each 1m32s after starting".
func (f finding) count() string {
	if f.tasks == 0 {
		return ""
	}
	text := fmt.Sprintf("%d of %d failed tasks ended for this reason", f.tasks, max(f.of, f.tasks))
	if f.tasks == 1 && f.of <= 1 {
		text = "1 task ended for this reason"
	}
	if len(f.lived) == 0 || slices.Max(f.lived) == 0 {
		return text
	}
	low, high := slices.Min(f.lived).Round(time.Second), slices.Max(f.lived).Round(time.Second)
	switch {
	case low == high && f.tasks == 1:
		return fmt.Sprintf("%s, %s after starting", text, span(low))
	case high-low <= 2*time.Second:
		return fmt.Sprintf("%s, each %s after starting", text, span(high))
	}
	return fmt.Sprintf("%s, %s to %s after starting", text, span(low), span(high))
}

// distinct is the newest evidence first; of events of one text the newest is enough, and of lines that differ in their task alone the newest two, because the count is told.
func distinct(all []Evidence) []Evidence {
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b Evidence) int { return moment(b).Compare(moment(a)) })
	var kept []Evidence
	for _, e := range all {
		alike := 0
		for _, k := range kept {
			if k.Kind == e.Kind && bare(k) == bare(e) {
				alike++
			}
		}
		if alike < 1 || alike < 2 && e.Source != "" && e.At != nil || e.At == nil && !slices.Contains(kept, e) {
			kept = append(kept, e)
		}
	}
	return kept
}

func moment(e Evidence) time.Time {
	if e.At == nil {
		return time.Time{}
	}
	return *e.At
}

// bare is a line without the name of its task: "task 77b1e0: it ended" and "task a1f30c: it ended" say the same.
func bare(e Evidence) string {
	if e.Source == "" {
		return e.Text
	}
	return strings.ReplaceAll(strings.ReplaceAll(e.Text, e.Source, ""), cluster.ShortID(e.Source), "")
}

// fill puts the service's names into a command, the tasks that the evidence names, and what it is about.
func (f finding) fill(command string, key cluster.ServiceKey) string {
	var tasks []string
	for _, e := range f.evidence {
		if e.Source != "" && !slices.Contains(tasks, e.Source) {
			tasks = append(tasks, e.Source)
		}
	}
	if len(tasks) == 0 {
		tasks = []string{"TASK"}
	}
	return strings.NewReplacer("SERVICE", key.String(), "CLUSTER", key.Cluster, "NAME", key.Service, "TASKS", strings.Join(tasks[:min(len(tasks), 10)], " "), "OBJECT", cmp.Or(f.object, "NAME")).Replace(command)
}

// span is a duration as people read it: 41s, 6m10s, 2h04m.
func span(d time.Duration) string {
	d = d.Round(time.Second)
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
}

// clock is a time of day in UTC.
func clock(at time.Time) string { return at.UTC().Format("15:04:05 UTC") }

// plural is a count with its noun.
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
