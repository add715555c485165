package world

import (
	"slices"
	"strings"
	"time"

	"handover/internal/cluster"
	"handover/internal/world/draw"
	"handover/internal/world/service"
)

// This file has what ECS remembers of a service's changes: service deployments and service revisions. Source: developer guide, service-deployment and
// service-revision; API Reference, ServiceDeployment. They are kept for 90 days.

const remembered = 90 * 24 * time.Hour

// record begins the service deployment of a new deployment.
func (w *World) record(s *service.Service, d *service.Deployment) {
	s.History = slices.DeleteFunc(s.History, func(r *service.Record) bool { return w.state.Now.Sub(r.CreatedAt) > remembered })
	r := &service.Record{
		ID:         letters21(w.naming(), s.Luck(), s.Deployed),
		Deployment: d.ID, Definition: d.Definition, Status: cluster.DeploymentPending, CreatedAt: w.state.Now, UpdatedAt: w.state.Now,
		Members: s.Members, Behind: s.Attachments, Settings: cluster.RolloutSettings{Bounds: s.Bounds, Breaker: s.Breaker, Alarms: s.Alarms, Early: s.Early},
	}
	for _, source := range s.Deployments {
		r.Sources = append(r.Sources, source.ID)
	}
	for _, former := range s.History {
		if !former.Over() {
			former.Move(cluster.DeploymentStopRequested, w.state.Now)
			former.Reason = "Service deployment was stopped because a newer one began."
		}
	}
	s.History = append(s.History, r)
}

// letters21 writes the 21 letters and digits that end a service deployment's ARN.
func letters21(seed uint64, object draw.Key, n int) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	var letters [21]byte
	drawn := object.Series(draw.Nth("service-deployment", n) + ".")
	for i := range letters {
		letters[i] = alphabet[drawn.Bits(seed, i)%uint64(len(alphabet))]
	}
	return string(letters[:])
}

// advanceHistory lets what was asked for begin, at a look.
func (w *World) advanceHistory(s *service.Service) {
	for _, r := range s.History {
		switch r.Status {
		case cluster.DeploymentPending:
			r.Move(cluster.DeploymentInProgress, w.state.Now)
		case cluster.DeploymentStopRequested:
			r.Move(cluster.DeploymentStopped, w.state.Now)
		case cluster.DeploymentRollbackRequested:
			r.Move(cluster.DeploymentRollbackInProgress, w.state.Now)
		default:
		}
	}
}

// endHistory gives a deployment's service deployment an end, or the rollback that leads to one.
func (w *World) endHistory(s *service.Service, d *service.Deployment, status cluster.ServiceDeploymentStatus, reason string) {
	for _, r := range s.History {
		if r.Deployment == d.ID && !r.Over() {
			w.measure(s, d, r)
			r.Move(status, w.state.Now)
			r.Reason = reason
		}
	}
}

// measure takes down what the monitors of a service deployment have seen. Source: API Reference, ServiceDeploymentCircuitBreaker and ServiceDeploymentAlarms.
func (w *World) measure(s *service.Service, d *service.Deployment, r *service.Record) {
	r.Failure, r.Failures, r.Threshold = d.Failure, d.Failed, s.Threshold()
	if r.Settings.Alarms.Enabled {
		r.Triggered = slices.DeleteFunc(w.raised(r.Settings.Alarms.Names), func(name string) bool { return slices.Contains(d.Ignored, name) })
	}
}

// closeHistory ends the service deployment that is under way, when the primary deployment has completed: well if it is its own, as rolled back if it is the
// former one.
func (w *World) closeHistory(s *service.Service) {
	for _, r := range s.History {
		switch {
		case r.Over():
		case r.Deployment == s.Primary().ID:
			w.measure(s, s.Primary(), r)
			r.Move(cluster.DeploymentSuccessful, w.state.Now)
		case r.RolledBack == s.Primary().ID:
			r.Move(cluster.DeploymentRollbackSuccessful, w.state.Now)
		}
	}
}

// stopServiceDeployment rolls a service deployment back that is under way. Source: API Reference, StopServiceDeployment.
func (w *World) stopServiceDeployment(a cluster.StopServiceDeployment) (ids []string, err error) {
	s, r, ok := w.serviceDeployment(a.ARN)
	if !ok {
		return nil, cluster.Errorf(cluster.ClassNotFound, "ServiceDeploymentNotFoundException", "The service deployment ARN that you specified in the StopServiceDeployment doesn't exist.")
	}
	if r.Over() || s.Status != cluster.ServiceActive || r.Deployment != s.Primary().ID {
		return nil, cluster.Errorf(cluster.ClassState, "ConflictException", "The service deployment cannot be stopped because it is %s.", r.Status)
	}
	former, ok := s.Candidate()
	if !ok {
		return nil, cluster.Errorf(cluster.ClassState, "ConflictException", "No rollback candidate was found to run the rollback.")
	}
	r.Move(cluster.DeploymentRollbackRequested, w.state.Now)
	r.Reason = "Service deployment rolled back because of a stop request."
	s.Primary().Rollout, s.Primary().UpdatedAt = cluster.RolloutFailed, w.state.Now
	w.rollBack(s, former)
	return []string{a.ARN}, nil
}

