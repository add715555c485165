package emulator_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"handover/internal/emulator"
)

var (
	scaled  = aws.String("service/prod/api")
	desired = types.ScalableDimensionECSServiceDesiredCount
)

func (r *rig) register(least, most *int32, suspended *types.SuspendedState) error {
	_, err := r.scaling.RegisterScalableTarget(r.t.Context(), &applicationautoscaling.RegisterScalableTargetInput{
		ServiceNamespace: "ecs", ResourceId: scaled, ScalableDimension: desired, MinCapacity: least, MaxCapacity: most, SuspendedState: suspended})
	return err
}

func (r *rig) schedule(name, schedule string, least, most *int32) error {
	_, err := r.scaling.PutScheduledAction(r.t.Context(), &applicationautoscaling.PutScheduledActionInput{ServiceNamespace: "ecs", ResourceId: scaled, ScalableDimension: desired,
		ScheduledActionName: &name, Schedule: &schedule, ScalableTargetAction: &types.ScalableTargetAction{MinCapacity: least, MaxCapacity: most}})
	return err
}

func TestScalableTargetComesBack(t *testing.T) {
	r := newRig(t, emulator.Options{})
	r.scene(2, 100, 200)
	if err := r.register(aws.Int32(3), aws.Int32(5), nil); err != nil {
		t.Fatal(err)
	}
	if s := r.describe(); s.DesiredCount != 2 {
		t.Errorf("a new target has changed the desired count to %d", s.DesiredCount)
	}
	if err := r.register(nil, nil, &types.SuspendedState{DynamicScalingInSuspended: aws.Bool(true)}); err != nil {
		t.Fatal(err)
	}
	if err := r.register(nil, nil, &types.SuspendedState{ScheduledScalingSuspended: aws.Bool(true)}); err != nil {
		t.Fatal(err)
	}
	got := must(r.scaling.DescribeScalableTargets(t.Context(), &applicationautoscaling.DescribeScalableTargetsInput{ServiceNamespace: "ecs", ResourceIds: []string{*scaled}})).ScalableTargets[0]
	if *got.MinCapacity != 3 || *got.MaxCapacity != 5 || !*got.SuspendedState.DynamicScalingInSuspended || *got.SuspendedState.DynamicScalingOutSuspended || !*got.SuspendedState.ScheduledScalingSuspended {
		t.Errorf("the target came back as %+v, suspended %+v", got, got.SuspendedState)
	}
	if s := r.steady(); s.DesiredCount != 3 || s.RunningCount != 3 {
		t.Errorf("any registration of a target that exists clamps: %d of %d run, want 3", s.RunningCount, s.DesiredCount)
	}
	must(r.scaling.TagResource(t.Context(), &applicationautoscaling.TagResourceInput{ResourceARN: got.ScalableTargetARN, Tags: map[string]string{"a": "b", "c": "d"}}))
	must(r.scaling.UntagResource(t.Context(), &applicationautoscaling.UntagResourceInput{ResourceARN: got.ScalableTargetARN, TagKeys: []string{"c"}}))
	if tags := must(r.scaling.ListTagsForResource(t.Context(), &applicationautoscaling.ListTagsForResourceInput{ResourceARN: got.ScalableTargetARN})).Tags; len(tags) != 1 || tags["a"] != "b" {
		t.Errorf("tags: %v", tags)
	}
	must(r.scaling.DeregisterScalableTarget(t.Context(), &applicationautoscaling.DeregisterScalableTargetInput{ServiceNamespace: "ecs", ResourceId: scaled, ScalableDimension: desired}))
	if left := must(r.scaling.DescribeScalableTargets(t.Context(), &applicationautoscaling.DescribeScalableTargetsInput{ServiceNamespace: "ecs"})).ScalableTargets; len(left) != 0 {
		t.Errorf("after deregistration: %+v", left)
	}
}

