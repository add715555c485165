package scenario

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"handover/internal/cluster"
	"handover/internal/world"
)

// instances are the verbs about container instances and about tasks that belong to no service. An instance stands in a scene, or comes.
func instances() map[string]verb {
	inCluster := anyText().as("its cluster; default: default")
	return map[string]verb{
		"instance": {name: "what the instance is called", about: "a container instance of a cluster, whose tasks on EC2 are from then on placed on its instances", options: map[string]kind{
			"cluster":    inCluster,
			"cpu":        number(0, 1000000).as("CPU units; default 2048"),
			"memory":     number(0, 1<<30).as("memory in MiB; default 4096"),
			"gpus":       number(0, 16).as("GPUs; default 0"),
			"zone":       oneOf("a", "b", "c").as("the zone's letter; default a"),
			"attributes": anyText().as("attributes, each NAME or NAME=VALUE, separated by commas"),
		}},
		"lose-instance":    {name: "the instance", about: "its EC2 instance is terminated", options: map[string]kind{}, action: true},
		"disconnect-agent": {name: "the instance", about: "its agent does not talk to ECS any more", options: map[string]kind{}, action: true},
		"connect-agent":    {name: "the instance", about: "its agent talks to ECS again", options: map[string]kind{}, action: true},
		"drain":            {name: "the instance", about: "UpdateContainerInstancesState to DRAINING", options: map[string]kind{"cluster": inCluster}, action: true},
		"activate":         {name: "the instance", about: "UpdateContainerInstancesState to ACTIVE", options: map[string]kind{"cluster": inCluster}, action: true},
		"deregister-instance": {name: "the instance", about: "DeregisterContainerInstance", action: true, options: map[string]kind{
			"cluster": inCluster,
			"force":   toggle("even while tasks run on it"),
		}},
		"put-attribute": {name: "the instance", about: "PutAttributes", action: true, options: map[string]kind{
			"cluster": inCluster,
			"name":    anyText().as("the attribute's name"),
			"value":   anyText().as("its value; default: none"),
		}, required: []string{"name"}},
		"capacity": {name: "FARGATE or FARGATE_SPOT", about: "Fargate's capacity for new tasks", action: true, options: map[string]kind{
			"state": oneOf(unavailable, "available").as("default " + unavailable),
			"zone":  oneOf("a", "b", "c").as("the zone's letter; default: all zones"),
			"for":   duration().as("with unavailable: for how long; default: until it is available"),
		}},
		"throttle-ecs": {about: "the calls that ECS makes for its services are throttled", action: true, options: map[string]kind{"for": duration().as("for how long; default 1m")}},
		"interrupt":    {name: "the task, as in the trace", about: "the capacity under a task on Fargate Spot is taken back", options: map[string]kind{}, action: true},
		"run-task": {name: "the task definition", about: "RunTask: tasks that belong to no service", action: true, options: map[string]kind{
			"cluster":    inCluster,
			"count":      number(1, 10).as("how many; default 1"),
			"launch":     oneOf("fargate", "ec2").as("launch type; default ec2"),
			"group":      anyText().as("the tasks' group; default family:FAMILY"),
			"strategy":   anyText().as("placement strategies, as of a service; default random"),
			"constraint": anyText().as("a placement constraint, as of a service"),
		}},
		"start-task": {name: "the task definition", about: "StartTask: a task that belongs to no service, on a given instance", action: true, options: map[string]kind{
			"cluster":  inCluster,
			"instance": anyText().as("the instance"),
		}, required: []string{"instance"}},
	}
}

// strategies reads TYPE:FIELD,TYPE:FIELD.
func strategies(text string) []cluster.PlacementStrategy {
	var all []cluster.PlacementStrategy
	for _, one := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' }) {
		kind, field, _ := strings.Cut(one, ":")
		all = append(all, cluster.PlacementStrategy{Type: kind, Field: field})
	}
	return all
}

// shares reads NAME:BASE:WEIGHT. What is left out is 0.
func shares(text string) []cluster.ProviderShare {
	var all []cluster.ProviderShare
	for _, one := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' }) {
		parts := append(strings.Split(one, ":"), "", "")
		base, _ := strconv.Atoi(parts[1])
		weight, _ := strconv.Atoi(parts[2])
		all = append(all, cluster.ProviderShare{Name: parts[0], Base: base, Weight: weight})
	}
	return all
}

// constraints reads distinctInstance or an expression.
func constraints(text string) []cluster.PlacementConstraint {
	switch text {
	case "":
		return nil
	case cluster.DistinctInstance:
		return []cluster.PlacementConstraint{{Type: cluster.DistinctInstance}}
	}
	return []cluster.PlacementConstraint{{Type: cluster.MemberOf, Expression: text}}
}

