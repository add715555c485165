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
			m, bad := ofTarget(target)
			if !registered || !bad {
				continue
			}
			all = join(all, finding{code: m.code, certainty: m.certainty, last: t.StartedAt, blocking: x.patient(t, a), container: a.Container,
				evidence: []Evidence{{Kind: "target", Text: strings.TrimSpace(fmt.Sprintf("task %s, %s:%d is %s: %s %s", t.Short(), target.ID, target.Port, target.State, target.Reason, target.Description)), Source: t.ID}}})
		}
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
		return f.code == TargetHealth || f.code == TargetTimeout || f.code == TargetResponse
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
