package operation

import (
	"fmt"
	"slices"
	"strings"

	"handover/internal/cluster"
	"handover/internal/expression"
)

// This file foresees, before a drain begins, what becomes of the tasks on its instances.

// Prospect is what becomes of the tasks that one service has on the instances.
type Prospect struct {
	Service string       `json:"service"` // empty: tasks of no service
	Tasks   int          `json:"tasks"`
	Kind    ProspectKind `json:"kind"`
	Text    string       `json:"text"`             // what ECS will do, without a final stop
	Where   string       `json:"where,omitempty"`  // Moves: which of the other instances have room
	Remedy  string       `json:"remedy,omitempty"` // Blocked: the way out
}

// ProspectKind is the kind of a Prospect.
type ProspectKind string

// The kinds of prospects.
const (
	Moves   ProspectKind = "moves"   // ECS replaces the tasks elsewhere, or lets them go
	Blocked ProspectKind = "blocked" // they would stay for ever
	Doubted ProspectKind = "doubted" // they may stay, or leave their service short of tasks
	Last    ProspectKind = "last"    // daemons
	Alone   ProspectKind = "alone"   // tasks of no service
	Skipped ProspectKind = "skipped"
)

// String says it in a line: "api: 3 tasks: …".
func (p Prospect) String() string {
	name := p.Service
	if name == "" {
		name = "no service"
	}
	text := fmt.Sprintf("%s: %s: %s", name, plural(p.Tasks, "task"), p.Text)
	if p.Where != "" {
		text += "; " + p.Where
	}
	return text
}

func (p Prospect) note() Note {
	if p.Kind == Blocked || p.Kind == Doubted {
		return Note{Level: Warning, Text: p.String()}
	}
	return Note{Level: Info, Text: p.String()}
}

// prospects judges every share. Room is given to the services in the order of their names, so that two that want the same place are not both promised it.
func (e *Exodus) prospects(s cluster.Snapshot, instances []cluster.InstanceView) []Prospect {
	others := e.others(instances)
	rooms := others
	var all []Prospect
	for _, share := range e.Shares {
		p := e.apart(share)
		if p.Kind == "" {
			p, rooms = e.replica(s, share, others, rooms)
		}
		p.Service, p.Tasks = share.Service, share.Left
		all = append(all, p)
	}
	return all
}

// apart judges tasks that ECS does not move within a service's bounds.
func (e *Exodus) apart(share Share) Prospect {
	switch {
	case slices.Contains(e.Options.Skip, share.Service):
		return Prospect{Kind: Skipped, Text: "not waited for"}
	case share.Service == "" && e.Options.Standalone == StopStandalone:
		return Prospect{Kind: Alone, Text: fmt.Sprintf("not in a service, so ECS leaves it alone; stopped %s after the drain began", e.Options.StopAfter)}
	case share.Service == "":
		return Prospect{Kind: Alone, Text: "not in a service, so ECS leaves it alone; waited for"}
	case share.Daemon:
		return Prospect{Kind: Last, Text: "daemon; stopped last, by ECS"}
	}
	return Prospect{}
}

// replica judges a service by its bounds, which ECS keeps also while it drains, and by the room that is left elsewhere: on all other instances, and on them with
// what was promised to other services. It gives back the room that is left after this service.
// Source: API Reference, UpdateContainerInstancesState; behaviour §7.1.
func (e *Exodus) replica(s cluster.Snapshot, share Share, others, rooms []room) (Prospect, []room) {
	view, ok := s.Service(e.key(share.Service))
	if !ok {
		return Prospect{Kind: Doubted, Text: "its service could not be read"}, rooms
	}
	desired, bounds := view.Service.Desired, e.bounds(view.Service)
	switch {
	case share.Staying == 0:
		return Prospect{Kind: Moves, Text: "on its way out already"}, rooms
	case view.Service.Status != cluster.ServiceActive || desired == 0:
		return Prospect{Kind: Moves, Text: "no longer wanted, so it is stopped and not replaced"}, rooms
	case !bounds.LeaveMove(desired):
		return Prospect{Kind: Blocked, Text: fmt.Sprintf("cannot move: a desired count of %d with min %d %% and max %d %% leaves no room to stop or start a task", desired,
			bounds.MinimumHealthyPercent, bounds.MaximumPercent), Remedy: fmt.Sprintf("for this drain only: --temporary-max %s=%d", share.Service, oneMore(desired))}, rooms
	}
	definition, known := view.Definition(view.Service.Definition)
	if !known {
		return Prospect{Kind: Doubted, Text: "may move within its bounds; where to could not be read"}, rooms
	}
	apart := distinct(view.Service.Constraints)
	where, judged := conditions(slices.Concat(view.Service.Constraints, definition.Constraints))
	if !judged || asks(where) && !readOn(s, e.Cluster) {
		return Prospect{Kind: Doubted, Text: "may move within its bounds; where to depends on a placement constraint that could not be judged"}, rooms
	}
	needs := demand{Needs: definition.Needs(), where: where, apart: apart, group: "service:" + share.Service}
	_, fits := hold(others, needs, share.Staying)
	if apart { // an instance with one of its tasks takes no other
		fits = max(0, min(fits, len(others)-(desired-share.Staying)))
	}
	left, granted := hold(rooms, needs, fits)
	p := weigh(share, view.Service, bounds, definition.Needs(), fits, granted)
	if p.Kind == Moves {
		p.Text, p.Where = pace(share.Staying, desired, bounds, checked(view.Service, definition)), roomOn(rooms, needs)
	}
	return p, left
}

