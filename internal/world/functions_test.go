package world_test

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"handover/internal/cluster"
	"handover/internal/world"
)

// lambdaRig is a world with a function whose program is a Go function.
type lambdaRig struct {
	*world.World
	t       *testing.T
	program func(i cluster.Invocation) (answer string, failed bool)
	seen    []cluster.Invocation
}

// arnOf is the ARN of a resource in the test's place.
func arnOf(of, resource string) string {
	arn := place.With(resource)
	arn.Service = of
	return arn.String()
}

func newLambdaRig(t *testing.T, f cluster.Function) *lambdaRig {
	t.Helper()
	r := &lambdaRig{World: grouped(t, 1, cluster.Hook{Name: "drain", Transition: cluster.TransitionTerminating, Timeout: time.Hour, Default: "ABANDON"}), t: t}
	r.program = func(cluster.Invocation) (string, bool) { return `{}`, false }
	f.Name, f.Timeout, f.MaxAge = "drain", 15*time.Minute, 6*time.Hour
	if got := r.do(cluster.PutFunction{Function: f}); got != r.arn() {
		t.Fatalf("the function is %s", got)
	}
	return r
}

func (r *lambdaRig) arn() string { return arnOf("lambda", "function:drain") }

func (r *lambdaRig) do(a cluster.Action) string {
	r.t.Helper()
	answer, err := r.Act(r.Now(), a)
	if err != nil {
		r.t.Fatalf("%s: %v", a.Kind(), err)
	}
	if len(answer.IDs) == 0 {
		return ""
	}
	return answer.IDs[0]
}

// run lets time pass, and runs the program for each invocation, which takes it no time.
func (r *lambdaRig) run(d time.Duration) {
	r.t.Helper()
	end := r.Now().Add(d)
	for {
		for ready := r.Invocations(cluster.InvocationReady); len(ready) > 0; ready = r.Invocations(cluster.InvocationReady) {
			i := ready[0]
			r.seen = append(r.seen, i)
			r.do(cluster.TakeInvocation{ID: i.ID})
			if answer, failed := r.program(i); answer != "" {
				r.do(cluster.EndInvocation{ID: i.ID, Answer: answer, Failed: failed})
			}
		}
		next, ok := r.Next()
		if !ok || next.After(end) {
			break
		}
		r.AdvanceTo(next)
	}
	r.AdvanceTo(end)
}

// TestAnAsynchronousInvocationIsTriedThreeTimes: after one minute and after two, and is then told of.
func TestAnAsynchronousInvocationIsTriedThreeTimes(t *testing.T) {
	queue := arnOf("sqs", "failed")
	r := newLambdaRig(t, cluster.Function{Retries: 2, OnFailure: queue})
	r.do(cluster.PutQueue{Queue: cluster.Queue{Name: "failed", Visibility: time.Minute, Retention: time.Hour}})
	var at []time.Duration
	began := r.Now()
	r.program = func(cluster.Invocation) (string, bool) {
		at = append(at, r.Now().Sub(began))
		return `{"errorType":"Broken","errorMessage":"no"}`, true
	}
	r.do(cluster.Invoke{Function: r.arn(), Payload: `{"a":1}`, Async: true})
	r.run(time.Hour)
	if want := []time.Duration{0, time.Minute, 3 * time.Minute}; !slices.Equal(at, want) {
		t.Errorf("attempts at %v, want %v", at, want)
	}
	if r.seen[0].ID != r.seen[2].ID || r.seen[2].Attempt != 3 {
		t.Errorf("the attempts are %+v and %+v", r.seen[0], r.seen[2])
	}
	receipt := r.do(cluster.ReceiveMessages{Queue: queue, Most: 1})
	m, ok := r.MessageAt(queue, receipt)
	if !ok || !strings.Contains(m.Body, `"condition":"RetriesExhausted"`) || !strings.Contains(m.Body, `"approximateInvokeCount":3`) || !strings.Contains(m.Body, `"requestPayload":{"a":1}`) {
		t.Errorf("the destination got %s", m.Body)
	}
}

