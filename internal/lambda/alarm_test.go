package lambda_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"handover/internal/cluster"
	"handover/internal/lambda"
	"handover/internal/lambda/event"
	"handover/internal/record"
)

const gone = `{"id":"e1","detail-type":"CloudWatch Alarm State Change","source":"aws.cloudwatch","detail":{"alarmName":"errors","state":{"value":"ALARM"}}}`

// TestAnEventOfAnAlarmStopsWhatNamesIt: the alarm itself reads OK all along, so that it is the event alone that tells. What another alarm is to stop goes on.
func TestAnEventOfAnAlarmStopsWhatNamesIt(t *testing.T) {
	for _, c := range []struct {
		name, payload, alarm, says string
		end                        cluster.End
	}{
		{"restart", `{"operation":"restart","service":"default/api","stopOnAlarm":["errors"]}`, "errors", "alarm errors is in ALARM: stopped", cluster.Failed},
		{"recycle", `{"operation":"recycle","service":"default/api","stopOnAlarm":["errors","latency"]}`, "errors", "alarm errors is in ALARM: stopped", cluster.Failed},
		{"another's", `{"operation":"recycle","service":"default/api","stopOnAlarm":["latency"]}`, "latency", "recycled default/api", cluster.Succeeded},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cloud := newCloud(t, plain+"alarm errors state=OK\nalarm latency state=OK\n", function("machine", ""), 1)
				cloud.async("1", []byte(c.payload))
				time.Sleep(45 * time.Second)
				told, err := cloud.invoke("2", []byte(gone))
				if err != nil || told.Results[0].Verdict == nil || told.Results[0].Verdict.End != cluster.Succeeded || c.alarm == "errors" != strings.Contains(told.Results[0].Text, "stops what is under way on default/api") {
					t.Errorf("%+v, %v", told, err)
				}
				cloud.running.Wait()
				for _, r := range cloud.results { // an operation that hears of it at once ends before it is certain that all have heard
					if r.Verdict != nil && r.About != "alarm errors" && (r.Verdict.End != c.end || !strings.Contains(r.Verdict.Summary, c.says)) {
						t.Errorf("%+v, %+v", r, r.Verdict)
					}
				}
				if len(cloud.results) < 2 {
					t.Errorf("%+v", cloud.results)
				}
				cloud.mu.Lock()
				defer cloud.mu.Unlock()
				v, _ := cloud.now().Service(cluster.ServiceKey{Cluster: "default", Service: "api"})
				if found, err := record.Read(v.Tags); err != nil || found.Record != nil || len(found.Claims) > 0 || v.Desired != 3 {
					t.Errorf("it is left with %+v, desired %d, %v", found, v.Desired, err)
				}
			})
		})
	}
}

// TestAnAlarmThatIsOverStopsNothing, and one of which nothing knows does not either.
func TestAnAlarmThatIsOverStopsNothing(t *testing.T) {
	if work := (event.Settings{}).Plan(event.Alarm{Name: "errors", State: "OK"}); work.Do != event.Nothing || work.Why != "alarm errors is in OK" {
		t.Errorf("%+v", work)
	}
	synctest.Test(t, func(t *testing.T) {
		cloud := newCloud(t, plain, function("", ""), 1)
		answer, err := cloud.invoke("1", []byte(gone))
		if err != nil || answer.Results[0].Status != lambda.Ended || answer.Results[0].Text != "no operation is under way that alarm errors is to stop" {
			t.Errorf("%+v, %v", answer, err)
		}
	})
}