func TestScheduledActionsHappenInTheWorldsTime(t *testing.T) {
	r := newRig(t, emulator.Options{})
	r.scene(2, 100, 200)
	if err := r.register(aws.Int32(1), aws.Int32(4), nil); err != nil {
		t.Fatal(err)
	}
	if err := r.schedule("noon", "cron(0 12 * * ? *)", aws.Int32(6), aws.Int32(9)); err != nil {
		t.Fatal(err)
	}
	r.pass(4 * time.Hour)
	if s := r.steady(); s.DesiredCount != 6 {
		t.Errorf("after noon the desired count is %d, want 6", s.DesiredCount)
	}
	shown := must(r.scaling.DescribeScheduledActions(t.Context(), &applicationautoscaling.DescribeScheduledActionsInput{ServiceNamespace: "ecs", ScheduledActionNames: []string{"noon"}})).ScheduledActions
	if len(shown) != 1 || *shown[0].Schedule != "cron(0 12 * * ? *)" || *shown[0].ScalableTargetAction.MinCapacity != 6 || shown[0].StartTime != nil {
		t.Errorf("scheduled actions: %+v", shown)
	}
	// A desired count outside of the bounds is taken.
	must(r.ecs.UpdateService(t.Context(), &ecs.UpdateServiceInput{Cluster: aws.String("prod"), Service: aws.String("api"), DesiredCount: aws.Int32(1)}))
	if s := r.steady(); s.DesiredCount != 1 {
		t.Errorf("desired count %d, want 1", s.DesiredCount)
	}
	must(r.scaling.DeleteScheduledAction(t.Context(), &applicationautoscaling.DeleteScheduledActionInput{ServiceNamespace: "ecs", ResourceId: scaled, ScalableDimension: desired, ScheduledActionName: aws.String("noon")}))
	r.pass(24 * time.Hour)
	if s := r.describe(); s.DesiredCount != 1 {
		t.Errorf("a day after the action is gone the desired count is %d, want 1", s.DesiredCount)
	}
}

func TestScalingPoliciesComeBack(t *testing.T) {
	r := newRig(t, emulator.Options{})
	r.scene(2, 100, 200)
	if err := r.register(aws.Int32(1), aws.Int32(4), nil); err != nil {
		t.Fatal(err)
	}
	track := func(name string) (*applicationautoscaling.PutScalingPolicyOutput, error) {
		return r.scaling.PutScalingPolicy(t.Context(), &applicationautoscaling.PutScalingPolicyInput{ServiceNamespace: "ecs", ResourceId: scaled, ScalableDimension: desired,
			PolicyName: &name, PolicyType: types.PolicyTypeTargetTrackingScaling, TargetTrackingScalingPolicyConfiguration: &types.TargetTrackingScalingPolicyConfiguration{
				TargetValue: aws.Float64(75), PredefinedMetricSpecification: &types.PredefinedMetricSpecification{PredefinedMetricType: types.MetricTypeECSServiceAverageCPUUtilization}}})
	}
	made := must(track("cpu"))
	if len(made.Alarms) != 2 || !strings.HasPrefix(*made.Alarms[0].AlarmName, "TargetTracking-service/prod/api-AlarmHigh-") || !strings.HasSuffix(*made.PolicyARN, ":resource/ecs/service/prod/api:policyName/cpu") {
		t.Errorf("the policy is %s with %+v", *made.PolicyARN, made.Alarms)
	}
	if _, err := track("cpu-too"); code(err) != "ValidationException: Only one TargetTrackingScaling policy for a given metric specification is allowed." {
		t.Errorf("a second policy for a metric: %q", code(err))
	}
	must(r.scaling.PutScalingPolicy(t.Context(), &applicationautoscaling.PutScalingPolicyInput{ServiceNamespace: "ecs", ResourceId: scaled, ScalableDimension: desired,
		PolicyName: aws.String("steps"), StepScalingPolicyConfiguration: &types.StepScalingPolicyConfiguration{
			AdjustmentType: types.AdjustmentTypeChangeInCapacity, StepAdjustments: []types.StepAdjustment{{ScalingAdjustment: aws.Int32(2), MetricIntervalLowerBound: aws.Float64(0)}}}}))
	names := ""
	for p := applicationautoscaling.NewDescribeScalingPoliciesPaginator(r.scaling, &applicationautoscaling.DescribeScalingPoliciesInput{ServiceNamespace: "ecs", MaxResults: aws.Int32(1)}); p.HasMorePages(); {
		for _, policy := range must(p.NextPage(t.Context())).ScalingPolicies {
			names += *policy.PolicyName + " " + string(policy.PolicyType) + " "
			if *policy.PolicyName == "cpu" && *policy.TargetTrackingScalingPolicyConfiguration.TargetValue != 75 {
				t.Errorf("the policy came back as %+v", policy)
			}
		}
	}
	if names != "cpu TargetTrackingScaling steps StepScaling " {
		t.Errorf("pages of one gave %q", names)
	}
	remove := &applicationautoscaling.DeleteScalingPolicyInput{ServiceNamespace: "ecs", ResourceId: scaled, ScalableDimension: desired, PolicyName: aws.String("cpu")}
	must(r.scaling.DeleteScalingPolicy(t.Context(), remove))
	_, err := r.scaling.DeleteScalingPolicy(t.Context(), remove)
	if got, want := code(err), "ObjectNotFoundException: No scaling policy found for service namespace: ecs, resource ID: service/prod/api, scalable dimension: ecs:service:DesiredCount, policy name: cpu"; got != want {
		t.Errorf("\n got %q\nwant %q", got, want)
	}
}

