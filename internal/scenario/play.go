package scenario

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

// Scene says where and when a scenario is set, where the file itself does not.
type Scene struct {
	Start    time.Time
	Place    cluster.ARN // partition, Region and account
	Profile  string      // empty: the first of profile.Names
	Seed     uint64
	Jitter   string // on or off; empty: off
	Placed   bool   // Place stands, whatever the file says: an emulator plays the same file in every Region that is asked for
	Variants uint64 // a seed that answers what is not established; 0: as in the profile
	VCPUs    int    // the quota of vCPUs for tasks on Fargate; 0: no limit
	Quotas   world.Quotas

	answers map[string]string // to what is not established, by option; others are those of Variants
}

// Defaults are the Scene of a file that says nothing: a fixed time, so that a trace is the same tomorrow.
func Defaults() Scene {
	return Scene{
		Start:   time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		Place:   cluster.ARN{Partition: "aws", Region: "us-east-1", Account: "123456789012"},
		Profile: profile.Names()[0],
		Seed:    1,
		Jitter:  "off",
	}
}

// Play runs a file and gives the trace of each of its blocks. An error names the line at which the world refused.
func Play(f File, scene Scene) (traces [][]string, w *world.World, err error) {
	p, err := newPlayer(f, scene)
	if err != nil {
		return nil, nil, err
	}
	traces, err = p.playAll(f)
	return traces, p.world, err
}

func (p *player) playAll(f File) (traces [][]string, err error) {
	for _, b := range f.Blocks {
		p.trace = nil
		for _, d := range b.Directives {
			if err := p.play(d); err != nil {
				return nil, fmt.Errorf("%s:%d: %s %s: %w", f.Name, d.Line, d.Verb, d.Name, err)
			}
		}
		traces = append(traces, p.trace)
	}
	return traces, nil
}

// player is a scenario while it is played.
type player struct {
	world    *world.World
	begun    time.Time         // of the first action: time 0 of the trace
	names    map[string]string // id or ARN → the name that the trace gives it
	ids      map[string]string // and back, of tasks
	hosts    map[string]string // ARNs of container instances by name
	machines map[string]string // ids of EC2 instances by name
	lives    map[string]string // the state of each of these, and of each refresh, that the trace has
	region   string
	programs map[string]Directive       // what the programs of functions do, by name
	keys     []cluster.ServiceKey       // every service that was ever there, by name; a deleted one still says something
	said     map[cluster.ServiceKey]int // deployments of a service that have a name
	states   map[string]cluster.TaskStatus
	tasks    bool // the trace shows each change of a task
	trace    []string
	stepped  func() // what a test does after each step of the world; nil: nothing

	vocabulary map[string]verb
}

func newPlayer(f File, scene Scene) (*player, error) {
	if len(f.Blocks) > 0 && f.Blocks[0].Directives[0].Verb == "world" {
		scene = scene.with(f.Blocks[0].Directives[0])
	}
	chosen, ok := profile.Named(scene.Profile)
	if !ok {
		return nil, fmt.Errorf("%s: there is no profile %q", f.Name, scene.Profile)
	}
	chosen.Jitter = scene.Jitter == "on"
	chosen.Variants = world.DrawVariants(chosen.Variants, scene.Variants)
	for _, q := range profile.Questions() {
		if answer, given := scene.answers[q.Option]; given {
			chosen.Variants = q.Answered(chosen.Variants, answer == q.Answers[1])
		}
	}
	p := &player{
		vocabulary: verbs(),
		world:      world.New(world.Config{Seed: scene.Seed, Start: scene.Start, Profile: chosen, Place: scene.Place}),
		region:     scene.Place.Region,
		names:      map[string]string{},
		hosts:      map[string]string{},
		machines:   map[string]string{},
		lives:      map[string]string{},
		programs:   map[string]Directive{},
		ids:        map[string]string{},
		said:       map[cluster.ServiceKey]int{},
		states:     map[string]cluster.TaskStatus{},
	}
	p.world.LimitFargate(float64(scene.VCPUs))
	p.world.SetQuotas(scene.Quotas)
	if f.empty() {
		return p, nil
	}
	_, err := p.world.Act(scene.Start, cluster.CreateCluster{Cluster: cluster.DefaultCluster})
	return p, err
}

