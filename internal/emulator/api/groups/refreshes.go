package groups

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
)

// inverted makes of times in falling order keys in rising order.
func inverted(at int64) string { return fmt.Sprintf("%019d", math.MaxInt64-at) }

func (h *handlers) startInstanceRefresh(ctx context.Context, in *autoscaling.StartInstanceRefreshInput) (*autoscaling.StartInstanceRefreshOutput, error) {
	if in.Strategy != "" && in.Strategy != types.RefreshStrategyRolling {
		return nil, invalid("The emulator offers the strategy Rolling alone.")
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*autoscaling.StartInstanceRefreshOutput, error) {
		g, err := find(v, in.AutoScalingGroupName)
		if err != nil {
			return nil, err
		}
		settings, err := settingsOf(g, in.Preferences)
		if err != nil {
			return nil, err
		}
		if d := in.DesiredConfiguration; d != nil {
			template, err := templateOf(d.LaunchTemplate, d.MixedInstancesPolicy)
			if err != nil {
				return nil, err
			}
			settings.Template = &template
		}
		ids, err := v.Act(cluster.StartRefresh{Name: g.Name, Settings: settings})
		if err != nil {
			return nil, err
		}
		return &autoscaling.StartInstanceRefreshOutput{InstanceRefreshId: &ids[0]}, nil
	})
}

// settingsOf reads the preferences of a refresh. Checkpoints, alarms and rollback are not modelled, and refused. Source: API Reference, RefreshPreferences.
func settingsOf(g cluster.Group, given *types.RefreshPreferences) (cluster.RefreshSettings, error) {
	s := cluster.RefreshSettings{MinHealthy: 90, MaxHealthy: 100, Warmup: g.Warmup, Protected: string(types.ScaleInProtectedInstancesWait)}
	if s.Warmup == 0 {
		s.Warmup = g.Grace
	}
	if given == nil {
		return s, nil
	}
	if len(given.CheckpointPercentages) > 0 || given.AlarmSpecification != nil || api.Value(given.AutoRollback) {
		return s, invalid("The emulator does not offer checkpoints, alarms and automatic rollback of an instance refresh.")
	}
	if given.MinHealthyPercentage != nil {
		s.MinHealthy = int(*given.MinHealthyPercentage)
	}
	if given.MaxHealthyPercentage != nil {
		s.MaxHealthy = int(*given.MaxHealthyPercentage)
	}
	if given.InstanceWarmup != nil {
		s.Warmup = seconds(given.InstanceWarmup)
	}
	if given.ScaleInProtectedInstances != "" {
		s.Protected = string(given.ScaleInProtectedInstances)
	}
	s.Skip = api.Value(given.SkipMatching)
	if s.MinHealthy < 0 || s.MinHealthy > 100 || s.MaxHealthy < 100 || s.MaxHealthy > 200 || s.MaxHealthy-s.MinHealthy > 100 {
		return s, invalid("MinHealthyPercentage must be 0 to 100, MaxHealthyPercentage 100 to 200, and they cannot differ by more than 100.")
	}
	return s, nil
}

func (h *handlers) cancelInstanceRefresh(ctx context.Context, in *autoscaling.CancelInstanceRefreshInput) (*autoscaling.CancelInstanceRefreshOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*autoscaling.CancelInstanceRefreshOutput, error) {
		g, err := find(v, in.AutoScalingGroupName)
		if err != nil {
			return nil, err
		}
		ids, err := v.Act(cluster.CancelRefresh{Name: g.Name})
		if err != nil {
			return nil, err
		}
		return &autoscaling.CancelInstanceRefreshOutput{InstanceRefreshId: &ids[0]}, nil
	})
}

func (h *handlers) describeInstanceRefreshes(ctx context.Context, in *autoscaling.DescribeInstanceRefreshesInput) (*autoscaling.DescribeInstanceRefreshesOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*autoscaling.DescribeInstanceRefreshesOutput, error) {
		g, err := find(v, in.AutoScalingGroupName)
		if err != nil {
			return nil, err
		}
		all := []types.InstanceRefresh{}
		for _, r := range v.World.Refreshes(g.Name) {
			if len(in.InstanceRefreshIds) == 0 || slices.Contains(in.InstanceRefreshIds, r.ID) {
				all = append(all, refresh(r))
			}
		}
		cut, next, err := page(all, func(r types.InstanceRefresh) string { return inverted(r.StartTime.UnixNano()) }, in.NextToken, in.MaxRecords)
		return &autoscaling.DescribeInstanceRefreshesOutput{InstanceRefreshes: cut, NextToken: next}, err
	})
}

func refresh(r cluster.Refresh) types.InstanceRefresh {
	out := types.InstanceRefresh{
		InstanceRefreshId: &r.ID, AutoScalingGroupName: &r.Group, Status: types.InstanceRefreshStatus(r.Status), StatusReason: api.Some(r.Reason), StartTime: &r.StartedAt,
		Strategy: types.RefreshStrategyRolling, InstancesToUpdate: number(r.Of - r.Done), PercentageComplete: number(100),
		Preferences: &types.RefreshPreferences{
			MinHealthyPercentage: number(r.Settings.MinHealthy), MaxHealthyPercentage: number(r.Settings.MaxHealthy), InstanceWarmup: number(int(r.Settings.Warmup / time.Second)),
			ScaleInProtectedInstances: types.ScaleInProtectedInstances(r.Settings.Protected), SkipMatching: &r.Settings.Skip,
		},
	}
	if r.Of > 0 && r.Status != string(types.InstanceRefreshStatusSuccessful) {
		out.PercentageComplete = number(100 * r.Done / r.Of)
	}
	if !r.EndedAt.IsZero() {
		out.EndTime = &r.EndedAt
	}
	return out
}
