package group

import (
	"slices"
	"time"

	"handover/internal/cluster"
)

// Refresh is an instance refresh under way, or over.
type Refresh struct {
	cluster.Refresh
	WaitsFrom time.Time `json:"waitsFrom,omitzero"` // since when only protected instances have been left to replace
}

// The states of an instance refresh. Source: API Reference, InstanceRefresh.Status.
const (
	RefreshPending    = "Pending"
	RefreshInProgress = "InProgress"
	RefreshSuccessful = "Successful"
	RefreshFailed     = "Failed"
	RefreshCancelled  = "Cancelled"
)

// waitsLongest is how long a refresh waits for protected instances. Source: API Reference, RefreshPreferences.ScaleInProtectedInstances.
const waitsLongest = time.Hour

// Refreshing is the refresh under way, or nil.
func (g *Group) Refreshing() *Refresh {
	for _, r := range g.Refreshes {
		if r.Status == RefreshPending || r.Status == RefreshInProgress {
			return r
		}
	}
	return nil
}

// RefreshPlan is what a look at a refresh decides.
type RefreshPlan struct {
	Terminate []*Member // with replacement
	More      int       // instances that the group has for the time of the refresh beyond its desired capacity
	Left      int       // instances that are still to be replaced
	Status    string    // the end, if it has come
	Reason    string
}

// PlanRefresh decides which instances are replaced now. An instance that came after the refresh began is new; it counts as healthy once its warmup is over. With a maximum
// of 100 percent instances go first, and at least one always does; above it as many as the maximum allows are launched first.
// Sources: API Reference, RefreshPreferences; EC2 Auto Scaling user guide, asg-instance-refresh.
//
// 10 instances at 90/100: one goes at a time. At 100/110 one is launched, and one of 11 goes when it has warmed up.
func (g *Group) PlanRefresh(r *Refresh, now time.Time) RefreshPlan {
	var old, protected []*Member
	healthy := 0
	for _, m := range g.Members {
		if m.Lifecycle != cluster.LifecycleInService {
			continue
		}
		fresh := m.LaunchedAt.After(r.StartedAt) || r.Settings.Skip && m.Template == *r.Settings.Template
		switch {
		case fresh && now.Before(m.ServesFrom.Add(r.Settings.Warmup)):
		case fresh:
			healthy++
		case m.Protected && r.Settings.Protected != "Refresh":
			healthy++
			protected = append(protected, m)
		default:
			healthy++
			old = append(old, m)
		}
	}
	p := RefreshPlan{Left: len(old)}
	if r.Settings.Protected != "Ignore" {
		p.Left += len(protected)
	}
	settled := healthy >= g.Desired
	switch {
	case p.Left == 0 && settled:
		p.Status = RefreshSuccessful
	case len(old) == 0 && len(protected) > 0 && !r.WaitsFrom.IsZero() && now.Sub(r.WaitsFrom) >= waitsLongest:
		p.Status, p.Reason = RefreshFailed, "The instance refresh waited for an hour for instances that are protected from scale-in."
	}
	surge := g.Desired*r.Settings.MaxHealthy/100 - g.Desired
	spare := healthy - (g.Desired*r.Settings.MinHealthy+99)/100
	if spare <= 0 && settled && surge <= 0 {
		spare = 1 // one at a time is always replaced
	}
	p.Terminate = slices.Clip(old[:max(0, min(spare, len(old)))])
	p.More = max(0, min(surge, p.Left-len(p.Terminate)))
	return p
}