// empty tells whether nothing happens in a file. Its world is an account in which nobody has done anything, which has no cluster either; every other scene has the default one.
func (f File) empty() bool {
	for _, b := range f.Blocks {
		if slices.ContainsFunc(b.Directives, func(d Directive) bool { return d.Verb != "world" }) {
			return false
		}
	}
	return true
}

// with gives the scene as the world directive of a file changes it.
func (s Scene) with(d Directive) Scene {
	s.Profile = d.Text("profile", s.Profile)
	s.Seed = uint64(d.Int("seed", int(s.Seed)))
	s.Jitter = d.Text("jitter", s.Jitter)
	s.VCPUs = d.Int("vcpus", s.VCPUs)
	s.Quotas = world.Quotas{
		Clusters: d.Int("clusters", s.Quotas.Clusters), Services: d.Int("services-per-cluster", s.Quotas.Services), Tasks: d.Int("tasks-per-service", s.Quotas.Tasks),
		Instances: d.Int("instances-per-cluster", s.Quotas.Instances), Provisioning: d.Int("provisioning-per-cluster", s.Quotas.Provisioning),
	}
	s.Variants = uint64(d.Int("variants", int(s.Variants)))
	s.answers = d.Options
	if d.Has("start") {
		s.Start, _ = time.Parse(time.RFC3339, d.Options["start"]) // Parse has checked it
	}
	if s.Placed {
		return s
	}
	s.Place.Account = d.Text("account", s.Place.Account)
	s.Place.Region = d.Text("region", s.Place.Region)
	s.Place.Partition = d.Text("partition", s.Place.Partition)
	return s
}

func (p *player) play(d Directive) error {
	if p.vocabulary[d.Verb].action && p.begun.IsZero() {
		p.record() // what the scene began with is not part of any trace
		p.trace, p.begun = nil, p.world.Now()
	}
	switch d.Verb {
	case "world":
		return nil
	case "trace":
		p.tasks = d.Name == "tasks"
		return nil
	case "advance":
		return p.advance(d)
	case "show":
		return p.show(d.Name)
	case "report":
		return p.report(d)
	case "metric":
		return p.metric(d)
	case "put-metric":
		return p.putMetric(d)
	case "alarm":
		kind := world.AlarmRaised
		if d.Text("state", "ALARM") == "OK" {
			kind = world.AlarmCleared
		}
		return p.deliver(world.Report{Kind: kind, ID: d.Name})
	case "capacity":
		return p.capacity(d)
	case "throttle-ecs":
		return p.deliver(world.Report{Kind: world.CallsThrottled, For: d.Duration("for", time.Minute)})
	case "interrupt":
		t, err := p.task(d.Name)
		if err != nil {
			return err
		}
		return p.deliver(world.Report{Kind: world.SpotInterrupted, Task: t.ID})
	case "service":
		return p.settle(d)
	case "cluster":
		return p.cluster(d)
	case "task-definition":
		return p.definition(d)
	case "instance":
		return p.instance(d)
	case "heartbeat":
		return p.heartbeats(d)
	case "lose-instance", "disconnect-agent", "connect-agent":
		return p.reportInstance(d)
	}
	actions, err := p.actions(d)
	if err != nil {
		return err
	}
	for _, a := range actions {
		if _, err := p.world.Act(p.world.Now(), a); err != nil {
			if !p.begun.IsZero() { // an action that is refused is part of the trace
				p.line(cluster.ServiceKey{}, p.world.Now(), "refused: "+p.short(err.Error()))
				continue
			}
			return err
		}
	}
	p.record()
	return nil
}

func (p *player) cluster(d Directive) error {
	if _, err := p.world.Act(p.world.Now(), cluster.CreateCluster{Cluster: d.Name}); err != nil {
		return err
	}
	return p.world.Room(d.Name, d.Int("room", -1))
}

