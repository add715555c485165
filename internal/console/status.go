package console

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"handover/internal/cluster"
)

// Status is a service as it is.
type Status struct {
	At      time.Time `json:"at"`
	Service string    `json:"service"`
	Identity
	Status      string             `json:"status"`
	Definition  string             `json:"definition,omitempty"`
	Launch      string             `json:"launch,omitempty"`
	Desired     int                `json:"desired"`
	Running     int                `json:"running"`
	Pending     int                `json:"pending"`
	Healthy     int                `json:"healthy"`
	Floor       int                `json:"floor"`
	Ceiling     int                `json:"ceiling"`
	Deployments []StatusDeployment `json:"deployments"`
	Tasks       []StatusTask       `json:"tasks"`
	Events      []StatusEvent      `json:"events"`
	Operation   *StatusOperation   `json:"operation,omitempty"`
	Gaps        []StatusGap        `json:"gaps,omitempty"`
}

// StatusDeployment is a deployment of a Status.
type StatusDeployment struct {
	ID         string     `json:"id"`
	Status     string     `json:"status"`
	Rollout    string     `json:"rollout"`
	Definition string     `json:"definition,omitempty"`
	Desired    int        `json:"desired"`
	Running    int        `json:"running"`
	Pending    int        `json:"pending"`
	Failed     int        `json:"failed"`
	Created    *time.Time `json:"created,omitempty"`
}

// StatusTask is a task of a Status.
type StatusTask struct {
	ID         string             `json:"id"`
	Deployment string             `json:"deployment"`
	Definition string             `json:"definition,omitempty"`
	Last       cluster.TaskStatus `json:"last"`
	Desired    cluster.TaskStatus `json:"desired"`
	Health     cluster.Health     `json:"health,omitempty"`
	Healthy    bool               `json:"healthy"`
	Zone       string             `json:"zone,omitempty"`
	Created    *time.Time         `json:"created,omitempty"`
	Started    *time.Time         `json:"started,omitempty"`
	Reason     string             `json:"reason,omitempty"`
	Targets    []StatusTarget     `json:"targets,omitempty"`
}

// StatusTarget is a task's target.
type StatusTarget struct {
	Group  string `json:"group"`
	State  string `json:"state"`
	Reason string `json:"reason,omitempty"`
}

// StatusEvent is a service event of a Status.
type StatusEvent struct {
	At      time.Time `json:"at"`
	Message string    `json:"message"`
}

// StatusGap is a part of the service that could not be read.
type StatusGap struct {
	Part       string `json:"part"`
	Permission string `json:"permission"`
	Error      string `json:"error"`
}

// statusEvents is how many events a status shows.
const statusEvents = 10

// Describe makes the status of a service out of what was read.
func Describe(s cluster.Snapshot, view cluster.ServiceView, who Identity) Status {
	v := view.Service
	d := Status{
		At: stamp(s.At), Service: v.Key.String(), Identity: who, Status: string(v.Status), Definition: v.Definition, Launch: string(v.Launch),
		Desired: v.Desired, Running: v.Running, Pending: v.Pending, Floor: v.Bounds.Floor(v.Desired), Ceiling: v.Bounds.Ceiling(v.Desired),
		Deployments: []StatusDeployment{}, Tasks: []StatusTask{}, Events: []StatusEvent{}, Operation: operationOn(v, s.At),
	}
	_, d.Healthy = view.Count(s.At)
	for _, x := range v.Deployments {
		d.Deployments = append(d.Deployments, StatusDeployment{ID: x.ID, Status: string(x.Status), Rollout: string(x.Rollout), Definition: x.Definition,
			Desired: x.Desired, Running: x.Running, Pending: x.Pending, Failed: x.Failed, Created: optional(x.CreatedAt)})
	}
	for _, t := range view.Tasks {
		d.Tasks = append(d.Tasks, describeTask(s, view, t))
	}
	for _, e := range v.Events[:min(statusEvents, len(v.Events))] {
		d.Events = append(d.Events, StatusEvent{At: stamp(e.At), Message: e.Message})
	}
	for _, g := range s.Gaps {
		if g.Service == v.Key {
			d.Gaps = append(d.Gaps, StatusGap{Part: string(g.Part), Permission: g.Permission, Error: g.Err.Error()})
		}
	}
	return d
}

func describeTask(s cluster.Snapshot, view cluster.ServiceView, t cluster.Task) StatusTask {
	d := StatusTask{ID: t.ID, Deployment: t.StartedBy, Definition: t.Definition, Last: t.Last, Desired: t.Desired, Health: t.Health,
		Healthy: view.Healthy(&t, s.At), Zone: t.Zone, Created: optional(t.CreatedAt), Started: optional(t.StartedAt), Reason: t.StoppedReason}
	for _, a := range view.Service.Attachments {
		if target, ok := view.Target(t, a); ok {
			d.Targets = append(d.Targets, StatusTarget{Group: revision(target.Group), State: string(target.State), Reason: target.Reason})
		}
	}
	return d
}

func optional(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	at = stamp(at)
	return &at
}

func (d Status) missing(part cluster.Part) bool {
	return slices.ContainsFunc(d.Gaps, func(g StatusGap) bool { return g.Part == string(part) })
}

