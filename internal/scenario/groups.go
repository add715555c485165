package scenario

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"handover/internal/cluster"
)

// groups are the verbs about EC2 Auto Scaling. A launch template, a group and a hook stand in a scene, or come.
func groups() map[string]verb {
	ofGroup := anyText().as("the group")
	return map[string]verb{
		"launch-template": {name: "the template's name", about: "the next version of a launch template, which becomes its default", options: map[string]kind{
			"type":    anyText().as("instance type; default m5.large"),
			"image":   anyText().as("AMI; default ami-1"),
			"cluster": anyText().as("the cluster that its instances join; default: default"),
			"asks":    toggle("the agent asks whether its instance is in a warm pool (ECS_WARM_POOLS_CHECK), and joins once it is not"),
		}},
		"group": {name: "the group's name", about: "an Auto Scaling group", options: map[string]kind{
			"template": anyText().as("its launch template"),
			"min":      number(0, maxCount).as("minimum; default 0"),
			"max":      number(0, maxCount).as("maximum; default: desired"),
			"desired":  number(0, maxCount).as("desired capacity; default: minimum"),
			"zones":    number(1, 3).as("how many zones it is spread over; default 3"),
			"provider": anyText().as("the capacity provider that it belongs to"),
			"managed":  oneOf("draining", "protection", "both").as("what ECS manages of the capacity provider"),
			"scaling":  number(1, 100).as("managed scaling of the capacity provider, with this target capacity in percent"),
			"min-step": number(1, 10000).as("with scaling: the fewest instances that come at once; default 1"),
			"max-step": number(1, 10000).as("with scaling: the most; default 10000"),
			"grace":    duration().as("health check grace period; default 0s"),
			"warmup":   duration().as("default instance warmup; default 0s"),
			"targets":  anyText().as("the target groups that its instances are registered with, separated by commas"),
			"balanced": toggle("HealthCheckType ELB: instances that are unhealthy as targets are replaced"),
			"lifetime": duration().as("maximum instance lifetime; default: none"),
		}, required: []string{"template"}},
		"warm-pool": {name: "the group", about: "PutWarmPool", action: true, options: map[string]kind{
			"min":      number(0, maxCount).as("minimum size; default 0"),
			"prepared": number(0, maxCount).as("instances that there are with those of the group; default: the group's maximum"),
			"state":    oneOf("Stopped", "Running", "Hibernated").as("how its instances wait; default Stopped"),
			"reuse":    toggle("a scale-in gives instances back to it"),
		}},
		"delete-warm-pool": {name: "the group", about: "DeleteWarmPool", action: true, options: map[string]kind{"force": toggle("even while it has instances, and without their hooks")}},
		"standby": {name: "the EC2 instance, as in the trace", about: "EnterStandby, or ExitStandby", action: true, options: map[string]kind{
			"group":     ofGroup,
			"decrement": toggle("and one desired less"),
			"off":       toggle("back into service, and one desired more"),
		}, required: []string{"group"}},
		"hook": {name: "the hook's name", about: "PutLifecycleHook", options: map[string]kind{
			"group":   ofGroup,
			"on":      oneOf("launch", "terminate").as("the transition; default terminate"),
			"timeout": duration().as("heartbeat timeout; default 1h"),
			"default": oneOf(cluster.Continue, cluster.Abandon).as("the result when the time is up; default ABANDON"),
		}, required: []string{"group"}},
		"group-schedule": {name: "the action's name", about: "PutScheduledUpdateGroupAction", options: map[string]kind{
			"group":   ofGroup,
			"cron":    anyText().as("when it recurs, as in crontab, in UTC"),
			"start":   anyText().as("when it happens, or happens first: 2026-01-01T00:10:00Z"),
			"end":     anyText().as("after when it does not recur any more"),
			"min":     number(0, maxCount).as("minimum from then on"),
			"max":     number(0, maxCount).as("maximum from then on"),
			"desired": number(0, maxCount).as("desired capacity then"),
		}, required: []string{"group"}},
		"suspend-processes": {name: "the group", about: "SuspendProcesses, or ResumeProcesses", action: true, options: map[string]kind{
			"process": anyText().as("the process, such as ScheduledActions"),
			"off":     toggle("resume it"),
		}, required: []string{"process"}},
		"scale-group": {name: "the group", about: "SetDesiredCapacity", action: true, options: map[string]kind{
			"desired": number(0, maxCount).as("desired capacity"),
		}, required: []string{"desired"}},
		"refresh": {name: "the group", about: "StartInstanceRefresh", action: true, options: map[string]kind{
			"min":       number(0, 100).as("MinHealthyPercentage; default 90"),
			"max":       number(100, 200).as("MaxHealthyPercentage; default 100"),
			"protected": oneOf("Wait", "Ignore", "Refresh").as("ScaleInProtectedInstances; default Wait"),
		}},
		"delete-group": {name: "the group", about: "DeleteAutoScalingGroup", action: true, options: map[string]kind{"force": toggle("even while it has instances")}},
	}
}