// TestTheTimeLimitEndsAnInvocation, also where its environment is never heard of again.
func TestTheTimeLimitEndsAnInvocation(t *testing.T) {
	r := newLambdaRig(t, cluster.Function{})
	r.program = func(cluster.Invocation) (string, bool) { return "", false }
	id := r.do(cluster.Invoke{Function: r.arn(), Payload: `{}`})
	r.run(15*time.Minute - time.Second)
	if i, _ := r.Invocation(id); i.State != cluster.InvocationRunning {
		t.Fatalf("%+v", i)
	}
	r.run(time.Second)
	if i, _ := r.Invocation(id); i.State != cluster.InvocationEnded || !i.Failed || !strings.Contains(i.Answer, "Task timed out after 900.00 seconds") {
		t.Errorf("%+v", i)
	}
	if _, err := r.Act(r.Now(), cluster.EndInvocation{ID: id, Answer: "{}"}); err == nil {
		t.Error("it ended twice")
	}
	r.run(10 * time.Minute)
	if _, there := r.Invocation(id); there {
		t.Error("it is never forgotten")
	}
}

// TestALoopThroughATopicIsEnded after 16 rounds, unless the function allows it.
func TestALoopThroughATopicIsEnded(t *testing.T) {
	for _, allowed := range []bool{false, true} {
		r := newLambdaRig(t, cluster.Function{Recursive: allowed, Grants: []cluster.Grant{{ID: "sns", Action: "lambda:InvokeFunction", Principal: "sns.amazonaws.com"}}})
		topic := r.do(cluster.PutTopic{Topic: cluster.Topic{Name: "loop"}})
		r.do(cluster.PutSubscription{Subscription: cluster.Subscription{Topic: topic, Protocol: "lambda", Endpoint: r.arn()}})
		r.program = func(i cluster.Invocation) (string, bool) {
			if len(r.seen) < 30 {
				r.do(cluster.Publish{Topic: topic, Message: cluster.Message{Body: "again", Lineage: i.Lineage}})
			}
			return `{}`, false
		}
		r.do(cluster.Publish{Topic: topic, Message: cluster.Message{Body: "go"}})
		r.run(time.Hour)
		stopped, _ := r.Loops()
		if want := map[bool]int{false: 16, true: 30}[allowed]; len(r.seen) != want || stopped != map[bool]int{false: 1, true: 0}[allowed] {
			t.Errorf("allowed %v: %d invocations, want %d; %d were stopped", allowed, len(r.seen), want, stopped)
		}
		if !strings.Contains(r.seen[0].Payload, `"EventSource":"aws:sns"`) || !strings.Contains(r.seen[0].Payload, `"Message":"go"`) {
			t.Errorf("the event is %s", r.seen[0].Payload)
		}
	}
}

// TestSNSNeedsTheFunctionsPermission: without it the message is lost, as on AWS.
func TestSNSNeedsTheFunctionsPermission(t *testing.T) {
	for source, want := range map[string]int{"": 1, "loop": 1, "arn:*:loop": 1, "other": 0} {
		grant := cluster.Grant{ID: "sns", Action: "lambda:InvokeFunction", Principal: "sns.amazonaws.com", Source: source}
		if source == "loop" || source == "other" {
			grant.Source = arnOf("sns", source)
		}
		r := newLambdaRig(t, cluster.Function{Grants: []cluster.Grant{grant}})
		topic := r.do(cluster.PutTopic{Topic: cluster.Topic{Name: "loop"}})
		r.do(cluster.PutSubscription{Subscription: cluster.Subscription{Topic: topic, Protocol: "lambda", Endpoint: r.arn()}})
		r.do(cluster.Publish{Topic: topic, Message: cluster.Message{Body: "go"}})
		if r.run(time.Minute); len(r.seen) != want {
			t.Errorf("granted to %q: %d invocations, want %d", grant.Source, len(r.seen), want)
		}
	}
}

