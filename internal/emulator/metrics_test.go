package emulator_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	watchtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"handover/internal/emulator"
)

// watch is CloudWatch's client as it is: it speaks CBOR.
func (r *rig) watch() *cloudwatch.Client {
	return cloudwatch.New(cloudwatch.Options{Region: "eu-west-1", HTTPClient: direct{r.server}, BaseEndpoint: aws.String("http://emulator.invalid"), Retryer: aws.NopRetryer{},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "secret"}, nil
		})})
}

var ofAPI = []watchtypes.Dimension{{Name: aws.String("ClusterName"), Value: aws.String("prod")}, {Name: aws.String("ServiceName"), Value: aws.String("api")}}

// load says what the CPU utilization of the service is, for so many minutes.
func (r *rig) load(watch *cloudwatch.Client, percent float64, minutes int) {
	r.t.Helper()
	for range minutes {
		must(watch.PutMetricData(r.t.Context(), &cloudwatch.PutMetricDataInput{Namespace: aws.String("AWS/ECS"), MetricData: []watchtypes.MetricDatum{
			{MetricName: aws.String("CPUUtilization"), Dimensions: ofAPI, Value: &percent, Unit: watchtypes.StandardUnitPercent}}}))
		r.pass(time.Minute)
	}
}

func (r *rig) stateOf(watch *cloudwatch.Client, prefix string) map[string]watchtypes.StateValue {
	states := map[string]watchtypes.StateValue{}
	for p := cloudwatch.NewDescribeAlarmsPaginator(watch, &cloudwatch.DescribeAlarmsInput{AlarmNamePrefix: &prefix, MaxRecords: aws.Int32(1)}); p.HasMorePages(); {
		for _, a := range must(p.NextPage(r.t.Context())).MetricAlarms {
			states[*a.AlarmName] = a.StateValue
		}
	}
	return states
}

// TestTargetTrackingFollowsItsMetric: three minutes above the target raise the count at once, fifteen below nine tenths of it lower it; the alarms show the same, and
// go with the policy.
func TestTargetTrackingFollowsItsMetric(t *testing.T) {
	r := newRig(t, emulator.Options{})
	r.scene(4, 100, 200)
	watch := r.watch()
	if err := r.register(aws.Int32(1), aws.Int32(10), nil); err != nil {
		t.Fatal(err)
	}
	made := must(r.scaling.PutScalingPolicy(t.Context(), &applicationautoscaling.PutScalingPolicyInput{ServiceNamespace: "ecs", ResourceId: scaled, ScalableDimension: desired,
		PolicyName: aws.String("cpu"), PolicyType: types.PolicyTypeTargetTrackingScaling, TargetTrackingScalingPolicyConfiguration: &types.TargetTrackingScalingPolicyConfiguration{
			TargetValue: aws.Float64(60), PredefinedMetricSpecification: &types.PredefinedMetricSpecification{PredefinedMetricType: types.MetricTypeECSServiceAverageCPUUtilization}}}))
	r.load(watch, 90, 2)
	if s := r.describe(); s.DesiredCount != 4 {
		t.Errorf("after two minutes the desired count is %d, want 4", s.DesiredCount)
	}
	r.load(watch, 90, 1)
	if s := r.steady(); s.DesiredCount != 6 {
		t.Errorf("4 tasks at 90 %% for a target of 60 %% are %d, want 6", s.DesiredCount)
	}
	high, low := *made.Alarms[0].AlarmName, *made.Alarms[1].AlarmName
	if got := r.stateOf(watch, "TargetTracking-"); got[high] != watchtypes.StateValueAlarm || got[low] != watchtypes.StateValueOk || len(got) != 2 {
		t.Errorf("alarms: %v", got)
	}
	r.load(watch, 30, 16)
	if s := r.steady(); s.DesiredCount != 5 {
		t.Errorf("after 16 minutes at 30 %% the desired count is %d, want 5", s.DesiredCount)
	}
	shown := must(watch.DescribeAlarmsForMetric(t.Context(), &cloudwatch.DescribeAlarmsForMetricInput{Namespace: aws.String("AWS/ECS"), MetricName: aws.String("CPUUtilization"), Dimensions: ofAPI})).MetricAlarms
	if len(shown) != 2 || *shown[0].Threshold != 60 || *shown[1].Threshold != 54 || shown[0].AlarmActions[0] != *made.PolicyARN {
		t.Errorf("alarms of the metric: %+v", shown)
	}
	must(r.scaling.DeleteScalingPolicy(t.Context(), &applicationautoscaling.DeleteScalingPolicyInput{ServiceNamespace: "ecs", ResourceId: scaled, ScalableDimension: desired, PolicyName: aws.String("cpu")}))
	if got := r.stateOf(watch, "TargetTracking-"); len(got) != 0 {
		t.Errorf("after the policy is gone there are alarms: %v", got)
	}
}