func (p *player) definition(d Directive) error {
	answer, err := p.world.Act(p.world.Now(), cluster.RegisterTaskDefinition{
		Family: d.Name, Network: d.Text("network", "awsvpc"),
		Containers: []cluster.ContainerDefinition{{
			Secrets: list(d.Text("secrets", "")), Unresolved: d.Text("version-consistency", "on") == "off",
			Checks: cluster.Checks{Interval: d.Duration("interval", 0), Retries: d.Int("retries", 0), StartPeriod: d.Duration("start-period", 0)},
			Name:   d.Name, Image: d.Text("image", d.Name+":latest"), Essential: true, StopTimeout: d.Duration("stop-timeout", 0), HealthCheck: d.Text("health", "off") == "on",
			CPU: d.Int("cpu", 0), Memory: d.Int("memory", 0), GPUs: d.Int("gpus", 0), Ports: []cluster.PortMapping{{Container: d.Int("port", 80), Host: d.Int("host-port", 0)}},
		}},
	})
	if err != nil {
		return err
	}
	return p.world.Behave(answer.IDs[0], world.Behaviour{Start: d.Duration("start", 0), Ready: d.Duration("ready", 0), Exit: d.Duration("stop", 0), Fault: world.Fault(d.Text("fails", ""))})
}

func (p *player) settle(d Directive) error {
	a, err := p.createService(d)
	if err != nil {
		return err
	}
	if err := p.world.Settle(a); err != nil {
		return err
	}
	p.record()
	return nil
}

func (p *player) createService(d Directive) (cluster.CreateService, error) {
	a := cluster.CreateService{
		Service:     p.key(d),
		Definition:  d.Text("definition", d.Name),
		Desired:     d.Int("desired", 1),
		Controller:  cluster.Controller(d.Text("controller", "ECS")),
		Scheduling:  cluster.Scheduling(d.Text("scheduling", "REPLICA")),
		Launch:      cluster.Launch(strings.ToUpper(d.Text("launch", "fargate"))),
		GracePeriod: d.Duration("grace", 0),
		Bounds:      &cluster.Bounds{MinimumHealthyPercent: d.Int("min", 100), MaximumPercent: d.Int("max", 200)},
		Provider:    d.Text("provider", ""),
		Providers:   shares(d.Text("providers", "")),
		Strategy:    strategies(d.Text("strategy", "")),
		Constraints: constraints(d.Text("constraint", "")),
		Breaker:     breakerOf(d),
		Rebalancing: d.Text("rebalancing", "off") == "on",
		Alarms:      alarmsOf(d),
		Connect:     d.Has("connect"),
		Early:       cluster.EarlySuccess{Enabled: d.Has("early"), HealthyPercent: d.Int("early", 0), Deferred: d.Has("deferred")},
		Tags:        tagsOf(d),
	}
	if len(a.Providers) > 0 && !strings.HasPrefix(a.Providers[0].Name, "FARGATE") {
		a.Provider = a.Providers[0].Name
	}
	if a.Scheduling == cluster.Daemon && !d.Has("min") && !d.Has("max") {
		a.Bounds = nil
	}
	if _, ok := p.world.Definition(a.Definition); !ok && !d.Has("definition") {
		if err := p.definition(Directive{Verb: "task-definition", Name: d.Name, Options: map[string]string{}}); err != nil {
			return a, err
		}
	}
	var err error
	a.Attachments, err = p.attachments(d, a.Definition)
	return a, err
}

// attachments are those to the target groups that a directive names.
func (p *player) attachments(d Directive, of string) (attachments []cluster.Attachment, err error) {
	if !d.Has("target-group") {
		return nil, nil
	}
	definition, ok := p.world.Definition(of)
	if !ok {
		return nil, fmt.Errorf("there is no task definition %q", of)
	}
	for _, name := range strings.Split(d.Options["target-group"], ",") {
		arn, err := p.targetGroup(name)
		if err != nil {
			return nil, err
		}
		attachments = append(attachments, cluster.Attachment{TargetGroup: arn, Container: definition.Containers[0].Name, Port: 80})
	}
	return attachments, nil
}

// list splits what is separated by commas; nothing where there is nothing.
func list(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, ",")
}

