package forecast

import (
	"fmt"
	"strings"

	"handover/internal/cluster"
)

// obstacle is something of which ECS says that it keeps a service from going on.
type obstacle struct {
	says, code, text string
	remedies         []string
}

// obstacles are those for which there is a sentence of ECS. stopsFirst are the flags with which the operation stops old tasks before new ones start; empty: it has none.
// Source: developer guide, service-event-messages.
func obstacles(stopsFirst string) []obstacle {
	var first, bounds []string
	if stopsFirst != "" {
		first = []string{"or stop old tasks before new ones start: " + stopsFirst}
		bounds = []string{"for this time only: --max-percent 200", "or, with fewer healthy tasks meanwhile: " + stopsFirst}
	}
	return []obstacle{
		{"because no container instance met all of its requirements", "no-room", "the cluster's container instances have no room for a task that is to start",
			append([]string{"add container instances to the cluster"}, first...)},
		{"limit on the number of vCPUs", "quota", "the account's quota of vCPUs on Fargate is used up, and a task that is to start needs more",
			append([]string{"ask for a larger quota: aws service-quotas request-service-quota-increase --service-code fargate --quota-code L-3032A538 --desired-value VCPUS"}, first...)},
		{"Capacity is unavailable", "fargate-capacity", "Fargate has no capacity for a task that is to start",
			append([]string{"wait, or give the service subnets in other zones, or mix FARGATE and FARGATE_SPOT in its capacity provider strategy"}, first...)},
		{"because of the service deployment configuration", "bounds-block", "the bounds leave no task that may be stopped or started", bounds},
		{"tasks under protection", "protected", "tasks that are protected from scale-in are not stopped by a deployment",
			[]string{"wait until their protection has expired, or take it away: aws ecs update-task-protection --no-protection-enabled"}},
		{"unable to consistently start tasks", "starts-fail", "tasks fail to start again and again", []string{"see why they stopped: handover status"}},
	}
}

// stopsFirst are the flags with which a deployment of a service stops old tasks before new ones start. Half of 1 task is 1 task that must stay.
func stopsFirst(desired int) string {
	half := cluster.Bounds{MinimumHealthyPercent: 50, MaximumPercent: 100}
	if !half.LeaveMove(desired) {
		half.MinimumHealthyPercent = 0
	}
	return fmt.Sprintf("--min-healthy-percent %d --max-percent %d", half.MinimumHealthyPercent, half.MaximumPercent)
}

// hindered says what keeps an operation from its end by what ECS said last of what it could not do; the cause is nil where it said nothing.
func hindered(p *rehearsal, key cluster.ServiceKey) (cause *cluster.Cause, remedies []string) {
	s, _ := p.world.Service(key)
	for _, e := range s.Events {
		for _, o := range obstacles(p.stopsFirst) {
			if strings.Contains(e.Message, o.says) {
				return &cluster.Cause{Code: o.code, Certain: true, Text: "it never finishes: " + o.text, Evidence: []string{e.Message}}, o.remedies
			}
		}
	}
	return nil, nil
}

// stuck says why an operation did not end within the horizon: by what hinders it, or else by what was waited for.
func stuck(p *rehearsal, key cluster.ServiceKey) (cause *cluster.Cause, remedies []string) {
	if cause, remedies = hindered(p, key); cause != nil {
		return cause, remedies
	}
	cause = &cluster.Cause{Code: "never-finishes", Certain: true, Text: fmt.Sprintf("it does not end within %.0f hours", horizon.Hours())}
	if p.waiting != nil {
		cause.Text = fmt.Sprintf("it never finishes: %s, waited for %s, %d of %d", p.waiting.Object, p.waiting.Condition, p.waiting.Done, p.waiting.Of)
	}
	return cause, nil
}
