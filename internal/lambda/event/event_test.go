package event_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"testing"
	"time"

	"handover/internal/cluster"
	"handover/internal/lambda/event"
)

func at(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return t
}

var terminating = event.Hook{Group: "prod-ecs", Name: "drain", Token: "71514b9d-6a40-4b26-8523-05e7ee35fa40", Instance: "i-0ab1c2d3e4f56789a",
	Transition: event.Terminating, At: at("2026-11-21T14:02:11.305Z")}

// with is the hook with its metadata.
func with(h event.Hook, metadata string) event.Hook {
	h.Metadata = metadata
	return h
}

// TestDecodeReadsEveryForm: the files are AWS's documented samples, with the names changed.
func TestDecodeReadsEveryForm(t *testing.T) {
	for _, c := range []struct {
		file string
		by   event.Way
		want []event.Notice
	}{
		{"sns-hook", event.SNS, []event.Notice{with(terminating, "prod"), event.Test{Group: "prod-ecs"}}},
		{"sqs-hook", event.SQS, []event.Notice{terminating,
			event.Hook{Group: "prod-ecs", Name: "drain", Instance: "i-2", Transition: event.Terminating},
			event.Interruption{Instance: "i-3", Action: "terminate", At: at("2026-11-21T14:02:11Z")}}},
		{"bridge-hook", event.EventBridge, []event.Notice{event.Hook{Group: "prod-ecs", Name: "drain", Token: "87654321-4321-4321-4321-210987654321",
			Instance: "i-0ab1c2d3e4f56789a", Transition: event.Terminating, Metadata: "prod", At: at("2026-11-21T14:02:11Z")}}},
		{"bridge-launch", event.EventBridge, []event.Notice{event.Hook{Group: "prod-ecs", Name: "warm-up", Token: "t", Instance: "i-1",
			Transition: "autoscaling:EC2_INSTANCE_LAUNCHING", At: at("2026-11-21T14:02:11Z")}}},
		{"spot", event.EventBridge, []event.Notice{event.Interruption{Instance: "i-1234567890abcdef0", Action: "terminate", At: at("2026-11-21T14:02:11Z")}}},
		{"rebalance", event.EventBridge, []event.Notice{event.Rebalance{Instance: "i-1234567890abcdef0", At: at("2026-11-21T14:02:11Z")}}},
		{"retirement", event.EventBridge, []event.Notice{event.Retirement{
			Services: []cluster.ServiceKey{{Cluster: "prod", Service: "api"}, {Cluster: "prod", Service: "web"}},
			Tasks:    []event.TaskName{{Cluster: "batch", Task: "00805ce1d81940b5a37398e5a2c23333"}}, Begins: at("2023-08-16T23:18:51Z")}}},
		{"alarm", event.EventBridge, []event.Notice{event.Alarm{Name: "api-5xx", State: "ALARM"}}},
		{"sns-alarm", event.SNS, []event.Notice{event.Alarm{Name: "api-5xx", State: "OK"}}},
		{"health-other", event.EventBridge, []event.Notice{event.Foreign{What: "the AWS Health event AWS_EC2_INSTANCE_RETIREMENT_SCHEDULED"}}},
	} {
		t.Run(c.file, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join("testdata", c.file+".json"))
			if err != nil {
				t.Fatal(err)
			}
			d, err := event.Decode(text)
			if err != nil || d.By != c.by || len(d.Records) != len(c.want) {
				t.Fatalf("by %s, %d records, %v", d.By, len(d.Records), err)
			}
			for i, want := range c.want {
				got := d.Records[i].Notice
				if r, ok := got.(event.Retirement); ok {
					r.Begins = r.Begins.UTC()
					got = r
				}
				if !reflect.DeepEqual(got, want) {
					t.Errorf("record %d:\nwant %#v\n got %#v", i, want, got)
				}
			}
		})
	}
}