// groupInstances are the verbs that name an EC2 instance.
func groupInstances() map[string]verb {
	ofGroup := anyText().as("the group")
	return map[string]verb{
		"terminate-in-group": {name: "the EC2 instance, as in the trace", about: "TerminateInstanceInAutoScalingGroup", action: true, options: map[string]kind{"decrement": toggle("and one desired less")}},
		"terminate-instance": {name: "the EC2 instance, as in the trace", about: "EC2's TerminateInstances", action: true, options: map[string]kind{}},
		"stop-instance":      {name: "the EC2 instance, as in the trace", about: "EC2's StopInstances, or StartInstances", action: true, options: map[string]kind{"off": toggle("start it")}},
		"detach-instance": {name: "the EC2 instance, as in the trace", about: "DetachInstances", action: true, options: map[string]kind{
			"group":     ofGroup,
			"decrement": toggle("and one desired less"),
		}, required: []string{"group"}},
		"attach-instance": {name: "the EC2 instance, as in the trace", about: "AttachInstances", action: true, options: map[string]kind{"group": ofGroup}, required: []string{"group"}},
		"instance-health": {name: "the EC2 instance, as in the trace", about: "SetInstanceHealth", action: true, options: map[string]kind{
			"healthy": toggle("it is healthy; otherwise unhealthy"),
			"at-once": toggle("whatever the group's grace period"),
		}},
		"protect-instance": {name: "the EC2 instance, as in the trace", about: "SetInstanceProtection", action: true, options: map[string]kind{
			"group": ofGroup,
			"off":   toggle("take the protection away"),
		}, required: []string{"group"}},
		"complete": {name: "the EC2 instance, as in the trace", about: "CompleteLifecycleAction", action: true, options: map[string]kind{
			"group":  ofGroup,
			"hook":   anyText().as("the hook"),
			"result": oneOf(cluster.Continue, cluster.Abandon).as("default CONTINUE"),
		}, required: []string{"group", "hook"}},
		"heartbeat": {name: "the EC2 instance, as in the trace", about: "RecordLifecycleActionHeartbeat", action: true, options: map[string]kind{
			"group": ofGroup,
			"hook":  anyText().as("the hook"),
			"times": number(1, 200).as("how many, each after every=; default 1"),
			"every": duration().as("the time before each; default 0s"),
		}, required: []string{"group", "hook"}},
	}
}

