package emulator_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"

	"handover/internal/emulator"
)

// TestPoliciesThatCannotBeFollowed has AWS's words from public reports.
func TestPoliciesThatCannotBeFollowed(t *testing.T) {
	r := newRig(t, emulator.Options{})
	r.scene(1, 100, 200)
	if err := r.register(aws.Int32(1), aws.Int32(4), nil); err != nil {
		t.Fatal(err)
	}
	step := func(from, to *float64, by int32) types.StepAdjustment {
		return types.StepAdjustment{MetricIntervalLowerBound: from, MetricIntervalUpperBound: to, ScalingAdjustment: &by}
	}
	steps := func(kind types.AdjustmentType, all ...types.StepAdjustment) *applicationautoscaling.PutScalingPolicyInput {
		return &applicationautoscaling.PutScalingPolicyInput{PolicyType: types.PolicyTypeStepScaling, StepScalingPolicyConfiguration: &types.StepScalingPolicyConfiguration{AdjustmentType: kind, StepAdjustments: all}}
	}
	change, at := types.AdjustmentTypeChangeInCapacity, aws.Float64
	track := func(own bool, metric types.MetricType, label *string) *applicationautoscaling.PutScalingPolicyInput {
		c := &types.TargetTrackingScalingPolicyConfiguration{TargetValue: aws.Float64(50)}
		if own {
			c.CustomizedMetricSpecification = &types.CustomizedMetricSpecification{MetricName: aws.String("m"), Namespace: aws.String("n"), Statistic: types.MetricStatisticSum}
		}
		if metric != "" {
			c.PredefinedMetricSpecification = &types.PredefinedMetricSpecification{PredefinedMetricType: metric, ResourceLabel: label}
		}
		return &applicationautoscaling.PutScalingPolicyInput{PolicyType: types.PolicyTypeTargetTrackingScaling, TargetTrackingScalingPolicyConfiguration: c}
	}
	magnitude := steps(change, step(at(0), nil, 1))
	magnitude.StepScalingPolicyConfiguration.MinAdjustmentMagnitude = aws.Int32(2)
	both := track(false, types.MetricTypeECSServiceAverageCPUUtilization, nil)
	both.StepScalingPolicyConfiguration = magnitude.StepScalingPolicyConfiguration
	for want, in := range map[string]*applicationautoscaling.PutScalingPolicyInput{
		"StepScaling policy configuration must be specified":                                                                  {PolicyType: types.PolicyTypeStepScaling},
		"You must only provide a single scaling policy configuration, which must match the scaling policy type specified.":    both,
		"Adjustment type must be specified":                                                                                   steps("", step(at(0), nil, 1)),
		"There must be at least one step adjustment":                                                                          steps(change),
		"Minimum adjustment magnitude is only allowed for adjustment type PercentChangeInCapacity":                            magnitude,
		"Both lower and upper bounds of a step adjustment cannot be left unspecified":                                         steps(change, step(nil, nil, 1)),
		"Lower bound must be less than upper bound for a step adjustment":                                                     steps(change, step(at(10), at(10), 1), step(at(10), nil, 1)),
		"Scaling adjustment cannot be less than 0 when adjustment type is ExactCapacity":                                      steps(types.AdjustmentTypeExactCapacity, step(at(0), nil, -1)),
		"At most one step adjustment may have an unspecified lower bound":                                                     steps(change, step(nil, at(-1), -2), step(nil, at(0), -1), step(at(0), nil, 1)),
		"At most one step adjustment may have an unspecified upper bound":                                                     steps(change, step(nil, at(0), -1), step(at(0), nil, 1), step(at(10), nil, 2)),
		"Step adjustment intervals cannot overlap":                                                                            steps(change, step(at(10), nil, 2), step(at(0), at(20), 1)),
		"Step adjustment intervals cannot have gaps between them":                                                             steps(change, step(at(0), at(10), 1), step(at(20), nil, 2)),
		"There must be a step adjustment with an unspecified lower bound when one step adjustment has a negative lower bound": steps(change, step(at(-1), at(0), -1), step(at(0), nil, 1)),
		"There must be a step adjustment with an unspecified upper bound when one step adjustment has a positive upper bound": steps(change, step(nil, at(0), -1), step(at(0), at(1), 1)),
		"Only one of PredefinedMetricSpecification or CustomizedMetricSpecification can be set for target tracking scaling.":  track(true, types.MetricTypeECSServiceAverageCPUUtilization, nil),
		"PredefinedMetricSpecification or CustomizedMetricSpecification must be set for target tracking scaling.":             track(false, "", nil),
		"Resource label should be specified for predefined metric type ALBRequestCountPerTarget":                              track(false, types.MetricTypeALBRequestCountPerTarget, nil),
		"Invalid resource label 'lb/tg' for predefined metric type ALBRequestCountPerTarget":                                  track(false, types.MetricTypeALBRequestCountPerTarget, aws.String("lb/tg")),
		"Resource label should not be specified for predefined metric type ECSServiceAverageCPUUtilization":                   track(false, types.MetricTypeECSServiceAverageCPUUtilization, aws.String("app/lb/1/targetgroup/tg/1")),
	} {
		in.ServiceNamespace, in.ResourceId, in.ScalableDimension, in.PolicyName = "ecs", scaled, desired, aws.String("p")
		if _, err := r.scaling.PutScalingPolicy(t.Context(), in); code(err) != "ValidationException: "+want {
			t.Errorf("\n got %q\nwant %q", code(err), "ValidationException: "+want)
		}
	}
}

