package lambda_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"handover/internal/lambda"
)

// template is deploy/drain.yaml, as far as what must hold of it is read.
type template struct {
	Parameters map[string]struct {
		MinValue      int      `yaml:"MinValue"`
		AllowedValues []string `yaml:"AllowedValues"`
	} `yaml:"Parameters"`
	Resources map[string]struct {
		Properties map[string]any `yaml:"Properties"`
	} `yaml:"Resources"`
}

func readTemplate(t *testing.T) (template, string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "deploy", "drain.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var read template
	if err := yaml.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	return read, string(text)
}

// at walks into nested objects and lists: "Policies.0.PolicyDocument".
func at(t *testing.T, from any, path ...any) any {
	t.Helper()
	for _, step := range path {
		switch step := step.(type) {
		case string:
			object, ok := from.(map[string]any)
			if !ok {
				t.Fatalf("%v: %v is no object", path, from)
			}
			from = object[step]
		case int:
			list, ok := from.([]any)
			if !ok || len(list) <= step {
				t.Fatalf("%v: %v has no element %d", path, from, step)
			}
			from = list[step]
		}
	}
	return from
}

// TestTheTemplateHolds is what cfn-lint cannot know.
func TestTheTemplateHolds(t *testing.T) {
	read, text := readTemplate(t)
	if least := read.Parameters["HookTimeout"].MinValue; time.Duration(100*least)*time.Second < 48*time.Hour {
		t.Errorf("100 timeouts of %d s are less than 48 h", least)
	}
	if found := regexp.MustCompile(`arn:aws[a-z-]*:`).FindString(text); found != "" {
		t.Errorf("%s: a literal partition", found)
	}
	if days := read.Resources["Log"].Properties["RetentionInDays"]; days != 7 {
		t.Errorf("the log is kept for %v days", days)
	}
	function := read.Resources["Function"].Properties
	if function["Timeout"] != 900 || at(t, function, "RecursiveLoop", "Fn::If", 0) != "ByTopic" || at(t, function, "RecursiveLoop", "Fn::If", 1) != "Allow" {
		t.Errorf("the function: %v", function)
	}
	queue := read.Resources["Queue"].Properties
	hidden, kept := at(t, queue, "VisibilityTimeout").(int), at(t, queue, "MessageRetentionPeriod").(int)
	receives := at(t, queue, "RedrivePolicy", "maxReceiveCount").(int)
	if hidden < 900 || hidden >= read.Parameters["HookTimeout"].MinValue || kept < 48*3600 || receives < 48*3600/840 {
		t.Errorf("the queue: hidden for %d s, kept for %d s, received %d times", hidden, kept, receives)
	}
}

// TestThePermissionsAreFew: no action on everything, but for those that know no resource.
func TestThePermissionsAreFew(t *testing.T) {
	read, _ := readTemplate(t)
	statements := at(t, read.Resources["FunctionRole"].Properties, "Policies", 0, "PolicyDocument", "Statement").([]any)
	for _, s := range statements {
		text, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), `:*"`) && !strings.Contains(string(text), "Resource") {
			t.Errorf("%s: every action", text)
		}
		open := strings.Contains(string(text), `"Resource":"*"`)
		if known := strings.Contains(string(text), `"ReadDefinitions"`) || strings.Contains(string(text), `"ReadForRecycling"`); open && !known {
			t.Errorf("%s: every resource", text)
		}
	}
	if len(statements) < 8 {
		t.Errorf("only %d statements were looked at", len(statements))
	}
}