// ofGroups are the actions of the directives about Auto Scaling groups; ok is false for another directive.
func (p *player) ofGroups(d Directive) (actions []cluster.Action, ok bool, err error) {
	one := func(a cluster.Action) ([]cluster.Action, bool, error) { return []cluster.Action{a}, true, nil }
	switch d.Verb {
	case "launch-template":
		return p.launchTemplate(d), true, nil
	case "group":
		all, err := p.group(d)
		return all, true, err
	case "hook":
		transition := cluster.TransitionTerminating
		if d.Text("on", "terminate") == "launch" {
			transition = cluster.TransitionLaunching
		}
		return one(cluster.PutHook{Name: d.Options["group"], Hook: cluster.Hook{Name: d.Name, Transition: transition, Timeout: d.Duration("timeout", 0), Default: d.Text("default", "")}})
	case "group-schedule":
		a, err := groupSchedule(d)
		return []cluster.Action{a}, true, err
	case "suspend-processes":
		return one(cluster.SuspendProcesses{Name: d.Name, Processes: []string{d.Options["process"]}, Suspend: !d.Has("off")})
	case "scale-group":
		return one(cluster.SetDesiredCapacity{Name: d.Name, Desired: d.Int("desired", 0)})
	case "delete-group":
		return one(cluster.DeleteGroup{Name: d.Name, Force: d.Has("force")})
	case "warm-pool":
		pool := cluster.WarmPool{Min: d.Int("min", 0), State: cluster.PoolState(d.Text("state", "Stopped")), Reuse: d.Has("reuse")}
		if d.Has("prepared") {
			prepared := d.Int("prepared", 0)
			pool.Prepared = &prepared
		}
		return one(cluster.PutWarmPool{Name: d.Name, Pool: pool})
	case "delete-warm-pool":
		return one(cluster.DeleteWarmPool{Name: d.Name, Force: d.Has("force")})
	case "refresh":
		return one(cluster.StartRefresh{Name: d.Name, Settings: cluster.RefreshSettings{
			MinHealthy: d.Int("min", 90), MaxHealthy: d.Int("max", 100), Protected: d.Text("protected", "Wait"), Warmup: p.warmup(d.Name),
		}})
	}
	return p.ofMachines(d)
}

// groupSchedule reads a scheduled action of a group.
func groupSchedule(d Directive) (cluster.Action, error) {
	s := cluster.GroupSchedule{Name: d.Name, Recurrence: d.Text("cron", ""), Min: d.optionalInt("min"), Max: d.optionalInt("max"), Desired: d.optionalInt("desired")}
	for option, into := range map[string]*time.Time{"start": &s.Start, "end": &s.End} {
		if !d.Has(option) {
			continue
		}
		at, err := time.Parse(time.RFC3339, d.Options[option])
		if err != nil {
			return nil, fmt.Errorf("%s=%s is no time such as 2026-01-01T00:10:00Z", option, d.Options[option])
		}
		*into = at
	}
	return cluster.PutGroupSchedule{Name: d.Options["group"], Schedule: s}, nil
}

func (p *player) warmup(group string) time.Duration {
	for _, g := range p.world.Groups() {
		if g.Name == group {
			return g.Warmup
		}
	}
	return 0
}

