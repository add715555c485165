package emulator_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
)

// leavingFast is a group of three instances with a service behind a load balancer whose tasks drain for a minute. Its agents ask whether they are in a warm pool.
const leavingFast = `world profile=ec2-2026
launch-template hosts asks
group prod-ecs min=0 max=4 desired=3 template=hosts zones=2
target-group web drain=60s
advance 5m
task-definition api image=api@sha256:1 cpu=256 memory=512
service api desired=6 min=100 max=200 target-group=web launch=ec2
advance 5m
`

// drained is such a world with the template's stack, and the name of the function's log.
func drained(t *testing.T, scene string) (w *lambdaWorld, log string) {
	t.Helper()
	w = newLambdaWorld(t, program(t), scene, 60)
	s := createStack(t, w.accounts, "prod-drain", "../../deploy/drain.yaml", map[string]any{"GroupName": "prod-ecs", "Cluster": "default", "CodeBucket": "b"})
	return w, s.resource("Log").ref
}

func (w *lambdaWorld) group() types.AutoScalingGroup {
	w.t.Helper()
	return must(w.groups.DescribeAutoScalingGroups(w.t.Context(), &autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{"prod-ecs"}})).AutoScalingGroups[0]
}

// inService are the instances of the group that serve.
func (w *lambdaWorld) inService() []string {
	var ids []string
	for _, i := range w.group().Instances {
		if i.LifecycleState == types.LifecycleStateInService {
			ids = append(ids, *i.InstanceId)
		}
	}
	return ids
}

// replaced tells whether three instances serve, of which none is of those before.
func (w *lambdaWorld) replaced(before []string) bool {
	now := w.inService()
	return len(now) == 3 && len(w.group().Instances) == 3 && !slices.ContainsFunc(now, func(id string) bool { return slices.Contains(before, id) })
}

// lost are the tasks of the service, stopped ones too, that ended in another way than by the scheduler's word.
func (w *lambdaWorld) lost(tasks []string) []string {
	w.t.Helper()
	var lost []string
	for _, task := range must(w.ecs.DescribeTasks(w.t.Context(), &ecs.DescribeTasksInput{Cluster: aws.String("default"), Tasks: tasks})).Tasks {
		if *task.LastStatus == "STOPPED" && task.StopCode != "ServiceSchedulerInitiated" {
			lost = append(lost, *task.TaskArn+": "+aws.ToString(task.StoppedReason))
		}
	}
	return lost
}

func (w *lambdaWorld) tasks() []string {
	w.t.Helper()
	return must(w.ecs.ListTasks(w.t.Context(), &ecs.ListTasksInput{Cluster: aws.String("default"), ServiceName: aws.String("api")})).TaskArns
}

// TestASpotInstanceIsDrainedAtOnce: a Spot interruption warning leaves two minutes, in which its instance is emptied.
func TestASpotInstanceIsDrainedAtOnce(t *testing.T) {
	w, log := drained(t, strings.Replace(leavingFast, "drain=60s", "drain=10s", 1))
	leaving := w.inService()[0]
	held := w.tasksOn(leaving)
	w.happen(`{"source":"aws.ec2","detail-type":"EC2 Spot Instance Interruption Warning","detail":{"instance-id":"` + leaving + `","instance-action":"terminate"}}`)
	w.until("the instance is empty", log, func() bool { return len(w.tasksOn(leaving)) == 0 })
	w.until("the function says so", log, func() bool { return strings.Contains(w.lines(log), `"verdict":"succeeded"`) })
	if lost := w.lost(held); len(held) == 0 || len(lost) > 0 {
		t.Errorf("of %d tasks %v", len(held), lost)
	}
}

// TestAnInstanceLeavesAWarmPoolAtOnce: an instance of a warm pool is in no cluster, so that nothing keeps it.
func TestAnInstanceLeavesAWarmPoolAtOnce(t *testing.T) {
	w, log := drained(t, leavingFast)
	must(w.groups.PutWarmPool(t.Context(), &autoscaling.PutWarmPoolInput{AutoScalingGroupName: aws.String("prod-ecs"), MinSize: aws.Int32(1)}))
	pool := func() []types.Instance {
		return must(w.groups.DescribeWarmPool(t.Context(), &autoscaling.DescribeWarmPoolInput{AutoScalingGroupName: aws.String("prod-ecs")})).Instances
	}
	w.until("an instance waits", log, func() bool { return len(pool()) == 1 && pool()[0].LifecycleState == types.LifecycleStateWarmedStopped })
	must(w.groups.DeleteWarmPool(t.Context(), &autoscaling.DeleteWarmPoolInput{AutoScalingGroupName: aws.String("prod-ecs")}))
	w.until("it has left", log, func() bool { return len(pool()) == 0 })
	if said := w.lines(log); !strings.Contains(said, "is in no ECS cluster") {
		t.Error(said)
	}
	w.until("the pool is gone", log, func() bool { return w.group().WarmPoolConfiguration == nil })
}

// TestAGroupIsRefreshed: an instance refresh takes every instance of a group through the hook, and no task is lost.
func TestAGroupIsRefreshed(t *testing.T) {
	w, log := drained(t, leavingFast)
	before, held := w.inService(), w.tasks()
	must(w.groups.StartInstanceRefresh(t.Context(), &autoscaling.StartInstanceRefreshInput{AutoScalingGroupName: aws.String("prod-ecs"),
		Preferences: &types.RefreshPreferences{MinHealthyPercentage: aws.Int32(60), InstanceWarmup: aws.Int32(120)}}))
	w.until("every instance is replaced", log, func() bool { return w.replaced(before) })
	w.until("the refresh succeeds", log, func() bool {
		return must(w.groups.DescribeInstanceRefreshes(t.Context(), &autoscaling.DescribeInstanceRefreshesInput{AutoScalingGroupName: aws.String("prod-ecs")})).InstanceRefreshes[0].Status == types.InstanceRefreshStatusSuccessful
	})
	w.until("all tasks run again", log, func() bool { return len(w.tasks()) == 6 })
	if lost := w.lost(held); len(lost) > 0 {
		t.Error(lost)
	}
	if completed := strings.Count(w.lines(log), "is completed with CONTINUE"); completed < 3 {
		t.Errorf("%d hooks were completed, of 3 instances", completed)
	}
}

// TestInstancesOfAgeAreReplaced: instances that have lived for as long as their group lets them leave through the hook, one after the other.
func TestInstancesOfAgeAreReplaced(t *testing.T) {
	w, log := drained(t, strings.Replace(strings.Replace(leavingFast, "zones=2", "zones=2 lifetime=24h", 1), "launch=ec2\nadvance 5m", "launch=ec2\nadvance 23h45m", 1))
	before, held := w.inService(), w.tasks()
	if len(before) != 3 {
		t.Fatalf("%d instances serve", len(before))
	}
	w.until("every instance is replaced", log, func() bool { return w.replaced(before) })
	w.until("all tasks run again", log, func() bool { return len(w.tasks()) == 6 })
	if lost := w.lost(held); len(lost) > 0 {
		t.Error(lost)
	}
}