// TestAnAlarmStepsAServiceAndTellsATopic: an alarm that is raised by its metric, and one that is set by hand.
func TestAnAlarmStepsAServiceAndTellsATopic(t *testing.T) {
	r := newRig(t, emulator.Options{})
	r.scene(2, 100, 200)
	watch := r.watch()
	if err := r.register(aws.Int32(1), aws.Int32(10), nil); err != nil {
		t.Fatal(err)
	}
	policy := must(r.scaling.PutScalingPolicy(t.Context(), &applicationautoscaling.PutScalingPolicyInput{ServiceNamespace: "ecs", ResourceId: scaled, ScalableDimension: desired,
		PolicyName: aws.String("busy"), StepScalingPolicyConfiguration: &types.StepScalingPolicyConfiguration{AdjustmentType: types.AdjustmentTypeChangeInCapacity, Cooldown: aws.Int32(60),
			StepAdjustments: []types.StepAdjustment{{MetricIntervalLowerBound: aws.Float64(0), MetricIntervalUpperBound: aws.Float64(20), ScalingAdjustment: aws.Int32(1)},
				{MetricIntervalLowerBound: aws.Float64(20), ScalingAdjustment: aws.Int32(3)}}}}))
	topic := must(r.sns.CreateTopic(t.Context(), &sns.CreateTopicInput{Name: aws.String("told")})).TopicArn
	queue := must(r.sqs.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("told")})).QueueUrl
	must(r.sns.Subscribe(t.Context(), &sns.SubscribeInput{TopicArn: topic, Protocol: aws.String("sqs"), Endpoint: aws.String("arn:aws:sqs:eu-west-1:123456789012:told")}))
	put := func(actions ...string) {
		must(watch.PutMetricAlarm(t.Context(), &cloudwatch.PutMetricAlarmInput{AlarmName: aws.String("busy"), Namespace: aws.String("AWS/ECS"), MetricName: aws.String("CPUUtilization"),
			Dimensions: ofAPI, Statistic: watchtypes.StatisticMaximum, Period: aws.Int32(60), EvaluationPeriods: aws.Int32(2), Threshold: aws.Float64(70),
			ComparisonOperator: watchtypes.ComparisonOperatorGreaterThanThreshold, AlarmActions: actions, AlarmDescription: aws.String("too much"), TreatMissingData: aws.String("ignore")}))
	}
	put(*policy.PolicyARN, *topic)
	r.load(watch, 95, 2)
	if s := r.steady(); s.DesiredCount != 5 {
		t.Errorf("25 beyond the threshold give a desired count of %d, want 2 + 3", s.DesiredCount)
	}
	got := must(r.sqs.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: queue})).Messages
	if len(got) != 1 || !strings.Contains(*got[0].Body, `\"NewStateValue\":\"ALARM\"`) {
		t.Errorf("messages: %+v", got)
	}
	alarm := must(watch.DescribeAlarms(t.Context(), &cloudwatch.DescribeAlarmsInput{AlarmNames: []string{"busy"}})).MetricAlarms[0]
	if *alarm.AlarmDescription != "too much" || *alarm.Threshold != 70 || alarm.StateValue != watchtypes.StateValueAlarm || alarm.StateTransitionedTimestamp == nil || len(alarm.AlarmActions) != 2 {
		t.Errorf("the alarm came back as %+v", alarm)
	}
	// By hand, with its actions disabled and enabled again. Its metric is silent, and missing data are ignored.
	set := func(state watchtypes.StateValue) {
		must(watch.SetAlarmState(t.Context(), &cloudwatch.SetAlarmStateInput{AlarmName: aws.String("busy"), StateValue: state, StateReason: aws.String("by hand")}))
	}
	r.pass(4 * time.Hour)
	must(watch.DisableAlarmActions(t.Context(), &cloudwatch.DisableAlarmActionsInput{AlarmNames: []string{"busy", "none"}}))
	set(watchtypes.StateValueOk)
	set(watchtypes.StateValueAlarm)
	if s := r.steady(); s.DesiredCount != 5 {
		t.Errorf("an alarm without values, and one whose actions are disabled, give a desired count of %d, want 5", s.DesiredCount)
	}
	set(watchtypes.StateValueOk)
	must(watch.EnableAlarmActions(t.Context(), &cloudwatch.EnableAlarmActionsInput{AlarmNames: []string{"busy"}}))
	set(watchtypes.StateValueAlarm)
	if s := r.steady(); s.DesiredCount != 6 {
		t.Errorf("an alarm that is set by hand gives a desired count of %d, want 5 + 1", s.DesiredCount)
	}
	if _, err := watch.DeleteAlarms(t.Context(), &cloudwatch.DeleteAlarmsInput{AlarmNames: []string{"busy", "none"}}); err == nil {
		t.Error("an alarm that is not there was deleted")
	}
	must(watch.DeleteAlarms(t.Context(), &cloudwatch.DeleteAlarmsInput{AlarmNames: []string{"busy"}}))
	if left := r.stateOf(watch, ""); len(left) != 0 {
		t.Errorf("alarms after all were deleted: %v", left)
	}
}

