package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"handover/internal/cluster"
)

// This file chooses the instances that are drained, where they are not named.

// choice is how instances are chosen that are not named.
type choice struct {
	group  string // of the Auto Scaling group's instances
	oldest int    // the longest registered ones
	notAMI string // those that were made of another image
}

func (c choice) given() bool { return c != choice{} }

// choose finds the instances that are not named.
func (o *drainOptions) choose(ctx context.Context, conn *Connection) ([]string, error) {
	snapshot, err := conn.Provider.Observe(ctx, cluster.InstanceScope{Cluster: o.cluster}.Of())
	if err != nil {
		return nil, err
	}
	views, ok := snapshot.InstancesOf(o.cluster)
	if gap, there := snapshot.Gap(cluster.ServiceKey{Cluster: o.cluster}, cluster.PartInstances); !ok && there {
		return nil, unreadable(gap)
	}
	var hosts []string
	if o.choice.group != "" {
		var found bool
		if hosts, found, err = conn.Group(ctx, o.choice.group); err != nil {
			return nil, fmt.Errorf("reading the Auto Scaling group %s: %w", o.choice.group, err)
		}
		if !found {
			return nil, usage(hint("to list the groups: aws autoscaling describe-auto-scaling-groups"), "there is no Auto Scaling group %s", o.choice.group)
		}
	}
	names := o.choice.among(views, hosts)
	if len(names) == 0 {
		return nil, &failure{code: cluster.Refused.ExitCode(), err: fmt.Errorf("no instance of cluster %s is chosen by these options", o.cluster)}
	}
	return names, nil
}

// among chooses of the instances that can be drained, oldest first.
func (c choice) among(views []cluster.InstanceView, hosts []string) []string {
	var eligible []cluster.Instance
	for _, v := range views {
		i := v.Instance
		ami, known := i.Attribute("ecs.ami-id")
		switch {
		case i.Status != cluster.InstanceActive && i.Status != cluster.InstanceDraining:
		case c.group != "" && !slices.Contains(hosts, i.EC2ID):
		case c.notAMI != "" && (!known || ami == c.notAMI):
		default:
			eligible = append(eligible, i)
		}
	}
	slices.SortFunc(eligible, func(a, b cluster.Instance) int {
		return cmp.Or(a.RegisteredAt.Compare(b.RegisteredAt), cmp.Compare(a.EC2ID, b.EC2ID))
	})
	if c.oldest > 0 {
		eligible = eligible[:min(c.oldest, len(eligible))]
	}
	var names []string
	for _, i := range eligible {
		names = append(names, i.Short())
	}
	return names
}
