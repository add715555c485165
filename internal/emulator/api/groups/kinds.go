package groups

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"handover/internal/emulator/api"
)

// This file has the descriptions that are the same for everybody. Source: API Reference of each.

// adjustments are how a scaling policy's adjustment may be meant.
func adjustments() []string {
	return []string{"ChangeInCapacity", "ExactCapacity", "PercentChangeInCapacity"}
}

func (h *handlers) describeAdjustmentTypes(context.Context, *autoscaling.DescribeAdjustmentTypesInput) (*autoscaling.DescribeAdjustmentTypesOutput, error) {
	out := &autoscaling.DescribeAdjustmentTypesOutput{}
	for _, name := range adjustments() {
		out.AdjustmentTypes = append(out.AdjustmentTypes, types.AdjustmentType{AdjustmentType: &name})
	}
	return out, nil
}

func (h *handlers) describeScalingProcessTypes(context.Context, *autoscaling.DescribeScalingProcessTypesInput) (*autoscaling.DescribeScalingProcessTypesOutput, error) {
	out := &autoscaling.DescribeScalingProcessTypesOutput{}
	for _, name := range processes() {
		out.Processes = append(out.Processes, types.ProcessType{ProcessName: &name})
	}
	return out, nil
}

func (h *handlers) describeTerminationPolicyTypes(context.Context, *autoscaling.DescribeTerminationPolicyTypesInput) (*autoscaling.DescribeTerminationPolicyTypesOutput, error) {
	return &autoscaling.DescribeTerminationPolicyTypesOutput{TerminationPolicyTypes: []string{
		"AllocationStrategy", "ClosestToNextInstanceHour", "Default", "NewestInstance", "OldestInstance", "OldestLaunchConfiguration", "OldestLaunchTemplate"}}, nil
}

func (h *handlers) describeAutoScalingNotificationTypes(context.Context, *autoscaling.DescribeAutoScalingNotificationTypesInput) (*autoscaling.DescribeAutoScalingNotificationTypesOutput, error) {
	return &autoscaling.DescribeAutoScalingNotificationTypesOutput{AutoScalingNotificationTypes: notificationTypes()}, nil
}

func notificationTypes() []string {
	return []string{"autoscaling:EC2_INSTANCE_LAUNCH", "autoscaling:EC2_INSTANCE_LAUNCH_ERROR", "autoscaling:EC2_INSTANCE_TERMINATE", "autoscaling:EC2_INSTANCE_TERMINATE_ERROR", "autoscaling:TEST_NOTIFICATION"}
}

// describeAccountLimits tells the default quotas. Source: user guide, ec2-auto-scaling-quotas.
func (h *handlers) describeAccountLimits(ctx context.Context, _ *autoscaling.DescribeAccountLimitsInput) (*autoscaling.DescribeAccountLimitsOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*autoscaling.DescribeAccountLimitsOutput, error) {
		return &autoscaling.DescribeAccountLimitsOutput{
			MaxNumberOfAutoScalingGroups: number(500), MaxNumberOfLaunchConfigurations: number(200),
			NumberOfAutoScalingGroups: number(len(v.World.Groups())), NumberOfLaunchConfigurations: number(len(v.World.LaunchConfigurations())),
		}, nil
	})
}