func tagsOf(d Directive) []cluster.Tag {
	var tags []cluster.Tag
	for _, pair := range list(d.Text("tags", "")) {
		key, value, _ := strings.Cut(pair, ":")
		tags = append(tags, cluster.Tag{Key: key, Value: value})
	}
	return tags
}

func alarmsOf(d Directive) cluster.Alarms {
	if !d.Has("alarms") {
		return cluster.Alarms{}
	}
	return cluster.Alarms{Names: strings.Split(d.Options["alarms"], ","), Enabled: true, Rollback: true}
}

func breakerOf(d Directive) cluster.Breaker {
	b := cluster.Breaker{Enabled: d.Text("breaker", "off") != "off", Rollback: d.Text("breaker", "off") == "rollback", Cumulative: d.Has("cumulative")}
	if kind, value, ok := strings.Cut(d.Text("threshold", ""), ":"); ok {
		b.Threshold.Type = cluster.ThresholdType(kind)
		b.Threshold.Value, _ = strconv.Atoi(value)
	}
	return b
}

func (p *player) key(d Directive) cluster.ServiceKey {
	return cluster.ServiceKey{Cluster: d.Text("cluster", cluster.DefaultCluster), Service: d.Name}
}

func (p *player) targetGroup(name string) (arn string, err error) {
	var known []string
	for _, g := range p.world.TargetGroups() {
		if g.Name == name {
			return g.ARN, nil
		}
		known = append(known, g.Name)
	}
	if near := likely(name, known); near != "" {
		return "", fmt.Errorf("there is no target group %q (did you mean %q?)", name, near)
	}
	return "", fmt.Errorf("there is no target group %q", name)
}

// actions are what a directive asks of the world through its front door.
func (p *player) actions(d Directive) ([]cluster.Action, error) {
	switch d.Verb {
	case "target-group":
		return []cluster.Action{cluster.CreateTargetGroup{Group: cluster.TargetGroup{
			Name: d.Name, DrainDelay: d.Duration("drain", 300*time.Second), CheckInterval: d.Duration("interval", 30*time.Second),
			HealthyThreshold: d.Int("healthy-threshold", 5), UnhealthyThreshold: d.Int("unhealthy-threshold", 2), Protocol: d.Text("protocol", ""),
		}}}, nil
	case "create-service":
		a, err := p.createService(d)
		return []cluster.Action{a}, err
	case "update-service":
		return p.updateService(d)
	case "put-alarm":
		return []cluster.Action{putAlarm(d)}, nil
	case "delete-service":
		return []cluster.Action{cluster.DeleteService{Service: p.key(d), Force: d.Has("force")}}, nil
	case "stop-task":
		return p.stopTasks(d)
	case "stop-deployment":
		all := p.world.ServiceDeployments(p.key(d))
		if len(all) == 0 {
			return nil, fmt.Errorf("there is no service %q", d.Name)
		}
		return []cluster.Action{cluster.StopServiceDeployment{ARN: all[0].ARN}}, nil
	case "protect":
		id, err := p.id(d.Name)
		span := d.Duration("for", 2*time.Hour)
		return []cluster.Action{cluster.ProtectTask{Cluster: d.Text("cluster", cluster.DefaultCluster), Task: id, Protect: span > 0, For: span}}, err
	case "modify-target-group":
		arn, err := p.targetGroup(d.Name)
		return []cluster.Action{cluster.ModifyTargetGroup{Group: arn, DrainDelay: d.optionalDuration("drain"), CheckInterval: d.optionalDuration("interval")}}, err
	case "delete-target-group":
		arn, err := p.targetGroup(d.Name)
		return []cluster.Action{cluster.DeleteTargetGroup{Group: arn}}, err
	case "deregister":
		return p.deregister(d)
	case "scalable-target", "suspend", "scheduled-action", "track", "step":
		return p.scaling(d), nil
	case "create-task-set", "update-task-set", "delete-task-set", "primary-task-set":
		return p.taskSet(d)
	}
	if actions, ok, err := p.ofGroups(d); ok {
		return actions, err
	}
	if actions, ok, err := p.ofFunctions(d); ok {
		return actions, err
	}
	return p.ofInstances(d)
}