// TestAQueueIsReceivedForAFunction: what succeeds is deleted, what is named as failed is received again, and after too many times it is in the dead letter queue.
func TestAQueueIsReceivedForAFunction(t *testing.T) {
	r := newLambdaRig(t, cluster.Function{})
	dead := r.do(cluster.PutQueue{Queue: cluster.Queue{Name: "dead", Visibility: time.Minute, Retention: 24 * time.Hour}})
	queue := r.do(cluster.PutQueue{Queue: cluster.Queue{Name: "work", Visibility: 16 * time.Minute, Retention: 24 * time.Hour, DeadLetter: dead, MaxReceives: 3}})
	r.do(cluster.PutMapping{Mapping: cluster.Mapping{Queue: queue, Function: r.arn(), Enabled: true, Batch: 10, Partial: true}})
	r.program = func(i cluster.Invocation) (string, bool) {
		var failures []string
		for n, id := range i.Messages {
			if strings.Contains(i.Payload, "bad") && n == len(i.Messages)-1 {
				failures = append(failures, fmt.Sprintf(`{"itemIdentifier":%q}`, id))
			}
		}
		return `{"batchItemFailures":[` + strings.Join(failures, ",") + `]}`, false
	}
	for _, body := range []string{"good", "bad"} {
		r.do(cluster.SendMessage{Queue: queue, Message: cluster.Message{Body: body}})
	}
	r.run(time.Second)
	if len(r.seen) != 1 || len(r.seen[0].Messages) != 2 {
		t.Fatalf("%d invocations, of which the first has %d messages", len(r.seen), len(r.seen[0].Messages))
	}
	r.run(2 * time.Hour)
	left, hidden, _ := r.MessageCounts(queue, r.Now())
	buried, _, _ := r.MessageCounts(dead, r.Now())
	if len(r.seen) != 3 || left+hidden != 0 || buried != 1 {
		t.Errorf("%d invocations, %d messages left, %d dead", len(r.seen), left+hidden, buried)
	}
}

// TestALifecycleHookIsHeardThroughARule.
func TestALifecycleHookIsHeardThroughARule(t *testing.T) {
	r := newLambdaRig(t, cluster.Function{Grants: []cluster.Grant{{ID: "events", Action: "lambda:InvokeFunction", Principal: "events.amazonaws.com"}}})
	r.do(cluster.PutRule{Rule: cluster.Rule{Name: "hooks", Enabled: true, Targets: []cluster.RuleTarget{{ID: "f", ARN: r.arn()}},
		Pattern: `{"source":["aws.autoscaling"],"detail-type":["EC2 Instance-terminate Lifecycle Action"],"detail":{"LifecycleHookName":["drain"]}}`}})
	r.run(10 * time.Minute)
	instance := r.Groups()[0].Instances[0].ID
	r.do(cluster.TerminateGroupInstance{Instance: instance})
	r.run(time.Minute)
	if len(r.seen) != 1 {
		t.Fatalf("%d invocations", len(r.seen))
	}
	var event struct {
		Source    string
		Resources []string
		Detail    struct{ EC2InstanceID, LifecycleActionToken, LifecycleTransition string }
	}
	if err := json.Unmarshal([]byte(r.seen[0].Payload), &event); err != nil {
		t.Fatal(err)
	}
	if event.Source != "aws.autoscaling" || event.Detail.EC2InstanceID != instance || event.Detail.LifecycleActionToken == "" || len(event.Resources) != 1 {
		t.Errorf("the event is %s", r.seen[0].Payload)
	}
}