// TestScheduledActionsOfTimeZones: an action happens when the clocks of its zone show its time, which is 12:00 in New York at 17:00 UTC in winter; so does one of a group.
func TestScheduledActionsOfTimeZones(t *testing.T) {
	r := newRig(t, emulator.Options{})
	r.scene(1, 100, 200)
	if err := r.register(aws.Int32(1), aws.Int32(2), nil); err != nil {
		t.Fatal(err)
	}
	put := &applicationautoscaling.PutScheduledActionInput{ServiceNamespace: "ecs", ResourceId: scaled, ScalableDimension: desired, ScheduledActionName: aws.String("noon"),
		Schedule: aws.String("cron(0 12 * * ? *)"), Timezone: aws.String("America/New_York"), ScalableTargetAction: &types.ScalableTargetAction{MaxCapacity: aws.Int32(7)}}
	must(r.scaling.PutScheduledAction(t.Context(), put))
	must(r.groups.CreateLaunchConfiguration(t.Context(), &autoscaling.CreateLaunchConfigurationInput{LaunchConfigurationName: aws.String("host"), ImageId: aws.String("ami-12345678"), InstanceType: aws.String("m5.large")}))
	must(r.groups.CreateAutoScalingGroup(t.Context(), &autoscaling.CreateAutoScalingGroupInput{AutoScalingGroupName: aws.String("hosts"), LaunchConfigurationName: aws.String("host"),
		MinSize: aws.Int32(0), MaxSize: aws.Int32(4), AvailabilityZones: []string{"eu-west-1a"}}))
	must(r.groups.PutScheduledUpdateGroupAction(t.Context(), &autoscaling.PutScheduledUpdateGroupActionInput{AutoScalingGroupName: aws.String("hosts"), ScheduledActionName: aws.String("noon"),
		Recurrence: aws.String("1 12 * * *"), TimeZone: aws.String("America/New_York"), MaxSize: aws.Int32(9)}))
	most := func() [2]int32 {
		target := must(r.scaling.DescribeScalableTargets(t.Context(), &applicationautoscaling.DescribeScalableTargetsInput{ServiceNamespace: "ecs"})).ScalableTargets[0]
		sizes := must(r.groups.DescribeAutoScalingGroups(t.Context(), &autoscaling.DescribeAutoScalingGroupsInput{})).AutoScalingGroups[0]
		return [2]int32{*target.MaxCapacity, *sizes.MaxSize}
	}
	r.pass(7*time.Hour + 30*time.Minute)
	if got := most(); got != [2]int32{2, 4} {
		t.Errorf("before 17:00 UTC the most are %v", got)
	}
	r.pass(40 * time.Minute)
	if got := most(); got != [2]int32{7, 9} {
		t.Errorf("after 17:01 UTC the most are %v", got)
	}
	shown := must(r.scaling.DescribeScheduledActions(t.Context(), &applicationautoscaling.DescribeScheduledActionsInput{ServiceNamespace: "ecs"})).ScheduledActions[0]
	if *shown.Timezone != "America/New_York" {
		t.Errorf("the action has the time zone %s", *shown.Timezone)
	}
}