// TestSeveralMetricsAreReadAtOnce: newest first, under the id of each query; an expression that is not the id of another query is refused by name.
func TestSeveralMetricsAreReadAtOnce(t *testing.T) {
	r := newRig(t, emulator.Options{})
	watch := r.watch()
	r.load(watch, 40, 1)
	r.load(watch, 60, 1)
	query := func(id string, statistic watchtypes.Statistic) watchtypes.MetricDataQuery {
		return watchtypes.MetricDataQuery{Id: &id, MetricStat: &watchtypes.MetricStat{Period: aws.Int32(60), Stat: aws.String(string(statistic)),
			Metric: &watchtypes.Metric{Namespace: aws.String("AWS/ECS"), MetricName: aws.String("CPUUtilization"), Dimensions: ofAPI}}}
	}
	hidden := query("count", watchtypes.StatisticSampleCount)
	hidden.ReturnData = aws.Bool(false)
	in := &cloudwatch.GetMetricDataInput{StartTime: aws.Time(morning), EndTime: aws.Time(morning.Add(10 * time.Minute)), MetricDataQueries: []watchtypes.MetricDataQuery{
		query("cpu", watchtypes.StatisticAverage), hidden, {Id: aws.String("tasks"), Expression: aws.String("count"), Label: aws.String("counted")}}}
	var got []string
	for _, one := range must(watch.GetMetricData(t.Context(), in)).MetricDataResults {
		got = append(got, fmt.Sprint(*one.Id, " ", *one.Label, " ", one.Values, " ", one.StatusCode, " ", one.Timestamps[0].Sub(morning)))
	}
	want := []string{"cpu CPUUtilization [60 40] Complete 1m0s", "tasks counted [1 1] Complete 1m0s"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	for want, wrong := range map[string]watchtypes.MetricDataQuery{
		"The parameter MetricDataQueries.member.1.MetricStat is required.": {Id: aws.String("e")}, "The emulator offers no expression": {Id: aws.String("e"), Expression: aws.String("2*3")},
		"is not matching the expected pattern": query("CPU", watchtypes.StatisticSum), "is not supported": query("cpu", "p99"),
	} {
		in.MetricDataQueries = []watchtypes.MetricDataQuery{wrong}
		if _, err := watch.GetMetricData(t.Context(), in); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