// ofMachines are the actions of the directives that name an EC2 instance.
func (p *player) ofMachines(d Directive) (actions []cluster.Action, ok bool, err error) {
	if !slices.Contains([]string{"terminate-in-group", "terminate-instance", "stop-instance", "protect-instance", "instance-health", "detach-instance", "attach-instance", "standby", "complete", "heartbeat"}, d.Verb) {
		return nil, false, nil
	}
	id, known := p.machines[d.Name]
	if !known {
		return nil, true, fmt.Errorf("there is no EC2 instance %q; they are called m1 to m%d, oldest first", d.Name, len(p.machines))
	}
	switch d.Verb {
	case "terminate-in-group":
		actions = append(actions, cluster.TerminateGroupInstance{Instance: id, Decrement: d.Has("decrement")})
	case "terminate-instance":
		actions = append(actions, cluster.TerminateMachine{ID: id})
	case "stop-instance":
		actions = append(actions, cluster.StopMachine{ID: id})
		if d.Has("off") {
			actions[0] = cluster.StartMachine{ID: id}
		}
	case "detach-instance":
		actions = append(actions, cluster.DetachInstance{Name: d.Options["group"], Instance: id, Decrement: d.Has("decrement")})
	case "attach-instance":
		actions = append(actions, cluster.AttachInstance{Name: d.Options["group"], Instance: id})
	case "standby":
		actions = append(actions, cluster.SetStandby{Name: d.Options["group"], Instance: id, Standby: !d.Has("off"), Decrement: d.Has("decrement")})
	case "instance-health":
		actions = append(actions, cluster.SetInstanceHealth{Instance: id, Healthy: d.Has("healthy"), Grace: !d.Has("at-once")})
	case "protect-instance":
		actions = append(actions, cluster.ProtectInstance{Name: d.Options["group"], Instance: id, Protect: !d.Has("off")})
	case "complete":
		actions = append(actions, cluster.CompleteLifecycleAction{HookedInstance: cluster.HookedInstance{Group: d.Options["group"], Hook: d.Options["hook"], Host: id}, Result: cluster.HookResult(d.Text("result", cluster.Continue))})
	}
	return actions, true, nil
}

func (p *player) launchTemplate(d Directive) []cluster.Action {
	data := cluster.TemplateData{
		Type: d.Text("type", "m5.large"), Image: d.Text("image", "ami-1"),
		UserData: "#!/bin/bash\necho ECS_CLUSTER=" + d.Text("cluster", cluster.DefaultCluster) + " >> /etc/ecs/ecs.config\n",
	}
	if d.Has("asks") {
		data.UserData += "echo ECS_WARM_POOLS_CHECK=true >> /etc/ecs/ecs.config\n"
	}
	for _, t := range p.world.LaunchTemplates() {
		if t.Name == d.Name {
			next := cluster.Template{ID: t.ID, Version: fmt.Sprint(t.Latest() + 1)}
			return []cluster.Action{cluster.CreateLaunchTemplateVersion{Template: cluster.Template{ID: t.ID}, Data: data}, cluster.ModifyLaunchTemplate{Template: next}}
		}
	}
	return []cluster.Action{cluster.CreateLaunchTemplate{Name: d.Name, Data: data}}
}

func (p *player) group(d Directive) ([]cluster.Action, error) {
	desired := d.Int("desired", d.Int("min", 0))
	g := cluster.Group{
		Name: d.Name, Min: d.Int("min", 0), Max: d.Int("max", desired), Desired: desired, Template: cluster.Template{Name: d.Options["template"]}, Warmup: d.Duration("warmup", 0), Grace: d.Duration("grace", 0),
		Lifetime: d.Duration("lifetime", 0), Balanced: d.Has("balanced"),
	}
	for _, name := range list(d.Text("targets", "")) {
		arn, err := p.targetGroup(name)
		if err != nil {
			return nil, err
		}
		g.Targets = append(g.Targets, arn)
	}
	for n := range d.Int("zones", 3) {
		g.Zones = append(g.Zones, p.region+string(rune('a'+n)))
	}
	all := []cluster.Action{cluster.CreateGroup{Group: g}}
	if d.Has("provider") {
		managed := d.Text("managed", "")
		p := cluster.SetCapacityProvider{Name: d.Options["provider"], Group: d.Name, Draining: managed == "draining" || managed == "both", Protect: managed == "protection" || managed == "both"}
		if d.Has("scaling") {
			p.Scaling = &cluster.ManagedScaling{Target: d.Int("scaling", 100), MinStep: d.Int("min-step", 1), MaxStep: d.Int("max-step", 10000), Warmup: d.Duration("warmup", 0)}
		}
		all = append(all, p)
	}
	return all, nil
}