// condition says in a few words how the service is.
func (d Status) condition() (text string, look style) {
	good, busy, bad := style{"●", "*", green}, style{"●", "*", amber}, style{"●", "*", red}
	switch {
	case d.Status != string(cluster.ServiceActive):
		return strings.ToLower(d.Status), bad
	case slices.ContainsFunc(d.Deployments, func(x StatusDeployment) bool { return x.Rollout == string(cluster.RolloutFailed) }):
		return "rollout failed", bad
	case len(d.Deployments) > 1 || slices.ContainsFunc(d.Deployments, func(x StatusDeployment) bool { return x.Rollout == string(cluster.RolloutInProgress) }):
		return "rolling out", busy
	case d.Running != d.Desired:
		return "not at its desired count", bad
	case !d.missing(cluster.PartTasks) && d.Healthy < d.Desired:
		return "not all healthy", bad
	}
	return "stable", good
}

func (s *Streams) statusText(d Status) string {
	var b strings.Builder
	b.WriteString(s.whereText(d.Service, d.Identity))
	text, look := d.condition()
	fmt.Fprintf(&b, "\n%s %s   %s\n\n", s.mark(look), text, strings.Join(d.figures(), " · "))
	for _, x := range d.Deployments {
		s.deploymentText(&b, d, x)
	}
	if d.missing(cluster.PartTasks) {
		b.WriteString("  tasks    not read\n")
	}
	d.formerText(&b)
	fmt.Fprintf(&b, "  bounds   %d healthy … %d tasks\n", d.Floor, d.Ceiling)
	s.operationText(&b, d)
	if len(d.Events) > 0 {
		b.WriteString("\n  last events\n")
		for _, e := range d.Events {
			fmt.Fprintf(&b, "    %s  %s\n", e.At.In(s.Zone).Format(time.DateTime), Shorten(e.Message))
		}
	}
	for _, g := range d.Gaps {
		fmt.Fprintf(&b, "\n  not read: %s; it takes %s\n    %s\n", g.Part, g.Permission, g.Error)
	}
	return b.String()
}

func (d Status) figures() []string {
	figures := []string{fmt.Sprintf("%d of %d running", d.Running, d.Desired)}
	if !d.missing(cluster.PartTasks) {
		figures = append(figures, fmt.Sprintf("%d of %d healthy", d.Healthy, d.Desired))
	}
	if d.Pending > 0 {
		figures = append(figures, fmt.Sprintf("%d pending", d.Pending))
	}
	if d.Definition != "" {
		figures = append(figures, revision(d.Definition))
	}
	if d.Launch != "" {
		figures = append(figures, d.Launch)
	}
	return figures
}

func (s *Streams) deploymentText(b *strings.Builder, d Status, x StatusDeployment) {
	rollout := x.Rollout
	if rollout == "" {
		rollout = "-"
	}
	fmt.Fprintf(b, "  %s  %s  %s   %d desired   %d running   %d pending   %d failed   %s   %s\n",
		revision(x.Definition), x.Status, rollout, x.Desired, x.Running, x.Pending, x.Failed, ageOf(d.At, x.Created), x.ID)
	d.table(b, func(t StatusTask) bool { return t.Deployment == x.ID })
	b.WriteString("\n")
}

// table lists the tasks that are not gone.
func (d Status) table(b *strings.Builder, wanted func(StatusTask) bool) {
	table := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	for _, t := range d.Tasks {
		if wanted(t) && !t.gone() {
			_, _ = fmt.Fprintf(table, "    %s\t%s\t%s\t%s\t%s\t%s\n", cluster.ShortID(t.ID), ageOf(d.At, t.Created), orDash(t.Zone), t.Last, t.verdict(), t.targets())
		}
	}
	_ = table.Flush()
}

// formerText shows the tasks that are on their way out or gone: those of deployments that are over, and those that stopped, by reason.
func (d Status) formerText(b *strings.Builder) {
	former := func(t StatusTask) bool {
		return !slices.ContainsFunc(d.Deployments, func(x StatusDeployment) bool { return x.ID == t.Deployment })
	}
	if slices.ContainsFunc(d.Tasks, func(t StatusTask) bool { return former(t) && !t.gone() }) {
		b.WriteString("  of former deployments\n")
		d.table(b, former)
		b.WriteString("\n")
	}
	reasons := map[string]int{}
	for _, t := range d.Tasks {
		if t.gone() {
			reasons[t.Reason]++
		}
	}
	for _, reason := range slices.Sorted(maps.Keys(reasons)) {
		fmt.Fprintf(b, "  stopped  %s of the last hour: %s\n", count(reasons[reason], "task"), orDash(reason))
	}
}

func (t StatusTask) gone() bool { return t.Last == cluster.Stopped }

func (t StatusTask) verdict() string {
	switch {
	case t.Desired != cluster.Running:
		return "going"
	case t.Healthy:
		return "healthy"
	}
	return "not healthy"
}

func (t StatusTask) targets() string {
	var parts []string
	for _, x := range t.Targets {
		part := x.Group + " " + x.State
		if x.Reason != "" {
			part += " (" + x.Reason + ")"
		}
		parts = append(parts, part)
	}
	if t.Reason != "" {
		parts = append(parts, t.Reason)
	}
	return orDash(strings.Join(parts, ", "))
}

func ageOf(at time.Time, created *time.Time) string {
	if created == nil {
		return "-"
	}
	return age(at, *created)
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}
