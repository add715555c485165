package emulator_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
)

// TestScheduledActionsOfAGroupHappen: one that is over is gone, one that recurs shows its next time, and of a batch what is wrong is told apart.
func TestScheduledActionsOfAGroupHappen(t *testing.T) {
	r := fleet(t)
	ctx, group := t.Context(), aws.String("web")
	soon := must(r.groups.DescribeAutoScalingGroups(ctx, &autoscaling.DescribeAutoScalingGroupsInput{})).AutoScalingGroups[0].CreatedTime.Add(time.Hour)
	batch := must(r.groups.BatchPutScheduledUpdateGroupAction(ctx, &autoscaling.BatchPutScheduledUpdateGroupActionInput{AutoScalingGroupName: group,
		ScheduledUpdateGroupActions: []types.ScheduledUpdateGroupActionRequest{
			{ScheduledActionName: aws.String("once"), StartTime: &soon, DesiredCapacity: aws.Int32(3)},
			{ScheduledActionName: aws.String("hourly"), Recurrence: aws.String("0 * * * *"), StartTime: aws.Time(soon.Add(time.Minute)), MaxSize: aws.Int32(5)},
			{ScheduledActionName: aws.String("twice"), StartTime: &soon, DesiredCapacity: aws.Int32(1)},
			{ScheduledActionName: aws.String("never"), Recurrence: aws.String("0 0 30 2 *"), DesiredCapacity: aws.Int32(1)},
		}})).FailedScheduledUpdateGroupActions
	if len(batch) != 2 || *batch[0].ErrorCode != "AlreadyExists" || *batch[1].ErrorCode != "ValidationError" || *batch[1].ErrorMessage != "The scheduled action would never happen." {
		t.Fatalf("refused of the batch: %+v", batch)
	}
	r.pass(2 * time.Hour)
	shown := must(r.groups.DescribeScheduledActions(ctx, &autoscaling.DescribeScheduledActionsInput{AutoScalingGroupName: group})).ScheduledUpdateGroupActions
	if len(shown) != 1 || *shown[0].ScheduledActionName != "hourly" || shown[0].StartTime.Minute() != 0 || !shown[0].StartTime.After(soon) {
		t.Errorf("scheduled actions: %+v", shown)
	}
	if g := r.fleetGroup(); *g.DesiredCapacity != 3 || *g.MaxSize != 5 || len(g.Instances) != 3 {
		t.Errorf("%d instances, %d desired, %d at most", len(g.Instances), *g.DesiredCapacity, *g.MaxSize)
	}
	for _, want := range []string{"", "ValidationError: Scheduled action name not found"} {
		_, err := r.groups.DeleteScheduledAction(ctx, &autoscaling.DeleteScheduledActionInput{AutoScalingGroupName: group, ScheduledActionName: aws.String("hourly")})
		if got := code(err); got != want {
			t.Errorf("deleting it: %q, want %q", got, want)
		}
	}
}
