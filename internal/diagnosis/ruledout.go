package diagnosis

import (
	"slices"

	"handover/internal/cluster"
)

// ruledOut is what it is not: only what something that was read speaks against. A task that has started has pulled its image, has read its secrets, and has its roles, its log
// driver and its address.
func (x *subject) ruledOut(found []finding) []string {
	if len(found) == 0 {
		return nil
	}
	var created, pulled, started, addressed, well bool
	for _, t := range x.view.Tasks {
		if !x.examined(t) || !t.CreatedAt.After(x.since) && !x.own(t) {
			continue
		}
		created = created || t.Last != cluster.Provisioning || x.view.Service.Provider == "" // a task may wait there for room
		pulled = pulled || !t.PullStoppedAt.IsZero() || !t.StartedAt.IsZero()
		started = started || !t.StartedAt.IsZero()
		addressed = addressed || t.Address != "" && t.Instance == "" || !t.StartedAt.IsZero()
		well = well || healthy(x.view, &t, x.now)
	}
	answered := slices.ContainsFunc(found, func(f finding) bool { return f.code == TargetResponse })
	_, asked := x.view.Service.Primary()
	speaks := []struct {
		aspect aspect
		none   bool
	}{
		{aspectCapacity, created && !slices.ContainsFunc(x.events(), func(e cluster.Event) bool { _, is := unplaced(e.Message); return is })},
		{aspectPull, pulled},
		{aspectSecrets, started},
		{aspectRole, started},
		{aspectLogs, started},
		{aspectContainer, started && (well || answered || x.readable(cluster.PartTasks) && slices.ContainsFunc(found, func(f finding) bool { return facts(f.code).aspect == aspectHealth }))},
		{aspectHealth, well},
		{aspectAddresses, addressed || len(x.view.Subnets) > 0 && !slices.ContainsFunc(x.view.Subnets, func(s cluster.Subnet) bool { return s.Free == 0 })},
		{aspectBounds, asked && x.view.Service.Bounds.LeaveMove(x.view.Service.Desired)},
		{aspectProtected, asked && x.readable(cluster.PartProtection) && x.readable(cluster.PartTasks) && len(x.protected()) == 0},
	}
	var out []string
	for _, s := range speaks {
		if s.none && !slices.ContainsFunc(found, func(f finding) bool { return facts(f.code).aspect == s.aspect }) {
			out = append(out, string(s.aspect))
		}
	}
	if answered {
		out = append(out, "security group") // the load balancer got an answer
	}
	return out
}