func TestDecodeKeepsWhatAQueueNeeds(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("testdata", "sqs-hook.json"))
	if err != nil {
		t.Fatal(err)
	}
	d, err := event.Decode(text)
	if err != nil {
		t.Fatal(err)
	}
	want := event.Record{ID: "059f36b4-87a3-44ab-83d2-661975830a7d", Receipt: "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a", Queue: "arn:aws:sqs:us-east-1:123456789012:drain",
		Received: 3, Notice: terminating, Event: "059f36b4-87a3-44ab-83d2-661975830a7d", Sent: time.UnixMilli(1545082649183).UTC()}
	if !reflect.DeepEqual(d.Records[0], want) {
		t.Errorf("want %+v\n got %+v", want, d.Records[0])
	}
}

// TestDecodeKnowsAnEventByItsInnermostEnvelope: the same event has the same id and time by whichever way it comes, and a schedule's own where its payload has them.
func TestDecodeKnowsAnEventByItsInnermostEnvelope(t *testing.T) {
	const bridged = `{"version":"0","id":"event-1","detail-type":"AWS Health Event","time":"2026-01-01T00:00:00Z","detail":{}}`
	topic := `{"Type":"Notification","MessageId":"sns-1","Timestamp":"2026-01-01T00:00:07.500Z","Message":` + strconv.Quote(bridged) + `}`
	noon := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for text, want := range map[string]event.Record{
		bridged: {Event: "event-1", Sent: noon},
		`{"Records":[{"Sns":{"MessageId":"sns-1","Timestamp":"2026-01-01T00:00:07.500Z","Message":` + strconv.Quote(bridged) + `}}]}`:                 {Event: "event-1", Sent: noon},
		`{"Records":[{"messageId":"sqs-1","receiptHandle":"r","attributes":{"SentTimestamp":"1767225609000"},"body":` + strconv.Quote(topic) + `}]}`:  {Event: "event-1", Sent: noon},
		`{"Records":[{"messageId":"sqs-1","receiptHandle":"r","attributes":{"SentTimestamp":"1767225609000"},"body":"{\"operation\":\"restart\"}"}]}`: {Event: "sqs-1", Sent: noon.Add(9 * time.Second)},
		`{"Records":[{"Sns":{"MessageId":"sns-1","Timestamp":"2026-01-01T00:00:07.500Z","Message":"{\"operation\":\"restart\"}"}}]}`:                  {Event: "sns-1", Sent: noon.Add(7500 * time.Millisecond)},
		`{"operation":"restart","service":"prod/api","id":"d32c5bd6","time":"2026-01-01T00:00:00Z"}`:                                                  {Event: "d32c5bd6", Sent: noon},
		`{"operation":"restart","service":"prod/api"}`: {},
	} {
		d, err := event.Decode([]byte(text))
		if err != nil || d.Records[0].Event != want.Event || !d.Records[0].Sent.Equal(want.Sent) {
			t.Errorf("%s: %q at %s, want %q at %s; %v", text, d.Records[0].Event, d.Records[0].Sent, want.Event, want.Sent, err)
		}
	}
}

func TestDecodeReadsPayloadsOfOurOwn(t *testing.T) {
	for _, c := range []struct {
		text string
		want event.Notice
	}{
		{`{"operation":"restart","service":"prod/api","timeout":"20m"}`, event.Request{Operation: "restart", Service: "prod/api", Timeout: 20 * time.Minute}},
		{`{"cluster_name":"my-cluster","service_name":"my-service","maintain_service_state":true,"wait_time":30}`,
			event.Request{Operation: "recycle", Service: "my-service", Cluster: "my-cluster"}},
		{`{"operation":"restart","service":"prod/api","timeout":"soon"}`, event.Strange{Why: `a request whose timeout "soon" is no duration such as 20m`}},
		{`{"handover":{"version":1}}`, event.Continuation{Text: []byte(`{"version":1}`)}},
		{`{"Event":"autoscaling:EC2_INSTANCE_TERMINATE","AutoScalingGroupName":"g"}`, event.Foreign{What: "the notification autoscaling:EC2_INSTANCE_TERMINATE of group g"}},
		{`{"LifecycleTransition":"autoscaling:EC2_INSTANCE_TERMINATING","EC2InstanceId":"i-1"}`, event.Strange{Why: "a lifecycle action without its group, hook or instance"}},
		{`{}`, event.Strange{Why: "a message of a form that is not known"}},
	} {
		d, err := event.Decode([]byte(c.text))
		if err != nil || len(d.Records) != 1 {
			t.Fatalf("%s: %+v, %v", c.text, d, err)
		}
		got := d.Records[0].Notice
		if r, ok := got.(event.Request); ok {
			if string(r.Options) != c.text {
				t.Errorf("%s: the payload is not kept: %s", c.text, r.Options)
			}
			r.Options = nil
			got = r
		}
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s:\nwant %#v\n got %#v", c.text, c.want, got)
		}
	}
	for _, text := range []string{"", "null and void", `"text"`, `{"Records":[]}`} {
		if d, err := event.Decode([]byte(text)); err == nil {
			t.Errorf("%q gave %+v and no error", text, d)
		}
	}
}