func (d Directive) optionalDuration(option string) *time.Duration {
	if !d.Has(option) {
		return nil
	}
	value := d.Duration(option, 0)
	return &value
}

func (p *player) updateService(d Directive) ([]cluster.Action, error) {
	a := cluster.UpdateService{Service: p.key(d), Force: d.Has("force"), Definition: d.Text("definition", ""), GracePeriod: d.optionalDuration("grace")}
	if d.Has("desired") {
		desired := d.Int("desired", 0)
		a.Desired = &desired
	}
	if d.Has("rebalancing") {
		on := d.Options["rebalancing"] == "on"
		a.Rebalancing = &on
	}
	if d.Has("min") || d.Has("max") {
		now, _ := p.world.Service(a.Service)
		a.Bounds = &cluster.Bounds{MinimumHealthyPercent: d.Int("min", now.Bounds.MinimumHealthyPercent), MaximumPercent: d.Int("max", now.Bounds.MaximumPercent)}
	}
	if d.Has("target-group") {
		now, _ := p.world.Service(a.Service)
		attachments, err := p.attachments(d, now.Definition)
		if err != nil {
			return nil, err
		}
		a.Attachments = &attachments
	}
	return []cluster.Action{a}, nil
}

func (p *player) stopTasks(d Directive) ([]cluster.Action, error) {
	inCluster := d.Text("cluster", cluster.DefaultCluster)
	if d.Name != "all" {
		id, err := p.id(d.Name)
		return []cluster.Action{cluster.StopTask{Cluster: inCluster, Task: id, Reason: d.Text("reason", "")}}, err
	}
	var all []cluster.Action
	for _, t := range p.world.Tasks(inCluster) {
		if t.MeantToRun() && (!d.Has("service") || t.Group == "service:"+d.Options["service"]) {
			all = append(all, cluster.StopTask{Cluster: inCluster, Task: t.ID, Reason: d.Text("reason", "")})
		}
	}
	return all, nil
}

func (p *player) deregister(d Directive) ([]cluster.Action, error) {
	t, err := p.task(d.Name)
	if err != nil {
		return nil, err
	}
	arn, err := p.targetGroup(d.Options["target-group"])
	return []cluster.Action{cluster.DeregisterTarget{Group: arn, ID: t.Address}}, err
}

func (p *player) report(d Directive) error {
	if machine, ok := p.machines[d.Options["task"]]; ok {
		return p.reportTargets(d, world.Report{Kind: world.ReportKind(d.Name), ID: machine})
	}
	t, err := p.task(d.Options["task"])
	if err != nil {
		return err
	}
	kind := world.ReportKind(d.Name)
	known := []string{string(world.Exited), string(world.TargetHealthy), string(world.TargetUnhealthy), string(world.HealthPassed), string(world.HealthFailed)}
	if !slices.Contains(known, d.Name) {
		return fmt.Errorf("there is no report %q (%s)", d.Name, strings.Join(known, ", "))
	}
	if kind != world.TargetHealthy && kind != world.TargetUnhealthy {
		return p.deliver(world.Report{Kind: kind, Task: t.ID, Code: d.Int("code", 1), Reason: d.Text("reason", "")})
	}
	return p.reportTargets(d, world.Report{Kind: kind, Task: t.ID, ID: t.Address})
}

