package world

import (
	"cmp"

	"handover/internal/cluster"
	"handover/internal/world/service"
)

// This file has ECS's quotas of an account in a Region, but for that of vCPUs on Fargate, which is in room.go. Source: developer guide, service-quotas; behaviour §6.

// Quotas are how many there may be at most; 0: AWS's default.
type Quotas struct {
	Clusters     int `json:"clusters,omitempty"`     // of the account in the Region; 10,000
	Services     int `json:"services,omitempty"`     // of a cluster; 5,000
	Tasks        int `json:"tasks,omitempty"`        // of a service, by its desired count; 5,000
	Instances    int `json:"instances,omitempty"`    // container instances of a cluster; 5,000
	Provisioning int `json:"provisioning,omitempty"` // tasks of a cluster that wait for instances of capacity providers; 500
}

func (q Quotas) clusters() int     { return cmp.Or(q.Clusters, 10_000) }
func (q Quotas) services() int     { return cmp.Or(q.Services, 5_000) }
func (q Quotas) tasks() int        { return cmp.Or(q.Tasks, 5_000) }
func (q Quotas) instances() int    { return cmp.Or(q.Instances, 5_000) }
func (q Quotas) provisioning() int { return cmp.Or(q.Provisioning, 500) }

// SetQuotas sets the quotas of the account. What is there already stays, also beyond them.
func (w *World) SetQuotas(q Quotas) { w.state.Quotas = q }

// mayCreateService refuses a service too many, or one that is too large. The words of the second are those of a report (containers-roadmap issue 768), the others are ours.
func (w *World) mayCreateService(a cluster.CreateService) error {
	there := 0
	for _, s := range w.state.Services {
		if s.Key.Cluster == a.Service.Cluster && !s.Loose() && s.Status != cluster.ServiceInactive {
			there++
		}
	}
	if there >= w.state.Quotas.services() {
		return invalid("The maximum number of services of the cluster has been reached.")
	}
	return w.mayDesire(a.Desired)
}

func (w *World) mayDesire(count int) error {
	if count > w.state.Quotas.tasks() {
		return invalid("Desired count exceeds limit.")
	}
	return nil
}

func (w *World) mayCreateCluster() error {
	if len(w.state.Clusters) >= w.state.Quotas.clusters() {
		return invalid("The maximum number of clusters has been reached.")
	}
	return nil
}

func (w *World) mayRegisterInstance(inCluster string) error {
	there := 0
	for _, i := range w.state.Instances {
		if i.Cluster == inCluster && i.Status != cluster.InstanceInactive {
			there++
		}
	}
	if there >= w.state.Quotas.instances() {
		return invalid("The maximum number of container instances of the cluster has been reached.")
	}
	return nil
}

// provisioning tells whether so many tasks of a cluster wait for instances of capacity providers with an Auto Scaling group that a service of one is told so.
// Source: developer guide, service-quotas and service-event-messages-list.
func (w *World) provisioning(s *service.Service) bool {
	if !w.grouped(s.Provider) {
		return false
	}
	waiting := 0
	for _, other := range w.state.Services {
		if other.Key.Cluster == s.Key.Cluster && other.Status == cluster.ServiceActive && len(other.Deployments) > 0 && w.grouped(other.Provider) {
			waiting += other.Lacking()
		}
	}
	return waiting > w.state.Quotas.provisioning()
}
