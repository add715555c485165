package emulator_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	eventtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"go.yaml.in/yaml/v3"
)

// stack makes the resources of a CloudFormation template through the APIs of the emulator, as CloudFormation would: what they refer to is made first.
// Roles and alarms, which nothing here uses, are names alone.
type stack struct {
	t          *testing.T
	aws        accounts
	name       string
	parameters map[string]any
	conditions map[string]any
	resources  map[string]any
	made       map[string]made
	making     []string
}

// made is what a resource is to others.
type made struct {
	ref        string
	attributes map[string]string
}

// accounts is the SDK's clients of what a stack has.
type accounts struct {
	clients
	lambda *lambda.Client
	events *eventbridge.Client
	states *sfn.Client
}

func accountsOf(cfg aws.Config, c clients) accounts {
	return accounts{c, lambda.NewFromConfig(cfg), eventbridge.NewFromConfig(cfg), sfn.NewFromConfig(cfg)}
}

// createStack makes all resources of a template. Parameters are the template's own unless they are given.
func createStack(t *testing.T, all accounts, name, file string, given map[string]any) *stack {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var template struct {
		Parameters, Conditions, Resources map[string]any
	}
	decoder := yaml.NewDecoder(strings.NewReader(strings.NewReplacer("\nParameters:", "\nparameters:", "\nConditions:", "\nconditions:", "\nResources:", "\nresources:").Replace(string(text))))
	if err := decoder.Decode(&template); err != nil {
		t.Fatal(err)
	}
	s := &stack{t: t, aws: all, name: name, parameters: map[string]any{}, conditions: template.Conditions, resources: template.Resources, made: map[string]made{}}
	for key, p := range template.Parameters {
		s.parameters[key] = p.(map[string]any)["Default"]
		if v, ok := given[key]; ok {
			s.parameters[key] = v
		}
	}
	s.resource("Hook") // with what it needs and nothing else: CloudFormation, too, may make it as soon as that is there
	for id := range template.Resources {
		s.resource(id)
	}
	return s
}

// holds tells whether a condition is met.
func (s *stack) holds(name string) bool { return s.resolve(s.conditions[name]) == true }

// absent is what AWS::NoValue stands for.
type absent struct{}

// resolve works out the intrinsic functions in a value.
func (s *stack) resolve(v any) any {
	switch v := v.(type) {
	case []any:
		list := []any{}
		for _, one := range v {
			if r := s.resolve(one); r != (absent{}) {
				list = append(list, r)
			}
		}
		return list
	case map[string]any:
		if len(v) == 1 {
			for name, argument := range v {
				if r, ok := s.intrinsic(name, argument); ok {
					return r
				}
			}
		}
		object := map[string]any{}
		for key, one := range v {
			if r := s.resolve(one); r != (absent{}) {
				object[key] = r
			}
		}
		return object
	}
	return v
}

func (s *stack) intrinsic(name string, argument any) (result any, ok bool) {
	list, _ := argument.([]any)
	switch name {
	case "Ref":
		return s.ref(argument.(string)), true
	case "Condition":
		return s.holds(argument.(string)), true
	case "Fn::GetAtt":
		return s.resource(list[0].(string)).attributes[list[1].(string)], true
	case "Fn::If":
		if s.holds(list[0].(string)) {
			return s.resolve(list[1]), true
		}
		return s.resolve(list[2]), true
	case "Fn::Equals":
		return fmt.Sprint(s.resolve(list[0])) == fmt.Sprint(s.resolve(list[1])), true
	case "Fn::Not":
		return s.resolve(list[0]) != true, true
	case "Fn::Or":
		for _, one := range list {
			if s.resolve(one) == true {
				return true, true
			}
		}
		return false, true
	case "Fn::Join":
		var parts []string
		for _, one := range s.resolve(list[1]).([]any) {
			parts = append(parts, fmt.Sprint(one))
		}
		return strings.Join(parts, list[0].(string)), true
	case "Fn::Sub":
		return s.substituted(argument.(string), nil), true
	}
	return nil, false
}

func (s *stack) ref(name string) any {
	switch name {
	case "AWS::NoValue":
		return absent{}
	case "AWS::StackName":
		return s.name
	case "AWS::Region":
		return "eu-west-1"
	case "AWS::AccountId":
		return "123456789012"
	case "AWS::Partition":
		return "aws"
	}
	if v, ok := s.parameters[name]; ok {
		return v
	}
	return s.resource(name).ref
}