// roomOn names the instances that can take a task, two of them at most.
func roomOn(rooms []room, n demand) string {
	var names []string
	for _, r := range rooms {
		if r.takes(n) {
			names = append(names, r.instance.Short())
		}
	}
	const named = 2
	switch more := len(names) - named; {
	case len(names) == 0: // none of its tasks has to fit
		return "no other instance has room"
	case more > 0:
		return fmt.Sprintf("room on %s and %d more", strings.Join(names[:named], ", "), more)
	}
	return "room on " + strings.Join(names, ", ")
}

// weigh judges a service whose bounds leave a move. fits is how many of its tasks find room on the other instances, granted how many of these find it beside what
// was promised to other services. ECS stops without a replacement only down to the floor: with 4 tasks at 50 % of which 2 have to leave, none need fit.
func weigh(share Share, s cluster.Service, b cluster.Bounds, needs cluster.Needs, fits, granted int) Prospect {
	spare := s.Desired - b.Floor(s.Desired)
	elastic := s.Launch == "" // a capacity provider may add instances
	short := fmt.Sprintf("(%d CPU units, %d MiB)", needs.CPU, needs.Memory)
	switch {
	case granted < share.Staying && elastic:
		return Prospect{Kind: Doubted, Text: fmt.Sprintf("the other instances have room for %d %s; its capacity provider has to add some", granted, short)}
	case fits+spare < share.Staying:
		return Prospect{Kind: Blocked, Text: fmt.Sprintf("cannot move: the other instances have room for %d more of its tasks %s, and only %d may stop before others run", fits, short, spare),
			Remedy: fmt.Sprintf("add an instance to the cluster, so that the tasks of %s find room", share.Service)}
	case fits < share.Staying:
		return Prospect{Kind: Doubted, Text: fmt.Sprintf("the other instances have room for %d %s; it stays %d short of its desired count of %d", fits, short, share.Staying-fits, s.Desired)}
	case granted < share.Staying:
		return Prospect{Kind: Doubted, Text: fmt.Sprintf("with what the other services take, there is room for %d %s", granted, short)}
	}
	return Prospect{Kind: Moves}
}

// checked tells whether anything checks the health of a service's tasks. Where nothing does, ECS stops a task on a draining instance as soon as another is RUNNING,
// healthy or not. Source: API Reference, UpdateContainerInstancesState.
func checked(s cluster.Service, d cluster.TaskDefinition) bool {
	return len(s.Attachments) > 0 || slices.ContainsFunc(d.Containers, func(c cluster.ContainerDefinition) bool { return c.HealthCheck && c.Essential })
}

// pace says how a service is moved: three tasks of six with 100/150 are replaced three at once, and with 50/100 stopped three at once.
func pace(tasks, desired int, b cluster.Bounds, checked bool) string {
	held := "RUNNING"
	if checked {
		held = "healthy"
	}
	extra, spare := b.Ceiling(desired)-desired, desired-b.Floor(desired)
	if spare == 0 {
		return fmt.Sprintf("up to %d at a time, new ones first; never fewer than %d of %d %s", min(tasks, extra), desired, desired, held)
	}
	return fmt.Sprintf("up to %d at a time; never fewer than %d of %d %s", min(tasks, max(extra, spare)), max(b.Floor(desired), desired-tasks), desired, held)
}