func (p *player) instance(d Directive) error {
	if _, taken := p.hosts[d.Name]; taken {
		return fmt.Errorf("there is an instance %q already", d.Name)
	}
	a := cluster.RegisterContainerInstance{
		Cluster: d.Text("cluster", cluster.DefaultCluster), EC2ID: fmt.Sprintf("i-%017x", len(p.hosts)+1), Zone: p.region + d.Text("zone", "a"),
		Resources: cluster.Resources{CPU: d.Int("cpu", 2048), Memory: d.Int("memory", 4096)},
	}
	for n := range d.Int("gpus", 0) {
		a.Resources.GPUs = append(a.Resources.GPUs, fmt.Sprintf("GPU-%d", n))
	}
	for _, text := range strings.FieldsFunc(d.Text("attributes", ""), func(r rune) bool { return r == ',' }) {
		name, value, _ := strings.Cut(text, "=")
		a.Attributes = append(a.Attributes, cluster.Attribute{Name: name, Value: value})
	}
	answer, err := p.world.Act(p.world.Now(), a)
	if err != nil {
		return err
	}
	p.named(d.Name, a.EC2ID, answer.IDs[0])
	return nil
}

// named lets an instance be called by its name in directives and in the trace.
func (p *player) named(name, ec2ID, arn string) {
	p.hosts[name] = arn
	p.names[arn], p.names[ec2ID], p.names[cluster.TaskID(arn)] = name, name, name
}

// ofInstances are the actions of the directives about container instances.
func (p *player) ofInstances(d Directive) ([]cluster.Action, error) {
	inCluster := d.Text("cluster", cluster.DefaultCluster)
	switch d.Verb {
	case "run-task":
		a := cluster.RunTask{
			Cluster: inCluster, Definition: d.Name, Launch: cluster.Launch(strings.ToUpper(d.Text("launch", "ec2"))), Group: d.Text("group", ""),
			Strategy: strategies(d.Text("strategy", "")), Constraints: constraints(d.Text("constraint", "")),
		}
		return slices.Repeat([]cluster.Action{a}, d.Int("count", 1)), nil
	case "start-task":
		arn, err := p.host(d.Options["instance"])
		return []cluster.Action{cluster.StartTask{Cluster: inCluster, Definition: d.Name, Instance: arn}}, err
	}
	arn, err := p.host(d.Name)
	if err != nil {
		return nil, err
	}
	switch d.Verb {
	case "drain":
		return []cluster.Action{cluster.SetInstanceStatus{Cluster: inCluster, Instance: arn, Status: cluster.InstanceDraining}}, nil
	case "activate":
		return []cluster.Action{cluster.SetInstanceStatus{Cluster: inCluster, Instance: arn, Status: cluster.InstanceActive}}, nil
	case "deregister-instance":
		return []cluster.Action{cluster.DeregisterContainerInstance{Cluster: inCluster, Instance: arn, Force: d.Has("force")}}, nil
	case "put-attribute":
		return []cluster.Action{cluster.PutAttribute{Cluster: inCluster, Instance: arn, Attribute: cluster.Attribute{Name: d.Options["name"], Value: d.Text("value", "")}}}, nil
	}
	return nil, fmt.Errorf("cannot be played")
}

// capacity reports that Fargate has no capacity, or has some again.
func (p *player) capacity(d Directive) error {
	r := world.Report{Kind: world.CapacityGone, ID: d.Name, For: d.Duration("for", 0)}
	if d.Text("state", unavailable) != unavailable {
		r.Kind = world.CapacityBack
	}
	if d.Has("zone") {
		r.Zone = p.region + d.Options["zone"]
	}
	return p.deliver(r)
}

// unavailable is the state of capacity that there is not.
const unavailable = "unavailable"

// host finds an instance's ARN.
func (p *player) host(name string) (arn string, err error) {
	if arn, ok := p.hosts[name]; ok {
		return arn, nil
	}
	if near := likely(name, sortedKeys(p.hosts)); near != "" {
		return "", fmt.Errorf("there is no instance %q (did you mean %q?)", name, near)
	}
	return "", fmt.Errorf("there is no instance %q", name)
}

// reportInstance reports what happens to an instance.
func (p *player) reportInstance(d Directive) error {
	kinds := map[string]world.ReportKind{"lose-instance": world.InstanceLost, "disconnect-agent": world.AgentDisconnected, "connect-agent": world.AgentConnected}
	arn, err := p.host(d.Name)
	if err != nil {
		return err
	}
	return p.deliver(world.Report{Kind: kinds[d.Verb], Instance: cluster.TaskID(arn)})
}

// showInstances adds the container instances to the trace, in the order of their names, with what is left of them and the tasks on them.
func (p *player) showInstances() {
	for _, name := range sortedKeys(p.hosts) {
		arn := p.hosts[name]
		of, _ := cluster.ParseARN(arn)
		inCluster := strings.Split(of.Resource, "/")[1]
		i, ok := p.world.Instance(inCluster, cluster.TaskID(arn))
		if !ok {
			continue
		}
		line := fmt.Sprintf("instance %s %s in %s running=%d pending=%d cpu=%d memory=%d", name, i.Status, i.Zone, i.Running, i.Pending, i.Remaining.CPU, i.Remaining.Memory)
		if !i.Connected {
			line += " disconnected"
		}
		p.trace = append(p.trace, line)
		for _, t := range p.world.Tasks(inCluster) {
			if t.Instance == arn && !t.Gone() {
				p.trace = append(p.trace, fmt.Sprintf("  task %s %s of %s", p.names[t.ID], t.Last, t.Group))
			}
		}
	}
}