// substituted puts names in ${…} into a text.
func (s *stack) substituted(text string, names map[string]any) string {
	parts := strings.Split(text, "${")
	result := parts[0]
	for _, part := range parts[1:] {
		name, rest, _ := strings.Cut(part, "}")
		value, ok := names[name]
		if !ok {
			value = s.ref(name)
		}
		result += fmt.Sprint(value) + rest
	}
	return result
}

// resource makes a resource unless it is there, or its condition is not met.
func (s *stack) resource(id string) made {
	s.t.Helper()
	if m, ok := s.made[id]; ok {
		return m
	}
	declared, ok := s.resources[id].(map[string]any)
	if !ok {
		s.t.Fatalf("there is no resource %s", id)
	}
	if condition, ok := declared["Condition"].(string); ok && !s.holds(condition) {
		s.made[id] = made{}
		return made{}
	}
	for _, other := range s.making {
		if other == id {
			s.t.Fatalf("the resources %v need each other", s.making)
		}
	}
	s.making = append(s.making, id)
	switch after := declared["DependsOn"].(type) {
	case string:
		s.resource(after)
	case []any:
		for _, one := range after {
			s.resource(one.(string))
		}
	}
	properties, _ := s.resolve(declared["Properties"]).(map[string]any)
	m := s.create(id, declared["Type"].(string), properties)
	s.making = s.making[:len(s.making)-1]
	s.made[id] = m
	return m
}

func text(p map[string]any, name string) *string {
	v, ok := p[name]
	if !ok {
		return nil
	}
	return aws.String(fmt.Sprint(v))
}

func number(p map[string]any, name string) *int32 {
	v, ok := p[name]
	if !ok {
		return nil
	}
	n, err := strconv.Atoi(fmt.Sprint(v))
	if err != nil {
		panic(err)
	}
	return aws.Int32(int32(n))
}

func (s *stack) create(id, kind string, p map[string]any) made {
	ctx, own := s.t.Context(), s.name+"-"+id
	switch kind {
	case "AWS::IAM::Role":
		return made{own, map[string]string{"Arn": "arn:aws:iam::123456789012:role/" + own}}
	case "AWS::Logs::MetricFilter", "AWS::CloudWatch::Alarm":
		return made{ref: own}
	case "AWS::SNS::Topic":
		return made{ref: *must(s.aws.sns.CreateTopic(ctx, &sns.CreateTopicInput{Name: &own})).TopicArn}
	case "AWS::SNS::Subscription":
		return made{ref: *must(s.aws.sns.Subscribe(ctx, &sns.SubscribeInput{TopicArn: text(p, "TopicArn"), Protocol: text(p, "Protocol"), Endpoint: text(p, "Endpoint")})).SubscriptionArn}
	case "AWS::SQS::Queue":
		return s.queue(own, p)
	case "AWS::Logs::LogGroup":
		must(s.aws.logs.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: &own}))
		return made{own, map[string]string{"Arn": "arn:aws:logs:eu-west-1:123456789012:log-group:" + own + ":*"}}
	case "AWS::AutoScaling::LifecycleHook":
		for _, before := range []string{"Function", "Subscription", "TopicInvokes", "Receiving", "Machine"} {
			declared := s.resources[before].(map[string]any)
			condition, conditional := declared["Condition"].(string)
			if _, there := s.made[before]; !there && (!conditional || s.holds(condition)) {
				s.t.Errorf("the hook is made before %s", before)
			}
		}
		must(s.aws.groups.PutLifecycleHook(ctx, &autoscaling.PutLifecycleHookInput{AutoScalingGroupName: text(p, "AutoScalingGroupName"), LifecycleHookName: text(p, "LifecycleHookName"),
			LifecycleTransition: text(p, "LifecycleTransition"), HeartbeatTimeout: number(p, "HeartbeatTimeout"), DefaultResult: text(p, "DefaultResult"),
			NotificationTargetARN: text(p, "NotificationTargetARN"), NotificationMetadata: text(p, "NotificationMetadata"), RoleARN: text(p, "RoleARN")}))
		return made{ref: *text(p, "LifecycleHookName")}
	case "AWS::StepFunctions::StateMachine":
		definition := s.substituted(*text(p, "DefinitionString"), p["DefinitionSubstitutions"].(map[string]any))
		arn := *must(s.aws.states.CreateStateMachine(ctx, &sfn.CreateStateMachineInput{Name: text(p, "StateMachineName"), Definition: &definition, RoleArn: text(p, "RoleArn")})).StateMachineArn
		return made{arn, map[string]string{"Arn": arn}}
	case "AWS::Events::Rule":
		return s.rule(own, p)
	}
	return s.createOfLambda(own, kind, p)
}

