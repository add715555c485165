package world

import (
	"strings"
	"time"

	"handover/internal/cluster"
	"handover/internal/world/group"
	"handover/internal/world/placement"
	"handover/internal/world/service"
)

// This file is what AWS's services put on the default event bus. Nothing of it is made while there are no rules. Source: developer guide, ecs_cwe_events and the pages
// beneath it; EC2 Auto Scaling user guide, ec2-auto-scaling-event-reference; EC2 user guide, instance-state-change-notification.

// noRules tells whether there is no rule that an event could meet.
func (w *World) noRules() bool { return len(w.state.Rules) == 0 }

// stamp writes a time as ECS's events have it; nil, which is left out, where there is none.
func stamp(at time.Time) any {
	if at.IsZero() {
		return nil
	}
	return at.UTC().Format("2006-01-02T15:04:05.000Z")
}

// without takes the members out that have no value, which AWS does not write.
func without(detail map[string]any) map[string]any {
	for _, name := range sortedNames(detail) {
		if detail[name] == nil || detail[name] == "" {
			delete(detail, name)
		}
	}
	return detail
}

// tellTask says that a task has another status.
func (w *World) tellTask(t *service.Task) {
	if w.noRules() {
		return
	}
	containers := []any{}
	for _, c := range t.Containers {
		one := map[string]any{"name": c.Name, "image": c.Image, "imageDigest": c.Digest, "lastStatus": c.Last, "taskArn": t.ARN, "reason": c.Reason}
		if c.ExitCode != nil {
			one["exitCode"] = *c.ExitCode
		}
		containers = append(containers, without(one))
	}
	detail := without(map[string]any{
		"taskArn": t.ARN, "clusterArn": w.arn("ecs", "cluster/"+w.state.Services[t.Service].Key.Cluster), "containerInstanceArn": t.Instance, "taskDefinitionArn": t.Definition,
		"lastStatus": t.Last.String(), "desiredStatus": t.Desired.String(), "group": t.Group, "startedBy": t.StartedBy, "launchType": string(t.Launch),
		"availabilityZone": t.Zone, "capacityProviderName": t.Provider, "stopCode": t.StopCode, "stoppedReason": t.StoppedReason, "containers": containers, "version": t.Version,
		"createdAt": stamp(t.CreatedAt), "connectivityAt": stamp(t.ConnectedAt), "pullStartedAt": stamp(t.PullStartedAt), "pullStoppedAt": stamp(t.PullStoppedAt),
		"startedAt": stamp(t.StartedAt), "stoppingAt": stamp(t.StoppingAt), "executionStoppedAt": stamp(t.ExecutionStoppedAt), "stoppedAt": stamp(t.StoppedAt),
		"updatedAt": stamp(w.state.Now),
	})
	w.emit("aws.ecs", "ECS Task State Change", []string{t.ARN}, detail)
}

// tellInstance says that a container instance has another status, or that its agent has come or gone.
func (w *World) tellInstance(i *placement.Instance) {
	if w.noRules() {
		return
	}
	detail := map[string]any{
		"containerInstanceArn": i.ARN, "clusterArn": w.arn("ecs", "cluster/"+i.Cluster), "ec2InstanceId": i.EC2ID, "status": string(i.Status), "agentConnected": i.Connected,
		"version": i.Version, "updatedAt": stamp(w.state.Now),
	}
	w.emit("aws.ecs", "ECS Container Instance State Change", []string{i.ARN}, detail)
}

// tellDeployment says how a deployment goes on.
func (w *World) tellDeployment(s *service.Service, level, name, deployment, reason string) {
	if w.noRules() {
		return
	}
	w.emit("aws.ecs", "ECS Deployment State Change", []string{w.serviceARN(s.Key)},
		map[string]any{"eventType": level, "eventName": name, "deploymentId": deployment, "updatedAt": stamp(w.state.Now), "reason": reason})
}

// tellAction says of a service what is an event of the bus, too.
func (w *World) tellAction(s *service.Service, e service.Event) {
	if w.noRules() {
		return
	}
	var level, name string
	switch e.Kind {
	case service.SaidSteady:
		level, name = "INFO", "SERVICE_STEADY_STATE"
	case service.SaidImpaired:
		level, name = "WARN", "SERVICE_TASK_START_IMPAIRED"
	case service.SaidUnplaced:
		level, name = "ERROR", "SERVICE_TASK_PLACEMENT_FAILURE"
	case service.SaidThrottled:
		level, name = "ERROR", "ECS_OPERATION_THROTTLED"
	default:
		return
	}
	detail := map[string]any{"eventType": level, "eventName": name, "clusterArn": w.arn("ecs", "cluster/"+s.Key.Cluster), "createdAt": stamp(w.state.Now)}
	if e.Reason == noCapacity+"." { // Source: developer guide, ecs_service_events
		var providers []string
		for _, provider := range w.short(s) {
			providers = append(providers, w.arn("ecs", "capacity-provider/"+provider))
		}
		detail["reason"], detail["capacityProviderArns"] = "RESOURCE:FARGATE", providers
	}
	w.emit("aws.ecs", "ECS Service Action", []string{w.serviceARN(s.Key)}, detail)
}

// tellAutoScaling says that a group holds an instance by a hook.
func (w *World) tellAutoScaling(g *group.Group, m *group.Member, a *cluster.LifecycleAction) {
	if w.noRules() {
		return
	}
	kind := "EC2 Instance-terminate Lifecycle Action"
	from, to := way(m, a)
	if a.Hook.Transition == cluster.TransitionLaunching {
		kind = "EC2 Instance-launch Lifecycle Action"
	}
	w.emit("aws.autoscaling", kind, []string{g.ARN}, without(map[string]any{
		"LifecycleActionToken": a.Token, "AutoScalingGroupName": g.Name, "LifecycleHookName": a.Hook.Name, "EC2InstanceId": a.Instance, "LifecycleTransition": a.Hook.Transition,
		"NotificationMetadata": a.Hook.Metadata, "Origin": from, "Destination": to,
	}))
}

// tellActivity says that an instance was launched into a group, or terminated out of it.
func (w *World) tellActivity(g *group.Group, m *group.Member, kind string) {
	if w.noRules() {
		return
	}
	detail := map[string]any{
		"StatusCode": "InProgress", "AutoScalingGroupName": g.Name, "EC2InstanceId": m.ID, "EndTime": stamp(w.state.Now), "Details": map[string]any{"Availability Zone": m.Zone},
	}
	if a, ok := g.Activity(m.Activity); ok {
		detail["ActivityId"], detail["RequestId"], detail["StartTime"] = a.ID, a.ID, stamp(a.StartedAt)
		detail["Description"], detail["Cause"] = a.Description, a.Cause
	}
	w.emit("aws.autoscaling", kind, []string{g.ARN, w.arn("ec2", "instance/"+m.ID)}, detail)
}

// tellMachine says that an EC2 instance has another state.
func (w *World) tellMachine(m *cluster.Machine) {
	if w.noRules() {
		return
	}
	w.emit("aws.ec2", "EC2 Instance State-change Notification", []string{w.arn("ec2", "instance/"+m.ID)}, map[string]any{"instance-id": m.ID, "state": strings.ToLower(string(m.State))})
}