// oneMore is the lowest maximumPercent that lets one task more than desired run: 150 for 2 tasks, 134 for 3.
func oneMore(desired int) int { return (100*(desired+1) + desired - 1) / desired }

// bounds are those that hold for the service while it is drained. Services of other controllers than ECS have the defaults then.
// Source: API Reference, DeploymentConfiguration; behaviour §7.1.
func (e *Exodus) bounds(s cluster.Service) cluster.Bounds {
	b := s.Bounds
	if s.Controller == cluster.ControllerCodeDeploy || s.Controller == cluster.ControllerExternal {
		b = cluster.DefaultBounds()
	}
	for _, t := range e.Options.TemporaryMax {
		if t.Service == s.Key.Service {
			b.MaximumPercent = max(b.MaximumPercent, t.Percent)
		}
	}
	return b
}

// room is what an instance can still take.
type room struct {
	instance          *cluster.Instance // is not changed
	cpu, memory, gpus int
	tcp, udp          []int    // host ports that are taken
	groups            []string // of the tasks on it, as far as these were read
}

// others are the instances to which tasks may move.
func (e *Exodus) others(instances []cluster.InstanceView) []room {
	var rooms []room
	for _, v := range instances {
		i := &v.Instance
		if i.Status == cluster.InstanceActive && i.Connected && !e.leaves(i.ID) {
			r := room{instance: i, cpu: i.Remaining.CPU, memory: i.Remaining.Memory, gpus: len(i.Remaining.GPUs), tcp: i.Remaining.TCP, udp: i.Remaining.UDP}
			for _, t := range v.Tasks {
				if t.MeantToRun() {
					r.groups = append(r.groups, t.Group)
				}
			}
			rooms = append(rooms, r)
		}
	}
	return rooms
}

// demand is what each task of a service needs of an instance.
type demand struct {
	cluster.Needs
	where []expression.Expression // each of which its instance meets
	apart bool                    // no two on one instance
	group string                  // of the task, by which others may be placed
}

// asksForTasks tells whether a service that has tasks on the instances is placed by the tasks that are on an instance already.
func (e *Exodus) asksForTasks(s cluster.Snapshot) bool {
	return slices.ContainsFunc(e.Shares, func(share Share) bool {
		view, ok := s.Service(e.key(share.Service))
		definition, known := view.Definition(view.Service.Definition)
		where, judged := conditions(slices.Concat(view.Service.Constraints, definition.Constraints))
		return ok && known && judged && asks(where)
	})
}

func asks(where []expression.Expression) bool {
	return slices.ContainsFunc(where, expression.Expression.AsksForTasks)
}

// conditions reads the constraints by expression. Source: developer guide, task-placement-constraints.
func conditions(constraints []cluster.PlacementConstraint) (where []expression.Expression, judged bool) {
	for _, c := range constraints {
		if c.Type != cluster.MemberOf {
			continue
		}
		condition, err := expression.Parse(c.Expression)
		if err != nil {
			return nil, false
		}
		where = append(where, condition)
	}
	return where, true
}

// hold puts tasks into rooms, each into the first that takes it, and says what room is left and how many found one.
func hold(rooms []room, n demand, tasks int) (left []room, placed int) {
	left = slices.Clone(rooms)
	for i := range left {
		for placed < tasks && left[i].takes(n) {
			left[i] = left[i].with(n)
			placed++
			if n.apart {
				break
			}
		}
	}
	return left, placed
}

func (r room) takes(n demand) bool {
	if slices.ContainsFunc(n.where, func(e expression.Expression) bool { return !e.Matches(*r.instance, r.groups) }) {
		return false
	}
	taken := func(ports, wanted []int) bool {
		return slices.ContainsFunc(wanted, func(p int) bool { return slices.Contains(ports, p) })
	}
	return r.cpu >= n.CPU && r.memory >= n.Memory && r.gpus >= n.GPUs && !taken(r.tcp, n.TCP) && !taken(r.udp, n.UDP)
}

func (r room) with(n demand) room {
	return room{instance: r.instance, cpu: r.cpu - n.CPU, memory: r.memory - n.Memory, gpus: r.gpus - n.GPUs, tcp: slices.Concat(r.tcp, n.TCP), udp: slices.Concat(r.udp, n.UDP),
		groups: slices.Concat(r.groups, []string{n.group})}
}

func distinct(constraints []cluster.PlacementConstraint) bool {
	return slices.ContainsFunc(constraints, func(c cluster.PlacementConstraint) bool { return c.Type == cluster.DistinctInstance })
}
