package emulator_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"handover/internal/emulator"
)

// TestAlarmsHaveTheStateTheyWereGiven: an alarm is made, has no data, is set, and is found by its name and by its state.
func TestAlarmsHaveTheStateTheyWereGiven(t *testing.T) {
	r := newRig(t, emulator.Options{})
	watch := cloudwatch.New(cloudwatch.Options{Region: "eu-west-1", HTTPClient: direct{r.server}, BaseEndpoint: aws.String("http://emulator.invalid"), Retryer: aws.NopRetryer{},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "secret"}, nil
		})})
	state := func(in cloudwatch.DescribeAlarmsInput) []types.StateValue {
		out, err := watch.DescribeAlarms(t.Context(), &in)
		if err != nil {
			t.Fatal(err)
		}
		var states []types.StateValue
		for _, a := range out.MetricAlarms {
			states = append(states, a.StateValue)
		}
		return states
	}
	set := cloudwatch.SetAlarmStateInput{AlarmName: aws.String("errors"), StateValue: types.StateValueAlarm, StateReason: aws.String("5xx at 4 %")}
	if _, err := watch.SetAlarmState(t.Context(), &set); err == nil {
		t.Error("an alarm that is not there was set")
	}
	if _, err := watch.PutMetricAlarm(t.Context(), &cloudwatch.PutMetricAlarmInput{AlarmName: aws.String("errors"), ComparisonOperator: types.ComparisonOperatorGreaterThanThreshold, EvaluationPeriods: aws.Int32(1)}); err != nil {
		t.Fatal(err)
	}
	if got := state(cloudwatch.DescribeAlarmsInput{AlarmNames: []string{"errors", "none"}}); len(got) != 1 || got[0] != types.StateValueInsufficientData {
		t.Errorf("a new alarm is %v", got)
	}
	if _, err := watch.SetAlarmState(t.Context(), &set); err != nil {
		t.Fatal(err)
	}
	if got := state(cloudwatch.DescribeAlarmsInput{StateValue: types.StateValueAlarm, AlarmNamePrefix: aws.String("err")}); len(got) != 1 {
		t.Errorf("%d alarms are in ALARM", len(got))
	}
	if got := state(cloudwatch.DescribeAlarmsInput{AlarmTypes: []types.AlarmType{types.AlarmTypeCompositeAlarm}}); len(got) != 0 {
		t.Errorf("there are %d composite alarms", len(got))
	}
}