// TestTheBusHasWhatECSSays: a rule that takes all hears of a rollout from its begin to its end, and of every status of a task in order.
func TestTheBusHasWhatECSSays(t *testing.T) {
	r := newLambdaRig(t, cluster.Function{})
	queue := r.do(cluster.PutQueue{Queue: cluster.Queue{Name: "all", Visibility: time.Hour, Retention: 24 * time.Hour}})
	r.do(cluster.PutRule{Rule: cluster.Rule{Name: "all", Enabled: true, Pattern: `{"source":["aws.ecs"]}`, Targets: []cluster.RuleTarget{{ID: "q", ARN: queue}}}})
	r.do(cluster.RegisterTaskDefinition{Family: "api", Containers: []cluster.ContainerDefinition{{Name: "app", Image: "api:1", Memory: 64}}})
	r.do(cluster.CreateService{Service: cluster.ServiceKey{Cluster: "default", Service: "api"}, Definition: "api", Desired: 1, Launch: cluster.EC2})
	if err := r.Report(r.Now(), world.Report{Kind: world.CapacityGone, ID: world.FargateSpot}); err != nil {
		t.Fatal(err)
	}
	r.do(cluster.CreateService{Service: cluster.ServiceKey{Cluster: "default", Service: "spot"}, Definition: "api", Desired: 1, Providers: []cluster.ProviderShare{{Name: world.FargateSpot, Weight: 1}}})
	r.run(10 * time.Minute)
	statuses, said := []string{}, map[string]int{}
	for {
		answer, err := r.Act(r.Now(), cluster.ReceiveMessages{Queue: queue, Most: 1})
		if err != nil || len(answer.IDs) == 0 {
			break
		}
		m, _ := r.MessageAt(queue, answer.IDs[0])
		var event struct {
			Kind   string `json:"detail-type"`
			Detail struct {
				LastStatus, EventName, Reason string
				CapacityProviderArns          []string
			}
		}
		if err := json.Unmarshal([]byte(m.Body), &event); err != nil {
			t.Fatal(err)
		}
		about := event.Kind + " " + event.Detail.EventName
		if event.Kind == "ECS Service Action" {
			about += " " + event.Detail.Reason
		}
		said[strings.TrimSpace(about)]++
		if of := event.Detail.CapacityProviderArns; len(of) > 0 && !strings.HasSuffix(of[0], ":capacity-provider/FARGATE_SPOT") {
			t.Errorf("what lacks capacity is %v", of)
		}
		if event.Kind == "ECS Task State Change" {
			statuses = append(statuses, event.Detail.LastStatus)
		}
	}
	if want := []string{"PROVISIONING", "PENDING", "ACTIVATING", "RUNNING"}; !slices.Equal(statuses, want) {
		t.Errorf("the task was %v, want %v", statuses, want)
	}
	for _, want := range []string{"ECS Deployment State Change SERVICE_DEPLOYMENT_IN_PROGRESS", "ECS Deployment State Change SERVICE_DEPLOYMENT_COMPLETED",
		"ECS Service Action SERVICE_STEADY_STATE", "ECS Container Instance State Change", "ECS Service Action SERVICE_TASK_PLACEMENT_FAILURE RESOURCE:FARGATE"} {
		if said[want] == 0 {
			t.Errorf("nobody said %s: %v", want, said)
		}
	}
}

// carryMachine is the definition in deploy/drain.yaml, with the function in its place.
func carryMachine(t *testing.T, function string) string {
	t.Helper()
	text, err := os.ReadFile("../../deploy/drain.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var read struct {
		Resources map[string]struct {
			Properties struct {
				DefinitionString string `yaml:"DefinitionString"`
			} `yaml:"Properties"`
		} `yaml:"Resources"`
	}
	_ = yaml.Unmarshal(text, &read) // other resources have other types there
	definition := read.Resources["Machine"].Properties.DefinitionString
	if definition == "" {
		t.Fatal("the template has no definition")
	}
	return regexp.MustCompile(`\$\{\w+\}`).ReplaceAllStringFunc(definition, func(name string) string {
		return map[string]string{"${Function}": function, "${Invoke}": "arn:aws:states:::lambda:invoke"}[name]
	})
}

// TestTheTemplatesMachineCarriesADrainOfFortyHours: 9 events a round and far from 25,000; a failed attempt costs three.
func TestTheTemplatesMachineCarriesADrainOfFortyHours(t *testing.T) {
	r := newLambdaRig(t, cluster.Function{})
	machine := r.do(cluster.PutStateMachine{Machine: cluster.StateMachine{Name: "carry", Definition: carryMachine(t, r.arn())}})
	began := r.Now()
	r.program = func(i cluster.Invocation) (string, bool) {
		switch {
		case len(r.seen) == 7:
			return `{"errorType":"Runtime.ExitError","errorMessage":"signal: killed"}`, true
		case r.Now().Sub(began) >= 40*time.Hour:
			return `{"done":true,"wait":0}`, false
		}
		return `{"done":false,"wait":840,"handover":{"round":` + fmt.Sprint(len(r.seen)) + `}}`, false
	}
	execution := r.do(cluster.StartExecution{Machine: machine, Name: "one", Input: `{"handover":{"round":0}}`})
	if again := r.do(cluster.StartExecution{Machine: machine, Name: "one", Input: `{"handover":{"round":0}}`}); again != execution {
		t.Errorf("a second attempt began %s", again)
	}
	r.run(41 * time.Hour)
	x, _ := r.Execution(execution)
	rounds := len(r.seen)
	if x.Status != cluster.ExecutionSucceeded || rounds != 174 || len(x.History) != 9*(rounds-1)+3+2 {
		t.Errorf("%s %s %s: %d invocations, %d events", x.Status, x.Error, x.Cause, rounds, len(x.History))
	}
	if !strings.Contains(r.seen[5].Payload, `"round":5`) {
		t.Errorf("the sixth round got %s", r.seen[5].Payload)
	}
	if _, err := r.Act(r.Now(), cluster.StartExecution{Machine: machine, Name: "one", Input: `{}`}); err == nil {
		t.Error("the name was taken twice")
	}
}