func (w *World) serviceDeployment(arn string) (s *service.Service, found *service.Record, ok bool) {
	for _, s := range w.state.Services {
		for _, r := range s.History {
			if w.recordARN(s, r) == arn {
				return s, r, true
			}
		}
	}
	return nil, nil, false
}

func (w *World) recordARN(s *service.Service, r *service.Record) string {
	return w.arn("ecs", "service-deployment/"+s.Key.String()+"/"+r.ID)
}

// revisionARN is the ARN of the service revision that a deployment runs: it has the deployment's number.
func (w *World) revisionARN(s *service.Service, deployment string) string {
	return w.arn("ecs", "service-revision/"+s.Key.String()+"/"+strings.TrimPrefix(deployment, "ecs-svc/"))
}

// ServiceDeployments gives what is remembered of a service's changes, newest first.
func (w *World) ServiceDeployments(key cluster.ServiceKey) []cluster.ServiceDeployment {
	s, ok := w.service(key)
	if !ok {
		return nil
	}
	var all []cluster.ServiceDeployment
	for _, r := range slices.Backward(s.History) {
		all = append(all, w.recordView(s, r))
	}
	return all
}

// ServiceDeployment finds a service deployment by ARN.
func (w *World) ServiceDeployment(arn string) (found cluster.ServiceDeployment, ok bool) {
	s, r, ok := w.serviceDeployment(arn)
	if !ok {
		return cluster.ServiceDeployment{}, false
	}
	return w.recordView(s, r), true
}

func (w *World) recordView(s *service.Service, r *service.Record) cluster.ServiceDeployment {
	v := cluster.ServiceDeployment{
		ARN: w.recordARN(s, r), Service: s.Key, Deployment: r.Deployment, Status: r.Status, Reason: r.Reason, Target: w.revisionARN(s, r.Deployment),
		CreatedAt: r.CreatedAt, StartedAt: r.StartedAt, FinishedAt: r.FinishedAt, UpdatedAt: r.UpdatedAt,
	}
	seen := *r
	for _, d := range s.Deployments {
		if d.ID == r.Deployment && !r.Over() && r.RolledBack == "" {
			w.measure(s, d, &seen)
		}
	}
	v.Settings, v.Failures, v.Triggered = r.Settings, seen.Failures, seen.Triggered
	if r.Settings.Breaker.Enabled {
		v.Threshold = seen.Threshold
	}
	if r.Settings.Alarms.Enabled {
		v.Alarms = r.Settings.Alarms.Names
	}
	v.Guarded, v.Watched = monitor(r, r.Settings.Breaker.Enabled, service.FailedStarts), monitor(r, r.Settings.Alarms.Enabled, service.AlarmRaised)
	for _, source := range r.Sources {
		v.Sources = append(v.Sources, w.revisionARN(s, source))
	}
	if r.RolledBack != "" {
		v.RolledBack = w.revisionARN(s, r.RolledBack)
	}
	return v
}

// monitor tells how far a monitor of a service deployment is, which fails it for a reason of its own.
func monitor(r *service.Record, enabled bool, why string) cluster.Monitor {
	switch {
	case !enabled:
		return cluster.MonitorDisabled
	case r.Failure == why:
		return cluster.MonitorTriggered
	case r.Over() || r.RolledBack != "":
		return cluster.MonitorComplete
	}
	return cluster.Monitoring
}

// ServiceRevision finds a service revision by ARN.
func (w *World) ServiceRevision(arn string) (found cluster.ServiceRevision, ok bool) {
	for _, s := range w.state.Services {
		for _, r := range s.History {
			if w.revisionARN(s, r.Deployment) == arn {
				return w.revisionView(s, r), true
			}
		}
	}
	return cluster.ServiceRevision{}, false
}

func (w *World) revisionView(s *service.Service, r *service.Record) cluster.ServiceRevision {
	v := cluster.ServiceRevision{ARN: w.revisionARN(s, r.Deployment), Service: s.Key, Definition: r.Definition, Launch: s.Launch, CreatedAt: r.CreatedAt,
		Attachments: slices.Clone(r.Behind), Members: r.Members}
	d, ok := w.revision(r.Definition)
	if !ok {
		return v
	}
	for _, c := range d.Containers {
		v.Images = append(v.Images, cluster.Container{Name: c.Name, Image: c.Image, Digest: digestOf(c.Image)})
	}
	return v
}