// TestScheduledActionsThatCannotBe has AWS's words from public reports.
func TestScheduledActionsThatCannotBe(t *testing.T) {
	r := newRig(t, emulator.Options{})
	r.scene(1, 100, 200)
	if err := r.register(aws.Int32(1), aws.Int32(4), nil); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*applicationautoscaling.PutScheduledActionInput){
		"ScalableTargetAction must be set": func(in *applicationautoscaling.PutScheduledActionInput) { in.ScalableTargetAction = nil },
		"At least one of minimum capacity and maximum capacity should be provided": func(in *applicationautoscaling.PutScheduledActionInput) {
			in.ScalableTargetAction = &types.ScalableTargetAction{}
		},
		"StartTime must be before EndTime": func(in *applicationautoscaling.PutScheduledActionInput) {
			in.StartTime, in.EndTime = aws.Time(morning.Add(time.Hour)), aws.Time(morning)
		},
		`Invalid schedule expression. Details: Schedule expressions must have the following syntax: rate(<number>\s?(minutes?|hours?|days?)), cron(<cron_expression>) or at(yyyy-MM-dd'T'HH:mm:ss).`: func(in *applicationautoscaling.PutScheduledActionInput) {
			in.Schedule = aws.String("0 8 1 * ? *")
		},
		`1 validation error detected: Value 'a:b' at 'scheduledActionName' failed to satisfy constraint: Member must satisfy regular expression pattern: ` +
			`(?!((^[ ]+.*)|(.*([\u0000-\u001f]|[\u007f-\u009f]|[:/|])+.*)|(.*[ ]+$))).+`: func(in *applicationautoscaling.PutScheduledActionInput) {
			in.ScheduledActionName = aws.String("a:b")
		},
	} {
		in := &applicationautoscaling.PutScheduledActionInput{ServiceNamespace: "ecs", ResourceId: scaled, ScalableDimension: desired, ScheduledActionName: aws.String("x"),
			Schedule: aws.String("rate(1 hour)"), ScalableTargetAction: &types.ScalableTargetAction{MinCapacity: aws.Int32(1)}}
		change(in)
		if _, err := r.scaling.PutScheduledAction(t.Context(), in); code(err) != "ValidationException: "+want {
			t.Errorf("\n got %q\nwant %q", code(err), "ValidationException: "+want)
		}
	}
}
