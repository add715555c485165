package groups

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
)

func (h *handlers) putWarmPool(ctx context.Context, in *autoscaling.PutWarmPoolInput) (*autoscaling.PutWarmPoolOutput, error) {
	pool := cluster.WarmPool{Min: int(api.Value(in.MinSize)), State: cluster.PoolState(in.PoolState)}
	prepared := int(api.Value(in.MaxGroupPreparedCapacity))
	switch {
	case pool.Min < 0:
		return nil, invalid("MinSize must be 0 or more.")
	case prepared < -1:
		return nil, invalid("MaxGroupPreparedCapacity must be -1 or more.")
	case in.MaxGroupPreparedCapacity != nil && prepared >= 0: // -1 stands for the group's maximum
		pool.Prepared = &prepared
	}
	if in.InstanceReusePolicy != nil {
		pool.Reuse = api.Value(in.InstanceReusePolicy.ReuseOnScaleIn)
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*autoscaling.PutWarmPoolOutput, error) {
		g, err := find(v, in.AutoScalingGroupName)
		if err != nil {
			return nil, err
		}
		_, err = v.Act(cluster.PutWarmPool{Name: g.Name, Pool: pool})
		return &autoscaling.PutWarmPoolOutput{}, err
	})
}

func (h *handlers) describeWarmPool(ctx context.Context, in *autoscaling.DescribeWarmPoolInput) (*autoscaling.DescribeWarmPoolOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*autoscaling.DescribeWarmPoolOutput, error) {
		g, err := find(v, in.AutoScalingGroupName)
		if err != nil {
			return nil, err
		}
		cut, next, err := page(instancesOf(g.Warm), func(i types.Instance) string { return *i.InstanceId }, in.NextToken, in.MaxRecords)
		return &autoscaling.DescribeWarmPoolOutput{Instances: cut, NextToken: next, WarmPoolConfiguration: configurationOf(g.Pool)}, err
	})
}

func (h *handlers) deleteWarmPool(ctx context.Context, in *autoscaling.DeleteWarmPoolInput) (*autoscaling.DeleteWarmPoolOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*autoscaling.DeleteWarmPoolOutput, error) {
		g, err := find(v, in.AutoScalingGroupName)
		if err != nil {
			return nil, err
		}
		_, err = v.Act(cluster.DeleteWarmPool{Name: g.Name, Force: api.Value(in.ForceDelete)})
		return &autoscaling.DeleteWarmPoolOutput{}, err
	})
}

func configurationOf(p *cluster.WarmPool) *types.WarmPoolConfiguration {
	if p == nil {
		return nil
	}
	out := &types.WarmPoolConfiguration{MinSize: number(p.Min), PoolState: types.WarmPoolState(p.State), InstanceReusePolicy: &types.InstanceReusePolicy{ReuseOnScaleIn: &p.Reuse}}
	if p.Prepared != nil {
		out.MaxGroupPreparedCapacity = number(*p.Prepared)
	}
	if p.Deleting {
		out.Status = types.WarmPoolStatusPendingDelete
	}
	return out
}

// instancesOf renders instances of a group, or of its warm pool.
func instancesOf(all []cluster.GroupInstance) []types.Instance {
	rendered := []types.Instance{}
	for _, i := range all {
		rendered = append(rendered, types.Instance{
			InstanceId: &i.ID, AvailabilityZone: &i.Zone, InstanceType: &i.Type, LifecycleState: types.LifecycleState(i.Lifecycle), HealthStatus: healthy(i.Healthy),
			ProtectedFromScaleIn: &i.Protected, LaunchTemplate: specification(i.Template, nil), LaunchConfigurationName: api.Some(i.Template.Configuration),
		})
	}
	return rendered
}
