package emulator_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"handover/internal/emulator"
)

// waits is a state machine that waits as long as its input says, and then succeeds or fails as it says.
const waits = `{"StartAt":"Wait","States":{
	"Wait":{"Type":"Wait","SecondsPath":"$.wait","Next":"Good?"},
	"Good?":{"Type":"Choice","Choices":[{"Variable":"$.good","BooleanEquals":true,"Next":"Done"}],"Default":"Bad"},
	"Done":{"Type":"Succeed"},"Bad":{"Type":"Fail","Error":"Sad","Cause":"it was asked for"}}}`

const role = "arn:aws:iam::123456789012:role/r"

func (r *rig) states() *sfn.Client {
	return sfn.NewFromConfig(aws.Config{Region: "eu-west-1", BaseEndpoint: aws.String("http://emulator.invalid"), HTTPClient: direct{r.server}, Credentials: r.ecs.Options().Credentials})
}

// TestExecutionsOfAStateMachine: they run in the world's time, end as their states say or as they are stopped, and have a history of each step.
func TestExecutionsOfAStateMachine(t *testing.T) {
	ctx, r := t.Context(), newRig(t, emulator.Options{})
	c := r.states()
	made := must(c.CreateStateMachine(ctx, &sfn.CreateStateMachineInput{Name: aws.String("waits"), Definition: aws.String(waits), RoleArn: aws.String(role), Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("web")}}}))
	start := func(name, input string) *string {
		return must(c.StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: made.StateMachineArn, Name: &name, Input: &input})).ExecutionArn
	}
	good, bad, stopped := start("good", `{"wait":60,"good":true}`), start("bad", `{"wait":60,"good":false}`), start("stopped", `{"wait":3600,"good":true}`)
	if again := start("good", `{"wait":60,"good":true}`); *again != *good {
		t.Errorf("the same request once more began %s", *again)
	}
	if _, err := c.StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: made.StateMachineArn, Name: aws.String("good"), Input: aws.String(`{"wait":1,"good":true}`)}); !strings.HasPrefix(code(err), "ExecutionAlreadyExists") {
		t.Error(err)
	}
	r.pass(30 * time.Second)
	if got := must(c.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: good})); got.Status != types.ExecutionStatusRunning || got.StopDate != nil || *got.Input != `{"wait":60,"good":true}` {
		t.Errorf("%+v", got)
	}
	must(c.StopExecution(ctx, &sfn.StopExecutionInput{ExecutionArn: stopped, Error: aws.String("Enough"), Cause: aws.String("of it")}))
	r.pass(time.Minute)
	for arn, want := range map[*string]types.ExecutionStatus{good: types.ExecutionStatusSucceeded, bad: types.ExecutionStatusFailed, stopped: types.ExecutionStatusAborted} {
		got := must(c.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: arn}))
		if got.Status != want || got.StopDate == nil || got.StopDate.Sub(*got.StartDate) > 90*time.Second {
			t.Errorf("%s: %+v, want %s", *arn, got, want)
		}
		if want == types.ExecutionStatusFailed && (aws.ToString(got.Error) != "Sad" || aws.ToString(got.Cause) != "it was asked for") {
			t.Errorf("%s: %s %s", *arn, aws.ToString(got.Error), aws.ToString(got.Cause))
		}
	}
	var kinds []string
	for _, e := range must(c.GetExecutionHistory(ctx, &sfn.GetExecutionHistoryInput{ExecutionArn: good})).Events {
		kinds = append(kinds, string(e.Type))
	}
	if got := strings.Join(kinds, " "); got != "ExecutionStarted WaitStateEntered WaitStateExited ChoiceStateEntered ChoiceStateExited SucceedStateEntered SucceedStateExited ExecutionSucceeded" {
		t.Error(got)
	}
	list := must(c.ListExecutions(ctx, &sfn.ListExecutionsInput{StateMachineArn: made.StateMachineArn, StatusFilter: types.ExecutionStatusFailed})).Executions
	if len(list) != 1 || *list[0].ExecutionArn != *bad {
		t.Errorf("%+v", list)
	}
	if tags := must(c.ListTagsForResource(ctx, &sfn.ListTagsForResourceInput{ResourceArn: made.StateMachineArn})).Tags; len(tags) != 1 || *tags[0].Value != "web" {
		t.Errorf("%+v", tags)
	}
}

// TestStateMachines: what is declared comes back, changes, is listed, and is gone; what Step Functions refuses is refused in its words.
func TestStateMachines(t *testing.T) {
	ctx, r := t.Context(), newRig(t, emulator.Options{})
	c := r.states()
	create := func(name, definition, role string) (*sfn.CreateStateMachineOutput, error) {
		return c.CreateStateMachine(ctx, &sfn.CreateStateMachineInput{Name: &name, Definition: &definition, RoleArn: &role})
	}
	first := must(create("waits", waits, role))
	if again := must(create("waits", waits, role)); *again.StateMachineArn != *first.StateMachineArn {
		t.Errorf("%+v", again)
	}
	other := strings.Replace(waits, "it was asked for", "another", 1)
	for want, try := range map[string]func() error{
		"StateMachineAlreadyExists": func() error { _, err := create("waits", other, role); return err },
		"InvalidName":               func() error { _, err := create("no name", waits, role); return err },
		"InvalidDefinition":         func() error { _, err := create("bad", `{"StartAt":"Nowhere","States":{}}`, role); return err },
		"InvalidArn":                func() error { _, err := create("bad", waits, "r"); return err },
		"StateMachineDoesNotExist": func() error {
			_, err := c.StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: aws.String(*first.StateMachineArn + "x")})
			return err
		},
		"ExecutionDoesNotExist": func() error {
			_, err := c.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: aws.String(strings.Replace(*first.StateMachineArn, "stateMachine", "execution", 1) + ":x")})
			return err
		},
		"InvalidExecutionInput": func() error {
			_, err := c.StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: first.StateMachineArn, Input: aws.String("{")})
			return err
		},
	} {
		if err := try(); !strings.HasPrefix(code(err), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	must(c.UpdateStateMachine(ctx, &sfn.UpdateStateMachineInput{StateMachineArn: first.StateMachineArn, Definition: &other}))
	if got := must(c.DescribeStateMachine(ctx, &sfn.DescribeStateMachineInput{StateMachineArn: first.StateMachineArn})); *got.Definition != other || got.Status != types.StateMachineStatusActive {
		t.Errorf("%+v", got)
	}
	if list := must(c.ListStateMachines(ctx, &sfn.ListStateMachinesInput{})).StateMachines; len(list) != 1 || *list[0].Name != "waits" {
		t.Errorf("%+v", list)
	}
	must(c.DeleteStateMachine(ctx, &sfn.DeleteStateMachineInput{StateMachineArn: first.StateMachineArn}))
	if list := must(c.ListStateMachines(ctx, &sfn.ListStateMachinesInput{})).StateMachines; len(list) != 0 {
		t.Errorf("%+v", list)
	}
}
