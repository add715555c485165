package diagnosis

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"handover/internal/cluster"
)

// ofTargets are the findings of the targets of tasks that are meant to run.
func (x *subject) ofTargets() []finding {
	var all []finding
	for _, t := range x.view.Tasks {
		if !x.examined(t) || !t.MeantToRun() || t.Last != cluster.Running {
			continue
		}
		for _, a := range x.view.Service.Attachments {
			target, registered := x.view.Target(t, a)
			if !registered {
				for _, f := range x.ofUnregistered(t, a) {
					all = join(all, f)
				}
				continue
			}
			m, bad := ofTarget(target)
			if target.State == cluster.TargetInitial && x.patient(t, a) {
				m, bad = meaning{TargetHealth, Likely}, true // its checks have come to no verdict in all that time
			}
			if !bad {
				continue
			}
			all = join(all, finding{code: m.code, certainty: m.certainty, last: t.StartedAt, blocking: x.patient(t, a), container: a.Container, object: a.TargetGroup, goesOn: x.excused(t),
				evidence: []Evidence{{Kind: "target", Text: strings.TrimSpace(fmt.Sprintf("task %s, %s:%d is %s: %s %s", t.Short(), target.ID, target.Port, target.State, target.Reason, target.Description)), Source: t.ID}}})
		}
	}
	return all
}

// excused is what ECS does about failed checks of a task in its grace period; empty where that is over.
func (x *subject) excused(t cluster.Task) string {
	if until := t.StartedAt.Add(x.view.Service.GracePeriod); x.now.Before(until) {
		return fmt.Sprintf("ECS lets failed health checks pass until the grace period of %s ends, at %s", span(x.view.Service.GracePeriod), clock(until))
	}
	return ""
}

// ofUnregistered is a task that has an address and no target, long after it has started. ECS registers a task when its container health checks have passed, so that it may be these.
func (x *subject) ofUnregistered(t cluster.Task, a cluster.Attachment) []finding {
	group := slices.ContainsFunc(x.view.TargetGroups, func(g cluster.TargetGroup) bool { return g.ARN == a.TargetGroup })
	told := slices.ContainsFunc(x.events(), func(e cluster.Event) bool {
		return strings.Contains(e.Message, "operations are being throttled") || strings.Contains(e.Message, "failed to register targets")
	})
	if !group || told || !x.readable(cluster.PartTargets) || t.Address == "" || !x.patient(t, a) || x.unchecked(t) {
		return nil
	}
	return []finding{{code: TargetsRefused, certainty: Likely, text: "tasks are not registered with the target group of the service", last: t.StartedAt, blocking: true,
		evidence: []Evidence{{Kind: "target", Text: fmt.Sprintf("task %s, %s, is not among the targets, %s after it started", t.Short(), t.Address, span(x.now.Sub(t.StartedAt))), Source: t.ID}}}}
}

// unchecked tells whether the container health checks of a task have not passed.
func (x *subject) unchecked(t cluster.Task) bool {
	d, _ := x.view.Definition(t.Definition)
	return t.Health != cluster.Healthy && slices.ContainsFunc(d.Containers, func(c cluster.ContainerDefinition) bool { return c.HealthCheck && c.Essential })
}

// ofContainerChecks are the findings of tasks that run, and whose container health checks do not pass.
func (x *subject) ofContainerChecks() []finding {
	var all []finding
	for _, t := range x.view.Tasks {
		if !x.examined(t) || !t.MeantToRun() || t.Last != cluster.Running || !x.unchecked(t) || x.freshest().After(t.StartedAt) {
			continue
		}
		d, _ := x.view.Definition(t.Definition)
		allowed := x.view.Service.GracePeriod + time.Minute
		for _, c := range d.Containers {
			if c.HealthCheck && c.Essential {
				allowed = max(allowed, x.view.Service.GracePeriod+time.Minute+c.Checks.Patience())
			}
		}
		f := finding{code: ContainerHealth, certainty: Certain, last: t.StartedAt, blocking: x.now.Sub(t.StartedAt) > allowed*3/2, goesOn: x.excused(t),
			evidence: []Evidence{{Kind: "task", Text: fmt.Sprintf("task %s is %s, %s after it started", t.Short(), t.Health, span(x.now.Sub(t.StartedAt))), Source: t.ID}}}
		if t.Health == cluster.HealthUnknown {
			f.certainty, f.text = Possible, "the container's health check has come to no verdict"
			if !f.blocking {
				continue
			}
		}
		all = join(all, f)
	}
	return all
}

