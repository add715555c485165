package cluster

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"
)

func TestBounds(t *testing.T) {
	for _, c := range []struct {
		min, max, desired, floor, ceiling int
		move                              bool
	}{
		{100, 200, 5, 5, 10, true},
		{50, 100, 5, 3, 5, true},   // ceil(2.5): batches of 2, 2 and 1 (case M)
		{100, 150, 1, 1, 1, false}, // floor(1.5): no second task may start
		{75, 100, 2, 2, 2, false},  // ceil(1.5): none may be stopped
		{100, 150, 2, 2, 3, true},
		{0, 100, 5, 0, 5, true},
		{100, 100, 0, 0, 0, true}, // nothing to move
		{33, 134, 6, 2, 8, true},
	} {
		b := Bounds{c.min, c.max}
		if b.Floor(c.desired) != c.floor || b.Ceiling(c.desired) != c.ceiling || b.LeaveMove(c.desired) != c.move {
			t.Errorf("%d/%d of %d: floor %d, ceiling %d, move %t", c.min, c.max, c.desired, b.Floor(c.desired), b.Ceiling(c.desired), b.LeaveMove(c.desired))
		}
	}
}

func TestParseService(t *testing.T) {
	for _, c := range []struct{ text, in, want, region string }{
		{"api", "", "default/api", ""},
		{"api", "prod", "prod/api", ""},
		{"prod/api", "", "prod/api", ""},
		{"prod/api", "prod", "prod/api", ""},
		{"arn:aws-cn:ecs:cn-north-1:123456789012:service/prod/api", "", "prod/api", "cn-north-1"},
		{"arn:aws:ecs:eu-west-1:123456789012:service/api", "prod", "prod/api", "eu-west-1"},
		{"api", "arn:aws:ecs:eu-west-1:123456789012:cluster/prod", "prod/api", "eu-west-1"},
	} {
		key, region, err := ParseService(c.text, c.in)
		if err != nil || key.String() != c.want || region != c.region {
			t.Errorf("%s in %s: %s of %q, %v", c.text, c.in, key, region, err)
		}
	}
	for _, c := range [][2]string{{"", ""}, {"a b", ""}, {"prod/api", "test"}, {"a/b/c", ""}, {"arn:aws:ecs:x", ""}, {"arn:aws:ecs:eu-west-1:1:task/prod/1", ""}, {"api", "pr od"}} {
		if key, _, err := ParseService(c[0], c[1]); err == nil {
			t.Errorf("%q in %q was read as %s", c[0], c[1], key)
		}
	}
}

func TestEveryActionComesBackFromJSON(t *testing.T) {
	three, delay := 3, 30*time.Second
	for _, a := range []Action{
		UpdateService{Service: ServiceKey{"prod", "api"}, Force: true, Desired: &three, Bounds: &Bounds{50, 200}, GracePeriod: &delay},
		StopTask{Cluster: "prod", Task: "1", Reason: "by hand"},
		StopServiceDeployment{ARN: "arn:aws:ecs:eu-west-1:1:service-deployment/prod/api/x"},
		ProtectTask{Cluster: "prod", Task: "1", Protect: true, For: time.Hour},
		CreateCluster{Cluster: "prod", Members: json.RawMessage(`{"a":1}`)}, DeleteCluster{Cluster: "prod"},
		RegisterTaskDefinition{Family: "api", Containers: []ContainerDefinition{{Name: "app", Image: "api:1", Essential: true}}}, DeregisterTaskDefinition{Definition: "api:1"},
		ReviseTaskDefinition{Definition: "api:1", Images: []ContainerImage{{"app", "api:2"}}},
		CreateService{Service: ServiceKey{"prod", "api"}, Desired: 2, Attachments: []Attachment{{"arn", "app", 80}}}, DeleteService{Service: ServiceKey{"prod", "api"}, Force: true},
		CreateTargetGroup{Group: TargetGroup{Name: "web", DrainDelay: delay}}, ModifyTargetGroup{Group: "arn", DrainDelay: &delay}, DeleteTargetGroup{Group: "arn"},
		RegisterTarget{"arn", "10.0.0.1", 80}, DeregisterTarget{"arn", "10.0.0.1", 80},
		CreateTaskSet{Service: ServiceKey{"prod", "api"}, Definition: "api:1", Scale: 12.5}, UpdateTaskSet{TaskSet: "ecs-svc/1", Scale: 50},
		DeleteTaskSet{TaskSet: "ecs-svc/1", Force: true}, SetPrimaryTaskSet{TaskSet: "ecs-svc/1"},
		PutTopic{Topic: Topic{Name: "t", Attributes: map[string]string{"a": "b"}}}, DeleteTopic{Topic: "arn"}, PutSubscription{Subscription: Subscription{Topic: "arn", Raw: true}},
		DeleteSubscription{Subscription: "arn"}, Publish{Topic: "arn", Message: Message{Body: "m", Attributes: []MessageAttribute{{Name: "a", Type: "Binary", Binary: []byte{0, 255}}}}},
		PutQueue{Queue: Queue{Name: "q", Visibility: time.Minute}}, DeleteQueue{Queue: "arn"}, SendMessage{Queue: "arn", Message: Message{Body: "m"}, Delay: &delay},
		ReceiveMessages{Queue: "arn", Most: 3, Visibility: &delay}, DeleteMessage{Queue: "arn", Receipt: "r"}, HideMessage{Queue: "arn", Receipt: "r", Visibility: delay}, PurgeQueue{Queue: "arn"},
		CreateLogGroup{Group: LogGroup{Name: "g"}}, DeleteLogGroup{Group: "g"}, RetainLogs{Group: "g", Days: 7}, CreateLogStream{Group: "g", Stream: "s"}, DeleteLogStream{Group: "g", Stream: "s"},
		PutLogEvents{Group: "g", Stream: "s", Events: []LogEvent{{Message: "m"}}},
		TagResource{ARN: "arn", Tags: []Tag{{"k", "v"}}}, UntagResource{ARN: "arn", Keys: []string{"k"}},
	} {
		text, err := EncodeAction(a)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := DecodeAction(text); err != nil || !reflect.DeepEqual(back, a) {
			t.Errorf("%s came back as %+v, %v", text, back, err)
		}
	}
	if _, err := DecodeAction([]byte(`{"kind":"Restart","action":{}}`)); err == nil {
		t.Error("a kind that does not exist was read")
	}
}