func TestScalingErrors(t *testing.T) {
	r := newRig(t, emulator.Options{})
	r.scene(1, 100, 200)
	const of = "service namespace: ecs, resource ID: service/prod/api, scalable dimension: ecs:service:DesiredCount"
	early := r.schedule("x", "rate(1 hour)", aws.Int32(1), nil)
	_, policy := r.scaling.PutScalingPolicy(t.Context(), &applicationautoscaling.PutScalingPolicyInput{ServiceNamespace: "ecs", ResourceId: scaled, ScalableDimension: desired, PolicyName: aws.String("p")})
	_, deregister := r.scaling.DeregisterScalableTarget(t.Context(), &applicationautoscaling.DeregisterScalableTargetInput{ServiceNamespace: "ecs", ResourceId: scaled, ScalableDimension: desired})
	first := r.register(aws.Int32(1), nil, nil)
	other := func(namespace types.ServiceNamespace, resource string, dimension types.ScalableDimension) error {
		_, err := r.scaling.RegisterScalableTarget(t.Context(), &applicationautoscaling.RegisterScalableTargetInput{ServiceNamespace: namespace, ResourceId: &resource, ScalableDimension: dimension, MinCapacity: aws.Int32(1), MaxCapacity: aws.Int32(2)})
		return err
	}
	if err := r.register(aws.Int32(1), aws.Int32(2), nil); err != nil {
		t.Fatal(err)
	}
	zone := &applicationautoscaling.PutScheduledActionInput{ServiceNamespace: "ecs", ResourceId: scaled, ScalableDimension: desired, ScheduledActionName: aws.String("x"), Schedule: aws.String("rate(1 hour)"), Timezone: aws.String("Mars/Olympus")}
	_, abroad := r.scaling.PutScheduledAction(t.Context(), zone)
	_, token := r.scaling.DescribeScalableTargets(t.Context(), &applicationautoscaling.DescribeScalableTargetsInput{ServiceNamespace: "ecs", NextToken: aws.String("x")})
	for _, c := range []struct {
		err  error
		want string
	}{
		{early, "ObjectNotFoundException: No scalable target registered for " + of},                                                                            // public reports
		{policy, "ObjectNotFoundException: No scalable target registered for " + of},                                                                           // public reports
		{deregister, "ObjectNotFoundException: No scalable target found for " + of},                                                                            // public reports
		{first, "ValidationException: Maximum capacity is required when registering a new scalable target"},                                                    // ours
		{other("ecs", "service/prod/none", desired), "ValidationException: ECS service doesn't exist: service/prod/none"},                                      // public reports
		{other("ecs", "table/x", desired), "ValidationException: Unsupported service namespace, resource type or scalable dimension"},                          // public reports
		{other("dynamodb", "table/x", "dynamodb:table:ReadCapacityUnits"), "ValidationException: The emulator does not offer the service namespace dynamodb."}, // ours
		{abroad, "ValidationException: Invalid time zone: Mars/Olympus"},                                                                                       // ours
		{token, "InvalidNextTokenException: The next token is not valid."},                                                                                     // ours
		{r.schedule("x", "at(2026-11-21T08:00:00)", nil, aws.Int32(1)), "ValidationException: The time of the schedule at(2026-11-21T08:00:00) is over"},       // ours
	} {
		if got := code(c.err); got != c.want {
			t.Errorf("\n got %q\nwant %q", got, c.want)
		}
	}
}

// TestScalingActivitiesTellWhy: a new bound and a scheduled action are remembered with their causes, newest first; one that a later one overtakes is overridden.
func TestScalingActivitiesTellWhy(t *testing.T) {
	r := newRig(t, emulator.Options{})
	r.scene(2, 100, 200)
	if err := r.register(aws.Int32(1), aws.Int32(4), nil); err != nil {
		t.Fatal(err)
	}
	for _, least := range []int32{3, 4} {
		if err := r.register(aws.Int32(least), nil, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.schedule("noon", "cron(0 12 * * ? *)", aws.Int32(6), aws.Int32(9)); err != nil {
		t.Fatal(err)
	}
	r.pass(4 * time.Hour)
	r.steady()
	var got []string
	for _, a := range must(r.scaling.DescribeScalingActivities(t.Context(), &applicationautoscaling.DescribeScalingActivitiesInput{ServiceNamespace: "ecs"})).ScalingActivities {
		got = append(got, string(a.StatusCode)+": "+*a.Description+" "+*a.Cause+" | "+*a.StatusMessage)
	}
	slices.Sort(got) // two of them begin at noon
	want := []string{
		"Overridden: Setting desired count to 3. minimum capacity was set to 3 | Successfully set desired count to 3. Waiting for change to be fulfilled by ecs.",
		"Successful: Setting desired count to 4. minimum capacity was set to 4 | Successfully set desired count to 4. Change successfully fulfilled by ecs.",
		"Successful: Setting desired count to 6. minimum capacity was set to 6 | Successfully set desired count to 6. Change successfully fulfilled by ecs.",
		"Successful: Setting min capacity to 6 and max capacity to 9. scheduled action name noon was triggered | Successfully set min capacity to 6 and max capacity to 9.",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s", strings.Join(got, "\n"))
	}
}