// ofTarget is what the health of a target says; bad is false where nothing is wrong with it, or not yet. Source: ELBv2 API Reference, TargetHealth.Reason.
func ofTarget(t cluster.Target) (m meaning, bad bool) {
	switch {
	case t.Reason == "Target.NotInUse" && strings.Contains(t.Description, "zone"), t.Reason == "Target.NotInUse" && strings.Contains(t.Description, "Zone"):
		return meaning{TargetZone, Certain}, true
	case t.Reason == "Target.NotInUse", t.State == cluster.TargetUnused && t.Reason != "Target.NotRegistered":
		return meaning{TargetUnused, Certain}, true
	case t.Reason == "Elb.InternalError":
		return meaning{TargetBalancer, Certain}, true
	case t.Reason == "Target.ResponseCodeMismatch":
		return meaning{TargetResponse, Certain}, true
	case t.Reason == "Target.Timeout":
		return meaning{TargetTimeout, Certain}, true
	case t.State == cluster.TargetUnhealthy:
		if m, known := answer(t.Description); known {
			return m, true
		}
		return meaning{TargetHealth, Certain}, true
	}
	return meaning{}, false
}

// patient tells whether a task has had all the time to get healthy that its checks and its grace period give it, and half as much again.
func (x *subject) patient(t cluster.Task, a cluster.Attachment) bool {
	if x.freshest().After(t.StartedAt) {
		return false // tasks that were started after it are healthy
	}
	allowed := x.view.Service.GracePeriod + time.Minute
	for _, g := range x.view.TargetGroups {
		if g.ARN == a.TargetGroup {
			allowed += g.CheckInterval * time.Duration(max(g.UnhealthyThreshold, g.HealthyThreshold))
		}
	}
	return x.now.Sub(t.StartedAt) > allowed*3/2
}

// ofChecks adds to a failed check what the target groups ask for.
func (x *subject) ofChecks(all []finding) []finding {
	for i := range all {
		if facts(all[i].code).aspect == aspectHealth && all[i].code != ContainerHealth {
			for _, g := range x.view.TargetGroups {
				all[i].evidence = append(all[i].evidence, Evidence{Kind: "health check", Text: check(g), Source: g.Name})
			}
		}
	}
	return all
}

// check is the health check of a target group in words: "GET /healthz on port traffic-port every 15s, 2 to pass, 2 to fail, wants 200".
func check(g cluster.TargetGroup) string {
	what := g.Check.Protocol
	if strings.HasPrefix(what, "HTTP") {
		what += " GET " + g.Check.Path
	}
	text := strings.TrimSpace(fmt.Sprintf("%s: %s every %s", g.Name, what, span(g.CheckInterval)))
	if g.Check.Port != "" && g.Check.Port != "traffic-port" {
		text += ", on port " + g.Check.Port
	}
	if g.Check.Timeout > 0 {
		text += ", within " + span(g.Check.Timeout)
	}
	text += fmt.Sprintf(", %d to pass, %d to fail", g.HealthyThreshold, g.UnhealthyThreshold)
	if g.Check.Matcher != "" {
		text += ", wants " + g.Check.Matcher
	}
	return text
}

// tooShort is the grace period, where tasks fail their load balancer's checks about as soon as they can: they may only be slow to start.
func (x *subject) tooShort(all []finding) []finding {
	failing := slices.IndexFunc(all, func(f finding) bool {
		return f.code == TargetHealth || f.code == TargetTimeout || f.code == TargetResponse && f.says("codes: [5") // 404 is no matter of time
	})
	if failing < 0 || len(x.view.TargetGroups) == 0 || len(all[failing].lived) == 0 || slices.Min(all[failing].lived) == 0 {
		return all
	}
	g := x.view.TargetGroups[0]
	soonest := x.view.Service.GracePeriod + g.CheckInterval*time.Duration(g.UnhealthyThreshold+1) + time.Minute
	if slices.Max(all[failing].lived) > soonest || x.view.Service.GracePeriod > 2*time.Minute {
		return all
	}
	return append(all, finding{code: GraceShort, certainty: Possible, text: "tasks may be slow to start, and are stopped before they have had the time: the health check grace period is " + span(x.view.Service.GracePeriod),
		evidence: []Evidence{{Kind: "setting", Text: fmt.Sprintf("healthCheckGracePeriodSeconds %d; %d checks every %s are failed after %s", int(x.view.Service.GracePeriod.Seconds()), g.UnhealthyThreshold,
			span(g.CheckInterval), span(g.CheckInterval*time.Duration(g.UnhealthyThreshold)))}}})
}