// TestTheTemplateSetsWhatTheFunctionReads: each variable is one that ReadConfig knows, with a value that it takes.
func TestTheTemplateSetsWhatTheFunctionReads(t *testing.T) {
	read, _ := readTemplate(t)
	known := map[string]string{"HANDOVER_HOOKS": "drain", "HANDOVER_CLUSTERS": "prod", "HANDOVER_HOOK_TIMEOUT": "1800", "HANDOVER_LIMIT": "47h", "HANDOVER_AT_LIMIT": "extend",
		"HANDOVER_STANDALONE": "stop=30m", "HANDOVER_STATE_MACHINE": "arn", "HANDOVER_TOPIC": ""}
	variables := at(t, read.Resources["Function"].Properties, "Environment", "Variables").(map[string]any)
	for name := range variables {
		if _, ok := known[name]; !ok {
			t.Errorf("%s is set, and not known here", name)
		}
	}
	if len(variables) != len(known) {
		t.Errorf("%d variables are set, %d are known", len(variables), len(known))
	}
	config, err := lambda.ReadConfig(func(name string) string { return known[name] })
	if err != nil || config.Departure.Heartbeat != 10*time.Minute || config.Departure.StopAfter != 30*time.Minute || config.Departure.Limit != 47*time.Hour {
		t.Errorf("%+v, %v", config, err)
	}
	for _, at := range read.Parameters["AtLimit"].AllowedValues {
		if _, err := lambda.ReadConfig(func(name string) string { return map[string]string{"HANDOVER_AT_LIMIT": at}[name] }); err != nil {
			t.Error(err)
		}
	}
	for name, value := range map[string]string{"HANDOVER_HOOK_TIMEOUT": "10", "HANDOVER_LIMIT": "long", "HANDOVER_AT_LIMIT": "never", "HANDOVER_STANDALONE": "stop"} {
		if _, err := lambda.ReadConfig(func(asked string) string { return map[string]string{name: value}[asked] }); err == nil || !strings.HasPrefix(err.Error(), name+":") {
			t.Errorf("%s=%s: %v", name, value, err)
		}
	}
}

// machine is a state machine in the Amazon States Language, as far as the template's goes.
type machine struct {
	StartAt        string
	TimeoutSeconds int
	States         map[string]struct {
		Type           string
		Next           string
		OutputPath     string
		SecondsPath    string
		TimeoutSeconds int
		Default        string
		Retry          []struct {
			IntervalSeconds, MaxAttempts, MaxDelaySeconds int
			BackoffRate                                   float64
		}
		Choices []struct {
			Variable      string
			BooleanEquals bool
			Next          string
		}
	}
}

func readMachine(t *testing.T) machine {
	t.Helper()
	read, _ := readTemplate(t)
	text, ok := read.Resources["Machine"].Properties["DefinitionString"].(string)
	if !ok {
		t.Fatal("the template has no state machine")
	}
	var m machine
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// run executes the machine and counts its history's events: two of the execution, two of each state, and three of each attempt of a task.
// Source: Step Functions API Reference, HistoryEvent.
func (m machine) run(t *testing.T, input []byte, invoke func(string, []byte) (lambda.Answer, error)) (history int) {
	history = 2
	end := time.Now().Add(time.Duration(m.TimeoutSeconds) * time.Second)
	for name := m.StartAt; time.Now().Before(end); {
		state := m.States[name]
		history += 2
		var value map[string]any
		if err := json.Unmarshal(input, &value); err != nil {
			t.Error(err)
			return history
		}
		switch state.Type {
		case "Task":
			retry := state.Retry[0]
			delay := float64(retry.IntervalSeconds)
			for attempt := 0; ; attempt++ {
				history += 3
				answer, err := invoke("machine", input)
				if err == nil {
					input, err = json.Marshal(answer)
				}
				if err == nil {
					break
				}
				if attempt == retry.MaxAttempts {
					t.Errorf("the state machine failed: %v", err)
					return history
				}
				time.Sleep(time.Duration(min(delay, float64(retry.MaxDelaySeconds)) * float64(time.Second)))
				delay *= retry.BackoffRate
			}
			name = state.Next
		case "Choice":
			name = state.Default
			if c := state.Choices[0]; value[strings.TrimPrefix(c.Variable, "$.")] == c.BooleanEquals {
				name = c.Next
			}
		case "Wait":
			seconds, _ := value[strings.TrimPrefix(state.SecondsPath, "$.")].(float64)
			time.Sleep(time.Duration(seconds) * time.Second)
			name = state.Next
		case "Succeed":
			return history
		default:
			t.Errorf("state %s of type %q", name, state.Type)
			return history
		}
	}
	return history
}