func (s *stack) createOfLambda(own, kind string, p map[string]any) made {
	ctx := s.t.Context()
	switch kind {
	case "AWS::Lambda::Function":
		return s.function(own, p)
	case "AWS::Lambda::Permission":
		must(s.aws.lambda.AddPermission(ctx, &lambda.AddPermissionInput{StatementId: &own, FunctionName: text(p, "FunctionName"), Action: text(p, "Action"), Principal: text(p, "Principal"),
			SourceArn: text(p, "SourceArn")}))
	case "AWS::Lambda::EventInvokeConfig":
		must(s.aws.lambda.PutFunctionEventInvokeConfig(ctx, &lambda.PutFunctionEventInvokeConfigInput{FunctionName: text(p, "FunctionName"),
			MaximumRetryAttempts: number(p, "MaximumRetryAttempts"), MaximumEventAgeInSeconds: number(p, "MaximumEventAgeInSeconds")}))
	case "AWS::Lambda::EventSourceMapping":
		in := &lambda.CreateEventSourceMappingInput{FunctionName: text(p, "FunctionName"), EventSourceArn: text(p, "EventSourceArn"), BatchSize: number(p, "BatchSize")}
		for _, one := range p["FunctionResponseTypes"].([]any) {
			in.FunctionResponseTypes = append(in.FunctionResponseTypes, lambdatypes.FunctionResponseType(one.(string)))
		}
		must(s.aws.lambda.CreateEventSourceMapping(ctx, in))
	default:
		s.t.Fatalf("resources of type %s are not known here", kind)
	}
	return made{ref: own}
}

func (s *stack) function(own string, p map[string]any) made {
	environment := map[string]string{}
	for name, value := range p["Environment"].(map[string]any)["Variables"].(map[string]any) {
		environment[name] = fmt.Sprint(value)
	}
	code := p["Code"].(map[string]any)
	made1 := must(s.aws.lambda.CreateFunction(s.t.Context(), &lambda.CreateFunctionInput{
		FunctionName: &own, Role: text(p, "Role"), Runtime: lambdatypes.Runtime(*text(p, "Runtime")), Handler: text(p, "Handler"), Timeout: number(p, "Timeout"), MemorySize: number(p, "MemorySize"),
		Code: &lambdatypes.FunctionCode{S3Bucket: text(code, "S3Bucket"), S3Key: text(code, "S3Key")}, Environment: &lambdatypes.Environment{Variables: environment},
		LoggingConfig: &lambdatypes.LoggingConfig{LogGroup: text(p["LoggingConfig"].(map[string]any), "LogGroup")},
	}))
	must(s.aws.lambda.PutFunctionRecursionConfig(s.t.Context(), &lambda.PutFunctionRecursionConfigInput{FunctionName: &own, RecursiveLoop: lambdatypes.RecursiveLoop(*text(p, "RecursiveLoop"))}))
	return made{own, map[string]string{"Arn": *made1.FunctionArn}}
}

func (s *stack) queue(own string, p map[string]any) made {
	attributes := map[string]string{}
	for _, name := range []string{"VisibilityTimeout", "MessageRetentionPeriod"} {
		if v := text(p, name); v != nil {
			attributes[name] = *v
		}
	}
	if redrive, ok := p["RedrivePolicy"].(map[string]any); ok {
		attributes["RedrivePolicy"] = fmt.Sprintf(`{"deadLetterTargetArn":%q,"maxReceiveCount":%v}`, redrive["deadLetterTargetArn"], redrive["maxReceiveCount"])
	}
	url := must(s.aws.sqs.CreateQueue(s.t.Context(), &sqs.CreateQueueInput{QueueName: &own, Attributes: attributes})).QueueUrl
	return made{*url, map[string]string{"Arn": "arn:aws:sqs:eu-west-1:123456789012:" + own}}
}

func (s *stack) rule(own string, p map[string]any) made {
	pattern, err := jsonOf(p["EventPattern"])
	if err != nil {
		s.t.Fatal(err)
	}
	arn := *must(s.aws.events.PutRule(s.t.Context(), &eventbridge.PutRuleInput{Name: &own, EventPattern: &pattern})).RuleArn
	for _, one := range p["Targets"].([]any) {
		target := one.(map[string]any)
		must(s.aws.events.PutTargets(s.t.Context(), &eventbridge.PutTargetsInput{Rule: &own, Targets: []eventtypes.Target{{Id: text(target, "Id"), Arn: text(target, "Arn")}}}))
	}
	return made{own, map[string]string{"Arn": arn}}
}
