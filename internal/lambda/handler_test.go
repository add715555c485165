package lambda_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"handover/internal/cluster"
	"handover/internal/lambda"
)

// plain is a cluster with a service on Fargate.
const plain = "world jitter=on\ntarget-group web drain=60s\nservice api desired=3 min=100 max=200 target-group=web\n"

// TestWhatNeedsNoAWSReachesNone: a test notification, a foreign hook and nonsense end in a report, and no error that would have them delivered again.
func TestWhatNeedsNoAWSReachesNone(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("event", "testdata", "bridge-launch.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ payload, want string }{
		{`{"Records":[{"EventSource":"aws:sns","Sns":{"MessageId":"1","Message":"{\"Event\":\"autoscaling:TEST_NOTIFICATION\",\"AutoScalingGroupName\":\"g\"}"}}]}`, "a test notification of group g"},
		{string(text), "hook warm-up of group prod-ecs is for autoscaling:EC2_INSTANCE_LAUNCHING"},
		{`{"what":"ever"}`, "not understood: a message of a form that is not known"},
		{`{"operation":"destroy","service":"prod/api"}`, `there is no operation "destroy": this function knows restart and recycle`},
		{`{"operation":"recycle","service":"prod/api","method":"hard"}`, `reading the request: there is no method "hard": graceful or stop`},
		{`{"operation":"restart","service":"pr od"}`, `reading the request: "pr od" is not a service name: up to 255 letters, digits, hyphens and underscores`},
		{`{"handover":{"version":7}}`, "reading what was carried on: its version is 7, and this function knows 1"},
		{`{"handover":{"version":1,"kind":"magic","saved":{"version":3}}}`, `reading what was carried on: there is no operation "magic"`},
	} {
		h := &lambda.Handler{Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Open: func(context.Context) (lambda.AWS, error) {
			t.Error("AWS was reached")
			return lambda.AWS{}, errors.New("no")
		}}
		answer, err := h.Invoke(context.Background(), lambda.Invocation{ID: "1", Payload: []byte(c.payload)})
		if err != nil || !answer.Done || len(answer.Results) != 1 || answer.Results[0].Status != lambda.Ignored || answer.Results[0].Text != c.want {
			t.Errorf("%s: %+v, %v", c.payload, answer, err)
		}
	}
}

// TestAnOperationFromAPayload: restart, and recycle in the words of the function of old, which is answered by the work so far when its time ends.
func TestAnOperationFromAPayload(t *testing.T) {
	for _, c := range []struct {
		name, payload, about string
		rounds               int
	}{
		{"restart", `{"operation":"restart","service":"default/api"}`, "the restart of default/api", 1},
		{"recycle", `{"cluster_name":"default","service_name":"api","maintain_service_state":true,"wait_time":600}`, "the recycle of default/api", 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cloud := newCloud(t, plain, function("", ""), 1)
				payload, rounds := []byte(c.payload), 1
				answer, err := cloud.invoke("1", payload)
				for ; err == nil && !answer.Done; rounds++ {
					time.Sleep(time.Duration(answer.Wait) * time.Second)
					if payload, err = json.Marshal(answer); err == nil {
						answer, err = cloud.invoke("1", payload)
					}
				}
				if err != nil || rounds < c.rounds {
					t.Fatalf("%d rounds, %v", rounds, err)
				}
				r := answer.Results[0]
				if r.Status != lambda.Ended || r.About != c.about || r.Verdict.End != cluster.Succeeded || r.Verdict.Figures.Replaced != 3 {
					t.Errorf("after %d rounds: %+v, %+v", rounds, r, r.Verdict)
				}
			})
		})
	}
}

// TestARetirementRecyclesTheServices: by a state machine, since an event that came by EventBridge has nobody to hand the work back to.
func TestARetirementRecyclesTheServices(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := newCloud(t, plain, function("machine", ""), 1)
		cloud.async("1", []byte(`{"version":"0","id":"1","detail-type":"AWS Health Event","source":"aws.health","time":"2026-01-01T00:00:00Z","resources":["default|api"],
			"detail":{"service":"ECS","eventTypeCode":"AWS_ECS_TASK_PATCHING_RETIREMENT","startTime":"Fri, 02 Jan 2026 00:00:00 GMT"}}`))
		cloud.running.Wait()
		last := cloud.results[len(cloud.results)-1]
		if last.Verdict == nil || last.Verdict.End != cluster.Succeeded || last.Verdict.Figures.Replaced != 3 {
			t.Errorf("%+v, %+v", last, last.Verdict)
		}
	})
}

// TestWorkThatCannotBeCarriedOnIsAnError: so that Lambda delivers the event again, and the alarm goes off.
func TestWorkThatCannotBeCarriedOnIsAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := newCloud(t, job, function("", ""), 1)
		cloud.hold("i-00000000000000001", time.Hour)
		_, err := cloud.invoke("1", []byte(`{"detail-type":"EC2 Instance-terminate Lifecycle Action","detail":{"LifecycleActionToken":"token-i-00000000000000001","AutoScalingGroupName":"prod-ecs",
			"LifecycleHookName":"drain","EC2InstanceId":"i-00000000000000001","LifecycleTransition":"autoscaling:EC2_INSTANCE_TERMINATING"}}`))
		if err == nil || !strings.Contains(err.Error(), "HANDOVER_STATE_MACHINE") {
			t.Error(err)
		}
		cloud.running.Wait()
	})
}