// heartbeats sends heartbeats, one after the other.
func (p *player) heartbeats(d Directive) error {
	id, known := p.machines[d.Name]
	if !known {
		return fmt.Errorf("there is no EC2 instance %q; they are called m1 to m%d, oldest first", d.Name, len(p.machines))
	}
	a := cluster.RecordLifecycleHeartbeat{HookedInstance: cluster.HookedInstance{Group: d.Options["group"], Hook: d.Options["hook"], Host: id}}
	for n := range d.Int("times", 1) {
		if err := p.advance(Directive{Verb: "advance", Name: d.Duration("every", 0).String(), Options: map[string]string{}}); err != nil {
			return err
		}
		if _, err := p.world.Act(p.world.Now(), a); err != nil {
			p.line(cluster.ServiceKey{}, p.world.Now(), fmt.Sprintf("heartbeat %d is refused: %s", n+1, p.short(err.Error())))
			return nil
		}
	}
	return nil
}

// fleet adds to the trace what has happened to the EC2 instances of groups. They are called m1, m2, … as they were launched.
func (p *player) fleet() {
	for _, m := range p.world.Machines() {
		if _, known := p.names[m.ID]; !known {
			name := fmt.Sprintf("m%d", len(p.machines)+1)
			p.names[m.ID], p.machines[name] = name, m.ID
		}
	}
	for _, c := range p.world.Clusters() {
		for _, i := range p.world.Instances(c.Name) {
			name, of := p.names[i.EC2ID]
			if _, known := p.hosts[name]; of && !known {
				p.named(name, i.EC2ID, i.ARN)
				p.line(cluster.ServiceKey{}, p.world.Now(), fmt.Sprintf("%s joins the cluster %s", name, c.Name))
			}
		}
	}
	states := map[string]string{}
	for _, g := range p.world.Groups() {
		for _, i := range slices.Concat(g.Instances, g.Warm) {
			states[p.names[i.ID]] = string(i.Lifecycle) + " of " + g.Name
		}
	}
	for _, m := range p.world.Machines() {
		if m.Group == "" && m.State == cluster.MachineRunning && p.lives[p.names[m.ID]] != "" {
			states[p.names[m.ID]] = "in no group"
		}
	}
	for _, name := range sortedKeys(p.machines) {
		now := states[name]
		if now == "" && p.lives[name] != "" {
			now = "gone"
		}
		if now != p.lives[name] {
			p.lives[name] = now
			p.line(cluster.ServiceKey{}, p.world.Now(), name+" "+now)
		}
	}
	for _, g := range p.world.Groups() {
		for _, r := range p.world.Refreshes(g.Name) {
			if now := r.Status; now != p.lives[r.ID] {
				p.lives[r.ID] = now
				p.line(cluster.ServiceKey{}, p.world.Now(), strings.TrimSpace("refresh of "+g.Name+" "+now+" "+r.Reason))
			}
		}
	}
}

// showGroups adds the Auto Scaling groups to the trace.
func (p *player) showGroups() {
	for _, g := range p.world.Groups() {
		p.trace = append(p.trace, fmt.Sprintf("group %s min=%d max=%d desired=%d instances=%d", g.Name, g.Min, g.Max, g.Desired, len(g.Instances)))
		for _, i := range slices.Concat(g.Instances, g.Warm) {
			line := fmt.Sprintf("  %s %s in %s from version %s", p.names[i.ID], i.Lifecycle, i.Zone, i.Template.Version)
			if i.Protected {
				line += ", protected"
			}
			p.trace = append(p.trace, line)
		}
		for _, arn := range g.Targets {
			for _, t := range p.world.Targets(arn) {
				p.trace = append(p.trace, strings.TrimRight(fmt.Sprintf("  target %s %s %s", cmp.Or(p.names[t.ID], t.ID), t.State, t.Reason), " "))
			}
		}
		for _, s := range g.Schedules {
			p.trace = append(p.trace, fmt.Sprintf("  %s next at %s", s.Name, s.Due.UTC().Format(time.RFC3339)))
		}
	}
}