// TestAnExecutionEndsAtItsLimits: its machine's TimeoutSeconds, and 25,000 events.
func TestAnExecutionEndsAtItsLimits(t *testing.T) {
	for definition, want := range map[string]string{
		`{"StartAt":"W","TimeoutSeconds":60,"States":{"W":{"Type":"Wait","Seconds":90,"End":true}}}`:                                                                                "TIMED_OUT ",
		`{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":1,"Next":"W"}}}`:                                                                                                     "FAILED States.Runtime",
		`{"StartAt":"F","States":{"F":{"Type":"Fail","Error":"Mine"}}}`:                                                                                                             "FAILED Mine",
		`{"StartAt":"C","States":{"C":{"Type":"Choice","Choices":[{"Variable":"$.a","NumericEquals":1,"Next":"C"}]}}}`:                                                              "FAILED States.NoChoiceMatched",
		`{"StartAt":"P","States":{"P":{"Type":"Pass","Result":{"b":2},"ResultPath":"$.c","Next":"S"},"S":{"Type":"Succeed","OutputPath":"$.c.b"}}}`:                                 "SUCCEEDED ",
		`{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"nowhere:lambda:function","Catch":[{"ErrorEquals":["States.ALL"],"Next":"S"}],"End":true},"S":{"Type":"Succeed"}}}`: "SUCCEEDED ",
	} {
		r := newLambdaRig(t, cluster.Function{})
		machine := r.do(cluster.PutStateMachine{Machine: cluster.StateMachine{Name: "m", Definition: definition}})
		execution := r.do(cluster.StartExecution{Machine: machine, Input: `{"a":0}`})
		r.run(8 * time.Hour)
		if x, _ := r.Execution(execution); string(x.Status)+" "+x.Error != want || len(x.History) > 25_000 {
			t.Errorf("%s: %s %s %s after %d events", definition, x.Status, x.Error, x.Cause, len(x.History))
		}
	}
}

// TestAFunctionsWorldIsAValue: a copy, and one that was written and read, goes on as the original.
func TestAFunctionsWorldIsAValue(t *testing.T) {
	r := newLambdaRig(t, cluster.Function{Retries: 2})
	machine := r.do(cluster.PutStateMachine{Machine: cluster.StateMachine{Name: "carry", Definition: carryMachine(t, r.arn())}})
	r.do(cluster.StartExecution{Machine: machine, Input: `{}`})
	r.do(cluster.Invoke{Function: r.arn(), Payload: `{}`, Async: true})
	r.program = func(cluster.Invocation) (string, bool) { return "", false }
	r.run(time.Minute)
	text, err := json.Marshal(r.World)
	if err != nil {
		t.Fatal(err)
	}
	read, cloned := &world.World{}, r.Clone()
	if err := json.Unmarshal(text, read); err != nil {
		t.Fatal(err)
	}
	var ends []string
	for _, w := range []*world.World{r.World, read, cloned} {
		one := &lambdaRig{World: w, t: t, program: func(cluster.Invocation) (string, bool) { return `{"done":true}`, false }}
		one.run(time.Hour)
		end, err := json.Marshal(w)
		if err != nil {
			t.Fatal(err)
		}
		ends = append(ends, string(end))
	}
	if ends[0] != ends[1] || ends[0] != ends[2] {
		t.Error("a copy goes on otherwise")
	}
}