// reportTargets reports of each target that a task or an EC2 instance is, or of that in one target group.
func (p *player) reportTargets(d Directive, r world.Report) error {
	for _, g := range p.world.TargetGroups() {
		if d.Has("target-group") && d.Options["target-group"] != g.Name {
			continue
		}
		for _, target := range p.world.Targets(g.ARN) {
			if target.ID != r.ID {
				continue
			}
			r.Group, r.Port = g.ARN, target.Port
			if err := p.deliver(r); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *player) deliver(r world.Report) error {
	if err := p.world.Report(p.world.Now(), r); err != nil {
		return err
	}
	p.record()
	return nil
}

// advance goes from one due moment to the next, so that the trace has each change at its time.
func (p *player) advance(d Directive) error {
	until, steady := p.world.Now(), d.Name == "steady"
	if steady {
		until = until.Add(d.Duration("within", 4*time.Hour))
	} else {
		by, err := time.ParseDuration(d.Name)
		if err != nil || by < 0 {
			return fmt.Errorf("%q is neither steady nor a duration such as 30s or 5m", d.Name)
		}
		until = until.Add(by)
	}
	for {
		if steady && p.world.Steady() {
			return nil
		}
		next, ok := p.world.Next()
		if !ok || next.After(until) {
			break
		}
		p.world.AdvanceTo(next)
		p.record()
		if p.stepped != nil {
			p.stepped()
		}
	}
	if steady {
		p.line(cluster.ServiceKey{}, until, "not steady within "+d.Duration("within", 4*time.Hour).String())
	}
	p.world.AdvanceTo(until)
	return nil
}

// record adds to the trace what has happened since the last time.
func (p *player) record() {
	p.fleet()
	p.invocations()
	for _, c := range p.world.Clusters() {
		tasks := p.world.Tasks(c.Name)
		for _, t := range tasks {
			p.name(t)
			if p.tasks && p.states[t.ID] != t.Last {
				p.line(cluster.ServiceKey{}, p.world.Now(), fmt.Sprintf("task %s %s", p.names[t.ID], t.Last))
			}
			p.states[t.ID] = t.Last
		}
		for _, key := range p.world.Services(c.Name) {
			if at, known := slices.BinarySearchFunc(p.keys, key, cluster.ServiceKey.Compare); !known {
				p.keys = slices.Insert(p.keys, at, key)
			}
		}
	}
	for _, key := range p.keys {
		p.events(key)
	}
}

func (p *player) events(key cluster.ServiceKey) {
	s, _ := p.world.Service(key)
	fresh := 0
	for _, set := range p.world.TaskSets(key) {
		p.names[set.ID] = set.External
	}
	for fresh < len(s.Events) && s.Events[fresh].ID != p.names[key.String()] {
		fresh++
	}
	for i := fresh - 1; i >= 0 && !p.begun.IsZero(); i-- { // what the scene began with is not part of any trace
		p.line(key, s.Events[i].At, p.short(s.Events[i].Message))
	}
	if len(s.Events) > 0 {
		p.names[key.String()] = s.Events[0].ID // the last event that the trace has
	}
	for _, d := range s.Deployments {
		if _, known := p.names[d.ID]; !known {
			p.said[key]++
			p.names[d.ID] = fmt.Sprintf("d%d", p.said[key])
		}
	}
}

func (p *player) name(t cluster.Task) {
	if _, known := p.names[t.ID]; known {
		return
	}
	name := fmt.Sprintf("t%d", len(p.ids)+1)
	p.names[t.ID], p.ids[name] = name, t.ID
}

func (p *player) id(name string) (string, error) {
	id, ok := p.ids[name]
	if !ok {
		return "", fmt.Errorf("there is no task %q; tasks are called t1 to t%d, oldest first", name, len(p.ids))
	}
	return id, nil
}

func (p *player) task(name string) (cluster.Task, error) {
	id, err := p.id(name)
	if err != nil {
		return cluster.Task{}, err
	}
	for _, c := range p.world.Clusters() {
		if t, ok := p.world.Task(c.Name, id); ok {
			return t, nil
		}
	}
	return cluster.Task{}, fmt.Errorf("task %s is not shown any more", name)
}

// short puts names in place of ids and ARNs.
func (p *player) short(message string) string {
	var pairs []string
	for _, id := range sortedKeys(p.names) {
		if strings.HasPrefix(id, "ecs-svc/") || len(id) == 32 {
			pairs = append(pairs, id, p.names[id])
		} else if strings.HasPrefix(id, "i-") || strings.Contains(id, ":container-instance/") {
			pairs = append(pairs, id, p.names[id])
		}
	}
	for _, g := range p.world.TargetGroups() {
		pairs = append(pairs, g.ARN, g.Name)
	}
	return elided(strings.NewReplacer(pairs...).Replace(message))
}

// elided leaves out all but the first and the last of the tasks that a sentence of ECS names, where they are more than anyone reads.
func elided(sentence string) string {
	const (
		most = 20
		task = " (task "
	)
	parts := strings.Split(sentence, task)
	if last := len(parts) - 1; last > most {
		return parts[0] + task + parts[1] + " …" + task + parts[last]
	}
	return sentence
}

// line adds a line to the trace: minutes and seconds since the first action, the service's tasks and healthy tasks then, and what happened.
func (p *player) line(key cluster.ServiceKey, at time.Time, text string) {
	counts := ""
	if key.Service != "" {
		view, _ := p.world.Look(cluster.ServiceScope{Service: key, Tasks: cluster.AllTasks, Targets: true}.Of()).Service(key)
		tasks, healthy := view.Count(at)
		counts = fmt.Sprintf("%d tasks, %d healthy", tasks, healthy)
	}
	p.trace = append(p.trace, fmt.Sprintf("%8s  %-22s  %s", p.clock(at), counts, text))
}

func (p *player) clock(at time.Time) string {
	since := at.Sub(p.begun)
	return fmt.Sprintf("%d:%04.1f", int(since.Minutes()), (since % time.Minute).Seconds())
}

// show adds the state to the trace.
func (p *player) show(what string) error {
	if what == "instances" {
		p.showInstances()
		return nil
	}
	if what == "groups" {
		p.showGroups()
		return nil
	}
	if what == "alarms" {
		p.showAlarms()
		return nil
	}
	for _, key := range p.keys {
		s, _ := p.world.Service(key)
		switch what {
		case "services":
			p.showService(s)
		case "tasks":
			p.showTasks(key)
		case "targets":
			p.showTargets(s)
		case "history":
			p.showHistory(key)
		case "scaling":
			p.showScaling(key)
		case "activities":
			p.showActivities(key)
		default:
			return fmt.Errorf("there is no %q to show: services, tasks, targets, history, scaling, activities, alarms, instances or groups", what)
		}
	}
	return nil
}

func (p *player) showService(s cluster.Service) {
	p.trace = append(p.trace, fmt.Sprintf("service %s %s desired=%d running=%d pending=%d bounds=%d/%d", s.Key.Service, s.Status, s.Desired, s.Running, s.Pending,
		s.Bounds.MinimumHealthyPercent, s.Bounds.MaximumPercent))
	p.showTaskSets(s.Key)
	for _, d := range s.Deployments {
		line := fmt.Sprintf("  %s %s %s desired=%d running=%d pending=%d", p.names[d.ID], d.Status, d.Rollout, d.Desired, d.Running, d.Pending)
		if d.Failed > 0 {
			line += fmt.Sprintf(" failed=%d", d.Failed)
		}
		p.trace = append(p.trace, line)
	}
}

func (p *player) showTasks(key cluster.ServiceKey) {
	view, _ := p.world.Look(cluster.ServiceScope{Service: key, Tasks: cluster.AllTasks, Targets: true}.Of()).Service(key)
	for _, t := range view.Tasks {
		line := fmt.Sprintf("task %s %s %s of %s in %s", p.names[t.ID], t.Last, t.Health, p.names[t.StartedBy], t.Zone)
		if t.Instance != "" {
			line += " on " + p.names[t.Instance]
		}
		if t.StoppedReason != "" {
			line += fmt.Sprintf(" (%s: %s)", t.StopCode, p.short(t.StoppedReason))
		}
		p.trace = append(p.trace, line)
	}
}

func (p *player) showHistory(key cluster.ServiceKey) {
	for _, d := range p.world.ServiceDeployments(key) {
		p.trace = append(p.trace, strings.TrimSpace(fmt.Sprintf("service deployment of %s %s %s", p.names[d.Deployment], d.Status, d.Reason)))
	}
}

func (p *player) showTargets(s cluster.Service) {
	for _, a := range s.Attachments {
		for _, target := range p.world.Targets(a.TargetGroup) {
			p.trace = append(p.trace, strings.TrimSpace(fmt.Sprintf("target %s:%d %s %s", target.ID, target.Port, target.State, target.Reason)))
		}
	}
}