// TestPlan is the table of which event leads to which work.
func TestPlan(t *testing.T) {
	ours := event.Settings{Hooks: []string{"drain"}}
	for _, c := range []struct {
		name     string
		settings event.Settings
		notice   event.Notice
		do       event.Do
		limit    time.Duration
		why      string
	}{
		{"our hook", ours, terminating, event.Depart, 0, ""},
		{"any hook", event.Settings{}, terminating, event.Depart, 0, ""},
		{"another's hook", ours, event.Hook{Group: "g", Name: "backup", Instance: "i-1", Transition: event.Terminating}, event.Nothing, 0, "hook backup of group g is not one of ours"},
		{"ECS's hook", event.Settings{}, event.Hook{Group: "g", Name: event.ManagedHook, Instance: "i-1", Transition: event.Terminating}, event.Nothing, 0,
			"hook ecs-managed-draining-termination-hook of group g is ECS's own, which drains the instance and completes it"},
		{"a launching hook", ours, event.Hook{Group: "g", Name: "drain", Instance: "i-1", Transition: "autoscaling:EC2_INSTANCE_LAUNCHING"}, event.Nothing, 0,
			"hook drain of group g is for autoscaling:EC2_INSTANCE_LAUNCHING"},
		{"a test", ours, event.Test{Group: "g"}, event.Nothing, 0, "a test notification of group g"},
		{"an interruption", ours, event.Interruption{Instance: "i-1"}, event.Depart, 2 * time.Minute, ""},
		{"a recommendation", ours, event.Rebalance{Instance: "i-1"}, event.Depart, time.Hour, ""},
		{"a retirement", ours, event.Retirement{Services: []cluster.ServiceKey{{Cluster: "prod", Service: "api"}}}, event.Replace, 0, ""},
		{"a closed retirement", ours, event.Retirement{Over: true}, event.Nothing, 0, "the task retirement is closed"},
		{"a request", ours, event.Request{Operation: "restart"}, event.Operate, 0, ""},
		{"a continuation", ours, event.Continuation{}, event.Resume, 0, ""},
		{"something foreign", ours, event.Foreign{What: "a thing"}, event.Nothing, 0, "not for us: a thing"},
		{"something strange", ours, event.Strange{Why: "a thing"}, event.Nothing, 0, "not understood: a thing"},
		{"nothing at all", ours, nil, event.Nothing, 0, "not understood"},
	} {
		w := c.settings.Plan(c.notice)
		if w.Do != c.do || w.Limit != c.limit || w.Why != c.why {
			t.Errorf("%s: %+v", c.name, w)
		}
	}
}

// FuzzDecode: no payload makes Decode panic, every record has a notice, and every notice has a work that either does something or says why not.
func FuzzDecode(f *testing.F) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) == 0 {
		f.Fatalf("the samples are missing: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err := event.Decode(text)
		if err != nil {
			return
		}
		if len(d.Records) == 0 {
			t.Fatal("no records and no error")
		}
		for _, r := range d.Records {
			if r.Notice == nil {
				t.Fatal("a record without a notice")
			}
			if w := (event.Settings{}).Plan(r.Notice); (w.Do == event.Nothing) != (w.Why != "") {
				t.Fatalf("work %+v", w)
			}
		}
	})
}