func TestUnionOfScopes(t *testing.T) {
	a, b := ServiceKey{"prod", "a"}, ServiceKey{"prod", "b"}
	got := ServiceScope{Service: b, Tasks: RunningTasks}.Of().Union(ServiceScope{Service: a, Targets: true}.Of()).Union(ServiceScope{Service: b, Tasks: AllTasks, Images: true}.Of())
	want := Scope{Services: []ServiceScope{{Service: a, Targets: true}, {Service: b, Tasks: AllTasks, Images: true}}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
	if again := got.Union(ServiceScope{Service: b, Tasks: RunningTasks}.Of()); !reflect.DeepEqual(again, want) {
		t.Errorf("asking for less takes something away: %+v", again)
	}
}

func TestHealthy(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 1, 0, 0, time.UTC)
	running := Task{Last: Running, Desired: Running, Health: HealthUnknown, StartedAt: now.Add(-39 * time.Second), Address: "10.0.0.1"}
	var alone ServiceView
	if alone.Healthy(&running, now) || !alone.Healthy(&running, now.Add(time.Second)) {
		t.Error("without load balancer and checks a task is healthy 40 s after it is RUNNING")
	}
	checked := running
	checked.Health = Healthy
	if !alone.Healthy(&checked, now) {
		t.Error("a task whose container checks pass is healthy at once")
	}
	behind := ServiceView{Service: Service{Attachments: []Attachment{{"web", "app", 80}}}, TargetGroups: []TargetGroup{{ARN: "web"}}}
	if behind.Healthy(&checked, now) {
		t.Error("a task without its target is not healthy")
	}
	behind.Targets = []Target{{Group: "web", ID: "10.0.0.1", Port: 80, State: TargetHealthy}}
	if !behind.Healthy(&running, now) {
		t.Error("a task whose target is healthy is healthy")
	}
	leaving := running
	leaving.Desired = Stopped
	if behind.Healthy(&leaving, now) {
		t.Error("a task that is not meant to run does not count")
	}
}

func TestRunsAreWhatMayGoOutTogether(t *testing.T) {
	stop := func(id string) Action { return StopTask{Cluster: "prod", Task: id} }
	protect := func(id string, on bool) Action { return ProtectTask{Cluster: "prod", Task: id, Protect: on} }
	update := UpdateService{Service: ServiceKey{"prod", "api"}, Force: true}
	got := Runs([]Action{stop("a"), stop("b"), StopTask{Cluster: "test", Task: "c"}, update, update, protect("a", true), protect("b", true), protect("a", false)})
	want := [][]Action{{stop("a"), stop("b")}, {StopTask{Cluster: "test", Task: "c"}}, {update}, {update}, {protect("a", true), protect("b", true)}, {protect("a", false)}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
	if len(Runs(nil)) > 0 {
		t.Error("no actions make a run")
	}
}
